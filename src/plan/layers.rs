//! Layers, and the models that pass a source through.
//!
//! In: drafts with what they read. Out: each draft's layer, and further drafts, so that one staging model alone touches
//! each source.

use std::collections::BTreeMap;

use super::bodies::ident;
use super::context::Context;
use super::drafts::{Draft, Part};
use super::names::snake;
use super::{Layer, Materialized};
use crate::steps::{Effect, Lifetime};
use crate::versions::{Version, VersionId};

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
    let read: Vec<usize> =
        drafts.iter().flat_map(|draft| &draft.reads).filter_map(|id| owners.get(id)).copied().collect();
    for (at, draft) in drafts.iter_mut().enumerate() {
        draft.layer = layer(context, draft, &owners, read.contains(&at));
        let temporary = draft.last().and_then(|last| context.version(last)).is_some_and(is_temporary);
        if temporary && draft.layer == Layer::Staging && draft.materialized == Materialized::Table {
            draft.materialized = Materialized::View;
        }
    }
    pass_through(context, drafts);
    for draft in drafts.iter_mut() {
        let temporary = draft.last().and_then(|last| context.version(last)).is_some_and(is_temporary);
        if temporary && draft.layer == Layer::Intermediate && draft.materialized == Materialized::View {
            draft.materialized = Materialized::Table;
        }
    }
}

fn is_temporary(version: &Version) -> bool {
    version.lifetime == Lifetime::Temporary
}

fn layer(context: &Context, draft: &Draft, owners: &BTreeMap<VersionId, usize>, is_read: bool) -> Layer {
    let Some(version) = draft.last().and_then(|last| context.version(last)) else { return Layer::Staging };
    let lasting = version.lifetime == Lifetime::Lasting;
    let name = snake(version.relation.name());
    let schema = version.relation.schema().map(snake).unwrap_or_default();
    let says_mart =
        MART_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || MART_SCHEMAS.contains(&schema.as_str());
    let says_staging = name.starts_with("stg_") || STAGING_SCHEMAS.contains(&schema.as_str());
    if lasting && (says_mart || (!is_read && !says_staging)) {
        return Layer::Marts;
    }
    let models = draft.reads.iter().filter(|id| owners.contains_key(id)).count();
    if models == 0 && draft.reads.len() == 1 { Layer::Staging } else { Layer::Intermediate }
}

/// Adds a model that passes a source through, where more than one staging model, or any other, would touch it.
fn pass_through(context: &Context, drafts: &mut Vec<Draft>) {
    let mut touching: BTreeMap<VersionId, Vec<Layer>> = BTreeMap::new();
    for draft in drafts.iter() {
        for read in draft.reads.iter().filter(|id| context.is_source(**id)) {
            touching.entry(*read).or_default().push(draft.layer);
        }
    }
    for (source, layers) in touching {
        if layers.as_slice() == [Layer::Staging] || written_here(context, source) {
            continue;
        }
        let columns = context.column_names(source).unwrap_or_default();
        let list: Vec<String> = columns.iter().map(|column| ident(column, context.target)).collect();
        let list =
            if list.is_empty() { "select *".to_owned() } else { format!("select\n    {}", list.join(",\n    ")) };
        let mut draft = Draft::new(Vec::new());
        draft.stands_for = vec![source];
        draft.body = vec![Part::Text(format!("{list}\nfrom ")), Part::Read(source)];
        draft.reads = vec![source];
        draft.materialized = Materialized::View;
        draft.layer = Layer::Staging;
        drafts.push(draft);
    }
}

/// Whether the relation is also written by a script, so that number 0 is its state after the run before. A declaration
/// alone writes nothing.
pub(super) fn written_here(context: &Context, source: VersionId) -> bool {
    let Some(relation) = context.version(source).map(|version| &version.relation) else { return false };
    let declared = |id: VersionId| context.maker(id).is_some_and(|step| matches!(step.effect, Effect::Declare { .. }));
    context.versions.list.iter().enumerate().any(|(at, version)| {
        version.step.is_some()
            && version.lifetime == Lifetime::Lasting
            && version.relation == *relation
            && !declared(VersionId(at))
    })
}
