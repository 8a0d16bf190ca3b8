//! A pure table: physical options of CREATE TABLE and CREATE VIEW that say nothing of the rows.
//!
//! In: tokens of a CREATE. Out: the same tokens with the options blanked. Never blanks a column, a key or the query.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::lex::Lexed;

/// A part of an option.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// This word.
    Word(&'static str),
    /// Any one token.
    Any,
    /// Something in parentheses.
    Parens,
}

use Part::{Any, Parens, Word};

/// Options, longer ones before shorter ones.
const OPTIONS: &[&[Part]] = &[
    &[Word("COMPOUND"), Word("SORTKEY"), Parens],
    &[Word("INTERLEAVED"), Word("SORTKEY"), Parens],
    &[Word("SORTKEY"), Parens],
    &[Word("SORTKEY"), Word("AUTO")],
    &[Word("DISTSTYLE"), Any],
    &[Word("DISTKEY"), Parens],
    &[Word("ENCODE"), Any],
    &[Word("BACKUP"), Any],
    &[Word("DISTRIBUTED"), Word("BY"), Parens],
    &[Word("DISTRIBUTED"), Word("RANDOMLY")],
    &[Word("PARTITIONED"), Word("BY"), Parens],
    &[Word("CLUSTERED"), Word("BY"), Parens, Word("INTO"), Any, Word("BUCKETS")],
    &[Word("TBLPROPERTIES"), Parens],
    &[Word("STORED"), Word("AS"), Any],
    &[Word("USING"), Any],
    &[Word("LOCATION"), Any],
    &[Word("WITH"), Word("SCHEMABINDING")],
    &[Word("ON"), Word("COMMIT"), Word("PRESERVE"), Word("ROWS")],
    &[Word("ON"), Word("COMMIT"), Word("DELETE"), Word("ROWS")],
    &[Word("ON"), Word("COMMIT"), Word("DROP")],
    &[Word("ON"), Word("COMMIT"), Word("DROP"), Word("DEFINITION")],
    &[Word("ON"), Word("COMMIT"), Word("PRESERVE"), Word("DEFINITION")],
    &[Word("TABLESPACE"), Any],
    &[Word("NOLOGGING")],
    &[Word("COMPRESS")],
    &[Word("UNIQUE"), Word("PRIMARY"), Word("INDEX"), Parens],
    &[Word("PRIMARY"), Word("INDEX"), Parens],
    &[Word("NO"), Word("PRIMARY"), Word("INDEX")],
    &[Word("BUILD"), Word("IMMEDIATE")],
    &[Word("BUILD"), Word("DEFERRED")],
    &[Word("REFRESH"), Word("COMPLETE"), Word("ON"), Word("DEMAND")],
    &[Word("REFRESH"), Word("FAST"), Word("ON"), Word("DEMAND")],
    &[Word("REFRESH"), Word("FORCE"), Word("ON"), Word("DEMAND")],
    &[Word("TEXTIMAGE_ON"), Any],
];

/// Options that say where files lie: of a table without a query they say that its rows come from outside.
const PLACES: &[&str] = &["LOCATION", "USING"];

/// Blanks the options of a CREATE.
pub fn blank_options(lexed: &mut Lexed) {
    if !lexed.is_word(0, "CREATE") || lexed.find_word(1, &["TABLE", "VIEW"]).is_none_or(|at| at > 6) {
        return;
    }
    compiled(lexed);
    if lexed.find_word(1, &["MATERIALIZED"]).is_some_and(|at| at <= 3) {
        materialized(lexed);
    }
    let query = body(lexed);
    let mut at = 3;
    while at < query.unwrap_or(lexed.len()).min(lexed.len()) {
        let found = option(lexed, at).filter(|_| query.is_some() || !PLACES.iter().any(|word| lexed.is_word(at, word)));
        match found {
            Some(range) => {
                let before = lexed.len();
                lexed.blank(range);
                if lexed.len() == before {
                    return;
                }
                return blank_options(lexed);
            }
            None if lexed.is(at, &Token::LParen) => {
                including(lexed, at);
                at = lexed.closing(at) + 1;
            }
            None => at += 1,
        }
    }
    if let Some(query) = body(lexed) {
        synapse(lexed, query);
    }
}

/// `CREATE OR REPLACE FORCE EDITIONABLE VIEW` (Oracle).
fn compiled(lexed: &mut Lexed) {
    let words = ["FORCE", "NOFORCE", "EDITIONABLE", "NONEDITIONABLE"];
    while let Some(at) = lexed.find_word(1, &["VIEW"]).filter(|at| words.iter().any(|word| lexed.is_word(at - 1, word)))
    {
        lexed.blank(at - 1..at);
    }
}

/// Between the name of a materialized view, with its columns, and its query stands only how it is stored and refreshed.
fn materialized(lexed: &mut Lexed) {
    let (Some(view), Some(query)) = (lexed.find_word(1, &["VIEW"]), body(lexed)) else { return };
    let mut at = view + if lexed.words(view + 1, &["IF", "NOT", "EXISTS"]) { 4 } else { 1 };
    while lexed.is(at + 1, &Token::Period) {
        at += 2;
    }
    at += 1;
    if lexed.is(at, &Token::LParen) {
        at = lexed.closing(at) + 1;
    }
    if at < query {
        lexed.blank(at..query);
    }
}

/// The token AS before the query.
fn body(lexed: &Lexed) -> Option<usize> {
    lexed.find(2, |lexed, at| {
        let query = ["SELECT", "WITH", "VALUES", "TABLE"].iter().any(|word| lexed.is_word(at + 1, word));
        lexed.is_word(at, "AS") && (query || lexed.is(at + 1, &Token::LParen)) && !lexed.is_word(at - 1, "STORED")
    })
}

fn option(lexed: &Lexed, at: usize) -> Option<Range<usize>> {
    OPTIONS.iter().find_map(|parts| matched(lexed, at, parts)).map(|end| at..end)
}

fn matched(lexed: &Lexed, from: usize, parts: &[Part]) -> Option<usize> {
    let mut at = from;
    for part in parts {
        at = match part {
            Part::Word(word) => lexed.is_word(at, word).then_some(at + 1)?,
            Part::Any => lexed.get(at).map(|_| at + 1)?,
            Part::Parens => lexed.is(at, &Token::LParen).then(|| lexed.closing(at) + 1)?,
        };
    }
    Some(at)
}

/// `LIKE t INCLUDING ALL`.
fn including(lexed: &mut Lexed, open: usize) {
    let mut at = open;
    while at < lexed.closing(open) {
        if lexed.is_word(at, "INCLUDING") || lexed.is_word(at, "EXCLUDING") {
            lexed.blank(at..at + 2);
        } else {
            at += 1;
        }
    }
}

/// `WITH (DISTRIBUTION = HASH(x), HEAP) AS SELECT`.
fn synapse(lexed: &mut Lexed, query: usize) {
    let close = query.saturating_sub(1);
    if !lexed.is(close, &Token::RParen) {
        return;
    }
    let with = (2..close).find(|at| lexed.is_word(*at, "WITH") && lexed.is(at + 1, &Token::LParen));
    if let Some(with) = with.filter(|with| lexed.closing(with + 1) == close) {
        lexed.blank(with..close + 1);
    }
}
