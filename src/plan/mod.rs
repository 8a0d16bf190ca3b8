//! The dbt project as data: layers, names, materialization, bodies as pieces, tests, sources, the account.
//!
//! In: scripts, versions, options. Out: [`Project`]. Never writes Jinja, YAML or a path separator: that is `emit`'s.

mod account;
mod assemble;
mod bodies;
mod build;
mod checks;
mod context;
mod described;
mod drafts;
mod drift;
mod exposed;
mod facts;
mod fresh;
mod functions;
mod infer;
mod layers;
mod loads;
mod logs;
mod names;
mod orchestration;
mod places;
mod relate;
mod seeds;
mod shapes;
mod shared;
mod sources;
mod stars;
mod start;
mod stored;
mod successor;
mod tested;
#[cfg(test)]
mod tests;
mod unit;
mod unnamed;
mod vars;

use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::finding::Finding;
use crate::steps::{ColumnDef, Script};
use crate::text::Span;
use crate::versions::Versions;
pub(crate) use bodies::WITHIN_LITERAL;
pub use names::is_keyword;
pub use seeds::Seed;
pub use start::{EmptyTable, Start};
pub use stored::{Setting, Stored};
pub use successor::{Node, Orchestration, Stage, StayingTask};
pub use tested::{Cell, DataTest, Given, TestKind, UnitTest};

/// How models are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Naming {
    /// `stg_orders`.
    #[default]
    Plain,
    /// `stg_raw__orders`.
    Dbt,
}

/// What the user chose.
#[derive(Debug, Clone, Default)]
pub struct PlanOptions {
    /// The project's name: snake_case.
    pub project: String,
    /// The target that was asked for.
    pub target: Option<Dialect>,
    /// How models are named.
    pub naming: Naming,
    /// Whether tables that are only declared get a source and a staging model too.
    pub start: bool,
}

/// A dbt project as data. All lists are in the order in which they are emitted.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its name.
    pub name: String,
    /// The dialect of the SQL in the models.
    pub target: Dialect,
    /// Whether the user chose the target; if not, the profile's default output is DuckDB.
    pub target_chosen: bool,
    /// Whether names are the target's own, so that one of mixed case needs its quotes: every script is written for the target, or
    /// the project starts from declared tables.
    pub target_is_own: bool,
    /// Models, parents before children, then by name.
    pub models: Vec<Model>,
    /// Source tables, by schema and name.
    pub sources: Vec<SourceTable>,
    /// Literal tables.
    pub seeds: Vec<Seed>,
    /// Snapshots.
    pub snapshots: Vec<Snapshot>,
    /// What is read outside of dbt: files, reports.
    pub exposures: Vec<Exposure>,
    /// Macros that models call.
    pub macros: Vec<Macro>,
    /// Singular tests.
    pub tests: Vec<SingularTest>,
    /// Variables with their defaults, as SQL-free values.
    pub vars: Vec<Var>,
    /// Variables that give schemas and databases their names: by the name that relations know, in lower case.
    pub places: BTreeMap<String, String>,
    /// What stays with the orchestrator.
    pub stays: Vec<Stays>,
    /// The successors of DAGs of which dbt takes over something.
    pub orchestrations: Vec<Orchestration>,
    /// Every statement of the input.
    pub account: Account,
    /// What there is to say.
    pub findings: Vec<Finding>,
    /// What a project to start from has besides; none for the conversion of scripts.
    pub start: Option<Start>,
}

/// Where a model stands in the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// One source table, cleaned.
    Staging,
    /// Between.
    Intermediate,
    /// What lasts and is read by people.
    Marts,
}

impl Layer {
    /// The name in JSON and of the folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Staging => "staging",
            Self::Intermediate => "intermediate",
            Self::Marts => "marts",
        }
    }
}

/// How dbt keeps a model's rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Materialized {
    /// As a query.
    View,
    /// As rows, replaced at each run.
    Table,
    /// As rows, added to or changed at each run.
    Incremental(Incremental),
    /// Not at all: inlined into its readers.
    Ephemeral,
}

impl Materialized {
    /// The name in JSON and in dbt's config.
    pub fn name(&self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Table => "table",
            Self::Incremental(_) => "incremental",
            Self::Ephemeral => "ephemeral",
        }
    }
}

/// Settings of an incremental model.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Incremental {
    /// `append`, `merge`, `delete+insert`.
    pub strategy: String,
    /// The key; empty for append. In a [`Model`], names stand as SQL wants them: in quotes where they need them.
    pub unique_key: Vec<String>,
    /// Columns that a merge updates, in the same form; empty for all.
    pub update_columns: Vec<String>,
}

/// A model.
#[derive(Debug, Clone)]
pub struct Model {
    /// Its name: unique in the project, snake_case.
    pub name: String,
    /// Its layer.
    pub layer: Layer,
    /// Its folder below `models/<layer>/`, without slashes at the ends; empty for none.
    pub folder: String,
    /// How its rows are kept.
    pub materialized: Materialized,
    /// The schema in which it lands; none for the target's own.
    pub schema: Option<String>,
    /// The database in which it lands; none for the target's own.
    pub database: Option<String>,
    /// The name under which it lands, where that is not the model's.
    pub alias: Option<String>,
    /// How the warehouse stores its rows: settings of dbt's adapter.
    pub storage: Vec<Stored>,
    /// The relation that it stands for, as the script names it.
    pub relation: String,
    /// Its text.
    pub body: Vec<Piece>,
    /// Whether the body is Python rather than SQL.
    pub python: bool,
    /// A statement that runs before the model's own when there are rows of before; empty for none.
    pub pre_hook: Vec<Piece>,
    /// What it reads, in order, each once.
    pub depends_on: Vec<Dependency>,
    /// Its columns as far as they are known, in order.
    pub columns: Vec<ModelColumn>,
    /// Tests over several columns.
    pub tests: Vec<DataTest>,
    /// Small rows and what must become of them.
    pub unit_tests: Vec<UnitTest>,
    /// What the inputs say of it: one or two sentences, or empty.
    pub description: String,
    /// What it is by its query: one row for which key, from what. A sentence without a full stop, or empty.
    pub summary: String,
    /// The statements that it was made from.
    pub origin: Vec<Span>,
    /// Why a person must finish it; none when it is whole.
    pub manual: Option<Manual>,
}

/// What is left to do on a `manual` model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manual {
    /// Why.
    pub reason: String,
    /// What to do.
    pub help: String,
    /// What holds the rows that its statements change; none where they start from none, or from the model's own.
    pub before: Option<Dependency>,
    /// Its statements: what stands around each (`if …:`), and where it stands.
    pub original: Vec<(String, Span)>,
}

/// A piece of a model's text. `emit` writes each kind in its own way and escapes it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// SQL (or Python) as it stands; Jinja marks in it are escaped.
    Text(String),
    /// `{{ ref('name') }}`.
    Ref(String),
    /// `{{ source('name', 'table') }}`.
    Source {
        /// The source's name.
        source: String,
        /// The table's name within the source.
        table: String,
    },
    /// `{{ var('name') }}`, in quotes or a cast as its type wants.
    Var {
        /// The variable.
        name: String,
        /// Type as the script wrote it; empty when not known. `plan::bodies` marks it where it stands within a string.
        sql_type: String,
    },
    /// `{{ this }}`.
    This,
    /// `{% if is_incremental() %} … {% endif %}`.
    IfIncremental(Vec<Piece>),
    /// `{% if … %} … {% else %} … {% endif %}` on variables.
    If {
        /// The condition, as a Jinja expression that `plan` has put together from variables and literals.
        condition: String,
        /// When true.
        then: Vec<Piece>,
        /// When false; may be empty.
        otherwise: Vec<Piece>,
    },
    /// `{% for column in columns_of(this, […]) %} … {% endfor %}`: once for each column of the model's table, with commas.
    Each {
        /// The columns where the table is not there yet.
        columns: Vec<String>,
        /// What is written for each.
        pieces: Vec<Piece>,
    },
    /// A call of one of the project's macros, or of dbt's own: `{{ name(arguments) }}`.
    Macro {
        /// Its name.
        name: String,
        /// Arguments as Jinja expressions.
        arguments: Vec<String>,
    },
}

/// What a model reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dependency {
    /// A model, by name.
    Model(String),
    /// A source table: source name, table name.
    Source(String, String),
    /// A seed, by name.
    Seed(String),
    /// A snapshot, by name.
    Snapshot(String),
}

impl Dependency {
    /// The model's name; none for what is no model.
    pub fn model(&self) -> Option<&str> {
        match self {
            Self::Model(name) => Some(name),
            Self::Source(..) | Self::Seed(_) | Self::Snapshot(_) => None,
        }
    }
}

/// A column of a model.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelColumn {
    /// Name.
    pub name: String,
    /// Type where it is known, or empty.
    pub sql_type: String,
    /// Description, or empty.
    pub description: String,
    /// Tests on it.
    pub tests: Vec<DataTest>,
}

/// A table that nothing among the inputs writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceTable {
    /// The source's name in dbt: the schema in snake_case, or `default` for a table named without a schema.
    pub source: String,
    /// The schema in the database; none for the target's own.
    pub schema: Option<String>,
    /// The database; none for the target's own.
    pub database: Option<String>,
    /// The table's name in dbt.
    pub table: String,
    /// The table's name in the database, where it is not the one in dbt.
    pub identifier: Option<String>,
    /// Columns as far as they are known.
    pub columns: Vec<ColumnDef>,
    /// Tests of the values that its definition allows, by column.
    pub listed: Vec<(String, DataTest)>,
    /// Description, or empty.
    pub description: String,
    /// How new its rows are; none where the scripts do not tell.
    pub freshness: Option<Freshness>,
    /// Path of a file that it is, for DuckDB to read directly.
    pub external_location: Option<String>,
    /// The relation as the scripts name it: `raw.orders`.
    pub relation: String,
    /// Every place that names it.
    pub named_at: Vec<Span>,
}

/// How a source is asked for its newest row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freshness {
    /// The time of a row, as SQL of the target.
    pub loaded_at: String,
    /// Why it is that column.
    pub reason: String,
}

/// A dbt snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Its name.
    pub name: String,
    /// The schema in which it lands.
    pub schema: Option<String>,
    /// What it watches.
    pub relation: Dependency,
    /// The key.
    pub unique_key: Vec<String>,
    /// `updated_at` column of the timestamp strategy; none for the check strategy.
    pub updated_at: Option<String>,
    /// Columns that the check strategy compares; empty for all.
    pub check: Vec<String>,
    /// The statements that it was made from.
    pub origin: Vec<Span>,
}

/// Something outside of dbt that uses models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    /// Its name.
    pub name: String,
    /// What it is, in a sentence.
    pub description: String,
    /// What it uses.
    pub depends_on: Vec<Dependency>,
    /// Owner, or empty.
    pub owner: String,
}

/// A macro of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Macro {
    /// File name below `macros/`, without ending.
    pub name: String,
    /// The file's text: Jinja of our own, no input in it.
    pub text: String,
}

/// A test that is a query; it fails when rows come out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SingularTest {
    /// Its name.
    pub name: String,
    /// Its text.
    pub body: Vec<Piece>,
    /// What it checks.
    pub description: String,
    /// Whether a failure is only a warning.
    pub warn: bool,
    /// The statement that it was made from.
    pub origin: Vec<Span>,
}

/// A variable of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Var {
    /// Its name.
    pub name: String,
    /// Its default, as text; none when it must be given, or is computed.
    pub default: Option<String>,
    /// Its default as an expression of the target, computed when a model runs; empty for none.
    pub computed: String,
    /// Type as the script wrote it, or empty.
    pub sql_type: String,
    /// Where it came from: procedure and parameter.
    pub description: String,
}

/// A task that is not data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stays {
    /// Index of the script.
    pub script: usize,
    /// Index of the task.
    pub task: usize,
    /// What it does and why it stays.
    pub reason: String,
}

/// What became of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// Part of a model (or seed, or snapshot).
    Model,
    /// A setting.
    Config,
    /// No meaning in dbt.
    Dropped,
    /// A person must finish it.
    Manual,
}

impl Fate {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Config => "config",
            Self::Dropped => "dropped",
            Self::Manual => "manual",
        }
    }
}

/// One statement of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub what: String,
    /// What became of it.
    pub fate: Fate,
    /// The model, for [`Fate::Model`] and, where there is one, [`Fate::Manual`]; else empty.
    pub model: String,
    /// Why, or empty.
    pub reason: String,
}

/// Every statement of the input, each once, in file order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// The rows.
    pub rows: Vec<AccountRow>,
}

impl Account {
    /// How many statements had that fate.
    pub fn count(&self, fate: Fate) -> usize {
        self.rows.iter().filter(|row| row.fate == fate).count()
    }
}

/// Plans the project.
pub fn plan(scripts: &[Script], versions: &Versions, options: &PlanOptions) -> Project {
    build::build(scripts, versions, options)
}
