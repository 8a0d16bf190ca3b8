//! CASE as text.

use super::format::{Formatter, WIDTH};
use crate::frame::{Binary, Expr, Literal};

/// So many arms that compare one value with constants are `case value when … end`.
const SEVERAL: usize = 3;

/// The value that every arm compares with a constant; none where arms ask something else.
fn compared(arms: &[(Expr, Expr)]) -> Option<&Expr> {
    let constant = |condition: &Expr| -> Option<Expr> {
        let Expr::Binary(Binary::Equal, value, right) = condition else { return None };
        let Expr::Literal(literal) = right.as_ref() else { return None };
        (*literal != Literal::Null).then(|| value.as_ref().clone())
    };
    let first = constant(&arms.first()?.0)?;
    let fits = arms.len() >= SEVERAL && arms.iter().all(|(condition, _)| constant(condition).as_ref() == Some(&first));
    let Expr::Binary(_, value, _) = &arms.first()?.0 else { return None };
    fits.then_some(value.as_ref())
}

/// What stands behind WHEN.
fn asked<'a>(condition: &'a Expr, value: Option<&Expr>) -> &'a Expr {
    if let (Expr::Binary(_, _, right), Some(_)) = (condition, value) { right } else { condition }
}

impl Formatter {
    /// On one line.
    pub fn flat_case(&mut self, arms: &[(Expr, Expr)], otherwise: Option<&Expr>) -> String {
        let value = compared(arms);
        let mut parts = vec!["case".to_owned()];
        parts.extend(value.map(|value| self.flat(value)));
        for (condition, result) in arms {
            parts.push(format!("when {} then {}", self.flat(asked(condition, value)), self.flat(result)));
        }
        parts.extend(otherwise.map(|value| format!("else {}", self.flat(value))));
        parts.push("end".to_owned());
        parts.join(" ")
    }

    /// One arm a line, from column `indent` on.
    pub fn broken_case(&mut self, arms: &[(Expr, Expr)], otherwise: Option<&Expr>, indent: usize) -> String {
        let (margin, inner) = (" ".repeat(indent), indent + 4);
        let compared = compared(arms);
        let head =
            compared.map_or_else(|| "case".to_owned(), |value| format!("case {}", self.pretty(value, indent + 5)));
        let mut lines = vec![head];
        for (condition, value) in arms {
            let condition = self.pretty(asked(condition, compared), inner + 5);
            // What closes with a parenthesis stands below the word, everything else behind it.
            let closes = matches!(value, Expr::Window(_) | Expr::Call(..) | Expr::Cast(..));
            let value = self.pretty(value, inner + if closes { 4 } else { 9 });
            let long = condition.len() + value.len() + inner + 11 > WIDTH || condition.contains('\n');
            let gap = if long { format!("\n{}", " ".repeat(inner + 4)) } else { " ".to_owned() };
            lines.push(format!("    when {condition}{gap}then {value}"));
        }
        if let Some(value) = otherwise {
            lines.push(format!("    else {}", self.pretty(value, inner + 5)));
        }
        lines.push("end".to_owned());
        lines.join(&format!("\n{margin}"))
    }
}
