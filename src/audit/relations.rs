//! Rules that look at one relation across all scripts.

use std::collections::{BTreeMap, BTreeSet};

use super::{Inputs, is_named_by_run, listed};
use crate::finding::{Code, Finding};
use crate::name::Relation;
use crate::steps::{Effect, Script};
use crate::text::Span;
use crate::versions::StepId;

/// R402: a table is named outright, with its schema; one finding a table, at its first place.
pub fn hard_coded(inputs: &Inputs) -> Vec<Finding> {
    let mut places: BTreeMap<Relation, BTreeSet<Span>> = BTreeMap::new();
    for script in inputs.scripts {
        for step in &script.steps {
            let mut named_in_text = BTreeSet::new();
            for sql in step.effect.sqls() {
                for mention in &sql.mentions {
                    let place = inputs.mention_place(sql, mention.range.clone());
                    named_in_text.insert(mention.relation.clone());
                    places.entry(mention.relation.clone()).or_default().insert(place);
                }
            }
            let written = step.effect.writes().into_iter().cloned();
            for relation in step.reads().into_iter().chain(written) {
                if !named_in_text.contains(&relation) {
                    places.entry(relation).or_default().insert(step.span);
                }
            }
        }
    }
    places.retain(|relation, _| relation.schema().is_some());
    // One text that a loop fills names a table each time: these are one finding.
    let mut together: BTreeMap<&BTreeSet<Span>, Vec<&Relation>> = BTreeMap::new();
    for (relation, places) in &places {
        together.entry(places).or_default().push(relation);
    }
    let found = together.into_iter().flat_map(|(places, relations)| match relations.as_slice() {
        [first, second, rest @ ..] if rest.len() > 2 => {
            vec![named_outright(inputs, &format!("{first}, {second} and {} more", rest.len()), "are", places)]
        }
        few => few.iter().map(|relation| named_outright(inputs, &relation.to_string(), "is", places)).collect(),
    });
    found.flatten().collect()
}

fn named_outright(inputs: &Inputs, relation: &str, verb: &str, places: &BTreeSet<Span>) -> Option<Finding> {
    let first = places.first()?;
    let mut lines: Vec<String> = places
        .iter()
        .filter_map(|span| {
            let file = inputs.sources.get(span.source)?;
            Some(format!("{}:{}", file.path, file.line_column(span.start).0))
        })
        .collect();
    lines.dedup();
    let message = match places.len() {
        1 => format!("{relation} {verb} named outright"),
        count => format!("{relation} {verb} named outright in {count} places"),
    };
    let help = match lines.as_slice() {
        [_] => "as a source() or ref(), its name stands in one file".to_owned(),
        _ => format!("as a source() or ref(), its name stands in one file; it stands in {}", listed(&lines)),
    };
    Some(Finding::at(Code::R402, *first, message, help))
}

/// R408: a lasting table that nothing among the inputs reads.
pub fn unread(inputs: &Inputs) -> Vec<Finding> {
    let readers = inputs.readers();
    let writers = inputs.fillers();
    let taken: BTreeSet<&Relation> =
        inputs.scripts.iter().flat_map(|script| &script.tasks).flat_map(|task| &task.takes).collect();
    let is_read = |relation: &Relation| readers.contains_key(relation) || taken.contains(relation);
    let unread = writers.iter().filter(|(relation, steps)| !is_read(relation) && !is_gone(inputs, relation, steps));
    unread
        .filter_map(|(relation, steps)| {
            let place = steps.last().and_then(|step| inputs.place(*step))?;
            let message = format!("{relation} is written, and nothing among the inputs reads it");
            Some(Finding::at(Code::R408, place, message, "a mart that people read, or a step to leave out"))
        })
        .collect()
}

/// Whether a relation is dropped, or goes by another name, once it is filled.
fn is_gone(inputs: &Inputs, relation: &Relation, fillers: &[StepId]) -> bool {
    let Some(last) = fillers.last() else { return false };
    let Some(script) = inputs.scripts.get(last.script) else { return false };
    // The tasks of a DAG run in another order than they stand in the file.
    let from = if script.tasks.is_empty() { last.step } else { 0 };
    script.steps.iter().skip(from).any(|step| match &step.effect {
        Effect::Drop { relation: gone } => gone == relation && script.tasks.is_empty(),
        Effect::Rename { from, .. } => from == relation && !is_renamed_to(script, relation),
        Effect::Create { .. }
        | Effect::Declare { .. }
        | Effect::Replace { .. }
        | Effect::Append { .. }
        | Effect::Merge(_)
        | Effect::Update(_)
        | Effect::Delete(_)
        | Effect::Truncate { .. }
        | Effect::Swap { .. }
        | Effect::Alter { .. }
        | Effect::Call { .. }
        | Effect::Bind { .. }
        | Effect::Read { .. }
        | Effect::Opaque(_) => false,
    })
}

fn is_renamed_to(script: &Script, relation: &Relation) -> bool {
    script.steps.iter().any(|step| matches!(&step.effect, Effect::Rename { to, .. } if to == relation))
}

/// R303: two scripts, or two tasks of a DAG, write the same lasting table.
pub fn two_writers(inputs: &Inputs) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (relation, mut steps) in inputs.fillers() {
        steps.retain(|step| inputs.scripts.get(step.script).is_some_and(|script| !is_named_by_run(script, relation)));
        let mut units: Vec<(usize, Option<usize>)> = Vec::new();
        for step in &steps {
            let task = inputs.scripts.get(step.script).and_then(|script| script.steps.get(step.step)?.task);
            if !units.contains(&(step.script, task)) {
                units.push((step.script, task));
            }
        }
        let names: Vec<String> = units.iter().filter_map(|unit| unit_name(inputs, *unit)).collect();
        let place = steps.last().and_then(|step| inputs.place(*step));
        if let (Some(place), true) = (place, units.len() > 1) {
            let message = format!("{relation} is written by {}", listed(&names));
            findings.push(Finding::at(Code::R303, place, message, "let one of them own the table"));
        }
    }
    findings
}

/// `script`, or `task of dag`.
fn unit_name(inputs: &Inputs, (script, task): (usize, Option<usize>)) -> Option<String> {
    let script = inputs.scripts.get(script)?;
    let task = task.and_then(|task| script.tasks.get(task));
    Some(task.map_or_else(|| script.name.clone(), |task| format!("{} of {}", task.id, script.name)))
}
