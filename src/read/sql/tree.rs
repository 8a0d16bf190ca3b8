//! The tree that the cutter makes of a text: statements, blocks, branches, loops, handlers, procedures.
//!
//! All ranges count tokens of one text. A statement, a declaration and a head (of a branch, a loop, a handler, a
//! procedure) each become one row of the account. What closes or joins them (`BEGIN`, `END IF`, `ELSE`, labels,
//! semicolons, `GO`, the quotes and attributes behind a body) belongs to no row.

use std::ops::Range;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A statement.
    Leaf(Leaf),
    /// `[DECLARE …] BEGIN … END`, with its declarations first and its handlers last.
    Block(Vec<Node>),
    /// IF or CASE.
    If(Vec<Arm>),
    /// LOOP, WHILE, FOR, REPEAT.
    Loop(Loop),
    /// What runs after an error.
    Handler(Handler),
    /// A procedure, function, package, trigger, task or anonymous block.
    Shell(Box<Shell>),
    /// Where a GOTO may lead: one token.
    Label(usize),
    /// The end of a batch: `GO`, `/`, a notebook's cell.
    BatchEnd,
}

/// A statement without its semicolon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Its tokens.
    pub tokens: Range<usize>,
    /// What it is to the cutter.
    pub kind: LeafKind,
}

/// What a statement is to the cutter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeafKind {
    /// An SQL statement or one of the procedural language.
    Statement,
    /// A declaration of a section, without the word DECLARE.
    Declaration,
    /// A line for the client program.
    Client,
}

/// A branch with the statements that it guards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arm {
    /// `IF x THEN`, `WHEN y THEN`; empty for ELSE.
    pub head: Range<usize>,
    /// What must be true; none for ELSE.
    pub condition: Option<Condition>,
    /// What runs then.
    pub body: Vec<Node>,
}

/// The condition of a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The expression of `CASE expression WHEN`.
    pub subject: Option<Range<usize>>,
    /// The condition, or the value that the subject must have.
    pub test: Range<usize>,
}

/// A loop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loop {
    /// `FOR r IN q LOOP`, `WHILE x DO`, `LOOP`.
    pub head: Range<usize>,
    /// The row or number variable: one token.
    pub variable: Option<usize>,
    /// What it runs over (FOR) or how long (WHILE); empty for LOOP and REPEAT.
    pub over: Range<usize>,
    /// The body.
    pub body: Vec<Node>,
    /// `UNTIL x`.
    pub until: Option<Range<usize>>,
}

/// An error handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handler {
    /// `WHEN x THEN`, `BEGIN CATCH`, `DECLARE EXIT HANDLER FOR x`.
    pub head: Range<usize>,
    /// What is handled; empty for everything.
    pub conditions: Range<usize>,
    /// What runs then.
    pub body: Vec<Node>,
}

/// A named or anonymous body with a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shell {
    /// What it is.
    pub kind: ShellKind,
    /// From CREATE to before the body.
    pub header: Range<usize>,
    /// Its name's tokens; empty for an anonymous block.
    pub name: Range<usize>,
    /// The parameters.
    pub params: Vec<Parameter>,
    /// The language in lower case; empty when it is not said.
    pub language: String,
    /// The schema that the header sets as `search_path`.
    pub search_path: Option<String>,
    /// The body.
    pub body: ShellBody,
    /// Everything, with what follows the body.
    pub whole: Range<usize>,
}

/// What has a header and a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShellKind {
    /// A procedure.
    Procedure,
    /// A function.
    Function,
    /// An Oracle package or its body: its procedures are shells within it.
    Package,
    /// A trigger.
    Trigger,
    /// Something that the database runs by the clock.
    Task,
    /// `DO $$ … $$`.
    Anonymous,
}

/// Where the body is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShellBody {
    /// In the text itself.
    Nodes(Vec<Node>),
    /// In the literal at this token.
    Quoted(usize),
}

/// A parameter of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, with its sigil; none for one that has only a type.
    pub name: Option<usize>,
    /// Its type.
    pub sql_type: Range<usize>,
    /// Its default.
    pub default: Option<Range<usize>>,
    /// Whether the caller gives a value (IN and INOUT).
    pub given: bool,
    /// Whether the caller gets a value (OUT and INOUT).
    pub out: bool,
}

impl Node {
    /// One past its last token.
    pub fn end(&self) -> usize {
        let last = |nodes: &[Self]| nodes.last().map_or(0, Self::end);
        match self {
            Self::Leaf(leaf) => leaf.tokens.end,
            Self::Block(body) => last(body),
            Self::If(arms) => arms.last().map_or(0, |arm| last(&arm.body).max(arm.head.end)),
            Self::Loop(looped) => last(&looped.body).max(looped.head.end),
            Self::Handler(handler) => last(&handler.body).max(handler.head.end),
            Self::Shell(shell) => shell.whole.end,
            Self::Label(at) => at + 1,
            Self::BatchEnd => 0,
        }
    }
}
