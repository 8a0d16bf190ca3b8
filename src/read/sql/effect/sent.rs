//! Rows that a statement writes to files: COPY … TO, COPY INTO a stage, UNLOAD, EXPORT DATA, INTO OUTFILE.
//!
//! In: tokens. Out: the query whose rows leave, and where they go. Never reads what is in files.

#![expect(clippy::wildcard_enum_match_arm, reason = "the tokens are sqlparser's, and grow with it")]

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::joins::name;
use super::lex::Lexed;
use super::prepare::Aside;
use super::{Surroundings, Understood, call};
use crate::name::Relation;
use crate::read::sql::literal;
use crate::read::sql::tokens::{Lexing, Text};
use crate::steps::{Body, Effect, Mention, Output, Query};
use crate::text::Fragment;

/// What leaves, and where it goes.
struct Sending {
    rows: Rows,
    /// The file or folder; none for the client.
    to: Option<String>,
    what: &'static str,
}

enum Rows {
    /// The rows of a query.
    Query(Fragment),
    /// The columns of a table: the tokens of its name, and those of the list; empty for all.
    Table(Range<usize>, Range<usize>),
}

/// Reads a statement that writes rows to files; none where it is another.
pub fn read(statement: &Fragment, around: &Surroundings, lexed: &Lexed) -> Option<Understood> {
    let sending = match lexed.word(0)?.as_str() {
        "COPY" => copied(statement, around, lexed)?,
        "UNLOAD" => unloaded(statement, around, lexed)?,
        "EXPORT" => exported(statement, lexed)?,
        "SELECT" | "WITH" => into_file(statement, lexed)?,
        _ => return None,
    };
    let aside = Aside::default();
    let reader = call::reader(statement, around, lexed, &aside);
    let query = match sending.rows {
        Rows::Query(text) => super::query(&text, around),
        Rows::Table(place, columns) => {
            let (parts, _) = name(lexed, place.start, around.dialect);
            let relation = Relation::new(parts, around.dialect);
            let mut walk = reader.walk();
            let range = lexed.bytes(place.clone());
            walk.found.mentions.push(Mention { range, relation: relation.clone(), alias: None });
            let named = reader.piece(&walk.found, place);
            let list = if columns.is_empty() { "*" } else { reader.text().get(lexed.bytes(columns.clone()))? };
            let sql = reader.builder().text(&format!("select {list} from ")).piece(&named).done();
            let outputs =
                if columns.is_empty() { vec![Output::Star { relation, except: Vec::new() }] } else { Vec::new() };
            Some(Query { outputs, ..Query::new(sql) })
        }
    };
    let Some(query) = query else {
        return Some(reader.unread(sending.what, "the query whose rows it writes to files is not read"));
    };
    let understood = reader.effects(sending.what, vec![Effect::Read { body: Body::Query(query) }]);
    Some(Understood { sent: sending.to, ..understood })
}

/// The file that a load reads: what stands behind FROM or INFILE.
pub fn file_read(text: &str, lexed: &Lexed) -> Option<String> {
    let at = lexed.find_word(1, &["FROM", "INFILE"])? + 1;
    let stage = || (lexed.is(at, &Token::AtSign) || starts_with_at(lexed, at)).then(|| stage(text, lexed, at));
    text_of(lexed, at).or_else(stage)
}

/// `COPY t TO 'file'`, `COPY (query) TO 'file'`, `COPY INTO @stage FROM t`.
fn copied(statement: &Fragment, around: &Surroundings, lexed: &Lexed) -> Option<Sending> {
    if lexed.is_word(1, "INTO") {
        let outside = lexed.is(2, &Token::AtSign) || text_of(lexed, 2).is_some() || starts_with_at(lexed, 2);
        let from = lexed.find_word(2, &["FROM"]).filter(|_| outside)?;
        let written = statement.text().get(lexed.bytes(2..from))?;
        let to = text_of(lexed, 2).unwrap_or_else(|| written.to_owned());
        return Some(Sending { rows: rows(statement, around, lexed, from + 1)?, to: Some(to), what: "copy to" });
    }
    let rows = rows(statement, around, lexed, 1)?;
    let after = match &rows {
        Rows::Query(_) => lexed.closing(1) + 1,
        Rows::Table(place, columns) => columns.end.max(place.end) + usize::from(!columns.is_empty()),
    };
    let at = if lexed.is_word(after, "TO") { after + 1 } else { return None };
    let at = if lexed.is_word(at, "PROGRAM") { at + 1 } else { at };
    let client = lexed.is_word(at, "STDOUT") || lexed.is_word(at, "PSTDOUT");
    let to = if client { None } else { Some(text_of(lexed, at).unwrap_or_else(|| "a file".to_owned())) };
    Some(Sending { rows, to, what: "copy to" })
}

/// A table or a query in parentheses, from token number `at` on.
fn rows(statement: &Fragment, around: &Surroundings, lexed: &Lexed, at: usize) -> Option<Rows> {
    if lexed.is(at, &Token::LParen) {
        return Some(Rows::Query(statement.slice(lexed.bytes(at + 1..lexed.closing(at)))));
    }
    let (parts, end) = name(lexed, at, around.dialect);
    if parts.is_empty() {
        return None;
    }
    let columns = if lexed.is(end, &Token::LParen) { end + 1..lexed.closing(end) } else { 0..0 };
    Some(Rows::Table(at..end, columns))
}

/// `UNLOAD ('query') TO 's3://…'`, `UNLOAD (query) TO 's3://…'`.
fn unloaded(statement: &Fragment, around: &Surroundings, lexed: &Lexed) -> Option<Sending> {
    if !lexed.is(1, &Token::LParen) {
        return None;
    }
    let close = lexed.closing(1);
    let inner = statement.slice(lexed.bytes(2..close));
    let text = Text::new(inner.clone(), Lexing { dialect: around.dialect, templated: around.templated });
    let query = literal::content(&text, 0, around.dialect).filter(|_| text.len() == 1);
    let query = query.or_else(|| between_marks(&inner)).unwrap_or(inner);
    let at = lexed.find_word(close, &["TO"])? + 1;
    let to = text_of(lexed, at).unwrap_or_else(|| "files".to_owned());
    Some(Sending { rows: Rows::Query(query), to: Some(to), what: "unload" })
}

/// What stands between the first and the last quote, where the quotes within it are written `\'`.
fn between_marks(inner: &Fragment) -> Option<Fragment> {
    let text = inner.text().trim();
    let body = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let from = inner.text().find('\'')? + 1;
    let within = from..from + body.len();
    let marks = body.match_indices("\\'").map(|(at, _)| (from + at..from + at + 1, Fragment::empty()));
    Some(inner.changed(within, marks))
}

/// `EXPORT DATA OPTIONS (uri = 'gs://…') AS query`.
fn exported(statement: &Fragment, lexed: &Lexed) -> Option<Sending> {
    let options = lexed.find_word(1, &["OPTIONS"]).filter(|_| lexed.is_word(1, "DATA"))? + 1;
    let close = lexed.closing(options);
    let uri = (options..close).find(|at| lexed.is_word(*at, "URI") && lexed.is(*at + 1, &Token::Eq));
    let to = uri.and_then(|at| text_of(lexed, at + 2)).unwrap_or_else(|| "files".to_owned());
    let at = if lexed.is_word(close + 1, "AS") { close + 2 } else { return None };
    let query = statement.slice(lexed.bytes(at..lexed.len()));
    Some(Sending { rows: Rows::Query(query), to: Some(to), what: "export data" })
}

/// `SELECT … INTO OUTFILE 'file' [options] [FROM …]`.
fn into_file(statement: &Fragment, lexed: &Lexed) -> Option<Sending> {
    let at = lexed.find_word(1, &["OUTFILE", "DUMPFILE"]).filter(|at| lexed.is_word(at - 1, "INTO"))?;
    let to = text_of(lexed, at + 1);
    let rest = lexed.find_word(at + 1, &["FROM", "FOR", "LOCK"]).unwrap_or(lexed.len());
    let mut query = statement.slice(lexed.bytes(0..at - 1));
    if let Some(span) = statement.whole().filter(|_| rest < lexed.len()) {
        query.push("\n", span, false);
        query.extend(&statement.slice(lexed.bytes(rest..lexed.len())));
    }
    Some(Sending {
        rows: Rows::Query(query),
        to: Some(to.unwrap_or_else(|| "a file".to_owned())),
        what: "select into file",
    })
}

/// The file or folder that token number `at` names.
fn text_of(lexed: &Lexed, at: usize) -> Option<String> {
    match lexed.get(at)? {
        Token::SingleQuotedString(text)
        | Token::DoubleQuotedString(text)
        | Token::EscapedStringLiteral(text)
        | Token::NationalStringLiteral(text)
        | Token::TripleSingleQuotedString(text)
        | Token::TripleDoubleQuotedString(text) => Some(text.clone()),
        _ => None,
    }
}

/// A stage with its path, as written.
fn stage(text: &str, lexed: &Lexed, at: usize) -> String {
    let rest = text.get(lexed.start(at)..).unwrap_or("");
    rest.split([' ', '\n', '\r', '\t', ';', '(', ')']).next().unwrap_or(rest).to_owned()
}

fn starts_with_at(lexed: &Lexed, at: usize) -> bool {
    matches!(lexed.get(at), Some(Token::Word(word)) if word.value.starts_with('@'))
}
