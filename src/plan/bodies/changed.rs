//! MERGE and upserts as the rows that they change.
//!
//! In: a MERGE, or an INSERT with a conflict clause, on the rows of before. Out: an incremental model of the rows that are
//! updated and of those that are new; dbt merges them by the key by which the statement compares. A row of before that no
//! arm is for is not touched, and of the columns of a table that nothing declares only those count that the INSERT names.

use super::builder::Builder;
use super::ident::ident;
use super::incremental::{Kept, keeping};
use super::matches::Joining;
use super::merges::{Action, Arm, Upsert, Values};
use super::new_rows::conditions;
use super::rows::{Rows, body, text};
use super::splice::extend;
use super::terms::{column, equalities, same_column};
use crate::plan::context::Context;
use crate::plan::drafts::{Draft, Part};
use crate::steps::{ColumnDef, Conflict, Matched, Merge};
use crate::versions::VersionId;

/// A MERGE whose condition compares columns, and that removes nothing.
pub(super) fn merged(context: &Context, draft: &Draft, merge: &Merge) -> Option<Kept> {
    let id = draft.last()?;
    let key = equalities(&merge.on.text, &merge.alias, &merge.using_alias)?;
    let mut builder = apart(context, draft)?;
    let upsert = builder.upsert_of_merge(id, merge, Part::This).ok()?;
    changed(builder, id, &upsert, &key)
}

/// `INSERT … ON CONFLICT` and its kin.
pub(super) fn upserted(context: &Context, draft: &Draft, conflict: &Conflict, columns: &[String]) -> Option<Kept> {
    let id = draft.last()?;
    let mut builder = apart(context, draft)?;
    let key = if conflict.key.is_empty() { builder.declared_key(id) } else { conflict.key.clone() };
    let added = builder.added(id, columns).ok()?;
    let upsert = builder.upsert_of_conflict(id, conflict, &added, Part::This).ok()?;
    let key: Vec<(String, String)> = key.into_iter().map(|name| (name.clone(), name)).collect();
    changed(builder, id, &upsert, &key)
}

/// A builder of what the last step of the draft adds to the rows of before.
fn apart<'a, 'b>(context: &'b Context<'a>, draft: &'b Draft) -> Option<Builder<'a, 'b>> {
    let mut builder = Builder::new(context, draft);
    builder.rows = Rows::Empty;
    builder.this = draft.base;
    builder.apart = true;
    builder.step = context.version(draft.last()?)?.step?;
    Some(builder)
}

fn changed(mut builder: Builder, id: VersionId, upsert: &Upsert, key: &[(String, String)]) -> Option<Kept> {
    let mut updates = Vec::new();
    let mut inserts = Vec::new();
    for arm in &upsert.arms {
        match (arm.matched, &arm.action) {
            (Matched::Both, Action::Set(_)) => updates.push(arm),
            (Matched::SourceOnly, Action::Insert(values)) => inserts.push((arm, values)),
            (Matched::Both | Matched::SourceOnly | Matched::TargetOnly, _) => return None,
        }
    }
    let columns = written(&mut builder, id, &inserts)?;
    let known = |name: &String| columns.iter().find(|column| same_column(&column.name, name));
    let keys: Vec<String> =
        key.iter().map(|(name, _)| known(name).map(|column| column.name.clone())).collect::<Option<_>>()?;
    let set = columns_set(&updates, &columns)?;
    let lost = key.is_empty()
        || builder.reads_this
        || builder.problem.is_some()
        || !inserts.iter().all(|(_, values)| brings_key(values, key, &upsert.incoming_alias))
        || set.iter().any(|name| keys.contains(name));
    if lost {
        return None;
    }
    let mut then = Vec::new();
    if !updates.is_empty() {
        then = updated(&mut builder, &columns, upsert, &updates, key);
    }
    let mut first = Vec::new();
    let mut earlier: Vec<Vec<Part>> = Vec::new();
    for (arm, values) in &inserts {
        let conditions = conditions(arm.condition.as_ref(), &earlier, builder.context.target);
        for (parts, before) in [(&mut then, Some(Part::This)), (&mut first, None)] {
            text(parts, if parts.is_empty() { "" } else { "\n\nunion all\n\n" });
            let rows = builder.new_rows(id, &columns, upsert, values, before.as_ref());
            extend(parts, rows);
            filtered(parts, upsert, before, &conditions);
        }
        match &arm.condition {
            Some(condition) => earlier.push(condition.clone()),
            None => break,
        }
    }
    if inserts.is_empty() {
        text(&mut first, super::builder::empty_query(&columns, builder.context.target));
    }
    let others = columns.iter().filter(|column| !keys.contains(&column.name));
    let all = others.clone().all(|column| set.contains(&column.name));
    let materialized = match updates.as_slice() {
        [] => keeping("append", Vec::new(), Vec::new()),
        _ => keeping("merge", keys, if all { Vec::new() } else { set }),
    };
    let whole = vec![Part::If { condition: "is_incremental()".to_owned(), then, otherwise: first }];
    if builder.problem.is_some() {
        return None;
    }
    let stages = std::mem::take(&mut builder.stages);
    let body = if stages.is_empty() { whole } else { body(stages, whole, false) };
    Some(Kept::of(builder, body, materialized))
}

/// The columns of the table; where nothing declares them, those that the inserts name.
fn written(builder: &mut Builder, id: VersionId, inserts: &[(&Arm, &Values)]) -> Option<Vec<ColumnDef>> {
    let context = builder.context;
    let declared = context.before(id).and_then(|before| context.columns.get(before));
    if let Some(known) =
        declared.or_else(|| context.columns.get(id)).filter(|_| declared.is_some() || inserts.is_empty())
    {
        return Some(known.to_vec());
    }
    builder.incomplete = true;
    let mut columns: Vec<ColumnDef> = Vec::new();
    for name in inserts.iter().flat_map(|(_, values)| values.iter().map(|(name, _)| name)).chain(&builder.drawn) {
        if !columns.iter().any(|column| same_column(&column.name, name)) {
            columns.push(ColumnDef { name: name.clone(), ..ColumnDef::default() });
        }
    }
    (!columns.is_empty()).then_some(columns)
}

/// The columns that are updated, as the table spells them; none where one of them is no column of it.
fn columns_set(updates: &[&Arm], columns: &[ColumnDef]) -> Option<Vec<String>> {
    let mut set: Vec<String> = Vec::new();
    for arm in updates {
        let Action::Set(values) = &arm.action else { continue };
        for (name, _) in values {
            let column = columns.iter().find(|column| same_column(&column.name, name))?;
            if !set.contains(&column.name) {
                set.push(column.name.clone());
            }
        }
    }
    Some(set)
}

/// Whether a new row has the key by which it was looked for.
fn brings_key(values: &[(String, Vec<Part>)], key: &[(String, String)], alias: &str) -> bool {
    key.iter().all(|(name, other)| {
        let value = values.iter().find(|(of, _)| same_column(of, name)).map(|(_, value)| value.as_slice());
        let Some([Part::Text(value)]) = value else { return false };
        column(value).is_some_and(|(of, value)| of.eq_ignore_ascii_case(alias) && same_column(&value, other))
    })
}

/// The rows of before that an arm is for, as they are changed; of several rows that come for one, the first.
fn updated(
    builder: &mut Builder,
    columns: &[ColumnDef],
    upsert: &Upsert,
    updates: &[&Arm],
    key: &[(String, String)],
) -> Vec<Part> {
    let dialect = builder.context.target;
    let (alias, from) = (&upsert.alias, &upsert.incoming_alias);
    let mut parts = vec![Part::Text("select".to_owned())];
    for (at, one) in columns.iter().enumerate() {
        let name = ident(&one.name, dialect);
        text(&mut parts, if at == 0 { "\n    " } else { ",\n    " });
        match new_value(updates, &one.name, &format!("{alias}.{name}")) {
            None => text(&mut parts, format!("{alias}.{name}")),
            Some(value) if one.sql_type.is_empty() => {
                extend(&mut parts, value);
                text(&mut parts, format!(" as {name}"));
            }
            Some(value) => {
                text(&mut parts, "cast(");
                extend(&mut parts, value);
                text(&mut parts, format!(" as {}) as {name}", one.sql_type));
            }
        }
    }
    let number = builder.free("match_number");
    let several = !matches!(upsert.joining, Joining::Unique);
    if several {
        let keys: Vec<String> = key.iter().map(|(_, other)| format!("{from}.{}", spelled(other, upsert))).collect();
        let keys = keys.join(", ");
        text(&mut parts, format!(",\n    row_number() over (partition by {keys} order by {keys}) as {number}"));
    }
    text(&mut parts, "\nfrom ");
    parts.push(upsert.before.clone());
    text(&mut parts, format!(" as {alias}\ninner join "));
    extend(&mut parts, upsert.incoming.clone());
    text(&mut parts, format!(" as {from} on "));
    extend(&mut parts, upsert.on.clone());
    let conditions: Vec<&Vec<Part>> = updates.iter().filter_map(|arm| arm.condition.as_ref()).collect();
    if conditions.len() == updates.len() {
        for (at, condition) in conditions.into_iter().enumerate() {
            text(&mut parts, if at == 0 { "\nwhere (" } else { " or (" });
            extend(&mut parts, condition.clone());
            text(&mut parts, ")");
        }
    }
    if !several {
        return parts;
    }
    let stage = |parts: Vec<Part>| parts.into_iter().map(super::rows::indented);
    let names: Vec<String> = columns.iter().map(|column| ident(&column.name, dialect)).collect();
    let mut whole = vec![Part::Text(format!("select\n    {}\nfrom (\n    ", names.join(",\n    ")))];
    extend(&mut whole, stage(parts));
    text(&mut whole, format!("\n) as changed\nwhere {number} = 1"));
    whole
}

/// A column of the rows that come, as the statement's own condition spells it.
fn spelled(name: &str, upsert: &Upsert) -> String {
    let written =
        upsert.on.iter().filter_map(|part| if let Part::Text(text) = part { Some(text.as_str()) } else { None });
    let text: String = written.collect();
    let prefix = format!("{}.", upsert.incoming_alias.to_lowercase());
    let lower = text.to_lowercase();
    for (at, _) in lower.match_indices(&prefix) {
        let rest = text.get(at + prefix.len()..).unwrap_or("");
        let end = match rest.chars().next() {
            Some(open @ ('[' | '"' | '`')) => {
                let close = if open == '[' { ']' } else { open };
                rest.get(1..).and_then(|inner| inner.find(close)).map_or(rest.len(), |end| end + 2)
            }
            _ => rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len()),
        };
        let shown = rest.get(..end).unwrap_or("");
        if same_column(shown.trim_matches(['[', ']', '"', '`']), name) {
            return shown.to_owned();
        }
    }
    name.to_owned()
}

/// The value of a column after the update; none where no arm sets it. The first arm that is for the row decides.
fn new_value(updates: &[&Arm], name: &str, old: &str) -> Option<Vec<Part>> {
    let value = |arm: &Arm| match &arm.action {
        Action::Set(values) => values.iter().find(|(of, _)| same_column(of, name)).map(|(_, value)| value.clone()),
        Action::Insert(_) | Action::Delete | Action::Nothing => None,
    };
    let last = updates.iter().rposition(|arm| value(arm).is_some())?;
    if let [only] = updates {
        return value(only);
    }
    let mut parts = vec![Part::Text("case".to_owned())];
    for arm in updates.iter().take(last + 1) {
        let given = value(arm).unwrap_or_else(|| vec![Part::Text(old.to_owned())]);
        if let Some(condition) = &arm.condition {
            text(&mut parts, " when ");
            extend(&mut parts, condition.clone());
            text(&mut parts, " then ");
            extend(&mut parts, given);
        } else {
            text(&mut parts, " else ");
            extend(&mut parts, given);
            text(&mut parts, " end");
            return Some(parts);
        }
    }
    text(&mut parts, format!(" else {old} end"));
    Some(parts)
}

/// The WHERE of new rows: there is none of before with their key, and the arm is for them.
fn filtered(parts: &mut Vec<Part>, upsert: &Upsert, before: Option<Part>, conditions: &[Vec<Part>]) {
    let mut word = "\nwhere ";
    if let Some(before) = before {
        text(parts, format!("{word}not exists (select 1 from "));
        parts.push(before);
        text(parts, format!(" as {} where ", upsert.alias));
        extend(parts, upsert.on.clone());
        text(parts, ")");
        word = "\n    and ";
    }
    for condition in conditions {
        text(parts, word);
        extend(parts, condition.clone());
        word = "\n    and ";
    }
}
