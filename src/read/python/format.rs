//! How values look as text: `str()`, `repr()`, format specifications, `%` conversions.
//!
//! In: known values. Out: the text that Python gives, or none where that is not known or not followed.

use super::value::Value;

/// `format(value, spec)`.
pub fn format(value: &Value, spec: &str) -> Option<String> {
    let plain = show(value)?;
    if spec.is_empty() {
        return Some(plain);
    }
    let spec = Spec::parse(spec)?;
    let body = spec.body(value, &plain)?;
    Some(spec.pad(&body, value))
}

/// `str(value)`.
pub fn show(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => text.known().map(str::to_owned),
        other => represent(other),
    }
}

/// `repr(value)`.
pub fn represent(value: &Value) -> Option<String> {
    represent_at(value, 0)
}

/// A list may hold itself, so the depth is limited.
fn represent_at(value: &Value, depth: usize) -> Option<String> {
    if depth > 40 {
        return None;
    }
    let inner = |item: &Value| represent_at(item, depth + 1);
    let all = |items: &[Value]| items.iter().map(inner).collect::<Option<Vec<String>>>();
    match value {
        Value::None => Some("None".to_owned()),
        Value::Bool(true) => Some("True".to_owned()),
        Value::Bool(false) => Some("False".to_owned()),
        Value::Int(value) => Some(value.to_string()),
        Value::Float(value) => Some(float(*value)),
        Value::Text(text) => text.known().map(quote),
        Value::List(items) => Some(format!("[{}]", all(&items.borrow())?.join(", "))),
        Value::Tuple(items) => match items.as_slice() {
            [one] => Some(format!("({},)", inner(one)?)),
            items => Some(format!("({})", all(items)?.join(", "))),
        },
        Value::Dict(entries) => {
            let entries = entries.borrow();
            let pairs = entries.iter().map(|(key, value)| Some(format!("{}: {}", inner(key)?, inner(value)?)));
            Some(format!("{{{}}}", pairs.collect::<Option<Vec<_>>>()?.join(", ")))
        }
        Value::Slice(_)
        | Value::Function(_)
        | Value::Method(_)
        | Value::Descriptor(_)
        | Value::Class(_)
        | Value::Instance(_)
        | Value::Module(_)
        | Value::Builtin(_)
        | Value::Object(_)
        | Value::External(_) => None,
    }
}

fn float(value: f64) -> String {
    if value.is_finite() && value.fract() == 0.0 && value.abs() < 1e16 {
        return format!("{value:.1}");
    }
    let shown = format!("{value}");
    match shown.as_str() {
        "NaN" => "nan".to_owned(),
        _ => shown,
    }
}

fn quote(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t").replace('\r', "\\r");
    if text.contains('\'') && !text.contains('"') {
        return format!("\"{escaped}\"");
    }
    format!("'{}'", escaped.replace('\'', "\\'"))
}

/// `[[fill]align][sign][#][0][width][,][.precision][type]`.
#[derive(Default)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    plus: bool,
    width: usize,
    group: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

impl Spec {
    fn parse(text: &str) -> Option<Self> {
        let mut spec = Self::default();
        let mut rest: Vec<char> = text.chars().collect();
        let is_align = |c: Option<&char>| matches!(c, Some('<' | '>' | '^' | '='));
        if is_align(rest.get(1)) {
            spec.fill = Some(rest.remove(0));
        }
        if is_align(rest.first()) {
            spec.align = Some(rest.remove(0));
        }
        let mut rest = rest.into_iter().peekable();
        spec.plus = rest.next_if_eq(&'+').is_some();
        rest.next_if(|c| matches!(c, '-' | ' '));
        if rest.next_if_eq(&'0').is_some() {
            spec.fill = spec.fill.or(Some('0'));
            spec.align = spec.align.or(Some('='));
        }
        let mut digits = String::new();
        while let Some(digit) = rest.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        spec.width = digits.parse().unwrap_or(0);
        spec.group = rest.next_if(|c| matches!(c, ',' | '_'));
        if rest.next_if_eq(&'.').is_some() {
            let mut digits = String::new();
            while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            spec.precision = digits.parse().ok();
        }
        spec.kind = rest.next();
        (rest.next().is_none() && spec.width < 10_000 && spec.precision.unwrap_or(0) < 1_000).then_some(spec)
    }

    fn body(&self, value: &Value, plain: &str) -> Option<String> {
        let number = value.number();
        let body = match (self.kind, value) {
            (None | Some('s'), Value::Text(_)) => match self.precision {
                Some(precision) => plain.chars().take(precision).collect(),
                None => plain.to_owned(),
            },
            (None, Value::Int(_)) | (Some('d'), Value::Int(_) | Value::Bool(_)) => value.integer()?.to_string(),
            (Some('x'), Value::Int(value)) => format!("{value:x}"),
            (Some('X'), Value::Int(value)) => format!("{value:X}"),
            (Some('b'), Value::Int(value)) => format!("{value:b}"),
            (Some('o'), Value::Int(value)) => format!("{value:o}"),
            (Some('f' | 'F'), _) => format!("{:.*}", self.precision.unwrap_or(6), number?),
            (Some('%'), _) => format!("{:.*}%", self.precision.unwrap_or(6), number? * 100.0),
            (None, _) if self.precision.is_none() => plain.to_owned(),
            _ => return None,
        };
        let body = self.group.map_or(body.clone(), |mark| grouped(&body, mark));
        let positive = number.is_some_and(|number| number >= 0.0);
        Some(if self.plus && positive { format!("+{body}") } else { body })
    }

    fn pad(&self, body: &str, value: &Value) -> String {
        let missing = self.width.saturating_sub(body.chars().count());
        let fill = self.fill.unwrap_or(' ').to_string();
        let numeric = value.number().is_some();
        match self.align.unwrap_or(if numeric { '>' } else { '<' }) {
            '<' => body.to_owned() + &fill.repeat(missing),
            '^' => fill.repeat(missing / 2) + body + &fill.repeat(missing - missing / 2),
            '=' if body.starts_with(['-', '+']) => {
                let (sign, digits) = body.split_at(1);
                sign.to_owned() + &fill.repeat(missing) + digits
            }
            _ => fill.repeat(missing) + body,
        }
    }
}

/// `1234567.5` → `1,234,567.5`.
fn grouped(body: &str, mark: char) -> String {
    let (sign, digits) = body.strip_prefix('-').map_or(("", body), |digits| ("-", digits));
    let whole = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let (whole, rest) = digits.split_at(whole);
    let mut result = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            result.push(mark);
        }
        result.push(digit);
    }
    format!("{sign}{result}{rest}")
}

/// One piece of a `%` format.
#[derive(Debug, PartialEq, Eq)]
pub enum Conversion {
    /// Bytes `start..end` of the format, which stand for themselves.
    Literal(usize, usize),
    /// `%s`, `%(name)05d`: the key, and the format specification that means the same.
    Value(Option<String>, String),
}

/// The pieces of a `%` format; none when it is not one.
pub fn conversions(text: &str) -> Option<Vec<Conversion>> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(found) = text.get(at..)?.find('%') {
        let percent = at + found;
        if text.get(percent + 1..)?.starts_with('%') {
            pieces.push(Conversion::Literal(at, percent + 1));
            at = percent + 2;
            continue;
        }
        pieces.push(Conversion::Literal(at, percent));
        let mut rest = text.get(percent + 1..)?;
        let mut key = None;
        if let Some(named) = rest.strip_prefix('(') {
            let end = named.find(')')?;
            key = Some(named.get(..end)?.to_owned());
            rest = named.get(end + 1..)?;
        }
        let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
        let kind = rest.get(end..end + 1)?;
        let flags = rest.get(..end)?;
        let flags = flags.strip_prefix('-').map_or_else(|| flags.to_owned(), |rest| format!("<{rest}"));
        let kind = match kind {
            "s" | "r" => "",
            "d" | "i" => "d",
            "f" | "F" | "x" | "X" | "o" => kind,
            _ => return None,
        };
        pieces.push(Conversion::Value(key, format!("{flags}{kind}")));
        at = text.len() - rest.len() + end + 1;
    }
    pieces.push(Conversion::Literal(at, text.len()));
    Some(pieces)
}
