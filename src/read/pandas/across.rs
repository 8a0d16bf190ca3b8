//! What is done to all columns of a frame alike: operators, and methods of a Series, column by column.
//!
//! In: a frame whose columns are all known. Out: a frame of the same rows and names. Never aligns anything by labels: a Series
//! meets the columns by its labels in pandas, so that it is refused.

use std::rc::Rc;

use super::columns::finish;
use super::context::{Answer, Context, refuse};
use super::dataframe::DataFrame;
use super::mask;
use super::operators;
use super::rows::{self, Handled};
use super::series::Series;
use super::table::Table;
use crate::frame::{Named, Type};
use crate::read::python::{Arguments, Operation, Value};

/// Methods that have a meaning for texts and times too; the others are for numbers. A pure table.
const FOR_ALL: &[&str] = &["bfill", "eq", "ffill", "isin", "mask", "ne", "shift", "where"];

/// `frame.abs()`, `frame.shift(1)` and the like: the method of a Series, for each column.
pub fn each(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments, name: &str) -> Answer<Value> {
    let along = arguments.keyword("axis").filter(|axis| !matches!(axis, Value::None));
    if along.is_some_and(|axis| axis.integer() != Some(0) && !matches!(axis.as_text(), Some("index" | "rows"))) {
        return refuse("it works along the columns of each row");
    }
    let Some(Handled::Sql(run)) = rows::find(rows::SERIES, name).map(|row| row.handled) else {
        return refuse("it works on all columns at once");
    };
    let only_numbers = !FOR_ALL.contains(&name);
    let table = by_column(frame, context, |context, series| {
        if only_numbers && matches!(series.ty(), Type::Text | Type::Timestamp | Type::Date) {
            return refuse(format!("`{name}` is asked of all columns, and `{}` holds no numbers", series.name));
        }
        let mut given = arguments.clone();
        given.items.retain(|item| !matches!(item.name.as_deref(), Some("axis" | "inplace")));
        for item in &mut given.items {
            item.value = of_column(context, &item.value, &series.name, frame)?;
        }
        run(&series, context, &given)
    })?;
    finish(frame, context, arguments, table)
}

/// `frame operation other`, or the other way round.
pub fn binary(
    frame: &Rc<DataFrame>,
    context: &mut Context,
    operation: Operation,
    other: &Value,
    reflected: bool,
) -> Answer<Value> {
    if other.object::<Series>().is_some() {
        return refuse("the values of a Series meet the columns of a frame by their labels");
    }
    if other.as_text().is_none() && other.items().is_some() {
        return refuse("the values of a list meet the columns of a frame by their places");
    }
    let table = by_column(frame, context, |context, series| {
        let other = of_column(context, other, &series.name, frame)?;
        operators::binary(context, &series, operation, &other, reflected)
    })?;
    Ok(DataFrame::of(table))
}

/// `-frame`, `~frame`.
pub fn unary(frame: &Rc<DataFrame>, context: &mut Context, operation: Operation) -> Answer<Value> {
    by_column(frame, context, |_, series| operators::unary(&series, operation)).map(DataFrame::of)
}

/// The frame with each column replaced by what is made of it.
fn by_column(
    frame: &Rc<DataFrame>,
    context: &mut Context,
    made: impl Fn(&mut Context, Rc<Series>) -> Answer<Value>,
) -> Answer<Table> {
    let table = frame.snapshot();
    if table.rest || table.columns.is_empty() {
        return refuse("it works on all columns, and which there are is not known");
    }
    let mut columns = Vec::new();
    for named in &table.columns {
        let series = Series { table: table.clone(), expr: named.expr.clone(), name: named.name.clone() };
        let value = made(context, Rc::new(series))?;
        let Some(new) = value.object::<Series>() else { return refuse("a method gives one value for each column") };
        let expr = new.over(&table)?;
        columns.push(Named::new(&named.name, mask::definite(&table, &expr)));
    }
    Ok(Table { columns, ..table })
}

/// The column of that name, where the value is a frame with the columns of `frame`; else the value.
fn of_column(context: &Context, value: &Value, name: &str, frame: &DataFrame) -> Answer<Value> {
    let Some(other) = value.object::<DataFrame>() else { return Ok(value.clone()) };
    let (mut ours, theirs) = (frame.snapshot().names(), other.snapshot());
    let mut names = theirs.names();
    ours.sort_unstable();
    names.sort_unstable();
    if theirs.rest || ours != names {
        return refuse("two frames meet whose columns are not the same");
    }
    other.series(context, name).map(Series::value)
}
