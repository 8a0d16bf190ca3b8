//! Arithmetic, comparison and logic of Series.

use std::rc::Rc;

use super::context::{Answer, Context, refuse};
use super::mask;
use super::series::{Series, operand};
use super::table::Table;
use crate::finding::Code;
use crate::frame::{Binary, Expr, Function, Literal, Part, Type, Unary};
use crate::read::python::{Operation, Value};

/// `series operation other`, or the other way round.
pub fn binary(
    context: &mut Context,
    series: &Rc<Series>,
    operation: Operation,
    other: &Value,
    reflected: bool,
) -> Answer<Value> {
    if let Some(moved) =
        super::offsets::moved(series, operation, other).filter(|_| !reflected || operation == Operation::Add)
    {
        return moved;
    }
    // Where the other is of a frame made from this one's, the other's rows are meant.
    let newer = other.object::<Series>().filter(|other| series.over(&other.table).is_ok());
    let table = newer.map_or(&series.table, |other| &other.table);
    let this = series.over(table)?;
    let that = operand(other, table)?;
    super::periods::checked(table, operation, [&this, &that])?;
    let (left, right) = if reflected { (that, this) } else { (this, that) };
    let expr = combine(context, table, operation, left, right)?;
    let same_name = other.object::<Series>().is_none_or(|other| other.name == series.name);
    let name = if same_name { series.name.clone() } else { String::new() };
    let mut table = table.clone();
    table.statements.extend(series.table.statements.iter().copied());
    if let Some(total) = other.object::<super::scalar::Scalar>().and_then(|scalar| scalar.table.as_ref()) {
        table.statements.extend(total.statements.iter().copied());
    }
    Ok(Series { table, expr, name }.value())
}

/// `left operation right` over the rows of `table`.
pub fn combine(context: &mut Context, table: &Table, operation: Operation, left: Expr, right: Expr) -> Answer<Expr> {
    if let Some(operator) = comparison(operation) {
        let right = if mask::is_truth(table, &left) { met(operator, right) } else { right };
        let left = if mask::is_truth(table, &right) { met(operator, left) } else { left };
        let numbers = [&left, &right].into_iter().any(|side| table.type_of(side).is_number());
        let side = |side: Expr| if numbers { number(table, side) } else { mask::definite(table, &side) };
        return Ok(mask::compare(table, operator, side(left), side(right)));
    }
    match operation {
        Operation::And => Ok(Expr::binary(Binary::And, left, right)),
        Operation::Or => Ok(Expr::binary(Binary::Or, left, right)),
        Operation::Add => Ok(add(table, left, right)),
        Operation::Subtract => Ok(subtract(table, left, right)),
        Operation::Multiply if [&left, &right].into_iter().any(|side| table.type_of(side) == Type::Text) => {
            refuse("texts are repeated")
        }
        Operation::Multiply => Ok(calculated(table, Binary::Multiply, left, right)),
        Operation::Divide | Operation::FloorDivide if seconds(&right).is_some() => {
            let per = seconds(&right).unwrap_or(1);
            let whole = operation == Operation::FloorDivide;
            share_of_time(table, left, per, whole)
        }
        Operation::Divide => Ok(divide(context, table, left, right)),
        Operation::FloorDivide => Ok(floor_divide(context, table, left, right)),
        Operation::Modulo => Ok(modulo(context, table, left, right)),
        Operation::Power => Ok(Expr::Call(Function::Power, vec![float(table, left), right])),
        Operation::Xor
        | Operation::MatrixMultiply
        | Operation::ShiftLeft
        | Operation::ShiftRight
        | Operation::Is
        | Operation::IsNot
        | Operation::In
        | Operation::NotIn
        | Operation::Negative
        | Operation::Positive
        | Operation::Invert
        | Operation::Not
        | Operation::Equal
        | Operation::NotEqual
        | Operation::Less
        | Operation::LessOrEqual
        | Operation::Greater
        | Operation::GreaterOrEqual => refuse(format!("the operator {operation:?} has no counterpart")),
    }
}

/// What a truth value is compared with: 0 and 1 are truth values themselves.
fn met(operator: Binary, other: Expr) -> Expr {
    let same = matches!(operator, Binary::Equal | Binary::NotEqual);
    match &other {
        Expr::Literal(Literal::Integer(value @ (0 | 1))) if same => Expr::Literal(Literal::Bool(*value == 1)),
        _ => other,
    }
}

/// The comparison that an operator is.
pub fn comparison(operation: Operation) -> Option<Binary> {
    let all = [
        (Operation::Equal, Binary::Equal),
        (Operation::NotEqual, Binary::NotEqual),
        (Operation::Less, Binary::Less),
        (Operation::LessOrEqual, Binary::LessEqual),
        (Operation::Greater, Binary::Greater),
        (Operation::GreaterOrEqual, Binary::GreaterEqual),
    ];
    all.into_iter().find(|(from, _)| *from == operation).map(|(_, to)| to)
}

fn add(table: &Table, left: Expr, right: Expr) -> Expr {
    if table.type_of(&left) == Type::Text || table.type_of(&right) == Type::Text {
        return Expr::binary(Binary::Concat, left, right);
    }
    if let Some(moved) = time_plus(&left, &right, 1).or_else(|| time_plus(&right, &left, 1)) {
        return moved;
    }
    if let Some(number) = counted_from_one(&left, &right) {
        return number;
    }
    calculated(table, Binary::Add, left, right)
}

/// A sum, difference or product. A fraction written as a constant is an exact number to databases: a whole number becomes
/// a float before it meets one.
fn calculated(table: &Table, operator: Binary, left: Expr, right: Expr) -> Expr {
    let is_fraction = |expr: &Expr| matches!(expr, Expr::Literal(Literal::Float(_)));
    let (of_left, of_right) = (is_fraction(&left), is_fraction(&right));
    let side = |expr: Expr, meets: bool| {
        let is_whole = meets && table.type_of(&expr) == Type::Integer;
        if is_whole { float(table, expr) } else { number(table, expr) }
    };
    Expr::binary(operator, side(left, of_right), side(right, of_left))
}

/// How many seconds a constant amount of time is; none for another value, or where months count.
fn seconds(amount: &Expr) -> Option<i64> {
    let Expr::Call(Function::AddTime(part), arguments) = amount else { return None };
    let [inner, Expr::Literal(Literal::Integer(count))] = arguments.as_slice() else { return None };
    let one = match part {
        Part::Week => 7 * 86400,
        Part::Day => 86400,
        Part::Hour => 3600,
        Part::Minute => 60,
        Part::Second => 1,
        Part::Year | Part::Quarter | Part::Month | Part::Weekday | Part::DayOfYear => return None,
    };
    let before = if *inner == Expr::Literal(Literal::Null) { 0 } else { seconds(inner)? };
    Some(before + one * count).filter(|sum| *sum != 0)
}

/// `difference / pd.Timedelta(hours=1)`: how often the amount lies in it.
fn share_of_time(table: &Table, difference: Expr, per: i64, whole: bool) -> Answer<Expr> {
    let seconds = match difference {
        Expr::Binary(Binary::Subtract, left, right) => {
            let both = [left, right].map(|side| (*side).cast(Type::Timestamp));
            Expr::Call(Function::SecondsBetween, both.to_vec())
        }
        other if table.type_of(&other) == Type::Interval => Expr::Call(Function::SecondsBetween, vec![other]),
        _ => return refuse("something else than a difference of times is divided by an amount of time"),
    };
    let share = Expr::binary(Binary::Divide, seconds, Expr::integer(per));
    if whole { Ok(Expr::Call(Function::Floor, vec![share]).cast(Type::Integer)) } else { Ok(share) }
}

/// `cumcount() + 1` and the like: the number of the row, from which pandas takes 1 away.
fn counted_from_one(left: &Expr, right: &Expr) -> Option<Expr> {
    let one = Expr::integer(1);
    match left {
        Expr::Binary(Binary::Subtract, window, less) if *right == one && **less == one => {
            matches!(**window, Expr::Window(_)).then(|| (**window).clone())
        }
        Expr::Case { arms, otherwise: None } => {
            let [(condition, value)] = arms.as_slice() else { return None };
            let arms = vec![(condition.clone(), counted_from_one(value, right)?)];
            Some(Expr::Case { arms, otherwise: None })
        }
        _ => None,
    }
}

fn subtract(table: &Table, left: Expr, right: Expr) -> Expr {
    time_plus(&left, &right, -1).unwrap_or_else(|| calculated(table, Binary::Subtract, left, right))
}

/// `time + amount`, where the amount is a constant amount of time (see `scalar`), perhaps of several parts.
pub fn time_plus(time: &Expr, amount: &Expr, sign: i64) -> Option<Expr> {
    let Expr::Call(Function::AddTime(part), arguments) = amount else { return None };
    let [inner, count] = arguments.as_slice() else { return None };
    let moved = match inner {
        Expr::Literal(Literal::Null) => time.clone(),
        inner @ Expr::Call(Function::AddTime(_), _) => time_plus(time, inner, sign)?,
        _ => return None,
    };
    let count = match count {
        Expr::Literal(Literal::Integer(count)) => Expr::integer(count * sign),
        count if sign > 0 => count.clone(),
        count => Expr::unary(Unary::Negate, count.clone()),
    };
    Some(Expr::Call(Function::AddTime(*part), vec![moved, count]))
}

/// Conditions count as 0 and 1.
pub fn number(table: &Table, expr: Expr) -> Expr {
    if mask::is_condition(&expr) || (mask::is_truth(table, &expr) && !table.nullable(&expr)) {
        return Expr::case(expr, Expr::integer(1), Expr::integer(0));
    }
    if !mask::is_truth(table, &expr) {
        return expr;
    }
    let no = (Expr::unary(Unary::Not, expr.clone()), Expr::integer(0));
    Expr::Case { arms: vec![(expr, Expr::integer(1)), no], otherwise: None }
}

/// As a float.
pub fn float(table: &Table, expr: Expr) -> Expr {
    match &expr {
        Expr::Literal(Literal::Integer(value)) => {
            #[expect(clippy::cast_precision_loss, reason = "scripts do not count past 2^53")]
            let value = *value as f64;
            Expr::Literal(Literal::Float(value))
        }
        _ if table.type_of(&expr) == Type::Float => expr,
        _ => number(table, expr).cast(Type::Float),
    }
}

fn divide(context: &mut Context, table: &Table, left: Expr, right: Expr) -> Expr {
    if is_number_but_zero(&right) {
        if table.type_of(&left) == Type::Integer {
            return Expr::binary(Binary::Divide, float(table, left), right);
        }
        return Expr::binary(Binary::Divide, number(table, left), float(table, right));
    }
    let divisor = guarded(context, table, right);
    Expr::binary(Binary::Divide, float(table, left), divisor)
}

/// The divisor, NULL instead of 0.
fn guarded(context: &mut Context, table: &Table, divisor: Expr) -> Expr {
    if is_number_but_zero(&divisor) {
        return divisor;
    }
    let zero = |expr: &Expr| is_zero(expr);
    // `replace(0, np.nan)` in the script is the guard.
    if matches!(&divisor, Expr::Call(Function::NullIf, arguments) if arguments.get(1).is_some_and(zero)) {
        return divisor;
    }
    let message = "pandas gives infinity, or a missing value, where this divisor is 0; the query gives NULL";
    context.finding(Code::R312, message, "filter the rows with a divisor of 0, or accept NULL");
    // What is 0 where it is missing gives NULL either way.
    let divisor = match divisor {
        Expr::Call(Function::Coalesce, mut arguments) if arguments.len() == 2 && arguments.get(1).is_some_and(zero) => {
            arguments.swap_remove(0)
        }
        other => other,
    };
    Expr::Call(Function::NullIf, vec![number(table, divisor), Expr::integer(0)])
}

fn is_zero(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(Literal::Integer(value)) => *value == 0,
        Expr::Literal(Literal::Float(value)) => *value == 0.0,
        Expr::Column(..)
        | Expr::Literal(_)
        | Expr::Unary(..)
        | Expr::Binary(..)
        | Expr::Call(..)
        | Expr::Cast(..)
        | Expr::Case { .. }
        | Expr::In(..)
        | Expr::Aggregate { .. }
        | Expr::Value(..)
        | Expr::Among(..)
        | Expr::Window(_) => false,
    }
}

fn is_number_but_zero(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(Literal::Integer(value)) => *value != 0,
        Expr::Literal(Literal::Float(value)) => *value != 0.0,
        Expr::Column(..)
        | Expr::Literal(_)
        | Expr::Unary(..)
        | Expr::Binary(..)
        | Expr::Call(..)
        | Expr::Cast(..)
        | Expr::Case { .. }
        | Expr::In(..)
        | Expr::Aggregate { .. }
        | Expr::Value(..)
        | Expr::Among(..)
        | Expr::Window(_) => false,
    }
}

/// Toward minus infinity.
fn floor_divide(context: &mut Context, table: &Table, left: Expr, right: Expr) -> Expr {
    let whole = table.type_of(&left) == Type::Integer && table.type_of(&right) == Type::Integer;
    let floor = Expr::Call(Function::Floor, vec![divide(context, table, left, right)]);
    if whole { floor.cast(Type::Integer) } else { floor }
}

/// With the sign of the divisor.
fn modulo(context: &mut Context, table: &Table, left: Expr, right: Expr) -> Expr {
    let quotient = Expr::Call(Function::Floor, vec![divide(context, table, left.clone(), right.clone())]);
    let whole = table.type_of(&left) == Type::Integer && table.type_of(&right) == Type::Integer;
    let quotient = if whole { quotient.cast(Type::Integer) } else { quotient };
    let taken = Expr::binary(Binary::Multiply, right, quotient);
    Expr::binary(Binary::Subtract, left, taken)
}

/// `-series`, `~series`.
pub fn unary(series: &Rc<Series>, operation: Operation) -> Answer<Value> {
    if operation == Operation::Invert {
        return Ok(series.with(mask::invert(&series.table, &series.expr)));
    }
    if operation == Operation::Negative {
        return Ok(series.with(Expr::unary(Unary::Negate, series.expr.clone())));
    }
    if operation == Operation::Positive {
        return Ok(series.with(series.expr.clone()));
    }
    refuse("a Series has no single truth value")
}
