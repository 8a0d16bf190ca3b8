//! A pure table: units and parts of time, as the dialects spell them.

use crate::dialect::{Dialect, Dialects};

/// Spelling, unit.
const UNITS: &[(&str, &str)] = &[
    ("year years yyyy yy y yr yrs", "year"),
    ("quarter quarters qq q qtr", "quarter"),
    ("month months mm m mon mons", "month"),
    ("week weeks ww wk w", "week"),
    ("isoweek iso_week isowk isoww week_iso weekiso", "iso_week"),
    ("day days dd d dayofmonth", "day"),
    ("dayofyear doy dy yearday", "day_of_year"),
    ("hour hours hh h hr hrs", "hour"),
    ("minute minutes mi n min mins", "minute"),
    ("second seconds ss s sec secs", "second"),
    ("millisecond milliseconds ms msec", "millisecond"),
    ("microsecond microseconds mcs us usec", "microsecond"),
    ("dayofweek weekday dow dw", "day_of_week"),
    ("isodow dayofweekiso dayofweek_iso weekday_iso dow_iso", "monday1"),
    ("epoch epoch_second", "epoch"),
];

/// The unit that a word means; `d` and its kin only where units stand.
pub(super) fn unit(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    UNITS.iter().find(|(spelled, _)| spelled.split(' ').any(|one| one == word)).map(|(_, unit)| *unit)
}

/// The unit as `dialect` means it: where weeks begin and days of the week are counted from differs.
pub(super) fn unit_in(word: &str, dialect: Dialect) -> Option<&'static str> {
    let sunday_weeks = Dialects::TSQL.or(Dialects::BIGQUERY).or(Dialects::MYSQL);
    let from_one = sunday_weeks.or(Dialects::SPARK);
    match unit(word)? {
        "week" if sunday_weeks.has(dialect) => Some("sunday_week"),
        "iso_week" => Some("week"),
        "day_of_week" if from_one.has(dialect) => Some("sunday1"),
        "day_of_week" => Some("sunday0"),
        unit => Some(unit),
    }
}
