//! What is remembered of the whole script: which columns are used of what, which frames have names, what is written.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::dataframe::DataFrame;
use super::series::Series;
use crate::frame::{Expr, Frame, Of, Op, is_whole};
use crate::name::Relation;
use crate::read::Place;
use crate::read::python::{Slice, StatementId};
use crate::steps::{Guard, Query};
use crate::text::Span;

/// The columns of a relation that a script names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Demand {
    /// Those that join or group, in the order of their first such use.
    keys: Vec<String>,
    /// All, in the order of their first use.
    all: Vec<String>,
}

impl Demand {
    /// The columns: keys first.
    pub fn columns(&self) -> Vec<String> {
        let others = self.all.iter().filter(|name| !self.keys.contains(name));
        self.keys.iter().chain(others).cloned().collect()
    }
}

/// What one evaluation of the script tells the next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Knowledge {
    /// The columns of relations.
    pub relations: BTreeMap<Relation, Demand>,
    /// Columns of joins, by the join's place, that either input may have.
    pub either: BTreeSet<(Span, String)>,
}

/// A frame that the script has a name for.
#[derive(Debug, Clone)]
pub struct NamedFrame {
    /// The frame. Held, so that its address stays its own.
    pub frame: Arc<Frame>,
    /// The variable.
    pub name: String,
    /// The statements that made it.
    pub statements: BTreeSet<StatementId>,
    /// Where it was made.
    pub span: Span,
    /// Whether columns that only come along may be left out when nothing uses them.
    pub loose: bool,
}

/// A query that the script sends and reads the rows of.
#[derive(Debug, Clone)]
pub struct Source {
    /// What stands for it in frames.
    pub relation: Relation,
    /// What it is.
    pub kind: SourceKind,
    /// The variable that it is bound to; empty for none.
    pub name: String,
    /// The statements that made it.
    pub statements: BTreeSet<StatementId>,
    /// Where.
    pub span: Span,
    /// Where within the statement.
    pub called: Span,
    /// Whether it does something besides giving rows: it is a step also when nothing reads them.
    pub is_kept: bool,
    /// Whether its rows or columns may have labels that a table does not hold.
    pub is_labeled: bool,
    /// The conditions that it stands in.
    pub guards: Vec<Guard>,
}

/// What rows come from that are neither a table nor a frame.
#[derive(Debug, Clone)]
pub enum SourceKind {
    /// A query.
    Query(Box<Query>),
    /// Something that has no SQL.
    Opaque {
        /// Why.
        reason: String,
        /// The text of the statement.
        text: String,
        /// What it is made from.
        inputs: Vec<Arc<Frame>>,
        /// The same as Python, over named inputs: the variables are in the order of `inputs`.
        python: Option<Box<Cut>>,
    },
}

/// What a step that has no SQL is in Python.
#[derive(Debug, Clone)]
pub struct Cut {
    /// The statements that it takes.
    pub slice: Slice,
    /// The frames that its inputs are, in their order.
    pub frames: Vec<Arc<Frame>>,
    /// Whether it takes the code of an earlier step along.
    pub is_joined: bool,
    /// Whether it does a part of the statement after it as well, and no more.
    pub is_extended: bool,
}

/// A frame that is written.
#[derive(Debug, Clone)]
pub struct Sink {
    /// The step that stands for the write already.
    pub step: usize,
    /// What is written.
    pub frame: Arc<Frame>,
    /// The statements that made it.
    pub statements: BTreeSet<StatementId>,
}

/// The state of one evaluation.
#[derive(Debug, Default)]
pub struct Session {
    /// What the evaluation before found out.
    pub known: Knowledge,
    /// What this one finds out.
    pub found: Knowledge,
    /// Frames with names, in the order in which they were first used.
    pub named: Vec<NamedFrame>,
    /// Queries and opaque steps.
    pub sources: Vec<Source>,
    /// The files that were named so far: by the relation's name, where they lie.
    pub files: BTreeMap<String, Place>,
    /// Writes.
    pub sinks: Vec<Sink>,
    /// Groupings of all columns of an open input: they have the columns that are asked for.
    pub open_groups: Vec<Arc<Frame>>,
    /// Statements that do nothing but read: a comment above them tells nothing about what is made of the rows.
    pub reads: BTreeSet<StatementId>,
    /// Statements that call a function of the script in which frames are worked on.
    pub calls: BTreeSet<StatementId>,
    /// Where the order of rows decides that the script does not give: the statement, the place, and what is said of it.
    pub orders: Vec<(Option<StatementId>, Span, String)>,
    /// Columns that were taken from frames, with the frame.
    pub taken: Vec<(Rc<Series>, Rc<DataFrame>)>,
    /// Columns of joins, by the join's place, of which it is not sure which input has them.
    pub guessed: BTreeSet<(Span, String)>,
    /// Queries that were sent through cursors and clients, in order.
    pub asked: Vec<super::queries::Asked>,
    /// The part that runs now, such as a DAG's task.
    pub part: Option<Part>,
}

/// What there was before a part of the script that gives steps of its own.
#[derive(Debug)]
pub struct Part {
    /// The writes: they wait for the end of the script.
    pub sinks: Vec<Sink>,
    /// How many queries and opaque steps.
    pub sources: usize,
    /// What is said of the order of rows when the writes become steps.
    pub orders: Vec<(Option<StatementId>, Span, String)>,
    /// What is said of guessed columns then.
    pub guessed: BTreeSet<(Span, String)>,
}

impl Session {
    /// The columns that are known of a relation, keys first.
    pub fn columns_of(&self, relation: &Relation) -> Vec<String> {
        self.known.relations.get(relation).map(Demand::columns).unwrap_or_default()
    }

    /// The script uses a column of the frame. Whether the frame has it, or can have it.
    pub fn demand(&mut self, frame: &Arc<Frame>, name: &str) -> bool {
        match &frame.op {
            Op::Scan { relation, columns, open } => {
                let known = columns.iter().any(|column| column.name == name);
                if known || *open {
                    let all = &mut self.found.relations.entry(relation.clone()).or_default().all;
                    push(all, name);
                }
                known || *open
            }
            Op::Values { columns, .. } => columns.iter().any(|column| column.name == name),
            Op::Filter { input, .. } | Op::Distinct { input } | Op::Limit { input, .. } => self.demand(input, name),
            Op::Project { input, columns, rest, except } => {
                let hidden = except.iter().any(|hidden| hidden == name);
                columns.iter().any(|named| named.name == name) || (*rest && !hidden && self.demand(input, name))
            }
            Op::Join { columns, left, right, .. } => {
                let expr = columns.iter().find(|named| named.name == name).map(|named| &named.expr);
                let either = matches!(expr, Some(Expr::Column(Of::Either, _)));
                (expr.is_some() && !either) || self.demand_of_side(frame, left, right, name)
            }
            Op::Group { keys, aggregates, input } => {
                let known = keys.iter().chain(aggregates).any(|named| named.name == name);
                let open = self.open_groups.iter().any(|open| Arc::ptr_eq(open, frame));
                known || (open && self.demand(input, name))
            }
            Op::Union { inputs } => {
                let mut all = !inputs.is_empty();
                for input in inputs {
                    all &= self.demand(input, name);
                }
                all
            }
        }
    }

    /// Of which input of a join a column is that neither is known to have: the one that can have it; of two that
    /// can, the one that the script names it of elsewhere; else the database must find it.
    fn demand_of_side(&mut self, join: &Frame, left: &Arc<Frame>, right: &Arc<Frame>, name: &str) -> bool {
        match (self.can_have(left), self.can_have(right)) {
            (false, false) => false,
            (true, false) => self.demand(left, name),
            (false, true) => self.demand(right, name),
            (true, true) => {
                let (of_left, of_right) = (self.is_known(left, name), self.is_known(right, name));
                if of_left || of_right {
                    return self.demand(if of_left { left } else { right }, name);
                }
                let place = join.stage.span.map(|span| (span, name.to_owned()));
                if is_of_one_scan(left) && is_of_one_scan(right) {
                    if !is_whole(left) || !is_whole(right) {
                        self.guessed.extend(place.clone());
                    }
                    self.found.either.extend(place);
                    return true;
                }
                self.guessed.extend(place);
                self.demand(left, name)
            }
        }
    }

    /// Whether the frame may have columns that are not known.
    pub fn can_have(&self, frame: &Arc<Frame>) -> bool {
        match &frame.op {
            Op::Scan { open, .. } => *open,
            Op::Values { .. } => false,
            Op::Filter { input, .. } | Op::Distinct { input } | Op::Limit { input, .. } => self.can_have(input),
            Op::Project { input, rest, .. } => *rest && self.can_have(input),
            Op::Join { left, right, .. } => self.can_have(left) || self.can_have(right),
            Op::Group { input, .. } => {
                self.open_groups.iter().any(|open| Arc::ptr_eq(open, frame)) && self.can_have(input)
            }
            Op::Union { inputs } => inputs.iter().all(|input| self.can_have(input)),
        }
    }

    /// Whether the script names the column of a relation that the frame reads.
    fn is_known(&self, frame: &Frame, name: &str) -> bool {
        let of = |known: &Knowledge, relation: &Relation| {
            known.relations.get(relation).is_some_and(|demand| demand.all.iter().any(|known| known == name))
        };
        frame.relations().iter().any(|relation| of(&self.known, relation) || of(&self.found, relation))
    }

    /// The column joins or groups: it comes first among the columns of its relation.
    pub fn mark_key(&mut self, frame: &Frame, name: &str) {
        let mut follow = |input: &Frame, expr: &Expr| {
            if let Expr::Column(_, column) = expr {
                self.mark_key(input, column);
            }
        };
        match &frame.op {
            Op::Scan { relation, .. } => {
                push(&mut self.found.relations.entry(relation.clone()).or_default().keys, name);
            }
            Op::Values { .. } | Op::Union { .. } => {}
            Op::Filter { input, .. } | Op::Distinct { input } | Op::Limit { input, .. } => self.mark_key(input, name),
            Op::Project { input, columns, .. } => match columns.iter().find(|named| named.name == name) {
                Some(named) => follow(input, &named.expr),
                None => self.mark_key(input, name),
            },
            Op::Group { input, keys, .. } => {
                if let Some(named) = keys.iter().find(|named| named.name == name) {
                    follow(input, &named.expr);
                }
            }
            Op::Join { left, right, columns, .. } => {
                if let Some(named) = columns.iter().find(|named| named.name == name) {
                    let of_right = matches!(named.expr, Expr::Column(Of::Right, _));
                    follow(if of_right { right } else { left }, &named.expr);
                }
            }
        }
    }

    /// The name of the frame, when the script has one for it.
    pub fn name_of(&self, frame: &Arc<Frame>) -> Option<&NamedFrame> {
        self.named.iter().rev().find(|named| Arc::ptr_eq(&named.frame, frame))
    }
}

/// Whether the frame is nothing but an open scan with columns computed and rows left out.
fn is_of_one_scan(frame: &Frame) -> bool {
    match &frame.op {
        Op::Scan { open, .. } => *open,
        Op::Project { input, rest, .. } => *rest && is_of_one_scan(input),
        Op::Filter { input, .. } => is_of_one_scan(input),
        Op::Values { .. }
        | Op::Join { .. }
        | Op::Group { .. }
        | Op::Union { .. }
        | Op::Distinct { .. }
        | Op::Limit { .. } => false,
    }
}

fn push(list: &mut Vec<String>, name: &str) {
    if !list.iter().any(|known| known == name) {
        list.push(name.to_owned());
    }
}
