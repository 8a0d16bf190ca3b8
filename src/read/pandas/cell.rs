//! The value of each row, within a function that the script applies to rows or values one by one.
//!
//! In: a Series. Out: an object that behaves like one Python value, and whose conditions are decided row by row. What is
//! done with it is done with the Series.

use std::any::Any;
use std::rc::Rc;

use super::columns;
use super::context::{Answer, Context, refuse};
use super::dataframe::{self, DataFrame};
use super::mask;
use super::membership;
use super::operators;
use super::scalar;
use super::series::{Series, operand};
use super::strings::Accessor;
use super::table::Table;
use super::values;
use crate::frame::{Binary, Expr, Function, Literal, Type, Unary};
use crate::read::python::{Arguments, Evaluator, Object, Operation, Value};
use crate::text::Span;

/// A Series, or texts of one, that stands for the value of each row.
#[derive(Debug)]
pub struct Cell {
    inner: Value,
}

impl Cell {
    /// The Series as a value of each row; other values as they are.
    pub fn of(value: Value) -> Value {
        if value.object::<Series>().is_some() || value.object::<Accessor>().is_some() {
            return Value::Object(Rc::new(Self { inner: value }));
        }
        value
    }

    /// The Series that it stands for.
    pub fn series(&self) -> Option<&Series> {
        self.inner.object::<Series>()
    }
}

/// The value with cells, also in a list, replaced by the Series that they stand for.
pub fn plain(value: &Value) -> Value {
    if let Some(cell) = value.object::<Cell>() {
        return cell.inner.clone();
    }
    let holds = |items: &[Value]| items.iter().any(|item| item.object::<Cell>().is_some());
    match value {
        Value::List(items) if holds(&items.borrow()) => Value::list(items.borrow().iter().map(plain).collect()),
        Value::Tuple(items) if holds(items) => Value::tuple(items.iter().map(plain).collect()),
        _ => value.clone(),
    }
}

/// The arguments without cells; whether there were any.
pub fn plain_arguments(arguments: &Arguments) -> (Arguments, bool) {
    let mut made = arguments.clone();
    let mut found = false;
    for item in &mut made.items {
        let value = plain(&item.value);
        found |= !value.is_same(&item.value);
        item.value = value;
    }
    (made, found)
}

/// The condition that a value is when it stands behind `if`.
pub fn condition(series: &Series) -> Answer<Expr> {
    let (table, expr) = (&series.table, series.expr.clone());
    if mask::is_truth(table, &expr) {
        return Ok(expr);
    }
    match table.type_of(&expr) {
        Type::Text => Ok(Expr::binary(Binary::NotEqual, expr, Expr::text(""))),
        // A missing number counts as true in Python.
        Type::Integer | Type::Float | Type::Decimal => {
            Ok(mask::compare(table, Binary::NotEqual, expr, Expr::integer(0)))
        }
        Type::Unknown | Type::Bool | Type::Date | Type::Timestamp | Type::Interval | Type::Period(_) => {
            refuse("a condition is not known to be one")
        }
    }
}

fn answer(evaluator: &mut Evaluator, span: Span, result: Answer<Value>) -> Value {
    let mut context = Context::new(evaluator, span);
    result.map_or_else(|refusal| dataframe::unknown(&mut context, "value", &refusal), Cell::of)
}

impl Object for Cell {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "the value of a row".to_owned()
    }

    fn is_symbolic(&self) -> bool {
        true
    }

    fn attribute(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, span: Span) -> Option<Value> {
        let Value::Object(inner) = &self.inner else { return None };
        if let Some(series) = self.series()
            && matches!(
                name,
                "year" | "month" | "day" | "hour" | "minute" | "second" | "quarter" | "dayofweek" | "days"
            )
        {
            return super::times::attribute(&Rc::new(series.clone()), name).map(Cell::of);
        }
        inner.clone().attribute(evaluator, name, span).map(Cell::of)
    }

    fn method(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
        let (arguments, _) = plain_arguments(arguments);
        let Some(series) = self.series().cloned() else {
            let Value::Object(inner) = &self.inner else { return None };
            return inner.clone().method(evaluator, name, &arguments).map(Cell::of);
        };
        let series = Rc::new(series);
        let span = arguments.span;
        match name {
            "date" => return super::times::attribute(&series, "date").map(Cell::of),
            "weekday" | "isoweekday" if name == "weekday" => {
                return super::times::attribute(&series, "weekday").map(Cell::of);
            }
            _ => {}
        }
        let accessor = if matches!(name, "strftime" | "normalize" | "floor" | "total_seconds") {
            Accessor::time(&series)
        } else if super::rows::find(super::rows::TEXT, name).is_some() {
            Accessor::text(&series)
        } else {
            return series.method(evaluator, name, &arguments).map(Cell::of);
        };
        let Value::Object(accessor) = accessor else { return None };
        let found = accessor.method(evaluator, name, &arguments).map(Cell::of);
        found.or_else(|| Some(evaluator.unknown(name, format!("`{name}` of a value is not followed"), span)))
    }

    fn subscript(self: Rc<Self>, evaluator: &mut Evaluator, key: &Value, span: Span) -> Option<Value> {
        let inner = match self.series() {
            Some(series) => Accessor::text(&Rc::new(series.clone())),
            None => self.inner.clone(),
        };
        let Value::Object(inner) = inner else { return None };
        inner.subscript(evaluator, key, span).map(Cell::of)
    }

    fn binary(
        self: Rc<Self>,
        evaluator: &mut Evaluator,
        operation: Operation,
        other: &Value,
        reflected: bool,
        span: Span,
    ) -> Option<Value> {
        let series = self.series()?.clone();
        let other = plain(other);
        let result = operated(evaluator, &series, operation, &other, reflected, span);
        Some(answer(evaluator, span, result))
    }

    fn unary(self: Rc<Self>, evaluator: &mut Evaluator, operation: Operation, span: Span) -> Option<Value> {
        let series = self.series()?;
        let result = if matches!(operation, Operation::Not | Operation::Invert) {
            condition(series).map(|expr| series.with(mask::invert(&series.table, &expr)))
        } else {
            operators::unary(&Rc::new(series.clone()), operation)
        };
        Some(answer(evaluator, span, result))
    }

    fn choose(self: Rc<Self>, evaluator: &mut Evaluator, then: &Value, otherwise: &Value, span: Span) -> Option<Value> {
        let series = self.series()?;
        let (then, otherwise) = (plain(then), plain(otherwise));
        let chosen = || -> Answer<Value> {
            let condition = condition(series)?;
            let (then, otherwise) = (operand(&then, &series.table)?, operand(&otherwise, &series.table)?);
            Ok(series.with(values::chosen(&series.table, condition, &then, &otherwise)))
        };
        let result = chosen();
        Some(answer(evaluator, span, result))
    }

    fn builtin(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
        let series = self.series()?.clone();
        let (arguments, _) = plain_arguments(arguments);
        let mut context = Context::new(evaluator, arguments.span);
        let result = builtin(&mut context, &series, name, &arguments)?;
        Some(answer(evaluator, arguments.span, result))
    }

    fn looked_up(
        self: Rc<Self>,
        evaluator: &mut Evaluator,
        entries: &[(Value, Value)],
        default: &Value,
        span: Span,
    ) -> Option<Value> {
        let series = self.series()?;
        let result = operand(&plain(default), &series.table).and_then(|default| {
            let other = Some(default).filter(|default| *default != Expr::Literal(Literal::Null));
            values::recoded(series, entries, other)
        });
        Some(answer(evaluator, span, result))
    }
}

fn operated(
    evaluator: &mut Evaluator,
    series: &Series,
    operation: Operation,
    other: &Value,
    reflected: bool,
    span: Span,
) -> Answer<Value> {
    let mut context = Context::new(evaluator, span);
    let this = Rc::new(series.clone());
    match operation {
        Operation::Is | Operation::IsNot => match other {
            Value::None => {
                let missing = Expr::unary(Unary::IsNull, series.expr.clone());
                let kept = operation == Operation::Is;
                Ok(series.with(if kept { missing } else { mask::invert(&series.table, &missing) }))
            }
            _ => refuse("values are compared by identity"),
        },
        Operation::In | Operation::NotIn if reflected => {
            let Some(text) = other.as_text() else { return refuse("a value is looked for in the value of a row") };
            let found = Expr::Call(Function::ContainsText, vec![series.expr.clone(), Expr::text(text)]);
            Ok(series.with(if operation == Operation::In { found } else { mask::invert(&series.table, &found) }))
        }
        Operation::In | Operation::NotIn => {
            let list = Arguments::positional_values(vec![other.clone()], span);
            let found = membership::isin(&this, &mut context, &list)?;
            let Some(found) = found.object::<Series>() else { return refuse("the list is not known") };
            let expr = found.expr.clone();
            Ok(series.with(if operation == Operation::In { expr } else { mask::invert(&series.table, &expr) }))
        }
        Operation::And | Operation::Or => {
            let left = condition(series)?;
            let right = match other.object::<Series>() {
                Some(other) => Series { expr: condition(other)?, ..other.clone() }.over(&series.table)?,
                None => operand(other, &series.table)?,
            };
            let operator = if operation == Operation::And { Binary::And } else { Binary::Or };
            Ok(series.with(Expr::binary(operator, left, right)))
        }
        _ => operators::binary(&mut context, &this, operation, other, reflected),
    }
}

fn builtin(context: &mut Context, series: &Series, name: &str, arguments: &Arguments) -> Option<Answer<Value>> {
    let this = Rc::new(series.clone());
    let first = arguments.positional(0).is_some_and(|item| item.value.object::<Series>().is_some());
    match name {
        "len" => Some(Ok(series.with(Expr::Call(Function::Length, vec![series.expr.clone()])))),
        "abs" => Some(values::call(&this, Function::Abs)),
        "round" if first => {
            let mut rest = arguments.clone();
            rest.items.remove(0);
            Some(values::round(&this, context, &rest))
        }
        "int" | "float" | "str" | "bool" if arguments.items.len() == 1 => {
            let kind = match name {
                "int" => Type::Integer,
                "float" => Type::Float,
                "str" => {
                    let written = super::written::shown(context, &series.table, &series.expr);
                    return Some(written.map(|expr| series.with(expr)));
                }
                _ => return Some(condition(series).map(|expr| series.with(expr))),
            };
            Some(values::converted_to(context, &series.table, &series.expr, kind).map(|expr| series.with(expr)))
        }
        "isinstance" => is_instance(series, &arguments.positional(1)?.value),
        "min" | "max" if arguments.items.len() == 2 => {
            Some(extreme(series, arguments, if name == "min" { Binary::Less } else { Binary::Greater }))
        }
        _ => None,
    }
}

/// `min(a, b)`: the second only where it is smaller, as Python has it.
fn extreme(series: &Series, arguments: &Arguments, operator: Binary) -> Answer<Value> {
    let values = arguments.positionals();
    let [one, two] = values.as_slice() else { return refuse("several values are compared") };
    let (one, two) = (operand(one, &series.table)?, operand(two, &series.table)?);
    Ok(series.with(Expr::case(Expr::binary(operator, two.clone(), one.clone()), two, one)))
}

fn is_instance(series: &Series, kind: &Value) -> Option<Answer<Value>> {
    let wanted: Vec<&str> = match kind {
        Value::Builtin(name) => vec![name],
        Value::Tuple(kinds) => {
            kinds.iter().filter_map(|kind| if let Value::Builtin(name) = kind { Some(*name) } else { None }).collect()
        }
        _ => return None,
    };
    let is = match series.ty() {
        Type::Text => wanted.contains(&"str"),
        Type::Integer => wanted.contains(&"int"),
        Type::Float => wanted.contains(&"float"),
        Type::Bool => wanted.contains(&"bool"),
        Type::Unknown | Type::Decimal | Type::Date | Type::Timestamp | Type::Interval | Type::Period(_) => return None,
    };
    if is && series.ty() == Type::Text && series.table.nullable(&series.expr) {
        return Some(Ok(series.with(Expr::unary(Unary::IsNotNull, series.expr.clone()))));
    }
    Some(Ok(Value::Bool(is)))
}

/// A row of a frame, within a function that the script applies to rows.
#[derive(Debug)]
pub struct Row {
    frame: Rc<DataFrame>,
}

impl Row {
    /// Each row of the frame.
    pub fn of(frame: &Rc<DataFrame>) -> Value {
        Value::Object(Rc::new(Self { frame: frame.clone() }))
    }

    fn cell(&self, evaluator: &mut Evaluator, name: &str, span: Span) -> Answer<Value> {
        let context = Context::new(evaluator, span);
        self.frame.series(&context, name).map(|series| Cell::of(series.value()))
    }
}

impl Object for Row {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "a row of a DataFrame".to_owned()
    }

    fn attribute(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, span: Span) -> Option<Value> {
        self.cell(evaluator, name, span).ok()
    }

    fn method(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
        let key = arguments.get("key", 0).and_then(Value::as_text)?;
        (name == "get").then(|| self.cell(evaluator, key, arguments.span).ok()).flatten()
    }

    fn subscript(self: Rc<Self>, evaluator: &mut Evaluator, key: &Value, span: Span) -> Option<Value> {
        let result = match key.as_text() {
            Some(name) => self.cell(evaluator, name, span),
            None => refuse("a value of a row is taken by something other than its name"),
        };
        Some(answer(evaluator, span, result))
    }
}

/// Calls a function with the value of each row, and what the script gives besides.
pub fn called(
    context: &mut Context,
    function: &Value,
    first: Value,
    arguments: &Arguments,
    own: &[&str],
) -> Answer<Value> {
    let mut given = Arguments::positional_values(vec![first], arguments.span);
    if let Some(more) = arguments.keyword("args").and_then(Value::items) {
        given.items.extend(Arguments::positional_values(more, arguments.span).items);
    }
    let own_names = ["func", "args", "axis", "convert_dtype", "result_type", "raw", "na_action", "include_groups"];
    let extra = arguments
        .items
        .iter()
        .filter(|item| item.name.as_deref().is_some_and(|name| !own_names.contains(&name) && !own.contains(&name)));
    given.items.extend(extra.cloned());
    let value = context.evaluator.call(function, &given);
    match &value {
        Value::External(external) => refuse(external.reason.clone()),
        value => Ok(value.clone()),
    }
}

/// What a function gave for each row, as a Series over `table`.
pub fn result(table: &Table, value: &Value, name: &str) -> Answer<Series> {
    let value = plain(value);
    if let Some(series) = value.object::<Series>() {
        let expr = series.over(table)?;
        return Ok(Series { table: table.clone(), expr: mask::definite(table, &expr), name: name.to_owned() });
    }
    let expr = scalar::constant(&value, Some(table))?;
    Ok(Series { table: table.clone(), expr, name: name.to_owned() })
}

/// `frame.apply(function, axis=1)`.
pub fn apply_rows(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let by_row =
        arguments.get("axis", 1).is_some_and(|axis| axis.integer() == Some(1) || axis.as_text() == Some("columns"));
    let Some(function) = arguments.get("func", 0).cloned() else { return refuse("what is applied is not known") };
    if !by_row {
        return apply_columns(frame, context, &function, arguments);
    }
    let value = called(context, &function, Row::of(frame), arguments, &[])?;
    let table = frame.snapshot();
    result(&table, &value, "").map(Series::value)
}

/// `frame.apply(function)`: the function gets each column.
fn apply_columns(
    frame: &Rc<DataFrame>,
    context: &mut Context,
    function: &Value,
    arguments: &Arguments,
) -> Answer<Value> {
    let mut table = frame.seal(context);
    if table.rest {
        return refuse("a function is applied to all columns, and which there are is not known");
    }
    for name in table.names() {
        let series = frame.series(context, &name)?;
        let value = called(context, function, series.value(), arguments, &[])?;
        let Some(made) = value.object::<Series>() else { return refuse("a function gives one value for each column") };
        let expr = made.over(&table)?;
        table.set(&name, expr);
    }
    Ok(DataFrame::of(table))
}

/// `frame.map(function)`, `frame.applymap(function)`: each value of each column.
pub fn map_frame(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(function) = arguments.get("func", 0).cloned() else { return refuse("what is applied is not known") };
    let mut table = frame.seal(context);
    if table.rest {
        return refuse("a function is applied to all values, and which columns there are is not known");
    }
    for name in table.names() {
        let series = frame.series(context, &name)?;
        let value = called(context, &function, Cell::of(series.value()), arguments, &[])?;
        let expr = result(&table, &value, &name)?.expr;
        table.set(&name, expr);
    }
    columns::finish(frame, context, arguments, table)
}
