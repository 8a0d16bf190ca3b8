//! Values that become columns: `pivot`, `pivot_table`, `unstack`, `crosstab`, `get_dummies`.
//!
//! Which columns there are, the rows decide. SQL must know them before, so this works only where the script tells the
//! values: a choice between constants, or rows that were filtered by them. Never guesses.

use std::rc::Rc;
use std::sync::Arc;

use super::aggregate;
use super::context::{Answer, Context, refuse};
use super::dataframe::DataFrame;
use super::mask;
use super::names::LEVEL;
use super::operators;
use super::series::{Series, operand};
use super::table::Table;
use crate::finding::Code;
use crate::frame::{Aggregate, Binary, Expr, Frame, Function, Literal, Named, Of, Op, SortKey, Type, Unary};
use crate::read::python::{Arguments, Value};

const UNKNOWN: &str = "the columns depend on the values of the rows, which the script does not tell";

/// The values that the expression can have, sorted; none where the script does not tell them.
fn known_values(table: &Table, expr: &Expr) -> Option<Vec<Literal>> {
    let mut found = of_expr(&table.base, expr)?;
    let text = |literal: &Literal| if let Literal::Text(text) = literal { Some(text.clone()) } else { None };
    let whole = |literal: &Literal| if let Literal::Integer(value) = literal { Some(*value) } else { None };
    if found.iter().all(|literal| text(literal).is_some()) {
        found.sort_by_key(text);
    } else if found.iter().all(|literal| whole(literal).is_some()) {
        found.sort_by_key(whole);
    } else {
        return None;
    }
    found.dedup();
    (!found.is_empty() && found.len() <= 200).then_some(found)
}

fn of_expr(base: &Arc<Frame>, expr: &Expr) -> Option<Vec<Literal>> {
    match expr {
        Expr::Literal(Literal::Null) => Some(Vec::new()),
        Expr::Literal(literal) => Some(vec![literal.clone()]),
        Expr::Column(Of::Input, name) => of_column(base, name),
        Expr::Case { arms, otherwise } => {
            let values = arms.iter().map(|(_, value)| value).chain(otherwise.as_deref());
            all(values.map(|value| of_expr(base, value)))
        }
        Expr::Call(Function::Coalesce, arguments) => all(arguments.iter().map(|value| of_expr(base, value))),
        _ => None,
    }
}

fn all(lists: impl Iterator<Item = Option<Vec<Literal>>>) -> Option<Vec<Literal>> {
    lists.collect::<Option<Vec<_>>>().map(|lists| lists.concat())
}

fn of_column(frame: &Arc<Frame>, name: &str) -> Option<Vec<Literal>> {
    match &frame.op {
        Op::Scan { .. } | Op::Join { .. } => None,
        Op::Values { columns, rows } => {
            let at = columns.iter().position(|column| column.name == name)?;
            let cells = rows.iter().filter_map(|row| row.get(at)).filter(|cell| **cell != Literal::Null);
            Some(cells.cloned().collect())
        }
        Op::Project { input, columns, .. } => match columns.iter().find(|named| named.name == name) {
            Some(named) => of_expr(input, &named.expr),
            None => of_column(input, name),
        },
        Op::Filter { input, predicate } => {
            let chosen = predicate.conjuncts().into_iter().find_map(|conjunct| listed(conjunct, name));
            chosen.or_else(|| of_column(input, name))
        }
        Op::Distinct { input } | Op::Limit { input, .. } => of_column(input, name),
        Op::Group { input, keys, .. } => {
            let named = keys.iter().find(|named| named.name == name)?;
            of_expr(input, &named.expr)
        }
        Op::Union { inputs } => all(inputs.iter().map(|input| of_column(input, name))),
    }
}

/// The constants that a condition asks the column for.
fn listed(condition: &Expr, name: &str) -> Option<Vec<Literal>> {
    let is_column = |expr: &Expr| matches!(expr, Expr::Column(_, column) if column == name);
    let literal = |expr: &Expr| if let Expr::Literal(literal) = expr { Some(literal.clone()) } else { None };
    match condition {
        Expr::In(value, list) if is_column(value) => list.iter().map(literal).collect(),
        Expr::Binary(Binary::Equal, left, right) if is_column(left) => literal(right).map(|value| vec![value]),
        _ => None,
    }
}

/// What the column of a value is called.
fn label(value: &Literal) -> String {
    match value {
        Literal::Text(text) => text.clone(),
        Literal::Integer(value) => value.to_string(),
        Literal::Null
        | Literal::Bool(_)
        | Literal::Float(_)
        | Literal::Date(_)
        | Literal::Timestamp(_)
        | Literal::Parameter(_) => String::new(),
    }
}

fn say(context: &mut Context, values: &[Literal]) {
    let names: Vec<String> = values.iter().map(|value| format!("`{}`", label(value))).collect();
    let message =
        format!("each of {} has a column, also when no row holds it; pandas makes none then", names.join(", "));
    context.finding(Code::R320, message, "");
}

/// Makes the aggregate of a column of the condition that a row has the value.
type CellOf = Box<dyn Fn(Expr) -> Expr>;

/// One row a group, with a column for each value, of each of the cells: a cell without a name gives columns that are named for
/// the values alone.
fn widened(
    context: &mut Context,
    table: &Table,
    keys: &[Named],
    column: &Expr,
    cells: &[(String, CellOf)],
) -> Answer<Table> {
    let Some(values) = known_values(table, column) else { return refuse(UNKNOWN) };
    say(context, &values);
    let present = keys.iter().map(|named| &named.expr).chain([column]).filter(|expr| table.nullable(expr));
    let present = present.map(|expr| Expr::unary(Unary::IsNotNull, expr.clone()));
    let mut rows = table.clone();
    if let Some(predicate) = present.reduce(|one, two| Expr::binary(Binary::And, one, two)) {
        rows = super::dataframe::table_filter(context, table, predicate);
    }
    let pairs = cells.iter().flat_map(|cell| values.iter().map(move |value| (cell, value)));
    let aggregates = pairs.map(|((name, cell), value)| {
        let has = Expr::binary(Binary::Equal, column.clone(), Expr::Literal(value.clone()));
        let label = if name.is_empty() { label(value) } else { format!("{name}{LEVEL}{}", label(value)) };
        Named::new(label, cell(has))
    });
    let op = Op::Group { input: rows.base.clone(), keys: keys.to_vec(), aggregates: aggregates.collect() };
    let made = Table::over(context, Frame::new(op), context.span).with_statements(&[table]);
    let order = keys.iter().map(|key| SortKey::ascending(Expr::column(&key.name))).collect();
    let mut made = Table { order, rest: false, ..made };
    made.index = made.columns.drain(..keys.len()).collect();
    Ok(made)
}

fn filtered(function: Aggregate, argument: Expr, condition: Expr) -> Expr {
    Expr::Aggregate { function, arguments: vec![argument], filter: Some(Box::new(condition)), order: Vec::new() }
}

fn fill(arguments: &Arguments, table: &Table) -> Answer<Option<Expr>> {
    let given = arguments.keyword("fill_value").filter(|value| !matches!(value, Value::None));
    given.map(|value| operand(value, table)).transpose()
}

/// `frame.pivot_table(index=…, columns=…, values=…, aggfunc=…, fill_value=…)`.
pub fn pivot_table(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    if ["margins", "observed", "sort", "dropna"].iter().any(|name| arguments.keyword(name).is_some()) {
        return refuse("a pivot table has totals or keeps what is missing");
    }
    let texts = |name: &str, position: usize| arguments.get(name, position).and_then(Value::texts);
    let (Some(mut values), Some(index)) = (texts("values", 0), texts("index", 1)) else {
        return refuse("what a pivot table is made of is not known");
    };
    let Some((functions, named_functions)) = functions(arguments.get("aggfunc", 3)) else {
        return refuse("what a pivot table computes is only known when the script runs");
    };
    let mut table = frame.seal(context);
    let mut keys = Vec::new();
    for name in &index {
        keys.push(Named::new(name, table.key(context, name)?));
    }
    let Some(columns) = arguments.get("columns", 2).filter(|columns| !matches!(columns, Value::None)) else {
        let [function] = functions.as_slice() else {
            return refuse("a pivot table without columns has several functions");
        };
        values.sort();
        return without_columns(context, &table, keys, &values, function);
    };
    let named_values = arguments.get("values", 0).and_then(Value::as_text).is_none();
    let Some(columns) = columns.texts().filter(|_| !(named_functions && named_values)) else {
        return refuse("columns of three levels are made");
    };
    let [column] = columns.as_slice() else { return refuse("columns of several levels are made") };
    let column = table.column(context, column)?;
    values.sort();
    let default = fill(arguments, &table)?;
    let mut cells = Vec::new();
    for function in &functions {
        for value in &values {
            let name = if named_functions { function } else { value };
            let name = if named_functions || named_values { name.clone() } else { String::new() };
            let value = table.column(context, value)?;
            cells.push((name, pivot_cell(&table, function, value, default.as_ref())?));
        }
    }
    let made = widened(context, &table, &keys, &column, &cells)?;
    // Where every function leaves a pair out that has no value, so is a row of nothing but such pairs.
    if functions.iter().any(|function| matches!(function.as_str(), "sum" | "count" | "size" | "nunique")) {
        return Ok(DataFrame::of(made));
    }
    Ok(DataFrame::of(any_present(context, &made)))
}

/// The names of the functions, and whether they are a level of the columns.
fn functions(given: Option<&Value>) -> Option<(Vec<String>, bool)> {
    let Some(given) = given else { return Some((vec!["mean".to_owned()], false)) };
    if let Some(name) = aggregate::name_of(given) {
        return Some((vec![name], false));
    }
    let names: Option<Vec<String>> = given.items()?.iter().map(aggregate::name_of).collect();
    names.filter(|names| !names.is_empty()).map(|names| (names, true))
}

/// A cell of a pivot table, filled where nothing is in it.
fn pivot_cell(table: &Table, function: &str, value: Expr, default: Option<&Expr>) -> Answer<CellOf> {
    let is_mean_of_whole = function == "mean" && table.type_of(&value) == Type::Integer;
    let is_missing = table.nullable(&value);
    let number = if matches!(function, "count" | "nunique") { value } else { operators::number(table, value) };
    let is_number_missing = table.nullable(&number);
    let counts = matches!(function, "count" | "size");
    if default.is_some() && !counts && function != "sum" && is_missing {
        return refuse("missing values of a pivot table are filled");
    }
    let zero = default.is_some_and(|default| *default == Expr::integer(0));
    let Some(cell) = cell(function, number, is_number_missing, counts && zero) else {
        return refuse(format!("there is no SQL for a pivot table of `{function}`"));
    };
    let cell: CellOf = if is_mean_of_whole { Box::new(move |has| cell(has).cast(Type::Float)) } else { cell };
    match default {
        Some(default) if !(counts && zero) => {
            let default = default.clone();
            Ok(Box::new(move |has| Expr::coalesce(cell(has), default.clone())))
        }
        _ => Ok(cell),
    }
}

/// The aggregate of the rows that have a value; none for a function that has no counterpart. Where no row has it there is nothing,
/// `zero` says that a number of rows is 0 then.
fn cell(function: &str, number: Expr, missing: bool, zero: bool) -> Option<CellOf> {
    let of =
        |function: Aggregate, number: Expr| -> CellOf { Box::new(move |has| filtered(function, number.clone(), has)) };
    let there = |counted: Expr, has: Expr| {
        let rows = Expr::binary(Binary::Greater, aggregate::count_rows(Some(has)), Expr::integer(0));
        Expr::Case { arms: vec![(rows, counted)], otherwise: None }
    };
    let unless_none = |counted: Expr| Expr::Call(Function::NullIf, vec![counted, Expr::integer(0)]);
    match function {
        // What is missing counts as nothing; where there is no row there is no sum.
        "sum" if missing => Some(of(Aggregate::Sum, Expr::coalesce(number, Expr::integer(0)))),
        "sum" => Some(of(Aggregate::Sum, number)),
        "mean" => Some(of(Aggregate::Average, number)),
        "median" => Some(of(Aggregate::Quantile(0.5), number)),
        "min" => Some(of(Aggregate::Min, number)),
        "max" => Some(of(Aggregate::Max, number)),
        "count" if zero => Some(of(Aggregate::Count, number)),
        "size" if zero => Some(Box::new(|has| aggregate::count_rows(Some(has)))),
        "size" => Some(Box::new(move |has| unless_none(aggregate::count_rows(Some(has))))),
        "count" | "nunique" => {
            let of = of(if function == "count" { Aggregate::Count } else { Aggregate::CountDistinct }, number);
            if missing {
                return Some(Box::new(move |has| there(of(has.clone()), has)));
            }
            Some(Box::new(move |has| unless_none(of(has))))
        }
        _ => None,
    }
}

/// Rows of which at least one column is there.
fn any_present(context: &Context, table: &Table) -> Table {
    let present = table.columns.iter().map(|named| Expr::unary(Unary::IsNotNull, named.expr.clone()));
    match present.reduce(|one, two| Expr::binary(Binary::Or, one, two)) {
        Some(predicate) => table.filter(context, predicate),
        None => table.clone(),
    }
}

/// A pivot table without columns is a grouping.
fn without_columns(
    context: &mut Context,
    table: &Table,
    keys: Vec<Named>,
    values: &[String],
    function: &str,
) -> Answer<Value> {
    let mut table = table.clone();
    let present = keys.iter().filter(|named| table.nullable(&named.expr));
    let present = present.map(|named| Expr::unary(Unary::IsNotNull, named.expr.clone()));
    if let Some(predicate) = present.reduce(|one, two| Expr::binary(Binary::And, one, two)) {
        table = table.filter(context, predicate);
    }
    let mut aggregates = Vec::new();
    for name in values {
        let expr = table.column(context, name)?;
        aggregates.push(Named::new(name, aggregate::aggregate(context, &table, function, &expr, true)?));
    }
    let count = keys.len();
    let order = keys.iter().map(|key| SortKey::ascending(Expr::column(&key.name))).collect();
    let op = Op::Group { input: table.base.clone(), keys, aggregates };
    let made = Table::over(context, Frame::new(op), context.span).with_statements(&[&table]);
    let mut made = Table { order, rest: false, ..made };
    made.index = made.columns.drain(..count).collect();
    if made.columns.iter().any(|named| !made.nullable(&named.expr)) {
        return Ok(DataFrame::of(made));
    }
    Ok(DataFrame::of(any_present(context, &made)))
}

/// `frame.pivot(index=…, columns=…, values=…)`: each pair occurs once, or pandas raises.
pub fn pivot(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let texts = |name: &str| arguments.keyword(name).and_then(Value::texts);
    let (Some(columns), Some(index), Some(values)) = (texts("columns"), texts("index"), texts("values")) else {
        return refuse("what is pivoted is not known");
    };
    let [column] = columns.as_slice() else { return refuse("columns of several levels are made") };
    let is_named = arguments.keyword("values").and_then(Value::as_text).is_none();
    let mut table = frame.seal(context);
    let mut keys = Vec::new();
    for name in &index {
        keys.push(Named::new(name, table.key(context, name)?));
    }
    if keys.iter().any(|named| table.nullable(&named.expr)) {
        return refuse("rows without key are pivoted");
    }
    let column = table.column(context, column)?;
    if table.nullable(&column) {
        return refuse("a missing value becomes a column");
    }
    let mut cells: Vec<(String, CellOf)> = Vec::new();
    for name in &values {
        let value = table.column(context, name)?;
        let name = if is_named { name.clone() } else { String::new() };
        cells.push((name, Box::new(move |has| filtered(Aggregate::Max, value.clone(), has))));
    }
    let made = widened(context, &table, &keys, &column, &cells)?;
    Ok(DataFrame::of(made))
}

/// `series.unstack(fill_value=…)` of a grouping: the last key becomes columns.
pub fn unstack(series: &Rc<Series>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let table = &series.table;
    let last = arguments.get("level", 0).is_none_or(|level| {
        matches!(level.integer(), Some(-1)) || level.as_text() == table.index.last().map(|named| named.name.as_str())
    });
    let Some((column, keys)) = table.index.split_last().filter(|(_, keys)| last && !keys.is_empty()) else {
        return refuse("a level of the index becomes columns");
    };
    if !matches!(table.base.op, Op::Group { .. }) {
        return refuse("a level of the index becomes columns, and whether its pairs are unique is not known");
    }
    let default = fill(arguments, table)?;
    if default.is_some() && table.nullable(&series.expr) {
        return refuse("missing values of a pivot table are filled");
    }
    let value = series.expr.clone();
    let cell: CellOf = Box::new(move |has: Expr| {
        let value = filtered(Aggregate::Max, value.clone(), has);
        default.clone().map_or(value.clone(), |default| Expr::coalesce(value, default))
    });
    let made = widened(context, table, keys, &column.expr, &[(String::new(), cell)])?;
    Ok(DataFrame::of(made))
}

/// `pd.crosstab(rows, columns)`: how often each pair occurs.
pub fn crosstab(context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    if arguments.items.len() > 2 {
        return refuse("pairs are weighed, named or made shares");
    }
    let (Some(rows), Some(columns)) = (arguments.get("index", 0), arguments.get("columns", 1)) else {
        return refuse("what is counted is not known");
    };
    let (Some(rows), Some(columns)) = (rows.object::<Series>(), columns.object::<Series>()) else {
        return refuse("pairs of what is no column are counted");
    };
    let table = &columns.table;
    let key = Named::new(&rows.name, mask::definite(table, &rows.over(table)?));
    let cell: CellOf = Box::new(|has| aggregate::count_rows(Some(has)));
    let made = widened(context, table, &[key], &columns.expr, &[(String::new(), cell)])?;
    Ok(DataFrame::of(made))
}

/// `pd.get_dummies(frame, columns=[…])`, `pd.get_dummies(series)`.
pub fn get_dummies(context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let known = ["data", "columns", "prefix", "dtype", "prefix_sep", "drop_first"];
    if arguments.keywords().any(|(name, _)| !known.contains(&name)) {
        return refuse("missing values get a column of their own");
    }
    let whole = match arguments.keyword("dtype") {
        None => false,
        Some(Value::Builtin(name)) => *name == "int",
        Some(other) => other.as_text().is_some_and(|name| name.starts_with("int")),
    };
    let separator = arguments.keyword("prefix_sep").and_then(Value::as_text).unwrap_or("_").to_owned();
    let first = usize::from(arguments.keyword("drop_first").and_then(Value::truth) == Some(true));
    let Some(data) = arguments.get("data", 0).cloned() else { return refuse("what becomes columns is not known") };
    let (mut table, names, alone) = match (data.object::<DataFrame>(), data.object::<Series>()) {
        (Some(frame), _) => match arguments.keyword("columns").and_then(Value::texts) {
            Some(names) => (frame.seal(context), names, false),
            None => return refuse("all columns of texts become columns"),
        },
        (_, Some(series)) => (series.to_frame(context).sealed(), vec![series.name.clone()], true),
        _ => return refuse("what becomes columns is not known"),
    };
    if table.rest {
        return refuse("the other columns are not known");
    }
    let prefixes = arguments.keyword("prefix").and_then(Value::texts);
    for (at, name) in names.iter().enumerate() {
        let expr = table.column(context, name)?;
        let Some(values) = known_values(&table, &expr) else { return refuse(UNKNOWN) };
        say(context, &values);
        table.columns.retain(|named| named.name != *name);
        let prefix = prefixes.as_ref().and_then(|list| list.get(at).or(list.first())).cloned();
        let prefix = prefix.or_else(|| (!alone).then(|| name.clone()));
        for value in values.iter().skip(first) {
            let has = Expr::binary(Binary::Equal, expr.clone(), Expr::Literal(value.clone()));
            let cell = if whole { operators::number(&table, has) } else { mask::definite(&table, &has) };
            let label =
                prefix.as_ref().map_or_else(|| label(value), |prefix| format!("{prefix}{separator}{}", label(value)));
            table.set(&label, cell);
        }
    }
    Ok(DataFrame::of(table))
}
