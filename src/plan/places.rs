//! Schemas and databases that are filled in from outside.
//!
//! In: scripts and the project. Out: a variable for each that the project names. Never changes what a relation is called.

use std::collections::BTreeSet;

use super::names::snake;
use super::{Project, Var};
use crate::steps::{FilledPlace, Script};

/// Gives the project the variables that its schemas and databases are taken from.
pub(super) fn fill(scripts: &[Script], project: &mut Project) {
    let named = named(project);
    for script in scripts {
        for place in &script.places {
            let key = place.name.to_lowercase();
            let variable = snake(&place.name);
            if !named.contains(&key) || variable.is_empty() || project.places.contains_key(&key) {
                continue;
            }
            give(project, &variable, place, script);
            project.places.insert(key, variable);
        }
    }
    project.vars.sort_by(|left, right| left.name.cmp(&right.name));
}

/// The variable with a value: sources are named before anything runs.
fn give(project: &mut Project, variable: &str, place: &FilledPlace, script: &Script) {
    let default = || Some(place.default.clone().unwrap_or_else(|| place.name.trim_start_matches('@').to_owned()));
    if let Some(known) = project.vars.iter_mut().find(|var| var.name == variable) {
        if known.default.is_none() {
            known.default = default();
        }
        return;
    }
    project.vars.push(Var {
        name: variable.to_owned(),
        default: default(),
        computed: String::new(),
        sql_type: String::new(),
        description: format!("the schema or database {} of {}", place.written, script.name),
    });
}

/// Every schema and database of the project, in lower case.
fn named(project: &Project) -> BTreeSet<String> {
    let models = project.models.iter().flat_map(|model| [&model.schema, &model.database]);
    let sources = project.sources.iter().flat_map(|source| [&source.schema, &source.database]);
    let seeds = project.seeds.iter().flat_map(|seed| [&seed.schema, &seed.database]);
    models.chain(sources).chain(seeds).flatten().map(|name| name.to_lowercase()).collect()
}
