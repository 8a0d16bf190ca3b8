//! A pure table: how sqlparser is asked about each dialect, and how the dialects differ in what names mean.
//!
//! In: a dialect. Out: its row. Code asks the row for a trait, never "is it T-SQL?".

use sqlparser::dialect::{
    AnsiDialect, BigQueryDialect, DatabricksDialect, Dialect as Parsed, DuckDbDialect, GenericDialect, MsSqlDialect,
    MySqlDialect, OracleDialect, PostgreSqlDialect, RedshiftSqlDialect, SQLiteDialect, SnowflakeDialect,
    SparkSqlDialect,
};

use crate::dialect::Dialect;

/// What `SELECT … INTO x` makes of `x`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Into {
    /// A table.
    Table,
    /// A variable.
    Variable,
    /// A variable where one of that name is in scope, else a table.
    Either,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Grammar {
    /// The dialects of sqlparser that are asked, in this order.
    pub parsers: &'static [&'static dyn ParsedDialect],
    /// Whether a CTE of a set operation may name itself without `RECURSIVE`.
    pub bare_recursion: bool,
    /// Whether select items may use the aliases of those before them.
    pub lateral_aliases: bool,
    /// What `SELECT … INTO` makes.
    pub into: Into,
    /// Whether a select item without an alias is called after its function or cast.
    pub names_functions: bool,
    /// Whether `FROM t, t.items` walks into a column.
    pub walks_columns: bool,
    /// Whether `$1` is a column by its position.
    pub positional_columns: bool,
    /// Whether pg_query is asked as well.
    pub postgres: bool,
}

/// A dialect of sqlparser that can stand in a static table.
pub trait ParsedDialect: Parsed + Sync {}
impl<T: Parsed + Sync> ParsedDialect for T {}

static GENERIC: GenericDialect = GenericDialect {};
static ANSI: AnsiDialect = AnsiDialect {};
static POSTGRES: PostgreSqlDialect = PostgreSqlDialect {};
static REDSHIFT: RedshiftSqlDialect = RedshiftSqlDialect {};
static SNOWFLAKE: SnowflakeDialect = SnowflakeDialect;
static BIGQUERY: BigQueryDialect = BigQueryDialect;
static MSSQL: MsSqlDialect = MsSqlDialect {};
static MYSQL: MySqlDialect = MySqlDialect {};
static ORACLE: OracleDialect = OracleDialect {};
static DATABRICKS: DatabricksDialect = DatabricksDialect {};
static SPARK: SparkSqlDialect = SparkSqlDialect {};
static DUCKDB: DuckDbDialect = DuckDbDialect {};
static SQLITE: SQLiteDialect = SQLiteDialect {};

const BASE: Grammar = Grammar {
    parsers: &[&GENERIC, &ANSI, &POSTGRES],
    bare_recursion: false,
    lateral_aliases: false,
    into: Into::Either,
    names_functions: false,
    walks_columns: false,
    positional_columns: false,
    postgres: false,
};
const ROW_POSTGRES: Grammar =
    Grammar { parsers: &[&POSTGRES, &GENERIC], names_functions: true, postgres: true, ..BASE };
const ROW_REDSHIFT: Grammar = Grammar {
    parsers: &[&REDSHIFT, &POSTGRES, &GENERIC],
    lateral_aliases: true,
    names_functions: true,
    walks_columns: true,
    ..BASE
};
const ROW_SNOWFLAKE: Grammar = Grammar {
    parsers: &[&SNOWFLAKE, &GENERIC],
    bare_recursion: true,
    lateral_aliases: true,
    into: Into::Variable,
    positional_columns: true,
    ..BASE
};
const ROW_BIGQUERY: Grammar =
    Grammar { parsers: &[&BIGQUERY, &GENERIC], into: Into::Variable, walks_columns: true, ..BASE };
const ROW_TSQL: Grammar = Grammar { parsers: &[&MSSQL], bare_recursion: true, into: Into::Table, ..BASE };
const ROW_MYSQL: Grammar = Grammar { parsers: &[&MYSQL, &GENERIC], into: Into::Variable, ..BASE };
const ROW_ORACLE: Grammar =
    Grammar { parsers: &[&ORACLE, &GENERIC, &SNOWFLAKE], bare_recursion: true, into: Into::Variable, ..BASE };
const ROW_DATABRICKS: Grammar =
    Grammar { parsers: &[&DATABRICKS, &SPARK, &GENERIC], lateral_aliases: true, walks_columns: true, ..BASE };
const ROW_SPARK: Grammar = Grammar { parsers: &[&SPARK, &DATABRICKS, &GENERIC], ..ROW_DATABRICKS };
const ROW_DUCKDB: Grammar = Grammar { parsers: &[&DUCKDB, &POSTGRES, &GENERIC], lateral_aliases: true, ..BASE };
const ROW_TRINO: Grammar = Grammar { parsers: &[&GENERIC, &ANSI], ..BASE };
const ROW_SQLITE: Grammar = Grammar { parsers: &[&SQLITE, &GENERIC], ..BASE };

/// The row of a dialect.
pub fn grammar(dialect: Dialect) -> &'static Grammar {
    match dialect {
        Dialect::Postgres => &ROW_POSTGRES,
        Dialect::Redshift => &ROW_REDSHIFT,
        Dialect::Snowflake => &ROW_SNOWFLAKE,
        Dialect::BigQuery => &ROW_BIGQUERY,
        Dialect::Tsql => &ROW_TSQL,
        Dialect::MySql => &ROW_MYSQL,
        Dialect::Oracle => &ROW_ORACLE,
        Dialect::Databricks => &ROW_DATABRICKS,
        Dialect::Spark => &ROW_SPARK,
        Dialect::DuckDb => &ROW_DUCKDB,
        Dialect::Trino => &ROW_TRINO,
        Dialect::Sqlite => &ROW_SQLITE,
        Dialect::Ansi => &BASE,
    }
}
