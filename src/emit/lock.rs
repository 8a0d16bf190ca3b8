//! The lock file: what came from what.
//!
//! In: all files of the output, the inputs, the options that matter. Out: one more file, JSON, with a hash of each.

use serde_json::{Map, Value, json};

use crate::emit::{Files, hash};
use crate::text::Sources;

/// The lock file's path.
pub const LOCK: &str = "refract.lock.json";

/// Adds the lock file. It goes last, over everything that is written.
pub fn seal(files: &mut Files, sources: &Sources, options: &[(&str, String)]) {
    files.remove(LOCK);
    let options: Map<String, Value> =
        options.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str()))).collect();
    let inputs: Vec<Value> = sources
        .iter()
        .map(|(id, file)| json!({"path": sources.short_path(id), "hash": hash(file.text.as_bytes())}))
        .collect();
    let hashes: Map<String, Value> =
        files.iter().map(|(path, text)| (path.clone(), Value::from(hash(text.as_bytes())))).collect();
    let lock = json!({
        "about": "Written by refract. It tells what was generated from what, and which files a person has edited since.",
        "version": env!("CARGO_PKG_VERSION"),
        "options": options,
        "inputs": inputs,
        "files": hashes,
    });
    files.insert(LOCK.to_owned(), format!("{lock:#}\n"));
}
