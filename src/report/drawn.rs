//! The graph for documents: Mermaid, DOT, and a summary in Markdown.
//!
//! In: [`Facts`]. Out: text. The one place where names are escaped for each.

use std::collections::BTreeSet;

use crate::finding::Severity;
use crate::plan::{Fate, Project};

use super::Facts;
use super::diagram::{ColumnLink, Diagram, Node, NodeKind, column_links, diagram};

/// Fill and border of a kind, light enough for dark text.
fn colours(kind: NodeKind) -> (&'static str, &'static str) {
    match kind {
        NodeKind::Source | NodeKind::Exposure | NodeKind::Seed => ("#f1f3f5", "#6b7482"),
        NodeKind::Staging => ("#e3f3f1", "#0c7a6f"),
        NodeKind::Intermediate | NodeKind::Temporary => ("#eeeafb", "#6a45c9"),
        NodeKind::Marts | NodeKind::Table | NodeKind::Snapshot => ("#fbeee2", "#a84e08"),
    }
}

/// The graph as a Mermaid flowchart; with its columns, each relation is a box that holds them.
pub fn mermaid(facts: &Facts, columns: bool) -> String {
    if columns { mermaid_columns(facts) } else { mermaid_relations(facts) }
}

fn mermaid_relations(facts: &Facts) -> String {
    let graph = diagram(facts);
    let mut text = String::from("flowchart LR\n");
    for (at, node) in graph.nodes.iter().enumerate() {
        text.push_str(&format!("  n{at}[\"{}\"]:::{}\n", entities(&node.name), node.kind.name()));
    }
    for (from, to) in &graph.edges {
        text.push_str(&format!("  n{from} --> n{to}\n"));
    }
    text.push_str(&classes(&graph));
    text
}

fn classes(graph: &Diagram) -> String {
    let class = |kind: NodeKind| {
        let (fill, border) = colours(kind);
        format!("  classDef {} fill:{fill},stroke:{border},color:#1b1f27\n", kind.name())
    };
    kinds(graph).into_iter().map(class).collect()
}

fn mermaid_columns(facts: &Facts) -> String {
    let mut graph = diagram(facts);
    let links = column_links(facts, &mut graph);
    let mut text = String::from("flowchart LR\n");
    for (at, node) in graph.nodes.iter().enumerate() {
        text.push_str(&format!("  subgraph n{at}[\"{}\"]\n    direction TB\n", entities(&node.name)));
        for (column, name) in node.columns.iter().enumerate() {
            text.push_str(&format!("    n{at}c{column}[\"{}\"]\n", entities(name)));
        }
        // A subgraph without content is not drawn.
        if node.columns.is_empty() {
            text.push_str(&format!("    n{at}c[\" \"]\n"));
        }
        text.push_str("  end\n");
    }
    for ((from, column), (to, target)) in copied(&links) {
        text.push_str(&format!("  n{from}c{column} --> n{to}c{target}\n"));
    }
    for (from, to) in without_links(&graph, &links) {
        text.push_str(&format!("  n{from} --> n{to}\n"));
    }
    for (at, node) in graph.nodes.iter().enumerate() {
        text.push_str(&format!("  class n{at} {}\n", node.kind.name()));
    }
    text.push_str(&classes(&graph));
    text
}

/// The links that end in a column, without those that decide rows.
fn copied(links: &[ColumnLink]) -> impl Iterator<Item = ((usize, usize), (usize, usize))> {
    links.iter().filter_map(|link| Some((link.from, (link.to.0, link.to.1?))))
}

/// Edges between nodes of which no column goes into another.
fn without_links(graph: &Diagram, links: &[ColumnLink]) -> Vec<(usize, usize)> {
    let linked: BTreeSet<(usize, usize)> = copied(links).map(|(from, to)| (from.0, to.0)).collect();
    graph.edges.iter().filter(|edge| !linked.contains(edge)).copied().collect()
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

/// The graph in the language of Graphviz; with its columns, each relation is a table that holds them.
pub fn dot(facts: &Facts, columns: bool) -> String {
    let mut graph = diagram(facts);
    let links = if columns { column_links(facts, &mut graph) } else { Vec::new() };
    let shape = if columns { "shape=plain" } else { "shape=box, style=\"rounded,filled\"" };
    let mut text = format!("digraph lineage {{\n  rankdir=LR;\n  node [{shape}, fontname=\"Helvetica\"];\n");
    for (at, node) in graph.nodes.iter().enumerate() {
        let (fill, border) = colours(node.kind);
        let label = if columns {
            format!("label=<{}>", table(node))
        } else {
            format!("label={}, fillcolor=\"{fill}\", color=\"{border}\"", quoted(&node.name))
        };
        text.push_str(&format!("  n{at} [{label}];\n"));
    }
    for ((from, column), (to, target)) in copied(&links) {
        text.push_str(&format!("  n{from}:c{column}:e -> n{to}:c{target}:w;\n"));
    }
    for (from, to) in without_links(&graph, &links) {
        text.push_str(&format!("  n{from} -> n{to};\n"));
    }
    text.push_str("}\n");
    text
}

/// A node with its columns, each with a port.
fn table(node: &Node) -> String {
    let (fill, border) = colours(node.kind);
    let mut text = format!(
        "<table border=\"0\" cellborder=\"1\" cellspacing=\"0\" cellpadding=\"4\" color=\"{border}\">\
         <tr><td bgcolor=\"{fill}\"><b>{}</b></td></tr>",
        references(&node.name)
    );
    for (at, column) in node.columns.iter().enumerate() {
        text.push_str(&format!("<tr><td port=\"c{at}\" align=\"left\">{}</td></tr>", references(column)));
    }
    text.push_str("</table>");
    text
}

/// Everything but letters, digits and a few marks as character references. A cell without text is refused.
fn references(name: &str) -> String {
    if name.is_empty() {
        return "&#32;".to_owned();
    }
    let plain = |c: char| c.is_alphanumeric() || "._- ".contains(c);
    name.chars().map(|c| if plain(c) { c.to_string() } else { format!("&#{};", u32::from(c)) }).collect()
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
        mermaid(facts, false)
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
