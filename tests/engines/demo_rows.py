"""The rows of the demo: `load DATABASE FOLDER` puts them into DuckDB, `show DATABASE` prints what is there."""

import sys
from pathlib import Path

import duckdb

import tables


def show(connection):
    kinds = dict(connection.execute("select table_schema || '.' || table_name, table_type from information_schema.tables").fetchall())
    width = max(len(name) for name in kinds)
    for name in sorted(kinds):
        (rows,) = connection.execute(f"select count(*) from {tables.quoted(name)}").fetchone()
        print(f"{name:<{width}}  {'view ' if kinds[name] == 'VIEW' else 'table'}  {rows:>4} rows")


if __name__ == "__main__":
    command, database, *rest = sys.argv[1:]
    with duckdb.connect(database) as open_database:
        if command == "load":
            tables.load_duckdb(open_database, Path(rest[0]) / "schema.sql", rest[0])
        else:
            show(open_database)
