//! Calls that send SQL to a database: cursors, engines, sessions, clients, hooks.
//!
//! In: calls by the last name of their path and by their arguments. Out: the steps of the SQL, read by the SQL reader,
//! in order. Never sends anything. A call of an unknown object counts only when its text reads like SQL.

use std::rc::Rc;

use super::arguments::Arguments;
use super::binding;
use super::evaluator::Evaluator;
use super::library::Library;
use super::value::{External, Value};
use super::words::Text;
use crate::dialect::Dialect;
use crate::finding::Code;
use crate::read::sql;
use crate::steps::{Effect, Opaque, Param, Statement, StatementReading};
use crate::text::{Fragment, SourceId, Span};

/// The library of everything that sends SQL.
#[derive(Debug, Clone, Copy)]
pub struct Senders;

/// What the start of a path or a class name says about the dialect. A pure table; the first that matches holds.
const DIALECTS: &[(&str, Dialect)] = &[
    ("redshift", Dialect::Redshift),
    ("psycopg", Dialect::Postgres),
    ("asyncpg", Dialect::Postgres),
    ("pg8000", Dialect::Postgres),
    ("postgres", Dialect::Postgres),
    ("sqlite", Dialect::Sqlite),
    ("mysql", Dialect::MySql),
    ("mariadb", Dialect::MySql),
    ("snowflake", Dialect::Snowflake),
    ("bigquery", Dialect::BigQuery),
    ("duckdb", Dialect::DuckDb),
    ("databricks", Dialect::Databricks),
    ("pyspark", Dialect::Spark),
    ("spark", Dialect::Spark),
    ("hive", Dialect::Spark),
    ("pymssql", Dialect::Tsql),
    ("mssql", Dialect::Tsql),
    ("sql server", Dialect::Tsql),
    ("pyodbc", Dialect::Tsql),
    ("oracle", Dialect::Oracle),
    ("trino", Dialect::Trino),
    ("presto", Dialect::Trino),
    ("athena", Dialect::Trino),
];

/// The dialect that a name, path or connection URL speaks of.
pub fn dialect_of_name(name: &str) -> Option<Dialect> {
    let name = name.to_lowercase();
    DIALECTS.iter().find(|(word, _)| name.contains(word)).map(|(_, dialect)| *dialect)
}

impl Library for Senders {
    fn call(&self, evaluator: &mut Evaluator, callee: &Rc<External>, arguments: &Arguments) -> Option<Value> {
        if let Some(value) = construct(evaluator, callee, arguments) {
            return Some(value);
        }
        let (given, values) = binding::sent(callee.last(), arguments)?;
        send(evaluator, callee, &given, values.as_ref(), arguments)
    }

    fn constant(&self, evaluator: &mut Evaluator, path: &str, _span: Span) -> Option<Value> {
        let driver = path.split('.').next().unwrap_or(path);
        if let Some(dialect) = dialect_of_name(driver) {
            let hint = evaluator.state::<Hint>();
            hint.borrow_mut().dialect.get_or_insert(dialect);
        }
        None
    }
}

/// What the imports say about the dialect, where nothing nearer does.
#[derive(Debug, Default)]
struct Hint {
    dialect: Option<Dialect>,
}

/// Wrappers of SQL text, which are the text itself.
fn construct(evaluator: &mut Evaluator, callee: &Rc<External>, arguments: &Arguments) -> Option<Value> {
    if !callee.imported {
        return None;
    }
    let first = arguments.positional(0).map(|item| item.value.clone());
    match callee.path.as_str() {
        "sqlalchemy.text"
        | "sqlalchemy.sql.text"
        | "sqlalchemy.sql.expression.text"
        | "psycopg2.sql.SQL"
        | "psycopg.sql.SQL"
        | "sqlalchemy.DDL" => first,
        "psycopg2.sql.Identifier" | "psycopg.sql.Identifier" => {
            let parts: Option<Vec<String>> =
                arguments.positionals().iter().map(|part| part.as_text().map(quoted)).collect();
            Some(Value::text(&parts?.join("."), arguments.span))
        }
        "psycopg2.sql.Literal" | "psycopg.sql.Literal" => {
            Some(binding::as_literal(&first?, arguments.span).into_value())
        }
        "psycopg2.sql.Placeholder" | "psycopg.sql.Placeholder" => {
            let name = first.as_ref().and_then(Value::as_text).map(|name| format!("%({name})s"));
            Some(Value::text(name.as_deref().unwrap_or("%s"), arguments.span))
        }
        "psycopg2.sql.Composed" | "psycopg.sql.Composed" => {
            let mut joined = Text::of(Fragment::empty());
            for part in first?.items()? {
                let Value::Text(text) = part else { return None };
                joined.push(&text);
            }
            Some(joined.into_value())
        }
        "sqlalchemy.create_engine" => {
            let url = first.and_then(|url| match url {
                Value::Text(text) => Some(text.fragment().text().split(':').next().unwrap_or("").to_owned()),
                _ => None,
            });
            if let Some(dialect) = url.as_deref().and_then(dialect_of_name) {
                evaluator.set_dialect(dialect);
            }
            evaluator.configure("a connection");
            None
        }
        _ => {
            if callee.last() == "connect" {
                evaluator.configure("a connection");
            }
            None
        }
    }
}

/// Whether a call does nothing that matters outside: it prints, logs, counts time, or handles a connection whose SQL
/// is read where it is sent.
pub(super) fn is_harmless(callee: &Rc<External>) -> bool {
    const NAMES: &[&str] = &[
        "commit",
        "rollback",
        "close",
        "cursor",
        "connect",
        "begin",
        "fetchall",
        "fetchone",
        "fetchmany",
        "get_conn",
        "get_sqlalchemy_engine",
        "info",
        "debug",
        "warning",
        "error",
        "exception",
        "getLogger",
        "strftime",
        "isoformat",
        "now",
        "today",
        "utcnow",
        "time",
        "sleep",
        "create_engine",
        "sessionmaker",
        "datetime",
        "timedelta",
        "date",
        "xcom_push",
        "xcom_pull",
        "log",
        "basicConfig",
        "result",
        "first",
        "keys",
        "format",
        "get_connection",
        "items",
    ];
    let last = callee.last();
    NAMES.contains(&last) || last.ends_with("Hook") || last.ends_with("Exception") || last.ends_with("Error")
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn send(
    evaluator: &mut Evaluator,
    callee: &Rc<External>,
    given: &Value,
    values: Option<&Value>,
    arguments: &Arguments,
) -> Option<Value> {
    let dialect = callee_dialect(evaluator, callee);
    let is_sure = callee.imported && dialect_of_path(callee).is_some();
    match given {
        Value::Text(text) if reads_like_sql(text.fragment().text()) || (is_sure && text.known().is_none()) => {
            if binding::sends_rows(callee.last()) {
                send_rows(evaluator, callee.last(), text, values, dialect, arguments.span);
            } else {
                evaluator.send_sql(&binding::bound(text, values, arguments.span), dialect, arguments.span);
            }
            Some(evaluator.result_of(callee, arguments))
        }
        Value::List(_) | Value::Tuple(_) => {
            let texts = given.items()?;
            if !texts.iter().any(|text| matches!(text, Value::Text(text) if reads_like_sql(text.fragment().text()))) {
                return None;
            }
            for text in texts {
                send(evaluator, callee, &text, values, arguments);
            }
            Some(evaluator.result_of(callee, arguments))
        }
        Value::External(external) if is_sure && !external.path.contains("sqlalchemy.") => {
            if evaluator.uncalled && !external.imported {
                evaluator.note("it sends the SQL that it is given, and nothing in the inputs calls it");
            } else {
                let reason = external.reason.clone();
                evaluator.unknown_sql(&reason, arguments.span);
            }
            Some(evaluator.result_of(callee, arguments))
        }
        _ => None,
    }
}

/// A statement that is sent once for each row: with the rows that are known, else a step for a person to finish.
fn send_rows(evaluator: &mut Evaluator, name: &str, text: &Text, values: Option<&Value>, dialect: Dialect, span: Span) {
    const ROWS: usize = 100;
    let rows = values.and_then(Value::items).filter(|rows| !rows.is_empty() && rows.len() <= ROWS);
    if let Some(rows) = rows.filter(|_| name != "execute_values") {
        for row in rows {
            evaluator.send_sql(&binding::bound(text, Some(&row), span), dialect, span);
        }
        return;
    }
    for step in evaluator.send_sql(&binding::emptied(text, span), dialect, span) {
        let Some(step) = evaluator.script().steps.get_mut(step) else { continue };
        let opaque = Opaque {
            reason: "its rows are values of the program, which are only known when it runs".to_owned(),
            help: "let the program load them into a table of their own, and read that as a source".to_owned(),
            text: text.fragment().text().to_owned(),
            reads: step.effect.reads(),
            writes: step.effect.writes().into_iter().cloned().collect(),
            is_frame: false,
            python: None,
        };
        step.effect = Effect::Opaque(opaque);
    }
}

/// The dialect of what a call is made on: what it was made from, the script, its imports.
fn callee_dialect(evaluator: &mut Evaluator, callee: &Rc<External>) -> Dialect {
    if let Some(dialect) = evaluator.options.dialect {
        return dialect;
    }
    if let Some(dialect) = dialect_of_path(callee) {
        evaluator.set_dialect(dialect);
        return dialect;
    }
    let hint = evaluator.state::<Hint>().borrow().dialect;
    match evaluator.dialect() {
        Dialect::Ansi => hint.unwrap_or(Dialect::Ansi),
        named => named,
    }
}

fn dialect_of_path(callee: &Rc<External>) -> Option<Dialect> {
    callee.origins().find_map(|external| {
        let from_arguments = external.arguments.as_ref().and_then(|arguments| {
            let text = arguments.positional(0).map(|item| &item.value)?;
            let Value::Text(text) = text else { return None };
            let url = text.fragment().text();
            let is_url = url.contains("://") || url.to_lowercase().contains("driver=");
            is_url.then(|| dialect_of_name(url.split("://").next().unwrap_or(url))).flatten()
        });
        from_arguments.or_else(|| external.imported.then(|| dialect_of_name(&external.path)).flatten())
    })
}

/// Whether a text starts like an SQL statement, after comments and brackets.
pub fn reads_like_sql(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "select", "insert", "update", "delete", "merge", "create", "drop", "truncate", "alter", "with", "call", "exec",
        "execute", "begin", "commit", "rollback", "set", "copy", "unload", "grant", "revoke", "vacuum", "analyze",
        "use", "replace", "refresh", "declare", "do", "load", "attach", "install", "pragma", "show", "explain", "lock",
        "start", "end", "comment", "optimize", "export", "cache", "if", "rename",
    ];
    let mut rest = text.trim_start();
    loop {
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, rest)| rest).trim_start();
        } else if let Some(inner) = rest.strip_prefix(['(', ';']) {
            rest = inner.trim_start();
        } else {
            break;
        }
    }
    let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let word = rest.get(..end).unwrap_or("").to_lowercase();
    let followed = rest
        .get(end..)
        .is_some_and(|after| after.is_empty() || after.starts_with([' ', '\n', '\t', '\r', ';', '(', '*']));
    WORDS.contains(&word.as_str()) && followed
}

impl Evaluator<'_> {
    /// The dialect of the SQL that a call sends, by what it is made on, the script and its imports.
    pub fn dialect_of_call(&mut self, callee: &Rc<External>) -> Dialect {
        callee_dialect(self, callee)
    }

    /// Reads SQL text and records its steps, in order. Gives the indices of the steps.
    ///
    /// Everything that runs now is credited with them, and so are the statements that the text was put together in.
    pub fn send_sql(&mut self, text: &Text, dialect: Dialect, span: Span) -> Vec<usize> {
        let fragment = self.filled(text, span);
        let read = sql::read_text(&fragment, dialect);
        self.take(read.params, read.places);
        for fact in read.facts {
            self.fact(fact);
        }
        for finding in read.findings {
            if self.muted == 0 && !self.record.findings.contains(&finding) {
                self.record.findings.push(finding);
            }
        }
        let first = self.draft().script.steps.len();
        self.adopt(&read.statements, &fragment, first);
        let steps: Vec<usize> = read.steps.into_iter().map(|step| self.add_sql_step(step, &fragment)).collect();
        if steps.is_empty() {
            let dropped = read.statements.iter().find_map(|statement| match &statement.reading {
                StatementReading::Dropped(why) => Some(why.clone()),
                StatementReading::Config(what) => Some(what.clone()),
                StatementReading::Steps(_) | StatementReading::Unread(_) => None,
            });
            self.note(dropped.unwrap_or_else(|| "its SQL does nothing to tables".to_owned()));
        }
        steps
    }

    /// The statements of a whole file that is sent are rows of this script's account, once.
    fn adopt(&mut self, statements: &[Statement], fragment: &Fragment, first: usize) {
        let own = self.source();
        // Values of the script may be put in: what counts is that the file stands there from its start to its end.
        let is_script =
            |id: SourceId| self.sources.get(id).is_some_and(|file| matches!(file.ending().as_str(), "sql" | "hql"));
        let places: Vec<Span> =
            fragment.places().filter(|place| place.source != own && is_script(place.source)).collect();
        let Some(source) = places.first().map(|place| place.source).filter(|_| self.muted == 0) else { return };
        let len = self.sources.get(source).map_or(0, |file| file.text.trim_end().len());
        let is_whole = places.iter().all(|place| place.source == source)
            && places.iter().any(|place| place.start == 0)
            && places.iter().any(|place| place.end as usize >= len);
        if !is_whole || self.record.adopted.contains(&source) {
            return;
        }
        self.record.adopted.insert(source);
        let moved = statements.iter().map(|statement| match &statement.reading {
            StatementReading::Steps(steps) => {
                let steps = steps.iter().map(|step| step + first).collect();
                Statement { reading: StatementReading::Steps(steps), ..statement.clone() }
            }
            StatementReading::Config(_) | StatementReading::Dropped(_) | StatementReading::Unread(_) => {
                statement.clone()
            }
        });
        let moved: Vec<Statement> = moved.collect();
        self.script().statements.extend(moved);
    }

    fn add_sql_step(&mut self, mut step: crate::steps::Step, fragment: &Fragment) -> usize {
        let inner = std::mem::take(&mut step.guards);
        step.guards.clone_from(&self.guards);
        step.guards.extend(inner);
        step.task = self.record.task;
        if step.comment.is_empty() {
            step.comment = self.statement().map(|statement| self.comment(statement)).unwrap_or_default();
        }
        let index = self.add_step(step);
        let source = self.source();
        let own = fragment.places().filter(|place| place.source == source);
        let touched: Vec<_> = own.flat_map(|place| self.record.account.touched(place).collect::<Vec<_>>()).collect();
        self.credit(index, touched);
        index
    }

    /// Says that SQL is only known at run time, and leaves an opaque step in its place.
    pub fn unknown_sql(&mut self, reason: &str, span: Span) -> usize {
        let help = "give the values that the text is made of, or write the statement out";
        self.finding(Code::R203, span, format!("the SQL that is sent here is not known: {reason}"), help);
        let opaque = Opaque {
            reason: format!("its SQL is only known at run time: {reason}"),
            help: help.to_owned(),
            text: self.source_text(span).to_owned(),
            reads: Vec::new(),
            writes: Vec::new(),
            is_frame: false,
            python: None,
        };
        self.step(Effect::Opaque(opaque), span)
    }

    /// The text as the SQL reader gets it: a hole with a default that stands where a name stands becomes the default;
    /// every other hole becomes a parameter.
    pub fn filled(&mut self, text: &Text, span: Span) -> Fragment {
        let mut fragment = text.fragment().clone();
        for hole in text.holes() {
            let mark = format!("{{{{ {} }}}}", hole.name);
            if let Some(default) = &hole.default {
                fragment = fill_names(&fragment, &mark, default, hole.span);
            }
            if !fragment.text().contains(&mark) {
                self.configure_param(hole);
                continue;
            }
            self.configure_param(hole);
            if !hole.reason.is_empty() {
                let message = format!("`{}` is only known at run time: {}", hole.name, hole.reason);
                let help =
                    format!("it became the variable `{}`; give its value in dbt_project.yml or with --vars", hole.name);
                self.finding(Code::R205, span, message, help);
            }
        }
        fragment
    }

    fn configure_param(&mut self, hole: &super::words::Hole) {
        let default = hole.default.as_ref().map(|default| match default.parse::<f64>() {
            Ok(_) => default.clone(),
            Err(_) => format!("'{}'", default.replace('\'', "''")),
        });
        self.param(Param { name: hole.name.clone(), sql_type: String::new(), default });
    }
}

/// Puts `default` for each `mark` that is part of a name: next to a dot or a letter, or after FROM and the like.
fn fill_names(fragment: &Fragment, mark: &str, default: &str, span: Span) -> Fragment {
    const BEFORE_NAMES: &[&str] = &["from", "join", "into", "table", "update", "view", "exists", "schema", "using"];
    let text = fragment.text();
    let mut result = Fragment::empty();
    let mut at = 0;
    for (found, _) in text.match_indices(mark) {
        let before = text.get(..found).unwrap_or("");
        let after = text.get(found + mark.len()..).unwrap_or("");
        let word = before.trim_end().rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or("").to_lowercase();
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '"' | '`' | '[');
        let joined = before.ends_with(is_part) || after.starts_with(['.', '_', '"', '`', ']']);
        let is_name = joined || (before.ends_with(char::is_whitespace) && BEFORE_NAMES.contains(&word.as_str()));
        if !is_name {
            continue;
        }
        result.extend(&fragment.slice(at..found));
        result.push(default, span, false);
        at = found + mark.len();
    }
    result.extend(&fragment.slice(at..text.len()));
    result
}
