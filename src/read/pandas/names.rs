//! `frame.columns`: the names of all columns, when they are known.

use std::any::Any;
use std::rc::Rc;

use crate::read::python::{Arguments, Evaluator, Object, Operation, Value};
use crate::text::Span;

/// What stands between the two levels of a column's name, as `agg({"a": ["sum"]})` gives them.
pub const LEVEL: char = '\u{1f}';

/// The names of columns.
#[derive(Debug)]
pub struct Names {
    items: Vec<Value>,
    /// Whether it is `columns.str`, whose methods work on each name.
    texts: bool,
}

impl Names {
    /// As a value. Names of two levels are tuples, and then all are.
    pub fn of(names: &[String], span: Span) -> Value {
        let levels = names.iter().any(|name| name.contains(LEVEL));
        let item = |name: &String| {
            if !levels {
                return Value::text(name, span);
            }
            let (first, second) = name.split_once(LEVEL).unwrap_or((name, ""));
            Value::tuple(vec![Value::text(first, span), Value::text(second, span)])
        };
        Self::value(names.iter().map(item).collect())
    }

    fn value(items: Vec<Value>) -> Value {
        Value::Object(Rc::new(Self { items, texts: false }))
    }

    fn without(&self, names: &[Value]) -> Vec<Value> {
        let dropped = |item: &&Value| !names.iter().any(|name| name.equals(item) == Some(true));
        self.items.iter().filter(dropped).cloned().collect()
    }

    fn level(&self, at: usize) -> Value {
        let part = |item: &Value| item.items().and_then(|parts| parts.get(at).cloned()).unwrap_or_else(|| item.clone());
        Self::value(self.items.iter().map(part).collect())
    }
}

/// The names as one column has each: two levels are joined by [`LEVEL`].
pub fn flat(value: &Value) -> Option<String> {
    if let Some(text) = value.as_text() {
        return Some(text.to_owned());
    }
    let parts = value.items()?;
    let [first, second] = parts.as_slice() else { return None };
    Some(format!("{}{LEVEL}{}", first.as_text()?, second.as_text()?))
}

/// As `to_sql` writes the name.
pub fn written(name: &str) -> String {
    match name.split_once(LEVEL) {
        Some((first, second)) => format!("('{first}', '{second}')"),
        None => name.to_owned(),
    }
}

impl Object for Names {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "the names of columns".to_owned()
    }

    fn attribute(self: Rc<Self>, _evaluator: &mut Evaluator, name: &str, _span: Span) -> Option<Value> {
        match name {
            "str" => Some(Value::Object(Rc::new(Self { items: self.items.clone(), texts: true }))),
            "values" => Some(Value::list(self.items.clone())),
            _ => None,
        }
    }

    fn method(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
        if self.texts {
            let mut plain = arguments.clone();
            plain.items.retain(|item| !matches!(item.name.as_deref(), Some("regex" | "case" | "na")));
            let regex = arguments.keyword("regex").and_then(Value::truth) == Some(true);
            if regex
                && !matches!(arguments.get("pat", 0).and_then(Value::as_text), Some(text) if !text.contains(['\\', '[', '.', '+', '*', '^', '$', '(', '|']))
            {
                return None;
            }
            let method = if name == "contains" { "__contains__" } else { name };
            let each = self.items.iter().map(|item| match (method, item.as_text(), plain.positional(0)) {
                ("__contains__", Some(text), Some(part)) => {
                    part.value.as_text().map_or(Value::None, |part| Value::Bool(text.contains(part)))
                }
                _ => evaluator.call_method(item, name, &plain),
            });
            return Some(Self::value(each.collect()));
        }
        let first = arguments.positional(0).map(|item| item.value.clone());
        match name {
            "tolist" | "to_list" | "to_flat_index" | "copy" => Some(Value::list(self.items.clone())),
            "map" => {
                let function = first?;
                let call = |item: &Value| {
                    evaluator.call(&function, &Arguments::positional_values(vec![item.clone()], arguments.span))
                };
                Some(Self::value(self.items.iter().map(call).collect()))
            }
            "droplevel" | "get_level_values" => {
                let level = first.or_else(|| arguments.keyword("level").cloned()).and_then(|level| level.integer())?;
                let at = usize::try_from(level.rem_euclid(2)).ok()?;
                Some(self.level(if name == "droplevel" { 1 - at } else { at }))
            }
            "drop" | "difference" => {
                let names = match first? {
                    Value::Object(object) => object.iterate(evaluator, arguments.span)?,
                    value => value.items().unwrap_or_else(|| vec![value]),
                };
                let mut kept = self.without(&names);
                if name == "difference" {
                    kept.sort_by(|one, two| one.as_text().cmp(&two.as_text()));
                }
                Some(Self::value(kept))
            }
            _ => None,
        }
    }

    fn subscript(self: Rc<Self>, evaluator: &mut Evaluator, key: &Value, span: Span) -> Option<Value> {
        if let Some(marks) = key.object::<Self>() {
            let kept = self.items.iter().zip(&marks.items).filter(|(_, mark)| mark.truth() == Some(true));
            return Some(Self::value(kept.map(|(item, _)| item.clone()).collect()));
        }
        Some(evaluator.subscript(&Value::list(self.items.clone()), key, span))
    }

    fn binary(
        self: Rc<Self>,
        _evaluator: &mut Evaluator,
        operation: Operation,
        other: &Value,
        reflected: bool,
        span: Span,
    ) -> Option<Value> {
        let holds = || self.items.iter().any(|item| item.equals(other) == Some(true));
        match operation {
            Operation::In if reflected => Some(Value::Bool(holds())),
            Operation::NotIn if reflected => Some(Value::Bool(!holds())),
            Operation::Add => {
                let text = other.as_text()?;
                let joined = |item: &Value| {
                    let own = item.as_text()?;
                    let joined = if reflected { format!("{text}{own}") } else { format!("{own}{text}") };
                    Some(Value::text(&joined, span))
                };
                self.items.iter().map(joined).collect::<Option<Vec<_>>>().map(Self::value)
            }
            _ => None,
        }
    }

    fn iterate(self: Rc<Self>, _evaluator: &mut Evaluator, _span: Span) -> Option<Vec<Value>> {
        Some(self.items.clone())
    }

    fn builtin(self: Rc<Self>, _evaluator: &mut Evaluator, name: &str, _arguments: &Arguments) -> Option<Value> {
        (name == "len").then(|| Value::Int(i64::try_from(self.items.len()).unwrap_or(i64::MAX)))
    }

    fn truth(&self) -> Option<bool> {
        None
    }
}
