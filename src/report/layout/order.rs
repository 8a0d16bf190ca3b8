//! The order of the slots within each column, with few crossings.
//!
//! In: slots with their columns, links between neighbouring columns. Out: the slots of each column from top to bottom.
//! Sweeps to and fro; in each column the slots are sorted by the mean place of their neighbours. The best order counts.

use super::{Link, Slot, at};

/// Sweeps in all. More change little.
const SWEEPS: usize = 24;
/// Sweeps without gain after which it stops.
const PATIENCE: usize = 6;

/// The slots of each column, from top to bottom.
pub fn order(slots: &[Slot], links: &[Link]) -> Vec<Vec<usize>> {
    let mut columns = start(slots, links);
    let (before, after) = neighbours(slots.len(), links);
    let mut best = columns.clone();
    let mut fewest = crossings(&columns, &after, slots.len());
    let mut vain = 0;
    for sweep in 0..SWEEPS {
        if fewest == 0 || vain == PATIENCE {
            break;
        }
        let forward = sweep % 2 == 0;
        sweep_once(&mut columns, if forward { &before } else { &after }, forward, slots.len());
        swap_neighbours(&mut columns, &before, &after, slots.len());
        let count = crossings(&columns, &after, slots.len());
        vain = if count < fewest { 0 } else { vain + 1 };
        if count < fewest {
            (best, fewest) = (columns.clone(), count);
        }
    }
    best
}

/// Neighbours to the left and to the right of each slot.
pub fn neighbours(count: usize, links: &[Link]) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
    let (mut before, mut after) = (vec![Vec::new(); count], vec![Vec::new(); count]);
    for (from, to) in links {
        if let (Some(left), Some(right)) = (before.get_mut(*to), after.get_mut(*from)) {
            left.push(*from);
            right.push(*to);
        }
    }
    (before, after)
}

/// Columns in the order in which a walk along the links meets the slots: what belongs together starts together.
fn start(slots: &[Slot], links: &[Link]) -> Vec<Vec<usize>> {
    let (before, after) = neighbours(slots.len(), links);
    let count = slots.iter().map(|slot| slot.rank + 1).max().unwrap_or(0);
    let mut columns = vec![Vec::new(); count];
    let mut seen = vec![false; slots.len()];
    for root in 0..slots.len() {
        let mut stack = vec![root];
        while let Some(slot) = stack.pop() {
            match seen.get_mut(slot) {
                Some(seen) if !*seen => *seen = true,
                Some(_) | None => continue,
            }
            if let Some(column) = slots.get(slot).and_then(|slot| columns.get_mut(slot.rank)) {
                column.push(slot);
            }
            let next = [&before, &after].into_iter().filter_map(|lists| lists.get(slot)).flatten();
            let next: Vec<usize> = next.copied().collect();
            stack.extend(next.into_iter().rev());
        }
    }
    columns
}

fn places(columns: &[Vec<usize>], count: usize) -> Vec<usize> {
    let mut places = vec![0; count];
    for column in columns {
        for (place, slot) in column.iter().enumerate() {
            if let Some(entry) = places.get_mut(*slot) {
                *entry = place;
            }
        }
    }
    places
}

/// Sorts each column by the mean place of its neighbours in the column before it. A slot without any keeps its place.
fn sweep_once(columns: &mut [Vec<usize>], neighbours: &[Vec<usize>], forward: bool, count: usize) {
    let mut places = places(columns, count);
    let total = columns.len();
    for step in 1..total {
        let index = if forward { step } else { total - 1 - step };
        let Some(column) = columns.get_mut(index) else { continue };
        let mut keyed: Vec<(f64, usize)> =
            column.iter().map(|slot| (mean(neighbours.get(*slot), &places, *slot), *slot)).collect();
        keyed.sort_by(|left, right| left.0.total_cmp(&right.0));
        *column = keyed.into_iter().map(|(_, slot)| slot).collect();
        for (place, slot) in column.iter().enumerate() {
            if let Some(entry) = places.get_mut(*slot) {
                *entry = place;
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "places in a column are far below 2^52")]
fn mean(neighbours: Option<&Vec<usize>>, places: &[usize], slot: usize) -> f64 {
    match neighbours.filter(|list| !list.is_empty()) {
        Some(list) => list.iter().map(|other| at(places, *other) as f64).sum::<f64>() / list.len() as f64,
        None => at(places, slot) as f64,
    }
}

/// Swaps neighbours of a column where that takes crossings away.
fn swap_neighbours(columns: &mut [Vec<usize>], before: &[Vec<usize>], after: &[Vec<usize>], count: usize) {
    let mut places = places(columns, count);
    for column in columns.iter_mut() {
        for low in 1..column.len() {
            let (upper, lower) = (at(column, low - 1), at(column, low));
            let cost = |first: usize, second: usize| -> usize {
                [before, after].iter().map(|lists| pair(lists.get(first), lists.get(second), &places)).sum()
            };
            if cost(lower, upper) < cost(upper, lower) {
                column.swap(low - 1, low);
                for (slot, place) in [(lower, low - 1), (upper, low)] {
                    if let Some(entry) = places.get_mut(slot) {
                        *entry = place;
                    }
                }
            }
        }
    }
}

/// Crossings between the links of two slots, the first above the second.
fn pair(first: Option<&Vec<usize>>, second: Option<&Vec<usize>>, places: &[usize]) -> usize {
    let (Some(first), Some(second)) = (first, second) else { return 0 };
    let below = |left: &usize| second.iter().filter(|right| at(places, **right) < at(places, *left)).count();
    first.iter().map(below).sum()
}

/// Crossings of the whole: inversions, counted with a tree of sums.
fn crossings(columns: &[Vec<usize>], after: &[Vec<usize>], count: usize) -> usize {
    let places = places(columns, count);
    let mut total = 0;
    for (index, column) in columns.iter().enumerate() {
        let mut sums = Sums::new(columns.get(index + 1).map_or(0, Vec::len));
        let mut passed = 0;
        for slot in column {
            let mut ends: Vec<usize> = after.get(*slot).into_iter().flatten().map(|to| at(&places, *to)).collect();
            ends.sort_unstable();
            for end in &ends {
                total += passed - sums.up_to(*end);
            }
            passed += ends.len();
            for end in ends {
                sums.add(end);
            }
        }
    }
    total
}

/// Counts with fast prefix sums (a Fenwick tree).
struct Sums {
    tree: Vec<usize>,
}

impl Sums {
    fn new(count: usize) -> Self {
        Self { tree: vec![0; count + 1] }
    }

    fn add(&mut self, place: usize) {
        let mut at = place + 1;
        while let Some(sum) = self.tree.get_mut(at) {
            *sum += 1;
            at += at & at.wrapping_neg();
        }
    }

    /// How many were added at `place` or before it.
    fn up_to(&self, place: usize) -> usize {
        let mut at = place + 1;
        let mut sum = 0;
        while at > 0 {
            sum += super::at(&self.tree, at);
            at &= at - 1;
        }
        sum
    }
}
