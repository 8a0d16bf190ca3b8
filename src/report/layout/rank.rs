//! Columns of boxes: circles are opened, then every box stands right of all that it reads.
//!
//! In: edges. Out: the direction in which each edge is laid out, a column for each box, connected parts.

use std::collections::BTreeSet;

/// Each edge in a direction without circles: as given, turned round, or none for an edge of a box to itself and for
/// one that is there twice.
pub fn without_circles(count: usize, edges: &[(usize, usize)]) -> Vec<Option<(usize, usize)>> {
    let next = neighbours(count, edges.iter().copied());
    let order = finish_order(&next);
    let position = |node: usize| order.get(node).copied().unwrap_or(0);
    let mut seen = BTreeSet::new();
    edges
        .iter()
        .map(|(from, to)| {
            let ends = if position(*from) > position(*to) { (*from, *to) } else { (*to, *from) };
            (from != to && *from < count && *to < count && seen.insert(ends)).then_some(ends)
        })
        .collect()
}

/// For each node, the moment at which a depth-first search leaves it: later than all that follow it, circles aside.
fn finish_order(next: &[Vec<usize>]) -> Vec<usize> {
    let mut left = vec![0; next.len()];
    let mut seen = vec![false; next.len()];
    let mut clock = 0;
    // Starting at nodes that nothing leads to keeps arrows of circles in the order of the input.
    let mut targets = vec![false; next.len()];
    for to in next.iter().flatten() {
        if let Some(target) = targets.get_mut(*to) {
            *target = true;
        }
    }
    let roots = (0..next.len()).filter(|node| targets.get(*node) == Some(&false)).chain(0..next.len());
    for root in roots {
        let mut stack = vec![(root, 0)];
        while let Some((node, at)) = stack.pop() {
            if at == 0 {
                match seen.get_mut(node) {
                    Some(seen) if !*seen => *seen = true,
                    Some(_) | None => continue,
                }
            }
            if let Some(child) = next.get(node).and_then(|children| children.get(at)) {
                stack.push((node, at + 1));
                if seen.get(*child) == Some(&false) {
                    stack.push((*child, 0));
                }
            } else if let Some(moment) = left.get_mut(node) {
                clock += 1;
                *moment = clock;
            }
        }
    }
    left
}

fn neighbours(count: usize, edges: impl Iterator<Item = (usize, usize)>) -> Vec<Vec<usize>> {
    let mut next = vec![Vec::new(); count];
    for (from, to) in edges {
        if let Some(list) = next.get_mut(from) {
            list.push(to);
        }
    }
    next
}

/// A column for each box: the first one that stands right of all that it reads. Where many edges would be long then,
/// what is read at least as often as it reads stands next to its first reader instead.
pub fn ranks(count: usize, forward: &[Option<(usize, usize)>]) -> Vec<usize> {
    let next = neighbours(count, forward.iter().flatten().copied());
    let before = neighbours(count, forward.iter().flatten().map(|(from, to)| (*to, *from)));
    let left = finish_order(&next);
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|node| std::cmp::Reverse(left.get(*node).copied()));
    let mut ranks = vec![0; count];
    let get = |ranks: &[usize], node: &usize| ranks.get(*node).copied().unwrap_or(0);
    let list = |lists: &[Vec<usize>], node: usize| lists.get(node).cloned().unwrap_or_default();
    for node in &order {
        let rank = list(&before, *node).iter().map(|parent| get(&ranks, parent) + 1).max().unwrap_or(0);
        if let Some(slot) = ranks.get_mut(*node) {
            *slot = rank;
        }
    }
    let length = |(from, to): &(usize, usize)| get(&ranks, to).saturating_sub(get(&ranks, from) + 1);
    if forward.iter().flatten().map(length).sum::<usize>() > count {
        pull(&order, &next, &before, &mut ranks);
    }
    ranks
}

/// Moves boxes towards what reads them, from the right to the left.
fn pull(order: &[usize], next: &[Vec<usize>], before: &[Vec<usize>], ranks: &mut [usize]) {
    let list = |lists: &[Vec<usize>], node: usize| lists.get(node).cloned().unwrap_or_default();
    for node in order.iter().rev() {
        let children = list(next, *node);
        let first = children.iter().filter_map(|child| ranks.get(*child)).min().copied();
        if let (Some(first), Some(slot)) = (first, ranks.get_mut(*node))
            && children.len() >= list(before, *node).len()
        {
            *slot = first.saturating_sub(1);
        }
    }
}

/// The connected parts, each sorted, in the order of their first members.
pub fn components(count: usize, forward: &[Option<(usize, usize)>]) -> Vec<Vec<usize>> {
    let both = forward.iter().flatten().flat_map(|(from, to)| [(*from, *to), (*to, *from)]);
    let next = neighbours(count, both);
    let mut seen = vec![false; count];
    let mut parts = Vec::new();
    for root in 0..count {
        let mut part = Vec::new();
        let mut stack = vec![root];
        while let Some(node) = stack.pop() {
            match seen.get_mut(node) {
                Some(seen) if !*seen => *seen = true,
                Some(_) | None => continue,
            }
            part.push(node);
            stack.extend(next.get(node).into_iter().flatten());
        }
        if !part.is_empty() {
            part.sort_unstable();
            parts.push(part);
        }
    }
    parts
}
