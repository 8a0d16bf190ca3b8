//! What is read outside of dbt: rows that a script shows at its end, rows that a task takes elsewhere.
//!
//! In: scripts, and the models that their relations became. Out: exposures of marts. Rows on the way, and checks, are
//! not exposed to anybody.

use std::collections::BTreeSet;

use super::assemble::Namer;
use super::names::snake;
use super::{Dependency, Exposure, Layer, Model};
use crate::name::Relation;
use crate::steps::{Effect, Guard, Script};
use crate::versions::{StepId, VersionId};

/// All exposures, by name.
pub(super) fn exposures(namer: &Namer, models: &[Model]) -> Vec<Exposure> {
    let mut all: Vec<Exposure> = Vec::new();
    for (at, script) in namer.context.scripts.iter().enumerate() {
        if script.call_of.is_none() {
            all.extend(shown(namer, models, at, script));
            all.extend(taken(namer, models, script));
            all.extend(sent(namer, models, at, script));
        }
    }
    all.sort_by(|left, right| (&left.name, &left.description).cmp(&(&right.name, &right.description)));
    all.dedup();
    let mut names: BTreeSet<String> = BTreeSet::new();
    for exposure in &mut all {
        let bare = exposure.name.clone();
        let mut free = (1..).map(|at| if at > 1 { format!("{bare}_{at}") } else { bare.clone() });
        exposure.name = free.find(|name| !names.contains(name)).unwrap_or(bare);
        names.insert(exposure.name.clone());
    }
    all
}

/// The files that a script writes rows to, for others: not those that the scripts read again themselves.
fn sent(namer: &Namer, models: &[Model], at: usize, script: &Script) -> Vec<Exposure> {
    let context = namer.context;
    let model_of = |version: VersionId| {
        let draft = namer.drafts.get(*namer.owners.get(&version)?)?;
        let model = models.iter().find(|model| model.name == draft.name)?;
        (draft.last() == Some(version)).then(|| Dependency::Model(model.name.clone()))
    };
    let mut all = Vec::new();
    for (number, step) in script.steps.iter().enumerate() {
        let Some(to) = step.sent.as_deref().filter(|to| !is_read_again(context.scripts, to)) else { continue };
        let id = StepId { script: at, step: number };
        let made = context.made_by(id);
        let flows = &context.versions.flows;
        if made.iter().any(|version| flows.iter().any(|flow| flow.from == *version)) {
            continue;
        }
        let read = || flows.iter().filter(|flow| flow.step == id).map(|flow| flow.from).collect();
        let used: Vec<VersionId> = if made.is_empty() { read() } else { made.to_vec() };
        let mut depends_on: Vec<Dependency> = Vec::new();
        for model in used.into_iter().filter_map(model_of) {
            if !depends_on.contains(&model) {
                depends_on.push(model);
            }
        }
        if !depends_on.is_empty() {
            all.push(Exposure {
                name: file_name(to),
                description: format!("Rows that {} writes to `{to}`: dbt makes the rows, not the file", script.name),
                depends_on,
                owner: owner(script),
            });
        }
    }
    all
}

/// What an exposure is called, after the file or folder.
fn file_name(to: &str) -> String {
    let says = |part: &&str| part.split('.').next().is_some_and(|stem| stem.contains(char::is_alphanumeric));
    let file = to.rsplit(['/', '\\']).find(says).unwrap_or("file");
    let name = snake(file);
    if file.contains('.') { name } else { format!("{name}_files") }
}

/// Whether a load of the scripts takes the file back.
fn is_read_again(scripts: &[Script], to: &str) -> bool {
    let mut facts = scripts.iter().flat_map(|script| &script.facts);
    facts.any(|fact| fact.kind.is_loaded_from(to))
}

/// Who owns what the script does, as it says itself; empty where it does not.
fn owner(script: &Script) -> String {
    let setting = script.settings.iter().find(|(name, _)| name == "owner").map(|(_, value)| value.clone());
    setting.unwrap_or_default().trim_matches(['\'', '"']).to_owned()
}

/// The rows that a script gives to its caller.
fn shown(namer: &Namer, models: &[Model], at: usize, script: &Script) -> Option<Exposure> {
    let mut depends_on: Vec<Dependency> = Vec::new();
    for (number, step) in script.steps.iter().enumerate() {
        let checks = script.checks.iter().any(|check| check.step == number);
        let handles = step.guards.iter().any(|guard| matches!(guard, Guard::Handler { .. }));
        if checks || handles || step.sent.is_some() || !matches!(step.effect, Effect::Read { .. }) {
            continue;
        }
        let id = StepId { script: at, step: number };
        let read = namer.context.versions.flows.iter().filter(|flow| flow.step == id).map(|flow| flow.from);
        for mart in read.filter_map(|version| mart(namer, models, version)) {
            if !depends_on.contains(&mart) {
                depends_on.push(mart);
            }
        }
    }
    let name = snake(&script.name);
    let exposure = Exposure {
        name: format!("rows_shown_by_{}", if name.is_empty() { "script" } else { &name }),
        description: format!("Rows that {} gives to whoever runs it", script.name),
        depends_on,
        owner: String::new(),
    };
    (!exposure.depends_on.is_empty()).then_some(exposure)
}

/// The rows that tasks of a DAG take elsewhere.
fn taken(namer: &Namer, models: &[Model], script: &Script) -> Vec<Exposure> {
    let owner = owner(script);
    let mut all = Vec::new();
    for task in &script.tasks {
        let marts = task.takes.iter().filter_map(|relation| mart_of(namer, models, relation));
        let mut depends_on: Vec<Dependency> = Vec::new();
        for mart in marts {
            if !depends_on.contains(&mart) {
                depends_on.push(mart);
            }
        }
        if !depends_on.is_empty() {
            all.push(Exposure {
                name: snake(&format!("{}_{}", script.name, task.id)),
                description: format!("Rows that the task {} ({}) takes elsewhere", task.id, task.operator),
                depends_on,
                owner: owner.clone(),
            });
        }
    }
    all
}

/// The mart that a version became.
fn mart(namer: &Namer, models: &[Model], version: VersionId) -> Option<Dependency> {
    let draft = namer.drafts.get(*namer.owners.get(&version)?)?;
    let model = models.iter().find(|model| model.name == draft.name)?;
    let last = draft.last() == Some(version) && namer.context.lasts(version);
    (last && model.layer == Layer::Marts).then(|| Dependency::Model(model.name.clone()))
}

/// The mart that a relation is in the end.
fn mart_of(namer: &Namer, models: &[Model], relation: &Relation) -> Option<Dependency> {
    let ids = (0..namer.context.versions.list.len()).rev().map(VersionId);
    let mut of = ids.filter(|id| namer.context.version(*id).is_some_and(|version| version.relation == *relation));
    of.find_map(|id| mart(namer, models, id))
}
