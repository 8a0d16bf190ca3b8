//! The law that matters most: the migrated project gives the rows that the original gave.
//!
//! Every case with data is converted by the built command, then `tests/engines/run` runs original and project on the same
//! rows (see there). Nothing is passed over when an engine is missing: the test fails with the command that installs it.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::case::{self, Case};

/// Converts a case into `folder`, as a user would, or starts a project from it; what the command said when it did not
/// work.
pub fn convert(case: &Case, folder: &Path) -> Result<String, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_refract"));
    if case.starts() {
        command.arg("init").arg(folder).args(["--from", "input"]);
    } else {
        command.args(["convert", "input", "--format", "json", "-o"]).arg(folder);
    }
    let output = command.args(case.arguments()).current_dir(&case.folder).output().expect("the built command runs");
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!(
        "convert ended with {}: {}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr),
        String::from_utf8_lossy(&output.stdout)
    ))
}

#[test]
fn the_project_gives_the_rows_of_the_original() {
    let work = tempfile::tempdir().expect("a folder");
    let mut faults = Vec::new();
    let mut jobs = Vec::new();
    let cases: Vec<Case> = case::all().into_iter().filter(|case| case.folder.join("data").is_dir()).collect();
    for case in &cases {
        let project = work.path().join(case.name.replace('/', "_"));
        match convert(case, &project) {
            Ok(_) => jobs.push(job(case, &project)),
            Err(fault) => faults.push((case.name.clone(), fault)),
        }
    }
    for result in run(&jobs, work.path()) {
        let name = result["name"].as_str().expect("a name").to_owned();
        let found = result["faults"].as_array().expect("faults");
        faults.extend(found.iter().map(|fault| (name.clone(), fault.as_str().unwrap_or_default().to_owned())));
    }
    let known: Vec<&Case> = cases.iter().filter(|case| !case.key("issue").is_empty()).collect();
    let right = known.iter().filter(|case| !faults.iter().any(|(name, _)| *name == case.name));
    let right: Vec<(String, String)> = right
        .map(|case| (case.name.clone(), "has become right: take `issue:` out of its case.md".to_owned()))
        .collect();
    faults.retain(|(name, _)| !known.iter().any(|case| case.name == *name));
    faults.extend(right);
    case::report(&faults);
}

fn job(case: &Case, project: &Path) -> Value {
    json!({
        "name": case.name,
        "folder": case.folder,
        "project": project,
        "files": case.originals(),
        "keys": case.keys,
        "update": case::updating(),
    })
}

/// Hands all jobs to the engines at once.
fn run(jobs: &[Value], work: &Path) -> Vec<Value> {
    let list = work.join("jobs.json");
    fs::write(&list, Value::from(jobs.to_vec()).to_string()).expect("the list of jobs");
    let output = Command::new(case::root().join("tests/engines/run"))
        .arg("--jobs")
        .arg(&list)
        .output()
        .expect("tests/engines/run runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_default();
    let results: Result<Vec<Value>, _> = serde_json::from_str(last);
    results.unwrap_or_else(|_| panic!("tests/engines/run: {}", String::from_utf8_lossy(&output.stderr)))
}
