//! What was found in a statement's text, and pieces of that text with what stands in them.
//!
//! In: byte ranges of the statement. Out: [`Sql`] with ranges of its own text. Never changes the text.

use std::ops::Range;

use sqlparser::ast::{Ident as ParsedIdent, ObjectName, ObjectNamePart};

use super::lex::range;
use crate::dialect::Dialect;
use crate::name::{Ident, Relation};
use crate::steps::{Edit, Mention, Sql, VariableUse};
use crate::text::{Fragment, SourceId, Span};

/// Everything found so far; ranges are bytes of the statement.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Relations named as tables.
    pub mentions: Vec<Mention>,
    /// Uses of variables.
    pub variables: Vec<VariableUse>,
    /// What must change in the text.
    pub edits: Vec<Edit>,
    /// Places that name a CTE of the statement as a table: bytes, and whether an alias follows.
    pub cte_places: Vec<(Range<usize>, bool)>,
}

/// How much had been found at a moment; see [`Found::forget`].
#[derive(Debug, Clone, Copy)]
pub struct Mark(usize, usize, usize, usize);

impl Found {
    /// The present moment.
    pub fn mark(&self) -> Mark {
        Mark(self.mentions.len(), self.variables.len(), self.edits.len(), self.cte_places.len())
    }

    /// Forgets what was found since.
    pub fn forget(&mut self, mark: Mark) {
        self.mentions.truncate(mark.0);
        self.variables.truncate(mark.1);
        self.edits.truncate(mark.2);
        self.cte_places.truncate(mark.3);
    }

    /// Bytes `part` of the statement with what was found in them.
    pub fn cut(&self, statement: &Fragment, part: Range<usize>) -> Sql {
        let text = statement.slice(part.clone());
        let span = text.whole().or_else(|| statement.whole()).unwrap_or(Span::new(SourceId(0), 0, 0));
        let inside = |range: &Range<usize>| range.start >= part.start && range.end <= part.end;
        let shift = |range: &Range<usize>| range.start - part.start..range.end - part.start;
        let mut sql = Sql::plain(text.text(), span);
        for mention in self.mentions.iter().filter(|mention| inside(&mention.range)) {
            sql.mentions.push(Mention { range: shift(&mention.range), ..mention.clone() });
        }
        for variable in self.variables.iter().filter(|variable| inside(&variable.range)) {
            sql.variables.push(VariableUse { range: shift(&variable.range), name: variable.name.clone() });
        }
        for edit in self.edits.iter().filter(|edit| inside(&edit.range)) {
            sql.edits.push(Edit { range: shift(&edit.range), text: edit.text.clone() });
        }
        sql.mentions.sort_by_key(|mention| mention.range.start);
        sql.variables.sort_by_key(|variable| variable.range.start);
        sql.variables.dedup();
        sql.edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
        sql.edits.dedup();
        sql
    }
}

/// A text put together from pieces of the statement and words of our own.
#[derive(Debug, Clone)]
pub struct Builder {
    sql: Sql,
}

impl Builder {
    /// Nothing yet; the text will be said to stand at `span`.
    pub fn new(span: Span) -> Self {
        Self { sql: Sql::plain("", span) }
    }

    /// Adds words of our own.
    pub fn text(mut self, text: &str) -> Self {
        self.sql.text.push_str(text);
        self
    }

    /// Adds a piece.
    pub fn piece(mut self, piece: &Sql) -> Self {
        let base = self.sql.text.len();
        let shift = |range: &Range<usize>| range.start + base..range.end + base;
        self.sql.text.push_str(&piece.text);
        let mentions = piece.mentions.iter();
        self.sql.mentions.extend(mentions.map(|one| Mention { range: shift(&one.range), ..one.clone() }));
        let variables = piece.variables.iter();
        self.sql
            .variables
            .extend(variables.map(|one| VariableUse { range: shift(&one.range), name: one.name.clone() }));
        let edits = piece.edits.iter();
        self.sql.edits.extend(edits.map(|one| Edit { range: shift(&one.range), text: one.text.clone() }));
        self
    }

    /// The text.
    pub fn done(self) -> Sql {
        self.sql
    }
}

/// An identifier as the dialect stores it.
pub fn ident(parsed: &ParsedIdent, dialect: Dialect) -> Ident {
    Ident::new(&parsed.value, parsed.quote_style.is_some(), dialect)
}

/// The parts of an object's name; a name that is put together at run time has none.
pub fn idents(name: &ObjectName) -> Vec<&ParsedIdent> {
    let plain = |part: &'_ ObjectNamePart| matches!(part, ObjectNamePart::Identifier(_));
    if !name.0.iter().all(plain) {
        return Vec::new();
    }
    name.0.iter().filter_map(ObjectNamePart::as_ident).collect()
}

/// The relation that a name means.
pub fn relation(name: &ObjectName, dialect: Dialect) -> Relation {
    Relation::new(idents(name).into_iter().map(|part| ident(part, dialect)).collect(), dialect)
}

/// Whether this is the database's own table of one row.
pub fn is_dual(relation: &Relation, dialect: Dialect) -> bool {
    dialect.traits().dual && relation.parts().len() == 1 && relation.name().eq_ignore_ascii_case("dual")
}

/// Where a name stands.
pub fn name_range(name: &ObjectName) -> Option<Range<usize>> {
    let mut ranges = idents(name).into_iter().filter_map(|part| range(part.span));
    let first = ranges.next()?;
    Some(ranges.fold(first, |whole, part| whole.start.min(part.start)..whole.end.max(part.end)))
}
