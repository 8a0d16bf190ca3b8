//! Tests that the script's own text gives reason for.
//!
//! In: models and the drafts that they are made from. Out: tests on columns and on models, each with its reason. A
//! test that the script's own result can fail only warns.

use std::collections::BTreeMap;

use super::context::Context;
use super::drafts::Draft;
use super::facts::{Fact, facts};
use super::relate::relate;
use super::shapes::{self, Known, Run};
use super::{DataTest, Dependency, Materialized, Model, ModelColumn, SourceTable, TestKind};
use crate::dialect::Dialect;
use crate::sql::shape::{Column, Expr, TableKind};
use crate::steps::Effect;
use crate::versions::VersionId;

/// A key of a model, and why it is one.
struct Key {
    columns: Vec<String>,
    reason: String,
    /// Whether the script keeps rows whose key is NULL.
    nulls: bool,
}

/// Adds tests to the model.
pub(super) fn infer(context: &Context, draft: &Draft, model: &mut Model) {
    if draft.manual.is_some() {
        return;
    }
    let mut keys: Vec<Key> = Vec::new();
    keys.extend(grouped(context, draft));
    if let Materialized::Incremental(kept) = &draft.materialized
        && kept.strategy == "merge"
        && !kept.unique_key.is_empty()
    {
        let reason = "the script changes rows by this key".to_owned();
        keys.push(Key { columns: kept.unique_key.clone(), reason, nulls: true });
    }
    keys.extend(declared(context, draft));
    let columns = draft.last().and_then(|last| context.columns.get(last)).unwrap_or_default();
    keys.extend(columns.iter().filter(|column| column.generated).map(|column| Key {
        columns: vec![column.name.clone()],
        reason: "the script leaves it to the database to number the rows".to_owned(),
        nulls: false,
    }));
    for key in keys {
        add_key(model, &key);
    }
    let declared = draft.last().and_then(|last| context.columns.get(last)).unwrap_or_default();
    for column in declared.iter().filter(|column| column.not_null) {
        add(model, &column.name, TestKind::NotNull, "declared NOT NULL", false);
    }
    let relation = draft.last().and_then(|last| context.version(last)).map(|version| &version.relation);
    for (name, test) in relation.into_iter().flat_map(|relation| context.listed_values(relation)) {
        if model.columns.iter().any(|column| column.name == name) {
            add(model, &name, test.kind, &test.reason, test.warn);
        }
    }
}

/// Adds the tests that the models' own text gives reason for.
pub(super) fn infer_from_text(models: &mut [Model], sources: &[SourceTable], target: Dialect) {
    let shape = |model: &Model| Some((model.name.clone(), shapes::of(model, target, Run::First)?));
    let known: BTreeMap<String, Known> = models.iter().filter_map(shape).collect();
    for model in models.iter_mut() {
        // Rows of earlier runs, and of before the first, need not be as those that the query gives.
        let all_rows = !matches!(model.materialized, Materialized::Incremental(_));
        if let Some(shape) = known.get(&model.name).filter(|_| all_rows) {
            add_facts(model, &facts(shape), target);
            add_kept(model, shape, sources);
        }
    }
    relate(models, &known, sources);
}

/// Tests of declared keys and of NOT NULL where a model only chooses among the rows of one source.
fn add_kept(model: &mut Model, shape: &Known, sources: &[SourceTable]) {
    let (true, [select]) = (shape.shape.ctes.is_empty(), shape.shape.branches.as_slice()) else { return };
    let [table] = select.tables.as_slice() else { return };
    let TableKind::Relation(number) = table.what else { return };
    let Some(Some(Dependency::Source(source, table))) = shape.reads.get(number) else { return };
    let Some(source) = sources.iter().find(|own| own.source == *source && own.table == *table) else { return };
    if select.group.is_some() {
        return;
    }
    let same = |name: &str, column: &str| name.to_lowercase() == column;
    for own in &source.columns {
        let listed = source.listed.iter().find(|(name, _)| *name == own.name).map(|(_, test)| test);
        if !own.unique && !own.not_null && listed.is_none() {
            continue;
        }
        let name = select.columns.iter().find_map(|column| match column {
            Column::Named(name, Expr::Column(_, column)) if same(&own.name, column) => Some(name.clone()),
            Column::Star(_) => Some(own.name.to_lowercase()),
            Column::Named(..) => None,
        });
        let known = name.and_then(|name| model.columns.iter().find(|known| same(&known.name, &name)));
        let Some(name) = known.map(|known| known.name.clone()) else { continue };
        if own.unique {
            add(model, &name, TestKind::Unique, &format!("a key of {}", source.relation), false);
        }
        if own.not_null {
            add(model, &name, TestKind::NotNull, &format!("declared NOT NULL in {}", source.relation), false);
        }
        // A list that the query itself asks for is the shorter one.
        let listed = listed.filter(|_| !lists_values(model, &name));
        if let Some(test) = listed {
            let reason = format!("the definition of {} allows only these values", source.relation);
            add(model, &name, test.kind.clone(), &reason, test.warn);
        }
    }
}

fn lists_values(model: &Model, name: &str) -> bool {
    let own = model.columns.iter().find(|column| column.name == name);
    own.is_some_and(|column| column.tests.iter().any(|test| matches!(test.kind, TestKind::AcceptedValues(_))))
}

/// Tests of what is sure of a model's columns.
fn add_facts(model: &mut Model, facts: &[Fact], target: Dialect) {
    // Where text is compared without case, a list of values does not name all of them.
    let loose = !target.traits().case_sensitive;
    for fact in facts {
        let own = model.columns.iter().find(|column| column.name.to_lowercase() == fact.name);
        let name = match own {
            Some(column) => column.name.clone(),
            None if model.columns.is_empty() && !fact.name.is_empty() => fact.name.clone(),
            None => continue,
        };
        if let Some(reason) = &fact.unique {
            add(model, &name, TestKind::Unique, reason, false);
        }
        if let Some(reason) = &fact.not_null {
            add(model, &name, TestKind::NotNull, reason, false);
        }
        if let Some((values, reason)) = fact.values.as_ref().filter(|(values, _)| values.len() > 1) {
            let warn = loose && reason.contains("keeps");
            add(model, &name, TestKind::AcceptedValues(values.clone()), reason, warn);
        }
    }
}

/// Adds a test of columns that a statement of another model takes for unique. It only warns: of several rows the
/// statement takes one.
pub(super) fn expect_unique(model: &mut Model, columns: &[String], reader: &str) {
    let reason = format!("{reader} joins by it, and takes any one of several rows");
    match columns {
        [only] => add(model, only, TestKind::Unique, &reason, true),
        columns => {
            let kind = TestKind::UniqueCombination(columns.to_vec());
            if !model.tests.iter().any(|test| test.kind == kind) {
                model.tests.push(DataTest { kind, reason, warn: true });
            }
        }
    }
}

/// What GROUP BY or DISTINCT makes unique, when nothing is added behind it.
fn grouped(context: &Context, draft: &Draft) -> Option<Key> {
    let mut filled = draft.versions.iter().filter(|id| !is_empty(context, **id));
    let (only, None) = (filled.next()?, filled.next()) else { return None };
    let step = context.version(*only)?.step?;
    let Effect::Create { columns, .. } = &context.step(step)?.effect else { return None };
    let query = context.query(step)?;
    if query.key.is_empty() || !columns.is_empty() || draft.base.is_some() {
        return None;
    }
    let reason = "the query groups by it".to_owned();
    Some(Key { columns: query.key.clone(), reason, nulls: true })
}

fn is_empty(context: &Context, id: VersionId) -> bool {
    context.maker(id).is_some_and(|step| {
        matches!(step.effect, Effect::Declare { .. } | Effect::Truncate { .. } | Effect::Rename { .. })
    })
}

/// Keys that DDL declares.
fn declared(context: &Context, draft: &Draft) -> Vec<Key> {
    let Some(last) = draft.last() else { return Vec::new() };
    let Some(relation) = context.version(last).map(|version| &version.relation) else { return Vec::new() };
    let reason = || "declared as a key".to_owned();
    let of = |columns: &[String]| Key { columns: columns.to_vec(), reason: reason(), nulls: false };
    let mut keys: Vec<Key> = context.declared_keys(relation).map(of).collect();
    let alone = context.columns.get(last).unwrap_or_default().iter().filter(|column| column.unique);
    keys.extend(alone.map(|column| Key { columns: vec![column.name.clone()], reason: reason(), nulls: false }));
    keys
}

fn add_key(model: &mut Model, key: &Key) {
    let known = model.columns.iter().map(|column| &column.name).collect::<Vec<_>>();
    if !known.is_empty() && key.columns.iter().any(|column| !known.contains(&column)) {
        return;
    }
    match key.columns.as_slice() {
        [only] => add(model, only, TestKind::Unique, &key.reason, false),
        columns => {
            let kind = TestKind::UniqueCombination(columns.to_vec());
            if !model.tests.iter().any(|test| test.kind == kind) {
                model.tests.push(DataTest { kind, reason: key.reason.clone(), warn: false });
            }
        }
    }
    for column in &key.columns {
        add(model, column, TestKind::NotNull, &key.reason, key.nulls);
    }
}

/// Adds a test to a column, once; the stricter of two stays.
fn add(model: &mut Model, column: &str, kind: TestKind, reason: &str, warn: bool) {
    if !model.columns.iter().any(|known| known.name == column) {
        model.columns.push(ModelColumn { name: column.to_owned(), ..ModelColumn::default() });
    }
    let Some(column) = model.columns.iter_mut().find(|known| known.name == column) else { return };
    match column.tests.iter_mut().find(|test| test.kind == kind) {
        Some(test) if test.warn && !warn => {
            test.warn = false;
            reason.clone_into(&mut test.reason);
        }
        Some(_) => {}
        None => column.tests.push(DataTest { kind, reason: reason.to_owned(), warn }),
    }
}
