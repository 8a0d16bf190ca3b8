//! `information_schema.columns` as CSV, one row a column, in whatever order and with whatever further columns. Besides
//! the standard's columns it may hold `column_key` (`PRI` or `UNI`), `column_comment` and `table_comment`, as
//! MySQL's does, and `referenced_table_schema`, `referenced_table_name`, `referenced_column_name`, as MySQL's `key_column_usage` does.

use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord};

use super::Table;
use crate::steps::ColumnDef;

/// Whether the first line names the columns that every such export has.
pub fn is_catalog(text: &str) -> bool {
    let head = text.lines().next().unwrap_or("").to_lowercase();
    ["table_name", "column_name", "data_type"].iter().all(|name| head.contains(name))
}

/// The tables in the order of the file.
pub fn tables(text: &str) -> Result<Vec<Table>, String> {
    let delimiter = delimiter(text);
    let mut reader = ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| error.to_string())?;
    let places: BTreeMap<String, usize> =
        header.iter().enumerate().map(|(at, name)| (name.trim().to_lowercase(), at)).collect();
    let mut tables: Vec<(Table, Vec<(u64, ColumnDef)>)> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let cell = |name: &str| cell(&record, &places, name);
        let start = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(0));
        let end = start + text.get(start..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
        let (database, schema, name) = (cell("table_catalog"), cell("table_schema"), cell("table_name"));
        if name.is_empty() || cell("column_name").is_empty() {
            continue;
        }
        let same = |(table, _): &&mut (Table, Vec<(u64, ColumnDef)>)| {
            (&table.database, &table.schema, &table.name) == (&database, &schema, &name)
        };
        let ordinal = cell("ordinal_position").parse().unwrap_or(u64::MAX);
        let (column, is_key) = column(&cell);
        let key = is_key.then(|| column.name.clone());
        let [at, other, field] =
            ["referenced_table_schema", "referenced_table_name", "referenced_column_name"].map(cell);
        let refers = (!other.is_empty() && !field.is_empty()).then(|| (column.name.clone(), [at, other, field]));
        if let Some((table, columns)) = tables.iter_mut().rev().find(same) {
            table.key.extend(key);
            table.references.extend(refers);
            columns.push((ordinal, column));
        } else {
            let comment = cell("table_comment");
            let key = key.into_iter().collect();
            let references = refers.into_iter().collect();
            let place = (start, end);
            let table = Table { database, schema, name, comment, columns: Vec::new(), key, references, place };
            tables.push((table, vec![(ordinal, column)]));
        }
    }
    Ok(tables.into_iter().map(|(table, columns)| finished(table, columns)).collect())
}

/// The table with its columns in order; a key of one column is the column's own.
fn finished(mut table: Table, mut columns: Vec<(u64, ColumnDef)>) -> Table {
    columns.sort_by_key(|(ordinal, _)| *ordinal);
    table.columns = columns.into_iter().map(|(_, column)| column).collect();
    if let [only] = table.key.as_slice() {
        table.columns.iter_mut().filter(|column| column.name == *only).for_each(|column| column.unique = true);
    }
    table
}

/// A column, and whether it is in the primary key.
fn column(cell: &dyn Fn(&str) -> String) -> (ColumnDef, bool) {
    let key = cell("column_key").to_uppercase();
    let default = cell("column_default");
    let column = ColumnDef {
        name: cell("column_name"),
        written: String::new(),
        sql_type: sql_type(cell),
        not_null: cell("is_nullable").eq_ignore_ascii_case("no"),
        default: (!default.is_empty() && !default.eq_ignore_ascii_case("null")).then_some(default),
        unique: key == "UNI",
        numbers: None,
        generated: cell("is_identity").eq_ignore_ascii_case("yes"),
        comment: cell("column_comment"),
    };
    (column, key == "PRI")
}

/// The type with its length or precision, where the export holds them apart.
fn sql_type(cell: &dyn Fn(&str) -> String) -> String {
    let name = cell("data_type");
    let full = cell("column_type");
    if !full.is_empty() {
        return full;
    }
    let length = cell("character_maximum_length");
    let (precision, scale) = (cell("numeric_precision"), cell("numeric_scale"));
    let exact = ["numeric", "decimal", "number"].iter().any(|word| name.eq_ignore_ascii_case(word));
    match (length.as_str(), precision.as_str()) {
        ("-1", _) => format!("{name}(max)"),
        ("", "") => name,
        ("", precision) if exact && scale.is_empty() => format!("{name}({precision})"),
        ("", precision) if exact => format!("{name}({precision},{scale})"),
        ("", _) => name,
        (length, _) if name.contains('(') || name.eq_ignore_ascii_case("text") || length.len() > 8 => name,
        (length, _) => format!("{name}({length})"),
    }
}

/// The cell's text; `NULL` and `\N` stand for none.
fn cell(record: &StringRecord, places: &BTreeMap<String, usize>, name: &str) -> String {
    let text = places.get(name).and_then(|at| record.get(*at)).unwrap_or("").trim();
    if matches!(text, "NULL" | "\\N" | "[null]") { String::new() } else { text.to_owned() }
}

/// What parts the names of the first line: exports use commas, semicolons or tabs.
fn delimiter(text: &str) -> u8 {
    let head = text.lines().next().unwrap_or("");
    let count = |mark: u8| head.bytes().filter(|byte| *byte == mark).count();
    [b',', b';', b'\t'].into_iter().max_by_key(|mark| count(*mark)).unwrap_or(b',')
}
