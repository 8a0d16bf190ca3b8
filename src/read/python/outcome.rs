//! The end of reading: from what was recorded to scripts and findings.
//!
//! In: an evaluator whose script has run. Out: a [`Reading`] in which each statement of the file is one row.

use std::collections::BTreeSet;

use super::account::StatementId;
use super::arguments::Arguments;
use super::evaluator::{Evaluator, Record};
use super::imports;
use super::syntax::Module;
use super::value::Value;
use crate::finding::Code;
use crate::steps::{Reading, Statement, StatementReading};
use crate::text::Span;

/// Reports what the parser could not read: each place once, and Python 2 by its name.
pub(super) fn report_errors(evaluator: &mut Evaluator, module: &Module, text: &str) {
    if module.errors.is_empty() {
        return;
    }
    let old = text.lines().any(|line| {
        let line = line.trim_start();
        line.starts_with("print ") && !line.starts_with("print (") || line.starts_with("exec \"")
    });
    for (message, range) in module.errors.iter().take(20) {
        let span = module.span(*range);
        let message = if old {
            format!("Python 2 is not read: {message}")
        } else {
            format!("cannot read this Python: {message}")
        };
        evaluator.finding(Code::R204, span, message, "mend the statement; what stands around it was read");
    }
}

/// Runs the module's functions that nothing called, with unknown arguments: a script whose steps stand in functions
/// that something else starts (a scheduler, a cloud function, a command) is a script all the same.
pub(super) fn call_the_uncalled(evaluator: &mut Evaluator) {
    let libraries = evaluator.libraries;
    let claimed = libraries.iter().any(|library| library.claims_functions(evaluator));
    let own = evaluator.source();
    if claimed || imports::is_imported(evaluator.sources, own) {
        return;
    }
    let mut functions: Vec<(Span, Value)> = Vec::new();
    for value in evaluator.scope.names().into_values() {
        if let Value::Function(function) = &value
            && function.module.source == own
        {
            functions.push((function.span, value));
        }
    }
    functions.sort_by_key(|(span, _)| *span);
    for (span, value) in functions {
        if evaluator.called.contains(&span) {
            continue;
        }
        let head = evaluator.record.account.touched(Span { end: span.start + 1, ..span }).next();
        evaluator.running.extend(head);
        evaluator.uncalled = true;
        evaluator.call(&value, &Arguments::none(span));
        evaluator.uncalled = false;
        evaluator.running.clear();
    }
}

/// Scripts and findings.
pub(super) fn finish(evaluator: Evaluator) -> Reading {
    let record = evaluator.record;
    let mut findings = record.findings.clone();
    findings.sort_by_key(|finding| finding.span);
    let base_is_script = keeps_base(&record);
    let mut scripts: Vec<_> = record.drafts.iter().map(|draft| draft.script.clone()).collect();
    let first = usize::from(!base_is_script && scripts.len() > 1);
    for (at, row) in record.account.rows().iter().enumerate() {
        let statement = StatementId(at);
        let owner = (first..scripts.len()).find(|script| helped(&record, *script, statement)).unwrap_or(first);
        let reading = reading_of(&record, owner, statement, row.readable);
        if let Some(script) = scripts.get_mut(owner) {
            script.statements.push(Statement { span: row.span, what: row.what.to_owned(), reading });
        }
    }
    scripts.drain(..first);
    Reading { scripts, findings }
}

/// Whether the file's own script is kept beside its DAGs: only when it does something itself.
fn keeps_base(record: &Record) -> bool {
    record.drafts.first().is_some_and(|draft| !draft.script.steps.is_empty())
}

fn helped(record: &Record, script: usize, statement: StatementId) -> bool {
    let credits = record.drafts.get(script).map(|draft| &draft.credits);
    credits.is_some_and(|credits| credits.iter().any(|step| step.contains(&statement)))
}

fn reading_of(record: &Record, script: usize, statement: StatementId, readable: bool) -> StatementReading {
    if !readable {
        return StatementReading::Unread("the parser cannot read it".to_owned());
    }
    let empty: &[BTreeSet<StatementId>] = &[];
    let credits = record.drafts.get(script).map_or(empty, |draft| &draft.credits);
    let steps: Vec<usize> =
        credits.iter().enumerate().filter(|(_, helped)| helped.contains(&statement)).map(|(at, _)| at).collect();
    if !steps.is_empty() {
        return StatementReading::Steps(steps);
    }
    if let Some(what) = record.config.get(&statement) {
        return StatementReading::Config(what.clone());
    }
    if let Some(why) = record.notes.get(&statement) {
        return StatementReading::Dropped(why.clone());
    }
    let what = record.account.rows().get(statement.0).map_or("", |row| row.what);
    StatementReading::Dropped(why_dropped(what, record.ran.contains(&statement)).to_owned())
}

fn why_dropped(what: &str, ran: bool) -> &'static str {
    match what {
        "import" => "an import",
        "docstring" => "a description",
        "def" | "class" => "a definition; what its body does counts where it is called",
        "if" | "elif" | "else" | "for" | "while" | "with" | "try" | "except" | "finally" | "match" | "case" => {
            "a head; its body counts by itself"
        }
        "pass" | "global" | "nonlocal" | "break" | "continue" | "return" | "assert" | "raise" | "type" => {
            "it only steers the script"
        }
        _ if !ran => "nothing in the inputs runs it",
        _ => "nothing that is written depends on it",
    }
}
