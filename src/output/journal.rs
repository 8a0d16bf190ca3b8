//! Carries changes out so that they happen as a whole.
//!
//! In: a folder and its changes. Out: nothing but the changed folder. Everything is written below `.refract-pending`
//! before the journal is; with the journal in place the changes are decided, and [`finish`] carries them out even
//! after this process was killed. When the system refuses one of them, those before it are taken back.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::{Value, json};

use super::changes::Changes;
use super::{PENDING, Refusal, check_path, put, put_all, sync_folder};

/// Its name below `.refract-pending`.
const JOURNAL: &str = "journal.json";
/// New files wait here.
const AFTER: &str = "after";
/// Copies of what is overwritten or removed wait here, to be put back when something fails.
const BEFORE: &str = "before";

/// Carries out `changes`; nothing is touched when there are none.
pub(super) fn apply(folder: &Path, changes: &Changes) -> Result<(), Refusal> {
    if *changes == Changes::default() {
        return Ok(());
    }
    let pending = folder.join(PENDING);
    if let Err(refusal) = prepare(folder, &pending, changes) {
        // Without its journal this folder means nothing; the next run clears it away if this one cannot.
        let _ = fs::remove_dir_all(&pending);
        return Err(refusal);
    }
    carry_out(folder, &pending, &names(changes))
}

/// Finishes what a killed run had decided, and clears away what it had not.
pub(super) fn finish(folder: &Path) -> Result<(), Refusal> {
    let pending = folder.join(PENDING);
    if !pending.is_dir() {
        return Ok(());
    }
    if let Ok(bytes) = fs::read(pending.join(JOURNAL)) {
        let journal: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let list = |key: &str| -> Vec<String> {
            let items = journal.get(key).and_then(Value::as_array).into_iter().flatten();
            items.filter_map(Value::as_str).filter(|path| check_path(path).is_ok()).map(str::to_owned).collect()
        };
        let mut names = Names { write: list("write"), remove: list("remove") };
        names.write.retain(|path| !is_waiting(&pending, path) || is_as_before(folder, &pending, path));
        names.remove.retain(|path| is_as_before(folder, &pending, path));
        return carry_out(folder, &pending, &names);
    }
    fs::remove_dir_all(&pending).map_err(|cause| Refusal::system(&pending, cause))
}

fn is_waiting(pending: &Path, path: &str) -> bool {
    pending.join(AFTER).join(path).exists()
}

/// Whether a file stands as it did when the killed run had decided to change it. What a person has done since then
/// stays: this run tells it from what the lock file says, and puts its own version beside it.
fn is_as_before(folder: &Path, pending: &Path, path: &str) -> bool {
    let text = |place: &Path| fs::read(place).ok();
    text(&folder.join(path)) == text(&pending.join(BEFORE).join(path))
}

/// Paths of the changes.
struct Names {
    write: Vec<String>,
    remove: Vec<String>,
}

fn names(changes: &Changes) -> Names {
    let write = changes.write.iter().map(|(path, _)| path.clone()).collect();
    Names { write, remove: changes.remove.clone() }
}

/// Puts everything that will be needed below `.refract-pending`, the journal last.
fn prepare(folder: &Path, pending: &Path, changes: &Changes) -> Result<(), Refusal> {
    fs::create_dir(pending).map_err(|cause| Refusal::system(pending, cause))?;
    put_all(&pending.join(AFTER), changes.write.iter().map(|(path, text)| (path, text)))?;
    let paths = names(changes);
    for path in paths.write.iter().chain(&paths.remove) {
        let (place, copy) = (folder.join(path), pending.join(BEFORE).join(path));
        if place.exists() {
            let parent = copy.parent().unwrap_or(pending);
            fs::create_dir_all(parent).map_err(|cause| Refusal::system(parent, cause))?;
            fs::copy(&place, &copy).map_err(|cause| Refusal::system(&place, cause))?;
        }
    }
    let journal = json!({"write": paths.write, "remove": paths.remove}).to_string();
    let draft = pending.join("journal.draft");
    put(&draft, &journal)?;
    fs::rename(&draft, pending.join(JOURNAL)).map_err(|cause| Refusal::system(pending, cause))?;
    sync_folder(pending);
    Ok(())
}

/// Renames what waits into place, removes what must go, and clears up. Takes it all back when the system refuses.
fn carry_out(folder: &Path, pending: &Path, names: &Names) -> Result<(), Refusal> {
    if let Err((done, refusal)) = each_change(folder, pending, names) {
        if done.iter().rev().all(|path| take_back(folder, pending, path).is_ok()) {
            let _ = fs::remove_dir_all(pending);
        }
        return Err(refusal);
    }
    sync_folder(folder);
    fs::remove_dir_all(pending).map_err(|cause| Refusal::system(pending, cause))
}

/// One change after the other; with the refusal come the paths that have been touched.
fn each_change<'a>(folder: &Path, pending: &Path, names: &'a Names) -> Result<(), (Vec<&'a str>, Refusal)> {
    let mut done: Vec<&str> = Vec::new();
    for path in &names.write {
        let waiting = pending.join(AFTER).join(path);
        if is_waiting(pending, path) {
            put_into_place(&waiting, &folder.join(path)).map_err(|refusal| (done.clone(), refusal))?;
        }
        done.push(path);
    }
    for path in &names.remove {
        remove(folder, path).map_err(|refusal| (done.clone(), refusal))?;
        done.push(path);
    }
    Ok(())
}

fn put_into_place(waiting: &Path, place: &Path) -> Result<(), Refusal> {
    let parent = place.parent().unwrap_or(place);
    fs::create_dir_all(parent).map_err(|cause| Refusal::system(parent, cause))?;
    fs::rename(waiting, place).map_err(|cause| Refusal::system(place, cause))
}

/// Removes a file, and the folders above it that are empty then.
fn remove(folder: &Path, path: &str) -> Result<(), Refusal> {
    let place = folder.join(path);
    match fs::remove_file(&place) {
        Ok(()) => {}
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
        Err(cause) => return Err(Refusal::system(&place, cause)),
    }
    prune(folder, &place);
    Ok(())
}

/// Removes the folders above a place that are empty.
fn prune(folder: &Path, place: &Path) {
    let mut parent = place.parent();
    while let Some(above) = parent.filter(|above| *above != folder) {
        // Refused for a folder that is not empty: that is what ends this.
        if fs::remove_dir(above).is_err() {
            break;
        }
        parent = above.parent();
    }
}

/// Undoes one change: what was put into place waits again, and the copy of what stood there goes back.
fn take_back(folder: &Path, pending: &Path, path: &str) -> io::Result<()> {
    let (place, waiting, copy) = (folder.join(path), pending.join(AFTER).join(path), pending.join(BEFORE).join(path));
    if place.exists() && !waiting.exists() {
        fs::rename(&place, &waiting)?;
    }
    if copy.exists() {
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::rename(&copy, &place)?;
    }
    prune(folder, &place);
    Ok(())
}
