//! What there is to say about the input: a code, a severity, a place, a message, a way out.
//!
//! A user's odd input is a finding, never an error. The codes and their pages stand in one table, `table.rs`.

mod table;

use std::fmt;
use std::str::FromStr;

use crate::text::Span;
pub use table::{Code, RULES, Rule};

/// How bad it is. The order is that of `--fail-on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing to do.
    Info,
    /// The result needs a look.
    Warning,
    /// The result is not complete, or the input is wrong.
    Error,
}

impl Severity {
    /// The name on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Info, Self::Warning, Self::Error];
        let found = all.into_iter().find(|severity| severity.name() == text);
        found.ok_or_else(|| format!("unknown severity `{text}`: one of info, warning, error"))
    }
}

/// One thing to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind of thing; its severity and page stand in [`RULES`].
    pub code: Code,
    /// Where; none for what concerns the run as a whole.
    pub span: Option<Span>,
    /// One line, no full stop, naming the thing.
    pub message: String,
    /// What to do about it; may be empty.
    pub help: String,
}

impl Finding {
    /// A finding at a place.
    pub fn at(code: Code, span: Span, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code, span: Some(span), message: message.into(), help: help.into() }
    }

    /// A finding about the run as a whole.
    pub fn general(code: Code, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code, span: None, message: message.into(), help: help.into() }
    }

    /// The severity of its code.
    pub fn severity(&self) -> Severity {
        self.code.rule().severity
    }
}
