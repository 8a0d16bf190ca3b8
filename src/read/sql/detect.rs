//! Which dialect a text is in, told from the text.
//!
//! In: text. Out: the dialect that most speaks for, and what speaks for it; `Ansi` where next to nothing does. Never
//! asks a parser.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::{EVIDENCE, Evidence};
use super::lexer;
use super::literal;
use super::tokens::{Lexing, Text, Token, TokenKind};
use crate::dialect::Dialect;
use crate::text::{Fragment, SourceId, Span};

/// Less than this says nothing.
const ENOUGH: u32 = 2;

/// The dialect of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detected {
    /// The dialect.
    pub dialect: Dialect,
    /// What speaks for it, the weightiest first; at most three things of the text, then those of its place.
    pub evidence: Vec<String>,
}

/// Finds out the dialect of `text`.
pub fn detect(text: &str) -> Detected {
    Told::of(text).with(&[])
}

/// What a text says of its dialect.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Rows of the table that were seen.
    found: BTreeSet<usize>,
}

impl Told {
    /// Reads `text`.
    pub fn of(text: &str) -> Self {
        let mut seen = Seen { found: BTreeSet::new(), index: index() };
        seen.text(text, 0);
        Self { found: seen.found }
    }

    /// The dialect that most speaks for, by the text alone, where that counts at least `enough`.
    pub fn best(&self, enough: u32) -> Option<Dialect> {
        best(&self.scores()).filter(|(_, score)| *score >= enough).map(|(dialect, _)| dialect)
    }

    /// The dialect, with what the text's place says: a dialect, how much it counts, and why.
    pub fn with(&self, around: &[(Dialect, u32, String)]) -> Detected {
        let mut scores = self.scores();
        for (dialect, weight, _) in around {
            *scores.entry(*dialect).or_insert(0) += weight;
        }
        let Some((dialect, _)) = best(&scores).filter(|(_, score)| *score >= ENOUGH) else {
            return Detected { dialect: Dialect::Ansi, evidence: Vec::new() };
        };
        let mut evidence: Vec<String> =
            self.reasons(dialect).into_iter().map(|pattern| format!("`{pattern}`")).collect();
        let places = around.iter().filter(|(other, _, _)| *other == dialect);
        evidence.extend(places.map(|(_, _, why)| why.clone()));
        Detected { dialect, evidence }
    }

    fn scores(&self) -> BTreeMap<Dialect, u32> {
        let mut scores: BTreeMap<Dialect, u32> = BTreeMap::new();
        for row in &self.found {
            for (dialect, weight) in EVIDENCE.get(*row).map_or(&[][..], |(_, weights)| weights) {
                *scores.entry(*dialect).or_insert(0) += weight;
            }
        }
        scores
    }

    fn reasons(&self, dialect: Dialect) -> Vec<&'static str> {
        let weight = |row: &Evidence| row.1.iter().find(|(found, _)| *found == dialect).map(|(_, weight)| *weight);
        let rows = self.found.iter().filter_map(|row| EVIDENCE.get(*row));
        let mut rows: Vec<(u32, &'static str)> = rows.filter_map(|row| Some((weight(row)?, row.0))).collect();
        rows.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        rows.into_iter().take(3).map(|(_, pattern)| pattern).collect()
    }
}

/// The dialect with the highest score; of several, the first in the order of the documentation.
fn best(scores: &BTreeMap<Dialect, u32>) -> Option<(Dialect, u32)> {
    let best = scores.iter().max_by_key(|(dialect, score)| (**score, std::cmp::Reverse(**dialect)));
    best.map(|(dialect, score)| (*dialect, *score))
}

/// Patterns by their first word; those that begin with a wildcard word stand under the empty word.
fn index() -> BTreeMap<&'static str, Vec<usize>> {
    let mut index: BTreeMap<&'static str, Vec<usize>> = BTreeMap::new();
    for (at, (pattern, _)) in EVIDENCE.iter().enumerate() {
        let first = pattern.split(' ').next().unwrap_or("");
        let key = if first.ends_with('%') && first.len() > 1 { "" } else { first };
        index.entry(key).or_default().push(at);
    }
    index
}

struct Seen {
    /// Rows of the table that were seen.
    found: BTreeSet<usize>,
    index: BTreeMap<&'static str, Vec<usize>>,
}

impl Seen {
    fn text(&mut self, source: &str, depth: usize) {
        self.lines(source);
        let whole = Span::new(SourceId(0), 0, source.len());
        let lexing = Lexing { dialect: Dialect::Postgres, templated: false };
        let text = Text::new(Fragment::exact(source, whole), lexing);
        for (at, token) in text.tokens.iter().enumerate() {
            self.token(&text, at, *token);
            let body = token.kind == TokenKind::Dollar
                || (token.kind == TokenKind::String && text.is(at.wrapping_sub(1), "as"));
            if body
                && depth == 0
                && let Some(body) = literal::content(&text, at, Dialect::Postgres)
            {
                self.text(body.text(), depth + 1);
            }
        }
    }

    fn token(&mut self, text: &Text, at: usize, token: Token) {
        let word = text.word(at).to_ascii_lowercase();
        let mut rows: Vec<usize> = self.index.get(word.as_str()).cloned().unwrap_or_default();
        rows.extend(special(token, &word).and_then(|name| self.index.get(name)).into_iter().flatten());
        if token.kind == TokenKind::Word {
            let prefixes = self.index.get("").into_iter().flatten();
            rows.extend(
                prefixes.filter(|row| EVIDENCE.get(**row).is_some_and(|(pattern, _)| is_prefix(pattern, &word))),
            );
        }
        if bracketed(text, at) {
            rows.extend(self.index.get("<brackets>").into_iter().flatten());
        }
        if word == "#" && text.is_word(at + 1) && !text.is_word(at.wrapping_sub(1)) {
            rows.extend(self.index.get("<hash table>").into_iter().flatten());
        }
        for row in rows {
            if EVIDENCE.get(row).is_some_and(|(pattern, _)| matches(text, at, pattern)) {
                self.found.insert(row);
            }
        }
    }

    /// Evidence that lies in whole lines.
    fn lines(&mut self, source: &str) {
        for line in source.lines() {
            let trimmed = line.trim();
            let lower = trimmed.get(..12).unwrap_or(trimmed).to_ascii_lowercase();
            let first = lower.split_whitespace().next().unwrap_or("");
            let mark = match first {
                "go" if trimmed.len() <= 3 => "<go>",
                "/" if trimmed.len() == 1 => "<slash line>",
                "delimiter" => "<delimiter>",
                "prompt" | "spool" | "whenever" => "<sqlplus>",
                "set" if trimmed.to_ascii_lowercase().contains("serveroutput") => "<sqlplus>",
                ":setvar" | ":r" => "<sqlcmd>",
                "!set" | "!source" | "!print" | "!define" => "<snowsql>",
                r"\i" | r"\ir" | r"\set" | r"\echo" | r"\connect" | r"\c" | r"\copy" | r"\timing" => "<psql>",
                "--" if trimmed.starts_with("-- COMMAND ------") || trimmed.starts_with("-- Databricks notebook") => {
                    "<notebook>"
                }
                _ => continue,
            };
            for row in self.index.get(mark).into_iter().flatten() {
                self.found.insert(*row);
            }
        }
    }
}

/// The pattern name of a token that stands for a kind of token.
fn special(token: Token, word: &str) -> Option<&'static str> {
    match token.kind {
        TokenKind::Dollar => Some("<dollars>"),
        TokenKind::Variable => Some("<at>"),
        TokenKind::Quoted if word.starts_with('`') => {
            Some(if word.contains('.') { "<dotted backticks>" } else { "<backticks>" })
        }
        TokenKind::String if word.starts_with("n'") => Some("<national>"),
        TokenKind::Word
        | TokenKind::Quoted
        | TokenKind::String
        | TokenKind::Number
        | TokenKind::Hole
        | TokenKind::Symbol
        | TokenKind::Client
        | TokenKind::Separator => None,
    }
}

/// `[name]` where no array can stand: at the start of a name.
fn bracketed(text: &Text, at: usize) -> bool {
    let before = at.wrapping_sub(1);
    let index =
        text.is_name(before) && !text.is_any(before, &["from", "join", "into", "table", "as", "select", "by", "on"]);
    text.is(at, "[")
        && text.is_word(at + 1)
        && text.is(at + 2, "]")
        && !index
        && !text.is_any(before, &[")", "]", "array"])
}

fn is_prefix(pattern: &str, word: &str) -> bool {
    pattern.strip_suffix('%').is_some_and(|start| word.starts_with(start))
}

fn matches(text: &Text, at: usize, pattern: &str) -> bool {
    pattern.split(' ').enumerate().all(|(step, part)| {
        let at = at + step;
        let Some(token) = text.tokens.get(at) else { return false };
        let word = text.word(at);
        match part {
            "*" if step > 0 => true,
            r"\*" => word == "*",
            "<brackets>" | "<hash table>" => true,
            _ if part.len() > 1 && part.ends_with('%') => is_prefix(part, &word.to_ascii_lowercase()),
            _ if part.starts_with('<') && part.len() > 2 => special(*token, &word.to_ascii_lowercase()) == Some(part),
            _ => word.eq_ignore_ascii_case(part),
        }
    })
}

/// Whether the text holds a hole of a template outside of its literals.
pub fn is_templated(text: &str, dialect: Dialect) -> bool {
    if !text.contains("{{") {
        return false;
    }
    let (tokens, _) = lexer::lex(text, Lexing { dialect, templated: false });
    tokens.iter().any(|token| {
        token.kind == TokenKind::Hole && text.get(token.start..token.end).is_some_and(|hole| hole.starts_with("{{"))
    })
}
