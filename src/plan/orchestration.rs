//! What stays with the orchestrator: for each DAG, its successor as data.
//!
//! In: scripts, versions, the models with the steps that they were made from. Out: the tasks that stay, stages of models
//! in place of the SQL tasks, and the order between both. Never writes Python; that is `emit`'s.

use std::collections::{BTreeMap, BTreeSet};

use super::drafts::Draft;
use super::{Model, Node, Orchestration, Stage, StayingTask};
use crate::finding::{Code as FindingCode, Finding};
use crate::steps::{Code, Effect, Script, ScriptKind, Task, result};
use crate::text::SourceId;
use crate::versions::{StepId, Versions, task_edges};

/// Settings of tasks that a stage of dbt keeps when all tasks that it stands for have them.
const KEPT: &[&str] = &[
    "depends_on_past",
    "email",
    "email_on_failure",
    "email_on_retry",
    "execution_timeout",
    "inlets",
    "max_retry_delay",
    "on_failure_callback",
    "on_retry_callback",
    "on_success_callback",
    "outlets",
    "owner",
    "pool",
    "pool_slots",
    "priority_weight",
    "queue",
    "retries",
    "retry_delay",
    "retry_exponential_backoff",
    "sla",
    "wait_for_downstream",
    "weight_rule",
];

/// The successors, and what could not be carried over to them.
pub(super) fn orchestrations(
    scripts: &[Script],
    versions: &Versions,
    drafts: &[Draft],
    models: &[Model],
) -> (Vec<Orchestration>, Vec<Finding>) {
    let owners = owners(scripts, versions, drafts);
    let (mut all, mut findings) = (Vec::new(), Vec::new());
    for (number, script) in scripts.iter().enumerate() {
        if script.kind != ScriptKind::Airflow {
            continue;
        }
        let planner = Planner::new(number, script, &owners, models);
        if let Some(made) = planner.plan(&mut findings) {
            all.push(made);
        }
    }
    (all, findings)
}

/// Which tasks of which DAGs a model stands for: by name of the model.
type Owners = BTreeMap<String, BTreeSet<(usize, usize)>>;

fn owners(scripts: &[Script], versions: &Versions, drafts: &[Draft]) -> Owners {
    let mut owners = Owners::new();
    for draft in drafts {
        let made = draft.versions.iter().chain(&draft.stands_for).filter_map(|id| versions.get(*id)?.step);
        for step in made.chain(draft.also.iter().copied()) {
            if let Some(owner) = task_of(scripts, versions, step) {
                owners.entry(draft.name.clone()).or_default().insert(owner);
            }
        }
    }
    owners
}

/// The task that runs a step, where necessary through the procedures that it calls.
fn task_of(scripts: &[Script], versions: &Versions, step: StepId) -> Option<(usize, usize)> {
    let mut at = step;
    for _ in 0..20 {
        let script = scripts.get(at.script)?;
        if let Some(task) = script.steps.get(at.step)?.task {
            return Some((at.script, task));
        }
        at = versions.called.iter().find(|(callee, _)| *callee == at.script)?.1;
    }
    None
}

/// The staying tasks before a task, and those after it.
type Between<'a> = (&'a BTreeSet<usize>, &'a BTreeSet<usize>);

/// What becomes of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    Stays,
    /// It stays, and a person must finish it.
    Placeholder(String),
    /// dbt does its work.
    Replaced,
    /// Nothing is left of it.
    Gone,
}

struct Planner<'a> {
    number: usize,
    script: &'a Script,
    owners: &'a Owners,
    models: &'a [Model],
    /// Tasks after each task.
    after: Vec<Vec<usize>>,
    fates: Vec<Fate>,
}

impl<'a> Planner<'a> {
    fn new(number: usize, script: &'a Script, owners: &'a Owners, models: &'a [Model]) -> Self {
        let mut after = vec![Vec::new(); script.tasks.len()];
        for (from, to) in task_edges(script) {
            if let Some(list) = after.get_mut(from) {
                list.push(to);
            }
        }
        let mut planner = Self { number, script, owners, models, after, fates: Vec::new() };
        planner.fates = (0..script.tasks.len()).map(|task| planner.fate(task)).collect();
        planner.fates = (0..script.tasks.len()).map(|task| planner.settled(task)).collect();
        planner
    }

    fn plan(&self, findings: &mut Vec<Finding>) -> Option<Orchestration> {
        if !self.fates.contains(&Fate::Replaced) {
            return None;
        }
        let staying: Vec<usize> = self.tasks_that(|fate| matches!(fate, Fate::Stays | Fate::Placeholder(_)));
        let stages = self.stages(&staying);
        let mut nodes: BTreeMap<usize, Node> = BTreeMap::new();
        nodes.extend(staying.iter().enumerate().map(|(at, task)| (*task, Node::Task(at))));
        for (at, (tasks, _)) in stages.iter().enumerate() {
            nodes.extend(tasks.iter().map(|task| (*task, Node::Stage(at))));
        }
        let tasks: Vec<StayingTask> = staying.iter().filter_map(|task| self.staying(*task, findings)).collect();
        let mut needs: Vec<Code> = self.script.making.needs.clone();
        for task in tasks.iter().filter(|task| task.placeholder.is_none()) {
            needs.extend(task.making.needs.iter().cloned());
        }
        let stages: Vec<Stage> =
            stages.into_iter().map(|(tasks, models)| self.stage(&tasks, models, &mut needs)).collect();
        needs.sort();
        needs.dedup();
        for name in &self.script.making.lost {
            let message = format!("the setting {name} of the DAG {} is only known when it runs", self.script.name);
            findings.push(Finding::at(FindingCode::R317, self.script.span, message, "set it in the successor DAG"));
        }
        let files: BTreeSet<(String, SourceId)> = needs.iter().flat_map(|code| code.files.clone()).collect();
        Some(Orchestration {
            name: self.script.name.clone(),
            source: self.script.source,
            settings: self.script.settings.clone(),
            told: self.told(),
            lost: self.script.making.lost.clone(),
            needs,
            files: files.into_iter().collect(),
            tasks,
            stages,
            order: self.order(&nodes),
            templates: self.script.making.templates.clone(),
        })
    }

    /// What a person asks of a DAG first: the schedule, and what its first task says of owner and retries.
    fn told(&self) -> Vec<(String, String)> {
        let of_dag = |name: &str| self.script.settings.iter().find(|(known, _)| known == name);
        let tasks = &self.script.tasks;
        let of_task = |name: &str| tasks.iter().find_map(|task| task.arguments.iter().find(|(known, _)| known == name));
        let found = [of_dag("schedule"), of_task("owner"), of_task("retries"), of_dag("tags"), of_dag("catchup")];
        found.into_iter().flatten().cloned().collect()
    }

    fn tasks_that(&self, holds: impl Fn(&Fate) -> bool) -> Vec<usize> {
        self.fates.iter().enumerate().filter(|(_, fate)| holds(fate)).map(|(at, _)| at).collect()
    }

    /// What becomes of a task, seen by itself.
    fn fate(&self, number: usize) -> Fate {
        let Some(task) = self.script.tasks.get(number) else { return Fate::Gone };
        let steps = || self.script.steps.iter().filter(|step| step.task == Some(number)).map(|step| &step.effect);
        let is_modelled = self.owners.values().any(|owners| owners.contains(&(self.number, number)));
        let is_unknown =
            steps().any(|effect| if let Effect::Opaque(opaque) = effect { opaque.writes.is_empty() } else { false });
        let writes = steps().any(|effect| !effect.writes().is_empty());
        let reads_only = steps().next().is_some() && !writes && !is_modelled;
        // A COPY or a transfer: without it, the project reads tables that nobody loads.
        let loads = !task.fills.is_empty();
        let mut of_task = self.script.steps.iter().filter(|step| step.task == Some(number));
        let sends = of_task.any(|step| step.sent.is_some());
        if is_modelled && (task.side_effects || is_unknown || loads || sends) {
            return Fate::Placeholder(format!("{} does more than what became models: split it", task.id));
        }
        if is_modelled {
            return Fate::Replaced;
        }
        if task.side_effects || is_unknown || loads || task.making.is_tie || reads_only {
            return Fate::Stays;
        }
        if writes || task.hands_on { Fate::Replaced } else { Fate::Gone }
    }

    /// The same, once it is known what becomes of the others.
    fn settled(&self, number: usize) -> Fate {
        let (Some(task), Some(fate)) = (self.script.tasks.get(number), self.fates.get(number)) else {
            return Fate::Gone;
        };
        if *fate != Fate::Stays {
            return fate.clone();
        }
        if let Some(reason) = &task.making.lost {
            return Fate::Placeholder(format!("{} cannot be carried over: {reason}", task.id));
        }
        if task.making.needs.iter().any(|code| code.text.starts_with("from .")) {
            return Fate::Placeholder(format!("{} cannot be carried over: it needs a module of its package", task.id));
        }
        let texts: Vec<&str> = texts(task).collect();
        for (at, other) in self.script.tasks.iter().enumerate() {
            if !matches!(self.fates.get(at), Some(Fate::Replaced | Fate::Gone)) {
                continue;
            }
            if texts.iter().any(|text| text.contains(&result(at))) {
                return Fate::Placeholder(format!("{} takes the result of {}, which dbt makes now", task.id, other.id));
            }
            let quoted = [format!("'{}'", other.id), format!("\"{}\"", other.id)];
            let names = texts.iter().any(|text| quoted.iter().any(|quoted| text.contains(quoted)));
            let by_id = task.making.is_branch || texts.iter().any(|text| text.contains("xcom_pull"));
            if names && by_id {
                return Fate::Placeholder(format!("{} names the task {}, which dbt replaces", task.id, other.id));
            }
        }
        Fate::Stays
    }

    /// Replaced tasks between which no staying task stands, with their models: by the staying tasks before and after.
    fn stages(&self, staying: &[usize]) -> Vec<(Vec<usize>, Vec<String>)> {
        let count = self.script.tasks.len();
        let mut before: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); count];
        let mut later: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); count];
        for task in staying {
            for reached in self.reached(*task) {
                if let Some(set) = before.get_mut(reached) {
                    set.insert(*task);
                }
            }
        }
        for task in 0..count {
            let reached = self.reached(task);
            if let Some(set) = later.get_mut(task) {
                set.extend(reached.into_iter().filter(|other| staying.contains(other)));
            }
        }
        let mut groups: Vec<(Between, Vec<usize>)> = Vec::new();
        for task in self.tasks_that(|fate| *fate == Fate::Replaced) {
            let (Some(earlier), Some(next)) = (before.get(task), later.get(task)) else { continue };
            match groups.iter_mut().find(|(key, _)| *key == (earlier, next)) {
                Some((_, tasks)) => tasks.push(task),
                None => groups.push(((earlier, next), vec![task])),
            }
        }
        groups.sort_by_key(|((earlier, next), tasks)| (earlier.len(), count - next.len(), tasks.first().copied()));
        self.models_of(groups.into_iter().map(|(_, tasks)| tasks).collect())
    }

    /// The models of each group of tasks: those made by the last of their tasks, and what only stands before them.
    fn models_of(&self, groups: Vec<Vec<usize>>) -> Vec<(Vec<usize>, Vec<String>)> {
        let group_of = |task: usize| groups.iter().position(|tasks| tasks.contains(&task));
        let mut models: Vec<BTreeSet<String>> = vec![BTreeSet::new(); groups.len()];
        for (name, owners) in self.owners {
            let own =
                owners.iter().filter(|(script, _)| *script == self.number).filter_map(|(_, task)| group_of(*task));
            if let Some(set) = own.max().and_then(|at| models.get_mut(at)) {
                set.insert(name.clone());
            }
        }
        let mut taken: BTreeSet<String> = BTreeSet::new();
        let mut stages = Vec::new();
        for (tasks, own) in groups.into_iter().zip(models) {
            let mut wanted: BTreeSet<String> = own.clone();
            let mut open: Vec<String> = own.into_iter().collect();
            while let Some(name) = open.pop() {
                let Some(model) = self.models.iter().find(|model| model.name == name) else { continue };
                for parent in model.depends_on.iter().filter_map(super::Dependency::model) {
                    let is_free = self.owners.get(parent).is_none_or(BTreeSet::is_empty);
                    if is_free && !taken.contains(parent) && wanted.insert(parent.to_owned()) {
                        open.push(parent.to_owned());
                    }
                }
            }
            taken.extend(wanted.iter().cloned());
            let ordered = self.models.iter().map(|model| &model.name).filter(|name| wanted.contains(*name));
            let ordered: Vec<String> = ordered.cloned().collect();
            if !ordered.is_empty() {
                stages.push((tasks, ordered));
            }
        }
        stages
    }

    fn reached(&self, start: usize) -> BTreeSet<usize> {
        let mut seen = BTreeSet::new();
        let mut open = vec![start];
        while let Some(task) = open.pop() {
            open.extend(self.after.get(task).into_iter().flatten().copied().filter(|next| seen.insert(*next)));
        }
        seen
    }

    /// What runs before what, through the tasks of which nothing is left.
    fn order(&self, nodes: &BTreeMap<usize, Node>) -> Vec<(Node, Node)> {
        let mut order: Vec<(Node, Node)> = Vec::new();
        for (task, node) in nodes {
            let mut open: Vec<usize> = self.after.get(*task).cloned().unwrap_or_default();
            let mut seen: BTreeSet<usize> = BTreeSet::new();
            while let Some(next) = open.pop() {
                if !seen.insert(next) {
                    continue;
                }
                match nodes.get(&next) {
                    Some(other) if other == node => {}
                    Some(other) if order.contains(&(*node, *other)) => {}
                    Some(other) => order.push((*node, *other)),
                    None => open.extend(self.after.get(next).into_iter().flatten().copied()),
                }
            }
        }
        order.sort();
        order
    }

    fn staying(&self, number: usize, findings: &mut Vec<Finding>) -> Option<StayingTask> {
        let task = self.script.tasks.get(number)?;
        let placeholder = match self.fates.get(number) {
            Some(Fate::Placeholder(reason)) => Some(reason.clone()),
            Some(Fate::Stays | Fate::Replaced | Fate::Gone) | None => None,
        };
        if let Some(reason) = &placeholder {
            let help = "finish its place in the successor DAG: it fails when it runs";
            findings.push(Finding::at(FindingCode::R317, task.span, reason.clone(), help));
        }
        let rule = task.trigger_rule.clone();
        Some(StayingTask {
            id: task.id.clone(),
            number,
            span: task.span,
            making: task.making.clone(),
            placeholder,
            rule,
        })
    }

    fn stage(&self, tasks: &[usize], models: Vec<String>, needs: &mut Vec<Code>) -> Stage {
        let all: Vec<&Task> = tasks.iter().filter_map(|task| self.script.tasks.get(*task)).collect();
        let given = |task: &Task, name: &str| -> Option<String> {
            let own = if task.making.is_decorated { &task.making.overrides } else { &task.making.arguments };
            own.iter().find(|(known, _)| known == name).map(|(_, text)| text.clone())
        };
        let mut settings = Vec::new();
        for name in KEPT {
            let mut texts: Vec<Option<String>> = all.iter().map(|task| given(task, name)).collect();
            texts.dedup();
            let kept = match texts.as_slice() {
                [Some(text)] => Some(text.clone()),
                several if *name == "retries" => most(several),
                several if *name == "outlets" => joined(several),
                _ => None,
            };
            if let Some(text) = kept {
                settings.push(((*name).to_owned(), text));
                for task in all.iter().filter(|task| given(task, name).is_some()) {
                    needs.extend(task.making.needs.iter().cloned());
                }
            }
        }
        let is_first = |task: &&usize| {
            !self.after.iter().enumerate().any(|(from, next)| tasks.contains(&from) && next.contains(task))
        };
        let mut rules: Vec<Option<String>> = tasks
            .iter()
            .filter(is_first)
            .filter_map(|task| self.script.tasks.get(*task))
            .map(|task| task.trigger_rule.clone())
            .collect();
        rules.dedup();
        let rule = match rules.as_slice() {
            [rule] => rule.clone(),
            _ => None,
        };
        let mut vars: BTreeSet<&str> = BTreeSet::new();
        for model in self.models.iter().filter(|model| models.contains(&model.name)) {
            super::vars::collect(&model.body, &mut vars);
        }
        let vars = vars.into_iter().map(str::to_owned).collect();
        Stage { vars, models, settings, rule, replaces: all.iter().map(|task| task.id.clone()).collect() }
    }
}

/// All text that makes a task, and what it needs.
fn texts(task: &Task) -> impl Iterator<Item = &str> {
    let making = &task.making;
    let arguments = making.arguments.iter().chain(&making.overrides).chain(&making.expanded);
    let arguments = arguments.map(|(_, text)| text.as_str());
    arguments.chain(making.needs.iter().map(|code| code.text.as_str()))
}

/// The largest of several numbers of retries.
fn most(texts: &[Option<String>]) -> Option<String> {
    texts.iter().flatten().filter_map(|text| text.trim().parse::<u32>().ok()).max().map(|most| most.to_string())
}

/// All assets that any of the tasks makes.
fn joined(texts: &[Option<String>]) -> Option<String> {
    let lists: Vec<String> = texts.iter().flatten().map(|text| format!("*{text}")).collect();
    (!lists.is_empty()).then(|| format!("[{}]", lists.join(", ")))
}
