//! The query of a check: a row when the script would say that something is wrong.

use super::builder::Builder;
use super::rows::{body, text};
use super::splice::extend;
use crate::plan::context::Context;
use crate::plan::drafts::{Draft, Part};
use crate::versions::StepId;

/// The query of the check at `id`; none where its condition cannot be asked after the run.
pub(in crate::plan) fn check(context: &Context, id: StepId, message: &str) -> Option<Vec<Part>> {
    let draft = Draft::new(Vec::new());
    let mut builder = Builder::new(context, &draft);
    builder.step = id;
    let condition = builder.condition(context.step(id)?).ok()??;
    if builder.problem.is_some() {
        return None;
    }
    let mut last = Vec::new();
    text(&mut last, format!("select * from (select '{}' as failure) checked\nwhere ", message.replace('\'', "''")));
    extend(&mut last, condition);
    Some(if builder.stages.is_empty() { last } else { body(builder.stages, last, false) })
}
