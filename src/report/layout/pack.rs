//! Places for the connected parts of a diagram: the tallest first, in rows; beside a tall part, the next ones stand
//! below each other.
//!
//! In: widths and heights. Out: upper left corners, and the extent of the whole.

use super::Point;

/// Space between two parts.
const GAP: f64 = 32.0;
/// How much wider than tall the whole should be.
const SHAPE: f64 = 1.9;

/// Packs `extents` (width, height).
pub fn pack(extents: &[(f64, f64)]) -> (Vec<Point>, f64, f64) {
    let area: f64 = extents.iter().map(|(width, height)| (width + GAP) * (height + GAP)).sum();
    let widest = extents.iter().map(|(width, _)| *width).fold(0.0, f64::max);
    let mut packer = Packer { limit: (area * SHAPE).sqrt().max(widest), ..Packer::default() };
    let mut order: Vec<(usize, (f64, f64))> = extents.iter().copied().enumerate().collect();
    order.sort_by(|(left_at, left), (right_at, right)| {
        right.1.total_cmp(&left.1).then(right.0.total_cmp(&left.0)).then(left_at.cmp(right_at))
    });
    let mut places = vec![Point::default(); extents.len()];
    for (at, (width, height)) in order {
        if let Some(place) = places.get_mut(at) {
            *place = packer.put(width, height);
        }
    }
    (places, packer.width, packer.top + packer.row)
}

/// A row of stacks.
#[derive(Default)]
struct Packer {
    limit: f64,
    /// Where the row starts, and its height: that of its first part.
    top: f64,
    row: f64,
    /// Left end, width and height of the stack that is being filled.
    x: f64,
    stack: f64,
    filled: f64,
    width: f64,
}

impl Packer {
    fn put(&mut self, width: f64, height: f64) -> Point {
        let fits_below = self.stack > 0.0 && self.filled + GAP + height <= self.row;
        let fits_beside = self.x + self.stack.max(width) <= self.limit;
        if fits_below && fits_beside {
            self.filled += GAP;
        } else {
            self.x += if self.stack > 0.0 { self.stack + GAP } else { 0.0 };
            (self.stack, self.filled) = (0.0, 0.0);
            if self.x > 0.0 && self.x + width > self.limit {
                self.top += self.row + GAP;
                (self.x, self.row) = (0.0, 0.0);
            }
        }
        let place = Point { x: self.x, y: self.top + self.filled };
        self.filled += height;
        self.row = self.row.max(self.filled);
        self.stack = self.stack.max(width);
        self.width = self.width.max(self.x + width);
        place
    }
}
