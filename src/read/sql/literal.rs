//! String literals and quoted names: where they end, and what they say.
//!
//! In: the lexer at a quote or a prefix. Out: the length of the literal; for a body in quotes, its text with places.

use super::lexer::{Lexer, is_name_start, line};
use super::tokens::{Text, TokenKind};
use crate::dialect::Dialect;
use crate::text::Fragment;

/// Letters that may stand right before a quote as part of the literal.
const PREFIXES: [&str; 8] = ["n", "e", "b", "x", "r", "br", "rb", "u&"];

/// The literal or quoted name that begins here.
pub(super) fn quoted(lexer: &Lexer<'_>) -> Option<(TokenKind, usize)> {
    let rest = lexer.rest();
    let prefix = prefix(rest, lexer.traits.double_quoted_strings);
    let body = rest.get(prefix..)?;
    let quote = body.chars().next()?;
    if lexer.traits.header_declares
        && let Some(len) = quote_operator(rest)
    {
        return Some((TokenKind::String, len));
    }
    if quote == '\'' || (quote == '"' && lexer.traits.double_quoted_strings) {
        let letters = rest.get(..prefix).unwrap_or("");
        let raw = letters.eq_ignore_ascii_case("r");
        let escapes = (lexer.traits.backslash_escapes && !raw) || letters.eq_ignore_ascii_case("e");
        let len = string(body, quote, escapes, lexer)?;
        return Some((TokenKind::String, prefix + len));
    }
    if prefix > 0 {
        return None;
    }
    if quote == '$'
        && lexer.traits.dollar_quotes
        && let Some((len, _)) = dollar(rest)
    {
        return Some((TokenKind::Dollar, len));
    }
    if lexer.traits.identifier_quotes.contains(&quote) || matches!(quote, '"' | '`') {
        return Some((TokenKind::Quoted, identifier(rest, quote)?));
    }
    None
}

fn prefix(rest: &str, raw: bool) -> usize {
    let at = quote_near(rest, b"'\"").unwrap_or(0);
    let letters = rest.get(..at).unwrap_or("");
    let known = PREFIXES.iter().any(|prefix| prefix.eq_ignore_ascii_case(letters));
    let double = rest.get(at..).is_some_and(|rest| rest.starts_with('"'));
    if known && (raw || !double) { at } else { 0 }
}

/// The place of a quote within the first three bytes.
fn quote_near(rest: &str, quotes: &[u8]) -> Option<usize> {
    rest.bytes().take(3).position(|byte| quotes.contains(&byte))
}

/// Oracle's `q'[ … ]'` and `nq'[ … ]'`.
fn quote_operator(rest: &str) -> Option<usize> {
    let letters = quote_near(rest, b"'").filter(|at| *at > 0)?;
    let name = rest.get(..letters)?;
    if !(name.eq_ignore_ascii_case("q") || name.eq_ignore_ascii_case("nq")) {
        return None;
    }
    let open = rest.get(letters + 1..)?.chars().next()?;
    let close = match open {
        '[' => ']',
        '{' => '}',
        '(' => ')',
        '<' => '>',
        other => other,
    };
    let start = letters + 1 + open.len_utf8();
    let end = rest.get(start..)?.find(&format!("{close}'"))?;
    Some(start + end + close.len_utf8() + 1)
}

/// The length of the string at the start of `body`. One that is not closed ends with its line.
fn string(body: &str, quote: char, escapes: bool, lexer: &Lexer<'_>) -> Option<usize> {
    if lexer.traits.triple_quotes {
        let triple: String = [quote; 3].iter().collect();
        if body.starts_with(&triple) {
            let end = body.get(3..)?.find(&triple);
            return Some(end.map_or(body.len(), |end| end + 6));
        }
    }
    let doubles = !lexer.traits.triple_quotes;
    Some(scan(body, quote, escapes, doubles, lexer.templated).unwrap_or_else(|| line(body).max(1)))
}

/// The length of a quoted run, or none when it is not closed.
fn scan(body: &str, quote: char, escapes: bool, doubles: bool, templated: bool) -> Option<usize> {
    let mut at = quote.len_utf8();
    loop {
        let rest = body.get(at..)?;
        let found = rest.find([quote, '\\', '{'])?;
        at += found;
        let here = body.get(at..)?;
        if here.starts_with('\\') {
            let escaped = here.chars().nth(1).filter(|_| escapes).map_or(0, char::len_utf8);
            at += 1 + escaped;
        } else if here.starts_with('{') {
            at += hole(here, templated);
        } else if doubles && here.get(quote.len_utf8()..).is_some_and(|next| next.starts_with(quote)) {
            at += 2 * quote.len_utf8();
        } else {
            return Some(at + quote.len_utf8());
        }
    }
}

fn hole(here: &str, templated: bool) -> usize {
    let closed = here.find("}}").filter(|_| templated && here.starts_with("{{"));
    closed.map_or(1, |end| end + 2)
}

/// The length of `$tag$ … $tag$` at the start of `rest`, and that of its tag.
pub(super) fn dollar(rest: &str) -> Option<(usize, usize)> {
    let inner = rest.strip_prefix('$')?;
    let tag = inner.find('$')?;
    let name = inner.get(..tag)?;
    let fits = name.is_empty()
        || (name.starts_with(is_name_start) && name.chars().all(|c| is_name_start(c) || c.is_ascii_digit()));
    if !fits {
        return None;
    }
    let mark = rest.get(..tag + 2)?;
    let end = rest.get(mark.len()..)?.find(mark);
    Some((end.map_or(rest.len(), |end| end + 2 * mark.len()), mark.len()))
}

fn identifier(rest: &str, quote: char) -> Option<usize> {
    let close = if quote == '[' { ']' } else { quote };
    let mut at = quote.len_utf8();
    loop {
        let Some(found) = rest.get(at..).and_then(|rest| rest.find(close)) else {
            return Some(line(rest).max(1));
        };
        at += found + close.len_utf8();
        if !rest.get(at..)?.starts_with(close) {
            return Some(at);
        }
        at += close.len_utf8();
    }
}

/// What the literal at token `at` says, each part with its place: quotes are taken off, doubled quotes are single.
/// None for what is no literal.
pub fn content(text: &Text, at: usize, dialect: Dialect) -> Option<Fragment> {
    let traits = dialect.traits();
    let token = text.tokens.get(at)?;
    let literal = text.fragment.text().get(token.start..token.end)?;
    let inner = |from: usize, to: usize| text.fragment.slice(token.start + from..token.start + to);
    if token.kind == TokenKind::Dollar {
        let (len, mark) = dollar(literal)?;
        let closed = len >= 2 * mark && literal.ends_with(literal.get(..mark)?);
        return Some(inner(mark, if closed { len - mark } else { len }));
    }
    if token.kind != TokenKind::String {
        return None;
    }
    if let Some(len) = quote_operator(literal) {
        let open = literal.find('\'')? + 1;
        let width = literal.get(open..)?.chars().next()?.len_utf8();
        return Some(inner(open + width, len - 1 - width));
    }
    let open = literal.find(['\'', '"'])?;
    let quote = literal.get(open..)?.chars().next()?;
    let triple = traits.triple_quotes
        && literal.get(open..)?.starts_with(&[quote; 3].iter().collect::<String>())
        && literal.len() >= open + 6;
    let width = if triple { 3 } else { 1 };
    let end = if literal.len() >= open + 2 * width && literal.ends_with(quote) {
        literal.len() - width
    } else {
        literal.len()
    };
    let letters = literal.get(..open)?;
    let escaped = (traits.backslash_escapes && !letters.eq_ignore_ascii_case("r")) || letters.eq_ignore_ascii_case("e");
    Some(unescape(&inner(open + width, end), quote, escaped, !triple))
}

/// The text of a literal without its quotes: doubled quotes and escapes become what they stand for.
fn unescape(inner: &Fragment, quote: char, escapes: bool, doubles: bool) -> Fragment {
    let text = inner.text();
    let mut out = Fragment::empty();
    let mut kept = 0;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find([quote, '\\'])) {
        at += found;
        let here = text.get(at..).unwrap_or("");
        let next = here.chars().nth(1);
        if here.starts_with('\\')
            && escapes
            && let Some(next) = next
        {
            out.extend(&inner.slice(kept..at));
            push(&mut out, inner, at..at + 1 + next.len_utf8(), &escape(next));
            at += 1 + next.len_utf8();
            kept = at;
        } else if here.starts_with(quote) && doubles && next == Some(quote) {
            out.extend(&inner.slice(kept..at));
            at += quote.len_utf8();
            kept = at;
            at += quote.len_utf8();
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    out.extend(&inner.slice(kept..text.len()));
    out
}

fn push(out: &mut Fragment, inner: &Fragment, range: std::ops::Range<usize>, text: &str) {
    if let Some(span) = inner.span(range) {
        out.push(text, span, false);
    }
}

fn escape(letter: char) -> String {
    match letter {
        'n' => "\n".to_owned(),
        't' => "\t".to_owned(),
        'r' => "\r".to_owned(),
        '\n' => String::new(),
        other => other.to_string(),
    }
}
