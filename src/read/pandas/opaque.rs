//! Steps that have no SQL: as code of their own where a statement can be cut out, else for a person.

use std::sync::Arc;

use super::context::{Answer, Context, Refusal, refuse};
use super::dataframe::{DataFrame, scan};
use super::session::{Cut, Source, SourceKind};
use super::table::Table;
use crate::finding::Code;
use crate::frame::{Column, Expr, Frame, Named, Op, SortKey, Type};
use crate::name::{Ident, Relation};
use crate::read::python::{Labels, Slice};
use crate::text::Span;

/// A table whose rows come from a step that has no SQL.
pub fn opaque(context: &mut Context, refusal: &Refusal, inputs: &[&Table]) -> Table {
    opaque_at(context, refusal, inputs, None, None)
}

/// The same; `place` is where the rows were made, when that is not the statement that runs, and `result` the name that they have
/// there, when the statement does not tell.
pub fn opaque_at(
    context: &mut Context,
    refusal: &Refusal,
    inputs: &[&Table],
    place: Option<Span>,
    result: Option<&str>,
) -> Table {
    let number = context.session().borrow().sources.len();
    let dialect = context.evaluator.dialect();
    let relation = Relation::new(vec![Ident::new(&format!("?{number}"), true, dialect)], dialect);
    let statement = context.evaluator.statement().and_then(|statement| context.evaluator.statement_span(statement));
    let frames: Vec<Arc<Frame>> = inputs.iter().map(|table| table.frame()).collect();
    let place = place.or(statement);
    let python = place.and_then(|statement| as_python(context, statement, result, &frames)).map(Box::new);
    let is_joined = python.as_ref().is_some_and(|cut| cut.is_joined);
    let text = match &python {
        Some(cut) if is_joined => cut.slice.code.clone(),
        _ => context.evaluator.source_text(statement.unwrap_or(context.span)).to_owned(),
    };
    let is_labeled = match place.map(|place| context.evaluator.labels(place)) {
        Some(Labels::Plain) => false,
        Some(Labels::Kept) => {
            inputs.is_empty() || inputs.iter().any(|table| !table.index.is_empty() || labeled(context, table).is_some())
        }
        Some(Labels::Unknown) | None => true,
    };
    let source = Source {
        relation: relation.clone(),
        kind: SourceKind::Opaque { reason: refusal.0.clone(), text, inputs: frames, python },
        name: String::new(),
        statements: context.statements(),
        span: statement.unwrap_or(context.span),
        called: context.span,
        guards: context.evaluator.guards().to_vec(),
        is_kept: false,
        is_labeled,
    };
    context.session().borrow_mut().sources.push(source);
    scan(context, relation)
}

impl DataFrame {
    /// The value cannot be followed any more: what the statement does has no SQL.
    pub fn become_opaque(&self, context: &mut Context, refusal: &Refusal) {
        let input = self.seal(context);
        let made = opaque(context, refusal, &[&input]);
        let name = self.name.borrow().clone();
        let mut session = context.session().borrow_mut();
        if let Some(source) = session.sources.last_mut().filter(|source| source.name.is_empty()) {
            source.name = name;
        }
        drop(session);
        *self.table.borrow_mut() = made;
    }

    /// The same for a statement that sets these columns and leaves the others: they are known when those were.
    pub fn become_opaque_with(&self, context: &mut Context, refusal: &Refusal, set: &[String]) {
        let before = self.seal(context);
        self.become_opaque(context, refusal);
        self.knows_columns_of(context, &before, set);
    }

    /// A loop over rows changes the frame: the whole loop is the step. False where its code cannot be cut out.
    pub fn become_opaque_by_loop(&self, context: &mut Context, name: &str, columns: &[String]) -> bool {
        let before = self.seal(context);
        let refusal = Refusal("rows are changed one after the other, in a loop".to_owned());
        let made = opaque_at(context, &refusal, &[&before], Some(context.span), Some(name));
        let mut session = context.session().borrow_mut();
        let is_code = |source: &Source| matches!(&source.kind, SourceKind::Opaque { python: Some(_), .. });
        if !session.sources.last().is_some_and(is_code) {
            session.sources.pop();
            return false;
        }
        drop(session);
        named_by_its_code(context);
        *self.table.borrow_mut() = made;
        self.knows_columns_of(context, &before, columns);
        true
    }

    /// The rows have the columns that they had before, and those that were set; nothing is known where none is said to be set.
    fn knows_columns_of(&self, context: &Context, before: &Table, set: &[String]) {
        if set.is_empty() || before.rest || !before.index.is_empty() {
            return;
        }
        let mut names = before.names();
        names.extend(set.iter().filter(|name| !before.names().contains(name)).cloned());
        let made = self.table.borrow().clone();
        let Op::Scan { relation, .. } = &made.base.op else { return };
        let columns = names.iter().map(Column::unknown).collect();
        let base = Frame::new(Op::Scan { relation: relation.clone(), columns, open: false });
        let known = Table::over(context, base, made.span);
        // Rows stand as before: what they were sorted by, unless that is set, still tells how.
        let stays =
            |key: &&SortKey| matches!(&key.expr, Expr::Column(_, name) if !set.contains(name) && names.contains(name));
        let order = before.order.iter().take_while(stays).cloned().collect();
        *self.table.borrow_mut() = Table { numbered: made.numbered, statements: made.statements, order, ..known };
    }
}

/// The step without SQL that the rows come from and whose labels are lost on the way to a table; none where the rows have labels that
/// are known.
fn labeled(context: &Context, table: &Table) -> Option<Labeled> {
    if !table.index.is_empty() {
        return None;
    }
    let (mut frame, mut is_direct) =
        (&table.base, table.columns.iter().all(|named| named.expr == Expr::column(&named.name)));
    is_direct &= table.except.is_empty();
    loop {
        frame = match &frame.op {
            Op::Project { input, .. } | Op::Filter { input, .. } | Op::Limit { input, .. } | Op::Distinct { input } => {
                input
            }
            Op::Scan { relation, .. } => {
                let session = context.session().borrow();
                let source = session.sources.iter().find(|source| source.relation == *relation && source.is_labeled)?;
                let SourceKind::Opaque { python, reason, .. } = &source.kind else { return None };
                let cut = python.as_deref().cloned();
                return Some(Labeled { cut, is_direct, reason: reason.clone() });
            }
            Op::Values { .. } | Op::Join { .. } | Op::Group { .. } | Op::Union { .. } => return None,
        };
        is_direct = false;
    }
}

/// A step without SQL whose rows or columns may have labels.
struct Labeled {
    /// Its code.
    cut: Option<Cut>,
    /// Whether nothing was done with its rows since.
    is_direct: bool,
    /// Why it has no SQL.
    reason: String,
}

/// Whether the rows are what the code of the statement that runs gives: what else the statement does is done there.
pub fn is_made_here(context: &Context, table: &Table) -> bool {
    let Op::Scan { relation, .. } = &table.base.op else { return false };
    let place = context.evaluator.statement().and_then(|statement| context.evaluator.statement_span(statement));
    let session = context.session().borrow();
    let source = session.sources.iter().find(|source| source.relation == *relation);
    source.is_some_and(|source| {
        Some(source.span) == place
            && matches!(&source.kind, SourceKind::Opaque { python: Some(cut), .. } if !cut.is_extended)
    })
}

/// The rows with their labels as columns, where they come from a step without SQL: its code makes them columns. What is left to a
/// person has them as columns.
pub fn with_labels(context: &mut Context, table: &Table, labels: &[String]) -> Answer<Option<Table>> {
    let Some(labeled) = labeled(context, table) else { return Ok(None) };
    let Some(mut cut) = labeled.cut else { return Ok(Some(table.clone())) };
    if !labeled.is_direct {
        return refuse("labels of rows that a step without SQL gave become columns");
    }
    let names: Vec<String> = labels.iter().map(|label| format!("{label:?}")).collect();
    let names = if names.is_empty() { String::new() } else { format!("names=[{}]", names.join(", ")) };
    let result = &cut.slice.result;
    cut.slice.code.push_str(&format!("\n{result} = {result}.reset_index({names})"));
    cut.is_extended = true;
    let made = opaque(context, &Refusal(labeled.reason), &[table]);
    let mut session = context.session().borrow_mut();
    if let Some(source) = session.sources.last_mut() {
        source.name.clone_from(&cut.slice.result);
        source.is_labeled = false;
        if let SourceKind::Opaque { python, text, inputs, .. } = &mut source.kind {
            text.clone_from(&cut.slice.code);
            inputs.clone_from(&cut.frames);
            *python = Some(Box::new(cut));
        }
    }
    drop(session);
    Ok(Some(made))
}

/// What was made last goes by the name that its code gives.
pub fn named_by_its_code(context: &Context) {
    if let Some(source) = context.session().borrow_mut().sources.last_mut()
        && let SourceKind::Opaque { python: Some(cut), .. } = &source.kind
    {
        source.name.clone_from(&cut.slice.result);
    }
}

/// What was made last does something besides giving rows: it is a step also when nothing reads them.
pub fn keep(context: &Context) {
    if let Some(source) = context.session().borrow_mut().sources.last_mut() {
        source.is_kept = true;
    }
}

/// The statement as code of its own, when all that it uses is either a frame or made by statements before it.
fn as_python(context: &mut Context, statement: Span, result: Option<&str>, known: &[Arc<Frame>]) -> Option<Cut> {
    let is_frame = |name: &str| {
        let value = context.evaluator.named(name);
        value.is_some_and(|value| value.object::<DataFrame>().is_some())
    };
    let slice = context.evaluator.slice(statement, result, &is_frame)?;
    let mut made = Cut {
        slice: Slice { inputs: Vec::new(), ..slice.clone() },
        frames: Vec::new(),
        is_joined: false,
        is_extended: false,
    };
    let mut before = String::new();
    for name in &slice.inputs {
        let sealed = context.evaluator.named(name)?.object::<DataFrame>()?.seal(context);
        if let Some(earlier) = labeled(context, &sealed) {
            // Labels do not outlive a table: the code that gave them comes along.
            let cut = earlier.cut.filter(|cut| earlier.is_direct && cut.slice.result == *name)?;
            let clashes = |input: &String| input != name && cut.slice.given.contains(input);
            if slice.inputs.iter().any(clashes) {
                return None;
            }
            before.push_str(&cut.slice.code);
            before.push('\n');
            made.slice.statements.extend(cut.slice.statements.iter().copied());
            made.slice.given.extend(cut.slice.given.iter().cloned());
            made.is_joined = true;
            for (input, frame) in cut.slice.inputs.iter().zip(&cut.frames) {
                add_input(&mut made, input, frame)?;
            }
            continue;
        }
        before.push_str(&sorted_again(name, &sealed)?);
        let frame = frame_of_input(context, name, &slice, &sealed)?;
        before.push_str(&indexed_again(name, &sealed)?);
        let same = known.iter().find(|known| known.as_ref() == frame.as_ref());
        add_input(&mut made, name, same.unwrap_or(&frame))?;
    }
    made.slice.code.insert_str(0, &before);
    Some(made)
}

/// One frame more; none where another has its name.
fn add_input(cut: &mut Cut, name: &str, frame: &Arc<Frame>) -> Option<()> {
    let known = cut.slice.inputs.iter().position(|known| known == name);
    if let Some(known) = known.and_then(|at| cut.frames.get(at)) {
        return Arc::ptr_eq(known, frame).then_some(());
    }
    cut.slice.inputs.push(name.to_owned());
    cut.frames.push(frame.clone());
    Some(())
}

/// The rows of an input with their labels as columns.
fn frame_of_input(context: &mut Context, name: &str, slice: &Slice, sealed: &Table) -> Option<Arc<Frame>> {
    if slice.is_ordered && sealed.order.is_empty() && !is_one_row(sealed) {
        context.order_matters(&format!("the code that goes through `{name}`"));
    }
    let mut whole = sealed.clone();
    let is_column = |level: &Named| whole.columns.iter().any(|named| named.name == level.name);
    if sealed.index.iter().any(|level| level.name.is_empty() || is_column(level)) {
        return None;
    }
    // A table holds no periods.
    if sealed.index.iter().chain(&sealed.columns).any(|named| matches!(sealed.type_of(&named.expr), Type::Period(_))) {
        return None;
    }
    whole.columns = sealed.index.iter().chain(&sealed.columns).cloned().collect();
    let frame = whole.frame();
    if sealed.rest && !crate::frame::is_open(&frame) {
        let message = format!(
            "the code that goes through `{name}` gets those of its columns that the script names, and no others"
        );
        context.finding(Code::R305, message, "give the definitions of the source tables with --schema");
    }
    Some(frame)
}

/// The line that makes labels of columns again.
fn indexed_again(name: &str, table: &Table) -> Option<String> {
    let levels: Vec<String> = table.index.iter().map(|level| format!("{:?}", level.name)).collect();
    match levels.as_slice() {
        [] => Some(String::new()),
        levels => Some(format!("{name} = {name}.set_index([{}])\n", levels.join(", "))),
    }
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
