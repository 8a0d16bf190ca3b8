//! DELETE in the forms of all dialects.
//!
//! In: the parsed statement. Out: Truncate without a condition, else Delete.

use std::ops::Range;

use sqlparser::ast::{Delete as ParsedDelete, FromTable};

use super::Understood;
use super::beside::Tables;
use super::found::Found;
use super::joins::{Factor, Item, factor, items};
use super::read::Reader;
use super::through::through;
use super::update::{called, in_from};
use super::walk::{Scope, Uses};
use crate::steps::{Delete, Effect};

/// Token ranges of the clauses.
struct Clauses {
    /// Names between DELETE and FROM.
    named: Range<usize>,
    from: Range<usize>,
    using: Option<Range<usize>>,
    filter: Option<Range<usize>>,
}

/// `DELETE FROM t …`.
pub fn delete(reader: Reader, delete: &ParsedDelete) -> Understood {
    if !delete.order_by.is_empty() || delete.limit.is_some() {
        return reader.unread("delete", "it removes a limited number of rows");
    }
    let clauses = clauses(&reader);
    let (found, deciding) = walked(&reader, delete);
    let told = effects(&reader, &clauses, &found).and_then(|effects| through_cte(&reader, &found, effects));
    match told {
        Ok(mut effects) => {
            for effect in &mut effects {
                if let Effect::Delete(delete) = effect {
                    delete.deciding.clone_from(&deciding);
                }
            }
            reader.effects("delete", effects)
        }
        Err(reason) => reader.unread("delete", reason),
    }
}

/// The same effects where the target is a CTE of the statement: on the table behind that.
fn through_cte(reader: &Reader, found: &Found, mut effects: Vec<Effect>) -> Result<Vec<Effect>, &'static str> {
    let behind = |name: &str| through(reader, found, name);
    match effects.as_mut_slice() {
        [Effect::Delete(delete)] => {
            let Some(through) = behind(delete.relation.name()) else { return Ok(effects) };
            let through = through?;
            if delete.using.is_some() {
                return Err("it removes rows of a CTE beside other tables");
            }
            delete.relation = through.relation.clone();
            Ok(effects.pop().map(|change| through.around(change)).unwrap_or_default())
        }
        [Effect::Truncate { relation }] => {
            let Some(through) = behind(relation.name()) else { return Ok(effects) };
            Ok(vec![Effect::Truncate { relation: through?.relation }])
        }
        _ => Ok(effects),
    }
}

fn clauses(reader: &Reader) -> Clauses {
    let lexed = reader.lexed;
    let start = lexed.find_word(0, &["DELETE"]).map_or(0, |at| at + 1);
    let end = lexed.find_word(start, &["RETURNING"]).unwrap_or(lexed.len());
    let filter = lexed.find_word(start, &["WHERE"]).filter(|at| *at < end);
    let stop = filter.unwrap_or(end);
    let from = lexed.find_word(start, &["FROM"]).filter(|at| *at < stop);
    let using = lexed.find_word(start, &["USING"]).filter(|at| *at < stop && using_clause(reader, from, *at));
    let output = lexed.find_word(start, &["OUTPUT"]).filter(|at| *at < stop);
    let named = start..from.unwrap_or(start);
    let first = from.map_or(start, |from| from + 1);
    let first = if lexed.is_word(first, "ONLY") { first + 1 } else { first };
    let from_end = [using, output.filter(|at| *at > first)].into_iter().flatten().min().unwrap_or(stop);
    Clauses {
        named,
        from: first..from_end,
        using: using.map(|using| using + 1..stop),
        filter: filter.map(|at| at + 1..end),
    }
}

/// `USING` that opens a clause, not one that ends a join.
fn using_clause(reader: &Reader, from: Option<usize>, using: usize) -> bool {
    let first = from.map_or(0, |from| from + 1);
    reader.lexed.find_word(first, &["JOIN"]).is_none_or(|join| join > using)
}

fn walked(reader: &Reader, delete: &ParsedDelete) -> (Found, Uses) {
    let mut walk = reader.walk();
    let mut scope = Scope::default();
    let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
    for item in delete.using.iter().flatten().chain(from) {
        walk.joined(item, &mut scope);
    }
    let uses = walk.exprs(&delete.selection, &scope);
    walk.decide(&uses);
    let deciding = std::mem::take(&mut walk.deciding);
    (reader.noted(walk), deciding)
}

fn effects(reader: &Reader, clauses: &Clauses, found: &Found) -> Result<Vec<Effect>, &'static str> {
    let all = items(reader.lexed, clauses.from.clone());
    let take = |part: Range<usize>| factor(reader.lexed, reader.text(), part, reader.around.dialect);
    let first = all.first().map(|item| take(item.factor.clone())).ok_or("its tables cannot be told apart")?;
    if !clauses.named.is_empty() {
        return several(reader, clauses, found, &all);
    }
    if let Some(using) = &clauses.using {
        let others = items(reader.lexed, using.clone());
        if let Some(target) = in_from(reader, &others, &first) {
            return Ok(vec![joined(reader, clauses, found, &others, target)?]);
        }
        let using = reader.piece(found, using.clone());
        let filter = match &clauses.filter {
            Some(filter) => reader.piece(found, filter.clone()),
            None => reader.builder().text("true").done(),
        };
        let relation = relation(&first)?;
        return Ok(vec![Effect::Delete(Box::new(Delete {
            relation,
            alias: called(&first),
            using: Some(using),
            filter,
            deciding: Vec::new(),
        }))]);
    }
    if all.len() > 1 {
        return Ok(vec![joined(reader, clauses, found, &all, 0)?]);
    }
    Ok(vec![simple(reader, clauses, found, &first)?])
}

fn relation(factor: &Factor) -> Result<crate::name::Relation, &'static str> {
    factor.relation.clone().ok_or("its target is no table")
}

/// One table, with or without a condition.
fn simple(reader: &Reader, clauses: &Clauses, found: &Found, target: &Factor) -> Result<Effect, &'static str> {
    let relation = relation(target)?;
    let always = |filter: &Range<usize>| {
        filter.len() == 1 && reader.lexed.is_word(filter.start, "TRUE") || is_one_one(reader, filter)
    };
    let Some(filter) = clauses.filter.clone().filter(|filter| !always(filter)) else {
        return Ok(Effect::Truncate { relation });
    };
    let filter = reader.piece(found, filter);
    Ok(Effect::Delete(Box::new(Delete { relation, alias: called(target), using: None, filter, deciding: Vec::new() })))
}

/// `1 = 1`.
fn is_one_one(reader: &Reader, filter: &Range<usize>) -> bool {
    let text = reader.text().get(reader.lexed.bytes(filter.clone())).unwrap_or("");
    text.split_whitespace().collect::<String>() == "1=1"
}

/// `DELETE a, b FROM …`: each named table of the FROM clause.
fn several(reader: &Reader, clauses: &Clauses, found: &Found, all: &[Item]) -> Result<Vec<Effect>, &'static str> {
    let mut list = Vec::new();
    for part in reader.lexed.split(clauses.named.start, clauses.named.end) {
        let named = factor(reader.lexed, reader.text(), part, reader.around.dialect);
        let target = in_from(reader, all, &named).ok_or("its target does not stand in its FROM clause")?;
        list.push(joined(reader, clauses, found, all, target)?);
    }
    Ok(list)
}

/// The item `target` of a FROM clause, joined to the others.
fn joined(
    reader: &Reader,
    clauses: &Clauses,
    found: &Found,
    all: &[Item],
    target: usize,
) -> Result<Effect, &'static str> {
    let item = all.get(target).ok_or("no target")?;
    let named = factor(reader.lexed, reader.text(), item.factor.clone(), reader.around.dialect);
    if all.len() == 1 {
        return simple(reader, clauses, found, &named);
    }
    let tables = Tables { items: all, target, filter: clauses.filter.clone() };
    let (using, filter) = if tables.plain() {
        let filter = tables.condition(reader, found);
        (tables.others(reader, found), filter.unwrap_or_else(|| reader.builder().text("true").done()))
    } else {
        if target != 0 {
            return Err("the target stands on the inner side of an outer join");
        }
        (None, tables.exists(reader, found))
    };
    Ok(Effect::Delete(Box::new(Delete {
        relation: relation(&named)?,
        alias: called(&named),
        using,
        filter,
        deciding: Vec::new(),
    })))
}
