//! Which file reads which kind of statement.
//!
//! In: a parsed statement. Out: what it does.

#![expect(clippy::wildcard_enum_match_arm, reason = "sqlparser's tree is another crate's, and large")]

use sqlparser::ast::Statement;

use super::parse::Parsed;
use super::read::Reader;
use super::{Outcome, Surroundings, Understood, create, insert, select};
use crate::text::Fragment;

/// A reader of a parsed statement.
pub fn reader<'a, T>(statement: &'a Fragment, around: &'a Surroundings<'a>, parsed: &'a Parsed<T>) -> Reader<'a> {
    let (lexed, aside) = (&parsed.lexed, &parsed.aside);
    Reader { statement, around, lexed, aside, facts: Vec::new(), findings: Vec::new() }
}

/// Reads a parsed statement.
pub fn dispatch(statement: &Fragment, around: &Surroundings, parsed: &Parsed<Statement>) -> Understood {
    let reader = reader(statement, around, parsed);
    match &parsed.tree {
        Statement::Query(query) => select::select(reader, query),
        Statement::CreateTable(create) => create::table(reader, create),
        Statement::CreateView(create) => create::view(reader, create),
        Statement::Insert(insert) => insert::insert(reader, insert),
        _ => reader.done("statement", Outcome::Unread { reason: "not yet read".to_owned(), step: None }),
    }
}
