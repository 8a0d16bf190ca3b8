//! Loops that only run one statement in slices, until no rows are left.
//!
//! In: a loop of a tree. Out: the statement without its slicing, read once; none where the loop does anything else.

use std::ops::Range;

use super::script::{Walk, bare_name};
use super::tokens::{Text, TokenKind};
use super::tree::{Loop, Node};
use crate::steps::StatementReading;
use crate::text::Fragment;

/// Statements that may stand beside the sliced one: they count, wait, say or commit.
const BESIDE: [&str; 17] = [
    "commit",
    "begin",
    "start",
    "checkpoint",
    "waitfor",
    "print",
    "raise",
    "raiserror",
    "set",
    "get",
    "exit",
    "break",
    "leave",
    "perform",
    "null",
    "dbms_output",
    "iterate",
];

impl Walk<'_> {
    /// Reads a loop that only slices one statement; false when it is none.
    pub(super) fn batches(&mut self, text: &Text, looped: &Loop) -> bool {
        if looped.variable.is_some() {
            return false;
        }
        let mut sliced = None;
        let mut ends = asks_for_more(self, text, &looped.over) || looped.until.is_some();
        if !self.only_slices(text, &looped.body, &mut sliced, &mut ends) || !ends {
            return false;
        }
        let Some((tokens, whole)) = sliced.and_then(|tokens| Some((tokens.clone(), unsliced(text, &tokens)?))) else {
            return false;
        };
        let rows = self.parts.statements.len();
        for leaf in super::flow::leaves_of(&looped.body) {
            let Some(span) = text.span(leaf.tokens.clone()) else { continue };
            if leaf.tokens == tokens {
                let comment = super::comment::above(text, leaf.tokens.start);
                let understood = self.understand(&whole);
                self.record(understood, span, &comment, "");
            } else {
                let why = "it belongs to a loop that only slices a statement";
                self.row(span, "statement of a loop", StatementReading::Dropped(why.to_owned()));
            }
        }
        for head in super::flow::heads_of(&looped.body) {
            if let Some(span) = text.span(head) {
                let why = "it asks whether slices are left";
                self.row(span, "if", StatementReading::Dropped(why.to_owned()));
            }
        }
        self.parts.statements.get_mut(rows..).unwrap_or_default().sort_by_key(|row| row.span);
        true
    }

    /// Whether the nodes hold one statement that changes rows, and else only what counts and ends.
    fn only_slices(&self, text: &Text, nodes: &[Node], sliced: &mut Option<Range<usize>>, ends: &mut bool) -> bool {
        nodes.iter().all(|node| match node {
            Node::Block(body) => self.only_slices(text, body, sliced, ends),
            Node::If(arms) => arms.iter().all(|arm| {
                let asks = arm.condition.as_ref().is_some_and(|of| asks_for_more(self, text, &of.test));
                *ends |= asks;
                asks && super::flow::leaves_of(&arm.body)
                    .iter()
                    .all(|leaf| text.is_any(leaf.tokens.start, &["exit", "break", "leave"]))
            }),
            Node::Leaf(leaf) => {
                let start = leaf.tokens.start;
                if text.is_any(start, &["delete", "update"]) && sliced.is_none() {
                    *sliced = Some(leaf.tokens.clone());
                    return true;
                }
                *ends |= text.is_any(start, &["exit", "leave"]) && asks_for_more(self, text, &leaf.tokens);
                let state = self
                    .assignments(text, &leaf.tokens)
                    .is_some_and(|all| all.iter().all(|one| self.is_state(text, one.value.clone())));
                let set = text.is(start, "set") && !state;
                state || (text.is_any(start, &BESIDE) && !set)
            }
            Node::Loop(_) | Node::Handler(_) | Node::Shell(_) | Node::Label(_) | Node::BatchEnd => false,
        })
    }
}

/// Whether a condition asks how many rows the statement before touched.
fn asks_for_more(walk: &Walk, text: &Text, tokens: &Range<usize>) -> bool {
    let counts = |at: usize| {
        let word = bare_name(text.word(at)).to_lowercase();
        let kind = matches!(text.kind(at), Some(TokenKind::Word | TokenKind::Variable));
        kind && walk.variables.contains(&word) && (word.contains("row") || word.contains("count"))
    };
    walk.is_state(text, tokens.clone()) || tokens.clone().any(counts)
}

/// The statement without TOP, LIMIT and their like; none when it has none of them.
fn unsliced(text: &Text, tokens: &Range<usize>) -> Option<Fragment> {
    let mut out = Fragment::empty();
    let mut kept = tokens.start;
    let mut at = tokens.start;
    let mut found = false;
    while at < tokens.end {
        let number = |at: usize| text.kind(at) == Some(TokenKind::Number) || text.is_name(at) || text.is(at, "(");
        let end = if text.is_any(at, &["limit", "top"])
            && (number(at + 1) || text.kind(at + 1) == Some(TokenKind::Variable))
        {
            text.closing(at + 1) + 1
        } else if text.is(at, "fetch") && text.is_any(at + 1, &["first", "next"]) {
            (at..tokens.end).find(|end| text.is(*end, "only"))? + 1
        } else if text.are(at, &["for", "update"]) {
            at + 2 + if text.are(at + 2, &["skip", "locked"]) { 2 } else { 0 }
        } else {
            at += 1;
            continue;
        };
        found |= !text.is(at, "for");
        if kept < at {
            out.extend(&text.cut(kept..at));
            if let Some(span) = text.span(at..end) {
                out.push(" ", span, false);
            }
        }
        kept = end;
        at = end;
    }
    if kept < tokens.end {
        out.extend(&text.cut(kept..tokens.end));
    }
    found.then_some(out)
}
