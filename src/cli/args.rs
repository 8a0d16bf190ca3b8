//! The command line as typed: clap's types. Names, values and defaults are the contract with the user.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::dialect::Dialect;
use crate::finding::{Code, Severity};
use crate::plan::Naming;

/// Splits scripts into the dbt models that were inside them all along.
///
/// Reads stored procedures, SQL scripts, pandas scripts and Airflow DAG files, finds the steps and what each one
/// depends on, and writes a dbt project that uses ref() and source(), with a lineage report. Inputs are never run.
#[derive(Debug, Parser)]
#[command(name = "refract", version, max_term_width = 100, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a dbt project made from scripts
    #[command(after_help = "Example:\n  refract convert procedures/ -o shop\n  cd shop && dbt build")]
    Convert(ConvertArgs),
    /// Write a project to start from: without models, or made from what is given
    #[command(after_help = "Example:\n  refract init shop --target postgres\n  cd shop && dbt build")]
    Init(InitArgs),
    /// Say what is wrong with scripts and DAGs as they are; converts nothing
    Audit(AuditArgs),
    /// Print who is made from whom
    Lineage(LineageArgs),
    /// Print what was read, in the text form of the steps
    Steps(StepsArgs),
    /// Print the page of a finding's code
    Explain(ExplainArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

/// What to read, and how.
#[derive(Debug, Args)]
pub struct InputArgs {
    /// Scripts, or folders that hold some
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// SQL dialect of the scripts; found out from the text when not given
    #[arg(long, value_name = "DIALECT")]
    pub dialect: Option<Dialect>,
    /// What tells columns and keys of tables that the scripts only use: DDL files, dbt's catalog.json,
    /// information_schema.columns as CSV, or a database: postgres://… (through psql), a DuckDB file (through duckdb)
    #[arg(long, value_name = "PATH")]
    pub schema: Vec<PathBuf>,
}

/// `refract convert`.
#[derive(Debug, Args)]
pub struct ConvertArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// Folder of the project: new, empty, or written by refract before
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// Warehouse of the project [default: that of the scripts, with DuckDB as the profile's default output]
    #[arg(long, value_name = "TARGET", value_parser = target)]
    pub target: Option<Dialect>,
    /// Names of staging models: stg_orders (plain, the default) or stg_raw__orders (dbt)
    #[arg(long, value_enum)]
    pub naming: Option<NamingArg>,
    /// What to print
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    pub format: TextOrJson,
    /// How long steps take: CSV of a step, task or model and seconds; the report's timeline is in minutes then
    #[arg(long, value_name = "FILE")]
    pub durations: Option<PathBuf>,
    /// Write into a folder that refract did not write
    #[arg(long)]
    pub force: bool,
    /// Exit with 1 when a finding of this severity or worse is there: info, warning, error
    #[arg(long, value_name = "SEVERITY")]
    pub fail_on: Option<Severity>,
}

/// `refract init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Folder of the project, which gives the project its name: new, or empty
    #[arg(value_name = "NAME")]
    pub name: PathBuf,
    /// Warehouse of the project [default: that of the scripts, else DuckDB]
    #[arg(long, value_name = "TARGET", value_parser = target)]
    pub target: Option<Dialect>,
    /// What to make the project from: DDL, catalogs and databases (postgres://… or a DuckDB file) give sources and a
    /// staging model for each table, scripts the models that are in them
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub from: Vec<PathBuf>,
    /// SQL dialect of what the project is made from; found out from the text when not given
    #[arg(long, value_name = "DIALECT")]
    pub dialect: Option<Dialect>,
    /// Names of staging models: stg_orders (plain, the default) or stg_raw__orders (dbt)
    #[arg(long, value_enum)]
    pub naming: Option<NamingArg>,
}

/// `refract audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// What to print
    #[arg(long, value_enum, default_value_t = AuditFormat::Text)]
    pub format: AuditFormat,
    /// File to write instead of printing
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Exit with 1 when a finding of this severity or worse is there: info, warning, error
    #[arg(long, value_name = "SEVERITY")]
    pub fail_on: Option<Severity>,
    /// How long steps take: CSV of a step, task or model and seconds; the report's timeline is in minutes then
    #[arg(long, value_name = "FILE")]
    pub durations: Option<PathBuf>,
    /// An earlier result of `audit --format json`: what it holds is not said again
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
}

/// `refract lineage`.
#[derive(Debug, Args)]
pub struct LineageArgs {
    #[command(flatten)]
    pub input: InputArgs,
    /// What to print
    #[arg(long, value_enum, default_value_t = LineageFormat::Json)]
    pub format: LineageFormat,
    /// Only what this relation, or relation.column, is made from
    #[arg(long, value_name = "NAME", conflicts_with = "downstream")]
    pub upstream: Option<String>,
    /// Only what is made from this relation, or relation.column
    #[arg(long, value_name = "NAME")]
    pub downstream: Option<String>,
    /// How long steps take: CSV of a step, task or model and seconds; the report's timeline is in minutes then
    #[arg(long, value_name = "FILE")]
    pub durations: Option<PathBuf>,
    /// Show columns in the formats that draw; JSON and OpenLineage always hold them
    #[arg(long)]
    pub columns: bool,
}

/// `refract steps`.
#[derive(Debug, Args)]
pub struct StepsArgs {
    #[command(flatten)]
    pub input: InputArgs,
}

/// `refract explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A code such as R501
    #[arg(value_name = "CODE")]
    pub code: Code,
}

/// `refract completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

/// Text for people or JSON for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TextOrJson {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// The forms of an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AuditFormat {
    /// With excerpts, for people.
    Text,
    /// For programs.
    Json,
    /// SARIF 2.1.0, for code hosts.
    Sarif,
    /// GitHub's annotations.
    Github,
    /// The report as a page.
    Html,
}

/// The forms of lineage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LineageFormat {
    /// For programs.
    Json,
    /// OpenLineage events.
    Openlineage,
    /// A Mermaid flowchart.
    Mermaid,
    /// Graphviz.
    Dot,
    /// A summary in Markdown, for a pull request.
    Markdown,
    /// The report as a page.
    Html,
}

/// [`Naming`] as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum NamingArg {
    /// `stg_orders`.
    Plain,
    /// `stg_raw__orders`.
    Dbt,
}

impl From<NamingArg> for Naming {
    fn from(naming: NamingArg) -> Self {
        match naming {
            NamingArg::Plain => Self::Plain,
            NamingArg::Dbt => Self::Dbt,
        }
    }
}

/// The warehouses that a project can be made for, and their dialects.
const TARGETS: &[(&str, Dialect)] = &[
    ("duckdb", Dialect::DuckDb),
    ("postgres", Dialect::Postgres),
    ("redshift", Dialect::Redshift),
    ("snowflake", Dialect::Snowflake),
    ("bigquery", Dialect::BigQuery),
    ("databricks", Dialect::Databricks),
    ("spark", Dialect::Spark),
    ("sqlserver", Dialect::Tsql),
    ("fabric", Dialect::Tsql),
    ("trino", Dialect::Trino),
];

/// The dialect of a warehouse, by the warehouse's name.
pub fn target(text: &str) -> Result<Dialect, String> {
    let found = TARGETS.iter().find(|(name, _)| *name == text);
    let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    found.map(|(_, dialect)| *dialect).ok_or_else(|| format!("one of {}", names.join(", ")))
}
