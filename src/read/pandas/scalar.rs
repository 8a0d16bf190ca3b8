//! Single values: constants, times, amounts of time, totals over a frame.

use std::any::Any;
use std::rc::Rc;

use super::context::{Answer, Context, refuse};
use super::operators;
use super::series::Series;
use super::table::{Table, lift};
use crate::frame::{Aggregate, Expr, Function, Literal, Part, Window, walk};
use crate::read::python::{Evaluator, Object, Operation, Value};
use crate::text::Span;

/// A single value that is not one of Python's own.
#[derive(Debug, Clone)]
pub struct Scalar {
    /// The value: a constant, or aggregates over the rows of `table`.
    pub expr: Expr,
    /// The rows that it is a total of; none for a constant.
    pub table: Option<Table>,
}

impl Scalar {
    /// A constant.
    pub fn constant(expr: Expr) -> Value {
        Value::Object(Rc::new(Self { expr, table: None }))
    }

    /// A total over rows.
    pub fn total(expr: Expr, table: Table) -> Value {
        Value::Object(Rc::new(Self { expr, table: Some(table) }))
    }

    /// As an expression over each row of `table`.
    fn over(&self, table: &Table) -> Answer<Expr> {
        let Some(own) = &self.table else { return Ok(self.expr.clone()) };
        let ordered = has_aggregate(&self.expr, |function| {
            matches!(function, Aggregate::Quantile(_) | Aggregate::CountDistinct | Aggregate::First | Aggregate::Last)
        });
        if ordered {
            return refuse("a quantile or a count of different values is compared with each row");
        }
        let windowed = windowed(&self.expr);
        let lifted = lift(&windowed, &own.base, &table.base);
        lifted.map_or_else(|| refuse("it uses a total over the rows of another frame"), Ok)
    }
}

fn has_aggregate(expr: &Expr, wanted: fn(&Aggregate) -> bool) -> bool {
    let mut found = false;
    walk(expr, &mut |part| found |= matches!(part, Expr::Aggregate { function, .. } if wanted(function)));
    found
}

/// The expression with each aggregate over all rows.
fn windowed(expr: &Expr) -> Expr {
    let Expr::Aggregate { .. } = expr else {
        return match expr {
            Expr::Binary(operator, left, right) => Expr::binary(*operator, windowed(left), windowed(right)),
            Expr::Call(function, arguments) => Expr::Call(*function, arguments.iter().map(windowed).collect()),
            Expr::Cast(operand, ty) => windowed(operand).cast(*ty),
            Expr::Unary(operator, operand) => Expr::unary(*operator, windowed(operand)),
            Expr::Column(..)
            | Expr::Literal(_)
            | Expr::Case { .. }
            | Expr::In(..)
            | Expr::Aggregate { .. }
            | Expr::Window(_) => expr.clone(),
        };
    };
    let window = Window { function: expr.clone(), partition: Vec::new(), order: Vec::new(), rows: None };
    Expr::Window(Box::new(window))
}

impl Object for Scalar {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "a single value".to_owned()
    }

    fn attribute(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, span: Span) -> Option<Value> {
        Some(evaluator.unknown(name, "it is only known when the script runs", span))
    }

    fn method(
        self: Rc<Self>,
        evaluator: &mut Evaluator,
        name: &str,
        arguments: &crate::read::python::Arguments,
    ) -> Option<Value> {
        match name {
            "item" | "normalize" if self.table.is_some() => Some(Value::Object(self)),
            _ => Some(evaluator.unknown(name, "it is only known when the script runs", arguments.span)),
        }
    }

    fn binary(
        self: Rc<Self>,
        evaluator: &mut Evaluator,
        operation: Operation,
        other: &Value,
        reflected: bool,
        span: Span,
    ) -> Option<Value> {
        if other.object::<Series>().is_some() {
            return None;
        }
        let mut context = Context::new(evaluator, span);
        let both = both(&self, other);
        let combined = both.and_then(|(one, two, table)| {
            let (left, right) = if reflected { (two, one) } else { (one, two) };
            let rows = table.clone().or_else(|| Some(nothing(&context)));
            let expr = match rows {
                Some(rows) => operators::combine(&mut context, &rows, operation, left, right)?,
                None => return refuse("a value of no rows"),
            };
            Ok(Value::Object(Rc::new(Self { expr, table })))
        });
        Some(combined.unwrap_or_else(|refusal| super::dataframe::unknown(&mut context, "value", &refusal)))
    }
}

/// Both values as expressions, and the rows that they are totals of.
fn both(scalar: &Scalar, other: &Value) -> Answer<(Expr, Expr, Option<Table>)> {
    let Some(second) = other.object::<Scalar>() else {
        let other = constant(other, None)?;
        return Ok((scalar.expr.clone(), other, scalar.table.clone()));
    };
    match (&scalar.table, &second.table) {
        (Some(one), Some(two)) => {
            let lifted = lift(&second.expr, &two.base, &one.base);
            match lifted {
                Some(expr) => Ok((scalar.expr.clone(), expr, Some(one.clone()))),
                None => refuse("it combines totals of two different frames"),
            }
        }
        (table, None) | (None, table) => Ok((scalar.expr.clone(), second.expr.clone(), table.clone())),
    }
}

/// A table without rows or columns, for the types of constants.
fn nothing(context: &Context) -> Table {
    let op = crate::frame::Op::Values { columns: Vec::new(), rows: Vec::new() };
    Table::over(context, crate::frame::Frame::new(op), context.span)
}

/// A Python value as an expression; totals over the rows of `table`, when one is given.
pub fn constant(value: &Value, table: Option<&Table>) -> Answer<Expr> {
    if let Some(scalar) = value.object::<Scalar>() {
        return table.map_or_else(|| Ok(scalar.expr.clone()), |table| scalar.over(table));
    }
    if let Some(text) = value.as_text() {
        return Ok(Expr::text(text));
    }
    let literal = match value {
        Value::None => Literal::Null,
        Value::Bool(value) => Literal::Bool(*value),
        Value::Int(value) => Literal::Integer(*value),
        Value::Float(value) if value.is_nan() => Literal::Null,
        Value::Float(value) => Literal::Float(*value),
        Value::External(external) => return refuse(format!("`{}` is not known", external.path)),
        Value::Descriptor(_)
        | Value::Text(_)
        | Value::List(_)
        | Value::Tuple(_)
        | Value::Dict(_)
        | Value::Slice(_)
        | Value::Function(_)
        | Value::Method(_)
        | Value::Class(_)
        | Value::Instance(_)
        | Value::Module(_)
        | Value::Builtin(_)
        | Value::Object(_) => {
            return refuse("a value of this kind cannot stand in a query");
        }
    };
    Ok(Expr::Literal(literal))
}

/// A constant amount of time, to be added to a time: `AddTime` of NULL.
pub fn amount(part: Part, count: i64) -> Expr {
    Expr::Call(Function::AddTime(part), vec![Expr::Literal(Literal::Null), Expr::integer(count)])
}

/// A point in time as a constant, from text such as `2024-01-31` or `2024-01-31 10:00`.
pub fn point_in_time(text: &str) -> Answer<Expr> {
    let text = text.trim().replace('T', " ");
    let digits = |range: std::ops::Range<usize>| {
        text.get(range).is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let date = text.len() >= 10 && digits(0..4) && digits(5..7) && digits(8..10) && text.get(4..5) == Some("-");
    match text.len() {
        10 if date => Ok(Expr::Literal(Literal::Timestamp(format!("{text} 00:00:00")))),
        16 if date => Ok(Expr::Literal(Literal::Timestamp(format!("{text}:00")))),
        19 if date => Ok(Expr::Literal(Literal::Timestamp(text))),
        _ => refuse(format!("`{text}` is not a time that is read for sure")),
    }
}
