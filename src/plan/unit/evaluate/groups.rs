//! GROUP BY, and what is computed of all rows of a group.
//!
//! In: a SELECT and the rows that its conditions keep. Out: a row for each group. What a column is that is neither a key
//! nor an aggregate is not known.

use super::{Inputs, Joined, Row, Value, arithmetic, compare, name_of, value};
use crate::plan::Cell;
use crate::sql::shape::{Column, Expr, Select};

/// Functions of all rows of a group.
const AGGREGATES: &[&str] = &["count", "sum", "min", "max"];

/// Whether a SELECT makes groups, or one group of all rows.
pub(super) fn groups(select: &Select) -> bool {
    let aggregates = |column: &Column| match column {
        Column::Named(_, own) => own.all().into_iter().any(is_aggregate),
        Column::Star(_) => false,
    };
    select.group.is_some() || select.columns.iter().any(aggregates)
}

/// The rows of the groups; none where they are not sure.
pub(super) fn grouped(inputs: &Inputs, select: &Select, rows: &[Joined]) -> Option<Vec<Row>> {
    match &select.group {
        Some(keys) => by_keys(inputs, select, keys, rows),
        None => group(inputs, select, &[], rows).map(|row| vec![row]),
    }
}

fn by_keys(inputs: &Inputs, select: &Select, keys: &[Expr], rows: &[Joined]) -> Option<Vec<Row>> {
    let keys: Vec<Expr> = keys.iter().map(|key| meant(select, key)).collect::<Option<_>>()?;
    let mut groups: Vec<(Vec<Value>, Vec<Joined>)> = Vec::new();
    for row in rows {
        let values: Vec<Value> = keys.iter().map(|key| value(inputs, row, key)).collect();
        if values.contains(&Value::Unknown) {
            return None;
        }
        match groups.iter_mut().find(|(own, _)| *own == values) {
            Some((_, members)) => members.push(row.clone()),
            None => groups.push((values, vec![row.clone()])),
        }
    }
    groups.iter().map(|(_, members)| group(inputs, select, &keys, members)).collect()
}

/// The expression of a key, which may be the place or the name of a column that comes out.
fn meant(select: &Select, key: &Expr) -> Option<Expr> {
    let named = |column: &Column| if let Column::Named(_, own) = column { Some(own.clone()) } else { None };
    if let Expr::Number(place) = key {
        return named(select.columns.get(place.parse::<usize>().ok()?.checked_sub(1)?)?);
    }
    let Expr::Column(qualifier, name) = key else { return Some(key.clone()) };
    if !qualifier.is_empty() {
        return Some(key.clone());
    }
    // Whether a name is that of a column read or of one that comes out is not told apart: they must be the same.
    let out = select.columns.iter().find(|column| name_of(column).as_ref() == Some(name)).and_then(named);
    let same = out.is_none_or(|own| matches!(own, Expr::Column(_, own) if own == *name));
    same.then(|| key.clone())
}

/// The row of one group.
fn group(inputs: &Inputs, select: &Select, keys: &[Expr], members: &[Joined]) -> Option<Row> {
    let none = Joined::new();
    let first = members.first().unwrap_or(&none);
    let mut row = Row::new();
    for column in &select.columns {
        let Column::Named(name, own) = column else { return None };
        let computed = if is_key(own, keys) {
            value(inputs, first, own)
        } else {
            filled(inputs, keys, members, own).map_or(Value::Unknown, |own| value(inputs, first, &own))
        };
        row.push((name.clone(), computed));
    }
    Some(row)
}

fn is_key(own: &Expr, keys: &[Expr]) -> bool {
    keys.iter().any(|key| match (own, key) {
        (Expr::Column(left, own), Expr::Column(right, key)) => {
            own == key && (left == right || left.is_empty() || right.is_empty())
        }
        _ => own == key,
    })
}

/// The expression with the results of its aggregates in their places; none where one of them is not known.
fn filled(inputs: &Inputs, keys: &[Expr], members: &[Joined], own: &Expr) -> Option<Expr> {
    let of = |part: &Expr| filled(inputs, keys, members, part);
    let all = |parts: &[Expr]| parts.iter().map(of).collect::<Option<Vec<Expr>>>();
    match own {
        _ if is_key(own, keys) => Some(own.clone()),
        Expr::Call(name, args) if is_aggregate(own) => literal(&aggregate(inputs, members, name, args)),
        Expr::Call(name, args) => Some(Expr::Call(name.clone(), all(args)?)),
        Expr::Operator(op, operands) => Some(Expr::Operator(op.clone(), all(operands)?)),
        Expr::Cast(inner, sql_type) => Some(Expr::Cast(Box::new(of(inner)?), sql_type.clone())),
        Expr::Case(arms, otherwise) => {
            let arms = arms.iter().map(|(when, then)| Some((of(when)?, of(then)?))).collect::<Option<Vec<_>>>()?;
            let otherwise = match otherwise {
                Some(own) => Some(Box::new(of(own)?)),
                None => None,
            };
            Some(Expr::Case(arms, otherwise))
        }
        Expr::Text(_) | Expr::Number(_) | Expr::Bool(_) | Expr::Null | Expr::Variable(_) => Some(own.clone()),
        Expr::Column(..) | Expr::Other(_) => None,
    }
}

fn is_aggregate(expr: &Expr) -> bool {
    matches!(expr, Expr::Call(name, args) if args.len() == 1 && AGGREGATES.contains(&name.as_str()))
}

fn literal(value: &Value) -> Option<Expr> {
    match value {
        Value::Known(Cell::Null) => Some(Expr::Null),
        Value::Known(Cell::Integer(number)) => Some(Expr::Number(number.to_string())),
        Value::Known(Cell::Bool(truth)) => Some(Expr::Bool(*truth)),
        Value::Known(Cell::Text(text)) => Some(Expr::Text(text.clone())),
        Value::Unknown => None,
    }
}

fn aggregate(inputs: &Inputs, members: &[Joined], name: &str, args: &[Expr]) -> Value {
    let count = |rows: usize| i64::try_from(rows).map_or(Value::Unknown, |rows| Value::Known(Cell::Integer(rows)));
    let [only] = args else { return Value::Unknown };
    if name == "count" && matches!(only, Expr::Other(parts) if parts.is_empty()) {
        return count(members.len());
    }
    let null = Value::Known(Cell::Null);
    let values: Vec<Value> = members.iter().map(|row| value(inputs, row, only)).collect();
    if values.contains(&Value::Unknown) {
        return Value::Unknown;
    }
    let there = values.into_iter().filter(|value| *value != null);
    let chosen = |op: &'static str| {
        move |kept: Value, next: Value| match compare(op, &next, &kept) {
            Value::Known(Cell::Bool(true)) => next,
            Value::Known(Cell::Bool(false)) => kept,
            Value::Known(Cell::Null | Cell::Integer(_) | Cell::Text(_)) | Value::Unknown => Value::Unknown,
        }
    };
    let result = match name {
        "count" => return count(there.count()),
        "sum" => there.reduce(|sum, next| arithmetic("+", &[sum, next])),
        "min" => there.reduce(chosen("<")),
        "max" => there.reduce(chosen(">")),
        _ => return Value::Unknown,
    };
    result.unwrap_or(null)
}
