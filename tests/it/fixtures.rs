//! Each case against what is expected of it: the emitted tree byte for byte, the report, the findings.
//!
//! `REFRACT_UPDATE=1` rewrites what is expected, `REFRACT_CASE=` selects. The rows of `expected/tables` are not of this
//! test: they come from the original, see `execution`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::case;
use crate::execution;

/// Not compared, because other tests are about them: the page is large and looks different with every touch of its
/// style, and the lock file holds its hash.
const LEFT_OUT: &[&str] = &["lineage/index.html", "refract.lock.json"];

#[test]
fn every_case_gives_what_is_expected() {
    case::each(|case| {
        let work = tempfile::tempdir().expect("a folder");
        let project = work.path().join("project");
        let report = match execution::convert(case, &project) {
            Ok(report) => report,
            Err(fault) => return vec![fault],
        };
        let mut actual = BTreeMap::new();
        read_tree(&project, "project/", &mut actual);
        if case.starts() {
            // It prints for people only.
            actual.insert("printed.txt".to_owned(), report.replace(&*project.to_string_lossy(), "project"));
        } else {
            let report: Value = serde_json::from_str(&report).expect("one JSON object");
            actual.insert("findings.txt".to_owned(), findings(&report));
            actual.insert("report.json".to_owned(), format!("{report:#}\n"));
        }
        let expected = case.folder.join("expected");
        if case::updating() {
            update(&expected, &actual);
            return Vec::new();
        }
        compare(&expected, &actual)
    });
}

/// The files below a folder as text, by path.
fn read_tree(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) {
    for path in case::entries(folder) {
        let name = format!("{prefix}{}", path.file_name().expect("a name").to_string_lossy());
        if path.is_dir() {
            read_tree(&path, &format!("{name}/"), files);
        } else if !LEFT_OUT.iter().any(|left| name == format!("project/{left}")) {
            let bytes = fs::read(&path).expect("a file");
            files.insert(name, String::from_utf8_lossy(&bytes).into_owned());
        }
    }
}

/// One line a finding, as an editor would list them.
fn findings(report: &Value) -> String {
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let list = report["findings"].as_array().expect("findings");
    let lines = list.iter().map(|finding| {
        let place = format!("{}:{}:{}", text(finding, "path"), finding["line"], finding["column"]);
        let (severity, code) = (text(finding, "severity"), text(finding, "code"));
        format!("{place}: {severity} {code}: {}\n", text(finding, "message"))
    });
    lines.collect()
}

/// Rewrites what this test is about, and leaves the tables.
fn update(expected: &Path, actual: &BTreeMap<String, String>) {
    let _ = fs::remove_dir_all(expected.join("project"));
    for (name, text) in actual {
        let path = expected.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
}

fn compare(expected: &Path, actual: &BTreeMap<String, String>) -> Vec<String> {
    let mut wanted = BTreeMap::new();
    if expected.join("project").is_dir() {
        read_tree(&expected.join("project"), "project/", &mut wanted);
    }
    for name in ["findings.txt", "report.json", "printed.txt"] {
        wanted.extend(fs::read_to_string(expected.join(name)).ok().map(|text| (name.to_owned(), text)));
    }
    let names: BTreeSet<&String> = wanted.keys().chain(actual.keys()).collect();
    names.into_iter().filter_map(|name| difference(name, wanted.get(name), actual.get(name))).collect()
}

/// The first line in which two files differ.
fn difference(name: &str, wanted: Option<&String>, actual: Option<&String>) -> Option<String> {
    let (Some(wanted), Some(actual)) = (wanted, actual) else {
        return Some(format!("{name}: {}", if actual.is_some() { "is not expected" } else { "is missing" }));
    };
    if wanted == actual {
        return None;
    }
    let (mut left, mut right) = (wanted.lines(), actual.lines());
    let mut number = 1;
    loop {
        match (left.next(), right.next()) {
            (None, None) => return Some(format!("{name}: line ends differ")),
            (old, new) if old != new => {
                let show = |line: Option<&str>| line.unwrap_or("(the end)").to_owned();
                return Some(format!("{name}:{number}: expected {:?}, is {:?}", show(old), show(new)));
            }
            _ => number += 1,
        }
    }
}
