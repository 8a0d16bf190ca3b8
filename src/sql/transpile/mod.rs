//! From the scripts' dialect to the target's, where the two differ.
//!
//! In: scripts. Out: the same scripts with their SQL edited at byte ranges, a finding for every construct with no sure
//! counterpart, and the steps that must not run because they would give other rows without a word. Tables say what is known
//! (`senses.rs`, `forms.rs`, `types.rs`, `formats.rs`, `units.rs`); what stands in none of them is not sure. A script of the target's own
//! dialect is not looked at. Never prints a statement anew.

mod atoms;
mod casts;
mod catalog;
mod clauses;
mod formats;
mod forms;
mod kinds;
pub(super) mod lex;
mod operators;
#[cfg(test)]
mod page;
pub(super) mod parse;
mod rewrite;
mod senses;
#[cfg(test)]
mod tests;
pub(super) mod tree;
pub(super) mod types;
mod units;

use std::collections::BTreeMap;

use crate::dialect::{Dialect, Dialects};
use crate::finding::{Code, Finding};
use crate::steps::{
    Assignment, Body, Change, ColumnDef, Conflict, Effect, Guard, MergeAction, Query, Script, Sql, Step,
};
use crate::text::Span;
use catalog::Scope;
use rewrite::Unsure;

/// Where `a:b` is a path into a value.
const PATHS: Dialects = Dialects::SNOWFLAKE.or(Dialects::SPARK);

/// Why a step must not run as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What cannot be kept.
    pub reason: String,
    /// What to do.
    pub help: String,
}

/// Scripts in the target's dialect.
#[derive(Debug, Clone)]
pub struct Transpiled {
    /// The scripts.
    pub scripts: Vec<Script>,
    /// What is not sure.
    pub findings: Vec<Finding>,
    /// Steps that must not run, by number of the script and of the step.
    pub refused: BTreeMap<(usize, usize), Refusal>,
}

/// The scripts in `target`; none when all of them are in it already.
pub fn transpile(scripts: &[Script], target: Dialect) -> Option<Transpiled> {
    if scripts.iter().all(|script| is_same(script.dialect, target)) {
        return None;
    }
    let scope = Scope::of(scripts);
    let mut out = Transpiled { scripts: Vec::new(), findings: Vec::new(), refused: BTreeMap::new() };
    for (at, script) in scripts.iter().enumerate() {
        let mut script = script.clone();
        if !is_same(script.dialect, target) {
            let pass = Pass { from: script.dialect, to: target, scope: &scope, found: Vec::new(), refused: None };
            pass.script(&mut script, at, &mut out);
        }
        out.scripts.push(script);
    }
    out.findings.extend(without_case(scripts, target));
    out.findings.dedup();
    Some(out)
}

/// One piece of SQL in another dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The text there.
    pub text: String,
    /// Constructs with no sure counterpart: their text stayed.
    pub unsure: Vec<String>,
    /// What would give other rows without a word; the text is the author's then.
    pub refused: Option<String>,
}

/// A query or an expression of which nothing else is known, in `to`.
pub fn transpile_text(text: &str, from: Dialect, to: Dialect) -> Piece {
    let sql = Sql::plain(text, Span::new(crate::text::SourceId(0), 0, text.len()));
    let rewritten = rewrite::rewrite(&sql, from, to, &Scope::default());
    let refused = rewritten.refused.map(|refused| refused.what);
    let text = if refused.is_some() { text.to_owned() } else { edited(&rewritten.sql) };
    Piece { text, unsure: rewritten.unsure.into_iter().map(|unsure| unsure.what).collect(), refused }
}

/// Whether SQL of one dialect is SQL of the other. Of an unknown dialect nothing can be told.
fn is_same(from: Dialect, to: Dialect) -> bool {
    from == to || from == Dialect::Ansi || Dialects::SPARK.has(from) && Dialects::SPARK.has(to)
}

/// That the scripts' databases compare text without case, once a project.
fn without_case(scripts: &[Script], target: Dialect) -> Option<Finding> {
    let loose = Dialects::TSQL.or(Dialects::MYSQL);
    let script = scripts.iter().find(|script| loose.has(script.dialect) && !loose.has(target))?;
    let message = format!("{} compares text without case by default, {target} with case", script.dialect);
    let help = "compare lower(a) = lower(b) where the data differ in case, also in joins and groups";
    Some(Finding::general(Code::R316, message, help))
}

/// The work on one script.
struct Pass<'a> {
    from: Dialect,
    to: Dialect,
    scope: &'a Scope,
    found: Vec<Finding>,
    refused: Option<Refusal>,
}

impl Pass<'_> {
    fn script(mut self, script: &mut Script, number: usize, out: &mut Transpiled) {
        for param in &mut script.params {
            self.sql_type(&mut param.sql_type, script.span);
            if let Some(default) = param.default.as_mut().filter(|default| !crate::steps::is_literal(default)) {
                *default = transpile_text(default, self.from, self.to).text;
            }
        }
        for (at, step) in script.steps.iter_mut().enumerate() {
            self.step(step);
            if let Some(refusal) = self.refused.take() {
                out.refused.insert((number, at), refusal);
            }
        }
        out.findings.extend(self.found);
    }

    fn step(&mut self, step: &mut Step) {
        let span = step.span;
        for guard in &mut step.guards {
            match guard {
                Guard::If { condition, .. } => self.sql(condition),
                Guard::Loop { query: Some(query), .. } => self.query(query),
                Guard::Loop { .. } | Guard::Handler { .. } => {}
            }
        }
        match &mut step.effect {
            Effect::Create { body, .. } | Effect::Replace { body, .. } | Effect::Read { body } => self.body(body),
            Effect::Append { body, conflict, .. } => {
                self.body(body);
                if let Some(conflict) = conflict {
                    self.conflict(conflict);
                }
            }
            Effect::Declare { columns, .. } => columns.iter_mut().for_each(|column| self.column(column, span)),
            Effect::Merge(merge) => {
                self.alias(&mut merge.alias);
                self.alias(&mut merge.using_alias);
                self.sql(&mut merge.using);
                self.sql(&mut merge.on);
                for arm in &mut merge.arms {
                    arm.condition.iter_mut().for_each(|condition| self.sql(condition));
                    match &mut arm.action {
                        MergeAction::Update(set) | MergeAction::Insert(set) => self.assignments(set),
                        MergeAction::UpdateAll
                        | MergeAction::InsertAll
                        | MergeAction::Delete
                        | MergeAction::Nothing => {}
                    }
                }
            }
            Effect::Update(update) => {
                self.alias(&mut update.alias);
                self.assignments(&mut update.assignments);
                update.from.iter_mut().chain(&mut update.filter).for_each(|sql| self.sql(sql));
            }
            Effect::Delete(delete) => {
                self.alias(&mut delete.alias);
                delete.using.iter_mut().for_each(|sql| self.sql(sql));
                self.sql(&mut delete.filter);
            }
            Effect::Alter { change, .. } => match change {
                Change::Add(column) | Change::Retype(column) => self.column(column, span),
                Change::Drop(_) | Change::Rename { .. } => {}
            },
            Effect::Bind { body, .. } => self.query(body),
            Effect::Truncate { .. }
            | Effect::Drop { .. }
            | Effect::Rename { .. }
            | Effect::Swap { .. }
            | Effect::Call { .. }
            | Effect::Opaque(_) => {}
        }
    }

    fn body(&mut self, body: &mut Body) {
        match body {
            Body::Query(query) => self.query(query),
            Body::Frame(_) => {}
        }
    }

    fn query(&mut self, query: &mut Query) {
        self.sql(&mut query.sql);
    }

    fn conflict(&mut self, conflict: &mut Conflict) {
        self.assignments(&mut conflict.assignments);
        conflict.filter.iter_mut().for_each(|filter| self.sql(filter));
    }

    fn assignments(&mut self, set: &mut [Assignment]) {
        for assignment in set {
            self.sql(&mut assignment.value);
        }
    }

    fn column(&mut self, column: &mut ColumnDef, span: Span) {
        self.sql_type(&mut column.sql_type, span);
        if let Some(default) = &mut column.default {
            let mut sql = Sql::plain(default.clone(), span);
            self.sql(&mut sql);
            *default = edited(&sql);
        }
    }

    fn sql_type(&mut self, sql_type: &mut String, span: Span) {
        if sql_type.is_empty() {
            return;
        }
        let new = types::read(sql_type, self.from).and_then(|of| of.write(self.to));
        if let Some(new) = new {
            if !types::is_same(sql_type, &new, self.from, self.to) {
                *sql_type = new;
            }
        } else {
            let unsure = Unsure {
                range: 0..0,
                what: format!("the type {sql_type}"),
                help: "write the type that the target has for it".to_owned(),
            };
            self.say(&unsure, span);
        }
    }

    fn sql(&mut self, sql: &mut Sql) {
        let rewritten = rewrite::rewrite(sql, self.from, self.to, self.scope);
        for unsure in &rewritten.unsure {
            self.say(unsure, place(sql, unsure));
        }
        if let Some(refused) = rewritten.refused {
            let reason = format!("{} has no sure counterpart in {}", refused.what, self.to);
            self.refused.get_or_insert(Refusal { reason, help: refused.help });
            return;
        }
        *sql = rewritten.sql;
        for mention in &mut sql.mentions {
            mention.alias.iter_mut().for_each(|alias| self.alias(alias));
        }
    }

    /// A name of a temp table that stands for its rows: `#t` is a name only where names have such signs.
    fn alias(&self, alias: &mut String) {
        if alias.starts_with('#') && !self.to.traits().sigils {
            *alias = crate::sql::identifier::requoted(alias, self.to);
        }
    }

    fn say(&mut self, unsure: &Unsure, span: Span) {
        let message = format!("{} has no sure counterpart in {}", unsure.what, self.to);
        self.found.push(Finding::at(Code::R314, span, message, unsure.help.clone()));
    }
}

/// Where the construct stands: exact where the text is that of the file.
fn place(sql: &Sql, unsure: &Unsure) -> Span {
    let whole = sql.span.range();
    if whole.len() != sql.text.len() {
        return sql.span;
    }
    Span::new(sql.span.source, whole.start + unsure.range.start, whole.start + unsure.range.end)
}

/// The text with its edits done, for a piece that names nothing.
fn edited(sql: &Sql) -> String {
    let mut text = sql.text.clone();
    let mut edits: Vec<_> = sql.edits.iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.range.start));
    for edit in edits {
        if text.get(edit.range.clone()).is_some() {
            text.replace_range(edit.range.clone(), &edit.text);
        }
    }
    text
}
