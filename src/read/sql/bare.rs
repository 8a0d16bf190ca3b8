//! Statements that need no semicolon (T-SQL): where one ends and the next begins, and blocks that guard one statement.
//!
//! In: the cutter at a statement. Out: its end. A reserved word that can open a statement does so unless what stands
//! before it asks for it: `UNION SELECT`, `THEN UPDATE SET`, `ROWS FETCH`, `INSERT t SELECT`.

use super::cut::{Cutter, Until};
use super::tokens::TokenKind;
use super::tree::{Arm, Condition, Handler, Loop, Node};

/// Words that open a statement wherever they are not asked for. All are reserved.
const OPENERS: [&str; 46] = [
    "alter",
    "backup",
    "begin",
    "break",
    "bulk",
    "checkpoint",
    "close",
    "commit",
    "continue",
    "create",
    "dbcc",
    "deallocate",
    "declare",
    "delete",
    "deny",
    "drop",
    "exec",
    "execute",
    "fetch",
    "goto",
    "grant",
    "if",
    "insert",
    "kill",
    "merge",
    "open",
    "print",
    "raiserror",
    "reconfigure",
    "restore",
    "return",
    "revert",
    "revoke",
    "rollback",
    "save",
    "select",
    "set",
    "throw",
    "truncate",
    "update",
    "use",
    "waitfor",
    "while",
    "with",
    "copy",
    "rename",
];

/// Kinds of objects, after which `IF EXISTS` belongs to the statement.
const OBJECTS: [&str; 22] = [
    "table",
    "view",
    "procedure",
    "proc",
    "function",
    "index",
    "schema",
    "database",
    "trigger",
    "type",
    "sequence",
    "synonym",
    "user",
    "role",
    "login",
    "column",
    "constraint",
    "statistics",
    "default",
    "rule",
    "aggregate",
    "assembly",
];

/// What a statement still waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaits {
    Nothing,
    /// The source of an INSERT.
    Source,
    /// The statement behind common table expressions.
    Body,
}

/// One statement on the way.
struct Scan {
    start: usize,
    /// The word that says what the statement is.
    lead: String,
    awaits: Awaits,
    /// Whether the SET of an UPDATE was seen.
    set: bool,
}

impl Cutter<'_> {
    /// Where the statement that begins at `start` ends.
    pub(super) fn bare_end(&self, start: usize) -> usize {
        let mut scan = Scan { start, lead: String::new(), awaits: Awaits::Nothing, set: false };
        self.lead(&mut scan, start);
        let mut at = start.max(self.at.saturating_sub(1));
        let mut cases = 0_usize;
        loop {
            at = self.step(&mut scan, at);
            if at >= self.text.len() || self.ends_here(at) {
                return at;
            }
            if self.text.is(at, "case") {
                cases += 1;
            } else if self.text.is(at, "end") && cases > 0 {
                cases -= 1;
            } else if cases == 0 && (self.text.is_any(at, &["end", "else"]) || self.opens(&mut scan, at)) {
                return at;
            }
        }
    }

    /// The next token outside parentheses; a query in parentheses is what an INSERT waits for.
    fn step(&self, scan: &mut Scan, at: usize) -> usize {
        let closing = self.text.closing(at);
        if closing > at && scan.awaits == Awaits::Source && self.text.is_any(at + 1, &["select", "with", "("]) {
            scan.awaits = Awaits::Nothing;
        }
        closing + 1
    }

    fn ends_here(&self, at: usize) -> bool {
        self.text.is(at, ";") || matches!(self.text.kind(at), Some(TokenKind::Separator | TokenKind::Client))
    }

    /// Notes the word that says what the statement is, and what it waits for.
    fn lead(&self, scan: &mut Scan, at: usize) {
        scan.lead = self.text.word(at).to_ascii_lowercase();
        scan.awaits = match scan.lead.as_str() {
            "with" => Awaits::Body,
            "insert" => Awaits::Source,
            _ => Awaits::Nothing,
        };
    }

    /// Whether the token opens the next statement.
    fn opens(&self, scan: &mut Scan, at: usize) -> bool {
        if self.text.is_word(at) && self.text.is(at + 1, ":") && self.opens_line(at) {
            return true;
        }
        if scan.awaits == Awaits::Source && self.text.is_any(at, &["values", "default"]) {
            scan.awaits = Awaits::Nothing;
        }
        self.is_opener(at) && !self.asked_for(scan, at)
    }

    fn opens_line(&self, at: usize) -> bool {
        self.text.tokens.get(at).is_some_and(|token| token.opens_line)
    }

    /// Whether the word can open a statement here at all.
    fn is_opener(&self, at: usize) -> bool {
        if !self.text.is_word(at) || !self.text.is_any(at, &OPENERS) || self.text.is(at - usize::from(at > 0), ".") {
            return false;
        }
        match self.text.word(at).to_ascii_lowercase().as_str() {
            "with" => self.opens_ctes(at),
            "merge" => !self.text.is_any(at + 1, &["join", "union"]),
            "throw" => self.opens_line(at) || self.throws(at + 1),
            "copy" => self.opens_line(at) && self.text.is(at + 1, "into"),
            "rename" => self.text.is(at + 1, "object"),
            "revert" => self.opens_line(at),
            "bulk" => self.text.is(at + 1, "insert"),
            "truncate" => self.text.is(at + 1, "table"),
            "update" => !self.text.is(at + 1, "("),
            _ => true,
        }
    }

    /// Whether what stands at `next` follows THROW, which is not reserved.
    fn throws(&self, next: usize) -> bool {
        let ends = next >= self.text.len() || self.ends_here(next) || self.text.is(next, "end");
        ends || matches!(self.text.kind(next), Some(TokenKind::Number | TokenKind::Variable))
    }

    /// `WITH name [(columns)] AS (` rather than a hint.
    fn opens_ctes(&self, at: usize) -> bool {
        let columns = self.text.closing(at + 2);
        let behind = if columns > at + 2 { columns + 1 } else { at + 2 };
        (self.text.is_name(at + 1) && self.text.are(behind, &["as", "("])) || self.text.is(at + 1, "xmlnamespaces")
    }

    /// Whether what stands before the word asks for it.
    fn asked_for(&self, scan: &mut Scan, at: usize) -> bool {
        let before = at.saturating_sub(1);
        let after = |words: &[&str]| at > scan.start && self.text.is_any(before, words);
        let word = self.text.word(at).to_ascii_lowercase();
        if after(&["as", "for"]) || (matches!(scan.lead.as_str(), "grant" | "deny" | "revoke") && at <= scan.start + 1)
        {
            self.expect(scan, at);
            return true;
        }
        match word.as_str() {
            "select" => {
                after(&["union", "except", "intersect", "all", "return"])
                    || self.awaited(scan, at, &[Awaits::Source, Awaits::Body])
            }
            // SQL Server wants the WITH before the INSERT, other engines take it behind the columns.
            "with" => after(&["return"]) || self.awaited(scan, at, &[Awaits::Source]),
            "insert" | "update" | "delete" | "merge" => {
                let reference = matches!(scan.lead.as_str(), "create" | "alter") && after(&["on"]);
                reference || after(&["then", ",", "bulk", "after", "before"]) || self.awaited(scan, at, &[Awaits::Body])
            }
            "set" => self.set_belongs(scan, at),
            "exec" | "execute" => {
                after(&["with", "grant", "deny", "revoke", ","]) || self.awaited(scan, at, &[Awaits::Source])
            }
            "alter" | "drop" => after(&[",", "or", "grant", "deny", "revoke"]) || self.follows_altered(scan, at),
            "create" | "backup" => after(&[",", "grant", "deny", "revoke"]),
            "grant" => after(&["with", "revoke"]),
            "if" => after(&OBJECTS) && (self.text.is(at + 1, "exists") || self.text.are(at + 1, &["not", "exists"])),
            "fetch" => after(&["row", "rows"]),
            _ => false,
        }
    }

    /// `CREATE VIEW v AS WITH … SELECT`: the SELECT behind belongs to it.
    fn expect(&self, scan: &mut Scan, at: usize) {
        if self.text.is(at, "with") && self.opens_ctes(at) {
            scan.awaits = Awaits::Body;
        }
    }

    /// Takes what the statement waits for.
    fn awaited(&self, scan: &mut Scan, at: usize, awaits: &[Awaits]) -> bool {
        if !awaits.contains(&scan.awaits) {
            return false;
        }
        let body = scan.awaits == Awaits::Body;
        scan.awaits = Awaits::Nothing;
        if body {
            self.lead(scan, at);
        } else {
            self.expect(scan, at);
        }
        true
    }

    fn set_belongs(&self, scan: &mut Scan, at: usize) -> bool {
        let before = at.saturating_sub(1);
        let update = scan.lead == "update" && !scan.set;
        scan.set |= update;
        let merged = scan.lead == "merge" && self.text.is(before, "update");
        let reference = self.text.is_any(before, &["delete", "update"]) && self.text.is(before.saturating_sub(1), "on");
        update || merged || reference || self.follows_altered(scan, at)
    }

    /// Whether only `ALTER kind name` stands before the word.
    fn follows_altered(&self, scan: &Scan, at: usize) -> bool {
        let mut name = scan.start + 2;
        while self.text.is(name + 1, ".") {
            name += 2;
        }
        scan.lead == "alter" && name + 1 == at
    }

    /// `IF condition statement [ELSE statement]`.
    pub(super) fn bare_if(&mut self) -> Option<Node> {
        let start = self.at;
        let end = self.bare_condition(start)?;
        let condition = Some(Condition { subject: None, test: start + 1..end });
        let mut arms = vec![Arm { head: start..end, condition, body: self.guarded(end) }];
        let semicolon = self.at;
        self.take(";");
        if self.take("else") {
            let at = self.at;
            arms.push(Arm { head: at..at, condition: None, body: self.guarded(at) });
        } else {
            self.at = semicolon;
        }
        Some(Node::If(arms))
    }

    /// `WHILE condition statement`.
    pub(super) fn bare_while(&mut self) -> Option<Node> {
        let start = self.at;
        let end = self.bare_condition(start)?;
        let body = self.guarded(end);
        Some(Node::Loop(Loop { head: start..end, variable: None, over: start + 1..end, body, until: None }))
    }

    /// Where the condition of an IF or WHILE ends: before the statement that it guards.
    fn bare_condition(&self, start: usize) -> Option<usize> {
        let mut scan = Scan { start, lead: "if".to_owned(), awaits: Awaits::Nothing, set: false };
        let mut at = self.text.closing(start + 1) + 1;
        let mut cases = usize::from(self.text.is(start + 1, "case"));
        loop {
            if at >= self.text.len() || self.ends_here(at) {
                return None;
            }
            if self.text.is(at, "case") {
                cases += 1;
            } else if self.text.is(at, "end") && cases > 0 {
                cases -= 1;
            } else if cases == 0 && self.opens(&mut scan, at) {
                return Some(at);
            } else if cases == 0 && self.text.is_any(at, &["end", "else"]) {
                return None;
            }
            at = self.text.closing(at) + 1;
        }
    }

    fn guarded(&mut self, at: usize) -> Vec<Node> {
        self.at = at;
        self.one()
    }

    /// `BEGIN … END`, `BEGIN TRY … END TRY BEGIN CATCH … END CATCH`; none for a transaction or a conversation.
    pub(super) fn bare_begin(&mut self) -> Option<Node> {
        let start = self.at;
        if self.text.is_any(start + 1, &["tran", "transaction", "distributed", "dialog", "conversation"]) {
            return None;
        }
        let word = ["try", "catch"].into_iter().find(|word| self.text.is(start + 1, word));
        self.at += 1 + usize::from(word.is_some());
        if self.take("atomic") && self.take("with") {
            self.at = self.text.closing(self.at) + 1;
        }
        let head = start..self.at;
        let body = self.inside();
        self.end(head.clone());
        if let Some(word) = word {
            self.take(word);
        }
        if word == Some("catch") {
            return Some(Node::Handler(Handler { conditions: head.end..head.end, head, body }));
        }
        Some(Node::Block(body))
    }

    /// Whether a procedure begins here: it is always the first of its batch.
    pub(super) fn opens_procedure(&self) -> bool {
        let alter =
            self.text.are(self.at, &["create", "or", "alter"]) || self.text.are(self.at, &["create", "or", "replace"]);
        let kind = self.at + if alter { 3 } else { 1 };
        self.text.is_any(self.at, &["create", "alter"])
            && self.text.is_any(kind, &["procedure", "proc", "function", "trigger"])
    }

    /// The body of a procedure that lasts to the end of its batch.
    pub(super) fn batch(&mut self) -> Vec<Node> {
        let depth = std::mem::take(&mut self.depth);
        let nodes = self.nodes(Until::Batch);
        self.depth = depth;
        nodes
    }
}
