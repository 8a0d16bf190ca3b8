//! Changes of rows that no script of the inputs makes: incremental models.
//!
//! In: a chain that starts from the rows of the run before. Out: how dbt keeps them, and a body. Where dbt's own
//! strategies mean the same, one of them is taken; else the table is written anew from `{{ this }}`.

use super::builder::Builder;
use super::changed;
use super::ident::ident;
use super::manual::Problem;
use super::modes::open_guards;
use super::rows::{Rows, text};
use super::slices::refilled;
use super::splice::extend;
use super::terms::{column, guard_this, same_column, squeezed};
use crate::finding::{Code, Finding};
use crate::plan::context::Context;
use crate::plan::drafts::{Draft, Expected, Part};
use crate::plan::{Incremental, Materialized};
use crate::steps::{Assignment, ColumnDef, Conflict, Effect, Matched, Merge, MergeAction, MergeArm, Step};
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
    /// Whether columns of the relation could be missing because nothing declares it.
    pub incomplete: bool,
}

impl Kept {
    /// The whole of what a builder wrote.
    pub fn new(mut builder: Builder, materialized: Materialized) -> Result<Self, Problem> {
        let mut kept = Self::of_parts(&mut builder, Vec::new(), materialized);
        kept.incomplete |= builder.incomplete;
        kept.body = builder.finish()?;
        Ok(kept)
    }

    /// A body with what the builder found out while it was written.
    pub fn of(mut builder: Builder, body: Vec<Part>, materialized: Materialized) -> Self {
        Self::of_parts(&mut builder, body, materialized)
    }

    fn of_parts(builder: &mut Builder, body: Vec<Part>, materialized: Materialized) -> Self {
        Self {
            body,
            materialized,
            bound: std::mem::take(&mut builder.bound),
            findings: std::mem::take(&mut builder.findings),
            expected: std::mem::take(&mut builder.expected),
            hook: Vec::new(),
            incomplete: builder.incomplete,
        }
    }
}

/// The chain as an incremental model, or as a table made anew from its own rows.
pub(super) fn incremental(context: &Context, draft: &Draft) -> Result<Kept, Problem> {
    let steps: Vec<&Step> = draft.versions.iter().filter_map(|id| context.maker(*id)).collect();
    let acting: Vec<&Step> =
        steps.iter().copied().filter(|step| !matches!(step.effect, Effect::Declare { .. })).collect();
    let guarded = acting.iter().any(|step| open_guards(draft, step).next().is_some());
    let effects: Vec<&Effect> = acting.iter().map(|step| &step.effect).collect();
    let simple = match effects.as_slice() {
        _ if guarded => None,
        [Effect::Merge(merge)] => merged(context, draft, merge).or_else(|| changed::merged(context, draft, merge)),
        [Effect::Append { conflict: Some(conflict), columns, .. }] => {
            upserted(context, draft, conflict, columns).or_else(|| changed::upserted(context, draft, conflict, columns))
        }
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
    let (kept, reads_this) = added(context, draft, false)?;
    let mut kept = match (reads_this, guard_this(&kept.body)) {
        (false, _) => kept,
        (true, Some(body)) => Kept { body, ..kept },
        (true, None) => added(context, draft, true)?.0,
    };
    let last = draft.last()?;
    if !reads_this && let (Some(version), Some(step)) = (context.version(last), context.maker(last)) {
        let message = format!("a second run adds the rows of {} again", version.relation);
        kept.findings.push(Finding::at(Code::R306, step.span, message, "add a filter on what is new, or a unique key"));
    }
    Some(kept)
}

/// The rows that inserts bring, and whether they read the rows of before; where those are `staged`, through a stage that is
/// empty at the first run.
fn added(context: &Context, draft: &Draft, staged: bool) -> Option<(Kept, bool)> {
    let mut builder = Builder::new(context, draft);
    builder.rows = Rows::Empty;
    builder.this = draft.base;
    builder.apart = true;
    builder.staged = staged;
    for id in &draft.versions {
        builder.version(*id).ok()?;
    }
    let reads_this = builder.reads_this;
    Kept::new(builder, keeping("append", Vec::new(), Vec::new())).ok().map(|kept| (kept, reads_this))
}

/// A MERGE that updates what it would insert, and inserts what is new.
fn merged(context: &Context, draft: &Draft, merge: &Merge) -> Option<Kept> {
    let last = draft.last()?;
    let key = super::terms::equalities(&merge.on.text, &merge.alias, &merge.using_alias)?;
    let mut builder = Builder::new(context, draft);
    builder.rows = Rows::Empty;
    builder.this = draft.base;
    builder.apart = true;
    builder.step = context.version(last)?.step?;
    builder.inline = true;
    let declared = draft.base.and_then(|base| context.columns.get(base));
    let (items, names, update) = match merge.arms.as_slice() {
        [one, other] if whole(one, other) || whole(other, one) => {
            let columns = declared.map(|columns| columns.iter().map(|column| column.name.clone()).collect());
            (vec![vec![Part::Text(format!("{}.*", merge.using_alias))]], columns.unwrap_or_default(), Vec::new())
        }
        arms => plain(&mut builder, merge, arms, &key, declared)?,
    };
    let spelled = |name: String| names.iter().find(|other| same_column(other, &name)).cloned().unwrap_or(name);
    let key: Vec<String> = key.into_iter().map(|(column, _)| spelled(column)).collect();
    let mut parts = vec![Part::Text("select".to_owned())];
    for (at, item) in items.into_iter().enumerate() {
        text(&mut parts, if at == 0 { "\n    " } else { ",\n    " });
        extend(&mut parts, item);
    }
    text(&mut parts, "\nfrom ");
    let using = builder.parts(&merge.using);
    extend(&mut parts, using);
    text(&mut parts, format!(" as {}", merge.using_alias));
    let unsure = builder.problem.is_some() || builder.reads_this;
    builder.incomplete = declared.is_none() && !names.is_empty();
    (!unsure).then(|| Kept::of(builder, parts, keeping("merge", key, update)))
}

/// `WHEN MATCHED THEN UPDATE SET *` and `WHEN NOT MATCHED THEN INSERT *`.
fn whole(one: &MergeArm, other: &MergeArm) -> bool {
    let plain = one.condition.is_none() && other.condition.is_none();
    let actions = (one.matched, &one.action, other.matched, &other.action);
    plain && matches!(actions, (Matched::Both, MergeAction::UpdateAll, Matched::SourceOnly, MergeAction::InsertAll))
}

/// What is selected, the columns, and those that are updated where they are fewer.
type Plain = (Vec<Vec<Part>>, Vec<String>, Vec<String>);

/// The same where both arms name their columns and give them the same values.
fn plain(
    builder: &mut Builder,
    merge: &Merge,
    arms: &[MergeArm],
    key: &[(String, String)],
    declared: Option<&[ColumnDef]>,
) -> Option<Plain> {
    let mut sets: Option<&Vec<Assignment>> = None;
    let mut inserted: Option<&Vec<Assignment>> = None;
    for arm in arms {
        match (&arm.matched, &arm.condition, &arm.action) {
            (Matched::Both, None, MergeAction::Update(set)) if sets.is_none() => sets = Some(set),
            (Matched::SourceOnly, None, MergeAction::Insert(set)) if inserted.is_none() => inserted = Some(set),
            _ => return None,
        }
    }
    let (sets, inserted) = (sets?, inserted?);
    let value = |name: &str| inserted.iter().find(|one| same_column(&one.column, name)).map(|one| &one.value.text);
    let same = |one: &Assignment| value(&one.column).is_some_and(|text| squeezed(text) == squeezed(&one.value.text));
    let from_key = |(name, other): &(String, String)| {
        let given = value(name).and_then(|value| column(value));
        given.is_some_and(|(alias, value)| alias.eq_ignore_ascii_case(&merge.using_alias) && value == *other)
    };
    let is_key = |name: &str| key.iter().any(|(column, _)| same_column(column, name));
    let named = inserted.iter().all(|one| !one.column.is_empty());
    let defaults = inserted.iter().chain(sets.iter()).any(super::new_rows::is_default);
    if defaults
        || !named
        || !sets.iter().all(same)
        || !key.iter().all(from_key)
        || sets.iter().any(|one| is_key(&one.column))
    {
        return None;
    }
    let drawn = inserted.iter().any(|one| super::items::drawn(&one.value.text).is_some());
    let left_out = declared.is_some_and(|columns| columns.iter().any(|column| value(&column.name).is_none()));
    if drawn || left_out {
        return None;
    }
    let others = inserted.iter().map(|one| &one.column).filter(|column| !is_key(column));
    let all = others.clone().all(|name| sets.iter().any(|one| same_column(&one.column, name)));
    let update = if all { Vec::new() } else { sets.iter().map(|one| one.column.clone()).collect() };
    let mut items = Vec::new();
    for one in inserted {
        let mut item = builder.parts(&one.value);
        text(&mut item, format!(" as {}", ident(&one.column, builder.context.target)));
        items.push(item);
    }
    Some((items, inserted.iter().map(|one| one.column.clone()).collect(), update))
}

/// `INSERT … ON CONFLICT DO UPDATE` that sets columns to what comes.
fn upserted(context: &Context, draft: &Draft, conflict: &Conflict, columns: &[String]) -> Option<Kept> {
    let last = draft.last()?;
    let same =
        |one: &crate::steps::Assignment| squeezed(&one.value.text) == format!("excluded.{}", one.column).to_lowercase();
    let skips = conflict.assignments.is_empty() && !conflict.replaces_row;
    let declared = context.columns.get(last).unwrap_or_default();
    let left_out = |column: &ColumnDef| !columns.iter().any(|name| same_column(name, &column.name));
    let numbered = declared.iter().any(|column| column.generated && (columns.is_empty() || left_out(column)));
    if skips || numbered || conflict.filter.is_some() || !conflict.assignments.iter().all(same) {
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
    let is_key = |column: &&String| key.iter().any(|name| same_column(name, column));
    let others: Vec<&String> = known.iter().filter(|column| !is_key(column)).collect();
    let sets: Vec<String> = conflict.assignments.iter().map(|one| one.column.clone()).collect();
    let all = conflict.replaces_row || others.iter().all(|column| sets.iter().any(|name| same_column(name, column)));
    let unsure = builder.reads_this || key.is_empty();
    let materialized = keeping("merge", key, if all { Vec::new() } else { sets });
    Kept::new(builder, materialized).ok().filter(|_| !unsure)
}

/// Every change, over the rows of the run before. Where a key tells the rows apart and none is removed, those that differ
/// from the rows of before are merged by it; else the whole table is written anew.
fn rewritten(context: &Context, draft: &Draft) -> Result<Kept, Problem> {
    let mut builder = Builder::new(context, draft);
    builder.this = draft.base;
    let key = row_key(context, draft);
    builder.refreshes = key.is_some();
    for id in &draft.versions {
        builder.version(*id)?;
    }
    let Some(key) = key else { return Kept::new(builder, Materialized::Table) };
    let Some(before) = builder.before.clone() else {
        return Kept::new(builder, keeping("merge", key, Vec::new()));
    };
    let present = builder.present();
    let mut last = vec![Part::Text("select * from ".to_owned()), present];
    let except = format!("\n{}\nselect * from {before}", context.target.traits().except);
    last.push(Part::IfIncremental(vec![Part::Text(except)]));
    if let Some(problem) = builder.problem.take() {
        return Err(problem);
    }
    let stages = std::mem::take(&mut builder.stages);
    Ok(Kept::of(builder, super::rows::body(stages, last, false), keeping("merge", key, Vec::new())))
}

/// The columns that tell the rows of a table apart, where the chain only changes others and adds rows.
fn row_key(context: &Context, draft: &Draft) -> Option<Vec<String>> {
    let columns = context.columns.get(draft.base?)?;
    let effects = draft.versions.iter().filter_map(|id| context.maker(*id)).map(|step| &step.effect);
    let mut set: Vec<&str> = Vec::new();
    for effect in effects {
        match effect {
            Effect::Declare { .. } | Effect::Append { .. } => {}
            Effect::Update(update) => set.extend(update.assignments.iter().map(|one| one.column.as_str())),
            Effect::Merge(merge) => {
                for arm in &merge.arms {
                    match &arm.action {
                        MergeAction::Update(all) => set.extend(all.iter().map(|one| one.column.as_str())),
                        MergeAction::Insert(_) | MergeAction::InsertAll | MergeAction::Nothing => {}
                        MergeAction::UpdateAll | MergeAction::Delete => return None,
                    }
                }
            }
            Effect::Create { .. }
            | Effect::Replace { .. }
            | Effect::Delete(_)
            | Effect::Truncate { .. }
            | Effect::Drop { .. }
            | Effect::Rename { .. }
            | Effect::Swap { .. }
            | Effect::Alter { .. }
            | Effect::Call { .. }
            | Effect::Bind { .. }
            | Effect::Read { .. }
            | Effect::Opaque(_) => return None,
        }
    }
    let relation = &context.version(draft.last()?)?.relation;
    let declared = context.declared_keys(relation).map(<[String]>::to_vec);
    let alone =
        columns.iter().filter(|column| column.unique || column.generated).map(|column| vec![column.name.clone()]);
    let sure = |name: &String| {
        let column = columns.iter().find(|column| same_column(&column.name, name));
        let sure = column.is_some_and(|column| column.not_null || column.generated);
        sure && !set.iter().any(|of| same_column(of, name))
    };
    let compares = columns.iter().all(super::keys::has_order);
    declared.chain(alone).find(|key| compares && !key.is_empty() && key.iter().all(sure))
}

/// The rows of the run before; none at the first run. What is incremental can be refreshed in full: it has no rows of
/// before then either.
pub(super) fn rows_of_before(context: &Context, base: VersionId, is_incremental: bool) -> Vec<Part> {
    let condition = if is_incremental { "is_incremental()" } else { "load_relation(this) is not none" };
    let Some(columns) = context.columns.get(base) else {
        return vec![Part::Text("select * from ".to_owned()), Part::This];
    };
    let names: Vec<String> = columns.iter().map(|column| ident(&column.name, context.target)).collect();
    let this = vec![Part::Text(format!("select\n    {}\nfrom ", names.join(",\n    "))), Part::This];
    let otherwise = vec![Part::Text(super::builder::empty_query(columns, context.target))];
    vec![Part::If { condition: condition.to_owned(), then: this, otherwise }]
}
