//! What the page's scripts get: everything they show, as one value. Only the page reads it; it is no contract.
//!
//! In: [`Facts`]. Out: [`Page`]. Numbers of nodes, units and files are indices into the page's lists.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::emit::Files;
use crate::finding::Code;

use super::super::Facts;
use super::super::contract;
use super::super::diagram::{column_links, diagram};
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
