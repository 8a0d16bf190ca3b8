//! Findings as text with excerpts of the scripts. Owns the library that draws them.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, renderer::DecorStyle};

use crate::finding::{Finding, Severity};
use crate::text::{SourceFile, Sources};

/// The findings, one after the other; with colour for a terminal.
pub fn show(sources: &Sources, findings: &[Finding], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let mut text = String::new();
    for finding in findings {
        text.push_str(&renderer.render(&[group(sources, finding)]));
        text.push_str("\n\n");
    }
    text
}

fn group<'a>(sources: &'a Sources, finding: &'a Finding) -> Group<'a> {
    let level = match finding.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let title = level.primary_title(finding.message.as_str()).id(finding.code.name());
    let mut group = Group::with_title(title);
    let place = finding.span.and_then(|span| Some((span, sources.get(span.source)?)));
    if let Some((span, file)) = place {
        group = group.element(snippet(file, span.range()));
    }
    if !finding.help.is_empty() {
        group = group.element(Level::HELP.message(finding.help.as_str()));
    }
    group
}

/// The first line of the place, with the place in it marked.
fn snippet(file: &SourceFile, range: std::ops::Range<usize>) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
    let before = file.slice(0..range.start);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let rest = file.slice(line_start..file.text.len());
    let line = rest.split('\n').next().unwrap_or("").trim_end_matches('\r');
    let from = range.start - line_start;
    let to = (range.end.saturating_sub(line_start)).clamp(from, line.len().max(from));
    let number = before.matches('\n').count() + 1;
    Snippet::source(line).line_start(number).path(file.path.as_str()).annotation(AnnotationKind::Primary.span(from..to))
}
