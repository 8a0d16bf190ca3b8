//! Definitions that have drifted apart.
//!
//! In: drafts, after shared definitions are joined. Out: a finding for each draft that derives, in another script,
//! nearly the same from the same sources. Never changes a draft.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::drafts::Draft;
use super::names::stripped;
use super::shared::{by_dependency, plain, writer};
use crate::finding::{Code, Finding};
use crate::versions::VersionId;

/// How much of a difference is shown.
const SHOWN: usize = 70;

/// What the difference of two equal texts looks like.
const SAME: &str = "`` or ``";

/// A draft that others are compared with.
struct Concept {
    draft: usize,
    reads: BTreeSet<VersionId>,
    columns: BTreeSet<String>,
    name: String,
    script: Option<usize>,
}

/// What has drifted.
pub(super) fn drift(context: &Context, drafts: &[Draft]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut concepts: Vec<Concept> = Vec::new();
    let mut by_reads: BTreeMap<BTreeSet<VersionId>, Vec<usize>> = BTreeMap::new();
    let mut meant: BTreeMap<VersionId, VersionId> = BTreeMap::new();
    for at in by_dependency(drafts) {
        let Some(concept) = drafts.get(at).and_then(|draft| concept(context, draft, at, &meant)) else { continue };
        let candidates = by_reads.entry(concept.reads.clone()).or_default();
        let like = candidates.iter().filter_map(|other| concepts.get(*other)).find(|other| alike(other, &concept));
        if let Some(other) = like
            && let (Some(first), Some(second)) = (drafts.get(other.draft), drafts.get(at))
        {
            meant.extend(second.stands_for.iter().filter_map(|id| Some((*id, first.last()?))));
            if second.rival.is_none() {
                findings.extend(finding(context, first, second, other, &concept));
            }
            continue;
        }
        candidates.push(concepts.len());
        concepts.push(concept);
    }
    findings
}

fn concept(context: &Context, draft: &Draft, at: usize, meant: &BTreeMap<VersionId, VersionId>) -> Option<Concept> {
    let version = context.version(draft.last()?)?;
    let script = context.script(version.step?)?;
    if draft.manual.is_some() || draft.reads.is_empty() {
        return None;
    }
    Some(Concept {
        draft: at,
        reads: draft.reads.iter().map(|read| meant.get(read).copied().unwrap_or(*read)).collect(),
        columns: context.column_names(draft.last()?).unwrap_or_default().into_iter().collect(),
        name: stripped(version.relation.name(), script.kind),
        // Calls of one procedure differ by their arguments alone: nothing has drifted.
        script: version.step.map(|step| script.call_of.unwrap_or(step.script)),
    })
}

/// The same name, or for the most part the same columns, in another script.
fn alike(first: &Concept, second: &Concept) -> bool {
    let common = first.columns.intersection(&second.columns).count();
    let most = first.columns.len().max(second.columns.len());
    first.script != second.script && (first.name == second.name || (most > 1 && common * 5 >= most * 3))
}

fn finding(context: &Context, first: &Draft, second: &Draft, before: &Concept, after: &Concept) -> Option<Finding> {
    let relation = |draft: &Draft| Some(context.version(draft.last()?)?.relation.to_string());
    let difference = difference(first, second, before, after);
    if difference == SAME {
        return None;
    }
    let message = format!(
        "{} in {} and {} in {} derive the same thing in different ways: {}",
        relation(first)?,
        writer(context, first)?,
        relation(second)?,
        writer(context, second)?,
        difference
    );
    let span = context.maker(second.last()?)?.span;
    Some(Finding::at(Code::R302, span, message, "decide which one is right, and let both readers use it"))
}

/// Columns that only one of them has; else the words between the parts that are the same.
fn difference(first: &Draft, second: &Draft, before: &Concept, after: &Concept) -> String {
    let only = |left: &Concept, right: &Concept| left.columns.difference(&right.columns).cloned().collect::<Vec<_>>();
    let known = !before.columns.is_empty() && !after.columns.is_empty();
    let (missing, added) = if known { (only(before, after), only(after, before)) } else { (Vec::new(), Vec::new()) };
    if !missing.is_empty() || !added.is_empty() {
        let has = |which: &str, columns: &[String]| format!("only the {which} has {}", columns.join(", "));
        let parts = [("first", missing), ("second", added)];
        let parts = parts.iter().filter(|(_, columns)| !columns.is_empty());
        return parts.map(|(which, columns)| has(which, columns)).collect::<Vec<_>>().join("; ");
    }
    let text = |draft: &Draft| plain(&draft.body, &|_| "…".to_owned());
    let (left, right) = (text(first), text(second));
    let (left, right): (Vec<&str>, Vec<&str>) = (left.split(' ').collect(), right.split(' ').collect());
    let same_start = left.iter().zip(&right).take_while(|(left, right)| left == right).count();
    let rest = left.len().min(right.len()) - same_start;
    let same_end =
        left.iter().rev().zip(right.iter().rev()).take(rest).take_while(|(left, right)| left == right).count();
    let middle = |words: &[&str]| cut(&words.get(same_start..words.len() - same_end).unwrap_or_default().join(" "));
    format!("`{}` or `{}`", middle(&left), middle(&right))
}

fn cut(text: &str) -> String {
    if text.chars().count() <= SHOWN {
        return text.to_owned();
    }
    format!("{} …", text.chars().take(SHOWN).collect::<String>().trim_end())
}
