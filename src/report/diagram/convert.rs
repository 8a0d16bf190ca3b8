//! The graph of a project.

use std::collections::BTreeMap;

use crate::plan::{Dependency, Layer, Model, Project};
use crate::steps::Lifetime;
use crate::text::Span;
use crate::versions::VersionId;

use super::super::Facts;
use super::super::json::dependency_name;
use super::{Diagram, Node, NodeKind, shown};

pub fn diagram(facts: &Facts, project: &Project) -> Diagram {
    let mut diagram = Diagram { nodes: nodes(project), ..Diagram::default() };
    let ids: BTreeMap<String, usize> =
        diagram.nodes.iter().enumerate().map(|(at, node)| (node.id.clone(), at)).collect();
    let mut connect = |to: &str, depends_on: &[Dependency]| {
        let from = depends_on.iter().filter_map(|dependency| ids.get(&dependency_name(project, dependency)));
        if let Some(to) = ids.get(to) {
            diagram.edges.extend(from.map(|from| (*from, *to)));
        }
    };
    for model in &project.models {
        connect(&format!("model:{}", model.name), &model.depends_on);
    }
    for snapshot in &project.snapshots {
        connect(&format!("snapshot:{}", snapshot.name), std::slice::from_ref(&snapshot.relation));
    }
    for exposure in &project.exposures {
        connect(&format!("exposure:{}", exposure.name), &exposure.depends_on);
    }
    diagram.versions = versions(facts, project, &ids);
    diagram.finish()
}

fn nodes(project: &Project) -> Vec<Node> {
    let node = |id: String, name: &str, kind, columns: Vec<String>| Node {
        id,
        name: name.to_owned(),
        kind,
        columns,
        model: None,
    };
    let mut nodes = Vec::new();
    for source in &project.sources {
        let columns = source.columns.iter().map(|column| column.name.clone()).collect();
        nodes.push(node(format!("source:{}", source.relation), &source.relation, NodeKind::Source, columns));
    }
    for seed in &project.seeds {
        let columns = seed.columns.iter().map(|column| column.name.clone()).collect();
        nodes.push(node(format!("seed:{}", seed.name), &seed.name, NodeKind::Seed, columns));
    }
    for (at, model) in project.models.iter().enumerate() {
        let columns = model.columns.iter().map(|column| column.name.clone()).collect();
        let made = node(format!("model:{}", model.name), &model.name, kind(model.layer), columns);
        nodes.push(Node { model: Some(at), ..made });
    }
    for snapshot in &project.snapshots {
        nodes.push(node(format!("snapshot:{}", snapshot.name), &snapshot.name, NodeKind::Snapshot, Vec::new()));
    }
    for exposure in &project.exposures {
        nodes.push(node(format!("exposure:{}", exposure.name), &exposure.name, NodeKind::Exposure, Vec::new()));
    }
    nodes
}

fn kind(layer: Layer) -> NodeKind {
    match layer {
        Layer::Staging => NodeKind::Staging,
        Layer::Intermediate => NodeKind::Intermediate,
        Layer::Marts => NodeKind::Marts,
    }
}

/// A version belongs to the model that its statement became part of; one that nothing writes to the source.
fn versions(facts: &Facts, project: &Project, ids: &BTreeMap<String, usize>) -> BTreeMap<VersionId, usize> {
    let mut by_span: BTreeMap<Span, Vec<&Model>> = BTreeMap::new();
    for model in &project.models {
        for span in &model.origin {
            by_span.entry(*span).or_default().push(model);
        }
    }
    let mut found = BTreeMap::new();
    for (at, version) in facts.versions.list.iter().enumerate() {
        let name = shown(&version.relation);
        let id = match version.step {
            None => Some(format!("source:{name}")),
            Some(step) => {
                let span = facts.scripts.get(step.script).and_then(|script| script.steps.get(step.step));
                let models = span.and_then(|step| by_span.get(&step.span)).map_or(&[][..], Vec::as_slice);
                let same = models.iter().find(|model| model.relation == name);
                same.or(models.first()).map(|model| format!("model:{}", model.name))
            }
        };
        if let Some(node) = id.and_then(|id| ids.get(&id)) {
            found.insert(VersionId(at), *node);
        }
    }
    found
}

/// The temporary relation that each model stands for, where it stands for one.
pub fn temporary_models(facts: &Facts, diagram: &Diagram) -> BTreeMap<usize, String> {
    let mut found = BTreeMap::new();
    for (id, node) in &diagram.versions {
        let version = facts.versions.get(*id).filter(|version| version.lifetime == Lifetime::Temporary);
        let model = diagram.nodes.get(*node).and_then(|node| node.model);
        if let (Some(version), Some(model)) = (version, model) {
            found.insert(model, version.relation.to_string());
        }
    }
    found
}
