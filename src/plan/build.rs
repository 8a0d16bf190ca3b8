//! The order in which a project is planned.

use super::assemble::Namer;
use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::functions::{functions, of_packages, texts};
use super::loads::loads;
use super::logs::{is_log, marks};
use super::{
    PlanOptions, Project, Stays, account, bodies, checks, described, drafts, drift, exposed, fresh, infer, layers,
    names, orchestration, places, seeds, shared, sources, stars, start, unit, unnamed, vars,
};
use crate::dialect::Dialect;
use crate::finding::{Code, Finding};
use crate::sql::{Transpiled, transpile};
use crate::steps::Script;
use crate::versions::{Circle, VersionId, Versions};

pub(super) fn build(scripts: &[Script], versions: &Versions, options: &PlanOptions) -> Project {
    let own = super::context::target(scripts, options);
    // Tables alone say nothing of the warehouse that the project is for.
    let undecided = options.start && options.target.is_none() && start::only_declares(scripts);
    let target = if undecided { Dialect::DuckDb } else { own };
    let Transpiled { mut scripts, findings, refused } = transpile(scripts, target).unwrap_or_else(|| Transpiled {
        scripts: scripts.to_vec(),
        findings: Vec::new(),
        refused: BTreeMap::new(),
    });
    stars::named(&mut scripts, versions, target);
    let context = Context::new(&scripts, versions, options, target, &refused);
    planned(&context, findings)
}

/// The project, from scripts of its own dialect.
fn planned(context: &Context, mut findings: Vec<Finding>) -> Project {
    let (scripts, options) = (context.scripts, context.options);
    findings.extend(context.printing.iter().cloned());
    findings.extend(circles(context));
    let (drafts, logs) = without_logs(context);
    findings.extend(habits(context, &drafts));
    let (mut drafts, said) = bodies::write_all(context, drafts);
    findings.extend(said);
    findings.extend(shared::share(context, &mut drafts));
    findings.extend(drift::drift(context, &drafts));
    layers::assign(context, &mut drafts);
    let (mut sources, source_names) = sources::sources(context, &drafts);
    findings.extend(names::assign(context, &mut drafts, &source_names));
    let owners = layers::owners(&drafts);
    let namer = Namer { context, drafts: &drafts, owners, sources: &source_names };
    let mut models = namer.models();
    infer::infer_from_text(&mut models, &sources, context.target);
    fresh::watch(&models, &mut sources, context.target);
    let exposures = exposed::exposures(&namer, &models);
    let checked = checks::checks(&namer);
    findings.extend(checked.findings.clone());
    let vars = vars::used(scripts, &context.vars, &models, &checked.tests);
    unit::add(&mut models, &sources, &vars, context.target);
    let (account, accounted) = account::account(context, &drafts, &logs, &checked.names);
    findings.extend(accounted);
    let (orchestrations, lost) = orchestration::orchestrations(scripts, context.versions, &drafts, &models);
    findings.extend(lost);
    findings
        .sort_by(|left, right| (left.span, left.code, &left.message).cmp(&(right.span, right.code, &right.message)));
    let mut project = Project {
        name: options.project.clone(),
        target: context.target,
        target_chosen: options.target.is_some(),
        target_is_own: options.start || scripts.iter().all(|script| script.dialect == context.target),
        models,
        sources,
        seeds: Vec::new(),
        snapshots: Vec::new(),
        exposures,
        macros: Vec::new(),
        tests: checked.tests,
        vars,
        places: BTreeMap::new(),
        stays: stays(scripts),
        orchestrations,
        account,
        findings,
        start: None,
    };
    if options.start {
        start::add(context, &mut project);
    }
    described::describe(context, &mut project.models, &mut project.sources);
    seeds::take(&drafts, &mut project);
    places::fill(scripts, &mut project);
    project
}

/// The drafts, and the versions of relations that only hold a log, for which there are none.
fn without_logs(context: &Context) -> (Vec<drafts::Draft>, BTreeSet<VersionId>) {
    let mut drafts = drafts::drafts(context, &BTreeSet::new());
    let logs: BTreeSet<VersionId> =
        drafts.iter().filter(|draft| is_log(context, draft)).flat_map(|draft| draft.versions.clone()).collect();
    if !logs.is_empty() {
        drafts = drafts::drafts(context, &logs);
        drafts.retain(|draft| !draft.versions.iter().any(|version| logs.contains(version)));
    }
    (drafts, logs)
}

/// What scripts do that dbt does in another way.
fn habits(context: &Context, drafts: &[drafts::Draft]) -> Vec<Finding> {
    marks(context, drafts)
        .into_iter()
        .chain(loads(context))
        .chain(functions(context))
        .chain(of_packages(context))
        .chain(unnamed::unnamed(context, drafts))
        .chain(texts(context))
        .collect()
}

fn circles(context: &Context) -> Vec<Finding> {
    let one = |circle: &Circle| {
        let names: Vec<String> = circle.members.iter().map(ToString::to_string).collect();
        let message = format!("these relations wait for each other: {}", names.join(", "));
        let help = "say which of the reads wants the rows of the run before";
        Some(Finding::at(Code::R308, context.step(circle.step)?.span, message, help))
    };
    context.versions.circles.iter().filter_map(one).collect()
}

/// Tasks that touch no table that refract can see.
fn stays(scripts: &[Script]) -> Vec<Stays> {
    let mut stays = Vec::new();
    for (at, script) in scripts.iter().enumerate() {
        for (number, task) in script.tasks.iter().enumerate() {
            let data = script.steps.iter().any(|step| step.task == Some(number));
            let fills: Vec<String> = task.fills.iter().map(ToString::to_string).collect();
            let reason = match (data, task.side_effects) {
                _ if !fills.is_empty() => {
                    format!("{} ({}) loads {} from outside", task.id, task.operator, fills.join(", "))
                }
                (false, _) => format!("{} ({}) touches no table that refract can see", task.id, task.operator),
                (true, true) => format!("{} ({}) does more than its SQL says", task.id, task.operator),
                (true, false) => continue,
            };
            stays.push(Stays { script: at, task: number, reason });
        }
    }
    stays
}
