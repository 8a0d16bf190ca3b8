//! SqlRender's templates: `{DEFAULT @x = 1}`, `{@x == 'a'} ? {then} : {else}`.
//!
//! In: a text. Out: the text with one branch of each condition, every part with its place, and the values for which it
//! stands. Never fills a parameter: `@x` elsewhere stays as it is.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::text::Fragment;

/// What a text with conditions comes to.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The text.
    pub text: Fragment,
    /// Values that decide which branches stand: by parameter, those of `{DEFAULT …}` and those that were chosen.
    pub values: BTreeMap<String, String>,
    /// Parameters whose value was chosen: that which makes the first condition on them true.
    pub chosen: Vec<String>,
    /// Branches that do not stand, as bytes of the text that came in.
    pub left_out: Vec<Range<usize>>,
}

/// How deep conditions may nest.
const DEEPEST: usize = 50;

/// The text with its conditions decided; none when it has none.
pub fn rendered(fragment: &Fragment) -> Option<Rendered> {
    let text = fragment.text();
    if !text.contains('{') || !text.contains('@') {
        return None;
    }
    let mut pass = Pass {
        text,
        values: BTreeMap::new(),
        chosen: Vec::new(),
        left_out: Vec::new(),
        kept: Vec::new(),
        found: false,
    };
    pass.part(0..text.len(), 0);
    if !pass.found {
        return None;
    }
    let mut whole = Fragment::empty();
    for range in &pass.kept {
        whole.extend(&fragment.slice(range.clone()));
    }
    Some(Rendered { text: whole, values: pass.values, chosen: pass.chosen, left_out: pass.left_out })
}

struct Pass<'a> {
    text: &'a str,
    values: BTreeMap<String, String>,
    chosen: Vec<String>,
    left_out: Vec<Range<usize>>,
    kept: Vec<Range<usize>>,
    found: bool,
}

impl Pass<'_> {
    fn part(&mut self, range: Range<usize>, depth: usize) {
        let mut from = range.start;
        let mut at = range.start;
        while let Some(offset) = self.text.get(at..range.end).and_then(|rest| rest.find('{')) {
            at += offset;
            let Some(end) = self.closing(at).filter(|end| *end <= range.end) else { break };
            let inside = at + 1..end - 1;
            let next = if self.default(inside.clone()) {
                self.kept.push(from..at);
                Some(end)
            } else if depth < DEEPEST {
                self.condition(from..at, inside, end, depth)
            } else {
                None
            };
            match next {
                Some(next) => {
                    self.found = true;
                    (from, at) = (next, next);
                }
                None => at += 1,
            }
        }
        self.kept.push(from..range.end);
    }

    /// One past the brace that closes the one at `open`.
    fn closing(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for (offset, byte) in self.text.get(open..)?.bytes().enumerate() {
            match byte {
                b'{' => depth += 1,
                b'}' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Some(open + offset + 1);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// `DEFAULT @x = value`.
    fn default(&mut self, inside: Range<usize>) -> bool {
        let inside = self.text.get(inside).unwrap_or("").trim();
        let Some(rest) =
            inside.get(..7).filter(|word| word.eq_ignore_ascii_case("default")).and_then(|_| inside.get(7..))
        else {
            return false;
        };
        let Some((name, value)) = rest.trim().strip_prefix('@').and_then(|rest| rest.split_once('=')) else {
            return false;
        };
        self.values.entry(name.trim().to_owned()).or_insert_with(|| bare(value).to_owned());
        true
    }

    /// `{condition} ? {then} [: {else}]`: keeps what stands before and the branch that stands; where it ends.
    fn condition(&mut self, before: Range<usize>, test: Range<usize>, end: usize, depth: usize) -> Option<usize> {
        let question = self.blanks(end);
        let then = self.blanks(question + 1);
        let opens = |at: usize, mark: &str| self.text.get(at..).is_some_and(|rest| rest.starts_with(mark));
        if !opens(question, "?") || !opens(then, "{") {
            return None;
        }
        let then_end = self.closing(then)?;
        let colon = self.blanks(then_end);
        let other = self.blanks(colon + 1);
        let other = if opens(colon, ":") && opens(other, "{") { Some((other, self.closing(other)?)) } else { None };
        let holds = self.holds(test);
        let inner = |open: usize, end: usize| open + 1..end - 1;
        self.kept.push(before);
        let (kept, dropped) = match other {
            Some((open, end)) if holds => (Some(inner(then, then_end)), Some(inner(open, end))),
            Some((open, end)) => (Some(inner(open, end)), Some(inner(then, then_end))),
            None if holds => (Some(inner(then, then_end)), None),
            None => (None, Some(inner(then, then_end))),
        };
        if let Some(kept) = kept {
            self.part(kept, depth + 1);
        }
        self.left_out.extend(dropped.filter(|range| !self.text.get(range.clone()).unwrap_or("").trim().is_empty()));
        let after = other.map_or(then_end, |(_, end)| end);
        Some(after)
    }

    /// The first byte from `at` on that is no blank.
    fn blanks(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or("");
        at + rest.len() - rest.trim_start().len()
    }

    /// Whether the condition is true: one term of `|` is, all parts of a term with `&` are.
    fn holds(&mut self, test: Range<usize>) -> bool {
        let test = self.text.get(test).unwrap_or("").to_owned();
        let terms: Vec<&str> = test.split('|').filter(|term| !term.trim().is_empty()).collect();
        let known = |pass: &Self, term: &str| variable(term).is_some_and(|name| pass.values.contains_key(name));
        let any_known = terms.iter().any(|term| known(self, term));
        for term in terms {
            if any_known && !known(self, term) {
                continue;
            }
            if term.split('&').filter(|part| !part.trim().is_empty()).all(|part| self.compares(part)) {
                return true;
            }
        }
        false
    }

    /// One comparison. A parameter of unknown value takes the one that makes it true.
    fn compares(&mut self, part: &str) -> bool {
        let part = part.trim().trim_matches(['(', ')']).trim();
        let equals = part.split_once("==").or_else(|| part.split_once('=').filter(|_| !part.contains("!=")));
        let negated = part.starts_with('!');
        let (left, right, equal) = match (part.split_once("!=").or_else(|| part.split_once("<>")), equals) {
            (Some((left, right)), _) => (left, bare(right), false),
            (None, Some((left, right))) => (left, bare(right), true),
            (None, None) => (part, "true", !negated),
        };
        let Some(name) = variable(left) else { return bare(left).eq_ignore_ascii_case(right) == equal };
        let name = name.to_owned();
        if let Some(value) = self.values.get(&name) {
            let truth = right == "true" && matches!(value.to_lowercase().as_str(), "1" | "t" | "true");
            return (truth || value.eq_ignore_ascii_case(right)) == equal;
        }
        if equal {
            self.chosen.push(name.clone());
            self.values.insert(name, right.to_owned());
        }
        true
    }
}

/// The parameter that a comparison begins with.
fn variable(text: &str) -> Option<&str> {
    let rest = text.trim().trim_start_matches(['(', '!', ' ']).strip_prefix('@')?;
    let len = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    rest.get(..len).filter(|name| !name.is_empty())
}

/// A value without its quotes.
fn bare(value: &str) -> &str {
    value.trim().trim_matches(['\'', '"', ')', ' '])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{SourceId, Span};

    #[test]
    fn conditions_keep_one_branch() {
        let rows = [
            ("a {@x == '1'} ? {b} : {c} d", "a b d", "x"),
            ("a {@x == '1' | @x == '2'} ? {b} e {@x == '2'} ? {c} : {f}", "a b e f", "x"),
            ("{DEFAULT @x = 0}{@x}?{b}:{c}", "c", ""),
            ("{DEFAULT @x = 1}{@x}?{b {@y != 'z'}?{u}}:{c}", "b u", ""),
            ("{@x == 1 & @y == 2}?{b} {@y == 2}?{c}", "b c", "x y"),
        ];
        for (text, expected, chosen) in rows {
            let fragment = Fragment::exact(text, Span::new(SourceId(0), 0, text.len()));
            let found = rendered(&fragment).unwrap();
            assert_eq!(found.text.text(), expected, "{text}");
            assert_eq!(found.chosen.join(" "), chosen, "{text}");
        }
        for text in ["select '{a}' from @x.t", "select 1", "{ @x", "{{ @x }}"] {
            let fragment = Fragment::exact(text, Span::new(SourceId(0), 0, text.len()));
            assert!(rendered(&fragment).is_none(), "{text}");
        }
    }
}
