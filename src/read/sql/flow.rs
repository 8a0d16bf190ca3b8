//! Branches, loops and handlers: what the steps within them are guarded by.
//!
//! In: a branch, loop or handler of a tree. Out: its steps with their guards; a row for each head.

use std::ops::Range;

use super::assign::unwrapped;
use super::effect;
use super::housekeeping::{asks_absence, asks_catalog, leaves, raises};
use super::script::{Walk, bare_name};
use super::tokens::Text;
use super::tree::{Arm, Condition, Handler, Loop};
use super::values::{self, Assigned};
use crate::finding::{Code, Finding};
use crate::steps::{Effect, Guard, Query, Sql, StatementReading};
use crate::text::Fragment;

impl Walk<'_> {
    /// Each arm runs when its own condition is true and those before it are not.
    pub(super) fn branches(&mut self, text: &Text, arms: &[Arm]) {
        let outer = self.guards.len();
        let known = self.known.clone();
        let mut leaving = Vec::new();
        for arm in arms {
            let row = self.head(text, &arm.head, "if");
            let first = self.parts.steps.len();
            let condition = arm.condition.as_ref().map(|condition| self.condition(text, condition));
            if let Some(condition) = &condition {
                self.guards.push(Guard::If { condition: condition.clone(), negated: false });
            }
            self.nodes(text, &arm.body);
            self.known.clone_from(&known);
            self.tidy(text, arm, first, outer);
            self.close_branch(text, arm, row, first);
            if let Some(condition) = condition {
                self.guards.pop();
                if leaves(text, &arm.body) && !raises(text, &arm.body) {
                    leaving.push(condition.clone());
                }
                self.guards.push(Guard::If { condition, negated: true });
            }
        }
        self.guards.truncate(outer);
        for arm in arms {
            self.forget(text, &arm.body);
        }
        for condition in leaving {
            self.leave(condition, outer);
        }
    }

    /// What follows runs only when the procedure was not left.
    fn leave(&mut self, condition: Sql, outer: usize) {
        if outer == self.kept_guards {
            self.guards.push(Guard::If { condition, negated: true });
            self.kept_guards += 1;
        } else {
            let message =
                "the procedure is left here under several conditions at once, which what follows does not show";
            self.parts.findings.push(Finding::at(Code::R206, condition.span, message, "check what follows by hand"));
        }
    }

    /// Variables that are set in `nodes` hold nothing that is known behind them.
    fn forget(&mut self, text: &Text, nodes: &[super::tree::Node]) {
        let mut assigned = Assigned::new();
        values::count(text, nodes, 1, &mut assigned);
        self.known.retain(|name, _| !assigned.contains_key(name));
    }

    /// A branch that asks the catalog before it drops or declares is housekeeping: its steps happen anyway.
    fn tidy(&mut self, text: &Text, arm: &Arm, first: usize, outer: usize) {
        let Some(condition) = &arm.condition else { return };
        let tidies =
            |effect: &Effect| matches!(effect, Effect::Drop { .. } | Effect::Declare { .. } | Effect::Truncate { .. });
        let steps = self.parts.steps.get_mut(first..).unwrap_or_default();
        if !asks_catalog(text, condition.test.clone()) || !steps.iter().all(|step| tidies(&step.effect)) {
            return;
        }
        let absent = asks_absence(text, condition.test.clone());
        for step in steps {
            if step.guards.len() > outer {
                step.guards.remove(outer);
            }
            if let Effect::Declare { keeps_existing, .. } = &mut step.effect {
                *keeps_existing |= absent;
            }
        }
    }

    fn close_branch(&mut self, text: &Text, arm: &Arm, row: Option<usize>, first: usize) {
        let catalog = arm.condition.as_ref().is_some_and(|condition| asks_catalog(text, condition.test.clone()));
        let raised = raises(text, &arm.body);
        let guarded =
            self.parts.steps.get(first..).unwrap_or_default().iter().any(|step| step.guards.len() > self.kept_guards);
        if raised && let Some(span) = text.span(arm.head.clone()) {
            let help = "write it as a dbt test with the same condition";
            self.parts.findings.push(Finding::at(Code::R206, span, "a check that ends the script with an error", help));
        }
        let nothing = match (raised, catalog) {
            (true, _) => "a check that raises an error",
            (false, true) => "it asks whether something exists, which dbt does itself",
            (false, false) => "nothing in it touches rows",
        };
        let none = catalog && !guarded;
        self.close_head(row, if none { self.parts.steps.len() } else { first }, nothing);
    }

    fn condition(&self, text: &Text, condition: &Condition) -> Sql {
        let mut fragment = Fragment::empty();
        if let Some(subject) = &condition.subject {
            fragment.extend(&text.cut(subject.clone()));
            if let Some(span) = text.span(condition.test.clone()) {
                fragment.push(" = ", span, false);
            }
        }
        fragment.extend(&text.cut(condition.test.clone()));
        effect::expression(&fragment, &self.around())
    }

    /// A row for a head, to be closed once it is known what it guards; none for an empty head (ELSE).
    pub(super) fn head(&mut self, text: &Text, head: &Range<usize>, what: &str) -> Option<usize> {
        if head.is_empty() {
            return None;
        }
        let span = text.span(head.clone())?;
        Some(self.row(span, what, StatementReading::Steps(Vec::new())))
    }

    pub(super) fn close_head(&mut self, row: Option<usize>, first: usize, nothing: &str) {
        let steps: Vec<usize> = (first..self.parts.steps.len()).collect();
        let Some(row) = row.and_then(|row| self.parts.statements.get_mut(row)) else { return };
        row.reading = match steps.as_slice() {
            [] => StatementReading::Dropped(nothing.to_owned()),
            _ => StatementReading::Steps(steps),
        };
    }

    pub(super) fn looped(&mut self, text: &Text, looped: &Loop) {
        let row = self.head(text, &looped.head, "loop");
        let first = self.parts.steps.len();
        self.forget(text, &looped.body);
        let head = effect::expression(&text.cut(looped.head.clone()), &self.around());
        let variable = looped.variable.map(|at| bare_name(text.word(at)).to_lowercase());
        let query = self.loop_query(text, looped);
        self.variables.extend(variable.clone());
        self.guards.push(Guard::Loop { head, variable, query: query.map(Box::new) });
        self.nodes(text, &looped.body);
        self.guards.pop();
        self.forget(text, &looped.body);
        self.close_head(row, first, "nothing in it touches rows");
        if let Some(until) = &looped.until {
            let row = self.head(text, until, "until");
            self.close_head(row, first, "nothing in the loop touches rows");
        }
    }

    /// The query that a loop runs over: written in its head, or that of the cursor that it names or fetches from.
    fn loop_query(&self, text: &Text, looped: &Loop) -> Option<Query> {
        let over = unwrapped(text, looped.over.clone());
        if looped.variable.is_some() {
            if text.is_any(over.start, &["select", "with"]) {
                return Some(self.query(&text.cut(over)));
            }
            return self.cursors.get(&bare_name(text.word(over.start)).to_lowercase()).map(|query| self.query(query));
        }
        let end = looped.body.last().map_or(looped.head.end, super::tree::Node::end);
        let fetch = (looped.head.end..end).find(|at| text.is(*at, "fetch"))?;
        let name = (fetch + 1..fetch + 4).find(|at| !text.is_any(*at, &["next", "from", "first", "prior"]))?;
        self.cursors.get(&bare_name(text.word(name)).to_lowercase()).map(|query| self.query(query))
    }

    pub(super) fn handler(&mut self, text: &Text, handler: &Handler) {
        let row = self.head(text, &handler.head, "error handler");
        let first = self.parts.steps.len();
        let conditions = text.slice(handler.conditions.clone()).to_owned();
        let known = self.known.clone();
        self.guards.push(Guard::Handler { conditions });
        self.nodes(text, &handler.body);
        self.guards.pop();
        self.known = known;
        self.close_head(row, first, "it only reports the error");
    }
}
