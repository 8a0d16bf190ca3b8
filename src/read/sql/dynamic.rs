//! Dynamic statements: EXECUTE, EXECUTE IMMEDIATE, EXEC(…), sp_executesql, PREPARE.
//!
//! In: a statement that runs a string. Out: the statements of that string, read in its place; where the string is not
//! known, an opaque step with the relations that its literal parts name.

use std::ops::Range;

use super::fold::{self, Known};
use super::literal;
use super::params::split;
use super::script::{Walk, bare_name};
use super::tokens::{Lexing, Text, TokenKind};
use super::values::outside;
use crate::finding::{Code, Finding};
use crate::name::{Ident, Relation};
use crate::steps::{Effect, Opaque, Statement, StatementReading};
use crate::text::{Fragment, Span};

/// Dynamic statements within dynamic statements are read this deep.
const DEEPEST: usize = 4;

/// A statement that runs a string.
pub(super) struct Dynamic {
    /// The string's expression.
    pub sql: Range<usize>,
    /// The variables that take the result.
    pub into: Vec<String>,
    /// The values of its placeholders.
    using: Vec<Range<usize>>,
    /// The names of its placeholders (`sp_executesql`), in the order of `using`; empty when they count.
    names: Vec<String>,
}

/// The dynamic statement in `tokens`; none when it is none. Where statements need no semicolons (T-SQL), EXECUTE with
/// a name calls a procedure; elsewhere it runs a string or a prepared statement.
pub(super) fn dynamic(text: &Text, tokens: Range<usize>, calls: bool) -> Option<Dynamic> {
    let start = tokens.start;
    if text.are(start, &["execute", "immediate"]) && !text.is(start + 2, "from") {
        return Some(clauses(text, start + 2..tokens.end));
    }
    if !calls && text.is(start, "execute") && !text.is_any(start + 1, &["task", "function", "immediate"]) {
        return Some(clauses(text, start + 1..tokens.end));
    }
    if !calls || !text.is_any(start, &["execute", "exec"]) {
        return None;
    }
    let closing = text.closing(start + 1);
    if closing > start + 1 {
        return Some(Dynamic { sql: start + 2..closing, into: Vec::new(), using: Vec::new(), names: Vec::new() });
    }
    let at = outside(text, tokens.clone()).take(8).find(|at| text.is(*at, "sp_executesql"))?;
    Some(executesql(text, at + 1..tokens.end))
}

/// `expression [INTO a, b] [USING x, y]`, in either order.
pub(super) fn clauses(text: &Text, tokens: Range<usize>) -> Dynamic {
    let marks: Vec<usize> = outside(text, tokens.clone()).filter(|at| text.is_any(*at, &["into", "using"])).collect();
    let end_of = |from: usize| marks.iter().copied().find(|at| *at > from).unwrap_or(tokens.end);
    let mut dynamic =
        Dynamic { sql: tokens.start..end_of(tokens.start), into: Vec::new(), using: Vec::new(), names: Vec::new() };
    for mark in &marks {
        let strict = usize::from(text.is(mark + 1, "strict"));
        let clause = mark + 1 + strict..end_of(*mark);
        if text.is(*mark, "into") {
            let names = split(text, clause, ",").into_iter();
            dynamic.into = names.map(|name| bare_name(text.word(name.end - 1)).to_lowercase()).collect();
        } else {
            let inside = if text.closing(clause.start) + 1 == clause.end && clause.len() > 2 {
                clause.start + 1..clause.end - 1
            } else {
                clause
            };
            for value in split(text, inside, ",") {
                let alias = outside(text, value.clone()).find(|at| text.is(*at, "as"));
                dynamic.names.extend(alias.map(|at| format!("@{}", text.word(at + 1))));
                dynamic.using.push(without_mode(text, value));
            }
        }
    }
    dynamic
}

/// `IN OUT x` and `x AS name`: the value alone.
fn without_mode(text: &Text, value: Range<usize>) -> Range<usize> {
    let start = value.clone().find(|at| !text.is_any(*at, &["in", "out"])).unwrap_or(value.start);
    let end = outside(text, start..value.end).find(|at| text.is(*at, "as")).unwrap_or(value.end);
    start..end
}

/// `sp_executesql @sql, N'@p int', @p = 1`.
fn executesql(text: &Text, tokens: Range<usize>) -> Dynamic {
    let value = |part: Range<usize>| {
        let named = text.is(part.start + 1, "=");
        if named { part.start + 2..part.end } else { part }
    };
    let parts = split(text, tokens, ",");
    let sql = parts.first().cloned().map_or(0..0, value);
    let mut dynamic = Dynamic { sql, into: Vec::new(), using: Vec::new(), names: Vec::new() };
    for part in parts.into_iter().skip(2) {
        if !text.is(part.start + 1, "=") {
            continue;
        }
        let name = text.word(part.start).to_lowercase();
        let output = (part.start..part.end).any(|at| text.is_any(at, &["output", "out"]));
        if output {
            dynamic.into.push(bare_name(text.word(part.start + 2)).to_lowercase());
        }
        dynamic.names.push(name);
        dynamic.using.push(part.start + 2..part.end - usize::from(output));
    }
    dynamic
}

/// Whether a text is one query and nothing else.
fn is_query(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or("").to_ascii_lowercase();
    matches!(first.as_str(), "select" | "with") && !text.trim_end().trim_end_matches(';').contains(';')
}

impl Walk<'_> {
    pub(super) fn known(&self) -> Known<'_> {
        Known { texts: &self.known, variables: &self.variables, dialect: self.dialect() }
    }

    /// Reads a dynamic statement; its row.
    pub(super) fn run(&mut self, text: &Text, dynamic: &Dynamic, tokens: &Range<usize>, comment: &str) {
        let Some(span) = text.span(tokens.clone()) else { return };
        if self.runs_parameter {
            self.row(
                span,
                "dynamic statement",
                StatementReading::Config("read where the procedure is called".to_owned()),
            );
            return;
        }
        let folded = fold::fold(text, dynamic.sql.clone(), self.known());
        let folded = folded.or_else(|| self.prepared.get(&text.slice(dynamic.sql.clone()).to_lowercase()).cloned());
        // What USING gives is a value, wherever it stands.
        let named = folded.and_then(|folded| self.name_holes(folded, span));
        match named.map(|named| self.place_values(text, dynamic, &named)) {
            Some(sql) if self.nested < DEEPEST => {
                let around = self.hide_variables(sql.text());
                self.run_text(sql, &dynamic.into, span, comment);
                self.variables = around;
            }
            Some(_) | None => {
                let literals = self.literals(text, dynamic.sql.clone(), span);
                self.run_unknown(literals, text.slice(tokens.clone()), span, comment);
            }
        }
    }

    /// `INSERT INTO t EXEC (@sql)`: the rows of the string's query are inserted.
    pub(super) fn inserts_string(&mut self, text: &Text, tokens: &Range<usize>, span: Span, comment: &str) -> bool {
        if !self.dialect().traits().bare_statements || !text.is(tokens.start, "insert") || self.runs_parameter {
            return false;
        }
        let call = outside(text, tokens.clone()).find(|at| text.is_any(*at, &["exec", "execute", "select", "values"]));
        let Some(call) = call.filter(|at| !text.is(at - 1, "as")) else { return false };
        let Some(dynamic) = dynamic(text, call..tokens.end, true) else { return false };
        let mut whole = text.cut(tokens.start..call);
        whole.push("\n", span, false);
        let folded = fold::fold(text, dynamic.sql.clone(), self.known());
        let bound = folded.map(|folded| self.place_values(text, &dynamic, &folded));
        let query = bound.and_then(|bound| self.name_holes(bound, span)).filter(|query| is_query(query.text()));
        match query {
            Some(query) if self.nested < DEEPEST => {
                whole.extend(&query);
                self.run_text(whole, &[], span, comment);
            }
            Some(_) | None => {
                whole.extend(&self.literals(text, dynamic.sql.clone(), span));
                self.run_unknown(whole, text.slice(tokens.clone()), span, comment);
            }
        }
        true
    }

    /// Reads a text whose holes are still to be looked at.
    pub(super) fn run_known(&mut self, sql: Fragment, span: Span, whole: &str) {
        let literals = sql.clone();
        match self.name_holes(sql, span) {
            Some(sql) => self.run_text(sql, &[], span, ""),
            None => self.run_unknown(literals, whole, span, ""),
        }
    }

    /// Reads the folded text; all of it is one row of the account.
    fn run_text(&mut self, sql: Fragment, into: &[String], span: Span, comment: &str) {
        let first = self.parts.steps.len();
        let rows = self.parts.statements.len();
        let templated = std::mem::replace(&mut self.lexing.templated, true);
        self.nested += 1;
        self.read(sql);
        self.nested -= 1;
        self.lexing.templated = templated;
        let inner = self.parts.statements.split_off(rows);
        for step in self.parts.steps.iter_mut().skip(first) {
            step.span = span;
            bind_into(&mut step.effect, into);
            if step.comment.is_empty() {
                comment.clone_into(&mut step.comment);
            }
        }
        let reading = together(inner, (first..self.parts.steps.len()).collect());
        self.row(span, "dynamic statement", reading);
    }

    /// The literal parts of a text that is not known, and those of its variables, with holes between them.
    pub(super) fn literals(&self, text: &Text, sql: Range<usize>, span: Span) -> Fragment {
        let mut literals = Fragment::empty();
        for at in sql {
            let word = bare_name(text.word(at)).to_lowercase();
            let part = literal::content(text, at, self.dialect());
            match part.or_else(|| self.hints.get(&word).cloned()) {
                Some(part) => literals.extend(&part),
                None if text.is_any(at, &["||", "+"]) => {}
                None => literals.push("{{ x }}", span, false),
            }
        }
        literals
    }

    /// An opaque step for a text that is not known.
    pub(super) fn run_unknown(&mut self, literals: Fragment, whole: &str, span: Span, comment: &str) {
        let reason = "the text of this statement is only known at run time".to_owned();
        let help = "write the statement out, or give the values that it is made of".to_owned();
        let (reads, writes) = self.named_relations(literals);
        let text = whole.to_owned();
        let opaque =
            Opaque { reason: reason.clone(), help: help.clone(), text, reads, writes, is_frame: false, python: None };
        self.step(span, Effect::Opaque(opaque), comment);
        self.parts.findings.push(Finding::at(Code::R203, span, reason.clone(), help));
        self.row(span, "dynamic statement", StatementReading::Unread(reason));
    }

    /// Takes the variables away that the string does not see; all that there were. Records stay: no hole names a field.
    fn hide_variables(&mut self, sql: &str) -> Vec<String> {
        let around = self.variables.clone();
        if self.dialect().traits().dynamic_apart {
            let sql = sql.to_lowercase();
            self.variables.retain(|name| sql.contains(&format!("{name}.")));
        }
        around
    }

    /// Puts values in the place of `$1`, `?`, `:1`, `@name`.
    fn place_values(&self, text: &Text, dynamic: &Dynamic, folded: &Fragment) -> Fragment {
        if dynamic.using.is_empty() {
            return folded.clone();
        }
        let inner = Text::new(folded.clone(), Lexing { templated: true, ..self.lexing });
        let mut changes = Vec::new();
        let mut counted = 0;
        let mut at = 0;
        while at < inner.len() {
            let len = placeholder(&inner, at);
            let value = value_of(dynamic, &inner, at, len, &mut counted).filter(|_| len > 0);
            if let Some(value) = value {
                changes.push((inner.bytes(at..at + len), fold::outer_value(text, value, self.known())));
            }
            at += len.max(1);
        }
        folded.changed(0..folded.text().len(), changes)
    }

    /// The text with holes only where values stand: a hole in a name takes its parameter's default, or there is no
    /// such text.
    fn name_holes(&mut self, folded: Fragment, span: Span) -> Option<Fragment> {
        if !folded.text().contains("{{") {
            return Some(folded);
        }
        let text = Text::new(folded, Lexing { templated: true, ..self.lexing });
        let mut changes = Vec::new();
        for at in 0..text.len() {
            if text.kind(at) != Some(TokenKind::Hole) || !is_name_place(&text, at) {
                continue;
            }
            let name = text.word(at).trim_matches(['{', '}', ' ']).to_owned();
            let value = self.default_text(&name)?;
            self.told_default(&name, &value, span);
            changes.push((text.bytes(at..at + 1), Fragment::made(&value, span)));
        }
        Some(text.fragment.changed(0..text.fragment.text().len(), changes))
    }

    /// Says that the default of a parameter was taken for a name.
    pub(super) fn told_default(&mut self, name: &str, value: &str, span: Span) {
        let message = format!("parameter `{name}` names what this statement works on; its default `{value}` was taken");
        let help = "run the conversion with the value that is used";
        self.parts.findings.push(Finding::at(Code::R205, span, message, help));
    }

    /// The constant default of a parameter, without quotes.
    pub(super) fn default_text(&self, name: &str) -> Option<String> {
        let param = self.parts.params.iter().find(|param| bare_name(&param.name).eq_ignore_ascii_case(name))?;
        let default = param.default.as_deref()?.trim().trim_start_matches(['N', 'n']);
        let inner = default.strip_prefix('\'')?.split('\'').next()?;
        let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        (!inner.is_empty() && inner.chars().all(plain)).then(|| inner.to_owned())
    }

    /// Relations that the words of a text name as read and written.
    pub(super) fn named_relations(&self, literals: Fragment) -> (Vec<Relation>, Vec<Relation>) {
        let text = Text::new(literals, Lexing { templated: true, ..self.lexing });
        let (mut reads, mut writes) = (Vec::new(), Vec::new());
        for at in 0..text.len() {
            let write = text.is_any(at, &["into", "update", "truncate"]) || text.are(at, &["delete", "from"]);
            let read = text.is_any(at, &["from", "join"]) && !text.is(at.wrapping_sub(1), "delete");
            if !read && !write {
                continue;
            }
            let skip = 1 + usize::from(text.is_any(at + 1, &["table", "from"]));
            let Some(relation) = self.relation(&text, at + skip) else { continue };
            let list = if write { &mut writes } else { &mut reads };
            if !list.contains(&relation) {
                list.push(relation);
            }
        }
        (reads, writes)
    }

    fn relation(&self, text: &Text, from: usize) -> Option<Relation> {
        let mut parts = Vec::new();
        let mut at = from;
        loop {
            let word = text.word(at);
            match text.kind(at)? {
                TokenKind::Word => parts.push(Ident::new(word, false, self.dialect())),
                TokenKind::Quoted => {
                    let whole = word.starts_with('`') && !self.dialect().traits().sigils;
                    let pieces = bare_name(word).split(|c| whole && c == '.');
                    parts.extend(pieces.map(|piece| Ident::new(piece, true, self.dialect())));
                }
                TokenKind::String
                | TokenKind::Dollar
                | TokenKind::Number
                | TokenKind::Variable
                | TokenKind::Hole
                | TokenKind::Symbol
                | TokenKind::Client
                | TokenKind::Separator => return None,
            }
            if !text.is(at + 1, ".") {
                let open = text.is(at + 1, "(") || text.kind(at + 1) == Some(TokenKind::Hole);
                let keyword = parts.len() == 1 && text.is_any(at, &["select", "set", "lateral", "values"]);
                return (!open && !keyword).then(|| Relation::new(parts, self.dialect()));
            }
            at += 2;
        }
    }
}

/// One reading for the statements of a string.
fn together(rows: Vec<Statement>, steps: Vec<usize>) -> StatementReading {
    let unread = rows.iter().find_map(|row| match &row.reading {
        StatementReading::Unread(reason) => Some(reason.clone()),
        StatementReading::Steps(_) | StatementReading::Config(_) | StatementReading::Dropped(_) => None,
    });
    match (unread, rows.into_iter().next()) {
        (Some(reason), _) => StatementReading::Unread(reason),
        (None, Some(row)) if steps.is_empty() => row.reading,
        (None, None) => StatementReading::Dropped("the string that it runs is empty".to_owned()),
        (None, Some(_)) => StatementReading::Steps(steps),
    }
}

/// The number of tokens of the placeholder at `at`; 0 when there is none.
fn placeholder(text: &Text, at: usize) -> usize {
    let number = text.kind(at + 1) == Some(TokenKind::Number) || text.is_word(at + 1);
    match text.word(at) {
        "?" => 1,
        "$" if text.kind(at + 1) == Some(TokenKind::Number) => 2,
        ":" if number => 2,
        _ => usize::from(text.kind(at) == Some(TokenKind::Variable)),
    }
}

fn value_of(dynamic: &Dynamic, text: &Text, at: usize, len: usize, counted: &mut usize) -> Option<Range<usize>> {
    if len == 0 {
        return None;
    }
    let index = match text.word(at) {
        "$" => text.word(at + 1).parse::<usize>().ok()?.checked_sub(1)?,
        "?" | ":" if dynamic.names.is_empty() => {
            *counted += 1;
            *counted - 1
        }
        name => dynamic.names.iter().position(|known| known.eq_ignore_ascii_case(name))?,
    };
    dynamic.using.get(index).cloned()
}

/// Whether the hole is (part of) a name rather than a value.
fn is_name_place(text: &Text, at: usize) -> bool {
    let glued = |left: usize, right: usize| text.bytes(left..left + 1).end == text.start_of(right);
    let before = at.wrapping_sub(1);
    let names = ["from", "join", "into", "update", "table", "view", ".", ";", "schema", "exists", "by", "select"];
    at == 0
        || text.is_any(before, &names)
        || text.is_any(at + 1, &[".", "("])
        || (at > 0 && glued(before, at) && text.is_name(before))
        || (glued(at, at + 1) && text.is_name(at + 1))
}

/// A query whose result goes into variables binds them.
fn bind_into(effect: &mut Effect, into: &[String]) {
    if into.is_empty() {
        return;
    }
    if let Effect::Read { body: crate::steps::Body::Query(query) } = effect {
        *effect = Effect::Bind { variables: into.to_vec(), body: query.clone() };
    }
}
