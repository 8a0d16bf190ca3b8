//! A pure table: what the types of SQL mean here.

use crate::frame::Type;

/// The starts of the names of SQL types. A pure table; the first that matches holds.
const TYPES: &[(&str, Type)] = &[
    ("interval", Type::Interval),
    ("int", Type::Integer),
    ("bigint", Type::Integer),
    ("smallint", Type::Integer),
    ("tinyint", Type::Integer),
    ("serial", Type::Integer),
    ("bigserial", Type::Integer),
    ("double", Type::Float),
    ("float", Type::Float),
    ("real", Type::Float),
    ("numeric", Type::Decimal),
    ("decimal", Type::Decimal),
    ("number", Type::Decimal),
    ("text", Type::Text),
    ("varchar", Type::Text),
    ("nvarchar", Type::Text),
    ("character varying", Type::Text),
    ("string", Type::Text),
    ("bool", Type::Bool),
    ("datetime", Type::Timestamp),
    ("timestamp", Type::Timestamp),
    ("date", Type::Date),
];

/// The type that a name of SQL's means, as far as it is known.
pub fn type_of(name: &str) -> Type {
    let name = name.trim().to_lowercase();
    TYPES.iter().find(|(start, _)| name.starts_with(start)).map_or(Type::Unknown, |(_, ty)| *ty)
}
