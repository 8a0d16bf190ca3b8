//! Points and amounts of time of Python's standard library, where a frame uses them.
//!
//! In: what `datetime(2024, 1, 31)` gave: a value of which only the call is known. Out: a constant of a query. Nothing
//! else is made of such a value, so that the times of a schedule stay as they are written.

use super::context::{Answer, refuse};
use super::scalar;
use crate::frame::{Expr, Function, Literal, Part};
use crate::read::python::{Arguments, External, Operation, Value};

/// What a call gives.
type Call = fn(&Arguments) -> Answer<Expr>;

/// The calls that are known, by their path. A pure table.
const CALLS: &[(&str, Call)] = &[
    ("datetime.date", point),
    ("datetime.datetime", point),
    ("datetime.date.fromisoformat", from_text),
    ("datetime.datetime.fromisoformat", from_text),
    ("datetime.datetime.strptime", from_text),
    ("datetime.timedelta", amount),
    ("dateutil.relativedelta.relativedelta", amount),
];

/// What stands at the end of the path of a sum or difference.
const OPERATIONS: [(&str, Operation); 2] = [(".__add__", Operation::Add), (".__sub__", Operation::Subtract)];

/// The constant that the value is; none for what is neither a point nor an amount of time.
pub fn constant(external: &External) -> Option<Answer<Expr>> {
    let path = external.path.strip_suffix("()")?;
    let arguments = external.arguments.as_deref()?;
    let origin = external.origin.as_ref().and_then(Value::external);
    for (suffix, operation) in OPERATIONS {
        if path.ends_with(suffix) {
            let left = constant(origin?)?;
            let right = constant(arguments.positional(0)?.value.external()?)?;
            return Some(left.and_then(|left| right.and_then(|right| moved(&left, &right, operation))));
        }
    }
    if path.ends_with("().date") {
        let point = constant(origin?.origin.as_ref()?.external()?)?;
        return Some(point.map(midnight));
    }
    let (_, call) = CALLS.iter().find(|(known, _)| *known == path)?;
    Some(call(arguments))
}

/// `point + amount`, `point - amount`, as a value of which only that is known; none for anything else.
pub fn operated(operation: Operation, left: &Value, right: &Value) -> Option<Value> {
    let (suffix, _) = OPERATIONS.iter().find(|(_, known)| *known == operation)?;
    let (first, second) = (left.external()?, right.external()?);
    if constant(first).is_none() || constant(second).is_none() {
        return None;
    }
    Some(Value::External(std::rc::Rc::new(External {
        path: format!("{}{suffix}()", first.path),
        reason: first.reason.clone(),
        span: first.span,
        origin: Some(left.clone()),
        arguments: Some(std::rc::Rc::new(Arguments::positional_values(vec![right.clone()], first.span))),
        imported: first.imported,
    })))
}

fn moved(left: &Expr, right: &Expr, operation: Operation) -> Answer<Expr> {
    let sign = if operation == Operation::Add { 1 } else { -1 };
    match super::operators::time_plus(left, right, sign) {
        Some(moved) => Ok(moved),
        None => refuse("two points in time are compared before the query runs"),
    }
}

fn midnight(point: Expr) -> Expr {
    if let Expr::Literal(Literal::Timestamp(text)) = &point
        && let Some(day) = text.get(..10)
    {
        return Expr::Literal(Literal::Timestamp(format!("{day} 00:00:00")));
    }
    Expr::Call(Function::Truncate(Part::Day), vec![point])
}

/// `date(year, month, day)`, `datetime(year, month, day, hour, minute, second)`.
pub fn point(arguments: &Arguments) -> Answer<Expr> {
    let names = ["year", "month", "day", "hour", "minute", "second"];
    let part = |at: usize, name: &str| arguments.get(name, at).map_or(Some(0), Value::integer);
    let parts: Option<Vec<i64>> = names.iter().enumerate().map(|(at, name)| part(at, name)).collect();
    let zoned = arguments.keyword("tzinfo").is_some_and(|zone| !matches!(zone, Value::None));
    match parts.as_deref() {
        Some([year, month, day, hour, minute, second]) if *month > 0 && *day > 0 && !zoned => {
            let text = format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
            Ok(Expr::Literal(Literal::Timestamp(text)))
        }
        _ => refuse("a point in time is only known when the script runs"),
    }
}

/// `date.fromisoformat("2024-01-31")`, `datetime.strptime("2024-01-31", "%Y-%m-%d")`.
fn from_text(arguments: &Arguments) -> Answer<Expr> {
    let iso = arguments.positional(1).is_none_or(|format| {
        format.value.as_text().is_some_and(|format| matches!(format, "%Y-%m-%d" | "%Y-%m-%d %H:%M:%S"))
    });
    match arguments.positional(0).and_then(|item| item.value.as_text()) {
        Some(text) if iso => scalar::point_in_time(text),
        _ => refuse("a point in time is only known when the script runs"),
    }
}

/// Units of time, by the letters that `pd.Timedelta(3, "D")` takes. A pure table.
const UNITS: &[(&str, Part)] = &[
    ("D", Part::Day),
    ("d", Part::Day),
    ("day", Part::Day),
    ("days", Part::Day),
    ("h", Part::Hour),
    ("H", Part::Hour),
    ("hour", Part::Hour),
    ("hours", Part::Hour),
    ("m", Part::Minute),
    ("min", Part::Minute),
    ("minutes", Part::Minute),
    ("s", Part::Second),
    ("seconds", Part::Second),
    ("W", Part::Week),
];

/// The part of time that a unit is.
pub fn unit(name: &str) -> Option<Part> {
    UNITS.iter().find(|(known, _)| *known == name).map(|(_, part)| *part)
}

/// Amounts of time by keyword, the greatest first: in that order they are added.
const PARTS: [(&str, Part); 7] = [
    ("years", Part::Year),
    ("months", Part::Month),
    ("weeks", Part::Week),
    ("days", Part::Day),
    ("hours", Part::Hour),
    ("minutes", Part::Minute),
    ("seconds", Part::Second),
];

/// `pd.DateOffset(months=1)`, `pd.Timedelta(days=1)`, `pd.Timedelta("3 days")`, `timedelta(days=3, hours=1)`.
pub fn amount(arguments: &Arguments) -> Answer<Expr> {
    let part = |unit: &str| UNITS.iter().find(|(known, _)| *known == unit).map(|(_, part)| *part);
    let first = arguments.positional(0).map(|item| &item.value);
    let unit = arguments.positional(1).map(|item| &item.value).or_else(|| arguments.keyword("unit"));
    if let (Some(count), Some(part)) = (first.and_then(Value::integer), unit.and_then(Value::as_text).and_then(part)) {
        return Ok(scalar::amount(part, count));
    }
    if let Some(text) = first.and_then(Value::as_text) {
        let words: Vec<&str> = text.split_whitespace().collect();
        let split = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
        let (count, unit) = match words.as_slice() {
            [count, unit] => (*count, *unit),
            _ => text.split_at(split),
        };
        if let (Ok(count), Some(part)) = (count.parse(), part(unit)) {
            return Ok(scalar::amount(part, count));
        }
    }
    let is_known = |name: &str| PARTS.iter().any(|(known, _)| *known == name);
    if first.is_some() || arguments.keywords().any(|(name, _)| !is_known(name)) {
        // `timedelta(3)` counts days.
        return match (first.and_then(Value::integer), arguments.items.len()) {
            (Some(days), 1) => Ok(scalar::amount(Part::Day, days)),
            _ => refuse("an amount of time has no counterpart"),
        };
    }
    let mut made = Expr::Literal(Literal::Null);
    for (name, part) in PARTS {
        let Some(value) = arguments.keyword(name) else { continue };
        let Some(count) = value.integer() else {
            return refuse("an amount of time is only known when the script runs");
        };
        made = Expr::Call(Function::AddTime(part), vec![made, Expr::integer(count)]);
    }
    if made == Expr::Literal(Literal::Null) { refuse("an amount of time is empty") } else { Ok(made) }
}
