//! Project data to files in memory. Owns the templates of what is emitted.
//!
//! In: [`Project`]. Out: [`Files`]. The one place where SQL, Jinja, YAML and Markdown of the emitted project are
//! escaped, and where names become paths. Never decides what a model is, and never touches disk.

mod body;
mod defaults;
mod guide;
mod hash;
mod init;
mod jinja;
mod layout;
mod lock;
mod markdown;
mod model;
mod origin;
mod paths;
mod places;
mod project;
mod properties;
mod successor;
mod template;
mod units;
mod yaml;

use std::collections::BTreeMap;

use crate::finding::Finding;
use crate::plan::{Model, Project};
use crate::text::Sources;
pub use hash::hash;
pub use init::{SETTINGS, init};
pub use lock::{LOCK, seal};

/// Files by path relative to the output folder, with `/`.
pub type Files = BTreeMap<String, String>;

/// The files of the project.
pub fn emit(project: &Project, sources: &Sources, findings: &[Finding]) -> Files {
    let mut files = Files::new();
    let places = places::Places::of(project);
    let defaults = defaults::Defaults::of(project, &places);
    let writer = body::Writer::new(project);
    for model in &project.models {
        files.insert(paths::model(model), model::model(model, &writer, (&defaults, &places), sources));
    }
    for test in &project.tests {
        files.insert(format!("tests/{}.sql", paths::name(&test.name)), model::singular_test(test, &writer, sources));
    }
    for seed in &project.seeds {
        files.insert(format!("seeds/{}.csv", paths::name(&seed.name)), csv(seed));
    }
    properties::write(project, &places, sources, &mut files);
    macros(project, &mut files);
    successor::write(project, sources, &mut files);
    if let Some(start) = &project.start {
        init::start(project, start, &places, &mut files);
    }
    guide::write(&guide::Told { project, sources, findings }, &mut files);
    files.insert("dbt_project.yml".to_owned(), project::dbt_project(project, &defaults));
    files.insert("profiles.yml".to_owned(), project::profiles(project));
    files.insert(".gitignore".to_owned(), include_str!("templates/gitignore").to_owned());
    files
}

/// Where a model's file stands, relative to the output folder.
pub fn model_path(model: &Model) -> String {
    paths::model(model)
}

/// The macros that the project needs: its own, and those of the plan.
fn macros(project: &Project, files: &mut Files) {
    let mut add = |path: &str, text: &str| files.insert(path.to_owned(), text.to_owned());
    add("macros/generate_schema_name.sql", include_str!("templates/generate_schema_name.sql"));
    let seeds = project.seeds.iter().any(|seed| seed.database.is_some());
    if seeds || project.models.iter().any(|model| model.database.is_some()) {
        add("macros/generate_database_name.sql", include_str!("templates/generate_database_name.sql"));
    }
    for part in &project.macros {
        add(&format!("macros/{}.sql", paths::name(&part.name)), &part.text);
    }
    if properties::uses_unique_combination(project) {
        add("tests/generic/unique_combination.sql", include_str!("templates/unique_combination.sql"));
    }
    if files.values().any(|text| body::uses_columns_of(text)) {
        let text = include_str!("templates/columns_of.sql");
        files.insert("macros/columns_of.sql".to_owned(), text.to_owned());
    }
    if properties::uses_sql_value(files) {
        let text = include_str!("templates/sql_value.sql");
        files.insert("macros/sql_value.sql".to_owned(), text.to_owned());
    }
}

/// A table of literals as CSV. NULL is an empty field.
fn csv(seed: &crate::plan::Seed) -> String {
    let line = |fields: Vec<String>| fields.join(",") + "\n";
    let mut out = line(seed.columns.iter().map(|column| csv_field(&column.name)).collect());
    for row in &seed.rows {
        out.push_str(&line(row.iter().map(|value| value.as_deref().map_or_else(String::new, csv_field)).collect()));
    }
    out
}

fn csv_field(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '/' | '+' | ' ');
    if text.is_empty() || !text.chars().all(plain) || text.trim() != text {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}

#[cfg(test)]
mod tests;
