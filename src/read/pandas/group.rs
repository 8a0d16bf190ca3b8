//! `groupby` and what follows it.

use std::any::Any;
use std::rc::Rc;

use super::aggregate;
use super::cell;
use super::context::{Answer, Context, refuse};
use super::dataframe::DataFrame;
use super::folded;
use super::grouper::Grouper;
use super::mask;
use super::names::LEVEL;
use super::rest;
use super::rows::{self, Handled};
use super::series::Series;
use super::table::Table;
use crate::finding::Code;
use crate::frame::{Aggregate, Binary, Expr, Frame, Named, Op, SortKey, Type, Unary};
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
    /// Whether rows without key belong to no group.
    pub drops_missing: bool,
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
    if let [only] = parts.as_slice()
        && only.object::<Grouper>().is_some()
    {
        return refuse("rows are grouped by times that are filled up");
    }
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
    Ok(GroupBy { table, keys, as_index, drops_missing: dropna, whole, chosen: None, single: false })
}

fn key(context: &mut Context, table: &mut Table, part: &Value) -> Answer<Named> {
    if let Some(name) = part.as_text() {
        return Ok(Named::new(name, table.key(context, name)?));
    }
    if let Some(grouper) = part.object::<Grouper>() {
        return grouper.named(context, table);
    }
    if let Some(series) = part.object::<Series>() {
        return Ok(Named::new(&series.name, mask::definite(table, &series.over(table)?)));
    }
    refuse("rows are grouped by something other than columns")
}

impl GroupBy {
    /// The columns that are aggregated, with their values.
    pub fn values(&self, context: &Context) -> Answer<Vec<Named>> {
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

    /// The result as a Series, where one column was chosen, or as a frame.
    pub fn result(&self, table: Table) -> Value {
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
        let skipped = matches!(name, "sum" | "mean" | "median" | "std" | "var" | "std of all" | "var of all")
            && group.chosen.is_none()
            && group.table.type_of(&named.expr) == Type::Text;
        if !skipped {
            let expr = aggregate::aggregate(context, &group.table, name, &named.expr, true)?;
            aggregates.push(Named::new(&named.name, expr));
        }
    }
    Ok(group.result(group.collect(context, aggregates, open)))
}

/// `grouped.std()`, `grouped.var()`, of a sample unless `ddof=0`.
pub fn spread(group: &Rc<GroupBy>, context: &mut Context, arguments: &Arguments, name: &str) -> Answer<Value> {
    let of_all = arguments.get("ddof", 0).and_then(Value::integer) == Some(0);
    if of_all { reduce(group, context, &format!("{name} of all")) } else { reduce(group, context, name) }
}

/// `grouped["c"].quantile(0.25)`.
pub fn quantile(group: &Rc<GroupBy>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let at = arguments.get("q", 0).map_or(Some(0.5), Value::number);
    let (Some(at), Some(_)) = (at, &group.chosen) else { return refuse("several quantiles are computed") };
    if arguments.keyword("interpolation").is_some() {
        return refuse("quantiles are taken in another way");
    }
    let of = |named: Named| Named::new(&named.name, Expr::aggregate(Aggregate::Quantile(at), named.expr));
    let aggregates = group.values(context)?.into_iter().map(of).collect();
    Ok(group.result(group.collect(context, aggregates, false)))
}

/// `grouped["c"].value_counts()`: how often each value stands in each group.
pub fn value_counts(group: &Rc<GroupBy>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let (Some([name]), true, true) = (group.chosen.as_deref(), group.as_index, arguments.items.is_empty()) else {
        return refuse("values of groups are counted");
    };
    let mut table = group.table.clone();
    let value = table.column(context, name)?;
    if table.nullable(&value) {
        table = table.filter(context, Expr::unary(Unary::IsNotNull, value.clone()));
    }
    let mut keys = group.keys.clone();
    keys.push(Named::new(name, value));
    let inner = GroupBy { table, keys, single: true, chosen: None, ..group.as_ref().clone() };
    let counted = inner.collect(context, vec![Named::new("count", aggregate::count_rows(None))], false);
    Ok(Series { expr: Expr::column("count"), name: "count".to_owned(), table: counted }.value())
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
    let names: Vec<String> = group.values(context)?.into_iter().map(|named| named.name).collect();
    let Some(functions) = first.items() else {
        let entries: Vec<(Value, Value)> =
            names.iter().map(|name| (Value::text(name, context.span), first.clone())).collect();
        let made = dict_agg(group, context, &entries)?;
        let Some(frame) = made.object::<DataFrame>() else { return Ok(made) };
        return Ok(group.result(frame.snapshot()));
    };
    if !group.single {
        let entries: Vec<(Value, Value)> =
            names.iter().map(|name| (Value::text(name, context.span), first.clone())).collect();
        return dict_agg(group, context, &entries);
    }
    let column = names.first().cloned().unwrap_or_default();
    let mut aggregates = Vec::new();
    for function in functions {
        aggregates.push(Named::new(label(&function)?, one(group, context, &column, &function)?));
    }
    Ok(DataFrame::of(group.collect(context, aggregates, false)))
}

/// One aggregate of a column: by its name, or by a function of the script.
fn one(group: &GroupBy, context: &mut Context, column: &str, function: &Value) -> Answer<Expr> {
    let mut table = group.table.clone();
    let value = table.column(context, column)?;
    if let Some(name) = aggregate::name_of(function) {
        return aggregate::aggregate(context, &table, &name, &value, true);
    }
    let series = Series { table: table.clone(), expr: value, name: column.to_owned() };
    let given = cell::called(context, function, series.value(), &Arguments::none(context.span), &[])?;
    folded::aggregate(&given, &table)
}

/// What a column is called that an aggregate gives.
fn label(function: &Value) -> Answer<String> {
    if let Some(name) = aggregate::name_of(function) {
        return Ok(name);
    }
    match function {
        Value::Function(function) if function.name == "<lambda>" => Ok("<lambda_0>".to_owned()),
        Value::Function(function) => Ok(function.name.clone()),
        _ => refuse("rows are aggregated by a function that is not known"),
    }
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
        let Some(column) = column.as_text() else { return refuse("what is aggregated is not known") };
        aggregates.push(Named::new(name, one(group, context, column, function)?));
    }
    if aggregates.is_empty() {
        return refuse("what is aggregated is not known");
    }
    Ok(DataFrame::of(group.collect(context, aggregates, false)))
}

/// `agg({"amount": "sum"})`; several for one column give names of two levels.
fn dict_agg(group: &GroupBy, context: &mut Context, entries: &[(Value, Value)]) -> Answer<Value> {
    let mut aggregates = Vec::new();
    let several = |function: &Value| if function.as_text().is_some() { None } else { function.items() };
    let levels = entries.iter().any(|(_, function)| several(function).is_some());
    for (column, function) in entries {
        let Some(column) = column.as_text() else { return refuse("what is aggregated is not known") };
        for function in several(function).unwrap_or_else(|| vec![function.clone()]) {
            let name = if levels { format!("{column}{LEVEL}{}", label(&function)?) } else { column.to_owned() };
            aggregates.push(Named::new(name, one(group, context, column, &function)?));
        }
    }
    Ok(DataFrame::of(group.collect(context, aggregates, false)))
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
        if matches!(name, "groups" | "indices" | "ngroups") {
            return None;
        }
        self.subscript(evaluator, &Value::text(name, span), span)
    }

    fn method(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
        let mut context = Context::new(evaluator, arguments.span);
        let handled = rows::find(rows::GROUPED, name).map(|row| row.handled);
        let answer = match handled.or_else(|| rest::find(rest::GROUPED, name)) {
            Some(Handled::Sql(run)) => {
                super::defaults::checked(name, arguments).and_then(|()| run(&self, &mut context, arguments))
            }
            Some(Handled::Dropped(_)) => return Some(Value::None),
            Some(Handled::Refused(reason)) => refuse(reason),
            None => refuse(format!("`{name}` is no method of groups that is known")),
        };
        Some(answer.unwrap_or_else(|refusal| {
            let made = DataFrame::of(super::opaque::opaque(&mut context, &refusal, &[&self.whole]));
            if rest::CALLS.contains(&name) {
                super::opaque::keep(&context);
            }
            made
        }))
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
