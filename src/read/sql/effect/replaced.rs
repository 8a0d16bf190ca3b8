//! `INSERT INTO t REPLACE WHERE p q` (Databricks): the rows of `t` where `p` holds go, and those of `q` come.
//!
//! In: a statement and its tokens. Out: a Delete and an Append. A query that reads the table itself is left to a person: it
//! sees the rows of before.

use std::ops::Range;

use super::fallback::first_words;
use super::joins::name;
use super::lex::Lexed;
use super::prepare::Aside;
use super::{Outcome, Surroundings, Understood, call, understand};
use crate::text::Fragment;

/// Words with which the query begins.
const QUERIES: &[&str] = &["SELECT", "WITH", "FROM", "VALUES", "TABLE"];

/// Reads the statement; none for every other.
pub fn read(statement: &Fragment, around: &Surroundings, lexed: &Lexed) -> Option<Understood> {
    if !lexed.words(0, &["INSERT", "INTO"]) {
        return None;
    }
    let table = if lexed.is_word(2, "TABLE") { 3 } else { 2 };
    let (parts, end) = name(lexed, table, around.dialect);
    if parts.is_empty() || !lexed.words(end, &["REPLACE", "WHERE"]) {
        return None;
    }
    let query = lexed.find_word(end + 2, QUERIES)?;
    let span = statement.span(lexed.bytes(0..1))?;
    let statement_of = |first: &str, joint: &str, rest: Range<usize>| {
        let mut whole = Fragment::empty();
        whole.push(first, span, false);
        whole.extend(&statement.slice(lexed.bytes(table..end)));
        whole.push(joint, span, false);
        whole.extend(&statement.slice(lexed.bytes(rest)));
        understand(&whole, around)
    };
    let gone = statement_of("DELETE FROM ", " WHERE ", end + 2..query);
    let come = statement_of("INSERT INTO ", " ", query..lexed.len());
    let (Outcome::Effects(mut effects), Outcome::Effects(more)) = (gone.outcome, come.outcome) else { return None };
    let target = effects.first().and_then(|effect| effect.writes().first().map(|relation| (*relation).clone()))?;
    if more.iter().any(|effect| effect.reads().contains(&target)) {
        let aside = Aside::default();
        let reader = call::reader(statement, around, lexed, &aside);
        return Some(reader.unread(&first_words(lexed), "it replaces rows of the table that its query reads"));
    }
    effects.extend(more);
    let findings = come.findings.into_iter().chain(gone.findings).collect();
    Some(Understood {
        what: "insert replace".to_owned(),
        outcome: Outcome::Effects(effects),
        facts: come.facts,
        findings,
        sent: None,
    })
}
