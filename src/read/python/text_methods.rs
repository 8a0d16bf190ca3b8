//! Methods of strings. A pure table of names, and what each does.
//!
//! In: a text, arguments. Out: texts that keep their places where the method keeps the bytes.

use std::rc::Rc;

use super::arguments::Arguments;
use super::evaluator::Evaluator;
use super::value::Value;
use super::words::Text;
use crate::text::{Fragment, Span};

/// `text.name(arguments)`.
pub(super) fn call(evaluator: &mut Evaluator, text: &Rc<Text>, name: &str, arguments: &Arguments) -> Value {
    let known = match name {
        "format" => evaluator.format_template(text, arguments),
        "format_map" => evaluator.format_map(text, arguments),
        // `text("… :day").bindparams(day=…)` of SQLAlchemy.
        "bindparams" => {
            let entries = arguments.keywords().map(|(name, item)| (Value::text(name, item.span), item.value.clone()));
            let values = Value::dict(entries.collect());
            Some(super::binding::bound(text, Some(&values), arguments.span).into_value())
        }
        "join" => evaluator.join_texts(text, arguments),
        _ => simple(text, name, arguments).or_else(|| super::standard::path_method(evaluator, text, name, arguments)),
    };
    known.unwrap_or_else(|| {
        let reason = match text.holes().first() {
            Some(hole) if !hole.reason.is_empty() => hole.reason.clone(),
            Some(hole) => format!("it depends on the parameter `{}`", hole.name),
            None => format!("the string method `{name}` is not followed"),
        };
        let path = text.only_hole().map_or(name, |hole| &hole.name);
        Value::unknown(path, reason, arguments.span)
    })
}

/// `text[key]`.
pub(super) fn item(text: &Rc<Text>, key: &Value, span: Span) -> Value {
    let picked = |positions: Vec<usize>| -> Option<Value> {
        let characters: Vec<(usize, char)> = text.known()?.char_indices().collect();
        let mut result = Text::of(Fragment::empty());
        for at in positions {
            let (start, character) = characters.get(at)?;
            result.push(&text.slice(*start..*start + character.len_utf8()));
        }
        Some(result.into_value())
    };
    let len = text.known().map_or(0, |known| known.chars().count());
    let value = match key {
        Value::Slice(slice) => {
            let [start, stop, step] = slice.as_ref();
            picked(super::sequence::slice(start.integer(), stop.integer(), step.integer(), len))
        }
        key => key.integer().and_then(|at| super::sequence::index(at, len)).and_then(|at| picked(vec![at])),
    };
    value.unwrap_or_else(|| match text.only_hole() {
        Some(hole) => Value::unknown(&hole.name, format!("it is a part of the parameter `{}`", hole.name), span),
        None => Value::unknown("character", "which part of the string it is is not known", span),
    })
}

impl Evaluator<'_> {
    fn join_texts(&mut self, separator: &Rc<Text>, arguments: &Arguments) -> Option<Value> {
        let items = arguments.get("iterable", 0)?.clone();
        let items = self.iterate(&items, arguments.span)?;
        let mut text = Text::of(Fragment::empty());
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                text.push(separator);
            }
            let name = item.external().map_or("value", |external| external.path.as_str()).to_owned();
            let piece = Self::formatted(item, "", &name, arguments.span);
            text.push(&piece);
        }
        Some(text.into_value())
    }

    fn format_map(&mut self, text: &Rc<Text>, arguments: &Arguments) -> Option<Value> {
        let mut named = Arguments::none(arguments.span);
        for (key, value) in arguments.get("mapping", 0)?.entries()? {
            let name = Some(key.as_text()?.to_owned());
            named.items.push(super::arguments::Argument { name, value, span: arguments.span });
        }
        self.format_template(text, &named)
    }
}

fn simple(text: &Rc<Text>, name: &str, arguments: &Arguments) -> Option<Value> {
    let span = arguments.span;
    let word = |position: usize| arguments.positional(position).and_then(|item| item.value.as_text());
    match name {
        "strip" | "lstrip" | "rstrip" => Some(strip(text, name, word(0))),
        "encode" | "decode" | "expandtabs" => Some(Value::Text(text.clone())),
        "replace" => replace(text, arguments, span),
        "lower" | "casefold" => changed(text, span, str::to_lowercase),
        "upper" => changed(text, span, str::to_uppercase),
        "title" => changed(text, span, title),
        "capitalize" => changed(text, span, capitalize),
        "split" | "rsplit" => split(text, name == "rsplit", arguments),
        "splitlines" => lines(text),
        "partition" | "rpartition" => partition(text, word(0)?, name == "rpartition"),
        "removeprefix" | "removesuffix" => remove(text, word(0)?, name == "removeprefix"),
        "zfill" => {
            let width = usize::try_from(arguments.positional(0)?.value.integer()?).ok()?;
            let known = text.known()?;
            Some(Value::text(
                &format!("{}{known}", "0".repeat(width.min(1_000).saturating_sub(known.chars().count()))),
                span,
            ))
        }
        _ => question(text, name, arguments),
    }
}

/// Methods that answer with a number or a truth.
fn question(text: &Rc<Text>, name: &str, arguments: &Arguments) -> Option<Value> {
    let known = text.known()?;
    let words = || arguments.positional(0).and_then(|item| item.value.texts());
    let position = |at: Option<usize>| at.map_or(-1, |at| i64::try_from(at).unwrap_or(-1));
    let characters = |bytes: usize| known.get(..bytes).map_or(0, |before| before.chars().count());
    let all = |test: fn(char) -> bool| Some(Value::Bool(!known.is_empty() && known.chars().all(test)));
    match name {
        "startswith" => Some(Value::Bool(words()?.iter().any(|word| known.starts_with(word.as_str())))),
        "endswith" => Some(Value::Bool(words()?.iter().any(|word| known.ends_with(word.as_str())))),
        "find" | "index" => {
            let word = words()?.into_iter().next()?;
            Some(Value::Int(position(known.find(&word).map(characters))))
        }
        "rfind" | "rindex" => {
            let word = words()?.into_iter().next()?;
            Some(Value::Int(position(known.rfind(&word).map(characters))))
        }
        "count" => {
            let word = words()?.into_iter().next().filter(|word| !word.is_empty())?;
            Some(Value::Int(i64::try_from(known.matches(&word).count()).ok()?))
        }
        "isdigit" | "isnumeric" | "isdecimal" => all(|c| c.is_ascii_digit()),
        "isalpha" => all(char::is_alphabetic),
        "isalnum" => all(char::is_alphanumeric),
        "isspace" => all(char::is_whitespace),
        "isupper" => Some(Value::Bool(known.to_uppercase() == known && known.to_lowercase() != known)),
        "islower" => Some(Value::Bool(known.to_lowercase() == known && known.to_uppercase() != known)),
        _ => None,
    }
}

/// A text of other bytes. One with holes keeps them only when nothing changes.
fn changed(text: &Rc<Text>, span: Span, change: fn(&str) -> String) -> Option<Value> {
    if let Some(known) = text.known() {
        let result = change(known);
        return Some(if result == known { Value::Text(text.clone()) } else { Value::text(&result, span) });
    }
    let hole = text.only_hole()?;
    let reason = "a method of the script changes it before it is used".to_owned();
    let default = hole.default.as_deref().map(change);
    Some(Text::hole(super::words::Hole { default, reason, ..hole.clone() }).into_value())
}

fn strip(text: &Rc<Text>, name: &str, characters: Option<&str>) -> Value {
    let whole = text.fragment().text();
    let is_dropped = |c: char| characters.map_or(c.is_whitespace(), |set| set.contains(c));
    let start = if name == "rstrip" { 0 } else { whole.len() - whole.trim_start_matches(is_dropped).len() };
    let kept = whole.get(start..).unwrap_or("");
    let end = if name == "lstrip" { whole.len() } else { start + kept.trim_end_matches(is_dropped).len() };
    text.slice(start..end).into_value()
}

fn replace(text: &Rc<Text>, arguments: &Arguments, span: Span) -> Option<Value> {
    let from = arguments.get("old", 0)?.as_text()?.to_owned();
    let with = arguments.get("new", 1)?;
    let with = match with {
        Value::Text(with) => with.as_ref().clone(),
        Value::External(external) => Text::hole(super::words::Hole {
            name: super::literals::identifier(&external.path),
            default: None,
            sql_type: "",
            reason: external.reason.clone(),
            span,
        }),
        _ => return None,
    };
    if from.is_empty() {
        return None;
    }
    let limit = arguments.get("count", 2).and_then(Value::integer).and_then(|count| usize::try_from(count).ok());
    let whole = text.fragment().text();
    let mut result = Text::of(Fragment::empty());
    let mut at = 0;
    for (found, _) in whole.match_indices(&from).take(limit.unwrap_or(usize::MAX)) {
        result.push(&text.slice(at..found));
        result.push(&with);
        at = found + from.len();
    }
    result.push(&text.slice(at..whole.len()));
    Some(result.into_value())
}

fn split(text: &Rc<Text>, from_end: bool, arguments: &Arguments) -> Option<Value> {
    let whole = text.known()?;
    let limit = arguments.get("maxsplit", 1).and_then(Value::integer).and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.map_or(usize::MAX, |limit| limit.saturating_add(1));
    let parts: Vec<&str> = match arguments.get("sep", 0) {
        None | Some(Value::None) => whole.split_whitespace().collect(),
        Some(separator) => {
            let separator = separator.as_text().filter(|separator| !separator.is_empty())?;
            if from_end {
                let mut parts: Vec<&str> = whole.rsplitn(limit, separator).collect();
                parts.reverse();
                parts
            } else {
                whole.splitn(limit, separator).collect()
            }
        }
    };
    Some(Value::list(parts.into_iter().map(|part| part_of(text, whole, part)).collect()))
}

/// A part of the text, by the address of its bytes.
fn part_of(text: &Rc<Text>, whole: &str, part: &str) -> Value {
    let start = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
    text.slice(start..start + part.len()).into_value()
}

fn lines(text: &Rc<Text>) -> Option<Value> {
    let whole = text.known()?;
    Some(Value::list(whole.lines().map(|line| part_of(text, whole, line)).collect()))
}

fn partition(text: &Rc<Text>, separator: &str, from_end: bool) -> Option<Value> {
    let whole = text.known()?;
    let found = if from_end { whole.rfind(separator) } else { whole.find(separator) };
    let parts = match found {
        Some(at) => [0..at, at..at + separator.len(), at + separator.len()..whole.len()],
        None if from_end => [0..0, 0..0, 0..whole.len()],
        None => [0..whole.len(), 0..0, 0..0],
    };
    Some(Value::tuple(parts.into_iter().map(|range| text.slice(range).into_value()).collect()))
}

fn remove(text: &Rc<Text>, affix: &str, prefix: bool) -> Option<Value> {
    let whole = text.known()?;
    let kept = if prefix { whole.strip_prefix(affix) } else { whole.strip_suffix(affix) };
    Some(kept.map_or_else(|| Value::Text(text.clone()), |kept| part_of(text, whole, kept)))
}

fn title(text: &str) -> String {
    let mut inside = false;
    let mut result = String::new();
    for character in text.chars() {
        if inside {
            result.extend(character.to_lowercase());
        } else {
            result.extend(character.to_uppercase());
        }
        inside = character.is_alphabetic();
    }
    result
}

fn capitalize(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + &characters.as_str().to_lowercase()
    })
}
