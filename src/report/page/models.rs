//! Models for the page: their text, where they came from, what changed on the way.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::emit::{Files, model_path};
use crate::plan::{DataTest, Materialized, Model, Piece, Project, TestKind};

use super::super::Facts;
use super::super::diagram::Diagram;
use super::super::diagram::temporary_models;
use super::scripts::Unit;

/// A model.
#[derive(Debug, Serialize)]
pub struct ModelView {
    pub path: String,
    pub materialized: &'static str,
    pub schema: String,
    pub relation: String,
    pub description: String,
    pub text: String,
    /// Statements that it was made from.
    pub units: Vec<usize>,
    pub changes: Vec<Change>,
    pub tests: Vec<TestView>,
    /// Why a person must finish it; may be empty.
    pub manual: String,
}

/// What changed from the script to the model.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// `kept`, `source`, `ref`, `var`, `first run`, `this`.
    pub kind: &'static str,
    pub before: String,
    pub after: String,
}

/// A test.
#[derive(Debug, Serialize)]
pub struct TestView {
    /// Empty for a test over several columns.
    pub column: String,
    pub kind: String,
    pub reason: String,
    pub warn: bool,
}

/// All models, by node.
pub fn model_views(
    facts: &Facts,
    diagram: &Diagram,
    files: Option<&Files>,
    units: &[Unit],
) -> BTreeMap<usize, ModelView> {
    let Some(project) = facts.project else { return BTreeMap::new() };
    let temporary = temporary_models(facts, diagram);
    let mut made_from: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, unit) in units.iter().enumerate() {
        if let Some(node) = unit.node {
            made_from.entry(node).or_default().push(at);
        }
    }
    let mut views = BTreeMap::new();
    for (node, at) in diagram.nodes.iter().enumerate().filter_map(|(at, node)| Some((at, node.model?))) {
        if let Some(model) = project.models.get(at) {
            let mut view = view(project, model, files);
            if let Some(relation) = temporary.get(&at) {
                view.changes.insert(0, change("kept", relation, &format!("{} `{}`", view.materialized, model.name)));
            }
            view.units = made_from.remove(&node).unwrap_or_default();
            views.insert(node, view);
        }
    }
    views
}

fn view(project: &Project, model: &Model, files: Option<&Files>) -> ModelView {
    let path = model_path(model);
    let mut changes = Vec::new();
    pieces(project, &model.body, &mut changes);
    if let Materialized::Incremental(incremental) = &model.materialized {
        let key = incremental.unique_key.join(", ");
        changes.push(change("materialized", &incremental.strategy, &format!("incremental {key}")));
    }
    ModelView {
        text: files.and_then(|files| files.get(&path)).cloned().unwrap_or_default(),
        path,
        materialized: model.materialized.name(),
        schema: model.schema.clone().unwrap_or_default(),
        relation: model.relation.clone(),
        description: model.description.clone(),
        units: Vec::new(),
        changes,
        tests: tests(model),
        manual: model.manual.as_ref().map(|manual| manual.reason.clone()).unwrap_or_default(),
    }
}

fn change(kind: &'static str, before: &str, after: &str) -> Change {
    Change { kind, before: before.to_owned(), after: after.to_owned() }
}

/// What stands in the model in place of something of the script, each once, in the order of the text.
fn pieces(project: &Project, body: &[Piece], changes: &mut Vec<Change>) {
    for piece in body {
        let found = match piece {
            Piece::Text(_) | Piece::Macro { .. } => continue,
            Piece::Ref(name) => {
                let model = project.models.iter().find(|model| model.name == *name);
                let before = model.map_or(name, |model| &model.relation);
                change("ref", before, &format!("ref('{name}')"))
            }
            Piece::Source { source, table } => {
                let known = project.sources.iter().find(|known| known.source == *source && known.table == *table);
                let before = known.map_or(table, |known| &known.relation);
                change("source", before, &format!("source('{source}', '{table}')"))
            }
            Piece::Var { name, .. } => change("var", name, &format!("var('{name}')")),
            Piece::This => change("this", "", "this"),
            Piece::IfIncremental(inner) => {
                pieces(project, inner, changes);
                change("first run", "", "is_incremental()")
            }
            Piece::Each { pieces: inner, .. } => {
                pieces(project, inner, changes);
                change("columns", "", "columns_of(this)")
            }
            Piece::If { condition, then, otherwise } => {
                pieces(project, then, changes);
                pieces(project, otherwise, changes);
                change("if", "", &format!("if {condition}"))
            }
        };
        if !changes.contains(&found) {
            changes.push(found);
        }
    }
}

fn tests(model: &Model) -> Vec<TestView> {
    let of_columns =
        model.columns.iter().flat_map(|column| column.tests.iter().map(|test| (column.name.as_str(), test)));
    of_columns.chain(model.tests.iter().map(|test| ("", test))).map(|(column, test)| test_view(column, test)).collect()
}

fn test_view(column: &str, test: &DataTest) -> TestView {
    let kind = match &test.kind {
        TestKind::Unique => "unique".to_owned(),
        TestKind::NotNull => "not_null".to_owned(),
        TestKind::AcceptedValues(values) => format!("accepted_values: {}", values.join(", ")),
        TestKind::Relationships { to, field } => {
            let name = match to {
                crate::plan::Dependency::Model(name)
                | crate::plan::Dependency::Seed(name)
                | crate::plan::Dependency::Snapshot(name)
                | crate::plan::Dependency::Source(_, name) => name,
            };
            format!("relationships: {name}.{field}")
        }
        TestKind::UniqueCombination(columns) => format!("unique together: {}", columns.join(", ")),
    };
    TestView { column: column.to_owned(), kind, reason: test.reason.clone(), warn: test.warn }
}
