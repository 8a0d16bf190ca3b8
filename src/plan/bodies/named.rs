//! Names for the columns of a query, written into the query.
//!
//! In: a query and the names that its columns shall have, for a dialect whose WITH takes no list of columns, or for which
//! VALUES are no query. Out: the query with these names as aliases; where its text is not sure, below a SELECT without rows
//! that has them; rows of VALUES as SELECTs.

use std::ops::Range;

use super::items::{selected, values};
use super::rows::text;
use super::splice::extend;
use super::terms::{same_column, top_words};
use crate::dialect::Dialect;
use crate::plan::drafts::Part;

/// Clauses that may name an alias of the SELECT list.
const SEE_ALIASES: [&str; 6] = ["group", "having", "qualify", "order", "window", "limit"];

/// The list of columns behind a CTE's name, and its query; an empty list where the dialect takes none.
pub(super) fn listed(dialect: Dialect, columns: Vec<String>, query: Vec<Part>) -> (Vec<String>, Vec<Part>) {
    let traits = dialect.traits();
    let rows = || {
        let rows = values(&flat(&query)?)?;
        (!columns.is_empty() && rows.iter().all(|row| row.len() == columns.len())).then_some(rows)
    };
    if let Some(rows) = (!traits.values_query).then(rows).flatten() {
        // What stands before the condition of a SELECT without rows stands behind each of constants: `from dual`.
        let behind = traits.no_rows.split_once("where").map_or("", |(table, _)| table.trim_end());
        return (Vec::new(), selects(&query, &rows, &columns, behind));
    }
    if traits.cte_columns { (columns, query) } else { (Vec::new(), named(query, &columns, traits.no_rows)) }
}

/// The query with these names for its columns. `no_rows` stands behind constants of which no row is to come out.
fn named(query: Vec<Part>, columns: &[String], no_rows: &str) -> Vec<Part> {
    if columns.is_empty() {
        return query;
    }
    if let Some(changes) = flat(&query).and_then(|flat| aliases(&flat, columns)) {
        return changed(query, changes);
    }
    let nulls: Vec<String> = columns.iter().map(|column| format!("null as {column}")).collect();
    let mut parts = Vec::new();
    text(&mut parts, format!("(select {} {no_rows})\nunion all\n(\n", nulls.join(", ")));
    extend(&mut parts, query);
    text(&mut parts, "\n)");
    parts
}

/// Rows of VALUES as one SELECT each, with `behind` at its end; the first has the names.
fn selects(query: &[Part], rows: &[Vec<Range<usize>>], columns: &[String], behind: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    for (row, values) in rows.iter().enumerate() {
        text(&mut parts, if row == 0 { "select " } else { "\nunion all\nselect " });
        for (at, (value, column)) in values.iter().zip(columns).enumerate() {
            text(&mut parts, if at == 0 { "" } else { ", " });
            extend(&mut parts, slice(query, value));
            text(&mut parts, if row == 0 { format!(" as {column}") } else { String::new() });
        }
        text(&mut parts, if behind.is_empty() { String::new() } else { format!(" {behind}") });
    }
    parts
}

/// The parts in this range, where every part that is no text counts as one place.
fn slice(query: &[Part], range: &Range<usize>) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut place = 0;
    for part in query {
        let Part::Text(written) = part else {
            if range.contains(&place) {
                extend(&mut parts, [part.clone()]);
            }
            place += '\u{1}'.len_utf8();
            continue;
        };
        let (start, end) = (range.start.max(place), range.end.min(place + written.len()));
        if start < end {
            text(&mut parts, written.get(start - place..end - place).unwrap_or(""));
        }
        place += written.len();
    }
    parts
}

/// The text with one character for each part that is none; none where parts stand under conditions.
fn flat(query: &[Part]) -> Option<String> {
    let mut flat = String::new();
    for part in query {
        match part {
            Part::Text(text) => flat.push_str(text),
            Part::Read(_) | Part::Var { .. } | Part::This | Part::Call { .. } => flat.push('\u{1}'),
            Part::IfIncremental(_) | Part::If { .. } | Part::Each { .. } | Part::IfThere { .. } => return None,
        }
    }
    Some(flat)
}

/// What is to be changed so that the columns have these names: places of aliases, and what stands there.
fn aliases(query: &str, columns: &[String]) -> Option<Vec<(Range<usize>, String)>> {
    let items = selected(query).filter(|items| items.len() == columns.len())?;
    let (first, last) = (items.first()?.start, items.last()?.end);
    let list = query.get(first..last)?;
    if ["--", "/*", "#"].iter().any(|comment| list.contains(comment)) {
        return None;
    }
    let rest = query.get(last..)?;
    let seen =
        top_words(rest).into_iter().find(|(_, word)| SEE_ALIASES.iter().any(|one| word.eq_ignore_ascii_case(one)));
    let seen = seen.map_or("", |(at, _)| rest.get(at..).unwrap_or(""));
    let names = |name: &str| {
        seen.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word.eq_ignore_ascii_case(bare(name)))
    };
    let mut changes = Vec::new();
    for (item, column) in items.iter().zip(columns) {
        let written = query.get(item.clone())?;
        match alias(written)? {
            Alias::Own(name) if same_column(bare(name), bare(column)) => {}
            Alias::Own(_) | Alias::None if names(column) => return None,
            Alias::Given(at) => {
                let name = written.get(at..)?;
                if !same_column(bare(name), bare(column)) {
                    if names(name) || names(column) {
                        return None;
                    }
                    changes.push((item.start + at..item.end, column.clone()));
                }
            }
            Alias::Own(_) | Alias::None => changes.push((item.end..item.end, format!(" as {column}"))),
        }
    }
    Some(changes)
}

/// How an item of a SELECT list is called.
enum Alias<'a> {
    /// It is a column, of this name.
    Own(&'a str),
    /// By an alias, which starts here.
    Given(usize),
    /// Not at all.
    None,
}

/// How the item is called; none where that is not sure.
fn alias(item: &str) -> Option<Alias<'_>> {
    if item.ends_with('*') {
        return None;
    }
    let words = top_words(item);
    if let Some((at, _)) = words.iter().find(|(_, word)| word.eq_ignore_ascii_case("as")) {
        let after = at + "as".len();
        let name = item.get(after..)?;
        let start = after + name.len() - name.trim_start().len();
        return (!name.trim().contains(char::is_whitespace)).then_some(Alias::Given(start));
    }
    if item.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '`')) {
        return Some(match item.chars().next() {
            Some(c) if c.is_alphabetic() || matches!(c, '_' | '`') => Alias::Own(item.rsplit('.').next()?),
            _ => Alias::None,
        });
    }
    if item.ends_with([')', ']', '\'', '\u{1}']) {
        return Some(Alias::None);
    }
    let (at, last) = words.last()?;
    if last.eq_ignore_ascii_case("end") || last.eq_ignore_ascii_case("null") {
        return Some(Alias::None);
    }
    let before = item.get(..*at)?.trim_end();
    let ends = at + last.len() == item.len();
    (ends && before.ends_with(['+', '-', '*', '/', '|', '=', '<', '>', '%'])).then_some(Alias::None)
}

fn bare(name: &str) -> &str {
    name.trim_matches(['`', '"'])
}

/// The parts with the changes, whose places count every part that is no text as one.
fn changed(query: Vec<Part>, changes: Vec<(Range<usize>, String)>) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut changes = changes.into_iter().peekable();
    let mut place = 0;
    for part in query {
        let Part::Text(written) = part else {
            place += '\u{1}'.len_utf8();
            extend(&mut parts, [part]);
            continue;
        };
        let end = place + written.len();
        let mut at = place;
        while let Some((range, new)) = changes.next_if(|(range, _)| range.end <= end) {
            text(&mut parts, written.get(at.saturating_sub(place)..range.start.saturating_sub(place)).unwrap_or(""));
            text(&mut parts, new);
            at = range.end;
        }
        text(&mut parts, written.get(at.saturating_sub(place)..).unwrap_or(""));
        place = end;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_columns_inside() {
        let rows = [
            ("a column of the name", "SELECT id, b.x FROM t", "SELECT id, b.x FROM t"),
            ("another column", "SELECT id, y FROM t WHERE x > 0", "SELECT id, y as x FROM t WHERE x > 0"),
            ("an alias", "SELECT n AS id, f(a, b) FROM t", "SELECT n AS id, f(a, b) as x FROM t"),
            ("another alias", "SELECT n AS k, a + b FROM t", "SELECT n AS id, a + b as x FROM t"),
            ("literals", "SELECT 1, 'it''s, so'", "SELECT 1 as id, 'it''s, so' as x"),
        ];
        for (what, query, expected) in rows {
            let parts = named(vec![Part::Text(query.to_owned())], &["id".to_owned(), "x".to_owned()], "limit 0");
            assert_eq!(parts, vec![Part::Text(expected.to_owned())], "{what}");
        }
    }

    #[test]
    fn writes_rows_as_selects_where_values_are_no_query() {
        let rows = [
            (Dialect::Postgres, "VALUES (1, f(2, 3)), (4, 'a, b')"),
            (Dialect::Snowflake, "select 1 as id, f(2, 3) as x\nunion all\nselect 4, 'a, b'"),
            (Dialect::Oracle, "select 1 as id, f(2, 3) as x from dual\nunion all\nselect 4, 'a, b' from dual"),
        ];
        for (dialect, expected) in rows {
            let query = vec![Part::Text("VALUES (1, f(2, 3)), (4, 'a, b')".to_owned())];
            let (_, parts) = listed(dialect, vec!["id".to_owned(), "x".to_owned()], query);
            assert_eq!(parts, vec![Part::Text(expected.to_owned())], "{dialect}");
        }
    }

    #[test]
    fn names_columns_above_what_is_not_sure() {
        let rows = [
            "SELECT * FROM t",
            "SELECT a total, b FROM t",
            "SELECT id, y FROM t ORDER BY x",
            "SELECT k AS n, x FROM t ORDER BY n",
            "SELECT id, x FROM t UNION ALL SELECT 1, 2",
            "SELECT id, y -- so, it is\n FROM t",
        ];
        for query in rows {
            let parts = named(vec![Part::Text(query.to_owned())], &["id".to_owned(), "x".to_owned()], "limit 0");
            let above = "(select null as id, null as x limit 0)\nunion all\n(\n";
            assert_eq!(parts, vec![Part::Text(format!("{above}{query}\n)"))]);
        }
    }
}
