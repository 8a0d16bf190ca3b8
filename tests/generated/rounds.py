"""Rounds: many cases at once, in one database and one dbt project, and what came of each.

In: cases. Out: for each `equal`, `manual`, `fails` (the original does not run) or what differs. Each case has a schema of its
own, so that hundreds share one project: `dbt build` takes half a second however many there are.
"""

import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import place
import projects
import psycopg2
import scripts
import tables

BINARY = Path(__file__).resolve().parents[2] / "target/debug/refract"


class Round:
    """A server and a folder for the rounds of one process."""

    def __init__(self, server, work):
        self.server, self.work = server, Path(work)
        self.number = 0

    def outcomes(self, cases):
        """What came of each case, by its schema."""
        self.number += 1
        folder = self.work / f"round{self.number}"
        (folder / "input").mkdir(parents=True)
        found = self.originals(cases, f"original_{self.number}")
        outcome = {name: left for name, left in found.items() if isinstance(left, str)}
        running = [case for case in cases if case.prefix not in outcome]
        while running:
            manual, owners = self.convert(folder, running)
            outcome.update(manual)
            if not manual:
                break
            running = [case for case in running if case.prefix not in manual]
        if running:
            outcome.update(self.projects(folder, running, owners, found))
        return outcome

    # The original.

    def originals(self, cases, database):
        """What each case leaves after each run, or why it does not run."""
        self.server.create(database)
        found = {}
        connection = self.server.connect(database)
        for case in cases:
            self.tables(connection, case)
            found[case.prefix] = []
            for run in (0, 1):
                self.rows(connection, case, run)
                failure = self.script(database, case, run)
                if failure:
                    found[case.prefix] = f"fails: {failure}"
                    break
                found[case.prefix].append(left_in(connection, case.prefix))
        connection.close()
        return found

    def script(self, database, case, run):
        """Runs the script in a session of its own."""
        connection = self.server.connect(database)
        try:
            cursor = connection.cursor()
            if run == 0 or not case.call():
                cursor.execute(case.text())
            if case.call():
                cursor.execute(case.call())
        except psycopg2.Error as error:
            return str(error).splitlines()[0]
        finally:
            connection.close()

    def tables(self, connection, case):
        cursor = connection.cursor()
        cursor.execute(f"create schema {case.prefix}")
        for relation in case.sources + case.targets:
            cursor.execute(relation.ddl())

    def rows(self, connection, case, run):
        cursor = connection.cursor()
        for name, rows in case.rows[run].items():
            cursor.execute(f"truncate {name}")
            for row in rows:
                cursor.execute(f"insert into {name} values ({', '.join(['%s'] * len(row))})", row)

    # The project.

    def convert(self, folder, cases):
        """Writes one project of all cases; those with anything manual, and the case of each model."""
        for old in (folder / "input").iterdir():
            old.unlink()
        for case in cases:
            (folder / "input" / f"{case.prefix}.sql").write_text(case.text())
        ddl = [f"{relation.ddl()};" for case in cases for relation in case.sources + case.targets]
        (folder / "ddl.sql").write_text("\n".join(ddl) + "\n")
        command = [BINARY, "convert", "input", "--schema", "ddl.sql", "-o", "project", "--format", "json", "--force"]
        done = subprocess.run([*command, "--dialect", "postgres"], cwd=folder, capture_output=True, text=True)
        if "no step that could become a model" in done.stderr:
            return {case.prefix: "manual: no model" for case in cases}, {}
        if done.returncode:
            sys.exit(f"convert failed: {done.stderr}")
        report = json.loads(done.stdout)
        manual = {}
        for row in report["account"]["rows"]:
            if row["fate"] == "manual":
                manual.setdefault(Path(row["path"]).stem, f"manual: {row['reason']}")
        owners = {model["name"]: Path(model["origin"][0]["path"]).stem for model in report["models"] if model["origin"]}
        return manual, owners

    def projects(self, folder, cases, owners, found):
        database = f"project_{self.number}"
        self.server.create(database)
        connection = self.server.connect(database)
        outcome = {}
        for run in (0, 1):
            for case in cases:
                if run == 0:
                    self.tables(connection, case)
                self.rows(connection, case, run)
            errors = self.build(folder / "project", database, owners)
            for case in cases:
                fault = self.compare(connection, case, found[case.prefix][run])
                if fault and case.prefix not in outcome:
                    said = "\n".join(errors.get(case.prefix, []))
                    outcome[case.prefix] = f"run {run + 1}: {fault}\n{said}".strip()
        connection.close()
        return {case.prefix: outcome.get(case.prefix, "equal") for case in cases}

    def build(self, project, database, owners):
        """Builds all; what dbt said of the models of each case."""
        variables = self.server.environment(database)
        errors = {}
        try:
            projects.build(project, "postgres", variables)
        except projects.Failed as failed:
            results = project / "target/run_results.json"
            if not results.exists():
                sys.exit(str(failed))
            for result in json.loads(results.read_text())["results"]:
                if result["status"] in ("error", "fail"):
                    name = result["unique_id"].split(".")[2]
                    message = f"{name}: {result['status']} {result.get('message') or ''}"
                    errors.setdefault(owners.get(name, ""), []).append(message)
            if "" in errors:
                print("\n".join(errors[""][:3]))
            if not errors:
                sys.exit(str(failed))
        return errors

    def compare(self, connection, case, expected):
        actual = left_in(connection, case.prefix)
        for name, rows in expected.items():
            if name not in actual:
                return f"{name} is not there"
            difference = tables.difference(rows, actual[name])
            if difference:
                return f"{name}: {difference}"
        return None


def left_in(connection, schema):
    """Every table of a schema with its rows."""
    cursor = connection.cursor()
    cursor.execute("select table_name from information_schema.tables where table_schema = %s order by 1", [schema])
    names = [f"{schema}.{name}" for (name,) in cursor.fetchall()]
    return {name: tables.fetch_postgres(connection, name) for name in names}


def smaller(rounds, case, kind):
    """The case without what it needs not in order to differ, and what it gives then."""
    said = ""
    while True:
        count = len(case.statements)
        variants = [case.without({at}) for at in range(count)] + [case.without({at, at + 1}) for at in range(count - 1)]
        renamed = {rename(variant, f"v{number}"): variant for number, variant in enumerate(variants) if variant.statements}
        outcome = rounds.outcomes(list(renamed))
        alike = lambda text: differs(text) and ("not there" in text) == ("not there" in kind)  # noqa: E731
        failing = [(one, outcome[one.prefix]) for one in renamed if alike(outcome[one.prefix])]
        if not failing:
            return case, said
        case, said = min(failing, key=lambda pair: len(pair[0].statements))


def rename(case, prefix):
    """The case in another schema."""
    import copy

    other = copy.copy(case)
    change = lambda text: text.replace(f"{case.prefix}.", f"{prefix}.")  # noqa: E731
    other.prefix, other.statements = prefix, [change(text) for text in case.statements]
    other.rows = [{change(name): rows for name, rows in run.items()} for run in case.rows]
    other.sources, other.targets = [copy.copy(one) for one in case.sources], [copy.copy(one) for one in case.targets]
    for relation in other.sources + other.targets:
        relation.name = change(relation.name)
    return other


def differs(outcome):
    return outcome != "equal" and not outcome.startswith(("manual", "fails"))


def main(words):
    options = argparse.ArgumentParser(prog="tests/generated/run")
    options.add_argument("--first", type=int, default=1)
    options.add_argument("--count", type=int, default=60)
    options.add_argument("--batch", type=int, default=60)
    options.add_argument("--shrink", type=int, default=5, help="how many of the failing ones are made small")
    options = options.parse_args(words)
    counts, reasons, failing = collections.Counter(), collections.Counter(), []
    with place.Server() as server, tempfile.TemporaryDirectory(prefix="refract-generated-") as work:
        rounds = Round(server, work)
        for first in range(options.first, options.first + options.count, options.batch):
            last = min(first + options.batch, options.first + options.count)
            cases = [scripts.make(seed, f"c{seed}") for seed in range(first, last)]
            outcome = rounds.outcomes(cases)
            for case in cases:
                said = outcome[case.prefix]
                counts["differ" if differs(said) else said.split(":")[0]] += 1
                if said.startswith(("manual", "fails")):
                    reasons[said.replace(case.prefix, "c")] += 1
                if differs(said):
                    failing.append((case, said))
        for case, said in failing[: options.shrink]:
            small, after = smaller(rounds, case, said)
            print(f"=== seed {case.seed}\n{small.text()}\n--- {after or said}\n")
            for name in ([] if not after else small.rows[0]):
                print(name, small.rows[0][name], small.rows[1].get(name, ""))
        for case, said in failing[options.shrink :]:
            print(f"=== seed {case.seed}: {said.splitlines()[0]}")
    for reason, count in reasons.most_common(12):
        print(f"{count:5} {reason}")
    print(", ".join(f"{counts[kind]} {kind}" for kind in ("equal", "manual", "fails", "differ")))
    return 1 if failing else 0
