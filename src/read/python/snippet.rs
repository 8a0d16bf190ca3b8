//! Expressions that stand in a string of the script: `frame.query("a > 1")`.
//!
//! In: the text, and names with values of their own. Out: what the expression is worth. Statements are not run.

use std::rc::Rc;

use ruff_python_ast::Stmt;

use super::evaluator::Evaluator;
use super::scope::Scope;
use super::syntax::Module;
use super::value::Value;
use crate::text::{Fragment, Span};

impl Evaluator<'_> {
    /// What the expression is worth that the text holds, which stands at `span`; none when it is no expression.
    pub fn evaluate_text(&mut self, text: &str, names: Vec<(String, Value)>, span: Span) -> Option<Value> {
        let module = Module::parse_code(self.source(), Fragment::made(text, span));
        let [Stmt::Expr(expression)] = module.body.as_slice() else { return None };
        if !module.errors.is_empty() {
            return None;
        }
        let expression = expression.value.clone();
        let scope = Scope::function(&self.scope);
        for (name, value) in names {
            scope.set(&name, value);
        }
        let outer_scope = std::mem::replace(&mut self.scope, scope);
        let outer_module = std::mem::replace(&mut self.module, Rc::new(module));
        let value = self.evaluate(&expression);
        self.scope = outer_scope;
        self.module = outer_module;
        Some(value)
    }

    /// What a name of the script is bound to now.
    pub fn named(&self, name: &str) -> Option<Value> {
        self.scope.get(name)
    }
}
