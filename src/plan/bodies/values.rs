//! Values that a statement takes from around it: parameters, variables, and the conditions that it stands under.
//!
//! In: uses of names, guards. Out: parts of SQL. A condition becomes part of the query, so that it is asked where the
//! rows are, at the time of the run.

use super::asked::{asked, negated as not};
use super::builder::Builder;
use super::changes::not_true;
use super::ident::ident;
use super::keys::Added;
use super::manual::Problem;
use super::modes::open_guards;
use super::named::listed;
use super::rows::{Branch, Rows, text};
use super::splice::extend;
use super::terms::top_words;
use crate::plan::drafts::{Part, alternatives};
use crate::steps::{Effect, Guard, OF_PROGRAM, Query, Step};
use crate::versions::{StepId, Value, VersionId};

/// A value is followed through this many others.
const MOST_VALUES: usize = 400;

impl Builder<'_, '_> {
    /// What a variable stands for at the present step; none where nothing is known of it.
    pub(super) fn value(&mut self, name: &str) -> Option<Vec<Part>> {
        let key = name.to_lowercase();
        let context = self.context;
        if let Some(bound) = context.versions.value(self.step, &key) {
            return self.bound(bound);
        }
        if key == OF_PROGRAM {
            let why = "the statement stands under a condition of the program, which is only known when it runs";
            self.problem = Some(Problem::new(why, "write the condition into the query"));
            return Some(Vec::new());
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
        let callee = self.context.scripts.get(script)?;
        let place = callee.params.iter().position(|param| param.name.to_lowercase() == key)?;
        let place = callee.argument_place(place);
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

    /// The value that a step gave a variable. One that a branch gives is what the variable held before where the
    /// branch does not run.
    fn bound(&mut self, value: &Value) -> Option<Vec<Part>> {
        let context = self.context;
        let step = context.step(value.bind)?;
        let Effect::Bind { variables, body } = &step.effect else { return None };
        let place = variables.iter().position(|variable| variable.to_lowercase() == value.name)?;
        let outermost = self.expanded == 0;
        self.expanded += 1;
        let parts = self.held(value, step, variables, body, place);
        if outermost {
            self.expanded = 0;
        }
        Some(parts)
    }

    fn held(&mut self, value: &Value, step: &Step, variables: &[String], body: &Query, place: usize) -> Vec<Part> {
        if let Some(problem) = self.unbindable(step, &value.variable) {
            self.problem = Some(problem);
            return Vec::new();
        }
        if !self.bound.contains(&value.bind) {
            self.bound.push(value.bind);
        }
        let outer = std::mem::replace(&mut self.step, value.bind);
        let mut parts = self.given(value.bind, variables, body, place);
        if !step.guards.is_empty() {
            parts = self.chosen(step, &value.name, parts);
        }
        self.step = outer;
        parts
    }

    /// Why a value cannot be written into a query; none when it can.
    fn unbindable(&self, step: &Step, variable: &str) -> Option<Problem> {
        let Effect::Bind { body, .. } = &step.effect else { return None };
        let why = if step.guards.iter().any(|guard| matches!(guard, Guard::Loop { .. })) {
            format!("the value of {variable} is carried through a loop")
        } else if step.guards.iter().any(|guard| matches!(guard, Guard::Handler { .. })) {
            format!("the value of {variable} is set after an error")
        } else if body.is_unknown() {
            let shown = if is_condition(variable) { "a condition" } else { variable };
            format!("the value of {shown} is only known when the script runs")
        } else if self.expanded > MOST_VALUES {
            format!("the value of {variable} depends on too many others")
        } else {
            return None;
        };
        Some(Problem::new(why, "write the value into the query"))
    }

    /// The value of a bind's variable where the bind runs: a scalar, or a column of a one-row CTE.
    fn given(&mut self, bind: StepId, variables: &[String], body: &Query, place: usize) -> Vec<Part> {
        if let Some(stage) = self.values.get(&bind) {
            return scalar_of(stage, &self.quoted_column(variables, place));
        }
        let drawn = super::random::is_drawn(&body.sql.text);
        if drawn
            && let ([name], Some(step)) = (variables, self.context.step(bind))
            && let Some(of_run) = self.drawn_once(step, name, body)
        {
            return of_run;
        }
        let query = self.parts(&body.sql);
        if variables.len() == 1
            && !drawn
            && let Some(expression) = lone_expression(&body.sql.text, &query)
        {
            return parenthesized(expression);
        }
        if variables.len() == 1 && (self.inline || !self.is_shared(bind)) {
            return parenthesized(query);
        }
        let columns: Vec<String> = (0..variables.len()).map(|at| value_column(variables, at)).collect();
        let column = self.quoted_column(variables, place);
        if self.inline {
            let names: Vec<String> = columns.iter().map(|name| ident(name, self.context.target)).collect();
            let (names, query) = listed(self.context.target, names, query);
            let list = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
            let mut parts = vec![Part::Text(format!("(with given{list} as ("))];
            extend(&mut parts, query);
            text(&mut parts, format!(") select {column} from given)"));
            return parts;
        }
        let name = format!("value_of_{}", value_column(variables, 0));
        let stage = self.stage_of(&name, &columns, query);
        self.values.insert(bind, stage.clone());
        scalar_of(&stage, &column)
    }

    /// The name of a bind's column as the target writes it.
    fn quoted_column(&self, variables: &[String], place: usize) -> String {
        ident(&value_column(variables, place), self.context.target)
    }

    /// Whether a bind's value is used at more than one place of the chain.
    fn is_shared(&self, bind: StepId) -> bool {
        self.context.uses_of_bind(bind) > 1
    }

    /// A value under conditions.
    fn chosen(&mut self, step: &Step, name: &str, given: Vec<Part>) -> Vec<Part> {
        let condition = match self.condition(step) {
            Ok(Some(condition)) => condition,
            Ok(None) => return given,
            Err(problem) => {
                self.problem = Some(problem);
                return given;
            }
        };
        let before = self.value(name).unwrap_or_else(|| vec![Part::Text("null".to_owned())]);
        let mut parts = vec![Part::Text("(case when ".to_owned())];
        extend(&mut parts, condition);
        text(&mut parts, " then ");
        extend(&mut parts, given);
        text(&mut parts, " else ");
        extend(&mut parts, before);
        text(&mut parts, " end)");
        parts
    }

    /// The conditions that the step stands under, as one; none where it always runs.
    pub(super) fn condition(&mut self, step: &Step) -> Result<Option<Vec<Part>>, Problem> {
        let mut parts: Vec<Part> = Vec::new();
        for guard in open_guards(self.draft, step) {
            match guard {
                Guard::If { condition, negated } => {
                    let joint = if parts.is_empty() { "" } else { " and " };
                    text(&mut parts, joint);
                    let condition = self.parts(condition);
                    if *negated {
                        extend(&mut parts, not_true(condition, self.context.target));
                    } else {
                        text(&mut parts, "(");
                        extend(&mut parts, condition);
                        text(&mut parts, ")");
                    }
                }
                Guard::Loop { carries, .. } => {
                    let help = "write the loop as a join with the rows that it runs over";
                    let reason = match carries.as_slice() {
                        [] => "the statement runs in a loop".to_owned(),
                        names => format!("the loop carries {} from one iteration to the next", names.join(", ")),
                    };
                    return Err(Problem::new(reason, help));
                }
                Guard::Handler { .. } => {
                    return Err(Problem::new("the statement runs only after an error", "decide whether it is needed"));
                }
            }
        }
        Ok((!parts.is_empty()).then_some(parts))
    }

    /// A stage of the rows that an INSERT brings where the condition holds.
    pub(super) fn added_if(
        &mut self,
        id: VersionId,
        list: &[String],
        condition: Option<Vec<Part>>,
    ) -> Result<Added, Problem> {
        let mut added = self.added(id, list)?;
        if let Some(condition) = condition {
            added.stage = self.only_if(&added.stage, condition);
        }
        Ok(added)
    }

    /// The rows of `stage` where the condition holds.
    pub(super) fn only_if(&mut self, stage: &str, condition: Vec<Part>) -> String {
        let mut parts = vec![Part::Text(format!("select * from {stage}\n"))];
        extend(&mut parts, self.rows_where(condition, false));
        self.stage_of(&format!("{stage}_if_wanted"), &[], parts)
    }

    /// The clause that keeps all rows where the condition is true (or is not, when `negated`), and none else. A
    /// condition on variables alone is decided before the query runs.
    pub(super) fn rows_where(&self, condition: Vec<Part>, negated: bool) -> Vec<Part> {
        let script = self.context.script(self.step);
        let loose = script.is_some_and(|script| script.dialect.traits().loose_text);
        let plain = |name: &str| {
            let of = self.context.vars.iter().find(|(_, var)| *var == name).map(|(key, _)| key);
            let param = of.and_then(|(script, key)| {
                let params = &self.context.scripts.get(*script)?.params;
                params.iter().find(|param| param.name.to_lowercase() == *key)
            });
            param.is_some_and(|param| param.default.as_deref().is_none_or(crate::steps::is_literal))
        };
        if let Some(asked) = asked(&condition, loose, &plain) {
            let condition = if negated { asked } else { not(&asked) };
            let then = vec![Part::Text("where 1 = 0".to_owned())];
            return vec![Part::If { condition, then, otherwise: Vec::new() }];
        }
        let mut parts = vec![Part::Text("where ".to_owned())];
        let condition = if negated { not_true(condition, self.context.target) } else { condition };
        extend(&mut parts, condition);
        parts
    }

    /// After a step under a condition that makes the relation anew: its rows where the condition holds, else those
    /// of before.
    pub(super) fn or_else(&mut self, id: VersionId, before: Rows, condition: &[Part]) {
        let chosen = match self.present() {
            Part::Text(stage) => self.only_if(&stage, condition.to_vec()),
            Part::Read(_)
            | Part::Var { .. }
            | Part::This
            | Part::IfIncremental(_)
            | Part::If { .. }
            | Part::Each { .. }
            | Part::Call { .. }
            | Part::IfThere { .. } => return,
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
            text(&mut parts, "\n");
            extend(&mut parts, self.rows_where(condition.to_vec(), true));
            let stage = self.stage_of("otherwise", &[], parts);
            branches.push(Branch { stage, columns: Vec::new() });
        }
        self.rows = Rows::In(branches);
    }
}

/// Whether a step cannot be written under a condition.
pub(super) fn always_runs(effect: &Effect) -> bool {
    matches!(effect, Effect::Rename { .. } | Effect::Swap { .. })
}

/// Whether a variable is the condition of a branch.
fn is_condition(variable: &str) -> bool {
    variable.starts_with("if_")
}

/// The expression of `SELECT expression`, without a FROM; none for anything else.
fn lone_expression(written: &str, query: &[Part]) -> Option<Vec<Part>> {
    let mut words = top_words(written).into_iter().map(|(_, word)| word.to_lowercase());
    if words.next().as_deref() != Some("select") {
        return None;
    }
    let more =
        ["from", "where", "union", "limit", "group", "order", "distinct", "top", "as", "into", "having", "fetch"];
    if words.any(|word| more.contains(&word.as_str())) {
        return None;
    }
    let (Part::Text(first), rest) = query.split_first()? else { return None };
    let mut parts = Vec::new();
    text(&mut parts, first.trim_start().get("select".len()..)?.trim_start());
    extend(&mut parts, rest.iter().cloned());
    Some(parts)
}

fn parenthesized(mut inner: Vec<Part>) -> Vec<Part> {
    if let [Part::Text(text)] = inner.as_mut_slice()
        && let Some(number) = counted(text)
    {
        *text = number;
    }
    let simple = match inner.as_slice() {
        [Part::Var { .. }] => true,
        [Part::Text(text)] => is_literal(text) || is_wrapped(text),
        _ => false,
    };
    if simple {
        return inner;
    }
    let mut parts = vec![Part::Text("(".to_owned())];
    extend(&mut parts, inner);
    text(&mut parts, ")");
    parts
}

/// What a counter holds: `0 + 1` as `1`, for whole numbers that no type is too small for.
fn counted(text: &str) -> Option<String> {
    let [left, operator, right] = text.split_whitespace().collect::<Vec<_>>().try_into().ok()?;
    let whole = |word: &str| word.parse::<u16>().ok().filter(|_| word.chars().all(|c| c.is_ascii_digit()));
    let (left, right) = (whole(left)?, whole(right)?);
    let number = match operator {
        "+" => left.checked_add(right)?,
        "-" => left.checked_sub(right)?,
        _ => return None,
    };
    i16::try_from(number).ok().map(|number| number.to_string())
}

/// Whether one pair of parentheses stands round all of the text, with no other in it.
fn is_wrapped(text: &str) -> bool {
    let inner = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    inner.is_some_and(|inner| !inner.contains(['(', ')', '\'']))
}

/// Whether the text is a number, a word such as NULL, or one string.
fn is_literal(text: &str) -> bool {
    let number = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    let quoted = text.len() > 1 && text.starts_with('\'') && text.ends_with('\'') && text.matches('\'').count() == 2;
    number || quoted || ["true", "false", "null"].contains(&text.to_lowercase().as_str())
}

fn scalar_of(stage: &str, column: &str) -> Vec<Part> {
    vec![Part::Text(format!("(select {column} from {stage})"))]
}

/// The name of a bind's column: that of the variable, as far as it is a plain name.
fn value_column(variables: &[String], place: usize) -> String {
    let name = variables.get(place).map_or(String::new(), |name| crate::plan::names::snake(name));
    let taken = variables.iter().take(place).any(|other| crate::plan::names::snake(other) == name);
    if name.is_empty() || taken { format!("value_{}", place + 1) } else { name }
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
