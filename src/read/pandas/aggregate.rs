//! Aggregates, with pandas' answers for missing values and for nothing at all.

use super::context::{Answer, Context, refuse};
use super::mask;
use super::operators::number;
use super::table::Table;
use crate::frame::{Aggregate, Expr, SortKey, Type};
use crate::read::python::Value;

/// The name of an aggregate: a string, or a function whose name says it.
pub fn name_of(value: &Value) -> Option<String> {
    if let Some(text) = value.as_text() {
        return Some(text.to_owned());
    }
    match value {
        Value::External(external) if external.imported => {
            let name = external.last();
            let known = external.path.starts_with("numpy.") || external.path.starts_with("pandas.");
            known.then(|| name.trim_start_matches("nan").to_owned())
        }
        Value::Builtin(name) => Some((*name).to_owned()),
        _ => None,
    }
}

/// An aggregate of `value` over the rows of `table`; `grouped` when there is at least one row.
pub fn aggregate(context: &mut Context, table: &Table, name: &str, value: &Expr, grouped: bool) -> Answer<Expr> {
    let simple = |function: Aggregate| Ok(Expr::aggregate(function, value.clone()));
    let ordered = |function: Aggregate, order: Vec<SortKey>| {
        Ok(Expr::Aggregate { function, arguments: vec![value.clone()], filter: None, order })
    };
    match name {
        "sum" => Ok(sum(table, value, grouped)),
        "mean" | "average" => {
            let mean = Expr::aggregate(Aggregate::Average, number(table, value.clone()));
            Ok(as_float(table, value, mean))
        }
        "min" | "max" if mask::is_truth(table, value) => refuse("the least of truth values is taken"),
        "min" => simple(Aggregate::Min),
        "max" => simple(Aggregate::Max),
        "count" => simple(Aggregate::Count),
        "size" | "len" => Ok(count_rows(None)),
        "nunique" => simple(Aggregate::CountDistinct),
        "std" => Ok(spread(table, value, Aggregate::StandardDeviation)),
        "var" => Ok(spread(table, value, Aggregate::Variance)),
        "std of all" => Ok(spread(table, value, Aggregate::DeviationOfAll)),
        "var of all" => Ok(spread(table, value, Aggregate::VarianceOfAll)),
        "median" => Ok(Expr::aggregate(Aggregate::Quantile(0.5), number(table, value.clone()))),
        "any" => Ok(Expr::coalesce(
            Expr::aggregate(Aggregate::Exists, mask::definite(table, value)),
            Expr::Literal(crate::frame::Literal::Bool(false)),
        )),
        "all" => Ok(Expr::coalesce(
            Expr::aggregate(Aggregate::All, mask::definite(table, value)),
            Expr::Literal(crate::frame::Literal::Bool(true)),
        )),
        "first" | "last" => {
            if table.order.is_empty() {
                context.order_matters(&format!("`{name}`"));
            }
            ordered(if name == "first" { Aggregate::First } else { Aggregate::Last }, table.order.clone())
        }
        _ => refuse(format!("there is no SQL for the aggregate `{name}`")),
    }
}

/// `count(*)`, of the rows where the condition is true.
pub fn count_rows(filter: Option<Expr>) -> Expr {
    Expr::Aggregate {
        function: Aggregate::Count,
        arguments: Vec::new(),
        filter: filter.map(Box::new),
        order: Vec::new(),
    }
}

/// The sum; nothing sums up to 0.
fn sum(table: &Table, value: &Expr, grouped: bool) -> Expr {
    if mask::is_condition(value) {
        return count_rows(Some(value.clone()));
    }
    let nullable = table.nullable(value);
    let total = as_whole(table, value, Expr::aggregate(Aggregate::Sum, number(table, value.clone())));
    if nullable || !grouped { Expr::coalesce(total, zero(table.type_of(value))) } else { total }
}

/// A sum of whole numbers is one: databases make it of a wider type.
pub fn as_whole(table: &Table, value: &Expr, sum: Expr) -> Expr {
    let is_whole = table.type_of(value) == Type::Integer || mask::is_truth(table, value);
    if is_whole { sum.cast(Type::Integer) } else { sum }
}

/// How far numbers lie apart.
fn spread(table: &Table, value: &Expr, function: Aggregate) -> Expr {
    as_float(table, value, Expr::aggregate(function, number(table, value.clone())))
}

/// A mean of whole numbers is a float: some databases make it an exact number.
pub fn as_float(table: &Table, value: &Expr, mean: Expr) -> Expr {
    let is_whole = table.type_of(value) == Type::Integer || mask::is_truth(table, value);
    if is_whole { mean.cast(Type::Float) } else { mean }
}

fn zero(ty: Type) -> Expr {
    if ty == Type::Float { Expr::Literal(crate::frame::Literal::Float(0.0)) } else { Expr::integer(0) }
}
