//! Names of relations: as shown, and as compared.
//!
//! In: identifiers as a script writes them. Out: names that are equal when the dialect would take them for the same
//! relation. Never resolves a name: what it stands for is the readers' and `versions`' business.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use crate::dialect::Dialect;

/// One identifier: `text` as shown (without quotes, folded as the dialect folds), `key` as compared.
#[derive(Debug, Clone)]
pub struct Ident {
    /// As shown.
    pub text: String,
    /// As compared: lower case where the dialect does not tell cases apart.
    pub key: String,
}

impl Ident {
    /// An identifier of a script in `dialect`; `quoted` when it stood in quotes, which are already taken off.
    pub fn new(text: &str, quoted: bool, dialect: Dialect) -> Self {
        let text = dialect.fold(text, quoted);
        let key = if dialect.traits().case_sensitive { text.clone() } else { text.to_lowercase() };
        Self { text, key }
    }
}

impl PartialEq for Ident {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}
impl Eq for Ident {}
impl PartialOrd for Ident {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Ident {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}
impl Hash for Ident {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

/// The name of a table, view, temp table or DataFrame: one to four identifiers, the outermost first.
///
/// A schema that is the dialect's default (`public`, `dbo`) is left out of the comparison, so that `public.t` and
/// `t` are the same relation.
#[derive(Debug, Clone)]
pub struct Relation {
    parts: Vec<Ident>,
    default_schema: Option<&'static str>,
}

impl Relation {
    /// A relation of a script in `dialect`. An empty list gives the empty name.
    pub fn new(parts: Vec<Ident>, dialect: Dialect) -> Self {
        Self { parts, default_schema: dialect.traits().default_schema }
    }

    /// A relation from plain text such as `raw.orders`, read as unquoted identifiers.
    pub fn plain(text: &str, dialect: Dialect) -> Self {
        Self::new(text.split('.').map(|part| Ident::new(part, false, dialect)).collect(), dialect)
    }

    /// Whether nothing in its name is only known when the scripts run.
    pub fn is_known(&self) -> bool {
        !self.to_string().contains(['*', '{', '$', '%'])
    }

    /// The identifiers, outermost first.
    pub fn parts(&self) -> &[Ident] {
        &self.parts
    }

    /// The last identifier, as shown.
    pub fn name(&self) -> &str {
        self.parts.last().map_or("", |part| &part.text)
    }

    /// The schema as written, or none.
    pub fn schema(&self) -> Option<&str> {
        let at = self.parts.len().checked_sub(2)?;
        self.parts.get(at).map(|part| part.text.as_str()).filter(|text| !text.is_empty())
    }

    /// The database, project or catalog as written, or none.
    pub fn database(&self) -> Option<&str> {
        let at = self.parts.len().checked_sub(3)?;
        self.parts.get(at).map(|part| part.text.as_str()).filter(|text| !text.is_empty())
    }

    fn keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = self.parts.iter().map(|part| part.key.as_str()).collect();
        if let [schema, _] = keys.as_slice()
            && (self.default_schema == Some(*schema) || schema.is_empty())
        {
            keys.remove(0);
        }
        keys
    }
}

/// The last part of a name that is written with dots, without its quotes.
pub fn last_part(text: &str) -> &str {
    text.rsplit('.').next().unwrap_or(text).trim_matches(['"', '[', ']', '`'])
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, part) in self.parts.iter().enumerate() {
            if at > 0 {
                f.write_str(".")?;
            }
            f.write_str(&part.text)?;
        }
        Ok(())
    }
}

impl PartialEq for Relation {
    fn eq(&self, other: &Self) -> bool {
        self.keys() == other.keys()
    }
}
impl Eq for Relation {}
impl PartialOrd for Relation {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Relation {
    fn cmp(&self, other: &Self) -> Ordering {
        self.keys().cmp(&other.keys())
    }
}
impl Hash for Relation {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.keys().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_as_the_dialect_says() {
        let rows = [
            (Dialect::Postgres, "raw.Orders", "raw.orders", true),
            (Dialect::Postgres, "public.orders", "orders", true),
            (Dialect::Tsql, "dbo.Orders", "orders", true),
            (Dialect::Tsql, "sales.Orders", "orders", false),
            (Dialect::Snowflake, "raw.orders", "RAW.ORDERS", true),
            (Dialect::BigQuery, "d.Orders", "d.orders", false),
        ];
        for (dialect, left, right, same) in rows {
            let equal = Relation::plain(left, dialect) == Relation::plain(right, dialect);
            assert_eq!(equal, same, "{left} and {right} in {dialect}");
        }
    }
}
