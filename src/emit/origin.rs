//! Where something came from, as people read it.
//!
//! In: spans. Out: `procedure.sql:3-8`, and the indentation of the line on which a statement began.

use std::path::Path;

use crate::text::{Sources, Span};

/// Each place once, in order: `procedure.sql:3-8`.
pub(super) fn places(origin: &[Span], sources: &Sources) -> Vec<String> {
    let mut places: Vec<String> = Vec::with_capacity(origin.len());
    for place in origin.iter().filter_map(|span| place(*span, sources)) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// `procedure.sql:3-8`, or `procedure.sql:3` for a single line; none for a span of no file.
pub(super) fn place(span: Span, sources: &Sources) -> Option<String> {
    let file = sources.get(span.source)?;
    let (first, last) = file.lines(span);
    let path = sources.short_path(span.source);
    Some(if first == last { format!("{path}:{first}") } else { format!("{path}:{first}-{last}") })
}

/// What the author says right above the first of the statements of which he says something; empty for nothing.
pub(super) fn remark(origin: &[Span], sources: &Sources) -> String {
    origin.iter().find_map(|span| above(*span, sources)).unwrap_or_default()
}

/// Longer comments are pages, and stay in the scripts.
const LONGEST_REMARK: usize = 240;

/// The comment lines that end on the line before a statement.
fn above(span: Span, sources: &Sources) -> Option<String> {
    let file = sources.get(span.source)?;
    let before = file.slice(0..span.start as usize);
    let (before, own) = before.rsplit_once('\n')?;
    if !own.trim().is_empty() {
        return None;
    }
    let is_python = Path::new(&file.path).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("py"));
    let mark = if is_python { "#" } else { "--" };
    let mut lines: Vec<&str> = Vec::new();
    let mut within = false;
    for line in before.split('\n').rev().map(str::trim) {
        let opens = line.starts_with("/*");
        // The marks of a notebook, and text of another language in it.
        let inner = line.trim_start_matches(mark).trim_start();
        let foreign = inner.starts_with("MAGIC ") || inner.starts_with("COMMAND ------");
        if foreign || !(within || line.starts_with(mark) || line.ends_with("*/")) {
            break;
        }
        within = !opens && (within || line.ends_with("*/"));
        if within && lines.len() > LONGEST_REMARK {
            return None;
        }
        lines.push(line.trim_matches(['-', '/', '*', '#', '=', '~', '+', '_', ' ', '\t']));
    }
    lines.reverse();
    let words: Vec<&str> = lines.into_iter().filter(|line| line.chars().any(char::is_alphabetic)).collect();
    let code = words.iter().any(|line| line.ends_with([';', ',', '(']) || line.contains(" = ") || line.contains("%%"));
    let text = words.join(" ");
    let text = text.trim_end_matches(['.', ':', ' ']);
    (!code && !within && (3..=LONGEST_REMARK).contains(&text.len())).then(|| text.to_owned())
}

/// The blanks before the statements, as far as they share them: what their lines have from the block around them.
pub(super) fn indent(origin: &[Span], sources: &Sources) -> String {
    let mut shared: Option<&str> = None;
    for span in origin {
        let before = line_indent(*span, sources);
        shared = Some(match shared {
            Some(shorter) if before.starts_with(shorter) => shorter,
            Some(longer) if !longer.starts_with(before) => "",
            Some(_) | None => before,
        });
    }
    shared.unwrap_or("").to_owned()
}

fn line_indent(span: Span, sources: &Sources) -> &str {
    let Some(file) = sources.get(span.source) else { return "" };
    let before = file.slice(0..span.start as usize);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = file.slice(start..file.text.len());
    let end = line.len() - line.trim_start_matches([' ', '\t']).len();
    line.get(..end).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{SourceFile, SourceId};

    #[test]
    fn remarks_above_statements() {
        let rows = [
            ("-- Clean orders.\nX", "Clean orders"),
            ("-- ======\n-- Step 1: clean\n--   the orders\n-- ======\n  X", "Step 1: clean the orders"),
            ("/* Clean\n * orders */\nX", "Clean orders"),
            ("-- about something else\n\nX", ""),
            ("select 1; -- not above\nX", ""),
            ("-- select a,\n-- from t;\nX", ""),
            ("-- MAGIC %sql\n-- MAGIC from t\n\n-- COMMAND ----------\nX", ""),
            ("-- MAGIC from t\nX", ""),
            ("begin X", ""),
            ("X", ""),
        ];
        for (text, expected) in rows {
            let sources = Sources::new(vec![SourceFile::new("a.sql", text)]);
            assert_eq!(remark(&[Span::new(SourceId(0), text.len() - 1, text.len())], &sources), expected, "{text}");
        }
    }

    #[test]
    fn places_and_indentation() {
        let sources = Sources::new(vec![SourceFile::new("a.sql", "begin\n  x;\n    y\n  z;\nend")]);
        let span = |start, end| Span::new(SourceId(0), start, end);
        assert_eq!(places(&[span(8, 9), span(15, 20), span(8, 9)], &sources), ["a.sql:2", "a.sql:3-4"]);
        assert_eq!(indent(&[span(8, 9)], &sources), "  ");
        assert_eq!(indent(&[span(15, 20), span(8, 9)], &sources), "  ");
        assert_eq!(indent(&[span(0, 5)], &sources), "");
        assert_eq!(indent(&[], &sources), "");
    }
}
