//! Totals over a frame as aggregates over the frame that it was filtered from.

use std::sync::Arc;

use super::context::{Answer, refuse};
use super::scalar::{self, Scalar};
use super::table::Table;
use crate::frame::{Expr, Frame, Op, replace, substitute};
use crate::read::python::Value;

/// The expression of aggregates over `from` as one over `to`, of which `from` has some rows: what chose the rows becomes
/// the filter of each aggregate.
pub fn folded(expr: &Expr, from: &Arc<Frame>, to: &Arc<Frame>) -> Option<Expr> {
    let mut expr = expr.clone();
    let mut at = from;
    while !Arc::ptr_eq(at, to) {
        at = match &at.op {
            Op::Filter { input, predicate } => {
                expr = filtered(&expr, predicate);
                input
            }
            Op::Project { input, columns, .. } => {
                let inner =
                    |name: &str| columns.iter().find(|named| named.name == name).map(|named| named.expr.clone());
                expr = substitute(&expr, &|_, name| inner(name));
                input
            }
            Op::Scan { .. }
            | Op::Values { .. }
            | Op::Join { .. }
            | Op::Group { .. }
            | Op::Union { .. }
            | Op::Distinct { .. }
            | Op::Limit { .. } => return None,
        };
    }
    let sound = std::cell::Cell::new(true);
    crate::frame::walk(&expr, &mut |part| {
        if let Expr::Aggregate { arguments, filter, .. } = part {
            let inner = arguments.iter().chain(filter.as_deref());
            let nested = inner.into_iter().any(super::table::sees_other_rows);
            sound.set(sound.get() && !nested);
        }
    });
    sound.get().then_some(expr)
}

fn filtered(expr: &Expr, predicate: &Expr) -> Expr {
    replace(expr, &|part| {
        let Expr::Aggregate { function, arguments, filter, order } = part else { return None };
        let both = Expr::and(filter.as_deref().cloned(), predicate.clone());
        Some(Expr::Aggregate {
            function: *function,
            arguments: arguments.clone(),
            filter: Some(Box::new(both)),
            order: order.clone(),
        })
    })
}

/// Two totals as totals over the same rows: those of one, or those that both were chosen from.
pub fn common(one: (&Expr, &Table), other: (&Expr, &Table)) -> Option<(Expr, Expr, Table)> {
    let (left, table) = one;
    let (right, second) = other;
    if let Some(expr) = folded(right, &second.base, &table.base) {
        return Some((left.clone(), expr, table.clone()));
    }
    if let Some(expr) = folded(left, &table.base, &second.base) {
        return Some((expr, right.clone(), second.clone()));
    }
    let mut below: Option<&Arc<Frame>> = Some(&table.base);
    while let Some(at) = below {
        if let (Some(one), Some(two)) = (folded(left, &table.base, at), folded(right, &second.base, at)) {
            return Some((one, two, Table { base: at.clone(), ..table.clone() }));
        }
        below = match &at.op {
            Op::Filter { input, .. } | Op::Project { input, .. } => Some(input),
            Op::Scan { .. }
            | Op::Values { .. }
            | Op::Join { .. }
            | Op::Group { .. }
            | Op::Union { .. }
            | Op::Distinct { .. }
            | Op::Limit { .. } => None,
        };
    }
    None
}

/// What a function gave for the rows of a group, as an aggregate over `table`.
pub fn aggregate(value: &Value, table: &Table) -> Answer<Expr> {
    let Some(scalar) = value.object::<Scalar>() else {
        return match value {
            Value::External(external) => refuse(external.reason.clone()),
            value => scalar::constant(value, None),
        };
    };
    let Some(own) = &scalar.table else { return Ok(scalar.expr.clone()) };
    match folded(&scalar.expr, &own.base, &table.base) {
        Some(expr) => Ok(expr),
        None => refuse("a function of the script combines a group with other rows"),
    }
}
