//! Columns that a comprehension goes through, row by row: `[f(a, b) for a, b in zip(frame["a"], frame["b"])]`.
//!
//! In: columns of one frame. Out: the value of each row for the comprehension's names, and what it gives as a column.

use std::any::Any;
use std::rc::Rc;

use super::cell::{self, Cell};
use super::lookup::Mapping;
use super::series::Series;
use crate::read::python::{Arguments, Evaluator, Object, Value};

/// `zip(a, b)` of columns.
#[derive(Debug)]
pub struct Zipped {
    columns: Vec<Series>,
}

impl Zipped {
    /// Of columns of the same rows; none when one is something else.
    pub fn of(values: &[Value]) -> Option<Value> {
        let columns: Option<Vec<Series>> = values.iter().map(|value| value.object::<Series>().cloned()).collect();
        let columns = columns.filter(|columns| !columns.is_empty())?;
        Some(Value::Object(Rc::new(Self { columns })))
    }
}

impl Object for Zipped {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "the values of columns, row by row".to_owned()
    }

    fn builtin(self: Rc<Self>, _evaluator: &mut Evaluator, name: &str, _arguments: &Arguments) -> Option<Value> {
        match (name, self.columns.as_slice()) {
            ("dict", [keys, values]) => Mapping::of(keys, values),
            ("list", _) => Some(Value::Object(self)),
            _ => None,
        }
    }

    fn each(&self) -> Option<Value> {
        let first = self.columns.first()?;
        let mut cells = Vec::new();
        for column in &self.columns {
            let expr = column.over(&first.table).ok()?;
            cells.push(Cell::of(Series { table: first.table.clone(), expr, name: column.name.clone() }.value()));
        }
        Some(Value::tuple(cells))
    }

    fn gathered(&self, value: &Value) -> Option<Value> {
        gathered(self.columns.first()?, value)
    }
}

/// What a comprehension over a column gives, as a column of the same rows.
pub fn gathered(column: &Series, value: &Value) -> Option<Value> {
    let made = cell::result(&column.table, value, &column.name).ok()?;
    Some(made.unlabeled())
}
