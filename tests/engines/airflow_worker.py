"""Runs DAG files with Airflow's own `dag.test()` on a test database: one line of JSON in, one line out, a forked process
for each.

Every connection that a DAG names is the test database; nothing else is changed. Airflow's own database is an SQLite file in a
folder that is gone afterwards.
"""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

HOME = tempfile.mkdtemp(prefix="refract-airflow-")
os.environ.update(
    AIRFLOW_HOME=HOME,
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__CORE__UNIT_TEST_MODE="False",
    AIRFLOW__CORE__EXECUTOR="SequentialExecutor",
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{HOME}/airflow.db",
    AIRFLOW__LOGGING__LOGGING_LEVEL="ERROR",
    AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE="False",
    # Frames go from task to task without further packages.
    AIRFLOW__CORE__ENABLE_XCOM_PICKLING="True",
)
OWNER = os.getpid()
atexit.register(lambda: os.getpid() == OWNER and shutil.rmtree(HOME, ignore_errors=True))
# Airflow speaks on standard output; the answers go where it was.
answers = os.fdopen(os.dup(1), "w")
quiet = os.open(os.devnull, os.O_WRONLY)
os.dup2(quiet, 1)
os.dup2(quiet, 2)

import pendulum  # noqa: E402
import psycopg2  # noqa: E402
from airflow.hooks.base import BaseHook  # noqa: E402
from airflow.models import Connection, DagBag, DagRun  # noqa: E402
from airflow.timetables.base import DataInterval  # noqa: E402
from airflow.utils import db  # noqa: E402
from airflow.utils.state import DagRunState  # noqa: E402
from sqlalchemy.engine import make_url  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent))
from forked import serve  # noqa: E402
from originals import runnable  # noqa: E402

DAY = pendulum.datetime(2024, 3, 15, tz="UTC")
db.initdb()


def swap(url):
    """Every connection is the test database, and takes `CREATE OR REPLACE TABLE`."""
    parts = make_url(url)
    given = dict(host=parts.host, port=parts.port, login=parts.username, schema=parts.database)
    BaseHook.get_connection = classmethod(lambda _, conn_id: Connection(conn_id=conn_id, conn_type="postgres", **given))

    class Cursor(psycopg2.extensions.cursor):
        def execute(self, query, vars=None):
            return super().execute(runnable(query) if isinstance(query, str) else query, vars)

    real = psycopg2.connect
    words = {"host": parts.host, "port": parts.port, "user": parts.username, "dbname": parts.database}
    psycopg2.connect = lambda *_, **__: real(**words, cursor_factory=Cursor)


def in_turn():
    """Where the arrows leave the order open, tasks run in the order in which the file names them.

    Airflow itself may take any: a missing arrow would make the original's rows a matter of luck.
    """
    ready = DagRun.update_state

    def first(run, *args, **kwargs):
        tasks, callback = ready(run, *args, **kwargs)
        order = list(run.dag.task_dict)
        return sorted(tasks, key=lambda task: (order.index(task.task_id), task.map_index))[:1], callback

    DagRun.update_state = first


def schedule(timetable):
    """A run that is asked for covers the time that the schedule's run of that date covers."""
    if hasattr(timetable, "_get_next"):
        kind = type(timetable)
        kind.infer_manual_data_interval = lambda self, *, run_after: DataInterval(run_after, self._get_next(run_after))


def run(job):
    path = Path(job["path"]).resolve()
    os.chdir(path.parent)
    sys.path.insert(0, str(path.parent))
    swap(job["url"])
    bag = DagBag(dag_folder=str(path), include_examples=False, read_dags_from_db=False)
    if bag.import_errors or not bag.dags:
        raise RuntimeError("\n".join(bag.import_errors.values()) or "it holds no DAG")
    for dag in bag.dags.values():
        schedule(dag.timetable)
        done = dag.test(execution_date=pendulum.instance(dag.start_date) if dag.start_date else DAY)
        if done is not None and done.state != DagRunState.SUCCESS:
            states = {task.task_id: str(task.state) for task in done.get_task_instances()}
            raise RuntimeError(f"{dag.dag_id}: {states}")


in_turn()
serve(run, answers)
