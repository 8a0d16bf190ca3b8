"""`refract init --from` a database that runs: PostgreSQL through its URL, DuckDB through its file.

In: nothing. Out: faults: what dbt does not take of the projects, what their staging models do not pass on of the databases' rows, and
keys, references and comments of the database that the YAML does not hold. Names are chosen to be awkward: reserved words, capitals, blanks,
63 bytes, columns that are one name in snake_case.
"""

import os
import subprocess
import sys

import checks
import emitted
import place

LONG = "a" * 40 + "_" + "b" * 22
SHOP = f"""
create schema raw;
create schema "Back Office";
create table raw."Customers" (
    id bigint primary key, "Order" text not null, "group" int, "First Name" varchar(20), "firstName" text, first_name text,
    {LONG} numeric(10, 2), "2nd" date, "größe" int, "a.b" text
);
create table raw.orders (
    order_id int, line int, "customerId" bigint references raw."Customers" (id), code text unique, amount numeric(12, 4),
    ordered_at timestamp, primary key (order_id, line)
);
create table "Back Office"."select" ("from" int primary key, "where" text);
insert into raw."Customers" values (1, 'x', 2, 'Ann', 'a', 'b', 1.25, date '2026-01-02', 4, 'q');
insert into raw.orders values (1, 1, 1, 'k', 1.5, timestamp '2026-01-01 10:00:00'), (1, 2, 1, 'l', null, null);
insert into "Back Office"."select" values (3, 'there');
"""
COMMENTS = """
comment on table raw.orders is 'One row a line of an order';
comment on column raw.orders.amount is 'In euros';
"""
# What the YAML must hold, whatever the database.
HELD = ("- unique_combination:", "One row a line of an order", "In euros", "- unique\n", "- not_null\n")
# Staging models with the number of their rows.
ROWS = {"stg_customers": 1, "stg_orders": 2, "stg_select": 1}


def databases(_projects, options, work):
    faults = []
    with place.Server() as server:
        psql(server, "postgres", "create database shop")
        psql(server, "shop", SHOP + COMMENTS)
        url = f"postgres://{server.user}@127.0.0.1:{server.port}/shop"
        faults += checked(start(work, "postgres_for_duckdb", url), (), work)
        project = start(work, "postgres", url, "--target", "postgres")
        faults += checked(project, ("- relationships:", "to: ref('stg_customers')"), work)
        done = checks.v2("build", project.folder, "postgres", server.environment("shop"))
        faults += [(project.name, f"on its own rows: {checks.said(done)}")] if done.returncode else []
        for model, count in ROWS.items():
            found = psql(server, "shop", f"select count(*) from staging.{model}")
            faults += [(project.name, f"{model} has {found} rows")] if found != str(count) else []
    file = work / "shop.duckdb"
    file.unlink(missing_ok=True)
    client = place.need("duckdb/bin/duckdb")
    done = subprocess.run([client, file], input=SHOP + COMMENTS, capture_output=True, text=True)
    if done.returncode:
        return [*faults, ("duckdb", done.stderr)]
    os.environ["PATH"] = f"{os.path.dirname(client)}{os.pathsep}{os.environ['PATH']}"
    project = start(work, "duckdb", file)
    faults += checked(project, (), work)
    done = checks.v2("build", project.folder, "duckdb", {"DUCKDB_PATH": str(file)})
    faults += [(project.name, f"on its own rows: {checks.said(done)}")] if done.returncode else []
    print("databases: PostgreSQL and DuckDB, 3 tables each")
    return faults


def psql(server, database, text):
    """What PostgreSQL's client prints, without decoration."""
    environment = {**os.environ, **server.environment(database)}
    command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, env=environment)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout.strip()


def start(work, name, database, *words):
    folder = work / f"from_{name}"
    done = emitted.refract("init", folder, "--from", database, *words)
    if done.returncode:
        sys.exit(done.stderr)
    return emitted.Project(f"init from {name}", folder, folder)


def checked(project, wanted, work):
    """Both engines parse it, it builds at once on an empty DuckDB, and the YAML holds what the database declares."""
    faults = checks.parse([project], None, work)
    empty = work / f"{project.folder.name}_empty.duckdb"
    empty.unlink(missing_ok=True)
    done = checks.v2("build", project.folder, "duckdb", {"DUCKDB_PATH": str(empty)})
    faults += [(project.name, f"at once: {checks.said(done)}")] if done.returncode else []
    text = "".join(path.read_text() for path in project.folder.glob("models/**/*.yml"))
    faults += [(project.name, f"not in its YAML: {one}") for one in (*HELD, *wanted) if one not in text]
    return faults
