//! Names for files of rows: the relation that stands for a file, whether it is read or written.
//!
//! In: all Python files of the run, as text. Out: for a path, its name: that of the file, with its folder or its ending where the
//! scripts name another file that is called the same. Never opens a file, and never takes two files for one.

use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::Dialect;
use crate::finding::Code;
use crate::name::{Ident, Relation};
use crate::steps::Reading;
use crate::text::Sources;

/// Endings of files that hold rows.
const ENDINGS: &[&str] = &[
    "csv", "tsv", "txt", "xls", "xlsx", "xlsm", "json", "jsonl", "parquet", "feather", "orc", "pkl", "pickle", "gz",
    "zip",
];

/// The paths that the scripts name, by the bare name of their file.
#[derive(Debug, Clone, Default)]
pub struct FileNames {
    named: BTreeMap<String, BTreeSet<Place>>,
}

/// What tells files of one bare name apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The last folder that is known; none where the path has none.
    pub folder: Option<String>,
    /// The ending.
    pub ending: String,
}

/// The relation for a file of that name: `files.name`.
pub fn relation(name: &str, dialect: Dialect) -> Relation {
    Relation::new(["files", name].map(|part| Ident::new(part, true, dialect)).to_vec(), dialect)
}

impl FileNames {
    /// The files that the texts between quotes name.
    pub fn of(sources: &Sources) -> Self {
        let mut named: BTreeMap<String, BTreeSet<Place>> = BTreeMap::new();
        for (_, file) in sources.iter().filter(|(_, file)| matches!(file.ending().as_str(), "py" | "ipynb")) {
            for text in file.text.split(['"', '\'']) {
                let (_, ending) = text.rsplit_once('.').unwrap_or(("", ""));
                if ENDINGS.contains(&ending) && !text.contains(['\n', '*', ',']) {
                    let (bare, place) = parts(text.trim_end_matches('\\'));
                    named.entry(bare).or_default().insert(place);
                }
            }
        }
        Self { named }
    }

    /// The names that a path can have, the shortest first.
    pub fn candidates(&self, path: &str) -> (Vec<String>, Place) {
        let (bare, place) = parts(path);
        let in_folder = place.folder.as_ref().map_or_else(|| bare.clone(), |folder| format!("{folder}_{bare}"));
        let full = format!("{in_folder}_{}", place.ending);
        let others = self.named.get(&bare).into_iter().flatten().filter(|other| **other != place);
        let same_folder = others.clone().any(|other| other.folder == place.folder);
        let folders = others.filter(|other| other.folder.is_some()).count() > 0;
        let all = match (folders && place.folder.is_some(), same_folder) {
            (false, false) => vec![bare, in_folder, full],
            (true, false) => vec![in_folder, full],
            (_, true) => vec![full],
        };
        (all, place)
    }
}

/// What is said of a file that is read.
pub fn told(path: &str, name: &str, load: &str) -> String {
    format!("`{path}` is read: load it into the table `files.{name}`{load}")
}

/// Takes away what is said of files that the scripts write themselves: nobody has to load them.
pub fn forget_handed_over(reading: &mut Reading) {
    let steps = reading.scripts.iter().flat_map(|script| &script.steps).filter(|step| step.sent.is_some());
    let written: BTreeSet<String> =
        steps.flat_map(|step| step.effect.writes()).map(|relation| told("", relation.name(), "")).collect();
    let handed = |message: &str| {
        let said = message.rfind("` is read").and_then(|at| message.get(at..)).unwrap_or("");
        written.iter().any(|written| written.get(1..).is_some_and(|written| said.starts_with(written)))
    };
    reading.findings.retain(|finding| finding.code != Code::R206 || !handed(&finding.message));
}

/// The bare name of a file in words of a relation, and where it lies.
fn parts(path: &str) -> (String, Place) {
    let mut steps = path.rsplit(['/', '\\']);
    let file = steps.next().unwrap_or(path);
    let folder = steps.next().filter(|folder| !folder.contains(['{', '}', '$', '%', ':']));
    let folder = folder.map(plain).filter(|folder| !folder.is_empty());
    let (stem, endings) = file.split_once('.').unwrap_or((file, ""));
    (plain_whole(stem), Place { folder, ending: plain(endings) })
}

fn plain(text: &str) -> String {
    plain_whole(text).trim_matches('_').to_owned()
}

fn plain_whole(text: &str) -> String {
    text.chars().map(|char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::SourceFile;

    #[test]
    fn files_of_one_name_are_told_apart() {
        let text = "a('raw/prices.csv'); b('out/prices.csv'); c('x/orders.csv'); d('x/orders.parquet'); e('sum.csv')";
        let names = FileNames::of(&Sources::new(vec![SourceFile::new("a.py", text)]));
        let rows = [
            ("raw/prices.csv", "raw_prices"),
            ("../out/prices.csv", "out_prices"),
            ("{{ dir }}/prices.csv", "prices"),
            ("x/orders.csv", "x_orders_csv"),
            ("x/orders.parquet", "x_orders_parquet"),
            ("sum.csv", "sum"),
            ("data/sum.csv", "sum"),
            ("My Report-2.xlsx", "my_report_2"),
        ];
        for (path, expected) in rows {
            assert_eq!(names.candidates(path).0.first().map(String::as_str), Some(expected), "{path}");
        }
    }
}
