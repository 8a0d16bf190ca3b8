pub mod sample;

use serde_json::{Value, json};

use super::{audit_json, convert_json, lineage_json, schema};
use sample::{dag, orders};

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn convert_has_the_keys_of_the_contract_in_their_order() {
    let report = parse(&convert_json(&orders().facts()));
    let top = ["schema_version", "inputs", "models", "sources", "account", "lineage", "findings"];
    assert_eq!(keys(&report), top);
    let rows = [
        ("/inputs/0", "path kind dialect statements"),
        ("/models/0", "name layer materialized path relation depends_on columns origin"),
        ("/models/0/origin/0", "path start_line end_line"),
        ("/sources/0", "name columns"),
        ("/account", "statements model config dropped manual rows"),
        ("/account/rows/0", "path start_line end_line fate model reason"),
        ("/lineage", "relations columns"),
        ("/lineage/relations/0", "from to via"),
        ("/lineage/columns/0", "from to how"),
        ("/findings/0", "code severity message path line column help"),
    ];
    for (place, expected) in rows {
        assert_eq!(keys(report.pointer(place).unwrap()).join(" "), expected, "{place}");
    }
}

#[test]
fn convert_says_what_the_facts_say() {
    let report = parse(&convert_json(&orders().facts()));
    let model = json!({
        "name": "stg_orders", "layer": "staging", "materialized": "view", "path": "models/staging/raw/stg_orders.sql",
        "relation": "tmp_orders", "depends_on": ["source:raw.orders"], "columns": ["id", "amount"],
        "origin": [{"path": "load.sql", "start_line": 2, "end_line": 4}]
    });
    assert_eq!(report["models"][0], model);
    assert_eq!(report["models"][2]["depends_on"], json!(["model:stg_orders", "model:stg_payments"]));
    assert_eq!(report["account"]["statements"], 4);
    assert_eq!(report["account"]["dropped"], 1);
    let edge = json!({"from": "raw.orders", "to": "analytics.fct_totals", "via": ["tmp_orders"]});
    assert_eq!(report["lineage"]["relations"][0], edge);
    let finding = &report["findings"][1];
    assert_eq!((&finding["path"], &finding["line"]), (&json!(""), &json!(0)), "no place");
}

#[test]
fn lineage_lists_every_statement() {
    let report = parse(&lineage_json(&orders().unconverted()));
    assert_eq!(keys(&report), ["relations", "columns", "statements", "findings"]);
    let last = json!({
        "path": "load.sql", "start_line": 10, "end_line": 12, "kind": "create table as",
        "reads": ["tmp_orders", "tmp_payments"], "writes": ["analytics.fct_totals"]
    });
    assert_eq!(report["statements"][2], last);
    assert_eq!(report["statements"][3]["kind"], "commit");
}

#[test]
fn audit_lays_declared_beside_implied() {
    let report = parse(&audit_json(&dag().unconverted()));
    assert_eq!(keys(&report), ["inputs", "findings", "dags"]);
    let dag = &report["dags"][0];
    assert_eq!(keys(dag), ["dag_id", "tasks", "declared", "implied"]);
    assert_eq!(dag["declared"], json!([["task_1", "task_2"]]));
    assert_eq!(dag["implied"], json!([["task_0", "task_2"]]));
    let task = json!({
        "task_id": "task_2", "operator": "PostgresOperator",
        "reads": ["staging.orders"], "writes": ["analytics.totals"]
    });
    assert_eq!(dag["tasks"][2], task);
}

#[test]
fn the_committed_schema_is_the_one_of_the_types() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/report.schema.json");
    let current = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("REFRACT_UPDATE").is_some() {
        std::fs::write(path, &current).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), current, "run again under REFRACT_UPDATE=1");
}

#[test]
fn every_key_of_the_schema_is_documented() {
    let page = include_str!("../../../docs/report-schema.md");
    let schema = serde_json::to_value(schema()).unwrap();
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        for key in definition["properties"].as_object().map(|keys| keys.keys()).into_iter().flatten() {
            assert!(page.contains(&format!("`{key}`")), "{name}.{key} is not in docs/report-schema.md");
        }
    }
}
