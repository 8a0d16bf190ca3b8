//! What a project to start from has besides its scripts: a source and a staging model for every declared table.
//!
//! In: declarations of tables that no script fills, and the models that scripts gave. Out: further sources and staging
//! models with plain names, casts and tests of declared keys; and the tables that the embedded database needs so that
//! the project runs before it is connected to anything. Never touches a model that came from a script.

use std::collections::{BTreeMap, BTreeSet};

use super::assemble::quoted_literal;
use super::context::Context;
use super::names::{cut, snake, stripped};
use super::sources::{comment, table_of, tell_apart};
use super::{
    DataTest, Dependency, Layer, Materialized, Model, ModelColumn, Naming, Piece, Project, SourceTable, TestKind,
};
use crate::dialect::Dialect;
use crate::name::Relation;
use crate::sql::{Sense, sense, type_in};
use crate::steps::{ColumnDef, Effect, FactKind, Lifetime, Script, ScriptKind};
use crate::text::Span;

/// What a project to start from has besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The sources as the embedded database makes them, so that the project runs there at once.
    pub empty_tables: Vec<EmptyTable>,
    /// Whether some models came from scripts.
    pub from_scripts: bool,
}

/// A source as the embedded database makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmptyTable {
    /// The schema; none for the target's own.
    pub schema: Option<String>,
    /// The database; none for the target's own.
    pub database: Option<String>,
    /// The table's name in the database.
    pub table: String,
    /// Names and types of the columns.
    pub columns: Vec<(String, String)>,
}

/// A table that is declared and that nothing fills.
struct Declared<'a> {
    relation: &'a Relation,
    dialect: Dialect,
    columns: Vec<ColumnDef>,
    span: Span,
    is_catalog: bool,
}

/// Whether the scripts only declare tables.
pub(super) fn only_declares(scripts: &[Script]) -> bool {
    let declares = |effect: &Effect| {
        matches!(effect, Effect::Declare { .. } | Effect::Alter { .. } | Effect::Drop { .. } | Effect::Truncate { .. })
    };
    scripts.iter().all(|script| script.steps.iter().all(|step| declares(&step.effect)))
}

/// Adds what is declared to a project of scripts.
pub(super) fn add(context: &Context, project: &mut Project) {
    let from_scripts = !project.models.is_empty();
    let mut staged: Vec<(usize, Model)> = Vec::new();
    for declared in declared(context) {
        if project.sources.iter().any(|source| source.relation == declared.relation.to_string()) {
            continue;
        }
        let columns = declared.columns.clone();
        let source = table_of(context, declared.relation, declared.dialect, columns, vec![declared.span]);
        project.sources.push(source);
        let mut all: Vec<&mut SourceTable> = project.sources.iter_mut().collect();
        tell_apart(&mut all);
        let at = project.sources.len() - 1;
        let Some(source) = project.sources.get(at) else { continue };
        let model = staging(context, &declared, source);
        staged.push((at, model));
    }
    name(context, project, &mut staged);
    refer(context, project, &mut staged);
    project.models.splice(0..0, staged.into_iter().map(|(_, model)| model));
    let key = |source: &SourceTable| (source.source.clone(), source.table.clone());
    project.sources.sort_by_key(key);
    let empty_tables = project.sources.iter().filter_map(|source| empty_table(source, project.target)).collect();
    project.start = Some(Start { empty_tables, from_scripts });
}

/// The tables in the order of the inputs, each once, with the columns that its last declaration leaves.
fn declared<'a>(context: &Context<'a>) -> Vec<Declared<'a>> {
    let fills = |effect: &Effect| {
        !matches!(effect, Effect::Declare { .. } | Effect::Alter { .. } | Effect::Drop { .. } | Effect::Truncate { .. })
    };
    let versions = context.versions.list.iter();
    let made = versions.filter_map(|version| Some((&version.relation, context.step(version.step?)?)));
    let filled: BTreeSet<&Relation> = made.filter(|(_, step)| fills(&step.effect)).map(|(of, _)| of).collect();
    let mut seen: BTreeSet<&Relation> = BTreeSet::new();
    let mut all = Vec::new();
    for script in context.scripts {
        for step in &script.steps {
            let Effect::Declare { relation, lifetime: Lifetime::Lasting, columns, .. } = &step.effect else { continue };
            if filled.contains(relation) || columns.is_empty() || !seen.insert(relation) {
                continue;
            }
            let columns = last_columns(context, relation).unwrap_or_else(|| columns.clone());
            let is_catalog = script.statements.first().is_some_and(|first| first.what.starts_with("catalog entry"));
            all.push(Declared { relation, dialect: script.dialect, columns, span: step.span, is_catalog });
        }
    }
    all
}

fn last_columns(context: &Context, relation: &Relation) -> Option<Vec<ColumnDef>> {
    let ids = (0..context.versions.list.len()).rev().map(crate::versions::VersionId);
    let mut of = ids.filter(|id| context.version(*id).is_some_and(|version| version.relation == *relation));
    of.find_map(|id| context.columns.get(id)).map(<[ColumnDef]>::to_vec)
}

fn staging(context: &Context, declared: &Declared, source: &SourceTable) -> Model {
    let (relation, span) = (declared.relation, declared.span);
    let names = column_names(&source.columns);
    let line = |(column, name): (&ColumnDef, &String)| {
        selected(column, name, context.target, is_exact(&column.name, declared, context.target))
    };
    let lines = source.columns.iter().zip(&names).map(line);
    let select = if names.len() == 1 { "select " } else { "select\n    " };
    let mut body = vec![Piece::Text(select.to_owned())];
    for (at, line) in lines.enumerate() {
        if at > 0 {
            body.push(Piece::Text(",\n    ".to_owned()));
        }
        body.extend(line);
    }
    body.push(Piece::Text("\nfrom ".to_owned()));
    body.push(Piece::Source { source: source.source.clone(), table: source.table.clone() });
    let columns = source.columns.iter().zip(&names).map(|(column, name)| described(source, column, name));
    let mut model = Model {
        name: String::new(),
        layer: Layer::Staging,
        folder: source.source.clone(),
        materialized: Materialized::View,
        schema: Some("staging".to_owned()),
        database: None,
        alias: None,
        relation: source.relation.clone(),
        body,
        python: false,
        storage: Vec::new(),
        pre_hook: Vec::new(),
        depends_on: vec![Dependency::Source(source.source.clone(), source.table.clone())],
        columns: columns.collect(),
        tests: Vec::new(),
        unit_tests: Vec::new(),
        summary: String::new(),
        description: comment(context, relation),
        origin: vec![span],
        manual: None,
    };
    for key in context.declared_keys(relation).filter(|key| key.len() > 1) {
        let renamed: Option<Vec<String>> = key.iter().map(|column| new_name(source, &names, column)).collect();
        if let Some(columns) = renamed {
            let kind = TestKind::UniqueCombination(columns);
            model.tests.push(DataTest { kind, reason: "declared as a key".to_owned(), warn: false });
        }
    }
    model
}

/// The name that the staging model gives a column of the source.
fn new_name(source: &SourceTable, names: &[String], column: &str) -> Option<String> {
    let at = source.columns.iter().position(|own| own.name == *column)?;
    names.get(at).cloned()
}

/// Plain names, each once, in the order of the columns. A column whose name is plain already keeps it.
fn column_names(columns: &[ColumnDef]) -> Vec<String> {
    let plain: Vec<String> = columns.iter().enumerate().map(|(at, column)| plain_name(at, column)).collect();
    let kept = |(name, column): (&String, &ColumnDef)| *name == column.name && column.written.is_empty();
    let mut taken: BTreeSet<String> =
        plain.iter().zip(columns).filter(|pair| kept(*pair)).map(|(name, _)| name.clone()).collect();
    let mut names = Vec::new();
    for pair in plain.iter().zip(columns) {
        let (plain, _) = pair;
        let free = (2..).map(|number| format!("{plain}_{number}"));
        let mut all = std::iter::once(plain.clone()).chain(free);
        let name = if kept(pair) { Some(plain.clone()) } else { all.find(|name| !taken.contains(name)) };
        let name = name.unwrap_or_default();
        taken.insert(name.clone());
        names.push(name);
    }
    names
}

/// The name as people write it now: from capitals as the author set them, though the database folds them.
fn plain_name(at: usize, column: &ColumnDef) -> String {
    let plain = snake(if column.written.is_empty() { &column.name } else { &column.written });
    match plain.chars().next() {
        None => format!("column_{}", at + 1),
        Some(first) if first.is_ascii_digit() => format!("c_{plain}"),
        Some(_) if crate::sql::ident(&plain, Dialect::DuckDb) != plain => format!("{plain}_"),
        Some(_) => plain,
    }
}

/// Whether the target knows the column by just this spelling. A name that the declaration's own dialect takes without
/// quotes is any spelling's in another database too; a catalog tells names as its database keeps them.
fn is_exact(name: &str, declared: &Declared, target: Dialect) -> bool {
    let own = declared.dialect;
    let free = own != target && !declared.is_catalog && own.fold(name, false) == name;
    let mixed =
        name.bytes().any(|byte| byte.is_ascii_uppercase()) && name.bytes().any(|byte| byte.is_ascii_lowercase());
    target.fold(name, false) != name && (!free || mixed)
}

/// A column of the source under its new name, and of its declared type where that is one that every warehouse has.
fn selected(column: &ColumnDef, name: &str, dialect: Dialect, exact: bool) -> Vec<Piece> {
    let plain = column.name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let folds = !exact || dialect == Dialect::DuckDb;
    let quoted = !plain || !folds || crate::sql::ident(&column.name, dialect) != column.name;
    let text = |text: &str| Piece::Text(text.to_owned());
    let call = |name: &str, argument: Option<&str>| Piece::Macro {
        name: name.to_owned(),
        arguments: argument.map(quoted_literal).into_iter().collect(),
    };
    let shown = column.name.to_lowercase();
    // The text must run on the embedded database, too: dbt writes what the target writes otherwise.
    let own = match (quoted, dialect.traits().identifier_quotes.contains(&'"')) {
        (false, _) => text(&shown),
        (true, true) => text(&format!("\"{}\"", column.name.replace('"', "\"\""))),
        (true, false) => call("adapter.quote", Some(&column.name)),
    };
    let sql_type = |name: &str, otherwise: &str| {
        let same = type_in(name, Dialect::Postgres, dialect).as_deref() == Some(name);
        Some(if same { text(name) } else { call(otherwise, None) })
    };
    let sql_type = match sense(&column.sql_type, dialect) {
        Sense::Integer => sql_type("integer", "dbt.type_int"),
        Sense::Big => sql_type("bigint", "dbt.type_bigint"),
        Sense::Bool => sql_type("boolean", "dbt.type_boolean"),
        Sense::Timestamp => sql_type("timestamp", "dbt.type_timestamp"),
        Sense::Date => Some(text("date")),
        // What a number without precision is read as; a cast to it would round.
        Sense::Decimal(arguments) if arguments == "38, 10" => None,
        Sense::Decimal(arguments) => Some(text(&format!("numeric({arguments})"))),
        Sense::Number | Sense::Text | Sense::Unknown => None,
    };
    let same = !quoted && shown == name;
    match sql_type {
        Some(sql_type) => vec![text("cast("), own, text(" as "), sql_type, text(&format!(") as {name}"))],
        None if same => vec![own],
        None => vec![own, text(&format!(" as {name}"))],
    }
}

fn described(source: &SourceTable, column: &ColumnDef, name: &str) -> ModelColumn {
    let test = |kind, reason: &str| DataTest { kind, reason: reason.to_owned(), warn: false };
    let unique = column.unique.then(|| test(TestKind::Unique, "declared as a key"));
    let not_null = column.not_null.then(|| test(TestKind::NotNull, "declared NOT NULL"));
    let listed = source.listed.iter().find(|(own, _)| *own == column.name).map(|(_, test)| test.clone());
    ModelColumn {
        name: name.to_owned(),
        sql_type: String::new(),
        description: column.comment.clone(),
        tests: unique.into_iter().chain(not_null).chain(listed).collect(),
    }
}

/// Names the staging models: with the source's name where two tables have the same.
fn name(context: &Context, project: &Project, staged: &mut [(usize, Model)]) {
    let mut taken: BTreeSet<String> = project.models.iter().map(|model| model.name.clone()).collect();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let own = |at: usize| {
        let source = project.sources.get(at)?;
        Some((snake(&source.source), stripped(&source.table, ScriptKind::Sql)))
    };
    for (_, table) in staged.iter().filter_map(|(at, _)| own(*at)) {
        *counts.entry(table).or_default() += 1;
    }
    for (at, model) in staged {
        let Some((source, table)) = own(*at) else { continue };
        let alone = counts.get(&table) == Some(&1) && context.options.naming == Naming::Plain;
        let plain = cut(format!("stg_{table}"));
        let long = cut(format!("stg_{source}__{table}"));
        let first = if alone && !taken.contains(&plain) { plain } else { long };
        let free = (2..).map(|number| format!("{first}_{number}"));
        let name = std::iter::once(first.clone()).chain(free).find(|name| !taken.contains(name)).unwrap_or_default();
        taken.insert(name.clone());
        model.name = name;
    }
}

/// Tests of declared references between the tables.
fn refer(context: &Context, project: &Project, staged: &mut [(usize, Model)]) {
    let places: BTreeMap<String, (String, Vec<String>, usize)> = staged
        .iter()
        .filter_map(|(at, model)| {
            let source = project.sources.get(*at)?;
            Some((source.relation.clone(), (model.name.clone(), column_names(&source.columns), *at)))
        })
        .collect();
    for fact in context.scripts.iter().flat_map(|script| &script.facts) {
        let FactKind::References { columns, other, other_columns } = &fact.kind else { continue };
        let [column] = columns.as_slice() else { continue };
        let Some((child, child_names, child_at)) = places.get(&fact.relation.to_string()) else { continue };
        let Some((parent, parent_names, parent_at)) = places.get(&other.to_string()) else { continue };
        let (Some(child_source), Some(parent_source)) =
            (project.sources.get(*child_at), project.sources.get(*parent_at))
        else {
            continue;
        };
        let key = parent_source.columns.iter().find(|own| own.unique).map(|own| own.name.clone());
        let Some(field) = other_columns.first().cloned().or(key) else { continue };
        let field = new_name(parent_source, parent_names, &field);
        let column = new_name(child_source, child_names, column);
        let (Some(field), Some(column)) = (field, column) else { continue };
        let Some((_, model)) = staged.iter_mut().find(|(_, model)| model.name == *child) else { continue };
        let Some(column) = model.columns.iter_mut().find(|own| own.name == column) else { continue };
        let kind = TestKind::Relationships { to: Dependency::Model(parent.clone()), field };
        if !column.tests.iter().any(|test| test.kind == kind) {
            column.tests.push(DataTest { kind, reason: format!("declared to refer to {other}"), warn: false });
        }
    }
}

/// The table as the embedded database makes it; none where its columns are not known.
fn empty_table(source: &SourceTable, dialect: Dialect) -> Option<EmptyTable> {
    let sql_type = |column: &ColumnDef| {
        type_in(&column.sql_type, dialect, Dialect::DuckDb).unwrap_or_else(|| "varchar".to_owned())
    };
    let columns: Vec<(String, String)> =
        source.columns.iter().map(|column| (column.name.clone(), sql_type(column))).collect();
    (!columns.is_empty()).then(|| EmptyTable {
        schema: source.schema.clone(),
        database: source.database.clone(),
        table: source.identifier.clone().unwrap_or_else(|| source.table.clone()),
        columns,
    })
}
