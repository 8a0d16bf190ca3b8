//! What is computed over neighbouring rows: `rolling`, `expanding`, filling from neighbours, ranks, changes.
//!
//! In: a Series, and the groups that it is divided into. Out: Series over the same rows.

use std::any::Any;
use std::rc::Rc;

use super::aggregate;
use super::context::{Answer, Context, refuse};
use super::dataframe;
use super::operators;
use super::series::Series;
use crate::frame::{Aggregate, Binary, Bound, Expr, Function, Literal, SortKey, Type, Unary, Window};
use crate::read::python::{Arguments, Evaluator, Object, Value};
use crate::text::Span;

/// A Series whose values are computed within groups; without keys, over all rows.
#[derive(Debug, Clone)]
pub struct Grouped {
    /// The values.
    pub series: Series,
    /// The keys, over the same rows.
    pub keys: Vec<Expr>,
    /// Whether rows without key belong to no group.
    pub drops_missing: bool,
}

impl Grouped {
    /// A Series without groups.
    pub fn whole(series: &Series) -> Self {
        Self { series: series.clone(), keys: Vec::new(), drops_missing: false }
    }

    /// The value only where every key is there: rows without key belong to no group.
    pub fn with_keys(&self, expr: Expr) -> Expr {
        if !self.drops_missing {
            return expr;
        }
        let nullable = self.keys.iter().filter(|key| self.series.table.nullable(key));
        let present = nullable.map(|key| Expr::unary(Unary::IsNotNull, key.clone()));
        let Some(condition) = present.reduce(|one, two| Expr::binary(Binary::And, one, two)) else { return expr };
        match expr {
            Expr::Case { arms, otherwise: None } if arms.len() == 1 => {
                let both = |(inner, value): (Expr, Expr)| (Expr::binary(Binary::And, condition.clone(), inner), value);
                Expr::Case { arms: arms.into_iter().map(both).collect(), otherwise: None }
            }
            expr => Expr::Case { arms: vec![(condition, expr)], otherwise: None },
        }
    }

    /// The order of the rows, and a finding where the script gives none.
    fn order(&self, context: &mut Context, what: &str) -> Vec<SortKey> {
        let order = self.series.table.order.clone();
        if order.is_empty() {
            context.order_matters(what);
        }
        order
    }

    fn window(&self, function: Expr, order: Vec<SortKey>, rows: Option<(Bound, Bound)>) -> Expr {
        Expr::Window(Box::new(Window { function, partition: self.keys.clone(), order, rows }))
    }

    fn give(&self, expr: Expr) -> Answer<Value> {
        Ok(self.series.with(self.with_keys(expr)))
    }
}

/// Keys in the opposite direction.
pub fn reversed(order: &[SortKey]) -> Vec<SortKey> {
    let turn =
        |key: &SortKey| SortKey { expr: key.expr.clone(), descending: !key.descending, nulls_first: !key.nulls_first };
    order.iter().map(turn).collect()
}

/// `ffill`, `bfill`: the last value that is there, up to each row.
pub fn fill(grouped: &Grouped, context: &mut Context, arguments: &Arguments, forward: bool) -> Answer<Value> {
    if arguments.keyword("limit").is_some() || arguments.keyword("axis").is_some() {
        return refuse("missing values are filled only so far");
    }
    let value = grouped.series.expr.clone();
    if !grouped.series.table.nullable(&value) {
        return grouped.give(value);
    }
    let order = grouped.order(context, "filling from neighbouring rows");
    let order = if forward { order } else { reversed(&order) };
    // Each value that is there begins a block; there is one such value in a block.
    let count = Expr::aggregate(Aggregate::Count, value.clone());
    let block = grouped.window(count, order, Some((Bound::Unbounded, Bound::Current)));
    let mut partition = grouped.keys.clone();
    partition.push(block);
    let function = Expr::aggregate(Aggregate::Any, value);
    let filled = Expr::Window(Box::new(Window { function, partition, order: Vec::new(), rows: None }));
    grouped.give(filled)
}

/// `pct_change(n)`.
pub fn pct_change(grouped: &Grouped, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(by) = arguments.get("periods", 0).map_or(Some(1), Value::integer) else {
        return refuse("rows are compared with others by a number that is not known");
    };
    let filled = arguments.keyword("fill_method").is_some_and(|value| !matches!(value, Value::None));
    if filled || arguments.keyword("limit").is_some() || arguments.keyword("freq").is_some() {
        return refuse("changes are computed of filled values");
    }
    let mut whole = grouped.series.expr.clone();
    let fills = arguments.keyword("fill_method").is_none() && grouped.series.table.nullable(&whole);
    if fills && !context.version_matters(false, "whether missing values are filled before changes are computed") {
        let filled = fill(grouped, context, &Arguments::none(arguments.span), true)?;
        if let Some(filled) = filled.object::<Series>() {
            whole = filled.expr.clone();
        }
    }
    let value = operators::float(&grouped.series.table, whole);
    let function = if by < 0 { Function::Lead } else { Function::Lag };
    let order = grouped.order(context, "`pct_change`");
    let call = Expr::Call(function, vec![value.clone(), Expr::integer(by.abs())]);
    let before = grouped.window(call, order, None);
    let divisor = Expr::Call(Function::NullIf, vec![before, Expr::integer(0)]);
    let ratio = Expr::binary(Binary::Divide, value, divisor);
    grouped.give(Expr::binary(Binary::Subtract, ratio, Expr::integer(1)))
}

/// `shift(n)`, with `fill_value`.
pub fn shift(grouped: &Grouped, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let neighbour = neighbour(grouped, context, arguments, "`shift`")?;
    let Some(fill) = arguments.keyword("fill_value").cloned() else { return grouped.give(neighbour) };
    let default = super::series::operand(&fill, &grouped.series.table)?;
    let Expr::Window(mut window) = neighbour else { return refuse("shifted rows are filled") };
    if let Expr::Call(_, arguments) = &mut window.function {
        arguments.push(default.clone());
    }
    // Rows of no group are filled, too.
    let filled = match grouped.with_keys(Expr::Window(window)) {
        Expr::Case { arms, otherwise: None } => Expr::Case { arms, otherwise: Some(Box::new(default)) },
        whole => whole,
    };
    Ok(grouped.series.with(filled))
}

/// `diff(n)`.
pub fn diff(grouped: &Grouped, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let neighbour = neighbour(grouped, context, arguments, "`diff`")?;
    let (table, value) = (&grouped.series.table, grouped.series.expr.clone());
    let value = operators::number(table, value);
    grouped.give(Expr::binary(Binary::Subtract, value, neighbour))
}

fn neighbour(grouped: &Grouped, context: &mut Context, arguments: &Arguments, what: &str) -> Answer<Expr> {
    let Some(by) = arguments.get("periods", 0).map_or(Some(1), Value::integer) else {
        return refuse("rows are shifted by a number that is not known");
    };
    if arguments.keyword("freq").is_some() || arguments.keyword("axis").is_some() {
        return refuse("rows are shifted by an amount of time");
    }
    let function = if by < 0 { Function::Lead } else { Function::Lag };
    let order = grouped.order(context, what);
    let call = Expr::Call(function, vec![grouped.series.expr.clone(), Expr::integer(by.abs())]);
    Ok(grouped.window(call, order, None))
}

/// `cumsum` and the like: missing values stay missing and are passed over.
pub fn cumulated(grouped: &Grouped, context: &mut Context, function: Aggregate) -> Answer<Value> {
    let value = operators::number(&grouped.series.table, grouped.series.expr.clone());
    let order = grouped.order(context, "a running total");
    let call = Expr::aggregate(function, value.clone());
    let total = grouped.window(call, order, Some((Bound::Unbounded, Bound::Current)));
    let total =
        if function == Aggregate::Sum { aggregate::as_whole(&grouped.series.table, &value, total) } else { total };
    if !grouped.series.table.nullable(&grouped.series.expr) || super::mask::is_condition(&grouped.series.expr) {
        return grouped.give(total);
    }
    let present = Expr::unary(Unary::IsNotNull, grouped.series.expr.clone());
    grouped.give(Expr::Case { arms: vec![(present, total)], otherwise: None })
}

/// `rank`: missing values have none.
pub fn rank(grouped: &Grouped, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    if arguments.keyword("na_option").is_some_and(|option| option.as_text() != Some("keep")) {
        return refuse("missing values have ranks");
    }
    let descending = match arguments.keyword("ascending").map(Value::truth) {
        None | Some(Some(true)) => false,
        Some(Some(false)) => true,
        Some(None) => return refuse("the direction of the ranks is not known"),
    };
    let method = arguments.get("method", 1).map_or(Some("average"), Value::as_text);
    let value = grouped.series.expr.clone();
    let mut order = vec![SortKey { expr: value.clone(), descending, nulls_first: false }];
    let plain =
        |function: Function, order: &[SortKey]| grouped.window(Expr::Call(function, Vec::new()), order.to_vec(), None);
    let equals = || {
        let mut partition = grouped.keys.clone();
        partition.push(value.clone());
        let function = aggregate::count_rows(None);
        Expr::Window(Box::new(Window { function, partition, order: Vec::new(), rows: None }))
    };
    let others = || Expr::binary(Binary::Subtract, equals(), Expr::integer(1));
    let rank = match method {
        Some("min") => plain(Function::Rank, &order),
        Some("dense") => plain(Function::DenseRank, &order),
        Some("max") => Expr::binary(Binary::Add, plain(Function::Rank, &order), others()),
        Some("first") => {
            order.extend(grouped.order(context, "`rank(method=\"first\")`"));
            plain(Function::RowNumber, &order)
        }
        Some("average") => {
            let half = Expr::binary(Binary::Divide, others(), Expr::Literal(Literal::Float(2.0)));
            Expr::binary(Binary::Add, plain(Function::Rank, &order), half).cast(Type::Float)
        }
        _ => return refuse("how equal values are ranked is not known"),
    };
    let rank = match arguments.keyword("pct").map(Value::truth) {
        None | Some(Some(false)) => rank,
        Some(Some(true)) if method != Some("dense") => {
            let count = grouped.window(Expr::aggregate(Aggregate::Count, value.clone()), Vec::new(), None);
            Expr::binary(Binary::Divide, rank.cast(Type::Float), count)
        }
        Some(_) => return refuse("ranks are shares of the number of different values"),
    };
    if !grouped.series.table.nullable(&value) {
        return grouped.give(rank);
    }
    let present = Expr::unary(Unary::IsNotNull, value);
    grouped.give(Expr::Case { arms: vec![(present, rank)], otherwise: None })
}

/// The first or last value of the group that is there, in each of its rows.
pub fn edge(grouped: &Grouped, context: &mut Context, last: bool) -> Answer<Value> {
    let value = grouped.series.expr.clone();
    let order = grouped.order(context, if last { "`last`" } else { "`first`" });
    let order = if last { reversed(&order) } else { order };
    let mut keys = Vec::new();
    if grouped.series.table.nullable(&value) {
        keys.push(SortKey::ascending(Expr::unary(Unary::IsNull, value.clone())));
    }
    keys.extend(order);
    let call = Expr::Call(Function::FirstValue, vec![value]);
    grouped.give(grouped.window(call, keys, None))
}

/// `rolling(n)`, `expanding()`.
#[derive(Debug, Clone)]
pub struct Moving {
    grouped: Grouped,
    /// How many rows; none for all before.
    size: Option<u64>,
    /// With how many values there is a result.
    least: u64,
    centered: bool,
    /// Whether the keys become levels of the index.
    leveled: bool,
}

/// `series.rolling(window, min_periods=…)`, `series.expanding(min_periods=…)`.
pub fn moving(grouped: &Grouped, arguments: &Arguments, expanding: bool) -> Answer<Value> {
    let number = |value: &Value| value.integer().and_then(|number| u64::try_from(number).ok());
    let known = ["window", "min_periods", "center"];
    if arguments.keywords().any(|(name, _)| !known.contains(&name)) {
        return refuse("a window moves over the rows by time, or weighs them");
    }
    let size = if expanding {
        None
    } else {
        match arguments.get("window", 0).and_then(number) {
            Some(size) if size > 0 => Some(size),
            _ => return refuse("a window moves over the rows by time"),
        }
    };
    let least = match arguments.get("min_periods", usize::from(!expanding)) {
        None | Some(Value::None) => size.unwrap_or(1),
        Some(value) => match number(value) {
            Some(least) => least,
            None => return refuse("with how many values there is a result is not known"),
        },
    };
    let centered = arguments.keyword("center").and_then(Value::truth) == Some(true);
    Ok(Value::Object(Rc::new(Moving { grouped: grouped.clone(), size, least, centered, leveled: false })))
}

/// The same within groups, whose keys become levels of the index.
pub fn moving_leveled(grouped: &Grouped, arguments: &Arguments, expanding: bool) -> Answer<Value> {
    let made = moving(grouped, arguments, expanding)?;
    let Some(moving) = made.object::<Moving>().cloned() else { return Ok(made) };
    Ok(Value::Object(Rc::new(Moving { leveled: true, ..moving })))
}

/// What is computed within groups, with the keys as levels of the index in front of the rows' own labels.
#[derive(Debug)]
pub struct Leveled {
    series: Rc<Series>,
    levels: usize,
}

impl Object for Leveled {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "a Series with the keys of groups in its index".to_owned()
    }

    fn method(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
        let level = arguments.get("level", 0);
        let all = level.is_some_and(|level| {
            let items = level.items().unwrap_or_else(|| vec![level.clone()]);
            items.len() == self.levels
        });
        let drops = match name {
            "reset_index" => arguments.keyword("drop").and_then(Value::truth) == Some(true),
            "droplevel" => true,
            _ => false,
        };
        if drops && all {
            return Some(Value::Object(self.series.clone()));
        }
        Some(evaluator.unknown(name, "the keys of groups are levels of the index", arguments.span))
    }
}

impl Moving {
    fn rows(&self) -> (Bound, Bound) {
        let Some(size) = self.size else { return (Bound::Unbounded, Bound::Current) };
        if self.centered {
            let after = (size - 1) / 2;
            return (Bound::Preceding(size - 1 - after), Bound::Following(after));
        }
        (if size == 1 { Bound::Current } else { Bound::Preceding(size - 1) }, Bound::Current)
    }

    fn total(&self, context: &mut Context, name: &str) -> Answer<Value> {
        let value = operators::number(&self.grouped.series.table, self.grouped.series.expr.clone());
        let function = match name {
            "sum" => Aggregate::Sum,
            "mean" => Aggregate::Average,
            "min" => Aggregate::Min,
            "max" => Aggregate::Max,
            "count" => Aggregate::Count,
            "std" => Aggregate::StandardDeviation,
            "var" => Aggregate::Variance,
            _ => return refuse(format!("there is no SQL for `{name}` of a moving window")),
        };
        let order = self.grouped.order(context, "a moving window");
        let over = |function: Aggregate| {
            let call = Expr::aggregate(function, value.clone());
            self.grouped.window(call, order.clone(), Some(self.rows()))
        };
        let table = &self.grouped.series.table;
        let total = match function {
            Aggregate::Sum => aggregate::as_whole(table, &value, over(function)),
            Aggregate::Average => aggregate::as_float(table, &value, over(function)),
            function => over(function),
        };
        let needed = if function == Aggregate::Count && self.size.is_none() && self.least < 2 { 0 } else { self.least };
        let nullable = self.grouped.series.table.nullable(&value);
        let enough_by_itself = needed == 0 || (needed == 1 && (nullable || function != Aggregate::Count));
        if enough_by_itself {
            return self.grouped.give(total);
        }
        let enough = Expr::binary(
            Binary::GreaterEqual,
            if function == Aggregate::Count {
                self.grouped.window(aggregate::count_rows(None), order.clone(), Some(self.rows()))
            } else {
                over(Aggregate::Count)
            },
            Expr::integer(i64::try_from(needed).unwrap_or(i64::MAX)),
        );
        self.grouped.give(Expr::Case { arms: vec![(enough, total)], otherwise: None })
    }
}

impl Object for Moving {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "a moving window".to_owned()
    }

    fn method(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
        let mut context = Context::new(evaluator, arguments.span);
        let name = match name {
            "agg" | "aggregate" => arguments.positional(0).and_then(|item| aggregate::name_of(&item.value))?,
            name => name.to_owned(),
        };
        let answer = self.total(&mut context, &name).map(|made| match (self.leveled, made) {
            (true, Value::Object(series)) => match series.as_any().downcast_ref::<Series>().cloned() {
                Some(series) => {
                    let levels = self.grouped.keys.len();
                    Value::Object(Rc::new(Leveled { series: Rc::new(series), levels }) as Rc<dyn Object>)
                }
                None => Value::Object(series),
            },
            (_, made) => made,
        });
        Some(answer.unwrap_or_else(|refusal| dataframe::unknown(&mut context, "rolling", &refusal)))
    }

    fn subscript(self: Rc<Self>, _evaluator: &mut Evaluator, _key: &Value, _span: Span) -> Option<Value> {
        None
    }
}
