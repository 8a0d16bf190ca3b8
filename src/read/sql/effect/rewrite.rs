//! Forms that no parser takes, put into forms that they take.
//!
//! In: a statement and its tokens. Out: the same with a word more or less, every other byte at its place of the file.
//! Never changes a meaning.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::Surroundings;
use super::joins::name;
use super::lex::Lexed;
use crate::dialect::Dialects;
use crate::text::Fragment;

/// Words behind the name of the table of a DELETE without FROM.
const BEHIND: &[&str] = &["WHERE", "OUTPUT", "OPTION", "WITH", "RETURNING"];
/// Words before a `TABLE t` that is a query.
const BEFORE: &[&str] = &["UNION", "EXCEPT", "INTERSECT", "ALL", "DISTINCT", "AS", "QUERY"];

/// What stands in the place of some bytes.
enum Instead {
    /// Words of our own.
    Words(&'static str),
    /// Other bytes of the statement.
    Bytes(Range<usize>),
}

/// The statement in a form that parsers take; none when it is in one.
pub fn rewritten(statement: &Fragment, around: &Surroundings, lexed: &Lexed) -> Option<Fragment> {
    let mut edits = Vec::new();
    if let Some(at) = bare_target(lexed, around) {
        edits.push((lexed.start(at)..lexed.start(at), Instead::Words("FROM ")));
    }
    edits.extend(live_table(lexed));
    edits.extend(copied_table(lexed));
    edits.extend(untyped(lexed).into_iter().map(|at| (at..at, Instead::Words(" TEXT"))));
    edits.extend(bare_query(lexed, around));
    edits.extend(given_back(lexed).map(|place| (place, Instead::Words(""))));
    for at in 0..lexed.len() {
        if is_query(lexed, at) {
            edits.push((lexed.bytes(at..at + 1), Instead::Words("SELECT * FROM")));
        } else if let Some(inside) = constant_name(statement.text(), lexed, at) {
            edits.push((lexed.bytes(at..at + 4), Instead::Bytes(inside)));
        }
    }
    if edits.is_empty() {
        return None;
    }
    edits.sort_by_key(|(place, _)| place.start);
    let mut whole = Fragment::empty();
    let mut from = 0;
    for (place, instead) in edits {
        whole.extend(&statement.slice(from..place.start));
        match instead {
            Instead::Words(words) => {
                whole.push(words, statement.span(place.start..place.end.max(place.start + 1))?, false);
            }
            Instead::Bytes(bytes) => whole.extend(&statement.slice(bytes)),
        }
        from = place.end;
    }
    whole.extend(&statement.slice(from..statement.text().len()));
    Some(whole)
}

/// `DELETE t WHERE p`: the number of the token that names the table, when no FROM belongs to it.
fn bare_target(lexed: &Lexed, around: &Surroundings) -> Option<usize> {
    let mut at = 1;
    if !lexed.is_word(0, "DELETE") {
        return None;
    }
    if lexed.is_word(at, "TOP") {
        at = lexed.closing(at + 1) + 1;
    }
    if lexed.is_word(at, "FROM") {
        return None;
    }
    let (parts, end) = name(lexed, at, around.dialect);
    let ends = |at: usize| at >= lexed.len() || BEHIND.iter().any(|word| lexed.is_word(at, word));
    let aliased = lexed.is_word(end + 1, "WHERE") && !lexed.is_word(end, "FROM");
    (!parts.is_empty() && (ends(end) || aliased)).then_some(at)
}

/// `CREATE OR REFRESH [STREAMING] [LIVE] TABLE t AS q` makes a table of the query, whatever keeps it fresh.
fn live_table(lexed: &Lexed) -> Option<(Range<usize>, Instead)> {
    if !lexed.is_word(0, "CREATE") {
        return None;
    }
    let words = ["OR", "REFRESH", "REPLACE", "PRIVATE", "STREAMING", "INCREMENTAL", "LIVE", "MATERIALIZED"];
    let mut at = 1;
    while words.iter().any(|word| lexed.is_word(at, word)) {
        at += 1;
    }
    let kept =
        (1..at).any(|at| ["REFRESH", "STREAMING", "INCREMENTAL", "LIVE"].iter().any(|word| lexed.is_word(at, word)));
    if !kept {
        return None;
    }
    let view = (1..at).any(|at| lexed.is_word(at, "MATERIALIZED")) && lexed.is_word(at, "VIEW");
    let kind = if view || lexed.is_word(at, "TABLE") { Some("CREATE OR REPLACE TABLE") } else { None };
    let kind = kind.or_else(|| lexed.is_word(at, "VIEW").then_some("CREATE OR REPLACE VIEW"))?;
    Some((lexed.start(0)..lexed.end(at + 1), Instead::Words(kind)))
}

/// `CREATE TABLE t COPY s`, `CREATE TABLE t SHALLOW CLONE s`.
fn copied_table(lexed: &Lexed) -> Option<(Range<usize>, Instead)> {
    if !lexed.is_word(0, "CREATE") || !(1..6).any(|at| lexed.is_word(at, "TABLE")) {
        return None;
    }
    let deep = lexed.find(1, |lexed, at| {
        (lexed.is_word(at, "SHALLOW") || lexed.is_word(at, "DEEP")) && lexed.is_word(at + 1, "CLONE")
    });
    if let Some(at) = deep {
        return Some((lexed.bytes(at..at + 2), Instead::Words("AS SELECT * FROM")));
    }
    let at = lexed.find_word(3, &["COPY", "AS", "CLONE", "LIKE"]).filter(|at| lexed.is_word(*at, "COPY"))?;
    let place = (!lexed.is_word(at + 1, "GRANTS")).then(|| lexed.bytes(at..at + 1))?;
    Some((place, Instead::Words("AS SELECT * FROM")))
}

/// `CREATE TABLE t USING delta SELECT …` (Spark): the query without the word before it.
fn bare_query(lexed: &Lexed, around: &Surroundings) -> Option<(Range<usize>, Instead)> {
    let table = (1..6).find(|at| lexed.is_word(*at, "TABLE"))?;
    if !lexed.is_word(0, "CREATE") || !Dialects::SPARK.has(around.dialect) {
        return None;
    }
    let at = lexed.find(table + 2, |lexed, at| {
        let with = lexed.is_word(at, "WITH") && !lexed.is(at + 1, &Token::LParen);
        with || ["SELECT", "AS", "LIKE", "CLONE"].iter().any(|word| lexed.is_word(at, word))
    })?;
    let bare = lexed.is_word(at, "SELECT") || lexed.is_word(at, "WITH");
    bare.then(|| (lexed.start(at)..lexed.start(at), Instead::Words("AS ")))
}

/// The bytes of `RETURNING x INTO v` behind the rows that change: what goes into variables is the script's own.
fn given_back(lexed: &Lexed) -> Option<Range<usize>> {
    if !["INSERT", "UPDATE", "DELETE", "MERGE"].iter().any(|word| lexed.is_word(0, word)) {
        return None;
    }
    let back = lexed.find_word(1, &["RETURNING", "RETURN"])?;
    lexed.find_word(back, &["INTO"]).filter(|into| *into > back + 1)?;
    Some(lexed.start(back)..lexed.end(lexed.len()))
}

/// `TABLE t` where a query can stand.
fn is_query(lexed: &Lexed, at: usize) -> bool {
    let named = matches!(lexed.get(at + 1), Some(Token::Word(_))) && !lexed.is_word(at + 1, "IF");
    if !lexed.is_word(at, "TABLE") || !named {
        return false;
    }
    let Some(before) = at.checked_sub(1) else { return true };
    let inserted = lexed.is_word(0, "INSERT")
        && at > 2
        && !["INTO", "OVERWRITE", "INSERT"].iter().any(|word| lexed.is_word(before, word));
    inserted || lexed.is(before, &Token::LParen) || BEFORE.iter().any(|word| lexed.is_word(before, word))
}

/// The bytes of the name in `IDENTIFIER('a.b')`.
fn constant_name(text: &str, lexed: &Lexed, at: usize) -> Option<Range<usize>> {
    let called =
        lexed.is_word(at, "IDENTIFIER") && lexed.is(at + 1, &Token::LParen) && lexed.is(at + 3, &Token::RParen);
    if !called || !matches!(lexed.get(at + 2), Some(Token::SingleQuotedString(_))) {
        return None;
    }
    let quoted = lexed.range(at + 2)?;
    let inside = quoted.start + 1..quoted.end.checked_sub(1)?;
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '"');
    text.get(inside.clone()).is_some_and(|name| !name.is_empty() && name.chars().all(plain)).then_some(inside)
}

/// Where types are missing behind the columns of `CREATE TABLE t (a, b) AS …`, which only names them.
fn untyped(lexed: &Lexed) -> Vec<usize> {
    if !lexed.is_word(0, "CREATE") {
        return Vec::new();
    }
    let open = lexed.find(0, |lexed, at| lexed.is(at, &Token::LParen)).unwrap_or(lexed.len());
    let Some(table) = (1..open).find(|at| lexed.is_word(*at, "TABLE")) else { return Vec::new() };
    let name = if lexed.is_word(table + 1, "IF") { table + 4 } else { table + 1 };
    // The name alone stands before the columns: `s.t` are three tokens.
    let is_name = open > name && (name..open).all(|at| lexed.is(at, &Token::Period) == ((at - name) % 2 == 1));
    let close = lexed.closing(open);
    if !is_name || lexed.find_word(close + 1, &["AS"]).is_none() {
        return Vec::new();
    }
    let names = lexed.split(open + 1, close);
    if names.iter().any(|name| name.len() != 1) {
        return Vec::new();
    }
    names.into_iter().map(|name| lexed.end(name.end)).collect()
}
