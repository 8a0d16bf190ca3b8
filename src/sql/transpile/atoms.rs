//! Operands with a grammar of their own: literals with a type, intervals, CASE, casts, types.
//!
//! In: the parser at the word that opens one. Out: its node.

use std::ops::Range;

use super::lex::Kind;
use super::parse::Parser;
use super::tree::{Cast, Literal, Node, What};

impl Parser<'_> {
    pub(super) fn typed(&mut self, literal: Literal) -> Node {
        let start = self.take().start;
        self.take();
        Node { range: start..self.end(), what: What::Literal(literal) }
    }

    pub(super) fn interval(&mut self) -> Node {
        let start = self.take().start;
        let plain = self.token(0).is_some_and(|token| token.kind == Kind::Text);
        let (mut text, mut amount) = (String::new(), None);
        if plain {
            let range = self.take();
            self.text.get(range).unwrap_or("").trim_matches(['\'', '"']).clone_into(&mut text);
        } else {
            let node = self.expression(70);
            self.text.get(node.range.clone()).unwrap_or("").clone_into(&mut text);
            amount = Some(Box::new(node));
        }
        let unit = super::units::unit(self.word(0)).map(ToOwned::to_owned);
        if unit.is_some() {
            self.take();
        }
        Node { range: start..self.end(), what: What::Interval { amount, text, unit } }
    }

    pub(super) fn case(&mut self) -> Node {
        let start = self.take().start;
        let (mut children, mut results) = (Vec::new(), Vec::new());
        while let Some(token) = self.token(0) {
            let word = token.word.clone();
            match word.as_str() {
                "when" => {
                    self.take();
                }
                "then" | "else" => {
                    self.take();
                    results.push(children.len());
                }
                "end" => {
                    self.take();
                    break;
                }
                ")" => break,
                _ => {
                    let before = self.at;
                    children.push(self.expression(0));
                    self.at = self.at.max(before + 1);
                }
            }
        }
        Node { range: start..self.end(), what: What::Case { children, results } }
    }

    pub(super) fn cast(&mut self, form: &str) -> Node {
        let start = self.take().start;
        self.take();
        let value = Box::new(self.expression(0));
        if self.word(0) == "as" {
            self.take();
        }
        let type_range = self.type_name();
        while self.token(0).is_some_and(|token| token.word != ")") {
            self.at += 1;
        }
        self.take();
        let cast = Cast { value, type_range, form: form.to_owned(), style: None };
        Node { range: start..self.end(), what: What::Cast(cast) }
    }

    /// `convert(type, value[, style])`, or `convert(value, type)` and `convert(value using …)`.
    pub(super) fn convert(&mut self, form: &str) -> Node {
        let (start, at) = (self.token(0).map_or(0, |token| token.range.start), self.at);
        self.take();
        self.take();
        let type_range = self.type_name();
        if self.word(0) != "," || type_range.is_empty() {
            self.at = at;
            return self.name();
        }
        self.take();
        let value = Box::new(self.expression(0));
        let mut style = None;
        if self.word(0) == "," {
            self.take();
            style = Some(Box::new(self.expression(0)));
        }
        if self.word(0) == ")" {
            self.take();
        }
        let cast = Cast { value, type_range, form: form.to_owned(), style };
        Node { range: start..self.end(), what: What::Cast(cast) }
    }

    /// A type: words, and what follows in parentheses, brackets or angles.
    pub(super) fn type_name(&mut self) -> Range<usize> {
        let start = self.token(0).map_or(self.end(), |token| token.range.start);
        let first = self.at;
        while let Some(token) = self.token(0) {
            let word = token.word.as_str();
            let more = matches!(
                word,
                "varying"
                    | "precision"
                    | "with"
                    | "without"
                    | "time"
                    | "zone"
                    | "local"
                    | "unsigned"
                    | "signed"
                    | "large"
                    | "object"
            );
            let named = matches!(token.kind, Kind::Word | Kind::Quoted);
            if self.at > first && !more || !named {
                break;
            }
            self.take();
            if self.is(0, &["("]) {
                self.skip("(", ")");
            } else if self.is(0, &["<"]) {
                self.skip("<", ">");
            }
        }
        while self.word(0) == "[" && self.word(1) == "]" {
            self.at += 2;
        }
        start..self.end().max(start)
    }

    pub(super) fn skip(&mut self, open: &str, close: &str) {
        let mut depth = 0;
        while let Some(token) = self.token(0) {
            if token.word == open {
                depth += 1;
            } else if token.word == close {
                depth -= 1;
            } else if token.word == ">>" && close == ">" {
                depth -= 2;
            }
            self.at += 1;
            if depth <= 0 {
                break;
            }
        }
    }
}
