//! Rules over steps and versions: what is wrong with what runs today.
//!
//! In: scripts and their versions. Out: findings, by script. Never converts anything, and never looks at text that a
//! reader has not already understood. One rule, one function; a rule that needs more has a file of its own.

mod across;
mod columns;
mod dag;
mod implied;
mod order;
mod reach;
mod relations;
mod script;
#[cfg(test)]
mod tests;
mod touched;
mod volatile;

use std::collections::BTreeMap;

use crate::finding::Finding;
use crate::name::Relation;
use crate::steps::{Effect, Script, Sql};
use crate::text::{Sources, Span};
use crate::versions::{StepId, Version, Versions};

pub use dag::needed;
pub use implied::{declared, implied};

/// What every rule looks at.
struct Inputs<'a> {
    sources: &'a Sources,
    scripts: &'a [Script],
    versions: &'a Versions,
}

/// Everything that the audit has to say.
pub fn audit(sources: &Sources, scripts: &[Script], versions: &Versions) -> Vec<Finding> {
    let inputs = Inputs { sources, scripts, versions };
    let mut findings = Vec::new();
    for (number, script) in scripts.iter().enumerate() {
        findings.extend(script::vanishing_steps(script));
        findings.extend(script::full_overwrites(script));
        findings.extend(script::repeated_inserts(script));
        findings.extend(volatile::volatile_rows(&inputs, number, script));
        findings.extend(script::travelling_data(script));
        findings.extend(order::serial_only(&inputs, number, script));
        findings.extend(dag::edges(&inputs, number, script));
        findings.extend(dag::lineage_outside(&inputs, number, script));
    }
    findings.extend(across::across(&inputs));
    findings.extend(columns::unused(&inputs));
    findings.extend(relations::hard_coded(&inputs));
    findings.extend(relations::unread(&inputs));
    findings.extend(relations::two_writers(&inputs));
    findings
}

impl Inputs<'_> {
    /// The version of that number.
    fn version(&self, number: usize) -> Option<&Version> {
        self.versions.list.get(number)
    }

    /// The versions that a step reads.
    fn reads(&self, step: StepId) -> impl Iterator<Item = &Version> {
        let first = self.versions.flows.partition_point(|flow| flow.step < step);
        let of_step = self.versions.flows.get(first..).unwrap_or(&[]).iter().take_while(move |flow| flow.step == step);
        of_step.filter_map(|flow| self.version(flow.from.0))
    }

    /// What puts rows into lasting relations: their steps, without those that only make, empty or drop a table.
    fn fillers(&self) -> BTreeMap<&Relation, Vec<StepId>> {
        let mut fillers = self.writers();
        for steps in fillers.values_mut() {
            steps.retain(|step| self.effect(*step).is_some_and(fills));
        }
        fillers.retain(|_, steps| !steps.is_empty());
        fillers
    }

    /// What a step does.
    fn effect(&self, step: StepId) -> Option<&Effect> {
        self.scripts.get(step.script)?.steps.get(step.step).map(|step| &step.effect)
    }

    /// Whether the step makes a frame of a program, which no other script sees.
    fn makes_frame(&self, step: StepId) -> bool {
        matches!(self.effect(step), Some(Effect::Opaque(opaque)) if opaque.is_frame)
    }

    /// Every step's writes of lasting relations.
    fn writers(&self) -> BTreeMap<&Relation, Vec<StepId>> {
        let mut writers: BTreeMap<&Relation, Vec<StepId>> = BTreeMap::new();
        for version in self.versions.list.iter().filter(|version| version.scope.is_none()) {
            if let Some(step) = version.step.filter(|step| !self.makes_frame(*step)) {
                writers.entry(&version.relation).or_default().push(step);
            }
        }
        writers
    }

    /// Every step's reads of lasting relations.
    fn readers(&self) -> BTreeMap<&Relation, Vec<StepId>> {
        let mut readers: BTreeMap<&Relation, Vec<StepId>> = BTreeMap::new();
        for flow in &self.versions.flows {
            if let Some(version) = self.version(flow.from.0).filter(|version| version.scope.is_none()) {
                readers.entry(&version.relation).or_default().push(flow.step);
            }
        }
        readers
    }

    /// Where a step stands.
    fn place(&self, step: StepId) -> Option<Span> {
        self.scripts.get(step.script)?.steps.get(step.step).map(|step| step.span)
    }

    /// Where a mention of a relation stands: its own bytes when the text stands so in the file, else the statement's.
    fn mention_place(&self, sql: &Sql, range: std::ops::Range<usize>) -> Span {
        if self.sources.slice(sql.span) == sql.text {
            let start = sql.span.start as usize;
            return Span::new(sql.span.source, start + range.start, start + range.end);
        }
        sql.span
    }
}

/// Whether an effect puts rows into its target, or changes them.
fn fills(effect: &Effect) -> bool {
    effect.puts_rows() || matches!(effect, Effect::Update(_) | Effect::Merge(_))
}

/// Whether the name of a table holds a value that only the run gives: then it may be another table each time.
fn is_named_by_run(script: &Script, relation: &Relation) -> bool {
    let name = relation.name().to_lowercase();
    let unknown = script.params.iter().filter(|param| param.default.is_none() && param.name.len() > 2);
    let mut words = unknown.map(|param| param.name.to_lowercase());
    !relation.is_known() || words.any(|word| name.contains(&word))
}

/// Names in a row: `a`, `a and b`, `a, b and 3 more`.
fn listed<T: ToString>(names: &[T]) -> String {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [one, two, three] => format!("{one}, {two} and {three}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} more", rest.len()),
    }
}
