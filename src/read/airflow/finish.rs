//! From drafts to scripts: one a DAG, with tasks, arrows, settings, and the steps of what the tasks do.
//!
//! In: the drafts, when the whole file has run. Out: scripts of the evaluator's record.

use std::collections::{BTreeMap, BTreeSet};

use super::objects::DagObject;
use super::state::Dags;
use super::work::Work;
use crate::finding::Code;
use crate::read::python::{Arguments, Evaluator, StatementId, Value};
use crate::steps::{Arrow, ScriptKind, Task};
use crate::text::Span;

/// Makes the scripts.
pub fn finish(evaluator: &mut Evaluator) {
    let drafts = evaluator.state::<Dags>();
    let in_names: BTreeSet<usize> =
        evaluator.globals().iter().filter_map(|value| value.object::<DagObject>()).map(|dag| dag.0).collect();
    drafts.borrow_mut().running = true;
    let count = drafts.borrow().dags.len();
    for dag in 0..count {
        let (id, span, is_found, made_here) = {
            let dags = drafts.borrow();
            let Some(draft) = dags.dags.get(dag) else { continue };
            (
                draft.id.clone(),
                draft.arguments.span,
                draft.registered || in_names.contains(&dag),
                !draft.statements.is_empty(),
            )
        };
        if !is_found {
            let message = format!("Airflow does not find the DAG `{id}`: it is no name of the module");
            evaluator.finding(Code::R507, span, message, "bind it to a name of the module, or use `with`");
            continue;
        }
        if made_here {
            finish_dag(evaluator, dag, &id);
        }
    }
    evaluator.use_script(0);
}

fn finish_dag(evaluator: &mut Evaluator, dag: usize, id: &str) {
    let drafts = evaluator.state::<Dags>();
    evaluator.open_script(id, ScriptKind::Airflow);
    let numbers: Vec<usize> = {
        let dags = drafts.borrow();
        (0..dags.tasks.len()).filter(|task| dags.tasks.get(*task).is_some_and(|task| task.dag == Some(dag))).collect()
    };
    let places: BTreeMap<usize, usize> = numbers.iter().enumerate().map(|(at, task)| (*task, at)).collect();
    let tasks: Vec<Task> = numbers.iter().filter_map(|task| shown(evaluator, &drafts.borrow(), *task)).collect();
    evaluator.script().tasks = tasks;
    evaluator.script().arrows = arrows(&drafts.borrow(), &places);
    evaluator.script().settings = settings(evaluator, &drafts.borrow(), dag);
    let statements = drafts.borrow().dags.get(dag).map(|dag| dag.statements.clone()).unwrap_or_default();
    evaluator.configure_statements(statements, &format!("the DAG `{id}`"));
    for (at, number) in numbers.iter().enumerate() {
        run_task(evaluator, *number, at);
    }
    evaluator.set_task(None);
}

fn run_task(evaluator: &mut Evaluator, number: usize, at: usize) {
    let drafts = evaluator.state::<Dags>();
    let Some(work) = Work::of(&drafts.borrow(), number) else { return };
    let statements: Vec<StatementId> =
        drafts.borrow().tasks.get(number).map(|task| task.statements.iter().copied().collect()).unwrap_or_default();
    evaluator.set_task(Some(at));
    let before = evaluator.script().steps.len();
    let side_effects = work.run(evaluator);
    let after = evaluator.script().steps.len();
    if let Some(task) = evaluator.script().tasks.get_mut(at) {
        task.side_effects = side_effects;
    }
    for step in before..after {
        evaluator.credit(step, statements.iter().copied());
    }
    let id = evaluator.script().tasks.get(at).map_or_else(String::new, |task| task.id.clone());
    evaluator.configure_statements(statements, &format!("the task `{id}`, which stays in orchestration"));
}

fn arrows(dags: &Dags, places: &BTreeMap<usize, usize>) -> Vec<Arrow> {
    let arrow = |(from, to): &(usize, usize)| {
        let span = *dags.edges.get(&(*from, *to))?;
        Some(Arrow { from: *places.get(from)?, to: *places.get(to)?, span })
    };
    dags.edge_order.iter().filter_map(arrow).collect()
}

/// A task as the script holds it.
fn shown(evaluator: &Evaluator, dags: &Dags, number: usize) -> Option<Task> {
    let draft = dags.tasks.get(number)?;
    let rule = draft.attributes.get("trigger_rule").or_else(|| draft.arguments.keyword("trigger_rule"));
    let rule = rule.map(|rule| match rule {
        Value::Text(text) => text.fragment().text().to_owned(),
        Value::External(external) => external.last().to_lowercase(),
        _ => String::new(),
    });
    let arguments = draft.arguments.keywords().filter(|(name, _)| *name != "dag" && *name != "default_args");
    let mut seen = BTreeSet::new();
    let arguments = arguments.filter(|(name, _)| seen.insert((*name).to_owned()));
    let arguments = arguments.map(|(name, item)| (name.to_owned(), written(evaluator, &item.value, item.span)));
    Some(Task {
        id: draft.id.clone(),
        operator: draft.operator.clone(),
        span: draft.span,
        side_effects: false,
        trigger_rule: rule.filter(|rule| !rule.is_empty() && rule != "all_success"),
        arguments: arguments.collect(),
    })
}

/// What the successor DAG keeps: the arguments of the DAG, as Python.
fn settings(evaluator: &Evaluator, dags: &Dags, dag: usize) -> Vec<(String, String)> {
    let Some(draft) = dags.dags.get(dag) else { return Vec::new() };
    let arguments: &Arguments = &draft.arguments;
    let kept = arguments
        .keywords()
        .filter(|(name, _)| !matches!(*name, "dag_id" | "user_defined_macros" | "template_searchpath"));
    kept.map(|(name, item)| (name.to_owned(), written(evaluator, &item.value, item.span))).collect()
}

/// A value as Python text: what it is, where that can be written; else the text of the argument.
fn written(evaluator: &Evaluator, value: &Value, span: Span) -> String {
    python(evaluator, value, 0).unwrap_or_else(|| evaluator.source_text(span).to_owned())
}

fn python(evaluator: &Evaluator, value: &Value, depth: usize) -> Option<String> {
    if depth > 6 {
        return None;
    }
    let all = |items: &[Value]| items.iter().map(|item| python(evaluator, item, depth + 1)).collect::<Option<Vec<_>>>();
    match value {
        Value::List(items) => Some(format!("[{}]", all(&items.borrow())?.join(", "))),
        Value::Tuple(items) if items.len() != 1 => Some(format!("({})", all(items)?.join(", "))),
        Value::Dict(entries) => {
            let entries = entries.borrow();
            let pairs = entries.iter().map(|(key, value)| {
                Some(format!("{}: {}", python(evaluator, key, depth + 1)?, python(evaluator, value, depth + 1)?))
            });
            Some(format!("{{{}}}", pairs.collect::<Option<Vec<_>>>()?.join(", ")))
        }
        Value::External(external) if external.imported => Some(evaluator.source_text(external.span).to_owned()),
        Value::Function(function) if function.name != "<lambda>" => Some(function.name.clone()),
        other => evaluator.represented(other),
    }
}
