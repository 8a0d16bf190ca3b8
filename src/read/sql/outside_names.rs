//! Tables whose own name is filled in from outside: `INSERT INTO ${target}`, `FROM mart.orders_&country`, `@target`.
//!
//! In: the tokens of a file and its holes. Out: a finding for each such name, once. The steps call these tables by the
//! variable's word, which is right only where the table happens to be called so.

use std::collections::BTreeSet;
use std::ops::Range;

use super::hole::Hole;
use super::tokens::{Token, TokenKind};
use crate::finding::{Code, Finding};
use crate::text::{SourceId, Span};

/// Words before the name of a table.
const BEFORE: [&str; 8] = ["into", "from", "join", "update", "table", "view", "using", "exists"];

/// Templates that name a relation themselves.
const NAMED: [&str; 4] = ["ref(", "source(", "this", "var("];

/// The findings of a text; `by_render` where SqlRender fills `@name`.
pub(super) fn told(id: SourceId, text: &str, tokens: &[Token], holes: &[Hole], by_render: bool) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    for place in places(tokens, holes, by_render) {
        let written = text.get(place.clone()).unwrap_or("");
        let template = written.trim_start_matches(['{', ' ']);
        if NAMED.iter().any(|name| template.starts_with(name)) || !is_table(text, tokens, &place) {
            continue;
        }
        if seen.insert(written.to_owned()) {
            let message = format!("{written} is the name of a table, or a part of it, and only known at run time");
            let help = "write the table's name in its place and convert again, or give the model or source that name";
            findings.push(Finding::at(Code::R205, Span::new(id, place.start, place.end), message, help));
        }
    }
    findings
}

/// Places that are filled in, outside of strings.
fn places(tokens: &[Token], holes: &[Hole], by_render: bool) -> Vec<Range<usize>> {
    let within = |hole: &&Hole| {
        let around = |token: &&Token| token.start <= hole.range.start && hole.range.start < token.end;
        !hole.block && tokens.iter().find(around).is_some_and(|token| is_code(token.kind))
    };
    let mut places: Vec<Range<usize>> = holes.iter().filter(within).map(|hole| hole.range.clone()).collect();
    let variables = tokens.iter().filter(|token| by_render && token.kind == TokenKind::Variable);
    places.extend(variables.map(|token| token.start..token.end));
    places.sort_by_key(|place| place.start);
    places
}

fn is_code(kind: TokenKind) -> bool {
    match kind {
        TokenKind::Hole | TokenKind::Word | TokenKind::Quoted | TokenKind::Symbol | TokenKind::Variable => true,
        TokenKind::String | TokenKind::Dollar | TokenKind::Number | TokenKind::Client | TokenKind::Separator => false,
    }
}

/// Whether the place stands in the last part of a table's name: the word before the name says so, and no dot follows.
fn is_table(text: &str, tokens: &[Token], place: &Range<usize>) -> bool {
    let Some(mut first) = tokens.iter().position(|token| token.end > place.start) else { return false };
    let touches = |at: usize| match (tokens.get(at.wrapping_sub(1)), tokens.get(at)) {
        (Some(before), Some(token)) => before.end == token.start && is_part(text, before) && is_part(text, token),
        _ => false,
    };
    let mut last = first;
    while touches(last + 1) {
        last += 1;
    }
    while touches(first) {
        first -= 1;
    }
    let word = |at: usize| tokens.get(at).and_then(|token| text.get(token.start..token.end)).unwrap_or("");
    let name_end = tokens.get(last).map_or(place.end, |token| token.end);
    let rest = text.get(place.end..name_end).unwrap_or("");
    let called = word(last + 1) == "(" && !word(first.wrapping_sub(1)).eq_ignore_ascii_case("into");
    let before = word(first.wrapping_sub(1)).to_lowercase();
    !rest.contains('.')
        && !text.get(place.clone()).is_some_and(|place| place.ends_with('.'))
        && !called
        && BEFORE.contains(&before.as_str())
}

fn is_part(text: &str, token: &Token) -> bool {
    is_code(token.kind) && (token.kind != TokenKind::Symbol || text.get(token.start..token.end) == Some("."))
}
