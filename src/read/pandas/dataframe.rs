//! A DataFrame: what a variable holds, and what changes when the script changes it in place.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use super::context::{Answer, Context, Refusal, refuse};
use super::indexer::Indexer;
use super::inplace;
use super::mask;
use super::opaque::opaque;
use super::rest;
use super::rows::{self, Handled};
use super::selecting;
use super::series::{Series, operand};
use super::session::{NamedFrame, SourceKind};
use super::sql_types::type_of;
use super::staging;
use super::table::Table;
use crate::frame::{Column, Expr, Frame, Named, Op};
use crate::name::Relation;
use crate::read::python::{Arguments, Evaluator, Object, Operation, Value};
use crate::steps::ColumnDef;
use crate::text::Span;

/// A DataFrame. Its value changes; what was made of an earlier value does not.
#[derive(Debug)]
pub struct DataFrame {
    pub(super) table: RefCell<Table>,
    pub(super) name: RefCell<String>,
    /// Whether the name is that of a function's variable, which a later name outside may replace.
    local: Cell<bool>,
}

impl DataFrame {
    /// A new one.
    pub fn of(table: Table) -> Value {
        Value::Object(Self::shared(table))
    }

    /// A new one, not yet as a value.
    pub fn shared(table: Table) -> Rc<Self> {
        Rc::new(Self { table: RefCell::new(table), name: RefCell::default(), local: Cell::new(false) })
    }

    /// Its value now.
    pub fn snapshot(&self) -> Table {
        self.table.borrow().clone()
    }

    /// Changes its value, in place; the statements that run now helped.
    pub fn put(&self, context: &Context, mut table: Table) {
        table.statements.extend(context.statements());
        *self.table.borrow_mut() = table;
    }

    /// Its value as a frame of its own, under its name, for something that is made from it.
    pub fn seal(&self, context: &Context) -> Table {
        let sealed = self.table.borrow().sealed();
        *self.table.borrow_mut() = sealed.clone();
        let name = self.name.borrow().clone();
        if name.is_empty() || matches!(sealed.base.op, Op::Scan { .. }) {
            return sealed;
        }
        let statements = context.statements();
        let mut session = context.session().borrow_mut();
        if session.name_of(&sealed.base).is_none() {
            session.named.push(NamedFrame {
                frame: sealed.base.clone(),
                name,
                statements: sealed.statements.clone(),
                span: sealed.span,
                loose: sealed.rest,
            });
        }
        // What made it is credited to it; what is made of it starts anew.
        Table { statements, ..sealed }
    }

    /// A column, as a Series.
    pub fn series(&self, context: &Context, name: &str) -> Answer<Series> {
        let mut table = self.table.borrow_mut();
        let expr = table.column(context, name)?;
        Ok(Series { table: table.clone(), expr, name: name.to_owned() })
    }

    /// Sets a column.
    pub fn assign(&self, context: &mut Context, name: &str, value: &Value) -> Answer<()> {
        if let Some(reason) = value.object::<Self>().and_then(|other| reason_of(context, &other.table.borrow())) {
            return refuse(reason);
        }
        let table = self.snapshot();
        let assigned = assigned(&table, name, value)?;
        self.put(context, assigned);
        Ok(())
    }

    /// Where a part of the statement has no SQL and the statement is code of its own, the name is what that code gives:
    /// what else the statement does is done there.
    fn take_whole_statement(&self, context: &Context, name: &str) {
        let Some(statement) = context.evaluator.statement() else { return };
        let place = context.evaluator.statement_span(statement);
        let session = context.session().borrow();
        let made = session.sources.iter().rev().find(|source| {
            let whole =
                matches!(&source.kind, SourceKind::Opaque { python: Some(cut), .. } if cut.slice.result == name);
            whole && Some(source.span) == place
        });
        let Some(relation) = made.map(|source| source.relation.clone()) else { return };
        drop(session);
        *self.table.borrow_mut() = scan(context, relation);
    }

    /// What a method gives that has no SQL.
    fn without_sql(&self, context: &mut Context, name: &str, arguments: &Arguments, refusal: &Refusal) -> Value {
        if inplace::is_asked(arguments) || rest::CHANGES.contains(&name) {
            self.become_opaque(context, refusal);
            return Value::None;
        }
        let input = self.seal(context);
        let made = DataFrame::of(opaque(context, refusal, &[&input]));
        if super::writing::is_write(name) || rest::CALLS.contains(&name) {
            super::opaque::keep(context);
        }
        made
    }

    /// What an operator gives that has no SQL.
    fn refused(&self, context: &mut Context, refusal: &Refusal) -> Value {
        let input = self.seal(context);
        DataFrame::of(opaque(context, refusal, &[&input]))
    }
}

/// Why the rows have no SQL, where they are what a step without SQL gives.
fn reason_of(context: &Context, table: &Table) -> Option<String> {
    let Op::Scan { relation, .. } = &table.base.op else { return None };
    let session = context.session().borrow();
    let source = session.sources.iter().find(|source| source.relation == *relation)?;
    match &source.kind {
        SourceKind::Opaque { reason, .. } => Some(reason.clone()),
        SourceKind::Query(_) => None,
    }
}

/// The table with a column set. What other columns need of the old value is computed before.
pub fn assigned(table: &Table, name: &str, value: &Value) -> Answer<Table> {
    let mut table = table.clone();
    if let Some(series) = value.object::<Series>().and_then(|series| super::lookup::of_some_rows(series, &table)) {
        return assigned(&table, name, &series);
    }
    if let Some(wider) = value.object::<Series>().and_then(|series| super::lookup::widened(series, &table)) {
        table = wider;
    }
    let mut expr = operand(value, &table)?;
    if crate::frame::is_heavy(&expr) {
        // Long expressions are computed once, in a stage of their own.
        let nested =
            table.columns.iter().any(|named| crate::frame::is_heavy(&named.expr) && contains(&expr, &named.expr));
        if nested {
            table = table.sealed();
            expr = operand(value, &table)?;
        }
    }
    if table.rest && staging::has_nested_windows(&expr) {
        (table, expr) = staging::staged(&table, &expr);
    }
    if let Some(series) = value.object::<Series>() {
        table.statements.extend(series.table.statements.iter().copied());
    }
    let expr = mask::definite(&table, &expr);
    table.set(name, expr);
    Ok(table)
}

fn contains(expr: &Expr, part: &Expr) -> bool {
    let mut found = false;
    crate::frame::walk(expr, &mut |inner| found |= inner == part);
    found
}

/// All rows of a relation: with the columns of its definition, or those that the script is known to use of it.
pub fn scan(context: &Context, relation: Relation) -> Table {
    let declared = context.evaluator.options().tables.get(&relation).filter(|columns| !columns.is_empty());
    let open = declared.is_none();
    let columns: Vec<Column> = if let Some(columns) = declared {
        columns.iter().map(declared_column).collect()
    } else {
        let names = context.session().borrow().columns_of(&relation);
        names.iter().map(Column::unknown).collect()
    };
    let mut table = Table::over(context, Frame::new(Op::Scan { relation, columns, open }), context.span);
    table.numbered = true;
    context.session().borrow_mut().reads.extend(context.evaluator.statement());
    table
}

fn declared_column(column: &ColumnDef) -> Column {
    Column { name: column.name.clone(), ty: type_of(&column.sql_type), nullable: !column.not_null }
}

/// A value that is not known, for that reason.
pub fn unknown(context: &mut Context, what: &str, refusal: &Refusal) -> Value {
    context.evaluator.unknown(what, refusal.0.clone(), context.span)
}

impl Object for DataFrame {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn describe(&self) -> String {
        "a DataFrame".to_owned()
    }

    fn holds_rows(&self) -> bool {
        true
    }

    fn changed_in_loop(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, columns: &[String], span: Span) -> bool {
        self.become_opaque_by_loop(&mut Context::new(evaluator, span), name, columns)
    }

    fn attribute(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, span: Span) -> Option<Value> {
        let context = Context::new(evaluator, span);
        match name {
            "loc" | "at" => return Some(Indexer::by_label(&self)),
            "iloc" | "iat" => return Some(Indexer::by_position(&self)),
            "columns" => return Some(super::columns::names(&context, &self)),
            "shape" => return Some(shape(&self, &context, span)),
            "values" => return Some(Value::Object(self)),
            "index" => return Some(super::index::RowIndex::of(self.seal(&context))),
            "size" | "dtypes" | "empty" | "T" | "plot" | "attrs" => {
                return Some(evaluator.unknown(name, "it is only known when the script runs", span));
            }
            _ => {}
        }
        if rows::find(rows::FRAME, name).is_some() && !self.table.borrow().has(name) {
            return None;
        }
        self.series(&context, name).ok().map(|series| selecting::taken(&context, &self, series))
    }

    fn method(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
        if self.table.borrow().has(name) {
            return None;
        }
        let mut context = Context::new(evaluator, arguments.span);
        let handled = rows::find(rows::FRAME, name).map(|row| row.handled);
        let answer = match handled.or_else(|| rest::find(rest::FRAME, name)) {
            Some(Handled::Sql(run)) => {
                super::defaults::checked(name, arguments).and_then(|()| run(&self, &mut context, arguments))
            }
            Some(Handled::Dropped(reason)) => {
                context.evaluator.note(reason);
                return Some(Value::None);
            }
            // What these give is no frame, but something that the script works on row by row.
            Some(Handled::Refused(reason)) if rest::GIVES_VALUES.contains(&name) => {
                return Some(context.evaluator.unknown(name, reason, arguments.span));
            }
            Some(Handled::Refused(reason)) => refuse(reason),
            None => refuse(format!("`{name}` is no method of a DataFrame that is known")),
        };
        Some(answer.unwrap_or_else(|refusal| self.without_sql(&mut context, name, arguments, &refusal)))
    }

    fn subscript(self: Rc<Self>, evaluator: &mut Evaluator, key: &Value, span: Span) -> Option<Value> {
        let mut context = Context::new(evaluator, span);
        let answer = selecting::selected(&mut context, &self, key);
        Some(answer.unwrap_or_else(|refusal| {
            let input = self.seal(&context);
            DataFrame::of(opaque(&mut context, &refusal, &[&input]))
        }))
    }

    fn builtin(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
        let context = Context::new(evaluator, arguments.span);
        match name {
            "len" => Some(number_of_rows(&self, &context)),
            "list" => Some(super::columns::names(&context, &self)),
            _ => None,
        }
    }

    fn iterate(self: Rc<Self>, evaluator: &mut Evaluator, span: Span) -> Option<Vec<Value>> {
        let context = Context::new(evaluator, span);
        match super::columns::names(&context, &self) {
            Value::Object(names) => names.iterate(evaluator, span),
            _ => None,
        }
    }

    fn set_item(self: Rc<Self>, evaluator: &mut Evaluator, key: &Value, value: &Value, span: Span) -> bool {
        let mut context = Context::new(evaluator, span);
        let names = key.texts();
        let answer = match &names {
            Some(names) => set_columns(&mut context, &self, names, value),
            None => refuse("columns are set by something other than their names"),
        };
        if let Err(refusal) = answer {
            self.become_opaque_with(&mut context, &refusal, &names.unwrap_or_default());
        }
        true
    }

    fn delete_item(self: Rc<Self>, evaluator: &mut Evaluator, key: &Value, span: Span) -> bool {
        let context = Context::new(evaluator, span);
        let Some(name) = key.as_text() else { return false };
        let table = super::columns::without(&self.snapshot(), &[name.to_owned()]);
        self.put(&context, table);
        true
    }

    fn set_attribute(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, value: &Value, span: Span) -> bool {
        let mut context = Context::new(evaluator, span);
        let answer = match name {
            "columns" => super::columns::renamed_all(&mut context, &self.snapshot(), value)
                .map(|table| self.put(&context, table)),
            _ => self.assign(&mut context, name, value),
        };
        if let Err(refusal) = answer {
            let set = if name == "columns" { Vec::new() } else { vec![name.to_owned()] };
            self.become_opaque_with(&mut context, &refusal, &set);
        }
        true
    }

    fn binary(
        self: Rc<Self>,
        evaluator: &mut Evaluator,
        operation: Operation,
        other: &Value,
        reflected: bool,
        span: Span,
    ) -> Option<Value> {
        let mut context = Context::new(evaluator, span);
        let answer = super::across::binary(&self, &mut context, operation, other, reflected);
        Some(answer.unwrap_or_else(|refusal| self.refused(&mut context, &refusal)))
    }

    fn unary(self: Rc<Self>, evaluator: &mut Evaluator, operation: Operation, span: Span) -> Option<Value> {
        let mut context = Context::new(evaluator, span);
        let answer = super::across::unary(&self, &mut context, operation);
        Some(answer.unwrap_or_else(|refusal| self.refused(&mut context, &refusal)))
    }

    fn bound(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, span: Span) {
        let context = Context::new(evaluator, span);
        self.take_whole_statement(&context, name);
        let inside = context.evaluator.statements().len() > 1;
        let previous = self.name.borrow().clone();
        let fresh = previous.is_empty();
        if fresh || self.local.get() {
            name.clone_into(&mut self.name.borrow_mut());
            self.local.set(inside);
        }
        let mut table = self.table.borrow_mut();
        table.statements.extend(context.statements());
        let mut session = context.session().borrow_mut();
        // Only its own earlier name: the rows may be those of another frame, of which columns were chosen.
        let own = |named: &&mut NamedFrame| Arc::ptr_eq(&named.frame, &table.base) && named.name == previous;
        for named in session.named.iter_mut().filter(own) {
            named.name.clone_from(&self.name.borrow());
        }
        let scanned = match &table.base.op {
            Op::Scan { relation, .. } => Some(relation.clone()),
            _ => None,
        };
        for source in session.sources.iter_mut().filter(|source| Some(&source.relation) == scanned.as_ref()) {
            if source.name.is_empty() {
                source.name.clone_from(&self.name.borrow());
            }
        }
    }
}

fn set_columns(context: &mut Context, frame: &DataFrame, names: &[String], value: &Value) -> Answer<()> {
    let whole = value.object::<DataFrame>().is_some_and(|other| other.table.borrow().columns.len() == 1);
    if let ([name], false) = (names, whole) {
        return frame.assign(context, name, value);
    }
    if let Some(texts) = value.object::<super::strings::Accessor>() {
        for (at, name) in names.iter().enumerate() {
            let part = texts.part_of_split(i64::try_from(at).unwrap_or(i64::MAX))?;
            frame.assign(context, name, &part)?;
        }
        return Ok(());
    }
    if let Some(extracted) = value.object::<super::extract::Extracted>() {
        for (at, name) in names.iter().enumerate() {
            let Some(part) = extracted.parts.get(at) else { return refuse("the numbers of columns differ") };
            frame.assign(context, name, &Value::Object(part.clone()))?;
        }
        return Ok(());
    }
    let other = value.object::<DataFrame>().map(DataFrame::snapshot);
    for (at, name) in names.iter().enumerate() {
        let value = match &other {
            Some(table) => {
                let Some(named) = table.columns.get(at) else { return refuse("the numbers of columns differ") };
                Series { table: table.clone(), expr: named.expr.clone(), name: name.clone() }.value()
            }
            None => value.clone(),
        };
        frame.assign(context, name, &value)?;
    }
    Ok(())
}

/// `frame.shape`: how many rows, how many columns.
fn shape(frame: &Rc<DataFrame>, context: &Context, span: Span) -> Value {
    let table = frame.snapshot();
    let width = if table.rest {
        context.evaluator.unknown("shape", "the columns of the source are not known", span)
    } else {
        Value::Int(i64::try_from(table.columns.len()).unwrap_or(i64::MAX))
    };
    Value::tuple(vec![number_of_rows(frame, context), width])
}

/// `len(frame)`.
fn number_of_rows(frame: &DataFrame, context: &Context) -> Value {
    let mut table = frame.seal(context);
    table.statements.extend(context.statements());
    super::scalar::Scalar::total(super::aggregate::count_rows(None), table)
}

/// Only those columns of a table.
pub fn chosen_columns(context: &Context, table: &Table, names: &[String]) -> Answer<Table> {
    let mut table = table.clone();
    let mut chosen = Vec::new();
    for name in names {
        chosen.push(Named::new(name, table.column(context, name)?));
    }
    Ok(Table { columns: chosen, rest: false, ..table })
}

/// The rows of which the mask is true.
pub fn filtered(context: &Context, frame: &DataFrame, mask: &Series) -> Answer<Table> {
    let before = frame.snapshot();
    let sealed = frame.seal(context);
    let sealed = super::lookup::widened(mask, &sealed).unwrap_or(sealed);
    // A mask that was made before its columns were changed only fits the rows of before.
    let (table, predicate) = match mask.over(&sealed) {
        Ok(predicate) => (sealed, predicate),
        Err(refusal) => match mask.over(&before) {
            Ok(predicate) => (before, predicate),
            Err(_) => return Err(refusal),
        },
    };
    let mut filtered = table_filter(context, &table, predicate);
    filtered.statements.extend(mask.table.statements.iter().copied());
    Ok(filtered)
}

/// The rows of which the predicate is true; a predicate over several rows is computed before.
pub fn table_filter(context: &Context, table: &Table, predicate: Expr) -> Table {
    if !super::table::sees_other_rows(&predicate) {
        return table.filter(context, predicate);
    }
    let mut staged = table.clone();
    let kept = staged.columns.clone();
    let name = table.free_name("is_selected");
    staged.set(&name, predicate);
    let mut staged = staged.sealed();
    staged.columns = kept.iter().map(|named| Named::column(&named.name)).collect();
    staged.filter(context, Expr::column(&name))
}

/// Only those columns, in that order.
pub fn columns(context: &Context, frame: &DataFrame, names: &[String]) -> Answer<Table> {
    let mut table = frame.seal(context);
    let mut chosen = Vec::new();
    for name in names {
        chosen.push(Named::new(name, table.column(context, name)?));
    }
    Ok(Table { columns: chosen, rest: false, span: context.span, ..table })
}
