//! DAGs for the page: the graph of the arrows and the graph of the data, laid over each other.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::audit::{declared, implied};

use super::super::layout::layout;
use super::super::touch::Touches;
use super::super::{Facts, contract, json};
use super::graph::{EdgeView, edges, width};

/// Height of a task's box.
const HEIGHT: f64 = 44.0;

/// A DAG.
#[derive(Debug, Serialize)]
pub struct DagView {
    pub id: String,
    pub script: usize,
    pub width: f64,
    pub height: f64,
    pub tasks: Vec<TaskView>,
    pub edges: Vec<DagEdge>,
}

/// A task.
#[derive(Debug, Serialize)]
pub struct TaskView {
    #[serde(flatten)]
    pub task: contract::Task,
    pub x: f64,
    pub y: f64,
    pub w: f64,
    pub h: f64,
}

/// An edge of either graph.
#[derive(Debug, Serialize)]
pub struct DagEdge {
    #[serde(flatten)]
    pub edge: EdgeView,
    /// `both`, `ordered` (data, and the arrows order the two by a longer way), `missing` (data, and no order),
    /// `reversed` (data, and the arrows order the two the other way round), `arrow` (an arrow without data).
    pub status: &'static str,
}

/// All DAGs.
pub fn dag_views(facts: &Facts) -> Vec<DagView> {
    let touches = Touches::of(facts.versions);
    let dags = facts.scripts.iter().enumerate().filter(|(_, script)| !script.tasks.is_empty());
    dags.map(|(script, _)| view(facts, &touches, script)).collect()
}

fn view(facts: &Facts, touches: &Touches, script: usize) -> DagView {
    let Some(dag) = facts.scripts.get(script) else {
        return DagView { id: String::new(), script, width: 0.0, height: 0.0, tasks: Vec::new(), edges: Vec::new() };
    };
    let (said, meant) = (declared(dag), implied(script, dag, facts.versions));
    let after = followers(&said);
    let both: BTreeSet<(usize, usize)> = said.union(&meant).copied().collect();
    let pairs: Vec<(usize, usize)> = both.into_iter().collect();
    let sizes: Vec<(f64, f64)> = dag.tasks.iter().map(|task| (width(&task.id), HEIGHT)).collect();
    let places = layout(&sizes, &pairs);
    let status = |from: usize, to: usize| match (said.contains(&(from, to)), meant.contains(&(from, to))) {
        (true, true) => "both",
        (true, false) => "arrow",
        (false, _) if reaches(&after, from, to) => "ordered",
        (false, _) if reaches(&after, to, from) => "reversed",
        (false, _) => "missing",
    };
    let tasks = json::tasks(touches, script, dag).into_iter().zip(&places.boxes).zip(&sizes);
    DagView {
        id: dag.name.clone(),
        script,
        width: places.width,
        height: places.height,
        tasks: tasks.map(|((task, at), size)| TaskView { task, x: at.x, y: at.y, w: size.0, h: size.1 }).collect(),
        edges: edges(&pairs, &places.passes)
            .into_iter()
            .map(|edge| DagEdge { status: status(edge.from, edge.to), edge })
            .collect(),
    }
}

fn followers(edges: &BTreeSet<(usize, usize)>) -> BTreeMap<usize, Vec<usize>> {
    let mut after: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (from, to) in edges {
        after.entry(*from).or_default().push(*to);
    }
    after
}

fn reaches(after: &BTreeMap<usize, Vec<usize>>, from: usize, to: usize) -> bool {
    let mut seen = BTreeSet::from([from]);
    let mut stack = vec![from];
    while let Some(task) = stack.pop() {
        if task == to {
            return true;
        }
        stack.extend(after.get(&task).into_iter().flatten().copied().filter(|next| seen.insert(*next)));
    }
    false
}
