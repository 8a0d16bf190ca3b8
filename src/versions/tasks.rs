//! The order in which a script's steps run.
//!
//! In: a script. Out: indices of its steps. A DAG's tasks are ordered by what they read and write, then by the
//! declared arrows; an arrow that contradicts the data is left out (the audit reports it). A reader that the arrows put
//! between two writers, or before one that only changes rows in place, sees what the arrows say.

use std::collections::{BTreeMap, BTreeSet};

use crate::name::Relation;
use crate::steps::Script;

/// Indices of the steps, in the order in which they run.
pub(super) fn step_order(script: &Script) -> Vec<usize> {
    let all: Vec<usize> = (0..script.steps.len()).collect();
    if script.tasks.is_empty() {
        return all;
    }
    let order = task_order(script);
    let place = |step: &usize| {
        let task = script.steps.get(*step).and_then(|step| step.task);
        task.map_or(0, |task| order.iter().position(|other| *other == task).map_or(0, |at| at + 1))
    };
    let mut steps = all;
    steps.sort_by_key(|step| (place(step), *step));
    steps
}

/// What a task takes from other tasks, and what it leaves for them.
#[derive(Default)]
struct Exchange {
    reads: BTreeSet<Relation>,
    writes: BTreeSet<Relation>,
    /// Of what it writes, the relations that it puts rows into.
    fills: BTreeSet<Relation>,
}

/// Which task of a DAG runs before which: by its data, then by the arrows that do not contradict it.
pub fn task_edges(script: &Script) -> Vec<(usize, usize)> {
    let before = before(script);
    let edges = before.predecessors.iter().enumerate();
    edges.flat_map(|(to, all)| all.iter().map(move |from| (*from, to))).collect()
}

fn task_order(script: &Script) -> Vec<usize> {
    before(script).order()
}

fn before(script: &Script) -> Before {
    let count = script.tasks.len();
    let mut declared = Before { predecessors: vec![BTreeSet::new(); count] };
    for arrow in &script.arrows {
        declared.add(arrow.from, arrow.to);
    }
    let mut before = Before { predecessors: vec![BTreeSet::new(); count] };
    for (from, to) in data_edges(&exchanges(script), &declared) {
        before.add(from, to);
    }
    for arrow in &script.arrows {
        before.add(arrow.from, arrow.to);
    }
    before
}

fn exchanges(script: &Script) -> Vec<Exchange> {
    let mut all: Vec<Exchange> = script.tasks.iter().map(|_| Exchange::default()).collect();
    for step in &script.steps {
        let Some(exchange) = step.task.and_then(|task| all.get_mut(task)) else { continue };
        for relation in step.reads_rows() {
            if !exchange.writes.contains(&relation) {
                exchange.reads.insert(relation);
            }
        }
        exchange.writes.extend(step.effect.writes().into_iter().cloned());
        if step.effect.puts_rows() {
            exchange.fills.extend(step.effect.writes().into_iter().cloned());
        }
    }
    for (task, exchange) in script.tasks.iter().zip(&mut all) {
        exchange.reads.extend(task.takes.iter().cloned());
        exchange.writes.extend(task.fills.iter().cloned());
        exchange.fills.extend(task.fills.iter().cloned());
    }
    all
}

/// Writer before reader. Two tasks that each read what the other writes are left to the arrows, and so is a writer behind
/// the reader where an earlier one fills the table, or where it only changes rows that are there.
fn data_edges(exchanges: &[Exchange], declared: &Before) -> Vec<(usize, usize)> {
    let mut writers: BTreeMap<&Relation, Vec<usize>> = BTreeMap::new();
    for (task, exchange) in exchanges.iter().enumerate() {
        for relation in &exchange.writes {
            writers.entry(relation).or_default().push(task);
        }
    }
    let mut edges: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (reader, exchange) in exchanges.iter().enumerate() {
        for relation in &exchange.reads {
            let all = writers.get(relation).map_or(&[] as &[usize], Vec::as_slice);
            let fills = |writer: usize| exchanges.get(writer).is_some_and(|exchange| exchange.fills.contains(relation));
            let is_seen_before = |writer: usize| {
                let mut others = all.iter().filter(|other| **other != writer && fills(**other));
                (!fills(writer) || others.any(|other| declared.reaches(*other, reader)))
                    && declared.reaches(reader, writer)
            };
            let from = all.iter().filter(|writer| **writer != reader && !is_seen_before(**writer));
            edges.extend(from.map(|writer| (*writer, reader)));
        }
    }
    edges.iter().copied().filter(|(from, to)| !edges.contains(&(*to, *from))).collect()
}

struct Before {
    predecessors: Vec<BTreeSet<usize>>,
}

impl Before {
    /// Adds "from before to", unless that would close a circle.
    fn add(&mut self, from: usize, to: usize) {
        if from != to
            && !self.reaches(to, from)
            && let Some(predecessors) = self.predecessors.get_mut(to)
        {
            predecessors.insert(from);
        }
    }

    /// Whether `start` runs before `end`.
    fn reaches(&self, start: usize, end: usize) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![end];
        while let Some(task) = open.pop() {
            if task == start {
                return true;
            }
            if seen.insert(task) {
                open.extend(self.predecessors.get(task).into_iter().flatten());
            }
        }
        false
    }

    /// The lowest number first among those that wait for nothing.
    fn order(&self) -> Vec<usize> {
        let mut left: BTreeSet<usize> = (0..self.predecessors.len()).collect();
        let mut order = Vec::new();
        while let Some(next) = left
            .iter()
            .copied()
            .find(|task| self.predecessors.get(*task).is_none_or(|before| before.is_disjoint(&left)))
        {
            left.remove(&next);
            order.push(next);
        }
        order
    }
}
