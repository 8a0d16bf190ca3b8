//! Conditions as lists of terms, told from their text.
//!
//! In: text of a condition, or a body that reads `{{ this }}`. Out: terms that AND joins, key columns, or the body with
//! the term around `{{ this }}` left out at the first run. Gives nothing where the text is not sure.

use std::ops::Range;

use super::splice::push;
use crate::plan::drafts::Part;
use crate::steps::{Edit, Mention, Sql, VariableUse};

/// The terms that AND joins; none where an OR stands beside them.
pub(super) fn conjuncts(text: &str) -> Option<Vec<&str>> {
    and_terms(text, 0..text.len())?.into_iter().map(|range| text.get(range)).collect()
}

fn and_terms(text: &str, within: Range<usize>) -> Option<Vec<Range<usize>>> {
    let mut terms = Vec::new();
    let mut start = within.start;
    let mut between = false;
    let mut cases = 0_usize;
    for (at, word) in top_words(text.get(within.clone())?) {
        match word.to_lowercase().as_str() {
            "case" => cases += 1,
            "end" => cases = cases.saturating_sub(1),
            _ if cases > 0 => {}
            "or" => return None,
            "between" => between = true,
            "and" if between => between = false,
            "and" => {
                terms.push(start..within.start + at);
                start = within.start + at + word.len();
            }
            _ => {}
        }
    }
    terms.push(start..within.end);
    Some(terms)
}

/// The places of the terms that AND joins, through parentheses; none where an OR stands beside them.
pub(super) fn conjunct_ranges(text: &str) -> Option<Vec<Range<usize>>> {
    let mut open = vec![inside(text, trimmed(text, 0..text.len()))];
    let mut ranges = Vec::new();
    and_terms(text, open.first()?.clone())?;
    while let Some(range) = open.pop() {
        let within = inside(text, trimmed(text, range.clone()));
        match and_terms(text, within).as_deref() {
            None | Some([_]) => ranges.push(trimmed(text, range)),
            Some(many) => open.extend(many.iter().rev().cloned()),
        }
    }
    Some(ranges)
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = text.get(range.clone()).unwrap_or("");
    let start = range.start + part.len() - part.trim_start().len();
    start..start + part.trim().len()
}

/// The range without the parentheses around it.
fn inside(text: &str, range: Range<usize>) -> Range<usize> {
    let mut range = range;
    while text.get(range.clone()).is_some_and(|part| part.starts_with('('))
        && closing(text, range.start) == range.end.checked_sub(1)
    {
        range = trimmed(text, range.start + 1..range.end - 1);
    }
    range
}

/// The place of the parenthesis that closes the one at `start`.
pub(super) fn closing(text: &str, start: usize) -> Option<usize> {
    let mut depth = 0_i32;
    let mut quote: Option<char> = None;
    for (at, c) in text.get(start..)?.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (c == ')').then_some(start + at);
        }
    }
    None
}

/// A part of a piece of SQL, with what stands in it.
pub(super) fn piece(sql: &Sql, range: Range<usize>) -> Sql {
    let within = |of: &Range<usize>| of.start >= range.start && of.end <= range.end;
    let moved = |of: &Range<usize>| of.start - range.start..of.end - range.start;
    let mut part = Sql::plain(sql.text.get(range.clone()).unwrap_or(""), sql.span);
    let mentions = sql.mentions.iter().filter(|one| within(&one.range));
    part.mentions = mentions.map(|one| Mention { range: moved(&one.range), ..one.clone() }).collect();
    let variables = sql.variables.iter().filter(|one| within(&one.range));
    part.variables = variables.map(|one| VariableUse { range: moved(&one.range), ..one.clone() }).collect();
    let edits = sql.edits.iter().filter(|one| within(&one.range));
    part.edits = edits.map(|one| Edit { range: moved(&one.range), ..one.clone() }).collect();
    part
}

/// Words that stand in a condition without being columns.
const PLAIN_WORDS: &[&str] = &[
    "and",
    "or",
    "not",
    "is",
    "null",
    "true",
    "false",
    "in",
    "between",
    "like",
    "ilike",
    "date",
    "timestamp",
    "interval",
    "case",
    "when",
    "then",
    "else",
    "end",
    "cast",
    "as",
    "integer",
    "int",
    "varchar",
    "text",
    "numeric",
];

/// Whether every column in the text is one of `alias`, by its qualifier. Not sure means no.
pub(super) fn only_about(text: &str, alias: &str) -> bool {
    let mut quote: Option<char> = None;
    let mut word = String::new();
    let mut before = ' ';
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if quote.is_none() && (c.is_alphanumeric() || c == '_') {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            let next = text.get(at..).unwrap_or("").trim_start().chars().next();
            let number = word.starts_with(|c: char| c.is_ascii_digit());
            let plain = PLAIN_WORDS.contains(&word.to_lowercase().as_str());
            let own = before == '.' || (c == '.' && word.eq_ignore_ascii_case(alias));
            let call = next == Some('(') && !["select", "exists", "any", "all"].contains(&word.to_lowercase().as_str());
            if !(number || plain || own || call) {
                return false;
            }
            word.clear();
        }
        before = c;
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '`' | '[' | '@' | ':') => return false,
            (None, '\'') => quote = Some(c),
            _ => {}
        }
    }
    true
}

/// The output columns that GROUP BY makes unique; none where it is not sure.
pub(super) fn group_key(query: &str) -> Option<Vec<String>> {
    let words = top_words(query);
    let is = |word: &str, one: &str| word.eq_ignore_ascii_case(one);
    let ends = ["having", "order", "limit", "window", "qualify", "fetch", "offset"];
    let apart = ["union", "except", "intersect", "minus"];
    if words.iter().any(|(_, word)| apart.iter().any(|one| is(word, one))) {
        return None;
    }
    let [(start, _)] = words.iter().filter(|(_, word)| is(word, "select")).copied().collect::<Vec<_>>()[..] else {
        return None;
    };
    let (from, _) = words.iter().find(|(_, word)| is(word, "from"))?;
    let at =
        words.windows(2).rposition(|pair| matches!(pair, [(_, one), (_, two)] if is(one, "group") && is(two, "by")))?;
    let (by, word) = words.get(at + 1)?;
    let end = words.iter().skip(at + 2).find(|(_, word)| ends.iter().any(|one| is(word, one)));
    let list = query.get(by + word.len()..end.map_or(query.len(), |(at, _)| *at))?;
    let items: Vec<(String, String)> =
        commas(query.get(start + "select".len()..*from)?).into_iter().map(output).collect::<Option<_>>()?;
    let output = |key: &str| {
        let key = key.trim();
        if let Ok(number) = key.parse::<usize>() {
            return items.get(number.checked_sub(1)?).map(|(_, name)| name.clone());
        }
        let name = key.rsplit('.').next()?.to_lowercase();
        let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        items.iter().find(|(column, _)| plain && *column == name).map(|(_, name)| name.clone())
    };
    commas(list).into_iter().map(output).collect()
}

/// The column and the name of an item of a SELECT list; the column is empty where the item is an expression.
fn output(item: &str) -> Option<(String, String)> {
    let words: Vec<&str> = item.split_whitespace().collect();
    let last = words.last()?.rsplit('.').next()?.to_lowercase();
    let column = match words.as_slice() {
        [one] | [one, _] => *one,
        [one, word, _] if word.eq_ignore_ascii_case("as") => *one,
        _ => "",
    };
    let plain = column.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    let column = if plain { column.rsplit('.').next().unwrap_or("").to_lowercase() } else { String::new() };
    Some((column, last))
}

/// The text cut at its commas outside of parentheses and strings.
pub(super) fn commas(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0, 0_i32);
    let mut quote: Option<char> = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(text.get(start..at).unwrap_or(""));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(start..).unwrap_or(""));
    parts
}

/// In lower case, with single spaces.
pub(super) fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
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

/// Whether two names mean the same column. Case tells two columns of one relation apart in next to no schema, and
/// scripts write one column in several ways.
pub(super) fn same_column(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// `alias.column`, without quotes, the column in lower case.
pub(super) fn column(text: &str) -> Option<(String, String)> {
    let (alias, rest) = identifier(text.trim())?;
    let (column, rest) = identifier(rest.strip_prefix('.')?)?;
    rest.is_empty().then(|| (alias.to_owned(), column.to_lowercase()))
}

/// The identifier that the text begins with, without its quotes, and what follows.
fn identifier(text: &str) -> Option<(&str, &str)> {
    let open = text.chars().next()?;
    let close = match open {
        '[' => ']',
        '"' | '`' => open,
        _ => {
            let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
            return (end > 0).then(|| text.split_at(end));
        }
    };
    let inner = text.get(1..)?;
    inner.split_once(close).filter(|(name, _)| !name.is_empty())
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
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth -= 1,
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
    let before = flat(body.get(..at)?);
    let after = flat(body.get(at + 1..)?);
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
fn flat(parts: &[Part]) -> String {
    let mut out = String::new();
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Read(_)
            | Part::Var { .. }
            | Part::This
            | Part::IfIncremental(_)
            | Part::If { .. }
            | Part::Each { .. }
            | Part::Call { .. }
            | Part::IfThere { .. } => out.push(' '),
        }
    }
    out
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
        Part::Read(_)
        | Part::Var { .. }
        | Part::This
        | Part::IfIncremental(_)
        | Part::If { .. }
        | Part::Each { .. }
        | Part::Call { .. }
        | Part::IfThere { .. } => 1,
    }
}
