//! Times as text, and amounts of time.

use crate::frame::{Part, TIME_PARTS};

/// The unit of an interval, and how many of it the part is.
pub fn interval_unit(part: Part) -> (&'static str, u64) {
    match part {
        Part::Year => ("year", 1),
        Part::Quarter => ("month", 3),
        Part::Month => ("month", 1),
        Part::Week => ("day", 7),
        Part::Day | Part::Weekday | Part::DayOfYear => ("day", 1),
        Part::Hour => ("hour", 1),
        Part::Minute => ("minute", 1),
        Part::Second => ("second", 1),
    }
}

/// The time `value`, an SQL expression, as text by a C format.
pub fn time_text(value: &str, format: &str) -> String {
    let text = format!("cast(cast({value} as timestamp) as text)");
    let mut pieces: Vec<String> = Vec::new();
    let mut literal = String::new();
    let mut rest = format;
    while let Some(next) = rest.chars().next() {
        if let Some((part, from, length)) = TIME_PARTS.iter().find(|(part, ..)| rest.starts_with(part)) {
            if !literal.is_empty() {
                pieces.push(format!("'{}'", std::mem::take(&mut literal).replace('\'', "''")));
            }
            pieces.push(format!("substr({text}, {from}, {length})"));
            rest = rest.get(part.len()..).unwrap_or("");
        } else {
            literal.push(next);
            rest = rest.get(next.len_utf8()..).unwrap_or("");
        }
    }
    if !literal.is_empty() {
        pieces.push(format!("'{}'", literal.replace('\'', "''")));
    }
    pieces.join(" || ")
}
