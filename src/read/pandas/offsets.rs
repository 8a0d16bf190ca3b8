//! Amounts of time that go by the calendar: `pd.offsets.MonthEnd()`, `pd.to_timedelta(days, unit="D")`.
//!
//! In: what the script calls. Out: constants as `scalar` has them, or the moved time. Business days have no counterpart.

use std::any::Any;
use std::rc::Rc;

use super::context::{Answer, Context, refuse};
use super::dates;
use super::library::Function as Call;
use super::parsing;
use super::rows::{Handled, Row};
use super::scalar::{self, Scalar};
use super::series::Series;
use crate::frame::{Binary, Expr, Function, Part};
use crate::read::python::{Arguments, Object, Operation, Value};

/// The start or end of a month that times are moved to.
#[derive(Debug)]
pub struct Anchored {
    is_end: bool,
    count: i64,
}

impl Object for Anchored {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "the start or end of a month".to_owned()
    }
}

const fn sql(name: &'static str, run: Call) -> Row<Call> {
    Row { name, handled: Handled::Sql(run) }
}

/// Classes of `pandas.offsets`. A pure table.
pub static OFFSETS: &[Row<Call>] = &[
    sql("DateOffset", |_, arguments| dates::amount(arguments).map(Scalar::constant)),
    sql("Day", |_, arguments| of_part(arguments, Part::Day)),
    sql("Hour", |_, arguments| of_part(arguments, Part::Hour)),
    sql("Minute", |_, arguments| of_part(arguments, Part::Minute)),
    sql("MonthBegin", |_, arguments| anchored(arguments, false)),
    sql("MonthEnd", |_, arguments| anchored(arguments, true)),
    sql("Second", |_, arguments| of_part(arguments, Part::Second)),
];

fn count(arguments: &Arguments) -> Answer<i64> {
    if arguments.items.len() > 1 {
        return refuse("an amount of time has no counterpart");
    }
    let count = arguments.get("n", 0).map_or(Some(1), Value::integer);
    count.map_or_else(|| refuse("an amount of time is only known when the script runs"), Ok)
}

fn of_part(arguments: &Arguments, part: Part) -> Answer<Value> {
    Ok(Scalar::constant(scalar::amount(part, count(arguments)?)))
}

fn anchored(arguments: &Arguments, is_end: bool) -> Answer<Value> {
    Ok(Value::Object(Rc::new(Anchored { is_end, count: count(arguments)? })))
}

/// `time + pd.offsets.MonthEnd()`; none when the other is no such amount.
pub fn moved(series: &Series, operation: Operation, other: &Value) -> Option<Answer<Value>> {
    let anchored = other.object::<Anchored>()?;
    let time = series.expr.clone();
    let days = |time: Expr, by: i64| Expr::Call(Function::AddTime(Part::Day), vec![time, Expr::integer(by)]);
    let day = |time: &Expr| Expr::Call(Function::Extract(Part::Day), vec![time.clone()]);
    let by = |time: Expr, count: Expr| Expr::Call(Function::AddTime(Part::Day), vec![time, count]);
    let to_end = |time: Expr| {
        let first = Expr::Call(Function::Truncate(Part::Month), vec![time.clone()]);
        let rest = Expr::binary(Binary::Subtract, day(&parsing::last_of_month(first)), day(&time));
        by(time, rest)
    };
    let to_start = |time: Expr| {
        let passed = Expr::binary(Binary::Subtract, Expr::integer(1), day(&time));
        by(time, passed)
    };
    let made = match (anchored.is_end, operation, anchored.count) {
        (true, Operation::Add, 0) => to_end(time),
        // From the last day on, the next month counts.
        (true, Operation::Add, 1) => to_end(days(time, 1)),
        (false, Operation::Subtract, 1) => to_start(days(time, -1)),
        (false, Operation::Add, 1) => days(to_end(time), 1),
        _ => return Some(refuse("times are moved by several months' starts or ends")),
    };
    Some(Ok(series.with(made)))
}

/// `pd.to_timedelta(days, unit="D")`.
pub fn to_timedelta(_context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(given) = arguments.get("arg", 0) else { return refuse("an amount of time is not known") };
    let unit = arguments.get("unit", 1).and_then(Value::as_text);
    let Some(series) = given.object::<Series>() else {
        return dates::amount(arguments).map(Scalar::constant);
    };
    match unit.and_then(dates::unit) {
        // With a unit pandas takes numbers only.
        Some(part) if series.ty().is_number() || series.ty() == crate::frame::Type::Unknown => {
            let nothing = Expr::Literal(crate::frame::Literal::Null);
            Ok(series.with(Expr::Call(Function::AddTime(part), vec![nothing, series.expr.clone()])))
        }
        _ => refuse("texts become amounts of time"),
    }
}
