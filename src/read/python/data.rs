//! JSON and YAML among the inputs, as Python gets them: dicts, lists, scalars.
//!
//! In: the text of a file. Out: a value, or nothing where the text goes beyond the plain part of YAML (block maps and
//! lists, flow lists and maps, quoted and plain scalars, literal blocks): anchors, tags and merges are not read.

use super::value::Value;
use crate::text::Span;

/// How deep values may nest.
const DEPTH: usize = 60;

/// The value of a JSON text, which is also a flow value of YAML.
pub(super) fn json(text: &str, span: Span) -> Option<Value> {
    let mut flow = Flow { rest: text.trim(), span };
    let value = flow.value(0)?;
    flow.rest.trim().is_empty().then_some(value)
}

/// The value of a YAML document.
pub(super) fn yaml(text: &str, span: Span) -> Option<Value> {
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.contains('\t') && line.trim_start_matches(' ').starts_with('\t') {
            return None;
        }
        let shown = line.trim_start_matches(' ');
        if matches!(line.trim_end(), "---") && lines.is_empty() {
            continue;
        }
        if line.trim_end() == "---" || shown.starts_with(['&', '*', '!', '%']) {
            return None;
        }
        lines.push(Line { indent: line.len() - shown.len(), text: shown.trim_end(), raw: line });
    }
    let mut block = Block { lines, at: 0, span };
    let value = block.value(0, 0)?;
    block.skip();
    (block.at == block.lines.len()).then_some(value)
}

struct Line<'a> {
    indent: usize,
    text: &'a str,
    raw: &'a str,
}

struct Block<'a> {
    lines: Vec<Line<'a>>,
    at: usize,
    span: Span,
}

impl<'a> Block<'a> {
    /// Passes over blank lines and comments.
    fn skip(&mut self) {
        while self.lines.get(self.at).is_some_and(|line| line.text.is_empty() || line.text.starts_with('#')) {
            self.at += 1;
        }
    }

    /// The block that starts at the next line, which stands at `indent` or further in.
    fn value(&mut self, indent: usize, depth: usize) -> Option<Value> {
        self.skip();
        let line = self.lines.get(self.at)?;
        if depth > DEPTH || line.indent < indent {
            return Some(Value::None);
        }
        let (indent, text) = (line.indent, line.text);
        if text.starts_with(['[', '{']) {
            self.at += 1;
            return json(without_comment(text), self.span);
        }
        if text == "-" || text.starts_with("- ") {
            return self.list(indent, depth);
        }
        if key_of(text).is_some() {
            return self.map(indent, depth);
        }
        self.at += 1;
        scalar(text, self.span)
    }

    fn list(&mut self, indent: usize, depth: usize) -> Option<Value> {
        let mut items = Vec::new();
        loop {
            self.skip();
            let Some(line) = self.lines.get_mut(self.at).filter(|line| line.indent == indent) else { break };
            let Some(rest) = line.text.strip_prefix('-') else { break };
            let inner = rest.trim_start_matches(' ');
            if inner.is_empty() {
                self.at += 1;
                items.push(self.value(indent + 1, depth + 1)?);
                continue;
            }
            // The item goes on in the same line, further in.
            line.indent = indent + 1 + (rest.len() - inner.len());
            line.text = inner;
            items.push(self.value(indent + 1, depth + 1)?);
        }
        Some(Value::list(items))
    }

    fn map(&mut self, indent: usize, depth: usize) -> Option<Value> {
        let mut entries = Vec::new();
        loop {
            self.skip();
            let Some(line) = self.lines.get(self.at).filter(|line| line.indent == indent) else { break };
            let Some((key, rest)) = key_of(line.text) else { break };
            let key = scalar(key, self.span)?;
            let rest = without_comment(rest);
            self.at += 1;
            let value = match rest {
                "" => {
                    self.skip();
                    let next = self.lines.get(self.at);
                    // A list may stand at the indentation of its key.
                    let is_list = next
                        .is_some_and(|next| next.indent == indent && (next.text == "-" || next.text.starts_with("- ")));
                    if is_list { self.list(indent, depth + 1)? } else { self.value(indent + 1, depth + 1)? }
                }
                "|" | "|-" | ">" | ">-" => self.literal(indent, rest),
                _ if rest.starts_with(['&', '*', '!']) => return None,
                _ => scalar(rest, self.span)?,
            };
            entries.push((key, value));
        }
        Some(Value::dict(entries))
    }

    fn literal(&mut self, indent: usize, style: &str) -> Value {
        let mut lines: Vec<&'a str> = Vec::new();
        let mut inner = None;
        while let Some(line) = self.lines.get(self.at) {
            if !line.text.is_empty() && line.indent <= indent {
                break;
            }
            let cut = *inner.get_or_insert(line.indent);
            lines.push(line.raw.get(cut..).unwrap_or(""));
            self.at += 1;
        }
        while lines.last().is_some_and(|line| line.is_empty()) {
            lines.pop();
        }
        let mut text = lines.join(if style.starts_with('|') { "\n" } else { " " });
        if !style.ends_with('-') {
            text.push('\n');
        }
        Value::text(&text, self.span)
    }
}

/// `key: rest`, or `key:`.
fn key_of(text: &str) -> Option<(&str, &str)> {
    if let Some(quote) = text.chars().next().filter(|first| matches!(first, '\'' | '"')) {
        let end = text.get(1..)?.find(quote)? + 2;
        let rest = text.get(end..)?.trim_start().strip_prefix(':')?;
        return (rest.is_empty() || rest.starts_with(' ')).then(|| (text.get(..end).unwrap_or(""), rest.trim()));
    }
    if let Some(key) = text.strip_suffix(':').filter(|key| !key.contains(": ")) {
        return Some((key, ""));
    }
    let (key, rest) = text.split_once(": ")?;
    (!key.starts_with(['[', '{', '#'])).then(|| (key, rest.trim()))
}

fn without_comment(text: &str) -> &str {
    if text.starts_with(['\'', '"']) {
        return text;
    }
    text.find(" #").map_or(text, |at| text.get(..at).unwrap_or(text)).trim_end()
}

fn scalar(text: &str, span: Span) -> Option<Value> {
    let text = without_comment(text.trim());
    if text.starts_with(['[', '{', '"']) {
        return json(text, span);
    }
    if let Some(inner) = text.strip_prefix('\'') {
        return Some(Value::text(&inner.strip_suffix('\'')?.replace("''", "'"), span));
    }
    Some(plain(text, span))
}

/// A plain scalar by YAML 1.1, as PyYAML reads it.
fn plain(text: &str, span: Span) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::None,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return Value::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => return Value::Bool(false),
        _ => {}
    }
    let is_number = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    if let (true, Ok(number)) = (is_number, text.parse::<i64>()) {
        return Value::Int(number);
    }
    match text.parse::<f64>() {
        Ok(number) if is_number && text.contains('.') => Value::Float(number),
        _ => Value::text(text, span),
    }
}

struct Flow<'a> {
    rest: &'a str,
    span: Span,
}

impl Flow<'_> {
    fn take(&mut self, mark: char) -> bool {
        self.rest = self.rest.trim_start();
        let Some(rest) = self.rest.strip_prefix(mark) else { return false };
        self.rest = rest;
        true
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEPTH {
            return None;
        }
        if self.take('[') {
            let mut items = Vec::new();
            while !self.take(']') {
                items.push(self.value(depth + 1)?);
                if !self.take(',') && !self.rest.trim_start().starts_with(']') {
                    return None;
                }
            }
            return Some(Value::list(items));
        }
        if self.take('{') {
            let mut entries = Vec::new();
            while !self.take('}') {
                let key = self.value(depth + 1)?;
                if !self.take(':') {
                    return None;
                }
                entries.push((key, self.value(depth + 1)?));
                if !self.take(',') && !self.rest.trim_start().starts_with('}') {
                    return None;
                }
            }
            return Some(Value::dict(entries));
        }
        if self.take('"') {
            return self.quoted();
        }
        let end = self.rest.find([',', ']', '}', ':', '\n']).unwrap_or(self.rest.len());
        let text = self.rest.get(..end)?.trim();
        self.rest = self.rest.get(end..)?;
        match text.strip_prefix('\'') {
            Some(inner) => Some(Value::text(inner.strip_suffix('\'')?, self.span)),
            None => Some(plain(text, self.span)),
        }
    }

    fn quoted(&mut self) -> Option<Value> {
        let mut text = String::new();
        let mut characters = self.rest.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.rest = self.rest.get(at + 1..)?;
                    return Some(Value::text(&text, self.span));
                }
                '\\' => match characters.next()?.1 {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    'r' => text.push('\r'),
                    'u' => {
                        let digits: String = (0..4).filter_map(|_| characters.next().map(|(_, digit)| digit)).collect();
                        text.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
                    }
                    other => text.push(other),
                },
                other => text.push(other),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::SourceId;

    #[test]
    fn documents_are_values() {
        let span = Span::new(SourceId(0), 0, 0);
        let rows = [
            ("a: 1\nb:\n  - x\n  - y: 2\n    z: 'q'\n", "{'a': 1, 'b': ['x', {'y': 2, 'z': 'q'}]}"),
            ("# head\n- {a: [1, \"t\"]}\n- yes # no\n", "[{'a': [1, 't']}, True]"),
            ("sql: |\n  select 1\n    as x\nn: ~\n", "{'sql': 'select 1\\n  as x\\n', 'n': None}"),
            ("k:\n- a\n- b\nu: http://x/y\n", "{'k': ['a', 'b'], 'u': 'http://x/y'}"),
            ("{\"a\": [1, 2.5, null, true], \"b\": {}}", "{'a': [1, 2.5, None, True], 'b': {}}"),
        ];
        for (text, expected) in rows {
            let value = yaml(text, span);
            let shown = value.and_then(|value| super::super::format::represent(&value));
            assert_eq!(shown.as_deref(), Some(expected), "{text}");
        }
        assert!(yaml("a: &x 1\nb: *x\n", span).is_none());
        assert!(json("{\"a\": ", span).is_none());
    }
}
