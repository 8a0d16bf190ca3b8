//! Rules over steps and graph: what is wrong with what runs today.
//!
//! In: scripts, versions. Out: findings. Never converts anything.

use crate::finding::Finding;
use crate::steps::Script;
use crate::text::Sources;
use crate::versions::Versions;

/// Everything that the audit has to say, in the order of the places.
pub fn audit(_sources: &Sources, _scripts: &[Script], _versions: &Versions) -> Vec<Finding> {
    Vec::new()
}
