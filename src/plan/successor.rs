//! The successor of a DAG as data.
//!
//! In: nothing; these are types. Out: what `emit` writes to `orchestration/`.

use crate::steps::{Code, Making};
use crate::text::{SourceId, Span};

/// The successor of a DAG: the tasks that stay, and dbt in place of the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orchestration {
    /// The DAG's id.
    pub name: String,
    /// The file that makes the DAG.
    pub source: SourceId,
    /// The DAG's settings: name and Python expression.
    pub settings: Vec<(String, String)>,
    /// Schedule, owner and retries, as far as they are known: for people.
    pub told: Vec<(String, String)>,
    /// Settings that cannot be written again.
    pub lost: Vec<String>,
    /// Statements of the DAG's file that settings and tasks need, in order.
    pub needs: Vec<Code>,
    /// Modules of the inputs that these import, by path.
    pub files: Vec<(String, SourceId)>,
    /// The tasks that stay, in the order of the file.
    pub tasks: Vec<StayingTask>,
    /// The parts of the dbt run, in the order in which they run.
    pub stages: Vec<Stage>,
    /// What runs before what.
    pub order: Vec<(Node, Node)>,
    /// Variables of the project that have another value in each run, with Airflow's template for it.
    pub templates: Vec<(String, String)>,
}

/// A task that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StayingTask {
    /// Its id.
    pub id: String,
    /// Its number within the DAG.
    pub number: usize,
    /// Where the original makes it.
    pub span: Span,
    /// How it is made.
    pub making: Making,
    /// Why a person must finish it; none when it is whole.
    pub placeholder: Option<String>,
    /// Its trigger rule, when it is not the default.
    pub rule: Option<String>,
}

/// Models that dbt builds at one place of a DAG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// The models, parents before children.
    pub models: Vec<String>,
    /// The project's variables that these models use.
    pub vars: Vec<String>,
    /// Settings of the tasks that it stands for: name and Python expression.
    pub settings: Vec<(String, String)>,
    /// The trigger rule of the first of these tasks, when it is not the default.
    pub rule: Option<String>,
    /// Ids of the tasks that it stands for.
    pub replaces: Vec<String>,
}

/// A task that stays, or a stage of dbt, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Node {
    /// Of [`Orchestration::tasks`].
    Task(usize),
    /// Of [`Orchestration::stages`].
    Stage(usize),
}
