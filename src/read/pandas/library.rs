//! pandas and NumPy as the evaluator's library.

use std::rc::Rc;

use super::cell;
use super::context::{Answer, Context, refuse};
use super::dataframe::{self, DataFrame};
use super::dates;
use super::finish;
use super::functions;
use super::rows::{Handled, Row, find};
use super::session::Session;
use crate::read::python::{Arguments, Evaluator, External, Library, Seed, Value};
use crate::text::Span;

/// The library.
#[derive(Debug, Clone, Copy)]
pub struct Pandas;

/// A function of the library.
pub type Function = fn(&mut Context, &Arguments) -> Answer<Value>;

impl Library for Pandas {
    fn call(&self, evaluator: &mut Evaluator, callee: &Rc<External>, arguments: &Arguments) -> Option<Value> {
        if !callee.imported {
            return None;
        }
        let (rows, name): (&[Row<Function>], &str) = match callee.path.split_once('.')? {
            ("pandas", name) => (functions::PANDAS, name),
            ("numpy", name) => (functions::NUMPY, name),
            ("datetime", name) if !is_dag(evaluator) => {
                (dates::DATETIME, name.strip_prefix("datetime.").unwrap_or(name))
            }
            _ => return None,
        };
        let (plain, cells) = cell::plain_arguments(arguments);
        if cells {
            return self.call(evaluator, callee, &plain).map(cell::Cell::of);
        }
        let row = find(rows, name)?;
        let mut context = Context::new(evaluator, arguments.span);
        let answer = match row.handled {
            Handled::Sql(run) => run(&mut context, arguments),
            Handled::Dropped(reason) => {
                context.evaluator.note(reason);
                return Some(Value::None);
            }
            Handled::Refused(reason) => refuse(reason),
        };
        let reads = rows.as_ptr() == functions::PANDAS.as_ptr() && !name.starts_with("to_");
        Some(answer.unwrap_or_else(|refusal| {
            if reads {
                fallback(&mut context, arguments, &refusal)
            } else {
                dataframe::unknown(&mut context, name, &refusal)
            }
        }))
    }

    fn constant(&self, evaluator: &mut Evaluator, path: &str, span: Span) -> Option<Value> {
        let _ = (evaluator, span);
        match path {
            "numpy.nan" | "numpy.NaN" | "numpy.NAN" | "pandas.NA" | "pandas.NaT" => Some(Value::Float(f64::NAN)),
            _ => None,
        }
    }

    fn finish(&self, evaluator: &mut Evaluator) {
        finish::finish(evaluator);
    }

    fn again(&self, evaluator: &mut Evaluator) -> Option<Seed> {
        let state = evaluator.state::<Session>();
        let session = state.borrow();
        if session.found == session.known {
            return None;
        }
        let known = session.found.clone();
        Some(Box::new(move |evaluator| evaluator.state::<Session>().borrow_mut().known = known))
    }
}

/// Whether the file is one of Airflow's: its times are settings of a schedule, and stay as they are written.
fn is_dag(evaluator: &Evaluator) -> bool {
    let of_airflow = |value: &Value| matches!(value, Value::External(external) if external.path.starts_with("airflow"));
    evaluator.globals().iter().any(of_airflow)
}

/// A frame that no SQL gives.
fn fallback(context: &mut Context, arguments: &Arguments, refusal: &super::context::Refusal) -> Value {
    let items = arguments.items.iter().map(|item| item.value.clone());
    let nested = items.flat_map(|value| value.items().unwrap_or_else(|| vec![value]));
    let frames: Vec<_> =
        nested.filter_map(|value| value.object::<DataFrame>().map(|frame| frame.seal(context))).collect();
    let inputs: Vec<_> = frames.iter().collect();
    DataFrame::of(super::opaque::opaque(context, refusal, &inputs))
}
