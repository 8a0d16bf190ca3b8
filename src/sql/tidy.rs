//! Expressions as a person writes them, with the same value.
//!
//! In: the SELECT statements of a frame. Out: the same ones, in which a CASE within ELSE is more arms, a sum has one default, and
//! a window is not ordered by what it is partitioned by.

use super::select::{Body, Condition, Lowered, Select};
use crate::frame::{Aggregate, Expr, Function, Literal, SortKey, Window, map_children};

/// Every expression of the query, tidied.
pub fn tidy(lowered: &mut Lowered) {
    for body in lowered.ctes.iter_mut().map(|(_, body)| body).chain([&mut lowered.body]) {
        match body {
            Body::Select(select) => tidy_select(select),
            Body::Union(branches) => branches.iter_mut().for_each(tidy_select),
        }
    }
}

fn tidy_select(select: &mut Select) {
    select.columns.iter_mut().for_each(|named| named.expr = tidied(&named.expr));
    for condition in &mut select.conditions {
        match condition {
            Condition::Expr(expr) => *expr = tidied(expr),
            Condition::Exists { .. } => {}
        }
    }
    let groups = select.group.iter_mut().flatten();
    groups.chain(&mut select.having).for_each(|expr| *expr = tidied(expr));
    select.order.iter_mut().for_each(|key| key.expr = tidied(&key.expr));
}

fn tidied(expr: &Expr) -> Expr {
    let expr = map_children(expr, &tidied);
    one_case(&expr).or_else(|| one_default(&expr)).or_else(|| less_order(&expr)).unwrap_or(expr)
}

/// `case when a then x else case when b then y else z end end` is one CASE.
fn one_case(expr: &Expr) -> Option<Expr> {
    let Expr::Case { arms, otherwise: Some(inner) } = expr else { return None };
    let Expr::Case { arms: more, otherwise } = inner.as_ref() else { return None };
    Some(Expr::Case { arms: [arms.as_slice(), more].concat(), otherwise: otherwise.clone() })
}

/// `coalesce(sum(coalesce(a, 0)), 0)` is `coalesce(sum(a), 0)`: a sum passes over what is missing.
fn one_default(expr: &Expr) -> Option<Expr> {
    let (sum, default) = or_zero(expr)?;
    let Expr::Aggregate { function: Aggregate::Sum, arguments, filter, order } = sum else { return None };
    let (value, inner) = or_zero(arguments.first()?)?;
    let plain = Expr::Aggregate {
        function: Aggregate::Sum,
        arguments: vec![value.clone()],
        filter: filter.clone(),
        order: order.clone(),
    };
    (inner == default).then(|| Expr::coalesce(plain, default.clone()))
}

/// `over (partition by a order by a, b)` is ordered by `b`: within a partition, `a` is one value.
fn less_order(expr: &Expr) -> Option<Expr> {
    let Expr::Window(window) = expr else { return None };
    let order: Vec<SortKey> =
        window.order.iter().filter(|key| !window.partition.contains(&key.expr)).cloned().collect();
    let is_less = !order.is_empty() && order.len() < window.order.len();
    is_less.then(|| Expr::Window(Box::new(Window { order, ..window.as_ref().clone() })))
}

/// What `coalesce(a, 0)` is of, and its zero.
fn or_zero(expr: &Expr) -> Option<(&Expr, &Expr)> {
    let Expr::Call(Function::Coalesce, arguments) = expr else { return None };
    let [value, default @ Expr::Literal(Literal::Integer(0))] = arguments.as_slice() else { return None };
    Some((value, default))
}
