//! Python text to syntax trees, with byte spans of the file. The only caller of ruff's parser.
//!
//! In: a `.py` or `.ipynb` file. Out: its statements, its comments, and what could not be read. A file with errors
//! still gives every statement that could be told apart.

use std::rc::Rc;

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{PySourceType, Stmt};
use ruff_python_parser::parse_unchecked_source;
use ruff_text_size::{Ranged, TextRange};

use super::{cells, notebook};
use crate::text::{Fragment, SourceFile, SourceId, Span};

/// A shared module.
pub type ModuleRef = Rc<Module>;

/// A parsed file.
#[derive(Debug)]
pub struct Module {
    /// The file.
    pub source: SourceId,
    /// The Python text with its places in the file.
    pub code: Fragment,
    /// The statements.
    pub body: Vec<Stmt>,
    /// Every token but line breaks, in order.
    pub tokens: Vec<(TokenKind, TextRange)>,
    /// Syntax errors: message and place.
    pub errors: Vec<(String, TextRange)>,
}

impl Module {
    /// Parses a file.
    pub fn parse(source: SourceId, file: &SourceFile) -> Self {
        let is_notebook = file.path.to_ascii_lowercase().ends_with(".ipynb");
        let code = match is_notebook {
            true => notebook::code(source, file),
            false if cells::is_export(&file.text) => cells::exported(source, file),
            false => Fragment::of_file(source, file),
        };
        let kind = if is_notebook { PySourceType::Ipynb } else { PySourceType::Python };
        Self::of(source, code, kind)
    }

    /// Parses code that stands within a file.
    pub fn parse_code(source: SourceId, code: Fragment) -> Self {
        Self::of(source, code, PySourceType::Python)
    }

    fn of(source: SourceId, code: Fragment, kind: PySourceType) -> Self {
        let parsed = parse_unchecked_source(code.text(), kind);
        let tokens = parsed.tokens().iter().map(|token| (token.kind(), token.range())).collect();
        let errors = parsed.errors().iter().map(|error| (error.error.to_string(), error.location)).collect();
        let body = parsed.into_suite().into_iter().collect();
        Self { source, code, body, tokens, errors }
    }

    /// The place of a node in the file.
    pub fn span(&self, node: impl Ranged) -> Span {
        let range = bytes(node.range());
        let end = self.code.text().len();
        let empty = Span::new(self.source, range.start.min(end), range.start.min(end));
        self.code.span(range).unwrap_or(empty)
    }

    /// The text of a node.
    pub fn text(&self, node: impl Ranged) -> &str {
        self.code.text().get(bytes(node.range())).unwrap_or("")
    }

    /// The text of a node, with its places.
    pub fn fragment(&self, node: impl Ranged) -> Fragment {
        self.code.slice(bytes(node.range()))
    }
}

fn bytes(range: TextRange) -> std::ops::Range<usize> {
    range.start().to_usize()..range.end().to_usize()
}
