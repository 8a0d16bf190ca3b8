//! `.loc[…]` and `.iloc[…]`.

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;

use super::context::{Answer, Context, refuse};
use super::dataframe::{self, DataFrame};
use super::mask;
use super::series::{Series, operand};
use super::table::Table;
use crate::frame::{Expr, Op};
use crate::read::python::{Evaluator, Object, Value};
use crate::text::Span;

/// `frame.loc`, `frame.iloc`.
#[derive(Debug)]
pub struct Indexer {
    frame: Rc<DataFrame>,
    positions: bool,
}

impl Indexer {
    /// `frame.loc`.
    pub fn by_label(frame: &Rc<DataFrame>) -> Value {
        Value::Object(Rc::new(Self { frame: frame.clone(), positions: false }))
    }

    /// `frame.iloc`.
    pub fn by_position(frame: &Rc<DataFrame>) -> Value {
        Value::Object(Rc::new(Self { frame: frame.clone(), positions: true }))
    }

    fn get(&self, context: &mut Context, key: &Value) -> Answer<Value> {
        let (rows, columns) = parts(key);
        if self.positions {
            let frame = if is_everything(&rows) {
                Value::Object(self.frame.clone())
            } else {
                DataFrame::of(slice(context, &self.frame, &rows)?)
            };
            let (Some(columns), Some(inner)) =
                (columns.filter(|columns| !is_everything(columns)), frame.object::<DataFrame>())
            else {
                return Ok(frame);
            };
            let names = names_at(&self.frame.snapshot(), &columns)?;
            return match (columns.integer(), names.as_slice()) {
                (Some(_), [name]) => inner.series(context, name).map(Series::value),
                _ => dataframe::columns(context, inner, &names).map(DataFrame::of),
            };
        }
        let picked = if is_everything(&rows) {
            None
        } else if let Some(mask) = rows.object::<Series>() {
            Some(dataframe::filtered(context, &self.frame, mask)?)
        } else if let Some(labels) = rows.object::<super::extremes::Labels>() {
            Some(labels.rows_of(context, &self.frame)?)
        } else {
            return refuse("rows are selected by the labels of the index");
        };
        let frame = match picked {
            Some(table) => DataFrame::of(table),
            None => Value::Object(self.frame.clone()),
        };
        let (Some(columns), Some(inner)) = (columns, frame.object::<DataFrame>()) else { return Ok(frame) };
        if is_everything(&columns) {
            return Ok(frame);
        }
        if let Some(name) = columns.as_text() {
            return inner.series(context, name).map(Series::value);
        }
        let names = match columns.texts() {
            Some(names) => names,
            None => names_between(&self.frame.snapshot(), &columns)?,
        };
        dataframe::columns(context, inner, &names).map(DataFrame::of)
    }

    /// `frame.loc[mask, column] = value`.
    fn set(&self, context: &mut Context, key: &Value, value: &Value) -> Answer<()> {
        let (rows, columns) = parts(key);
        let Some(names) = columns.as_ref().and_then(Value::texts) else {
            return refuse("rows are changed by position or label");
        };
        if self.positions {
            return refuse("rows are changed by position");
        }
        let each = value.items().filter(|items| names.len() > 1 && items.len() == names.len());
        for (at, name) in names.into_iter().enumerate() {
            let mut table = self.frame.snapshot();
            let value = each.as_ref().and_then(|items| items.get(at)).unwrap_or(value);
            let expr = match of_those_rows(value, &table, &rows) {
                Some(expr) => expr,
                None => operand(value, &table)?,
            };
            let expr = match rows.object::<Series>() {
                Some(mask) => {
                    let condition = mask.over(&table)?;
                    table.statements.extend(mask.table.statements.iter().copied());
                    let known = table.has(&name) || table.rest;
                    let old = if known { table.column(context, &name).ok() } else { None };
                    let old = old.unwrap_or(Expr::Literal(crate::frame::Literal::Null));
                    Expr::case(condition, mask::definite(&table, &expr), old)
                }
                None if is_everything(&rows) => expr,
                None => return refuse("rows are changed by the labels of the index"),
            };
            let value = Series { table, expr, name: name.clone() }.value();
            self.frame.assign(context, &name, &value)?;
        }
        Ok(())
    }
}

fn parts(key: &Value) -> (Value, Option<Value>) {
    if let Value::Tuple(items) = key
        && let [rows, columns] = items.as_slice()
    {
        return (rows.clone(), Some(columns.clone()));
    }
    (key.clone(), None)
}

/// A value of just the rows that are changed: `frame.loc[mask, "a"] = frame.loc[mask, "a"] * 2`.
fn of_those_rows(value: &Value, table: &Table, rows: &Value) -> Option<Expr> {
    let (series, mask) = (value.object::<Series>()?, rows.object::<Series>()?);
    let Op::Filter { input, predicate } = &series.table.base.op else { return None };
    let condition = super::table::without_defaults(mask.over(table).ok()?);
    let same = Arc::ptr_eq(input, &table.base) && *predicate == condition && table.meets(&series.table);
    (same && !super::table::sees_other_rows(&series.expr)).then(|| series.expr.clone())
}

/// The names of the columns at those places.
fn names_at(table: &Table, key: &Value) -> Answer<Vec<String>> {
    if table.rest {
        return refuse("columns are selected by their positions, and which there are is not known");
    }
    let names = table.names();
    let place = |value: &Value| {
        let at = value.integer()?;
        let at = if at < 0 { at + i64::try_from(names.len()).ok()? } else { at };
        usize::try_from(at).ok()
    };
    let found: Option<Vec<String>> = match key {
        Value::Slice(parts) => match parts.as_ref() {
            [start, end, Value::None] => {
                let bound =
                    |value: &Value, other: usize| if matches!(value, Value::None) { Some(other) } else { place(value) };
                let range = bound(start, 0).zip(bound(end, names.len()));
                range.map(|(start, end)| names.iter().take(end).skip(start).cloned().collect())
            }
            _ => None,
        },
        key => {
            let items = key.items().unwrap_or_else(|| vec![key.clone()]);
            items.iter().map(|item| place(item).and_then(|at| names.get(at).cloned())).collect()
        }
    };
    found.map_or_else(|| refuse("columns are selected by positions that are not known"), Ok)
}

/// The names of the columns from one to another, both included.
fn names_between(table: &Table, key: &Value) -> Answer<Vec<String>> {
    let Value::Slice(parts) = key else { return refuse("columns are selected by something other than their names") };
    if table.rest {
        return refuse("columns are selected from one to another, and which there are is not known");
    }
    let names = table.names();
    let place = |value: &Value| names.iter().position(|name| value.as_text() == Some(name));
    let [start, end, step] = parts.as_ref();
    let first = if matches!(start, Value::None) { Some(0) } else { place(start) };
    let last = if matches!(end, Value::None) { names.len().checked_sub(1) } else { place(end) };
    match (first, last, step) {
        (Some(first), Some(last), Value::None) => Ok(names.into_iter().take(last + 1).skip(first).collect()),
        _ => refuse("columns are selected by something other than their names"),
    }
}

fn is_everything(key: &Value) -> bool {
    matches!(key, Value::Slice(parts) if parts.iter().all(|part| matches!(part, Value::None)))
}

/// `frame[a:b]`: rows by position.
pub fn slice(context: &mut Context, frame: &DataFrame, key: &Value) -> Answer<Table> {
    let Value::Slice(parts) = key else { return refuse("a single row is taken by its position") };
    let [start, end, step] = parts.as_ref();
    let number = |value: &Value| match value {
        Value::None => Some(None),
        value => value.integer().map(Some),
    };
    let (Some(start), Some(end), Value::None) = (number(start), number(end), step) else {
        return refuse("rows are taken by positions that are not known");
    };
    if start.is_none() && end.is_none() {
        return Ok(frame.seal(context));
    }
    if let (Some(count), None) = (start.filter(|start| *start < 0), end) {
        return last_rows(context, frame, count.unsigned_abs());
    }
    let (first, last) = (start.unwrap_or(0), end.unwrap_or(i64::MAX));
    let (Ok(first), Ok(last)) = (u64::try_from(first), u64::try_from(last)) else {
        return refuse("rows are taken from the end");
    };
    first_rows(context, frame, last.saturating_sub(first), first)
}

/// So many rows in the order of the frame.
pub fn first_rows(context: &mut Context, frame: &DataFrame, count: u64, offset: u64) -> Answer<Table> {
    let table = frame.seal(context);
    if table.order.is_empty() {
        context.order_matters("taking the first rows");
    } else if is_by_frequency(&table) {
        context.order_matters("taking the first of the values that are equally frequent");
    }
    let op = Op::Limit { input: table.base.clone(), order: table.order.clone(), count, offset };
    Ok(table.rebased(context, op))
}

/// Whether the rows are values in the order of their counts, as `value_counts` gives them: of equal counts pandas takes the value that it
/// met first.
fn is_by_frequency(table: &Table) -> bool {
    let [key] = table.order.as_slice() else { return false };
    let Op::Group { aggregates, .. } = &table.base.op else { return false };
    let counted = |named: &crate::frame::Named| named.name == "count" && key.expr == Expr::column("count");
    key.descending && aggregates.iter().any(counted)
}

/// So many rows at the end, in the order of the frame.
pub fn last_rows(context: &mut Context, frame: &DataFrame, count: u64) -> Answer<Table> {
    let table = frame.seal(context);
    if table.order.is_empty() {
        return refuse("the last rows are taken, and the script gives the rows no order");
    }
    let order = super::windows::reversed(&table.order);
    let op = Op::Limit { input: table.base.clone(), order, count, offset: 0 };
    Ok(table.rebased(context, op))
}

impl Object for Indexer {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "the rows of a DataFrame".to_owned()
    }

    fn subscript(self: Rc<Self>, evaluator: &mut Evaluator, key: &Value, span: Span) -> Option<Value> {
        let mut context = Context::new(evaluator, span);
        let answer = self.get(&mut context, key);
        Some(answer.unwrap_or_else(|refusal| {
            let input = self.frame.seal(&context);
            DataFrame::of(super::opaque::opaque(&mut context, &refusal, &[&input]))
        }))
    }

    fn set_item(self: Rc<Self>, evaluator: &mut Evaluator, key: &Value, value: &Value, span: Span) -> bool {
        let mut context = Context::new(evaluator, span);
        if let Err(refusal) = self.set(&mut context, key, value) {
            self.frame.become_opaque(&mut context, &refusal);
        }
        true
    }
}
