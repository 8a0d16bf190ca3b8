//! Texts that are filled up or repeated.

use std::rc::Rc;

use super::characters;
use super::context::{Answer, Context, refuse};
use super::strings::Accessor;
use crate::frame::{Binary, Expr, Function};
use crate::read::python::{Arguments, Value};

/// `.str.pad(n, side=…)`.
pub fn pad_side(accessor: &Rc<Accessor>, context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let function = match arguments.get("side", 1).map_or(Some("left"), Value::as_text) {
        Some("left") => Function::PadStart,
        Some("right") => Function::PadEnd,
        Some("both") => return characters::center(accessor, context, arguments),
        _ => return refuse("the side at which texts are filled up is not known"),
    };
    let fill = arguments.get("fillchar", 2).map_or(Some(" "), Value::as_text);
    match (arguments.get("width", 0).and_then(Value::integer), fill) {
        (Some(width), Some(fill)) => Ok(accessor.map(function, vec![Expr::integer(width), Expr::text(fill)])),
        _ => refuse("the width that texts are filled up to is not known"),
    }
}

/// `.str.repeat(n)`.
pub fn repeat(accessor: &Rc<Accessor>, _context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    match arguments.get("repeats", 0).and_then(Value::integer) {
        Some(count @ 1..=9) => {
            let text = || accessor.series.expr.clone();
            let repeated = (1..count).fold(text(), |made, _| Expr::binary(Binary::Concat, made, text()));
            Ok(accessor.series.with(repeated))
        }
        _ => refuse("how often texts are repeated is not known"),
    }
}

/// `.str.zfill(n)`, `.str.pad`, `.str.rjust`, `.str.ljust`.
pub fn pad(accessor: &Rc<Accessor>, arguments: &Arguments, function: Function, fill: &str) -> Answer<Value> {
    let Some(width) = arguments.get("width", 0).and_then(Value::integer) else {
        return refuse("the width that texts are filled up to is not known");
    };
    let fill = arguments.get("fillchar", 1).and_then(Value::as_text).unwrap_or(fill);
    Ok(accessor.map(function, vec![Expr::integer(width), Expr::text(fill)]))
}

/// `.str.zfill(n)`: zeros behind the sign.
pub fn zfill(accessor: &Rc<Accessor>, _context: &mut Context, arguments: &Arguments) -> Answer<Value> {
    let Some(width) = arguments.get("width", 0).and_then(Value::integer) else {
        return refuse("the width that texts are filled up to is not known");
    };
    let text = accessor.series.expr.clone();
    let filled =
        |text: Expr, width: i64| Expr::Call(Function::PadStart, vec![text, Expr::integer(width), Expr::text("0")]);
    let sign = Expr::Call(Function::Left, vec![text.clone(), Expr::integer(1)]);
    let rest = Expr::Call(Function::Substring, vec![text.clone(), Expr::integer(2)]);
    let signed = Expr::In(Box::new(sign.clone()), vec![Expr::text("-"), Expr::text("+")]);
    let behind = Expr::binary(Binary::Concat, sign, filled(rest, (width - 1).max(0)));
    Ok(accessor.series.with(Expr::case(signed, behind, filled(text, width))))
}
