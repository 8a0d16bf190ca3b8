//! Small rows for models, and what must become of them: dbt's unit tests.
//!
//! In: models with the shapes of their queries. Out: a test for each model that chooses or changes rows in a way that
//! the evaluator understands for sure. Never guesses a type: a column whose type its uses do not tell is left NULL.

mod evaluate;
mod inputs;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::shapes::{self, Known, Run};
use super::{Cell, Dependency, Given, Materialized, Model, SourceTable, UnitTest, Var};
use crate::dialect::Dialect;
use crate::sql::shape::{Expr, Select};
use evaluate::{Inputs, Row, Value};
use inputs::{Domain, domains};

/// The most rows that one input has.
const ROWS: usize = 12;
/// How many rows are tried for one that comes out.
const TRIED: usize = 4000;

/// Gives models their unit tests.
pub(super) fn add(models: &mut [Model], sources: &[SourceTable], vars: &[Var], target: Dialect) {
    let tests: Vec<Option<UnitTest>> =
        models.iter().map(|model| unit_test(model, models, sources, vars, target)).collect();
    for (model, test) in models.iter_mut().zip(tests) {
        model.unit_tests.extend(test);
    }
}

fn unit_test(
    model: &Model,
    models: &[Model],
    sources: &[SourceTable],
    vars: &[Var],
    target: Dialect,
) -> Option<UnitTest> {
    let known = shapes::of(model, target, Run::First).or_else(|| shapes::first_run(model, target))?;
    let kinds = kinds(&known);
    if kinds.is_empty() || known.reads.iter().any(Option::is_none) {
        return None;
    }
    let values = var_values(&known, vars)?;
    let places: BTreeMap<usize, Cell> =
        known.vars.iter().filter_map(|(at, name)| Some((*at, values.get(name)?.clone()))).collect();
    let domains = domains(&known, &places, models, sources, target);
    let tables = rows_of(&known, &places, &domains)?;
    let found = outcome(&known, &places, &tables)?;
    let expected = expected(&found)?;
    let given = model.depends_on.iter().map(|input| Given {
        input: input.clone(),
        rows: tables.get(input).map(|rows| rows.iter().map(cells).collect()).unwrap_or_default(),
    });
    Some(UnitTest {
        name: format!("unit_{}", model.name),
        description: format!("Rows that show {}", kinds.join(", ")),
        given: given.collect(),
        vars: values.into_iter().collect(),
        incremental: matches!(model.materialized, Materialized::Incremental(_)),
        expected,
    })
}

/// What there is to test: nothing for a query that only passes rows on.
fn kinds(known: &Known) -> Vec<&'static str> {
    let all: Vec<&Expr> = known.selects().flat_map(Select::expressions).flat_map(Expr::all).collect();
    let calls =
        |expr: &&Expr| matches!(expr, Expr::Call(name, _) if matches!(name.as_str(), "coalesce" | "ifnull" | "nvl"));
    let mut kinds = Vec::new();
    if all.iter().any(|expr| matches!(expr, Expr::Case(..))) {
        kinds.push("each branch of CASE");
    }
    if all.iter().any(calls) {
        kinds.push("what stands for NULL");
    }
    if known.selects().any(|select| select.filter.is_some()) {
        kinds.push("which rows stay");
    }
    kinds
}

/// The values of the variables; none where one has no value that is sure.
fn var_values(known: &Known, vars: &[Var]) -> Option<BTreeMap<String, Cell>> {
    let mut values = BTreeMap::new();
    for (_, name) in &known.vars {
        let var = vars.iter().find(|var| var.name == *name)?;
        let default = var.default.as_deref()?;
        let cell = match inputs::class_of_type(&var.sql_type, Dialect::Postgres) {
            Some(inputs::Class::Integer) => Cell::Integer(default.parse().ok()?),
            Some(inputs::Class::Text) if !inputs::is_ambiguous(default) => Cell::Text(default.to_owned()),
            _ => return None,
        };
        values.insert(name.clone(), cell);
    }
    Some(values)
}

type Tables = BTreeMap<Dependency, Vec<Row>>;

/// The rows of each input: one that comes out, and others that differ from it in one column.
fn rows_of(known: &Known, vars: &BTreeMap<usize, Cell>, domains: &BTreeMap<Dependency, Domain>) -> Option<Tables> {
    let mut tables = Tables::new();
    let inputs: BTreeSet<&Dependency> = known.reads.iter().flatten().collect();
    for input in inputs {
        let empty = Domain::default();
        let domain = domains.get(input).unwrap_or(&empty);
        tables.insert(input.clone(), domain.first().into_iter().collect());
    }
    let names: Vec<Dependency> = tables.keys().cloned().collect();
    for input in names {
        let Some(domain) = domains.get(&input) else { continue };
        let comes_out = |row: &Row| {
            let mut tried = tables.clone();
            tried.insert(input.clone(), vec![row.clone()]);
            outcome(known, vars, &tried).is_some_and(|rows| !rows.is_empty())
        };
        let base = domain.all(TRIED).into_iter().find(comes_out)?;
        tables.insert(input, vec![base]);
    }
    for (input, rows) in &mut tables {
        let (Some(domain), Some(base)) = (domains.get(input), rows.first().cloned()) else { continue };
        for row in domain.around(&base) {
            if rows.len() < ROWS && !rows.contains(&row) {
                rows.push(row);
            }
        }
    }
    (!tables.is_empty()).then_some(tables)
}

fn outcome(known: &Known, vars: &BTreeMap<usize, Cell>, tables: &Tables) -> Option<Vec<Row>> {
    let rows = |number: usize| {
        let input = known.reads.get(number).and_then(Option::as_ref);
        input.and_then(|input| tables.get(input)).cloned().unwrap_or_default()
    };
    evaluate::rows(&Inputs { known, rows: &rows, vars })
}

/// The columns that are known in every row; none where nothing is left to compare.
fn expected(rows: &[Row]) -> Option<Vec<Vec<(String, Cell)>>> {
    let names: Vec<String> = rows.first()?.iter().map(|(name, _)| name.clone()).collect();
    let sure = |name: &String| {
        let once = names.iter().filter(|other| *other == name).count() == 1;
        let known = |row: &Row| row.iter().any(|(own, value)| own == name && matches!(value, Value::Known(_)));
        once && inputs::is_plain(name) && rows.iter().all(known)
    };
    let kept: BTreeSet<String> = names.iter().filter(|name| sure(name)).cloned().collect();
    let row = |row: &Row| cells(row).into_iter().filter(|(name, _)| kept.contains(name)).collect::<Vec<_>>();
    let out: Vec<Vec<(String, Cell)>> = rows.iter().map(row).collect();
    (!kept.is_empty()).then_some(out)
}

fn cells(row: &Row) -> Vec<(String, Cell)> {
    let cell = |(name, value): &(String, Value)| match value {
        Value::Known(cell) => Some((name.clone(), cell.clone())),
        Value::Unknown => None,
    };
    row.iter().filter_map(cell).collect()
}
