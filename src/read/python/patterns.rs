//! Regular expressions of the script, where pattern and text are known: ids and names of tables are made with them.
//!
//! In: calls of `re`. Out: what they give. What Python's patterns mean otherwise here is not answered: look-around, patterns
//! that an empty text matches, and `$` before the last line break.

use std::any::Any;
use std::rc::Rc;

use regex::{Captures, Regex, RegexBuilder};

use super::arguments::Arguments;
use super::evaluator::Evaluator;
use super::library::Object;
use super::value::{External, Value};
use crate::text::Span;

/// `re.sub(pattern, …)` and `re.compile(pattern).sub(…)`; none when it is not followed.
pub(super) fn call(callee: &Rc<External>, arguments: &Arguments) -> Option<Value> {
    let name = callee.path.strip_prefix("re.")?;
    let (function, pattern, first) = if let Some(method) = name.strip_prefix("compile().") {
        let compiled = callee.origins().find_map(|origin| origin.arguments.clone())?;
        (method, compile(&compiled, 1)?, 0)
    } else {
        let flags = match name {
            "escape" => return Some(Value::text(&regex::escape(&known(arguments, "pattern", 0)?), arguments.span)),
            "sub" => 4,
            "split" => 3,
            "search" | "match" | "fullmatch" | "findall" => 2,
            _ => return None,
        };
        (name, compile(arguments, flags)?, 1)
    };
    let span = arguments.span;
    let number = |name: &str, at: usize| match arguments.get(name, at) {
        Some(value) => value.integer().and_then(|number| usize::try_from(number).ok()),
        None => Some(0),
    };
    let text = |at: usize| known(arguments, "string", at).filter(|text| fits(&pattern, text));
    match function {
        "sub" => {
            let (replacement, text) = (known(arguments, "repl", first)?, text(first + 1)?);
            let count = number("count", first + 2)?;
            Some(Value::text(&substituted(&pattern, &replacement, &text, count)?, span))
        }
        "split" => {
            let (text, count) = (text(first)?, number("maxsplit", first + 1)?);
            // Groups of the pattern would stand between the parts.
            (pattern.captures_len() == 1).then(|| {
                let limit = if count == 0 { usize::MAX } else { count.saturating_add(1) };
                Value::list(pattern.splitn(&text, limit).map(|part| Value::text(part, span)).collect())
            })
        }
        "findall" => {
            let text = text(first)?;
            let found = pattern.captures_iter(&text).map(|captures| match captures.len() {
                1 | 2 => group(&captures, captures.len() - 1, span),
                many => Value::tuple((1..many).map(|at| group(&captures, at, span)).collect()),
            });
            Some(Value::list(found.collect()))
        }
        "search" | "match" | "fullmatch" => found(&pattern, &text(first)?, function, span),
        _ => None,
    }
}

/// The first match, or None; nothing where another match than the first may be the one.
fn found(pattern: &Regex, text: &str, function: &str, span: Span) -> Option<Value> {
    let starts = |captures: &Captures| captures.get(0).is_some_and(|whole| function == "search" || whole.start() == 0);
    let Some(captures) = pattern.captures(text).filter(starts) else { return Some(Value::None) };
    let is_full = captures.get(0).is_some_and(|whole| whole.end() == text.len());
    (function != "fullmatch" || is_full).then(|| Value::Object(Rc::new(Match::of(pattern, &captures, span))))
}

fn known(arguments: &Arguments, name: &str, at: usize) -> Option<String> {
    let Value::Text(text) = arguments.get(name, at)? else { return None };
    text.known().map(str::to_owned)
}

/// The pattern, where it means here what it means in Python.
fn compile(arguments: &Arguments, flags: usize) -> Option<Regex> {
    let pattern = known(arguments, "pattern", 0)?;
    let ignores_case = match arguments.get("flags", flags) {
        Some(Value::External(flag)) => matches!(flag.path.as_str(), "re.I" | "re.IGNORECASE").then_some(true)?,
        Some(other) => (other.integer() == Some(0)).then_some(false)?,
        None => false,
    };
    let pattern = RegexBuilder::new(&pattern).case_insensitive(ignores_case).build().ok()?;
    (!pattern.is_match("")).then_some(pattern)
}

fn fits(pattern: &Regex, text: &str) -> bool {
    !(pattern.as_str().contains('$') && text.ends_with('\n'))
}

/// The text with what matches replaced, `count` times; 0 for all. None when the replacement is not one of Python's.
fn substituted(pattern: &Regex, replacement: &str, text: &str, count: usize) -> Option<String> {
    let pieces = pieces(replacement)?;
    let names: Vec<&str> = pattern.capture_names().flatten().collect();
    let exists = |piece: &Piece| match piece {
        Piece::Text(_) => true,
        Piece::Number(number) => *number < pattern.captures_len(),
        Piece::Name(name) => names.contains(&name.as_str()),
    };
    if !pieces.iter().all(exists) {
        return None;
    }
    let replaced = pattern.replacen(text, count, |captures: &Captures| {
        let parts = pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Number(number) => captures.get(*number).map_or("", |found| found.as_str()),
            Piece::Name(name) => captures.name(name).map_or("", |found| found.as_str()),
        });
        parts.collect::<String>()
    });
    Some(replaced.into_owned())
}

/// A part of a replacement.
enum Piece {
    Text(String),
    Number(usize),
    Name(String),
}

/// `\1-\g<day>` in its parts.
fn pieces(replacement: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = replacement;
    while let Some(at) = rest.find('\\') {
        pieces.push(Piece::Text(rest.get(..at)?.to_owned()));
        let behind = rest.get(at + 1..)?;
        let sign = behind.chars().next()?;
        let len = match sign {
            '1'..='9' => {
                let digits = behind.chars().take(2).take_while(char::is_ascii_digit).count();
                pieces.push(Piece::Number(behind.get(..digits)?.parse().ok()?));
                digits
            }
            'g' => {
                let end = behind.find('>')?;
                let name = behind.get(1..end)?.strip_prefix('<')?;
                pieces.push(name.parse().map_or_else(|_| Piece::Name(name.to_owned()), Piece::Number));
                end + 1
            }
            '\\' => {
                pieces.push(Piece::Text("\\".to_owned()));
                1
            }
            'n' => {
                pieces.push(Piece::Text("\n".to_owned()));
                1
            }
            _ => return None,
        };
        rest = behind.get(len..)?;
    }
    pieces.push(Piece::Text(rest.to_owned()));
    Some(pieces)
}

fn group(captures: &Captures, at: usize, span: Span) -> Value {
    Value::text(captures.get(at).map_or("", |found| found.as_str()), span)
}

/// What a pattern found.
#[derive(Debug)]
struct Match {
    /// The whole, and what each group found.
    groups: Vec<(Option<String>, Value)>,
}

impl Match {
    fn of(pattern: &Regex, captures: &Captures, span: Span) -> Self {
        let value = |at: usize| captures.get(at).map_or(Value::None, |found| Value::text(found.as_str(), span));
        let names = pattern.capture_names().enumerate();
        Self { groups: names.map(|(at, name)| (name.map(str::to_owned), value(at))).collect() }
    }

    fn get(&self, key: &Value) -> Option<Value> {
        let found = match key.as_text() {
            Some(text) => self.groups.iter().find(|(name, _)| name.as_deref() == Some(text)),
            None => self.groups.get(usize::try_from(key.integer()?).ok()?),
        };
        found.map(|(_, value)| value.clone())
    }
}

impl Object for Match {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "what a regular expression found".to_owned()
    }

    fn truth(&self) -> Option<bool> {
        Some(true)
    }

    fn subscript(self: Rc<Self>, _evaluator: &mut Evaluator, key: &Value, _span: Span) -> Option<Value> {
        self.get(key)
    }

    fn method(self: Rc<Self>, _evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
        match (name, arguments.positionals().as_slice()) {
            ("group", []) => self.groups.first().map(|(_, value)| value.clone()),
            ("group", [key]) => self.get(key),
            ("group", keys) => keys.iter().map(|key| self.get(key)).collect::<Option<Vec<_>>>().map(Value::tuple),
            ("groups", []) => Some(Value::tuple(self.groups.iter().skip(1).map(|(_, value)| value.clone()).collect())),
            ("groupdict", []) => {
                let named = self.groups.iter().filter_map(|(name, value)| Some((name.as_deref()?, value)));
                let span = arguments.span;
                Some(Value::dict(named.map(|(name, value)| (Value::text(name, span), value.clone())).collect()))
            }
            _ => None,
        }
    }
}
