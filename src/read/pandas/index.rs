//! `frame.index`: the labels of the rows, of which only little is known.

use std::any::Any;
use std::rc::Rc;

use super::context::{Answer, Context, refuse};
use super::dataframe;
use super::mask;
use super::scalar::Scalar;
use super::table::{Table, lift};
use crate::frame::Op;
use crate::read::python::{Arguments, Evaluator, Object, Value};

/// The labels of the rows of a frame.
#[derive(Debug)]
pub struct RowIndex {
    table: Table,
}

impl RowIndex {
    /// Of that frame.
    pub fn of(table: Table) -> Value {
        Value::Object(Rc::new(Self { table }))
    }

    /// The rows of a frame that these, which a condition chose among them, are not.
    pub fn left_out(&self, context: &Context, table: &Table) -> Answer<Table> {
        let unknown = "rows are dropped by the labels of the index";
        let Op::Filter { input, predicate } = &self.table.base.op else { return refuse(unknown) };
        let Some(predicate) = lift(predicate, input, &table.base) else { return refuse(unknown) };
        let kept = mask::invert(table, &predicate);
        let mut made = dataframe::table_filter(context, table, kept);
        made.statements.extend(self.table.statements.iter().copied());
        Ok(made)
    }
}

impl Object for RowIndex {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "the labels of rows".to_owned()
    }

    fn builtin(self: Rc<Self>, _evaluator: &mut Evaluator, name: &str, _arguments: &Arguments) -> Option<Value> {
        (name == "len").then(|| Scalar::total(super::aggregate::count_rows(None), self.table.clone()))
    }
}
