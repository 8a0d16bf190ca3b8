//! What is set aside before a statement is parsed: procedure-language remains, hints, physical options.
//!
//! In: tokens. Out: the same tokens with those blanked, at unchanged places; edits that take them out of the author's
//! text where they would otherwise stay in a query. Never blanks a table or a column.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::Surroundings;
use super::grammar::{Into, grammar};
use super::lex::Lexed;
use super::options::blank_options;
use crate::steps::{Edit, Storage};

/// What was set aside.
#[derive(Debug, Clone, Default)]
pub struct Aside {
    /// Changes of the author's text.
    pub edits: Vec<Edit>,
    /// `INTO …` of a SELECT.
    pub into: Option<IntoClause>,
    /// `TOP (n)` of a statement that changes rows.
    pub sliced: Option<Range<usize>>,
    /// Whether an INSERT matches columns by their names (`BY NAME`).
    pub by_name: bool,
    /// How the rows of a new table are stored.
    pub stored: Vec<(Storage, Vec<String>)>,
    /// Signs of `+=` and its like: the byte of the equals sign, and the operator.
    pub compounds: Vec<(usize, &'static str)>,
}

/// `INTO …` of a SELECT.
#[derive(Debug, Clone)]
pub struct IntoClause {
    /// The names, each as its bytes.
    pub targets: Vec<Range<usize>>,
    /// Whether it makes a table.
    pub table: bool,
    /// Whether that is temporary.
    pub temporary: bool,
}

/// Hints of T-SQL that may stand in parentheses after a table.
const HINTS: &[&str] = &[
    "NOLOCK",
    "READUNCOMMITTED",
    "TABLOCK",
    "TABLOCKX",
    "HOLDLOCK",
    "UPDLOCK",
    "ROWLOCK",
    "PAGLOCK",
    "READPAST",
    "FORCESEEK",
    "FORCESCAN",
    "XLOCK",
    "SERIALIZABLE",
    "REPEATABLEREAD",
    "READCOMMITTED",
    "NOEXPAND",
    "KEEPIDENTITY",
    "KEEPDEFAULTS",
    "NOWAIT",
    "SNAPSHOT",
    "READCOMMITTEDLOCK",
    "INDEX",
];

/// Blanks what the parsers do not take or the models must not hold.
pub fn prepare(lexed: &mut Lexed, text: &str, around: &Surroundings) -> Aside {
    let mut aside = Aside::default();
    hints(lexed, text, &mut aside);
    trims(lexed);
    kept_ranks(lexed);
    json_paths(lexed);
    sequences(lexed, around);
    if lexed.is_word(0, "SELECT") || lexed.is_word(0, "WITH") || lexed.is(0, &Token::LParen) {
        into(lexed, text, around, &mut aside);
    }
    assigned_items(lexed, &mut aside);
    limits(lexed, &mut aside);
    rejects(lexed);
    by_name(lexed, &mut aside);
    lateral_views(lexed);
    compounds(lexed, &mut aside);
    parenthesized_rows(lexed);
    table_variable(lexed);
    aside.stored = super::stored::stored(lexed, text);
    blank_options(lexed);
    if lexed.is_word(0, "DROP") {
        drops(lexed);
    }
    if lexed.is_word(0, "PERFORM") {
        aside.edits.push(Edit { range: lexed.bytes(0..1), text: "SELECT".to_owned() });
        lexed.replace(0, "SELECT");
    }
    if lexed.words(0, &["CREATE", "OR", "REPLACE"]) && lexed.find_word(3, &["TABLE"]).is_some_and(|at| at <= 6) {
        lexed.blank(1..3);
    }
    aside
}

/// `DROP TABLE t CASCADE CONSTRAINTS PURGE` (Oracle).
fn drops(lexed: &mut Lexed) {
    if let Some(at) = lexed.find_word(1, &["CONSTRAINTS"]).filter(|at| lexed.is_word(at - 1, "CASCADE")) {
        lexed.blank(at..at + 1);
    }
    if lexed.len() > 3 && lexed.is_word(lexed.len() - 1, "PURGE") {
        lexed.blank(lexed.len() - 1..lexed.len());
    }
}

/// `TRIM(LEADING FROM x)`: the parser wants a character there, or no FROM.
fn trims(lexed: &mut Lexed) {
    for at in 1..lexed.len() {
        let side = ["LEADING", "TRAILING", "BOTH"].iter().any(|side| lexed.is_word(at - 1, side));
        if side && lexed.is_word(at, "FROM") {
            lexed.blank(at..at + 1);
        }
    }
}

/// `max(a) KEEP (DENSE_RANK LAST ORDER BY b)` (Oracle): an aggregate over some of the rows, of which the parser knows nothing.
fn kept_ranks(lexed: &mut Lexed) {
    for at in (1..lexed.len()).rev() {
        let ranked = lexed.is_word(at, "KEEP")
            && lexed.is(at - 1, &Token::RParen)
            && lexed.is(at + 1, &Token::LParen)
            && lexed.is_word(at + 2, "DENSE_RANK");
        if ranked {
            lexed.blank(at..lexed.closing(at + 1) + 1);
        }
    }
}

/// `OPENJSON (…) WITH (id int N'$.id')`: the parser takes no such text there.
fn json_paths(lexed: &mut Lexed) {
    for at in 0..lexed.len() {
        if !lexed.is_word(at, "OPENJSON") || !lexed.is(at + 1, &Token::LParen) {
            continue;
        }
        let with = lexed.closing(at + 1) + 1;
        if !lexed.is_word(with, "WITH") || !lexed.is(with + 1, &Token::LParen) {
            continue;
        }
        for place in with + 2..lexed.closing(with + 1) {
            if let Some(Token::NationalStringLiteral(path)) = lexed.get(place).cloned() {
                lexed.set(place, Token::SingleQuotedString(path));
            }
        }
    }
}

/// `NEXT VALUE FOR s`: the parser is shown `nextval('s')`.
fn sequences(lexed: &mut Lexed, around: &Surroundings) {
    for at in 0..lexed.len() {
        if !lexed.words(at, &["NEXT", "VALUE", "FOR"]) {
            continue;
        }
        let (parts, end) = super::joins::name(lexed, at + 3, around.dialect);
        let Some(last) = parts.last() else { continue };
        lexed.set(at, Token::make_word("nextval", None));
        lexed.set(at + 1, Token::LParen);
        lexed.set(at + 2, Token::SingleQuotedString(last.text.clone()));
        lexed.set(at + 3, Token::RParen);
        lexed.blank(at + 4..end);
    }
}

/// `WITH (NOLOCK)`, `(NOLOCK)`, `OPTION (…)`.
fn hints(lexed: &mut Lexed, text: &str, aside: &mut Aside) {
    let mut at = 0;
    while at < lexed.len() {
        let with = lexed.is_word(at, "WITH") || lexed.is_word(at, "OPTION");
        let open = if with { at + 1 } else { at };
        let hint = lexed.is(open, &Token::LParen)
            && (lexed.is_word(at, "OPTION") && lexed.closing(open) + 1 >= lexed.len()
                || HINTS.iter().any(|hint| lexed.is_word(open + 1, hint)) && (with || lexed.closing(open) == open + 2));
        if hint && at > 0 && !lexed.is_word(at - 1, "AS") {
            let close = lexed.closing(open);
            remove(lexed, text, at..close + 1, aside);
        } else {
            at += 1;
        }
    }
}

/// Blanks tokens, and takes them out of the author's text with the space before them.
fn remove(lexed: &mut Lexed, text: &str, tokens: Range<usize>, aside: &mut Aside) {
    let start = spaces_before(text, lexed.start(tokens.start));
    let end = lexed.end(tokens.end);
    aside.edits.push(Edit { range: start..end, text: String::new() });
    lexed.blank(tokens);
}

fn spaces_before(text: &str, at: usize) -> usize {
    text.get(..at).map_or(at, |before| before.trim_end_matches([' ', '\t']).len())
}

/// `INTO x` of a SELECT, wherever the dialect lets it stand.
fn into(lexed: &mut Lexed, text: &str, around: &Surroundings, aside: &mut Aside) {
    let Some(start) = lexed.find_word(0, &["INTO", "INSERT", "UPDATE", "DELETE", "MERGE"]) else { return };
    if !lexed.is_word(start, "INTO") {
        return;
    }
    let bulk = start >= 2 && lexed.words(start - 2, &["BULK", "COLLECT"]);
    let first = if bulk { start - 2 } else { start };
    let mut at = start + 1;
    let mut temporary = false;
    let mut table = false;
    while let Some(word) = lexed.word(at) {
        match word.as_str() {
            "STRICT" | "UNLOGGED" => {}
            "TEMP" | "TEMPORARY" => temporary = true,
            "TABLE" => table = true,
            _ => break,
        }
        at += 1;
    }
    let (targets, end) = targets(lexed, at);
    if targets.is_empty() {
        return;
    }
    let variables = targets.iter().all(|target| is_variable(text.get(target.clone()).unwrap_or(""), around));
    let makes_table = temporary
        || table
        || match grammar(around.dialect).into {
            Into::Table => true,
            Into::Variable => false,
            Into::Either => !variables,
        };
    let temporary =
        temporary || targets.iter().any(|target| text.get(target.clone()).is_some_and(|name| name.starts_with('#')));
    aside.into = Some(IntoClause { targets, table: makes_table, temporary });
    let place = lexed.start(first);
    let next = if end < lexed.len() { lexed.start(end) } else { lexed.end(end) };
    let range = if end < lexed.len() { place..next } else { spaces_before(text, place)..next };
    let comment = text.get(lexed.end(end)..next).unwrap_or("").trim();
    let range = if comment.is_empty() { range } else { place..lexed.end(end) };
    aside.edits.push(Edit { range, text: String::new() });
    lexed.blank(first..end);
}

/// `SELECT @a = x, @b = y FROM …`: the variables take the values of the row.
fn assigned_items(lexed: &mut Lexed, aside: &mut Aside) {
    if !lexed.is_word(0, "SELECT") || !is_assigned(lexed, 1) {
        return;
    }
    let end = lexed.find_word(1, &["FROM", "WHERE"]).unwrap_or(lexed.len());
    let starts: Vec<usize> = lexed.split(1, end).into_iter().map(|item| item.start).collect();
    if !starts.iter().all(|at| is_assigned(lexed, *at)) {
        return;
    }
    let targets = starts.iter().map(|at| lexed.bytes(*at..at + 1)).collect();
    for at in starts.into_iter().rev() {
        let range = lexed.start(at)..lexed.start(at + 2);
        aside.edits.push(Edit { range, text: String::new() });
        lexed.blank(at..at + 2);
    }
    aside.into = Some(IntoClause { targets, table: false, temporary: false });
}

fn is_assigned(lexed: &Lexed, at: usize) -> bool {
    let variable = matches!(lexed.get(at), Some(Token::Word(word)) if word.value.starts_with('@'));
    variable && (lexed.is(at + 1, &Token::Eq) || lexed.is(at + 1, &Token::Assignment))
}

/// Oracle's `LOG ERRORS [INTO e] [('tag')] [REJECT LIMIT n]` at the end of a statement that changes rows.
fn rejects(lexed: &mut Lexed) {
    let changes = ["UPDATE", "DELETE", "INSERT", "MERGE"].iter().any(|word| lexed.is_word(0, word));
    if !changes {
        return;
    }
    let clause = lexed.find(1, |lexed, at| lexed.words(at, &["LOG", "ERRORS"]));
    if let Some(clause) = clause {
        lexed.blank(clause..lexed.len());
    }
}

/// `INSERT INTO t BY NAME SELECT …`.
fn by_name(lexed: &mut Lexed, aside: &mut Aside) {
    if !lexed.is_word(0, "INSERT") {
        return;
    }
    let place = (1..lexed.len().min(12)).find(|at| lexed.words(*at, &["BY", "NAME"]));
    if let Some(at) = place {
        aside.by_name = true;
        lexed.blank(at..at + 2);
    }
}

/// `LATERAL VIEW explode(x) t AS y` before a JOIN: the parser takes none behind it.
fn lateral_views(lexed: &mut Lexed) {
    let joins = ["JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "SEMI", "ANTI"];
    let mut at = 0;
    while at < lexed.len() {
        if !lexed.words(at, &["LATERAL", "VIEW"]) {
            at += 1;
            continue;
        }
        let call = at + 2 + usize::from(lexed.is_word(at + 2, "OUTER")) + 1;
        let mut end = lexed.closing(call) + 1;
        end += usize::from(!lexed.is_word(end, "AS"));
        if lexed.is_word(end, "AS") {
            end += 2;
            while lexed.is(end, &Token::Comma) {
                end += 2;
            }
        }
        let joined = joins.iter().any(|word| lexed.is_word(end, word));
        if joined && lexed.is(call, &Token::LParen) && end < lexed.len() {
            lexed.blank(at..end);
        } else {
            at = end.max(at + 1);
        }
    }
}

/// `DELETE TOP (1000) …`: batches slice a statement that is read once.
fn limits(lexed: &mut Lexed, aside: &mut Aside) {
    let changes = ["UPDATE", "DELETE", "INSERT", "MERGE"].iter().any(|word| lexed.is_word(0, word));
    if changes && lexed.is_word(1, "TOP") && lexed.is(2, &Token::LParen) {
        let close = lexed.closing(2);
        aside.sliced = Some(lexed.bytes(1..close + 1));
        lexed.blank(1..close + 1);
    }
}

/// `INSERT INTO t (WITH …)`: parsers take the parenthesis for a list of columns.
fn parenthesized_rows(lexed: &mut Lexed) {
    if !lexed.is_word(0, "INSERT") {
        return;
    }
    let Some(open) = lexed.find(1, |lexed, at| lexed.is(at, &Token::LParen)) else { return };
    let close = lexed.closing(open);
    if lexed.is_word(open + 1, "WITH") && close + 1 == lexed.len() {
        lexed.blank(close..close + 1);
        lexed.blank(open..open + 1);
    }
}

/// `SET a += 1`: the parser is shown `SET a = 1`.
fn compounds(lexed: &mut Lexed, aside: &mut Aside) {
    if !lexed.is_word(0, "UPDATE") && !lexed.is_word(0, "MERGE") && !lexed.is_word(0, "WITH") {
        return;
    }
    let signs = [(Token::Plus, "+"), (Token::Minus, "-"), (Token::Mul, "*"), (Token::Div, "/")];
    for at in (1..lexed.len()).rev() {
        let sign = signs.iter().find(|(token, _)| lexed.is(at, token));
        let Some((_, sign)) = sign.filter(|_| lexed.is(at + 1, &Token::Eq)) else { continue };
        aside.compounds.push((lexed.start(at + 1), sign));
        lexed.blank(at..at + 1);
    }
}

/// `DECLARE @t TABLE (…)`: the parser is shown `CREATE TABLE @t (…)`.
fn table_variable(lexed: &mut Lexed) {
    if !lexed.is_word(0, "DECLARE") {
        return;
    }
    if lexed.is_word(2, "AS") && lexed.is_word(3, "TABLE") {
        lexed.blank(2..3);
    }
    if lexed.is_word(2, "TABLE") && lexed.is(3, &Token::LParen) {
        lexed.replace(0, "CREATE");
        lexed.swap(1, 2);
    }
}

/// Names after INTO, separated by commas.
fn targets(lexed: &Lexed, from: usize) -> (Vec<Range<usize>>, usize) {
    let mut list = Vec::new();
    let mut at = from;
    loop {
        let start = at;
        while matches!(lexed.get(at), Some(Token::Colon | Token::AtSign)) {
            at += 1;
        }
        if !matches!(lexed.get(at), Some(Token::Word(_) | Token::Placeholder(_))) {
            break;
        }
        at += 1;
        while lexed.is(at, &Token::Period) && matches!(lexed.get(at + 1), Some(Token::Word(_))) {
            at += 2;
        }
        list.push(lexed.start(start)..lexed.end(at));
        if !lexed.is(at, &Token::Comma) {
            break;
        }
        at += 1;
    }
    (list, at)
}

fn is_variable(name: &str, around: &Surroundings) -> bool {
    if name.starts_with([':', '@']) {
        return true;
    }
    let first = name.split('.').next().unwrap_or("").to_lowercase();
    around.variables.contains(&first)
}
