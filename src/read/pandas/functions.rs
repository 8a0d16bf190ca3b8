//! A pure table: the functions of pandas and NumPy, and what becomes of them.

use super::combine;
use super::context::{Answer, Context, refuse};
use super::dataframe::DataFrame;
use super::dates;
use super::library::Function as Call;
use super::merge;
use super::parsing;
use super::reading;
use super::rows::{Handled, Row};
use super::scalar::{self, Scalar};
use super::series::{Series, operand};
use super::table::Table;
use super::values;
use super::wide;
use crate::frame::{Binary, Column, Expr, Frame, Function, Literal, Named, Op, Type, Unary};
use crate::read::python::{Arguments, Value};

const fn sql(name: &'static str, run: Call) -> Row<Call> {
    Row { name, handled: Handled::Sql(run) }
}

const fn dropped(name: &'static str, reason: &'static str) -> Row<Call> {
    Row { name, handled: Handled::Dropped(reason) }
}

const fn refused(name: &'static str, reason: &'static str) -> Row<Call> {
    Row { name, handled: Handled::Refused(reason) }
}

const DISPLAY: &str = "it only changes how frames are shown";

/// Functions that give frames, besides those that read.
pub const GIVES_FRAMES: &[&str] = &[
    "DataFrame",
    "concat",
    "crosstab",
    "get_dummies",
    "melt",
    "merge",
    "merge_asof",
    "merge_ordered",
    "pivot",
    "pivot_table",
    "json_normalize",
    "wide_to_long",
    "lreshape",
    "from_dummies",
];

/// Functions of pandas.
pub static PANDAS: &[Row<Call>] = &[
    sql("DataFrame", data_frame),
    sql("DateOffset", offset),
    sql("Grouper", super::grouper::grouper),
    sql("NamedAgg", named_agg),
    sql("Timedelta", offset),
    sql("Timestamp", timestamp),
    sql("Series", series_function),
    sql("concat", combine::concat),
    sql("crosstab", wide::crosstab),
    sql("cut", parsing::cut),
    refused("date_range", "rows are made, one for each time"),
    sql("get_dummies", wide::get_dummies),
    sql("isna", |context, arguments| check(context, arguments, Unary::IsNull)),
    sql("isnull", |context, arguments| check(context, arguments, Unary::IsNull)),
    sql("melt", |context, arguments| as_method(context, arguments, combine::melt)),
    sql("merge", merge::merge_function),
    sql("notna", |context, arguments| check(context, arguments, Unary::IsNotNull)),
    sql("notnull", |context, arguments| check(context, arguments, Unary::IsNotNull)),
    dropped("option_context", DISPLAY),
    sql("pivot_table", |context, arguments| as_method(context, arguments, wide::pivot_table)),
    sql("qcut", parsing::qcut),
    sql("read_csv", reading::read_file),
    sql("read_excel", reading::read_file),
    sql("read_feather", reading::read_file),
    sql("read_gbq", reading::read_gbq),
    sql("read_json", reading::read_file),
    sql("read_parquet", reading::read_file),
    sql("read_sql", reading::read_sql),
    sql("read_sql_query", reading::read_sql),
    sql("read_sql_table", reading::read_sql_table),
    sql("read_table", reading::read_file),
    dropped("set_option", DISPLAY),
    sql("to_datetime", parsing::to_datetime),
    sql("to_numeric", parsing::to_numeric),
    sql("to_timedelta", super::offsets::to_timedelta),
];

/// Functions of NumPy.
pub static NUMPY: &[Row<Call>] = &[
    sql("abs", |context, arguments| unary(context, arguments, Function::Abs)),
    sql("absolute", |context, arguments| unary(context, arguments, Function::Abs)),
    sql("ceil", |context, arguments| unary(context, arguments, Function::Ceil)),
    sql("datetime64", timestamp),
    sql("exp", |context, arguments| unary(context, arguments, Function::Exp)),
    sql("expm1", |_, arguments| {
        let series = series_of(arguments, 0)?;
        let power = Expr::Call(Function::Exp, vec![series.expr.clone()]);
        Ok(series.with(Expr::binary(Binary::Subtract, power, Expr::integer(1))))
    }),
    sql("floor", |context, arguments| unary(context, arguments, Function::Floor)),
    sql("isnan", |context, arguments| check(context, arguments, Unary::IsNull)),
    sql("log", |context, arguments| guarded(context, arguments, Function::Ln, Binary::Greater)),
    sql("log10", |context, arguments| guarded(context, arguments, Function::Log10, Binary::Greater)),
    sql("log1p", |_, arguments| {
        let series = series_of(arguments, 0)?;
        let more = Expr::binary(Binary::Add, series.expr.clone(), Expr::integer(1));
        let inside = Expr::binary(Binary::Greater, more.clone(), Expr::integer(0));
        Ok(series.with(Expr::Case { arms: vec![(inside, Expr::Call(Function::Ln, vec![more]))], otherwise: None }))
    }),
    sql("maximum", |context, arguments| extreme(context, arguments, Binary::Greater)),
    sql("minimum", |context, arguments| extreme(context, arguments, Binary::Less)),
    sql("power", |context, arguments| {
        let (series, by) = (series_of(arguments, 0)?, arguments.positional(1).map(|item| item.value.clone()));
        let Some(by) = by else { return refuse("an operand is not known") };
        super::operators::binary(context, &std::rc::Rc::new(series), crate::read::python::Operation::Power, &by, false)
    }),
    sql("round", round),
    sql("select", select),
    sql("sign", |_, arguments| {
        let series = series_of(arguments, 0)?;
        let is = |operator: Binary| Expr::binary(operator, series.expr.clone(), Expr::integer(0));
        let arms = [(Binary::Greater, 1), (Binary::Less, -1), (Binary::Equal, 0)];
        let arm = |(operator, sign): (Binary, i64)| (is(operator), Expr::integer(sign));
        let sign = Expr::Case { arms: arms.map(arm).to_vec(), otherwise: None };
        let whole = series.ty() == Type::Integer && !series.table.nullable(&series.expr);
        Ok(series.with(if whole { sign } else { sign.cast(Type::Float) }))
    }),
    sql("sqrt", |context, arguments| guarded(context, arguments, Function::Sqrt, Binary::GreaterEqual)),
    sql("timedelta64", offset),
    sql("where", where_function),
];

/// `pd.melt(frame, …)` as `frame.melt(…)`.
fn as_method(context: &mut Context, arguments: &Arguments, method: super::rows::Method<DataFrame>) -> Answer<Value> {
    let given = arguments.get("frame", 0).or_else(|| arguments.keyword("data")).cloned();
    let Some(Value::Object(object)) = given else { return refuse("the frame is not known") };
    let Some(frame) = object.as_any().downcast_ref::<DataFrame>().map(DataFrame::snapshot) else {
        return refuse("the frame is not known");
    };
    let mut rest = arguments.clone();
    match rest.items.iter().position(|item| item.name.is_none()) {
        Some(first) => drop(rest.items.remove(first)),
        None => rest.items.retain(|item| !matches!(item.name.as_deref(), Some("frame" | "data"))),
    }
    method(&DataFrame::shared(frame), context, &rest)
}

/// `pd.DataFrame({…})`, `pd.DataFrame([{…}, …])`, `pd.DataFrame(frame)`.
fn data_frame(context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(data) = arguments.get("data", 0).cloned() else { return refuse("an empty frame is filled later") };
    if let Some(frame) = data.object::<DataFrame>() {
        return Ok(DataFrame::of(frame.seal(context)));
    }
    if let Some(answer) = super::queries::frame_of_rows(context, &data, arguments) {
        return answer;
    }
    let (names, rows) = match data.entries() {
        Some(entries) if entries.iter().any(|(_, value)| value.object::<Series>().is_some()) => {
            return of_series(context, &entries);
        }
        Some(entries) => from_columns(&entries)?,
        None => from_rows(&data, arguments)?,
    };
    if rows.iter().flatten().any(|value| value.object::<Scalar>().is_some_and(|scalar| scalar.table.is_some())) {
        return of_totals(context, &names, &rows);
    }
    let mut literals = Vec::new();
    for row in rows {
        let mut cells = Vec::new();
        for value in row {
            match scalar::constant(&value, None)? {
                Expr::Literal(literal) => cells.push(literal),
                _ => return refuse("a frame is made of values that are only known when the script runs"),
            }
        }
        literals.push(cells);
    }
    if names.is_empty() || literals.is_empty() {
        return refuse("a frame without rows or columns is made");
    }
    let columns = names.iter().enumerate().map(|(at, name)| column(name, at, &literals)).collect();
    let table = Table::over(context, Frame::new(Op::Values { columns, rows: literals }), context.span);
    Ok(DataFrame::of(Table { numbered: true, ..table }))
}

/// A frame of columns of one frame.
fn of_series(context: &mut Context, entries: &[(Value, Value)]) -> Answer<Value> {
    let Some(first) = entries.iter().find_map(|(_, value)| value.object::<Series>()) else {
        return refuse("a frame is made of no columns");
    };
    let mut columns = Vec::new();
    let mut statements = context.statements();
    for (name, value) in entries {
        let Some(name) = name.as_text() else { return refuse("the names of the columns are not known") };
        let expr = operand(value, &first.table)?;
        columns.push(Named::new(name, super::mask::definite(&first.table, &expr)));
        statements
            .extend(value.object::<Series>().into_iter().flat_map(|series| series.table.statements.iter().copied()));
    }
    let table = Table { columns, rest: false, except: Vec::new(), index: Vec::new(), ..first.table.clone() };
    let mut table = table.sealed();
    table.statements.extend(statements);
    Ok(DataFrame::of(table))
}

/// A frame of totals: one row of them, or several.
fn of_totals(context: &mut Context, names: &[String], rows: &[Vec<Value>]) -> Answer<Value> {
    let mut tables = Vec::new();
    for row in rows {
        tables.push(of_row(context, names, row)?);
    }
    if let [only] = tables.as_slice() {
        return Ok(DataFrame::of(only.clone()));
    }
    let inputs = tables.iter().map(Table::frame).collect();
    let all: Vec<&Table> = tables.iter().collect();
    let united = Table::over(context, Frame::new(Op::Union { inputs }), context.span).with_statements(&all);
    Ok(DataFrame::of(united))
}

fn of_row(context: &mut Context, names: &[String], row: &[Value]) -> Answer<Table> {
    let scalar = |value: &Value| value.object::<Scalar>().cloned();
    let base = row.iter().find_map(|value| scalar(value).and_then(|scalar| scalar.table));
    let Some(base) = base else { return refuse("a frame is made of totals and of rows without any") };
    let mut aggregates = Vec::new();
    let mut others = Vec::new();
    let mut statements = base.statements.clone();
    for (name, value) in names.iter().zip(row) {
        let folded = match scalar(value) {
            Some(total) => {
                statements.extend(total.table.iter().flat_map(|table| table.statements.iter().copied()));
                match &total.table {
                    Some(own) => super::folded::folded(&total.expr, &own.base, &base.base).ok_or(total.detached()),
                    None => Err(total.expr.clone()),
                }
            }
            None => Err(scalar::constant(value, None)?),
        };
        match folded {
            Ok(expr) => aggregates.push(Named::new(name, expr)),
            Err(expr) => others.push(Named::new(name, expr)),
        }
    }
    let op = Op::Group { input: base.base.clone(), keys: Vec::new(), aggregates };
    let mut table = Table::over(context, Frame::new(op), context.span);
    table.rest = false;
    table.statements.extend(statements);
    let column = |name: &String| {
        let other = others.iter().find(|named| named.name == *name).cloned();
        other.unwrap_or_else(|| Named::column(name))
    };
    table.columns = names.iter().map(column).collect();
    table.numbered = true;
    Ok(table)
}

type Rows = (Vec<String>, Vec<Vec<Value>>);

fn from_columns(entries: &[(Value, Value)]) -> Answer<Rows> {
    let mut names = Vec::new();
    let mut lists = Vec::new();
    for (name, values) in entries {
        let (Some(name), Some(values)) = (name.as_text(), values.items()) else {
            return refuse("a frame is made of values that are only known when the script runs");
        };
        names.push(name.to_owned());
        lists.push(values);
    }
    let count = lists.first().map_or(0, Vec::len);
    let row = |at: usize| lists.iter().map(|list| list.get(at).cloned().unwrap_or(Value::None)).collect();
    Ok((names, (0..count).map(row).collect()))
}

fn from_rows(data: &Value, arguments: &Arguments) -> Answer<Rows> {
    let unknown = "a frame is made of values that are only known when the script runs";
    let Some(items) = data.items() else { return refuse(unknown) };
    if let Some(names) = arguments.get("columns", 2).and_then(Value::texts) {
        let rows: Option<Vec<_>> = items.iter().map(Value::items).collect();
        return rows.map_or_else(|| refuse(unknown), |rows| Ok((names, rows)));
    }
    let mut names: Vec<String> = Vec::new();
    let mut rows = Vec::new();
    for item in &items {
        let Some(entries) = item.entries() else { return refuse(unknown) };
        for (name, _) in &entries {
            let Some(name) = name.as_text() else { return refuse(unknown) };
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        rows.push(entries);
    }
    let cell = |entries: &[(Value, Value)], name: &str| {
        let found = entries.iter().find(|(known, _)| known.as_text() == Some(name));
        found.map_or(Value::None, |(_, value)| value.clone())
    };
    let rows = rows.iter().map(|entries| names.iter().map(|name| cell(entries, name)).collect()).collect();
    Ok((names, rows))
}

fn column(name: &str, at: usize, rows: &[Vec<Literal>]) -> Column {
    let cells = || rows.iter().filter_map(|row| row.get(at));
    let nullable = cells().any(|cell| *cell == Literal::Null);
    let has = |test: fn(&Literal) -> bool| cells().any(test);
    let ty = if has(|cell| matches!(cell, Literal::Text(_))) {
        Type::Text
    } else if has(|cell| matches!(cell, Literal::Float(_))) {
        Type::Float
    } else if has(|cell| matches!(cell, Literal::Integer(_))) {
        if nullable { Type::Float } else { Type::Integer }
    } else if has(|cell| matches!(cell, Literal::Bool(_))) {
        Type::Bool
    } else if has(|cell| matches!(cell, Literal::Timestamp(_))) {
        Type::Timestamp
    } else {
        Type::Unknown
    };
    Column { name: name.to_owned(), ty, nullable }
}

fn series_of(arguments: &Arguments, at: usize) -> Answer<Series> {
    let series = arguments.positional(at).and_then(|item| item.value.object::<Series>().cloned());
    series.map_or_else(|| refuse("its argument is not a column"), Ok)
}

fn unary(_context: &mut Context, arguments: &Arguments, function: Function) -> Answer<Value> {
    let series = series_of(arguments, 0)?;
    Ok(series.with(Expr::Call(function, vec![series.expr.clone()])))
}

/// Outside its domain the function gives a missing value (or minus infinity), not an error.
fn guarded(_context: &mut Context, arguments: &Arguments, function: Function, domain: Binary) -> Answer<Value> {
    let series = series_of(arguments, 0)?;
    let inside = Expr::binary(domain, series.expr.clone(), Expr::integer(0));
    let call = Expr::Call(function, vec![series.expr.clone()]);
    Ok(series.with(Expr::Case { arms: vec![(inside, call)], otherwise: None }))
}

fn check(_context: &mut Context, arguments: &Arguments, operator: Unary) -> Answer<Value> {
    let series = series_of(arguments, 0)?;
    Ok(series.with(Expr::unary(operator, series.expr.clone())))
}

/// `np.maximum(a, b)`: missing when one is.
fn extreme(_context: &mut Context, arguments: &Arguments, operator: Binary) -> Answer<Value> {
    let (Some(one), Some(two)) = (arguments.positional(0), arguments.positional(1)) else {
        return refuse("two values are compared");
    };
    let Some(series) = one.value.object::<Series>().or(two.value.object::<Series>()).cloned() else {
        return refuse("its arguments are not columns");
    };
    let (left, right) = (operand(&one.value, &series.table)?, operand(&two.value, &series.table)?);
    let mut arms = Vec::new();
    if series.table.nullable(&right) {
        arms.push((Expr::unary(Unary::IsNull, right.clone()), Expr::Literal(Literal::Null)));
    }
    arms.push((Expr::binary(operator, right.clone(), left.clone()), right));
    Ok(series.with(Expr::Case { arms, otherwise: Some(Box::new(left)) }))
}

fn round(_context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let series = series_of(arguments, 0)?;
    let digits = arguments.get("decimals", 1).map_or(Some(0), Value::integer);
    digits.map_or_else(
        || refuse("how many decimals are kept is not known"),
        |digits| Ok(series.with(values::rounded(&series.table, &series.expr, digits))),
    )
}

/// `np.where(condition, then, otherwise)`.
fn where_function(_context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let series = series_of(arguments, 0)?;
    let (Some(then), Some(otherwise)) = (arguments.positional(1), arguments.positional(2)) else {
        return refuse("the places where a condition holds are looked for");
    };
    let (then, otherwise) = (operand(&then.value, &series.table)?, operand(&otherwise.value, &series.table)?);
    Ok(series.with(values::chosen(&series.table, series.expr.clone(), &then, &otherwise)))
}

/// `np.select([conditions], [values], default=…)`.
fn select(_context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let list = |name: &str, at: usize| arguments.get(name, at).and_then(Value::items);
    let (Some(conditions), Some(choices)) = (list("condlist", 0), list("choicelist", 1)) else {
        return refuse("the conditions are not known");
    };
    let Some(series) = conditions.iter().find_map(|value| value.object::<Series>().cloned()) else {
        return refuse("its conditions are not columns");
    };
    let mut arms = Vec::new();
    for (condition, choice) in conditions.iter().zip(&choices) {
        arms.push((operand(condition, &series.table)?, operand(choice, &series.table)?));
    }
    let default = match arguments.get("default", 2) {
        Some(value) => operand(value, &series.table)?,
        None => Expr::integer(0),
    };
    let otherwise = Some(default).filter(|value| *value != Expr::Literal(Literal::Null)).map(Box::new);
    Ok(series.with(Expr::Case { arms, otherwise }))
}

/// `pd.Series({…})`, `pd.Series([…])` of known values, or of one row's.
fn series_function(_context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(data) = arguments.get("data", 0) else { return refuse("a Series is filled later") };
    if data.object::<Series>().is_some() || data.entries().is_some() {
        return Ok(data.clone());
    }
    let Some(items) = data.items() else { return refuse("a Series is made of values that are not known") };
    match arguments.get("index", 1).and_then(Value::items) {
        Some(labels) if labels.len() == items.len() => Ok(Value::dict(labels.into_iter().zip(items).collect())),
        Some(_) => refuse("a Series is made of values that are not known"),
        None => Ok(data.clone()),
    }
}

/// `pd.NamedAgg(column=…, aggfunc=…)`: a pair.
fn named_agg(_context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    match (arguments.get("column", 0), arguments.get("aggfunc", 1)) {
        (Some(column), Some(function)) => Ok(Value::tuple(vec![column.clone(), function.clone()])),
        _ => refuse("what is aggregated is not known"),
    }
}

/// `pd.Timestamp("2024-01-31")`.
fn timestamp(_context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    if let Some(text) = arguments.get("ts_input", 0).and_then(Value::as_text) {
        return scalar::point_in_time(text).map(Scalar::constant);
    }
    if let Some(time) = arguments.get("ts_input", 0).and_then(scalar::outside_time) {
        return time.map(Scalar::constant);
    }
    if let Some(external) = arguments.get("ts_input", 0).and_then(Value::external) {
        let point = dates::constant(external);
        return point
            .unwrap_or_else(|| refuse("a point in time is only known when the script runs"))
            .map(Scalar::constant);
    }
    dates::point(arguments).map(Scalar::constant)
}

/// `pd.DateOffset(months=1)`, `pd.Timedelta(days=1)`.
fn offset(_context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    // A bare number is one of nanoseconds to `Timedelta`, and a keyword in the singular replaces a part of a time.
    if arguments.items.len() == 1 && arguments.positional(0).is_some_and(|item| item.value.integer().is_some()) {
        return refuse("an amount of time has no counterpart");
    }
    dates::amount(arguments).map(Scalar::constant)
}
