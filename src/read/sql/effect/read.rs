//! Shared by all kinds of statements: the statement as it is read, and queries cut out of it.
//!
//! In: a parsed statement. Out: queries with their exact text. Never reads on its own.

use std::cell::{Cell, RefCell};
use std::ops::Range;

use sqlparser::ast::{Ident, ObjectName, Query as ParsedQuery, Select, SelectItem, SetExpr, Spanned, With};
use sqlparser::tokenizer::Token;

use super::fingerprint::fingerprint;
use super::found::{Builder, Found, ident};
use super::lex::{Lexed, range};
use super::prepare::Aside;
use super::walk::{Out, Walk, outputs};
use super::{Outcome, Surroundings, Understood};
use crate::finding::{Code, Finding};
use crate::name::Relation;
use crate::steps::{ColumnUse, Edit, Effect, Fact, Output, Query, Sql};
use crate::text::{Fragment, SourceId, Span};

/// Longer chains of operators, and deeper nesting, have no fingerprint: it would cost more than it says.
const FINGERPRINTED: usize = 300;

/// Words that end the query within a statement, when they stand outside of parentheses.
const ENDS: &[&[&str]] = &[
    &["ON", "CONFLICT"],
    &["ON", "DUPLICATE"],
    &["RETURNING"],
    &["WITH", "DATA"],
    &["WITH", "NO"],
    &["WITH", "CHECK"],
    &["WITH", "READ"],
    &["WITH", "CASCADED"],
    &["WITH", "LOCAL"],
];

/// A statement while it is read.
pub struct Reader<'a> {
    /// Its text with places.
    pub statement: &'a Fragment,
    /// What is known around it.
    pub around: &'a Surroundings<'a>,
    /// Its tokens.
    pub lexed: &'a Lexed,
    /// What was set aside.
    pub aside: &'a Aside,
    /// The WITH clause that stands before the statement as a whole.
    pub with: Option<&'a With>,
    /// Places of relation names that only run time knows.
    pub unknown: RefCell<Vec<Range<usize>>>,
    /// Whether one of them is given as a value.
    pub by_value: Cell<bool>,
    /// Facts so far.
    pub facts: Vec<Fact>,
    /// Findings so far.
    pub findings: Vec<Finding>,
}

/// A walk's results, to cut pieces out of.
pub struct Pieces {
    /// What was found.
    pub found: Found,
    /// Columns that decide which rows there are.
    pub deciding: Vec<ColumnUse>,
    /// What is unique in the query.
    pub key: Vec<String>,
}

impl<'a> Reader<'a> {
    /// The statement's text.
    pub fn text(&self) -> &'a str {
        self.statement.text()
    }

    /// A new walk over it.
    pub fn walk(&self) -> Walk<'a> {
        let mut walk = Walk::new(self.statement.text(), self.around, &self.lexed.holes);
        walk.found.edits.extend(self.aside.edits.iter().cloned());
        if let Some(with) = self.with {
            walk.statement_with(with);
        }
        walk
    }

    /// The relation that a name means.
    pub fn relation(&self, name: &ObjectName) -> Relation {
        super::found::relation(name, self.around.dialect)
    }

    /// Names of columns, folded.
    pub fn columns<'c>(&self, names: impl IntoIterator<Item = &'c Ident>) -> Vec<String> {
        names.into_iter().map(|name| ident(name, self.around.dialect).text).collect()
    }

    /// The last part of each name, folded: columns that are given as paths.
    pub fn last_parts<'c>(&self, names: impl IntoIterator<Item = &'c ObjectName>) -> Vec<String> {
        names.into_iter().map(|name| self.relation(name).name().to_owned()).collect()
    }

    /// Reads a query of the statement. A WITH clause before the statement becomes the query's own.
    pub fn query(&self, query: &ParsedQuery) -> Query {
        self.read_query(query, false)
    }

    /// The same for a query that makes a relation. Where no list of columns names them, those without a name get the one that
    /// the author's database gives.
    pub fn defining_query(&self, query: &ParsedQuery, columns: &[String]) -> Query {
        self.read_query(query, columns.is_empty())
    }

    fn read_query(&self, query: &ParsedQuery, names: bool) -> Query {
        let mut walk = self.walk();
        let outs = walk.query(query);
        let mut part = self.query_range(query);
        if names {
            walk.found.edits.extend(super::aliased::edits(self.lexed, query, &outs, &part));
        }
        if let Some(with) = self.with_range() {
            walk.found.edits.push(Edit { range: with.end..part.start, text: "\n".to_owned() });
            part.start = with.start;
        }
        let (deciding, key) = (std::mem::take(&mut walk.deciding), std::mem::take(&mut walk.key));
        let pieces = Pieces { found: self.noted(walk), deciding, key };
        let mut cut = self.cut_query(pieces, &outs, part.clone());
        if self.lexed.longest_chain() <= FINGERPRINTED {
            cut.unnamed = unnamed(query, &cut.outputs);
        }
        if self.with.is_none() && self.lexed.longest_chain() <= FINGERPRINTED {
            let mentions: Vec<usize> =
                cut.sql.mentions.iter().map(|mention| mention.range.start + part.start).collect();
            cut.fingerprint = fingerprint(query, &mentions, self.around.dialect);
        }
        cut
    }

    /// The bytes of the WITH clause before the statement.
    fn with_range(&self) -> Option<Range<usize>> {
        let with = self.with?;
        let last = with.cte_tables.last()?;
        let close = range(last.closing_paren_token.0.span)?;
        Some(self.lexed.start(0)..close.end)
    }

    /// Tokens `part` as a piece of the statement. A name of a CTE that stands before the statement becomes a query
    /// of its own, so that the piece can stand alone.
    pub fn piece(&self, found: &Found, part: Range<usize>) -> Sql {
        let bytes = self.lexed.bytes(part);
        let Some(with) = self.with_range() else { return found.cut(self.statement, bytes) };
        let mut builder = Builder::new(self.span());
        let mut at = bytes.start;
        let with = found.cut(self.statement, with);
        for (place, aliased) in &found.cte_places {
            if place.start < at || place.end > bytes.end {
                continue;
            }
            let name = self.text().get(place.clone()).unwrap_or("");
            let end = if *aliased { ")".to_owned() } else { format!(") as {name}") };
            builder = builder
                .piece(&found.cut(self.statement, at..place.start))
                .text("(")
                .piece(&with)
                .text(&format!("\nselect * from {name}{end}"));
            at = place.end;
        }
        builder.piece(&found.cut(self.statement, at..bytes.end)).done()
    }

    /// Where the statement stands.
    pub fn span(&self) -> Span {
        self.statement.whole().unwrap_or(Span::new(SourceId(0), 0, 0))
    }

    /// A text to put together.
    pub fn builder(&self) -> Builder {
        Builder::new(self.span())
    }

    /// Not read, for a reason; the words of the statement say what it touches.
    pub fn unread(self, what: &str, reason: &str) -> Understood {
        let step = super::fallback::opaque(self.statement, self.around, self.lexed, reason);
        self.effects(what, vec![Effect::Opaque(step)])
    }

    /// The query at bytes `part` of the statement.
    pub fn cut_query(&self, pieces: Pieces, outs: &[Out], part: Range<usize>) -> Query {
        let sql = self.cut(&pieces.found, part);
        let (outputs, branches) = outputs(outs);
        Query { outputs, branches, deciding: pieces.deciding, key: pieces.key, ..Query::new(sql) }
    }

    /// Bytes `part` of the statement with what was found in them.
    pub fn cut(&self, found: &Found, part: Range<usize>) -> Sql {
        found.cut(self.statement, part)
    }

    /// The bytes of a query, from SELECT, WITH or VALUES to its end, without parentheses around the whole.
    pub fn query_range(&self, query: &ParsedQuery) -> Range<usize> {
        let lexed = self.lexed;
        let start = range(query.span()).map_or(0, |place| place.start);
        let mut first = lexed.at_byte(start);
        let values = leftmost_is_values(&query.body);
        while first > 0 && self.belongs_before(first, values) {
            first -= 1;
        }
        let mut last = None;
        let mut open = first;
        while open > 0 && lexed.is(open - 1, &Token::LParen) {
            open -= 1;
            let close = lexed.closing(open);
            if self.ends(close + 1) {
                last.get_or_insert(close);
            } else {
                first = open;
                last = None;
            }
        }
        let last = last.unwrap_or_else(|| lexed.find(first, |_, at| self.ends(at)).unwrap_or(lexed.len()));
        lexed.start(first)..lexed.end(last)
    }

    /// Whether the token before number `at` is part of a query of which the tree gives no place.
    fn belongs_before(&self, at: usize, values: bool) -> bool {
        let lexed = self.lexed;
        let before = at - 1;
        if values {
            return !lexed.is_word(at, "VALUES")
                && (lexed.is(before, &Token::LParen)
                    || lexed.is_word(before, "VALUES")
                    || lexed.is_word(before, "ROW"));
        }
        lexed.is_word(before, "FROM") && !lexed.is_word(at, "SELECT") && !lexed.is_word(at, "WITH")
    }

    /// Whether a query before token number `at` ends there.
    fn ends(&self, at: usize) -> bool {
        let lexed = self.lexed;
        at >= lexed.len() || lexed.is(at, &Token::RParen) || ENDS.iter().any(|words| lexed.words(at, words))
    }

    /// The statement understood as these effects.
    pub fn effects(self, what: &str, effects: Vec<Effect>) -> Understood {
        if effects.iter().any(|effect| effect.writes().iter().any(|relation| relation.parts().is_empty())) {
            return self.unread(what, "the table's name is only known at run time");
        }
        // A model of it would fail on the warehouse, where nothing gives the name.
        let makes_rows = |effect: &Effect| !effect.writes().is_empty() && !matches!(effect, Effect::Opaque(_));
        if self.by_value.get() && effects.iter().any(makes_rows) {
            return self.unread(what, "the name of a table that it reads is only known at run time");
        }
        if self.needs_pseudo_columns(&effects) {
            return self.unread(what, "it names a column that only the table itself has, and no query gives");
        }
        self.done(what, Outcome::Effects(effects))
    }

    /// Whether rows are changed by a column such as `_PARTITIONTIME`, or added with one: a model's table has none.
    fn needs_pseudo_columns(&self, effects: &[Effect]) -> bool {
        let words = self.around.dialect.traits().pseudo_columns;
        let is_pseudo = |name: &str| words.iter().any(|word| name.eq_ignore_ascii_case(word));
        let changes = ["DELETE", "UPDATE", "MERGE"].iter().any(|word| self.lexed.is_word(0, word));
        let named = (0..self.lexed.len()).any(|at| self.lexed.word(at).is_some_and(|word| is_pseudo(&word)));
        let filled = |effect: &Effect| matches!(effect, Effect::Append { columns, .. } if columns.iter().any(|column| is_pseudo(column)));
        !words.is_empty()
            && !effects.iter().any(|effect| matches!(effect, Effect::Opaque(_)))
            && (changes && named || effects.iter().any(filled))
    }

    /// What a walk found, with a note of names that it could not tell.
    pub fn noted(&self, walk: Walk) -> Found {
        self.unknown.borrow_mut().extend(walk.unknown_names);
        self.by_value.set(self.by_value.get() || walk.named_by_value);
        walk.found
    }

    /// The statement understood.
    pub fn done(mut self, what: &str, outcome: Outcome) -> Understood {
        for place in self.unknown.take() {
            let span = self.statement.span(place).unwrap_or_else(|| self.span());
            let message = "the name of a table is only known at run time";
            self.findings.push(Finding::at(Code::R203, span, message, "write the name out"));
        }
        Understood { what: what.to_owned(), outcome, facts: self.facts, findings: self.findings, sent: None }
    }
}

/// The first SELECT of a query: the one that names its columns.
pub(super) fn first_select(query: &ParsedQuery) -> Option<&Select> {
    let mut body = query.body.as_ref();
    loop {
        match body {
            SetExpr::Select(select) => return Some(select),
            SetExpr::Query(inner) => body = inner.body.as_ref(),
            SetExpr::SetOperation { left, .. } => body = left.as_ref(),
            SetExpr::Values(_)
            | SetExpr::Insert(_)
            | SetExpr::Update(_)
            | SetExpr::Delete(_)
            | SetExpr::Merge(_)
            | SetExpr::Table(_) => return None,
        }
    }
}

/// How the outputs without a name are written, in the first SELECT of a query.
fn unnamed(query: &ParsedQuery, outputs: &[Output]) -> Vec<String> {
    let Some(select) = first_select(query) else { return Vec::new() };
    let has_none = |output: &Output| matches!(output, Output::Column { name, .. } if name.is_empty());
    if select.projection.len() != outputs.len() || !outputs.iter().any(has_none) {
        return Vec::new();
    }
    let written = |(item, output): (&SelectItem, &Output)| {
        if let SelectItem::UnnamedExpr(expr) = item
            && has_none(output)
        {
            expr.to_string()
        } else {
            String::new()
        }
    };
    select.projection.iter().zip(outputs).map(written).collect()
}

fn leftmost_is_values(body: &SetExpr) -> bool {
    match body {
        SetExpr::Values(_) => true,
        SetExpr::SetOperation { left, .. } => leftmost_is_values(left),
        SetExpr::Select(_)
        | SetExpr::Query(_)
        | SetExpr::Insert(_)
        | SetExpr::Update(_)
        | SetExpr::Delete(_)
        | SetExpr::Merge(_)
        | SetExpr::Table(_) => false,
    }
}
