//! Checks of the scripts as singular tests.
//!
//! In: scripts with their checks, and the models by name. Out: a test for each check whose condition can be asked of
//! models and sources once they are built; a finding for the others.

use std::collections::{BTreeMap, BTreeSet};

use super::SingularTest;
use super::assemble::Namer;
use super::bodies;
use super::drafts::Draft;
use super::names::snake;
use crate::finding::{Code, Finding};
use crate::steps::{Check, Script};
use crate::versions::StepId;

/// Tests, the name of the test of each checking step, and what there is to say.
#[derive(Default)]
pub(super) struct Checks {
    pub tests: Vec<SingularTest>,
    pub names: BTreeMap<StepId, String>,
    pub findings: Vec<Finding>,
}

/// The tests of all scripts, by script and place.
pub(super) fn checks(namer: &Namer) -> Checks {
    let mut all = Checks::default();
    let mut taken = BTreeSet::new();
    for (at, script) in namer.context.scripts.iter().enumerate() {
        for check in &script.checks {
            let id = StepId { script: at, step: check.step };
            let Some(step) = namer.context.step(id) else { continue };
            match test(namer, script, check, id, &mut taken) {
                Some(test) => {
                    all.names.insert(id, test.name.clone());
                    all.tests.push(test);
                }
                None if script.call_of.is_none() => {
                    let message = format!("a check that no test stands for: {}", check.message);
                    let help = "write it as a dbt test with the same condition";
                    all.findings.push(Finding::at(Code::R206, step.span, message, help));
                }
                None => {}
            }
        }
    }
    all
}

fn test(
    namer: &Namer,
    script: &Script,
    check: &Check,
    id: StepId,
    taken: &mut BTreeSet<String>,
) -> Option<SingularTest> {
    let parts = bodies::check(namer.context, id, &check.message)?;
    let draft = Draft::new(Vec::new());
    let reads = bodies::reads(&parts);
    let known = reads.iter().all(|read| namer.dependency(&draft, *read).is_some());
    if reads.is_empty() || !known {
        return None;
    }
    let words: Vec<String> = snake(&check.message).split('_').take(6).map(str::to_owned).collect();
    let base = format!("check_{}_{}", snake(&script.name), words.join("_"));
    let base: String = base.trim_end_matches('_').chars().take(60).collect();
    let numbered = (1..).map(|n| if n == 1 { base.clone() } else { format!("{base}_{n}") });
    let name = numbered.take(10_000).find(|name| taken.insert(name.clone()))?;
    Some(SingularTest {
        name,
        body: namer.pieces(&draft, &parts),
        description: format!("What {} checks: {}", script.name, check.message),
        warn: check.warn,
        origin: vec![namer.context.step(id)?.span],
    })
}
