//! How a table's rows are stored: by which columns they are divided, clustered, distributed, sorted.
//!
//! In: tokens of a CREATE TABLE. Out: each such clause with its terms as written. Never looks into the columns or the query.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::lex::Lexed;
use crate::steps::Storage;

/// Words that begin the next clause.
const NEXT: &[&str] = &[
    "AS",
    "BACKUP",
    "CLUSTER",
    "COMMENT",
    "COMPOUND",
    "DATA_RETENTION_TIME_IN_DAYS",
    "DISTKEY",
    "DISTSTYLE",
    "INTERLEAVED",
    "LOCATION",
    "OPTIONS",
    "PARTITION",
    "PARTITIONED",
    "SORTKEY",
    "STORED",
    "TBLPROPERTIES",
    "USING",
    "WITH",
];

/// The clauses of a CREATE TABLE.
pub(super) fn stored(lexed: &Lexed, text: &str) -> Vec<(Storage, Vec<String>)> {
    let mut all = Vec::new();
    let table = lexed.find_word(1, &["TABLE"]).filter(|at| *at <= 5 && lexed.is_word(0, "CREATE"));
    let Some(mut at) = table else { return all };
    let is_body = |at: usize| {
        let query =
            ["SELECT", "WITH"].iter().any(|word| lexed.is_word(at + 1, word)) || lexed.is(at + 1, &Token::LParen);
        lexed.is_word(at, "AS") && query
    };
    while at < lexed.len() && !is_body(at) {
        let begins = |words: &[&'static str]| lexed.words(at, words);
        let (how, first) = if begins(&["PARTITION", "BY"]) || begins(&["PARTITIONED", "BY"]) {
            (Storage::Partitioned, at + 2)
        } else if begins(&["CLUSTER", "BY"]) {
            (Storage::Clustered, at + 2)
        } else if begins(&["DISTKEY"]) || begins(&["DISTSTYLE"]) {
            (Storage::Distributed, at + 1)
        } else if begins(&["SORTKEY"]) {
            (Storage::Sorted, at + 1)
        } else {
            at = past(lexed, at);
            continue;
        };
        let end = end(lexed, first);
        let terms: Vec<String> = terms(lexed, first..end).map(|term| written(lexed, text, term, how)).collect();
        if terms.iter().all(|term| !term.is_empty()) && !terms.is_empty() {
            all.push((how, terms));
        }
        at = end.max(at + 1);
    }
    all
}

fn end(lexed: &Lexed, first: usize) -> usize {
    let mut at = first;
    while at < lexed.len() && !NEXT.iter().any(|word| lexed.is_word(at, word)) {
        at = past(lexed, at);
    }
    at
}

/// What follows a token, or what it opens.
fn past(lexed: &Lexed, at: usize) -> usize {
    if lexed.is(at, &Token::LParen) { lexed.closing(at) + 1 } else { at + 1 }
}

/// What commas part, without parentheses round the whole.
fn terms(lexed: &Lexed, clause: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let whole = lexed.is(clause.start, &Token::LParen) && lexed.closing(clause.start) + 1 == clause.end;
    let inside = if whole { clause.start + 1..clause.end.saturating_sub(1) } else { clause };
    lexed.split(inside.start, inside.end).into_iter()
}

/// A term; of a partition's column that is defined there, its name.
fn written(lexed: &Lexed, text: &str, term: Range<usize>, how: Storage) -> String {
    let typed = how == Storage::Partitioned && term.len() > 1 && lexed.word(term.start + 1).is_some();
    let term = if typed { term.start..term.start + 1 } else { term };
    text.get(lexed.bytes(term)).unwrap_or("").trim().trim_matches(['`', '"']).to_owned()
}
