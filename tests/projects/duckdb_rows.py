"""Rows of a DuckDB file, read by the Python that has DuckDB."""

import json
import subprocess

import place

READ = """
import duckdb, json, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
tables = connection.execute("select table_schema, table_name from information_schema.tables order by 2").fetchall()
out = []
for schema, table in tables:
    if table.startswith(sys.argv[2]):
        cursor = connection.execute(f'select * from "{schema}"."{table}"')
        names = [column[0] for column in cursor.description]
        out += [[table, {name: None if value is None else str(value) for name, value in zip(names, row)}] for row in cursor.fetchall()]
print(json.dumps(out))
"""


def rows(database, prefix):
    """Pairs of a table's name and a row, for tables whose name begins so."""
    done = subprocess.run([place.need("core/bin/python"), "-c", READ, str(database), prefix], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)
