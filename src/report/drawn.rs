//! The graph for documents: Mermaid, DOT, and a summary in Markdown.
//!
//! In: [`Facts`]. Out: text. The one place where names are escaped for each.

use crate::finding::Severity;
use crate::plan::{Fate, Project};

use super::Facts;
use super::diagram::{Diagram, NodeKind, diagram};

/// Fill and border of a kind, light enough for dark text.
fn colours(kind: NodeKind) -> (&'static str, &'static str) {
    match kind {
        NodeKind::Source | NodeKind::Exposure | NodeKind::Seed => ("#f1f3f5", "#6b7482"),
        NodeKind::Staging => ("#e3f3f1", "#0c7a6f"),
        NodeKind::Intermediate | NodeKind::Temporary => ("#eeeafb", "#6a45c9"),
        NodeKind::Marts | NodeKind::Table | NodeKind::Snapshot => ("#fbeee2", "#a84e08"),
    }
}

/// The graph as a Mermaid flowchart.
pub fn mermaid(facts: &Facts) -> String {
    let graph = diagram(facts);
    let mut text = String::from("flowchart LR\n");
    for (at, node) in graph.nodes.iter().enumerate() {
        text.push_str(&format!("  n{at}[\"{}\"]:::{}\n", entities(&node.name), node.kind.name()));
    }
    for (from, to) in &graph.edges {
        text.push_str(&format!("  n{from} --> n{to}\n"));
    }
    for kind in kinds(&graph) {
        let (fill, border) = colours(kind);
        text.push_str(&format!("  classDef {} fill:{fill},stroke:{border},color:#1b1f27\n", kind.name()));
    }
    text
}

/// Everything but letters, digits and a few marks as Mermaid's entity codes.
fn entities(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_alphanumeric() || "._- ".contains(c) {
            text.push(c);
        } else {
            text.push_str(&format!("#{};", u32::from(c)));
        }
    }
    text
}

fn kinds(graph: &Diagram) -> Vec<NodeKind> {
    let mut kinds: Vec<NodeKind> = graph.nodes.iter().map(|node| node.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// The graph in the language of Graphviz.
pub fn dot(facts: &Facts) -> String {
    let graph = diagram(facts);
    let mut text = String::from(
        "digraph lineage {\n  rankdir=LR;\n  node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\"];\n",
    );
    for (at, node) in graph.nodes.iter().enumerate() {
        let (fill, border) = colours(node.kind);
        let name = quoted(&node.name);
        text.push_str(&format!("  n{at} [label={name}, fillcolor=\"{fill}\", color=\"{border}\"];\n"));
    }
    for (from, to) in &graph.edges {
        text.push_str(&format!("  n{from} -> n{to};\n"));
    }
    text.push_str("}\n");
    text
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// A summary for a pull request.
pub fn markdown(facts: &Facts) -> String {
    let mut text = String::from("# Lineage\n\n");
    if let Some(project) = facts.project {
        text.push_str(&account(project));
    }
    text.push_str("| relation | made from | through |\n| --- | --- | --- |\n");
    for edge in &facts.lineage.relations {
        let via: Vec<String> = edge.via.iter().map(|relation| cell(&relation.to_string())).collect();
        let (from, to) = (cell(&edge.from.to_string()), cell(&edge.to.to_string()));
        text.push_str(&format!("| {to} | {from} | {} |\n", via.join(", ")));
    }
    let count = |severity| facts.findings.iter().filter(|finding| finding.severity() == severity).count();
    text.push_str(&format!(
        "\nFindings: {} errors, {} warnings, {} infos.\n\n```mermaid\n{}```\n",
        count(Severity::Error),
        count(Severity::Warning),
        count(Severity::Info),
        mermaid(facts)
    ));
    text
}

fn account(project: &Project) -> String {
    let count = |fate| project.account.count(fate);
    format!(
        "{} models over {} source tables. {} statements: {} in models, {} settings, {} dropped with a reason, {} left \
         for a person.\n\n",
        project.models.len(),
        project.sources.len(),
        project.account.rows.len(),
        count(Fate::Model),
        count(Fate::Config),
        count(Fate::Dropped),
        count(Fate::Manual),
    )
}

/// A name within a table, as code. A bar would end the cell and a backtick the code, even behind a backslash.
fn cell(name: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if name.contains(['`', '|']) {
        let escaped: String = name.chars().map(|c| format!("&#{};", u32::from(c))).collect();
        return format!("<code>{escaped}</code>");
    }
    format!("`{name}`")
}
