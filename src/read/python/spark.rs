//! Spark sessions and notebooks of Databricks: rows that are written from queries, notebooks that run each other.
//!
//! In: calls of `spark`, of its DataFrames and of `dbutils`, by the names of their paths. Out: the step that a writing
//! call stands for: SQL where the rows are those of a query as it stands, else a step for a person that names what it
//! reads and writes; a table that is filled from files is a source. Never follows the methods of a DataFrame.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::arguments::Arguments;
use super::cells;
use super::evaluator::Evaluator;
use super::library::Library;
use super::senders::reads_like_sql;
use super::value::{External, Value};
use super::words::{Hole, Text};
use crate::dialect::Dialect;
use crate::finding::Code;
use crate::name::Relation;
use crate::read::sql;
use crate::steps::{Effect, Fact, FactKind, Lifetime, Opaque};
use crate::text::Span;

/// The library of Spark and of Databricks' notebooks.
#[derive(Debug, Clone, Copy)]
pub struct Spark;

/// Methods that change how rows are kept or moved, and not the rows.
const SAME_ROWS: &[&str] =
    &["cache", "persist", "unpersist", "coalesce", "repartition", "checkpoint", "localCheckpoint", "alias", "hint"];
/// Methods that read files or make rows of values.
const FILES: &[&str] =
    &["load", "csv", "json", "parquet", "orc", "text", "avro", "xml", "jdbc", "excel", "createDataFrame", "range"];

/// Decorators of functions that give the rows of a table or view of a declarative pipeline.
const PIPELINES: &[&str] = &[
    "dlt.table",
    "dlt.view",
    "dlt.create_table",
    "dlt.create_view",
    "pyspark.pipelines.table",
    "pyspark.pipelines.materialized_view",
    "pyspark.pipelines.temporary_view",
];

/// Why the rows of a changed DataFrame are left to a person.
const METHODS: &str = "its rows are made by methods of a Spark DataFrame, which are not read";

/// The first values of a notebook's widgets.
#[derive(Debug, Default)]
struct Widgets {
    defaults: BTreeMap<String, String>,
}

impl Library for Spark {
    fn call(&self, evaluator: &mut Evaluator, callee: &Rc<External>, arguments: &Arguments) -> Option<Value> {
        match callee.path.as_str() {
            cells::RUN | "dbutils.notebook.run" => return Some(run(evaluator, callee, arguments)),
            cells::FOREIGN => return Some(foreign(evaluator, arguments)),
            _ => {}
        }
        if callee.path.starts_with("dbutils.widgets.") {
            return widget(evaluator, callee.last(), arguments);
        }
        if PIPELINES.contains(&callee.path.trim_end_matches("()")) {
            return declared(evaluator, callee, arguments);
        }
        match callee.last() {
            "saveAsTable" | "insertInto" | "toTable" => written(evaluator, callee, arguments),
            "createOrReplaceTempView" | "createTempView" | "registerTempTable" => viewed(evaluator, callee, arguments),
            "save" | "parquet" | "csv" | "json" | "orc" if is_written(callee) => {
                let message = "the rows are written to files by Spark, which is not followed";
                evaluator.finding(Code::R311, arguments.span, message, "let the job write the files from the table");
                evaluator.note("rows are written to files");
                Some(evaluator.result_of(callee, arguments))
            }
            _ => None,
        }
    }
}

/// Whether the call stands behind `.write`.
fn is_written(callee: &External) -> bool {
    callee.path.contains(".write.")
}

/// Another notebook runs here: what it defines holds from here on, and its statements run now.
fn run(evaluator: &mut Evaluator, callee: &Rc<External>, arguments: &Arguments) -> Value {
    let span = arguments.span;
    let result = evaluator.result_of(callee, arguments);
    let named = arguments.positional(0).and_then(|item| item.value.as_text()).unwrap_or("").trim();
    let path = named.split_whitespace().next().unwrap_or("").trim_matches(['"', '\'']).to_owned();
    let found = evaluator.notebook(&path, callee.path == cells::RUN);
    let Some(name) = found else {
        let message = format!("the notebook `{path}` that runs here is not among the inputs");
        evaluator.finding(Code::R205, span, message, "give it too, so that its statements are read where they run");
        evaluator.note("the notebook that it runs is not among the inputs");
        return result;
    };
    let procedure = Relation::plain(&name, evaluator.dialect());
    evaluator.step(Effect::Call { procedure, arguments: Vec::new(), file: None }, span);
    result
}

/// A cell in another language: nothing of it is read.
fn foreign(evaluator: &mut Evaluator, arguments: &Arguments) -> Value {
    let span = arguments.span;
    let text = arguments.positional(0).and_then(|item| item.value.as_text()).unwrap_or("").trim().to_owned();
    let reason = "a notebook cell in another language is not read";
    let help = "give the cell's statements as SQL, or write the model by hand";
    evaluator.finding(Code::R206, span, reason, help);
    opaque(evaluator, reason, text, (Vec::new(), Vec::new()), span);
    Value::None
}

/// `dbutils.widgets`: parameters of the notebook.
fn widget(evaluator: &mut Evaluator, method: &str, arguments: &Arguments) -> Option<Value> {
    let text = |at: usize| arguments.positional(at).and_then(|item| item.value.as_text()).map(str::to_owned);
    let name = arguments.get("name", 0)?.as_text()?.to_owned();
    let widgets = evaluator.state::<Widgets>();
    match method {
        "text" | "dropdown" | "combobox" | "multiselect" => {
            let default =
                arguments.keyword("defaultValue").and_then(Value::as_text).map(str::to_owned).or_else(|| text(1));
            if let Some(default) = default {
                widgets.borrow_mut().defaults.insert(name, default);
            }
            evaluator.configure("a parameter of the notebook");
            Some(Value::None)
        }
        "get" => {
            let default = widgets.borrow().defaults.get(&name).filter(|default| !default.is_empty()).cloned();
            let hole = Hole { name, default, sql_type: "", reason: String::new(), span: arguments.span };
            Some(Text::hole(hole).into_value())
        }
        _ => None,
    }
}

/// What is known of the rows of a DataFrame, and of how they are to be written.
#[derive(Debug, Default)]
struct Rows {
    /// The query whose rows they are, as it stands.
    query: Option<Text>,
    /// Whether methods change the rows on the way.
    changed: bool,
    /// Whether they come from files or values.
    files: bool,
    /// The relations that queries on the way read.
    reads: Vec<Relation>,
    /// The settings of the writer: names with their arguments.
    settings: Vec<(String, Rc<Arguments>)>,
}

/// `df.write.mode("overwrite").saveAsTable("t")` and its kin.
fn written(evaluator: &mut Evaluator, callee: &Rc<External>, arguments: &Arguments) -> Option<Value> {
    let streamed = callee.path.contains(".writeStream");
    if !streamed && !is_written(callee) {
        return None;
    }
    let span = arguments.span;
    let result = Some(evaluator.result_of(callee, arguments));
    let rows = rows_of(evaluator, callee, 0);
    let name = arguments.get(if callee.last() == "saveAsTable" { "name" } else { "tableName" }, 0).cloned();
    let Some(Value::Text(name)) = name else {
        evaluator.unknown_sql("the name of the table is not known", span);
        return result;
    };
    let opening = opening(callee.last(), &rows, arguments).filter(|_| !streamed);
    match (&rows.query, opening) {
        (Some(query), Some([before, between])) if !rows.changed => {
            send(
                evaluator,
                &[Text::made(before, span), name.as_ref().clone(), Text::made(between, span), query.clone()],
            );
        }
        _ if rows.files && rows.reads.is_empty() => loaded(evaluator, &name, span),
        (Some(_), None) if !rows.changed => {
            left(evaluator, "what the writer's settings do to the table's rows is not followed", &name, rows, span);
        }
        _ => left(evaluator, METHODS, &name, rows, span),
    }
    result
}

/// The words of the statement before the table's name, and those between it and the query.
fn opening(method: &str, rows: &Rows, arguments: &Arguments) -> Option<[&'static str; 2]> {
    let setting = |name: &str| rows.settings.iter().find(|(known, _)| known == name).map(|(_, given)| given);
    let options = ["option", "options"];
    let told = rows.settings.iter().filter(|(known, _)| options.contains(&known.as_str()));
    for (_, given) in told {
        let names = given.items.iter().map(|item| item.name.as_deref().or_else(|| item.value.as_text()));
        if names.flatten().any(|name| name.eq_ignore_ascii_case("replaceWhere") || name.contains("partitionOverwrite"))
        {
            return None;
        }
    }
    let given = arguments.keyword("mode").or_else(|| setting("mode")?.get("saveMode", 0));
    let mode = match given {
        None => "error",
        Some(mode) => mode.as_text()?,
    };
    if method == "insertInto" {
        let replaces = match arguments.get("overwrite", 1) {
            Some(Value::Bool(replaces)) => *replaces,
            Some(Value::None) | None => mode == "overwrite",
            Some(_) => return None,
        };
        return Some([if replaces { "INSERT OVERWRITE TABLE " } else { "INSERT INTO " }, "\n"]);
    }
    match mode.to_ascii_lowercase().as_str() {
        "overwrite" => Some(["CREATE OR REPLACE TABLE ", " AS\n"]),
        "append" => Some(["INSERT INTO ", " BY NAME\n"]),
        "ignore" => Some(["CREATE TABLE IF NOT EXISTS ", " AS\n"]),
        "error" | "errorifexists" | "default" => Some(["CREATE TABLE ", " AS\n"]),
        _ => None,
    }
}

/// `df.createOrReplaceTempView("v")`.
fn viewed(evaluator: &mut Evaluator, callee: &Rc<External>, arguments: &Arguments) -> Option<Value> {
    let span = arguments.span;
    let Value::Text(name) = &arguments.items.first()?.value else { return None };
    let rows = rows_of(evaluator, callee, 0);
    match &rows.query {
        Some(query) if !rows.changed => {
            let before = Text::made("CREATE OR REPLACE TEMPORARY VIEW ", span);
            send(evaluator, &[before, name.as_ref().clone(), Text::made(" AS\n", span), query.clone()]);
        }
        _ => {
            let relation = Relation::plain(name.known()?, spark(evaluator));
            let lifetime = Lifetime::Temporary;
            evaluator.step(Effect::Declare { relation, lifetime, columns: Vec::new(), keeps_existing: false }, span);
            left(evaluator, METHODS, name, rows, span);
        }
    }
    Some(Value::None)
}

/// `@dlt.table` above a function: the table holds the rows that the function gives.
fn declared(evaluator: &mut Evaluator, callee: &Rc<External>, arguments: &Arguments) -> Option<Value> {
    let Some(Value::Function(function)) = arguments.items.first().map(|item| &item.value) else { return None };
    let span = arguments.span;
    let settings = callee.arguments.clone();
    let named = settings.as_ref().and_then(|settings| settings.keyword("name")).and_then(Value::as_text);
    let name = Text::made(named.unwrap_or(&function.name), span);
    let given = evaluator.call(&Value::Function(function.clone()), &Arguments::none(span));
    let rows = given.external().map(|external| rows_of(evaluator, external, 0)).unwrap_or_default();
    let is_view = callee.path.contains("view");
    match &rows.query {
        Some(query) if given.external().is_some() && !rows.changed => {
            let opening = if is_view { "CREATE OR REPLACE VIEW " } else { "CREATE OR REPLACE TABLE " };
            send(evaluator, &[Text::made(opening, span), name, Text::made(" AS\n", span), query.clone()]);
        }
        _ if rows.files && rows.reads.is_empty() => loaded(evaluator, &name, span),
        _ => left(evaluator, METHODS, &name, rows, span),
    }
    Some(Value::Function(function.clone()))
}

/// What the origins of a DataFrame or of its writer tell.
fn rows_of(evaluator: &mut Evaluator, external: &External, depth: usize) -> Rows {
    let mut rows = Rows::default();
    let mut writing = external.path.contains(".write");
    let mut base = false;
    for origin in external.origins() {
        if matches!(origin.path.rsplit('.').next(), Some("write" | "writeStream")) {
            writing = false;
        }
        let Some(given) = &origin.arguments else { continue };
        let name = origin.last();
        if writing {
            rows.settings.push((name.to_owned(), given.clone()));
            continue;
        }
        base = take_base(evaluator, name, origin, given, &mut rows);
        if base {
            break;
        }
        rows.changed |= !SAME_ROWS.contains(&name);
        for item in given.items.iter().filter(|_| depth < 8) {
            if let Value::External(other) = &item.value {
                rows.reads.extend(rows_of(evaluator, other, depth + 1).reads);
            }
        }
    }
    rows.changed |= !base;
    rows.reads.sort();
    rows.reads.dedup();
    rows
}

/// Whether the call gives a DataFrame of its own, with what is known of it.
fn take_base(evaluator: &Evaluator, name: &str, origin: &External, given: &Arguments, rows: &mut Rows) -> bool {
    let first = given.items.first().map(|item| &item.value);
    match (name, first) {
        ("sql", Some(Value::Text(text))) if reads_like_sql(text.fragment().text()) => {
            let read = sql::read_text(text.fragment(), spark(evaluator));
            rows.reads.extend(read.steps.iter().flat_map(|step| step.effect.reads()));
            rows.query = Some(text.as_ref().clone());
            true
        }
        ("table" | "read" | "read_stream" | "readStream", Some(Value::Text(text))) => {
            let mut query = Text::made("SELECT * FROM ", given.span);
            query.push(text);
            rows.reads.push(Relation::plain(text.fragment().text(), spark(evaluator)));
            rows.query = Some(query);
            true
        }
        _ if FILES.contains(&name)
            && (origin.path.contains(".read") || matches!(name, "createDataFrame" | "range")) =>
        {
            rows.files = true;
            true
        }
        _ => false,
    }
}

/// The dialect of what Spark is sent here.
fn spark(evaluator: &Evaluator) -> Dialect {
    match evaluator.dialect() {
        Dialect::Ansi => Dialect::Spark,
        named => named,
    }
}

fn send(evaluator: &mut Evaluator, parts: &[Text; 4]) {
    let dialect = spark(evaluator);
    let Some(span) = parts.first().and_then(|part| part.fragment().whole()) else { return };
    let mut text = Text::made("", span);
    for part in parts {
        text.push(part);
    }
    evaluator.set_dialect(dialect);
    evaluator.send_sql(&text, dialect, span);
}

/// The table is filled from files: it is a source.
fn loaded(evaluator: &mut Evaluator, name: &Text, span: Span) {
    let relation = Relation::plain(name.fragment().text(), spark(evaluator));
    let message = format!("{relation} is filled from files or values by Spark: it is a source");
    evaluator.finding(Code::R206, span, message, "keep the job that loads it, and let it run before dbt");
    evaluator.fact(Fact { relation, kind: FactKind::Loaded });
    evaluator.configure("its table is loaded from outside: a source");
}

/// A person has to say in SQL what is written.
fn left(evaluator: &mut Evaluator, reason: &str, name: &Text, rows: Rows, span: Span) {
    let target = Relation::plain(name.fragment().text(), spark(evaluator));
    let text = evaluator.source_text(span).to_owned();
    opaque(evaluator, reason, text, (rows.reads, vec![target]), span);
}

fn opaque(
    evaluator: &mut Evaluator,
    reason: &str,
    text: String,
    (reads, writes): (Vec<Relation>, Vec<Relation>),
    span: Span,
) {
    let help = "write this step as one query that gives the rows the table is to hold".to_owned();
    let opaque = Opaque { reason: reason.to_owned(), help, text, reads, writes, is_frame: false, python: None };
    evaluator.step(Effect::Opaque(opaque), span);
}
