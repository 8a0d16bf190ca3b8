//! What a step does: the effects, and what stands in them.
//!
//! In: nothing; these are types. Out: one [`Effect`] for every write, free of any language but the author's expressions.

use super::{Body, ColumnDef, ColumnUse, Output, Query, Sql};
use crate::name::Relation;
use crate::text::SourceId;

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
        /// The file whose loose statements run here, where this is an include; what the file defines does not run.
        file: Option<SourceId>,
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
    /// The columns that the value is made from.
    pub from: Vec<ColumnUse>,
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
    /// The columns of the source, as far as its text tells them.
    pub outputs: Vec<Output>,
    /// Columns that decide which rows change.
    pub deciding: Vec<ColumnUse>,
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
    /// Columns that decide which rows change.
    pub deciding: Vec<ColumnUse>,
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
    /// Columns that decide which rows go.
    pub deciding: Vec<ColumnUse>,
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
    /// Whether what it writes are frames of a program, which no other script sees.
    pub is_frame: bool,
    /// Code of a dbt Python model that does the same, where there is one.
    pub python: Option<PythonBody>,
}

/// Code over the rows of relations that gives the rows of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonBody {
    /// The variables that hold the rows of relations, as DataFrames of pandas.
    pub inputs: Vec<(String, Relation)>,
    /// The statements.
    pub code: String,
    /// The variable that holds the result.
    pub result: String,
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
        /// What one iteration hands to the next, as far as it is known.
        carries: Vec<String>,
    },
    /// Runs only after an error.
    Handler {
        /// The conditions that are handled, as written.
        conditions: String,
    },
}

impl Guard {
    /// What it is, in JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::If { .. } => "condition",
            Self::Loop { .. } => "loop",
            Self::Handler { .. } => "handler",
        }
    }
}
