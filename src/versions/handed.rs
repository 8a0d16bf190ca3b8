//! Rows that a procedure shows and its caller inserts (`INSERT INTO t EXEC p`).
//!
//! In: scripts whose calls have scripts of their own. Out: the same, in which the one result of a called procedure is a
//! temporary relation that the caller reads. A procedure that shows several results, or shows one under a condition of
//! its own, or calls others that may show rows too, keeps its caller's step as it is: every result would be inserted.

use super::walk::callee;
use crate::name::{Relation, last_part};
use crate::steps::{Body, ColumnUse, Effect, Form, Guard, How, Lifetime, Mention, Output, Query, Script, Sql, Step};
use crate::text::Span;

/// Binds the results of calls to the steps that insert them.
pub fn over(mut scripts: Vec<Script>) -> Vec<Script> {
    for at in 0..scripts.len() {
        let steps = scripts.get(at).map_or(0, |script| script.steps.len());
        for step in 1..steps {
            if bind(&mut scripts, at, step).is_none() {
                let _ = name_shown(&mut scripts, at, step);
            }
        }
    }
    scripts
}

/// Binds the result of the call before step `step` to it, where it inserts that: the two come of one statement.
fn bind(scripts: &mut [Script], at: usize, step: usize) -> Option<()> {
    let caller = scripts.get(at)?;
    let (call, inserts) = (caller.steps.get(step - 1)?, caller.steps.get(step)?);
    let (called @ Effect::Call { .. }, Effect::Opaque(opaque)) = (&call.effect, &inserts.effect) else { return None };
    let [relation] = opaque.writes.as_slice() else { return None };
    if call.span != inserts.span || opaque.python.is_some() {
        return None;
    }
    let (relation, columns, span) = (relation.clone(), listed(&opaque.text)?, inserts.span);
    let callee = callee(scripts, called).filter(|callee| *callee != at)?;
    let shown = the_result(scripts.get(callee)?, &call.guards)?;
    let script = scripts.get_mut(callee)?;
    let result = Relation::plain(&format!("{}_result", last_part(&script.name)), script.dialect);
    let showing = script.steps.get_mut(shown)?;
    let Effect::Read { body } = &showing.effect else { return None };
    let names = names(body.query()?)?;
    let (lifetime, form) = (Lifetime::Temporary, Form::Table);
    let body = body.clone();
    showing.effect = Effect::Create { relation: result.clone(), lifetime, form, columns: Vec::new(), body };
    let body = Body::Query(all_of(&result, &names, span));
    let inserts = scripts.get_mut(at)?.steps.get_mut(step)?;
    inserts.effect = Effect::Append { relation, columns, body, conflict: None };
    Some(())
}

/// The step of a caller that is left as it is reads what the procedure's queries read.
fn name_shown(scripts: &mut [Script], at: usize, step: usize) -> Option<()> {
    let caller = scripts.get(at)?;
    let (call, inserts) = (caller.steps.get(step - 1)?, caller.steps.get(step)?);
    let (called @ Effect::Call { .. }, Effect::Opaque(_)) = (&call.effect, &inserts.effect) else { return None };
    let callee = callee(scripts, called).filter(|_| call.span == inserts.span)?;
    let shown = scripts.get(callee)?.steps.iter().filter(|step| matches!(step.effect, Effect::Read { .. }));
    let reads: Vec<Relation> = shown.flat_map(Step::reads).collect();
    let Effect::Opaque(opaque) = &mut scripts.get_mut(at)?.steps.get_mut(step)?.effect else { return None };
    for relation in reads {
        if !opaque.reads.contains(&relation) {
            opaque.reads.push(relation);
        }
    }
    Some(())
}

/// The columns that `INSERT INTO t (a, b) EXEC p` names; none where they cannot be told.
fn listed(text: &str) -> Option<Vec<String>> {
    let upper = text.to_ascii_uppercase();
    let call = ["EXEC ", "EXECUTE ", "CALL "].iter().filter_map(|word| upper.find(word)).min()?;
    let head = text.get(..call)?;
    let Some((_, list)) = head.split_once('(') else { return Some(Vec::new()) };
    let (list, _) = list.split_once(')')?;
    let names = list.split(',').map(|name| name.trim().trim_matches(['"', '[', ']', '`']).to_owned());
    Some(names.collect())
}

/// The one step whose rows the procedure shows; `outer` are the conditions of the call.
fn the_result(script: &Script, outer: &[Guard]) -> Option<usize> {
    let calls = script.steps.iter().any(|step| matches!(step.effect, Effect::Call { .. }));
    let check = |at: usize| script.checks.iter().any(|check| check.step == at);
    let shows = |at: usize, effect: &Effect| matches!(effect, Effect::Read { .. }) && !check(at);
    let mut shown = script.steps.iter().enumerate().filter(|(at, step)| shows(*at, &step.effect));
    let ((at, step), None) = (shown.next()?, shown.next()) else { return None };
    (!calls && step.guards.len() == outer.len()).then_some(at)
}

/// The names of all columns of a query; none where one is not known.
fn names(query: &Query) -> Option<Vec<String>> {
    let names = query.outputs.iter().map(|output| match output {
        Output::Column { name, .. } if !name.is_empty() => Some(name.clone()),
        Output::Column { .. } | Output::Star { .. } => None,
    });
    names.collect::<Option<Vec<String>>>().filter(|names| !names.is_empty() && !query.is_unknown())
}

/// All columns of `relation`, which are called `names`.
fn all_of(relation: &Relation, names: &[String], span: Span) -> Query {
    let text = "select * from result".to_owned();
    let range = text.len() - "result".len()..text.len();
    let mentions = vec![Mention { range, relation: relation.clone(), alias: None }];
    let from = |name: &String| ColumnUse { relations: vec![relation.clone()], column: name.clone(), how: How::Copied };
    let outputs = names.iter().map(|name| Output::Column { name: name.clone(), from: vec![from(name)] }).collect();
    Query { outputs, ..Query::new(Sql { mentions, ..Sql::plain(text, span) }) }
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn columns_before_a_call() {
        let rows = [
            ("INSERT INTO #t EXEC dbo.p 1, (2)", Some(vec![])),
            ("insert t ([a], b)\nexec p", Some(vec!["a".to_owned(), "b".to_owned()])),
            ("insert into t select 1", None),
        ];
        for (text, expected) in rows {
            assert_eq!(listed(text), expected, "{text}");
        }
    }
}
