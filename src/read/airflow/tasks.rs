//! Making DAGs and tasks from the arguments of a call.
//!
//! In: what a call or decorator gives. Out: drafts. A task takes the DAG it is given, or the one that is entered; its
//! arguments are joined with the DAG's `default_args`; results of other tasks among them are arrows.

use std::collections::{BTreeMap, BTreeSet};

use super::objects::{DagObject, GroupObject, TaskObject, XCom};
use super::state::{DagDraft, Dags, Edge, TaskDraft};
use crate::finding::Code;
use crate::read::python::{Argument, Arguments, Evaluator, Value};
use crate::text::Span;

/// What is known of a task before it is made.
#[derive(Debug)]
pub struct NewTask {
    /// Its id, without the prefix of its group.
    pub id: String,
    /// The operator's class, or the decorator.
    pub operator: String,
    /// Its DAG, when the call does not say.
    pub dag: Option<usize>,
    /// What runs.
    pub callable: Option<Value>,
    /// The arguments of what runs.
    pub call: Arguments,
    /// Whether a taken id gets a number.
    pub is_free: bool,
    /// The arguments of `.override()`.
    pub overridden: Vec<Argument>,
    /// The arguments of `.expand()` of a decorated function, which are among `call` too.
    pub expanded: Option<Arguments>,
    /// The call as the author wrote it, where the task has other arguments than those.
    pub written: Option<Arguments>,
}

impl NewTask {
    /// What an operator's class runs, called by nobody but Airflow.
    pub fn of_class(id: String, class: String, callable: Option<Value>, span: Span) -> Self {
        Self {
            id,
            operator: class,
            dag: None,
            callable,
            call: Arguments::none(span),
            is_free: false,
            overridden: Vec::new(),
            expanded: None,
            written: None,
        }
    }
}

/// A new DAG.
pub fn make_dag(evaluator: &mut Evaluator, id: String, arguments: &Arguments) -> usize {
    let statements = evaluator.statements().to_vec();
    let conditions = evaluator.conditions();
    if conditions > 0 {
        super::partly(
            evaluator,
            arguments.span,
            format!("the DAG `{id}` is only made under a condition or in a loop that is not known"),
        );
    }
    let dags = evaluator.state::<Dags>();
    let mut dags = dags.borrow_mut();
    dags.dags.push(DagDraft { id, arguments: arguments.clone(), registered: false, statements, conditions });
    dags.dags.len() - 1
}

/// A new task; gives its number.
pub fn make(evaluator: &mut Evaluator, new: NewTask, arguments: &Arguments) -> usize {
    let statements: BTreeSet<_> = evaluator.statements().iter().copied().collect();
    let dags = evaluator.state::<Dags>();
    let mut dags = dags.borrow_mut();
    let given = arguments.keyword("dag").and_then(|dag| dag.object::<DagObject>()).map(|dag| dag.0);
    let group =
        arguments.keyword("task_group").and_then(|group| group.object::<GroupObject>()).map(|group| group.index);
    let in_context = dags.current_dag();
    let group = group.or_else(|| dags.current_group().filter(|_| given.is_none() || given == in_context));
    let of_group = group.and_then(|group| dags.groups.get(group)).and_then(|group| group.dag);
    let dag = given.or(new.dag).or(of_group).or(in_context);
    let id = format!("{}{}", dags.prefix(group), new.id);
    // Of ids that only the run knows, nothing says that two are one.
    let is_free = new.is_free || id.contains("{{");
    let id = if is_free { dags.free_id(&id, dag) } else { id };
    let has_subdag = arguments.keyword("subdag").and_then(|dag| dag.object::<DagObject>()).map(|dag| dag.0);
    // Airflow finds the DAG of a SubDagOperator through its task.
    if let Some(inner) = has_subdag.and_then(|inner| dags.dags.get_mut(inner)) {
        inner.registered = true;
    } else if new.operator == "SubDagOperator" {
        let message = format!("the task `{id}` runs a DAG that is not made among the inputs: its tasks are not seen");
        super::partly(evaluator, arguments.span, message);
    }
    // What the DAG itself is made under is told once, there.
    let of_dag = dag.and_then(|dag| dags.dags.get(dag)).map_or(0, |dag| dag.conditions);
    let conditions = evaluator.conditions();
    if conditions > of_dag {
        let message = format!("the task `{id}` is only made under a condition or in a loop that is not known");
        super::partly(evaluator, arguments.span, message);
    }
    if !is_free && dag.is_some() && dags.tasks.iter().any(|task| task.dag == dag && task.id == id) {
        drop(dags);
        let message = format!("the task id `{id}` is used twice; Airflow refuses the DAG");
        evaluator.finding(Code::R507, arguments.span, message, "give each task an id of its own");
        return make_at(evaluator, new, arguments, id, (dag, group), statements);
    }
    drop(dags);
    make_at(evaluator, new, arguments, id, (dag, group), statements)
}

fn make_at(
    evaluator: &mut Evaluator,
    new: NewTask,
    arguments: &Arguments,
    id: String,
    (dag, group): (Option<usize>, Option<usize>),
    statements: BTreeSet<crate::read::python::StatementId>,
) -> usize {
    let dags = evaluator.state::<Dags>();
    let mut dags = dags.borrow_mut();
    let given = new.written.unwrap_or_else(|| arguments.clone());
    let conditions = evaluator.conditions();
    let arguments = with_defaults(&dags, dag, arguments);
    let task = dags.tasks.len();
    let mut upstream = BTreeSet::new();
    for item in arguments.items.iter().chain(&new.call.items) {
        results(&item.value, &mut upstream, 0);
    }
    let span = arguments.span;
    dags.tasks.push(TaskDraft {
        id,
        operator: new.operator,
        span,
        dag,
        group,
        arguments,
        given,
        expanded: new.expanded,
        is_expanded_by_dicts: false,
        overridden: new.overridden,
        marks: Vec::new(),
        role: None,
        callable: new.callable,
        call: new.call,
        conditions,
        statements,
        attributes: BTreeMap::new(),
    });
    for from in upstream {
        dags.edge(from, task, Edge::drawn(evaluator, span));
    }
    task
}

/// A mapped task gets the arguments of `.expand()`.
pub fn extend(evaluator: &mut Evaluator, task: usize, arguments: &Arguments, by_dicts: bool) {
    let dags = evaluator.state::<Dags>();
    let mut dags = dags.borrow_mut();
    let mut upstream = BTreeSet::new();
    for item in &arguments.items {
        results(&item.value, &mut upstream, 0);
    }
    if let Some(draft) = dags.tasks.get_mut(task) {
        draft.arguments.items.extend(arguments.items.iter().cloned());
        draft.expanded = Some(arguments.clone());
        draft.is_expanded_by_dicts |= by_dicts;
    }
    for from in upstream {
        dags.edge(from, task, Edge::drawn(evaluator, arguments.span));
    }
}

/// The arguments, and those of the DAG's `default_args` that are not given.
fn with_defaults(dags: &Dags, dag: Option<usize>, arguments: &Arguments) -> Arguments {
    let mut all = arguments.clone();
    let own = arguments.keyword("default_args").and_then(Value::entries);
    let of_dag = dag.and_then(|dag| dags.dags.get(dag)).and_then(|dag| dag.arguments.keyword("default_args"));
    let entries = own.into_iter().chain(of_dag.and_then(Value::entries)).flatten();
    for (key, value) in entries {
        if let Some(key) = key.as_text()
            && all.named(key).is_none()
            && key != "task_id"
        {
            all.items.push(Argument { name: Some(key.to_owned()), value, span: arguments.span });
        }
    }
    all
}

/// The tasks whose results stand in a value.
pub(super) fn results(value: &Value, found: &mut BTreeSet<usize>, depth: usize) {
    if depth > 8 {
        return;
    }
    if let Some(xcom) = value.object::<XCom>() {
        found.extend(&xcom.tasks);
        return;
    }
    let entries = value.entries().unwrap_or_default().into_iter().map(|(_, value)| value);
    for item in value.items().unwrap_or_default().into_iter().chain(entries) {
        if item.object::<TaskObject>().is_none() {
            results(&item, found, depth + 1);
        }
    }
}
