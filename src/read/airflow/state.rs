//! DAGs, task groups and tasks under construction.
//!
//! In: what the evaluator meets, in the order of the file. Out: drafts that `finish` turns into scripts. Knows
//! nothing of operators or SQL.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::work::Work;
use crate::read::python::{Arguments, Evaluator, StatementId, Value};
use crate::text::Span;

/// Everything that a file made so far.
#[derive(Debug, Default)]
pub struct Dags {
    /// The DAGs, in order.
    #[expect(clippy::struct_field_names, reason = "the state of DAGs holds the DAGs")]
    pub dags: Vec<DagDraft>,
    /// All task groups.
    pub groups: Vec<GroupDraft>,
    /// All tasks.
    pub tasks: Vec<TaskDraft>,
    /// Which task runs before which.
    pub edges: BTreeMap<(usize, usize), Edge>,
    /// Airflow variables that the file takes, with the templates that give their values.
    pub variables: BTreeMap<String, String>,
    /// Defaults of what templates take from a run, by DAG script's name for it.
    pub defaults: BTreeMap<String, String>,
    /// The order in which the edges were made.
    pub edge_order: Vec<(usize, usize)>,
    /// How many tasks there were when each `with` on a setup or teardown began.
    pub enclosing: Vec<usize>,
    /// DAGs and groups that are entered now, outermost first.
    pub context: Vec<Context>,
    /// Whether tasks run now: a task's function that calls another calls it plainly.
    pub running: bool,
    /// The work of the task that runs now.
    pub current: Option<Rc<Work>>,
    /// What tasks that ran gave.
    pub results: BTreeMap<usize, TaskResult>,
}

/// What a task gave to those behind it.
#[derive(Debug, Default)]
pub struct TaskResult {
    /// What it returned, under `return_value`, and what it pushed.
    pub values: Vec<(String, Value)>,
    /// The tasks that took it.
    pub takers: BTreeSet<usize>,
    /// Whether it did nothing but to make rows that it returned.
    pub makes_rows: bool,
}

/// What `with` entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// A DAG.
    Dag(usize),
    /// A task group.
    Group(usize),
}

/// A DAG.
#[derive(Debug)]
pub struct DagDraft {
    /// Its id.
    pub id: String,
    /// The arguments that made it.
    pub arguments: Arguments,
    /// Whether Airflow finds it: entered by `with`, made by `@dag`, or a name of the module.
    pub registered: bool,
    /// The statements that made it.
    pub statements: Vec<StatementId>,
    /// How many conditions it was made under that are not known.
    pub conditions: usize,
}

/// A task group.
#[derive(Debug)]
pub struct GroupDraft {
    /// The prefix of its tasks' ids, with the dot; empty for none.
    pub prefix: String,
    /// Its full id.
    pub id: String,
    /// The group around it.
    pub parent: Option<usize>,
    /// The DAG.
    pub dag: Option<usize>,
}

/// A task.
#[derive(Debug)]
pub struct TaskDraft {
    /// Its full id.
    pub id: String,
    /// The operator's class, or the decorator.
    pub operator: String,
    /// Where it is made.
    pub span: Span,
    /// Its DAG.
    pub dag: Option<usize>,
    /// Its group.
    pub group: Option<usize>,
    /// The arguments that made it, the DAG's and its own defaults included.
    pub arguments: Arguments,
    /// The arguments that its own call gives.
    pub given: Arguments,
    /// The arguments of `.expand()`.
    pub expanded: Option<Arguments>,
    /// Whether it is mapped by `.expand_kwargs()`.
    pub is_expanded_by_dicts: bool,
    /// The arguments of `.override()`.
    pub overridden: Vec<crate::read::python::Argument>,
    /// `as_setup`, `as_teardown`.
    pub marks: Vec<String>,
    /// `setup` or `teardown`, where a decorator says so.
    pub role: Option<String>,
    /// What runs: a Python callable, or an instance of an operator of the inputs.
    pub callable: Option<Value>,
    /// The arguments of the callable.
    pub call: Arguments,
    /// How many conditions that are not known decide whether it is made.
    pub conditions: usize,
    /// The statements that made it, or changed it.
    pub statements: BTreeSet<StatementId>,
    /// Attributes that were set later.
    pub attributes: BTreeMap<String, Value>,
}

/// Where an arrow is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Edge {
    /// The place.
    pub span: Span,
    /// Whether it is only drawn under a condition or in a loop that is not known.
    pub perhaps: bool,
}

impl Edge {
    /// An arrow that is drawn where the evaluator is now.
    pub fn drawn(evaluator: &Evaluator, span: Span) -> Self {
        Self { span, perhaps: evaluator.conditions() > 0 }
    }
}

impl Dags {
    /// The DAG whose `with` is the innermost.
    pub fn current_dag(&self) -> Option<usize> {
        self.context.iter().rev().find_map(|context| match context {
            Context::Dag(dag) => Some(*dag),
            Context::Group(group) => self.groups.get(*group).and_then(|group| group.dag),
        })
    }

    /// The group whose `with` is the innermost, within the innermost DAG.
    pub fn current_group(&self) -> Option<usize> {
        match self.context.last() {
            Some(Context::Group(group)) => Some(*group),
            Some(Context::Dag(_)) | None => None,
        }
    }

    /// The prefix that a group gives.
    pub fn prefix(&self, group: Option<usize>) -> &str {
        group.and_then(|group| self.groups.get(group)).map_or("", |group| &group.prefix)
    }

    /// The id that a TaskFlow task gets when `id` may be taken: `id__1`, `id__2` …
    pub fn free_id(&self, id: &str, dag: Option<usize>) -> String {
        let taken: Vec<&str> = self.tasks.iter().filter(|task| task.dag == dag).map(|task| task.id.as_str()).collect();
        free(id, &taken)
    }

    /// The id that a group gets when `id` may be taken.
    pub fn free_group_id(&self, id: &str, dag: Option<usize>) -> String {
        let taken: Vec<&str> =
            self.groups.iter().filter(|group| group.dag == dag).map(|group| group.id.as_str()).collect();
        free(id, &taken)
    }

    /// Orders two tasks. Of an arrow that is drawn again the first place holds, and it is sure when one of them is.
    pub fn edge(&mut self, from: usize, to: usize, edge: Edge) {
        if from == to {
            return;
        }
        match self.edges.entry((from, to)) {
            Entry::Vacant(free) => {
                free.insert(edge);
                self.edge_order.push((from, to));
            }
            Entry::Occupied(mut drawn) => drawn.get_mut().perhaps &= edge.perhaps,
        }
    }

    /// Whether a task is in a group or in one within it.
    pub fn is_within(&self, task: usize, group: usize) -> bool {
        let mut next = self.tasks.get(task).and_then(|task| task.group);
        let mut depth = 0;
        while let Some(current) = next {
            if current == group {
                return true;
            }
            depth += 1;
            next = self.groups.get(current).and_then(|group| group.parent).filter(|_| depth < 200);
        }
        false
    }

    /// Whether a task is a setup or a teardown.
    pub fn has_role(&self, task: usize, role: &str) -> bool {
        self.tasks.get(task).is_some_and(|task| {
            task.role.as_deref() == Some(role) || task.marks.iter().any(|mark| mark.ends_with(role))
        })
    }

    /// The tasks made since there were `from`, between the setups and teardowns of a `with`: each that none of them
    /// precedes after the setups, each that none of them follows before the teardowns.
    pub fn enclose(&mut self, held: &[usize], from: usize, edge: Edge) {
        let mut setups: BTreeSet<usize> = held.iter().copied().filter(|task| self.has_role(*task, "setup")).collect();
        let mut teardowns: BTreeSet<usize> =
            held.iter().copied().filter(|task| self.has_role(*task, "teardown")).collect();
        for (before, after) in self.edges.keys() {
            if teardowns.contains(after) && self.has_role(*before, "setup") {
                setups.insert(*before);
            }
            if held.contains(before) && setups.contains(before) && self.has_role(*after, "teardown") {
                teardowns.insert(*after);
            }
        }
        let inside: Vec<usize> = (from..self.tasks.len())
            .filter(|task| !self.has_role(*task, "setup") && !self.has_role(*task, "teardown"))
            .collect();
        let has = |task: usize, last: bool| {
            self.edges.keys().any(|(before, after)| {
                let (own, other) = if last { (*before, *after) } else { (*after, *before) };
                own == task && other >= from
            })
        };
        let first: Vec<usize> = inside.iter().copied().filter(|task| !has(*task, false)).collect();
        let last: Vec<usize> = inside.iter().copied().filter(|task| !has(*task, true)).collect();
        for setup in &setups {
            for task in &first {
                self.edge(*setup, *task, edge);
            }
        }
        for teardown in &teardowns {
            for task in &last {
                self.edge(*task, *teardown, edge);
            }
        }
    }

    /// The tasks of a group that no other task of it follows (`last`) or comes before.
    pub fn ends(&self, group: usize, last: bool) -> Vec<usize> {
        let inside: Vec<usize> = (0..self.tasks.len()).filter(|task| self.is_within(*task, group)).collect();
        let is_end = |task: &usize| {
            !self.edges.keys().any(|(from, to)| {
                let (own, other) = if last { (from, to) } else { (to, from) };
                own == task && inside.contains(other)
            })
        };
        inside.iter().copied().filter(is_end).collect()
    }
}

fn free(id: &str, taken: &[&str]) -> String {
    if !taken.contains(&id) {
        return id.to_owned();
    }
    let core = match id.rsplit_once("__") {
        Some((core, number)) if !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()) => core,
        _ => id,
    };
    let number = |other: &&str| other.strip_prefix(core)?.strip_prefix("__")?.parse::<usize>().ok();
    let highest = taken.iter().filter_map(number).max().unwrap_or(0);
    format!("{core}__{}", highest + 1)
}
