//! Methods of lists, tuples, sets and dicts.
//!
//! In: a container, arguments. Out: what the method gives; the container itself is changed in place.

use super::arguments::Arguments;
use super::evaluator::Evaluator;
use super::operate;
use super::operator::Operation;
use super::value::Value;

/// `of.name(arguments)`.
pub(super) fn call(evaluator: &mut Evaluator, of: &Value, name: &str, arguments: &Arguments) -> Value {
    let known = match of {
        Value::Dict(_) => dict(evaluator, of, name, arguments),
        _ => list(evaluator, of, name, arguments),
    };
    known.unwrap_or_else(|| {
        evaluator.unknown(name, format!("`{name}` of a {} is not followed", kind(of)), arguments.span)
    })
}

fn kind(of: &Value) -> &'static str {
    match of {
        Value::Dict(_) => "dict",
        Value::Tuple(_) => "tuple",
        _ => "list",
    }
}

fn dict(evaluator: &mut Evaluator, of: &Value, name: &str, arguments: &Arguments) -> Option<Value> {
    let Value::Dict(entries) = of else { return None };
    let span = arguments.span;
    let find = |key: &Value| {
        let entries = entries.borrow();
        entries.iter().position(|(known, _)| known.equals(key) == Some(true))
    };
    let at = |position: usize| entries.borrow().get(position).map(|(_, value)| value.clone());
    match name {
        "items" => {
            Some(Value::list(of.entries()?.into_iter().map(|(key, value)| Value::tuple(vec![key, value])).collect()))
        }
        "keys" => Some(Value::list(of.entries()?.into_iter().map(|(key, _)| key).collect())),
        "values" => Some(Value::list(of.entries()?.into_iter().map(|(_, value)| value).collect())),
        "copy" => Some(Value::dict(of.entries()?)),
        "get" if arguments.get("key", 0).is_some_and(|key| key.symbol().is_some()) => {
            let default = arguments.get("default", 1).cloned().unwrap_or(Value::None);
            let known = entries.borrow().clone();
            let symbol = arguments.get("key", 0).and_then(Value::symbol)?;
            symbol.looked_up(evaluator, &known, &default, arguments.span)
        }
        "get" => {
            let found = find(arguments.get("key", 0)?).and_then(at);
            Some(found.or_else(|| arguments.get("default", 1).cloned()).unwrap_or(Value::None))
        }
        "pop" => {
            let key = arguments.get("key", 0)?;
            match find(key) {
                Some(position) => Some(entries.borrow_mut().remove(position).1),
                None => arguments.get("default", 1).cloned(),
            }
        }
        "setdefault" => {
            let key = arguments.get("key", 0)?.clone();
            let default = arguments.get("default", 1).cloned().unwrap_or(Value::None);
            if let Some(value) = find(&key).and_then(at) {
                return Some(value);
            }
            entries.borrow_mut().push((key, default.clone()));
            Some(default)
        }
        "update" => {
            if let Some(more) = arguments.positional(0) {
                for (key, value) in more.value.entries()? {
                    evaluator.set_item(of, &key, value, span);
                }
            }
            for (key, item) in arguments.keywords() {
                evaluator.set_item(of, &Value::text(key, item.span), item.value.clone(), span);
            }
            Some(Value::None)
        }
        "clear" => {
            entries.borrow_mut().clear();
            Some(Value::None)
        }
        _ => None,
    }
}

fn list(evaluator: &mut Evaluator, of: &Value, name: &str, arguments: &Arguments) -> Option<Value> {
    let first = arguments.positional(0).map(|item| item.value.clone());
    match name {
        "copy" => return Some(Value::list(of.items()?)),
        "index" => {
            let item = first?;
            let at = of.items()?.iter().position(|known| known.equals(&item) == Some(true))?;
            return Some(Value::Int(i64::try_from(at).ok()?));
        }
        "count" => {
            let item = first?;
            let count = of.items()?.iter().filter(|known| known.equals(&item) == Some(true)).count();
            return Some(Value::Int(i64::try_from(count).ok()?));
        }
        "union" | "intersection" | "difference" | "symmetric_difference" | "issubset" | "issuperset" | "isdisjoint" => {
            return sets(evaluator, of, name, &first?, arguments);
        }
        _ => {}
    }
    let Value::List(items) = of else { return None };
    match name {
        "append" => items.borrow_mut().push(first?),
        "add" => {
            let item = first?;
            if !items.borrow().iter().any(|known| known.equals(&item) == Some(true)) {
                items.borrow_mut().push(item);
            }
        }
        "update" => *items.borrow_mut() = joined(of, &evaluator.iterate(&first?, arguments.span)?)?,
        "extend" => {
            let more = evaluator.iterate(&first?, arguments.span)?;
            let fits = items.borrow().len() + more.len() <= super::operate::REPEAT_LIMIT;
            items.borrow_mut().extend(more.into_iter().filter(|_| fits));
        }
        "insert" => {
            let len = items.borrow().len();
            let at = first?.integer()?;
            let at = super::sequence::index(at, len).unwrap_or(if at < 0 { 0 } else { len });
            items.borrow_mut().insert(at, arguments.positional(1)?.value.clone());
        }
        "pop" => {
            let len = items.borrow().len();
            let at = super::sequence::index(first.map_or(Some(-1), |at| at.integer())?, len)?;
            return Some(items.borrow_mut().remove(at));
        }
        "remove" | "discard" => {
            let item = first?;
            let at = items.borrow().iter().position(|known| known.equals(&item) == Some(true));
            at.map(|at| items.borrow_mut().remove(at));
        }
        "reverse" => items.borrow_mut().reverse(),
        "clear" => items.borrow_mut().clear(),
        "sort" => {
            let sorted = evaluator.sorted(of, arguments)?;
            *items.borrow_mut() = sorted;
        }
        _ => return None,
    }
    Some(Value::None)
}

/// The items of a set with more; all of them where which are equal is not known.
fn joined(of: &Value, more: &[Value]) -> Option<Vec<Value>> {
    let (mine, more) = (Value::list(of.items()?), Value::list(more.to_vec()));
    operate::sets(Operation::Or, &mine, &more).or_else(|| Evaluator::add(&mine, &more))?.items()
}

fn sets(evaluator: &mut Evaluator, of: &Value, name: &str, other: &Value, arguments: &Arguments) -> Option<Value> {
    let mine = Value::list(of.items()?);
    let theirs = Value::list(evaluator.iterate(other, arguments.span)?);
    let none_of = |operation, left, right| {
        let rest = operate::sets(operation, left, right)?.items()?;
        Some(Value::Bool(rest.is_empty()))
    };
    match name {
        "union" => operate::sets(Operation::Or, &mine, &theirs),
        "intersection" => operate::sets(Operation::And, &mine, &theirs),
        "symmetric_difference" => operate::sets(Operation::Xor, &mine, &theirs),
        "issubset" => none_of(Operation::Subtract, &mine, &theirs),
        "issuperset" => none_of(Operation::Subtract, &theirs, &mine),
        "isdisjoint" => none_of(Operation::And, &mine, &theirs),
        _ => operate::sets(Operation::Subtract, &mine, &theirs),
    }
}
