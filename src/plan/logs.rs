//! Log and audit tables: what a script writes about itself.
//!
//! In: drafts. Out: which of them only hold a log. A log is written with values, never from other relations, nothing
//! reads it, and its name says what it is.

use super::context::Context;
use super::drafts::Draft;
use crate::steps::Effect;
use crate::versions::names_a_log;

/// Whether the draft's relation is a log of the script.
pub(super) fn is_log(context: &Context, draft: &Draft) -> bool {
    let Some(version) = draft.last().and_then(|last| context.version(last)) else { return false };
    names_a_log(&version.relation)
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
                notes && step.effect.reads().iter().all(|relation| *relation == version.relation)
            });
            own_readers && reads_itself
        })
        && draft.base.is_none_or(|base| context.is_source(base))
}
