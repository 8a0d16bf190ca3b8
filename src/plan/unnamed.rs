//! Columns without a name in rows that go to a table by position.
//!
//! In: scripts. Out: a finding for each INSERT whose query leaves a column without a name, into a table whose columns the inputs
//! do not tell: the model's column has the name that the warehouse makes up. Never makes up a name.

use super::context::Context;
use super::drafts::Draft;
use crate::finding::{Code, Finding};
use crate::steps::Effect;
use crate::versions::VersionId;

/// What there is to say of the rows of these drafts.
pub(super) fn unnamed(context: &Context, drafts: &[Draft]) -> Vec<Finding> {
    let ids = drafts.iter().flat_map(|draft| &draft.versions);
    ids.filter_map(|id| of_version(context, *id)).collect()
}

fn of_version(context: &Context, id: VersionId) -> Option<Finding> {
    let step = context.maker(id).filter(|_| context.columns.get(id).is_none())?;
    let (Effect::Append { columns, body, .. } | Effect::Replace { columns, body, .. }) = &step.effect else {
        return None;
    };
    let query = body.query().filter(|_| columns.is_empty())?;
    let place = query.unnamed.iter().position(|written| !written.is_empty())?;
    let (relation, written) = (&context.version(id)?.relation, query.unnamed.get(place)?);
    let message = format!(
        "column {} of the rows for {relation}, {written}, has no name, and the inputs do not say how the table calls it",
        place + 1
    );
    Some(Finding::at(Code::R305, step.span, message, "give the DDL with --schema, or name the columns of the INSERT"))
}
