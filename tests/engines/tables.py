"""Rows: loading them from CSV, fetching them, and comparing them as multisets.

In: `data/schema.sql` and `data/<schema>.<table>.csv`. Out: tables as text that can be compared and read: a header, then
sorted rows; text in quotes, numbers and dates bare, NULL as nothing. In data files an empty cell is NULL and `""` is the
empty string, as PostgreSQL's COPY has it.
"""

import datetime
import decimal
import math
from collections import Counter
from pathlib import Path

DUCKDB_RELATIONS = """
select table_schema, table_name from information_schema.tables where table_catalog = current_database()
order by 1, 2"""
POSTGRES_RELATIONS = """
select table_schema, table_name from information_schema.tables
where table_schema not in ('pg_catalog', 'information_schema') and table_schema not like 'pg\\_%' order by 1, 2"""


def data_files(folder):
    """Relation and file of each CSV in a folder."""
    return [(path.name.removesuffix(".csv"), path) for path in sorted(Path(folder).glob("*.csv"))]


def quoted(relation):
    return ".".join('"' + part.replace('"', '""') + '"' for part in relation.split("."))


def load_postgres(connection, schema, data):
    """Makes the tables, and fills them anew from a folder of CSV files; `data` may be none."""
    with connection.cursor() as cursor:
        if schema:
            cursor.execute(Path(schema).read_text())
        for relation, path in data_files(data) if data else []:
            cursor.execute(f"truncate {quoted(relation)} cascade")
            with open(path) as file:
                cursor.copy_expert(f"copy {quoted(relation)} from stdin (format csv, header true)", file)


def load_duckdb(connection, schema, data):
    """The same for DuckDB."""
    if schema:
        connection.execute(Path(schema).read_text())
    for relation, path in data_files(data) if data else []:
        connection.execute(f"delete from {quoted(relation)}")
        options = "header = true, all_varchar = true, nullstr = '', allow_quoted_nulls = false, delim = ',', quote = '\"'"
        connection.execute(f"insert into {quoted(relation)} select * from read_csv('{path}', {options})")


def cell(value):
    """A value as it stands in an expected table."""
    if value is None or isinstance(value, float) and math.isnan(value):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, decimal.Decimal)):
        return number(value)
    if isinstance(value, datetime.datetime):
        if value.tzinfo:
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return value.isoformat(sep=" ")
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, str):
        return '"' + value.replace('"', '""').replace("\n", "\\n") + '"'
    return repr(value)


def number(value):
    """Ten digits: what a sum of doubles and a sum of decimals agree on."""
    if isinstance(value, int):
        return str(value)
    text = format(float(value), ".10g")
    whole = math.isfinite(float(text)) and float(text).is_integer() and abs(float(text)) < 1e15
    return str(int(float(text))) if whole else text


def table(columns, rows):
    """A table as text."""
    lines = sorted(",".join(cell(value) for value in row) for row in rows)
    return "\n".join([",".join(columns), *lines]) + "\n"


def fetch_postgres(connection, relation):
    with connection.cursor() as cursor:
        cursor.execute(f"select * from {quoted(relation)}")
        return table([column.name for column in cursor.description], cursor.fetchall())


def fetch_duckdb(connection, relation):
    result = connection.execute(f"select * from {quoted(relation)}")
    return table([column[0] for column in result.description], result.fetchall())


def relations_postgres(connection):
    with connection.cursor() as cursor:
        cursor.execute(POSTGRES_RELATIONS)
        return [".".join(row) for row in cursor.fetchall()]


def snapshot_postgres(connection):
    """Every relation of a database with its rows."""
    return {relation: fetch_postgres(connection, relation) for relation in relations_postgres(connection)}


def difference(expected, actual):
    """What differs between two tables as text, in a few lines; none when they are equal."""
    if expected == actual:
        return None
    old, new = expected.rstrip("\n").split("\n"), actual.rstrip("\n").split("\n")
    if old[0] != new[0]:
        return f"columns are {new[0]}, expected {old[0]}"
    missing, extra = Counter(old[1:]) - Counter(new[1:]), Counter(new[1:]) - Counter(old[1:])
    lines = [f"{sum(missing.values())} rows missing, {sum(extra.values())} too many; columns {old[0]}"]
    lines += [f"  missing {row}" for row in sorted(missing.elements())[:4]]
    lines += [f"  too many {row}" for row in sorted(extra.elements())[:4]]
    return "\n".join(lines)
