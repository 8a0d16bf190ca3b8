//! Variables: which are assigned how often, and what that makes of them.
//!
//! In: a tree, before it is walked. Out: how often each variable is given a value. A variable that gets one value, from
//! an expression that reads no relation, outside of branches and loops, is a parameter with that expression as its
//! default; every other assignment is a step of its own that binds the variable.

use std::collections::BTreeMap;
use std::ops::Range;

use super::params::split;
use super::script::bare_name;
use super::tokens::{Text, TokenKind};
use super::tree::{LeafKind, Node};

/// How often each variable (in lower case, without sigil) is given a value.
pub type Assigned = BTreeMap<String, usize>;

/// Words of an expression that only say how the statement before it went, or who runs it.
const STATES: [&str; 24] = [
    "found",
    "notfound",
    "@@rowcount",
    "@@error",
    "@@trancount",
    "@@fetch_status",
    "@@identity",
    "rowcount",
    "row_count",
    "found_rows",
    "sqlrowcount",
    "error_message",
    "error_number",
    "error_line",
    "error_procedure",
    "error_severity",
    "error_state",
    "sqlerrm",
    "sqlcode",
    "sqlstate",
    "xact_state",
    "scope_identity",
    "rowcount_big",
    "@@procid",
];

/// Counts the assignments in `nodes`; those in loops count twice.
pub fn count(text: &Text, nodes: &[Node], weight: usize, assigned: &mut Assigned) {
    for node in nodes {
        match node {
            Node::Leaf(leaf) => leaf_targets(text, &leaf.tokens, leaf.kind, weight, assigned),
            Node::Block(body) => count(text, body, weight, assigned),
            Node::If(arms) => arms.iter().for_each(|arm| count(text, &arm.body, 2, assigned)),
            Node::Loop(looped) => count(text, &looped.body, 2, assigned),
            Node::Handler(handler) => count(text, &handler.body, weight, assigned),
            Node::Shell(_) | Node::Label(_) | Node::BatchEnd => {}
        }
    }
}

fn leaf_targets(text: &Text, tokens: &Range<usize>, kind: LeafKind, weight: usize, assigned: &mut Assigned) {
    let mut add = |at: usize| {
        *assigned.entry(bare_name(text.word(at)).to_lowercase()).or_insert(0) += weight;
    };
    if kind == LeafKind::Declaration {
        if initial(text, tokens.clone()).is_some() {
            add(tokens.start);
        }
        return;
    }
    if text.is(tokens.start, "declare") {
        for part in split(text, tokens.start + 1..tokens.end, ",") {
            if initial(text, part.clone()).is_some() {
                add(part.start);
            }
        }
        return;
    }
    let asks_state = text.are(tokens.start, &["get", "diagnostics"]) || text.is(tokens.start + 2, "diagnostics");
    let calls = text.is_any(tokens.start, &["exec", "execute", "call"]);
    let mut into = false;
    for at in tokens.clone() {
        let assigns =
            text.is(at + 1, ":=") || (text.is_any(at + 1, &["=", "+=", "-="]) && !calls && is_target(text, at, tokens));
        let assigns = assigns || (asks_state && text.is_any(at + 1, &["=", ":="]));
        let given = calls && text.is_any(at + 1, &["output", "out"]);
        if assigns || given || (into && is_value_name(text, at)) {
            add(at);
        }
        into = text.is(at, "into")
            || (into && (text.is_any(at, &[",", ":"]) || is_value_name(text, at)) && !text.is(at, "("));
    }
}

fn is_value_name(text: &Text, at: usize) -> bool {
    matches!(text.kind(at), Some(TokenKind::Word | TokenKind::Variable | TokenKind::Quoted))
}

/// Whether `name =` at `at` is an assignment: behind SET or SELECT, or a comma of theirs.
fn is_target(text: &Text, at: usize, tokens: &Range<usize>) -> bool {
    let before = at.saturating_sub(1);
    if text.kind(at) == Some(TokenKind::Variable) {
        return text.is_any(before, &["set", "select", ",", ")"]) || text.kind(before) == Some(TokenKind::Number);
    }
    before == tokens.start && text.is_any(before, &["set", "let"])
}

/// The initial value in a declaration: behind DEFAULT, `:=` or `=`.
pub fn initial(text: &Text, tokens: Range<usize>) -> Option<Range<usize>> {
    let at = outside(text, tokens.clone()).find(|at| text.is_any(*at, &["default", ":=", "="]))?;
    (at + 1 < tokens.end).then_some(at + 1..tokens.end)
}

/// The tokens of a range that stand in no parentheses.
pub fn outside(text: &Text, tokens: Range<usize>) -> impl Iterator<Item = usize> + '_ {
    let mut at = tokens.start;
    std::iter::from_fn(move || {
        let here = at;
        at = text.closing(at) + 1;
        (here < tokens.end).then_some(here)
    })
}

/// Whether the token is such a word.
pub fn is_state_word(text: &Text, at: usize) -> bool {
    text.is_any(at, &STATES)
}

/// The variables that a statement fills with what only the run can tell: row counts, what a call gives back, the row
/// of a cursor. In lower case, without sigils.
pub fn filled(text: &Text, tokens: &Range<usize>) -> Vec<String> {
    let name = |at: usize| bare_name(text.word(at)).to_lowercase();
    let start = tokens.start;
    if text.is(start, "get") {
        let set = tokens.clone().filter(|at| text.is_any(at + 1, &["=", ":="]) && is_value_name(text, *at));
        return set.map(name).collect();
    }
    if text.is(start, "fetch") {
        let Some(into) = tokens.clone().find(|at| text.is(*at, "into")) else { return Vec::new() };
        return (into + 1..tokens.end).filter(|at| is_value_name(text, *at)).map(name).collect();
    }
    if text.is_any(start, &["insert", "update", "delete", "merge"]) {
        let words: Vec<usize> = outside(text, tokens.clone()).collect();
        let Some(back) = words.iter().find(|at| text.is_any(**at, &["returning", "return"])) else {
            return Vec::new();
        };
        let into = words.iter().find(|at| *at > back && text.is(**at, "into"));
        let set = into.map(|into| into + 1..tokens.end).unwrap_or_default();
        return set.filter(|at| is_value_name(text, *at)).map(name).collect();
    }
    if text.is_any(start, &["exec", "execute", "call"]) {
        let returned = text.kind(start + 1) == Some(TokenKind::Variable) && text.is(start + 2, "=");
        let given = tokens.clone().filter(|at| text.is_any(at + 1, &["output", "out"]) && is_value_name(text, *at));
        return given.chain(returned.then_some(start + 1)).map(name).collect();
    }
    Vec::new()
}

/// Whether the expression only says how the last statement went.
pub fn is_state(text: &Text, tokens: Range<usize>) -> bool {
    tokens.clone().any(|at| text.is_any(at, &STATES)) && !reads(text, tokens)
}

/// Whether a query stands in the expression.
pub fn reads(text: &Text, mut tokens: Range<usize>) -> bool {
    tokens.any(|at| text.is(at, "select"))
}
