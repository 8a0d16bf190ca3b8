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
    opaque_at(context, refusal, inputs, None)
}

/// The same; `place` is where the rows were made, when that is not the statement that runs.
pub fn opaque_at(context: &mut Context, refusal: &Refusal, inputs: &[&Table], place: Option<Span>) -> Table {
    let number = context.session().borrow().sources.len();
    let dialect = context.evaluator.dialect();
    let relation = Relation::new(vec![Ident::new(&format!("?{number}"), true, dialect)], dialect);
    let statement = context.evaluator.statement().and_then(|statement| context.evaluator.statement_span(statement));
    let text = context.evaluator.source_text(statement.unwrap_or(context.span)).to_owned();
    let frames: Vec<Arc<Frame>> = inputs.iter().map(|table| table.frame()).collect();
    let python = place.or(statement).and_then(|statement| as_python(context, statement, &frames)).map(Box::new);
    let kind = SourceKind::Opaque { reason: refusal.0.clone(), text, inputs: frames, python };
    let statements = context.statements();
    let guards = context.evaluator.guards().to_vec();
    let span = statement.unwrap_or(context.span);
    let name = String::new();
    let source = Source {
        relation: relation.clone(),
        kind,
        name,
        statements,
        span,
        called: context.span,
        guards,
        is_kept: false,
    };
    context.session().borrow_mut().sources.push(source);
    scan(context, relation)
}

/// What was made last does something besides giving rows: it is a step also when nothing reads them.
pub fn keep(context: &Context) {
    if let Some(source) = context.session().borrow_mut().sources.last_mut() {
        source.is_kept = true;
    }
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
        if slice.is_ordered && sealed.order.is_empty() && !is_one_row(&sealed) {
            context.order_matters(&format!("the code that goes through `{name}`"));
        }
        let frame = sealed.frame();
        if sealed.rest && !crate::frame::is_open(&frame) {
            let message = format!(
                "the code that goes through `{name}` gets those of its columns that the script names, and no others"
            );
            context.finding(Code::R305, message, "give the definitions of the source tables with --schema");
        }
        let same = known.iter().find(|known| known.as_ref() == frame.as_ref());
        frames.push(same.unwrap_or(&frame).clone());
    }
    slice.code.insert_str(0, &sorts);
    Some(Cut { slice, frames })
}

/// Whether there is but one row, so that no order matters.
fn is_one_row(table: &Table) -> bool {
    matches!(&table.base.op, crate::frame::Op::Group { keys, .. } if keys.is_empty())
}

/// The line that brings rows into the order of the script again: a table has none. None where it cannot be written.
fn sorted_again(name: &str, table: &Table) -> Option<String> {
    let mut columns = Vec::new();
    let mut directions = Vec::new();
    for key in &table.order {
        let Expr::Column(_, column) = &key.expr else { return None };
        if !table.has(column) && !table.index.iter().any(|level| level.name == *column) && !table.rest {
            return None;
        }
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
