//! The two graphs of a DAG: what its arrows say, and what its data says.
//!
//! In: a DAG and the versions. Out: pairs of task numbers, sorted, each once. Never judges the difference.

use std::collections::{BTreeMap, BTreeSet};

use crate::name::Relation;
use crate::steps::Script;
use crate::versions::Versions;

/// The arrows as written.
pub fn declared(dag: &Script) -> BTreeSet<(usize, usize)> {
    dag.arrows.iter().map(|arrow| (arrow.from, arrow.to)).collect()
}

/// Who reads what who writes, within the DAG that is script number `script`.
///
/// A read that sees an earlier write of the DAG gives that one edge. A read that sees none, although tasks of the DAG
/// write the relation, gives an edge from each of them: the arrows are wrong or missing there. A write that builds on
/// the rows or the table of another task's write (an insert into what the other created) needs that one too.
pub fn implied(script: usize, dag: &Script, versions: &Versions) -> BTreeSet<(usize, usize)> {
    let task_of = |step: usize| dag.steps.get(step).and_then(|step| step.task);
    let mut writers: BTreeMap<&Relation, BTreeSet<usize>> = BTreeMap::new();
    for version in &versions.list {
        if let Some(step) = version.step.filter(|step| step.script == script)
            && let Some(task) = task_of(step.step)
        {
            writers.entry(&version.relation).or_default().insert(task);
        }
    }
    let mut edges = BTreeSet::new();
    for flow in versions.flows.iter().filter(|flow| flow.step.script == script) {
        let (Some(reader), Some(read)) = (task_of(flow.step.step), versions.list.get(flow.from.0)) else {
            continue;
        };
        match read.step {
            Some(step) if step.script == script => edges.extend(task_of(step.step).map(|writer| (writer, reader))),
            Some(_) => {}
            None => edges.extend(writers.get(&read.relation).into_iter().flatten().map(|writer| (*writer, reader))),
        }
    }
    for version in &versions.list {
        let here = |step: Option<crate::versions::StepId>| {
            step.filter(|step| step.script == script).and_then(|step| task_of(step.step))
        };
        let previous = version.previous.and_then(|previous| versions.list.get(previous.0));
        if let (Some(writer), Some(builder)) = (here(previous.and_then(|previous| previous.step)), here(version.step)) {
            edges.insert((writer, builder));
        }
    }
    edges.retain(|(writer, reader)| writer != reader);
    edges
}
