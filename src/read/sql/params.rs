//! Parameters of a header, in every dialect's form.
//!
//! In: the tokens between the parentheses (or where they would be). Out: names, types, defaults. An entry that has
//! only a type has no name.

use std::ops::Range;

use super::tokens::{Text, TokenKind};
use super::tree::Parameter;

/// Words before or after a name that say which way a value goes.
const MODES: [&str; 6] = ["in", "out", "inout", "variadic", "nocopy", "output"];

/// The parameters in `range`.
pub fn parameters(text: &Text, range: Range<usize>) -> Vec<Parameter> {
    split(text, range, ",").into_iter().filter_map(|part| parameter(text, part)).collect()
}

/// The pieces of `range` between `mark`s that stand in no parentheses or angle brackets.
pub fn split(text: &Text, range: Range<usize>, mark: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = range.start;
    let mut at = range.start;
    let mut angles = 0_usize;
    while at < range.end {
        match text.word(at) {
            "<" if text.is_any(at.saturating_sub(1), &["array", "struct", "map", "table"]) => angles += 1,
            ">" => angles = angles.saturating_sub(1),
            ">>" => angles = angles.saturating_sub(2),
            word if angles == 0 && word.eq_ignore_ascii_case(mark) => {
                parts.push(start..at);
                start = at + 1;
            }
            _ => {}
        }
        at = text.closing(at) + 1;
    }
    parts.push(start..range.end);
    parts.retain(|part| !part.is_empty());
    parts
}

fn parameter(text: &Text, part: Range<usize>) -> Option<Parameter> {
    let mut at = part.start;
    let mut given = true;
    modes(text, &mut at, &mut given);
    let name = at;
    at += 1;
    modes(text, &mut at, &mut given);
    let out = part.clone().any(|at| at != name && text.is_any(at, &["out", "inout", "output"]));
    at += usize::from(text.is(at, "as"));
    let equals = (at..part.end).find(|at| text.is_any(*at, &["default", ":=", "="]));
    let sql_type = at..equals.unwrap_or(part.end).max(at);
    let end = trailing(text, &sql_type, part.end, &mut given);
    if sql_type.is_empty() {
        return Some(Parameter { name: None, sql_type: name..at.min(part.end), default: None, given, out });
    }
    if !(text.is_name(name) || text.kind(name) == Some(TokenKind::Variable)) {
        return None;
    }
    let default = equals.map(|equals| equals + 1..end).filter(|range| !range.is_empty());
    Some(Parameter { name: Some(name), sql_type: sql_type.start..sql_type.end.min(end), default, given, out })
}

/// Passes IN, OUT and their like. `IN OUT` and `INOUT` take a value too.
fn modes(text: &Text, at: &mut usize, given: &mut bool) {
    let mut taken = false;
    while text.is_any(*at, &MODES) {
        let out = text.is_any(*at, &["out", "output"]);
        *given = if out { taken } else { true };
        taken = true;
        *at += 1;
    }
}

/// Where the default ends: before OUTPUT, READONLY, COMMENT. T-SQL's OUTPUT parameters take a value too.
fn trailing(text: &Text, sql_type: &Range<usize>, end: usize, given: &mut bool) -> usize {
    let first = (sql_type.start + 1..end).find(|at| text.is_any(*at, &["output", "out", "readonly", "comment"]));
    *given |= first.is_some();
    first.unwrap_or(end)
}
