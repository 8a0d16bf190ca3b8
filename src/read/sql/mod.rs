//! To be written.

use super::ReadOptions;
use crate::steps::Reading;
use crate::text::{SourceId, Sources};

/// Reads one file.
pub fn read(_sources: &Sources, _id: SourceId, _options: &ReadOptions) -> Reading {
    Reading::default()
}
