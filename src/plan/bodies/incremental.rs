//! Changes of rows that no script of the inputs makes: incremental models.
//!
//! In: a chain that starts from the rows of the run before. Out: how dbt keeps them, and a body. Where dbt's own
//! strategies mean the same, one of them is taken; else the table is written anew from `{{ this }}`.

use super::builder::Builder;
use super::ident::ident;
use super::manual::Problem;
use super::rows::{Rows, text};
use super::slices::refilled;
use super::splice::extend;
use super::terms::{guard_this, squeezed};
use crate::finding::{Code, Finding};
use crate::plan::context::Context;
use crate::plan::drafts::{Draft, Expected, Part};
use crate::plan::{Incremental, Materialized};
use crate::steps::{Conflict, Effect, Matched, Merge, MergeAction, Step};
use crate::versions::VersionId;

/// A body with how its rows are kept.
pub(super) struct Kept {
    pub body: Vec<Part>,
    pub materialized: Materialized,
    pub bound: Vec<crate::versions::StepId>,
    pub findings: Vec<Finding>,
    /// What other relations must be for the rows to be right.
    pub expected: Vec<Expected>,
    /// What runs first, where there are rows of before.
    pub hook: Vec<Part>,
}

impl Kept {
    /// The whole of what a builder wrote.
    pub fn new(builder: Builder, materialized: Materialized) -> Result<Self, Problem> {
        let (bound, expected) = (builder.bound.clone(), builder.expected.clone());
        let body = builder.finish()?;
        Ok(Self { body, materialized, bound, findings: Vec::new(), expected, hook: Vec::new() })
    }
}

/// The chain as an incremental model, or as a table made anew from its own rows.
pub(super) fn incremental(context: &Context, draft: &Draft) -> Result<Kept, Problem> {
    let steps: Vec<&Step> = draft.versions.iter().filter_map(|id| context.maker(*id)).collect();
    let acting: Vec<&Step> =
        steps.iter().copied().filter(|step| !matches!(step.effect, Effect::Declare { .. })).collect();
    let guarded = acting.iter().any(|step| !step.guards.is_empty());
    let effects: Vec<&Effect> = acting.iter().map(|step| &step.effect).collect();
    let simple = match effects.as_slice() {
        _ if guarded => None,
        [Effect::Merge(merge)] => merged(context, draft, merge),
        [Effect::Append { conflict: Some(conflict), columns, .. }] => upserted(context, draft, conflict, columns),
        [Effect::Delete(delete), rest @ ..] if !rest.is_empty() && rest.iter().all(|effect| is_append(effect)) => {
            refilled(context, draft, delete)
        }
        all if !all.is_empty() && all.iter().all(|effect| is_append(effect)) => appended(context, draft),
        _ => None,
    };
    match simple {
        Some(kept) => Ok(kept),
        None => rewritten(context, draft),
    }
}

fn is_append(effect: &Effect) -> bool {
    matches!(effect, Effect::Append { conflict: None, .. })
}

pub(super) fn keeping(strategy: &str, unique_key: Vec<String>, update_columns: Vec<String>) -> Materialized {
    Materialized::Incremental(Incremental { strategy: strategy.to_owned(), unique_key, update_columns })
}

/// Only inserts: the new rows.
fn appended(context: &Context, draft: &Draft) -> Option<Kept> {
    let mut builder = Builder::new(context, draft);
    builder.rows = Rows::Empty;
    builder.this = draft.base;
    builder.apart = true;
    for id in &draft.versions {
        builder.version(*id).ok()?;
    }
    let reads_this = builder.reads_this;
    let mut kept = Kept::new(builder, keeping("append", Vec::new(), Vec::new())).ok()?;
    if reads_this {
        kept.body = guard_this(&kept.body)?;
    }
    let last = draft.last()?;
    if !reads_this && let (Some(version), Some(step)) = (context.version(last), context.maker(last)) {
        let message = format!("a second run adds the rows of {} again", version.relation);
        kept.findings.push(Finding::at(Code::R306, step.span, message, "add a filter on what is new, or a unique key"));
    }
    Some(kept)
}

/// A MERGE that updates what it would insert, and inserts what is new.
fn merged(context: &Context, draft: &Draft, merge: &Merge) -> Option<Kept> {
    let mut sets: Option<Vec<(String, String)>> = None;
    let mut inserted: Option<&Vec<crate::steps::Assignment>> = None;
    for arm in &merge.arms {
        match (&arm.matched, &arm.condition, &arm.action) {
            (Matched::Both, None, MergeAction::Update(set)) if sets.is_none() => {
                sets = Some(set.iter().map(|one| (one.column.clone(), squeezed(&one.value.text))).collect());
            }
            (Matched::SourceOnly, None, MergeAction::Insert(set)) if inserted.is_none() => inserted = Some(set),
            _ => return None,
        }
    }
    let (sets, inserted) = (sets?, inserted?);
    let value = |column: &str| inserted.iter().find(|one| one.column == column).map(|one| squeezed(&one.value.text));
    if sets.iter().any(|(column, text)| value(column).as_deref() != Some(text.as_str())) {
        return None;
    }
    let key = super::terms::equalities(&merge.on.text, &merge.alias, &merge.using_alias)?;
    let from_key = |(column, other): &(String, String)| {
        value(column).is_some_and(|value| value == format!("{}.{other}", merge.using_alias).to_lowercase())
    };
    if !key.iter().all(from_key) {
        return None;
    }
    let key: Vec<String> = key.into_iter().map(|(column, _)| column).collect();
    let others = inserted.iter().map(|one| &one.column).filter(|column| !key.contains(column));
    let all = others.clone().all(|column| sets.iter().any(|(set, _)| set == column));
    let update = if all { Vec::new() } else { sets.iter().map(|(column, _)| column.clone()).collect() };
    let mut builder = Builder::new(context, draft);
    builder.rows = Rows::Empty;
    builder.this = draft.base;
    builder.apart = true;
    builder.step = context.version(draft.last()?)?.step?;
    builder.inline = true;
    let mut parts = vec![Part::Text("select".to_owned())];
    for (at, one) in inserted.iter().enumerate() {
        text(&mut parts, if at == 0 { "\n    " } else { ",\n    " });
        let value = builder.parts(&one.value);
        extend(&mut parts, value);
        text(&mut parts, format!(" as {}", ident(&one.column, context.target)));
    }
    text(&mut parts, "\nfrom ");
    let using = builder.parts(&merge.using);
    extend(&mut parts, using);
    text(&mut parts, format!(" as {}", merge.using_alias));
    let unsure = builder.problem.is_some() || builder.reads_this;
    (!unsure).then(|| Kept {
        body: parts,
        materialized: keeping("merge", key, update),
        bound: builder.bound,
        findings: Vec::new(),
        expected: Vec::new(),
        hook: Vec::new(),
    })
}

/// `INSERT … ON CONFLICT DO UPDATE` that sets columns to what comes.
fn upserted(context: &Context, draft: &Draft, conflict: &Conflict, columns: &[String]) -> Option<Kept> {
    let last = draft.last()?;
    let same =
        |one: &crate::steps::Assignment| squeezed(&one.value.text) == format!("excluded.{}", one.column).to_lowercase();
    let skips = conflict.assignments.is_empty() && !conflict.replaces_row;
    if skips || conflict.filter.is_some() || !conflict.assignments.iter().all(same) {
        return None;
    }
    let mut builder = Builder::new(context, draft);
    builder.rows = Rows::Empty;
    builder.this = draft.base;
    builder.apart = true;
    builder.step = context.version(last)?.step?;
    let key = if conflict.key.is_empty() { builder.declared_key(last) } else { conflict.key.clone() };
    let relation = context.version(last)?.relation.clone();
    builder.append(last, &relation, columns, None).ok()?;
    let known: Vec<String> = if columns.is_empty() { context.column_names(last)? } else { columns.to_vec() };
    let others: Vec<&String> = known.iter().filter(|column| !key.contains(column)).collect();
    let sets: Vec<String> = conflict.assignments.iter().map(|one| one.column.clone()).collect();
    let all = conflict.replaces_row || others.iter().all(|column| sets.contains(column));
    let unsure = builder.reads_this || key.is_empty();
    let materialized = keeping("merge", key, if all { Vec::new() } else { sets });
    Kept::new(builder, materialized).ok().filter(|_| !unsure)
}

/// Every change, over the rows of the run before: the whole table is written anew.
fn rewritten(context: &Context, draft: &Draft) -> Result<Kept, Problem> {
    let mut builder = Builder::new(context, draft);
    builder.this = draft.base;
    for id in &draft.versions {
        builder.version(*id)?;
    }
    Kept::new(builder, Materialized::Table)
}

/// The rows of the run before; none at the first run.
pub(super) fn rows_of_before(context: &Context, base: VersionId) -> Vec<Part> {
    let this = vec![Part::Text("select * from ".to_owned()), Part::This];
    match context.columns.get(base) {
        Some(columns) => vec![Part::If {
            condition: "load_relation(this) is not none".to_owned(),
            then: this,
            otherwise: vec![Part::Text(super::builder::empty_query(columns, context.target))],
        }],
        None => this,
    }
}
