//! The lineage of relations and columns, waves, longest chain, circles. Owns petgraph.
//!
//! In: scripts and their versions. Out: facts about order and lineage. Never knows dbt.

mod around;
mod columns;
mod lineage;
mod order;
#[cfg(test)]
mod tests;

use crate::name::Relation;
use crate::steps::How;
pub use around::Direction;
pub use columns::{Columns, columns, query_of};
pub use lineage::lineage;
pub use order::order;

/// What the inputs say about lineage, with temporary relations taken out.
#[derive(Debug, Clone, Default)]
pub struct Lineage {
    /// From lasting relation to lasting relation.
    pub relations: Vec<RelationEdge>,
    /// From column to column.
    pub columns: Vec<ColumnEdge>,
}

/// `to` is made from `from`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RelationEdge {
    /// What is read.
    pub from: Relation,
    /// What is written.
    pub to: Relation,
    /// The temporary relations in between, in order, of all ways together.
    pub via: Vec<Relation>,
}

/// A column of `to` is made from, or decided by, a column of `from`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ColumnEdge {
    /// The relation that is read.
    pub from: Relation,
    /// Its column.
    pub from_column: String,
    /// The relation that is written.
    pub to: Relation,
    /// Its column; `*` where a column decides the rows and the columns of `to` are not known.
    pub to_column: String,
    /// How.
    pub how: How,
    /// Whether the name can mean a column of several relations, of which this is one.
    pub ambiguous: bool,
}

/// Order of a graph that is given by the numbers of its nodes' predecessors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// Nodes by wave: every node stands in the first wave after all its predecessors.
    pub waves: Vec<Vec<usize>>,
    /// The longest chain, first node first.
    pub longest: Vec<usize>,
    /// Circles, each as its members; empty in a sound graph. Their nodes are in no wave.
    pub circles: Vec<Vec<usize>>,
}
