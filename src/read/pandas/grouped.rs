//! What is computed within groups for each row, and functions of the script that get a group.

use std::rc::Rc;

use super::aggregate;
use super::cell;
use super::context::{Answer, Context, refuse};
use super::dataframe::{self, DataFrame};
use super::folded;
use super::group::GroupBy;
use super::series::Series;
use super::table::Table;
use super::windows::{self, Grouped};
use crate::frame::{Aggregate, Binary, Bound, Expr, Function, Named, SortKey, Unary, Window};
use crate::read::python::{Arguments, Value};

/// The chosen column of a group-by, as a Series over all rows.
fn chosen_series(group: &GroupBy, context: &Context) -> Answer<Series> {
    let chosen = group.chosen.as_deref().unwrap_or_default();
    let [name] = chosen else { return refuse("values are computed within groups for several columns at once") };
    let mut table = group.whole.clone();
    let expr = table.column(context, name)?;
    Ok(Series { table, expr, name: name.clone() })
}

/// The chosen column within its groups.
pub fn within(group: &GroupBy, context: &Context) -> Answer<Grouped> {
    let keys = partition(group);
    Ok(Grouped { series: chosen_series(group, context)?, keys, drops_missing: group.drops_missing })
}

fn partition(group: &GroupBy) -> Vec<Expr> {
    group.keys.iter().map(|key| key.expr.clone()).collect()
}

/// The value only where every key is there: rows without key belong to no group.
fn with_keys(group: &GroupBy, expr: Expr) -> Expr {
    let series = Series { table: group.whole.clone(), expr: expr.clone(), name: String::new() };
    Grouped { series, keys: partition(group), drops_missing: group.drops_missing }.with_keys(expr)
}

/// `grouped["c"].transform("sum")`, `grouped["c"].transform(function)`.
pub fn transform(group: &Rc<GroupBy>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(function) = arguments.get("func", 0).cloned() else { return refuse("what is computed is not known") };
    if group.chosen.is_none() && aggregate::name_of(&function).as_deref() == Some("size") {
        let expr = over_groups(&aggregate::count_rows(None), &partition(group));
        let expr = with_keys(group, expr);
        return Ok(Series { table: group.whole.clone(), expr, name: String::new() }.value());
    }
    let grouped = within(group, context)?;
    let series = &grouped.series;
    let Some(name) = aggregate::name_of(&function) else {
        return transformed(group, context, &function, &grouped, arguments);
    };
    let none = Arguments::none(arguments.span);
    match name.as_str() {
        "first" | "last" => return windows::edge(&grouped, context, name == "last"),
        "cumsum" => return windows::cumulated(&grouped, context, Aggregate::Sum),
        "rank" => return windows::rank(&grouped, context, &none),
        "shift" => return windows::shift(&grouped, context, &none),
        "diff" => return windows::diff(&grouped, context, &none),
        "ffill" => return windows::fill(&grouped, context, &none, true),
        "bfill" => return windows::fill(&grouped, context, &none, false),
        "cumcount" => return cumcount(group, context, &none),
        "median" | "quantile" => {
            return refuse(format!("`transform(\"{name}\")` has no counterpart that all databases know"));
        }
        "nunique" => return Ok(series.with(with_keys(group, different(&grouped)))),
        _ => {}
    }
    let function = aggregate::aggregate(context, &series.table, &name, &series.expr, true)?;
    let expr = over_groups(&function, &partition(group));
    Ok(series.with(with_keys(group, expr)))
}

/// How many different values there are within each group: the greatest of their ranks.
fn different(grouped: &Grouped) -> Expr {
    let value = grouped.series.expr.clone();
    let order = vec![SortKey::ascending(value.clone())];
    let call = Expr::Call(Function::DenseRank, Vec::new());
    let rank = Expr::Window(Box::new(Window { function: call, partition: grouped.keys.clone(), order, rows: None }));
    let present = Expr::unary(Unary::IsNotNull, value);
    let function = Expr::aggregate(Aggregate::Max, Expr::Case { arms: vec![(present, rank)], otherwise: None });
    let greatest = Window { function, partition: grouped.keys.clone(), order: Vec::new(), rows: None };
    Expr::coalesce(Expr::Window(Box::new(greatest)), Expr::integer(0))
}

/// A function of the script that gets the values of each group.
fn transformed(
    group: &GroupBy,
    context: &mut Context,
    function: &Value,
    grouped: &Grouped,
    arguments: &Arguments,
) -> Answer<Value> {
    let value = cell::called(context, function, grouped.series.clone().value(), arguments, &[])?;
    let expr = if let Some(series) = value.object::<Series>() {
        series.over(&grouped.series.table)?
    } else {
        folded::aggregate(&value, &grouped.series.table)?
    };
    Ok(grouped.series.with(with_keys(group, over_groups(&expr, &partition(group)))))
}

/// The expression with each aggregate, and each window over all rows, over the rows of a group.
fn over_groups(expr: &Expr, partition: &[Expr]) -> Expr {
    let over = |function: Expr, order: Vec<SortKey>, rows: Option<(Bound, Bound)>| {
        Expr::Window(Box::new(Window { function, partition: partition.to_vec(), order, rows }))
    };
    crate::frame::replace(expr, &|part| match part {
        Expr::Window(window) if window.partition.is_empty() => {
            Some(over(window.function.clone(), window.order.clone(), window.rows))
        }
        Expr::Window(window) => {
            let inner =
                Window { partition: [partition, window.partition.as_slice()].concat(), ..window.as_ref().clone() };
            Some(Expr::Window(Box::new(inner)))
        }
        Expr::Aggregate { .. } => Some(over(part.clone(), Vec::new(), None)),
        _ => None,
    })
}

/// `grouped.cumcount()`: rows of no group have no number.
pub fn cumcount(group: &Rc<GroupBy>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let number = number(group, context, arguments);
    Ok(Series { table: group.whole.clone(), expr: with_keys(group, number), name: String::new() }.value())
}

fn number(group: &GroupBy, context: &mut Context, arguments: &Arguments) -> Expr {
    let mut order = group.whole.order.clone();
    if order.is_empty() {
        context.order_matters("`cumcount`");
    }
    if arguments.get("ascending", 0).and_then(Value::truth) == Some(false) {
        order = windows::reversed(&order);
    }
    let function = Expr::Call(Function::RowNumber, Vec::new());
    let window = Window { function, partition: partition(group), order, rows: None };
    Expr::binary(Binary::Subtract, Expr::Window(Box::new(window)), Expr::integer(1))
}

/// `grouped.ngroup()`: the number of the group, in the order of the keys.
pub fn ngroup(group: &Rc<GroupBy>, _context: &mut Context, _arguments: &Arguments) -> Answer<Value> {
    let order = partition(group).into_iter().map(SortKey::ascending).collect();
    let function = Expr::Call(Function::DenseRank, Vec::new());
    let rank = Expr::Window(Box::new(Window { function, partition: Vec::new(), order, rows: None }));
    let number = Expr::binary(Binary::Subtract, rank, Expr::integer(1));
    Ok(Series { table: group.whole.clone(), expr: with_keys(group, number), name: String::new() }.value())
}

/// `grouped["c"].rolling(n)`, `grouped["c"].expanding()`: the keys become levels of the index in front of the rows' own.
pub fn rolling(group: &Rc<GroupBy>, context: &mut Context, arguments: &Arguments, expanding: bool) -> Answer<Value> {
    windows::moving_leveled(&within(group, context)?, arguments, expanding)
}

/// `grouped["c"].ffill()` and other methods of windows, within groups.
pub fn windowed(group: &Rc<GroupBy>, context: &mut Context, arguments: &Arguments, name: &str) -> Answer<Value> {
    let grouped = within(group, context)?;
    match name {
        "cumsum" => windows::cumulated(&grouped, context, Aggregate::Sum),
        "cummax" => windows::cumulated(&grouped, context, Aggregate::Max),
        "cummin" => windows::cumulated(&grouped, context, Aggregate::Min),
        "shift" => windows::shift(&grouped, context, arguments),
        "diff" => windows::diff(&grouped, context, arguments),
        "pct_change" => windows::pct_change(&grouped, context, arguments),
        "rank" => windows::rank(&grouped, context, arguments),
        "ffill" => windows::fill(&grouped, context, arguments, true),
        _ => windows::fill(&grouped, context, arguments, false),
    }
}

/// `grouped.apply(function)`: one value a group, or one row of values.
pub fn apply(group: &Rc<GroupBy>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(function) = arguments.get("func", 0).cloned() else { return refuse("what is applied is not known") };
    let first = match (group.single, group.chosen.as_deref()) {
        (true, Some([name])) => {
            let mut table = group.table.clone();
            let expr = table.column(context, name)?;
            Series { table, expr, name: name.clone() }.value()
        }
        (_, Some(names)) => DataFrame::of(dataframe::chosen_columns(context, &group.table, names)?),
        (_, None) => DataFrame::of(group.table.clone()),
    };
    let value = cell::called(context, &function, first, arguments, &[])?;
    if let Some(entries) = value.entries() {
        let mut aggregates = Vec::new();
        for (name, value) in entries {
            let Some(name) = name.as_text() else { return refuse("the names of the values are not known") };
            aggregates.push(Named::new(name, folded::aggregate(&value, &group.table)?));
        }
        return Ok(DataFrame::of(group.collect(context, aggregates, false)));
    }
    if value.object::<DataFrame>().is_some() || value.object::<Series>().is_some() {
        return refuse("a function gives several rows for each group");
    }
    // The column has no name: `None` is what is written for it.
    let name = if group.as_index { UNNAMED } else { "None" };
    let column = Named::new(name, folded::aggregate(&value, &group.table)?);
    let table = group.collect(context, vec![column], false);
    let single = Rc::new(GroupBy { single: true, ..group.as_ref().clone() });
    Ok(single.result(table))
}

/// What the column is called that has no name.
pub const UNNAMED: &str = "0";

/// `grouped.filter(function)`: the rows of groups of which the function says so.
pub fn filter(group: &Rc<GroupBy>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(function) = arguments.get("func", 0).cloned() else { return refuse("what groups are kept is not known") };
    let value = cell::called(context, &function, DataFrame::of(group.table.clone()), arguments, &[])?;
    let condition = folded::aggregate(&value, &group.table)?;
    let over = over_groups(&condition, &partition(group));
    Ok(DataFrame::of(dataframe::table_filter(context, &group.table, over)))
}

/// `grouped.head(n)`: the first rows of each group.
pub fn head(group: &Rc<GroupBy>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    first_of_each(group, context, arguments, false)
}

/// `grouped.tail(n)`.
pub fn tail(group: &Rc<GroupBy>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    first_of_each(group, context, arguments, true)
}

fn first_of_each(group: &GroupBy, context: &mut Context, arguments: &Arguments, last: bool) -> Answer<Value> {
    let Some(count) = arguments.get("n", 0).map_or(Some(5), Value::integer).filter(|count| *count >= 0) else {
        return refuse("how many rows are taken is not known");
    };
    let number = number_in_group(group, context, last);
    chosen_of(group, context, numbered(context, &group.table, number, count))
}

/// `grouped.nth(n)`: one row of each group, where it has so many.
pub fn nth(group: &Rc<GroupBy>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(at) = arguments.get("n", 0).and_then(Value::integer).filter(|_| arguments.items.len() == 1) else {
        return refuse("rows are taken by places that are not known");
    };
    let number = number_in_group(group, context, at < 0);
    let place = if at < 0 { -at } else { at + 1 };
    let table = of_number(context, &group.table, number, Binary::Equal, place);
    chosen_of(group, context, table)
}

/// The columns that were chosen of the groups.
fn chosen_of(group: &GroupBy, context: &mut Context, table: Table) -> Answer<Value> {
    let Some(names) = &group.chosen else { return Ok(DataFrame::of(table)) };
    let frame = DataFrame::shared(table);
    match (names.as_slice(), group.single) {
        ([name], true) => frame.series(context, name).map(Series::value),
        _ => dataframe::columns(context, &frame, names).map(DataFrame::of),
    }
}

fn number_in_group(group: &GroupBy, context: &mut Context, last: bool) -> Expr {
    let mut order = group.whole.order.clone();
    if order.is_empty() {
        context.order_matters("taking the first rows of a group");
    }
    for key in order.iter_mut().filter(|_| last) {
        (key.descending, key.nulls_first) = (!key.descending, !key.nulls_first);
    }
    let function = Expr::Call(Function::RowNumber, Vec::new());
    Expr::Window(Box::new(Window { function, partition: partition(group), order, rows: None }))
}

/// The rows whose number is at most `count`.
pub fn numbered(context: &Context, table: &Table, number: Expr, count: i64) -> Table {
    let operator = if count == 1 { Binary::Equal } else { Binary::LessEqual };
    of_number(context, table, number, operator, count)
}

/// The rows whose number is `place`, or at most so.
fn of_number(context: &Context, table: &Table, number: Expr, operator: Binary, place: i64) -> Table {
    let kept = table.columns.clone();
    let mut staged = table.clone();
    let name = table.free_name("row_number");
    staged.set(&name, number);
    let mut staged = staged.sealed();
    staged.columns = kept.iter().map(|named| Named::column(&named.name)).collect();
    staged.hide(&name);
    staged.filter(context, Expr::binary(operator, Expr::column(&name), Expr::integer(place)))
}
