//! Which values the columns of an input may take in a unit test.
//!
//! In: the shape of a query, and what is declared of what it reads. Out: for each input the columns whose type is sure,
//! each with values on both sides of what the query compares it with.

use std::collections::{BTreeMap, BTreeSet};

use super::evaluate::{Row, Value};
use crate::dialect::Dialect;
use crate::plan::shapes::Known;
use crate::plan::{Cell, Dependency, Model, SourceTable};
use crate::sql::shape::{Column, Expr, Select};
use crate::sql::{Sense, sense};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Integer,
    Text,
    Bool,
}

/// The columns of an input with the values that they may take.
#[derive(Debug, Clone, Default)]
pub(super) struct Domain {
    columns: Vec<(String, Vec<Cell>)>,
}

impl Domain {
    /// The first value of every column.
    pub fn first(&self) -> Option<Row> {
        let row: Row = self
            .columns
            .iter()
            .filter_map(|(name, cells)| Some((name.clone(), Value::Known(cells.first()?.clone()))))
            .collect();
        (!row.is_empty()).then_some(row)
    }

    /// Every combination of values, up to a number of rows.
    pub fn all(&self, most: usize) -> Vec<Row> {
        let mut rows: Vec<Row> = vec![Row::new()];
        for (name, cells) in &self.columns {
            let mut next = Vec::new();
            for cell in cells {
                for row in rows.iter().take(most.div_ceil(cells.len().max(1))) {
                    let mut longer = row.clone();
                    longer.push((name.clone(), Value::Known(cell.clone())));
                    next.push(longer);
                }
            }
            rows = next;
        }
        rows.retain(|row| !row.is_empty());
        rows
    }

    /// The rows that differ from `base` in one column.
    pub fn around(&self, base: &Row) -> Vec<Row> {
        let mut rows = Vec::new();
        for (name, cells) in &self.columns {
            for cell in cells {
                let changed = |(own, value): &(String, Value)| {
                    let value = if own == name { Value::Known(cell.clone()) } else { value.clone() };
                    (own.clone(), value)
                };
                rows.push(base.iter().map(changed).collect());
            }
        }
        rows
    }
}

/// What the uses of a column say.
#[derive(Debug, Clone, Default)]
struct Uses {
    classes: BTreeSet<Class>,
    cells: BTreeSet<Cell>,
    /// Whether a use is not understood: its type could matter.
    odd: bool,
}

type AllUses = BTreeMap<(Dependency, String), Uses>;

/// The domains of the inputs.
pub(super) fn domains(
    known: &Known,
    vars: &BTreeMap<usize, Cell>,
    models: &[Model],
    sources: &[SourceTable],
    target: Dialect,
) -> BTreeMap<Dependency, Domain> {
    let mut uses = AllUses::new();
    for select in known.selects() {
        let mut finder = Finder { known, select, vars, uses: &mut uses };
        for expr in select.expressions() {
            finder.look(expr);
        }
        // What a group is made of must be known, though it is compared with nothing.
        for key in select.group.iter().flatten() {
            let place = if let Expr::Number(place) = key { place.parse::<usize>().ok() } else { None };
            let column = place.and_then(|place| select.columns.get(place.checked_sub(1)?));
            finder.uses_of(if let Some(Column::Named(_, own)) = column { own } else { key });
        }
    }
    let mut domains: BTreeMap<Dependency, Domain> = BTreeMap::new();
    for ((input, column), uses) in uses {
        let declared = declared(&input, &column, models, sources);
        let Some(cells) = cells(&uses, &declared, target).filter(|_| is_plain(&column)) else { continue };
        domains.entry(input).or_default().columns.push((column, cells));
    }
    domains
}

/// Letters, digits and underscores, so that it needs no quotes.
pub(super) fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && crate::sql::ident(name, Dialect::DuckDb) == name
}

/// What is declared of a column.
struct Declared {
    sql_type: String,
    not_null: bool,
}

fn declared(input: &Dependency, column: &str, models: &[Model], sources: &[SourceTable]) -> Declared {
    let unknown = || Declared { sql_type: String::new(), not_null: false };
    match input {
        Dependency::Model(name) => {
            let model = models.iter().find(|model| model.name == *name);
            let own = model.and_then(|model| model.columns.iter().find(|own| own.name.to_lowercase() == column));
            own.map_or_else(unknown, |own| Declared { sql_type: own.sql_type.clone(), not_null: false })
        }
        Dependency::Source(source, table) => {
            let own = sources.iter().find(|own| own.source == *source && own.table == *table);
            let own = own.and_then(|own| own.columns.iter().find(|own| own.name.to_lowercase() == column));
            own.map_or_else(unknown, |own| Declared { sql_type: own.sql_type.clone(), not_null: own.not_null })
        }
        Dependency::Seed(_) | Dependency::Snapshot(_) => unknown(),
    }
}

/// The class of a declared type; none where there is none that is sure.
pub(super) fn class_of_type(sql_type: &str, dialect: Dialect) -> Option<Class> {
    let fixed = sql_type.to_lowercase();
    if fixed.starts_with("char") || fixed.starts_with("nchar") || fixed.starts_with("bpchar") {
        return None;
    }
    match sense(sql_type, dialect) {
        Sense::Integer | Sense::Big | Sense::Decimal(_) | Sense::Number => Some(Class::Integer),
        Sense::Text => Some(Class::Text),
        Sense::Bool => Some(Class::Bool),
        Sense::Date | Sense::Timestamp | Sense::Unknown => None,
    }
}

/// Text that a column of another type than text could be compared with.
pub(super) fn is_ambiguous(text: &str) -> bool {
    text.is_empty()
        || text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'))
        || matches!(text.to_lowercase().as_str(), "t" | "f" | "true" | "false" | "now" | "today")
}

/// The values of a column; none where its type is not sure.
fn cells(uses: &Uses, declared: &Declared, target: Dialect) -> Option<Vec<Cell>> {
    let told = class_of_type(&declared.sql_type, target);
    let mut classes = uses.classes.iter().copied();
    let (first, None, false) = (classes.next(), classes.next(), uses.odd) else { return None };
    let class = first.or(told)?;
    if declared.sql_type.is_empty() {
        let unsure = |cell: &Cell| matches!(cell, Cell::Text(text) if is_ambiguous(text));
        if uses.cells.iter().any(unsure) {
            return None;
        }
    } else if told != Some(class) {
        return None;
    }
    let mut cells: Vec<Cell> = Vec::new();
    match class {
        Class::Integer => {
            for cell in &uses.cells {
                let Cell::Integer(number) = cell else { continue };
                cells.extend([*number, number + 1, number - 1].map(Cell::Integer));
            }
            cells.extend([1, 2].map(Cell::Integer));
        }
        Class::Text => {
            cells.extend(uses.cells.iter().filter(|cell| matches!(cell, Cell::Text(_))).cloned());
            cells.push(Cell::Text("another".to_owned()));
        }
        Class::Bool => cells.extend([true, false].map(Cell::Bool)),
    }
    if !declared.not_null {
        cells.push(Cell::Null);
    }
    let mut seen = BTreeSet::new();
    cells.retain(|cell| seen.insert(cell.clone()));
    Some(cells)
}

/// Looks for the uses of columns in the expressions of one SELECT.
struct Finder<'a> {
    known: &'a Known,
    select: &'a Select,
    vars: &'a BTreeMap<usize, Cell>,
    uses: &'a mut AllUses,
}

impl Finder<'_> {
    fn look(&mut self, expr: &Expr) {
        match expr {
            Expr::Operator(op, operands) => match op.as_str() {
                "=" | "<>" | "!=" | "<" | ">" | "<=" | ">=" | "in" | "not in" | "between" | "not between" => {
                    let text = matches!(op.as_str(), "=" | "<>" | "!=" | "in" | "not in");
                    self.alike(operands, text);
                }
                "+" | "-" | "*" => {
                    for operand in operands {
                        self.class(operand, Class::Integer);
                    }
                    self.alike(operands, false);
                }
                "and" | "or" | "not" | "is true" | "is false" | "is not true" | "is not false" => {
                    for operand in operands {
                        self.class(operand, Class::Bool);
                    }
                }
                "is null" | "is not null" => {
                    for operand in operands {
                        self.uses_of(operand);
                    }
                }
                _ => self.odd(operands),
            },
            Expr::Call(name, args) if matches!(name.as_str(), "coalesce" | "ifnull" | "nvl") => {
                self.alike(args, true);
            }
            Expr::Call(name, args) if name == "sum" => {
                for arg in args {
                    self.class(arg, Class::Integer);
                }
            }
            Expr::Call(name, args) if matches!(name.as_str(), "count" | "min" | "max") && args.len() == 1 => {
                for arg in args {
                    self.uses_of(arg);
                }
            }
            Expr::Call(_, args) | Expr::Other(args) => self.odd(args),
            Expr::Cast(value, _) => self.odd(std::slice::from_ref(value)),
            Expr::Case(arms, otherwise) => {
                let results: Vec<Expr> =
                    arms.iter().map(|(_, then)| then.clone()).chain(otherwise.as_deref().cloned()).collect();
                self.alike(&results, true);
                for (when, _) in arms {
                    self.class(when, Class::Bool);
                }
            }
            Expr::Column(..) | Expr::Text(_) | Expr::Number(_) | Expr::Bool(_) | Expr::Null | Expr::Variable(_) => {}
        }
        for part in expr.parts() {
            self.look(part);
        }
    }

    /// Expressions that are of one type: the literals among them tell it.
    fn alike(&mut self, all: &[Expr], text: bool) {
        let cells: Vec<Cell> = all.iter().filter_map(|expr| self.literal(expr)).collect();
        for expr in all {
            let Some(uses) = self.uses_of(expr) else { continue };
            for cell in &cells {
                match cell {
                    Cell::Integer(_) => {
                        uses.classes.insert(Class::Integer);
                    }
                    Cell::Text(_) if text => {
                        uses.classes.insert(Class::Text);
                    }
                    Cell::Text(_) => uses.odd = true,
                    Cell::Bool(_) => {
                        uses.classes.insert(Class::Bool);
                    }
                    Cell::Null => {}
                }
                uses.cells.insert(cell.clone());
            }
        }
    }

    fn literal(&self, expr: &Expr) -> Option<Cell> {
        match expr {
            Expr::Text(text) => Some(Cell::Text(text.clone())),
            Expr::Number(text) => Some(Cell::Integer(text.parse::<f64>().ok().and_then(whole)?)),
            Expr::Bool(truth) => Some(Cell::Bool(*truth)),
            Expr::Variable(place) => self.vars.get(place).cloned(),
            Expr::Column(..)
            | Expr::Null
            | Expr::Call(..)
            | Expr::Operator(..)
            | Expr::Case(..)
            | Expr::Cast(..)
            | Expr::Other(_) => None,
        }
    }

    fn class(&mut self, expr: &Expr, class: Class) {
        if let Some(uses) = self.uses_of(expr) {
            uses.classes.insert(class);
        }
    }

    fn odd(&mut self, all: &[impl std::borrow::Borrow<Expr>]) {
        for expr in all {
            if let Some(uses) = self.uses_of(expr.borrow()) {
                uses.odd = true;
            }
        }
    }

    fn uses_of(&mut self, expr: &Expr) -> Option<&mut Uses> {
        let (input, column) = self.known.origin(self.select, expr)?;
        Some(self.uses.entry((input.clone(), column)).or_default())
    }
}

/// A number as a whole one of a size that every type holds.
#[expect(clippy::cast_possible_truncation, reason = "the number is small")]
fn whole(number: f64) -> Option<i64> {
    (number.abs() < 10_000.0).then_some(number.round() as i64)
}
