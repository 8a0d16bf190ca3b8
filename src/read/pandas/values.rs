//! Methods that change the values of a Series, or of columns of a frame.

use std::rc::Rc;

use super::aggregate;
use super::cell::{self, Cell};
use super::columns::finish;
use super::context::{Answer, Context, refuse};
use super::dataframe::{self, DataFrame};
use super::defaults;
use super::mask;
use super::operators;
use super::scalar::{self, Scalar};
use super::series::{Series, operand};
use super::table::Table;
use crate::frame::{Aggregate, Binary, Expr, Function, Literal, Named, Type, Unary};
use crate::read::python::{Arguments, Operation, Value};

/// A function of nothing but the value.
pub fn call(series: &Rc<Series>, function: Function) -> Answer<Value> {
    Ok(series.with(Expr::Call(function, vec![series.expr.clone()])))
}

/// `isna`, `notna`.
pub fn check(series: &Rc<Series>, operator: Unary) -> Answer<Value> {
    Ok(series.with(Expr::unary(operator, mask::definite(&series.table, &series.expr))))
}

/// A total over all rows.
pub fn total(series: &Rc<Series>, context: &mut Context, name: &str) -> Answer<Value> {
    let expr = aggregate::aggregate(context, &series.table, name, &series.expr, false)?;
    let mut table = series.table.clone();
    table.statements.extend(context.statements());
    Ok(Scalar::total(expr, table))
}

/// `series.std()`, `series.var()`, of a sample unless `ddof=0`.
pub fn spread(series: &Rc<Series>, context: &mut Context, arguments: &Arguments, name: &str) -> Answer<Value> {
    if defaults::is_of_all(arguments) {
        total(series, context, &format!("{name} of all"))
    } else {
        total(series, context, name)
    }
}

/// `series.agg("sum")`.
pub fn series_agg(series: &Rc<Series>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    match arguments.get("func", 0).and_then(aggregate::name_of) {
        Some(name) => total(series, context, &name),
        None => refuse("values are aggregated by a function of the script"),
    }
}

/// `series.quantile(q)`.
pub fn quantile(series: &Rc<Series>, _context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(at) = arguments.get("q", 0).map_or(Some(0.5), Value::number) else {
        return refuse("several quantiles are computed");
    };
    let expr = Expr::aggregate(Aggregate::Quantile(at), series.expr.clone());
    Ok(Scalar::total(expr, series.table.clone()))
}

/// `series.add(other)` and the like: an operator as a method.
pub fn operator(series: &Rc<Series>, context: &mut Context, arguments: &Arguments, name: &str) -> Answer<Value> {
    let operations = [
        ("add", Operation::Add),
        ("sub", Operation::Subtract),
        ("mul", Operation::Multiply),
        ("div", Operation::Divide),
        ("truediv", Operation::Divide),
        ("floordiv", Operation::FloorDivide),
        ("mod", Operation::Modulo),
        ("pow", Operation::Power),
        ("eq", Operation::Equal),
        ("ne", Operation::NotEqual),
        ("lt", Operation::Less),
        ("le", Operation::LessOrEqual),
        ("gt", Operation::Greater),
        ("ge", Operation::GreaterOrEqual),
    ];
    if arguments.keyword("fill_value").is_some() {
        return refuse("missing operands are filled");
    }
    let find = |name: &str| operations.iter().find(|(known, _)| *known == name).map(|(_, operation)| *operation);
    let (operation, reflected) = match find(name) {
        Some(operation) => (Some(operation), false),
        None => (name.strip_prefix('r').and_then(find), true),
    };
    match (operation, arguments.get("other", 0)) {
        (Some(operation), Some(other)) => operators::binary(context, series, operation, other, reflected),
        _ => refuse("an operand is not known"),
    }
}

/// `series.fillna(value)`.
pub fn fillna(series: &Rc<Series>, _context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(value) = arguments.get("value", 0) else {
        return refuse("missing values are filled from neighbouring rows");
    };
    if value.entries().is_some() {
        return refuse("missing values are filled by the labels of the index");
    }
    let default = operand(value, &series.table)?;
    Ok(series.with(filled(&series.table, &series.expr, default)))
}

fn filled(table: &Table, expr: &Expr, default: Expr) -> Expr {
    if table.nullable(expr) { Expr::coalesce(expr.clone(), default) } else { expr.clone() }
}

/// `frame.fillna(value)`, `frame.fillna({…})`.
pub fn fillna_frame(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(value) = arguments.get("value", 0).cloned() else {
        return refuse("missing values are filled from neighbouring rows");
    };
    let mut table = frame.seal(context);
    let pairs: Vec<(String, Value)> = match value.entries() {
        Some(entries) => {
            let pair = |(name, value): (Value, Value)| name.as_text().map(|name| (name.to_owned(), value));
            match entries.into_iter().map(pair).collect() {
                Some(pairs) => pairs,
                None => return refuse("the columns that are filled are not known"),
            }
        }
        None if table.rest => {
            return refuse("missing values of all columns are filled, and which there are is not known");
        }
        None => table.names().into_iter().map(|name| (name, value.clone())).collect(),
    };
    for (name, value) in pairs {
        // A column that is not there is passed over.
        let Ok(expr) = table.column(context, &name) else { continue };
        let default = operand(&value, &table)?;
        let filled = filled(&table, &expr, default);
        table.set(&name, filled);
    }
    finish(frame, context, arguments, table)
}

/// `frame.assign(name=value, …)`.
pub fn assign(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let result = DataFrame::of(frame.seal(context));
    let Some(inner) = result.object::<DataFrame>() else { return refuse("no frame") };
    for (name, argument) in arguments.keywords() {
        let value = match &argument.value {
            Value::Function(_) | Value::Method(_) => {
                let given = Arguments::positional_values(vec![result.clone()], argument.span);
                context.evaluator.call(&argument.value, &given)
            }
            value => value.clone(),
        };
        inner.assign(context, name, &value)?;
    }
    Ok(result)
}

/// `frame.pipe(function, …)`.
pub fn pipe(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let mut given = arguments.clone();
    let this = Value::Object(frame.clone());
    let Some(first) = given.items.first_mut() else { return Ok(this) };
    let function = std::mem::replace(&mut first.value, this);
    Ok(context.evaluator.call(&function, &given))
}

/// `frame.get("c")`.
pub fn get(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    match arguments.get("key", 0).and_then(Value::as_text) {
        Some(name) => frame.series(context, name).map(Series::value),
        None => refuse("the column is not known"),
    }
}

/// `frame.reindex(columns=[…])`.
pub fn reindex(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    match arguments.keyword("columns").and_then(Value::texts) {
        Some(names) => dataframe::columns(context, frame, &names).map(DataFrame::of),
        None => refuse("rows are chosen by the labels of the index"),
    }
}

/// What a type's name or object means.
fn type_named(value: &Value) -> Option<Type> {
    let name = match value {
        Value::Builtin(name) => (*name).to_owned(),
        Value::External(external) if external.imported => external.last().to_owned(),
        value => value.as_text()?.to_owned(),
    };
    match name.to_lowercase().as_str() {
        "int" | "int64" | "int32" | "int16" | "int8" => Some(Type::Integer),
        "float" | "float64" | "float32" | "double" => Some(Type::Float),
        "str" | "string" => Some(Type::Text),
        "bool" | "boolean" => Some(Type::Bool),
        "datetime64[ns]" | "datetime64" => Some(Type::Timestamp),
        _ => None,
    }
}

/// Whether it is the type of whole numbers of which some are missing.
fn is_nullable_whole(value: &Value) -> bool {
    let name = match value {
        Value::External(external) if external.imported => Some(external.last()),
        value => value.as_text(),
    };
    name.is_some_and(|name| name.starts_with("Int") || name.starts_with("UInt"))
}

/// `series.astype(type)`.
pub fn astype(series: &Rc<Series>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(wanted) = arguments.get("dtype", 0) else { return refuse("the new type is not known") };
    converted(context, &series.table, &series.expr, wanted).map(|expr| series.with(expr))
}

fn converted(context: &mut Context, table: &Table, expr: &Expr, wanted: &Value) -> Answer<Expr> {
    if matches!(wanted.as_text(), Some("category" | "object")) || matches!(wanted, Value::Builtin("object")) {
        return Ok(expr.clone());
    }
    if is_nullable_whole(wanted) && table.type_of(expr) == Type::Integer && table.nullable(expr) {
        // It stays whole when it becomes a text.
        return Ok(expr.clone().cast(Type::Integer));
    }
    let Some(ty) = type_named(wanted) else { return refuse("values are converted to a type that has no counterpart") };
    // `"string"` is a type of its own, in which missing values stay missing.
    if ty == Type::Text && wanted.as_text() != Some("string") {
        return super::written::astype_text(context, table, expr);
    }
    converted_to(context, table, expr, ty)
}

/// The value as one of that type, as `astype` does it.
pub fn converted_to(context: &mut Context, table: &Table, expr: &Expr, ty: Type) -> Answer<Expr> {
    let from = table.type_of(expr);
    if from == ty {
        return Ok(expr.clone());
    }
    let value = mask::definite(table, expr);
    match ty {
        Type::Integer if mask::is_truth(table, expr) => Ok(operators::number(table, expr.clone())),
        Type::Float if mask::is_truth(table, expr) => Ok(operators::number(table, expr.clone()).cast(Type::Float)),
        Type::Bool if mask::is_truth(table, expr) => Ok(value),
        Type::Bool if from.is_number() => Ok(Expr::binary(Binary::NotEqual, value, Expr::integer(0))),
        Type::Bool => refuse("values become truth values"),
        Type::Integer if matches!(from, Type::Date | Type::Timestamp | Type::Interval | Type::Period(_)) => {
            refuse("times become numbers, in units that differ from one release to the next")
        }
        // Toward zero, where SQL rounds.
        Type::Integer if from.is_number() => Ok(truncated(value).cast(Type::Integer)),
        Type::Integer => Ok(truncated(value.cast(Type::Float)).cast(Type::Integer)),
        Type::Text => super::written::text(context, table, expr),
        Type::Period(_) => refuse("values become periods"),
        Type::Unknown | Type::Float | Type::Decimal | Type::Date | Type::Timestamp | Type::Interval => {
            Ok(value.cast(ty))
        }
    }
}

fn truncated(expr: Expr) -> Expr {
    let negative = Expr::binary(Binary::Less, expr.clone(), Expr::integer(0));
    let up = Expr::Call(Function::Ceil, vec![expr.clone()]);
    Expr::case(negative, up, Expr::Call(Function::Floor, vec![expr]))
}

/// `frame.astype({…})`.
pub fn astype_frame(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(entries) = arguments.get("dtype", 0).and_then(Value::entries) else {
        return refuse("all columns are converted");
    };
    let mut table = frame.seal(context);
    for (name, wanted) in entries {
        let Some(name) = name.as_text() else { return refuse("the columns that are converted are not known") };
        let expr = table.column(context, name)?;
        let expr = converted(context, &table, &expr, &wanted)?;
        table.set(name, expr);
    }
    finish(frame, context, arguments, table)
}

/// `series.between(low, high)`.
pub fn between(series: &Rc<Series>, _context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let (Some(low), Some(high)) = (arguments.get("left", 0), arguments.get("right", 1)) else {
        return refuse("the bounds are not known");
    };
    let (low, high) = (operand(low, &series.table)?, operand(high, &series.table)?);
    let inclusive = arguments.get("inclusive", 2).map_or(Some("both"), Value::as_text);
    let (first, second) = match inclusive {
        Some("both") => (Binary::GreaterEqual, Binary::LessEqual),
        Some("left") => (Binary::GreaterEqual, Binary::Less),
        Some("right") => (Binary::Greater, Binary::LessEqual),
        Some("neither") => (Binary::Greater, Binary::Less),
        _ => return refuse("which bounds count is not known"),
    };
    let (value, again) = (series.expr.clone(), series.expr.clone());
    let both = Expr::binary(Binary::And, Expr::binary(first, value, low), Expr::binary(second, again, high));
    Ok(series.with(both))
}

/// `series.map({…})`: what the dict does not have becomes missing.
pub fn map(series: &Rc<Series>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(given) = arguments.get("arg", 0) else { return refuse("how values are mapped is not known") };
    if let Some(answer) = super::lookup::map(series, context, given) {
        return answer;
    }
    let Some(entries) = given.entries() else { return apply(series, context, arguments) };
    recoded(series, &entries, None)
}

/// `series.replace({…})`, `series.replace(old, new)`: other values stay.
pub fn replace(series: &Rc<Series>, _context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    if arguments.keyword("regex").is_some_and(|regex| regex.truth() != Some(false)) {
        return refuse("values are replaced by a regular expression");
    }
    let Some(first) = arguments.get("to_replace", 0) else { return refuse("what is replaced is not known") };
    let entries = match (first.entries(), first.items(), arguments.get("value", 1)) {
        (Some(entries), ..) => entries,
        (None, Some(olds), Some(new)) => match new.items() {
            Some(news) => olds.into_iter().zip(news).collect(),
            None => olds.into_iter().map(|old| (old, new.clone())).collect(),
        },
        (None, None, Some(new)) => vec![(first.clone(), new.clone())],
        _ => return refuse("what is replaced is not known"),
    };
    recoded(series, &entries, Some(series.expr.clone()))
}

/// The value that stands for each value in a dict; `other` for the rest.
pub fn recoded(series: &Series, entries: &[(Value, Value)], other: Option<Expr>) -> Answer<Value> {
    if let Some(chosen) = by_truth(series, entries)? {
        return Ok(chosen);
    }
    let value = mask::definite(&series.table, &series.expr);
    let mut arms = Vec::new();
    for (old, new) in entries {
        let (old, new) = (scalar::constant(old, None)?, operand(&cell::plain(new), &series.table)?);
        let condition = match old {
            Expr::Literal(Literal::Null) => Expr::unary(Unary::IsNull, value.clone()),
            old => Expr::binary(Binary::Equal, value.clone(), old),
        };
        arms.push((condition, new));
    }
    // `replace(0, np.nan)`.
    if let ([(Expr::Binary(Binary::Equal, _, old), Expr::Literal(Literal::Null))], Some(value)) =
        (arms.as_slice(), &other)
    {
        return Ok(series.with(Expr::Call(Function::NullIf, vec![value.clone(), old.as_ref().clone()])));
    }
    if arms.is_empty() {
        return Ok(series.with(other.unwrap_or(Expr::Literal(Literal::Null))));
    }
    Ok(series.with(Expr::Case { arms, otherwise: other.map(Box::new) }))
}

/// `mask.map({True: …, False: …})`.
fn by_truth(series: &Series, entries: &[(Value, Value)]) -> Answer<Option<Value>> {
    let ([(one, _), (two, _)], true) = (entries, mask::is_condition(&series.expr)) else { return Ok(None) };
    let is = |old: &Value, wanted: bool| matches!(old, Value::Bool(value) if *value == wanted);
    if !(is(one, true) && is(two, false) || is(one, false) && is(two, true)) {
        return Ok(None);
    }
    let mut values = Vec::new();
    for (_, new) in entries {
        values.push(operand(&cell::plain(new), &series.table)?);
    }
    if is(one, false) {
        values.reverse();
    }
    let [yes, no] = values.as_slice() else { return Ok(None) };
    Ok(Some(series.with(Expr::case(series.expr.clone(), yes.clone(), no.clone()))))
}

/// `series.apply(function)`, where the function is an expression of its argument.
pub fn apply(series: &Rc<Series>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(function) = arguments.get("func", 0).or_else(|| arguments.keyword("arg")).cloned() else {
        return refuse("what is applied is not known");
    };
    let ignores_missing = arguments.keyword("na_action").and_then(Value::as_text) == Some("ignore");
    let value = cell::called(context, &function, Cell::of(Value::Object(series.clone())), arguments, &["arg"])?;
    let made = cell::result(&series.table, &value, &series.name)?;
    if ignores_missing && series.table.nullable(&series.expr) {
        let present = Expr::unary(Unary::IsNotNull, series.expr.clone());
        return Ok(made.with(chosen(&made.table, present, &made.expr, &Expr::Literal(Literal::Null))));
    }
    Ok(made.value())
}

/// `series.where(condition, other)`, `series.mask(condition, other)`.
pub fn choose(series: &Rc<Series>, _context: &mut Context, arguments: &Arguments, inverted: bool) -> Answer<Value> {
    let Some(condition) = arguments.get("cond", 0) else { return refuse("the condition is not known") };
    let condition = operand(condition, &series.table)?;
    let other = match arguments.get("other", 1) {
        Some(other) => operand(other, &series.table)?,
        None => Expr::Literal(Literal::Null),
    };
    let (then, otherwise) = if inverted { (other, series.expr.clone()) } else { (series.expr.clone(), other) };
    Ok(series.with(chosen(&series.table, condition, &then, &otherwise)))
}

/// `case when condition then … else … end`, shorter where one of them is missing.
pub fn chosen(table: &Table, condition: Expr, then: &Expr, otherwise: &Expr) -> Expr {
    let (then, otherwise) = (mask::definite(table, then), mask::definite(table, otherwise));
    let mut all = vec![(condition, then)];
    // A choice within the other side is one more arm.
    if let Expr::Case { arms, otherwise } = otherwise {
        all.extend(arms);
        return Expr::Case { arms: all, otherwise };
    }
    let otherwise = Some(otherwise).filter(|value| *value != Expr::Literal(Literal::Null)).map(Box::new);
    Expr::Case { arms: all, otherwise }
}

/// `series.combine_first(other)`.
pub fn combine_first(series: &Rc<Series>, _context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(other) = arguments.get("other", 0) else { return refuse("the other Series is not known") };
    let other = operand(other, &series.table)?;
    Ok(series.with(filled(&series.table, &series.expr, other)))
}

/// `series.clip(lower, upper)`: missing stays missing.
pub fn clip(series: &Rc<Series>, _context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let mut expr = series.expr.clone();
    for (name, position, operator) in [("lower", 0, Binary::Less), ("upper", 1, Binary::Greater)] {
        let Some(bound) = arguments.get(name, position).filter(|bound| !matches!(bound, Value::None)) else { continue };
        let bound = operand(bound, &series.table)?;
        expr = Expr::case(Expr::binary(operator, expr.clone(), bound.clone()), bound, expr);
    }
    Ok(series.with(expr))
}

/// `series.rename("new")`.
pub fn rename(series: &Rc<Series>, _context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    match arguments.get("index", 0).and_then(Value::as_text) {
        Some(name) => Ok(Series { name: name.to_owned(), ..series.as_ref().clone() }.value()),
        None => refuse("labels of the index are renamed"),
    }
}

/// `series.round(n)`: half to even.
pub fn round(series: &Rc<Series>, _context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(digits) = arguments.get("decimals", 0).map_or(Some(0), Value::integer) else {
        return refuse("how many decimals are kept is not known");
    };
    Ok(series.with(rounded(&series.table, &series.expr, digits)))
}

/// To so many decimals, half to even.
pub fn rounded(table: &Table, expr: &Expr, digits: i64) -> Expr {
    if table.type_of(expr) == Type::Integer && digits >= 0 {
        return expr.clone();
    }
    let value = operators::float(table, expr.clone());
    Expr::Call(Function::RoundEven, vec![value, Expr::integer(digits)])
}

/// `frame.round(n)`, `frame.round({…})`.
pub fn round_frame(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let mut table = frame.seal(context);
    let given = arguments.get("decimals", 0).cloned().unwrap_or(Value::Int(0));
    if let Some(entries) = given.entries() {
        for (name, digits) in entries {
            let (Some(name), Some(digits)) = (name.as_text(), digits.integer()) else {
                return refuse("what is rounded is not known");
            };
            let expr = table.column(context, name)?;
            let expr = rounded(&table, &expr, digits);
            table.set(name, expr);
        }
        return finish(frame, context, arguments, table);
    }
    let Some(digits) = given.integer() else { return refuse("how many decimals are kept is not known") };
    if table.rest || table.columns.iter().any(|named| table.type_of(&named.expr) == Type::Unknown) {
        return refuse("all numbers are rounded, and which columns are numbers is not known");
    }
    let round = |named: &Named| {
        if table.type_of(&named.expr).is_number() {
            return Named::new(&named.name, rounded(&table, &named.expr, digits));
        }
        named.clone()
    };
    let columns = table.columns.iter().map(round).collect();
    finish(frame, context, arguments, Table { columns, ..table })
}
