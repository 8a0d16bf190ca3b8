//! The graph that is drawn: of a project its sources, models and what else it holds; else the relations themselves.
//!
//! In: [`Facts`]. Out: nodes and edges, in a fixed order. Knows no picture: places and shapes are others' business.

mod columns;
mod convert;
mod relations;

use std::collections::BTreeMap;

use crate::name::Relation;
use crate::versions::VersionId;

use super::Facts;
pub use columns::{ColumnLink, column_links};
pub use convert::temporary_models;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeKind {
    /// A table that nothing among the inputs writes.
    Source,
    /// A table of literals.
    Seed,
    /// A snapshot.
    Snapshot,
    /// A model of that layer.
    Staging,
    /// A model of that layer.
    Intermediate,
    /// A model of that layer.
    Marts,
    /// Something outside that uses models.
    Exposure,
    /// A relation that is gone when its script ends.
    Temporary,
    /// A relation that lasts, where nothing is converted.
    Table,
}

impl NodeKind {
    /// Its name in the page and in the diagrams.
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Seed => "seed",
            Self::Snapshot => "snapshot",
            Self::Staging => "staging",
            Self::Intermediate => "intermediate",
            Self::Marts => "marts",
            Self::Exposure => "exposure",
            Self::Temporary => "temporary",
            Self::Table => "table",
        }
    }
}

/// A node.
#[derive(Debug, Clone)]
pub struct Node {
    /// Unique; of a project's nodes as in `depends_on`: `model:stg_orders`.
    pub id: String,
    /// As shown.
    pub name: String,
    /// What it is.
    pub kind: NodeKind,
    /// Columns as far as they are known.
    pub columns: Vec<String>,
    /// Index of the model.
    pub model: Option<usize>,
}

/// A graph.
#[derive(Debug, Clone, Default)]
pub struct Diagram {
    /// What is read before what reads it, as far as the input's order allows.
    pub nodes: Vec<Node>,
    /// From what is read to what is made from it, each once, sorted.
    pub edges: Vec<(usize, usize)>,
    /// The node that holds the rows of a version.
    pub versions: BTreeMap<VersionId, usize>,
}

/// The graph of the facts.
pub fn diagram(facts: &Facts) -> Diagram {
    match facts.project {
        Some(project) => convert::diagram(facts, project),
        None => relations::diagram(facts),
    }
}

impl Diagram {
    /// The node of that id.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.id == id)
    }

    fn finish(mut self) -> Self {
        self.edges.retain(|(from, to)| from != to);
        self.edges.sort_unstable();
        self.edges.dedup();
        self
    }
}

/// A relation's text as the script's own, and compared.
fn shown(relation: &Relation) -> String {
    relation.to_string()
}
