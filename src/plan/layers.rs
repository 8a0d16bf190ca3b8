//! Layers, and the models that pass a source through.
//!
//! In: drafts with what they read. Out: each draft's layer, and further drafts, so that one staging model alone touches
//! each source.

use std::collections::{BTreeMap, BTreeSet};

use super::bodies::{empty_query, ident};
use super::context::Context;
use super::drafts::{Draft, Part};
use super::names::snake;
use super::{Layer, Materialized};
use crate::versions::VersionId;

const MART_PREFIXES: &[&str] = &["fct_", "fact_", "dim_", "agg_", "rpt_", "mart_"];
const MART_SCHEMAS: &[&str] = &["mart", "marts", "gold", "reporting", "reports"];
const STAGING_SCHEMAS: &[&str] = &["stg", "stage", "staging", "silver"];

/// The draft that holds each version.
pub(super) fn owners(drafts: &[Draft]) -> BTreeMap<VersionId, usize> {
    let mut owners = BTreeMap::new();
    for (at, draft) in drafts.iter().enumerate() {
        for version in &draft.stands_for {
            owners.insert(*version, at);
        }
    }
    owners
}

/// Gives every draft its layer, and adds pass-throughs.
pub(super) fn assign(context: &Context, drafts: &mut Vec<Draft>) {
    let owners = owners(drafts);
    let written = written(context, drafts);
    // Rows that are chosen for a file are no step on the way to another table.
    let on_the_way = drafts.iter().filter(|draft| !draft.last().is_some_and(|last| context.leaves(last)));
    let read: Vec<usize> = on_the_way.flat_map(|draft| &draft.reads).filter_map(|id| owners.get(id)).copied().collect();
    for (at, draft) in drafts.iter_mut().enumerate() {
        draft.layer = layer(context, draft, &owners, &written, read.contains(&at));
        let temporary = draft.last().is_some_and(|last| !context.lasts(last));
        if temporary && draft.layer == Layer::Staging && draft.materialized == Materialized::Table {
            draft.materialized = Materialized::View;
        }
    }
    pass_through(context, drafts, &written);
    for draft in drafts.iter_mut() {
        let temporary = draft.last().is_some_and(|last| !context.lasts(last));
        if temporary && draft.layer == Layer::Intermediate && draft.materialized == Materialized::View {
            draft.materialized = Materialized::Table;
        }
    }
}

fn layer(
    context: &Context,
    draft: &Draft,
    owners: &BTreeMap<VersionId, usize>,
    written: &BTreeSet<VersionId>,
    is_read: bool,
) -> Layer {
    let Some(version) = draft.last().and_then(|last| context.version(last)) else { return Layer::Staging };
    let lasting = draft.last().is_some_and(|last| context.lasts(last));
    let name = snake(version.relation.name());
    let schema = version.relation.schema().map(snake).unwrap_or_default();
    let says_mart =
        MART_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || MART_SCHEMAS.contains(&schema.as_str());
    let says_staging = name.starts_with("stg_") || STAGING_SCHEMAS.contains(&schema.as_str());
    if draft.seed.is_some() || lasting && (says_mart || (!is_read && !says_staging)) {
        return Layer::Marts;
    }
    let models = draft.reads.iter().filter(|id| owners.contains_key(id) || written.contains(id)).count();
    if models == 0 && draft.reads.len() == 1 { Layer::Staging } else { Layer::Intermediate }
}

/// Adds a model that passes a source through, where more than one staging model, or any other, would touch it.
fn pass_through(context: &Context, drafts: &mut Vec<Draft>, rewritten: &BTreeSet<VersionId>) {
    let mut touching: BTreeMap<VersionId, Vec<Layer>> = BTreeMap::new();
    for draft in drafts.iter() {
        for read in draft.reads.iter().filter(|id| context.is_source(**id)) {
            touching.entry(*read).or_default().push(draft.layer);
        }
    }
    for (source, layers) in touching {
        let written = rewritten.contains(&source);
        if layers.as_slice() == [Layer::Staging] && !written {
            continue;
        }
        if !written && drafts.iter().any(|draft| uses_pseudo_columns(context, draft, source)) {
            continue;
        }
        let columns = context.column_names(source).unwrap_or_default();
        let list: Vec<String> = columns.iter().map(|column| ident(column, context.target)).collect();
        let list = match list.as_slice() {
            [] => "select *".to_owned(),
            [one] => format!("select {one}"),
            many => format!("select\n    {}", many.join(",\n    ")),
        };
        let mut draft = Draft::new(Vec::new());
        draft.stands_for = vec![source];
        draft.body = vec![Part::Text(format!("{list}\nfrom ")), Part::Read(source)];
        draft.reads = vec![source];
        draft.materialized = Materialized::View;
        if written {
            // The scripts change the table: what reads its rows of before needs them as they were.
            draft.materialized = Materialized::Table;
            draft.body = rows_of_before(context, source, draft.body);
        }
        draft.layer = Layer::Staging;
        drafts.push(draft);
    }
}

/// Whether the draft reads columns of the source that no view of it would pass on.
fn uses_pseudo_columns(context: &Context, draft: &Draft, source: VersionId) -> bool {
    let words = context.target.traits().pseudo_columns;
    let named = |part: &Part| match part {
        Part::Text(text) => {
            let text = text.to_lowercase();
            words.iter().any(|word| text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|own| own == *word))
        }
        Part::Read(_)
        | Part::Var { .. }
        | Part::This
        | Part::Call { .. }
        | Part::IfIncremental(_)
        | Part::If { .. }
        | Part::Each { .. }
        | Part::IfThere { .. } => false,
    };
    draft.reads.contains(&source) && draft.body.iter().any(named)
}

/// The rows, or none where the table is not there yet.
fn rows_of_before(context: &Context, source: VersionId, rows: Vec<Part>) -> Vec<Part> {
    match context.columns.get(source) {
        Some(columns) => {
            let otherwise = vec![Part::Text(empty_query(columns, context.target))];
            vec![Part::IfThere { version: source, then: rows, otherwise }]
        }
        None => rows,
    }
}

/// What relations that the drafts make held before.
fn written(context: &Context, drafts: &[Draft]) -> BTreeSet<VersionId> {
    let lasting = drafts.iter().filter_map(Draft::last).filter(|last| context.lasts(*last));
    lasting.filter_map(|last| context.before(last)).collect()
}
