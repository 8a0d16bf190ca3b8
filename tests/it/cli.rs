//! The built command on odd input: a clear message, the right exit code, nothing written.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

const SCRIPT: &str = "create table mart.totals as select customer_id, count(*) as orders from raw.orders group by 1;\n";

pub fn refract(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_refract"));
    command.current_dir(folder.path());
    command
}

/// A folder with these files.
pub fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
    folder
}

fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        crate::case::entries(folder).iter().map(|path| path.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Runs `refract convert <arguments> -o out`; the exit code must be 2, the message hold `said`, nothing be written.
pub fn refused(folder: &TempDir, arguments: &[&str], said: &str) {
    let before = listing(folder.path());
    let output = refract(folder).arg("convert").args(arguments).args(["-o", "out"]).output().expect("it runs");
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    let what = arguments.join(" ");
    assert_eq!(output.status.code(), Some(2), "{what}: {message}");
    let findings = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!((message.clone() + &findings).contains(said), "{what}: says {message:?}, should hold {said:?}");
    assert!(message.starts_with("error: "), "{what}: {message}");
    assert!(!message.contains("panicked"), "{what}: {message}");
    assert_eq!(listing(folder.path()), before, "{what}: something was written");
}

#[test]
fn input_that_gives_nothing_is_refused() {
    let folder = folder(&[
        ("empty.sql", b""),
        ("blank.sql", b"\n  \n-- only a comment\n"),
        ("binary.sql", b"\x7fELF\x02\x01\x01\x00\x00\xff\xfe\x00"),
        ("notes.txt", b"Dear diary"),
        ("letter.sql", b"Dear Sir or Madam, I hope that this finds you well"),
        ("none/readme.md", b"# nothing"),
    ]);
    fs::create_dir(folder.path().join("hollow")).expect("a folder");
    refused(&folder, &["missing.sql"], "missing.sql");
    refused(&folder, &["empty.sql"], "empty");
    refused(&folder, &["blank.sql"], "blank.sql");
    refused(&folder, &["binary.sql"], "binary.sql");
    refused(&folder, &["notes.txt"], "notes.txt");
    refused(&folder, &["none"], "none");
    refused(&folder, &["hollow"], "hollow");
    refused(&folder, &["letter.sql"], "nothing was written");
}

#[test]
fn an_audit_ends_with_figures() {
    let dag = "from datetime import datetime\nfrom airflow import DAG\n\
        from airflow.operators.empty import EmptyOperator\n\
        from airflow.providers.postgres.operators.postgres import PostgresOperator\n\
        with DAG('stays', start_date=datetime(2024, 1, 1), schedule='@daily'):\n    \
        start = EmptyOperator(task_id='start')\n    \
        a = PostgresOperator(task_id='a', sql='create table mart.a as select id from raw.a')\n    \
        b = PostgresOperator(task_id='b', sql='create table mart.b as select id from raw.b')\n    \
        c = PostgresOperator(task_id='c', sql='create table mart.c as select id from mart.a; call not_here()')\n    \
        start >> a >> b >> c\n";
    let folder = folder(&[("stays.py", dag.as_bytes()), ("times.csv", b"task,seconds\nstays.a,60\nb,600\n")]);
    let said = |arguments: &[&str]| {
        let output = refract(&folder).args(["audit", "stays.py"]).args(arguments).output().expect("it runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let plain = said(&[]);
    assert!(plain.contains("understood: 3 of 4 steps that touch tables (75 %); 5 of 5 tables (100 %)"), "{plain}");
    // The order of a and b is in no data; c calls what is not seen, so it stays behind both.
    assert!(plain.contains("DAG stays: longest chain of its 3 tasks: 3 by the arrows, 2 by the data\n"), "{plain}");
    let timed = said(&["--durations", "times.csv"]);
    assert!(timed.contains("2 (11.0 min) by the arrows, 1 (10.0 min) by the data; 1 without a duration"), "{timed}");
}

#[test]
fn unknown_flags_and_values_are_refused() {
    let folder = folder(&[("load.sql", SCRIPT.as_bytes())]);
    refused(&folder, &["load.sql", "--dialect", "klingon"], "klingon");
    refused(&folder, &["load.sql", "--target", "abacus"], "abacus");
    refused(&folder, &["load.sql", "--format", "xml"], "xml");
    refused(&folder, &["load.sql", "--naming", "fancy"], "fancy");
    refused(&folder, &["load.sql", "--fail-on", "never"], "never");
    refused(&folder, &["load.sql", "--no-such-flag"], "--no-such-flag");
    let output = refract(&folder).args(["convert", "load.sql"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--output"));
}

#[test]
fn a_folder_that_is_not_ours_is_left_alone() {
    let folder = folder(&[("load.sql", SCRIPT.as_bytes()), ("out/thesis.md", b"mine"), ("file", b"mine too")]);
    refused(&folder, &["load.sql"], "did not write");
    assert_eq!(listing(&folder.path().join("out")).len(), 1);
    let output = refract(&folder).args(["convert", "load.sql", "-o", "file"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read(folder.path().join("file")).expect("still there"), b"mine too");
    refract(&folder).args(["convert", "load.sql", "-o", "out", "--force"]).assert().success();
    assert_eq!(fs::read(folder.path().join("out/thesis.md")).expect("still there"), b"mine");
}

#[test]
fn an_unreadable_file_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder(&[("locked.sql", SCRIPT.as_bytes())]);
    let path = folder.path().join("locked.sql");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("its permissions");
    // Root reads everything: there is nothing to see then.
    if fs::read(&path).is_err() {
        refused(&folder, &["locked.sql"], "locked.sql");
    }
    std::os::unix::fs::symlink("nowhere", folder.path().join("broken.sql")).expect("a link");
    refused(&folder, &["broken.sql"], "broken.sql");
}

#[test]
fn a_conversion_writes_into_a_new_folder_and_again_into_its_own() {
    let folder = folder(&[("load.sql", SCRIPT.as_bytes())]);
    for _ in 0..2 {
        refract(&folder).args(["convert", "load.sql", "-o", "out"]).assert().success();
    }
    for name in ["dbt_project.yml", "profiles.yml", "README.md", "refract.lock.json", "lineage/index.html"] {
        assert!(folder.path().join("out").join(name).is_file(), "{name} is not there");
    }
}

#[test]
fn the_exit_code_follows_fail_on() {
    let folder = folder(&[("load.sql", SCRIPT.as_bytes())]);
    let code = |severity: &str| {
        let output = refract(&folder).args(["audit", "load.sql", "--fail-on", severity]).output().expect("it runs");
        output.status.code()
    };
    // The script names its tables outright, which is a warning and no error.
    assert_eq!((code("info"), code("warning"), code("error")), (Some(1), Some(1), Some(0)));
    refract(&folder).args(["audit", "load.sql"]).assert().success();
}

#[test]
fn one_bad_file_does_not_hide_the_others() {
    let folder = folder(&[
        ("in/a.sql", SCRIPT.as_bytes()),
        ("in/b.sql", b"\x00\x01\x02"),
        ("in/c.sql", b""),
        ("in/d.sql", b"selct broken from (("),
        ("in/e.py", b"def f(:\n"),
    ]);
    let output = refract(&folder).args(["convert", "in", "-o", "out", "--format", "json"]).output().expect("it runs");
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{message}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    let models: Vec<&str> =
        report["models"].as_array().expect("models").iter().filter_map(|model| model["name"].as_str()).collect();
    assert!(models.contains(&"totals"), "{models:?}");
    let findings = report["findings"].as_array().expect("findings");
    for path in ["b.sql", "c.sql", "d.sql", "e.py"] {
        let told = findings.iter().any(|finding| finding.to_string().contains(path));
        assert!(told, "nothing is said of {path}: {findings:?}");
    }
}

#[test]
fn output_to_a_pipe_is_plain_and_a_reader_may_go_away() {
    let folder = folder(&[("load.sql", SCRIPT.as_bytes())]);
    let output = refract(&folder).args(["audit", "load.sql"]).output().expect("it runs");
    assert!(!output.stdout.contains(&0x1b), "colour in a pipe");
    for words in [["--help"], ["--version"]] {
        refract(&folder).args(words).assert().success();
    }
    let output = refract(&folder).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("Usage"));
}

#[test]
fn every_code_can_be_explained() {
    let folder = folder(&[]);
    for code in refract::finding::RULES {
        let output = refract(&folder).args(["explain", code.name()]).output().expect("it runs");
        assert!(output.status.success() && output.stdout.len() > 40, "{code}");
    }
    let output = refract(&folder).args(["explain", "R000"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
}
