//! The author's comment directly above a statement.
//!
//! In: a text and a token. Out: the comment without its marks. A comment behind the statement before, in the same
//! line, is not it; nor is one with an empty line below it.

use std::ops::Range;

use super::tokens::Text;

/// The comment above the token at `at`; empty when there is none.
pub fn above(text: &Text, at: usize) -> String {
    let source = text.fragment.text();
    let before = at.checked_sub(1).and_then(|last| text.tokens.get(last)).map_or(0, |token| token.end);
    let mut next = text.start_of(at);
    let upto = text.comments.partition_point(|comment| comment.start < next);
    let mut kept: Vec<Range<usize>> = Vec::new();
    for comment in text.comments.get(..upto).unwrap_or(&[]).iter().rev() {
        let gap = source.get(comment.end..next).unwrap_or("");
        let glued = before > 0 && !source.get(before..comment.start).unwrap_or("\n").contains('\n');
        if comment.start < before || gap.matches('\n').count() > 1 || glued {
            break;
        }
        kept.push(comment.clone());
        next = comment.start;
    }
    let lines = kept.iter().rev().flat_map(|range| source.get(range.clone()).unwrap_or("").lines());
    let cleaned: Vec<&str> = lines.map(clean).filter(|line| !line.is_empty()).collect();
    cleaned.join("\n")
}

/// A line without comment marks; empty for one that only rules off.
fn clean(line: &str) -> &str {
    let line = line.trim().trim_start_matches("/*").trim_end_matches("*/").trim();
    let line = line.trim_start_matches(['-', '#', '*', '/', '=', '{', '%']).trim();
    let line = line.trim_end_matches(['-', '*', '#', '=', '/', '}', '%']).trim();
    if line.chars().any(char::is_alphanumeric) { line } else { "" }
}
