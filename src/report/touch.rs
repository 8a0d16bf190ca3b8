//! What each step reads and writes, by the names that the script gives.
//!
//! In: versions and flows. Out: relation names a step. Never looks at an effect: `versions` has done that.

use std::collections::BTreeMap;

use crate::versions::{StepId, Versions};

/// Reads and writes of every step.
#[derive(Debug, Default)]
pub struct Touches {
    steps: BTreeMap<StepId, (Vec<String>, Vec<String>)>,
}

impl Touches {
    /// Of all steps of the run.
    pub fn of(versions: &Versions) -> Self {
        let mut touches = Self::default();
        for flow in &versions.flows {
            if let Some(read) = versions.list.get(flow.from.0) {
                let entry = touches.steps.entry(flow.step).or_default();
                push_new(&mut entry.0, read.relation.to_string());
            }
        }
        for version in &versions.list {
            if let Some(step) = version.step {
                let entry = touches.steps.entry(step).or_default();
                push_new(&mut entry.1, version.relation.to_string());
            }
        }
        touches
    }

    /// What several steps read and write together, each name once, in order.
    pub fn together(&self, steps: impl Iterator<Item = StepId>) -> (Vec<String>, Vec<String>) {
        let (mut reads, mut writes) = (Vec::new(), Vec::new());
        for step in steps {
            let Some((read, written)) = self.steps.get(&step) else {
                continue;
            };
            for name in read {
                push_new(&mut reads, name.clone());
            }
            for name in written {
                push_new(&mut writes, name.clone());
            }
        }
        (reads, writes)
    }
}

/// Adds a name that is not there yet.
pub fn push_new(list: &mut Vec<String>, name: String) {
    if !list.contains(&name) {
        list.push(name);
    }
}
