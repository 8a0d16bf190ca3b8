//! Readers: from source files to scripts and findings. They never fail; odd input is a finding.
//!
//! In: all source files of the run (a Python file may import another, an SQL file include one). Out: scripts.

use crate::dialect::Dialect;
use crate::steps::Reading;
use crate::text::{SourceId, Sources};

pub mod airflow;
pub mod pandas;
pub mod python;
pub mod sql;

/// What the user said about the inputs.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// The dialect of all SQL; found out from the text when none.
    pub dialect: Option<Dialect>,
}

/// Reads every file, in order.
pub fn read(sources: &Sources, options: &ReadOptions) -> Reading {
    let mut all = Reading::default();
    for (id, file) in sources.iter() {
        let reading = read_file(sources, id, &file.path, options);
        all.scripts.extend(reading.scripts);
        all.findings.extend(reading.findings);
    }
    all
}

fn read_file(sources: &Sources, id: SourceId, path: &str, options: &ReadOptions) -> Reading {
    let ending = path.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
    match ending.as_str() {
        "py" | "ipynb" => python::read(sources, id, options),
        _ => sql::read(sources, id, options),
    }
}
