//! What every part of the plan looks at: scripts, versions, columns, readers, printed frames.
//!
//! In: scripts and versions. Out: answers about them. Never decides what becomes of a step.

use std::collections::{BTreeMap, BTreeSet};

use super::{DataTest, PlanOptions, TestKind};
use crate::dialect::Dialect;
use crate::finding::Finding;
use crate::graph::{Columns, columns};
use crate::name::Relation;
use crate::sql::Refusal;
use crate::steps::{Body, Effect, FactKind, Lifetime, Query, Script, Step};
use crate::versions::{StepId, Version, VersionId, Versions};

pub(super) struct Context<'a> {
    pub scripts: &'a [Script],
    pub versions: &'a Versions,
    pub options: &'a PlanOptions,
    pub target: Dialect,
    pub columns: Columns,
    /// The steps that use a version, in order, each once: as a read, or as the rows that they change.
    readers: Vec<Vec<StepId>>,
    /// Versions of lasting relations that a later version of the same relation is made of.
    interior: BTreeSet<VersionId>,
    /// What each relation held before any script ran.
    zero: BTreeMap<&'a Relation, VersionId>,
    /// The versions that a step makes.
    made: BTreeMap<StepId, Vec<VersionId>>,
    /// Frames as queries of the target.
    printed: BTreeMap<StepId, Query>,
    /// The project's variables for the scripts' parameters.
    pub vars: super::vars::VarNames,
    /// What printing the frames had to say.
    pub printing: Vec<Finding>,
    /// How often the values that a step binds are used.
    uses: BTreeMap<StepId, usize>,
    /// Steps whose SQL the target would take and give other rows for.
    pub refused: &'a BTreeMap<(usize, usize), Refusal>,
}

impl<'a> Context<'a> {
    /// The scripts are those of the target's dialect already.
    pub fn new(
        scripts: &'a [Script],
        versions: &'a Versions,
        options: &'a PlanOptions,
        target: Dialect,
        refused: &'a BTreeMap<(usize, usize), Refusal>,
    ) -> Self {
        let mut readers: Vec<BTreeSet<StepId>> = vec![BTreeSet::new(); versions.list.len()];
        let mut made: BTreeMap<StepId, Vec<VersionId>> = BTreeMap::new();
        let mut interior = BTreeSet::new();
        let mut zero = BTreeMap::new();
        for flow in &versions.flows {
            if let Some(readers) = readers.get_mut(flow.from.0) {
                readers.insert(flow.step);
            }
        }
        for (at, version) in versions.list.iter().enumerate() {
            let Some(step) = version.step else {
                zero.entry(&version.relation).or_insert(VersionId(at));
                continue;
            };
            made.entry(step).or_default().push(VersionId(at));
            if version.lifetime == Lifetime::Lasting
                && let Some(previous) = version.previous
                && versions.get(previous).is_some_and(|before| before.relation == version.relation)
            {
                interior.insert(previous);
            }
            if let Some(readers) = version.previous.and_then(|previous| readers.get_mut(previous.0)) {
                readers.insert(step);
            }
        }
        let (printed, printing) = print_frames(scripts, target);
        Self {
            scripts,
            versions,
            options,
            target,
            columns: columns(scripts, versions),
            readers: readers.into_iter().map(|steps| steps.into_iter().collect()).collect(),
            interior,
            zero,
            made,
            printed,
            vars: super::vars::names(scripts),
            printing,
            uses: uses_of_binds(scripts, versions),
            refused,
        }
    }

    /// How often the values that a step binds are used.
    pub fn uses_of_bind(&self, bind: StepId) -> usize {
        self.uses.get(&bind).copied().unwrap_or(0)
    }

    /// Whether dbt runs Python models on the target.
    pub fn runs_python(&self) -> bool {
        let traits = self.target.traits();
        traits.python_models || traits.adapter == "duckdb"
    }

    /// The keys that the scripts declare of a relation. One of a single column may stand in its definition alone.
    pub fn declared_keys(&self, relation: &Relation) -> impl Iterator<Item = &'a [String]> {
        let facts = self.scripts.iter().flat_map(|script| &script.facts);
        facts.filter(move |fact| fact.relation == *relation).filter_map(|fact| fact.kind.key())
    }

    /// Tests of the values that definitions allow in columns. Where text is compared without case, other spellings get in.
    pub fn listed_values(&self, relation: &Relation) -> impl Iterator<Item = (String, DataTest)> {
        let facts = self.scripts.iter().flat_map(|script| script.facts.iter().map(move |fact| (script.dialect, fact)));
        facts.filter(move |(_, fact)| fact.relation == *relation).filter_map(|(dialect, fact)| {
            let FactKind::Values { column, values } = &fact.kind else { return None };
            let reason = "its definition allows only these values".to_owned();
            let warn = !dialect.traits().case_sensitive;
            Some((column.clone(), DataTest { kind: TestKind::AcceptedValues(values.clone()), reason, warn }))
        })
    }

    pub fn version(&self, id: VersionId) -> Option<&'a Version> {
        self.versions.list.get(id.0)
    }

    pub fn script(&self, id: StepId) -> Option<&'a Script> {
        self.scripts.get(id.script)
    }

    pub fn step(&self, id: StepId) -> Option<&'a Step> {
        self.script(id)?.steps.get(id.step)
    }

    /// The step that made a version; none for number 0.
    pub fn maker(&self, id: VersionId) -> Option<&'a Step> {
        self.step(self.version(id)?.step?)
    }

    pub fn readers(&self, id: VersionId) -> &[StepId] {
        self.readers.get(id.0).map_or(&[], Vec::as_slice)
    }

    pub fn made_by(&self, step: StepId) -> &[VersionId] {
        self.made.get(&step).map_or(&[], Vec::as_slice)
    }

    /// Whether the version is what a relation held before any script ran.
    pub fn is_source(&self, id: VersionId) -> bool {
        self.version(id).is_some_and(|version| version.step.is_none())
    }

    /// Whether the version is what a lasting relation holds in the end.
    pub fn lasts(&self, id: VersionId) -> bool {
        let made = |version: &Version| version.step.is_some() && version.lifetime == Lifetime::Lasting;
        self.version(id).is_some_and(made) && !self.interior.contains(&id)
    }

    /// Whether the version is rows for a file outside of the database.
    pub fn leaves(&self, id: VersionId) -> bool {
        self.maker(id).is_some_and(|step| step.sent.is_some())
    }

    /// What the relation of a version held before any script ran, where a step sees that.
    pub fn before(&self, id: VersionId) -> Option<VersionId> {
        self.zero.get(&self.version(id)?.relation).copied()
    }

    pub fn seen(&self, step: StepId, relation: &Relation) -> Option<VersionId> {
        self.versions.seen(step, relation)
    }

    /// The query of a step's body, with frames printed for the target.
    pub fn query(&self, id: StepId) -> Option<&Query> {
        if let Some(printed) = self.printed.get(&id) {
            return Some(printed);
        }
        self.step(id)?.effect.body()?.query()
    }

    /// Names of a version's columns; none where they are not known.
    pub fn column_names(&self, id: VersionId) -> Option<Vec<String>> {
        self.columns.get(id).map(|columns| columns.iter().map(|column| column.name.clone()).collect())
    }
}

fn uses_of_binds(scripts: &[Script], versions: &Versions) -> BTreeMap<StepId, usize> {
    let mut uses: BTreeMap<StepId, usize> = BTreeMap::new();
    for value in &versions.values {
        let step = scripts.get(value.step.script).and_then(|script| script.steps.get(value.step.step));
        let sqls = step.map(Step::sqls).unwrap_or_default();
        let all = sqls.iter().flat_map(|sql| &sql.variables);
        let count = all.filter(|used| used.name.eq_ignore_ascii_case(&value.variable)).count().max(1);
        *uses.entry(value.bind).or_default() += count;
    }
    uses
}

/// The dialect of the project: the chosen one, else that of the scripts.
pub(super) fn target(scripts: &[Script], options: &PlanOptions) -> Dialect {
    options.target.unwrap_or_else(|| own_dialect(scripts))
}

/// The dialect that most scripts are in; DuckDB when none is known. Of two that are as common, the first read counts.
fn own_dialect(scripts: &[Script]) -> Dialect {
    let known: Vec<Dialect> =
        scripts.iter().map(|script| script.dialect).filter(|dialect| *dialect != Dialect::Ansi).collect();
    let count = |dialect: Dialect| known.iter().filter(|other| **other == dialect).count();
    let most = known.iter().map(|dialect| count(*dialect)).max().unwrap_or(0);
    known.iter().copied().find(|dialect| count(*dialect) == most).unwrap_or(Dialect::DuckDb)
}

fn print_frames(scripts: &[Script], target: Dialect) -> (BTreeMap<StepId, Query>, Vec<Finding>) {
    let mut printed = BTreeMap::new();
    let mut findings = Vec::new();
    for (script, of) in scripts.iter().enumerate() {
        for (step, it) in of.steps.iter().enumerate() {
            let (Effect::Create { body: Body::Frame(frame), .. }
            | Effect::Replace { body: Body::Frame(frame), .. }
            | Effect::Append { body: Body::Frame(frame), .. }
            | Effect::Read { body: Body::Frame(frame) }) = &it.effect
            else {
                continue;
            };
            let (query, found) = crate::sql::print(frame, it.span, target);
            printed.insert(StepId { script, step }, query);
            findings.extend(found);
        }
    }
    (printed, findings)
}
