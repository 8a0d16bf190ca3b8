//! From which columns of which relations each output column of a frame is made, and which columns decide its rows.
//!
//! In: a frame. Out: the same facts that the SQL reader gives of a query.

use crate::frame::{Expr, Frame, Of, Op, columns, is_open, uses};
use crate::name::Relation;
use crate::steps::{ColumnUse, How, Output};

/// The output columns in order, seen through every operation down to the relations that are read.
pub fn lineage(frame: &Frame) -> Vec<Output> {
    let mut outputs: Vec<Output> = columns(frame)
        .into_iter()
        .map(|column| Output::Column { from: origins(frame, &column.name), name: column.name })
        .collect();
    if is_open(frame)
        && let Some(relation) = open_relation(frame)
    {
        let except = columns(frame).into_iter().map(|column| column.name).collect();
        outputs.push(Output::Star { relation, except });
    }
    outputs
}

/// The columns that decide which rows come out: filters, join keys, groups, orders of limits.
pub fn deciding(frame: &Frame) -> Vec<ColumnUse> {
    let mut found = Vec::new();
    collect_deciding(frame, &mut found);
    found.sort();
    found.dedup();
    found
}

fn collect_deciding(frame: &Frame, found: &mut Vec<ColumnUse>) {
    let mut add = |exprs: Vec<&Expr>, input: &Frame| {
        for expr in exprs {
            found.extend(made_from(expr, &|_, name| origins(input, name)).into_iter().map(filtering));
        }
    };
    match &frame.op {
        Op::Scan { .. } | Op::Values { .. } | Op::Project { .. } | Op::Union { .. } => {}
        Op::Filter { input, predicate } => add(vec![predicate], input),
        Op::Limit { input, order, .. } => add(order.iter().map(|key| &key.expr).collect(), input),
        Op::Group { input, keys, .. } => add(keys.iter().map(|key| &key.expr).collect(), input),
        Op::Join { left, right, on, .. } => {
            add(on.iter().map(|key| &key.left).collect(), left);
            add(on.iter().map(|key| &key.right).collect(), right);
        }
        Op::Distinct { input } => {
            let all = columns(input).into_iter().flat_map(|column| origins(input, &column.name));
            found.extend(all.map(filtering));
        }
    }
    for input in frame.inputs() {
        collect_deciding(input, found);
    }
}

fn filtering(mut used: ColumnUse) -> ColumnUse {
    used.how = How::Filtering;
    used
}

fn open_relation(frame: &Frame) -> Option<Relation> {
    frame.scans().first().map(|relation| (*relation).clone())
}

/// What the output column `name` is made from.
fn origins(frame: &Frame, name: &str) -> Vec<ColumnUse> {
    let through = |input: &Frame, expr: &Expr| made_from(expr, &|_, column| origins(input, column));
    match &frame.op {
        Op::Scan { relation, .. } => {
            vec![ColumnUse { relations: vec![relation.clone()], column: name.to_owned(), how: How::Copied }]
        }
        Op::Values { .. } => Vec::new(),
        Op::Project { input, columns: list, rest, .. } => match list.iter().find(|named| named.name == name) {
            Some(named) => through(input, &named.expr),
            None if *rest => origins(input, name),
            None => Vec::new(),
        },
        Op::Filter { input, .. } | Op::Distinct { input } | Op::Limit { input, .. } => origins(input, name),
        Op::Join { left, right, columns: list, .. } => {
            let side = |of: &Of, column: &str| match of {
                Of::Right => origins(right, column),
                Of::Either => either(left, right, column),
                Of::Input | Of::Left | Of::Alias(_) => origins(left, column),
            };
            let named = list.iter().find(|named| named.name == name);
            named.map_or_else(Vec::new, |named| made_from(&named.expr, &side))
        }
        Op::Group { input, keys, aggregates } => {
            let named = keys.iter().chain(aggregates).find(|named| named.name == name);
            named.map_or_else(Vec::new, |named| through(input, &named.expr))
        }
        Op::Union { inputs } => {
            let at = columns(frame).iter().position(|column| column.name == name);
            let branch = |input: &Frame| {
                let column = at.and_then(|at| columns(input).into_iter().nth(at));
                column.map_or_else(Vec::new, |column| origins(input, &column.name))
            };
            tidy(inputs.iter().flat_map(|input| branch(input)).collect())
        }
    }
}

/// A column of one of two inputs, of which only the database knows which.
fn either(left: &Frame, right: &Frame, name: &str) -> Vec<ColumnUse> {
    let mut relations: Vec<Relation> = [left, right].iter().flat_map(|side| side.relations()).collect();
    relations.dedup();
    vec![ColumnUse { relations, column: name.to_owned(), how: How::Copied }]
}

fn made_from(expr: &Expr, origins: &dyn Fn(&Of, &str) -> Vec<ColumnUse>) -> Vec<ColumnUse> {
    if let Expr::Column(of, name) = expr {
        return origins(of, name);
    }
    let mut found = Vec::new();
    for aside in expr.asides() {
        let column = columns(aside).into_iter().next().map(|column| column.name).unwrap_or_default();
        found.extend(self::origins(aside, &column).into_iter().map(|mut used| {
            used.how = used.how.max(How::Computed);
            used
        }));
    }
    for (of, name) in uses(expr) {
        found.extend(origins(&of, &name).into_iter().map(|mut used| {
            used.how = used.how.max(How::Computed);
            used
        }));
    }
    tidy(found)
}

fn tidy(mut uses: Vec<ColumnUse>) -> Vec<ColumnUse> {
    uses.sort();
    uses.dedup();
    uses
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::dialect::Dialect;
    use crate::frame::{Function, Named};

    fn orders() -> Frame {
        Frame::scan(Relation::plain("raw.orders", Dialect::Postgres), &["id", "status"])
    }

    #[test]
    fn lineage_reaches_the_scan() {
        let expr = Expr::Call(Function::Lower, vec![Expr::column("status")]);
        let frame = Frame::new(Op::Project {
            input: Arc::new(orders()),
            columns: vec![Named::new("s", expr)],
            rest: false,
            except: Vec::new(),
        });
        let outputs = lineage(&frame);
        assert_eq!(format!("{outputs:?}").matches("Computed").count(), 1);
    }
}
