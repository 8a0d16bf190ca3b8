"""The cases of reata/sqllineage: in, its checkout; out, one case for each assertion. Its tests are imported with
stand-ins for its own modules and for pytest, and each assertion is written down instead of being checked."""

import importlib
import inspect
import itertools
import pathlib
import sys
import types
from typing import NamedTuple

from case import Case

DIALECTS = {
    "ansi": "ansi", "athena": "trino", "bigquery": "bigquery", "databricks": "databricks", "duckdb": "duckdb",
    "greenplum": "postgres", "hive": "spark", "impala": "spark", "mariadb": "mysql", "mysql": "mysql",
    "oracle": "oracle", "postgres": "postgres", "redshift": "redshift", "snowflake": "snowflake",
    "sparksql": "spark", "sqlite": "sqlite", "trino": "trino", "tsql": "tsql", "non-validating": "ansi",
}  # fmt: skip


class Column(NamedTuple):
    """A column with its table, as their tests write it."""

    column: str
    qualifier: str | None


class Path(str):
    """A file, which is no relation of ours."""


class Schemas:
    """What a metadata provider of theirs was given: the columns of tables."""

    def __init__(self, schemas=None):
        self.schemas = schemas or {}


def collect(folder):
    """Every assertion of the tests under `folder`, as a case."""
    cases = []
    _stand_ins(cases)
    sys.path.insert(0, str(folder))
    provider = Schemas(_warehouse(folder))
    for path in sorted(pathlib.Path(folder, "tests", "sql").rglob("test_*.py")):
        if path.stem == "test_split":  # how many statements a text has: no lineage
            continue
        module = importlib.import_module(".".join(path.relative_to(folder).with_suffix("").parts))
        for name, test in inspect.getmembers(module, inspect.isfunction):
            if not name.startswith("test_") or test.__module__ != module.__name__:
                continue
            for arguments in _arguments(test):
                first = len(cases)
                names = inspect.signature(test).parameters
                given = {key: value for key, value in arguments.items() if key in names}
                if "provider" in names and "provider" not in given:
                    given["provider"] = provider
                test(**given)
                label = "".join(f"[{value}]" for value in given.values() if isinstance(value, str) and len(value) < 20)
                for number, case in enumerate(cases[first:], 1):
                    case.name = f"{path.stem}::{name}{label}#{number}"
    return cases


def _arguments(test):
    """Every combination of the values that a test is marked with."""
    marks = getattr(test, "marks", [])
    for values in itertools.product(*[rows for _, rows in marks]):
        given = {}
        for (names, _), row in zip(marks, values):
            given.update(zip(names, row if len(names) > 1 else [row]))
        yield given


def _stand_ins(cases):
    def parametrize(names, rows, **_):
        names = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)

        def mark(test):
            test.marks = [*getattr(test, "marks", []), (names, list(rows))]
            return test

        return mark

    class Patch:
        def dict(self, *_):
            return lambda test: test

        def __call__(self, *_, **__):
            return lambda test: test

    def tables(sql, sources=None, targets=None, dialect="ansi", **_):
        plain = [str(one) for one in [*(sources or ()), *(targets or ())] if not isinstance(one, Path)]
        case = Case(sql=sql, dialect=DIALECTS.get(dialect), theirs=dialect)
        case.files = len(plain) < len([*(sources or ()), *(targets or ())])
        case.tables = ({str(one) for one in sources or () if not isinstance(one, Path)},
                       {str(one) for one in targets or () if not isinstance(one, Path)})
        cases.append(case)

    def columns(sql, column_lineages=None, dialect="ansi", metadata_provider=None, **_):
        case = Case(sql=sql, dialect=DIALECTS.get(dialect), theirs=dialect)
        case.schemas = getattr(metadata_provider, "schemas", {})
        case.columns = {(_written(source), _written(target)) for source, target in column_lineages or ()}
        cases.append(case)

    def _written(column):
        return f"{column.qualifier}.{column.column}" if column.qualifier else f"?.{column.column}"

    _module("pytest", mark=types.SimpleNamespace(parametrize=parametrize), fixture=lambda *a, **k: lambda f: f)
    _module("unittest.mock", patch=Patch())
    _module("tests.helpers", assert_table_lineage_equal=tables, assert_column_lineage_equal=columns,
            generate_metadata_providers=lambda schemas: [Schemas(schemas)])  # fmt: skip
    _module("sqllineage", SQLPARSE_DIALECT="non-validating")
    _module("sqllineage.utils")
    _module("sqllineage.utils.entities", ColumnQualifierTuple=Column)
    _module("sqllineage.core")
    _module("sqllineage.core.metadata_provider", MetaDataProvider=object)
    _module("sqllineage.core.models", Path=Path, Table=_table, Schema=str)
    _module("sqllineage.core.parser")
    for parser, name in [("sqlparse", "SqlParseLineageAnalyzer"), ("sqlfluff", "SqlFluffLineageAnalyzer")]:
        _module(f"sqllineage.core.parser.{parser}")
        _module(f"sqllineage.core.parser.{parser}.analyzer", **{name: types.SimpleNamespace()})


def _table(name, schema="", escaped=False):
    """A table of theirs as it would be written."""
    name = f'"{name}"' if escaped else name
    return f"{schema}.{name}" if schema else name


def _module(name, **members):
    module = types.ModuleType(name)
    module.__path__ = []
    for key, value in members.items():
        setattr(module, key, value)
    sys.modules[name] = module


def _warehouse(folder):
    """The tables that their conftest declares for every test that takes a provider."""
    conftest = importlib.import_module("tests.conftest")
    return next((value for name, value in vars(conftest).items() if name.endswith("_schemas")), {})
