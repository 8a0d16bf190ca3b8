//! Arms of a MERGE that take all columns of their source, for tables that nothing declares.
//!
//! In: scripts and versions. Out: the same scripts, where `UPDATE SET *` and `INSERT *` name the columns of the source. A
//! table that has fewer or others stops the statement in the scripts' database, so these are its columns. Leaves the arms of
//! declared tables, and those of sources whose columns are not known.

use crate::dialect::Dialect;
use crate::graph::columns;
use crate::sql::ident;
use crate::steps::{Assignment, Effect, Merge, MergeAction, Query, Script, Sql};
use crate::text::Span;
use crate::versions::{StepId, VersionId, Versions};

/// Names the columns of such arms.
pub(super) fn named(scripts: &mut [Script], versions: &Versions, target: Dialect) {
    let mut found: Vec<(StepId, Vec<String>)> = Vec::new();
    let known = columns(scripts, versions);
    for (at, version) in versions.list.iter().enumerate() {
        let Some(id) = version.step else { continue };
        let step = scripts.get(id.script).and_then(|script| script.steps.get(id.step));
        let Some(Effect::Merge(merge)) = step.map(|step| &step.effect) else { continue };
        if merge.outputs.is_empty() || is_whole(merge) || known.get(VersionId(at)).is_some() {
            continue;
        }
        let query = Query { outputs: merge.outputs.clone(), ..Query::new(merge.using.clone()) };
        if let Some(outputs) = known.outputs(versions, id, &query) {
            found.push((id, outputs.into_iter().map(|column| column.name).collect()));
        }
    }
    for (id, names) in found {
        let step = scripts.get_mut(id.script).and_then(|script| script.steps.get_mut(id.step));
        if let Some(step) = step
            && let Effect::Merge(merge) = &mut step.effect
        {
            name(merge, &names, step.span, target);
        }
    }
}

/// Whether nothing but the two arms stands there: dbt's own merge does the same, whatever the columns are.
fn is_whole(merge: &Merge) -> bool {
    merge.arms.len() == 2 && merge.arms.iter().all(|arm| arm.condition.is_none())
}

fn name(merge: &mut Merge, names: &[String], span: Span, target: Dialect) {
    let one = |alias: &str, name: &String| Assignment {
        column: name.clone(),
        value: Sql::plain(format!("{alias}.{}", ident(name, target)), span),
        from: Vec::new(),
    };
    let alias = merge.using_alias.clone();
    let all = || names.iter().map(|name| one(&alias, name)).collect();
    for arm in &mut merge.arms {
        match arm.action {
            MergeAction::UpdateAll => arm.action = MergeAction::Update(all()),
            MergeAction::InsertAll => arm.action = MergeAction::Insert(all()),
            MergeAction::Update(_) | MergeAction::Insert(_) | MergeAction::Delete | MergeAction::Nothing => {}
        }
    }
}
