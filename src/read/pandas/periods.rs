//! Periods: the month, the quarter, the week in which a time lies, held as the time at which it starts.
//!
//! In: `.dt.to_period("M")` and what is done with its result. Out: expressions whose type says how long the periods are, so that
//! they are written as pandas writes them. What pandas counts in periods (`month + 1`, differences) has no SQL here.

use std::rc::Rc;

use super::context::{Answer, Context, refuse};
use super::series::Series;
use super::strings::Accessor;
use super::table::Table;
use crate::frame::{Binary, Expr, Function, Part, Type};
use crate::read::python::{Arguments, Operation, Value};

/// `.dt.to_period("M")`.
pub fn to_period(accessor: &Rc<Accessor>, _context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let part = match arguments.get("freq", 0).and_then(Value::as_text) {
        Some("M" | "ME") => Part::Month,
        Some("D") => Part::Day,
        Some("Q" | "QE") => Part::Quarter,
        Some("Y" | "A" | "YE") => Part::Year,
        // Weeks from Monday to Sunday.
        Some("W" | "W-SUN") => Part::Week,
        _ => return refuse("times become periods"),
    };
    if matches!(accessor.series.ty(), Type::Period(_)) {
        return refuse("periods become longer or shorter ones");
    }
    Ok(accessor.map(Function::Period(part), Vec::new()))
}

/// The time at which each period starts.
fn start(series: &Series) -> Expr {
    match &series.expr {
        Expr::Call(Function::Period(part), time) => Expr::Call(Function::Truncate(*part), time.clone()),
        expr => expr.clone().cast(Type::Timestamp),
    }
}

/// `.dt.start_time`, `.dt.year` and the like of periods.
pub fn attribute(series: &Rc<Series>, part: Part, name: &str) -> Option<Value> {
    let extracted = |wanted: Part| {
        let value = Expr::Call(Function::Extract(wanted), vec![start(series)]);
        // Of a missing period pandas gives the number -1.
        let is_missing = series.table.nullable(&series.expr);
        Some(series.with(if is_missing { Expr::coalesce(value, Expr::integer(-1)) } else { value }))
    };
    match (name, part) {
        ("start_time", _) => Some(series.with(start(series))),
        ("year", Part::Year | Part::Quarter | Part::Month | Part::Day) => extracted(Part::Year),
        ("quarter", Part::Quarter | Part::Month | Part::Day) => extracted(Part::Quarter),
        ("month", Part::Month | Part::Day) => extracted(Part::Month),
        ("day", Part::Day) => extracted(Part::Day),
        _ => None,
    }
}

/// A method of `.dt` of periods; none for times.
pub fn method(accessor: &Rc<Accessor>, name: &str, arguments: &Arguments) -> Option<Answer<Value>> {
    let Type::Period(part) = accessor.series.ty() else { return None };
    let format = arguments.get("date_format", 0).and_then(Value::as_text);
    Some(match (name, format) {
        ("to_timestamp", None) if arguments.items.is_empty() => Ok(accessor.series.with(start(&accessor.series))),
        // The other parts of a month are those of its last day.
        ("strftime", Some(format)) if part == Part::Day || (part == Part::Month && is_of_month(format)) => {
            let written = super::formats::written(&start(&accessor.series), format);
            let written = written.map(|text| accessor.series.with(text));
            written.map_or_else(|| refuse("periods are written in a format that has no counterpart"), Ok)
        }
        _ => refuse("something is made of periods that has no counterpart"),
    })
}

fn is_of_month(format: &str) -> bool {
    format.split('%').skip(1).all(|part| part.starts_with(['Y', 'm', 'b', 'B', 'y']))
}

/// A period as Python writes it.
pub fn text(period: &Expr, part: Part) -> Answer<Expr> {
    let written = |time: &Expr, format: &str| Expr::Call(Function::FormatTime, vec![time.clone(), Expr::text(format)]);
    let joined = |one: Expr, two: Expr| Expr::binary(Binary::Concat, one, two);
    let time = match period {
        Expr::Call(Function::Period(Part::Year | Part::Month | Part::Day | Part::Quarter), time) => time.first(),
        _ => None,
    };
    let time = time.unwrap_or(period);
    match part {
        Part::Year => Ok(written(time, "%Y")),
        Part::Month => Ok(written(time, "%Y-%m")),
        Part::Day => Ok(written(time, "%Y-%m-%d")),
        Part::Quarter => {
            let number = Expr::Call(Function::Extract(Part::Quarter), vec![time.clone()]).cast(Type::Text);
            Ok(joined(written(time, "%YQ"), number))
        }
        Part::Week => {
            let last = Expr::Call(Function::AddTime(Part::Day), vec![period.clone(), Expr::integer(6)]);
            Ok(joined(joined(written(period, "%Y-%m-%d"), Expr::text("/")), written(&last, "%Y-%m-%d")))
        }
        Part::Weekday | Part::DayOfYear | Part::Hour | Part::Minute | Part::Second => {
            refuse("periods become texts in a form that has no counterpart")
        }
    }
}

/// Periods are compared with periods of their length, and nothing else is done with two values.
pub fn checked(table: &Table, operation: Operation, both: [&Expr; 2]) -> Answer<()> {
    let [left, right] = both.map(|side| table.type_of(side));
    let is_period = |ty: Type| matches!(ty, Type::Period(_));
    let compares = matches!(
        operation,
        Operation::Equal
            | Operation::NotEqual
            | Operation::Less
            | Operation::LessOrEqual
            | Operation::Greater
            | Operation::GreaterOrEqual
    );
    if (is_period(left) || is_period(right)) && !(compares && left == right) {
        return refuse("periods are counted, or compared with what is no period");
    }
    Ok(())
}

/// The table with its periods as texts, as a file has them.
pub fn as_texts(table: &mut Table) -> Answer<()> {
    let mut columns = table.columns.clone();
    for named in &mut columns {
        if let Type::Period(part) = table.type_of(&named.expr) {
            named.expr = text(&named.expr, part)?;
        }
    }
    table.columns = columns;
    Ok(())
}
