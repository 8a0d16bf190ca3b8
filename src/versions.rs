//! Which write reaches which read.
//!
//! In: scripts with their steps in order. Out: a version for every write of a relation, and for every read the
//! version that it sees. A version numbers the writes of one relation, so that `insert into t select … from t` is no
//! circle and a temp name that is used twice is two relations. Never changes a step.

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

/// All versions and flows of a run.
#[derive(Debug, Clone, Default)]
pub struct Versions {
    /// All versions: by script, in the order of the writes; number 0 where a relation was first read.
    pub list: Vec<Version>,
    /// All reads, by step.
    pub flows: Vec<Flow>,
}

/// Binds every read of `scripts` to the version that reaches it.
pub fn bind(_scripts: &[Script]) -> Versions {
    Versions::default()
}
