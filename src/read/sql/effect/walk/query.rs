//! Whole queries: CTEs, set operations, ORDER BY, pipes.
//!
//! In: a query and the scope around it. Out: its outputs; CTE names never become mentions, and a CTE that is named like
//! a table hides it only where the dialect says so.

#![expect(clippy::wildcard_enum_match_arm, reason = "sqlparser's tree is another crate's, and large")]

use sqlparser::ast::{
    Cte as ParsedCte, OrderBy, OrderByKind, Query, SetExpr, SetOperator, SetQuantifier, Statement, Values, With,
};

use super::super::found::ident;
use super::{Cte, Out, Scope, Source, Table, Uses, Walk};
use crate::name::{Ident, Relation};
use crate::steps::ColumnUse;

/// A part of a query with what ORDER BY behind it may name.
pub struct Walked {
    /// Its outputs.
    pub outs: Vec<Out>,
    /// What is unique in them.
    pub key: Vec<String>,
}

impl Walk<'_> {
    /// A query at the top of a statement. Its key is left in [`Walk::key`].
    pub fn query(&mut self, query: &Query) -> Vec<Out> {
        self.subquery(query, &Scope::default())
    }

    /// A query within `around`.
    pub fn subquery(&mut self, query: &Query, around: &Scope) -> Vec<Out> {
        let ctes = self.ctes.len();
        if let Some(with) = &query.with {
            self.with(with, around);
        }
        let walked = self.body(&query.body, around, query.order_by.as_ref());
        let _ = self.visit(&query.limit_clause, around);
        let _ = self.visit(&query.fetch, around);
        let outs = if query.pipe_operators.is_empty() { walked.outs } else { self.pipes(query, walked.outs, around) };
        self.ctes.truncate(ctes);
        self.key = walked.key;
        outs
    }

    /// Puts the CTEs of a WITH clause in scope, for good: the caller ends them.
    fn with(&mut self, with: &With, around: &Scope) {
        for cte in &with.cte_tables {
            let name = ident(&cte.alias.name, self.around.dialect);
            let outs = match recursive_anchor(cte, with.recursive || self.grammar.bare_recursion) {
                Some(anchor) => self.recursive(cte, &name, anchor, around),
                None => self.subquery(&cte.query, around),
            };
            let outputs = self.renamed(outs, &cte.alias);
            self.ctes.push(Cte { name, outputs });
        }
    }

    /// Puts the CTEs in scope that stand before a statement as a whole.
    pub fn statement_with(&mut self, with: &With) {
        self.with(with, &Scope::default());
        self.statement_ctes = self.ctes.len();
    }

    /// A CTE that reads itself: its anchor is walked first, to know its columns, and forgotten.
    fn recursive(&mut self, cte: &ParsedCte, name: &Ident, anchor: &SetExpr, around: &Scope) -> Vec<Out> {
        let mark = self.found.mark();
        let deciding = self.deciding.len();
        let ctes = self.ctes.len();
        if let Some(with) = &cte.query.with {
            self.with(with, around);
        }
        let outs = self.body(anchor, around, None).outs;
        self.ctes.truncate(ctes);
        self.found.forget(mark);
        self.deciding.truncate(deciding);
        let outputs = self.renamed(outs, &cte.alias);
        self.ctes.push(Cte { name: name.clone(), outputs });
        let outs = self.subquery(&cte.query, around);
        self.ctes.truncate(ctes);
        outs
    }

    /// A SELECT, set operation, VALUES or nested query.
    fn body(&mut self, body: &SetExpr, around: &Scope, order: Option<&OrderBy>) -> Walked {
        match body {
            SetExpr::Select(select) => self.select(select, around, order),
            SetExpr::Query(query) => {
                let outs = self.subquery(query, around);
                let key = std::mem::take(&mut self.key);
                self.order(order, &outs, around);
                Walked { outs, key }
            }
            SetExpr::SetOperation { .. } => {
                let walked = self.set_operation(body, around);
                self.order(order, &walked.outs, around);
                walked
            }
            SetExpr::Values(values) => Walked { outs: self.values(values, around), key: Vec::new() },
            SetExpr::Table(table) => {
                let dialect = self.around.dialect;
                let parts = [table.schema_name.as_deref(), table.table_name.as_deref()];
                let parts = parts.into_iter().flatten().map(|part| Ident::new(part, false, dialect)).collect();
                let relation = Relation::new(parts, dialect);
                self.unknown_names.push(0..self.text.len());
                Walked { outs: vec![Out::Star { relation, except: Vec::new() }], key: Vec::new() }
            }
            SetExpr::Insert(statement)
            | SetExpr::Update(statement)
            | SetExpr::Delete(statement)
            | SetExpr::Merge(statement) => {
                self.changing(statement);
                Walked { outs: vec![Out::Open(Vec::new())], key: Vec::new() }
            }
        }
    }

    /// A statement that changes rows within a query: what it names is noted, nothing more is known of it.
    fn changing(&mut self, statement: &Statement) {
        let scope = Scope::default();
        let _ = self.visit(statement, &scope);
    }

    /// A chain of set operations, walked without recursion along its left side.
    fn set_operation(&mut self, body: &SetExpr, around: &Scope) -> Walked {
        let mut rights = Vec::new();
        let mut left = body;
        while let SetExpr::SetOperation { left: inner, op, set_quantifier, right } = left {
            rights.push((*op, *set_quantifier, right.as_ref()));
            left = inner.as_ref();
        }
        let mut walked = self.body(left, around, None);
        for (operator, quantifier, right) in rights.into_iter().rev() {
            let other = self.body(right, around, None);
            let all = matches!(quantifier, SetQuantifier::All | SetQuantifier::AllByName);
            match operator {
                SetOperator::Union => walked.outs = union(walked.outs, other.outs),
                SetOperator::Except | SetOperator::Intersect | SetOperator::Minus => {
                    let uses: Uses = other.outs.iter().flat_map(Out::uses).collect();
                    self.decide(&uses);
                    let uses: Uses = walked.outs.iter().flat_map(Out::uses).collect();
                    self.decide(&uses);
                }
            }
            walked.key = if all { Vec::new() } else { names(&walked.outs) };
        }
        walked
    }

    fn values(&mut self, values: &Values, around: &Scope) -> Vec<Out> {
        let mut outs: Vec<Out> = Vec::new();
        for row in &values.rows {
            for (at, expr) in row.content.iter().enumerate() {
                let uses = self.expr(expr, around);
                match outs.get_mut(at) {
                    Some(Out::Column { from, .. }) => from.extend(uses),
                    _ => outs.push(Out::Column { name: self.value_name(at), from: uses }),
                }
            }
        }
        outs
    }

    fn value_name(&self, at: usize) -> Ident {
        let name = if self.grammar.names_functions { format!("column{}", at + 1) } else { String::new() };
        Ident::new(&name, true, self.around.dialect)
    }

    /// ORDER BY behind something that is no SELECT: it sees only the outputs.
    fn order(&mut self, order: Option<&OrderBy>, outs: &[Out], around: &Scope) {
        let Some(order) = order else { return };
        let OrderByKind::Expressions(_) = &order.kind else { return };
        let mut scope = Scope::within(around);
        scope.tables.push(Table { name: Vec::new(), mention: None, source: Source::Derived(outs.to_vec()) });
        let uses = self.visit(order, &scope);
        self.decide(&uses);
    }

    /// Pipe syntax: each operator sees the outputs of the one before.
    fn pipes(&mut self, query: &Query, outs: Vec<Out>, around: &Scope) -> Vec<Out> {
        let mut scope = Scope::within(around);
        scope.tables.push(Table { name: Vec::new(), mention: None, source: Source::Derived(outs) });
        let uses = self.visit(&query.pipe_operators, &scope);
        self.decide(&uses);
        vec![Out::Open(uses)]
    }
}

impl Out {
    /// What it is made from.
    pub fn uses(&self) -> Uses {
        match self {
            Self::Column { from, .. } | Self::Open(from) => from.clone(),
            Self::Star { .. } => Vec::new(),
            Self::Branches(branches) => branches.iter().flatten().flat_map(Self::uses).collect(),
        }
    }
}

/// Names of outputs that are all known.
pub fn names(outs: &[Out]) -> Vec<String> {
    let name = |out: &Out| match out {
        Out::Column { name, .. } if !name.text.is_empty() => Some(name.text.clone()),
        _ => None,
    };
    outs.iter().map(name).collect::<Option<Vec<_>>>().unwrap_or_default()
}

/// The rows of both, matched by position under the names of the first.
fn union(left: Vec<Out>, right: Vec<Out>) -> Vec<Out> {
    let columns = |outs: &[Out]| outs.iter().all(|out| matches!(out, Out::Column { .. }));
    if columns(&left) && columns(&right) {
        let mut right = right.into_iter();
        return left.into_iter().map(|out| merged(out, right.next())).collect();
    }
    if left == right {
        return left;
    }
    let mut branches = match left.as_slice() {
        [Out::Branches(branches)] => branches.clone(),
        _ => vec![left],
    };
    branches.push(right);
    vec![Out::Branches(branches)]
}

fn merged(left: Out, right: Option<Out>) -> Out {
    match (left, right) {
        (Out::Column { name, mut from }, Some(Out::Column { from: more, .. })) => {
            from.extend(more.into_iter().filter(|used| !from.contains(used)).collect::<Vec<ColumnUse>>());
            Out::Column { name, from }
        }
        (left, _) => left,
    }
}

/// The first branch of a CTE that may read itself.
fn recursive_anchor(cte: &ParsedCte, allowed: bool) -> Option<&SetExpr> {
    if !allowed {
        return None;
    }
    match cte.query.body.as_ref() {
        SetExpr::SetOperation { left, .. } => Some(left.as_ref()),
        _ => None,
    }
}
