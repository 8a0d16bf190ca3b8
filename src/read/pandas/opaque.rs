//! Steps that have no SQL: as code of their own where a statement can be cut out, else for a person.

use std::sync::Arc;

use super::context::{Context, Refusal};
use super::dataframe::{DataFrame, scan};
use super::session::{Cut, Source, SourceKind};
use super::table::Table;
use crate::finding::Code;
use crate::frame::{Expr, Frame};
use crate::name::{Ident, Relation};
use crate::text::Span;

/// A table whose rows come from a step that has no SQL.
pub fn opaque(context: &mut Context, refusal: &Refusal, inputs: &[&Table]) -> Table {
    let number = context.session().borrow().sources.len();
    let dialect = context.evaluator.dialect();
    let relation = Relation::new(vec![Ident::new(&format!("?{number}"), true, dialect)], dialect);
    let statement = context.evaluator.statement().and_then(|statement| context.evaluator.statement_span(statement));
    let text = context.evaluator.source_text(statement.unwrap_or(context.span)).to_owned();
    let frames: Vec<Arc<Frame>> = inputs.iter().map(|table| table.frame()).collect();
    let python = statement.and_then(|statement| as_python(context, statement, &frames)).map(Box::new);
    let is_python = python.is_some();
    let kind = SourceKind::Opaque { reason: refusal.0.clone(), text, inputs: frames, python };
    let statements = context.statements();
    let guards = context.evaluator.guards().to_vec();
    let span = statement.unwrap_or(context.span);
    let source = Source { relation: relation.clone(), kind, name: String::new(), statements, span, guards };
    context.session().borrow_mut().sources.push(source);
    if !is_python {
        context.finding(
            Code::R301,
            format!("this step has no SQL: {}", refusal.0),
            "write the step by hand, or as a dbt Python model",
        );
    }
    scan(context, relation)
}

/// The statement as code of its own, when all that it uses is either a frame or made by statements before it.
fn as_python(context: &mut Context, statement: Span, known: &[Arc<Frame>]) -> Option<Cut> {
    let is_frame = |name: &str| {
        let value = context.evaluator.named(name);
        value.is_some_and(|value| value.object::<DataFrame>().is_some())
    };
    let mut slice = context.evaluator.slice(statement, &is_frame)?;
    let mut frames = Vec::new();
    let mut sorts = String::new();
    for name in &slice.inputs {
        let value = context.evaluator.named(name)?;
        let sealed = value.object::<DataFrame>()?.seal(context);
        sorts.push_str(&sorted_again(name, &sealed)?);
        let frame = sealed.frame();
        let same = known.iter().find(|known| known.as_ref() == frame.as_ref());
        frames.push(same.unwrap_or(&frame).clone());
    }
    slice.code.insert_str(0, &sorts);
    Some(Cut { slice, frames })
}

/// The line that brings rows into the order of the script again: a table has none. None where it cannot be written.
fn sorted_again(name: &str, table: &Table) -> Option<String> {
    let mut columns = Vec::new();
    let mut directions = Vec::new();
    for key in &table.order {
        let Expr::Column(_, column) = &key.expr else { return None };
        columns.push(format!("{column:?}"));
        directions.push(if key.descending { "False" } else { "True" });
    }
    if columns.is_empty() {
        return Some(String::new());
    }
    let last = if table.order.iter().any(|key| key.nulls_first) { ", na_position=\"first\"" } else { "" };
    let (columns, directions) = (columns.join(", "), directions.join(", "));
    Some(format!("{name} = {name}.sort_values([{columns}], ascending=[{directions}]{last}, ignore_index=True)\n"))
}
