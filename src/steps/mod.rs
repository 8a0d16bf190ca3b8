//! The intermediate representation that every reader produces: scripts, statements, steps, effects.
//!
//! In: nothing; these are types. Out: the same for SQL, pandas and DAGs, so that nothing behind the readers knows a
//! language. The text form (`show.rs`, `parse.rs`) is what `refract steps` prints and what passes are tested in.

use std::ops::Range;

use crate::dialect::Dialect;
use crate::finding::Finding;
use crate::frame::Frame;
use crate::name::Relation;
use crate::text::{SourceId, Span};

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
    /// Scalar values `SELECT … INTO v` and constants: names bound before the steps that use them.
    pub facts: Vec<Fact>,
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
            steps: Vec::new(),
            statements: Vec::new(),
            tasks: Vec::new(),
            arrows: Vec::new(),
            settings: Vec::new(),
            facts: Vec::new(),
        }
    }
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

/// What is known of a column from DDL or comments.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnDef {
    /// Name, folded.
    pub name: String,
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
    /// A description of the relation.
    Comment(String),
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
}

/// How long a relation lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// It outlives the script.
    Lasting,
    /// It is gone when the session or process ends; its name is the script's own.
    Temporary,
}

/// Whether a relation holds rows or a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Rows.
    Table,
    /// A query.
    View,
}

/// What a step does to relations.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// `relation` is new and holds the body's rows.
    Create {
        /// The relation.
        relation: Relation,
        /// How long it lives.
        lifetime: Lifetime,
        /// Table or view.
        form: Form,
        /// Column names given beside the query; empty for none.
        columns: Vec<String>,
        /// The rows.
        body: Body,
    },
    /// `relation` is new, empty and typed: `CREATE TABLE t (…)`.
    Declare {
        /// The relation.
        relation: Relation,
        /// How long it lives.
        lifetime: Lifetime,
        /// Its columns.
        columns: Vec<ColumnDef>,
        /// Whether an existing relation is kept with its rows (`IF NOT EXISTS`).
        keeps_existing: bool,
    },
    /// All rows of `relation` are replaced (`INSERT OVERWRITE`, `to_sql(if_exists="replace")`).
    Replace {
        /// The relation.
        relation: Relation,
        /// The column list of the statement; empty for all, in order.
        columns: Vec<String>,
        /// The rows.
        body: Body,
    },
    /// The body's rows are added.
    Append {
        /// The relation.
        relation: Relation,
        /// The column list of the statement; empty for all, in order.
        columns: Vec<String>,
        /// The rows.
        body: Body,
        /// What happens to rows whose key exists already.
        conflict: Option<Conflict>,
    },
    /// `MERGE`.
    Merge(Box<Merge>),
    /// `UPDATE`.
    Update(Box<Update>),
    /// `DELETE` with a condition.
    Delete(Box<Delete>),
    /// No rows are left: `TRUNCATE`, `DELETE` without a condition.
    Truncate {
        /// The relation.
        relation: Relation,
    },
    /// The relation is gone.
    Drop {
        /// The relation.
        relation: Relation,
    },
    /// The rows of `from` are now called `to`.
    Rename {
        /// Old name.
        from: Relation,
        /// New name.
        to: Relation,
    },
    /// Two relations change names.
    Swap {
        /// One.
        left: Relation,
        /// The other.
        right: Relation,
    },
    /// A column is added, dropped or renamed.
    Alter {
        /// The relation.
        relation: Relation,
        /// What changes.
        change: Change,
    },
    /// Another procedure runs here.
    Call {
        /// Its name.
        procedure: Relation,
        /// Arguments as written: name (empty for positional) and expression.
        arguments: Vec<(String, String)>,
    },
    /// Variables take the values of a one-row query.
    Bind {
        /// The variables, without sigils, in the order of the query's columns.
        variables: Vec<String>,
        /// The query.
        body: Query,
    },
    /// Rows are read and given to the caller: a lone SELECT.
    Read {
        /// The query.
        body: Body,
    },
    /// Not understood, or nothing that a query can say. It becomes `manual`.
    Opaque(Opaque),
}

/// What a relation is filled from.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// The author's SQL.
    Query(Query),
    /// Relational operations of a DataFrame script.
    Frame(Box<Frame>),
}

/// A piece of the author's SQL, with what stands in it. All ranges are bytes of `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sql {
    /// The text as the author wrote it.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// The relations that it names, by place, in order. CTEs, aliases, functions and column prefixes are not here.
    pub mentions: Vec<Mention>,
    /// Parameters and variables that it uses, by place, in order.
    pub variables: Vec<VariableUse>,
    /// What must change in the text although it names no relation, in order: qualifiers, `INTO v`, hints.
    pub edits: Vec<Edit>,
}

impl Sql {
    /// Text that names nothing.
    pub fn plain(text: impl Into<String>, span: Span) -> Self {
        Self { text: text.into(), span, mentions: Vec::new(), variables: Vec::new(), edits: Vec::new() }
    }
}

/// One place where a relation is named as a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The whole name, from the first part to the last.
    pub range: Range<usize>,
    /// What it names.
    pub relation: Relation,
    /// The alias that must follow the replaced name because columns are qualified by it and the author gave none.
    pub alias: Option<String>,
}

/// One place where a parameter or variable is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableUse {
    /// The whole reference, with its sigil.
    pub range: Range<usize>,
    /// The name, without sigil.
    pub name: String,
}

/// A change of the author's text: the bytes `range` become `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub range: Range<usize>,
    /// By what.
    pub text: String,
}

/// A whole query, with what is known of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The text.
    pub sql: Sql,
    /// Its output columns in order. Empty when they could not be told.
    pub outputs: Vec<Output>,
    /// Columns that decide which rows come out (joins, filters, grouping, order).
    pub deciding: Vec<ColumnUse>,
    /// What is known to be unique in the output: names of columns that together are a key, from GROUP BY or
    /// DISTINCT. Empty when nothing is.
    pub key: Vec<String>,
}

impl Query {
    /// A query of whose columns nothing is known.
    pub fn new(sql: Sql) -> Self {
        Self { sql, outputs: Vec::new(), deciding: Vec::new(), key: Vec::new() }
    }
}

/// An output column of a query, or a star that could not be expanded within the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// A column. The name is empty when the database chooses it.
    Column {
        /// Its name, folded.
        name: String,
        /// What it is made from.
        from: Vec<ColumnUse>,
    },
    /// All columns of a relation that is named in the query, but `except`.
    Star {
        /// The relation.
        relation: Relation,
        /// Columns that are left out.
        except: Vec<String>,
    },
}

/// How a column reaches another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// Unchanged.
    Copied,
    /// As part of an expression.
    Computed,
    /// It decides which rows there are.
    Filtering,
}

impl How {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Copied => "copied",
            Self::Computed => "computed",
            Self::Filtering => "filtering",
        }
    }
}

/// A use of a relation's column within a query, seen through CTEs and subqueries.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ColumnUse {
    /// The relations that it can be of: one when it is sure, several when the query does not say.
    pub relations: Vec<Relation>,
    /// Its name, folded.
    pub column: String,
    /// How it is used.
    pub how: How,
}

/// What an upsert does with a row whose key exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The key; empty when the statement leaves it to the table's keys.
    pub key: Vec<String>,
    /// Columns that are set, with their expressions; empty when the row is skipped.
    pub assignments: Vec<Assignment>,
    /// Whether the whole row is replaced (`REPLACE INTO`).
    pub replaces_row: bool,
    /// A condition on the update.
    pub filter: Option<Sql>,
}

/// `column = expression`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The column that is set, folded.
    pub column: String,
    /// The expression.
    pub value: Sql,
}

/// `MERGE INTO relation [alias] USING using ON on arms`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// The target.
    pub relation: Relation,
    /// The name by which the statement's expressions call the target.
    pub alias: String,
    /// The source: a table name or parenthesized query, without its alias.
    pub using: Sql,
    /// The name by which the statement's expressions call the source.
    pub using_alias: String,
    /// The condition.
    pub on: Sql,
    /// The WHEN arms in order.
    pub arms: Vec<MergeArm>,
}

/// One WHEN of a MERGE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeArm {
    /// Which rows.
    pub matched: Matched,
    /// AND …
    pub condition: Option<Sql>,
    /// THEN …
    pub action: MergeAction,
}

/// Which rows an arm is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matched {
    /// In both.
    Both,
    /// Only in the source.
    SourceOnly,
    /// Only in the target.
    TargetOnly,
}

/// What an arm does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergeAction {
    /// Sets columns.
    Update(Vec<Assignment>),
    /// Sets all columns by name (`UPDATE SET *`).
    UpdateAll,
    /// Adds a row: column and value.
    Insert(Vec<Assignment>),
    /// Adds a row by name (`INSERT *`).
    InsertAll,
    /// Removes the row.
    Delete,
    /// Nothing.
    Nothing,
}

/// `UPDATE relation [alias] SET assignments [FROM from] [WHERE filter]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The target.
    pub relation: Relation,
    /// The name by which expressions call the target.
    pub alias: String,
    /// What is set.
    pub assignments: Vec<Assignment>,
    /// The other tables, as the text of a FROM clause without the word and without the target.
    pub from: Option<Sql>,
    /// The condition, together with the conditions by which the target is joined to `from`.
    pub filter: Option<Sql>,
}

/// `DELETE FROM relation [alias] [USING using] WHERE filter`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delete {
    /// The target.
    pub relation: Relation,
    /// The name by which expressions call the target.
    pub alias: String,
    /// The other tables, as the text of a FROM clause without the word and without the target.
    pub using: Option<Sql>,
    /// The condition.
    pub filter: Sql,
}

/// A change of a relation's columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A column is added, with its default or NULL.
    Add(ColumnDef),
    /// A column is gone.
    Drop(String),
    /// A column has a new name.
    Rename {
        /// Old name.
        from: String,
        /// New name.
        to: String,
    },
    /// A column's type changes.
    Retype(ColumnDef),
}

/// A step that no query can stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opaque {
    /// Why.
    pub reason: String,
    /// What a person can do.
    pub help: String,
    /// The original text.
    pub text: String,
    /// Relations that it is known to read.
    pub reads: Vec<Relation>,
    /// Relations that it is known to write.
    pub writes: Vec<Relation>,
    /// Code of a dbt Python model that does the same, where there is one: a function body over named inputs.
    pub python: Option<String>,
}

/// A condition, loop or handler that a step stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// Runs only when `condition` is (not, when `negated`) true.
    If {
        /// The condition.
        condition: Sql,
        /// Whether this is the ELSE side.
        negated: bool,
    },
    /// Runs once for each row or number, or while a condition holds.
    Loop {
        /// The head of the loop as written: `FOR r IN SELECT …`.
        head: Sql,
        /// The loop's row variable, when it has one.
        variable: Option<String>,
        /// The query that it runs over, when there is one.
        query: Option<Box<Query>>,
    },
    /// Runs only after an error.
    Handler {
        /// The conditions that are handled, as written.
        conditions: String,
    },
}
