-- The rows that tests/transpile/rows.txt asks about, in SQL that PostgreSQL and DuckDB both take.
create table t (id integer, name varchar, city varchar, d date, ts timestamp, n integer, amount decimal(10, 2), s varchar);
insert into t values
    (1, 'Ann', 'Oslo', '2024-01-31', '2024-01-31 23:30:00', 7, 10.50, 'a,b'),
    (2, 'bob  ', null, '2024-02-29', '2024-02-29 00:15:00', 2, 3.25, ''),
    (3, null, 'Rome', null, null, null, null, null);
create table u (id integer, x integer, v varchar);
insert into u values (1, 5, 'p'), (1, 6, 'q'), (2, 7, 'r');
