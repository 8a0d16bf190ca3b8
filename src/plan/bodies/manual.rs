//! Steps that a person must finish.

use crate::plan::Manual;
use crate::plan::context::Context;
use crate::steps::{Guard, Step};
use crate::text::Span;
use crate::versions::StepId;

/// Why a step cannot be written, and what to do.
pub(super) struct Problem {
    pub reason: String,
    pub help: String,
    /// Whether the reason is that columns are not known.
    pub columns: bool,
}

impl Problem {
    pub fn new(reason: impl Into<String>, help: impl Into<String>) -> Self {
        Self { reason: reason.into(), help: help.into(), columns: false }
    }

    /// The columns of a relation are needed and not known.
    pub fn columns(relation: impl std::fmt::Display) -> Self {
        let reason = format!("the columns of {relation} are not known");
        Self { reason, help: "give the DDL with --schema".to_owned(), columns: true }
    }
}

/// What is left to do, with the places of all steps of the chain.
pub(super) fn manual(context: &Context, steps: &[StepId], problem: Problem) -> Manual {
    let mut original: Vec<(String, Span)> = Vec::new();
    for step in steps.iter().filter_map(|id| context.step(*id)) {
        let place = (around(step), step.span);
        if !original.contains(&place) {
            original.push(place);
        }
    }
    Manual { reason: problem.reason, help: problem.help, before: None, original }
}

/// The heads of what the step stands in, a line each.
fn around(step: &Step) -> String {
    let guards = step.guards.iter().map(|guard| match guard {
        Guard::If { condition, negated: false } => format!("if {}:\n", condition.text),
        Guard::If { condition, negated: true } => format!("if not ({}):\n", condition.text),
        Guard::Loop { head, .. } => format!("{}:\n", head.text),
        Guard::Handler { conditions } => format!("exception {conditions}:\n"),
    });
    guards.collect()
}
