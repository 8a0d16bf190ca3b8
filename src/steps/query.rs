//! The author's text with the places in it that matter, and what is known of a query's columns.
//!
//! In: nothing; these are types. Out: text that is edited at byte ranges, never printed anew.

use std::ops::Range;

use crate::frame::Frame;
use crate::name::Relation;
use crate::text::Span;

/// What a relation is filled from.
#[expect(clippy::large_enum_variant, reason = "nearly every body is a query, and boxing it would be in the way")]
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// The author's SQL.
    Query(Query),
    /// Relational operations of a DataFrame script.
    Frame(Box<Frame>),
}

/// A piece of the author's SQL, with what stands in it. All ranges are bytes of `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sql {
    /// The text as the author wrote it.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// The relations that it names, by place, in order. CTEs, aliases, functions and column prefixes are not here.
    pub mentions: Vec<Mention>,
    /// Parameters and variables that it uses, by place, in order.
    pub variables: Vec<VariableUse>,
    /// What must change in the text although it names no relation, in order: qualifiers, `INTO v`, hints.
    pub edits: Vec<Edit>,
}

impl Sql {
    /// Text that names nothing.
    pub fn plain(text: impl Into<String>, span: Span) -> Self {
        Self { text: text.into(), span, mentions: Vec::new(), variables: Vec::new(), edits: Vec::new() }
    }

    /// A condition in the language of a program, which no query can ask: one use of [`OF_PROGRAM`].
    pub fn of_program(text: impl Into<String>, span: Span) -> Self {
        let plain = Self::plain(text, span);
        let used = VariableUse { range: 0..plain.text.len(), name: OF_PROGRAM.to_owned() };
        Self { variables: vec![used], ..plain }
    }
}

/// The variable that stands for a condition of a program: only its run can tell.
pub const OF_PROGRAM: &str = "if_of_the_program";

/// One place where a relation is named as a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The whole name, from the first part to the last.
    pub range: Range<usize>,
    /// What it names.
    pub relation: Relation,
    /// The alias that must follow the replaced name because columns are qualified by it and the author gave none.
    pub alias: Option<String>,
}

/// One place where a parameter or variable is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableUse {
    /// The whole reference, with its sigil.
    pub range: Range<usize>,
    /// The name, without sigil.
    pub name: String,
}

/// A change of the author's text: the bytes `range` become `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub range: Range<usize>,
    /// By what.
    pub text: String,
}

/// A whole query, with what is known of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The text.
    pub sql: Sql,
    /// Its output columns in order. Empty when they could not be told.
    pub outputs: Vec<Output>,
    /// Columns that decide which rows come out (joins, filters, grouping, order).
    pub deciding: Vec<ColumnUse>,
    /// What is known to be unique in the output: names of columns that together are a key, from GROUP BY or
    /// DISTINCT. Empty when nothing is.
    pub key: Vec<String>,
    /// Outputs of the later branches of a set operation, where a star kept them from being merged into `outputs`.
    /// They hold the same columns by position, and in practice by name.
    pub branches: Vec<Vec<Output>>,
    /// How each output is written whose name the database chooses, by position; empty texts for the others. Empty when
    /// all have names.
    pub unnamed: Vec<String>,
    /// A text that is equal for queries that say the same whatever their layout, comments, keyword case, alias names,
    /// order of AND-ed terms and of commutative operands. `\u{1}n\u{1}` stands for mention number `n` of `sql`: put the
    /// names of what the mentions stand for there before comparing. Empty when it could not be told.
    pub fingerprint: String,
}

impl Query {
    /// A query of whose columns nothing is known.
    pub fn new(sql: Sql) -> Self {
        Self {
            sql,
            outputs: Vec::new(),
            deciding: Vec::new(),
            key: Vec::new(),
            branches: Vec::new(),
            unnamed: Vec::new(),
            fingerprint: String::new(),
        }
    }

    /// Whether it gives columns and never a row: `select * from t where 1 = 0`.
    pub fn is_hollow(&self) -> bool {
        const NEVER: [&str; 6] = ["1=0", "0=1", "1=2", "2=1", "1<>1", "false"];
        let text = self.sql.text.trim_end_matches([';', ' ', '\n']).to_lowercase();
        let words: Vec<&str> = text.split_whitespace().collect();
        if words.iter().any(|word| matches!(*word, "union" | "intersect" | "except")) {
            return false;
        }
        let condition = words.iter().rposition(|word| *word == "where").and_then(|at| words.get(at + 1..));
        condition.is_some_and(|words| NEVER.contains(&words.concat().as_str()))
            || words.ends_with(&["limit", "0"])
            || words.starts_with(&["select", "top", "0"])
    }

    /// A value that only the run can tell: a row count, what a call gives back. It has no text.
    pub fn unknown(span: Span) -> Self {
        Self::new(Sql::plain("", span))
    }

    /// Whether it is a value that only the run can tell.
    pub fn is_unknown(&self) -> bool {
        self.sql.text.is_empty()
    }
}

/// An output column of a query, or a star that could not be expanded within the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// A column. The name is empty when the database chooses it.
    Column {
        /// Its name, folded.
        name: String,
        /// What it is made from.
        from: Vec<ColumnUse>,
    },
    /// All columns of a relation that is named in the query, but `except`.
    Star {
        /// The relation.
        relation: Relation,
        /// Columns that are left out.
        except: Vec<String>,
    },
}

/// How a column reaches another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// Unchanged.
    Copied,
    /// As part of an expression.
    Computed,
    /// It decides which rows there are.
    Filtering,
}

impl How {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Copied => "copied",
            Self::Computed => "computed",
            Self::Filtering => "filtering",
        }
    }
}

/// A use of a relation's column within a query, seen through CTEs and subqueries.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ColumnUse {
    /// The relations that it can be of: one when it is sure, several when the query does not say.
    pub relations: Vec<Relation>,
    /// Its name, folded.
    pub column: String,
    /// How it is used.
    pub how: How,
}
