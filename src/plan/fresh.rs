//! The column that tells when a row of a source was loaded.
//!
//! In: models with the shapes of their queries. Out: for a source that the scripts read from a point in time on, the
//! column that they ask. A fixed date says nothing of loads, and a column that is no time cannot.

use super::shapes::{self, Known, Run};
use super::{Dependency, Freshness, Model, SourceTable};
use crate::dialect::Dialect;
use crate::sql::shape::{Expr, Select};
use crate::sql::{Sense, sense, type_in};

/// Gives the sources their freshness.
pub(super) fn watch(models: &[Model], sources: &mut [SourceTable], target: Dialect) {
    for model in models {
        let Some(shape) = shapes::of(model, target, Run::Later) else { continue };
        for select in shape.selects() {
            for term in select.filter.iter().flat_map(Expr::terms) {
                let Some((value, other)) = from_on(term) else { continue };
                let Some((origin, column)) = source_of(&shape, select, value, models, target) else { continue };
                let Dependency::Source(source, table) = origin else { continue };
                if !moves(other) {
                    continue;
                }
                let own = sources.iter_mut().find(|own| own.source == source && own.table == table);
                if let Some(own) = own.filter(|own| own.freshness.is_none()) {
                    own.freshness = freshness(own, &column, &model.name, target);
                }
            }
        }
    }
}

/// The value that must not be less than the other.
fn from_on(term: &Expr) -> Option<(&Expr, &Expr)> {
    let Expr::Operator(op, operands) = term else { return None };
    match (op.as_str(), operands.as_slice()) {
        (">" | ">=", [value, other]) | ("<" | "<=", [other, value]) => Some((plain(value), other)),
        ("between", [value, from, _]) => Some((plain(value), from)),
        _ => None,
    }
}

/// A column without the cast around it.
fn plain(value: &Expr) -> &Expr {
    if let Expr::Cast(inner, _) = value { inner } else { value }
}

/// The source and its column, also through a staging model.
fn source_of(
    shape: &Known,
    select: &Select,
    value: &Expr,
    models: &[Model],
    target: Dialect,
) -> Option<(Dependency, String)> {
    let (origin, column) = shape.origin(select, value)?;
    let Dependency::Model(name) = origin else { return Some((origin.clone(), column)) };
    let model = models.iter().find(|model| model.name == *name)?;
    let inner = shapes::of(model, target, Run::First)?;
    let [inner_select] = inner.shape.branches.as_slice() else { return None };
    let value = shapes::inner_value(inner_select, &column)?;
    let (origin, column) = inner.origin(inner_select, &value)?;
    matches!(origin, Dependency::Source(..)).then(|| (origin.clone(), column))
}

/// Names of the present, and of what was loaded last.
const MOVING: &[&str] = &[
    "current_date",
    "current_timestamp",
    "localtimestamp",
    "now",
    "getdate",
    "sysdate",
    "systimestamp",
    "sysdatetime",
    "getutcdate",
    "curdate",
    "max",
];

/// Whether a bound is another one in another run: a variable, the present, or what was loaded last.
fn moves(bound: &Expr) -> bool {
    bound.all().into_iter().any(|part| match part {
        Expr::Variable(_) => true,
        Expr::Column(_, name) | Expr::Call(name, _) => MOVING.contains(&name.as_str()),
        Expr::Text(_)
        | Expr::Number(_)
        | Expr::Bool(_)
        | Expr::Null
        | Expr::Operator(..)
        | Expr::Case(..)
        | Expr::Cast(..)
        | Expr::Other(_) => false,
    })
}

/// How to ask a source for its last load; none where the column is no time.
fn freshness(source: &SourceTable, column: &str, model: &str, target: Dialect) -> Option<Freshness> {
    let declared = source.columns.iter().find(|own| own.name.to_lowercase() == column);
    let sense = declared.map_or(Sense::Unknown, |own| sense(&own.sql_type, target));
    let zoned = declared.is_some_and(|own| own.sql_type.to_lowercase().contains("timestamp"));
    let is_time = match sense {
        Sense::Date | Sense::Timestamp => true,
        Sense::Unknown => zoned || declared.is_none_or(|own| own.sql_type.is_empty()) && named_for_a_time(column),
        Sense::Integer | Sense::Big | Sense::Decimal(_) | Sense::Number | Sense::Bool | Sense::Text => false,
    };
    let name = declared.map_or_else(|| column.to_owned(), |own| own.name.clone());
    let field = crate::sql::ident(&name, target);
    let timestamp = type_in("timestamp", Dialect::Postgres, target).unwrap_or_else(|| "timestamp".to_owned());
    let loaded_at = if sense == Sense::Timestamp || zoned { field } else { format!("cast({field} as {timestamp})") };
    let reason = format!("{model} takes rows by {name}: it tells how new they are; the period is to be agreed on");
    is_time.then_some(Freshness { loaded_at, reason })
}

/// Whether a name says that the column is a day or a time.
fn named_for_a_time(column: &str) -> bool {
    let endings = ["_at", "_ts", "_time", "_date", "_dt", "_on", "_timestamp", "_datetime", "_day"];
    endings.iter().any(|ending| column.ends_with(ending)) || matches!(column, "date" | "day" | "ts" | "timestamp")
}
