//! Statements whose WITH clause changes rows (PostgreSQL): `WITH d AS (DELETE … RETURNING …) INSERT …`.
//!
//! In: a statement. Out: the effects of the main statement, which sees the rows of before, and then those of the WITH
//! clause; the change alone where only variables take what it returns; or one opaque step with everything that is read and
//! written. Never drops a write.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::lex::{Lexed, lex_some};
use super::prepare::Aside;
use super::{Outcome, Surroundings, Understood, call, fallback, grammar, understand};
use crate::steps::{Effect, Query};
use crate::text::Fragment;

/// A common table expression that changes rows; all ranges are tokens.
struct Changing {
    /// Its name.
    name: usize,
    /// What stands in its parentheses.
    body: Range<usize>,
    /// Whether it only deletes, by a condition on the table alone, and gives the rows back.
    deletes: bool,
}

const CHANGES: [&str; 4] = ["INSERT", "UPDATE", "DELETE", "MERGE"];

/// Reads a statement whose WITH clause changes rows; none for every other.
pub fn read(statement: &Fragment, around: &Surroundings, lexed: &Lexed) -> Option<Understood> {
    if !lexed.is_word(0, "WITH") {
        return None;
    }
    let changing = changing(lexed);
    if changing.is_empty() {
        return None;
    }
    let apart = told_apart(statement, around, lexed, &changing);
    if let Some(understood) = apart.or_else(|| noted(statement, around, lexed, &changing)) {
        return Some(understood);
    }
    let aside = Aside::default();
    let reader = call::reader(statement, around, lexed, &aside);
    Some(reader.unread("with changes", "its WITH clause changes rows, and what follows uses what that returns"))
}

/// The expressions of the WITH clause that change rows.
fn changing(lexed: &Lexed) -> Vec<Changing> {
    let mut found = Vec::new();
    let mut at = 1 + usize::from(lexed.is_word(1, "RECURSIVE"));
    loop {
        let name = at;
        let Some(mut open) = lexed.find_word(at, &["AS"]).map(|at| at + 1) else { return found };
        while lexed.is_word(open, "NOT") || lexed.is_word(open, "MATERIALIZED") {
            open += 1;
        }
        let close = lexed.closing(open);
        if !lexed.is(open, &Token::LParen) || close >= lexed.len() {
            return found;
        }
        if CHANGES.iter().any(|word| lexed.is_word(open + 1, word)) {
            let body = open + 1..close;
            let deletes = lexed.words(open + 1, &["DELETE", "FROM"])
                && lexed.find_word(open + 1, &["RETURNING"]).is_some_and(|at| at < close)
                && lexed.find_word(open + 1, &["USING"]).is_none_or(|at| at > close);
            found.push(Changing { name, body, deletes });
        }
        if !lexed.is(close + 1, &Token::Comma) {
            return found;
        }
        at = close + 2;
    }
}

/// The main statement over the rows that are deleted, then the deletions.
fn told_apart(statement: &Fragment, around: &Surroundings, lexed: &Lexed, all: &[Changing]) -> Option<Understood> {
    if !all.iter().all(|one| one.deletes) {
        return None;
    }
    let mut main = Fragment::empty();
    let mut from = 0;
    let mut deletions = Vec::new();
    for one in all {
        let returning = lexed.find_word(one.body.start, &["RETURNING"])?;
        let span = statement.span(lexed.bytes(one.name..one.name + 1))?;
        main.extend(&statement.slice(from..lexed.start(one.body.start)));
        main.push("select ", span, false);
        main.extend(&statement.slice(lexed.bytes(returning + 1..one.body.end)));
        main.push(" ", span, false);
        main.extend(&statement.slice(lexed.bytes(one.body.start + 1..returning)));
        from = lexed.start(one.body.end);
        deletions.push(statement.slice(lexed.bytes(one.body.start..returning)));
    }
    main.extend(&statement.slice(from..statement.text().len()));
    let mut understood = understand(&main, around);
    let Outcome::Effects(effects) = &mut understood.outcome else { return None };
    let written = effects.iter().filter_map(writes).collect::<Vec<_>>();
    for deletion in deletions {
        let parser = grammar::grammar(around.dialect).parsers.first()?;
        let words = lex_some(deletion.text(), around.dialect, *parser);
        let (reads, writes) = fallback::relations(&words, around.dialect);
        if reads.iter().chain(&writes).any(|relation| written.contains(relation)) {
            return None;
        }
        let Outcome::Effects(more) = understand(&deletion, around).outcome else { return None };
        effects.extend(more);
    }
    Some(understood)
}

/// The change alone, where the main statement only keeps in variables what it returns:
/// `WITH i AS (INSERT … RETURNING id) SELECT count(*) INTO v FROM i`. Only the run can tell what these hold then.
fn noted(statement: &Fragment, around: &Surroundings, lexed: &Lexed, all: &[Changing]) -> Option<Understood> {
    let [one] = all else { return None };
    let main = one.body.end + 1;
    if one.name != 1 || !lexed.is_word(main, "SELECT") {
        return None;
    }
    let into = lexed.find_word(main, &["INTO"])?;
    let mut at = into + 1 + usize::from(lexed.is_word(into + 1, "STRICT"));
    let mut variables = Vec::new();
    loop {
        let name = lexed.word(at)?.to_lowercase();
        if !around.variables.contains(&name) || lexed.is(at + 1, &Token::Period) {
            return None;
        }
        variables.push(name);
        if !lexed.is(at + 1, &Token::Comma) {
            break;
        }
        at += 2;
    }
    let returning = lexed.find_word(one.body.start, &["RETURNING"]).filter(|at| *at < one.body.end)?;
    let span = statement.span(lexed.bytes(main..lexed.len()))?;
    let mut understood = understand(&statement.slice(lexed.bytes(one.body.start..returning)), around);
    let Outcome::Effects(effects) = &mut understood.outcome else { return None };
    effects.push(Effect::Bind { variables, body: Query::unknown(span) });
    Some(understood)
}

fn writes(effect: &Effect) -> Option<crate::name::Relation> {
    match effect {
        Effect::Create { relation, .. } | Effect::Append { relation, .. } | Effect::Replace { relation, .. } => {
            Some(relation.clone())
        }
        Effect::Update(update) => Some(update.relation.clone()),
        Effect::Delete(delete) => Some(delete.relation.clone()),
        Effect::Merge(merge) => Some(merge.relation.clone()),
        Effect::Declare { .. }
        | Effect::Truncate { .. }
        | Effect::Drop { .. }
        | Effect::Rename { .. }
        | Effect::Swap { .. }
        | Effect::Alter { .. }
        | Effect::Call { .. }
        | Effect::Bind { .. }
        | Effect::Read { .. }
        | Effect::Opaque(_) => None,
    }
}
