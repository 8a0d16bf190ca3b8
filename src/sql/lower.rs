//! From frames to SELECT statements: as few layers as the meaning allows.
//!
//! In: a frame. Out: SELECT statements as data. Each operation is put into the SELECT of its input where SQL's order
//! of evaluation gives the same rows; else the input becomes a CTE, named as the script names it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::select::{Body, Condition, Item, Lowered, Select, Star, Table, has_window, weight};
use super::stages::staged;
use crate::frame::{
    self, Binary, Expr, Frame, JoinKey, JoinKind, Named, Of, Op, SortKey, Type, Unary, substitute, uses,
};

/// An expression with more nodes than this is not written twice.
const LIGHT: usize = 3;

/// The frame as SELECT statements.
pub fn lower(frame: &Frame) -> Lowered {
    let scanned = frame.relations().iter().map(|relation| relation.name().to_lowercase()).collect();
    let mut lowering = Lowering { ctes: Vec::new(), taken: scanned, made: BTreeMap::new() };
    let frame = Arc::new(frame.clone());
    let mut body = lowering.body(&frame);
    let mut ctes = lowering.ctes;
    for body in ctes.iter_mut().map(|(_, body)| body).chain([&mut body]) {
        match body {
            Body::Select(select) => one_row(select),
            Body::Union(branches) => branches.iter_mut().for_each(one_row),
        }
    }
    Lowered { ctes, body }
}

/// A group of all rows of which nothing is counted is one row: it needs no rows to be read, and with them SQL would give
/// one for each.
fn one_row(select: &mut Select) {
    let mut counts = !select.having.is_empty();
    for named in &select.columns {
        frame::walk(&named.expr, &mut |expr| counts |= matches!(expr, Expr::Aggregate { .. }));
    }
    if select.group.as_ref().is_some_and(Vec::is_empty) && !counts {
        select.from.clear();
        select.conditions.clear();
    }
}

struct Lowering {
    ctes: Vec<(String, Body)>,
    /// Names that no CTE may have.
    taken: Vec<String>,
    /// CTEs by the address of the frame that they stand for: a frame that is used twice is one CTE. The frame stays, so that
    /// no other one gets its address.
    made: BTreeMap<usize, (Arc<Frame>, String)>,
}

impl Lowering {
    fn body(&mut self, frame: &Arc<Frame>) -> Body {
        if let Op::Union { inputs } = &frame.op {
            return Body::Union(inputs.iter().map(|input| self.branch(input)).collect());
        }
        Body::Select(Box::new(self.select(frame)))
    }

    /// A branch of a union: it must not end in an order or limit of its own.
    fn branch(&mut self, input: &Arc<Frame>) -> Select {
        let select = self.select(input);
        if select.limit.is_some() { self.wrap(input, select) } else { select }
    }

    fn select(&mut self, frame: &Arc<Frame>) -> Select {
        if let Some((_, name)) = self.made.get(&key(frame)) {
            return from_cte(name, frame);
        }
        match &self.with_asides(&frame.op) {
            Op::Scan { relation, .. } => from_table(Table::Relation(relation.clone()), relation.name(), frame),
            Op::Values { columns, rows } => {
                let columns: Vec<(String, Type)> =
                    columns.iter().map(|column| (column.name.clone(), column.ty)).collect();
                let alias = if frame.stage.name.is_empty() { "listed" } else { &frame.stage.name };
                from_table(Table::Values { columns, rows: rows.clone() }, alias, frame)
            }
            Op::Project { input, columns, rest, except } => {
                let rest = rest.then_some(except.as_slice());
                let made = self.project(input, columns, rest);
                let star = made.star.clone().filter(|_| frame::is_open(frame));
                Select { star, ..made }
            }
            Op::Filter { input, predicate } => self.filter(input, predicate),
            Op::Join { left, right, kind, on, columns } => self.join(left, right, *kind, on, columns),
            Op::Group { input, keys, aggregates } => self.group(input, keys, aggregates),
            Op::Union { .. } => {
                let body = self.body(frame);
                self.cte(frame, body)
            }
            Op::Distinct { input } => self.distinct(input),
            Op::Limit { input, order, count, offset } => self.limit(input, order, (*count, *offset)),
        }
    }

    /// The operation, in which what is read besides the inputs has a CTE.
    fn with_asides(&mut self, op: &Op) -> Op {
        let asides: Vec<Arc<Frame>> = op.exprs().into_iter().flat_map(Expr::asides).cloned().collect();
        if asides.is_empty() {
            return op.clone();
        }
        for aside in &asides {
            if !self.made.contains_key(&key(aside)) {
                let body = self.body(aside);
                self.cte(aside, body);
            }
        }
        let named = |aside: &Arc<Frame>, name: &str| {
            (aside.clone(), self.made.get(&key(aside)).map_or_else(|| name.to_owned(), |(_, made)| made.clone()))
        };
        op.map_exprs(&|expr| frame::replace_asides(expr, &named))
    }

    fn project(&mut self, input: &Arc<Frame>, columns: &[Named], rest: Option<&[String]>) -> Select {
        let exprs: Vec<&Expr> = columns.iter().map(|named| &named.expr).collect();
        if let Some(staged) = staged(input, &exprs, rest.is_some(), 1) {
            let columns: Vec<Named> =
                columns.iter().zip(staged.exprs).map(|(named, expr)| Named::new(&named.name, expr)).collect();
            let except = rest.map(|except| [except, staged.names.as_slice()].concat());
            return self.project(&staged.input, &columns, except.as_deref());
        }
        let mut inner = self.select(input);
        let exprs: Vec<&Expr> = columns.iter().map(|named| &named.expr).collect();
        let windows = exprs.iter().any(|expr| has_window(expr));
        let refused = inner.columns.iter().any(|named| frame::multiplies(&named.expr))
            || (inner.distinct && !is_permutation(&inner, columns))
            || (windows && !inner.is_flat())
            || repeats(&inner, &exprs);
        if refused {
            inner = self.wrap(input, inner);
        }
        let replaced: Vec<Named> =
            columns.iter().map(|named| Named::new(&named.name, resolve(&named.expr, &inner))).collect();
        let mut all = Vec::new();
        if let Some(except) = rest {
            inner.leave_out(except);
            let unnamed =
                |named: &&Named| !except.contains(&named.name) && !columns.iter().any(|other| other.name == named.name);
            all.extend(inner.columns.iter().filter(unnamed).cloned());
        }
        all.extend(replaced);
        Select { columns: all, ..inner }
    }

    fn filter(&mut self, input: &Arc<Frame>, predicate: &Expr) -> Select {
        let mut inner = self.filtered_input(input, predicate);
        let used = |expr: &Expr| {
            uses(expr).into_iter().any(|(_, name)| inner.column(&name).is_some_and(|it| weight(it) > LIGHT))
        };
        let refused = inner.limit.is_some()
            || inner.has_windows()
            || (inner.group.is_none() && used(predicate))
            || has_window(predicate);
        if refused {
            inner = self.wrap(input, inner);
        }
        for conjunct in predicate.conjuncts() {
            let condition = chosen(resolve(conjunct, &inner));
            if inner.group.is_some() {
                inner.having.push(condition);
            } else if !inner.conditions.contains(&Condition::Expr(condition.clone())) {
                inner.conditions.push(Condition::Expr(condition));
            }
        }
        inner
    }

    /// The input of a filter. A join whose missing keys are dropped by the filter need not let them meet.
    fn filtered_input(&mut self, input: &Arc<Frame>, predicate: &Expr) -> Select {
        if self.made.contains_key(&key(input)) {
            return self.select(input);
        }
        let op = self.with_asides(&input.op);
        let Op::Join { left, right, kind: kind @ (JoinKind::Inner | JoinKind::Left), on, columns } = &op else {
            return self.select(input);
        };
        let present = frame::not_null_where(predicate);
        let is_present = |key: &JoinKey| {
            let output = columns.iter().find(|named| named.expr == frame::shift(&key.left, &Of::Left));
            output.is_some_and(|named| present.contains(&named.name))
        };
        let on: Vec<JoinKey> =
            on.iter().map(|key| JoinKey { null_safe: key.null_safe && !is_present(key), ..key.clone() }).collect();
        self.join(left, right, *kind, &on, columns)
    }

    fn join(
        &mut self,
        left: &Arc<Frame>,
        right: &Arc<Frame>,
        kind: JoinKind,
        on: &[JoinKey],
        columns: &[Named],
    ) -> Select {
        let mut one = self.select(left);
        let pads_left = matches!(kind, JoinKind::Right | JoinKind::Full);
        let exprs: Vec<&Expr> = columns.iter().map(|named| &named.expr).chain(on.iter().map(|key| &key.left)).collect();
        let of_left: Vec<&Expr> = exprs.iter().copied().filter(|expr| !of_right(expr)).collect();
        if !one.is_flat() || (pads_left && !one.is_plain()) || repeats(&one, &of_left) {
            one = self.wrap(left, one);
        }
        let mut other = self.select(right);
        if !other.is_plain() {
            other = self.wrap(right, other);
        }
        let Some(mut item) = other.from.pop() else { return one };
        rename_alias(&mut item, &mut other, &one);
        let sides = Sides { left: &one, right: &other };
        let conditions = on.iter().map(|key| sides.key(key, kind)).collect();
        let columns = columns.iter().map(|named| Named::new(&named.name, sides.resolve(&named.expr))).collect();
        item.join = Some((kind, conditions));
        if matches!(kind, JoinKind::Semi | JoinKind::Anti) {
            let exists = Condition::Exists { negated: kind == JoinKind::Anti, item: Box::new(item) };
            one.conditions.push(exists);
        } else {
            one.from.push(item);
        }
        Select { columns, star: None, ..one }
    }

    fn group(&mut self, input: &Arc<Frame>, keys: &[Named], aggregates: &[Named]) -> Select {
        let exprs: Vec<&Expr> = keys.iter().chain(aggregates).map(|named| &named.expr).collect();
        if let Some(staged) = staged(input, &exprs, false, 0) {
            let all: Vec<Named> = keys
                .iter()
                .chain(aggregates)
                .zip(staged.exprs)
                .map(|(named, expr)| Named::new(&named.name, expr))
                .collect();
            let (keys, aggregates) = all.split_at(keys.len());
            return self.group(&staged.input, keys, aggregates);
        }
        let mut inner = self.select(input);
        let key_exprs: Vec<&Expr> = keys.iter().map(|named| &named.expr).collect();
        let window = keys.iter().chain(aggregates).any(|named| has_window(&named.expr));
        // A computed key is written in SELECT and in GROUP BY.
        let doubled: Vec<&Expr> = [key_exprs.clone(), key_exprs].concat();
        let all: Vec<&Expr> = doubled.into_iter().chain(aggregates.iter().map(|named| &named.expr)).collect();
        if !inner.is_flat() || inner.limit.is_some() || window || repeats(&inner, &all) {
            inner = self.wrap(input, inner);
        }
        let resolved = |named: &Named| Named::new(&named.name, resolve(&named.expr, &inner));
        let columns: Vec<Named> = keys.iter().chain(aggregates).map(resolved).collect();
        let group = columns.iter().take(keys.len()).map(|named| named.expr.clone()).collect();
        Select { columns, group: Some(group), star: None, order: Vec::new(), ..inner }
    }

    fn distinct(&mut self, input: &Arc<Frame>) -> Select {
        let inner = self.select(input);
        let inner = if inner.limit.is_some() { self.wrap(input, inner) } else { inner };
        Select { distinct: true, ..inner }
    }

    fn limit(&mut self, input: &Arc<Frame>, order: &[SortKey], limit: (u64, u64)) -> Select {
        let mut inner = self.select(input);
        let heavy = order.iter().any(|key| !matches!(key.expr, Expr::Column(..)));
        if inner.limit.is_some() || (inner.distinct && heavy) {
            inner = self.wrap(input, inner);
        }
        let order = order.iter().map(|key| SortKey { expr: resolve(&key.expr, &inner), ..key.clone() }).collect();
        Select { order, limit: Some(limit), ..inner }
    }

    /// Makes the SELECT of `frame` a CTE, and reads from it.
    fn wrap(&mut self, frame: &Arc<Frame>, select: Select) -> Select {
        self.cte(frame, Body::Select(Box::new(select)))
    }

    fn cte(&mut self, frame: &Arc<Frame>, body: Body) -> Select {
        let name = self.free_name(&base_name(frame));
        self.ctes.push((name.clone(), body));
        self.made.insert(key(frame), (frame.clone(), name.clone()));
        from_cte(&name, frame)
    }

    fn free_name(&mut self, base: &str) -> String {
        let numbered = (2..=9999).map(|number| format!("{base}_{number}"));
        let mut candidates = std::iter::once(base.to_owned()).chain(numbered);
        let name = candidates.find(|name| !self.taken.contains(name)).unwrap_or_default();
        self.taken.push(name.clone());
        name
    }
}

/// Gives the right side an alias that the left side does not have.
fn rename_alias(item: &mut Item, select: &mut Select, left: &Select) {
    let is_taken = |alias: &str| left.from.iter().any(|item| item.alias == alias);
    let free = (2..=99).map(|number| format!("{}_{number}", item.alias)).find(|alias| !is_taken(alias));
    let Some(free) = free.filter(|_| is_taken(&item.alias)) else { return };
    for named in &mut select.columns {
        named.expr = substitute(&named.expr, &|_, name| Some(Expr::Column(Of::Alias(free.clone()), name.to_owned())));
    }
    item.alias = free;
}

fn key(frame: &Arc<Frame>) -> usize {
    Arc::as_ptr(frame) as usize
}

fn from_cte(name: &str, frame: &Frame) -> Select {
    from_table(Table::Cte(name.to_owned()), name, frame)
}

fn from_table(table: Table, alias: &str, frame: &Frame) -> Select {
    let of = Of::Alias(alias.to_owned());
    let column = |column: frame::Column| {
        let expr = Expr::Column(of.clone(), column.name.clone());
        Named::new(column.name, expr)
    };
    let columns: Vec<Named> = frame::columns(frame).into_iter().map(column).collect();
    let item = Item { table, alias: alias.to_owned(), join: None };
    let known = columns.iter().map(|named| named.name.clone()).collect();
    let star = frame::is_open(frame).then_some(Star { known, dropped: Vec::new() });
    Select { from: vec![item], columns, star, ..Select::default() }
}

/// What a CTE is called when the script has no name for it.
fn base_name(frame: &Frame) -> String {
    let name = frame.stage.name.to_lowercase();
    if !name.is_empty() {
        return name;
    }
    let word = match &frame.op {
        Op::Scan { relation, .. } => relation.name(),
        Op::Values { .. } => "listed",
        Op::Project { .. } => "computed",
        Op::Filter { .. } => "filtered",
        Op::Join { .. } => "joined",
        Op::Group { .. } => "grouped",
        Op::Union { .. } => "combined",
        Op::Distinct { .. } => "distinct_rows",
        Op::Limit { .. } => "first_rows",
    };
    word.to_owned()
}

/// The expression in terms of what the SELECT reads.
fn resolve(expr: &Expr, select: &Select) -> Expr {
    substitute(expr, &|_, name| select.column(name).cloned())
}

/// `case when a then 'x' else 'y' end = 'x'` is `a`, as the condition of a filter.
fn chosen(condition: Expr) -> Expr {
    let Expr::Binary(Binary::Equal, left, right) = &condition else { return condition };
    let (Expr::Case { arms, otherwise: Some(otherwise) }, Expr::Literal(_)) = (left.as_ref(), right.as_ref()) else {
        return condition;
    };
    let [(test, value)] = arms.as_slice() else { return condition };
    let literals = matches!((value, otherwise.as_ref()), (Expr::Literal(_), Expr::Literal(_)));
    if !literals || value == otherwise.as_ref() {
        return condition;
    }
    if value == right.as_ref() {
        return test.clone();
    }
    if let (Expr::Unary(operator @ (Unary::IsNull | Unary::IsNotNull), operand), true) = (test, otherwise == right) {
        let opposite = if *operator == Unary::IsNull { Unary::IsNotNull } else { Unary::IsNull };
        return Expr::unary(opposite, (**operand).clone());
    }
    condition
}

/// Whether an expression of some length would be written more than once.
fn repeats(select: &Select, exprs: &[&Expr]) -> bool {
    let used: Vec<String> = exprs.iter().flat_map(|expr| uses(expr)).map(|(_, name)| name).collect();
    let heavy = select.columns.iter().filter(|named| weight(&named.expr) > LIGHT || has_window(&named.expr));
    let times = |named: &Named| used.iter().filter(|name| **name == named.name).count();
    // Within an aggregate or another expression, a window cannot stand at all.
    let nested = |named: &Named| {
        has_window(&named.expr)
            && exprs.iter().any(|expr| has_window(expr) && uses(expr).iter().any(|(_, name)| *name == named.name))
    };
    heavy.clone().any(|named| times(named) > 1) || heavy.clone().any(nested)
}

fn is_permutation(select: &Select, columns: &[Named]) -> bool {
    let plain = |named: &Named| matches!(&named.expr, Expr::Column(..));
    let kept =
        |named: &Named| columns.iter().any(|other| uses(&other.expr).iter().any(|(_, name)| *name == named.name));
    columns.iter().all(plain) && select.columns.iter().all(kept)
}

fn of_right(expr: &Expr) -> bool {
    uses(expr).iter().any(|(of, _)| *of == Of::Right)
}

struct Sides<'a> {
    left: &'a Select,
    right: &'a Select,
}

impl Sides<'_> {
    fn resolve(&self, expr: &Expr) -> Expr {
        substitute(expr, &|of, name| match of {
            Of::Right => self.right.column(name).cloned(),
            // Without a qualifier the database finds it.
            Of::Either => Some(Expr::Column(Of::Input, name.to_owned())),
            Of::Input | Of::Left | Of::Alias(_) => self.left.column(name).cloned(),
        })
    }

    fn key(&self, key: &JoinKey, kind: JoinKind) -> Expr {
        let (left, right) = (resolve(&key.left, self.left), resolve(&key.right, self.right));
        match (key.null_safe, kind) {
            (false, _) => Expr::binary(Binary::Equal, left, right),
            // PostgreSQL does a full join only on equalities.
            (true, JoinKind::Full) => {
                let array = |value| Expr::Call(frame::Function::Array, vec![value]);
                Expr::binary(Binary::Equal, array(left), array(right))
            }
            (true, _) => Expr::binary(Binary::NotDistinct, left, right),
        }
    }
}
