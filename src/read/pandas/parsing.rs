//! Texts that become numbers and times, and numbers that are put into classes.

use std::sync::Arc;

use super::context::{Answer, Context, refuse};
use super::dates;
use super::scalar::{self, Scalar};
use super::series::{Series, operand};
use super::times;
use crate::frame::{Aggregate, Binary, Expr, Frame, Function, Literal, Named, Op, Part, Type, Unary};
use crate::read::python::{Arguments, Value};

/// What pandas reads as a number, without white space round it.
const NUMBER: &str = "^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$";

/// What `errors=` says: whether what cannot be read becomes missing.
fn coerces(arguments: &Arguments) -> Answer<bool> {
    match arguments.keyword("errors").map(|errors| errors.as_text().map(str::to_owned)) {
        None => Ok(false),
        Some(Some(word)) if word == "raise" => Ok(false),
        Some(Some(word)) if word == "coerce" => Ok(true),
        Some(_) => refuse("what cannot be read stays as it is"),
    }
}

/// `pd.to_numeric(series)`, with `errors="coerce"`.
pub fn to_numeric(_context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let coerced = coerces(arguments)?;
    let Some(series) = arguments.get("arg", 0).and_then(Value::object::<Series>) else {
        return refuse("its argument is not a column");
    };
    if series.ty().is_number() {
        return Ok(series.clone().value());
    }
    if !coerced {
        return Ok(series.with(series.expr.clone().cast(Type::Float)));
    }
    let text = if series.ty() == Type::Text { series.expr.clone() } else { series.expr.clone().cast(Type::Text) };
    let bare = Expr::Call(Function::Trim, vec![text, Expr::text(" ")]);
    let is_number = Expr::Call(Function::Matches, vec![bare.clone(), Expr::text(NUMBER)]);
    Ok(series.with(Expr::Case { arms: vec![(is_number, bare.cast(Type::Float))], otherwise: None }))
}

/// Parts of a format, with how many digits they have. A pure table.
const PARTS: &[(&str, usize)] = &[("%Y", 4), ("%m", 2), ("%d", 2), ("%H", 2), ("%M", 2), ("%S", 2)];

/// `pd.to_datetime(series)`, `pd.to_datetime("2024-01-31")`, with `format=` and `errors="coerce"`.
pub fn to_datetime(_context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(value) = arguments.get("arg", 0) else { return refuse("what becomes a time is not known") };
    if let Some(text) = value.as_text() {
        return scalar::point_in_time(text).map(Scalar::constant);
    }
    if let Some(time) = scalar::outside_time(value) {
        return time.map(Scalar::constant);
    }
    if let Some(point) = value.external().and_then(dates::constant) {
        return point.map(Scalar::constant);
    }
    let coerced = coerces(arguments)?;
    let Some(series) = value.object::<Series>() else { return refuse("what becomes a time is not a column") };
    if matches!(series.ty(), Type::Timestamp | Type::Date) {
        return Ok(times::to_datetime(series));
    }
    if ["dayfirst", "unit", "utc", "origin", "yearfirst"].iter().any(|name| arguments.keyword(name).is_some()) {
        return refuse("times are read from texts in a format that has no counterpart");
    }
    match arguments.keyword("format").map(Value::as_text) {
        None if coerced => refuse("texts that are no times become missing, and which are times the rows decide"),
        None => Ok(times::to_datetime(series)),
        Some(Some(format)) if !coerced && (format == "ISO8601" || format.starts_with("%Y-%m-%d")) => {
            Ok(times::to_datetime(series))
        }
        Some(Some(format)) => by_format(series, format, coerced),
        Some(None) => refuse("the format of the times is only known when the script runs"),
    }
}

/// Where the parts of a format stand (from 1), and the pattern of the texts that are written so.
fn places(format: &str) -> Option<(Vec<(&'static str, usize)>, String)> {
    let mut places = Vec::new();
    let mut pattern = String::from("^");
    let (mut at, mut rest) = (1, format);
    while let Some(next) = rest.chars().next() {
        if let Some((part, digits)) = PARTS.iter().find(|(part, _)| rest.starts_with(part)) {
            places.push((*part, at));
            pattern.push_str(if *digits == 4 { "[0-9]{4}" } else { "[0-9]{2}" });
            at += digits;
            rest = rest.get(part.len()..).unwrap_or("");
            continue;
        }
        if next == '%' {
            return None;
        }
        let is_plain = next.is_alphanumeric() || matches!(next, ' ' | '-' | '/' | ':');
        pattern.push_str(&if is_plain { next.to_string() } else { format!("[{next}]") });
        at += 1;
        rest = rest.get(next.len_utf8()..).unwrap_or("");
    }
    pattern.push('$');
    Some((places, pattern))
}

fn joined(parts: Vec<Expr>) -> Expr {
    let joined = parts.into_iter().reduce(|one, two| Expr::binary(Binary::Concat, one, two));
    joined.unwrap_or_else(|| Expr::text(""))
}

/// The text, whose parts stand at fixed places, in the order that databases read.
fn by_format(series: &Series, format: &str, coerced: bool) -> Answer<Value> {
    let unknown = || refuse("times are read from texts in a format that has no counterpart");
    let Some((places, pattern)) = places(format) else { return unknown() };
    let text = if series.ty() == Type::Text { series.expr.clone() } else { series.expr.clone().cast(Type::Text) };
    let part = |name: &str| {
        let (_, at) = places.iter().find(|(known, _)| *known == name)?;
        let digits = if name == "%Y" { 4 } else { 2 };
        let start = i64::try_from(*at).ok()?;
        Some(Expr::Call(Function::Substring, vec![text.clone(), Expr::integer(start), Expr::integer(digits)]))
    };
    let (Some(year), Some(month), Some(day)) = (part("%Y"), part("%m"), part("%d")) else { return unknown() };
    let mut parts = vec![year.clone(), Expr::text("-"), month.clone(), Expr::text("-"), day.clone()];
    for (name, before) in [("%H", " "), ("%M", ":"), ("%S", ":")] {
        match part(name) {
            Some(part) => parts.extend([Expr::text(before), part]),
            None if name == "%M" && parts.len() > 5 => parts.extend([Expr::text(before), Expr::text("00")]),
            None => {}
        }
    }
    let time = joined(parts).cast(Type::Timestamp);
    if !coerced {
        return Ok(series.with(time));
    }
    if places.len() > 3 {
        return refuse("texts that are no times become missing");
    }
    let fits = Expr::Call(Function::Matches, vec![text, Expr::text(&pattern)]);
    Ok(series.with(where_there_is_such_a_day(fits, [year, month, day], time)))
}

/// The time, where the text fits the format and the month has that day; else it is missing.
fn where_there_is_such_a_day(fits: Expr, parts: [Expr; 3], time: Expr) -> Expr {
    let [year, month, day] = parts;
    let first = joined(vec![year, Expr::text("-"), month.clone(), Expr::text("-01")]).cast(Type::Timestamp);
    let length = Expr::Call(Function::Extract(Part::Day), vec![last_of_month(first)]);
    let at_least = |value: Expr| Expr::binary(Binary::GreaterEqual, value, Expr::text("01"));
    let is_month =
        Expr::binary(Binary::And, at_least(month.clone()), Expr::binary(Binary::LessEqual, month, Expr::text("12")));
    let is_day = Expr::binary(
        Binary::And,
        at_least(day.clone()),
        Expr::binary(Binary::LessEqual, day.cast(Type::Integer), length),
    );
    let nothing = |condition: Expr| (Expr::unary(Unary::IsNotTrue, condition), Expr::Literal(Literal::Null));
    Expr::Case { arms: vec![nothing(fits), nothing(is_month), nothing(is_day)], otherwise: Some(Box::new(time)) }
}

/// The last day of the month that starts with the day.
pub fn last_of_month(first: Expr) -> Expr {
    let next = Expr::Call(Function::AddTime(Part::Month), vec![first, Expr::integer(1)]);
    Expr::Call(Function::AddTime(Part::Day), vec![next, Expr::integer(-1)])
}

/// `pd.cut(series, bins=[…], labels=[…])`.
pub fn cut(_context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(series) = arguments.get("x", 0).and_then(Value::object::<Series>) else {
        return refuse("what is put into classes is not a column");
    };
    let flag =
        |name: &str, position: usize, default: bool| arguments.get(name, position).map_or(Some(default), Value::truth);
    let (Some(right), Some(lowest)) = (flag("right", 2, true), flag("include_lowest", 5, false)) else {
        return refuse("which bounds count is not known");
    };
    let bins = arguments.get("bins", 1).and_then(Value::items);
    let bounds: Option<Vec<f64>> = bins.as_ref().and_then(|bins| bins.iter().map(Value::number).collect());
    let (Some(bins), Some(bounds)) = (bins, bounds.filter(|bounds| bounds.len() > 1)) else {
        return refuse("the bounds of the classes depend on the values of the rows");
    };
    let labels = match arguments.get("labels", 3) {
        Some(Value::Bool(false)) => {
            (0..bounds.len() - 1).map(|at| Value::Int(i64::try_from(at).unwrap_or(0))).collect()
        }
        Some(value) => value.items().unwrap_or_default(),
        None => return refuse("classes are named for their bounds"),
    };
    if labels.len() + 1 != bounds.len() {
        return refuse("the names of the classes are not known");
    }
    let mut arms = Vec::new();
    for (at, label) in labels.iter().enumerate() {
        let (Some(low), Some(high)) = (bins.get(at), bins.get(at + 1)) else { continue };
        let is_finite = |bound: &Value| bound.number().is_some_and(f64::is_finite);
        let (above, below) = match (right, lowest && at == 0) {
            (true, false) => (Binary::Greater, Binary::LessEqual),
            (true, true) => (Binary::GreaterEqual, Binary::LessEqual),
            (false, _) => (Binary::GreaterEqual, Binary::Less),
        };
        let mut condition = None;
        for (bound, operator) in [(low, above), (high, below)] {
            if is_finite(bound) {
                let bound = operand(bound, &series.table)?;
                condition = Some(Expr::and(condition, Expr::binary(operator, series.expr.clone(), bound)));
            }
        }
        let condition = condition.unwrap_or_else(|| Expr::unary(Unary::IsNotNull, series.expr.clone()));
        arms.push((condition, operand(label, &series.table)?));
    }
    Ok(series.with(Expr::Case { arms, otherwise: None }))
}

/// `pd.qcut(series, 4, labels=[…])`: classes between quantiles.
pub fn qcut(context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(series) = arguments.get("x", 0).and_then(Value::object::<Series>) else {
        return refuse("what is put into classes is not a column");
    };
    let shares = arguments.get("q", 1).and_then(|given| match given.integer() {
        #[expect(clippy::cast_precision_loss, reason = "there are few classes")]
        Some(count) if (2..=100).contains(&count) => Some((0..=count).map(|at| at as f64 / count as f64).collect()),
        Some(_) => None,
        None => given.items()?.iter().map(Value::number).collect::<Option<Vec<f64>>>(),
    });
    let Some(shares) =
        shares.filter(|shares| shares.len() > 2 && shares.first() == Some(&0.0) && shares.last() == Some(&1.0))
    else {
        return refuse("the shares that classes have are not known");
    };
    if arguments.keyword("duplicates").is_some() || arguments.keyword("retbins").is_some() {
        return refuse("classes of equal bounds become one");
    }
    let labels = match arguments.get("labels", 2) {
        Some(Value::Bool(false)) => {
            (0..shares.len() - 1).map(|at| Value::Int(i64::try_from(at).unwrap_or(0))).collect()
        }
        Some(value) => value.items().unwrap_or_default(),
        None => return refuse("classes are named for their bounds"),
    };
    if labels.len() + 1 != shares.len() {
        return refuse("the names of the classes are not known");
    }
    let inner: Vec<f64> = shares.iter().skip(1).take(labels.len() - 1).copied().collect();
    let mut arms = Vec::new();
    for (at, label) in labels.iter().enumerate() {
        let upper = inner.get(at).or(inner.last()).copied().unwrap_or(1.0);
        let bound = quantile(context, series, upper);
        let operator = if at < inner.len() { Binary::LessEqual } else { Binary::Greater };
        arms.push((Expr::binary(operator, series.expr.clone(), bound), operand(label, &series.table)?));
    }
    Ok(series.with(Expr::Case { arms, otherwise: None }))
}

/// The quantile of all values, as one value that is read from a frame of its own.
fn quantile(context: &Context, series: &Series, share: f64) -> Expr {
    let name = if series.name.is_empty() { "value" } else { &series.name };
    let per_mille = (share * 1000.0).round();
    let place =
        if per_mille % 10.0 == 0.0 { format!("{}", per_mille / 10.0) } else { format!("{per_mille}_per_mille") };
    let column = Named::new(name, Expr::aggregate(Aggregate::Quantile(share), series.expr.clone()));
    let op = Op::Group { input: series.table.base.clone(), keys: Vec::new(), aggregates: vec![column] };
    let mut frame = Frame::new(op).named(&format!("{name}_at_{place}"));
    frame.stage.span = Some(context.span);
    Expr::Value(Arc::new(frame), String::new())
}
