//! Rules that hold what a DAG's arrows say against what its data says.

use std::collections::BTreeSet;

use super::implied::{declared, implied};
use super::{Inputs, listed};
use crate::finding::{Code, Finding};
use crate::steps::{Effect, Script, ScriptKind, Task};
use crate::text::Span;
use crate::versions::StepId;

/// Every pair `(a, b)` in which a path of edges leads from `a` to `b`.
fn closure(edges: &BTreeSet<(usize, usize)>, count: usize) -> BTreeSet<(usize, usize)> {
    let mut all = BTreeSet::new();
    for start in 0..count {
        let mut open = vec![start];
        while let Some(node) = open.pop() {
            for (_, next) in edges.range((node, 0)..=(node, usize::MAX)) {
                if all.insert((start, *next)) {
                    open.push(*next);
                }
            }
        }
    }
    all
}

/// R501, R502, R503, R504: arrows that are missing, reversed, needless, redundant.
pub fn edges(inputs: &Inputs, number: usize, script: &Script) -> Vec<Finding> {
    if script.kind != ScriptKind::Airflow {
        return Vec::new();
    }
    let (said, meant) = (declared(script), implied(number, script, inputs.versions));
    let ordered = closure(&said, script.tasks.len());
    let needed = closure(&meant, script.tasks.len());
    let mut findings = Vec::new();
    for edge in &meant {
        findings.extend(unordered(inputs, number, script, *edge, &ordered));
    }
    for arrow in &script.arrows {
        let edge = (arrow.from, arrow.to);
        let others: BTreeSet<_> = said.iter().copied().filter(|other| *other != edge).collect();
        let (Some(from), Some(to)) = (script.tasks.get(arrow.from), script.tasks.get(arrow.to)) else { continue };
        if closure(&others, script.tasks.len()).contains(&edge) {
            findings.push(redundant(arrow.span, from, to));
        } else if !related(&needed, edge) && only_data(script, arrow.from) && only_data(script, arrow.to) {
            let carried: Vec<(usize, usize)> =
                meant.iter().copied().filter(|pair| carries(&others, *pair, &ordered, script.tasks.len())).collect();
            findings.push(needless(script, arrow.span, (from, to), &carried));
        }
    }
    findings
}

/// Whether data leads from one task to the other, in either direction: an arrow against the data is reversed, not needless.
fn related(needed: &BTreeSet<(usize, usize)>, (from, to): (usize, usize)) -> bool {
    needed.contains(&(from, to)) || needed.contains(&(to, from))
}

/// Whether a data edge is ordered now and would not be without the arrow that `others` lack.
fn carries(
    others: &BTreeSet<(usize, usize)>,
    pair: (usize, usize),
    ordered: &BTreeSet<(usize, usize)>,
    count: usize,
) -> bool {
    ordered.contains(&pair) && !closure(others, count).contains(&pair)
}

/// R501 or R502 for a data edge that no path of arrows orders.
fn unordered(
    inputs: &Inputs,
    number: usize,
    script: &Script,
    (writer, reader): (usize, usize),
    ordered: &BTreeSet<(usize, usize)>,
) -> Option<Finding> {
    if ordered.contains(&(writer, reader)) {
        return None;
    }
    let (from, to) = (script.tasks.get(writer)?, script.tasks.get(reader)?);
    let tables = listed(&shared(inputs, number, script, writer, reader));
    if ordered.contains(&(reader, writer)) {
        let message = format!("{} reads {tables} before {} writes it", to.id, from.id);
        let help = format!("turn the order round: {} >> {}", from.id, to.id);
        return Some(Finding::at(Code::R502, to.span, message, help));
    }
    let message = format!("{} reads {tables}, which {} writes, and no arrow orders the two", to.id, from.id);
    Some(Finding::at(Code::R501, to.span, message, format!("add {} >> {}", from.id, to.id)))
}

/// The relations that one task writes and the other reads or changes.
fn shared(inputs: &Inputs, number: usize, script: &Script, writer: usize, reader: usize) -> Vec<String> {
    let written: Vec<_> = steps_of(script, writer).flat_map(|(_, step)| step.effect.writes()).collect();
    let mut names: Vec<String> = Vec::new();
    for (at, step) in steps_of(script, reader) {
        let read = inputs.reads(StepId { script: number, step: at }).map(|version| &version.relation);
        for relation in read.chain(step.effect.writes()) {
            if written.contains(&relation) && !names.contains(&relation.to_string()) {
                names.push(relation.to_string());
            }
        }
    }
    names
}

fn steps_of(script: &Script, task: usize) -> impl Iterator<Item = (usize, &crate::steps::Step)> {
    script.steps.iter().enumerate().filter(move |(_, step)| step.task == Some(task))
}

/// Whether all that a task does is in tables that are known.
fn only_data(script: &Script, task: usize) -> bool {
    let known = script.tasks.get(task).is_some_and(|task| !task.side_effects);
    let mut steps = steps_of(script, task).peekable();
    known
        && steps.peek().is_some()
        && steps.all(|(_, step)| !matches!(step.effect, Effect::Opaque(_) | Effect::Call { .. }))
}

fn redundant(place: Span, from: &Task, to: &Task) -> Finding {
    let message = format!("{} >> {} says nothing new: other arrows already order the two", from.id, to.id);
    Finding::at(Code::R504, place, message, "leave it out")
}

fn needless(script: &Script, place: Span, (from, to): (&Task, &Task), carried: &[(usize, usize)]) -> Finding {
    let message = format!("{} >> {}: {} reads nothing that {} writes", from.id, to.id, to.id, from.id);
    let id = |task: usize| script.tasks.get(task).map_or("", |task| task.id.as_str());
    let instead: Vec<String> = carried.iter().map(|(from, to)| format!("{} >> {}", id(*from), id(*to))).collect();
    let help = if instead.is_empty() {
        "leave it out: it only makes the second task wait".to_owned()
    } else {
        format!("replace it with what the data needs: {}", listed(&instead))
    };
    Finding::at(Code::R503, place, message, help)
}

/// R506: the order of steps that depend on each other is written down only in arrows.
pub fn lineage_outside(inputs: &Inputs, number: usize, script: &Script) -> Option<Finding> {
    if script.kind != ScriptKind::Airflow {
        return None;
    }
    let place = script.arrows.first()?.span;
    let meant = implied(number, script, inputs.versions);
    if meant.is_empty() {
        return None;
    }
    let message = format!(
        "the order of {} tasks of {} is written down in {} arrows, and in none of their queries",
        script.tasks.len(),
        script.name,
        script.arrows.len()
    );
    Some(Finding::at(Code::R506, place, message, "with ref(), each query says itself what it needs"))
}

/// R505: a table that one DAG writes and another reads.
pub fn across(inputs: &Inputs) -> Vec<Finding> {
    let dag = |step: StepId| inputs.scripts.get(step.script).filter(|script| script.kind == ScriptKind::Airflow);
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    for flow in &inputs.versions.flows {
        let Some(version) = inputs.version(flow.from.0) else { continue };
        let Some(writer) = version.step.filter(|step| step.script != flow.step.script) else { continue };
        let (Some(from), Some(to)) = (dag(writer), dag(flow.step)) else { continue };
        if waits_for(to, &from.name) || !seen.insert((writer.script, flow.step.script, version.relation.to_string())) {
            continue;
        }
        let Some(place) = inputs.place(flow.step) else { continue };
        let message = format!(
            "{} reads {}, which {} writes, and only the clock orders the two",
            to.name, version.relation, from.name
        );
        let help = format!("wait for it: an ExternalTaskSensor on {}, an asset, or a trigger", from.name);
        findings.push(Finding::at(Code::R505, place, message, help));
    }
    findings
}

/// Whether a task or the schedule of a DAG names the other DAG: a sensor, a trigger, an asset.
fn waits_for(dag: &Script, other: &str) -> bool {
    let names = |text: &str| text.contains(other);
    dag.tasks.iter().any(|task| task.arguments.iter().any(|(_, value)| names(value)))
        || dag.settings.iter().any(|(_, value)| names(value))
}
