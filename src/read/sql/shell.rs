//! Headers: CREATE PROCEDURE and its like, in every dialect's form, up to where the body begins.
//!
//! In: the cutter at CREATE, ALTER or DO. Out: a shell with its parameters and body; none for what has no body that
//! holds statements (a table, a view, a function in another form), which is then an ordinary statement.

use std::ops::Range;

use super::cut::Cutter;
use super::params;
use super::tokens::TokenKind;
use super::tree::{Node, Shell, ShellBody, ShellKind};

/// Words that may stand between CREATE and the kind of object.
const MODIFIERS: [&str; 14] = [
    "or",
    "replace",
    "alter",
    "editionable",
    "noneditionable",
    "temp",
    "temporary",
    "secure",
    "aggregate",
    "definer",
    "sql",
    "security",
    "invoker",
    "if",
];

/// Words with which a body of one statement begins, where no BEGIN is needed.
const BODY_STARTS: [&str; 14] = [
    "begin", "select", "insert", "update", "delete", "replace", "call", "if", "with", "truncate", "return", "set",
    "while", "create",
];

/// A header as far as it was read.
struct Header {
    start: usize,
    kind: ShellKind,
    name: Range<usize>,
    /// The parentheses of the parameters, without them.
    params: Range<usize>,
}

impl Cutter<'_> {
    /// A shell at CREATE, ALTER or DO.
    pub(super) fn shell(&mut self) -> Option<Node> {
        let start = self.at;
        if self.is("do") {
            return self.anonymous(start);
        }
        if self.is("alter") && !self.traits.bare_statements {
            return None;
        }
        let at = self.object(start + 1)?;
        let kind = shell_kind(self.text.word(at))?;
        let mut at = at + 1;
        at += usize::from(kind == ShellKind::Package && self.text.is(at, "body"));
        at += if self.text.are(at, &["if", "not", "exists"]) { 3 } else { 0 };
        self.header(start, kind, at)
    }

    /// A procedure or function within a declaration section or package.
    pub(super) fn local_shell(&mut self) -> Option<Node> {
        let start = self.at;
        let kind = shell_kind(self.text.word(start))?;
        self.header(start, kind, start + 1)
    }

    /// The word that says what is created, behind its modifiers.
    fn object(&self, from: usize) -> Option<usize> {
        let mut at = from;
        while self.text.is_any(at, &MODIFIERS) {
            let definer = self.text.is(at, "definer");
            at += 1;
            if definer {
                at = (at..at + 10).find(|at| {
                    self.text.is_any(*at, &["procedure", "function", "trigger", "event", "sql", "view", "aggregate"])
                })?;
            }
        }
        Some(at)
    }

    fn header(&mut self, start: usize, kind: ShellKind, name: usize) -> Option<Node> {
        let mut at = name;
        if !self.text.is_name(at) {
            return None;
        }
        at += 1;
        while self.text.is(at, ".") && self.text.is_name(at + 1) {
            at += 2;
        }
        let name = name..at;
        let closing = self.text.closing(at);
        let params = if closing > at { at + 1..closing } else { at..at };
        let after = if closing > at { closing + 1 } else { at };
        let header = Header { start, kind, name, params };
        if kind == ShellKind::Trigger || kind == ShellKind::Task {
            return self.acting(header, after);
        }
        if self.traits.bare_statements {
            return self.bare_shell(header, after);
        }
        if self.traits.header_declares {
            return self.declaring_shell(header, after);
        }
        self.plain_shell(header, after)
    }

    /// PostgreSQL, Snowflake, BigQuery, MySQL, Databricks: a body in quotes, or from BEGIN or DECLARE on.
    fn plain_shell(&mut self, header: Header, after: usize) -> Option<Node> {
        let mut at = after;
        while at < self.text.len() && !self.ends_header(at) {
            if self.is_quoted_body(at) {
                return Some(self.quoted_shell(header, at));
            }
            let label = self.text.is(at + 1, ":") && self.text.is_any(at + 2, &["begin", "loop", "while", "repeat"]);
            let starts = self.text.is_any(at, &["begin", "declare"])
                || (self.traits.bare_bodies && (label || self.text.is_any(at, &BODY_STARTS)));
            if starts {
                self.at = at;
                let body = self.body();
                return Some(self.built(header, at, ShellBody::Nodes(body)));
            }
            at = self.text.closing(at) + 1;
        }
        None
    }

    fn ends_header(&self, at: usize) -> bool {
        self.text.is(at, ";") || matches!(self.text.kind(at), Some(TokenKind::Separator | TokenKind::Client))
    }

    fn is_quoted_body(&self, at: usize) -> bool {
        let literal = matches!(self.text.kind(at), Some(TokenKind::Dollar | TokenKind::String));
        literal && self.text.is(at.saturating_sub(1), "as")
    }

    /// One statement or block as a body, at depth 0 of its own.
    fn body(&mut self) -> Vec<Node> {
        let depth = std::mem::replace(&mut self.depth, 1);
        let mut nodes = Vec::new();
        while nodes.is_empty() && !self.done() && !self.at_separator() && !self.is(";") {
            self.node(&mut nodes);
        }
        self.depth = depth;
        nodes
    }

    /// The body is the literal at `at`; attributes may follow it.
    fn quoted_shell(&mut self, header: Header, at: usize) -> Node {
        let mut end = at + 1;
        while end < self.text.len() && !self.ends_header(end) && !self.opens_next(end) {
            end = self.text.closing(end) + 1;
        }
        self.at = end;
        self.built(header, at, ShellBody::Quoted(at))
    }

    /// Whether another statement begins although no semicolon ended the header.
    fn opens_next(&self, at: usize) -> bool {
        let opens_line = self.text.tokens.get(at).is_some_and(|token| token.opens_line);
        opens_line
            && self.text.is_any(at, &["create", "call", "select", "insert", "drop", "grant", "alter", "do", "begin"])
    }

    fn built(&self, header: Header, body_at: usize, body: ShellBody) -> Node {
        let language = self.language(header.params.end, body_at).or_else(|| self.language(body_at, self.at));
        let search_path =
            self.header_path(header.params.end, body_at).or_else(|| self.header_path(body_at + 1, self.at));
        Node::Shell(Box::new(Shell {
            kind: header.kind,
            header: header.start..body_at,
            name: header.name,
            params: params::parameters(self.text, header.params),
            language: language.unwrap_or_default(),
            search_path,
            body,
            whole: header.start..self.at,
        }))
    }

    /// What LANGUAGE says between two tokens, in lower case.
    fn language(&self, from: usize, to: usize) -> Option<String> {
        let at = (from..to).find(|at| self.text.is(*at, "language"))?;
        let name = self.text.word(at + 1).trim_matches(['\'', '"']).to_ascii_lowercase();
        Some(name)
    }

    /// The first schema of `SET search_path = …` between two tokens.
    fn header_path(&self, from: usize, to: usize) -> Option<String> {
        let at = (from..to).find(|at| self.text.is(*at, "search_path"))?;
        let value = at + 1 + usize::from(self.text.is_any(at + 1, &["=", "to"]));
        let name = self.text.word(value).trim_matches(['\'', '"']);
        (!name.is_empty() && !name.starts_with('$') && !name.eq_ignore_ascii_case("from")).then(|| name.to_owned())
    }

    /// `DO [LANGUAGE x] $$ … $$`.
    fn anonymous(&mut self, start: usize) -> Option<Node> {
        let literal = |at: usize| matches!(self.text.kind(at), Some(TokenKind::Dollar | TokenKind::String));
        let at = if self.text.is(start + 1, "language") { start + 3 } else { start + 1 };
        if !literal(at) {
            return None;
        }
        let header = Header { start, kind: ShellKind::Anonymous, name: start..start, params: start..start };
        Some(self.quoted_shell(header, at))
    }

    /// T-SQL: parameters with or without parentheses, then AS, then the rest of the batch.
    fn bare_shell(&mut self, mut header: Header, after: usize) -> Option<Node> {
        let as_at = self.bare_as(after)?;
        if header.params.is_empty() {
            header.params = after..self.bare_params_end(after, as_at);
        }
        let begins = usize::from(self.text.is(as_at, "as"));
        self.at = as_at + begins;
        if self.text.is(self.at, "external") {
            return None;
        }
        let body_at = self.at;
        let body = self.batch();
        Some(self.built(header, body_at, ShellBody::Nodes(body)))
    }

    /// The AS that opens the body; a function may leave it out before BEGIN or RETURN.
    fn bare_as(&self, after: usize) -> Option<usize> {
        let mut at = after;
        while at < self.text.len() && self.text.kind(at) != Some(TokenKind::Separator) {
            let typed = self.text.kind(at.saturating_sub(1)) == Some(TokenKind::Variable);
            let caller = self.text.is_any(at.saturating_sub(1), &["execute", "exec"]);
            if self.text.is(at, "as") && !typed && !caller {
                return Some(at);
            }
            if self.text.is_any(at, &["begin", "return"]) {
                return Some(at);
            }
            at = self.text.closing(at) + 1;
        }
        None
    }

    /// Parameters without parentheses end before WITH, FOR or RETURNS.
    fn bare_params_end(&self, from: usize, to: usize) -> usize {
        if self.text.kind(from) != Some(TokenKind::Variable) {
            return from;
        }
        (from..to).find(|at| self.text.is_any(*at, &["with", "for", "returns"])).unwrap_or(to)
    }

    /// Oracle: IS or AS, declarations, BEGIN … END.
    fn declaring_shell(&mut self, header: Header, after: usize) -> Option<Node> {
        let mut at = after;
        while at < self.text.len() && !self.ends_header(at) && !self.text.is_any(at, &["is", "as"]) {
            at = self.text.closing(at) + 1;
        }
        if !self.text.is_any(at, &["is", "as"]) || self.text.is_any(at + 1, &["language", "external"]) {
            return None;
        }
        let head = header.start..at + 1;
        self.at = at + 1;
        self.take("declare");
        let body = self.declared_body(head, header.kind);
        Some(self.built(header, at + 1, ShellBody::Nodes(body)))
    }

    fn declared_body(&mut self, head: Range<usize>, kind: ShellKind) -> Vec<Node> {
        let depth = self.depth;
        self.depth += 1;
        let mut nodes = Vec::new();
        self.declarations(&mut nodes);
        self.depth = depth;
        if self.is("begin") {
            self.block(head.start, &mut nodes);
        } else if self.is("end") && kind == ShellKind::Package {
            self.end(head);
        } else {
            self.unclosed.push(head);
        }
        nodes
    }

    /// Triggers, tasks and events: the action follows BEGIN, AS or DO.
    fn acting(&mut self, header: Header, after: usize) -> Option<Node> {
        if self.traits.bare_statements {
            return self.bare_shell(header, after);
        }
        let mut at = after;
        while at < self.text.len() && !self.ends_header(at) {
            let joint = header.kind == ShellKind::Task && self.text.is_any(at, &["as", "do"]);
            let row = self.traits.bare_bodies && self.text.are(at, &["each", "row"]);
            if joint || row || self.text.is_any(at, &["begin", "declare"]) {
                self.at = at + usize::from(joint) + 2 * usize::from(row);
                let body_at = self.at;
                let body = self.body();
                return Some(self.built(header, body_at, ShellBody::Nodes(body)));
            }
            at = self.text.closing(at) + 1;
        }
        None
    }
}

fn shell_kind(word: &str) -> Option<ShellKind> {
    match word.to_ascii_lowercase().as_str() {
        "procedure" | "proc" => Some(ShellKind::Procedure),
        "function" => Some(ShellKind::Function),
        "package" => Some(ShellKind::Package),
        "trigger" => Some(ShellKind::Trigger),
        "task" | "event" => Some(ShellKind::Task),
        _ => None,
    }
}
