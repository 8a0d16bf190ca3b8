//! Lines that are for the client program, and words that end a batch.
//!
//! In: the lexer at a place where such a line may stand. Out: its length, as one token. What it asks for (an include,
//! a setting of the client) is read by `include`.

use super::lexer::{Lexer, line};
use super::tokens::TokenKind;
use crate::dialect::Client;

/// Words that open an SQL*Plus command where a statement could begin.
const SQLPLUS: [&str; 23] = [
    "accept",
    "archive",
    "break",
    "btitle",
    "clear",
    "column",
    "compute",
    "connect",
    "define",
    "exit",
    "host",
    "pause",
    "print",
    "prompt",
    "quit",
    "rem",
    "remark",
    "repheader",
    "show",
    "spool",
    "ttitle",
    "undefine",
    "variable",
];

/// Settings of SQL*Plus: `SET x` with any other word is a statement.
const SQLPLUS_SETTINGS: [&str; 31] = [
    "arraysize",
    "autocommit",
    "autoprint",
    "autotrace",
    "colsep",
    "concat",
    "define",
    "echo",
    "embedded",
    "escape",
    "feed",
    "feedback",
    "head",
    "heading",
    "headsep",
    "lines",
    "linesize",
    "long",
    "longchunksize",
    "markup",
    "newpage",
    "numwidth",
    "pages",
    "pagesize",
    "scan",
    "serveroutput",
    "sqlblanklines",
    "termout",
    "timing",
    "trimspool",
    "verify",
];

/// The client's line, or the end of a batch, that stands here.
pub(super) fn line_token(lexer: &mut Lexer<'_>) -> Option<(TokenKind, usize)> {
    if let Some(len) = lexer.delimiter.as_deref().filter(|mark| lexer.rest().starts_with(mark)).map(str::len) {
        return Some((TokenKind::Separator, len));
    }
    let copied = copy_rows(lexer);
    if copied.is_some() {
        return copied;
    }
    if !lexer.opens_line() {
        return None;
    }
    let rest = lexer.rest();
    if let Some(word) = lexer.traits.batch_separator
        && let Some(len) = separator(rest, word)
    {
        return Some((TokenKind::Separator, len));
    }
    let len = line(rest);
    let words = rest.get(..len).unwrap_or("");
    let first = words.split(|c: char| c.is_whitespace() || c == ';').next().unwrap_or("").to_ascii_lowercase();
    match lexer.traits.client {
        Client::None => None,
        Client::Psql => (first.starts_with('\\')).then_some((TokenKind::Client, len)),
        Client::Sqlcmd => is_sqlcmd(words).then_some((TokenKind::Client, len)),
        Client::Snowsql => (words.starts_with('!') && !words.starts_with("!=")).then_some((TokenKind::Client, len)),
        Client::SqlPlus => {
            let is_command = lexer.opens_statement() && is_sqlplus(&first, words) && !within_loop(lexer);
            is_command.then(|| (TokenKind::Client, continued(rest)))
        }
        Client::Mysql => mysql(lexer, &first, len),
        Client::Notebook => notebook(rest),
    }
}

/// Whether a loop is open, where `EXIT WHEN …` is its own.
fn within_loop(lexer: &Lexer<'_>) -> bool {
    let tokens = &lexer.tokens;
    let is = |at: usize, word: &str| {
        let token = tokens.get(at).and_then(|token| lexer.text.get(token.start..token.end));
        token.is_some_and(|token| token.eq_ignore_ascii_case(word))
    };
    let batch = tokens.iter().rposition(|token| token.kind == TokenKind::Separator).unwrap_or(0);
    let loops = (batch..tokens.len()).filter(|at| is(*at, "loop"));
    let (ends, begins): (Vec<usize>, Vec<usize>) = loops.partition(|at| is(at.wrapping_sub(1), "end"));
    begins.len() > ends.len()
}

/// `GO`, `GO 5`, `/`: alone in its line.
fn separator(rest: &str, word: &str) -> Option<usize> {
    let found = rest.get(..word.len()).filter(|start| start.eq_ignore_ascii_case(word))?;
    let tail = rest.get(found.len()..line(rest)).unwrap_or("");
    let tail = tail.split("--").next().unwrap_or("").trim();
    let alone = tail.is_empty() || tail == ";" || (word == "GO" && tail.chars().all(|c| c.is_ascii_digit()));
    let glued = rest.get(found.len()..).is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'));
    let count = if tail == ";" { 0 } else { rest.find(tail).unwrap_or(0) + tail.len() };
    (alone && !glued).then_some(found.len().max(count))
}

fn is_sqlcmd(words: &str) -> bool {
    let Some(command) = words.strip_prefix(':') else { return words.starts_with("!!") };
    let name = command.split_whitespace().next().unwrap_or("").to_ascii_lowercase();
    matches!(
        name.as_str(),
        "r" | "setvar"
            | "connect"
            | "on"
            | "out"
            | "error"
            | "list"
            | "listvar"
            | "xml"
            | "exit"
            | "quit"
            | "reset"
            | "help"
    )
}

fn is_sqlplus(first: &str, words: &str) -> bool {
    if first == "set" {
        let setting = words.split_whitespace().nth(1).unwrap_or("").to_ascii_lowercase();
        return SQLPLUS_SETTINGS.contains(&setting.as_str());
    }
    if first == "whenever" || first == "start" {
        return true;
    }
    words.starts_with('@') || SQLPLUS.contains(&first)
}

/// A line and those that follow after a hyphen.
fn continued(rest: &str) -> usize {
    let mut len = line(rest);
    while rest.get(..len).is_some_and(|line| line.trim_end().ends_with(" -")) {
        let next = rest.get(len..).and_then(|rest| rest.find('\n')).map(|at| len + at + 1);
        let Some(next) = next else { break };
        len = next + line(rest.get(next..).unwrap_or(""));
    }
    len
}

/// `DELIMITER x` changes what ends a statement from here on.
fn mysql(lexer: &mut Lexer<'_>, first: &str, len: usize) -> Option<(TokenKind, usize)> {
    let words = lexer.rest().get(..len).unwrap_or("");
    if first == "delimiter" {
        let mark = words.split_whitespace().nth(1).unwrap_or(";");
        lexer.delimiter = (mark != ";").then(|| mark.to_owned());
        return Some((TokenKind::Client, len));
    }
    let client = first == "source" || first == "\\." || first == "system";
    (client && lexer.opens_statement()).then_some((TokenKind::Client, len))
}

/// Whether the comment at the start of `rest` is a cell mark or a cell in another language.
pub(super) fn is_notebook_line(rest: &str) -> bool {
    rest.starts_with("-- COMMAND ------") || rest.starts_with("-- MAGIC ")
}

fn notebook(rest: &str) -> Option<(TokenKind, usize)> {
    if rest.starts_with("-- COMMAND ------") {
        return Some((TokenKind::Separator, line(rest)));
    }
    let mut len = 0;
    while rest.get(len..).is_some_and(|rest| rest.starts_with("-- MAGIC")) {
        let here = rest.get(len..).unwrap_or("");
        len += here.find('\n').map_or(here.len(), |at| at + 1);
    }
    let len = rest.get(..len).map_or(0, |lines| lines.trim_end().len());
    (len > 0).then_some((TokenKind::Client, len))
}

/// The rows that follow `COPY … FROM stdin;`, up to `\.`.
fn copy_rows(lexer: &Lexer<'_>) -> Option<(TokenKind, usize)> {
    if lexer.traits.client != Client::Psql || !lexer.opens_line() {
        return None;
    }
    let [.., before, last] = lexer.tokens.as_slice() else { return None };
    let word = |start: usize, end: usize| lexer.text.get(start..end).unwrap_or("");
    if word(last.start, last.end) != ";" || !word(before.start, before.end).eq_ignore_ascii_case("stdin") {
        return None;
    }
    let rest = lexer.rest();
    let end = if rest.starts_with("\\.") { Some(0) } else { rest.find("\n\\.").map(|at| at + 1) }?;
    Some((TokenKind::Client, end + 2))
}
