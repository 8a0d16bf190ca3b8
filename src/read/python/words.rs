//! Text as a value: where each part of it stands, and what of it is only known at run time.
//!
//! In: literals, holes, other texts. Out: a [`Fragment`] in which a hole stands as `{{ name }}`, as it would in a
//! template. Never looks at what the text means.

use super::value::Value;
use crate::text::{Fragment, Span};

/// The longest text that is followed.
const LENGTH_LIMIT: usize = 1 << 20;
const TOO_LONG: &str = "the text is too long to be followed";

/// A string: known parts with their places, and holes.
#[derive(Debug, Clone)]
pub struct Text {
    fragment: Fragment,
    holes: Vec<Hole>,
}

/// A part of a string that is only known at run time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// The name of the parameter that stands for it.
    pub name: String,
    /// Its default, where the script gives one.
    pub default: Option<String>,
    /// Its type in SQL; empty where the script does not tell.
    pub sql_type: &'static str,
    /// Why it is not known; empty for a parameter, which is meant to come from outside.
    pub reason: String,
    /// Where it is put in.
    pub span: Span,
}

impl Text {
    /// Text that stands in the file, in known places.
    pub fn of(fragment: Fragment) -> Self {
        Self { fragment, holes: Vec::new() }
    }

    /// Text that was made at `span`, and does not stand there as it is.
    pub fn made(text: &str, span: Span) -> Self {
        Self::of(Fragment::made(text, span))
    }

    /// Nothing but a hole.
    pub fn hole(hole: Hole) -> Self {
        let mut text = Self::made(&format!("{{{{ {} }}}}", hole.name), hole.span);
        text.holes.push(hole);
        text
    }

    /// The text with its places. Holes stand in it as `{{ name }}`.
    pub fn fragment(&self) -> &Fragment {
        &self.fragment
    }

    /// What is only known at run time.
    pub fn holes(&self) -> &[Hole] {
        &self.holes
    }

    /// The whole text, when it has no hole.
    pub fn known(&self) -> Option<&str> {
        self.holes.is_empty().then(|| self.fragment.text())
    }

    /// The hole, when the text is nothing else.
    pub fn only_hole(&self) -> Option<&Hole> {
        let [hole] = self.holes.as_slice() else { return None };
        (self.fragment.text() == format!("{{{{ {} }}}}", hole.name)).then_some(hole)
    }

    /// Adds another text at the end. A text that would grow past all use becomes unknown instead.
    pub fn push(&mut self, other: &Self) {
        if self.fragment.text().len().saturating_add(other.fragment.text().len()) > LENGTH_LIMIT {
            let span = self.fragment.whole().or(other.fragment.whole());
            if let (Some(span), false) = (span, self.holes.iter().any(|hole| hole.reason == TOO_LONG)) {
                let hole =
                    Hole { name: "rest".to_owned(), default: None, sql_type: "", reason: TOO_LONG.to_owned(), span };
                self.holes.push(hole);
            }
            return;
        }
        self.fragment.extend(&other.fragment);
        for hole in &other.holes {
            if !self.holes.contains(hole) {
                self.holes.push(hole.clone());
            }
        }
    }

    /// A part of the text, with the holes that stand in it.
    pub fn slice(&self, range: std::ops::Range<usize>) -> Self {
        let fragment = self.fragment.slice(range);
        let inside = |hole: &&Hole| fragment.text().contains(&format!("{{{{ {} }}}}", hole.name));
        let holes = self.holes.iter().filter(inside).cloned().collect();
        Self { fragment, holes }
    }

    /// The text as a value.
    pub fn into_value(self) -> Value {
        Value::Text(std::rc::Rc::new(self))
    }
}
