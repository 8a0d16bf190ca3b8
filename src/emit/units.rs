//! dbt's unit tests in YAML.
//!
//! In: a unit test of the plan. Out: its entry. Rows stand in one line each. They run on the embedded database only,
//! where every type that they use is known.

use crate::emit::properties::{expression, rendered};
use crate::emit::yaml::Yaml;
use crate::emit::{jinja, paths};
use crate::plan::{Cell, Model, UnitTest};

/// The entry of a unit test.
pub(super) fn entry(model: &Model, test: &UnitTest) -> Yaml {
    let given = test.given.iter().map(|given| {
        Yaml::map([
            ("input", Yaml::text(expression(&given.input))),
            ("rows", Yaml::List(given.rows.iter().map(|cells| row(cells)).collect())),
        ])
    });
    let enabled = Yaml::map([("enabled", Yaml::text("{{ target.type == 'duckdb' }}"))]);
    let mut entry = Yaml::map([
        ("name", Yaml::text(paths::name(&test.name))),
        ("description", rendered(&test.description)),
        ("model", Yaml::text(paths::name(&model.name))),
        ("config", enabled),
    ]);
    let mut overrides = Yaml::Map(Vec::new());
    if test.incremental {
        overrides.push("macros", Yaml::map([("is_incremental", Yaml::Plain("false".to_owned()))]));
    }
    if !test.vars.is_empty() {
        let vars = test.vars.iter().map(|(name, cell)| (name.clone(), Yaml::Plain(value(cell)))).collect();
        overrides.push("vars", Yaml::Map(vars));
    }
    if !overrides.is_empty() {
        entry.push("overrides", overrides);
    }
    entry.push("given", Yaml::List(given.collect()));
    let expected = Yaml::List(test.expected.iter().map(|cells| row(cells)).collect());
    entry.push("expect", Yaml::map([("rows", expected)]));
    entry
}

/// A row as a flow map. Names are plain words by the plan's choice.
fn row(cells: &[(String, Cell)]) -> Yaml {
    let cells: Vec<String> = cells.iter().map(|(name, cell)| format!("{name}: {}", value(cell))).collect();
    Yaml::Plain(format!("{{{}}}", cells.join(", ")))
}

/// A value as a flow scalar: text is always in quotes, in the form that JSON and YAML share.
fn value(cell: &Cell) -> String {
    match cell {
        Cell::Null => "null".to_owned(),
        Cell::Integer(number) => number.to_string(),
        Cell::Bool(truth) => truth.to_string(),
        Cell::Text(text) => serde_json::Value::from(jinja::escape(text)).to_string(),
    }
}
