//! `.str` of a Series; the object also stands for `.dt` (see `times`).

use std::any::Any;
use std::rc::Rc;

use super::characters;
use super::context::{Answer, Context, refuse};
use super::dataframe;
use super::rest;
use super::rows::{self, Handled};
use super::series::{Series, operand};
use crate::finding::Code;
use crate::frame::{Binary, Expr, Function, Literal, Type};
use crate::read::python::{Arguments, Evaluator, Object, Value};
use crate::text::Span;

/// What Python's `str.strip` takes off: every character that Unicode calls white space, and four separators.
pub const WHITE_SPACE: &str = " \t\n\u{b}\u{c}\r\u{1c}\u{1d}\u{1e}\u{1f}\u{85}\u{a0}\u{1680}\u{2000}\u{2001}\u{2002}\
\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}";

/// `series.str` or `series.dt`.
#[derive(Debug)]
pub struct Accessor {
    /// The Series.
    pub series: Rc<Series>,
    time: bool,
    /// For `.str.split(…)`: the separator, and the Series of lists that it gave.
    split: Option<String>,
    /// How often it is cut at most.
    limit: Option<i64>,
    /// Whether the cuts are counted from the end.
    from_end: bool,
    /// Whether the parts are columns.
    expands: bool,
}

impl Accessor {
    /// `series.str`.
    pub fn text(series: &Rc<Series>) -> Value {
        Value::Object(Rc::new(Self {
            series: series.clone(),
            time: false,
            split: None,
            limit: None,
            from_end: false,
            expands: false,
        }))
    }

    /// `series.dt`.
    pub fn time(series: &Rc<Series>) -> Value {
        Value::Object(Rc::new(Self {
            series: series.clone(),
            time: true,
            split: None,
            limit: None,
            from_end: false,
            expands: false,
        }))
    }

    /// The Series with another value.
    pub fn map(&self, function: Function, more: Vec<Expr>) -> Value {
        let mut arguments = vec![self.series.expr.clone()];
        arguments.extend(more);
        self.series.with(Expr::Call(function, arguments))
    }
}

impl Object for Accessor {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "the texts of a Series".to_owned()
    }

    fn attribute(self: Rc<Self>, _evaluator: &mut Evaluator, name: &str, _span: Span) -> Option<Value> {
        if self.split.is_some() && name == "str" {
            return Some(Value::Object(self));
        }
        if !self.time {
            return None;
        }
        super::times::attribute(&self.series, name)
    }

    fn method(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
        // A text of nothing but white space has no parts, and is not told apart from a missing one.
        let is_plain = !matches!(self.series.expr, Expr::Call(Function::NullIf, _));
        if let (Some(separator), "len", None, true) = (&self.split, name, self.limit, is_plain) {
            return Some(self.series.with(characters::number_of_parts(&self.series.expr, separator)));
        }
        if self.split.is_some() && name != "get" {
            return None;
        }
        if let Some(answer) = super::periods::method(&self, name, arguments).filter(|_| self.time) {
            let mut context = Context::new(evaluator, arguments.span);
            return Some(answer.unwrap_or_else(|refusal| dataframe::unknown(&mut context, name, &refusal)));
        }
        let (table, others) = if self.time { (rows::TIME, rest::TIME) } else { (rows::TEXT, rest::TEXT) };
        let handled = rows::find(table, name).map(|row| row.handled).or_else(|| rest::find(others, name))?;
        let mut context = Context::new(evaluator, arguments.span);
        let answer = match handled {
            Handled::Sql(run) => run(&self, &mut context, arguments),
            Handled::Dropped(_) => return Some(Value::Object(self.series.clone())),
            Handled::Refused(reason) => refuse(reason),
        };
        Some(answer.unwrap_or_else(|refusal| dataframe::unknown(&mut context, name, &refusal)))
    }

    fn subscript(self: Rc<Self>, evaluator: &mut Evaluator, key: &Value, span: Span) -> Option<Value> {
        let mut context = Context::new(evaluator, span);
        let answer = part(&self, key);
        Some(answer.unwrap_or_else(|refusal| dataframe::unknown(&mut context, "str", &refusal)))
    }
}

/// `series.str[…]`.
fn part(accessor: &Accessor, key: &Value) -> Answer<Value> {
    if let Some(at) = key.integer() {
        return match &accessor.split {
            Some(_) => accessor.part_of_split(at),
            None if at >= 0 => Ok(character(accessor, at)),
            None => Ok(accessor.series.with(characters::from_end(&accessor.series.expr, at))),
        };
    }
    let (Value::Slice(parts), None) = (key, &accessor.split) else { return refuse("a part of a text is not known") };
    let [start, stop, step] = parts.as_ref();
    slice_of(accessor, start, stop, step)
}

/// The character at a position; missing past the end.
fn character(accessor: &Accessor, at: i64) -> Value {
    let one =
        Expr::Call(Function::Substring, vec![accessor.series.expr.clone(), Expr::integer(at + 1), Expr::integer(1)]);
    accessor.series.with(Expr::Call(Function::NullIf, vec![one, Expr::text("")]))
}

impl Accessor {
    /// A part of a text that is cut.
    pub fn part_of_split(&self, at: i64) -> Answer<Value> {
        let Some(separator) = &self.split else { return refuse("a part of a text is not known") };
        if self.from_end && self.limit.is_some() {
            let text = &self.series.expr;
            return match (self.limit, at) {
                (_, -1) => Ok(self.map(Function::SplitPart, vec![Expr::text(separator), Expr::integer(-1)])),
                (Some(1), 0) => Ok(self.series.with(characters::before_last(text, separator))),
                _ => refuse("texts are cut only so often"),
            };
        }
        if let (Some(1), 1) = (self.limit, at) {
            return Ok(self.series.with(behind(&self.series.expr, separator)));
        }
        if self.limit.is_some() && at != 0 {
            return refuse("texts are cut only so often");
        }
        let mut more = vec![Expr::text(separator)];
        match at {
            0 => {}
            -1 => more.push(Expr::integer(-1)),
            at if at > 0 => more.push(Expr::integer(at + 1)),
            _ => return refuse("a part of a split text is counted from the end"),
        }
        Ok(self.map(Function::SplitPart, more))
    }

    /// The list of the parts of each text; none where nothing is cut, or not everywhere.
    pub fn list(&self) -> Option<Expr> {
        let separator = self.split.as_ref().filter(|_| self.limit.is_none() && !self.expands)?;
        Some(Expr::Call(Function::SplitList, vec![self.series.expr.clone(), Expr::text(separator)]))
    }
}

/// What stands behind the first separator; missing where there is none.
fn behind(text: &Expr, separator: &str) -> Expr {
    let place = Expr::Call(Function::Position, vec![text.clone(), Expr::text(separator)]);
    let length = i64::try_from(separator.chars().count()).unwrap_or(1);
    let start = Expr::binary(Binary::Add, place.clone(), Expr::integer(length));
    let rest = Expr::Call(Function::Substring, vec![text.clone(), start]);
    let found = Expr::binary(Binary::Greater, place, Expr::integer(0));
    Expr::Case { arms: vec![(found, rest)], otherwise: None }
}

/// `.str.count("a")`: plain texts only.
pub fn count(accessor: &Rc<Accessor>, _context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let wanted = pattern(arguments, "pat")?;
    if !is_literal(wanted) || wanted.is_empty() {
        return refuse("matches of a regular expression are counted");
    }
    let text = accessor.series.expr.clone();
    let length = |text: Expr| Expr::Call(Function::Length, vec![text]);
    let rest = Expr::Call(Function::Replace, vec![text.clone(), Expr::text(wanted), Expr::text("")]);
    let missing = Expr::binary(Binary::Subtract, length(text), length(rest));
    let size = i64::try_from(wanted.chars().count()).unwrap_or(1);
    if size == 1 {
        return Ok(accessor.series.with(missing));
    }
    let times = Expr::binary(Binary::Divide, missing, Expr::integer(size)).cast(Type::Integer);
    Ok(accessor.series.with(times))
}

/// `.str.find("a")`: from 0, and -1 where it is not.
pub fn find(accessor: &Rc<Accessor>, _context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    if arguments.items.len() != 1 {
        return refuse("a text is looked for in a part of another");
    }
    let wanted = pattern(arguments, "sub")?;
    let place = Expr::Call(Function::Position, vec![accessor.series.expr.clone(), Expr::text(wanted)]);
    Ok(accessor.series.with(Expr::binary(Binary::Subtract, place, Expr::integer(1))))
}

/// `.str.removeprefix("a")`, `.str.removesuffix("a")`.
pub fn without(accessor: &Rc<Accessor>, arguments: &Arguments, start: bool) -> Answer<Value> {
    let part = pattern(arguments, if start { "prefix" } else { "suffix" })?;
    let text = accessor.series.expr.clone();
    let length = i64::try_from(part.chars().count()).unwrap_or(0);
    let (function, rest) = if start {
        (Function::StartsWith, Expr::Call(Function::Substring, vec![text.clone(), Expr::integer(length + 1)]))
    } else {
        (Function::EndsWith, Expr::Call(Function::Left, vec![text.clone(), Expr::integer(-length)]))
    };
    if part.is_empty() {
        return Ok(Value::Object(accessor.series.clone()));
    }
    let found = Expr::Call(function, vec![text.clone(), Expr::text(part)]);
    Ok(accessor.series.with(Expr::case(found, rest, text)))
}

fn slice_of(accessor: &Accessor, start: &Value, stop: &Value, step: &Value) -> Answer<Value> {
    let number = |value: &Value| match value {
        Value::None => Ok(None),
        value => value.integer().map_or_else(|| refuse("a part of a text is not known"), |number| Ok(Some(number))),
    };
    if !matches!(step, Value::None) {
        return refuse("every other character is taken");
    }
    match (number(start)?.filter(|start| *start != 0), number(stop)?) {
        (None, None) => Ok(Value::Object(accessor.series.clone())),
        (None, Some(stop)) => Ok(accessor.map(Function::Left, vec![Expr::integer(stop)])),
        (Some(start), None) if start < 0 => Ok(accessor.map(Function::Right, vec![Expr::integer(-start)])),
        (Some(start), None) => Ok(accessor.map(Function::Substring, vec![Expr::integer(start + 1)])),
        (Some(start), Some(stop)) if start > 0 && stop > start => {
            Ok(accessor.map(Function::Substring, vec![Expr::integer(start + 1), Expr::integer(stop - start)]))
        }
        (start, Some(stop)) => {
            let cut = characters::between(&accessor.series.expr, start.unwrap_or(0), stop);
            cut.map_or_else(
                || refuse("a part of a text is counted from both ends"),
                |cut| Ok(accessor.series.with(cut)),
            )
        }
    }
}

/// `.str.slice(start, stop)`.
pub fn slice(accessor: &Rc<Accessor>, _context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let get = |name: &str, at: usize| arguments.get(name, at).cloned().unwrap_or(Value::None);
    slice_of(accessor, &get("start", 0), &get("stop", 1), &get("step", 2))
}

/// `.str.get(n)`.
pub fn get(accessor: &Rc<Accessor>, _context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    part(accessor, arguments.get("i", 0).unwrap_or(&Value::None))
}

/// `.str.lower()` and other functions of nothing but the text.
pub fn plain(accessor: &Rc<Accessor>, function: Function) -> Answer<Value> {
    Ok(accessor.map(function, Vec::new()))
}

/// `.str.strip()`, with the characters that Python takes off.
pub fn strip(accessor: &Rc<Accessor>, arguments: &Arguments, function: Function) -> Answer<Value> {
    let characters = match arguments.get("to_strip", 0) {
        None | Some(Value::None) => WHITE_SPACE,
        Some(value) => match value.as_text() {
            Some(text) => return Ok(accessor.map(function, vec![Expr::text(text)])),
            None => return refuse("the characters that are stripped are not known"),
        },
    };
    Ok(accessor.map(function, vec![Expr::text(characters)]))
}

fn pattern<'a>(arguments: &'a Arguments, name: &str) -> Answer<&'a str> {
    let text = arguments.get(name, 0).and_then(Value::as_text);
    text.map_or_else(|| refuse("the text that is looked for is not known"), Ok)
}

fn flag(arguments: &Arguments, name: &str, default: bool) -> Answer<bool> {
    let value = arguments.keyword(name).map_or(Some(default), Value::truth);
    value.map_or_else(|| refuse(format!("`{name}` is not known")), Ok)
}

/// What a missing text is found to hold: missing stays missing, unless `na` says otherwise.
fn with_na(accessor: &Accessor, context: &Context, arguments: &Arguments, found: Expr) -> Answer<Value> {
    match arguments.keyword("na") {
        // From pandas 3 on nothing is found in a missing text.
        None if context.is_three() && accessor.series.table.nullable(&found) => {
            Ok(accessor.series.with(Expr::coalesce(found, Expr::Literal(Literal::Bool(false)))))
        }
        Some(Value::Bool(value)) if accessor.series.table.nullable(&found) => {
            Ok(accessor.series.with(Expr::coalesce(found, Expr::Literal(Literal::Bool(*value)))))
        }
        None | Some(Value::None | Value::Bool(_)) => Ok(accessor.series.with(found)),
        Some(_) => refuse("what stands for a missing text is not known"),
    }
}

/// `.str.contains(pattern)`: a regular expression, unless `regex=False`.
pub fn contains(accessor: &Rc<Accessor>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let wanted = pattern(arguments, "pat")?;
    let (mut case, regex) = (flag(arguments, "case", true)?, flag(arguments, "regex", true)?);
    match arguments.get("flags", 2) {
        None => {}
        Some(flags) if is_ignoring_case(flags) => case = false,
        Some(_) => return refuse("a regular expression has flags"),
    }
    if !case && wanted.contains('\\') {
        return refuse("the letters of a regular expression are not told apart");
    }
    let text = accessor.series.expr.clone();
    let (text, wanted) =
        if case { (text, wanted.to_owned()) } else { (Expr::Call(Function::Lower, vec![text]), wanted.to_lowercase()) };
    let found = if !regex || is_literal(&wanted) {
        Expr::Call(Function::ContainsText, vec![text, Expr::text(&wanted)])
    } else {
        Expr::Call(Function::Matches, vec![text, Expr::text(&expression(context, &wanted, Anchor::Anywhere)?)])
    };
    with_na(accessor, context, arguments, found)
}

/// Whether it is the flag of `re` by which letters are not told apart.
fn is_ignoring_case(value: &Value) -> bool {
    value.external().is_some_and(|external| matches!(external.path.as_str(), "re.IGNORECASE" | "re.I"))
}

/// `.str.match(pattern)`, `.str.fullmatch(pattern)`.
pub fn matches(accessor: &Rc<Accessor>, context: &mut Context, arguments: &Arguments, whole: bool) -> Answer<Value> {
    let anchor = if whole { Anchor::Whole } else { Anchor::Start };
    let wanted = expression(context, pattern(arguments, "pat")?, anchor)?;
    let found = Expr::Call(Function::Matches, vec![accessor.series.expr.clone(), Expr::text(&wanted)]);
    with_na(accessor, context, arguments, found)
}

/// `.str.startswith(text)`, `.str.endswith(text)`.
pub fn edge(
    accessor: &Rc<Accessor>,
    context: &mut Context,
    arguments: &Arguments,
    function: Function,
) -> Answer<Value> {
    let texts = arguments.get("pat", 0).and_then(Value::texts);
    let Some(texts) = texts else { return refuse("the text that is looked for is not known") };
    let one = |text: &String| Expr::Call(function, vec![accessor.series.expr.clone(), Expr::text(text)]);
    let found = texts.iter().map(one).reduce(|one, two| Expr::binary(Binary::Or, one, two));
    found.map_or_else(
        || refuse("the text that is looked for is not known"),
        |found| with_na(accessor, context, arguments, found),
    )
}

/// `.str.replace(old, new)`: plain text, unless `regex=True`.
pub fn replace(accessor: &Rc<Accessor>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let old = pattern(arguments, "pat")?;
    let Some(new) = arguments.get("repl", 1).and_then(Value::as_text) else {
        return refuse("texts are replaced by what a function gives");
    };
    if arguments.get("n", 2).is_some_and(|count| count.integer() != Some(-1)) || !flag(arguments, "case", true)? {
        return refuse("only some of the texts are replaced");
    }
    if !flag(arguments, "regex", false)? || is_literal(old) {
        return Ok(accessor.map(Function::Replace, vec![Expr::text(old), Expr::text(new)]));
    }
    let refers = new.replace("\\g<", "\\").replace('>', if new.contains("\\g<") { "" } else { ">" });
    let all_are_groups =
        refers.split('\\').skip(1).all(|part| part.starts_with(|first: char| ('1'..='9').contains(&first)));
    if !all_are_groups || refers.contains('&') {
        return refuse("the new text refers to something else than groups of the pattern");
    }
    let old = expression(context, old, Anchor::Part)?;
    Ok(accessor.map(Function::ReplaceMatches, vec![Expr::text(&old), Expr::text(&refers)]))
}

/// `.str.split(separator)`, `.str.rsplit(separator)`, of which parts are taken next.
pub fn split(accessor: &Rc<Accessor>, arguments: &Arguments, from_end: bool) -> Answer<Value> {
    let given = arguments.get("pat", 0).filter(|given| !matches!(given, Value::None));
    let limit = match arguments.get("n", 1).map(Value::integer) {
        None | Some(Some(0 | -1)) => None,
        Some(Some(limit)) => Some(limit),
        Some(None) => return refuse("how often texts are cut is not known"),
    };
    let (separator, series) = match given.map(Value::as_text) {
        None if limit.is_none() => {
            let single = characters::with_single_blanks(&accessor.series.expr);
            (" ".to_owned(), Rc::new(Series { expr: single, ..accessor.series.as_ref().clone() }))
        }
        Some(Some(separator)) if !separator.is_empty() => (separator.to_owned(), accessor.series.clone()),
        _ => return refuse("texts are split at white space"),
    };
    if arguments.keyword("regex").and_then(Value::truth) == Some(true)
        || (separator.chars().count() > 1 && !is_literal(&separator))
    {
        return refuse("texts are cut at a pattern");
    }
    let expands = arguments.keyword("expand").and_then(Value::truth) == Some(true);
    Ok(Value::Object(Rc::new(Accessor { series, time: false, split: Some(separator), limit, from_end, expands })))
}

/// `.str.cat(others, sep=…, na_rep=…)`: missing with anything is missing, unless a text stands for it.
pub fn cat(accessor: &Rc<Accessor>, _context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(given) = arguments.get("others", 0).cloned() else { return refuse("all texts become one") };
    let shown = match arguments.get("na_rep", 2) {
        None | Some(Value::None) => None,
        Some(value) => match value.as_text() {
            Some(text) => Some(Expr::text(text)),
            None => return refuse("missing texts are joined as something else"),
        },
    };
    let separator = arguments.get("sep", 1).and_then(Value::as_text).unwrap_or("").to_owned();
    let table = &accessor.series.table;
    let filled = |expr: Expr| match &shown {
        Some(text) if table.nullable(&expr) => Expr::coalesce(expr, text.clone()),
        _ => expr,
    };
    let mut joined = filled(accessor.series.expr.clone());
    for other in given.items().unwrap_or_else(|| vec![given.clone()]) {
        if !separator.is_empty() {
            joined = Expr::binary(Binary::Concat, joined, Expr::text(&separator));
        }
        joined = Expr::binary(Binary::Concat, joined, filled(operand(&other, table)?));
    }
    Ok(accessor.series.with(joined))
}

/// `.str.isdigit()` and the like.
pub fn is_all(accessor: &Rc<Accessor>, context: &mut Context, class: &str) -> Answer<Value> {
    let wanted = format!("^{class}+$");
    let found = Expr::Call(Function::Matches, vec![accessor.series.expr.clone(), Expr::text(&wanted)]);
    Ok(characters::told(accessor, context, found))
}

/// Where a regular expression must match.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Anchor {
    Anywhere,
    Start,
    Whole,
    /// For replacing: the match itself counts.
    Part,
}

/// The regular expression for its parts, in the subset that is read alike.
pub fn part_expression(context: &mut Context, pattern: &str) -> Answer<String> {
    expression(context, pattern, Anchor::Part)
}

fn is_literal(pattern: &str) -> bool {
    !pattern.contains(['.', '^', '$', '*', '+', '?', '{', '}', '[', ']', '\\', '|', '(', ')'])
}

/// The regular expression in the subset that Python, PostgreSQL and DuckDB read in the same way. DuckDB's operator
/// asks for a match of the whole text, PostgreSQL's for one anywhere: written for the whole, it is the same for both.
fn expression(context: &mut Context, pattern: &str, anchor: Anchor) -> Answer<String> {
    let special =
        ["(?", "\\b", "\\B", "\\A", "\\Z", "\\1", "\\2", "\\p", "\\N", "\\u", "\\x", "[[:", "*?", "+?", "??", "}?"];
    if let Some(found) = special.iter().find(|special| pattern.contains(*special)) {
        return refuse(format!("`{found}` in a regular expression is not read alike everywhere"));
    }
    if pattern.contains("\\d") || pattern.contains("\\w") || pattern.contains("\\s") {
        let message = "`\\d`, `\\w` and `\\s` stand for fewer characters in some databases than in Python";
        context.finding(Code::R314, message, "write out the characters that are meant");
    }
    if anchor == Anchor::Part {
        return Ok(pattern.to_owned());
    }
    let (start, rest) = match pattern.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (anchor != Anchor::Anywhere, pattern),
    };
    let (end, rest) = match rest.strip_suffix('$') {
        Some(rest) if !rest.ends_with('\\') => (true, rest),
        _ => (anchor == Anchor::Whole, rest),
    };
    let body = if rest.contains('|') { format!("({rest})") } else { rest.to_owned() };
    if pattern.contains('|') && (pattern.contains('^') || pattern.contains('$')) {
        return refuse("a regular expression has anchors in some of its branches");
    }
    let text = format!("^{}{body}{}$", if start { "" } else { ".*" }, if end { "" } else { ".*" });
    Ok(if start && end { text } else { format!("(?s){text}") })
}
