//! All integration tests, in one binary.
//!
//! `again` runs the command over an earlier result; `architecture` reads our own sources; `audit` holds findings against their twins; `cli` runs the built command on odd input; `settings` takes `refract.toml` key by key.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod again;
mod architecture;
mod audit;
mod case;
mod cli;
mod docs;
mod execution;
mod fixtures;
mod laws;
mod lineage;
mod settings;
mod transpile;
