//! Items of a SELECT list, rows of VALUES, and the order of a query, told from its text.
//!
//! In: the text of a query. Out: places of its items, which of them draw the next value of a sequence, and the columns that it
//! is sorted by. Gives nothing where the text is not sure.

use std::ops::Range;

use super::terms::{closing, commas, squeezed, top_words};

/// Words that end the SELECT list of a query without FROM, or its ORDER BY.
const ENDS: &[&str] = &[
    "from",
    "where",
    "group",
    "having",
    "union",
    "except",
    "intersect",
    "minus",
    "order",
    "limit",
    "offset",
    "fetch",
    "option",
    "for",
    "qualify",
    "window",
];

/// The rows of `VALUES (…), (…)`: the places of the values of each.
pub(in crate::plan) fn values(text: &str) -> Option<Vec<Vec<Range<usize>>>> {
    let start = text.len() - text.trim_start().len();
    let word = text.get(start..start + "values".len()).filter(|word| word.eq_ignore_ascii_case("values"))?;
    let mut rows = Vec::new();
    let mut at = start + word.len();
    loop {
        at += blank(text.get(at..)?);
        if !text.get(at..)?.starts_with('(') {
            return None;
        }
        let close = closing(text, at)?;
        rows.push(pieces(text, at + 1..close));
        at = close + 1;
        at += blank(text.get(at..)?);
        match text.get(at..)?.chars().next() {
            Some(',') => at += 1,
            None | Some(';') => return Some(rows),
            Some(_) => return None,
        }
    }
}

fn blank(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// The items of the SELECT list of a query that is one SELECT.
pub(super) fn selected(text: &str) -> Option<Vec<Range<usize>>> {
    let words = top_words(text);
    let apart = ["union", "except", "intersect", "minus", "with"];
    if words.iter().any(|(_, word)| apart.iter().any(|one| word.eq_ignore_ascii_case(one))) {
        return None;
    }
    let (at, first) = words.first().filter(|(_, word)| word.eq_ignore_ascii_case("select"))?;
    let end = words.iter().skip(1).find(|(_, word)| ENDS.iter().any(|one| word.eq_ignore_ascii_case(one)));
    let end = end.map_or(text.trim_end().trim_end_matches(';').len(), |(end, _)| *end);
    Some(pieces(text, at + first.len()..end))
}

/// The places of what commas part, without the blanks around it.
fn pieces(text: &str, within: Range<usize>) -> Vec<Range<usize>> {
    let mut at = within.start;
    let mut places = Vec::new();
    for piece in commas(text.get(within).unwrap_or("")) {
        let start = at + blank(piece);
        places.push(start..start + piece.trim().len());
        at += piece.len() + 1;
    }
    places
}

/// The length of the expression that draws the next value of a sequence and nothing else, at the beginning of an item
/// that may go on with an alias.
pub(super) fn drawn(item: &str) -> Option<usize> {
    let words = squeezed(item);
    if words.starts_with("next value for ") {
        let alias = top_words(item).into_iter().find(|(_, word)| word.eq_ignore_ascii_case("as"));
        return Some(alias.map_or(item.len(), |(at, _)| item.get(..at).unwrap_or("").trim_end().len()));
    }
    let end = if words.starts_with("nextval(") || words.starts_with("nextval (") {
        closing(item, item.find('(')?)? + 1
    } else {
        let first = item.split_whitespace().next()?;
        if !first.to_lowercase().ends_with(".nextval") {
            return None;
        }
        first.len()
    };
    let rest = item.get(end..)?;
    let rest = rest.strip_prefix("::").map_or(rest, |cast| cast.trim_start_matches(|c: char| c.is_alphanumeric()));
    let alias: Vec<&str> = rest.split_whitespace().collect();
    let plain = |name: &str| name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '"' | '[' | ']' | '`'));
    match alias.as_slice() {
        [] => Some(item.len() - rest.len()),
        [word, name] if word.eq_ignore_ascii_case("as") && plain(name) => Some(item.len() - rest.len()),
        [name] if plain(name) => Some(item.len() - rest.len()),
        _ => None,
    }
}

/// What a query that is one SELECT is sorted by: the place or the name of an output column, and whether it descends.
/// None where there is no order, or one by anything else.
pub(super) fn sorted(text: &str, outputs: &[String]) -> Option<Vec<(usize, bool)>> {
    let words = top_words(text);
    let is = |at: usize, one: &str| words.get(at).is_some_and(|(_, word)| word.eq_ignore_ascii_case(one));
    let by = (0..words.len()).rev().find(|at| is(*at, "order") && is(at + 1, "by"))? + 1;
    let (start, word) = words.get(by)?;
    let ends = ["limit", "offset", "fetch", "option", "for", "union"];
    let end = words.iter().skip(by).find(|(_, word)| ends.iter().any(|one| word.eq_ignore_ascii_case(one)));
    let end = end.map_or(text.trim_end().trim_end_matches(';').len(), |(end, _)| *end);
    let term = |term: &str| {
        let parts: Vec<&str> = term.split_whitespace().collect();
        let (name, descends) = match parts.as_slice() {
            [name] => (name, false),
            [name, word] if word.eq_ignore_ascii_case("asc") => (name, false),
            [name, word] if word.eq_ignore_ascii_case("desc") => (name, true),
            _ => return None,
        };
        if let Ok(number) = name.parse::<usize>() {
            return number.checked_sub(1).filter(|at| *at < outputs.len()).map(|at| (at, descends));
        }
        let name = crate::name::last_part(name);
        outputs.iter().position(|output| output.eq_ignore_ascii_case(name)).map(|at| (at, descends))
    };
    commas(text.get(start + word.len()..end)?).into_iter().map(term).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_values_are_told_from_other_items() {
        let rows = [
            ("nextval('s')", Some("nextval('s')")),
            ("nextval('s'::regclass) AS id", Some("nextval('s'::regclass)")),
            ("NEXT VALUE FOR dbo.s", Some("NEXT VALUE FOR dbo.s")),
            ("next value for s as id", Some("next value for s")),
            ("dw.seq.NEXTVAL", Some("dw.seq.NEXTVAL")),
            ("seq.nextval id", Some("seq.nextval")),
            ("nextval('s') + 1", None),
            ("t.nextvalue", None),
        ];
        for (item, expected) in rows {
            assert_eq!(drawn(item).and_then(|end| item.get(..end)), expected, "{item}");
        }
    }

    #[test]
    fn items_and_orders() {
        let text = "select a, f(b, c) as d from t order by d desc, 1";
        let items: Vec<&str> = selected(text).unwrap().into_iter().map(|place| &text[place]).collect();
        assert_eq!(items, ["a", "f(b, c) as d"]);
        let names = ["a".to_owned(), "d".to_owned()];
        assert_eq!(sorted(text, &names), Some(vec![(1, true), (0, false)]));
        assert_eq!(sorted("select a from t", &names), None);
        let text = "VALUES (1, 'a, b'), (2, f(3))";
        let rows: Vec<Vec<&str>> =
            values(text).unwrap().into_iter().map(|row| row.into_iter().map(|at| &text[at]).collect()).collect();
        assert_eq!(rows, [["1", "'a, b'"], ["2", "f(3)"]]);
    }
}
