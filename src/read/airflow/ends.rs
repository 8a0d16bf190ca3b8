//! Arrows: `>>`, `<<`, `chain` and their kin, between tasks, lists, groups and labels.
//!
//! In: values on both sides. Out: edges of the drafts. A group stands for its first or last tasks as they are at that
//! moment, as in Airflow.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use super::objects::{GroupObject, TaskObject, XCom};
use super::state::{Dags, Edge};
use crate::read::python::{Arguments, Evaluator, Object, Operation, Value};
use crate::text::Span;

/// `Label("…")`: it only passes arrows on.
#[derive(Debug, Default)]
pub struct Label {
    before: RefCell<Vec<Value>>,
    after: RefCell<Vec<Value>>,
}

/// `left >> right`, or `left << right` when `down` is false, with `left` the object that is asked. Gives the right
/// side, so that chains go on.
pub fn arrow(
    evaluator: &mut Evaluator,
    this: &Value,
    operation: Operation,
    other: &Value,
    reflected: bool,
    span: Span,
) -> Option<Value> {
    let down = match operation {
        Operation::ShiftRight => true,
        Operation::ShiftLeft => false,
        _ => return None,
    };
    let (left, right) = if reflected { (other, this) } else { (this, other) };
    let (first, second) = if down { (left, right) } else { (right, left) };
    connect(evaluator, first, second, span);
    Some(right.clone())
}

/// Orders everything in `first` before everything in `second`.
pub fn connect(evaluator: &mut Evaluator, first: &Value, second: &Value, span: Span) {
    if let Some(label) = second.object::<Label>() {
        label.before.borrow_mut().push(first.clone());
        for after in label.after.borrow().clone() {
            connect(evaluator, first, &after, span);
        }
        return;
    }
    if let Some(label) = first.object::<Label>() {
        label.after.borrow_mut().push(second.clone());
        for before in label.before.borrow().clone() {
            connect(evaluator, &before, second, span);
        }
        return;
    }
    note_unknown(evaluator, first, span);
    note_unknown(evaluator, second, span);
    let dags = evaluator.state::<Dags>();
    evaluator.configure("arrows of the DAG");
    let mut dags = dags.borrow_mut();
    let from = tasks(&dags, first, true, 0);
    let to = tasks(&dags, second, false, 0);
    share_dag(&mut dags, &from, &to);
    // Of a task that is only made under a condition, that has been told.
    let sure = from.iter().chain(&to).filter_map(|task| dags.tasks.get(*task)).map(|task| task.conditions).max();
    let is_doubtful = !from.is_empty() && !to.is_empty() && sure.is_some_and(|sure| sure < evaluator.conditions());
    let edge = Edge::drawn(evaluator, span);
    for one in &from {
        for other in &to {
            dags.edge(*one, *other, edge);
        }
    }
    drop(dags);
    if is_doubtful {
        let message = "this arrow is only drawn under a condition or in a loop that is not known".to_owned();
        super::partly(evaluator, span, message);
    }
}

/// A task without a DAG gets that of the task it is tied to.
fn share_dag(dags: &mut Dags, from: &[usize], to: &[usize]) {
    let all: Vec<usize> = from.iter().chain(to).copied().collect();
    let known = all.iter().find_map(|task| dags.tasks.get(*task).and_then(|task| task.dag));
    for task in all {
        if let Some(task) = dags.tasks.get_mut(task)
            && task.dag.is_none()
        {
            task.dag = known;
        }
    }
}

fn note_unknown(evaluator: &mut Evaluator, value: &Value, span: Span) {
    if let Value::External(external) = value {
        let message = format!("one end of this arrow is not known: {}", external.reason);
        super::partly(evaluator, span, message);
    }
}

/// The tasks that an end of an arrow stands for; of a group, its last or its first ones.
pub fn tasks(dags: &Dags, value: &Value, last: bool, depth: usize) -> Vec<usize> {
    if depth > 20 {
        return Vec::new();
    }
    if let Some(task) = value.object::<TaskObject>() {
        return vec![task.0];
    }
    if let Some(xcom) = value.object::<XCom>() {
        return xcom.tasks.clone();
    }
    if let Some(group) = value.object::<GroupObject>() {
        return dags.ends(group.index, last);
    }
    let items = value.items().or_else(|| value.entries().map(|entries| entries.into_iter().map(|(_, v)| v).collect()));
    items.unwrap_or_default().iter().flat_map(|item| tasks(dags, item, last, depth + 1)).collect()
}

/// `chain(a, [b, c], d)`: neighbours are tied; two lists of one length pair by pair.
pub fn chain(evaluator: &mut Evaluator, arguments: &Arguments) -> Value {
    let items = arguments.positionals();
    for (first, second) in items.iter().zip(items.iter().skip(1)) {
        match (first.items(), second.items()) {
            (Some(left), Some(right)) => {
                for (one, other) in left.iter().zip(&right) {
                    connect(evaluator, one, other, arguments.span);
                }
            }
            _ => connect(evaluator, first, second, arguments.span),
        }
    }
    Value::None
}

/// `chain_linear(a, [b, c], d)`: each of one side before each of the next; empty lists are passed over.
pub fn chain_linear(evaluator: &mut Evaluator, arguments: &Arguments) -> Value {
    let items = arguments.positionals();
    let items: Vec<Value> =
        items.into_iter().filter(|item| item.items().is_none_or(|items| !items.is_empty())).collect();
    for (first, second) in items.iter().zip(items.iter().skip(1)) {
        connect(evaluator, first, second, arguments.span);
    }
    Value::None
}

impl Object for Label {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "a label".to_owned()
    }

    fn binary(
        self: Rc<Self>,
        evaluator: &mut Evaluator,
        operation: Operation,
        other: &Value,
        reflected: bool,
        span: Span,
    ) -> Option<Value> {
        arrow(evaluator, &Value::Object(self), operation, other, reflected, span)
    }
}
