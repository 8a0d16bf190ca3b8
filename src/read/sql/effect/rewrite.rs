//! Forms that no parser takes, put into forms that they take.
//!
//! In: a statement and its tokens. Out: the same with a word more or less, every other byte at its place of the file.
//! Never changes a meaning.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::Surroundings;
use super::joins::name;
use super::lex::Lexed;
use crate::text::Fragment;

/// Words behind the name of the table of a DELETE without FROM.
const BEHIND: &[&str] = &["WHERE", "OUTPUT", "OPTION", "WITH", "RETURNING"];
/// Words before a `TABLE t` that is a query.
const BEFORE: &[&str] = &["UNION", "EXCEPT", "INTERSECT", "ALL", "DISTINCT", "AS", "QUERY"];

/// What stands in the place of some bytes.
enum Instead {
    /// Words of our own.
    Words(&'static str),
    /// Other bytes of the statement.
    Bytes(Range<usize>),
}

/// The statement in a form that parsers take; none when it is in one.
pub fn rewritten(statement: &Fragment, around: &Surroundings, lexed: &Lexed) -> Option<Fragment> {
    let mut edits = Vec::new();
    if let Some(at) = bare_target(lexed, around) {
        edits.push((lexed.start(at)..lexed.start(at), Instead::Words("FROM ")));
    }
    for at in 0..lexed.len() {
        if is_query(lexed, at) {
            edits.push((lexed.bytes(at..at + 1), Instead::Words("SELECT * FROM")));
        } else if let Some(inside) = constant_name(statement.text(), lexed, at) {
            edits.push((lexed.bytes(at..at + 4), Instead::Bytes(inside)));
        }
    }
    if edits.is_empty() {
        return None;
    }
    let mut whole = Fragment::empty();
    let mut from = 0;
    for (place, instead) in edits {
        whole.extend(&statement.slice(from..place.start));
        match instead {
            Instead::Words(words) => {
                whole.push(words, statement.span(place.start..place.end.max(place.start + 1))?, false);
            }
            Instead::Bytes(bytes) => whole.extend(&statement.slice(bytes)),
        }
        from = place.end;
    }
    whole.extend(&statement.slice(from..statement.text().len()));
    Some(whole)
}

/// `DELETE t WHERE p`: the number of the token that names the table, when no FROM belongs to it.
fn bare_target(lexed: &Lexed, around: &Surroundings) -> Option<usize> {
    let mut at = 1;
    if !lexed.is_word(0, "DELETE") {
        return None;
    }
    if lexed.is_word(at, "TOP") {
        at = lexed.closing(at + 1) + 1;
    }
    if lexed.is_word(at, "FROM") {
        return None;
    }
    let (parts, end) = name(lexed, at, around.dialect);
    let ends = |at: usize| at >= lexed.len() || BEHIND.iter().any(|word| lexed.is_word(at, word));
    let aliased = lexed.is_word(end + 1, "WHERE") && !lexed.is_word(end, "FROM");
    (!parts.is_empty() && (ends(end) || aliased)).then_some(at)
}

/// `TABLE t` where a query can stand.
fn is_query(lexed: &Lexed, at: usize) -> bool {
    let named = matches!(lexed.get(at + 1), Some(Token::Word(_))) && !lexed.is_word(at + 1, "IF");
    if !lexed.is_word(at, "TABLE") || !named {
        return false;
    }
    let Some(before) = at.checked_sub(1) else { return true };
    let inserted = lexed.is_word(0, "INSERT")
        && at > 2
        && !["INTO", "OVERWRITE", "INSERT"].iter().any(|word| lexed.is_word(before, word));
    inserted || lexed.is(before, &Token::LParen) || BEFORE.iter().any(|word| lexed.is_word(before, word))
}

/// The bytes of the name in `IDENTIFIER('a.b')`.
fn constant_name(text: &str, lexed: &Lexed, at: usize) -> Option<Range<usize>> {
    let called =
        lexed.is_word(at, "IDENTIFIER") && lexed.is(at + 1, &Token::LParen) && lexed.is(at + 3, &Token::RParen);
    if !called || !matches!(lexed.get(at + 2), Some(Token::SingleQuotedString(_))) {
        return None;
    }
    let quoted = lexed.range(at + 2)?;
    let inside = quoted.start + 1..quoted.end.checked_sub(1)?;
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '"');
    text.get(inside.clone()).is_some_and(|name| !name.is_empty() && name.chars().all(plain)).then_some(inside)
}
