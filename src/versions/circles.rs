//! Circles between scripts.
//!
//! In: versions with their inlets bound. Out: the same without circles: the read that closes one sees number 0. A
//! circle that data order can solve never comes here, because versions, not scripts, are what is ordered.

use std::collections::{BTreeMap, BTreeSet};

use super::walk::Walked;
use super::{Circle, StepId, VersionId};

/// Who is made from whom.
pub(super) struct Links<'a> {
    pub walked: &'a Walked,
    /// What each inlet stands for.
    pub bound: BTreeMap<VersionId, Option<VersionId>>,
}

/// Binds inlets on circles to number 0, the last ones first, until there is no circle.
pub(super) fn break_circles(links: &mut Links) -> Vec<Circle> {
    let mut circles = Vec::new();
    while let Some(path) = links.circle() {
        let Some(inlet) = path.iter().copied().filter(|at| links.bound.contains_key(at)).max() else { break };
        links.bound.insert(inlet, None);
        circles.push(links.describe(&path, inlet));
    }
    circles
}

impl Links<'_> {
    /// What a version is made from.
    fn sources(&self, reads: &BTreeMap<VersionId, Vec<VersionId>>, id: VersionId) -> Vec<VersionId> {
        if let Some(bound) = self.bound.get(&id) {
            return bound.iter().copied().collect();
        }
        let previous = self.walked.versions.get(id.0).and_then(|version| version.previous);
        reads.get(&id).into_iter().flatten().copied().chain(previous).collect()
    }

    /// One circle, each member made from the next; none when there is none.
    fn circle(&self) -> Option<Vec<VersionId>> {
        let mut reads: BTreeMap<VersionId, Vec<VersionId>> = BTreeMap::new();
        for flow in &self.walked.flows {
            if let Some(to) = flow.to {
                reads.entry(to).or_default().push(flow.from);
            }
        }
        let mut done: BTreeSet<VersionId> = BTreeSet::new();
        for start in (0..self.walked.versions.len()).map(VersionId) {
            let mut path: Vec<(VersionId, Vec<VersionId>)> = Vec::new();
            let mut on_path: BTreeSet<VersionId> = BTreeSet::new();
            if !done.contains(&start) {
                path.push((start, self.sources(&reads, start)));
                on_path.insert(start);
            }
            while let Some((at, left)) = path.last_mut() {
                let at = *at;
                let Some(next) = left.pop() else {
                    done.insert(at);
                    on_path.remove(&at);
                    path.pop();
                    continue;
                };
                if on_path.contains(&next) {
                    return Some(path.iter().map(|(id, _)| *id).skip_while(|id| *id != next).collect());
                }
                if !done.contains(&next) {
                    path.push((next, self.sources(&reads, next)));
                    on_path.insert(next);
                }
            }
        }
        None
    }

    fn describe(&self, path: &[VersionId], inlet: VersionId) -> Circle {
        let mut members: Vec<_> = Vec::new();
        for id in path.iter().rev().filter(|id| !self.bound.contains_key(id)) {
            if let Some(version) = self.walked.versions.get(id.0)
                && !members.contains(&version.relation)
            {
                members.push(version.relation.clone());
            }
        }
        let reads = |flow: &&super::Flow| flow.from == inlet && flow.to.is_some_and(|to| path.contains(&to));
        let reader = self.walked.flows.iter().find(reads).map(|flow| flow.step);
        let changer = || {
            let mut versions = path.iter().filter_map(|id| self.walked.versions.get(id.0));
            versions.find(|version| version.previous == Some(inlet)).and_then(|version| version.step)
        };
        let step = reader.or_else(changer).unwrap_or(StepId { script: 0, step: 0 });
        Circle { members, step }
    }
}
