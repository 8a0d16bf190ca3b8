pub mod sample;

use serde_json::{Value, json};

use super::{audit_json, convert_json, dot, github, lineage_json, markdown, mermaid, openlineage, sarif, schema};
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
        "reads": ["tmp_orders", "tmp_payments"], "writes": ["analytics.fct_totals"], "stands_in": []
    });
    assert_eq!(report["statements"][2], last);
    assert_eq!(report["statements"][3]["kind"], "commit");
}

#[test]
fn audit_lays_declared_beside_implied() {
    let report = parse(&audit_json(&dag().unconverted()));
    assert_eq!(keys(&report), ["inputs", "findings", "dags"]);
    let dag = &report["dags"][0];
    assert_eq!(keys(dag), ["dag_id", "path", "tasks", "declared", "implied"]);
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

#[test]
fn sarif_has_a_rule_and_a_place_for_each_result() {
    let log = parse(&sarif(&orders().facts()));
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "R401");
    let result = &run["results"][0];
    assert_eq!(
        (&result["ruleId"], &result["ruleIndex"], &result["level"]),
        (&json!("R401"), &json!(0), &json!("warning"))
    );
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "load.sql");
    assert_eq!(place["region"], json!({"startLine": 2, "startColumn": 1, "endLine": 4, "endColumn": 17}));
    assert!(run["results"][1].get("locations").is_none(), "no place");
}

#[test]
fn github_gets_one_line_a_finding() {
    let mut sample = orders();
    sample.findings[0].message = "50 % of it\nis gone".into();
    let lines = github(&sample.facts());
    let expected = "::warning file=load.sql,line=2,col=1,title=R401 vanishing step::50 %25 of it%0Ais gone%0Akeep it as a \
                    model\n::notice title=R403 serial only::2 steps wait for each other\n";
    assert_eq!(lines, expected);
}

#[test]
fn openlineage_has_an_event_a_written_relation() {
    let events = parse(&openlineage(&orders().facts()));
    let [event] = events.as_array().unwrap().as_slice() else { panic!("{events}") };
    assert_eq!(event["job"]["name"], "build_totals.analytics.fct_totals");
    assert_eq!(event["inputs"][0], json!({"namespace": "postgres", "name": "raw.orders"}));
    let fields = &event["outputs"][0]["facets"]["columnLineage"]["fields"];
    assert_eq!(fields["amount"]["inputFields"][0]["field"], "amount");
}

#[test]
fn names_are_escaped_in_every_drawing() {
    let mut sample = orders();
    sample.project.models[0].name = "a\"]; b --> c|`<x>".into();
    let rows = [
        (mermaid(&sample.facts(), false), "n2[\"a#34;#93;#59; b --#62; c#124;#96;#60;x#62;\"]:::staging"),
        (dot(&sample.facts(), false), "n2 [label=\"a\\\"]; b --> c|`<x>\","),
        (markdown(&sample.facts()), "| `analytics.fct_totals` | `raw.orders` | `tmp_orders` |"),
    ];
    for (text, expected) in rows {
        assert!(text.contains(expected), "{expected} in\n{text}");
    }
}
