//! Identifiers, quoted where the dialect needs it.

use crate::dialect::{Dialect, Folding};
use crate::name::Relation;

/// Words that no dialect takes unquoted as the name of a column or table, or that some do not.
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "between",
    "both",
    "by",
    "case",
    "cast",
    "check",
    "collate",
    "column",
    "constraint",
    "create",
    "cross",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "delete",
    "desc",
    "describe",
    "distinct",
    "do",
    "drop",
    "else",
    "end",
    "except",
    "exists",
    "false",
    "fetch",
    "for",
    "foreign",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "insert",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "lambda",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "over",
    "overlaps",
    "pivot",
    "pivot_longer",
    "pivot_wider",
    "placing",
    "primary",
    "qualify",
    "references",
    "returning",
    "right",
    "rows",
    "select",
    "session_user",
    "set",
    "show",
    "similar",
    "some",
    "summarize",
    "symmetric",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "unpivot",
    "update",
    "user",
    "using",
    "values",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
];

/// A column's name or alias as it must be written. Names come from a DataFrame, which has them as they are stored.
pub fn column(name: &str, dialect: Dialect) -> String {
    if is_plain(name, dialect) { name.to_owned() } else { quoted(name, dialect) }
}

/// A relation's name as it must be written.
pub fn relation(relation: &Relation, dialect: Dialect) -> String {
    let parts: Vec<String> = relation.parts().iter().map(|part| column(&part.text, dialect)).collect();
    parts.join(".")
}

/// A name that stood in the quotes of another dialect: without any where it needs none. Its case says nothing.
pub fn requoted(name: &str, dialect: Dialect) -> String {
    if is_word(name) { name.to_owned() } else { quoted(name, dialect) }
}

fn is_plain(name: &str, dialect: Dialect) -> bool {
    is_word(name) && keeps_case(name, dialect)
}

fn is_word(name: &str) -> bool {
    let mut bytes = name.bytes();
    let first = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let rest = bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    first && rest && !is_reserved(name)
}

/// Whether the dialect stores the unquoted name as it is. Scripts see names that a database folds to upper case in
/// lower case, because SQLAlchemy shows them so.
fn keeps_case(name: &str, dialect: Dialect) -> bool {
    let lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
    let upper = !name.bytes().any(|byte| byte.is_ascii_lowercase());
    match dialect.traits().folding {
        Folding::Upper => lower || upper,
        // Also where names keep their case: the same text must run on PostgreSQL.
        Folding::Lower | Folding::Keep => lower,
    }
}

/// The name in the dialect's quotes.
pub fn quoted(name: &str, dialect: Dialect) -> String {
    let open = dialect.traits().identifier_quotes.first().copied().unwrap_or('"');
    let close = if open == '[' { ']' } else { open };
    let doubled = name.replace(close, &format!("{close}{close}"));
    format!("{open}{doubled}{close}")
}

/// The identifier of an SQL script, in quotes where it would mean something else without them.
pub fn ident(name: &str, dialect: Dialect) -> String {
    let mut characters = name.chars();
    let starts = characters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let plain = starts && characters.all(|c| c.is_ascii_alphanumeric() || c == '_');
    let cases = name.chars().any(|c| c.is_ascii_uppercase()) && name.chars().any(|c| c.is_ascii_lowercase());
    let kept = !cases || dialect.fold(name, false) == name;
    if plain && kept && !is_reserved(name) { name.to_owned() } else { quoted(name, dialect) }
}

fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name.to_ascii_lowercase().as_str())
}
