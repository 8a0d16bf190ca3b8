//! One table that a script fills anew and another fills in part: a full load and a daily one.
//!
//! In: versions. Out: a finding for each such pair, since the project does both at every run. Never decides which of the
//! two is meant: nothing in the scripts says when each of them runs.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use crate::finding::{Code, Finding};
use crate::name::Relation;
use crate::steps::{Effect, Lifetime, Step};

/// How one script fills a table.
#[derive(Debug, Default)]
struct Filling<'a> {
    /// The step that empties or makes it, where nothing stood before that.
    anew: bool,
    /// The first step that brings rows.
    first: Option<&'a Step>,
    /// What the rows come from.
    reads: BTreeSet<Relation>,
}

/// What there is to say of tables with a full load and a partial one.
pub(super) fn loads(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (relation, fillings) in fillings(context) {
        for (full, anew) in fillings.iter().filter(|(_, filling)| filling.anew) {
            for (part, filling) in fillings.iter().filter(|(script, filling)| !filling.anew && *script != full) {
                let common = anew.reads.intersection(&filling.reads).next();
                let (Some(common), Some(step)) = (common, filling.first) else { continue };
                let name = |script: &usize| context.scripts.get(*script).map_or("", |script| script.name.as_str());
                let message = format!(
                    "{relation} is filled anew by {} and in part by {}, both from {common}: every run of the project does both",
                    name(full),
                    name(part)
                );
                let help = "where one is the first load and the other the daily one, leave the full load out of the input (dbt \
                            makes the first run of an incremental model in full), or join the two under a parameter that says \
                            which is meant";
                findings.push(Finding::at(Code::R303, step.span, message, help));
            }
        }
    }
    findings
}

/// How each script that nothing calls fills each lasting table.
fn fillings<'a>(context: &Context<'a>) -> BTreeMap<&'a Relation, BTreeMap<usize, Filling<'a>>> {
    let called: BTreeSet<usize> = context.versions.called.iter().map(|(script, _)| *script).collect();
    let mut all: BTreeMap<&Relation, BTreeMap<usize, Filling>> = BTreeMap::new();
    for version in context.versions.list.iter().filter(|version| version.lifetime == Lifetime::Lasting) {
        let Some(id) = version.step.filter(|id| !called.contains(&id.script)) else { continue };
        let Some(step) = context.step(id).filter(|step| step.guards.is_empty()) else { continue };
        let filling = all.entry(&version.relation).or_default().entry(id.script).or_default();
        let empty = filling.first.is_none();
        match &step.effect {
            Effect::Truncate { .. } => filling.anew |= empty,
            Effect::Create { .. } | Effect::Replace { .. } => {
                filling.anew |= empty;
                filling.fill(step);
            }
            Effect::Append { .. } | Effect::Merge(_) => filling.fill(step),
            Effect::Declare { .. }
            | Effect::Update(_)
            | Effect::Delete(_)
            | Effect::Drop { .. }
            | Effect::Rename { .. }
            | Effect::Swap { .. }
            | Effect::Alter { .. }
            | Effect::Call { .. }
            | Effect::Bind { .. }
            | Effect::Read { .. }
            | Effect::Opaque(_) => {}
        }
    }
    all
}

impl<'a> Filling<'a> {
    fn fill(&mut self, step: &'a Step) {
        self.first.get_or_insert(step);
        self.reads.extend(step.effect.reads());
    }
}
