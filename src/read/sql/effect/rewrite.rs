//! Forms that no parser takes, put into forms that they take.
//!
//! In: a statement. Out: the same with a word more, every other byte at its place of the file. Never changes a meaning.

use super::joins::name;
use super::lex::Lexed;
use super::{Surroundings, grammar};
use crate::text::Fragment;

/// Words behind the name of the table of a DELETE without FROM.
const BEHIND: &[&str] = &["WHERE", "OUTPUT", "OPTION", "WITH", "RETURNING"];

/// `DELETE t WHERE p` as `DELETE FROM t WHERE p`.
pub fn with_from(statement: &Fragment, around: &Surroundings) -> Option<Fragment> {
    let text = statement.text();
    let start = text.trim_start();
    if !start.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("delete")) {
        return None;
    }
    let parser = grammar::grammar(around.dialect).parsers.first()?;
    let lexed = super::lex::lex_some(text, around.dialect, *parser).without_end();
    let at = bare_target(&lexed, around)?;
    let place = lexed.start(at);
    let span = statement.span(lexed.bytes(at..at + 1))?;
    let mut whole = statement.slice(0..place);
    whole.push("FROM ", span, false);
    whole.extend(&statement.slice(place..text.len()));
    Some(whole)
}

/// The number of the token that names the table, when no FROM belongs to it.
fn bare_target(lexed: &Lexed, around: &Surroundings) -> Option<usize> {
    let mut at = 1;
    if lexed.is_word(at, "TOP") {
        at = lexed.closing(at + 1) + 1;
    }
    if !lexed.is_word(0, "DELETE") || lexed.is_word(at, "FROM") {
        return None;
    }
    let (parts, end) = name(lexed, at, around.dialect);
    let ends = |at: usize| at >= lexed.len() || BEHIND.iter().any(|word| lexed.is_word(at, word));
    let aliased = lexed.is_word(end + 1, "WHERE") && !lexed.is_word(end, "FROM");
    (!parts.is_empty() && (ends(end) || aliased)).then_some(at)
}
