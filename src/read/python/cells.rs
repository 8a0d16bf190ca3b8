//! Cells of notebooks that are not Python: what they come to as Python that means the same to the evaluator.
//!
//! In: the text of a Databricks notebook exported as `.py`, or one cell of a notebook in JSON. Out: Python with its
//! places in the file: a cell in SQL is SQL that is sent, statement by statement; a notebook that is run and a cell in
//! another language are calls that `spark` answers for; text cells are nothing. Never reads what a cell means.

use crate::dialect::Dialect;
use crate::read::sql;
use crate::text::{Fragment, SourceFile, SourceId, Span};

/// The first line of a notebook that Databricks exported as Python.
const MARK: &str = "# Databricks notebook source";
/// What stands before each line of a cell in another language.
const MAGIC: &str = "# MAGIC";

/// The name under which a cell in another language is called.
pub(super) const FOREIGN: &str = "__foreign_cell__";
/// The name under which a cell that runs another notebook is called.
pub(super) const RUN: &str = "__run_notebook__";

/// Languages and commands of cells that do nothing to tables: text, installed packages, looks at files, settings.
const QUIET: [&str; 16] = [
    "md",
    "md-sandbox",
    "html",
    "markdown",
    "latex",
    "pip",
    "conda",
    "fs",
    "config",
    "matplotlib",
    "time",
    "load_ext",
    "autoreload",
    "reload_ext",
    "env",
    "lsmagic",
];
/// Languages of cells whose text is SQL.
const SQL: [&str; 4] = ["sql", "sparksql", "bigquery", "spark_sql"];

/// Whether the file is a notebook that Databricks exported as Python.
pub fn is_export(text: &str) -> bool {
    text.trim_start().starts_with(MARK)
}

/// The Python of an exported notebook.
pub fn exported(source: SourceId, file: &SourceFile) -> Fragment {
    let mut code = Fragment::empty();
    let mut cell = Fragment::empty();
    let mut at = 0;
    for line in file.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        if let Some(inner) = magic(line) {
            cell.push(inner, Span::new(source, at - inner.len(), at), true);
            continue;
        }
        close(&mut code, &mut cell);
        code.push(line, Span::new(source, start, at), true);
    }
    close(&mut code, &mut cell);
    code
}

fn close(code: &mut Fragment, cell: &mut Fragment) {
    if !cell.text().is_empty() {
        code.extend(&python(&std::mem::replace(cell, Fragment::empty())));
    }
}

/// What stands behind the mark of a line of a cell in another language.
fn magic(line: &str) -> Option<&str> {
    let rest = line.strip_prefix(MAGIC)?;
    Some(rest.strip_prefix(' ').unwrap_or(rest))
}

/// A cell as Python. One that names no language is Python already.
pub fn python(cell: &Fragment) -> Fragment {
    let text = cell.text();
    let start = text.len() - text.trim_start().len();
    let line = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or("");
    let Some(command) = line.strip_prefix("%%").or_else(|| line.strip_prefix('%')) else { return cell.clone() };
    let word = command.split_whitespace().next().unwrap_or("");
    let behind = start + (line.len() - command.len()) + word.len();
    let after = start + line.len();
    let name = word.to_ascii_lowercase();
    if SQL.contains(&name.as_str()) {
        let own = text.get(behind..after).unwrap_or("");
        let from =
            if super::senders::reads_like_sql(own) || own.trim_start().starts_with("--") { behind } else { after };
        return sent(&cell.slice(from..text.len()));
    }
    match name.as_str() {
        "python" | "pyspark" | "py" => cell.slice(after..text.len()),
        "run" => called(RUN, &cell.slice(behind..after)),
        _ if QUIET.contains(&name.as_str()) => Fragment::empty(),
        _ if line.starts_with("%%") || matches!(name.as_str(), "scala" | "r" | "sh") => called(FOREIGN, cell),
        _ => cell.clone(),
    }
}

/// The statements of a cell, each sent by itself.
fn sent(cell: &Fragment) -> Fragment {
    let mut code = Fragment::empty();
    for range in sql::statements(cell, Dialect::Databricks) {
        code.extend(&called("spark.sql", &cell.slice(range)));
    }
    code
}

/// `name(r"""text""")`.
fn called(name: &str, text: &Fragment) -> Fragment {
    let mut code = Fragment::empty();
    let Some(whole) = text.whole() else { return code };
    let quotes = if text.text().contains("\"\"\"") { "'''" } else { "\"\"\"" };
    let place = |at: u32| Span { start: at, end: at, ..whole };
    code.push(&format!("{name}(r{quotes}"), place(whole.start), false);
    code.extend(text);
    code.push(&format!("\n{quotes})\n"), place(whole.end), false);
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_become_calls() {
        let rows = [
            ("x = 1\n", "x = 1\n"),
            ("# MAGIC %md\n# MAGIC it's\n", ""),
            ("# MAGIC %python\n# MAGIC x = 1\n", "\nx = 1\n"),
            ("# MAGIC %sql select 1;\n", "spark.sql(r\"\"\" select 1\n\"\"\")\n"),
            (
                "# MAGIC %sql\n# MAGIC -- a;\n# MAGIC use x;\n# MAGIC\n# MAGIC select ';'\ny = 2\n",
                "spark.sql(r\"\"\"\n-- a;\nuse x\n\"\"\")\nspark.sql(r\"\"\"\n\nselect ';'\n\"\"\")\ny = 2\n",
            ),
            ("# MAGIC %run ./a b\n", "__run_notebook__(r\"\"\" ./a b\n\"\"\")\n"),
            ("# MAGIC %scala\n# MAGIC val x\n", "__foreign_cell__(r\"\"\"%scala\nval x\n\n\"\"\")\n"),
        ];
        for (given, expected) in rows {
            let text = format!("{MARK}\n{given}");
            let code = exported(SourceId(0), &SourceFile::new("a.py", text));
            assert_eq!(code.text(), format!("{MARK}\n{expected}"), "{given}");
        }
    }
}
