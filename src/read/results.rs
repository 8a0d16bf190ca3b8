//! Scripts that only show rows: what they show is what they are for.
//!
//! In: scripts. Out: the same, in which the lone queries of a script that fills no lasting table make views named
//! after the file or procedure. Never touches a script that writes: a query there only looks at what was written.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Code, Finding};
use crate::name::Relation;
use crate::steps::{Effect, Form, Lifetime, Script, ScriptKind, Step};

/// Names the results of scripts that only show rows; what there is to say of the names.
pub fn name_results(scripts: &mut [Script]) -> Vec<Finding> {
    let called: BTreeSet<String> = scripts.iter().flat_map(|script| &script.steps).filter_map(called).collect();
    let written: BTreeSet<Relation> =
        scripts.iter().flat_map(|script| &script.steps).flat_map(|step| step.effect.writes()).cloned().collect();
    let mut read: BTreeMap<String, BTreeSet<Relation>> = BTreeMap::new();
    for relation in scripts.iter().flat_map(|script| &script.steps).flat_map(Step::reads) {
        read.entry(relation.name().to_lowercase()).or_default().insert(relation);
    }
    let mut taken = BTreeSet::new();
    let mut findings = Vec::new();
    for script in scripts {
        let shown = shown(script);
        if shown.is_empty() || called.contains(&bare(&script.name)) {
            continue;
        }
        let own: Vec<Relation> = script.steps.iter().flat_map(Step::reads).collect();
        let single = shown.len() == 1;
        for (number, at) in shown.into_iter().enumerate() {
            let stem = plain(&bare(&script.name));
            let name = if single { stem } else { format!("{stem}_{}", number + 1) };
            let asked = read.get(&name).and_then(|all| if all.len() == 1 { all.first() } else { None });
            let asked = asked.filter(|relation| !own.contains(relation) && !written.contains(relation));
            let plain = Relation::plain(&name, script.dialect);
            let clash = own.contains(&plain) || written.contains(&plain);
            let relation = match asked {
                Some(asked) => asked.clone(),
                None if clash => Relation::plain(&format!("{name}_result"), script.dialect),
                None => plain,
            };
            let Some(step) = script.steps.get_mut(at).filter(|_| taken.insert(relation.clone())) else { continue };
            let message = match asked {
                Some(asked) => format!(
                    "nothing names this query's rows; other scripts read {asked}, which is called as this file is"
                ),
                None => format!("nothing names this query's rows: they became {relation}, after the file"),
            };
            findings.push(Finding::at(Code::R318, step.span, message, "rename the model, or leave the file out"));
            name_one(step, relation);
        }
    }
    findings
}

fn name_one(step: &mut Step, relation: Relation) {
    if let Effect::Read { body } = &step.effect {
        let (lifetime, form) = (Lifetime::Lasting, Form::View);
        step.effect = Effect::Create { relation, lifetime, form, columns: Vec::new(), body: body.clone() };
    }
}

/// The queries whose rows are the result of the script; none where it fills a table, or takes values to show them for.
fn shown(script: &Script) -> Vec<usize> {
    let asked = script.params.iter().any(|param| param.default.is_none());
    let function = script.statements.first().is_some_and(|first| first.what == "function header");
    let sql = script.kind == ScriptKind::Sql || (script.kind == ScriptKind::Procedure && !asked && !function);
    if !sql || script.steps.iter().any(|step| changes_what_lasts(script, step)) {
        return Vec::new();
    }
    let check = |at: usize| script.checks.iter().any(|check| check.step == at);
    let steps = script.steps.iter().enumerate();
    let queries = steps.filter(|(at, step)| {
        let read =
            matches!(&step.effect, Effect::Read { body } if body.query().is_some_and(|query| !query.is_unknown()));
        read && step.guards.is_empty() && !check(*at) && !step.reads().is_empty()
    });
    queries.map(|(at, _)| at).collect()
}

/// Whether the step writes a relation that outlives the script, calls, or does what is not known.
fn changes_what_lasts(script: &Script, step: &Step) -> bool {
    if matches!(step.effect, Effect::Call { .. } | Effect::Opaque(_)) {
        return true;
    }
    let temporary = |relation: &Relation| {
        script.steps.iter().any(|step| match &step.effect {
            Effect::Create { relation: made, lifetime, .. } | Effect::Declare { relation: made, lifetime, .. } => {
                made == relation && *lifetime == Lifetime::Temporary
            }
            Effect::Replace { .. }
            | Effect::Append { .. }
            | Effect::Merge(_)
            | Effect::Update(_)
            | Effect::Delete(_)
            | Effect::Truncate { .. }
            | Effect::Drop { .. }
            | Effect::Rename { .. }
            | Effect::Swap { .. }
            | Effect::Alter { .. }
            | Effect::Call { .. }
            | Effect::Bind { .. }
            | Effect::Read { .. }
            | Effect::Opaque(_) => false,
        })
    };
    step.effect.writes().into_iter().any(|relation| !temporary(relation))
}

fn called(step: &Step) -> Option<String> {
    if let Effect::Call { procedure, .. } = &step.effect { Some(procedure.name().to_lowercase()) } else { None }
}

fn bare(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).to_lowercase()
}

/// The name with nothing but letters, digits and underscores.
fn plain(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        let c = if c.is_alphanumeric() { c } else { '_' };
        if !(c == '_' && (out.is_empty() || out.ends_with('_'))) {
            out.push(c);
        }
    }
    let out = out.trim_end_matches('_').to_owned();
    if out.is_empty() { "result".to_owned() } else { out }
}
