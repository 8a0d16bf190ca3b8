//! Transpiled queries give the rows that they give in their own dialect.
//!
//! `tests/transpile/rows.txt` holds queries of every dialect with the rows that they give there, worked out by hand; each is
//! transpiled to DuckDB and PostgreSQL and run on the sample of `sample.sql`, by `tests/engines/transpile`.

use std::fs;
use std::path::Path;
use std::process::Command;

use refract::dialect::Dialect;
use refract::sql::transpile_text;
use serde_json::{Value, json};

const TARGETS: [(&str, Dialect); 2] = [("duckdb", Dialect::DuckDb), ("postgres", Dialect::Postgres)];

/// A query for an engine, and the rows that it must give.
struct Asked {
    row: String,
    engine: &'static str,
    text: String,
    expected: String,
}

#[test]
fn execution_of_transpiled_queries() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transpile");
    let sample = fs::read_to_string(folder.join("sample.sql")).expect("the sample");
    let rows = fs::read_to_string(folder.join("rows.txt")).expect("the rows");
    let (mut asked, mut faults) = (Vec::new(), Vec::new());
    for row in rows.lines().filter(|row| !row.is_empty() && !row.starts_with('#')) {
        for (engine, target) in TARGETS {
            match ask(row, engine, target) {
                Ok(query) => asked.extend(query),
                Err(fault) => faults.push(format!("{engine}: {row}\n    {fault}")),
            }
        }
    }
    for (query, answer) in asked.iter().zip(run(&sample, &asked)) {
        if answer != query.expected {
            let Asked { row, engine, text, .. } = query;
            faults.push(format!("{engine}: {row}\n    {text}\n    gives {answer}"));
        }
    }
    assert!(faults.is_empty(), "{} of {} queries\n{}", faults.len(), asked.len(), faults.join("\n"));
}

/// What is to be run; nothing where no text is sure, and a fault where that is not as expected.
fn ask(row: &str, engine: &'static str, target: Dialect) -> Result<Option<Asked>, String> {
    let (from, rest) = row.split_once(": ").ok_or("a row is `dialect: query => rows`")?;
    let (query, expected) = rest.rsplit_once(" => ").ok_or("a row is `dialect: query => rows`")?;
    let (expected, exception) = expected.split_once(" ; ").unwrap_or((expected, ""));
    let from: Dialect = from.parse()?;
    let piece = transpile_text(query, from, target);
    let said = match (&piece.refused, piece.unsure.as_slice()) {
        _ if from == target => "",
        (Some(_), _) => "refused",
        (None, []) => "",
        (None, _) => "unsure",
    };
    let wanted = match exception.split_once(' ') {
        Some((of, what)) if of == engine => what,
        _ if matches!(expected, "refused" | "unsure") => expected,
        _ => "",
    };
    if said != wanted {
        return Err(format!("said {said:?} {:?} {:?}, expected {wanted:?}", piece.refused, piece.unsure));
    }
    let text = if from == target { query.to_owned() } else { piece.text };
    let query = Asked { row: row.to_owned(), engine, text, expected: expected.to_owned() };
    Ok(wanted.is_empty().then_some(query))
}

fn run(sample: &str, asked: &[Asked]) -> Vec<String> {
    let work = tempfile::tempdir().expect("a folder");
    let queries: Vec<Value> = asked.iter().map(|query| json!({"engine": query.engine, "text": query.text})).collect();
    let path = work.path().join("queries.json");
    fs::write(&path, json!({"sample": sample, "queries": queries}).to_string()).expect("a file");
    let runner = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engines/transpile");
    let output = Command::new(runner).arg(&path).output().expect("python3 runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let answers: Vec<String> = serde_json::from_str(&said)
        .unwrap_or_else(|error| panic!("{error}: {said}{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(answers.len(), asked.len());
    answers
}
