//! Collections that a query fills at once (`BULK COLLECT INTO`), and the loops that go over them (FORALL).
//!
//! In: a statement that collects, or a loop. Out: the collection as a temporary relation, made where it is filled, and
//! the loop as one over its rows. So a statement sees the rows that were collected, whatever is changed between. What
//! uses a collection in any other way is left as it is.

use std::collections::BTreeMap;
use std::ops::Range;

use super::effect::Understood;
use super::script::{Walk, bare_name};
use super::tokens::{Text, TokenKind};
use super::tree::{Leaf, Loop, Node};
use super::values::outside;
use crate::steps::{Guard, Output, StatementReading};
use crate::text::{Fragment, Span};

/// A collection, as the script sees it from here on.
#[derive(Debug, Clone)]
pub(super) struct Collection {
    /// The temporary relation that holds its rows.
    relation: String,
    /// The column that an element is; none where it is a record.
    column: Option<String>,
}

/// The collections that are filled, by name in lower case.
pub(super) type Collections = BTreeMap<String, Collection>;

impl Walk<'_> {
    /// `SELECT a, b BULK COLLECT INTO x, y FROM …`, `FETCH c BULK COLLECT INTO x`.
    pub(super) fn collects(&mut self, text: &Text, tokens: &Range<usize>, span: Span, comment: &str) -> bool {
        let bare = bare_name(text.word(tokens.start)).to_lowercase();
        if text.is_any(tokens.start + 1, &["(", ".", ":="]) && self.collections.remove(&bare).is_some() {
            return false;
        }
        let bulk = outside(text, tokens.clone()).find(|at| text.are(*at, &["bulk", "collect", "into"]));
        let Some((bulk, (names, end))) = bulk.map(|at| (at, listed(text, at + 3))) else { return false };
        for name in &names {
            self.collections.remove(name);
        }
        // Within a loop that stays one, each iteration fills it with other rows.
        if self.guards.iter().any(|guard| matches!(guard, Guard::Loop { .. })) {
            return false;
        }
        let query = if text.is(tokens.start, "fetch") {
            self.cursors.get(&bare_name(text.word(bulk - 1)).to_lowercase()).cloned()
        } else if text.is_any(tokens.start, &["select", "with"]) {
            let mut query = text.fragment.slice(text.start_of(tokens.start)..text.start_of(bulk));
            query.extend(&text.cut(end..tokens.end));
            Some(query)
        } else {
            None
        };
        let Some(understood) = query.and_then(|query| self.collected(&names, &query, span)) else { return false };
        self.record(understood, span, comment, "");
        true
    }

    /// The step that makes the relation of the collections; none where their columns cannot be told.
    fn collected(&mut self, names: &[String], query: &Fragment, span: Span) -> Option<Understood> {
        let outputs = self.query(query).outputs;
        let name = |output: &Output| match output {
            Output::Column { name, .. } if !name.is_empty() => Some(name.clone()),
            Output::Column { .. } | Output::Star { .. } => None,
        };
        let columns: Option<Vec<String>> = outputs.iter().map(name).collect();
        let columns = columns.unwrap_or_default();
        let relation = names.join("_");
        if names.is_empty() || names.len() > 1 && names.len() != columns.len() {
            return None;
        }
        let mut create = Fragment::made(&format!("CREATE TEMPORARY TABLE {relation} AS "), span);
        create.extend(query);
        let understood = Understood { what: "bulk collect".to_owned(), ..self.understand(&create) };
        for (at, name) in names.iter().enumerate() {
            let column = if columns.len() == names.len() { columns.get(at).cloned() } else { None };
            self.collections.insert(name.clone(), Collection { relation: relation.clone(), column });
        }
        Some(understood)
    }

    /// Reads a loop over a collection as one over the rows of its relation; false when it is none, or uses more of it
    /// than the element at hand.
    pub(super) fn over_collection(&mut self, text: &Text, looped: &Loop) -> bool {
        let Some(span) = text.span(looped.head.clone()) else { return false };
        let Some(rewritten) = self.row_loop(text, looped, span) else { return false };
        self.read(rewritten);
        true
    }

    /// `FORALL i IN 1 .. x.COUNT …` as `FOR x_row IN (SELECT * FROM x) LOOP …`.
    fn row_loop(&self, text: &Text, looped: &Loop, span: Span) -> Option<Fragment> {
        let index = bare_name(text.word(looped.variable?)).to_lowercase();
        let over = looped.over.clone().find_map(|at| self.collections.get(&bare_name(text.word(at)).to_lowercase()))?;
        if !self.is_whole(text, &looped.over) {
            return None;
        }
        let row = format!("{}_row", over.relation);
        let (first, end) = (looped.head.end, looped.body.last()?.end());
        let mut changes = Vec::new();
        let mut at = first;
        while at < end {
            let name = bare_name(text.word(at)).to_lowercase();
            let qualified = text.is(at.wrapping_sub(1), ".");
            if !qualified && let Some(collection) = self.collections.get(&name) {
                if collection.relation != over.relation {
                    return None;
                }
                let whole = text.is(at.wrapping_sub(1), "values") && !text.is(at + 4, ".");
                let (start, len, element) = if whole {
                    element(text, at, &index, &Collection { column: Some("*".to_owned()), ..collection.clone() }, &row)
                        .map(|(len, element)| (at - 1, len, format!("SELECT {element}")))?
                } else {
                    element(text, at, &index, collection, &row).map(|(len, element)| (at, len, element))?
                };
                changes.push((text.bytes(start..at + len), Fragment::made(&element, span)));
                at += len;
                continue;
            }
            // Anything else that counts by the index needs the place of a row, which no relation has.
            if !qualified && text.is(at, &index) {
                return None;
            }
            at += 1;
        }
        let mut rewritten = Fragment::made(&format!("FOR {row} IN (SELECT * FROM {}) LOOP\n", over.relation), span);
        rewritten.extend(&text.fragment.changed(text.start_of(first)..text.bytes(first..end).end, changes));
        let ends = text.is(end - 1, ";");
        rewritten.push(if ends { "\nEND LOOP;" } else { ";\nEND LOOP;" }, span, false);
        Some(rewritten)
    }

    /// Whether a loop goes over all elements: from the first or 1 to the last or the count, or `INDICES OF x`.
    fn is_whole(&self, text: &Text, over: &Range<usize>) -> bool {
        let words: Vec<String> = over.clone().map(|at| bare_name(text.word(at)).to_lowercase()).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !matches!(*word, "loop" | "")).collect();
        let words = words.strip_suffix(&["save", "exceptions"]).unwrap_or(&words);
        let known = |name: &str| self.collections.contains_key(name);
        match words {
            ["indices", "of", name] | ["1", "..", name, ".", "count" | "last"] => known(name),
            [first, ".", "first", "..", last, ".", "count" | "last"] => known(first) && first == last,
            _ => false,
        }
    }

    /// `LOOP FETCH c BULK COLLECT INTO x LIMIT n; EXIT WHEN …; … END LOOP`: all rows at once; false when the loop is
    /// something else, or an iteration may need what another did.
    pub(super) fn collects_in_batches(&mut self, text: &Text, looped: &Loop) -> bool {
        if !text.is(looped.head.start, "loop") {
            return false;
        }
        let Some((Node::Leaf(fetch), rest)) = looped.body.split_first() else { return false };
        let bulk = outside(text, fetch.tokens.clone()).find(|at| text.are(*at, &["bulk", "collect", "into"]));
        if !text.is(fetch.tokens.start, "fetch") || bulk.is_none() || !ends_with_rows(text, rest) {
            return false;
        }
        let (steps, rows) = (self.parts.steps.len(), self.parts.statements.len());
        let (findings, collections) = (self.parts.findings.len(), self.collections.clone());
        let Some(span) = text.span(fetch.tokens.clone()) else { return false };
        let mut read = self.collects(text, &fetch.tokens, span, "");
        let made = self.parts.steps.len();
        for node in rest {
            match node {
                Node::Leaf(leaf) if is_idle(text, leaf) => {
                    let why = "it belongs to the loop, whose statements run over all rows at once";
                    let place = text.span(leaf.tokens.clone()).unwrap_or(span);
                    self.row(place, "statement of a loop", StatementReading::Config(why.to_owned()));
                }
                Node::Loop(inner) if read => read = self.over_collection(text, inner),
                Node::Leaf(_)
                | Node::Block(_)
                | Node::If(_)
                | Node::Loop(_)
                | Node::Handler(_)
                | Node::Shell(_)
                | Node::Label(_)
                | Node::BatchEnd => read = false,
            }
        }
        if !read || self.repeats(made) {
            self.parts.steps.truncate(steps);
            self.parts.statements.truncate(rows);
            self.parts.findings.truncate(findings);
            self.collections = collections;
            return false;
        }
        true
    }

    /// Whether the steps from `first` on would do something else when they ran batch by batch: one stands in a loop,
    /// two change one relation, or one reads what another writes.
    fn repeats(&self, first: usize) -> bool {
        let steps = self.parts.steps.get(first..).unwrap_or_default();
        steps.iter().enumerate().any(|(at, step)| {
            step.guards.iter().any(|guard| matches!(guard, Guard::Loop { .. }))
                || step.effect.writes().iter().any(|relation| {
                    let others = steps.iter().enumerate().filter(|(other, _)| *other != at);
                    let changed = others.clone().any(|(_, other)| other.effect.writes().contains(relation));
                    changed || others.clone().any(|(_, other)| other.effect.reads().contains(relation))
                })
        })
    }
}

/// The names behind INTO, and the token behind them.
fn listed(text: &Text, from: usize) -> (Vec<String>, usize) {
    let mut names = vec![bare_name(text.word(from)).to_lowercase()];
    let mut at = from + 1;
    while text.is(at, ",") {
        names.push(bare_name(text.word(at + 1)).to_lowercase());
        at += 2;
    }
    (names, at)
}

/// `x(i).field`, `x(i)`: how many tokens they are, and what stands for them.
fn element(text: &Text, at: usize, index: &str, collection: &Collection, row: &str) -> Option<(usize, String)> {
    if !(text.is(at + 1, "(") && text.is(at + 2, index) && text.is(at + 3, ")")) || text.is(at + 4, ":=") {
        return None;
    }
    if text.is(at + 4, ".") {
        let field = text.word(at + 5);
        return (text.kind(at + 5) == Some(TokenKind::Word) && !text.is(at + 6, ":="))
            .then(|| (6, format!("{row}.{field}")));
    }
    collection.column.as_ref().map(|column| (4, format!("{row}.{column}")))
}

/// Whether the loop ends where no rows come any more. `EXIT WHEN c%NOTFOUND` right behind a FETCH with a LIMIT ends it
/// one batch early.
fn ends_with_rows(text: &Text, rest: &[Node]) -> bool {
    let exits: Vec<usize> = rest
        .iter()
        .enumerate()
        .filter(|(_, node)| matches!(node, Node::Leaf(leaf) if text.is(leaf.tokens.start, "exit")))
        .map(|(at, _)| at)
        .collect();
    let [exit] = exits.as_slice() else { return false };
    let Some(Node::Leaf(leaf)) = rest.get(*exit) else { return false };
    let last = !rest.iter().skip(*exit).any(|node| matches!(node, Node::Loop(_)));
    let has = |word: &str| leaf.tokens.clone().any(|at| text.word(at).eq_ignore_ascii_case(word));
    has("count") && has("=") && has("0") || last && has("notfound")
}

fn is_idle(text: &Text, leaf: &Leaf) -> bool {
    text.is_any(leaf.tokens.start, &["exit", "commit", "null", "dbms_output"])
}
