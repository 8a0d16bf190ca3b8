//! A walk over a syntax tree that knows scopes: which names are relations, and where each column comes from.
//!
//! In: sqlparser's tree with byte spans. Out: mentions, variables and edits by place; output columns traced to base
//! relations; the columns that decide which rows there are. Never looks at a catalog: what the text does not say stays
//! open, as several candidates or a star.

mod dates;
mod expr;
mod from;
mod query;
mod scope;
mod select;

use std::ops::Range;

use sqlparser::ast::{Expr, ObjectName, Spanned};

use super::Surroundings;
use super::found::{Found, ident, idents, is_dual, name_range, relation};
use super::grammar::{Grammar, grammar};
use super::lex::range;
use crate::name::{Ident, Relation};
use crate::steps::{ColumnUse, How, Mention, Output, VariableUse};

pub use scope::{Out, Scope, Source, Table};

/// Columns that an expression uses.
pub type Uses = Vec<ColumnUse>;

/// The walk's state.
#[derive(Debug)]
pub struct Walk<'a> {
    /// What was found.
    pub found: Found,
    /// Columns that decide which rows there are.
    pub deciding: Uses,
    /// The unique columns of the query walked last.
    pub key: Vec<String>,
    text: &'a str,
    around: &'a Surroundings<'a>,
    holes: &'a [(Range<usize>, String)],
    grammar: &'static Grammar,
    ctes: Vec<Cte>,
    /// How many of the CTEs stand before the statement as a whole: `WITH … UPDATE`.
    statement_ctes: usize,
    /// Names of relations that are known only at run time.
    pub unknown_names: Vec<Range<usize>>,
    /// Whether one of them is given as a value, which no text of a model can hold.
    pub named_by_value: bool,
}

/// A CTE in scope.
#[derive(Debug, Clone)]
struct Cte {
    name: Ident,
    outputs: Vec<Out>,
}

impl<'a> Walk<'a> {
    /// A walk over the tree of `text`.
    pub fn new(text: &'a str, around: &'a Surroundings<'a>, holes: &'a [(Range<usize>, String)]) -> Self {
        Self {
            found: Found::default(),
            deciding: Vec::new(),
            key: Vec::new(),
            text,
            around,
            holes,
            grammar: grammar(around.dialect),
            ctes: Vec::new(),
            statement_ctes: 0,
            unknown_names: Vec::new(),
            named_by_value: false,
        }
    }

    /// Notes that `name` is named as a table, unless it is a CTE's. Gives the table as a FROM clause sees it.
    fn named_table(&mut self, name: &ObjectName, aliased: bool) -> Table {
        let parts = idents(name);
        if let [only] = parts.as_slice() {
            let key = ident(only, self.around.dialect);
            if let Some(at) = self.ctes.iter().rposition(|cte| cte.name == key) {
                let place = range(only.span).filter(|_| at < self.statement_ctes);
                self.found.cte_places.extend(place.map(|place| (place, aliased)));
                let outputs = self.ctes.get(at).map(|cte| cte.outputs.clone()).unwrap_or_default();
                return Table { name: vec![key], mention: None, source: Source::Derived(outputs) };
            }
        }
        let relation = self.relation(name);
        let names: Vec<Ident> = relation.parts().to_vec();
        if is_dual(&relation, self.around.dialect) {
            return Table { name: names, mention: None, source: Source::Derived(Vec::new()) };
        }
        let Some(range) = self.place(name) else {
            return Table { name: names, mention: None, source: Source::Derived(vec![Out::Open(Vec::new())]) };
        };
        self.found.mentions.push(Mention { range, relation: relation.clone(), alias: None });
        let mention = Some(self.found.mentions.len() - 1);
        Table { name: names, mention, source: Source::Base(relation) }
    }

    /// The relation that a name means.
    pub fn relation(&self, name: &ObjectName) -> Relation {
        relation(name, self.around.dialect)
    }

    /// Where a relation's name stands; none, with a note, when only run time knows it. A schema or database that is
    /// filled in later goes by the name of what fills it.
    fn place(&mut self, name: &ObjectName) -> Option<Range<usize>> {
        let whole = name_range(name);
        let last = idents(name).last().and_then(|last| range(last.span));
        let hole = last.and_then(|last| self.hole(&last));
        match (whole, hole) {
            (Some(range), None) => Some(range),
            (range, _) => {
                self.named_by_value |= range.is_none();
                self.unknown_names.push(range.unwrap_or(0..self.text.len()));
                None
            }
        }
    }

    /// Notes that only run time knows which relation this is.
    pub(super) fn unknown_name(&mut self, expr: &Expr) {
        self.named_by_value = true;
        self.unknown_names.push(range(expr.span()).unwrap_or(0..self.text.len()));
    }

    /// The same for a call that gives a relation's name: `identifier(x)`.
    pub(super) fn named_by_call(&mut self, name: &ObjectName) {
        let words = self.around.dialect.traits().names_as_values;
        if let [only] = idents(name).as_slice()
            && words.iter().any(|word| only.value.eq_ignore_ascii_case(word))
        {
            self.named_by_value = true;
            self.unknown_names.push(range(only.span).unwrap_or(0..self.text.len()));
        }
    }

    /// What a template puts at the place of a name.
    fn hole(&self, at: &Range<usize>) -> Option<&'a (Range<usize>, String)> {
        self.holes.iter().find(|(hole, _)| hole.start < at.end && at.start < hole.end)
    }

    /// Notes a use of a variable.
    fn variable(&mut self, range: Range<usize>, name: impl Into<String>) {
        let name = name.into();
        let known = self.found.variables.iter().any(|known| known.range == range);
        if !known {
            self.found.variables.push(VariableUse { range, name });
        }
    }

    /// Notes that columns decide which rows there are.
    pub fn decide(&mut self, uses: &[ColumnUse]) {
        for used in uses {
            let used = ColumnUse { how: How::Filtering, ..used.clone() };
            if !self.deciding.contains(&used) {
                self.deciding.push(used);
            }
        }
    }
}

/// Outputs as the steps hold them, and those of further branches: empty when they could not be told.
pub fn outputs(outs: &[Out]) -> (Vec<Output>, Vec<Vec<Output>>) {
    if let [Out::Branches(branches)] = outs {
        let mut lists = branches.iter().map(|branch| outputs(branch).0);
        return (lists.next().unwrap_or_default(), lists.collect());
    }
    let mut list = Vec::new();
    for out in outs {
        match out {
            Out::Column { name, from } => {
                list.push(Output::Column { name: name.text.clone(), from: from.clone() });
            }
            Out::Star { relation, except } => {
                list.push(Output::Star { relation: relation.clone(), except: except.clone() });
            }
            Out::Branches(branches) => {
                let (first, _) = outputs(branches.first().map_or(&[], Vec::as_slice));
                list.extend(first);
            }
            Out::Open(_) => return (Vec::new(), Vec::new()),
        }
    }
    (list, Vec::new())
}
