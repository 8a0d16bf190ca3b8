//! Project data to files in memory. Owns the templates of what is emitted.
//!
//! In: [`Project`]. Out: [`Files`]. The one place where SQL, Jinja and YAML of the emitted project are escaped.

use std::collections::BTreeMap;

use crate::plan::Project;
use crate::text::Sources;

/// Files by path relative to the output folder, with `/`.
pub type Files = BTreeMap<String, String>;

/// The files of the project.
pub fn emit(_project: &Project, _sources: &Sources) -> Files {
    Files::new()
}
