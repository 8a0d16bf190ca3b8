//! `pd.Grouper(key=…, freq=…)` among other keys: rows are grouped by the part of time that they lie in.
//!
//! In: the frequency. Out: the label that pandas gives each part: its end for months, quarters and years, else its start. Alone, it
//! gives a row for each part that no row lies in, too: that is refused by who groups.

use std::any::Any;
use std::rc::Rc;

use super::context::{Answer, Context, refuse};
use super::table::Table;
use crate::frame::{Expr, Function, Named, Part};
use crate::read::python::{Arguments, Object, Value};

/// `pd.Grouper(…)`.
#[derive(Debug)]
pub struct Grouper {
    key: String,
    part: Part,
    at_end: bool,
}

/// Frequencies: the part of time, and whether its label is its last day. A pure table.
const FREQUENCIES: &[(&str, Part, bool)] = &[
    ("D", Part::Day, false),
    ("h", Part::Hour, false),
    ("H", Part::Hour, false),
    ("min", Part::Minute, false),
    ("T", Part::Minute, false),
    ("W", Part::Week, true),
    ("W-SUN", Part::Week, true),
    ("MS", Part::Month, false),
    ("M", Part::Month, true),
    ("ME", Part::Month, true),
    ("QS", Part::Quarter, false),
    ("Q", Part::Quarter, true),
    ("QE", Part::Quarter, true),
    ("YS", Part::Year, false),
    ("AS", Part::Year, false),
    ("Y", Part::Year, true),
    ("A", Part::Year, true),
    ("YE", Part::Year, true),
];

/// `pd.Grouper(key="t", freq="MS")`.
pub fn grouper(_context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let known = |name: &str| matches!(name, "key" | "freq");
    if arguments.items.iter().any(|item| item.name.as_deref().is_none_or(|name| !known(name))) {
        return refuse("rows are grouped by times in a way of their own");
    }
    let text = |name: &str| arguments.keyword(name).and_then(Value::as_text);
    let (Some(key), Some(frequency)) = (text("key"), text("freq")) else {
        return refuse("rows are grouped by times of the index");
    };
    let Some((_, part, at_end)) = FREQUENCIES.iter().find(|(name, ..)| *name == frequency) else {
        return refuse("rows are grouped by a frequency that has no counterpart");
    };
    Ok(Value::Object(Rc::new(Grouper { key: key.to_owned(), part: *part, at_end: *at_end })))
}

impl Grouper {
    /// The key, over the rows of a table.
    pub fn named(&self, context: &Context, table: &mut Table) -> Answer<Named> {
        let time = table.key(context, &self.key)?;
        let start = Expr::Call(Function::Truncate(self.part), vec![time]);
        if !self.at_end {
            return Ok(Named::new(&self.key, start));
        }
        let moved =
            |time: Expr, part: Part, by: i64| Expr::Call(Function::AddTime(part), vec![time, Expr::integer(by)]);
        let label = match self.part {
            Part::Week => moved(start, Part::Day, 6),
            Part::Quarter => moved(moved(start, Part::Month, 3), Part::Day, -1),
            part => moved(moved(start, part, 1), Part::Day, -1),
        };
        Ok(Named::new(&self.key, label))
    }
}

impl Object for Grouper {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "a part of time that rows are grouped by".to_owned()
    }
}
