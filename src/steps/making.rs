//! What the successor of a DAG needs: how its tasks are made, as Python text.
//!
//! In: nothing; these are types. Out: text that a reader of Python has put together. A task's result stands in it as
//! [`result`]; whoever writes the text puts the name of the task's variable there. Never says which tasks stay.

use crate::text::SourceId;

/// How a task is made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Making {
    /// What is called: `EmailOperator`, or a decorated function.
    pub callee: String,
    /// Whether the callee is a decorated function: what it is called with is for the function.
    pub is_decorated: bool,
    /// Whether the callee gives the task its right id by itself.
    pub names_itself: bool,
    /// Arguments of the operator, or of the decorated function: name (empty for a positional one) and expression.
    pub arguments: Vec<(String, String)>,
    /// Arguments of `.override()` of a decorated function.
    pub overrides: Vec<(String, String)>,
    /// Arguments of `.expand()`; empty for a task that is not mapped.
    pub expanded: Vec<(String, String)>,
    /// What is called on the task afterwards: `as_teardown`.
    pub marks: Vec<String>,
    /// Statements of the DAG's file that it needs.
    pub needs: Vec<Code>,
    /// Whether it does nothing, and only ties arrows.
    pub is_tie: bool,
    /// Whether it follows one of several tasks by their ids.
    pub is_branch: bool,
    /// Why it cannot be made again as it was.
    pub lost: Option<String>,
}

/// What the successor needs of the DAG itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DagMaking {
    /// Statements of the file that the settings need.
    pub needs: Vec<Code>,
    /// Settings that cannot be written again.
    pub lost: Vec<String>,
    /// Parameters of the SQL with the templates that give their values in a run: `ds` and `{{ ds }}`.
    pub templates: Vec<(String, String)>,
}

/// A statement of a DAG's file that stands on its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code {
    /// Imports come first.
    pub kind: CodeKind,
    /// Its place in the file, which gives the order.
    pub place: u32,
    /// The text, without indentation.
    pub text: String,
    /// The name that it binds.
    pub name: String,
    /// Files of the inputs that it imports, with the paths at which Python looks for them.
    pub files: Vec<(String, SourceId)>,
}

/// What a carried statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CodeKind {
    /// `from __future__ import …`.
    Future,
    /// An import.
    Import,
    /// Anything else.
    Statement,
}

/// The mark that stands for the result of a task, by its number within the DAG.
pub fn result(task: usize) -> String {
    format!("\u{1}{task}\u{1}")
}
