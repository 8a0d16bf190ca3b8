//! Chains of which a part cannot be written.
//!
//! In: drafts. Out: drafts with bodies. A chain with a step that no query stands for is cut there: what comes before it
//! is a model, the step is left to a person, and what comes after is a model over the person's rows, which cannot run
//! before they are written. Never guesses what the step does.

use super::write::write;
use crate::finding::{Code, Finding};
use crate::plan::context::Context;
use crate::plan::drafts::{Draft, alternatives};
use crate::plan::seeds::seed_rows;
use crate::steps::Effect;
use crate::versions::VersionId;

/// All drafts with their bodies, in the order of their last versions, and what there is to say.
pub(in crate::plan) fn write_all(context: &Context, drafts: Vec<Draft>) -> (Vec<Draft>, Vec<Finding>) {
    let mut written = Vec::new();
    let mut findings = Vec::new();
    for draft in drafts {
        let first = written.len();
        let mut said = Vec::new();
        pieces(context, &draft, &mut written, &mut said);
        if let Some([whole]) = written.get_mut(first..) {
            whole.seed = seed_rows(context, whole);
            // The keys of a seed stand in its file.
            said.retain(|finding| whole.seed.is_none() || finding.code != Code::R319);
        }
        findings.extend(said);
    }
    written.sort_by_key(Draft::last);
    (written, findings)
}

/// Writes a draft, or the drafts that its chain is cut into.
fn pieces(context: &Context, draft: &Draft, written: &mut Vec<Draft>, findings: &mut Vec<Finding>) {
    let (whole, said) = tried(context, &draft.versions, draft.base);
    let units = units(context, &draft.versions);
    if whole.manual.is_none() || units.len() < 2 {
        findings.extend(said);
        written.push(whole);
        return;
    }
    let runs = runs(context, &units, draft.base);
    if let [(_, true)] = runs.as_slice() {
        let (first, second) = draft.versions.split_at(units.iter().take(units.len() / 2).map(Vec::len).sum());
        pieces(context, &part(first, draft.base), written, findings);
        pieces(context, &part(second, first.last().copied()), written, findings);
        return;
    }
    if let [_] = runs.as_slice() {
        findings.extend(said);
        written.push(whole);
        return;
    }
    let mut base = draft.base;
    for (versions, can_be_written) in runs {
        let next = versions.last().copied();
        if can_be_written {
            pieces(context, &part(&versions, base), written, findings);
        } else {
            let (manual, said) = tried(context, &versions, base);
            findings.extend(said);
            written.push(manual);
        }
        base = next;
    }
}

fn part(versions: &[VersionId], base: Option<VersionId>) -> Draft {
    Draft { base, ..Draft::new(versions.to_vec()) }
}

fn tried(context: &Context, versions: &[VersionId], base: Option<VersionId>) -> (Draft, Vec<Finding>) {
    let mut draft = part(versions, base);
    let said = write(context, &mut draft);
    (draft, said)
}

/// The versions of a chain that stay together: what makes a table ready with its first rows, and two branches of which
/// one runs.
fn units(context: &Context, versions: &[VersionId]) -> Vec<Vec<VersionId>> {
    let mut units: Vec<Vec<VersionId>> = Vec::new();
    for version in versions {
        let joins = units.last().and_then(|unit| unit.last()).is_some_and(|before| {
            let alone = units.len() == 1;
            alone && (makes_ready(context, *before) || alternatives(context, *before, *version))
        });
        match units.last_mut() {
            Some(unit) if joins => unit.push(*version),
            Some(_) | None => units.push(vec![*version]),
        }
    }
    units
}

/// Whether a version holds no rows yet.
fn makes_ready(context: &Context, version: VersionId) -> bool {
    let makes = |effect: &Effect| matches!(effect, Effect::Declare { .. } | Effect::Truncate { .. });
    context.maker(version).is_some_and(|step| step.guards.is_empty() && makes(&step.effect))
}

/// Neighbours that can be written each by itself, or cannot.
fn runs(context: &Context, units: &[Vec<VersionId>], base: Option<VersionId>) -> Vec<(Vec<VersionId>, bool)> {
    let mut runs: Vec<(Vec<VersionId>, bool)> = Vec::new();
    let mut base = base;
    for unit in units {
        let can_be_written = tried(context, unit, base).0.manual.is_none();
        base = unit.last().copied();
        match runs.last_mut() {
            Some((run, same)) if *same == can_be_written => run.extend(unit),
            Some(_) | None => runs.push((unit.clone(), can_be_written)),
        }
    }
    runs
}
