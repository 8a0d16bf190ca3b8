//! UPDATE in the forms of all dialects.
//!
//! In: the parsed statement. Out: one Update: its target, what is set, the other tables, the condition. Joins that
//! keep rows without a match become subqueries, so that the target stays what it is.

use std::ops::Range;

use sqlparser::ast::{
    Assignment as ParsedAssignment, AssignmentTarget, Expr, Update as ParsedUpdate, UpdateTableFromKind,
};
use sqlparser::tokenizer::Token;

use super::Understood;
use super::beside::Tables;
use super::found::Found;
use super::joins::{Factor, Item, factor, items};
use super::lex::Lexed;
use super::read::Reader;
use super::through::through;
use super::walk::{Scope, Uses, Walk};
use crate::name::Ident;
use crate::steps::{Assignment, ColumnUse, Effect, How, Sql, Update};

/// Token ranges of the clauses.
#[derive(Clone)]
struct Clauses {
    target: Range<usize>,
    set: Range<usize>,
    from: Option<Range<usize>>,
    filter: Option<Range<usize>>,
}

/// `UPDATE t SET …`.
pub fn update(reader: Reader, update: &ParsedUpdate) -> Understood {
    if !update.order_by.is_empty() || update.limit.is_some() {
        return reader.unread("update", "it changes a limited number of rows");
    }
    let Some(clauses) = clauses(&reader) else { return reader.unread("update", "its clauses cannot be told apart") };
    if sets_record(reader.lexed, &clauses) && reader.around.dialect.traits().header_declares {
        return reader.unread("update", "it sets a row to what a record holds, whose columns are not named");
    }
    let walked = walked(&reader, update);
    let targets = targets(&reader, &clauses);
    let updates: Result<Vec<Update>, &'static str> = match targets.as_slice() {
        [] | [_] => effect(&reader, &clauses, &walked.found).map(|update| vec![update]),
        several if apart(&reader, &clauses, several) => several
            .iter()
            .map(|(_, set)| {
                let clauses = Clauses { set: set.clone(), ..clauses.clone() };
                effect(&reader, &clauses, &walked.found)
            })
            .collect(),
        _ => Err("it changes several tables, and what it sets in one decides about the other"),
    };
    match updates {
        Ok(mut updates) => {
            made_from(&mut updates, walked.assigned);
            for update in &mut updates {
                update.deciding.clone_from(&walked.deciding);
            }
            match through_cte(&reader, &walked.found, updates) {
                Ok(effects) => reader.effects("update", effects),
                Err(reason) => reader.unread("update", reason),
            }
        }
        Err(reason) => reader.unread("update", reason),
    }
}

/// `SET ROW = record`.
fn sets_record(lexed: &Lexed, clauses: &Clauses) -> bool {
    lexed.is_word(clauses.set.start, "ROW") && lexed.is(clauses.set.start + 1, &Token::Eq)
}

/// The updates as effects; of a CTE of the statement, on the table behind that.
fn through_cte(reader: &Reader, found: &Found, mut updates: Vec<Update>) -> Result<Vec<Effect>, &'static str> {
    let through = match updates.as_slice() {
        [update] => through(reader, found, update.relation.name()),
        _ => None,
    };
    let Some(through) = through else {
        return Ok(updates.into_iter().map(|update| Effect::Update(Box::new(update))).collect());
    };
    let through = through?;
    let Some(mut update) = updates.pop().filter(|update| update.from.is_none()) else {
        return Err("it changes rows of a CTE beside other tables");
    };
    update.relation = through.relation.clone();
    Ok(through.around(Effect::Update(Box::new(update))))
}

/// The tables of which columns are set (MySQL), each with its assignments, as far as these stand together.
fn targets(reader: &Reader, clauses: &Clauses) -> Vec<(String, Range<usize>)> {
    let lexed = reader.lexed;
    let mut all: Vec<(String, Range<usize>)> = Vec::new();
    if clauses.from.is_some() || items(lexed, clauses.target.clone()).len() < 2 {
        return all;
    }
    for part in lexed.split(clauses.set.start, clauses.set.end) {
        let qualified = lexed.is(part.start + 1, &Token::Period);
        let name = if qualified { lexed.word(part.start).unwrap_or_default() } else { String::new() };
        match all.last_mut() {
            Some((last, range)) if *last == name => range.end = part.end,
            _ => all.push((name, part)),
        }
    }
    all
}

/// Whether each table is set in one go, and nothing that is set stands in a condition or a value.
fn apart(reader: &Reader, clauses: &Clauses, several: &[(String, Range<usize>)]) -> bool {
    let lexed = reader.lexed;
    let named = several.iter().all(|(name, _)| !name.is_empty());
    let once =
        several.iter().enumerate().all(|(at, (name, _))| several.iter().skip(at + 1).all(|(other, _)| other != name));
    let mut set = Vec::new();
    let mut used: Vec<usize> = clauses.target.clone().chain(clauses.filter.clone().unwrap_or_default()).collect();
    for part in lexed.split(clauses.set.start, clauses.set.end) {
        let Some(equals) = lexed.find(part.start, is_assign).filter(|at| *at < part.end) else { return false };
        set.extend(lexed.word(equals - 1));
        used.extend(equals + 1..part.end);
    }
    named && once && !used.into_iter().any(|at| lexed.word(at).is_some_and(|word| set.contains(&word)))
}

fn clauses(reader: &Reader) -> Option<Clauses> {
    let lexed = reader.lexed;
    let start = lexed.find_word(0, &["UPDATE"])?;
    let set = lexed.find_word(start, &["SET"])?;
    let is_from =
        |lexed: &super::lex::Lexed, at: usize| lexed.is_word(at, "FROM") && !lexed.is_word(at - 1, "DISTINCT");
    let end = lexed.find_word(set, &["RETURNING"]).unwrap_or(lexed.len());
    let filter = lexed.find_word(set, &["WHERE"]);
    let from = lexed.find(set, is_from).filter(|from| filter.is_none_or(|filter| *from < filter));
    let output = lexed.find_word(set, &["OUTPUT"]);
    let set_end = [output, from, filter].into_iter().flatten().min().unwrap_or(end);
    let mut first = start + 1;
    while ["ONLY", "LOW_PRIORITY", "IGNORE"].iter().any(|word| lexed.is_word(first, word)) {
        first += 1;
    }
    Some(Clauses {
        target: first..set,
        set: set + 1..set_end,
        from: from.map(|from| from + 1..filter.unwrap_or(end)),
        filter: filter.map(|filter| filter + 1..end),
    })
}

/// What was found in the statement, and the columns that it uses.
pub struct Walked {
    /// What was found.
    pub found: Found,
    /// The columns that each value is made from, in the order in which columns are set.
    pub assigned: Vec<Uses>,
    /// Columns that decide which rows change.
    pub deciding: Uses,
}

/// Says of each assignment, in the order of the statement, what its value is made from. `+=` and its like read the
/// column itself too.
fn made_from(updates: &mut [Update], assigned: Vec<Uses>) {
    let count: usize = updates.iter().map(|update| update.assignments.len()).sum();
    if count != assigned.len() {
        return;
    }
    let mut assigned = assigned.into_iter();
    for update in updates {
        for assignment in &mut update.assignments {
            let own = std::mem::replace(&mut assignment.from, assigned.next().unwrap_or_default());
            for mut used in own {
                used.relations = vec![update.relation.clone()];
                assignment.from.push(used);
            }
        }
    }
}

/// What each column that a list of assignments sets is made from.
pub fn values(walk: &mut Walk, list: &[ParsedAssignment], scope: &Scope) -> Vec<Uses> {
    let mut all = Vec::new();
    for assignment in list {
        match (&assignment.target, &assignment.value) {
            (AssignmentTarget::ColumnName(_), value) => all.push(walk.expr(value, scope)),
            (AssignmentTarget::Tuple(_), Expr::Tuple(items)) => {
                all.extend(items.iter().map(|item| walk.expr(item, scope)));
            }
            (AssignmentTarget::Tuple(names), Expr::Subquery(query)) => {
                let outs = walk.subquery(query, scope);
                let known = outs.len() == names.len();
                all.extend((0..names.len()).map(|at| {
                    let of = outs.iter().enumerate().filter(|(place, _)| !known || *place == at);
                    of.flat_map(|(_, out)| out.uses()).collect()
                }));
            }
            (AssignmentTarget::Tuple(names), value) => {
                let uses = walk.expr(value, scope);
                all.extend(names.iter().map(|_| uses.clone()));
            }
        }
    }
    all
}

/// Walks everything in the order in which names come into scope.
fn walked(reader: &Reader, update: &ParsedUpdate) -> Walked {
    let mut walk = reader.walk();
    let mut scope = Scope::default();
    let named_in_from = match &update.from {
        Some(UpdateTableFromKind::AfterSet(from) | UpdateTableFromKind::BeforeSet(from)) => {
            for item in from {
                walk.joined(item, &mut scope);
            }
            true
        }
        None => false,
    };
    let mark = walk.found.mark();
    let before = scope.tables.len();
    walk.joined(&update.table, &mut scope);
    if named_in_from && update.table.joins.is_empty() {
        let target = scope.tables.split_off(before);
        let other = target.iter().any(|target| target.name.len() == 1 && scope.table(&target.name).is_some());
        if other {
            // The target is an alias of FROM, not a relation of its own.
            walk.found.forget(mark);
        } else {
            scope.tables.extend(target);
        }
    }
    let assigned = values(&mut walk, &update.assignments, &scope);
    let uses = walk.exprs(&update.selection, &scope);
    walk.decide(&uses);
    qualified_targets(&mut walk, update, &scope);
    let deciding = std::mem::take(&mut walk.deciding);
    Walked { found: reader.noted(walk), assigned, deciding }
}

/// `SET t.a = …` names its table too.
fn qualified_targets(walk: &mut Walk, update: &ParsedUpdate, scope: &Scope) {
    for assignment in &update.assignments {
        let _ = walk.visit(&assignment.target, scope);
    }
}

fn effect(reader: &Reader, clauses: &Clauses, found: &Found) -> Result<Update, &'static str> {
    let dialect = reader.around.dialect;
    let text = reader.text();
    let target_items = items(reader.lexed, clauses.target.clone());
    let first = target_items.first().ok_or("its tables cannot be told apart")?;
    let named = factor(reader.lexed, text, first.factor.clone(), dialect);
    let all = match (&clauses.from, target_items.len()) {
        (None, _) => target_items,
        (Some(from), 1) => items(reader.lexed, from.clone()),
        (Some(_), _) => return Err("it joins tables both before and after SET"),
    };
    if clauses.from.is_some() && all.is_empty() {
        return Err("its joins cannot be told apart");
    }
    let chosen =
        if clauses.from.is_some() { in_from(reader, &all, &named) } else { assigned_item(reader, &all, clauses) };
    let Some(chosen) = chosen else {
        let from = clauses.from.clone().map(|from| reader.piece(found, from));
        let filter = clauses.filter.clone().map(|filter| reader.piece(found, filter));
        let assignments = assignments(reader, clauses, |value| reader.piece(found, value))?;
        return Ok(Update {
            relation: relation(&named)?,
            alias: called(&named),
            assignments,
            from,
            filter,
            deciding: Vec::new(),
        });
    };
    let target =
        all.get(chosen).map(|item| factor(reader.lexed, text, item.factor.clone(), dialect)).ok_or("no target")?;
    let tables = Tables { items: &all, target: chosen, filter: clauses.filter.clone() };
    let (assignments, from, filter) = if tables.plain() {
        let assignments = assignments(reader, clauses, |value| reader.piece(found, value))?;
        (assignments, tables.others(reader, found), tables.condition(reader, found))
    } else {
        if chosen != 0 {
            return Err("the target stands on the inner side of an outer join");
        }
        let assignments = assignments(reader, clauses, |value| tables.looked_up(reader, found, value))?;
        (assignments, None, clauses.filter.is_some().then(|| tables.exists(reader, found)))
    };
    Ok(Update { relation: relation(&target)?, alias: called(&target), assignments, from, filter, deciding: Vec::new() })
}

fn relation(factor: &Factor) -> Result<crate::name::Relation, &'static str> {
    factor.relation.clone().ok_or("its target is no table")
}

/// The name by which expressions call a table.
pub fn called(factor: &Factor) -> String {
    factor.alias.clone().unwrap_or_else(|| factor.bare.clone())
}

/// The item of FROM that is the target: by alias, or by the same name.
pub fn in_from(reader: &Reader, all: &[Item], named: &Factor) -> Option<usize> {
    let dialect = reader.around.dialect;
    let key = |text: &str| Ident::new(text.trim_matches(['"', '`', '[', ']']), false, dialect);
    let target = named.relation.as_ref()?;
    let factors: Vec<Factor> =
        all.iter().map(|item| factor(reader.lexed, reader.text(), item.factor.clone(), dialect)).collect();
    let alias = factors.iter().position(|other| {
        target.parts().len() == 1 && other.alias.as_ref().is_some_and(|alias| key(alias) == key(target.name()))
    });
    let by_name = || {
        named.alias.is_none().then(|| {
            factors.iter().position(|other| {
                other.relation.as_ref().is_some_and(|relation| {
                    relation == target || target.parts().len() == 1 && relation.name() == target.name()
                })
            })
        })?
    };
    alias.or_else(by_name)
}

/// The joined table whose columns are set (MySQL).
fn assigned_item(reader: &Reader, all: &[Item], clauses: &Clauses) -> Option<usize> {
    if all.len() < 2 {
        return None;
    }
    let qualifier =
        reader.lexed.is(clauses.set.start + 1, &Token::Period).then(|| reader.lexed.word(clauses.set.start))?;
    let Some(qualifier) = qualifier else { return Some(0) };
    let named = |item: &Item| {
        let factor = factor(reader.lexed, reader.text(), item.factor.clone(), reader.around.dialect);
        called(&factor).trim_matches('`').eq_ignore_ascii_case(&qualifier)
    };
    all.iter().position(named).or(Some(0))
}

/// The list after SET.
pub fn assignments(
    reader: &Reader,
    clauses: &impl SetClause,
    value: impl Fn(Range<usize>) -> Sql,
) -> Result<Vec<Assignment>, &'static str> {
    let set = clauses.set();
    let mut list = Vec::new();
    for part in reader.lexed.split(set.start, set.end) {
        let equals = reader.lexed.find(part.start, |lexed, at| at >= part.end || is_assign(lexed, at));
        let equals = equals.filter(|at| *at < part.end).ok_or("an assignment has no equals sign")?;
        if reader.lexed.is(part.start, &Token::LParen) {
            list.extend(tuple(reader, part.start..equals, equals + 1..part.end, &value)?);
            continue;
        }
        let column = column(reader, part.start..equals)?;
        let compound = operator(reader, equals);
        let own = compound.map(|_| ColumnUse { relations: Vec::new(), column: column.clone(), how: How::Computed });
        let plain = if reader.around.dialect.traits().sets_in_order {
            seeing(reader, &list, equals + 1..part.end, &value)
        } else {
            value(equals + 1..part.end)
        };
        let value = match compound {
            Some(operator) => {
                let name = reader.text().get(reader.lexed.bytes(part.start..equals)).unwrap_or("");
                reader.builder().text(&format!("{name} {operator} (")).piece(&plain).text(")").done()
            }
            None => plain,
        };
        list.push(Assignment { column, value, from: own.into_iter().collect() });
    }
    Ok(list)
}

/// A value in which columns that were set before stand for what they were set to.
fn seeing(reader: &Reader, before: &[Assignment], part: Range<usize>, value: &impl Fn(Range<usize>) -> Sql) -> Sql {
    let lexed = reader.lexed;
    let mut builder = reader.builder();
    let mut kept = part.start;
    for at in part.clone() {
        let Some(Token::Word(word)) = lexed.get(at) else { continue };
        let coming = at > 1 && lexed.is(at - 1, &Token::LParen) && lexed.is_word(at - 2, "VALUES");
        let called = lexed.is(at + 1, &Token::LParen) || lexed.is(at + 1, &Token::Period);
        let set = before.iter().rev().find(|set| set.column.eq_ignore_ascii_case(&word.value));
        let Some(set) = set.filter(|_| !coming && !called) else { continue };
        let qualified = at >= part.start + 2 && lexed.is(at - 1, &Token::Period);
        let from = if qualified { at - 2 } else { at };
        if kept < from {
            builder = builder.piece(&value(kept..from)).text(" ");
        }
        builder = builder.text("(").piece(&set.value).text(") ");
        kept = at + 1;
    }
    if kept == part.start {
        return value(part);
    }
    if kept < part.end {
        builder = builder.piece(&value(kept..part.end));
    }
    builder.done()
}

/// A statement part that has a list of assignments.
pub trait SetClause {
    /// Its tokens.
    fn set(&self) -> Range<usize>;
}

impl SetClause for Clauses {
    fn set(&self) -> Range<usize> {
        self.set.clone()
    }
}

impl SetClause for Range<usize> {
    fn set(&self) -> Range<usize> {
        self.clone()
    }
}

fn is_assign(lexed: &super::lex::Lexed, at: usize) -> bool {
    lexed.is(at, &Token::Eq) || lexed.is(at, &Token::Assignment)
}

/// `+` of `+=`.
fn operator(reader: &Reader, at: usize) -> Option<&'static str> {
    let byte = reader.lexed.start(at);
    reader.aside.compounds.iter().find(|(sign, _)| *sign == byte).map(|(_, operator)| *operator)
}

/// The column that is set: the last part of its name.
fn column(reader: &Reader, part: Range<usize>) -> Result<String, &'static str> {
    let (parts, end) = super::joins::name(reader.lexed, part.start, reader.around.dialect);
    let last = parts.last().filter(|_| end == part.end).ok_or("it sets something that is no column")?;
    if last.text.starts_with('@') {
        return Err("it sets a variable");
    }
    Ok(last.text.clone())
}

/// `(a, b) = (SELECT x, y FROM …)` or `(a, b) = (x, y)`, column by column.
fn tuple(
    reader: &Reader,
    names: Range<usize>,
    values: Range<usize>,
    value: &impl Fn(Range<usize>) -> Sql,
) -> Result<Vec<Assignment>, &'static str> {
    let lexed = reader.lexed;
    let columns: Vec<_> = lexed.split(names.start + 1, names.end - 1);
    let start = if lexed.is_word(values.start, "ROW") { values.start + 1 } else { values.start };
    if !lexed.is(start, &Token::LParen) || lexed.closing(start) + 1 != values.end {
        return Err("it sets several columns in a way that is not known");
    }
    let inside = start + 1..values.end - 1;
    let query = lexed.is_word(inside.start, "SELECT");
    let (list, rest) = if query {
        let from = lexed.find_word(inside.start, &["FROM"]).filter(|from| *from < inside.end);
        let from = from.ok_or("it sets several columns from a query without FROM")?;
        (lexed.split(inside.start + 1, from), Some(from..inside.end))
    } else {
        (lexed.split(inside.start, inside.end), None)
    };
    if list.len() != columns.len() {
        return Err("it sets several columns from another number of values");
    }
    let mut assignments = Vec::new();
    for (name, item) in columns.into_iter().zip(list) {
        let column = column(reader, name)?;
        let value = match &rest {
            Some(rest) => {
                let (item, rest) = (value(item), value(rest.clone()));
                reader.builder().text("(select ").piece(&item).text(" ").piece(&rest).text(")").done()
            }
            None => value(item),
        };
        assignments.push(Assignment { column, value, from: Vec::new() });
    }
    Ok(assignments)
}
