//! Lineage as OpenLineage events: one `JobEvent` (lineage known from design, without a run) a written relation.
//!
//! In: lineage of relations and columns. Out: a JSON list of events. The specification wants a time in every event;
//! it is the epoch, because the same input must give the same bytes. <https://openlineage.io/spec/2-0-2/OpenLineage.json>

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::graph::ColumnEdge;
use crate::name::Relation;
use crate::steps::{How, Script};

use super::{Facts, json as reports};

const PRODUCER: &str = concat!("https://crates.io/crates/refract/", env!("CARGO_PKG_VERSION"));
const EVENT: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/JobEvent";
const COLUMNS: &str =
    "https://openlineage.io/spec/facets/1-2-0/ColumnLineageDatasetFacet.json#/$defs/ColumnLineageDatasetFacet";
const SCHEMA: &str = "https://openlineage.io/spec/facets/1-2-0/SchemaDatasetFacet.json#/$defs/SchemaDatasetFacet";
const JOB_TYPE: &str = "https://openlineage.io/spec/facets/2-0-4/JobTypeJobFacet.json#/$defs/JobTypeJobFacet";

/// The events, by written relation.
pub fn openlineage(facts: &Facts) -> String {
    let mut inputs: BTreeMap<&Relation, BTreeSet<&Relation>> = BTreeMap::new();
    for version in facts.versions.list.iter().filter(|version| version.step.is_some() && version.scope.is_none()) {
        inputs.entry(&version.relation).or_default();
    }
    for edge in &facts.lineage.relations {
        inputs.entry(&edge.to).or_default().insert(&edge.from);
    }
    let mut columns: BTreeMap<&Relation, Vec<&ColumnEdge>> = BTreeMap::new();
    for edge in &facts.lineage.columns {
        columns.entry(&edge.to).or_default().push(edge);
    }
    let event = |(to, from): (&&Relation, &BTreeSet<&Relation>)| {
        event(facts, to, from, columns.get(to).map_or(&[][..], Vec::as_slice))
    };
    reports::print(&inputs.iter().map(event).collect::<Vec<_>>())
}

fn event(facts: &Facts, to: &Relation, from: &BTreeSet<&Relation>, columns: &[&ColumnEdge]) -> Value {
    let script = writer(facts, to);
    let space = script.map_or("ansi", |script| script.dialect.traits().name);
    let name = script.map_or("", |script| script.name.as_str());
    json!({
        "eventTime": "1970-01-01T00:00:00Z",
        "producer": PRODUCER,
        "schemaURL": EVENT,
        "job": {"namespace": "refract", "name": format!("{name}.{to}"), "facets": {"jobType": {
            "_producer": PRODUCER, "_schemaURL": JOB_TYPE, "processingType": "BATCH", "integration": "REFRACT",
            "jobType": "QUERY",
        }}},
        "inputs": from.iter().map(|from| json!({"namespace": space, "name": from.to_string()})).collect::<Vec<_>>(),
        "outputs": [{"namespace": space, "name": to.to_string(), "facets": facets(space, columns)}],
    })
}

/// The script that writes a relation last.
fn writer<'a>(facts: &Facts<'a>, relation: &Relation) -> Option<&'a Script> {
    let mut versions = facts.versions.list.iter().rev().filter(|version| version.relation == *relation);
    let step = versions.find_map(|version| version.step)?;
    facts.scripts.get(step.script)
}

fn facets(space: &str, columns: &[&ColumnEdge]) -> Value {
    let mut fields: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    let mut deciding: BTreeSet<(&Relation, &str)> = BTreeSet::new();
    for edge in columns {
        if edge.how == How::Filtering {
            deciding.insert((&edge.from, &edge.from_column));
        } else {
            let subtype = if edge.how == How::Copied { "IDENTITY" } else { "TRANSFORMATION" };
            fields.entry(&edge.to_column).or_default().push(field(space, edge, "DIRECT", subtype));
        }
    }
    if fields.is_empty() && deciding.is_empty() {
        return json!({});
    }
    let names: Vec<Value> = fields.keys().map(|name| json!({"name": name})).collect();
    let used: Map<String, Value> =
        fields.into_iter().map(|(name, inputs)| (name.to_owned(), json!({"inputFields": inputs}))).collect();
    let decided = |(from, column): &(&Relation, &str)| {
        json!({"namespace": space, "name": from.to_string(), "field": column, "transformations": [
            {"type": "INDIRECT", "subtype": "FILTER", "description": "", "masking": false},
        ]})
    };
    json!({
        "schema": {"_producer": PRODUCER, "_schemaURL": SCHEMA, "fields": names},
        "columnLineage": {
            "_producer": PRODUCER, "_schemaURL": COLUMNS, "fields": used,
            "dataset": deciding.iter().map(decided).collect::<Vec<_>>(),
        },
    })
}

fn field(space: &str, edge: &ColumnEdge, kind: &str, subtype: &str) -> Value {
    json!({"namespace": space, "name": edge.from.to_string(), "field": edge.from_column, "transformations": [
        {"type": kind, "subtype": subtype, "description": "", "masking": false},
    ]})
}
