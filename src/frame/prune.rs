//! Leaves out columns that nothing uses.
//!
//! In: a frame and the columns that are asked of it. Out: a frame with the same rows, in which no operation computes
//! or carries a column that does not matter. Frames that are shared stay shared.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Expr, Frame, JoinKey, Named, Of, Op, columns, is_open, replace_asides, uses};

/// Stands for the columns of an open scan that nobody has named.
const STAR: &str = "*";

/// The frame with the columns that it has, and below it only what these need.
pub fn prune(frame: &Frame) -> Frame {
    let frame = Arc::new(frame.clone());
    let mut needed: BTreeSet<String> = columns(&frame).into_iter().map(|column| column.name).collect();
    if is_open(&frame) {
        needed.insert(STAR.to_owned());
    }
    let mut pruning = Pruning::default();
    pruning.need(&frame, &needed);
    let pruned = pruning.rebuild(&frame);
    pruned.as_ref().clone()
}

#[derive(Default)]
struct Pruning {
    needs: BTreeMap<usize, BTreeSet<String>>,
    done: BTreeMap<usize, Arc<Frame>>,
}

impl Pruning {
    /// Notes what is asked of a frame, and what it asks of its inputs.
    fn need(&mut self, frame: &Arc<Frame>, names: &BTreeSet<String>) {
        let known = self.needs.entry(key(frame)).or_default();
        let before = known.len();
        known.extend(names.iter().cloned());
        if known.len() == before && before > 0 {
            return;
        }
        let needed = known.clone();
        for (input, names) in inputs(frame, &needed) {
            self.need(&input, &names);
        }
        for aside in frame.op.exprs().into_iter().flat_map(Expr::asides) {
            let all = columns(aside).into_iter().map(|column| column.name).collect();
            self.need(aside, &all);
        }
    }

    fn rebuild(&mut self, frame: &Arc<Frame>) -> Arc<Frame> {
        if let Some(done) = self.done.get(&key(frame)) {
            return done.clone();
        }
        let needed = self.needs.get(&key(frame)).cloned().unwrap_or_default();
        let asides: Vec<(usize, Arc<Frame>)> = frame
            .op
            .exprs()
            .into_iter()
            .flat_map(Expr::asides)
            .map(|aside| (key(aside), self.rebuild(aside)))
            .collect();
        let mut op = self.op(frame, &needed);
        if !asides.is_empty() {
            let rebuilt = |aside: &Arc<Frame>, name: &str| {
                let found = asides.iter().find(|(address, _)| *address == key(aside));
                (found.map_or_else(|| aside.clone(), |(_, rebuilt)| rebuilt.clone()), name.to_owned())
            };
            op = op.map_exprs(&|expr| replace_asides(expr, &rebuilt));
        }
        let rebuilt = Arc::new(Frame::staged(op, frame.stage.clone()));
        self.done.insert(key(frame), rebuilt.clone());
        rebuilt
    }

    fn op(&mut self, frame: &Arc<Frame>, needed: &BTreeSet<String>) -> Op {
        let kept = |list: &[Named]| -> Vec<Named> {
            list.iter().filter(|named| needed.contains(&named.name) || multiplies(&named.expr)).cloned().collect()
        };
        let whole = needed.contains(STAR);
        match &frame.op {
            Op::Scan { relation, columns, open } => Op::Scan {
                relation: relation.clone(),
                columns: columns.iter().filter(|column| whole || needed.contains(&column.name)).cloned().collect(),
                open: *open && whole,
            },
            Op::Values { .. } => frame.op.clone(),
            Op::Project { input, columns, rest, except } => Op::Project {
                input: self.rebuild(input),
                // What a star brings along must be known, to be left out or changed further up.
                columns: if *rest && whole { columns.clone() } else { kept(columns) },
                rest: *rest && whole,
                except: except.clone(),
            },
            Op::Filter { input, predicate } => Op::Filter { input: self.rebuild(input), predicate: predicate.clone() },
            Op::Join { left, right, kind, on, columns } => Op::Join {
                left: self.rebuild(left),
                right: self.rebuild(right),
                kind: *kind,
                on: on.clone(),
                columns: kept(columns),
            },
            Op::Group { input, keys, aggregates } => {
                Op::Group { input: self.rebuild(input), keys: keys.clone(), aggregates: kept(aggregates) }
            }
            Op::Union { inputs } => {
                let names: Vec<String> =
                    columns(frame).into_iter().map(|column| column.name).filter(|name| needed.contains(name)).collect();
                Op::Union { inputs: inputs.iter().map(|input| exactly(self.rebuild(input), &names)).collect() }
            }
            Op::Distinct { input } => Op::Distinct { input: self.rebuild(input) },
            Op::Limit { input, order, count, offset } => {
                Op::Limit { input: self.rebuild(input), order: order.clone(), count: *count, offset: *offset }
            }
        }
    }
}

fn key(frame: &Arc<Frame>) -> usize {
    Arc::as_ptr(frame) as usize
}

/// The frame with exactly these columns, in that order.
fn exactly(frame: Arc<Frame>, names: &[String]) -> Arc<Frame> {
    let same = columns(&frame).iter().map(|column| &column.name).eq(names);
    if same {
        return frame;
    }
    let columns = names.iter().map(|name| Named::column(name)).collect();
    Arc::new(Frame::new(Op::Project { input: frame, columns, rest: false, except: Vec::new() }))
}

/// Whether the column makes several rows of one: it matters also where nothing reads it.
pub fn multiplies(expr: &Expr) -> bool {
    let mut found = false;
    super::walk(expr, &mut |part| found |= matches!(part, Expr::Call(super::Function::Unnest, _)));
    found
}

fn of_exprs<'a>(exprs: impl Iterator<Item = &'a Expr>) -> BTreeSet<String> {
    exprs.flat_map(uses).map(|(_, name)| name).collect()
}

/// What a frame asks of its inputs.
fn inputs(frame: &Frame, needed: &BTreeSet<String>) -> Vec<(Arc<Frame>, BTreeSet<String>)> {
    let kept = |list: &[Named]| -> BTreeSet<String> {
        let used = list.iter().filter(|named| needed.contains(&named.name) || multiplies(&named.expr));
        of_exprs(used.map(|named| &named.expr))
    };
    match &frame.op {
        Op::Scan { .. } | Op::Values { .. } => Vec::new(),
        Op::Project { input, columns, rest, .. } => {
            let mut names = kept(columns);
            if *rest && needed.contains(STAR) {
                names.extend(of_exprs(columns.iter().map(|named| &named.expr)));
            }
            if *rest {
                let named = |name: &&String| columns.iter().any(|named| named.name == **name);
                names.extend(needed.iter().filter(|name| !named(name)).cloned());
            }
            vec![(input.clone(), names)]
        }
        Op::Filter { input, predicate } => {
            let mut names = of_exprs(std::iter::once(predicate));
            names.extend(needed.iter().cloned());
            vec![(input.clone(), names)]
        }
        Op::Join { left, right, on, columns, .. } => {
            let chosen = columns.iter().filter(|named| needed.contains(&named.name));
            let used: Vec<(Of, String)> = chosen.flat_map(|named| uses(&named.expr)).collect();
            let side = |right: bool, expr: fn(&JoinKey) -> &Expr| -> BTreeSet<String> {
                let mut names = of_exprs(on.iter().map(expr));
                for (of, name) in &used {
                    match of {
                        Of::Right if right => names.insert(name.clone()),
                        Of::Either => names.insert(STAR.to_owned()),
                        Of::Input | Of::Left | Of::Alias(_) if !right => names.insert(name.clone()),
                        Of::Input | Of::Left | Of::Right | Of::Alias(_) => false,
                    };
                }
                names
            };
            vec![(left.clone(), side(false, |key| &key.left)), (right.clone(), side(true, |key| &key.right))]
        }
        Op::Group { input, keys, aggregates } => {
            let mut names = of_exprs(keys.iter().map(|named| &named.expr));
            names.extend(kept(aggregates));
            vec![(input.clone(), names)]
        }
        Op::Union { inputs } => inputs.iter().map(|input| (input.clone(), needed.clone())).collect(),
        Op::Distinct { input } => {
            let mut all: BTreeSet<String> = columns(input).into_iter().map(|column| column.name).collect();
            all.insert(STAR.to_owned());
            vec![(input.clone(), all)]
        }
        Op::Limit { input, order, .. } => {
            let mut names = of_exprs(order.iter().map(|key| &key.expr));
            names.extend(needed.iter().cloned());
            vec![(input.clone(), names)]
        }
    }
}
