"""A throw-away MariaDB: where originals in MySQL's dialect run.

In: scripts with DELIMITER as the command-line client takes them, rows from CSV. Out: databases (MySQL's schemas) that hold what
the scripts left behind. One server for all cases, one case at a time: a case owns every database of it.
"""

import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

import duckdb

import place
import tables

# What a name without a schema means; DuckDB's default schema is called so too.
DEFAULT = "main"
OWN = ("information_schema", "mysql", "performance_schema", "sys")
RELATIONS = f"""
select table_schema, table_name from information_schema.tables where table_schema not in {OWN} order by 1, 2"""
SETTINGS = {
    "innodb_flush_log_at_trx_commit": "0",
    "innodb_log_file_size": "8M",
    "innodb_buffer_pool_size": "32M",
    "character_set_server": "utf8mb4",
    "default_time_zone": "+00:00",
}


class Failed(Exception):
    """The original itself did not run."""


class Server:
    """MariaDB on a free port of loopback, started when a case first asks for it."""

    def __init__(self):
        self.lock = threading.Lock()
        self.process = None
        self.folder = None

    def start(self):
        """Starts it once."""
        if self.process:
            return
        for program in ("mariadbd", "mariadb-install-db", "mariadb"):
            if not shutil.which(program):
                raise place.Missing("MariaDB is missing: run tests/engines/setup")
        self.folder = tempfile.mkdtemp(prefix="refract-maria-", dir="/var/tmp")
        self.port = place.free_port()
        data = f"{self.folder}/data"
        user = ["--user=mysql"] if os.getuid() == 0 else []
        if user:
            os.chmod(self.folder, 0o755)
            shutil.chown(self.folder, "mysql", "mysql")
        install = ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
                   "--skip-test-db", *user]
        done = subprocess.run(install, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failed(f"mariadb-install-db: {done.stderr}")
        words = [f"--{name}={value}" for name, value in SETTINGS.items()]
        command = ["mariadbd", "--no-defaults", f"--datadir={data}", f"--port={self.port}", "--bind-address=127.0.0.1",
                   f"--socket={self.folder}/socket", f"--pid-file={self.folder}/pid", *user, *words]
        with open(f"{self.folder}/server.log", "w") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        self.wait()

    def wait(self):
        """Until it answers."""
        command = ["mariadb-admin", "--no-defaults", "--wait=30", "--protocol=tcp", "-h127.0.0.1", f"-P{self.port}", "-uroot", "ping"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failed(f"MariaDB does not start: {Path(self.folder, 'server.log').read_text()[-2000:]}")

    def close(self):
        """Stops it and removes what it kept."""
        if self.process:
            self.process.kill()
            self.process.wait()
            shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self):
        """A connection with the default database in use."""
        import pymysql

        return pymysql.connect(host="127.0.0.1", port=self.port, user="root", database=DEFAULT, autocommit=True)

    def client(self, text, database=DEFAULT):
        """Runs a script in a session of its own, through the client, which knows DELIMITER."""
        command = ["mariadb", "--no-defaults", "--protocol=tcp", "-h127.0.0.1", f"-P{self.port}", "-uroot", "--default-character-set=utf8mb4", database]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failed(f"mariadb: {done.stderr.strip()}")

    def clear(self):
        """No database but an empty default one."""
        self.client(f"create database if not exists {DEFAULT}", "mysql")
        connection = self.connect()
        with connection.cursor() as cursor:
            cursor.execute(f"select schema_name from information_schema.schemata where schema_name not in {OWN}")
            for (name,) in cursor.fetchall():
                cursor.execute(f"drop database `{name}`")
            cursor.execute(f"create database {DEFAULT}")
        connection.close()


def quoted(relation):
    return ".".join(f"`{part}`" for part in relation.split("."))


def load(connection, schema, data):
    """Makes the tables, and fills them anew from a folder of CSV files; `data` may be none."""
    with connection.cursor() as cursor:
        for statement in Path(schema).read_text().split(";") if schema else []:
            if statement.strip():
                cursor.execute(statement)
        for relation, path in tables.data_files(data) if data else []:
            cursor.execute(f"delete from {quoted(relation)}")
            options = "header = true, all_varchar = true, nullstr = '', allow_quoted_nulls = false, delim = ',', quote = '\"'"
            rows = duckdb.execute(f"select * from read_csv('{path}', {options})").fetchall()
            if rows:
                holes = ", ".join(["%s"] * len(rows[0]))
                cursor.executemany(f"insert into {quoted(relation)} values ({holes})", rows)


def fetch(connection, relation):
    with connection.cursor() as cursor:
        cursor.execute(f"select * from {quoted(relation)}")
        return tables.table([column[0] for column in cursor.description], cursor.fetchall())


def snapshot(connection):
    """Every relation with its rows."""
    with connection.cursor() as cursor:
        cursor.execute(RELATIONS)
        names = [".".join(row) for row in cursor.fetchall()]
    return {name: fetch(connection, name) for name in names}


if __name__ == "__main__":
    raise SystemExit("this is a part of tests/engines/run")
