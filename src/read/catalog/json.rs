//! dbt's `catalog.json`, as `dbt docs generate` writes it.

use serde_json::Value;

use super::Table;
use crate::steps::ColumnDef;

/// Whether the text says of itself that it is a catalog.
pub fn is_catalog(text: &str) -> bool {
    let head: String = text.chars().take(2000).collect();
    head.contains("dbt_schema_version") && head.contains("/catalog/")
}

/// The tables by their ids.
pub fn tables(text: &str) -> Result<Vec<Table>, String> {
    let catalog: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut tables: Vec<Table> = Vec::new();
    for part in ["nodes", "sources"] {
        for (id, node) in catalog.get(part).and_then(Value::as_object).into_iter().flatten() {
            let found = table(id, node, text);
            let known = |other: &Table| {
                (&other.database, &other.schema, &other.name) == (&found.database, &found.schema, &found.name)
            };
            if !found.name.is_empty() && !tables.iter().any(known) {
                tables.push(found);
            }
        }
    }
    Ok(tables)
}

fn table(id: &str, node: &Value, text: &str) -> Table {
    let metadata = node.get("metadata").unwrap_or(&Value::Null);
    let mut columns: Vec<(u64, ColumnDef)> =
        node.get("columns").and_then(Value::as_object).into_iter().flatten().map(|(key, it)| column(key, it)).collect();
    columns.sort_by_key(|(index, _)| *index);
    let start = text.find(&format!("\"{id}\"")).unwrap_or(0);
    Table {
        database: string(metadata, "database"),
        schema: string(metadata, "schema"),
        name: string(metadata, "name"),
        comment: string(metadata, "comment"),
        columns: columns.into_iter().map(|(_, column)| column).collect(),
        key: Vec::new(),
        references: Vec::new(),
        place: (start, (start + id.len() + 2).min(text.len())),
    }
}

fn column(key: &str, value: &Value) -> (u64, ColumnDef) {
    let name = string(value, "name");
    let column = ColumnDef {
        name: if name.is_empty() { key.to_owned() } else { name },
        sql_type: string(value, "type"),
        comment: string(value, "comment"),
        ..ColumnDef::default()
    };
    (value.get("index").and_then(Value::as_u64).unwrap_or(u64::MAX), column)
}

fn string(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or("").to_owned()
}
