//! The dialects, and the one table of how they differ.
//!
//! Code asks a dialect for a trait, never "is it T-SQL?".

mod rows;
mod sets;

use std::fmt;
use std::str::FromStr;

use rows::{
    BIGQUERY, DATABRICKS, DUCKDB, MYSQL, ORACLE, POSTGRES, REDSHIFT, SNOWFLAKE, SPARK, SQLITE, TRINO, TSQL, UNKNOWN,
};

pub use sets::Dialects;

/// An SQL dialect. `Ansi` stands for "not known".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the dialects' own")]
pub enum Dialect {
    Postgres,
    Redshift,
    Snowflake,
    BigQuery,
    Tsql,
    MySql,
    Oracle,
    Databricks,
    Spark,
    DuckDb,
    Trino,
    Sqlite,
    Ansi,
}

/// Where NULL stands in an ORDER BY that does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NullOrder {
    /// NULL is more than any value: last in ascending, first in descending order.
    Largest,
    /// NULL is less than any value.
    Smallest,
    /// Last in both.
    Last,
}

/// How an unquoted identifier is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folding {
    /// To lower case (PostgreSQL).
    Lower,
    /// To upper case (SQL standard, Oracle, Snowflake).
    Upper,
    /// As written.
    Keep,
}

/// How a dialect says "all columns but these": `SELECT * EXCLUDE (a)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StarExcept {
    /// `* EXCLUDE (a)`.
    Exclude,
    /// `* EXCEPT (a)`.
    Except,
    /// Not at all.
    None,
}

/// The client program whose own commands may stand between the statements of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// None that refract knows.
    None,
    /// psql: `\i file`, `\set x 1`, rows after `COPY … FROM stdin`.
    Psql,
    /// SQL*Plus: `@file`, `SET ECHO ON`, `PROMPT text`.
    SqlPlus,
    /// sqlcmd: `:r file`, `:setvar x 1`.
    Sqlcmd,
    /// mysql: `DELIMITER //`, `source file`.
    Mysql,
    /// snowsql: `!source file`.
    Snowsql,
    /// Databricks notebooks: cells between `-- COMMAND ----------`, other languages behind `-- MAGIC`.
    Notebook,
}

/// What a variable holds after `SELECT x INTO v` that gave several rows, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManyRows {
    /// The first row's value; NULL when there is none (PL/pgSQL).
    First,
    /// The last row's value, or an error; what it held before when there is none (T-SQL, MySQL).
    Last,
    /// An error in both cases (Oracle), or the dialect has no such statement.
    Error,
}

/// How a dialect makes rows of numbers or dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Series {
    /// `generate_series(a, b, step)` as a table.
    Function,
    /// `unnest(generate_array(a, b, step))`, `generate_date_array`.
    Array,
    /// `explode(sequence(a, b, step))`.
    Sequence,
    /// Not at all.
    None,
}

/// One row of the table of differences.
#[derive(Debug, Clone, Copy)]
pub struct Traits {
    /// The name on the command line and in JSON.
    pub name: &'static str,
    /// The name of dbt's adapter, which is also the profile output's name and type.
    pub adapter: &'static str,
    /// How unquoted identifiers fold.
    pub folding: Folding,
    /// Whether `A` and `a`, once folded, are two relations.
    pub case_sensitive: bool,
    /// Whether the first part of a table's name may hold dashes without quotes: `my-project.sales.orders`.
    pub dashed_names: bool,
    /// The schema that an unqualified name means.
    pub default_schema: Option<&'static str>,
    /// Characters that open a quoted identifier.
    pub identifier_quotes: &'static [char],
    /// Whether `"x"` is a string rather than an identifier.
    pub double_quoted_strings: bool,
    /// Whether a backslash escapes within plain string literals.
    pub backslash_escapes: bool,
    /// Whether `$$ … $$` quotes a string.
    pub dollar_quotes: bool,
    /// Whether block comments nest.
    pub nested_comments: bool,
    /// Whether `#` starts a comment.
    pub hash_comments: bool,
    /// Whether a name that starts with `#` is a temp table and `@` a variable.
    pub sigils: bool,
    /// Whether the text of a dynamic statement sees none of the variables around it.
    pub dynamic_apart: bool,
    /// Whether statements may follow each other without semicolons.
    pub bare_statements: bool,
    /// Whether a subquery in FROM may use the rows of the tables before it.
    pub lateral_joins: bool,
    /// Columns that a table has without a star's showing them, and that no view passes on.
    pub pseudo_columns: &'static [&'static str],
    /// Whether `dual` is a table of one row that the database itself has.
    pub dual: bool,
    /// Words before a value in parentheses that is the name of a table: `identifier(:t)`; `table(:t)`, which may hold
    /// a result set too.
    pub names_as_values: &'static [&'static str],
    /// A word that ends a batch when it stands alone in a line (`GO`, `/`).
    pub batch_separator: Option<&'static str>,
    /// The client program whose commands may stand in a file.
    pub client: Client,
    /// Whether `//` starts a comment.
    pub slash_comments: bool,
    /// Whether `#` may stand within an unquoted name.
    pub hash_in_names: bool,
    /// Whether string literals may be tripled (`'''x'''`); quotes are not doubled within them then.
    pub triple_quotes: bool,
    /// Whether DECLARE opens a section of declarations that lasts until BEGIN; else it is a statement.
    pub declare_section: bool,
    /// Whether declarations follow a procedure's IS or AS without the word DECLARE.
    pub header_declares: bool,
    /// Whether the body of a procedure may be one statement without BEGIN, right after the header's words.
    pub bare_bodies: bool,
    /// How to select all columns but some.
    pub star_except: StarExcept,
    /// Whether a star can have a column with another value in its place: `* REPLACE (a + 1 AS a)`.
    pub star_replace: bool,
    /// Whether a star can have a column under another name in its place: `* RENAME (a AS b)`.
    pub star_rename: bool,
    /// The words between two queries that leave the rows of the first that the second has not: each copy for itself
    /// where the dialect can, else each row once.
    pub except_all: &'static str,
    /// The word between two queries that leaves the rows of the first, each once, that the second has not.
    pub except: &'static str,
    /// Whether dbt runs Python models there.
    pub python_models: bool,
    /// The method that gives the rows of a relation as a DataFrame of pandas, in a Python model.
    pub python_frame: &'static str,
    /// Where NULL stands in an ORDER BY that does not say.
    pub null_order: NullOrder,
    /// The operator that divides whole numbers to a whole number and any others as usual; none where `/` of whole
    /// numbers gives a fraction and no operator does so.
    pub whole_division: Option<&'static str>,
    /// The operator that divides numbers of any kind to a fraction; none where whole numbers must be made others first.
    pub true_division: Option<&'static str>,
    /// Whether a division by zero gives NULL.
    pub null_on_zero: bool,
    /// Whether a condition may be asked for being true: `(a = b) is not true`.
    pub truth_tests: bool,
    /// Whether the columns of a CTE can be named behind its own name.
    pub cte_columns: bool,
    /// How dbt's adapter adds rows to an incremental model.
    pub strategies: &'static [&'static str],
    /// Whether `VALUES (1), (2)` is a query by itself.
    pub values_query: bool,
    /// What follows a SELECT of constants so that no row comes out.
    pub no_rows: &'static str,
    /// Whether the dialect's words `cast(a as varchar(3))` cut the text.
    pub casts_cut_text: bool,
    /// Whether text is compared without regard to case, by default.
    pub loose_text: bool,
    /// Whether the assignments of an UPDATE see what those before them have set.
    pub sets_in_order: bool,
    /// What a variable holds when its query gave several rows or none.
    pub many_rows: ManyRows,
    /// How rows of numbers and dates are made.
    pub series: Series,
}

impl Dialect {
    /// Every dialect, in the order of the documentation.
    pub const ALL: [Self; 13] = [
        Self::Postgres,
        Self::Redshift,
        Self::Snowflake,
        Self::BigQuery,
        Self::Tsql,
        Self::MySql,
        Self::Oracle,
        Self::Databricks,
        Self::Spark,
        Self::DuckDb,
        Self::Trino,
        Self::Sqlite,
        Self::Ansi,
    ];

    /// The dialect's row of the table.
    pub fn traits(self) -> &'static Traits {
        match self {
            Self::Postgres => &POSTGRES,
            Self::Redshift => &REDSHIFT,
            Self::Snowflake => &SNOWFLAKE,
            Self::BigQuery => &BIGQUERY,
            Self::Tsql => &TSQL,
            Self::MySql => &MYSQL,
            Self::Oracle => &ORACLE,
            Self::Databricks => &DATABRICKS,
            Self::Spark => &SPARK,
            Self::DuckDb => &DUCKDB,
            Self::Trino => &TRINO,
            Self::Sqlite => &SQLITE,
            Self::Ansi => &UNKNOWN,
        }
    }

    /// An identifier as the dialect stores it.
    pub fn fold(self, text: &str, quoted: bool) -> String {
        if quoted {
            return text.to_owned();
        }
        match self.traits().folding {
            Folding::Lower => text.to_lowercase(),
            Folding::Upper => text.to_uppercase(),
            Folding::Keep => text.to_owned(),
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.traits().name)
    }
}

impl FromStr for Dialect {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(|dialect| dialect.traits().name).join(", ");
        let found = Self::ALL.into_iter().find(|dialect| dialect.traits().name == text);
        found.ok_or_else(|| format!("unknown dialect `{text}`: one of {}", known()))
    }
}
