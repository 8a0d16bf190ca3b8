//! `refract.toml`: what each key does, by project and by path, and what is said of a wrong one.

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

use crate::cli::{folder, refract, refused};

const SCRIPT: &str = "create table mart.totals as select customer_id, count(*) as orders from raw.orders group by 1;\n";
const DDL: &str = "create table raw.orders (customer_id int not null, amount numeric(8, 2));\n";
const ORACLE: &str =
    "create or replace procedure load is begin\n  insert into mart.t select nvl(a, 0) a from raw.s;\nend;\n/\n";
const PANDAS: &str = "import pandas as pd\n\nrows = pd.read_csv('names.csv')\nrows['name'] = rows['name'].astype(str)\nrows.to_csv('out.csv', index=False)\n";

/// A folder with scripts and these settings.
fn with(settings: &str) -> TempDir {
    folder(&[
        ("refract.toml", settings.as_bytes()),
        ("in/load.sql", SCRIPT.as_bytes()),
        ("in/names.py", PANDAS.as_bytes()),
        ("ddl/raw.sql", DDL.as_bytes()),
        ("legacy/load.sql", ORACLE.as_bytes()),
        ("old/broken.sql", b"create tabel x"),
    ])
}

/// The report of a conversion of these paths, and its exit code.
fn report(folder: &TempDir, paths: &[&str]) -> (Value, Option<i32>) {
    let mut command: Command = refract(folder);
    let output = command.arg("convert").args(paths).args(["-o", "out", "--format", "json"]).output().expect("it runs");
    (serde_json::from_slice(&output.stdout).expect("JSON"), output.status.code())
}

fn strings<'a>(report: &'a Value, list: &str, key: &str) -> Vec<&'a str> {
    report[list].as_array().expect("a list").iter().filter_map(|row| row[key].as_str()).collect()
}

fn emitted(folder: &TempDir, path: &str) -> String {
    std::fs::read_to_string(folder.path().join("out").join(path)).unwrap_or_default()
}

#[test]
fn dialect() {
    let dialects = |settings: &str| {
        let (report, _) = report(&with(settings), &["in/load.sql", "legacy"]);
        strings(&report, "inputs", "dialect").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(dialects("dialect = 'mysql'"), ["mysql", "mysql"]);
    let by_path = "dialect = 'postgres'\n[[path]]\nfiles = ['legacy/**']\ndialect = 'oracle'\n";
    assert_eq!(dialects(by_path), ["postgres", "oracle"]);
    let later = "[[path]]\nfiles = ['*.sql']\ndialect = 'mysql'\n[[path]]\nfiles = ['legacy/']\ndialect = 'oracle'\n";
    assert_eq!(dialects(later), ["mysql", "oracle"], "the later rule counts");
}

#[test]
fn target() {
    let folder = with("target = 'snowflake'");
    report(&folder, &["in/load.sql"]);
    let profiles = emitted(&folder, "profiles.yml");
    assert!(profiles.contains("target: snowflake") && profiles.contains("type: snowflake"), "{profiles}");
}

#[test]
fn naming() {
    for (settings, name) in
        [("naming = 'dbt'", "stg_raw__orders"), ("naming = 'plain'", "stg_orders"), ("", "stg_orders")]
    {
        let (report, _) = report(&with(settings), &["in/load.sql"]);
        assert!(strings(&report, "models", "name").contains(&name), "{settings}");
    }
}

#[test]
fn pandas() {
    for (settings, other) in
        [("pandas = 2", "`pandas = 3`"), ("pandas = 3", "`pandas = 2`"), ("pandas = '2.2'", "`pandas = 3`")]
    {
        let (report, _) = report(&with(settings), &["in/names.py"]);
        let help = strings(&report, "findings", "help");
        assert!(help.iter().any(|help| help.contains(other)), "{settings}: {help:?}");
    }
}

#[test]
fn schema() {
    let columns = |settings: &str| {
        let (report, _) = report(&with(settings), &["in/load.sql"]);
        report["sources"][0]["columns"].to_string()
    };
    assert!(!columns("").contains("amount"));
    assert!(columns("schema = ['ddl/']").contains("amount"), "a folder, from where refract.toml lies");
    assert!(columns("schema = ['ddl/raw.sql']").contains("amount"), "a file");
}

#[test]
fn fail_on() {
    for (settings, code) in [("", 0), ("fail-on = 'info'", 1), ("fail-on = 'error'", 0)] {
        let (report, got) = report(&with(settings), &["in/names.py"]);
        assert!(!strings(&report, "findings", "code").is_empty(), "something is said");
        assert_eq!(got, Some(code), "{settings}");
    }
}

#[test]
fn baseline() {
    let dag =
        "create table mart.t as select 1 as a;\ncreate table mart.t as select 2 as a;\nselect * from mart.t where;\n";
    let folder = folder(&[("a.sql", dag.as_bytes())]);
    let audit = |words: &[&str]| {
        let output =
            refract(&folder).args(["audit", "a.sql", "--format", "json"]).args(words).output().expect("it runs");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        report["findings"].as_array().map_or(0, Vec::len)
    };
    assert!(audit(&[]) > 0);
    refract(&folder).args(["audit", "a.sql", "--format", "json", "-o", "before.json"]).output().expect("it runs");
    std::fs::write(folder.path().join("refract.toml"), "baseline = 'before.json'\n").expect("a file");
    assert_eq!(audit(&[]), 0);
}

#[test]
fn exclude() {
    let (report, _) = report(&with("exclude = ['old/', '*.py']"), &["in", "old/broken.sql"]);
    assert_eq!(strings(&report, "inputs", "path"), ["in/load.sql"]);
}

#[test]
fn ignore() {
    let codes = |settings: &str| {
        let (report, _) = report(&with(settings), &["in", "legacy"]);
        strings(&report, "findings", "code").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let said = |codes: &[String]| codes.iter().any(|code| code == "R310");
    assert!(said(&codes("")));
    assert!(!said(&codes("ignore = ['R310']")));
    assert!(!said(&codes("[[path]]\nfiles = ['in/*.py']\nignore = ['R310']")));
    assert!(said(&codes("[[path]]\nfiles = ['legacy/**']\nignore = ['R310']")), "of other files it is said");
}

#[test]
fn settings_hold_by_project_and_by_path() {
    let settings = "fail-on = 'info'\nexclude = ['old/']\nignore = ['R310']\nnaming = 'dbt'\n\n[[path]]\nfiles = ['legacy/*.sql']\ndialect = 'oracle'\n";
    let folder = folder(&[
        ("refract.toml", settings.as_bytes()),
        ("in/load.sql", SCRIPT.as_bytes()),
        ("legacy/load.sql", ORACLE.as_bytes()),
        ("old/broken.sql", b"create tabel x"),
    ]);
    let output = refract(&folder)
        .args(["convert", "in", "legacy", "old/broken.sql", "-o", "out", "--format", "json"])
        .output()
        .expect("it runs");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let report: serde_json::Value = serde_json::from_str(&printed).expect("JSON");
    let inputs: Vec<(&str, &str)> = report["inputs"]
        .as_array()
        .expect("inputs")
        .iter()
        .map(|input| (input["path"].as_str().unwrap_or(""), input["dialect"].as_str().unwrap_or("")))
        .collect();
    assert_eq!(inputs, [("in/load.sql", "ansi"), ("legacy/load.sql", "oracle")]);
    assert!(printed.contains("stg_raw__orders"), "names as set");
    let some = report["findings"].as_array().is_some_and(|findings| !findings.is_empty());
    assert_eq!(output.status.code(), Some(i32::from(some)), "fail-on as set");
    refract(&folder)
        .args(["convert", "in", "-o", "flags", "--naming", "plain", "--dialect", "postgres"])
        .output()
        .expect("it runs");
    assert!(folder.path().join("flags/models/staging/raw/stg_orders.sql").is_file(), "flags count first");
}

#[test]
fn wrong_settings_are_refused_with_their_place() {
    let folder = folder(&[("load.sql", SCRIPT.as_bytes()), ("refract.toml", b"# mine\ndialekt = 'tsql'\n")]);
    refused(&folder, &["load.sql"], "refract.toml:2:1: unknown key `dialekt`");
}
