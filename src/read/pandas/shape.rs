//! Methods that change which rows there are, or turn columns into rows.

use std::rc::Rc;
use std::sync::Arc;

use super::aggregate;
use super::columns::finish;
use super::context::{Answer, Context, refuse};
use super::dataframe::DataFrame;
use super::group::GroupBy;
use super::grouped::{UNNAMED, numbered};
use super::indexer;
use super::mask;
use super::series::Series;
use super::table::Table;
use crate::frame::{Aggregate, Binary, Expr, Frame, Function, Named, Op, SortKey, Type, Unary, Window};
use crate::read::python::{Arguments, Value};

/// `frame.dropna(subset=[…])`.
pub fn dropna(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let mut table = frame.seal(context);
    if arguments.keyword("axis").is_some_and(|axis| axis.integer() != Some(0)) {
        return refuse("columns are dropped by how much is missing");
    }
    let names = match arguments.keyword("subset").and_then(Value::texts) {
        Some(names) => names,
        None if table.rest => {
            return refuse(
                "rows with a missing value in any column are dropped, and which columns there are is not known",
            );
        }
        None => table.names(),
    };
    if let Some(least) = arguments.keyword("thresh") {
        let Some(least) = least.integer() else { return refuse("how many values must be there is not known") };
        let count = super::sideways::present_in(&table, &names, context)?;
        table = table.filter(context, Expr::binary(Binary::GreaterEqual, count, Expr::integer(least)));
        return finish(frame, context, arguments, table);
    }
    let all = arguments.keyword("how").is_some_and(|how| how.as_text() == Some("all"));
    let mut present = Vec::new();
    for name in names {
        let expr = table.column(context, &name)?;
        if table.nullable(&expr) {
            present.push(Expr::unary(Unary::IsNotNull, expr));
        } else if all {
            // A row with one value that is never missing is never missing as a whole.
            return finish(frame, context, arguments, table);
        }
    }
    let operator = if all { Binary::Or } else { Binary::And };
    if let Some(predicate) = present.into_iter().reduce(|one, two| Expr::binary(operator, one, two)) {
        table = table.filter(context, predicate);
    }
    finish(frame, context, arguments, table)
}

/// `series.dropna()`.
pub fn series_dropna(series: &Rc<Series>, context: &mut Context, _arguments: &Arguments) -> Answer<Value> {
    if !series.table.nullable(&series.expr) {
        return Ok(Value::Object(series.clone()));
    }
    let table = series.table.filter(context, Expr::unary(Unary::IsNotNull, series.expr.clone()));
    Ok(Series { table, ..series.as_ref().clone() }.value())
}

/// `frame.sort_values(by, ascending=…, na_position=…)`.
pub fn sort_values(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(names) = arguments.get("by", 0).and_then(Value::texts) else {
        return refuse("what rows are sorted by is not known");
    };
    let function = arguments.keyword("key").filter(|key| !matches!(key, Value::None)).cloned();
    let ascending = match arguments.get("ascending", 2) {
        None => vec![true],
        Some(value) => {
            let flags = value.items().unwrap_or_else(|| vec![value.clone()]);
            match flags.iter().map(Value::truth).collect::<Option<Vec<_>>>() {
                Some(flags) => flags,
                None => return refuse("in which direction rows are sorted is not known"),
            }
        }
    };
    let nulls_first = arguments.keyword("na_position").is_some_and(|value| value.as_text() == Some("first"));
    let mut table = frame.seal(context);
    let mut order = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let mut expr = table.column(context, name)?;
        if let Some(function) = &function {
            let series = Series { table: table.clone(), expr, name: name.clone() }.value();
            let given = Arguments::positional_values(vec![series], context.span);
            let value = context.evaluator.call(function, &given);
            expr = match value.object::<Series>() {
                Some(key) => key.over(&table)?,
                None => return refuse("rows are sorted by what a function gives"),
            };
        }
        let up = ascending.get(at).or(ascending.first()).copied().unwrap_or(true);
        order.push(SortKey { expr, descending: !up, nulls_first });
    }
    let stable = arguments.keyword("kind").is_some_and(|kind| matches!(kind.as_text(), Some("stable" | "mergesort")));
    if stable || names.len() > 1 {
        let before = std::mem::take(&mut table.order);
        order.extend(
            before
                .into_iter()
                .filter(|key| !names.iter().any(|name| key.expr == Expr::column(name)))
                .collect::<Vec<_>>(),
        );
    }
    table.order = order;
    table.numbered = false;
    finish(frame, context, arguments, table)
}

/// `frame.sort_index()`.
pub fn sort_index(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let mut table = frame.seal(context);
    let up = arguments.keyword("ascending").map_or(Some(true), Value::truth).unwrap_or(true);
    table.order = table
        .index
        .iter()
        .map(|named| SortKey { expr: named.expr.clone(), descending: !up, nulls_first: false })
        .collect();
    finish(frame, context, arguments, table)
}

/// `frame.head(n)`.
pub fn head(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let count = arguments.get("n", 0).map_or(Some(5), Value::integer).and_then(|count| u64::try_from(count).ok());
    match count {
        Some(count) => indexer::first_rows(context, frame, count, 0).map(DataFrame::of),
        None => refuse("how many rows are taken is not known"),
    }
}

/// `frame.tail(n)`: the last rows, in the order of the frame.
pub fn tail(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let count = arguments.get("n", 0).map_or(Some(5), Value::integer).and_then(|count| u64::try_from(count).ok());
    match count {
        Some(count) => indexer::last_rows(context, frame, count).map(DataFrame::of),
        None => refuse("how many rows are taken is not known"),
    }
}

/// `frame.nlargest(n, columns)`, `frame.nsmallest(n, columns)`.
pub fn largest(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments, largest: bool) -> Answer<Value> {
    let count = arguments.get("n", 0).and_then(Value::integer).and_then(|count| u64::try_from(count).ok());
    let names = arguments.get("columns", 1).and_then(Value::texts);
    let (Some(count), Some(names)) = (count, names) else { return refuse("how many rows are taken is not known") };
    let mut table = frame.seal(context);
    let mut order = Vec::new();
    for name in names {
        let expr = table.column(context, &name)?;
        order.push(SortKey { expr, descending: largest, nulls_first: false });
    }
    // Of equal values, those that stand first are taken; a missing one never is, but as the last.
    order.extend(
        table.order.iter().filter(|key| !order.iter().any(|known| known.expr == key.expr)).cloned().collect::<Vec<_>>(),
    );
    let op = Op::Limit { input: table.base.clone(), order: order.clone(), count, offset: 0 };
    let limited = table.rebased(context, op);
    Ok(DataFrame::of(Table { order, ..limited }))
}

/// `frame.drop_duplicates(subset=…, keep=…)`.
pub fn drop_duplicates(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let mut table = frame.seal(context);
    let subset = arguments.get("subset", 0).filter(|value| !matches!(value, Value::None));
    let names = match subset.map(Value::texts) {
        Some(Some(names)) => Some(names),
        Some(None) => return refuse("the columns that are compared are not known"),
        None => None,
    };
    let keep = arguments.keyword("keep").or_else(|| arguments.positional(1).map(|item| &item.value)).cloned();
    let Some(names) = names else {
        if keep.as_ref().is_some_and(|keep| keep.truth() == Some(false)) {
            if table.rest {
                return refuse("whole rows are compared, and which columns there are is not known");
            }
            let names = table.names();
            let number = place_in_group(context, &mut table, &names, keep.as_ref())?;
            return finish(frame, context, arguments, numbered(context, &table, number, 1));
        }
        let table = Table { order: Vec::new(), ..table }.sealed();
        if table.rest && !crate::frame::is_whole(&table.base) {
            return refuse("whole rows are compared, and which columns there are is not known");
        }
        let op = Op::Distinct { input: table.base.clone() };
        let distinct = table.rebased(context, op);
        return finish(frame, context, arguments, distinct);
    };
    let number = place_in_group(context, &mut table, &names, keep.as_ref())?;
    finish(frame, context, arguments, numbered(context, &table, number, 1))
}

/// The number of the row among those with the same values, in the order of the frame.
fn place_in_group(context: &mut Context, table: &mut Table, names: &[String], keep: Option<&Value>) -> Answer<Expr> {
    let mut partition = Vec::new();
    for name in names {
        partition.push(table.column(context, name)?);
    }
    let mut order = table.order.clone();
    let keeps_one = keep.is_none_or(|keep| keep.truth() != Some(false));
    if order.is_empty() && keeps_one {
        context.order_matters("which of equal rows is kept");
    }
    match keep.map(|keep| (keep.as_text(), keep.truth())) {
        None | Some((Some("first"), _)) => {}
        Some((Some("last"), _)) => {
            for key in &mut order {
                (key.descending, key.nulls_first) = (!key.descending, !key.nulls_first);
            }
        }
        Some(_) => {
            let function = aggregate::count_rows(None);
            let window = Window { function, partition, order: Vec::new(), rows: None };
            return Ok(Expr::Window(Box::new(window)));
        }
    }
    let function = Expr::Call(Function::RowNumber, Vec::new());
    Ok(Expr::Window(Box::new(Window { function, partition, order, rows: None })))
}

/// `frame.duplicated(subset=…)`.
pub fn duplicated(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let mut table = frame.seal(context);
    let names = match arguments.get("subset", 0).and_then(Value::texts) {
        Some(names) => names,
        None if table.rest => return refuse("whole rows are compared, and which columns there are is not known"),
        None => table.names(),
    };
    let keep = arguments.keyword("keep").or_else(|| arguments.positional(1).map(|item| &item.value));
    let number = place_in_group(context, &mut table, &names, keep)?;
    let expr = Expr::binary(Binary::Greater, number, Expr::integer(1));
    Ok(Series { table, expr, name: String::new() }.value())
}

/// `series.duplicated()`.
pub fn series_duplicated(series: &Rc<Series>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let mut table = series.table.clone();
    table.set(&series.name, series.expr.clone());
    let names = [series.name.clone()];
    let number = place_in_group(context, &mut table, &names, arguments.keyword("keep"))?;
    Ok(series.with(Expr::binary(Binary::Greater, number, Expr::integer(1))))
}

/// `series.drop_duplicates()`.
pub fn unique(series: &Rc<Series>, context: &mut Context, _arguments: &Arguments) -> Answer<Value> {
    let table = series.to_frame(context).sealed();
    let op = Op::Distinct { input: table.base.clone() };
    let table = table.rebased(context, op);
    Ok(Series { expr: Expr::column(&series.name), table, name: series.name.clone() }.value())
}

/// A method of a frame on the frame whose only column the Series is.
pub fn as_frame(
    series: &Rc<Series>,
    context: &mut Context,
    arguments: &Arguments,
    method: super::rows::Method<DataFrame>,
) -> Answer<Value> {
    let inner = Series { name: inner_name(series), ..series.as_ref().clone() };
    let frame = DataFrame::shared(inner.to_frame(context));
    let made = method(&frame, context, arguments)?;
    let Some(made) = made.object::<DataFrame>() else { return refuse("the rows of a Series are not known") };
    let table = made.snapshot();
    let Some(only) = table.columns.first().cloned() else { return refuse("the rows of a Series are not known") };
    Ok(Series { expr: only.expr, table, name: series.name.clone() }.value())
}

fn inner_name(series: &Series) -> String {
    if series.name.is_empty() { "value".to_owned() } else { series.name.clone() }
}

/// The arguments with one more.
fn with(arguments: &Arguments, name: &str, value: Value) -> Arguments {
    let mut made = arguments.clone();
    made.items.push(crate::read::python::Argument { name: Some(name.to_owned()), value, span: arguments.span });
    made
}

/// `series.sort_values(ascending=…)`.
pub fn series_sort(series: &Rc<Series>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let by = Value::text(&inner_name(series), arguments.span);
    as_frame(series, context, &with(arguments, "by", by), sort_values)
}

/// `series.nlargest(n)`, `series.nsmallest(n)`: missing values are none.
pub fn series_largest(series: &Rc<Series>, context: &mut Context, arguments: &Arguments, up: bool) -> Answer<Value> {
    let name = inner_name(series);
    let mut given = with(arguments, "columns", Value::text(&name, arguments.span));
    if given.get("n", 0).is_none() {
        given = with(&given, "n", Value::Int(5));
    }
    let present = series_dropna(series, context, arguments)?;
    let Value::Object(present) = present else { return refuse("the rows of a Series are not known") };
    let Some(present) = present.as_any().downcast_ref::<Series>().cloned() else {
        return refuse("the rows of a Series are not known");
    };
    let present = Rc::new(present);
    if up {
        return as_frame(&present, context, &given, |frame, context, arguments| {
            largest(frame, context, arguments, true)
        });
    }
    as_frame(&present, context, &given, |frame, context, arguments| largest(frame, context, arguments, false))
}

/// `frame.explode(column)` of parts of texts: one row for each part.
pub fn explode(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(name) = arguments.get("column", 0).and_then(Value::as_text) else {
        return refuse("several lists are taken apart at once");
    };
    let mut table = frame.seal(context);
    let expr = table.column(context, name)?;
    if !is_list(&table.base, &expr) {
        return refuse("lists are taken apart");
    }
    let ignores = arguments.keyword("ignore_index").and_then(Value::truth) == Some(true);
    table.set(name, Expr::Call(Function::Unnest, vec![expr]));
    let table = Table { order: Vec::new(), numbered: ignores, labels: Rc::new(()), ..table.sealed() };
    Ok(DataFrame::of(table))
}

/// Whether the expression is a list of the parts of a text.
fn is_list(base: &Arc<Frame>, expr: &Expr) -> bool {
    if let Expr::Call(Function::SplitList, _) = expr {
        return true;
    }
    let Expr::Column(_, name) = expr else { return false };
    match &base.op {
        Op::Project { input, columns, .. } => match columns.iter().find(|named| named.name == *name) {
            Some(named) => is_list(input, &named.expr),
            None => is_list(input, expr),
        },
        Op::Filter { input, .. } | Op::Limit { input, .. } | Op::Distinct { input } => is_list(input, expr),
        Op::Scan { .. } | Op::Values { .. } | Op::Join { .. } | Op::Group { .. } | Op::Union { .. } => false,
    }
}

/// `series.to_frame()`.
pub fn to_frame(series: &Rc<Series>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let mut series = series.as_ref().clone();
    if let Some(name) = arguments.get("name", 0).and_then(Value::as_text) {
        name.clone_into(&mut series.name);
    }
    if series.name.is_empty() {
        return refuse("a column would have no name");
    }
    Ok(DataFrame::of(series.to_frame(context)))
}

/// `series.reset_index(name=…)`.
pub fn series_reset_index(series: &Rc<Series>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let mut table = series.to_frame(context);
    let name = arguments.keyword("name").and_then(Value::as_text).unwrap_or(&series.name).to_owned();
    if arguments.keyword("drop").and_then(Value::truth) == Some(true) {
        let made = Series { name: series.name.clone(), ..series.as_ref().clone() };
        let numbered = made.table.numbered && made.table.index.is_empty();
        let table = Table { index: Vec::new(), numbered, ..made.table }.renumbered();
        return Ok(Series { table, ..made }.value());
    }
    if table.index.is_empty() {
        return refuse("the numbers of the rows become a column");
    }
    // What `size` gives has no name; pandas calls the column 0.
    let unnamed = name.is_empty() || (name == "size" && arguments.keyword("name").is_none());
    let name = if unnamed { UNNAMED.to_owned() } else { name };
    for named in &mut table.columns {
        name.clone_into(&mut named.name);
    }
    let mut columns = std::mem::take(&mut table.index);
    columns.append(&mut table.columns);
    Ok(DataFrame::of(Table { columns, ..table }))
}

/// `series.value_counts()`.
pub fn value_counts(series: &Rc<Series>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    if arguments.keyword("bins").is_some() {
        return refuse("values are put into classes");
    }
    let shares = arguments.get("normalize", 0).and_then(Value::truth) == Some(true);
    let keep = arguments.keyword("dropna").and_then(Value::truth) == Some(false);
    let value = mask::definite(&series.table, &series.expr);
    let mut table = series.table.clone();
    if !keep && table.nullable(&value) {
        table = table.filter(context, Expr::unary(Unary::IsNotNull, value.clone()));
    }
    let key = Named::new(&series.name, value);
    let group = GroupBy {
        whole: table.clone(),
        table,
        keys: vec![key],
        as_index: true,
        drops_missing: !keep,
        chosen: None,
        single: true,
    };
    let counted = group.collect(context, vec![Named::new("count", aggregate::count_rows(None))], false);
    let descending = arguments.keyword("ascending").and_then(Value::truth) != Some(true);
    let order = vec![SortKey { expr: Expr::column("count"), descending, nulls_first: false }];
    let sorts = arguments.keyword("sort").and_then(Value::truth) != Some(false);
    let table = if sorts { Table { order, ..counted } } else { Table { order: Vec::new(), ..counted } };
    if !shares {
        return Ok(Series { expr: Expr::column("count"), name: "count".to_owned(), table }.value());
    }
    let whole = Expr::aggregate(Aggregate::Sum, Expr::column("count"));
    let whole = Window { function: whole, partition: Vec::new(), order: Vec::new(), rows: None };
    let share = Expr::binary(Binary::Divide, Expr::column("count").cast(Type::Float), Expr::Window(Box::new(whole)));
    let mut table = table;
    for named in &mut table.columns {
        *named = Named::new("proportion", share.clone());
    }
    Ok(Series { expr: share, name: "proportion".to_owned(), table }.value())
}

/// `frame.value_counts([columns])`: as many rows as there are different ones, with their number.
pub fn value_counts_frame(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let mut table = frame.seal(context);
    let names = match arguments.get("subset", 0).filter(|value| !matches!(value, Value::None)).map(Value::texts) {
        Some(Some(names)) => names,
        None if !table.rest => table.names(),
        Some(None) | None => return refuse("whole rows are counted, and which columns there are is not known"),
    };
    if arguments.keyword("normalize").is_some() {
        return refuse("shares of whole rows are counted");
    }
    let keep = arguments.keyword("dropna").and_then(Value::truth) == Some(false);
    let mut keys = Vec::new();
    for name in &names {
        keys.push(Named::new(name, table.column(context, name)?));
    }
    let whole = table.clone();
    let nullable = keys.iter().filter(|named| !keep && table.nullable(&named.expr));
    let present = nullable.map(|named| Expr::unary(Unary::IsNotNull, named.expr.clone()));
    if let Some(predicate) = present.reduce(|one, two| Expr::binary(Binary::And, one, two)) {
        table = table.filter(context, predicate);
    }
    let group = GroupBy { whole, table, keys, as_index: true, drops_missing: !keep, chosen: None, single: true };
    let counted = group.collect(context, vec![Named::new("count", aggregate::count_rows(None))], false);
    let order = vec![SortKey { expr: Expr::column("count"), descending: true, nulls_first: false }];
    let table = Table { order, ..counted };
    Ok(Series { expr: Expr::column("count"), name: "count".to_owned(), table }.value())
}

/// `frame.agg(…)`.
pub fn frame_agg(_frame: &Rc<DataFrame>, _context: &mut Context, _arguments: &Arguments) -> Answer<Value> {
    refuse("a whole frame is aggregated")
}
