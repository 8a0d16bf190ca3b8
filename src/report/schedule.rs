//! When each of several nodes can start, and the longest chain among them.
//!
//! In: edges, members, lengths. Out: starts, waves, the chain that takes longest. Knows nothing of what a node is.

use std::collections::BTreeMap;

use crate::graph::order;
use crate::steps::Script;

/// When nodes start by their edges, and the longest chain.
pub struct Schedule {
    /// Nodes by wave.
    pub waves: Vec<Vec<usize>>,
    /// The start of each node.
    pub starts: BTreeMap<usize, f64>,
    /// The longest chain, first node first.
    pub longest: Vec<usize>,
    /// How long it takes.
    pub total: f64,
}

/// The schedule of the `members`, which are sorted, under those `edges` that lie between them.
pub fn schedule(edges: &[(usize, usize)], members: &[usize], length: &dyn Fn(usize) -> f64) -> Schedule {
    let mut before = vec![Vec::new(); members.len()];
    for (from, to) in edges {
        if let (Ok(from), Ok(to)) = (members.binary_search(from), members.binary_search(to))
            && let Some(list) = before.get_mut(to)
        {
            list.push(from);
        }
    }
    let order = order(&before);
    let node = |at: usize| members.get(at).copied();
    let mut starts: BTreeMap<usize, f64> = BTreeMap::new();
    let mut behind: BTreeMap<usize, usize> = BTreeMap::new();
    let mut last: Option<(f64, usize)> = None;
    for at in order.waves.iter().flatten().copied() {
        let Some(own) = node(at) else { continue };
        let ends = before.get(at).into_iter().flatten().filter_map(|from| node(*from));
        let ends = ends.filter_map(|from| starts.get(&from).map(|start| (start + length(from), from)));
        let latest = ends.reduce(|one, other| if other.0 > one.0 { other } else { one });
        starts.insert(own, latest.map_or(0.0, |(end, _)| end));
        behind.extend(latest.map(|(_, from)| (own, from)));
        let end = latest.map_or(0.0, |(end, _)| end) + length(own);
        if last.is_none_or(|(most, _)| end > most) {
            last = Some((end, own));
        }
    }
    let mut longest = Vec::new();
    let mut next = last.map(|(_, node)| node);
    while let Some(node) = next {
        longest.push(node);
        next = behind.get(&node).copied();
    }
    longest.reverse();
    let waves = order.waves.into_iter().map(|wave| wave.into_iter().filter_map(node).collect()).collect();
    Schedule { waves, starts, longest, total: last.map_or(0.0, |(end, _)| end) }
}

/// The names by which a user may know a task.
pub fn task_names(dag: &Script, task: usize) -> Vec<String> {
    let Some(task) = dag.tasks.get(task) else { return Vec::new() };
    vec![format!("{}.{}", dag.name, task.id), task.id.clone()]
}
