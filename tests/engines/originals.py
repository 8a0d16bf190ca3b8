"""Runs the originals: SQL on PostgreSQL, Python scripts under pandas 2 and 3, DAG files by Airflow's `dag.test()`.

In: the files of a case, as they are. Out: a database that holds what they left behind. The one thing that is changed is
`CREATE OR REPLACE TABLE`, which PostgreSQL has not: it becomes a drop and a create.
"""

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import place

REPLACE = re.compile(r"\bcreate\s+or\s+replace\s+table\s+([\w.\"]+)", re.IGNORECASE)


class Failed(Exception):
    """The original itself did not run."""


def runnable(text):
    """SQL that PostgreSQL takes."""
    return REPLACE.sub(r"DROP TABLE IF EXISTS \1 CASCADE; CREATE TABLE \1", text)


def psql(server, database, text):
    """Runs a script in a session of its own."""
    command = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"]
    environment = {**os.environ, **server.environment(database), "PGOPTIONS": "-c client_min_messages=warning"}
    done = subprocess.run(command, input=text, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise Failed(f"psql: {done.stderr.strip()}")


def run_sql(server, database, files, calls):
    """Each file, then each call, in sessions of their own: temp tables end with them."""
    for path in files:
        psql(server, database, runnable(Path(path).read_text()))
    for call in calls:
        psql(server, database, call + ";")


class Worker:
    """A Python with pandas or Airflow loaded that runs scripts, each in a process forked from it."""

    def __init__(self, engine):
        self.lock = threading.Lock()
        program = "airflow_worker.py" if engine.startswith("airflow") else "worker.py"
        command = [place.need(f"{engine}/bin/python"), str(Path(__file__).with_name(program))]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, path, url):
        """Runs one script against a database."""
        with self.lock:
            print(json.dumps({"path": str(path), "url": url}), file=self.process.stdin, flush=True)
            answer = self.process.stdout.readline()
        if not answer:
            raise Failed("the worker died")
        failure = json.loads(answer)["failure"]
        if failure:
            raise Failed(f"{Path(path).name}: {failure}")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Workers:
    """The workers of both pandas versions and of Airflow, started when first asked for."""

    def __init__(self):
        self.started = {}
        self.lock = threading.Lock()

    def get(self, engine):
        with self.lock:
            if engine not in self.started:
                self.started[engine] = Worker(engine)
            return self.started[engine]

    def close(self):
        for worker in self.started.values():
            worker.close()


if __name__ == "__main__":
    sys.exit("this is a part of tests/engines/run")
