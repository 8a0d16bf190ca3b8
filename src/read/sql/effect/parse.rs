//! From a statement's text to sqlparser's tree, by the dialects that the grammar table names, in order.
//!
//! In: text. Out: the tree, the tokens it was made from, and what was set aside before parsing. Never re-prints.

#![expect(clippy::redundant_closure, reason = "only a closure is general over the parser's lifetime")]

use std::ops::Range;

use sqlparser::ast::{Expr, Statement};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

use super::Surroundings;
use super::grammar::{ParsedDialect, grammar};
use super::lex::{Lexed, lex};
use super::prepare::{Aside, prepare};

/// How deep expressions may nest.
const DEPTH: usize = 500;
/// How long a chain of operators may be: parsers recurse over it, on a stack of 64 MB.
const CHAIN: usize = 2000;

/// A statement that was parsed.
#[derive(Debug)]
pub struct Parsed<T> {
    /// The tree; its spans are bytes.
    pub tree: T,
    /// The tokens that it was made from.
    pub lexed: Lexed,
    /// What was set aside.
    pub aside: Aside,
}

/// Why nothing parsed it.
#[derive(Debug, Clone)]
pub struct Refused {
    /// What was expected and found.
    pub message: String,
    /// Where, in bytes of the statement.
    pub place: Range<usize>,
}

/// Parses one statement.
pub fn statement(text: &str, around: &Surroundings) -> Result<Parsed<Statement>, Refused> {
    each(text, around, |parser| Parser::parse_statement(parser))
}

/// Parses one expression.
pub fn expression(text: &str, around: &Surroundings) -> Result<Parsed<Expr>, Refused> {
    each(text, around, |parser| Parser::parse_expr(parser))
}

/// Asks each dialect; the first refusal counts when all refuse.
fn each<T>(
    text: &str,
    around: &Surroundings,
    parse: impl Fn(&mut Parser) -> Result<T, ParserError>,
) -> Result<Parsed<T>, Refused> {
    let mut first = None;
    for dialect in grammar(around.dialect).parsers {
        match one(text, around, *dialect, &parse) {
            Ok(parsed) => return Ok(parsed),
            Err(refused) => {
                first.get_or_insert(refused);
            }
        }
    }
    Err(first.unwrap_or_else(|| Refused { message: "no parser for this dialect".to_owned(), place: 0..text.len() }))
}

fn one<T>(
    text: &str,
    around: &Surroundings,
    dialect: &dyn ParsedDialect,
    parse: &impl Fn(&mut Parser) -> Result<T, ParserError>,
) -> Result<Parsed<T>, Refused> {
    let refused = |message: String, place| Refused { message, place };
    let lexed = lex(text, around.dialect, dialect).map_err(|error| refused(error.message, error.at..text.len()))?;
    let mut lexed = lexed.without_end();
    let aside = prepare(&mut lexed, text, around);
    if lexed.longest_chain() > CHAIN {
        return Err(refused(format!("more than {CHAIN} operators in a row"), 0..text.len()));
    }
    let tokens = lexed.for_parser(0..lexed.len());
    let mut parser = Parser::new(dialect).with_recursion_limit(DEPTH).with_tokens_with_locations(tokens);
    let outcome = parse(&mut parser);
    let next = parser.peek_token();
    let place = super::lex::range(next.span).unwrap_or_else(|| end_of(&lexed));
    let tree = outcome.map_err(|error| refused(words(&error), place.clone()))?;
    if next.token != Token::EOF && next.token != Token::SemiColon {
        return Err(refused(format!("expected the end of the statement, found `{}`", next.token), place));
    }
    Ok(Parsed { tree, lexed, aside })
}

fn end_of(lexed: &Lexed) -> Range<usize> {
    let last = lexed.len().saturating_sub(1);
    lexed.range(last).unwrap_or(0..0)
}

/// A parser's complaint as a message of ours.
fn words(error: &ParserError) -> String {
    let text = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.clone(),
        ParserError::RecursionLimitExceeded => return "nested too deeply".to_owned(),
    };
    let text = text.split(" at Line").next().unwrap_or("");
    match text.strip_prefix("Expected: ").and_then(|rest| rest.split_once(", found: ")) {
        Some((expected, found)) => format!("expected {expected}, found `{found}`"),
        None => text.to_owned(),
    }
}
