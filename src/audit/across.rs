//! Rule R505: what one DAG writes and another reads, with only the clock between them.

use std::collections::{BTreeMap, BTreeSet};

use super::implied::declared;
use super::reach::Reach;
use super::touched::Touched;
use super::{Inputs, listed};
use crate::finding::{Code, Finding};
use crate::name::Relation;
use crate::steps::{Script, ScriptKind, Task};
use crate::text::Span;
use crate::versions::{Flow, StepId};

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
        // A writer that waits for its reader: the rows of before are what is meant.
        let is_before = ordered.orders(read.reader, read.writer);
        if !waits && !by_others && !is_before {
            pairs.entry((read.writer, read.reader)).or_default().push(read);
        }
    }
    pairs.into_values().filter_map(|reads| finding(inputs, &reads)).collect()
}

fn is_dag(inputs: &Inputs, script: usize) -> bool {
    inputs.scripts.get(script).is_some_and(|script| script.kind == ScriptKind::Airflow)
}

/// Every read of a DAG that sees a write of another one, or what a transfer of another one fills. Tables that both read and
/// both write (flags, queues, logs) have no first and second; a table of one name behind another connection is another.
fn reads(inputs: &Inputs, dags: &[usize]) -> Vec<Read> {
    let mut fills: BTreeMap<&Relation, Vec<usize>> = BTreeMap::new();
    for at in dags {
        for task in inputs.scripts.get(*at).into_iter().flat_map(|dag| &dag.tasks) {
            for relation in &task.fills {
                fills.entry(relation).or_default().push(*at);
            }
        }
    }
    let (writers, readers) = (inputs.writers(), inputs.readers());
    let is_among = |of: &BTreeMap<&Relation, Vec<StepId>>, relation: &Relation, dag: usize| {
        of.get(relation).is_some_and(|steps| steps.iter().any(|step| step.script == dag))
    };
    let mut touched = BTreeMap::new();
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
            let is_shared =
                is_among(&readers, &version.relation, writer) && is_among(&writers, &version.relation, reader);
            let maker = version.step.filter(|step| step.script == writer);
            if is_shared || maker.is_some_and(|maker| is_apart(inputs, &mut touched, maker, flow)) {
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

/// Whether the tasks of the two steps name other connections or databases.
fn is_apart(inputs: &Inputs, touched: &mut BTreeMap<(usize, usize), Touched>, maker: StepId, flow: &Flow) -> bool {
    let mut places = Vec::new();
    for step in [maker, flow.step] {
        let (Some(script), Some(task)) = (inputs.scripts.get(step.script), task_of(inputs, step)) else { return false };
        places.push((step.script, task));
        touched.entry((step.script, task)).or_insert_with(|| Touched::of(inputs, step.script, script, task));
    }
    let mut both = places.iter().filter_map(|place| touched.get(place));
    let (Some(first), Some(second), Some(version)) = (both.next(), both.next(), inputs.version(flow.from.0)) else {
        return false;
    };
    first.is_apart(second, &version.relation)
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
    let mut made: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, dag) in dags.iter().filter_map(|at| Some((*at, inputs.scripts.get(*at)?))) {
        for task in &dag.tasks {
            let triggered = task.arguments.iter().filter(|(name, _)| name == "trigger_dag_id");
            for other in triggered.filter_map(|(_, value)| by_id.get(unquoted(value))) {
                links.entry((at, *other)).or_default().push(None);
            }
            for asset in &task.outlets {
                made.entry(asset).or_default().push(at);
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
        for other in dag.schedule.assets.iter().filter_map(|asset| made.get(asset.as_str())).flatten() {
            links.entry((*other, *at)).or_default().push(None);
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
    let tables = listed(&tables);
    let message =
        format!("{} reads {tables}, which {} writes, and does not wait for it: {}", to.name, from.name, gap(from, to));
    let help = format!("wait for it: an ExternalTaskSensor on {}, an asset, or a trigger", from.name);
    Some(Finding::at(Code::R505, first.place, message, help))
}

/// When the two run, with the time between them where both are once a day.
fn gap(from: &Script, to: &Script) -> String {
    let daily = |dag: &Script| dag.schedule.text.as_deref().and_then(minute_of_day);
    if let (Some(first), Some(second)) = (daily(from), daily(to)) {
        let minutes = (second + 24 * 60 - first) % (24 * 60);
        if minutes == 0 {
            return "both start at the same time each day".to_owned();
        }
        return format!("it starts {} h {} min after the other", minutes / 60, minutes % 60);
    }
    let (first, second) = (when(from), when(to));
    if first == second {
        format!("both run {first}")
    } else {
        format!("{} runs {first}, {} runs {second}", from.name, to.name)
    }
}

/// When a DAG runs, in words.
fn when(dag: &Script) -> String {
    match &dag.schedule.text {
        _ if !dag.schedule.assets.is_empty() => {
            let assets: Vec<String> = dag.schedule.assets.iter().cloned().collect();
            format!("when {} changes", listed(&assets))
        }
        Some(text) => format!("at `{text}`"),
        None => "without a schedule of its own".to_owned(),
    }
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
