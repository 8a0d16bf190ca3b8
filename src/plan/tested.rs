//! Tests as data: dbt's generic tests, and small rows with what must become of them.
//!
//! In: nothing; these are types. Out: the same for everything that infers a test.

use super::Dependency;

/// A generic test, with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataTest {
    /// What it checks.
    pub kind: TestKind,
    /// Why it was inferred: written as a comment.
    pub reason: String,
    /// Whether a failure is only a warning, because the script tolerated such data.
    pub warn: bool,
}

/// dbt's generic tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestKind {
    /// `unique`.
    Unique,
    /// `not_null`.
    NotNull,
    /// `accepted_values`.
    AcceptedValues(Vec<String>),
    /// `relationships`.
    Relationships {
        /// The model referred to.
        to: Dependency,
        /// Its column.
        field: String,
    },
    /// These columns together are unique: a test of the project's own (`unique_combination`).
    UniqueCombination(Vec<String>),
}

/// A test of dbt's own over a few rows: what goes in, and what must come out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitTest {
    /// Its name: unique in the project.
    pub name: String,
    /// What it shows.
    pub description: String,
    /// The rows of each relation that the model reads.
    pub given: Vec<Given>,
    /// Variables that the model uses, with the values that the test gives them.
    pub vars: Vec<(String, Cell)>,
    /// Whether the model is incremental: the test is of its first run.
    pub incremental: bool,
    /// The rows that come out: column and value.
    pub expected: Vec<Vec<(String, Cell)>>,
}

/// The rows of one relation in a unit test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The relation.
    pub input: Dependency,
    /// Its rows: column and value.
    pub rows: Vec<Vec<(String, Cell)>>,
}

/// A value in a unit test.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// NULL.
    Null,
    /// A whole number.
    Integer(i64),
    /// True or false.
    Bool(bool),
    /// Text.
    Text(String),
}
