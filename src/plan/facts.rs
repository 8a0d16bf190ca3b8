//! What a model's own text makes sure of its columns: that none is NULL, that no other value comes out.
//!
//! In: the shape of a model's query. Out: facts by column, each with its reason. Only what holds for every row by
//! construction: nothing of what a source may hold.

use std::collections::BTreeMap;

use super::shapes::{Known, plain_joins};
use crate::sql::shape::{Column, Expr, Join, ROW_NUMBER, Select, TableKind};

/// What is sure of a column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Fact {
    /// Its name, in lower case.
    pub name: String,
    /// Why it is never NULL.
    pub not_null: Option<String>,
    /// Why no two rows have the same.
    pub unique: Option<String>,
    /// The values that it can have besides NULL, and why.
    pub values: Option<(Vec<String>, String)>,
}

/// Rows with the facts of their columns, in order.
#[derive(Debug, Clone, Default)]
struct Rows {
    facts: Vec<Fact>,
    /// Whether there are columns whose names are not known.
    open: bool,
}

/// The facts of a query's columns.
pub(super) fn facts(known: &Known) -> Vec<Fact> {
    let mut ctes: BTreeMap<&str, Rows> = BTreeMap::new();
    for (name, branches) in &known.shape.ctes {
        let rows = rows(branches, &ctes);
        ctes.insert(name, rows);
    }
    let mut facts = rows(&known.shape.branches, &ctes).facts;
    // The numbers of one SELECT: those of two begin anew.
    if let [select] = known.shape.branches.as_slice() {
        let numbered = |column: &Column| match column {
            Column::Named(name, Expr::Call(call, _)) if call == ROW_NUMBER => Some(name.clone()),
            Column::Named(..) | Column::Star(_) => None,
        };
        let reason = || Some("row_number() gives each row its own".to_owned());
        for name in select.columns.iter().filter_map(numbered) {
            if let Some(fact) = facts.iter_mut().find(|fact| fact.name == name) {
                (fact.not_null, fact.unique) = (reason(), reason());
            }
        }
    }
    facts
}

fn rows(branches: &[Select], ctes: &BTreeMap<&str, Rows>) -> Rows {
    let mut all = branches.iter().map(|select| Within::new(select, ctes).rows());
    let Some(mut first) = all.next() else { return Rows::default() };
    for other in all {
        if first.open || other.open || first.facts.len() != other.facts.len() {
            return Rows { facts: Vec::new(), open: true };
        }
        for (fact, other) in first.facts.iter_mut().zip(other.facts) {
            fact.not_null = fact.not_null.take().filter(|_| other.not_null.is_some());
            fact.values = match (fact.values.take(), other.values) {
                (Some((values, reason)), Some((more, _))) => Some((union(values, more), reason)),
                _ => None,
            };
        }
    }
    first
}

fn union(mut values: Vec<String>, more: Vec<String>) -> Vec<String> {
    for value in more {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

/// A column of one of the tables.
type Place = (usize, String);

/// One SELECT, with what its conditions say of the columns of its tables.
struct Within<'a> {
    select: &'a Select,
    ctes: &'a BTreeMap<&'a str, Rows>,
    not_null: BTreeMap<Place, String>,
    values: BTreeMap<Place, Vec<String>>,
}

impl<'a> Within<'a> {
    fn new(select: &'a Select, ctes: &'a BTreeMap<&'a str, Rows>) -> Self {
        let mut within = Self { select, ctes, not_null: BTreeMap::new(), values: BTreeMap::new() };
        if !plain_joins(select) {
            return within;
        }
        for term in select.filter.iter().flat_map(Expr::terms) {
            within.condition(term, false);
        }
        let inner = select.tables.iter().filter(|table| table.join == Join::Inner);
        for term in inner.filter_map(|table| table.on.as_ref()).flat_map(Expr::terms) {
            within.condition(term, true);
        }
        within
    }

    /// What a condition that is true for every row says.
    fn condition(&mut self, term: &Expr, joins: bool) {
        let Expr::Operator(op, operands) = term else { return };
        match (op.as_str(), operands.as_slice()) {
            ("is not null", [value]) => {
                self.never_null(value, "the query keeps only rows in which it is not NULL");
            }
            ("=", [left, right]) if joins && self.place(left).is_some() && self.place(right).is_some() => {
                self.never_null(left, "an inner join is made on it");
                self.never_null(right, "an inner join is made on it");
            }
            ("in", [value, list @ ..]) => {
                let texts: Option<Vec<String>> = list.iter().map(|value| text(value).map(ToOwned::to_owned)).collect();
                if let (Some(place), Some(texts)) = (self.place(value), texts) {
                    self.values.entry(place).or_insert(texts);
                }
            }
            _ => {}
        }
    }

    fn never_null(&mut self, value: &Expr, reason: &str) {
        if let Some(place) = self.place(value) {
            self.not_null.entry(place).or_insert_with(|| reason.to_owned());
        }
    }

    /// The table and the column that an expression is.
    fn place(&self, value: &Expr) -> Option<Place> {
        let Expr::Column(qualifier, name) = value else { return None };
        Some((Known::table(self.select, qualifier)?, name.clone()))
    }

    /// What is known of a column of one of the tables.
    fn known(&self, (at, name): &Place) -> Fact {
        let mut fact = Fact { name: name.clone(), ..Fact::default() };
        let Some(table) = self.select.tables.get(*at) else { return fact };
        if let TableKind::Cte(cte) = &table.what
            && let Some(rows) = self.ctes.get(cte.as_str())
            && let Some(own) = rows.facts.iter().find(|own| own.name == *name)
        {
            fact = own.clone();
        }
        if table.join == Join::Left {
            fact.not_null = None;
        }
        if !plain_joins(self.select) {
            return Fact { name: name.clone(), ..Fact::default() };
        }
        let place = (*at, name.clone());
        if let Some(reason) = self.not_null.get(&place) {
            fact.not_null = Some(reason.clone());
        }
        if let Some(values) = self.values.get(&place) {
            fact.values = Some((values.clone(), "the query keeps only these values".to_owned()));
        }
        fact
    }

    fn rows(&self) -> Rows {
        let mut rows = Rows::default();
        for column in &self.select.columns {
            match column {
                Column::Star(of) => self.star(of, &mut rows),
                Column::Named(name, value) => {
                    // Rows of subtotals have NULL in what they are totals over.
                    let not_null = self.value_not_null(value).filter(|_| !self.has_subtotals());
                    let values = self.value_values(value);
                    rows.facts.push(Fact { name: name.clone(), not_null, unique: None, values });
                }
            }
        }
        rows
    }

    fn has_subtotals(&self) -> bool {
        let plain = |key: &Expr| matches!(key, Expr::Column(..) | Expr::Number(_));
        self.select.group.iter().flatten().any(|key| {
            !plain(key)
                && !self.select.columns.iter().any(|own| match own {
                    Column::Named(_, value) => value == key,
                    Column::Star(_) => false,
                })
        })
    }

    fn star(&self, of: &str, rows: &mut Rows) {
        for (at, table) in self.select.tables.iter().enumerate() {
            if !of.is_empty() && table.alias != of {
                continue;
            }
            let inner = match &table.what {
                TableKind::Cte(name) => self.ctes.get(name.as_str()),
                TableKind::Relation(_) | TableKind::Other => None,
            };
            let Some(inner) = inner else {
                rows.open = true;
                // The columns that a condition names come out too, whatever else does.
                let named = self.not_null.keys().chain(self.values.keys()).filter(|(of, _)| *of == at);
                let mut names: Vec<&String> = named.map(|(_, name)| name).collect();
                names.dedup();
                rows.facts.extend(names.into_iter().map(|name| self.known(&(at, name.clone()))));
                continue;
            };
            rows.open |= inner.open;
            rows.facts.extend(inner.facts.iter().map(|fact| self.known(&(at, fact.name.clone()))));
        }
    }

    /// Why an expression is never NULL.
    fn value_not_null(&self, value: &Expr) -> Option<String> {
        match value {
            Expr::Column(..) => self.known(&self.place(value)?).not_null,
            Expr::Call(name, args) if matches!(name.as_str(), "coalesce" | "ifnull" | "nvl") => {
                let sure = args.iter().any(|arg| is_literal(arg) || self.value_not_null(arg).is_some());
                sure.then(|| "NULL is replaced in it".to_owned())
            }
            Expr::Cast(inner, _) if matches!(inner.as_ref(), Expr::Column(..)) => self.value_not_null(inner),
            Expr::Text(_)
            | Expr::Number(_)
            | Expr::Bool(_)
            | Expr::Null
            | Expr::Variable(_)
            | Expr::Call(..)
            | Expr::Operator(..)
            | Expr::Case(..)
            | Expr::Cast(..)
            | Expr::Other(_) => None,
        }
    }

    /// The values that an expression can have besides NULL.
    fn value_values(&self, value: &Expr) -> Option<(Vec<String>, String)> {
        match value {
            Expr::Column(..) => self.known(&self.place(value)?).values,
            Expr::Case(arms, otherwise) => {
                let results = arms.iter().map(|(_, then)| then).chain(otherwise.iter().map(AsRef::as_ref));
                let mut values = Vec::new();
                for result in results.filter(|result| **result != Expr::Null) {
                    let more = match text(result) {
                        Some(text) => vec![text.to_owned()],
                        None => self.value_values(result)?.0,
                    };
                    values = union(values, more);
                }
                Some((values, "the query writes only these values".to_owned()))
            }
            Expr::Call(name, args) if matches!(name.as_str(), "coalesce" | "ifnull" | "nvl") => {
                let mut values = Vec::new();
                for arg in args.iter().filter(|arg| **arg != Expr::Null) {
                    let more = match text(arg) {
                        Some(text) => vec![text.to_owned()],
                        None => self.value_values(arg)?.0,
                    };
                    values = union(values, more);
                }
                Some((values, "the query writes only these values".to_owned()))
            }
            Expr::Text(_)
            | Expr::Number(_)
            | Expr::Bool(_)
            | Expr::Null
            | Expr::Variable(_)
            | Expr::Call(..)
            | Expr::Operator(..)
            | Expr::Cast(..)
            | Expr::Other(_) => None,
        }
    }
}

fn text(value: &Expr) -> Option<&str> {
    if let Expr::Text(text) = value { Some(text) } else { None }
}

fn is_literal(value: &Expr) -> bool {
    matches!(value, Expr::Text(_) | Expr::Number(_) | Expr::Bool(_))
}
