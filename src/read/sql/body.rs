//! Procedures, functions, packages, triggers: each a script of its own.
//!
//! In: a shell of the tree. Out: a script with the parameters of its header and the steps of its body; for a body in
//! another language than SQL, a finding.

use std::ops::Range;

use super::effect::Outcome;
use super::javascript::{self, Piece};
use super::literal;
use super::script::{Walk, bare_name};
use super::tokens::Text;
use super::tree::{Node, Shell, ShellBody, ShellKind};
use super::values;
use crate::finding::{Code, Finding};
use crate::name::Relation;
use crate::steps::{Effect, GivenBack, Param, ScriptKind, StatementReading};
use crate::text::{Fragment, Span};

/// Languages whose bodies are read as SQL; the empty one is SQL in every dialect.
const SQL: [&str; 4] = ["", "sql", "plpgsql", "plpgsql2"];

impl Walk<'_> {
    pub(super) fn shell(&mut self, text: &Text, shell: &Shell) {
        if shell.kind == ShellKind::Anonymous {
            self.header(text, shell, "block header", "its statements run where it stands");
            self.shell_body(text, shell);
            return;
        }
        let Some(span) = text.span(shell.whole.clone()) else { return };
        let name = self.shell_name(text, shell);
        let mut inner = self.inner(text, shell, &name);
        let (what, meaning) = match shell.kind {
            ShellKind::Procedure | ShellKind::Anonymous => ("procedure header", "its steps become models"),
            ShellKind::Function => ("function header", "its steps become models"),
            ShellKind::Package => ("package header", "its procedures are scripts of their own"),
            ShellKind::Trigger => ("trigger header", "it runs at each change of its table"),
            ShellKind::Task => ("task header", "its schedule is that of the job that runs dbt"),
        };
        if !inner.returned_table(text, shell, what) {
            inner.header(text, shell, what, meaning);
        }
        if shell.kind == ShellKind::Trigger {
            inner.trigger(text, shell);
        } else {
            inner.shell_body(text, shell);
        }
        self.conditions = inner.conditions;
        let (script, findings, within) = inner.finish(name, ScriptKind::Procedure, span);
        self.parts.findings.extend(findings);
        self.scripts.push(script);
        self.scripts.extend(within);
    }

    /// The reader of the shell's own script. What stands within a package or procedure sees what that declares.
    fn inner(&self, text: &Text, shell: &Shell, name: &str) -> Self {
        let mut inner = Walk::new(self.lexing, &[]);
        inner.sources = self.sources;
        inner.own_path = self.own_path;
        inner.runners = self.runners;
        inner.runs_parameter = self.is_runner(name);
        inner.search_path = shell.search_path.clone().or_else(|| self.search_path.clone());
        inner.prefix = if shell.kind == ShellKind::Package { format!("{name}.") } else { self.prefix.clone() };
        if self.within {
            inner.variables.clone_from(&self.variables);
            inner.known.clone_from(&self.known);
            inner.cursors.clone_from(&self.cursors);
            inner.types.clone_from(&self.types);
        }
        if self.package {
            inner.parts.params.clone_from(&self.parts.params);
            for (variable, body, span) in &self.globals {
                inner.step(*span, Effect::Bind { variables: vec![variable.clone()], body: body.clone() }, "");
            }
        }
        inner.package = shell.kind == ShellKind::Package;
        inner.within = true;
        inner.conditions = self.conditions;
        if let Some(span) = text.span(shell.name.clone()).filter(|_| self.dialect().traits().sigils) {
            inner.known.insert(super::fold::OWN_NAME.to_owned(), Fragment::made(name, span));
        }
        inner.declare_params(text, shell);
        inner
    }

    fn shell_name(&self, text: &Text, shell: &Shell) -> String {
        let names = shell.name.clone().filter(|at| text.is_name(*at)).map(|at| bare_name(text.word(at)));
        let dotted = names.collect::<Vec<_>>().join(".");
        let relation = Relation::plain(&dotted, self.dialect());
        format!("{}{relation}", self.prefix)
    }

    fn declare_params(&mut self, text: &Text, shell: &Shell) {
        for (place, param) in shell.params.iter().enumerate() {
            let Some(name) = param.name.map(|at| bare_name(text.word(at))) else { continue };
            self.variables.push(name.to_lowercase());
            self.types.insert(name.to_lowercase(), text.slice(param.sql_type.clone()).to_owned());
            if param.out && shell.kind == ShellKind::Procedure {
                let output = GivenBack { name: name.to_owned(), place, taken: param.given };
                self.parts.outputs.push(output);
            }
            if param.given {
                self.parts.params.push(Param {
                    name: name.to_owned(),
                    sql_type: text.slice(param.sql_type.clone()).to_owned(),
                    default: param.default.clone().map(|range| text.slice(range).to_owned()),
                });
            }
        }
    }

    /// `RETURNS @rows TABLE (…)`: the function's header makes the table that its body fills.
    fn returned_table(&mut self, text: &Text, shell: &Shell, what: &str) -> bool {
        if shell.kind != ShellKind::Function || !self.dialect().traits().sigils {
            return false;
        }
        let returns =
            shell.header.clone().find(|at| text.is(*at, "returns") && text.is(at + 2, "table") && text.is(at + 3, "("));
        let Some((name, span)) = returns.and_then(|at| Some((at + 1, text.span(shell.header.clone())?))) else {
            return false;
        };
        let mut declared = Fragment::empty();
        declared.push("DECLARE ", span, false);
        declared.extend(&text.cut(name..text.closing(name + 2) + 1));
        let Outcome::Effects(effects) = self.understand(&declared).outcome else { return false };
        self.variables.push(bare_name(text.word(name)).to_lowercase());
        let steps = effects.into_iter().map(|effect| self.step(span, effect, "")).collect();
        self.row(span, what, StatementReading::Steps(steps));
        true
    }

    fn header(&mut self, text: &Text, shell: &Shell, what: &str, meaning: &str) {
        if let Some(span) = text.span(shell.header.clone()) {
            self.row(span, what, StatementReading::Config(meaning.to_owned()));
        }
    }

    fn shell_body(&mut self, text: &Text, shell: &Shell) {
        let at = match &shell.body {
            ShellBody::Nodes(nodes) => {
                values::count(text, nodes, 1, &mut self.assigned);
                return self.nodes(text, nodes);
            }
            ShellBody::Quoted(at) => *at,
        };
        let Some(body) = literal::content(text, at, self.dialect()) else { return };
        if shell.kind == ShellKind::Function && self.is_expression(&body) {
            if let Some(span) = text.span(at..at + 1) {
                let meaning = "a scalar function stays a call; the project relies on it";
                self.row(span, "function body", StatementReading::Config(meaning.to_owned()));
            }
        } else if SQL.contains(&shell.language.as_str()) {
            self.read(body);
        } else if shell.language == "javascript" && self.dialect().traits().slash_comments {
            self.javascript(&body);
        } else if let Some(span) = text.span(at..at + 1) {
            self.foreign(&shell.language, span);
        }
    }

    /// Whether a function's body is an expression rather than statements.
    fn is_expression(&self, body: &Fragment) -> bool {
        let text = Text::new(body.clone(), self.lexing);
        let first = text.word(0).to_ascii_lowercase();
        let statement = [
            "select", "with", "insert", "update", "delete", "merge", "begin", "declare", "create", "drop", "truncate",
            "call", "set", "return", "let", "if", "table", "values", "alter", "execute", "perform", "copy", "refresh",
            "grant", "notify", "<<", "",
        ];
        let mut query = 0;
        while text.is(query, "(") {
            query += 1;
        }
        !statement.contains(&first.as_str()) && !text.is_any(query, &["select", "with"])
    }

    /// A body that refract does not read.
    fn foreign(&mut self, language: &str, span: Span) {
        let reason = format!("the body is written in {language}, which is not read");
        let help = "write its steps as SQL, or keep the procedure beside the project";
        self.parts.findings.push(Finding::at(Code::R206, span, reason.clone(), help));
        self.row(span, "body in another language", StatementReading::Unread(reason));
    }

    /// The statements that a JavaScript body sends, each a row; the code between them as well.
    fn javascript(&mut self, body: &Fragment) {
        let mut around = None;
        for piece in javascript::pieces(body) {
            match piece {
                Piece::Code(range) => {
                    let Some(span) = body.span(range) else { continue };
                    around = around.or(Some(span));
                    let why = "JavaScript, of which only the statements that it sends are read";
                    self.row(span, "code", StatementReading::Dropped(why.to_owned()));
                }
                Piece::Sent { place, sql } => self.sent(body, place, sql),
            }
        }
        if let Some(span) = around {
            let message = "the JavaScript around the statements is not read: what it decides or repeats is not known";
            self.parts.findings.push(Finding::at(Code::R206, span, message, "check the order and conditions by hand"));
        }
    }

    fn sent(&mut self, body: &Fragment, place: Range<usize>, sql: Option<Fragment>) {
        let Some(span) = body.span(place.clone()) else { return };
        let text = body.slice(place);
        match sql {
            Some(sql) => self.run_known(sql, span, text.text()),
            None => self.run_unknown(text.clone(), text.text(), span, ""),
        }
    }

    /// Triggers have no counterpart: one row says so for the whole body.
    fn trigger(&mut self, text: &Text, shell: &Shell) {
        let ShellBody::Nodes(nodes) = &shell.body else { return };
        let end = nodes.iter().map(Node::end).max().unwrap_or(shell.header.end);
        let end = end.max(shell.whole.end).max(shell.header.end);
        let Some(span) = text.span(shell.header.end..end).filter(|_| end > shell.header.end) else { return };
        let reason = "a trigger runs at each change of its table, which dbt does not know";
        let help = "move what it does into the models of the tables that it fills";
        self.parts.findings.push(Finding::at(Code::R206, span, reason, help));
        self.row(span, "trigger body", StatementReading::Dropped(reason.to_owned()));
    }
}
