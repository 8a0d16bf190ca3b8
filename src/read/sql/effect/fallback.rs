//! What can be told of a statement that nothing parses: the relations that its words name.
//!
//! In: text, and why it was refused. Out: an opaque step and a finding. Never claims to know more.

use super::parse::Refused;
use super::{Outcome, Surroundings, Understood};
use crate::finding::{Code, Finding};
use crate::text::Fragment;

/// A statement that nothing parses.
pub fn unread(statement: &Fragment, _around: &Surroundings, refused: &Refused) -> Understood {
    let message = format!("cannot read this statement: {}", refused.message);
    let finding = statement
        .span(refused.place.clone())
        .map(|span| Finding::at(Code::R201, span, message, "name the dialect with --dialect"));
    Understood {
        what: "statement".to_owned(),
        outcome: Outcome::Unread { reason: refused.message.clone(), step: None },
        facts: Vec::new(),
        findings: finding.into_iter().collect(),
    }
}
