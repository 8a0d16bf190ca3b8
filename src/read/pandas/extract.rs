//! `.str.extract(pattern)`: what the groups of a regular expression match first.

use std::any::Any;
use std::rc::Rc;

use super::context::{Answer, Context, refuse};
use super::dataframe::DataFrame;
use super::series::Series;
use super::strings::{self, Accessor};
use super::table::Table;
use crate::frame::{Expr, Function, Named};
use crate::read::python::{Arguments, Evaluator, Object, Value};
use crate::text::Span;

/// Groups without names: columns that are called 0, 1, ….
#[derive(Debug)]
pub struct Extracted {
    /// What each group matched.
    pub parts: Vec<Rc<Series>>,
}

/// A group: where it stands, and its name.
struct Group {
    name: Option<String>,
}

/// `.str.extract(pattern)`.
pub fn extract(accessor: &Rc<Accessor>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(pattern) = arguments.get("pat", 0).and_then(Value::as_text) else {
        return refuse("the text that is looked for is not known");
    };
    if arguments.get("flags", 1).is_some() {
        return refuse("a regular expression has flags");
    }
    let (groups, plain) = groups(pattern)?;
    let checked = strings::part_expression(context, &plain)?;
    let body = checked.trim_start_matches('^').trim_end_matches('$');
    let start = if checked.starts_with('^') { "" } else { ".*?" };
    let end = if checked.ends_with('$') && !checked.ends_with("\\$") { "" } else { ".*" };
    let whole = format!("(?s)^{start}{body}{end}$");
    let text = &accessor.series.expr;
    let part = |at: usize| {
        let found = Expr::Call(Function::Matches, vec![text.clone(), Expr::text(&whole)]);
        let group = Expr::text(&format!("\\{}", at + 1));
        let part = Expr::Call(Function::ReplaceMatches, vec![text.clone(), Expr::text(&whole), group]);
        Expr::Case { arms: vec![(found, part)], otherwise: None }
    };
    let exprs: Vec<Expr> = (0..groups.len()).map(part).collect();
    let names: Option<Vec<String>> = groups.into_iter().map(|group| group.name).collect();
    let expands = arguments.get("expand", 2).and_then(Value::truth) != Some(false);
    match (names, exprs.as_slice()) {
        (_, [only]) if !expands => Ok(accessor.series.with(only.clone())),
        (Some(names), exprs) => {
            let columns = names.iter().zip(exprs).map(|(name, expr)| Named::new(name, expr.clone())).collect();
            Ok(DataFrame::of(Table { columns, rest: false, ..accessor.series.table.clone() }))
        }
        (None, exprs) => {
            let series = |expr: &Expr| Rc::new(Series { expr: expr.clone(), ..accessor.series.as_ref().clone() });
            Ok(Value::Object(Rc::new(Extracted { parts: exprs.iter().map(series).collect() })))
        }
    }
}

/// The groups of a pattern, and the pattern without their names.
fn groups(pattern: &str) -> Answer<(Vec<Group>, String)> {
    let mut found = Vec::new();
    let mut plain = String::new();
    let mut rest = pattern;
    let mut in_class = false;
    while let Some(char) = rest.chars().next() {
        let mut taken = char.len_utf8();
        match char {
            '\\' => taken += rest.chars().nth(1).map_or(0, char::len_utf8),
            '[' => in_class = true,
            ']' => in_class = false,
            '|' if !in_class => return refuse("a pattern has branches"),
            '(' if !in_class => {
                if let Some(named) = rest.strip_prefix("(?P<") {
                    let Some((name, after)) = named.split_once('>') else { return refuse("a pattern is not read") };
                    found.push(Group { name: Some(name.to_owned()) });
                    plain.push('(');
                    rest = after;
                    continue;
                }
                if rest.starts_with("(?") {
                    return refuse("a part of a pattern is no group of its own");
                }
                found.push(Group { name: None });
            }
            ')' if !in_class && rest.get(1..).is_some_and(|after| after.starts_with(['?', '*', '{', '+'])) => {
                return refuse("a group of a pattern need not match");
            }
            _ => {}
        }
        plain.push_str(rest.get(..taken).unwrap_or(""));
        rest = rest.get(taken..).unwrap_or("");
    }
    if found.is_empty() || found.len() > 9 {
        refuse("the groups of a pattern are not known")
    } else {
        Ok((found, plain))
    }
}

impl Object for Extracted {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "the parts of texts that groups match".to_owned()
    }

    fn subscript(self: Rc<Self>, _evaluator: &mut Evaluator, key: &Value, _span: Span) -> Option<Value> {
        let at = usize::try_from(key.integer()?).ok()?;
        self.parts.get(at).map(|part| Value::Object(part.clone()))
    }

    fn attribute(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, span: Span) -> Option<Value> {
        let [only] = self.parts.as_slice() else { return None };
        only.clone().attribute(evaluator, name, span)
    }

    fn method(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
        let [only] = self.parts.as_slice() else { return None };
        only.clone().method(evaluator, name, arguments)
    }
}
