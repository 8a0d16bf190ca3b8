//! The text form of frames and expressions, for `refract steps` and for tests. It is read by people only.

use super::{Binary, Bound, Expr, Frame, JoinKind, Literal, Named, Of, Op, SortKey, Unary, Window};

/// A frame as text: one operation a line, inputs indented below it.
pub fn show(frame: &Frame) -> String {
    let mut lines = Vec::new();
    show_at(frame, 0, &mut lines);
    lines.join("\n")
}

fn show_at(frame: &Frame, depth: usize, lines: &mut Vec<String>) {
    let name = if frame.stage.name.is_empty() { String::new() } else { format!("{}: ", frame.stage.name) };
    lines.push(format!("{}{name}{}", "  ".repeat(depth), head(&frame.op)));
    for input in frame.inputs() {
        show_at(input, depth + 1, lines);
    }
}

fn head(op: &Op) -> String {
    match op {
        Op::Scan { relation, columns, open } => {
            let mut names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
            names.extend(open.then_some("*"));
            format!("scan {relation} [{}]", names.join(", "))
        }
        Op::Values { columns, rows } => {
            let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
            format!("values [{}] {} rows", names.join(", "), rows.len())
        }
        Op::Project { columns, rest, .. } => {
            format!("project {}{}", if *rest { "*, " } else { "" }, named(columns))
        }
        Op::Filter { predicate, .. } => format!("filter {}", show_expr(predicate)),
        Op::Join { kind, on, columns, .. } => {
            let key = |key: &super::JoinKey| {
                let operator = if key.null_safe { "<=>" } else { "=" };
                format!("{} {operator} {}", show_expr(&key.left), show_expr(&key.right))
            };
            let on: Vec<String> = on.iter().map(key).collect();
            format!("join {} on {} -> {}", join_word(*kind), on.join(", "), named(columns))
        }
        Op::Group { keys, aggregates, .. } => format!("group by {} -> {}", named(keys), named(aggregates)),
        Op::Union { inputs } => format!("union of {}", inputs.len()),
        Op::Distinct { .. } => "distinct".to_owned(),
        Op::Limit { order, count, offset, .. } => format!("limit {count} after {offset} by {}", keys(order)),
    }
}

fn join_word(kind: JoinKind) -> &'static str {
    match kind {
        JoinKind::Inner => "inner",
        JoinKind::Left => "left",
        JoinKind::Right => "right",
        JoinKind::Full => "full",
        JoinKind::Cross => "cross",
        JoinKind::Semi => "semi",
        JoinKind::Anti => "anti",
    }
}

fn named(list: &[Named]) -> String {
    let one = |named: &Named| {
        if named.expr == Expr::column(&named.name) {
            return named.name.clone();
        }
        format!("{} = {}", named.name, show_expr(&named.expr))
    };
    list.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn keys(list: &[SortKey]) -> String {
    let one = |key: &SortKey| format!("{}{}", show_expr(&key.expr), if key.descending { " desc" } else { "" });
    list.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// An expression as text, fully parenthesized.
pub fn show_expr(expr: &Expr) -> String {
    match expr {
        Expr::Column(of, name) => match of {
            Of::Input => name.clone(),
            Of::Left => format!("left.{name}"),
            Of::Right => format!("right.{name}"),
            Of::Either => format!("either.{name}"),
            Of::Alias(alias) => format!("{alias}.{name}"),
        },
        Expr::Literal(literal) => show_literal(literal),
        Expr::Unary(operator, operand) => show_unary(*operator, &show_expr(operand)),
        Expr::Binary(operator, left, right) => {
            format!("({} {} {})", show_expr(left), binary_word(*operator), show_expr(right))
        }
        Expr::Call(function, arguments) => format!("{function:?}({})", list(arguments)),
        Expr::Cast(operand, ty) => format!("{ty:?}!({})", show_expr(operand)),
        Expr::Case { arms, otherwise } => {
            let arm = |(condition, value): &(Expr, Expr)| format!("{} -> {}", show_expr(condition), show_expr(value));
            let mut parts: Vec<String> = arms.iter().map(arm).collect();
            parts.extend(otherwise.as_ref().map(|value| format!("else {}", show_expr(value))));
            format!("case({})", parts.join(", "))
        }
        Expr::In(value, items) => format!("{} in ({})", show_expr(value), list(items)),
        Expr::Aggregate { function, arguments, filter, order } => {
            let filter = filter.as_ref().map_or_else(String::new, |filter| format!(" where {}", show_expr(filter)));
            let order = if order.is_empty() { String::new() } else { format!(" by {}", keys(order)) };
            format!("{function:?}({}{filter}{order})", list(arguments))
        }
        Expr::Window(window) => show_window(window),
        Expr::Value(frame, _) => format!("value of ({})", head(&frame.op)),
        Expr::Among(value, frame, _) => format!("{} among ({})", show_expr(value), head(&frame.op)),
    }
}

fn list(items: &[Expr]) -> String {
    items.iter().map(show_expr).collect::<Vec<_>>().join(", ")
}

fn show_window(window: &Window) -> String {
    let rows = window.rows.map_or_else(String::new, |(from, to)| format!(" rows {} to {}", bound(from), bound(to)));
    let (partition, order) = (list(&window.partition), keys(&window.order));
    format!("{} over ({partition} by {order}{rows})", show_expr(&window.function))
}

fn bound(bound: Bound) -> String {
    match bound {
        Bound::Unbounded => "unbounded".to_owned(),
        Bound::Preceding(rows) => format!("-{rows}"),
        Bound::Current => "0".to_owned(),
        Bound::Following(rows) => format!("+{rows}"),
    }
}

fn show_literal(literal: &Literal) -> String {
    match literal {
        Literal::Null => "null".to_owned(),
        Literal::Bool(value) => value.to_string(),
        Literal::Integer(value) => value.to_string(),
        Literal::Float(value) => format!("{value:?}"),
        Literal::Text(text) => format!("'{text}'"),
        Literal::Date(text) | Literal::Timestamp(text) => format!("@{text}"),
        Literal::Parameter(parameter) => format!("${}", parameter.name),
    }
}

fn show_unary(operator: Unary, operand: &str) -> String {
    match operator {
        Unary::Not => format!("not {operand}"),
        Unary::Negate => format!("-{operand}"),
        Unary::IsNull => format!("{operand} is null"),
        Unary::IsNotNull => format!("{operand} is not null"),
        Unary::IsNotTrue => format!("{operand} is not true"),
    }
}

fn binary_word(operator: Binary) -> &'static str {
    match operator {
        Binary::Or => "or",
        Binary::And => "and",
        Binary::Equal => "=",
        Binary::NotEqual => "!=",
        Binary::Less => "<",
        Binary::LessEqual => "<=",
        Binary::Greater => ">",
        Binary::GreaterEqual => ">=",
        Binary::Distinct => "<!=>",
        Binary::NotDistinct => "<=>",
        Binary::Add => "+",
        Binary::Subtract => "-",
        Binary::Multiply => "*",
        Binary::Divide => "/",
        Binary::Modulo => "%",
        Binary::Concat => "||",
        Binary::Like => "like",
    }
}
