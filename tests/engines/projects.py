"""Builds emitted dbt projects: with dbt v2, which takes half a second, and with dbt Core.

In: a project folder, as emitted, and a database. Out: nothing when all is well, else what dbt said. The folder is copied
first, so that what dbt writes beside it does not count as emitted.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import place


class Failed(Exception):
    """dbt did not accept or not build the project."""


def copy(project, work):
    """A fresh copy that dbt may write into."""
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(project, work)
    return work


def build(project, target, variables):
    """`dbt build` with dbt v2."""
    command = [place.need("dbt-v2"), "build", "--project-dir", str(project), "--profiles-dir", str(project)]
    environment = {**os.environ, **variables, "RUST_BACKTRACE": "0"}
    done = subprocess.run(
        [*command, "--target", target], cwd=project, capture_output=True, text=True, env=environment, timeout=300
    )
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise Failed(f"dbt v2 build --target {target} failed:\n" + "\n".join(said[-40:]))


def core(jobs):
    """`dbt parse --warn-error` and `dbt build` with dbt Core, all projects in one process: failures by project."""
    if not jobs:
        return {}
    command = [place.need("core/bin/python"), str(Path(__file__).with_name("core_worker.py"))]
    done = subprocess.run(command, input=json.dumps(jobs), capture_output=True, text=True, timeout=1200)
    if done.returncode:
        raise Failed(f"dbt Core: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])
