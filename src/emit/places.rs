//! Schemas and databases as dbt is told them.
//!
//! In: the project. Out: a name as it stands, or an expression where it is taken from a variable or is another one on the
//! embedded database. Never changes which relation is meant.

use std::collections::{BTreeMap, BTreeSet};

use crate::emit::jinja;
use crate::emit::properties::rendered;
use crate::emit::yaml::Yaml;
use crate::plan::{Model, Project};

/// The name of a schema or a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// The name itself.
    Name(String),
    /// A Jinja expression.
    Expression(String),
}

impl Place {
    /// As an expression of Jinja.
    pub(super) fn jinja(&self) -> String {
        match self {
            Self::Name(name) => jinja::literal(name),
            Self::Expression(expression) => expression.clone(),
        }
    }

    /// As a value that dbt renders.
    pub(super) fn yaml(&self) -> Yaml {
        match self {
            Self::Name(name) => rendered(name),
            Self::Expression(expression) => Yaml::text(format!("{{{{ {expression} }}}}")),
        }
    }
}

/// What a project's schemas and databases are called.
#[derive(Debug)]
pub(super) struct Places<'a> {
    project: &'a Project,
    /// Schemas in which two databases have a relation of one name.
    shared: BTreeSet<&'a str>,
}

impl<'a> Places<'a> {
    /// Those of `project`.
    pub(super) fn of(project: &'a Project) -> Self {
        type Named<'a> = (&'a Option<String>, &'a Option<String>, &'a str);
        let models = project
            .models
            .iter()
            .map(|model| -> Named { (&model.schema, &model.database, model.alias.as_deref().unwrap_or(&model.name)) });
        let sources = project.sources.iter().map(|source| -> Named {
            (&source.schema, &source.database, source.identifier.as_deref().unwrap_or(&source.table))
        });
        let seeds = project
            .seeds
            .iter()
            .map(|seed| -> Named { (&seed.schema, &seed.database, seed.alias.as_deref().unwrap_or(&seed.name)) });
        let mut databases: BTreeMap<(&str, String), BTreeSet<Option<&str>>> = BTreeMap::new();
        for (schema, database, name) in models.chain(sources).chain(seeds) {
            if let Some(schema) = schema {
                databases.entry((schema, name.to_lowercase())).or_default().insert(database.as_deref());
            }
        }
        databases.retain(|_, several| several.len() > 1);
        let shared = databases.into_keys().map(|(schema, _)| schema).collect();
        Self { project, shared }
    }

    /// A database, or a schema by itself: its name, or the variable that it is taken from.
    pub(super) fn database(&self, name: &str) -> Place {
        match self.project.places.get(&name.to_lowercase()) {
            Some(variable) => Place::Expression(format!("var({})", jinja::literal(variable))),
            None => Place::Name(name.to_owned()),
        }
    }

    /// The database of a source. The embedded database has no such database: there, the schema alone tells the tables apart.
    pub(super) fn of_source(&self, name: &str) -> Place {
        let kept = self.database(name).jinja();
        Place::Expression(format!("target.database if target.type == 'duckdb' else {kept}"))
    }

    /// A schema of a database. The embedded database has no other beside it, so that the schema tells them apart there.
    pub(super) fn schema(&self, database: Option<&str>, schema: &str) -> Place {
        let plain = self.database(schema);
        match self.embedded(database, schema) {
            Some(embedded) => {
                let embedded = jinja::literal(&embedded);
                Place::Expression(format!("{embedded} if target.type == 'duckdb' else {}", plain.jinja()))
            }
            None => plain,
        }
    }

    /// The schema in which a model lands; none for the target's own. A Python model's settings are no Jinja.
    pub(super) fn landing(&self, model: &Model) -> Option<Place> {
        let schema = model.schema.as_deref()?;
        let name = Place::Name(schema.to_owned());
        Some(if model.python { name } else { self.schema(model.database.as_deref(), schema) })
    }

    /// What a schema is called on the embedded database, where that is not its own name.
    pub(super) fn embedded(&self, database: Option<&str>, schema: &str) -> Option<String> {
        let database = database.filter(|_| self.shared.contains(schema))?;
        Some(format!("{database}_{schema}"))
    }
}
