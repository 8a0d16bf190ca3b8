//! From a chain to a body.

use super::builder::Builder;
use super::incremental::{Kept, incremental};
use super::manual::{Problem, manual};
use super::modes::modes;
use crate::finding::{Code, Finding};
use crate::plan::Materialized;
use crate::plan::context::Context;
use crate::plan::drafts::{Draft, Part};
use crate::steps::{Effect, Form};
use crate::versions::{StepId, VersionId};

/// Fills in the draft's body, what it reads, and how its rows are kept; gives what there is to say.
pub(super) fn write(context: &Context, draft: &mut Draft) -> Vec<Finding> {
    let steps: Vec<StepId> =
        draft.versions.iter().filter_map(|id| context.version(*id).and_then(|version| version.step)).collect();
    let mut findings = Vec::new();
    match built(context, draft, &steps) {
        Ok(kept) => {
            draft.python = is_python(context, &steps);
            draft.body = kept.body;
            draft.materialized = kept.materialized;
            draft.also.extend(kept.bound);
            draft.expected = kept.expected;
            draft.hook = kept.hook;
            findings.extend(kept.findings);
            if kept.incomplete {
                findings.extend(incomplete_finding(context, draft));
            }
        }
        Err(problem) => {
            findings.extend(manual_finding(context, draft, &problem));
            draft.manual = Some(manual(context, &steps, problem));
        }
    }
    draft.reads = if draft.manual.is_some() { all_reads(context, draft) } else { reads(&draft.body) };
    findings
}

fn built(context: &Context, draft: &Draft, steps: &[StepId]) -> Result<Kept, Problem> {
    if context.versions.circles.iter().any(|circle| steps.contains(&circle.step)) {
        return Err(Problem::new("it stands in a circle", "decide which read wants the rows of the run before"));
    }
    if let Some(refusal) = steps.iter().find_map(|id| context.refused.get(&(id.script, id.step))) {
        return Err(Problem::new(refusal.reason.clone(), refusal.help.clone()));
    }
    let before = draft.last().filter(|last| context.lasts(*last)).and_then(|last| context.before(last));
    if before.is_some() && draft.base == before {
        if let Some(kept) = modes(context, draft) {
            return Ok(kept);
        }
        return incremental(context, draft);
    }
    let mut builder = Builder::new(context, draft);
    builder.this = before;
    for version in &draft.versions {
        builder.version(*version)?;
    }
    if let Some(body) = builder.python.take() {
        return Ok(Kept::of(builder, body, Materialized::Table));
    }
    let materialized = if builder.reads_this { Materialized::Table } else { materialized(context, draft) };
    Kept::new(builder, materialized)
}

/// Whether the body is Python: the step has code, and the target runs it.
fn is_python(context: &Context, steps: &[StepId]) -> bool {
    let has_code = |id: &StepId| {
        let effect = context.step(*id).map(|step| &step.effect);
        matches!(effect, Some(Effect::Opaque(opaque)) if opaque.python.is_some())
    };
    context.runs_python() && steps.iter().any(has_code)
}

/// The versions that the parts read, in order, each once.
pub(in crate::plan) fn reads(parts: &[Part]) -> Vec<VersionId> {
    let mut all = Vec::new();
    collect(parts, &mut all);
    all
}

fn collect(parts: &[Part], all: &mut Vec<VersionId>) {
    for part in parts {
        match part {
            Part::Read(version) if !all.contains(version) => all.push(*version),
            Part::IfIncremental(inner) | Part::Each { parts: inner, .. } => collect(inner, all),
            Part::If { then, otherwise, .. } | Part::IfThere { then, otherwise, .. } => {
                collect(then, all);
                collect(otherwise, all);
            }
            Part::Read(_) | Part::Text(_) | Part::Var { .. } | Part::This | Part::Call { .. } => {}
        }
    }
}

/// Everything that the chain's steps are known to read, for a model that has no text of its own.
fn all_reads(context: &Context, draft: &Draft) -> Vec<VersionId> {
    let mut all: Vec<VersionId> = Vec::new();
    for flow in &context.versions.flows {
        let own = flow.to.is_some_and(|to| draft.versions.contains(&to));
        if own && !draft.versions.contains(&flow.from) && !all.contains(&flow.from) {
            all.push(flow.from);
        }
    }
    let lasting = draft.last().filter(|last| context.lasts(*last));
    let own = lasting.and_then(|last| context.version(last)).map(|version| &version.relation);
    all.retain(|id| !context.is_source(*id) || context.version(*id).map(|version| &version.relation) != own);
    let earlier = |base: &VersionId| lasting.is_none() || !context.is_source(*base);
    if let Some(base) = draft.base.filter(earlier).filter(|base| !all.contains(base)) {
        all.push(base);
    }
    all
}

fn materialized(context: &Context, draft: &Draft) -> Materialized {
    let view = match (draft.versions.as_slice(), draft.last().and_then(|last| context.maker(last))) {
        ([_], Some(step)) => matches!(step.effect, Effect::Create { form: Form::View, .. }),
        _ => false,
    };
    if view { Materialized::View } else { Materialized::Table }
}

fn manual_finding(context: &Context, draft: &Draft, problem: &Problem) -> Option<Finding> {
    let last = draft.last()?;
    let step = context.maker(last)?;
    let relation = &context.version(last)?.relation;
    let code = if problem.columns { Code::R305 } else { Code::R301 };
    Some(Finding::at(code, step.span, format!("{relation}: {}", problem.reason), problem.help.clone()))
}

fn incomplete_finding(context: &Context, draft: &Draft) -> Option<Finding> {
    let last = draft.last()?;
    let relation = &context.version(last)?.relation;
    let message = format!("{relation} may have more columns than the script fills");
    let help = "its columns are those that the statements name; give the DDL with --schema";
    Some(Finding::at(Code::R305, context.maker(last)?.span, message, help))
}
