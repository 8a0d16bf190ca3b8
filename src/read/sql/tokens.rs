//! Tokens of SQL text, and the questions that the cutter asks about them.
//!
//! In: a fragment and the dialect. Out: tokens with byte ranges of the fragment, comments apart. Never refuses text:
//! a quote that is not closed ends with its line.

use std::ops::Range;

use super::lexer;
use crate::dialect::Dialect;
use crate::text::{Fragment, Span};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A keyword or plain name.
    Word,
    /// A name in quotes or brackets.
    Quoted,
    /// A string literal, with its prefix and quotes.
    String,
    /// A string between dollar tags.
    Dollar,
    /// A number.
    Number,
    /// `@x`, `@@x`.
    Variable,
    /// A place that something outside SQL fills: `{{ x }}`, `${x}`, `$(x)`, `&x`, `:'x'`.
    Hole,
    /// Punctuation or an operator.
    Symbol,
    /// A whole line for the client program.
    Client,
    /// The end of a batch or cell: `GO`, `/`, the word that DELIMITER named.
    Separator,
}

/// One token: bytes `start..end` of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Whether only blanks and comments stand before it in its line.
    pub opens_line: bool,
}

/// How to read the text.
#[derive(Debug, Clone, Copy)]
pub struct Lexing {
    /// The dialect.
    pub dialect: Dialect,
    /// Whether `{{ … }}` is a hole within string literals too.
    pub templated: bool,
}

/// Text with its tokens.
#[derive(Debug, Clone)]
pub struct Text {
    /// The text, with its places.
    pub fragment: Fragment,
    /// The tokens, without blanks and comments.
    pub tokens: Vec<Token>,
    /// The comments, in order.
    pub comments: Vec<Range<usize>>,
    /// Per token: the index of the parenthesis that closes it, or its own index.
    closing: Vec<usize>,
}

impl Text {
    /// Reads the tokens of `fragment`.
    pub fn new(fragment: Fragment, lexing: Lexing) -> Self {
        let (tokens, comments) = lexer::lex(fragment.text(), lexing);
        let closing = closing(fragment.text(), &tokens);
        Self { fragment, tokens, comments, closing }
    }

    /// The number of tokens.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The token's text; empty past the end.
    pub fn word(&self, at: usize) -> &str {
        let token = self.tokens.get(at);
        token.map_or("", |token| self.fragment.text().get(token.start..token.end).unwrap_or(""))
    }

    /// What the token is; none past the end.
    pub fn kind(&self, at: usize) -> Option<TokenKind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// Whether the token is this keyword or symbol, in any case. Quoted names and strings never are.
    pub fn is(&self, at: usize, word: &str) -> bool {
        let plain = matches!(self.kind(at), Some(TokenKind::Word | TokenKind::Symbol | TokenKind::Variable));
        plain && self.word(at).eq_ignore_ascii_case(word)
    }

    /// Whether the tokens from `at` on are these keywords or symbols.
    pub fn are(&self, at: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(step, word)| self.is(at + step, word))
    }

    /// Whether the token is one of these keywords or symbols.
    pub fn is_any(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(at, word))
    }

    /// Whether the token is a plain word (keyword or name).
    pub fn is_word(&self, at: usize) -> bool {
        self.kind(at) == Some(TokenKind::Word)
    }

    /// Whether the token is a name: a word, a quoted name, a hole.
    pub fn is_name(&self, at: usize) -> bool {
        matches!(self.kind(at), Some(TokenKind::Word | TokenKind::Quoted | TokenKind::Hole))
    }

    /// The index of the token that closes the parenthesis at `at`; `at` itself for every other token and for a
    /// parenthesis that is not closed before the statement's end.
    pub fn closing(&self, at: usize) -> usize {
        self.closing.get(at).copied().unwrap_or(at)
    }

    /// The bytes of tokens `from..to`; empty at the place of `from` when there are none.
    pub fn bytes(&self, range: Range<usize>) -> Range<usize> {
        let start = self.start_of(range.start);
        let last = range.end.checked_sub(1).filter(|last| *last >= range.start);
        let end = last.and_then(|last| self.tokens.get(last)).map_or(start, |token| token.end);
        start..end
    }

    /// The first byte of the token; the text's end past the last.
    pub fn start_of(&self, at: usize) -> usize {
        self.tokens.get(at).map_or(self.fragment.text().len(), |token| token.start)
    }

    /// The text of tokens `from..to`, with its places.
    pub fn cut(&self, range: Range<usize>) -> Fragment {
        self.fragment.slice(self.bytes(range))
    }

    /// The place in the file of tokens `from..to`.
    pub fn span(&self, range: Range<usize>) -> Option<Span> {
        self.fragment.span(self.bytes(range))
    }

    /// The text of tokens `from..to`.
    pub fn slice(&self, range: Range<usize>) -> &str {
        self.fragment.text().get(self.bytes(range)).unwrap_or("")
    }
}

/// Pairs parentheses. None reaches over a semicolon or the end of a batch, so that one too many costs one statement.
fn closing(text: &str, tokens: &[Token]) -> Vec<usize> {
    let mut pairs: Vec<usize> = (0..tokens.len()).collect();
    let mut open: Vec<usize> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if matches!(token.kind, TokenKind::Separator | TokenKind::Client) {
            open.clear();
        }
        if token.kind != TokenKind::Symbol {
            continue;
        }
        match text.get(token.start..token.end) {
            Some("(") => open.push(at),
            Some(";") => open.clear(),
            Some(")") => {
                if let Some(pair) = open.pop().and_then(|opened| pairs.get_mut(opened)) {
                    *pair = at;
                }
            }
            Some(_) | None => {}
        }
    }
    pairs
}
