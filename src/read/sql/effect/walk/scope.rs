//! What names mean at a place of a query.
//!
//! In: tables of FROM clauses, innermost first. Out: the columns that a name can be. Never guesses between a column
//! that is known and one that only may be there.

use crate::name::{Ident, Relation};
use crate::steps::{ColumnUse, How};

use super::Uses;

/// An output column of a subquery, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Out {
    /// A column.
    Column {
        /// Its name; empty when the database chooses it.
        name: Ident,
        /// What it is made from.
        from: Uses,
    },
    /// All columns of a base relation but `except`.
    Star {
        /// The relation.
        relation: Relation,
        /// Columns that are left out.
        except: Vec<String>,
    },
    /// The branches of a set operation whose columns could not be matched by position, because of a star.
    Branches(Vec<Vec<Out>>),
    /// Columns of which nothing is known but what they are made from.
    Open(Uses),
}

/// A table of a FROM clause.
#[derive(Debug, Clone)]
pub struct Table {
    /// The alias, or the parts of the name when there is none.
    pub name: Vec<Ident>,
    /// The mention that needs an alias when a column is qualified by the table's bare name.
    pub mention: Option<usize>,
    /// Its columns.
    pub source: Source,
}

/// Where a table's columns come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A relation outside of the query.
    Base(Relation),
    /// A subquery, CTE or function.
    Derived(Vec<Out>),
}

/// The tables at a place, and those around it.
#[derive(Debug, Default)]
pub struct Scope<'p> {
    /// The scope around; none at the top.
    pub parent: Option<&'p Scope<'p>>,
    /// Tables, in order.
    pub tables: Vec<Table>,
    /// Aliases of select items that may be used here.
    pub aliases: Vec<(Ident, Uses)>,
    /// Columns that USING made one of both sides.
    pub merged: Vec<(Ident, Uses)>,
}

/// What is known of a column in a table.
enum Hit {
    Sure(Uses),
    Maybe(Vec<Relation>, Uses),
    No,
}

/// A qualified name that was found.
pub struct Qualified {
    /// The column.
    pub uses: Uses,
    /// How many parts of the name are the qualifier.
    pub qualifier: usize,
    /// The table's mention.
    pub mention: Option<usize>,
}

impl<'p> Scope<'p> {
    /// An empty scope within `parent`.
    pub fn within(parent: &'p Scope<'p>) -> Self {
        Self { parent: Some(parent), ..Self::default() }
    }

    /// The uses behind an alias of a select item.
    pub fn alias(&self, name: &Ident) -> Option<&Uses> {
        self.aliases.iter().rev().find(|(alias, _)| alias == name).map(|(_, uses)| uses)
    }

    /// A column without qualifier that is certainly known here or around.
    pub fn sure(&self, name: &Ident) -> Option<Uses> {
        if let Some((_, uses)) = self.merged.iter().rev().find(|(merged, _)| merged == name) {
            return Some(uses.clone());
        }
        let here = self.tables.iter().find_map(|table| match table.column(name) {
            Hit::Sure(uses) => Some(uses),
            Hit::Maybe(..) | Hit::No => None,
        });
        here.or_else(|| if self.open() { None } else { self.parent?.sure(name) })
    }

    fn open(&self) -> bool {
        self.tables.iter().any(|table| match &table.source {
            Source::Base(_) => true,
            Source::Derived(outs) => outs.iter().any(|out| !matches!(out, Out::Column { .. })),
        })
    }

    /// A column without qualifier: the one known, or all that it can be.
    pub fn column(&self, name: &Ident) -> Uses {
        if let Some(uses) = self.sure(name) {
            return uses;
        }
        let mut candidates: Vec<Relation> = Vec::new();
        let mut uses = Vec::new();
        for table in &self.tables {
            if let Hit::Maybe(relations, open) = table.column(name) {
                candidates.extend(relations.into_iter().filter(|relation| !uses_relation(&open, relation)));
                uses.extend(open);
            }
        }
        candidates = distinct(candidates);
        if !candidates.is_empty() {
            uses.push(ColumnUse { relations: candidates, column: name.text.clone(), how: How::Copied });
            return uses;
        }
        if !uses.is_empty() {
            return uses;
        }
        self.parent.map_or_else(Vec::new, |parent| parent.column(name))
    }

    /// A name of several parts: the table that its first parts name, here or around, and the column after them.
    pub fn qualified(&self, parts: &[Ident]) -> Option<Qualified> {
        for length in (1..parts.len().min(5)).rev() {
            let (qualifier, rest) = parts.split_at_checked(length)?;
            let Some(table) = self.tables.iter().find(|table| table.is_called(qualifier)) else { continue };
            let column = rest.first()?;
            let uses = match table.column(column) {
                Hit::Sure(uses) => uses,
                Hit::Maybe(relations, mut uses) => {
                    if !relations.is_empty() {
                        let relations = distinct(relations);
                        uses.push(ColumnUse { relations, column: column.text.clone(), how: How::Copied });
                    }
                    uses
                }
                Hit::No => Vec::new(),
            };
            return Some(Qualified { uses, qualifier: length, mention: table.mention });
        }
        self.parent?.qualified(parts)
    }

    /// The table that a qualifier names, here or around.
    pub fn table(&self, qualifier: &[Ident]) -> Option<&Table> {
        let here = self.tables.iter().find(|table| table.is_called(qualifier));
        here.or_else(|| self.parent?.table(qualifier))
    }
}

impl Table {
    /// Whether columns can be qualified by these parts: the whole name or its end.
    fn is_called(&self, qualifier: &[Ident]) -> bool {
        self.name.ends_with(qualifier)
    }

    fn column(&self, name: &Ident) -> Hit {
        match &self.source {
            Source::Base(relation) => Hit::Maybe(vec![relation.clone()], Vec::new()),
            Source::Derived(outs) => among(outs, name),
        }
    }
}

/// What is known of a column among outputs.
fn among(outs: &[Out], name: &Ident) -> Hit {
    let mut relations = Vec::new();
    let mut open = Vec::new();
    let mut maybe = false;
    for out in outs {
        match out {
            Out::Column { name: known, from } if known == name => return Hit::Sure(from.clone()),
            Out::Star { relation, except } if !except.contains(&name.text) => {
                maybe = true;
                relations.push(relation.clone());
            }
            Out::Column { .. } | Out::Star { .. } => {}
            Out::Branches(branches) => match in_branches(branches, name) {
                Hit::Sure(uses) => return Hit::Sure(uses),
                Hit::Maybe(_, uses) => {
                    maybe = true;
                    open.extend(uses);
                }
                Hit::No => {}
            },
            Out::Open(uses) => {
                maybe = true;
                open.extend(uses.iter().cloned());
            }
        }
    }
    if maybe { Hit::Maybe(relations, open) } else { Hit::No }
}

/// A column of a set operation comes from every branch; it is sure when one of them is.
fn in_branches(branches: &[Vec<Out>], name: &Ident) -> Hit {
    let mut sure = false;
    let mut found = false;
    let mut all = Vec::new();
    for branch in branches {
        match among(branch, name) {
            Hit::Sure(uses) => {
                sure = true;
                all.extend(uses);
            }
            Hit::Maybe(relations, uses) => {
                found = true;
                all.extend(uses);
                if !relations.is_empty() {
                    all.push(ColumnUse { relations: distinct(relations), column: name.text.clone(), how: How::Copied });
                }
            }
            Hit::No => {}
        }
    }
    match (sure, found) {
        (true, _) => Hit::Sure(all),
        (false, true) => Hit::Maybe(Vec::new(), all),
        (false, false) => Hit::No,
    }
}

fn uses_relation(uses: &[ColumnUse], relation: &Relation) -> bool {
    uses.iter().any(|used| used.relations.contains(relation))
}

fn distinct(relations: Vec<Relation>) -> Vec<Relation> {
    let mut list: Vec<Relation> = Vec::with_capacity(relations.len());
    for relation in relations {
        if !list.contains(&relation) {
            list.push(relation);
        }
    }
    list
}
