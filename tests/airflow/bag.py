"""What Airflow itself sees in DAG files: ids of DAGs and tasks, edges, settings. Run by the Python of an Airflow installation.

usage: PYTHON bag.py FOLDER...      one JSON object on standard output: {"airflow": version, "files": {path: {...}}}

Every file is loaded by DagBag, with providers that are not installed stubbed: a class named like an operator or sensor becomes a
plain operator that takes any argument, everything else an object that takes everything. Nothing runs. Variables and connections
are not looked up in a database: a variable gives its default, or its own name; a connection has made-up parts.
"""

import abc
import atexit
import importlib.abc
import importlib.machinery
import inspect
import json
import logging
import os
import pathlib
import shutil
import sys
import tempfile
import types
import unittest.mock
import warnings

HOME = tempfile.mkdtemp(prefix="airflow-")
os.environ["AIRFLOW_HOME"] = HOME
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
os.environ.setdefault("AIRFLOW__CORE__UNIT_TEST_MODE", "False")
os.environ.setdefault("AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT", "120")
os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "CRITICAL")
os.environ.setdefault("AIRFLOW__OPERATORS__ALLOW_ILLEGAL_ARGUMENTS", "True")
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
EXAMPLES = sys.stdout
sys.stdout = sys.stderr

import airflow  # noqa: E402
from airflow.models import BaseOperator  # noqa: E402

try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:
    from airflow.models.dagbag import DagBag

from airflow.utils import db  # noqa: E402

db.initdb()  # a few DAG files ask Airflow's own database as they are loaded
KNOWN = set(inspect.signature(BaseOperator.__init__).parameters)
OPERATORS = {}
TAIL = ("Operator", "Sensor", "Transfer", "Async", "Operate")


def operator(name):
    """A class that takes any argument, and follows results of other tasks among them."""
    if name not in OPERATORS:

        def make(self, *args, **given):
            own = {key: given.pop(key) for key in list(given) if key in KNOWN}
            BaseOperator.__init__(self, **own)
            for at, value in enumerate(args):
                given[f"argument_{at}"] = value
            for key, value in given.items():
                try:
                    object.__setattr__(self, key, value)
                except AttributeError:
                    pass
            self.template_fields = tuple(key for key in given if hasattr(self, key))
            if hasattr(self, "set_xcomargs_dependencies"):
                self.set_xcomargs_dependencies()

        body = {"__init__": make, "template_fields": (), "__module__": "stub", "execute": lambda *_: None}
        OPERATORS[name] = type(name, (BaseOperator,), body)
    return OPERATORS[name]


class Anything(unittest.mock.MagicMock):
    """An object that takes everything."""

    def __getattr__(self, name):
        # A module that was imported by name: `from airflow.providers.x import operators`.
        if name[:1].isupper() and name.endswith(TAIL):
            return operator(name)
        return super().__getattr__(name)

    def __call__(self, *args, **kwargs):
        if len(args) == 1 and not kwargs and inspect.isfunction(args[0]):
            return args[0]
        return super().__call__(*args, **kwargs)


class Kind(abc.ABCMeta):
    """The type of classes that take everything."""

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything(name=name)


class Taker(metaclass=Kind):
    """What every other class of a missing module is."""

    def __init__(self, *args, **kwargs):
        pass

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything(name=name)


class Stub(types.ModuleType):
    __version__ = "99.0.0"

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if name[:1].isupper() and name.endswith(TAIL):
            value = operator(name)
        elif name[:1].isupper() and not name.isupper():
            value = Kind(name, (Taker,), {})
        else:
            value = Anything(name=name)
        setattr(self, name, value)
        return value


class Stubs(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Stands for every module that is not installed, once all other finders have given up."""

    def find_spec(self, name, path=None, target=None):
        if not name.startswith(("airflow.", "unusual_prefix")) or name.startswith("airflow.providers."):
            parent = name.rpartition(".")[0]
            if not parent or isinstance(sys.modules.get(parent), Stub) or parent.startswith("airflow.providers"):
                return importlib.machinery.ModuleSpec(name, self, is_package=True)
        if isinstance(sys.modules.get(name.rpartition(".")[0]), Stub):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        if name.startswith(("airflow.contrib", "airflow.gcp")):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        module = Stub(spec.name)
        module.__path__ = []
        return module

    def exec_module(self, module):
        pass


def variables():
    """`Variable.get` and `BaseHook.get_connection` without a database."""

    def get(key, default_var=None, deserialize_json=False, default=None, **_):
        given = default_var if isinstance(default_var, (str, int, float, dict, list)) else default
        if given is not None:
            return given
        return {} if deserialize_json else f"variable_{key}"

    try:
        from airflow.hooks.base import BaseHook
        from airflow.models import Connection

        BaseHook.get_connection = classmethod(lambda _, name: Connection(conn_id=name, host="host", login="login"))
    except ImportError:
        pass
    places = ["airflow.models.variable", "airflow.models", "airflow.sdk", "airflow.sdk.definitions.variable"]
    for place in places:
        try:
            module = __import__(place, fromlist=["Variable"])
            module.Variable.get = staticmethod(get)
        except (ImportError, AttributeError):
            pass


def shown(value):
    """A setting as text that is the same in every process."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)


def describe(dag):
    edges = sorted([task.task_id, other] for task in dag.tasks for other in task.downstream_task_ids)
    defaults = dag.default_args or {}
    schedule = getattr(dag, "schedule", None) or getattr(dag, "schedule_interval", None)
    return {
        "tasks": sorted(task.task_id for task in dag.tasks),
        "edges": edges,
        "schedule": shown(schedule),
        "catchup": bool(dag.catchup),
        "tags": sorted(dag.tags or []),
        "params": sorted(dag.params or {}),
        "start_date": shown(dag.start_date),
        "owners": sorted({task.owner for task in dag.tasks}),
        "retries": sorted({task.retries for task in dag.tasks}),
        "defaults": sorted(defaults),
        "operators": {task.task_id: task.task_type for task in dag.tasks},
    }


def bag_of(path):
    try:
        return DagBag(dag_folder=path, include_examples=False, safe_mode=False)
    except TypeError:
        return DagBag(dag_folder=path, safe_mode=False)


def load(path):
    """What one file holds: DAGs by id, or the error."""
    before = set(sys.modules)
    sys.path.insert(0, str(path.parent))
    try:
        bag = bag_of(str(path))
        errors = [str(error).strip().splitlines()[-1] for error in bag.import_errors.values()]
        return {"dags": {dag.dag_id: describe(dag) for dag in bag.dags.values()}, "errors": errors}
    except BaseException as error:  # noqa: BLE001
        return {"dags": {}, "errors": [f"{type(error).__name__}: {error}"]}
    finally:
        sys.path.remove(str(path.parent))
        for name in set(sys.modules) - before:
            module = sys.modules[name]
            file = getattr(module, "__file__", None) or ""
            if isinstance(module, Stub) or file.startswith(str(path.parent)):
                del sys.modules[name]


def know_providers():
    """Airflow looks at the installed providers once, before stubs stand for those that are not."""
    from airflow.providers_manager import ProvidersManager

    manager = ProvidersManager()
    for name in dir(manager):
        if name.startswith("initialize_providers"):
            try:
                getattr(manager, name)()
            except Exception:  # noqa: BLE001
                pass


def main(folders):
    know_providers()
    sys.meta_path.append(Stubs())
    variables()
    files = {}
    for folder in folders:
        root = pathlib.Path(folder).resolve()
        sys.path.append(str(root if root.is_dir() else root.parent))
        paths = [root] if root.is_file() else sorted(root.rglob("*.py"))
        for path in paths:
            text = path.read_text(encoding="utf-8", errors="replace")
            if "airflow" in text and ("DAG" in text or "dag" in text):
                files[str(path)] = load(path)
        sys.path.pop()
    json.dump({"airflow": airflow.__version__, "files": files}, EXAMPLES)


if __name__ == "__main__":
    main(sys.argv[1:])
