//! Attributes, items, and what a loop takes from a value.
//!
//! In: a value, a name or key. Out: a value; libraries are asked for their objects and for what they export.

use std::rc::Rc;

use super::arguments::Arguments;
use super::evaluator::Evaluator;
use super::kinds::{self, Kind};
use super::value::{External, Value};
use crate::text::Span;

impl Evaluator<'_> {
    /// `value.name`.
    pub fn attribute(&mut self, of: &Value, name: &str, span: Span) -> Value {
        match of {
            Value::External(external) => self.external_attribute(external, name, span),
            Value::Object(object) => match object.clone().attribute(self, name, span) {
                Some(value) => value,
                None => Value::Method(Rc::new((of.clone(), name.to_owned()))),
            },
            Value::Module(module) => self.module_attribute(module, name, span),
            Value::Class(class) => self.class_attribute(class, name, span),
            Value::Instance(instance) => self.instance_attribute(instance, name, span),
            // A member of an enumeration that mixes in `str` or `int` stands here as that value.
            Value::Text(_) | Value::Int(_) if name == "value" => of.clone(),
            Value::Text(_) => match super::standard::path_attribute(of, name, span) {
                Some(value) => value,
                None => Value::Method(Rc::new((of.clone(), name.to_owned()))),
            },
            Value::Function(function) if name == "__name__" => Value::text(&function.name, span),
            _ => Value::Method(Rc::new((of.clone(), name.to_owned()))),
        }
    }

    fn external_attribute(&mut self, external: &Rc<External>, name: &str, span: Span) -> Value {
        let path = longer(&external.path, &format!(".{name}"));
        if external.imported
            && let Some(value) = self.constant(&path, span)
        {
            return value;
        }
        Value::External(Rc::new(External {
            path,
            reason: external.reason.clone(),
            span,
            origin: Some(Value::External(external.clone())),
            arguments: None,
            imported: external.imported,
        }))
    }

    /// What the libraries say of an imported name.
    pub(super) fn constant(&mut self, path: &str, span: Span) -> Option<Value> {
        let libraries = self.libraries;
        libraries.iter().find_map(|library| library.constant(self, path, span))
    }

    /// `value[key]`.
    pub fn subscript(&mut self, of: &Value, key: &Value, span: Span) -> Value {
        match of {
            Value::Object(object) => {
                let described = object.describe();
                object
                    .clone()
                    .subscript(self, key, span)
                    .unwrap_or_else(|| self.unknown("item", format!("an item of {described} is not followed"), span))
            }
            Value::Dict(_) if key.symbol().is_some() => {
                let entries = of.entries().unwrap_or_default();
                let found = key.symbol().and_then(|symbol| symbol.looked_up(self, &entries, &Value::None, span));
                found.unwrap_or_else(|| self.unknown("item", "the item depends on the row", span))
            }
            Value::Dict(entries) => {
                let entries = entries.borrow();
                let found = entries.iter().find(|(known, _)| known.equals(key) == Some(true));
                found.map_or_else(
                    || {
                        let name = key.as_text().unwrap_or("item");
                        Value::unknown(name, "the dict has no such key here", span)
                    },
                    |(_, value)| value.clone(),
                )
            }
            Value::List(_) | Value::Tuple(_) => self.item(of, key, span),
            Value::Class(class) if matches!(class.kind, Kind::Enumeration(_)) => {
                let member = key.as_text().and_then(|name| class.member(name));
                member.unwrap_or_else(|| self.unknown("item", "which member it is is not known", span))
            }
            Value::Text(text) => super::text_methods::item(text, key, span),
            Value::External(external) => self.external_item(external, key, span),
            Value::Instance(instance) if matches!(instance.class.kind, Kind::Tuple(_)) => {
                match kinds::as_tuple(instance) {
                    Some(tuple) => self.item(&tuple, key, span),
                    None => self.unknown("item", "not every field has a value", span),
                }
            }
            Value::Instance(instance) if instance.class.member("__getitem__").is_some() => {
                self.call_method(of, "__getitem__", &Arguments::positional_values(vec![key.clone()], span))
            }
            _ => self.unknown("item", "the value has no items", span),
        }
    }

    fn external_item(&mut self, external: &Rc<External>, key: &Value, span: Span) -> Value {
        let libraries = self.libraries;
        if let Some(value) = libraries.iter().find_map(|library| library.subscript(self, external, key, span)) {
            return value;
        }
        if let Some(value) = super::standard::subscript(self, external, key, span) {
            return value;
        }
        let name = key.as_text().map_or_else(String::new, |key| format!("_{key}"));
        Value::External(Rc::new(External {
            path: longer(&external.path, &format!("{name}[]")),
            reason: external.reason.clone(),
            span,
            origin: Some(Value::External(external.clone())),
            arguments: None,
            imported: external.imported,
        }))
    }

    fn item(&mut self, of: &Value, key: &Value, span: Span) -> Value {
        let items = of.items().unwrap_or_default();
        if let Value::Slice(slice) = key {
            let [start, stop, step] = slice.as_ref();
            let positions = super::sequence::slice(start.integer(), stop.integer(), step.integer(), items.len());
            let taken = positions.into_iter().filter_map(|at| items.get(at).cloned()).collect();
            return match of {
                Value::Tuple(_) => Value::tuple(taken),
                _ => Value::list(taken),
            };
        }
        let at = key.integer().and_then(|at| super::sequence::index(at, items.len()));
        match at.and_then(|at| items.get(at)) {
            Some(item) => item.clone(),
            None => self.unknown("item", "which item it is is not known", span),
        }
    }

    /// The items that a loop over the value takes; none when they are not known.
    pub fn iterate(&mut self, value: &Value, span: Span) -> Option<Vec<Value>> {
        match value {
            Value::List(_) | Value::Tuple(_) => value.items(),
            Value::Dict(entries) => Some(entries.borrow().iter().map(|(key, _)| key.clone()).collect()),
            Value::Text(text) => {
                let text = text.known()?;
                Some(text.chars().map(|character| Value::text(character.encode_utf8(&mut [0; 4]), span)).collect())
            }
            Value::Object(object) => object.clone().iterate(self, span),
            Value::Class(class) => kinds::listed(class),
            Value::Instance(instance) if matches!(instance.class.kind, Kind::Tuple(_)) => {
                kinds::as_tuple(instance).and_then(|tuple| tuple.items())
            }
            Value::Instance(instance) if instance.class.member("__iter__").is_some() => {
                let items = self.call_method(value, "__iter__", &Arguments::none(span));
                match items {
                    Value::Instance(_) => None,
                    items => self.iterate(&items, span),
                }
            }
            _ => None,
        }
    }
}

/// A path with one more part. One that has grown past all use is cut at its start.
pub(super) fn longer(path: &str, part: &str) -> String {
    const LIMIT: usize = 400;
    let kept = if path.len() > LIMIT {
        path.rsplit('.').next().filter(|last| last.len() < LIMIT).unwrap_or("…")
    } else {
        path
    };
    format!("{kept}{part}")
}
