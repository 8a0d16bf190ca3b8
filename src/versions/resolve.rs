//! Between scripts: what a script finds in a relation that it has not written itself.
//!
//! In: scripts walked apart. Out: versions in which every inlet is bound to another script's last version, or to
//! number 0. Scripts that make a relation anew come before scripts that only change it; of several that make it
//! anew, the first counts.

use std::collections::{BTreeMap, BTreeSet};

use super::circles::{Links, break_circles};
use super::walk::{Bound, Walked};
use super::{Lifetime, VersionId, Versions};
use crate::name::Relation;

pub(super) fn resolve(mut walked: Walked) -> Versions {
    part_declarations(&mut walked);
    settle_lifetimes(&mut walked);
    let writers = writers(&walked);
    let bound = bind_inlets(&walked, &writers);
    let mut links = Links { walked: &walked, bound };
    let circles = break_circles(&mut links);
    let bound = links.bound;
    let rivals = writers.values().map(|of| of.anew.iter().map(|(_, last)| *last).collect::<Vec<_>>());
    let rivals: Vec<Vec<VersionId>> = rivals.filter(|all| all.len() > 1).collect();
    finish(walked, &bound, circles, rivals)
}

/// A script that only declares a relation which others fill comes before them, not after.
fn part_declarations(walked: &mut Walked) {
    let used: BTreeSet<VersionId> = walked.versions.iter().filter_map(|version| version.previous).collect();
    for id in walked.declared.iter().filter(|id| !used.contains(id)) {
        let inlets = &walked.inlets;
        if let Some(version) = walked.versions.get_mut(id.0)
            && version.previous.is_some_and(|previous| inlets.contains_key(&previous))
            && !walked.flows.iter().any(|flow| flow.from == *id)
        {
            version.previous = None;
        }
    }
}

/// A lasting version that its session replaces, renames or empties later on does not last.
fn settle_lifetimes(walked: &mut Walked) {
    let mut lasting: BTreeSet<VersionId> = BTreeSet::new();
    for session in &walked.sessions {
        for (relation, bound) in &session.lasting {
            let mut next = if let Bound::At(version) = bound { Some(*version) } else { None };
            while let Some(id) = next
                && let Some(version) = walked.versions.get(id.0)
                && version.relation == *relation
            {
                lasting.insert(id);
                next = version.previous;
            }
        }
    }
    for (at, version) in walked.versions.iter_mut().enumerate() {
        if version.lifetime == Lifetime::Lasting
            && let Some(step) = version.step
            && !lasting.contains(&VersionId(at))
        {
            version.lifetime = Lifetime::Temporary;
            version.scope = Some(step.script);
        }
    }
}

/// The sessions that write one relation, in order, with their last version of it.
#[derive(Default)]
struct Writers {
    anew: Vec<(usize, VersionId)>,
    changing: Vec<(usize, VersionId)>,
}

fn writers(walked: &Walked) -> BTreeMap<Relation, Writers> {
    let mut all: BTreeMap<Relation, Writers> = BTreeMap::new();
    for (at, session) in walked.sessions.iter().enumerate() {
        for (relation, bound) in &session.lasting {
            let Bound::At(version) = bound else { continue };
            if walked.inlets.contains_key(version) || walked.declared.contains(version) {
                continue;
            }
            let writers = all.entry(relation.clone()).or_default();
            let changes = walked.inlets.contains_key(&bottom(walked, *version));
            if changes { &mut writers.changing } else { &mut writers.anew }.push((at, *version));
        }
    }
    all
}

/// The version that a chain of changes starts from.
fn bottom(walked: &Walked, version: VersionId) -> VersionId {
    let mut at = version;
    while let Some(previous) = walked.versions.get(at.0).and_then(|version| version.previous) {
        at = previous;
    }
    at
}

/// The version that each inlet stands for; none for number 0.
fn bind_inlets(walked: &Walked, writers: &BTreeMap<Relation, Writers>) -> BTreeMap<VersionId, Option<VersionId>> {
    let bind = |(inlet, session): (&VersionId, &usize)| {
        let relation = walked.versions.get(inlet.0).map(|version| &version.relation);
        let chosen = relation.and_then(|relation| writers.get(relation)).and_then(|writers| writers.before(*session));
        (*inlet, chosen)
    };
    walked.inlets.iter().map(bind).collect()
}

impl Writers {
    /// What the session finds: the last change before its own, or the last of all where it writes nothing.
    fn before(&self, session: usize) -> Option<VersionId> {
        let owner = self.anew.first();
        if owner.is_some_and(|(at, _)| *at == session) {
            return None;
        }
        let chain: Vec<(usize, VersionId)> = owner.into_iter().chain(&self.changing).copied().collect();
        let own = chain.iter().position(|(at, _)| *at == session);
        let end = own.unwrap_or(chain.len());
        chain.get(..end)?.last().map(|(_, version)| *version)
    }
}

/// Takes the inlets out, numbers the versions, and sorts the reads by step.
fn finish(
    walked: Walked,
    bound: &BTreeMap<VersionId, Option<VersionId>>,
    circles: Vec<super::Circle>,
    rivals: Vec<Vec<VersionId>>,
) -> Versions {
    let mut list = Vec::new();
    let mut numbers: BTreeMap<(Option<usize>, Relation), u32> = BTreeMap::new();
    let mut zero: BTreeMap<Relation, VersionId> = BTreeMap::new();
    let mut renumbered: BTreeMap<VersionId, VersionId> = BTreeMap::new();
    for (at, mut version) in walked.versions.into_iter().enumerate() {
        let old = VersionId(at);
        let new = VersionId(list.len());
        if walked.inlets.contains_key(&old) {
            if bound.get(&old).copied().flatten().is_some() {
                continue;
            }
            let kept = *zero.entry(version.relation.clone()).or_insert(new);
            renumbered.insert(old, kept);
            if kept != new {
                continue;
            }
        } else {
            let number = numbers.entry((version.scope, version.relation.clone())).or_insert(0);
            *number += 1;
            version.number = *number;
            renumbered.insert(old, new);
        }
        list.push(version);
    }
    let follow = |id: VersionId| {
        let mut at = id;
        while let Some(Some(next)) = bound.get(&at) {
            at = *next;
        }
        renumbered.get(&at).copied().unwrap_or(at)
    };
    for version in &mut list {
        version.previous = version.previous.map(follow);
    }
    let mut flows = walked.flows;
    for flow in &mut flows {
        flow.from = follow(flow.from);
        flow.to = flow.to.map(follow);
    }
    flows.sort_by_key(|flow| flow.step);
    let rivals = rivals.into_iter().map(|all| all.into_iter().map(follow).collect()).collect();
    let mut values = walked.values;
    values.sort_by_key(|value| value.step);
    let (repeated_calls, called) = (walked.repeated_calls, walked.called);
    Versions { list, flows, values, circles, repeated_calls, called, rivals }
}
