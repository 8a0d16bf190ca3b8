//! Rule R407: a step selects every column, and those that read it use a few.

use std::collections::BTreeSet;

use super::Inputs;
use crate::finding::{Code, Finding};
use crate::graph::{Columns, columns};
use crate::name::Relation;
use crate::steps::{Body, ColumnUse, Effect, Output, Query};
use crate::versions::{StepId, VersionId};

/// R407: for each version that a `select *` makes, how many of its columns its readers use.
pub fn unused(inputs: &Inputs) -> Vec<Finding> {
    let known = columns(inputs.scripts, inputs.versions);
    (0..inputs.versions.list.len()).filter_map(|at| of_version(inputs, &known, VersionId(at))).collect()
}

fn of_version(inputs: &Inputs, known: &Columns, id: VersionId) -> Option<Finding> {
    let version = inputs.versions.get(id)?;
    let maker = version.step?;
    let step = inputs.scripts.get(maker.script)?.steps.get(maker.step)?;
    if !matches!(step.effect, Effect::Create { .. } | Effect::Replace { .. }) || !has_star(query(&step.effect)?) {
        return None;
    }
    let all: BTreeSet<&str> = known.get(id)?.iter().map(|column| column.name.as_str()).collect();
    let readers: BTreeSet<StepId> =
        inputs.versions.flows.iter().filter(|flow| flow.from == id).map(|flow| flow.step).collect();
    let mut used: BTreeSet<String> = BTreeSet::new();
    for reader in &readers {
        let effect = &inputs.scripts.get(reader.script)?.steps.get(reader.step)?.effect;
        used.extend(used_of(query(effect)?, &version.relation)?);
    }
    let used = all.iter().filter(|name| used.contains(**name)).count();
    if readers.is_empty() || used == 0 || used == all.len() {
        return None;
    }
    let message = format!("{} takes all {} columns, and {used} of them are used", version.relation, all.len());
    Some(Finding::at(Code::R407, step.span, message, "name the columns that are needed"))
}

fn query(effect: &Effect) -> Option<&Query> {
    effect.body().and_then(Body::query)
}

fn has_star(query: &Query) -> bool {
    query.outputs.iter().any(|output| matches!(output, Output::Star { .. }))
}

/// The columns of `relation` that a query uses; none when it takes all, or when that cannot be told.
pub(super) fn used_of(query: &Query, relation: &Relation) -> Option<BTreeSet<String>> {
    let mut uses: Vec<&ColumnUse> = query.deciding.iter().collect();
    for output in query.outputs.iter().chain(query.branches.iter().flatten()) {
        match output {
            Output::Star { relation: of, .. } if of == relation => return None,
            Output::Star { .. } => {}
            Output::Column { from, .. } => uses.extend(from),
        }
    }
    if query.outputs.is_empty() {
        return None;
    }
    let of_relation = uses.into_iter().filter(|used| used.relations.contains(relation));
    Some(of_relation.map(|used| used.column.clone()).collect())
}
