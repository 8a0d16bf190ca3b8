//! Columns of the graph's nodes, and which is made from which.
//!
//! In: the graph, and the queries of the steps. Out: links between columns of neighbouring nodes. Columns of sources
//! that only queries name are added to their nodes.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::query_of;
use crate::steps::{Body, ColumnUse, Effect, How, Output, Query};
use crate::versions::{StepId, VersionId};

use super::super::Facts;
use super::Diagram;

/// A column is made from, or decided by, another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ColumnLink {
    /// The node that is read, and the index of its column.
    pub from: (usize, usize),
    /// The node that is made, and the index of its column; none when the rows as such are decided.
    pub to: (usize, Option<usize>),
    /// How.
    pub how: How,
}

/// All links, each once, sorted. Adds columns to the nodes of `diagram`.
pub fn column_links(facts: &Facts, diagram: &mut Diagram) -> Vec<ColumnLink> {
    let mut links = BTreeSet::new();
    let mut through: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for (from, middle) in &diagram.edges {
        let first = diagram.edges.partition_point(|edge| *edge < (*middle, 0));
        for (_, to) in diagram.edges.iter().skip(first).take_while(|(start, _)| start == middle) {
            through.entry((*from, *to)).or_insert(*middle);
        }
    }
    let mut tracer = Tracer { facts, diagram, through, links: &mut links };
    for (at, version) in facts.versions.list.iter().enumerate() {
        if let Some(step) = version.step {
            tracer.step(VersionId(at), step);
        }
    }
    links.into_iter().collect()
}

struct Tracer<'a, 'b> {
    facts: &'a Facts<'a>,
    diagram: &'b mut Diagram,
    /// The node between two nodes that are no neighbours: a staging model that the plan put between.
    through: BTreeMap<(usize, usize), usize>,
    links: &'b mut BTreeSet<ColumnLink>,
}

impl Tracer<'_, '_> {
    fn step(&mut self, made: VersionId, id: StepId) {
        let facts = self.facts;
        let Some(node) = self.diagram.versions.get(&made).copied() else { return };
        let Some(script) = facts.scripts.get(id.script) else { return };
        let Some(step) = script.steps.get(id.step) else { return };
        for assignment in step.effect.assignments() {
            let to = self.column(node, &assignment.column);
            for used in &assignment.from {
                self.link(id, used, (node, Some(to)));
            }
        }
        for used in step.effect.deciding() {
            self.link(id, used, (node, None));
        }
        let Some((body, names)) = body(&step.effect) else { return };
        let query = query_of(body, step.span, script.dialect);
        self.query(node, id, &query, names);
    }

    fn query(&mut self, node: usize, step: StepId, query: &Query, names: &[String]) {
        let mut place = 0;
        for output in &query.outputs {
            match output {
                Output::Column { name, from } => {
                    let name = names.get(place).unwrap_or(name).clone();
                    place += 1;
                    if name.is_empty() {
                        continue;
                    }
                    let to = self.column(node, &name);
                    for used in from {
                        self.link(step, used, (node, Some(to)));
                    }
                }
                Output::Star { relation, except } => {
                    let from = self.facts.versions.seen(step, relation);
                    let Some(from) = from.and_then(|seen| self.diagram.versions.get(&seen).copied()) else { continue };
                    let columns = self.diagram.nodes.get(from).map(|node| node.columns.clone()).unwrap_or_default();
                    for name in columns.iter().filter(|name| !except.contains(name)) {
                        let to = self.column(node, name);
                        self.connect(from, name, (node, Some(to)), How::Copied);
                    }
                }
            }
        }
        for used in &query.deciding {
            self.link(step, &ColumnUse { how: How::Filtering, ..used.clone() }, (node, None));
        }
    }

    /// The index of a column of a node; a new one where the node does not have it.
    fn column(&mut self, node: usize, name: &str) -> usize {
        let Some(node) = self.diagram.nodes.get_mut(node) else { return 0 };
        let known = node.columns.iter().position(|known| known.eq_ignore_ascii_case(name));
        known.unwrap_or_else(|| {
            node.columns.push(name.to_owned());
            node.columns.len() - 1
        })
    }

    /// A use whose relation the query does not tell is no link: it would be a guess.
    fn link(&mut self, step: StepId, used: &ColumnUse, to: (usize, Option<usize>)) {
        let [relation] = used.relations.as_slice() else { return };
        let seen = self.facts.versions.seen(step, relation);
        if let Some(from) = seen.and_then(|seen| self.diagram.versions.get(&seen).copied()) {
            self.connect(from, &used.column, to, used.how);
        }
    }

    fn connect(&mut self, from: usize, name: &str, to: (usize, Option<usize>), how: How) {
        let to_is_filter = how == How::Filtering;
        let to = if to_is_filter { (to.0, None) } else { to };
        if from == to.0 {
            return;
        }
        let column = self.column(from, name);
        let neighbours = self.diagram.edges.binary_search(&(from, to.0)).is_ok();
        match self.through.get(&(from, to.0)).copied().filter(|_| !neighbours) {
            Some(middle) => {
                let between = self.column(middle, name);
                self.links.insert(ColumnLink { from: (from, column), to: (middle, Some(between)), how: How::Copied });
                self.links.insert(ColumnLink { from: (middle, between), to, how });
            }
            None => drop(self.links.insert(ColumnLink { from: (from, column), to, how })),
        }
    }
}

/// The query that fills a relation, with the column list beside it.
fn body(effect: &Effect) -> Option<(&Body, &[String])> {
    match effect {
        Effect::Create { columns, body, .. }
        | Effect::Replace { columns, body, .. }
        | Effect::Append { columns, body, .. } => Some((body, columns)),
        Effect::Declare { .. }
        | Effect::Merge(_)
        | Effect::Update(_)
        | Effect::Delete(_)
        | Effect::Truncate { .. }
        | Effect::Drop { .. }
        | Effect::Rename { .. }
        | Effect::Swap { .. }
        | Effect::Alter { .. }
        | Effect::Call { .. }
        | Effect::Bind { .. }
        | Effect::Read { .. }
        | Effect::Opaque(_) => None,
    }
}
