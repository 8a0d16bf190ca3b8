//! Log and audit tables: what a script writes about itself.
//!
//! In: drafts. Out: which of them only hold a log. A log is written with values, never from other relations, nothing
//! reads it, and its name says what it is. A table by which rows are chosen (a mark of the last run) is no log.

use super::context::Context;
use super::drafts::Draft;
use crate::finding::{Code, Finding};
use crate::name::Relation;
use crate::steps::{Effect, Step};
use crate::versions::{StepId, VersionId, names_a_log};

/// Whether the draft's relation is a log of the script.
pub(super) fn is_log(context: &Context, draft: &Draft) -> bool {
    let Some(version) = draft.last().and_then(|last| context.version(last)) else { return false };
    (names_a_log(&version.relation) || notes_the_session(context, draft))
        && draft.versions.iter().all(|id| {
            let own_readers = context
                .readers(*id)
                .iter()
                .all(|reader| context.made_by(*reader).iter().any(|made| draft.versions.contains(made)));
            let reads_itself = context.maker(*id).is_some_and(|step| {
                let notes = matches!(
                    step.effect,
                    Effect::Append { .. } | Effect::Update(_) | Effect::Delete(_) | Effect::Declare { .. }
                );
                notes
                    && step
                        .effect
                        .reads()
                        .iter()
                        .all(|relation| *relation == version.relation || tells_of_the_session(relation))
            });
            own_readers && reads_itself
        })
        && draft.base.is_none_or(|base| context.is_source(base) && !decides(context, draft, base))
}

/// Whether all rows come from what the server tells of its sessions: who ran the script, and when.
fn notes_the_session(context: &Context, draft: &Draft) -> bool {
    let notes = |step: &Step| matches!(step.effect, Effect::Append { .. } | Effect::Declare { .. });
    let asks = |step: &Step| step.effect.reads().iter().any(tells_of_the_session);
    let makers = || draft.versions.iter().filter_map(|id| context.maker(*id));
    makers().all(notes) && makers().any(asks)
}

/// Views and tables in which the server tells of its sessions.
const SESSIONS: [&str; 9] = [
    "dm_exec_connections",
    "dm_exec_sessions",
    "dm_exec_requests",
    "sysprocesses",
    "pg_stat_activity",
    "processlist",
    "v$session",
    "gv$session",
    "stv_sessions",
];

fn tells_of_the_session(relation: &Relation) -> bool {
    SESSIONS.iter().any(|name| relation.name().eq_ignore_ascii_case(name))
}

/// Whether a step makes something else than the draft.
fn makes_others<'a>(context: &'a Context, draft: &'a Draft) -> impl Fn(&StepId) -> bool + 'a {
    |step| context.made_by(*step).iter().any(|made| !draft.versions.contains(made))
}

/// Whether what the relation held before reaches another relation: a mark of the last run, by which rows are chosen.
fn decides(context: &Context, draft: &Draft, base: VersionId) -> bool {
    let other = makes_others(context, draft);
    context.readers(base).iter().any(|reader| other(reader) || bound(context, *reader, &other, 0))
}

/// Whether a value that the step binds is used by a step that `counts`, if through other values.
fn bound(context: &Context, bind: StepId, counts: &dyn Fn(&StepId) -> bool, depth: usize) -> bool {
    let used = context.versions.values.iter().filter(|value| value.bind == bind);
    depth < 8
        && used
            .into_iter()
            .any(|value| counts(&value.step) || (value.step != bind && bound(context, value.step, counts, depth + 1)))
}

/// What there is to say of tables that hold the mark of the last run.
pub(super) fn marks(context: &Context, drafts: &[Draft]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for draft in drafts {
        let Some(base) = draft.base.filter(|base| context.is_source(*base)) else { continue };
        let Some(version) = context.version(base) else { continue };
        let updates = |id: &VersionId| context.maker(*id).filter(|step| matches!(step.effect, Effect::Update(_)));
        let set = draft.versions.iter().find_map(updates);
        let other = makes_others(context, draft);
        let chosen = context.readers(base).iter().any(|reader| bound(context, *reader, &other, 0));
        let Some(step) = set.filter(|_| chosen) else { continue };
        let message = format!(
            "{} is read to choose the rows of this run and set for the next one: a mark of the last run",
            version.relation
        );
        let help = "the project keeps the mark as the script does; dbt's own way is to ask the filled table itself, \
                    `where x > (select max(x) from {{ this }})` under `is_incremental()`, and to drop the mark";
        findings.push(Finding::at(Code::R322, step.span, message, help));
    }
    findings
}
