//! The serde types of the JSON contract, in one place. `docs/report-schema.md` says the same in words.
//!
//! Out: what `--format json` prints, and its JSON Schema. Nothing else of the crate is serialised for machines. The
//! order of the fields is the order of the keys.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

/// The JSON Schema of the three reports, as it is committed to `docs/report.schema.json`.
pub fn schema() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<AnyReport>()
}

/// What refract prints under `--format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(title = "refract report")]
#[expect(dead_code, reason = "only its schema is used: one document for the three reports")]
enum AnyReport {
    /// `refract convert --format json`.
    Convert(ConvertReport),
    /// `refract audit --format json`.
    Audit(AuditReport),
    /// `refract lineage --format json`.
    Lineage(LineageReport),
}

/// What `convert --format json` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConvertReport {
    /// 1.
    pub schema_version: u32,
    /// The input files.
    pub inputs: Vec<Input>,
    /// The models, parents before children.
    pub models: Vec<Model>,
    /// The tables that nothing among the inputs writes.
    pub sources: Vec<Source>,
    /// What became of every statement.
    pub account: Account,
    /// What is made from what, with temporary relations taken out.
    pub lineage: Lineage,
    /// What there is to say.
    pub findings: Vec<Finding>,
}

/// What `audit --format json` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditReport {
    /// The input files.
    pub inputs: Vec<Input>,
    /// What there is to say.
    pub findings: Vec<Finding>,
    /// The DAGs among the inputs.
    pub dags: Vec<Dag>,
}

/// What `lineage --format json` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LineageReport {
    /// From lasting relation to lasting relation.
    pub relations: Vec<RelationEdge>,
    /// From column to column.
    pub columns: Vec<ColumnEdge>,
    /// Every statement of the input, in file order.
    pub statements: Vec<Statement>,
    /// What there is to say.
    pub findings: Vec<Finding>,
}

/// An input file.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Its path, as it was given.
    pub path: String,
    /// What it is.
    pub kind: InputKind,
    /// The dialect of its SQL.
    pub dialect: String,
    /// How many statements it has.
    pub statements: usize,
}

/// What an input file is.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum InputKind {
    Sql,
    Procedure,
    Pandas,
    Airflow,
    Ddl,
    Rust,
    Other,
}

impl InputKind {
    /// The kind of that name; `other` for an unknown one.
    pub fn named(name: &str) -> Self {
        let all = [
            ("sql", Self::Sql),
            ("procedure", Self::Procedure),
            ("pandas", Self::Pandas),
            ("airflow", Self::Airflow),
            ("ddl", Self::Ddl),
            ("rust", Self::Rust),
        ];
        all.into_iter().find(|(known, _)| *known == name).map_or(Self::Other, |(_, kind)| kind)
    }
}

/// A model of the project.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Its name, unique in the project.
    pub name: String,
    /// `staging`, `intermediate` or `marts`.
    #[schemars(extend("enum" = ["staging", "intermediate", "marts"]))]
    pub layer: &'static str,
    /// `view`, `table`, `incremental` or `ephemeral`.
    #[schemars(extend("enum" = ["view", "table", "incremental", "ephemeral"]))]
    pub materialized: &'static str,
    /// Its file, relative to the output folder.
    pub path: String,
    /// The relation that it stands for, as the script names it.
    pub relation: String,
    /// What it reads: `model:NAME`, `source:SCHEMA.TABLE`, `seed:NAME`, `snapshot:NAME`.
    pub depends_on: Vec<String>,
    /// Its columns as far as they are known, in order.
    pub columns: Vec<String>,
    /// The statements that it was made from.
    pub origin: Vec<Lines>,
}

/// A range of lines of an input file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lines {
    /// The file.
    pub path: String,
    /// Its first line, from 1.
    pub start_line: usize,
    /// Its last line.
    pub end_line: usize,
}

/// A table that nothing among the inputs writes.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its name, as the scripts write it.
    pub name: String,
    /// Its columns as far as they are known.
    pub columns: Vec<String>,
}

/// What became of every statement of the input.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// How many statements there are: the sum of the next four.
    pub statements: usize,
    /// How many became part of a model.
    pub model: usize,
    /// How many became a setting.
    pub config: usize,
    /// How many have no meaning in dbt.
    pub dropped: usize,
    /// How many a person must finish.
    pub manual: usize,
    /// One row a statement, in file order.
    pub rows: Vec<AccountRow>,
}

/// One statement of the input.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountRow {
    /// The file.
    pub path: String,
    /// Its first line, from 1.
    pub start_line: usize,
    /// Its last line.
    pub end_line: usize,
    /// `model`, `config`, `dropped` or `manual`.
    #[schemars(extend("enum" = ["model", "config", "dropped", "manual"]))]
    pub fate: &'static str,
    /// The model that it became part of; else empty.
    pub model: String,
    /// Why; may be empty.
    pub reason: String,
}

/// What is made from what.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lineage {
    /// From lasting relation to lasting relation.
    pub relations: Vec<RelationEdge>,
    /// From column to column.
    pub columns: Vec<ColumnEdge>,
}

/// `to` is made from `from`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RelationEdge {
    /// The relation that is read.
    pub from: String,
    /// The relation that is written.
    pub to: String,
    /// The temporary relations in between.
    pub via: Vec<String>,
}

/// Column `to` is made from, or decided by, column `from`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnEdge {
    /// The column that is read: its relation's name, a dot, its name.
    pub from: String,
    /// The column that is written.
    pub to: String,
    /// `copied` (unchanged), `computed` (as part of an expression), `filtering` (it decides which rows there are).
    #[schemars(extend("enum" = ["copied", "computed", "filtering"]))]
    pub how: &'static str,
    /// Only there when true: the script's name can mean a column of several relations, and this is one of the candidates.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ambiguous: bool,
}

/// One thing to say.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Its stable code; `refract explain CODE` prints its page.
    pub code: &'static str,
    /// `error`, `warning` or `info`.
    #[schemars(extend("enum" = ["error", "warning", "info"]))]
    pub severity: &'static str,
    /// One line.
    pub message: String,
    /// The file; empty for what concerns the run as a whole.
    pub path: String,
    /// The line, from 1; 0 for what concerns the run as a whole.
    pub line: usize,
    /// The column, from 1, in characters; 0 for what concerns the run as a whole.
    pub column: usize,
    /// What to do about it; may be empty.
    pub help: String,
}

/// One statement of the input, with what it reads and writes.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The file.
    pub path: String,
    /// Its first line, from 1.
    pub start_line: usize,
    /// Its last line.
    pub end_line: usize,
    /// What it is, in a few words: `create table as`, `commit`.
    pub kind: String,
    /// The relations that it reads, temporary ones too.
    pub reads: Vec<String>,
    /// The relations that it writes, temporary ones too.
    pub writes: Vec<String>,
    /// What it stands in at each of its calls: `condition`, `loop`, `handler`.
    pub stands_in: Vec<&'static str>,
}

/// A DAG.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the keys are those of the contract")]
pub struct Dag {
    /// Its id.
    pub dag_id: String,
    /// The file that makes it.
    pub path: String,
    /// Its tasks, in file order.
    pub tasks: Vec<Task>,
    /// The arrows as written: pairs of task ids, first the one that runs first.
    pub declared: Vec<[String; 2]>,
    /// Who reads what who writes: pairs of task ids, first the one that writes.
    pub implied: Vec<[String; 2]>,
}

/// A task of a DAG.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the keys are those of the contract")]
pub struct Task {
    /// Its id, with the prefix of its groups.
    pub task_id: String,
    /// The class of its operator, or its decorator.
    pub operator: String,
    /// The relations that it reads.
    pub reads: Vec<String>,
    /// The relations that it writes.
    pub writes: Vec<String>,
}
