//! Tables that are named with their database in one place and without it in another.
//!
//! In: all scripts. Out: the same, in which both names are one where the inputs name a single database; where they name several, a
//! finding for each table, since which of them a session has is not in the scripts. Never joins temporary tables to lasting ones.

use std::collections::{BTreeMap, BTreeSet};

use super::sql::effect::{rename, rename_sql};
use crate::finding::{Code, Finding};
use crate::name::{Ident, Relation};
use crate::steps::{Body, Fact, Guard, Script, Step};

/// Schema and name, as compared.
type Key = (String, String);

/// Gives names without a database the one that the inputs name.
pub fn name_databases(scripts: &mut [Script]) -> Vec<Finding> {
    let databases = databases(scripts);
    if databases.is_empty() {
        return Vec::new();
    }
    let single: BTreeSet<&str> = databases.values().flatten().map(|database| database.key.as_str()).collect();
    let single = single.len() == 1;
    let kept = kept(scripts);
    let mut findings: BTreeMap<Key, Finding> = BTreeMap::new();
    for script in scripts {
        let schema = script.dialect.traits().default_schema;
        let dialect = script.dialect;
        for step in &script.steps {
            for relation in named(step) {
                let Some(key) = key(&relation, schema).filter(|_| relation.database().is_none()) else { continue };
                let Some(of) = databases.get(&key).filter(|_| !single || kept.contains(&relation)) else { continue };
                let names: Vec<&str> = of.iter().map(|database| database.text.as_str()).collect();
                let message = format!(
                    "{relation} is named with a database ({}) and without one: taken for different tables",
                    names.join(", ")
                );
                let help = "write the database everywhere, or nowhere, where they are the same table";
                findings.entry(key).or_insert_with(|| Finding::at(Code::R323, step.span, message, help));
            }
        }
        let full = |relation: &Relation| {
            let key = key(relation, schema).filter(|_| single && relation.database().is_none())?;
            let database = databases.get(&key).filter(|_| !kept.contains(relation))?.first()?;
            let missing = (relation.parts().len() == 1).then(|| Ident::new(&key.0, true, dialect));
            let parts = std::iter::once(database.clone()).chain(missing).chain(relation.parts().iter().cloned());
            Some(Relation::new(parts.collect(), dialect))
        };
        for step in &mut script.steps {
            for guard in &mut step.guards {
                match guard {
                    Guard::If { condition, .. } => rename_sql(condition, &full),
                    Guard::Loop { head, query, .. } => {
                        rename_sql(head, &full);
                        if let Some(query) = query {
                            rename_sql(&mut query.sql, &full);
                        }
                    }
                    Guard::Handler { .. } => {}
                }
            }
            rename(&mut step.effect, &full);
        }
        let facts = script.facts.iter_mut().map(|fact: &mut Fact| &mut fact.relation);
        let tasks = script.tasks.iter_mut().flat_map(|task| task.takes.iter_mut().chain(&mut task.fills));
        for relation in facts.chain(tasks) {
            if let Some(new) = full(relation) {
                *relation = new;
            }
        }
    }
    findings.into_values().collect()
}

/// The databases of each table that is named with one.
fn databases(scripts: &[Script]) -> BTreeMap<Key, Vec<Ident>> {
    let mut found: BTreeMap<Key, BTreeSet<Ident>> = BTreeMap::new();
    for relation in scripts.iter().flat_map(|script| &script.steps).flat_map(named) {
        let database = relation.parts().len().checked_sub(3).and_then(|at| relation.parts().get(at));
        if let (Some(database), Some(key), 3) = (database, key(&relation, None), relation.parts().len())
            && relation.is_known()
        {
            found.entry(key).or_default().insert(database.clone());
        }
    }
    found.into_iter().map(|(key, all)| (key, all.into_iter().collect())).collect()
}

/// The relations whose names stay: of a script's own, and those that frames read.
fn kept(scripts: &[Script]) -> BTreeSet<Relation> {
    let mut kept = BTreeSet::new();
    for step in scripts.iter().flat_map(|script| &script.steps) {
        kept.extend(step.effect.made_temporary().cloned());
        if let Some(Body::Frame(frame)) = step.effect.body() {
            kept.extend(frame.relations());
        }
    }
    kept
}

fn named(step: &Step) -> Vec<Relation> {
    let written = step.effect.writes().into_iter().cloned();
    step.reads().into_iter().chain(written).collect()
}

/// Schema and name; the dialect's default schema where the name has none.
fn key(relation: &Relation, default: Option<&str>) -> Option<Key> {
    let mut parts = relation.parts().iter().rev();
    let name = parts.next().filter(|name| !name.key.starts_with(['#', '@']))?;
    let schema = parts.next().map(|schema| schema.key.as_str()).filter(|schema| !schema.is_empty()).or(default)?;
    Some((schema.to_owned(), name.key.clone()))
}
