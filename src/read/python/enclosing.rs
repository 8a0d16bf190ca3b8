//! The arguments of the functions in which a statement stands, for code that is cut out of them.
//!
//! In: a place, the names that the code needs, the statements that are cut out. Out: a line for each argument that it needs, with the value that it has in this call.

use std::collections::BTreeSet;

use ruff_python_ast::Stmt;

use super::evaluator::Evaluator;
use super::loops::changed_by;
use super::value::Value;
use crate::text::Span;

impl Evaluator<'_> {
    /// `threshold = 5` for each argument that is needed ; none where the value of one is not known, or the code
    /// sets it.
    pub(super) fn arguments_for(
        &self,
        place: Span,
        needed: &BTreeSet<String>,
        kept: &[&Stmt],
        is_input: &dyn Fn(&str) -> bool,
    ) -> Option<Vec<String>> {
        let mut names = Vec::new();
        self.parameters_at(&self.module.body, place, &mut names);
        names.retain(|name| needed.contains(name) && !is_input(name));
        // What the code sets again had another value before.
        let is_set = |name: &String| kept.iter().any(|statement| changed_by(statement).contains(name));
        if names.iter().any(is_set) {
            return None;
        }
        names.into_iter().map(|name| self.as_line(&name)).collect()
    }

    /// Whether the statement imports what a file of the inputs gives: a dbt model finds no such file.
    pub(super) fn imports_an_input(&self, statement: &Stmt) -> bool {
        super::slice::imports(statement).iter().any(|name| {
            matches!(
                self.named(name),
                Some(Value::Function(_) | Value::Class(_) | Value::Module(_) | Value::Instance(_))
            )
        })
    }

    fn as_line(&self, name: &str) -> Option<String> {
        let value = self.represented(&self.named(name)?)?;
        Some(format!("{name} = {value}"))
    }

    fn parameters_at(&self, body: &[Stmt], place: Span, found: &mut Vec<String>) {
        for statement in body {
            let span = self.module.span(statement);
            if !(span.start <= place.start && place.end <= span.end) {
                continue;
            }
            match statement {
                Stmt::FunctionDef(def) => {
                    found.extend(def.parameters.iter().map(|parameter| parameter.name().to_string()));
                    self.parameters_at(&def.body, place, found);
                }
                Stmt::ClassDef(class) => self.parameters_at(&class.body, place, found),
                Stmt::With(with) => self.parameters_at(&with.body, place, found),
                Stmt::Try(attempt) => self.parameters_at(&attempt.body, place, found),
                Stmt::If(test) => {
                    self.parameters_at(&test.body, place, found);
                    for clause in &test.elif_else_clauses {
                        self.parameters_at(&clause.body, place, found);
                    }
                }
                _ => {}
            }
        }
    }
}
