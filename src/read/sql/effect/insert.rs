//! INSERT in the forms of all dialects.
//!
//! In: the parsed statement. Out: Append or Replace, with what happens to rows whose key exists.

use std::ops::Range;

use sqlparser::ast::{
    ConflictTarget, Expr, Insert, MultiTableInsertIntoClause, OnConflictAction, OnInsert, Query as ParsedQuery,
    SqliteOnConflict, TableObject,
};
use sqlparser::tokenizer::Token;

use super::found::{Found, ident};
use super::joins::name;
use super::read::Reader;
use super::update::assignments;
use super::walk::Scope;
use super::{Outcome, Understood};
use crate::finding::{Code, Finding};
use crate::name::Relation;
use crate::steps::{Body, Conflict, Delete, Edit, Effect, Output, Query, Sql};
use crate::text::Fragment;

/// `INSERT INTO t [(columns)] q`.
pub fn insert(reader: Reader, insert: &Insert) -> Understood {
    if insert.multi_table_insert_type.is_some() {
        return several(reader, insert);
    }
    let TableObject::TableName(name) = &insert.table else { return reader.unread("insert", "the target is no table") };
    let relation = reader.relation(name);
    if relation.parts().is_empty() || names_value(&reader, &relation) {
        return reader.unread("insert", "the target's name is only known at run time");
    }
    let mut columns = reader.last_parts(&insert.columns);
    columns.extend(reader.columns(&insert.after_columns));
    let Some(query) = body(&reader, insert, &mut columns) else {
        return reader.unread("insert", "the rows that it adds cannot be told");
    };
    if let Some(changed) = changed_within(&reader) {
        return composed(reader, relation, changed, &query);
    }
    if reader.aside.by_name {
        columns = query.outputs.iter().filter_map(output_name).collect();
        if columns.is_empty() || columns.len() != query.outputs.len() {
            return reader.unread("insert", "the rows go to columns by name, and the names cannot be told");
        }
    }
    if insert.partitioned.as_ref().is_some_and(|list| !list.is_empty()) {
        return partitioned(reader, insert, relation, columns, &query);
    }
    if insert.overwrite {
        let body = Body::Query(query);
        return reader.effects("insert overwrite", vec![Effect::Replace { relation, columns, body }]);
    }
    let conflict = match conflict(&reader, insert) {
        Ok(conflict) => conflict,
        Err(reason) => return reader.unread("insert", reason),
    };
    let what = if insert.replace_into { "replace into" } else { "insert" };
    reader.effects(what, vec![Effect::Append { relation, columns, body: Body::Query(query), conflict }])
}

/// The table that `FROM (MERGE … OUTPUT …)` changes, whose changed rows are inserted.
fn changed_within(reader: &Reader) -> Option<Relation> {
    let lexed = reader.lexed;
    let changes = |at: &usize| {
        let word = lexed.word(at + 1).unwrap_or_default();
        lexed.is_word(at - 1, "FROM")
            && lexed.is(*at, &Token::LParen)
            && matches!(word.as_str(), "MERGE" | "UPDATE" | "DELETE" | "INSERT")
    };
    let mut at = (1..lexed.len()).find(changes)? + 2;
    if lexed.is_word(at, "TOP") {
        at = lexed.closing(at + 1) + 1;
    }
    at += usize::from(lexed.is_word(at, "INTO") || lexed.is_word(at, "FROM"));
    let (parts, _) = name(lexed, at, reader.around.dialect);
    Some(Relation::new(parts, reader.around.dialect)).filter(|relation| !relation.parts().is_empty())
}

/// A statement that changes one table and inserts the changed rows into another, or the same: left whole.
fn composed(reader: Reader, relation: Relation, changed: Relation, query: &Query) -> Understood {
    let reason = "it changes a table and inserts the rows that the change gives out, in one statement";
    let mut step = super::fallback::opaque(reader.statement, reader.around, reader.lexed, reason);
    let help = "write the change and the rows that it gives out as two statements: the rows first, into a temporary \
                table, by a join of the source with the table as it was";
    help.clone_into(&mut step.help);
    step.reads.extend(query.sql.mentions.iter().map(|mention| mention.relation.clone()));
    step.reads.push(changed.clone());
    step.writes = vec![changed, relation];
    for list in [&mut step.reads, &mut step.writes] {
        list.sort();
        list.dedup();
    }
    reader.effects("insert", vec![Effect::Opaque(step)])
}

fn output_name(output: &Output) -> Option<String> {
    match output {
        Output::Column { name, .. } if !name.is_empty() => Some(name.clone()),
        Output::Column { .. } | Output::Star { .. } => None,
    }
}

/// The rows: a query, or MySQL's `SET a = 1, b = 2`.
fn body(reader: &Reader, insert: &Insert, columns: &mut Vec<String>) -> Option<Query> {
    if let Some(query) = &insert.source {
        return Some(reader.query(query));
    }
    if insert.assignments.is_empty() {
        return None;
    }
    let lexed = reader.lexed;
    let set = lexed.find_word(0, &["SET"])? + 1;
    let end = lexed.find_word(set, &["ON", "RETURNING"]).unwrap_or(lexed.len());
    let mut walk = reader.walk();
    let scope = Scope::default();
    let _ = walk.exprs(insert.assignments.iter().map(|assignment| &assignment.value), &scope);
    let list = assignments(reader, &(set..end), |value| reader.piece(&walk.found, value)).ok()?;
    let mut builder = reader.builder().text("select ");
    for (at, assignment) in list.iter().enumerate() {
        builder = builder.text(if at > 0 { ", " } else { "" }).piece(&assignment.value);
    }
    columns.extend(list.into_iter().map(|assignment| assignment.column));
    Some(Query::new(builder.done()))
}

fn conflict(reader: &Reader, insert: &Insert) -> Result<Option<Conflict>, &'static str> {
    let skip = Conflict { key: Vec::new(), assignments: Vec::new(), replaces_row: false, filter: None };
    if insert.replace_into || matches!(insert.or, Some(SqliteOnConflict::Replace)) {
        return Ok(Some(Conflict { replaces_row: true, ..skip }));
    }
    if insert.ignore || matches!(insert.or, Some(SqliteOnConflict::Ignore)) {
        return Ok(Some(skip));
    }
    match &insert.on {
        None => Ok(None),
        Some(OnInsert::DuplicateKeyUpdate(list)) => {
            let lexed = reader.lexed;
            let update = lexed.find_word(0, &["DUPLICATE"]).ok_or("ON DUPLICATE KEY cannot be found")? + 3;
            let mut found = values_of(reader, list.iter().map(|assignment| &assignment.value));
            found.edits.extend(own_names(reader, insert, update));
            let end = lexed.find_word(update, &["RETURNING"]).unwrap_or(lexed.len());
            let own = own_columns(reader, insert, update..end);
            let assignments = assignments(reader, &(update..end), |value| own.piece(reader, &found, value))?;
            Ok(Some(Conflict { assignments, ..skip }))
        }
        Some(OnInsert::OnConflict(on)) => {
            let key = match &on.conflict_target {
                Some(ConflictTarget::Columns(columns)) => reader.columns(columns),
                Some(ConflictTarget::OnConstraint(_)) | None => Vec::new(),
            };
            let OnConflictAction::DoUpdate(update) = &on.action else { return Ok(Some(Conflict { key, ..skip })) };
            let (set, filter) = update_clauses(reader).ok_or("DO UPDATE cannot be found")?;
            let values = update.assignments.iter().map(|assignment| &assignment.value);
            let mut found = values_of(reader, values.chain(&update.selection));
            found.edits.extend(own_names(reader, insert, set.start));
            let assignments = assignments(reader, &set, |value| reader.piece(&found, value))?;
            let filter = filter.map(|filter| reader.piece(&found, filter));
            Ok(Some(Conflict { key, assignments, filter, ..skip }))
        }
        Some(_) => Err("what happens to existing keys is not known"),
    }
}

/// What stands before a column for the table itself: its alias, or its schema and name. It is called by its name alone.
fn own_names(reader: &Reader, insert: &Insert, from: usize) -> Vec<Edit> {
    let TableObject::TableName(table) = &insert.table else { return Vec::new() };
    let lexed = reader.lexed;
    let own = reader.relation(table);
    if let Some(alias) = &insert.table_alias {
        let is_alias = |at: &usize| {
            let called = lexed.word(*at).is_some_and(|word| word.eq_ignore_ascii_case(&alias.alias.value));
            called && lexed.is(at + 1, &Token::Period) && !lexed.is(at - 1, &Token::Period)
        };
        let edit = |at| Edit { range: lexed.start(at)..lexed.start(at + 1), text: own.name().to_owned() };
        return (from..lexed.len()).filter(is_alias).map(edit).collect();
    }
    let bytes = |at: usize| {
        let (parts, end) = name(lexed, at, reader.around.dialect);
        let (_, qualifier) = parts.split_last()?;
        let same = own.parts().len() > 1 && qualifier == own.parts() && !lexed.is(at.checked_sub(1)?, &Token::Period);
        // The last two names and the dot between them stay.
        same.then(|| lexed.start(at)..lexed.start(end.saturating_sub(3)))
    };
    (from..lexed.len()).filter_map(bytes).map(|range| Edit { range, text: String::new() }).collect()
}

/// The columns that both the table and the rows that come have.
struct OwnColumns {
    table: String,
    names: Vec<String>,
}

/// The columns of an `ON DUPLICATE KEY UPDATE`: without a qualifier, they are those of the table.
fn own_columns(reader: &Reader, insert: &Insert, set: Range<usize>) -> OwnColumns {
    let TableObject::TableName(table) = &insert.table else {
        return OwnColumns { table: String::new(), names: Vec::new() };
    };
    let mut names = reader.last_parts(&insert.columns);
    names.extend(reader.lexed.split(set.start, set.end).into_iter().filter_map(|part| reader.lexed.word(part.start)));
    OwnColumns { table: reader.relation(table).name().to_owned(), names }
}

impl OwnColumns {
    /// A value, with the table before its columns.
    fn piece(&self, reader: &Reader, found: &Found, value: Range<usize>) -> Sql {
        let lexed = reader.lexed;
        let mut builder = reader.builder();
        let mut kept = value.start;
        for at in value.clone() {
            let Some(Token::Word(word)) = lexed.get(at) else { continue };
            let own = self.names.iter().any(|name| name.eq_ignore_ascii_case(&word.value));
            let coming = at > 1 && lexed.is(at - 1, &Token::LParen) && lexed.is_word(at - 2, "VALUES");
            let apart = lexed.is(at + 1, &Token::LParen) || lexed.is(at + 1, &Token::Period);
            if !own || coming || apart || lexed.is(at - 1, &Token::Period) {
                continue;
            }
            if kept < at {
                builder = builder.piece(&reader.piece(found, kept..at)).text(" ");
            }
            builder = builder.text(&format!("{}.", self.table));
            kept = at;
        }
        if kept == value.start {
            return reader.piece(found, value);
        }
        builder.piece(&reader.piece(found, kept..value.end)).done()
    }
}

/// `SET …` and `WHERE …` after `DO UPDATE`, as tokens.
fn update_clauses(reader: &Reader) -> Option<(Range<usize>, Option<Range<usize>>)> {
    let lexed = reader.lexed;
    let update = lexed.find(0, |lexed, at| lexed.words(at, &["DO", "UPDATE", "SET"]))?;
    let end = lexed.find_word(update, &["RETURNING"]).unwrap_or(lexed.len());
    let filter = lexed.find_word(update, &["WHERE"]).filter(|at| *at < end);
    Some((update + 3..filter.unwrap_or(end), filter.map(|filter| filter + 1..end)))
}

fn values_of<'e>(reader: &Reader, values: impl IntoIterator<Item = &'e Expr>) -> Found {
    let mut walk = reader.walk();
    let _ = walk.exprs(values, &Scope::default());
    walk.found
}

/// `INSERT [OVERWRITE] t PARTITION (…)`.
fn partitioned(
    mut reader: Reader,
    insert: &Insert,
    relation: Relation,
    columns: Vec<String>,
    query: &Query,
) -> Understood {
    let mut fixed: Vec<(String, Sql)> = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let lexed = reader.lexed;
    let Some(at) = lexed.find_word(0, &["PARTITION"]) else {
        return reader.unread("insert", "its partition cannot be found");
    };
    for part in lexed.split(at + 2, lexed.closing(at + 1)) {
        let text = reader.text();
        let name = text.get(lexed.bytes(part.start..part.start + 1)).unwrap_or("").to_owned();
        if lexed.is(part.start + 1, &Token::Eq) {
            let value = reader.statement.slice(lexed.bytes(part.start + 2..part.end));
            fixed.push((name, super::expression(&value, reader.around)));
        } else {
            open.push(name);
        }
    }
    let whole = with_partition(&reader, query, &fixed);
    let names: Vec<String> = open.iter().chain(fixed.iter().map(|(name, _)| name)).cloned().collect();
    let columns = if columns.is_empty() { columns } else { [columns, names].concat() };
    let append = Effect::Append { relation: relation.clone(), columns, body: Body::Query(whole), conflict: None };
    if !insert.overwrite {
        return reader.effects("insert", vec![append]);
    }
    let alias = relation.name().to_owned();
    let filter = replaced_rows(&reader, query, &alias, &fixed, &open);
    let delete = Effect::Delete(Box::new(Delete { relation, alias, using: None, filter, deciding: Vec::new() }));
    if !open.is_empty() {
        let message = "only the partitions that come out of the query are replaced";
        let help = "with Spark's static partitionOverwriteMode the whole table is replaced";
        let span = reader.span();
        reader.findings.push(Finding::at(Code::R206, span, message, help));
    }
    reader.effects("insert overwrite partition", vec![delete, append])
}

/// Whether the target is `IDENTIFIER(name)`, which parsers take for a table with a list of columns.
fn names_value(reader: &Reader, relation: &Relation) -> bool {
    let words = reader.around.dialect.traits().names_as_values;
    relation.parts().len() == 1 && words.iter().any(|word| relation.name().eq_ignore_ascii_case(word))
}

/// The query with the values of fixed partitions as further columns.
fn with_partition(reader: &Reader, query: &Query, fixed: &[(String, Sql)]) -> Query {
    if fixed.is_empty() {
        return query.clone();
    }
    let mut builder = reader.builder().text("select rows_of_partition.*");
    for (name, value) in fixed {
        builder = builder.text(", ").piece(value).text(&format!(" as {name}"));
    }
    let sql = builder.text(" from (").piece(&query.sql).text(") as rows_of_partition").done();
    let mut outputs = query.outputs.clone();
    if !outputs.is_empty() {
        let column = |(name, _): &(String, Sql)| crate::steps::Output::Column {
            name: reader.around.dialect.fold(name, false),
            from: Vec::new(),
        };
        outputs.extend(fixed.iter().map(column));
    }
    Query { outputs, deciding: query.deciding.clone(), ..Query::new(sql) }
}

/// The rows that an overwritten partition loses.
fn replaced_rows(reader: &Reader, query: &Query, alias: &str, fixed: &[(String, Sql)], open: &[String]) -> Sql {
    let mut builder = reader.builder();
    for (at, (name, value)) in fixed.iter().enumerate() {
        builder = builder.text(if at > 0 { " and " } else { "" }).text(&format!("{name} = ")).piece(value);
    }
    if !open.is_empty() {
        // Together: a partition is one combination of their values, of which one may be NULL.
        let same: Vec<String> =
            open.iter().map(|name| format!("rows_of_partition.{name} <=> {alias}.{name}")).collect();
        builder = builder
            .text(if fixed.is_empty() { "" } else { " and " })
            .text("exists (select 1 from (")
            .piece(&query.sql)
            .text(&format!(") as rows_of_partition where {})", same.join(" and ")));
    }
    builder.done()
}

/// `INSERT ALL INTO a … INTO b … SELECT`, with conditions or without. With FIRST a row goes to the first table whose
/// condition holds, and with ELSE to that one when none does.
fn several(reader: Reader, insert: &Insert) -> Understood {
    let first = matches!(insert.multi_table_insert_type, Some(sqlparser::ast::MultiTableInsertType::First));
    let Some(source) = &insert.source else { return reader.unread("insert all", "it has no query") };
    let query = reader.query(source);
    let mut effects = Vec::new();
    for into in &insert.multi_table_into_clauses {
        effects.push(one_of_several(&reader, source, &query, into, None));
    }
    let mut before: Vec<String> = Vec::new();
    for when in &insert.multi_table_when_clauses {
        let condition = when.condition.to_string();
        let filter = if first && !before.is_empty() {
            format!("({condition}) and {}", none_of(&before))
        } else {
            condition.clone()
        };
        before.push(condition);
        for into in &when.into_clauses {
            effects.push(one_of_several(&reader, source, &query, into, Some(&filter)));
        }
    }
    for into in insert.multi_table_else_clause.iter().flatten() {
        effects.push(one_of_several(&reader, source, &query, into, Some(&none_of(&before))));
    }
    reader.done(if first { "insert first" } else { "insert all" }, Outcome::Effects(effects))
}

/// That no condition holds; one that is not known does not.
fn none_of(conditions: &[String]) -> String {
    let cases: Vec<String> = conditions.iter().map(|condition| format!("when {condition} then 0 ")).collect();
    format!("case {}else 1 end = 1", cases.concat())
}

fn one_of_several(
    reader: &Reader,
    source: &ParsedQuery,
    query: &Query,
    into: &MultiTableInsertIntoClause,
    condition: Option<&str>,
) -> Effect {
    let mut builder = reader.builder().text("select ");
    for (at, value) in into.values.iter().flat_map(|values| &values.values).enumerate() {
        builder = builder.text(if at > 0 { ", " } else { "" }).piece(&over_rows(reader, source, &value.to_string()));
    }
    builder = builder.text(if into.values.is_none() { "* from (" } else { " from (" });
    builder = builder.piece(&query.sql).text(") as rows_to_insert");
    if let Some(condition) = condition {
        builder = builder.text(" where ").piece(&over_rows(reader, source, condition));
    }
    let mut whole = Query::new(builder.done());
    match &into.values {
        None => whole.outputs.clone_from(&query.outputs),
        Some(values) => whole.outputs = chosen(reader, source, values),
    }
    whole.deciding.clone_from(&query.deciding);
    let columns = into.columns.iter().map(|column| ident(column, reader.around.dialect).text).collect();
    Effect::Append { relation: reader.relation(&into.table_name), columns, body: Body::Query(whole), conflict: None }
}

/// An expression over the rows of the source, whose columns hide variables of the same name.
fn over_rows(reader: &Reader, source: &ParsedQuery, text: &str) -> Sql {
    let mut scope = Scope::default();
    let outs = reader.walk().query(source);
    scope.tables.push(super::walk::Table {
        name: Vec::new(),
        mention: None,
        source: super::walk::Source::Derived(outs),
    });
    super::expression_within(&Fragment::made(text, reader.span()), reader.around, &scope)
}

/// The columns that VALUES takes from the source.
fn chosen(
    reader: &Reader,
    source: &ParsedQuery,
    values: &sqlparser::ast::MultiTableInsertValues,
) -> Vec<crate::steps::Output> {
    let mut walk = reader.walk();
    let outs = walk.query(source);
    let mut scope = Scope::default();
    scope.tables.push(super::walk::Table {
        name: Vec::new(),
        mention: None,
        source: super::walk::Source::Derived(outs),
    });
    let mut list = Vec::new();
    for value in &values.values {
        let from = match value {
            sqlparser::ast::MultiTableInsertValue::Expr(expr) => walk.expr(expr, &scope),
            sqlparser::ast::MultiTableInsertValue::Default => Vec::new(),
        };
        list.push(crate::steps::Output::Column { name: String::new(), from });
    }
    list
}
