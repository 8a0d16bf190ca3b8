//! `isin`: values that are looked for in a list, or among those of another Series.

use std::rc::Rc;
use std::sync::Arc;

use super::context::{Answer, Context, refuse};
use super::dataframe::DataFrame;
use super::mask;
use super::missing::Missing;
use super::scalar;
use super::series::Series;
use crate::frame::{Aggregate, Binary, Expr, Frame, Literal, Named, Op, Type, Unary};
use crate::read::python::{Arguments, Value};

/// `series.isin([…])`: a missing value is among them only when the list has one.
pub fn isin(series: &Rc<Series>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(values) = arguments.get("values", 0) else { return refuse("the values are not known") };
    if let Some(other) = values.object::<Series>() {
        return Ok(among(series, context, other));
    }
    if let Some(frame) = values.object::<DataFrame>()
        && let [only] = frame.snapshot().columns.as_slice()
    {
        let other = Series { table: frame.snapshot(), expr: only.expr.clone(), name: only.name.clone() };
        return Ok(among(series, context, &other));
    }
    let items =
        values.items().or_else(|| values.entries().map(|pairs| pairs.into_iter().map(|(key, _)| key).collect()));
    let Some(items) = items else { return refuse("values are looked for among those of another frame") };
    let mut list = Vec::new();
    let mut missing = Missing::default();
    for item in items {
        match (scalar::constant(&item, None)?, item) {
            (Expr::Literal(Literal::Null), Value::None) => missing.none = true,
            (Expr::Literal(Literal::Null), _) => missing.nan = true,
            (expr, _) => list.push(expr),
        }
    }
    let missing = finds_missing(series, context, &list, missing)?;
    let found = match list.len() {
        0 => Expr::Literal(Literal::Bool(false)),
        _ => Expr::In(Box::new(series.expr.clone()), list),
    };
    if !missing {
        return Ok(series.with(found));
    }
    let absent = Expr::unary(Unary::IsNull, series.expr.clone());
    Ok(series.with(Expr::binary(Binary::Or, found, absent)))
}

/// Whether a missing value is among those of a list that holds such missing ones.
fn finds_missing(series: &Series, context: &mut Context, list: &[Expr], listed: Missing) -> Answer<bool> {
    if listed == Missing::default() || !series.table.nullable(&series.expr) {
        return Ok(false);
    }
    let like = list.first().map_or(Type::Unknown, |item| series.table.type_of(item));
    let ty = if series.ty() == Type::Unknown { like } else { series.ty() };
    match ty {
        Type::Integer | Type::Float | Type::Decimal => Ok(listed.nan),
        // A time that is missing is `NaT`, which the list is not known to hold.
        Type::Period(_) => refuse("periods are looked for in a list"),
        Type::Date | Type::Timestamp | Type::Interval if listed.nan => refuse("missing times are looked for in a list"),
        Type::Date | Type::Timestamp | Type::Interval => Ok(false),
        Type::Unknown | Type::Text | Type::Bool => {
            let held = Missing::of(&series.table, &series.expr);
            let found = (held.none && listed.none) || (held.nan && listed.nan);
            let all = (!held.none || listed.none) && (!held.nan || listed.nan);
            if context.version_matters(found && all, "whether missing texts are among those of the list") {
                return Ok(true);
            }
            if found && !all {
                return refuse(
                    "some of the missing texts are among those of the list, and which is only known at run time",
                );
            }
            Ok(found)
        }
    }
}

/// `series.isin(other)`: a missing value is among them only when the other has one.
fn among(series: &Rc<Series>, context: &mut Context, other: &Series) -> Value {
    let name = if other.name.is_empty() { "value" } else { &other.name };
    let column = Named::new(name, mask::definite(&other.table, &other.expr));
    let rows = |columns: Vec<Named>, input: Arc<Frame>| {
        let mut frame = Frame::new(Op::Project { input, columns, rest: false, except: Vec::new() });
        frame.stage.span = Some(context.span);
        Arc::new(frame)
    };
    let nullable = other.table.nullable(&other.expr);
    let both = nullable && series.table.nullable(&series.expr);
    let all = rows(vec![column], other.table.base.clone());
    let kept = if nullable {
        let predicate = Expr::unary(Unary::IsNotNull, Expr::column(name));
        let mut frame = Frame::new(Op::Filter { input: all.clone(), predicate });
        frame.stage.name = format!("{name}s_looked_for");
        Arc::new(frame)
    } else {
        Arc::new(all.as_ref().clone().named(&format!("{name}s_looked_for")))
    };
    let found = Expr::Among(Box::new(series.expr.clone()), kept, String::new());
    let mut table = series.table.clone();
    table.statements.extend(other.table.statements.iter().copied());
    table.statements.extend(context.statements());
    let expr = if both {
        let missing = Expr::Aggregate {
            function: Aggregate::Count,
            arguments: Vec::new(),
            filter: Some(Box::new(Expr::unary(Unary::IsNull, Expr::column(name)))),
            order: Vec::new(),
        };
        let count = Op::Group { input: all, keys: Vec::new(), aggregates: vec![Named::new("number", missing)] };
        let count = Frame::new(count).named(&format!("missing_{name}s"));
        let has = Expr::binary(Binary::Greater, Expr::Value(Arc::new(count), String::new()), Expr::integer(0));
        let absent = Expr::unary(Unary::IsNull, series.expr.clone());
        Expr::binary(Binary::Or, found, Expr::binary(Binary::And, absent, has))
    } else {
        found
    };
    Series { table, expr, name: series.name.clone() }.value()
}
