//! From lasting relation to lasting relation, and from column to column.
//!
//! In: scripts and their versions. Out: edges, with the temporary relations in between named in `via`.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::{Columns, columns, query_of};
use super::{ColumnEdge, Lineage, RelationEdge};
use crate::name::Relation;
use crate::steps::{Assignment, Change, ColumnUse, Effect, How, Lifetime, MergeAction, Output, Query, Script, Step};
use crate::versions::{StepId, Version, VersionId, Versions};

/// The lineage of everything that is written.
pub fn lineage(scripts: &[Script], versions: &Versions) -> Lineage {
    let mut tracer = Tracer::new(scripts, versions);
    let mut relations: BTreeMap<(Relation, Relation), Vec<Relation>> = BTreeMap::new();
    let mut edges: BTreeMap<(Relation, String, Relation, String), How> = BTreeMap::new();
    for (at, version) in versions.list.iter().enumerate() {
        if version.step.is_none() || version.lifetime == Lifetime::Temporary {
            continue;
        }
        let to = &version.relation;
        for (from, via) in tracer.made_from(VersionId(at)) {
            if from != *to {
                let all = relations.entry((from, to.clone())).or_default();
                for temporary in via {
                    add(all, temporary);
                }
            }
        }
        let origins = tracer.columns_of(VersionId(at));
        for (column, how, to_column) in origins.edges(tracer.columns.get(VersionId(at)).is_some()) {
            if column.0 != *to {
                let key = (column.0, column.1, to.clone(), to_column);
                let strongest = edges.entry(key).or_insert(how);
                *strongest = how.min(*strongest);
            }
        }
    }
    let relations = relations.into_iter().map(|((from, to), via)| RelationEdge { from, to, via }).collect();
    let columns = edges
        .into_iter()
        .map(|((from, from_column, to, to_column), how)| ColumnEdge { from, from_column, to, to_column, how })
        .collect();
    Lineage { relations, columns }
}

fn add(all: &mut Vec<Relation>, relation: Relation) {
    if !all.contains(&relation) {
        all.push(relation);
    }
}

type Origins = BTreeMap<Relation, Vec<Relation>>;
/// A column of a lasting relation.
type Column = (Relation, String);

/// Where the columns of a version come from, back to lasting relations.
#[derive(Debug, Clone, Default)]
struct ColumnOrigins {
    columns: BTreeMap<String, BTreeMap<Column, How>>,
    deciding: BTreeSet<Column>,
}

impl ColumnOrigins {
    fn add(&mut self, column: &str, from: impl IntoIterator<Item = (Column, How)>) {
        let all = self.columns.entry(column.to_owned()).or_default();
        for (origin, how) in from {
            if how == How::Filtering {
                self.deciding.insert(origin);
            } else {
                let strongest = all.entry(origin).or_insert(how);
                *strongest = how.min(*strongest);
            }
        }
    }

    fn edges(&self, known: bool) -> Vec<(Column, How, String)> {
        let mut edges = Vec::new();
        for (to, from) in &self.columns {
            edges.extend(from.iter().map(|(origin, how)| (origin.clone(), *how, to.clone())));
            if known {
                edges.extend(self.deciding.iter().map(|origin| (origin.clone(), How::Filtering, to.clone())));
            }
        }
        if !known {
            edges.extend(self.deciding.iter().map(|origin| (origin.clone(), How::Filtering, "*".to_owned())));
        }
        edges
    }
}

struct Tracer<'a> {
    scripts: &'a [Script],
    versions: &'a Versions,
    columns: Columns,
    /// The reads of each version.
    reads: BTreeMap<VersionId, Vec<VersionId>>,
    origins: BTreeMap<VersionId, Origins>,
    column_origins: BTreeMap<VersionId, ColumnOrigins>,
}

impl<'a> Tracer<'a> {
    fn new(scripts: &'a [Script], versions: &'a Versions) -> Self {
        let mut reads: BTreeMap<VersionId, Vec<VersionId>> = BTreeMap::new();
        for flow in &versions.flows {
            if let Some(to) = flow.to {
                reads.entry(to).or_default().push(flow.from);
            }
        }
        let columns = columns(scripts, versions);
        Self { scripts, versions, columns, reads, origins: BTreeMap::new(), column_origins: BTreeMap::new() }
    }

    /// The lasting relations that the rows of a version are made from, with the temporary ones in between.
    fn made_from(&mut self, id: VersionId) -> Origins {
        let versions = self.versions;
        let mut all = Origins::new();
        let previous = versions.get(id).and_then(|version| version.previous);
        let reads: Vec<VersionId> = self.reads.get(&id).into_iter().flatten().copied().chain(previous).collect();
        for from in reads {
            for (relation, via) in self.ends(from) {
                let known = all.entry(relation).or_default();
                for temporary in via {
                    add(known, temporary);
                }
            }
        }
        all
    }

    /// The version itself where it lasts, else what it is made from.
    fn ends(&mut self, id: VersionId) -> Origins {
        let versions = self.versions;
        let Some(version) = versions.get(id) else { return Origins::new() };
        if version.lifetime == Lifetime::Lasting {
            return Origins::from([(version.relation.clone(), Vec::new())]);
        }
        if let Some(known) = self.origins.get(&id) {
            return known.clone();
        }
        // A guard against circles: while it is looked for, a version has no origins.
        self.origins.insert(id, Origins::new());
        let mut all = self.made_from(id);
        for via in all.values_mut() {
            add(via, version.relation.clone());
        }
        self.origins.insert(id, all.clone());
        all
    }

    fn columns_of(&mut self, id: VersionId) -> ColumnOrigins {
        if let Some(known) = self.column_origins.get(&id) {
            return known.clone();
        }
        self.column_origins.insert(id, ColumnOrigins::default());
        let versions = self.versions;
        let made = versions.get(id).map_or_else(ColumnOrigins::default, |version| self.trace(version));
        self.column_origins.insert(id, made.clone());
        made
    }

    fn trace(&mut self, version: &Version) -> ColumnOrigins {
        let mut made = match version.previous {
            Some(previous) => self.columns_of(previous),
            None => ColumnOrigins::default(),
        };
        let scripts = self.scripts;
        let Some(id) = version.step else { return made };
        let Some(script) = scripts.get(id.script) else { return made };
        let Some(step) = script.steps.get(id.step) else { return made };
        match &step.effect {
            Effect::Create { columns, body, .. }
            | Effect::Replace { columns, body, .. }
            | Effect::Append { columns, body, .. } => {
                let query = query_of(body, step.span, script.dialect);
                let names: Vec<String> = match (columns.as_slice(), version.previous) {
                    ([], Some(previous)) => {
                        let known = self.columns.get(previous).unwrap_or_default();
                        known.iter().map(|column| column.name.clone()).collect()
                    }
                    (columns, _) => columns.to_vec(),
                };
                self.query(id, &query, &names, &mut made);
            }
            Effect::Alter { change, .. } => alter(&mut made, change),
            Effect::Update(_) | Effect::Delete(_) | Effect::Merge(_) => self.assigned(id, step, version, &mut made),
            Effect::Declare { .. }
            | Effect::Truncate { .. }
            | Effect::Drop { .. }
            | Effect::Rename { .. }
            | Effect::Swap { .. }
            | Effect::Call { .. }
            | Effect::Bind { .. }
            | Effect::Read { .. }
            | Effect::Opaque(_) => {}
        }
        made
    }

    /// Adds what a query brings; `names` are those of the target's columns, by position, where they differ.
    fn query(&mut self, id: StepId, query: &Query, names: &[String], made: &mut ColumnOrigins) {
        self.outputs(id, &query.outputs, names, made);
        for branch in &query.branches {
            self.outputs(id, branch, names, made);
        }
        for used in &query.deciding {
            let filtering = ColumnUse { how: How::Filtering, ..used.clone() };
            let origins = self.origins_of(id, &filtering);
            made.deciding.extend(origins.into_iter().map(|(column, _)| column));
        }
    }

    fn outputs(&mut self, id: StepId, outputs: &[Output], names: &[String], made: &mut ColumnOrigins) {
        let mut at = 0;
        for output in outputs {
            match output {
                Output::Column { name, from } => {
                    let name = names.get(at).unwrap_or(name);
                    let origins: Vec<_> = from.iter().flat_map(|used| self.origins_of(id, used)).collect();
                    made.add(name, origins);
                    at += 1;
                }
                Output::Star { relation, except } => {
                    let Some(seen) = self.versions.seen(id, relation) else { continue };
                    let Some(columns) = self.columns.get(seen).map(<[_]>::to_vec) else { continue };
                    for column in columns.iter().filter(|column| !except.contains(&column.name)) {
                        let name = names.get(at).unwrap_or(&column.name);
                        let origins = self.column(seen, &column.name, How::Copied);
                        made.add(name, origins);
                        at += 1;
                    }
                }
            }
        }
    }

    fn origins_of(&mut self, id: StepId, used: &ColumnUse) -> Vec<(Column, How)> {
        let seen: Vec<VersionId> =
            used.relations.iter().filter_map(|relation| self.versions.seen(id, relation)).collect();
        let has = |version: &VersionId, otherwise: bool| {
            let columns = self.columns.get(*version);
            columns.map_or(otherwise, |columns| columns.iter().any(|column| column.name == used.column))
        };
        let sure: Vec<VersionId> = seen.iter().copied().filter(|version| has(version, false)).collect();
        let possible: Vec<VersionId> =
            if sure.is_empty() { seen.iter().copied().filter(|version| has(version, true)).collect() } else { sure };
        let chosen = if possible.is_empty() { seen } else { possible };
        chosen.into_iter().flat_map(|version| self.column(version, &used.column, used.how)).collect()
    }

    /// Where a version's column comes from: itself, where the relation lasts.
    fn column(&mut self, id: VersionId, column: &str, how: How) -> Vec<(Column, How)> {
        let Some(version) = self.versions.get(id) else { return Vec::new() };
        if version.lifetime == Lifetime::Lasting {
            return vec![((version.relation.clone(), column.to_owned()), how)];
        }
        let origins = self.columns_of(id);
        let direct = origins.columns.get(column).into_iter().flatten();
        let mut all: Vec<(Column, How)> = direct.map(|(origin, inner)| (origin.clone(), (*inner).max(how))).collect();
        all.extend(origins.deciding.into_iter().map(|origin| (origin, How::Filtering)));
        all
    }

    /// UPDATE, DELETE and MERGE: their expressions are text here, so every known column of a relation that the
    /// text names as a whole word counts.
    fn assigned(&mut self, id: StepId, step: &Step, version: &Version, made: &mut ColumnOrigins) {
        let mut readable: Vec<VersionId> =
            step.effect.reads().iter().filter_map(|relation| self.versions.seen(id, relation)).collect();
        readable.extend(version.previous);
        let sets = assignments(&step.effect);
        for assignment in &sets {
            let uses = self.named(&readable, &assignment.value.text);
            made.add(&assignment.column, uses.into_iter().map(|(origin, how)| (origin, how.max(How::Computed))));
        }
        for sql in step.effect.sqls() {
            if !sets.iter().any(|assignment| std::ptr::eq(&raw const assignment.value, sql)) {
                let uses = self.named(&readable, &sql.text);
                made.deciding.extend(uses.into_iter().map(|(column, _)| column));
            }
        }
    }

    fn named(&mut self, readable: &[VersionId], text: &str) -> Vec<(Column, How)> {
        let words: BTreeSet<String> =
            text.split(|c: char| !(c.is_alphanumeric() || c == '_')).map(str::to_lowercase).collect();
        let mut all = Vec::new();
        for version in readable {
            let columns = self.columns.get(*version).unwrap_or_default().to_vec();
            for column in columns.iter().filter(|column| words.contains(&column.name.to_lowercase())) {
                all.extend(self.column(*version, &column.name, How::Computed));
            }
        }
        all
    }
}

fn assignments(effect: &Effect) -> Vec<&Assignment> {
    match effect {
        Effect::Update(update) => update.assignments.iter().collect(),
        Effect::Merge(merge) => {
            let sets = merge.arms.iter().map(|arm| match &arm.action {
                MergeAction::Update(sets) | MergeAction::Insert(sets) => sets.as_slice(),
                MergeAction::UpdateAll | MergeAction::InsertAll | MergeAction::Delete | MergeAction::Nothing => &[],
            });
            sets.flatten().collect()
        }
        Effect::Create { .. }
        | Effect::Declare { .. }
        | Effect::Replace { .. }
        | Effect::Append { .. }
        | Effect::Delete(_)
        | Effect::Truncate { .. }
        | Effect::Drop { .. }
        | Effect::Rename { .. }
        | Effect::Swap { .. }
        | Effect::Alter { .. }
        | Effect::Call { .. }
        | Effect::Bind { .. }
        | Effect::Read { .. }
        | Effect::Opaque(_) => Vec::new(),
    }
}

fn alter(made: &mut ColumnOrigins, change: &Change) {
    match change {
        Change::Add(column) => made.add(&column.name, []),
        Change::Drop(name) => drop(made.columns.remove(name)),
        Change::Rename { from, to } => {
            if let Some(origins) = made.columns.remove(from) {
                made.columns.insert(to.clone(), origins);
            }
        }
        Change::Retype(_) => {}
    }
}
