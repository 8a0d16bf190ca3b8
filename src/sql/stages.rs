//! Windows that cannot stand where they do become columns of a stage before.
//!
//! In: a frame and expressions over it. Out: a frame that computes the inner windows, and the expressions over that.

use std::sync::Arc;

use crate::frame::{self, Expr, Frame, Named, Op};

/// Expressions in which windows that cannot stand where they do are columns of a stage before.
pub struct Staged {
    /// The stage.
    pub input: Arc<Frame>,
    /// The expressions over it.
    pub exprs: Vec<Expr>,
    /// The columns that the stage adds.
    pub names: Vec<String>,
}

/// Windows within other windows or aggregates (with a depth of 0: all windows) become columns of a stage of their own.
pub fn staged(input: &Arc<Frame>, exprs: &[&Expr], rest: bool, depth: usize) -> Option<Staged> {
    let mut found: Vec<Expr> = Vec::new();
    for expr in exprs {
        nested_windows(expr, depth, &mut found);
    }
    if found.is_empty() {
        return None;
    }
    let known = frame::columns(input);
    let is_free = |name: &String| !known.iter().any(|column| column.name == *name);
    let mut names: Vec<String> = Vec::new();
    for _ in &found {
        let name =
            (1..=9999).map(|number| format!("part_{number}")).find(|name| is_free(name) && !names.contains(name));
        names.push(name.unwrap_or_default());
    }
    let place = |part: &Expr| found.iter().position(|window| window == part);
    let replaced = |expr: &Expr| {
        frame::replace(expr, &|part| place(part).and_then(|at| names.get(at)).map(|name| Expr::column(name)))
    };
    let mut columns: Vec<Named> = known.iter().map(|column| Named::column(&column.name)).collect();
    columns.extend(names.iter().zip(&found).map(|(name, window)| Named::new(name, window.clone())));
    let op = Op::Project { input: input.clone(), columns, rest, except: Vec::new() };
    let exprs = exprs.iter().map(|expr| replaced(expr)).collect();
    Some(Staged { input: Arc::new(Frame::new(op)), exprs, names })
}

/// The outermost windows that stand within `depth` other windows or aggregates, or deeper.
fn nested_windows(expr: &Expr, depth: usize, found: &mut Vec<Expr>) {
    let inner = match expr {
        Expr::Window(_) if depth == 0 => {
            if !found.contains(expr) {
                found.push(expr.clone());
            }
            return;
        }
        Expr::Window(window) => {
            // The function of a window is no level of its own.
            let own = if matches!(window.function, Expr::Aggregate { .. } | Expr::Call(..)) {
                frame::children(&window.function)
            } else {
                vec![&window.function]
            };
            let order = window.order.iter().map(|key| &key.expr);
            for part in own.into_iter().chain(&window.partition).chain(order) {
                nested_windows(part, depth - 1, found);
            }
            return;
        }
        Expr::Aggregate { .. } => depth.saturating_sub(1),
        Expr::Column(..)
        | Expr::Literal(_)
        | Expr::Unary(..)
        | Expr::Binary(..)
        | Expr::Call(..)
        | Expr::Cast(..)
        | Expr::Case { .. }
        | Expr::In(..)
        | Expr::Value(..)
        | Expr::Among(..) => depth,
    };
    for part in frame::children(expr) {
        nested_windows(part, inner, found);
    }
}
