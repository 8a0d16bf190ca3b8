//! Statements that empty a lasting relation which nothing fills after that.
//!
//! In: scripts. Out: the steps that `walk` leaves out. A work table that is emptied once its rows were used keeps them
//! as a model, and a table that a loader outside the inputs fills stays a source: a model without rows would take the
//! rows away from both.

use std::collections::BTreeSet;

use super::StepId;
use super::tasks::step_order;
use crate::name::Relation;
use crate::steps::{Effect, Script, Step};

/// The steps that empty a lasting relation for good.
pub(super) fn for_good(scripts: &[Script]) -> BTreeSet<StepId> {
    let mut found = BTreeSet::new();
    for (number, script) in scripts.iter().enumerate() {
        if !script.steps.iter().any(|step| matches!(step.effect, Effect::Truncate { .. })) {
            continue;
        }
        // The tasks of a DAG run in another order than they stand in the file.
        let order = step_order(script);
        let run: Vec<&Step> = order.iter().filter_map(|at| script.steps.get(*at)).collect();
        for (place, (at, step)) in order.iter().zip(&run).enumerate() {
            let Effect::Truncate { relation } = &step.effect else { continue };
            let fills = |step: &Step| filled(&step.effect).contains(&relation);
            let before = run.iter().take(place).any(|step| fills(step));
            let after = run.iter().skip(place + 1).any(|step| fills(step));
            let elsewhere =
                scripts.iter().enumerate().any(|(other, script)| other != number && script.steps.iter().any(fills));
            if !script.makes_for_itself(relation) && !after && (before || !elsewhere) {
                found.insert(StepId { script: number, step: *at });
            }
        }
    }
    found
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
