//! Tables of rows: a statement and the compact text form of what it does.
//!
//! The rows stand in text files beside this one: `dialect: statement`, then `=> what is expected`; `\n`, `\r` and `\t`
//! are written out.

mod postgres;
mod same;
mod show;

use std::str::FromStr;

use crate::dialect::Dialect;
use crate::text::{Fragment, SourceId, Span};

use super::{Outcome, Surroundings, Understood, qualify, understand};

/// Reads a statement with a few variables in scope.
pub fn read(dialect: Dialect, text: &str) -> Understood {
    let variables = ["p_start", "v_max", "v_n", "rec"].map(str::to_owned);
    let around = Surroundings { dialect, variables: &variables, search_path: None, templated: true };
    // The statement stands somewhere within a file, so that spans and ranges differ.
    let statement = Fragment::exact(text, Span::new(SourceId(0), 100, 100 + text.len()));
    understand(&statement, &around)
}

/// Rows of a file: dialect, statement, expectation.
fn rows(text: &str) -> Vec<(Dialect, String, String)> {
    let plain = |text: &str| text.trim().replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t");
    let blocks = text.split("\n\n").filter(|block| !block.trim().is_empty());
    let row = |block: &str| {
        let (statement, expected) = block.split_once("\n=> ").unwrap_or_else(|| panic!("no `=>` in {block}"));
        let (dialect, statement) = statement.trim_start().split_once(": ").unwrap();
        (Dialect::from_str(dialect).unwrap(), plain(statement), plain(expected))
    };
    blocks.map(row).collect()
}

/// Checks rows by a form of what was understood.
fn check(text: &str, form: impl Fn(&Understood) -> String) {
    let mut wrong = String::new();
    for (dialect, statement, expected) in rows(text) {
        let found = form(&read(dialect, &statement));
        if found.trim() != expected {
            wrong = format!("{wrong}\n{dialect}: {statement}\n  expected {expected}\n  found    {found}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}\n");
}

#[test]
fn mentions_are_exact() {
    check(include_str!("mentions.txt"), show::effects);
}

#[test]
fn what_is_no_table_is_no_mention() {
    check(include_str!("scopes.txt"), show::effects);
}

#[test]
fn columns_are_traced() {
    check(include_str!("columns.txt"), show::columns);
}

#[test]
fn rows_are_changed() {
    check(include_str!("changes.txt"), show::effects);
}

#[test]
fn tables_are_defined() {
    check(include_str!("definitions.txt"), show::effects);
}

#[test]
fn other_statements() {
    check(include_str!("others.txt"), show::effects);
}

/// Every statement of the tables, cut off at any byte, is read without a panic.
#[test]
fn nothing_panics_when_cut_off() {
    let files = [
        include_str!("mentions.txt"),
        include_str!("scopes.txt"),
        include_str!("changes.txt"),
        include_str!("definitions.txt"),
        include_str!("others.txt"),
    ];
    for (at, (dialect, statement, _)) in files.into_iter().flat_map(rows).enumerate() {
        for end in (at % 7..statement.len()).step_by(7).filter(|end| statement.is_char_boundary(*end)) {
            read(dialect, &statement[..end]);
        }
    }
}

#[test]
fn depth_is_contained() {
    let deep = [
        format!("select {} from t", vec!["a"; 3500].join(" + ")),
        format!("select {} from t", vec!["a"; 2500].join(" || ")),
        format!("select {}a{} from t", "(".repeat(400), ")".repeat(400)),
        format!("select {}a{} from t", "(".repeat(5000), ")".repeat(5000)),
        format!("{}select 1 as a{}", "select * from (".repeat(200), ") x".repeat(200)),
        vec!["select a from t"; 2000].join(" union all "),
        format!("select a from t where {}", vec!["a = 1"; 1400].join(" and ")),
        format!("select {}1{} from t", "case when a then ".repeat(300), " end".repeat(300)),
    ];
    let run = move || {
        for statement in &deep {
            for dialect in [Dialect::Postgres, Dialect::Tsql, Dialect::Snowflake] {
                read(dialect, statement);
            }
        }
    };
    // The stack of the threads that read files.
    std::thread::Builder::new().stack_size(256 << 20).spawn(run).unwrap().join().unwrap();
}

#[test]
fn names_get_their_schema() {
    let rows = [
        (
            "insert into t select a.x from tmp a join u.v on true",
            "append s.t <- select a.x from [tmp] a join [u.v] on true",
        ),
        ("create temp table x as select * from y", "create temp x <- select * from [y]"),
        ("truncate y", "empty s.y"),
    ];
    for (statement, expected) in rows {
        let Outcome::Effects(mut effects) = read(Dialect::Postgres, statement).outcome else { panic!("{statement}") };
        qualify(&mut effects[0], "s", Dialect::Postgres, &|relation| relation.name() == "tmp");
        assert_eq!(show::effect(&effects[0]), expected);
        let steps = format!("{effects:?}");
        assert_eq!(steps.contains("text: \"y\""), statement.contains('y'));
    }
}
