//! Takes the indentation off that the author's text had inside its procedure.
//!
//! In: pieces of the author's text in order, and the indentation of the line on which the statement began. Out: the
//! same pieces without it. Only leading blanks go, the same ones from every line of code; a line that begins inside a
//! string, a quoted name or a dollar-quoted text keeps every byte, and so does everything when the lines disagree.

use crate::dialect::Traits;

/// What a line begins in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    Code,
    Comment,
}

/// The blanks that all lines of code share with `indent`, taken off the `author`'s lines.
pub(super) fn dedent(author: &mut [String], indent: &str, traits: &Traits) {
    let mut scanner = Scanner::new(traits);
    let starts: Vec<Vec<(usize, Start)>> = author.iter().map(|text| scanner.feed(text)).collect();
    let mut common = indent;
    for (text, starts) in author.iter().zip(&starts) {
        for (at, start) in starts {
            let line = text.get(*at..).unwrap_or("");
            if *start == Start::Code && !is_blank(line) && !line.trim_start_matches(BLANKS).starts_with("--") {
                common = shared(common, blanks(line));
            }
        }
    }
    let common = common.to_owned();
    for (text, starts) in author.iter_mut().zip(&starts) {
        *text = without(text, starts, &common);
    }
}

/// `text` without what each of the lines that begin at `starts` shares with `common`.
fn without(text: &str, starts: &[(usize, Start)], common: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (at, _) in starts {
        out.push_str(text.get(done..*at).unwrap_or(""));
        let line = text.get(*at..).unwrap_or("");
        done = at + shared(common, blanks(line)).len();
    }
    out.push_str(text.get(done..).unwrap_or(""));
    out
}

/// What counts as indentation.
const BLANKS: [char; 2] = [' ', '\t'];

fn blanks(line: &str) -> &str {
    let end = line.len() - line.trim_start_matches(BLANKS).len();
    line.get(..end).unwrap_or("")
}

/// Whether nothing but blanks stands before the line's end. At the end of a piece something may follow.
fn is_blank(line: &str) -> bool {
    line.trim_start_matches(BLANKS).starts_with(['\n', '\r'])
}

/// What both begin with.
fn shared<'a>(left: &'a str, right: &str) -> &'a str {
    let same = left.bytes().zip(right.bytes()).take_while(|(left, right)| left == right).count();
    left.get(..same).unwrap_or("")
}

/// Where the scanner stands within the text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Code,
    LineComment,
    BlockComment(usize),
    /// Ends at this character, unless that is doubled.
    Quoted {
        close: char,
        backslash: bool,
    },
    /// Ends at this mark, such as `$$`.
    Dollar(String),
}

struct Scanner<'a> {
    traits: &'a Traits,
    state: State,
    previous: char,
}

impl<'a> Scanner<'a> {
    fn new(traits: &'a Traits) -> Self {
        Self { traits, state: State::Code, previous: '\n' }
    }

    /// The places after `text`'s line breaks where a line begins outside of literals.
    fn feed(&mut self, text: &str) -> Vec<(usize, Start)> {
        let mut starts = Vec::new();
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let taken = self.step(rest).max(1);
            at += taken;
            self.previous = rest.get(..taken).and_then(|taken| taken.chars().last()).unwrap_or(' ');
            if self.previous == '\n' {
                match self.state {
                    State::Code => starts.push((at, Start::Code)),
                    State::BlockComment(_) | State::LineComment => starts.push((at, Start::Comment)),
                    State::Quoted { .. } | State::Dollar(_) => {}
                }
            }
        }
        starts
    }

    /// Takes the next characters; gives the number of bytes taken.
    fn step(&mut self, rest: &str) -> usize {
        match &self.state {
            State::Code => self.step_code(rest),
            State::LineComment => {
                if rest.starts_with('\n') {
                    self.state = State::Code;
                }
                first_len(rest)
            }
            State::BlockComment(depth) => self.step_block(rest, *depth),
            State::Quoted { close, backslash } => self.step_quoted(rest, *close, *backslash),
            State::Dollar(mark) => {
                if !rest.starts_with(mark.as_str()) {
                    return first_len(rest);
                }
                let taken = mark.len();
                self.state = State::Code;
                taken
            }
        }
    }

    fn step_code(&mut self, rest: &str) -> usize {
        let first = rest.chars().next().unwrap_or(' ');
        if rest.starts_with("--") || (first == '#' && self.traits.hash_comments) {
            self.state = State::LineComment;
        } else if rest.starts_with("/*") {
            self.state = State::BlockComment(1);
            return 2;
        } else if first == '\'' {
            let backslash = self.traits.backslash_escapes || matches!(self.previous, 'e' | 'E');
            self.state = State::Quoted { close: '\'', backslash };
        } else if first == '"' {
            let backslash = self.traits.double_quoted_strings && self.traits.backslash_escapes;
            self.state = State::Quoted { close: '"', backslash };
        } else if self.traits.identifier_quotes.contains(&first) {
            self.state = State::Quoted { close: if first == '[' { ']' } else { first }, backslash: false };
        } else if self.traits.dollar_quotes
            && let Some(mark) = dollar_mark(rest)
        {
            let taken = mark.len();
            self.state = State::Dollar(mark.to_owned());
            return taken;
        }
        first_len(rest)
    }

    fn step_block(&mut self, rest: &str, depth: usize) -> usize {
        if rest.starts_with("*/") {
            self.state = if depth > 1 { State::BlockComment(depth - 1) } else { State::Code };
            return 2;
        }
        if self.traits.nested_comments && rest.starts_with("/*") {
            self.state = State::BlockComment(depth + 1);
            return 2;
        }
        first_len(rest)
    }

    fn step_quoted(&mut self, rest: &str, close: char, backslash: bool) -> usize {
        let mut characters = rest.chars();
        let first = characters.next().unwrap_or(' ');
        let second = characters.next();
        if first == '\\' && backslash {
            return 1 + second.map_or(0, char::len_utf8);
        }
        if first != close {
            return first.len_utf8();
        }
        if second == Some(close) {
            return 2 * close.len_utf8();
        }
        self.state = State::Code;
        close.len_utf8()
    }
}

fn first_len(text: &str) -> usize {
    text.chars().next().map_or(1, char::len_utf8)
}

/// `$$` or `$tag$` at the start of the text.
fn dollar_mark(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('$')?;
    let end = inner.find('$')?;
    let tag = inner.get(..end)?;
    let fit = tag.chars().all(|character| character.is_alphanumeric() || character == '_')
        && !tag.starts_with(|first: char| first.is_ascii_digit());
    if fit { text.get(..end + 2) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;

    #[test]
    fn only_the_shared_indentation_goes() {
        let rows = [
            ("continuation lines", "  ", "SELECT a,\n         b\n  FROM t", "SELECT a,\n       b\nFROM t"),
            ("less than the statement had", "    ", "SELECT a\n  FROM t", "SELECT a\nFROM t"),
            ("no indentation", "", "SELECT a,\n       b", "SELECT a,\n       b"),
            ("tabs", "\t", "SELECT a\n\tFROM t\n\t\tWHERE x", "SELECT a\nFROM t\n\tWHERE x"),
            ("tabs and spaces disagree", "\t", "SELECT a\n  FROM t", "SELECT a\n  FROM t"),
            ("a blank line", "  ", "SELECT a\n\n  FROM t", "SELECT a\n\nFROM t"),
            ("a literal of several lines", "  ", "SELECT 'x\n  y', b\n  FROM t", "SELECT 'x\n  y', b\nFROM t"),
            ("a quote in a literal", "  ", "SELECT 'it''s\n  y'\n  FROM t", "SELECT 'it''s\n  y'\nFROM t"),
            ("a dollar literal", "  ", "SELECT $x$'\n  $$ y$x$\n  FROM t", "SELECT $x$'\n  $$ y$x$\nFROM t"),
            ("an escaped quote", "  ", "SELECT E'\\'\n  y'\n  FROM t", "SELECT E'\\'\n  y'\nFROM t"),
            ("a quoted name", "  ", "SELECT \"a\n  b\"\n  FROM t", "SELECT \"a\n  b\"\nFROM t"),
            ("a quote in a comment", "  ", "SELECT a -- it's\n  FROM t", "SELECT a -- it's\nFROM t"),
            ("a block comment", "  ", "SELECT a /* it's\n     b */\n  FROM t", "SELECT a /* it's\n   b */\nFROM t"),
            ("a comment at the margin", "  ", "SELECT a\n-- b\n  FROM t", "SELECT a\n-- b\nFROM t"),
            ("windows line ends", "  ", "SELECT a\r\n\r\n  FROM t", "SELECT a\r\n\r\nFROM t"),
        ];
        for (what, indent, text, expected) in rows {
            let mut author = [text.to_owned()];
            dedent(&mut author, indent, Dialect::Postgres.traits());
            assert_eq!(author[0], expected, "{what}");
        }
    }

    #[test]
    fn the_state_goes_on_over_pieces() {
        let mut author = ["SELECT a\n  FROM ".to_owned(), " o\n    JOIN ".to_owned(), " USING (x)\n  ".to_owned()];
        dedent(&mut author, "  ", Dialect::Postgres.traits());
        assert_eq!(author, ["SELECT a\nFROM ", " o\n  JOIN ", " USING (x)\n"]);
        let mut author = ["SELECT 'a".to_owned(), "\n  b'\n  FROM t".to_owned()];
        dedent(&mut author, "  ", Dialect::Postgres.traits());
        assert_eq!(author, ["SELECT 'a", "\n  b'\nFROM t"]);
    }

    #[test]
    fn brackets_and_backslashes_are_the_dialects() {
        let mut author = ["SELECT [a'\n  b]\n  FROM t".to_owned()];
        dedent(&mut author, "  ", Dialect::Tsql.traits());
        assert_eq!(author[0], "SELECT [a'\n  b]\nFROM t");
        let mut author = ["SELECT '\\'\n  ' # it's\n  FROM t".to_owned()];
        dedent(&mut author, "  ", Dialect::BigQuery.traits());
        assert_eq!(author[0], "SELECT '\\'\n  ' # it's\nFROM t");
    }
}
