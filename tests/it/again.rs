//! The built command over an earlier result that a person has edited, with runs that are killed and runs at once.
//!
//! `tests/projects/again` does the same at every system call, on a full disk and without permission.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Instant;

use tempfile::TempDir;

const FIRST: &[(&str, &str)] = &[
    (
        "orders.sql",
        "create table mart.totals as select customer_id, sum(amount) as total from raw.orders group by customer_id;\n\
         create table mart.people as select id, upper(name) as name from raw.people where name is not null;\n",
    ),
    ("old.sql", "create table mart.gone as select * from raw.gone where id > 1;\n"),
];
const SECOND: &[(&str, &str)] = &[
    (
        "orders.sql",
        "create table mart.totals as select customer_id, max(amount) as total from raw.orders group by customer_id;\n\
         create table mart.people as select id, lower(name) as name from raw.people where name is not null;\n",
    ),
    ("new.sql", "create table mart.fresh as select id, 1 as one from raw.fresh where id > 2;\n"),
];
const EDITED: &str = "models/marts/mart/totals.sql";
const DELETED: &str = "models/marts/mart/people.sql";
const YAML: &str = "models/marts/mart/_mart__models.yml";
const OWN: &str = "models/marts/mart/mine.sql";

type Tree = BTreeMap<String, String>;

/// Every file below a folder, but for what waits; none where the folder is not there.
fn tree(folder: &Path) -> Option<Tree> {
    if !folder.is_dir() {
        return None;
    }
    let mut found = Tree::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(next) = waiting.pop() {
        for path in crate::case::entries(&next) {
            let name = path.strip_prefix(folder).expect("it is below").to_string_lossy().into_owned();
            if path.is_dir() && name != ".refract-pending" {
                waiting.push(path);
            } else if path.is_file() {
                found.insert(name, fs::read_to_string(&path).expect("a text"));
            }
        }
    }
    Some(found)
}

fn put(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
}

fn start(folder: &Path, input: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_refract"))
        .current_dir(folder)
        .args(["convert", input, "-o", "out"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs")
}

/// Runs to the end; what it said.
fn run(folder: &Path, input: &str) -> String {
    let output = start(folder, input).wait_with_output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A folder with two versions of the scripts, and the project of the first as a person left it.
fn edited() -> (TempDir, Tree) {
    let temp = tempfile::tempdir().expect("a folder");
    put(&temp.path().join("first"), FIRST);
    put(&temp.path().join("second"), SECOND);
    run(temp.path(), "first");
    let out = temp.path().join("out");
    let yaml = fs::read_to_string(out.join(YAML)).expect("a file") + "\n# a person's note\n";
    put(&out, &[(EDITED, "select 1 as edited\n"), (OWN, "select 2 as mine\n"), (YAML, &yaml)]);
    fs::remove_file(out.join(DELETED)).expect("a file");
    let before = tree(&out).expect("a folder");
    (temp, before)
}

fn reset(folder: &Path, files: &Tree) {
    let out = folder.join("out");
    if out.exists() {
        fs::remove_dir_all(&out).expect("a folder");
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    put(&out, &files);
}

#[test]
fn what_a_person_did_stays_and_is_listed() {
    let (temp, before) = edited();
    let said = run(temp.path(), "second");
    let after = tree(&temp.path().join("out")).expect("a folder");
    for path in [EDITED, YAML, OWN] {
        assert_eq!(after.get(path), before.get(path), "{path}");
    }
    assert!(!after.contains_key(DELETED) && !after.contains_key("models/marts/mart/gone.sql"));
    for (path, what) in [(EDITED, "kept as edited"), (YAML, "kept as edited"), (DELETED, "left out, as it was deleted")]
    {
        assert!(after.contains_key(&format!("{path}.refract-new")), "{path}");
        assert!(said.contains(&format!("{what}: {path}")), "{path}: {said}");
    }
    assert!(said.contains("removed, not generated any more: models/marts/mart/gone.sql"), "{said}");
    assert!(after["refract.lock.json"].contains("models/marts/mart/fresh.sql"));
    run(temp.path(), "second");
    assert_eq!(tree(&temp.path().join("out")), Some(after), "a second time");
}

#[test]
fn killed_runs_lose_nothing() {
    let (temp, before) = edited();
    let out = temp.path().join("out");
    let started = Instant::now();
    run(temp.path(), "second");
    let took = started.elapsed();
    let after = tree(&out).expect("a folder");
    for part in 0..24_u32 {
        reset(temp.path(), &before);
        let mut child = start(temp.path(), "second");
        sleep(took * (6 + part) / 30);
        child.kill().expect("it can be ended");
        child.wait().expect("it ends");
        for (path, text) in tree(&out).expect("a folder") {
            let known = [before.get(&path), after.get(&path)];
            assert!(known.contains(&Some(&text)), "part {part}: {path} is neither old nor new");
        }
        run(temp.path(), "second");
        assert_eq!(tree(&out).as_ref(), Some(&after), "part {part}");
        assert!(!out.join(".refract-pending").exists(), "part {part}");
    }
}

#[test]
fn two_runs_at_once_are_one_after_the_other() {
    let (temp, before) = edited();
    let out = temp.path().join("out");
    run(temp.path(), "second");
    let after = tree(&out).expect("a folder");
    fs::remove_dir_all(&out).expect("a folder");
    run(temp.path(), "second");
    let fresh = tree(&out).expect("a folder");
    for round in 0..8 {
        let exists = round % 2 == 0;
        if exists {
            reset(temp.path(), &before);
        } else {
            fs::remove_dir_all(&out).expect("a folder");
        }
        let both = [start(temp.path(), "second"), start(temp.path(), "second")];
        for child in both {
            let output = child.wait_with_output().expect("it runs");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        assert_eq!(tree(&out).as_ref(), Some(if exists { &after } else { &fresh }), "round {round}");
    }
}
