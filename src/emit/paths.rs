//! Where each file of the project stands. The one place where a name becomes part of a path.
//!
//! In: names of the plan. Out: paths relative to the output folder, with `/`. A name never leaves the folder: what is
//! neither letter, digit nor underscore becomes an underscore.

use crate::plan::Model;

/// Longest name of a file, without its ending: file systems stop at 255 bytes, and dbt adds to it below `target/`.
const LONGEST: usize = 120;

/// Names that Windows keeps for devices.
const RESERVED: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt1", "lpt2",
    "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// A name as dbt and every file system take it. Names that `plan` made come back unchanged.
pub(super) fn name(text: &str) -> String {
    let fit = |character: char| if character.is_alphanumeric() { character } else { '_' };
    let name: String = text.chars().map(fit).collect();
    if name.is_empty() {
        return "unnamed".to_owned();
    }
    if RESERVED.contains(&name.to_ascii_lowercase().as_str()) {
        return format!("{name}_");
    }
    if name.len() <= LONGEST {
        return name;
    }
    let end = (0..=LONGEST).rev().find(|at| name.is_char_boundary(*at)).unwrap_or(0);
    format!("{}_{}", name.get(..end).unwrap_or(""), super::hash::short(&name))
}

/// A folder of several levels.
fn folder(text: &str) -> String {
    text.split('/').filter(|part| !part.is_empty()).map(name).collect::<Vec<_>>().join("/")
}

/// The folder of a model: `models/staging/raw`.
pub(super) fn model_folder(model: &Model) -> String {
    let folder = folder(&model.folder);
    let slash = if folder.is_empty() { "" } else { "/" };
    format!("models/{}{slash}{folder}", model.layer.name())
}

/// The file of a model.
pub(super) fn model(model: &Model) -> String {
    let ending = if model.python { "py" } else { "sql" };
    format!("{}/{}.{ending}", model_folder(model), name(&model.name))
}

/// The file that describes the sources of one name.
pub(super) fn sources(source: &str) -> String {
    let source = name(source);
    format!("models/staging/{source}/_{source}__sources.yml")
}

/// The file that describes the models of a folder.
pub(super) fn models_of(folder: &str) -> String {
    let last = folder.rsplit('/').next().unwrap_or("models");
    format!("{folder}/_{last}__models.yml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_within_the_folder() {
        let rows = [
            ("stg_orders", "stg_orders"),
            ("größe", "größe"),
            ("../../etc/passwd", "______etc_passwd"),
            ("a\\b", "a_b"),
            ("a\0b", "a_b"),
            ("C:", "C_"),
            ("..", "__"),
            ("", "unnamed"),
            ("nul", "nul_"),
            ("COM1", "COM1_"),
            ("a b", "a_b"),
        ];
        for (text, expected) in rows {
            assert_eq!(name(text), expected, "{text}");
        }
        assert!(name(&"ä".repeat(400)).len() < 160);
        assert_ne!(name(&"a".repeat(400)), name(&"a".repeat(401)));
        assert_eq!(folder("/a//../b/"), "a/__/b");
    }
}
