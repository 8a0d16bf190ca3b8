//! Writes a map of files to a folder, all or nothing. The only writer of disk.
//!
//! In: a folder and what it should hold. Out: what was done, or why nothing was. What a person changed since the last
//! run stays as it is. Never looks into a file's meaning, but for the lock file that tells what refract wrote.
//!
//! A new folder is made beside its place and renamed into it. An existing one gets everything into `.refract-pending`
//! first; then a journal is put there, and only then are files renamed into place, each at once. A run that was killed
//! before the journal has changed nothing; the next run after one that was killed later finishes its work first, but for
//! files that a person has edited in between. Two runs into one folder wait for each other.

mod changes;
mod journal;
mod lock;
mod moved;
mod refusal;

use std::fs;
use std::path::{Component, Path, PathBuf};

use rayon::prelude::*;

use crate::emit::Files;
use changes::Changes;
pub use refusal::Refusal;

/// Where files wait before they are renamed into place.
const PENDING: &str = ".refract-pending";
/// Ending of a new version beside a file that a person has edited.
const NEW: &str = ".refract-new";

/// What was written.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// How many files of the project were written; those that already stood there as they should are not counted.
    pub files: usize,
    /// How many stood there already as they should.
    pub unchanged: usize,
    /// Files that a person had edited: left so, with the new version beside them as `*.refract-new`.
    pub kept: Vec<String>,
    /// Files that a person had deleted: not written again, but for the new version as `*.refract-new`.
    pub deleted: Vec<String>,
    /// Files that a person had given another name, with it, and whether a new version lies beside them as `*.refract-new`.
    pub renamed: Vec<Renamed>,
    /// Files of an earlier run that are not generated any more: removed.
    pub removed: Vec<String>,
    /// Files of an earlier run that are not generated any more, but that a person has edited: left as they are.
    pub left: Vec<String>,
}

/// A file that a person had given another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// The name that it was written under.
    pub from: String,
    /// The name that it has now.
    pub to: String,
    /// Whether it would be another one now: that lies beside it as `*.refract-new`.
    pub is_new: bool,
}

/// Writes `files` below `folder`.
///
/// # Errors
/// When the folder is not ours and `force` is not set, something else stands where a file must go, or the system
/// refuses. The folder is then as it was before.
pub fn write(folder: &Path, files: &Files, force: bool) -> Result<Written, Refusal> {
    for path in files.keys() {
        check_path(path)?;
    }
    if is_missing(folder)? {
        let parent = parent_of(folder);
        if !parent.is_dir() {
            return Err(Refusal::NoParent { folder: folder.to_path_buf(), parent: parent.to_path_buf() });
        }
        let _alone = alone(parent);
        // Another run may have made it in the meantime.
        if is_missing(folder)? {
            return write_new(folder, parent, files);
        }
    }
    if !folder.is_dir() {
        return Err(Refusal::NotAFolder(folder.to_path_buf()));
    }
    let _alone = alone(folder);
    journal::finish(folder)?;
    let lock = lock::read(folder)?;
    if lock.is_none() && !force && !is_empty(folder)? {
        return Err(Refusal::NotOurs(folder.to_path_buf()));
    }
    let (changes, written) = Changes::between(folder, lock.as_ref(), files)?;
    journal::apply(folder, &changes)?;
    Ok(written)
}

/// Writes one file that the user named.
///
/// # Errors
/// When the system refuses.
pub fn write_file(path: &Path, text: &str) -> Result<(), Refusal> {
    fs::write(path, text).map_err(|cause| Refusal::system(path, cause))
}

fn is_missing(folder: &Path) -> Result<bool, Refusal> {
    match fs::metadata(folder) {
        Ok(_) => Ok(false),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(cause) => Err(Refusal::system(folder, cause)),
    }
}

fn parent_of(folder: &Path) -> &Path {
    match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    }
}

/// Waits until no other run writes below this folder; with what is returned the place is given up. The system takes it
/// back from a run that was killed. Where folders cannot be locked, nothing is waited for.
fn alone(folder: &Path) -> Option<fs::File> {
    let folder = fs::File::open(folder).ok()?;
    folder.lock().ok()?;
    Some(folder)
}

/// Writes a folder that does not exist yet: beside its place, then with its name.
fn write_new(folder: &Path, parent: &Path, files: &Files) -> Result<Written, Refusal> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let pending = parent.join(format!(".{name}{PENDING}"));
    let made = make(&pending, files).and_then(|()| {
        fs::rename(&pending, folder).map_err(|cause| Refusal::system(folder, cause))?;
        sync_folder(parent);
        Ok(Written { files: files.len(), ..Written::default() })
    });
    if made.is_err() {
        // What could not be renamed is of no use to anybody; that it cannot be removed either changes nothing.
        let _ = fs::remove_dir_all(&pending);
    }
    made
}

/// A folder with `files` in it, and nothing of an earlier run that was killed.
fn make(folder: &Path, files: &Files) -> Result<(), Refusal> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|cause| Refusal::system(folder, cause))?;
    }
    fs::create_dir(folder).map_err(|cause| Refusal::system(folder, cause))?;
    put_all(folder, files.iter())
}

/// Writes files below `folder`, many at a time: most of the time goes by waiting for the disk.
fn put_all<'a>(folder: &Path, files: impl IntoIterator<Item = (&'a String, &'a String)>) -> Result<(), Refusal> {
    let files: Vec<_> = files.into_iter().collect();
    files.par_iter().try_for_each(|(path, text)| put(&folder.join(path), text))
}

/// Writes a file and the folders above it, and waits until it is on disk.
fn put(path: &Path, text: &str) -> Result<(), Refusal> {
    use std::io::Write;
    let write = || {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut file = fs::File::create(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_data()
    };
    write().map_err(|cause| Refusal::system(path, cause))
}

/// Waits until the names in a folder are on disk, where the system can do that.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = fs::File::open(folder) {
        let _ = folder.sync_all();
    }
}

/// Whether nothing stands in the folder but what `git init` puts there.
fn is_empty(folder: &Path) -> Result<bool, Refusal> {
    let system = |cause| Refusal::system(folder, cause);
    for entry in fs::read_dir(folder).map_err(system)? {
        if entry.map_err(system)?.file_name() != ".git" {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Refuses a path that leads out of the folder. `emit` makes none; this is the last place to notice.
fn check_path(path: &str) -> Result<(), Refusal> {
    let inside = !path.is_empty()
        && !path.contains('\\')
        && Path::new(path).components().all(|component| matches!(component, Component::Normal(_)));
    if inside { Ok(()) } else { Err(Refusal::Outside(PathBuf::from(path))) }
}

#[cfg(test)]
mod tests;
