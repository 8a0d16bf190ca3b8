//! Paths to source files. The only reader of disk.
//!
//! In: paths as the user gave them. Out: files as text in a fixed order (by path), and findings for what was passed
//! over. Never looks at what a script means.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::finding::{Code, Finding};
use crate::text::SourceFile;

/// Endings of the files that a folder is searched for: scripts, and what scripts read from beside them.
const SCRIPTS: &[&str] = &[
    "sql", "ddl", "dml", "prc", "proc", "sp", "fnc", "pls", "plsql", "pks", "pkb", "pck", "psql", "pgsql", "tsql",
    "hql", "bteq", "bq", "py", "ipynb",
];

/// Endings of files that a script may open: they are at hand for the readers, but are no scripts.
const BESIDE: &[&str] = &["json", "yaml", "yml", "j2", "jinja", "tpl"];

/// Folders that hold other people's code or generated files.
const FOREIGN: &[&str] = &["node_modules", "__pycache__", "site-packages", "venv", ".venv", "dbt_packages", "target"];

/// A folder that holds this file was written by refract, and is no input.
const OWN_OUTPUT: &str = "refract.lock.json";

/// Files larger than this are passed over: no script is that long, and spans count in 32 bits.
const LARGEST: u64 = 64 << 20;

/// What was found.
#[derive(Debug, Default)]
pub struct Discovered {
    /// The files, by path.
    pub files: Vec<SourceFile>,
    /// What was passed over, and why.
    pub findings: Vec<Finding>,
}

/// Why nothing can be read.
#[derive(Debug)]
pub enum DiscoverError {
    /// A path that was named is not there or cannot be read.
    Unreadable {
        /// The path as given.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// A file that was named is no script.
    NoScript {
        /// The path as given.
        path: PathBuf,
        /// What it is instead.
        what: String,
    },
    /// The folders that were named hold no script.
    Nothing {
        /// The paths as given.
        paths: Vec<PathBuf>,
    },
}

impl fmt::Display for DiscoverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, cause } => write!(f, "cannot read {}: {}", path.display(), plain(cause)),
            Self::NoScript { path, what } => write!(f, "{} is not a script: {what}", path.display()),
            Self::Nothing { paths } => {
                let shown: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
                write!(f, "no script in {}", shown.join(", "))
            }
        }
    }
}

impl DiscoverError {
    /// What the user can do.
    pub fn help(&self) -> String {
        match self {
            Self::Unreadable { .. } => "check the path and its permissions".to_owned(),
            Self::NoScript { .. } | Self::Nothing { .. } => {
                format!("give SQL or Python scripts, or a folder that holds some (*.{})", SCRIPTS.join(", *."))
            }
        }
    }
}

/// The system's words without its error number.
fn plain(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::NotFound {
        return "there is no such file or folder".to_owned();
    }
    if error.kind() == io::ErrorKind::PermissionDenied {
        return "permission denied".to_owned();
    }
    error.to_string()
}

/// Patterns as in `.gitignore`, that files lie under or not.
#[derive(Debug)]
pub struct Globs {
    folder: PathBuf,
    patterns: Gitignore,
}

impl Globs {
    /// Patterns that start from `folder`.
    ///
    /// # Errors
    /// When a pattern is not valid: says which.
    pub fn new(folder: &Path, patterns: &[String]) -> Result<Self, String> {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
        let mut builder = GitignoreBuilder::new(&folder);
        for pattern in patterns {
            builder.add_line(None, pattern).map_err(|error| error.to_string())?;
        }
        let patterns = builder.build().map_err(|error| error.to_string())?;
        Ok(Self { folder, patterns })
    }

    /// Whether a file, by its path as [`discover`] shows it, or a folder above it matches.
    pub fn hold(&self, path: &str) -> bool {
        let path = std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
        let inside = path.starts_with(&self.folder);
        inside && self.patterns.matched_path_or_any_parents(&path, false).is_ignore()
    }
}

/// Reads every script that `paths` name or hold.
///
/// # Errors
/// When a named path cannot be read, a single named file is no script, or nothing was found at all.
pub fn discover(paths: &[PathBuf]) -> Result<Discovered, DiscoverError> {
    let mut found = Discovered::default();
    for path in paths {
        let meta = fs::metadata(path).map_err(|cause| DiscoverError::Unreadable { path: path.clone(), cause })?;
        if meta.is_dir() {
            walk(path, &mut found)?;
        } else {
            named_file(path, paths.len() == 1, &mut found)?;
        }
    }
    found.files.sort_by(|left, right| left.path.cmp(&right.path));
    found.files.dedup_by(|left, right| left.path == right.path);
    let beside = |file: &SourceFile| has_ending(Path::new(&file.path), BESIDE).is_some() && !is_catalog(file);
    if found.files.iter().all(beside) {
        return Err(DiscoverError::Nothing { paths: paths.to_vec() });
    }
    Ok(found)
}

/// Whether the file is dbt's own catalog: it declares tables, as a script of DDL does.
fn is_catalog(file: &SourceFile) -> bool {
    let head: String = file.text.chars().take(2000).collect();
    head.contains("dbt_schema_version") && head.contains("/catalog/")
}

/// The text of one file that is no script, such as a baseline.
///
/// # Errors
/// When it cannot be read or is no text.
pub fn text(path: &Path) -> Result<String, DiscoverError> {
    match load(path)? {
        Ok(file) => Ok(file.text),
        Err(what) => Err(DiscoverError::NoScript { path: path.to_path_buf(), what }),
    }
}

/// A file that the user named: taken whatever its ending, if its content is text.
fn named_file(path: &Path, alone: bool, found: &mut Discovered) -> Result<(), DiscoverError> {
    match load(path)? {
        Ok(file) => found.files.push(file),
        Err(what) if alone => return Err(DiscoverError::NoScript { path: path.to_path_buf(), what }),
        Err(what) => found.findings.push(passed_over(path, &what)),
    }
    Ok(())
}

/// The scripts of a folder. Where `.gitignore` hides them all, the folder itself is what it hides: it was named, so it is read.
fn walk(folder: &Path, found: &mut Discovered) -> Result<(), DiscoverError> {
    let (files, findings) = (found.files.len(), found.findings.len());
    look_through(folder, true, found)?;
    if found.files.len() == files {
        found.findings.truncate(findings);
        look_through(folder, false, found)?;
    }
    Ok(())
}

fn look_through(folder: &Path, ignoring: bool, found: &mut Discovered) -> Result<(), DiscoverError> {
    let mut builder = WalkBuilder::new(folder);
    builder.git_ignore(ignoring).ignore(ignoring).parents(ignoring).git_exclude(ignoring).git_global(ignoring);
    builder.sort_by_file_path(Path::cmp).require_git(false).filter_entry(|entry| {
        let foreign = entry.file_name().to_str().is_some_and(|name| FOREIGN.contains(&name));
        let folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        !(folder && entry.depth() > 0 && (foreign || entry.path().join(OWN_OUTPUT).exists()))
    });
    for entry in builder.build() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                found.findings.push(Finding::general(Code::R101, format!("cannot look into a folder: {error}"), ""));
                continue;
            }
        };
        let path = entry.path();
        if !entry.file_type().is_some_and(|kind| kind.is_file()) {
            continue;
        }
        if has_ending(path, SCRIPTS).is_some() || has_ending(path, BESIDE).is_some() {
            match load(path)? {
                Ok(file) => found.files.push(file),
                Err(what) => found.findings.push(passed_over(path, &what)),
            }
        }
    }
    Ok(())
}

fn has_ending<'a>(path: &Path, endings: &[&'a str]) -> Option<&'a str> {
    let ending = path.extension()?.to_str()?;
    endings.iter().copied().find(|known| known.eq_ignore_ascii_case(ending))
}

fn passed_over(path: &Path, what: &str) -> Finding {
    Finding::general(Code::R101, format!("{} was passed over: {what}", shown(path)), "leave it out of the input")
}

/// A path as shown: with `/`, without a leading `./`.
fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    text.strip_prefix("./").map(str::to_owned).unwrap_or(text)
}

/// The file, or what it is instead of text.
fn load(path: &Path) -> Result<Result<SourceFile, String>, DiscoverError> {
    let unreadable = |cause| DiscoverError::Unreadable { path: path.to_path_buf(), cause };
    if fs::metadata(path).map_err(unreadable)?.len() > LARGEST {
        return Ok(Err(format!("it is larger than {} MB", LARGEST >> 20)));
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    Ok(decode(bytes).map(|text| SourceFile::new(shown(path), text)))
}

/// Text of UTF-8, of UTF-16 with a byte order mark (as SQL Server's tools write it), or of Windows-1252.
fn decode(bytes: Vec<u8>) -> Result<String, String> {
    match bytes.as_slice() {
        [0xFF, 0xFE, rest @ ..] => return utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => return utf16(rest, u16::from_be_bytes),
        _ => {}
    }
    if bytes.contains(&0) {
        return Err("it is binary".to_owned());
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
        Err(error) => Ok(windows_1252(error.as_bytes())),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, String> {
    let units = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(unit);
    let text: Result<String, _> = char::decode_utf16(units).collect();
    text.map_err(|_| "it is binary".to_owned())
}

/// The 32 characters that Windows-1252 has where Latin-1 has controls.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

fn windows_1252(bytes: &[u8]) -> String {
    let read = |byte: &u8| match byte {
        0x80..=0x9F => WINDOWS_1252.get(usize::from(byte - 0x80)).copied().unwrap_or('\u{fffd}'),
        _ => char::from(*byte),
    };
    bytes.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        let rows: [(&[u8], Result<&str, &str>); 6] = [
            (b"select 1", Ok("select 1")),
            (b"\xEF\xBB\xBFselect 1", Ok("select 1")),
            (b"\xFF\xFEs\0e\0", Ok("se")),
            (b"\xFE\xFF\0s\0e", Ok("se")),
            (b"-- caf\xE9 \x96 x", Ok("-- café – x")),
            (b"\x7fELF\0\0", Err("it is binary")),
        ];
        for (bytes, expected) in rows {
            let got = decode(bytes.to_vec());
            assert_eq!(got.as_deref().map_err(String::as_str), expected, "{bytes:?}");
        }
    }
    #[test]
    fn a_folder_that_git_ignores_is_read_when_it_is_named() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let at = |path: &str| home.path().join(path);
        fs::create_dir_all(at("vendor/lib")).expect("folders");
        for path in ["kept.sql", "vendor/a.sql", "vendor/lib/b.sql"] {
            fs::write(at(path), "select 1").expect("a script");
        }
        fs::write(at(".gitignore"), "vendor/\n").expect("a list");
        let count = |path: &str| discover(&[at(path)]).expect("scripts").files.len();
        assert_eq!((count(""), count("vendor")), (1, 2));
    }
}
