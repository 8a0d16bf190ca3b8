//! A pure table: operators, where their SQL stands, in which dialect, and what they do besides.
//!
//! In: class names. Out: rows. An operator that is not here is kept as a task, with whatever `sql=` it has.

use crate::dialect::Dialect;

/// What an operator does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Sends SQL, and does nothing else.
    Sql,
    /// Runs a query to decide or to check: it reads, and stays in orchestration.
    Check,
    /// Calls a function of the script.
    Python,
    /// Runs a shell command.
    Shell,
    /// Reads a query's rows, and takes them elsewhere.
    Unload,
    /// Fills a table from files or from another system.
    Load,
    /// Nothing: it only ties arrows.
    Nothing,
    /// Waits, triggers, mails, calls: nothing that a table shows.
    Other,
}

/// One row.
#[derive(Debug)]
pub struct Operator {
    /// The class name.
    pub name: &'static str,
    /// What it does.
    pub action: Action,
    /// The dialect, where the class says it.
    pub dialect: Option<Dialect>,
    /// The arguments that hold SQL, or the shell command; the first one given counts.
    pub text: &'static [&'static str],
    /// The arguments that name the table that is written.
    pub target: &'static [&'static str],
}

macro_rules! operators {
    ($($name:literal $action:ident $dialect:tt $text:tt $target:tt)*) => {
        &[$(Operator {
            name: $name,
            action: Action::$action,
            dialect: operators!(@dialect $dialect),
            text: &$text,
            target: &$target,
        },)*]
    };
    (@dialect -) => { None };
    (@dialect $dialect:ident) => { Some(Dialect::$dialect) };
}

/// The row of a class; none when it is not in the table.
pub fn find(name: &str) -> Option<&'static Operator> {
    OPERATORS.iter().find(|row| row.name == name)
}

const OPERATORS: &[Operator] = operators! {
    "SQLExecuteQueryOperator" Sql - ["sql"] []
    "PostgresOperator" Sql Postgres ["sql"] []
    "MySqlOperator" Sql MySql ["sql"] []
    "MsSqlOperator" Sql Tsql ["sql"] []
    "SnowflakeOperator" Sql Snowflake ["sql"] []
    "SnowflakeSqlApiOperator" Sql Snowflake ["sql"] []
    "OracleOperator" Sql Oracle ["sql"] []
    "OracleStoredProcedureOperator" Other Oracle [] []
    "SqliteOperator" Sql Sqlite ["sql"] []
    "JdbcOperator" Sql - ["sql"] []
    "OdbcOperator" Sql - ["sql"] []
    "TrinoOperator" Sql Trino ["sql"] []
    "PrestoOperator" Sql Trino ["sql"] []
    "AthenaOperator" Sql Trino ["query"] []
    "AWSAthenaOperator" Sql Trino ["query"] []
    "HiveOperator" Sql Spark ["hql"] []
    "SparkSqlOperator" Sql Spark ["sql"] []
    "DatabricksSqlOperator" Sql Databricks ["sql"] []
    "ImpalaOperator" Sql Spark ["sql"] []
    "DruidOperator" Other - [] []
    "ClickHouseOperator" Sql - ["sql"] []
    "VerticaOperator" Sql Postgres ["sql"] []
    "ExasolOperator" Sql - ["sql"] []
    "TeradataOperator" Sql - ["sql"] []
    "DuckDBOperator" Sql DuckDb ["sql"] []
    "RedshiftSQLOperator" Sql Redshift ["sql"] []
    "RedshiftDataOperator" Sql Redshift ["sql"] []
    "BigQueryOperator" Sql BigQuery ["sql", "bql"] ["destination_dataset_table"]
    "BigQueryExecuteQueryOperator" Sql BigQuery ["sql", "bql"] ["destination_dataset_table"]
    "BigQueryInsertJobOperator" Sql BigQuery ["configuration"] []
    "BigQueryCheckOperator" Check BigQuery ["sql"] []
    "BigQueryValueCheckOperator" Check BigQuery ["sql"] []
    "BigQueryIntervalCheckOperator" Check BigQuery [] ["table"]
    "BigQueryGetDataOperator" Other BigQuery [] []
    "BigQueryCreateEmptyTableOperator" Other BigQuery [] []
    "BigQueryCreateExternalTableOperator" Load BigQuery [] ["destination_project_dataset_table"]
    "BigQueryDeleteTableOperator" Other BigQuery [] []
    "BigQueryTableDeleteOperator" Other BigQuery [] []
    "BigQueryUpsertTableOperator" Other BigQuery [] []
    "BigQueryToBigQueryOperator" Load BigQuery [] ["destination_project_dataset_table"]
    "BigQueryToGCSOperator" Unload BigQuery [] []
    "BigQueryToCloudStorageOperator" Unload BigQuery [] []
    "GCSToBigQueryOperator" Load BigQuery [] ["destination_project_dataset_table"]
    "GoogleCloudStorageToBigQueryOperator" Load BigQuery [] ["destination_project_dataset_table"]
    "S3ToRedshiftOperator" Load Redshift [] ["table"]
    "S3ToRedshiftTransfer" Load Redshift [] ["table"]
    "S3ToSnowflakeOperator" Load Snowflake [] ["table"]
    "CopyFromExternalStageToSnowflakeOperator" Load Snowflake [] ["table"]
    "GCSToSnowflakeOperator" Load Snowflake [] ["table"]
    "S3ToSqlOperator" Load - [] ["table"]
    "S3ToMySqlOperator" Load MySql [] ["mysql_table"]
    "S3ToHiveOperator" Load Spark [] ["hive_table"]
    "AzureBlobStorageToTeradataOperator" Load - [] ["teradata_table"]
    "HiveToMySqlOperator" Load MySql [] ["mysql_table"]
    "MySqlToHiveOperator" Load Spark [] ["hive_table"]
    "MySqlToHiveTransfer" Load Spark [] ["hive_table"]
    "GenericTransfer" Load - [] ["destination_table"]
    "PostgresToGCSOperator" Unload Postgres ["sql"] []
    "PostgresToGoogleCloudStorageOperator" Unload Postgres ["sql"] []
    "MySQLToGCSOperator" Unload MySql ["sql"] []
    "MySqlToGoogleCloudStorageOperator" Unload MySql ["sql"] []
    "MSSQLToGCSOperator" Unload Tsql ["sql"] []
    "OracleToGCSOperator" Unload Oracle ["sql"] []
    "PrestoToGCSOperator" Unload Trino ["sql"] []
    "TrinoToGCSOperator" Unload Trino ["sql"] []
    "SqlToS3Operator" Unload - ["query"] []
    "MySQLToS3Operator" Unload MySql ["query"] []
    "RedshiftToS3Operator" Unload Redshift ["select_query"] []
    "SqlToSlackOperator" Unload - ["sql"] []
    "SnowflakeToSlackOperator" Unload Snowflake ["sql"] []
    "SQLCheckOperator" Check - ["sql"] []
    "CheckOperator" Check - ["sql"] []
    "SQLValueCheckOperator" Check - ["sql"] []
    "ValueCheckOperator" Check - ["sql"] []
    "SQLThresholdCheckOperator" Check - ["sql"] []
    "SQLTableCheckOperator" Check - [] ["table"]
    "SQLColumnCheckOperator" Check - [] ["table"]
    "SQLIntervalCheckOperator" Check - [] ["table"]
    "IntervalCheckOperator" Check - [] ["table"]
    "SnowflakeCheckOperator" Check Snowflake ["sql"] []
    "BranchSQLOperator" Check - ["sql"] []
    "SqlSensor" Check - ["sql"] []
    "BigQueryTableExistenceSensor" Other BigQuery [] []
    "PythonOperator" Python - ["python_callable"] []
    "BranchPythonOperator" Python - ["python_callable"] []
    "ShortCircuitOperator" Python - ["python_callable"] []
    "PythonVirtualenvOperator" Python - ["python_callable"] []
    "ExternalPythonOperator" Python - ["python_callable"] []
    "BranchExternalPythonOperator" Python - ["python_callable"] []
    "BranchPythonVirtualenvOperator" Python - ["python_callable"] []
    "PythonSensor" Python - ["python_callable"] []
    "BashOperator" Shell - ["bash_command"] []
    "SSHOperator" Shell - ["command"] []
    "EmptyOperator" Nothing - [] []
    "DummyOperator" Nothing - [] []
    "LatestOnlyOperator" Other - [] []
};
