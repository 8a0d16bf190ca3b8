"""Runs one dbt Core command over many projects in one process: words in, failures by folder out on the last line."""

import json
import os
import sys

from dbt.cli.main import dbtRunner

failures = {}
for folder in json.load(sys.stdin):
    os.chdir(folder)
    place = ["--project-dir", folder, "--profiles-dir", folder, "--target", "duckdb", "--quiet"]
    result = dbtRunner().invoke([*sys.argv[1:], *place])
    bad = [one for one in getattr(result.result, "results", []) or [] if str(one.status) in ("error", "fail")]
    told = "; ".join(f"{one.node.name}: {one.message}" for one in bad)
    failures[folder] = None if result.success else str(result.exception or told or "failed")
print("\n" + json.dumps(failures))
