"""dbt Project Evaluator over emitted projects.

In: projects, and folders of dbt-labs' dbt-project-evaluator and dbt-utils. Out: what it reports, without the exceptions that
EXCEPTIONS names with their reasons. The packages are copied beside a copy of the project, as `local:` packages.
"""

import re
import shutil

import duckdb_rows
from checks import one_in_core as core, said, v2

# Tables of the evaluator whose rows are figures, not advice.
FIGURES = ("fct_documentation_coverage", "fct_test_coverage")
# Advice that does not apply, and why. A function gets the row as a dict and the models that are left for a person.
EXCEPTIONS = {
    # A relation that lasts keeps its name, so that what reads it goes on working.
    "fct_model_naming_conventions": lambda row, left: row["model_type"] in ("marts", "other"),
    # The original text of a step that is left for a person stands in a comment of its model.
    # A comment of the author that names a table is no reference.
    "fct_hard_coded_references": lambda row, left: row["model"] in left,
    # A model has a key only where the script says which: from GROUP BY, MERGE, DDL. None is made up.
    "fct_missing_primary_key_tests": lambda row, left: True,
    # Freshness is set where a script filters by a time; elsewhere its place is marked in the YAML.
    "fct_sources_without_freshness": lambda row, left: True,
    # Which models read which is what the script says; the evaluator asks for another design.
    "fct_model_fanout": lambda row, left: True,
    "fct_rejoining_of_upstream_concepts": lambda row, left: True,
    "fct_too_many_joins": lambda row, left: True,
    # A view over a view is what the script's temporary tables became; tables would be copies.
    "fct_chained_views_dependencies": lambda row, left: True,
    # What only the table itself has (`_PARTITIONTIME`) comes through no view.
    "fct_marts_or_intermediate_dependent_on_source": lambda row, left: row["child"] in left,
    "fct_source_fanout": lambda row, left: set(row["model_children"].split(", ")) <= left,
    # A table that is made of no other (dates, literals) has no parent.
    "fct_root_models": lambda row, left: True,
    # What the script made a view stays one; the advice is a table below whatever people look at.
    "fct_exposure_parents_materializations": lambda row, left: row["parent_resource_type"] == "model",
    # Everything is open to everybody until somebody says otherwise: access is for the project's owners to draw.
    "fct_exposures_dependent_on_private_models": lambda row, left: True,
    # A contract needs the type of every column, which scripts do not tell.
    "fct_public_models_without_contract": lambda row, left: True,
}
PACKAGES = "packages:\n  - local: ../dbt-utils\n  - local: ../dbt-project-evaluator\n"
SETTINGS = """
  dbt_project_evaluator:
    primary_key_test_macros: [["dbt.test_unique"], ["{name}.test_unique_combination"]]
"""


# What the evaluator takes for a table: a name of several parts behind FROM or JOIN.
NAMED = re.compile(r"\b(?:from|join)\s+[`\"\[]?[\w-]+[`\"\]]?\.[`\"\[]?\w", re.IGNORECASE)


def names_in_comments(folder):
    """Models whose comments or literals name tables, and whose text without them does not: a query that a function gets as text."""
    texts = {path.stem: path.read_text() for path in folder.glob("models/**/*.sql")}
    bare = {name: re.sub(r"/\*.*?\*/|--[^\n]*|'(?:[^']|'')*'", "", text, flags=re.DOTALL) for name, text in texts.items()}
    return {name for name, text in texts.items() if NAMED.search(text) and not NAMED.search(bare[name])}


def readers_of_pseudo_columns(folder):
    """Models of columns that only a table of BigQuery itself has, and what else reads these tables."""
    pseudo = re.compile(r"\b_(table_suffix|partitiontime|partitiondate|file_name)\b", re.IGNORECASE)
    texts = {path.stem: path.read_text() for path in folder.glob("models/**/*.sql")}
    sources = {name: set(re.findall(r"source\([^)]*\)", text)) for name, text in texts.items()}
    whole = {source for name, text in texts.items() if pseudo.search(text) for source in sources[name]}
    return {name for name in texts if sources[name] & whole}


def advice(projects, options, work):
    if not (options.evaluator and options.utils):
        raise SystemExit("give --evaluator and --utils: clones of dbt-labs/dbt-project-evaluator and dbt-labs/dbt-utils")
    place = work / "advice"
    place.mkdir(exist_ok=True)
    for name, folder in (("dbt-project-evaluator", options.evaluator), ("dbt-utils", options.utils)):
        shutil.rmtree(place / name, ignore_errors=True)
        shutil.copytree(folder, place / name, ignore=shutil.ignore_patterns(".git", "integration_tests*", "docs"))
    (place / "dbt-project-evaluator" / "packages.yml").unlink(missing_ok=True)
    faults, excepted = [], {}
    for project in projects:
        copy = place / project.folder.name
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(project.folder, copy)
        (copy / "packages.yml").write_text(PACKAGES)
        settings = copy / "dbt_project.yml"
        text = settings.read_text()
        name = text.splitlines()[0].split(": ")[1].strip('"')
        mark = "\nvars:\n"
        own = SETTINGS.format(name=name)
        settings.write_text(text.replace(mark, f"\nvars:{own}", 1) if mark in text else f"{text}\nvars:{own}")
        database = place / f"{project.folder.name}.duckdb"
        database.unlink(missing_ok=True)
        variables = {"DUCKDB_PATH": str(database)}
        models = [path for path in copy.glob("models/**/*.sql") if "raise_compiler_error" in path.read_text()]
        left = {path.stem for path in models} | names_in_comments(copy) | readers_of_pseudo_columns(copy)
        done = v2("deps", copy, "duckdb", variables)
        if done.returncode == 0:
            done = v2("run --select package:dbt_project_evaluator", copy, "duckdb", variables)
        if done.returncode:
            # The alpha engine's regular expressions give up on very long models; dbt Core's do not.
            done = core("run --select package:dbt_project_evaluator", copy, variables)
        if done.returncode:
            faults.append((project.name, said(done)))
            continue
        for table, row in duckdb_rows.rows(database, "fct_"):
            if table in FIGURES:
                continue
            if EXCEPTIONS.get(table, lambda row, left: False)(row, left):
                excepted[table] = excepted.get(table, 0) + 1
            else:
                shown = ", ".join(f"{key} {value}" for key, value in row.items() if value is not None)
                faults.append((project.name, f"{table}: {shown}"))
    for table, count in sorted(excepted.items()):
        print(f"excepted: {table}: {count}")
    return faults
