//! Folding of string expressions: what a dynamic statement says, as far as constants go.
//!
//! In: the tokens of an expression, and the values that are known. Out: its text, each part with its place; a
//! variable whose value is not known becomes a hole, `{{ name }}`. None where a part is neither.

use std::collections::BTreeMap;
use std::ops::Range;

use super::literal;
use super::params::split;
use super::script::bare_name;
use super::tokens::{Text, TokenKind};
use crate::dialect::Dialect;
use crate::text::{Fragment, Span};

/// What is known when an expression is folded.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Texts of variables, by name in lower case.
    pub texts: &'a BTreeMap<String, Fragment>,
    /// All variables, in lower case.
    pub variables: &'a [String],
    /// The dialect, for what literals say.
    pub dialect: Dialect,
}

/// The text of the expression in `range`.
pub fn fold(text: &Text, range: Range<usize>, known: Known<'_>) -> Option<Fragment> {
    let mut out = Fragment::empty();
    for part in operands(text, range) {
        out.extend(&operand(text, part, known)?);
    }
    Some(out)
}

/// The pieces between `||`, `+` and `&` outside parentheses.
fn operands(text: &Text, range: Range<usize>) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = range.start;
    let mut at = range.start;
    while at < range.end {
        if text.is_any(at, &["||", "+"]) {
            parts.push(start..at);
            start = at + 1;
        }
        at = text.closing(at) + 1;
    }
    parts.push(start..range.end);
    parts
}

fn operand(text: &Text, part: Range<usize>, known: Known<'_>) -> Option<Fragment> {
    let part = without_cast(text, part);
    let first = part.start;
    if part.is_empty() {
        return None;
    }
    if text.is(first, "(") && text.closing(first) + 1 == part.end {
        return fold(text, first + 1..part.end - 1, known);
    }
    if text.is(first + 1, "(") && text.closing(first + 1) + 1 == part.end {
        return call(text, first, first + 2..part.end - 1, known);
    }
    if part.len() > 1 && !(part.len() == 2 && text.is_any(first, &[":", "$"])) {
        return adjacent(text, part, known);
    }
    match text.kind(first)? {
        TokenKind::String | TokenKind::Dollar => literal::content(text, first, known.dialect),
        TokenKind::Number | TokenKind::Hole => Some(text.cut(part)),
        TokenKind::Word if text.is(first, "null") => None,
        TokenKind::Word | TokenKind::Quoted | TokenKind::Variable | TokenKind::Symbol => {
            variable(text, part.end - 1, known)
        }
        TokenKind::Client | TokenKind::Separator => None,
    }
}

/// String literals side by side are one (standard SQL, MySQL, BigQuery).
fn adjacent(text: &Text, part: Range<usize>, known: Known<'_>) -> Option<Fragment> {
    let mut out = Fragment::empty();
    for at in part {
        if text.kind(at) != Some(TokenKind::String) {
            return None;
        }
        out.extend(&literal::content(text, at, known.dialect)?);
    }
    Some(out)
}

/// `x::text` is `x`.
fn without_cast(text: &Text, part: Range<usize>) -> Range<usize> {
    let cast = (part.start..part.end).find(|at| text.is(*at, "::"));
    part.start..cast.unwrap_or(part.end)
}

/// A variable's text, or a hole where that is not known.
fn variable(text: &Text, at: usize, known: Known<'_>) -> Option<Fragment> {
    let name = bare_name(text.word(at)).to_lowercase();
    if let Some(found) = known.texts.get(&name) {
        return Some(found.clone());
    }
    let hole = Fragment::made(&format!("{{{{ {name} }}}}"), text.span(at..at + 1)?);
    known.variables.contains(&name).then_some(hole)
}

fn call(text: &Text, name: usize, inside: Range<usize>, known: Known<'_>) -> Option<Fragment> {
    let arguments = split(text, inside.clone(), ",");
    let first = arguments.first().cloned();
    let span = text.span(name..inside.end + 1)?;
    match text.word(name).to_ascii_lowercase().as_str() {
        "format" => format_call(text, &arguments, known),
        "concat" => {
            let mut out = Fragment::empty();
            for argument in arguments {
                out.extend(&fold(text, argument, known)?);
            }
            Some(out)
        }
        "object_name" | "object_schema_name" => own_name(text, name, first?, known),
        "quote_ident" => Some(named(fold(text, first?, known)?, span)),
        "quotename" if arguments.len() == 1 => Some(bracketed(fold(text, first?, known)?, span)),
        "identifier" | "to_char" | "to_varchar" if arguments.len() == 1 => fold(text, first?, known),
        "quote_literal" | "quote_nullable" => Some(quoted(text, first?, span, known)),
        "replace" => replaced(text, &arguments, span, known),
        "upper" | "lower" | "trim" | "ltrim" | "rtrim" => cased(text, name, first?, span, known),
        "chr" | "char" | "nchar" => character(text.slice(inside)).map(|text| Fragment::made(text, span)),
        "cast" | "try_cast" => fold(text, before(text, first?, "as"), known),
        "convert" => iso_style(text, &arguments).then(|| fold(text, arguments.get(1)?.clone(), known)).flatten(),
        "coalesce" | "isnull" | "nvl" | "ifnull" => fold(text, first?, known),
        _ => None,
    }
}

/// The key of the running procedure's own name among the texts that are known.
pub const OWN_NAME: &str = "@@procid";

/// `OBJECT_NAME(@@PROCID)`: a part of the name of the procedure that runs.
fn own_name(text: &Text, name: usize, argument: Range<usize>, known: Known<'_>) -> Option<Fragment> {
    if argument.len() != 1 || !text.is(argument.start, OWN_NAME) {
        return None;
    }
    let whole = known.texts.get(OWN_NAME)?;
    let (schema, own) = whole.text().rsplit_once('.').unwrap_or(("dbo", whole.text()));
    let part = if text.is(name, "object_name") { own } else { schema };
    Some(Fragment::made(part, text.span(argument)?))
}

fn before(text: &Text, range: Range<usize>, word: &str) -> Range<usize> {
    let end = range.clone().find(|at| text.is(*at, word)).unwrap_or(range.end);
    range.start..end
}

/// CONVERT without a style, or with one that writes dates as a date literal does.
fn iso_style(text: &Text, arguments: &[Range<usize>]) -> bool {
    arguments.get(2).is_none_or(|style| matches!(text.slice(style.clone()), "23" | "112" | "120" | "121" | "126"))
}

/// The characters that scripts write by their number: blanks and the quote.
fn character(number: &str) -> Option<&'static str> {
    match number {
        "39" => Some("'"),
        "9" | "10" | "13" | "32" => Some("\n"),
        _ => None,
    }
}

/// A name as an identifier: in quotes where it needs them.
fn named(name: Fragment, span: Span) -> Fragment {
    let text = name.text();
    let plain = |c: char| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit();
    if text.contains("{{") || text.chars().all(plain) {
        return name;
    }
    Fragment::made(&format!("\"{}\"", text.replace('"', "\"\"")), span)
}

/// A name as T-SQL quotes it, where it needs that.
fn bracketed(name: Fragment, span: Span) -> Fragment {
    let plain = name.text().chars().all(|c| c == '_' || c.is_alphanumeric());
    if plain || name.text().contains("{{") {
        return name;
    }
    Fragment::made(&format!("[{}]", name.text().replace(']', "]]")), span)
}

/// A value as a literal: a constant in quotes; anything else as the expression that it is.
fn quoted(text: &Text, range: Range<usize>, span: Span, known: Known<'_>) -> Fragment {
    let constant = fold(text, range.clone(), known).filter(|folded| !folded.text().contains("{{"));
    match constant {
        Some(folded) => Fragment::made(&format!("'{}'", folded.text().replace('\'', "''")), span),
        None => outer_value(text, range, known),
    }
}

/// A value of the statement around, with holes for its variables: within the string, their names can be columns.
pub(super) fn outer_value(text: &Text, value: Range<usize>, known: Known<'_>) -> Fragment {
    let within = text.bytes(value.clone());
    let hole = |at: usize| {
        let name = bare_name(text.word(at)).to_lowercase();
        let own = text.kind(at) == Some(TokenKind::Word) && known.variables.contains(&name);
        let field = text.is(at + 1, ".") || at > value.start && text.is(at - 1, ".");
        let span = text.span(at..at + 1).filter(|_| own && !field)?;
        Some((text.bytes(at..at + 1), Fragment::made(&format!("{{{{ {name} }}}}"), span)))
    };
    text.fragment.changed(within, value.clone().filter_map(hole))
}

fn replaced(text: &Text, arguments: &[Range<usize>], span: Span, known: Known<'_>) -> Option<Fragment> {
    let [whole, from, to] = arguments else { return None };
    let whole = fold(text, whole.clone(), known)?;
    let from = fold(text, from.clone(), known)?;
    let to = fold(text, to.clone(), known)?;
    if from.text().is_empty() || from.text().contains("{{") {
        return None;
    }
    let found = whole.text().match_indices(from.text());
    let changes = found.map(|(at, found)| (at..at + found.len(), Fragment::made(to.text(), span)));
    Some(whole.changed(0..whole.text().len(), changes))
}

fn cased(text: &Text, name: usize, range: Range<usize>, span: Span, known: Known<'_>) -> Option<Fragment> {
    let folded = fold(text, range, known)?;
    if folded.text().contains("{{") {
        return Some(folded);
    }
    let plain = folded.text();
    let changed = match text.word(name).to_ascii_lowercase().as_str() {
        "upper" => plain.to_uppercase(),
        "lower" => plain.to_lowercase(),
        "ltrim" => plain.trim_start().to_owned(),
        "rtrim" => plain.trim_end().to_owned(),
        _ => plain.trim().to_owned(),
    };
    Some(if changed == plain { folded } else { Fragment::made(&changed, span) })
}

/// `format('… %I … %L … %s', …)` of PostgreSQL, `%d`, `%t`, `%T` of BigQuery.
fn format_call(text: &Text, arguments: &[Range<usize>], known: Known<'_>) -> Option<Fragment> {
    let template = fold(text, arguments.first()?.clone(), known)?;
    let mut out = Fragment::empty();
    let mut next = 1;
    let mut kept = 0;
    while let Some(found) = template.text().get(kept..).and_then(|rest| rest.find('%')) {
        let at = kept + found;
        out.extend(&template.slice(kept..at));
        let (position, letter, len) = directive(template.text().get(at + 1..)?)?;
        kept = at + 1 + len;
        if letter == '%' {
            out.extend(&template.slice(at..at + 1));
            continue;
        }
        let index = position.unwrap_or(next);
        next = index + 1;
        let argument = arguments.get(index)?.clone();
        let span = text.span(argument.clone())?;
        match letter {
            'L' | 'T' => out.extend(&quoted(text, argument, span, known)),
            'I' => out.extend(&named(fold(text, argument, known)?, span)),
            _ => out.extend(&fold(text, argument, known)?),
        }
    }
    out.extend(&template.slice(kept..template.text().len()));
    Some(out)
}

/// What follows `%`: the argument's position, the letter, the length.
fn directive(rest: &str) -> Option<(Option<usize>, char, usize)> {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let dollar = digits > 0 && rest.get(digits..)?.starts_with('$');
    let position = if dollar { rest.get(..digits)?.parse().ok() } else { None };
    let start = if dollar { digits + 1 } else { 0 };
    let letter = rest.get(start..)?.chars().next()?;
    matches!(letter, 's' | 'I' | 'L' | 'd' | 'i' | 't' | 'T' | '%').then_some((position, letter, start + 1))
}
