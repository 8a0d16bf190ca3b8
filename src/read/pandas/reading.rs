//! `read_sql`, `read_csv` and the like: where rows come from.

use super::context::{Answer, Context, refuse};
use super::dataframe::{self, DataFrame};
use super::session::{Source, SourceKind};
use super::table::Table;
use crate::dialect::Dialect;
use crate::finding::Code;
use crate::frame::{Column, Frame, Op};
use crate::name::{Ident, Relation};
use crate::read::python::{Arguments, Text, Value, bound};
use crate::read::sql;
use crate::steps::{Body, Effect, Output, Query};

/// `pd.read_sql(query, connection)`.
pub fn read_sql(context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(Value::Text(text)) = arguments.get("sql", 0).cloned() else {
        return refuse("the query is only known when the script runs");
    };
    if let Some(name) = text.known().and_then(only_a_name) {
        return table(context, &name, arguments);
    }
    let text = bound(&text, arguments.get("params", 4), context.span);
    if let Some(name) = text.known().and_then(star_of) {
        return table(context, &name, arguments);
    }
    let dialect = dialect(context, arguments);
    query(context, &text, arguments, dialect)
}

/// `pd.read_gbq(query)`.
pub fn read_gbq(context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(Value::Text(text)) = arguments.get("query_or_table", 0).or_else(|| arguments.keyword("query")).cloned()
    else {
        return refuse("the query is only known when the script runs");
    };
    let dialect = context.evaluator.own_dialect().unwrap_or(Dialect::BigQuery);
    context.evaluator.set_dialect(dialect);
    match text.known().and_then(only_a_name).or_else(|| text.known().and_then(star_of)) {
        Some(name) => table(context, &name, arguments),
        None => query(context, &text, arguments, dialect),
    }
}

/// The dialect of the connection, where it tells.
fn dialect(context: &mut Context, arguments: &Arguments) -> Dialect {
    match arguments.get("con", 1) {
        Some(Value::External(connection)) => context.evaluator.dialect_of_call(connection),
        _ => context.evaluator.dialect(),
    }
}

/// `pd.read_sql_table(name, connection, schema=…)`.
pub fn read_sql_table(context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    match arguments.get("table_name", 0).and_then(super::outside::name) {
        Some(name) => {
            let schema = arguments.keyword("schema").and_then(super::outside::name);
            let name = schema.map_or_else(|| name.clone(), |schema| format!("{schema}.{name}"));
            table(context, &name, arguments)
        }
        None => refuse("the table is only known when the script runs"),
    }
}

/// `pd.read_csv(path)` and the like: a relation named for the file.
pub fn read_file(context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let path = arguments.items.first().map(|item| &item.value);
    let Some(path) = path.and_then(super::outside::file) else {
        return refuse("the file is only known when the script runs");
    };
    let clean = context.file_name(&path);
    let load = super::options::of_the_load(context, arguments);
    let help = "or declare the file as an external location of the source";
    context.finding(Code::R206, crate::read::files::told(&path, &clean, &load), help);
    let relation = context.file(&clean);
    let mut table = dataframe::scan(context, relation);
    for name in chosen(arguments, "usecols").iter().flatten() {
        table.key(context, name)?;
    }
    let table = limited(context, table, arguments, "usecols")?;
    super::options::honoured(context, table, arguments).map(DataFrame::of)
}

fn chosen(arguments: &Arguments, keyword: &str) -> Option<Vec<String>> {
    arguments.keyword(keyword).and_then(Value::texts)
}

fn limited(context: &mut Context, mut table: Table, arguments: &Arguments, keyword: &str) -> Answer<Table> {
    let Some(names) = chosen(arguments, keyword) else { return Ok(table) };
    let mut columns = Vec::new();
    for name in &names {
        columns.push(crate::frame::Named::new(name, table.column(context, name)?));
    }
    Ok(Table { columns, rest: false, ..table })
}

fn table(context: &mut Context, name: &str, arguments: &Arguments) -> Answer<Value> {
    let dialect = context.evaluator.dialect();
    let parts = name.split('.').map(|part| {
        let bare = part.trim_matches(['"', '`', '[', ']']);
        Ident::new(bare, bare.len() != part.len(), dialect)
    });
    let relation = Relation::new(parts.collect(), dialect);
    let table = dataframe::scan(context, relation);
    let table = limited(context, table.clone(), arguments, "columns").unwrap_or(table);
    super::options::honoured(context, table, arguments).map(DataFrame::of)
}

/// A table's name and nothing else, as `read_sql` takes it too.
fn only_a_name(text: &str) -> Option<String> {
    let text = text.trim();
    let word = |char: char| char.is_alphanumeric() || matches!(char, '_' | '.' | '"' | '$');
    (!text.is_empty() && text.chars().all(word)).then(|| text.to_owned())
}

/// The table of `select * from table`.
fn star_of(text: &str) -> Option<String> {
    let words: Vec<&str> = text.trim().trim_end_matches(';').split_whitespace().collect();
    let [select, "*", from, name] = words.as_slice() else { return None };
    let is = select.eq_ignore_ascii_case("select") && from.eq_ignore_ascii_case("from");
    (is && !name.contains(['(', ','])).then(|| (*name).to_owned())
}

/// A real query: a step of its own, whose text is kept.
pub fn query(context: &mut Context, text: &Text, arguments: &Arguments, dialect: Dialect) -> Answer<Value> {
    let table = table_of(context, text, dialect)?;
    super::options::honoured(context, table, arguments).map(DataFrame::of)
}

/// The rows of a query.
pub fn table_of(context: &mut Context, text: &Text, dialect: Dialect) -> Answer<Table> {
    let fragment = context.evaluator.filled(text, context.span);
    let read = sql::read_text(&fragment, dialect);
    context.evaluator.take(read.params, read.places);
    for finding in read.findings {
        if let Some(span) = finding.span {
            context.evaluator.finding(finding.code, span, finding.message, finding.help);
        }
    }
    let queries: Vec<Query> = read.steps.into_iter().filter_map(|step| body_of(step.effect)).collect();
    let [query] = queries.as_slice() else { return refuse("the text that is sent is not one query") };
    Ok(from_query(context, query, dialect))
}

fn body_of(effect: Effect) -> Option<Query> {
    if let Effect::Read { body: Body::Query(query) } = effect { Some(query) } else { None }
}

fn from_query(context: &mut Context, query: &Query, dialect: Dialect) -> Table {
    let number = context.session().borrow().sources.len();
    let relation = Relation::new(vec![Ident::new(&format!("?{number}"), true, dialect)], dialect);
    let source = Source {
        relation: relation.clone(),
        kind: SourceKind::Query(Box::new(query.clone())),
        name: String::new(),
        statements: context.statements(),
        span: context.span,
        called: context.span,
        is_kept: false,
        is_labeled: false,
        guards: context.evaluator.guards().to_vec(),
    };
    context.session().borrow_mut().sources.push(source);
    let name = |output: &Output| match output {
        Output::Column { name, .. } if !name.is_empty() => Some(Column::unknown(name.as_str())),
        Output::Column { .. } | Output::Star { .. } => None,
    };
    let columns: Option<Vec<Column>> = query.outputs.iter().map(name).collect();
    match columns.filter(|columns| !columns.is_empty()) {
        Some(columns) => {
            let mut table = Table::over(context, Frame::new(Op::Scan { relation, columns, open: false }), context.span);
            table.numbered = true;
            table
        }
        None => dataframe::scan(context, relation),
    }
}
