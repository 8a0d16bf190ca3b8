//! Each script by itself, in the order in which it runs.
//!
//! In: scripts. Out: versions and reads, in which a lasting relation that the script has not written itself is an
//! *inlet*: what other scripts left there. `resolve` binds the inlets.

use std::collections::{BTreeMap, BTreeSet};

use super::emptied::for_good;
use super::tasks::step_order;
use super::{Flow, StepId, Value, Version, VersionId};
use crate::name::Relation;
use crate::steps::{Effect, FactKind, Form, Guard, Lifetime, Script, ScriptKind, Step, argument_variable};

/// What the scripts do, apart from each other.
#[derive(Default)]
pub(super) struct Walked {
    pub versions: Vec<Version>,
    /// The versions that stand for what a relation held when a session began, with the session.
    pub inlets: BTreeMap<VersionId, usize>,
    /// Versions that only declare columns.
    pub declared: BTreeSet<VersionId>,
    pub flows: Vec<Flow>,
    pub values: Vec<Value>,
    pub sessions: Vec<Session>,
    pub repeated_calls: Vec<StepId>,
    pub called: Vec<(usize, StepId)>,
}

/// A script that nothing calls, with all that it calls.
#[derive(Default)]
pub(super) struct Session {
    temporary: BTreeMap<Relation, VersionId>,
    pub lasting: BTreeMap<Relation, Bound>,
    variables: BTreeMap<String, Held>,
    /// The variables that the call before gave a value that is known.
    given_back: BTreeSet<String>,
    /// The views that it made.
    views: Vec<VersionId>,
}

/// What a variable holds.
#[derive(Clone)]
struct Held {
    /// The step that gave it the value.
    bind: StepId,
    /// What that step calls it.
    name: String,
    /// The versions behind the value.
    versions: Vec<VersionId>,
}

/// What a lasting name stands for in a session.
#[derive(Clone, Copy)]
pub(super) enum Bound {
    At(VersionId),
    Gone,
}

pub(super) fn walk(scripts: &[Script]) -> Walked {
    let mut walker = Walker {
        scripts,
        walked: Walked::default(),
        session: Session::default(),
        done: BTreeSet::new(),
        loaded: loaded(scripts),
        emptied: for_good(scripts),
    };
    let called = called_scripts(scripts);
    let (inner, roots): (Vec<usize>, Vec<usize>) = (0..scripts.len()).partition(|script| called.contains(script));
    for script in roots.into_iter().chain(inner) {
        if !walker.done.contains(&script) {
            let first = walker.walked.flows.len();
            walker.script(script);
            walker.settle_views(first);
            walker.walked.sessions.push(std::mem::take(&mut walker.session));
        }
    }
    walker.walked
}

pub(super) fn called_scripts(scripts: &[Script]) -> BTreeSet<usize> {
    let mut called = BTreeSet::new();
    for (at, script) in scripts.iter().enumerate() {
        for step in &script.steps {
            if let Some(callee) = callee(scripts, &step.effect).filter(|callee| *callee != at) {
                called.insert(callee);
            }
        }
    }
    called
}

/// What somebody else fills: as a fact says, or because the scripts only declare it.
fn loaded(scripts: &[Script]) -> BTreeSet<Relation> {
    let facts = scripts.iter().flat_map(|script| &script.facts);
    let mut found: BTreeSet<Relation> =
        facts.filter(|fact| fact.kind == FactKind::Loaded).map(|fact| fact.relation.clone()).collect();
    let effects = || scripts.iter().flat_map(|script| &script.steps).map(|step| &step.effect);
    let mut declared: BTreeSet<&Relation> = BTreeSet::new();
    for effect in effects() {
        if let Effect::Declare { relation, lifetime: Lifetime::Lasting, .. } = effect {
            declared.insert(relation);
        }
    }
    for effect in effects().filter(|effect| !matches!(effect, Effect::Declare { .. } | Effect::Drop { .. })) {
        for relation in effect.writes() {
            declared.remove(relation);
        }
    }
    found.extend(declared.into_iter().cloned());
    found
}

/// The relation that a step only makes ready for rows.
fn prepares(effect: &Effect) -> Option<&Relation> {
    match effect {
        Effect::Declare { relation, .. } | Effect::Truncate { relation } | Effect::Drop { relation } => Some(relation),
        Effect::Create { .. }
        | Effect::Replace { .. }
        | Effect::Append { .. }
        | Effect::Merge(_)
        | Effect::Update(_)
        | Effect::Delete(_)
        | Effect::Rename { .. }
        | Effect::Swap { .. }
        | Effect::Alter { .. }
        | Effect::Call { .. }
        | Effect::Bind { .. }
        | Effect::Read { .. }
        | Effect::Opaque(_) => None,
    }
}

/// The script that a call runs: that of its procedure, or the loose statements of the file that an include names.
pub fn callee(scripts: &[Script], effect: &Effect) -> Option<usize> {
    let Effect::Call { procedure, file, .. } = effect else { return None };
    let Some(file) = file else { return find_procedure(scripts, procedure) };
    let runs = |script: &Script| script.source == *file && script.kind == ScriptKind::Sql && script.call_of.is_none();
    scripts.iter().position(runs)
}

/// The script that is that procedure, or a script file of that name. A schema counts only where both names have one.
pub fn find_procedure(scripts: &[Script], procedure: &Relation) -> Option<usize> {
    let find = |kind: ScriptKind| {
        scripts.iter().position(|script| {
            let own = Relation::plain(&script.name, script.dialect);
            script.kind == kind
                && own.name().eq_ignore_ascii_case(procedure.name())
                && match (own.schema(), procedure.schema()) {
                    (Some(left), Some(right)) => left.eq_ignore_ascii_case(right),
                    (None, _) | (_, None) => true,
                }
        })
    };
    find(ScriptKind::Procedure).or_else(|| find(ScriptKind::Sql))
}

/// The variables that a step uses. One that a branch sets still holds what it held before where the branch does not
/// run, so that is used as well.
fn used(step: &Step) -> BTreeSet<String> {
    let sqls = step.sqls();
    let mut all: BTreeSet<String> =
        sqls.iter().flat_map(|sql| &sql.variables).map(|used| used.name.to_lowercase()).collect();
    if let Effect::Bind { variables, .. } = &step.effect
        && !step.guards.is_empty()
    {
        all.extend(variables.iter().map(|variable| variable.to_lowercase()));
    }
    all
}

struct Walker<'a> {
    scripts: &'a [Script],
    walked: Walked,
    session: Session,
    done: BTreeSet<usize>,
    /// Relations whose rows come from outside.
    loaded: BTreeSet<Relation>,
    /// Steps that empty a relation which nothing fills after that.
    emptied: BTreeSet<StepId>,
}

impl<'a> Walker<'a> {
    fn script(&mut self, at: usize) {
        let Some(script) = self.scripts.get(at) else { return };
        self.done.insert(at);
        for index in step_order(script) {
            if let Some(step) = script.steps.get(index) {
                self.step(StepId { script: at, step: index }, step);
            }
        }
    }

    fn step(&mut self, id: StepId, step: &'a Step) {
        if step.guards.iter().any(|guard| matches!(guard, Guard::Handler { .. })) {
            return;
        }
        if matches!(step.effect, Effect::Call { .. }) {
            return self.call(id, &step.effect);
        }
        let loaded = prepares(&step.effect).is_some_and(|relation| self.loaded.contains(relation));
        if loaded || self.emptied.contains(&id) {
            return;
        }
        if let Effect::Bind { variables, body } = &step.effect
            && body.is_unknown()
            && variables.iter().all(|variable| self.session.given_back.remove(&variable.to_lowercase()))
        {
            return;
        }
        let reads = self.reads(id, step);
        let made = self.effect(id, step);
        if let Effect::Bind { variables, .. } = &step.effect {
            for variable in variables {
                let name = variable.to_lowercase();
                let held = Held { bind: id, name: name.clone(), versions: reads.clone() };
                self.session.variables.insert(name, held);
            }
        }
        let ends: Vec<Option<VersionId>> =
            if made.is_empty() { vec![None] } else { made.into_iter().map(Some).collect() };
        if let (Effect::Create { form: Form::View, .. }, [Some(view)]) = (&step.effect, ends.as_slice()) {
            self.session.views.push(*view);
        }
        for from in reads {
            self.walked.flows.extend(ends.iter().map(|to| Flow { from, to: *to, step: id }));
        }
    }

    /// A view that lasts shows what its tables hold in the end. One that the session itself reads on its way is left
    /// as it was at that time.
    fn settle_views(&mut self, first: usize) {
        let flows = self.walked.flows.get_mut(first..).unwrap_or_default();
        for view in std::mem::take(&mut self.session.views) {
            let lasts = self.walked.versions.get(view.0).is_some_and(|of| of.lifetime == Lifetime::Lasting);
            if !lasts || flows.iter().any(|flow| flow.from == view) {
                continue;
            }
            for flow in flows.iter_mut().filter(|flow| flow.to == Some(view)) {
                let read = self.walked.versions.get(flow.from.0).filter(|of| of.lifetime == Lifetime::Lasting);
                if let Some(Bound::At(last)) = read.and_then(|of| self.session.lasting.get(&of.relation)) {
                    flow.from = *last;
                }
            }
        }
    }

    fn call(&mut self, id: StepId, call: &Effect) {
        let Some(callee) = callee(self.scripts, call) else { return };
        if self.done.contains(&callee) {
            self.walked.repeated_calls.push(id);
            return self.handed_back(callee, id, &BTreeMap::new());
        }
        self.walked.called.push((callee, id));
        let inner = self.handed_over(callee, id);
        let variables = std::mem::replace(&mut self.session.variables, inner);
        self.script(callee);
        let inner = std::mem::replace(&mut self.session.variables, variables);
        self.handed_back(callee, id, &inner);
    }

    /// What the arguments hold after a call: the values of `inner`, the variables of the called script at its end. One
    /// that is not known there, or is only set under the conditions of the call, is held by the call itself, which tells
    /// no value.
    fn handed_back(&mut self, callee: usize, id: StepId, inner: &BTreeMap<String, Held>) {
        let call = self.scripts.get(id.script).and_then(|script| script.steps.get(id.step));
        let (Some(script), Some(call)) = (self.scripts.get(callee), call) else { return };
        let Effect::Call { arguments, .. } = &call.effect else { return };
        self.session.given_back.clear();
        for output in &script.outputs {
            let bare = |text: &str| text.trim().trim_start_matches(['@', ':']).to_lowercase();
            let named = arguments.iter().find(|(name, _)| bare(name) == output.name.to_lowercase());
            let placed = arguments.get(output.place).filter(|(name, _)| name.is_empty());
            let Some((_, argument)) = named.or(placed) else { continue };
            let mut words = argument.split_whitespace();
            let variable = bare(words.next().unwrap_or(""));
            let marked = words.next().is_none_or(|word| ["out", "output"].contains(&word.to_lowercase().as_str()));
            if variable.is_empty() || !marked || !variable.chars().all(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let unknown = Held { bind: id, name: variable.clone(), versions: Vec::new() };
            let held = inner.get(&output.name.to_lowercase()).filter(|_| call.guards.is_empty());
            if held.is_some() {
                self.session.given_back.insert(variable.clone());
            }
            self.session.variables.insert(variable, held.cloned().unwrap_or(unknown));
        }
    }

    /// The variables that a called script begins with: its parameters, and the conditions that the call stands under.
    fn handed_over(&mut self, callee: usize, id: StepId) -> BTreeMap<String, Held> {
        let call = self.scripts.get(id.script).and_then(|script| script.steps.get(id.step));
        let conditions: BTreeSet<String> = call.map(used).unwrap_or_default();
        let variables = &mut self.session.variables;
        let mut inner: BTreeMap<String, Held> = variables
            .iter()
            .filter(|(name, _)| conditions.contains(*name))
            .map(|(n, h)| (n.clone(), h.clone()))
            .collect();
        let Some(Effect::Call { arguments, .. }) = call.map(|step| &step.effect) else { return inner };
        let Some(script) = self.scripts.get(callee) else { return inner };
        let params = &script.params;
        let place = |at: &usize| script.argument_place(*at);
        for (at, (name, _)) in arguments.iter().enumerate() {
            let Some(held) = variables.remove(&argument_variable(at)) else { continue };
            let named = name.trim_start_matches(['@', ':']);
            let param = if named.is_empty() {
                (0..params.len()).find(|param| place(param) == at).and_then(|param| params.get(param))
            } else {
                params.iter().find(|param| param.name.trim_start_matches('@').eq_ignore_ascii_case(named))
            };
            if let Some(param) = param {
                inner.insert(param.name.to_lowercase(), held);
            }
        }
        inner
    }

    /// The versions that the step sees: those that it names, then those behind the variables that it uses.
    fn reads(&mut self, id: StepId, step: &Step) -> Vec<VersionId> {
        let mut seen: Vec<VersionId> = Vec::new();
        for relation in step.reads() {
            let version = self.current(&relation);
            if !seen.contains(&version) {
                seen.push(version);
            }
        }
        for variable in used(step) {
            let Some(held) = self.session.variables.get(&variable) else { continue };
            seen.extend(held.versions.iter().filter(|version| !seen.contains(version)).copied().collect::<Vec<_>>());
            self.walked.values.push(Value { step: id, variable, bind: held.bind, name: held.name.clone() });
        }
        seen
    }

    fn effect(&mut self, id: StepId, step: &Step) -> Vec<VersionId> {
        let guarded = !step.guards.is_empty();
        match &step.effect {
            Effect::Create { relation, lifetime, .. } => vec![self.create(relation, *lifetime, guarded, id)],
            Effect::Declare { relation, lifetime: Lifetime::Lasting, keeps_existing: true, .. }
                if !matches!(self.session.lasting.get(relation), Some(Bound::Gone)) =>
            {
                Vec::new()
            }
            Effect::Declare { relation, lifetime, keeps_existing, .. } => {
                let version = self.create(relation, *lifetime, guarded || *keeps_existing, id);
                self.walked.declared.insert(version);
                vec![version]
            }
            Effect::Replace { relation, .. } | Effect::Truncate { relation } => {
                let previous = if guarded { Some(self.current(relation)) } else { None };
                vec![self.write(relation, previous, id)]
            }
            Effect::Append { relation, .. } | Effect::Alter { relation, .. } => vec![self.change(relation, id)],
            Effect::Merge(merge) => vec![self.change(&merge.relation, id)],
            Effect::Update(update) => vec![self.change(&update.relation, id)],
            Effect::Delete(delete) => vec![self.change(&delete.relation, id)],
            Effect::Drop { relation } => {
                self.drop(relation, id);
                Vec::new()
            }
            Effect::Rename { from, to } => vec![self.rename(from, to, id)],
            Effect::Swap { left, right } => {
                let (old_left, old_right) = (self.current(left), self.current(right));
                vec![self.write(left, Some(old_right), id), self.write(right, Some(old_left), id)]
            }
            Effect::Opaque(opaque) => opaque.writes.iter().map(|relation| self.opaque(relation, id)).collect(),
            Effect::Call { .. } | Effect::Bind { .. } | Effect::Read { .. } => Vec::new(),
        }
    }

    fn create(&mut self, relation: &Relation, lifetime: Lifetime, may_keep: bool, id: StepId) -> VersionId {
        let bound = match lifetime {
            Lifetime::Temporary => self.session.temporary.get(relation).copied(),
            Lifetime::Lasting if may_keep => match self.session.lasting.get(relation) {
                Some(Bound::Gone) => None,
                Some(Bound::At(version)) => Some(*version),
                None => Some(self.current(relation)),
            },
            Lifetime::Lasting => None,
        };
        let previous = bound.filter(|_| may_keep);
        self.add(relation, lifetime, previous, id)
    }

    fn change(&mut self, relation: &Relation, id: StepId) -> VersionId {
        let previous = self.current(relation);
        self.write(relation, Some(previous), id)
    }

    /// A new version of whatever the name stands for now.
    fn write(&mut self, relation: &Relation, previous: Option<VersionId>, id: StepId) -> VersionId {
        let temporary = self.session.temporary.contains_key(relation);
        let lifetime = if temporary { Lifetime::Temporary } else { Lifetime::Lasting };
        self.add(relation, lifetime, previous, id)
    }

    fn opaque(&mut self, relation: &Relation, id: StepId) -> VersionId {
        let bound = match self.session.lasting.get(relation) {
            Some(Bound::At(version)) => Some(*version),
            Some(Bound::Gone) | None => self.session.temporary.get(relation).copied(),
        };
        self.write(relation, bound, id)
    }

    fn add(&mut self, relation: &Relation, lifetime: Lifetime, previous: Option<VersionId>, step: StepId) -> VersionId {
        let id = VersionId(self.walked.versions.len());
        let scope = match lifetime {
            Lifetime::Temporary => {
                self.session.temporary.insert(relation.clone(), id);
                Some(step.script)
            }
            Lifetime::Lasting => {
                self.session.lasting.insert(relation.clone(), Bound::At(id));
                None
            }
        };
        let relation = relation.clone();
        self.walked.versions.push(Version { relation, scope, number: 0, step: Some(step), previous, lifetime });
        id
    }

    /// What the name stands for now; an inlet where this session has not written it.
    fn current(&mut self, relation: &Relation) -> VersionId {
        if let Some(version) = self.session.temporary.get(relation) {
            return *version;
        }
        if let Some(Bound::At(version)) = self.session.lasting.get(relation) {
            return *version;
        }
        let id = VersionId(self.walked.versions.len());
        self.walked.versions.push(Version {
            relation: relation.clone(),
            scope: None,
            number: 0,
            step: None,
            previous: None,
            lifetime: Lifetime::Lasting,
        });
        self.walked.inlets.insert(id, self.walked.sessions.len());
        self.session.lasting.insert(relation.clone(), Bound::At(id));
        id
    }

    /// A lasting relation that this session made and drops again was as good as temporary.
    fn drop(&mut self, relation: &Relation, id: StepId) {
        if self.session.temporary.remove(relation).is_some() {
            return;
        }
        let Some(Bound::At(version)) = self.session.lasting.insert(relation.clone(), Bound::Gone) else { return };
        let mut next = Some(version);
        while let Some(version) = next.and_then(|at| self.walked.versions.get_mut(at.0))
            && version.step.is_some()
            && version.lifetime == Lifetime::Lasting
        {
            version.lifetime = Lifetime::Temporary;
            version.scope = Some(id.script);
            next = version.previous;
        }
    }

    fn rename(&mut self, from: &Relation, to: &Relation, id: StepId) -> VersionId {
        let old = self.current(from);
        let lifetime = if self.session.temporary.remove(from).is_some() {
            Lifetime::Temporary
        } else {
            self.session.lasting.insert(from.clone(), Bound::Gone);
            Lifetime::Lasting
        };
        self.add(to, lifetime, Some(old), id)
    }
}
