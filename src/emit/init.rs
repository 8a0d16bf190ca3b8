//! A project to start from: complete, with no models or with those of declared tables.
//!
//! In: a name and a target, or a planned project. Out: files that dbt builds at once. Never decides what a source is.

use std::collections::BTreeMap;

use minijinja::context;

use crate::dialect::Dialect;
use crate::emit::defaults::Defaults;
use crate::emit::markdown::{code, text};
use crate::emit::places::Places;
use crate::emit::{Files, jinja, paths, project, seal, template};
use crate::plan::{Account, EmptyTable, Project, Start};
use crate::text::Sources;

/// `refract.toml` with every key, commented out.
pub const SETTINGS: &str = include_str!("templates/refract.toml");

/// Folders of every project, which hold nothing at first.
const FOLDERS: [&str; 6] = ["models/staging", "models/intermediate", "models/marts", "seeds", "snapshots", "tests"];

/// The files of an empty project; `target` is DuckDB where none was chosen.
pub fn init(name: &str, target: Option<Dialect>) -> Files {
    let project = empty(&paths::name(name), target);
    let mut files = Files::new();
    let mut add = |path: &str, text: String| files.insert(path.to_owned(), text);
    add("dbt_project.yml", project::dbt_project(&project, &Defaults::of(&project, &Places::of(&project))));
    add("profiles.yml", project::profiles(&project));
    add("macros/generate_schema_name.sql", include_str!("templates/generate_schema_name.sql").to_owned());
    add(".gitignore", include_str!("templates/gitignore").to_owned());
    add("README.md", readme(&project));
    beside(&project, &mut files);
    let adapter = project.target.traits().adapter.to_owned();
    seal(&mut files, &Sources::default(), &[("project", project.name), ("target", adapter)]);
    files
}

/// What a project to start from has besides its models and sources.
pub(super) fn start(project: &Project, start: &Start, places: &Places, files: &mut Files) {
    beside(project, files);
    if !start.empty_tables.is_empty() {
        let mut statements: Vec<String> = Vec::new();
        for statement in start.empty_tables.iter().flat_map(|table| empty_table(table, places)) {
            if !statements.contains(&statement) {
                statements.push(statement);
            }
        }
        let statements: Vec<String> = statements.iter().map(|text| jinja::literal(text)).collect();
        let text = template::render("create_missing_sources.sql", context! { statements });
        files.insert(MISSING_SOURCES.to_owned(), text);
    }
}

/// The macro that makes sources on the embedded database.
const MISSING_SOURCES: &str = "macros/create_missing_sources.sql";

/// The statements that make a source which is not there.
fn empty_table(table: &EmptyTable, places: &Places) -> Vec<String> {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let column = |(name, sql_type): &(String, String)| format!("{} {sql_type}", quoted(name));
    let columns: Vec<String> = table.columns.iter().map(column).collect();
    let embedded =
        |schema: &str| places.embedded(table.database.as_deref(), schema).unwrap_or_else(|| schema.to_owned());
    let schema = table.schema.as_deref().map(|schema| quoted(&embedded(schema)));
    let place = schema.iter().cloned().chain([quoted(&table.table)]).collect::<Vec<_>>().join(".");
    let create = format!("create table if not exists {place} ({})", columns.join(", "));
    schema.map(|schema| format!("create schema if not exists {schema}")).into_iter().chain([create]).collect()
}

/// The settings of refract, and the folders that are still empty.
fn beside(project: &Project, files: &mut Files) {
    let chosen = format!("\ntarget = \"{}\"", project.target.traits().adapter);
    let settings =
        if project.target_chosen { SETTINGS.replace("\n#target = \"postgres\"", &chosen) } else { SETTINGS.to_owned() };
    files.insert("refract.toml".to_owned(), settings);
    for folder in FOLDERS {
        let within = format!("{folder}/");
        if !files.keys().any(|path| path.starts_with(&within)) {
            files.insert(format!("{folder}/.gitkeep"), String::new());
        }
    }
}

/// `README.md` of a project none of whose models come from scripts.
pub(super) fn readme(project: &Project) -> String {
    let adapter = project.target.traits().adapter;
    let sources = project.sources.iter().map(|table| {
        context! {
            relation => code(&table.relation),
            reference => code(&format!("source('{}', '{}')", table.source, table.table)),
            model => project.models.iter().find(|model| model.relation == table.relation).map(|model| code(&model.name)),
            columns => table.columns.len(),
        }
    });
    let values = context! {
        name => text(&project.name),
        adapter => adapter,
        default => if project.target_chosen { adapter } else { "duckdb" },
        sources => sources.collect::<Vec<_>>(),
        variables => project::variables(project.target).map(code).collect::<Vec<_>>().join(", "),
    };
    template::render("readme_init.md", values)
}

fn empty(name: &str, target: Option<Dialect>) -> Project {
    Project {
        name: name.to_owned(),
        target: target.unwrap_or(Dialect::DuckDb),
        target_chosen: target.is_some(),
        target_is_own: true,
        models: Vec::new(),
        sources: Vec::new(),
        seeds: Vec::new(),
        snapshots: Vec::new(),
        exposures: Vec::new(),
        macros: Vec::new(),
        tests: Vec::new(),
        vars: Vec::new(),
        places: BTreeMap::new(),
        stays: Vec::new(),
        orchestrations: Vec::new(),
        account: Account::default(),
        findings: Vec::new(),
        start: None,
    }
}
