//! Values that a statement takes from around it: parameters, variables, and the conditions that it stands under.
//!
//! In: uses of names, guards. Out: parts of SQL. A condition becomes part of the query, so that it is asked where the
//! rows are, at the time of the run.

use super::builder::Builder;
use super::manual::Problem;
use super::rows::{Branch, Rows, text};
use super::splice::{extend, splice};
use crate::plan::drafts::{Part, alternatives};
use crate::steps::{Effect, Guard, Output, Step};
use crate::versions::{StepId, VersionId};

impl Builder<'_, '_> {
    /// What a variable stands for at the present step; none where nothing is known of it.
    pub(super) fn value(&mut self, name: &str) -> Option<Vec<Part>> {
        let key = name.to_lowercase();
        let context = self.context;
        let bound = context.versions.values.iter().find(|value| value.step == self.step && value.variable == key);
        if let Some(bound) = bound {
            return self.bound(bound.bind, &key);
        }
        let script = context.script(self.step)?;
        let param = script.params.iter().find(|param| param.name.to_lowercase() == key)?;
        if let Some(literal) = self.argument(&key) {
            return Some(vec![Part::Text(literal)]);
        }
        let name = context.vars.get(&(self.step.script, key))?.clone();
        Some(vec![Part::Var { name, sql_type: param.sql_type.clone() }])
    }

    /// The literal that the call of this script gives the parameter.
    fn argument(&self, key: &str) -> Option<String> {
        let script = self.step.script;
        let (_, call) = self.context.versions.called.iter().find(|(callee, _)| *callee == script)?;
        let Effect::Call { arguments, .. } = &self.context.step(*call)?.effect else { return None };
        let params = &self.context.scripts.get(script)?.params;
        let place = params.iter().position(|param| param.name.to_lowercase() == key)?;
        let named = arguments.iter().find(|(name, _)| name.trim_start_matches('@').to_lowercase() == key);
        let positional = || arguments.get(place).filter(|(name, _)| name.is_empty());
        let (_, value) = named.or_else(positional)?;
        let text = value.trim();
        let number = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-'));
        let quoted =
            text.len() > 1 && text.starts_with('\'') && text.ends_with('\'') && text.matches('\'').count() == 2;
        let word = ["true", "false", "null"].contains(&text.to_lowercase().as_str());
        (number || quoted || word).then(|| text.to_owned())
    }

    /// The query that binds a variable, as a scalar subquery.
    fn bound(&mut self, bind: StepId, key: &str) -> Option<Vec<Part>> {
        let context = self.context;
        let step = context.step(bind)?;
        let Effect::Bind { variables, body } = &step.effect else { return None };
        if !step.guards.is_empty() {
            let reason = format!("the value of {key} depends on a condition or a loop");
            self.problem = Some(Problem::new(reason, "write the value into the query"));
        }
        if !self.bound.contains(&bind) {
            self.bound.push(bind);
        }
        let outer = std::mem::replace(&mut self.step, bind);
        let query = splice(&body.sql, self);
        self.step = outer;
        let place = variables.iter().position(|variable| variable.to_lowercase() == key)?;
        let mut parts = Vec::new();
        if variables.len() == 1 {
            text(&mut parts, "(");
            extend(&mut parts, query);
            text(&mut parts, ")");
            return Some(parts);
        }
        let name = match body.outputs.get(place) {
            Some(Output::Column { name, .. }) if !name.is_empty() => name.clone(),
            _ => {
                let reason = format!("the query that gives {key} does not name its columns");
                self.problem = Some(Problem::new(reason, "give its columns names"));
                return None;
            }
        };
        text(&mut parts, format!("(select {} from (", super::ident(&name, context.target)));
        extend(&mut parts, query);
        text(&mut parts, ") as bound_values)");
        Some(parts)
    }

    /// The conditions that the step stands under, as one; none where it always runs.
    pub(super) fn condition(&mut self, step: &Step) -> Result<Option<Vec<Part>>, Problem> {
        let mut parts: Vec<Part> = Vec::new();
        for guard in &step.guards {
            match guard {
                Guard::If { condition, negated } => {
                    let joint = if parts.is_empty() { "(" } else { " and (" };
                    text(&mut parts, joint);
                    let condition = self.parts(condition);
                    extend(&mut parts, condition);
                    text(&mut parts, if *negated { ") is not true" } else { ")" });
                }
                Guard::Loop { .. } => {
                    let help = "write the loop as a join with the rows that it runs over";
                    return Err(Problem::new("the statement runs in a loop", help));
                }
                Guard::Handler { .. } => {
                    return Err(Problem::new("the statement runs only after an error", "decide whether it is needed"));
                }
            }
        }
        Ok((!parts.is_empty()).then_some(parts))
    }

    /// The rows of `stage` where the condition holds.
    pub(super) fn only_if(&mut self, stage: &str, condition: Vec<Part>) -> String {
        let mut parts = vec![Part::Text(format!("select * from {stage}\nwhere "))];
        extend(&mut parts, condition);
        self.stage_of(&format!("{stage}_if_wanted"), &[], parts)
    }

    /// After a step under a condition that makes the relation anew: its rows where the condition holds, else those
    /// of before.
    pub(super) fn or_else(&mut self, id: VersionId, before: Rows, condition: &[Part]) {
        let chosen = match self.present() {
            Part::Text(stage) => self.only_if(&stage, condition.to_vec()),
            Part::Read(_) | Part::Var { .. } | Part::This | Part::IfIncremental(_) | Part::If { .. } => return,
        };
        let mut branches = vec![Branch { stage: chosen, columns: Vec::new() }];
        let versions = &self.draft.versions;
        let earlier = versions.iter().position(|of| *of == id).and_then(|at| versions.get(at.checked_sub(1)?));
        if let (Some(earlier), Rows::In(first)) = (earlier, &before)
            && alternatives(self.context, *earlier, id)
        {
            self.rows = Rows::In(first.iter().cloned().chain(branches).collect());
            return;
        }
        if !matches!(before, Rows::Empty) {
            self.rows = before;
            let mut parts = vec![Part::Text("select * from ".to_owned()), self.present()];
            text(&mut parts, "\nwhere (");
            extend(&mut parts, condition.to_vec());
            text(&mut parts, ") is not true");
            let stage = self.stage_of("otherwise", &[], parts);
            branches.push(Branch { stage, columns: Vec::new() });
        }
        self.rows = Rows::In(branches);
    }
}

/// `(filter) and condition`, for a filter that may be missing.
pub(super) fn both(filter: Option<Vec<Part>>, condition: Option<Vec<Part>>) -> Option<Vec<Part>> {
    match (filter, condition) {
        (Some(filter), Some(condition)) => {
            let mut parts = vec![Part::Text("(".to_owned())];
            extend(&mut parts, filter);
            text(&mut parts, ") and ");
            extend(&mut parts, condition);
            Some(parts)
        }
        (filter, condition) => filter.or(condition),
    }
}
