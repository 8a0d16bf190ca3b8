//! Identifiers as text of the target: `sql` knows how.

pub(in crate::plan) use crate::sql::ident;
