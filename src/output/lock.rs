//! Reads the lock file: what refract wrote into a folder the last time, and the hash of each file.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

use super::{Refusal, check_path};
use crate::emit::LOCK;

/// Hashes by path, as written the last time.
pub(super) type Lock = BTreeMap<String, String>;

/// The lock of a folder; none where refract has not written there.
pub(super) fn read(folder: &Path) -> Result<Option<Lock>, Refusal> {
    let path = folder.join(LOCK);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(Refusal::system(&path, cause)),
    };
    let root: Value = match serde_json::from_slice(&bytes) {
        Ok(root) => root,
        Err(error) => return Err(Refusal::BadLock { path, cause: error.to_string() }),
    };
    if let Some(version) = root.get("version").and_then(Value::as_str).filter(|version| is_later(version)) {
        return Err(Refusal::Newer { path, version: version.to_owned() });
    }
    match parse(&root) {
        Ok(lock) => Ok(Some(lock)),
        Err(cause) => Err(Refusal::BadLock { path, cause }),
    }
}

/// Whether a version is later than this one: what its lock file says may mean something else.
fn is_later(version: &str) -> bool {
    let numbers = |version: &str| -> Option<Vec<u64>> {
        let plain = version.split(['-', '+']).next().unwrap_or(version);
        plain.split('.').map(|part| part.parse().ok()).collect()
    };
    matches!((numbers(version), numbers(env!("CARGO_PKG_VERSION"))), (Some(theirs), Some(ours)) if theirs > ours)
}

fn parse(root: &Value) -> Result<Lock, String> {
    let files = root.get("files").and_then(Value::as_object).ok_or("it lists no `files`")?;
    let mut lock = Lock::new();
    for (path, hash) in files {
        check_path(path).map_err(|refusal| refusal.to_string())?;
        let hash = hash.as_str().ok_or_else(|| format!("`{path}` has no hash"))?;
        lock.insert(path.clone(), hash.to_owned());
    }
    Ok(lock)
}
