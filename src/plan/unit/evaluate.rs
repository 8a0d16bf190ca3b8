//! A small exact evaluator of queries.
//!
//! In: the shape of a query and the rows of what it reads. Out: the rows that come out, where that is sure. A value that
//! is not is [`Value::Unknown`], and a row that may or may not come out makes the whole answer unknown. Knows literals,
//! comparisons, three-valued logic, CASE, COALESCE, whole numbers, groups with their sums and counts, and text that is
//! only compared for equality.

mod groups;

use std::collections::BTreeMap;

use super::inputs::Class;
use crate::dialect::Dialect;
use crate::plan::Cell;
use crate::plan::shapes::{Known, plain_joins};
use crate::sql::shape::{Column, Expr, Join, Select, TableKind};

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Known(Cell),
    Unknown,
}

/// A row: the columns that are known, in order.
pub(super) type Row = Vec<(String, Value)>;

/// What a query reads, and the values of its variables.
pub(super) struct Inputs<'a> {
    pub known: &'a Known,
    /// The rows of each mention.
    pub rows: &'a dyn Fn(usize) -> Vec<Row>,
    pub vars: &'a BTreeMap<usize, Cell>,
}

/// The rows of the whole query; none where they are not sure.
pub(super) fn rows(inputs: &Inputs) -> Option<Vec<Row>> {
    let mut ctes: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for (name, branches) in &inputs.known.shape.ctes {
        let rows = branches_rows(inputs, branches, &ctes)?;
        ctes.insert(name.clone(), rows);
    }
    branches_rows(inputs, &inputs.known.shape.branches, &ctes)
}

fn branches_rows(inputs: &Inputs, branches: &[Select], ctes: &BTreeMap<String, Vec<Row>>) -> Option<Vec<Row>> {
    let mut all: Vec<Row> = Vec::new();
    for (at, select) in branches.iter().enumerate() {
        let rows = select_rows(inputs, select, ctes)?;
        if at > 0 && select.distinct {
            // Whether the rows of this branch alone or all of them come out once is not kept.
            return None;
        }
        if at == 0 {
            all = rows;
            continue;
        }
        // Columns of later branches go by position under the names of the first.
        let first = branches.first()?;
        let names: Option<Vec<String>> = first.columns.iter().map(name_of).collect();
        let names = names?;
        for row in rows {
            if row.len() != names.len() {
                return None;
            }
            all.push(names.iter().cloned().zip(row.into_iter().map(|(_, value)| value)).collect());
        }
    }
    Some(all)
}

fn name_of(column: &Column) -> Option<String> {
    match column {
        Column::Named(name, _) if !name.is_empty() => Some(name.clone()),
        Column::Named(..) | Column::Star(_) => None,
    }
}

/// A row of the tables of a FROM: the alias of each with its columns.
type Joined = Vec<(String, Row)>;

fn select_rows(inputs: &Inputs, select: &Select, ctes: &BTreeMap<String, Vec<Row>>) -> Option<Vec<Row>> {
    if select.more || !plain_joins(select) {
        return None;
    }
    let mut joined: Vec<Joined> = vec![Vec::new()];
    for table in &select.tables {
        let rows = match &table.what {
            TableKind::Relation(number) => (inputs.rows)(*number),
            TableKind::Cte(name) => ctes.get(name)?.clone(),
            TableKind::Other => return None,
        };
        let mut next = Vec::new();
        for before in &joined {
            let mut matched = false;
            for row in &rows {
                let mut both = before.clone();
                both.push((table.alias.clone(), row.clone()));
                let fits = match &table.on {
                    Some(on) => truth(&value(inputs, &both, on))?,
                    None => true,
                };
                if fits {
                    matched = true;
                    next.push(both);
                }
            }
            if !matched && table.join == Join::Left {
                // Columns of a table that has no row here cannot be told from those it does not have.
                let names = rows.first().map(|row| row.iter().map(|(name, _)| name.clone()).collect());
                let names: Vec<String> = names.or_else(|| declared_names(inputs, &table.what))?;
                let nulls = names.into_iter().map(|name| (name, Value::Known(Cell::Null))).collect();
                let mut both = before.clone();
                both.push((table.alias.clone(), nulls));
                next.push(both);
            }
        }
        joined = next;
    }
    let mut kept = Vec::new();
    for row in joined {
        let stays = match &select.filter {
            Some(filter) => truth(&value(inputs, &row, filter))?,
            None => true,
        };
        kept.extend(stays.then_some(row));
    }
    let out = if groups::groups(select) {
        groups::grouped(inputs, select, &kept)?
    } else {
        kept.iter().map(|row| projected(inputs, select, row)).collect()
    };
    if select.distinct { once(out) } else { Some(out) }
}

/// The columns of a named query, from its text.
fn declared_names(inputs: &Inputs, table: &TableKind) -> Option<Vec<String>> {
    let TableKind::Cte(name) = table else { return None };
    inputs.known.cte(name)?.first()?.columns.iter().map(name_of).collect()
}

/// Each row once; none where two that are not known could be equal.
fn once(rows: Vec<Row>) -> Option<Vec<Row>> {
    let mut out: Vec<Row> = Vec::new();
    for row in rows {
        if row.iter().any(|(_, value)| *value == Value::Unknown) {
            return None;
        }
        if !out.contains(&row) {
            out.push(row);
        }
    }
    Some(out)
}

fn projected(inputs: &Inputs, select: &Select, row: &Joined) -> Row {
    let mut out = Row::new();
    for column in &select.columns {
        match column {
            Column::Named(name, expr) => out.push((name.clone(), value(inputs, row, expr))),
            Column::Star(of) => {
                let tables = row.iter().filter(|(alias, _)| of.is_empty() || alias == of);
                out.extend(tables.flat_map(|(_, columns)| columns.iter().cloned()));
            }
        }
    }
    out
}

/// Whether a condition holds; none where that is not known.
fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Known(Cell::Bool(true)) => Some(true),
        Value::Known(Cell::Bool(false) | Cell::Null) => Some(false),
        Value::Known(Cell::Integer(_) | Cell::Text(_)) | Value::Unknown => None,
    }
}

fn value(inputs: &Inputs, row: &Joined, expr: &Expr) -> Value {
    let of = |expr: &Expr| value(inputs, row, expr);
    match expr {
        Expr::Null => Value::Known(Cell::Null),
        Expr::Bool(truth) => Value::Known(Cell::Bool(*truth)),
        Expr::Text(text) => Value::Known(Cell::Text(text.clone())),
        Expr::Number(text) => text.parse().map_or(Value::Unknown, |number| Value::Known(Cell::Integer(number))),
        Expr::Variable(place) => inputs.vars.get(place).cloned().map_or(Value::Unknown, Value::Known),
        Expr::Column(qualifier, name) => column(row, qualifier, name),
        Expr::Call(name, args) => match name.as_str() {
            "coalesce" | "ifnull" | "nvl" => {
                let all = args.iter().map(of);
                first_known(all)
            }
            _ => Value::Unknown,
        },
        Expr::Case(arms, otherwise) => {
            for (when, then) in arms {
                match truth(&of(when)) {
                    Some(true) => return of(then),
                    Some(false) => {}
                    None => return Value::Unknown,
                }
            }
            otherwise.as_ref().map_or(Value::Known(Cell::Null), |expr| of(expr))
        }
        Expr::Operator(op, operands) => operator(op, &operands.iter().map(of).collect::<Vec<_>>()),
        Expr::Cast(inner, sql_type) => cast(of(inner), sql_type),
        Expr::Other(_) => Value::Unknown,
    }
}

/// A value that a cast leaves as it is.
fn cast(value: Value, sql_type: &str) -> Value {
    let class = super::inputs::class_of_type(sql_type, Dialect::Postgres);
    let length = sql_type.split_once('(').and_then(|(_, rest)| rest.trim_end_matches(')').trim().parse().ok());
    match (&value, class) {
        (Value::Known(Cell::Integer(number)), Some(Class::Integer)) if fits(*number, sql_type) => value,
        (Value::Known(Cell::Null), _) | (Value::Known(Cell::Bool(_)), Some(Class::Bool)) => value,
        (Value::Known(Cell::Text(text)), Some(Class::Text)) if length.is_none_or(|most: usize| text.len() <= most) => {
            value
        }
        _ => Value::Unknown,
    }
}

/// Whether a type of so many digits holds the number.
fn fits(number: i64, sql_type: &str) -> bool {
    let Some((_, digits)) = sql_type.split_once('(') else { return true };
    let mut digits = digits.trim_end_matches(')').split(',').map(|part| part.trim().parse::<u32>());
    let (Some(Ok(all)), scale) = (digits.next(), digits.next()) else { return false };
    let behind = scale.map_or(Some(0), Result::ok).unwrap_or(all);
    10_i64.checked_pow(all.saturating_sub(behind)).is_none_or(|most| number.abs() < most)
}

/// The first value that is not NULL.
fn first_known(values: impl Iterator<Item = Value>) -> Value {
    for value in values {
        if value != Value::Known(Cell::Null) {
            return value;
        }
    }
    Value::Known(Cell::Null)
}

fn column(row: &Joined, qualifier: &str, name: &str) -> Value {
    let tables = row.iter().filter(|(alias, _)| qualifier.is_empty() || alias == qualifier);
    let mut found = tables.flat_map(|(_, columns)| columns).filter(|(own, _)| own == name).map(|(_, value)| value);
    match (found.next(), found.next()) {
        (Some(value), None) => value.clone(),
        _ => Value::Unknown,
    }
}

fn operator(op: &str, values: &[Value]) -> Value {
    match op {
        "and" => logic(values, false),
        "or" => logic(values, true),
        "not" => match values {
            [Value::Known(Cell::Bool(truth))] => Value::Known(Cell::Bool(!truth)),
            [Value::Known(Cell::Null)] => Value::Known(Cell::Null),
            _ => Value::Unknown,
        },
        "is null" | "is not null" => match values {
            [Value::Known(cell)] => Value::Known(Cell::Bool((*cell == Cell::Null) == (op == "is null"))),
            _ => Value::Unknown,
        },
        "is true" | "is not true" | "is false" | "is not false" => match values {
            [Value::Known(cell @ (Cell::Bool(_) | Cell::Null))] => {
                let asked = Cell::Bool(op.ends_with("true"));
                Value::Known(Cell::Bool((*cell == asked) != op.contains("not")))
            }
            _ => Value::Unknown,
        },
        "in" | "not in" => {
            let [value, list @ ..] = values else { return Value::Unknown };
            let equal: Vec<Value> = list.iter().map(|other| compare("=", value, other)).collect();
            let within = logic(&equal, true);
            if op == "in" { within } else { operator("not", &[within]) }
        }
        "between" | "not between" => {
            let [value, from, to] = values else { return Value::Unknown };
            let within = logic(&[compare(">=", value, from), compare("<=", value, to)], false);
            if op == "between" { within } else { operator("not", &[within]) }
        }
        "+" | "-" | "*" => arithmetic(op, values),
        _ => match values {
            [left, right] => compare(op, left, right),
            _ => Value::Unknown,
        },
    }
}

/// AND and OR: `decides` is the value that settles the answer.
fn logic(values: &[Value], decides: bool) -> Value {
    let settled = Value::Known(Cell::Bool(decides));
    if values.contains(&settled) {
        return settled;
    }
    let plain = |value: &Value| matches!(value, Value::Known(Cell::Bool(_) | Cell::Null));
    if !values.iter().all(plain) {
        return Value::Unknown;
    }
    let null = Value::Known(Cell::Null);
    if values.contains(&null) { null } else { Value::Known(Cell::Bool(!decides)) }
}

/// A comparison. Text is only compared for equality, because its order is the database's to say.
fn compare(op: &str, left: &Value, right: &Value) -> Value {
    let (Value::Known(left), Value::Known(right)) = (left, right) else { return Value::Unknown };
    if *left == Cell::Null || *right == Cell::Null {
        return if matches!(op, "=" | "<>" | "!=" | "<" | ">" | "<=" | ">=") {
            Value::Known(Cell::Null)
        } else {
            Value::Unknown
        };
    }
    let numbers = match (left, right) {
        (Cell::Integer(left), Cell::Integer(right)) => Some((left, right)),
        (Cell::Text(_), Cell::Text(_)) | (Cell::Bool(_), Cell::Bool(_)) => None,
        _ => return Value::Unknown,
    };
    let holds = match (op, numbers) {
        ("=", _) => left == right,
        ("<>" | "!=", _) => left != right,
        ("<", Some((left, right))) => left < right,
        (">", Some((left, right))) => left > right,
        ("<=", Some((left, right))) => left <= right,
        (">=", Some((left, right))) => left >= right,
        _ => return Value::Unknown,
    };
    Value::Known(Cell::Bool(holds))
}

fn arithmetic(op: &str, values: &[Value]) -> Value {
    let [Value::Known(left), Value::Known(right)] = values else { return Value::Unknown };
    let result = match (left, right) {
        (Cell::Null, Cell::Null | Cell::Integer(_)) | (Cell::Integer(_), Cell::Null) => {
            return Value::Known(Cell::Null);
        }
        (Cell::Integer(left), Cell::Integer(right)) => match op {
            "+" => left.checked_add(*right),
            "-" => left.checked_sub(*right),
            _ => left.checked_mul(*right),
        },
        _ => None,
    };
    // What a small number type would not hold is not for this to say.
    result.filter(|number| number.abs() < 30_000).map_or(Value::Unknown, |number| Value::Known(Cell::Integer(number)))
}
