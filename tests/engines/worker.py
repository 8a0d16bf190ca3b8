"""Runs Python scripts on a test database: one line of JSON in, one line out, a forked process for each.

`sqlalchemy.create_engine` and `psycopg2.connect` are swapped for ones that open the test database, whatever URL the script
names. The script itself is run as it is.
"""

import os
import runpy
import sys
import tempfile
import warnings
from pathlib import Path

import pandas  # noqa: F401  loaded once, before forking
import psycopg2
import sqlalchemy

sys.path.insert(0, str(Path(__file__).parent))
from forked import serve  # noqa: E402
from originals import runnable  # noqa: E402

def swap_engines(url):
    real_create, real_connect = sqlalchemy.create_engine, psycopg2.connect
    engine = real_create(url)
    parts = sqlalchemy.engine.make_url(url)
    words = {"host": parts.host, "port": parts.port, "user": parts.username, "dbname": parts.database}

    @sqlalchemy.event.listens_for(engine, "before_cursor_execute", retval=True)
    def replace(_connection, _cursor, statement, parameters, _context, _many):
        return runnable(statement), parameters

    sqlalchemy.create_engine = lambda *_, **__: engine
    psycopg2.connect = lambda *_, **__: real_connect(**words)


def run(job):
    warnings.simplefilter("ignore")
    folder = os.path.dirname(os.path.abspath(job["path"]))
    sys.path.insert(0, folder)
    swap_engines(job["url"])
    # Files that the script writes go nowhere.
    os.chdir(tempfile.mkdtemp())
    runpy.run_path(job["path"], run_name="__main__")


serve(run, sys.stdout)
