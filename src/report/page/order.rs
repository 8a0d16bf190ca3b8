//! The order of a run for the page: as the scripts run today, and as the graph allows.
//!
//! One step is one unit of time, or the minutes that the user's file of durations tells. A script that is no DAG runs
//! its steps one after the other; a DAG runs by its arrows. A step without a known duration counts as none, and is
//! counted.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::steps::Script;
use crate::versions::VersionId;

use super::super::Facts;
use super::super::diagram::{Diagram, NodeKind};
use super::super::schedule::{schedule, task_names};

/// The order of the whole, and of each script.
#[derive(Debug, Serialize)]
pub struct OrderView {
    /// Whether lengths are minutes; else each step is one unit.
    pub minutes: bool,
    /// Nodes by wave.
    pub waves: Vec<Vec<usize>>,
    /// The longest chain of nodes.
    pub longest: Vec<usize>,
    /// How long the whole takes by the graph.
    pub graph: f64,
    pub scripts: Vec<Serial>,
}

/// How a script runs today.
#[derive(Debug, Serialize)]
pub struct Serial {
    pub script: usize,
    /// One a step, in the order of today.
    pub bars: Vec<Bar>,
    /// How long it takes today, and by the graph.
    pub today: f64,
    pub graph: f64,
    /// How many steps run at once by the graph, at most.
    pub widest: usize,
    /// Steps whose duration is not known.
    pub unknown: usize,
    /// Their longest chain.
    pub longest: Vec<usize>,
}

/// A step on the timeline.
#[derive(Debug, Serialize)]
pub struct Bar {
    pub node: usize,
    /// When it starts today, and by the graph.
    pub today: f64,
    pub graph: f64,
    pub length: f64,
}

/// The order of the run.
pub fn order_view(facts: &Facts, diagram: &Diagram) -> OrderView {
    let built: Vec<usize> =
        diagram.nodes.iter().enumerate().filter(|(_, node)| is_built(node.kind)).map(|(at, _)| at).collect();
    let length = |node: usize| length(facts, &names(facts, diagram, node)).unwrap_or(0.0);
    let whole = schedule(&diagram.edges, &built, &length);
    let scripts = (0..facts.scripts.len()).filter_map(|script| serial(facts, diagram, script)).collect();
    let minutes = !facts.durations.is_empty();
    OrderView { minutes, waves: whole.waves, longest: whole.longest, graph: whole.total, scripts }
}

/// Whether a run makes it.
fn is_built(kind: NodeKind) -> bool {
    match kind {
        NodeKind::Source | NodeKind::Exposure => false,
        NodeKind::Seed
        | NodeKind::Snapshot
        | NodeKind::Staging
        | NodeKind::Intermediate
        | NodeKind::Marts
        | NodeKind::Temporary
        | NodeKind::Table => true,
    }
}

/// The length of what goes by these names: one unit, or minutes; none where the file does not tell.
fn length(facts: &Facts, names: &[String]) -> Option<f64> {
    if facts.durations.is_empty() { Some(1.0) } else { facts.durations.seconds(names).map(|seconds| seconds / 60.0) }
}

/// The names under which a user may know a node.
fn names(facts: &Facts, diagram: &Diagram, node: usize) -> Vec<String> {
    let Some(node) = diagram.nodes.get(node) else { return Vec::new() };
    let model = facts.project.zip(node.model).and_then(|(project, model)| project.models.get(model));
    [Some(node.name.clone()), model.map(|model| model.relation.clone())].into_iter().flatten().collect()
}

fn serial(facts: &Facts, diagram: &Diagram, script: usize) -> Option<Serial> {
    let read = facts.scripts.get(script)?;
    // Each node at its last write: that is when its rows are there.
    let mut steps: Vec<(usize, usize)> = Vec::new();
    for (at, version) in facts.versions.list.iter().enumerate() {
        let step = version.step.filter(|step| step.script == script);
        if let (Some(step), Some(node)) = (step, diagram.versions.get(&VersionId(at))) {
            steps.retain(|(_, known)| known != node);
            steps.push((step.step, *node));
        }
    }
    steps.sort_unstable();
    let task = |step: usize| read.steps.get(step).and_then(|step| step.task);
    let known: BTreeMap<usize, Option<f64>> = steps
        .iter()
        .map(|(step, node)| {
            let names =
                [names(facts, diagram, *node), task(*step).map_or(Vec::new(), |task| task_names(read, task))].concat();
            (*node, length(facts, &names))
        })
        .collect();
    let length = |node: usize| known.get(&node).copied().flatten().unwrap_or(0.0);
    let members: Vec<usize> = known.keys().copied().collect();
    let graph = schedule(&diagram.edges, &members, &length);
    let starts = if read.tasks.is_empty() { one_by_one(&steps, &length) } else { by_arrows(facts, read, &steps) };
    let mut bars: Vec<Bar> = steps
        .iter()
        .zip(starts)
        .map(|((_, node), today)| {
            let graph = graph.starts.get(node).copied().unwrap_or(0.0);
            Bar { node: *node, today, graph, length: length(*node) }
        })
        .collect();
    bars.sort_by(|one, other| one.today.total_cmp(&other.today));
    (!members.is_empty()).then(|| Serial {
        script,
        today: bars.iter().map(|bar| bar.today + bar.length).fold(0.0, f64::max),
        graph: graph.total,
        widest: widest(&bars),
        unknown: known.values().filter(|length| length.is_none()).count(),
        longest: graph.longest,
        bars,
    })
}

/// Starts of steps that wait for each other.
fn one_by_one(steps: &[(usize, usize)], length: &dyn Fn(usize) -> f64) -> Vec<f64> {
    let mut now = 0.0;
    let next = |(_, node): &(usize, usize)| {
        let start = now;
        now += length(*node);
        start
    };
    steps.iter().map(next).collect()
}

/// Starts of steps by the arrows of their DAG. A task takes as long as its file entry says, or its steps together.
fn by_arrows(facts: &Facts, dag: &Script, steps: &[(usize, usize)]) -> Vec<f64> {
    let edges: Vec<(usize, usize)> = dag.arrows.iter().map(|arrow| (arrow.from, arrow.to)).collect();
    let of = |step: usize| dag.steps.get(step).and_then(|step| step.task);
    let with_data: BTreeSet<usize> = steps.iter().filter_map(|(step, _)| of(*step)).collect();
    let taken = |task: usize| {
        let known = length(facts, &task_names(dag, task)).unwrap_or(0.0);
        // Without durations a task that touches no table takes no time, as in the graph.
        if facts.durations.is_empty() && !with_data.contains(&task) { 0.0 } else { known }
    };
    let tasks: Vec<usize> = (0..dag.tasks.len()).collect();
    let starts = schedule(&edges, &tasks, &taken).starts;
    steps.iter().map(|(step, _)| of(*step).and_then(|task| starts.get(&task).copied()).unwrap_or(0.0)).collect()
}

/// How many bars lie over each other by the graph, at most.
fn widest(bars: &[Bar]) -> usize {
    let at_once = |bar: &Bar| {
        let runs = |other: &&Bar| other.graph <= bar.graph && bar.graph < other.graph + other.length;
        bars.iter().filter(runs).count().max(1)
    };
    bars.iter().map(at_once).max().unwrap_or(0)
}
