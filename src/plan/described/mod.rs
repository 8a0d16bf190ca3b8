//! What a model and its columns are, where no comment says it.
//!
//! In: models with the shapes of their queries, and sources. Out: a description for every column of which something is
//! known: what the author says of it, the description of the column that it copies, or how it is made; and what a
//! model is made of. Never a guess about meaning; what nothing is known of stays empty.

mod made;
mod phrase;
mod remarks;
mod summary;

use std::collections::BTreeMap;

use super::context::Context;
use super::shapes::{self, Known, Run};
use super::{Dependency, Model, ModelColumn, SourceTable};
use crate::dialect::Dialect;
use crate::sql::shape::{Column, TableKind};
use crate::steps::{ColumnDef, FactKind};
use made::{Reads, made_in};
use remarks::remarks;

/// A column of a relation.
type Of = (Dependency, String);

/// Descriptions of columns, for those that copy them.
type Descriptions = BTreeMap<Of, String>;

/// Models that pass on every row and column of one relation, with it.
type Passing = BTreeMap<String, Dependency>;

/// Sources: their names, and those of their columns.
type Relations = BTreeMap<Dependency, (String, BTreeMap<String, String>)>;

/// Describes models and their columns, parents before children, and the columns of sources.
pub(super) fn describe(context: &Context, models: &mut [Model], sources: &mut [SourceTable]) {
    let mut known = declare(context, sources);
    let relations = relations(sources);
    let mut passing = Passing::new();
    for model in models.iter_mut() {
        model.summary = summary::summary(model, &relations, context.target);
        let runs = runs(model, context.target);
        add_named(model, &runs);
        if let Some(of) = passed(&runs) {
            passing.insert(model.name.clone(), of);
        }
        let remarks = remarks(&model.body);
        let own = Dependency::Model(model.name.clone());
        for column in &mut model.columns {
            let name = column.name.to_lowercase();
            if column.description.is_empty() {
                let reads = |run| Reads::new(run, (&relations, &known, &passing), &model.name);
                let made = || made_in(&runs.iter().map(reads).collect::<Vec<_>>(), &name);
                let text = remarks.get(&name).cloned().or_else(|| made()?.text(column, &model.name, &relations));
                column.description = text.unwrap_or_default();
            }
            if !column.description.is_empty() {
                known.insert((own.clone(), name), column.description.clone());
            }
        }
    }
}

/// Describes the columns of sources. Out: the comments among the descriptions.
fn declare(context: &Context, sources: &mut [SourceTable]) -> Descriptions {
    let mut comments = Descriptions::new();
    for source in sources.iter_mut() {
        for column in &mut source.columns {
            let of = (Dependency::Source(source.source.clone(), source.table.clone()), column.name.to_lowercase());
            if column.comment.is_empty() {
                column.comment = declared(context, &source.relation, column);
            } else {
                comments.insert(of, column.comment.clone());
            }
        }
    }
    comments
}

/// What the DDL says of a column: what it refers to, whether it is the key, its type.
fn declared(context: &Context, relation: &str, column: &ColumnDef) -> String {
    let facts = context.scripts.iter().flat_map(|script| &script.facts);
    let mut refers = facts.filter(|fact| fact.relation.to_string() == relation).filter_map(|fact| {
        let FactKind::References { columns, other, other_columns } = &fact.kind else { return None };
        let field = other_columns.first().map(|field| format!(".{field}")).unwrap_or_default();
        (*columns == [column.name.clone()]).then(|| format!("Refers to `{other}{field}`"))
    });
    if let Some(refers) = refers.next() {
        return refers;
    }
    let rule = if column.not_null { ", not null" } else { "" };
    match (column.unique, column.sql_type.is_empty()) {
        (true, _) => format!("Key of `{relation}`"),
        (false, false) => format!("Declared as `{}`{rule}", column.sql_type),
        (false, true) => format!("Column of `{relation}`, declared without a type"),
    }
}

/// Adds the columns that a query names beside a star, so that they have descriptions too.
fn add_named(model: &mut Model, runs: &[Known]) {
    let [known] = runs else { return };
    let [select] = known.shape.branches.as_slice() else { return };
    if !select.columns.iter().any(|column| matches!(column, Column::Star(_))) {
        return;
    }
    for column in &select.columns {
        let Column::Named(name, _) = column else { continue };
        let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if plain && !name.is_empty() && !model.columns.iter().any(|own| own.name.to_lowercase() == *name) {
            model.columns.push(ModelColumn { name: name.clone(), ..ModelColumn::default() });
        }
    }
}

/// The one relation whose rows and columns all come out as they are.
fn passed(runs: &[Known]) -> Option<Dependency> {
    let [known] = runs else { return None };
    let ([], [select]) = (known.shape.ctes.as_slice(), known.shape.branches.as_slice()) else { return None };
    let ([Column::Star(_)], [table]) = (select.columns.as_slice(), select.tables.as_slice()) else { return None };
    let TableKind::Relation(number) = table.what else { return None };
    if select.filter.is_some() || select.distinct || select.more {
        return None;
    }
    known.reads.get(number)?.clone()
}

/// The model's query; where the first run has another than the others, both.
fn runs(model: &Model, target: Dialect) -> Vec<Known> {
    if let Some(known) = shapes::of(model, target, Run::First) {
        return vec![known];
    }
    let both = [Run::First, Run::Later].map(|run| shapes::alternative(model, target, run));
    both.into_iter().collect::<Option<Vec<_>>>().unwrap_or_default()
}

/// Sources as the scripts name them, with their columns by name in lower case.
fn relations(sources: &[SourceTable]) -> Relations {
    let column = |column: &ColumnDef| (column.name.to_lowercase(), column.name.clone());
    let one = |own: &SourceTable| {
        let of = Dependency::Source(own.source.clone(), own.table.clone());
        (of, (own.relation.clone(), own.columns.iter().map(column).collect()))
    };
    sources.iter().map(one).collect()
}

/// A relation as people name it.
fn relation_name(of: &Dependency, relations: &Relations) -> String {
    match of {
        Dependency::Model(name) | Dependency::Seed(name) | Dependency::Snapshot(name) => name.clone(),
        Dependency::Source(source, table) => match relations.get(of) {
            Some((relation, _)) => relation.clone(),
            None => format!("{source}.{table}"),
        },
    }
}
