//! What a column is, where no comment says it.
//!
//! In: models with the shapes of their queries, and sources. Out: a description for every column that is known: what
//! the author says of it, the comment of the column that it copies, or how it is made. Never a guess about meaning.

mod phrase;
mod remarks;

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::shapes::{self, Known, Run};
use super::{Dependency, Model, SourceTable};
use crate::dialect::Dialect;
use crate::sql::shape::{Column, Expr, Select, TableKind};
use crate::steps::ColumnDef;
use phrase::{Shown, phrase};
use remarks::remarks;

/// A column of a relation.
type Of = (Dependency, String);

/// Sources: their names, and those of their columns.
type Relations = BTreeMap<Dependency, (String, BTreeMap<String, String>)>;

/// How many columns a description names.
const NAMED: usize = 4;

/// Describes the columns of models, parents before children, and of sources.
pub(super) fn describe(models: &mut [Model], sources: &mut [SourceTable], target: Dialect) {
    let mut comments: BTreeMap<Of, String> = BTreeMap::new();
    for source in sources.iter_mut() {
        for column in &mut source.columns {
            let of = (Dependency::Source(source.source.clone(), source.table.clone()), column.name.to_lowercase());
            if column.comment.is_empty() {
                column.comment = declared(&source.relation, &column.name, &column.sql_type);
            } else {
                comments.insert(of, column.comment.clone());
            }
        }
    }
    let relations = relations(sources);
    for model in models.iter_mut() {
        let runs = runs(model, target);
        let remarks = remarks(&model.body);
        let unsaid: Vec<String> = model.columns.iter().map(|column| unsaid(model, &column.name)).collect();
        for (column, unsaid) in model.columns.iter_mut().zip(unsaid) {
            let name = column.name.to_lowercase();
            let of = (Dependency::Model(model.name.clone()), name.clone());
            if let Some(remark) = remarks.get(&name).filter(|_| column.description.is_empty()) {
                column.description.clone_from(remark);
            } else if column.description.is_empty() {
                let reads = |known| Reads::new(known, &relations, &model.name);
                let made = made_in(&runs.iter().map(reads).collect::<Vec<_>>(), &name);
                if let Some(comment) =
                    made.as_ref().and_then(|made| made.copied.as_ref()).and_then(|of| comments.get(of))
                {
                    column.description.clone_from(comment);
                    comments.insert(of, comment.clone());
                } else {
                    column.description = text(made.as_ref(), &model.name, &relations).unwrap_or(unsaid);
                }
            } else {
                comments.insert(of, column.description.clone());
            }
        }
    }
}

/// The model's query; where the first run has another than the others, both.
fn runs(model: &Model, target: Dialect) -> Vec<Known> {
    if let Some(known) = shapes::of(model, target, Run::First) {
        return vec![known];
    }
    let both = [Run::First, Run::Later].map(|run| shapes::alternative(model, target, run));
    both.into_iter().collect::<Option<Vec<_>>>().unwrap_or_default()
}

/// Of a column of which nothing shorter than the query tells how it is made: whose it is, and where to look.
pub(super) fn unsaid(model: &Model, column: &str) -> String {
    let relation = &model.relation;
    if model.manual.is_some() {
        return format!("{column} of {relation}, whose query is left to do");
    }
    if model.python {
        return format!("{column} of {relation}, computed in Python");
    }
    match model.origin.len() {
        0 | 1 => format!("{column} of {relation}, as its query computes it"),
        statements => format!("{column} of {relation}, as {statements} statements of the scripts leave it"),
    }
}

/// Sources as the scripts name them, with their columns by name in lower case.
fn relations(sources: &[SourceTable]) -> Relations {
    let column = |column: &ColumnDef| (column.name.to_lowercase(), column.name.clone());
    let one = |own: &SourceTable| {
        let of = Dependency::Source(own.source.clone(), own.table.clone());
        (of, (own.relation.clone(), own.columns.iter().map(column).collect()))
    };
    sources.iter().map(one).collect()
}

fn declared(relation: &str, column: &str, sql_type: &str) -> String {
    let sql_type = if sql_type.is_empty() { String::new() } else { format!(", declared as {sql_type}") };
    format!("{column} of {relation}{sql_type}")
}

/// A model's query, and how relations are shown.
struct Reads<'a> {
    known: &'a Known,
    relations: &'a Relations,
    /// The model's name.
    own: &'a str,
    /// What columns of named queries were found to be; none also while one is looked at, as one that reads itself does.
    named: RefCell<BTreeMap<(String, String), Option<Made>>>,
}

impl<'a> Reads<'a> {
    fn new(known: &'a Known, relations: &'a Relations, own: &'a str) -> Self {
        Self { known, relations, own, named: RefCell::default() }
    }
}

/// What a column is made of.
#[derive(Clone)]
struct Made {
    /// The one column that it is, unchanged.
    copied: Option<Of>,
    /// Whether it is one column or another, each unchanged.
    copies: bool,
    /// The columns that it is made from.
    from: Vec<Of>,
    /// How, where few words say it.
    how: Option<String>,
}

impl Made {
    /// What is put together from two branches.
    fn or(self, other: Self) -> Self {
        let how = self.how.filter(|how| other.how.as_ref() == Some(how));
        Self {
            copied: self.copied.filter(|of| other.copied.as_ref() == Some(of)),
            copies: self.copies && other.copies,
            from: joined(self.from, other.from),
            how,
        }
    }
}

fn shown((of, column): &Of, own: &str, relations: &Relations) -> String {
    match of {
        Dependency::Model(name) if name == own => format!("{column} of the run before"),
        Dependency::Model(name) | Dependency::Seed(name) | Dependency::Snapshot(name) => format!("{column} of {name}"),
        Dependency::Source(source, table) => match relations.get(of) {
            Some((relation, columns)) => format!("{} of {relation}", columns.get(column).unwrap_or(column)),
            None => format!("{column} of {source}.{table}"),
        },
    }
}

/// What is made of a column in words; none where the expression names no column and has no short form.
fn text(made: Option<&Made>, own: &str, relations: &Relations) -> Option<String> {
    let made = made?;
    if let Some(of) = &made.copied {
        return Some(shown(of, own, relations));
    }
    if let Some(how) = &made.how {
        return Some(how.clone());
    }
    let more = made.from.len().saturating_sub(NAMED);
    let named: Vec<String> = made.from.iter().take(NAMED).map(|of| shown(of, own, relations)).collect();
    match named.as_slice() {
        [] => None,
        named if more > 0 => Some(format!("Computed from {} and {more} more", named.join(", "))),
        named if made.copies => Some(named.join(", or ")),
        [named @ .., last] if !named.is_empty() => Some(format!("Computed from {} and {last}", named.join(", "))),
        named => Some(format!("Computed from {}", named.join(", "))),
    }
}

/// What a model's queries, one for each kind of run, make a column of; none where one of them is not understood.
fn made_in(runs: &[Reads], name: &str) -> Option<Made> {
    let own = |reads: &Reads| either(reads, &reads.known.shape.branches, name);
    let made: Option<Vec<Made>> = runs.iter().map(own).collect();
    together(made?, runs.first()?.own, name)
}

/// What the branches of a query make a column of.
fn either(reads: &Reads, branches: &[Select], name: &str) -> Option<Made> {
    let alive: Vec<&Select> = branches.iter().filter(|select| !is_empty(select)).collect();
    let made: Option<Vec<Made>> = alive.iter().map(|select| within(reads, select, name)).collect();
    together(made?, reads.own, name)
}

/// Of a column that keeps its value in some rows, what is told is where it comes from in the others.
fn together(made: Vec<Made>, own: &str, name: &str) -> Option<Made> {
    let before = (Dependency::Model(own.to_owned()), name.to_owned());
    let (kept, new): (Vec<Made>, Vec<Made>) = made.into_iter().partition(|one| one.copied.as_ref() == Some(&before));
    new.into_iter().reduce(Made::or).or_else(|| kept.into_iter().next())
}

/// Whether a branch gives columns and no row: `where 1 = 0`.
fn is_empty(select: &Select) -> bool {
    let Some(Expr::Operator(op, operands)) = &select.filter else { return false };
    let [Expr::Number(left), Expr::Number(right)] = operands.as_slice() else { return false };
    op == "=" && left != right
}

fn joined(mut left: Vec<Of>, right: Vec<Of>) -> Vec<Of> {
    for of in right {
        if !left.contains(&of) {
            left.push(of);
        }
    }
    left
}

fn within(reads: &Reads, select: &Select, name: &str) -> Option<Made> {
    let named = select.columns.iter().find_map(|column| match column {
        Column::Named(own, value) if own == name => Some(value),
        Column::Named(..) | Column::Star(_) => None,
    });
    let Some(value) = named else {
        let mut stars = select.columns.iter().filter_map(|column| match column {
            Column::Star(of) => Some(of),
            Column::Named(..) => None,
        });
        let star = stars.next()?;
        let only = select.tables.len() == 1 || !star.is_empty();
        return if only { column(reads, select, star, name) } else { None };
    };
    if let Expr::Column(qualifier, name) = value {
        return column(reads, select, qualifier, name);
    }
    let mut from = Vec::new();
    for part in value.all() {
        if let Expr::Column(qualifier, name) = part {
            let Some(made) = column(reads, select, qualifier, name) else { continue };
            from = joined(from, made.from);
        }
    }
    let one = |qualifier: &str, name: &str| {
        let made = column(reads, select, qualifier, name)?;
        Some(shown(made.copied.as_ref()?, reads.own, reads.relations))
    };
    let variable = |place: usize| reads.known.vars.iter().find(|(own, _)| *own == place).map(|(_, name)| name.clone());
    let how = phrase(value, &Shown { column: &one, variable: &variable });
    Some(Made { copied: None, copies: false, from, how })
}

/// What a column of one of a SELECT's tables is.
fn column(reads: &Reads, select: &Select, qualifier: &str, name: &str) -> Option<Made> {
    let table = select.tables.get(Known::table(select, qualifier)?)?;
    match &table.what {
        TableKind::Relation(number) => {
            let own = || Dependency::Model(reads.own.to_owned());
            let of = (reads.known.reads.get(*number)?.clone().unwrap_or_else(own), name.to_owned());
            Some(Made { copied: Some(of.clone()), copies: true, from: vec![of], how: None })
        }
        TableKind::Cte(cte) => named(reads, cte, name),
        TableKind::Other => None,
    }
}

/// What a column of a named query is, looked up once: queries that each read the one before twice would double the work each time.
fn named(reads: &Reads, cte: &str, name: &str) -> Option<Made> {
    let place = (cte.to_owned(), name.to_owned());
    if let Some(found) = reads.named.borrow().get(&place) {
        return found.clone();
    }
    reads.named.borrow_mut().insert(place.clone(), None);
    let made = reads.known.cte(cte).and_then(|branches| either(reads, branches, name));
    reads.named.borrow_mut().insert(place, made.clone());
    made
}
