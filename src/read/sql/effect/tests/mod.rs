//! Tables of rows: a statement and the compact text form of what it does.
//!
//! The rows stand in text files beside this one: `dialect: statement`, then `=> what is expected`; `\n`, `\r` and `\t`
//! are written out.

mod show;

use std::str::FromStr;

use crate::dialect::Dialect;
use crate::text::{Fragment, SourceId, Span};

use super::{Surroundings, Understood, understand};

/// Reads a statement with a few variables in scope.
pub fn read(dialect: Dialect, text: &str) -> Understood {
    let variables = ["p_start", "v_max", "v_n", "rec"].map(str::to_owned);
    let around = Surroundings { dialect, variables: &variables, search_path: None };
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
