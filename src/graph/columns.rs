//! The columns of every version, as far as the inputs tell them.
//!
//! In: scripts and versions. Out: the columns of each version, in order, or nothing where they are not known. A
//! relation that is declared anywhere among the inputs has those columns before it is written.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::name::Relation;
use crate::steps::{Body, Change, ColumnDef, ColumnUse, Effect, How, Output, Query, Script, Step};
use crate::text::Span;
use crate::versions::{StepId, Version, VersionId, Versions};

/// The columns of every version.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    of: Vec<Option<Vec<ColumnDef>>>,
}

impl Columns {
    /// The columns of a version, in order; none where they are not known.
    pub fn get(&self, id: VersionId) -> Option<&[ColumnDef]> {
        self.of.get(id.0)?.as_deref()
    }

    /// The output columns of a query of `step`, with stars expanded; none where they are not known.
    pub fn outputs(&self, versions: &Versions, step: StepId, query: &Query) -> Option<Vec<ColumnDef>> {
        outputs(versions, step, query, &mut |version| self.get(version).map(<[_]>::to_vec))
    }
}

/// A body as a query: the author's, or a frame as printed.
pub fn query_of(body: &Body, span: Span, dialect: Dialect) -> Cow<'_, Query> {
    match body {
        Body::Query(query) => Cow::Borrowed(query),
        Body::Frame(frame) => Cow::Owned(crate::sql::print(frame, span, dialect).0),
    }
}

/// The columns of every version.
pub fn columns(scripts: &[Script], versions: &Versions) -> Columns {
    let mut declared: BTreeMap<&Relation, &[ColumnDef]> = BTreeMap::new();
    for step in scripts.iter().flat_map(|script| &script.steps) {
        if let Effect::Declare { relation, columns, .. } = &step.effect
            && !columns.is_empty()
        {
            declared.entry(relation).or_insert(columns);
        }
    }
    let count = versions.list.len();
    let mut finder = Finder { scripts, versions, declared, found: vec![None; count], open: vec![false; count] };
    for id in (0..count).map(VersionId) {
        finder.find(id);
    }
    Columns { of: finder.found.into_iter().map(Option::flatten).collect() }
}

type Known = Option<Vec<ColumnDef>>;

struct Finder<'a> {
    scripts: &'a [Script],
    versions: &'a Versions,
    declared: BTreeMap<&'a Relation, &'a [ColumnDef]>,
    found: Vec<Option<Known>>,
    /// Versions whose columns are being looked for.
    open: Vec<bool>,
}

impl<'a> Finder<'a> {
    fn find(&mut self, id: VersionId) -> Known {
        if let Some(Some(found)) = self.found.get(id.0) {
            return found.clone();
        }
        if self.open.get(id.0).copied().unwrap_or(true) {
            return None;
        }
        if let Some(open) = self.open.get_mut(id.0) {
            *open = true;
        }
        let versions = self.versions;
        let known = versions.get(id).and_then(|version| self.of_version(version));
        if let Some(found) = self.found.get_mut(id.0) {
            *found = Some(known.clone());
        }
        known
    }

    fn of_version(&mut self, version: &Version) -> Known {
        let declared = || self.declared.get(&version.relation).map(|columns| columns.to_vec());
        let Some((id, script, step)) = version.step.and_then(|id| self.step(id)) else { return declared() };
        let previous = version.previous;
        match &step.effect {
            Effect::Declare { columns, .. } => Some(columns.clone()).filter(|columns| !columns.is_empty()),
            Effect::Create { columns, body, .. } => {
                let query = query_of(body, step.span, script.dialect);
                let outputs = self.outputs(id, &query);
                if columns.is_empty() { outputs } else { Some(renamed(columns, outputs)) }
            }
            Effect::Replace { columns, body, .. } => declared().or_else(|| {
                let query = query_of(body, step.span, script.dialect);
                let outputs = self.outputs(id, &query);
                if columns.is_empty() { outputs } else { Some(renamed(columns, outputs)) }
            }),
            Effect::Append { columns, body, conflict, .. } => {
                let before = previous.and_then(|previous| self.find(previous)).or_else(|| self.earlier(version));
                if let Some(before) = before {
                    let grows = conflict.is_none() && self.is_listed(version);
                    return Some(if grows { grown(before, columns) } else { before });
                }
                let query = query_of(body, step.span, script.dialect);
                let outputs = self.outputs(id, &query);
                if columns.is_empty() { outputs } else { Some(renamed(columns, outputs)) }
            }
            Effect::Update(update) if self.is_listed(version) => {
                let before = previous.and_then(|previous| self.find(previous))?;
                Some(grown(before, update.assignments.iter().map(|one| &one.column)))
            }
            Effect::Alter { change, .. } => {
                let before = previous.and_then(|previous| self.find(previous))?;
                Some(changed(before, change))
            }
            Effect::Truncate { .. } => declared().or_else(|| self.earlier(version)),
            Effect::Merge(_)
            | Effect::Update(_)
            | Effect::Delete(_)
            | Effect::Rename { .. }
            | Effect::Swap { .. }
            | Effect::Opaque(_) => previous.and_then(|previous| self.find(previous)),
            Effect::Drop { .. } | Effect::Call { .. } | Effect::Bind { .. } | Effect::Read { .. } => None,
        }
    }

    /// Whether nothing but INSERTs that name their columns tells what a relation holds: it may hold more than one of them
    /// names.
    fn is_listed(&self, version: &Version) -> bool {
        if self.declared.contains_key(&version.relation) {
            return false;
        }
        let mut next = Some(version);
        let mut left = self.versions.list.len();
        while let Some(version) = next.filter(|_| left > 0) {
            let effect = version.step.and_then(|id| self.step(id)).map(|(_, _, step)| &step.effect);
            match effect {
                Some(Effect::Append { columns, .. }) if columns.is_empty() => return false,
                Some(Effect::Append { .. } | Effect::Update(_) | Effect::Delete(_) | Effect::Truncate { .. }) => {}
                Some(
                    Effect::Create { .. }
                    | Effect::Declare { .. }
                    | Effect::Replace { .. }
                    | Effect::Merge(_)
                    | Effect::Alter { .. }
                    | Effect::Rename { .. }
                    | Effect::Swap { .. }
                    | Effect::Drop { .. }
                    | Effect::Call { .. }
                    | Effect::Bind { .. }
                    | Effect::Read { .. }
                    | Effect::Opaque(_),
                )
                | None => return false,
            }
            next = version.previous.and_then(|previous| self.versions.get(previous));
            left -= 1;
        }
        true
    }

    fn step(&self, id: StepId) -> Option<(StepId, &'a Script, &'a Step)> {
        let script = self.scripts.get(id.script)?;
        Some((id, script, script.steps.get(id.step)?))
    }

    /// What was known of the relation before it was emptied, in the same script.
    fn earlier(&mut self, version: &Version) -> Known {
        let versions = self.versions;
        let step = version.step?;
        let mut before = versions.list.iter().enumerate().rev().filter(|(_, other)| {
            other.relation == version.relation
                && other.number < version.number
                && other.step.is_some_and(|other| other.script == step.script)
        });
        let (at, _) = before.next()?;
        self.find(VersionId(at))
    }

    fn outputs(&mut self, id: StepId, query: &Query) -> Known {
        let versions = self.versions;
        outputs(versions, id, query, &mut |version| self.find(version))
    }
}

/// The output columns of a query, with stars expanded.
fn outputs(versions: &Versions, id: StepId, query: &Query, find: &mut dyn FnMut(VersionId) -> Known) -> Known {
    let mut all: Vec<ColumnDef> = Vec::new();
    for output in &query.outputs {
        match output {
            Output::Column { name, from } => {
                let sql_type = match from.as_slice() {
                    [only] if only.how == How::Copied => copied_type(versions, id, only, find),
                    _ => String::new(),
                };
                all.push(ColumnDef { name: name.clone(), sql_type, ..ColumnDef::default() });
            }
            Output::Star { relation, except } => {
                let columns = find(versions.seen(id, relation)?)?;
                all.extend(columns.iter().filter(|column| !except.contains(&column.name)).map(plain));
            }
        }
    }
    let named = !all.is_empty() && all.iter().all(|column| !column.name.is_empty());
    named.then_some(all)
}

fn copied_type(versions: &Versions, id: StepId, used: &ColumnUse, find: &mut dyn FnMut(VersionId) -> Known) -> String {
    let [relation] = used.relations.as_slice() else { return String::new() };
    let columns = versions.seen(id, relation).and_then(find).unwrap_or_default();
    columns.into_iter().find(|known| known.name == used.column).map_or(String::new(), |known| known.sql_type)
}

/// A column in a new relation: its type is kept, what was declared of the old relation is not.
fn plain(column: &ColumnDef) -> ColumnDef {
    ColumnDef { name: column.name.clone(), sql_type: column.sql_type.clone(), ..ColumnDef::default() }
}

fn renamed(names: &[String], outputs: Known) -> Vec<ColumnDef> {
    let types: Vec<String> = outputs.unwrap_or_default().into_iter().map(|column| column.sql_type).collect();
    let same = types.len() == names.len();
    let one = |(at, name): (usize, &String)| ColumnDef {
        name: name.clone(),
        sql_type: types.get(at).filter(|_| same).cloned().unwrap_or_default(),
        ..ColumnDef::default()
    };
    names.iter().enumerate().map(one).collect()
}

/// The columns with those behind them that are new.
fn grown<'n>(mut columns: Vec<ColumnDef>, names: impl IntoIterator<Item = &'n String>) -> Vec<ColumnDef> {
    for name in names {
        if !columns.iter().any(|column| column.name.eq_ignore_ascii_case(name)) {
            columns.push(ColumnDef { name: name.clone(), ..ColumnDef::default() });
        }
    }
    columns
}

fn changed(mut before: Vec<ColumnDef>, change: &Change) -> Vec<ColumnDef> {
    match change {
        Change::Add(column) => before.push(column.clone()),
        Change::Drop(name) => before.retain(|column| column.name != *name),
        Change::Rename { from, to } => {
            for column in before.iter_mut().filter(|column| column.name == *from) {
                column.name.clone_from(to);
            }
        }
        Change::Retype(new) => {
            for column in before.iter_mut().filter(|column| column.name == new.name) {
                column.sql_type.clone_from(&new.sql_type);
            }
        }
    }
    before
}
