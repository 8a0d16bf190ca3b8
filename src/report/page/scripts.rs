//! Scripts and their statements, for the page: what stands where, and what became of it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::plan::AccountRow;
use crate::steps::StatementReading;
use crate::text::{SourceFile, SourceId, Span};
use crate::versions::StepId;

use super::super::diagram::Diagram;
use super::super::touch::Touches;
use super::super::{Facts, place};

/// An input file.
#[derive(Debug, Serialize)]
pub struct FileView {
    pub path: String,
    pub kind: &'static str,
    pub dialect: &'static str,
    pub text: String,
}

/// A script.
#[derive(Debug, Serialize)]
pub struct ScriptView {
    pub name: String,
    pub kind: &'static str,
    pub file: u32,
    pub first_line: usize,
    pub last_line: usize,
}

/// A statement of the input.
#[derive(Debug, Serialize)]
pub struct Unit {
    pub file: u32,
    /// The script that it stands in.
    pub script: Option<usize>,
    /// First and last place in the file's text, in UTF-16 units, as scripts of a page count.
    pub start: usize,
    pub end: usize,
    pub first_line: usize,
    pub last_line: usize,
    /// What it is: `create table as`.
    pub what: String,
    /// Empty where nothing is converted.
    pub fate: &'static str,
    pub reason: String,
    /// The node that it became part of.
    pub node: Option<usize>,
    pub reads: Vec<String>,
    pub writes: Vec<String>,
}

/// All files.
pub fn files(facts: &Facts) -> Vec<FileView> {
    let view = |input: &super::super::InputFacts| FileView {
        path: facts.sources.get(input.source).map(|file| file.path.clone()).unwrap_or_default(),
        kind: input.kind,
        dialect: input.dialect,
        text: facts.sources.get(input.source).map(|file| file.text.clone()).unwrap_or_default(),
    };
    facts.inputs.iter().map(view).collect()
}

/// All scripts.
pub fn scripts(facts: &Facts) -> Vec<ScriptView> {
    let view = |script: &crate::steps::Script| {
        let lines = place::lines(facts.sources, script.span);
        ScriptView {
            name: script.name.clone(),
            kind: script.kind.name(),
            file: script.source.0,
            first_line: lines.start_line,
            last_line: lines.end_line,
        }
    };
    facts.scripts.iter().map(view).collect()
}

/// All statements: the rows of the account where there is a project, else as read.
pub fn units(facts: &Facts, diagram: &Diagram) -> Vec<Unit> {
    let mut read = read(facts, diagram);
    let Some(project) = facts.project else {
        let mut units: Vec<Unit> = read.into_values().collect();
        place_in_utf16(facts, &mut units);
        return units;
    };
    let unit = |row: &AccountRow| {
        let mut unit = read.remove(&row.span).unwrap_or_else(|| empty(facts, row.span, &row.what));
        unit.fate = row.fate.name();
        unit.reason.clone_from(&row.reason);
        let node = ["model", "seed", "snapshot"].iter().find_map(|kind| diagram.find(&format!("{kind}:{}", row.model)));
        unit.node = node.filter(|_| !row.model.is_empty());
        unit
    };
    let mut units: Vec<Unit> = project.account.rows.iter().map(unit).collect();
    place_in_utf16(facts, &mut units);
    units
}

/// The statements as the readers gave them.
fn read(facts: &Facts, diagram: &Diagram) -> BTreeMap<Span, Unit> {
    let touches = Touches::of(facts.versions);
    let nodes: BTreeMap<StepId, usize> = facts
        .versions
        .list
        .iter()
        .enumerate()
        .filter_map(|(at, version)| Some((version.step?, *diagram.versions.get(&crate::versions::VersionId(at))?)))
        .collect();
    let mut units = BTreeMap::new();
    for (number, script) in facts.scripts.iter().enumerate() {
        for statement in &script.statements {
            let mut unit = empty(facts, statement.span, &statement.what);
            unit.script = Some(number);
            match &statement.reading {
                StatementReading::Steps(steps) => {
                    let steps = || steps.iter().map(|step| StepId { script: number, step: *step });
                    (unit.reads, unit.writes) = touches.together(steps());
                    unit.node = steps().find_map(|step| nodes.get(&step).copied());
                }
                StatementReading::Config(reason)
                | StatementReading::Dropped(reason)
                | StatementReading::Unread(reason) => unit.reason.clone_from(reason),
            }
            units.insert(statement.span, unit);
        }
    }
    units
}

fn empty(facts: &Facts, span: Span, what: &str) -> Unit {
    let lines = place::lines(facts.sources, span);
    Unit {
        file: span.source.0,
        script: None,
        start: span.start as usize,
        end: span.end as usize,
        first_line: lines.start_line,
        last_line: lines.end_line,
        what: what.to_owned(),
        fate: "",
        reason: String::new(),
        node: None,
        reads: Vec::new(),
        writes: Vec::new(),
    }
}

/// Turns bytes into UTF-16 units, one walk a file.
fn place_in_utf16(facts: &Facts, units: &mut [Unit]) {
    let mut wanted: BTreeMap<u32, BTreeMap<usize, usize>> = BTreeMap::new();
    for unit in units.iter() {
        let places = wanted.entry(unit.file).or_default();
        places.insert(unit.start, 0);
        places.insert(unit.end, 0);
    }
    for (file, places) in &mut wanted {
        if let Some(file) = facts.sources.get(SourceId(*file)) {
            count(file, places);
        }
    }
    for unit in units {
        if let Some(places) = wanted.get(&unit.file) {
            let at = |place: usize| places.get(&place).copied().unwrap_or(0);
            (unit.start, unit.end) = (at(unit.start), at(unit.end));
        }
    }
}

fn count(file: &SourceFile, places: &mut BTreeMap<usize, usize>) {
    let (mut at, mut passed) = (0, 0);
    for (place, units) in places.iter_mut() {
        passed += file.slice(at..*place).encode_utf16().count();
        at = *place;
        *units = passed;
    }
}
