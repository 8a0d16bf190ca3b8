//! One definition for what several scripts define in the same way.
//!
//! In: drafts with bodies. Out: fewer drafts: those that say the same over the same rows are one, and all readers of
//! either read it. Drafts of one script stay apart, as do two that last under different names.

use std::collections::{BTreeMap, BTreeSet};

use super::Materialized;
use super::context::Context;
use super::drafts::{Draft, Part};
use super::names::snake;
use crate::finding::{Code, Finding};
use crate::graph::order;
use crate::steps::Effect;
use crate::versions::VersionId;

/// Joins drafts, and marks those that write what another draft owns.
pub(super) fn share(context: &Context, drafts: &mut Vec<Draft>) -> Vec<Finding> {
    let mut same: BTreeMap<VersionId, VersionId> = BTreeMap::new();
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    let mut gone: BTreeSet<usize> = BTreeSet::new();
    for at in by_dependency(drafts) {
        let keys = drafts.get(at).map(|draft| keys(context, draft, &same)).unwrap_or_default();
        let kept = keys.iter().find_map(|key| first.get(key)).copied();
        let pair = kept.and_then(|kept| Some((kept, join(context, drafts.get(kept)?, drafts.get(at)?)?)));
        let stays = pair.as_ref().map_or(at, |(kept, _)| *kept);
        for key in keys {
            first.entry(key).or_insert(stays);
        }
        if let Some((kept, joined)) = pair {
            let last = joined.last();
            same.extend(joined.stands_for.iter().filter_map(|version| Some((*version, last?))));
            if let Some(kept) = drafts.get_mut(kept) {
                *kept = joined;
            }
            gone.insert(at);
        }
    }
    let mut at = 0;
    drafts.retain(|_| {
        at += 1;
        !gone.contains(&(at - 1))
    });
    rivals(context, drafts)
}

/// Indices of the drafts, parents first.
pub(super) fn by_dependency(drafts: &[Draft]) -> Vec<usize> {
    let owners = super::layers::owners(drafts);
    let before = |draft: &Draft| draft.reads.iter().filter_map(|read| owners.get(read).copied()).collect();
    let predecessors: Vec<Vec<usize>> = drafts.iter().map(before).collect();
    let order = order(&predecessors);
    order.waves.into_iter().flatten().chain(order.circles.into_iter().flatten()).collect()
}

/// Drafts that have one of these in common say the same. None for those that cannot be compared.
fn keys(context: &Context, draft: &Draft, same: &BTreeMap<VersionId, VersionId>) -> Vec<String> {
    if draft.manual.is_some() || draft.python {
        return Vec::new();
    }
    let name = |id: VersionId| format!("<{}>", same.get(&id).copied().unwrap_or(id).0);
    let kept = match draft.materialized {
        Materialized::View | Materialized::Table | Materialized::Ephemeral => "",
        Materialized::Incremental(_) => "incremental ",
    };
    let keys = fingerprint(context, draft, &name).into_iter().chain([plain(&draft.body, &name)]);
    keys.map(|key| format!("{kept}{key}")).collect()
}

/// What the reader made of the query, when the draft is one query. It does not say what variables hold.
fn fingerprint(context: &Context, draft: &Draft, name: &dyn Fn(VersionId) -> String) -> Option<String> {
    if let ([only], Some(step)) = (draft.versions.as_slice(), draft.last().and_then(|last| context.version(last)?.step))
        && let Some(Effect::Create { columns, .. }) = context.maker(*only).map(|step| &step.effect)
        && let Some(query) =
            context.query(step).filter(|query| !query.fingerprint.is_empty() && query.sql.variables.is_empty())
    {
        let mut text = query.fingerprint.clone();
        for (n, mention) in query.sql.mentions.iter().enumerate() {
            text = text.replace(&format!("\u{1}{n}\u{1}"), &name(context.seen(step, &mention.relation)?));
        }
        return Some(format!("{text} {}", columns.join(",")));
    }
    None
}

/// The parts in lower case and single spaces, but for what stands in quotes.
pub(super) fn plain(parts: &[Part], name: &dyn Fn(VersionId) -> String) -> String {
    let mut out = String::new();
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(&squeezed(text)),
            Part::Read(id) => out.push_str(&name(*id)),
            Part::Var { name, .. } => out.push_str(&format!("<var {name}>")),
            Part::This => out.push_str("<this>"),
            Part::IfIncremental(inner) => out.push_str(&format!("<if {}>", plain(inner, name))),
            Part::Each { columns, parts } => {
                out.push_str(&format!("<each {}: {}>", columns.join(","), plain(parts, name)));
            }
            Part::Call { name, arguments } => out.push_str(&format!("<{name} {}>", arguments.join(","))),
            Part::IfThere { then, otherwise, .. } => {
                out.push_str(&format!("<if there: {} else {}>", plain(then, name), plain(otherwise, name)));
            }
            Part::If { condition, then, otherwise } => {
                out.push_str(&format!("<if {condition}: {} else {}>", plain(then, name), plain(otherwise, name)));
            }
        }
    }
    out.trim().to_owned()
}

fn squeezed(text: &str) -> String {
    let mut out = String::new();
    let mut quote: Option<char> = None;
    let comments = text.contains("--");
    for c in text.chars() {
        match quote {
            Some(open) => {
                if c == open {
                    quote = None;
                }
                out.push(c);
            }
            // Behind a comment, the end of the line means something.
            None if c == '\n' && comments => out.push('\n'),
            None if c.is_whitespace() => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            None => {
                if matches!(c, '\'' | '"' | '`') {
                    quote = Some(c);
                }
                out.extend(c.to_lowercase());
            }
        }
    }
    out
}

/// The two as one draft; none where they must stay apart.
fn join(context: &Context, kept: &Draft, other: &Draft) -> Option<Draft> {
    let script = |draft: &Draft| context.version(draft.last()?)?.step.map(|step| step.script);
    if script(kept) == script(other) {
        return None;
    }
    let (left, right) = (lasting(context, kept), lasting(context, other));
    let apart = match (left, right) {
        (Some(left), Some(right)) => {
            context.version(left).map(|version| &version.relation)
                != context.version(right).map(|version| &version.relation)
        }
        (None, _) | (_, None) => false,
    };
    if apart {
        return None;
    }
    // The one that lasts gives the name and the place.
    let (main, more) = if left.is_none() && right.is_some() { (other, kept) } else { (kept, other) };
    let mut joined = main.clone();
    joined.stands_for.extend(&more.stands_for);
    joined.also.extend(more.versions.iter().filter_map(|id| context.version(*id)?.step));
    joined.also.extend(&more.also);
    Some(joined)
}

/// The lasting version that a draft's readers see.
pub(super) fn lasting(context: &Context, draft: &Draft) -> Option<VersionId> {
    draft.stands_for.iter().copied().find(|id| context.lasts(*id))
}

/// Drafts that make a relation anew which an earlier script makes anew as well: each gets a name of its own.
fn rivals(context: &Context, drafts: &mut [Draft]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rivals in &context.versions.rivals {
        let mut owner: Option<usize> = None;
        for version in rivals {
            let Some(at) = drafts.iter().position(|draft| draft.stands_for.contains(version)) else { continue };
            let Some(first) = owner else {
                owner = Some(at);
                continue;
            };
            let step = context.version(*version).and_then(|version| version.step);
            let Some(script) = step.and_then(|step| context.script(step)) else { continue };
            if first == at {
                continue;
            }
            let before = drafts.get(first).and_then(|draft| writer(context, draft)).unwrap_or_default();
            let Some(draft) = drafts.get_mut(at).filter(|draft| draft.rival.is_none()) else { continue };
            draft.rival = Some(snake(&script.name));
            if let (Some(step), Some(version)) = (step.and_then(|step| context.step(step)), context.version(*version)) {
                let message =
                    format!("{} is written by {before} and, in another way, by {}", version.relation, script.name);
                let help = format!("decide which one owns it; here {before} does, and the other has a name of its own");
                findings.push(Finding::at(Code::R303, step.span, message, help));
            }
        }
    }
    findings
}

/// The name of the script that makes a draft.
pub(super) fn writer(context: &Context, draft: &Draft) -> Option<String> {
    let step = context.version(draft.last()?)?.step?;
    context.script(step).map(|script| script.name.clone())
}
