//! What a task does: its SQL, its function, its command.
//!
//! In: a task's operator and arguments. Out: steps of the DAG's script, and whether the task does something that no
//! table shows.

use std::rc::Rc;

use super::jinja::{self, Scope};
use super::objects::{RunContext, run_arguments};
use super::operators::{self, Action, Operator};
use super::results;
use super::shell;
use super::state::Dags;
use super::templates::Day;
use crate::dialect::Dialect;
use crate::name::Relation;
use crate::read::python::{
    Argument, Arguments, Evaluator, Instance, Text, Value, bound, dialect_of_name, reads_like_sql,
};
use crate::steps::Effect;
use crate::text::Span;

/// What is left of a task when its draft is let go.
#[derive(Debug)]
pub struct Work {
    number: usize,
    operator: String,
    arguments: Arguments,
    callable: Option<Value>,
    call: Arguments,
    scope: Scope,
    span: Span,
}

impl Work {
    /// The work of a task.
    pub fn of(dags: &Dags, task: usize) -> Option<Self> {
        let draft = dags.tasks.get(task)?;
        let dag = draft.dag.and_then(|dag| dags.dags.get(dag)).map(|dag| &dag.arguments);
        let mut scope = Scope::default();
        scope.add("params.", draft.arguments.keyword("params"));
        if let Some(dag) = dag {
            scope.add("params.", dag.keyword("params"));
            scope.add("", dag.keyword("user_defined_macros"));
            scope.day = first_day(dag);
            scope.folders = dag.keyword("template_searchpath").and_then(Value::texts).unwrap_or_default();
        }
        Some(Self {
            number: task,
            operator: draft.operator.clone(),
            arguments: draft.arguments.clone(),
            callable: draft.callable.clone(),
            call: draft.call.clone(),
            scope,
            span: draft.span,
        })
    }

    /// Does it: records the steps. Gives whether the task has effects that no table shows.
    pub fn run(&self, evaluator: &mut Evaluator) -> bool {
        let row = operators::find(&self.operator);
        match (row.map(|row| row.action), &self.callable) {
            (_, Some(callable)) => self.call(evaluator, callable),
            (Some(Action::Sql), None) => {
                self.sql(evaluator, row);
                false
            }
            (Some(Action::Check | Action::Unload | Action::Load), None) => {
                self.sql(evaluator, row);
                true
            }
            (Some(Action::Shell), None) => self.shell(evaluator, row),
            (Some(Action::Nothing), None) => false,
            (Some(Action::Python | Action::Other), None) => true,
            (None, None) => {
                self.sql(evaluator, None);
                true
            }
        }
    }

    /// The work of another operator that the task's own code runs.
    pub fn within(&self, operator: &str, arguments: Arguments) -> Self {
        let callable = arguments.keyword("python_callable").cloned();
        let call = Arguments::none(arguments.span);
        let (scope, span) = (self.scope.clone(), arguments.span);
        Self { number: self.number, operator: operator.to_owned(), arguments, callable, call, scope, span }
    }

    /// The relations whose rows it takes elsewhere, and those that it fills, where only its arguments name them.
    pub fn moves(&self, evaluator: &Evaluator) -> (Vec<Relation>, Vec<Relation>) {
        const SOURCES: &[&str] =
            &["source_project_dataset_table", "source_project_dataset_tables", "hive_table", "source_table"];
        let row = operators::find(&self.operator);
        let dialect = self.dialect(evaluator, row);
        let named = |names: &[&str]| -> Vec<Relation> {
            let given = names.iter().filter_map(|name| self.arguments.keyword(name));
            let texts = given.flat_map(|value| value.texts().unwrap_or_default());
            texts.filter(|text| !text.contains("{{")).map(|text| self.relation(&text, dialect)).collect()
        };
        match row.map(|row| (row.action, row.target)) {
            Some((Action::Load, target)) => {
                let sources = SOURCES.iter().copied().filter(|name| !target.contains(name)).collect::<Vec<_>>();
                (named(&sources), named(target))
            }
            Some((Action::Check, target)) => (named(target), Vec::new()),
            Some((Action::Unload, _)) => (named(&["source_project_dataset_table", "table"]), Vec::new()),
            Some((Action::Sql | Action::Python | Action::Shell | Action::Nothing | Action::Other, _)) | None => {
                (Vec::new(), Vec::new())
            }
        }
    }

    /// A table's name, with the schema that another argument gives.
    fn relation(&self, name: &str, dialect: Dialect) -> Relation {
        match self.arguments.keyword("schema").and_then(Value::as_text) {
            Some(schema) if !name.contains('.') && !schema.is_empty() => relation(&format!("{schema}.{name}"), dialect),
            _ => relation(name, dialect),
        }
    }

    fn call(&self, evaluator: &mut Evaluator, callable: &Value) -> bool {
        let before = evaluator.unknown_calls();
        let steps = evaluator.script().steps.len();
        match callable {
            Value::Instance(instance) => {
                self.render_fields(evaluator, instance);
                let context = Value::Object(Rc::new(RunContext));
                let arguments = Arguments::positional_values(vec![context], self.span);
                for method in ["execute", "poke"] {
                    if evaluator.has_method(callable, method) {
                        evaluator.call_method(callable, method, &arguments);
                        break;
                    }
                }
                if evaluator.script().steps.len() == steps {
                    self.sql(evaluator, None);
                }
            }
            Value::External(_) => return true,
            callable => {
                let arguments = self.call_arguments(evaluator);
                let result = evaluator.call(callable, &arguments);
                results::keep(evaluator, self.number, results::RETURNED, result);
            }
        }
        let is_plain = matches!(self.operator.as_str(), "PythonOperator" | "@task" | "@task.python")
            || matches!(callable, Value::Instance(_));
        let is_open = !is_plain || evaluator.unknown_calls() > before;
        let is_idle = evaluator.script().steps.len() == steps;
        if is_idle && !is_open {
            results::mark(evaluator, self.number);
        }
        is_open || is_idle
    }

    /// The task.
    pub fn number(&self) -> usize {
        self.number
    }

    fn call_arguments(&self, evaluator: &mut Evaluator) -> Arguments {
        let mut all = self.call.clone();
        let span = self.span;
        for item in &mut all.items {
            item.value = results::given(evaluator, self.number, &item.value);
        }
        if let Some(values) = self.arguments.keyword("op_args").cloned() {
            let values = evaluator.iterate(&values, span).unwrap_or_default();
            all.items.extend(values.into_iter().map(|value| Argument { name: None, value, span }));
        }
        for (key, value) in self.arguments.keyword("op_kwargs").and_then(Value::entries).unwrap_or_default() {
            if let Some(key) = key.as_text() {
                let value = self.rendered(evaluator, value);
                let value = results::given(evaluator, self.number, &value);
                all.items.push(Argument { name: Some(key.to_owned()), value, span });
            }
        }
        let given: Vec<String> = all.keywords().map(|(name, _)| name.to_owned()).collect();
        let offered = run_arguments(span).into_iter();
        all.items.extend(offered.filter(|item| item.name.as_ref().is_none_or(|name| !given.contains(name))));
        let params = self.arguments.keyword("params").cloned().unwrap_or_else(|| Value::dict(Vec::new()));
        all.items.push(Argument { name: Some("params".to_owned()), value: params, span });
        all.open = true;
        all
    }

    /// Airflow renders the fields that a class names in `template_fields` before it runs `execute`.
    fn render_fields(&self, evaluator: &mut Evaluator, instance: &Rc<Instance>) {
        let named = |evaluator: &mut Evaluator, name: &str| {
            let of = Value::Instance(instance.clone());
            let known = instance.class.member(name).is_some();
            known.then(|| evaluator.attribute(&of, name, self.span)).and_then(|value| value.texts())
        };
        let endings = named(evaluator, "template_ext").unwrap_or_default();
        for field in named(evaluator, "template_fields").unwrap_or_default() {
            let given = instance.fields.borrow().get(&field).cloned();
            if let Some(given) = given {
                let rendered = self.rendered_field(evaluator, &given, &endings);
                instance.fields.borrow_mut().insert(field, rendered);
            }
        }
    }

    fn rendered_field(&self, evaluator: &mut Evaluator, given: &Value, endings: &[String]) -> Value {
        match given {
            Value::Text(text) => {
                let shown = text.fragment().text();
                let is_template = shown.contains("{{") || shown.contains("{%");
                if !is_template && !endings.iter().any(|ending| shown.ends_with(ending.as_str())) {
                    return given.clone();
                }
                match jinja::load(evaluator, text, &self.scope) {
                    Ok(text) => text.into_value(),
                    Err(reason) => evaluator.unknown("template", reason, self.span),
                }
            }
            Value::List(items) => {
                let items = items.borrow().clone();
                Value::list(items.iter().map(|item| self.rendered_field(evaluator, item, endings)).collect())
            }
            given => match given.entries() {
                Some(entries) => {
                    let rendered = entries.into_iter();
                    Value::dict(
                        rendered.map(|(key, value)| (key, self.rendered_field(evaluator, &value, endings))).collect(),
                    )
                }
                None => given.clone(),
            },
        }
    }

    /// `op_kwargs` are templates.
    fn rendered(&self, evaluator: &mut Evaluator, value: Value) -> Value {
        match &value {
            Value::Text(text) if text.fragment().text().contains("{{") => {
                jinja::load(evaluator, text, &self.scope).map_or(value.clone(), Text::into_value)
            }
            _ => value,
        }
    }

    fn dialect(&self, evaluator: &Evaluator, row: Option<&Operator>) -> Dialect {
        let named = row.and_then(|row| row.dialect).or_else(|| dialect_of_name(&self.operator));
        let connection = || {
            let given = self.arguments.keywords().find(|(name, _)| name.ends_with("conn_id"));
            given.and_then(|(name, item)| {
                dialect_of_name(item.value.as_text().unwrap_or("")).or_else(|| dialect_of_name(name))
            })
        };
        let own = evaluator.own_dialect();
        own.or(named).or_else(connection).unwrap_or_else(|| evaluator.dialect())
    }

    fn sql(&self, evaluator: &mut Evaluator, row: Option<&Operator>) {
        const USUAL: &[&str] = &["sql", "query", "hql", "bql", "sql_query", "select_query", "sql_statement"];
        let dialect = self.dialect(evaluator, row);
        let names = row.map_or(USUAL, |row| row.text);
        if names.contains(&"configuration") {
            self.bigquery_job(evaluator);
            return;
        }
        let Some(given) = names.iter().find_map(|name| self.arguments.named(name)).cloned() else { return };
        evaluator.set_dialect(dialect);
        let target = row.and_then(|row| row.target.iter().find_map(|name| self.arguments.keyword(name)));
        let target = target.and_then(Value::as_text).map(|name| relation(name, dialect));
        let disposition = self.arguments.keyword("write_disposition").and_then(Value::as_text).unwrap_or("WRITE_EMPTY");
        let target = target.map(|target| (target, disposition == "WRITE_APPEND"));
        self.send(evaluator, &given.value, dialect, target.as_ref(), row.is_some());
    }

    /// The values that the operator hands over beside the text; they are templates.
    fn parameters(&self, evaluator: &mut Evaluator) -> Option<Value> {
        let given = self.arguments.keyword("parameters")?.clone();
        if let Some(entries) = given.entries() {
            let entries = entries.into_iter().map(|(key, value)| (key, self.rendered(evaluator, value)));
            return Some(Value::dict(entries.collect()));
        }
        match given.items() {
            Some(items) => Some(Value::tuple(items.into_iter().map(|item| self.rendered(evaluator, item)).collect())),
            None => Some(given).filter(|given| !matches!(given, Value::None)),
        }
    }

    /// Sends one text, or each text of a list.
    fn send(
        &self,
        evaluator: &mut Evaluator,
        given: &Value,
        dialect: Dialect,
        target: Option<&(Relation, bool)>,
        is_sure: bool,
    ) {
        match given {
            Value::Text(text) => match jinja::load(evaluator, text, &self.scope) {
                Ok(sql) if is_sure || reads_like_sql(sql.fragment().text()) => {
                    let sql = bound(&sql, self.parameters(evaluator).as_ref(), self.span);
                    let steps = evaluator.send_sql(&sql, dialect, self.span);
                    if let Some((relation, append)) = target {
                        aim(evaluator, &steps, relation, *append);
                    }
                }
                Ok(_) => {}
                Err(reason) => {
                    evaluator.unknown_sql(&reason, self.span);
                }
            },
            Value::List(_) | Value::Tuple(_) => {
                for item in given.items().unwrap_or_default() {
                    self.send(evaluator, &item, dialect, target, is_sure);
                }
            }
            Value::External(external) => {
                let reason = external.reason.clone();
                evaluator.unknown_sql(&reason, self.span);
            }
            Value::Object(object) => {
                let reason = format!("it is {}", object.describe());
                evaluator.unknown_sql(&reason, self.span);
            }
            _ => {}
        }
    }

    /// `configuration={"query": {"query": …, "destinationTable": {…}, "writeDisposition": …}}`.
    fn bigquery_job(&self, evaluator: &mut Evaluator) {
        let span = self.span;
        let Some(configuration) = self.arguments.keyword("configuration").cloned() else { return };
        let mut item = |of: &Value, key: &str| evaluator.subscript(of, &Value::text(key, span), span);
        let query = item(&configuration, "query");
        let text = item(&query, "query");
        let table = item(&query, "destinationTable");
        let parts = ["projectId", "datasetId", "tableId"].map(|key| item(&table, key));
        let disposition = item(&query, "writeDisposition");
        if query.entries().is_none() {
            return;
        }
        let names: Vec<&str> = parts.iter().filter_map(Value::as_text).collect();
        let target = parts.last().and_then(Value::as_text).map(|_| relation(&names.join("."), Dialect::BigQuery));
        let target = target.map(|target| (target, disposition.as_text() == Some("WRITE_APPEND")));
        evaluator.set_dialect(Dialect::BigQuery);
        self.send(evaluator, &text, Dialect::BigQuery, target.as_ref(), true);
    }

    fn shell(&self, evaluator: &mut Evaluator, row: Option<&Operator>) -> bool {
        let given = row.and_then(|row| row.text.iter().find_map(|name| self.arguments.keyword(name)));
        let Some(Value::Text(command)) = given else { return true };
        let found = shell::sql_of(command);
        let all_sql = found.iter().all(|part| matches!(part, shell::Part::Text(..) | shell::Part::File(..)));
        for part in found {
            match part {
                shell::Part::Text(text, dialect) => {
                    evaluator.set_dialect(dialect);
                    self.send(evaluator, &text.into_value(), dialect, None, true);
                }
                shell::Part::File(path, dialect) => match jinja::load(evaluator, &path, &self.scope) {
                    Ok(sql) => {
                        evaluator.set_dialect(dialect);
                        evaluator.send_sql(&sql, dialect, self.span);
                    }
                    Err(reason) => {
                        evaluator.unknown_sql(&reason, self.span);
                    }
                },
                shell::Part::Other => {}
            }
        }
        !all_sql
    }
}

/// The day on which a DAG starts, as its arguments or their defaults say.
pub fn first_day(dag: &Arguments) -> Day {
    let own = dag.keyword("start_date").and_then(Day::of);
    let by_default = || {
        let entries = dag.keyword("default_args").and_then(Value::entries)?;
        let found = entries.into_iter().find(|(key, _)| key.as_text() == Some("start_date"))?;
        Day::of(&found.1)
    };
    own.or_else(by_default).unwrap_or_default()
}

/// A table name of Airflow's arguments: `project:dataset.table$partition` or `schema.table`.
fn relation(name: &str, dialect: Dialect) -> Relation {
    let name = name.split('$').next().unwrap_or(name).replace(':', ".");
    Relation::plain(&name.replace(['`', '"', '[', ']'], ""), dialect)
}

/// A query whose rows go to a table that an argument names.
fn aim(evaluator: &mut Evaluator, steps: &[usize], target: &Relation, append: bool) {
    let Some(last) = steps.last() else { return };
    if let Some(step) = evaluator.script().steps.get_mut(*last)
        && let Effect::Read { body } = &step.effect
    {
        let (relation, columns, body) = (target.clone(), Vec::new(), body.clone());
        step.effect = if append {
            Effect::Append { relation, columns, body, conflict: None }
        } else {
            Effect::Replace { relation, columns, body }
        };
    }
}
