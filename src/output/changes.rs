//! What must change in a folder so that it holds the new files and loses nothing that a person did.
//!
//! In: the folder, the hashes of what was written the last time, the new files. Out: files to write and to remove.
//! Only reads.

use std::cell::OnceCell;
use std::fs;
use std::io;
use std::path::Path;

use super::lock::Lock;
use super::moved::Strangers;
use super::{NEW, Refusal, Renamed, Written};
use crate::emit::{Files, LOCK, hash};

/// What must change.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// Files to write, in the order in which they are put into place. The lock file is the last.
    pub(super) write: Vec<(String, String)>,
    /// Files to remove.
    pub(super) remove: Vec<String>,
}

impl Changes {
    /// The changes from what stands in `folder` to `files`. Without a lock everything in the way is overwritten.
    pub(super) fn between(folder: &Path, lock: Option<&Lock>, files: &Files) -> Result<(Self, Written), Refusal> {
        let mut changes = Self::default();
        let mut written = Written::default();
        let strangers = OnceCell::new();
        let strangers = || strangers.get_or_init(|| Strangers::below(folder, lock, files));
        for (path, text) in files.iter().filter(|(path, _)| path.as_str() != LOCK) {
            let found = look(folder, path)?;
            let last = lock.and_then(|lock| lock.get(path));
            if found.as_deref() == Some(&hash(text.as_bytes())) {
                written.unchanged += 1;
                changes.remove_new_version(folder, path)?;
            } else if lock.is_none() || found.as_ref() == last {
                written.files += 1;
                changes.write.push((path.clone(), text.clone()));
                changes.remove_new_version(folder, path)?;
            } else if let (None, Some(to)) = (&found, last.and_then(|last| strangers().renamed(path, last))) {
                let to = to.to_owned();
                let is_new = look(folder, &to)?.as_deref() != Some(&hash(text.as_bytes()));
                let beside = format!("{to}{NEW}");
                if !is_new {
                    changes.remove_new_version(folder, &to)?;
                } else if look(folder, &beside)?.as_deref() != Some(&hash(text.as_bytes())) {
                    changes.write.push((beside, text.clone()));
                }
                changes.remove_new_version(folder, path)?;
                written.renamed.push(Renamed { from: path.clone(), to, is_new });
            } else {
                let list = if found.is_some() { &mut written.kept } else { &mut written.deleted };
                list.push(path.clone());
                let beside = format!("{path}{NEW}");
                if look(folder, &beside)?.as_deref() != Some(&hash(text.as_bytes())) {
                    changes.write.push((beside, text.clone()));
                }
            }
        }
        for (path, last) in lock.into_iter().flatten().filter(|(path, _)| !files.contains_key(*path)) {
            changes.remove_new_version(folder, path)?;
            match look(folder, path)? {
                Some(found) if found == *last => {
                    changes.remove.push(path.clone());
                    written.removed.push(path.clone());
                }
                Some(_) => written.left.push(path.clone()),
                None => {}
            }
        }
        if let Some(text) = files.get(LOCK)
            && look(folder, LOCK)?.as_deref() != Some(&hash(text.as_bytes()))
        {
            changes.write.push((LOCK.to_owned(), text.clone()));
        }
        Ok((changes, written))
    }

    /// Removes the new version beside a file that needs none any more.
    fn remove_new_version(&mut self, folder: &Path, path: &str) -> Result<(), Refusal> {
        let beside = format!("{path}{NEW}");
        if look(folder, &beside)?.is_some() {
            self.remove.push(beside);
        }
        Ok(())
    }
}

/// The hash of the file at `path` below `folder`; none where nothing stands there.
///
/// # Errors
/// When something else than a file stands there, or the way there leads through a file or a link.
fn look(folder: &Path, path: &str) -> Result<Option<String>, Refusal> {
    let mut place = folder.to_path_buf();
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        place.push(part);
        let is_last = parts.peek().is_none();
        let kind = match fs::symlink_metadata(&place) {
            Ok(metadata) => metadata.file_type(),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(Refusal::system(&place, cause)),
        };
        if (is_last && !kind.is_file()) || (!is_last && !kind.is_dir()) {
            return Err(Refusal::InTheWay(place));
        }
    }
    let bytes = fs::read(&place).map_err(|cause| Refusal::system(&place, cause))?;
    Ok(Some(hash(&bytes)))
}
