//! Waves, longest chain, circles.
//!
//! In: for each node the nodes that it waits for. Out: their order. Never knows what a node is.

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::Order;

/// Waves, longest chain and circles of the graph in which node `n` waits for all of `predecessors[n]`.
pub fn order(predecessors: &[Vec<usize>]) -> Order {
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(predecessors.len(), 0);
    let nodes: Vec<NodeIndex> = predecessors.iter().map(|_| graph.add_node(())).collect();
    let mut selves = Vec::new();
    for (to, before) in predecessors.iter().enumerate() {
        for from in before {
            match (nodes.get(*from), nodes.get(to)) {
                (Some(_), Some(_)) if *from == to => selves.push(to),
                (Some(from), Some(to)) => drop(graph.update_edge(*from, *to, ())),
                _ => {}
            }
        }
    }
    // Components come in reverse order: every node after the nodes that wait for it.
    let mut circles: Vec<Vec<usize>> = Vec::new();
    let mut sorted: Vec<usize> = Vec::new();
    for component in tarjan_scc(&graph).into_iter().rev() {
        let mut members: Vec<usize> = component.into_iter().map(NodeIndex::index).collect();
        members.sort_unstable();
        match members.as_slice() {
            [node] if !selves.contains(node) => sorted.push(*node),
            _ => circles.push(members),
        }
    }
    circles.sort();
    let (waves, longest) = chains(predecessors, &sorted);
    Order { waves, longest, circles }
}

/// The wave of each node, and the longest chain. Nodes on circles count as if they were not there.
fn chains(predecessors: &[Vec<usize>], sorted: &[usize]) -> (Vec<Vec<usize>>, Vec<usize>) {
    let mut depth: Vec<Option<usize>> = vec![None; predecessors.len()];
    let mut behind: Vec<Option<usize>> = vec![None; predecessors.len()];
    let mut waves: Vec<Vec<usize>> = Vec::new();
    for node in sorted {
        let before = predecessors.get(*node).into_iter().flatten();
        let known = before.filter_map(|from| depth.get(*from).copied().flatten().map(|deep| (deep, *from)));
        let deepest = known.max_by_key(|(deep, from)| (*deep, std::cmp::Reverse(*from)));
        let wave = deepest.map_or(0, |(deep, _)| deep + 1);
        if let (Some(own), Some(link)) = (depth.get_mut(*node), behind.get_mut(*node)) {
            *own = Some(wave);
            *link = deepest.map(|(_, from)| from);
        }
        waves.resize_with(waves.len().max(wave + 1), Vec::new);
        if let Some(wave) = waves.get_mut(wave) {
            wave.push(*node);
        }
    }
    for wave in &mut waves {
        wave.sort_unstable();
    }
    let mut longest = Vec::new();
    let mut next = waves.last().and_then(|wave| wave.first()).copied();
    while let Some(node) = next {
        longest.push(node);
        next = behind.get(node).copied().flatten();
    }
    longest.reverse();
    (waves, longest)
}
