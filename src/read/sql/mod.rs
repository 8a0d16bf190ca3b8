//! SQL: files and texts of any dialect become scripts with steps and an account of every statement.
//!
//! In: a file, or SQL text found in another language. Out: scripts, or the steps and statements of the text. Never
//! loses a statement: what cannot be read is an unread row of the account, and a finding.

use super::ReadOptions;
use crate::dialect::Dialect;
use crate::finding::Finding;
use crate::steps::{Fact, Param, Reading, Statement, Step};
use crate::text::{Fragment, SourceId, Sources};

pub mod effect;

/// What SQL text comes to that stands in another language: a Python string, a DAG's template.
#[derive(Debug, Clone, Default)]
pub struct SqlText {
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// Every statement, in order; their steps are indices into `steps`.
    pub statements: Vec<Statement>,
    /// Values that the text takes from outside: holes such as `{{ ds }}`, and its constants with their values.
    pub params: Vec<Param>,
    /// What it declares.
    pub facts: Vec<Fact>,
    /// What there is to say.
    pub findings: Vec<Finding>,
}

/// Reads one file.
pub fn read(_sources: &Sources, _id: SourceId, _options: &ReadOptions) -> Reading {
    Reading::default()
}

/// Reads SQL text that stands in another language; `variables` are names (without sigils, in lower case) that are
/// values and not columns. The dialect `Ansi` means that it is not known; it is then told from the text.
pub fn read_text(_text: &Fragment, _dialect: Dialect, _variables: &[String]) -> SqlText {
    SqlText::default()
}
