use super::*;
use crate::text::SourceFile;

/// The text of every row of the account, by script: `name: statement | statement`.
fn cut(dialect: Dialect, text: &str) -> String {
    let sources = Sources::new(vec![SourceFile::new("a.sql", text)]);
    let reading = read(&sources, SourceId(0), &ReadOptions { dialect: Some(dialect), ..ReadOptions::default() });
    let show = |script: &crate::steps::Script| {
        let rows: Vec<&str> = script.statements.iter().map(|row| sources.slice(row.span)).collect();
        format!("{}: {}", script.name, rows.join(" | "))
    };
    reading.scripts.iter().map(show).collect::<Vec<_>>().join("\n")
}

#[test]
fn postgres_statements() {
    let rows = [
        ("loose", "select 1; select 2", "a: select 1 | select 2"),
        (
            "semicolons in comments and strings",
            "select ';' /* ; */ -- ;\n; select 'it''s;'",
            "a: select ';' | select 'it''s;'",
        ),
        ("nested comments", "/* a /* b */ ; */ select 1", "a: select 1"),
        (
            "a body in dollars",
            "create procedure p() as $$ begin insert into t select 1; end; $$ language plpgsql; select 1",
            "p: create procedure p() as | insert into t select 1\na: select 1",
        ),
        (
            "a body in quotes",
            "create function f(a int default 1, out b text) returns void language sql as 'select ''x''; select 2';",
            "f: create function f(a int default 1, out b text) returns void language sql as | select ''x'' | select 2",
        ),
        (
            "blocks, branches, loops, handlers",
            "do $x$ declare v int := 1; begin if v = case when true then 1 else 2 end then delete from t; elsif v = 2 then \
             perform f(); else null; end if; for r in select a from s loop insert into t values (r.a); end loop; exception \
             when others then raise; end $x$;",
            "a: do | v int := 1 | if v = case when true then 1 else 2 end then | delete from t | elsif v = 2 then | \
             perform f() | null | for r in select a from s loop | insert into t values (r.a) | when others then | raise",
        ),
        (
            "a transaction is no block",
            "begin; insert into t select 1; commit;",
            "a: begin | insert into t select 1 | commit",
        ),
    ];
    for (what, text, expected) in rows {
        assert_eq!(cut(Dialect::Postgres, text), expected, "{what}");
    }
}

#[test]
fn tsql_statements() {
    let rows = [
        (
            "no semicolons",
            "create proc p @a int = 1, @b varchar(10) output as set nocount on insert into t (a) select a from s union all \
             select 1 update t set a = 2 from t join s on s.a = t.a delete t where a = 1 exec q @a = 1\nGO\nselect 1",
            "p: create proc p @a int = 1, @b varchar(10) output as | set nocount on | insert into t (a) select a from s union \
             all select 1 | update t set a = 2 from t join s on s.a = t.a | delete t where a = 1 | exec q @a = 1\na: select 1",
        ),
        (
            "merge, with, case",
            "with x as (select 1 a) merge t using x on t.a = x.a when matched then update set b = case when 1 = 1 then 2 end \
             when not matched then insert (a) values (x.a) when not matched by source then delete; select 2",
            "a: with x as (select 1 a) merge t using x on t.a = x.a when matched then update set b = case when 1 = 1 then 2 \
             end when not matched then insert (a) values (x.a) when not matched by source then delete | select 2",
        ),
        (
            "try, if, while",
            "begin try if exists (select 1 from t) begin truncate table t end else drop table if exists u while @i < 3 begin \
             set @i += 1 end end try begin catch print 'x' throw end catch",
            "a: if exists (select 1 from t) | truncate table t | drop table if exists u | while @i < 3 | set @i += 1 | begin \
             catch | print 'x' | throw",
        ),
    ];
    for (what, text, expected) in rows {
        assert_eq!(cut(Dialect::Tsql, text), expected, "{what}");
    }
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
        ("-- COMMAND ----------\nselect 1", Dialect::Databricks),
        ("insert overwrite table t select a from b lateral view explode(c) as d", Dialect::Spark),
    ];
    for (text, expected) in rows {
        assert_eq!(detect::detect(text).dialect, expected, "{text}");
    }
}
