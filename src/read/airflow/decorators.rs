//! TaskFlow: `@task` and its variants, `@dag`, `@task_group`, `@setup`, `@teardown`.
//!
//! In: decorated functions of the script. Out: objects whose calls make tasks, DAGs and groups.

use std::any::Any;
use std::rc::Rc;

use super::objects::{DagObject, GroupObject, XCom};
use super::state::{Context, Dags, GroupDraft};
use super::tasks::{self, NewTask};
use crate::read::python::{Argument, Arguments, Evaluator, Function, Object, Value};
use crate::text::Span;

/// What a decorator makes of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Task,
    Dag,
    Group,
    /// `@setup`, `@teardown`: they leave a task as it is.
    Mark,
    /// `@asset`: a DAG of one task, both named as the function.
    Asset,
}

/// A decorator, with its arguments if it had parentheses.
#[derive(Debug)]
struct Decorator {
    kind: Kind,
    /// `task`, `task.branch` …
    name: String,
    arguments: Option<Arguments>,
    dag: Option<usize>,
}

/// A decorated function.
#[derive(Debug)]
struct Decorated {
    kind: Kind,
    name: String,
    /// The decorator's arguments, and those of `.override()`.
    arguments: Arguments,
    function: Rc<Function>,
    /// `setup` or `teardown`, where it is one.
    role: Option<String>,
    /// The arguments of `.override()` alone.
    overridden: Vec<Argument>,
    /// The arguments of `.partial()`.
    partial: Option<Arguments>,
    dag: Option<usize>,
}

/// The decorator of an imported path; none when it is none.
pub fn find(path: &str) -> Option<Value> {
    let last = path.rsplit('.').next().unwrap_or(path);
    let kind = match last {
        "dag" => Kind::Dag,
        "task_group" => Kind::Group,
        "setup" | "teardown" => Kind::Mark,
        "asset" if path.starts_with("airflow.sdk") => Kind::Asset,
        "task" => return Some(task_decorator("task", None)),
        _ => return None,
    };
    Some(decorator(kind, last, None))
}

/// `@task`, or `@dag.task`.
pub fn task_decorator(name: &str, dag: Option<usize>) -> Value {
    decorator(Kind::Task, name, dag)
}

fn decorator(kind: Kind, name: &str, dag: Option<usize>) -> Value {
    Value::Object(Rc::new(Decorator { kind, name: name.to_owned(), arguments: None, dag }))
}

impl Object for Decorator {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        format!("the decorator `{}`", self.name)
    }

    fn attribute(self: Rc<Self>, _evaluator: &mut Evaluator, name: &str, _span: Span) -> Option<Value> {
        let is_known = self.kind == Kind::Task || (self.kind == Kind::Asset && name == "multi");
        is_known.then(|| decorator(self.kind, &format!("{}.{name}", self.name), self.dag))
    }

    fn call(self: Rc<Self>, evaluator: &mut Evaluator, arguments: &Arguments) -> Option<Value> {
        let first = arguments.positional(0).map(|item| &item.value);
        match (self.kind, first) {
            (Kind::Asset, Some(Value::Function(function))) => {
                let given = self.arguments.clone().unwrap_or_else(|| Arguments::none(function.span));
                Some(make_asset(evaluator, &self.name, function, &given))
            }
            (_, Some(Value::Function(function))) => {
                let given = self.arguments.clone().unwrap_or_else(|| Arguments::none(function.span));
                Some(Value::Object(Rc::new(Decorated {
                    kind: if self.kind == Kind::Mark { Kind::Task } else { self.kind },
                    name: if self.kind == Kind::Mark { "task".to_owned() } else { self.name.clone() },
                    role: (self.kind == Kind::Mark).then(|| self.name.clone()),
                    arguments: given,
                    function: function.clone(),
                    overridden: Vec::new(),
                    partial: None,
                    dag: self.dag,
                })))
            }
            (Kind::Mark, Some(decorated @ Value::Object(_))) => Some(match decorated.object::<Decorated>() {
                Some(inner) => {
                    let mut marked = inner.with_arguments(&Arguments::none(arguments.span));
                    marked.role = Some(self.name.clone());
                    Value::Object(Rc::new(marked))
                }
                None => decorated.clone(),
            }),
            _ => Some(Value::Object(Rc::new(Self {
                kind: self.kind,
                name: self.name.clone(),
                arguments: Some(arguments.clone()),
                dag: self.dag,
            }))),
        }
    }
}

impl Object for Decorated {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        format!("the function `{}` under `@{}`", self.function.name, self.name)
    }

    fn attribute(self: Rc<Self>, _evaluator: &mut Evaluator, name: &str, span: Span) -> Option<Value> {
        match name {
            "function" => Some(Value::Function(self.function.clone())),
            "__name__" => Some(Value::text(&self.function.name, span)),
            _ => None,
        }
    }

    fn method(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
        match name {
            "override" => Some(Value::Object(Rc::new(self.with_arguments(arguments)))),
            "partial" => {
                let mut decorated = self.with_arguments(&Arguments::none(arguments.span));
                decorated.partial = Some(arguments.clone());
                Some(Value::Object(Rc::new(decorated)))
            }
            "expand" | "expand_kwargs" | "map" => {
                let made = self.make(evaluator, arguments, true);
                if let (true, Some(xcom)) = (name == "expand_kwargs", made.object::<XCom>()) {
                    let dags = evaluator.state::<Dags>();
                    for task in &xcom.tasks {
                        if let Some(task) = dags.borrow_mut().tasks.get_mut(*task) {
                            task.is_expanded_by_dicts = true;
                        }
                    }
                }
                Some(made)
            }
            "function" => Some(evaluator.call(&Value::Function(self.function.clone()), arguments)),
            _ => None,
        }
    }

    fn call(self: Rc<Self>, evaluator: &mut Evaluator, arguments: &Arguments) -> Option<Value> {
        Some(self.make(evaluator, arguments, false))
    }
}

impl Decorated {
    fn with_arguments(&self, more: &Arguments) -> Self {
        let mut arguments = self.arguments.clone();
        arguments.items.extend(more.items.iter().cloned());
        let overridden = self.overridden.iter().chain(&more.items).cloned().collect();
        Self {
            role: self.role.clone(),
            overridden,
            kind: self.kind,
            name: self.name.clone(),
            arguments,
            function: self.function.clone(),
            partial: self.partial.clone(),
            dag: self.dag,
        }
    }

    fn make(&self, evaluator: &mut Evaluator, arguments: &Arguments, is_mapped: bool) -> Value {
        let mut all = arguments.clone();
        if let Some(partial) = &self.partial {
            all.items.extend(partial.items.iter().cloned());
        }
        if evaluator.state::<Dags>().borrow().running {
            return evaluator.call(&Value::Function(self.function.clone()), &all);
        }
        match self.kind {
            Kind::Task | Kind::Mark | Kind::Asset => {
                self.make_task(evaluator, all, is_mapped.then(|| arguments.clone()))
            }
            Kind::Dag => self.make_dag(evaluator, &all),
            Kind::Group => self.make_group(evaluator, &all),
        }
    }

    fn make_task(&self, evaluator: &mut Evaluator, call: Arguments, expanded: Option<Arguments>) -> Value {
        let id = self.arguments.keyword("task_id").and_then(Value::as_text).unwrap_or(&self.function.name).to_owned();
        let mut arguments = self.arguments.clone();
        arguments.span = call.span;
        let new = NewTask {
            id,
            operator: format!("@{}", self.name),
            dag: self.dag,
            callable: Some(Value::Function(self.function.clone())),
            call,
            is_free: true,
            overridden: self.overridden.clone(),
            expanded,
            written: None,
        };
        let task = tasks::make(evaluator, new, &arguments);
        if let Some(draft) = evaluator.state::<Dags>().borrow_mut().tasks.get_mut(task) {
            draft.role.clone_from(&self.role);
        }
        super::objects::xcom(&evaluator.state::<Dags>().borrow(), task, "")
    }

    fn make_dag(&self, evaluator: &mut Evaluator, call: &Arguments) -> Value {
        let id = self.arguments.get("dag_id", 0).and_then(Value::as_text).unwrap_or(&self.function.name).to_owned();
        let mut arguments = self.arguments.clone();
        arguments.span = self.function.span;
        let dag = tasks::make_dag(evaluator, id, &arguments);
        let object = Rc::new(DagObject(dag));
        object.clone().enter(evaluator, call.span);
        // The parameters of a `@dag` function are the DAG's params: those that are not given are only known in a run.
        let given = Arguments { open: true, ..call.clone() };
        evaluator.call(&Value::Function(self.function.clone()), &given);
        object.clone().exit(evaluator, call.span);
        Value::Object(object)
    }

    fn make_group(&self, evaluator: &mut Evaluator, call: &Arguments) -> Value {
        let id = self.arguments.get("group_id", 0).and_then(Value::as_text).unwrap_or(&self.function.name).to_owned();
        let group = make_group(evaluator, &id, &self.arguments, true);
        evaluator.state::<Dags>().borrow_mut().context.push(Context::Group(group));
        let result = evaluator.call(&Value::Function(self.function.clone()), call);
        evaluator.state::<Dags>().borrow_mut().context.pop();
        match result {
            Value::None => Value::Object(Rc::new(GroupObject { index: group, result: None })),
            result => result,
        }
    }
}

/// `@asset`: a DAG that Airflow finds, with one task.
fn make_asset(evaluator: &mut Evaluator, name: &str, function: &Rc<Function>, given: &Arguments) -> Value {
    let mut arguments = given.clone();
    arguments.span = function.span;
    let dag = tasks::make_dag(evaluator, function.name.clone(), &arguments);
    if let Some(draft) = evaluator.state::<Dags>().borrow_mut().dags.get_mut(dag) {
        draft.registered = true;
    }
    let callable = Some(Value::Function(function.clone()));
    let new = NewTask {
        dag: Some(dag),
        call: Arguments { open: true, ..Arguments::none(function.span) },
        ..NewTask::of_class(function.name.clone(), format!("@{name}"), callable, function.span)
    };
    tasks::make(evaluator, new, &Arguments::none(function.span));
    Value::Object(Rc::new(DagObject(dag)))
}

/// A new task group in the group or DAG that is entered now.
pub fn make_group(evaluator: &mut Evaluator, id: &str, arguments: &Arguments, is_free: bool) -> usize {
    let dags = evaluator.state::<Dags>();
    let mut dags = dags.borrow_mut();
    let given = arguments.keyword("dag").and_then(|dag| dag.object::<DagObject>()).map(|dag| dag.0);
    let parent =
        arguments.keyword("parent_group").and_then(|group| group.object::<GroupObject>()).map(|group| group.index);
    let parent = parent.or_else(|| dags.current_group());
    let dag = given.or_else(|| dags.current_dag());
    let full = format!("{}{id}", dags.prefix(parent));
    let full = if is_free { dags.free_group_id(&full, dag) } else { full };
    let prefixes = arguments.keyword("prefix_group_id").and_then(Value::truth) != Some(false);
    let outer = dags.prefix(parent).to_owned();
    let prefix = if prefixes { format!("{full}.") } else { outer };
    dags.groups.push(GroupDraft { prefix, id: full, parent, dag });
    dags.groups.len() - 1
}
