//! Rule R403: steps that wait for each other although none needs the other's result.

use std::collections::{BTreeMap, BTreeSet};

use super::{Inputs, listed};
use crate::finding::{Code, Finding};
use crate::graph;
use crate::steps::{Effect, Script, ScriptKind};
use crate::versions::StepId;

/// R403: the script runs one step after the other, and its data would allow fewer waves.
pub fn serial_only(inputs: &Inputs, number: usize, script: &Script) -> Vec<Finding> {
    if script.kind == ScriptKind::Airflow {
        return Vec::new();
    }
    let steps = writing_steps(script);
    let order = graph::order(&predecessors(inputs, number, &steps));
    if order.waves.len() >= steps.len() || !order.circles.is_empty() {
        return Vec::new();
    }
    let Some(first) = steps.first().and_then(|step| script.steps.get(*step)) else { return Vec::new() };
    let widest = order.waves.iter().max_by_key(|wave| wave.len());
    let together: Vec<String> = widest
        .into_iter()
        .flatten()
        .filter_map(|at| script.steps.get(*steps.get(*at)?))
        .filter_map(|step| step.effect.writes().first().map(ToString::to_string))
        .collect();
    let mut distinct = together;
    distinct.dedup();
    if distinct.len() < 2 {
        return Vec::new();
    }
    vec![Finding::at(
        Code::R403,
        first.span,
        format!("{} steps run one after the other where {} waves would do", steps.len(), order.waves.len()),
        format!("{} do not need each other and can run at the same time", listed(&distinct)),
    )]
}

/// The steps that make rows, as indices.
fn writing_steps(script: &Script) -> Vec<usize> {
    let makes_rows = |effect: &Effect| effect.body().is_some() && !effect.writes().is_empty();
    script.steps.iter().enumerate().filter(|(_, step)| makes_rows(&step.effect)).map(|(at, _)| at).collect()
}

/// For each of `steps`, the positions of those that it reads from, or whose rows it changes.
fn predecessors(inputs: &Inputs, number: usize, steps: &[usize]) -> Vec<Vec<usize>> {
    let position: BTreeMap<usize, usize> = steps.iter().enumerate().map(|(at, step)| (*step, at)).collect();
    let mut before: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); steps.len()];
    let mut add = |after: StepId, earlier: Option<StepId>| {
        let Some(earlier) = earlier.filter(|step| step.script == number && after.script == number) else { return };
        let (Some(from), Some(to)) = (position.get(&earlier.step), position.get(&after.step)) else { return };
        if let Some(list) = before.get_mut(*to).filter(|_| from != to) {
            list.insert(*from);
        }
    };
    for flow in &inputs.versions.flows {
        add(flow.step, inputs.version(flow.from.0).and_then(|version| version.step));
    }
    for version in &inputs.versions.list {
        if let (Some(step), Some(previous)) = (version.step, version.previous) {
            add(step, inputs.version(previous.0).and_then(|version| version.step));
        }
    }
    before.into_iter().map(|set| set.into_iter().collect()).collect()
}
