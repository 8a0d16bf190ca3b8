//! Airflow as the evaluator sees it: one table row an operator.
//!
//! In: what a DAG file imports from Airflow, 1.10 to 3. Out: one script a DAG, with its tasks, its arrows as written
//! and the steps of what the tasks run. Task ids and arrows are those that Airflow itself would find; what is only
//! known at run time is a finding, and the DAG is partly read. Never imports or runs a DAG.

#![expect(clippy::wildcard_enum_match_arm, reason = "values are of many kinds, and few of them concern a DAG")]

use std::rc::Rc;

use super::python::{Arguments, Class, Evaluator, External, Instance, Library, Value};
use crate::finding::Code;
use crate::text::Span;

mod assets;
mod bases;
mod decorators;
mod ends;
mod finish;
mod jinja;
mod making;
mod moved;
mod objects;
mod operators;
mod results;
mod shell;
mod state;
mod tasks;
mod templates;
mod work;

use objects::{DagObject, GroupObject, RunContext, TaskObject};
use state::Dags;
use tasks::NewTask;

/// Airflow.
#[derive(Debug, Clone, Copy)]
pub struct Airflow;

impl Library for Airflow {
    fn call(&self, evaluator: &mut Evaluator, callee: &Rc<External>, arguments: &Arguments) -> Option<Value> {
        let last = callee.last().to_owned();
        if let Some(value) = constructor(evaluator, callee, &last, arguments) {
            return Some(value);
        }
        if let Some(value) = results::call(evaluator, callee, arguments) {
            return Some(value);
        }
        operator(evaluator, callee, &last, arguments)
    }

    fn constant(&self, _evaluator: &mut Evaluator, path: &str, span: Span) -> Option<Value> {
        if !path.starts_with("airflow") {
            return None;
        }
        // The members of these enumerations are their names in lower case.
        if let Some((of, member)) = path.rsplit_once('.')
            && (of.ends_with(".TriggerRule") || of.ends_with(".WeightRule"))
        {
            return Some(Value::text(&member.to_lowercase(), span));
        }
        decorators::find(path)
    }

    fn construct(
        &self,
        evaluator: &mut Evaluator,
        class: &Rc<Class>,
        base: &str,
        arguments: &Arguments,
    ) -> Option<Value> {
        let last = base.rsplit('.').next().unwrap_or(base).to_owned();
        if last == "DAG" {
            let instance = evaluator.instantiate(class, arguments);
            return Some(make_dag(evaluator, &bases::handed_on(&instance, arguments)));
        }
        bases::is_operator(&last).then(|| bases::operator(evaluator, class, &last, arguments))
    }

    fn outer_method(
        &self,
        evaluator: &mut Evaluator,
        instance: &Rc<Instance>,
        base: &str,
        method: &str,
        arguments: &Arguments,
    ) -> Option<Value> {
        bases::method(evaluator, instance, base, method, arguments.span)
    }

    fn claims_functions(&self, evaluator: &mut Evaluator) -> bool {
        !evaluator.state::<Dags>().borrow().dags.is_empty()
    }

    fn finish(&self, evaluator: &mut Evaluator) {
        finish::finish(evaluator);
    }
}

/// Says that a DAG is only partly read.
fn partly(evaluator: &mut Evaluator, span: Span, message: String) {
    evaluator.finding(Code::R507, span, message, "the graph that Airflow sees may be larger; check it there");
}

fn constructor(evaluator: &mut Evaluator, callee: &Rc<External>, last: &str, arguments: &Arguments) -> Option<Value> {
    let is_airflow = callee.imported && callee.path.starts_with("airflow");
    if !is_airflow {
        return None;
    }
    match last {
        "DAG" => Some(make_dag(evaluator, arguments)),
        "TaskGroup" => {
            let id = arguments.get("group_id", 0).map_or_else(String::new, |id| id_of(evaluator, id, arguments.span));
            let index = decorators::make_group(evaluator, &id, arguments, false);
            Some(Value::Object(Rc::new(GroupObject { index, result: None })))
        }
        "Label" => Some(Value::Object(Rc::new(ends::Label::default()))),
        "chain" => Some(ends::chain(evaluator, arguments)),
        "chain_linear" => Some(ends::chain_linear(evaluator, arguments)),
        "cross_downstream" => {
            let (from, to) = (arguments.get("from_tasks", 0)?.clone(), arguments.get("to_tasks", 1)?.clone());
            ends::connect(evaluator, &from, &to, arguments.span);
            Some(Value::None)
        }
        "get_current_context" => Some(Value::Object(Rc::new(RunContext))),
        "get" if callee.path.ends_with("Variable.get") => {
            let name = arguments.get("key", 0)?.as_text()?.to_owned();
            if arguments.keyword("deserialize_json").and_then(Value::truth) == Some(true) {
                let reason = format!("it is the Airflow variable `{name}`, which is only known when it runs");
                return Some(evaluator.unknown(&name, reason, arguments.span));
            }
            let default = arguments.get("default_var", 1).or_else(|| arguments.keyword("default")).cloned();
            let template = match default.as_ref().and_then(|value| evaluator.represented(value)) {
                Some(default) => format!("{{{{ var.value.get('{name}', {default}) }}}}"),
                None => format!("{{{{ var.value.{name} }}}}"),
            };
            evaluator.state::<Dags>().borrow_mut().variables.insert(name.clone(), template);
            Some(evaluator.parameter(&name, default.as_ref(), arguments.span))
        }
        _ => None,
    }
}

fn make_dag(evaluator: &mut Evaluator, arguments: &Arguments) -> Value {
    let id = match arguments.get("dag_id", 0).cloned() {
        Some(id) => id_of(evaluator, &id, arguments.span),
        None => "dag".to_owned(),
    };
    Value::Object(Rc::new(DagObject(tasks::make_dag(evaluator, id, arguments))))
}

/// An id as text; one that is only known at run time keeps its holes, and says so.
fn id_of(evaluator: &mut Evaluator, id: &Value, span: Span) -> String {
    match id {
        Value::Text(text) => {
            if text.known().is_none() {
                partly(evaluator, span, format!("the id `{}` is only known at run time", text.fragment().text()));
            }
            text.fragment().text().to_owned()
        }
        Value::External(external) => {
            partly(evaluator, span, format!("an id is only known at run time: {}", external.reason));
            format!("{{{{ {} }}}}", external.path)
        }
        _ => "task".to_owned(),
    }
}

/// A call that makes a task: a class of Airflow, or of an unknown module, that gets a `task_id`.
fn operator(evaluator: &mut Evaluator, callee: &Rc<External>, last: &str, arguments: &Arguments) -> Option<Value> {
    if evaluator.state::<Dags>().borrow().running {
        return bases::made_by_a_task(callee, last, arguments);
    }
    // `Operator.partial(task_id=…).expand(…)`: the first call makes the task, the second adds arguments to it.
    let class = match last {
        "partial" => callee.origins().nth(1)?.last().to_owned(),
        _ => last.to_owned(),
    };
    let id = match arguments.keyword("task_id") {
        Some(id) => id.clone(),
        None => {
            arguments.positional(0).filter(|_| is_airflow_operator(callee, &class)).map(|item| item.value.clone())?
        }
    };
    let is_class = class.starts_with(|c: char| c.is_uppercase());
    if !is_class && !is_factory(callee) {
        return None;
    }
    let id = id_of(evaluator, &id, arguments.span);
    let callable = arguments.keyword("python_callable").cloned();
    let new = NewTask::of_class(id, class, callable, arguments.span);
    let task = tasks::make(evaluator, new, arguments);
    Some(Value::Object(Rc::new(TaskObject(task))))
}

fn is_airflow_operator(callee: &Rc<External>, class: &str) -> bool {
    callee.path.starts_with("airflow") && (class.ends_with("Operator") || class.ends_with("Sensor"))
}

/// A function of an unknown module that is called with a `task_id` makes a task, too: `bigquery_etl_query(task_id=…)`.
fn is_factory(callee: &Rc<External>) -> bool {
    callee.imported && !callee.path.contains("xcom")
}

#[cfg(test)]
mod tests;
