//! Source tables: what nothing among the inputs writes.
//!
//! In: the versions of number 0 that drafts read. Out: source tables with their names in dbt.

use std::collections::BTreeMap;

use super::SourceTable;
use super::context::Context;
use super::drafts::Draft;
use super::names::{shown, snake};
use crate::dialect::Dialect;
use crate::name::Relation;
use crate::steps::{ColumnDef, Effect, Step};
use crate::text::Span;
use crate::versions::VersionId;

/// The source's name and the table's name in dbt, for each version of number 0 that is read.
#[derive(Default)]
pub(super) struct SourceNames {
    names: BTreeMap<VersionId, (String, String)>,
}

impl SourceNames {
    pub fn get(&self, id: VersionId) -> Option<(&str, &str)> {
        self.names.get(&id).map(|(source, table)| (source.as_str(), table.as_str()))
    }
}

/// Every source that a draft reads, by schema and name.
pub(super) fn sources(context: &Context, drafts: &[Draft]) -> (Vec<SourceTable>, SourceNames) {
    let mut read: Vec<VersionId> =
        drafts.iter().flat_map(|draft| &draft.reads).copied().filter(|id| context.is_source(*id)).collect();
    read.sort();
    read.dedup();
    let mut tables: Vec<(VersionId, SourceTable)> =
        read.into_iter().filter_map(|id| Some((id, table(context, id)?))).collect();
    tell_apart(&mut tables.iter_mut().map(|(_, table)| table).collect::<Vec<_>>());
    tables.sort_by(|(_, left), (_, right)| (&left.source, &left.table).cmp(&(&right.source, &right.table)));
    let names = tables.iter().map(|(id, table)| (*id, (table.source.clone(), table.table.clone()))).collect();
    (tables.into_iter().map(|(_, table)| table).collect(), SourceNames { names })
}

fn table(context: &Context, id: VersionId) -> Option<SourceTable> {
    let relation = &context.version(id)?.relation;
    let readers = context.readers(id).iter().filter_map(|step| Some((step.script, context.step(*step)?)));
    let named: Vec<(usize, &Step)> = readers.collect();
    let dialect = named.first().and_then(|(script, _)| context.scripts.get(*script)).map(|script| script.dialect)?;
    let named_at = named.iter().flat_map(|(_, step)| places(step, relation)).collect();
    Some(table_of(context, relation, dialect, columns(context, id), named_at))
}

/// A relation as a source table.
pub(super) fn table_of(
    context: &Context,
    relation: &Relation,
    dialect: Dialect,
    columns: Vec<ColumnDef>,
    named_at: Vec<Span>,
) -> SourceTable {
    let shown = |text: &str| shown(text, dialect);
    let schema = relation.schema().map(shown);
    let name = shown(relation.name());
    let fit = fit(&name);
    SourceTable {
        source: schema.as_deref().map_or("default".to_owned(), |schema| or(snake(schema), "schema")),
        schema,
        database: relation.database().map(shown),
        identifier: (fit != name).then_some(name),
        table: fit,
        columns,
        listed: context.listed_values(relation).collect(),
        description: comment(context, relation),
        freshness: None,
        external_location: None,
        relation: relation.to_string(),
        named_at,
    }
}

/// The name itself where it is letters, digits and underscores.
fn fit(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain && !name.is_empty() { name.to_owned() } else { or(snake(name), "relation") }
}

fn or(text: String, otherwise: &str) -> String {
    if text.is_empty() { otherwise.to_owned() } else { text }
}

fn columns(context: &Context, id: VersionId) -> Vec<ColumnDef> {
    context.columns.get(id).map(<[_]>::to_vec).unwrap_or_default()
}

/// The description that a script gives the relation.
pub(super) fn comment(context: &Context, relation: &Relation) -> String {
    let mut facts = context.scripts.iter().flat_map(|script| &script.facts).filter(|fact| fact.relation == *relation);
    facts.find_map(|fact| fact.kind.comment()).unwrap_or_default().to_owned()
}

/// Every place in the step that names the relation.
fn places(step: &Step, relation: &Relation) -> Vec<Span> {
    let sqls = step.sqls();
    let exact = sqls.iter().flat_map(|sql| {
        let same_length = sql.span.range().len() == sql.text.len();
        sql.mentions.iter().filter(|mention| mention.relation == *relation).map(move |mention| {
            let start = sql.span.start as usize;
            if same_length {
                Span::new(sql.span.source, start + mention.range.start, start + mention.range.end)
            } else {
                sql.span
            }
        })
    });
    let places: Vec<Span> = exact.collect();
    match (places.is_empty(), &step.effect) {
        (true, Effect::Drop { .. }) => Vec::new(),
        (true, _) => vec![step.span],
        (false, _) => places,
    }
}

/// Two databases may have a schema of the same name, and two tables names that only differ in what dbt cannot hold.
pub(super) fn tell_apart(tables: &mut [&mut SourceTable]) {
    let mut databases: BTreeMap<String, Option<String>> = BTreeMap::new();
    for table in tables.iter_mut() {
        let first = databases.entry(table.source.clone()).or_insert_with(|| table.database.clone());
        if *first != table.database
            && let Some(database) = &table.database
        {
            table.source = format!("{}_{}", or(snake(database), "database"), table.source);
        }
    }
    let mut taken: BTreeMap<(String, String), u32> = BTreeMap::new();
    for table in tables.iter_mut() {
        let count = taken.entry((table.source.clone(), table.table.to_lowercase())).or_insert(0);
        *count += 1;
        if *count > 1 {
            let name = table.identifier.clone().unwrap_or_else(|| table.table.clone());
            table.identifier = Some(name);
            table.table = format!("{}_{count}", table.table);
        }
    }
}
