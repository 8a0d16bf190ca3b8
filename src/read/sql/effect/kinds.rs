//! Which file reads which kind of statement.
//!
//! In: a parsed statement. Out: what it does.

#![expect(clippy::wildcard_enum_match_arm, reason = "sqlparser's tree is another crate's, and large")]

use std::cell::RefCell;

use sqlparser::ast::{Query, SetExpr, Statement};

use super::parse::Parsed;
use super::read::Reader;
use super::{Outcome, Surroundings, Understood, alter, create, delete, insert, merge, select, update};
use crate::name::Relation;
use crate::steps::{Body, Effect, Opaque};
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
        by_value: std::cell::Cell::default(),
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

fn changed(reader: Reader, statement: &Statement) -> Understood {
    let limited = reader.aside.sliced.is_some() || numbers_rows(&reader, statement);
    if limited {
        let what = super::fallback::first_words(reader.lexed);
        return reader.unread(&what, "it changes a limited number of rows");
    }
    let copied = copied(&reader);
    let mut understood = of_kind(reader, statement);
    if let (Some(copied), Outcome::Effects(effects)) = (copied, &mut understood.outcome) {
        effects.push(Effect::Opaque(copied));
    }
    understood
}

/// `UPDATE … WHERE ROWNUM <= 10`: which rows it changes is not said.
fn numbers_rows(reader: &Reader, statement: &Statement) -> bool {
    matches!(statement, Statement::Update(_) | Statement::Delete(_)) && reader.lexed.find_word(0, &["ROWNUM"]).is_some()
}

/// T-SQL's `OUTPUT … INTO u` adds rows to another table: what they are is only known while the statement runs.
fn copied(reader: &Reader) -> Option<Opaque> {
    let (lexed, dialect) = (reader.lexed, reader.around.dialect);
    let output = lexed.find_word(1, &["OUTPUT"]).filter(|_| dialect.traits().sigils)?;
    let stops = ["INTO", "SELECT", "VALUES", "WHERE", "FROM", "EXEC", "EXECUTE"];
    let into = lexed.find_word(output, &stops).filter(|at| lexed.is_word(*at, "INTO"))?;
    let (parts, _) = super::joins::name(lexed, into + 1, dialect);
    let relation = Relation::new(parts, dialect);
    let reason = "OUTPUT … INTO adds the rows that the statement changes, which a query cannot see";
    let mut step = super::fallback::opaque(reader.statement, reader.around, lexed, reason);
    "fill this table with a query of its own".clone_into(&mut step.help);
    step.reads.retain(|read| *read != relation);
    step.writes = vec![relation];
    (!step.writes.iter().any(|write| write.parts().is_empty())).then_some(step)
}

fn of_kind(reader: Reader, statement: &Statement) -> Understood {
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
        Statement::Directory { source, path, .. } => {
            let body = Body::Query(reader.query(source));
            let understood = reader.effects("insert overwrite directory", vec![Effect::Read { body }]);
            Understood { sent: Some(path.clone()), ..understood }
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
