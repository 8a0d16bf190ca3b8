//! The values that a definition allows in a column.
//!
//! In: CHECK constraints and types of a definition. Out: a column with its list of texts: `check (a in ('x', 'y'))`, also
//! as PostgreSQL writes it out, `a = 'x' or a = 'y'`, `enum('x', 'y')`. A condition that asks more gives nothing.

#![expect(clippy::wildcard_enum_match_arm, reason = "sqlparser's tree is another crate's, and large")]

use sqlparser::ast::{BinaryOperator, DataType, EnumMember, Expr, Ident, Value};

/// The column of a CHECK and its values; none for any other condition.
pub(super) fn checked(condition: &Expr) -> Option<(Ident, Vec<String>)> {
    match bare(condition) {
        Expr::InList { expr, list, negated: false } => Some((column(expr)?, texts(list)?)),
        Expr::AnyOp { left, compare_op: BinaryOperator::Eq, right, .. } => {
            let Expr::Array(array) = bare(right) else { return None };
            Some((column(left)?, texts(&array.elem)?))
        }
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
            Some((column(left)?, texts(std::slice::from_ref(right))?))
        }
        Expr::BinaryOp { left, op: BinaryOperator::Or, right } => {
            let ((first, mut values), (second, more)) = (checked(left)?, checked(right)?);
            values.extend(more);
            (first == second).then_some((first, values))
        }
        _ => None,
    }
}

/// The values of an enumerated type.
pub(super) fn enumerated(data_type: &DataType) -> Option<Vec<String>> {
    let DataType::Enum(members, _) = data_type else { return None };
    let name = |member: &EnumMember| match member {
        EnumMember::Name(name) | EnumMember::NamedValue(name, _) => name.clone(),
    };
    Some(members.iter().map(name).collect())
}

/// Without parentheses and casts.
fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => bare(inner),
        other => other,
    }
}

fn column(expr: &Expr) -> Option<Ident> {
    if let Expr::Identifier(name) = bare(expr) { Some(name.clone()) } else { None }
}

fn texts(list: &[Expr]) -> Option<Vec<String>> {
    let text = |expr: &Expr| match bare(expr) {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) | Value::NationalStringLiteral(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    };
    list.iter().map(text).collect::<Option<Vec<String>>>().filter(|texts| !texts.is_empty())
}
