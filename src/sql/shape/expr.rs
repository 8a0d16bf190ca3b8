//! Nodes to expressions.
//!
//! In: a node with the text that it points into. Out: an expression; [`Expr::Other`] for what has a meaning that is
//! not kept here: windows, queries, patterns.

use super::super::transpile::tree::{Call, Item, Literal, Node, What};
use super::{Expr, ROW_NUMBER, Text};

/// Operators whose operands are all that matters.
const OPERATORS: &[&str] = &[
    "and",
    "or",
    "not",
    "=",
    "<>",
    "!=",
    "<",
    ">",
    "<=",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "||",
    "is null",
    "is not null",
    "is true",
    "is false",
    "is not true",
    "is not false",
    "between",
    "not between",
];

/// Functions whose first word names a part of a time: `extract(year from a)`.
const FIELD_FIRST: &[&str] =
    &["extract", "datediff", "date_diff", "dateadd", "date_add", "timestampdiff", "timestampadd"];

pub(super) fn expr(text: &Text, node: &Node) -> Expr {
    match &node.what {
        What::Name(parts) => name(parts),
        What::Literal(kind) => literal(text, node, *kind),
        What::Variable => Expr::Variable(node.range.start),
        What::Operator { op, operands, .. } => operator(text, op, operands),
        What::Call(call) => self::call(text, call),
        What::Case { children, results } => case(text, children, results),
        What::Cast(cast) if matches!(cast.form.as_str(), "cast" | "::") => {
            Expr::Cast(Box::new(expr(text, &cast.value)), text.slice(&cast.type_range).trim().to_lowercase())
        }
        What::Paren(items) => match items.as_slice() {
            [Item::Node(inner)] => expr(text, inner),
            _ => other(text, node),
        },
        What::Relation | What::Star | What::Interval { .. } | What::Mixed(_) | What::Cast(_) => other(text, node),
    }
}

fn other(text: &Text, node: &Node) -> Expr {
    Expr::Other(node.children().into_iter().map(|child| expr(text, child)).collect())
}

fn name(parts: &[String]) -> Expr {
    match parts {
        [column] => Expr::Column(String::new(), column.clone()),
        [.., table, column] => Expr::Column(table.clone(), column.clone()),
        [] => Expr::Other(Vec::new()),
    }
}

fn literal(text: &Text, node: &Node, kind: Literal) -> Expr {
    let written = text.slice(&node.range);
    match kind {
        Literal::Null => Expr::Null,
        Literal::Bool => Expr::Bool(written.eq_ignore_ascii_case("true")),
        Literal::Number => Expr::Number(written.to_owned()),
        Literal::Text => plain_text(text, written).map_or(Expr::Other(Vec::new()), Expr::Text),
        Literal::Date | Literal::Timestamp => Expr::Other(Vec::new()),
    }
}

/// The value of a literal without prefix and escapes; none for one that has some.
fn plain_text(text: &Text, written: &str) -> Option<String> {
    let inner = written.strip_prefix('\'')?.strip_suffix('\'')?;
    let escapes = text.dialect.traits().backslash_escapes && inner.contains('\\');
    (!escapes).then(|| inner.replace("''", "'"))
}

fn operator(text: &Text, op: &str, operands: &[Node]) -> Expr {
    let parts = || operands.iter().map(|operand| expr(text, operand)).collect::<Vec<_>>();
    if matches!(op, "in" | "not in") {
        let [value, list] = operands else { return Expr::Other(parts()) };
        let What::Paren(items) = &list.what else { return Expr::Other(parts()) };
        let plain = items.iter().all(|item| matches!(item, Item::Node(_) | Item::Comma(_)));
        let values = items.iter().filter_map(Item::node).map(|node| expr(text, node));
        let all: Vec<Expr> = std::iter::once(expr(text, value)).chain(values).collect();
        return if plain { Expr::Operator(op.to_owned(), all) } else { Expr::Other(all) };
    }
    if OPERATORS.contains(&op) { Expr::Operator(op.to_owned(), parts()) } else { Expr::Other(parts()) }
}

fn call(text: &Text, call: &Call) -> Expr {
    if let Some(order) = numbers_all(call) {
        return Expr::Call(ROW_NUMBER.to_owned(), order.into_iter().map(|node| expr(text, node)).collect());
    }
    if call.words || !call.tails.is_empty() {
        let mut inner = values(&call.items);
        if FIELD_FIRST.contains(&call.name.as_str()) && !inner.is_empty() {
            inner.remove(0);
        }
        inner.extend(call.tails.iter().flat_map(|tail| values(&tail.items)));
        return Expr::Other(inner.into_iter().map(|node| expr(text, node)).collect());
    }
    Expr::Call(call.name.clone(), call.args().into_iter().map(|node| expr(text, node)).collect())
}

/// What `row_number() over (order by …)` orders by; none for any other call, and where rows are numbered within parts.
fn numbers_all(call: &Call) -> Option<Vec<&Node>> {
    let [over] = call.tails.as_slice() else { return None };
    let parts = over.items.iter().any(|item| item.is_word("partition"));
    let numbers = call.name == "row_number" && over.word == "over" && call.items.is_empty() && !parts;
    let ordered = over.items.iter().any(|item| item.is_word("order"));
    (numbers && ordered).then(|| values(&over.items))
}

/// What is no word of the grammar: of `order by a nulls last`, only `a`.
fn values(items: &[Item]) -> Vec<&Node> {
    let after_nulls =
        |at: usize| at.checked_sub(1).and_then(|at| items.get(at)).is_some_and(|item| item.is_word("nulls"));
    items.iter().enumerate().filter(|(at, _)| !after_nulls(*at)).filter_map(|(_, item)| item.node()).collect()
}

fn case(text: &Text, children: &[Node], results: &[usize]) -> Expr {
    let all: Vec<Expr> = children.iter().map(|child| expr(text, child)).collect();
    // With a value to compare, the first result stands behind that and the first value.
    let operand = if results.first() == Some(&2) { all.first().cloned() } else { None };
    let (mut arms, mut otherwise) = (Vec::new(), None);
    for at in results {
        let Some(result) = all.get(*at).cloned() else { return Expr::Other(all) };
        let before = at.checked_sub(1).filter(|before| !results.contains(before));
        let Some(condition) = before.and_then(|before| all.get(before).cloned()) else {
            otherwise = Some(Box::new(result));
            continue;
        };
        let condition = match &operand {
            Some(operand) => Expr::Operator("=".to_owned(), vec![operand.clone(), condition]),
            None => condition,
        };
        arms.push((condition, result));
    }
    let expected = usize::from(operand.is_some()) + arms.len() * 2 + usize::from(otherwise.is_some());
    if expected == all.len() && !arms.is_empty() { Expr::Case(arms, otherwise) } else { Expr::Other(all) }
}
