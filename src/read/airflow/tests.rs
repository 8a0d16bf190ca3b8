use crate::read::ReadOptions;
use crate::read::python::{self, Senders};
use crate::steps::{Reading, Script, StatementReading};
use crate::text::{SourceFile, SourceId, Sources};

const HEAD: &str = "from airflow import DAG
from airflow.decorators import dag, task, task_group
from airflow.models.baseoperator import chain, chain_linear, cross_downstream
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator as E
from airflow.operators.python import PythonOperator
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.providers.postgres.operators.postgres import PostgresOperator
from airflow.utils.edgemodifier import Label
from airflow.utils.task_group import TaskGroup
def t(name):
    return E(task_id=name)
";

fn reading(files: &[(&str, &str)]) -> Reading {
    let sources = Sources::new(files.iter().map(|(path, text)| SourceFile::new(*path, *text)).collect());
    python::read(&sources, SourceId(0), &ReadOptions::default(), &[&super::Airflow, &Senders])
}

/// The edges of each DAG, sorted, with tasks that have none.
fn edges(script: &Script) -> String {
    let id = |task: usize| script.tasks[task].id.as_str();
    let tied: Vec<usize> = script.arrows.iter().flat_map(|arrow| [arrow.from, arrow.to]).collect();
    let mut shown: Vec<String> =
        script.arrows.iter().map(|arrow| format!("{}>{}", id(arrow.from), id(arrow.to))).collect();
    shown.extend((0..script.tasks.len()).filter(|task| !tied.contains(task)).map(|task| id(task).to_owned()));
    shown.sort();
    shown.join(" ")
}

fn edges_of(body: &str) -> String {
    let indented: String = body.lines().map(|line| format!("    {line}\n")).collect();
    let reading = reading(&[("d.py", &format!("{HEAD}with DAG('d') as dag:\n{indented}"))]);
    reading.scripts.iter().map(edges).collect::<Vec<_>>().join(" | ")
}

#[test]
fn arrows_are_those_of_airflow() {
    let rows = [
        ("chains and lists", "[t('a'), t('b')] >> t('c') >> [t('d'), t('e')]", "a>c b>c c>d c>e"),
        ("the other way", "t('a') << [t('b'), t('c')] << t('d')", "b>a c>a d>b d>c"),
        ("by method", "a = t('a'); a.set_upstream([t('b')]); a.set_downstream(t('c'))", "a>c b>a"),
        ("a loop", "last = t('s')\nfor n in ['x', 'y']:\n    now = t(n)\n    last >> now\n    last = now", "s>x x>y"),
        ("chain", "chain(t('a'), [t('b'), t('c')], [t('d'), t('e')], t('f'))", "a>b a>c b>d c>e d>f e>f"),
        ("chain_linear", "chain_linear(t('a'), [t('b'), t('c')], [t('d')])", "a>b a>c b>d c>d"),
        ("cross_downstream", "cross_downstream([t('a'), t('b')], [t('c'), t('d')])", "a>c a>d b>c b>d"),
        ("labels pass on", "t('a') >> Label('yes') >> t('b')", "a>b"),
        (
            "groups",
            "with TaskGroup('g') as g:\n    t('a') >> t('b')\n    t('c')\nt('s') >> g >> t('e')",
            "g.a>g.b g.b>e g.c>e s>g.a s>g.c",
        ),
        ("groups without prefix", "with TaskGroup('g', prefix_group_id=False):\n    t('a')", "a"),
        ("groups within groups", "with TaskGroup('g'):\n    with TaskGroup('h'):\n        t('a')", "g.h.a"),
        (
            "TaskFlow",
            "@task\ndef f(x=1): return x\n@task(task_id='k')\ndef g(a, b): pass\ng(f(), [f(2)])",
            "f>k f__1>k",
        ),
        ("mapped", "@task\ndef f(x): return x\n@task\ndef s(): return [1]\nf.partial().expand(x=s())", "s>f"),
        ("task groups by decorator", "@task_group\ndef g(n):\n    return t(n)\ng('a') >> g('b')", "g.a>g__1.b"),
        (
            "a result among arguments",
            "@task\ndef f(): return 1\nPythonOperator(task_id='p', python_callable=len, op_args=[f()])",
            "f>p",
        ),
        ("a mapped operator of the inputs", "class O(E): pass\nO.partial(task_id='o').expand(x=[1]) >> t('b')", "o>b"),
        ("a rule as an id", "from airflow.utils.trigger_rule import TriggerRule as R\nt(R.ALL_DONE)", "all_done"),
        ("a dict of tasks", "d = {n: t(n) for n in 'ab'}\nd['a'] >> d['b']", "a>b"),
        (
            "enumerate and zip",
            "ts = [t(f'n{i}') for i in range(3)]\nfor a, b in zip(ts, ts[1:]):\n    a >> b",
            "n0>n1 n1>n2",
        ),
        (
            "a function in between",
            "def mk(n, after):\n    x = t(n)\n    after >> x\n    return x\nmk('b', mk('a', t('s')))",
            "a>b s>a",
        ),
    ];
    for (what, body, expected) in rows {
        assert_eq!(edges_of(body), expected, "{what}");
    }
}

#[test]
fn dags_are_found_as_airflow_finds_them() {
    let rows = [
        ("a variable", "d = DAG('x')\nE(task_id='a', dag=d) >> E(task_id='b', dag=d)", "x: a>b"),
        ("a decorator", "@dag(dag_id='y')\ndef f():\n    t('a') >> t('b')\nf()", "y: a>b"),
        ("a decorator that is not called", "@dag()\ndef f():\n    t('a')", ""),
        (
            "a factory in a loop",
            "def mk(n):\n    with DAG(n) as d:\n        t('a')\n    return d\nfor n in ['p', 'q']:\n    globals()[n] = mk(n)",
            "p: a | q: a",
        ),
        ("a variable that is not kept", "def mk():\n    d = DAG('z')\n    E(task_id='a', dag=d)\nmk()", ""),
        (
            "a task that gets its DAG by an arrow",
            "d = DAG('x')\na = E(task_id='a', dag=d)\nb = E(task_id='b')\na >> b",
            "x: a>b",
        ),
    ];
    for (what, body, expected) in rows {
        let reading = reading(&[("d.py", &format!("{HEAD}{body}"))]);
        let dags = reading.scripts.iter().filter(|script| !script.tasks.is_empty());
        let shown: Vec<String> = dags.map(|script| format!("{}: {}", script.name, edges(script))).collect();
        assert_eq!(shown.join(" | "), expected, "{what}");
    }
}

/// Which task has how many steps.
fn steps_of(files: &[(&str, &str)]) -> String {
    let reading = reading(files);
    let script = reading.scripts.first().expect("a script");
    let count = |task: usize| script.steps.iter().filter(|step| step.task == Some(task)).count();
    let tasks = script.tasks.iter().enumerate();
    tasks
        .map(|(at, task)| format!("{}:{}{}", task.id, count(at), if task.side_effects { "!" } else { "" }))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn sql_is_found_where_it_stands() {
    let sql = "CREATE TABLE b AS SELECT * FROM a";
    let rows = [
        ("a string", format!("PostgresOperator(task_id='x', sql='{sql}')"), "x:1"),
        ("a list", format!("PostgresOperator(task_id='x', sql=['{sql}', 'drop table c'])"), "x:2"),
        ("a file", "PostgresOperator(task_id='x', sql='sql/q.sql')".to_owned(), "x:1"),
        ("a class of a sibling", "from queries import Q\nPostgresOperator(task_id='x', sql=Q.b)".to_owned(), "x:1"),
        ("a hook", format!("def f(**kw):\n    PostgresHook('c').run('{sql}')\nPythonOperator(task_id='x', python_callable=f)"), "x:1"),
        ("a hook with a loop", "def f(tables):\n    for n in tables:\n        PostgresHook('c').run(f'truncate {n}')\nPythonOperator(task_id='x', python_callable=f, op_kwargs={'tables': ['p', 'q']})".to_owned(), "x:2"),
        ("TaskFlow", format!("@task\ndef x():\n    PostgresHook('c').run('{sql}')\nx()"), "x:1"),
        ("psql", format!("BashOperator(task_id='x', bash_command='psql -h h -c \"{sql}\"')"), "x:1"),
        ("psql with a file", "BashOperator(task_id='x', bash_command='psql -f sql/q.sql')".to_owned(), "x:1"),
        ("a shell command", "BashOperator(task_id='x', bash_command='echo hi && ./run.sh')".to_owned(), "x:0!"),
        ("params", "PostgresOperator(task_id='x', sql='truncate {{ params.t }}', params={'t': 'b'})".to_owned(), "x:1"),
        ("an unknown operator", format!("from my.ops import Weird\nWeird(task_id='x', sql='{sql}')"), "x:1!"),
        ("an operator of the inputs", format!("from airflow.models import BaseOperator\nclass O(BaseOperator):\n    def __init__(self, q, **kw):\n        super().__init__(**kw)\n        self.q = q\n    def execute(self, context):\n        PostgresHook('c').run(self.q)\nO(task_id='x', q='{sql}')"), "x:1"),
        ("nothing", "E(task_id='x')".to_owned(), "x:0"),
    ];
    for (what, body, expected) in rows {
        let indented: String = body.lines().map(|line| format!("    {line}\n")).collect();
        let dag = format!("{HEAD}with DAG('d', start_date=None):\n{indented}");
        let files = [
            ("dags/d.py", dag.as_str()),
            ("dags/sql/q.sql", "create table b as select * from a"),
            ("dags/queries.py", "class Q:\n    b = 'create table b as select 1 as x'\n"),
        ];
        assert_eq!(steps_of(&files), expected, "{what}");
    }
}

#[test]
fn every_statement_is_one_row() {
    let text = format!(
        "{HEAD}with DAG('d'):\n    a = t('a')\n    b = PostgresOperator(task_id='b', sql='truncate x')\n    a >> b\n"
    );
    let reading = reading(&[("d.py", &text)]);
    let rows = &reading.scripts[0].statements;
    let last: Vec<&StatementReading> = rows.iter().rev().take(3).map(|row| &row.reading).collect();
    assert!(matches!(last[0], StatementReading::Config(_)), "{last:?}");
    assert!(matches!(last[1], StatementReading::Steps(_)), "{last:?}");
    assert!(matches!(last[2], StatementReading::Config(_)), "{last:?}");
}
