//! The graph of the relations, where nothing is converted. A relation is one node, however often it is written; a temp
//! name is one node a script.

use std::collections::BTreeMap;

use crate::graph::columns;
use crate::name::Relation;
use crate::steps::Lifetime;
use crate::versions::VersionId;

use super::super::Facts;
use super::{Diagram, Node, NodeKind, shown};

pub fn diagram(facts: &Facts) -> Diagram {
    let mut diagram = Diagram::default();
    let mut known: BTreeMap<(Option<usize>, &Relation), usize> = BTreeMap::new();
    let columns = columns(facts.scripts, facts.versions);
    for (at, version) in facts.versions.list.iter().enumerate() {
        let id = VersionId(at);
        let node = *known.entry((version.scope, &version.relation)).or_insert_with(|| {
            diagram.nodes.push(node(facts, version.scope, &version.relation));
            diagram.nodes.len() - 1
        });
        diagram.versions.insert(id, node);
        if let Some(node) = diagram.nodes.get_mut(node) {
            if version.step.is_some() {
                node.kind = if version.lifetime == Lifetime::Temporary { NodeKind::Temporary } else { NodeKind::Table };
            }
            for column in columns.get(id).into_iter().flatten() {
                if !node.columns.contains(&column.name) {
                    node.columns.push(column.name.clone());
                }
            }
        }
    }
    let ends = facts.versions.flows.iter().filter_map(|flow| Some((flow.from, flow.to?)));
    let nodes = ends.filter_map(|(from, to)| Some((*diagram.versions.get(&from)?, *diagram.versions.get(&to)?)));
    diagram.edges = nodes.collect();
    diagram.finish()
}

fn node(facts: &Facts, scope: Option<usize>, relation: &Relation) -> Node {
    let name = shown(relation);
    let script = scope.and_then(|scope| facts.scripts.get(scope));
    // The number tells scripts of the same name apart.
    let id = match (scope, script) {
        (Some(scope), Some(script)) => format!("temporary:{}.{}/{name}", script.name, scope + 1),
        _ => format!("relation:{name}"),
    };
    Node { id, name, kind: NodeKind::Source, columns: Vec::new(), model: None }
}
