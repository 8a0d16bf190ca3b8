//! References between models that joins give away.
//!
//! In: models with the shapes of their queries. Out: tests that each value of a join key is there in the staging model
//! of what looks like its parent. They only warn: the scripts go on without the missing rows. A parent that leaves
//! rows of its source out, or whose column is no key, gives no test.

use std::collections::BTreeMap;

use super::names::snake;
use super::shapes::Known;
use super::{DataTest, Dependency, Layer, Model, ModelColumn, SourceTable, TestKind};
use crate::sql::shape::{Column, Expr, Join, TableKind};

/// A column that refers to another.
struct Reference {
    child: String,
    column: String,
    parent: String,
    field: String,
    reason: String,
}

/// Adds the tests.
pub(super) fn relate(models: &mut [Model], known: &BTreeMap<String, Known>, sources: &[SourceTable]) {
    let mut found: Vec<Reference> = Vec::new();
    for model in models.iter() {
        let Some(shape) = known.get(&model.name) else { continue };
        found.extend(references(model, shape, models, known, sources));
    }
    for reference in found {
        add(models, &reference);
    }
}

/// The references that a model's joins give away.
fn references(
    model: &Model,
    shape: &Known,
    models: &[Model],
    known: &BTreeMap<String, Known>,
    sources: &[SourceTable],
) -> Vec<Reference> {
    let mut found = Vec::new();
    for select in shape.selects() {
        for table in &select.tables {
            if !matches!(table.join, Join::Inner | Join::Left) {
                continue;
            }
            for term in table.on.iter().flat_map(Expr::terms) {
                let Expr::Operator(op, sides) = term else { continue };
                let ("=", [left, right]) = (op.as_str(), sides.as_slice()) else { continue };
                let (Some(left), Some(right)) = (shape.origin(select, left), shape.origin(select, right)) else {
                    continue;
                };
                let without = if table.join == Join::Left { "keeps" } else { "leaves out" };
                for ((child, column), (parent, field)) in [(&left, &right), (&right, &left)] {
                    let (Dependency::Model(child), Dependency::Model(parent)) = (child, parent) else { continue };
                    if child != parent && is_parent(parent, field, column, models, known, sources) {
                        let reason =
                            format!("{} joins it to {parent}.{field}, and {without} rows that have none", model.name);
                        let (child, parent) = (child.clone(), parent.clone());
                        found.push(Reference { child, column: column.clone(), parent, field: field.clone(), reason });
                    }
                }
            }
        }
    }
    found
}

/// Whether a model is the staging of a whole table of which `field` is the key that `column` is named for.
fn is_parent(
    parent: &str,
    field: &str,
    column: &str,
    models: &[Model],
    known: &BTreeMap<String, Known>,
    sources: &[SourceTable],
) -> bool {
    let Some(model) = models.iter().find(|model| model.name == parent && model.layer == Layer::Staging) else {
        return false;
    };
    let Some(table) = known.get(parent).and_then(|shape| whole_table(shape, field)) else { return false };
    let source = sources.iter().find(|own| Dependency::Source(own.source.clone(), own.table.clone()) == *table);
    let declared = source.is_some_and(|own| own.columns.iter().any(|own| own.unique && snake(&own.name) == *field));
    let tested = |test: &DataTest| test.kind == TestKind::Unique && !test.warn;
    let unique = model.columns.iter().any(|own| own.name.to_lowercase() == *field && own.tests.iter().any(tested));
    let relation = source.map_or(parent, |own| own.table.as_str());
    let named = is_key_of(field, relation) && is_reference_to(column, relation);
    declared || unique || named
}

/// The source that a staging model gives whole, with that column unchanged.
fn whole_table<'a>(shape: &'a Known, field: &str) -> Option<&'a Dependency> {
    let (true, [select]) = (shape.shape.ctes.is_empty(), shape.shape.branches.as_slice()) else { return None };
    let whole = select.filter.is_none() && select.group.is_none() && !select.more && !select.distinct;
    let [table] = select.tables.as_slice() else { return None };
    let TableKind::Relation(number) = table.what else { return None };
    let comes_out = select.columns.iter().any(|column| match column {
        Column::Star(_) => true,
        Column::Named(name, value) => name == field && matches!(value, Expr::Column(..)),
    });
    let source = shape.reads.get(number)?.as_ref()?;
    (whole && comes_out && matches!(source, Dependency::Source(..))).then_some(source)
}

/// Endings of the names of keys.
const ENDINGS: &[&str] = &["_id", "_key", "_code", "_no", "_nr", "_number", "_sk", "_bk", "id"];

/// `customer_id` or `id`, of `customers`.
fn is_key_of(field: &str, relation: &str) -> bool {
    matches!(field, "id" | "key" | "code") || is_reference_to(field, relation)
}

/// `customer_id` or `billing_customer_id`, to `customers`.
fn is_reference_to(column: &str, relation: &str) -> bool {
    let relation = snake(relation);
    let stems = [relation.as_str()].into_iter().chain(relation.rsplit('_').next()).flat_map(singulars);
    let stem = ENDINGS.iter().find_map(|ending| column.strip_suffix(ending)).unwrap_or("");
    let mut stems = stems.filter(|stem| stem.len() > 1);
    !stem.is_empty() && stems.any(|own| stem == own || stem.ends_with(&format!("_{own}")))
}

/// What one row of a table may be called: `customers`, `customer`; `categories`, `category`; `addresses`, `address`.
fn singulars(name: &str) -> Vec<String> {
    let mut all = vec![name.to_owned()];
    all.extend(name.strip_suffix("ies").map(|stem| format!("{stem}y")));
    all.extend(name.strip_suffix("es").map(ToOwned::to_owned));
    all.extend(name.strip_suffix('s').map(ToOwned::to_owned));
    all
}

fn add(models: &mut [Model], reference: &Reference) {
    let Some(model) = models.iter_mut().find(|model| model.name == reference.child) else { return };
    if !model.columns.iter().any(|own| own.name.to_lowercase() == reference.column) {
        let name = reference.column.clone();
        model.columns.push(ModelColumn { name, ..ModelColumn::default() });
    }
    let own = model.columns.iter_mut().find(|own| own.name.to_lowercase() == reference.column);
    let Some(column) = own else { return };
    let to = Dependency::Model(reference.parent.clone());
    let kind = TestKind::Relationships { to, field: reference.field.clone() };
    let refers = |test: &DataTest| matches!(test.kind, TestKind::Relationships { .. });
    if !column.tests.iter().any(refers) {
        column.tests.push(DataTest { kind, reason: reference.reason.clone(), warn: true });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_named_for_their_table() {
        let rows = [
            ("customer_id", "customers", true),
            ("billing_customer_id", "customers", true),
            ("category_code", "categories", true),
            ("customer_id", "crm_customers", true),
            ("customer_id", "orders", false),
            ("order_date", "dates", false),
            ("id", "customers", false),
            ("region", "regions", false),
        ];
        for (column, relation, expected) in rows {
            assert_eq!(is_reference_to(column, relation), expected, "{column} to {relation}");
        }
    }
}
