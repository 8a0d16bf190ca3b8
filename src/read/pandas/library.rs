//! pandas and NumPy as the evaluator's library.

use std::rc::Rc;

use super::cell;
use super::context::{Answer, Context, refuse};
use super::dataframe::{self, DataFrame};
use super::dates;
use super::finish;
use super::functions;
use super::queries;
use super::rest;
use super::rows::{Handled, Row, find};
use super::scalar;
use super::session::Session;
use super::writing;
use crate::read::python::{Arguments, Evaluator, External, Library, Operation, Seed, Value};
use crate::text::Span;

/// The library.
#[derive(Debug, Clone, Copy)]
pub struct Pandas;

/// A function of the library.
pub type Function = fn(&mut Context, &Arguments) -> Answer<Value>;

impl Library for Pandas {
    fn call(&self, evaluator: &mut Evaluator, callee: &Rc<External>, arguments: &Arguments) -> Option<Value> {
        if let Some(written) = writing::of_unknown(evaluator, callee, arguments) {
            return Some(written);
        }
        if let Some(asked) = queries::call(evaluator, callee, arguments) {
            return Some(asked);
        }
        if !callee.imported {
            return None;
        }
        let (rows, name): (&[Row<Function>], &str) = match callee.path.split_once('.')? {
            ("pandas", name) if name.contains("offsets.") => (super::offsets::OFFSETS, callee.last()),
            ("pandas", name) => (functions::PANDAS, name),
            ("numpy", name) => (functions::NUMPY, name),
            _ => return None,
        };
        let (plain, cells) = cell::plain_arguments(arguments);
        if cells {
            return self.call(evaluator, callee, &plain).map(cell::Cell::of);
        }
        let is_pandas = rows.as_ptr() == functions::PANDAS.as_ptr();
        let others = if is_pandas { rest::PANDAS } else { &[] };
        let handled = find(rows, name).map(|row| row.handled).or_else(|| rest::find(others, name))?;
        let mut context = Context::new(evaluator, arguments.span);
        let answer = match handled {
            Handled::Sql(run) => run(&mut context, arguments),
            Handled::Dropped(reason) => {
                context.evaluator.note(reason);
                return Some(Value::None);
            }
            Handled::Refused(reason) => refuse(reason),
        };
        let reads = is_pandas && (name.starts_with("read_") || functions::GIVES_FRAMES.contains(&name));
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
            "numpy.inf" | "numpy.Inf" | "numpy.infty" => Some(Value::Float(f64::INFINITY)),
            _ => None,
        }
    }

    fn binary(
        &self,
        evaluator: &mut Evaluator,
        operation: Operation,
        left: &Value,
        right: &Value,
        span: Span,
    ) -> Option<Value> {
        dates::operated(operation, left, right)
            .or_else(|| scalar::of_numbers_from_outside(&mut Context::new(evaluator, span), operation, left, right))
    }

    fn begin_part(&self, evaluator: &mut Evaluator) {
        finish::begin_part(evaluator);
    }

    fn end_part(&self, evaluator: &mut Evaluator) {
        finish::end_part(evaluator);
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

/// A frame that no SQL gives.
pub fn fallback(context: &mut Context, arguments: &Arguments, refusal: &super::context::Refusal) -> Value {
    let items = arguments.items.iter().map(|item| item.value.clone());
    let nested = items.flat_map(|value| value.items().unwrap_or_else(|| vec![value]));
    let frames: Vec<_> =
        nested.filter_map(|value| value.object::<DataFrame>().map(|frame| frame.seal(context))).collect();
    let inputs: Vec<_> = frames.iter().collect();
    DataFrame::of(super::opaque::opaque(context, refusal, &inputs))
}
