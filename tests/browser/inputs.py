"""Writes the inputs of the browser tests: a small shop with a DAG, hostile names, and a large script.

usage: inputs.py FOLDER MODELS
"""

import pathlib
import sys

SHOP = """\
create procedure shop.build_sales() language plpgsql as $$
begin
    -- Orders that count
    create temp table tmp_orders as
    select order_id, customer_id, total from raw.orders where status <> 'cancelled';

    create temp table tmp_customers as
    select customer_id, lower(email) as email from raw.customers;

    drop table if exists mart.sales;
    create table mart.sales as
    select c.email, sum(o.total) as total
    from tmp_orders o join tmp_customers c on c.customer_id = o.customer_id
    group by c.email;

    insert into audit.log(message) values ('done');
end $$;
"""

DDL = """\
create table raw.orders (order_id int primary key, customer_id int, total numeric, status text);
create table raw.customers (customer_id int primary key, email text);
"""

DAG = '''\
from airflow import DAG
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from datetime import datetime

with DAG("nightly", start_date=datetime(2024, 1, 1), schedule="@daily", default_args={"owner": "web"}) as dag:
    load = SQLExecuteQueryOperator(task_id="load", sql="create table stage.visits as select * from raw.visits")
    count = SQLExecuteQueryOperator(
        task_id="count", sql="create table mart.visits as select page, count(*) as n from stage.visits group by page"
    )
    people = SQLExecuteQueryOperator(task_id="people", owner="crm", sql="create table mart.people as select distinct who from raw.visits")
    load >> people
'''

DURATIONS = "step,seconds\ntmp_orders,600\ntmp_customers,60\nmart.sales,120\nnightly.load,300\ncount,60\n"

HOSTILE = """\
-- </script><img src=x onerror="window.hacked = 1"> \u202e reversed \U0001f600
create table mart."</script><img src=x onerror=window.hacked=1>" as
select 1 as "<b onmouseover=window.hacked=1>bold</b>", '</script><script>window.hacked = 1</script>' as note,
       'a "quoted" ''one'' & more' as "it's \U0001f600"
from raw."<svg onload=window.hacked=1>";
create table mart."${window.hacked = 1}" as select note from mart."</script><img src=x onerror=window.hacked=1>";
"""


def large(models):
    """A chain of layers, ten columns a model: some ten column edges a model."""
    columns = ", ".join(f"c{n}" for n in range(9))
    lines = []
    width = max(1, models // 20)
    for number in range(models):
        layer, at = divmod(number, width)
        if layer == 0:
            source = f"raw.source_{at % 50}"
            lines.append(f"create table stage.t{number} as select id, {columns} from {source};")
        else:
            left = (layer - 1) * width + at
            right = (layer - 1) * width + (at * 7 + 3) % width
            picked = ", ".join(f"a.c{n}" for n in range(5)) + ", " + ", ".join(f"b.c{n}" for n in range(5, 9))
            lines.append(
                f"create table stage.t{number} as select a.id, {picked} from stage.t{left} a"
                f" join stage.t{right} b on b.id = a.id;"
            )
    return lines


def main():
    folder, models = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    files = {
        "shop/ddl.sql": DDL,
        "shop/build_sales.sql": SHOP,
        "shop/nightly.py": DAG,
        "units/build_sales.sql": SHOP,
        "hostile/names.sql": HOSTILE,
        "durations.csv": DURATIONS,
    }
    lines = large(models)
    for at in range(0, len(lines), 100):
        files[f"large/part_{at // 100:03}.sql"] = "\n".join(lines[at : at + 100]) + "\n"
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


main()
