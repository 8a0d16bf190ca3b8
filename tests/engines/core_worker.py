"""Runs dbt Core over many projects in one process: JSON in, JSON out on the last line.

Its name must not begin with `dbt_`: dbt imports such files as plugins.
"""

import json
import os
import sys

os.environ.update(DBT_SEND_ANONYMOUS_USAGE_STATS="false", DO_NOT_TRACK="1")
from dbt.cli.main import dbtRunner  # noqa: E402


def failure(result):
    if result.success:
        return None
    if result.exception:
        return str(result.exception)
    bad = [one for one in getattr(result.result, "results", []) if str(one.status) not in ("success", "pass", "warn")]
    return "; ".join(f"{one.node.name}: {one.status} {one.message}" for one in bad) or "failed"


def check(job):
    folder = job["project"]
    os.environ["DUCKDB_PATH"] = job["duckdb"]
    os.chdir(folder)
    place = ["--project-dir", folder, "--profiles-dir", folder, "--quiet"]
    parsed = failure(dbtRunner().invoke(["--warn-error", "parse", "--target", "duckdb", *place]))
    if parsed:
        return f"parse --warn-error: {parsed}"
    built = failure(dbtRunner().invoke(["build", "--target", "duckdb", *place]))
    return f"build: {built}" if built else None


answers = {}
for job in json.load(sys.stdin):
    answers[job["name"]] = check(job)
print("\n" + json.dumps(answers))
