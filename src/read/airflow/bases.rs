//! Operators that the inputs derive from Airflow's, and operators that a task makes and runs itself.
//!
//! In: a class with an operator above it, and a call of the class. Out: the task, with what its constructor hands to
//! Airflow's own (`super().__init__(sql=…)`) and what it sets on itself; the work of `super().execute(context)`.

use std::rc::Rc;

use super::objects::TaskObject;
use super::operators;
use super::state::Dags;
use super::tasks::{self, NewTask};
use super::{id_of, is_airflow_operator, partly};
use crate::read::python::{Argument, Arguments, Class, Evaluator, External, Instance, Object, Value};
use crate::text::Span;

/// Whether a class of that name, which the inputs do not hold, is an operator.
pub(super) fn is_operator(name: &str) -> bool {
    name.ends_with("Operator") || name.ends_with("Sensor") || operators::find(name).is_some()
}

/// A class of the inputs that is an operator: its `__init__` runs now, its `execute` when the tasks run.
pub(super) fn operator(evaluator: &mut Evaluator, class: &Rc<Class>, base: &str, arguments: &Arguments) -> Value {
    let instance = evaluator.instantiate(class, arguments);
    if evaluator.state::<Dags>().borrow().running {
        return instance;
    }
    let effective = handed_on(&instance, arguments);
    let Some(id) = effective.keyword("task_id").cloned() else {
        let message = format!("a task is made of `{}`, and its id is not known", class.name);
        partly(evaluator, arguments.span, message);
        return instance;
    };
    let id = id_of(evaluator, &id, arguments.span);
    let runs = class.member("execute").or_else(|| class.member("poke")).is_some();
    let (operator, callable) = if runs || operators::find(base).is_none() {
        (if runs { class.name.clone() } else { base.to_owned() }, Some(instance))
    } else {
        (base.to_owned(), effective.keyword("python_callable").cloned())
    };
    let new = NewTask { written: Some(arguments.clone()), ..NewTask::of_class(id, operator, callable, arguments.span) };
    let task = tasks::make(evaluator, new, &effective);
    Value::Object(Rc::new(TaskObject(task)))
}

/// What a base outside the inputs is made with: what the constructor hands on, then what the call gives beside it.
/// Attributes that are set on the instance hold over arguments of their name.
pub(super) fn handed_on(instance: &Value, call: &Arguments) -> Arguments {
    let Value::Instance(instance) = instance else { return call.clone() };
    let mut all = instance.passed.borrow().clone().unwrap_or_else(|| call.clone());
    all.span = call.span;
    all.open |= call.open;
    for item in &call.items {
        if item.name.as_deref().is_some_and(|name| all.named(name).is_none()) {
            all.items.push(item.clone());
        }
    }
    for (name, value) in instance.fields.borrow().iter() {
        let known = all.items.iter_mut().rev().find(|item| item.name.as_ref() == Some(name));
        match known {
            Some(item) => item.value = value.clone(),
            None => all.items.push(Argument { name: Some(name.clone()), value: value.clone(), span: call.span }),
        }
    }
    all
}

/// `super().execute(context)`: the work of Airflow's own operator, with what it was made with.
pub(super) fn method(
    evaluator: &mut Evaluator,
    instance: &Rc<Instance>,
    base: &str,
    method: &str,
    span: Span,
) -> Option<Value> {
    let name = base.rsplit('.').next().unwrap_or(base);
    if !is_operator(name) || operators::find(name).is_none() {
        return (is_operator(name) && method != "execute").then_some(Value::None);
    }
    if method == "execute" {
        run(evaluator, name, handed_on(&Value::Instance(instance.clone()), &Arguments::none(span)));
    }
    Some(Value::None)
}

/// An operator that a task's own code makes, to run it at once: `PostgresOperator(…).execute(context)`.
pub(super) fn made_by_a_task(callee: &Rc<External>, class: &str, arguments: &Arguments) -> Option<Value> {
    let is_known = is_airflow_operator(callee, class) && operators::find(class).is_some();
    is_known.then(|| Value::Object(Rc::new(Made { class: class.to_owned(), arguments: arguments.clone() })))
}

fn run(evaluator: &mut Evaluator, operator: &str, arguments: Arguments) {
    let current = evaluator.state::<Dags>().borrow().current.clone();
    if let Some(work) = current {
        work.within(operator, arguments).run(evaluator);
    }
}

/// An operator that is no task.
#[derive(Debug)]
struct Made {
    class: String,
    arguments: Arguments,
}

impl Object for Made {
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn describe(&self) -> String {
        format!("a `{}` that a task makes", self.class)
    }

    fn method(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, _arguments: &Arguments) -> Option<Value> {
        if name == "execute" {
            run(evaluator, &self.class, self.arguments.clone());
        }
        (name == "execute").then_some(Value::None)
    }
}
