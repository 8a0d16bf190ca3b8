//! From which columns of which relations each output column of a frame is made, and which columns decide its rows.
//!
//! In: a frame. Out: the same facts that the SQL reader gives of a query.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::frame::{Expr, Frame, Of, Op, columns, is_open, left_out, uses};
use crate::name::Relation;
use crate::steps::{ColumnUse, How, Output};

/// The output columns in order, seen through every operation down to the relations that are read.
pub fn lineage(frame: &Frame) -> Vec<Output> {
    let tracer = Tracer::default();
    let mut outputs: Vec<Output> = columns(frame)
        .into_iter()
        .map(|column| Output::Column { from: tracer.origins(frame, &column.name), name: column.name })
        .collect();
    if is_open(frame)
        && let Some(relation) = frame.relations().into_iter().next()
    {
        let mut except: Vec<String> = columns(frame).into_iter().map(|column| column.name).collect();
        except.extend(
            left_out(frame).into_iter().filter(|name| columns(frame).iter().all(|column| column.name != *name)),
        );
        outputs.push(Output::Star { relation, except });
    }
    outputs
}

/// The columns that decide which rows come out: filters, join keys, groups, orders of limits.
pub fn deciding(frame: &Frame) -> Vec<ColumnUse> {
    let tracer = Tracer::default();
    let mut found = Vec::new();
    frame.each(&mut |frame| {
        found.extend(tracer.decided_by(frame).into_iter().map(filtering));
        true
    });
    tidy(found)
}

fn filtering(mut used: ColumnUse) -> ColumnUse {
    used.how = How::Filtering;
    used
}

/// What columns of frames are made from, each looked up once: frames are shared, and a frame joined with what is made
/// from it would double the work each time.
#[derive(Default)]
struct Tracer {
    known: RefCell<BTreeMap<(*const Frame, String), Vec<ColumnUse>>>,
}

impl Tracer {
    /// What decides the rows of this frame, beyond those of its inputs.
    fn decided_by(&self, frame: &Frame) -> Vec<ColumnUse> {
        let of = |exprs: Vec<&Expr>, input: &Frame| -> Vec<ColumnUse> {
            exprs.into_iter().flat_map(|expr| self.made_from(expr, &|_, name| self.origins(input, name))).collect()
        };
        match &frame.op {
            Op::Scan { .. } | Op::Values { .. } | Op::Project { .. } | Op::Union { .. } => Vec::new(),
            Op::Filter { input, predicate } => of(vec![predicate], input),
            Op::Limit { input, order, .. } => of(order.iter().map(|key| &key.expr).collect(), input),
            Op::Group { input, keys, .. } => of(keys.iter().map(|key| &key.expr).collect(), input),
            Op::Join { left, right, on, .. } => {
                let mut both = of(on.iter().map(|key| &key.left).collect(), left);
                both.extend(of(on.iter().map(|key| &key.right).collect(), right));
                both
            }
            Op::Distinct { input } => {
                columns(input).into_iter().flat_map(|column| self.origins(input, &column.name)).collect()
            }
        }
    }

    /// What the output column `name` is made from.
    fn origins(&self, frame: &Frame, name: &str) -> Vec<ColumnUse> {
        let place = (std::ptr::from_ref(frame), name.to_owned());
        if let Some(known) = self.known.borrow().get(&place) {
            return known.clone();
        }
        let found = self.look_up(frame, name);
        self.known.borrow_mut().insert(place, found.clone());
        found
    }

    fn look_up(&self, frame: &Frame, name: &str) -> Vec<ColumnUse> {
        let through = |input: &Frame, expr: &Expr| self.made_from(expr, &|_, column| self.origins(input, column));
        match &frame.op {
            Op::Scan { relation, .. } => {
                vec![ColumnUse { relations: vec![relation.clone()], column: name.to_owned(), how: How::Copied }]
            }
            Op::Values { .. } => Vec::new(),
            Op::Project { input, columns: list, rest, .. } => match list.iter().find(|named| named.name == name) {
                Some(named) => through(input, &named.expr),
                None if *rest => self.origins(input, name),
                None => Vec::new(),
            },
            Op::Filter { input, .. } | Op::Distinct { input } | Op::Limit { input, .. } => self.origins(input, name),
            Op::Join { left, right, columns: list, .. } => {
                let side = |of: &Of, column: &str| match of {
                    Of::Right => self.origins(right, column),
                    Of::Either => either(left, right, column),
                    Of::Input | Of::Left | Of::Alias(_) => self.origins(left, column),
                };
                let named = list.iter().find(|named| named.name == name);
                named.map_or_else(Vec::new, |named| self.made_from(&named.expr, &side))
            }
            Op::Group { input, keys, aggregates } => {
                let named = keys.iter().chain(aggregates).find(|named| named.name == name);
                named.map_or_else(Vec::new, |named| through(input, &named.expr))
            }
            Op::Union { inputs } => {
                let at = columns(frame).iter().position(|column| column.name == name);
                let branch = |input: &Frame| {
                    let column = at.and_then(|at| columns(input).into_iter().nth(at));
                    column.map_or_else(Vec::new, |column| self.origins(input, &column.name))
                };
                tidy(inputs.iter().flat_map(|input| branch(input)).collect())
            }
        }
    }

    fn made_from(&self, expr: &Expr, origins: &dyn Fn(&Of, &str) -> Vec<ColumnUse>) -> Vec<ColumnUse> {
        if let Expr::Column(of, name) = expr {
            return origins(of, name);
        }
        let mut found = Vec::new();
        for aside in expr.asides() {
            let column = columns(aside).into_iter().next().map(|column| column.name).unwrap_or_default();
            found.extend(self.origins(aside, &column));
        }
        for (of, name) in uses(expr) {
            found.extend(origins(&of, &name));
        }
        for used in &mut found {
            used.how = used.how.max(How::Computed);
        }
        tidy(found)
    }
}

/// A column of one of two inputs, of which only the database knows which.
fn either(left: &Frame, right: &Frame, name: &str) -> Vec<ColumnUse> {
    let mut relations: Vec<Relation> = [left, right].iter().flat_map(|side| side.relations()).collect();
    relations.dedup();
    vec![ColumnUse { relations, column: name.to_owned(), how: How::Copied }]
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
