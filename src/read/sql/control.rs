//! Statements of the procedural language that are no SQL: which have no meaning in dbt, which set names, which call.
//!
//! In: a statement. Out: its row, with steps where it has any; everything else goes to `effect`.

use std::ops::Range;

use super::assign::unwrapped;
use super::comment;
use super::dynamic;
use super::effect::{self, Outcome, Understood};
use super::fold;
use super::params::split;
use super::script::{Walk, bare_name};
use super::tokens::{Lexing, Text, TokenKind};
use super::values::{self, Assigned, outside};
use crate::dialect::Client;
use crate::finding::{Code, Finding};
use crate::name::{Ident, Relation};
use crate::steps::{Body, Check, Effect, Guard, Opaque, Query, Sql, StatementReading, argument_variable};
use crate::text::{Fragment, Span};

/// Statements of procedures alone that have no meaning in dbt: first words, what they are, why. Those that stand in
/// scripts too are known to `effect`.
const WITHOUT_MEANING: [(&str, &str, &str); 7] = [
    ("drop prepare", "deallocate", "it lets go of a prepared statement"),
    ("await", "wait", "it waits"),
    ("cancel", "cancel", "it stops a running statement"),
    ("reconfigure", "reconfigure", "a setting of the server"),
    ("revert", "revert", "a change of the running user"),
    ("unset", "unset", "a setting of the session"),
    ("undrop", "undrop", "it brings back what was dropped"),
];

/// Packages and functions of the database itself, which a call runs for their effect on the session.
const OWN: [&str; 13] = [
    "dbms_",
    "utl_",
    "pg_",
    "set_config",
    "setval",
    "owa",
    "apex_",
    "system$",
    "sys",
    "htp",
    "dblink",
    "ctx_",
    "raise_application_error",
];

impl Walk<'_> {
    pub(super) fn statement(&mut self, text: &Text, tokens: &Range<usize>, span: Span) {
        let comment = comment::above(text, tokens.start);
        if self.sets_path(text, tokens, span)
            || self.opens_query(text, tokens, span)
            || self.collects(text, tokens, span, &comment)
            || self.is_without_meaning(text, tokens, span)
            || self.asserts(text, tokens, span)
            || self.limits(text, tokens, span)
            || self.returns(text, tokens, span, &comment)
            || self.prepares(text, tokens, span)
            || self.runs_argument(text, tokens, span)
            || self.calls(text, tokens, span, &comment)
        {
            return;
        }
        if text.is(tokens.start, "let") {
            return self.declaration(text, &(tokens.start + 1..tokens.end), span, &comment);
        }
        if text.is(tokens.start, "declare") {
            return self.declare(text, tokens, span, &comment);
        }
        if let Some(all) = self.assignments(text, tokens) {
            let reading = self.assign_all(text, &all, span, &comment);
            self.row(span, "assignment", reading);
            return;
        }
        let dynamic = dynamic::dynamic(text, tokens.clone(), self.dialect().traits().bare_statements);
        if let Some(dynamic) = dynamic {
            return self.run(text, &dynamic, tokens, &comment);
        }
        if self.inserts_string(text, tokens, span, &comment) {
            return;
        }
        self.understood(text, tokens, span);
        self.forget_targets(text, tokens);
    }

    /// Variables that a statement fills hold nothing that is known any more; where it is not known either what they
    /// hold now, a step says so.
    fn forget_targets(&mut self, text: &Text, tokens: &Range<usize>) {
        let leaf = super::tree::Leaf { tokens: tokens.clone(), kind: super::tree::LeafKind::Statement };
        let mut assigned = Assigned::new();
        values::count(text, &[super::tree::Node::Leaf(leaf)], 1, &mut assigned);
        let Some(span) = text.span(tokens.clone()) else { return };
        for name in assigned.into_keys() {
            self.known.remove(&name);
        }
        for name in values::filled(text, tokens) {
            self.step(span, Effect::Bind { variables: vec![name], body: Query::unknown(span) }, "");
        }
    }

    /// A statement of SQL.
    pub(super) fn understood(&mut self, text: &Text, tokens: &Range<usize>, span: Span) {
        let comment = comment::above(text, tokens.start);
        let named = self.with_value_names(&text.cut(tokens.clone()));
        for (name, value) in &named.taken {
            self.told_default(name, value, span);
        }
        let understood = self.understand(&named.fragment);
        self.record(understood, span, &comment, text.slice(tokens.clone()));
    }

    /// The steps of one effect: a call is preceded by the values of its arguments.
    fn steps(&mut self, effect: Effect, span: Span, comment: &str, written: &str) -> Vec<usize> {
        let first = self.parts.steps.len();
        if let Effect::Call { arguments, .. } = &effect {
            self.give_arguments(arguments, span);
        }
        let (effect, guard) = self.settle_bind(self.as_declared(effect, span), span, written);
        let outer = self.guards.len();
        self.guards.extend(guard);
        self.step(span, effect, comment);
        self.guards.truncate(outer);
        (first..self.parts.steps.len()).collect()
    }

    /// A value for each argument that is more than a literal: the variables in it are those of the caller.
    fn give_arguments(&mut self, arguments: &[(String, String)], span: Span) {
        for (at, (_, value)) in arguments.iter().enumerate() {
            let text = Text::new(Fragment::made(value, span), Lexing { templated: true, ..self.lexing });
            let output = (0..text.len()).any(|at| text.is_any(at, &["output", "out", "default"]));
            let literal = text.len() == 1
                && (matches!(text.kind(0), Some(TokenKind::Number | TokenKind::String))
                    || text.is_any(0, &["null", "true", "false"]));
            if literal || output || text.len() == 0 {
                continue;
            }
            let mut query = Fragment::empty();
            query.push("SELECT ", span, false);
            query.push(value, span, false);
            let body = self.query(&query);
            self.step(span, Effect::Bind { variables: vec![argument_variable(at)], body }, "");
        }
    }

    pub(super) fn record(&mut self, understood: Understood, span: Span, comment: &str, written: &str) {
        let Understood { what, outcome, facts, findings, sent } = understood;
        self.parts.facts.extend(facts);
        self.parts.findings.extend(findings);
        let reading = match outcome {
            Outcome::Effects(effects) => {
                let steps: Vec<usize> =
                    effects.into_iter().flat_map(|effect| self.steps(effect, span, comment, written)).collect();
                if let Some(last) = steps.last().and_then(|last| self.parts.steps.get_mut(*last)) {
                    last.sent = sent;
                }
                StatementReading::Steps(steps)
            }
            Outcome::Config(what) => StatementReading::Config(what),
            Outcome::Dropped(why) => StatementReading::Dropped(why),
            Outcome::Unread { reason, step } => self.unread(span, reason, step, comment),
        };
        self.row(span, what, reading);
    }

    fn unread(&mut self, span: Span, reason: String, step: Option<Opaque>, comment: &str) -> StatementReading {
        if let Some(opaque) = step {
            if let Some(declared) = effect::temporary_of(&opaque) {
                self.step(span, declared, comment);
            }
            self.step(span, Effect::Opaque(opaque), comment);
        }
        StatementReading::Unread(reason)
    }

    fn is_without_meaning(&mut self, text: &Text, tokens: &Range<usize>, span: Span) -> bool {
        let row = WITHOUT_MEANING.iter().find(|(words, _, _)| {
            let words: Vec<&str> = words.split(' ').collect();
            text.are(tokens.start, &words)
        });
        let Some((_, what, why)) = row else { return false };
        let assigns = text.is_any(tokens.start + 1, &[":=", "="]);
        if assigns {
            return false;
        }
        self.row(span, *what, StatementReading::Dropped((*why).to_owned()));
        true
    }

    /// `SET ROWCOUNT 10`: what follows touches no more rows than that.
    fn limits(&mut self, text: &Text, tokens: &Range<usize>, span: Span) -> bool {
        let limited = text.are(tokens.start, &["set", "rowcount"]) && text.word(tokens.start + 2) != "0";
        if limited {
            let reason = "it limits what follows to a number of rows, which the models do not";
            let help = "write the limit into the statements that it is for";
            self.parts.findings.push(Finding::at(Code::R301, span, reason, help));
            self.row(span, "set", StatementReading::Unread(reason.to_owned()));
        }
        limited
    }

    /// `ASSERT condition [, message]`, `ASSERT condition AS message`: a check.
    fn asserts(&mut self, text: &Text, tokens: &Range<usize>, span: Span) -> bool {
        if !text.is(tokens.start, "assert") {
            return false;
        }
        let joint = outside(text, tokens.start + 1..tokens.end).find(|at| text.is_any(*at, &[",", "as"]));
        let test = tokens.start + 1..joint.unwrap_or(tokens.end);
        let said = joint.and_then(|joint| super::literal::content(text, joint + 1, self.dialect()));
        let message = said.map_or_else(|| "a check of the script fails".to_owned(), |said| said.text().to_owned());
        let first = self.parts.steps.len();
        let mut query = Fragment::empty();
        query.push("SELECT ", span, false);
        query.extend(&text.cut(test.clone()));
        let body = self.query(&query);
        let condition = self.bind_condition(body, text.slice(test).to_owned(), span);
        self.guards.push(Guard::If { condition, negated: true });
        let shown = Query::new(Sql::plain("select 1", span));
        let step = self.step(span, Effect::Read { body: Body::Query(shown) }, "");
        self.guards.pop();
        if self.guards.iter().all(|guard| matches!(guard, Guard::If { .. })) {
            self.parts.checks.push(Check { step, message, warn: false });
        }
        self.row(span, "assert", StatementReading::Steps((first..self.parts.steps.len()).collect()));
        true
    }

    /// `OPEN c FOR query` gives the rows to the caller.
    fn opens_query(&mut self, text: &Text, tokens: &Range<usize>, span: Span) -> bool {
        if !text.is(tokens.start, "open") {
            return false;
        }
        let Some(joint) = tokens.clone().take(8).find(|at| text.is(*at, "for")) else { return false };
        let query = unwrapped(text, joint + 1..tokens.end);
        if text.is_any(query.start, &["select", "with"]) {
            self.cursors.insert(bare_name(text.word(tokens.start + 1)).to_lowercase(), text.cut(query.clone()));
            let understood = self.understand(&text.cut(query));
            self.record(understood, span, "", "");
        } else {
            let from = query.start + usize::from(text.is(query.start, "execute"));
            let dynamic = dynamic::clauses(text, from..query.end);
            self.run(text, &dynamic, tokens, "");
        }
        true
    }

    /// RETURN: rows are given to the caller, or the procedure ends.
    fn returns(&mut self, text: &Text, tokens: &Range<usize>, span: Span, comment: &str) -> bool {
        if !text.is(tokens.start, "return") {
            return false;
        }
        let skip = 1 + usize::from(text.is(tokens.start + 1, "query"));
        let value = unwrapped(text, tokens.start + skip..tokens.end);
        if text.is(value.start, "execute") && skip == 2 {
            let dynamic = dynamic::clauses(text, value.start + 1..value.end);
            self.run(text, &dynamic, tokens, comment);
        } else if text.is_any(value.start, &["select", "with"]) {
            let understood = self.understand(&text.cut(value));
            self.record(understood, span, comment, "");
        } else {
            let why = if value.is_empty() { "it ends the procedure" } else { "it gives a value to the caller" };
            self.row(span, "return", StatementReading::Dropped(why.to_owned()));
        }
        true
    }

    /// `PREPARE s FROM text`, `PREPARE s AS statement`.
    fn prepares(&mut self, text: &Text, tokens: &Range<usize>, span: Span) -> bool {
        let joint = tokens.start + 2;
        if !text.is(tokens.start, "prepare") || !text.is_any(joint, &["from", "as"]) {
            return false;
        }
        let rest = joint + 1..tokens.end;
        let sql = if text.is(joint, "as") {
            Some(text.cut(rest.clone()))
        } else {
            fold::fold(text, rest.clone(), self.known())
        };
        let name = text.word(tokens.start + 1).to_lowercase();
        match sql {
            Some(sql) => self.prepared.insert(name.clone(), sql),
            None => self.prepared.remove(&name),
        };
        if let Some(hint) = self.hints.get(&bare_name(text.word(rest.start)).to_lowercase()).cloned() {
            self.hints.insert(name, hint);
        }
        self.row(span, "prepare", StatementReading::Config("the statement is read where it is executed".to_owned()));
        true
    }

    /// `USE schema`, `SET search_path`: names without a schema mean that one from here on.
    fn sets_path(&mut self, text: &Text, tokens: &Range<usize>, span: Span) -> bool {
        let Some(at) = self.path(text, tokens) else { return false };
        let name = bare_name(text.word(at)).trim_matches('\'');
        if !(name.is_empty() || name.eq_ignore_ascii_case("default") || name.starts_with('$')) {
            self.search_path = Some(name.to_owned());
        }
        self.row(span, "use schema", StatementReading::Config("names without a schema are of this one".to_owned()));
        true
    }

    /// The token that names the schema which the statement makes the default.
    fn path(&self, text: &Text, tokens: &Range<usize>) -> Option<usize> {
        let start = tokens.start;
        let traits = self.dialect().traits();
        if text.is(start, "use") {
            let other = text.is_any(start + 1, &["role", "warehouse", "secondary", "catalog"])
                || (text.is(start + 1, "database") && traits.client == Client::Snowsql);
            return (!other && !traits.bare_statements && tokens.len() > 1).then(|| tokens.end - 1);
        }
        if text.is(start, "set") {
            let at = tokens.clone().take(4).find(|at| text.is_any(*at, &["search_path", "current_schema"]))?;
            return Some(at + 1 + usize::from(text.is_any(at + 1, &["to", "="])));
        }
        text.are(start, &["alter", "session", "set", "current_schema"]).then_some(start + 5)
    }

    /// Whether a procedure of that name only runs the string that it is given.
    pub(super) fn is_runner(&self, name: &str) -> bool {
        let bare = name.rsplit('.').next().unwrap_or(name).to_lowercase();
        self.runners.is_some_and(|runners| runners.contains(&bare))
    }

    /// A call of such a procedure, with a string that is known: the statements of that string.
    fn runs_argument(&mut self, text: &Text, tokens: &Range<usize>, span: Span) -> bool {
        let worded = text.is_any(tokens.start, &["call", "exec", "execute", "perform"]);
        let mut name = tokens.start + usize::from(worded);
        while text.is_name(name) && text.is(name + 1, ".") {
            name += 2;
        }
        let closing = text.closing(name + 1);
        let arguments = if closing > name + 1 { name + 2..closing } else { name + 1..tokens.end };
        let whole = closing == name + 1 || closing + 1 == tokens.end;
        if !text.is_name(name) || !whole || arguments.is_empty() || !self.is_runner(bare_name(text.word(name))) {
            return false;
        }
        let first = split(text, arguments, ",").into_iter().next().unwrap_or_default();
        let named = usize::from(text.is_any(first.start + 1, &["=", "=>", ":="])) * 2;
        let Some(sql) = fold::fold(text, first.start + named..first.end, self.known()) else { return false };
        self.run_known(sql, span, text.slice(tokens.clone()));
        true
    }

    /// Calls without a word for it (Oracle).
    fn calls(&mut self, text: &Text, tokens: &Range<usize>, span: Span, comment: &str) -> bool {
        if !self.dialect().traits().header_declares {
            return false;
        }
        let Some((procedure, arguments)) = self.whole_call(text, tokens.clone()) else { return false };
        self.call(procedure, arguments, span, comment)
    }

    fn call(&mut self, procedure: Relation, arguments: Vec<(String, String)>, span: Span, comment: &str) -> bool {
        let first = procedure.parts().first().map(|part| part.text.to_lowercase()).unwrap_or_default();
        if OWN.iter().any(|own| first.starts_with(own)) {
            self.row(span, "call", StatementReading::Dropped("a call of the database's own".to_owned()));
            return true;
        }
        let steps = self.steps(Effect::Call { procedure, arguments, file: None }, span, comment, "");
        self.row(span, "call", StatementReading::Steps(steps));
        true
    }

    /// A name with arguments in parentheses and nothing else; in Oracle the parentheses may be missing.
    fn whole_call(&self, text: &Text, tokens: Range<usize>) -> Option<(Relation, Vec<(String, String)>)> {
        const WORDS: [&str; 20] = [
            "null",
            "exit",
            "continue",
            "raise",
            "return",
            "goto",
            "close",
            "open",
            "commit",
            "rollback",
            "savepoint",
            "select",
            "insert",
            "update",
            "delete",
            "merge",
            "truncate",
            "end",
            "begin",
            "forall",
        ];
        let mut at = tokens.start;
        if !text.is_name(at) || text.is_any(at, &WORDS) {
            return None;
        }
        let mut parts = Vec::new();
        loop {
            let quoted = text.kind(at) == Some(TokenKind::Quoted);
            parts.push(Ident::new(bare_name(text.word(at)), quoted, self.dialect()));
            if !(text.is(at + 1, ".") && text.is_name(at + 2)) {
                break;
            }
            at += 2;
        }
        let closing = text.closing(at + 1);
        let whole = closing + 1 == tokens.end && closing > at + 1;
        let bare = at + 1 == tokens.end;
        if !whole && !bare {
            return None;
        }
        let inside = if whole { at + 2..closing } else { at..at };
        let arguments = split(text, inside, ",").into_iter().map(|part| argument(text, part)).collect();
        Some((Relation::new(parts, self.dialect()), arguments))
    }
}

/// `name => value` or `value`.
fn argument(text: &Text, part: Range<usize>) -> (String, String) {
    if text.is_any(part.start + 1, &["=>", ":="]) {
        return (text.word(part.start).to_owned(), text.slice(part.start + 2..part.end).to_owned());
    }
    (String::new(), text.slice(part).to_owned())
}
