//! What holds for every case, whatever it shows.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use minijinja::value::{Kwargs, Rest};
use minijinja::{Environment, Value};
use refract::plan::{AccountRow, Fate, Project};
use refract::steps::{Body, Sql, Step};
use refract::text::SourceFile;
use refract::{Options, Outcome, convert};

use crate::case::{self, Case};

/// Positions at which each input is cut off, spread over its length; with a prime step, so that they differ by file.
const CUTS: usize = 40;

fn converted(case: &Case) -> Outcome {
    convert(case.files(), &case.options())
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    case::each(|case| {
        let first = converted(case);
        let again = converted(case);
        let mut files = case.files();
        files.reverse();
        let reversed = convert(files, &case.options());
        let mut faults = differing("a second time", &first, &again);
        faults.extend(differing("in reverse order", &first, &reversed));
        faults
    });
}

fn differing(what: &str, left: &Outcome, right: &Outcome) -> Vec<String> {
    let names: BTreeSet<&String> = left.files.keys().chain(right.files.keys()).collect();
    let names = names.into_iter().filter(|name| left.files.get(*name) != right.files.get(*name));
    names.map(|name| format!("{name} differs when read {what}")).collect()
}

#[test]
fn every_statement_has_one_row_of_the_account() {
    case::each(|case| {
        let outcome = converted(case);
        let account = &outcome.project.account;
        let mut faults = Vec::new();
        let mut places = BTreeMap::new();
        for row in &account.rows {
            *places.entry(row.span).or_insert(0) += 1;
            let told = match row.fate {
                Fate::Model => has_node(&outcome.project, &row.model),
                Fate::Config => true,
                Fate::Dropped | Fate::Manual => !row.reason.is_empty(),
            };
            if !told {
                faults.push(format!("{} `{}` at {:?}: no model or no reason", row.fate.name(), row.what, row.span));
            }
        }
        let statements: Vec<_> = outcome.analysis.scripts.iter().flat_map(|script| &script.statements).collect();
        for statement in &statements {
            if places.get(&statement.span) != Some(&1) {
                let rows = places.get(&statement.span).copied().unwrap_or(0);
                faults.push(format!("`{}` at {:?} has {rows} rows", statement.what, statement.span));
            }
        }
        if statements.len() != account.rows.len() {
            faults.push(format!("{} statements, {} rows", statements.len(), account.rows.len()));
        }
        faults
    });
}

fn has_node(project: &Project, name: &str) -> bool {
    nodes(project).contains(name)
}

/// What `ref()` can name.
fn nodes(project: &Project) -> BTreeSet<String> {
    let models = project.models.iter().map(|model| model.name.clone());
    let seeds = project.seeds.iter().map(|seed| seed.name.clone());
    let snapshots = project.snapshots.iter().map(|snapshot| snapshot.name.clone());
    models.chain(seeds).chain(snapshots).collect()
}

/// What a file of the project refers to.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct References {
    refs: BTreeSet<String>,
    sources: BTreeSet<String>,
}

/// Renders a model as dbt would, with names in place of `ref()` and `source()`; the text and what it refers to.
fn render(text: &str, outcome: &Outcome) -> Result<(String, References), String> {
    use std::sync::{Arc, Mutex};
    let found = Arc::new(Mutex::new(References::default()));
    let mut environment = Environment::new();
    let quote = outcome.project.target.traits().identifier_quotes.first().copied().unwrap_or('"');
    let quoted = move |name: &str| format!("{quote}{name}{}", if quote == '[' { ']' } else { quote });
    let seen = Arc::clone(&found);
    environment.add_function("ref", move |names: Rest<String>| {
        let name = names.last().cloned().unwrap_or_default();
        seen.lock().expect("no other thread").refs.insert(name.clone());
        format!("refract_ref.{}", quoted(&name))
    });
    let seen = Arc::clone(&found);
    environment.add_function("source", move |schema: String, name: String| {
        seen.lock().expect("no other thread").sources.insert(format!("{schema}.{name}"));
        format!("{}.{}", quoted(&schema), quoted(&name))
    });
    environment.add_function("config", |_: Kwargs| "");
    environment.add_function("var", |names: Rest<Value>| names.get(1).cloned().unwrap_or_else(|| Value::from("1")));
    environment.add_function("env_var", |names: Rest<Value>| names.get(1).cloned().unwrap_or_else(|| Value::from("x")));
    environment.add_function("is_incremental", || true);
    for name in macros(outcome) {
        environment.add_function(name, |_: Option<Value>, _: Option<Value>, _: Option<Value>, _: Kwargs| "1");
    }
    environment.add_function("load_relation", |_: Value| true);
    environment.add_function("columns_of", |_: Value, otherwise: Value| otherwise);
    environment.add_global("target", BTreeMap::from([("type", "duckdb")]));
    environment.add_global("invocation_id", "7");
    environment.add_global("adapter", Value::from_object(Adapter));
    environment.add_global("exceptions", Value::from_object(Adapter));
    environment.add_global("dbt", Value::from_object(Adapter));
    environment.add_global("execute", false);
    environment.add_global("this", "refract_this");
    let rendered = environment.render_str(text, ()).map_err(|error| error.to_string())?;
    let found = found.lock().expect("no other thread").clone();
    Ok((rendered, found))
}

/// dbt's own objects: a call gives its first argument back, and one without arguments the name of a type.
#[derive(Debug)]
struct Adapter;

impl minijinja::value::Object for Adapter {
    fn call_method(
        self: &std::sync::Arc<Self>,
        _: &mut minijinja::State,
        _: &str,
        arguments: &[Value],
    ) -> Result<Value, minijinja::Error> {
        Ok(arguments.first().cloned().unwrap_or_else(|| Value::from("timestamp")))
    }
}

/// The names of the macros that the project brings along.
fn macros(outcome: &Outcome) -> Vec<String> {
    let files = outcome.files.iter().filter(|(path, _)| path.starts_with("macros/"));
    let heads = files.flat_map(|(_, text)| text.split("macro ").skip(1));
    heads.map(|head| head.split('(').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn every_reference_resolves_and_there_is_no_circle() {
    case::each(|case| {
        let outcome = converted(case);
        let names = nodes(&outcome.project);
        let sources: BTreeSet<String> =
            outcome.project.sources.iter().map(|source| format!("{}.{}", source.source, source.table)).collect();
        let mut faults = Vec::new();
        let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (path, text) in outcome.files.iter().filter(|(path, _)| is_model(path)) {
            match render(text, &outcome) {
                Ok((_, found)) => {
                    let lost = found.refs.iter().filter(|name| !names.contains(*name));
                    faults.extend(lost.map(|name| format!("{path}: ref('{name}') is not there")));
                    let lost = found.sources.iter().filter(|name| !sources.contains(*name));
                    faults.extend(lost.map(|name| format!("{path}: source {name} is not there")));
                    edges.insert(stem(path), found.refs);
                }
                Err(error) => faults.push(format!("{path}: {error}")),
            }
        }
        faults.extend(circle(&edges).map(|name| format!("{name} depends on itself")));
        faults
    });
}

fn is_model(path: &str) -> bool {
    let holds = ["models/", "snapshots/", "tests/"].iter().any(|folder| path.starts_with(folder));
    holds && !path.starts_with("tests/generic/") && path.rsplit('.').next() == Some("sql")
}

fn stem(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).trim_end_matches(".sql").to_owned()
}

/// A node on a circle, when there is one.
fn circle(edges: &BTreeMap<String, BTreeSet<String>>) -> Option<String> {
    let mut left = edges.clone();
    loop {
        let free: Vec<String> = left
            .iter()
            .filter(|(_, parents)| parents.iter().all(|parent| !left.contains_key(parent)))
            .map(|(name, _)| name.clone())
            .collect();
        if free.is_empty() {
            return left.keys().next().cloned();
        }
        left.retain(|name, _| !free.contains(name));
    }
}

#[test]
fn reading_the_models_again_gives_the_planned_edges() {
    case::each(|case| {
        let outcome = converted(case);
        let mut faults = Vec::new();
        for model in &outcome.project.models {
            let ending = format!("/{}.sql", model.name);
            let Some((path, text)) = outcome.files.iter().find(|(path, _)| is_model(path) && path.ends_with(&ending))
            else {
                continue;
            };
            // What a model only waits for stands in a comment for dbt.
            let waits = |line: &&str| line.starts_with("-- depends_on: ");
            let asked: String = text.lines().filter(|line| !waits(line)).map(|line| format!("{line}\n")).collect();
            let Ok((rendered, told)) = render(&asked, &outcome) else { continue };
            let read = references_read(&rendered, &outcome, case);
            let manual =
                outcome.project.account.rows.iter().any(|row| row.fate == Fate::Manual && row.model == model.name);
            if read != told && !manual {
                faults.push(format!("{path}: says {told:?}, is read as {read:?}"));
            }
        }
        faults
    });
}

/// What SQL refers to when it is read as an input of its own.
fn references_read(rendered: &str, outcome: &Outcome, case: &Case) -> References {
    let text = format!("create table refract_result as\n{}\n", rendered.trim().trim_end_matches(';'));
    let mut options = case.options().read;
    options.dialect = Some(outcome.project.target);
    let analysis = refract::analyse(vec![SourceFile::new("model.sql", text)], &options);
    let mut found = References::default();
    for relation in analysis.scripts.iter().flat_map(|script| &script.steps).flat_map(Step::reads) {
        match relation.schema() {
            Some("refract_ref") => {
                found.refs.insert(relation.name().to_owned());
            }
            Some(schema) => {
                found.sources.insert(format!("{schema}.{}", relation.name()));
            }
            None => {}
        }
    }
    found
}

#[test]
fn an_input_that_is_cut_off_anywhere_is_read_without_a_panic() {
    case::each(|case| {
        let options = case.options();
        let mut faults = Vec::new();
        for file in case.files() {
            let length = file.text.len();
            let step = (length / CUTS).max(1) | 1;
            for at in (0..length).step_by(step) {
                let text = String::from_utf8_lossy(&file.text.as_bytes()[..at]).into_owned();
                faults.extend(
                    reads_quietly(&file.path, text, &options).map(|fault| format!("{} at {at}: {fault}", file.path)),
                );
            }
        }
        faults
    });
}

/// What goes wrong with a text that may be any text.
fn reads_quietly(path: &str, text: String, options: &Options) -> Option<String> {
    let files = vec![SourceFile::new(path, text)];
    let outcome = catch_unwind(AssertUnwindSafe(|| convert(files, options)));
    let Ok(outcome) = outcome else { return Some("panics".to_owned()) };
    let fault = outcome.findings.iter().find(|finding| finding.code.name() == "R299")?;
    Some(format!("R299: {}", fault.message))
}

#[test]
fn the_authors_text_stands() {
    case::each(|case| {
        let outcome = converted(case);
        // The rows of a seed stand in its file, as CSV writes them.
        let seeds = &outcome.project.seeds;
        let is_model = |row: &AccountRow| row.fate == Fate::Model && !seeds.iter().any(|seed| seed.name == row.model);
        let kept = |span| outcome.project.account.rows.iter().any(|row| row.span == span && is_model(row));
        // In another dialect, what the rules left of the text stands, and what they wrote.
        let transpiled = refract::sql::transpile(&outcome.analysis.scripts, outcome.project.target);
        let scripts = transpiled.map_or_else(|| outcome.analysis.scripts.clone(), |transpiled| transpiled.scripts);
        let steps = scripts.iter().flat_map(|script| &script.steps);
        // A dialect that names no columns behind a CTE's name has the names in the query.
        let named_inside = !outcome.project.target.traits().cte_columns;
        let shown = |text: &str| if named_inside { without_aliases(text) } else { text.to_owned() };
        let files: Vec<String> = outcome.files.values().map(|text| shown(text)).collect();
        let mut faults = Vec::new();
        for step in steps.filter(|step| kept(step.span)) {
            let Some(Body::Query(query)) = step.effect.body() else { continue };
            if named_inside && query.sql.text.trim_start().to_lowercase().starts_with("values") {
                continue;
            }
            let pieces: Vec<String> =
                untouched(&query.sql).into_iter().map(|piece| shown(&format!(" {piece}")).trim().to_owned()).collect();
            let braces = pieces.iter().any(|piece| piece.contains('{') || piece.contains("%}"));
            if !braces && !files.iter().any(|text| holds_in_order(text, &pieces)) {
                let first = query.sql.text.lines().next().unwrap_or_default();
                faults.push(format!("no file holds the text of `{first} …`, its references aside"));
            }
        }
        faults
    });
}

/// The text without `as name`.
fn without_aliases(text: &str) -> String {
    let mut rest = text;
    let mut out = String::new();
    while let Some(at) = rest.to_lowercase().find(" as ") {
        out.push_str(&rest[..at]);
        let name = rest[at + " as ".len()..].trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
        rest = name;
    }
    out + rest
}

/// The parts of a text that nothing may change: between mentions, variables and edits.
fn untouched(sql: &Sql) -> Vec<&str> {
    let mut changed: Vec<std::ops::Range<usize>> = Vec::new();
    changed.extend(sql.mentions.iter().map(|mention| mention.range.clone()));
    // A variable that is all of a string takes its quotes along.
    let quoted = |range: &std::ops::Range<usize>| {
        let quote = |at: usize| sql.text.get(at..at + 1) == Some("'");
        let around = range.start > 0 && quote(range.start - 1) && quote(range.end);
        if around { range.start - 1..range.end + 1 } else { range.clone() }
    };
    changed.extend(sql.variables.iter().map(|variable| quoted(&variable.range)));
    changed.extend(sql.edits.iter().map(|edit| edit.range.clone()));
    changed.sort_by_key(|range| (range.start, range.end));
    let mut pieces = Vec::new();
    let mut at = 0;
    for range in changed {
        pieces.push(sql.text.get(at..range.start).unwrap_or_default());
        at = at.max(range.end);
    }
    pieces.push(sql.text.get(at..).unwrap_or_default());
    // Lines are told apart, because the text as a whole may be indented anew.
    pieces.into_iter().flat_map(str::lines).map(str::trim).filter(|line| !line.is_empty()).collect()
}

fn holds_in_order(text: &str, pieces: &[String]) -> bool {
    let mut rest = text;
    pieces.iter().all(|piece| {
        let found = rest.find(piece);
        rest = found.map_or("", |at| &rest[at + piece.len()..]);
        found.is_some()
    })
}
