"""Where the engines are, and a throw-away PostgreSQL.

In: nothing but REFRACT_ENGINES. Out: paths, and a running server on a free port of loopback. Never installs anything:
that is `setup`'s, whose command is named where an engine is missing.
"""

import glob
import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

HOME = Path(
    os.environ.get("REFRACT_ENGINES")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "refract" / "engines"
)


class Missing(Exception):
    """An engine is not installed."""


def need(path):
    """The path of an engine, or an error that names the command which installs it."""
    path = HOME / path
    if not path.exists():
        raise Missing(f"{path} is missing: run tests/engines/setup")
    return str(path)


def server_binaries():
    """The folder of PostgreSQL's server programs."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[-2]))
    if not found:
        raise Missing("PostgreSQL is missing: run tests/engines/setup")
    return Path(found[-1])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A PostgreSQL cluster without durability, in a folder of its own; `with` starts and stops it."""

    def __init__(self):
        self.binaries = server_binaries()
        self.port = free_port()
        self.user = "postgres"

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="refract-pg-", dir="/var/tmp")
        os.chmod(self.folder, 0o755)
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        data = f"{self.folder}/data"
        self.run("initdb", "-D", data, "-U", self.user, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "timezone": "UTC",
            "max_connections": 200,
        }
        words = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self.run("pg_ctl", "-D", data, "-l", f"{self.folder}/server.log", "-w", "-s", "-o", words, "start")
        return self

    def __exit__(self, *_):
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-m", "immediate", "-w", "-s", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, program, *words):
        """Runs one of the server's programs; as user postgres when we are root, which the server refuses."""
        command = [str(self.binaries / program), *words]
        if os.getuid() == 0:
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", *command]
        done = subprocess.run(command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr}")

    def environment(self, database):
        """The variables by which psql and the emitted profile reach a database."""
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGPASSWORD": "none",
            "PGDATABASE": database,
        }

    def url(self, database):
        return f"postgresql+psycopg2://{self.user}@127.0.0.1:{self.port}/{database}"

    def connect(self, database):
        import psycopg2

        connection = psycopg2.connect(host="127.0.0.1", port=self.port, user=self.user, dbname=database)
        connection.autocommit = True
        return connection

    def create(self, database):
        """A new, empty database."""
        connection = self.connect("postgres")
        connection.cursor().execute(f'create database "{database}" template template0')
        connection.close()
