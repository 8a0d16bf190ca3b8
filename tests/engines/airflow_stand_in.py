"""A stand-in for Airflow that is just enough to run a DAG of SQL and Python tasks: DAG, operators, hooks, arrows.

In: a way to connect. Out: modules under `airflow`, and the DAGs that a file made. Tasks run in the order of the arrows, and
among equals in the order of the file. `{{ ds }}` and `{{ params.x }}` in SQL are filled in.
"""

import os
import re
import sys
import types

from originals import runnable

DAY = "2024-03-15"
DAGS = []
CURRENT = []
CONNECT = None
FOLDER = "."


def execute(sql):
    """Runs one statement or a list of them in one session."""
    connection = CONNECT()
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in [sql] if isinstance(sql, str) else sql:
            cursor.execute(runnable(statement))
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


class Dag:
    def __init__(self, dag_id=None, **settings):
        self.dag_id, self.settings, self.tasks = dag_id, settings, []
        DAGS.append(self)

    def __enter__(self):
        CURRENT.append(self)
        return self

    def __exit__(self, *_):
        CURRENT.pop()

    def run(self):
        """Every task once, each after those that it waits for."""
        waiting = list(self.tasks)
        done = set()
        while waiting:
            ready = next((task for task in waiting if all(id(other) in done for other in task.upstream)), None)
            if ready is None:
                raise RuntimeError(f"the arrows of {self.dag_id} go in a circle")
            waiting.remove(ready)
            ready.execute(self.settings.get("params") or {})
            done.add(id(ready))


class Task:
    def __init__(self, task_id=None, dag=None, **settings):
        self.task_id, self.settings, self.upstream = task_id, settings, []
        dag = dag or (CURRENT[-1] if CURRENT else None)
        if dag:
            dag.tasks.append(self)

    def set_upstream(self, others):
        for other in others if isinstance(others, (list, tuple)) else [others]:
            self.upstream.append(other)

    def set_downstream(self, others):
        for other in others if isinstance(others, (list, tuple)) else [others]:
            other.set_upstream(self)

    def __rshift__(self, others):
        self.set_downstream(others)
        return others

    def __lshift__(self, others):
        self.set_upstream(others)
        return others

    def __rrshift__(self, others):
        self.set_upstream(others)
        return self

    def __rlshift__(self, others):
        self.set_downstream(others)
        return self

    def execute(self, params):
        if "python_callable" in self.settings:
            context = {"ds": DAY, "params": params, **(self.settings.get("op_kwargs") or {})}
            call = self.settings["python_callable"]
            names = call.__code__.co_varnames[: call.__code__.co_argcount + call.__code__.co_kwonlyargcount]
            takes_all = call.__code__.co_flags & 8
            call(*(self.settings.get("op_args") or []), **{k: v for k, v in context.items() if takes_all or k in names})
        elif "sql" in self.settings:
            execute(render(self.settings["sql"], {**params, **(self.settings.get("params") or {})}))


def render(sql, params):
    """Fills in the templates of a statement; a name that ends in .sql is a file beside the DAG."""
    if not isinstance(sql, str):
        return [render(part, params) for part in sql]
    if sql.endswith(".sql"):
        with open(os.path.join(FOLDER, sql)) as file:
            sql = file.read()
    sql = re.sub(r"\{\{\s*ds\s*\}\}", DAY, sql)
    return re.sub(r"\{\{\s*params\.(\w+)\s*\}\}", lambda found: str(params[found[1]]), sql)


class Hook:
    def __init__(self, *_, **__):
        pass

    def run(self, sql, *_, **__):
        execute(sql)

    def get_records(self, sql, *_, **__):
        return execute(sql)

    def get_first(self, sql, *_, **__):
        return next(iter(execute(sql)), None)

    def get_conn(self):
        return CONNECT()


def chain(*tasks):
    for first, second in zip(tasks, tasks[1:]):
        for task in second if isinstance(second, list) else [second]:
            task.set_upstream(first)


PLACES = {
    "airflow": {"DAG": Dag},
    "airflow.sdk": {"DAG": Dag, "chain": chain},
    "airflow.models": {"DAG": Dag},
    "airflow.models.baseoperator": {"chain": chain},
    "airflow.operators": {},
    "airflow.operators.python": {"PythonOperator": Task},
    "airflow.operators.empty": {"EmptyOperator": Task},
    "airflow.operators.dummy": {"DummyOperator": Task},
    "airflow.providers": {},
    "airflow.providers.standard": {},
    "airflow.providers.standard.operators": {},
    "airflow.providers.standard.operators.python": {"PythonOperator": Task},
    "airflow.providers.standard.operators.empty": {"EmptyOperator": Task},
    "airflow.providers.common": {},
    "airflow.providers.common.sql": {},
    "airflow.providers.common.sql.operators": {},
    "airflow.providers.common.sql.operators.sql": {"SQLExecuteQueryOperator": Task},
    "airflow.providers.postgres": {},
    "airflow.providers.postgres.hooks": {},
    "airflow.providers.postgres.hooks.postgres": {"PostgresHook": Hook},
    "airflow.providers.postgres.operators": {},
    "airflow.providers.postgres.operators.postgres": {"PostgresOperator": Task},
}


def install(connect, folder):
    """Puts the modules in place; the list that it returns fills with the DAGs of the files run afterwards."""
    global CONNECT, FOLDER
    CONNECT, FOLDER = connect, folder
    DAGS.clear()
    for name, contents in PLACES.items():
        module = types.ModuleType(name)
        module.__path__ = []
        vars(module).update(contents)
        sys.modules[name] = module
        parent, _, last = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], last, module)
    return DAGS
