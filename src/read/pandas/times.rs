//! `.dt` of a Series, and what is computed over neighbouring rows of one.

use std::rc::Rc;

use super::context::{Answer, Context, refuse};
use super::dataframe::DataFrame;
use super::series::Series;
use super::strings::Accessor;
use super::table::Table;
use crate::frame::{Binary, Expr, Function, Named, Part, Type};
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
    if let Type::Period(part) = series.ty() {
        return super::periods::attribute(series, part, name);
    }
    if let Some((_, part)) = PARTS.iter().find(|(known, _)| *known == name) {
        return Some(series.with(Expr::Call(Function::Extract(*part), vec![series.expr.clone()])));
    }
    let part = |part: Part| Expr::Call(Function::Extract(part), vec![series.expr.clone()]);
    let is = |value: Expr, wanted: i64| Expr::binary(Binary::Equal, value, Expr::integer(wanted));
    let of_next = |wanted: Part| {
        let next = Expr::Call(Function::AddTime(Part::Day), vec![series.expr.clone(), Expr::integer(1)]);
        Expr::Call(Function::Extract(wanted), vec![next])
    };
    let both = |one: Expr, two: Expr| Expr::binary(Binary::And, one, two);
    let quarters = |value: Expr| Expr::In(Box::new(value), [1, 4, 7, 10].map(Expr::integer).to_vec());
    match name {
        "is_month_start" => Some(series.with(is(part(Part::Day), 1))),
        "is_month_end" => Some(series.with(is(of_next(Part::Day), 1))),
        "is_year_start" => Some(series.with(is(part(Part::DayOfYear), 1))),
        "is_year_end" => Some(series.with(is(of_next(Part::DayOfYear), 1))),
        "is_quarter_start" => Some(series.with(both(is(part(Part::Day), 1), quarters(part(Part::Month))))),
        "is_quarter_end" => Some(series.with(both(is(of_next(Part::Day), 1), quarters(of_next(Part::Month))))),
        "days_in_month" | "daysinmonth" => {
            let first = Expr::Call(Function::Truncate(Part::Month), vec![series.expr.clone()]);
            let last = super::parsing::last_of_month(first);
            Some(series.with(Expr::Call(Function::Extract(Part::Day), vec![last])))
        }
        "date" => Some(series.with(series.expr.clone().cast(Type::Date))),
        "days" => days(series),
        _ => None,
    }
}

/// `.days` of a difference.
fn days(series: &Series) -> Option<Value> {
    let Expr::Binary(Binary::Subtract, left, right) = &series.expr else {
        let is_difference = series.ty() == Type::Interval;
        return is_difference.then(|| series.with(Expr::Call(Function::DaysBetween, vec![series.expr.clone()])));
    };
    let both = [left, right].map(|side| {
        let is_time = series.table.type_of(side) == Type::Timestamp;
        if is_time { (**side).clone() } else { (**side).clone().cast(Type::Timestamp) }
    });
    Some(series.with(Expr::Call(Function::DaysBetween, both.to_vec())))
}

/// `.dt.floor("D")`, `.dt.normalize()`.
pub fn floor(accessor: &Rc<Accessor>, _context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let name = arguments.get("freq", 0).and_then(Value::as_text).unwrap_or("");
    if let Some(cut) = of_several(&accessor.series.expr, name) {
        return Ok(accessor.series.with(cut));
    }
    let part = FREQUENCIES.iter().find(|(known, _)| *known == name).map(|(_, part)| *part);
    part.map_or_else(
        || refuse("times are cut at a frequency that has no counterpart"),
        |part| Ok(accessor.map(Function::Truncate(part), Vec::new())),
    )
}

/// The start of the quarter of an hour, of the six hours and so on: `15min`, `6h`. The greater part must hold a whole number of them.
fn of_several(time: &Expr, frequency: &str) -> Option<Expr> {
    let digits = frequency.find(|char: char| !char.is_ascii_digit())?;
    let (count, unit) = frequency.split_at(digits);
    let count: i64 = count.parse().ok()?;
    let part = FREQUENCIES.iter().find(|(known, _)| *known == unit).map(|(_, part)| *part)?;
    let (greater, whole) = match part {
        Part::Hour => (Part::Day, 24),
        Part::Minute => (Part::Hour, 60),
        Part::Second => (Part::Minute, 60),
        _ => return None,
    };
    if count < 2 || whole % count != 0 {
        return None;
    }
    let start = Expr::Call(Function::Truncate(greater), vec![time.clone()]);
    let number = Expr::Call(Function::Extract(part), vec![time.clone()]);
    let rest = Expr::binary(Binary::Modulo, number.clone(), Expr::integer(count));
    let kept = Expr::binary(Binary::Subtract, number, rest);
    Some(Expr::Call(Function::AddTime(part), vec![start, kept]))
}

/// `.dt.ceil("h")`.
pub fn ceil(accessor: &Rc<Accessor>, _context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let name = arguments.get("freq", 0).and_then(Value::as_text).unwrap_or("");
    let Some((_, part)) = FREQUENCIES.iter().find(|(known, _)| *known == name) else {
        return refuse("times are cut at a frequency that has no counterpart");
    };
    let time = accessor.series.expr.clone();
    let cut = Expr::Call(Function::Truncate(*part), vec![time.clone()]);
    let next = Expr::Call(Function::AddTime(*part), vec![cut.clone(), Expr::integer(1)]);
    let is_whole = Expr::binary(Binary::Equal, cut, time.clone());
    Ok(accessor.series.with(Expr::case(is_whole, time, next)))
}

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `.dt.day_name()`, `.dt.month_name()`.
pub fn named(accessor: &Rc<Accessor>, arguments: &Arguments, day: bool) -> Answer<Value> {
    if !arguments.items.is_empty() {
        return refuse("names of days depend on the language");
    }
    Ok(accessor.series.with(name_of_part(&accessor.series.expr, day)))
}

/// The name of the day, or of the month.
pub fn name_of_part(time: &Expr, day: bool) -> Expr {
    let (part, names, first): (Part, &[&str], i64) =
        if day { (Part::Weekday, &DAYS, 0) } else { (Part::Month, &MONTHS, 1) };
    let value = Expr::Call(Function::Extract(part), vec![time.clone()]);
    let arm =
        |(name, at): (&&str, i64)| (Expr::binary(Binary::Equal, value.clone(), Expr::integer(at)), Expr::text(name));
    Expr::Case { arms: names.iter().zip(first..).map(arm).collect(), otherwise: None }
}

/// The year that the week belongs to: that of its Thursday.
pub fn iso_year(time: &Expr) -> Expr {
    let monday = Expr::Call(Function::Truncate(Part::Week), vec![time.clone()]);
    let thursday = Expr::Call(Function::AddTime(Part::Day), vec![monday, Expr::integer(3)]);
    Expr::Call(Function::Extract(Part::Year), vec![thursday])
}

/// `.dt.isocalendar()`.
pub fn isocalendar(accessor: &Rc<Accessor>, _context: &mut Context, _arguments: &Arguments) -> Answer<Value> {
    let part = |part: Part| Expr::Call(Function::Extract(part), vec![accessor.series.expr.clone()]);
    let day = Expr::binary(Binary::Add, part(Part::Weekday), Expr::integer(1));
    let year = iso_year(&accessor.series.expr);
    let columns = vec![Named::new("year", year), Named::new("week", part(Part::Week)), Named::new("day", day)];
    Ok(DataFrame::of(Table { columns, rest: false, ..accessor.series.table.clone() }))
}

/// `.dt.normalize()`.
pub fn normalize(accessor: &Rc<Accessor>, _context: &mut Context, _arguments: &Arguments) -> Answer<Value> {
    Ok(accessor.map(Function::Truncate(Part::Day), Vec::new()))
}

/// `.dt.strftime(format)`.
pub fn strftime(accessor: &Rc<Accessor>, _context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let format = arguments.get("date_format", 0).and_then(Value::as_text);
    match format.and_then(|format| super::formats::written(&accessor.series.expr, format)) {
        Some(text) => Ok(accessor.series.with(text)),
        None => refuse("times are written in a format that has no counterpart"),
    }
}

/// `.dt.total_seconds()`.
pub fn total_seconds(accessor: &Rc<Accessor>, _context: &mut Context, _arguments: &Arguments) -> Answer<Value> {
    let Expr::Binary(Binary::Subtract, left, right) = &accessor.series.expr else {
        if accessor.series.ty() == Type::Interval {
            return Ok(accessor.map(Function::SecondsBetween, Vec::new()));
        }
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
