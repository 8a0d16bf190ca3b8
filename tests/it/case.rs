//! The cases: folders below `fixtures/` that hold a `case.md`. See `fixtures/README.md` for what stands in one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use refract::plan::PlanOptions;
use refract::read::ReadOptions;
use refract::text::SourceFile;
use refract::{Options, discover};

/// One folder.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its path below `fixtures/`.
    pub name: String,
    /// Where it is.
    pub folder: PathBuf,
    /// The `key: value` lines of its `case.md`.
    pub keys: BTreeMap<String, String>,
}

impl Case {
    /// A key's value; empty when it is not there.
    pub fn key(&self, name: &str) -> &str {
        self.keys.get(name).map_or("", String::as_str)
    }

    /// The arguments for `refract convert` besides input, output and format.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments: Vec<String> = self.key("args").split_whitespace().map(str::to_owned).collect();
        if !self.key("dialect").is_empty() {
            arguments.extend(["--dialect".to_owned(), self.key("dialect").to_owned()]);
        }
        arguments
    }

    /// Whether it is about `refract init` rather than `convert`.
    pub fn starts(&self) -> bool {
        self.key("command") == "init"
    }

    /// The same as options of the library.
    pub fn options(&self) -> Options {
        let arguments = self.arguments();
        let value = |flag: &str| {
            let at = arguments.iter().position(|argument| argument == flag)?;
            Some(arguments[at + 1].parse().unwrap_or_else(|error| panic!("{}: {error}", self.name)))
        };
        let plan = PlanOptions {
            project: "project".to_owned(),
            target: value("--target"),
            start: self.starts(),
            ..PlanOptions::default()
        };
        Options {
            read: ReadOptions { dialect: value("--dialect"), ..ReadOptions::default() },
            plan,
            ..Options::default()
        }
    }

    /// The input, as the command would read it.
    pub fn files(&self) -> Vec<SourceFile> {
        let input = self.folder.join("input");
        let found =
            discover::discover(std::slice::from_ref(&input)).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        let prefix = format!("{}/", self.folder.to_string_lossy());
        found.files.into_iter().map(|file| SourceFile::new(file.path.replace(&prefix, ""), file.text)).collect()
    }

    /// The files that the original consists of, in the order in which they run.
    pub fn originals(&self) -> Vec<PathBuf> {
        let input = self.folder.join("input");
        if !self.key("run").is_empty() {
            return self.key("run").split_whitespace().map(|name| input.join(name)).collect();
        }
        let mut files: Vec<PathBuf> = entries(&input).into_iter().filter(|path| path.is_file()).collect();
        files.sort();
        files
    }
}

/// The root of the project.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether expected files are to be rewritten.
pub fn updating() -> bool {
    std::env::var_os("REFRACT_UPDATE").is_some()
}

/// Every case, or those whose name holds `REFRACT_CASE`.
pub fn all() -> Vec<Case> {
    let wanted = std::env::var("REFRACT_CASE").unwrap_or_default();
    let mut cases = Vec::new();
    collect(&root().join("fixtures"), &mut cases);
    cases.retain(|case| case.name.contains(&wanted));
    assert!(!cases.is_empty(), "no case is named {wanted}");
    cases
}

fn collect(folder: &Path, cases: &mut Vec<Case>) {
    if let Ok(text) = fs::read_to_string(folder.join("case.md")) {
        let name = folder.strip_prefix(root().join("fixtures")).expect("below fixtures").to_string_lossy().into_owned();
        cases.push(Case { name, folder: folder.to_path_buf(), keys: keys(&text) });
        return;
    }
    let mut folders: Vec<PathBuf> = entries(folder).into_iter().filter(|path| path.is_dir()).collect();
    folders.sort();
    for inner in folders {
        collect(&inner, cases);
    }
}

/// What a folder holds.
pub fn entries(folder: &Path) -> Vec<PathBuf> {
    let list = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    list.map(|entry| entry.expect("an entry").path()).collect()
}

/// Lines of the form `key: value`, a key being one lower-case word.
fn keys(text: &str) -> BTreeMap<String, String> {
    let pairs = text.lines().filter_map(|line| line.split_once(": "));
    let pairs = pairs.filter(|(key, _)| !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase()));
    pairs.map(|(key, value)| (key.to_owned(), value.trim().to_owned())).collect()
}

/// Fails with every fault, each under the name of its case.
pub fn report(faults: &[(String, String)]) {
    let text: Vec<String> =
        faults.iter().map(|(case, fault)| format!("{case}: {}", fault.replace('\n', "\n    "))).collect();
    assert!(faults.is_empty(), "{} faults:\n  {}", faults.len(), text.join("\n  "));
}

/// Runs a check on every case and fails with all faults together.
pub fn each(check: impl Fn(&Case) -> Vec<String>) {
    let mut faults = Vec::new();
    for case in all() {
        faults.extend(check(&case).into_iter().map(|fault| (case.name.clone(), fault)));
    }
    report(&faults);
}
