//! `README.md` and `MIGRATION.md`: how to run the project, what came from where, what is left to do, how to switch.
//!
//! In: the plan and the findings. Out: two files for a person who has never seen the scripts. Says nothing that the plan does not know.

use std::collections::BTreeMap;

use minijinja::{Value, context};

use crate::emit::markdown::{code, codes, text};
use crate::emit::{Files, defaults, init, model_path, origin, paths, project, template};
use crate::finding::{Code, Finding, Severity};
use crate::plan::{AccountRow, Dependency, Fate, Layer, Model, Project};
use crate::text::{SourceId, Sources};

/// Places that are shown of each kind of statement, and of each finding.
const SHOWN: usize = 6;

/// What there is to tell of.
#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    /// The plan.
    pub project: &'a Project,
    /// The inputs.
    pub sources: &'a Sources,
    /// All findings, of reading and of planning.
    pub findings: &'a [Finding],
}

/// Both files.
pub(super) fn write(told: &Told, files: &mut Files) {
    let Told { project, sources, .. } = *told;
    if project.start.as_ref().is_some_and(|start| !start.from_scripts) {
        files.insert("README.md".to_owned(), init::readme(project));
        return;
    }
    files.insert("README.md".to_owned(), template::render("readme.md", readme(project, sources)));
    files.insert("MIGRATION.md".to_owned(), template::render("migration.md", migration(told)));
}

fn readme(project: &Project, sources: &Sources) -> Value {
    let adapter = project.target.traits().adapter;
    let left = models_left(project, sources).len() + statements_left(project, sources).len();
    let sources_rows = project.sources.iter().map(|table| {
        context! {
            relation => code(&table.relation),
            reference => code(&format!("source('{}', '{}')", table.source, table.table)),
            columns => codes(&table.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>()),
        }
    });
    let vars = project.vars.iter().map(|var| {
        context! {
            name => code(&var.name),
            default => match (var.default.as_deref(), var.computed.as_str()) {
                (Some(default), _) => code(default),
                (None, "") => "none: give one".to_owned(),
                (None, computed) => code(computed),
            },
            description => text(&var.description),
        }
    });
    context! {
        name => text(&project.name),
        adapter => adapter,
        written_for => project::written_for_another(project).then(|| project.target.to_string()),
        default => project::default_output(project),
        variables => project::variables(project.target).map(code).collect::<Vec<_>>().join(", "),
        inputs => inputs(project, sources),
        layers => layers(project),
        sources => sources_rows.collect::<Vec<Value>>(),
        vars => vars.collect::<Vec<Value>>(),
        left => left,
        example => project.vars.first().map(|var| paths::name(&var.name)),
    }
}

/// The files that the project was made from, with their statements.
fn inputs(project: &Project, sources: &Sources) -> Vec<Value> {
    let mut counts: BTreeMap<SourceId, [usize; 4]> = BTreeMap::new();
    for row in &project.account.rows {
        let at = match row.fate {
            Fate::Model => 0,
            Fate::Config => 1,
            Fate::Dropped => 2,
            Fate::Manual => 3,
        };
        if let Some(count) = counts.entry(row.span.source).or_default().get_mut(at) {
            *count += 1;
        }
    }
    let row = |(id, [model, config, dropped, manual]): (SourceId, [usize; 4])| {
        let path = sources.short_path(id);
        context! { path => code(path), model => model, config => config, dropped => dropped, manual => manual }
    };
    counts.into_iter().map(row).collect()
}

/// Models by layer, for a first look.
fn layers(project: &Project) -> Vec<Value> {
    let layers = [Layer::Staging, Layer::Intermediate, Layer::Marts];
    let row = |layer: Layer| {
        let names: Vec<String> = project
            .models
            .iter()
            .filter(|model| model.layer == layer)
            .map(|model| format!("[{}]({})", code(&model.name), model_path(model)))
            .collect();
        context! { name => layer.name(), count => names.len(), models => names.join(", ") }
    };
    let used = |layer: &Layer| project.models.iter().any(|model| model.layer == *layer);
    layers.into_iter().filter(used).map(row).collect()
}

fn migration(told: &Told) -> Value {
    let Told { project, sources, .. } = *told;
    let lasting: Vec<&Model> = project.models.iter().filter(|model| is_compared(model, told)).collect();
    // What is built anew each time is the plainest to begin with.
    let first = lasting.iter().find(|model| model.materialized.name() != "incremental").or(lasting.first());
    let stays = project.stays.iter().map(|stays| text(&stays.reason));
    let exposures = project
        .exposures
        .iter()
        .map(|exposure| context! { name => code(&exposure.name), description => text(&exposure.description) });
    context! {
        name => text(&project.name),
        adapter => project.target.traits().adapter,
        models => project.models.iter().map(|model| model_row(model, told)).collect::<Vec<Value>>(),
        left => models_left(project, sources),
        unread => statements_left(project, sources),
        dropped => by_reason(project, sources, Fate::Dropped),
        config => by_reason(project, sources, Fate::Config),
        findings => findings(told),
        stays => stays.collect::<Vec<String>>(),
        orchestrations => orchestrations(project),
        exposures => exposures.collect::<Vec<Value>>(),
        compared => lasting.iter().map(|model| code(&lands_as(model))).collect::<Vec<_>>(),
        comparison => first.map(|model| comparison(model, project)),
        distinct => project.target.traits().except_all != "except all",
    }
}

/// Findings, the worst first, each once with all its places.
fn findings(told: &Told) -> Vec<Value> {
    let mut groups: Vec<(&Finding, Vec<String>)> = Vec::new();
    for finding in told.findings {
        let place = finding.span.and_then(|span| origin::place(span, told.sources));
        let same = |other: &Finding| {
            other.code == finding.code && other.message == finding.message && other.help == finding.help
        };
        match groups.iter_mut().find(|(other, _)| same(other)) {
            Some((_, places)) => places.extend(place),
            None => groups.push((finding, place.into_iter().collect())),
        }
    }
    let rank = |severity: Severity| match severity {
        Severity::Error => 0,
        Severity::Warning => 1,
        Severity::Info => 2,
    };
    groups.sort_by_key(|(finding, _)| rank(finding.severity()));
    let row = |(finding, places): (&Finding, Vec<String>)| {
        context! {
            code => finding.code.name(),
            severity => finding.severity().name(),
            message => text(&finding.message),
            help => text(&finding.help),
            places => shown(&places),
        }
    };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (finding, _) in &groups {
        *counts.entry(finding.code.name()).or_default() += 1;
    }
    let mut rows = Vec::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (finding, places) in groups {
        let code = finding.code.name();
        let number = seen.entry(code).or_default();
        *number += 1;
        let (number, of) = (*number, counts.get(code).copied().unwrap_or_default());
        // Of many of one kind the first tell what they are.
        if of <= SHOWN + 1 || number <= SHOWN {
            rows.push(row((finding, places)));
        } else if number == of {
            let message = format!("and {} more of this kind", of - SHOWN);
            let help = "`lineage/index.html` lists them all";
            rows.push(context! { code, severity => finding.severity().name(), message, help, places => "" });
        }
    }
    rows
}

/// The first few places, and how many more there are.
fn shown(places: &[String]) -> String {
    let first: Vec<String> = places.iter().take(SHOWN).cloned().collect();
    let more = places.len().saturating_sub(first.len());
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{more}", codes(&first))
}

/// Whether a relation of the scripts stands where the model lands, so that the two can be compared.
fn is_compared(model: &Model, told: &Told) -> bool {
    let lands = lands_as(model).to_lowercase();
    let relation = model.relation.to_lowercase();
    let same = relation == lands || relation.ends_with(&format!(".{lands}"));
    same && !is_shown_only(model, told)
}

/// Whether the scripts only show the rows, and nothing of theirs has the model's name.
fn is_shown_only(model: &Model, told: &Told) -> bool {
    let mut named =
        told.findings.iter().filter(|finding| finding.code == Code::R318).filter_map(|finding| finding.span);
    named.any(|span| model.origin.contains(&span))
}

/// The successors of DAGs, with the settings that a person asks for first.
fn orchestrations(project: &Project) -> Vec<Value> {
    let row = |(it, path): (&crate::plan::Orchestration, String)| {
        let kept = it.told.iter().map(|(name, value)| code(&format!("{name}={value}"))).collect::<Vec<_>>().join(", ");
        let tasks = codes(&it.tasks.iter().map(|task| task.id.clone()).collect::<Vec<_>>());
        context! { name => code(&it.name), path => format!("[{}]({path})", code(&path)), kept, tasks }
    };
    super::successor::placed(project).into_iter().map(row).collect()
}

fn model_row(model: &Model, told: &Told) -> Value {
    let relation = if is_shown_only(model, told) {
        "rows that the script shows".to_owned()
    } else if model.relation.is_empty() {
        String::new()
    } else {
        code(&model.relation)
    };
    let places = codes(&origin::places(&model.origin, told.sources));
    let passes = places.is_empty() && matches!(model.depends_on.as_slice(), [Dependency::Source(..)]);
    context! {
        name => format!("[{}]({})", code(&model.name), model_path(model)),
        relation => relation,
        lands => code(&lands_as(model)),
        materialized => model.materialized.name(),
        places => if passes { "the source, passed on".to_owned() } else { places },
    }
}

/// `analytics.fct_orders`.
fn lands_as(model: &Model) -> String {
    let name = model.alias.clone().unwrap_or_else(|| paths::name(&model.name));
    [model.database.clone(), model.schema.clone(), Some(name)].into_iter().flatten().collect::<Vec<_>>().join(".")
}

/// Models that a person must write, in the order of the graph.
fn models_left(project: &Project, sources: &Sources) -> Vec<Value> {
    let models = project.models.iter().filter_map(|model| {
        let manual = model.manual.as_ref()?;
        Some(context! {
            what => format!("[{}]({})", code(&model.name), model_path(model)),
            places => shown(&origin::places(&model.origin, sources)),
            reason => text(&manual.reason),
            help => text(&manual.help),
        })
    });
    models.collect()
}

/// Statements that became nothing, and that no model which is left to a person stands for.
fn statements_left(project: &Project, sources: &Sources) -> Vec<Value> {
    let stands = |row: &AccountRow| {
        let mut manual = project.models.iter().filter(|model| model.manual.is_some());
        manual.any(|model| model.origin.contains(&row.span))
    };
    let rows = project.account.rows.iter().filter(|row| row.fate == Fate::Manual && row.model.is_empty());
    let row = |row: &AccountRow| {
        context! {
            what => text(&row.what),
            places => origin::place(row.span, sources).map_or_else(String::new, |place| code(&place)),
            reason => text(&row.reason),
        }
    };
    rows.filter(|row| !stands(row)).map(row).collect()
}

/// Statements of one fate, put together by what they are and why.
fn by_reason(project: &Project, sources: &Sources, fate: Fate) -> Vec<Value> {
    let mut groups: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for row in project.account.rows.iter().filter(|row| row.fate == fate) {
        let places = groups.entry((&row.what, &row.reason)).or_default();
        places.extend(origin::place(row.span, sources));
    }
    let row = |((what, reason), places): ((&str, &str), Vec<String>)| {
        context! { what => text(what), reason => text(reason), places => shown(&places) }
    };
    groups.into_iter().map(row).collect()
}

/// A query whose rows are the differences between the script's table and the project's.
fn comparison(model: &Model, project: &Project) -> String {
    let except = project.target.traits().except_all;
    let lands = lands_as(model).replace("```", "");
    let prefixed = match &model.schema {
        Some(schema) => lands.replacen(schema.as_str(), &format!("{}{schema}", defaults::TRIAL_PREFIX), 1),
        None => lands.clone(),
    };
    format!(
        "select 'script' as only_in, a.* from (select * from {lands} {except} select * from {prefixed}) a\n\
         union all\n\
         select 'project' as only_in, b.* from (select * from {prefixed} {except} select * from {lands}) b"
    )
}
