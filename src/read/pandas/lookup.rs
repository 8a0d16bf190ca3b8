//! Values that are looked up by the labels of another Series: `frame["a"].map(series)`, `map(dict(zip(a, b)))`.
//!
//! In: a Series, and one whose index says which value belongs to which key. Out: a Series over the same rows, each joined
//! to its one match at most. Rows never get more or fewer.

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;

use super::context::{Answer, Context, refuse};
use super::mask;
use super::series::Series;
use super::table::{Table, downward, sees_other_rows};
use crate::finding::Code;
use crate::frame::{self, Aggregate, Binary, Expr, Frame, JoinKey, JoinKind, Named, Op};
use crate::read::python::{Object, Value};

/// A dict that is made of the rows of a frame: what belongs to each key, the last one where there are several.
#[derive(Debug)]
pub struct Mapping {
    keys: Series,
    values: Series,
}

impl Object for Mapping {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "a dict made of rows".to_owned()
    }
}

impl Mapping {
    /// `series.to_dict()`, `dict(series)`; none where the index is not one column.
    pub fn of_series(series: &Series) -> Option<Value> {
        let [level] = series.table.index.as_slice() else { return None };
        let keys = Series { table: series.table.clone(), expr: level.expr.clone(), name: level.name.clone() };
        Self::of(&keys, series)
    }

    /// `dict(zip(keys, values))`.
    pub fn of(keys: &Series, values: &Series) -> Option<Value> {
        let values =
            Series { expr: values.over(&keys.table).ok()?, table: keys.table.clone(), name: values.name.clone() };
        Some(Value::Object(Rc::new(Self { keys: keys.clone(), values })))
    }
}

/// `series.map(other)`; none when the other is nothing that values are looked up in.
pub fn map(series: &Rc<Series>, context: &mut Context, given: &Value) -> Option<Answer<Value>> {
    if let Some(mapping) = given.object::<Mapping>() {
        return Some(looked_up(series, context, &mapping.keys, &mapping.values, true));
    }
    let values = given.object::<Series>()?;
    let [level] = values.table.index.as_slice() else {
        return Some(refuse("values are looked up by the numbers of the rows of another Series"));
    };
    let keys = Series { table: values.table.clone(), expr: level.expr.clone(), name: level.name.clone() };
    Some(looked_up(series, context, &keys, values, false))
}

fn looked_up(series: &Rc<Series>, context: &mut Context, keys: &Series, values: &Series, last: bool) -> Answer<Value> {
    let base = series.table.base.clone();
    let wanted = if values.name.is_empty() || values.name == keys.name { "value" } else { &values.name };
    let right = right_side(context, keys, values, wanted, last);
    let taken = frame::columns(&base);
    let mut name = format!("{wanted}_of_{}", if series.name.is_empty() { &keys.name } else { &series.name });
    while taken.iter().any(|column| column.name == name) {
        name.push('_');
    }
    let mut columns: Vec<Named> =
        taken.iter().map(|column| Named::new(&column.name, Expr::left(&column.name))).collect();
    columns.push(Named::new(&name, Expr::right(wanted)));
    let null_safe = series.table.nullable(&series.expr) && keys.table.nullable(&keys.expr);
    let on = vec![JoinKey { left: series.expr.clone(), right: Expr::column(&keys.name), null_safe }];
    let mut joined = Frame::new(Op::Join { left: base, right: Arc::new(right), kind: JoinKind::Left, on, columns });
    joined.stage.span = Some(context.span);
    let mut table = Table { base: Arc::new(joined), ..series.table.clone() };
    table.statements.extend(keys.table.statements.iter().copied());
    table.statements.extend(context.statements());
    table.hide(&name);
    Ok(Series { table, expr: Expr::column(&name), name: series.name.clone() }.value())
}

/// The keys with their values, each key once.
fn right_side(context: &mut Context, keys: &Series, values: &Series, name: &str, last: bool) -> Frame {
    let table = &keys.table;
    let (key, value) = (mask::definite(table, &keys.expr), mask::definite(table, &values.expr));
    let is_key = matches!(&key, Expr::Column(_, column) if frame::key(&table.base) == [column.clone()]);
    if is_key || !last {
        if !is_key {
            let message =
                "pandas wants each key once among the labels that values are looked up by; the query does not check it";
            context.finding(Code::R206, message, "add a `unique` test to the model that is joined");
        }
        let columns = vec![Named::new(&keys.name, key), Named::new(name, value)];
        return Frame::new(Op::Project { input: table.base.clone(), columns, rest: false, except: Vec::new() });
    }
    if table.order.is_empty() {
        context.order_matters("the last value of each key of a dict");
    }
    let aggregate =
        Expr::Aggregate { function: Aggregate::Last, arguments: vec![value], filter: None, order: table.order.clone() };
    let keys = vec![Named::new(&keys.name, key)];
    Frame::new(Op::Group { input: table.base.clone(), keys, aggregates: vec![Named::new(name, aggregate)] })
}

/// The table with what was looked up for its rows, when `series` was.
pub fn widened(series: &Series, table: &Table) -> Option<Table> {
    let Op::Join { left, kind: JoinKind::Left, columns, .. } = &series.table.base.op else { return None };
    if !Arc::ptr_eq(left, &table.base) || !table.meets(&series.table) {
        return None;
    }
    let mut wider = Table { base: series.table.base.clone(), ..table.clone() };
    for named in columns.iter().filter(|named| matches!(named.expr, Expr::Column(frame::Of::Right, _))) {
        wider.hide(&named.name);
    }
    Some(wider)
}

/// A Series over some of the rows of `table`, as one over all of them: the others have no value.
pub fn of_some_rows(series: &Series, table: &Table) -> Option<Value> {
    let mut expr = series.expr.clone();
    let mut condition: Option<Expr> = None;
    let mut base = &series.table.base;
    while !Arc::ptr_eq(base, &table.base) {
        base = match &base.op {
            Op::Filter { input, predicate } => {
                condition = Some(match condition {
                    Some(other) => Expr::binary(Binary::And, predicate.clone(), other),
                    None => predicate.clone(),
                });
                input
            }
            Op::Project { input, .. } => {
                expr = downward(&expr, base)?;
                condition = match condition {
                    Some(condition) => Some(downward(&condition, base)?),
                    None => None,
                };
                input
            }
            _ => return None,
        };
    }
    let condition = condition?;
    if !table.meets(&series.table) || sees_other_rows(&expr) || sees_other_rows(&condition) {
        return None;
    }
    let expr = Expr::Case { arms: vec![(condition, expr)], otherwise: None };
    Some(Series { table: table.clone(), expr, name: series.name.clone() }.value())
}
