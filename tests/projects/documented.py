"""The projects as dbt Core builds and documents them on DuckDB, with the fixtures' rows.

In: projects. Out: faults: what `dbt build` (unit tests among it) or `dbt docs generate` does not take, and models, columns that the catalog
shows, sources and exposures without a description. Prints how many unit tests ran, and how many columns the catalog holds.
"""

import json
import re
import subprocess

import checks
import place

# The rows of a fixture into the DuckDB file of its project, by the same code as the execution tests.
LOAD = """
import sys
sys.path.insert(0, sys.argv[1])
import duckdb, tables
from pathlib import Path
data = Path(sys.argv[3])
schema = data / "schema.sql"
connection = duckdb.connect(sys.argv[2])
tables.load_duckdb(connection, schema if schema.is_file() else None, data)
connection.close()
"""


# Tables that no script declares and that the project changes in place: their YAML has the keys that are tested, no more.
UNDECLARED = ("sql/postgres/merge_into_undeclared_table",)


def docs(projects, _options, _work):
    """Those that have rows and leave nothing to a person."""
    faults, whole = [], []
    for project in projects:
        if (project.input / "data").is_dir() and not left_to_a_person(project.folder):
            fault = load(project)
            faults += [(project.name, fault)] if fault else []
            whole += [] if fault else [project]
    built = checks.core(["build"], whole)
    faults += [(project.name, f"build: {built[str(project.folder)]}") for project in whole if built[str(project.folder)]]
    units = sum(unit_tests(project.folder) for project in whole)
    generated = checks.core(["docs", "generate"], whole)
    columns = 0
    for project in whole:
        failure = generated[str(project.folder)]
        if failure:
            faults.append((project.name, f"docs generate: {failure}"))
            continue
        faults += checks.undescribed(project)
        count, missing = shown(project.folder)
        columns += count
        faults += [(project.name, fault) for fault in missing if project.name not in UNDECLARED]
    print(f"built and documented: {len(whole)} projects with rows, {units} unit tests passed, {columns} columns in the catalogs")
    return faults


def left_to_a_person(folder):
    return any("raise_compiler_error" in path.read_text() for path in folder.glob("models/**/*.sql"))


def load(project):
    (project.folder / "warehouse.duckdb").unlink(missing_ok=True)
    engines = str(checks.Path(checks.__file__).resolve().parent.parent / "engines")
    command = [place.need("pandas2/bin/python"), "-c", LOAD, engines, str(project.folder / "warehouse.duckdb"), str(project.input / "data")]
    done = subprocess.run(command, capture_output=True, text=True)
    return f"rows: {done.stderr.strip().splitlines()[-1]}" if done.returncode else None


def unit_tests(folder):
    """How many passed in the last build."""
    results = json.loads((folder / "target/run_results.json").read_text())["results"]
    return sum(one["unique_id"].startswith("unit_test.") and one["status"] == "pass" for one in results)


def shown(folder):
    """How many columns the catalog shows, and those of models that have no description."""
    manifest = json.loads((folder / "target/manifest.json").read_text())
    catalog = json.loads((folder / "target/catalog.json").read_text())
    count, missing = 0, []
    for unique_id, node in catalog["nodes"].items():
        own = manifest["nodes"].get(unique_id, {})
        # What passes on every column of a source, or keeps those that its table has, has columns that no script declares; a model with no
        # column in its YAML has them too.
        if re.search(r"\*\s*,|\*\s+from|columns_of\(", own.get("raw_code", ""), re.IGNORECASE):
            continue
        described = {name.lower() for name, column in own.get("columns", {}).items() if column["description"].strip()}
        for name in node["columns"]:
            count += 1
            if described and name.lower() not in described:
                missing.append(f"catalog: {own.get('name')}.{name} has no description")
    return count, missing
