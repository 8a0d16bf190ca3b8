use super::super::Durations;
use super::html;
use crate::report::tests::sample::{dag, large, orders};

/// The JSON that stands in a page.
fn data(page: &str) -> serde_json::Value {
    let (_, rest) = page.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn the_page_holds_the_facts() {
    let sample = orders();
    let page = html(&sample.facts(), Some(&sample.files));
    let data = data(&page);
    assert_eq!(data["graph"]["nodes"].as_array().unwrap().len(), 5);
    assert_eq!(data["graph"]["edges"].as_array().unwrap().len(), 4);
    assert_eq!(data["units"][0]["node"], 2, "the first statement became the first model");
    assert_eq!(data["models"]["2"]["changes"][0]["kind"], "kept", "a temp table stays");
    assert_eq!(data["models"]["2"]["changes"][1]["after"], "source('raw', 'orders')");
    let serial = &data["order"]["scripts"][0];
    assert_eq!(
        (serial["today"].as_f64(), serial["graph"].as_f64(), serial["unknown"].as_u64()),
        (Some(3.0), Some(2.0), Some(0))
    );
    assert_eq!(serial["bars"].as_array().unwrap().len(), 3);
    assert_eq!(data["order"]["waves"].as_array().unwrap().len(), 2);
    assert_eq!(page, html(&sample.facts(), Some(&sample.files)), "the same twice");
}

#[test]
fn durations_turn_units_into_minutes() {
    let mut sample = orders();
    let name = sample.project.models[0].name.clone();
    sample.durations = Durations::parse(&format!("{name},120\n")).unwrap();
    let data = data(&html(&sample.facts(), None));
    assert_eq!(data["order"]["minutes"], true);
    let serial = &data["order"]["scripts"][0];
    assert_eq!(
        (serial["today"].as_f64(), serial["graph"].as_f64(), serial["unknown"].as_u64()),
        (Some(2.0), Some(2.0), Some(2))
    );
}

#[test]
fn the_page_loads_nothing() {
    let page = html(&orders().facts(), None);
    for sign in ["src=", "url(http", "@import", "fetch(", "XMLHttpRequest", "innerHTML", "document.write", "eval("] {
        assert!(!page.contains(sign), "{sign}");
    }
}

#[test]
fn a_dag_shows_both_graphs() {
    let data = data(&html(&dag().unconverted(), None));
    let edges = data["dags"][0]["edges"].as_array().unwrap();
    let found: Vec<&str> = edges.iter().map(|edge| edge["status"].as_str().unwrap()).collect();
    assert_eq!(found, ["missing", "arrow"]);
}

#[test]
fn hostile_names_stay_text() {
    let evil = "</script><img src=x onerror=alert(1)>\u{2028}\u{202e}\"'`😀&amp;";
    let mut sample = orders();
    sample.project.models[0].name = evil.into();
    sample.project.name = evil.into();
    sample.scripts[0].name = evil.into();
    sample.findings[0].message = evil.into();
    let page = html(&sample.facts(), Some(&sample.files));
    assert_eq!(page.matches("<script").count(), 2, "no element of the input's");
    assert!(!page.contains("<img"));
    assert_eq!(data(&page)["title"], evil, "and yet the name is whole");
}

/// Writes pages to look at: `REFRACT_PAGES=folder cargo test --lib pages_to_look_at`.
#[test]
fn pages_to_look_at() {
    let Some(folder) = std::env::var_os("REFRACT_PAGES") else { return };
    let folder = std::path::PathBuf::from(folder);
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).unwrap();
    for steps in [5, 50, 500, 2000] {
        let sample = large(steps);
        write(&format!("{steps}.html"), html(&sample.facts(), Some(&sample.files)));
    }
    let sample = orders();
    write("openlineage.json", crate::report::openlineage(&sample.facts()));
    write("sarif.json", crate::report::sarif(&sample.facts()));
    write("lineage.mmd", crate::report::mermaid(&sample.facts(), false));
    write("lineage.dot", crate::report::dot(&sample.facts(), false));
    write("orders.html", html(&sample.facts(), Some(&sample.files)));
    let mut hostile = orders();
    let evil = "</script><img src=x onerror=document.title='harm'>\u{202e}\"'`😀 مرحبا";
    hostile.project.models[0].name = evil.into();
    hostile.project.models[0].description = evil.into();
    hostile.project.name = evil.into();
    hostile.findings[0].message = evil.into();
    hostile.scripts[0].name = evil.into();
    write("hostile.html", html(&hostile.facts(), Some(&hostile.files)));
    write("lineage.html", html(&sample.unconverted(), None));
    write("dag.html", html(&dag().facts(), None));
}
