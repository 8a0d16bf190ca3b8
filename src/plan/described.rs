//! What a column is, where no comment says it.
//!
//! In: models with the shapes of their queries, and sources. Out: a description for every column that is known: the
//! comment of the column that it copies, or what it is made from. Never a guess about meaning.

use std::collections::BTreeMap;

use super::shapes::{self, Known, Run};
use super::{Dependency, Model, SourceTable};
use crate::dialect::Dialect;
use crate::sql::shape::{Column, Expr, Select, TableKind};

/// A column of a relation.
type Of = (Dependency, String);

/// How many columns a description names.
const NAMED: usize = 4;

/// Describes the columns of models, parents before children, and of sources.
pub(super) fn describe(models: &mut [Model], sources: &mut [SourceTable], target: Dialect) {
    let mut comments: BTreeMap<Of, String> = BTreeMap::new();
    for source in sources.iter_mut() {
        for column in &mut source.columns {
            let of = (Dependency::Source(source.source.clone(), source.table.clone()), column.name.to_lowercase());
            if column.comment.is_empty() {
                column.comment = declared(&source.relation, &column.name, &column.sql_type);
            } else {
                comments.insert(of, column.comment.clone());
            }
        }
    }
    let relations: BTreeMap<Dependency, String> = sources
        .iter()
        .map(|own| (Dependency::Source(own.source.clone(), own.table.clone()), own.relation.clone()))
        .collect();
    for model in models.iter_mut() {
        let known = shapes::of(model, target, Run::First);
        for column in &mut model.columns {
            let name = column.name.to_lowercase();
            let of = (Dependency::Model(model.name.clone()), name.clone());
            if column.description.is_empty() {
                let made = known.as_ref().and_then(|known| made_of(known, &name));
                if let Some(comment) =
                    made.as_ref().and_then(|made| made.copied.as_ref()).and_then(|of| comments.get(of))
                {
                    column.description.clone_from(comment);
                    comments.insert(of, comment.clone());
                } else {
                    column.description = text(made.as_ref(), &relations, &column.name, &model.name);
                }
            } else {
                comments.insert(of, column.description.clone());
            }
        }
    }
}

fn declared(relation: &str, column: &str, sql_type: &str) -> String {
    let sql_type = if sql_type.is_empty() { String::new() } else { format!(", declared as {sql_type}") };
    format!("{column} of {relation}{sql_type}")
}

/// What a column is made of.
struct Made {
    /// The one column that it is, unchanged.
    copied: Option<Of>,
    /// The columns that it is made from.
    from: Vec<Of>,
}

fn text(made: Option<&Made>, relations: &BTreeMap<Dependency, String>, column: &str, model: &str) -> String {
    let shown = |(of, column): &Of| {
        let relation = match of {
            Dependency::Model(name) | Dependency::Seed(name) | Dependency::Snapshot(name) => name.clone(),
            Dependency::Source(source, table) => {
                relations.get(of).cloned().unwrap_or_else(|| format!("{source}.{table}"))
            }
        };
        format!("{column} of {relation}")
    };
    match made {
        Some(Made { copied: Some(of), .. }) => shown(of),
        Some(Made { from, .. }) if !from.is_empty() => {
            let more = from.len().saturating_sub(NAMED);
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let named: Vec<String> = from.iter().take(NAMED).map(shown).collect();
            format!("Made from {}{more}", named.join(", "))
        }
        Some(_) => format!("{column}, a value that {model} sets"),
        None => format!("{column} of {model}"),
    }
}

/// What the query makes a column of; none where that is not understood.
fn made_of(known: &Known, name: &str) -> Option<Made> {
    let mut made: Option<Made> = None;
    for select in &known.shape.branches {
        let own = within(known, select, name, 0)?;
        made = Some(match made {
            None => own,
            Some(before) => {
                let copied = before.copied.filter(|of| own.copied.as_ref() == Some(of));
                Made { copied, from: joined(before.from, own.from) }
            }
        });
    }
    made
}

fn joined(mut left: Vec<Of>, right: Vec<Of>) -> Vec<Of> {
    for of in right {
        if !left.contains(&of) {
            left.push(of);
        }
    }
    left
}

/// The deepest chain of named queries that is followed.
const DEEPEST: usize = 60;

fn within(known: &Known, select: &Select, name: &str, depth: usize) -> Option<Made> {
    let named = select.columns.iter().find_map(|column| match column {
        Column::Named(own, value) if own == name => Some(value),
        Column::Named(..) | Column::Star(_) => None,
    });
    let Some(value) = named else {
        let mut stars = select.columns.iter().filter_map(|column| match column {
            Column::Star(of) => Some(of),
            Column::Named(..) => None,
        });
        let star = stars.next()?;
        let only = select.tables.len() == 1 || !star.is_empty();
        return if only { column(known, select, star, name, depth) } else { None };
    };
    if let Expr::Column(qualifier, name) = value {
        return column(known, select, qualifier, name, depth);
    }
    let mut from = Vec::new();
    for part in value.all() {
        if let Expr::Column(qualifier, name) = part {
            let Some(made) = column(known, select, qualifier, name, depth) else { continue };
            from = joined(from, made.from);
        }
    }
    Some(Made { copied: None, from })
}

/// What a column of one of a SELECT's tables is.
fn column(known: &Known, select: &Select, qualifier: &str, name: &str, depth: usize) -> Option<Made> {
    let table = select.tables.get(Known::table(select, qualifier)?)?;
    match &table.what {
        TableKind::Relation(number) => {
            let of = (known.reads.get(*number)?.clone()?, name.to_owned());
            Some(Made { copied: Some(of.clone()), from: vec![of] })
        }
        TableKind::Cte(cte) if depth < DEEPEST => {
            let mut all: Option<Made> = None;
            for inner in known.cte(cte)? {
                let own = within(known, inner, name, depth + 1)?;
                all = Some(match all {
                    None => own,
                    Some(before) => Made {
                        copied: before.copied.filter(|of| own.copied.as_ref() == Some(of)),
                        from: joined(before.from, own.from),
                    },
                });
            }
            all
        }
        TableKind::Cte(_) | TableKind::Other => None,
    }
}
