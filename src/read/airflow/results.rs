//! What tasks give each other: values that functions return or push, where both tasks are followed.
//!
//! In: results of tasks that ran, and the arguments of those behind them. Out: the values themselves, so that rows are
//! followed from the task that makes them to the one that writes them. Never gives the result of a mapped task: it is many.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::objects::XCom;
use super::state::Dags;
use super::tasks;
use crate::read::python::{Arguments, Evaluator, External, Value};

/// The key of what a task returns.
pub const RETURNED: &str = "return_value";

/// Remembers what the task gives.
pub fn keep(evaluator: &mut Evaluator, task: usize, key: &str, value: Value) {
    if matches!(value, Value::External(_)) {
        return;
    }
    let dags = evaluator.state::<Dags>();
    let mut dags = dags.borrow_mut();
    let is_mapped = dags.tasks.get(task).is_none_or(|task| task.expanded.is_some());
    if !is_mapped {
        dags.results.entry(task).or_default().values.push((key.to_owned(), value));
    }
}

/// The task did nothing that shows but to return a value.
pub fn mark(evaluator: &mut Evaluator, task: usize) {
    let dags = evaluator.state::<Dags>();
    let mut dags = dags.borrow_mut();
    if let Some(result) = dags.results.get_mut(&task) {
        result.makes_rows = result.values.iter().any(|(_, value)| holds_rows(value, 0));
    }
}

/// The value that `taker` is given for the result of another task; anything else as it is.
pub fn given(evaluator: &mut Evaluator, taker: usize, value: &Value) -> Value {
    let Some(xcom) = value.object::<XCom>() else { return value.clone() };
    let ([task], Some(keys)) = (xcom.tasks.as_slice(), &xcom.keys) else { return value.clone() };
    let Some(mut found) = take(evaluator, taker, *task, RETURNED) else { return value.clone() };
    for key in keys {
        let entry =
            found.entries().into_iter().flatten().find(|(own, _)| evaluator.represented(own).as_ref() == Some(key));
        match entry {
            Some((_, inner)) => found = inner,
            None => return value.clone(),
        }
    }
    found
}

/// `ti.xcom_pull(…)` and `ti.xcom_push(…)` of a task that runs now.
pub fn call(evaluator: &mut Evaluator, callee: &Rc<External>, arguments: &Arguments) -> Option<Value> {
    let current = evaluator.state::<Dags>().borrow().current.clone()?;
    match callee.last() {
        "xcom_push" => {
            let key = arguments.get("key", 0)?.as_text()?.to_owned();
            let value = arguments.get("value", 1)?.clone();
            keep(evaluator, current.number(), &key, value);
            Some(Value::None)
        }
        "xcom_pull" => {
            let id = arguments.get("task_ids", 0)?.as_text()?.to_owned();
            let key =
                arguments.keyword("key").map_or(Some(RETURNED.to_owned()), |key| key.as_text().map(str::to_owned))?;
            let task = {
                let dags = evaluator.state::<Dags>();
                let dags = dags.borrow();
                let dag = dags.tasks.get(current.number())?.dag;
                dags.tasks.iter().position(|task| task.dag == dag && task.id == id)?
            };
            take(evaluator, current.number(), task, &key)
        }
        _ => None,
    }
}

fn take(evaluator: &mut Evaluator, taker: usize, task: usize, key: &str) -> Option<Value> {
    let dags = evaluator.state::<Dags>();
    let mut dags = dags.borrow_mut();
    let result = dags.results.get_mut(&task)?;
    let value = result.values.iter().rev().find(|(own, _)| own == key).map(|(_, value)| value.clone())?;
    result.takers.insert(taker);
    Some(value)
}

/// A task that only makes rows which others write has no effect of its own, when nothing else takes its result.
pub fn settle(evaluator: &mut Evaluator, numbers: &[usize]) {
    let dags = evaluator.state::<Dags>();
    for (at, number) in numbers.iter().enumerate().rev() {
        let takers: Vec<usize> = {
            let dags = dags.borrow();
            let Some(result) = dags.results.get(number).filter(|result| result.makes_rows) else { continue };
            let asked = dags.edges.keys().filter(|(from, to)| from == number && uses(&dags, *to, *number));
            result.takers.iter().copied().chain(asked.map(|(_, to)| *to)).collect()
        };
        let places: Vec<Option<usize>> =
            takers.iter().map(|taker| numbers.iter().position(|number| number == taker)).collect();
        let script = evaluator.script();
        let is_followed = |place: &Option<usize>| {
            place.and_then(|place| script.tasks.get(place)).is_some_and(|task| !task.side_effects)
        };
        let is_followed = !places.is_empty() && places.iter().all(is_followed);
        if let Some(task) = script.tasks.get_mut(at).filter(|_| is_followed) {
            (task.side_effects, task.hands_on) = (false, true);
        }
    }
}

/// Whether a task names the result of another one in its arguments.
fn uses(dags: &Dags, task: usize, of: usize) -> bool {
    let mut found = BTreeSet::new();
    for item in dags.tasks.get(task).into_iter().flat_map(|draft| draft.call.items.iter().chain(&draft.arguments.items))
    {
        tasks::results(&item.value, &mut found, 0);
    }
    found.contains(&of)
}

fn holds_rows(value: &Value, depth: usize) -> bool {
    if depth > 8 {
        return false;
    }
    if let Value::Object(object) = value {
        return object.holds_rows();
    }
    let entries = value.entries().unwrap_or_default().into_iter().map(|(_, value)| value);
    value.items().unwrap_or_default().into_iter().chain(entries).any(|item| holds_rows(&item, depth + 1))
}
