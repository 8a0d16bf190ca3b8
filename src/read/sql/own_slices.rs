//! Loops over a counter that delete, for each of its values, what they fill again.
//!
//! In: the statements of a body. Out: whether what one iteration deletes is nothing that another has filled, so that all
//! may be deleted before anything is filled.

use std::ops::Range;

use super::params::split;
use super::script::bare_name;
use super::tokens::Text;
use super::values::outside;

/// The column of `DELETE FROM t WHERE column = counter`, as written.
pub(super) fn slice_column<'t>(text: &'t Text, delete: &Range<usize>, counter: &str) -> Option<&'t str> {
    let filter = outside(text, delete.clone()).find(|at| text.is(*at, "where"))? + 1;
    let end = if text.is(delete.end.checked_sub(1)?, ";") { delete.end - 1 } else { delete.end };
    let sign = (filter..end).find(|at| text.is(*at, "="))?;
    let (left, right) = (filter..sign, sign + 1..end);
    let (column, value) = if is_counter(text, &left, counter) { (right, left) } else { (left, right) };
    let plain = match column.len() {
        1 => text.is_name(column.start),
        3 => text.is(column.start + 1, "."),
        _ => false,
    };
    let name = text.word(column.end.checked_sub(1)?);
    let own = bare_name(name).eq_ignore_ascii_case(counter);
    (plain && !own && is_counter(text, &value, counter)).then_some(name)
}

/// Whether all rows that the INSERT brings have the counter in this column: it is one SELECT or one row, and names its
/// columns.
pub(super) fn fills_slice(text: &Text, insert: &Range<usize>, column: &str, counter: &str) -> bool {
    let body = outside(text, insert.clone()).find(|at| text.is_any(*at, &["select", "values"]));
    let list = outside(text, insert.clone()).find(|at| text.is(*at, "("));
    let (Some(body), Some(list)) = (body, list) else { return false };
    let apart = ["union", "except", "intersect", "minus", "with", "distinct", "top"];
    if list > body || outside(text, insert.clone()).any(|at| text.is_any(at, &apart)) {
        return false;
    }
    let names = split(text, list + 1..text.closing(list), ",");
    let same = |name: &Range<usize>| {
        name.len() == 1 && bare_name(text.word(name.start)).eq_ignore_ascii_case(bare_name(column))
    };
    let Some(place) = names.iter().position(same) else { return false };
    let items = if text.is(body, "values") {
        let end = text.closing(body + 1);
        if (end + 1..insert.end).any(|at| !text.is(at, ";")) {
            return false;
        }
        body + 2..end
    } else {
        let ends = ["from", "where", "group", "having", "order", "limit", ";"];
        body + 1..outside(text, body..insert.end).find(|at| text.is_any(*at, &ends)).unwrap_or(insert.end)
    };
    let items = split(text, items, ",");
    let item = items.get(place).filter(|_| items.len() == names.len());
    item.is_some_and(|item| match item.clone().find(|at| text.is(*at, "as")) {
        Some(alias) => is_counter(text, &(item.start..alias), counter),
        None => is_counter(text, item, counter),
    })
}

fn is_counter(text: &Text, range: &Range<usize>, counter: &str) -> bool {
    range.len() == 1 && bare_name(text.word(range.start)).eq_ignore_ascii_case(counter)
}
