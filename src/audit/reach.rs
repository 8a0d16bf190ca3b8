//! Which task of a DAG comes before which.
//!
//! In: pairs of task numbers. Out: answers about paths. Built once a DAG; every question is a look-up.

use std::collections::BTreeSet;

/// Paths over edges.
pub(super) struct Reach {
    before: Vec<Vec<usize>>,
    after: Vec<Vec<usize>>,
    reached: Vec<BTreeSet<usize>>,
}

impl Reach {
    /// Of these edges between `count` tasks.
    pub fn of(edges: &BTreeSet<(usize, usize)>, count: usize) -> Self {
        let (mut before, mut after) = (vec![Vec::new(); count], vec![Vec::new(); count]);
        for (from, to) in edges {
            if let Some(next) = after.get_mut(*from) {
                next.push(*to);
            }
            if let Some(previous) = before.get_mut(*to) {
                previous.push(*from);
            }
        }
        let mut reach = Self { before, after, reached: Vec::new() };
        reach.reached = (0..count).map(|task| reach.from(task, None)).collect();
        reach
    }

    /// Whether a path leads from one to the other.
    pub fn orders(&self, from: usize, to: usize) -> bool {
        self.reached.get(from).is_some_and(|reached| reached.contains(&to))
    }

    /// Where the edges of a task lead.
    pub fn next(&self, from: usize) -> impl Iterator<Item = usize> {
        self.after.get(from).into_iter().flatten().copied()
    }

    /// Everything that a path leads to.
    pub fn after(&self, from: usize) -> impl Iterator<Item = usize> {
        self.reached.get(from).into_iter().flatten().copied()
    }

    /// Whether a path leads from one to the other that is not the edge between them alone.
    pub fn has_detour(&self, from: usize, to: usize) -> bool {
        let next = self.after.get(from).into_iter().flatten();
        next.filter(|task| **task != to).any(|task| self.orders(*task, to))
    }

    /// Whether a path leads from one to the other that does not use `edge`.
    pub fn orders_without(&self, from: usize, to: usize, edge: (usize, usize)) -> bool {
        let reaches = |from: usize, to: usize| from == to || self.orders(from, to);
        let (first, second) = edge;
        if !reaches(from, first) || !reaches(second, to) {
            return self.orders(from, to);
        }
        // Most ways round an edge leave at its first task or come in at its second, which costs a look-up. Where there is a
        // circle, such a way could lead back over the edge.
        let mut out = self.after.get(first).into_iter().flatten();
        let leaves = |task: usize| task != second && !self.orders(task, first) && reaches(task, to);
        let mut into = self.before.get(second).into_iter().flatten();
        let joins = |task: usize| task != first && !self.orders(second, task) && reaches(from, task);
        out.any(|task| leaves(*task)) || into.any(|task| joins(*task)) || self.from(from, Some(edge)).contains(&to)
    }

    fn from(&self, start: usize, without: Option<(usize, usize)>) -> BTreeSet<usize> {
        let mut seen = BTreeSet::new();
        let mut open = vec![start];
        while let Some(task) = open.pop() {
            for next in self.after.get(task).into_iter().flatten() {
                if without != Some((task, *next)) && seen.insert(*next) {
                    open.push(*next);
                }
            }
        }
        seen
    }
}
