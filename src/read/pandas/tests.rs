use std::fmt::Write;
use std::path::Path;

use crate::dialect::Dialect;
use crate::read::{ReadOptions, read};
use crate::steps::{Body, Effect, Step};
use crate::text::{SourceFile, Sources};

/// What a step does, with its SQL, and what there is to say.
fn printed(text: &str, dialect: Dialect) -> String {
    let sources = Sources::new(vec![SourceFile::new("script.py", text)]);
    let reading = read(&sources, &ReadOptions { dialect: Some(dialect), ..ReadOptions::default() });
    let mut shown = String::new();
    for step in reading.scripts.iter().flat_map(|script| &script.steps) {
        let _ = writeln!(shown, "{}", show_step(step, dialect));
    }
    for finding in &reading.findings {
        let _ = writeln!(shown, "-- {} {}", finding.code, finding.message);
    }
    shown
}

fn show_step(step: &Step, dialect: Dialect) -> String {
    let (head, body) = match &step.effect {
        Effect::Create { relation, body, .. } => (format!("create {relation}"), body),
        Effect::Append { relation, body, .. } => (format!("append {relation}"), body),
        Effect::Opaque(opaque) => {
            return format!("--- opaque {:?} <- {:?}: {}", names(&opaque.writes), names(&opaque.reads), opaque.reason);
        }
        other => return format!("--- {other:?}"),
    };
    let text = match body {
        Body::Query(query) => query.sql.text.clone(),
        Body::Frame(frame) => {
            let (query, findings) = crate::sql::print(frame, step.span, dialect);
            assert!(findings.is_empty());
            assert!(!query.sql.text.lines().any(|line| line.ends_with(' ')), "{}", query.sql.text);
            query.sql.text
        }
    };
    format!("--- {head} -- {}\n{text}", step.comment)
}

fn names(relations: &[crate::name::Relation]) -> Vec<String> {
    relations.iter().map(ToString::to_string).collect()
}

/// Writes what each script of a folder becomes beside it, for the comparison with pandas itself.
#[test]
fn scripts_of_a_folder() {
    let Ok(folder) = std::env::var("REFRACT_PANDAS_SCRIPTS") else { return };
    let mut paths: Vec<_> = std::fs::read_dir(Path::new(&folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "py")) {
        let text = std::fs::read_to_string(path).unwrap();
        std::fs::write(path.with_extension("sql"), printed(&text, Dialect::Postgres)).unwrap();
    }
}
