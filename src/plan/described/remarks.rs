//! What the author says of a column, at the end of its line.
//!
//! In: a model's text. Out: the comment behind each column that has one: `amount, -- in cents`. Never takes a comment
//! that could be of something else, or that is text of a query put aside.

use std::collections::BTreeMap;

use crate::plan::Piece;

/// Lengths of a remark, in bytes, that says something and is not a page.
const LENGTHS: std::ops::RangeInclusive<usize> = 3..=200;

/// Remarks by the column's name in lower case.
pub(super) fn remarks(body: &[Piece]) -> BTreeMap<String, String> {
    let mut text = String::new();
    for piece in body {
        match piece {
            Piece::Text(own) => text.push_str(own),
            Piece::Ref(_)
            | Piece::Source { .. }
            | Piece::This
            | Piece::Var { .. }
            | Piece::IfIncremental(_)
            | Piece::If { .. }
            | Piece::Each { .. }
            | Piece::Macro { .. } => text.push('?'),
        }
    }
    let lines: Vec<(&str, &str)> = text.lines().map(parted).collect();
    let mut found: BTreeMap<String, Option<String>> = BTreeMap::new();
    for (at, (code, comment)) in lines.iter().enumerate() {
        let comment = comment.trim_matches(['-', '=', '*', ' ', '\t', '\r']);
        let rest = lines.get(at + 1..).unwrap_or_default();
        if let Some(name) = column(code, rest).filter(|_| is_said(comment)) {
            let entry = found.entry(name).or_insert_with(|| Some(comment.to_owned()));
            if entry.as_deref() != Some(comment) {
                *entry = None;
            }
        }
    }
    found.into_iter().filter_map(|(name, remark)| Some((name, remark?))).collect()
}

/// A line's code, and the comment behind it; empty for none.
fn parted(line: &str) -> (&str, &str) {
    let mut from = 0;
    while let Some(at) = line.get(from..).and_then(|rest| rest.find("--")) {
        let (code, comment) = line.split_at(from + at);
        if code.matches('\'').count() % 2 == 0 && code.matches('"').count() % 2 == 0 {
            return (code, comment);
        }
        from += at + 2;
    }
    (line, "")
}

/// The column whose entry ends with this line.
fn column(code: &str, rest: &[(&str, &str)]) -> Option<String> {
    let code = code.trim_end();
    let inner = code.strip_suffix(',');
    if inner.is_none() {
        let next = rest.iter().map(|(code, _)| code.trim()).find(|code| !code.is_empty())?.to_lowercase();
        if !(next.starts_with(',') || next == "from" || next.starts_with("from ")) {
            return None;
        }
    }
    let inner = inner.unwrap_or(code).trim_end().trim_end_matches(['"', '`', ']']);
    let start = inner.rfind(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(0, |at| at + 1);
    let start = if inner.is_char_boundary(start) { start } else { return None };
    let name = inner.get(start..)?;
    name.starts_with(|c: char| c.is_alphabetic() || c == '_').then(|| name.to_lowercase())
}

/// Whether a comment is words, and not a query put aside.
fn is_said(comment: &str) -> bool {
    let lower = comment.to_lowercase();
    let code = comment.contains([';', '=', '\\']) || comment.ends_with([',', '(']) || comment.contains("--");
    let starts = ["select ", "and ", "or ", "where ", "join ", "left ", "inner ", "case ", "cast(", "noqa", "fmt:"];
    LENGTHS.contains(&comment.len())
        && comment.chars().any(char::is_alphabetic)
        && !code
        && !starts.iter().any(|start| lower.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_of_columns() {
        let rows = [
            ("select\n  a, -- in cents\n  b\nfrom t", "a", Some("in cents")),
            ("select\n  case x when 1 then 2 end as a -- by x\nfrom t", "a", Some("by x")),
            ("select\n  a -- first\n  , b\nfrom t", "a", Some("first")),
            ("select\n  case when a -- is set\n  then 1 end as b\nfrom t", "a", None),
            ("select\n  a, -- b as c,\n  d\nfrom t", "a", None),
            ("select\n  '--', a, -- x = y\n  d\nfrom t", "a", None),
            ("select\n  '-- no' as a,\n  d\nfrom t", "a", None),
            ("select\n  a, -- one\n  b\nfrom (select a, -- two\n  c\nfrom t)", "a", None),
            ("select\n  t.\"Größe\", -- in m\n  d\nfrom t", "größe", Some("in m")),
        ];
        for (text, name, expected) in rows {
            let found = remarks(&[Piece::Text(text.to_owned())]);
            assert_eq!(found.get(name).map(String::as_str), expected, "{text}");
        }
    }
}
