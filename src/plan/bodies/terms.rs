//! Conditions as lists of terms, told from their text.
//!
//! In: text of a condition, or a body that reads `{{ this }}`. Out: terms that AND joins, key columns, or the body with
//! the term around `{{ this }}` left out at the first run. Gives nothing where the text is not sure.

use super::splice::push;
use crate::plan::drafts::Part;

/// The terms that AND joins; none where an OR stands beside them.
pub(super) fn conjuncts(text: &str) -> Option<Vec<&str>> {
    let mut terms = Vec::new();
    let mut start = 0;
    let mut between = false;
    for (at, word) in top_words(text) {
        match word.to_lowercase().as_str() {
            "or" => return None,
            "between" => between = true,
            "and" if between => between = false,
            "and" => {
                terms.push(text.get(start..at)?);
                start = at + word.len();
            }
            _ => {}
        }
    }
    terms.push(text.get(start..)?);
    Some(terms)
}

/// `left.a = right.b` joined by AND: pairs of the columns; none where there is anything else.
pub(super) fn equalities(text: &str, left: &str, right: &str) -> Option<Vec<(String, String)>> {
    let inner = text.trim();
    let whole =
        inner.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).filter(|inner| !inner.contains(['(', ')']));
    let pair = |term: &str| {
        let (one, other) = term.trim().split_once('=')?;
        let (one, other) = (column(one)?, column(other)?);
        let is = |name: &str, alias: &str| name.eq_ignore_ascii_case(alias);
        if is(&one.0, left) && is(&other.0, right) {
            return Some((one.1, other.1));
        }
        (is(&one.0, right) && is(&other.0, left)).then_some((other.1, one.1))
    };
    conjuncts(whole.unwrap_or(inner))?.into_iter().map(pair).collect()
}

fn column(text: &str) -> Option<(String, String)> {
    let (alias, column) = text.trim().split_once('.')?;
    let plain = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    (plain(alias) && plain(column)).then(|| (alias.to_owned(), column.to_lowercase()))
}

/// Words outside of parentheses and strings, with their places.
pub(super) fn top_words(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut depth = 0_i32;
    let mut quote: Option<char> = None;
    let mut start: Option<usize> = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let in_word = quote.is_none() && depth == 0 && (c.is_alphanumeric() || c == '_');
        if in_word {
            start.get_or_insert(at);
            continue;
        }
        if let Some(from) = start.take() {
            words.push((from, text.get(from..at).unwrap_or("")));
        }
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            _ => {}
        }
    }
    words
}

/// The body with the WHERE term that reads `{{ this }}` asked only when there are rows of before. None where the term
/// cannot be told, or an OR stands beside it.
pub(super) fn guard_this(body: &[Part]) -> Option<Vec<Part>> {
    let at = body.iter().position(|part| *part == Part::This)?;
    if body.iter().filter(|part| **part == Part::This).count() > 1 {
        return None;
    }
    let before: String = flat(body.get(..at)?)?;
    let after: String = flat(body.get(at + 1..)?)?;
    let (start, keyword) = term_start(&before)?;
    let end = term_end(&after)?;
    let beside = term_rest(&before, start)?;
    if beside {
        return None;
    }
    let (head, mut tail) = cut(body, at, start, end)?;
    let mut parts = head;
    let term = std::mem::take(&mut tail.0);
    let wrapped = match keyword {
        Keyword::And => vec![Part::IfIncremental(term)],
        Keyword::Where => vec![Part::If {
            condition: "is_incremental()".to_owned(),
            then: term,
            otherwise: vec![Part::Text(" 1 = 1".to_owned())],
        }],
    };
    for part in wrapped.into_iter().chain(tail.1) {
        push(&mut parts, part);
    }
    Some(parts)
}

#[derive(Clone, Copy)]
enum Keyword {
    Where,
    And,
}

/// The text of parts; what is no text counts as one blank, so that places can be found again.
fn flat(parts: &[Part]) -> Option<String> {
    let mut out = String::new();
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Read(_) | Part::Var { .. } | Part::This => out.push(' '),
            Part::IfIncremental(_) | Part::If { .. } => return None,
        }
    }
    Some(out)
}

/// Where the term begins: at the AND that opens it, or behind the WHERE. The term must be in parentheses of its own
/// (`NOT EXISTS (…)`, `> (SELECT …)`), so the first opening one that is not closed again is looked for.
fn term_start(before: &str) -> Option<(usize, Keyword)> {
    let mut depth = 0_i32;
    let mut open = None;
    for (at, c) in before.char_indices().rev() {
        match c {
            ')' => depth += 1,
            '(' if depth > 0 => depth -= 1,
            '(' => {
                open = Some(at);
                break;
            }
            _ => {}
        }
    }
    let lead = before.get(..open?)?;
    let words = top_words(level(lead));
    let base = lead.len() - level(lead).len();
    let last = words.iter().rev().find(|(_, word)| {
        matches!(word.to_lowercase().as_str(), "where" | "and" | "or" | "on" | "select" | "from" | "having")
    });
    let (at, word) = last?;
    match word.to_lowercase().as_str() {
        "where" => Some((base + at + word.len(), Keyword::Where)),
        "and" => Some((base + at, Keyword::And)),
        _ => None,
    }
}

/// The text behind the last parenthesis that is still open.
fn level(text: &str) -> &str {
    let mut depth = 0_i32;
    for (at, c) in text.char_indices().rev() {
        match c {
            ')' => depth += 1,
            '(' if depth > 0 => depth -= 1,
            '(' => return text.get(at + 1..).unwrap_or(""),
            _ => {}
        }
    }
    text
}

/// Whether an OR stands in the same WHERE before the term.
fn term_rest(before: &str, start: usize) -> Option<bool> {
    let lead = before.get(..start)?;
    let words = top_words(level(lead));
    let from = words.iter().rposition(|(_, word)| word.eq_ignore_ascii_case("where"))?;
    Some(words.iter().skip(from).any(|(_, word)| word.eq_ignore_ascii_case("or")))
}

/// How much of the text behind belongs to the term: up to its closing parenthesis and what follows before the next
/// clause. None where an OR follows.
fn term_end(after: &str) -> Option<usize> {
    let mut depth = 1_i32;
    let close = after.char_indices().find(|(_, c)| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    let end = close?.0 + 1;
    let rest = after.get(end..)?;
    let stop = rest.find([')', ';']).map_or(rest.len(), |at| at);
    let next = top_words(rest.get(..stop)?).into_iter().find(|(_, word)| {
        matches!(
            word.to_lowercase().as_str(),
            "and" | "or" | "group" | "order" | "having" | "limit" | "union" | "qualify" | "window" | "select"
        )
    });
    match next {
        Some((_, word)) if word.eq_ignore_ascii_case("or") => None,
        Some((at, _)) => Some(end + rest.get(..at)?.trim_end().len()),
        None => Some(end + rest.get(..stop)?.trim_end().len()),
    }
}

type Cut = (Vec<Part>, (Vec<Part>, Vec<Part>));

/// The parts before the term, the term, and the parts behind it. `at` is the place of `{{ this }}`; `start` counts in
/// the flat text before it, `end` in the flat text behind it.
fn cut(body: &[Part], at: usize, start: usize, end: usize) -> Option<Cut> {
    let (mut head, mut term, mut tail) = (Vec::new(), Vec::new(), Vec::new());
    let mut place = 0;
    for part in body.get(..at)? {
        let length = length(part);
        divide(part, start.saturating_sub(place).min(length), &mut head, &mut term)?;
        place += length;
    }
    push(&mut term, Part::This);
    place = 0;
    for part in body.get(at + 1..)? {
        let length = length(part);
        divide(part, end.saturating_sub(place).min(length), &mut term, &mut tail)?;
        place += length;
    }
    Some((head, (term, tail)))
}

/// The first `count` bytes of the part to `left`, the rest to `right`.
fn divide(part: &Part, count: usize, left: &mut Vec<Part>, right: &mut Vec<Part>) -> Option<()> {
    if let Part::Text(text) = part {
        push(left, Part::Text(text.get(..count)?.to_owned()));
        push(right, Part::Text(text.get(count..)?.to_owned()));
    } else {
        push(if count > 0 { left } else { right }, part.clone());
    }
    Some(())
}

fn length(part: &Part) -> usize {
    match part {
        Part::Text(text) => text.len(),
        Part::Read(_) | Part::Var { .. } | Part::This | Part::IfIncremental(_) | Part::If { .. } => 1,
    }
}
