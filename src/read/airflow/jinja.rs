//! Templates in task arguments: files, includes, and values that the DAG itself gives.
//!
//! In: an argument's text, and the task's arguments. Out: the text that Airflow would render, as far as it is known
//! before a run; `{{ ds }}` and the like stay, for the SQL reader to make parameters of. Never guesses which branch of
//! a `{% if %}` is taken.

use std::collections::BTreeMap;

use crate::read::python::{Evaluator, Text, Value, files};
use crate::text::Fragment;

/// How deep includes may go.
const INCLUDE_DEPTH: usize = 5;

/// What a template can refer to.
#[derive(Debug, Default)]
pub struct Scope {
    /// Folders that template files are looked for in, before the DAG's own.
    pub folders: Vec<String>,
    /// Names and paths with their values: `params.schema`, macros of the DAG.
    pub values: BTreeMap<String, Value>,
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
}

/// The text of an argument: of the file that it names, when it names one. The error says why it is not known.
pub fn load(evaluator: &Evaluator, text: &Text, scope: &Scope) -> Result<Text, String> {
    let shown = text.fragment().text().trim();
    let is_file =
        [".sql", ".hql", ".bql", ".ddl", ".dml"].iter().any(|ending| shown.to_ascii_lowercase().ends_with(ending))
            && !shown.contains(char::is_whitespace);
    if !is_file {
        return render(evaluator, text, scope, 0);
    }
    if text.known().is_none() || shown.contains("{{") {
        return Err(format!("which file `{shown}` is is only known at run time"));
    }
    match find(evaluator, shown, scope) {
        Some(file) => render(evaluator, &file, scope, 0),
        None => Err(format!("the file `{shown}` is not among the inputs")),
    }
}

fn find(evaluator: &Evaluator, path: &str, scope: &Scope) -> Option<Text> {
    let (sources, source) = (evaluator.sources(), evaluator.source());
    let mut places: Vec<String> = scope.folders.iter().map(|folder| format!("{folder}/{path}")).collect();
    places.push(path.to_owned());
    places.iter().find_map(|place| files::read(sources, source, place))
}

fn render(evaluator: &Evaluator, text: &Text, scope: &Scope, depth: usize) -> Result<Text, String> {
    let whole = text.fragment().text();
    let mut result = Text::of(Fragment::empty());
    let mut at = 0;
    while let Some((start, tag)) = whole.get(at..).and_then(next_tag) {
        let start = at + start;
        result.push(&text.slice(at..start));
        let end = start + tag.len();
        let inner = tag.get(2..tag.len().saturating_sub(2)).unwrap_or("").trim_matches(['-', '+']).trim();
        if tag.starts_with("{#") {
            at = end;
            continue;
        }
        if tag.starts_with("{%") {
            result.push(&block(evaluator, inner, scope, depth)?);
            at = end;
            continue;
        }
        match scope.values.get(&path_of(inner)) {
            Some(Value::Text(value)) => result.push(value),
            Some(value) => match evaluator.shown(value) {
                Some(shown) => {
                    let place = text
                        .fragment()
                        .span(start..end)
                        .unwrap_or_else(|| crate::text::Span::new(evaluator.source(), 0, 0));
                    result.push(&Text::made(&shown, place));
                }
                None => result.push(&text.slice(start..end)),
            },
            None => result.push(&text.slice(start..end)),
        }
        at = end;
    }
    result.push(&text.slice(at..whole.len()));
    Ok(result)
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

fn block(evaluator: &Evaluator, inner: &str, scope: &Scope, depth: usize) -> Result<Text, String> {
    let Some(rest) = inner.strip_prefix("include") else {
        let word = inner.split_whitespace().next().unwrap_or("");
        return Err(format!("the template's `{word}` block is only decided when it runs"));
    };
    let path = rest.trim().trim_start_matches(['\'', '"']);
    let path = path.split(['\'', '"']).next().unwrap_or(path);
    let file =
        find(evaluator, path, scope).ok_or_else(|| format!("the included file `{path}` is not among the inputs"))?;
    if depth >= INCLUDE_DEPTH {
        return Err(format!("`{path}` is included too deep"));
    }
    render(evaluator, &file, scope, depth + 1)
}
