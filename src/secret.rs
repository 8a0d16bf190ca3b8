//! Passwords and keys in the inputs: found and masked before anything else reads the text.
//!
//! In: the text of a file. Out: the same text with every secret replaced by as many `*`, so that all places stay, and
//! the ranges. Because the mask is laid over the text itself, no output can show a secret by mistake.

use std::ops::Range;

/// The words after which a quoted or bare value is a secret: `password="x"`, `PWD=x;`.
const NAMES: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "secret_key",
    "secret_access_key",
    "aws_secret_access_key",
    "private_key",
    "api_key",
    "apikey",
    "access_token",
    "auth_token",
    "sas_token",
    "account_key",
    "accountkey",
];

/// How the text of a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    /// Python, as it stands.
    Python,
    /// Python within the JSON of a notebook: its quotes and line ends are escaped.
    Notebook,
    /// Anything else.
    Other,
}

impl Writing {
    /// That of a file, by the ending of its name.
    pub fn of(ending: &str) -> Self {
        match ending {
            "py" => Self::Python,
            "ipynb" => Self::Notebook,
            _ => Self::Other,
        }
    }
}

/// Masks every secret and tells where they were.
pub fn mask(text: &str, writing: Writing) -> (String, Vec<Range<usize>>) {
    let mut ranges = match writing {
        Writing::Notebook => {
            let script = unescaped(text);
            // What was the backslash of a closing quote is a blank there, and stays.
            let trimmed = |range: Range<usize>| {
                let len = script.get(range.clone()).map_or(0, |secret| secret.trim_end().len());
                range.start..range.start + len
            };
            secrets(&script, true).into_iter().map(trimmed).collect()
        }
        Writing::Python => secrets(text, true),
        Writing::Other => secrets(text, false),
    };
    ranges.retain(|range| !range.is_empty());
    ranges.sort_by_key(|range| (range.start, range.end));
    ranges.dedup();
    let mut bytes = text.as_bytes().to_vec();
    for range in &ranges {
        if let Some(secret) = bytes.get_mut(range.clone()) {
            secret.fill(b'*');
        }
    }
    match String::from_utf8(bytes) {
        Ok(masked) => (masked, ranges),
        Err(_) => (text.to_owned(), Vec::new()),
    }
}

/// The script in the JSON of a notebook, at the same places: blanks for the quotes and escapes of JSON.
fn unescaped(text: &str) -> String {
    let mut script = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match character {
            '"' => script.push(' '),
            '\\' => match rest.next() {
                Some('"') => script.push_str(" \""),
                Some(letter @ ('n' | 't' | 'r')) => script.push_str(if letter == 'n' { " \n" } else { "  " }),
                other => {
                    script.push('\\');
                    script.extend(other);
                }
            },
            _ => script.push(character),
        }
    }
    script
}

/// Every place of a secret.
fn secrets(text: &str, python: bool) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = urls(text);
    ranges.extend(assigned(text, python));
    ranges.extend(identified_by(text));
    ranges
}

/// `scheme://user:secret@host`.
fn urls(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("://") {
        let start = at + 3;
        let rest = text.get(start..).unwrap_or("");
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ')' | '<' | '>'))
            .unwrap_or(rest.len());
        let authority = rest.get(..end).unwrap_or("");
        let Some(host) = authority.rfind('@') else { continue };
        let Some(colon) = authority.find(':').filter(|colon| *colon < host) else { continue };
        let secret = authority.get(colon + 1..host).unwrap_or("");
        if is_literal(secret) && !secret.contains('/') {
            found.push(start + colon + 1..start + host);
        }
    }
    found
}

/// `password = "x"` in Python, `PWD=x;` within a connection string in any text.
fn assigned(text: &str, python: bool) -> Vec<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for name in NAMES {
        for (at, _) in lower.match_indices(name) {
            let before = lower.get(..at).and_then(|before| before.chars().next_back());
            if before.is_some_and(|c| c.is_ascii_alphanumeric()) {
                continue;
            }
            if let Some(range) = value_after(text, at + name.len(), python).filter(|_| !names_a_secret(text, at)) {
                found.push(range);
            }
        }
    }
    found
}

/// Whether the place is an argument of `Secret(…)`, `SecretKeySelector(…)` or the like: they name where a secret is kept.
fn names_a_secret(text: &str, at: usize) -> bool {
    const FAR: usize = 2_000;
    let from = (at.saturating_sub(FAR)..at).find(|from| text.is_char_boundary(*from)).unwrap_or(at);
    let before = text.get(from..at).unwrap_or("");
    let mut depth = 0_usize;
    for (offset, character) in before.char_indices().rev() {
        match character {
            ')' => depth += 1,
            '(' if depth > 0 => depth -= 1,
            '(' => {
                let head = before.get(..offset).unwrap_or("");
                let start = head.rfind(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(0, |at| at + 1);
                let callee = head.get(start..).unwrap_or("");
                return callee.starts_with(char::is_uppercase) && callee.contains("Secret");
            }
            _ => {}
        }
    }
    false
}

/// The literal value that is assigned to the name that ends at `at`.
fn value_after(text: &str, at: usize, python: bool) -> Option<Range<usize>> {
    let rest = text.get(at..)?;
    let key_quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
    let after_key = rest.get(key_quote.map_or(0, char::len_utf8)..)?;
    let trimmed = after_key.trim_start_matches([' ', ']']);
    let mark = trimmed.chars().next().filter(|c| *c == '=' || (*c == ':' && key_quote.is_some()))?;
    let value = trimmed.get(mark.len_utf8()..)?;
    let spaced = value.trim_start_matches(' ');
    let start = at + rest.len() - spaced.len();
    match spaced.chars().next()? {
        quote @ ('"' | '\'') if python => {
            let inner = spaced.get(1..)?;
            let end = inner.find(quote)?;
            let secret = inner.get(..end)?;
            is_literal(secret).then(|| start + 1..start + 1 + end)
        }
        // Within a connection string: `...;PWD=secret;...`, no spaces, up to the semicolon or the quote.
        first if first.is_ascii_graphic() && mark == '=' && value.len() == spaced.len() && key_quote.is_none() => {
            let end = spaced.find(|c: char| c.is_whitespace() || matches!(c, ';' | '"' | '\'' | ',' | ')' | '('))?;
            let closed = matches!(spaced.get(end..)?.chars().next(), Some(';' | '"' | '\''));
            let secret = spaced.get(..end)?;
            (closed && is_literal(secret) && inside_string(text, at)).then(|| start..start + end)
        }
        _ => None,
    }
}

/// Whether the place is inside a quoted text of its line: an odd number of quotes stands before it.
fn inside_string(text: &str, at: usize) -> bool {
    let line = text.get(..at).map_or("", |before| before.rsplit('\n').next().unwrap_or(""));
    ['"', '\''].iter().any(|quote| line.matches(*quote).count() % 2 == 1)
}

/// `IDENTIFIED BY 'x'`, `PASSWORD 'x'`, `WITH PASSWORD = 'x'`, `CREDENTIALS 'x'` in SQL.
fn identified_by(text: &str) -> Vec<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for words in [
        "identified by ",
        "with password ",
        "with password = ",
        "with password=",
        "credentials ",
        "encrypted password ",
    ] {
        for (at, _) in lower.match_indices(words) {
            let start = at + words.len();
            let Some(inner) = text.get(start..).and_then(|rest| rest.strip_prefix('\'')) else { continue };
            let Some(end) = inner.find('\'') else { continue };
            if is_literal(inner.get(..end).unwrap_or("")) {
                found.push(start + 1..start + 1 + end);
            }
        }
    }
    found
}

/// A value that stands in the text itself: not empty, no template, no place holder.
fn is_literal(secret: &str) -> bool {
    !secret.is_empty()
        && !secret.contains(['{', '$', '%', '\n'])
        && !secret.chars().all(|c| matches!(c, '.' | '*' | 'x' | 'X' | '<' | '>'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_and_nothing_else() {
        let rows = [
            ("create_engine(\"postgresql://me:s3cret@db/x\")", "create_engine(\"postgresql://me:******@db/x\")"),
            ("create_engine(\"postgresql://...\")", "create_engine(\"postgresql://...\")"),
            ("f\"postgresql://{user}:{pw}@db\"", "f\"postgresql://{user}:{pw}@db\""),
            ("connect(password='abc', user='u')", "connect(password='***', user='u')"),
            ("{\"password\": \"abc\"}", "{\"password\": \"***\"}"),
            ("conn = \"DSN=x;PWD=abc;\"", "conn = \"DSN=x;PWD=***;\""),
            ("password = os.environ['PW']", "password = os.environ['PW']"),
            (
                "Secret(deploy_type=f('x'), secret='vault-item', key='k')",
                "Secret(deploy_type=f('x'), secret='vault-item', key='k')",
            ),
            ("login(secret='vault-item')", "login(secret='**********')"),
            ("df['password'] == 'x'", "df['password'] == 'x'"),
        ];
        for (text, expected) in rows {
            assert_eq!(mask(text, Writing::Python).0, expected, "{text}");
        }
        let sql = "select password from users where password = 'abc' and pwd=1";
        assert_eq!(mask(sql, Writing::Other).0, sql);
        assert_eq!(
            mask("create user a identified by 'geheim'", Writing::Other).0,
            "create user a identified by '******'"
        );
    }

    #[test]
    fn the_json_of_a_notebook_stays_whole() {
        let rows = [
            (r#"  "c(password=\"abc\")\n","#, r#"  "c(password=\"***\")\n","#),
            (r#"  "c(aws_secret_access_key=KEY\n","#, r#"  "c(aws_secret_access_key=KEY\n","#),
            (r#"  "s = 'DSN=x;PWD=abc;'\n","#, r#"  "s = 'DSN=x;PWD=***;'\n","#),
            (r#"  "u = \"pg://me:pw@h\"","#, r#"  "u = \"pg://me:**@h\"","#),
        ];
        for (text, expected) in rows {
            assert_eq!(mask(text, Writing::Notebook).0, expected, "{text}");
        }
    }
}
