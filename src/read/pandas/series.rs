//! A Series: an expression over the rows of a table.

use std::any::Any;
use std::rc::Rc;

use super::context::{Answer, Context, refuse};
use super::dataframe::{self, DataFrame};
use super::inplace;
use super::mask;
use super::operators;
use super::rest;
use super::rows::{self, Handled};
use super::strings::Accessor;
use super::table::{Table, lift};
use crate::frame::{Expr, Type};
use crate::read::python::{Arguments, Evaluator, Object, Operation, Value};
use crate::text::Span;

/// A column, or what was computed of columns.
#[derive(Debug, Clone)]
pub struct Series {
    /// The rows.
    pub table: Table,
    /// The value in each row, over the table's base.
    pub expr: Expr,
    /// Its name; empty for none.
    pub name: String,
}

impl Series {
    /// The same rows with other values.
    pub fn with(&self, expr: Expr) -> Value {
        Self { expr, ..self.clone() }.value()
    }

    /// The values without the labels of their rows.
    pub fn unlabeled(&self) -> Value {
        Self { table: Table { by_place: true, ..self.table.clone() }, ..self.clone() }.value()
    }

    /// As a value.
    pub fn value(self) -> Value {
        Value::Object(Rc::new(self))
    }

    /// The type of its values, as far as it is known.
    pub fn ty(&self) -> Type {
        self.table.type_of(&self.expr)
    }

    /// Its values over the rows of `table`.
    pub fn over(&self, table: &Table) -> Answer<Expr> {
        let meets = table.meets(&self.table);
        let lifted = lift(&self.expr, &self.table.base, &table.base).filter(|_| meets);
        lifted.map_or_else(|| refuse("it combines rows of two different frames by their index"), Ok)
    }

    /// As the only column of a frame.
    pub fn to_frame(&self, context: &Context) -> Table {
        let mut table = self.table.clone();
        table.columns = vec![crate::frame::Named::new(&self.name, mask::definite(&self.table, &self.expr))];
        table.rest = false;
        table.statements.extend(context.statements());
        table
    }
}

impl Object for Series {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "a Series".to_owned()
    }

    fn attribute(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, span: Span) -> Option<Value> {
        match name {
            "str" => Some(Accessor::text(&self)),
            "dt" => Some(Accessor::time(&self)),
            "loc" | "iloc" => Some(Value::Object(self)),
            "values" | "array" => Some(self.unlabeled()),
            "is_unique" | "hasnans" => Some(evaluator.unknown(name, "it is only known when the script runs", span)),
            "name" => Some(Value::text(&self.name, span)),
            "index" if self.table.index.len() == 1 => {
                let level = self.table.index.first()?;
                let labels = Self { expr: level.expr.clone(), name: level.name.clone(), ..self.as_ref().clone() };
                Some(labels.unlabeled())
            }
            "dtype" | "dtypes" | "shape" | "size" | "index" | "empty" | "T" => {
                Some(evaluator.unknown(name, "it is only known when the script runs", span))
            }
            _ => None,
        }
    }

    fn method(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
        let mut context = Context::new(evaluator, arguments.span);
        let handled = rows::find(rows::SERIES, name).map(|row| row.handled);
        let answer = match handled.or_else(|| rest::find(rest::SERIES, name))? {
            Handled::Sql(run) => {
                super::defaults::checked(name, arguments).and_then(|()| run(&self, &mut context, arguments))
            }
            Handled::Dropped(_) => return Some(Value::Object(self)),
            Handled::Refused(reason) => refuse(reason),
        };
        let answer = match answer {
            Ok(new) if inplace::is_asked(arguments) => inplace::changed(&self, &mut context, name, &new),
            Err(refusal) if inplace::is_asked(arguments) => {
                inplace::lose(&self, &mut context, &refusal);
                Err(refusal)
            }
            answer => answer,
        };
        Some(answer.unwrap_or_else(|refusal| dataframe::unknown(&mut context, name, &refusal)))
    }

    fn each(&self) -> Option<Value> {
        Some(super::cell::Cell::of(self.clone().value()))
    }

    fn gathered(&self, value: &Value) -> Option<Value> {
        super::each::gathered(self, value)
    }

    fn set_item(self: Rc<Self>, evaluator: &mut Evaluator, key: &Value, value: &Value, span: Span) -> bool {
        let mut context = Context::new(evaluator, span);
        if let Err(refusal) = inplace::set_item(&self, &mut context, key, value) {
            inplace::lose(&self, &mut context, &refusal);
        }
        true
    }

    fn subscript(self: Rc<Self>, evaluator: &mut Evaluator, key: &Value, span: Span) -> Option<Value> {
        let mut context = Context::new(evaluator, span);
        let selected = key.object::<Self>().map(|mask| {
            let predicate = mask.over(&self.table)?;
            let table = self.table.filter(&context, predicate);
            let expr = super::table::lift(&self.expr, &self.table.base, &table.base);
            let expr = expr.map_or_else(|| refuse("a value over several rows is filtered"), Ok)?;
            Ok(Self { table, expr, name: self.name.clone() }.value())
        });
        let answer = selected.unwrap_or_else(|| refuse("a single value of a Series is taken"));
        Some(answer.unwrap_or_else(|refusal| dataframe::unknown(&mut context, "Series", &refusal)))
    }

    fn binary(
        self: Rc<Self>,
        evaluator: &mut Evaluator,
        operation: Operation,
        other: &Value,
        reflected: bool,
        span: Span,
    ) -> Option<Value> {
        let mut context = Context::new(evaluator, span);
        let answer = operators::binary(&mut context, &self, operation, other, reflected);
        Some(answer.unwrap_or_else(|refusal| dataframe::unknown(&mut context, "Series", &refusal)))
    }

    fn unary(self: Rc<Self>, evaluator: &mut Evaluator, operation: Operation, span: Span) -> Option<Value> {
        let mut context = Context::new(evaluator, span);
        let answer = operators::unary(&self, operation);
        Some(answer.unwrap_or_else(|refusal| dataframe::unknown(&mut context, "Series", &refusal)))
    }

    fn builtin(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
        let mut context = Context::new(evaluator, arguments.span);
        let first = arguments.positional(0).is_some_and(|item| item.value.object::<Self>().is_some());
        let answer = match name {
            "len" => super::values::total(&self, &mut context, "size"),
            "sum" | "min" | "max" | "any" | "all" if first => super::values::total(&self, &mut context, name),
            "round" if first => {
                let mut rest = arguments.clone();
                rest.items.remove(0);
                super::values::round(&self, &mut context, &rest)
            }
            "abs" => super::values::call(&self, crate::frame::Function::Abs),
            "list" | "set" | "tuple" | "sorted" => return Some(self.unlabeled()),
            "dict" => return super::lookup::Mapping::of_series(&self),
            "zip" => return super::each::Zipped::of(&arguments.positionals()),
            _ => return None,
        };
        Some(answer.unwrap_or_else(|refusal| dataframe::unknown(&mut context, name, &refusal)))
    }
}

/// The value as an expression over the rows of `table`: a constant, a Series, a total.
pub fn operand(value: &Value, table: &Table) -> Answer<Expr> {
    if let Some(series) = value.object::<Series>() {
        return series.over(table);
    }
    if let Some(series) = value.object::<super::cell::Cell>().and_then(super::cell::Cell::series) {
        return series.over(table);
    }
    if let Some(extracted) = value.object::<super::extract::Extracted>()
        && let [only] = extracted.parts.as_slice()
    {
        return only.over(table);
    }
    if let Some(list) = value.object::<Accessor>().and_then(Accessor::list) {
        let of = value.object::<Accessor>().map(|texts| texts.series.table.clone());
        return Series { table: of.unwrap_or_else(|| table.clone()), expr: list, name: String::new() }.over(table);
    }
    if let Some(frame) = value.object::<DataFrame>() {
        let other = frame.snapshot();
        let [only] = other.columns.as_slice() else { return refuse("a whole frame stands where one column is needed") };
        return Series { expr: only.expr.clone(), name: only.name.clone(), table: other.clone() }.over(table);
    }
    super::scalar::constant(value, Some(table))
}
