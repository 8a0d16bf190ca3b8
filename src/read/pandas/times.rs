//! `.dt` of a Series, and what is computed over neighbouring rows of one.

use std::rc::Rc;

use super::context::{Answer, Context, refuse};
use super::series::Series;
use super::strings::Accessor;
use crate::frame::{Binary, Expr, Function, Part, Type};
use crate::read::python::{Arguments, Value};

/// Parts of a time, by the name of their attribute. A pure table.
const PARTS: &[(&str, Part)] = &[
    ("year", Part::Year),
    ("quarter", Part::Quarter),
    ("month", Part::Month),
    ("day", Part::Day),
    ("hour", Part::Hour),
    ("minute", Part::Minute),
    ("second", Part::Second),
    ("dayofweek", Part::Weekday),
    ("day_of_week", Part::Weekday),
    ("weekday", Part::Weekday),
    ("dayofyear", Part::DayOfYear),
    ("day_of_year", Part::DayOfYear),
];

/// Frequencies of `floor`, `to_period` and the like.
const FREQUENCIES: &[(&str, Part)] = &[
    ("D", Part::Day),
    ("d", Part::Day),
    ("h", Part::Hour),
    ("H", Part::Hour),
    ("min", Part::Minute),
    ("T", Part::Minute),
    ("s", Part::Second),
    ("S", Part::Second),
];

/// `series.dt.year` and the like.
pub fn attribute(series: &Rc<Series>, name: &str) -> Option<Value> {
    if let Some((_, part)) = PARTS.iter().find(|(known, _)| *known == name) {
        return Some(series.with(Expr::Call(Function::Extract(*part), vec![series.expr.clone()])));
    }
    match name {
        "date" => Some(series.with(series.expr.clone().cast(Type::Date))),
        "days" => days(series),
        _ => None,
    }
}

/// `.days` of a difference.
fn days(series: &Series) -> Option<Value> {
    let Expr::Binary(Binary::Subtract, left, right) = &series.expr else { return None };
    let both = [left, right].map(|side| {
        let is_time = series.table.type_of(side) == Type::Timestamp;
        if is_time { (**side).clone() } else { (**side).clone().cast(Type::Timestamp) }
    });
    Some(series.with(Expr::Call(Function::DaysBetween, both.to_vec())))
}

/// `.dt.floor("D")`, `.dt.normalize()`.
pub fn floor(accessor: &Rc<Accessor>, _context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let name = arguments.get("freq", 0).and_then(Value::as_text).unwrap_or("");
    let part = FREQUENCIES.iter().find(|(known, _)| *known == name).map(|(_, part)| *part);
    part.map_or_else(
        || refuse("times are cut at a frequency that has no counterpart"),
        |part| Ok(accessor.map(Function::Truncate(part), Vec::new())),
    )
}

/// `.dt.normalize()`.
pub fn normalize(accessor: &Rc<Accessor>, _context: &mut Context, _arguments: &Arguments) -> Answer<Value> {
    Ok(accessor.map(Function::Truncate(Part::Day), Vec::new()))
}

/// `.dt.strftime(format)`.
pub fn strftime(accessor: &Rc<Accessor>, _context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let format = arguments.get("date_format", 0).and_then(Value::as_text);
    match format {
        Some(format) if crate::frame::is_known_format(format) => {
            Ok(accessor.map(Function::FormatTime, vec![Expr::text(format)]))
        }
        _ => refuse("times are written in a format that has no counterpart"),
    }
}

/// `.dt.total_seconds()`.
pub fn total_seconds(accessor: &Rc<Accessor>, _context: &mut Context, _arguments: &Arguments) -> Answer<Value> {
    let Expr::Binary(Binary::Subtract, left, right) = &accessor.series.expr else {
        return refuse("the seconds of something that is not a difference are counted");
    };
    let both = [left, right].map(|side| (**side).clone().cast(Type::Timestamp));
    Ok(accessor.series.with(Expr::Call(Function::SecondsBetween, both.to_vec())))
}

/// `pd.to_datetime(series)` of text: only what is written as ISO 8601 is read alike.
pub fn to_datetime(series: &Series) -> Value {
    match series.ty() {
        Type::Timestamp => series.clone().value(),
        _ => series.with(series.expr.clone().cast(Type::Timestamp)),
    }
}
