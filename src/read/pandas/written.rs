//! Values as texts, the way that Python writes them.

use super::context::{Answer, Context, refuse};
use super::mask;
use super::missing::Missing;
use super::table::Table;
use crate::finding::Code;
use crate::frame::{Binary, Expr, Function, Literal, Type};

/// From this number on Python writes an exponent.
const LARGEST: f64 = 1e16;

/// `series.astype(str)`: before pandas 3 a missing value becomes the word for it.
pub fn astype_text(context: &mut Context, table: &Table, expr: &Expr) -> Answer<Expr> {
    let alike = !table.nullable(expr);
    if context.version_matters(alike, "what missing values become as texts") || alike {
        return text(context, table, expr);
    }
    shown(context, table, expr)
}

/// `str(value)`: a missing value becomes the word for it.
pub fn shown(context: &mut Context, table: &Table, expr: &Expr) -> Answer<Expr> {
    let made = text(context, table, expr)?;
    if !table.nullable(expr) {
        return Ok(made);
    }
    let word = match table.type_of(expr) {
        Type::Integer if is_nullable_whole(table, expr) => "<NA>",
        Type::Integer | Type::Float | Type::Decimal => "nan",
        Type::Date | Type::Timestamp | Type::Interval | Type::Period(_) => "NaT",
        Type::Unknown | Type::Text | Type::Bool => {
            let held = Missing::of(table, expr);
            match (held.none, held.nan) {
                (_, false) => "None",
                (false, true) => "nan",
                (true, true) => {
                    return refuse("missing values become the words `None` and `nan`, and which is which is not known");
                }
            }
        }
    };
    Ok(Expr::coalesce(made, Expr::text(word)))
}

/// The value as text; missing stays missing.
pub fn text(context: &mut Context, table: &Table, expr: &Expr) -> Answer<Expr> {
    if mask::is_truth(table, expr) {
        return refuse("truth values become texts");
    }
    match table.type_of(expr) {
        Type::Text => Ok(expr.clone()),
        Type::Float => Ok(float(expr)),
        Type::Integer if is_nullable_whole(table, expr) => Ok(expr.clone().cast(Type::Text)),
        // A column with a missing value holds floats.
        Type::Integer if table.nullable(expr) => {
            let message =
                "pandas writes whole numbers with `.0` where the column holds a missing value; the query always does";
            context.finding(Code::R314, message, "fill the missing values and make the column `int` before");
            Ok(Expr::binary(Binary::Concat, expr.clone().cast(Type::Text), Expr::text(".0")))
        }
        Type::Integer | Type::Date => Ok(expr.clone().cast(Type::Text)),
        Type::Period(part) => super::periods::text(expr, part),
        Type::Unknown | Type::Decimal | Type::Bool | Type::Timestamp | Type::Interval => {
            let message = "numbers with decimals and missing values may be written in another way than by pandas";
            context.finding(Code::R314, message, "check how the texts look");
            Ok(expr.clone().cast(Type::Text))
        }
    }
}

/// Whether the script made it a column of whole numbers of which some are missing (`Int64`).
fn is_nullable_whole(table: &Table, expr: &Expr) -> bool {
    matches!(table.made_as(expr), Expr::Cast(_, Type::Integer))
}

fn float(expr: &Expr) -> Expr {
    let is_whole = Expr::binary(Binary::Equal, expr.clone(), Expr::Call(Function::Floor, vec![expr.clone()]));
    let size = Expr::Call(Function::Abs, vec![expr.clone()]);
    let is_short = Expr::binary(Binary::Less, size, Expr::Literal(Literal::Float(LARGEST)));
    let digits = expr.clone().cast(Type::Integer).cast(Type::Text);
    let whole = Expr::binary(Binary::Concat, digits, Expr::text(".0"));
    Expr::case(Expr::binary(Binary::And, is_whole, is_short), whole, expr.clone().cast(Type::Text))
}
