//! Cuts frames where steps begin: what is a step of its own is read like a table.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::frame::{Column, Expr, Frame, Op, Stage, columns, is_open, replace_asides};
use crate::name::Relation;

/// What is cut where.
#[derive(Debug, Default)]
pub struct Relinker {
    /// Steps: the relation of each frame, by its address.
    pub steps: BTreeMap<usize, Relation>,
    /// Names of frames that are no steps, by address.
    pub names: BTreeMap<usize, String>,
    /// What stands for a query or an opaque step, and the relation that it became.
    pub sources: BTreeMap<Relation, Relation>,
    done: BTreeMap<usize, Arc<Frame>>,
}

/// A frame's address.
pub fn address(frame: &Arc<Frame>) -> usize {
    Arc::as_ptr(frame) as usize
}

impl Relinker {
    /// The frame of a step or of a write, with what it reads cut off.
    pub fn body(&mut self, frame: &Arc<Frame>) -> Frame {
        let stage = Stage { name: String::new(), ..frame.stage.clone() };
        Frame::staged(self.op(&frame.op), stage)
    }

    fn relink(&mut self, frame: &Arc<Frame>) -> Arc<Frame> {
        if let Some(done) = self.done.get(&address(frame)) {
            return done.clone();
        }
        let made = if let Some(relation) = self.steps.get(&address(frame)) {
            let op = Op::Scan { relation: relation.clone(), columns: columns(frame), open: is_open(frame) };
            Frame::new(op)
        } else {
            let name = self.names.get(&address(frame)).unwrap_or(&frame.stage.name).clone();
            Frame::staged(self.op(&frame.op), Stage { name, ..frame.stage.clone() })
        };
        let made = Arc::new(made);
        self.done.insert(address(frame), made.clone());
        made
    }

    fn op(&mut self, op: &Op) -> Op {
        let asides: Vec<(usize, Arc<Frame>)> =
            op.exprs().into_iter().flat_map(Expr::asides).map(|aside| (address(aside), self.relink(aside))).collect();
        let inner = self.inputs(op);
        if asides.is_empty() {
            return inner;
        }
        let relinked = |aside: &Arc<Frame>, name: &str| {
            let found = asides.iter().find(|(known, _)| *known == address(aside));
            (found.map_or_else(|| aside.clone(), |(_, made)| made.clone()), name.to_owned())
        };
        inner.map_exprs(&|expr| replace_asides(expr, &relinked))
    }

    fn inputs(&mut self, op: &Op) -> Op {
        match op {
            Op::Scan { relation, columns, open } => {
                let real = self.sources.get(relation).unwrap_or(relation);
                Op::Scan { relation: real.clone(), columns: columns.clone(), open: *open }
            }
            Op::Values { .. } => op.clone(),
            Op::Project { input, columns, rest, except } => {
                Op::Project { input: self.relink(input), columns: columns.clone(), rest: *rest, except: except.clone() }
            }
            Op::Filter { input, predicate } => Op::Filter { input: self.relink(input), predicate: predicate.clone() },
            Op::Join { left, right, kind, on, columns } => Op::Join {
                left: self.relink(left),
                right: self.relink(right),
                kind: *kind,
                on: on.clone(),
                columns: columns.clone(),
            },
            Op::Group { input, keys, aggregates } => {
                Op::Group { input: self.relink(input), keys: keys.clone(), aggregates: aggregates.clone() }
            }
            Op::Union { inputs } => Op::Union { inputs: inputs.iter().map(|input| self.relink(input)).collect() },
            Op::Distinct { input } => Op::Distinct { input: self.relink(input) },
            Op::Limit { input, order, count, offset } => {
                Op::Limit { input: self.relink(input), order: order.clone(), count: *count, offset: *offset }
            }
        }
    }
}

/// The columns that the frame reads of each relation, and whether it reads all of them.
pub fn reads(frame: &Frame, found: &mut BTreeMap<Relation, (Vec<Column>, bool)>) {
    frame.each(&mut |frame| {
        if let Op::Scan { relation, columns, open } = &frame.op {
            let (known, all) = found.entry(relation.clone()).or_default();
            *all |= open;
            for column in columns {
                if !known.iter().any(|other| other.name == column.name) {
                    known.push(column.clone());
                }
            }
        }
        true
    });
}
