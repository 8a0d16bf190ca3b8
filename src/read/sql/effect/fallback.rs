//! What can be told of a statement that nothing parses, or that no step says: the relations that its words name.
//!
//! In: tokens, and why it was refused. Out: an opaque step and a finding. Never claims to know more than the words.

use sqlparser::tokenizer::Token;

use super::found::is_dual;
use super::joins::name;
use super::lex::{Lexed, lex_some};
use super::parse::Refused;
use super::{Outcome, Surroundings, Understood, grammar};
use crate::dialect::Dialect;
use crate::finding::{Code, Finding};
use crate::name::{Ident, Relation};
use crate::steps::{Effect, Lifetime, Opaque};
use crate::text::Fragment;

/// A statement that nothing parses.
pub fn unread(statement: &Fragment, around: &Surroundings, refused: &Refused) -> Understood {
    let refused =
        if grammar::grammar(around.dialect).postgres { &postgres(statement.text(), refused) } else { refused };
    let message = format!("cannot read this statement: {}", refused.message);
    let help = if around.dialect == Dialect::Ansi {
        "name the dialect with --dialect".to_owned()
    } else {
        format!("check it against {}, or name another dialect with --dialect", around.dialect)
    };
    let span = statement.span(refused.place.clone()).or_else(|| statement.whole());
    let finding = span.map(|span| Finding::at(Code::R201, span, message, help));
    let lexed = grammar::grammar(around.dialect)
        .parsers
        .first()
        .map(|parser| lex_some(statement.text(), around.dialect, *parser));
    let what = lexed.as_ref().map_or_else(|| "statement".to_owned(), first_words);
    let step = lexed.map(|lexed| opaque(statement, around, &lexed, &refused.message));
    let step = step.filter(|step| !step.reads.is_empty() || !step.writes.is_empty());
    Understood {
        what,
        outcome: Outcome::Unread { reason: refused.message.clone(), step },
        facts: Vec::new(),
        findings: finding.into_iter().collect(),
        sent: None,
    }
}

/// That the relation which an unread CREATE makes is temporary, when its words say so.
pub fn temporary_of(opaque: &Opaque) -> Option<Effect> {
    let head = opaque.text.split_whitespace().take(6).map(str::to_uppercase);
    let mut words = head.take_while(|word| word != "TABLE" && word != "VIEW");
    let creates = words.next().is_some_and(|word| word == "CREATE");
    let marked = words.any(|word| matches!(word.as_str(), "TEMP" | "TEMPORARY" | "VOLATILE"));
    let [relation] = opaque.writes.as_slice() else { return None };
    let temporary = marked || relation.name().starts_with(['#', '@']);
    let effect = Effect::Declare {
        relation: relation.clone(),
        lifetime: Lifetime::Temporary,
        columns: Vec::new(),
        keeps_existing: false,
    };
    (creates && temporary).then_some(effect)
}

/// The same in the words of PostgreSQL's own parser, which is exact.
fn postgres(text: &str, refused: &Refused) -> Refused {
    let error = match pg_query::parse(text, pg_query::ParserOptions::DEFAULT) {
        Ok(_) => {
            let message = format!("PostgreSQL takes it, refract does not: {}", refused.message);
            return Refused { message, place: refused.place.clone() };
        }
        Err(error) => error.to_string(),
    };
    let Some((_, near)) = error.split_once("at or near \"") else { return refused.clone() };
    let word = near.trim_end_matches('"');
    let distance = |at: &usize| at.abs_diff(refused.place.start);
    let place = text.match_indices(word).map(|(at, _)| at).min_by_key(distance);
    let place = place.map_or_else(|| refused.place.clone(), |at| at..at + word.len());
    Refused { message: format!("syntax error at or near `{word}`"), place }
}

/// The first word or two, in lower case.
pub fn first_words(lexed: &Lexed) -> String {
    let first = lexed.word(0).unwrap_or_else(|| "statement".to_owned());
    match (first.as_str(), lexed.word(1)) {
        ("CREATE" | "ALTER" | "DROP", Some(second)) => format!("{first} {second}").to_lowercase(),
        _ => first.to_lowercase(),
    }
}

/// A step that stands in for a statement.
pub fn opaque(statement: &Fragment, around: &Surroundings, lexed: &Lexed, reason: &str) -> Opaque {
    let (reads, writes) = relations(lexed, around.dialect);
    Opaque {
        reason: reason.to_owned(),
        help: "write this step as one query that gives the rows the table is to hold".to_owned(),
        text: statement.text().to_owned(),
        reads,
        writes,
        is_frame: false,
        python: None,
    }
}

/// Relations that words name: those read, those written.
pub fn relations(lexed: &Lexed, dialect: Dialect) -> (Vec<Relation>, Vec<Relation>) {
    let ctes = cte_names(lexed, dialect);
    let mut reads: Vec<Relation> = Vec::new();
    let mut writes: Vec<Relation> = Vec::new();
    for at in 0..lexed.len() {
        let Some((writing, first)) = opens(lexed, at) else { continue };
        let list = if writing { &mut writes } else { &mut reads };
        let mut from = first;
        loop {
            let (parts, end) = named(lexed, from, dialect);
            let relation = Relation::new(parts, dialect);
            let cte = relation.parts().len() == 1 && relation.parts().first().is_some_and(|only| ctes.contains(only));
            let function = lexed.is(end, &Token::LParen) && !writing;
            let known = cte || is_dual(&relation, dialect);
            if !relation.parts().is_empty() && !known && !function && !list.contains(&relation) {
                list.push(relation);
            }
            let Some(next) = next_in_list(lexed, end).filter(|_| !writing) else { break };
            from = next;
        }
    }
    (reads, writes)
}

/// A name, when a relation's can stand there. A table whose name is a value goes by the word of that value.
fn named(lexed: &Lexed, at: usize, dialect: Dialect) -> (Vec<Ident>, usize) {
    if let Some(inside) = name_as_value(lexed, at, dialect) {
        return inside;
    }
    let reserved = ["SELECT", "LATERAL", "VALUES", "UNNEST", "TABLE", "SET", "ONLY", "WHERE", "WITH"];
    if reserved.iter().any(|word| lexed.is_word(at, word)) {
        return (Vec::new(), at);
    }
    name(lexed, at, dialect)
}

/// The variable in `IDENTIFIER(:t)` or `TABLE($t)`, and the token behind the call.
fn name_as_value(lexed: &Lexed, at: usize, dialect: Dialect) -> Option<(Vec<Ident>, usize)> {
    let words = dialect.traits().names_as_values;
    let called = words.iter().any(|word| lexed.is_word(at, &word.to_uppercase())) && lexed.is(at + 1, &Token::LParen);
    let close = lexed.closing(at + 1);
    let name = |inside: usize| -> Option<&str> {
        if let Some(Token::Word(word)) = lexed.get(inside) {
            return (!lexed.is(inside + 1, &Token::LParen)).then_some(&word.value);
        }
        let Some(Token::Placeholder(name)) = lexed.get(inside) else { return None };
        Some(name.trim_start_matches([':', '$', '?']))
    };
    let names = (at + 2..close).filter_map(name).filter(|name| !name.is_empty());
    let variables: Vec<Ident> = names.map(|name| Ident::new(name, false, dialect)).collect();
    let [variable] = variables.as_slice() else { return None };
    called.then(|| (vec![variable.clone()], close + 1))
}

/// After a comma within a FROM list.
fn next_in_list(lexed: &Lexed, after: usize) -> Option<usize> {
    let mut at = after;
    if lexed.is_word(at, "AS") {
        at += 1;
    }
    if !lexed.is(at, &Token::Comma) {
        at += 1;
    }
    lexed.is(at, &Token::Comma).then_some(at + 1)
}

/// Whether a relation's name follows token `at`: whether it is written, and where.
fn opens(lexed: &Lexed, at: usize) -> Option<(bool, usize)> {
    let word = lexed.word(at)?;
    let before = |word: &str| at > 0 && lexed.is_word(at - 1, word);
    match word.as_str() {
        "FROM" if before("DISTINCT") || in_function(lexed, at) => None,
        "FROM" if before("DELETE") => Some((true, at + 1)),
        "FROM" | "JOIN" | "APPLY" => Some((false, at + 1)),
        "USING" if !lexed.is(at + 1, &Token::LParen) => Some((false, at + 1)),
        "INTO" | "OVERWRITE" => Some((true, skip(lexed, at + 1, &["TABLE", "TEMP", "TEMPORARY"]))),
        "UPDATE" if at == 0 || !before("DO") && !before("FOR") && !before("KEY") && !before("THEN") => {
            Some((true, skip(lexed, at + 1, &["ONLY"])))
        }
        "TABLE" | "VIEW" | "TRUNCATE" | "MERGE" if !before("INTO") && !before("OVERWRITE") => {
            let next = skip(lexed, at + 1, &["TABLE", "IF", "NOT", "EXISTS", "INTO", "ONLY"]);
            (!lexed.is(next, &Token::LParen) && next_is_fresh(lexed, at)).then_some((true, next))
        }
        _ => None,
    }
}

/// Whether TRUNCATE, MERGE, TABLE or VIEW starts a statement or follows a word that does.
fn next_is_fresh(lexed: &Lexed, at: usize) -> bool {
    let start = ["CREATE", "ALTER", "DROP", "TRUNCATE", "MERGE", "TABLE", "VIEW"];
    start.iter().any(|word| lexed.is_word(0, word)) && at <= 6
}

fn skip(lexed: &Lexed, from: usize, words: &[&str]) -> usize {
    let mut at = from;
    while words.iter().any(|word| lexed.is_word(at, word)) {
        at += 1;
    }
    at
}

/// Whether FROM stands within a function's parentheses: `EXTRACT(year FROM d)`.
fn in_function(lexed: &Lexed, at: usize) -> bool {
    let mut depth = 0_usize;
    for before in (0..at).rev() {
        match lexed.get(before) {
            Some(Token::RParen) => depth += 1,
            Some(Token::LParen) if depth == 0 => {
                return !["SELECT", "WITH", "DELETE", "FROM"].iter().any(|word| lexed.is_word(before + 1, word))
                    && !lexed.is(before + 1, &Token::LParen);
            }
            Some(Token::LParen) => depth -= 1,
            _ => {}
        }
    }
    false
}

/// Names before `AS (` and `AS [NOT] MATERIALIZED (`.
fn cte_names(lexed: &Lexed, dialect: Dialect) -> Vec<Ident> {
    let has_with = (0..lexed.len()).any(|at| lexed.is_word(at, "WITH"));
    let mut names = Vec::new();
    for at in 1..lexed.len() {
        let opens = lexed.is_word(at, "AS")
            && (lexed.is(at + 1, &Token::LParen)
                || lexed.is_word(at + 1, "MATERIALIZED")
                || lexed.is_word(at + 1, "NOT"));
        if !has_with || !opens {
            continue;
        }
        let mut name_at = at - 1;
        if lexed.is(name_at, &Token::RParen) {
            let open = (0..name_at).rev().find(|open| lexed.is(*open, &Token::LParen));
            name_at = open.unwrap_or(1).saturating_sub(1);
        }
        if let Some(Token::Word(word)) = lexed.get(name_at) {
            names.push(Ident::new(&word.value, word.quote_style.is_some(), dialect));
        }
    }
    names
}
