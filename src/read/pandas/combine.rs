//! Frames one below the other or side by side, and columns that become rows.

use std::rc::Rc;
use std::sync::Arc;

use super::context::{Answer, Context, refuse};
use super::dataframe::DataFrame;
use super::series::Series;
use super::table::Table;
use crate::frame::{Expr, Frame, Literal, Named, Op, Type};
use crate::read::python::{Arguments, Value};

/// `frame.melt(id_vars, value_vars, var_name, value_name)`.
pub fn melt(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let mut table = frame.seal(context);
    let ids = arguments.get("id_vars", 0).and_then(Value::texts).unwrap_or_default();
    let values = match arguments.get("value_vars", 1).and_then(Value::texts) {
        Some(names) => names,
        None if table.rest => return refuse("all other columns become rows, and which there are is not known"),
        None => table.names().into_iter().filter(|name| !ids.contains(name)).collect(),
    };
    let text = |name: &str, position: usize, default: &str| {
        arguments.get(name, position).and_then(Value::as_text).unwrap_or(default).to_owned()
    };
    let (variable, value) = (text("var_name", 2, "variable"), text("value_name", 3, "value"));
    let mut inputs = Vec::new();
    for name in &values {
        let mut columns = Vec::new();
        for id in &ids {
            columns.push(Named::new(id, table.column(context, id)?));
        }
        columns.push(Named::new(&variable, Expr::text(name)));
        columns.push(Named::new(&value, table.column(context, name)?));
        let op = Op::Project { input: table.base.clone(), columns, rest: false, except: Vec::new() };
        inputs.push(Arc::new(Frame::new(op)));
    }
    if inputs.is_empty() {
        return refuse("no column becomes rows");
    }
    let melted = Table::over(context, Frame::new(Op::Union { inputs }), context.span);
    Ok(DataFrame::of(melted.with_statements(&[&table])))
}

/// `pd.concat([…])` of rows: columns by name, missing ones NULL.
pub fn concat(context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(parts) = arguments.get("objs", 0).and_then(Value::items) else {
        return refuse("the frames that are put together are not known");
    };
    if arguments
        .get("axis", 1)
        .is_some_and(|axis| !matches!(axis.integer(), Some(0)) && axis.as_text() != Some("index"))
    {
        return side_by_side(context, &parts);
    }
    if arguments.keyword("keys").is_some() {
        return refuse("the frames get labels");
    }
    let mut tables = Vec::new();
    for part in &parts {
        let Some(frame) = part.object::<DataFrame>() else {
            return refuse("a frame that is put together is not known");
        };
        tables.push(frame.seal(context));
    }
    let mut names: Vec<String> = Vec::new();
    for name in tables.iter().flat_map(Table::names) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if arguments.keyword("join").and_then(Value::as_text) == Some("inner") {
        names.retain(|name| tables.iter().all(|table| table.has(name)));
    }
    let missing = typed_missing(&tables, &names);
    let mut inputs = Vec::new();
    for (at, table) in tables.iter_mut().enumerate() {
        inputs.push(aligned(context, table, &names, if at == 0 { &missing } else { &[] }));
    }
    let united = Table::over(context, Frame::new(Op::Union { inputs }), context.span);
    let others: Vec<&Table> = tables.iter().collect();
    let united = united.with_statements(&others);
    Ok(DataFrame::of(united))
}

/// `pd.concat([…], axis=1)` of columns of the same rows.
fn side_by_side(context: &mut Context, parts: &[Value]) -> Answer<Value> {
    let table_of = |part: &Value| {
        let frame = part.object::<DataFrame>().map(DataFrame::snapshot);
        frame.or_else(|| part.object::<Series>().map(|series| series.to_frame(context)))
    };
    let Some(tables) = parts.iter().map(table_of).collect::<Option<Vec<_>>>() else {
        return refuse("a frame that is put beside another is not known");
    };
    let Some(first) = tables.first().cloned() else { return refuse("no frames are put together") };
    let mut made = first.clone();
    for table in tables.iter().skip(1) {
        if table.rest
            || !super::table::same_rows(&table.base, &first.base)
            || table.columns.iter().any(|named| made.has(&named.name))
        {
            return refuse("frames are put side by side by their index");
        }
        for named in &table.columns {
            let series = Series { table: table.clone(), expr: named.expr.clone(), name: named.name.clone() };
            made.columns.push(Named::new(&named.name, series.over(&first)?));
        }
        made.statements.extend(table.statements.iter().copied());
    }
    Ok(DataFrame::of(made))
}

/// What stands in the first branch for columns that the first two lack: databases take the type of a column from
/// those, and would take a bare NULL for a text.
fn typed_missing(tables: &[Table], names: &[String]) -> Vec<Named> {
    let mut found = Vec::new();
    let lacks = |table: &Table, name: &String| !table.has(name) && !table.rest;
    for name in names.iter().filter(|name| tables.iter().take(2).all(|table| lacks(table, name))) {
        let Some(owner) = tables.iter().find(|table| table.has(name)) else { continue };
        let Some(named) = owner.columns.iter().find(|named| named.name == *name) else { continue };
        let ty = owner.type_of(&named.expr);
        if ty != Type::Unknown {
            found.push(Named::new(name, Expr::Literal(Literal::Null).cast(ty)));
            continue;
        }
        let only = vec![Named::column(name)];
        let op = Op::Project { input: owner.frame(), columns: only, rest: false, except: Vec::new() };
        let nothing = Op::Filter { input: Arc::new(Frame::new(op)), predicate: Expr::Literal(Literal::Bool(false)) };
        let empty = Frame::new(nothing).named(&format!("no_{name}"));
        found.push(Named::new(name, Expr::Value(Arc::new(empty), String::new())));
    }
    found
}

fn aligned(context: &Context, table: &mut Table, names: &[String], missing: &[Named]) -> Arc<Frame> {
    let mut columns = Vec::new();
    for name in names {
        let typed = missing.iter().find(|named| named.name == *name).map(|named| named.expr.clone());
        let expr = table.column(context, name).unwrap_or(typed.unwrap_or(Expr::Literal(Literal::Null)));
        columns.push(Named::new(name, expr));
    }
    let rest = table.rest;
    let projected = Table { columns, rest, index: Vec::new(), ..table.clone() };
    projected.frame()
}
