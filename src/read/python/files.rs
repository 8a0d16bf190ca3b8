//! Files among the inputs that a script opens and reads.
//!
//! In: paths, as texts. Out: the file's text with its places. Never reads a disk: a file that is not among the inputs
//! is unknown.

use std::any::Any;
use std::rc::Rc;

use super::arguments::Arguments;
use super::evaluator::Evaluator;
use super::library::Object;
use super::value::Value;
use super::words::Text;
use crate::text::{Fragment, SourceId, Sources, Span, plain_path};

/// An open file.
#[derive(Debug)]
pub struct File {
    /// Its path, as the script gives it.
    pub path: String,
    /// Its text, when it is among the inputs.
    pub text: Option<Rc<Text>>,
    /// Where it is opened.
    pub span: Span,
}

/// `open(path)`.
pub(super) fn open(evaluator: &mut Evaluator, arguments: &Arguments) -> Value {
    let span = arguments.span;
    match arguments.get("file", 0) {
        Some(Value::Text(path)) => open_path(evaluator, path, span),
        _ => evaluator.unknown("file", "which file is opened is only known when it runs", span),
    }
}

/// `Path(path).open()`.
pub(super) fn open_path(evaluator: &mut Evaluator, path: &Rc<Text>, span: Span) -> Value {
    let shown = path.fragment().text().to_owned();
    let text = path.known().and_then(|path| read(evaluator.sources(), evaluator.source(), path)).map(Rc::new);
    Value::Object(Rc::new(File { path: shown, text, span }))
}

/// The text of a file among the inputs.
pub fn read(sources: &Sources, from: SourceId, path: &str) -> Option<Text> {
    let id = find(sources, from, path)?;
    let file = sources.get(id)?;
    Some(Text::of(Fragment::of_file(id, file)))
}

/// The file that a path means: relative to the script's folder, to a folder above it, or to where the run started;
/// else the only file whose path ends so.
pub fn find(sources: &Sources, from: SourceId, path: &str) -> Option<SourceId> {
    let path = normal(path);
    let here = sources.get(from).map_or("", |file| file.path.as_str());
    let mut folder = here.rsplit_once('/').map_or("", |(folder, _)| folder);
    loop {
        let candidate = if folder.is_empty() { path.clone() } else { normal(&format!("{folder}/{path}")) };
        if let Some(id) = sources.at_path(&candidate) {
            return Some(id);
        }
        if folder.is_empty() {
            break;
        }
        folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
    }
    let mut tail = path.trim_start_matches('/');
    while tail.contains('/') || !tail.is_empty() {
        let mut found = sources.ending(tail).filter(|id| *id != from);
        if let (Some(id), None) = (found.next(), found.next()) {
            return Some(id);
        }
        let Some((_, rest)) = tail.split_once('/') else { break };
        tail = rest;
    }
    None
}

/// A path without `.`, and with `..` taken up where there is a folder before it.
pub fn normal(path: &str) -> String {
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", plain_path(path))
}

impl Object for File {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        format!("the file `{}`", self.path)
    }

    fn attribute(self: Rc<Self>, _evaluator: &mut Evaluator, name: &str, span: Span) -> Option<Value> {
        (name == "name").then(|| Value::text(&self.path, span))
    }

    fn method(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
        let missing = || Value::unknown("file", format!("the file `{}` is not among the inputs", self.path), self.span);
        match name {
            "read" => Some(self.text.clone().map_or_else(missing, Value::Text)),
            "readlines" => match self.clone().iterate(evaluator, arguments.span) {
                Some(lines) => Some(Value::list(lines)),
                None => Some(missing()),
            },
            "write" | "writelines" => {
                evaluator.note("it writes a file");
                Some(Value::None)
            }
            "close" | "seek" | "flush" => Some(Value::None),
            _ => Some(missing()),
        }
    }

    fn iterate(self: Rc<Self>, _evaluator: &mut Evaluator, _span: Span) -> Option<Vec<Value>> {
        let text = self.text.as_ref()?;
        let mut at = 0;
        let mut lines = Vec::new();
        for line in text.known()?.split_inclusive('\n') {
            lines.push(text.slice(at..at + line.len()).into_value());
            at += line.len();
        }
        Some(lines)
    }
}
