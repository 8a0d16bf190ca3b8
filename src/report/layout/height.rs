//! The height of each slot, its order within its column given.
//!
//! In: columns from top to bottom, links. Out: heights at which links run as level as they can and nothing overlaps.
//! Sweeps to and fro: every slot wishes to stand level with its neighbours, and the wishes of a column are met as well
//! as its order and the spaces allow (least squares, by pooling neighbours that would overlap).

use super::order::neighbours;
use super::{LANE, Link, ROW_GAP, Slot};

/// Sweeps in all.
const SWEEPS: usize = 30;
/// How much more a bend wishes to stand level with the next bend of its edge than boxes wish among themselves.
const STRAIGHT: f64 = 8.0;

/// Sets the height (`y`) of each slot.
pub fn heights(slots: &mut [Slot], links: &[Link], columns: &[Vec<usize>]) {
    let (before, after) = neighbours(slots.len(), links);
    for column in columns {
        let mut y = 0.0;
        for index in column {
            if let Some(slot) = slots.get_mut(*index) {
                slot.y = y;
                y += slot.size.1 + gap(slot);
            }
        }
    }
    for sweep in 0..SWEEPS {
        let forward = sweep % 2 == 0;
        // The last sweeps look both ways, so that a box stands between what it reads and what reads it.
        let sides: &[&[Vec<usize>]] = if sweep + 6 >= SWEEPS {
            &[&before, &after]
        } else if forward {
            &[&before]
        } else {
            &[&after]
        };
        for step in 0..columns.len() {
            let index = if forward { step } else { columns.len() - 1 - step };
            if let Some(column) = columns.get(index) {
                settle(slots, column, sides);
            }
        }
    }
    let top = slots.iter().map(|slot| slot.y).fold(f64::INFINITY, f64::min);
    for slot in slots.iter_mut() {
        slot.y -= top;
    }
}

/// The space below a slot.
fn gap(slot: &Slot) -> f64 {
    if slot.is_bend() { LANE } else { ROW_GAP }
}

/// Slots that touch each other and move as one.
struct Pool {
    /// Where its first slot starts.
    start: f64,
    weight: f64,
    /// Height of all its slots with their spaces.
    length: f64,
    members: usize,
}

fn settle(slots: &mut [Slot], column: &[usize], sides: &[&[Vec<usize>]]) {
    let mut pools: Vec<Pool> = Vec::with_capacity(column.len());
    for index in column {
        let Some(slot) = slots.get(*index) else { continue };
        let (wish, weight) = wish(slots, *index, slot, sides);
        let mut pool = Pool { start: wish, weight, length: slot.size.1 + gap(slot), members: 1 };
        while let Some(last) = pools.last().filter(|last| last.start + last.length > pool.start) {
            let weight = last.weight + pool.weight;
            let start = (last.start * last.weight + (pool.start - last.length) * pool.weight) / weight;
            let (length, members) = (last.length + pool.length, last.members + pool.members);
            pool = Pool { start, weight, length, members };
            pools.pop();
        }
        pools.push(pool);
    }
    let mut rest = column.iter();
    for pool in pools {
        let mut y = pool.start;
        for index in rest.by_ref().take(pool.members) {
            if let Some(slot) = slots.get_mut(*index) {
                slot.y = y;
                y += slot.size.1 + gap(slot);
            }
        }
    }
}

/// Where a slot wishes to start, and how much. Without neighbours it wishes, a little, to stay.
fn wish(slots: &[Slot], index: usize, slot: &Slot, sides: &[&[Vec<usize>]]) -> (f64, f64) {
    let centre = |slot: &Slot| slot.y + slot.size.1 / 2.0;
    let (mut sum, mut weight) = (0.0, 0.0);
    for other in sides.iter().filter_map(|side| side.get(index)).flatten().filter_map(|other| slots.get(*other)) {
        let strength = if slot.is_bend() && other.is_bend() { STRAIGHT } else { 1.0 };
        sum += centre(other) * strength;
        weight += strength;
    }
    if weight == 0.0 { (slot.y, 0.05) } else { (sum / weight - slot.size.1 / 2.0, weight) }
}
