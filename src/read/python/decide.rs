//! Conditions that are decided row by row: what both sides leave is joined row by row.
//!
//! In: a condition that is a library's symbol, and two sides. Out: names and results that choose by the condition. A
//! condition that is not known at all is `execute`'s business.

use std::collections::BTreeMap;

use ruff_python_ast::{Expr, Stmt};

use super::evaluator::Evaluator;
use super::execute::Flow;
use super::operator::Operation;
use super::value::Value;
use crate::text::Span;

impl Evaluator<'_> {
    /// Runs both sides of a condition that is decided row by row, and joins what they leave row by row.
    pub(super) fn decide(
        &mut self,
        condition: &Value,
        span: Span,
        body: &[Stmt],
        rest: &[(Option<&Expr>, &[Stmt])],
    ) -> Flow {
        let before = self.scope.names();
        let known = self.frames.last().map_or(0, |frame| frame.early.len());
        let one = self.run(body);
        self.narrow_early(known, condition, span);
        let after_one = self.scope.names();
        self.scope.restore(before);
        let known = self.frames.last().map_or(0, |frame| frame.early.len());
        if let (Flow::Return(value), Some(frame)) = (&one, self.frames.last_mut()) {
            // What returns first decides: later ones need not say again that this did not.
            frame.early.push((Some(condition.clone()), value.clone()));
        }
        let other = self.clauses(rest);
        let negated = self.negate(condition, span);
        if !matches!(one, Flow::Return(_)) {
            self.narrow_early(known, &negated, span);
        }
        match (one, other) {
            (Flow::Next, Flow::Next) => {
                self.choose_names(condition, &after_one, span);
                Flow::Next
            }
            (Flow::Next, Flow::Return(value)) => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.early.push((Some(negated), value));
                }
                self.scope.restore(after_one);
                Flow::Next
            }
            (Flow::Next, _) => {
                self.scope.restore(after_one);
                Flow::Next
            }
            (Flow::Return(_) | Flow::Break | Flow::Continue | Flow::Stop, flow) => flow,
        }
    }

    /// What was returned early since `known` only holds where the condition does.
    fn narrow_early(&mut self, known: usize, condition: &Value, span: Span) {
        let Some(frame) = self.frames.last_mut() else { return };
        let later = frame.early.split_off(known.min(frame.early.len()));
        let mut narrowed = Vec::new();
        for (inner, value) in later {
            let both =
                inner.map_or_else(|| condition.clone(), |inner| self.operate(Operation::And, condition, &inner, span));
            narrowed.push((Some(both), value));
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.early.extend(narrowed);
        }
    }

    /// Names that differ after two sides of a condition that is decided row by row.
    fn choose_names(&mut self, condition: &Value, one: &BTreeMap<String, Value>, span: Span) {
        let other = self.scope.names();
        for (name, value) in one {
            match other.get(name) {
                None => self.scope.set(name, value.clone()),
                Some(current) if current.is_same(value) => {}
                Some(current) => {
                    let chosen = self.choose(condition, value, current, span);
                    self.scope.set(name, chosen);
                }
            }
        }
    }

    /// `then if condition else otherwise` of a condition that is decided row by row.
    pub(super) fn choose(&mut self, condition: &Value, then: &Value, otherwise: &Value, span: Span) -> Value {
        let chosen = condition.symbol().and_then(|symbol| symbol.choose(self, then, otherwise, span));
        chosen.unwrap_or_else(|| {
            let known = [then, otherwise].into_iter().find_map(|value| value.external());
            let reason = known.map_or("one of two values is taken, row by row", |external| &external.reason);
            self.unknown("…", reason, span)
        })
    }

    /// `not condition`, row by row.
    pub(super) fn negate(&mut self, condition: &Value, span: Span) -> Value {
        let negated = condition.symbol().and_then(|symbol| symbol.unary(self, Operation::Not, span));
        negated.unwrap_or_else(|| self.unknown("not", "the condition is not known", span))
    }
}
