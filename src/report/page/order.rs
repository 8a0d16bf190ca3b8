//! The order of a run for the page: as the scripts run today, and as the graph allows.
//!
//! One step is one unit of time. A script that is no DAG runs its steps one after the other; a DAG runs by its arrows.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::graph::order;
use crate::versions::VersionId;

use super::super::Facts;
use super::super::diagram::{Diagram, NodeKind};

/// The order of the whole, and of each script.
#[derive(Debug, Serialize)]
pub struct OrderView {
    /// Nodes by wave.
    pub waves: Vec<Vec<usize>>,
    /// The longest chain of nodes.
    pub longest: Vec<usize>,
    pub scripts: Vec<Serial>,
}

/// How a script runs today.
#[derive(Debug, Serialize)]
pub struct Serial {
    pub script: usize,
    /// Nodes that run at the same time, in order: one in each for a script that is no DAG.
    pub today: Vec<Vec<usize>>,
    /// The waves of the same nodes.
    pub waves: Vec<Vec<usize>>,
    /// Their longest chain.
    pub longest: Vec<usize>,
}

/// The order of the run.
pub fn order_view(facts: &Facts, diagram: &Diagram) -> OrderView {
    let built: Vec<usize> =
        diagram.nodes.iter().enumerate().filter(|(_, node)| is_built(node.kind)).map(|(at, _)| at).collect();
    let (waves, longest) = waves(diagram, &built);
    let scripts = (0..facts.scripts.len()).filter_map(|script| serial(facts, diagram, script)).collect();
    OrderView { waves, longest, scripts }
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

/// Waves and longest chain of some of the nodes.
fn waves(diagram: &Diagram, members: &[usize]) -> (Vec<Vec<usize>>, Vec<usize>) {
    let mut before = vec![Vec::new(); members.len()];
    for (from, to) in &diagram.edges {
        if let (Ok(from), Ok(to)) = (members.binary_search(from), members.binary_search(to))
            && let Some(list) = before.get_mut(to)
        {
            list.push(from);
        }
    }
    let order = order(&before);
    let named = |list: Vec<usize>| list.iter().filter_map(|at| members.get(*at).copied()).collect::<Vec<_>>();
    (order.waves.into_iter().map(named).collect(), named(order.longest))
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
    let members: BTreeSet<usize> = steps.iter().map(|(_, node)| *node).collect();
    let members: Vec<usize> = members.into_iter().collect();
    let today = if read.tasks.is_empty() {
        steps.iter().map(|(_, node)| vec![*node]).collect()
    } else {
        let task = |step: usize| read.steps.get(step).and_then(|step| step.task);
        by_arrows(read, &steps.iter().filter_map(|(step, node)| Some((task(*step)?, *node))).collect::<Vec<_>>())
    };
    let (waves, longest) = waves(diagram, &members);
    (!members.is_empty()).then_some(Serial { script, today, waves, longest })
}

/// The waves that a DAG's arrows allow, as nodes.
fn by_arrows(dag: &crate::steps::Script, nodes: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let mut before = vec![Vec::new(); dag.tasks.len()];
    for arrow in &dag.arrows {
        if let Some(list) = before.get_mut(arrow.to) {
            list.push(arrow.from);
        }
    }
    let of_task = |task: &usize| nodes.iter().filter(|(own, _)| own == task).map(|(_, node)| *node).collect::<Vec<_>>();
    let waves = order(&before).waves.into_iter().map(|wave| wave.iter().flat_map(of_task).collect::<Vec<_>>());
    waves.filter(|wave| !wave.is_empty()).collect()
}
