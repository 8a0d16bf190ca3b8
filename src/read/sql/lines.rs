//! The statements of a loop's body, each with the conditions that it stands under.
//!
//! In: a loop of a tree. Out: its statements in order, without those that only move a cursor on. None where the body
//! holds more than statements and branches, or leaves the loop before its rows end.

use std::ops::Range;

use super::loops::RowSource;
use super::script::bare_name;
use super::tokens::Text;
use super::tree::{Arm, Loop, Node};
use crate::text::Fragment;

/// One statement of a body, with the conditions that it stands under.
pub struct Line {
    /// Its tokens.
    pub tokens: Range<usize>,
    /// All of them hold where it runs.
    pub conditions: Vec<Condition>,
}

/// A condition within a body.
#[derive(Clone)]
pub struct Condition {
    /// Its text.
    pub text: Fragment,
    /// Whether it must not be true.
    pub negated: bool,
    /// Whether the row is passed over otherwise, so that nothing more of the body runs for it.
    pub passes: bool,
}

/// The statements of the loop's body.
pub fn lines(text: &Text, looped: &Loop, source: &RowSource) -> Option<Vec<Line>> {
    let mut lines = Lines { text, source, conditions: Vec::new(), found: Vec::new() };
    lines.add(&looped.body, true).then_some(lines.found)
}

/// The statements of a body with their conditions.
struct Lines<'a> {
    text: &'a Text,
    source: &'a RowSource,
    conditions: Vec<Condition>,
    found: Vec<Line>,
}

impl Lines<'_> {
    /// Adds the statements of `nodes` that count; false when one of them cannot be read so. At the top of the body, what
    /// passes a row over holds for all that follows.
    fn add(&mut self, nodes: &[Node], top: bool) -> bool {
        nodes.iter().all(|node| match node {
            Node::Block(body) => self.add(body, top),
            Node::Leaf(leaf) => self.leaf(&leaf.tokens, top),
            Node::If(arms) => ends_of_rows(self.text, arms) || self.branches(arms, top),
            Node::Loop(_) | Node::Handler(_) | Node::Shell(_) | Node::Label(_) | Node::BatchEnd => false,
        })
    }

    fn leaf(&mut self, tokens: &Range<usize>, top: bool) -> bool {
        let (text, start) = (self.text, tokens.start);
        if self.source.step.as_ref() == Some(tokens) || is_idle(text, tokens) {
            return true;
        }
        if text.is_any(start, &["continue", "iterate"]) {
            let when = text.is(start, "continue") && text.is(start + 1, "when");
            if top && when {
                let test = text.cut(start + 2..tokens.end);
                self.conditions.push(Condition { text: test, negated: true, passes: true });
            }
            return top && when;
        }
        self.found.push(Line { tokens: tokens.clone(), conditions: self.conditions.clone() });
        true
    }

    fn branches(&mut self, arms: &[Arm], top: bool) -> bool {
        let before = self.conditions.len();
        for arm in arms {
            let test = match &arm.condition {
                None => None,
                Some(condition) if condition.subject.is_some() => return false,
                Some(condition) => Some(self.text.cut(condition.test.clone())),
            };
            if passes_over(self.text, arm) {
                self.conditions.extend(test.map(|text| Condition { text, negated: true, passes: true }));
                return top && arms.len() == 1;
            }
            self.conditions.extend(test.clone().map(|text| Condition { text, negated: false, passes: false }));
            if !self.add(&arm.body, false) {
                return false;
            }
            if let Some(test) = test {
                self.conditions.pop();
                self.conditions.push(Condition { text: test, negated: true, passes: false });
            }
        }
        self.conditions.truncate(before);
        true
    }
}

/// Whether the arm only goes on to the next row.
fn passes_over(text: &Text, arm: &Arm) -> bool {
    matches!(arm.body.as_slice(), [Node::Leaf(leaf)]
        if text.is_any(leaf.tokens.start, &["continue", "iterate"]) && leaf.tokens.len() < 3)
}

/// Statements that only move a cursor on, or say something.
fn is_idle(text: &Text, tokens: &Range<usize>) -> bool {
    let start = tokens.start;
    let quiet = ["fetch", "close", "deallocate", "print", "commit", "null", "dbms_output"];
    let notice = text.is(start, "raise") && text.is_any(start + 1, &["notice", "info", "log", "debug", "warning"]);
    let exit = text.is_any(start, &["exit", "leave"])
        && tokens.clone().any(|at| text.is_any(at, &["notfound", "found"]) || text.is(at, "%"));
    text.is_any(start, &quiet) || notice || exit
}

/// `IF done THEN LEAVE`, `IF c%NOTFOUND THEN EXIT`: where the rows end.
fn ends_of_rows(text: &Text, arms: &[Arm]) -> bool {
    let [arm] = arms else { return false };
    let leaves = matches!(arm.body.as_slice(), [Node::Leaf(leaf)]
        if text.is_any(leaf.tokens.start, &["leave", "exit", "break"]));
    let test = arm.condition.as_ref().map_or(0..0, |condition| condition.test.clone());
    leaves
        && test.clone().any(|at| {
            let word = bare_name(text.word(at)).to_lowercase();
            word.contains("done") || word.contains("found") || word.contains("finished") || word.contains("fetch")
        })
}
