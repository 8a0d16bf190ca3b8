//! The relational form that DataFrame scripts become: scan, project, filter, join, group, union, sort, limit.
//!
//! In: nothing; these are types and pure functions over them. Out: pandas' own meaning, explicit (three-valued logic,
//! missing keys, row order), so that `sql` can print it for any dialect without knowing pandas. Never holds pandas'
//! names for things: an expression here means what the same expression means in SQL.

mod expr;
mod facts;
mod prune;
mod rewrite;
mod show;
#[cfg(test)]
mod tests;
mod time;

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use crate::name::Relation;
use crate::text::Span;

pub use expr::{Aggregate, Binary, Bound, Expr, Function, Literal, Of, Parameter, Part, SortKey, Type, Unary, Window};
pub use facts::{columns, expr_type, is_open, is_whole, key, left_out, not_null_where, nullable};
pub use prune::{multiplies, prune};
pub use rewrite::{Aside, children, is_heavy, map_children, replace, replace_asides, shift, substitute, uses, walk};
pub use show::{show, show_expr};
pub use time::{TIME_PARTS, is_known_format};

/// A table-valued expression, with the name that the script gave it. Frames are shared: what is asked of them goes
/// through each one once ([`Frame::each`]), and what follows from the operation is kept.
#[derive(Clone)]
pub struct Frame {
    /// What it does; never changed later, as the rest follows from it.
    pub op: Op,
    /// What the script calls it: the name of its CTE, when it needs one.
    pub stage: Stage,
    columns: OnceLock<Vec<Column>>,
    open: OnceLock<bool>,
}

impl PartialEq for Frame {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || (self.op == other.op && self.stage == other.stage)
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&show(self))
    }
}

/// What a script says about a frame.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stage {
    /// The variable that it is bound to; empty for none.
    pub name: String,
    /// Where it is made.
    pub span: Option<Span>,
    /// The author's comment above it, without marks; or empty.
    pub comment: String,
}

/// What is known of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name, as the script writes it.
    pub name: String,
    /// Its type, as far as it is known.
    pub ty: Type,
    /// Whether it can be missing.
    pub nullable: bool,
}

impl Column {
    /// A column of which only the name is known.
    pub fn unknown(name: impl Into<String>) -> Self {
        Self { name: name.into(), ty: Type::Unknown, nullable: true }
    }
}

/// An output column: its name and what it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// What it is, in terms of the input's columns.
    pub expr: Expr,
}

impl Named {
    /// A named expression.
    pub fn new(name: impl Into<String>, expr: Expr) -> Self {
        Self { name: name.into(), expr }
    }

    /// The input's column of that name, unchanged.
    pub fn column(name: &str) -> Self {
        Self::new(name, Expr::column(name))
    }
}

/// How the rows of two inputs meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are SQL's own")]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
    Cross,
    /// Rows of the left input that have a match.
    Semi,
    /// Rows of the left input that have none.
    Anti,
}

/// A pair of columns that must be equal.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinKey {
    /// Over the left input's columns.
    pub left: Expr,
    /// Over the right input's columns.
    pub right: Expr,
    /// Whether a missing key meets a missing key.
    pub null_safe: bool,
}

/// The operations.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// Rows of a relation: a source table, or another step of the script.
    Scan {
        /// The relation.
        relation: Relation,
        /// The columns that are known or needed, in order.
        columns: Vec<Column>,
        /// Whether the relation may have more columns, which come along.
        open: bool,
    },
    /// Literal rows.
    Values {
        /// The columns.
        columns: Vec<Column>,
        /// The rows: as many literals as there are columns.
        rows: Vec<Vec<Literal>>,
    },
    /// Columns are computed, renamed, left out.
    Project {
        /// The input.
        input: Arc<Frame>,
        /// The output columns, in order.
        columns: Vec<Named>,
        /// Whether columns of an open input that nobody names come along too.
        rest: bool,
        /// Columns of the input that do not come along: they were renamed or left out.
        except: Vec<String>,
    },
    /// Rows of which the predicate is true.
    Filter {
        /// The input.
        input: Arc<Frame>,
        /// The condition; a NULL drops the row.
        predicate: Expr,
    },
    /// Rows of two inputs, side by side. Columns refer to `Of::Left` and `Of::Right`.
    Join {
        /// The left input.
        left: Arc<Frame>,
        /// The right input.
        right: Arc<Frame>,
        /// How they meet.
        kind: JoinKind,
        /// What must be equal.
        on: Vec<JoinKey>,
        /// The output columns, in order.
        columns: Vec<Named>,
    },
    /// One row a group; without keys, one row in all.
    Group {
        /// The input.
        input: Arc<Frame>,
        /// The keys.
        keys: Vec<Named>,
        /// The aggregates.
        aggregates: Vec<Named>,
    },
    /// The rows of all inputs, which have the same columns in the same order.
    Union {
        /// The inputs.
        inputs: Vec<Arc<Frame>>,
    },
    /// Each different row once.
    Distinct {
        /// The input.
        input: Arc<Frame>,
    },
    /// The first `count` rows after `offset` in an order.
    Limit {
        /// The input.
        input: Arc<Frame>,
        /// The order; empty for the order in which the database returns them.
        order: Vec<SortKey>,
        /// How many.
        count: u64,
        /// How many are passed over first.
        offset: u64,
    },
}

impl Op {
    /// The expressions that stand in it.
    pub fn exprs(&self) -> Vec<&Expr> {
        match self {
            Self::Scan { .. } | Self::Values { .. } | Self::Union { .. } | Self::Distinct { .. } => Vec::new(),
            Self::Project { columns, .. } => columns.iter().map(|named| &named.expr).collect(),
            Self::Filter { predicate, .. } => vec![predicate],
            Self::Join { on, columns, .. } => {
                let keys = on.iter().flat_map(|key| [&key.left, &key.right]);
                keys.chain(columns.iter().map(|named| &named.expr)).collect()
            }
            Self::Group { keys, aggregates, .. } => keys.iter().chain(aggregates).map(|named| &named.expr).collect(),
            Self::Limit { order, .. } => order.iter().map(|key| &key.expr).collect(),
        }
    }

    /// The same with each expression changed.
    #[must_use]
    pub fn map_exprs(&self, change: &dyn Fn(&Expr) -> Expr) -> Self {
        let all = |list: &[Named]| list.iter().map(|named| Named::new(&named.name, change(&named.expr))).collect();
        let mut made = self.clone();
        match &mut made {
            Self::Scan { .. } | Self::Values { .. } | Self::Union { .. } | Self::Distinct { .. } => {}
            Self::Project { columns, .. } => *columns = all(columns),
            Self::Filter { predicate, .. } => *predicate = change(predicate),
            Self::Join { on, columns, .. } => {
                for key in on.iter_mut() {
                    (key.left, key.right) = (change(&key.left), change(&key.right));
                }
                *columns = all(columns);
            }
            Self::Group { keys, aggregates, .. } => {
                *keys = all(keys);
                *aggregates = all(aggregates);
            }
            Self::Limit { order, .. } => {
                for key in order.iter_mut() {
                    key.expr = change(&key.expr);
                }
            }
        }
        made
    }
}

impl Frame {
    /// A frame without a name.
    pub fn new(op: Op) -> Self {
        Self::staged(op, Stage::default())
    }

    /// A frame with what the script says about it.
    pub fn staged(op: Op, stage: Stage) -> Self {
        Self { op, stage, columns: OnceLock::new(), open: OnceLock::new() }
    }

    /// Rows of a relation of which these columns are needed.
    pub fn scan(relation: Relation, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|name| Column::unknown(*name)).collect();
        Self::new(Op::Scan { relation, columns, open: false })
    }

    /// The same frame under a name.
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.stage.name);
        self
    }

    /// The frames that it is made from, in order: the inputs, then what expressions read besides.
    pub fn inputs(&self) -> Vec<&Arc<Self>> {
        let mut found = self.sides();
        found.extend(self.op.exprs().into_iter().flat_map(Expr::asides));
        found
    }

    fn sides(&self) -> Vec<&Arc<Self>> {
        match &self.op {
            Op::Scan { .. } | Op::Values { .. } => Vec::new(),
            Op::Project { input, .. }
            | Op::Filter { input, .. }
            | Op::Group { input, .. }
            | Op::Distinct { input }
            | Op::Limit { input, .. } => vec![input],
            Op::Join { left, right, .. } => vec![left, right],
            Op::Union { inputs } => inputs.iter().collect(),
        }
    }

    /// Shows it and what it is made from, each frame once and before what it reads; where `visit` says no, what only
    /// that frame reads is passed over.
    pub fn each<'a>(&'a self, visit: &mut dyn FnMut(&'a Self) -> bool) {
        fn go<'a>(frame: &'a Frame, seen: &mut BTreeSet<*const Frame>, visit: &mut dyn FnMut(&'a Frame) -> bool) {
            if seen.insert(std::ptr::from_ref(frame)) && visit(frame) {
                for input in frame.inputs() {
                    go(input, seen, visit);
                }
            }
        }
        go(self, &mut BTreeSet::new(), visit);
    }

    /// The relations that it reads, in order, each once.
    pub fn relations(&self) -> Vec<Relation> {
        let mut found: Vec<Relation> = Vec::new();
        self.each(&mut |frame| {
            if let Op::Scan { relation, .. } = &frame.op
                && !found.contains(relation)
            {
                found.push(relation.clone());
            }
            true
        });
        found
    }
}
