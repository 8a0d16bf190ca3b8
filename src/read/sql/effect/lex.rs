//! Tokens of one statement with byte ranges.
//!
//! In: text and a dialect of sqlparser. Out: sqlparser's tokens, whose spans are rewritten so that a column is a byte
//! offset plus one: every span of the syntax tree is then a byte range. What is filled in before the text runs
//! (`{{ ds }}`, `&x`) becomes words of the same length first. Never judges the text.

#![expect(clippy::wildcard_enum_match_arm, reason = "sqlparser's tokens are another crate's, and many")]

use std::ops::Range;

use sqlparser::dialect::Dialect as Parsed;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer, Whitespace};

use super::super::hole::{self, Hole};
use super::dashed;
use crate::dialect::Dialect;

/// A statement as tokens.
#[derive(Debug, Clone)]
pub struct Lexed {
    /// All tokens, white space and comments too; blanked ones are white space.
    all: Vec<TokenWithSpan>,
    /// Indices into `all` of what is neither.
    significant: Vec<usize>,
    /// What is filled in before the text runs: where, and its name.
    pub holes: Vec<(Range<usize>, String)>,
}

/// Why there are no tokens.
#[derive(Debug, Clone)]
pub struct LexError {
    /// Byte at which the lexer stopped.
    pub at: usize,
    /// What it says.
    pub message: String,
}

/// The byte range of a span that [`lex`] rewrote; `None` for spans that the parser left empty.
pub fn range(span: Span) -> Option<Range<usize>> {
    let start = byte(span.start)?;
    let end = byte(span.end)?;
    (start < end).then_some(start..end)
}

fn byte(location: Location) -> Option<usize> {
    if location.line == 0 {
        return None;
    }
    usize::try_from(location.column).ok()?.checked_sub(1)
}

/// Tokens of `text`, which is in `dialect`, as the `parser` for it sees them.
pub fn lex(text: &str, dialect: Dialect, parser: &dyn Parsed) -> Result<Lexed, LexError> {
    match tokens(text, dialect, parser) {
        (lexed, None) => Ok(lexed),
        (_, Some(error)) => Err(error),
    }
}

/// Tokens of `text` as far as it can be told.
pub fn lex_some(text: &str, dialect: Dialect, parser: &dyn Parsed) -> Lexed {
    tokens(text, dialect, parser).0
}

fn tokens(text: &str, dialect: Dialect, parser: &dyn Parsed) -> (Lexed, Option<LexError>) {
    let holes = hole::holes(text, dialect);
    let masked = hole::masked(text, &holes);
    let (mut all, mut error) = tokenized(&masked, parser);
    let whole = dialect.traits().dashed_names.then(|| dashed::undashed(&masked, &all)).flatten();
    if let Some(whole) = &whole {
        (all, error) = tokenized(whole, parser);
        for token in &mut all {
            dashed::dash(token, text, whole);
        }
    }
    let masked = whole.as_deref().unwrap_or(&masked);
    for token in &mut all {
        name_holes(token, masked, &holes);
    }
    let holes = holes.into_iter().filter(|hole| !hole.block).map(|hole| (hole.range, hole.name)).collect();
    let mut lexed = Lexed { all, significant: Vec::new(), holes };
    lexed.index();
    (lexed, error)
}

/// The tokens, up to the place where the text is none of the dialect's.
fn tokenized(text: &str, parser: &dyn Parsed) -> (Vec<TokenWithSpan>, Option<LexError>) {
    let mut all = Vec::new();
    let done = Tokenizer::new(parser, text).tokenize_with_location_into_buf(&mut all);
    let lines = Lines::new(text);
    lines.rewrite(&mut all);
    let error = done.err().map(|error| {
        let at = lines.offset(error.location).unwrap_or(text.len());
        LexError { at, message: error.message }
    });
    (all, error)
}

/// A word with holes in it is called after them.
fn name_holes(token: &mut TokenWithSpan, masked: &str, holes: &[Hole]) {
    let Token::Word(word) = &mut token.token else { return };
    let Some(place) = range(token.span) else { return };
    let first = holes.partition_point(|hole| hole.range.end <= place.start);
    let within = holes.get(first..).unwrap_or_default().iter().take_while(|hole| hole.range.start < place.end);
    let quote = usize::from(word.quote_style.is_some());
    let mut named = String::new();
    let mut at = place.start + quote;
    for hole in within {
        named.push_str(masked.get(at..hole.range.start).unwrap_or(""));
        named.push_str(&hole.word());
        at = hole.range.end;
    }
    if at > place.start + quote {
        named.push_str(masked.get(at..place.end - quote).unwrap_or(""));
        word.value = named;
    }
}

impl Lexed {
    fn index(&mut self) {
        let kept = |(at, token): (usize, &TokenWithSpan)| {
            let skip = matches!(token.token, Token::Whitespace(_) | Token::EOF);
            (!skip).then_some(at)
        };
        self.significant = self.all.iter().enumerate().filter_map(kept).collect();
    }

    /// The same without semicolons at the end.
    pub fn without_end(mut self) -> Self {
        while let Some(last) = self.len().checked_sub(1).filter(|last| self.is(*last, &Token::SemiColon)) {
            self.blank(last..last + 1);
        }
        self
    }

    /// How many tokens there are, without white space and comments.
    pub fn len(&self) -> usize {
        self.significant.len()
    }

    /// Token number `at`.
    pub fn get(&self, at: usize) -> Option<&Token> {
        self.all.get(*self.significant.get(at)?).map(|token| &token.token)
    }

    /// Bytes of token number `at`.
    pub fn range(&self, at: usize) -> Option<Range<usize>> {
        range(self.all.get(*self.significant.get(at)?)?.span)
    }

    /// First byte of token number `at`; the end of the last token past it.
    pub fn start(&self, at: usize) -> usize {
        self.range(at).map_or_else(|| self.end(self.len()), |range| range.start)
    }

    /// One past the last byte of the token before number `at`; zero for none.
    pub fn end(&self, at: usize) -> usize {
        at.checked_sub(1).and_then(|before| self.range(before)).map_or(0, |range| range.end)
    }

    /// The number of the first token that starts at byte `offset` or later.
    pub fn at_byte(&self, offset: usize) -> usize {
        self.significant.partition_point(|index| {
            self.all.get(*index).and_then(|token| byte(token.span.start)).is_some_and(|start| start < offset)
        })
    }

    /// Token number `at` in upper case, when it is an unquoted word.
    pub fn word(&self, at: usize) -> Option<String> {
        match self.get(at)? {
            Token::Word(word) if word.quote_style.is_none() => Some(word.value.to_ascii_uppercase()),
            _ => None,
        }
    }

    /// Whether the tokens from `at` on are these unquoted words.
    pub fn words(&self, at: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(offset, word)| self.is_word(at + offset, word))
    }

    /// Whether token number `at` is this unquoted word.
    pub fn is_word(&self, at: usize, word: &str) -> bool {
        matches!(self.get(at), Some(Token::Word(found)) if found.quote_style.is_none() && found.value.eq_ignore_ascii_case(word))
    }

    /// Whether token number `at` is `token`.
    pub fn is(&self, at: usize, token: &Token) -> bool {
        self.get(at) == Some(token)
    }

    /// The number of the token that closes the parenthesis, bracket or CASE at `open`; the number of tokens when none
    /// does.
    pub fn closing(&self, open: usize) -> usize {
        let mut depth = 0_usize;
        for at in open..self.len() {
            if self.opens(at) {
                depth += 1;
            } else if self.closes(at) {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at;
                }
            }
        }
        self.len()
    }

    fn opens(&self, at: usize) -> bool {
        match self.get(at) {
            Some(Token::LParen | Token::LBracket | Token::LBrace) => true,
            Some(Token::Word(word)) => word.keyword == Keyword::CASE && word.quote_style.is_none(),
            _ => false,
        }
    }

    fn closes(&self, at: usize) -> bool {
        match self.get(at) {
            Some(Token::RParen | Token::RBracket | Token::RBrace) => true,
            Some(Token::Word(word)) => word.keyword == Keyword::END && word.quote_style.is_none(),
            _ => false,
        }
    }

    /// The first token from `from` on, outside of parentheses and CASEs opened after it, for which `wanted` holds.
    pub fn find(&self, from: usize, wanted: impl Fn(&Self, usize) -> bool) -> Option<usize> {
        let mut at = from;
        while at < self.len() {
            if wanted(self, at) {
                return Some(at);
            }
            at = if self.opens(at) { self.closing(at) + 1 } else { at + 1 };
        }
        None
    }

    /// The first of `words` from `from` on, outside of parentheses.
    pub fn find_word(&self, from: usize, words: &[&str]) -> Option<usize> {
        self.find(from, |lexed, at| words.iter().any(|word| lexed.is_word(at, word)))
    }

    /// Bytes of tokens `part`.
    pub fn bytes(&self, part: Range<usize>) -> Range<usize> {
        let start = self.start(part.start);
        start..self.end(part.end).max(start)
    }

    /// Splits `from..to` at commas outside of parentheses.
    pub fn split(&self, from: usize, to: usize) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        let mut start = from;
        while let Some(comma) = self.find(start, |lexed, at| at >= to || lexed.is(at, &Token::Comma)) {
            if comma >= to {
                break;
            }
            parts.push(start..comma);
            start = comma + 1;
        }
        if start < to {
            parts.push(start..to);
        }
        parts
    }

    /// Makes tokens white space for the parser. All other positions stay.
    pub fn blank(&mut self, tokens: Range<usize>) {
        for at in tokens.clone() {
            let Some(token) = self.significant.get(at).and_then(|index| self.all.get_mut(*index)) else { continue };
            token.token = Token::Whitespace(Whitespace::Space);
        }
        self.significant.drain(tokens.start.min(self.significant.len())..tokens.end.min(self.significant.len()));
    }

    /// Lets two tokens change places for the parser.
    pub fn swap(&mut self, left: usize, right: usize) {
        if let (Some(left), Some(right)) = (self.significant.get(left), self.significant.get(right)) {
            self.all.swap(*left, *right);
        }
    }

    /// Puts the keyword `word` in the place of token number `at`.
    pub fn replace(&mut self, at: usize, word: &str) {
        if let Some(token) = self.significant.get(at).and_then(|index| self.all.get_mut(*index)) {
            token.token = Token::make_keyword(word);
        }
    }

    /// Puts `token` in the place of token number `at`.
    pub fn set(&mut self, at: usize, token: Token) {
        if let Some(found) = self.significant.get(at).and_then(|index| self.all.get_mut(*index)) {
            found.token = token;
        }
    }

    /// Tokens `part`, as the parser wants them.
    pub fn for_parser(&self, part: Range<usize>) -> Vec<TokenWithSpan> {
        let first = self.significant.get(part.start).copied().unwrap_or(self.all.len());
        let last = part.end.checked_sub(1).and_then(|at| self.significant.get(at)).map_or(first, |index| index + 1);
        self.all.get(first..last.max(first)).unwrap_or(&[]).to_vec()
    }

    /// The length of the longest chain of operators without a parenthesis or comma in it: parsers recurse over it.
    pub fn longest_chain(&self) -> usize {
        let mut longest = 0;
        let mut depth: Vec<usize> = vec![0];
        for index in &self.significant {
            let Some(token) = self.all.get(*index) else { continue };
            match &token.token {
                Token::LParen => depth.push(0),
                Token::RParen if depth.len() > 1 => {
                    depth.pop();
                }
                Token::Comma | Token::SemiColon => {
                    if let Some(chain) = depth.last_mut() {
                        *chain = 0;
                    }
                }
                token if is_operator(token) => {
                    if let Some(chain) = depth.last_mut() {
                        *chain += 1;
                        longest = longest.max(*chain);
                    }
                }
                _ => {}
            }
        }
        longest.max(depth.len())
    }
}

fn is_operator(token: &Token) -> bool {
    match token {
        Token::Word(word) => {
            matches!(word.keyword, Keyword::AND | Keyword::OR | Keyword::UNION | Keyword::NOT | Keyword::CASE)
        }
        Token::Plus | Token::Minus | Token::Mul | Token::Div | Token::StringConcat | Token::Mod | Token::Eq => true,
        _ => false,
    }
}

/// Byte offsets of sqlparser's lines and columns, which count characters.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        let mut starts = vec![0];
        starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
        Self { text, starts }
    }

    fn offset(&self, location: Location) -> Option<usize> {
        let line = usize::try_from(location.line).ok()?.checked_sub(1)?;
        let column = usize::try_from(location.column).ok()?.checked_sub(1)?;
        let start = *self.starts.get(line)?;
        let rest = self.text.get(start..)?;
        Some(rest.char_indices().nth(column).map_or(self.text.len(), |(at, _)| start + at))
    }

    /// Rewrites the spans of tokens that follow each other without a gap, in one pass over the text.
    fn rewrite(&self, tokens: &mut [TokenWithSpan]) {
        let mut cursor = Cursor { text: self.text, byte: 0, line: 1, column: 1 };
        for token in tokens {
            let start = cursor.advance(token.span.start);
            let end = cursor.advance(token.span.end);
            token.span = Span::new(location(start), location(end));
        }
    }
}

fn location(byte: usize) -> Location {
    Location::new(1, u64::try_from(byte).unwrap_or(u64::MAX - 1) + 1)
}

struct Cursor<'a> {
    text: &'a str,
    byte: usize,
    line: u64,
    column: u64,
}

impl Cursor<'_> {
    fn advance(&mut self, to: Location) -> usize {
        let rest = self.text.get(self.byte..).unwrap_or("");
        for character in rest.chars() {
            if (self.line, self.column) >= (to.line, to.column) {
                break;
            }
            self.byte += character.len_utf8();
            if character == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.byte
    }
}

/// Words and string literals of a text as sqlparser's tokenizer sees them; none where it refuses the text.
#[cfg(test)]
pub fn tokens_of(text: &str, dialect: Dialect) -> Option<Vec<String>> {
    let parser = super::grammar::grammar(dialect).parsers.first()?;
    let lexed = lex(text, dialect, *parser).ok()?;
    let kept = (0..lexed.len()).filter(|at| {
        !matches!(lexed.get(*at), Some(Token::Number(..) | Token::Placeholder(_)) | None)
            && lexed.range(*at).is_some_and(|place| {
                text.get(place)
                    .is_some_and(|text| text.contains(|c: char| c.is_alphabetic() || c == '\'' || c == '"' || c == '`'))
            })
    });
    Some(kept.filter_map(|at| text.get(lexed.range(at)?).map(str::to_owned)).collect())
}
