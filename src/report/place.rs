//! From byte spans to paths, lines and columns. The only place where that is done for reports.

use crate::text::{Sources, Span};

use super::contract::Lines;

/// The lines of a span. An unknown file gives an empty path.
pub fn lines(sources: &Sources, span: Span) -> Lines {
    let Some(file) = sources.get(span.source) else {
        return Lines { path: String::new(), start_line: 0, end_line: 0 };
    };
    let (start_line, end_line) = file.lines(span);
    Lines { path: file.path.clone(), start_line, end_line }
}

/// Path, line and column of the first byte of a span; an empty path and zeros for none.
pub fn start(sources: &Sources, span: Option<Span>) -> (String, usize, usize) {
    let place = span.and_then(|span| Some((span, sources.get(span.source)?)));
    place.map_or_else(Default::default, |(span, file)| {
        let (line, column) = file.line_column(span.start);
        (file.path.clone(), line, column)
    })
}
