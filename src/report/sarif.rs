//! Findings for code hosts: SARIF 2.1.0, and GitHub's annotations.
//!
//! In: findings. Out: text. The one place where findings are escaped for either.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::finding::{Code, Finding, Severity};

use super::{Facts, json as reports, place};

/// The findings as a SARIF 2.1.0 log.
pub fn sarif(facts: &Facts) -> String {
    let codes: BTreeSet<Code> = facts.findings.iter().map(|finding| finding.code).collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    reports::print(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "refract",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": facts.findings.iter().map(|finding| result(facts, &codes, finding)).collect::<Vec<_>>(),
        }],
    }))
}

fn rule(code: Code) -> Value {
    let rule = code.rule();
    json!({
        "id": code.name(),
        "name": rule.title,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.page},
        "help": {"text": rule.page, "markdown": rule.page},
        "defaultConfiguration": {"level": level(rule.severity)},
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn result(facts: &Facts, codes: &[Code], finding: &Finding) -> Value {
    let help = if finding.help.is_empty() { String::new() } else { format!(". Help: {}", finding.help) };
    let mut result = json!({
        "ruleId": finding.code.name(),
        "ruleIndex": codes.binary_search(&finding.code).unwrap_or_default(),
        "level": level(finding.severity()),
        "message": {"text": format!("{}{help}", finding.message)},
    });
    if let (Some(location), Some(fields)) = (location(facts, finding), result.as_object_mut()) {
        fields.insert("locations".to_owned(), json!([location]));
    }
    result
}

fn location(facts: &Facts, finding: &Finding) -> Option<Value> {
    let span = finding.span?;
    let file = facts.sources.get(span.source)?;
    let (start_line, start_column) = file.line_column(span.start);
    let (end_line, end_column) = file.line_column(span.end.max(span.start));
    Some(json!({"physicalLocation": {
        "artifactLocation": {"uri": uri(&file.path)},
        "region": {
            "startLine": start_line, "startColumn": start_column, "endLine": end_line, "endColumn": end_column,
        },
    }}))
}

/// A path as a relative URI.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

/// The findings as workflow commands of GitHub Actions, which shows them in the diff.
pub fn github(facts: &Facts) -> String {
    let mut lines = String::new();
    for finding in facts.findings {
        let command = match finding.severity() {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let title = property(&format!("{} {}", finding.code, finding.code.rule().title));
        let (path, line, column) = place::start(facts.sources, finding.span);
        let mut properties = format!("title={title}");
        if !path.is_empty() {
            properties = format!("file={},line={line},col={column},{properties}", property(&path));
        }
        let help = if finding.help.is_empty() { String::new() } else { format!("\n{}", finding.help) };
        lines.push_str(&format!("::{command} {properties}::{}\n", data(&format!("{}{help}", finding.message))));
    }
    lines
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
