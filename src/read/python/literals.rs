//! String literals and f-strings, to text that knows its places.
//!
//! In: literal nodes. Out: texts; a plain literal maps byte for byte, an escape on its own, an f-string piece by
//! piece. A value that is only known at run time becomes a hole.

use std::rc::Rc;

use ruff_python_ast::{
    ConversionFlag, Expr, FStringPart, InterpolatedElement, InterpolatedStringElement, InterpolatedStringElements,
    StringLiteral,
};
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::evaluator::Evaluator;
use super::value::Value;
use super::words::{Hole, Text};
use crate::text::{Fragment, Span};

impl Evaluator<'_> {
    /// A string, f-string, t-string or bytes literal.
    pub(super) fn literal(&mut self, expression: &Expr) -> Value {
        let mut text = Text::of(Fragment::empty());
        let mut symbols: Vec<(Text, Value)> = Vec::new();
        match expression {
            Expr::StringLiteral(literal) => {
                for part in &literal.value {
                    text.push(&self.plain(part));
                }
            }
            Expr::BytesLiteral(literal) => {
                let bytes: Vec<u8> = literal.value.bytes().collect();
                text.push(&Text::made(&String::from_utf8_lossy(&bytes), self.module.span(expression)));
            }
            Expr::FString(literal) => {
                for part in &literal.value {
                    match part {
                        FStringPart::Literal(part) => text.push(&self.plain(part)),
                        FStringPart::FString(part) => {
                            let raw = part.flags.prefix().is_raw();
                            self.pieces(&part.elements, raw, &mut text, &mut symbols);
                        }
                    }
                }
            }
            Expr::TString(literal) => {
                for part in &literal.value {
                    self.pieces(&part.elements, false, &mut text, &mut symbols);
                }
            }
            _ => {}
        }
        if symbols.is_empty() {
            return text.into_value();
        }
        self.joined(symbols, text, self.module.span(expression))
    }

    /// A text in which values stand that differ row by row, each with the text before it.
    fn joined(&mut self, symbols: Vec<(Text, Value)>, last: Text, span: Span) -> Value {
        let mut whole: Option<Value> = None;
        let mut add = |evaluator: &mut Self, part: Value| {
            whole = Some(match whole.take() {
                Some(known) => evaluator.operate(super::operator::Operation::Add, &known, &part, span),
                None => part,
            });
        };
        for (before, value) in symbols {
            if !before.fragment().text().is_empty() {
                add(self, before.into_value());
            }
            let given = super::arguments::Arguments::positional_values(vec![value], span);
            let shown = super::builtins::call(self, "str", &given);
            add(self, shown);
        }
        if !last.fragment().text().is_empty() {
            add(self, last.into_value());
        }
        whole.unwrap_or(Value::None)
    }

    fn plain(&self, literal: &StringLiteral) -> Text {
        let raw = literal.flags.prefix().is_raw();
        self.mapped(literal.content_range(), literal.as_str(), raw, false)
    }

    /// The text of a literal piece, mapped onto the file.
    fn mapped(&self, range: TextRange, value: &str, raw: bool, braces: bool) -> Text {
        let written = self.module.text(range);
        if written == value {
            return Text::of(self.module.fragment(range));
        }
        match unescaped(written, raw, braces) {
            Some(runs) if runs.iter().map(|run| run.text.as_str()).collect::<String>() == value => {
                let mut fragment = Fragment::empty();
                for run in runs {
                    let start = range.start() + TextSize::of(&written[..run.start]);
                    let place = TextRange::at(start, TextSize::try_from(run.len).unwrap_or_default());
                    if run.exact {
                        fragment.extend(&self.module.fragment(place));
                    } else {
                        fragment.push(&run.text, self.module.span(place), false);
                    }
                }
                Text::of(fragment)
            }
            _ => Text::made(value, self.module.span(range)),
        }
    }

    fn pieces(
        &mut self,
        elements: &InterpolatedStringElements,
        raw: bool,
        text: &mut Text,
        symbols: &mut Vec<(Text, Value)>,
    ) {
        for element in elements {
            match element {
                InterpolatedStringElement::Literal(literal) => {
                    text.push(&self.mapped(literal.range(), &literal.value, raw, true));
                }
                InterpolatedStringElement::Interpolation(element) => {
                    let value = self.evaluate(&element.expression);
                    let plain = element.format_spec.is_none() && element.conversion == ConversionFlag::None;
                    if value.symbol().is_some() && plain {
                        symbols.push((std::mem::replace(text, Text::of(Fragment::empty())), value));
                        continue;
                    }
                    let piece = self.interpolation(element, &value);
                    text.push(&piece);
                }
            }
        }
    }

    fn interpolation(&mut self, element: &InterpolatedElement, value: &Value) -> Text {
        let span = self.module.span(element.range());
        let mut text = Text::of(Fragment::empty());
        if let Some(debug) = &element.debug_text {
            text.push(&Text::made(debug.as_str(), span));
        }
        let mut spec = Text::of(Fragment::empty());
        if let Some(given) = &element.format_spec {
            self.pieces(&given.elements, false, &mut spec, &mut Vec::new());
        }
        let spec = spec.known().unwrap_or("").to_owned();
        let name = self.module.text(element.expression.as_ref()).to_owned();
        let shown = match element.conversion {
            ConversionFlag::Repr | ConversionFlag::Ascii => super::format::represent(value),
            ConversionFlag::Str | ConversionFlag::None => None,
        };
        match shown {
            Some(shown) => text.push(&Text::made(&shown, span)),
            None => text.push(&Self::formatted(value, &spec, &name, span)),
        }
        text
    }

    /// A value as it stands in a formatted string. `name` is what a hole would be called.
    pub(super) fn formatted(value: &Value, spec: &str, name: &str, span: Span) -> Text {
        match value {
            Value::Text(text) if spec.is_empty() || text.known().is_none() => text.as_ref().clone(),
            Value::Object(object) => match object.formatted() {
                Some(text) => text,
                None => Self::hole(value, name, span),
            },
            _ => match super::format::format(value, spec) {
                Some(shown) => Text::made(&shown, span),
                None => Self::hole(value, name, span),
            },
        }
    }

    /// A hole for a value that is not known.
    pub(super) fn hole(value: &Value, name: &str, span: Span) -> Text {
        let reason = match value {
            Value::External(external) => external.reason.clone(),
            Value::Object(object) => format!("it is {}", object.describe()),
            _ => "its text is not known".to_owned(),
        };
        Text::hole(Hole { name: identifier(name), default: None, sql_type: "", reason, span })
    }

    /// A value that is meant to come from outside: an environment variable, an argument of the command.
    pub fn parameter(&mut self, name: &str, default: Option<&Value>, span: Span) -> Value {
        self.typed_parameter(name, default, "", span)
    }

    /// The same, of a type that the script tells.
    pub(super) fn typed_parameter(
        &mut self,
        name: &str,
        default: Option<&Value>,
        sql_type: &'static str,
        span: Span,
    ) -> Value {
        let default = default.and_then(|value| match value {
            Value::Text(text) => text.known().map(str::to_owned),
            Value::None => None,
            value => super::format::format(value, ""),
        });
        let name = identifier(name);
        self.configure(format!("the parameter `{name}`"));
        Value::Text(Rc::new(Text::hole(Hole { name, default, sql_type, reason: String::new(), span })))
    }
}

/// An expression's text made a name: `row["a"].b` → `row_a_b`.
pub(super) fn identifier(text: &str) -> String {
    let mut name = String::new();
    for character in text.chars() {
        if character.is_alphanumeric() {
            name.push(character);
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
        if name.len() >= 48 {
            break;
        }
    }
    let name = name.trim_matches('_').to_owned();
    match name.chars().next() {
        None => "value".to_owned(),
        Some(first) if first.is_numeric() => format!("value_{name}"),
        Some(_) => name,
    }
}

struct Run {
    start: usize,
    len: usize,
    text: String,
    exact: bool,
}

/// A literal's text as written, in runs that stand for themselves and escapes that stand for something else.
/// None for escapes that are rare enough to be left (`\N{…}`).
fn unescaped(written: &str, raw: bool, braces: bool) -> Option<Vec<Run>> {
    let mut runs: Vec<Run> = Vec::new();
    let mut at = 0;
    while let Some(rest) = written.get(at..).filter(|rest| !rest.is_empty()) {
        let special = rest.find(|c| (c == '\\' && !raw) || c == '\r' || (braces && matches!(c, '{' | '}')));
        let plain = special.unwrap_or(rest.len());
        if plain > 0 {
            runs.push(Run { start: at, len: plain, text: rest.get(..plain)?.to_owned(), exact: true });
            at += plain;
            continue;
        }
        let (text, len) = special_text(rest)?;
        runs.push(Run { start: at, len, text, exact: false });
        at += len;
    }
    Some(runs)
}

/// What an escape, a doubled brace or a carriage return at the start of `text` stands for, and its length.
fn special_text(text: &str) -> Option<(String, usize)> {
    if text.starts_with("\r\n") {
        return Some(("\n".to_owned(), 2));
    }
    if text.starts_with("{{") || text.starts_with("}}") {
        return Some((text.get(..1)?.to_owned(), 2));
    }
    let second = match text.strip_prefix('\\') {
        Some(rest) => rest.chars().next()?,
        None => return Some((if text.starts_with('\r') { "\n".to_owned() } else { text.get(..1)?.to_owned() }, 1)),
    };
    let code = |len: usize| {
        let digits = text.get(2..2 + len)?;
        let character = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
        Some((character.to_string(), 2 + len))
    };
    let simple = match second {
        '\n' => "",
        '\r' if text.starts_with("\\\r\n") => return Some((String::new(), 3)),
        '\\' => "\\",
        '\'' => "'",
        '"' => "\"",
        'n' => "\n",
        't' => "\t",
        'r' => "\r",
        'a' => "\u{7}",
        'b' => "\u{8}",
        'f' => "\u{c}",
        'v' => "\u{b}",
        'x' => return code(2),
        'u' => return code(4),
        'U' => return code(8),
        'N' => return None,
        '0'..='7' => {
            let digits: String = text.chars().skip(1).take(3).take_while(char::is_ascii_digit).collect();
            let character = char::from_u32(u32::from_str_radix(&digits, 8).ok()?)?;
            return Some((character.to_string(), 1 + digits.len()));
        }
        other => return Some((format!("\\{other}"), 1 + other.len_utf8())),
    };
    Some((simple.to_owned(), 1 + second.len_utf8()))
}
