//! A target that stands in a FROM clause beside other tables: those tables, the conditions, and whether a row matches.
//!
//! In: the items of the clause. Out: pieces of SQL. Joins that keep rows without a match become subqueries.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::found::Found;
use super::joins::factor;
use super::joins::{Item, Kind};
use super::read::Reader;
use super::update::called;
use crate::steps::Sql;

/// The items of a FROM clause that holds the target itself.
pub struct Tables<'i> {
    /// All items.
    pub items: &'i [Item],
    /// Which one is the target.
    pub target: usize,
    /// The condition of the statement.
    pub filter: Option<Range<usize>>,
}

impl Tables<'_> {
    /// Whether only rows with a match count.
    pub fn plain(&self) -> bool {
        self.items.iter().all(|item| item.kind != Kind::Other)
    }

    /// The other tables, side by side.
    pub fn others(&self, reader: &Reader, found: &Found) -> Option<Sql> {
        let mut builder = reader.builder();
        let others: Vec<&Item> =
            self.items.iter().enumerate().filter(|(at, _)| *at != self.target).map(|(_, item)| item).collect();
        for (at, item) in others.iter().enumerate() {
            builder = builder.text(if at > 0 { ", " } else { "" }).piece(&reader.piece(found, item.factor.clone()));
        }
        (!others.is_empty()).then(|| builder.done())
    }

    /// The conditions of all joins and of the statement.
    pub fn condition(&self, reader: &Reader, found: &Found) -> Option<Sql> {
        let ons = self.items.iter().filter_map(|item| item.on.clone());
        let all: Vec<Range<usize>> = ons.chain(self.filter.clone()).collect();
        if let [only] = all.as_slice() {
            return Some(reader.piece(found, only.clone()));
        }
        let mut builder = reader.builder();
        for (at, part) in all.iter().enumerate() {
            let open = if at > 0 { " and (" } else { "(" };
            builder = builder.text(open).piece(&reader.piece(found, part.clone())).text(")");
        }
        (!all.is_empty()).then(|| builder.done())
    }

    /// `FROM` and `WHERE` with one empty row in the place of the target, which the surrounding statement gives.
    fn around_target(&self, reader: &Reader, found: &Found) -> Sql {
        let (Some(first), Some(last)) = (self.items.first(), self.items.last()) else { return reader.builder().done() };
        let end = last.on.as_ref().map_or(last.factor.end, |on| on.end);
        let builder = reader.builder().text("from (select 1 as one) as one ");
        let builder = match self.left_joined(reader, found) {
            Some(other) => builder.piece(&other),
            None => builder.piece(&reader.piece(found, first.factor.end..end)),
        };
        match &self.filter {
            Some(filter) => builder.text("\nwhere ").piece(&reader.piece(found, filter.clone())).done(),
            None => builder.done(),
        }
    }

    /// The one other table of a LEFT JOIN, with the condition inside of it: not every engine takes the target's columns in
    /// the condition of an outer join.
    fn left_joined(&self, reader: &Reader, found: &Found) -> Option<Sql> {
        let lexed = reader.lexed;
        let [target, other] = self.items else { return None };
        let on = other.on.clone()?;
        let joins = target.factor.end..other.factor.start;
        let left = lexed.is_word(joins.start, "LEFT") && lexed.is_word(joins.end.checked_sub(1)?, "JOIN");
        if self.target != 0 || !left {
            return None;
        }
        let named = factor(lexed, reader.text(), other.factor.clone(), reader.around.dialect);
        let alias = called(&named);
        let builder =
            reader.builder().text("left join (select * from ").piece(&reader.piece(found, other.factor.clone()));
        let builder = builder.text(" where ").piece(&reader.piece(found, on));
        Some(builder.text(&format!(") as {alias} on 1 = 1")).done())
    }

    /// Whether there is a row.
    pub fn exists(&self, reader: &Reader, found: &Found) -> Sql {
        if let Some(without) = self.without_match(reader, found) {
            return without;
        }
        reader.builder().text("exists (select 1 ").piece(&self.around_target(reader, found)).text(")").done()
    }

    /// A value looked up through the joins; a literal stays.
    pub fn looked_up(&self, reader: &Reader, found: &Found, value: Range<usize>) -> Sql {
        let piece = reader.piece(found, value.clone());
        let literal = value.len() == 1
            && !matches!(reader.lexed.get(value.start), Some(Token::Word(word)) if word.keyword == sqlparser::keywords::Keyword::NoKeyword);
        if literal {
            return piece;
        }
        let around = self.around_target(reader, found);
        reader.builder().text("(select ").piece(&piece).text(" ").piece(&around).text(")").done()
    }
}
