//! The arguments of a call, evaluated.
//!
//! In: values with names and places. Out: look-ups by position and name. Never evaluates anything.

use super::value::Value;
use crate::text::Span;

/// The arguments of a call.
#[derive(Debug, Clone)]
pub struct Arguments {
    /// In the order of the call; `*` and `**` of what is known are already spread.
    pub items: Vec<Argument>,
    /// Whether a `*` or `**` of something unknown stood among them, so that more may be given.
    pub open: bool,
    /// The whole call, from the callee to the closing parenthesis.
    pub span: Span,
}

/// One argument.
#[derive(Debug, Clone)]
pub struct Argument {
    /// Its keyword; none for a positional one.
    pub name: Option<String>,
    /// Its value.
    pub value: Value,
    /// Where the value stands.
    pub span: Span,
}

impl Arguments {
    /// No arguments, for a call at `span`.
    pub fn none(span: Span) -> Self {
        Self { items: Vec::new(), open: false, span }
    }

    /// Positional arguments that stand at the call's own place.
    pub fn positional_values(values: Vec<Value>, span: Span) -> Self {
        let items = values.into_iter().map(|value| Argument { name: None, value, span }).collect();
        Self { items, open: false, span }
    }

    /// The argument of that keyword.
    pub fn named(&self, name: &str) -> Option<&Argument> {
        self.items.iter().rev().find(|item| item.name.as_deref() == Some(name))
    }

    /// The positional argument at `position`.
    pub fn positional(&self, position: usize) -> Option<&Argument> {
        self.items.iter().filter(|item| item.name.is_none()).nth(position)
    }

    /// The value of a parameter that can be given by keyword or at `position`.
    pub fn get(&self, name: &str, position: usize) -> Option<&Value> {
        self.named(name).or_else(|| self.positional(position)).map(|item| &item.value)
    }

    /// The value of a keyword.
    pub fn keyword(&self, name: &str) -> Option<&Value> {
        self.named(name).map(|item| &item.value)
    }

    /// The values without keyword, in order.
    pub fn positionals(&self) -> Vec<Value> {
        self.items.iter().filter(|item| item.name.is_none()).map(|item| item.value.clone()).collect()
    }

    /// The keywords with their values, in order.
    pub fn keywords(&self) -> impl Iterator<Item = (&str, &Argument)> {
        self.items.iter().filter_map(|item| item.name.as_deref().map(|name| (name, item)))
    }
}
