//! Statements: what each does to names, and where control goes.
//!
//! In: statements of the tree. Out: changed scopes, and steps through calls. An `if` on a condition that is not known
//! runs both ways, guarded; a loop over what is not known runs once, guarded.

use std::collections::BTreeMap;

use ruff_python_ast::{ExceptHandler, Expr, Stmt, StmtFor, StmtIf, StmtTry, StmtWhile, StmtWith};
use ruff_text_size::Ranged;

use super::evaluator::Evaluator;
use super::value::Value;
use crate::finding::Code;
use crate::steps::{Guard, Sql};
use crate::text::Span;

/// How many rounds one loop is unrolled for.
const ROUND_LIMIT: usize = 2_000;

/// Where control goes after a statement.
#[derive(Debug, Clone)]
pub(super) enum Flow {
    /// To the next statement.
    Next,
    /// Out of the function.
    Return(Value),
    /// Out of the loop.
    Break,
    /// To the next round.
    Continue,
    /// Nowhere: an exception, `sys.exit()`.
    Stop,
}

impl Evaluator<'_> {
    /// Runs statements in order.
    pub(super) fn run(&mut self, body: &[Stmt]) -> Flow {
        for statement in body {
            if !self.spend(self.module.span(statement)) {
                return Flow::Stop;
            }
            let row =
                if self.module.source == self.source() { self.record.account.find(statement.range()) } else { None };
            if let Some(row) = row {
                self.running.push(row);
                self.record.ran.insert(row);
            }
            let flow = self.statement_flow(statement);
            if row.is_some() {
                self.running.pop();
            }
            if !matches!(flow, Flow::Next) {
                return flow;
            }
        }
        Flow::Next
    }

    fn statement_flow(&mut self, statement: &Stmt) -> Flow {
        match statement {
            Stmt::FunctionDef(def) => {
                let function = self.define(def);
                self.assign_name(def.name.as_str(), function, self.module.span(&def.name));
            }
            Stmt::ClassDef(def) => {
                let class = self.define_class(def);
                self.scope.set(def.name.as_str(), class);
            }
            Stmt::Return(exit) => {
                let value = exit.value.as_ref().map_or(Value::None, |value| self.evaluate(value));
                return Flow::Return(value);
            }
            Stmt::Assign(assign) => {
                let value = self.evaluate(&assign.value);
                for target in &assign.targets {
                    self.assign(target, value.clone());
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    let value = self.evaluate(value);
                    self.assign(&assign.target, value);
                }
            }
            Stmt::AugAssign(assign) => self.augment(&assign.target, assign.op.into(), &assign.value),
            Stmt::Expr(expression) => {
                self.evaluate(&expression.value);
                self.changed_by_call(&expression.value);
                return self.exits(&expression.value);
            }
            Stmt::If(test) => return self.branch(test),
            Stmt::For(each) => return self.each(statement, each),
            Stmt::While(each) => return self.repeat(each),
            Stmt::With(with) => return self.with(with),
            Stmt::Try(attempt) => return self.attempt(attempt),
            Stmt::Match(choice) => return self.matching(choice),
            Stmt::Raise(_) => return Flow::Stop,
            Stmt::Break(_) => return Flow::Break,
            Stmt::Continue(_) => return Flow::Continue,
            Stmt::Delete(delete) => delete.targets.iter().for_each(|target| self.delete(target)),
            Stmt::Import(import) => self.import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::Global(global) => global.names.iter().for_each(|name| self.scope.declare_outer(name.as_str())),
            Stmt::Nonlocal(outer) => outer.names.iter().for_each(|name| self.scope.declare_outer(name.as_str())),
            Stmt::Assert(_) | Stmt::Pass(_) | Stmt::TypeAlias(_) | Stmt::IpyEscapeCommand(_) => {}
        }
        Flow::Next
    }

    /// `sys.exit()`, `exit()` and `os._exit()` end the script.
    fn exits(&self, expression: &Expr) -> Flow {
        let Expr::Call(call) = expression else { return Flow::Next };
        match self.module.text(call.func.as_ref()) {
            "sys.exit" | "exit" | "quit" | "os._exit" => Flow::Stop,
            _ => Flow::Next,
        }
    }

    fn branch(&mut self, test: &StmtIf) -> Flow {
        let mut clauses: Vec<(Option<&Expr>, &[Stmt])> = vec![(Some(&test.test), &test.body)];
        clauses.extend(test.elif_else_clauses.iter().map(|clause| (clause.test.as_ref(), clause.body.as_slice())));
        self.clauses(&clauses)
    }

    pub(super) fn clauses(&mut self, clauses: &[(Option<&Expr>, &[Stmt])]) -> Flow {
        let Some(((test, body), rest)) = clauses.split_first() else { return Flow::Next };
        let Some(test) = test else { return self.run(body) };
        let condition = self.evaluate(test);
        match condition.truth() {
            Some(true) => self.run(body),
            Some(false) => self.clauses(rest),
            None if condition.symbol().is_some() => {
                let span = self.module.span(*test);
                self.decide(&condition, span, body, rest)
            }
            None => {
                let span = self.module.span(*test);
                let text = self.module.text(*test).to_owned();
                let guard = |negated| Guard::If { condition: Sql::of_program(text.clone(), span), negated };
                self.fork(
                    span,
                    |evaluator| evaluator.guarded(guard(false), |inner| inner.run(body)),
                    |evaluator| evaluator.guarded(guard(true), |inner| inner.clauses(rest)),
                )
            }
        }
    }

    /// Runs with one more guard.
    pub(super) fn guarded<T>(&mut self, guard: Guard, run: impl FnOnce(&mut Self) -> T) -> T {
        self.guards.push(guard);
        let result = run(self);
        self.guards.pop();
        result
    }

    /// Runs both sides of a condition that is not known, each from the same names, and joins what they leave.
    pub(super) fn fork(
        &mut self,
        span: Span,
        first: impl FnOnce(&mut Self) -> Flow,
        second: impl FnOnce(&mut Self) -> Flow,
    ) -> Flow {
        let before = self.scope.names();
        let one = first(self);
        let after_one = self.scope.names();
        self.scope.restore(before);
        let other = second(self);
        match (one, other) {
            (Flow::Next, Flow::Next) => {
                self.join_names(&after_one, span);
                Flow::Next
            }
            (Flow::Return(value), Flow::Return(other)) => {
                self.return_early(value);
                Flow::Return(other)
            }
            (Flow::Return(value), flow) => {
                self.return_early(value);
                self.go_on_without_return(span);
                flow
            }
            (Flow::Next, Flow::Return(value)) => {
                self.return_early(value);
                self.go_on_without_return(span);
                self.scope.restore(after_one);
                Flow::Next
            }
            (Flow::Next, _) => {
                self.scope.restore(after_one);
                Flow::Next
            }
            (Flow::Break | Flow::Continue | Flow::Stop, flow) => flow,
        }
    }

    fn return_early(&mut self, value: Value) {
        if let Some(frame) = self.frames.last_mut() {
            frame.early.push((None, value));
        }
    }

    /// What follows in the function is only reached where it has not returned.
    fn go_on_without_return(&mut self, span: Span) {
        let steps = self.draft().script.steps.len();
        if let Some(frame) = self.frames.last_mut() {
            frame.may_have_ended.push((span, steps));
        }
    }

    /// Says of a function that has ended that it may have ended before it sent its SQL.
    pub(super) fn tell_early_ends(&mut self, ends: &[(Span, usize)]) {
        let steps = self.draft().script.steps.len();
        for (span, before) in ends.iter().filter(|(_, before)| *before < steps) {
            let writes = self.draft().script.steps.iter().skip(*before).any(|step| !step.effect.writes().is_empty());
            if writes {
                self.finding(
                    Code::R205,
                    *span,
                    "the function may return here, and what follows is not run then; the project always runs it",
                    "write the condition into the queries, or start dbt only where the script goes on",
                );
            }
        }
    }

    /// Joins the names that one branch left with those of the other, which hold now.
    fn join_names(&mut self, one: &BTreeMap<String, Value>, span: Span) {
        let other = self.scope.names();
        for (name, value) in one {
            match other.get(name) {
                None => self.scope.set(name, value.clone()),
                Some(current) if current.is_same(value) => {}
                Some(current) => {
                    let joined = self.join(name, value, current, span);
                    self.scope.set(name, joined);
                }
            }
        }
    }

    /// What a name is when it is one value or the other.
    pub(super) fn join(&mut self, name: &str, one: &Value, other: &Value, span: Span) -> Value {
        let joined = match (one, other) {
            (Value::Object(object), _) => object.clone().merge(self, other, span),
            (_, Value::Object(object)) => object.clone().merge(self, one, span),
            (Value::None, value @ Value::External(_)) | (value @ Value::External(_), Value::None) => {
                Some(value.clone())
            }
            _ => one.equals(other).filter(|equal| *equal).map(|_| one.clone()),
        };
        joined.unwrap_or_else(|| self.unknown(name, format!("`{name}` depends on a condition that is not known"), span))
    }

    fn each(&mut self, statement: &Stmt, each: &StmtFor) -> Flow {
        let over = self.evaluate(&each.iter);
        let span = self.module.span(each.iter.as_ref());
        let Some(items) = self.iterate(&over, span) else {
            if self.takes_whole_loop(statement, span) {
                return self.run(&each.orelse);
            }
            let flow = self.unknown_loop(each, &over, span);
            return self.after_loop(flow, &each.orelse);
        };
        if items.len() > ROUND_LIMIT {
            self.finding(
                Code::R205,
                span,
                format!("the loop runs {} times; only the first {ROUND_LIMIT} rounds are read", items.len()),
                "",
            );
        }
        for item in items.into_iter().take(ROUND_LIMIT) {
            self.assign(&each.target, item);
            match self.run(&each.body) {
                Flow::Next | Flow::Continue => {}
                Flow::Break => return Flow::Next,
                flow @ (Flow::Return(_) | Flow::Stop) => return flow,
            }
        }
        self.run(&each.orelse)
    }

    /// One round, for all.
    fn unknown_loop(&mut self, each: &StmtFor, over: &Value, span: Span) -> Flow {
        let target = self.module.text(each.target.as_ref()).to_owned();
        let head = format!("for {target} in {}", self.module.text(each.iter.as_ref()));
        let reason = match over.external() {
            Some(external) => external.reason.clone(),
            None => format!("it takes each value of `{}`", self.module.text(each.iter.as_ref())),
        };
        self.assign_unknown(&each.target, &reason, span);
        let guard =
            Guard::Loop { head: Sql::plain(head, span), variable: Some(target), query: None, carries: Vec::new() };
        self.maybe(guard, span, &each.body)
    }

    fn repeat(&mut self, each: &StmtWhile) -> Flow {
        let counts = super::counting::ends_by_its_test(each);
        for _ in 0..ROUND_LIMIT {
            match self.evaluate(&each.test).truth() {
                Some(false) => return self.run(&each.orelse),
                Some(true) if counts => {
                    let flow = self.run(&each.body);
                    if matches!(flow, Flow::Return(_) | Flow::Stop) {
                        return flow;
                    }
                }
                Some(true) | None => return self.rounds(each),
            }
        }
        let span = self.module.span(each.test.as_ref());
        let message = format!("the loop goes on after {ROUND_LIMIT} rounds; only those are read");
        self.finding(Code::R205, span, message, "");
        Flow::Next
    }

    /// A loop of which it is not known how often it runs.
    fn rounds(&mut self, each: &StmtWhile) -> Flow {
        let span = self.module.span(each.test.as_ref());
        let head = format!("while {}", self.module.text(each.test.as_ref()));
        let guard = Guard::Loop { head: Sql::plain(head, span), variable: None, query: None, carries: Vec::new() };
        let flow = self.maybe(guard, span, &each.body);
        self.after_loop(flow, &each.orelse)
    }

    /// A loop's body that runs some unknown number of times.
    fn maybe(&mut self, guard: Guard, span: Span, body: &[Stmt]) -> Flow {
        self.fork(span, |evaluator| evaluator.guarded(guard, |inner| inner.run(body)), |_| Flow::Next)
    }

    fn after_loop(&mut self, flow: Flow, orelse: &[Stmt]) -> Flow {
        match flow {
            Flow::Next | Flow::Break | Flow::Continue => self.run(orelse),
            Flow::Return(_) | Flow::Stop => flow,
        }
    }

    fn with(&mut self, with: &StmtWith) -> Flow {
        let mut entered = Vec::new();
        for item in &with.items {
            let value = self.evaluate(&item.context_expr);
            let span = self.module.span(&item.context_expr);
            let inner = self.enter(&value, span);
            if let Some(target) = &item.optional_vars {
                self.assign(target, inner);
            }
            entered.push((value, span));
        }
        let flow = self.run(&with.body);
        for (value, span) in entered.into_iter().rev() {
            if let Value::Object(object) = value {
                object.exit(self, span);
            }
        }
        flow
    }

    fn enter(&mut self, value: &Value, span: Span) -> Value {
        match value {
            Value::Object(object) => object.clone().enter(self, span).unwrap_or_else(|| value.clone()),
            Value::Instance(instance) if instance.class.member("__enter__").is_some() => {
                self.call_method(value, "__enter__", &super::arguments::Arguments::none(span))
            }
            _ => value.clone(),
        }
    }

    /// The body, as if nothing went wrong; handlers on the side, guarded.
    fn attempt(&mut self, attempt: &StmtTry) -> Flow {
        let mut flow = self.run(&attempt.body);
        let before = self.scope.names();
        for handler in &attempt.handlers {
            let ExceptHandler::ExceptHandler(handler) = handler;
            let conditions = handler.type_.as_ref().map_or("", |kind| self.module.text(kind.as_ref())).to_owned();
            if let Some(name) = &handler.name {
                let span = self.module.span(name);
                let caught = self.unknown(name.as_str(), "it is the error that was raised", span);
                self.scope.set(name.as_str(), caught);
            }
            let early = self.frames.last().map_or(0, |frame| frame.early.len());
            let alternative =
                self.guarded(Guard::Handler { conditions: conditions.clone() }, |inner| inner.run(&handler.body));
            if let Some(frame) = self.frames.last_mut() {
                frame.early.truncate(early);
            }
            // `try: import a except ImportError: import b` binds the same name twice; the first one holds.
            let after = self.scope.names();
            self.scope.restore(before.clone());
            for (name, value) in after {
                if !before.contains_key(&name) && matches!(alternative, Flow::Next) {
                    self.scope.set(&name, value);
                }
            }
        }
        if matches!(flow, Flow::Next) {
            flow = self.run(&attempt.orelse);
        }
        match self.run(&attempt.finalbody) {
            Flow::Next => flow,
            last @ (Flow::Return(_) | Flow::Break | Flow::Continue | Flow::Stop) => last,
        }
    }

    fn matching(&mut self, choice: &ruff_python_ast::StmtMatch) -> Flow {
        let subject = self.evaluate(&choice.subject);
        let span = self.module.span(choice.subject.as_ref());
        let mut sure = subject.external().is_none();
        for case in &choice.cases {
            let matches = match &case.pattern {
                ruff_python_ast::Pattern::MatchValue(value) if case.guard.is_none() => {
                    let value = self.evaluate(&value.value);
                    subject.equals(&value)
                }
                pattern if pattern.is_wildcard() && case.guard.is_none() => Some(true),
                _ => None,
            };
            match matches {
                Some(true) if sure => return self.run(&case.body),
                Some(false) if sure => {}
                _ => {
                    sure = false;
                    let text = format!(
                        "{} matches {}",
                        self.module.text(choice.subject.as_ref()),
                        self.module.text(&case.pattern)
                    );
                    let guard = Guard::If { condition: Sql::of_program(text, span), negated: false };
                    let flow = self.maybe(guard, span, &case.body);
                    if !matches!(flow, Flow::Next) {
                        return flow;
                    }
                }
            }
        }
        Flow::Next
    }
}
