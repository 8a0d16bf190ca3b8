//! `query` and `eval`: expressions in a string, over the columns of a frame.

use std::rc::Rc;

use super::cell::{self, Cell};
use super::columns::finish;
use super::context::{Answer, Context, refuse};
use super::dataframe::{self, DataFrame};
use super::series::Series;
use crate::read::python::{Arguments, Value};

/// What stands for the `@` of a name of the script.
const AT: &str = "__at_";

/// `frame.query("a > 1 and b in @list")`.
pub fn query(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(text) = arguments.get("expr", 0).and_then(Value::as_text).map(str::to_owned) else {
        return refuse("the condition is only known when the script runs");
    };
    let series = evaluated(frame, context, &text)?;
    let condition = cell::condition(&series)?;
    let mask = Series { expr: condition, ..series };
    let table = dataframe::filtered(context, frame, &mask)?;
    finish(frame, context, arguments, table)
}

/// `frame.eval("c = a + b")`, `frame.eval("a + b")`.
pub fn eval(frame: &Rc<DataFrame>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(text) = arguments.get("expr", 0).and_then(Value::as_text).map(str::to_owned) else {
        return refuse("the expression is only known when the script runs");
    };
    if assignment(text.lines().next().unwrap_or("")).is_none() {
        return evaluated(frame, context, &text).map(Series::value);
    }
    let inner = DataFrame::shared(frame.seal(context));
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let Some((name, expression)) = assignment(line) else { return refuse("an expression is not known") };
        let series = evaluated(&inner, context, expression)?;
        inner.assign(context, name, &series.value())?;
    }
    let table = inner.snapshot();
    finish(frame, context, arguments, table)
}

/// `name = expression`.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let (name, expression) = line.split_once('=')?;
    let name = name.trim();
    let word = !name.is_empty() && name.chars().all(|char| char.is_alphanumeric() || char == '_');
    (word && !expression.starts_with('=')).then_some((name, expression.trim()))
}

fn evaluated(frame: &Rc<DataFrame>, context: &mut Context, text: &str) -> Answer<Series> {
    let (text, quoted) = unquoted(text);
    let mut names = Vec::new();
    for word in words(&text) {
        if let Some(outer) = word.strip_prefix(AT) {
            let Some(value) = context.evaluator.named(outer) else { return refuse(format!("`{outer}` is not known")) };
            names.push((word.clone(), value));
            continue;
        }
        let column = quoted.iter().find(|(known, _)| *known == word).map_or(word.as_str(), |(_, column)| column);
        if let Ok(series) = frame.series(context, column) {
            names.push((word.clone(), Cell::of(series.value())));
        }
    }
    let span = context.span;
    let Some(value) = context.evaluator.evaluate_text(&text, names, span) else {
        return refuse("an expression in a string cannot be read");
    };
    if let Value::External(external) = &value {
        return refuse(external.reason.clone());
    }
    let table = frame.snapshot();
    let value = cell::plain(&value);
    match value.object::<Series>() {
        Some(series) => Ok(Series { expr: series.over(&table)?, table, name: String::new() }),
        None => cell::result(&table, &value, ""),
    }
}

/// The text with `@name` and names in backticks as plain names, and the columns that the latter stand for.
fn unquoted(text: &str) -> (String, Vec<(String, String)>) {
    let mut made = String::new();
    let mut quoted = Vec::new();
    let mut quote: Option<char> = None;
    let mut characters = text.trim().chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (None, '`') => {
                let column: String = characters.by_ref().take_while(|next| *next != '`').collect();
                let name = format!("__column_{}", quoted.len());
                made.push_str(&name);
                quoted.push((name, column));
            }
            (None, '@') => made.push_str(AT),
            // Here they bind no more strongly than the words.
            (None, '&') => made.push_str(" and "),
            (None, '|') => made.push_str(" or "),
            (None, '\n') => made.push(' '),
            (None, '\'' | '"') => {
                quote = Some(character);
                made.push(character);
            }
            (Some(open), _) => {
                if open == character {
                    quote = None;
                }
                made.push(character);
            }
            (None, _) => made.push(character),
        }
    }
    (made, quoted)
}

/// The names in the text, each once; words within strings too, which does no harm.
fn words(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in text.split(|char: char| !(char.is_alphanumeric() || char == '_')) {
        let starts = word.chars().next().is_some_and(|char| char.is_alphabetic() || char == '_');
        let keyword = matches!(word, "and" | "or" | "not" | "in" | "True" | "False" | "None" | "is");
        if starts && !keyword && !found.iter().any(|known| known == word) {
            found.push(word.to_owned());
        }
    }
    found
}
