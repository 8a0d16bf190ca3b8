//! An earlier audit, read back: what is known need not be said again.

use std::collections::BTreeSet;

use serde_json::Value;

/// Code, path and message of every finding in the JSON of an earlier audit; none when the text is no such JSON.
pub fn known_findings(text: &str) -> Option<BTreeSet<(String, String, String)>> {
    let report: Value = serde_json::from_str(text).ok()?;
    let field = |finding: &Value, key: &str| finding.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
    let findings = report.get("findings")?.as_array()?;
    let known = findings.iter().map(|it| (field(it, "code"), field(it, "path"), field(it, "message")));
    Some(known.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_audit_is_taken() {
        let audit = r#"{"findings": [{"code": "R402", "path": "a.sql", "message": "m", "line": 3}]}"#;
        let known = known_findings(audit).expect("an audit");
        assert!(known.contains(&("R402".to_owned(), "a.sql".to_owned(), "m".to_owned())));
        assert!(known_findings("{}").is_none());
        assert!(known_findings("no json").is_none());
    }
}
