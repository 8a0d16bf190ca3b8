//! Where statements begin and end, by dialect.

use super::*;

fn check(dialect: Dialect, rows: &[(&str, &str, &str)]) {
    for (what, text, expected) in rows {
        assert_eq!(cut(dialect, text), *expected, "{what}");
    }
}

const POSTGRES: &[(&str, &str, &str)] = &[
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
        "do $x$ declare v int := 1; begin if v = case when true then 1 else 2 end then delete from t; elsif v = 2 \
             then perform f(); else null; end if; for r in select a from s loop insert into t values (r.a); end loop; \
             exception when others then raise; end $x$;",
        "a: do | v int := 1 | if v = case when true then 1 else 2 end then | delete from t | elsif v = 2 then | \
             perform f() | null | for r in select a from s loop | insert into t values (r.a) | when others then | raise",
    ),
    (
        "a transaction is no block",
        "begin; insert into t select 1; commit;",
        "a: begin | insert into t select 1 | commit",
    ),
    (
        "dollars within a string and tags within tags",
        "create function f() returns text as $f$ begin execute $q$ select '$$;' $q$; end $f$ language plpgsql",
        "f: create function f() returns text as | execute $q$ select '$$;' $q$",
    ),
    (
        "two procedures and text behind",
        "create procedure p() language plpgsql as $$ begin delete from a; end $$;\ncreate procedure s.q() language \
             plpgsql as $$ begin delete from b; end $$;\ncall p();",
        "p: create procedure p() language plpgsql as | delete from a\ns.q: create procedure s.q() language plpgsql as \
             | delete from b\na: call p()",
    ),
    (
        "labels, nested blocks, CASE statements, EXIT",
        "do $$ <<l>> begin begin case v when 1 then delete from t; else null; end case; end; loop exit l when x; end \
             loop l; end l $$",
        "a: do | case v when 1 then | delete from t | null | loop | exit l when x",
    ),
    (
        "columns named like blocks",
        "do $$ begin select a.end, b.case from t; end $$",
        "a: do | select a.end, b.case from t",
    ),
    (
        "an SQL body without quotes",
        "create function f() returns int language sql begin atomic select 1; select 2; end; select 3",
        "f: create function f() returns int language sql | select 1 | select 2\na: select 3",
    ),
    ("psql", "\\set x 'it\nselect 1;\n\\i b.sql\nselect 2", "a: \\set x 'it | select 1 | \\i b.sql | select 2"),
    (
        "rows of COPY",
        "copy t from stdin;\n1\tit's; begin\n\\.\nselect 1",
        "a: copy t from stdin | 1\tit's; begin\n\\. | select 1",
    ),
    ("empty body", "create procedure p() as $$ begin end $$ language plpgsql", "p: create procedure p() as"),
    (
        "no semicolon before the next",
        "create procedure p() as $$ begin null; end $$ language plpgsql\ncall p()",
        "p: create procedure p() as | null\na: call p()",
    ),
    ("non-ASCII and CRLF", "\u{feff}select 'ä;€'\r\n; -- ö;\r\nselect \"Ü;\"", "a: select 'ä;€' | select \"Ü;\""),
    ("a quote that is not closed ends with its line", "select 'a\n; select 2", "a: select 'a | select 2"),
    (
        "unknown table function",
        "create table t (a int); comment on table t is 'x;y'",
        "a: create table t (a int) | comment on table t is 'x;y'",
    ),
];

#[test]
fn postgres() {
    check(Dialect::Postgres, POSTGRES);
}

const TSQL: &[(&str, &str, &str)] = &[
    (
        "IF after END, BULK INSERT",
        "if 1 = 1 begin select 1 end if db_id() < 5 begin select 2 end else begin select 3 end if (select 1) < 2 bulk \
         insert t from 'f' with (firstrow = 2)",
        "a: if 1 = 1 | select 1 | if db_id() < 5 | select 2 | select 3 | if (select 1) < 2 | bulk insert t from 'f' with \
         (firstrow = 2)",
    ),
    (
        "no semicolons",
        "create proc p @a int = 1, @b varchar(10) output as set nocount on insert into t (a) select a from s union \
             all select 1 update t set a = 2 from t join s on s.a = t.a delete t where a = 1 exec q @a = 1\nGO\nselect 1",
        "p: create proc p @a int = 1, @b varchar(10) output as | set nocount on | insert into t (a) select a from s \
             union all select 1 | update t set a = 2 from t join s on s.a = t.a | delete t where a = 1 | exec q @a = 1\n\
             a: select 1",
    ),
    (
        "merge, with, case",
        "with x as (select 1 a) merge t using x on t.a = x.a when matched then update set b = case when 1 = 1 then 2 \
             end when not matched then insert (a) values (x.a) when not matched by source then delete; select 2",
        "a: with x as (select 1 a) merge t using x on t.a = x.a when matched then update set b = case when 1 = 1 \
             then 2 end when not matched then insert (a) values (x.a) when not matched by source then delete | select 2",
    ),
    (
        "try, if, while",
        "begin try if exists (select 1 from t) begin truncate table t end else drop table if exists u while @i < 3 \
             begin set @i += 1 end end try begin catch print 'x' throw end catch",
        "a: if exists (select 1 from t) | truncate table t | drop table if exists u | while @i < 3 | set @i += 1 | \
             begin catch | print 'x' | throw",
    ),
    (
        "an insert takes one source",
        "insert into t select 1 select 2 insert t (a) values (1) select 3 insert t exec p select 4 insert t default \
             values select 5 insert into t (a) (select 6) select 7",
        "a: insert into t select 1 | select 2 | insert t (a) values (1) | select 3 | insert t exec p | select 4 | \
             insert t default values | select 5 | insert into t (a) (select 6) | select 7",
    ),
    (
        "WITH of hints and WITH of queries",
        "select a from t with (nolock) group by a with rollup with c as (select 1 x) select x from c ;with d(x) as \
             (select 1) update d set x = 2 select 3",
        "a: select a from t with (nolock) group by a with rollup | with c as (select 1 x) select x from c | with d(x) \
             as (select 1) update d set x = 2 | select 3",
    ),
    (
        "cursors",
        "declare c cursor local fast_forward for select a from t open c fetch next from c into @a while \
             @@fetch_status = 0 begin insert u values (@a) fetch next from c into @a end close c deallocate c select a \
             from t order by a offset 0 rows fetch next 5 rows only",
        "a: declare c cursor local fast_forward for select a from t | open c | fetch next from c into @a | while \
             @@fetch_status = 0 | insert u values (@a) | fetch next from c into @a | close c | deallocate c | select a \
             from t order by a offset 0 rows fetch next 5 rows only",
    ),
    (
        "alter, foreign keys, grants",
        "alter table t add constraint k foreign key (a) references u (a) on delete cascade on update set null alter \
             table t drop column b alter table t alter column c int grant select, insert on t to x drop table if exists u",
        "a: alter table t add constraint k foreign key (a) references u (a) on delete cascade on update set null | \
             alter table t drop column b | alter table t alter column c int | grant select, insert on t to x | drop \
             table if exists u",
    ),
    (
        "create view and function",
        "create view v as with c as (select 1 a) select a from c\ngo\ncreate function f(@a int) returns table as \
             return (select a from t where a = @a)\ngo\ncreate or alter procedure dbo.p (@a int) with execute as owner \
             as begin select 1 end",
        "a: create view v as with c as (select 1 a) select a from c\nf: create function f(@a int) returns table as | \
             return (select a from t where a = @a)\ndbo.p: create or alter procedure dbo.p (@a int) with execute as \
             owner as | select 1",
    ),
    (
        "nested if and else",
        "if @a = 1 if @b = 2 select 1 else select 2 else begin select 3 end select 4",
        "a: if @a = 1 | if @b = 2 | select 1 | select 2 | select 3 | select 4",
    ),
    (
        "transactions are no blocks",
        "begin tran begin insert t select 1 end commit tran if @@trancount > 0 rollback transaction select 1",
        "a: begin tran | insert t select 1 | commit tran | if @@trancount > 0 | rollback transaction | select 1",
    ),
    (
        "brackets",
        "select [a;b], [c]]d] from [begin] where x = 'go' select 2",
        "a: select [a;b], [c]]d] from [begin] where x = 'go' | select 2",
    ),
    ("labels and goto", "retry: select 1\ngoto retry", "a: select 1 | goto retry"),
    (
        "GO in a column",
        "select 1 go_x from t\ngo 5\nselect 2\n  GO -- x\nselect 3",
        "a: select 1 go_x from t | select 2 | select 3",
    ),
    ("empty and cut off", "create proc p as begin", "p: create proc p as"),
    (
        "declare with queries",
        "declare @a int = (select max(a) from t), @b date select @a = 1 declare @t table (a int) insert @t select 1",
        "a: declare @a int = (select max(a) from t), @b date | select @a = 1 | declare @t table (a int) | insert @t select 1",
    ),
    (
        "update with output and case",
        "update t set a = case when b = 1 then 2 else 3 end output deleted.a into @x where b = 2 delete from x output deleted.*",
        "a: update t set a = case when b = 1 then 2 else 3 end output deleted.a into @x where b = 2 | delete from x output deleted.*",
    ),
    (
        "WITH behind the columns of an INSERT",
        "insert into t (a) with c as (select 1 as a) select a from c insert into u (b) select 1 with d as (select 2 as b) \
             insert into v select b from d",
        "a: insert into t (a) with c as (select 1 as a) select a from c | insert into u (b) select 1 | with d as (select 2 \
             as b) insert into v select b from d",
    ),
];

#[test]
fn tsql() {
    check(Dialect::Tsql, TSQL);
}

const SNOWFLAKE: &[(&str, &str, &str)] = &[
    (
        "a body in dollars",
        "create or replace procedure p(d date default current_date()) returns varchar language sql execute as caller \
             as $$ declare n int default 0; rs resultset; begin let x := 1; if (n = 0) then insert into t select :x; \
             elseif (n = 1) then delete from t; end if; for r in rs do update t set a = r.a; end for; return 'ok'; \
             exception when other then return sqlerrm; end; $$;",
        "P: create or replace procedure p(d date default current_date()) returns varchar language sql execute as \
             caller as | n int default 0 | rs resultset | let x := 1 | if (n = 0) then | insert into t select :x | elseif \
             (n = 1) then | delete from t | for r in rs do | update t set a = r.a | return 'ok' | when other then | \
             return sqlerrm",
    ),
    (
        "a bare body and one in quotes",
        "create procedure p() returns int language sql as begin truncate table t; return 1; end; create procedure q() \
             returns int language sql as 'begin insert into t select ''a;b''; end'; call p();",
        "P: create procedure p() returns int language sql as | truncate table t | return 1\nQ: create procedure q() \
             returns int language sql as | insert into t select ''a;b''\na: call p()",
    ),
    (
        "anonymous blocks and transactions",
        "begin; insert into t select 1; commit; begin transaction; rollback; execute immediate $$ begin delete from t; \
             end $$; declare x int; begin x := 1; end;",
        "a: begin | insert into t select 1 | commit | begin transaction | rollback | execute immediate $$ begin delete \
             from t; end $$ | x int | x := 1",
    ),
    (
        "JavaScript",
        "create procedure p() returns string language javascript as $$ var s = 'delete ' + 'from t'; \
             snowflake.execute({sqlText: s}); // it's\n return 'x'; $$",
        "P: create procedure p() returns string language javascript as | var s = 'delete ' + 'from t'; \
             snowflake.execute({sqlText: | s | }); // it's\n return 'x';",
    ),
    (
        "loops, tasks, comments with slashes",
        "// it's\ncreate task k warehouse = w schedule = '5 minute' as insert into t select 1; begin while (i < 3) do i \
             := i + 1; end while; repeat i := i - 1; until (i = 0) end repeat; case (i) when 1 then select 1; end; end;",
        "K: create task k warehouse = w schedule = '5 minute' as | insert into t select 1\na: while (i < 3) do | i := i \
             + 1 | repeat | i := i - 1 | until (i = 0) | case (i) when 1 then | select 1",
    ),
];

#[test]
fn snowflake() {
    check(Dialect::Snowflake, SNOWFLAKE);
}

const BIGQUERY: &[(&str, &str, &str)] = &[
    (
        "a script",
        "declare d date default current_date(); set d = (select max(a) from `p.d.t`); begin if d is null then insert \
             into t select 1; elseif true then select 2; end if; exception when error then select @@error.message; end; \
             for r in (select a from t) do call p(r.a); end for; while i < 3 do set i = i + 1; end while; loop break; end \
             loop;",
        "a: declare d date default current_date() | set d = (select max(a) from `p.d.t`) | if d is null then | insert \
             into t select 1 | elseif true then | select 2 | when error then | select @@error.message | for r in (select a \
             from t) do | call p(r.a) | while i < 3 do | set i = i + 1 | loop | break",
    ),
    (
        "procedures, options, functions, tripled quotes",
        "create or replace procedure `p.d.q`(in a int64, out b array<struct<x int64, y string>>) options (strict_mode = \
             false) begin select '''it's; \"x\"'''; end; create function f(x int64) as (x + 1); begin transaction; commit \
             transaction;",
        "p.d.q: create or replace procedure `p.d.q`(in a int64, out b array<struct<x int64, y string>>) options \
             (strict_mode = false) | select '''it's; \"x\"'''\na: create function f(x int64) as (x + 1) | begin transaction \
             | commit transaction",
    ),
];

#[test]
fn bigquery() {
    check(Dialect::BigQuery, BIGQUERY);
}

const MYSQL: &[(&str, &str, &str)] = &[
    (
        "delimiters and handlers",
        "DELIMITER $$\ncreate definer=`root`@`localhost` procedure p(in a int, out b varchar(10)) sql security invoker \
             begin declare done int default 0; declare c cursor for select x from t; declare continue handler for not \
             found set done = 1; declare exit handler for sqlexception, sqlstate '23000' begin rollback; end; l: loop \
             fetch c into a; if done then leave l; end if; end loop l; end$$\nDELIMITER ;\ncall p(1, @x);",
        "a: DELIMITER $$ | DELIMITER ; | call p(1, @x)\np: create definer=`root`@`localhost` procedure p(in a int, out b varchar(10)) sql security invoker | declare \
             done int default 0 | declare c cursor for select x from t | declare continue handler for not found | set done \
             = 1 | declare exit handler for sqlexception, sqlstate '23000' | rollback | loop | fetch c into a | if done \
             then | leave l",
    ),
    (
        "a body of one statement, comments, escapes",
        "# it's\ncreate procedure p() insert into t select 'it\\'s; x', \"a;b\"; -- x;\nselect 2",
        "p: create procedure p() | insert into t select 'it\\'s; x', \"a;b\"\na: select 2",
    ),
    (
        "slashes as delimiter, repeat, while",
        "delimiter //\ncreate procedure p() begin repeat set i = 1; until i > 3 end repeat; while i < 2 do set i = 2; end \
             while; end //\ncreate procedure q() begin select a/b; end//",
        "a: delimiter //\np: create procedure p() | repeat | set i = 1 | until i > 3 | while i < 2 do | set i = 2\nq: create procedure q() \
             | select a/b",
    ),
];

#[test]
fn mysql() {
    check(Dialect::MySql, MYSQL);
}

const ORACLE: &[(&str, &str, &str)] = &[
    (
        "a procedure",
        "create or replace procedure p(a in number, b out varchar2, c date default sysdate) is v number := 1; cursor cu \
             is select x from t; begin for r in cu loop insert into u values (r.x); end loop; for i in 1..10 loop null; end \
             loop; execute immediate 'truncate table t'; exception when no_data_found then null; when others then raise; \
             end p;\n/\nselect 1 from dual;",
        "P: create or replace procedure p(a in number, b out varchar2, c date default sysdate) is | v number := 1 | \
             cursor cu is select x from t | for r in cu loop | insert into u values (r.x) | for i in 1..10 loop | null | \
             execute immediate 'truncate table t' | when no_data_found then | null | when others then | raise\na: select 1 \
             from dual",
    ),
    (
        "a package body",
        "create or replace package body s.k as g number := 0; procedure a is begin delete from t; end a; function b(x \
             number) return number is y number; begin return x; end b; procedure f(x number); end k;\n/",
        "S.K: create or replace package body s.k as | g number := 0 | procedure f(x number)\nS.K.A: procedure a is | \
             delete from t\nS.K.B: function b(x number) return number is | y number | return x",
    ),
    (
        "quote operators, hints, anonymous blocks, SQL*Plus",
        "set serveroutput on\nprompt it's\ndeclare v varchar2(9) := q'[it's;]'; begin insert /*+ append */ into t select \
             1 from dual; p(v); end;\n/\n@b.sql",
        "a: set serveroutput on | prompt it's | v varchar2(9) := q'[it's;]' | insert /*+ append */ into t select 1 from \
             dual | p(v) | @b.sql",
    ),
];

#[test]
fn oracle() {
    check(Dialect::Oracle, ORACLE);
}

const DATABRICKS: &[(&str, &str, &str)] = &[
    (
        "a notebook",
        "-- Databricks notebook source\n-- MAGIC %md\n-- MAGIC # it's\n\n-- COMMAND ----------\n\ncreate or replace table t \
             as select 1\n\n-- COMMAND ----------\n-- MAGIC %python\n-- MAGIC df = 1\n-- COMMAND ----------\nselect \"a;b\"",
        "a: -- MAGIC %md\n-- MAGIC # it's | create or replace table t as select 1 | -- MAGIC %python\n-- MAGIC df = 1 | \
             select \"a;b\"",
    ),
    (
        "scripting",
        "create procedure p(in a int) language sql as begin declare x int default 1; declare exit handler for sqlexception \
             begin select 1; end; if x = 1 then insert into t select 1; end if; for r as select a from t do select r.a; end \
             for; end;",
        "p: create procedure p(in a int) language sql as | declare x int default 1 | declare exit handler for sqlexception \
             | select 1 | if x = 1 then | insert into t select 1 | for r as select a from t do | select r.a",
    ),
];

#[test]
fn databricks() {
    check(Dialect::Databricks, DATABRICKS);
}

#[test]
fn templates() {
    let fragment = |text: &str| Fragment::exact(text, Span::new(SourceId(0), 0, text.len()));
    let text = "insert into {{ params.t }} select ';{{ \"it's;\" }}' from s where d = '{{ ds }}' {% if a; %}; select 2";
    let read = read_text(&fragment(text), Dialect::Postgres);
    let rows: Vec<&str> = read.statements.iter().map(|row| &text[row.span.range()]).collect();
    assert_eq!(rows, ["insert into {{ params.t }} select ';{{ \"it's;\" }}' from s where d = '{{ ds }}'", "select 2"]);
}
