//! Which versions make one model.
//!
//! In: versions and their readers. Out: drafts, each a chain of versions of which only the last is seen by others,
//! and the versions that nothing needs. Never looks into a query.

use std::collections::BTreeSet;

use super::context::Context;
use super::{Layer, Manual, Materialized};
use crate::steps::{Effect, Guard, Lifetime, Step};
use crate::versions::{StepId, VersionId};

/// A piece of a draft's text: as [`super::Piece`], but what it reads has no name yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    /// A version that another draft, or a source, holds.
    Read(VersionId),
    Var {
        name: String,
        sql_type: String,
    },
    This,
    IfIncremental(Vec<Part>),
    If {
        condition: String,
        then: Vec<Part>,
        otherwise: Vec<Part>,
    },
    /// Once for each column that `{{ this }}` has at the time of the run, which is called `column` there; of these columns
    /// where it is not there yet.
    Each {
        columns: Vec<String>,
        parts: Vec<Part>,
    },
    /// A call, as Jinja expressions of our own.
    Call {
        name: &'static str,
        arguments: Vec<String>,
    },
    /// Whether a source is there at the time of the run.
    IfThere {
        version: VersionId,
        then: Vec<Part>,
        otherwise: Vec<Part>,
    },
}

/// Columns of a version that a statement takes for unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expected {
    pub version: VersionId,
    pub columns: Vec<String>,
}

/// A model that has no name yet.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// The versions that it is made of, in order; empty for a pass-through of a source.
    pub versions: Vec<VersionId>,
    /// What its readers see: its last version, the source that it passes through, and, once definitions are
    /// shared, those of other drafts.
    pub stands_for: Vec<VersionId>,
    /// What its first version changes, when that is no part of it: another draft's version, or a source.
    pub base: Option<VersionId>,
    pub body: Vec<Part>,
    /// What the body reads, in order, each once.
    pub reads: Vec<VersionId>,
    pub python: bool,
    pub materialized: Materialized,
    pub manual: Option<Manual>,
    pub layer: Layer,
    pub name: String,
    /// Further statements that it was made from: those of drafts that were the same, and of variables.
    pub also: Vec<StepId>,
    /// The script's name in snake_case, where an earlier script owns the relation that this one writes.
    pub rival: Option<String>,
    /// What other relations must be for the rows to be right.
    pub expected: Vec<Expected>,
    /// A statement that runs before the model's own, where there are rows of before.
    pub hook: Vec<Part>,
    /// Conditions that hold wherever its text is used.
    pub assumed: Vec<Guard>,
    /// Versions of another mode of the same chain: where this text runs, they hold the rows of before.
    pub instead: Vec<VersionId>,
    /// Its rows, where it is a table that holds nothing but what the script lists.
    pub seed: Option<super::seeds::SeedRows>,
}

impl Draft {
    pub fn new(versions: Vec<VersionId>) -> Self {
        Self {
            stands_for: versions.last().copied().into_iter().collect(),
            versions,
            base: None,
            body: Vec::new(),
            reads: Vec::new(),
            python: false,
            materialized: Materialized::Table,
            manual: None,
            layer: Layer::Intermediate,
            name: String::new(),
            also: Vec::new(),
            rival: None,
            expected: Vec::new(),
            hook: Vec::new(),
            assumed: Vec::new(),
            instead: Vec::new(),
            seed: None,
        }
    }

    /// The version that its readers see; none for a pass-through.
    pub fn last(&self) -> Option<VersionId> {
        self.versions.last().copied()
    }

    /// Whether it only passes a source through.
    pub fn is_pass_through(&self) -> bool {
        self.versions.is_empty()
    }
}

/// Drafts in the order of their last versions, without bodies. Nothing is made for what only `logs` read.
pub(super) fn drafts(context: &Context, logs: &BTreeSet<VersionId>) -> Vec<Draft> {
    let live = live_versions(context, logs);
    let folded = folded_versions(context, &live);
    let ids = (0..context.versions.list.len()).map(VersionId);
    let heads = ids.filter(|id| live.contains(id) && !folded.contains(id) && !context.is_source(*id));
    heads.map(|head| chain(context, &folded, head)).filter(|draft| !only_declared(context, draft)).collect()
}

/// The versions that a lasting relation, an opaque step or a lone SELECT needs.
fn live_versions(context: &Context, logs: &BTreeSet<VersionId>) -> BTreeSet<VersionId> {
    let mut live: BTreeSet<VersionId> = BTreeSet::new();
    let mut open: Vec<VersionId> = Vec::new();
    for (at, version) in context.versions.list.iter().enumerate() {
        if version.step.is_some() && version.lifetime == Lifetime::Lasting && !logs.contains(&VersionId(at)) {
            open.push(VersionId(at));
        }
    }
    let mut needed: Vec<Vec<VersionId>> = vec![Vec::new(); context.versions.list.len()];
    for flow in &context.versions.flows {
        match flow.to {
            Some(to) => needed.get_mut(to.0).into_iter().for_each(|of| of.push(flow.from)),
            None if context.step(flow.step).is_some_and(|step| keeps_alive(&step.effect)) => open.push(flow.from),
            None => {}
        }
    }
    while let Some(id) = open.pop() {
        if live.insert(id) {
            open.extend(needed.get(id.0).into_iter().flatten());
            open.extend(context.version(id).and_then(|version| version.previous));
        }
    }
    live
}

fn keeps_alive(effect: &Effect) -> bool {
    matches!(effect, Effect::Opaque(_))
}

/// Versions that only the next version of the same rows uses.
fn folded_versions(context: &Context, live: &BTreeSet<VersionId>) -> BTreeSet<VersionId> {
    let mut folded = BTreeSet::new();
    for id in live {
        let Some(version) = context.version(*id) else { continue };
        let (Some(previous), Some(step)) = (version.previous, version.step) else { continue };
        let mut readers = context.readers(previous).iter().filter(|reader| is_live(context, live, **reader));
        if !context.is_source(previous) && readers.all(|reader| *reader == step) {
            folded.insert(previous);
        }
    }
    folded
}

fn is_live(context: &Context, live: &BTreeSet<VersionId>, step: StepId) -> bool {
    let made = context.made_by(step);
    made.iter().any(|made| live.contains(made))
        || (made.is_empty() && context.step(step).is_some_and(|step| keeps_alive(&step.effect)))
}

fn chain(context: &Context, folded: &BTreeSet<VersionId>, head: VersionId) -> Draft {
    let mut versions = vec![head];
    let mut base = None;
    let mut at = head;
    while let Some(previous) = context.version(at).and_then(|version| version.previous) {
        if !folded.contains(&previous) {
            base = Some(previous);
            break;
        }
        versions.push(previous);
        at = previous;
    }
    versions.reverse();
    // One of the two runs, so nothing of before is left.
    if let [first, second, ..] = versions.as_slice()
        && alternatives(context, *first, *second)
    {
        base = None;
    }
    Draft { base, ..Draft::new(versions) }
}

/// Whether one version is made under a condition, and the other, which makes the rows anew as well, where that
/// condition does not hold.
pub(super) fn alternatives(context: &Context, first: VersionId, second: VersionId) -> bool {
    let (Some(first), Some(second)) = (context.maker(first), context.maker(second)) else { return false };
    let anew = |step: &Step| matches!(step.effect, Effect::Create { .. } | Effect::Replace { .. });
    let (Some((last, outer)), Some((other, others))) = (first.guards.split_last(), second.guards.split_last()) else {
        return false;
    };
    let opposite = match (last, other) {
        (Guard::If { condition, negated }, Guard::If { condition: other, negated: not }) => {
            condition.text == other.text && condition.variables == other.variables && negated != not
        }
        (Guard::If { .. } | Guard::Loop { .. } | Guard::Handler { .. }, _) => false,
    };
    anew(first) && anew(second) && opposite && outer.is_empty() && others.is_empty()
}

/// A relation that is only declared holds no rows of the scripts': it is a source.
fn only_declared(context: &Context, draft: &Draft) -> bool {
    let declares = |id: &VersionId| {
        context.maker(*id).is_some_and(|step| matches!(step.effect, Effect::Declare { .. } | Effect::Alter { .. }))
    };
    draft.versions.iter().all(declares)
        && draft.base.is_none_or(|base| context.is_source(base))
        && draft.last().is_some_and(|last| context.readers(last).is_empty())
}
