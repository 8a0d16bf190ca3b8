use super::*;
use crate::steps::{self, ShowOptions, StatementReading};
use crate::text::SourceFile;

mod cross;
mod cuts;
mod laws;
mod steps_of;

fn reading(dialect: Option<Dialect>, text: &str) -> (Sources, Reading) {
    let sources = Sources::new(vec![SourceFile::new("a.sql", text)]);
    let reading = read(&sources, SourceId(0), &ReadOptions { dialect, ..ReadOptions::default() });
    (sources, reading)
}

/// The text of every row of the account, by script: `name: statement | statement`.
fn cut(dialect: Dialect, text: &str) -> String {
    let (sources, reading) = reading(Some(dialect), text);
    let show = |script: &crate::steps::Script| {
        let rows: Vec<&str> = script.statements.iter().map(|row| sources.slice(row.span)).collect();
        format!("{}: {}", script.name, rows.join(" | "))
    };
    reading.scripts.iter().map(show).collect::<Vec<_>>().join("\n")
}

/// The steps in the text form.
fn shown(dialect: Dialect, text: &str) -> String {
    let (_, reading) = reading(Some(dialect), text);
    steps::show(&reading.scripts, ShowOptions::default())
}

#[test]
fn dialects_are_told_from_the_text() {
    let rows = [
        ("select a from b", Dialect::Ansi),
        (
            "create procedure p() as $$ begin create or replace table t as select 1; end; $$ language plpgsql",
            Dialect::Postgres,
        ),
        (
            "create procedure p() as $$ begin create temp table t distkey(a) as select 1; end; $$ language plpgsql",
            Dialect::Redshift,
        ),
        (
            "create procedure p() returns varchar language sql as $$ begin let x := 1; return x; end; $$",
            Dialect::Snowflake,
        ),
        ("create or replace table `a.b.c` as select cast(1 as int64) x", Dialect::BigQuery),
        ("select top 5 [a] from [dbo].[t] with (nolock)\nGO", Dialect::Tsql),
        ("DELIMITER //\ncreate procedure p() begin select 1; end//", Dialect::MySql),
        ("create or replace procedure p is x varchar2(10); begin null; end;\n/", Dialect::Oracle),
        ("create or replace procedure p is begin execute immediate 'truncate table t'; end;", Dialect::Oracle),
        ("-- COMMAND ----------\nselect 1", Dialect::Databricks),
        ("insert overwrite table t select a from b lateral view explode(c) as d", Dialect::Spark),
    ];
    for (text, expected) in rows {
        assert_eq!(detect::detect(text).dialect, expected, "{text}");
    }
}
