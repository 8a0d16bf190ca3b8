//! Steps that a person must finish.

use crate::plan::Manual;
use crate::plan::context::Context;
use crate::steps::{Effect, Guard, Step};
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

/// What is left to do, with the text of all steps of the chain.
pub(super) fn manual(context: &Context, steps: &[StepId], problem: Problem) -> Manual {
    let texts: Vec<String> = steps.iter().filter_map(|id| context.step(*id)).map(text).collect();
    Manual { reason: problem.reason, help: problem.help, text: texts.join("\n\n") }
}

/// The step's text, as far as it is kept.
fn text(step: &Step) -> String {
    let guards = step.guards.iter().map(|guard| match guard {
        Guard::If { condition, negated: false } => format!("if {}:\n", condition.text),
        Guard::If { condition, negated: true } => format!("if not ({}):\n", condition.text),
        Guard::Loop { head, .. } => format!("{}:\n", head.text),
        Guard::Handler { conditions } => format!("exception {conditions}:\n"),
    });
    let mut text: String = guards.collect();
    if let Effect::Opaque(opaque) = &step.effect {
        text.push_str(&opaque.text);
        return text;
    }
    let options = crate::steps::ShowOptions { text: true, ..Default::default() };
    let plain = Step { guards: Vec::new(), ..step.clone() };
    let sqls = step.effect.sqls();
    match (step.effect.body(), sqls.as_slice()) {
        (Some(_), [only]) => text.push_str(&only.text),
        _ => text.push_str(&crate::steps::show_step(&plain, options)),
    }
    text
}
