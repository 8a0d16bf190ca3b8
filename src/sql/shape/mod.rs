//! The shape of a whole query, for those who infer something from it.
//!
//! In: the text of a model, with the places of relations and variables. Out: its CTEs and branches: columns, joins,
//! conditions, as small expressions. What is not surely understood is [`Expr::Other`], and a query whose clauses are
//! not understood has no shape at all. Nothing is ever printed from it.

mod expr;
mod select;
#[cfg(test)]
mod tests;

use std::ops::Range;

use super::transpile::{lex, parse};
use crate::dialect::Dialect;
use crate::steps::Sql;

/// A query.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// Named queries before it, in order.
    pub ctes: Vec<(String, Vec<Select>)>,
    /// Its branches, which UNION ALL joins.
    pub branches: Vec<Select>,
}

/// One SELECT.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Select {
    /// Whether equal rows come out once.
    pub distinct: bool,
    /// What comes out.
    pub columns: Vec<Column>,
    /// What it reads, in order.
    pub tables: Vec<Table>,
    /// WHERE.
    pub filter: Option<Expr>,
    /// GROUP BY; none where there is none.
    pub group: Option<Vec<Expr>>,
    /// Whether further clauses choose among the rows or order them: HAVING, ORDER BY, LIMIT, QUALIFY.
    pub more: bool,
}

/// One entry of a list of columns.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// An expression under a name; empty where the database chooses one.
    Named(String, Expr),
    /// All columns, of one table where a name is given.
    Star(String),
}

/// One table of a FROM.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What it is.
    pub what: TableKind,
    /// The name that columns are qualified with, in lower case.
    pub alias: String,
    /// How it is joined.
    pub join: Join,
    /// ON.
    pub on: Option<Expr>,
}

/// What a table of a FROM is.
#[derive(Debug, Clone, PartialEq)]
pub enum TableKind {
    /// The mention of that number.
    Relation(usize),
    /// A named query before this one.
    Cte(String),
    /// A query in parentheses, a function.
    Other,
}

/// How a table is joined to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// It is the first, or every row goes with every row.
    Cross,
    /// Rows that have no counterpart are gone.
    Inner,
    /// Rows of before stay.
    Left,
    /// Anything else.
    Other,
}

/// The name of the call that numbers all rows of a SELECT: `row_number() over (order by …)`. No function has it.
pub const ROW_NUMBER: &str = "row_number()";

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A column: qualifier (empty for none) and name, in lower case.
    Column(String, String),
    /// A text literal.
    Text(String),
    /// A number literal, as written.
    Number(String),
    /// True or false.
    Bool(bool),
    /// NULL.
    Null,
    /// A variable: its place in the text.
    Variable(usize),
    /// A plain call.
    Call(String, Vec<Expr>),
    /// An operator and its operands: `a + b`, `not a`, `a is null`, `a in (b, c)`.
    Operator(String, Vec<Expr>),
    /// CASE with conditions.
    Case(Vec<(Expr, Expr)>, Option<Box<Expr>>),
    /// A cast, with the type as written.
    Cast(Box<Expr>, String),
    /// Something else that reads these.
    Other(Vec<Expr>),
}

impl Expr {
    /// The terms that AND joins.
    pub fn terms(&self) -> Vec<&Self> {
        let Self::Operator(op, operands) = self else { return vec![self] };
        if op == "and" { operands.iter().flat_map(Self::terms).collect() } else { vec![self] }
    }

    /// The expressions that it is made of.
    pub fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Column(..) | Self::Text(_) | Self::Number(_) | Self::Bool(_) | Self::Null | Self::Variable(_) => {
                Vec::new()
            }
            Self::Call(_, parts) | Self::Operator(_, parts) | Self::Other(parts) => parts.iter().collect(),
            Self::Case(arms, otherwise) => {
                let arms = arms.iter().flat_map(|(when, then)| [when, then]);
                arms.chain(otherwise.iter().map(AsRef::as_ref)).collect()
            }
            Self::Cast(value, _) => vec![value],
        }
    }

    /// It, and everything within it.
    pub fn all(&self) -> Vec<&Self> {
        let mut all = vec![self];
        all.extend(self.parts().into_iter().flat_map(Self::all));
        all
    }
}

impl Select {
    /// Every expression of it.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        let columns = self.columns.iter().filter_map(|column| match column {
            Column::Named(_, value) => Some(value),
            Column::Star(_) => None,
        });
        let joins = self.tables.iter().filter_map(|table| table.on.as_ref());
        columns.chain(joins).chain(&self.filter).chain(self.group.iter().flatten())
    }
}

/// The shape of a query of `dialect`; none where a clause of it is not understood.
pub fn shape(sql: &Sql, dialect: Dialect) -> Option<Shape> {
    let tokens = lex::lex(sql, dialect.traits());
    let items = parse::parse(&sql.text, &tokens, false);
    select::query(&Text { sql, dialect }, &items)
}

/// The text that nodes point into.
pub(super) struct Text<'a> {
    sql: &'a Sql,
    dialect: Dialect,
}

impl Text<'_> {
    fn slice(&self, range: &Range<usize>) -> &str {
        self.sql.text.get(range.clone()).unwrap_or("")
    }

    /// The number of the mention at that place.
    fn relation(&self, range: &Range<usize>) -> Option<usize> {
        self.sql.mentions.iter().position(|mention| mention.range.start == range.start)
    }
}
