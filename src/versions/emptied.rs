//! Statements that empty a lasting relation which nothing fills after that.
//!
//! In: scripts. Out: the steps that `walk` leaves out. A work table that is emptied once its rows were used keeps them
//! as a model, and a table that a loader outside the inputs fills stays a source: a model without rows would take the
//! rows away from both.

use std::collections::BTreeSet;

use super::StepId;
use crate::name::Relation;
use crate::steps::{Effect, Lifetime, Script};

/// The steps that empty a lasting relation for good.
pub(super) fn for_good(scripts: &[Script]) -> BTreeSet<StepId> {
    let mut found = BTreeSet::new();
    for (number, script) in scripts.iter().enumerate() {
        for (at, step) in script.steps.iter().enumerate() {
            let Effect::Truncate { relation } = &step.effect else { continue };
            let fills = |step: &crate::steps::Step| filled(&step.effect).contains(&relation);
            let before = script.steps.iter().take(at).any(fills);
            let after = script.steps.iter().skip(at + 1).any(fills);
            let elsewhere =
                scripts.iter().enumerate().any(|(other, script)| other != number && script.steps.iter().any(fills));
            if !is_temporary(script, relation) && !after && (before || !elsewhere) {
                found.insert(StepId { script: number, step: at });
            }
        }
    }
    found
}

fn is_temporary(script: &Script, relation: &Relation) -> bool {
    script.steps.iter().any(|step| match &step.effect {
        Effect::Create { relation: made, lifetime: Lifetime::Temporary, .. }
        | Effect::Declare { relation: made, lifetime: Lifetime::Temporary, .. } => made == relation,
        Effect::Create { .. }
        | Effect::Declare { .. }
        | Effect::Replace { .. }
        | Effect::Append { .. }
        | Effect::Merge(_)
        | Effect::Update(_)
        | Effect::Delete(_)
        | Effect::Truncate { .. }
        | Effect::Drop { .. }
        | Effect::Rename { .. }
        | Effect::Swap { .. }
        | Effect::Alter { .. }
        | Effect::Call { .. }
        | Effect::Bind { .. }
        | Effect::Read { .. }
        | Effect::Opaque(_) => false,
    })
}

/// The relations that an effect puts rows into.
fn filled(effect: &Effect) -> Vec<&Relation> {
    match effect {
        Effect::Create { .. }
        | Effect::Replace { .. }
        | Effect::Append { .. }
        | Effect::Merge(_)
        | Effect::Rename { .. }
        | Effect::Swap { .. }
        | Effect::Opaque(_) => effect.writes(),
        Effect::Declare { .. }
        | Effect::Update(_)
        | Effect::Delete(_)
        | Effect::Truncate { .. }
        | Effect::Drop { .. }
        | Effect::Alter { .. }
        | Effect::Call { .. }
        | Effect::Bind { .. }
        | Effect::Read { .. } => Vec::new(),
    }
}
