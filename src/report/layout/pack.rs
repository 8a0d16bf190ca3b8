//! Places for the connected parts of a diagram: the tallest first, in rows.
//!
//! In: widths and heights. Out: upper left corners, and the extent of the whole.

use super::Point;

/// Space between two parts.
const GAP: f64 = 40.0;
/// How much wider than tall the whole should be.
const SHAPE: f64 = 1.9;

/// Packs `extents` (width, height) in rows.
pub fn pack(extents: &[(f64, f64)]) -> (Vec<Point>, f64, f64) {
    let area: f64 = extents.iter().map(|(width, height)| (width + GAP) * (height + GAP)).sum();
    let widest = extents.iter().map(|(width, _)| *width).fold(0.0, f64::max);
    let limit = (area * SHAPE).sqrt().max(widest);
    let mut order: Vec<(usize, (f64, f64))> = extents.iter().copied().enumerate().collect();
    order.sort_by(|(left_at, left), (right_at, right)| {
        right.1.total_cmp(&left.1).then(right.0.total_cmp(&left.0)).then(left_at.cmp(right_at))
    });
    let mut places = vec![Point::default(); extents.len()];
    let (mut x, mut y, mut row, mut width) = (0.0, 0.0, 0.0_f64, 0.0_f64);
    for (at, extent) in order {
        if x > 0.0 && x + extent.0 > limit {
            (x, y, row) = (0.0, y + row + GAP, 0.0);
        }
        if let Some(place) = places.get_mut(at) {
            *place = Point { x, y };
        }
        width = width.max(x + extent.0);
        row = row.max(extent.1);
        x += extent.0 + GAP;
    }
    (places, width, y + row)
}
