//! The two graphs of a DAG: what its arrows say, and what its data says.
//!
//! In: a DAG and the versions. Out: pairs of task numbers, sorted, each once. Never judges the difference.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use super::reach::Reach;
use crate::name::Relation;
use crate::steps::{Effect, Script};
use crate::versions::{StepId, VersionId, Versions};

/// The arrows as written.
pub fn declared(dag: &Script) -> BTreeSet<(usize, usize)> {
    dag.arrows.iter().map(|arrow| (arrow.from, arrow.to)).collect()
}

/// Who reads what who writes, within the DAG that is script number `script`.
///
/// A read needs every write that the version it sees is built of: of a table that two tasks insert into, both. A read
/// that sees no write of the DAG, although tasks of it write the relation, needs each of them: the arrows are wrong or
/// missing there. But one that the arrows put before a task that only changes rows or takes them away is put there on
/// purpose. Who copies the columns of a table, and none of its rows, needs no write of it. A change of rows needs the
/// writes that it changes; an insert only needs the table to be made, since two inserts give the same rows in either
/// order.
pub fn implied(script: usize, dag: &Script, versions: &Versions) -> BTreeSet<(usize, usize)> {
    let finder = Finder { script, dag, versions };
    let writers = finder.writers();
    let ordered = LazyCell::new(|| Reach::of(&declared(dag), dag.tasks.len()));
    let mut edges = BTreeSet::new();
    for flow in versions.flows.iter().filter(|flow| flow.step.script == script) {
        let (Some(reader), Some(read)) = (finder.task(flow.step), versions.list.get(flow.from.0)) else { continue };
        if finder.effect(flow.step).is_some_and(Effect::is_hollow) {
            continue;
        }
        let made = finder.chain(flow.from);
        if made.is_empty() && read.step.is_none() {
            let all = writers.get(&read.relation).into_iter().flatten();
            let needed = all.filter(|(writer, fills)| **fills || !ordered.orders(reader, **writer));
            edges.extend(needed.map(|(writer, _)| (*writer, reader)));
        }
        edges.extend(made.into_iter().map(|writer| (writer, reader)));
    }
    for version in &versions.list {
        let Some(step) = version.step.filter(|step| step.script == script) else { continue };
        let (Some(builder), Some(previous)) = (finder.task(step), version.previous) else { continue };
        let made = if finder.is_insert(step) { finder.bottom(previous) } else { finder.chain(previous) };
        if !finder.is_soft(step) {
            edges.extend(made.into_iter().map(|writer| (writer, builder)));
        }
    }
    for (at, task) in dag.tasks.iter().enumerate() {
        for relation in &task.takes {
            edges.extend(writers.get(relation).into_iter().flatten().map(|(writer, _)| (*writer, at)));
        }
    }
    edges.retain(|(writer, reader)| writer != reader);
    edges
}

struct Finder<'a> {
    script: usize,
    dag: &'a Script,
    versions: &'a Versions,
}

impl Finder<'_> {
    /// The task that runs a step, where necessary through the procedure that it calls.
    fn task(&self, step: StepId) -> Option<usize> {
        let mut at = step;
        for _ in 0..20 {
            if at.script == self.script {
                return self.dag.steps.get(at.step)?.task;
            }
            at = self.versions.called.iter().find(|(callee, _)| *callee == at.script)?.1;
        }
        None
    }

    /// The tasks that write each relation, and whether they put rows into it.
    fn writers(&self) -> BTreeMap<&Relation, BTreeMap<usize, bool>> {
        let mut writers: BTreeMap<&Relation, BTreeMap<usize, bool>> = BTreeMap::new();
        for version in &self.versions.list {
            let Some(step) = version.step else { continue };
            if let Some(task) = self.task(step) {
                // What a procedure does is not told apart.
                let fills = self.effect(step).is_none_or(Effect::puts_rows);
                *writers.entry(&version.relation).or_default().entry(task).or_default() |= fills;
            }
        }
        for (at, task) in self.dag.tasks.iter().enumerate() {
            for relation in &task.fills {
                writers.entry(relation).or_default().insert(at, true);
            }
        }
        writers
    }

    /// The tasks whose writes a version is built of.
    fn chain(&self, version: VersionId) -> BTreeSet<usize> {
        let mut made = BTreeSet::new();
        let mut next = Some(version);
        let mut left = self.versions.list.len();
        while let Some(version) = next.and_then(|id| self.versions.list.get(id.0)).filter(|_| left > 0) {
            made.extend(version.step.and_then(|step| self.task(step)));
            next = version.previous;
            left -= 1;
        }
        made
    }

    /// The task that made the table which a version changes.
    fn bottom(&self, version: VersionId) -> BTreeSet<usize> {
        let mut made = BTreeSet::new();
        let mut next = Some(version);
        let mut left = self.versions.list.len();
        while let Some(version) = next.and_then(|id| self.versions.list.get(id.0)).filter(|_| left > 0) {
            if let Some(step) = version.step.filter(|step| !self.is_insert(*step)) {
                made.extend(self.task(step));
            }
            next = version.previous;
            left -= 1;
        }
        made
    }

    fn effect(&self, step: StepId) -> Option<&Effect> {
        (step.script == self.script).then(|| self.dag.steps.get(step.step).map(|step| &step.effect)).flatten()
    }

    fn is_insert(&self, step: StepId) -> bool {
        matches!(self.effect(step), Some(Effect::Append { conflict: None, .. }))
    }

    /// Whether the step keeps a table that is there: it needs nothing before it.
    fn is_soft(&self, step: StepId) -> bool {
        matches!(self.effect(step), Some(Effect::Declare { keeps_existing: true, .. }))
    }
}
