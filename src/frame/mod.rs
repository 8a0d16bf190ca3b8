//! The relational form that DataFrame scripts become: scan, project, filter, join, group, window, union, sort, limit.
//!
//! In: nothing; these are types. Out: pandas' own meaning, explicit (three-valued logic, missing keys, row order), so
//! that `sql` can print it for any dialect without knowing pandas.

use crate::name::Relation;

/// A table-valued expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// Rows of a relation: a source table, or another step of the script.
    Scan {
        /// The relation.
        relation: Relation,
        /// The columns that are needed; empty when not known, which means all.
        columns: Vec<String>,
    },
}

impl Frame {
    /// The relations that it reads, in order, each once.
    pub fn relations(&self) -> Vec<Relation> {
        match self {
            Self::Scan { relation, .. } => vec![relation.clone()],
        }
    }
}
