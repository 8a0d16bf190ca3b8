"""<< dag >>: what stays in orchestration, and dbt in place of the tasks that only moved rows.

The successor of the DAG in << source >>. Put it where that DAG stands, and take that one away.
"""

<% for line in future %>
<< line >>
<% endfor %>
import os
<% if beside %>
import sys
<% endif %>
from pathlib import Path

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.utils.task_group import TaskGroup
<% if beside %>

sys.path.insert(0, str(Path(__file__).resolve().parent))
<% endif %>
<% for line in imports %>
<< line >>
<% endfor %>
<% if placeholders %>
from airflow.operators.python import PythonOperator
<% endif %>

# Where the dbt project stands: above this file's folder, unless the environment says otherwise.
DBT_PROJECT_DIR = os.environ.get("DBT_PROJECT_DIR", str(Path(__file__).resolve().parent.parent))
DBT_BUILD = f"dbt build --project-dir '{DBT_PROJECT_DIR}' --profiles-dir '{DBT_PROJECT_DIR}'"
<% for text in code %>


<< text >>
<% endfor %>
<% if placeholders %>


def to_be_finished(reason):
    """Stands for a task that could not be carried over as it was."""
    raise NotImplementedError(reason)
<% endif %>


<% for name in lost %>
# The setting << name >> of the DAG is only known when its file runs: set it here.
<% endfor %>
with DAG(
    dag_id=<< dag_id >>,
<% for setting in settings %>
    << setting >>,
<% endfor %>
):
<% for task in tasks %>
<% for line in task.was %>
    # << line >>
<% endfor %>
<% for call in task.calls %>
<% if call.arguments %>
    << task.variable >> = << call.callee >>(
<% for argument in call.arguments %>
        << argument >>,
<% endfor %>
    )
<% else %>
    << task.variable >> = << call.callee >>()
<% endif %>
<% endfor %>
<% for mark in task.marks %>
    << task.variable >>.<< mark >>()
<% endfor %>
<% endfor %>
<% if tasks %>

<% endif %>
    with TaskGroup(group_id="dbt"):
<% for stage in stages %>
        # In place of << stage.replaces >>.
        << stage.variable >> = BashOperator(
            task_id=<< stage.id >>,
            bash_command=DBT_BUILD + << stage.command >>,
<% for setting in stage.settings %>
            << setting >>,
<% endfor %>
        )
<% endfor %>
<% if order %>

<% for line in order %>
    << line >>
<% endfor %>
<% endif %>
