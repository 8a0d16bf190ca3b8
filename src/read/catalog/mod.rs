//! Catalogs: what a warehouse says of its own tables.
//!
//! In: dbt's `catalog.json`, or `information_schema.columns` as CSV. Out: a script of declarations, one a table, with
//! columns, types, keys and comments, that keeps the rows which the tables hold. Never a finding about a file that is
//! no catalog: other JSON and CSV files lie beside scripts for other reasons.

use crate::dialect::Dialect;
use crate::finding::{Code, Finding};
use crate::name::{Ident, Relation};
use crate::steps::{
    ColumnDef, Effect, Fact, FactKind, Lifetime, Reading, Script, ScriptKind, Statement, StatementReading, Step,
};
use crate::text::{SourceFile, SourceId, Span};

mod information_schema;
mod json;

/// A table as a catalog tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Table {
    /// Database, as stored; or empty.
    database: String,
    /// Schema, as stored; or empty.
    schema: String,
    /// Name, as stored.
    name: String,
    /// Comment, or empty.
    comment: String,
    /// Columns in order.
    columns: Vec<ColumnDef>,
    /// Columns of the primary key.
    key: Vec<String>,
    /// Columns that refer to a column of another table: schema, table and column there.
    references: Vec<(String, [String; 3])>,
    /// Where it stands, in bytes.
    place: (usize, usize),
}

/// Whether the file is a catalog by its ending and its first words.
pub fn is_catalog(file: &SourceFile) -> bool {
    match file.ending().as_str() {
        "json" => json::is_catalog(&file.text),
        "csv" => information_schema::is_catalog(&file.text),
        _ => false,
    }
}

/// Reads a catalog of a warehouse of this dialect.
pub fn read(id: SourceId, file: &SourceFile, dialect: Dialect) -> Reading {
    let tables = match file.ending().as_str() {
        "json" => json::tables(&file.text),
        _ => information_schema::tables(&file.text),
    };
    match tables {
        Ok(tables) => Reading { scripts: vec![script(id, file, dialect, &tables)], findings: Vec::new() },
        Err(cause) => {
            let place = Span::new(id, 0, file.text.lines().next().map_or(0, str::len));
            let message = format!("{} looks like a catalog and cannot be read: {cause}", file.path);
            let finding = Finding::at(Code::R201, place, message, "make it anew with `dbt docs generate`, or as CSV");
            Reading { scripts: Vec::new(), findings: vec![finding] }
        }
    }
}

fn script(id: SourceId, file: &SourceFile, dialect: Dialect, tables: &[Table]) -> Script {
    let mut script = Script::new(file.stem(), ScriptKind::Sql, Span::new(id, 0, file.text.len()), dialect);
    // Names of scripts hold no database unless they cross from one to another.
    let several = tables.iter().any(|table| tables.first().is_some_and(|first| first.database != table.database));
    for (at, table) in tables.iter().enumerate() {
        let span = Span::new(id, table.place.0, table.place.1);
        let relation = relation(table, dialect, several);
        let effect = Effect::Declare {
            relation: relation.clone(),
            lifetime: Lifetime::Lasting,
            columns: table.columns.iter().map(|column| folded(column, dialect)).collect(),
            keeps_existing: true,
        };
        script.steps.push(Step { span, effect, guards: Vec::new(), comment: String::new(), task: None, sent: None });
        let what = format!("catalog entry of {relation}");
        script.statements.push(Statement { span, what, reading: StatementReading::Steps(vec![at]) });
        let mut fact = |kind| script.facts.push(Fact { relation: relation.clone(), kind });
        if table.key.len() > 1 {
            fact(FactKind::Key(table.key.iter().map(|column| name(column, dialect)).collect()));
        }
        for (column, [schema, other, field]) in &table.references {
            let database = table.database.clone();
            let other = Table { database, schema: schema.clone(), name: other.clone(), ..Table::default() };
            fact(FactKind::References {
                columns: vec![name(column, dialect)],
                other: self::relation(&other, dialect, several),
                other_columns: vec![name(field, dialect)],
            });
        }
        if !table.comment.is_empty() {
            fact(FactKind::Comment(table.comment.clone()));
        }
    }
    script
}

fn relation(table: &Table, dialect: Dialect, with_database: bool) -> Relation {
    let database = if with_database { table.database.as_str() } else { "" };
    let parts = [database, &table.schema, &table.name];
    let parts = parts.iter().filter(|part| !part.is_empty()).map(|part| Ident::new(part, true, dialect));
    Relation::new(parts.collect(), dialect)
}

fn folded(column: &ColumnDef, dialect: Dialect) -> ColumnDef {
    ColumnDef { name: name(&column.name, dialect), ..column.clone() }
}

/// A column's name as scripts of the dialect are read: stored names are quoted names.
fn name(text: &str, dialect: Dialect) -> String {
    dialect.fold(text, true)
}

#[cfg(test)]
mod tests;
