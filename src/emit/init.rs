//! A project to start from: complete, and without models.
//!
//! In: a name and a target. Out: files that dbt builds at once.

use minijinja::context;

use crate::dialect::Dialect;
use crate::emit::defaults::Defaults;
use crate::emit::markdown::{code, text};
use crate::emit::{Files, paths, project, seal, template};
use crate::plan::{Account, Project};
use crate::text::Sources;

/// `refract.toml` with every key, commented out.
pub const SETTINGS: &str = include_str!("templates/refract.toml");

/// The files of an empty project; `target` is DuckDB where none was chosen.
pub fn init(name: &str, target: Option<Dialect>) -> Files {
    let project = empty(&paths::name(name), target);
    let adapter = project.target.traits().adapter;
    let mut files = Files::new();
    let mut add = |path: &str, text: String| files.insert(path.to_owned(), text);
    add("dbt_project.yml", project::dbt_project(&project, &Defaults::of(&project)));
    add("profiles.yml", project::profiles(&project));
    add("macros/generate_schema_name.sql", include_str!("templates/generate_schema_name.sql").to_owned());
    add("refract.toml", SETTINGS.to_owned());
    add(".gitignore", include_str!("templates/gitignore").to_owned());
    for folder in ["models/staging", "models/intermediate", "models/marts", "seeds", "snapshots", "tests"] {
        add(&format!("{folder}/.gitkeep"), String::new());
    }
    let values = context! {
        name => text(&project.name),
        adapter => adapter,
        variables => project::variables(project.target).map(code).collect::<Vec<_>>().join(", "),
    };
    add("README.md", template::render("readme_init.md", values));
    seal(&mut files, &Sources::default(), &[("project", project.name), ("target", adapter.to_owned())]);
    files
}

fn empty(name: &str, target: Option<Dialect>) -> Project {
    Project {
        name: name.to_owned(),
        target: target.unwrap_or(Dialect::DuckDb),
        target_chosen: target.is_some(),
        models: Vec::new(),
        sources: Vec::new(),
        seeds: Vec::new(),
        snapshots: Vec::new(),
        exposures: Vec::new(),
        macros: Vec::new(),
        tests: Vec::new(),
        vars: Vec::new(),
        stays: Vec::new(),
        orchestrations: Vec::new(),
        account: Account::default(),
        findings: Vec::new(),
    }
}
