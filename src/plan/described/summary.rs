//! What a model is, in one sentence.
//!
//! In: a model with its tests and what it reads. Out: `` One row per `guest_id`, from `stg_guests` ``: the key that is
//! sure, what it reads, and which rows stay where one short condition says it.

use super::phrase::{Name, Shown, formula};
use super::{Relations, relation_name};
use crate::dialect::Dialect;
use crate::plan::shapes::{self, Known, Run};
use crate::plan::{Dependency, Model, ModelColumn, TestKind};
use crate::sql::shape::{Select, TableKind};

/// How many relations are named.
const NAMED: usize = 4;
/// No longer condition is read.
const LONGEST: usize = 120;

/// The sentence, without a full stop; empty where there is nothing to say.
pub(super) fn summary(model: &Model, relations: &Relations, target: Dialect) -> String {
    if model.manual.is_some() {
        return String::new();
    }
    let mut parts: Vec<String> = Vec::new();
    parts.extend(key(model).map(|key| format!("one row per {key}")));
    parts.extend(from(model, relations));
    if let Some(kept) = kept(model, relations, target) {
        parts.push(format!("where {kept}"));
    }
    let text = parts.join(", ");
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// The columns that a test which data cannot break makes the key.
fn key(model: &Model) -> Option<String> {
    let several = model.tests.iter().filter(|test| !test.warn).find_map(|test| match &test.kind {
        TestKind::UniqueCombination(columns) => Some(columns.clone()),
        TestKind::Unique | TestKind::NotNull | TestKind::AcceptedValues(_) | TestKind::Relationships { .. } => None,
    });
    let unique = |column: &&ModelColumn| has(column, &TestKind::Unique);
    let whole = |column: &&ModelColumn| unique(column) && has(column, &TestKind::NotNull);
    let alone = |column: &ModelColumn| vec![column.name.clone()];
    // A unique column without NULL is the key before several, and those before one that may be NULL.
    let one = model.columns.iter().find(whole).map(alone).or(several);
    let key = one.or_else(|| model.columns.iter().find(unique).map(alone));
    key.map(|columns| format!("`{}`", columns.join("`, `")))
}

fn has(column: &ModelColumn, kind: &TestKind) -> bool {
    column.tests.iter().any(|test| test.kind == *kind && !test.warn)
}

/// `` from `a`, `b` and `c` ``.
fn from(model: &Model, relations: &Relations) -> Option<String> {
    let names: Vec<String> = model.depends_on.iter().map(|of| format!("`{}`", relation_name(of, relations))).collect();
    let more = names.len().saturating_sub(NAMED);
    match names.get(..names.len() - more)? {
        [] => None,
        named if more > 0 => Some(format!("from {} and {more} more", named.join(", "))),
        [named @ .., last] if !named.is_empty() => Some(format!("from {} and {last}", named.join(", "))),
        named => Some(format!("from {}", named.join(", "))),
    }
}

/// The condition of a query that has one SELECT and one short WHERE.
fn kept(model: &Model, relations: &Relations, target: Dialect) -> Option<String> {
    let known = shapes::of(model, target, Run::First)?;
    let ([], [select]) = (known.shape.ctes.as_slice(), known.shape.branches.as_slice()) else { return None };
    let shown = |qualifier: &str, name: &str| column(&known, select, relations, (qualifier, name));
    let variable = |place: usize| known.vars.iter().find(|(own, _)| *own == place).map(|(_, name)| name.clone());
    let text = formula(select.filter.as_ref()?, &Shown { column: &shown, variable: &variable, per: "" })?;
    // What a single relation is was told just before.
    let text = if model.depends_on.len() == 1 {
        text.rsplit_once(" of `").map_or(text.clone(), |(own, _)| own.to_owned())
    } else {
        text
    };
    (text.len() <= LONGEST).then_some(text)
}

fn column(known: &Known, select: &Select, relations: &Relations, (qualifier, name): (&str, &str)) -> Option<Name> {
    let table = select.tables.get(Known::table(select, qualifier)?)?;
    let TableKind::Relation(number) = table.what else { return None };
    let of: &Dependency = known.reads.get(number)?.as_ref()?;
    Some(Name { relation: Some(relation_name(of, relations)), column: name.to_owned() })
}
