//! Values that stand in a script as literals, or are to be computed.
//!
//! In: the text of a default. Out: what it says. Never computes.

/// Whether a default is a value rather than something to be computed (`CURRENT_DATE - 1`).
pub fn is_literal(default: &str) -> bool {
    let text = literal_value(default);
    let quoted = text != default.trim();
    let number = text.trim_start_matches(['-', '+']).trim_start();
    let number = number.starts_with(|c: char| c.is_ascii_digit()) && !number.contains(['(', '+', '*', ' ']);
    let words = ["null", "true", "false", ""];
    // A template's or a client's value stands without quotes.
    let written = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | ':' | '/' | '@'));
    let computed =
        ["current", "sysdate", "now", "today", "localtime", "systimestamp", "getdate", "user", "session_user"];
    let word = written && !computed.iter().any(|word| text.to_lowercase().starts_with(word));
    quoted || number || words.contains(&text.to_lowercase().as_str()) || word
}

/// A literal without its quotes and type (`DATE '2024-01-31'`); anything else as it stands.
pub fn literal_value(default: &str) -> String {
    let typed = default.trim().split_once(char::is_whitespace);
    let types = ["date", "time", "timestamp", "timestamptz", "datetime"];
    let literal = typed.filter(|(word, _)| types.contains(&word.to_lowercase().as_str()));
    let text = literal.map_or(default.trim(), |(_, rest)| rest.trim());
    let text = text.split_once("::").map_or(text, |(value, _)| value.trim());
    let unmarked = text.strip_prefix(['N', 'n']).filter(|rest| rest.starts_with('\'')).unwrap_or(text);
    let whole = |inner: &&str| !inner.replace("''", "").contains('\'');
    match unmarked.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).filter(whole) {
        Some(inner) => inner.replace("''", "'"),
        None => text.to_owned(),
    }
}
