//! MERGE.
//!
//! In: the parsed statement. Out: Merge with its arms in order.

#![expect(clippy::wildcard_enum_match_arm, reason = "sqlparser's tree is another crate's, and large")]

use std::ops::Range;

use sqlparser::ast::{
    Merge as ParsedMerge, MergeAction as ParsedAction, MergeInsertKind, MergeUpdateKind, TableFactor,
};
use sqlparser::tokenizer::Token;

use super::Understood;
use super::found::Found;
use super::joins::factor;
use super::read::Reader;
use super::update::{Walked, assignments, called, values};
use super::walk::Scope;
use crate::steps::{Assignment, Effect, Matched, Merge, MergeAction, MergeArm, Output, Sql};

/// `MERGE INTO t USING s ON … WHEN …`.
pub fn merge(reader: Reader, parsed: &ParsedMerge) -> Understood {
    let walked = walked(&reader, parsed);
    match effect(&reader, &walked.found) {
        Ok(mut merge) => {
            merge.outputs = outputs(&reader, parsed, &merge);
            told(&mut merge, walked);
            reader.effects("merge", vec![Effect::Merge(Box::new(merge))])
        }
        Err(reason) => reader.unread("merge", reason),
    }
}

/// The columns of the source: those of its query, or all of its table. Only an arm that takes them all asks for them.
fn outputs(reader: &Reader, parsed: &ParsedMerge, merge: &Merge) -> Vec<Output> {
    let all = |arm: &MergeArm| matches!(arm.action, MergeAction::UpdateAll | MergeAction::InsertAll);
    if !merge.arms.iter().any(all) {
        return Vec::new();
    }
    match &parsed.source {
        TableFactor::Derived { subquery, alias, .. } if alias.as_ref().is_none_or(|alias| alias.columns.is_empty()) => {
            reader.query(subquery).outputs
        }
        TableFactor::Table { name, args: None, .. } => {
            vec![Output::Star { relation: reader.relation(name), except: Vec::new() }]
        }
        _ => Vec::new(),
    }
}

/// Says of each assignment what it is made from, in the order of the arms.
fn told(merge: &mut Merge, walked: Walked) {
    let sets = merge.arms.iter_mut().filter_map(|arm| match &mut arm.action {
        MergeAction::Update(sets) | MergeAction::Insert(sets) => Some(sets),
        MergeAction::UpdateAll | MergeAction::InsertAll | MergeAction::Delete | MergeAction::Nothing => None,
    });
    let mut sets: Vec<&mut Assignment> = sets.flatten().collect();
    if sets.len() == walked.assigned.len() {
        for (set, uses) in sets.iter_mut().zip(walked.assigned) {
            set.from = uses;
        }
    }
    merge.deciding = walked.deciding;
}

fn walked(reader: &Reader, merge: &ParsedMerge) -> Walked {
    let mut walk = reader.walk();
    let mut scope = Scope::default();
    for factor in [&merge.table, &merge.source] {
        let item = sqlparser::ast::TableWithJoins { relation: factor.clone(), joins: Vec::new() };
        walk.joined(&item, &mut scope);
    }
    let mut deciding = walk.expr(&merge.on, &scope);
    let mut assigned = Vec::new();
    for clause in &merge.clauses {
        deciding.extend(walk.exprs(&clause.predicate, &scope));
        match &clause.action {
            ParsedAction::Insert(insert) => {
                if let MergeInsertKind::Values(rows) = &insert.kind {
                    let values = rows.rows.first().map(|row| row.content.as_slice()).unwrap_or_default();
                    assigned.extend(values.iter().map(|value| walk.expr(value, &scope)));
                }
                deciding.extend(walk.exprs(&insert.insert_predicate, &scope));
            }
            ParsedAction::Update(update) => {
                if let MergeUpdateKind::Set(list) = &update.kind {
                    assigned.extend(values(&mut walk, list, &scope));
                }
                deciding.extend(walk.exprs(&update.update_predicate, &scope));
                deciding.extend(walk.exprs(&update.delete_predicate, &scope));
            }
            ParsedAction::Delete { .. } | ParsedAction::DoNothing { .. } => {}
        }
    }
    walk.decide(&deciding);
    let deciding = std::mem::take(&mut walk.deciding);
    Walked { found: reader.noted(walk), assigned, deciding }
}

fn effect(reader: &Reader, found: &Found) -> Result<Merge, &'static str> {
    let lexed = reader.lexed;
    let start = lexed.find_word(0, &["MERGE"]).map_or(0, |at| at + 1);
    let first = if lexed.is_word(start, "INTO") { start + 1 } else { start };
    let using = lexed.find_word(first, &["USING"]).ok_or("it has no USING")?;
    let on = lexed.find_word(using, &["ON"]).ok_or("it has no ON")?;
    let whens = whens(reader, on);
    let target = factor(lexed, reader.text(), first..using, reader.around.dialect);
    let source = factor(lexed, reader.text(), using + 1..on, reader.around.dialect);
    let relation = target.relation.clone().ok_or("its target is no table")?;
    let using_sql = if source.columns {
        let whole = reader.piece(found, using + 1..on);
        reader.builder().text("(select * from ").piece(&whole).text(")").done()
    } else {
        let mut named = reader.piece(found, source.body.clone());
        if source.relation.is_some() {
            // The alias is added beside it, as that of the source.
            named.mentions.iter_mut().for_each(|mention| mention.alias = None);
        }
        named
    };
    let on_end = whens.first().map_or(lexed.len(), |when| when.start);
    let mut arms = Vec::new();
    for when in whens {
        arms.extend(arm(reader, found, when, &called(&target))?);
    }
    Ok(Merge {
        relation,
        alias: called(&target),
        using: using_sql,
        using_alias: called(&source),
        on: unparenthesized(reader, found, on + 1..on_end),
        arms,
        outputs: Vec::new(),
        deciding: Vec::new(),
    })
}

/// A condition without the parentheses around the whole.
fn unparenthesized(reader: &Reader, found: &Found, part: Range<usize>) -> Sql {
    let whole = reader.lexed.is(part.start, &Token::LParen) && reader.lexed.closing(part.start) + 1 == part.end;
    let inside = if whole { part.start + 1..part.end - 1 } else { part };
    reader.piece(found, inside)
}

/// The WHEN clauses as tokens.
fn whens(reader: &Reader, from: usize) -> Vec<Range<usize>> {
    let lexed = reader.lexed;
    let end = lexed.find_word(from, &["OUTPUT", "RETURNING"]).unwrap_or(lexed.len());
    let mut starts = Vec::new();
    let mut at = from;
    while let Some(when) = lexed.find_word(at, &["WHEN"]) {
        starts.push(when);
        at = when + 1;
    }
    let ends = starts.iter().skip(1).copied().chain([end]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

/// The arms of a WHEN: Oracle's `UPDATE SET … WHERE p DELETE WHERE q` is two, of which the first removes the rows that
/// would be updated to what is deleted.
fn arm(reader: &Reader, found: &Found, when: Range<usize>, target: &str) -> Result<Vec<MergeArm>, &'static str> {
    let lexed = reader.lexed;
    let then = lexed.find_word(when.start, &["THEN"]).filter(|then| *then < when.end).ok_or("a WHEN has no THEN")?;
    let not = lexed.is_word(when.start + 1, "NOT");
    let by_source = lexed.find_word(when.start, &["SOURCE"]).is_some_and(|at| at < then && lexed.is_word(at - 1, "BY"));
    let matched = match (not, by_source) {
        (false, _) => Matched::Both,
        (true, true) => Matched::TargetOnly,
        (true, false) => Matched::SourceOnly,
    };
    let and = lexed.find_word(when.start, &["AND"]).filter(|and| *and < then);
    let mut condition = and.map(|and| reader.piece(found, and + 1..then));
    let mut body = then + 1..when.end;
    let within = |at: &usize, body: &Range<usize>| *at > body.start && *at < body.end;
    let delete = lexed.find_word(body.start + 1, &["DELETE"]).filter(|at| within(at, &body));
    let removed = match delete {
        Some(at) if !lexed.is_word(at + 1, "WHERE") => return Err("it deletes rows that it has just updated"),
        delete => delete.map(|at| at + 2..body.end),
    };
    body.end = delete.unwrap_or(body.end);
    if let Some(filter) = lexed.find_word(body.start, &["WHERE"]).filter(|at| within(at, &body)) {
        condition = Some(reader.piece(found, filter + 1..body.end));
        body.end = filter;
    }
    let action = action(reader, found, body)?;
    let mut arms = Vec::new();
    if let Some(removed) = removed {
        let MergeAction::Update(set) = &action else { return Err("it deletes rows that it has just updated") };
        let mut when = as_updated(reader, found, removed, (target, set));
        if let Some(condition) = &condition {
            when = reader.builder().text("(").piece(condition).text(") and (").piece(&when).text(")").done();
        }
        arms.push(MergeArm { matched, condition: Some(when), action: MergeAction::Delete });
    }
    arms.push(MergeArm { matched, condition, action });
    Ok(arms)
}

/// A condition on the target's columns as they are behind the UPDATE: each that it sets is the value that it gets.
fn as_updated(reader: &Reader, found: &Found, part: Range<usize>, (target, set): (&str, &[Assignment])) -> Sql {
    let lexed = reader.lexed;
    let mut builder = reader.builder();
    let mut start = part.start;
    let mut at = part.start;
    while at < part.end {
        let qualified = lexed.is(at + 1, &Token::Period);
        let (column, end) = if qualified { (at + 2, at + 3) } else { (at, at + 1) };
        let name = |at: usize| reader.text().get(lexed.bytes(at..at + 1)).unwrap_or("").trim_matches('"');
        let of_target = !qualified || name(at).eq_ignore_ascii_case(target);
        let given = set.iter().find(|one| one.column.eq_ignore_ascii_case(name(column)));
        if let Some(given) = given.filter(|_| of_target && !lexed.is(end, &Token::LParen)) {
            if at > start {
                builder = builder.piece(&reader.piece(found, start..at)).text(" ");
            }
            builder = builder.text("(").piece(&given.value).text(")");
            builder = if end < part.end { builder.text(" ") } else { builder };
            start = end;
        }
        at = end;
    }
    if start < part.end { builder.piece(&reader.piece(found, start..part.end)).done() } else { builder.done() }
}

fn action(reader: &Reader, found: &Found, body: Range<usize>) -> Result<MergeAction, &'static str> {
    let lexed = reader.lexed;
    let word = lexed.word(body.start).unwrap_or_default();
    match word.as_str() {
        "DELETE" => Ok(MergeAction::Delete),
        "DO" => Ok(MergeAction::Nothing),
        "UPDATE" => {
            let set = lexed.find_word(body.start, &["SET"]).ok_or("an UPDATE has no SET")? + 1;
            if lexed.is(set, &Token::Mul) || lexed.words(body.start + 1, &["ALL"]) {
                return Ok(MergeAction::UpdateAll);
            }
            Ok(MergeAction::Update(assignments(reader, &(set..body.end), |value| reader.piece(found, value))?))
        }
        "INSERT" => insert(reader, found, body),
        _ => Err("an arm does something that is not known"),
    }
}

fn insert(reader: &Reader, found: &Found, body: Range<usize>) -> Result<MergeAction, &'static str> {
    let lexed = reader.lexed;
    let mut at = body.start + 1;
    if lexed.is(at, &Token::Mul) || lexed.is_word(at, "ROW") || lexed.is_word(at, "ALL") {
        return Ok(MergeAction::InsertAll);
    }
    let mut columns = Vec::new();
    if lexed.is(at, &Token::LParen) {
        let close = lexed.closing(at);
        for part in lexed.split(at + 1, close) {
            let (names, _) = super::joins::name(lexed, part.start, reader.around.dialect);
            columns.push(names.last().map_or_else(String::new, |name| name.text.clone()));
        }
        at = close + 1;
    }
    if lexed.is_word(at, "ROW") {
        return Ok(MergeAction::InsertAll);
    }
    if !lexed.is_word(at, "VALUES") || !lexed.is(at + 1, &Token::LParen) {
        return Err("an INSERT has no VALUES");
    }
    let values = lexed.split(at + 2, lexed.closing(at + 1));
    if !columns.is_empty() && columns.len() != values.len() {
        return Err("an INSERT has another number of values than of columns");
    }
    let mut columns = columns.into_iter();
    let row = values.into_iter().map(|value| Assignment {
        column: columns.next().unwrap_or_default(),
        value: reader.piece(found, value),
        from: Vec::new(),
    });
    Ok(MergeAction::Insert(row.collect()))
}
