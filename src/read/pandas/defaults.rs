//! What calls of totals and running values may be asked for besides: an argument that changes the meaning, and is not
//! followed, must not be passed over.

use super::context::{Answer, refuse};
use crate::read::python::{Arguments, Value};

/// Methods whose arguments all have one meaning here. A pure table.
const METHODS: &[&str] = &[
    "all", "any", "count", "cummax", "cummin", "cumsum", "first", "last", "max", "mean", "median", "min", "nunique",
    "prod", "size", "std", "sum", "var",
];

/// Whether the value is the one that pandas takes when nothing is said. A pure table.
fn is_default(name: &str, value: &Value) -> bool {
    match name {
        "skipna" | "dropna" => value.truth() == Some(true),
        "ddof" => matches!(value.integer(), Some(0 | 1)),
        "min_count" => matches!(value.integer(), Some(0 | -1)),
        "axis" => matches!(value.as_text(), Some("index" | "rows" | "columns")) || value.integer().is_some(),
        "numeric_only" | "engine" | "engine_kwargs" | "inplace" | "bool_only" => true,
        _ => false,
    }
}

/// Refuses a call of a total whose arguments say something else than pandas' defaults.
pub fn checked(name: &str, arguments: &Arguments) -> Answer<()> {
    if !METHODS.contains(&name) {
        return Ok(());
    }
    match arguments.keywords().find(|(keyword, argument)| !is_default(keyword, &argument.value)) {
        Some((keyword, _)) => refuse(format!("`{name}` is asked for `{keyword}`")),
        None => Ok(()),
    }
}

/// Whether the spread of all rows is meant, not that of a sample: `std(ddof=0)`.
pub fn is_of_all(arguments: &Arguments) -> bool {
    arguments.get("ddof", 1).and_then(Value::integer) == Some(0)
}
