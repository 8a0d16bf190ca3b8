//! `.dt` of a Series, and what is computed over neighbouring rows of one.

use std::rc::Rc;

use super::context::{Answer, Context, refuse};
use super::series::Series;
use super::strings::Accessor;
use crate::frame::{Aggregate, Binary, Bound, Expr, Function, Part, SortKey, Type, Unary, Window};
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

/// The rank within a partition. Missing values have none.
pub fn ranked(series: &Series, partition: Vec<Expr>, arguments: &Arguments) -> Answer<Expr> {
    let function = match arguments.keyword("method").map(Value::as_text) {
        Some(Some("min")) => Function::Rank,
        Some(Some("dense")) => Function::DenseRank,
        Some(Some("first")) => return refuse("ranks of equal values follow the order of the rows"),
        _ => return refuse("equal values share the mean of their ranks"),
    };
    let descending = match arguments.keyword("ascending").map(Value::truth) {
        None | Some(Some(true)) => false,
        Some(Some(false)) => true,
        Some(None) => return refuse("the direction of the ranks is not known"),
    };
    if arguments.keyword("pct").is_some() || arguments.keyword("na_option").is_some() {
        return refuse("ranks are shares, or missing values have ranks");
    }
    let order = vec![SortKey { expr: series.expr.clone(), descending, nulls_first: false }];
    let call = Expr::Call(function, Vec::new());
    let rank = Expr::Window(Box::new(Window { function: call, partition, order, rows: None }));
    if !series.table.nullable(&series.expr) {
        return Ok(rank);
    }
    let present = Expr::unary(Unary::IsNotNull, series.expr.clone());
    Ok(Expr::Case { arms: vec![(present, rank)], otherwise: None })
}

/// `series.rank()`.
pub fn rank(series: &Rc<Series>, _context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    ranked(series, Vec::new(), arguments).map(|expr| series.with(expr))
}

fn window(series: &Series, context: &mut Context, what: &str, function: Expr, rows: Option<(Bound, Bound)>) -> Expr {
    let order = series.table.order.clone();
    if order.is_empty() {
        context.order_matters(what);
    }
    Expr::Window(Box::new(Window { function, partition: Vec::new(), order, rows }))
}

/// `series.cumsum()` and the like: missing values stay missing and are passed over.
pub fn cumulated(series: &Rc<Series>, context: &mut Context, function: Aggregate) -> Answer<Value> {
    let call = Expr::aggregate(function, series.expr.clone());
    let total = window(series, context, "a running total", call, Some((Bound::Unbounded, Bound::Current)));
    if !series.table.nullable(&series.expr) {
        return Ok(series.with(total));
    }
    let present = Expr::unary(Unary::IsNotNull, series.expr.clone());
    Ok(series.with(Expr::Case { arms: vec![(present, total)], otherwise: None }))
}

/// `series.shift(n)`.
pub fn shift(series: &Rc<Series>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let neighbour = neighbour(series, context, arguments)?;
    Ok(series.with(neighbour))
}

/// `series.diff(n)`.
pub fn diff(series: &Rc<Series>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let neighbour = neighbour(series, context, arguments)?;
    Ok(series.with(Expr::binary(Binary::Subtract, series.expr.clone(), neighbour)))
}

fn neighbour(series: &Series, context: &mut Context, arguments: &Arguments) -> Answer<Expr> {
    let Some(by) = arguments.get("periods", 0).map_or(Some(1), Value::integer) else {
        return refuse("rows are shifted by a number that is not known");
    };
    if arguments.keyword("fill_value").is_some() || arguments.keyword("freq").is_some() {
        return refuse("shifted rows are filled");
    }
    let function = if by < 0 { Function::Lead } else { Function::Lag };
    let call = Expr::Call(function, vec![series.expr.clone(), Expr::integer(by.abs())]);
    Ok(window(series, context, "the row before", call, None))
}

/// `pd.to_datetime(series)` of text: only what is written as ISO 8601 is read alike.
pub fn to_datetime(series: &Series) -> Value {
    match series.ty() {
        Type::Timestamp => series.clone().value(),
        _ => series.with(series.expr.clone().cast(Type::Timestamp)),
    }
}
