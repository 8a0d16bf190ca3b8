//! Facts put together by hand, for the tests of the outputs.

use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::finding::{Code, Finding};
use crate::graph::{ColumnEdge, Lineage, RelationEdge};
use crate::name::Relation;
use crate::plan::{AccountRow, Dependency, Fate, Layer, Materialized, Model, ModelColumn, Piece, Project, SourceTable};
use crate::steps::{
    Arrow, Body, Effect, Form, How, Lifetime, Query, Script, ScriptKind, Sql, Statement, StatementReading, Step, Task,
};
use crate::text::{SourceFile, SourceId, Sources, Span};
use crate::versions::{Flow, StepId, Version, VersionId, Versions};

use super::super::{Durations, Facts, InputFacts};

/// Facts that own what they show.
pub struct Sample {
    pub sources: Sources,
    pub inputs: Vec<InputFacts>,
    pub scripts: Vec<Script>,
    pub versions: Versions,
    pub lineage: Lineage,
    pub project: Project,
    pub findings: Vec<Finding>,
    pub files: BTreeMap<String, String>,
    pub durations: Durations,
}

/// A step of a sample: what it makes, whether that is temporary, what it reads.
pub struct Make<'a> {
    pub target: &'a str,
    pub temporary: bool,
    pub reads: Vec<&'a str>,
    pub layer: Layer,
    pub task: Option<usize>,
}

impl Sample {
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            sources: &self.sources,
            inputs: self.inputs.clone(),
            scripts: &self.scripts,
            versions: &self.versions,
            lineage: &self.lineage,
            project: Some(&self.project),
            findings: &self.findings,
            durations: &self.durations,
        }
    }

    /// The same facts, as they are where nothing is converted.
    pub fn unconverted(&self) -> Facts<'_> {
        Facts { project: None, ..self.facts() }
    }
}

fn relation(text: &str) -> Relation {
    Relation::plain(text, Dialect::Postgres)
}

fn statement_text(make: &Make) -> String {
    let kind = if make.temporary { "TEMP TABLE" } else { "TABLE" };
    let reads = make.reads.join(" JOIN ");
    format!("CREATE {kind} {} AS\nSELECT id, amount\nFROM {reads};\n\n", make.target)
}

/// One procedure that makes each of `makes` in turn. Everything that no step makes is a source.
pub fn sample(path: &str, name: &str, kind: ScriptKind, makes: &[Make], arrows: &[(usize, usize)]) -> Sample {
    let mut text = format!("-- {name}\n");
    let mut spans = Vec::new();
    for make in makes {
        let start = text.len();
        text.push_str(&statement_text(make));
        spans.push(Span::new(SourceId(0), start, text.trim_end().len()));
    }
    text.push_str("COMMIT;\n");
    let end = text.len();
    spans.push(Span::new(SourceId(0), end - 8, end - 1));
    let mut script = Script::new(name, kind, Span::new(SourceId(0), 0, end), Dialect::Postgres);
    fill(&mut script, makes, &spans);
    let task = |number: usize| Task::new(format!("task_{number}"), "PostgresOperator", spans[0]);
    script.tasks = (0..makes.iter().filter_map(|make| make.task).max().map_or(0, |last| last + 1)).map(task).collect();
    script.arrows =
        arrows.iter().map(|(from, to)| Arrow { from: *from, to: *to, span: spans[0], perhaps: false }).collect();
    let scripts = vec![script];
    let project = project(makes, &spans);
    let files = project.models.iter().map(|model| (crate::emit::model_path(model), model_text(model))).collect();
    Sample {
        files,
        durations: Durations::default(),
        sources: Sources::new(vec![SourceFile::new(path, text)]),
        inputs: vec![InputFacts {
            source: SourceId(0),
            kind: kind.name(),
            dialect: "postgres",
            statements: spans.len(),
        }],
        versions: versions(makes),
        lineage: lineage(makes),
        project,
        findings: vec![
            Finding::at(Code::R401, spans[0], format!("`{}` vanishes", makes[0].target), "keep it as a model"),
            Finding::general(Code::R403, "2 steps wait for each other", ""),
        ],
        scripts,
    }
}

fn fill(script: &mut Script, makes: &[Make], spans: &[Span]) {
    for (at, make) in makes.iter().enumerate() {
        let sql = Sql::plain(statement_text(make), spans[at]);
        let effect = Effect::Create {
            relation: relation(make.target),
            lifetime: if make.temporary { Lifetime::Temporary } else { Lifetime::Lasting },
            form: Form::Table,
            columns: Vec::new(),
            body: Body::Query(Query::new(sql)),
        };
        script.steps.push(Step {
            span: spans[at],
            effect,
            guards: Vec::new(),
            comment: String::new(),
            task: make.task,
            sent: None,
        });
        let reading = StatementReading::Steps(vec![at]);
        script.statements.push(Statement { span: spans[at], what: "create table as".into(), reading });
    }
    let dropped = StatementReading::Dropped("transaction control".into());
    script.statements.push(Statement { span: spans[makes.len()], what: "commit".into(), reading: dropped });
}

fn versions(makes: &[Make]) -> Versions {
    let mut versions = Versions::default();
    let mut latest: BTreeMap<String, VersionId> = BTreeMap::new();
    let push = |versions: &mut Versions, name: &str, step: Option<StepId>, lifetime: Lifetime| {
        let number = u32::from(step.is_some());
        let scope = (lifetime == Lifetime::Temporary).then_some(0);
        versions.list.push(Version { relation: relation(name), scope, number, step, previous: None, lifetime });
        VersionId(versions.list.len() - 1)
    };
    for (at, make) in makes.iter().enumerate() {
        let step = StepId { script: 0, step: at };
        let mut from = Vec::new();
        for read in &make.reads {
            let known = latest.get(*read).copied();
            let id = known.unwrap_or_else(|| push(&mut versions, read, None, Lifetime::Lasting));
            latest.insert((*read).to_owned(), id);
            from.push(id);
        }
        let lifetime = if make.temporary { Lifetime::Temporary } else { Lifetime::Lasting };
        let to = push(&mut versions, make.target, Some(step), lifetime);
        latest.insert(make.target.to_owned(), to);
        versions.flows.extend(from.into_iter().map(|from| Flow { from, to: Some(to), step }));
    }
    versions
}

fn lineage(makes: &[Make]) -> Lineage {
    let made = |name: &str| makes.iter().find(|make| make.target == name);
    let mut lineage = Lineage::default();
    for make in makes.iter().filter(|make| !make.temporary) {
        let mut todo: Vec<(&str, Vec<Relation>)> = make.reads.iter().map(|read| (*read, Vec::new())).collect();
        let mut seen = std::collections::BTreeSet::new();
        while let Some((read, via)) = todo.pop() {
            if !seen.insert(read) {
                continue;
            }
            match made(read).filter(|found| found.temporary) {
                Some(found) => {
                    let via: Vec<Relation> = std::iter::once(relation(read)).chain(via).collect();
                    todo.extend(found.reads.iter().map(|read| (*read, via.clone())));
                }
                None => lineage.relations.push(RelationEdge { from: relation(read), to: relation(make.target), via }),
            }
        }
    }
    lineage.relations.sort();
    for edge in &lineage.relations {
        lineage.columns.push(ColumnEdge {
            from: edge.from.clone(),
            from_column: "amount".into(),
            to: edge.to.clone(),
            to_column: "amount".into(),
            how: How::Computed,
            ambiguous: false,
        });
    }
    lineage
}

/// The model's name of a relation.
pub fn model_name(make: &Make) -> String {
    let bare = make.target.rsplit('.').next().unwrap().trim_start_matches("tmp_");
    match make.layer {
        Layer::Staging => format!("stg_{bare}"),
        Layer::Intermediate => format!("int_{bare}"),
        Layer::Marts => bare.to_owned(),
    }
}

fn project(makes: &[Make], spans: &[Span]) -> Project {
    let mut project = crate::plan::plan(&[], &Versions::default(), &crate::plan::PlanOptions::default());
    let made = |name: &str| makes.iter().find(|make| make.target == name);
    for (at, make) in makes.iter().enumerate() {
        let depends_on: Vec<Dependency> = make
            .reads
            .iter()
            .map(|read| match made(read) {
                Some(found) => Dependency::Model(model_name(found)),
                None => source_dependency(read),
            })
            .collect();
        project.models.push(model(make, &depends_on, spans[at]));
        project.account.rows.push(AccountRow {
            span: spans[at],
            what: "create table as".into(),
            fate: Fate::Model,
            model: model_name(make),
            reason: String::new(),
        });
        for read in make.reads.iter().filter(|read| made(read).is_none()) {
            if !project.sources.iter().any(|known| known.relation == **read) {
                project.sources.push(source_table(read, spans[at]));
            }
        }
    }
    project.account.rows.push(AccountRow {
        span: spans[makes.len()],
        what: "commit".into(),
        fate: Fate::Dropped,
        model: String::new(),
        reason: "transaction control".into(),
    });
    project
}

fn source_dependency(read: &str) -> Dependency {
    let (schema, table) = read.split_once('.').unwrap_or(("default", read));
    Dependency::Source(schema.into(), table.into())
}

fn source_table(read: &str, span: Span) -> SourceTable {
    let (schema, table) = read.split_once('.').unwrap_or(("default", read));
    SourceTable {
        source: schema.into(),
        schema: Some(schema.into()),
        database: None,
        table: table.into(),
        identifier: None,
        columns: vec![crate::steps::ColumnDef { name: "amount".into(), ..Default::default() }],
        description: String::new(),
        freshness: None,
        external_location: None,
        listed: Vec::new(),
        relation: read.into(),
        named_at: vec![span],
    }
}

fn model(make: &Make, depends_on: &[Dependency], span: Span) -> Model {
    let mut body = vec![Piece::Text("SELECT id, amount\nFROM ".into())];
    for (at, dependency) in depends_on.iter().enumerate() {
        if at > 0 {
            body.push(Piece::Text(" JOIN ".into()));
        }
        body.push(match dependency {
            Dependency::Source(source, table) => Piece::Source { source: source.clone(), table: table.clone() },
            Dependency::Model(name) | Dependency::Seed(name) | Dependency::Snapshot(name) => Piece::Ref(name.clone()),
        });
    }
    Model {
        name: model_name(make),
        layer: make.layer,
        folder: if make.layer == Layer::Staging { "raw".into() } else { String::new() },
        materialized: if make.temporary { Materialized::View } else { Materialized::Table },
        schema: None,
        database: None,
        alias: None,
        relation: make.target.into(),
        body,
        python: false,
        storage: Vec::new(),
        pre_hook: Vec::new(),
        depends_on: depends_on.to_vec(),
        columns: ["id", "amount"].map(|name| ModelColumn { name: name.into(), ..Default::default() }).to_vec(),
        tests: Vec::new(),
        unit_tests: Vec::new(),
        summary: String::new(),
        description: String::new(),
        origin: vec![span],
        manual: None,
    }
}

/// The model's text, as `emit` would write it.
fn model_text(model: &Model) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Ref(name) => format!("{{{{ ref('{name}') }}}}"),
        Piece::Source { source, table } => format!("{{{{ source('{source}', '{table}') }}}}"),
        Piece::Var { .. }
        | Piece::This
        | Piece::IfIncremental(_)
        | Piece::If { .. }
        | Piece::Each { .. }
        | Piece::Macro { .. } => format!("{piece:?}"),
    };
    model.body.iter().map(piece).collect::<String>() + "\n"
}

/// A procedure with two staging steps and one mart.
pub fn orders() -> Sample {
    let make = |target, temporary, reads, layer| Make { target, temporary, reads, layer, task: None };
    let makes = [
        make("tmp_orders", true, vec!["raw.orders"], Layer::Staging),
        make("tmp_payments", true, vec!["raw.payments"], Layer::Staging),
        make("analytics.fct_totals", false, vec!["tmp_orders", "tmp_payments"], Layer::Marts),
    ];
    sample("load.sql", "build_totals", ScriptKind::Procedure, &makes, &[])
}

/// A DAG of three tasks whose arrow from the second to the third has no data behind it, and one that is missing.
pub fn dag() -> Sample {
    let make = |target, reads, layer, task| Make { target, temporary: false, reads, layer, task: Some(task) };
    let makes = [
        make("staging.orders", vec!["raw.orders"], Layer::Staging, 0),
        make("staging.payments", vec!["raw.payments"], Layer::Staging, 1),
        make("analytics.totals", vec!["staging.orders"], Layer::Marts, 2),
    ];
    sample("dag.py", "daily", ScriptKind::Airflow, &makes, &[(1, 2)])
}

/// A procedure with that many steps, in layers, and names that look like a warehouse's.
pub fn large(steps: usize) -> Sample {
    let areas = ["orders", "payments", "customers", "shipments", "returns", "campaigns", "inventory", "tickets"];
    // A third is staging, then four tiers, the last of them marts; each reads a few of the tier before, near by.
    let tiers = [0, steps.div_ceil(3), steps / 2, steps * 2 / 3, steps * 5 / 6, steps];
    let mut names: Vec<(String, Vec<String>, Layer)> = Vec::new();
    for (tier, range) in tiers.windows(2).enumerate() {
        for at in range[0]..range[1] {
            let area = areas[at % areas.len()];
            if tier == 0 {
                names.push((format!("tmp_{area}_{at}"), vec![format!("raw.{area}_{at}")], Layer::Staging));
                continue;
            }
            let (first, last) = (tiers[tier - 1], range[0]);
            let near = first + (at - range[0]) * (last - first) / (range[1] - range[0]);
            let mut reads: Vec<String> =
                (0..=(at % 3)).map(|read| names[(near + read).min(last - 1)].0.clone()).collect();
            if at % 7 == 0 {
                reads.push(names[(at * 31) % last].0.clone());
            }
            reads.sort();
            reads.dedup();
            let mart = tier == 4;
            let layer = if mart { Layer::Marts } else { Layer::Intermediate };
            let name = if mart { format!("analytics.fct_{area}_{at}") } else { format!("tmp_{area}_enriched_{at}") };
            names.push((name, reads, layer));
        }
    }
    let make = |(target, reads, layer): &'static (String, Vec<String>, Layer)| Make {
        target,
        temporary: *layer != Layer::Marts,
        reads: reads.iter().map(String::as_str).collect(),
        layer: *layer,
        task: None,
    };
    let names: &'static [_] = Vec::leak(names);
    let makes: Vec<Make> = names.iter().map(make).collect();
    sample("warehouse/load_everything.sql", "load_everything", ScriptKind::Procedure, &makes, &[])
}
