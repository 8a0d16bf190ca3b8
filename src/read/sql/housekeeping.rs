//! Branches that only tidy up, check, or leave.
//!
//! In: a branch's condition and body. Out: whether the condition asks the catalog, whether the body raises an error or
//! leaves the procedure.

use std::ops::Range;

use super::tokens::Text;
use super::tree::{LeafKind, Node};

/// Words by which a condition asks what exists, or in what state the session is.
const CATALOG: [&str; 36] = [
    "object_id",
    "db_id",
    "schema_id",
    "type_id",
    "col_length",
    "columnproperty",
    "indexproperty",
    "databasepropertyex",
    "sys",
    "sysobjects",
    "sysindexes",
    "syscolumns",
    "information_schema",
    "tempdb",
    "to_regclass",
    "pg_class",
    "pg_tables",
    "pg_views",
    "pg_catalog",
    "pg_namespace",
    "pg_indexes",
    "pg_matviews",
    "user_tables",
    "all_tables",
    "dba_tables",
    "user_objects",
    "all_objects",
    "all_tab_columns",
    "user_tab_columns",
    "user_indexes",
    "svv_tables",
    "svv_columns",
    "@@trancount",
    "xact_state",
    "cursor_status",
    "pg_constraint",
];

/// Words by which a condition asks whether the statement before it failed.
const ERRORS: [&str; 7] =
    ["@@error", "sqlcode", "sqlstate", "xact_state", "error_number", "error_message", "pg_exception_context"];

/// Whether the condition asks whether something failed: what it guards is a handler.
pub fn asks_error(text: &Text, mut tokens: Range<usize>) -> bool {
    tokens.any(|at| text.is_any(at, &ERRORS))
}

/// Words that open a statement which raises an error.
const RAISES: [&str; 6] = ["raise", "raiserror", "throw", "signal", "raise_application_error", "resignal"];

/// Whether the condition asks the catalog.
pub fn asks_catalog(text: &Text, mut tokens: Range<usize>) -> bool {
    tokens.any(|at| text.is_any(at, &CATALOG))
}

/// Whether the condition is true when something does not exist.
pub fn asks_absence(text: &Text, tokens: Range<usize>) -> bool {
    text.are(tokens.start, &["not", "exists"])
        || tokens.clone().any(|at| text.are(at, &["is", "null"]))
        || tokens.clone().any(|at| text.are(at, &["=", "0"]) || (text.is(at, "=") && text.word(at + 1) == "0"))
}

/// Whether an error is raised on the way through.
pub fn raises(text: &Text, nodes: &[Node]) -> bool {
    any(nodes, &|leaf| {
        let notice =
            text.is(leaf.start, "raise") && text.is_any(leaf.start + 1, &["notice", "info", "log", "debug", "warning"]);
        text.is_any(leaf.start, &RAISES) && !notice
    })
}

/// The statement by which a body says that something is wrong, and whether the script goes on after that.
pub fn alarm(text: &Text, nodes: &[Node]) -> Option<(Range<usize>, bool)> {
    nodes.iter().find_map(|node| match node {
        Node::Leaf(leaf) if leaf.kind == LeafKind::Statement => {
            let start = leaf.tokens.start;
            let quiet = text.is(start, "raise") && text.is_any(start + 1, &["notice", "info", "log", "debug"]);
            let mild = text.is(start, "raise") && text.is(start + 1, "warning");
            (text.is_any(start, &RAISES) && !quiet).then(|| (leaf.tokens.clone(), mild || is_mild(text, &leaf.tokens)))
        }
        Node::Block(body) => alarm(text, body),
        Node::Leaf(_)
        | Node::If(_)
        | Node::Loop(_)
        | Node::Handler(_)
        | Node::Shell(_)
        | Node::Label(_)
        | Node::BatchEnd => None,
    })
}

/// `RAISERROR('…', 10, 1)`: a severity up to ten is a message.
fn is_mild(text: &Text, tokens: &Range<usize>) -> bool {
    let comma = tokens.clone().find(|at| text.is(*at, ","));
    let severity = comma.and_then(|at| text.word(at + 1).parse::<u32>().ok());
    text.is(tokens.start, "raiserror") && severity.is_some_and(|severity| severity <= 10)
}

/// Whether the procedure is left on the way through.
pub fn leaves(text: &Text, nodes: &[Node]) -> bool {
    let returns = |at: usize| text.is(at, "return") && !text.is_any(at + 1, &["next", "query"]);
    any(nodes, &|leaf| returns(leaf.start) || leaves_outermost(text, leaf.start))
}

/// `LEAVE label`, where the label is that of the procedure's own block.
fn leaves_outermost(text: &Text, at: usize) -> bool {
    if !text.is(at, "leave") {
        return false;
    }
    let label = text.word(at + 1);
    let opens = |open: &usize| text.is(*open, label) && text.are(open + 1, &[":", "begin"]);
    let Some(open) = (0..at).rev().find(opens) else { return false };
    let outer = (0..open).rev().find(|before| text.is_any(*before, &["begin", "create", "procedure", "function"]));
    outer.is_none_or(|outer| !text.is(outer, "begin"))
}

fn any(nodes: &[Node], is: &dyn Fn(&Range<usize>) -> bool) -> bool {
    nodes.iter().any(|node| match node {
        Node::Leaf(leaf) => leaf.kind == LeafKind::Statement && is(&leaf.tokens),
        Node::Block(body) => any(body, is),
        Node::If(_) | Node::Loop(_) | Node::Handler(_) | Node::Shell(_) | Node::Label(_) | Node::BatchEnd => false,
    })
}
