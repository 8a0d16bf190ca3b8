//! What the columns of a query are made of.
//!
//! In: the shapes of a model's queries, and what is known of the columns that they read. Out: for a column, where it
//! comes from and how it is made, through named queries and the branches of a union.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::phrase::{Name, Shown, phrase};
use super::{Descriptions, Of, Passing, Relations, relation_name};
use crate::plan::shapes::Known;
use crate::plan::{Dependency, ModelColumn};
use crate::sql::shape::{Column, Expr, Select, TableKind};

/// How many columns a description names.
const NAMED: usize = 4;
/// How many ways to make a column a description tells.
const WAYS: usize = 3;
/// No longer description is read.
const LONGEST: usize = 220;

/// A model's query, and how relations are shown.
pub(super) struct Reads<'a> {
    known: &'a Known,
    relations: &'a Relations,
    descriptions: &'a Descriptions,
    passing: &'a Passing,
    /// The model's name.
    own: &'a str,
    /// What columns of named queries were found to be; none also while one is looked at, as one that reads itself does.
    named: RefCell<BTreeMap<(String, String), Option<Made>>>,
}

impl<'a> Reads<'a> {
    /// A query of the model `own`.
    pub fn new(
        known: &'a Known,
        (relations, descriptions, passing): (&'a Relations, &'a Descriptions, &'a Passing),
        own: &'a str,
    ) -> Self {
        Self { known, relations, descriptions, passing, own, named: RefCell::default() }
    }

    /// Where a column of a relation comes from, behind models that pass every column on.
    fn behind(&self, mut of: Dependency, column: &str) -> Dependency {
        while let Dependency::Model(name) = &of {
            let told = self.descriptions.contains_key(&(of.clone(), column.to_owned()));
            match self.passing.get(name).filter(|next| !told && **next != of) {
                Some(next) => of = next.clone(),
                None => break,
            }
        }
        of
    }
}

/// What a column is made of.
#[derive(Debug, Clone)]
pub(super) struct Made {
    /// The one column that it is, unchanged.
    copied: Option<Of>,
    /// The type that the copy is cast to.
    cast: Option<String>,
    /// The columns that it is made from.
    from: Vec<Of>,
    /// How, where few words say it: one for each way.
    ways: Option<Vec<String>>,
}

impl Made {
    /// What is put together from two branches.
    fn or(self, other: Self) -> Self {
        let both = |mut left: Vec<String>, right: Vec<String>| {
            left.extend(right);
            left
        };
        let ways = self.ways.zip(other.ways).map(|(left, right)| once(both(left, right)));
        Self {
            copied: self.copied.filter(|of| other.copied.as_ref() == Some(of)),
            cast: self.cast.filter(|cast| other.cast.as_ref() == Some(cast)),
            from: once([self.from, other.from].concat()),
            ways,
        }
    }

    /// It in words; none where the query names no column and has no short form.
    pub fn text(&self, column: &ModelColumn, own: &str, relations: &Relations) -> Option<String> {
        let cast = self.cast.as_ref().filter(|_| column.sql_type.is_empty());
        let cast = cast.map(|cast| format!(", cast to `{cast}`")).unwrap_or_default();
        if let Some(text) = self.ways.as_deref().and_then(together).filter(|text| text.len() <= LONGEST) {
            return Some(format!("{text}{cast}"));
        }
        let more = self.from.len().saturating_sub(NAMED);
        let named: Vec<String> = self.from.iter().take(NAMED).map(|of| name(of, own, relations).words()).collect();
        match named.as_slice() {
            [] => None,
            named if more > 0 => Some(format!("Computed from {} and {more} more", named.join(", "))),
            [named @ .., last] if !named.is_empty() => Some(format!("Computed from {} and {last}", named.join(", "))),
            named => Some(format!("Computed from {}", named.join(", "))),
        }
    }
}

/// The ways to make a column, in one sentence.
fn together(ways: &[String]) -> Option<String> {
    let all = |start: &str| ways.iter().map(|way| way.strip_prefix(start)).collect::<Option<Vec<_>>>();
    let listed = |parts: &[&str]| match parts {
        [most @ .., last] if !most.is_empty() => format!("{} or {last}", most.join(", ")),
        parts => parts.join(""),
    };
    match ways {
        [only] => Some(only.clone()),
        ways if ways.len() > WAYS => None,
        _ => {
            if let Some(columns) = all("From ") {
                return Some(format!("From {}", listed(&columns)));
            }
            if let Some(values) = all("Always ") {
                return Some(format!("{}, by where the row comes from", listed(&values)));
            }
            let [first, others @ ..] = ways else { return None };
            let others: Vec<String> = others.iter().map(|way| uncapitalized(way)).collect();
            Some(format!("{first}; in other rows {}", others.join("; or ")))
        }
    }
}

fn uncapitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

fn name((of, column): &Of, own: &str, relations: &Relations) -> Name {
    if *of == Dependency::Model(own.to_owned()) {
        return Name { relation: None, column: column.clone() };
    }
    let written = relations.get(of).and_then(|(_, columns)| columns.get(column)).unwrap_or(column);
    Name { relation: Some(relation_name(of, relations)), column: written.clone() }
}

/// What a model's queries, one for each kind of run, make a column of; none where one of them is not understood.
pub(super) fn made_in(runs: &[Reads], name: &str) -> Option<Made> {
    let own = |reads: &Reads| either(reads, &reads.known.shape.branches, name);
    let made: Option<Vec<Made>> = runs.iter().map(own).collect();
    newest(made?, runs.first()?.own, name)
}

/// What the branches of a query make a column of. Rows that are written out say nothing of the others.
fn either(reads: &Reads, branches: &[Select], name: &str) -> Option<Made> {
    let mut alive: Vec<&Select> = branches.iter().filter(|select| !is_empty(select)).collect();
    if alive.iter().any(|select| !select.tables.is_empty()) {
        alive.retain(|select| !select.tables.is_empty());
    } else if alive.len() > 1 {
        return None;
    }
    let made: Option<Vec<Made>> = alive.iter().map(|select| within(reads, select, name)).collect();
    newest(made?, reads.own, name)
}

/// Of a column that keeps its value in some rows, what is told is where it comes from in the others.
fn newest(made: Vec<Made>, own: &str, name: &str) -> Option<Made> {
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

fn once<T: PartialEq>(all: Vec<T>) -> Vec<T> {
    let mut seen: Vec<T> = Vec::with_capacity(all.len());
    for one in all {
        if !seen.contains(&one) {
            seen.push(one);
        }
    }
    seen
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
    let (value, cast) =
        if let Expr::Cast(inner, sql_type) = value { (&**inner, Some(sql_type)) } else { (value, None) };
    if let Expr::Column(qualifier, name) = value {
        let made = column(reads, select, qualifier, name)?;
        let cast = cast.filter(|_| made.copied.is_some()).cloned().or(made.cast.clone());
        return Some(Made { cast, ..made });
    }
    let mut from = Vec::new();
    for part in value.all() {
        if let Expr::Column(qualifier, name) = part {
            let Some(made) = column(reads, select, qualifier, name) else { continue };
            from.extend(made.from);
        }
    }
    let one = |qualifier: &str, own: &str| {
        let made = column(reads, select, qualifier, own)?;
        Some(self::name(made.copied.as_ref()?, reads.own, reads.relations))
    };
    let variable = |place: usize| reads.known.vars.iter().find(|(own, _)| *own == place).map(|(_, name)| name.clone());
    let how = phrase(value, &Shown { column: &one, variable: &variable, per: &per(select) });
    Some(Made { copied: None, cast: None, from: once(from), ways: how.map(|how| vec![how]) })
}

/// `` per `customer_id` ``: the keys of the groups under the names that they come out with; empty for many or unknown ones.
fn per(select: &Select) -> String {
    let out = |own: &Column| if let Column::Named(name, _) = own { Some(name.clone()) } else { None };
    let name = |key: &Expr| {
        if let Expr::Number(place) = key {
            return out(select.columns.get(place.parse::<usize>().ok()?.checked_sub(1)?)?);
        }
        let same = |own: &&Column| matches!(own, Column::Named(_, value) if value == key);
        let column = || if let Expr::Column(_, name) = key { Some(name.clone()) } else { None };
        select.columns.iter().find(same).and_then(out).or_else(column)
    };
    let keys: Option<Vec<String>> = select.group.iter().flatten().map(name).collect();
    match keys.as_deref() {
        Some(keys) if (1..=WAYS).contains(&keys.len()) && keys.iter().all(|key| !key.is_empty()) => {
            format!(" per `{}`", keys.join("`, `"))
        }
        _ => String::new(),
    }
}

/// What a column of one of a SELECT's tables is.
fn column(reads: &Reads, select: &Select, qualifier: &str, name: &str) -> Option<Made> {
    let table = select.tables.get(Known::table(select, qualifier)?)?;
    match &table.what {
        TableKind::Relation(number) => {
            let own = || Dependency::Model(reads.own.to_owned());
            let read = reads.known.reads.get(*number)?.clone().unwrap_or_else(own);
            let of = (reads.behind(read, name), name.to_owned());
            let told = reads.descriptions.get(&of).cloned();
            let way = told.unwrap_or_else(|| format!("From {}", self::name(&of, reads.own, reads.relations).words()));
            Some(Made { copied: Some(of.clone()), cast: None, from: vec![of], ways: Some(vec![way]) })
        }
        TableKind::Cte(cte) => in_named(reads, cte, name),
        TableKind::Other => None,
    }
}

/// What a column of a named query is, looked up once: queries that each read the one before twice would double the work each time.
fn in_named(reads: &Reads, cte: &str, name: &str) -> Option<Made> {
    let place = (cte.to_owned(), name.to_owned());
    if let Some(found) = reads.named.borrow().get(&place) {
        return found.clone();
    }
    reads.named.borrow_mut().insert(place.clone(), None);
    let made = reads.known.cte(cte).and_then(|branches| either(reads, branches, name));
    reads.named.borrow_mut().insert(place, made.clone());
    made
}
