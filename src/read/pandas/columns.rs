//! Choosing, renaming and leaving out columns.

use std::rc::Rc;

use super::context::{Answer, Context, refuse};
use super::dataframe::{self, DataFrame};
use super::index::RowIndex;
use super::table::Table;
use crate::frame::Named;
use crate::read::python::{Arguments, Value};

/// `frame.columns`: the names, when all of them are known.
pub fn names(context: &Context, frame: &DataFrame) -> Value {
    let table = frame.snapshot();
    if table.rest {
        return context.evaluator.unknown("columns", "the columns of the source are not known", context.span);
    }
    super::names::Names::of(&table.names(), context.span)
}

/// The table without those columns.
pub fn without(table: &Table, names: &[String]) -> Table {
    let mut table = table.clone();
    table.columns.retain(|named| !names.contains(&named.name));
    for name in names {
        table.hide(name);
    }
    table
}

/// Pairs of old and new names from a dict, or from a function over the known names.
fn mapping(context: &mut Context, table: &Table, value: &Value) -> Answer<Vec<(String, String)>> {
    if let Some(entries) = value.entries() {
        let pair = |(from, to): &(Value, Value)| Some((from.as_text()?.to_owned(), to.as_text()?.to_owned()));
        let pairs: Option<Vec<_>> = entries.iter().map(pair).collect();
        return pairs.map_or_else(|| refuse("the new names are only known when the script runs"), Ok);
    }
    if table.rest {
        return refuse("columns that are not known are renamed by a function");
    }
    let mut pairs = Vec::new();
    for name in table.names() {
        let span = context.span;
        let given = Arguments::positional_values(vec![Value::text(&name, span)], span);
        let new = context.evaluator.call(value, &given);
        match new.as_text() {
            Some(new) => pairs.push((name, new.to_owned())),
            None => return refuse("the new names are only known when the script runs"),
        }
    }
    Ok(pairs)
}

/// `frame.rename(columns={…})`.
pub fn rename(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let by_axis =
        arguments.keyword("axis").is_some_and(|axis| axis.as_text() == Some("columns") || axis.integer() == Some(1));
    let given = arguments.keyword("columns").or_else(|| if by_axis { arguments.get("mapper", 0) } else { None });
    let Some(given) = given.cloned() else { return refuse("labels of the index are renamed") };
    let mut table = frame.seal(context);
    let pairs = mapping(context, &table, &given)?;
    table.rename(context, &pairs)?;
    finish(frame, context, arguments, table)
}

/// `frame.rename_axis(…)`: names of levels; that of the columns is not written.
pub fn rename_axis(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let mut table = frame.seal(context);
    let of_columns = super::sideways::by_row(arguments, 1);
    let given = arguments.keyword("index").or_else(|| if of_columns { None } else { arguments.get("mapper", 0) });
    if let Some(names) = given.filter(|given| !matches!(given, Value::None)) {
        let Some(names) = names.texts() else { return refuse("the new names are only known when the script runs") };
        if names.len() != table.index.len() {
            return refuse("the numbers of the rows get a name");
        }
        for (named, name) in table.index.iter_mut().zip(names) {
            named.name = name;
        }
    }
    finish(frame, context, arguments, table)
}

/// `frame.columns = […]`.
pub fn renamed_all(context: &mut Context, table: &Table, value: &Value) -> Answer<Table> {
    let span = context.span;
    let items = context.evaluator.iterate(value, span).unwrap_or_default();
    let Some(names) = items.iter().map(super::names::flat).collect::<Option<Vec<_>>>() else {
        return refuse("the new names are only known when the script runs");
    };
    if table.rest || names.len() != table.columns.len() {
        return refuse("all columns are renamed, and which there are is not known");
    }
    let renamed = table.columns.iter().zip(names).map(|(named, name)| Named::new(name, named.expr.clone()));
    Ok(Table { columns: renamed.collect(), ..table.clone() })
}

/// `frame.drop(columns=[…])`.
pub fn drop(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let by_axis =
        arguments.get("axis", 1).is_some_and(|axis| axis.as_text() == Some("columns") || axis.integer() == Some(1));
    let given = arguments.keyword("columns").or_else(|| if by_axis { arguments.get("labels", 0) } else { None });
    let rows = arguments.keyword("index").or_else(|| arguments.get("labels", 0));
    if let (None, Some(rows)) = (given, rows.and_then(Value::object::<RowIndex>)) {
        let table = rows.left_out(context, &frame.seal(context))?;
        return finish(frame, context, arguments, table);
    }
    let Some(names) = given.and_then(Value::texts) else {
        return refuse("rows are dropped by the labels of the index");
    };
    let sealed = frame.seal(context);
    let ignores = arguments.keyword("errors").and_then(Value::as_text) == Some("ignore");
    if ignores && sealed.rest && names.iter().any(|name| !sealed.has(name)) {
        return refuse("columns are left out where they are there, and which there are is not known");
    }
    let table = without(&sealed, &names);
    finish(frame, context, arguments, table)
}

/// `frame.filter(items=[…])`, `like=`, on known columns.
pub fn filter(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    if let Some(names) = arguments.get("items", 0).and_then(Value::texts) {
        return dataframe::columns(context, frame, &names).map(DataFrame::of);
    }
    let table = frame.seal(context);
    let Some(part) = arguments.keyword("like").and_then(Value::as_text) else {
        return refuse("columns are chosen by a pattern");
    };
    if table.rest {
        return refuse("columns that are not known are chosen by a part of their names");
    }
    let columns = table.columns.iter().filter(|named| named.name.contains(part)).cloned().collect();
    Ok(DataFrame::of(Table { columns, ..table }))
}

/// `frame.reset_index()`.
pub fn reset_index(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let mut table = frame.seal(context);
    let drop = arguments.keyword("drop").and_then(Value::truth).unwrap_or(false);
    table.numbered = table.numbered && table.index.is_empty();
    if !drop {
        // Where the whole statement is code, this is done there.
        if super::opaque::is_made_here(context, &table) {
            return finish(frame, context, arguments, table);
        }
        let names = arguments.keyword("names").and_then(Value::texts).unwrap_or_default();
        if let Some(made) = super::opaque::with_labels(context, &table, &names)? {
            return finish(frame, context, arguments, made);
        }
        if table.index.is_empty() {
            if !table.numbered && !table.order.is_empty() {
                return refuse("the numbers that rows had before they were sorted or left out become a column");
            }
            table.index = vec![super::writing::row_numbers(context, &table)];
        }
        let mut columns = table.index.clone();
        columns.append(&mut table.columns);
        table.columns = columns;
        if let Some(names) = arguments.keyword("names").and_then(Value::texts) {
            for (named, name) in table.columns.iter_mut().zip(names) {
                named.name = name;
            }
        }
    }
    table.index = Vec::new();
    finish(frame, context, arguments, table.renumbered())
}

/// `frame.set_index(…)`.
pub fn set_index(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(names) = arguments.get("keys", 0).and_then(Value::texts) else {
        return refuse("the index is set from something other than columns");
    };
    let mut table = frame.seal(context);
    let mut index = Vec::new();
    for name in &names {
        index.push(Named::new(name, table.column(context, name)?));
    }
    let keep = arguments.keyword("drop").and_then(Value::truth) == Some(false);
    if !keep {
        table = without(&table, &names);
    }
    table.index = index;
    table.numbered = false;
    table.labels = Rc::new(());
    finish(frame, context, arguments, table)
}

/// `frame.copy()` and the like: the same rows under a new name.
pub fn copy(frame: &Rc<DataFrame>, context: &mut Context, _arguments: &Arguments) -> Answer<Value> {
    let mut table = frame.seal(context);
    table.statements.extend(context.statements());
    Ok(DataFrame::of(table))
}

/// A new frame, or the old one changed when `inplace=True`.
pub fn finish(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments, table: Table) -> Answer<Value> {
    let mut table = table;
    table.statements.extend(context.statements());
    if arguments.keyword("ignore_index").and_then(Value::truth) == Some(true) {
        table = Table { index: Vec::new(), numbered: false, ..table }.renumbered();
    }
    if arguments.keyword("inplace").and_then(Value::truth) == Some(true) {
        frame.put(context, table);
        return Ok(Value::None);
    }
    Ok(DataFrame::of(table))
}
