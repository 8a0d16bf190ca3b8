//! Rules that look at one script at a time.

use super::listed;
use crate::finding::{Code, Finding};
use crate::name::Relation;
use crate::steps::{Body, Effect, Form, Lifetime, Script, ScriptKind, Step};

/// R401: a temp table or DataFrame holds a result, and is gone when the session ends.
pub fn vanishing_steps(script: &Script) -> Vec<Finding> {
    let mut seen: Vec<&Relation> = Vec::new();
    let mut findings = Vec::new();
    for step in &script.steps {
        let Some(relation) = step.effect.made_temporary().filter(|relation| !seen.contains(relation)) else { continue };
        seen.push(relation);
        let is_frame = of_frames(&step.effect) || script.kind == ScriptKind::Pandas;
        let what = if is_frame { "DataFrame" } else { "temp table" };
        findings.push(Finding::at(
            Code::R401,
            step.span,
            format!("the {what} {relation} is gone when {} ends, whether it succeeds or fails", script.name),
            "as a model, the step stays: it can be looked at, and a failure further on does not undo it",
        ));
    }
    findings
}

/// Temporary relations of a script, each once.
fn temporaries(script: &Script) -> Vec<&Relation> {
    script.steps.iter().filter_map(|step| step.effect.made_temporary()).collect()
}

/// R404: all rows of a lasting table are replaced at each run.
pub fn full_overwrites(script: &Script) -> Vec<Finding> {
    let temporaries = temporaries(script);
    let mut seen: Vec<&Relation> = Vec::new();
    let mut findings = Vec::new();
    for (at, step) in script.steps.iter().enumerate() {
        let Some(relation) = overwritten(script, at, step) else { continue };
        if temporaries.contains(&relation) || seen.contains(&relation) {
            continue;
        }
        seen.push(relation);
        findings.push(Finding::at(
            Code::R404,
            step.span,
            format!("every run of {} replaces all rows of {relation}", script.name),
            "fine while the table is small; an incremental model touches only what is new",
        ));
    }
    findings
}

/// The relation whose rows a step replaces, or empties for an insert that follows.
fn overwritten<'a>(script: &'a Script, at: usize, step: &'a Step) -> Option<&'a Relation> {
    let filled_later = |relation: &Relation| {
        script
            .steps
            .iter()
            .skip(at + 1)
            .any(|later| matches!(&later.effect, Effect::Append { relation: target, .. } if target == relation))
    };
    match &step.effect {
        Effect::Create { relation, lifetime: Lifetime::Lasting, form: Form::Table, .. }
        | Effect::Replace { relation, .. } => Some(relation).filter(|_| !step.effect.is_hollow()),
        Effect::Truncate { relation } => Some(relation).filter(|relation| filled_later(relation)),
        Effect::Create { .. }
        | Effect::Declare { .. }
        | Effect::Append { .. }
        | Effect::Merge(_)
        | Effect::Update(_)
        | Effect::Delete(_)
        | Effect::Drop { .. }
        | Effect::Rename { .. }
        | Effect::Swap { .. }
        | Effect::Alter { .. }
        | Effect::Call { .. }
        | Effect::Bind { .. }
        | Effect::Read { .. }
        | Effect::Opaque(_) => None,
    }
}

/// R405: rows are inserted without anything that keeps a second run from inserting them again.
pub fn repeated_inserts(script: &Script) -> Vec<Finding> {
    let temporaries = temporaries(script);
    let mut findings = Vec::new();
    for (at, step) in script.steps.iter().enumerate() {
        let Effect::Append { relation, conflict: None, body, .. } = &step.effect else { continue };
        // The tasks of a DAG run in another order than they stand in the file.
        let before = if script.tasks.is_empty() { at } else { script.steps.len() };
        let emptied = script.steps.iter().take(before).any(|earlier| removes_rows(&earlier.effect, relation));
        let looks_at_target = step.reads().contains(relation) || body_reads(body, relation);
        if temporaries.contains(&relation) || emptied || looks_at_target {
            continue;
        }
        findings.push(Finding::at(
            Code::R405,
            step.span,
            format!("a second run of {} inserts the same rows into {relation} again", script.name),
            "insert only what is not there yet, or delete the day's rows first",
        ));
    }
    findings
}

fn body_reads(body: &Body, relation: &Relation) -> bool {
    match body {
        Body::Query(query) => query.sql.mentions.iter().any(|mention| mention.relation == *relation),
        Body::Frame(_) => false,
    }
}

/// Whether the effect takes rows of the relation away, or makes it anew.
fn removes_rows(effect: &Effect, relation: &Relation) -> bool {
    let target = match effect {
        Effect::Truncate { relation }
        | Effect::Drop { relation }
        | Effect::Create { relation, .. }
        | Effect::Declare { relation, keeps_existing: false, .. }
        | Effect::Replace { relation, .. } => relation,
        Effect::Delete(delete) => &delete.relation,
        Effect::Declare { .. }
        | Effect::Append { .. }
        | Effect::Merge(_)
        | Effect::Update(_)
        | Effect::Rename { .. }
        | Effect::Swap { .. }
        | Effect::Alter { .. }
        | Effect::Call { .. }
        | Effect::Bind { .. }
        | Effect::Read { .. }
        | Effect::Opaque(_) => return false,
    };
    target == relation
}

/// R406: a DataFrame script reads tables to the client and writes others back.
pub fn travelling_data(script: &Script) -> Vec<Finding> {
    let temporaries = temporaries(script);
    let frames = || script.steps.iter().filter(|step| of_frames(&step.effect));
    // A query whose rows a frame goes on with brings them to the client, too.
    let fetched: Vec<Relation> = frames().flat_map(Step::reads).collect();
    let travels = |step: &&Step| {
        let is_fetched = step.effect.made_temporary().is_some_and(|made| fetched.contains(made));
        of_frames(&step.effect) || (is_fetched && step.effect.body().is_some())
    };
    let mut read: Vec<Relation> = Vec::new();
    let mut written: Vec<&Relation> = Vec::new();
    for step in script.steps.iter().filter(travels) {
        for relation in step.reads() {
            if !temporaries.contains(&&relation) && !read.contains(&relation) {
                read.push(relation);
            }
        }
        written.extend(step.effect.writes().into_iter().filter(|relation| !temporaries.contains(relation)));
    }
    let Some(place) = frames().next().map(|step| step.span) else { return Vec::new() };
    if read.is_empty() {
        return Vec::new();
    }
    let back = if written.is_empty() { String::new() } else { format!(", and {} travels back", listed(&written)) };
    vec![Finding::at(
        Code::R406,
        place,
        format!("the rows of {} travel to the client{back}", listed(&read)),
        "as models, the steps run where the rows are",
    )]
}

/// Whether the step works on DataFrames.
fn of_frames(effect: &Effect) -> bool {
    matches!(effect.body(), Some(Body::Frame(_)))
}
