//! What is made from what, in procedures of every dialect: every source and target is named, and none is false.
//!
//! The expected edges of `fixtures/lineage/` were worked out by hand and are never rewritten.

use std::collections::BTreeSet;
use std::fs;

use assert_cmd::Command;
use serde_json::Value;

use crate::case::root;

const DIALECTS: [&str; 8] = ["postgres", "redshift", "snowflake", "bigquery", "tsql", "mysql", "oracle", "databricks"];

#[test]
fn procedures_name_every_source_and_target() {
    let mut faults = Vec::new();
    for dialect in DIALECTS {
        let folder = root().join("fixtures/lineage").join(dialect);
        let expected = fs::read_to_string(folder.join("expected.txt")).unwrap();
        let expected: BTreeSet<String> =
            expected.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
        let printed = lineage(&folder.join("script.sql"), None);
        let found = edges(&printed);
        faults.extend(expected.difference(&found).map(|edge| format!("{dialect}: missing {edge}")));
        faults.extend(found.difference(&expected).map(|edge| format!("{dialect}: false   {edge}")));
        if !told_as(&printed, dialect) {
            faults.push(format!("{dialect}: the dialect was not told"));
        }
    }
    assert!(faults.is_empty(), "{} faults:\n  {}", faults.len(), faults.join("\n  "));
}

#[test]
fn a_statement_without_a_procedure_has_lineage() {
    let rows = [
        ("select a.x from s.a join b on b.id = a.id", "select", "b s.a", ""),
        ("insert into s.t select * from s.u", "insert", "s.u", "s.t"),
        ("with c as (select * from c) select * from c", "select", "c", ""),
    ];
    for (text, kind, reads, writes) in rows {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one.sql");
        fs::write(&path, text).unwrap();
        let printed = lineage(&path, Some("postgres"));
        let statements = printed["statements"].as_array().unwrap();
        let list = |key: &str| {
            let names: BTreeSet<&str> =
                statements[0][key].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            names.into_iter().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(statements.len(), 1, "{text}");
        assert_eq!(statements[0]["kind"], kind, "{text}");
        assert_eq!((list("reads").as_str(), list("writes").as_str()), (reads, writes), "{text}");
    }
}

fn lineage(path: &std::path::Path, dialect: Option<&str>) -> Value {
    let mut command = Command::cargo_bin("refract").unwrap();
    command.args(["lineage", "--format", "json"]).arg(path);
    command.args(dialect.map(|dialect| format!("--dialect={dialect}")));
    let output = command.output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `from -> to via a, b`.
fn edges(printed: &Value) -> BTreeSet<String> {
    let edge = |edge: &Value| {
        let via: Vec<&str> = edge["via"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let via = if via.is_empty() { String::new() } else { format!(" via {}", via.join(", ")) };
        format!("{} -> {}{via}", edge["from"].as_str().unwrap(), edge["to"].as_str().unwrap())
    };
    printed["relations"].as_array().unwrap().iter().map(edge).collect()
}

fn told_as(printed: &Value, dialect: &str) -> bool {
    let findings = printed["findings"].as_array().unwrap();
    findings.iter().any(|finding| {
        finding["code"] == "R103" && finding["message"].as_str().unwrap().starts_with(&format!("read as {dialect},"))
    })
}
