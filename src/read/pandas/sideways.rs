//! What is computed over the columns of a row, or of all columns alike.

use std::rc::Rc;

use super::columns::finish;
use super::context::{Answer, Context, refuse};
use super::dataframe::{self, DataFrame};
use super::mask;
use super::operators;
use super::scalar;
use super::series::{Series, operand};
use super::table::Table;
use super::values;
use crate::frame::{Binary, Expr, Function, Literal, Named, Type, Unary};
use crate::read::python::{Arguments, Value};

/// Whether the argument says that rows are meant, not columns.
pub fn by_row(arguments: &Arguments, position: usize) -> bool {
    let axis = arguments.get("axis", position);
    axis.is_some_and(|axis| axis.integer() == Some(1) || axis.as_text() == Some("columns"))
}

/// `frame.isna()`, `frame.notna()`.
pub fn check(frame: &Rc<DataFrame>, context: &mut Context, operator: Unary) -> Answer<Value> {
    let table = frame.seal(context);
    if table.rest {
        return refuse("it works on all columns, and which there are is not known");
    }
    let made = |named: &Named| Named::new(&named.name, Expr::unary(operator, mask::definite(&table, &named.expr)));
    let columns = table.columns.iter().map(made).collect();
    Ok(DataFrame::of(Table { columns, ..table }))
}

/// `frame.sum(axis=1)`, `frame.any(axis=1)` and the like: one value a row.
pub fn total(frame: &Rc<DataFrame>, _context: &mut Context, arguments: &Arguments, name: &str) -> Answer<Value> {
    if !by_row(arguments, 0) {
        return refuse(format!("`{name}` gives one value for each column"));
    }
    let table = frame.snapshot();
    if table.rest || table.columns.is_empty() {
        return refuse("it works on all columns, and which there are is not known");
    }
    if arguments.keyword("skipna").is_some() || arguments.keyword("min_count").is_some() {
        return refuse("missing values count in another way");
    }
    let list: Vec<Expr> = table.columns.iter().map(|named| named.expr.clone()).collect();
    let expr = match name {
        "any" | "all" => logic(&table, list, if name == "any" { Binary::Or } else { Binary::And })?,
        "max" | "min" if list.len() == 1 => list.into_iter().next().unwrap_or(Expr::Literal(Literal::Null)),
        "max" => Expr::Call(Function::Greatest, list),
        "min" => Expr::Call(Function::Least, list),
        "count" => present(&table, &list),
        _ => numbers(&table, &list, name)?,
    };
    Ok(Series { table, expr, name: String::new() }.value())
}

fn logic(table: &Table, list: Vec<Expr>, operator: Binary) -> Answer<Expr> {
    if !list.iter().all(|expr| mask::is_truth(table, expr)) {
        return refuse("values that are no truth values are asked for being true");
    }
    let joined = list.into_iter().reduce(|one, two| Expr::binary(operator, one, two));
    joined.map_or_else(|| refuse("there is no column"), Ok)
}

/// How many of the values are there.
fn present(table: &Table, list: &[Expr]) -> Expr {
    let sure = list.iter().filter(|expr| !table.nullable(expr)).count();
    let one =
        |expr: &&Expr| Expr::case(Expr::unary(Unary::IsNotNull, (*expr).clone()), Expr::integer(1), Expr::integer(0));
    let counted = list.iter().filter(|expr| table.nullable(expr)).collect::<Vec<_>>();
    let counted = counted.iter().map(one).reduce(|one, two| Expr::binary(Binary::Add, one, two));
    let sure_count = Expr::integer(i64::try_from(sure).unwrap_or(i64::MAX));
    match counted {
        Some(counted) if sure == 0 => counted,
        Some(counted) => Expr::binary(Binary::Add, counted, sure_count),
        None => sure_count,
    }
}

fn numbers(table: &Table, list: &[Expr], name: &str) -> Answer<Expr> {
    let is_number = |expr: &Expr| {
        let ty = table.type_of(expr);
        ty.is_number() || ty == Type::Unknown || mask::is_truth(table, expr)
    };
    if !list.iter().all(is_number) {
        return refuse("values that are no numbers are added");
    }
    let plain = |expr: &Expr| {
        let number = operators::number(table, expr.clone());
        if table.nullable(expr) { Expr::coalesce(number, Expr::integer(0)) } else { number }
    };
    let Some(sum) = list.iter().map(plain).reduce(|one, two| Expr::binary(Binary::Add, one, two)) else {
        return refuse("there is no column");
    };
    match name {
        "sum" => Ok(sum),
        "mean" => {
            let count = present(table, list);
            let count = if let Expr::Literal(_) = count {
                operators::float(table, count)
            } else {
                Expr::Call(Function::NullIf, vec![count, Expr::integer(0)])
            };
            Ok(Expr::binary(Binary::Divide, operators::float(table, sum), count))
        }
        _ => refuse(format!("there is no SQL for `{name}` of the values of a row")),
    }
}

/// `frame.add_prefix("a_")`, `frame.add_suffix("_a")`.
pub fn affix(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments, before: bool) -> Answer<Value> {
    let Some(text) = arguments.get(if before { "prefix" } else { "suffix" }, 0).and_then(Value::as_text) else {
        return refuse("the new names are only known when the script runs");
    };
    let table = frame.seal(context);
    if table.rest {
        return refuse("all columns are renamed, and which there are is not known");
    }
    let renamed = |named: &Named| {
        let name = if before { format!("{text}{}", named.name) } else { format!("{}{text}", named.name) };
        Named::new(name, named.expr.clone())
    };
    let columns = table.columns.iter().map(renamed).collect();
    finish(frame, context, arguments, Table { columns, ..table })
}

/// `frame.insert(place, name, value)`.
pub fn insert(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let place = arguments.get("loc", 0).and_then(Value::integer).and_then(|place| usize::try_from(place).ok());
    let name = arguments.get("column", 1).and_then(Value::as_text);
    let (Some(place), Some(name), Some(value)) = (place, name, arguments.get("value", 2)) else {
        return refuse("where a column is put is only known when the script runs");
    };
    let table = frame.snapshot();
    if table.rest || table.has(name) {
        return refuse("a column is put between others, and which there are is not known");
    }
    let mut table = dataframe::assigned(&table, name, value)?;
    if let Some(last) = table.columns.pop() {
        table.columns.insert(place.min(table.columns.len()), last);
    }
    frame.put(context, table);
    Ok(Value::None)
}

/// `frame.pop("name")`.
pub fn pop(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(name) = arguments.get("item", 0).and_then(Value::as_text) else {
        return refuse("which column is taken out is only known when the script runs");
    };
    let series = frame.series(context, name)?;
    let left = super::columns::without(&frame.snapshot(), &[name.to_owned()]);
    frame.put(context, left);
    Ok(series.value())
}

/// `frame.replace({column: {old: new}})`, `frame.replace(old, new)`, `frame.replace({old: new})`.
pub fn replace(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    if arguments.keyword("regex").is_some() {
        return refuse("texts are replaced by a pattern in all columns");
    }
    let mut table = frame.seal(context);
    let Some(old) = arguments.get("to_replace", 0) else { return refuse("what is replaced is not known") };
    let entries = match (old.entries(), arguments.get("value", 1)) {
        (Some(entries), None) => entries,
        (None, Some(new)) => {
            let list = old.items().unwrap_or_else(|| vec![old.clone()]);
            list.into_iter().map(|old| (old, new.clone())).collect()
        }
        _ => return refuse("what is replaced is not known"),
    };
    if entries.iter().all(|(_, new)| new.entries().is_some()) {
        for (name, pairs) in &entries {
            let Some(name) = name.as_text() else { return refuse("the columns are not known") };
            // A column that is not there is passed over.
            let Ok(expr) = table.column(context, name) else { continue };
            let pairs = pairs.entries().unwrap_or_default();
            replace_in(&mut table, name, &expr, &pairs)?;
        }
        return finish(frame, context, arguments, table);
    }
    if table.rest {
        return refuse("values of all columns are replaced, and which there are is not known");
    }
    for named in table.columns.clone() {
        let ty = table.type_of(&named.expr);
        let mut fitting = Vec::new();
        for (old, new) in &entries {
            let wanted = table.type_of(&scalar::constant(old, None)?);
            match (wanted, ty) {
                (_, Type::Unknown) => {
                    return refuse("values of all columns are replaced, and their types are not known");
                }
                (Type::Unknown, _) => fitting.push((old.clone(), new.clone())),
                (wanted, ty) if wanted == ty || (wanted.is_number() && ty.is_number()) => {
                    fitting.push((old.clone(), new.clone()));
                }
                _ => {}
            }
        }
        if !fitting.is_empty() {
            replace_in(&mut table, &named.name, &named.expr, &fitting)?;
        }
    }
    finish(frame, context, arguments, table)
}

fn replace_in(table: &mut Table, name: &str, expr: &Expr, pairs: &[(Value, Value)]) -> Answer<()> {
    let series = Series { table: table.clone(), expr: expr.clone(), name: name.to_owned() };
    let made = values::recoded(&series, pairs, Some(expr.clone()))?;
    let made = operand(&made, table)?;
    table.set(name, made);
    Ok(())
}

/// `frame.select_dtypes(include=…, exclude=…)`.
pub fn by_type(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let table = frame.seal(context);
    if table.rest || table.columns.iter().any(|named| table.type_of(&named.expr) == Type::Unknown) {
        return refuse("columns are chosen by their types, which are not known");
    }
    let list = |name: &str, position: usize| {
        let given = arguments.get(name, position).filter(|value| !matches!(value, Value::None));
        let Some(given) = given else { return Ok(None) };
        let items = given.items().unwrap_or_else(|| vec![given.clone()]);
        let kinds = items.iter().map(kinds).collect::<Option<Vec<_>>>();
        kinds.map_or_else(
            || refuse("columns are chosen by a type that has no counterpart"),
            |kinds| Ok(Some(kinds.concat())),
        )
    };
    let (include, exclude) = (list("include", 0)?, list("exclude", 1)?);
    let kept = |named: &&Named| {
        let ty = table.type_of(&named.expr);
        include.as_ref().is_none_or(|kinds| kinds.contains(&ty))
            && !exclude.as_ref().is_some_and(|kinds| kinds.contains(&ty))
    };
    let columns = table.columns.iter().filter(kept).cloned().collect();
    Ok(DataFrame::of(Table { columns, ..table }))
}

fn kinds(value: &Value) -> Option<Vec<Type>> {
    let name = match value {
        Value::Builtin(name) => (*name).to_owned(),
        Value::External(external) if external.imported => external.last().to_owned(),
        value => value.as_text()?.to_owned(),
    };
    match name.as_str() {
        "number" | "numeric" => Some(vec![Type::Integer, Type::Float, Type::Decimal]),
        "float" | "float64" => Some(vec![Type::Float, Type::Decimal]),
        "object" | "str" | "string" | "O" => Some(vec![Type::Text]),
        "datetime" | "datetime64" | "datetime64[ns]" => Some(vec![Type::Timestamp]),
        _ => None,
    }
}

/// How many of the columns are there in each row, for `dropna(thresh=…)`.
pub fn present_in(table: &Table, names: &[String], context: &Context) -> Answer<Expr> {
    let mut table = table.clone();
    let mut list = Vec::new();
    for name in names {
        list.push(table.column(context, name)?);
    }
    Ok(present(&table, &list))
}
