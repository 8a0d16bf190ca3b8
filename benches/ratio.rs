//! How much a conversion costs, measured against only tokenizing and parsing the same bytes.
//!
//! In: the SQL and Python inputs of `fixtures/`, each many times under other names. Out: a line a measure, with the ratio that
//! DESIGN's bar is about (the whole conversion within three times the parsing). The best of several runs counts.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a program that prints its measures")]

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use refract::text::SourceFile;
use refract::{Options, convert};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Tokenizer;

/// Copies of each input, so that the time is well above the clock's grain.
const COPIES: usize = 20;
/// Runs of each measure.
const RUNS: usize = 5;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut paths = Vec::new();
    inputs(&root, false, &mut paths);
    for ending in ["sql", "py"] {
        let texts: Vec<String> = paths
            .iter()
            .filter(|path| path.extension().is_some_and(|found| found == ending))
            .map(|path| fs::read_to_string(path).expect("an input"))
            .collect();
        measure(ending, &texts);
    }
}

/// The files below the `input` folders.
fn inputs(folder: &Path, within: bool, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        let inside = within || path.file_name().is_some_and(|name| name == "input");
        if path.is_dir() {
            inputs(&path, inside, found);
        } else if within {
            found.push(path);
        }
    }
}

fn measure(ending: &str, texts: &[String]) {
    let bytes = u32::try_from(texts.iter().map(String::len).sum::<usize>() * COPIES).expect("some megabytes");
    let megabytes = f64::from(bytes) / 1e6;
    let parsing = best(|| {
        for text in (0..COPIES).flat_map(|_| texts) {
            if ending == "sql" { parse_sql(text) } else { parse_python(text) }
        }
    });
    // One conversion a file, as a run over a folder of unrelated scripts would be.
    let converting = best(|| {
        for (number, text) in (0..COPIES).flat_map(|_| texts).enumerate() {
            let file = SourceFile::new(format!("script_{number}.{ending}"), text.as_str());
            black_box(convert(vec![file], &Options::default()));
        }
    });
    let rate = |time: Duration| megabytes / time.as_secs_f64();
    println!(
        "{ending:>4}: {:6.2} MB  parsing {:8.2} MB/s  converting {:8.2} MB/s  ratio {:.2}",
        megabytes,
        rate(parsing),
        rate(converting),
        converting.as_secs_f64() / parsing.as_secs_f64()
    );
}

fn best(mut work: impl FnMut()) -> Duration {
    let runs = (0..RUNS).map(|_| {
        let start = Instant::now();
        work();
        start.elapsed()
    });
    runs.min().unwrap_or_default()
}

/// Tokens of the whole, and of what stands in `$$ … $$` (which is where procedures keep their statements) each statement.
fn parse_sql(text: &str) {
    let dialect = PostgreSqlDialect {};
    let _ = black_box(Tokenizer::new(&dialect, text).tokenize());
    for statement in text.split(';') {
        let start = ["CREATE TEMP", "CREATE TABLE", "INSERT", "SELECT"].iter().find_map(|word| statement.find(word));
        let _ = black_box(Parser::parse_sql(&dialect, &statement[start.unwrap_or(0)..]));
    }
}

fn parse_python(text: &str) {
    let mode = ruff_python_parser::Mode::Module;
    let _ = black_box(ruff_python_parser::parse_unchecked(text, mode.into()));
}
