//! Rows that other libraries give of a query: hooks of Airflow, clients of warehouses, cursors.
//!
//! In: calls on values that are not pandas' own. Out: frames over the query, as `read_sql` gives them. Never follows a
//! query whose text is not known: what reads it is left to a person then.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::context::{Answer, Context, refuse};
use super::dataframe::DataFrame;
use super::reading;
use super::session::Session;
use super::table::Table;
use crate::dialect::Dialect;
use crate::frame::Named;
use crate::read::python::{Arguments, Evaluator, External, StatementId, Text, Value, bound, query_of};

/// Functions that send a query and give its rows as a frame, by the end of their path, and the name of the query's
/// argument, which is the first.
pub const ASKING: &[(&str, &str)] = &[
    (".get_pandas_df", "sql"),
    (".get_df", "sql"),
    ("pandas_gbq.read_gbq", "query"),
    (".athena.read_sql_query", "sql"),
    (".redshift.read_sql_query", "sql"),
    (".postgresql.read_sql_query", "sql"),
    (".mysql.read_sql_query", "sql"),
    (".sqlserver.read_sql_query", "sql"),
    (".oracle.read_sql_query", "sql"),
];

/// Methods that send a query whose rows are taken later.
const SENDING: &[&str] = &["execute", "query", "query_and_wait", "sql", "get_records", "exec_driver_sql"];

/// Methods that give the rows of a query that was sent as a frame.
pub const AS_FRAME: &[&str] =
    &["to_dataframe", "fetch_pandas_all", "toPandas", "to_pandas", "df", "fetchdf", "fetch_df", "to_df"];

/// Methods that give the rows of a query that was sent as tuples.
pub const AS_ROWS: &[&str] = &["get_records", "fetchall", "all", "result", "fetch"];

/// A query that was sent.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What it was sent through.
    of: Rc<External>,
    /// Its text, with the values that were given with it.
    text: Text,
    /// How many conditions it stood under.
    conditions: usize,
    /// The statement that sent it.
    statements: BTreeSet<StatementId>,
}

/// A frame of the rows that a function of another library gives; none when it gives something else.
pub fn call(evaluator: &mut Evaluator, callee: &Rc<External>, arguments: &Arguments) -> Option<Value> {
    let last = callee.last();
    let mut before = BTreeSet::new();
    let asking = ASKING.iter().find(|(path, _)| callee.path.ends_with(path));
    let text = if let Some((_, name)) = asking {
        let Value::Text(text) = arguments.get(name, 0)? else { return None };
        query_of(last, arguments).unwrap_or_else(|| bound(text, arguments.keyword("params"), arguments.span))
    } else if SENDING.contains(&last) {
        note(evaluator, callee, arguments);
        return None;
    } else if AS_FRAME.contains(&last) && arguments.positionals().is_empty() {
        let (text, statements) = sent(evaluator, callee)?;
        before = statements;
        text
    } else {
        return None;
    };
    if arguments.keyword("df_type").and_then(Value::as_text).is_some_and(|kind| kind != "pandas") {
        return None;
    }
    let dialect = evaluator.dialect_of_call(callee);
    let mut context = Context::new(evaluator, arguments.span);
    let answer = reading::query(&mut context, &text, arguments, dialect);
    let made = answer.unwrap_or_else(|refusal| super::library::fallback(&mut context, arguments, &refusal));
    credit(&context, before);
    Some(made)
}

/// The frame that `DataFrame(rows, columns=…)` makes of the rows of a query; none when they are other rows.
pub fn frame_of_rows(context: &mut Context, rows: &Value, arguments: &Arguments) -> Option<Answer<Value>> {
    let Value::External(rows) = rows else { return None };
    if !AS_ROWS.contains(&rows.last()) {
        return None;
    }
    let (text, statements) = sent(context.evaluator, rows)?;
    let dialect = context.evaluator.dialect_of_call(rows);
    let Some(names) = arguments.get("columns", 2).and_then(Value::texts) else {
        return Some(refuse("the names of the columns are only known when the script runs"));
    };
    let made = renamed(context, &text, dialect, &names);
    if made.is_ok() {
        credit(context, statements);
    }
    Some(made)
}

/// What was read last is also the work of these statements.
fn credit(context: &Context, statements: BTreeSet<StatementId>) {
    if let Some(source) = context.session().borrow_mut().sources.last_mut() {
        source.statements.extend(statements);
    }
}

/// The rows of the query under other names, by their place.
fn renamed(context: &mut Context, text: &Text, dialect: Dialect, names: &[String]) -> Answer<Value> {
    let table = reading::table_of(context, text, dialect)?;
    if table.rest || table.columns.len() != names.len() {
        return refuse("which column of the query is which is only known when the script runs");
    }
    let columns = table.columns.iter().zip(names).map(|(own, name)| Named::new(name, own.expr.clone())).collect();
    Ok(DataFrame::of(Table { columns, ..table }))
}

/// Remembers what was sent through a cursor or client.
fn note(evaluator: &mut Evaluator, callee: &Rc<External>, arguments: &Arguments) {
    let Some(Value::External(of)) = callee.origin.clone() else { return };
    let Some(text) = query_of(callee.last(), arguments) else { return };
    let conditions = evaluator.conditions();
    let statements = Context::new(evaluator, arguments.span).statements();
    let session = evaluator.state::<Session>();
    session.borrow_mut().asked.push(Asked { of, text, conditions, statements });
}

/// The text of the query whose rows a call gives: one in the chain before it, or the last that was sent through the same
/// cursor.
fn sent(evaluator: &mut Evaluator, callee: &Rc<External>) -> Option<(Text, BTreeSet<StatementId>)> {
    let mut chain = callee.origins().filter(|origin| SENDING.contains(&origin.last()));
    if let Some(text) = chain.find_map(|origin| query_of(origin.last(), origin.arguments.as_deref()?)) {
        let calls =
            callee.origins().filter(|origin| SENDING.contains(&origin.last()) || AS_ROWS.contains(&origin.last()));
        let own = calls.filter_map(|origin| evaluator.statement_at(origin.span)).collect();
        return Some((text, own));
    }
    let own = evaluator.statement_at(callee.span);
    let method = callee.origins().find(|origin| origin.arguments.is_none())?;
    let Some(Value::External(of)) = &method.origin else { return None };
    let conditions = evaluator.conditions();
    let session = evaluator.state::<Session>();
    let session = session.borrow();
    let last = session.asked.iter().rev().find(|asked| Rc::ptr_eq(&asked.of, of))?;
    let statements = last.statements.iter().copied().chain(own).collect();
    (last.conditions <= conditions).then(|| (last.text.clone(), statements))
}
