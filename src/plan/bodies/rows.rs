//! The rows of a relation while its chain is written: stages, and where the rows are now.

use crate::plan::bodies::splice::{extend, push};
use crate::plan::drafts::Part;
use crate::versions::VersionId;

/// One CTE.
#[derive(Debug, Clone)]
pub(super) struct Stage {
    pub name: String,
    /// Names for its columns, where the query has other ones.
    pub columns: Vec<String>,
    pub parts: Vec<Part>,
}

/// A query that adds its rows to those of others.
#[derive(Debug, Clone)]
pub(super) struct Branch {
    /// The name of its stage.
    pub stage: String,
    /// What it selects from the stage, one a column; empty for all.
    pub columns: Vec<String>,
}

/// Where the rows are after a version.
#[derive(Debug, Clone)]
pub(super) enum Rows {
    /// There are none.
    Empty,
    /// In another draft or a source.
    Elsewhere(VersionId),
    /// In these branches together.
    In(Vec<Branch>),
}

/// Text as one part.
pub(super) fn text(parts: &mut Vec<Part>, text: impl Into<String>) {
    push(parts, Part::Text(text.into()));
}

/// The selects of the branches, one below the other.
pub(super) fn union(branches: &[Branch]) -> String {
    let select = |branch: &Branch| match branch.columns.as_slice() {
        [] => format!("select * from {}", branch.stage),
        columns => format!("select\n    {}\nfrom {}", columns.join(",\n    "), branch.stage),
    };
    branches.iter().map(select).collect::<Vec<_>>().join("\n\nunion all\n\n")
}

/// All stages and the last select as one body. A chain of one stage is that stage's own text.
pub(super) fn body(stages: Vec<Stage>, last: Vec<Part>, plain: bool) -> Vec<Part> {
    let mut stages = stages;
    if plain
        && stages.len() == 1
        && let Some(only) = stages.pop()
    {
        return only.parts;
    }
    let mut parts = Vec::new();
    for (at, stage) in stages.into_iter().enumerate() {
        text(&mut parts, if at == 0 { "with " } else { ",\n\n" });
        text(&mut parts, stage.name);
        if !stage.columns.is_empty() {
            text(&mut parts, format!(" ({})", stage.columns.join(", ")));
        }
        text(&mut parts, " as (\n    ");
        extend(&mut parts, stage.parts.into_iter().map(indented));
        text(&mut parts, "\n)");
    }
    text(&mut parts, "\n\n");
    extend(&mut parts, last);
    parts
}

/// Four spaces in front of every further line, but not within strings.
pub(super) fn indented(part: Part) -> Part {
    let all = |parts: Vec<Part>| parts.into_iter().map(indented).collect();
    match part {
        Part::Text(text) => Part::Text(indent(&text)),
        Part::IfIncremental(parts) => Part::IfIncremental(all(parts)),
        Part::If { condition, then, otherwise } => Part::If { condition, then: all(then), otherwise: all(otherwise) },
        Part::IfThere { version, then, otherwise } => {
            Part::IfThere { version, then: all(then), otherwise: all(otherwise) }
        }
        Part::Each { columns, parts } => Part::Each { columns, parts: all(parts) },
        Part::Read(_) | Part::Var { .. } | Part::This | Part::Call { .. } => part,
    }
}

fn indent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for start in crate::plan::bodies::splice::line_starts_outside_strings(text) {
        out.push_str(text.get(at..start).unwrap_or(""));
        if !text.get(start..).unwrap_or("").starts_with('\n') {
            out.push_str("    ");
        }
        at = start;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}
