//! The intermediate representation that every reader produces: scripts, statements, steps, effects.
//!
//! In: nothing; these are types. Out: the same for SQL, pandas and DAGs, so that nothing behind the readers knows a
//! language. The text form (`show.rs`, `parse.rs`) is what `refract steps` prints and what passes are tested in.

mod effect;
mod literal;
mod making;
mod parse;
mod query;
mod show;
mod text_form;
mod uses;

use std::collections::BTreeSet;

use crate::dialect::Dialect;
use crate::finding::Finding;
use crate::name::Relation;
use crate::text::{SourceId, Span};
pub use effect::{
    Assignment, Change, Conflict, Delete, Effect, Form, Guard, Lifetime, Matched, Merge, MergeAction, MergeArm, Opaque,
    PythonBody, Update,
};
pub use literal::{is_literal, literal_value};
pub use making::{Code, CodeKind, DagMaking, Making, result};
pub use parse::parse;
pub use query::{Body, ColumnUse, Edit, How, Mention, OF_PROGRAM, Output, Query, Sql, VariableUse};
pub use show::{ShowOptions, show, show_step};

/// What a script is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScriptKind {
    /// A stored procedure, function, package body or anonymous block.
    Procedure,
    /// Plain SQL statements, one after the other.
    Sql,
    /// A Python script over DataFrames, or one that sends SQL.
    Pandas,
    /// A DAG: its order lies in arrows between tasks.
    Airflow,
}

impl ScriptKind {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Procedure => "procedure",
            Self::Sql => "sql",
            Self::Pandas => "pandas",
            Self::Airflow => "airflow",
        }
    }
}

/// One unit of order: a procedure, the loose statements of an SQL file, a Python script, a DAG.
#[derive(Debug, Clone)]
pub struct Script {
    /// Procedure name, DAG id, or the file's stem; as shown.
    pub name: String,
    /// What it is.
    pub kind: ScriptKind,
    /// The file.
    pub source: SourceId,
    /// The whole script within the file.
    pub span: Span,
    /// The dialect of its SQL.
    pub dialect: Dialect,
    /// Parameters, which become `var()`s.
    pub params: Vec<Param>,
    /// Schemas and databases that are filled in from outside.
    pub places: Vec<FilledPlace>,
    /// What a call gives back through its arguments.
    pub outputs: Vec<GivenBack>,
    /// The steps, in the order in which they run (a DAG's: in file order; `arrows` hold its order).
    pub steps: Vec<Step>,
    /// Every statement of the input, in file order: the rows of the account.
    pub statements: Vec<Statement>,
    /// A DAG's tasks; empty for everything else.
    pub tasks: Vec<Task>,
    /// A DAG's arrows as written, without what follows from them: indices into `tasks`.
    pub arrows: Vec<Arrow>,
    /// A DAG's settings that the successor DAG keeps.
    pub settings: Vec<(String, String)>,
    /// When a DAG runs.
    pub schedule: Schedule,
    /// What else the successor DAG needs to be made.
    pub making: DagMaking,
    /// Scalar values `SELECT … INTO v` and constants: names bound before the steps that use them.
    pub facts: Vec<Fact>,
    /// Steps that only check: each reads nothing but the conditions that it stands under.
    pub checks: Vec<Check>,
    /// The script of which this is a further call: the same steps with other arguments, and no statements of its own.
    pub call_of: Option<usize>,
}

impl Script {
    /// A script without steps.
    pub fn new(name: impl Into<String>, kind: ScriptKind, span: Span, dialect: Dialect) -> Self {
        Self {
            name: name.into(),
            kind,
            source: span.source,
            span,
            dialect,
            params: Vec::new(),
            places: Vec::new(),
            outputs: Vec::new(),
            steps: Vec::new(),
            statements: Vec::new(),
            tasks: Vec::new(),
            arrows: Vec::new(),
            settings: Vec::new(),
            schedule: Schedule::default(),
            making: DagMaking::default(),
            facts: Vec::new(),
            checks: Vec::new(),
            call_of: None,
        }
    }

    /// Whether it makes the relation for itself alone.
    pub fn makes_for_itself(&self, relation: &Relation) -> bool {
        self.steps.iter().any(|step| step.effect.made_temporary() == Some(relation))
    }

    /// The number of the argument that parameter number `at` takes: what is only given back stands between them.
    pub fn argument_place(&self, at: usize) -> usize {
        let only_back = self.outputs.iter().filter(|output| !output.taken);
        only_back.fold(at, |place, output| place + usize::from(output.place <= place))
    }
}

/// A check: where the guards of its step hold, the script ends with an error, or says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The step: an index into [`Script::steps`].
    pub step: usize,
    /// What the script says then.
    pub message: String,
    /// Whether it goes on after that.
    pub warn: bool,
}

/// The variable that holds argument number `at` of the call that comes next.
pub fn argument_variable(at: usize) -> String {
    format!("call_argument_{at}")
}

/// What a reader gives back: what it understood, and what it has to say.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The scripts of the file, in file order.
    pub scripts: Vec<Script>,
    /// What there is to say.
    pub findings: Vec<Finding>,
}

/// A parameter of a procedure, or a value that a script takes from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// Name, without sigil.
    pub name: String,
    /// Type as written; empty when the language has none.
    pub sql_type: String,
    /// Default as the author wrote it, an SQL expression; none when it must be given.
    pub default: Option<String>,
}

/// A schema or database whose name is filled in from outside: `${raw}.orders`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilledPlace {
    /// The name by which relations know it.
    pub name: String,
    /// What fills it, as written.
    pub written: String,
    /// The value that the script itself gives; none when it comes from outside.
    pub default: Option<String>,
    /// Where it stands first; none where the finding about its value tells that.
    pub span: Option<Span>,
}

/// A parameter that gives a value back to the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenBack {
    /// Name, without sigil.
    pub name: String,
    /// The number of its argument.
    pub place: usize,
    /// Whether it takes a value as well, and so stands among [`Script::params`].
    pub taken: bool,
}

/// What is known of a column from DDL or comments.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnDef {
    /// Name, folded.
    pub name: String,
    /// Name as written, where folding has changed it; else empty.
    pub written: String,
    /// Type as written; empty when not known.
    pub sql_type: String,
    /// Whether NULL is ruled out.
    pub not_null: bool,
    /// Default as written.
    pub default: Option<String>,
    /// Whether the column alone is a primary or unique key.
    pub unique: bool,
    /// Whether the database numbers it (identity, serial, auto_increment).
    pub generated: bool,
    /// Where its numbers start, and how far apart they are, when that is not 1 and 1.
    pub numbers: Option<(i64, i64)>,
    /// Comment, or empty.
    pub comment: String,
}

/// Something declared about a relation that no step changes: keys of a `CREATE TABLE`, a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The relation.
    pub relation: Relation,
    /// What is known.
    pub kind: FactKind,
}

/// The kinds of facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactKind {
    /// These columns together are unique.
    Key(Vec<String>),
    /// `columns` refer to `other` (`other_columns`).
    References {
        /// The referring columns.
        columns: Vec<String>,
        /// The relation referred to.
        other: Relation,
        /// Its columns; empty for its primary key.
        other_columns: Vec<String>,
    },
    /// A column holds nothing but these texts, and NULL.
    Values {
        /// The column, folded.
        column: String,
        /// The texts.
        values: Vec<String>,
    },
    /// A description of the relation.
    Comment(String),
    /// A description of one of its columns.
    ColumnComment {
        /// The column, folded.
        column: String,
        /// The text.
        text: String,
    },
    /// How its rows are stored: by which terms, as written.
    Stored {
        /// What is done by the terms.
        how: Storage,
        /// Columns or expressions; of a distribution, also its style.
        terms: Vec<String>,
    },
    /// Its rows come from outside of the scripts (`COPY`, `LOAD DATA`, `BULK INSERT`): whatever the scripts declare,
    /// empty or drop of it, what reads it reads a source.
    Loaded,
    /// Its rows come from this file, as written. Stands beside [`FactKind::Loaded`].
    LoadedFrom(String),
}

/// What a warehouse does with the rows of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// Divides them (`PARTITION BY`).
    Partitioned,
    /// Keeps those together that are alike (`CLUSTER BY`).
    Clustered,
    /// Spreads them over machines (`DISTKEY`, `DISTSTYLE`).
    Distributed,
    /// Sorts them (`SORTKEY`).
    Sorted,
}

impl FactKind {
    /// The columns that together are unique.
    pub fn key(&self) -> Option<&[String]> {
        match self {
            Self::Key(columns) => Some(columns),
            Self::References { .. }
            | Self::Values { .. }
            | Self::Comment(_)
            | Self::ColumnComment { .. }
            | Self::Stored { .. }
            | Self::Loaded
            | Self::LoadedFrom(_) => None,
        }
    }

    /// The description of the relation.
    pub fn comment(&self) -> Option<&str> {
        match self {
            Self::Comment(text) => Some(text),
            Self::Key(_)
            | Self::References { .. }
            | Self::Values { .. }
            | Self::ColumnComment { .. }
            | Self::Stored { .. }
            | Self::Loaded
            | Self::LoadedFrom(_) => None,
        }
    }

    /// Whether its rows come from what was written there: the file, or files whose path begins with the one given.
    pub fn is_loaded_from(&self, written: &str) -> bool {
        match self {
            Self::LoadedFrom(file) => file.trim_start_matches('@').starts_with(written.trim_start_matches('@')),
            Self::Key(_)
            | Self::References { .. }
            | Self::Values { .. }
            | Self::Comment(_)
            | Self::ColumnComment { .. }
            | Self::Stored { .. }
            | Self::Loaded => false,
        }
    }
}

/// One statement of the input: one row of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Where it stands.
    pub span: Span,
    /// What it is, in a few lower-case words: `create table as`, `commit`, `import`.
    pub what: String,
    /// What the reader made of it.
    pub reading: StatementReading,
}

/// What a reader made of a statement. What becomes of its steps is `plan`'s to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatementReading {
    /// It gave or helped to give these steps: indices into [`Script::steps`].
    Steps(Vec<usize>),
    /// It became a setting: a parameter, a constant, a hook, an option.
    Config(String),
    /// It has no meaning in dbt, for this reason.
    Dropped(String),
    /// It could not be read, for this reason; a finding says so too. Steps that stand in for it may exist.
    Unread(String),
}

/// When a DAG runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schedule {
    /// A cron expression, a preset, or a timetable as it is written; none where only triggers run it.
    pub text: Option<String>,
    /// The assets whose changes start it, by their names and URIs.
    pub assets: BTreeSet<String>,
}

/// A DAG's task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The task id as Airflow sees it, with the prefix of its groups.
    pub id: String,
    /// The operator's class name, or the decorator's.
    pub operator: String,
    /// Where it is made.
    pub span: Span,
    /// Whether it does something other than SQL that refract can see the tables of (mail, API calls, sensors).
    pub side_effects: bool,
    /// `trigger_rule`, when it is not the default.
    pub trigger_rule: Option<String>,
    /// What the successor DAG needs, as source text: argument name and expression.
    pub arguments: Vec<(String, String)>,
    /// Relations whose rows it takes elsewhere without SQL that refract reads.
    pub takes: Vec<Relation>,
    /// Relations that it fills without SQL that refract reads: from files, from other systems.
    pub fills: Vec<Relation>,
    /// Whether it does nothing but to make rows that tasks behind it write with their SQL or frames.
    pub hands_on: bool,
    /// The assets that it says it changes, by their names and URIs.
    pub outlets: BTreeSet<String>,
    /// How the successor DAG makes it.
    pub making: Making,
}

impl Task {
    /// A task of which only the operator is known.
    pub fn new(id: impl Into<String>, operator: impl Into<String>, span: Span) -> Self {
        Self {
            id: id.into(),
            operator: operator.into(),
            span,
            side_effects: false,
            trigger_rule: None,
            arguments: Vec::new(),
            takes: Vec::new(),
            fills: Vec::new(),
            hands_on: false,
            outlets: BTreeSet::new(),
            making: Making::default(),
        }
    }
}

/// An arrow of a DAG.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arrow {
    /// Index of the task that runs first.
    pub from: usize,
    /// Index of the task that waits.
    pub to: usize,
    /// Where it is written.
    pub span: Span,
    /// Whether it is only drawn under a condition or in a loop that is not known.
    pub perhaps: bool,
}

/// One write (or opaque action) of a script.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Where it stands: the statement's span.
    pub span: Span,
    /// What it does.
    pub effect: Effect,
    /// The conditions and loops that it stands in, outermost first.
    pub guards: Vec<Guard>,
    /// The author's comment directly above it, without comment marks; or empty.
    pub comment: String,
    /// The DAG task that it belongs to: an index into [`Script::tasks`].
    pub task: Option<usize>,
    /// The file or folder outside of the database that gets its rows, as written; none for most.
    pub sent: Option<String>,
}
