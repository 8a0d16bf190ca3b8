//! Values from outside that frames use: variables of the project.
//!
//! In: a finished frame. Out: a parameter of the script for each value that it takes from the command or the environment.

use crate::frame::{Expr, Frame, Literal, Op, Parameter, Type, walk};
use crate::read::python::{Evaluator, Text, Value};
use crate::steps::Param;

/// Declares the parameters that a frame uses.
pub fn declare(evaluator: &mut Evaluator, frame: &Frame) {
    let mut found = Vec::new();
    collect(frame, &mut found);
    for parameter in found {
        let sql_type = match parameter.ty {
            Type::Integer => "bigint",
            Type::Float => "double precision",
            Type::Unknown
            | Type::Text
            | Type::Bool
            | Type::Decimal
            | Type::Date
            | Type::Timestamp
            | Type::Interval
            | Type::Period(_) => "text",
        };
        let is_text = sql_type == "text";
        let default = parameter
            .default
            .map(|default| if is_text { format!("'{}'", default.replace('\'', "''")) } else { default });
        evaluator.param(Param { name: parameter.name, sql_type: sql_type.to_owned(), default });
    }
}

fn collect(frame: &Frame, found: &mut Vec<Parameter>) {
    frame.each(&mut |frame| {
        for expr in frame.op.exprs() {
            of_expr(expr, found);
        }
        if let Op::Values { rows, .. } = &frame.op {
            rows.iter().flatten().for_each(|cell| of_literal(cell, found));
        }
        true
    });
}

fn of_expr(expr: &Expr, found: &mut Vec<Parameter>) {
    walk(expr, &mut |part| {
        if let Expr::Literal(literal) = part {
            of_literal(literal, found);
        }
    });
    for frame in expr.asides() {
        collect(frame, found);
    }
}

fn of_literal(literal: &Literal, found: &mut Vec<Parameter>) {
    if let Literal::Parameter(parameter) = literal {
        found.push(parameter.as_ref().clone());
    }
}

/// A name in which values from outside have their defaults; none where one has no default.
pub fn name(value: &Value) -> Option<String> {
    let Value::Text(text) = value else { return None };
    filled(text)
}

fn filled(text: &Text) -> Option<String> {
    let mut name = text.fragment().text().to_owned();
    for hole in text.holes() {
        name = name.replace(&format!("{{{{ {} }}}}", hole.name), hole.default.as_deref()?);
    }
    Some(name)
}

/// The path of a file: its folder may come from outside, its own name may not, unless that has a default.
pub fn file(value: &Value) -> Option<String> {
    let Value::Text(text) = value else { return None };
    let path = filled(text).unwrap_or_else(|| text.fragment().text().to_owned());
    let own = path.rsplit(['/', '\\']).next().unwrap_or(&path);
    let is_known = !own.is_empty() && !own.contains("{{") && !own.contains("}}");
    is_known.then_some(path)
}
