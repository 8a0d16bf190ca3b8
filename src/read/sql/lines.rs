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
    /// Where it is asked: its first token. It is asked once, before what stands under it runs.
    pub at: usize,
    /// Its text.
    pub text: Fragment,
    /// Whether it must not be true.
    pub negated: bool,
    /// Whether the row is passed over otherwise, so that nothing more of the body runs for it.
    pub passes: bool,
}

/// The statements of the loop's body.
pub fn lines(text: &Text, looped: &Loop, source: &RowSource) -> Option<Vec<Line>> {
    let label = looped.head.start.checked_sub(2).map(|at| bare_name(text.word(at)).to_lowercase());
    let mut lines = Lines { text, source, label: label.unwrap_or_default(), conditions: Vec::new(), found: Vec::new() };
    lines.add(&looped.body, true).then_some(lines.found)
}

/// The statements of a body with their conditions.
struct Lines<'a> {
    text: &'a Text,
    source: &'a RowSource,
    /// The word that stands where the loop's label would.
    label: String,
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
                self.conditions.push(Condition { at: start + 2, text: test, negated: true, passes: true });
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
                Some(condition) => Some((condition.test.start, self.text.cut(condition.test.clone()))),
            };
            let condition = |(at, text): (usize, Fragment), negated, passes| Condition { at, text, negated, passes };
            let (body, passes) = match arm.body.split_last() {
                Some((last, body)) if self.passes_over(last) => (body, true),
                _ => (arm.body.as_slice(), false),
            };
            self.conditions.extend(test.clone().map(|test| condition(test, false, false)));
            if !self.add(body, false) {
                return false;
            }
            if test.is_some() {
                self.conditions.pop();
            }
            self.conditions.extend(test.map(|test| condition(test, true, passes)));
            if passes {
                return top && arms.len() == 1;
            }
        }
        self.conditions.truncate(before);
        true
    }

    /// Whether the node goes on to the next row of this loop.
    fn passes_over(&self, node: &Node) -> bool {
        let Node::Leaf(leaf) = node else { return false };
        let (text, start) = (self.text, leaf.tokens.start);
        let len = leaf.tokens.clone().filter(|at| !text.is(*at, ";")).count();
        let own = len == 1 || len == 2 && bare_name(text.word(start + 1)).to_lowercase() == self.label;
        text.is_any(start, &["continue", "iterate"]) && own
    }
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
