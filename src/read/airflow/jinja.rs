//! Templates in task arguments: files, includes, loops and conditions on what is known, and values of a run.
//!
//! In: an argument's text, and what its DAG and task give. Out: the text that Airflow would render, as far as it is known
//! before a run; what a run gives becomes a parameter. Never guesses which branch of a condition is taken.

use std::collections::BTreeMap;

use super::templates::{Day, run_value};
use crate::read::python::{Arguments, Evaluator, Hole, Text, Value, files};
use crate::text::{Fragment, Span};

/// How deep includes may go.
const INCLUDE_DEPTH: usize = 5;
/// How much a template may grow to.
const LIMIT: usize = 1 << 20;

/// What a template can refer to.
#[derive(Debug, Default, Clone)]
pub struct Scope {
    /// Folders that template files are looked for in, before the DAG's own.
    pub folders: Vec<String>,
    /// Names and paths with their values: `params.schema`, macros of the DAG.
    pub values: BTreeMap<String, Value>,
    /// The day of the DAG's first run.
    pub day: Day,
}

impl Scope {
    /// Adds the entries of a dict under a prefix.
    pub fn add(&mut self, prefix: &str, dict: Option<&Value>) {
        for (key, value) in dict.and_then(Value::entries).unwrap_or_default() {
            if let Some(key) = key.as_text() {
                self.values.entry(format!("{prefix}{key}")).or_insert(value);
            }
        }
    }

    /// The value of a path: that of the longest name that is known, and what it holds under the rest.
    fn find(&self, path: &str) -> Option<Value> {
        if let Some(value) = self.values.get(path) {
            return Some(value.clone());
        }
        let (of, key) = path.rsplit_once('.')?;
        let of = self.find(of)?;
        let found = of.entries()?.into_iter().find(|(name, _)| name.as_text() == Some(key))?;
        Some(found.1)
    }
}

/// The text of an argument: of the file that it names, when it names one. The error says why it is not known.
pub fn load(evaluator: &mut Evaluator, text: &Text, scope: &Scope) -> Result<Text, String> {
    let shown = text.fragment().text().trim();
    let is_file =
        [".sql", ".hql", ".bql", ".ddl", ".dml"].iter().any(|ending| shown.to_ascii_lowercase().ends_with(ending))
            && !shown.contains(char::is_whitespace);
    if !is_file {
        return render(evaluator, text, scope);
    }
    if text.known().is_none() || shown.contains("{{") {
        return Err(format!("which file `{shown}` is is only known at run time"));
    }
    match find(evaluator, shown, scope) {
        Some(file) => render(evaluator, &file, scope),
        None => Err(format!("the file `{shown}` is not among the inputs")),
    }
}

fn find(evaluator: &Evaluator, path: &str, scope: &Scope) -> Option<Text> {
    let (sources, source) = (evaluator.sources(), evaluator.source());
    let mut places: Vec<String> = scope.folders.iter().map(|folder| format!("{folder}/{path}")).collect();
    places.push(path.to_owned());
    places.iter().find_map(|place| files::read(sources, source, place))
}

fn render(evaluator: &mut Evaluator, text: &Text, scope: &Scope) -> Result<Text, String> {
    let mut renderer = Renderer { evaluator, result: Text::of(Fragment::empty()), scope: scope.clone(), depth: 0 };
    renderer.template(text)?;
    Ok(renderer.result)
}

/// A part of a template: bytes of its text.
#[derive(Debug, Clone)]
enum Part {
    Text(std::ops::Range<usize>),
    /// `{{ expression }}`, with all of it.
    Value(std::ops::Range<usize>, String),
    /// `{% words %}`.
    Block(String),
}

struct Renderer<'a, 'e> {
    evaluator: &'a mut Evaluator<'e>,
    result: Text,
    scope: Scope,
    depth: usize,
}

impl Renderer<'_, '_> {
    fn template(&mut self, text: &Text) -> Result<(), String> {
        let parts = parts(text.fragment().text());
        self.run(text, &parts)
    }

    fn run(&mut self, text: &Text, parts: &[Part]) -> Result<(), String> {
        let mut at = 0;
        while let Some(part) = parts.get(at) {
            at += 1;
            match part {
                Part::Text(range) => self.result.push(&text.slice(range.clone())),
                Part::Value(range, expression) => self.value(text, range.clone(), expression),
                Part::Block(words) => {
                    let end = end_of(parts, at);
                    self.block(text, words, parts.get(at..end).unwrap_or(&[]))?;
                    if opens(words) {
                        at = end + 1;
                    }
                }
            }
            if self.result.fragment().text().len() > LIMIT {
                return Err("the template grows past all use".to_owned());
            }
        }
        Ok(())
    }

    /// `{{ expression }}`: a value of the DAG, or one of a run.
    fn value(&mut self, text: &Text, range: std::ops::Range<usize>, expression: &str) {
        let here = || text.fragment().span(range.clone());
        let place = here().unwrap_or_else(|| Span::new(self.evaluator.source(), 0, 0));
        // A hole of the text already stands for a value of the script.
        if text.holes().iter().any(|hole| hole.name == expression) {
            self.result.push(&text.slice(range));
            return;
        }
        match self.known(expression, place) {
            Some(Value::Text(value)) => self.result.push(&value),
            Some(value) if self.evaluator.shown(&value).is_some() => {
                let shown = self.evaluator.shown(&value).unwrap_or_default();
                self.result.push(&Text::made(&shown, place));
            }
            _ => {
                let value = run_value(expression, self.scope.day);
                let template = format!("{{{{ {expression} }}}}");
                let name = super::finish::template(self.evaluator, &value.name, &template, value.default.as_deref());
                let hole = Hole { name, default: value.given, sql_type: "", reason: value.reason, span: place };
                self.result.push(&Text::hole(hole));
            }
        }
    }

    /// The value of an expression that the DAG itself gives.
    fn known(&mut self, expression: &str, place: Span) -> Option<Value> {
        let mut filters = expression.split('|').map(str::trim);
        let base = filters.next()?;
        let mut value = match self.scope.find(&path_of(base)) {
            Some(value) => value,
            None => self.call(base, place)?,
        };
        for filter in filters {
            value = self.filtered(&value, filter, place)?;
        }
        Some(value)
    }

    /// `name(arguments)`, where the DAG gives the function.
    fn call(&mut self, base: &str, place: Span) -> Option<Value> {
        let (name, rest) = base.split_once('(')?;
        let Some(Value::Function(function)) = self.scope.find(name.trim()) else { return None };
        let inner = rest.strip_suffix(')')?;
        let mut arguments = Vec::new();
        for argument in inner.split(',').map(str::trim).filter(|argument| !argument.is_empty()) {
            let value = self.literal(argument).or_else(|| {
                let value = run_value(argument, self.scope.day);
                let template = format!("{{{{ {argument} }}}}");
                let name = super::finish::template(self.evaluator, &value.name, &template, value.default.as_deref());
                let hole = Hole { name, default: value.given, sql_type: "", reason: value.reason, span: place };
                Some(Text::hole(hole).into_value())
            })?;
            arguments.push(value);
        }
        let arguments = Arguments::positional_values(arguments, place);
        Some(self.evaluator.call(&Value::Function(function), &arguments))
    }

    fn filtered(&self, value: &Value, filter: &str, place: Span) -> Option<Value> {
        let shown = |value: &Value| self.evaluator.shown(value);
        let (name, argument) = filter.split_once('(').map_or((filter, ""), |(name, rest)| (name, rest));
        let text = match name.trim() {
            "safe" | "string" | "int" | "default" | "d" => return Some(value.clone()),
            "upper" => shown(value)?.to_uppercase(),
            "lower" => shown(value)?.to_lowercase(),
            "trim" => shown(value)?.trim().to_owned(),
            "join" => {
                let items = value.items()?.iter().map(shown).collect::<Option<Vec<_>>>()?;
                let between = argument.trim_end().strip_suffix(')').unwrap_or("").trim().trim_matches(['\'', '"']);
                items.join(between)
            }
            _ => return None,
        };
        Some(Value::text(&text, place))
    }

    fn block(&mut self, text: &Text, words: &str, body: &[Part]) -> Result<(), String> {
        let (word, rest) =
            words.split_once(char::is_whitespace).map_or((words, ""), |(word, rest)| (word, rest.trim()));
        match word {
            "include" => self.include(rest),
            "raw" | "endraw" => Err("the template's `raw` block is not followed".to_owned()),
            "set" => {
                let (name, value) = rest.split_once('=').ok_or("the template's `set` block is not followed")?;
                let value = self.literal(value.trim()).ok_or("what the template sets is only known when it runs")?;
                self.scope.values.insert(name.trim().to_owned(), value);
                Ok(())
            }
            "for" => self.repeat(text, rest, body),
            "if" => self.choose(text, rest, body),
            _ => Err(format!("the template's `{word}` block is only decided when it runs")),
        }
    }

    fn include(&mut self, rest: &str) -> Result<(), String> {
        let path = rest.trim_start_matches(['\'', '"']);
        let path = path.split(['\'', '"']).next().unwrap_or(path).to_owned();
        let found = find(self.evaluator, &path, &self.scope);
        let file = found.ok_or_else(|| format!("the included file `{path}` is not among the inputs"))?;
        if self.depth >= INCLUDE_DEPTH {
            return Err(format!("`{path}` is included too deep"));
        }
        self.depth += 1;
        let done = self.template(&file);
        self.depth -= 1;
        done
    }

    fn repeat(&mut self, text: &Text, head: &str, body: &[Part]) -> Result<(), String> {
        let unknown = || format!("what the template's loop `{head}` runs over is only known when it runs");
        let (names, list) = head.split_once(" in ").ok_or_else(unknown)?;
        let over = list.trim();
        let over = over.strip_suffix(".items()").unwrap_or(over);
        let value = self.literal(over).ok_or_else(unknown)?;
        let items: Vec<Vec<Value>> = if let Some(entries) = value.entries() {
            entries.into_iter().map(|(key, value)| vec![key, value]).collect()
        } else {
            let several = |item: Value| item.items().filter(|_| names.contains(',')).unwrap_or(vec![item]);
            value.items().ok_or_else(unknown)?.into_iter().map(several).collect()
        };
        let outer = self.scope.clone();
        let count = items.len();
        for (at, item) in items.into_iter().enumerate() {
            for (name, value) in names.split(',').zip(item) {
                self.scope.values.insert(name.trim().to_owned(), value);
            }
            let number = |value: usize| Value::Int(i64::try_from(value).unwrap_or_default());
            let counts = [("loop.index", number(at + 1)), ("loop.index0", number(at))];
            let ends = [("loop.first", Value::Bool(at == 0)), ("loop.last", Value::Bool(at + 1 == count))];
            for (name, value) in counts.into_iter().chain(ends) {
                self.scope.values.insert(name.to_owned(), value);
            }
            self.run(text, body)?;
        }
        self.scope = outer;
        Ok(())
    }

    fn choose(&mut self, text: &Text, first: &str, body: &[Part]) -> Result<(), String> {
        let mut condition = Some(first.to_owned());
        let mut from = 0;
        loop {
            let (end, next) = next_branch(body, from);
            let holds = match &condition {
                None => true,
                Some(condition) => self
                    .test(condition)
                    .ok_or_else(|| format!("the template's condition `{condition}` is only decided when it runs"))?,
            };
            if holds {
                return self.run(text, body.get(from..end).unwrap_or(&[]));
            }
            condition = match next {
                Next::If(condition) => Some(condition),
                Next::Else => None,
                Next::End => return Ok(()),
            };
            from = end + 1;
        }
    }

    fn test(&self, condition: &str) -> Option<bool> {
        let condition = condition.trim();
        if let Some(rest) = condition.strip_prefix("not ") {
            return self.test(rest).map(|holds| !holds);
        }
        for (sign, equal) in [("==", true), ("!=", false)] {
            if let Some((left, right)) = condition.split_once(sign) {
                let show = |text: &str| self.literal(text.trim()).and_then(|value| self.evaluator.shown(&value));
                return Some((show(left)? == show(right)?) == equal);
            }
        }
        let simple = condition.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '[' | ']' | '\'' | '"'));
        self.literal(condition).filter(|_| simple)?.truth()
    }

    /// A literal, or a value of the DAG.
    fn literal(&self, text: &str) -> Option<Value> {
        let place = Span::new(self.evaluator.source(), 0, 0);
        if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let items = inner.split(',').map(str::trim).filter(|item| !item.is_empty());
            return Some(Value::list(items.map(|item| self.literal(item)).collect::<Option<Vec<_>>>()?));
        }
        for quote in ['\'', '"'] {
            let inner = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
            if let Some(inner) = inner.filter(|inner| !inner.contains(quote)) {
                return Some(Value::text(inner, place));
            }
        }
        match text {
            "true" | "True" => return Some(Value::Bool(true)),
            "false" | "False" => return Some(Value::Bool(false)),
            "none" | "None" => return Some(Value::None),
            _ => {}
        }
        if let Ok(number) = text.parse() {
            return Some(Value::Int(number));
        }
        self.scope.find(&path_of(text))
    }
}

fn opens(words: &str) -> bool {
    matches!(words.split_whitespace().next(), Some("for" | "if"))
}

/// The place of the block that closes the one before `from`; of a block that closes nothing, `from`.
fn end_of(parts: &[Part], from: usize) -> usize {
    let is_open = from.checked_sub(1).and_then(|at| parts.get(at)).is_some_and(|part| match part {
        Part::Block(words) => opens(words),
        Part::Text(_) | Part::Value(..) => false,
    });
    if !is_open {
        return from;
    }
    let mut depth = 1;
    for (at, part) in parts.iter().enumerate().skip(from) {
        let Part::Block(words) = part else { continue };
        if opens(words) {
            depth += 1;
        } else if matches!(words.as_str(), "endfor" | "endif") {
            depth -= 1;
            if depth == 0 {
                return at;
            }
        }
    }
    parts.len()
}

/// What follows a branch.
enum Next {
    If(String),
    Else,
    End,
}

/// Where the branch that starts at `from` ends, and what follows it.
fn next_branch(body: &[Part], from: usize) -> (usize, Next) {
    let mut depth = 0;
    for (at, part) in body.iter().enumerate().skip(from) {
        let Part::Block(words) = part else { continue };
        if opens(words) {
            depth += 1;
        } else if matches!(words.as_str(), "endfor" | "endif") {
            depth -= 1;
        } else if depth == 0 && words == "else" {
            return (at, Next::Else);
        } else if depth == 0
            && let Some(condition) = words.strip_prefix("elif ")
        {
            return (at, Next::If(condition.to_owned()));
        }
    }
    (body.len(), Next::End)
}

fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some((start, tag)) = text.get(at..).and_then(next_tag) {
        let start = at + start;
        if start > at {
            parts.push(Part::Text(at..start));
        }
        let inner = tag.get(2..tag.len().saturating_sub(2)).unwrap_or("").trim_matches(['-', '+']).trim();
        let end = start + tag.len();
        if tag.starts_with("{{") {
            parts.push(Part::Value(start..end, inner.to_owned()));
        } else if tag.starts_with("{%") {
            parts.push(Part::Block(inner.to_owned()));
        }
        at = end;
    }
    if at < text.len() {
        parts.push(Part::Text(at..text.len()));
    }
    parts
}

/// The first `{{ … }}`, `{% … %}` or `{# … #}`: where it starts, and all of it.
fn next_tag(text: &str) -> Option<(usize, &str)> {
    let pairs = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")];
    let first = pairs.iter().filter_map(|(open, close)| Some((text.find(open)?, *close))).min()?;
    let (start, close) = first;
    let len = text.get(start..)?.find(close)? + close.len();
    Some((start, text.get(start..start + len)?))
}

/// `params['a'].b` → `params.a.b`, without filters.
fn path_of(expression: &str) -> String {
    let path = expression.split('|').next().unwrap_or(expression).trim();
    path.replace("['", ".").replace("[\"", ".").replace("']", "").replace("\"]", "")
}
