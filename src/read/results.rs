//! Scripts that only show rows: what they show is what they are for.
//!
//! In: scripts. Out: the same, in which the lone queries of a script that fills no lasting table make views named
//! after the file or procedure. Never touches a script that writes: a query there only looks at what was written.

use std::collections::{BTreeMap, BTreeSet};

use super::files;
use crate::dialect::Dialect;
use crate::finding::{Code, Finding};
use crate::name::Relation;
use crate::steps::{Effect, Fact, FactKind, Form, Lifetime, Output, Query, Script, ScriptKind, Step};

/// Names the results of scripts that only show rows; what there is to say of the names.
pub fn name_results(scripts: &mut [Script]) -> Vec<Finding> {
    let called: BTreeSet<String> = scripts.iter().flat_map(|script| &script.steps).filter_map(called).collect();
    let written: BTreeSet<Relation> =
        scripts.iter().flat_map(|script| &script.steps).flat_map(|step| step.effect.writes()).cloned().collect();
    let mut read: BTreeMap<String, BTreeSet<Relation>> = BTreeMap::new();
    for relation in scripts.iter().flat_map(|script| &script.steps).flat_map(Step::reads) {
        read.entry(relation.name().to_lowercase()).or_default().insert(relation);
    }
    let facts = scripts.iter().flat_map(|script| &script.facts);
    let loaded: Vec<Fact> = facts.filter(|fact| matches!(fact.kind, FactKind::LoadedFrom(_))).cloned().collect();
    let mut taken = BTreeSet::new();
    let mut findings = Vec::new();
    for script in scripts {
        findings.extend(name_sent(script, &mut taken, &written, &loaded));
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

/// Names the queries whose rows a script writes to files, as views: another program then has a table to write them from.
/// The rows of a table that the scripts fill, as they are in the end, need no further name.
fn name_sent(
    script: &mut Script,
    taken: &mut BTreeSet<Relation>,
    written: &BTreeSet<Relation>,
    loaded: &[Fact],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for at in 0..script.steps.len() {
        let Some(step) = script.steps.get(at) else { continue };
        let (Some(to), Effect::Read { body }) = (&step.sent, &step.effect) else { continue };
        let Some(query) = body.query().filter(|query| !query.is_unknown()) else { continue };
        let later = || script.steps.iter().skip(at + 1).flat_map(|step| step.effect.writes());
        let whole = only_table(query).filter(|table| written.contains(table) && !later().any(|later| later == *table));
        let free = step.guards.is_empty() && query.sql.variables.is_empty() && script.kind != ScriptKind::Airflow;
        if let Some(load) = loaded.iter().find(|fact| fact.kind.is_loaded_from(to)) {
            let table = &load.relation;
            let message = format!("`{to}` only carries rows to {table}, which is loaded from it");
            let help = "make that table a model over these rows, or keep the file and its load outside of dbt";
            findings.push(Finding::at(Code::R311, step.span, message, help));
            continue;
        }
        let help = "let something else write the file from that model";
        let message = match whole.filter(|table| !script.makes_for_itself(table)) {
            Some(table) => format!("`{to}` is written from {table}"),
            None if !free || step.reads().is_empty() => {
                format!("`{to}` is written from a query that only the run makes, or that a task sends")
            }
            None => {
                let relation = file_relation(to, taken, written, script.dialect);
                taken.insert(relation.clone());
                let message = format!("`{to}` is written: its rows became the view {relation}");
                if let Some(step) = script.steps.get_mut(at) {
                    findings.push(Finding::at(Code::R311, step.span, message, help));
                    name_one(step, relation);
                }
                continue;
            }
        };
        findings.push(Finding::at(Code::R311, step.span, message, help));
    }
    findings
}

/// The table whose rows and columns the query gives as they are.
fn only_table(query: &Query) -> Option<&Relation> {
    let ([Output::Star { relation, except }], [_]) = (query.outputs.as_slice(), query.sql.mentions.as_slice()) else {
        return None;
    };
    let words = query.sql.text.split_whitespace().count();
    (except.is_empty() && words == 4).then_some(relation)
}

/// `files.name`, after the file or folder that is written; a table of that name is another.
fn file_relation(path: &str, taken: &BTreeSet<Relation>, written: &BTreeSet<Relation>, dialect: Dialect) -> Relation {
    let mut parts = path.rsplit(['/', '\\']).map(|part| plain(part.split('.').next().unwrap_or(part)));
    let stem = parts.find(|part| part != "result").unwrap_or_else(|| "rows".to_owned()).to_lowercase();
    let relation = |name: &str| files::relation(name, dialect);
    let is_free = |name: &String| {
        let table = written.iter().any(|table| table.name().eq_ignore_ascii_case(name));
        !table && !taken.contains(&relation(name))
    };
    let named =
        (1..=9999).map(|number| if number > 1 { format!("{stem}_file_{number}") } else { format!("{stem}_file") });
    let name = std::iter::once(stem.clone()).chain(named).find(is_free).unwrap_or(stem);
    relation(&name)
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
        read && step.sent.is_none() && step.guards.is_empty() && !check(*at) && !step.reads().is_empty()
    });
    queries.map(|(at, _)| at).collect()
}

/// Whether the step writes a relation that outlives the script, calls, or does what is not known.
fn changes_what_lasts(script: &Script, step: &Step) -> bool {
    if matches!(step.effect, Effect::Call { .. } | Effect::Opaque(_)) {
        return true;
    }
    step.effect.writes().into_iter().any(|relation| !script.makes_for_itself(relation))
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
