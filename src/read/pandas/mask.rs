//! Conditions. In pandas a comparison with a missing value is false, and `~` of it true; here an expression of SQL
//! stands for it whose NULL means false, until the value itself is needed.

use super::table::Table;
use crate::frame::{Binary, Expr, Literal, Type, Unary};

/// `left operation right` for comparisons, with pandas' answer for missing values.
pub fn compare(table: &Table, operator: Binary, left: Expr, right: Expr) -> Expr {
    if operator != Binary::NotEqual {
        return Expr::binary(operator, left, right);
    }
    match (table.nullable(&left), table.nullable(&right)) {
        (false, false) => Expr::binary(Binary::NotEqual, left, right),
        // NULL is distinct from NULL in pandas: only `is not true` says so.
        (true, true) => Expr::unary(Unary::IsNotTrue, Expr::binary(Binary::Equal, left, right)),
        (true, false) | (false, true) => Expr::binary(Binary::Distinct, left, right),
    }
}

/// `~mask`: never NULL, and true where the mask is false or NULL.
pub fn invert(table: &Table, mask: &Expr) -> Expr {
    match mask {
        Expr::Unary(Unary::IsNull, operand) => Expr::unary(Unary::IsNotNull, (**operand).clone()),
        Expr::Unary(Unary::IsNotNull, operand) => Expr::unary(Unary::IsNull, (**operand).clone()),
        Expr::Unary(Unary::Not, operand) if !table.nullable(operand) => (**operand).clone(),
        Expr::Unary(Unary::IsNotTrue, operand) => (**operand).clone(),
        Expr::Literal(Literal::Bool(value)) => Expr::Literal(Literal::Bool(!value)),
        Expr::Binary(operator, left, right) => inverted(table, mask, *operator, left, right),
        Expr::Column(..)
        | Expr::Literal(_)
        | Expr::Unary(..)
        | Expr::Call(..)
        | Expr::Cast(..)
        | Expr::Case { .. }
        | Expr::In(..)
        | Expr::Aggregate { .. }
        | Expr::Value(..)
        | Expr::Among(..)
        | Expr::Window(_) => not(table, mask),
    }
}

fn inverted(table: &Table, mask: &Expr, operator: Binary, left: &Expr, right: &Expr) -> Expr {
    let (one, other) = (left.clone(), right.clone());
    if operator == Binary::Equal {
        return compare(table, Binary::NotEqual, one, other);
    }
    if operator == Binary::Distinct {
        return Expr::binary(Binary::Equal, one, other);
    }
    let opposite = match operator {
        Binary::NotEqual => Binary::Equal,
        Binary::Less => Binary::GreaterEqual,
        Binary::LessEqual => Binary::Greater,
        Binary::Greater => Binary::LessEqual,
        Binary::GreaterEqual => Binary::Less,
        Binary::Or
        | Binary::And
        | Binary::Equal
        | Binary::Distinct
        | Binary::NotDistinct
        | Binary::Add
        | Binary::Subtract
        | Binary::Multiply
        | Binary::Divide
        | Binary::Modulo
        | Binary::Concat
        | Binary::Like => return not(table, mask),
    };
    if table.nullable(mask) { not(table, mask) } else { Expr::binary(opposite, one, other) }
}

fn not(table: &Table, mask: &Expr) -> Expr {
    let operator = if table.nullable(mask) { Unary::IsNotTrue } else { Unary::Not };
    Expr::unary(operator, mask.clone())
}

/// The value itself: a condition that could be NULL becomes false there. Other values are left alone.
pub fn definite(table: &Table, expr: &Expr) -> Expr {
    if is_condition(expr) && table.nullable(expr) {
        return Expr::coalesce(expr.clone(), Expr::Literal(Literal::Bool(false)));
    }
    expr.clone()
}

/// Whether the expression is a condition whose NULL means false.
pub fn is_condition(expr: &Expr) -> bool {
    let comparison = matches!(
        expr,
        Expr::Binary(
            Binary::Or
                | Binary::And
                | Binary::Equal
                | Binary::NotEqual
                | Binary::Less
                | Binary::LessEqual
                | Binary::Greater
                | Binary::GreaterEqual
                | Binary::Distinct
                | Binary::NotDistinct,
            ..
        )
    );
    comparison
        || matches!(
            expr,
            Expr::In(..) | Expr::Among(..) | Expr::Unary(Unary::IsNull | Unary::IsNotNull | Unary::IsNotTrue, _)
        )
}

/// Whether it is a condition or a column of truth values.
pub fn is_truth(table: &Table, expr: &Expr) -> bool {
    is_condition(expr) || table.type_of(expr) == Type::Bool
}
