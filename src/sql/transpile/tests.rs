use super::transpile_text;
use crate::dialect::Dialect;

/// The text in the target, or why it is refused; what is not sure stands behind `?`.
fn shown(text: &str, from: Dialect, to: Dialect) -> String {
    let piece = transpile_text(text, from, to);
    if let Some(refused) = piece.refused {
        return format!("refused: {refused}");
    }
    let unsure = piece.unsure.iter().map(|what| format!(" ? {what}"));
    format!("{}{}", piece.text, unsure.collect::<String>())
}

/// Source, text, the text in DuckDB, the text in PostgreSQL; empty where it is the same as in DuckDB.
const ROWS: &[(&str, &str, &str, &str)] = &[
    (
        "tsql",
        "select top 10 [Order Id], isnull(a, 0) as x, total = sum(b) from t where len(c) > 3",
        "select \"Order Id\", coalesce(a, 0) as x, sum(b) as total from t where length(rtrim(c)) > 3\nlimit 10",
        "select \"Order Id\", coalesce(a, 0) as x, sum(b) as total from t where length(rtrim(c, ' ')) > 3\nlimit 10",
    ),
    ("tsql", "'a' + b + isnull(c, N'none')", "'a' || b || coalesce(c, 'none')", ""),
    ("tsql", "a + b", "a + b ? + of values whose type is not known: a sum, or joined text", ""),
    ("tsql", "a + 1 /* comment */ + b", "a + 1 /* comment */ + b", ""),
    ("tsql", "dbo.f(a)", "dbo.f(a) ? the function dbo.f", ""),
    ("tsql", "datediff(day, a, b) / 2", "date_diff('day', a, b) // 2", "(cast(b as date) - cast(a as date)) / 2"),
    ("mysql", "a || b", "refused: || means OR in this dialect", ""),
    ("mysql", "select a from t limit 5, 10", "select a from t limit 10 offset 5", ""),
    ("oracle", "a.x = b.x(+)", "refused: the outer join (+)", ""),
    ("oracle", "select sysdate from dual minus select b from c", "select localtimestamp  except select b from c", ""),
    ("bigquery", "regexp_contains(a, r'^\\d')", "regexp_matches(a, '^\\d')", "(a ~ '^\\d')"),
    ("mysql", "values(a) + 1", "excluded.a + 1", ""),
    ("mysql", "cast(a as int(11))", "cast(a as integer)", ""),
    ("snowflake", "select * from values (1, 2), (3, 4)", "select * from values (1, 2), (3, 4)", ""),
    ("snowflake", "v:a.b", "v:a.b ? a path into a value", ""),
];

#[test]
fn text_changes_only_where_a_rule_says_so() {
    for (from, text, duckdb, postgres) in ROWS {
        let from = from.parse().unwrap();
        assert_eq!(shown(text, from, Dialect::DuckDb), *duckdb, "{text}");
        let postgres = if postgres.is_empty() { duckdb } else { postgres };
        assert_eq!(shown(text, from, Dialect::Postgres), *postgres, "{text}");
    }
}

#[test]
fn the_page_is_the_tables() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/transpile.md");
    let wanted = super::page::page();
    if std::env::var_os("REFRACT_UPDATE").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "docs/transpile.md is not what the tables say; run the test with REFRACT_UPDATE=1");
}
