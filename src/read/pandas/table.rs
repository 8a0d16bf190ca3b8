//! A DataFrame's value at one moment: a base frame, columns as expressions over it, an index, an order.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use super::context::{Answer, Context, refuse};
use crate::frame::{
    self, Binary, Column, Expr, Frame, Function, Literal, Named, Of, Op, SortKey, Type, replace, substitute, uses, walk,
};
use crate::read::python::StatementId;
use crate::text::Span;

/// A DataFrame's value at one moment.
#[derive(Debug, Clone)]
pub struct Table {
    /// The rows.
    pub base: Arc<Frame>,
    /// The columns that are known, over `base`.
    pub columns: Vec<Named>,
    /// Whether columns of `base` that nobody has named come along.
    pub rest: bool,
    /// Columns of `base` that do not come along.
    pub except: Vec<String>,
    /// The index, over `base`; empty for the numbers of the rows.
    pub index: Vec<Named>,
    /// What the rows are sorted by, over `base`; empty when that is not known.
    pub order: Vec<SortKey>,
    /// Whether the numbers of the rows are 0, 1, 2, … (no filter or sort since the rows were read).
    pub numbered: bool,
    /// What the labels of the rows go back to: rows of tables with other labels do not meet by label.
    pub labels: Rc<()>,
    /// Whether the values are taken without their labels: they meet rows by place alone.
    pub by_place: bool,
    /// The statements that made it.
    pub statements: BTreeSet<StatementId>,
    /// Where it was made.
    pub span: Span,
}

impl Table {
    /// All columns of a frame.
    pub fn over(context: &Context, base: Frame, span: Span) -> Self {
        let mut base = base;
        base.stage.span.get_or_insert(span);
        let base = Arc::new(base);
        let columns = frame::columns(&base).iter().map(|column| Named::column(&column.name)).collect();
        let rest = context.session().borrow().can_have(&base);
        let statements = context.statements();
        Self {
            base,
            columns,
            rest,
            except: Vec::new(),
            index: Vec::new(),
            order: Vec::new(),
            numbered: false,
            labels: Rc::new(()),
            by_place: false,
            statements,
            span,
        }
    }

    /// The rows are numbered anew: they meet those of earlier tables no more, unless the numbers are the same.
    #[must_use]
    pub fn renumbered(mut self) -> Self {
        if !self.numbered {
            self.labels = Rc::new(());
            self.numbered = true;
        }
        self
    }

    /// Whether a value of each row of `other` belongs to the row of this table that stands at its place or has its label.
    pub fn meets(&self, other: &Self) -> bool {
        if !other.by_place {
            return Rc::ptr_eq(&self.labels, &other.labels);
        }
        let lifted = |key: &SortKey| Some(SortKey { expr: lift(&key.expr, &other.base, &self.base)?, ..key.clone() });
        let order: Option<Vec<SortKey>> = other.order.iter().map(lifted).collect();
        same_rows(&self.base, &other.base) && order.is_some_and(|order| order == self.order)
    }

    /// The same with other rows: what was made from several keeps the statements of all.
    pub fn with_statements(mut self, others: &[&Self]) -> Self {
        for other in others {
            self.statements.extend(other.statements.iter().copied());
        }
        self
    }

    /// The names of the columns that are known.
    pub fn names(&self) -> Vec<String> {
        self.columns.iter().map(|named| named.name.clone()).collect()
    }

    /// The expression that a column of the base was computed as, before columns were only carried along.
    pub fn made_as(&self, expr: &Expr) -> Expr {
        let (mut frame, mut expr) = (&self.base, expr.clone());
        while let Expr::Column(_, name) = &expr {
            let name = name.clone();
            frame = match &frame.op {
                Op::Project { input, columns, .. } => {
                    if let Some(named) = columns.iter().find(|named| named.name == name) {
                        expr = named.expr.clone();
                    }
                    input
                }
                Op::Filter { input, .. } | Op::Distinct { input } | Op::Limit { input, .. } => input,
                Op::Scan { .. } | Op::Values { .. } | Op::Join { .. } | Op::Group { .. } | Op::Union { .. } => break,
            };
        }
        expr
    }

    /// What is known of a column of the base.
    pub fn facts(&self) -> impl Fn(&Of, &str) -> Option<Column> + use<> {
        let columns = frame::columns(&self.base);
        move |_: &Of, name: &str| columns.iter().find(|column| column.name == name).cloned()
    }

    /// The type of an expression over the base.
    pub fn type_of(&self, expr: &Expr) -> Type {
        frame::expr_type(expr, &self.facts())
    }

    /// Whether an expression over the base can be missing.
    pub fn nullable(&self, expr: &Expr) -> bool {
        frame::nullable(expr, &self.facts())
    }

    /// The column of that name, or the level of the index.
    pub fn column(&mut self, context: &Context, name: &str) -> Answer<Expr> {
        if let Some(named) = self.columns.iter().chain(&self.index).find(|named| named.name == name) {
            let expr = named.expr.clone();
            for (_, used) in uses(&expr) {
                context.session().borrow_mut().demand(&self.base, &used);
            }
            return Ok(expr);
        }
        let hidden = self.except.iter().any(|hidden| hidden == name);
        if self.rest && !hidden && context.session().borrow_mut().demand(&self.base, name) {
            self.columns.push(Named::column(name));
            return Ok(Expr::column(name));
        }
        refuse(format!("there is no column `{name}`"))
    }

    /// A column that joins, groups or sorts.
    pub fn key(&mut self, context: &Context, name: &str) -> Answer<Expr> {
        let expr = self.column(context, name)?;
        if let Expr::Column(_, column) = &expr {
            context.session().borrow_mut().mark_key(&self.base, column);
        }
        Ok(expr)
    }

    /// Whether there is a column of that name, as far as it is known.
    pub fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|named| named.name == name)
    }

    /// The name, with a number where a column or a level of the index has it.
    pub fn free_name(&self, wanted: &str) -> String {
        let is_taken = |name: &String| self.columns.iter().chain(&self.index).any(|named| named.name == *name);
        let numbered = (2..=9999).map(|number| format!("{wanted}_{number}"));
        let mut names = std::iter::once(wanted.to_owned()).chain(numbered);
        names.find(|name| !is_taken(name)).unwrap_or_default()
    }

    /// Sets a column. One that is there keeps its place.
    pub fn set(&mut self, name: &str, expr: Expr) {
        match self.columns.iter_mut().find(|named| named.name == name) {
            Some(named) => named.expr = expr,
            None => self.columns.push(Named::new(name, expr)),
        }
    }

    /// The frame with exactly these columns.
    pub fn frame(&self) -> Arc<Frame> {
        self.project(&self.columns)
    }

    fn project(&self, columns: &[Named]) -> Arc<Frame> {
        let all = frame::columns(&self.base);
        let same = all.len() == columns.len()
            && all.iter().zip(columns).all(|(column, named)| *named == Named::column(&column.name));
        if same && self.except.is_empty() && (self.rest || !frame::is_open(&self.base)) {
            return self.base.clone();
        }
        let op = Op::Project {
            input: self.base.clone(),
            columns: columns.to_vec(),
            rest: self.rest,
            except: self.except.clone(),
        };
        let mut made = Frame::new(op);
        made.stage.span = Some(self.span);
        Arc::new(made)
    }

    /// The same rows and columns, with every column computed: a base of its own.
    pub fn sealed(&self) -> Self {
        let mut columns: Vec<Named> = Vec::new();
        for named in self.index.iter().chain(&self.columns) {
            if !columns.iter().any(|known| known.name == named.name) {
                columns.push(named.clone());
            }
        }
        let mut hidden = Vec::new();
        for key in
            self.order.iter().filter(|key| columns.iter().all(|named| named.expr != key.expr)).collect::<Vec<_>>()
        {
            let is_free = |name: &str| columns.iter().all(|named| named.name != name);
            let comes_along = |name: &String| self.rest && is_free(name) && !self.except.contains(name);
            if matches!(&key.expr, Expr::Column(_, name) if comes_along(name)) {
                continue;
            }
            let own = match &key.expr {
                Expr::Column(_, name) if is_free(name) => name.clone(),
                _ => (1..=99).map(|at| format!("sort_key_{at}")).find(|name| is_free(name)).unwrap_or_default(),
            };
            columns.push(Named::new(&own, key.expr.clone()));
            hidden.push(own);
        }
        let base = self.project(&columns);
        let same = |list: &[Named]| list.iter().map(|named| Named::column(&named.name)).collect();
        let order = self.order.iter().map_while(|key| carried(key, &columns)).collect::<Vec<_>>();
        let (columns, index) = (same(&self.columns), same(&self.index));
        let mut sealed = Self { base, columns, index, order, except: Vec::new(), ..self.clone() };
        // What rows are only sorted by does not come along.
        for name in &hidden {
            sealed.hide(name);
        }
        sealed
    }

    /// Other rows over the sealed base: filtered, limited, made distinct.
    pub fn rebased(&self, context: &Context, op: Op) -> Self {
        let mut base = Frame::new(op);
        base.stage.span = Some(context.span);
        let mut statements = self.statements.clone();
        statements.extend(context.statements());
        Self { base: Arc::new(base), numbered: false, statements, span: context.span, ..self.clone() }
    }

    /// The rows of which the condition, over the base, is true.
    pub fn filter(&self, context: &Context, predicate: Expr) -> Self {
        // A window sees all rows, so it is computed before the filter.
        let predicate = without_defaults(predicate);
        self.rebased(context, Op::Filter { input: self.base.clone(), predicate })
    }
}

/// The condition of a filter without `coalesce(…, false)` round its parts: a NULL drops the row as well.
pub fn without_defaults(predicate: Expr) -> Expr {
    match predicate {
        Expr::Binary(operator @ (Binary::And | Binary::Or), left, right) => {
            Expr::binary(operator, without_defaults(*left), without_defaults(*right))
        }
        Expr::Call(Function::Coalesce, mut arguments)
            if matches!(arguments.as_slice(), [_, Expr::Literal(Literal::Bool(false))]) =>
        {
            without_defaults(arguments.remove(0))
        }
        other => other,
    }
}

/// The sort key in terms of the output columns; none when its column does not come out.
fn carried(key: &SortKey, columns: &[Named]) -> Option<SortKey> {
    let whole = columns.iter().find(|named| named.expr == key.expr);
    let expr = whole.map(|named| Expr::column(&named.name))?;
    Some(SortKey { expr, ..key.clone() })
}

/// The expression over `from` as one over `to`, when the rows of one are among those of the other.
pub fn lift(expr: &Expr, from: &Arc<Frame>, to: &Arc<Frame>) -> Option<Expr> {
    if Arc::ptr_eq(from, to) {
        return Some(expr.clone());
    }
    if let Some(path) = path(to, from) {
        return path.iter().rev().try_fold(expr.clone(), |expr, step| upward(&expr, step));
    }
    path(from, to)?.iter().try_fold(expr.clone(), |expr, step| downward(&expr, step))
}

/// Whether both have the same rows, with columns computed in one from the other at most.
pub fn same_rows(one: &Arc<Frame>, other: &Arc<Frame>) -> bool {
    let projects = |list: Vec<&Arc<Frame>>| list.iter().all(|frame| matches!(frame.op, Op::Project { .. }));
    Arc::ptr_eq(one, other) || path(one, other).is_some_and(projects) || path(other, one).is_some_and(projects)
}

/// The frames from `top` down to, and without, `bottom`.
fn path<'a>(top: &'a Arc<Frame>, bottom: &Arc<Frame>) -> Option<Vec<&'a Arc<Frame>>> {
    let mut found = Vec::new();
    let mut at = top;
    while !Arc::ptr_eq(at, bottom) {
        found.push(at);
        at = match &at.op {
            Op::Project { input, .. } | Op::Filter { input, .. } | Op::Limit { input, .. } => input,
            Op::Join { left, kind: crate::frame::JoinKind::Left, .. } => left,
            Op::Scan { .. }
            | Op::Values { .. }
            | Op::Join { .. }
            | Op::Group { .. }
            | Op::Union { .. }
            | Op::Distinct { .. } => return None,
        };
    }
    Some(found)
}

/// The expression over the input of `step` as one over its output.
fn upward(expr: &Expr, step: &Frame) -> Option<Expr> {
    if let Op::Join { columns, .. } = &step.op {
        return beside(expr, columns);
    }
    let Op::Project { columns, rest, except, .. } = &step.op else {
        // Fewer rows: what was computed over neighbours is not the same any more.
        return (!sees_other_rows(expr)).then(|| expr.clone());
    };
    let lost = Cell::new(false);
    let lifted = replace(expr, &|part| {
        if let Some(named) = columns.iter().find(|named| named.expr == *part) {
            return Some(Expr::column(&named.name));
        }
        let Expr::Column(_, name) = part else { return None };
        let hidden = except.iter().any(|hidden| hidden == name) || columns.iter().any(|named| named.name == *name);
        lost.set(lost.get() || hidden || !*rest);
        None
    });
    (!lost.get()).then_some(lifted)
}

/// The expression over the left input of a join as one over its output.
fn beside(expr: &Expr, columns: &[Named]) -> Option<Expr> {
    if sees_other_rows(expr) {
        return None;
    }
    let lost = Cell::new(false);
    let lifted = replace(expr, &|part| {
        let Expr::Column(_, name) = part else { return None };
        if let Some(named) = columns.iter().find(|named| named.expr == Expr::left(name)) {
            return Some(Expr::column(&named.name));
        }
        lost.set(lost.get() || columns.iter().any(|named| named.name == *name));
        None
    });
    (!lost.get()).then_some(lifted)
}

/// The expression over the output of `step` as one over its input.
pub fn downward(expr: &Expr, step: &Frame) -> Option<Expr> {
    let Op::Project { columns, .. } = &step.op else { return None };
    let input = |name: &str| columns.iter().find(|named| named.name == name).map(|named| named.expr.clone());
    Some(substitute(expr, &|_, name| input(name)))
}

/// Whether the expression depends on more than its own row.
pub fn sees_other_rows(expr: &Expr) -> bool {
    let mut found = false;
    walk(expr, &mut |part| found |= matches!(part, Expr::Window(_) | Expr::Aggregate { .. }));
    found
}

impl Table {
    /// Gives columns other names, all at once. A column that is not there is passed over, as pandas does.
    pub fn rename(&mut self, context: &Context, pairs: &[(String, String)]) -> Answer<()> {
        let mut found = Vec::new();
        for (from, to) in pairs {
            if self.has(from) || (self.rest && self.column(context, from).is_ok()) {
                found.push((from, to));
            }
        }
        for named in &mut self.columns {
            if let Some((_, to)) = found.iter().find(|(from, _)| **from == named.name) {
                named.name.clone_from(to);
            }
        }
        for (from, _) in found {
            self.hide(from);
        }
        let mut names = BTreeSet::new();
        match self.columns.iter().find(|named| !names.insert(&named.name)) {
            Some(twice) => refuse(format!("two columns are called `{}`", twice.name)),
            None => Ok(()),
        }
    }

    /// The column must not come along with the columns that nobody names.
    pub fn hide(&mut self, name: &str) {
        if self.rest && !self.except.iter().any(|hidden| hidden == name) {
            self.except.push(name.to_owned());
        }
    }
}
