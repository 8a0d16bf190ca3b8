//! `datetime.date(2024, 1, 31)` and the like: points and amounts of time of the standard library.

use super::context::{Answer, Context, refuse};
use super::functions;
use super::library::Function as Call;
use super::rows::{Handled, Row};
use super::scalar::{self, Scalar};
use crate::frame::{Expr, Literal};
use crate::read::python::{Arguments, Value};

const fn sql(name: &'static str, run: Call) -> Row<Call> {
    Row { name, handled: Handled::Sql(run) }
}

/// Functions of `datetime`, under the names of its classes too.
pub static DATETIME: &[Row<Call>] = &[
    sql("date", date),
    sql("datetime", date),
    sql("fromisoformat", from_text),
    sql("strptime", from_text),
    sql("timedelta", functions::offset),
];

/// `date(year, month, day)`, `datetime(year, month, day, hour, minute, second)`.
fn date(_context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let names = ["year", "month", "day", "hour", "minute", "second"];
    let part = |at: usize, name: &str| arguments.get(name, at).map_or(Some(0), Value::integer);
    let parts: Option<Vec<i64>> = names.iter().enumerate().map(|(at, name)| part(at, name)).collect();
    match parts.as_deref() {
        Some([year, month, day, hour, minute, second]) if *month > 0 && *day > 0 => {
            let text = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
            Ok(Scalar::constant(Expr::Literal(Literal::Timestamp(text))))
        }
        _ => refuse("a point in time is only known when the script runs"),
    }
}

/// `date.fromisoformat("2024-01-31")`, `datetime.strptime("2024-01-31", "%Y-%m-%d")`.
fn from_text(_context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let iso = arguments.positional(1).is_none_or(|format| {
        format.value.as_text().is_some_and(|format| matches!(format, "%Y-%m-%d" | "%Y-%m-%d %H:%M:%S"))
    });
    match arguments.positional(0).and_then(|item| item.value.as_text()) {
        Some(text) if iso => scalar::point_in_time(text).map(Scalar::constant),
        _ => refuse("a point in time is only known when the script runs"),
    }
}
