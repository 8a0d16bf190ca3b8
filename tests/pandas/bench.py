"""Runs scripts under pandas 2 and 3, and the dbt project that refract makes of them; compares what both write.

In: tables with rows, scripts that write to the schema `out` a table of their own name. Out: what differs, by script. Every
script of a batch goes into one project, so that dbt starts once.
"""

import collections
import datetime
import decimal
import json
import math
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "engines")]
import place  # noqa: E402
import projects  # noqa: E402

SQL_TYPES = {"int": "bigint", "float": "double precision", "text": "text", "time": "timestamp", "bool": "boolean"}
VERSIONS = ("pandas2", "pandas3")


def equal(left, right):
    if left is None or right is None:
        return left is right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return abs(left - right) <= 1e-9 * max(1.0, abs(left), abs(right))
    return left == right


def normal(value):
    """A value of an engine, as pandas' runner gives it."""
    if value is None or isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, (int, float, decimal.Decimal)):
        return float(value)
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f").removesuffix(".000000")
    if isinstance(value, datetime.date):
        return value.strftime("%Y-%m-%d 00:00:00")
    return value if isinstance(value, str) else str(value)


def key(row):
    return [(value is not None, isinstance(value, str), round(value, 6) + 0.0 if isinstance(value, float) else value if value is not None else 0) for value in row]


def difference(expected, columns, rows):
    """What differs between what pandas wrote and a relation; none when nothing does."""
    if expected["columns"] != columns:
        return f"columns {columns}, expected {expected['columns']}"
    want = sorted(([normal(value) for value in row] for row in expected["rows"]), key=key)
    have = sorted(([normal(value) for value in row] for row in rows), key=key)
    if len(want) != len(have):
        return f"{len(have)} rows, expected {len(want)}"
    for one, other in zip(want, have):
        if not all(equal(left, right) for left, right in zip(one, other)):
            return f"row {other}, expected {one}"
    return None


# What an engine calls the types.
TYPES = {
    "int8": "BIGINT", "int4": "INTEGER", "int2": "SMALLINT", "float8": "DOUBLE", "float4": "REAL", "text": "VARCHAR", "varchar": "VARCHAR", "timestamp": "TIMESTAMP",
    "bool": "BOOLEAN", "date": "DATE", "numeric": "DECIMAL", "interval": "INTERVAL",
}
WHOLE = ("BIGINT", "INTEGER", "SMALLINT")


def wrong_types(expected, types):
    """Columns whose types are not those that `to_sql` gives. Whole numbers of which some are missing stay whole numbers in
    the project, where pandas has made them floats."""
    found = []
    for at, (column, want, have) in enumerate(zip(expected["columns"], expected["types"], types)):
        values = [row[at] for row in expected["rows"]]
        stays_whole = want == "DOUBLE" and have in WHOLE and all(value is None or value == int(value) for value in values)
        # A constant takes the database's own width.
        same_kind = want in WHOLE and have in WHOLE
        if want and want != have and not stays_whole and not same_kind:
            found.append(f"{column} {have}, expected {want}")
    return f"types: {', '.join(found)}" if found else None


def ddl(tables):
    lines = ["create schema if not exists raw;"]
    for name, table in tables.items():
        required = table.get("required", [])
        columns = [f"{column} {SQL_TYPES[kind]}{' not null' if column in required else ''}" for column, kind in table["columns"].items()]
        lines.append(f"create table raw.{name} ({', '.join(columns)});")
    return "\n".join(lines)


def literal(value):
    if value is None:
        return "null"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)


def load(execute, tables):
    for line in ddl(tables).splitlines():
        execute(line)
    for name, table in tables.items():
        for row in table["rows"]:
            execute(f"insert into raw.{name} values ({', '.join(literal(value) for value in row)})")


class Bench:
    """Runs batches of scripts."""

    def __init__(self, binary, work, server, schema=True, version=None):
        self.version = version
        self.binary, self.work, self.server, self.schema = binary, Path(tempfile.mkdtemp(dir=work)), server, schema
        self.number = 0

    def pandas(self, tables, scripts):
        job = json.dumps({"tables": tables, "scripts": scripts})
        found = {}
        for version in VERSIONS:
            python = place.need(f"{version}/bin/python")
            done = subprocess.run([python, str(HERE / "runner.py")], input=job, capture_output=True, text=True)
            if done.returncode:
                sys.exit(done.stderr)
            found[version] = json.loads(done.stdout)
        return found

    def convert(self, tables, scripts):
        folder = self.work / "input"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name, text in scripts.items():
            (folder / f"{name}.py").write_text(text)
        (self.work / "schema.sql").write_text(ddl(tables))
        (self.work / "refract.toml").write_text(f"pandas = {self.version[-1]}\n" if self.version else "")
        project = self.work / "project"
        shutil.rmtree(project, ignore_errors=True)
        command = [self.binary, "convert", "input", "-o", str(project), "--format", "json"]
        if self.schema:
            command += ["--schema", "schema.sql"]
        done = subprocess.run(command, cwd=self.work, capture_output=True, text=True)
        if done.returncode not in (0, 1):
            sys.exit(f"refract: {done.stderr[-3000:]}")
        return project, json.loads(done.stdout)

    def build(self, project, tables, target):
        self.number += 1
        if target == "duckdb":
            import duckdb

            path = self.work / f"rows{self.number}.duckdb"
            connection = duckdb.connect(str(path))
            load(connection.execute, tables)
            connection.close()
            variables = {"DUCKDB_PATH": str(path)}
        else:
            database = f"{self.work.name}_{self.number}"
            self.server.create(database)
            connection = self.server.connect(database)
            load(connection.cursor().execute, tables)
            connection.close()
            variables = self.server.environment(database)
        log = ""
        try:
            projects.build(project, target, variables)
        except projects.Failed as failed:
            log = str(failed)
        if target == "duckdb":
            import duckdb

            connection = duckdb.connect(str(path))

            def fetch(name):
                result = connection.execute(f'select * from "out"."{name}"')
                return [column[0] for column in result.description], result.fetchall(), [str(column[1]) for column in result.description]
        else:
            connection = self.server.connect(database)

            def fetch(name):
                cursor = connection.cursor()
                cursor.execute(f'select typname from pg_attribute join pg_type on pg_type.oid = atttypid where attrelid = \'"out"."{name}"\'::regclass and attnum > 0 order by attnum')
                types = [TYPES.get(kind, kind) for (kind,) in cursor.fetchall()]
                cursor.execute(f'select * from "out"."{name}"')
                return [column[0] for column in cursor.description], cursor.fetchall(), types

        return fetch, log, connection

    def run(self, tables, scripts, target="duckdb", strict=False, expected=None):
        """Faults by script; and how many were left to a person, or refused by pandas: faults too when `strict`."""
        expected = expected or self.pandas(tables, scripts)
        usable = {name for name in scripts if not any("error" in expected[version][name] for version in VERSIONS)}
        counts = collections.Counter(broken=len(scripts) - len(usable))
        scripts = {name: text for name, text in scripts.items() if name in usable}
        if not scripts:
            return {}, counts, None
        project, report = self.convert(tables, scripts)
        manual = {Path(row["path"]).stem for row in report["account"]["rows"] if row["fate"] == "manual"}
        for row in report["account"]["rows"]:
            if row["fate"] == "manual":
                counts["manual: " + row["reason"][:80]] += 1
        fetch, log, connection = self.build(project, tables, target)
        # Where pandas 2 and 3 differ and a finding says so, one of the two is what the project follows.
        told = {Path(finding["path"]).stem for finding in report["findings"] if finding["code"] == "R310"}
        faults = {}
        if strict:
            reasons = {Path(row["path"]).stem: row["reason"] for row in report["account"]["rows"] if row["fate"] == "manual"}
            faults = {name: f"left to a person: {reasons[name]}" for name in manual}
            for version in VERSIONS:
                broken = {name: found["error"] for name, found in expected[version].items() if "error" in found}
                faults.update({name: f"{version}: {error}" for name, error in broken.items()})
        for name in sorted(usable - manual):
            if not strict and name not in expected[VERSIONS[0]][name]:
                continue
            try:
                columns, rows, types = fetch(name)
            except Exception as error:  # noqa: BLE001  a table that is not there is a fault like others
                faults[name] = f"{str(error).splitlines()[0]}\n{relevant(log, name)}"
                continue
            either = not strict and not self.version and name in told
            for version in [self.version] if self.version else VERSIONS:
                wanted = expected[version][name][name]
                found = difference(wanted, columns, rows)
                if not found and strict and self.schema:
                    found = wrong_types(wanted, types)
                if found:
                    faults[name] = f"{version}: {found}"
                if found and not either:
                    break
                if not found and either:
                    faults.pop(name, None)
                    break
        connection.close()
        counts["run"] = len(usable - manual)
        counts["manual"] = len(manual)
        return faults, counts, project


def relevant(log, name):
    """The lines of dbt's output that say why."""
    lines = [line for line in log.splitlines() if "rror" in line]
    return "\n".join(lines[:8])[-1500:]
