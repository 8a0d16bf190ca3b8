//! The statements of a Python file, as rows of the account.
//!
//! In: a parsed module. Out: one row for each simple statement, one for each head of a compound one (`def`, `class`,
//! `for`, `if`, `elif`, `else`, `with`, `try`, `except`, `case`), and one for each run of text that the parser could
//! make nothing of. Together the rows cover every token of the file but semicolons, and none twice.

#![expect(clippy::wildcard_enum_match_arm, reason = "ruff's token kinds are many and not ours")]

use std::collections::BTreeMap;

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{ExceptHandler, Stmt};
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::syntax::Module;
use crate::text::Span;

/// The number of a statement in its file's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StatementId(pub(super) usize);

/// One row.
#[derive(Debug, Clone)]
pub struct Row {
    /// Where it stands.
    pub span: Span,
    /// Its kind, in a few lower-case words.
    pub what: &'static str,
    /// Whether the parser could read it.
    pub readable: bool,
}

/// The rows of a file.
#[derive(Debug, Default)]
pub struct Account {
    rows: Vec<Row>,
    by_range: BTreeMap<(u32, u32), usize>,
}

impl Account {
    /// The rows of a module, in file order.
    pub fn of(module: &Module) -> Self {
        let mut collector = Collector { module, ranges: Vec::new() };
        collector.suite(&module.body);
        let mut found = collector.ranges;
        found.extend(left_over(module, &found));
        found.sort_by_key(|entry| (entry.range.start(), entry.range.end()));
        let mut account = Self::default();
        for entry in found {
            if let Some(node) = entry.node {
                account.by_range.insert(key(node), account.rows.len());
            }
            account.rows.push(Row {
                span: module.span(entry.range),
                what: entry.what,
                readable: entry.what != UNREADABLE,
            });
        }
        account
    }

    /// The rows, in file order.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The row of a syntax node.
    pub fn find(&self, node: TextRange) -> Option<StatementId> {
        self.by_range.get(&key(node)).copied().map(StatementId)
    }

    /// The rows that a span touches.
    pub fn touched(&self, span: Span) -> impl Iterator<Item = StatementId> {
        let first = self.rows.partition_point(|row| row.span.end <= span.start);
        let rows = self.rows.iter().enumerate().skip(first);
        rows.take_while(move |(_, row)| row.span.start < span.end)
            .filter(move |(_, row)| row.span.source == span.source)
            .map(|(at, _)| StatementId(at))
    }
}

/// What the parser made nothing of.
const UNREADABLE: &str = "unreadable text";

fn key(range: TextRange) -> (u32, u32) {
    (range.start().to_u32(), range.end().to_u32())
}

struct Entry {
    range: TextRange,
    /// The node by which the evaluator finds the row; none for `else` and the like.
    node: Option<TextRange>,
    what: &'static str,
}

struct Collector<'a> {
    module: &'a Module,
    ranges: Vec<Entry>,
}

impl Collector<'_> {
    fn suite(&mut self, body: &[Stmt]) {
        for statement in body {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt) {
        let range = statement.range();
        match statement {
            Stmt::FunctionDef(def) => self.block("def", range, &def.body),
            Stmt::ClassDef(class) => self.block("class", range, &class.body),
            Stmt::With(with) => self.block("with", range, &with.body),
            Stmt::For(each) => {
                self.block("for", range, &each.body);
                self.keyword_block("else", TokenKind::Else, end_of(&each.body, range), &each.orelse, range);
            }
            Stmt::While(each) => {
                self.block("while", range, &each.body);
                self.keyword_block("else", TokenKind::Else, end_of(&each.body, range), &each.orelse, range);
            }
            Stmt::If(test) => {
                self.block("if", head_range(range, test.elif_else_clauses.first().map(Ranged::range)), &test.body);
                self.rename_node(range);
                for clause in &test.elif_else_clauses {
                    let what = if clause.test.is_some() { "elif" } else { "else" };
                    self.block(what, clause.range(), &clause.body);
                }
            }
            Stmt::Try(attempt) => self.attempt(attempt, range),
            Stmt::Match(choice) => {
                let first = choice.cases.first().map_or(range.end(), Ranged::start);
                self.head("match", range, range.start(), first);
                for case in &choice.cases {
                    self.block("case", case.range(), &case.body);
                }
            }
            simple => {
                let what = simple_kind(simple);
                if !range.is_empty() {
                    self.ranges.push(Entry { range, node: Some(range), what });
                }
            }
        }
    }

    fn attempt(&mut self, attempt: &ruff_python_ast::StmtTry, range: TextRange) {
        self.block("try", range, &attempt.body);
        let mut last = end_of(&attempt.body, range);
        for handler in &attempt.handlers {
            let ExceptHandler::ExceptHandler(handler) = handler;
            self.block("except", handler.range(), &handler.body);
            last = handler.range().end();
        }
        self.keyword_block("else", TokenKind::Else, last, &attempt.orelse, range);
        let last = attempt.orelse.last().map_or(last, Ranged::end);
        self.keyword_block("finally", TokenKind::Finally, last, &attempt.finalbody, range);
    }

    /// A head that starts where its node starts, and its body.
    fn block(&mut self, what: &'static str, range: TextRange, body: &[Stmt]) {
        let first = body.first().map_or(range.end(), Ranged::start);
        self.head(what, range, range.start(), first);
        self.suite(body);
    }

    /// The last head belongs to a node of another range.
    fn rename_node(&mut self, node: TextRange) {
        let head = self.ranges.iter_mut().rev().find(|entry| entry.range.start() == node.start());
        if let Some(head) = head {
            head.node = Some(node);
        }
    }

    /// `else:` and `finally:`, which have no node of their own.
    fn keyword_block(&mut self, what: &'static str, kind: TokenKind, after: TextSize, body: &[Stmt], whole: TextRange) {
        let Some(first) = body.first().map(Ranged::start) else { return };
        let found = tokens_within(self.module, after, first).find(|(token, _)| *token == kind);
        let start = found.map_or(after, |(_, range)| range.start());
        self.head(what, TextRange::new(start, whole.end().max(start)), start, first);
        self.suite(body);
    }

    /// The tokens from `start` to the last one before `end`.
    fn head(&mut self, what: &'static str, node: TextRange, start: TextSize, end: TextSize) {
        let last = tokens_within(self.module, start, end.max(start)).filter(|(kind, _)| is_code(*kind)).last();
        let stop = last.map_or(end, |(_, range)| range.end()).max(start);
        self.ranges.push(Entry { range: TextRange::new(start, stop), node: Some(node), what });
    }
}

fn head_range(range: TextRange, next: Option<TextRange>) -> TextRange {
    TextRange::new(range.start(), next.map_or(range.end(), ruff_text_size::TextRange::start))
}

fn end_of(body: &[Stmt], whole: TextRange) -> TextSize {
    body.last().map_or(whole.start(), Ranged::end)
}

fn tokens_within(module: &Module, start: TextSize, end: TextSize) -> impl Iterator<Item = (TokenKind, TextRange)> {
    let first = module.tokens.partition_point(|(_, range)| range.start() < start);
    module.tokens.iter().skip(first).take_while(move |(_, range)| range.end() <= end).copied()
}

/// Whether a token is code: no layout, no comment.
pub fn is_code(kind: TokenKind) -> bool {
    !matches!(
        kind,
        TokenKind::Comment
            | TokenKind::Newline
            | TokenKind::NonLogicalNewline
            | TokenKind::Indent
            | TokenKind::Dedent
            | TokenKind::EndOfFile
            | TokenKind::Semi
    )
}

/// Runs of tokens that no statement holds, one a line.
fn left_over(module: &Module, found: &[Entry]) -> Vec<Entry> {
    let mut covered: Vec<TextRange> = found.iter().map(|entry| entry.range).collect();
    covered.sort_by_key(ruff_text_size::Ranged::start);
    let mut runs: Vec<Entry> = Vec::new();
    let mut open = false;
    let mut next = covered.iter().peekable();
    for (kind, range) in &module.tokens {
        if !is_code(*kind) || range.is_empty() {
            open &= !matches!(kind, TokenKind::Newline | TokenKind::NonLogicalNewline | TokenKind::Semi);
            continue;
        }
        while next.peek().is_some_and(|held| held.end() <= range.start()) {
            next.next();
            open = false;
        }
        if next.peek().is_some_and(|held| held.start() < range.end()) {
            open = false;
            continue;
        }
        match runs.last_mut().filter(|_| open) {
            Some(run) => run.range = run.range.cover(*range),
            None => runs.push(Entry { range: *range, node: None, what: UNREADABLE }),
        }
        open = true;
    }
    runs
}

fn simple_kind(statement: &Stmt) -> &'static str {
    match statement {
        Stmt::Return(_) => "return",
        Stmt::Delete(_) => "del",
        Stmt::TypeAlias(_) => "type",
        Stmt::Assign(_) | Stmt::AnnAssign(_) => "assignment",
        Stmt::AugAssign(_) => "augmented assignment",
        Stmt::Raise(_) => "raise",
        Stmt::Assert(_) => "assert",
        Stmt::Import(_) | Stmt::ImportFrom(_) => "import",
        Stmt::Global(_) => "global",
        Stmt::Nonlocal(_) => "nonlocal",
        Stmt::Pass(_) => "pass",
        Stmt::Break(_) => "break",
        Stmt::Continue(_) => "continue",
        Stmt::IpyEscapeCommand(_) => "notebook command",
        Stmt::Expr(expression) if expression.value.is_string_literal_expr() => "docstring",
        Stmt::Expr(expression) if expression.value.is_call_expr() => "call",
        _ => "expression",
    }
}
