//! Where a procedure is left, and where it jumps over statements.
//!
//! In: branches that end with RETURN or GOTO, labels. Out: guards on what stands behind them: what a jump passes over
//! runs only where it was not taken, until its label. A jump back is a loop. A jump to where errors are handled is none:
//! what stands there is read as a handler.

use super::flow::leaves_deep;
use super::housekeeping::{leaves, raises};
use super::script::{Walk, bare_name};
use super::tokens::Text;
use super::tree::{Arm, Leaf, LeafKind, Node};
use crate::steps::{Guard, Query, Sql};
use crate::text::Span;

/// Parts of the names of labels behind which errors are handled.
const ERRORS: [&str; 9] = ["err", "fail", "abort", "rollback", "problem", "catch", "exception", "undo", "except"];

/// The conditions of a guard on what no path reaches.
pub const BEHIND_GOTO: &str = "behind GOTO";

/// A path that does not go on with the next statement.
#[derive(Debug, Clone)]
pub struct Left {
    /// The condition under which it is taken.
    pub condition: Sql,
    /// The label at which it goes on; none where the procedure ends.
    pub label: Option<String>,
}

/// A guard of a jump that is still on its way.
#[derive(Debug, Clone)]
pub struct Jump {
    /// The label.
    label: String,
    /// The place of the guard among the open ones.
    at: usize,
}

/// The guards under which a path ends, and where it goes on.
pub(super) struct Leaving {
    pub path: Vec<Guard>,
    pub label: Option<String>,
}

impl Walk<'_> {
    /// The paths of an arm that do not go on behind it: its own when it leaves at its end, else those of the branches
    /// within it.
    pub(super) fn leaving(&mut self, text: &Text, arm: &Arm, path: &[Guard], inner: Vec<Left>) -> Vec<Leaving> {
        if leaves(text, &arm.body) {
            let all = Leaving { path: path.to_vec(), label: None };
            return if raises(text, &arm.body) { Vec::new() } else { vec![all] };
        }
        let with = |left: Left| {
            let mut all = path.to_vec();
            all.push(Guard::If { condition: left.condition, negated: false });
            Leaving { path: all, label: left.label }
        };
        let mut paths: Vec<Leaving> = inner.into_iter().map(with).collect();
        let state = arm.condition.as_ref().is_some_and(|condition| self.is_state(text, condition.test.clone()));
        let label = jumps(text, &arm.body).filter(|label| !state && !handles_errors(label));
        match label {
            Some(label) if self.labels.contains_key(&label) => self.jump_back(&label),
            Some(label) => paths.push(Leaving { path: path.to_vec(), label: Some(label) }),
            None => {}
        }
        paths
    }

    /// What follows runs only where the path was not taken.
    pub(super) fn leave(&mut self, span: Span, leaving: Leaving) {
        let open = self.jumps.iter().filter_map(|jump| self.guards.get(jump.at));
        let path: Vec<Guard> = open.cloned().chain(leaving.path).collect();
        let condition = match path.as_slice() {
            [Guard::If { condition, negated: false }] => condition.clone(),
            _ => self.all_of(&path, span),
        };
        self.left_under(condition, leaving.label);
    }

    /// The same for a path that is taken nobody knows when.
    fn leave_sometimes(&mut self, span: Span, shown: &str, label: Option<String>) {
        let condition = self.bind_condition(Query::unknown(span), shown.to_owned(), span);
        self.left_under(condition, label);
    }

    fn left_under(&mut self, condition: Sql, label: Option<String>) {
        self.jumps.extend(label.clone().map(|label| Jump { label, at: self.guards.len() }));
        self.guards.push(Guard::If { condition: condition.clone(), negated: true });
        self.left.push(Left { condition, label });
        if self.depth == 0 {
            self.kept_guards = self.guards.len();
        }
    }

    /// What stands behind a loop that is left within.
    pub(super) fn left_in_loop(&mut self, text: &Text, body: &[Node], span: Span) {
        if leaves_deep(text, body) {
            self.leave_sometimes(span, "the procedure is left within the loop", None);
        }
        for label in jumps_deep(text, body) {
            if !handles_errors(&label) && !self.labels.contains_key(&label) {
                self.leave_sometimes(span, "the loop is left by a GOTO", Some(label));
            }
        }
    }

    /// A jump or an end that is always taken: what follows is reached from elsewhere, or never.
    pub(super) fn always_left(&mut self, text: &Text, leaf: &Leaf) {
        let start = leaf.tokens.start;
        let returns = text.is(start, "return") && !text.is_any(start + 1, &["next", "query", "select", "("]);
        let label = text.is(start, "goto").then(|| bare_name(text.word(start + 1)).to_lowercase());
        let here = self.depth == 0 && self.nested == 0 && self.guards.len() == self.kept_guards;
        if !here || !(label.is_some() || (returns && self.within)) {
            return;
        }
        if let Some(label) = label.as_ref().filter(|label| self.labels.contains_key(*label)) {
            return self.jump_back(label);
        }
        let Some(span) = text.span(leaf.tokens.clone()) else { return };
        if !self.jumps.is_empty() {
            return self.leave(span, Leaving { path: Vec::new(), label });
        }
        let conditions = if label.is_some() { BEHIND_GOTO } else { "behind RETURN" };
        self.jumps.extend(label.map(|label| Jump { label, at: self.guards.len() }));
        self.guards.push(Guard::Handler { conditions: conditions.to_owned() });
        self.kept_guards = self.guards.len();
    }

    /// A label: the jumps that lead to it have come.
    pub(super) fn label(&mut self, text: &Text, at: usize) {
        let name = bare_name(text.word(at)).to_lowercase();
        while let Some(found) = self.jumps.iter().position(|jump| jump.label == name) {
            let jump = self.jumps.remove(found);
            if jump.at < self.guards.len() {
                self.guards.remove(jump.at);
            }
            self.jumps.iter_mut().filter(|other| other.at > jump.at).for_each(|other| other.at -= 1);
            if let Some(left) = self.left.iter().position(|left| left.label.as_ref() == Some(&name)) {
                self.left.remove(left);
            }
            self.kept_guards = self.kept_guards.min(self.guards.len());
        }
        self.labels.insert(name, self.parts.steps.len());
    }

    /// Forgets the jumps whose guards are closed.
    pub(super) fn close_jumps(&mut self) {
        let open = self.guards.len();
        self.jumps.retain(|jump| jump.at < open);
    }

    /// The steps since the label run again and again.
    fn jump_back(&mut self, label: &str) {
        let first = self.labels.get(label).copied().unwrap_or(self.parts.steps.len());
        for step in self.parts.steps.iter_mut().skip(first) {
            let head = Sql::plain(format!("GOTO {label}"), step.span);
            step.guards.insert(0, Guard::Loop { head, variable: None, query: None, carries: Vec::new() });
        }
    }
}

/// Whether the way through ends with a RETURN or GOTO that decides about what follows.
pub(super) fn leads_away(text: &Text, nodes: &[Node]) -> bool {
    leaves(text, nodes) || jumps(text, nodes).is_some_and(|label| !handles_errors(&label))
}

fn handles_errors(label: &str) -> bool {
    ERRORS.iter().any(|part| label.contains(part))
}

/// The label of a GOTO on the way through.
fn jumps(text: &Text, nodes: &[Node]) -> Option<String> {
    nodes.iter().find_map(|node| match node {
        Node::Leaf(leaf) => label_of(text, leaf),
        Node::Block(body) => jumps(text, body),
        Node::If(_) | Node::Loop(_) | Node::Handler(_) | Node::Shell(_) | Node::Label(_) | Node::BatchEnd => None,
    })
}

fn label_of(text: &Text, leaf: &Leaf) -> Option<String> {
    let start = leaf.tokens.start;
    let goto = leaf.kind == LeafKind::Statement && text.is(start, "goto");
    goto.then(|| bare_name(text.word(start + 1)).to_lowercase())
}

/// The labels of all GOTOs within nodes that lead out of them.
fn jumps_deep(text: &Text, nodes: &[Node]) -> Vec<String> {
    let (mut labels, mut within) = (Vec::new(), Vec::new());
    collect(text, nodes, &mut labels, &mut within);
    labels.retain(|label| !within.contains(label));
    labels
}

fn collect(text: &Text, nodes: &[Node], labels: &mut Vec<String>, within: &mut Vec<String>) {
    for node in nodes {
        match node {
            Node::Leaf(leaf) => labels.extend(label_of(text, leaf)),
            Node::Label(at) => within.push(bare_name(text.word(*at)).to_lowercase()),
            Node::Block(body) => collect(text, body, labels, within),
            Node::If(arms) => arms.iter().for_each(|arm| collect(text, &arm.body, labels, within)),
            Node::Loop(looped) => collect(text, &looped.body, labels, within),
            Node::Handler(_) | Node::Shell(_) | Node::BatchEnd => {}
        }
    }
}
