//! refract splits a script into the models that were inside it all along.

pub mod audit;
pub mod cli;
pub mod dialect;
pub mod discover;
pub mod emit;
pub mod finding;
pub mod frame;
pub mod graph;
pub mod name;
pub mod output;
pub mod plan;
pub mod read;
pub mod report;
pub mod sql;
pub mod steps;
pub mod text;
pub mod versions;
