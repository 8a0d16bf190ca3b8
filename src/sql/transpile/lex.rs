//! The text of a statement as tokens.
//!
//! In: a piece of SQL with what stands in it. Out: tokens without blanks and comments; a relation's name, a variable
//! and a place that is edited are one token each, whatever they are spelled with. Never fails.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::dialect::Traits;
use crate::steps::Sql;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sql) enum Kind {
    Word,
    Quoted,
    Text,
    Number,
    Symbol,
    /// A relation: the number of the mention.
    Relation(usize),
    /// A variable or parameter.
    Variable,
    /// What an edit puts there: a qualifier of a column.
    Edited,
}

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sql) struct Token {
    pub kind: Kind,
    pub range: Range<usize>,
    /// The word in lower case, or the symbol; empty for others.
    pub word: String,
}

/// The tokens of `sql`.
pub(in crate::sql) fn lex(sql: &Sql, traits: &Traits) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let marks = marks(sql);
    let mut at = 0;
    while at < sql.text.len() {
        if let Some((kind, range)) = marks.get(&at) {
            at = range.end.max(at + 1);
            if let Some(kind) = *kind {
                tokens.push(Token { kind, range: range.clone(), word: String::new() });
            }
            continue;
        }
        let rest = sql.text.get(at..).unwrap_or("");
        let (kind, len) = next(rest, traits);
        let range = at..at + len.max(1);
        at = range.end;
        let Some(kind) = kind else { continue };
        let text = sql.text.get(range.clone()).unwrap_or("");
        let word = match kind {
            Kind::Word | Kind::Symbol => text.to_lowercase(),
            Kind::Quoted | Kind::Text | Kind::Number | Kind::Relation(_) | Kind::Variable | Kind::Edited => {
                String::new()
            }
        };
        tokens.push(Token { kind, range, word });
    }
    tokens
}

/// The places that are one token whatever they are spelled with, by where they begin; no kind for what is taken out.
fn marks(sql: &Sql) -> BTreeMap<usize, (Option<Kind>, Range<usize>)> {
    let mut marks = BTreeMap::new();
    for edit in sql.edits.iter().rev().filter(|edit| !edit.range.is_empty()) {
        let kind = (!edit.text.trim().is_empty()).then_some(Kind::Edited);
        marks.insert(edit.range.start, (kind, edit.range.clone()));
    }
    for used in sql.variables.iter().rev() {
        marks.insert(used.range.start, (Some(Kind::Variable), used.range.clone()));
    }
    for (number, mention) in sql.mentions.iter().enumerate().rev() {
        marks.insert(mention.range.start, (Some(Kind::Relation(number)), mention.range.clone()));
    }
    marks
}

/// Kind and length of what begins here; no kind for blanks and comments.
fn next(rest: &str, traits: &Traits) -> (Option<Kind>, usize) {
    let Some(first) = rest.chars().next() else { return (None, 1) };
    if first.is_whitespace() {
        return (None, first.len_utf8());
    }
    if rest.starts_with("--")
        || (first == '#' && traits.hash_comments)
        || (rest.starts_with("//") && traits.slash_comments)
    {
        return (None, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (None, rest.find("*/").map_or(rest.len(), |end| end + 2));
    }
    if let Some(len) = text(rest, traits) {
        return (Some(Kind::Text), len);
    }
    if traits.identifier_quotes.contains(&first) && (first != '[') || matches!(first, '"' | '`') {
        return (Some(Kind::Quoted), closed(rest, first, 0, false));
    }
    if first == '[' && traits.identifier_quotes.contains(&'[') {
        return (Some(Kind::Quoted), closed(rest, ']', 0, false));
    }
    if first.is_ascii_digit() || (first == '.' && rest.chars().nth(1).is_some_and(|c| c.is_ascii_digit())) {
        return (Some(Kind::Number), number(rest));
    }
    if first.is_alphabetic() || first == '_' || (matches!(first, '@' | '#') && traits.sigils) {
        let end = rest.char_indices().find(|(at, c)| *at > 0 && !is_name(*c, traits));
        return (Some(Kind::Word), end.map_or(rest.len(), |(at, _)| at));
    }
    (Some(Kind::Symbol), symbol(rest).max(first.len_utf8()))
}

fn is_name(c: char, traits: &Traits) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$') || (c == '#' && traits.hash_in_names)
}

/// The length of the string literal that begins here, with its prefix.
fn text(rest: &str, traits: &Traits) -> Option<usize> {
    let at = rest.bytes().take(3).position(|byte| byte == b'\'' || byte == b'"')?;
    let prefix = rest.get(..at)?.to_ascii_lowercase();
    let known = ["", "n", "e", "b", "x", "r", "rb", "br"].contains(&prefix.as_str());
    let quote = rest.get(at..)?.chars().next()?;
    if !known || (quote == '"' && !traits.double_quoted_strings) {
        return None;
    }
    let triple: String = std::iter::repeat_n(quote, 3).collect();
    if traits.triple_quotes && rest.get(at..)?.starts_with(&triple) {
        let inner = rest.get(at + 3..)?;
        return Some(inner.find(&triple).map_or(rest.len(), |end| at + end + 6));
    }
    let escapes = (traits.backslash_escapes && !prefix.contains('r')) || prefix == "e";
    Some(closed(rest, quote, at, escapes))
}

/// The length up to the closing quote; a doubled one is within.
fn closed(rest: &str, quote: char, from: usize, escapes: bool) -> usize {
    let mut characters = rest.char_indices().skip_while(|(at, _)| *at <= from).peekable();
    while let Some((at, c)) = characters.next() {
        if escapes && c == '\\' {
            characters.next();
        } else if c == quote {
            if characters.peek().is_some_and(|(_, next)| *next == quote) {
                characters.next();
            } else {
                return at + c.len_utf8();
            }
        }
    }
    rest.len()
}

fn number(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let exponent = matches!(byte, b'e' | b'E')
            && bytes.get(at + 1).is_some_and(|next| next.is_ascii_digit() || matches!(next, b'+' | b'-'));
        if exponent {
            at += 2;
        } else if byte.is_ascii_digit() || *byte == b'.' {
            at += 1;
        } else {
            break;
        }
    }
    at.max(1)
}

/// Symbols of several characters, the longest first.
const SYMBOLS: &[&str] = &[
    "<=>", "!~*", "->>", "#>>", "(+)", "::", "||", "<=", ">=", "<>", "!=", "^=", "~*", "!~", "->", "=>", "<<", ">>",
    "@>", "<@", "&&", "#>", ":=", "//", "**", "==", "?|", "?&",
];

fn symbol(rest: &str) -> usize {
    SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)).map_or(1, |symbol| symbol.len())
}
