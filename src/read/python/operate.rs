//! Operators on values.
//!
//! In: two values. Out: what Python gives where both are known; libraries are asked for theirs; else unknown.

use std::cmp::Ordering;
use std::rc::Rc;

use super::arguments::Arguments;
use super::evaluator::Evaluator;
use super::format::{self, Conversion};
use super::operator::Operation;
use super::value::Value;
use super::words::Text;
use crate::text::{Fragment, Span};

/// The longest list or string that `*` makes.
pub(super) const REPEAT_LIMIT: usize = 100_000;

impl Evaluator<'_> {
    /// What `left operation right` gives.
    pub fn operate(&mut self, operation: Operation, left: &Value, right: &Value, span: Span) -> Value {
        if let Some(value) = self.library_operation(operation, left, right, span) {
            return value;
        }
        let known = match operation {
            Operation::Add => Self::add(left, right),
            Operation::Modulo => self.modulo(left, right, span),
            Operation::Multiply => multiply(left, right),
            Operation::Divide => {
                super::standard::join_paths(left, right, span).or_else(|| arithmetic(operation, left, right))
            }
            Operation::Equal => left.equals(right).map(Value::Bool),
            Operation::NotEqual => left.equals(right).map(|equal| Value::Bool(!equal)),
            Operation::Is => identity(left, right).map(Value::Bool),
            Operation::IsNot => identity(left, right).map(|same| Value::Bool(!same)),
            Operation::In => contains(right, left).map(Value::Bool),
            Operation::NotIn => contains(right, left).map(|found| Value::Bool(!found)),
            Operation::Less => order(left, right).map(|order| Value::Bool(order.is_lt())),
            Operation::LessOrEqual => order(left, right).map(|order| Value::Bool(order.is_le())),
            Operation::Greater => order(left, right).map(|order| Value::Bool(order.is_gt())),
            Operation::GreaterOrEqual => order(left, right).map(|order| Value::Bool(order.is_ge())),
            Operation::Or => merge_dicts(left, right)
                .or_else(|| sets(operation, left, right))
                .or_else(|| arithmetic(operation, left, right)),
            Operation::Subtract | Operation::And | Operation::Xor => {
                sets(operation, left, right).or_else(|| arithmetic(operation, left, right))
            }
            Operation::MatrixMultiply
            | Operation::Power
            | Operation::ShiftLeft
            | Operation::ShiftRight
            | Operation::FloorDivide
            | Operation::Negative
            | Operation::Positive
            | Operation::Invert
            | Operation::Not => arithmetic(operation, left, right),
        };
        known.unwrap_or_else(|| self.unknown_result(left, right, span))
    }

    fn library_operation(&mut self, operation: Operation, left: &Value, right: &Value, span: Span) -> Option<Value> {
        let asks = !matches!(operation, Operation::Is | Operation::IsNot) || left.symbol().is_some();
        if let Value::Object(object) = left
            && asks
            && let Some(value) = object.clone().binary(self, operation, right, false, span)
        {
            return Some(value);
        }
        if let Value::Object(object) = right
            && asks
            && let Some(value) = object.clone().binary(self, operation, left, true, span)
        {
            return Some(value);
        }
        let from_outside = |value: &Value| match value {
            Value::External(_) => true,
            Value::Text(text) => text.only_hole().is_some(),
            _ => false,
        };
        if from_outside(left) || from_outside(right) {
            let libraries = self.libraries;
            return libraries.iter().find_map(|library| library.binary(self, operation, left, right, span));
        }
        None
    }

    fn unknown_result(&self, left: &Value, right: &Value, span: Span) -> Value {
        let known = left.external().or(right.external());
        let reason = known.map_or("the operands are not known", |external| &external.reason);
        let path = known.map_or("…", |external| external.path.as_str());
        self.unknown(path, reason, span)
    }

    pub(super) fn add(left: &Value, right: &Value) -> Option<Value> {
        match (left, right) {
            (Value::Text(left), Value::Text(right)) => {
                let mut text = left.as_ref().clone();
                text.push(right);
                Some(text.into_value())
            }
            (Value::Text(text), Value::External(other)) => {
                let mut text = text.as_ref().clone();
                let hole = Self::hole(right, &other.path, other.span);
                text.push(&hole);
                Some(text.into_value())
            }
            (Value::External(other), Value::Text(text)) => {
                let mut joined = Self::hole(left, &other.path, other.span);
                joined.push(text);
                Some(joined.into_value())
            }
            (Value::List(one), Value::List(other)) if one.borrow().len() + other.borrow().len() > REPEAT_LIMIT => None,
            (Value::List(_), Value::List(_)) => {
                Some(Value::list(left.items()?.into_iter().chain(right.items()?).collect()))
            }
            (Value::Tuple(_), Value::Tuple(_)) => {
                Some(Value::tuple(left.items()?.into_iter().chain(right.items()?).collect()))
            }
            _ => arithmetic(Operation::Add, left, right),
        }
    }

    /// `"…" % values`, or the remainder.
    fn modulo(&mut self, left: &Value, right: &Value, span: Span) -> Option<Value> {
        let Value::Text(template) = left else { return arithmetic(Operation::Modulo, left, right) };
        let pieces = format::conversions(template.fragment().text())?;
        let mut text = Text::of(Fragment::empty());
        let mut values = match right {
            Value::Tuple(items) => items.as_ref().clone().into_iter(),
            other => vec![other.clone()].into_iter(),
        };
        for piece in pieces {
            match piece {
                Conversion::Literal(start, end) => text.push(&template.slice(start..end)),
                Conversion::Value(Some(key), spec) => {
                    let key_value = Value::text(&key, span);
                    let value = self.subscript(right, &key_value, span);
                    text.push(&Self::formatted(&value, &spec, &key, span));
                }
                Conversion::Value(None, spec) => {
                    let value = values.next()?;
                    let name = value.external().map_or("value", |external| external.path.as_str()).to_owned();
                    text.push(&Self::formatted(&value, &spec, &name, span));
                }
            }
        }
        Some(text.into_value())
    }

    /// `template.format(arguments)`.
    pub(super) fn format_template(&mut self, template: &Rc<Text>, arguments: &Arguments) -> Option<Value> {
        let source = template.fragment().text().to_owned();
        let mut text = Text::of(Fragment::empty());
        let mut next = 0;
        let mut at = 0;
        while let Some(found) = source.get(at..)?.find(['{', '}']) {
            let brace = at + found;
            let rest = source.get(brace..)?;
            if rest.starts_with("{{") || rest.starts_with("}}") {
                text.push(&template.slice(at..brace + 1));
                at = brace + 2;
                continue;
            }
            text.push(&template.slice(at..brace));
            let end = brace + closing(rest)?;
            let field = source.get(brace + 1..end)?;
            let piece = self.field(field, &mut next, arguments)?;
            text.push(&piece);
            at = end + 1;
        }
        text.push(&template.slice(at..source.len()));
        Some(text.into_value())
    }

    fn field(&mut self, field: &str, next: &mut usize, arguments: &Arguments) -> Option<Text> {
        let span = arguments.span;
        let (name, spec) = field.split_once(':').unwrap_or((field, ""));
        let (name, conversion) = name.split_once('!').unwrap_or((name, ""));
        let head = name.find(['.', '[']).unwrap_or(name.len());
        let (first, path) = name.split_at(head);
        let item = match first.parse::<usize>() {
            Ok(position) => arguments.positional(position),
            Err(_) if first.is_empty() => {
                *next += 1;
                arguments.positional(*next - 1)
            }
            Err(_) => arguments.named(first),
        };
        let (mut value, place) = match item {
            Some(item) => (item.value.clone(), item.span),
            None if arguments.open => (self.unknown(name, "the arguments are only known when it runs", span), span),
            None => return None,
        };
        for part in path.split(['.', '[']).filter(|part| !part.is_empty()) {
            value = match part.strip_suffix(']') {
                Some(key) => {
                    let key = key.parse().map_or_else(|_| Value::text(key, span), Value::Int);
                    self.subscript(&value, &key, span)
                }
                None => self.attribute(&value, part, span),
            };
        }
        if conversion == "r" {
            return format::represent(&value).map(|shown| Text::made(&shown, place));
        }
        let label = match (first.is_empty() || first.parse::<usize>().is_ok(), value.external()) {
            (true, Some(external)) => external.path.clone(),
            (true, None) => self.source_text(place).to_owned(),
            (false, _) => name.to_owned(),
        };
        Some(Self::formatted(&value, spec, &label, place))
    }
}

/// The brace that closes the one at the start.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

fn identity(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::External(_), _) | (_, Value::External(_)) => left.is_same(right).then_some(true),
        (Value::Text(text), Value::None) | (Value::None, Value::Text(text)) => match text.only_hole() {
            Some(_) => None,
            None => Some(false),
        },
        _ => Some(left.is_same(right)),
    }
}

fn contains(container: &Value, item: &Value) -> Option<bool> {
    match container {
        Value::Text(text) => Some(text.known()?.contains(item.as_text()?)),
        Value::List(_) | Value::Tuple(_) | Value::Dict(_) => {
            let items = match container.entries() {
                Some(entries) => entries.into_iter().map(|(key, _)| key).collect(),
                None => container.items()?,
            };
            let mut unsure = false;
            for known in items {
                match known.equals(item) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => unsure = true,
                }
            }
            (!unsure).then_some(false)
        }
        _ => None,
    }
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => Some(left.known()?.cmp(right.known()?)),
        (Value::Tuple(left), Value::Tuple(right)) => {
            for (one, other) in left.iter().zip(right.iter()) {
                match order(one, other)? {
                    Ordering::Equal => {}
                    decided => return Some(decided),
                }
            }
            Some(left.len().cmp(&right.len()))
        }
        _ => left.number()?.partial_cmp(&right.number()?),
    }
}

/// The order of two values, for `sorted`, `min` and `max`.
pub(super) fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    order(left, right)
}

/// Operators of sets. A list has none of them, so both are sets here; what may or may not be equal is not decided.
pub(super) fn sets(operation: Operation, left: &Value, right: &Value) -> Option<Value> {
    let (Value::List(_), Value::List(_)) = (left, right) else { return None };
    let (mine, theirs) = (left.items()?, right.items()?);
    let sure = |item: &Value| item.external().is_none() && !matches!(item, Value::Object(_));
    if !mine.iter().chain(&theirs).all(sure) {
        return None;
    }
    let has = |items: &[Value], item: &Value| items.iter().any(|known| known.equals(item) == Some(true));
    let only = |of: &[Value], without: &[Value]| -> Vec<Value> {
        of.iter().filter(|item| !has(without, item)).cloned().collect()
    };
    Some(Value::list(match operation {
        Operation::Subtract => only(&mine, &theirs),
        Operation::And => mine.iter().filter(|item| has(&theirs, item)).cloned().collect(),
        Operation::Xor => only(&mine, &theirs).into_iter().chain(only(&theirs, &mine)).collect(),
        _ => mine.iter().cloned().chain(only(&theirs, &mine)).collect(),
    }))
}

fn merge_dicts(left: &Value, right: &Value) -> Option<Value> {
    let mut merged = left.entries()?;
    for (key, value) in right.entries()? {
        match merged.iter_mut().find(|(known, _)| known.equals(&key) == Some(true)) {
            Some((_, slot)) => *slot = value,
            None => merged.push((key, value)),
        }
    }
    Some(Value::dict(merged))
}

fn multiply(left: &Value, right: &Value) -> Option<Value> {
    let (sequence, times) = match (left, right) {
        (Value::Int(times), sequence) | (sequence, Value::Int(times)) => (sequence, *times),
        _ => return arithmetic(Operation::Multiply, left, right),
    };
    let times = usize::try_from(times.max(0)).ok()?;
    match sequence {
        Value::Text(text) if text.fragment().text().len().saturating_mul(times) <= REPEAT_LIMIT => {
            let mut result = Text::of(Fragment::empty());
            (0..times).for_each(|_| result.push(text));
            Some(result.into_value())
        }
        Value::List(items) if items.borrow().len().saturating_mul(times) <= REPEAT_LIMIT => {
            let items = items.borrow();
            Some(Value::list((0..times).flat_map(|_| items.iter().cloned()).collect()))
        }
        Value::Text(_) | Value::List(_) => None,
        _ => arithmetic(Operation::Multiply, left, right),
    }
}

fn arithmetic(operation: Operation, left: &Value, right: &Value) -> Option<Value> {
    if let (Some(one), Some(other)) = (left.integer(), right.integer()) {
        let result = match operation {
            Operation::Add => one.checked_add(other),
            Operation::Subtract => one.checked_sub(other),
            Operation::Multiply => one.checked_mul(other),
            Operation::FloorDivide => one.checked_div_euclid(other).filter(|_| other > 0),
            Operation::Modulo => one.checked_rem_euclid(other).filter(|_| other > 0),
            Operation::Power => u32::try_from(other).ok().and_then(|power| one.checked_pow(power)),
            Operation::Or => Some(one | other),
            Operation::And => Some(one & other),
            Operation::Xor => Some(one ^ other),
            Operation::ShiftLeft => u32::try_from(other).ok().and_then(|by| one.checked_shl(by)),
            Operation::ShiftRight => u32::try_from(other).ok().and_then(|by| one.checked_shr(by)),
            _ => None,
        };
        if let Some(result) = result {
            return Some(Value::Int(result));
        }
    }
    let (one, other) = (left.number()?, right.number()?);
    let result = match operation {
        Operation::Add => one + other,
        Operation::Subtract => one - other,
        Operation::Multiply => one * other,
        Operation::Divide if other != 0.0 => one / other,
        Operation::FloorDivide if other != 0.0 => (one / other).floor(),
        Operation::Modulo if other != 0.0 => one - other * (one / other).floor(),
        Operation::Power => one.powf(other),
        _ => return None,
    };
    Some(Value::Float(result))
}
