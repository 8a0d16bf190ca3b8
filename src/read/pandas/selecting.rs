//! What a frame gives in brackets, and what is remembered of whom a column is.

use std::rc::Rc;

use super::context::{Answer, Context, refuse};
use super::dataframe::{self, DataFrame};
use super::series::Series;
use super::table::Table;
use crate::frame::Named;
use crate::read::python::Value;

/// `frame[key]`: a column, columns, the rows of a mask, a slice of rows.
pub fn selected(context: &mut Context, frame: &Rc<DataFrame>, key: &Value) -> Answer<Value> {
    if let Some(name) = key.as_text() {
        let levels = sublevel(frame, name);
        return match frame.series(context, name) {
            Err(_) if !levels.columns.is_empty() => Ok(DataFrame::of(levels)),
            answer => answer.map(|series| taken(context, frame, series)),
        };
    }
    if let Value::Tuple(_) = key
        && let Some(name) = super::names::flat(key)
    {
        return frame.series(context, &name).map(Series::value);
    }
    if let Value::Object(names) = key
        && key.object::<super::names::Names>().is_some()
    {
        let span = context.span;
        let names = names.clone().iterate(context.evaluator, span).unwrap_or_default();
        return selected(context, frame, &Value::list(names));
    }
    if let Some(mask) = key.object::<Series>() {
        return dataframe::filtered(context, frame, mask).map(DataFrame::of);
    }
    if let Some(names) = key.texts() {
        return dataframe::columns(context, frame, &names).map(DataFrame::of);
    }
    if let Value::Slice(_) = key {
        return super::indexer::slice(context, frame, key).map(DataFrame::of);
    }
    refuse("rows or columns are selected by something that is only known when the script runs")
}

/// The rows of a frame, or of a Series as the only column of one.
pub fn table_of(context: &Context, value: &Value) -> Option<Table> {
    if let Some(frame) = value.object::<DataFrame>() {
        return Some(frame.seal(context));
    }
    let series = value.object::<Series>().filter(|series| !series.name.is_empty())?;
    Some(series.to_frame(context).sealed())
}

/// A column of the frame, of which it is remembered whose it is: changed in place, it may change the frame.
pub fn taken(context: &Context, frame: &Rc<DataFrame>, series: Series) -> Value {
    let series = Rc::new(series);
    context.session().borrow_mut().taken.push((series.clone(), frame.clone()));
    Value::Object(series)
}

/// The columns under a name of the first of two levels.
fn sublevel(frame: &DataFrame, name: &str) -> Table {
    let table = frame.snapshot();
    let prefix = format!("{name}{}", super::names::LEVEL);
    let inner = |named: &Named| Some(Named::new(named.name.strip_prefix(&prefix)?, named.expr.clone()));
    let columns = table.columns.iter().filter_map(inner).collect();
    Table { columns, rest: false, ..table }
}
