//! What each input file turned out to be.
//!
//! In: files and the scripts that were read from them. Out: one row a file, in order. Never reads a text.

use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::steps::{Effect, Script, ScriptKind};
use crate::text::{SourceId, Sources};

use super::InputFacts;

/// One row a file. A file that gave no script is `other`.
pub fn inputs(sources: &Sources, scripts: &[Script]) -> Vec<InputFacts> {
    let mut by_file: BTreeMap<SourceId, Vec<&Script>> = BTreeMap::new();
    for script in scripts {
        by_file.entry(script.source).or_default().push(script);
    }
    let row = |source| {
        let mine = by_file.get(&source).map_or(&[][..], Vec::as_slice);
        InputFacts {
            source,
            kind: kind(mine),
            dialect: mine.first().map_or(Dialect::Ansi, |script| script.dialect).traits().name,
            statements: mine.iter().map(|script| script.statements.len()).sum(),
        }
    };
    sources.iter().map(|(source, _)| row(source)).collect()
}

/// The kind of a file: that of its first script that is more than loose statements.
fn kind(scripts: &[&Script]) -> &'static str {
    let Some(first) = scripts.first() else { return "other" };
    let telling = scripts.iter().find(|script| script.kind != ScriptKind::Sql);
    if telling.is_none() && only_declares(scripts) {
        return "ddl";
    }
    telling.unwrap_or(first).kind.name()
}

fn only_declares(scripts: &[&Script]) -> bool {
    let mut effects = scripts.iter().flat_map(|script| &script.steps).map(|step| &step.effect).peekable();
    effects.peek().is_some() && effects.all(|effect| matches!(effect, Effect::Declare { .. }))
}
