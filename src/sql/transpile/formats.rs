//! A pure table: formats of dates and times.
//!
//! In: a format as one dialect spells it. Out: the same format as another spells it; none where a part has no sure
//! counterpart there.

use crate::dialect::{Dialect, Dialects as D};

/// Parts of a format, one column a family of spellings: Oracle and PostgreSQL, .NET and Java, strftime, `MySQL`. `-` where a
/// family has none that is the same. The order is that in which they are tried: longer ones first.
pub(super) const PARTS: &[[&str; 5]] = &[
    // name, Oracle, .NET and Java, strftime, MySQL
    ["year", "YYYY", "yyyy", "%Y", "%Y"],
    ["short year", "YY", "yy", "%y", "%y"],
    ["month name", "FMMonth", "MMMM", "%B", "%M"],
    ["short month name", "Mon", "MMM", "%b", "%b"],
    ["month", "MM", "MM", "%m", "%m"],
    ["plain month", "FMMM", "M", "%-m", "%c"],
    ["day of year", "DDD", "-", "%j", "%j"],
    ["day name", "FMDay", "dddd", "%A", "%W"],
    ["short day name", "Dy", "ddd", "%a", "%a"],
    ["day", "DD", "dd", "%d", "%d"],
    ["plain day", "FMDD", "d", "%-d", "%e"],
    ["hour", "HH24", "HH", "%H", "%H"],
    ["hour of twelve", "HH12", "hh", "%I", "%h"],
    ["minute", "MI", "mm", "%M", "%i"],
    ["second", "SS", "ss", "%S", "%s"],
    ["milliseconds", "MS", "fff", "%g", "-"],
    ["microseconds", "US", "ffffff", "%f", "%f"],
    ["half of day", "AM", "tt", "%p", "%p"],
    ["quarter", "Q", "-", "-", "-"],
];

/// Which column of [`PARTS`] a dialect spells formats by.
fn family(dialect: Dialect) -> Option<usize> {
    let families = [
        (1, D::POSTGRES.or(D::REDSHIFT).or(D::SNOWFLAKE).or(D::ORACLE)),
        (2, D::TSQL.or(D::SPARK)),
        (3, D::BIGQUERY.or(D::DUCKDB).or(D::SQLITE)),
        (4, D::MYSQL),
    ];
    families.iter().find(|(_, dialects)| dialects.has(dialect)).map(|(family, _)| *family)
}

/// Further spellings: family, spelling, name of the part.
const MORE: &[(usize, &str, &str)] = &[
    (1, "yyyy", "year"),
    (1, "yy", "short year"),
    (1, "mm", "month"),
    (1, "dd", "day"),
    (1, "hh24", "hour"),
    (1, "mi", "minute"),
    (1, "ss", "second"),
    (1, "PM", "half of day"),
    (1, "FF3", "milliseconds"),
    (1, "FF6", "microseconds"),
    (1, "HH", "hour of twelve"),
    (2, "a", "half of day"),
    (2, "SSS", "milliseconds"),
    (2, "SSSSSS", "microseconds"),
    (2, "y", "year"),
    (3, "%e", "plain day"),
    (4, "%p", "half of day"),
    (4, "%S", "second"),
    (4, "%k", "hour"),
];
/// Spellings that stand for several parts.
const WHOLE: &[(usize, &str, &str)] =
    &[(3, "%F", "%Y-%m-%d"), (3, "%T", "%H:%M:%S"), (3, "%R", "%H:%M"), (4, "%T", "%H:%i:%s")];

/// The format, without quotes, as `target` spells it.
pub(super) fn convert(format: &str, source: Dialect, target: Dialect) -> Option<String> {
    let (from, to) = (family(source)?, family(target)?);
    let mut format = format.to_owned();
    for (_, spelled, parts) in WHOLE.iter().filter(|(family, ..)| *family == from) {
        format = format.replace(spelled, parts);
    }
    let mut out = String::new();
    let mut rest = format.as_str();
    while let Some(first) = rest.chars().next() {
        if let Some((length, name)) = part(rest, from) {
            let row = PARTS.iter().find(|row| row.first() == Some(&name))?;
            out.push_str(row.get(to).filter(|spelled| **spelled != "-")?);
            rest = rest.get(length..)?;
            continue;
        }
        let (length, text) = literal(rest, first, from)?;
        out.push_str(&as_literal(text, to));
        rest = rest.get(length..)?;
    }
    Some(out)
}

/// The part that begins here, with its length; the longest.
fn part(rest: &str, family: usize) -> Option<(usize, &'static str)> {
    let rows = PARTS.iter().filter_map(|row| Some((*row.get(family)?, *row.first()?)));
    let more = MORE.iter().filter(|(own, ..)| *own == family).map(|(_, spelled, name)| (*spelled, *name));
    let fits = rows.chain(more).filter(|(spelled, _)| *spelled != "-" && rest.starts_with(spelled));
    fits.max_by_key(|(spelled, _)| spelled.len()).map(|(spelled, name)| (spelled.len(), name))
}

/// Text that stands for itself: its length and what it says. None for a letter that could be a part.
fn literal(rest: &str, first: char, family: usize) -> Option<(usize, &str)> {
    let quote = match family {
        1 => '"',
        2 => '\'',
        _ => '\0',
    };
    if first == quote {
        let end = rest.get(1..)?.find(quote)?;
        return Some((end + 2, rest.get(1..=end)?));
    }
    let letters = matches!(family, 1 | 2) && first.is_alphanumeric();
    let sign = matches!(family, 3 | 4) && first == '%';
    (!letters && !sign).then(|| (first.len_utf8(), rest.get(..first.len_utf8()).unwrap_or("")))
}

fn as_literal(text: &str, family: usize) -> String {
    let letters = text.chars().any(char::is_alphanumeric);
    match family {
        1 if letters => format!("\"{text}\""),
        2 if letters => format!("''{text}''"),
        3 | 4 => text.replace('%', "%%"),
        _ => text.to_owned(),
    }
}

/// The styles of T-SQL's `convert` as .NET formats, with the length of the text that they give.
pub(super) const STYLES: &[(&str, &str)] = &[
    ("1", "MM/dd/yy"),
    ("3", "dd/MM/yy"),
    ("8", "HH:mm:ss"),
    ("12", "yyMMdd"),
    ("20", "yyyy-MM-dd HH:mm:ss"),
    ("21", "yyyy-MM-dd HH:mm:ss.fff"),
    ("23", "yyyy-MM-dd"),
    ("24", "HH:mm:ss"),
    ("101", "MM/dd/yyyy"),
    ("102", "yyyy.MM.dd"),
    ("103", "dd/MM/yyyy"),
    ("104", "dd.MM.yyyy"),
    ("105", "dd-MM-yyyy"),
    ("108", "HH:mm:ss"),
    ("110", "MM-dd-yyyy"),
    ("111", "yyyy/MM/dd"),
    ("112", "yyyyMMdd"),
    ("120", "yyyy-MM-dd HH:mm:ss"),
    ("121", "yyyy-MM-dd HH:mm:ss.fff"),
    ("126", "yyyy-MM-dd'T'HH:mm:ss"),
];
