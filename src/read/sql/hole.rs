//! Places of a text that something outside SQL fills before it runs: `{{ ds }}`, `${x}`, `$(x)`, `&x`, `:'x'`,
//! `%(x)s`.
//!
//! In: text and its dialect. Out: the places with the names of what fills them, and the text with words of the same
//! length there, which parsers take. Never fills one.

use std::borrow::Cow;
use std::ops::Range;

use super::lexer;
use super::tokens::{Lexing, TokenKind};
use crate::dialect::{Client, Dialect};

/// A place to be filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// Its bytes.
    pub range: Range<usize>,
    /// What fills it: what stands between the braces, without marks.
    pub name: String,
    /// Whether it is a template's block or comment, in whose place nothing stands.
    pub block: bool,
}

impl Hole {
    fn new(text: &str, range: Range<usize>) -> Self {
        let inside = text.get(range.clone()).unwrap_or("");
        let marks = ['{', '}', '(', ')', '\'', '"', ' ', '\t', '\n', '\r'];
        let inner = inside.strip_prefix("%(").and_then(|inner| inner.strip_suffix(")s")).unwrap_or(inside);
        let name = inner.trim_start_matches(['$', '&', ':']).trim_matches(marks).trim_end_matches('.').to_owned();
        Self { block: inside.starts_with("{%") || inside.starts_with("{#"), range, name }
    }

    /// The name as a word.
    pub fn word(&self) -> String {
        let plain = |c: char| if c.is_alphanumeric() || c == '_' { c } else { '_' };
        self.name.chars().map(plain).collect()
    }

    /// Whether its name is a plain one, so that a variable can be called so.
    pub fn is_named(&self) -> bool {
        let starts = self.name.starts_with(|c: char| c.is_alphabetic() || c == '_');
        starts && self.name.chars().all(|c| c.is_alphanumeric() || c == '_')
    }
}

/// The holes of a text, in order.
pub fn holes(text: &str, dialect: Dialect) -> Vec<Hole> {
    let mut found = braces(text);
    found.extend(driver_holes(text));
    found.extend(client_holes(text, dialect));
    found.sort_by_key(|hole| (hole.range.start, hole.range.end));
    let mut end = 0;
    found.retain(|hole| {
        let apart = hole.range.start >= end;
        end = if apart { hole.range.end } else { end };
        apart
    });
    found
}

/// The text with a word of the same length in the place of each hole, and blanks in that of blocks and comments.
pub fn masked<'a>(text: &'a str, holes: &[Hole]) -> Cow<'a, str> {
    if holes.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    for hole in holes {
        masked.push_str(text.get(at..hole.range.start).unwrap_or(""));
        let inside = text.get(hole.range.clone()).unwrap_or("");
        if hole.block {
            masked.extend(inside.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        } else {
            masked.extend(std::iter::repeat_n('j', inside.len()));
        }
        at = hole.range.end;
    }
    masked.push_str(text.get(at..).unwrap_or(""));
    Cow::Owned(masked)
}

/// Those of templates, wherever they stand.
fn braces(text: &str) -> Vec<Hole> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(offset) = text.get(at..).and_then(|rest| rest.find(['{', '$'])) {
        at += offset;
        let rest = text.get(at..).unwrap_or("");
        let marks = [("{{", "}}"), ("{%", "%}"), ("{#", "#}"), ("${", "}")];
        let close = marks.iter().find(|(open, _)| rest.starts_with(open)).map(|(_, close)| close);
        match close.and_then(|close| rest.find(close).map(|end| end + close.len())) {
            Some(len) => {
                found.push(Hole::new(text, at..at + len));
                at += len;
            }
            None => at += 1,
        }
    }
    found
}

/// `%(name)s`, which Python's drivers fill. At the start of a string it is a pattern.
fn driver_holes(text: &str) -> Vec<Hole> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("%(") {
        let rest = text.get(at + 2..).unwrap_or("");
        let len = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(0);
        let alone = text.get(..at).is_some_and(|before| {
            before.is_empty() || before.ends_with([' ', '\t', '\n', '\r', '(', ',', '=', '<', '>'])
        });
        if len > 0 && alone && rest.get(len..).is_some_and(|after| after.starts_with(")s")) {
            found.push(Hole::new(text, at..at + len + 4));
        }
    }
    found
}

/// Those of the client program. Within a string they count only where the string is nothing else, or where the mark
/// cannot be meant as a letter.
fn client_holes(text: &str, dialect: Dialect) -> Vec<Hole> {
    let mark = match dialect.traits().client {
        Client::Psql => ":",
        Client::SqlPlus | Client::Snowsql => "&",
        Client::Sqlcmd => "$(",
        Client::None | Client::Mysql | Client::Notebook => return Vec::new(),
    };
    if !text.contains(mark) {
        return Vec::new();
    }
    let (tokens, _) = lexer::lex(text, Lexing { dialect, templated: false });
    let mut found = Vec::new();
    for token in tokens {
        let inside = text.get(token.start..token.end).unwrap_or("");
        match token.kind {
            TokenKind::Hole if !inside.starts_with(['{', '%']) && !inside.starts_with("${") => {
                found.push(Hole::new(text, token.start..token.end));
            }
            TokenKind::String | TokenKind::Quoted => {
                let places = within(inside, dialect.traits().client);
                let moved = |place: Range<usize>| token.start + place.start..token.start + place.end;
                found.extend(places.into_iter().map(|place| Hole::new(text, moved(place))));
            }
            TokenKind::Word
            | TokenKind::Dollar
            | TokenKind::Number
            | TokenKind::Variable
            | TokenKind::Hole
            | TokenKind::Symbol
            | TokenKind::Client
            | TokenKind::Separator => {}
        }
    }
    found
}

/// The holes of a string, by the client that fills them.
fn within(string: &str, client: Client) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 1;
    while let Some(offset) = string.get(at..).and_then(|rest| rest.find(['$', '&'])) {
        at += offset;
        let rest = string.get(at..).unwrap_or("");
        let len = match client {
            Client::Sqlcmd if rest.starts_with("$(") => rest.find(')').map(|end| end + 1),
            Client::SqlPlus => {
                lexer::substitution(rest).filter(|len| at == 1 && len + 2 == string.len() || rest.starts_with("&&"))
            }
            Client::Snowsql => {
                lexer::snowsql_variable(rest).filter(|len| at == 1 && len + 2 == string.len() || rest.starts_with("&{"))
            }
            Client::None | Client::Psql | Client::Sqlcmd | Client::Mysql | Client::Notebook => None,
        };
        match len {
            Some(len) => {
                found.push(at..at + len);
                at += len;
            }
            None => at += 1,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_named() {
        let rows = [
            (Dialect::Ansi, "a {{ ds }} '{{x}}' ${y}", "ds x y"),
            (Dialect::Oracle, "from &&s..t, &u.t where a = '&v' and b = 'R&D'", "s u v"),
            (Dialect::Tsql, "select '$(a)b' from $(c).dbo.t", "a c"),
            (Dialect::Postgres, "select :'a', :\"b\", c::int from :s.t", "a b s"),
            (Dialect::Snowflake, "select '&{a}b' from &db.s.t where x = '&y'", "a db y"),
            (Dialect::MySql, "select a & b, ':c'", ""),
            (Dialect::Ansi, "select %(a)s, b % (c), '%(d)s' where e=%(e)s", "a e"),
        ];
        for (dialect, text, expected) in rows {
            let names: Vec<String> = holes(text, dialect).into_iter().map(|hole| hole.name).collect();
            assert_eq!(names.join(" "), expected, "{text}");
            assert_eq!(masked(text, &holes(text, dialect)).len(), text.len(), "{text}");
        }
    }
}
