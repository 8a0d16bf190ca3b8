//! The text of a statement among the arguments of a call, and the values that are handed over beside it: `execute(sql, values)`.
//!
//! In: the arguments; the text with its placeholders (`%s`, `%(day)s`, `?`, `:day`, `$1`, `@day`), the values. Out: the text with the
//! values as literals, as the driver puts them in; a value that is not known is a hole within quotes, because drivers quote
//! what they are given. Placeholders within quotes and comments are left:
//! drivers put quotes within quotes there, which no statement survives. Never sends anything.

use std::ops::Range;

use super::arguments::Arguments;
use super::evaluator::Evaluator;
use super::literals::identifier;
use super::value::{External, Value};
use super::words::Text;
use crate::text::{Fragment, Span};

/// A place that a value is put in.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    range: Range<usize>,
    key: Key,
}

/// Which value it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Key {
    /// The next one: `%s`, `?`.
    Next,
    /// The one at a position, from 0: `$1`, `:1`.
    At(usize),
    /// The one of that name: `%(day)s`, `:day`, `@day`.
    Named(String),
    /// None: `%%` is a percent sign.
    Percent,
}

/// Methods that send SQL: name, keywords and position of the text. A pure table.
const METHODS: &[(&str, &[&str], usize)] = &[
    ("execute", &["sql", "statement", "operation", "query", "command"], 0),
    ("executemany", &["sql", "operation", "query"], 0),
    ("executescript", &["sql_script"], 0),
    ("execute_async", &["command"], 0),
    ("execute_string", &["sql_text"], 0),
    ("exec_driver_sql", &["statement"], 0),
    ("execute_values", &["sql"], 1),
    ("execute_batch", &["sql"], 1),
    ("execute_query", &["query", "sql"], 0),
    ("run_query", &["query", "sql"], 0),
    ("sql", &["sqlQuery", "query"], 0),
    ("query", &["query"], 0),
    ("query_and_wait", &["query"], 0),
    ("run", &["sql"], 0),
    ("get_records", &["sql"], 0),
    ("get_first", &["sql"], 0),
    ("get_pandas_df", &["sql"], 0),
    ("get_df", &["sql"], 0),
    ("fetch", &["query"], 0),
    ("fetchrow", &["query"], 0),
    ("fetchval", &["query"], 0),
    ("scalar", &["statement"], 0),
    ("scalars", &["statement"], 0),
    ("raw_sql", &["query"], 0),
    ("execute_sql", &["sql"], 0),
    ("copy_expert", &["sql"], 0),
    ("command", &["cmd"], 0),
];

/// What a method of that name sends, and the values for its places; none for a method that sends nothing.
pub(super) fn sent(name: &str, arguments: &Arguments) -> Option<(Value, Option<Value>)> {
    let (_, keywords, position) = METHODS.iter().find(|(known, ..)| *known == name)?;
    let named = keywords.iter().find_map(|keyword| arguments.keyword(keyword));
    let given = named.or_else(|| arguments.positional(*position).map(|item| &item.value))?.clone();
    Some((given, values_of(name, *position, arguments)))
}

/// Whether methods of that name send SQL.
pub(super) fn may_send(name: &str) -> bool {
    METHODS.iter().any(|(known, ..)| *known == name)
}

/// The query that a method of that name sends, with its values in place.
pub fn query_of(name: &str, arguments: &Arguments) -> Option<Text> {
    let (given, values) = sent(name, arguments)?;
    let Value::Text(text) = given else { return None };
    super::senders::reads_like_sql(text.fragment().text()).then(|| bound(&text, values.as_ref(), arguments.span))
}

/// The values of a call that sends SQL, which stands at `position` among its arguments.
fn values_of(name: &str, position: usize, arguments: &Arguments) -> Option<Value> {
    const NAMES: &[&str] = &["params", "parameters", "vars", "args", "query_params", "argslist", "seq_of_parameters"];
    if let Some(given) = NAMES.iter().find_map(|name| arguments.keyword(name)) {
        return Some(given.clone()).filter(|given| !matches!(given, Value::None));
    }
    if let Some(configuration) = arguments.keyword("job_config") {
        return query_parameters(configuration);
    }
    let all = arguments.positionals();
    match name {
        "run" => all.get(2).cloned(),
        "query" | "query_and_wait" => all.get(1).and_then(query_parameters),
        _ => match all.get(position + 1..)? {
            [] => None,
            [only @ (Value::List(_) | Value::Tuple(_) | Value::Dict(_) | Value::External(_))] => Some(only.clone()),
            // `cursor.execute(sql, 1, 2)` of pyodbc, `connection.fetch(sql, 1)` of asyncpg.
            rest => Some(Value::tuple(rest.to_vec())),
        },
    }
    .or_else(|| {
        // `connection.execute(sql, day=…)`.
        let entries: Vec<_> =
            arguments.keywords().map(|(name, item)| (Value::text(name, item.span), item.value.clone())).collect();
        (name == "execute" && !entries.is_empty()).then(|| Value::dict(entries))
    })
}

/// `QueryJobConfig(query_parameters=[ScalarQueryParameter("day", "DATE", value)])`.
fn query_parameters(configuration: &Value) -> Option<Value> {
    let given = configuration.external()?.arguments.clone()?;
    let listed = given.keyword("query_parameters")?.items()?;
    let entry = |parameter: &Value| {
        let parts = parameter.external()?.arguments.clone()?;
        Some((parts.get("name", 0)?.clone(), parts.get("value", 2).or(parts.get("values", 2))?.clone()))
    };
    Some(Value::dict(listed.iter().filter_map(entry).collect()))
}

/// The text with its values put in. Without values only `%(name)s` is a placeholder, since it is nothing else.
pub fn bound(text: &Text, given: Option<&Value>, span: Span) -> Text {
    let source = text.fragment().text();
    let places = places(source, given);
    if places.iter().all(|place| place.key == Key::Percent) {
        return text.clone();
    }
    let mut filled = Text::of(Fragment::empty());
    let (mut at, mut next) = (0, 0);
    for place in places {
        filled.push(&text.slice(at..place.range.start));
        let before = source.get(..place.range.start).unwrap_or("");
        let piece = match &place.key {
            Key::Percent => text.slice(place.range.start..place.range.start + 1),
            Key::Next => {
                next += 1;
                piece(value_at(given, next - 1), &numbered(given, next), before, span)
            }
            Key::At(position) => piece(value_at(given, *position), &numbered(given, position + 1), before, span),
            Key::Named(name) => piece(value_named(given, name), name, before, span),
        };
        filled.push(&piece);
        at = place.range.end;
    }
    filled.push(&text.slice(at..source.len()));
    filled
}

/// The text with NULL for every placeholder, which tells what a statement writes whatever its rows are.
pub(super) fn emptied(text: &Text, span: Span) -> Text {
    let source = text.fragment().text();
    let mut filled = Text::of(Fragment::empty());
    let mut at = 0;
    for place in scan(source).into_iter().filter(|place| place.key != Key::Percent) {
        filled.push(&text.slice(at..place.range.start));
        let before = source.get(..place.range.start).unwrap_or("").trim_end().to_lowercase();
        filled.push(&Text::made(if before.ends_with("values") { "(NULL)" } else { "NULL" }, span));
        at = place.range.end;
    }
    filled.push(&text.slice(at..source.len()));
    filled
}

/// Whether the driver's rows go where a placeholder stands, so that a statement is sent for each of them.
pub(super) fn sends_rows(name: &str) -> bool {
    matches!(name, "executemany" | "execute_values" | "execute_batch")
}

/// After these words only a number can stand, and a quoted one is not taken everywhere.
fn stands_bare(before: &str) -> bool {
    let word = before.trim_end().rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or("").to_lowercase();
    matches!(word.as_str(), "limit" | "offset" | "top" | "fetch" | "first" | "next")
}

fn value_at(given: Option<&Value>, position: usize) -> Option<Value> {
    given?.items()?.get(position).cloned()
}

fn value_named(given: Option<&Value>, name: &str) -> Option<Value> {
    let entries = given?.entries()?;
    entries.into_iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
}

/// A name for a value without one.
fn numbered(given: Option<&Value>, number: usize) -> String {
    let of = given.and_then(Value::external).map_or("value", |external| external.path.as_str());
    format!("{of}_{number}")
}

/// The value as text; `name` where it has none of its own.
fn piece(value: Option<Value>, name: &str, before: &str, span: Span) -> Text {
    let unknown = || Value::unknown(name, "it is handed over beside the text, and is not known", span);
    let value = value.unwrap_or_else(unknown);
    let is_array = before.trim_end().to_lowercase().ends_with("any(");
    if let Some(text) = literal(&value, is_array, span) {
        return text;
    }
    let name = value.external().map_or(name, |external| external.path.as_str()).to_owned();
    let hole = Evaluator::hole(&value, &identifier(&name), span);
    if stands_bare(before) { hole } else { within_quotes(&hole, span) }
}

/// A value as `psycopg2.sql.Literal` writes it; one that is not known is a hole within quotes.
pub(super) fn as_literal(value: &Value, span: Span) -> Text {
    let known = literal(value, matches!(value, Value::List(_)), span);
    known.unwrap_or_else(|| within_quotes(&Evaluator::hole(value, "value", span), span))
}

fn within_quotes(text: &Text, span: Span) -> Text {
    let mut quoted = Text::made("'", span);
    let source = text.fragment().text();
    let mut at = 0;
    for (quote, _) in source.match_indices('\'') {
        quoted.push(&text.slice(at..quote + 1));
        quoted.push(&Text::made("'", span));
        at = quote + 1;
    }
    quoted.push(&text.slice(at..source.len()));
    quoted.push(&Text::made("'", span));
    quoted
}

/// A known value as drivers write it.
fn literal(value: &Value, is_array: bool, span: Span) -> Option<Text> {
    Some(match value {
        Value::None => Text::made("NULL", span),
        Value::Bool(true) => Text::made("TRUE", span),
        Value::Bool(false) => Text::made("FALSE", span),
        Value::Int(number) => Text::made(&number.to_string(), span),
        Value::Float(number) if number.is_finite() => Text::made(&format!("{number:?}"), span),
        Value::Text(text) => within_quotes(text, span),
        Value::External(external) => Text::made(&format!("'{}'", moment(external)?), span),
        Value::Object(object) => within_quotes(&object.formatted()?, span),
        Value::List(_) | Value::Tuple(_) => {
            let items = value.items()?;
            let (open, close) = if is_array { ("ARRAY[", "]") } else { ("(", ")") };
            let mut joined = Text::made(open, span);
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    joined.push(&Text::made(", ", span));
                }
                joined.push(&literal(item, false, span)?);
            }
            joined.push(&Text::made(close, span));
            return (!items.is_empty()).then_some(joined);
        }
        _ => return None,
    })
}

/// `date(2024, 1, 31)`, `datetime(2024, 1, 31, 8)`.
fn moment(external: &External) -> Option<String> {
    let numbers: Option<Vec<i64>> = external.arguments.as_ref()?.positionals().iter().map(Value::integer).collect();
    match (external.path.as_str(), numbers?.as_slice()) {
        ("datetime.date()" | "datetime.datetime()", [year, month, day]) => {
            Some(format!("{year:04}-{month:02}-{day:02}"))
        }
        ("datetime.datetime()", [year, month, day, rest @ ..]) => {
            let part = |at: usize| rest.get(at).copied().unwrap_or(0);
            Some(format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", part(0), part(1), part(2)))
        }
        _ => None,
    }
}

/// The placeholders of one style: that of the values that are given, or that of the first that is found.
fn places(text: &str, given: Option<&Value>) -> Vec<Place> {
    let all = scan(text);
    let style = |mark: char| {
        all.iter().filter(move |place| text.get(place.range.clone()).is_some_and(|it| it.starts_with(mark)))
    };
    let percent: Vec<Place> = style('%').cloned().collect();
    if percent.iter().any(|place| matches!(place.key, Key::Named(_))) {
        return percent;
    }
    let Some(given) = given else { return Vec::new() };
    if percent.iter().any(|place| place.key == Key::Next) {
        return percent;
    }
    let is_list = given.items().is_some() || given.external().is_some();
    let is_dict = given.entries().is_some() || given.external().is_some();
    let marks: [(char, bool); 4] = [('?', is_list), ('$', true), (':', true), ('@', is_dict)];
    for (mark, fits) in marks {
        let found: Vec<Place> = style(mark)
            .filter(|place| match &place.key {
                Key::Next | Key::At(_) => is_list,
                Key::Named(name) => given.external().is_some() || value_named(Some(given), name).is_some(),
                Key::Percent => false,
            })
            .cloned()
            .collect();
        let counted = given.items().is_none_or(|items| mark != '?' || items.len() == found.len());
        if fits && counted && !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// Every placeholder of any style outside quotes and comments, and `%%` anywhere.
fn scan(text: &str) -> Vec<Place> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut inside: Option<&str> = None;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(close) = inside {
            let end = rest.find(close).map_or(rest.len(), |end| end + close.len());
            let percents = rest.get(..end).unwrap_or("").match_indices("%%");
            found.extend(percents.map(|(offset, _)| Place { range: at + offset..at + offset + 2, key: Key::Percent }));
            at += end;
            inside = None;
            continue;
        }
        let opened = [("--", "\n"), ("/*", "*/"), ("'", "'"), ("\"", "\""), ("`", "`"), ("$$", "$$")];
        if let Some((open, close)) = opened.iter().find(|(open, _)| rest.starts_with(open)) {
            at += open.len();
            inside = Some(close);
            continue;
        }
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        if let Some((len, key)) = placeholder(rest, before) {
            found.push(Place { range: at..at + len, key });
            at += len;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    found
}

/// The placeholder at the start: its length and key.
fn placeholder(rest: &str, before: Option<char>) -> Option<(usize, Key)> {
    let word = |from: usize| {
        let after = rest.get(from..)?;
        let len = after.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(after.len());
        after.get(..len).filter(|word| !word.is_empty())
    };
    if rest.starts_with("%%") {
        return Some((2, Key::Percent));
    }
    if let Some(named) = rest.strip_prefix("%(") {
        let end = named.find(")s")?;
        let name = named.get(..end)?;
        return name.chars().all(|c| c.is_alphanumeric() || c == '_').then(|| (end + 4, Key::Named(name.to_owned())));
    }
    let joined = before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '@' | '$' | '?'));
    match rest.chars().next()? {
        '%' if rest.starts_with("%s") && word(1) == Some("s") => Some((2, Key::Next)),
        '?' if !joined && !rest.starts_with("?|") && !rest.starts_with("?&") => Some((1, Key::Next)),
        mark @ ('$' | ':' | '@') if !joined => {
            let name = word(1)?;
            let key = match name.parse::<usize>() {
                Ok(number) if mark != '@' => Key::At(number.checked_sub(1)?),
                Ok(_) => return None,
                Err(_) => Key::Named(name.to_owned()),
            };
            Some((1 + name.len(), key))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::SourceId;

    #[test]
    fn placeholders_are_filled_as_drivers_fill_them() {
        let span = Span::new(SourceId(0), 0, 1);
        let text = |text: &str| Value::text(text, span);
        let list = || Value::tuple(vec![Value::Int(7), text("it's")]);
        let dict = || Value::dict(vec![(text("a"), text("x")), (text("b"), Value::None)]);
        let rows: [(&str, Option<Value>, &str); 11] = [
            ("a = %s and b in (%s) and c like 'x%%'", Some(list()), "a = 7 and b in ('it''s') and c like 'x%'"),
            ("a = %(a)s and b is %(b)s", Some(dict()), "a = 'x' and b is NULL"),
            ("a = %(a)s and c = 1 % (b)", None, "a = '{{ a }}' and c = 1 % (b)"),
            ("a % s and b like 'x%%'", None, "a % s and b like 'x%%'"),
            ("a = ? and b = ? and c = '?'", Some(list()), "a = 7 and b = 'it''s' and c = '?'"),
            ("a = :a and b::text = ':b' -- :a", Some(dict()), "a = 'x' and b::text = ':b' -- :a"),
            ("a = $2 and b = $1", Some(list()), "a = 'it''s' and b = 7"),
            ("a = @a and b = @@b", Some(dict()), "a = 'x' and b = @@b"),
            ("a in :a and b = :b", Some(Value::dict(vec![(text("a"), list())])), "a in (7, 'it''s') and b = :b"),
            ("a = any(%s)", Some(Value::tuple(vec![list()])), "a = any(ARRAY[7, 'it''s'])"),
            ("a %% 2 = 0", Some(Value::tuple(Vec::new())), "a %% 2 = 0"),
        ];
        for (sql, given, expected) in rows {
            let filled = bound(&Text::made(sql, span), given.as_ref(), span);
            assert_eq!(filled.fragment().text(), expected, "{sql}");
        }
    }
}
