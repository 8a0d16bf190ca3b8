//! Rules that hold what a DAG's arrows say against what its data says.

use std::collections::BTreeSet;

use super::implied::{declared, implied};
use super::reach::Reach;
use super::touched::{Touched, used};
use super::{Inputs, is_named_by_run, listed};
use crate::finding::{Code, Finding};
use crate::name::Relation;
use crate::steps::{Script, ScriptKind, Task, result};
use crate::text::{Sources, Span};
use crate::versions::Versions;

/// R501, R502, R503, R504: arrows that are missing, reversed, needless, redundant.
pub fn edges(inputs: &Inputs, number: usize, script: &Script) -> Vec<Finding> {
    if script.kind != ScriptKind::Airflow {
        return Vec::new();
    }
    let (said, meant) = (declared(script), implied(number, script, inputs.versions));
    let count = script.tasks.len();
    let rules = Rules {
        script,
        ordered: Reach::of(&said, count),
        sure: Reach::of(&sure_arrows(script), count),
        needed: Reach::of(&meant, count),
        touched: (0..count).map(|task| Touched::of(inputs, number, script, task)).collect(),
    };
    let mut findings: Vec<Finding> = meant.iter().filter_map(|edge| rules.unordered(*edge)).collect();
    let mut seen = BTreeSet::new();
    // Of two arrows that stand under a condition, one may be drawn in place of the other.
    let sure = script.arrows.iter().filter(|arrow| !arrow.perhaps);
    for arrow in sure.filter(|arrow| seen.insert((arrow.from, arrow.to))) {
        findings.extend(rules.superfluous(arrow.span, (arrow.from, arrow.to), &meant));
    }
    findings
}

/// The order that the tasks of a DAG need: by the data, and with every task of which not everything is seen, as the
/// arrows have it. Tasks that do nothing are no part of it.
pub fn needed(sources: &Sources, scripts: &[Script], versions: &Versions, number: usize) -> BTreeSet<(usize, usize)> {
    let inputs = Inputs { sources, scripts, versions };
    let Some(script) = scripts.get(number) else { return BTreeSet::new() };
    let count = script.tasks.len();
    let ordered = Reach::of(&declared(script), count);
    let touched: Vec<Touched> = (0..count).map(|task| Touched::of(&inputs, number, script, task)).collect();
    let is_known = |task: usize| touched.get(task).is_some_and(|touched| touched.is_known);
    let is_tie = |task: usize| script.tasks.get(task).is_some_and(|task| task.making.is_tie);
    let mut edges = implied(number, script, versions);
    for from in 0..count {
        edges.extend(ordered.after(from).filter(|to| !is_known(from) || !is_known(*to)).map(|to| (from, to)));
    }
    for arrow in &script.arrows {
        let ends = script.tasks.get(arrow.from).zip(script.tasks.get(arrow.to));
        if ends.is_some_and(|(from, to)| carries_more(from, to, arrow.from)) {
            edges.insert((arrow.from, arrow.to));
        }
    }
    edges.retain(|(from, to)| !is_tie(*from) && !is_tie(*to));
    edges
}

struct Rules<'a> {
    script: &'a Script,
    ordered: Reach,
    /// The arrows that are drawn whatever a condition says.
    sure: Reach,
    needed: Reach,
    touched: Vec<Touched>,
}

impl Rules<'_> {
    /// R501 or R502 for a data edge that no path of arrows orders.
    fn unordered(&self, (writer, reader): (usize, usize)) -> Option<Finding> {
        if self.ordered.orders(writer, reader) {
            return None;
        }
        let (from, to) = (self.script.tasks.get(writer)?, self.script.tasks.get(reader)?);
        let is_reversed = self.ordered.orders(reader, writer);
        let shared = self.shared(writer, reader, is_reversed);
        if shared.is_empty() {
            return None;
        }
        let tables = listed(&shared);
        let is_read = shared.iter().any(|relation| self.reads(reader).contains(relation));
        let verb = if is_read { "reads" } else { "changes" };
        if is_reversed {
            let message = format!("{} {verb} {tables} before {} writes it", to.id, from.id);
            let help = format!("turn the order round: {} >> {}", from.id, to.id);
            return Some(Finding::at(Code::R502, to.span, message, help));
        }
        let message = format!("{} {verb} {tables}, which {} writes, and no arrow orders the two", to.id, from.id);
        Some(Finding::at(Code::R501, to.span, message, format!("add {} >> {}", from.id, to.id)))
    }

    fn reads(&self, task: usize) -> &BTreeSet<Relation> {
        static NONE: BTreeSet<Relation> = BTreeSet::new();
        self.touched.get(task).map_or(&NONE, |touched| &touched.reads)
    }

    /// The relations that one task writes and the other reads or changes, where the order matters.
    ///
    /// Two tasks that delete and fill rows of their own may run in either order, and so may one that sets columns which
    /// the other does not use. Of two branches one runs. A reader that is put first on purpose is no fault: it changes
    /// the table itself before it is filled, hands nothing on but what the program keeps (the ids that are there
    /// already), makes what the writer reads, or the writer only takes rows away when they are read.
    fn shared(&self, writer: usize, reader: usize, is_reversed: bool) -> Vec<Relation> {
        let (Some(from), Some(to)) = (self.touched.get(writer), self.touched.get(reader)) else { return Vec::new() };
        let feeds = || to.writes.iter().any(|made| from.reads.contains(made) || from.writes.contains(made));
        let on_purpose = is_reversed && (!to.hands_on || self.needed.orders(reader, writer) || feeds());
        if on_purpose || self.are_branches(writer, reader) {
            return Vec::new();
        }
        let counts = |relation: &&Relation| {
            let own_rows = from.refills.contains(*relation) && to.refills.contains(*relation);
            let changes = to.writes.contains(*relation);
            let is_free = own_rows || from.is_apart(to, relation) || self.sets_unused(writer, reader, relation);
            let is_last = is_reversed && (changes || from.removes.contains(*relation));
            let is_sure = !is_named_by_run(self.script, relation);
            (to.reads.contains(*relation) || changes) && is_sure && !is_free && !is_last
        };
        from.writes.iter().filter(counts).cloned().collect()
    }

    /// Whether all that one task does to a relation is to set columns that the other one does not use.
    fn sets_unused(&self, writer: usize, reader: usize, relation: &Relation) -> bool {
        let (Some(first), Some(second)) = (self.touched.get(writer), self.touched.get(reader)) else { return false };
        let Some(columns) = first.sets(relation).filter(|_| second.keeps_rows(relation)) else { return false };
        let is_unused = used(self.script, reader, relation).is_some_and(|used| !columns.meet(&used));
        is_unused && second.sets(relation).is_none_or(|other| !columns.contradict(other))
    }

    /// Whether a branch leads to one of the two or to the other.
    fn are_branches(&self, left: usize, right: usize) -> bool {
        let is_branch = |task: &usize| self.script.tasks.get(*task).is_some_and(|task| task.operator.contains("ranch"));
        let leads = |from: usize, to: usize| from == to || self.ordered.orders(from, to);
        (0..self.script.tasks.len()).filter(is_branch).any(|branch| {
            let next = || self.ordered.next(branch);
            let to_left = next().any(|task| leads(task, left));
            let to_right = next().any(|task| leads(task, right));
            to_left && to_right && !next().any(|task| leads(task, left) && leads(task, right))
        })
    }

    /// R503 or R504 for an arrow that could be left out.
    fn superfluous(&self, span: Span, edge: (usize, usize), meant: &BTreeSet<(usize, usize)>) -> Option<Finding> {
        let (from, to) = (self.script.tasks.get(edge.0)?, self.script.tasks.get(edge.1)?);
        if carries_more(from, to, edge.0) {
            return None;
        }
        // Arrows between tasks that do nothing are the frame of a DAG, and cost nothing.
        let is_frame = from.making.is_tie && to.making.is_tie;
        if !is_frame && self.sure.has_detour(edge.0, edge.1) {
            return Some(redundant(span, from, to));
        }
        let (first, second) = (self.touched.get(edge.0)?, self.touched.get(edge.1)?);
        let related = self.needed.orders(edge.0, edge.1) || self.needed.orders(edge.1, edge.0) || first.meets(second);
        if related || !first.is_known || !second.is_known || first.both_delete(second) {
            return None;
        }
        Some(self.needless(span, edge, meant))
    }

    fn needless(&self, place: Span, edge: (usize, usize), meant: &BTreeSet<(usize, usize)>) -> Finding {
        let id = |task: usize| self.script.tasks.get(task).map_or("", |task| task.id.as_str());
        let (from, to) = (id(edge.0), id(edge.1));
        let message = format!("{from} >> {to}: {to} reads nothing that {from} writes");
        let carried = meant.iter().filter(|(writer, reader)| {
            self.ordered.orders(*writer, *reader) && !self.ordered.orders_without(*writer, *reader, edge)
        });
        let mut instead: Vec<(usize, usize)> = carried.copied().collect();
        instead.extend(
            self.unseen_before(edge).into_iter().map(|task| (task, edge.1)).filter(|pair| !meant.contains(pair)),
        );
        let instead: Vec<String> =
            instead.into_iter().map(|(writer, reader)| format!("{} >> {}", id(writer), id(reader))).collect();
        let help = if instead.is_empty() {
            "leave it out: it only makes the second task wait".to_owned()
        } else {
            format!("replace it with the order that is needed: {}", listed(&instead))
        };
        Finding::at(Code::R503, place, message, help)
    }

    /// The tasks behind which the arrow alone puts its second task, and of which not everything is seen: the last ones of
    /// each path. Without the arrow that order would be lost, and nobody can tell whether it is needed.
    fn unseen_before(&self, edge: (usize, usize)) -> Vec<usize> {
        let is_tie = |task: usize| self.script.tasks.get(task).is_some_and(|task| task.making.is_tie);
        let is_unseen = |task: usize| self.touched.get(task).is_some_and(|touched| !touched.is_known);
        let waits =
            |task: &usize| self.ordered.orders(*task, edge.0) && !self.ordered.orders_without(*task, edge.1, edge);
        let unseen: Vec<usize> =
            (0..self.script.tasks.len()).filter(|task| is_unseen(*task) && !is_tie(*task)).filter(waits).collect();
        let is_last = |task: &usize| !unseen.iter().any(|other| self.ordered.orders(*task, *other));
        unseen.iter().copied().filter(is_last).collect()
    }
}

fn sure_arrows(script: &Script) -> BTreeSet<(usize, usize)> {
    script.arrows.iter().filter(|arrow| !arrow.perhaps).map(|arrow| (arrow.from, arrow.to)).collect()
}

/// Whether an arrow says more than "first this, then that": it passes a result on, chooses a branch, or counts for a
/// trigger rule, which looks at the tasks directly before it.
fn carries_more(from: &Task, to: &Task, number: usize) -> bool {
    let making = &to.making;
    let passed = result(number);
    let arguments = making.arguments.iter().chain(&making.expanded).chain(&making.overrides);
    let takes_result = arguments.into_iter().any(|(_, text)| text.contains(&passed));
    takes_result
        || making.lost.is_some()
        || from.making.is_branch
        || to.trigger_rule.is_some()
        || !from.making.marks.is_empty()
        || !making.marks.is_empty()
}

fn redundant(place: Span, from: &Task, to: &Task) -> Finding {
    let message = format!("{} >> {} says nothing new: other arrows already order the two", from.id, to.id);
    Finding::at(Code::R504, place, message, "leave it out")
}

/// R506: the order of steps that depend on each other is written down only in arrows.
pub fn lineage_outside(inputs: &Inputs, number: usize, script: &Script) -> Option<Finding> {
    if script.kind != ScriptKind::Airflow {
        return None;
    }
    let place = script.arrows.first()?.span;
    let meant = implied(number, script, inputs.versions);
    if meant.is_empty() {
        return None;
    }
    let message = format!(
        "the order of {} tasks of {} is written down in {} arrows, and in none of their queries",
        script.tasks.len(),
        script.name,
        script.arrows.len()
    );
    Some(Finding::at(Code::R506, place, message, "with ref(), each query says itself what it needs"))
}
