//! What the run shows: the JSON contract, the lineage formats, the HTML page, all from the same facts.
//!
//! In: scripts, versions, lineage, project, findings. Out: text. Owns the serde types of the JSON contract. Lines and
//! columns exist only here. Never decides anything about an input, and never touches disk.

mod baseline;
mod contract;
mod diagram;
mod drawn;
mod durations;
mod figures;
mod inputs;
mod json;
mod layout;
mod openlineage;
mod page;
mod place;
mod sarif;
mod schedule;
#[cfg(test)]
mod tests;
mod touch;

use crate::Analysis;
use crate::emit::Files;
use crate::finding::Finding;
use crate::graph::Lineage;
use crate::plan::Project;
use crate::steps::Script;
use crate::text::{SourceId, Sources};
use crate::versions::Versions;

pub use baseline::known_findings;
pub use contract::{AuditReport, ConvertReport, LineageReport, schema};
pub use drawn::{dot, markdown, mermaid};
pub use durations::Durations;
pub use figures::figures;
pub use json::{audit_json, convert_json, lineage_json};
pub use openlineage::openlineage;
pub use page::html;
pub use sarif::{github, sarif};

/// Everything that the outputs are made from.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The input files.
    pub sources: &'a Sources,
    /// What was read, in the order of the files.
    pub inputs: Vec<InputFacts>,
    /// The scripts of all files.
    pub scripts: &'a [Script],
    /// Which write reaches which read.
    pub versions: &'a Versions,
    /// Lineage between relations that last.
    pub lineage: &'a Lineage,
    /// The project; none where nothing is converted.
    pub project: Option<&'a Project>,
    /// Everything that there is to say, in the order in which it is shown.
    pub findings: &'a [Finding],
    /// How long steps take, as far as the user told.
    pub durations: &'a Durations,
}

impl<'a> Facts<'a> {
    /// The facts of a run. `project` is none where nothing is converted.
    pub fn of(analysis: &'a Analysis, project: Option<&'a Project>, findings: &'a [Finding]) -> Self {
        Self {
            sources: &analysis.sources,
            inputs: inputs::inputs(&analysis.sources, &analysis.scripts),
            scripts: &analysis.scripts,
            versions: &analysis.versions,
            lineage: &analysis.lineage,
            project,
            findings,
            durations: &analysis.durations,
        }
    }
}

/// One input file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFacts {
    /// The file.
    pub source: SourceId,
    /// `sql`, `procedure`, `pandas`, `airflow`, `ddl`, `rust` or `other`.
    pub kind: &'static str,
    /// The name of its dialect.
    pub dialect: &'static str,
    /// How many statements it has.
    pub statements: usize,
}

/// Adds the lineage report to the files of a project.
pub fn add_files(files: &mut Files, analysis: &Analysis, project: &Project, findings: &[Finding]) {
    let facts = Facts::of(analysis, Some(project), findings);
    let made = [
        ("lineage/index.html", html(&facts, Some(files))),
        ("lineage/lineage.json", openlineage(&facts)),
        ("lineage/lineage.mmd", mermaid(&facts, false)),
        ("lineage/lineage.dot", dot(&facts, false)),
    ];
    files.extend(made.map(|(path, text)| (path.to_owned(), text)));
}
