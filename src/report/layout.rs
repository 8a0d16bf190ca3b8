//! Places for the boxes of a diagram, left to right, in the way of Sugiyama.
//!
//! In: sizes and edges. Out: for each box its place, for each edge the points that it bends at, so that no edge runs
//! behind a box. The same input gives the same places. Never knows what a box stands for.

mod height;
mod order;
mod pack;
mod rank;
#[cfg(test)]
mod tests;

/// Space between two boxes of one column.
const ROW_GAP: f64 = 16.0;
/// Space between two columns; more where many edges run.
const COLUMN_GAP: f64 = 56.0;
/// The height that an edge takes up in a column that it only passes.
const LANE: f64 = 6.0;
/// A point; of a box, its upper left corner.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Downwards.
    pub y: f64,
}

/// Where an edge passes a column: at this height, from `from` to `to`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pass {
    /// Left end.
    pub from: f64,
    /// Right end.
    pub to: f64,
    /// Height.
    pub y: f64,
}

/// A finished layout.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layout {
    /// The upper left corner of each box.
    pub boxes: Vec<Point>,
    /// For each edge, the columns that it passes between its ends, in its direction.
    pub passes: Vec<Vec<Pass>>,
    /// Width of the whole.
    pub width: f64,
    /// Height of the whole.
    pub height: f64,
}

/// Lays out boxes of `sizes` (width, height). An edge from a box to itself, or one of a circle, has no say in it.
pub fn layout(sizes: &[(f64, f64)], edges: &[(usize, usize)]) -> Layout {
    let forward = rank::without_circles(sizes.len(), edges);
    let ranks = rank::ranks(sizes.len(), &forward);
    let mut all = Layout { boxes: vec![Point::default(); sizes.len()], ..Layout::default() };
    all.passes = vec![Vec::new(); edges.len()];
    let parts = rank::components(sizes.len(), &forward);
    let blocks: Vec<Block> = parts.iter().map(|part| block(part, sizes, &forward, &ranks)).collect();
    let extents: Vec<(f64, f64)> = blocks.iter().map(|block| (block.width, block.height)).collect();
    let (origins, width, height) = pack::pack(&extents);
    for (block, origin) in blocks.iter().zip(origins) {
        block.put(origin, &forward, edges, &mut all);
    }
    (all.width, all.height) = (width, height);
    all
}

/// A connected part of the graph, laid out by itself.
struct Block {
    width: f64,
    height: f64,
    boxes: Vec<(usize, Point)>,
    /// By index of the forward edge.
    passes: Vec<(usize, Vec<Pass>)>,
}

/// A box, or the place of an edge in a column that it passes.
struct Slot {
    rank: usize,
    size: (f64, f64),
    y: f64,
}

impl Slot {
    /// Whether it is only the place of an edge.
    fn is_bend(&self) -> bool {
        self.size.0 == 0.0
    }
}

/// From slot to slot, each in the column right of the other.
type Link = (usize, usize);

/// The entry at `index`, or the type's zero.
fn at<T: Copy + Default>(list: &[T], index: usize) -> T {
    list.get(index).copied().unwrap_or_default()
}

fn block(part: &[usize], sizes: &[(f64, f64)], forward: &[Option<(usize, usize)>], ranks: &[usize]) -> Block {
    let first = part.iter().map(|node| at(ranks, *node)).min().unwrap_or(0);
    let slot = |node: &usize| {
        let size = at(sizes, *node);
        Slot { rank: at(ranks, *node) - first, size, y: 0.0 }
    };
    let mut slots: Vec<Slot> = part.iter().map(slot).collect();
    let mut links = Vec::new();
    let mut chains = Vec::new();
    for (edge, ends) in forward.iter().enumerate() {
        let Some((from, to)) = *ends else { continue };
        let (Ok(from), Ok(to)) = (part.binary_search(&from), part.binary_search(&to)) else { continue };
        let chain = subdivide(&mut slots, from, to, &mut links);
        chains.push((edge, chain));
    }
    let columns = order::order(&slots, &links);
    height::heights(&mut slots, &links, &columns);
    let columns = columns_x(&slots, &links);
    finish(part, &slots, &columns, chains)
}

/// Adds a slot in every column between the ends, and the links from slot to slot.
fn subdivide(slots: &mut Vec<Slot>, from: usize, to: usize, links: &mut Vec<Link>) -> Vec<usize> {
    let rank = |slots: &[Slot], slot: usize| slots.get(slot).map_or(0, |slot| slot.rank);
    let mut chain = Vec::new();
    let mut last = from;
    for rank in rank(slots, from) + 1..rank(slots, to) {
        slots.push(Slot { rank, size: (0.0, LANE), y: 0.0 });
        chain.push(slots.len() - 1);
        links.push((last, slots.len() - 1));
        last = slots.len() - 1;
    }
    links.push((last, to));
    chain
}

/// Left end and width of each column.
fn columns_x(slots: &[Slot], links: &[Link]) -> Vec<(f64, f64)> {
    let count = slots.iter().map(|slot| slot.rank + 1).max().unwrap_or(0);
    let mut widths = vec![0.0_f64; count];
    for slot in slots {
        if let Some(width) = widths.get_mut(slot.rank) {
            *width = width.max(slot.size.0);
        }
    }
    let mut leaving = vec![0_u32; count];
    for (from, _) in links {
        if let Some(count) = slots.get(*from).and_then(|slot| leaving.get_mut(slot.rank)) {
            *count += 1;
        }
    }
    let mut x = 0.0;
    let mut columns = Vec::with_capacity(count);
    for (width, leaving) in widths.into_iter().zip(leaving) {
        columns.push((x, width));
        x += width + COLUMN_GAP + (f64::from(leaving) * 3.0).min(140.0);
    }
    columns
}

fn finish(part: &[usize], slots: &[Slot], columns: &[(f64, f64)], chains: Vec<(usize, Vec<usize>)>) -> Block {
    let column = |slot: &Slot| at(columns, slot.rank);
    let pass = |slot: &usize| {
        slots.get(*slot).map(|slot| {
            let (x, width) = column(slot);
            Pass { from: x, to: x + width, y: slot.y + LANE / 2.0 }
        })
    };
    let boxes = part.iter().zip(slots).map(|(node, slot)| (*node, Point { x: column(slot).0, y: slot.y }));
    Block {
        width: columns.last().map_or(0.0, |(x, width)| x + width),
        height: slots.iter().map(|slot| slot.y + slot.size.1).fold(0.0, f64::max),
        boxes: boxes.collect(),
        passes: chains.into_iter().map(|(edge, chain)| (edge, chain.iter().filter_map(pass).collect())).collect(),
    }
}

impl Block {
    fn put(&self, origin: Point, forward: &[Option<(usize, usize)>], edges: &[(usize, usize)], all: &mut Layout) {
        for (node, place) in &self.boxes {
            if let Some(slot) = all.boxes.get_mut(*node) {
                *slot = Point { x: round(origin.x + place.x), y: round(origin.y + place.y) };
            }
        }
        for (edge, passes) in &self.passes {
            let Some(slot) = all.passes.get_mut(*edge) else { continue };
            let moved = |pass: &Pass| Pass {
                from: round(origin.x + pass.from),
                to: round(origin.x + pass.to),
                y: round(origin.y + pass.y),
            };
            *slot = passes.iter().map(moved).collect();
            // An edge of a circle was laid out the other way round.
            if forward.get(*edge).copied().flatten() != edges.get(*edge).copied() {
                slot.reverse();
            }
        }
    }
}

/// Half pixels: shorter numbers, and no trace of how floating point rounds.
fn round(value: f64) -> f64 {
    (value * 2.0).round() / 2.0
}
