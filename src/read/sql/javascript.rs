//! Snowflake procedures in JavaScript: the SQL strings that they send.
//!
//! In: a body. Out: the place and text of every statement that is sent with `snowflake.execute` or `createStatement`,
//! and what lies between. Reads assignments and concatenations of strings, nothing else of the language; what the code
//! around decides is reported, not read.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::text::Fragment;

/// A piece of a body.
#[derive(Debug, Clone)]
pub enum Piece {
    /// Code that sends nothing.
    Code(Range<usize>),
    /// The expression of a statement, and its text where that is known.
    Sent {
        /// Where the expression stands.
        place: Range<usize>,
        /// What it says.
        sql: Option<Fragment>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Name,
    Text,
    Mark,
}

/// A token: kind, first byte, one past the last.
type Token = (Kind, usize, usize);

/// The pieces of `body`, in order.
pub fn pieces(body: &Fragment) -> Vec<Piece> {
    let tokens = lex(body.text());
    let mut reader = Reader { body, tokens: &tokens, texts: BTreeMap::new() };
    let mut pieces = Vec::new();
    let mut done = 0;
    let mut at = 0;
    while at < tokens.len() {
        reader.assignment(at);
        let Some(expression) = reader.sent(at) else {
            at += 1;
            continue;
        };
        let place = reader.bytes(&expression);
        reader.gap(done..place.start, &mut pieces);
        done = place.end;
        at = expression.end;
        pieces.push(Piece::Sent { place, sql: reader.fold(expression) });
    }
    reader.gap(done..body.text().len(), &mut pieces);
    pieces
}

struct Reader<'a> {
    body: &'a Fragment,
    tokens: &'a [Token],
    texts: BTreeMap<String, Fragment>,
}

impl Reader<'_> {
    fn word(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |(_, start, end)| self.body.text().get(*start..*end).unwrap_or(""))
    }

    fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|(kind, _, _)| *kind)
    }

    fn bytes(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.tokens.get(range.start).map_or(0, |token| token.1);
        let end = range.end.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(start, |token| token.2);
        start..end.max(start)
    }

    /// Code between statements, when there is any.
    fn gap(&self, range: Range<usize>, pieces: &mut Vec<Piece>) {
        let mut inside = self.tokens.iter().filter(|token| token.1 >= range.start && token.2 <= range.end);
        let first = inside.clone().next();
        if let (Some(first), Some(last)) = (first, inside.next_back()) {
            pieces.push(Piece::Code(first.1..last.2));
        }
    }

    /// Notes `name = text` and `name += text`.
    fn assignment(&mut self, at: usize) {
        let adds = self.word(at + 1) == "+" && self.word(at + 2) == "=";
        let plain = self.word(at + 1) == "=" && self.word(at + 2) != "=";
        if self.kind(at) != Some(Kind::Name) || !(adds || plain) {
            return;
        }
        let start = at + if adds { 3 } else { 2 };
        let folded = self.fold(start..self.end(start));
        let name = self.word(at).to_owned();
        let text = match (adds, folded, self.texts.remove(&name)) {
            (false, Some(text), _) => text,
            (true, Some(more), Some(mut text)) => {
                text.extend(&more);
                text
            }
            (_, _, _) => return,
        };
        self.texts.insert(name, text);
    }

    /// The expression of the statement that is sent at `at`.
    fn sent(&self, at: usize) -> Option<Range<usize>> {
        if self.word(at) == "sqlText" {
            if self.word(at + 1) != ":" {
                return (self.word(at + 1) == "}" || self.word(at + 1) == ",").then_some(at..at + 1);
            }
            return Some(at + 2..self.end(at + 2));
        }
        let direct = self.word(at.wrapping_sub(1)) == "(" && self.word(at.wrapping_sub(2)) == "execute";
        let snowflake = self.word(at.wrapping_sub(4)) == "snowflake";
        (direct && snowflake && self.word(at) != "{").then(|| at..self.end(at))
    }

    /// Where an expression ends: before a comma, semicolon or closing bracket of what is around it, or before the next
    /// line where nothing joins the two.
    fn end(&self, from: usize) -> usize {
        let mut depth = 0_usize;
        for at in from..self.tokens.len() {
            match self.word(at) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" | ";" | "," if depth == 0 => return at,
                ")" | "]" | "}" => depth -= 1,
                _ if depth == 0 && at > from && self.parts(at) => return at,
                _ => {}
            }
        }
        self.tokens.len()
    }

    /// Whether a new statement begins at `at` although no semicolon ended the one before.
    fn parts(&self, at: usize) -> bool {
        let ends = self.bytes(&(at - 1..at)).end;
        let starts = self.bytes(&(at..at + 1)).start;
        let line = self.body.text().get(ends..starts).is_some_and(|gap| gap.contains('\n'));
        line && self.kind(at) == Some(Kind::Name) && self.kind(at - 1) != Some(Kind::Mark)
    }

    /// The text of a concatenation; names that are not known become holes.
    fn fold(&self, range: Range<usize>) -> Option<Fragment> {
        let mut out = Fragment::empty();
        let mut operand = true;
        for at in range.clone() {
            if !operand {
                operand = self.word(at) == "+";
                if !operand {
                    return None;
                }
                continue;
            }
            match self.kind(at)? {
                Kind::Text => out.extend(&self.literal(at)?),
                Kind::Name => self.splice(self.word(at), self.bytes(&(at..at + 1)), &mut out)?,
                Kind::Mark => return None,
            }
            operand = false;
        }
        (!operand && !range.is_empty()).then_some(out)
    }

    fn splice(&self, name: &str, place: Range<usize>, out: &mut Fragment) -> Option<()> {
        match self.texts.get(name) {
            Some(text) => out.extend(text),
            None => out.push(&format!("{{{{ {name} }}}}"), self.body.span(place)?, false),
        }
        Some(())
    }

    /// What a literal says; `${x}` within backticks is the value of `x`.
    fn literal(&self, at: usize) -> Option<Fragment> {
        let place = self.bytes(&(at..at + 1));
        let text = self.body.text().get(place.clone())?;
        let quote = text.chars().next()?;
        let (mut out, mut kept, mut here) = (Fragment::empty(), place.start + 1, place.start + 1);
        let end = if text.len() > 1 && text.ends_with(quote) { place.end - 1 } else { place.end };
        while here < end {
            let rest = self.body.text().get(here..end)?;
            if rest.starts_with('\\') {
                let escaped = rest.chars().nth(1)?;
                out.extend(&self.body.slice(kept..here));
                let range = here..here + 1 + escaped.len_utf8();
                out.push(unescaped(escaped), self.body.span(range.clone())?, false);
                if unescaped(escaped).is_empty() && escaped != '\n' {
                    out.extend(&self.body.slice(range.start + 1..range.end));
                }
                here = range.end;
                kept = here;
            } else if quote == '`' && rest.starts_with("${") {
                let close = rest.find('}')?;
                out.extend(&self.body.slice(kept..here));
                self.splice(rest.get(2..close)?.trim(), here..here + close + 1, &mut out)?;
                here += close + 1;
                kept = here;
            } else {
                here += rest.chars().next().map_or(1, char::len_utf8);
            }
        }
        out.extend(&self.body.slice(kept..end));
        Some(out)
    }
}

/// What an escaped letter stands for; empty where it stands for itself.
fn unescaped(letter: char) -> &'static str {
    match letter {
        'n' => "\n",
        't' => "\t",
        'r' => "\r",
        _ => "",
    }
}

fn lex(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or("");
        let len = if first.is_whitespace() {
            first.len_utf8()
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else {
            let (kind, len) = token(rest, first);
            tokens.push((kind, at, at + len));
            len
        };
        at += len;
    }
    tokens
}

fn token(rest: &str, first: char) -> (Kind, usize) {
    if matches!(first, '\'' | '"' | '`') {
        return (Kind::Text, quoted(rest, first));
    }
    let inside = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    if inside(first) {
        return (Kind::Name, rest.find(|c| !inside(c)).unwrap_or(rest.len()));
    }
    (Kind::Mark, first.len_utf8())
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            return at + 1;
        } else if c == '\n' && quote != '`' {
            return at;
        }
    }
    rest.len()
}
