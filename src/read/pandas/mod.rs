//! pandas as the evaluator sees it: symbolic DataFrames over the relational form.
//!
//! In: calls of pandas' functions and methods, with evaluated arguments. Out: steps whose bodies are frames, and
//! findings. One table (`rows.rs`) says for every function and method what becomes of it. Never runs
//! anything, and never guesses: what has no SQL makes its own step opaque, and nothing else.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "Python values and expressions have many kinds, of which each operation knows a few"
)]
#![expect(clippy::unnecessary_wraps, reason = "methods stand in tables, with one signature")]

mod across;
mod aggregate;
mod cell;
mod characters;
mod choose;
mod columns;
mod combine;
mod context;
mod dataframe;
mod dates;
mod defaults;
mod each;
mod extract;
mod extremes;
mod finish;
mod folded;
mod formats;
mod functions;
mod group;
mod grouped;
mod grouper;
mod index;
mod indexer;
mod inplace;
mod library;
mod lookup;
mod mask;
mod membership;
mod merge;
mod missing;
mod names;
mod offsets;
mod opaque;
mod operators;
mod options;
mod outside;
mod padding;
mod parsing;
mod periods;
mod queries;
mod query;
mod reading;
mod relink;
mod rest;
mod rows;
mod scalar;
mod selecting;
mod series;
mod session;
mod shape;
mod sideways;
mod sql_types;
mod staging;
mod strings;
mod table;
#[cfg(test)]
mod tests;
mod ties;
mod times;
mod values;
mod wide;
mod windows;
mod writing;
mod written;

pub use library::Pandas;
