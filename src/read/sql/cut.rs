//! The cutter: tokens to a tree of statements and blocks.
//!
//! In: a text. Out: its tree, and the heads that nothing closes. Every token lies in exactly one statement or head, or
//! is what joins them. Never fails: a block that is not closed ends with the text.

use std::ops::Range;

use super::tokens::{Text, TokenKind};
use super::tree::{Arm, Condition, Handler, Leaf, LeafKind, Loop, Node};
use crate::dialect::{Dialect, Traits};

/// How deep blocks may nest; what lies deeper is cut as plain statements.
const DEEPEST: usize = 200;

/// The tree of a text.
#[derive(Debug, Clone, Default)]
pub struct Cut {
    /// The pieces, in order.
    pub nodes: Vec<Node>,
    /// Heads of blocks that are not closed.
    pub unclosed: Vec<Range<usize>>,
}

/// Cuts `text`.
pub fn cut(text: &Text, dialect: Dialect) -> Cut {
    let mut cutter = Cutter { text, traits: dialect.traits(), at: 0, depth: 0, unclosed: Vec::new() };
    let nodes = cutter.nodes(Until::End);
    Cut { nodes, unclosed: cutter.unclosed }
}

/// What ends a run of statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// The end of the text.
    End,
    /// `END`, `ELSE`, `WHEN` and their like, or the end of the batch.
    Block,
    /// The end of the batch, or the next procedure.
    Batch,
}

/// The state of one pass over a text.
pub(super) struct Cutter<'a> {
    pub(super) text: &'a Text,
    pub(super) traits: &'static Traits,
    pub(super) at: usize,
    /// How many blocks are open.
    pub(super) depth: usize,
    pub(super) unclosed: Vec<Range<usize>>,
}

impl Cutter<'_> {
    pub(super) fn is(&self, word: &str) -> bool {
        self.text.is(self.at, word)
    }

    /// Takes the token when it is `word`.
    pub(super) fn take(&mut self, word: &str) -> bool {
        let found = self.is(word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn done(&self) -> bool {
        self.at >= self.text.len()
    }

    pub(super) fn at_separator(&self) -> bool {
        self.text.kind(self.at) == Some(TokenKind::Separator)
    }

    /// The statements up to what `until` says, which is left standing.
    pub(super) fn nodes(&mut self, until: Until) -> Vec<Node> {
        let mut nodes = Vec::new();
        loop {
            while self.take(";") {}
            if self.done() || self.stops(until) {
                return nodes;
            }
            let before = self.at;
            if self.at_separator() {
                self.at += 1;
                nodes.push(Node::BatchEnd);
            } else {
                self.node(&mut nodes);
            }
            if self.at == before {
                nodes.push(self.rest_of_statement(before));
            }
        }
    }

    fn stops(&self, until: Until) -> bool {
        match until {
            Until::End => false,
            Until::Block => self.at_separator() || self.closes_block(),
            Until::Batch => self.at_separator() || self.opens_procedure(),
        }
    }

    /// Whether a word stands here that no statement begins with.
    fn closes_block(&self) -> bool {
        if self.traits.bare_statements {
            return (self.is("end") && !self.text.is(self.at + 1, "conversation")) || self.is("else");
        }
        self.text.is_any(self.at, &["end", "else", "elsif", "elseif", "when", "until"])
            || self.text.are(self.at, &["exception", "when"])
    }

    /// One token at least, so that every loop ends.
    fn rest_of_statement(&mut self, start: usize) -> Node {
        self.at = start + 1;
        self.statement(start)
    }

    /// One statement or block.
    pub(super) fn node(&mut self, nodes: &mut Vec<Node>) {
        if self.text.kind(self.at) == Some(TokenKind::Client) {
            self.at += 1;
            nodes.push(leaf(self.at - 1..self.at, LeafKind::Client));
            return;
        }
        if let Some(name) = self.label() {
            let opens = ["begin", "loop", "while", "repeat", "for"];
            if !self.text.is_any(self.at, &opens) {
                nodes.push(Node::Label(name));
            }
            return;
        }
        if self.depth >= DEEPEST {
            if !self.done() {
                nodes.push(self.statement(self.at));
            }
            return;
        }
        let start = self.at;
        let node = match self.text.word(start).to_ascii_lowercase().as_str() {
            "begin" => self.begin(),
            "declare" if self.traits.declare_section => self.declared_block(),
            "declare" => self.declared_handler(),
            "if" if self.traits.bare_statements => self.bare_if(),
            "while" if self.traits.bare_statements => self.bare_while(),
            "if" => self.branches(),
            "case" => self.cases(),
            "loop" | "while" | "for" | "foreach" | "repeat" if !self.traits.bare_statements => self.looped(),
            "forall" if self.traits.header_declares => self.for_all(),
            "create" | "alter" | "do" => self.shell(),
            _ => None,
        };
        let node = node.unwrap_or_else(|| {
            self.at = start;
            self.statement(start)
        });
        nodes.push(node);
    }

    /// One statement or block, as the body of something: labels before it are passed.
    pub(super) fn one(&mut self) -> Vec<Node> {
        let mut nodes = Vec::new();
        self.depth += 1;
        let only_labels = |nodes: &[Node]| nodes.iter().all(|node| matches!(node, Node::Label(_)));
        while only_labels(&nodes) && !self.done() && !self.at_separator() && !self.closes_block() && !self.is(";") {
            self.node(&mut nodes);
        }
        self.depth -= 1;
        nodes
    }

    /// Passes `<<label>>` and `label:`; the name.
    fn label(&mut self) -> Option<usize> {
        let angled = self.is("<<") && self.text.is(self.at + 2, ">>");
        let block = ["begin", "loop", "while", "repeat", "for", "if", "case"];
        let opens = self.traits.bare_statements || self.text.is_any(self.at + 2, &block);
        let named = self.text.is_word(self.at) && self.text.is(self.at + 1, ":") && opens;
        let name = self.at + usize::from(angled);
        self.at += if angled { 3 } else { 2 * usize::from(named) };
        (angled || named).then_some(name)
    }

    /// The statement that begins at `start`, of which the tokens up to `self.at` are known to be part.
    pub(super) fn statement(&mut self, start: usize) -> Node {
        let end = if self.traits.bare_statements { self.bare_end(start) } else { self.plain_end(start) };
        self.at = end.max(self.at).max(start + 1);
        leaf(start..self.at, LeafKind::Statement)
    }

    /// Where a statement ends: at a semicolon, at the end of the batch, or at an END that closes the block.
    pub(super) fn plain_end(&self, start: usize) -> usize {
        let mut at = start.max(self.at);
        let mut cases = 0_usize;
        while at < self.text.len() {
            let kind = self.text.kind(at);
            if matches!(kind, Some(TokenKind::Separator)) || self.text.is(at, ";") {
                return at;
            }
            if kind == Some(TokenKind::Client) && at > start {
                return at;
            }
            if self.text.is(at, "case") && !self.text.is(at - usize::from(at > 0), ".") {
                cases += 1;
            } else if self.text.is(at, "end") {
                if cases == 0 && at > start && self.depth > 0 && self.ends_block(at) {
                    return at;
                }
                cases = cases.saturating_sub(1);
            }
            at += 1;
        }
        at
    }

    /// Whether the END at `at` closes a block rather than naming a column.
    fn ends_block(&self, at: usize) -> bool {
        let before = at - usize::from(at > 0);
        if self.text.is_any(before, &[".", ",", "as", "=", "(", "select", "by", "and", "or"]) {
            return false;
        }
        let closes = |at: usize| {
            at >= self.text.len() || self.text.is(at, ";") || self.text.kind(at) == Some(TokenKind::Separator)
        };
        let named = self.text.is_word(at + 1) && closes(at + 2);
        closes(at + 1) || named
    }

    /// `BEGIN … END`; none where BEGIN opens a transaction.
    fn begin(&mut self) -> Option<Node> {
        let next = self.at + 1;
        if self.traits.bare_statements {
            return self.bare_begin();
        }
        let transaction = ["transaction", "work", "isolation", "read", "name", "deferrable", "immediate", "tran", ";"];
        let nothing = next >= self.text.len() || self.text.kind(next) == Some(TokenKind::Separator);
        if nothing || self.text.is_any(next, &transaction) {
            return None;
        }
        let mut nodes = Vec::new();
        self.block(self.at, &mut nodes);
        Some(Node::Block(nodes))
    }

    /// From BEGIN on: the statements, the handlers, END.
    pub(super) fn block(&mut self, head: usize, nodes: &mut Vec<Node>) {
        let opened = head..self.at + 1;
        self.at += 1;
        if self.is("not") && self.text.is(self.at + 1, "atomic") {
            self.at += 2;
        }
        self.take("atomic");
        nodes.extend(self.inside());
        if self.text.are(self.at, &["exception", "when"]) {
            self.at += 1;
            while self.is("when") {
                let Some(handler) = self.handler() else { break };
                nodes.push(handler);
            }
        }
        self.end(opened);
    }

    /// The statements within a block.
    pub(super) fn inside(&mut self) -> Vec<Node> {
        self.depth += 1;
        let nodes = self.nodes(Until::Block);
        self.depth -= 1;
        nodes
    }

    /// `WHEN x THEN …` of a block's EXCEPTION part.
    fn handler(&mut self) -> Option<Node> {
        let start = self.at;
        let then = self.find(start + 1, &["then"])?;
        self.at = then + 1;
        let body = self.inside();
        Some(Node::Handler(Handler { head: start..then + 1, conditions: start + 1..then, body }))
    }

    /// Takes `END`, the word that repeats what ends, and a label.
    pub(super) fn end(&mut self, opened: Range<usize>) {
        if !self.take("end") {
            self.unclosed.push(opened);
            return;
        }
        if self.traits.bare_statements {
            return;
        }
        for word in ["if", "loop", "while", "for", "case", "repeat"] {
            if self.take(word) {
                break;
            }
        }
        let next = self.at + 1;
        let closes =
            next >= self.text.len() || self.text.is(next, ";") || self.text.kind(next) == Some(TokenKind::Separator);
        if self.text.is_name(self.at) && closes {
            self.at += 1;
        }
    }

    /// The first of `words` from `from` on, outside parentheses and CASE, before the statement ends.
    pub(super) fn find(&self, from: usize, words: &[&str]) -> Option<usize> {
        let mut at = from;
        let mut cases = 0_usize;
        while at < self.text.len() && !self.text.is(at, ";") && self.text.kind(at) != Some(TokenKind::Separator) {
            let qualified = at > from && self.text.is(at - 1, ".");
            if cases == 0 && self.text.is_any(at, words) && !qualified {
                return Some(at);
            }
            if self.text.is(at, "case") {
                cases += 1;
            } else if self.text.is(at, "end") {
                cases = cases.saturating_sub(1);
            }
            at = self.text.closing(at) + 1;
        }
        None
    }

    /// `IF x THEN … ELSIF y THEN … ELSE … END IF`.
    fn branches(&mut self) -> Option<Node> {
        let opened = self.at;
        let mut arms = vec![self.arm(None)?];
        while self.text.is_any(self.at, &["elsif", "elseif"]) {
            let Some(arm) = self.arm(None) else { break };
            arms.push(arm);
        }
        arms.extend(self.otherwise());
        self.end(opened..opened + 1);
        Some(Node::If(arms))
    }

    /// A head up to THEN, and what it guards.
    fn arm(&mut self, subject: Option<Range<usize>>) -> Option<Arm> {
        let start = self.at;
        let then = self.find(start + 1, &["then"])?;
        self.at = then + 1;
        let body = self.inside();
        let condition = Some(Condition { subject, test: start + 1..then });
        Some(Arm { head: start..then + 1, condition, body })
    }

    fn otherwise(&mut self) -> Option<Arm> {
        self.take("else").then(|| Arm { head: self.at..self.at, condition: None, body: self.inside() })
    }

    /// `CASE [x] WHEN y THEN … ELSE … END CASE`.
    fn cases(&mut self) -> Option<Node> {
        let opened = self.at;
        let when = self.find(opened + 1, &["when"])?;
        self.find(when + 1, &["then"])?;
        let subject = (when > opened + 1).then_some(opened + 1..when);
        self.at = when;
        let mut arms = Vec::new();
        while self.is("when") {
            let Some(arm) = self.arm(subject.clone()) else { break };
            arms.push(arm);
        }
        if let Some(first) = arms.first_mut() {
            first.head.start = opened;
        }
        arms.extend(self.otherwise());
        self.end(opened..opened + 1);
        Some(Node::If(arms))
    }

    /// LOOP, WHILE, FOR, FOREACH, REPEAT.
    fn looped(&mut self) -> Option<Node> {
        let start = self.at;
        let endless = self.text.is_any(start, &["loop", "repeat"]);
        let opens = if endless { start } else { self.find(start + 1, &["loop", "do"])? };
        let (variable, over) = if endless { (None, start..start) } else { self.over(start, opens) };
        self.at = opens + 1;
        let body = self.inside();
        let until = self.is("until").then(|| self.until());
        self.end(start..opens + 1);
        Some(Node::Loop(Loop { head: start..opens + 1, variable, over, body, until }))
    }

    /// `FORALL i IN a .. b statement`.
    fn for_all(&mut self) -> Option<Node> {
        let start = self.at;
        let statement = self.find(start + 1, &["insert", "update", "delete", "merge", "execute"])?;
        let over = (start + 3).min(statement)..statement;
        self.at = statement;
        let body = vec![self.statement(statement)];
        Some(Node::Loop(Loop { head: start..statement, variable: Some(start + 1), over, body, until: None }))
    }

    /// The variable of a FOR and what it runs over; the condition of a WHILE.
    fn over(&self, start: usize, opens: usize) -> (Option<usize>, Range<usize>) {
        if self.text.is(start, "while") {
            return (None, start + 1..opens);
        }
        let joint = (start + 2..opens).find(|at| self.text.is_any(*at, &["in", "as"]));
        let array = joint.map_or(0, |at| usize::from(self.text.is(at + 1, "array")));
        (Some(start + 1), joint.map_or(opens, |at| at + 1 + array)..opens)
    }

    fn until(&mut self) -> Range<usize> {
        let start = self.at;
        let end = self.find(start + 1, &["end"]).or_else(|| self.find_semicolon(start));
        self.at = end.unwrap_or(self.text.len());
        let range = start..self.at;
        self.take(";");
        range
    }

    fn find_semicolon(&self, from: usize) -> Option<usize> {
        (from..self.text.len()).find(|at| self.text.is(*at, ";"))
    }

    /// `DECLARE … BEGIN … END`.
    fn declared_block(&mut self) -> Option<Node> {
        let start = self.at;
        if self.is_cursor_statement() {
            return None;
        }
        self.at += 1;
        let mut nodes = Vec::new();
        self.declarations(&mut nodes);
        if !self.is("begin") {
            self.unclosed.push(start..start + 1);
            return Some(Node::Block(nodes));
        }
        self.block(start, &mut nodes);
        Some(Node::Block(nodes))
    }

    /// `DECLARE c CURSOR FOR …` outside a body is a statement of its own.
    fn is_cursor_statement(&self) -> bool {
        self.depth == 0
            && self.find(self.at + 1, &["cursor"]).is_some_and(|at| at <= self.at + 6)
            && self.find_semicolon(self.at).is_none_or(|end| !self.section_follows(end + 1))
    }

    fn section_follows(&self, from: usize) -> bool {
        (from..self.text.len()).take(2000).any(|at| self.text.is(at, "begin"))
    }

    /// Declarations up to BEGIN or END; procedures among them are shells.
    pub(super) fn declarations(&mut self, nodes: &mut Vec<Node>) {
        loop {
            while self.take(";") {}
            if self.done() || self.at_separator() || self.text.is_any(self.at, &["begin", "end"]) {
                return;
            }
            let start = self.at;
            if self.text.is_any(start, &["procedure", "function"])
                && self.depth < DEEPEST
                && let Some(shell) = self.local_shell()
            {
                nodes.push(shell);
                continue;
            }
            self.at = start;
            let end = self.declaration_end(start);
            self.at = end;
            nodes.push(leaf(start..end, LeafKind::Declaration));
        }
    }

    fn declaration_end(&self, start: usize) -> usize {
        let opens_line = |at: usize| self.text.tokens.get(at).is_some_and(|token| token.opens_line);
        let body = |at: usize| self.text.is(at, "begin") && opens_line(at);
        let stops =
            |at: &usize| self.text.is(*at, ";") || self.text.kind(*at) == Some(TokenKind::Separator) || body(*at);
        (start + 1..self.text.len()).find(stops).unwrap_or(self.text.len()).max(start + 1)
    }

    /// `DECLARE … HANDLER FOR x statement`; none for every other declaration.
    fn declared_handler(&mut self) -> Option<Node> {
        let start = self.at;
        let kind = self.text.is_any(start + 1, &["continue", "exit", "undo"]);
        if !kind || !self.text.are(start + 2, &["handler", "for"]) {
            return None;
        }
        let conditions = start + 4;
        let mut at = conditions;
        loop {
            at += if self.text.is_any(at, &["not", "sqlstate"]) { 2 } else { 1 };
            at += usize::from(self.text.is(at - 1, "value"));
            if !self.text.is(at, ",") {
                break;
            }
            at += 1;
        }
        self.at = at;
        let body = self.one();
        Some(Node::Handler(Handler { head: start..at, conditions: conditions..at, body }))
    }
}

pub(super) fn leaf(tokens: Range<usize>, kind: LeafKind) -> Node {
    Node::Leaf(Leaf { tokens, kind })
}
