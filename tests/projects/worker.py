"""Runs one dbt Core command over many projects: words in, failures by folder out on the last line.

dbt and its adapter are loaded once. Where databases are opened, each project has a process of its own: DuckDB's adapter keeps the first
database that it has opened.
"""

import json
import multiprocessing
import os
import sys

import dbt.adapters.duckdb  # noqa: F401 - loaded before the processes part
from dbt.cli.main import dbtRunner


def run(folder):
    os.chdir(folder)
    place = ["--project-dir", folder, "--profiles-dir", folder, "--target", "duckdb", "--quiet"]
    result = dbtRunner().invoke([*sys.argv[1:], *place])
    bad = [one for one in getattr(result.result, "results", []) or [] if str(one.status) in ("error", "fail")]
    told = "; ".join(f"{one.node.name}: {one.message}" for one in bad)
    return None if result.success else str(result.exception or told or "failed")


if __name__ == "__main__":
    folders = json.load(sys.stdin)
    projects_a_process = None if "parse" in sys.argv else 1
    with multiprocessing.get_context("fork").Pool(1, maxtasksperchild=projects_a_process) as pool:
        failures = dict(zip(folders, pool.map(run, folders, chunksize=1)))
    print("\n" + json.dumps(failures))
