//! A parameter that says whether a table is loaded in full or only with what is new.
//!
//! In: a chain of which one part runs under a condition on parameters and makes the rows anew, and the other runs where that one
//! does not, over the rows of before. Out: one incremental model: the full part is its first run and that of
//! `--full-refresh`, the other every further run. Where the two parts are not surely that, nothing.

use super::builder::Builder;
use super::incremental::{Kept, incremental};
use super::rows::Rows;
use super::terms::squeezed;
use super::write::reads;
use crate::finding::{Code, Finding};
use crate::plan::Materialized;
use crate::plan::context::Context;
use crate::plan::drafts::{Draft, Part};
use crate::steps::{Effect, Form, Guard, Sql, Step, is_literal, literal_value};
use crate::versions::{StepId, VersionId};

/// A value is followed through this many others.
const MOST_VALUES: usize = 8;

/// The steps of one mode, and the conditions that hold in it.
struct Mode {
    versions: Vec<VersionId>,
    assumed: Vec<Guard>,
}

/// The chain as one incremental model of two modes.
pub(super) fn modes(context: &Context, draft: &Draft) -> Option<Kept> {
    let (full, further) = split(context, draft)?;
    if is_usual(context, &full) {
        return None;
    }
    let all = &draft.versions;
    let anew = Draft { base: None, versions: full.versions.clone(), assumed: full.assumed.clone(), ..draft.clone() };
    let mut builder = Builder::new(context, &anew);
    builder.rows = Rows::Empty;
    for id in &anew.versions {
        builder.version(*id).ok()?;
    }
    if builder.reads_this {
        return None;
    }
    let first = Kept::new(builder, Materialized::Table).ok()?;
    let more = Draft {
        base: draft.base,
        versions: further.versions.clone(),
        assumed: further.assumed.clone(),
        instead: full.versions.clone(),
        ..draft.clone()
    };
    let mut kept = incremental(context, &more).ok()?;
    let outside = |parts: &[Part]| reads(parts).iter().all(|id| !all.contains(id) && Some(*id) != draft.base);
    if !outside(&first.body) || !outside(&kept.body) || !outside(&kept.hook) {
        return None;
    }
    let condition = match kept.materialized {
        Materialized::Incremental(_) => "is_incremental()",
        Materialized::View | Materialized::Table | Materialized::Ephemeral => {
            "load_relation(this) is not none and not flags.FULL_REFRESH"
        }
    };
    let then = further_runs(std::mem::take(&mut kept.body));
    kept.body = vec![Part::If { condition: condition.to_owned(), then, otherwise: first.body }];
    kept.bound.extend(first.bound);
    kept.bound.extend(asked(context, &full).into_iter().chain(asked(context, &further)));
    kept.findings.retain(|finding| finding.code != Code::R306);
    kept.findings.extend(first.findings);
    kept.expected.extend(first.expected);
    kept.findings.extend(said(context, draft, full.assumed.first()?));
    Some(kept)
}

/// What the parameter meant, and what stands in its place.
fn said(context: &Context, draft: &Draft, guard: &Guard) -> Option<Finding> {
    let Guard::If { condition, .. } = guard else { return None };
    let version = context.version(draft.last()?)?;
    let step = context.maker(draft.last()?)?;
    let message = format!(
        "{} is loaded in full by its first run and by --full-refresh, not where {}",
        version.relation,
        squeezed_text(&condition.text)
    );
    let help = "every other run does what the script does otherwise";
    Some(Finding::at(Code::R321, step.span, message, help))
}

fn squeezed_text(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What makes the rows anew, and what goes on from the rows of before.
fn split(context: &Context, draft: &Draft) -> Option<(Mode, Mode)> {
    let mut sides: Vec<Vec<VersionId>> = Vec::new();
    let mut last: Option<&Guard> = None;
    for id in &draft.versions {
        let step = context.maker(*id)?;
        if matches!(step.effect, Effect::Declare { keeps_existing: true, .. }) && sides.is_empty() {
            continue;
        }
        let guard = step.guards.first()?;
        match (last, sides.last_mut()) {
            (Some(last), Some(side)) if same_guard(last, guard) => side.push(*id),
            _ => sides.push(vec![*id]),
        }
        last = Some(guard);
    }
    let [one, other] = sides.as_slice() else { return None };
    let (one, other) = (mode(context, one)?, mode(context, other)?);
    if !excludes(one.assumed.first()?, other.assumed.first()?) {
        return None;
    }
    match (is_anew(context, &one), is_anew(context, &other)) {
        (true, false) => Some((one, other)),
        (false, true) => Some((other, one)),
        (true, true) | (false, false) => None,
    }
}

/// The steps with the conditions on parameters that all of them stand under.
fn mode(context: &Context, versions: &[VersionId]) -> Option<Mode> {
    let first = context.version(*versions.first()?)?.step?;
    let mut assumed = Vec::new();
    for (at, guard) in context.step(first)?.guards.iter().enumerate() {
        let common = |id: &VersionId| {
            let of = context.maker(*id).and_then(|step| step.guards.get(at));
            of.is_some_and(|of| same_guard(of, guard))
        };
        let Guard::If { condition, .. } = guard else { break };
        if !versions.iter().all(common) || !of_parameters(context, first, condition, 0) {
            break;
        }
        assumed.push(guard.clone());
    }
    (!assumed.is_empty()).then(|| Mode { versions: versions.to_vec(), assumed })
}

/// Whether the first of the steps leaves nothing of the rows of before.
fn is_anew(context: &Context, mode: &Mode) -> bool {
    let Some(first) = mode.versions.first().and_then(|id| context.maker(*id)) else { return false };
    let empties = matches!(
        first.effect,
        Effect::Truncate { .. } | Effect::Replace { .. } | Effect::Create { form: Form::Table, .. }
    );
    empties && first.guards.len() == mode.assumed.len()
}

/// Whether the script does this where it is called without a value for the parameter, or whether that cannot be told.
fn is_usual(context: &Context, mode: &Mode) -> bool {
    let Some(step) = mode.versions.first().and_then(|id| context.version(*id)?.step) else { return true };
    mode.assumed.iter().all(|guard| {
        let Guard::If { condition, negated } = guard else { return true };
        holds_by_default(context, step, condition).is_none_or(|holds| holds != *negated)
    })
}

/// Whether a condition holds for the defaults of its parameters; false where one must be given, nothing where it cannot be
/// told.
fn holds_by_default(context: &Context, step: StepId, condition: &Sql) -> Option<bool> {
    let [used] = condition.variables.as_slice() else { return None };
    let key = used.name.to_lowercase();
    if let Some(bind) = context.versions.value(step, &key).map(|value| value.bind) {
        let Effect::Bind { body, .. } = &context.step(bind)?.effect else { return None };
        let whole = used.range == (0..condition.text.len());
        let mut inner = body.sql.clone();
        // `select condition`, without a FROM.
        let head = inner.text.len() - inner.text.trim_start().len() + "select ".len();
        let is_select =
            inner.text.trim_start().get(.."select ".len()).is_some_and(|w| w.eq_ignore_ascii_case("select "));
        inner.text = inner.text.get(head..)?.to_owned();
        for used in &mut inner.variables {
            used.range = used.range.start.checked_sub(head)?..used.range.end.checked_sub(head)?;
        }
        return if whole && is_select { holds_by_default(context, bind, &inner) } else { None };
    }
    let param = context.script(step)?.params.iter().find(|param| param.name.to_lowercase() == key)?;
    let Some(default) = &param.default else { return Some(false) };
    let default = literal_value(default);
    let before = condition.text.get(..used.range.start)?.trim();
    let after = condition.text.get(used.range.end..)?.trim();
    match (before, after.strip_prefix('=')) {
        ("", None) if after.is_empty() => Some(["true", "1"].contains(&default.to_lowercase().as_str())),
        ("", Some(other)) if is_literal(other) => Some(literal_value(other).eq_ignore_ascii_case(&default)),
        _ => None,
    }
}

/// The steps that ask the conditions of a mode.
fn asked(context: &Context, mode: &Mode) -> Vec<StepId> {
    let Some(step) = mode.versions.first().and_then(|id| context.version(*id)?.step) else { return Vec::new() };
    let mut all = Vec::new();
    for guard in &mode.assumed {
        let Guard::If { condition, .. } = guard else { continue };
        for used in &condition.variables {
            all.extend(context.versions.value(step, &used.name.to_lowercase()).map(|value| value.bind));
        }
    }
    all
}

/// Whether a condition is about parameters alone, whose values come from outside.
fn of_parameters(context: &Context, step: StepId, condition: &Sql, depth: usize) -> bool {
    if !condition.mentions.is_empty() || condition.variables.is_empty() || depth > MOST_VALUES {
        return false;
    }
    let Some(script) = context.script(step) else { return false };
    condition.variables.iter().all(|used| {
        let key = used.name.to_lowercase();
        let Some(value) = context.versions.value(step, &key) else {
            let called = context.versions.called.iter().any(|(callee, _)| *callee == step.script);
            return !called && script.params.iter().any(|param| param.name.to_lowercase() == key);
        };
        let Some(Effect::Bind { body, .. }) = context.step(value.bind).map(|step| &step.effect) else { return false };
        !body.is_unknown() && of_parameters(context, value.bind, &body.sql, depth + 1)
    })
}

/// Whether the second condition cannot hold where the first one does.
fn excludes(one: &Guard, other: &Guard) -> bool {
    let (Guard::If { condition, negated }, Guard::If { condition: second, negated: not }) = (one, other) else {
        return false;
    };
    if same_text(condition, second) {
        return negated != not;
    }
    let value = |sql: &Sql| {
        let (left, right) = sql.text.split_once('=')?;
        (is_literal(right) && right.trim().starts_with('\'')).then(|| (squeezed(left), squeezed(right)))
    };
    match (value(condition), value(second)) {
        (Some((left, value)), Some((other, second))) => left == other && value != second && !negated && !not,
        _ => false,
    }
}

/// Whether the two are one condition on one side.
pub(super) fn same_guard(one: &Guard, other: &Guard) -> bool {
    match (one, other) {
        (Guard::If { condition, negated }, Guard::If { condition: second, negated: not }) => {
            same_text(condition, second) && negated == not
        }
        (Guard::If { .. } | Guard::Loop { .. } | Guard::Handler { .. }, _) => false,
    }
}

fn same_text(one: &Sql, other: &Sql) -> bool {
    one.text == other.text && one.variables == other.variables
}

/// The guards of a step that are not known to hold.
pub(super) fn open_guards<'a>(draft: &'a Draft, step: &'a Step) -> impl Iterator<Item = &'a Guard> {
    step.guards.iter().filter(|guard| !draft.assumed.iter().any(|one| same_guard(one, guard)))
}

/// The parts of every run but the first: what they ask of that is known.
fn further_runs(parts: Vec<Part>) -> Vec<Part> {
    let mut all = Vec::new();
    for part in parts {
        match part {
            Part::IfIncremental(inner) => all.extend(further_runs(inner)),
            Part::If { condition, then, .. }
                if ["is_incremental()", "load_relation(this) is not none"].contains(&condition.as_str()) =>
            {
                all.extend(further_runs(then));
            }
            Part::If { condition, then, otherwise } => {
                all.push(Part::If { condition, then: further_runs(then), otherwise: further_runs(otherwise) });
            }
            Part::Text(_)
            | Part::Read(_)
            | Part::Var { .. }
            | Part::This
            | Part::Each { .. }
            | Part::Call { .. }
            | Part::IfThere { .. } => all.push(part),
        }
    }
    all
}
