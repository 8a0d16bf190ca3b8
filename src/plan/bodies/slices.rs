//! A slice of a table is deleted and filled again.
//!
//! In: a DELETE and the inserts behind it. Out: an incremental model with a statement that deletes the slice before the new
//! rows come, so that a slice without new rows becomes empty too; `delete+insert` where the new rows are those of the slice.

use super::builder::Builder;
use super::incremental::{Kept, keeping};
use super::rows::{Rows, text};
use super::splice::extend;
use super::terms::{commas, conjunct_ranges, conjuncts, squeezed, top_words};
use crate::finding::{Code, Finding};
use crate::plan::context::Context;
use crate::plan::drafts::{Draft, Part};
use crate::steps::{Delete, Edit, Effect, How, Output, Query, Sql};
use crate::versions::{StepId, VersionId};

/// The chain as an incremental model.
pub(super) fn refilled(context: &Context, draft: &Draft, delete: &Delete) -> Option<Kept> {
    let mut builder = Builder::new(context, draft);
    builder.rows = Rows::Empty;
    builder.this = draft.base;
    builder.apart = true;
    let mut filling = Vec::new();
    let mut deleting = None;
    for id in &draft.versions {
        match context.maker(*id).map(|step| &step.effect) {
            Some(Effect::Delete(_)) => deleting = context.version(*id)?.step,
            Some(Effect::Append { columns, .. }) => {
                filling.push((*id, columns.as_slice()));
                builder.version(*id).ok()?;
            }
            _ => builder.version(*id).ok()?,
        }
    }
    if builder.reads_this {
        return None;
    }
    builder.step = deleting?;
    let (key, hook) = if let Some(key) = slice_key(delete) {
        let sliced = filling.iter().all(|(id, list)| is_within(context, *id, list, &key, delete));
        (sliced.then_some(key), slice(&mut builder, delete))
    } else {
        let key = key_of_another(context, deleting?, delete, &filling)?;
        (Some(key), Vec::new())
    };
    if builder.problem.is_some() {
        return None;
    }
    let materialized = match key {
        Some(key) if context.target.traits().strategies.contains(&"delete+insert") => {
            keeping("delete+insert", vec![key], Vec::new())
        }
        Some(_) if hook.is_empty() => return None,
        Some(_) | None => keeping("append", Vec::new(), Vec::new()),
    };
    let mut kept = Kept::new(builder, materialized).ok()?;
    if let (Some(version), Some(step)) = (draft.last().and_then(|id| context.version(id)), context.step(deleting?))
        && !hook.is_empty()
    {
        let message = format!("a pre_hook deletes from {} what is filled again", version.relation);
        let help = "read the condition of the hook: a dbt run deletes these rows as the script does";
        kept.findings.push(Finding::at(Code::R315, step.span, message, help));
    }
    kept.hook = hook;
    Some(kept)
}

/// The statement that deletes the slice.
fn slice(builder: &mut Builder, delete: &Delete) -> Vec<Part> {
    let mut parts = vec![Part::Text("delete from ".to_owned()), Part::This];
    text(&mut parts, " where ");
    let filter = builder.parts(&unqualified(&delete.filter, &delete.alias));
    extend(&mut parts, filter);
    parts
}

/// The condition with the columns of `alias` named without it.
fn unqualified(filter: &Sql, alias: &str) -> Sql {
    let mut sql = filter.clone();
    let prefix = format!("{}.", alias.to_lowercase());
    let lower = filter.text.to_lowercase();
    let mut quoted = false;
    for (at, c) in lower.char_indices() {
        quoted ^= c == '\'';
        let starts = lower.get(at..).is_some_and(|rest| rest.starts_with(&prefix));
        let inner = lower.get(..at).and_then(|before| before.chars().next_back());
        if starts && !quoted && !inner.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.')) {
            sql.edits.push(Edit { range: at..at + prefix.len(), text: String::new() });
        }
    }
    sql
}

/// The column by which a DELETE chooses a slice: its condition compares that column, and nothing else, with values.
fn slice_key(delete: &Delete) -> Option<String> {
    if delete.using.is_some() || !delete.filter.mentions.is_empty() {
        return None;
    }
    let mut key: Option<String> = None;
    for term in conjuncts(&delete.filter.text)? {
        let (column, _) = comparison(term, &delete.alias)?;
        if column.is_empty() || column.contains('.') || key.as_ref().is_some_and(|key| *key != column) {
            return None;
        }
        key = Some(column);
    }
    key
}

/// The column that a term compares, as written but in lower case, and the rest of the term.
fn comparison(term: &str, alias: &str) -> Option<(String, String)> {
    let term = term.trim();
    let name: String = term.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.')).collect();
    let rest = squeezed(term.get(name.len()..)?);
    let compares = rest.starts_with(['=', '<', '>'])
        || rest.starts_with("in ")
        || rest.starts_with("in(")
        || rest.starts_with("between ");
    if !compares || rest.starts_with("<>") {
        return None;
    }
    let column = match name.split_once('.') {
        Some((qualifier, column)) if qualifier.eq_ignore_ascii_case(alias) => column,
        _ => name.as_str(),
    };
    Some((column.to_lowercase(), rest))
}

/// Whether a query only brings rows of the slice: it is one SELECT that compares, in the same way, the column that
/// becomes `key`.
fn is_within(context: &Context, id: VersionId, list: &[String], key: &str, delete: &Delete) -> bool {
    let Some(step) = context.version(id).and_then(|version| version.step) else { return false };
    let Some(query) = context.query(step) else { return false };
    let text = &query.sql.text;
    let (Some(_), Some(place)) = (copied(context, id, query, list, key), place(context, id, list, key)) else {
        return false;
    };
    let (Some(item), Some(filter)) = (item(text, place), filter_of(text)) else { return false };
    let Some(terms) = conjunct_ranges(filter) else { return false };
    let terms = terms.into_iter().filter_map(|range| comparison(filter.get(range)?, ""));
    let bare = |name: &str| name.rsplit('.').next().unwrap_or("").to_owned();
    let one = query.sql.mentions.len() == 1;
    let terms: Vec<String> =
        terms.filter(|(name, _)| *name == item || one && bare(name) == bare(&item)).map(|(_, rest)| rest).collect();
    let Some(wanted) = conjuncts(&delete.filter.text) else { return false };
    wanted.iter().filter_map(|term| comparison(term, &delete.alias)).all(|(_, rest)| terms.contains(&rest))
}

/// The first word of an item of the SELECT list.
fn item(text: &str, place: usize) -> Option<String> {
    if text.to_lowercase().matches("select").count() != 1 {
        return None;
    }
    let words = top_words(text);
    let at = |one: &str| words.iter().find(|(_, word)| word.eq_ignore_ascii_case(one)).map(|(at, _)| *at);
    let list = text.get(at("select")? + "select".len()..at("from")?)?;
    let item = commas(list).get(place)?.split_whitespace().next()?.to_lowercase();
    Some(item)
}

fn place(context: &Context, id: VersionId, list: &[String], key: &str) -> Option<usize> {
    match list {
        [] => context.columns.get(id)?.iter().position(|column| column.name == key),
        list => list.iter().position(|column| column == key),
    }
}

/// The column of a source that a query copies into the column `key` of the table.
fn copied(context: &Context, id: VersionId, query: &Query, list: &[String], key: &str) -> Option<String> {
    if !query.branches.is_empty() || query.outputs.iter().any(|output| matches!(output, Output::Star { .. })) {
        return None;
    }
    match query.outputs.get(place(context, id, list, key)?)? {
        Output::Column { from, .. } => match from.as_slice() {
            [only] if only.how == How::Copied => Some(only.column.clone()),
            _ => None,
        },
        Output::Star { .. } => None,
    }
}

/// The condition of a query that is one SELECT.
fn filter_of(text: &str) -> Option<&str> {
    let words = top_words(text);
    let is = |word: &str, all: &[&str]| all.iter().any(|one| word.eq_ignore_ascii_case(one));
    if words.iter().any(|(_, word)| is(word, &["union", "except", "intersect", "minus", "with", "qualify"])) {
        return None;
    }
    let (at, word) = words.iter().find(|(_, word)| is(word, &["where"]))?;
    let ends = ["group", "order", "having", "limit", "window", "fetch", "offset"];
    let end = words.iter().find(|(place, word)| place > at && is(word, &ends));
    text.get(at + word.len()..end.map_or(text.trim_end().trim_end_matches(';').len(), |(end, _)| *end))
}

/// The key of `DELETE … WHERE key IN (SELECT key FROM s)` when all that is inserted are the rows of `s`.
fn key_of_another(
    context: &Context,
    deleting: StepId,
    delete: &Delete,
    filling: &[(VersionId, &[String])],
) -> Option<String> {
    let [(id, list)] = filling else { return None };
    let [mention] = delete.filter.mentions.as_slice() else { return None };
    if delete.using.is_some() {
        return None;
    }
    let words = squeezed(&delete.filter.text);
    let (key, rest) = words.split_once(" in (select ").or_else(|| words.split_once(" in ( select "))?;
    let key = key.strip_prefix(&format!("{}.", delete.alias.to_lowercase())).unwrap_or(key);
    let named = rest.strip_suffix(')')?.trim().split_once(" from ")?;
    let plain = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let whole = named.1.trim() == squeezed(delete.filter.text.get(mention.range.clone())?);
    let column = named.0.trim().trim_start_matches("distinct ").trim();
    if !plain(key) || !plain(column) || !whole {
        return None;
    }
    let step = context.version(*id)?.step?;
    let query = context.query(step)?;
    let [source] = query.sql.mentions.as_slice() else { return None };
    let same = context.seen(step, &source.relation) == context.seen(deleting, &mention.relation);
    let narrowed = ["where", "group", "having", "limit", "distinct", "fetch", "offset", "union", "except", "intersect"];
    let all = !top_words(&query.sql.text).iter().any(|(_, word)| narrowed.contains(&word.to_lowercase().as_str()));
    (same && all && copied(context, *id, query, list, key)? == column).then(|| key.to_owned())
}
