//! `to_sql`, `to_csv` and the like: where rows go.

use std::rc::Rc;

use super::context::{Answer, Context, Refusal, refuse};
use super::dataframe::DataFrame;
use super::opaque;
use super::outside;
use super::rows::Handled;
use super::session::Sink;
use super::table::Table;
use crate::finding::Code;
use crate::frame::{Expr, Function, Named, Window};
use crate::name::{Ident, Relation};
use crate::read::python::{Arguments, Evaluator, External, Value};
use crate::steps::{Body, Effect, Form, Lifetime};

/// Methods that write rows. A pure table.
const WRITES: &[&str] = &["to_sql", "to_gbq", "to_csv", "to_parquet", "to_excel", "to_feather", "to_json", "to_pickle"];

/// Whether the method writes rows.
pub fn is_write(name: &str) -> bool {
    WRITES.contains(&name)
}

/// A write of what is not known to be a frame, or not any more: the write stays, and what is written is a step without
/// SQL.
pub fn of_unknown(evaluator: &mut Evaluator, callee: &External, arguments: &Arguments) -> Option<Value> {
    let name = callee.last();
    let written = callee.origin.as_ref()?.external()?;
    if !is_write(name) || !written.is_result() {
        return None;
    }
    let row = super::rows::find(super::rows::FRAME, name)?;
    let Handled::Sql(run) = row.handled else { return None };
    let mut context = Context::new(evaluator, arguments.span);
    let refusal = Refusal(format!("what is written is not known: {}", written.reason));
    let table = opaque::opaque_at(&mut context, &refusal, &[], Some(written.span), None);
    opaque::named_by_its_code(&context);
    let frame = DataFrame::shared(table);
    if let Err(refusal) = run(&frame, &mut context, arguments) {
        let table = frame.seal(&context);
        opaque::opaque(&mut context, &refusal, &[&table]);
        opaque::keep(&context);
    }
    Some(Value::None)
}

/// `frame.to_sql(name, connection, schema=…, if_exists=…, index=…)`.
pub fn to_sql(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(name) = arguments.get("name", 0).and_then(outside::name) else {
        return refuse("the table that is written is only known when the script runs");
    };
    let schema = match arguments.get("schema", 2) {
        None | Some(Value::None) => None,
        Some(value) => match outside::name(value) {
            Some(schema) => Some(schema),
            None => return refuse("the schema that is written to is only known when the script runs"),
        },
    };
    let dialect = context.evaluator.dialect();
    let parts = schema.into_iter().chain([name]).map(|part| Ident::new(&part, true, dialect));
    let relation = Relation::new(parts.collect(), dialect);
    let mut table = frame.seal(context);
    if arguments.get("index", 4).map_or(Some(true), Value::truth) != Some(false) {
        let labels = arguments.get("index_label", 5).and_then(Value::texts).unwrap_or_default();
        table = match opaque::with_labels(context, &table, &labels)? {
            Some(table) => table,
            None => with_index(context, table, labels),
        };
    }
    for named in &mut table.columns {
        named.name = super::names::written(&named.name);
    }
    let how = arguments.get("if_exists", 3).map_or(Some("fail"), Value::as_text);
    let body = Body::Frame(Box::new(table.frame().as_ref().clone()));
    let effect = match how {
        Some("append") => Effect::Append { relation, columns: table.names(), body, conflict: None },
        Some("replace" | "fail") => create(relation, body),
        _ => return refuse("whether rows are added or replaced is only known when the script runs"),
    };
    write(context, &table, effect);
    Ok(Value::None)
}

fn create(relation: Relation, body: Body) -> Effect {
    Effect::Create { relation, lifetime: Lifetime::Lasting, form: Form::Table, columns: Vec::new(), body }
}

/// `frame.to_gbq("dataset.table")`.
pub fn to_gbq(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(name) = arguments.get("destination_table", 0).and_then(Value::as_text) else {
        return refuse("the table that is written is only known when the script runs");
    };
    let relation = Relation::plain(name, context.evaluator.dialect());
    let table = frame.seal(context);
    let body = Body::Frame(Box::new(table.frame().as_ref().clone()));
    let append = arguments.keyword("if_exists").and_then(Value::as_text) == Some("append");
    let effect = if append {
        Effect::Append { relation, columns: table.names(), body, conflict: None }
    } else {
        create(relation, body)
    };
    write(context, &table, effect);
    Ok(Value::None)
}

/// `frame.to_csv(path)` and the like: a table named for the file.
pub fn to_file(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(path) = arguments.items.first().and_then(|item| outside::file(&item.value)) else {
        return refuse("the file that is written is only known when the script runs");
    };
    let path = path.as_str();
    let clean = context.file_name(path);
    context.finding(
        Code::R311,
        format!("the file `{path}` is written: its rows became the table `files.{clean}`"),
        "let something else write the file from that table",
    );
    let relation = context.file(&clean);
    let mut table = frame.seal(context);
    super::periods::as_texts(&mut table)?;
    let effect = create(relation, Body::Frame(Box::new(table.frame().as_ref().clone())));
    let step = write(context, &table, effect);
    if let Some(step) = context.evaluator.script().steps.get_mut(step) {
        step.sent = Some(path.to_owned());
    }
    Ok(Value::None)
}

fn write(context: &mut Context, table: &Table, effect: Effect) -> usize {
    if table.rest && !crate::frame::is_open(&table.base) {
        let message =
            "the frame is written, and not all of its columns are known: only those that the script names are kept";
        context.finding(Code::R305, message, "give the definitions of the source tables with --schema");
    }
    let span = context.evaluator.statement().and_then(|statement| context.evaluator.statement_span(statement));
    let step = context.evaluator.step(effect, span.unwrap_or(context.span));
    let mut statements = context.statements();
    statements.extend(table.statements.iter().copied());
    context.session().borrow_mut().sinks.push(Sink { step, frame: table.frame(), statements });
    step
}

/// The numbers of the rows, from 0, as the column `index`.
pub fn row_numbers(context: &mut Context, table: &Table) -> Named {
    if !table.numbered {
        let message = "the index that is written numbers the rows as they are; pandas writes the numbers that they had before \
                       rows were sorted or left out";
        context.finding(
            Code::R309,
            message,
            "write without the index, or number the rows anew with reset_index(drop=True)",
        );
    } else if table.order.is_empty() {
        context.order_matters("writing the numbers of the rows");
    }
    let function = Expr::Call(Function::RowNumber, Vec::new());
    let window = Window { function, partition: Vec::new(), order: table.order.clone(), rows: None };
    let number = Expr::binary(crate::frame::Binary::Subtract, Expr::Window(Box::new(window)), Expr::integer(1));
    Named::new("index", number)
}

/// The index as columns in front, as `to_sql` writes it unless told otherwise.
fn with_index(context: &mut Context, mut table: Table, labels: Vec<String>) -> Table {
    let mut index = table.index.clone();
    if index.is_empty() {
        index = vec![row_numbers(context, &table)];
    }
    for (named, label) in index.iter_mut().zip(labels) {
        named.name = label;
    }
    index.append(&mut table.columns);
    table.columns = index;
    table.index = Vec::new();
    table
}
