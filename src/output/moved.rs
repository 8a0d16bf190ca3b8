//! Files that a person has given another name.
//!
//! In: a folder, and what was written there the last time. Out: for a file that is gone, the file that has its bytes now. Only reads.

use std::fs;
use std::path::Path;

use super::lock::Lock;
use super::{NEW, PENDING};
use crate::emit::{Files, hash};

/// Folders that hold nothing of a person's.
const NOT_OURS: [&str; 4] = ["target", "dbt_packages", "logs", PENDING];

/// The files below a folder that nobody generates, with their hashes.
#[derive(Debug, Default)]
pub(super) struct Strangers {
    found: Vec<(String, String)>,
}

impl Strangers {
    /// Those that are not in `files` nor in the lock.
    pub(super) fn below(folder: &Path, lock: Option<&Lock>, files: &Files) -> Self {
        let mut strangers = Self::default();
        let known = |path: &str| files.contains_key(path) || lock.is_some_and(|lock| lock.contains_key(path));
        strangers.look(folder, "", &known);
        strangers.found.sort();
        strangers
    }

    fn look(&mut self, folder: &Path, within: &str, known: &dyn Fn(&str) -> bool) {
        let Ok(entries) = fs::read_dir(folder.join(within)) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if within.is_empty() { name.clone() } else { format!("{within}/{name}") };
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && !NOT_OURS.contains(&name.as_str()) && !name.starts_with('.') {
                self.look(folder, &path, known);
            } else if kind.is_file() && is_text(&name) && !known(&path) {
                let bytes = fs::read(folder.join(&path)).unwrap_or_default();
                self.found.push((path, hash(&bytes)));
            }
        }
    }

    /// The file that has these bytes now, or that has a file of these bytes beside it as its new version; none where several have.
    pub(super) fn renamed(&self, path: &str, last: &str) -> Option<&str> {
        let ending = |path: &str| path.rsplit_once('.').map(|(_, ending)| ending.to_owned());
        let owner = |own: &str| own.strip_suffix(NEW).map_or(own.to_owned(), ToOwned::to_owned);
        let fits = |(own, hash): &&(String, String)| hash == last && ending(&owner(own)) == ending(path);
        let mut owners: Vec<String> = self.found.iter().filter(fits).map(|(own, _)| owner(own)).collect();
        owners.dedup();
        owners.retain(|own| own != path);
        let [only] = owners.as_slice() else { return None };
        self.found.iter().map(|(own, _)| own.as_str()).find(|own| own == only)
    }
}

/// Files that refract writes and people rename.
fn is_text(name: &str) -> bool {
    let name = name.strip_suffix(NEW).unwrap_or(name);
    [".sql", ".yml", ".py", ".csv", ".md"].iter().any(|ending| name.ends_with(ending))
}
