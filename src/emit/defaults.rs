//! What `dbt_project.yml` says for whole folders, so that a model only says where it differs.
//!
//! In: the models. Out: schema and materialization by folder. Never changes where a model lands.

use std::collections::{BTreeMap, BTreeSet};

use crate::emit::paths;
use crate::emit::places::{Place, Places};
use crate::plan::{Layer, Materialized, Model, Project};

/// What comes before every schema while the project runs beside the scripts.
pub(super) const TRIAL_PREFIX: &str = "trial_";

/// Settings of folders below `models/`.
#[derive(Debug, Default)]
pub(super) struct Defaults {
    /// Materialization by layer.
    materialized: BTreeMap<Layer, &'static str>,
    /// Schema by folder (`models/marts/analytics`), where every model in it has one and most have this.
    schemas: BTreeMap<String, String>,
    /// Folders that hold models.
    folders: BTreeSet<String>,
}

impl Defaults {
    /// The settings that fit most models of `project`.
    pub(super) fn of(project: &Project, places: &Places) -> Self {
        let mut defaults = Self::default();
        for layer in [Layer::Staging, Layer::Intermediate, Layer::Marts] {
            let names =
                project.models.iter().filter(|model| model.layer == layer).map(|model| simple(&model.materialized));
            let fallback = if layer == Layer::Marts { "table" } else { "view" };
            defaults.materialized.insert(layer, most_common(names).flatten().unwrap_or(fallback));
        }
        let mut folders: BTreeMap<String, Vec<Option<&str>>> = BTreeMap::new();
        for model in &project.models {
            let schemas = folders.entry(paths::model_folder(model)).or_default();
            // What a model must say itself is no default.
            if !matches!(places.landing(model), Some(Place::Expression(_))) {
                schemas.push(model.schema.as_deref());
            }
        }
        for (folder, schemas) in folders {
            defaults.folders.insert(folder.clone());
            if schemas.iter().all(Option::is_some)
                && let Some(Some(schema)) = most_common(schemas.into_iter())
            {
                defaults.schemas.insert(folder, schema.to_owned());
            }
        }
        defaults.share(Layer::Staging);
        defaults.share(Layer::Intermediate);
        defaults
    }

    /// Says once for a layer what all of its folders say.
    fn share(&mut self, layer: Layer) {
        let root = format!("models/{}", layer.name());
        let within = |folder: &str| folder.strip_prefix(&root).is_some_and(|rest| rest.starts_with('/'));
        let folders: Vec<String> = self.folders.iter().filter(|folder| within(folder)).cloned().collect();
        let mut schemas = folders.iter().map(|folder| self.schemas.get(folder));
        let Some(Some(schema)) = schemas.next().map(Option::<&String>::cloned) else { return };
        if !self.folders.contains(&root) && schemas.all(|other| other == Some(&schema)) {
            self.schemas.retain(|folder, _| !within(folder));
            self.schemas.insert(root, schema);
        }
    }

    /// The materialization of a layer.
    pub(super) fn materialized(&self, layer: Layer) -> &'static str {
        self.materialized.get(&layer).copied().unwrap_or("view")
    }

    /// Folders with a schema of their own, in order.
    pub(super) fn schemas(&self) -> impl Iterator<Item = (&str, &str)> {
        self.schemas.iter().map(|(folder, schema)| (folder.as_str(), schema.as_str()))
    }

    /// The schema that the folder of `model` has, or the nearest one above it.
    pub(super) fn schema(&self, model: &Model) -> Option<&str> {
        let folder = paths::model_folder(model);
        let mut above = Some(folder.as_str());
        while let Some(folder) = above {
            if let Some(schema) = self.schemas.get(folder) {
                return Some(schema);
            }
            above = folder.rsplit_once('/').map(|(above, _)| above);
        }
        None
    }
}

/// A materialization that needs no settings, and so may stand for a folder.
fn simple(materialized: &Materialized) -> Option<&'static str> {
    match materialized {
        Materialized::View => Some("view"),
        Materialized::Table => Some("table"),
        Materialized::Ephemeral | Materialized::Incremental(_) => None,
    }
}

/// The value that occurs most often; of several, the first in their order.
fn most_common<T: Ord + Copy>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    let most = counts.values().copied().max()?;
    counts.into_iter().find(|(_, count)| *count == most).map(|(value, _)| value)
}
