//! A pure table: the types of the dialects.
//!
//! In: a type as written. Out: what it means, and how that is written in another dialect.

use super::kinds::Kind;
use crate::dialect::{Dialect, Dialects as D};

/// What a type means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sql) struct Type {
    /// The meaning: a name of [`MEANINGS`]; none for a type of no known meaning.
    pub meaning: &'static str,
    /// Length, precision and scale, as written.
    pub arguments: Vec<String>,
}

const ALL: D = D::ALL;

/// Where, the names, the meaning. The first row that fits counts.
pub(super) const NAMES: &[(D, &str, &str)] = &[
    (D::TSQL, "bit", "bit"),
    (D::MYSQL, "bool boolean", "small"),
    (ALL, "bool boolean", "bool"),
    (D::MYSQL, "tinyint", "small"),
    (D::TSQL, "tinyint", "small"),
    (ALL, "tinyint byteint", "tiny"),
    (D::SNOWFLAKE, "int integer bigint smallint", "snow_int"),
    (D::BIGQUERY, "int integer bigint smallint int64", "big"),
    (ALL, "smallint int2 smallserial", "small"),
    (D::MYSQL, "signed unsigned mediumint", "big"),
    (ALL, "int integer int4 mediumint serial", "int"),
    (ALL, "bigint int8 int64 long bigserial", "big"),
    (D::ORACLE, "number", "number"),
    (D::SNOWFLAKE, "number decimal numeric dec", "snow_number"),
    (D::BIGQUERY, "numeric decimal", "bq_numeric"),
    (D::BIGQUERY, "bignumeric bigdecimal", "bq_bignumeric"),
    (D::SPARK, "decimal dec numeric", "spark_decimal"),
    (D::TSQL, "decimal numeric dec", "ts_decimal"),
    (D::MYSQL, "decimal numeric dec", "my_decimal"),
    (ALL, "decimal numeric dec", "decimal"),
    (D::TSQL, "money", "money"),
    (D::TSQL, "smallmoney", "smallmoney"),
    (D::TSQL, "float", "double"),
    (D::SNOWFLAKE.or(D::BIGQUERY), "float float8 float4 double real float64", "double"),
    (D::POSTGRES.or(D::REDSHIFT), "float", "double"),
    (ALL, "double float8 float64", "double"),
    (ALL, "real float4 float", "float"),
    (D::ORACLE, "binary_double", "double"),
    (D::BIGQUERY.or(D::SNOWFLAKE).or(D::SPARK), "string text", "text"),
    (D::SPARK, "varchar char", "text_of"),
    (D::SNOWFLAKE, "char character", "one_char"),
    (D::TSQL, "varchar nvarchar", "ts_text"),
    (D::REDSHIFT, "text", "text"),
    (ALL, "text clob nclob ntext longtext mediumtext tinytext string", "text"),
    (ALL, "varchar nvarchar varchar2 nvarchar2", "text_of"),
    (D::TSQL.or(D::MYSQL), "char nchar", "char"),
    (ALL, "char character bpchar nchar", "char"),
    (D::ORACLE, "date", "oracle_date"),
    (ALL, "date", "date"),
    (ALL, "time", "time"),
    (D::TSQL.or(D::MYSQL).or(D::BIGQUERY).or(D::SNOWFLAKE), "datetime datetime2 smalldatetime", "timestamp"),
    (D::SNOWFLAKE, "timestamp timestamp_ntz", "timestamp"),
    (D::SNOWFLAKE, "timestamp_tz timestamp_ltz", "zoned"),
    (D::BIGQUERY, "timestamp", "zoned"),
    (D::SPARK, "timestamp timestamp_ntz", "timestamp"),
    (D::TSQL, "datetimeoffset", "zoned"),
    (ALL, "timestamptz", "zoned"),
    (ALL, "timestamp datetime", "timestamp"),
    (ALL, "uuid uniqueidentifier", "uuid"),
    (ALL, "bytea blob varbinary binary bytes raw", "bytes"),
    (ALL, "json jsonb variant super object", "json"),
    (ALL, "interval", "interval"),
];

/// The meaning, its kind, where, how it is written. `{0}`, `{1}` are arguments, `{*}` the parentheses as they stand.
pub(super) const MEANINGS: &[(&str, Kind, D, &str)] = &[
    ("bit", Kind::Unknown, D::TSQL, "bit"),
    ("bit", Kind::Unknown, D::DUCKDB.or(D::SPARK), "tinyint"),
    ("bit", Kind::Unknown, ALL, "smallint"),
    ("bool", Kind::Bool, D::TSQL, "bit"),
    ("bool", Kind::Bool, D::ORACLE, "number(1)"),
    ("bool", Kind::Bool, ALL, "boolean"),
    ("tiny", Kind::Integer, D::DUCKDB.or(D::SPARK).or(D::TRINO), "tinyint"),
    ("tiny", Kind::Integer, D::BIGQUERY, "int64"),
    ("tiny", Kind::Integer, ALL, "smallint"),
    ("small", Kind::Integer, D::BIGQUERY, "int64"),
    ("small", Kind::Integer, D::MYSQL, "signed"),
    ("small", Kind::Integer, ALL, "smallint"),
    ("int", Kind::Integer, D::BIGQUERY, "int64"),
    ("int", Kind::Integer, D::MYSQL, "signed"),
    ("int", Kind::Integer, D::DUCKDB.or(D::POSTGRES).or(D::REDSHIFT).or(D::SNOWFLAKE), "integer"),
    ("int", Kind::Integer, ALL, "int"),
    ("big", Kind::Integer, D::BIGQUERY, "int64"),
    ("big", Kind::Integer, D::MYSQL, "signed"),
    ("big", Kind::Integer, D::ORACLE, "number(19)"),
    ("big", Kind::Integer, ALL, "bigint"),
    ("snow_int", Kind::Integer, D::SNOWFLAKE, "integer"),
    ("snow_int", Kind::Integer, D::BIGQUERY, "int64"),
    ("snow_int", Kind::Integer, ALL, "bigint"),
    ("number", Kind::Number, D::DUCKDB, "decimal(38, 10)"),
    ("number", Kind::Number, D::SNOWFLAKE, "number(38, 10)"),
    ("number", Kind::Number, D::POSTGRES, "numeric"),
    ("number of", Kind::Number, ALL, "decimal{*}"),
    ("snow_number", Kind::Integer, ALL, "decimal(38, 0)"),
    ("snow_number of", Kind::Number, ALL, "decimal{*}"),
    ("bq_numeric", Kind::Number, ALL, "decimal(38, 9)"),
    ("bq_numeric of", Kind::Number, ALL, "decimal{*}"),
    ("bq_bignumeric", Kind::Number, D::POSTGRES, "numeric"),
    ("spark_decimal", Kind::Number, ALL, "decimal(10, 0)"),
    ("spark_decimal of", Kind::Number, ALL, "decimal{*}"),
    ("ts_decimal", Kind::Number, ALL, "decimal(18, 0)"),
    ("ts_decimal of", Kind::Number, ALL, "decimal{*}"),
    ("my_decimal", Kind::Number, ALL, "decimal(10, 0)"),
    ("my_decimal of", Kind::Number, ALL, "decimal{*}"),
    ("decimal", Kind::Number, D::POSTGRES, "numeric"),
    ("decimal", Kind::Number, D::DUCKDB, "decimal(38, 10)"),
    ("decimal", Kind::Number, D::SNOWFLAKE, "number(38, 10)"),
    ("decimal", Kind::Number, D::BIGQUERY, "numeric"),
    ("decimal of", Kind::Number, D::BIGQUERY, "numeric{*}"),
    ("decimal of", Kind::Number, ALL, "decimal{*}"),
    ("money", Kind::Number, ALL, "decimal(19, 4)"),
    ("smallmoney", Kind::Number, ALL, "decimal(10, 4)"),
    ("double", Kind::Number, D::POSTGRES.or(D::REDSHIFT).or(D::SNOWFLAKE), "double precision"),
    ("double", Kind::Number, D::BIGQUERY, "float64"),
    ("double", Kind::Number, D::TSQL, "float"),
    ("double", Kind::Number, ALL, "double"),
    ("float", Kind::Number, D::BIGQUERY, "float64"),
    ("float", Kind::Number, D::SPARK, "float"),
    ("float", Kind::Number, ALL, "real"),
    ("text", Kind::Text, D::BIGQUERY.or(D::SPARK), "string"),
    ("text", Kind::Text, D::POSTGRES, "text"),
    ("text", Kind::Text, D::TSQL, "varchar(max)"),
    ("text", Kind::Text, D::MYSQL, "char"),
    ("text", Kind::Text, D::ORACLE, "varchar2(4000)"),
    ("text", Kind::Text, ALL, "varchar"),
    ("text_of", Kind::Text, D::BIGQUERY.or(D::SPARK), "string"),
    ("text_of", Kind::Text, ALL, "varchar"),
    ("text_of of", Kind::Text, D::BIGQUERY.or(D::SPARK), "string"),
    ("text_of of", Kind::Text, D::DUCKDB, "varchar"),
    ("text_of of", Kind::Text, D::ORACLE, "varchar2{*}"),
    ("text_of of", Kind::Text, ALL, "varchar{*}"),
    ("one_char", Kind::Text, ALL, "varchar(1)"),
    ("one_char of", Kind::Text, D::DUCKDB, "varchar"),
    ("one_char of", Kind::Text, ALL, "varchar{*}"),
    ("char", Kind::Text, D::DUCKDB, "varchar"),
    ("char", Kind::Text, D::BIGQUERY.or(D::SPARK), "string"),
    ("char", Kind::Text, ALL, "char"),
    ("char of", Kind::Text, D::DUCKDB, "varchar"),
    ("char of", Kind::Text, D::BIGQUERY.or(D::SPARK), "string"),
    ("char of", Kind::Text, ALL, "char{*}"),
    ("oracle_date", Kind::Timestamp, ALL, "timestamp"),
    ("date", Kind::Date, ALL, "date"),
    ("time", Kind::Unknown, ALL, "time"),
    ("timestamp", Kind::Timestamp, D::TSQL, "datetime2"),
    ("timestamp", Kind::Timestamp, D::BIGQUERY.or(D::MYSQL), "datetime"),
    ("timestamp", Kind::Timestamp, D::SNOWFLAKE, "timestamp_ntz"),
    ("timestamp", Kind::Timestamp, ALL, "timestamp"),
    ("zoned", Kind::Timestamp, D::POSTGRES.or(D::REDSHIFT).or(D::DUCKDB), "timestamptz"),
    ("zoned", Kind::Timestamp, D::SNOWFLAKE, "timestamp_tz"),
    ("zoned", Kind::Timestamp, D::BIGQUERY, "timestamp"),
    ("zoned", Kind::Timestamp, D::TSQL, "datetimeoffset"),
    ("uuid", Kind::Unknown, D::POSTGRES.or(D::DUCKDB).or(D::TRINO), "uuid"),
    ("uuid", Kind::Unknown, D::TSQL, "uniqueidentifier"),
    ("bytes", Kind::Unknown, D::POSTGRES, "bytea"),
    ("bytes", Kind::Unknown, D::DUCKDB, "blob"),
    ("json", Kind::Unknown, D::POSTGRES, "jsonb"),
    ("json", Kind::Unknown, D::DUCKDB, "json"),
    ("interval", Kind::Interval, D::POSTGRES.or(D::DUCKDB), "interval"),
];

/// What a type of `dialect` means.
pub(in crate::sql) fn read(text: &str, dialect: Dialect) -> Option<Type> {
    let lower = text.to_lowercase();
    let (head, rest) = lower.split_once('(').unwrap_or((&lower, ""));
    let (inside, behind) = rest.split_once(')').unwrap_or((rest, ""));
    let head = head.trim().trim_matches(['[', ']', '"', '`']);
    let behind = format!(" {head} {behind} ");
    let mut words = head.split_whitespace();
    let first = words.next()?;
    let zoned = behind.contains(" with time zone") || behind.contains(" with local time zone");
    let unsigned = behind.contains(" unsigned") && first != "unsigned";
    let name = match first {
        "timestamp" | "time" if zoned => "timestamptz",
        "character" | "char" | "national" if behind.contains(" varying") => "varchar",
        name => name,
    };
    if text.contains(['<', '[']) && !text.trim_start().starts_with('[') {
        return None;
    }
    let (_, _, meaning) =
        NAMES.iter().find(|(from, names, _)| from.has(dialect) && names.split(' ').any(|own| own == name))?;
    let arguments: Vec<String> =
        inside.split(',').map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect();
    let (meaning, arguments) = match (*meaning, arguments.as_slice()) {
        ("ts_text" | "text_of", [only]) if only == "max" => ("text", Vec::new()),
        ("char", []) if D::MYSQL.has(dialect) => ("text", arguments),
        ("ts_text", [..]) if arguments.is_empty() => ("text_of", vec!["30".to_owned()]),
        ("ts_text", _) => ("text_of", arguments),
        ("text_of", [only]) if only.split_whitespace().count() > 1 => {
            ("text_of", only.split_whitespace().take(1).map(ToOwned::to_owned).collect())
        }
        // Without a sign the highest values need the next wider type.
        ("tiny" | "small", _) if unsigned => ("int", Vec::new()),
        ("int", _) if unsigned => ("big", Vec::new()),
        ("big", _) if unsigned => ("decimal", vec!["20".to_owned(), "0".to_owned()]),
        ("double" | "float" | "timestamp" | "zoned" | "time" | "int" | "big" | "small" | "snow_int", _) => {
            (*meaning, Vec::new())
        }
        (meaning, _) => (meaning, arguments),
    };
    Some(Type { meaning, arguments })
}

/// Names of types that a target takes as they stand, besides those that it is written with.
const TAKEN: &[(D, &str)] = &[
    (
        D::POSTGRES.or(D::DUCKDB).or(D::REDSHIFT),
        "int integer int2 int4 int8 bigint smallint decimal numeric varchar text bool boolean real float4 float8 double timestamp \
         timestamptz date time uuid json",
    ),
    (D::DUCKDB, "string blob tinyint"),
    (
        D::SNOWFLAKE,
        "int integer bigint smallint decimal numeric number varchar text string boolean float double timestamp date time",
    ),
    (D::TSQL, "int bigint smallint decimal numeric varchar nvarchar date time bit float real char nchar"),
    (D::SPARK, "int integer bigint smallint decimal numeric string boolean float double timestamp date"),
    (D::TRINO, "int integer bigint smallint tinyint decimal varchar boolean real double timestamp date time"),
];

/// Whether a type of `from` may stay as written, where `new` is how it is written in `to`.
pub(super) fn is_same(written: &str, new: &str, from: Dialect, to: Dialect) -> bool {
    let plain = |text: &str| text.to_lowercase().replace(' ', "");
    if plain(written) == plain(new) {
        return true;
    }
    let lower = written.to_lowercase();
    let head: String = lower.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let taken = TAKEN.iter().any(|(of, names)| of.has(to) && names.split(' ').any(|name| name == head));
    let (Some(here), Some(there)) = (read(written, from), read(written, to)) else { return false };
    let open = here.meaning == "decimal" && here.arguments.is_empty();
    let dropped = written.contains('(') && here.arguments.is_empty();
    taken && here == there && !open && !dropped
}

impl Type {
    fn row(&self, target: Dialect) -> Option<&'static (&'static str, Kind, D, &'static str)> {
        let with = format!("{} of", self.meaning);
        let name = if self.arguments.is_empty() { self.meaning } else { &with };
        MEANINGS.iter().find(|(meaning, _, to, _)| *meaning == name && to.has(target))
    }

    pub(in crate::sql::transpile) fn kind(&self) -> Kind {
        let row = MEANINGS.iter().find(|(meaning, ..)| meaning.split(' ').next() == Some(self.meaning));
        match (self.meaning, row) {
            // Decimals without a scale divide to fractions all the same.
            ("snow_number", _) => Kind::Number,
            (_, row) => row.map_or(Kind::Unknown, |row| row.1),
        }
    }

    /// The type in `target`.
    pub fn write(&self, target: Dialect) -> Option<String> {
        let (.., text) = self.row(target)?;
        let all = if self.arguments.is_empty() { String::new() } else { format!("({})", self.arguments.join(", ")) };
        Some(text.replace("{*}", &all))
    }

    /// The length that a text of this type is cut to.
    pub fn length(&self) -> Option<&str> {
        let text = matches!(self.meaning, "text_of" | "char" | "one_char");
        self.arguments.first().filter(|_| text).map(String::as_str)
    }
}
