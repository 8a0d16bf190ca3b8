//! Targets of a LEFT JOIN of which only the rows without a match change.
//!
//! In: the tables of an UPDATE or DELETE. Out: a condition on the target alone, which every engine takes.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::beside::Tables;
use super::found::Found;
use super::joins::factor;
use super::read::Reader;
use super::update::called;
use crate::steps::Sql;

impl Tables<'_> {
    /// `t LEFT JOIN s ON c WHERE s.k IS NULL`: the rows of the target for which there is no `s`.
    pub(super) fn without_match(&self, reader: &Reader, found: &Found) -> Option<Sql> {
        let lexed = reader.lexed;
        let [_, other] = self.items else { return None };
        let (on, filter) = (other.on.clone()?, self.filter.clone()?);
        let joined = other.factor.start.checked_sub(2)?;
        let left =
            lexed.is_word(joined, "LEFT") || (lexed.is_word(joined, "OUTER") && lexed.is_word(joined - 1, "LEFT"));
        let named = factor(lexed, reader.text(), other.factor.clone(), reader.around.dialect);
        let alias = called(&named).to_uppercase();
        let of_other = |at: usize| lexed.is_word(at, &alias) && lexed.is(at + 1, &Token::Period);
        let terms = conjuncts(reader, filter)?;
        let missing = |part: &Range<usize>| {
            part.len() == 5 && of_other(part.start) && lexed.words(part.start + 3, &["IS", "NULL"])
        };
        let key = terms.iter().find(|part| missing(part)).and_then(|part| lexed.word(part.start + 2))?;
        let compared = on.clone().any(|at| of_other(at) && lexed.is_word(at + 2, &key));
        let (null, rest): (Vec<Range<usize>>, Vec<Range<usize>>) = terms.into_iter().partition(missing);
        if !left || null.len() != 1 || !compared || rest.iter().any(|part| part.clone().any(of_other)) {
            return None;
        }
        let mut builder =
            reader.builder().text("not exists (select 1 from ").piece(&reader.piece(found, other.factor.clone()));
        builder = builder.text(" where ").piece(&reader.piece(found, on)).text(")");
        for part in rest {
            builder = builder.text(" and (").piece(&reader.piece(found, part)).text(")");
        }
        Some(builder.done())
    }
}

/// The terms of a condition that AND joins; none where an OR stands beside them, or a BETWEEN.
fn conjuncts(reader: &Reader, filter: Range<usize>) -> Option<Vec<Range<usize>>> {
    let lexed = reader.lexed;
    let mut terms = Vec::new();
    let mut start = filter.start;
    let mut at = filter.start;
    while at < filter.end {
        if lexed.is_word(at, "OR") || lexed.is_word(at, "BETWEEN") || lexed.is_word(at, "CASE") {
            return None;
        }
        if lexed.is_word(at, "AND") {
            terms.push(start..at);
            start = at + 1;
        }
        at = if lexed.is(at, &Token::LParen) { lexed.closing(at) + 1 } else { at + 1 };
    }
    terms.push(start..filter.end);
    Some(terms)
}
