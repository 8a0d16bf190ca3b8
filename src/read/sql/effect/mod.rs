//! What one statement does: its effects on relations, its queries with their relation mentions.
//!
//! In: one statement, cut out, and what is known around it. Out: effects, facts, findings. Never looks at other
//! statements.

use crate::dialect::Dialect;
use crate::finding::Finding;
use crate::steps::{Effect, Fact, Opaque, Sql};
use crate::text::{Fragment, SourceId, Span};

/// What is known around a statement.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The dialect.
    pub dialect: Dialect,
    /// Parameters and variables in scope, without sigils, in lower case.
    pub variables: &'a [String],
    /// The schema of unqualified names, when `USE` or `SET search_path` said so.
    pub search_path: Option<&'a str>,
}

/// What a statement does.
#[derive(Debug, Clone)]
pub struct Understood {
    /// What it is, in a few lower-case words for the account.
    pub what: String,
    /// What it comes to.
    pub outcome: Outcome,
    /// What it declares besides.
    pub facts: Vec<Fact>,
    /// What there is to say.
    pub findings: Vec<Finding>,
}

/// What a statement comes to.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It does these things, in order.
    Effects(Vec<Effect>),
    /// It is a setting, of this kind.
    Config(String),
    /// It has no meaning in dbt, for this reason.
    Dropped(String),
    /// It could not be read.
    Unread {
        /// Why.
        reason: String,
        /// A step that stands in for it, where it may touch relations.
        step: Option<Opaque>,
    },
}

/// Reads one statement.
pub fn understand(_statement: &Fragment, _around: &Surroundings) -> Understood {
    Understood {
        what: "statement".to_owned(),
        outcome: Outcome::Unread { reason: "not yet read".to_owned(), step: None },
        facts: Vec::new(),
        findings: Vec::new(),
    }
}

/// Reads a condition or scalar expression: its text, the relations that it names, the variables that it uses.
pub fn expression(text: &Fragment, _around: &Surroundings) -> Sql {
    let span = text.whole().unwrap_or(Span::new(SourceId(0), 0, 0));
    Sql::plain(text.text(), span)
}
