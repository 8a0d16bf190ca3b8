//! Readers: from source files to scripts and findings. They never fail; odd input is a finding.
//!
//! In: all source files of the run (a Python file may import another, an SQL file include one). Out: scripts.

use std::panic::{self, AssertUnwindSafe};

use rayon::prelude::*;

use crate::dialect::Dialect;
use crate::finding::{Code, Finding};
use crate::steps::Reading;
use crate::text::{SourceFile, SourceId, Sources, Span};

pub mod airflow;
pub mod pandas;
pub mod python;
pub mod sql;

/// What Python scripts may import that the evaluator knows, in the order in which it is asked.
const LIBRARIES: &[&dyn python::Library] = &[&airflow::Airflow, &pandas::Pandas, &python::Senders];

/// What the user said about the inputs.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// The dialect of all SQL; found out from the text when none.
    pub dialect: Option<Dialect>,
}

/// Endings of files that scripts open but that are no scripts themselves.
const BESIDE: &[&str] = &["json", "yaml", "yml", "j2", "jinja", "tpl", "csv", "toml", "md"];

/// Reads every file, in parallel; the result is in the order of the files.
pub fn read(sources: &Sources, options: &ReadOptions) -> Reading {
    let files: Vec<(SourceId, &SourceFile)> = sources.iter().collect();
    let readings: Vec<Reading> =
        files.into_par_iter().map(|(id, file)| contained(sources, id, file, options)).collect();
    let mut all = Reading::default();
    for reading in readings {
        all.scripts.extend(reading.scripts);
        all.findings.extend(reading.findings);
    }
    all
}

/// Reads one file; a panic of a parser loses that file only, and is said.
fn contained(sources: &Sources, id: SourceId, file: &SourceFile, options: &ReadOptions) -> Reading {
    let read = || read_file(sources, id, file, options);
    panic::catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        let place = Span::new(id, 0, file.text.len().min(1));
        let message = format!("refract failed on {}: none of it was read", file.path);
        let finding = Finding::at(Code::R299, place, message, "please report it with the file");
        Reading { scripts: Vec::new(), findings: vec![finding] }
    })
}

fn read_file(sources: &Sources, id: SourceId, file: &SourceFile, options: &ReadOptions) -> Reading {
    let ending = file.ending();
    if BESIDE.contains(&ending.as_str()) {
        return Reading::default();
    }
    if file.text.trim().is_empty() {
        let place = Span::new(id, 0, 0);
        let finding = Finding::at(Code::R102, place, format!("{} is empty", file.path), "leave it out of the input");
        return Reading { scripts: Vec::new(), findings: vec![finding] };
    }
    match ending.as_str() {
        "py" | "ipynb" => python::read(sources, id, options, LIBRARIES),
        _ => sql::read(sources, id, options),
    }
}
