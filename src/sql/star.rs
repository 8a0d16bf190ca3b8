//! `*` with what is left out, changed and renamed in it.
//!
//! In: a SELECT that reads one thing whose columns are not all known. Out: what stands in its list. A dialect that can say less says it
//! with columns behind the star; one that can leave out nothing gets the columns that are known, and no others.

use super::select::{Select, Star};
use crate::dialect::{Dialect, StarExcept};
use crate::frame::{Expr, Named};

/// What becomes of the columns of a star.
#[derive(Debug, Default)]
pub struct Parts<'a> {
    /// Columns that do not come along.
    pub excluded: Vec<&'a str>,
    /// Columns with another value in their place.
    pub replaced: Vec<&'a Named>,
    /// Columns under another name in their place: the old name and the new one.
    pub renamed: Vec<(&'a str, &'a str)>,
    /// Columns behind the star.
    pub added: Vec<&'a Named>,
    /// Whether a column of the star stands behind it, because the dialect has no way to leave it in its place.
    pub is_moved: bool,
}

/// What the dialect says with a star; none where it must name each column.
pub fn parts<'a>(select: &'a Select, star: &'a Star, dialect: Dialect) -> Option<Parts<'a>> {
    let traits = dialect.traits();
    let mut parts = Parts { excluded: star.dropped.iter().map(String::as_str).collect(), ..Parts::default() };
    let mut is_done = vec![false; select.columns.len()];
    for name in &star.known {
        let same = select.columns.iter().position(|named| named.name == *name);
        if let Some((at, named)) = same.and_then(|at| Some((at, select.columns.get(at)?))) {
            let is_kept = is_column(named, name);
            if is_kept || traits.star_replace {
                is_done.get_mut(at).into_iter().for_each(|done| *done = true);
            }
            match (is_kept, traits.star_replace) {
                (true, _) => {}
                (false, true) => parts.replaced.push(named),
                (false, false) => parts.excluded.push(name),
            }
            parts.is_moved |= !is_kept && !traits.star_replace;
            continue;
        }
        let moved = select.columns.iter().position(|named| is_column(named, name) && !star.known.contains(&named.name));
        let moved = moved.filter(|at| is_done.get(*at) == Some(&false));
        match moved.and_then(|at| Some((at, select.columns.get(at)?))) {
            Some((at, named)) if traits.star_rename => {
                is_done.get_mut(at).into_iter().for_each(|done| *done = true);
                parts.renamed.push((name, &named.name));
            }
            moved => {
                parts.is_moved |= moved.is_some();
                parts.excluded.push(name);
            }
        }
    }
    let all = select.columns.iter().zip(is_done);
    parts.added = all.filter(|(_, done)| !done).map(|(named, _)| named).collect();
    (parts.excluded.is_empty() || traits.star_except != StarExcept::None).then_some(parts)
}

/// Whether the output is this column of what is read.
fn is_column(named: &Named, name: &str) -> bool {
    matches!(&named.expr, Expr::Column(_, column) if column == name)
}
