//! Sets of dialects, for tables whose rows hold for several.

use super::Dialect;

/// A set of dialects, for rows of tables that hold for several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dialects(u16);

impl Dialects {
    /// Every dialect.
    pub const ALL: Self = Self(u16::MAX);
    /// PostgreSQL.
    pub const POSTGRES: Self = Self::one(Dialect::Postgres);
    /// Amazon Redshift.
    pub const REDSHIFT: Self = Self::one(Dialect::Redshift);
    /// Snowflake.
    pub const SNOWFLAKE: Self = Self::one(Dialect::Snowflake);
    /// `BigQuery`.
    pub const BIGQUERY: Self = Self::one(Dialect::BigQuery);
    /// SQL Server and Fabric.
    pub const TSQL: Self = Self::one(Dialect::Tsql);
    /// `MySQL` and `MariaDB`.
    pub const MYSQL: Self = Self::one(Dialect::MySql);
    /// Oracle.
    pub const ORACLE: Self = Self::one(Dialect::Oracle);
    /// Spark and Databricks.
    pub const SPARK: Self = Self::one(Dialect::Spark).or(Self::one(Dialect::Databricks));
    /// `DuckDB`.
    pub const DUCKDB: Self = Self::one(Dialect::DuckDb);
    /// Trino.
    pub const TRINO: Self = Self::one(Dialect::Trino);
    /// `SQLite`.
    pub const SQLITE: Self = Self::one(Dialect::Sqlite);

    const fn one(dialect: Dialect) -> Self {
        Self(1 << dialect as u16)
    }

    /// Those of both sets.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those of this set that are not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the dialect is among them.
    pub const fn has(self, dialect: Dialect) -> bool {
        self.0 & Self::one(dialect).0 != 0
    }
}
