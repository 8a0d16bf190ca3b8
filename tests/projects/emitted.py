"""Emits projects: one for every fixture, or for inputs that were named.

In: the options of `check`. Out: name, folder, keys of case.md. A fixture that gives no project is passed over: the Rust tests
say whether it should.
"""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass
class Project:
    name: str
    folder: Path
    input: Path
    keys: dict = field(default_factory=dict)


def refract(*words, folder=None):
    """Runs the built command."""
    command = [os.environ.get("REFRACT", str(ROOT / "target/debug/refract")), *map(str, words)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def keys_of(case):
    lines = (line.split(": ", 1) for line in case.read_text().splitlines() if ": " in line)
    return {key: value.strip() for key, value in lines if key.isalpha() and key.islower()}


def fixtures(part):
    cases = sorted((ROOT / "fixtures").rglob("case.md"))
    return [case.parent for case in cases if part in str(case.parent.relative_to(ROOT / "fixtures"))]


def arguments(keys):
    words = keys.get("args", "").split()
    return words + (["--dialect", keys["dialect"]] if keys.get("dialect") else [])


def named(options, words):
    """The words with the names that were asked for, where they choose none themselves."""
    return [] if options.naming is None or "--naming" in words else ["--naming", options.naming]


def emit(case, options, work):
    keys = keys_of(case / "case.md")
    name = str(case.relative_to(ROOT / "fixtures"))
    folder = work / name.replace("/", "__")
    words = ["init", folder, "--from", "input"] if keys.get("command") == "init" else ["convert", "input", "-o", folder]
    given = arguments(keys)
    refract(*words, *given, *named(options, given), folder=case)
    return Project(name, folder, case, keys)


def own(path, options, work):
    path = Path(path).resolve()
    folder = work / "__".join(path.parts[-3:]).replace("+", "_").replace(".", "_")
    refract("convert", path, "-o", folder, *named(options, []))
    return Project(path.name, folder, path)


def projects(options, work):
    with ThreadPoolExecutor(max_workers=2) as pool:
        if options.input:
            all_of = pool.map(lambda path: own(path, options, work), options.input)
        else:
            all_of = pool.map(lambda case: emit(case, options, work), fixtures(options.cases))
        return [project for project in all_of if (project.folder / "dbt_project.yml").is_file()]
