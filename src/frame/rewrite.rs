//! Walks over expressions, and copies with some part replaced.

use std::sync::Arc;

use super::{Expr, Frame, Of, SortKey, Window};

/// Calls `visit` for the expression and everything in it, outermost first.
pub fn walk(expr: &Expr, visit: &mut dyn FnMut(&Expr)) {
    visit(expr);
    for child in children(expr) {
        walk(child, visit);
    }
}

/// The direct parts of an expression.
pub fn children(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Column(..) | Expr::Literal(_) | Expr::Value(..) => Vec::new(),
        Expr::Unary(_, operand) | Expr::Cast(operand, _) | Expr::Among(operand, ..) => vec![operand],
        Expr::Binary(_, left, right) => vec![left, right],
        Expr::Call(_, arguments) => arguments.iter().collect(),
        Expr::Case { arms, otherwise } => {
            let arms = arms.iter().flat_map(|(condition, value)| [condition, value]);
            arms.chain(otherwise.as_deref()).collect()
        }
        Expr::In(value, list) => std::iter::once(&**value).chain(list).collect(),
        Expr::Aggregate { arguments, filter, order, .. } => {
            arguments.iter().chain(filter.as_deref()).chain(order.iter().map(|key| &key.expr)).collect()
        }
        Expr::Window(window) => std::iter::once(&window.function)
            .chain(&window.partition)
            .chain(window.order.iter().map(|key| &key.expr))
            .collect(),
    }
}

/// The columns that an expression names, in order, each as often as it is named.
pub fn uses(expr: &Expr) -> Vec<(Of, String)> {
    let mut found = Vec::new();
    walk(expr, &mut |part| {
        if let Expr::Column(of, name) = part {
            found.push((of.clone(), name.clone()));
        }
    });
    found
}

/// The expression with each column replaced by what `replacement` gives; a `None` keeps it.
pub fn substitute(expr: &Expr, replacement: &dyn Fn(&Of, &str) -> Option<Expr>) -> Expr {
    replace(expr, &|part| if let Expr::Column(of, name) = part { replacement(of, name) } else { None })
}

/// The expression with each part replaced by what `replacement` gives, outermost first; where it gives none, the
/// parts of that part are asked.
pub fn replace(expr: &Expr, replacement: &dyn Fn(&Expr) -> Option<Expr>) -> Expr {
    if let Some(replaced) = replacement(expr) {
        return replaced;
    }
    map_children(expr, &|part| replace(part, replacement))
}

/// The expression with each of its own parts changed.
pub fn map_children(expr: &Expr, again: &dyn Fn(&Expr) -> Expr) -> Expr {
    match expr {
        Expr::Column(..) | Expr::Literal(_) | Expr::Value(..) => expr.clone(),
        Expr::Among(value, frame, name) => Expr::Among(Box::new(again(value)), frame.clone(), name.clone()),
        Expr::Unary(operator, operand) => Expr::Unary(*operator, Box::new(again(operand))),
        Expr::Binary(operator, left, right) => Expr::binary(*operator, again(left), again(right)),
        Expr::Call(function, arguments) => Expr::Call(*function, arguments.iter().map(again).collect()),
        Expr::Cast(operand, ty) => Expr::Cast(Box::new(again(operand)), *ty),
        Expr::Case { arms, otherwise } => Expr::Case {
            arms: arms.iter().map(|(condition, value)| (again(condition), again(value))).collect(),
            otherwise: otherwise.as_ref().map(|value| Box::new(again(value))),
        },
        Expr::In(value, list) => Expr::In(Box::new(again(value)), list.iter().map(again).collect()),
        Expr::Aggregate { function, arguments, filter, order } => Expr::Aggregate {
            function: *function,
            arguments: arguments.iter().map(again).collect(),
            filter: filter.as_ref().map(|filter| Box::new(again(filter))),
            order: sort_keys(order, again),
        },
        Expr::Window(window) => Expr::Window(Box::new(Window {
            function: again(&window.function),
            partition: window.partition.iter().map(again).collect(),
            order: sort_keys(&window.order, again),
            rows: window.rows,
        })),
    }
}

fn sort_keys(keys: &[SortKey], again: &dyn Fn(&Expr) -> Expr) -> Vec<SortKey> {
    keys.iter().map(|key| SortKey { expr: again(&key.expr), ..key.clone() }).collect()
}

/// The expression with its columns said to be of `of`.
pub fn shift(expr: &Expr, of: &Of) -> Expr {
    substitute(expr, &|_, name| Some(Expr::Column(of.clone(), name.to_owned())))
}

/// What takes the place of a frame that is read besides, and of the name of its CTE.
pub type Aside<'a> = &'a dyn Fn(&Arc<Frame>, &str) -> (Arc<Frame>, String);

/// The expression with what is read besides the inputs replaced: the frame, and the name of its CTE.
pub fn replace_asides(expr: &Expr, replacement: Aside) -> Expr {
    replace(expr, &|part| match part {
        Expr::Value(frame, name) => {
            let (frame, name) = replacement(frame, name);
            Some(Expr::Value(frame, name))
        }
        Expr::Among(value, frame, name) => {
            let (frame, name) = replacement(frame, name);
            Some(Expr::Among(Box::new(replace_asides(value, replacement)), frame, name))
        }
        Expr::Column(..)
        | Expr::Literal(_)
        | Expr::Unary(..)
        | Expr::Binary(..)
        | Expr::Call(..)
        | Expr::Cast(..)
        | Expr::Case { .. }
        | Expr::In(..)
        | Expr::Aggregate { .. }
        | Expr::Window(_) => None,
    })
}

/// Whether there is so much to read in the expression that it should be written once only.
pub fn is_heavy(expr: &Expr) -> bool {
    let mut nodes = 0;
    let mut window = false;
    walk(expr, &mut |part| {
        nodes += 1;
        window |= matches!(part, Expr::Window(_));
    });
    nodes > 3 || window
}
