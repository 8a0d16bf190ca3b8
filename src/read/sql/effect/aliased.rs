//! Names that the author's database gives to columns without one: `sum` for `sum(amount)`.
//!
//! In: a query that makes a relation. Out: edits that write the names out, since another database gives others. Never names a
//! column that its expression names itself.

use std::ops::Range;

use sqlparser::ast::{Expr, Query as ParsedQuery, SelectItem};

use super::lex::{Lexed, range};
use super::read::first_select;
use super::walk::Out;
use crate::steps::Edit;

/// What stands behind the items of a SELECT.
const BEHIND: &[&str] = &[
    "FROM",
    "WHERE",
    "GROUP",
    "HAVING",
    "WINDOW",
    "QUALIFY",
    "UNION",
    "EXCEPT",
    "INTERSECT",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "FETCH",
];

/// The edits for the first SELECT of the query, which stands in `part`.
pub(super) fn edits(lexed: &Lexed, query: &ParsedQuery, outs: &[Out], part: &Range<usize>) -> Vec<Edit> {
    let Some(select) = first_select(query) else { return Vec::new() };
    let Some(word) = range(select.select_token.0.span) else { return Vec::new() };
    let mut first = lexed.at_byte(word.start) + 1;
    for (word, more) in [("ALL", false), ("DISTINCT", false), ("ON", true)] {
        if lexed.is_word(first, word) {
            first = if more { lexed.closing(first + 1) + 1 } else { first + 1 };
        }
    }
    let end = lexed.at_byte(part.end);
    let end = lexed.find_word(first, BEHIND).filter(|at| *at < end).unwrap_or(end);
    let items = lexed.split(first, end);
    if items.len() != select.projection.len() || items.len() != outs.len() {
        return Vec::new();
    }
    let mut edits = Vec::new();
    for ((item, tokens), out) in select.projection.iter().zip(items).zip(outs) {
        let (SelectItem::UnnamedExpr(expr), Out::Column { name, .. }) = (item, out) else { continue };
        if !name.text.is_empty() && !names_itself(expr) {
            let end = lexed.bytes(tokens).end;
            edits.push(Edit { range: end..end, text: format!(" as {}", name.text) });
        }
    }
    edits
}

/// Whether every database calls the column as its expression is called.
fn names_itself(expr: &Expr) -> bool {
    let mut inner = expr;
    while let Expr::Nested(nested) = inner {
        inner = nested;
    }
    matches!(inner, Expr::Identifier(_) | Expr::CompoundIdentifier(_))
}
