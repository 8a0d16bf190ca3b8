//! The standard library, as far as scripts use it to put text together: environment, arguments, paths, templates.
//!
//! In: calls of imported names. Out: values; what comes from outside becomes a parameter.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use super::arguments::{Argument, Arguments};
use super::evaluator::Evaluator;
use super::files;
use super::library::Object;
use super::operator::Operation;
use super::value::{External, Value};
use super::words::Text;
use crate::text::{Fragment, Span};

/// The value of a text, or of a file that is open.
fn parsed(given: &Value, parse: fn(&str, Span) -> Option<Value>, span: Span) -> Option<Value> {
    match given {
        Value::Text(text) => parse(text.known()?, text.fragment().whole().unwrap_or(span)),
        given => {
            let text = given.object::<files::File>()?.text.clone()?;
            parse(text.known()?, text.fragment().whole().unwrap_or(span))
        }
    }
}

/// What a call of the standard library gives; none when it is not followed.
pub(super) fn call(evaluator: &mut Evaluator, callee: &Rc<External>, arguments: &Arguments) -> Option<Value> {
    if !callee.imported {
        return None;
    }
    let span = arguments.span;
    let first = || arguments.positional(0).map(|item| item.value.clone());
    match callee.path.as_str() {
        "os.getenv" | "os.environ.get" => {
            let name = arguments.get("key", 0)?.as_text()?.to_owned();
            let default = arguments.get("default", 1).cloned();
            Some(evaluator.typed_parameter(&name, default.as_ref(), "text", span))
        }
        "argparse.ArgumentParser" => Some(Value::Object(Rc::new(Command::default()))),
        "os.path.join" | "posixpath.join" => join_all(evaluator, &arguments.positionals(), span),
        "pathlib.Path" | "pathlib.PurePath" | "pathlib.PosixPath" | "pathlib.PurePosixPath" => {
            join_all(evaluator, &arguments.positionals(), span)
        }
        "os.path.dirname" => parent(&first()?, span),
        "os.path.basename" => path_attribute(&first()?, "name", span),
        "os.path.splitext" | "os.path.split" => halves(&first()?, callee.last(), span),
        "os.path.abspath"
        | "os.path.realpath"
        | "os.path.normpath"
        | "os.path.expanduser"
        | "os.fspath"
        | "textwrap.dedent"
        | "inspect.cleandoc"
        | "copy.copy"
        | "copy.deepcopy"
        | "functools.lru_cache"
        | "functools.cache"
        | "contextlib.contextmanager"
        | "functools.wraps()"
        | "contextlib.closing"
        | "contextlib.suppress"
        | "contextlib.nullcontext" => first(),
        "functools.partial" => Some(Value::Object(Rc::new(Partial { arguments: arguments.clone() }))),
        "json.load" | "json.loads" => parsed(&first()?, super::data::json, span),
        "yaml.safe_load" | "yaml.load" | "yaml.full_load" => parsed(&first()?, super::data::yaml, span),
        "io.open" | "codecs.open" => Some(files::open(evaluator, arguments)),
        "string.Template" | "jinja2.Template" => match first()? {
            Value::Text(text) => Some(Value::Object(Rc::new(Template { text, braces: callee.path.starts_with('j') }))),
            _ => None,
        },
        "itertools.chain" => chained(evaluator, &arguments.positionals(), span),
        "itertools.chain.from_iterable" => {
            let lists = evaluator.iterate(&first()?, span)?;
            chained(evaluator, &lists, span)
        }
        "collections.namedtuple" => super::kinds::named_tuple(evaluator, arguments),
        "functools.reduce" => reduce(evaluator, arguments),
        "itertools.product" => product(evaluator, arguments),
        "collections.OrderedDict" | "collections.defaultdict" => {
            let entries = arguments.positionals().iter().find_map(Value::entries);
            Some(Value::dict(entries.unwrap_or_default()))
        }
        path if path.starts_with("re.") => super::patterns::call(callee, arguments),
        path => operator(evaluator, path.strip_prefix("operator.")?, arguments),
    }
}

/// `os.environ["NAME"]`, `sys.argv[1]`.
pub(super) fn subscript(evaluator: &mut Evaluator, of: &Rc<External>, key: &Value, span: Span) -> Option<Value> {
    match of.path.as_str() {
        "os.environ" => {
            let name = key.as_text()?.to_owned();
            Some(evaluator.typed_parameter(&name, None, "text", span))
        }
        "sys.argv" => Some(evaluator.typed_parameter(&format!("argument_{}", key.integer()?), None, "text", span)),
        _ => None,
    }
}

/// `left / right` of two paths, which are plain texts here.
pub(super) fn join_paths(left: &Value, right: &Value, _span: Span) -> Option<Value> {
    let (Value::Text(left), Value::Text(right)) = (left, right) else { return None };
    if right.fragment().text().starts_with('/') || left.fragment().text().is_empty() {
        return Some(Value::Text(right.clone()));
    }
    let mut joined = left.as_ref().clone();
    if !left.fragment().text().ends_with('/') {
        let place = left.fragment().whole().or(right.fragment().whole())?;
        joined.push(&Text::made("/", place));
    }
    joined.push(right);
    Some(joined.into_value())
}

fn join_all(evaluator: &Evaluator, parts: &[Value], span: Span) -> Option<Value> {
    let mut parts = parts.iter();
    let Some(first) = parts.next() else { return Some(Value::text(".", span)) };
    let joined = parts.try_fold(first.clone(), |joined, part| join_paths(&joined, part, span));
    joined.or_else(|| Some(evaluator.unknown("path", "a part of the path is only known when it runs", span)))
}

fn parent(path: &Value, span: Span) -> Option<Value> {
    let Value::Text(text) = path else { return None };
    let whole = text.fragment().text().trim_end_matches('/');
    match whole.rfind('/') {
        Some(at) => Some(text.slice(0..at.max(1)).into_value()),
        None => Some(Value::text("", span)),
    }
}

/// A path in two: `splitext` before its ending, `split` before its last name.
fn halves(path: &Value, function: &str, span: Span) -> Option<Value> {
    let Value::Text(text) = path else { return None };
    if function == "split" {
        return Some(Value::tuple(vec![parent(path, span)?, path_attribute(path, "name", span)?]));
    }
    let suffix = path_attribute(path, "suffix", span)?;
    let len = text.fragment().text().len() - suffix.as_text().map_or(0, str::len);
    Some(Value::tuple(vec![text.slice(0..len).into_value(), suffix]))
}

/// Attributes that a text has when it is a path.
pub(super) fn path_attribute(path: &Value, name: &str, span: Span) -> Option<Value> {
    let Value::Text(text) = path else { return None };
    let whole = text.fragment().text();
    let start = whole.rfind('/').map_or(0, |at| at + 1);
    let dot = whole.rfind('.').filter(|at| *at > start).unwrap_or(whole.len());
    match name {
        "parent" => parent(path, span),
        "parents" => {
            let above = |path: &Value| parent(path, span).filter(|up| up.as_text().is_some_and(|up| !up.is_empty()));
            Some(Value::tuple(std::iter::successors(above(path), above).chain([Value::text(".", span)]).collect()))
        }
        "name" => Some(text.slice(start..whole.len()).into_value()),
        "stem" => Some(text.slice(start..dot).into_value()),
        "suffix" => Some(text.slice(dot..whole.len()).into_value()),
        _ => None,
    }
}

/// Methods that a text has when it is a path.
pub(super) fn path_method(
    evaluator: &mut Evaluator,
    path: &Rc<Text>,
    name: &str,
    arguments: &Arguments,
) -> Option<Value> {
    let value = Value::Text(path.clone());
    match name {
        "resolve" | "absolute" | "expanduser" | "as_posix" | "__str__" => Some(value),
        "joinpath" => {
            let mut parts = vec![value];
            parts.extend(arguments.positionals());
            join_all(evaluator, &parts, arguments.span)
        }
        "open" => Some(files::open_path(evaluator, path, arguments.span)),
        "read_text" => {
            let file = files::open_path(evaluator, path, arguments.span);
            Some(evaluator.call_method(&file, "read", &Arguments::none(arguments.span)))
        }
        _ => None,
    }
}

fn chained(evaluator: &mut Evaluator, lists: &[Value], span: Span) -> Option<Value> {
    let lists: Option<Vec<_>> = lists.iter().map(|list| evaluator.iterate(list, span)).collect();
    Some(Value::list(lists?.into_iter().flatten().collect()))
}

/// `functools.reduce(function, items[, first])`.
fn reduce(evaluator: &mut Evaluator, arguments: &Arguments) -> Option<Value> {
    let span = arguments.span;
    let function = arguments.positional(0)?.value.clone();
    let over = arguments.positional(1)?.value.clone();
    let mut items = evaluator.iterate(&over, span)?.into_iter();
    let first = match arguments.get("initial", 2) {
        Some(first) => first.clone(),
        None => items.next()?,
    };
    Some(
        items.fold(first, |so_far, item| {
            evaluator.call(&function, &Arguments::positional_values(vec![so_far, item], span))
        }),
    )
}

/// A function of the module `operator`.
fn operator(evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
    let operation = match name.trim_matches('_') {
        "add" | "iadd" | "concat" | "iconcat" => Operation::Add,
        "sub" | "isub" => Operation::Subtract,
        "mul" | "imul" => Operation::Multiply,
        "truediv" => Operation::Divide,
        "or" | "ior" => Operation::Or,
        "and" | "iand" => Operation::And,
        "eq" => Operation::Equal,
        "ne" => Operation::NotEqual,
        "lt" => Operation::Less,
        "le" => Operation::LessOrEqual,
        "gt" => Operation::Greater,
        "ge" => Operation::GreaterOrEqual,
        "itemgetter" | "attrgetter" => {
            return Some(Value::Object(Rc::new(Getter { items: name == "itemgetter", of: arguments.positionals() })));
        }
        _ => return None,
    };
    let [left, right] = <[Value; 2]>::try_from(arguments.positionals()).ok()?;
    Some(evaluator.operate(operation, &left, &right, arguments.span))
}

/// `itemgetter(…)`, `attrgetter(…)`.
#[derive(Debug)]
struct Getter {
    items: bool,
    of: Vec<Value>,
}

impl Object for Getter {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "a getter".to_owned()
    }

    fn call(self: Rc<Self>, evaluator: &mut Evaluator, arguments: &Arguments) -> Option<Value> {
        let from = arguments.positional(0)?.value.clone();
        let mut got = Vec::new();
        for key in &self.of {
            got.push(if self.items {
                evaluator.subscript(&from, key, arguments.span)
            } else {
                let path = key.as_text()?.to_owned();
                path.split('.').fold(from.clone(), |value, name| evaluator.attribute(&value, name, arguments.span))
            });
        }
        match <[Value; 1]>::try_from(got) {
            Ok([only]) => Some(only),
            Err(several) => Some(Value::tuple(several)),
        }
    }
}

fn product(evaluator: &mut Evaluator, arguments: &Arguments) -> Option<Value> {
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for list in arguments.positionals() {
        let items = evaluator.iterate(&list, arguments.span)?;
        let longer = |row: &Vec<Value>| {
            let row = row.clone();
            items.clone().into_iter().map(move |item| row.iter().cloned().chain([item]).collect())
        };
        rows = rows.iter().flat_map(longer).collect();
        if rows.len() > 10_000 {
            return None;
        }
    }
    Some(Value::list(rows.into_iter().map(Value::tuple).collect()))
}

/// An `argparse` parser, and what it parses to: the arguments with their defaults.
#[derive(Debug, Default)]
struct Command {
    /// The name of each argument, its default, and its type in SQL.
    defaults: RefCell<Vec<(String, Value, &'static str)>>,
}

impl Object for Command {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "the arguments of the command".to_owned()
    }

    fn method(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
        match name {
            "add_argument" => {
                let flags: Vec<String> = arguments.positionals().iter().filter_map(Value::texts).flatten().collect();
                let flag = flags.iter().find(|flag| flag.starts_with("--")).or(flags.first())?;
                let dest = arguments.keyword("dest").and_then(Value::as_text).unwrap_or(flag);
                let dest = dest.trim_start_matches('-').replace('-', "_");
                let default = arguments.keyword("default").cloned().unwrap_or(Value::None);
                evaluator.configure(format!("the parameter `{dest}`"));
                let sql_type = type_of(arguments.keyword("type"), &default);
                self.defaults.borrow_mut().push((dest, default, sql_type));
                Some(Value::None)
            }
            "parse_known_args" => Some(Value::tuple(vec![Value::Object(self), Value::list(Vec::new())])),
            _ => Some(Value::Object(self)),
        }
    }

    fn attribute(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, span: Span) -> Option<Value> {
        let known = self.defaults.borrow().iter().find(|(known, ..)| known == name).cloned();
        known.map(|(_, default, sql_type)| evaluator.typed_parameter(name, Some(&default), sql_type, span))
    }
}

/// What an argument's `type` is in SQL; without one it is text, unless its default tells otherwise.
fn type_of(given: Option<&Value>, default: &Value) -> &'static str {
    match (given, default) {
        (Some(Value::Builtin("int")), _) | (None, Value::Int(_)) => "bigint",
        (Some(Value::Builtin("float")), _) | (None, Value::Float(_)) => "double precision",
        (Some(Value::Builtin("str")), _) | (None, Value::Text(_) | Value::None) => "text",
        _ => "",
    }
}

/// `functools.partial(function, …)`.
#[derive(Debug)]
struct Partial {
    arguments: Arguments,
}

impl Object for Partial {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "a partial call".to_owned()
    }

    fn call(self: Rc<Self>, evaluator: &mut Evaluator, arguments: &Arguments) -> Option<Value> {
        let (function, bound) = self.arguments.items.split_first()?;
        let mut all = arguments.clone();
        // What the call gives by name stands in place of what was bound by that name: the last one counts.
        all.items = bound.iter().chain(&arguments.items).cloned().collect();
        let last = |at: usize, item: &Argument| {
            item.name.is_none() || all.items.iter().skip(at + 1).all(|later| later.name != item.name)
        };
        all.items = all.items.iter().enumerate().filter(|(at, item)| last(*at, item)).map(|it| it.1.clone()).collect();
        Some(evaluator.call(&function.value, &all))
    }
}

/// `string.Template` and `jinja2.Template`.
#[derive(Debug)]
struct Template {
    text: Rc<Text>,
    braces: bool,
}

impl Object for Template {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "a template".to_owned()
    }

    fn method(self: Rc<Self>, _evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
        if !matches!(name, "render" | "substitute" | "safe_substitute") {
            return None;
        }
        let mut values: Vec<(String, Value)> = Vec::new();
        if let Some(entries) = arguments.positional(0).and_then(|item| item.value.entries()) {
            values.extend(entries.into_iter().filter_map(|(key, value)| Some((key.as_text()?.to_owned(), value))));
        }
        values.extend(arguments.keywords().map(|(name, item)| (name.to_owned(), item.value.clone())));
        Some(self.fill(&values, arguments.span))
    }
}

impl Template {
    fn fill(&self, values: &[(String, Value)], span: Span) -> Value {
        let whole = self.text.fragment().text();
        let mut result = Text::of(Fragment::empty());
        let mut at = 0;
        while let Some((start, end, name)) = whole.get(at..).and_then(|rest| placeholder(rest, self.braces)) {
            result.push(&self.text.slice(at..at + start));
            match values.iter().find(|(known, _)| known == name) {
                Some((_, value)) => {
                    let piece = Evaluator::formatted(value, "", name, span);
                    result.push(&piece);
                }
                None => result.push(&self.text.slice(at + start..at + end)),
            }
            at += end;
        }
        result.push(&self.text.slice(at..whole.len()));
        result.into_value()
    }
}

/// The first placeholder: its bytes, and its name.
fn placeholder(text: &str, braces: bool) -> Option<(usize, usize, &str)> {
    let opening = if braces { "{{" } else { "$" };
    let mut from = 0;
    loop {
        let start = from + text.get(from..)?.find(opening)?;
        let rest = text.get(start + opening.len()..)?;
        let (name, len) = if braces {
            let end = rest.find("}}")?;
            (rest.get(..end)?.trim(), end + 2)
        } else if let Some(inner) = rest.strip_prefix('{') {
            let end = inner.find('}')?;
            (inner.get(..end)?, end + 2)
        } else {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            (rest.get(..end)?, end)
        };
        if !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_') {
            return Some((start, start + opening.len() + len, name));
        }
        from = start + opening.len();
    }
}
