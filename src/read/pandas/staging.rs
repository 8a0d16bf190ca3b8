//! Windows within windows: the inner ones are computed before, as columns that do not come along.

use super::table::Table;
use crate::frame::{Expr, Named};

/// The outermost windows that stand within other windows.
fn inner_windows(expr: &Expr, within: bool, found: &mut Vec<Expr>) {
    let is_window = matches!(expr, Expr::Window(_));
    if is_window && within {
        found.push(expr.clone());
        return;
    }
    for part in crate::frame::children(expr) {
        inner_windows(part, within || is_window, found);
    }
}

/// Whether a window stands within another.
pub fn has_nested_windows(expr: &Expr) -> bool {
    let mut found = Vec::new();
    inner_windows(expr, false, &mut found);
    !found.is_empty()
}

/// The table with windows that stand within others computed before, as columns that do not come along.
pub fn staged(table: &Table, expr: &Expr) -> (Table, Expr) {
    let mut found = Vec::new();
    inner_windows(expr, false, &mut found);
    let kept: Vec<Named> = table.columns.clone();
    let mut staged = table.clone();
    let names: Vec<String> = (1..=found.len()).map(|number| format!("part_{number}")).collect();
    for (name, window) in names.iter().zip(&found) {
        staged.set(name, window.clone());
    }
    let place = |part: &Expr| found.iter().position(|window| window == part).and_then(|at| names.get(at));
    let outer = crate::frame::replace(expr, &|part| place(part).map(|name| Expr::column(name)));
    let columns = staged.columns.clone();
    let mut sealed = staged.sealed();
    // What is left of the expression is over the columns as they were before.
    let over = crate::frame::replace(&outer, &|part| {
        let named = columns.iter().find(|named| named.expr == *part && !matches!(part, Expr::Literal(_)));
        named.map(|named| Expr::column(&named.name))
    });
    sealed.columns = kept.iter().map(|named| Named::column(&named.name)).collect();
    for name in &names {
        sealed.hide(name);
    }
    (sealed, over)
}
