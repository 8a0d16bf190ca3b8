//! What one statement does: its effects on relations, its queries with their relation mentions.
//!
//! In: one statement, cut out, and what is known around it. Out: effects, facts, findings. Never looks at other
//! statements.

mod aliased;
mod alter;
mod beside;
mod call;
mod create;
mod dashed;
mod delete;
mod dropped;
mod fallback;
mod fingerprint;
mod found;
mod grammar;
mod insert;
mod joins;
mod kinds;
mod lex;
mod listed;
mod merge;
mod moved;
mod options;
mod parse;
mod prepare;
mod qualify;
mod read;
mod replaced;
mod rewrite;
mod rough;
mod rough_columns;
mod select;
mod sent;
mod stored;
mod through;
mod unmatched;
mod update;
mod walk;
mod words;

#[cfg(test)]
mod tests;

pub use fallback::temporary_of;
#[cfg(test)]
pub use lex::tokens_of;
pub use qualify::{qualify, rename, rename_sql};
use sqlparser::ast::Statement;

use crate::dialect::Dialect;
use crate::finding::Finding;
use crate::steps::{Effect, Fact, Opaque, Query, Sql};
use crate::text::Fragment;

/// What is known around a statement.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The dialect.
    pub dialect: Dialect,
    /// Parameters and variables in scope, without sigils, in lower case.
    pub variables: &'a [String],
    /// The schema of unqualified names, when `USE` or `SET search_path` said so. One statement does not tell whether a
    /// name is a temporary table's, so it is put before the names by [`qualify`], with the script at hand.
    pub search_path: Option<&'a str>,
    /// Whether a template is filled in before the text runs. If not, braces within a string are the author's.
    pub templated: bool,
}

/// What a statement does.
#[derive(Debug, Clone)]
pub struct Understood {
    /// What it is, in a few lower-case words for the account.
    pub what: String,
    /// What it comes to.
    pub outcome: Outcome,
    /// What it declares besides.
    pub facts: Vec<Fact>,
    /// What there is to say.
    pub findings: Vec<Finding>,
    /// The file or folder outside of the database that gets the rows that it reads; none for most.
    pub sent: Option<String>,
}

/// What a statement comes to.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It does these things, in order.
    Effects(Vec<Effect>),
    /// It is a setting, of this kind.
    Config(String),
    /// It has no meaning in dbt, for this reason.
    Dropped(String),
    /// It could not be read.
    Unread {
        /// Why.
        reason: String,
        /// A step that stands in for it, where it may touch relations.
        step: Option<Opaque>,
    },
}

/// Reads one statement.
pub fn understand(statement: &Fragment, around: &Surroundings) -> Understood {
    let first = grammar::grammar(around.dialect).parsers.first();
    let words = |text: &str| first.map(|parser| lex::lex_some(text, around.dialect, *parser).without_end());
    let mut lexed = words(statement.text());
    let rewritten = lexed.as_ref().and_then(|lexed| rewrite::rewritten(statement, around, lexed));
    if let Some(rewritten) = &rewritten {
        lexed = words(rewritten.text());
    }
    let statement = rewritten.as_ref().unwrap_or(statement);
    let told = lexed.as_ref().and_then(|lexed| {
        words::told(statement, around, lexed)
            .or_else(|| moved::read(statement, around, lexed))
            .or_else(|| replaced::read(statement, around, lexed))
    });
    if let Some(told) = told {
        return told;
    }
    match parse::statement(statement.text(), around) {
        Ok(parsed) => kinds::dispatch(statement, around, &parsed),
        Err(refused) => rough::read(statement, around).unwrap_or_else(|| fallback::unread(statement, around, &refused)),
    }
}

/// Reads a condition or scalar expression: its text, the relations that it names, the variables that it uses.
pub fn expression(text: &Fragment, around: &Surroundings) -> Sql {
    expression_within(text, around, &walk::Scope::default())
}

/// The same where the columns of `scope` can be named.
fn expression_within(text: &Fragment, around: &Surroundings, scope: &walk::Scope) -> Sql {
    let whole = 0..text.text().len();
    let Ok(parsed) = parse::expression(text.text(), around) else {
        return found::Found::default().cut(text, whole);
    };
    let mut walk = walk::Walk::new(text.text(), around, &parsed.lexed.holes);
    let _ = walk.expr(&parsed.tree, scope);
    walk.found.cut(text, whole)
}

/// Reads a whole query text; `None` when it is none.
pub fn query(text: &Fragment, around: &Surroundings) -> Option<Query> {
    let parsed = parse::statement(text.text(), around).ok()?;
    let Statement::Query(tree) = &parsed.tree else { return None };
    Some(kinds::reader(text, around, &parsed).query(tree))
}
