//! SELECT statements as data: what a frame becomes before it is text.

use crate::frame::{Expr, Function, JoinKind, Literal, Named, SortKey, Type, walk};
use crate::name::Relation;

/// A whole query.
#[derive(Debug, Clone, PartialEq)]
pub struct Lowered {
    /// Common table expressions, in order.
    pub ctes: Vec<(String, Body)>,
    /// The query itself.
    pub body: Body,
}

/// What stands in a CTE or at the end.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// One SELECT.
    Select(Box<Select>),
    /// Several, joined by UNION ALL.
    Union(Vec<Select>),
}

/// What rows come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Table {
    /// A relation of the database, or another step.
    Relation(Relation),
    /// A CTE of this query.
    Cte(String),
    /// Literal rows, with the types of their columns.
    Values {
        /// Names and types.
        columns: Vec<(String, Type)>,
        /// The rows.
        rows: Vec<Vec<Literal>>,
    },
}

/// An entry of FROM.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What it is.
    pub table: Table,
    /// The name by which columns call it.
    pub alias: String,
    /// How it is joined to what stands before; none for the first.
    pub join: Option<(JoinKind, Vec<Expr>)>,
}

/// A condition of WHERE.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// An expression.
    Expr(Expr),
    /// `[not] exists (select 1 from item where on)`.
    Exists {
        /// Whether there must be none.
        negated: bool,
        /// Where.
        item: Box<Item>,
    },
}

/// The columns that nobody names, of the one thing that is read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Star {
    /// Columns that the star has too, and that are known.
    pub known: Vec<String>,
    /// Columns that are left out without being known otherwise.
    pub dropped: Vec<String>,
}

/// One SELECT. Columns are `Of::Alias`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Select {
    /// FROM.
    pub from: Vec<Item>,
    /// The output columns.
    pub columns: Vec<Named>,
    /// Columns that nobody names, where they come along (`*`).
    pub star: Option<Star>,
    /// WHERE, joined by AND.
    pub conditions: Vec<Condition>,
    /// GROUP BY; some and empty for one group of all rows.
    pub group: Option<Vec<Expr>>,
    /// HAVING, joined by AND.
    pub having: Vec<Expr>,
    /// Whether equal rows come out once.
    pub distinct: bool,
    /// ORDER BY.
    pub order: Vec<SortKey>,
    /// LIMIT and OFFSET.
    pub limit: Option<(u64, u64)>,
}

impl Select {
    /// Whether rows are only read, joined and filtered: more can be done in the same SELECT.
    pub fn is_flat(&self) -> bool {
        self.group.is_none() && !self.distinct && self.limit.is_none() && !self.has_windows()
    }

    /// Whether an output column is a window.
    pub fn has_windows(&self) -> bool {
        self.columns.iter().any(|named| has_window(&named.expr))
    }

    /// Whether it is a table and nothing else: all columns unchanged, or renamed.
    pub fn is_plain(&self) -> bool {
        self.is_flat()
            && self.from.len() == 1
            && self.conditions.is_empty()
            && self.columns.iter().all(|named| matches!(named.expr, Expr::Column(..)))
    }

    /// Notes columns that a star must not bring along.
    pub fn leave_out(&mut self, names: &[String]) {
        let columns = &self.columns;
        if let Some(star) = &mut self.star {
            let unknown =
                |name: &&String| !star.known.contains(name) && columns.iter().all(|named| named.name != **name);
            let more: Vec<String> = names.iter().filter(unknown).cloned().collect();
            star.dropped.extend(more);
        }
    }

    /// What the output column is.
    pub fn column(&self, name: &str) -> Option<&Expr> {
        self.columns.iter().find(|named| named.name == name).map(|named| &named.expr)
    }
}

/// Whether a window stands anywhere in it.
pub fn has_window(expr: &Expr) -> bool {
    let mut found = false;
    walk(expr, &mut |part| found |= matches!(part, Expr::Window(_) | Expr::Call(Function::Unnest, _)));
    found
}

/// How much there is to read in it.
pub fn weight(expr: &Expr) -> usize {
    let mut nodes = 0;
    walk(expr, &mut |_| nodes += 1);
    nodes
}
