//! SQL: files and texts of any dialect become scripts with steps and an account of every statement.
//!
//! In: a file, or SQL text found in another language. Out: scripts, or the steps and statements of the text. Never
//! loses a statement: what cannot be read is an unread row of the account, and a finding.

use std::ops::Range;

use super::ReadOptions;
use crate::dialect::Dialect;
use crate::finding::{Code, Finding};
use crate::steps::{Fact, FilledPlace, Param, Reading, ScriptKind, Statement, Step};
use crate::text::{Fragment, SourceId, Sources, Span};

mod assign;
mod bare;
mod batches;
mod body;
mod client;
mod collections;
mod comment;
mod control;
mod cut;
mod detect;
mod dynamic;
pub mod effect;
mod evidence;
mod filled;
mod flow;
mod fold;
mod held;
mod hole;
mod housekeeping;
mod include;
mod javascript;
mod jumps;
mod lexer;
mod lines;
mod literal;
mod loops;
mod neighbours;
mod outside_names;
mod own_slices;
mod params;
mod render;
mod runners;
mod script;
mod setwise;
mod shell;
mod single;
mod tokens;
mod tree;
mod value_names;
mod values;

pub use detect::Told;
pub use include::file_meant;
pub use neighbours::{Dialects, dialects};
pub use runners::{Runners, runners};
use script::Walk;
use tokens::{Lexing, Text};
use tree::Node;

/// What SQL text comes to that stands in another language: a Python string, a DAG's template.
#[derive(Debug, Clone, Default)]
pub struct SqlText {
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// Every statement, in order; their steps are indices into `steps`.
    pub statements: Vec<Statement>,
    /// Values that the text takes from outside: holes such as `{{ ds }}`, and its constants with their values.
    pub params: Vec<Param>,
    /// Schemas and databases that are filled in.
    pub places: Vec<FilledPlace>,
    /// What it declares.
    pub facts: Vec<Fact>,
    /// What there is to say.
    pub findings: Vec<Finding>,
}

/// Reads one file.
pub fn read(sources: &Sources, id: SourceId, options: &ReadOptions) -> Reading {
    let Some(file) = sources.get(id) else { return Reading::default() };
    let whole = Span::new(id, 0, file.text.len());
    let mut findings = Vec::new();
    let dialect = options.dialect.unwrap_or_else(|| {
        let detected = options.told.get(&id).cloned().unwrap_or_else(|| detect::detect(&file.text));
        told(&detected, &file.text, whole, &mut findings)
    });
    let templated = detect::is_templated(&file.text, dialect);
    let mut walk = Walk::new(Lexing { dialect, templated }, &[]);
    walk.sources = Some(sources);
    walk.own_path = &file.path;
    walk.runners = Some(&options.runners);
    let text = Fragment::of_file(id, file);
    let rendered = render::rendered(&text);
    if let Some(rendered) = &rendered {
        walk.rendered(&text, rendered, whole);
    }
    walk.read(rendered.as_ref().map_or(text, |rendered| rendered.text.clone()));
    let (loose, found, mut scripts) = walk.finish(file.stem().to_owned(), ScriptKind::Sql, whole);
    findings.extend(found);
    if !loose.statements.is_empty() {
        scripts.push(loose);
    }
    if scripts.is_empty() {
        findings.push(Finding::at(Code::R102, whole, "the file holds no statement", ""));
    }
    scripts.sort_by_key(|script| script.statements.first().map_or(script.span, |first| first.span));
    let values = rendered.map(|rendered| rendered.values).unwrap_or_default();
    findings.extend(filled::fill(&mut scripts, id, &file.text, dialect, &values));
    Reading { scripts, findings }
}

/// The dialect as the text and its place tell it, with a finding that says so.
fn told(detected: &detect::Detected, text: &str, whole: Span, findings: &mut Vec<Finding>) -> Dialect {
    if detected.dialect != Dialect::Ansi {
        findings.push(Finding::at(
            Code::R103,
            Span::new(whole.source, 0, text.lines().next().map_or(0, str::len)),
            format!("read as {}, because of {}", detected.dialect, detected.evidence.join(", ")),
            format!("name it with --dialect {} to be sure", detected.dialect),
        ));
    }
    detected.dialect
}

/// Reads SQL text that stands in another language. Values of that language are holes in it, so that every name is one of the database:
/// in `status = '{{ status }}'` the column stays one. The dialect `Ansi` means that it is not known; it is then told from the text.
pub fn read_text(text: &Fragment, dialect: Dialect) -> SqlText {
    let dialect = if dialect == Dialect::Ansi { detect::detect(text.text()).dialect } else { dialect };
    let mut walk = Walk::new(Lexing { dialect, templated: true }, &[]);
    walk.read(text.clone());
    let parts = walk.parts;
    SqlText {
        steps: parts.steps,
        statements: parts.statements,
        params: parts.params,
        places: filled::places(text.text(), dialect),
        facts: parts.facts,
        findings: parts.findings,
    }
}

/// The bytes of each statement of a text, with the comments above it; one range for all where it holds blocks.
pub fn statements(text: &Fragment, dialect: Dialect) -> Vec<Range<usize>> {
    let read = Text::new(text.clone(), Lexing { dialect, templated: true });
    let nodes = cut::cut(&read, dialect).nodes;
    let leaf = |node: &Node| match node {
        Node::Leaf(leaf) => Some(read.bytes(leaf.tokens.clone()).end),
        Node::Block(_)
        | Node::If(_)
        | Node::Loop(_)
        | Node::Handler(_)
        | Node::Shell(_)
        | Node::Label(_)
        | Node::BatchEnd => None,
    };
    let ends: Option<Vec<usize>> = nodes.iter().map(leaf).collect();
    let Some(ends) = ends else { return std::iter::once(0..text.text().len()).collect() };
    let mut from = 0;
    let ranges = ends.into_iter().map(|end| {
        let range = from..end;
        let semicolon = text.text().get(end..).is_some_and(|rest| rest.trim_start().starts_with(';'));
        from = if semicolon {
            text.text().get(end..).and_then(|rest| rest.find(';')).map_or(end, |at| end + at + 1)
        } else {
            end
        };
        range
    });
    ranges.collect()
}

#[cfg(test)]
mod tests;
