//! The graph with its nodes gathered by folder: models by the folder of their file, sources by schema.
//!
//! In: the graph and the models. Out: a smaller graph with places, and who is in which folder. Nothing where there is
//! no project, or only one folder.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::super::diagram::{Diagram, Node, NodeKind};
use super::super::layout::layout;
use super::graph::{GraphView, HEIGHT, NodeView, edges, width};
use super::models::ModelView;

/// Folders as a graph.
#[derive(Debug, Serialize)]
pub struct FolderView {
    /// One node a folder; no columns.
    pub graph: GraphView,
    /// The nodes of each folder.
    pub members: Vec<Vec<usize>>,
}

/// The folders of a project; none where there is nothing to gather.
pub fn folder_view(diagram: &Diagram, models: &BTreeMap<usize, ModelView>) -> Option<FolderView> {
    if models.is_empty() {
        return None;
    }
    let mut numbers: BTreeMap<(NodeKind, String), usize> = BTreeMap::new();
    let mut members: Vec<Vec<usize>> = Vec::new();
    let mut of_node = Vec::new();
    for (at, node) in diagram.nodes.iter().enumerate() {
        let next = numbers.len();
        let folder = *numbers.entry((node.kind, name(node, models.get(&at)))).or_insert(next);
        if folder == members.len() {
            members.push(Vec::new());
        }
        if let Some(members) = members.get_mut(folder) {
            members.push(at);
        }
        of_node.push(folder);
    }
    let folder = |at: &usize| of_node.get(*at).copied();
    let between: BTreeSet<(usize, usize)> = diagram
        .edges
        .iter()
        .filter_map(|(from, to)| Some((folder(from)?, folder(to)?)))
        .filter(|(from, to)| from != to)
        .collect();
    let between: Vec<(usize, usize)> = between.into_iter().collect();
    let mut named: Vec<(&(NodeKind, String), usize)> = numbers.iter().map(|(key, at)| (key, *at)).collect();
    named.sort_by_key(|(_, at)| *at);
    let sizes: Vec<(f64, f64)> = named.iter().map(|((_, name), _)| (width(name), HEIGHT)).collect();
    let places = layout(&sizes, &between);
    let nodes = named.iter().zip(&sizes).zip(&places.boxes).map(|((((kind, name), _), size), place)| NodeView {
        id: format!("{}:{name}", kind.name()),
        name: name.clone(),
        kind: kind.name(),
        columns: Vec::new(),
        x: place.x,
        y: place.y,
        w: size.0,
        h: size.1,
    });
    let nodes: Vec<NodeView> = nodes.collect();
    let graph = GraphView {
        width: places.width,
        height: places.height,
        nodes,
        edges: edges(&between, &places.passes),
        links: Vec::new(),
    };
    (members.len() > 1).then_some(FolderView { graph, members })
}

fn name(node: &Node, model: Option<&ModelView>) -> String {
    let folder = match model {
        Some(model) => model.path.rsplit_once('/').map(|(folder, _)| folder.trim_start_matches("models/")),
        None if node.kind == NodeKind::Source => node.name.rsplit_once('.').map(|(schema, _)| schema),
        None => None,
    };
    folder.unwrap_or(node.kind.name()).to_owned()
}
