//! The three JSON reports: facts to the types of the contract.
//!
//! In: [`Facts`]. Out: pretty-printed JSON with a line break at the end. Adds nothing to the facts.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::plan::{self, Dependency, Fate, Project};
use crate::steps::{Effect, Guard, Script, StatementReading};
use crate::text::Span;
use crate::versions::StepId;

use super::contract::{
    Account, AccountRow, AuditReport, ColumnEdge, ConvertReport, Dag, Finding, Input, InputKind, Lineage,
    LineageReport, Model, RelationEdge, Source, Statement, Task,
};
use super::touch::{Touches, push_new};
use super::{Facts, place};
use crate::audit;

/// What `convert --format json` prints.
pub fn convert_json(facts: &Facts) -> String {
    print(&convert_report(facts))
}

/// What `audit --format json` prints.
pub fn audit_json(facts: &Facts) -> String {
    print(&AuditReport { inputs: inputs(facts), findings: findings(facts), dags: dags(facts) })
}

/// What `lineage --format json` prints.
pub fn lineage_json(facts: &Facts) -> String {
    let Lineage { relations, columns } = lineage(facts);
    print(&LineageReport { relations, columns, statements: statements(facts), findings: findings(facts) })
}

/// JSON as it is printed: indented, with a line break at the end.
pub fn print(report: &impl Serialize) -> String {
    // The types hold strings, numbers and lists only, which always have a JSON form.
    serde_json::to_string_pretty(report).unwrap_or_default() + "\n"
}

/// The report of a conversion, as data. Without a project, its models, sources and account are empty.
pub fn convert_report(facts: &Facts) -> ConvertReport {
    let project = facts.project;
    ConvertReport {
        schema_version: 1,
        inputs: inputs(facts),
        models: project.map(|project| models(facts, project)).unwrap_or_default(),
        sources: project.map(sources).unwrap_or_default(),
        account: account(facts),
        lineage: lineage(facts),
        findings: findings(facts),
    }
}

fn inputs(facts: &Facts) -> Vec<Input> {
    let input = |input: &super::InputFacts| Input {
        path: facts.sources.get(input.source).map(|file| file.path.clone()).unwrap_or_default(),
        kind: InputKind::named(input.kind),
        dialect: input.dialect.to_owned(),
        statements: input.statements,
    };
    facts.inputs.iter().map(input).collect()
}

fn models(facts: &Facts, project: &Project) -> Vec<Model> {
    let model = |model: &plan::Model| Model {
        name: model.name.clone(),
        layer: model.layer.name(),
        materialized: model.materialized.name(),
        path: model_path(model),
        relation: model.relation.clone(),
        depends_on: model.depends_on.iter().map(|dependency| dependency_name(project, dependency)).collect(),
        columns: model.columns.iter().map(|column| column.name.clone()).collect(),
        origin: model.origin.iter().map(|span| place::lines(facts.sources, *span)).collect(),
    };
    project.models.iter().map(model).collect()
}

/// The file of a model within the project.
pub fn model_path(model: &plan::Model) -> String {
    let ending = if model.python { "py" } else { "sql" };
    let folder = if model.folder.is_empty() { String::new() } else { format!("{}/", model.folder) };
    format!("models/{}/{folder}{}.{ending}", model.layer.name(), model.name)
}

/// What a model reads, as the contract names it. A source is named as in `sources`.
pub fn dependency_name(project: &Project, dependency: &Dependency) -> String {
    match dependency {
        Dependency::Model(name) => format!("model:{name}"),
        Dependency::Source(source, table) => format!("source:{}", source_name(project, source, table)),
        Dependency::Seed(name) => format!("seed:{name}"),
        Dependency::Snapshot(name) => format!("snapshot:{name}"),
    }
}

fn source_name(project: &Project, source: &str, table: &str) -> String {
    let known = project.sources.iter().find(|known| known.source == source && known.table == table);
    known.map_or_else(|| format!("{source}.{table}"), |known| known.relation.clone())
}

fn sources(project: &Project) -> Vec<Source> {
    let source = |source: &plan::SourceTable| Source {
        name: source.relation.clone(),
        columns: source.columns.iter().map(|column| column.name.clone()).collect(),
    };
    project.sources.iter().map(source).collect()
}

/// The account, as the contract has it; empty without a project.
pub fn account(facts: &Facts) -> Account {
    let none = plan::Account::default();
    let account = facts.project.map_or(&none, |project| &project.account);
    let row = |row: &plan::AccountRow| {
        let lines = place::lines(facts.sources, row.span);
        AccountRow {
            path: lines.path,
            start_line: lines.start_line,
            end_line: lines.end_line,
            fate: row.fate.name(),
            model: row.model.clone(),
            reason: row.reason.clone(),
        }
    };
    Account {
        statements: account.rows.len(),
        model: account.count(Fate::Model),
        config: account.count(Fate::Config),
        dropped: account.count(Fate::Dropped),
        manual: account.count(Fate::Manual),
        rows: account.rows.iter().map(row).collect(),
    }
}

fn lineage(facts: &Facts) -> Lineage {
    let relation = |edge: &crate::graph::RelationEdge| RelationEdge {
        from: edge.from.to_string(),
        to: edge.to.to_string(),
        via: edge.via.iter().map(ToString::to_string).collect(),
    };
    let column = |edge: &crate::graph::ColumnEdge| ColumnEdge {
        from: format!("{}.{}", edge.from, edge.from_column),
        to: format!("{}.{}", edge.to, edge.to_column),
        how: edge.how.name(),
        ambiguous: edge.ambiguous,
    };
    Lineage {
        relations: facts.lineage.relations.iter().map(relation).collect(),
        columns: facts.lineage.columns.iter().map(column).collect(),
    }
}

/// The findings, as the contract has them.
pub fn findings(facts: &Facts) -> Vec<Finding> {
    let finding = |finding: &crate::finding::Finding| {
        let (path, line, column) = place::start(facts.sources, finding.span);
        Finding {
            code: finding.code.name(),
            severity: finding.severity().name(),
            message: finding.message.clone(),
            path,
            line,
            column,
            help: finding.help.clone(),
        }
    };
    facts.findings.iter().map(finding).collect()
}

fn statements(facts: &Facts) -> Vec<Statement> {
    let touches = Touches::of(facts.versions);
    let mut all = Vec::new();
    for (script, read) in facts.scripts.iter().enumerate() {
        let unread = unread(read);
        for statement in &read.statements {
            let lines = place::lines(facts.sources, statement.span);
            let steps: &[usize] = match &statement.reading {
                StatementReading::Steps(steps) => steps,
                StatementReading::Unread(_) => unread.get(&statement.span).map_or(&[], Vec::as_slice),
                StatementReading::Config(_) | StatementReading::Dropped(_) => &[],
            };
            let (mut reads, mut writes) = touches.together(steps.iter().map(|step| StepId { script, step: *step }));
            for effect in steps.iter().filter_map(|step| read.steps.get(*step)).map(|step| &step.effect) {
                told(effect, &mut reads, &mut writes);
            }
            all.push(Statement {
                path: lines.path,
                start_line: lines.start_line,
                end_line: lines.end_line,
                kind: statement.what.clone(),
                reads,
                writes,
                stands_in: stands_in(facts.scripts, script, steps),
            });
        }
    }
    all
}

/// What the steps of a statement stand in, at all calls of their script alike: where one of the calls runs them straight
/// on, they stand in nothing.
fn stands_in(scripts: &[Script], script: usize, steps: &[usize]) -> Vec<&'static str> {
    let calls = scripts.iter().enumerate().filter(|(at, call)| *at == script || call.call_of == Some(script));
    let around = |call: &Script| -> BTreeSet<&'static str> {
        let steps = steps.iter().filter_map(|step| call.steps.get(*step));
        steps.flat_map(|step| &step.guards).map(Guard::kind).collect()
    };
    let all = calls.map(|(_, call)| around(call)).reduce(|one, other| &one & &other);
    all.unwrap_or_default().into_iter().collect()
}

/// The steps of statements that could not be read, by the statement's place.
fn unread(script: &Script) -> BTreeMap<Span, Vec<usize>> {
    let mut all: BTreeMap<Span, Vec<usize>> = BTreeMap::new();
    for (at, step) in script.steps.iter().enumerate() {
        if matches!(step.effect, Effect::Opaque(_)) {
            all.entry(step.span).or_default().push(at);
        }
    }
    all
}

/// Adds what makes no version of rows, yet is touched: a table that is declared or emptied, and what the words of a
/// statement name that could not be read.
fn told(effect: &Effect, reads: &mut Vec<String>, writes: &mut Vec<String>) {
    if matches!(effect, Effect::Declare { .. } | Effect::Truncate { .. } | Effect::Opaque(_)) {
        effect.reads().iter().for_each(|relation| push_new(reads, relation.to_string()));
        effect.writes().iter().for_each(|relation| push_new(writes, relation.to_string()));
    }
}

fn dags(facts: &Facts) -> Vec<Dag> {
    let touches = Touches::of(facts.versions);
    let mut dags = Vec::new();
    for (script, dag) in facts.scripts.iter().enumerate().filter(|(_, script)| !script.tasks.is_empty()) {
        let id = |task: usize| dag.tasks.get(task).map(|task| task.id.clone()).unwrap_or_default();
        dags.push(Dag {
            dag_id: dag.name.clone(),
            path: facts.sources.short_path(dag.source).to_owned(),
            tasks: tasks(&touches, script, dag),
            declared: audit::declared(dag).into_iter().map(|(from, to)| [id(from), id(to)]).collect(),
            implied: audit::implied(script, dag, facts.versions)
                .into_iter()
                .map(|(from, to)| [id(from), id(to)])
                .collect(),
        });
    }
    dags
}

/// The tasks of the DAG that is script number `script`.
pub fn tasks(touches: &Touches, script: usize, dag: &Script) -> Vec<Task> {
    let task = |(at, task): (usize, &crate::steps::Task)| {
        let mine = dag.steps.iter().enumerate().filter(|(_, step)| step.task == Some(at));
        let (reads, writes) = touches.together(mine.map(|(step, _)| StepId { script, step }));
        Task { task_id: task.id.clone(), operator: task.operator.clone(), reads, writes }
    };
    dag.tasks.iter().enumerate().map(task).collect()
}
