//! Which write reaches which read.
//!
//! In: scripts with their steps in order. Out: a version for every write of a relation, and for every read the
//! version that it sees. A version numbers the writes of one relation, so that `insert into t select … from t` is no
//! circle and a temp name that is used twice is two relations. Never changes a step but that of a call's result.

mod calls;
mod circles;
mod emptied;
mod handed;
mod resolve;
mod tasks;
#[cfg(test)]
mod tests;
mod walk;

pub use calls::{names_a_log, only_logs};
pub use tasks::task_edges;
pub use walk::{callee, find_procedure};

use crate::name::Relation;
use crate::steps::{Lifetime, Script};

/// The number of a version in [`Versions::list`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionId(pub usize);

/// A step: indices of its script and of the step within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId {
    /// Index of the script.
    pub script: usize,
    /// Index within [`Script::steps`].
    pub step: usize,
}

/// A relation between two writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The relation.
    pub relation: Relation,
    /// The script whose temp name it is; none for a relation that lasts.
    pub scope: Option<usize>,
    /// 0 is the relation as it was before any script of the input ran.
    pub number: u32,
    /// The write; none for number 0.
    pub step: Option<StepId>,
    /// The version that the write changed; none when it made the relation anew.
    pub previous: Option<VersionId>,
    /// How long it lives.
    pub lifetime: Lifetime,
}

/// A read: the rows of version `from` are used by `step`, which (if it writes) makes version `to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// What is read.
    pub from: VersionId,
    /// What is made with it.
    pub to: Option<VersionId>,
    /// By which step.
    pub step: StepId,
}

/// The value of a variable at a step: the query of the step `bind`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The step that uses the variable.
    pub step: StepId,
    /// The variable, without sigil.
    pub variable: String,
    /// The step that binds it.
    pub bind: StepId,
    /// What that step calls it: an argument has another name where it is given than where it is used.
    pub name: String,
}

/// Relations that wait for each other, so that no order of scripts can build them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circle {
    /// Its relations, in the order in which they are made from each other.
    pub members: Vec<Relation>,
    /// The read that closes it: bound to number 0 in [`Versions::flows`], so that the rest has an order.
    pub step: StepId,
}

/// All versions and flows of a run.
#[derive(Debug, Clone, Default)]
pub struct Versions {
    /// All versions: by script, in the order of the writes; number 0 where a relation was first read.
    pub list: Vec<Version>,
    /// All reads, by step.
    pub flows: Vec<Flow>,
    /// Variables that hold the result of a query, where they are used, by step.
    pub values: Vec<Value>,
    /// Circles between scripts.
    pub circles: Vec<Circle>,
    /// Calls that run a procedure of the inputs a second time: its steps have versions only at the first.
    pub repeated_calls: Vec<StepId>,
    /// Steps whose procedure is called, with the step that calls it first.
    pub called: Vec<(usize, StepId)>,
    /// Lasting relations that several scripts make anew: each script's last version. The first is the one that
    /// other scripts read.
    pub rivals: Vec<Vec<VersionId>>,
}

impl Versions {
    /// The version of that number.
    pub fn get(&self, id: VersionId) -> Option<&Version> {
        self.list.get(id.0)
    }

    /// The version that `step` sees when it names `relation`.
    pub fn seen(&self, step: StepId, relation: &Relation) -> Option<VersionId> {
        let first = self.flows.partition_point(|flow| flow.step < step);
        let of_step = self.flows.get(first..)?.iter().take_while(|flow| flow.step == step);
        of_step.map(|flow| flow.from).find(|from| self.get(*from).is_some_and(|version| version.relation == *relation))
    }

    /// What a variable, in lower case, holds at `step`; none where no query gave it a value.
    pub fn value(&self, step: StepId, variable: &str) -> Option<&Value> {
        let first = self.values.partition_point(|value| value.step < step);
        let of_step = self.values.get(first..)?.iter().take_while(|value| value.step == step);
        of_step.into_iter().find(|value| value.variable == variable)
    }
}

/// The scripts as they run: one for every call of a procedure, with its result bound to the step that inserts it.
pub fn instances(scripts: Vec<Script>) -> Vec<Script> {
    handed::over(calls::instances(scripts))
}

/// Binds every read of `scripts` to the version that reaches it.
///
/// Temp names are those of the script that makes them. A read of a lasting relation that its own script has not
/// written sees the last version of the script that writes it, whatever the order of the files; with no such script,
/// number 0. A procedure that another script calls runs at the place of its first call.
pub fn bind(scripts: &[Script]) -> Versions {
    resolve::resolve(walk::walk(scripts))
}
