//! `groupby` and what follows it.

use std::any::Any;
use std::rc::Rc;

use super::aggregate;
use super::context::{Answer, Context, refuse};
use super::dataframe::{self, DataFrame};
use super::mask;
use super::rows::{self, Handled};
use super::series::Series;
use super::table::Table;
use crate::finding::Code;
use crate::frame::{Binary, Bound, Expr, Frame, Function, Named, Op, SortKey, Type, Unary, Window};
use crate::read::python::{Arguments, Evaluator, Object, Value};
use crate::text::Span;

/// `frame.groupby(keys)`, perhaps with columns chosen.
#[derive(Debug, Clone)]
pub struct GroupBy {
    /// The rows that are grouped: without those whose key is missing.
    pub table: Table,
    /// The keys, over the table's base.
    pub keys: Vec<Named>,
    /// Whether the keys are columns of the result, not its index.
    pub as_index: bool,
    /// The rows as they are before those without key are left out.
    pub whole: Table,
    /// The columns that were chosen; none for all.
    pub chosen: Option<Vec<String>>,
    /// Whether one column was chosen by its name alone, so that the result is a Series.
    pub single: bool,
}

/// `frame.groupby(…)`.
pub fn groupby(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let table = frame.seal(context);
    let Some(by) = arguments.get("by", 0).cloned() else { return refuse("rows are grouped by the index") };
    grouped(context, table, &by, arguments).map(|group| Value::Object(Rc::new(group)))
}

fn grouped(context: &mut Context, mut table: Table, by: &Value, arguments: &Arguments) -> Answer<GroupBy> {
    let parts = if by.as_text().is_some() { vec![by.clone()] } else { by.items().unwrap_or_else(|| vec![by.clone()]) };
    let mut keys: Vec<Named> = Vec::new();
    for part in parts {
        keys.push(key(context, &mut table, &part)?);
    }
    let flag = |name: &str, default: bool| arguments.keyword(name).map_or(Some(default), Value::truth);
    let (Some(as_index), Some(dropna)) = (flag("as_index", true), flag("dropna", true)) else {
        return refuse("how rows are grouped is only known when the script runs");
    };
    let whole = table.clone();
    if dropna {
        let present = keys.iter().filter(|named| table.nullable(&named.expr));
        let present: Vec<Expr> = present.map(|named| Expr::unary(Unary::IsNotNull, named.expr.clone())).collect();
        if let Some(predicate) = present.into_iter().reduce(|one, two| Expr::binary(Binary::And, one, two)) {
            table = table.filter(context, predicate);
        }
    }
    Ok(GroupBy { table, keys, as_index, whole, chosen: None, single: false })
}

fn key(context: &mut Context, table: &mut Table, part: &Value) -> Answer<Named> {
    if let Some(name) = part.as_text() {
        return Ok(Named::new(name, table.key(context, name)?));
    }
    if let Some(series) = part.object::<Series>() {
        return Ok(Named::new(&series.name, mask::definite(table, &series.over(table)?)));
    }
    refuse("rows are grouped by something other than columns")
}

impl GroupBy {
    /// The columns that are aggregated, with their values.
    fn values(&self, context: &Context) -> Answer<Vec<Named>> {
        let mut table = self.table.clone();
        let Some(chosen) = &self.chosen else {
            let is_key = |name: &str| self.keys.iter().any(|key| key.name == name);
            return Ok(table.columns.iter().filter(|named| !is_key(&named.name)).cloned().collect());
        };
        let mut found = Vec::new();
        for name in chosen {
            found.push(Named::new(name, table.column(context, name)?));
        }
        Ok(found)
    }

    /// One row a group.
    pub fn collect(&self, context: &Context, aggregates: Vec<Named>, open: bool) -> Table {
        let keys: Vec<Named> = self.keys.clone();
        let op = Op::Group { input: self.table.base.clone(), keys, aggregates };
        let made = Table::over(context, Frame::new(op), context.span).with_statements(&[&self.table]);
        if open {
            context.session().borrow_mut().open_groups.push(made.base.clone());
        }
        let order = self.keys.iter().map(|key| SortKey::ascending(Expr::column(&key.name))).collect();
        let mut made = Table { order, rest: open, ..made };
        if self.as_index {
            made.index = made.columns.drain(..self.keys.len()).collect();
        }
        made
    }

    fn result(&self, table: Table) -> Value {
        if self.single && self.as_index && table.columns.len() == 1 {
            let mut table = table;
            let Some(only) = table.columns.pop() else { return DataFrame::of(table) };
            let (expr, name) = (only.expr.clone(), only.name.clone());
            table.columns.push(only);
            return Series { table, expr, name }.value();
        }
        DataFrame::of(table)
    }
}

/// `grouped.sum()` and the like, by the method's name.
pub fn reduce(group: &Rc<GroupBy>, context: &mut Context, name: &str) -> Answer<Value> {
    if name == "size" {
        let column = Named::new("size", aggregate::count_rows(None));
        let table = group.collect(context, vec![column], false);
        let single = Rc::new(GroupBy { single: true, ..group.as_ref().clone() });
        return Ok(single.result(table));
    }
    let open = group.chosen.is_none() && group.table.rest;
    if open {
        let message =
            "all columns are aggregated, and which there are is not known: only those that the script names are kept";
        context.finding(Code::R305, message, "give the table's definition with --schema");
    }
    let mut aggregates = Vec::new();
    for named in group.values(context)? {
        let skipped = matches!(name, "sum" | "mean" | "median" | "std" | "var")
            && group.chosen.is_none()
            && group.table.type_of(&named.expr) == Type::Text;
        if !skipped {
            let expr = aggregate::aggregate(context, &group.table, name, &named.expr, true)?;
            aggregates.push(Named::new(&named.name, expr));
        }
    }
    Ok(group.result(group.collect(context, aggregates, open)))
}

/// `grouped.agg(…)` in its spellings.
pub fn agg(group: &Rc<GroupBy>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let first = arguments.positional(0).map(|item| item.value.clone()).or_else(|| arguments.keyword("func").cloned());
    let Some(first) = first else { return named_agg(group, context, arguments) };
    if let Some(name) = aggregate::name_of(&first) {
        return reduce(group, context, &name);
    }
    if let Some(entries) = first.entries() {
        return dict_agg(group, context, &entries);
    }
    let Some(functions) = first.items() else { return refuse("rows are aggregated by a function of the script") };
    let (true, Some(chosen)) = (group.single, &group.chosen) else {
        return refuse("several aggregates of several columns give columns of two levels");
    };
    let column = chosen.first().cloned().unwrap_or_default();
    let mut aggregates = Vec::new();
    for function in functions {
        let Some(name) = aggregate::name_of(&function) else {
            return refuse("rows are aggregated by a function of the script");
        };
        aggregates.push(Named::new(name.clone(), one(group, context, &column, &name)?));
    }
    Ok(DataFrame::of(group.collect(context, aggregates, false)))
}

fn one(group: &GroupBy, context: &mut Context, column: &str, name: &str) -> Answer<Expr> {
    let mut table = group.table.clone();
    let value = table.column(context, column)?;
    aggregate::aggregate(context, &table, name, &value, true)
}

/// `agg(total=("amount", "sum"))`, also `pd.NamedAgg`.
fn named_agg(group: &GroupBy, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let mut aggregates = Vec::new();
    for (name, argument) in arguments.keywords() {
        let pair = match (&argument.value, group.single) {
            (Value::Tuple(items), _) => items.as_ref().clone(),
            (value, true) => {
                let column = group.chosen.as_ref().and_then(|chosen| chosen.first()).cloned().unwrap_or_default();
                vec![Value::text(&column, argument.span), value.clone()]
            }
            _ => return refuse("what is aggregated is only known when the script runs"),
        };
        let [column, function] = pair.as_slice() else { return refuse("what is aggregated is not known") };
        let (Some(column), Some(function)) = (column.as_text(), aggregate::name_of(function)) else {
            return refuse("rows are aggregated by a function of the script");
        };
        aggregates.push(Named::new(name, one(group, context, column, &function)?));
    }
    if aggregates.is_empty() {
        return refuse("what is aggregated is not known");
    }
    Ok(DataFrame::of(group.collect(context, aggregates, false)))
}

/// `agg({"amount": "sum"})`.
fn dict_agg(group: &GroupBy, context: &mut Context, entries: &[(Value, Value)]) -> Answer<Value> {
    let mut aggregates = Vec::new();
    for (column, function) in entries {
        let Some(column) = column.as_text() else { return refuse("what is aggregated is not known") };
        let several = if function.as_text().is_some() { None } else { function.items() };
        let function = match several.as_deref() {
            None => function.clone(),
            // Columns of two levels: they can only be renamed as a whole, which is what scripts do next.
            Some(_) => return refuse("several aggregates of one column give columns of two levels"),
        };
        let Some(name) = aggregate::name_of(&function) else {
            return refuse("rows are aggregated by a function of the script");
        };
        aggregates.push(Named::new(column, one(group, context, column, &name)?));
    }
    Ok(DataFrame::of(group.collect(context, aggregates, false)))
}

/// The chosen column of a group-by, as a Series over all rows.
fn chosen_series(group: &GroupBy, context: &Context) -> Answer<Series> {
    let chosen = group.chosen.as_deref().unwrap_or_default();
    let [name] = chosen else { return refuse("values are computed within groups for several columns at once") };
    let mut table = group.whole.clone();
    let expr = table.column(context, name)?;
    Ok(Series { table, expr, name: name.clone() })
}

fn partition(group: &GroupBy) -> Vec<Expr> {
    group.keys.iter().map(|key| key.expr.clone()).collect()
}

/// The value only where every key is there: rows without key belong to no group.
fn with_keys(group: &GroupBy, expr: Expr) -> Expr {
    let nullable = group.keys.iter().filter(|key| group.whole.nullable(&key.expr));
    let present = nullable.map(|key| Expr::unary(Unary::IsNotNull, key.expr.clone()));
    match present.reduce(|one, two| Expr::binary(Binary::And, one, two)) {
        Some(condition) => Expr::Case { arms: vec![(condition, expr)], otherwise: None },
        None => expr,
    }
}

/// `grouped["c"].transform("sum")`.
pub fn transform(group: &Rc<GroupBy>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(name) = arguments.get("func", 0).and_then(aggregate::name_of) else {
        return refuse("values are computed within groups by a function of the script");
    };
    if matches!(name.as_str(), "first" | "last" | "nunique" | "median" | "rank" | "cumsum" | "shift") {
        return refuse(format!("`transform(\"{name}\")` has no counterpart that all databases know"));
    }
    let series = chosen_series(group, context)?;
    let function = aggregate::aggregate(context, &series.table, &name, &series.expr, true)?;
    let expr = over_groups(&function, &partition(group));
    Ok(series.with(with_keys(group, expr)))
}

/// The aggregate within an expression, over the rows of a group.
fn over_groups(expr: &Expr, partition: &[Expr]) -> Expr {
    if let Expr::Call(Function::Coalesce, arguments) = expr
        && let [inner, default] = arguments.as_slice()
    {
        return Expr::coalesce(over_groups(inner, partition), default.clone());
    }
    let window = Window { function: expr.clone(), partition: partition.to_vec(), order: Vec::new(), rows: None };
    Expr::Window(Box::new(window))
}

fn window(group: &GroupBy, context: &mut Context, what: &str, function: Expr, rows: Option<(Bound, Bound)>) -> Expr {
    let order = group.whole.order.clone();
    if order.is_empty() {
        context.order_matters(what);
    }
    let window = Window { function, partition: partition(group), order, rows };
    with_keys(group, Expr::Window(Box::new(window)))
}

/// `grouped["c"].cumsum()`: a missing value stays missing and is passed over.
pub fn cumsum(group: &Rc<GroupBy>, context: &mut Context, _arguments: &Arguments) -> Answer<Value> {
    let series = chosen_series(group, context)?;
    let function = Expr::aggregate(crate::frame::Aggregate::Sum, series.expr.clone());
    let total = window(group, context, "`cumsum`", function, Some((Bound::Unbounded, Bound::Current)));
    let expr = if series.table.nullable(&series.expr) {
        let present = Expr::unary(Unary::IsNotNull, series.expr.clone());
        Expr::Case { arms: vec![(present, total)], otherwise: None }
    } else {
        total
    };
    Ok(series.with(expr))
}

/// `grouped["c"].shift(n)`.
pub fn shift(group: &Rc<GroupBy>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let series = chosen_series(group, context)?;
    let Some(by) = arguments.get("periods", 0).map_or(Some(1), Value::integer) else {
        return refuse("rows are shifted by a number that is not known");
    };
    let function = if by < 0 { Function::Lead } else { Function::Lag };
    let call = Expr::Call(function, vec![series.expr.clone(), Expr::integer(by.abs())]);
    let expr = window(group, context, "`shift`", call, None);
    Ok(series.with(expr))
}

/// `grouped["c"].diff()`.
pub fn diff(group: &Rc<GroupBy>, context: &mut Context, _arguments: &Arguments) -> Answer<Value> {
    let series = chosen_series(group, context)?;
    let call = Expr::Call(Function::Lag, vec![series.expr.clone(), Expr::integer(1)]);
    let before = window(group, context, "`diff`", call, None);
    Ok(series.with(Expr::binary(Binary::Subtract, series.expr.clone(), before)))
}

/// `grouped.cumcount()`.
pub fn cumcount(group: &Rc<GroupBy>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let mut order = group.whole.order.clone();
    if order.is_empty() {
        context.order_matters("`cumcount`");
    }
    if arguments.get("ascending", 0).and_then(Value::truth) == Some(false) {
        for key in &mut order {
            (key.descending, key.nulls_first) = (!key.descending, !key.nulls_first);
        }
    }
    let function = Expr::Call(Function::RowNumber, Vec::new());
    let window = Window { function, partition: partition(group), order, rows: None };
    let number = Expr::Window(Box::new(window));
    let expr = Expr::binary(Binary::Subtract, number, Expr::integer(1));
    Ok(Series { table: group.whole.clone(), expr, name: String::new() }.value())
}

/// `grouped["c"].rank()`.
pub fn rank(group: &Rc<GroupBy>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let series = chosen_series(group, context)?;
    super::times::ranked(&series, partition(group), arguments).map(|expr| series.with(with_keys(group, expr)))
}

/// `grouped.head(n)`: the first rows of each group.
pub fn head(group: &Rc<GroupBy>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    first_of_each(group, context, arguments, false)
}

/// `grouped.tail(n)`.
pub fn tail(group: &Rc<GroupBy>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    first_of_each(group, context, arguments, true)
}

fn first_of_each(group: &GroupBy, context: &mut Context, arguments: &Arguments, last: bool) -> Answer<Value> {
    let Some(count) = arguments.get("n", 0).map_or(Some(5), Value::integer) else {
        return refuse("how many rows are taken is not known");
    };
    let mut order = group.whole.order.clone();
    if order.is_empty() {
        context.order_matters("taking the first rows of a group");
    }
    for key in order.iter_mut().filter(|_| last) {
        (key.descending, key.nulls_first) = (!key.descending, !key.nulls_first);
    }
    let function = Expr::Call(Function::RowNumber, Vec::new());
    let number = Expr::Window(Box::new(Window { function, partition: partition(group), order, rows: None }));
    let table = &group.table;
    Ok(DataFrame::of(numbered(context, table, number, count)))
}

/// The rows whose number is at most `count`.
pub fn numbered(context: &Context, table: &Table, number: Expr, count: i64) -> Table {
    let kept = table.columns.clone();
    let mut staged = table.clone();
    staged.set("row_number", number);
    let mut staged = staged.sealed();
    staged.columns = kept.iter().map(|named| Named::column(&named.name)).collect();
    staged.hide("row_number");
    staged.filter(context, Expr::binary(Binary::LessEqual, Expr::column("row_number"), Expr::integer(count)))
}

impl Object for GroupBy {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "a grouped DataFrame".to_owned()
    }

    fn attribute(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, span: Span) -> Option<Value> {
        if rows::find(rows::GROUPED, name).is_some() {
            return None;
        }
        self.subscript(evaluator, &Value::text(name, span), span)
    }

    fn method(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
        let row = rows::find(rows::GROUPED, name)?;
        let mut context = Context::new(evaluator, arguments.span);
        let answer = match row.handled {
            Handled::Sql(run) => run(&self, &mut context, arguments),
            Handled::Dropped(_) => return Some(Value::None),
            Handled::Refused(reason) => refuse(reason),
        };
        Some(answer.unwrap_or_else(|refusal| DataFrame::of(dataframe::opaque(&mut context, &refusal, &[&self.whole]))))
    }

    fn subscript(self: Rc<Self>, evaluator: &mut Evaluator, key: &Value, span: Span) -> Option<Value> {
        let mut group = self.as_ref().clone();
        let context = Context::new(evaluator, span);
        let Some(names) = key.texts() else {
            return Some(context.evaluator.unknown("groupby", "its columns are not known", span));
        };
        group.single = key.as_text().is_some();
        group.chosen = Some(names);
        Some(Value::Object(Rc::new(group)))
    }
}

/// Grouping of a Series by other Series, or by the table's columns: not followed.
pub fn series_groupby(series: &Rc<Series>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(by) = arguments.get("by", 0).cloned() else { return refuse("rows are grouped by the index") };
    let mut table = series.table.clone();
    table.set(&series.name, series.expr.clone());
    let mut group = grouped(context, table, &by, arguments)?;
    group.chosen = Some(vec![series.name.clone()]);
    group.single = true;
    Ok(Value::Object(Rc::new(group)))
}
