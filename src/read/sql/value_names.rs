//! Tables whose name is given as a value: `FROM identifier(:source)`, `TABLE($t)`, `TABLE(result_set)`.
//!
//! In: a statement, and what its variables are known to hold. Out: the same with the name itself where that is known,
//! and with the query of a result set in its place. A name that only the run knows stays as it is, for the walk over
//! FROM to tell.

use std::ops::Range;

use super::fold;
use super::script::{Walk, bare_name};
use super::tokens::{Lexing, Text, TokenKind};
use crate::text::{Fragment, Span};

/// A statement whose names are written out.
pub(super) struct Named {
    /// The statement.
    pub fragment: Fragment,
    /// The parameters whose default was taken for a name, each with it.
    pub taken: Vec<(String, String)>,
}

impl Walk<'_> {
    /// The statement with the names that values give.
    pub(super) fn with_value_names(&self, fragment: &Fragment) -> Named {
        let words = self.dialect().traits().names_as_values;
        let mut named = Named { fragment: fragment.clone(), taken: Vec::new() };
        let lower = fragment.text().to_lowercase();
        if !words.iter().any(|word| lower.contains(word)) {
            return named;
        }
        let text = Text::new(fragment.clone(), self.lexing);
        let mut changes = Vec::new();
        for at in 0..text.len() {
            let end = text.closing(at + 1);
            if !text.is_any(at, words) || end <= at + 2 {
                continue;
            }
            let Some(span) = text.span(at..end + 1) else { continue };
            if let Some(name) = self.given_name(&text, at + 2..end, span, &mut named.taken) {
                changes.push((text.bytes(at..end + 1), name));
            }
        }
        named.fragment = fragment.changed(0..fragment.text().len(), changes);
        named
    }

    /// What stands for the value in `range`: a name, or the query of a result set.
    fn given_name(
        &self,
        text: &Text,
        range: Range<usize>,
        span: Span,
        taken: &mut Vec<(String, String)>,
    ) -> Option<Fragment> {
        let last = bare_name(text.word(range.end - 1)).to_lowercase();
        let alone = range.len() == 1 || range.len() == 2 && text.is(range.start, ":");
        if alone && let Some(query) = self.cursors.get(&last) {
            let mut rows = Fragment::empty();
            rows.push("(", span, false);
            rows.extend(query);
            rows.push("\n)", span, false);
            return Some(rows);
        }
        let mut folded = fold::fold(text, range, self.known())?;
        if folded.text().contains("{{") {
            let holes = Text::new(folded.clone(), Lexing { templated: true, ..self.lexing });
            let mut changes = Vec::new();
            for at in (0..holes.len()).filter(|at| holes.kind(*at) == Some(TokenKind::Hole)) {
                let name = holes.word(at).trim_matches(['{', '}', ' ']).to_owned();
                let value = self.default_text(&name)?;
                changes.push((holes.bytes(at..at + 1), Fragment::made(&value, span)));
                taken.push((name, value));
            }
            folded = folded.changed(0..folded.text().len(), changes);
        }
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '"');
        (!folded.text().is_empty() && folded.text().chars().all(plain)).then_some(folded)
    }
}
