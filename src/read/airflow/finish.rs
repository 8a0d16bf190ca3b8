//! From drafts to scripts: one a DAG, with tasks, arrows, settings, and the steps of what the tasks do.
//!
//! In: the drafts, when the whole file has run. Out: scripts of the evaluator's record.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::assets;
use super::making::Writer;
use super::objects::DagObject;
use super::results;
use super::state::{Dags, Edge, TaskDraft};
use super::templates::{Day, run_value};
use super::work::{Work, first_day};
use crate::finding::Code;
use crate::read::python::{Evaluator, StatementId, Value};
use crate::steps::{Arrow, Fact, FactKind, ScriptKind, Task};
use crate::text::Span;

/// Makes the scripts.
pub fn finish(evaluator: &mut Evaluator) {
    let drafts = evaluator.state::<Dags>();
    let in_names: BTreeSet<usize> =
        evaluator.globals().iter().filter_map(|value| value.object::<DagObject>()).map(|dag| dag.0).collect();
    drafts.borrow_mut().running = true;
    let count = drafts.borrow().dags.len();
    let mut ids = BTreeSet::new();
    for dag in 0..count {
        let (id, span, is_found, made_here) = {
            let dags = drafts.borrow();
            let Some(draft) = dags.dags.get(dag) else { continue };
            (
                draft.id.clone(),
                draft.arguments.span,
                // What stands in a name after a branch that may not run is not known: the branch itself is told.
                draft.registered || draft.conditions > 0 || in_names.contains(&dag),
                !draft.statements.is_empty(),
            )
        };
        if !is_found {
            let message = format!("Airflow does not find the DAG `{id}`: it is no name of the module");
            evaluator.finding(Code::R507, span, message, "bind it to a name of the module, or use `with`");
            continue;
        }
        if made_here && !ids.insert(id.clone()) {
            let message = format!("the DAG id `{id}` is used twice in this file; Airflow keeps one of the two DAGs");
            evaluator.finding(Code::R507, span, message, "give each DAG an id of its own");
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
    describe(evaluator, dag, &numbers, &places);
    evaluator.script().arrows = arrows(&drafts.borrow(), &places);
    let statements = drafts.borrow().dags.get(dag).map(|dag| dag.statements.clone()).unwrap_or_default();
    evaluator.configure_statements(statements, &format!("the DAG `{id}`"));
    for (at, number) in numbers.iter().enumerate() {
        run_task(evaluator, *number, at);
    }
    evaluator.set_task(None);
    results::settle(evaluator, &numbers);
    let day = drafts.borrow().dags.get(dag).map(|dag| first_day(&dag.arguments)).unwrap_or_default();
    fill_defaults(evaluator, day);
}

/// The arguments of a DAG that say when it runs, in the versions of Airflow.
const SCHEDULES: &[&str] = &["schedule", "schedule_interval", "timetable"];

/// The tasks and settings of the DAG, and how both are made.
fn describe(evaluator: &mut Evaluator, dag: usize, numbers: &[usize], places: &BTreeMap<usize, usize>) {
    let drafts = evaluator.state::<Dags>();
    let dags = drafts.borrow();
    let mut made: BTreeSet<StatementId> = dags.tasks.iter().flat_map(|task| task.statements.iter().copied()).collect();
    made.extend(dags.dags.iter().flat_map(|dag| dag.statements.iter().copied()));
    let forbidden: Vec<Span> = made.into_iter().filter_map(|statement| evaluator.statement_span(statement)).collect();
    let outline = evaluator.outline(&forbidden);
    let writer = Writer::new(evaluator, &outline, places);
    let shown = |number: &usize| {
        let draft = dags.tasks.get(*number)?;
        let mut task = shown(evaluator, draft);
        task.making = writer.task(draft);
        Some(task)
    };
    let tasks: Vec<Task> = numbers.iter().filter_map(shown).collect();
    let (settings, making) = dags.dags.get(dag).map(|dag| writer.dag(&dag.arguments)).unwrap_or_default();
    drop(dags);
    let script = evaluator.script();
    (script.tasks, script.settings, script.making) = (tasks, settings, making);
    tie_assets(evaluator, dag, numbers);
}

/// When the DAG runs, and the assets that its tasks change.
fn tie_assets(evaluator: &mut Evaluator, dag: usize, numbers: &[usize]) {
    let drafts = evaluator.state::<Dags>();
    let given = drafts.borrow().dags.get(dag).map(|dag| (dag.id.clone(), dag.arguments.clone()));
    let Some((id, settings)) = given else { return };
    if let Some(when) = SCHEDULES.iter().find_map(|name| settings.named(name)) {
        evaluator.script().schedule = assets::schedule(evaluator, when);
    }
    for (at, number) in numbers.iter().enumerate() {
        let draft = drafts.borrow().tasks.get(*number).map(|task| (task.operator.clone(), task.arguments.clone()));
        let Some((operator, arguments)) = draft else { continue };
        // `@asset` and `@asset.multi` make a DAG with one task, and are given both their arguments at once.
        let own = operator.starts_with("@asset").then(|| settings.named("outlets")).flatten();
        let made = match arguments.named("outlets").or(own) {
            Some(item) => assets::assets(evaluator, item),
            None if operator == "@asset" => BTreeSet::from([id.clone()]),
            None => BTreeSet::new(),
        };
        if let Some(task) = evaluator.script().tasks.get_mut(at) {
            task.outlets = made;
        }
    }
}

/// Remembers that the parameter `name` has the value of a template in each run, and the default of that; gives the name,
/// which is another one when it already stands for another template.
pub fn template(evaluator: &mut Evaluator, name: &str, template: &str, default: Option<&str>) -> String {
    let known = &mut evaluator.script().making.templates;
    let mut chosen = name.to_owned();
    let mut number = 1;
    loop {
        match known.iter().find(|(other, _)| *other == chosen) {
            Some((_, other)) if other == template => break,
            Some(_) => {
                number += 1;
                chosen = format!("{name}_{number}");
            }
            None => {
                known.push((chosen.clone(), template.to_owned()));
                break;
            }
        }
    }
    if let Some(default) = default {
        evaluator.state::<Dags>().borrow_mut().defaults.insert(chosen.clone(), default.to_owned());
    }
    chosen
}

/// Gives the parameters that are values of a run the value of the first one.
fn fill_defaults(evaluator: &mut Evaluator, day: Day) {
    let drafts = evaluator.state::<Dags>();
    let dags = drafts.borrow();
    let script = evaluator.script();
    for param in &mut script.params {
        let known = script.making.templates.iter().any(|(name, _)| *name == param.name);
        let of_run = run_value(&param.name, day).default;
        if !known {
            let template = match dags.variables.get(&param.name) {
                Some(template) => Some(template.clone()),
                None => of_run.is_some().then(|| format!("{{{{ {} }}}}", param.name)),
            };
            script.making.templates.extend(template.map(|template| (param.name.clone(), template)));
        }
        let default = dags.defaults.get(&param.name).cloned().or(of_run);
        if param.default.is_none() {
            param.default = default.map(|default| match default.parse::<f64>() {
                Ok(_) => default,
                Err(_) => format!("'{default}'"),
            });
        }
    }
}

fn run_task(evaluator: &mut Evaluator, number: usize, at: usize) {
    let drafts = evaluator.state::<Dags>();
    let Some(work) = Work::of(&drafts.borrow(), number).map(Rc::new) else { return };
    drafts.borrow_mut().current = Some(work.clone());
    let statements: Vec<StatementId> =
        drafts.borrow().tasks.get(number).map(|task| task.statements.iter().copied().collect()).unwrap_or_default();
    evaluator.set_task(Some(at));
    let before = evaluator.script().steps.len();
    let known = std::mem::take(&mut evaluator.script().facts);
    let side_effects = evaluator.in_part(|evaluator| work.run(evaluator));
    let after = evaluator.script().steps.len();
    let (takes, mut fills) = work.moves(evaluator);
    for relation in &fills {
        evaluator.fact(Fact { relation: relation.clone(), kind: FactKind::Loaded });
    }
    // A COPY in its SQL fills a table as a transfer does.
    for fact in std::mem::replace(&mut evaluator.script().facts, known) {
        if fact.kind == FactKind::Loaded && !fills.contains(&fact.relation) {
            fills.push(fact.relation.clone());
        }
        evaluator.fact(fact);
    }
    if let Some(task) = evaluator.script().tasks.get_mut(at) {
        (task.side_effects, task.takes, task.fills) = (side_effects, takes, fills);
    }
    for step in before..after {
        evaluator.credit(step, statements.iter().copied());
    }
    let id = evaluator.script().tasks.get(at).map_or_else(String::new, |task| task.id.clone());
    evaluator.configure_statements(statements, &format!("the task `{id}`, which stays in orchestration"));
}

fn arrows(dags: &Dags, places: &BTreeMap<usize, usize>) -> Vec<Arrow> {
    let arrow = |(from, to): &(usize, usize)| {
        let Edge { span, perhaps } = *dags.edges.get(&(*from, *to))?;
        Some(Arrow { from: *places.get(from)?, to: *places.get(to)?, span, perhaps })
    };
    dags.edge_order.iter().filter_map(arrow).collect()
}

/// A task as the script holds it.
fn shown(evaluator: &Evaluator, draft: &TaskDraft) -> Task {
    let rule = draft.attributes.get("trigger_rule").or_else(|| draft.arguments.keyword("trigger_rule"));
    let rule = rule.map(|rule| match rule {
        Value::Text(text) => text.fragment().text().to_owned(),
        Value::External(external) => external.last().to_lowercase(),
        _ => String::new(),
    });
    let arguments = draft.arguments.keywords().filter(|(name, _)| *name != "dag" && *name != "default_args");
    let mut seen = BTreeSet::new();
    let arguments = arguments.filter(|(name, _)| seen.insert((*name).to_owned()));
    let arguments = arguments.map(|(name, item)| {
        let text = evaluator.represented(&item.value).unwrap_or_else(|| evaluator.source_text(item.span).to_owned());
        (name.to_owned(), text)
    });
    Task {
        trigger_rule: rule.filter(|rule| !rule.is_empty() && rule != "all_success"),
        arguments: arguments.collect(),
        ..Task::new(draft.id.clone(), draft.operator.clone(), draft.span)
    }
}
