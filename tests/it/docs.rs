//! The documents that are made from tables in the code: what stands in `docs/` must be what the code says.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use refract::finding::RULES;

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)
}

/// Compares, or writes under `REFRACT_UPDATE=1`.
fn check(name: &str, expected: &str) {
    let path = docs(name);
    if std::env::var_os("REFRACT_UPDATE").is_some() {
        fs::write(&path, expected).expect("docs can be written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    let differs = found.lines().zip(expected.lines()).position(|(left, right)| left != right);
    assert!(found == expected, "docs/{name} is not what the code says, from line {differs:?}; run `make update`");
}

#[test]
fn findings_page_is_the_table() {
    let mut page = String::from(
        "# Findings\n\nEvery finding of `refract` has a code. `refract explain CODE` prints the same text.\n\
         A comment `refract: ignore[CODE]` in the line of the finding, or alone in the line above it, silences one place.\n\n\
         Codes R1xx are about the input, R2xx about reading, R3xx about the conversion, R4xx are the audit of any script, \
         R5xx that of DAGs.\n",
    );
    for code in RULES {
        let rule = code.rule();
        let _ = write!(page, "\n## {code}: {}\n\nSeverity: {}\n\n{}\n", rule.title, rule.severity, rule.page);
    }
    check("findings.md", &page);
}
