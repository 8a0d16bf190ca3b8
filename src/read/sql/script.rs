//! From the tree of a text to the steps and statements of its scripts.
//!
//! In: a text and its tree. Out: per procedure a script, and one for the statements that stand outside. Each
//! statement, declaration and head gives exactly one row of the account.

use std::collections::BTreeMap;

use super::comment;
use super::cut::{self, Cut};
use super::effect::{self, Surroundings, Understood};
use super::jumps::{Jump, Left};
use super::runners::Runners;
use super::tokens::{Lexing, Text};
use super::tree::{Leaf, LeafKind, Node};
use super::values::{self, Assigned};
use crate::dialect::Dialect;
use crate::finding::{Code, Finding};
use crate::name::Relation;
use crate::steps::{
    Check, Effect, Fact, GivenBack, Guard, Param, Query, Script, ScriptKind, Statement, StatementReading, Step,
};
use crate::text::{Fragment, Sources, Span};

/// What was read of one script, or of one text within another language.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// The steps.
    pub steps: Vec<Step>,
    /// The rows of the account.
    pub statements: Vec<Statement>,
    /// Parameters, constants, holes.
    pub params: Vec<Param>,
    /// What a call of the procedure gives back.
    pub outputs: Vec<GivenBack>,
    /// What is declared.
    pub facts: Vec<Fact>,
    /// Steps that only check.
    pub checks: Vec<Check>,
    /// What there is to say.
    pub findings: Vec<Finding>,
}

/// The reader of one script.
pub struct Walk<'a> {
    pub(super) lexing: Lexing,
    pub(super) parts: Parts,
    pub(super) guards: Vec<Guard>,
    /// Names that are values: without sigils, in lower case.
    pub(super) variables: Vec<String>,
    pub(super) search_path: Option<String>,
    /// Scripts that were found within: procedures.
    pub scripts: Vec<Script>,
    /// Names of the packages and procedures around, for the names of those within.
    pub(super) prefix: String,
    /// Guards that hold to the end of the script, because it was left before.
    pub(super) kept_guards: usize,
    /// How often each variable is given a value.
    pub(super) assigned: Assigned,
    /// What variables hold, where it is known: texts, with holes for what is not.
    pub(super) known: BTreeMap<String, Fragment>,
    /// Literal parts of what variables were ever given.
    pub(super) hints: BTreeMap<String, Fragment>,
    /// Queries of cursors.
    pub(super) cursors: BTreeMap<String, Fragment>,
    /// Collections that a query has filled.
    pub(super) collections: super::collections::Collections,
    /// Prepared statements.
    pub(super) prepared: BTreeMap<String, Fragment>,
    /// Whether this is a procedure: those within it see its variables.
    pub(super) within: bool,
    /// Whether this is a package, whose variables hold their first values in all of its procedures.
    pub(super) package: bool,
    /// The computed first values of its variables.
    pub(super) globals: Vec<(String, Query, Span)>,
    /// All files of the run, where one may include another.
    pub(super) sources: Option<&'a Sources>,
    /// The path of the file that is read.
    pub(super) own_path: &'a str,
    /// The procedures of the run that only run the string that they are given.
    pub(super) runners: Option<&'a Runners>,
    /// Whether this is one of them.
    pub(super) runs_parameter: bool,
    /// Paths that left the branch that is read.
    pub(super) left: Vec<Left>,
    /// Jumps whose label has not come yet.
    pub(super) jumps: Vec<Jump>,
    /// Labels that have come, each with the number of steps before it.
    pub(super) labels: BTreeMap<String, usize>,
    /// How many branches are open.
    pub(super) depth: usize,
    /// How many conditions were named.
    pub(super) conditions: usize,
    /// The types of variables as declared, by name in lower case.
    pub(super) types: BTreeMap<String, String>,
    /// How many dynamic statements are open.
    pub(super) nested: usize,
}

impl Walk<'_> {
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
            kept_guards: 0,
            assigned: Assigned::new(),
            known: BTreeMap::new(),
            hints: BTreeMap::new(),
            cursors: BTreeMap::new(),
            collections: BTreeMap::new(),
            prepared: BTreeMap::new(),
            within: false,
            package: false,
            globals: Vec::new(),
            sources: None,
            own_path: "",
            runners: None,
            runs_parameter: false,
            left: Vec::new(),
            jumps: Vec::new(),
            labels: BTreeMap::new(),
            depth: 0,
            conditions: 0,
            types: BTreeMap::new(),
            nested: 0,
        }
    }

    /// Reads a fragment: cuts it and walks its tree.
    pub fn read(&mut self, fragment: Fragment) {
        let text = Text::new(fragment, self.lexing);
        let Cut { nodes, unclosed } = cut::cut(&text, self.dialect());
        for head in unclosed {
            self.unclosed(&text, head);
        }
        values::count(&text, &nodes, 1, &mut self.assigned);
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
                Node::Leaf(leaf) => {
                    self.leaf(text, leaf);
                    self.always_left(text, leaf);
                }
                Node::Block(body) => self.nodes(text, body),
                Node::If(arms) => self.branches(text, arms),
                Node::Loop(looped) => self.looped(text, looped),
                Node::Handler(handler) => self.handler(text, handler),
                Node::Shell(shell) => self.shell(text, shell),
                Node::Label(at) => self.label(text, *at),
                Node::BatchEnd => self.batch_end(),
            }
        }
    }

    /// Where a batch ends, so do its variables.
    fn batch_end(&mut self) {
        if self.dialect().traits().sigils {
            self.known.clear();
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
            LeafKind::Client => self.client_line(text, leaf, span),
            LeafKind::Declaration => {
                let comment = comment::above(text, leaf.tokens.start);
                self.declaration(text, &leaf.tokens, span, &comment);
            }
            LeafKind::Statement => self.statement(text, &leaf.tokens, span),
        }
    }

    /// Adds a step; its index.
    pub(super) fn step(&mut self, span: Span, mut effect: Effect, comment: &str) -> usize {
        let guards = self.guards.clone();
        if let Some(schema) = &self.search_path {
            let made = |relation: &Relation| {
                self.parts.steps.iter().any(|step| step.effect.made_temporary() == Some(relation))
            };
            effect::qualify(&mut effect, schema, self.dialect(), &made);
        }
        self.parts.steps.push(Step { span, effect, guards, comment: comment.to_owned(), task: None, sent: None });
        self.parts.steps.len() - 1
    }

    pub(super) fn understand(&self, statement: &Fragment) -> Understood {
        effect::understand(&self.with_value_names(statement).fragment, &self.around())
    }

    /// The same where other names are variables.
    pub(super) fn understand_with(&self, statement: &Fragment, variables: &[String]) -> Understood {
        let statement = self.with_value_names(statement).fragment;
        effect::understand(&statement, &Surroundings { variables, ..self.around() })
    }

    pub(super) fn around(&self) -> Surroundings<'_> {
        let search_path = self.search_path.as_deref();
        let templated = self.lexing.templated;
        Surroundings { dialect: self.dialect(), variables: &self.variables, search_path, templated }
    }

    /// The script, its findings, and the scripts within it.
    pub fn finish(self, name: String, kind: ScriptKind, span: Span) -> (Script, Vec<Finding>, Vec<Script>) {
        let mut script = Script::new(name, kind, span, self.dialect());
        script.params = self.parts.params;
        script.outputs = self.parts.outputs;
        script.steps = self.parts.steps;
        script.statements = self.parts.statements;
        script.facts = self.parts.facts;
        script.checks = self.parts.checks;
        (script, self.parts.findings, self.scripts)
    }
}

/// A name without sigil and quotes.
pub(super) fn bare_name(word: &str) -> &str {
    word.trim_start_matches(['@', ':', '$']).trim_matches(['"', '`', '[', ']'])
}
