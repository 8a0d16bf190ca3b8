//! Positions and slices, as Python counts them.
//!
//! In: indices that may be negative. Out: positions within bounds. Never touches values.

/// The position that `at` means in a sequence of `len` items.
pub fn index(at: i64, len: usize) -> Option<usize> {
    let len = i64::try_from(len).ok()?;
    let at = if at < 0 { at + len } else { at };
    usize::try_from(at).ok().filter(|_| at < len)
}

/// The positions that `start:stop:step` means in a sequence of `len` items.
pub fn slice(start: Option<i64>, stop: Option<i64>, step: Option<i64>, len: usize) -> Vec<usize> {
    let Ok(count) = i64::try_from(len) else { return Vec::new() };
    let step = step.unwrap_or(1);
    if step == 0 {
        return Vec::new();
    }
    let (lowest, highest) = if step > 0 { (0, count) } else { (-1, count - 1) };
    let clamp = |at: i64| (if at < 0 { at.saturating_add(count) } else { at }).clamp(lowest, highest);
    let mut at = start.map_or(if step > 0 { 0 } else { count - 1 }, clamp);
    let stop = stop.map_or(if step > 0 { count } else { -1 }, clamp);
    let mut positions = Vec::new();
    while if step > 0 { at < stop } else { at > stop } {
        positions.extend(usize::try_from(at).ok());
        let Some(next) = at.checked_add(step) else { break };
        at = next;
    }
    positions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_and_slices_count_as_in_python() {
        assert_eq!(index(-1, 3), Some(2));
        assert_eq!(index(3, 3), None);
        assert_eq!(slice(None, Some(2), None, 4), [0, 1]);
        assert_eq!(slice(Some(-2), None, None, 4), [2, 3]);
        assert_eq!(slice(None, None, Some(-1), 4), [3, 2, 1, 0]);
        assert_eq!(slice(None, Some(-1), None, 4), [0, 1, 2]);
        assert!(slice(Some(9), None, None, 4).is_empty());
        assert_eq!(slice(Some(2), Some(0), Some(-1), 4), [2, 1]);
    }
}
