//! What the page's scripts get: everything they show, as one value. Only the page reads it; it is no contract.
//!
//! In: [`Facts`]. Out: [`Page`]. Numbers of nodes, units and files are indices into the page's lists.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::emit::Files;
use crate::finding::Code;

use super::super::Facts;
use super::super::contract;
use super::super::diagram::{Diagram, column_links, diagram};
use super::super::json::{account, findings};
use super::dags::{DagView, dag_views};
use super::folders::{FolderView, folder_view};
use super::graph::{GraphView, graph_view};
use super::models::{ModelView, model_views};
use super::order::{OrderView, order_view};
use super::scripts::{FileView, ScriptView, Unit, scripts, units};

/// Everything that the page shows.
#[derive(Debug, Serialize)]
pub struct Page {
    /// Of the project, or of the only script; may be empty.
    pub title: String,
    /// The program that made it.
    pub generator: &'static str,
    /// Whether there is a project.
    pub converted: bool,
    pub files: Vec<FileView>,
    pub scripts: Vec<ScriptView>,
    pub units: Vec<Unit>,
    pub graph: GraphView,
    /// The same by folders; null where there is nothing to gather.
    pub folders: Option<FolderView>,
    /// Who a DAG says is answerable for the task that makes a node, by node.
    pub owners: BTreeMap<usize, String>,
    /// By node; null for what is no model.
    pub models: BTreeMap<usize, ModelView>,
    pub order: OrderView,
    pub account: Option<contract::Account>,
    pub findings: Vec<contract::Finding>,
    /// Titles of the findings' codes.
    pub codes: BTreeMap<&'static str, &'static str>,
    pub dags: Vec<DagView>,
}

/// The value for the page.
pub fn page(facts: &Facts, files: Option<&Files>) -> Page {
    let mut graph = diagram(facts);
    let links = column_links(facts, &mut graph);
    let units = units(facts, &graph);
    let models = model_views(facts, &graph, files, &units);
    let codes = facts.findings.iter().map(|finding| title(finding.code)).collect();
    Page {
        title: heading(facts),
        generator: concat!("refract ", env!("CARGO_PKG_VERSION")),
        converted: facts.project.is_some(),
        files: super::scripts::files(facts),
        scripts: scripts(facts),
        folders: folder_view(&graph, &models),
        owners: owners(facts, &graph),
        models,
        order: order_view(facts, &graph),
        account: facts.project.map(|_| account(facts)),
        findings: findings(facts),
        codes,
        dags: dag_views(facts),
        graph: graph_view(&graph, &links),
        units,
    }
}

/// The owners that tasks name as a plain string.
fn owners(facts: &Facts, diagram: &Diagram) -> BTreeMap<usize, String> {
    let mut owners = BTreeMap::new();
    for (version, node) in &diagram.versions {
        let step = facts.versions.get(*version).and_then(|version| version.step);
        let script = step.and_then(|step| facts.scripts.get(step.script));
        let task = step.zip(script).and_then(|(step, script)| script.tasks.get(script.steps.get(step.step)?.task?));
        let owner = task.and_then(|task| task.arguments.iter().find(|(name, _)| name == "owner"));
        let Some((_, written)) = owner else { continue };
        let plain = ['"', '\''].iter().find_map(|quote| written.strip_prefix(*quote)?.strip_suffix(*quote));
        if let Some(plain) = plain.filter(|plain| !plain.is_empty()) {
            owners.entry(*node).or_insert_with(|| plain.to_owned());
        }
    }
    owners
}

fn title(code: Code) -> (&'static str, &'static str) {
    (code.name(), code.rule().title)
}

fn heading(facts: &Facts) -> String {
    match (facts.project, facts.scripts) {
        (Some(project), _) if !project.name.is_empty() => project.name.clone(),
        (_, [only]) => only.name.clone(),
        _ => String::new(),
    }
}
