//! The graph with places, for the page.

use serde::Serialize;

use super::super::diagram::{ColumnLink, Diagram};
use super::super::layout::{Pass, layout};

/// Height of a box with its columns folded.
pub const HEIGHT: f64 = 44.0;
/// Width of a character of a name, in the page's fixed-width type.
const CHARACTER: f64 = 7.3;
/// Width of a box besides its name.
const MARGIN: f64 = 34.0;
/// Boxes are no narrower and no wider than this; the page cuts longer names and shows them whole on demand.
const WIDTHS: (f64, f64) = (128.0, 340.0);

/// A graph with places.
#[derive(Debug, Serialize)]
pub struct GraphView {
    pub width: f64,
    pub height: f64,
    pub nodes: Vec<NodeView>,
    pub edges: Vec<EdgeView>,
    /// From node, its column, to node, its column (or -1 for its rows), how.
    pub links: Vec<(usize, usize, usize, i64, &'static str)>,
}

/// A node.
#[derive(Debug, Serialize)]
pub struct NodeView {
    pub id: String,
    pub name: String,
    pub kind: &'static str,
    pub columns: Vec<String>,
    pub x: f64,
    pub y: f64,
    pub w: f64,
    pub h: f64,
}

/// An edge, with the columns that it passes: left end, right end, height.
#[derive(Debug, Serialize)]
pub struct EdgeView {
    pub from: usize,
    pub to: usize,
    pub passes: Vec<(f64, f64, f64)>,
}

/// Places for the graph.
pub fn graph_view(diagram: &Diagram, links: &[ColumnLink]) -> GraphView {
    let sizes: Vec<(f64, f64)> = diagram.nodes.iter().map(|node| (width(&node.name), HEIGHT)).collect();
    let places = layout(&sizes, &diagram.edges);
    let nodes = diagram.nodes.iter().zip(&sizes).zip(&places.boxes).map(|((node, size), place)| NodeView {
        id: node.id.clone(),
        name: node.name.clone(),
        kind: node.kind.name(),
        columns: node.columns.clone(),
        x: place.x,
        y: place.y,
        w: size.0,
        h: size.1,
    });
    GraphView {
        width: places.width,
        height: places.height,
        nodes: nodes.collect(),
        edges: edges(&diagram.edges, &places.passes),
        links: links.iter().map(link).collect(),
    }
}

fn link(link: &ColumnLink) -> (usize, usize, usize, i64, &'static str) {
    let column = link.to.1.and_then(|column| i64::try_from(column).ok()).unwrap_or(-1);
    (link.from.0, link.from.1, link.to.0, column, link.how.name())
}

/// Edges with where they pass.
pub fn edges(edges: &[(usize, usize)], passes: &[Vec<Pass>]) -> Vec<EdgeView> {
    let view = |((from, to), passes): (&(usize, usize), &Vec<Pass>)| EdgeView {
        from: *from,
        to: *to,
        passes: passes.iter().map(|pass| (pass.from, pass.to, pass.y)).collect(),
    };
    edges.iter().zip(passes).map(view).collect()
}

/// The width of a box for that name. Characters of wide scripts and emoji take two places.
pub fn width(name: &str) -> f64 {
    let places = |c: char| if u32::from(c) >= 0x1100 { 2.0 } else { 1.0 };
    let text: f64 = name.chars().map(places).sum::<f64>() * CHARACTER;
    (text + MARGIN).ceil().clamp(WIDTHS.0, WIDTHS.1)
}
