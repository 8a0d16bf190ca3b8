//! Prints the relational form for each dialect, and brings the author's SQL from its dialect to the target's.
//!
//! In: a [`Frame`]. Out: SQL text with the places of the relations in it, and findings for what has no sure form. The
//! text for PostgreSQL and DuckDB is the same and runs on both, because the emitted project is built on both.
//! Never knows pandas.

mod cases;
mod format;
mod identifier;
mod layout;
mod lineage;
mod lower;
mod select;
mod sense;
pub mod shape;
mod stages;
mod star;
#[cfg(test)]
mod tests;
mod tidy;
mod time;
mod transpile;
mod value;
mod words;

use crate::dialect::Dialect;
use crate::finding::{Code, Finding};
use crate::frame::{self, Frame};
use crate::steps::{Output, Query};
use crate::text::Span;
pub use identifier::ident;
pub use sense::{Sense, sense, type_in};
pub use transpile::{Piece, Refusal, Transpiled, transpile, transpile_text};

/// The frame as a query of `dialect`. `span` is where the frame was written: the place of findings.
pub fn print(frame: &Frame, span: Span, dialect: Dialect) -> (Query, Vec<Finding>) {
    let mut lowered = lower::lower(frame);
    tidy::tidy(&mut lowered);
    let mut writer = layout::Writer::new(dialect);
    writer.query(&lowered);
    let (mut sql, unsure, stars) = writer.finish();
    sql.span = span;
    let mut query = Query::new(sql);
    query.outputs = lineage::lineage(frame);
    query.deciding = lineage::deciding(frame);
    query.key = key(frame, &query.outputs);
    let mut findings: Vec<Finding> =
        unsure.into_iter().map(|construct| unsure_finding(&construct, span, dialect)).collect();
    findings.extend(star_findings(stars, span, dialect));
    (query, findings)
}

fn star_findings(stars: layout::Stars, span: Span, dialect: Dialect) -> Vec<Finding> {
    let closes = format!(
        "not all columns of the rows are known, and {dialect} has no `*` that leaves some out or changes them: only those that the \
         script names are kept"
    );
    let moves = format!(
        "{dialect} has no `*` that changes or renames a column in its place: columns that the script changes or renames stand behind \
         the others"
    );
    let told = [(stars.closes, closes), (stars.moves, moves)].into_iter().filter(|(is_so, _)| *is_so);
    let help =
        "give the definitions of the source tables with --schema: DDL, dbt's catalog.json or the URL of the database";
    told.map(|(_, message)| Finding::at(Code::R305, span, message, help)).collect()
}

fn unsure_finding(construct: &str, span: Span, dialect: Dialect) -> Finding {
    let message = format!("{construct} has no form that is known to be right in {dialect}");
    Finding::at(Code::R314, span, message, "compare the result with that of the script")
}

/// The group keys, when the frame is a grouping whose keys all come out.
fn key(frame: &Frame, outputs: &[Output]) -> Vec<String> {
    let names = frame::key(frame);
    let comes_out =
        |key: &String| outputs.iter().any(|output| matches!(output, Output::Column { name, .. } if name == key));
    if names.iter().all(comes_out) { names } else { Vec::new() }
}
