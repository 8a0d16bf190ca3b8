//! What an operation may ask of its surroundings, and how it says that it has no SQL.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use super::session::Session;
use crate::finding::Code;
use crate::name::Relation;
use crate::read::python::{Evaluator, StatementId};
use crate::read::{PandasVersion, files};
use crate::text::Span;

/// Why an operation has no SQL: words that follow "because".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(pub String);

/// What an operation gives, or why it has no SQL.
pub type Answer<T> = Result<T, Refusal>;

/// No SQL, for that reason.
pub fn refuse<T>(reason: impl Into<String>) -> Answer<T> {
    Err(Refusal(reason.into()))
}

/// One operation that is evaluated.
pub struct Context<'e, 's> {
    /// The evaluator.
    pub evaluator: &'e mut Evaluator<'s>,
    session: Rc<RefCell<Session>>,
    /// Where it is called.
    pub span: Span,
}

impl<'e, 's> Context<'e, 's> {
    /// An operation at `span`.
    pub fn new(evaluator: &'e mut Evaluator<'s>, span: Span) -> Self {
        let session = evaluator.state::<Session>();
        Self { evaluator, session, span }
    }

    /// What is remembered of the script.
    pub fn session(&self) -> &Rc<RefCell<Session>> {
        &self.session
    }

    /// The statements that run now.
    pub fn statements(&self) -> BTreeSet<StatementId> {
        let running = self.evaluator.statements();
        if let (Some((_, callers)), Ok(mut session)) = (running.split_last(), self.session.try_borrow_mut()) {
            session.calls.extend(callers);
        }
        running.iter().copied().collect()
    }

    /// Says something about this operation.
    pub fn finding(&mut self, code: Code, message: impl Into<String>, help: impl Into<String>) {
        self.evaluator.finding(code, self.span, message, help);
    }

    /// The name of the relation for a file: no other file has it.
    pub fn file_name(&mut self, path: &str) -> String {
        let (candidates, place) = self.evaluator.options().files.candidates(path);
        let last = candidates.last().cloned().unwrap_or_default();
        let Ok(mut session) = self.session.try_borrow_mut() else { return last };
        let free = |name: &String| session.files.get(name).is_none_or(|taken| *taken == place);
        let name = candidates.into_iter().find(free).unwrap_or(last);
        session.files.insert(name.clone(), place);
        name
    }

    /// The relation for a file of that name.
    pub fn file(&self, name: &str) -> Relation {
        files::relation(name, self.evaluator.dialect())
    }

    /// Whether the project follows pandas 3.
    pub fn is_three(&self) -> bool {
        self.evaluator.options().pandas == PandasVersion::Three
    }

    /// Whether the project follows pandas 3, whose answer differs: `alike` says that the earlier one is the same. Else
    /// a finding says that the version matters.
    pub fn version_matters(&mut self, alike: bool, what: &str) -> bool {
        let three = self.is_three();
        if !alike {
            let (followed, other) = if three { ("3", "2") } else { ("2", "3") };
            let message = format!("{what}: pandas 2 and 3 differ, and the query follows pandas {followed}");
            let help = format!("set `pandas = {other}` in refract.toml where the script runs under that release");
            self.finding(Code::R310, message, help);
        }
        three
    }

    /// The result depends on an order of rows that the script does not give.
    pub fn order_matters(&mut self, what: &str) {
        let message = format!("{what} takes rows in the order in which the database happens to return them");
        let place = (self.evaluator.statement(), self.span, message);
        // Whether anything that is written depends on it is known at the end.
        if let Ok(mut session) = self.session.try_borrow_mut() {
            session.orders.push(place);
        }
    }
}
