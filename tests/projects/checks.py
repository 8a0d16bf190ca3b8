"""What is checked of emitted projects, but for the Project Evaluator's advice.

In: projects. Out: faults, as pairs of a project's name and what is wrong. Nothing here changes a project that is kept.
"""

import json
import os
import re
import subprocess
from pathlib import Path

import emitted
import place

QUIET = {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1", "RUST_BACKTRACE": "0"}
# Warehouses that dbt v2 compiles for without a connection.
WAREHOUSES = ("snowflake", "bigquery", "redshift", "databricks")


def run(*command, folder=None, variables=None):
    environment = {**os.environ, **QUIET, **(variables or {})}
    return subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True, env=environment)


def said(done, lines=12):
    return "\n".join([line for line in (done.stdout + done.stderr).splitlines() if line.strip()][-lines:])


def v2(command, folder, target, variables=None):
    words = ["--project-dir", folder, "--profiles-dir", folder, "--target", target]
    return run(place.need("dbt-v2"), *command.split(), *words, folder=folder, variables=variables)


def one_in_core(command, folder, variables=None):
    words = ["--project-dir", folder, "--profiles-dir", folder, "--target", "duckdb"]
    return run(place.need("core/bin/dbt"), *command.split(), *words, folder=folder, variables=variables)


def core(command, projects):
    """A dbt Core command over many projects in one process: failures by folder."""
    jobs = [str(project.folder) for project in projects]
    worker = Path(__file__).with_name("worker.py")
    done = subprocess.run(
        [place.need("core/bin/python"), str(worker), *command],
        input=json.dumps(jobs), capture_output=True, text=True, env={**os.environ, **QUIET},
    )
    if done.returncode:
        raise SystemExit(f"dbt Core: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def parse(projects, _options, _work):
    """Both engines take the project, and `dbt docs` finds a description for everything in the manifest."""
    faults = []
    failures = core(["--warn-error", "parse"], projects)
    for project in projects:
        failure = failures[str(project.folder)]
        faults += [(project.name, f"dbt Core: {failure}")] if failure else undescribed(project)
        done = v2("parse", project.folder, "duckdb")
        if done.returncode:
            faults.append((project.name, f"dbt v2: {said(done)}"))
    return faults


def undescribed(project):
    """Models, known columns, sources and exposures without a description."""
    faults = []
    manifest = json.loads((project.folder / "target/manifest.json").read_text())
    own = [node for node in manifest["nodes"].values() if node["resource_type"] in ("model", "seed", "snapshot")]
    for node in [*own, *manifest["sources"].values(), *manifest["exposures"].values()]:
        if not node["description"].strip():
            faults.append((project.name, f"{node['resource_type']} {node['name']} has no description"))
        for column in node.get("columns", {}).values():
            if not column["description"].strip():
                faults.append((project.name, f"column {node['name']}.{column['name']} has no description"))
    return faults


def compile_for_warehouses(_projects, options, work):
    """Each fixture of a warehouse for that warehouse, and one of each other area for all of them."""
    faults, compiled, parsed = [], 0, 0
    for case in emitted.fixtures(options.cases):
        keys = emitted.keys_of(case / "case.md")
        if keys.get("command") == "init" or "--target" in keys.get("args", ""):
            continue
        for target in WAREHOUSES:
            name = f"{case.relative_to(emitted.ROOT / 'fixtures')} for {target}"
            folder = work / re.sub(r"\W", "_", name)
            words = ["convert", "input", "-o", folder, "--target", target, *emitted.arguments(keys)]
            emitted.refract(*words, folder=case)
            if not (folder / "dbt_project.yml").is_file():
                continue
            text = "".join(path.read_text() for path in folder.glob("models/**/*.sql"))
            if any(word in text for word in ("raise_compiler_error", "load_relation(", "is_incremental()", "columns_of(")):
                # What is left for a person stops when it is compiled, and what asks whether a table is there needs a
                # connection: these are parsed.
                done = v2("parse", folder, target)
                parsed += 1
            else:
                done = v2("compile", folder, target)
                compiled += 1
            if done.returncode:
                faults.append((name, said(done)))
    print(f"for {len(WAREHOUSES)} warehouses: {compiled} projects compiled, {parsed} with questions to a connection parsed")
    return faults


def init(_projects, options, work):
    """Empty projects for every target, and those of the fixtures: they parse without a warning and build on DuckDB."""
    made = []
    for target in (None, "duckdb", "postgres", "snowflake", "bigquery", "redshift", "databricks"):
        folder = work / f"empty_{target}"
        emitted.refract("init", folder, *(["--target", target] if target else []))
        made.append(emitted.Project(f"init for {target}", folder, folder))
    for case in emitted.fixtures("init/" + options.cases):
        given = emitted.arguments(emitted.keys_of(case / "case.md"))
        for target in (None, "postgres", "snowflake", "bigquery"):
            folder = work / f"{case.name}_{target}"
            words = ["--target", target] if target else []
            if target and "--target" in given:
                at = given.index("--target")
                given = [*given[:at], *given[at + 2 :]]
            emitted.refract("init", folder, "--from", "input", *given, *words, folder=case)
            made.append(emitted.Project(f"{case.name} for {target}", folder, case))
    faults = parse(made, options, work)
    for project in made:
        variables = {"DUCKDB_PATH": str(work / f"{project.folder.name}.duckdb")}
        done = v2("build", project.folder, "duckdb", variables)
        if done.returncode:
            faults.append((project.name, said(done)))
    return faults


# Rules that ask for other columns than the script's: their order (ST06), their names (RF04), and the quotes round a name
# with letters outside ASCII, which not every engine takes without (RF06).
NOT_OURS = "ST06,RF04,RF06"
# Dialects of SQLFluff by adapter.
FLUFF = {"sqlserver": "tsql", "databricks": "databricks", "spark": "sparksql"}


def style(projects, _options, work):
    """Every default rule but those of NOT_OURS over text that refract writes alone. Models that hold the author's SQL are not asked."""
    faults = []
    for project in projects:
        profiles = (project.folder / "profiles.yml").read_text()
        adapters = [name for name in re.findall(r"type: (\w+)", profiles) if name != "duckdb"] or ["duckdb"]
        dialect = FLUFF.get(adapters[0], adapters[0])
        # What dbt gives to models besides ref() and source(), as far as refract uses it.
        library = work / "fluff_library"
        library.mkdir(exist_ok=True)
        (library / "dbt.py").write_text("def type_timestamp():\n    return 'timestamp'\n")
        config = work / "fluff.cfg"
        config.write_text(
            f"[sqlfluff]\ndialect = {dialect}\ntemplater = jinja\nmax_line_length = 120\n"
            f"exclude_rules = {NOT_OURS}\n"
            "[sqlfluff:templater:jinja]\nload_macros_from_path = "
            f"{project.folder / 'macros'}\napply_dbt_builtins = True\nlibrary_path = {library}\n"
        )
        files = [path for path in sorted(project.folder.glob("models/**/*.sql")) if is_generated(path)]
        files += sorted(project.folder.glob("tests/generic/*.sql")) if dialect == "duckdb" else []
        if not files:
            continue
        done = run(place.need("sqlfluff/bin/sqlfluff"), "lint", "--config", config, "--format", "github-annotation",
                   "--processes", "1", *files, folder=project.folder)
        try:
            notes = json.loads(done.stdout)
        except json.JSONDecodeError:
            faults.append((project.name, said(done)))
            continue
        for note in notes:
            path = Path(note["file"]).name
            faults.append((project.name, f"{path}:{note['start_line']}: {note['title']} {note['message']}"))
    return faults


def is_generated(path):
    """Whether a model's text is refract's alone: a pass-through, or a staging model of a declared table."""
    return bool(re.fullmatch(r"\s*select( [^*\n]*\n|\n(    [^\n]*\n)+)from \{\{ source\([^\n]*\n", path.read_text()))
