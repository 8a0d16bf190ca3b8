//! Builtin functions: a table of names, and what each does to known values.
//!
//! In: evaluated arguments. Out: values; an unknown one where Python's answer is not known.

use super::arguments::Arguments;
use super::evaluator::Evaluator;
use super::format;
use super::value::Value;
use super::words::{Hole, Text};
use crate::finding::Code;

/// The longest `range` that is written out.
const RANGE_LIMIT: usize = 5_000;

/// Every builtin function that has a meaning here. Others are unknown names.
const NAMES: &[&str] = &[
    "len",
    "range",
    "enumerate",
    "zip",
    "str",
    "int",
    "float",
    "bool",
    "list",
    "tuple",
    "set",
    "frozenset",
    "dict",
    "sorted",
    "reversed",
    "sum",
    "min",
    "max",
    "any",
    "all",
    "abs",
    "round",
    "print",
    "open",
    "map",
    "filter",
    "isinstance",
    "hasattr",
    "getattr",
    "setattr",
    "repr",
    "type",
    "super",
    "staticmethod",
    "classmethod",
    "property",
    "iter",
    "next",
    "input",
    "globals",
    "locals",
    "vars",
    "format",
    "callable",
    "chr",
    "ord",
    "id",
    "issubclass",
    "object",
    "Exception",
    "eval",
    "exec",
];

/// The builtin of that name.
pub(super) fn find(name: &str) -> Option<Value> {
    match name {
        "__name__" => None,
        _ => NAMES.iter().find(|known| **known == name).map(|known| Value::Builtin(known)),
    }
}

/// What a call of a builtin gives.
pub(super) fn call(evaluator: &mut Evaluator, name: &'static str, arguments: &Arguments) -> Value {
    let asked = arguments.items.iter().find_map(|item| match &item.value {
        Value::Object(object) if !matches!(name, "print" | "getattr" | "hasattr") => Some(object.clone()),
        _ => None,
    });
    if let Some(value) = asked.and_then(|object| object.builtin(evaluator, name, arguments)) {
        return value;
    }
    let known = match name {
        "len" | "sum" | "min" | "max" | "any" | "all" | "abs" | "round" => number(evaluator, name, arguments),
        "str" | "repr" | "int" | "float" | "bool" | "format" | "chr" | "ord" => convert(name, arguments),
        "getattr" | "setattr" | "hasattr" | "isinstance" | "callable" | "super" | "type" | "open" | "print"
        | "input" => special(evaluator, name, arguments),
        _ => sequence(evaluator, name, arguments),
    };
    known.unwrap_or_else(|| {
        let reason =
            arguments.items.iter().find_map(|item| item.value.external()).map(|external| external.reason.clone());
        let reason = reason.unwrap_or_else(|| format!("the result of `{name}` is not known"));
        evaluator.unknown(&format!("{name}()"), reason, arguments.span)
    })
}

fn first(arguments: &Arguments) -> Option<Value> {
    arguments.positional(0).map(|item| item.value.clone())
}

fn sequence(evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
    let span = arguments.span;
    match name {
        "range" => range(arguments),
        "list" | "tuple" | "set" | "frozenset" | "iter" => {
            let items = match first(arguments) {
                Some(items) => evaluator.iterate(&items, span)?,
                None => Vec::new(),
            };
            Some(match name {
                "tuple" => Value::tuple(items),
                "set" | "frozenset" => Value::list(super::evaluate::distinct(items)),
                _ => Value::list(items),
            })
        }
        "enumerate" => {
            let items = evaluator.iterate(&first(arguments)?, span)?;
            let start = arguments.get("start", 1).map_or(Some(0), Value::integer)?;
            let pairs = (start..).zip(items).map(|(at, item)| Value::tuple(vec![Value::Int(at), item]));
            Some(Value::list(pairs.collect()))
        }
        "zip" => {
            let columns: Option<Vec<_>> =
                arguments.positionals().iter().map(|column| evaluator.iterate(column, span)).collect();
            let columns = columns?;
            let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
            let row = |at: usize| Value::tuple(columns.iter().filter_map(|column| column.get(at).cloned()).collect());
            Some(Value::list((0..rows).map(row).collect()))
        }
        "dict" => dict(evaluator, arguments),
        "sorted" => evaluator.sorted(&first(arguments)?, arguments).map(Value::list),
        "reversed" => {
            let mut items = evaluator.iterate(&first(arguments)?, span)?;
            items.reverse();
            Some(Value::list(items))
        }
        "map" => {
            let [function, over] = <[Value; 2]>::try_from(arguments.positionals()).ok()?;
            let items = evaluator.iterate(&over, span)?;
            let mapped = items
                .into_iter()
                .map(|item| evaluator.call(&function, &Arguments::positional_values(vec![item], span)));
            Some(Value::list(mapped.collect()))
        }
        "filter" => filter(evaluator, arguments),
        "next" => {
            let items = evaluator.iterate(&first(arguments)?, span)?;
            items.into_iter().next().or_else(|| arguments.positional(1).map(|item| item.value.clone()))
        }
        _ => None,
    }
}

fn filter(evaluator: &mut Evaluator, arguments: &Arguments) -> Option<Value> {
    let span = arguments.span;
    let [function, over] = <[Value; 2]>::try_from(arguments.positionals()).ok()?;
    let mut kept = Vec::new();
    for item in evaluator.iterate(&over, span)? {
        let keeps = match function {
            Value::None => item.truth()?,
            _ => evaluator.call(&function, &Arguments::positional_values(vec![item.clone()], span)).truth()?,
        };
        if keeps {
            kept.push(item);
        }
    }
    Some(Value::list(kept))
}

fn range(arguments: &Arguments) -> Option<Value> {
    let bounds: Option<Vec<i64>> = arguments.positionals().iter().map(Value::integer).collect();
    let (start, stop, step) = match bounds?.as_slice() {
        [stop] => (0, *stop, 1),
        [start, stop] => (*start, *stop, 1),
        [start, stop, step] if *step != 0 => (*start, *stop, *step),
        _ => return None,
    };
    let mut items = Vec::new();
    let mut at = start;
    while if step > 0 { at < stop } else { at > stop } {
        if items.len() >= RANGE_LIMIT {
            return None;
        }
        items.push(Value::Int(at));
        at = at.checked_add(step)?;
    }
    Some(Value::list(items))
}

fn dict(evaluator: &mut Evaluator, arguments: &Arguments) -> Option<Value> {
    let span = arguments.span;
    let result = Value::dict(Vec::new());
    if let Some(base) = first(arguments) {
        let entries = if let Some(entries) = base.entries() {
            entries
        } else {
            let pairs = evaluator.iterate(&base, span)?;
            let pair = |pair: &Value| <[Value; 2]>::try_from(pair.items()?).ok().map(|[key, value]| (key, value));
            pairs.iter().map(pair).collect::<Option<Vec<_>>>()?
        };
        for (key, value) in entries {
            evaluator.set_item(&result, &key, value, span);
        }
    }
    for (key, item) in arguments.keywords() {
        evaluator.set_item(&result, &Value::text(key, item.span), item.value.clone(), span);
    }
    Some(result)
}

fn number(evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
    let value = first(arguments)?;
    match name {
        "abs" => match value {
            Value::Int(value) => Some(Value::Int(value.checked_abs()?)),
            other => Some(Value::Float(other.number()?.abs())),
        },
        "round" => match (&value, arguments.positional(1)) {
            (Value::Int(_), _) => Some(value),
            _ => None,
        },
        _ => {
            let items = match (arguments.positional(1), name) {
                (Some(_), "min" | "max") => arguments.positionals(),
                _ => evaluator.iterate(&value, arguments.span)?,
            };
            summary(evaluator, name, items, arguments)
        }
    }
}

fn summary(evaluator: &mut Evaluator, name: &str, items: Vec<Value>, arguments: &Arguments) -> Option<Value> {
    match name {
        "len" => Some(Value::Int(i64::try_from(items.len()).ok()?)),
        "sum" => {
            let mut total = arguments.get("start", 1).cloned().unwrap_or(Value::Int(0));
            for item in items {
                total = evaluator.operate(super::operator::Operation::Add, &total, &item, arguments.span);
            }
            total.external().is_none().then_some(total)
        }
        "any" | "all" => {
            let wanted = name == "any";
            let truths: Vec<Option<bool>> = items.iter().map(Value::truth).collect();
            if truths.contains(&Some(wanted)) {
                return Some(Value::Bool(wanted));
            }
            truths.iter().all(Option::is_some).then_some(Value::Bool(!wanted))
        }
        _ => {
            let sorted = evaluator.sorted(&Value::list(items), arguments)?;
            let picked = if name == "min" { sorted.first() } else { sorted.last() };
            picked.cloned().or_else(|| arguments.keyword("default").cloned())
        }
    }
}

fn convert(name: &str, arguments: &Arguments) -> Option<Value> {
    let span = arguments.span;
    let Some(value) = first(arguments) else {
        return Some(match name {
            "int" => Value::Int(0),
            "bool" => Value::Bool(false),
            _ => Value::text("", span),
        });
    };
    if let Value::Text(text) = &value
        && !text.holes().is_empty()
        && name != "bool"
    {
        let sql_type = match name {
            "int" => "bigint",
            "float" => "double precision",
            _ => return Some(value),
        };
        return Some(match text.only_hole().filter(|hole| hole.reason.is_empty()) {
            Some(hole) => Text::hole(Hole { sql_type, ..hole.clone() }).into_value(),
            None => value,
        });
    }
    match name {
        "str" if matches!(value, Value::Text(_)) => Some(value),
        "str" => match &value {
            Value::External(external) => Some(Evaluator::hole(&value, &external.path, span).into_value()),
            Value::Object(object) => object.formatted().map(super::words::Text::into_value),
            other => Some(Value::text(&format::show(other)?, span)),
        },
        "repr" => Some(Value::text(&format::represent(&value)?, span)),
        "format" => {
            let spec = arguments.positional(1).and_then(|item| item.value.as_text()).unwrap_or("");
            Some(Value::text(&format::format(&value, spec)?, span))
        }
        "bool" => value.truth().map(Value::Bool),
        "int" => match &value {
            Value::Text(text) => text.known()?.trim().replace('_', "").parse().ok().map(Value::Int),
            #[expect(clippy::cast_possible_truncation, reason = "Python truncates as well, within these bounds")]
            Value::Float(value) if value.abs() < 9e15 => Some(Value::Int(value.trunc() as i64)),
            other => other.integer().map(Value::Int),
        },
        "float" => match &value {
            Value::Text(text) => text.known()?.trim().parse().ok().map(Value::Float),
            other => other.number().map(Value::Float),
        },
        "chr" => {
            let character = char::from_u32(u32::try_from(value.integer()?).ok()?)?;
            Some(Value::text(&character.to_string(), span))
        }
        _ => value.as_text()?.chars().next().map(|character| Value::Int(i64::from(u32::from(character)))),
    }
}

fn special(evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
    let span = arguments.span;
    match name {
        "print" => {
            evaluator.note("it prints");
            Some(Value::None)
        }
        "input" => {
            let shown = evaluator.unknown("input", "it is typed in when the script runs", span);
            Some(shown)
        }
        "open" => Some(super::files::open(evaluator, arguments)),
        "getattr" => {
            let name = arguments.positional(1)?.value.as_text()?.to_owned();
            let of = first(arguments)?;
            let found = evaluator.attribute(&of, &name, span);
            match (&found, arguments.positional(2)) {
                (Value::External(external), Some(default)) if !external.imported => Some(default.value.clone()),
                _ => Some(found),
            }
        }
        "setattr" => {
            let [of, name, value] = <[Value; 3]>::try_from(arguments.positionals()).ok()?;
            evaluator.set_attribute(&of, name.as_text()?, value, span);
            Some(Value::None)
        }
        "isinstance" => {
            let kind = arguments.positional(1)?;
            is_instance(&first(arguments)?, &kind.value)
        }
        "callable" => match first(arguments)? {
            Value::Function(_) | Value::Method(_) | Value::Class(_) | Value::Builtin(_) => Some(Value::Bool(true)),
            _ => None,
        },
        "super" => super::parent::parent(evaluator, arguments),
        "type" => match first(arguments)? {
            Value::Instance(instance) => Some(Value::Class(instance.class.clone())),
            _ => None,
        },
        _ => None,
    }
}

fn is_instance(value: &Value, kind: &Value) -> Option<Value> {
    if let Some(kinds) = kind.items() {
        let answers: Vec<_> = kinds.iter().map(|kind| is_instance(value, kind)).collect();
        if answers.iter().any(|answer| matches!(answer, Some(Value::Bool(true)))) {
            return Some(Value::Bool(true));
        }
        return answers.iter().all(Option::is_some).then_some(Value::Bool(false));
    }
    let Value::Builtin(name) = kind else { return None };
    let actual = match value {
        Value::Text(_) => "str",
        Value::Int(_) => "int",
        Value::Float(_) => "float",
        Value::Bool(_) => "bool",
        Value::List(_) if *name == "set" => return None,
        Value::List(_) => "list",
        Value::Tuple(_) => "tuple",
        Value::Dict(_) => "dict",
        Value::None => "NoneType",
        _ => return None,
    };
    Some(Value::Bool(actual == *name || (actual == "bool" && *name == "int")))
}

impl Evaluator<'_> {
    /// The items in order, by `key` and `reverse`; none when they cannot be compared.
    pub(super) fn sorted(&mut self, of: &Value, arguments: &Arguments) -> Option<Vec<Value>> {
        let span = arguments.span;
        let items = self.iterate(of, span)?;
        let key = arguments.keyword("key").filter(|key| !matches!(key, Value::None)).cloned();
        let mut keyed: Vec<(Value, Value)> = Vec::new();
        for item in items {
            let by = match &key {
                Some(key) => self.call(key, &Arguments::positional_values(vec![item.clone()], span)),
                None => item.clone(),
            };
            keyed.push((by, item));
        }
        let mut comparable = true;
        keyed.sort_by(|(left, _), (right, _)| {
            super::operate::compare(left, right).unwrap_or_else(|| {
                comparable = false;
                std::cmp::Ordering::Equal
            })
        });
        if !comparable {
            self.finding(Code::R205, span, "the order of these values is only known at run time", "");
            return None;
        }
        if arguments.keyword("reverse").and_then(Value::truth) == Some(true) {
            keyed.reverse();
        }
        Some(keyed.into_iter().map(|(_, item)| item).collect())
    }
}
