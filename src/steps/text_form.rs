//! The words of the text form.
//!
//! In: text. Out: a list of tokens for each step: steps end at a line's end or a semicolon. Never knows an effect.

use super::Mention;
use crate::name::Relation;
use crate::text::{SourceId, Span};

/// A word, a string or a mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    pub text: String,
    pub start: usize,
    pub end: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    /// A word in backticks.
    Quoted,
    String,
    Mark,
}

/// The tokens of one step, from the front.
pub(super) struct Tokens<'a> {
    all: &'a [Token],
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(all: &'a [Token]) -> Self {
        Self { all, at: 0 }
    }

    fn peek(&self) -> Option<&'a Token> {
        self.all.get(self.at)
    }

    /// Passes over that word or mark, if it comes next.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let next = self.peek().is_some_and(|token| matches!(token.kind, Kind::Word | Kind::Mark) && token.text == text);
        self.at += usize::from(next);
        next
    }

    pub(super) fn expect(&mut self, text: &str) -> Result<(), String> {
        if self.take(text) { Ok(()) } else { Err(format!("expected `{text}`, found {}", self.found())) }
    }

    pub(super) fn peek_word(&self) -> Option<String> {
        self.peek().filter(|token| matches!(token.kind, Kind::Word | Kind::Quoted)).map(|token| token.text.clone())
    }

    pub(super) fn peek_quoted(&self) -> bool {
        self.peek().is_some_and(|token| token.kind == Kind::Quoted)
    }

    pub(super) fn word(&mut self) -> Result<String, String> {
        let word = self.peek_word().ok_or_else(|| format!("expected a word, found {}", self.found()))?;
        self.at += 1;
        Ok(word)
    }

    pub(super) fn string(&mut self) -> Option<String> {
        let text = self.peek().filter(|token| token.kind == Kind::String)?.text.clone();
        self.at += 1;
        Some(text)
    }

    pub(super) fn done(&self) -> bool {
        self.at >= self.all.len()
    }

    pub(super) fn finish(&self) -> Result<(), String> {
        if self.done() { Ok(()) } else { Err(format!("expected the end, found {}", self.found())) }
    }

    pub(super) fn start(&self) -> usize {
        self.all.first().map_or(0, |token| token.start)
    }

    pub(super) fn end(&self) -> usize {
        self.all.last().map_or(0, |token| token.end)
    }

    /// The place of the token before.
    pub(super) fn span(&self) -> Span {
        let before = self.at.checked_sub(1).and_then(|at| self.all.get(at));
        before.map_or(Span::new(SourceId(0), 0, 0), |token| Span::new(SourceId(0), token.start, token.end))
    }

    fn found(&self) -> String {
        self.peek().map_or("the end".to_owned(), |token| format!("`{}`", token.text))
    }
}

/// The tokens of each step. Comments run from `--` to the end of the line.
pub(super) fn tokenize(text: &str) -> Result<Vec<Vec<Token>>, String> {
    let mut lines: Vec<Vec<Token>> = Vec::new();
    let mut line: Vec<Token> = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().unwrap_or(' ');
        if rest.starts_with("--") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if first == '\n' || first == ';' {
            lines.push(std::mem::take(&mut line));
            at += 1;
        } else if first.is_whitespace() {
            at += first.len_utf8();
        } else {
            let token = token(rest, first, at)?;
            at = token.end;
            line.push(token);
        }
    }
    lines.push(line);
    lines.retain(|line| !line.is_empty());
    Ok(lines)
}

fn token(rest: &str, first: char, start: usize) -> Result<Token, String> {
    let made = |kind, text: String, len: usize| Ok(Token { kind, text, start, end: start + len });
    let in_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '#' | '@' | '$');
    if first == '"' || first == '`' {
        let (text, len) = quoted(rest, first).ok_or_else(|| format!("a quote that is not closed in `{rest}`"))?;
        return made(if first == '"' { Kind::String } else { Kind::Quoted }, text, len);
    }
    if in_word(first) {
        let len = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
        return made(Kind::Word, rest.get(..len).unwrap_or("").to_owned(), len);
    }
    let long = ["<-", "->"].into_iter().find(|mark| rest.starts_with(mark));
    let mark = long.map_or(first.to_string(), str::to_owned);
    let len = mark.len();
    made(Kind::Mark, mark, len)
}

/// The text between quotes, and how many bytes it takes with them.
fn quoted(rest: &str, quote: char) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' if quote == '"' => match characters.next()?.1 {
                'n' => text.push('\n'),
                other => text.push(other),
            },
            c if c == quote && quote == '`' && characters.peek().is_some_and(|(_, next)| *next == '`') => {
                characters.next();
                text.push('`');
            }
            c if c == quote => return Some((text, at + 1)),
            c => text.push(c),
        }
    }
    None
}

/// Every place where one of the names stands as whole words, the longest name first.
pub(super) fn mentions(text: &str, names: &[Relation]) -> Vec<Mention> {
    let part_of_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '#');
    let mut found: Vec<Mention> = Vec::new();
    for relation in names {
        let name = relation.to_string();
        for (at, _) in text.match_indices(&name) {
            let end = at + name.len();
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let after = text.get(end..).and_then(|after| after.chars().next());
            let apart = !before.is_some_and(part_of_name) && !after.is_some_and(part_of_name);
            if apart && !found.iter().any(|mention| mention.range.start == at) {
                found.push(Mention { range: at..end, relation: relation.clone(), alias: None });
            }
        }
    }
    found.sort_by_key(|mention| mention.range.start);
    found
}
