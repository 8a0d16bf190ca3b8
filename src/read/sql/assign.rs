//! Declarations and assignments: parameters with a default, bound variables, cursors.
//!
//! In: a statement that declares or sets variables. Out: parameters, or steps that bind; the row of the account.

use std::ops::Range;

use super::effect::{self, Outcome};
use super::fold;
use super::params::split;
use super::script::{Walk, bare_name};
use super::tokens::{Text, TokenKind};
use super::values::{initial, is_state, is_state_word, outside, reads};
use crate::steps::{Effect, Param, Query, StatementReading, is_literal};
use crate::text::{Fragment, Span};

/// `variable = value`.
pub(super) struct Assignment {
    /// The name as written, with its sigil: one token or more.
    pub(super) name: Range<usize>,
    /// The value.
    pub(super) value: Range<usize>,
    /// Whether the value is added to what the variable holds (`+=`).
    pub(super) adds: bool,
}

/// How much is kept of what a variable's text is made of, in bytes: enough to look for the names of tables.
const LONGEST_HINT: usize = 100_000;

impl Walk<'_> {
    /// `DECLARE a int = 1, b …` as a statement.
    pub(super) fn declare(&mut self, text: &Text, tokens: &Range<usize>, span: Span, comment: &str) {
        let replaces = if text.are(tokens.start + 1, &["or", "replace"]) { 2 } else { 0 };
        let word = tokens.start + 1 + replaces;
        let rest = word + usize::from(text.is_any(word, &["variable", "var"]))..tokens.end;
        if self.cursor(text, rest.clone()) {
            self.row(span, "declaration", StatementReading::Config("the query of a cursor".to_owned()));
            return;
        }
        let table = outside(text, rest.clone()).find(|at| text.is(*at, "table") && *at <= rest.start + 2);
        if table.is_some() {
            self.variables.push(bare_name(text.word(rest.start)).to_lowercase());
            self.understood(text, tokens, span);
            return;
        }
        let parts = split(text, rest, ",");
        let shared = parts.last().and_then(|last| initial(text, last.clone())).filter(|_| self.is_shared(text, &parts));
        let readings =
            parts.into_iter().map(|part| self.declare_one(text, part, shared.clone(), span, comment)).collect();
        let reading = joined(readings);
        self.row(span, "declaration", reading);
    }

    /// BigQuery: `DECLARE a, b INT64 DEFAULT 0` gives both the value.
    fn is_shared(&self, text: &Text, parts: &[Range<usize>]) -> bool {
        !self.dialect().traits().sigils
            && parts.len() > 1
            && parts.iter().rev().skip(1).all(|part| part.len() == 1 && text.is_name(part.start))
    }

    /// A declaration of a section.
    pub(super) fn declaration(&mut self, text: &Text, tokens: &Range<usize>, span: Span, comment: &str) {
        let reading = if text.is_any(tokens.start, &["pragma", "type", "subtype", "procedure", "function"]) {
            StatementReading::Config("a declaration of the procedural language".to_owned())
        } else if self.cursor(text, tokens.clone()) {
            StatementReading::Config("the query of a cursor".to_owned())
        } else {
            self.declare_one(text, tokens.clone(), None, span, comment)
        };
        self.row(span, "declaration", reading);
    }

    /// `c CURSOR FOR q`, `CURSOR c IS q`: keeps the query.
    fn cursor(&mut self, text: &Text, tokens: Range<usize>) -> bool {
        let Some(at) = outside(text, tokens.clone()).take(6).find(|at| text.is(*at, "cursor")) else { return false };
        let name = if at == tokens.start { at + 1 } else { tokens.start };
        let joint = outside(text, at..tokens.end).find(|at| text.is_any(*at, &["for", "is"]));
        if let Some(joint) = joint {
            let query = unwrapped(text, joint + 1..tokens.end);
            let named = self.cursors.get(&bare_name(text.slice(query.clone())).to_lowercase()).cloned();
            self.cursors.insert(bare_name(text.word(name)).to_lowercase(), named.unwrap_or_else(|| text.cut(query)));
        }
        true
    }

    fn declare_one(
        &mut self,
        text: &Text,
        part: Range<usize>,
        shared: Option<Range<usize>>,
        span: Span,
        comment: &str,
    ) -> StatementReading {
        let name = part.start;
        self.variables.push(bare_name(text.word(name)).to_lowercase());
        let value = initial(text, part.clone()).or(shared);
        let type_end = value
            .as_ref()
            .map_or(part.end, |value| value.start.saturating_sub(1))
            .clamp(name + 1, part.end.max(name + 1));
        let sql_type = text.slice(name + 1..type_end).trim_start_matches("CONSTANT ").to_owned();
        self.types.insert(bare_name(text.word(name)).to_lowercase(), sql_type.clone());
        let Some(value) = value else { return StatementReading::Config("a variable".to_owned()) };
        if text.is(name + 1, "resultset") || runs_string(text, &value) {
            return self.result_set(text, name, value, span, comment);
        }
        let assignment = Assignment { name: name..name + 1, value, adds: false };
        self.assign(text, &assignment, sql_type, span, comment)
    }

    /// `rs RESULTSET := (query)`: a cursor over the query, or a dynamic statement.
    fn result_set(
        &mut self,
        text: &Text,
        name: usize,
        value: Range<usize>,
        span: Span,
        comment: &str,
    ) -> StatementReading {
        let query = unwrapped(text, value);
        if text.are(query.start, &["execute", "immediate"]) {
            let rows = self.parts.statements.len();
            let dynamic = super::dynamic::clauses(text, query.start + 2..query.end);
            self.run(text, &dynamic, &query, comment);
            let row = self.parts.statements.split_off(rows).into_iter().next();
            return row.map_or(StatementReading::Dropped("nothing runs".to_owned()), |row| row.reading);
        }
        let fragment = text.cut(query.clone());
        if text.is_any(query.start, &["select", "with"]) {
            self.cursors.insert(bare_name(text.word(name)).to_lowercase(), fragment);
            return StatementReading::Config("the query of a result set".to_owned());
        }
        let effects = self.understand(&fragment).outcome;
        match effects {
            Outcome::Effects(effects) => {
                StatementReading::Steps(effects.into_iter().map(|effect| self.step(span, effect, comment)).collect())
            }
            Outcome::Config(_) | Outcome::Dropped(_) | Outcome::Unread { .. } => {
                StatementReading::Config("a result set".to_owned())
            }
        }
    }

    /// The assignments of a statement; none when it is something else.
    pub(super) fn assignments(&self, text: &Text, tokens: &Range<usize>) -> Option<Vec<Assignment>> {
        let mut start = tokens.start;
        let set = text.is(start, "set");
        start += usize::from(set || text.is(start, "let"));
        start += usize::from(set && text.is_any(start, &["var", "variable"]));
        let forced = start > tokens.start + usize::from(set) || text.is(tokens.start, "let");
        if !set && !forced {
            let whole = single(text, start..tokens.end)?;
            let plain = text.is(whole.name.end, ":=") || self.is_variable(text, start);
            return plain.then(|| vec![whole]);
        }
        let parts = split(text, start..tokens.end, ",");
        let all: Option<Vec<Assignment>> = parts.into_iter().map(|part| single(text, part)).collect();
        let session = self.dialect().traits().client == crate::dialect::Client::Snowsql && set;
        all.filter(|all| forced || session || all.iter().all(|one| self.is_variable(text, one.name.start)))
    }

    /// Whether the token names a variable: by its sigil, or because it was declared.
    fn is_variable(&self, text: &Text, at: usize) -> bool {
        let user = text.kind(at) == Some(TokenKind::Variable) && !text.word(at).starts_with("@@");
        user || self.variables.contains(&bare_name(text.word(at)).to_lowercase())
    }

    /// Reads the assignments of one statement.
    pub(super) fn assign_all(
        &mut self,
        text: &Text,
        all: &[Assignment],
        span: Span,
        comment: &str,
    ) -> StatementReading {
        let mut readings = Vec::new();
        for one in all {
            let key = bare_name(text.word(one.name.start)).to_lowercase();
            let declared = self.types.get(&key).is_some_and(|sql_type| sql_type.eq_ignore_ascii_case("resultset"));
            let typed = declared || text.is(one.name.end, "resultset");
            // Where variables have a sigil and others have none, a name without it is not this one.
            let user = text.kind(one.name.start) == Some(TokenKind::Variable) && !self.dialect().traits().sigils;
            if !user {
                self.variables.push(bare_name(text.word(one.name.start)).to_lowercase());
            }
            readings.push(if typed || runs_string(text, &one.value) {
                self.result_set(text, one.name.start, one.value.clone(), span, comment)
            } else {
                self.assign(text, one, String::new(), span, comment)
            });
        }
        joined(readings)
    }

    fn assign(
        &mut self,
        text: &Text,
        one: &Assignment,
        sql_type: String,
        span: Span,
        comment: &str,
    ) -> StatementReading {
        let shown = bare_name(text.slice(one.name.clone())).to_owned();
        let key = shown.to_lowercase();
        self.note_text(text, one, &key);
        let names_itself = one.value.clone().any(|at| text.is(at, fold::OWN_NAME)) && self.known.contains_key(&key);
        if self.is_state(text, one.value.clone()) && !names_itself {
            self.step(span, Effect::Bind { variables: vec![key], body: Query::unknown(span) }, "");
            return StatementReading::Dropped("it keeps a row count or the state of an error".to_owned());
        }
        let alone = self.assigned.get(&key).copied().unwrap_or(0) <= 1 && self.guards.is_empty() && !one.adds;
        let given = self.parts.params.iter().any(|param| bare_name(&param.name).eq_ignore_ascii_case(&key));
        let constant =
            names_itself || (!reads(text, one.value.clone()) && !self.uses_variables(text, one.value.clone()));
        let written = text.slice(one.value.clone());
        let literal = if is_literal(written) { Some(written.to_owned()) } else { self.folded(text, one, &key) };
        if alone
            && !given
            && constant
            && one.name.len() == 1
            && let default @ Some(_) = literal
        {
            self.parts.params.push(Param { name: shown, sql_type, default });
            return StatementReading::Config("the value of a variable".to_owned());
        }
        self.bind(text, one, key, span, comment)
    }

    /// The string that a variable's value was folded to.
    fn folded(&self, text: &Text, one: &Assignment, key: &str) -> Option<String> {
        let mut parts = one.value.clone();
        let string = parts.any(|at| text.kind(at) == Some(TokenKind::String) || text.is(at, fold::OWN_NAME));
        let known = self.known.get(key).filter(|known| string && !known.text().contains("{{"))?;
        Some(format!("'{}'", known.text().replace('\'', "''")))
    }

    /// Keeps the text that the variable now holds, or what is told of it.
    fn note_text(&mut self, text: &Text, one: &Assignment, key: &str) {
        let folded = fold::fold(text, one.value.clone(), self.known());
        let before = if one.adds { self.known.remove(key) } else { None };
        let folded = match (one.adds, before, folded) {
            (false, _, folded) => folded,
            (true, Some(mut before), Some(more)) => {
                before.extend(&more);
                Some(before)
            }
            (true, _, _) => None,
        };
        if let Some(span) = text.span(one.value.clone()) {
            // What the variable held stays in place: taken again with the new value, it would double each time.
            let mut hints = self.hints.remove(key).unwrap_or_else(Fragment::empty);
            let literals = self.literals(text, one.value.clone(), span);
            if hints.text().len() + literals.text().len() <= LONGEST_HINT {
                hints.extend(&literals);
            }
            self.hints.insert(key.to_owned(), hints);
        }
        match folded {
            Some(folded) => self.known.insert(key.to_owned(), folded),
            None => self.known.remove(key),
        };
    }

    /// Whether an expression only says how the statement before it went. A variable of the script may be called so.
    pub(super) fn is_state(&self, text: &Text, tokens: Range<usize>) -> bool {
        let own = |at: usize| is_state_word(text, at) && self.variables.contains(&text.word(at).to_lowercase());
        is_state(text, tokens.clone()) && !tokens.into_iter().any(own)
    }

    fn uses_variables(&self, text: &Text, mut value: Range<usize>) -> bool {
        value.any(|at| {
            let bound = text.is(at, ":") && text.is_word(at + 1);
            let named = text.is_word(at) && !text.is(at.wrapping_sub(1), ".") && !text.is(at + 1, "(");
            bound || text.kind(at) == Some(TokenKind::Variable) || (named && self.is_variable(text, at))
        })
    }

    fn bind(&mut self, text: &Text, one: &Assignment, key: String, span: Span, comment: &str) -> StatementReading {
        let value = unwrapped(text, one.value.clone());
        let query = text.is_any(value.start, &["select", "with"]);
        let mut fragment = Fragment::empty();
        if !query {
            fragment.push("SELECT ", span, false);
            if one.adds {
                fragment.extend(&text.cut(one.name.clone()));
                fragment.push(" + ", span, false);
            }
        }
        fragment.extend(&text.cut(if query { value } else { one.value.clone() }));
        let body = self.query(&fragment);
        if self.package {
            self.globals.push((key, body, span));
            return StatementReading::Config("the value of a variable of the package".to_owned());
        }
        let effect = self.as_declared(Effect::Bind { variables: vec![key], body }, span);
        let step = self.step(span, effect, comment);
        StatementReading::Steps(vec![step])
    }

    /// The query that a text is; when no parser takes it, its text alone.
    pub(super) fn query(&self, fragment: &Fragment) -> Query {
        let around = self.around();
        let fragment = &self.with_value_names(fragment).fragment;
        effect::query(fragment, &around).unwrap_or_else(|| Query::new(effect::expression(fragment, &around)))
    }
}

/// A range without the parentheses round all of it.
pub(super) fn unwrapped(text: &Text, range: Range<usize>) -> Range<usize> {
    let closing = text.closing(range.start);
    if closing > range.start && closing + 1 == range.end { range.start + 1..range.end - 1 } else { range }
}

/// `name = value`, `name type := value`.
fn single(text: &Text, part: Range<usize>) -> Option<Assignment> {
    let marks = [":=", "=", "+=", "-="];
    let at = outside(text, part.clone()).take(10).find(|at| text.is_any(*at, &marks))?;
    let name = part.start + usize::from(text.is(part.start, ":"))..at;
    let typed = text.is(at, "default") || name.len() > 1;
    let name = if typed && text.is_name(name.start) && !text.is(name.start + 1, ".") {
        name.start..name.start + 1
    } else {
        name
    };
    let mark = text.word(at);
    (!name.is_empty() && at + 1 < part.end).then(|| Assignment { name, value: at + 1..part.end, adds: mark == "+=" })
}

/// Whether the value is what an EXECUTE IMMEDIATE gives.
fn runs_string(text: &Text, value: &Range<usize>) -> bool {
    let inside = unwrapped(text, value.clone());
    text.are(inside.start, &["execute", "immediate"])
}

/// One reading for the parts of a statement: their steps together, or else that of the first.
fn joined(readings: Vec<StatementReading>) -> StatementReading {
    let mut steps = Vec::new();
    let mut first = None;
    for reading in readings {
        match reading {
            StatementReading::Steps(more) => steps.extend(more),
            StatementReading::Config(_) | StatementReading::Dropped(_) | StatementReading::Unread(_) => {
                first = first.or(Some(reading));
            }
        }
    }
    match first {
        Some(reading) if steps.is_empty() => reading,
        Some(_) | None => StatementReading::Steps(steps),
    }
}
