"""Cases: which databases, which original, which project, which rows must be equal.

In: jobs (a case's folder, its keys, its input, its emitted project). Out: the faults of each, as text. Expected tables are only
ever written from what the original left behind, never from what the project gives.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

import mariadb
import originals
import place
import projects
import tables

TARGETS = ("duckdb", "postgres")
# Scenario, folder of its rows, folder of what is expected. The second follows the first on the same databases.
FIRST, SECOND, EMPTY = ("data", "tables"), ("data_second", "tables_second"), (None, "tables_empty")


class Case:
    """One job with what it needs to run."""

    def __init__(self, job, server, maria, workers, work):
        self.name, self.folder = job["name"], Path(job["folder"])
        self.project, self.files = Path(job["project"]), [Path(path) for path in job["files"]]
        self.keys, self.update = job["keys"], job.get("update", False)
        self.server, self.maria, self.workers, self.work = server, maria, workers, Path(work)
        self.stem = "".join(letter if letter.isalnum() else "_" for letter in self.name.lower())
        self.faults = []

    def words(self, key, default=""):
        return self.keys.get(key, default).split()

    def engines(self):
        """What the original runs on: `postgres`, `mariadb`, `airflow`, `mixed` (PostgreSQL and pandas 2), `pandas2`, `pandas3`, or nothing."""
        return [name for name in self.words("engine", "postgres") if name != "none"]

    def calls(self):
        return [call.strip() for call in self.keys.get("call", "").split(";") if call.strip()]

    def schema(self):
        return self.folder / "data" / "schema.sql"

    def fault(self, text):
        self.faults.append(text)


def scenarios(case):
    """The scenarios of a case: chains of runs on the same databases."""
    first = [FIRST]
    if (case.folder / "data_second").is_dir() or case.keys.get("second"):
        first.append(SECOND)
    return [first, [EMPTY]] if case.keys.get("empty") else [first]


def rows_of(case, step):
    """The folder of rows that a run starts from; none leaves the rows as they are."""
    folder = case.folder / step[0] if step[0] else None
    return folder if folder and folder.is_dir() else None


def run_files(case, engine, database):
    """Every file of the original, SQL first: calls come after all of it, and before any Python."""
    scripts = [path for path in case.files if path.suffix != ".py"]
    if scripts:
        originals.run_sql(case.server, database, scripts, case.calls())
    for path in [path for path in case.files if path.suffix == ".py"]:
        text = path.read_text()
        if "airflow" in text and "DAG(" not in text and "@dag" not in text:
            continue
        name = "airflow2" if "airflow" in text else "pandas3" if engine == "pandas3" else "pandas2"
        case.workers.get(name).run(path, case.server.url(database))


def run_original(case, engine, steps, database):
    """Runs the original as often as there are steps; what each left behind, without what it did not touch."""
    if engine == "mariadb":
        return run_on_mariadb(case, steps)
    case.server.create(database)
    connection = case.server.connect(database)
    left = []
    try:
        for number, step in enumerate(steps):
            tables.load_postgres(connection, None if number else case.schema(), rows_of(case, step))
            before = tables.snapshot_postgres(connection)
            run_files(case, engine, database)
            after = tables.snapshot_postgres(connection)
            named = set(case.words("lasting")) or set(left[-1] if left else [])
            left.append({name: rows for name, rows in after.items() if before.get(name) != rows or name in named})
    finally:
        connection.close()
    return left


def run_on_mariadb(case, steps):
    """The same on MariaDB, where one case runs at a time."""
    maria, left = case.maria, []
    with maria.lock:
        maria.start()
        maria.clear()
        for number, step in enumerate(steps):
            connection = maria.connect()
            mariadb.load(connection, None if number else case.schema(), rows_of(case, step))
            before = mariadb.snapshot(connection)
            for text in [path.read_text() for path in case.files] + [call + ";" for call in case.calls()]:
                maria.client(text)
            after = mariadb.snapshot(connection)
            connection.close()
            named = set(case.words("lasting")) or set(left[-1] if left else [])
            left.append({name: rows for name, rows in after.items() if before.get(name) != rows or name in named})
    return left


def run_project(case, target, steps, stem, wanted):
    """Builds the project as often as there are steps; the wanted relations after each."""
    project = projects.copy(case.project, case.work / f"{stem}_{target}")
    connect, variables = database_of(case, target, stem)
    found = []
    for number, step in enumerate(steps):
        connection = connect()
        load = tables.load_duckdb if target == "duckdb" else tables.load_postgres
        load(connection, None if number else case.schema(), rows_of(case, step))
        connection.close()
        projects.build(project, target, variables)
        connection = connect()
        fetch = tables.fetch_duckdb if target == "duckdb" else tables.fetch_postgres
        found.append({relation: attempt(fetch, connection, relation) for relation in wanted[number]})
        connection.close()
    return found


def attempt(fetch, connection, relation):
    try:
        return fetch(connection, relation)
    except Exception as error:  # noqa: BLE001  a relation that is not there is a difference like others
        return f"(cannot be read: {str(error).splitlines()[0]})\n"


def database_of(case, target, stem):
    """A way to connect, and the variables for the emitted profile."""
    if target == "duckdb":
        path = case.work / f"{stem}.duckdb"
        path.unlink(missing_ok=True)
        return lambda: duckdb.connect(str(path)), {"DUCKDB_PATH": str(path)}
    case.server.create(f"{stem}_dbt")
    return lambda: case.server.connect(f"{stem}_dbt"), case.server.environment(f"{stem}_dbt")


def expected_of(case, step):
    """What must be there after a run. A second run that leaves the same as the first has no folder of its own."""
    folder = case.folder / "expected" / step[1]
    if step == SECOND and not folder.is_dir():
        folder = case.folder / "expected" / FIRST[1]
    return {name: path.read_text() for name, path in tables.data_files(folder)}


def write_expected(case, step, left):
    folder = case.folder / "expected" / step[1]
    shutil.rmtree(folder, ignore_errors=True)
    for name, rows in left.items():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.csv").write_text(rows)


def compare(case, what, expected, actual):
    for name in sorted(expected.keys() | actual.keys()):
        if name not in actual:
            case.fault(f"{what}: {name} is not there")
        elif name not in expected:
            case.fault(f"{what}: {name} is not expected:\n{actual[name][:300]}")
        else:
            text = tables.difference(expected[name], actual[name])
            if text:
                case.fault(f"{what}: {name}: {text}")


def run_chain(case, steps):
    """The original on each of its engines, then the project on each target, against the same expectation."""
    stem = f"{case.stem}_{steps[0][1]}"
    wanted = [expected_of(case, step) for step in steps]
    for number, engine in enumerate(case.engines()):
        left = run_original(case, engine, steps, f"{stem}_{engine}"[-60:])
        if (case.update or not any(wanted)) and number == 0:
            wanted = left
            for step, rows in zip(steps, left):
                if case.update:
                    write_expected(case, step, rows if step != SECOND or rows != left[0] else {})
        for step, expected, actual in zip(steps, wanted, left):
            compare(case, f"original on {engine}, {step[1]}", expected, actual)
    if not all(wanted):
        case.fault("no relation is expected: the original left nothing behind, or expected/tables is missing")
    for target in case.words("targets", "duckdb" if "mariadb" in case.engines() else " ".join(TARGETS)):
        found = run_project(case, target, steps, stem[-55:], wanted)
        for step, expected, actual in zip(steps, wanted, found):
            compare(case, f"project on {target}, {step[1]}", expected, actual)


def run_case(case):
    start = time.time()
    for steps in scenarios(case):
        try:
            run_chain(case, steps)
        except (originals.Failed, mariadb.Failed, projects.Failed) as error:
            case.fault(str(error))
        except Exception as error:  # noqa: BLE001  one broken case must not hide the others
            case.fault(f"{type(error).__name__}: {error}")
    return {"name": case.name, "faults": case.faults, "seconds": round(time.time() - start, 1)}


def run_core(cases):
    """The cases that ask for it, through dbt Core."""
    jobs = []
    for case in cases:
        if case.keys.get("core"):
            path = case.work / f"{case.stem}_core.duckdb"
            connection = duckdb.connect(str(path))
            tables.load_duckdb(connection, case.schema(), rows_of(case, FIRST))
            connection.close()
            project = projects.copy(case.project, case.work / f"{case.stem}_core")
            jobs.append({"name": case.name, "project": str(project), "duckdb": str(path)})
    return projects.core(jobs)


def run_all(jobs):
    workers, maria = originals.Workers(), mariadb.Server()
    with place.Server() as server, tempfile.TemporaryDirectory(prefix="refract-cases-") as work:
        cases = [Case(job, server, maria, workers, work) for job in jobs]
        with ThreadPoolExecutor(max_workers=3) as pool:
            core = pool.submit(run_core, cases)
            results = list(pool.map(run_case, cases))
            for name, failure in core.result().items():
                if failure:
                    next(result for result in results if result["name"] == name)["faults"].append(f"dbt Core: {failure}")
        workers.close()
        maria.close()
    return results


def by_hand(options):
    kinds = {".sql": "postgres"}
    engine = options.engine or kinds.get(Path(options.legacy[0]).suffix, "pandas2 pandas3")
    keys = {"engine": engine, "call": ";".join(options.call), "targets": options.targets}
    if engine == "mariadb":
        keys["targets"] = "duckdb"
    if options.second:
        keys["second"] = "yes"
    if options.core:
        keys["core"] = "yes"
    folder = Path(tempfile.mkdtemp(prefix="refract-hand-"))
    shutil.copytree(options.data, folder / "data")
    job = {"name": "by hand", "folder": str(folder), "project": options.project, "files": options.legacy, "keys": keys}
    (result,) = run_all([job])
    shutil.rmtree(folder)
    print("\n".join(result["faults"]) or "equal")
    return 1 if result["faults"] else 0


def main(words):
    options = argparse.ArgumentParser(prog="tests/engines/run")
    options.add_argument("--jobs")
    options.add_argument("--legacy", nargs="+")
    options.add_argument("--data")
    options.add_argument("--project")
    options.add_argument("--call", action="append", default=[])
    options.add_argument("--engine")
    options.add_argument("--targets", default="duckdb postgres")
    options.add_argument("--second", action="store_true")
    options.add_argument("--core", action="store_true")
    options = options.parse_args(words)
    if not options.jobs:
        return by_hand(options)
    results = run_all(json.loads(Path(options.jobs).read_text()))
    print(json.dumps(results))
    return 1 if any(result["faults"] for result in results) else 0


if __name__ == "__main__":
    sys.exit("this is a part of tests/engines/run")
