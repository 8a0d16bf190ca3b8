//! Airflow's values: DAGs, tasks, groups, what tasks give to each other, and the context of a run.
//!
//! In: uses of these values in the script. Out: changes of the drafts.

use std::any::Any;
use std::rc::Rc;

use super::ends::{arrow, connect};
use super::state::{Context, Dags, Edge};
use crate::read::python::{Arguments, Evaluator, Hole, Object, Operation, Text, Value};
use crate::text::Span;

/// A DAG, by its number.
#[derive(Debug)]
pub struct DagObject(pub usize);

/// A task, by its number.
#[derive(Debug)]
pub struct TaskObject(pub usize);

/// A task group.
#[derive(Debug)]
pub struct GroupObject {
    /// Its number.
    pub index: usize,
    /// What the function of a `@task_group` returned.
    pub result: Option<Value>,
}

/// What tasks return to other tasks.
#[derive(Debug)]
pub struct XCom {
    /// The tasks.
    pub tasks: Vec<usize>,
    /// How a template would say it.
    pub template: String,
    /// The keys that were taken out of the result, as Python; none when more was done to it.
    pub keys: Option<Vec<String>>,
}

/// The context of a run, as a task's function gets it.
#[derive(Debug)]
pub struct RunContext;

impl Object for DagObject {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "a DAG".to_owned()
    }

    fn enter(self: Rc<Self>, evaluator: &mut Evaluator, _span: Span) -> Option<Value> {
        let dags = evaluator.state::<Dags>();
        let mut dags = dags.borrow_mut();
        dags.context.push(Context::Dag(self.0));
        let statements = evaluator.statements();
        if let Some(dag) = dags.dags.get_mut(self.0) {
            dag.registered = true;
            dag.statements.extend(statements);
        }
        None
    }

    fn exit(self: Rc<Self>, evaluator: &mut Evaluator, _span: Span) {
        evaluator.state::<Dags>().borrow_mut().context.pop();
    }

    fn attribute(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, span: Span) -> Option<Value> {
        let dags = evaluator.state::<Dags>();
        let dags = dags.borrow();
        let dag = dags.dags.get(self.0)?;
        match name {
            "dag_id" | "safe_dag_id" => Some(Value::text(&dag.id, span)),
            "task" => Some(super::decorators::task_decorator("task", Some(self.0))),
            "tasks" => {
                let mine = dags.tasks.iter().enumerate().filter(|(_, task)| task.dag == Some(self.0));
                Some(Value::list(mine.map(|(at, _)| Value::Object(Rc::new(TaskObject(at)))).collect()))
            }
            "default_args" | "params" => dag.arguments.keyword(name).cloned(),
            _ => None,
        }
    }

    fn method(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
        match name {
            "add_task" | "add_tasks" => {
                let dags = evaluator.state::<Dags>();
                let mut dags = dags.borrow_mut();
                let added = arguments.get("task", 0).or_else(|| arguments.get("tasks", 0))?;
                for task in super::ends::tasks(&dags, added, true, 0) {
                    if let Some(task) = dags.tasks.get_mut(task) {
                        task.dag = Some(self.0);
                    }
                }
                Some(Value::None)
            }
            "set_dependency" => {
                let by_id = |evaluator: &mut Evaluator, value: &Value| {
                    let id = value.as_text()?.to_owned();
                    task_of(evaluator, self.0, &id)
                };
                let before = by_id(evaluator, arguments.get("upstream_task_id", 0)?)?;
                let after = by_id(evaluator, arguments.get("downstream_task_id", 1)?)?;
                connect(evaluator, &before, &after, arguments.span);
                Some(Value::None)
            }
            "get_task" => {
                let id = arguments.get("task_id", 0)?.as_text()?.to_owned();
                task_of(evaluator, self.0, &id)
            }
            "cli" | "test" | "run" | "clear" => {
                evaluator.note("it runs the DAG by hand");
                Some(Value::None)
            }
            _ => None,
        }
    }

    fn bound(self: Rc<Self>, evaluator: &mut Evaluator, _name: &str, _span: Span) {
        let statements = evaluator.statements().to_vec();
        let dags = evaluator.state::<Dags>();
        if let Some(dag) = dags.borrow_mut().dags.get_mut(self.0) {
            dag.statements.extend(statements);
        }
    }

    fn set_attribute(self: Rc<Self>, _evaluator: &mut Evaluator, name: &str, _value: &Value, _span: Span) -> bool {
        matches!(name, "doc_md" | "tags" | "description" | "timetable")
    }
}

fn task_of(evaluator: &mut Evaluator, dag: usize, id: &str) -> Option<Value> {
    let dags = evaluator.state::<Dags>();
    let dags = dags.borrow();
    let found = dags.tasks.iter().position(|task| task.dag == Some(dag) && task.id == id)?;
    Some(Value::Object(Rc::new(TaskObject(found))))
}

impl Object for TaskObject {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "a task".to_owned()
    }

    fn attribute(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, span: Span) -> Option<Value> {
        let dags = evaluator.state::<Dags>();
        let dags = dags.borrow();
        let task = dags.tasks.get(self.0)?;
        match name {
            "output" => Some(xcom(&dags, self.0, "")),
            "task_id" => Some(Value::text(&task.id, span)),
            "dag" => task.dag.map(|dag| Value::Object(Rc::new(DagObject(dag)))),
            "operator" => Some(Value::Object(self.clone())),
            _ => task.attributes.get(name).or_else(|| task.arguments.keyword(name)).cloned(),
        }
    }

    fn method(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
        let this = Value::Object(self.clone());
        match name {
            "set_upstream" | "set_downstream" => {
                let other = arguments.get("task_or_task_list", 0)?.clone();
                match name {
                    "set_upstream" => connect(evaluator, &other, &this, arguments.span),
                    _ => connect(evaluator, &this, &other, arguments.span),
                }
                Some(Value::None)
            }
            "as_setup" => {
                mark(evaluator, self.0, name);
                Some(this)
            }
            "as_teardown" => {
                mark(evaluator, self.0, name);
                if let Some(setups) = arguments.get("setups", 0).cloned() {
                    connect(evaluator, &setups, &this, arguments.span);
                }
                Some(this)
            }
            "expand" | "expand_kwargs" => {
                super::tasks::extend(evaluator, self.0, arguments, name == "expand_kwargs");
                Some(this)
            }
            "add_inlets" | "add_outlets" => Some(Value::None),
            _ => None,
        }
    }

    fn enter(self: Rc<Self>, evaluator: &mut Evaluator, _span: Span) -> Option<Value> {
        let dags = evaluator.state::<Dags>();
        let mut dags = dags.borrow_mut();
        let count = dags.tasks.len();
        dags.enclosing.push(count);
        None
    }

    fn exit(self: Rc<Self>, evaluator: &mut Evaluator, span: Span) {
        let dags = evaluator.state::<Dags>();
        let mut dags = dags.borrow_mut();
        if let Some(from) = dags.enclosing.pop() {
            dags.enclose(&[self.0], from, Edge::drawn(evaluator, span));
        }
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

    fn set_attribute(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, value: &Value, _span: Span) -> bool {
        let statements = evaluator.statements().to_vec();
        let dags = evaluator.state::<Dags>();
        let mut dags = dags.borrow_mut();
        let Some(task) = dags.tasks.get_mut(self.0) else { return false };
        task.statements.extend(statements);
        match (name, value.object::<DagObject>()) {
            ("dag", Some(dag)) => task.dag = Some(dag.0),
            _ => {
                task.attributes.insert(name.to_owned(), value.clone());
            }
        }
        true
    }

    fn bound(self: Rc<Self>, evaluator: &mut Evaluator, _name: &str, _span: Span) {
        let statements = evaluator.statements().to_vec();
        let dags = evaluator.state::<Dags>();
        if let Some(task) = dags.borrow_mut().tasks.get_mut(self.0) {
            task.statements.extend(statements);
        }
    }
}

fn mark(evaluator: &mut Evaluator, task: usize, name: &str) {
    let dags = evaluator.state::<Dags>();
    if let Some(task) = dags.borrow_mut().tasks.get_mut(task) {
        task.marks.push(name.to_owned());
    }
}

/// What a task returns.
pub fn xcom(dags: &Dags, task: usize, key: &str) -> Value {
    let id = dags.tasks.get(task).map_or("", |task| &task.id);
    let name: String = id.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    let template = if key.is_empty() { format!("xcom_{name}") } else { format!("xcom_{name}_{key}") };
    let keys = Some(if key.is_empty() { Vec::new() } else { vec![format!("\"{key}\"")] });
    Value::Object(Rc::new(XCom { tasks: vec![task], template, keys }))
}

impl Object for XCom {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "the result of a task".to_owned()
    }

    fn attribute(self: Rc<Self>, _evaluator: &mut Evaluator, name: &str, _span: Span) -> Option<Value> {
        match (name, self.tasks.as_slice()) {
            ("operator", [task]) => Some(Value::Object(Rc::new(TaskObject(*task)))),
            _ => None,
        }
    }

    fn method(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
        match name {
            "map" | "zip" | "concat" => {
                let dags = evaluator.state::<Dags>();
                let mut tasks = self.tasks.clone();
                for other in arguments.positionals() {
                    tasks.extend(super::ends::tasks(&dags.borrow(), &other, true, 0));
                }
                Some(Value::Object(Rc::new(Self { tasks, template: self.template.clone(), keys: None })))
            }
            _ => match self.tasks.as_slice() {
                [task] => Rc::new(TaskObject(*task)).method(evaluator, name, arguments).or_else(|| {
                    let value = evaluator.unknown(&self.template, "it is the result of a task", arguments.span);
                    Some(evaluator.call_method(&value, name, arguments))
                }),
                _ => None,
            },
        }
    }

    fn subscript(self: Rc<Self>, evaluator: &mut Evaluator, key: &Value, _span: Span) -> Option<Value> {
        let written = evaluator.represented(key);
        let keys = self.keys.clone().zip(written).map(|(mut keys, key)| {
            keys.push(key);
            keys
        });
        let key = key.as_text().unwrap_or("item");
        let template = format!("{}_{key}", self.template);
        Some(Value::Object(Rc::new(Self { tasks: self.tasks.clone(), template, keys })))
    }

    fn enter(self: Rc<Self>, evaluator: &mut Evaluator, _span: Span) -> Option<Value> {
        let dags = evaluator.state::<Dags>();
        let mut dags = dags.borrow_mut();
        let count = dags.tasks.len();
        dags.enclosing.push(count);
        None
    }

    fn exit(self: Rc<Self>, evaluator: &mut Evaluator, span: Span) {
        let dags = evaluator.state::<Dags>();
        let mut dags = dags.borrow_mut();
        if let Some(from) = dags.enclosing.pop() {
            dags.enclose(&self.tasks, from, Edge::drawn(evaluator, span));
        }
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

    fn bound(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, span: Span) {
        for task in &self.tasks {
            Rc::new(TaskObject(*task)).bound(evaluator, name, span);
        }
    }

    fn formatted(&self) -> Option<Text> {
        let span = Span::new(crate::text::SourceId(0), 0, 0);
        let reason = "it is what another task returned".to_owned();
        Some(Text::hole(Hole { name: self.template.clone(), default: None, sql_type: "", reason, span }))
    }
}

impl Object for GroupObject {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "a task group".to_owned()
    }

    fn enter(self: Rc<Self>, evaluator: &mut Evaluator, _span: Span) -> Option<Value> {
        evaluator.state::<Dags>().borrow_mut().context.push(Context::Group(self.index));
        None
    }

    fn exit(self: Rc<Self>, evaluator: &mut Evaluator, _span: Span) {
        evaluator.state::<Dags>().borrow_mut().context.pop();
    }

    fn attribute(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, span: Span) -> Option<Value> {
        let dags = evaluator.state::<Dags>();
        let dags = dags.borrow();
        let group = dags.groups.get(self.index)?;
        matches!(name, "group_id" | "label").then(|| Value::text(&group.id, span))
    }

    fn method(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
        let this = Value::Object(self);
        let other = arguments.get("task_or_task_list", 0).cloned();
        match (name, other) {
            ("set_upstream", Some(other)) => connect(evaluator, &other, &this, arguments.span),
            ("set_downstream", Some(other)) => connect(evaluator, &this, &other, arguments.span),
            _ => return None,
        }
        Some(Value::None)
    }

    fn subscript(self: Rc<Self>, evaluator: &mut Evaluator, key: &Value, span: Span) -> Option<Value> {
        let result = self.result.clone()?;
        Some(evaluator.subscript(&result, key, span))
    }

    fn iterate(self: Rc<Self>, evaluator: &mut Evaluator, span: Span) -> Option<Vec<Value>> {
        let result = self.result.clone()?;
        evaluator.iterate(&result, span)
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

/// What a template calls the values of a run that are text.
const MACROS: &[&str] = &[
    "ds",
    "ds_nodash",
    "ts",
    "ts_nodash",
    "ts_nodash_with_tz",
    "yesterday_ds",
    "yesterday_ds_nodash",
    "tomorrow_ds",
    "tomorrow_ds_nodash",
    "prev_ds",
    "next_ds",
    "run_id",
    "execution_date",
    "logical_date",
    "data_interval_start",
    "data_interval_end",
    "next_execution_date",
    "prev_execution_date",
    "prev_data_interval_start_success",
];

/// The value of a run that goes by that name; none when it has no text.
pub fn run_value(name: &str, span: Span) -> Option<Value> {
    MACROS.contains(&name).then(|| {
        Text::hole(Hole { name: name.to_owned(), default: None, sql_type: "", reason: String::new(), span })
            .into_value()
    })
}

/// The arguments that Airflow offers every callable.
pub fn run_arguments(span: Span) -> Vec<crate::read::python::Argument> {
    let argument = |name: &&str| {
        run_value(name, span).map(|value| crate::read::python::Argument { name: Some((*name).to_owned()), value, span })
    };
    MACROS.iter().filter_map(argument).collect()
}

impl Object for RunContext {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "the context of a run".to_owned()
    }

    fn subscript(self: Rc<Self>, _evaluator: &mut Evaluator, key: &Value, span: Span) -> Option<Value> {
        run_value(key.as_text()?, span)
    }

    fn method(self: Rc<Self>, _evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
        match name {
            "get" => run_value(arguments.get("key", 0)?.as_text()?, arguments.span),
            _ => None,
        }
    }
}
