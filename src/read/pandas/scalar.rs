//! Single values: constants, times, amounts of time, totals over a frame.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::context::{Answer, Context, refuse};
use super::operators;
use super::series::Series;
use super::table::{Table, lift};
use crate::frame::{
    Aggregate, Binary, Expr, Frame, Function, Literal, Named, Op, Parameter, Part, Type, Unary, Window, replace, walk,
};
use crate::read::python::{Evaluator, Hole, Object, Operation, Text, Value};
use crate::text::Span;

/// A single value that is not one of Python's own.
#[derive(Debug, Clone)]
pub struct Scalar {
    /// The value: a constant, or aggregates over the rows of `table`.
    pub expr: Expr,
    /// The rows that it is a total of; none for a constant.
    pub table: Option<Table>,
    /// What the script calls it; empty for none.
    name: RefCell<String>,
    /// The frame that it is the only value of, once it was needed.
    made: RefCell<Option<Arc<Frame>>>,
}

impl Scalar {
    /// A constant.
    pub fn constant(expr: Expr) -> Value {
        Value::Object(Rc::new(Self { expr, table: None, name: RefCell::default(), made: RefCell::default() }))
    }

    /// A total over rows.
    pub fn total(expr: Expr, table: Table) -> Value {
        Value::Object(Rc::new(Self { expr, table: Some(table), name: RefCell::default(), made: RefCell::default() }))
    }

    /// As an expression over each row of `table`.
    fn over(&self, table: &Table) -> Answer<Expr> {
        let Some(own) = &self.table else { return Ok(self.expr.clone()) };
        let ordered = has_aggregate(&self.expr, |function| {
            matches!(function, Aggregate::Quantile(_) | Aggregate::CountDistinct | Aggregate::First | Aggregate::Last)
        });
        if ordered {
            return Ok(self.alone(own));
        }
        let windowed = windowed(&self.expr);
        Ok(lift(&windowed, &own.base, &table.base).unwrap_or_else(|| self.alone(own)))
    }

    /// As the only value of a frame of its own.
    fn alone(&self, own: &Table) -> Expr {
        let frame = self.made.borrow_mut().get_or_insert_with(|| Arc::new(self.row(own, "value"))).clone();
        Expr::Value(frame, String::new())
    }

    /// The frame of one row and one column that it is.
    fn row(&self, own: &Table, column: &str) -> Frame {
        let name = self.name.borrow().clone();
        let column = if name.is_empty() { column.to_owned() } else { name.clone() };
        let aggregates = vec![Named::new(column, self.expr.clone())];
        let name = if name.is_empty() { "total".to_owned() } else { name };
        Frame::new(Op::Group { input: own.base.clone(), keys: Vec::new(), aggregates }).named(&name)
    }

    /// The value as a constant of a query: a total becomes one that is read from a frame of its own.
    pub fn detached(&self) -> Expr {
        self.table.as_ref().map_or_else(|| self.expr.clone(), |own| self.alone(own))
    }
}

fn has_aggregate(expr: &Expr, wanted: fn(&Aggregate) -> bool) -> bool {
    let mut found = false;
    walk(expr, &mut |part| found |= matches!(part, Expr::Aggregate { function, .. } if wanted(function)));
    found
}

/// The expression with each aggregate over all rows.
fn windowed(expr: &Expr) -> Expr {
    replace(expr, &|part| {
        let Expr::Aggregate { .. } = part else { return None };
        let window = Window { function: part.clone(), partition: Vec::new(), order: Vec::new(), rows: None };
        Some(Expr::Window(Box::new(window)))
    })
}

impl Object for Scalar {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn bound(self: Rc<Self>, _evaluator: &mut Evaluator, name: &str, _span: Span) {
        if self.name.borrow().is_empty() {
            name.clone_into(&mut self.name.borrow_mut());
        }
    }

    fn builtin(
        self: Rc<Self>,
        evaluator: &mut Evaluator,
        name: &str,
        arguments: &crate::read::python::Arguments,
    ) -> Option<Value> {
        let mut context = Context::new(evaluator, arguments.span);
        let answer = self.converted(&mut context, name, arguments)?;
        Some(answer.unwrap_or_else(|refusal| super::dataframe::unknown(&mut context, name, &refusal)))
    }

    fn unary(self: Rc<Self>, _evaluator: &mut Evaluator, operation: Operation, _span: Span) -> Option<Value> {
        let expr = match operation {
            Operation::Negative => Expr::unary(Unary::Negate, self.expr.clone()),
            Operation::Positive => self.expr.clone(),
            _ => return None,
        };
        Some(Value::Object(Rc::new(Self {
            expr,
            table: self.table.clone(),
            name: RefCell::default(),
            made: RefCell::default(),
        })))
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
            "item" if self.table.is_some() => Some(Value::Object(self)),
            "isin" | "strftime" | "date" | "normalize" if self.table.is_none() => {
                Some(evaluator.unknown(name, "it is worked on by a method that has no counterpart", arguments.span))
            }
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
            Ok(Value::Object(Rc::new(Self { expr, table, name: RefCell::default(), made: RefCell::default() })))
        });
        Some(combined.unwrap_or_else(|refusal| super::dataframe::unknown(&mut context, "value", &refusal)))
    }
}

impl Scalar {
    /// `round(total, 2)`, `int(total)`, `abs(total)`.
    fn converted(
        &self,
        context: &mut Context,
        name: &str,
        arguments: &crate::read::python::Arguments,
    ) -> Option<Answer<Value>> {
        let table = self.table.clone().unwrap_or_else(|| nothing(context));
        let expr = match name {
            "round" => {
                let digits = arguments.positional(1).map_or(Some(0), |item| item.value.integer())?;
                super::values::rounded(&table, &self.expr, digits)
            }
            "abs" => Expr::Call(Function::Abs, vec![self.expr.clone()]),
            "float" => self.expr.clone().cast(Type::Float),
            "int" => match super::values::converted_to(context, &table, &self.expr, Type::Integer) {
                Ok(expr) => expr,
                Err(refusal) => return Some(Err(refusal)),
            },
            _ => return None,
        };
        Some(Ok(Value::Object(Rc::new(Self {
            expr,
            table: self.table.clone(),
            name: RefCell::default(),
            made: RefCell::default(),
        }))))
    }
}

/// Both values as expressions, and the rows that they are totals of.
fn both(scalar: &Scalar, other: &Value) -> Answer<(Expr, Expr, Option<Table>)> {
    let Some(second) = other.object::<Scalar>() else {
        let other = constant(other, None)?;
        return Ok((scalar.expr.clone(), other, scalar.table.clone()));
    };
    match (&scalar.table, &second.table) {
        (Some(one), Some(two)) => match super::folded::common((&scalar.expr, one), (&second.expr, two)) {
            Some((left, right, table)) => Ok((left, right, Some(table))),
            None => Ok((scalar.detached(), second.detached(), None)),
        },
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
    if let Value::Text(text) = value {
        return parameter(text);
    }
    let literal = match value {
        Value::None => Literal::Null,
        Value::Bool(value) => Literal::Bool(*value),
        Value::Int(value) => Literal::Integer(*value),
        Value::Float(value) if value.is_nan() => Literal::Null,
        Value::Float(value) => Literal::Float(*value),
        Value::External(external) => {
            let time = super::dates::constant(external);
            return time.unwrap_or_else(|| refuse(format!("`{}` is not known: {}", external.path, external.reason)));
        }
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

/// A text in which values from outside stand.
fn parameter(text: &Text) -> Answer<Expr> {
    if let Some(hole) = text.only_hole() {
        return of_hole(hole);
    }
    let mut parts: Vec<Expr> = Vec::new();
    let mut rest = text.fragment().text();
    for hole in text.holes() {
        let mark = format!("{{{{ {} }}}}", hole.name);
        let Some((before, after)) = rest.split_once(&mark) else { break };
        parts.extend((!before.is_empty()).then(|| Expr::text(before)));
        let value = of_hole(hole)?;
        parts.push(match hole.sql_type {
            "text" => value,
            "bigint" => value.cast(Type::Text),
            _ => return refuse("a number from outside is a part of a text"),
        });
        rest = after;
    }
    if rest.contains("{{") || text.holes().is_empty() {
        return refuse("a value from outside is a part of a text");
    }
    parts.extend((!rest.is_empty()).then(|| Expr::text(rest)));
    let joined = parts.into_iter().reduce(|left, right| Expr::binary(Binary::Concat, left, right));
    joined.map_or_else(|| refuse("a value from outside is a part of a text"), Ok)
}

/// `args.days * 2`, where one of the two is a number from outside.
pub fn of_numbers_from_outside(
    context: &mut Context,
    operation: Operation,
    left: &Value,
    right: &Value,
) -> Option<Value> {
    let is_number = |value: &Value| match value {
        Value::Text(text) => text.only_hole().is_some_and(|hole| NUMBERS.contains(&hole.sql_type)),
        Value::Int(_) | Value::Float(_) => true,
        _ => false,
    };
    let is_arithmetic =
        matches!(operation, Operation::Add | Operation::Subtract | Operation::Multiply | Operation::Divide);
    if !is_arithmetic || !is_number(left) || !is_number(right) {
        return None;
    }
    let (left, right) = (constant(left, None).ok()?, constant(right, None).ok()?);
    let rows = nothing(context);
    operators::combine(context, &rows, operation, left, right).ok().map(Scalar::constant)
}

/// The types of parameters that are numbers. A pure table.
const NUMBERS: &[&str] = &["bigint", "double precision"];

/// A value that comes from outside, by itself.
fn of_hole(hole: &Hole) -> Answer<Expr> {
    if !hole.reason.is_empty() {
        return refuse(hole.reason.clone());
    }
    let ty = match hole.sql_type {
        "bigint" => Type::Integer,
        "double precision" => Type::Float,
        "text" => Type::Text,
        _ => return refuse("the type of a value from outside is not known"),
    };
    let parameter = Parameter { name: hole.name.clone(), ty, default: hole.default.clone() };
    Ok(Expr::Literal(Literal::Parameter(Box::new(parameter))))
}

/// A point in time that comes from outside as text.
pub fn outside_time(value: &Value) -> Option<Answer<Expr>> {
    let Value::Text(text) = value else { return None };
    text.known().is_none().then(|| parameter(text).map(|value| value.cast(Type::Timestamp)))
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
    let (day, time) = text.split_once(' ').unwrap_or((&text, ""));
    let parts: Vec<&str> = day.split('-').collect();
    if let [year, month, date] = parts.as_slice()
        && text.len() < 19
        && (month.len() == 1 || date.len() == 1)
    {
        let padded = format!("{year}-{month:0>2}-{date:0>2}");
        return point_in_time(if time.is_empty() { &padded } else { &text });
    }
    match text.len() {
        10 if date => Ok(Expr::Literal(Literal::Timestamp(format!("{text} 00:00:00")))),
        16 if date => Ok(Expr::Literal(Literal::Timestamp(format!("{text}:00")))),
        19 if date => Ok(Expr::Literal(Literal::Timestamp(text))),
        _ => refuse(format!("`{text}` is not a time that is read for sure")),
    }
}
