//! The text of each draft.
//!
//! In: a draft's chain of versions. Out: its body as parts, how its rows are kept, or why a person must finish it.
//! A chain is written as CTEs, one a version, named for what they do.

mod asked;
mod builder;
mod changed;
mod changes;
mod check;
mod ident;
mod incremental;
mod items;
mod keys;
mod manual;
mod matches;
mod merges;
mod modes;
mod named;
mod new_rows;
mod random;
mod rows;
mod slices;
pub(super) mod splice;
mod split;
mod terms;
#[cfg(test)]
mod tests;
mod undeclared;
mod values;
mod write;

pub(super) use builder::empty_query;
pub(super) use check::check;
pub(super) use ident::ident;
pub(super) use items::values as listed;
pub(crate) use splice::WITHIN_LITERAL;
pub(super) use split::write_all;
pub(super) use write::reads;
