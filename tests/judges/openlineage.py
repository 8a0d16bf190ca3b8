"""The cases of OpenLineage's SQL parser: in, its checkout; out, one case for each assertion over one text. Its tests
are Rust: the call and the expected value of each assertion are read from their text."""

import pathlib
import re

from case import Case

DIALECTS = {
    "postgres": "postgres", "postgresql": "postgres", "snowflake": "snowflake", "bigquery": "bigquery",
    "redshift": "redshift", "mysql": "mysql", "mssql": "tsql", "hive": "spark", "databricks": "databricks",
    "sqlite": "sqlite", "ansi": "ansi", "generic": "ansi",
}  # fmt: skip
STRING = r'(?:r#"(?P<{0}raw>.*?)"#|"(?P<{0}plain>(?:\\.|[^"\\])*)")'
NAME = r'"((?:\\.|[^"\\])*)"'
CALL = re.compile(r"\b(test_sql|test_sql_dialect)\(\s*" + STRING.format("sql") + r"\s*(?:,\s*\"(?P<dialect>\w+)\")?", re.S)


def collect(folder):
    """Every assertion about one literal text, as a case."""
    cases = []
    for path in sorted(pathlib.Path(folder, "integration", "sql", "impl", "tests").rglob("test*.rs")):
        for name, body in _tests(path.read_text()):
            calls = list(CALL.finditer(body))
            for number, call in enumerate(calls, 1):
                end = calls[number].start() if number < len(calls) else len(body)
                case = Case(sql=_text(call, "sql"), theirs=call["dialect"] or "postgres", name=f"{path.stem}::{name}#{number}")
                case.dialect = DIALECTS.get(case.theirs)
                if _expect(case, body[call.end() : end]):
                    cases.append(case)
    return cases


def _tests(text):
    parts = re.split(r"(?m)^#\[test\]\s*\n", text)
    for before, part in zip(parts, parts[1:]):
        if not re.search(r"#\[ignore[^\n]*\n?\s*$", before):
            yield re.search(r"fn (\w+)", part)[1], part


def _text(match, group):
    if match[group + "raw"] is not None:
        return match[group + "raw"]
    text = re.sub(r"\\\n\s*", "", match[group + "plain"])
    return text.replace('\\"', '"').replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\")


def _names(text):
    return {name.replace('\\"', '"') for name in re.findall(NAME, text)}


def _expect(case, expected):
    names = r"in_tables\s*(?:,|:)\s*(?P<in>vec!\[.*?\]|tables\(vec!\[.*?\]\))\s*,.*?out_tables\s*:\s*(?P<out>vec!\[.*?\]|tables\(vec!\[.*?\]\))"
    both = re.search(names, expected, re.S)
    alone = re.search(r"\.in_tables,\s*(?P<in>vec!\[.*?\]|tables\(vec!\[.*?\]\))", expected, re.S)
    if "ColumnLineage {" in expected:
        case.columns = set()
        for one in re.split(r"ColumnLineage \{", expected)[1:]:
            target, sources = one.split("lineage:", 1)
            written = re.search(r'name: "([^"]*)"', target)[1]
            for origin, column in re.findall(r"origin: (Some\([^)]*\)\)|None),\s*name: \"([^\"]*)\"", sources):
                table = re.search(r'"([^"]*)"', origin)
                case.columns.add((f"{table[1] if table else '?'}.{column}", f"judged.{written}"))
        return True
    if found := both or alone:
        targets = _names(found["out"]) if both else None
        case.tables = (_names(found["in"]), targets)
        case.files = any(one.startswith(("@", "s3:", "gcs:", "azure:", "/")) for one in case.tables[0])
        return True
    return False
