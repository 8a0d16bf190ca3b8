//! How tasks and DAGs are made, as Python text for a successor DAG.
//!
//! In: drafts, and the statements of the file. Out: expressions as the author wrote them where their names are those of
//! the file; the values that they have where they stand in a loop or a function; else a reason why neither is known.

use std::collections::BTreeSet;

use super::objects::{TaskObject, XCom};
use super::state::TaskDraft;
use super::{moved, operators};
use crate::read::python::{Argument, Arguments, Evaluator, Outline, Value};
use crate::steps::{Code, CodeKind, DagMaking, Making, result};
use crate::text::Span;

/// Arguments that say where a task belongs: the successor says that in its own way.
const PLACES: &[&str] = &["task_id", "dag", "task_group", "default_args", "provide_context"];
/// Arguments of a DAG that only concern the templates of tasks that are gone, or that new versions refuse.
const GONE: &[&str] =
    &["dag_id", "template_searchpath", "sla_miss_callback", "default_view", "orientation", "fail_stop"];

/// Writes Python for one DAG.
pub struct Writer<'a, 'e> {
    evaluator: &'a Evaluator<'e>,
    outline: &'a Outline,
    /// The number of each task within the DAG.
    places: &'a std::collections::BTreeMap<usize, usize>,
}

impl<'a, 'e> Writer<'a, 'e> {
    /// A writer for the tasks with these numbers.
    pub fn new(
        evaluator: &'a Evaluator<'e>,
        outline: &'a Outline,
        places: &'a std::collections::BTreeMap<usize, usize>,
    ) -> Self {
        Self { evaluator, outline, places }
    }

    /// How a task is made.
    pub fn task(&self, draft: &TaskDraft) -> Making {
        let mut needs = BTreeSet::new();
        let mut making = Making {
            is_decorated: draft.operator.starts_with('@'),
            marks: draft.marks.clone(),
            is_tie: operators::find(&draft.operator).is_some_and(|row| row.action == operators::Action::Nothing),
            is_branch: ["ranch", "ShortCircuit", "short_circuit"].iter().any(|word| draft.operator.contains(word)),
            ..Making::default()
        };
        if draft.operator == "SubDagOperator" {
            let reason =
                "it runs a DAG within the DAG, which newer versions of Airflow do not have: make it a task group";
            making.lost = Some(reason.to_owned());
            return making;
        }
        let made = if making.is_decorated {
            self.decorated(draft, &mut making, &mut needs)
        } else {
            self.operator(draft, &mut making, &mut needs)
        };
        making.lost = made.err();
        making.needs = self.code(&needs);
        making
    }

    fn decorated(&self, draft: &TaskDraft, making: &mut Making, needs: &mut BTreeSet<usize>) -> Result<(), String> {
        let Some(Value::Function(function)) = &draft.callable else {
            return Err("its function is not known".to_owned());
        };
        making.callee.clone_from(&function.name);
        self.outline.needs_of(&function.name, needs)?;
        let named = draft.arguments.keyword("task_id").and_then(Value::as_text).unwrap_or(&function.name);
        let is_renamed = draft.overridden.iter().any(|item| item.name.as_deref() == Some("task_id"));
        making.names_itself = draft.id == named && !is_renamed;
        for item in &draft.overridden {
            if let Some(name) = item.name.as_deref().filter(|name| !PLACES.contains(name)) {
                making.overrides.push((name.to_owned(), self.argument(item, needs)?));
            }
        }
        let expanded = draft.expanded.as_ref();
        for item in &draft.call.items {
            let is_expanded = expanded.is_some_and(|given| given.items.iter().any(|other| other.span == item.span));
            let list = if is_expanded { &mut making.expanded } else { &mut making.arguments };
            list.push((item.name.clone().unwrap_or_default(), self.argument(item, needs)?));
        }
        if draft.call.open || draft.is_expanded_by_dicts {
            return Err("what it is called with is only known when it runs".to_owned());
        }
        Ok(())
    }

    fn operator(&self, draft: &TaskDraft, making: &mut Making, needs: &mut BTreeSet<usize>) -> Result<(), String> {
        let text = self.evaluator.source_text(draft.span);
        let callee = text.split('(').next().unwrap_or("").trim();
        let callee = callee.strip_suffix(".partial").unwrap_or(callee).trim();
        callee.clone_into(&mut making.callee);
        self.outline.needs_of(callee, needs).map_err(|reason| format!("{callee} cannot be taken along: {reason}"))?;
        if !self.outline.is_fixed(callee) {
            return Err(format!("which class `{callee}` is depends on where it is made"));
        }
        for item in &draft.given.items {
            if item.name.as_deref().is_some_and(|name| PLACES.contains(&name)) {
                continue;
            }
            let name = item.name.clone().unwrap_or_default();
            let written = self.argument(item, needs).map_err(|reason| format!("its argument {name}: {reason}"))?;
            making.arguments.push((moved::argument(&name).to_owned(), written));
        }
        for item in draft.expanded.iter().flat_map(|given| &given.items) {
            making.expanded.push((item.name.clone().unwrap_or_default(), self.argument(item, needs)?));
        }
        if draft.given.open || draft.is_expanded_by_dicts {
            return Err("its arguments are only known when it runs".to_owned());
        }
        for (name, value) in &draft.attributes {
            if name == "trigger_rule"
                && let Some(written) = self.value(value, needs, 0)
            {
                making.arguments.push((name.clone(), written));
            }
        }
        Ok(())
    }

    /// The settings of a DAG, and what they need.
    pub fn dag(&self, arguments: &Arguments) -> (Vec<(String, String)>, DagMaking) {
        let mut needs = BTreeSet::new();
        let (mut settings, mut lost) = (Vec::new(), Vec::new());
        let mut seen = BTreeSet::new();
        for (name, item) in arguments.keywords().filter(|(name, _)| !GONE.contains(name)) {
            if !seen.insert(name.to_owned()) {
                continue;
            }
            match self.argument(item, &mut needs) {
                Ok(text) => settings.push((moved::setting(name).to_owned(), text)),
                Err(_) => lost.push(name.to_owned()),
            }
        }
        let making = DagMaking { needs: self.code(&needs), lost, templates: Vec::new() };
        (settings, making)
    }

    /// An argument: as written where that means the same elsewhere, else by its value.
    fn argument(&self, item: &Argument, needs: &mut BTreeSet<usize>) -> Result<String, String> {
        let text = self.evaluator.source_text(item.span).trim();
        let is_written = item.span.source == self.evaluator.source() && self.is_written(item);
        if is_written && self.outline.is_plain(item.span) && !holds_tasks(&item.value, 0) {
            let mut tried = needs.clone();
            if self.outline.needs_of(text, &mut tried).is_ok() {
                *needs = tried;
                return Ok(text.to_owned());
            }
        }
        if let Some(written) = self.value(&item.value, needs, 0) {
            return Ok(written);
        }
        if is_written && self.outline.is_fixed(text) {
            self.outline.needs_of(text, needs)?;
            return Ok(text.to_owned());
        }
        Err("its value is only known when the file runs".to_owned())
    }

    /// Whether the argument's own text stands at its place, and not a `**` that gave it.
    fn is_written(&self, item: &Argument) -> bool {
        let start = item.span.start as usize;
        let before = self.evaluator.source_text(Span::new(item.span.source, start.saturating_sub(120), start));
        let before = before.trim_end();
        match &item.name {
            Some(name) => before.strip_suffix('=').is_some_and(|rest| rest.trim_end().ends_with(name.as_str())),
            None => before.ends_with(['(', ',']),
        }
    }

    /// A value as Python.
    fn value(&self, value: &Value, needs: &mut BTreeSet<usize>, depth: usize) -> Option<String> {
        if depth > 6 {
            return None;
        }
        if let Some(xcom) = value.object::<XCom>() {
            let [task] = xcom.tasks.as_slice() else { return None };
            let place = self.places.get(task)?;
            let keys: String = xcom.keys.as_ref()?.iter().map(|key| format!("[{key}]")).collect();
            return Some(format!("{}{keys}", result(*place)));
        }
        let mut all =
            |items: &[Value]| items.iter().map(|item| self.value(item, needs, depth + 1)).collect::<Option<Vec<_>>>();
        match value {
            Value::List(items) => Some(format!("[{}]", all(&items.borrow())?.join(", "))),
            Value::Tuple(items) if items.len() == 1 => Some(format!("({},)", all(items)?.join(", "))),
            Value::Tuple(items) => Some(format!("({})", all(items)?.join(", "))),
            Value::Dict(entries) => {
                let mut pairs = Vec::new();
                for (key, value) in entries.borrow().iter() {
                    let key = self.value(key, needs, depth + 1)?;
                    pairs.push(format!("{key}: {}", self.value(value, needs, depth + 1)?));
                }
                Some(format!("{{{}}}", pairs.join(", ")))
            }
            Value::External(external) if external.imported => {
                let text = self.evaluator.source_text(external.span).trim();
                let is_own = external.span.source == self.evaluator.source() && self.outline.is_fixed(text);
                (is_own && self.outline.needs_of(text, needs).is_ok()).then(|| text.to_owned())
            }
            Value::Function(function) if function.name != "<lambda>" => {
                let is_own = function.span.source == self.evaluator.source();
                (is_own && self.outline.needs_of(&function.name, needs).is_ok()).then(|| function.name.clone())
            }
            other => self.evaluator.represented(other),
        }
    }

    /// The statements of these numbers, and what stands for those that newer versions do not have.
    fn code(&self, needs: &BTreeSet<usize>) -> Vec<Code> {
        let mut all: Vec<Code> = needs
            .iter()
            .filter_map(|at| {
                let unit = self.outline.unit(*at)?;
                let Some(import) = &unit.import else {
                    let (text, name) = (unit.text.clone(), String::new());
                    let kind = CodeKind::Statement;
                    return Some(Code { kind, place: unit.span.start, text, name, files: Vec::new() });
                };
                let name =
                    import.alias.clone().or_else(|| import.name.clone()).unwrap_or_else(|| import.module.clone());
                let (kind, text) = moved::import(import);
                Some(Code { kind, place: unit.span.start, text, name, files: import.files.clone() })
            })
            .collect();
        all.sort();
        all
    }
}

/// Whether results of tasks, or tasks, stand in a value.
fn holds_tasks(value: &Value, depth: usize) -> bool {
    if value.object::<XCom>().is_some() || value.object::<TaskObject>().is_some() {
        return true;
    }
    let entries = value.entries().unwrap_or_default().into_iter().map(|(_, value)| value);
    let mut inner = value.items().unwrap_or_default().into_iter().chain(entries);
    depth < 6 && inner.any(|item| holds_tasks(&item, depth + 1))
}
