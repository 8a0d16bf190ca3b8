//! Parts of texts that are counted from the end or between two places, and texts in the middle of others.
//!
//! In: a Series of texts. Out: what Python's slices and `center` give, also for texts that are too short.

use std::rc::Rc;

use super::context::{Answer, Context, refuse};
use super::strings::{Accessor, WHITE_SPACE};
use crate::frame::{Binary, Expr, Function, Literal, Type, Unary};
use crate::read::python::{Arguments, Value};

fn call(function: Function, arguments: Vec<Expr>) -> Expr {
    Expr::Call(function, arguments)
}

fn length(text: &Expr) -> Expr {
    call(Function::Length, vec![text.clone()])
}

/// The character at a place that is counted from the end, from -1; missing where the text is shorter.
pub fn from_end(text: &Expr, at: i64) -> Expr {
    let end = call(Function::Right, vec![text.clone(), Expr::integer(-at)]);
    if at == -1 {
        return call(Function::NullIf, vec![end, Expr::text("")]);
    }
    let is_long = Expr::binary(Binary::GreaterEqual, length(text), Expr::integer(-at));
    let one = call(Function::Left, vec![end, Expr::integer(1)]);
    Expr::Case { arms: vec![(is_long, one)], otherwise: None }
}

/// `text[start:stop]`, where the end is counted from the end of the text.
pub fn between(text: &Expr, start: i64, stop: i64) -> Option<Expr> {
    if stop >= 0 || (start < 0 && stop <= start) {
        return None;
    }
    let rest = match start {
        0 => text.clone(),
        start if start > 0 => call(Function::Substring, vec![text.clone(), Expr::integer(start + 1)]),
        start => call(Function::Right, vec![text.clone(), Expr::integer(-start)]),
    };
    Some(call(Function::Left, vec![rest, Expr::integer(stop)]))
}

/// `.str.center(width)`, `.str.pad(width, side="both")`: as Python has it, an odd rest goes to the left where the width
/// is odd too.
pub fn center(accessor: &Rc<Accessor>, _context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let fill = arguments.keyword("fillchar").or_else(|| {
        let at = if arguments.keyword("side").is_some() { 2 } else { 1 };
        arguments.positional(at).map(|item| &item.value)
    });
    let fill = fill.map_or(Some(" "), Value::as_text);
    let (Some(width), Some(fill)) = (arguments.get("width", 0).and_then(Value::integer), fill) else {
        return refuse("the width that texts are filled up to is not known");
    };
    let text = &accessor.series.expr;
    let both = Expr::binary(Binary::Add, length(text), Expr::integer(width + width.rem_euclid(2)));
    let half = Expr::binary(Binary::Divide, both, Expr::Literal(Literal::Float(2.0)));
    let filled = Expr::text(fill);
    let left = call(Function::PadStart, vec![text.clone(), call(Function::Floor, vec![half]), filled.clone()]);
    Ok(accessor.series.with(call(Function::PadEnd, vec![left, Expr::integer(width), filled])))
}

/// The text with each run of white space as one blank, and none at its ends: `split()` cuts it there.
pub fn with_single_blanks(text: &Expr) -> Expr {
    let trimmed = call(Function::Trim, vec![text.clone(), Expr::text(WHITE_SPACE)]);
    let runs = Expr::text(&format!("[{WHITE_SPACE}]+"));
    let single = call(Function::ReplaceMatches, vec![trimmed, runs, Expr::text(" ")]);
    call(Function::NullIf, vec![single, Expr::text("")])
}

/// How many parts a text has that is cut at a separator.
pub fn number_of_parts(text: &Expr, separator: &str) -> Expr {
    let without = call(Function::Replace, vec![text.clone(), Expr::text(separator), Expr::text("")]);
    let missing = Expr::binary(Binary::Subtract, length(text), length(&without));
    let size = i64::try_from(separator.chars().count()).unwrap_or(1);
    let times = if size == 1 {
        missing
    } else {
        Expr::binary(Binary::Divide, missing, Expr::integer(size)).cast(Type::Integer)
    };
    Expr::binary(Binary::Add, times, Expr::integer(1))
}

/// What stands before the last separator; the whole text where there is none.
pub fn before_last(text: &Expr, separator: &str) -> Expr {
    let last = call(Function::SplitPart, vec![text.clone(), Expr::text(separator), Expr::integer(-1)]);
    let size = i64::try_from(separator.chars().count()).unwrap_or(1);
    let rest = Expr::binary(
        Binary::Subtract,
        Expr::binary(Binary::Subtract, length(text), length(&last)),
        Expr::integer(size),
    );
    let place = call(Function::Position, vec![text.clone(), Expr::text(separator)]);
    let found = Expr::binary(Binary::Greater, place, Expr::integer(0));
    // With a length that is an expression, the text is cut from the start.
    let cut = call(Function::Substring, vec![text.clone(), Expr::integer(1), rest]);
    Expr::case(found, cut, text.clone())
}

/// What is told of each text: from pandas 3 on it is false of a missing one, before it is missing too.
pub fn told(accessor: &Accessor, context: &mut Context, found: Expr) -> Value {
    let alike = !accessor.series.table.nullable(&accessor.series.expr);
    let is_false = context.version_matters(alike, "what is told of a missing text") && !alike;
    if is_false {
        return accessor.series.with(Expr::coalesce(found, Expr::Literal(Literal::Bool(false))));
    }
    if alike || !super::mask::is_condition(&found) {
        return accessor.series.with(found);
    }
    // What compares two values is false of what is missing, unless it is asked for only where there is a text.
    let there = Expr::unary(Unary::IsNotNull, accessor.series.expr.clone());
    accessor.series.with(Expr::Case { arms: vec![(there, found)], otherwise: None })
}

/// `.str.isupper()`, `.str.islower()`: there is a letter with two cases, and none in the other case.
pub fn is_cased(accessor: &Rc<Accessor>, context: &mut Context, case: Function) -> Value {
    let text = &accessor.series.expr;
    let other = if case == Function::Upper { Function::Lower } else { Function::Upper };
    let same = Expr::binary(Binary::Equal, text.clone(), call(case, vec![text.clone()]));
    let differs = Expr::binary(Binary::NotEqual, text.clone(), call(other, vec![text.clone()]));
    told(accessor, context, Expr::binary(Binary::And, same, differs))
}

/// `.str.isspace()`: white space, and nothing else.
pub fn is_space(accessor: &Rc<Accessor>, context: &mut Context) -> Value {
    let text = &accessor.series.expr;
    let trimmed = call(Function::Trim, vec![text.clone(), Expr::text(WHITE_SPACE)]);
    let holds = Expr::binary(Binary::NotEqual, text.clone(), Expr::text(""));
    told(accessor, context, Expr::binary(Binary::And, holds, Expr::binary(Binary::Equal, trimmed, Expr::text(""))))
}

/// `.str.rfind(character)`: the place of the last one, from 0; -1 where there is none.
pub fn rfind(accessor: &Rc<Accessor>, _context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let wanted = arguments.get("sub", 0).and_then(Value::as_text).filter(|text| text.chars().count() == 1);
    let (Some(wanted), 1) = (wanted, arguments.items.len()) else {
        return refuse("the last place of something longer than a character is looked for");
    };
    let text = &accessor.series.expr;
    let last = call(Function::SplitPart, vec![text.clone(), Expr::text(wanted), Expr::integer(-1)]);
    let behind = Expr::binary(Binary::Subtract, length(text), length(&last));
    let place = Expr::binary(Binary::Subtract, behind, Expr::integer(1));
    Ok(accessor.series.with(place))
}
