//! The part of a lineage that is upstream or downstream of one relation or column.

use std::collections::BTreeSet;

use super::{ColumnEdge, Lineage, RelationEdge};

/// Which way to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// What it is made from.
    Upstream,
    /// What is made from it.
    Downstream,
}

impl Lineage {
    /// The edges that lead to, or from, a relation or `relation.column`, compared without regard to case. None when
    /// the lineage does not know the name.
    pub fn around(&self, name: &str, direction: Direction) -> Option<Self> {
        let name = name.to_lowercase();
        if self.relations.iter().any(|edge| is(&edge.from, &name) || is(&edge.to, &name)) {
            return Some(self.around_relation(&name, direction));
        }
        let known = self.columns.iter().any(|edge| from(edge) == name || to(edge) == name);
        known.then(|| self.around_column(&name, direction))
    }

    fn around_relation(&self, name: &str, direction: Direction) -> Self {
        let edges = self
            .relations
            .iter()
            .map(|edge| (edge.from.to_string().to_lowercase(), edge.to.to_string().to_lowercase()));
        let kept = reached(&edges.collect::<Vec<_>>(), name, direction);
        let relations: Vec<RelationEdge> = pick(&self.relations, &kept);
        let inside = |edge: &&ColumnEdge| relations.iter().any(|kept| kept.from == edge.from && kept.to == edge.to);
        Self { columns: self.columns.iter().filter(inside).cloned().collect(), relations }
    }

    fn around_column(&self, name: &str, direction: Direction) -> Self {
        let edges: Vec<(String, String)> = self.columns.iter().map(|edge| (from(edge), to(edge))).collect();
        let columns: Vec<ColumnEdge> = pick(&self.columns, &reached(&edges, name, direction));
        let touched = |edge: &&RelationEdge| columns.iter().any(|kept| kept.from == edge.from && kept.to == edge.to);
        Self { relations: self.relations.iter().filter(touched).cloned().collect(), columns }
    }
}

fn is(relation: &crate::name::Relation, name: &str) -> bool {
    relation.to_string().to_lowercase() == name
}

fn from(edge: &ColumnEdge) -> String {
    format!("{}.{}", edge.from, edge.from_column).to_lowercase()
}

fn to(edge: &ColumnEdge) -> String {
    format!("{}.{}", edge.to, edge.to_column).to_lowercase()
}

fn pick<T: Clone>(all: &[T], numbers: &BTreeSet<usize>) -> Vec<T> {
    all.iter().enumerate().filter(|(number, _)| numbers.contains(number)).map(|(_, edge)| edge.clone()).collect()
}

/// The numbers of the edges on ways that end, or start, at `name`.
fn reached(edges: &[(String, String)], name: &str, direction: Direction) -> BTreeSet<usize> {
    let mut open = vec![name.to_owned()];
    let mut kept = BTreeSet::new();
    while let Some(node) = open.pop() {
        for (number, (from, to)) in edges.iter().enumerate() {
            let (here, next) = match direction {
                Direction::Upstream => (to, from),
                Direction::Downstream => (from, to),
            };
            if *here == node && kept.insert(number) {
                open.push(next.clone());
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;
    use crate::name::Relation;

    fn edge(from: &str, to: &str) -> RelationEdge {
        let relation = |name: &str| Relation::plain(name, Dialect::Ansi);
        RelationEdge { from: relation(from), to: relation(to), via: Vec::new() }
    }

    #[test]
    fn only_what_leads_there_is_kept() {
        let relations = vec![edge("a", "b"), edge("b", "c"), edge("x", "c"), edge("c", "a"), edge("c", "d")];
        let lineage = Lineage { relations, columns: Vec::new() };
        let shown = |found: Option<Lineage>| {
            let edges = found.map(|lineage| lineage.relations).unwrap_or_default();
            edges.iter().map(|edge| format!("{}{}", edge.from, edge.to)).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(shown(lineage.around("d", Direction::Upstream)), "ab bc xc ca cd");
        assert_eq!(shown(lineage.around("x", Direction::Upstream)), "");
        assert_eq!(shown(lineage.around("X", Direction::Downstream)), "ab bc xc ca cd");
        assert!(lineage.around("nowhere", Direction::Upstream).is_none());
    }
}
