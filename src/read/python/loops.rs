//! Loops over rows that change the rows themselves: one step, because no statement of such a loop means anything alone.
//!
//! In: a loop of which it is not known how often it runs. Out: what holds the rows is told that the loop changes it, and the loop's
//! body is not read. Only where the loop changes one such thing and nothing else that was there before.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprContext, Stmt};

use super::bind::changes_in_place;
use super::binding::may_send;
use super::evaluator::Evaluator;
use super::function::FunctionBody;
use super::slice::{OUTSIDE, base};
use super::value::Value;
use crate::text::Span;

/// What a loop changes.
#[derive(Debug, Default)]
struct Changes {
    /// Names that it binds, or whose items, attributes or rows it sets.
    names: BTreeSet<String>,
    /// The columns that are set, with the name that they are set of.
    columns: BTreeSet<(String, String)>,
    /// Names that are changed in a way that may give other columns.
    others: BTreeSet<String>,
    /// Whether it may end what stands round it.
    ends: bool,
}

/// The names that a statement binds or changes in place, but for what a loop goes through.
pub(super) fn changed_by(statement: &Stmt) -> BTreeSet<String> {
    let mut changes = Changes::default();
    changes.visit_stmt(statement);
    changes.names
}

impl Evaluator<'_> {
    /// Takes the loop at `span` as one step of the rows that it changes; false where it has to be read.
    pub(super) fn takes_whole_loop(&mut self, loop_: &Stmt, span: Span) -> bool {
        let mut changes = Changes::default();
        let targets = match loop_ {
            Stmt::For(each) => {
                each.body.iter().for_each(|statement| changes.visit_stmt(statement));
                let mut own = Changes::default();
                own.visit_expr(&each.target);
                own.names
            }
            Stmt::While(each) => {
                each.body.iter().for_each(|statement| changes.visit_stmt(statement));
                BTreeSet::new()
            }
            _ => return false,
        };
        let known: Vec<(String, Value)> = changes
            .names
            .iter()
            .filter(|name| !targets.contains(*name))
            .filter_map(|name| Some((name.clone(), self.named(name)?)))
            .collect();
        let [(name, Value::Object(rows))] = known.as_slice() else { return false };
        if changes.ends || !rows.holds_rows() || self.may_write(loop_) {
            return false;
        }
        let own = changes.columns.into_iter().filter(|(of, _)| of == name).map(|(_, column)| column);
        let columns = (!changes.others.contains(name)).then(|| own.collect::<Vec<_>>());
        let made = rows.clone().changed_in_loop(self, name, &columns.unwrap_or_default(), span);
        if made {
            let reason = "it is computed in a loop over rows";
            for new in changes.names.iter().chain(&targets).filter(|new| *new != name) {
                let value = self.unknown(new, reason, span);
                self.scope.set(new, value);
            }
        }
        made
    }
}

/// Functions that functions call are looked into so deep.
const DEPTH: usize = 8;

impl Evaluator<'_> {
    /// Whether the loop, or a function of the script that it calls, may send SQL or write rows: that has to be read.
    fn may_write(&self, loop_: &Stmt) -> bool {
        let mut calls = Calls::default();
        calls.visit_stmt(loop_);
        self.calls_may_write(&calls, DEPTH)
    }

    fn calls_may_write(&self, calls: &Calls, depth: usize) -> bool {
        let is_write = |name: &String| may_send(name) || OUTSIDE.contains(&name.as_str());
        if calls.methods.iter().any(is_write) || depth == 0 {
            return true;
        }
        calls.names.iter().chain(&calls.methods).any(|name| match self.named(name) {
            Some(Value::Function(function)) => {
                let mut inner = Calls::default();
                match &function.body {
                    FunctionBody::Block(body) => body.iter().for_each(|statement| inner.visit_stmt(statement)),
                    FunctionBody::Expression(expr) => inner.visit_expr(expr),
                }
                self.calls_may_write(&inner, depth - 1)
            }
            Some(Value::Class(_) | Value::Instance(_) | Value::Method(_)) => true,
            _ => false,
        })
    }
}

/// What is called.
#[derive(Debug, Default)]
struct Calls {
    names: BTreeSet<String>,
    methods: BTreeSet<String>,
}

impl<'a> Visitor<'a> for Calls {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr {
            match call.func.as_ref() {
                Expr::Name(name) => drop(self.names.insert(name.id.to_string())),
                Expr::Attribute(attribute) => {
                    self.methods.insert(attribute.attr.to_string());
                    self.names.extend(base(&call.func));
                }
                _ => {}
            }
        }
        walk_expr(self, expr);
    }
}

/// The column of `frame["a"]`, `frame.loc[row, "a"]`.
fn column(key: &Expr) -> Option<String> {
    match key {
        Expr::StringLiteral(text) => Some(text.value.to_str().to_owned()),
        Expr::Tuple(parts) => column(parts.elts.last()?),
        _ => None,
    }
}

impl<'a> Visitor<'a> for Changes {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx != ExprContext::Load => {
                self.names.insert(name.id.to_string());
                self.others.insert(name.id.to_string());
            }
            Expr::Subscript(item) if item.ctx != ExprContext::Load => {
                if let Some(name) = base(expr) {
                    match column(&item.slice) {
                        Some(column) => drop(self.columns.insert((name.clone(), column))),
                        None => drop(self.others.insert(name.clone())),
                    }
                    self.names.insert(name);
                }
            }
            Expr::Attribute(attribute) if attribute.ctx != ExprContext::Load => {
                if let Some(name) = base(expr) {
                    self.others.insert(name.clone());
                    self.names.insert(name);
                }
            }
            Expr::Call(call) if changes_in_place(call) => {
                if let Some(name) = base(&call.func) {
                    self.others.insert(name.clone());
                    self.names.insert(name);
                }
            }
            Expr::Yield(_) | Expr::YieldFrom(_) => self.ends = true,
            _ => {}
        }
        walk_expr(self, expr);
    }

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        self.ends |= matches!(statement, Stmt::Return(_) | Stmt::Global(_) | Stmt::Nonlocal(_));
        walk_stmt(self, statement);
    }
}
