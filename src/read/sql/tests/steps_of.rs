//! What statements come to: guards, values, dynamic statements.

use super::*;

fn check(dialect: Dialect, rows: &[(&str, &str, &str)]) {
    let mut failed = String::new();
    for (what, text, expected) in rows {
        let found = shown(dialect, text);
        if found.trim_end() != *expected {
            failed += &format!("--- {what}\n{found}");
        }
    }
    assert!(failed.is_empty(), "{failed}");
}

/// The parameters of the first script: `name = default`.
fn params(dialect: Dialect, text: &str) -> String {
    let (_, reading) = reading(Some(dialect), text);
    let params = reading.scripts.iter().flat_map(|script| &script.params);
    let show =
        |param: &Param| format!("{} {} = {}", param.name, param.sql_type, param.default.clone().unwrap_or_default());
    params.map(show).collect::<Vec<_>>().join("; ")
}

#[test]
fn dynamic_statements() {
    check(
        Dialect::Postgres,
        &[
            (
                "format, quote_ident, concatenation",
                "do $$ declare t text := 'x'; begin execute format('truncate table %I.%s', 'raw', t); execute 'insert into ' || \
             quote_ident('A b') || ' select * from ' || t; end $$ language plpgsql",
                "empty raw.x\nappend `A b` <- x",
            ),
            (
                "what is not known is opaque",
                "do $$ declare r record; begin for r in select tablename from pg_tables loop execute 'insert into log select * \
             from ' || r.tablename || ' join dim d on true'; end loop; end $$",
                "loop \"for r in select tablename from pg_tables loop\" over pg_tables: opaque \"the text of this \
                 statement is only known at run time\" reads dim writes log",
            ),
        ],
    );
    check(
        Dialect::Tsql,
        &[
            (
                "a text that is put together",
                "declare @s nvarchar(max) = N'insert into t '; set @s = @s + N'select a from u'; set @s += N' where a = 1'; exec \
             (@s); exec sp_executesql @s",
                "bind s <- nothing\nbind s <- nothing\nbind s <- nothing\nappend t <- u\nappend t <- u",
            ),
            (
                "a parameter in a literal",
                "create proc p @d date as exec('delete from t where d = ''' + @d + '''')",
                "delete t where \"d = '{{ d }}'\"",
            ),
            ("a parameter as a name", "create proc p @t sysname = 'x' as exec('truncate table ' + @t)", "empty x"),
        ],
    );
    check(
        Dialect::MySql,
        &[(
            "prepare",
            "set @s = concat('truncate table ', 'x'); prepare q from @s; execute q; deallocate prepare q;",
            "empty x",
        )],
    );
    check(
        Dialect::Snowflake,
        &[
            ("immediate", "begin execute immediate 'truncate table x; delete from y'; end;", "empty X\nempty Y"),
            (
                "JavaScript",
                "create procedure p() returns string language javascript as $$ var t = 'x'; snowflake.execute({sqlText: `truncate \
             table ${t}`}); $$",
                "empty X",
            ),
        ],
    );
}

#[test]
fn a_literal_that_begins_with_a_quote() {
    let text = "create procedure p(a int) begin set @s = concat('insert into t values (''', a, ''');'); prepare q from @s; \
                execute q; end;";
    assert_eq!(shown(Dialect::MySql, text), "bind s <- nothing\nappend t <- nothing\n");
}

#[test]
fn guards() {
    check(
        Dialect::Tsql,
        &[
            ("housekeeping", "if object_id('tempdb..#x') is not null drop table #x", "drop #x"),
            (
                "if and else",
                "create proc p @a int as if @a = 1 insert into t select a from s else truncate table t",
                "bind if_0_1 <- nothing\nif \"@a = 1\": append t <- s\nelse \"@a = 1\": empty t",
            ),
            (
                "leaving",
                "create proc p @a int as if @a is null return truncate table t",
                "bind if_0_1 <- nothing\nelse \"@a is null\": empty t",
            ),
        ],
    );
}

#[test]
fn values_of_variables() {
    let rows = [
        (Dialect::Tsql, "declare @a int = 1 + 1, @b date; set @b = getdate()", ""),
        (Dialect::Tsql, "declare @a int = 1; set @a = 2", ""),
        (
            Dialect::Tsql,
            "declare @a varchar(9) = 'x' + 'y', @d date = '2024-01-01'",
            "a varchar(9) = 'xy'; d date = '2024-01-01'",
        ),
        (
            Dialect::Postgres,
            "do $$ declare v int := 5; w constant text default 'x'; begin end $$",
            "v int = 5; w constant text = 'x'",
        ),
        (Dialect::BigQuery, "declare a, b int64 default 0;", "a  = 0; b int64 = 0"),
        (
            Dialect::Oracle,
            "create procedure p(a in out number, b out number, c date := sysdate) is begin null; end;",
            "a number = ; c date = sysdate",
        ),
        (Dialect::Snowflake, "begin let x int := 5; end;", "x int = 5"),
    ];
    for (dialect, text, expected) in rows {
        assert_eq!(params(dialect, text), expected, "{text}");
    }
}
