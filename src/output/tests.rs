use super::*;
use crate::emit::{LOCK, seal};
use crate::text::Sources;

/// A map of files with its lock.
fn files(entries: &[(&str, &str)]) -> Files {
    let mut files: Files = entries.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    seal(&mut files, &Sources::default(), &[]);
    files
}

fn read(folder: &Path, path: &str) -> Option<String> {
    fs::read_to_string(folder.join(path)).ok()
}

fn put_text(folder: &Path, path: &str, text: &str) {
    fs::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
    fs::write(folder.join(path), text).unwrap();
}

/// Every file below a folder, by path.
fn tree(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_new_folder_holds_the_files_and_nothing_else() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("out");
    let files = files(&[("models/a.sql", "select 1\n"), ("b.yml", "x\n")]);
    let written = write(&folder, &files, false).unwrap();
    assert_eq!(written.files, 3);
    assert_eq!(tree(temp.path()), ["out/b.yml", "out/models/a.sql", "out/refract.lock.json"]);
    let written = write(&folder, &files, false).unwrap();
    assert_eq!((written.files, written.unchanged), (0, 2));
}

#[test]
fn what_a_person_did_stays() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("out");
    let first =
        [("a.sql", "1"), ("b.sql", "1"), ("c.sql", "1"), ("d.sql", "1"), ("old/e.sql", "1"), ("old/f.sql", "1")];
    write(&folder, &files(&first), false).unwrap();
    put_text(&folder, "b.sql", "edited");
    fs::remove_file(folder.join("c.sql")).unwrap();
    put_text(&folder, "old/f.sql", "edited");
    put_text(&folder, "mine.sql", "mine");
    put_text(&folder, "new.sql", "mine");
    put_text(&folder, "warehouse.duckdb", "rows");
    put_text(&folder, "target/manifest.json", "{}");
    let second = [("a.sql", "2"), ("b.sql", "2"), ("c.sql", "2"), ("d.sql", "1"), ("new.sql", "2")];
    let written = write(&folder, &files(&second), false).unwrap();
    assert_eq!(written.kept, ["b.sql", "new.sql"]);
    assert_eq!(written.deleted, ["c.sql"]);
    assert_eq!(written.removed, ["old/e.sql"]);
    assert_eq!(written.left, ["old/f.sql"]);
    assert_eq!((written.files, written.unchanged), (1, 1));
    let rows = [
        ("a.sql", Some("2")),
        ("b.sql", Some("edited")),
        ("b.sql.refract-new", Some("2")),
        ("c.sql", None),
        ("c.sql.refract-new", Some("2")),
        ("d.sql", Some("1")),
        ("old/e.sql", None),
        ("old/f.sql", Some("edited")),
        ("mine.sql", Some("mine")),
        ("new.sql", Some("mine")),
        ("new.sql.refract-new", Some("2")),
        ("warehouse.duckdb", Some("rows")),
        ("target/manifest.json", Some("{}")),
        (".refract-pending", None),
    ];
    for (path, expected) in rows {
        assert_eq!(read(&folder, path).as_deref(), expected, "{path}");
    }
    // A person takes one new version over and puts the old text of another back: nothing is left beside them.
    put_text(&folder, "b.sql", "2");
    fs::rename(folder.join("c.sql.refract-new"), folder.join("c.sql")).unwrap();
    let written = write(&folder, &files(&second), false).unwrap();
    assert_eq!(written.kept, ["new.sql"]);
    assert_eq!(read(&folder, "b.sql.refract-new"), None);
}

#[test]
fn a_foreign_folder_is_left_alone() {
    let temp = tempfile::tempdir().unwrap();
    let files = files(&[("a.sql", "1")]);
    put_text(temp.path(), "a.sql", "mine");
    put_text(temp.path(), "b.sql", "mine");
    assert!(matches!(write(temp.path(), &files, false), Err(Refusal::NotOurs(_))));
    assert_eq!(tree(temp.path()), ["a.sql", "b.sql"]);
    write(temp.path(), &files, true).unwrap();
    assert_eq!(read(temp.path(), "a.sql").as_deref(), Some("1"));
    assert_eq!(read(temp.path(), "b.sql").as_deref(), Some("mine"));
}

#[test]
fn an_empty_folder_and_a_new_repository_are_ours_to_fill() {
    let temp = tempfile::tempdir().unwrap();
    write(temp.path(), &files(&[("a.sql", "1")]), false).unwrap();
    let temp = tempfile::tempdir().unwrap();
    put_text(temp.path(), ".git/HEAD", "ref");
    write(temp.path(), &files(&[("a.sql", "1")]), false).unwrap();
    assert_eq!(tree(temp.path()), [".git/HEAD", "a.sql", LOCK]);
}

#[test]
fn what_cannot_be_written_is_refused_before_anything_is() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("out");
    let good = files(&[("a.sql", "1")]);
    assert!(matches!(write(&temp.path().join("no/out"), &good, false), Err(Refusal::NoParent { .. })));
    put_text(temp.path(), "file", "x");
    assert!(matches!(write(&temp.path().join("file"), &good, true), Err(Refusal::NotAFolder(_))));
    write(&folder, &good, false).unwrap();
    fs::create_dir(folder.join("b.sql")).unwrap();
    let refused = write(&folder, &files(&[("a.sql", "2"), ("b.sql", "2")]), false);
    assert!(matches!(refused, Err(Refusal::InTheWay(_))));
    let refused = write(&folder, &files(&[("a.sql", "2"), ("a.sql/b.sql", "2")]), false);
    assert!(matches!(refused, Err(Refusal::InTheWay(_))));
    assert_eq!(read(&folder, "a.sql").as_deref(), Some("1"));
    put_text(&folder, LOCK, "{");
    assert!(matches!(write(&folder, &good, true), Err(Refusal::BadLock { .. })));
    for (version, is_refused) in [("99.0.0", true), (env!("CARGO_PKG_VERSION"), false), ("0.0.9-beta", false)] {
        put_text(&folder, LOCK, &format!(r#"{{"version": "{version}", "files": {{}}}}"#));
        let refused = matches!(write(&folder, &good, false), Err(Refusal::Newer { .. }));
        assert_eq!(refused, is_refused, "{version}");
    }
    for path in ["../a", "/a", "a/../../b", "", "a\\..\\b", "./a"] {
        let files = Files::from([(path.to_owned(), String::new())]);
        assert!(matches!(write(&folder, &files, true), Err(Refusal::Outside(_))), "{path}");
    }
}

#[test]
fn a_killed_run_is_finished_or_forgotten() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("out");
    let first = files(&[("a.sql", "1"), ("b.sql", "1")]);
    write(&folder, &first, false).unwrap();
    // Killed before the journal: what was prepared is forgotten.
    put_text(&folder, ".refract-pending/after/a.sql", "2");
    write(&folder, &first, false).unwrap();
    assert_eq!(read(&folder, "a.sql").as_deref(), Some("1"));
    // Killed after it: what was decided is done, though the files asked for now are others.
    let second = files(&[("a.sql", "2")]);
    put_text(&folder, ".refract-pending/after/a.sql", "2");
    put_text(&folder, ".refract-pending/after/refract.lock.json", &second[LOCK]);
    for path in ["a.sql", "b.sql", LOCK] {
        put_text(&folder, &format!(".refract-pending/before/{path}"), &first[path]);
    }
    put_text(&folder, ".refract-pending/journal.json", r#"{"write":["a.sql","refract.lock.json"],"remove":["b.sql"]}"#);
    let written = write(&folder, &second, false).unwrap();
    assert_eq!((written.files, written.unchanged), (0, 1));
    assert_eq!(tree(&folder), ["a.sql", LOCK]);
}

#[test]
fn what_was_edited_after_a_killed_run_stays() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("out");
    write(&folder, &files(&[("a.sql", "1"), ("b.sql", "1"), ("c.sql", "1")]), false).unwrap();
    let second = files(&[("a.sql", "2"), ("c.sql", "2")]);
    // Killed when c was in place already and a and the lock were not; then a person edits all of them.
    put_text(&folder, ".refract-pending/after/a.sql", "2");
    put_text(&folder, ".refract-pending/after/refract.lock.json", &second[LOCK]);
    for path in ["a.sql", "b.sql", "c.sql"] {
        put_text(&folder, &format!(".refract-pending/before/{path}"), "1");
        put_text(&folder, path, "edited");
    }
    fs::copy(folder.join(LOCK), folder.join(".refract-pending/before").join(LOCK)).unwrap();
    let journal = r#"{"write":["a.sql","c.sql","refract.lock.json"],"remove":["b.sql"]}"#;
    put_text(&folder, ".refract-pending/journal.json", journal);
    let written = write(&folder, &second, false).unwrap();
    assert_eq!(written.kept, ["a.sql", "c.sql"]);
    for path in ["a.sql", "b.sql", "c.sql"] {
        assert_eq!(read(&folder, path).as_deref(), Some("edited"), "{path}");
    }
    assert_eq!(read(&folder, "a.sql.refract-new").as_deref(), Some("2"));
    assert!(!folder.join(PENDING).exists());
}

#[test]
fn a_refusal_in_the_middle_takes_everything_back() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("out");
    write(&folder, &files(&[("a.sql", "1"), ("b.sql", "1")]), false).unwrap();
    put_text(&folder, "file", "mine");
    let before = tree(&folder);
    let write = ["a.sql", "new/c.sql", "file/d.sql"].map(|path| (path.to_owned(), "2".to_owned())).to_vec();
    assert!(journal::apply(&folder, &Changes { write, remove: vec!["b.sql".to_owned()] }).is_err());
    assert_eq!(tree(&folder), before);
    assert!(!folder.join("new").exists() && !folder.join(PENDING).exists());
    assert_eq!(read(&folder, "a.sql").as_deref(), Some("1"));
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_out_of_the_folder() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("out");
    write(&folder, &files(&[("a.sql", "1")]), false).unwrap();
    fs::create_dir(temp.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(temp.path().join("elsewhere"), folder.join("models")).unwrap();
    assert!(matches!(write(&folder, &files(&[("models/a.sql", "1")]), true), Err(Refusal::InTheWay(_))));
}

#[test]
fn a_file_under_another_name_is_told() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("out");
    let first =
        [("models/a.sql", "one"), ("models/b.sql", "two"), ("models/c.sql", "three"), ("models/d.sql", "three")];
    write(&folder, &files(&first), false).unwrap();
    let rename = |from: &str, to: &str| fs::rename(folder.join(from), folder.join(to)).unwrap();
    rename("models/a.sql", "models/orders.sql");
    rename("models/b.sql", "sales.sql");
    // Which of two copies is the renamed one cannot be told.
    rename("models/c.sql", "models/first.sql");
    put_text(&folder, "models/second.sql", "three");
    let renamed = |from: &str, to: &str, is_new| Renamed { from: from.to_owned(), to: to.to_owned(), is_new };
    let second = [("models/a.sql", "one"), ("models/b.sql", "2"), ("models/c.sql", "three"), ("models/d.sql", "three")];
    for _ in 0..2 {
        let written = write(&folder, &files(&second), false).unwrap();
        let expected =
            [renamed("models/a.sql", "models/orders.sql", false), renamed("models/b.sql", "sales.sql", true)];
        assert_eq!(written.renamed, expected);
        assert_eq!(written.deleted, ["models/c.sql"]);
        assert_eq!(read(&folder, "sales.sql").as_deref(), Some("two"));
        assert_eq!(read(&folder, "sales.sql.refract-new").as_deref(), Some("2"));
        assert_eq!(read(&folder, "models/orders.sql.refract-new"), None);
        assert_eq!(read(&folder, "models/a.sql"), None);
    }
}
