//! What a type of a dialect means, as far as others care.
//!
//! In: a type as written. Out: its sense, or the type that another dialect has for it. Never guesses: a type that the
//! tables of `transpile` do not hold is unknown.

use super::transpile::types;
use crate::dialect::Dialect;

/// What a type holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sense {
    /// Whole numbers of four bytes or fewer.
    Integer,
    /// Whole numbers of eight bytes.
    Big,
    /// Numbers with that precision and scale: `10, 2`.
    Decimal(String),
    /// Other numbers.
    Number,
    /// True or false.
    Bool,
    /// Text.
    Text,
    /// Days.
    Date,
    /// Points in time without a zone.
    Timestamp,
    /// Anything else.
    Unknown,
}

/// What a type of `dialect` holds.
pub fn sense(sql_type: &str, dialect: Dialect) -> Sense {
    let Some(read) = types::read(sql_type, dialect) else { return Sense::Unknown };
    match (read.meaning, read.arguments.as_slice()) {
        ("tiny" | "small" | "int", _) => Sense::Integer,
        ("big" | "snow_int", _) => Sense::Big,
        ("bool", _) => Sense::Bool,
        ("date", _) => Sense::Date,
        ("timestamp", _) => Sense::Timestamp,
        ("text" | "text_of" | "char" | "one_char", _) => Sense::Text,
        ("money", _) => Sense::Decimal("19, 4".to_owned()),
        ("double" | "float", _) => Sense::Number,
        (meaning, arguments) if meaning.contains("decimal") || meaning.contains("num") => match arguments {
            [] => Sense::Number,
            [precision] => Sense::Decimal(format!("{precision}, 0")),
            [..] => Sense::Decimal(arguments.join(", ")),
        },
        _ => Sense::Unknown,
    }
}

/// The type that `to` has for a type of `from`; none where there is none for sure.
pub fn type_in(sql_type: &str, from: Dialect, to: Dialect) -> Option<String> {
    types::read(sql_type, from)?.write(to)
}
