//! YAML values with comments, and the one place that writes them.
//!
//! In: [`Yaml`]. Out: block-style text. Structure and comments are laid out here; every scalar and key goes through
//! serde-saphyr, whose strings PyYAML (YAML 1.1, dbt's reader) takes for strings. Never writes a tag or an anchor.

/// A YAML value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Yaml {
    /// A string, whatever it looks like.
    Text(String),
    /// A number, a truth value or null, as written.
    Plain(String),
    /// A list.
    List(Vec<Yaml>),
    /// Keys and values in order.
    Map(Vec<(String, Yaml)>),
    /// Comment lines above a value.
    Commented(Vec<String>, Box<Yaml>),
}

impl Yaml {
    /// A string.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A map from pairs.
    pub(super) fn map<const N: usize>(pairs: [(&str, Self); N]) -> Self {
        Self::Map(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// The value with a comment above it; without one where `comment` is empty.
    pub(super) fn commented(self, comment: &str) -> Self {
        if comment.trim().is_empty() {
            return self;
        }
        Self::Commented(comment.lines().map(one_line).collect(), Box::new(self))
    }

    /// Adds a pair to a map; nothing to anything else.
    pub(super) fn push(&mut self, key: &str, value: Self) {
        if let Self::Map(pairs) = self {
            pairs.push((key.to_owned(), value));
        }
    }

    /// Whether it is a list or map of nothing.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::List(items) => items.is_empty(),
            Self::Map(pairs) => pairs.is_empty(),
            Self::Commented(_, value) => value.is_empty(),
            Self::Text(_) | Self::Plain(_) => false,
        }
    }
}

/// A whole document, ended by a newline. Top-level keys, and the items of lists right below them, stand apart.
pub(super) fn document(root: &Yaml) -> String {
    let mut out = String::new();
    block(root, 0, &mut out);
    out
}

/// A string as a YAML scalar on one line.
pub(super) fn scalar(text: &str) -> String {
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    match serde_saphyr::to_string_with_options(&text, options) {
        Ok(written) => written.trim_end_matches('\n').to_owned(),
        // A string cannot fail to be written; JSON's form is YAML too.
        Err(_) => serde_json::Value::from(text).to_string(),
    }
}

/// Writes a list or map at `depth`; a scalar as a line.
fn block(value: &Yaml, depth: usize, out: &mut String) {
    match value {
        Yaml::List(items) => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 && depth == 1 && !is_scalar(item) {
                    out.push('\n');
                }
                list_item(item, depth, out);
            }
        }
        Yaml::Map(pairs) => {
            for (at, (key, value)) in pairs.iter().enumerate() {
                if at > 0 && depth == 0 && stands_apart(value, pairs.get(at - 1)) {
                    out.push('\n');
                }
                pair(key, value, depth, out);
            }
        }
        Yaml::Commented(comment, value) => {
            comment_lines(comment, depth, out);
            block(value, depth, out);
        }
        Yaml::Text(_) | Yaml::Plain(_) => {
            indent(depth, out);
            out.push_str(&inline(value));
            out.push('\n');
        }
    }
}

/// Whether a blank line goes before a top-level key: around everything that takes more than a line.
fn stands_apart(value: &Yaml, previous: Option<&(String, Yaml)>) -> bool {
    let is_block = |value: &Yaml| !matches!(value, Yaml::Text(_) | Yaml::Plain(_)) && !value.is_empty();
    is_block(value) || previous.is_some_and(|(_, before)| is_block(before))
}

fn list_item(item: &Yaml, depth: usize, out: &mut String) {
    let item = match item {
        Yaml::Commented(comment, item) => {
            comment_lines(comment, depth, out);
            item.as_ref()
        }
        Yaml::Text(_) | Yaml::Plain(_) | Yaml::List(_) | Yaml::Map(_) => item,
    };
    indent(depth, out);
    out.push_str("- ");
    if is_scalar(item) {
        out.push_str(&inline(item));
        out.push('\n');
        return;
    }
    let mut inner = String::new();
    block(item, depth + 1, &mut inner);
    out.push_str(inner.trim_start_matches(' '));
}

fn pair(key: &str, value: &Yaml, depth: usize, out: &mut String) {
    let value = match value {
        Yaml::Commented(comment, value) => {
            comment_lines(comment, depth, out);
            value.as_ref()
        }
        Yaml::Text(_) | Yaml::Plain(_) | Yaml::List(_) | Yaml::Map(_) => value,
    };
    indent(depth, out);
    out.push_str(&scalar(key));
    out.push(':');
    if let Yaml::Text(text) = value
        && is_plain_lines(text)
    {
        out.push_str(" |-\n");
        for line in text.lines() {
            indent(depth + 1, out);
            out.push_str(line);
            out.push('\n');
        }
        return;
    }
    if is_scalar(value) {
        out.push(' ');
        out.push_str(&inline(value));
        out.push('\n');
        return;
    }
    out.push('\n');
    block(value, depth + 1, out);
}

/// Whether a text has several lines, none of which YAML could read as anything but itself.
fn is_plain_lines(text: &str) -> bool {
    let plain = |line: &str| !line.is_empty() && line.trim() == line && line == one_line(line);
    text.contains('\n') && !text.ends_with('\n') && text.split('\n').all(plain)
}

fn is_scalar(value: &Yaml) -> bool {
    matches!(value, Yaml::Text(_) | Yaml::Plain(_)) || value.is_empty()
}

/// A scalar, or an empty list or map.
fn inline(value: &Yaml) -> String {
    match value {
        Yaml::Text(text) => scalar(text),
        Yaml::Plain(text) => text.clone(),
        Yaml::List(_) => "[]".to_owned(),
        Yaml::Map(_) => "{}".to_owned(),
        Yaml::Commented(_, value) => inline(value),
    }
}

fn comment_lines(comment: &[String], depth: usize, out: &mut String) {
    for line in comment {
        indent(depth, out);
        out.push_str(if line.is_empty() { "#" } else { "# " });
        out.push_str(line);
        out.push('\n');
    }
}

/// Text that cannot end a comment: no line break of any kind, no control character.
fn one_line(text: &str) -> String {
    let is_break =
        |character: char| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}');
    text.chars()
        .map(|character| if is_break(character) { ' ' } else { character })
        .collect::<String>()
        .trim_end()
        .to_owned()
}

fn indent(depth: usize, out: &mut String) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_reads_as_a_person_would_write_it() {
        let test = Yaml::map([("unique", Yaml::map([("config", Yaml::map([("severity", Yaml::text("warn"))]))]))]);
        let model = Yaml::map([
            ("name", Yaml::text("stg_orders")),
            (
                "data_tests",
                Yaml::List(vec![Yaml::text("not_null").commented("group by\nkey"), test.commented("merge key")]),
            ),
        ]);
        let root = Yaml::map([
            ("version", Yaml::Plain("2".to_owned())),
            ("models", Yaml::List(vec![model, Yaml::map([("name", Yaml::text("yes"))])])),
            ("empty", Yaml::List(Vec::new())),
        ]);
        let expected = "version: 2\n\nmodels:\n  - name: stg_orders\n    data_tests:\n      # group by\n      # key\n      - not_null\n      # merge key\n      - unique:\n          config:\n            severity: warn\n\n  - name: \"yes\"\n\nempty: []\n";
        assert_eq!(document(&root), expected);
    }

    #[test]
    fn strings_stay_strings() {
        let rows = [
            ("yes", "\"yes\""),
            ("on", "\"on\""),
            ("1_000", "\"1_000\""),
            ("2024-01-01", "\"2024-01-01\""),
            (": #", "\": #\""),
            ("a: b", "\"a: b\""),
            ("x\n- y", "\"x\\n- y\""),
            ("{{ ref('x') }}", "\"{{ ref('x') }}\""),
            ("<<", "\"<<\""),
            ("plain words", "plain words"),
        ];
        for (text, expected) in rows {
            assert_eq!(scalar(text), expected, "{text}");
        }
    }

    #[test]
    fn several_lines_stay_lines() {
        let rows = [
            ("a: b\n- c # d", "x: |-\n  a: b\n  - c # d\n"),
            ("a\n  b", "x: \"a\\n  b\"\n"),
            ("a\n", "x: \"a\\n\"\n"),
            ("a\n\nb", "x: \"a\\n\\nb\"\n"),
        ];
        for (text, expected) in rows {
            assert_eq!(document(&Yaml::map([("x", Yaml::text(text))])), expected, "{text:?}");
        }
    }

    #[test]
    fn a_comment_cannot_become_a_value() {
        let root = Yaml::map([("a", Yaml::text("b").commented("x\rkey: value\u{85}other: value"))]);
        assert_eq!(document(&root), "# x key: value other: value\na: b\n");
    }
}
