//! What is known of columns: their kinds, and whether they can be NULL.
//!
//! In: declared columns of all scripts, and the relations that one piece of SQL names. Out: the kind of a column where
//! every relation that it can be of is declared. Never guesses.

use std::collections::BTreeMap;

use super::kinds::Kind;
use super::lex::{Kind as Lexed, Token};
use super::tree::{Item, Node};
use super::types;
use crate::dialect::Dialect;
use crate::steps::{Change, ColumnDef, Effect, Script, Sql};

#[derive(Debug, Clone, Copy)]
struct Column {
    kind: Kind,
    not_null: bool,
}

type Table = BTreeMap<String, Column>;

/// The columns that a piece of SQL can name.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    /// By relation, as compared.
    relations: BTreeMap<crate::name::Relation, Table>,
    /// By alias; none for one that stands for several relations or for a query.
    aliases: BTreeMap<String, Option<Table>>,
    /// Whether every relation of the piece is declared.
    complete: bool,
    /// Whether a join can add NULL to columns.
    outer: bool,
}

impl Scope {
    /// What the scripts declare.
    pub fn of(scripts: &[Script]) -> Self {
        let mut scope = Self::default();
        for script in scripts {
            for step in &script.steps {
                match &step.effect {
                    Effect::Declare { relation, columns, .. } => {
                        scope.declare(relation, columns, script.dialect);
                    }
                    Effect::Alter { relation, change: Change::Add(column) | Change::Retype(column) } => {
                        scope.declare(relation, std::slice::from_ref(column), script.dialect);
                    }
                    Effect::Create { .. }
                    | Effect::Alter { .. }
                    | Effect::Replace { .. }
                    | Effect::Append { .. }
                    | Effect::Merge(_)
                    | Effect::Update(_)
                    | Effect::Delete(_)
                    | Effect::Truncate { .. }
                    | Effect::Drop { .. }
                    | Effect::Rename { .. }
                    | Effect::Swap { .. }
                    | Effect::Call { .. }
                    | Effect::Bind { .. }
                    | Effect::Read { .. }
                    | Effect::Opaque(_) => {}
                }
            }
        }
        scope
    }

    fn declare(&mut self, relation: &crate::name::Relation, columns: &[ColumnDef], dialect: Dialect) {
        let table = self.relations.entry(relation.clone()).or_default();
        for column in columns {
            let kind = types::read(&column.sql_type, dialect).map_or(Kind::Unknown, |of| of.kind());
            table.insert(column.name.to_lowercase(), Column { kind, not_null: column.not_null });
        }
    }

    /// The scope of one piece of SQL.
    pub fn within(&self, sql: &Sql, tokens: &[Token], items: &[Item]) -> Self {
        let outer = tokens.iter().any(|token| matches!(token.word.as_str(), "left" | "right" | "full" | "outer"));
        let mut scope = Self { complete: !holds_query(items), outer, ..Self::default() };
        for (at, token) in tokens.iter().enumerate() {
            let Lexed::Relation(number) = token.kind else { continue };
            let Some(mention) = sql.mentions.get(number) else { continue };
            let table = self.relations.get(&mention.relation).cloned();
            scope.complete &= table.is_some();
            let skip = usize::from(tokens.get(at + 1).is_some_and(|next| next.word == "as"));
            let written = tokens.get(at + 1 + skip).filter(|next| matches!(next.kind, Lexed::Word | Lexed::Quoted));
            let written = written.and_then(|next| sql.text.get(next.range.clone())).map(plain);
            let own = plain(mention.alias.as_deref().unwrap_or(mention.relation.name()));
            for alias in written.into_iter().chain([own]) {
                let known = scope.aliases.entry(alias).or_insert_with(|| table.clone());
                if known.is_some() && table.is_none() {
                    *known = None;
                }
            }
        }
        scope
    }

    /// The kind of a column, by the parts of its name.
    pub fn kind(&self, parts: &[String]) -> Kind {
        self.column(parts).map_or(Kind::Unknown, |column| column.kind)
    }

    /// Whether the column is declared NOT NULL.
    pub fn not_null(&self, parts: &[String]) -> bool {
        !self.outer && self.column(parts).is_some_and(|column| column.not_null)
    }

    fn column(&self, parts: &[String]) -> Option<Column> {
        match parts {
            [name] if self.complete => {
                let mut found = self.aliases.values().flatten().filter_map(|table| table.get(name));
                let first = found.next().copied()?;
                found.all(|other| other.kind == first.kind).then_some(first)
            }
            [.., alias, name] => self.aliases.get(alias)?.as_ref()?.get(name).copied(),
            _ => None,
        }
    }
}

fn plain(text: &str) -> String {
    text.trim_matches(['"', '`', '[', ']']).to_lowercase()
}

/// Whether a query stands within the piece, whose columns are not looked into.
fn holds_query(items: &[Item]) -> bool {
    items.iter().any(|item| item.is_word("with") || item.node().is_some_and(is_query))
}

fn is_query(node: &Node) -> bool {
    let inner = node.inner();
    inner.iter().any(|item| item.is_word("select")) || node.children().into_iter().any(is_query)
}
