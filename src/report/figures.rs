//! The figures at the end of an audit: how much of the inputs was understood, and how long the chains of each DAG are.
//!
//! In: [`Facts`]. Out: lines for people. Shares are told with both numbers, so that a small input is seen to be small.

use std::collections::{BTreeMap, BTreeSet};

use super::Facts;
use super::schedule::{Schedule, schedule, task_names};
use crate::audit::{declared, needed};
use crate::name::Relation;
use crate::steps::{Effect, Script, StatementReading};
use crate::versions::StepId;

/// The lines: the share of SQL and of tables, and two for each DAG.
pub fn figures(facts: &Facts) -> String {
    let mut text = understood(facts);
    for (number, dag) in facts.scripts.iter().enumerate().filter(|(_, script)| !script.tasks.is_empty()) {
        text.push_str(&chains(facts, number, dag));
    }
    text
}

/// How many steps and tables are understood. A table is, when its name is known and every write of it is.
fn understood(facts: &Facts) -> String {
    let called: BTreeSet<StepId> = facts.versions.called.iter().map(|(_, step)| *step).collect();
    let (mut known, mut all) = (0, 0);
    let mut tables: BTreeMap<&Relation, bool> = BTreeMap::new();
    for (number, script) in facts.scripts.iter().enumerate() {
        // What a further call of a procedure runs has been counted at the first.
        let is_first = script.call_of.is_none();
        for (at, step) in script.steps.iter().enumerate().filter(|_| is_first) {
            let is_followed = called.contains(&StepId { script: number, step: at });
            let is_call = matches!(step.effect, Effect::Call { .. });
            let is_known = !matches!(step.effect, Effect::Opaque(_)) && (!is_call || is_followed);
            all += 1;
            known += usize::from(is_known);
            for relation in step.effect.writes() {
                *tables.entry(relation).or_insert(true) &= is_known;
            }
        }
        let unread = |reading: &StatementReading| matches!(reading, StatementReading::Unread(_));
        let silent = script.statements.iter().filter(|statement| unread(&statement.reading));
        let stands_in = |place| script.steps.iter().any(|step| step.span == place);
        all += silent.filter(|statement| !stands_in(statement.span)).count();
    }
    for version in facts.versions.list.iter().filter(|version| version.scope.is_none()) {
        tables.entry(&version.relation).or_insert(true);
    }
    let named = tables.iter().filter(|(relation, _)| relation.is_known());
    let good = named.filter(|(_, is_known)| **is_known).count();
    format!(
        "understood: {known} of {all} steps that touch tables ({}); {good} of {} tables ({}), each by its name and all its writes\n",
        share(known, all),
        tables.len(),
        share(good, tables.len()),
    )
}

fn share(part: usize, whole: usize) -> String {
    (part * 100).checked_div(whole).map_or_else(|| "none there".to_owned(), |share| format!("{share} %"))
}

/// The longest chains of a DAG, by its arrows and by what its tasks need.
fn chains(facts: &Facts, number: usize, dag: &Script) -> String {
    let is_tie = |task: usize| dag.tasks.get(task).is_some_and(|task| task.making.is_tie);
    let told = |task: usize| facts.durations.seconds(&task_names(dag, task));
    let length = |task: usize| match (is_tie(task), facts.durations.is_empty()) {
        (true, _) => 0.0,
        (false, true) => 1.0,
        (false, false) => told(task).map_or(0.0, |seconds| seconds / 60.0),
    };
    let members: Vec<usize> = (0..dag.tasks.len()).collect();
    let by_data = needed(facts.sources, facts.scripts, facts.versions, number);
    let chain = |edges: &BTreeSet<(usize, usize)>| {
        let edges: Vec<(usize, usize)> = edges.iter().copied().collect();
        schedule(&edges, &members, &length)
    };
    let (arrows, data) = (chain(&declared(dag)), chain(&by_data));
    let working = members.iter().filter(|task| !is_tie(**task));
    let unknown = working.clone().filter(|task| told(**task).is_none()).count();
    let shown = |chain: &Schedule| {
        let tasks = chain.longest.iter().filter(|task| !is_tie(**task)).count();
        if facts.durations.is_empty() { tasks.to_string() } else { format!("{tasks} ({:.1} min)", chain.total) }
    };
    let mut line = format!(
        "DAG {}: longest chain of its {} tasks: {} by the arrows, {} by the data",
        dag.name,
        working.count(),
        shown(&arrows),
        shown(&data)
    );
    if unknown > 0 && !facts.durations.is_empty() {
        line.push_str(&format!("; {unknown} without a duration count as none"));
    }
    line.push('\n');
    line
}
