//! A Series that is changed in place: `frame["a"].fillna(0, inplace=True)`, `frame["a"][mask] = 0`. Before pandas 3 the
//! frame that it was taken from changes with it; from 3 on it does not.

use std::rc::Rc;

use super::context::{Answer, Context, Refusal, refuse};
use super::dataframe::DataFrame;
use super::mask;
use super::series::{Series, operand};
use super::values;
use crate::read::python::{Arguments, Value};

/// Methods after which there are the same rows as before. A pure table.
const SAME_ROWS: &[&str] = &["fillna", "replace", "where", "mask", "clip", "ffill", "bfill"];

/// Whether the call is to change the Series itself.
pub fn is_asked(arguments: &Arguments) -> bool {
    arguments.keyword("inplace").and_then(Value::truth) == Some(true)
}

/// The Series is `new` from now on.
pub fn changed(series: &Rc<Series>, context: &mut Context, method: &str, new: &Value) -> Answer<Value> {
    if SAME_ROWS.contains(&method) {
        change_frame(series, context, new)?;
    }
    context.evaluator.rebind(&Value::Object(series.clone()), new);
    Ok(Value::None)
}

/// The frame that the column was taken from.
fn owner(series: &Rc<Series>, context: &Context) -> Option<Rc<DataFrame>> {
    let session = context.session().borrow();
    let taken = session.taken.iter().rev().find(|(known, _)| Rc::ptr_eq(known, series));
    taken.map(|(_, frame)| frame.clone())
}

fn change_frame(series: &Rc<Series>, context: &mut Context, new: &Value) -> Answer<()> {
    let Some(frame) = owner(series, context) else { return Ok(()) };
    let what = "whether a frame changes with a column that is taken from it and changed in place";
    if context.version_matters(false, what) {
        context.evaluator.note("the column is a copy, so that the frame stays as it is");
        return Ok(());
    }
    if let Err(refusal) = frame.assign(context, &series.name, new) {
        frame.become_opaque(context, &refusal);
    }
    Ok(())
}

/// `series[mask] = value`.
pub fn set_item(series: &Rc<Series>, context: &mut Context, key: &Value, value: &Value) -> Answer<()> {
    let Some(rows) = key.object::<Series>() else { return refuse("single values of a column are set") };
    let condition = rows.over(&series.table)?;
    let value = mask::definite(&series.table, &operand(value, &series.table)?);
    let new = series.with(values::chosen(&series.table, condition, &value, &series.expr));
    change_frame(series, context, &new)?;
    context.evaluator.rebind(&Value::Object(series.clone()), &new);
    Ok(())
}

/// The frame that the column was taken from is not known any more: what is done to the column has no SQL.
pub fn lose(series: &Rc<Series>, context: &mut Context, refusal: &Refusal) {
    if let Some(frame) = owner(series, context) {
        frame.become_opaque(context, refusal);
    }
}
