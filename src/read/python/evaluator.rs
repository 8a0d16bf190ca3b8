//! The evaluator's state, and what libraries may ask of it.
//!
//! In: a parsed module, the other files of the run, the libraries. Out: scripts under construction. What a statement
//! or expression does stands in `execute` and `evaluate`; this file holds what they and the libraries share.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::account::{Account, StatementId};
use super::library::Library;
use super::scope::{ModuleValue, Scope, ScopeRef};
use super::syntax::{Module, ModuleRef};
use super::value::{External, Value};
use crate::dialect::Dialect;
use crate::finding::{Code, Finding};
use crate::read::ReadOptions;
use crate::steps::{Effect, Fact, FilledPlace, Guard, Param, Script, ScriptKind, Step};
use crate::text::{SourceId, Sources, Span};

/// How much is evaluated before the rest of the script is given up, in statements and calls.
pub(super) const STEP_LIMIT: usize = 100_000;
/// How deep functions may call each other.
pub(super) const CALL_DEPTH: usize = 60;
/// How deep expressions may nest before they count as unknown.
pub(super) const EXPRESSION_DEPTH: usize = 6_000;

/// Walks a script and records what it does. Libraries get it with every question.
pub struct Evaluator<'a> {
    pub(super) sources: &'a Sources,
    pub(super) options: &'a ReadOptions,
    pub(super) libraries: &'a [&'a dyn Library],
    pub(super) module: ModuleRef,
    pub(super) scope: ScopeRef,
    pub(super) modules: BTreeMap<String, Rc<ModuleValue>>,
    /// Calls that run now, outermost first.
    pub(super) frames: Vec<Frame>,
    pub(super) guards: Vec<Guard>,
    /// Statements of the script's own file that run now, outermost first.
    pub(super) running: Vec<StatementId>,
    pub(super) steps_left: usize,
    pub(super) depth: usize,
    /// Above zero while the top level of another file runs: its steps are that file's own.
    pub(super) muted: usize,
    /// Functions that were called, by the place of their definition.
    pub(super) called: BTreeSet<Span>,
    pub(super) record: Record,
    pub(super) unknown_calls: usize,
    /// Whether a function runs that nothing calls, so that its arguments are anyone's.
    pub(super) uncalled: bool,
    pub(super) state: Vec<(TypeId, Rc<dyn Any>)>,
}

/// A function call that runs.
#[derive(Debug, Default)]
pub(super) struct Frame {
    /// What it returned under conditions: the condition of the rows, or none where nothing is known of it.
    pub early: Vec<(Option<Value>, Value)>,
    /// What it yielded.
    pub yielded: Vec<Value>,
    /// The class whose method runs, for `super()`.
    pub class: Option<Rc<super::function::Class>>,
    /// The first argument of the method.
    pub receiver: Option<Value>,
    /// The conditions that are not known under which it may have ended before the statement that runs now: where each
    /// stands, and how many steps there were then.
    pub may_have_ended: Vec<(Span, usize)>,
}

/// What was recorded.
#[derive(Debug)]
pub(super) struct Record {
    pub account: Account,
    pub drafts: Vec<Draft>,
    pub current: usize,
    pub task: Option<usize>,
    pub findings: Vec<Finding>,
    /// Settings that statements gave, by statement.
    pub config: BTreeMap<StatementId, String>,
    /// Statements that ran at least once.
    pub ran: BTreeSet<StatementId>,
    /// Files of SQL whose statements are rows of this account.
    pub adopted: BTreeSet<SourceId>,
    /// Why statements came to nothing, where more than their kind is to be said.
    pub notes: BTreeMap<StatementId, String>,
}

/// A script under construction.
#[derive(Debug)]
pub(super) struct Draft {
    pub script: Script,
    /// The statements that gave each step.
    pub credits: Vec<BTreeSet<StatementId>>,
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(
        sources: &'a Sources,
        options: &'a ReadOptions,
        libraries: &'a [&'a dyn Library],
        module: ModuleRef,
        script: Script,
    ) -> Self {
        let account = Account::of(&module);
        let draft = Draft { script, credits: Vec::new() };
        let record = Record {
            account,
            drafts: vec![draft],
            current: 0,
            task: None,
            findings: Vec::new(),
            config: BTreeMap::new(),
            ran: BTreeSet::new(),
            adopted: BTreeSet::new(),
            notes: BTreeMap::new(),
        };
        Self {
            sources,
            options,
            libraries,
            module,
            scope: Scope::module(),
            modules: BTreeMap::new(),
            frames: Vec::new(),
            guards: Vec::new(),
            running: Vec::new(),
            steps_left: STEP_LIMIT,
            depth: 0,
            muted: 0,
            called: BTreeSet::new(),
            record,
            unknown_calls: 0,
            uncalled: false,
            state: Vec::new(),
        }
    }

    /// The file that the script stands in.
    pub fn source(&self) -> SourceId {
        self.record.drafts.first().map_or(SourceId(0), |draft| draft.script.source)
    }

    /// All files of the run.
    pub fn sources(&self) -> &'a Sources {
        self.sources
    }

    /// What the user said about the inputs, and what is known of tables.
    pub fn options(&self) -> &'a ReadOptions {
        self.options
    }

    /// The dialect that the user gave for all SQL; else what the script itself says so far.
    pub fn dialect(&self) -> Dialect {
        self.options.dialect.unwrap_or_else(|| self.draft().script.dialect)
    }

    /// The script says which dialect its SQL is in (an engine's URL, a hook). The first one named is the script's.
    pub fn set_dialect(&mut self, dialect: Dialect) {
        if self.draft().script.dialect == Dialect::Ansi && self.options.dialect.is_none() {
            self.script().dialect = dialect;
        }
    }

    /// Adds a step to the current script, under the conditions and for the task that hold now, and gives its index.
    /// The statements that run now are credited with it.
    pub fn step(&mut self, effect: Effect, span: Span) -> usize {
        let comment = self.statement().map(|statement| self.comment(statement)).unwrap_or_default();
        let step = Step { span, effect, guards: self.guards.clone(), comment, task: self.record.task, sent: None };
        self.add_step(step)
    }

    /// Adds a step that is complete but for the guards and the task that hold now.
    pub(super) fn add_step(&mut self, step: Step) -> usize {
        let running = self.running.iter().copied().collect();
        if self.muted > 0 {
            return usize::MAX;
        }
        let draft = self.draft_mut();
        draft.script.steps.push(step);
        draft.credits.push(running);
        draft.script.steps.len() - 1
    }

    /// Puts a step in front of the one at `at`, for a library that only knows at the end what is a step. The indices
    /// of later steps grow by one.
    pub fn insert_step(&mut self, at: usize, step: Step, statements: BTreeSet<StatementId>) {
        let draft = self.draft_mut();
        let at = at.min(draft.script.steps.len());
        draft.script.steps.insert(at, step);
        draft.credits.insert(at, statements);
    }

    /// The statements helped to give the step.
    pub fn credit(&mut self, step: usize, statements: impl IntoIterator<Item = StatementId>) {
        if let Some(credits) = self.draft_mut().credits.get_mut(step) {
            credits.extend(statements);
        }
    }

    /// Whether a step was made from the statement.
    pub fn is_credited(&self, statement: StatementId) -> bool {
        self.record.drafts.iter().flat_map(|draft| &draft.credits).any(|credits| credits.contains(&statement))
    }

    /// Names that hold `old` hold `new` from now on: what they stand for was changed in place.
    pub fn rebind(&mut self, old: &Value, new: &Value) {
        let names = self.scope.names();
        for (name, _) in names.iter().filter(|(_, value)| value.is_same(old)) {
            self.scope.set(name, new.clone());
        }
    }

    /// The innermost statement of the script's own file that runs now.
    pub fn statement(&self) -> Option<StatementId> {
        self.running.last().copied()
    }

    /// All statements of the script's own file that run now: the current one, and the calls that led to it.
    pub fn statements(&self) -> &[StatementId] {
        &self.running
    }

    /// Where a statement stands.
    pub fn statement_span(&self, statement: StatementId) -> Option<Span> {
        self.record.account.rows().get(statement.0).map(|row| row.span)
    }

    /// The statement in which something stands.
    pub fn statement_at(&self, span: Span) -> Option<StatementId> {
        self.record.account.touched(span).last()
    }

    /// The current statement became a setting: a parameter, a connection, an option.
    pub fn configure(&mut self, what: impl Into<String>) {
        if let Some(statement) = self.statement() {
            self.record.config.entry(statement).or_insert_with(|| what.into());
        }
    }

    /// Why the current statement comes to nothing, unless it gives a step after all.
    pub fn note(&mut self, why: impl Into<String>) {
        if let Some(statement) = self.statement() {
            self.record.notes.entry(statement).or_insert_with(|| why.into());
        }
    }

    /// Says something about the script; once for the same place.
    pub fn finding(&mut self, code: Code, span: Span, message: impl Into<String>, help: impl Into<String>) {
        let finding = Finding::at(code, span, message, help);
        if self.muted == 0 && !self.record.findings.contains(&finding) {
            self.record.findings.push(finding);
        }
    }

    /// The script takes a value from outside. A name that is known already keeps its first default.
    pub fn param(&mut self, param: Param) {
        let params = &mut self.script().params;
        if !params.iter().any(|known| known.name == param.name) {
            params.push(param);
        }
    }

    /// What SQL takes from outside: parameters, and schemas and databases that are filled in.
    pub fn take(&mut self, params: Vec<Param>, places: Vec<FilledPlace>) {
        for param in params {
            self.param(param);
        }
        let known = &mut self.script().places;
        for place in places {
            if !known.contains(&place) {
                known.push(place);
            }
        }
    }

    /// Something is known about a relation.
    pub fn fact(&mut self, fact: Fact) {
        let facts = &mut self.script().facts;
        if !facts.contains(&fact) {
            facts.push(fact);
        }
    }

    /// The script under construction to which steps go now.
    pub fn script(&mut self) -> &mut Script {
        &mut self.draft_mut().script
    }

    /// Starts another script of the same file (a DAG), to which steps go from now on, and gives its number.
    pub fn open_script(&mut self, name: &str, kind: ScriptKind) -> usize {
        let base = &self.draft().script;
        let script = Script::new(name, kind, base.span, base.dialect);
        self.record.drafts.push(Draft { script, credits: Vec::new() });
        self.record.current = self.record.drafts.len() - 1;
        self.record.current
    }

    /// Steps go to that script from now on; 0 is the file's own.
    pub fn use_script(&mut self, script: usize) {
        self.record.current = script.min(self.record.drafts.len().saturating_sub(1));
    }

    /// Steps belong to that task from now on.
    pub fn set_task(&mut self, task: Option<usize>) {
        self.record.task = task;
    }

    /// Runs a part that gives steps of its own: no library puts them off to the end of the script.
    pub fn in_part<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let libraries = self.libraries;
        for library in libraries {
            library.begin_part(self);
        }
        let result = run(self);
        for library in libraries {
            library.end_part(self);
        }
        result
    }

    /// The task that steps belong to.
    pub fn task(&self) -> Option<usize> {
        self.record.task
    }

    /// Statements became a setting, unless they give a step.
    pub fn configure_statements(&mut self, statements: impl IntoIterator<Item = StatementId>, what: &str) {
        for statement in statements {
            self.record.config.entry(statement).or_insert_with(|| what.to_owned());
        }
    }

    /// The values of the module's names.
    pub fn globals(&self) -> Vec<Value> {
        self.scope.names().into_values().collect()
    }

    /// The dialect that the user gave.
    pub fn own_dialect(&self) -> Option<Dialect> {
        self.options.dialect
    }

    /// How many calls were met that nothing is known of: they may do anything.
    pub fn unknown_calls(&self) -> usize {
        self.unknown_calls
    }

    /// `str(value)`; none when it is not known.
    pub fn shown(&self, value: &Value) -> Option<String> {
        super::format::show(value)
    }

    /// `repr(value)`; none when it is not known.
    pub fn represented(&self, value: &Value) -> Option<String> {
        super::format::represent(value)
    }

    /// The conditions and loops that hold now, outermost first.
    pub fn guards(&self) -> &[Guard] {
        &self.guards
    }

    /// How many conditions decide whether this statement is reached: those that it stands in, and those under which a
    /// function that runs now may have returned before.
    pub fn conditions(&self) -> usize {
        self.guards.len() + self.frames.iter().map(|frame| frame.may_have_ended.len()).sum::<usize>()
    }

    /// What the library keeps for the whole script.
    pub fn state<T: Default + 'static>(&mut self) -> Rc<RefCell<T>> {
        let id = TypeId::of::<RefCell<T>>();
        let known = self.state.iter().find(|(key, _)| *key == id).map(|(_, value)| value.clone());
        if let Some(known) = known.and_then(|value| value.downcast::<RefCell<T>>().ok()) {
            return known;
        }
        let fresh: Rc<RefCell<T>> = Rc::default();
        self.state.push((id, fresh.clone()));
        fresh
    }

    /// The text that a span covers, as it stands in the file.
    pub fn source_text(&self, span: Span) -> &'a str {
        self.sources.slice(span)
    }

    /// A value that is not known, because of something at `span`.
    pub fn unknown(&self, path: &str, reason: impl Into<String>, span: Span) -> Value {
        Value::unknown(path, reason, span)
    }

    /// The comment lines directly above a statement, without comment marks, joined by line breaks; or nothing.
    pub fn comment(&self, statement: StatementId) -> String {
        let Some(span) = self.statement_span(statement) else { return String::new() };
        let Some(file) = self.sources.get(span.source) else { return String::new() };
        let above = file.slice(0..span.start as usize);
        let mut lines: Vec<&str> = Vec::new();
        for line in above.rsplit('\n').skip(1) {
            let Some(comment) = line.trim().strip_prefix('#') else { break };
            let comment = comment.trim_matches(['#', '-', '=', '*', '~', ' ', '\t']);
            // The marks of a notebook, and what they set apart.
            if comment.starts_with("MAGIC ") || comment == "COMMAND" {
                break;
            }
            lines.push(comment);
        }
        lines.retain(|line| line.chars().any(char::is_alphanumeric));
        let is_code = |line: &&str| line.contains(" = ") || line.ends_with([';', ',', '(']);
        if lines.iter().any(is_code) {
            return String::new();
        }
        lines.reverse();
        lines.join("\n")
    }

    /// An imported name, or an attribute of one.
    pub(super) fn imported(path: String, span: Span, origin: Option<Value>) -> Value {
        Value::External(Rc::new(External {
            reason: format!("`{path}` is not among the inputs"),
            path,
            span,
            origin,
            arguments: None,
            imported: true,
        }))
    }

    pub(super) fn draft(&self) -> &Draft {
        #[expect(clippy::indexing_slicing, reason = "`current` is only set to drafts that exist, and none is removed")]
        &self.record.drafts[self.record.current]
    }

    pub(super) fn draft_mut(&mut self) -> &mut Draft {
        #[expect(clippy::indexing_slicing, reason = "`current` is only set to drafts that exist, and none is removed")]
        &mut self.record.drafts[self.record.current]
    }

    /// Takes one from the budget; false when it is used up.
    pub(super) fn spend(&mut self, span: Span) -> bool {
        if self.steps_left == 0 {
            return false;
        }
        self.steps_left -= 1;
        if self.steps_left == 0 {
            self.finding(
                Code::R205,
                span,
                "the script does more than refract follows; what comes after this is not read",
                "split the script, or shorten its loops",
            );
        }
        true
    }

    pub(super) fn parse(&self, source: SourceId) -> Option<ModuleRef> {
        let file = self.sources.get(source)?;
        Some(Rc::new(Module::parse(source, file)))
    }
}
