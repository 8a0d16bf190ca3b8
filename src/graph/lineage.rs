//! From lasting relation to lasting relation, and from column to column.
//!
//! In: scripts and their versions. Out: edges, with the temporary relations in between named in `via`.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::{Columns, columns, query_of};
use super::{ColumnEdge, Lineage, RelationEdge};
use crate::name::Relation;
use crate::steps::{Change, ColumnUse, Effect, How, Lifetime, MergeAction, MergeArm, Output, Query, Script};
use crate::versions::{StepId, Version, VersionId, Versions};

/// The lineage of everything that is written.
pub fn lineage(scripts: &[Script], versions: &Versions) -> Lineage {
    let mut tracer = Tracer::new(scripts, versions);
    let mut relations: BTreeMap<(Relation, Relation), Vec<Relation>> = BTreeMap::new();
    let mut edges: BTreeMap<(Relation, String, Relation, String), Reach> = BTreeMap::new();
    let grown = tracer.grown();
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
        if grown.contains(&VersionId(at)) {
            continue;
        }
        let origins = tracer.columns_of(VersionId(at));
        for (column, reach, to_column) in origins.edges(tracer.columns.get(VersionId(at)).is_some()) {
            // The rows of before decide about themselves; that is told only where a value is made from them.
            if column.0 != *to || reach.how != How::Filtering {
                let key = (column.0, column.1, to.clone(), to_column);
                let strongest = edges.entry(key).or_insert(reach);
                *strongest = reach.min(*strongest);
            }
        }
    }
    let relations = relations.into_iter().map(|((from, to), via)| RelationEdge { from, to, via }).collect();
    let columns = edges
        .into_iter()
        .map(|((from, from_column, to, to_column), Reach { how, ambiguous })| ColumnEdge {
            from,
            from_column,
            to,
            to_column,
            how,
            ambiguous,
        })
        .collect();
    Lineage { relations, columns }
}

fn add(all: &mut Vec<Relation>, relation: Relation) {
    if !all.contains(&relation) {
        all.push(relation);
    }
}

const COPIED: Reach = Reach { how: How::Copied, ambiguous: false };
const DECIDING: Reach = Reach { how: How::Filtering, ambiguous: false };

/// Stands for all columns of a relation whose columns are not known.
const EVERY: &str = "*";

type Origins = BTreeMap<Relation, Vec<Relation>>;
/// How a column reaches another. The least is the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Reach {
    how: How,
    /// Whether it is one of several that the name can mean.
    ambiguous: bool,
}

impl Reach {
    /// What is left of it after a further step.
    fn then(self, next: Self) -> Self {
        Self { how: self.how.max(next.how), ambiguous: self.ambiguous || next.ambiguous }
    }
}

/// A column of a lasting relation.
type Column = (Relation, String);

/// Where the columns of a version come from, back to lasting relations.
#[derive(Debug, Clone, Default)]
struct ColumnOrigins {
    columns: BTreeMap<String, BTreeMap<Column, Reach>>,
    deciding: BTreeSet<Column>,
}

impl ColumnOrigins {
    fn add(&mut self, column: &str, from: impl IntoIterator<Item = (Column, Reach)>) {
        let all = self.columns.entry(column.to_owned()).or_default();
        for (origin, reach) in from {
            if reach.how == How::Filtering {
                self.deciding.insert(origin);
            } else {
                let strongest = all.entry(origin).or_insert(reach);
                *strongest = reach.min(*strongest);
            }
        }
    }

    /// Notes that columns decide whether a column has a new value.
    fn decided(&mut self, column: &str, by: &[Column]) {
        let all = self.columns.entry(column.to_owned()).or_default();
        for origin in by {
            all.entry(origin.clone()).or_insert(DECIDING);
        }
    }

    fn edges(&self, known: bool) -> Vec<(Column, Reach, String)> {
        let mut edges = Vec::new();
        for (to, from) in &self.columns {
            edges.extend(from.iter().map(|(origin, reach)| (origin.clone(), *reach, to.clone())));
            if known {
                edges.extend(self.deciding.iter().map(|origin| (origin.clone(), DECIDING, to.clone())));
            }
        }
        if !known {
            edges.extend(self.deciding.iter().map(|origin| (origin.clone(), DECIDING, EVERY.to_owned())));
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

    /// Versions whose columns all stand in a later one of the same relation, which says what they do and more.
    fn grown(&self) -> BTreeSet<VersionId> {
        let later = self.versions.list.iter().enumerate().filter_map(|(at, version)| {
            let previous = version.previous?;
            let before = self.versions.get(previous)?;
            let as_known = self.columns.get(previous).is_some() == self.columns.get(VersionId(at)).is_some();
            let altered = version.step.and_then(|id| self.scripts.get(id.script)?.steps.get(id.step));
            let altered = altered.is_some_and(|step| matches!(step.effect, Effect::Alter { .. }));
            (as_known && !altered && before.relation == version.relation && version.lifetime == Lifetime::Lasting)
                .then_some(previous)
        });
        later.collect()
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
            effect @ (Effect::Update(_) | Effect::Delete(_) | Effect::Merge(_)) => {
                self.assigned(id, effect, version, &mut made);
            }
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

    /// Adds what a query brings; `names` are those of the target's columns, by position, where they differ. Further
    /// branches of a set operation go by position, under the names of the first.
    fn query(&mut self, id: StepId, query: &Query, names: &[String], made: &mut ColumnOrigins) {
        let first = self.outputs(id, &query.outputs, &query.unnamed, names, made);
        let names = if names.is_empty() { first.as_slice() } else { names };
        for branch in &query.branches {
            self.outputs(id, branch, &[], names, made);
        }
        for used in &query.deciding {
            let filtering = ColumnUse { how: How::Filtering, ..used.clone() };
            let origins = self.origins_of(id, &filtering);
            made.deciding.extend(origins.into_iter().map(|(column, _)| column));
        }
    }

    /// Adds the outputs of one SELECT; gives the names under which they were added, as far as all are known.
    fn outputs(
        &mut self,
        id: StepId,
        outputs: &[Output],
        unnamed: &[String],
        names: &[String],
        made: &mut ColumnOrigins,
    ) -> Vec<String> {
        let mut added: Vec<String> = Vec::new();
        let mut positions_known = true;
        for (at, output) in outputs.iter().enumerate() {
            match output {
                Output::Column { name, from } => {
                    let by_place = names.get(added.len()).filter(|_| positions_known);
                    let written = unnamed.get(at).filter(|_| name.is_empty());
                    let name = by_place.or(written).unwrap_or(name).clone();
                    let origins: Vec<_> = from.iter().flat_map(|used| self.origins_of(id, used)).collect();
                    made.add(&name, origins);
                    added.push(name);
                }
                Output::Star { relation, except } => {
                    let rest = names.get(added.len()..).filter(|_| positions_known).unwrap_or_default().to_vec();
                    match self.whole(id, relation, except, &rest, made) {
                        Some(columns) => added.extend(columns),
                        None => positions_known = false,
                    }
                }
            }
        }
        if positions_known { added } else { Vec::new() }
    }

    /// All columns of a relation but `except`; `*` stands for them where they are not known.
    fn whole(
        &mut self,
        id: StepId,
        relation: &Relation,
        except: &[String],
        names: &[String],
        made: &mut ColumnOrigins,
    ) -> Option<Vec<String>> {
        let seen = self.versions.seen(id, relation)?;
        let Some(columns) = self.columns.get(seen).map(<[_]>::to_vec) else {
            let origins = self.column(seen, EVERY, COPIED);
            made.add(EVERY, origins);
            return None;
        };
        let mut added = Vec::new();
        for column in columns.iter().filter(|column| !except.contains(&column.name)) {
            let name = names.get(added.len()).unwrap_or(&column.name).clone();
            let origins = self.column(seen, &column.name, COPIED);
            made.add(&name, origins);
            added.push(name);
        }
        Some(added)
    }

    fn origins_of(&mut self, id: StepId, used: &ColumnUse) -> Vec<(Column, Reach)> {
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
        let reach = Reach { how: used.how, ambiguous: chosen.len() > 1 };
        chosen.into_iter().flat_map(|version| self.column(version, &used.column, reach)).collect()
    }

    /// Where a version's column comes from: itself, where the relation lasts.
    fn column(&mut self, id: VersionId, column: &str, how: Reach) -> Vec<(Column, Reach)> {
        let Some(version) = self.versions.get(id) else { return Vec::new() };
        if version.lifetime == Lifetime::Lasting {
            return vec![((version.relation.clone(), column.to_owned()), how)];
        }
        let origins = self.columns_of(id);
        let direct = origins.columns.get(column).into_iter().flatten();
        let mut all: Vec<(Column, Reach)> = direct.map(|(origin, inner)| (origin.clone(), inner.then(how))).collect();
        if all.is_empty() && !origins.columns.contains_key(column) {
            // It can only be one of those that a star stands for.
            let behind = origins.columns.get(EVERY).into_iter().flatten();
            all.extend(behind.map(|((from, _), inner)| ((from.clone(), column.to_owned()), inner.then(how))));
        }
        all.extend(origins.deciding.into_iter().map(|origin| (origin, DECIDING)));
        all
    }

    /// UPDATE, DELETE and MERGE: what each set column is made from, and what decides which rows change.
    fn assigned(&mut self, id: StepId, effect: &Effect, version: &Version, made: &mut ColumnOrigins) {
        for assignment in effect.assignments() {
            let origins: Vec<_> = assignment.from.iter().flat_map(|used| self.of_changed(id, used, version)).collect();
            made.add(&assignment.column, origins);
        }
        if let Some(using) = taken_whole(effect) {
            self.whole(id, using, &[], &[], made);
        }
        for used in effect.deciding() {
            let origins = self.of_changed(id, used, version).into_iter().map(|(column, _)| column);
            if let Effect::Update(update) = effect {
                // Which rows there are stays as it was: only the set columns depend on it.
                let origins: Vec<_> = origins.collect();
                for assignment in &update.assignments {
                    made.decided(&assignment.column, &origins);
                }
            } else {
                made.deciding.extend(origins);
            }
        }
    }

    /// The same as [`Self::origins_of`] for a statement that changes rows: its target can be used without being read.
    fn of_changed(&mut self, id: StepId, used: &ColumnUse, version: &Version) -> Vec<(Column, Reach)> {
        let target = &version.relation;
        if !used.relations.contains(target) || self.versions.seen(id, target).is_some() {
            return self.origins_of(id, used);
        }
        let before = version.previous.and_then(|previous| self.columns.get(previous));
        let has = before.map(|columns| columns.iter().any(|column| column.name == used.column));
        let others: Vec<Relation> = used.relations.iter().filter(|relation| *relation != target).cloned().collect();
        let reach = Reach { how: used.how, ambiguous: has.is_none() && !others.is_empty() };
        let mut all = Vec::new();
        if has != Some(false) || others.is_empty() {
            all.extend(match version.previous {
                Some(previous) => self.column(previous, &used.column, reach),
                None if version.lifetime == Lifetime::Temporary => Vec::new(),
                None => vec![((target.clone(), used.column.clone()), reach)],
            });
        }
        if has != Some(true) && !others.is_empty() {
            let found = self.origins_of(id, &ColumnUse { relations: others, ..used.clone() });
            all.extend(found.into_iter().map(|(column, other)| (column, other.then(reach))));
        }
        all
    }
}

/// The relation all of whose columns a MERGE takes by their names.
fn taken_whole(effect: &Effect) -> Option<&Relation> {
    let Effect::Merge(merge) = effect else { return None };
    let all = |arm: &MergeArm| matches!(arm.action, MergeAction::UpdateAll | MergeAction::InsertAll);
    match merge.using.mentions.as_slice() {
        [only] if merge.arms.iter().any(all) && only.range == (0..merge.using.text.len()) => Some(&only.relation),
        _ => None,
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
