//! What the run shows: the JSON contract, the lineage formats, the HTML page, all from the same facts.
//!
//! In: scripts, versions, lineage, project, findings. Out: text. Owns the serde types of the JSON contract.

use crate::Analysis;
use crate::emit::Files;
use crate::finding::Finding;
use crate::plan::Project;

/// Adds the lineage report to the files of a project.
pub fn add_files(_files: &mut Files, _analysis: &Analysis, _project: &Project, _findings: &[Finding]) {}
