//! `refract.toml`: what the command line says, said once for a project, and per path.
//!
//! In: the nearest `refract.toml` of the working folder or one above it. Out: validated settings, or a message with
//! the file, line and key. A flag on the command line counts before a setting. Never decides what a setting means.

use std::env;
use std::fmt::Display;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

use super::Failure;
use super::args::{self, NamingArg};
use super::database;
use crate::dialect::Dialect;
use crate::discover::{self, Discovered, Globs};
use crate::finding::{Code, Severity};
use crate::read::{PandasVersion, ReadOptions};

/// The name of the file.
const NAME: &str = "refract.toml";

/// The settings of a project.
#[derive(Debug, Default)]
pub struct Settings {
    /// The folder that its paths and patterns start from.
    folder: PathBuf,
    written: Written,
}

/// The file as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Written {
    dialect: Option<Word<Dialect>>,
    target: Option<Word<Target>>,
    naming: Option<Naming>,
    pandas: Option<Release>,
    schema: Vec<PathBuf>,
    fail_on: Option<Word<Severity>>,
    baseline: Option<PathBuf>,
    exclude: Vec<Word<Pattern>>,
    ignore: Vec<Word<Code>>,
    path: Vec<Rule>,
}

/// What holds for some files: the later rule counts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    files: Vec<Word<Pattern>>,
    dialect: Option<Word<Dialect>>,
    #[serde(default)]
    ignore: Vec<Word<Code>>,
}

/// A value that is written as a word and parsed as on the command line.
#[derive(Debug, Clone, Copy)]
struct Word<T>(T);

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(de::Error::custom)
    }
}

/// A release of pandas: `pandas = 3`, `pandas = "2.2"`.
#[derive(Debug, Clone, Copy)]
struct Release(PandasVersion);

impl<'de> Deserialize<'de> for Release {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match toml::Value::deserialize(deserializer)? {
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Float(number) => number.to_string(),
            toml::Value::Boolean(_) | toml::Value::Datetime(_) | toml::Value::Array(_) | toml::Value::Table(_) => {
                return Err(de::Error::custom("a version of pandas is 2 or 3"));
            }
        };
        text.parse().map(Self).map_err(de::Error::custom)
    }
}

/// A warehouse by its name.
#[derive(Debug, Clone, Copy)]
struct Target(Dialect);

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = |known| format!("unknown target `{text}`: {known}");
        args::target(text).map(Self).map_err(unknown)
    }
}

/// A pattern of file names, which is known to be one.
#[derive(Debug, Clone)]
struct Pattern(String);

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let own = [text.to_owned()];
        Globs::new(Path::new("."), &own)?;
        let [text] = own;
        Ok(Self(text))
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Naming {
    Plain,
    Dbt,
}

impl Settings {
    /// The settings that hold in the working folder; none written is no error.
    pub fn find() -> Result<Self, Failure> {
        let Ok(here) = env::current_dir() else { return Ok(Self::default()) };
        let Some(path) = here.ancestors().map(|folder| folder.join(NAME)).find(|path| path.is_file()) else {
            return Ok(Self { folder: here, written: Written::default() });
        };
        let text = discover::text(&path).map_err(|error| Failure::new(error.to_string(), error.help()))?;
        let shown = path.strip_prefix(&here).unwrap_or(&path).display().to_string();
        let written = parse(&text).map_err(|(range, message)| refused(&shown, &text, range, &message))?;
        Ok(Self { folder: path.parent().map(Path::to_path_buf).unwrap_or(here), written })
    }

    /// The warehouse.
    pub fn target(&self) -> Option<Dialect> {
        self.written.target.map(|Word(Target(dialect))| dialect)
    }

    /// How staging models are named.
    pub fn naming(&self) -> NamingArg {
        match self.written.naming {
            Some(Naming::Dbt) => NamingArg::Dbt,
            Some(Naming::Plain) | None => NamingArg::Plain,
        }
    }

    /// From which severity on the exit code is 1.
    pub fn fail_on(&self) -> Option<Severity> {
        self.written.fail_on.map(|Word(severity)| severity)
    }

    /// An earlier audit.
    pub fn baseline(&self) -> Option<PathBuf> {
        self.written.baseline.as_ref().map(|path| self.folder.join(path))
    }

    /// Files that tell columns and keys.
    pub fn schema(&self) -> Vec<PathBuf> {
        let place = |path: &PathBuf| if database::is_url(path) { path.clone() } else { self.folder.join(path) };
        self.written.schema.iter().map(place).collect()
    }

    /// What the settings say of the files that were found: those that are excluded go, `dialect` is the one of the
    /// command line.
    pub fn read_options(&self, found: &mut Discovered, dialect: Option<Dialect>) -> Result<ReadOptions, Failure> {
        let globs = |patterns: &[Word<Pattern>]| {
            let refused =
                |error: String| Failure::new(format!("{NAME}: {error}"), "patterns are written as in .gitignore");
            let patterns: Vec<String> = patterns.iter().map(|Word(Pattern(text))| text.clone()).collect();
            Globs::new(&self.folder, &patterns).map_err(refused)
        };
        let exclude = globs(&self.written.exclude)?;
        found.files.retain(|file| !exclude.hold(&file.path));
        let mut options = ReadOptions {
            dialect: dialect.or(self.written.dialect.map(|Word(dialect)| dialect)),
            pandas: self.written.pandas.map(|Release(version)| version).unwrap_or_default(),
            ..ReadOptions::default()
        };
        for rule in &self.written.path {
            let files = globs(&rule.files)?;
            for file in found.files.iter().filter(|file| files.hold(&file.path)) {
                if let (Some(Word(own)), None) = (rule.dialect, dialect) {
                    options.dialects.insert(file.path.clone(), own);
                }
                options.ignored.entry(file.path.clone()).or_default().extend(codes(&rule.ignore));
            }
        }
        for file in &found.files {
            options.ignored.entry(file.path.clone()).or_default().extend(codes(&self.written.ignore));
        }
        Ok(options)
    }
}

fn codes(words: &[Word<Code>]) -> impl Iterator<Item = Code> {
    words.iter().map(|Word(code)| *code)
}

/// The file's content, or the place and the message of what is wrong.
fn parse(text: &str) -> Result<Written, (Range<usize>, String)> {
    toml::from_str(text).map_err(|error| (error.span().unwrap_or(0..0), error.message().to_owned()))
}

fn refused(path: &str, text: &str, range: Range<usize>, message: &str) -> Failure {
    let start = within(text, &range, message).unwrap_or(range.start);
    let before = text.get(..start).unwrap_or("");
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    let shown = text.lines().nth(line - 1).unwrap_or("").trim();
    let message = message.trim().replace('\n', " ").replace("field `", "key `");
    let message = match key(text, line) {
        Some(key) if !message.contains(&format!("`{key}`")) => format!("`{key}`: {message}"),
        Some(_) | None => message,
    };
    Failure::new(
        format!("{path}:{line}:{column}: {message}\n  | {shown}"),
        "`refract init NAME` writes one with every key and what it means",
    )
}

/// Where the value that the message names stands in a list of several lines.
fn within(text: &str, range: &Range<usize>, message: &str) -> Option<usize> {
    let list = text.get(range.clone()).filter(|list| list.starts_with('[') && list.contains('\n'))?;
    let value = message.split('`').nth(1)?;
    let mut at = range.start;
    for line in list.split_inclusive('\n') {
        let found = ['"', '\''].iter().find_map(|quote| line.find(&format!("{quote}{value}{quote}")));
        if let Some(found) = found.filter(|_| !line.trim_start().starts_with('#')) {
            return Some(at + found);
        }
        at += line.len();
    }
    None
}

/// The key whose value stands in a line: that of the line, or of one above it where the value has several.
fn key(text: &str, line: usize) -> Option<&str> {
    let above: Vec<&str> = text.lines().take(line).collect();
    let own = |line: &&str| !line.trim_start().starts_with('#') && (line.contains('=') || line.starts_with('['));
    let (key, _) = above.into_iter().rev().find(own)?.split_once('=')?;
    Some(key.trim()).filter(|key| key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys that a message lists behind `expected`.
    fn known(text: &str) -> Vec<String> {
        let (_, message) = parse(text).expect_err("no such key");
        let (_, listed) = message.split_once("expected one of ").expect("a list");
        let mut keys: Vec<String> = listed.split(", ").map(|key| key.trim().replace('`', "")).collect();
        keys.sort();
        keys
    }

    #[test]
    fn the_file_that_init_writes_has_every_key_and_no_other() {
        let (project, path) = crate::emit::SETTINGS.split_once("#[[path]]\n").expect("the part by path");
        let keys = |part: &str| -> Vec<String> {
            let key = |line: &str| Some(line.strip_prefix('#')?.split_once(" = ")?.0.to_owned());
            let mut keys: Vec<String> = part.lines().filter_map(key).filter(|key| !key.contains(' ')).collect();
            keys.sort();
            keys
        };
        let mut of_project = keys(project);
        of_project.push("path".to_owned());
        of_project.sort();
        assert_eq!(of_project, known("no-such-key = 1"));
        assert_eq!(keys(path), known("[[path]]\nno-such-key = 1"));
    }

    #[test]
    fn messages_name_place_and_key() {
        let rows = [
            ("dialct = 'tsql'", "refract.toml:1:1: unknown key `dialct`"),
            ("\ndialect = 'klingon'", "refract.toml:2:11: `dialect`: unknown dialect `klingon`"),
            ("target = 'abacus'", "refract.toml:1:10: `target`: unknown target `abacus`"),
            ("naming = 'fancy'", "refract.toml:1:10: `naming`: unknown variant `fancy`"),
            ("pandas = 1", "refract.toml:1:10: `pandas`: unknown version of pandas `1`: one of 2, 3"),
            ("ignore = ['R999']", "refract.toml:1:10: `ignore`: unknown code `R999`"),
            ("\n[[path]]\ndialect = 'tsql'", "refract.toml:2:1: missing key `files`"),
            ("[[path]]\nfiles = 'a.sql'", "refract.toml:2:9: `files`: invalid type"),
            ("[[path]]\nfiles = ['a.sql']\ndialect = 'x'", "refract.toml:3:11: `dialect`: unknown"),
            ("[[path]]\nfiles = ['a.sql']\nignore = 'R310'", "refract.toml:3:10: `ignore`: invalid type"),
            ("[[path]]\nfiles = ['a.sql']\nnaming = 'dbt'", "refract.toml:3:1: unknown key `naming`"),
            ("schema = 'ddl'", "refract.toml:1:10: `schema`: invalid type"),
            ("fail-on = 'never'", "refract.toml:1:11: `fail-on`: "),
            ("baseline = 3", "refract.toml:1:12: `baseline`: invalid type"),
            ("exclude = ['a{']", "refract.toml:1:11: `exclude`: "),
            (
                "# ignored: R1\nignore = [\n  'R310',\n  # more\n  'R999',\n]",
                "refract.toml:5:3: `ignore`: unknown code `R999`",
            ),
            ("dialect = ", "refract.toml:1:"),
        ];
        for (text, expected) in rows {
            let (range, message) = parse(text).expect_err(text);
            let got = refused("refract.toml", text, range, &message).to_string();
            assert!(got.contains(expected), "{text}: {got}");
        }
    }

    #[test]
    fn the_file_that_init_writes_is_valid_with_every_key_uncommented() {
        let commented = crate::emit::SETTINGS;
        assert!(parse(commented).is_ok());
        let keys: String = commented
            .lines()
            .filter_map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).or(Some("")))
            .map(|line| format!("{line}\n"))
            .collect();
        let written = parse(&keys).expect("every key is valid");
        assert!(written.dialect.is_some() && written.target.is_some() && written.naming.is_some());
        assert!(written.pandas.is_some());
        assert!(!written.schema.is_empty() && written.fail_on.is_some() && written.baseline.is_some());
        assert!(!written.exclude.is_empty() && !written.ignore.is_empty() && written.path.len() == 1);
    }
}
