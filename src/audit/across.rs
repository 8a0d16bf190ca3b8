//! Rule R505: what one DAG writes and another reads, with only the clock between them.

use std::collections::{BTreeMap, BTreeSet};

use super::implied::declared;
use super::reach::Reach;
use super::{Inputs, listed};
use crate::finding::{Code, Finding};
use crate::name::Relation;
use crate::steps::{Script, ScriptKind, Task};
use crate::text::Span;
use crate::versions::StepId;

/// A read of what another DAG writes.
struct Read {
    writer: usize,
    reader: usize,
    task: Option<usize>,
    relation: Relation,
    place: Span,
}

/// R505: one finding for each pair of DAGs, with the tables between them.
pub fn across(inputs: &Inputs) -> Vec<Finding> {
    let dags: Vec<usize> = (0..inputs.scripts.len()).filter(|at| is_dag(inputs, *at)).collect();
    let reach: BTreeMap<usize, Reach> = dags
        .iter()
        .filter_map(|at| inputs.scripts.get(*at).map(|dag| (*at, Reach::of(&declared(dag), dag.tasks.len()))))
        .collect();
    let links = links(inputs, &dags, &reach);
    let order: BTreeSet<(usize, usize)> = links.keys().copied().collect();
    let ordered = Reach::of(&order, inputs.scripts.len());
    let mut pairs: BTreeMap<(usize, usize), Vec<Read>> = BTreeMap::new();
    for read in reads(inputs, &dags) {
        let waits = links.get(&(read.writer, read.reader)).is_some_and(|sensors| {
            sensors.iter().any(|sensor| match (sensor, read.task) {
                (Some(sensor), Some(task)) => {
                    *sensor == task || reach.get(&read.reader).is_some_and(|reach| reach.orders(*sensor, task))
                }
                (None, _) | (_, None) => true,
            })
        });
        let is_linked = links.contains_key(&(read.writer, read.reader));
        let by_others = !is_linked && ordered.orders(read.writer, read.reader);
        if !waits && !by_others {
            pairs.entry((read.writer, read.reader)).or_default().push(read);
        }
    }
    pairs.into_values().filter_map(|reads| finding(inputs, &reads)).collect()
}

fn is_dag(inputs: &Inputs, script: usize) -> bool {
    inputs.scripts.get(script).is_some_and(|script| script.kind == ScriptKind::Airflow)
}

/// Every read of a DAG that sees a write of another one, or what a transfer of another one fills.
fn reads(inputs: &Inputs, dags: &[usize]) -> Vec<Read> {
    let mut fills: BTreeMap<&Relation, Vec<usize>> = BTreeMap::new();
    for at in dags {
        for task in inputs.scripts.get(*at).into_iter().flat_map(|dag| &dag.tasks) {
            for relation in &task.fills {
                fills.entry(relation).or_default().push(*at);
            }
        }
    }
    let mut found = Vec::new();
    for flow in &inputs.versions.flows {
        let Some(version) = inputs.version(flow.from.0) else { continue };
        let reader = flow.step.script;
        let makers = version.step.map(|step| step.script).into_iter();
        let loaders = fills.get(&version.relation).into_iter().flatten().copied();
        for writer in makers.chain(loaders) {
            if writer == reader || !is_dag(inputs, writer) || !is_dag(inputs, reader) {
                continue;
            }
            let task = task_of(inputs, flow.step);
            if let Some(place) = inputs.place(flow.step) {
                found.push(Read { writer, reader, task, relation: version.relation.clone(), place });
            }
        }
    }
    found
}

fn task_of(inputs: &Inputs, step: StepId) -> Option<usize> {
    inputs.scripts.get(step.script)?.steps.get(step.step)?.task
}

/// Which DAG waits for which, and by which of its tasks; none where the whole DAG waits.
fn links(
    inputs: &Inputs,
    dags: &[usize],
    reach: &BTreeMap<usize, Reach>,
) -> BTreeMap<(usize, usize), Vec<Option<usize>>> {
    let mut links: BTreeMap<(usize, usize), Vec<Option<usize>>> = BTreeMap::new();
    let by_id: BTreeMap<&str, usize> =
        dags.iter().filter_map(|at| inputs.scripts.get(*at).map(|dag| (dag.name.as_str(), *at))).collect();
    let mut made: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for at in dags {
        let Some(dag) = inputs.scripts.get(*at) else { continue };
        for task in &dag.tasks {
            for (name, value) in &task.arguments {
                match name.as_str() {
                    "trigger_dag_id" => {
                        if let Some(other) = by_id.get(unquoted(value)) {
                            links.entry((*at, *other)).or_default().push(None);
                        }
                    }
                    "outlets" => {
                        for asset in assets(value) {
                            made.entry(asset).or_default().push(*at);
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    for (at, dag) in dags.iter().filter_map(|at| Some((*at, inputs.scripts.get(*at)?))) {
        // A DAG within a DAG runs where its operator stands, and bears its id.
        for task in dag.tasks.iter().filter(|task| task.operator == "SubDagOperator") {
            if let Some(inner) = by_id.get(format!("{}.{}", dag.name, task.id).as_str()) {
                links.entry((at, *inner)).or_default().push(None);
                links.entry((*inner, at)).or_default().push(None);
            }
        }
    }
    for (first, second) in triggered_in_order(inputs, reach, &by_id) {
        links.entry((first, second)).or_default().push(None);
    }
    for at in dags {
        let Some(dag) = inputs.scripts.get(*at) else { continue };
        for (number, task) in dag.tasks.iter().enumerate() {
            let is_trigger = task.arguments.iter().any(|(name, _)| name == "trigger_dag_id");
            for (_, value) in task.arguments.iter().filter(|_| !is_trigger) {
                if let Some(other) = by_id.get(unquoted(value)).filter(|other| **other != *at) {
                    links.entry((*other, *at)).or_default().push(Some(number));
                }
            }
        }
        for (_, value) in dag.settings.iter().filter(|(name, _)| matches!(name.as_str(), "schedule" | "timetable")) {
            for other in assets(value).iter().filter_map(|asset| made.get(asset)).flatten() {
                links.entry((*other, *at)).or_default().push(None);
            }
        }
    }
    links
}

/// DAGs that another one triggers one after the other, and the first of which it waits for.
fn triggered_in_order(
    inputs: &Inputs,
    reach: &BTreeMap<usize, Reach>,
    by_id: &BTreeMap<&str, usize>,
) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (dag, ordered) in reach.iter().filter_map(|(at, reach)| Some((inputs.scripts.get(*at)?, reach))) {
        let argument = |task: &Task, name: &str| {
            task.arguments.iter().find(|(other, _)| other == name).map(|(_, value)| unquoted(value).to_owned())
        };
        let triggers: Vec<(usize, usize, bool)> = dag
            .tasks
            .iter()
            .enumerate()
            .filter_map(|(number, task)| {
                let other = by_id.get(argument(task, "trigger_dag_id")?.as_str())?;
                Some((number, *other, argument(task, "wait_for_completion").as_deref() == Some("True")))
            })
            .collect();
        for (task, first, waits) in &triggers {
            let later = triggers.iter().filter(|(other, ..)| *waits && ordered.orders(*task, *other));
            pairs.extend(later.map(|(_, second, _)| (*first, *second)));
        }
    }
    pairs
}

/// The names and texts that stand in an expression over assets.
fn assets(expression: &str) -> Vec<String> {
    const WORDS: &[&str] =
        &["Dataset", "Asset", "AssetAlias", "DatasetAlias", "None", "uri", "name", "DatasetOrTimeSchedule"];
    let mut found = Vec::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        if matches!(first, '\'' | '"') {
            let inner = rest.get(1..).unwrap_or("");
            let len = inner.find(first).unwrap_or(inner.len());
            found.push(inner.get(..len).unwrap_or("").to_owned());
            rest = inner.get((len + 1).min(inner.len())..).unwrap_or("");
        } else if first.is_alphabetic() || first == '_' {
            let len = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            let word = rest.get(..len).unwrap_or("");
            if !WORDS.contains(&word) {
                found.push(word.to_owned());
            }
            rest = rest.get(len..).unwrap_or("");
        } else {
            rest = rest.get(first.len_utf8()..).unwrap_or("");
        }
    }
    found
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['\'', '"'])
}

fn finding(inputs: &Inputs, reads: &[Read]) -> Option<Finding> {
    let first = reads.first()?;
    let (from, to) = (inputs.scripts.get(first.writer)?, inputs.scripts.get(first.reader)?);
    let mut tables: Vec<String> = Vec::new();
    for read in reads {
        let table = read.relation.to_string();
        if !tables.contains(&table) {
            tables.push(table);
        }
    }
    let message = format!(
        "{} reads {}, which {} writes, and only the clock orders the two: {}",
        to.name,
        listed(&tables),
        from.name,
        gap(from, to)
    );
    let help = format!("wait for it: an ExternalTaskSensor on {}, an asset, or a trigger", from.name);
    Some(Finding::at(Code::R505, first.place, message, help))
}

/// The two schedules, with the time between them where both are once a day.
fn gap(from: &Script, to: &Script) -> String {
    let schedule = |dag: &Script| {
        let found = dag.settings.iter().find(|(name, _)| name == "schedule");
        found.map_or("none", |(_, text)| unquoted(text)).to_owned()
    };
    let (first, second) = (schedule(from), schedule(to));
    match (minute_of_day(&first), minute_of_day(&second)) {
        (Some(first), Some(second)) => {
            let minutes = (second + 24 * 60 - first) % (24 * 60);
            if minutes == 0 {
                return "both start at the same time each day".to_owned();
            }
            format!("it starts {} h {} min after the other", minutes / 60, minutes % 60)
        }
        _ if is_unscheduled(&first) && is_unscheduled(&second) => "neither has a schedule".to_owned(),
        _ => format!("their schedules are {first} and {second}"),
    }
}

fn is_unscheduled(schedule: &str) -> bool {
    matches!(schedule, "none" | "None")
}

/// The minute at which a daily schedule starts.
fn minute_of_day(schedule: &str) -> Option<usize> {
    if schedule == "@daily" {
        return Some(0);
    }
    let parts: Vec<&str> = schedule.split_whitespace().collect();
    let [minute, hour, "*", "*", "*"] = parts.as_slice() else { return None };
    Some(hour.parse::<usize>().ok()? * 60 + minute.parse::<usize>().ok()?)
}
