//! Literals and types as each dialect writes them.

use std::fmt::Write;

use crate::dialect::Dialect;
use crate::frame::{Literal, Type};

/// A constant.
pub fn literal(value: &Literal, dialect: Dialect) -> String {
    match value {
        Literal::Null => "null".to_owned(),
        Literal::Bool(value) => value.to_string(),
        Literal::Integer(value) => value.to_string(),
        Literal::Float(value) => float(*value, dialect),
        Literal::Text(text) => string(text, dialect),
        Literal::Date(text) => format!("date '{text}'"),
        Literal::Timestamp(text) => format!("timestamp '{text}'"),
        Literal::Parameter(parameter) => mark(&parameter.name),
    }
}

/// What stands in the text for a value from outside.
pub fn mark(name: &str) -> String {
    format!("{{{{ {name} }}}}")
}

fn float(value: f64, dialect: Dialect) -> String {
    let named = if value.is_nan() { Some("NaN") } else { value.is_infinite().then_some("Infinity") };
    match named {
        Some(name) => {
            let sign = if value < 0.0 { "-" } else { "" };
            format!("cast('{sign}{name}' as {})", type_name(Type::Float, dialect))
        }
        None => format!("{value:?}"),
    }
}

/// A string constant; ASCII's control characters are escaped.
pub fn string(text: &str, dialect: Dialect) -> String {
    let hidden = |char: char| char.is_ascii_control();
    let backslashes = dialect.traits().backslash_escapes;
    let plain = !(text.contains(hidden) || backslashes && text.contains('\\'));
    if plain {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut escaped = String::new();
    for char in text.chars() {
        match char {
            '\'' => escaped.push_str(if backslashes { "\\'" } else { "''" }),
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\t' => escaped.push_str("\\t"),
            '\r' => escaped.push_str("\\r"),
            '\u{c}' => escaped.push_str("\\f"),
            // Others stand as they are: DuckDB knows no escape of what is not ASCII.
            char if hidden(char) => {
                let _ = write!(escaped, "\\x{:02x}", u32::from(char));
            }
            char => escaped.push(char),
        }
    }
    let prefix = if backslashes { "" } else { "e" };
    format!("{prefix}'{escaped}'")
}

/// A type's name: Integer, Float, Decimal, Text, Bool, Date, Timestamp, Interval.
const NAMES: &[(Dialect, [&str; 8])] = &[
    (Dialect::BigQuery, ["int64", "float64", "numeric", "string", "bool", "date", "datetime", "interval"]),
    (Dialect::Tsql, ["bigint", "float", "decimal(38, 10)", "nvarchar(max)", "bit", "date", "datetime2", "time"]),
    (Dialect::MySql, ["signed", "double", "decimal(38, 10)", "char", "unsigned", "date", "datetime", "time"]),
    (
        Dialect::Databricks,
        ["bigint", "double", "decimal(38, 10)", "string", "boolean", "date", "timestamp", "interval"],
    ),
    (Dialect::Spark, ["bigint", "double", "decimal(38, 10)", "string", "boolean", "date", "timestamp", "interval"]),
    (
        Dialect::Oracle,
        [
            "number(19)",
            "binary_double",
            "number",
            "varchar2(4000)",
            "number(1)",
            "date",
            "timestamp",
            "interval day to second",
        ],
    ),
    (
        Dialect::Trino,
        ["bigint", "double", "decimal(38, 10)", "varchar", "boolean", "date", "timestamp", "interval day to second"],
    ),
];
const COMMON: [&str; 8] = ["bigint", "double precision", "numeric", "text", "boolean", "date", "timestamp", "interval"];

/// A type as the dialect writes it.
pub fn type_name(ty: Type, dialect: Dialect) -> &'static str {
    let names = NAMES.iter().find(|(of, _)| *of == dialect).map_or(&COMMON, |(_, names)| names);
    let [integer, float, decimal, text, bool, date, timestamp, interval] = names;
    match ty {
        Type::Integer => integer,
        Type::Float => float,
        Type::Decimal => decimal,
        Type::Text | Type::Unknown => text,
        Type::Bool => bool,
        Type::Date => date,
        Type::Timestamp | Type::Period(_) => timestamp,
        Type::Interval => interval,
    }
}
