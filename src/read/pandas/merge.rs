//! `merge` and `join`.

use std::rc::Rc;

use super::context::{Answer, Context, refuse};
use super::dataframe::DataFrame;
use super::selecting;
use super::table::Table;
use crate::finding::Code;
use crate::frame::{Expr, Frame, JoinKey, JoinKind, Literal, Named, Of, Op, SortKey, Unary};
use crate::read::python::{Arguments, Value};

/// What a merge is asked to do.
struct Plan {
    kind: JoinKind,
    /// Names of the key in the left and right frame.
    pairs: Vec<(String, String)>,
    suffixes: (String, String),
    indicator: Option<String>,
}

/// `frame.merge(right, …)`.
pub fn merge(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(right) = arguments.get("right", 0).cloned() else { return refuse("it merges with nothing") };
    let left = frame.seal(context);
    let same = right.object::<DataFrame>().is_some_and(|other| std::ptr::eq(frame.as_ref(), other));
    let other = if same { Some(left.clone()) } else { selecting::table_of(context, &right) };
    let Some(right) = other else { return refuse("the other frame is not known") };
    merged(context, left, right, arguments).map(DataFrame::of)
}

/// `pd.merge(left, right, …)`.
pub fn merge_function(context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let both = (arguments.get("left", 0).cloned(), arguments.get("right", 1).cloned());
    let (Some(left), Some(right)) = both else { return refuse("it merges with nothing") };
    let Some(sealed) = selecting::table_of(context, &left) else {
        return refuse("a frame that is merged is not known");
    };
    let other = if left.is_same(&right) { Some(sealed.clone()) } else { selecting::table_of(context, &right) };
    let Some(right) = other else { return refuse("a frame that is merged is not known") };
    let mut rest = arguments.clone();
    if let Some(first) = rest.items.iter().position(|item| item.name.is_none()) {
        rest.items.remove(first);
    }
    merged(context, sealed, right, &rest).map(DataFrame::of)
}

/// `frame.join(right, on=…)`: to the index of the right frame.
pub fn join(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(right) = arguments.get("other", 0).cloned() else { return refuse("it joins with nothing") };
    let Some(right) = selecting::table_of(context, &right) else { return refuse("the other frame is not known") };
    let left = frame.seal(context);
    let right_names: Vec<String> = right.index.iter().map(|named| named.name.clone()).collect();
    let left_names = match arguments.get("on", 1).and_then(Value::texts) {
        Some(names) => names,
        None => left.index.iter().map(|named| named.name.clone()).collect(),
    };
    if right_names.is_empty() || left_names.len() != right_names.len() {
        return refuse("the rows are joined by their numbers");
    }
    let kind = kind_of(arguments.get("how", 2), JoinKind::Left)?;
    let text = |name: &str| arguments.keyword(name).and_then(Value::as_text).unwrap_or("").to_owned();
    let suffixes = (text("lsuffix"), text("rsuffix"));
    by_index(context, left, &right, (&left_names, &right_names), kind, &suffixes).map(DataFrame::of)
}

/// Rows that meet by the index of the right frame; the index of the left one stays.
fn by_index(
    context: &mut Context,
    mut left: Table,
    right: &Table,
    (left_names, right_names): (&[String], &[String]),
    kind: JoinKind,
    suffixes: &(String, String),
) -> Answer<Table> {
    if !matches!(kind, JoinKind::Left | JoinKind::Inner) {
        return refuse("an index is joined from both sides");
    }
    let on = keys(context, &mut left, right, left_names, right_names)?;
    let index = left.index.clone();
    let named: Vec<Named> = left.columns.iter().chain(&right.columns).cloned().collect();
    let clash = |name: &str| named.iter().filter(|other| other.name == name).count() > 1;
    let mut outputs: Vec<Named> = index.iter().map(|level| side(level, &Of::Left, &level.name)).collect();
    for (list, of, suffix) in [(&left.columns, Of::Left, &suffixes.0), (&right.columns, Of::Right, &suffixes.1)] {
        for column in list {
            let name = if clash(&column.name) { format!("{}{suffix}", column.name) } else { column.name.clone() };
            if !outputs.iter().any(|known| known.name == name) {
                outputs.push(side(column, &of, &name));
            }
        }
    }
    let mut joined = build(context, &left, right, kind, on, outputs);
    joined.columns.retain(|named| !index.iter().any(|level| level.name == named.name));
    joined.index = index.iter().map(|level| Named::column(&level.name)).collect();
    Ok(joined)
}

fn side(named: &Named, of: &Of, name: &str) -> Named {
    Named::new(name, crate::frame::shift(&named.expr, of))
}

fn merged(context: &mut Context, mut left: Table, mut right: Table, arguments: &Arguments) -> Answer<Table> {
    let flag = |name: &str| arguments.keyword(name).and_then(Value::truth) == Some(true);
    if flag("left_index") {
        let of = |table: &Table| table.index.iter().map(|named| named.name.clone()).collect::<Vec<_>>();
        let (one, two) = (of(&left), of(&right));
        if !flag("right_index") || one.is_empty() || one != two || arguments.keyword("indicator").is_some() {
            return refuse("the rows are merged by labels of the index");
        }
        let kind = kind_of(arguments.get("how", 1), JoinKind::Inner)?;
        return by_index(context, left, &right, (&one, &two), kind, &suffixes_of(arguments));
    }
    let plan = plan(context, &mut left, &mut right, arguments)?;
    let (left_names, right_names): (Vec<String>, Vec<String>) = plan.pairs.iter().cloned().unzip();
    // The index goes into the rows as plain columns.
    let origin = plan.indicator.as_ref().map(|name| Named::new(name, origin(&plan, &mut left, &mut right)));
    let on = keys(context, &mut left, &right, &left_names, &right_names)?;
    let mut outputs = outputs(&left, &right, &plan);
    for (place, name) in &context.session().borrow().known.either {
        if *place == context.span && !outputs.iter().any(|named| named.name == *name) {
            outputs.push(Named::new(name, Expr::Column(Of::Either, name.clone())));
        }
    }
    outputs.extend(origin);
    Ok(build(context, &left, &right, plan.kind, on, outputs))
}

/// Where a row comes from: `left_only`, `right_only`, `both`.
fn origin(plan: &Plan, left: &mut Table, right: &mut Table) -> Expr {
    let mut arms = Vec::new();
    if matches!(plan.kind, JoinKind::Left | JoinKind::Full) {
        let key = plan.pairs.first().map(|(_, name)| name.clone());
        arms.push((Expr::unary(Unary::IsNull, Expr::right(&present(right, key, "is_right"))), Expr::text("left_only")));
    }
    if matches!(plan.kind, JoinKind::Right | JoinKind::Full) {
        let key = plan.pairs.first().map(|(name, _)| name.clone());
        arms.push((Expr::unary(Unary::IsNull, Expr::left(&present(left, key, "is_left"))), Expr::text("right_only")));
    }
    if arms.is_empty() {
        return Expr::text("both");
    }
    Expr::Case { arms, otherwise: Some(Box::new(Expr::text("both"))) }
}

/// A column that is never missing in the rows of the frame: its key, or one that is added.
fn present(table: &mut Table, key: Option<String>, name: &str) -> String {
    let known = key.and_then(|key| table.columns.iter().find(|named| named.name == key).cloned());
    if let Some(named) = known
        && named.expr == Expr::column(&named.name)
        && !table.nullable(&named.expr)
    {
        return named.name;
    }
    let kept = table.columns.clone();
    table.set(name, Expr::Literal(Literal::Bool(true)));
    *table = table.sealed();
    table.columns = kept.iter().map(|named| Named::column(&named.name)).collect();
    table.hide(name);
    name.to_owned()
}

fn kind_of(how: Option<&Value>, default: JoinKind) -> Answer<JoinKind> {
    let Some(how) = how else { return Ok(default) };
    match how.as_text() {
        Some("left") => Ok(JoinKind::Left),
        Some("right") => Ok(JoinKind::Right),
        Some("inner") => Ok(JoinKind::Inner),
        Some("outer") => Ok(JoinKind::Full),
        Some("cross") => Ok(JoinKind::Cross),
        _ => refuse("how the frames are merged is not known"),
    }
}

fn plan(context: &mut Context, left: &mut Table, right: &mut Table, arguments: &Arguments) -> Answer<Plan> {
    let kind = kind_of(arguments.get("how", 1), JoinKind::Inner)?;
    let flag = |name: &str| arguments.keyword(name).and_then(Value::truth) == Some(true);
    let list = |name: &str, position: usize| arguments.get(name, position).and_then(Value::texts);
    let index = |table: &Table| table.index.iter().map(|named| named.name.clone()).collect::<Vec<_>>();
    let common = list("on", 2);
    let left_names = list("left_on", 3).or(common.clone()).unwrap_or_default();
    let right_names =
        if flag("right_index") { index(right) } else { list("right_on", 4).or(common).unwrap_or_default() };
    let pairs: Vec<(String, String)> = if kind == JoinKind::Cross {
        Vec::new()
    } else if left_names.is_empty() && right_names.is_empty() {
        if left.rest || right.rest {
            return refuse("the frames are merged on the columns that both have, and these are not known");
        }
        left.names().into_iter().filter(|name| right.has(name)).map(|name| (name.clone(), name)).collect()
    } else {
        left_names.iter().cloned().zip(right_names.iter().cloned()).collect()
    };
    if kind != JoinKind::Cross && (pairs.is_empty() || left_names.len() != right_names.len()) {
        return refuse("the columns that the frames are merged on are not known");
    }
    let indicator = arguments.keyword("indicator").and_then(|value| match value.as_text() {
        Some(name) => Some(name.to_owned()),
        None => (value.truth() == Some(true)).then(|| "_merge".to_owned()),
    });
    if arguments.keyword("validate").is_some_and(|value| value.as_text().is_some()) {
        let message = "pandas checks here whether the keys are unique; the query does not";
        context.finding(Code::R206, message, "add a `unique` test to the model that is joined");
    }
    Ok(Plan { kind, pairs, suffixes: suffixes_of(arguments), indicator })
}

fn suffixes_of(arguments: &Arguments) -> (String, String) {
    let given = arguments.keyword("suffixes").and_then(Value::items).map(|items| {
        let text = |at: usize| items.get(at).and_then(Value::as_text).unwrap_or("").to_owned();
        (text(0), text(1))
    });
    given.unwrap_or(("_x".to_owned(), "_y".to_owned()))
}

/// The pairs of keys. pandas lets a missing key meet a missing key.
fn keys(context: &Context, left: &mut Table, right: &Table, one: &[String], two: &[String]) -> Answer<Vec<JoinKey>> {
    let mut right = right.clone();
    let mut pairs = Vec::new();
    for (left_name, right_name) in one.iter().zip(two) {
        let (first, second) = (left.key(context, left_name)?, right.key(context, right_name)?);
        let null_safe = left.nullable(&first) && right.nullable(&second);
        pairs.push(JoinKey { left: first, right: second, null_safe });
    }
    Ok(pairs)
}

/// The columns of a merge, in pandas' order and with pandas' names.
fn outputs(left: &Table, right: &Table, plan: &Plan) -> Vec<Named> {
    let shared = |name: &str| plan.pairs.iter().any(|(one, two)| one == name && two == name);
    let in_right = |name: &str| right.has(name) && !shared(name);
    let in_left = |name: &str| left.has(name) && !shared(name);
    let mut found = Vec::new();
    for column in &left.columns {
        let name = &column.name;
        if shared(name) {
            found.push(Named::new(name, shared_key(plan.kind, name)));
        } else if in_right(name) {
            found.push(side(column, &Of::Left, &format!("{name}{}", plan.suffixes.0)));
        } else {
            found.push(side(column, &Of::Left, name));
        }
    }
    for column in right.columns.iter().filter(|column| !shared(&column.name)) {
        let name = &column.name;
        if in_left(name) {
            found.push(side(column, &Of::Right, &format!("{name}{}", plan.suffixes.1)));
        } else {
            found.push(side(column, &Of::Right, name));
        }
    }
    found
}

/// The key that both sides have under one name.
fn shared_key(kind: JoinKind, name: &str) -> Expr {
    match kind {
        JoinKind::Inner | JoinKind::Left | JoinKind::Cross | JoinKind::Semi | JoinKind::Anti => Expr::left(name),
        JoinKind::Right => Expr::right(name),
        JoinKind::Full => Expr::coalesce(Expr::left(name), Expr::right(name)),
    }
}

fn build(
    context: &Context,
    left: &Table,
    right: &Table,
    kind: JoinKind,
    on: Vec<JoinKey>,
    outputs: Vec<Named>,
) -> Table {
    let order = if matches!(kind, JoinKind::Left | JoinKind::Inner) { left.order.clone() } else { Vec::new() };
    let kept = |key: &SortKey| {
        let found = outputs.iter().find(|named| named.expr == crate::frame::shift(&key.expr, &Of::Left));
        found.map(|named| SortKey { expr: Expr::column(&named.name), ..key.clone() })
    };
    let order = order.iter().map_while(kept).collect();
    let op = Op::Join { left: left.base.clone(), right: right.base.clone(), kind, on, columns: outputs };
    let table = Table::over(context, Frame::new(op), context.span).with_statements(&[left, right]);
    Table { order, ..table }
}
