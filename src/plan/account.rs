//! What became of every statement.
//!
//! In: scripts, versions, drafts with their names. Out: one row a statement, and findings for what nothing reads.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::drafts::Draft;
use super::{Account, AccountRow, Fate};
use crate::finding::{Code, Finding};
use crate::steps::{Effect, Guard, Lifetime, StatementReading, Step};
use crate::versions::{StepId, VersionId, callee, names_a_log, only_logs};

/// What became of a step: fate, model (or empty), reason (or empty).
struct Became {
    fate: Fate,
    model: String,
    reason: String,
}

impl Became {
    fn new(fate: Fate, reason: impl Into<String>) -> Self {
        Self { fate, model: String::new(), reason: reason.into() }
    }
}

/// One row for every statement, in file order.
pub(super) fn account(
    context: &Context,
    drafts: &[Draft],
    logs: &BTreeSet<VersionId>,
    tests: &BTreeMap<StepId, String>,
) -> (Account, Vec<Finding>) {
    let mut accountant = Accountant { context, models: models(drafts), logs, tests, findings: Vec::new() };
    let mut rows = Vec::new();
    for (at, script) in context.scripts.iter().enumerate() {
        for statement in &script.statements {
            let became = match &statement.reading {
                StatementReading::Steps(steps) => {
                    together(steps.iter().map(|step| accountant.every_call(at, *step)).collect())
                }
                StatementReading::Config(reason) => Became::new(Fate::Config, reason),
                StatementReading::Dropped(reason) => Became::new(Fate::Dropped, reason),
                StatementReading::Unread(reason) => Became::new(Fate::Manual, reason),
            };
            let Became { fate, model, reason } = became;
            rows.push(AccountRow { span: statement.span, what: statement.what.clone(), fate, model, reason });
        }
    }
    rows.sort_by_key(|row| row.span);
    (Account { rows }, accountant.findings)
}

/// The draft that each version, and each further step, became part of.
fn models(drafts: &[Draft]) -> Models<'_> {
    let mut models = Models { by_version: BTreeMap::new(), by_step: BTreeMap::new() };
    for draft in drafts {
        for version in draft.versions.iter().chain(draft.stands_for.iter().filter(|_| !draft.is_pass_through())) {
            models.by_version.insert(*version, draft);
        }
        for step in &draft.also {
            models.by_step.insert(*step, draft);
        }
    }
    models
}

struct Models<'a> {
    by_version: BTreeMap<VersionId, &'a Draft>,
    by_step: BTreeMap<StepId, &'a Draft>,
}

/// The fate of a statement of several steps: the one that asks for most attention.
fn together(all: Vec<Became>) -> Became {
    let first = all.into_iter().min_by_key(rank);
    first.unwrap_or_else(|| Became::new(Fate::Dropped, "nothing in it touches a table"))
}

fn rank(became: &Became) -> u8 {
    match became.fate {
        Fate::Manual => 0,
        Fate::Model => 1,
        Fate::Config => 2,
        Fate::Dropped => 3,
    }
}

struct Accountant<'a, 'b> {
    context: &'b Context<'a>,
    models: Models<'b>,
    logs: &'b BTreeSet<VersionId>,
    tests: &'b BTreeMap<StepId, String>,
    findings: Vec<Finding>,
}

impl Accountant<'_, '_> {
    /// What became of a step in all the calls of its script: where one of them gave a model, that it was needless in
    /// another does not matter.
    fn every_call(&mut self, script: usize, step: usize) -> Became {
        let scripts = self.context.scripts.iter().enumerate();
        let copies = scripts.filter(|(_, of)| of.call_of == Some(script)).map(|(at, _)| at);
        let calls: Vec<usize> = std::iter::once(script).chain(copies).collect();
        let heard = std::mem::take(&mut self.findings);
        let mut kept: Option<(Became, Vec<Finding>)> = None;
        for script in calls {
            let became = self.step(StepId { script, step });
            let found = std::mem::take(&mut self.findings);
            if kept.as_ref().is_none_or(|(best, _)| rank(&became) < rank(best)) {
                kept = Some((became, found));
            }
        }
        self.findings = heard;
        let Some((became, found)) = kept else { return Became::new(Fate::Dropped, "it does nothing") };
        self.findings.extend(found);
        became
    }

    fn step(&mut self, id: StepId) -> Became {
        let Some(step) = self.context.step(id) else { return Became::new(Fate::Dropped, "it does nothing") };
        if step.guards.iter().any(|guard| matches!(guard, Guard::Handler { .. })) {
            return self.handler(step);
        }
        match &step.effect {
            Effect::Declare { relation, .. } => {
                Became::new(Fate::Config, format!("gives the columns and keys of {relation}"))
            }
            Effect::Drop { relation } => dropped(self.context, id, relation),
            Effect::Call { procedure, file, .. } => self.call(id, step, procedure, file.is_some()),
            Effect::Bind { variables, .. } => match self.models.by_step.get(&id) {
                Some(draft) => in_model(draft),
                None if variables.iter().all(|variable| variable.starts_with("if_")) => {
                    Became::new(Fate::Dropped, "nothing under it touches the rows of a model")
                }
                None => Became::new(Fate::Dropped, format!("no model uses {}", variables.join(", "))),
            },
            Effect::Read { .. } if self.tests.contains_key(&id) => {
                let name = self.tests.get(&id).map_or("", String::as_str);
                Became::new(Fate::Config, format!("the test {name}"))
            }
            Effect::Read { .. } if self.is_check(id) => {
                Became::new(Fate::Dropped, "a check, for which a test is to be written")
            }
            Effect::Read { .. } if step.sent.is_some() => {
                let to = step.sent.as_deref().unwrap_or_default();
                Became::new(Fate::Dropped, format!("rows are written to `{to}`: dbt makes no files"))
            }
            Effect::Read { .. } => Became::new(Fate::Dropped, "it shows rows and writes none"),
            Effect::Opaque(opaque) if opaque.writes.is_empty() => Became::new(Fate::Manual, opaque.reason.clone()),
            Effect::Create { .. }
            | Effect::Replace { .. }
            | Effect::Append { .. }
            | Effect::Merge(_)
            | Effect::Update(_)
            | Effect::Delete(_)
            | Effect::Truncate { .. }
            | Effect::Rename { .. }
            | Effect::Swap { .. }
            | Effect::Alter { .. }
            | Effect::Opaque(_) => self.write(id, step),
        }
    }

    /// Whether the task of the step loads from outside what the step writes.
    fn loads(&self, id: StepId, step: &Step) -> bool {
        let task = step.task.and_then(|task| self.context.scripts.get(id.script)?.tasks.get(task));
        task.is_some_and(|task| step.effect.writes().iter().any(|relation| task.fills.contains(relation)))
    }

    fn write(&mut self, id: StepId, step: &Step) -> Became {
        if let Some(draft) = self.models.by_step.get(&id) {
            return in_model(draft);
        }
        let made = self.context.made_by(id);
        if let Some(draft) = made.iter().find_map(|version| self.models.by_version.get(version)) {
            return in_model(draft);
        }
        let relation = step.effect.writes().first().map(ToString::to_string).unwrap_or_default();
        if made.iter().any(|version| self.logs.contains(version)) {
            let message = format!("a line of the log {relation}");
            self.findings.push(Finding::at(Code::R313, step.span, message.clone(), "write it with an on-run-end hook"));
            return Became::new(Fate::Dropped, message);
        }
        let Some(version) = made.first().and_then(|version| self.context.version(*version)) else {
            if self.loads(id, step) {
                return Became::new(
                    Fate::Config,
                    format!("empties {relation} for its load, which stays in orchestration"),
                );
            }
            let reason = if let Effect::Truncate { relation } = &step.effect {
                format!("empties {relation}, and nothing among the inputs fills it after that")
            } else {
                "it does nothing".to_owned()
            };
            return Became::new(Fate::Dropped, reason);
        };
        match (&step.effect, version.lifetime) {
            (Effect::Truncate { .. }, _) => Became::new(Fate::Dropped, format!("{relation} is rebuilt at each run")),
            (Effect::Alter { .. }, Lifetime::Lasting) => {
                Became::new(Fate::Config, format!("gives the columns of {relation}"))
            }
            _ if self.is_returned(id, step) => Became::new(
                Fate::Config,
                format!("fills {relation}, the rows of a function that stays in the database"),
            ),
            (Effect::Opaque(_), Lifetime::Temporary) => {
                Became::new(Fate::Dropped, format!("no model reads {relation}"))
            }
            _ => {
                let message = format!("nothing reads this state of {relation}");
                self.findings.push(Finding::at(Code::R304, step.span, message, "remove the statement"));
                Became::new(Fate::Dropped, format!("nothing reads this state of {relation}"))
            }
        }
    }

    /// Whether the step fills the table that the header of its function returns.
    fn is_returned(&self, id: StepId, step: &Step) -> bool {
        let Some(script) = self.context.script(id) else { return false };
        let Some(header) = script.statements.first().filter(|first| first.what == "function header") else {
            return false;
        };
        let StatementReading::Steps(made) = &header.reading else { return false };
        let mut made = made.iter().filter_map(|at| script.steps.get(*at)).flat_map(|made| made.effect.writes());
        made.any(|relation| step.effect.writes().contains(&relation))
    }

    fn call(&mut self, id: StepId, step: &Step, procedure: &crate::name::Relation, is_include: bool) -> Became {
        if let Some(callee) = callee(self.context.scripts, &step.effect) {
            let script = self.context.scripts.get(callee);
            let shown = script.and_then(|script| script.call_of).and_then(|of| self.context.scripts.get(of));
            let name = shown.map_or_else(|| procedure.to_string(), |script| script.name.clone());
            if self.context.versions.repeated_calls.contains(&id) {
                return self.repeated(step, &name, only_logs(self.context.scripts, callee));
            }
            return Became::new(Fate::Config, format!("runs {name} here; ref() gives the order"));
        }
        if is_include {
            return Became::new(Fate::Dropped, "the file only defines what others call");
        }
        let message = format!("the procedure {procedure} is not among the inputs");
        self.findings.push(Finding::at(Code::R301, step.span, message.clone(), "give its script as well"));
        Became::new(Fate::Manual, message)
    }

    /// A step that runs only after an error: one that tells of it has no meaning in dbt, one that changes rows is left
    /// to a person.
    fn handler(&mut self, step: &Step) -> Became {
        let skipped = |guard: &Guard| matches!(guard, Guard::Handler { conditions } if conditions == "behind GOTO");
        if step.guards.iter().any(skipped) {
            return Became::new(Fate::Dropped, "it is never reached: a GOTO leads past it");
        }
        let (relation, logs) = match (&step.effect, step.effect.writes().as_slice()) {
            (Effect::Call { procedure, .. }, _) => {
                let script = callee(self.context.scripts, &step.effect);
                let quiet = script.map(|at| only_logs(self.context.scripts, at));
                (procedure.to_string(), quiet.unwrap_or_else(|| names_a_log(procedure)))
            }
            (_, []) => return Became::new(Fate::Dropped, "runs only after an error"),
            (_, writes) => {
                let names: Vec<String> = writes.iter().map(ToString::to_string).collect();
                (names.join(", "), writes.iter().all(|relation| names_a_log(relation)))
            }
        };
        if logs {
            return Became::new(Fate::Dropped, format!("tells {relation} of an error, as the dbt run's own log does"));
        }
        let message = format!("changes {relation} after an error");
        let help = "a failed dbt model leaves its table as it was; if more must happen, do it where dbt is run";
        self.findings.push(Finding::at(Code::R301, step.span, message.clone(), help));
        Became::new(Fate::Manual, message)
    }

    /// Whether the step only checks.
    fn is_check(&self, id: StepId) -> bool {
        self.context.script(id).is_some_and(|script| script.checks.iter().any(|check| check.step == id.step))
    }

    /// A call that was not followed, because the procedure runs already or was followed too often.
    fn repeated(&mut self, step: &Step, name: &str, logs: bool) -> Became {
        if logs {
            return Became::new(Fate::Dropped, "it writes a line of a log");
        }
        let message = format!("{name} is called from within itself, or too often to be followed");
        let help = "write what this call does as a model of its own";
        self.findings.push(Finding::at(Code::R301, step.span, message.clone(), help));
        Became::new(Fate::Manual, message)
    }
}

fn in_model(draft: &Draft) -> Became {
    let (fate, reason) = match &draft.manual {
        Some(manual) => (Fate::Manual, manual.reason.clone()),
        None => (Fate::Model, String::new()),
    };
    Became { fate, model: draft.name.clone(), reason }
}

fn dropped(context: &Context, id: StepId, relation: &crate::name::Relation) -> Became {
    let mut made =
        context.versions.list.iter().filter(|version| {
            version.relation == *relation && version.step.is_some_and(|step| step.script == id.script)
        });
    let reason = match made.next().map(|version| version.lifetime) {
        Some(Lifetime::Temporary) => format!("{relation} is temporary; the model stays"),
        Some(Lifetime::Lasting) => format!("dbt replaces {relation} at each run"),
        None => format!("dbt keeps no place for the removal of {relation}"),
    };
    Became::new(Fate::Dropped, reason)
}
