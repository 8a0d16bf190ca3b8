//! Which formats of times there are words for.

/// Parts of a C time format, as places within `2024-01-31 10:20:30`.
pub const TIME_PARTS: &[(&str, usize, usize)] = &[
    ("%Y-%m-%d %H:%M:%S", 1, 19),
    ("%Y-%m-%d %H:%M", 1, 16),
    ("%Y-%m-%d", 1, 10),
    ("%H:%M:%S", 12, 8),
    ("%H:%M", 12, 5),
    ("%Y-%m", 1, 7),
    ("%m-%d", 6, 5),
    ("%Y", 1, 4),
    ("%y", 3, 2),
    ("%m", 6, 2),
    ("%d", 9, 2),
    ("%H", 12, 2),
    ("%M", 15, 2),
    ("%S", 18, 2),
];

/// Whether a C time format is one that can be written.
pub fn is_known_format(format: &str) -> bool {
    let rest = TIME_PARTS.iter().fold(format.to_owned(), |rest, (part, ..)| rest.replace(part, ""));
    !rest.contains('%')
}
