//! Functions that read tables, where queries call them: those of the inputs, and those that run a query given as text.
//!
//! In: scripts. Out: a finding for each query that calls such a function: the project keeps the call, so the function must
//! be in the target, and what it reads is not in the lineage. Never inlines a function, never reads the text.

use std::collections::BTreeSet;

use super::context::Context;
use crate::finding::{Code, Finding};
use crate::name::{Relation, last_part};
use crate::steps::{Script, ScriptKind, Step};

/// Functions of databases that run a query which is handed to them as text.
const RUN_TEXT: [&str; 12] = [
    "crosstab",
    "crosstab2",
    "crosstab3",
    "crosstab4",
    "crosstab_hash",
    "query_to_xml",
    "query_to_xml_and_xmlschema",
    "ts_stat",
    "dblink",
    "openquery",
    "external_query",
    "postgres_query",
];

/// What there is to say of queries that hand another query as text to a function of the database.
pub(super) fn texts(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for step in context.scripts.iter().filter(|script| script.call_of.is_none()).flat_map(|script| &script.steps) {
        let texts: Vec<String> = step.sqls().iter().map(|sql| sql.text.to_lowercase()).collect();
        let Some(name) = RUN_TEXT.iter().find(|name| texts.iter().any(|text| calls(text, name))) else { continue };
        let message =
            format!("{name} runs a query that it gets as text: the lineage does not show what that query reads");
        let help = "write the query itself in place of the call, or name what it reads in a line `-- depends_on: {{ ref('…') }}` \
                    of the model, so that dbt builds that first";
        findings.push(Finding::at(Code::R301, step.span, message, help));
    }
    findings
}

/// What there is to say of queries that call functions of the inputs.
pub(super) fn functions(context: &Context) -> Vec<Finding> {
    let readers: Vec<(usize, String, BTreeSet<Relation>)> =
        context.scripts.iter().enumerate().filter_map(|(at, script)| reader(at, script)).collect();
    let mut findings = Vec::new();
    for (at, script) in context.scripts.iter().enumerate().filter(|(_, script)| script.call_of.is_none()) {
        if readers.is_empty() {
            break;
        }
        for step in &script.steps {
            let texts: Vec<String> = step.sqls().iter().map(|sql| sql.text.to_lowercase()).collect();
            for (own, name, reads) in readers.iter().filter(|(own, ..)| *own != at) {
                if !texts.iter().any(|text| calls(text, name)) {
                    continue;
                }
                let shown = context.scripts.get(*own).map_or(name.as_str(), |script| script.name.as_str());
                let reads: Vec<String> = reads.iter().map(Relation::to_string).collect();
                let message = format!(
                    "the query calls the function {shown}, which reads {}: the lineage does not show that",
                    reads.join(", ")
                );
                let help = "make the function a model, or put its query in place of the call; else it must be in the target, \
                            and what it reads must be filled before";
                findings.push(Finding::at(Code::R301, step.span, message, help));
            }
        }
    }
    findings
}

/// What there is to say of queries that call a function of the inputs without the package that it stands in: the package's own
/// procedures may, a model may not.
pub(super) fn of_packages(context: &Context) -> Vec<Finding> {
    let packages: BTreeSet<String> = context.scripts.iter().filter(|script| is_package(script)).map(named).collect();
    let mut findings = Vec::new();
    for function in context.scripts.iter().filter(|script| is_function(script)) {
        let full = named(function);
        let Some((package, name)) = full.rsplit_once('.').filter(|(package, _)| packages.contains(*package)) else {
            continue;
        };
        let others = context.scripts.iter().filter(|script| script.call_of.is_none() && named(script) != full);
        for step in others.flat_map(|script| &script.steps) {
            let texts: Vec<String> = step.sqls().iter().map(|sql| sql.text.to_lowercase()).collect();
            if texts.iter().any(|text| calls(text, name)) && !texts.iter().any(|text| calls(text, &full)) {
                let message =
                    format!("{name} is a function of the package {package}: a model does not find it by this name");
                let help =
                    format!("write {full} in the model, and declare the function in the package's specification");
                findings.push(Finding::at(Code::R301, step.span, message, &help));
            }
        }
    }
    findings
}

fn named(script: &Script) -> String {
    script.name.to_lowercase()
}

fn is_package(script: &Script) -> bool {
    script.statements.first().is_some_and(|first| first.what == "package header")
}

fn is_function(script: &Script) -> bool {
    script.statements.first().is_some_and(|first| first.what == "function header")
}

/// The function's name and what it reads; none for what is no function or reads no table.
fn reader(at: usize, script: &Script) -> Option<(usize, String, BTreeSet<Relation>)> {
    let is_function = script.statements.first().is_some_and(|first| first.what == "function header");
    if script.kind != ScriptKind::Procedure || !is_function {
        return None;
    }
    let name = last_part(&script.name).to_lowercase();
    let reads: BTreeSet<Relation> = script.steps.iter().flat_map(Step::reads).collect();
    (!reads.is_empty() && !name.is_empty()).then_some((at, name, reads))
}

/// Whether the text calls the function, as far as its words tell; both in lower case.
fn calls(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let rest = text.get(at + name.len()..).unwrap_or("").trim_start_matches(['"', ']', '`']).trim_start();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_') && rest.starts_with('(')
    })
}

#[cfg(test)]
mod tests {
    use super::calls;

    #[test]
    fn a_call_is_a_whole_name_before_parentheses() {
        let rows = [
            ("select * from dbo.[Active] (1)", true),
            ("select * from inactive(1)", false),
            ("select active from t where (a)", false),
        ];
        for (text, expected) in rows {
            assert_eq!(calls(&text.to_lowercase(), "active"), expected, "{text}");
        }
    }
}
