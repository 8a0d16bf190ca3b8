use super::*;
use crate::steps::{self, ShowOptions};
use crate::text::Sources;

fn shown(path: &str, text: &str, dialect: Dialect) -> String {
    let sources = Sources::new(vec![SourceFile::new(path, text)]);
    let (id, file) = sources.iter().next().expect("one file");
    assert!(is_catalog(file), "{path} is a catalog");
    let reading = read(id, file, dialect);
    assert!(reading.findings.is_empty(), "{:?}", reading.findings);
    steps::show(&reading.scripts, ShowOptions::default())
}

const COLUMNS: &str = "\
table_catalog,table_schema,table_name,column_name,ordinal_position,is_nullable,data_type,character_maximum_length,column_key,column_comment
shop,raw,Orders,total,2,YES,numeric,,,
shop,raw,Orders,id,1,NO,integer,,PRI,\"the number, as printed\"
shop,raw,lines,order_id,1,NO,integer,,PRI,
shop,raw,lines,line,2,NO,varchar,20,PRI,
shop,raw,lines,,3,NO,varchar,20,,
";

const EXPECTED: &str = "\
declare if_missing raw.Orders (id \"integer\" not_null unique, total \"numeric\")
declare if_missing raw.lines (order_id \"integer\" not_null, line \"varchar(20)\" not_null)
";

#[test]
fn an_export_of_columns_gives_tables() {
    let text = shown("columns.csv", COLUMNS, Dialect::Postgres);
    assert_eq!(text, EXPECTED);
    let semicolons = COLUMNS.replace(',', ";").replace("number;", "number,");
    assert_eq!(shown("columns.csv", &semicolons, Dialect::Postgres), text);
}

#[test]
fn stored_names_are_those_that_scripts_write_without_quotes() {
    let file = SourceFile::new("columns.csv", "table_schema,table_name,column_name,data_type\nRAW,ORDERS,ID,NUMBER\n");
    let sources = Sources::new(vec![file]);
    let (id, file) = sources.iter().next().expect("one file");
    let reading = read(id, file, Dialect::Snowflake);
    let Effect::Declare { relation, .. } = &reading.scripts[0].steps[0].effect else { panic!("a declaration") };
    assert_eq!(*relation, Relation::plain("raw.orders", Dialect::Snowflake));
}

#[test]
fn a_catalog_of_dbt_gives_tables_in_the_order_of_their_columns() {
    let text = r#"{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/catalog/v1.json"},
        "nodes": {}, "sources": {"source.shop.raw.orders": {"metadata":
          {"type": "BASE TABLE", "schema": "raw", "name": "orders", "database": "shop", "comment": null},
          "columns": {"total": {"type": "numeric", "index": 2, "name": "total", "comment": "in euro"},
                      "id": {"type": "integer", "index": 1, "name": "id", "comment": null}}}}}"#;
    let shown = shown("catalog.json", text, Dialect::Postgres);
    let (id, total) = (shown.find("id \"integer\""), shown.find("total \"numeric\""));
    assert!(id.is_some() && id < total, "{shown}");
}

#[test]
fn other_files_are_none() {
    for (path, text) in [("a.json", "{\"nodes\": 1}"), ("a.csv", "id,name\n1,x\n"), ("a.sql", COLUMNS)] {
        assert!(!is_catalog(&SourceFile::new(path, text)), "{path}");
    }
}

#[test]
fn a_broken_catalog_is_said() {
    let text = r#"{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/catalog/v1.json"}, "#;
    let sources = Sources::new(vec![SourceFile::new("catalog.json", text)]);
    let (id, file) = sources.iter().next().expect("one file");
    let reading = read(id, file, Dialect::Postgres);
    assert_eq!(reading.findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), [Code::R201]);
}

#[test]
fn references_and_single_keys_are_facts() {
    let text = "table_schema,table_name,column_name,data_type,column_key,referenced_table_schema,referenced_table_name,referenced_column_name\n\
                raw,orders,id,int,UNI,,,\nraw,orders,Customer Id,int,,raw,Customers,id\n";
    let sources = Sources::new(vec![SourceFile::new("columns.csv", text)]);
    let (id, file) = sources.iter().next().expect("one file");
    let reading = read(id, file, Dialect::Postgres);
    let script = reading.scripts.first().expect("a script");
    let refers = script.facts.iter().find_map(|fact| {
        let FactKind::References { columns, other, other_columns } = &fact.kind else { return None };
        Some(format!("{columns:?} {other} {other_columns:?}"))
    });
    assert_eq!(refers.as_deref(), Some("[\"Customer Id\"] raw.Customers [\"id\"]"));
}
