//! The lexer: SQL text of any dialect to tokens and comments.
//!
//! In: text and how to read it. Out: every byte is a blank, part of a comment, or part of one token. Never fails, and
//! never looks at what a statement means; which characters quote, comment and name is the dialect's row of traits.
//!
//! This is not sqlparser's tokenizer: that one refuses a whole file for one quote too many, and knows neither client
//! commands nor holes.

use std::ops::Range;

use super::client;
use super::literal;
use super::tokens::{Lexing, Token, TokenKind};
use crate::dialect::{Client, Traits};

/// The state of one pass over a text.
pub(super) struct Lexer<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    pub(super) traits: &'static Traits,
    pub(super) templated: bool,
    pub(super) tokens: Vec<Token>,
    comments: Vec<Range<usize>>,
    /// Whether only blanks and comments were seen in this line.
    line_opens: bool,
    /// What ends a statement besides the semicolon, since a DELIMITER command.
    pub(super) delimiter: Option<String>,
}

/// Tokens and comments of `text`.
pub fn lex(text: &str, lexing: Lexing) -> (Vec<Token>, Vec<Range<usize>>) {
    let mut lexer = Lexer {
        text,
        at: 0,
        traits: lexing.dialect.traits(),
        templated: lexing.templated,
        tokens: Vec::new(),
        comments: Vec::new(),
        line_opens: true,
        delimiter: None,
    };
    while lexer.at < text.len() {
        lexer.next();
    }
    (lexer.tokens, lexer.comments)
}

impl<'a> Lexer<'a> {
    /// The text that is still to be read.
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    pub(super) fn push(&mut self, kind: TokenKind, len: usize) {
        let token = Token { kind, start: self.at, end: self.at + len, opens_line: self.line_opens };
        self.tokens.push(token);
        self.line_opens = false;
        self.at += len;
    }

    pub(super) fn opens_line(&self) -> bool {
        self.line_opens
    }

    /// Whether a statement may begin here: nothing, a semicolon or the end of a batch stands before.
    pub(super) fn opens_statement(&self) -> bool {
        self.tokens.last().is_none_or(|last| match last.kind {
            TokenKind::Client | TokenKind::Separator => true,
            TokenKind::Symbol => self.text.get(last.start..last.end) == Some(";"),
            TokenKind::Word
            | TokenKind::Quoted
            | TokenKind::String
            | TokenKind::Dollar
            | TokenKind::Number
            | TokenKind::Variable
            | TokenKind::Hole => false,
        })
    }

    fn next(&mut self) {
        let Some(first) = self.rest().chars().next() else { return };
        if first.is_whitespace() || first == '\u{feff}' || first == '\0' {
            self.blank(first);
        } else if let Some(len) = self.comment() {
            self.pass_comment(len);
        } else if let Some((kind, len)) = client::line_token(self) {
            self.push(kind, len);
        } else if let Some((kind, len)) = literal::quoted(self) {
            self.push(kind, len);
        } else if let Some((kind, len)) = self.plain(first) {
            self.push(kind, len);
        } else {
            self.push(TokenKind::Symbol, symbol(self.rest()));
        }
    }

    fn blank(&mut self, first: char) {
        self.line_opens |= first == '\n';
        self.at += first.len_utf8();
    }

    fn pass_comment(&mut self, len: usize) {
        let range = self.at..self.at + len;
        self.at = range.end;
        self.comments.push(range);
    }

    /// The length of the comment that begins here.
    fn comment(&self) -> Option<usize> {
        let rest = self.rest();
        if rest.starts_with("/*") {
            return Some(block_comment(rest, self.traits.nested_comments));
        }
        if rest.starts_with("{#") {
            return rest.find("#}").map(|end| end + 2);
        }
        if rest.starts_with("{%") {
            return rest.find("%}").map(|end| end + 2);
        }
        let notebook = self.line_opens && self.traits.client == Client::Notebook && client::is_notebook_line(rest);
        let dashes = rest.starts_with("--") && !notebook;
        let hash = self.traits.hash_comments && rest.starts_with('#');
        let address = self.text.get(..self.at).is_some_and(|before| before.ends_with(':') || before.ends_with(":/"));
        let slashes = self.traits.slash_comments && rest.starts_with("//") && !address;
        (dashes || hash || slashes).then(|| line(rest))
    }

    /// Words, numbers, variables and holes outside quotes.
    fn plain(&self, first: char) -> Option<(TokenKind, usize)> {
        if let Some(len) = self.hole() {
            return Some((TokenKind::Hole, len));
        }
        let rest = self.rest();
        if first.is_ascii_digit() {
            return Some((TokenKind::Number, number(rest)));
        }
        if first == '@' {
            let sigils = rest.bytes().take_while(|byte| *byte == b'@').count();
            let name = self.name(rest.get(sigils..).unwrap_or(""));
            return (sigils <= 2 && name > 0).then_some((TokenKind::Variable, sigils + name));
        }
        let hashed = self.traits.sigils || self.traits.hash_in_names;
        let hashes = if hashed { rest.bytes().take_while(|byte| *byte == b'#').count() } else { 0 };
        if hashes > 0 {
            return Some((TokenKind::Word, hashes + self.name(rest.get(hashes..).unwrap_or(""))));
        }
        let len = if is_name_start(first) { self.name(rest) } else { 0 };
        (len > 0).then_some((TokenKind::Word, len))
    }

    /// The length of the name at the start of `rest`. It stops where the delimiter of a DELIMITER command stands.
    fn name(&self, rest: &str) -> usize {
        let hash = self.traits.hash_in_names;
        let inside = |c: char| is_name_start(c) || c.is_ascii_digit() || c == '$' || (hash && c == '#');
        let len = rest.find(|c| !inside(c)).unwrap_or(rest.len());
        let name = rest.get(..len).unwrap_or("");
        self.delimiter.as_deref().and_then(|delimiter| name.find(delimiter)).unwrap_or(len)
    }

    /// Whether a blank or a parenthesis stands before, so that a name may begin here.
    fn opens_name(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.text.as_bytes().get(at));
        before.is_none_or(|before| before.is_ascii_whitespace() || *before == b'(' || *before == b',')
    }

    /// The length of the hole that begins here.
    fn hole(&self) -> Option<usize> {
        let rest = self.rest();
        if rest.starts_with("{{") {
            return rest.find("}}").map(|end| end + 2);
        }
        if rest.starts_with("${") {
            return closed(rest, '}');
        }
        match self.traits.client {
            Client::Sqlcmd if rest.starts_with("$(") => closed(rest, ')'),
            Client::SqlPlus if rest.starts_with('&') => substitution(rest),
            Client::Psql if rest.starts_with(":'") || rest.starts_with(":\"") => psql_variable(rest),
            Client::Psql if rest.starts_with(':') && self.opens_name() => psql_schema(rest),
            Client::Snowsql if rest.starts_with('&') => snowsql_variable(rest),
            _ if self.templated && rest.starts_with("%(") => closed(rest, ')')
                .filter(|len| rest.get(*len..).is_some_and(|rest| rest.starts_with('s')))
                .map(|len| len + 1),
            _ if self.templated && rest.starts_with("%s") => {
                let glued = rest.get(2..).unwrap_or("").starts_with(is_name_start);
                (!glued).then_some(2)
            }
            Client::None
            | Client::Psql
            | Client::SqlPlus
            | Client::Sqlcmd
            | Client::Mysql
            | Client::Snowsql
            | Client::Notebook => None,
        }
    }
}

pub(super) fn is_name_start(c: char) -> bool {
    c == '_' || c.is_alphabetic() || (!c.is_ascii() && !c.is_whitespace() && c.is_alphanumeric())
}

/// The length of the line at the start of `rest`, without its end.
pub(super) fn line(rest: &str) -> usize {
    let len = rest.find('\n').unwrap_or(rest.len());
    rest.get(..len).map_or(len, |line| line.strip_suffix('\r').map_or(len, str::len))
}

fn block_comment(rest: &str, nested: bool) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(found) = rest.get(at..).and_then(|rest| rest.find(['*', '/'])) {
        at += found;
        let here = rest.get(at..).unwrap_or("");
        if here.starts_with("/*") && (nested || depth == 0) {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth = depth.saturating_sub(1);
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

fn closed(rest: &str, end: char) -> Option<usize> {
    let line = rest.get(..line(rest)).unwrap_or("");
    line.find(end).map(|at| at + end.len_utf8())
}

/// `&name`, `&&name`, and the dot that ends the name. Before a letter the dot is left standing: it would join the name
/// to what follows, but is written by those who mean a schema.
pub(super) fn substitution(rest: &str) -> Option<usize> {
    let sigils = rest.bytes().take_while(|byte| *byte == b'&').count();
    let name = rest.get(sigils..)?;
    let len = name.find(|c: char| !(is_name_start(c) || c.is_ascii_digit())).unwrap_or(name.len());
    let behind = name.get(len..)?.strip_prefix('.');
    let dot = usize::from(behind.is_some_and(|behind| !behind.starts_with(is_name_start)));
    (len > 0 && sigils <= 2).then_some(sigils + len + dot)
}

/// `&name`, `&{name}` of snowsql.
pub(super) fn snowsql_variable(rest: &str) -> Option<usize> {
    if rest.starts_with("&{") {
        return closed(rest, '}');
    }
    let name = rest.get(1..)?;
    let len = name.find(|c: char| !(is_name_start(c) || c.is_ascii_digit())).unwrap_or(name.len());
    (name.starts_with(is_name_start)).then_some(len + 1)
}

/// `:name` before the dot of a qualified name.
fn psql_schema(rest: &str) -> Option<usize> {
    let name = rest.get(1..)?;
    let len = name.find(|c: char| !(is_name_start(c) || c.is_ascii_digit())).unwrap_or(name.len());
    let behind = name.get(len..)?.strip_prefix('.')?;
    (name.starts_with(is_name_start) && behind.starts_with(|c| is_name_start(c) || c == '"')).then_some(len + 1)
}

/// `:'name'`, `:"name"`.
fn psql_variable(rest: &str) -> Option<usize> {
    let quote = rest.get(1..2)?;
    let inner = rest.get(2..)?;
    let len = inner.find(quote)?;
    let name = inner.get(..len)?;
    let plain = !name.is_empty() && name.chars().all(|c| is_name_start(c) || c.is_ascii_digit());
    plain.then_some(len + 3)
}

fn number(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut len = bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let next = |at: usize| bytes.get(at).copied().unwrap_or(0);
    if next(len) == b'.' && next(len + 1) != b'.' {
        len += 1;
        len += bytes.get(len..).map_or(0, |rest| rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count());
    }
    let exponent = next(len.wrapping_sub(1)).eq_ignore_ascii_case(&b'e') && matches!(next(len), b'+' | b'-');
    if exponent && next(len + 1).is_ascii_digit() {
        len += 1;
        len += bytes.get(len..).map_or(0, |rest| rest.iter().take_while(|byte| byte.is_ascii_digit()).count());
    }
    len
}

/// Operators of more than one character that the cutter tells apart; the longest first.
const OPERATORS: [&str; 12] = ["<<", ">>", "::", ":=", "||", "=>", "..", "<=", ">=", "<>", "!=", "+="];

fn symbol(rest: &str) -> usize {
    let long = OPERATORS.iter().find(|operator| rest.starts_with(**operator));
    long.map_or_else(|| rest.chars().next().map_or(1, char::len_utf8), |operator| operator.len())
}
