//! Assets (datasets): what starts a DAG, and what a task says that it changes.
//!
//! In: the values of `schedule` and `outlets`. Out: names and URIs, so that one asset is the same wherever it is named from.
//! Never says which DAG makes an asset.

use std::collections::BTreeSet;

use super::objects::DagObject;
use super::state::Dags;
use crate::read::python::{Argument, Evaluator, Value};
use crate::steps::Schedule;

/// What makes assets, and what stands for one in an expression.
const MAKERS: &[&str] = &["Asset", "Dataset", "AssetAlias", "DatasetAlias", "AssetRef", "AssetNameRef", "AssetUriRef"];

/// How deep lists and timetables are looked into.
const DEPTH: usize = 12;

/// When a DAG runs, by the argument of that name.
pub(super) fn schedule(evaluator: &mut Evaluator, item: &Argument) -> Schedule {
    let assets = assets(evaluator, item);
    let text = match &item.value {
        Value::None => None,
        Value::Text(text) => Some(text.fragment().text().to_owned()),
        Value::External(external) => Some(evaluator.source_text(external.span).to_owned()),
        other => Some(evaluator.represented(other).unwrap_or_else(|| evaluator.source_text(item.span).to_owned())),
    };
    Schedule { text, assets }
}

/// The names and URIs of all assets in an argument.
pub(super) fn assets(evaluator: &mut Evaluator, item: &Argument) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(evaluator, &item.value, &mut found, 0);
    if found.is_empty() {
        // `first | second`, of which only the text is there.
        for value in
            words(evaluator.source_text(item.span)).filter_map(|word| evaluator.named(word)).collect::<Vec<_>>()
        {
            collect(evaluator, &value, &mut found, 0);
        }
    }
    found
}

fn collect(evaluator: &mut Evaluator, value: &Value, found: &mut BTreeSet<String>, depth: usize) {
    if depth > DEPTH {
        return;
    }
    if let Some(dag) = value.object::<DagObject>() {
        // `@asset` makes a DAG that is called as its asset.
        let dags = evaluator.state::<Dags>();
        found.extend(dags.borrow().dags.get(dag.0).map(|dag| dag.id.clone()));
        return;
    }
    if let Some(items) = value.items() {
        for item in items {
            collect(evaluator, &item, found, depth + 1);
        }
        return;
    }
    let Value::External(external) = value else { return };
    let Some(arguments) = &external.arguments else { return };
    let is_asset = MAKERS.contains(&external.last());
    for item in &arguments.items {
        let names = item.name.as_deref().is_none_or(|name| matches!(name, "name" | "uri"));
        match item.value.as_text() {
            Some(text) if is_asset && names => {
                found.insert(text.to_owned());
            }
            Some(_) => {}
            None if is_asset => {}
            None => collect(evaluator, &item.value, found, depth + 1),
        }
    }
}

/// The names in an expression.
fn words(expression: &str) -> impl Iterator<Item = &str> {
    let words = expression.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '_'))
}
