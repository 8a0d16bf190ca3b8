//! Which file reads which kind of statement.
//!
//! In: a parsed statement. Out: what it does.

#![expect(clippy::wildcard_enum_match_arm, reason = "sqlparser's tree is another crate's, and large")]

use std::cell::RefCell;

use sqlparser::ast::{Query, SetExpr, Statement};

use super::parse::Parsed;
use super::read::Reader;
use super::{Outcome, Surroundings, Understood, alter, create, delete, insert, merge, select, update};
use crate::finding::{Code, Finding};
use crate::steps::{Body, Effect};
use crate::text::Fragment;

/// A reader of a parsed statement.
pub fn reader<'a, T>(statement: &'a Fragment, around: &'a Surroundings<'a>, parsed: &'a Parsed<T>) -> Reader<'a> {
    let (lexed, aside) = (&parsed.lexed, &parsed.aside);
    Reader {
        statement,
        around,
        lexed,
        aside,
        with: None,
        unknown: RefCell::default(),
        facts: Vec::new(),
        findings: Vec::new(),
    }
}

/// Reads a parsed statement.
pub fn dispatch(statement: &Fragment, around: &Surroundings, parsed: &Parsed<Statement>) -> Understood {
    let reader = reader(statement, around, parsed);
    match &parsed.tree {
        Statement::Query(query) => queried(reader, query),
        other => changed(reader, other),
    }
}

/// A query, or a statement with a WITH clause before it.
fn queried<'a>(mut reader: Reader<'a>, query: &'a Query) -> Understood {
    match query.body.as_ref() {
        SetExpr::Insert(statement)
        | SetExpr::Update(statement)
        | SetExpr::Delete(statement)
        | SetExpr::Merge(statement) => {
            reader.with = query.with.as_ref();
            changed(reader, statement)
        }
        _ => select::select(reader, query),
    }
}

fn changed(mut reader: Reader, statement: &Statement) -> Understood {
    if let Some(place) = reader.aside.sliced.clone().and_then(|place| reader.statement.span(place)) {
        let message = "the statement is read once, for all rows, without its TOP";
        reader.findings.push(Finding::at(Code::R206, place, message, ""));
    }
    match statement {
        Statement::CreateTable(create) => create::table(reader, create),
        Statement::CreateView(create) => create::view(reader, create),
        Statement::AlterView { name, columns, query, .. } => create::altered_view(reader, name, columns, query),
        Statement::Insert(insert) => insert::insert(reader, insert),
        Statement::Update(update) => update::update(reader, update),
        Statement::Delete(delete) => delete::delete(reader, delete),
        Statement::Merge(merge) => merge::merge(reader, merge),
        Statement::AlterTable(alter) => alter::table(reader, alter),
        Statement::RenameTable(list) => alter::rename(reader, list),
        Statement::Truncate(truncate) => alter::truncate(reader, truncate),
        Statement::Drop { object_type, names, .. } => alter::drop(reader, *object_type, names),
        Statement::Comment { object_type, object_name, comment, .. } => {
            alter::comment(reader, *object_type, object_name, comment.as_deref())
        }
        Statement::Directory { source, .. } => {
            let body = Body::Query(reader.query(source));
            reader.effects("insert overwrite directory", vec![Effect::Read { body }])
        }
        Statement::Set(_) => reader.done("set", Outcome::Dropped("a setting of the session".to_owned())),
        Statement::Declare { .. } => reader.done("declare", Outcome::Config("a variable".to_owned())),
        Statement::Assert { .. } => reader.done("assert", Outcome::Dropped("a check".to_owned())),
        _ => super::rough::read(reader.statement, reader.around).unwrap_or_else(|| {
            let what = super::fallback::first_words(reader.lexed);
            reader.unread(&what, "this kind of statement is not known")
        }),
    }
}
