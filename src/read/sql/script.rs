//! From the tree of a text to the steps and statements of its scripts.
//!
//! In: a text and its tree. Out: per procedure a script, and one for the statements that stand outside. Each
//! statement, declaration and head gives exactly one row of the account.

use super::comment;
use super::cut::{self, Cut};
use super::effect::{self, Outcome, Surroundings, Understood};
use super::literal;
use super::tokens::{Lexing, Text};
use super::tree::{Arm, Condition, Handler, Leaf, LeafKind, Loop, Node, Shell, ShellBody, ShellKind};
use crate::dialect::Dialect;
use crate::finding::{Code, Finding};
use crate::name::Relation;
use crate::steps::{
    Body, Effect, Fact, Guard, Opaque, Param, Query, Script, ScriptKind, Sql, Statement, StatementReading, Step,
};
use crate::text::{Fragment, Span};

/// What was read of one script, or of one text within another language.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// The steps.
    pub steps: Vec<Step>,
    /// The rows of the account.
    pub statements: Vec<Statement>,
    /// Parameters, constants, holes.
    pub params: Vec<Param>,
    /// What is declared.
    pub facts: Vec<Fact>,
    /// What there is to say.
    pub findings: Vec<Finding>,
}

/// The reader of one script.
pub struct Walk {
    pub(super) lexing: Lexing,
    pub(super) parts: Parts,
    pub(super) guards: Vec<Guard>,
    /// Names that are values: without sigils, in lower case.
    pub(super) variables: Vec<String>,
    pub(super) search_path: Option<String>,
    /// Scripts that were found within: procedures.
    pub scripts: Vec<Script>,
    /// Names of the packages and procedures around, for the names of those within.
    prefix: String,
}

impl Walk {
    /// A reader with names that are known to be values.
    pub fn new(lexing: Lexing, variables: &[String]) -> Self {
        Self {
            lexing,
            parts: Parts::default(),
            guards: Vec::new(),
            variables: variables.to_vec(),
            search_path: None,
            scripts: Vec::new(),
            prefix: String::new(),
        }
    }

    /// Reads a fragment: cuts it and walks its tree.
    pub fn read(&mut self, fragment: Fragment) {
        let text = Text::new(fragment, self.lexing);
        let Cut { nodes, unclosed } = cut::cut(&text, self.dialect());
        for head in unclosed {
            self.unclosed(&text, head);
        }
        self.nodes(&text, &nodes);
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.lexing.dialect
    }

    fn unclosed(&mut self, text: &Text, head: std::ops::Range<usize>) {
        let Some(span) = text.span(head.clone()) else { return };
        let word = text.word(head.start).to_uppercase();
        self.parts.findings.push(Finding::at(
            Code::R202,
            span,
            format!("{word} has no matching END"),
            "close the block, or name the dialect with --dialect",
        ));
    }

    /// Reads nodes in order.
    pub fn nodes(&mut self, text: &Text, nodes: &[Node]) {
        for node in nodes {
            match node {
                Node::Leaf(leaf) => self.leaf(text, leaf),
                Node::Block(body) => self.nodes(text, body),
                Node::If(arms) => self.branches(text, arms),
                Node::Loop(looped) => self.looped(text, looped),
                Node::Handler(handler) => self.handler(text, handler),
                Node::Shell(shell) => self.shell(text, shell),
                Node::BatchEnd => {}
            }
        }
    }

    /// Adds a row of the account; its index.
    pub(super) fn row(&mut self, span: Span, what: impl Into<String>, reading: StatementReading) -> usize {
        self.parts.statements.push(Statement { span, what: what.into(), reading });
        self.parts.statements.len() - 1
    }

    fn leaf(&mut self, text: &Text, leaf: &Leaf) {
        let Some(span) = text.span(leaf.tokens.clone()) else { return };
        match leaf.kind {
            LeafKind::Client => {
                self.row(
                    span,
                    "client command",
                    StatementReading::Dropped("a command of the client program".to_owned()),
                );
            }
            LeafKind::Declaration => {
                self.row(span, "declaration", StatementReading::Config("a variable".to_owned()));
            }
            LeafKind::Statement => self.statement(text, leaf, span),
        }
    }

    fn statement(&mut self, text: &Text, leaf: &Leaf, span: Span) {
        let understood = self.understand(&text.cut(leaf.tokens.clone()));
        let comment = comment::above(text, leaf.tokens.start);
        let Understood { what, outcome, facts, findings } = understood;
        self.parts.facts.extend(facts);
        self.parts.findings.extend(findings);
        let reading = match outcome {
            Outcome::Effects(effects) => {
                let steps = effects.into_iter().map(|effect| self.step(span, effect, &comment)).collect();
                StatementReading::Steps(steps)
            }
            Outcome::Config(what) => StatementReading::Config(what),
            Outcome::Dropped(why) => StatementReading::Dropped(why),
            Outcome::Unread { reason, step } => self.unread(span, reason, step, &comment),
        };
        self.row(span, what, reading);
    }

    fn unread(&mut self, span: Span, reason: String, step: Option<Opaque>, comment: &str) -> StatementReading {
        if let Some(opaque) = step {
            self.step(span, Effect::Opaque(opaque), comment);
        }
        StatementReading::Unread(reason)
    }

    /// Adds a step; its index.
    pub(super) fn step(&mut self, span: Span, effect: Effect, comment: &str) -> usize {
        let guards = self.guards.clone();
        self.parts.steps.push(Step { span, effect, guards, comment: comment.to_owned(), task: None });
        self.parts.steps.len() - 1
    }

    pub(super) fn understand(&self, statement: &Fragment) -> Understood {
        effect::understand(statement, &self.around())
    }

    fn around(&self) -> Surroundings<'_> {
        let search_path = self.search_path.as_deref();
        Surroundings { dialect: self.dialect(), variables: &self.variables, search_path }
    }

    /// Each arm runs when its own condition is true and those before it are not.
    fn branches(&mut self, text: &Text, arms: &[Arm]) {
        let outer = self.guards.len();
        for arm in arms {
            let row = self.head(text, &arm.head, "if");
            let first = self.parts.steps.len();
            let condition = arm.condition.as_ref().map(|condition| self.condition(text, condition));
            if let Some(condition) = &condition {
                self.guards.push(Guard::If { condition: condition.clone(), negated: false });
            }
            self.nodes(text, &arm.body);
            self.close_head(row, first, "nothing in it touches rows");
            if let Some(condition) = condition {
                self.guards.pop();
                self.guards.push(Guard::If { condition, negated: true });
            }
        }
        self.guards.truncate(outer);
    }

    fn condition(&self, text: &Text, condition: &Condition) -> Sql {
        let mut fragment = Fragment::empty();
        if let Some(subject) = &condition.subject {
            fragment.extend(&text.cut(subject.clone()));
            if let Some(span) = text.span(condition.test.clone()) {
                fragment.push(" = ", span, false);
            }
        }
        fragment.extend(&text.cut(condition.test.clone()));
        effect::expression(&fragment, &self.around())
    }

    /// A row for a head, to be closed once it is known what it guards; none for an empty head (ELSE).
    fn head(&mut self, text: &Text, head: &std::ops::Range<usize>, what: &str) -> Option<usize> {
        if head.is_empty() {
            return None;
        }
        let span = text.span(head.clone())?;
        Some(self.row(span, what, StatementReading::Steps(Vec::new())))
    }

    fn close_head(&mut self, row: Option<usize>, first: usize, nothing: &str) {
        let steps: Vec<usize> = (first..self.parts.steps.len()).collect();
        let Some(row) = row.and_then(|row| self.parts.statements.get_mut(row)) else { return };
        row.reading = match steps.as_slice() {
            [] => StatementReading::Dropped(nothing.to_owned()),
            _ => StatementReading::Steps(steps),
        };
    }

    fn looped(&mut self, text: &Text, looped: &Loop) {
        let row = self.head(text, &looped.head, "loop");
        let first = self.parts.steps.len();
        let head = effect::expression(&text.cut(looped.head.clone()), &self.around());
        let variable = looped.variable.map(|at| text.word(at).to_lowercase());
        let query = looped.variable.and_then(|_| self.loop_query(text, looped));
        self.variables.extend(variable.clone());
        self.guards.push(Guard::Loop { head, variable, query: query.map(Box::new) });
        self.nodes(text, &looped.body);
        self.guards.pop();
        self.close_head(row, first, "nothing in it touches rows");
        if let Some(until) = &looped.until {
            let row = self.head(text, until, "until");
            self.close_head(row, first, "nothing in the loop touches rows");
        }
    }

    /// The query of a FOR loop, with its parentheses taken off.
    fn loop_query(&self, text: &Text, looped: &Loop) -> Option<Query> {
        let over = &looped.over;
        let inside = text.closing(over.start) + 1 == over.end && over.len() > 2;
        let range = if inside { over.start + 1..over.end - 1 } else { over.clone() };
        if !text.is_any(range.start, &["select", "with"]) {
            return None;
        }
        match self.understand(&text.cut(range)).outcome {
            Outcome::Effects(effects) => effects.into_iter().find_map(|effect| {
                if let Effect::Read { body: Body::Query(query) } = effect { Some(query) } else { None }
            }),
            Outcome::Config(_) | Outcome::Dropped(_) | Outcome::Unread { .. } => None,
        }
    }

    fn handler(&mut self, text: &Text, handler: &Handler) {
        let row = self.head(text, &handler.head, "error handler");
        let first = self.parts.steps.len();
        let conditions = text.slice(handler.conditions.clone()).to_owned();
        self.guards.push(Guard::Handler { conditions });
        self.nodes(text, &handler.body);
        self.guards.pop();
        self.close_head(row, first, "it only reports the error");
    }

    fn shell(&mut self, text: &Text, shell: &Shell) {
        if shell.kind == ShellKind::Anonymous {
            self.header(text, shell, "its statements run where it stands");
            self.shell_body(text, shell);
            return;
        }
        let Some(span) = text.span(shell.whole.clone()) else { return };
        let name = self.name(text, shell);
        let mut inner = Self::new(self.lexing, &[]);
        inner.search_path = shell.search_path.clone().or_else(|| self.search_path.clone());
        inner.prefix = if shell.kind == ShellKind::Package { format!("{name}.") } else { self.prefix.clone() };
        inner.declare_params(text, shell);
        inner.header(text, shell, "the procedure's steps became models");
        inner.shell_body(text, shell);
        let (script, findings, within) = inner.finish(name, ScriptKind::Procedure, span);
        self.parts.findings.extend(findings);
        self.scripts.push(script);
        self.scripts.extend(within);
    }

    fn name(&self, text: &Text, shell: &Shell) -> String {
        let relation = Relation::plain(text.slice(shell.name.clone()), self.dialect());
        format!("{}{relation}", self.prefix)
    }

    fn declare_params(&mut self, text: &Text, shell: &Shell) {
        for param in &shell.params {
            let Some(name) = param.name.map(|at| bare_name(text.word(at))) else { continue };
            self.variables.push(name.to_lowercase());
            if param.given {
                self.parts.params.push(Param {
                    name: name.to_owned(),
                    sql_type: text.slice(param.sql_type.clone()).to_owned(),
                    default: param.default.clone().map(|range| text.slice(range).to_owned()),
                });
            }
        }
    }

    fn header(&mut self, text: &Text, shell: &Shell, what: &str) {
        if let Some(span) = text.span(shell.header.clone()) {
            self.row(span, "procedure header", StatementReading::Config(what.to_owned()));
        }
    }

    fn shell_body(&mut self, text: &Text, shell: &Shell) {
        match &shell.body {
            ShellBody::Nodes(nodes) => self.nodes(text, nodes),
            ShellBody::Quoted(at) => {
                let escapes = self.dialect().traits().backslash_escapes;
                if let Some(body) = literal::content(text, *at, escapes) {
                    self.read(body);
                }
            }
        }
    }

    /// The script, its findings, and the scripts within it.
    pub fn finish(self, name: String, kind: ScriptKind, span: Span) -> (Script, Vec<Finding>, Vec<Script>) {
        let mut script = Script::new(name, kind, span, self.dialect());
        script.params = self.parts.params;
        script.steps = self.parts.steps;
        script.statements = self.parts.statements;
        script.facts = self.parts.facts;
        (script, self.parts.findings, self.scripts)
    }
}

/// A name without sigil and quotes.
pub(super) fn bare_name(word: &str) -> &str {
    word.trim_start_matches(['@', ':', '$']).trim_matches(['"', '`', '[', ']'])
}
