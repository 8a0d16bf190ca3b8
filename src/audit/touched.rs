//! What a task of a DAG touches, and where.
//!
//! In: a task with its steps. Out: the relations that it reads and writes, which of their rows and columns, and in which
//! database. Never says whether an order is wrong.

use std::collections::{BTreeMap, BTreeSet};

use super::Inputs;
use super::columns::used_of;
use crate::name::Relation;
use crate::steps::{Assignment, Body, Effect, Merge, MergeAction, Script, Sql, Step};
use crate::versions::StepId;

/// What a task touches.
#[derive(Default)]
pub(super) struct Touched {
    pub reads: BTreeSet<Relation>,
    pub writes: BTreeSet<Relation>,
    /// Relations of which it deletes a part and fills that again, and that it reads for nothing else.
    pub refills: BTreeSet<Relation>,
    /// Relations of which it only takes rows away.
    pub removes: BTreeSet<Relation>,
    /// Whether it deletes rows by conditions, and does nothing else.
    only_deletes: bool,
    /// The columns that it sets, of relations that it changes in no other way.
    sets: BTreeMap<Relation, Sets>,
    /// Whether rows go on from it: it writes a table, or takes rows elsewhere.
    pub hands_on: bool,
    /// The connections that it names.
    connections: BTreeSet<String>,
    /// The database and the schema that it names beside its SQL.
    database: Option<String>,
    schema: Option<String>,
    /// Whether nothing of what it does is hidden.
    pub is_known: bool,
}

impl Touched {
    pub fn of(inputs: &Inputs, number: usize, script: &Script, task: usize) -> Self {
        let mut touched = Self::default();
        let Some(shown) = script.tasks.get(task) else { return touched };
        touched.is_known = !shown.side_effects;
        touched.refills = refills(script, task);
        let argument =
            |name: &str| shown.arguments.iter().find(|(other, _)| other == name).map(|(_, text)| text.clone());
        let named = shown.arguments.iter().filter(|(name, _)| name.ends_with("conn_id"));
        touched.connections = named.map(|(_, value)| value.clone()).collect();
        (touched.database, touched.schema) = (argument("database"), argument("schema"));
        for (at, step) in steps_of(script, task) {
            if !step.effect.is_hollow() {
                let seen = inputs.reads(StepId { script: number, step: at }).map(|version| version.relation.clone());
                touched.reads.extend(seen);
            }
            touched.reads.extend(step.reads_rows());
            touched.writes.extend(step.effect.writes().into_iter().cloned());
            touched.is_known &= !matches!(step.effect, Effect::Opaque(_) | Effect::Call { .. });
        }
        touched.changes(script, task);
        touched.reads.extend(shown.takes.iter().cloned());
        touched.writes.extend(shown.fills.iter().cloned());
        touched.is_known &= touched.reads.iter().chain(&touched.writes).all(Relation::is_known);
        touched.hands_on = !touched.writes.is_empty() || !shown.takes.is_empty();
        // A task that writes nothing is a check: what comes after it waits for its verdict.
        touched.is_known &= !touched.writes.is_empty();
        touched
    }

    /// Of which relations it only takes rows away, or only sets columns.
    fn changes(&mut self, script: &Script, task: usize) {
        self.only_deletes = steps_of(script, task).all(|(_, step)| matches!(step.effect, Effect::Delete(_)));
        let mut others = BTreeSet::new();
        for (_, step) in steps_of(script, task) {
            match &step.effect {
                Effect::Delete(delete) => self.removes.extend([delete.relation.clone()]),
                Effect::Truncate { relation } | Effect::Drop { relation } => self.removes.extend([relation.clone()]),
                Effect::Update(update) => {
                    self.sets.entry(update.relation.clone()).or_default().take(&update.assignments);
                }
                Effect::Merge(merge) => match set_by(merge) {
                    Some(assignments) => self.sets.entry(merge.relation.clone()).or_default().take(assignments),
                    None => others.extend([merge.relation.clone()]),
                },
                Effect::Create { .. }
                | Effect::Declare { .. }
                | Effect::Replace { .. }
                | Effect::Append { .. }
                | Effect::Rename { .. }
                | Effect::Swap { .. }
                | Effect::Alter { .. }
                | Effect::Call { .. }
                | Effect::Bind { .. }
                | Effect::Read { .. }
                | Effect::Opaque(_) => others.extend(step.effect.writes().into_iter().cloned()),
            }
        }
        let sets = std::mem::take(&mut self.sets);
        let removes = std::mem::take(&mut self.removes);
        self.removes =
            removes.iter().filter(|one| !others.contains(*one) && !sets.contains_key(*one)).cloned().collect();
        self.sets = sets.into_iter().filter(|(one, _)| !others.contains(one) && !removes.contains(one)).collect();
    }

    /// Whether a table of that name is another one for the two: they name other connections, or other databases.
    pub fn is_apart(&self, other: &Self, relation: &Relation) -> bool {
        let differ = |left: &Option<String>, right: &Option<String>| left.is_some() && right.is_some() && left != right;
        let known = !self.connections.is_empty() && !other.connections.is_empty();
        (known && self.connections.is_disjoint(&other.connections))
            || (relation.database().is_none() && differ(&self.database, &other.database))
            || (relation.schema().is_none() && differ(&self.schema, &other.schema))
    }

    /// The columns of a relation that it sets, where it changes it in no other way.
    pub fn sets(&self, relation: &Relation) -> Option<&Sets> {
        self.sets.get(relation)
    }

    /// Whether it neither adds rows to a relation nor takes some away.
    pub fn keeps_rows(&self, relation: &Relation) -> bool {
        !self.writes.contains(relation) || self.sets.contains_key(relation)
    }

    /// Whether the order of the two matters: one of them writes what the other reads or writes.
    pub fn meets(&self, other: &Self) -> bool {
        let writes = |left: &Self, right: &Self| {
            left.writes.iter().any(|relation| right.reads.contains(relation) || right.writes.contains(relation))
        };
        writes(self, other) || writes(other, self)
    }

    /// Whether both delete rows, and do nothing else: the order may be that of their foreign keys.
    pub fn both_delete(&self, other: &Self) -> bool {
        self.only_deletes && other.only_deletes
    }
}

/// The columns that a task sets, and to what.
#[derive(Default)]
pub(super) struct Sets {
    values: BTreeMap<String, BTreeSet<String>>,
}

impl Sets {
    fn take<'a>(&mut self, assignments: impl IntoIterator<Item = &'a Assignment>) {
        for assignment in assignments {
            let value = assignment.value.text.to_lowercase();
            self.values.entry(assignment.column.to_lowercase()).or_default().insert(value);
        }
    }

    /// Whether one of the columns is among `used`.
    pub fn meet(&self, used: &BTreeSet<String>) -> bool {
        self.values.keys().any(|column| used.contains(column))
    }

    /// Whether both set a column, and not to the same.
    pub fn contradict(&self, other: &Self) -> bool {
        self.values.iter().any(|(column, values)| other.values.get(column).is_some_and(|others| others != values))
    }
}

/// What a MERGE sets; none when it does more, or sets all columns.
fn set_by(merge: &Merge) -> Option<Vec<&Assignment>> {
    let mut all = Vec::new();
    for arm in &merge.arms {
        match &arm.action {
            MergeAction::Update(assignments) => all.extend(assignments),
            MergeAction::Nothing => {}
            MergeAction::UpdateAll | MergeAction::Insert(_) | MergeAction::InsertAll | MergeAction::Delete => {
                return None;
            }
        }
    }
    Some(all)
}

/// The columns of a relation that a task may use; none when it may use any.
pub(super) fn used(script: &Script, task: usize, relation: &Relation) -> Option<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    for (_, step) in steps_of(script, task) {
        let names = |sql: &Sql| sql.mentions.iter().any(|mention| mention.relation == *relation);
        if matches!(step.effect, Effect::Opaque(_) | Effect::Call { .. })
            || matches!(step.effect.body(), Some(Body::Frame(_)))
        {
            return None;
        }
        let query = step.effect.body().and_then(Body::query);
        let changes = query.is_none() && step.effect.writes().contains(&relation);
        for sql in step.sqls().into_iter().filter(|sql| changes || names(sql)) {
            match query.filter(|query| std::ptr::eq(&raw const query.sql, sql)) {
                Some(query) => all.extend(used_of(query, relation)?.into_iter().map(|column| column.to_lowercase())),
                None => all.extend(words(&sql.text)?),
            }
        }
    }
    Some(all)
}

/// The words of a text; none when it has a `*` that stands for columns.
fn words(text: &str) -> Option<BTreeSet<String>> {
    let is_star = text.match_indices('*').any(|(at, _)| {
        let before = text.get(..at).unwrap_or("").trim_end();
        let word = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or("").to_lowercase();
        before.is_empty() || before.ends_with(['.', ',']) || matches!(word.as_str(), "select" | "distinct" | "all")
    });
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).map(str::to_lowercase);
    (!is_star).then(|| words.collect())
}

/// Relations that the task only deletes from and adds to: each such task keeps rows of its own.
fn refills(script: &Script, task: usize) -> BTreeSet<Relation> {
    let (mut emptied, mut filled, mut read) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (_, step) in steps_of(script, task) {
        if let Effect::Delete(delete) = &step.effect {
            emptied.insert(delete.relation.clone());
            continue;
        }
        read.extend(step.reads_rows());
        let writes = step.effect.writes().into_iter().cloned();
        if matches!(step.effect, Effect::Append { .. }) { filled.extend(writes) } else { read.extend(writes) }
    }
    emptied.into_iter().filter(|relation| filled.contains(relation) && !read.contains(relation)).collect()
}

pub(super) fn steps_of(script: &Script, task: usize) -> impl Iterator<Item = (usize, &Step)> {
    script.steps.iter().enumerate().filter(move |(_, step)| step.task == Some(task))
}
