//! The author's text, cut at the names of relations.
//!
//! In: a piece of SQL. Out: its text as parts, with relations, variables and edits in their places, and the
//! indentation that it had within its file taken off. Everything else stands byte for byte.

use std::ops::Range;

use crate::plan::drafts::Part;
use crate::steps::{Mention, Sql, VariableUse};

/// What stands in the place of a relation or a variable.
pub(in crate::plan) trait Places {
    /// The parts for a relation, without its alias.
    fn relation(&mut self, mention: &Mention) -> Vec<Part>;
    /// The parts for a variable; none leaves the text as it is.
    fn variable(&mut self, used: &VariableUse) -> Option<Vec<Part>>;
    /// A variable stands within a string literal, and what it is cannot be written there.
    fn unwritable(&mut self, used: &VariableUse);
}

/// Marks a variable whose text stands within a literal, as it is.
pub(crate) const WITHIN_LITERAL: &str = "within literal";

/// The text of `sql` as parts.
pub(in crate::plan) fn splice(sql: &Sql, places: &mut impl Places) -> Vec<Part> {
    let mut changes: Vec<(Range<usize>, Vec<Part>)> = Vec::new();
    for edit in &sql.edits {
        changes.push((edit.range.clone(), vec![Part::Text(edit.text.clone())]));
    }
    for mention in &sql.mentions {
        let mut parts = places.relation(mention);
        if let Some(alias) = &mention.alias {
            parts.push(Part::Text(format!(" as {alias}")));
        }
        changes.push((mention.range.clone(), parts));
    }
    let literals = if sql.variables.is_empty() { Vec::new() } else { literals(&sql.text) };
    for used in &sql.variables {
        let Some(parts) = places.variable(used) else { continue };
        match literal_around(&literals, &used.range) {
            None => changes.push((used.range.clone(), as_array(&sql.text, &used.range, parts))),
            Some(whole) => match within_literal(whole, &used.range, parts) {
                Some(change) => changes.push(change),
                None => places.unwritable(used),
            },
        }
    }
    changes.extend(indentation(&sql.text).into_iter().map(|range| (range, Vec::new())));
    changes.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
    apply(&sql.text, changes)
}

/// A query in the place of an array behind ANY gives one value: as it stands it would be one row for each element.
fn as_array(text: &str, place: &Range<usize>, parts: Vec<Part>) -> Vec<Part> {
    let before = text.get(..place.start).unwrap_or("").trim_end().strip_suffix('(').map(str::trim_end);
    let word = before.and_then(|before| before.rsplit(|c: char| !c.is_alphanumeric()).next()).unwrap_or("");
    let alone = text.get(place.end..).unwrap_or("").trim_start().starts_with(')');
    let opens = matches!(parts.first(), Some(Part::Text(first)) if first.starts_with('('));
    if !alone || !opens || !["any", "some"].iter().any(|of| word.eq_ignore_ascii_case(of)) {
        return parts;
    }
    let mut array = vec![Part::Text("coalesce(".to_owned())];
    extend(&mut array, parts);
    push(&mut array, Part::Text(", null)".to_owned()));
    array
}

/// The bytes of each string literal, with its quotes, in order.
fn literals(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let skipped =
            |end: &str, from: usize| rest.get(from..).and_then(|of| of.find(end)).map(|to| from + to + end.len());
        let end = if rest.starts_with("--") {
            skipped("\n", 2)
        } else if rest.starts_with("/*") {
            skipped("*/", 2)
        } else if rest.starts_with('\'') {
            let end = closed(rest).unwrap_or(rest.len());
            found.push(at..at + end);
            Some(end)
        } else if rest.starts_with('"') {
            skipped("\"", 1)
        } else if rest.starts_with('`') {
            skipped("`", 1)
        } else {
            let plain = rest.find(['-', '/', '\'', '"', '`']).filter(|plain| *plain > 0);
            plain.or_else(|| rest.chars().next().filter(|c| "-/".contains(*c)).map(char::len_utf8))
        };
        at += end.unwrap_or(rest.len());
    }
    found
}

/// Where the literal ends that the text begins with.
fn closed(text: &str) -> Option<usize> {
    let mut at = 1;
    loop {
        let found = at + text.get(at..)?.find('\'')?;
        if !text.get(found + 1..)?.starts_with('\'') {
            return Some(found + 1);
        }
        at = found + 2;
    }
}

/// The literal around a place; none where it stands in none.
fn literal_around<'a>(literals: &'a [Range<usize>], place: &Range<usize>) -> Option<&'a Range<usize>> {
    let before = literals.partition_point(|literal| literal.start < place.start);
    literals.get(before.checked_sub(1)?).filter(|literal| place.end < literal.end)
}

/// What stands for a variable within a literal: the value instead of the literal where that is nothing else, else the
/// value's text in its place.
fn within_literal(whole: &Range<usize>, place: &Range<usize>, parts: Vec<Part>) -> Option<(Range<usize>, Vec<Part>)> {
    let alone = place.start == whole.start + 1 && place.end + 1 == whole.end;
    match parts.as_slice() {
        [Part::Var { name, .. }] if alone => {
            Some((whole.clone(), vec![Part::Var { name: name.clone(), sql_type: "text".to_owned() }]))
        }
        [Part::Var { name, .. }] => {
            Some((place.clone(), vec![Part::Var { name: name.clone(), sql_type: WITHIN_LITERAL.to_owned() }]))
        }
        [Part::Text(text)] => {
            let inner = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
            let plain =
                |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "-_.:/ ".contains(c));
            match inner {
                Some(inner) => Some((place.clone(), vec![Part::Text(inner.to_owned())])),
                None if plain(text) && !text.eq_ignore_ascii_case("null") => Some((place.clone(), parts)),
                None if alone => Some((whole.clone(), parts)),
                None => None,
            }
        }
        _ if alone => Some((whole.clone(), parts)),
        _ => None,
    }
}

fn apply(text: &str, changes: Vec<(Range<usize>, Vec<Part>)>) -> Vec<Part> {
    let text = text.trim_end().trim_end_matches(';').trim_end();
    let mut parts = Vec::new();
    let mut at = 0;
    for (range, new) in changes {
        if range.start < at || range.end > text.len() {
            continue;
        }
        push(&mut parts, Part::Text(text.get(at..range.start).unwrap_or("").to_owned()));
        extend(&mut parts, new);
        at = range.end;
    }
    push(&mut parts, Part::Text(text.get(at..).unwrap_or("").to_owned()));
    parts
}

/// Adds a part; neighbouring text becomes one part.
pub(in crate::plan) fn push(parts: &mut Vec<Part>, part: Part) {
    match (parts.last_mut(), part) {
        (_, Part::Text(text)) if text.is_empty() => {}
        (Some(Part::Text(before)), Part::Text(text)) => before.push_str(&text),
        (_, part) => parts.push(part),
    }
}

/// Adds parts, as [`push`] does.
pub(in crate::plan) fn extend(parts: &mut Vec<Part>, more: impl IntoIterator<Item = Part>) {
    for part in more {
        push(parts, part);
    }
}

/// The white space that all lines but the first begin with, at each of them. Lines that begin within a string keep
/// theirs.
fn indentation(text: &str) -> Vec<Range<usize>> {
    let starts: Vec<usize> = line_starts_outside_strings(text);
    let lead = |start: &usize| {
        let line = text.get(*start..).unwrap_or("").split('\n').next().unwrap_or("");
        let width = line.len() - line.trim_start_matches([' ', '\t']).len();
        (!line.trim().is_empty()).then_some(width)
    };
    let common = starts.iter().filter_map(lead).min().unwrap_or(0);
    let cut = |start: usize| {
        let line = text.get(start..).unwrap_or("").split('\n').next().unwrap_or("");
        let width = line.len() - line.trim_start_matches([' ', '\t']).len();
        start..start + width.min(common)
    };
    starts.into_iter().map(cut).filter(|range| !range.is_empty()).collect()
}

pub(super) fn line_starts_outside_strings(text: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut quote: Option<char> = None;
    let mut comment = false;
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        match c {
            '\n' => {
                comment = false;
                if quote.is_none() {
                    starts.push(at + 1);
                }
            }
            '-' if quote.is_none() && characters.peek().is_some_and(|(_, next)| *next == '-') => comment = true,
            '\'' | '"' | '`' if !comment => match quote {
                Some(open) if open == c => quote = None,
                Some(_) => {}
                None => quote = Some(c),
            },
            _ => {}
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_told_from_comments_and_names() {
        let rows = [
            ("select 'a', \"it's\", 'b''c' -- don't\n, 'd' /* isn't */ - 'e' / 2", vec!["'a'", "'b''c'", "'d'", "'e'"]),
            ("'open", vec!["'open"]),
            ("a - b / c", vec![]),
        ];
        for (text, expected) in rows {
            let found: Vec<&str> = literals(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn indentation_goes_but_not_within_strings() {
        let rows = [
            ("select a\n    from b\n      where c", "select a\nfrom b\n  where c"),
            ("select '\n  x'\n  from b", "select '\n  x'\nfrom b"),
            ("select 1", "select 1"),
            ("select a -- it's\n  from b\n\n  where c;", "select a -- it's\nfrom b\n\nwhere c"),
        ];
        for (text, expected) in rows {
            let changes = indentation(text).into_iter().map(|range| (range, Vec::new())).collect();
            assert_eq!(apply(text, changes), [Part::Text(expected.to_owned())]);
        }
    }
}
