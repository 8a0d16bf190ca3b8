//! The items of a FROM clause as tokens: what is joined, how, and on what.
//!
//! In: tokens of a FROM clause. Out: its items in order. Never looks into an item.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::lex::Lexed;
use crate::dialect::Dialect;
use crate::name::{Ident, Relation};

/// How an item is joined to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It is the first, or follows a comma or CROSS JOIN.
    Cross,
    /// `[INNER] JOIN … ON`.
    Inner,
    /// Another join: LEFT, RIGHT, FULL, APPLY, NATURAL, USING.
    Other,
}

/// One item of a FROM clause; all ranges are tokens.
#[derive(Debug, Clone)]
pub struct Item {
    /// How it is joined.
    pub kind: Kind,
    /// The table, subquery or function with its alias.
    pub factor: Range<usize>,
    /// The condition.
    pub on: Option<Range<usize>>,
}

/// A table, subquery or function, taken apart.
#[derive(Debug, Clone)]
pub struct Factor {
    /// Without its alias.
    pub body: Range<usize>,
    /// The name, when it is a table.
    pub relation: Option<Relation>,
    /// The last part of the name as it is written.
    pub bare: String,
    /// The alias as it is written.
    pub alias: Option<String>,
    /// Whether column names follow the alias.
    pub columns: bool,
}

const JOIN_WORDS: &[&str] =
    &["JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "OUTER", "NATURAL", "STRAIGHT_JOIN", "SEMI", "ANTI"];

/// The items of tokens `part`, which follow FROM or stand in its place.
pub fn items(lexed: &Lexed, part: Range<usize>) -> Vec<Item> {
    let mut list = Vec::new();
    let mut kind = Kind::Cross;
    let mut at = part.start;
    while at < part.end {
        let stop = |lexed: &Lexed, at: usize| at >= part.end || is_join(lexed, at) || is_on(lexed, at);
        let end = lexed.find(at, stop).unwrap_or(part.end).min(part.end);
        let factor = at..end;
        let mut on = None;
        at = end;
        if at < part.end && is_on(lexed, at) {
            let next = lexed.find(at + 1, |lexed, at| at >= part.end || is_join(lexed, at) || is_on(lexed, at));
            let end = next.unwrap_or(part.end).min(part.end);
            if lexed.is_word(at, "ON") {
                on = Some(at + 1..end);
            } else {
                kind = Kind::Other;
            }
            at = end;
        }
        if kind == Kind::Inner && on.is_none() {
            kind = Kind::Other;
        }
        list.push(Item { kind, factor, on });
        if at < part.end && is_on(lexed, at) {
            // A second condition belongs to a nested join: the items cannot be told apart.
            return Vec::new();
        }
        (kind, at) = separator(lexed, at);
    }
    list
}

fn is_on(lexed: &Lexed, at: usize) -> bool {
    lexed.is_word(at, "ON") || lexed.is_word(at, "USING")
}

fn is_join(lexed: &Lexed, at: usize) -> bool {
    if lexed.is(at, &Token::Comma) {
        return true;
    }
    let join = JOIN_WORDS.iter().any(|word| lexed.is_word(at, word));
    // `left(…)` is a function.
    join && !lexed.is(at + 1, &Token::LParen) || lexed.is_word(at, "JOIN") || lexed.is_word(at, "APPLY")
}

/// What the words between two items say, and the token after them.
fn separator(lexed: &Lexed, from: usize) -> (Kind, usize) {
    if lexed.is(from, &Token::Comma) {
        return (Kind::Cross, from + 1);
    }
    let mut at = from;
    let mut kind = Kind::Inner;
    while let Some(word) = lexed.word(at) {
        match word.as_str() {
            "JOIN" => return (kind, at + 1),
            "APPLY" => return (Kind::Other, at + 1),
            "INNER" => {}
            "CROSS" => kind = Kind::Cross,
            _ => kind = Kind::Other,
        }
        at += 1;
        if word == "STRAIGHT_JOIN" {
            return (Kind::Inner, at);
        }
    }
    (Kind::Other, at.max(from + 1))
}

/// Takes an item apart.
pub fn factor(lexed: &Lexed, text: &str, part: Range<usize>, dialect: Dialect) -> Factor {
    let mut at = part.start;
    let mut relation = None;
    let mut bare = String::new();
    if lexed.is(at, &Token::LParen) {
        at = lexed.closing(at) + 1;
    } else {
        while lexed.is_word(at, "LATERAL") || lexed.is_word(at, "ONLY") {
            at += 1;
        }
        let (parts, end) = name(lexed, at, dialect);
        at = end;
        if lexed.is(at, &Token::LParen) {
            at = lexed.closing(at) + 1;
        } else {
            relation = Some(Relation::new(parts, dialect));
            let last = lexed.bytes(at.saturating_sub(1)..at);
            text.get(last).unwrap_or("").clone_into(&mut bare);
        }
    }
    let body = part.start..at.min(part.end);
    if lexed.is_word(at, "AS") {
        at += 1;
    }
    let named = at < part.end && matches!(lexed.get(at), Some(Token::Word(_)));
    let alias = named.then(|| text.get(lexed.bytes(at..at + 1)).unwrap_or("").to_owned());
    let columns = named && at + 1 < part.end && lexed.is(at + 1, &Token::LParen);
    Factor { body, relation, bare, alias, columns }
}

/// A name of several parts from token `at` on, and the token after it.
pub fn name(lexed: &Lexed, from: usize, dialect: Dialect) -> (Vec<Ident>, usize) {
    let mut parts = Vec::new();
    let mut at = from;
    while let Some(Token::Word(word)) = lexed.get(at) {
        let quoted = word.quote_style.is_some();
        let pieces: Vec<&str> = if word.quote_style == Some('`') && !dialect.traits().sigils {
            word.value.split('.').collect()
        } else {
            vec![&word.value]
        };
        parts.extend(pieces.into_iter().map(|piece| Ident::new(piece, quoted, dialect)));
        at += 1;
        if !lexed.is(at, &Token::Period) {
            break;
        }
        at += 1;
        while lexed.is(at, &Token::Period) {
            parts.push(Ident::new("", false, dialect));
            at += 1;
        }
    }
    (parts, at)
}
