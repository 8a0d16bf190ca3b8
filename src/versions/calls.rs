//! Calls: each runs the steps of its procedure once more, with its own arguments and under its own conditions.
//!
//! In: scripts. Out: the same, and for every call of a procedure after the first a script of its own, without
//! statements, so that the account still has each statement once. Never follows a procedure that calls itself.

use std::collections::{BTreeMap, BTreeSet};

use super::walk::{called_scripts, callee};
use crate::name::Relation;
use crate::steps::{Effect, Script};

/// A procedure is followed this often.
const MOST_CALLS: usize = 50;
/// Calls are followed until there are this many steps more than were read.
const MOST_STEPS: usize = 20_000;

/// Words of the names of tables that a script writes about itself.
const LOG_WORDS: &[&str] = &[
    "log", "logs", "logging", "audit", "audits", "trace", "error", "errors", "run", "runs", "job", "jobs", "batch",
    "etl",
];

/// Whether a relation is called as logs are.
pub fn names_a_log(relation: &Relation) -> bool {
    let mut words: Vec<String> = vec![String::new()];
    let mut lower = false;
    for c in relation.name().chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && lower) {
            words.push(String::new());
        }
        lower = c.is_lowercase();
        if let Some(last) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            last.extend(c.to_lowercase());
        }
    }
    words.iter().any(|word| LOG_WORDS.contains(&word.as_str()))
}

/// Whether the script at `at` does nothing but write lines into a log, itself or through the procedures that it calls.
pub fn only_logs(scripts: &[Script], at: usize) -> bool {
    only_logs_within(scripts, at, &mut BTreeSet::new()) == Some(true)
}

/// None where nothing is written at all.
fn only_logs_within(scripts: &[Script], at: usize, seen: &mut BTreeSet<usize>) -> Option<bool> {
    let script = scripts.get(at).filter(|_| seen.insert(at))?;
    let mut writes = None;
    for step in &script.steps {
        let written = step.effect.writes();
        let logs = if let Effect::Call { procedure, .. } = &step.effect {
            match callee(scripts, &step.effect) {
                Some(callee) => only_logs_within(scripts, callee, seen),
                None => Some(names_a_log(procedure)),
            }
        } else if matches!(step.effect, Effect::Opaque(_)) {
            Some(false)
        } else {
            (!written.is_empty()).then(|| written.iter().all(|relation| names_a_log(relation)))
        };
        match logs {
            Some(false) => return Some(false),
            Some(true) => writes = Some(true),
            None => {}
        }
    }
    writes
}

/// The scripts, with one more for every call of a procedure after the first.
pub fn instances(scripts: Vec<Script>) -> Vec<Script> {
    let called = called_scripts(&scripts);
    let read = scripts.len();
    let untouched = called.iter().filter_map(|at| Some((*at, scripts.get(*at)?.clone()))).collect();
    let quiet = called.iter().copied().filter(|at| only_logs(&scripts, *at)).collect();
    let mut calls = Calls { scripts, read, untouched, quiet, used: BTreeSet::new(), copies: vec![0; read], added: 0 };
    let (inner, roots): (Vec<usize>, Vec<usize>) = (0..read).partition(|script| called.contains(script));
    for script in roots.into_iter().chain(inner) {
        if !calls.used.contains(&script) {
            calls.follow(script, &mut Vec::new());
        }
    }
    calls.scripts
}

struct Calls {
    scripts: Vec<Script>,
    /// How many scripts were read.
    read: usize,
    /// The called ones, as they were read.
    untouched: BTreeMap<usize, Script>,
    /// Those that only write lines into logs.
    quiet: BTreeSet<usize>,
    used: BTreeSet<usize>,
    /// How often each of them was copied.
    copies: Vec<usize>,
    /// How many steps the copies have.
    added: usize,
}

impl Calls {
    /// Follows the calls of a script; `open` are the procedures that are running, as they were read.
    fn follow(&mut self, at: usize, open: &mut Vec<usize>) {
        self.used.insert(at);
        let origin = self.scripts.get(at).and_then(|script| script.call_of).unwrap_or(at);
        open.push(origin);
        let steps = self.scripts.get(at).map_or(0, |script| script.steps.len());
        for step in 0..steps {
            self.step(at, step, open);
        }
        open.pop();
    }

    fn step(&mut self, at: usize, step: usize, open: &mut Vec<usize>) {
        let Some(call) = self.scripts.get(at).and_then(|script| script.steps.get(step)) else { return };
        let Some(callee) = self.scripts.get(..self.read).and_then(|read| callee(read, &call.effect)) else { return };
        let guards = call.guards.clone();
        if open.contains(&callee) || (self.quiet.contains(&callee) && self.used.contains(&callee)) {
            return;
        }
        let target = if self.used.contains(&callee) { self.copy(callee, at, step) } else { Some(callee) };
        let Some(target) = target else { return };
        for inner in self.scripts.get_mut(target).into_iter().flat_map(|script| &mut script.steps) {
            inner.guards.splice(0..0, guards.iter().cloned());
        }
        self.follow(target, open);
    }

    /// One more script for a procedure; the call then names that.
    fn copy(&mut self, callee: usize, at: usize, step: usize) -> Option<usize> {
        let original = self.untouched.get(&callee)?;
        let number = self.copies.get_mut(callee)?;
        if *number >= MOST_CALLS || self.added + original.steps.len() > MOST_STEPS {
            return None;
        }
        *number += 1;
        let mut copy = original.clone();
        copy.name = format!("{}_call_{}", original.name, *number + 1);
        copy.call_of = Some(callee);
        copy.statements.clear();
        copy.facts.clear();
        self.added += copy.steps.len();
        let name = Relation::plain(&copy.name, copy.dialect);
        self.scripts.push(copy);
        let call = self.scripts.get_mut(at)?.steps.get_mut(step)?;
        if let Effect::Call { procedure, file, .. } = &mut call.effect {
            *procedure = name;
            *file = None;
        }
        Some(self.scripts.len() - 1)
    }
}
