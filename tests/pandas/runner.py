"""Runs scripts under this interpreter's pandas, on rows that are given; prints what each writes.

In, on standard input: `{"tables": {name: {"columns": {column: kind}, "rows": [...]}}, "scripts": {name: text}}`. Out: for each
script the tables that it writes with `to_sql`, as columns, rows and the types of the columns, or the error that it ended with.
"""

import contextlib
import datetime
import json
import math
import sys
import warnings

import pandas as pd
import sqlalchemy
from pandas.io.sql import SQLTable

warnings.filterwarnings("ignore")
sqlalchemy.create_engine = lambda *_, **__: None


def frame(table):
    """A table's rows, with the types that `read_sql` gives them."""
    data = pd.DataFrame(table["rows"], columns=list(table["columns"]))
    for column, kind in table["columns"].items():
        if kind == "time":
            data[column] = pd.to_datetime(data[column])
        elif kind == "float":
            data[column] = data[column].astype(float)
        elif kind == "int" and not data[column].isna().any():
            data[column] = data[column].astype("int64") if len(data) else data[column].astype(object)
        elif kind == "int":
            data[column] = data[column].astype(float)
    return data


def plain(value):
    """A value as JSON has it; missing is None."""
    if value is None or value is pd.NaT or value is pd.NA or isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f").removesuffix(".000000")
    if isinstance(value, datetime.date):
        return value.strftime("%Y-%m-%d 00:00:00")
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    return value.item() if hasattr(value, "item") else value


def sql_type(column):
    """The type of the column that `to_sql` makes; empty where every value is missing, so that nothing tells it."""
    if column.isna().all():
        return ""
    table = SQLTable.__new__(SQLTable)
    table.dtype = None
    made = table._sqlalchemy_type(column)
    made = made() if isinstance(made, type) else made
    return {"FLOAT": "DOUBLE", "TEXT": "VARCHAR", "DATETIME": "TIMESTAMP"}.get(type(made).__name__.upper(), NAMES.get(type(made).__name__, type(made).__name__.upper()))


NAMES = {"BigInteger": "BIGINT", "Integer": "INTEGER", "SmallInteger": "SMALLINT", "Float": "DOUBLE", "Text": "VARCHAR", "DateTime": "TIMESTAMP", "Boolean": "BOOLEAN", "Date": "DATE"}


def run(text, frames):
    """What one script writes."""
    written = {}

    def read_sql(query, _connection=None, index_col=None, **_options):
        data = frames[query.split()[-1].split(".")[-1]].copy()
        return data.set_index(index_col) if index_col else data

    def to_sql(self, name, _connection=None, index=True, index_label=None, **_options):
        data = self
        if index:
            data = self.copy()
            if index_label is not None:
                data.index.names = [index_label] if isinstance(index_label, str) else index_label
            elif data.index.nlevels == 1 and data.index.name is None:
                data.index.name = "index"
            data = data.reset_index()
        rows = [[plain(value) for value in row] for row in data.itertuples(index=False, name=None)]
        types = [sql_type(data.iloc[:, at]) for at in range(data.shape[1])]
        written[name] = {"columns": [str(column) for column in data.columns], "rows": rows, "types": types}

    pd.read_sql, pd.DataFrame.to_sql = read_sql, to_sql
    try:
        # What a script shows is no part of the answer.
        with contextlib.redirect_stdout(sys.stderr):
            exec(compile(text, "script", "exec"), {"__name__": "__main__"})
    except Exception as error:  # noqa: BLE001  whatever the script raises is the answer
        return {"error": f"{type(error).__name__}: {error}"}
    return written


def main():
    job = json.load(sys.stdin)
    frames = {name: frame(table) for name, table in job["tables"].items()}
    print(json.dumps({name: run(text, frames) for name, text in job["scripts"].items()}))


if __name__ == "__main__":
    main()
