//! `grouped["c"].idxmax()` and `idxmin()`: the label of one row of each group, which `frame.loc[…]` takes.
//!
//! In: groups of a frame whose rows have different labels. Out: those rows, in the order of the keys. Never the labels as
//! values: they have no counterpart.

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;

use super::context::{Answer, Context, refuse};
use super::dataframe::DataFrame;
use super::group::GroupBy;
use super::grouped;
use super::table::Table;
use crate::frame::{Expr, Frame, Function, Op, SortKey, Unary, Window, walk};
use crate::read::python::{Arguments, Object, Value};

/// The labels of one row of each group.
#[derive(Debug)]
pub struct Labels {
    /// The frame that the labels belong to.
    of: Arc<Frame>,
    rows: Table,
}

/// `grouped["c"].idxmax()`; `idxmin()` when `greatest` is false.
pub fn of_groups(group: &Rc<GroupBy>, context: &mut Context, arguments: &Arguments, greatest: bool) -> Answer<Value> {
    let (Some([name]), true) = (group.chosen.as_deref(), arguments.items.is_empty()) else {
        return refuse("the labels of rows are looked for in several columns");
    };
    if !group.whole.index.is_empty() || !group.whole.numbered && repeats_labels(&group.whole.base) {
        return refuse("several rows may have the label that is looked for");
    }
    let mut table = group.table.clone();
    let value = table.column(context, name)?;
    if table.nullable(&value) {
        table = table.filter(context, Expr::unary(Unary::IsNotNull, value.clone()));
    }
    if group.whole.order.is_empty() {
        context.order_matters(if greatest { "`idxmax`" } else { "`idxmin`" });
    }
    let first = SortKey { expr: value, descending: greatest, nulls_first: false };
    let order = std::iter::once(first).chain(group.whole.order.clone()).collect();
    let partition = group.keys.iter().map(|key| key.expr.clone()).collect();
    let function = Expr::Call(Function::RowNumber, Vec::new());
    let number = Expr::Window(Box::new(Window { function, partition, order, rows: None }));
    let mut rows = grouped::numbered(context, &table, number, 1);
    rows.order = group.keys.iter().map(|key| SortKey::ascending(key.expr.clone())).collect();
    Ok(Value::Object(Rc::new(Labels { of: group.whole.base.clone(), rows })))
}

impl Labels {
    /// The rows of the frame that have these labels.
    pub fn rows_of(&self, context: &Context, frame: &DataFrame) -> Answer<Table> {
        let sealed = frame.seal(context);
        if Arc::ptr_eq(&sealed.base, &self.of) {
            Ok(self.rows.clone().with_statements(&[&sealed]))
        } else {
            refuse("rows are selected by the labels of another frame, or of what this one was before")
        }
    }
}

/// Whether several rows can have one label, as after rows were put together or lists taken apart.
fn repeats_labels(frame: &Arc<Frame>) -> bool {
    match &frame.op {
        Op::Union { .. } => true,
        Op::Project { input, columns, .. } => {
            let mut unnests = false;
            for named in columns {
                walk(&named.expr, &mut |part| unnests |= matches!(part, Expr::Call(Function::Unnest, _)));
            }
            unnests || repeats_labels(input)
        }
        Op::Filter { input, .. } | Op::Limit { input, .. } | Op::Distinct { input } => repeats_labels(input),
        Op::Scan { .. } | Op::Values { .. } | Op::Join { .. } | Op::Group { .. } => false,
    }
}

impl Object for Labels {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "the labels of rows".to_owned()
    }
}
