//! Definitions that no parser takes, read by their words: CREATE, ALTER and DROP with the options of one warehouse.
//!
//! In: tokens. Out: a table's columns and keys, changes of columns, or that no rows are touched; none where the words do
//! not tell. Never reads a query.

use sqlparser::tokenizer::Token;

use super::joins::name;
use super::lex::lex_some;
use super::prepare::Aside;
use super::read::Reader;
use super::rough_columns::{Item, item};
use super::{Outcome, Surroundings, Understood, call, grammar};
use crate::name::Relation;
use crate::steps::{Change, ColumnDef, Effect, Fact, FactKind, Lifetime};
use crate::text::Fragment;

/// Words that may stand between CREATE and TABLE or VIEW.
const MODIFIERS: &[&str] = &[
    "OR",
    "REPLACE",
    "ALTER",
    "TEMP",
    "TEMPORARY",
    "GLOBAL",
    "LOCAL",
    "TRANSIENT",
    "VOLATILE",
    "UNLOGGED",
    "EXTERNAL",
    "FOREIGN",
    "DYNAMIC",
    "ICEBERG",
    "HYBRID",
    "EVENT",
    "STREAMING",
    "LIVE",
    "CACHED",
    "MEMORY",
    "COLUMN",
    "ROW",
    "MULTISET",
    "SET",
    "SECURE",
    "RECURSIVE",
    "MATERIALIZED",
    "FORCE",
    "NOFORCE",
    "EDITIONABLE",
    "NONEDITIONABLE",
    "PRIVATE",
    "SHARDED",
    "IMMUTABLE",
    "VIRTUAL",
    "SNAPSHOT",
    "INTERACTIVE",
];

/// What holds rows, or statements.
const READ: &[&str] = &["TABLE", "VIEW", "SNAPSHOT", "PROCEDURE", "PROC", "FUNCTION", "PACKAGE", "TRIGGER", "SYNONYM"];

/// First words of changes of a table that no query sees.
const UNSEEN: &[&str] = &[
    "CHECK",
    "NOCHECK",
    "SET",
    "UNSET",
    "REBUILD",
    "ENABLE",
    "DISABLE",
    "CLUSTER",
    "RECLUSTER",
    "SUSPEND",
    "RESUME",
    "MOVE",
    "ENGINE",
    "AUTO_INCREMENT",
    "COMMENT",
    "OWNER",
    "CONVERT",
    "DEFAULT",
    "LOCK",
    "PARALLEL",
    "NOPARALLEL",
    "LOGGING",
    "NOLOGGING",
    "COMPRESS",
    "NOCOMPRESS",
    "CACHE",
    "NOCACHE",
    "INITRANS",
    "PCTFREE",
    "STORAGE",
    "TABLESPACE",
    "VALIDATE",
    "NOVALIDATE",
    "INHERIT",
    "REPLICA",
    "FORCE",
    "NO",
    "ORDER",
    "ALGORITHM",
    "SHRINK",
    "DISTRIBUTE",
];

/// What may be added to or dropped from a table besides columns.
const PARTS: &[&str] = &[
    "CONSTRAINT",
    "PRIMARY",
    "UNIQUE",
    "FOREIGN",
    "CHECK",
    "DEFAULT",
    "INDEX",
    "KEY",
    "PERIOD",
    "TAG",
    "MASKING",
    "SEARCH",
    "FULLTEXT",
    "SPATIAL",
    "SUPPLEMENTAL",
    "CLUSTERING",
    "ALL",
    "DATA",
];

const OBJECT: &str = "it makes or changes an object that holds no rows";
const STORAGE: &str = "constraints, triggers or storage";

/// Reads a definition; none when its words do not tell.
pub fn read(statement: &Fragment, around: &Surroundings) -> Option<Understood> {
    let parser = grammar::grammar(around.dialect).parsers.first()?;
    let lexed = lex_some(statement.text(), around.dialect, *parser).without_end();
    let aside = Aside::default();
    let reader = call::reader(statement, around, &lexed, &aside);
    match lexed.word(0)?.as_str() {
        "CREATE" => created(reader),
        "ALTER" if lexed.is_word(1, "TABLE") => altered(reader),
        "ALTER" | "DROP" => {
            let kind = lexed.word(1)?;
            let holds = READ.contains(&kind.as_str()) || kind == "MATERIALIZED" || lexed.is_word(2, "TABLE");
            (!holds).then(|| object(reader))
        }
        "COMMENT" => Some(reader.done("comment on", Outcome::Dropped("it describes no relation".to_owned()))),
        _ => None,
    }
}

fn object(reader: Reader) -> Understood {
    let what = super::fallback::first_words(reader.lexed);
    reader.done(&what, Outcome::Dropped(OBJECT.to_owned()))
}

fn created(reader: Reader) -> Option<Understood> {
    let lexed = reader.lexed;
    let mut at = 1;
    while at < 8 && lexed.word(at).is_some_and(|word| MODIFIERS.contains(&word.as_str())) && !lexed.is_word(at, "TABLE")
    {
        at += 1;
    }
    let kind = lexed.word(at)?;
    if !READ.contains(&kind.as_str()) {
        return (!lexed.is_word(at - 1, "SNAPSHOT")).then(|| object(reader));
    }
    if kind == "TABLE" { table(reader, at) } else { None }
}

/// `CREATE … TABLE t (…)`, where the word TABLE is token number `at`.
fn table(mut reader: Reader, at: usize) -> Option<Understood> {
    let lexed = reader.lexed;
    let dialect = reader.around.dialect;
    let keeps_existing = lexed.words(at + 1, &["IF", "NOT", "EXISTS"]);
    let (parts, open) = name(lexed, at + 1 + if keeps_existing { 3 } else { 0 }, dialect);
    let relation = Relation::new(parts, dialect);
    let close = lexed.closing(open);
    let query = lexed
        .find_word(close, &["SELECT", "WITH"])
        .is_some_and(|at| lexed.is_word(at, "SELECT") || lexed.is_word(at - 1, "AS"));
    if relation.parts().is_empty() || !lexed.is(open, &Token::LParen) || close >= lexed.len() || query {
        return None;
    }
    let mut columns = Vec::new();
    for part in lexed.split(open + 1, close) {
        match item(&reader, part)? {
            Item::Column(column) => columns.push(*column),
            Item::Key(key, primary) => {
                for column in columns.iter_mut().filter(|column| key.contains(&column.name)) {
                    column.not_null |= primary;
                    column.unique |= key.len() == 1;
                }
                reader.facts.push(Fact { relation: relation.clone(), kind: FactKind::Key(key) });
            }
            Item::Nothing => {}
        }
    }
    let modifier = |word: &str| (1..at).any(|before| lexed.is_word(before, word));
    let temporary =
        ["TEMP", "TEMPORARY", "VOLATILE"].iter().any(|word| modifier(word)) || relation.name().starts_with(['#', '@']);
    let lifetime = if temporary { Lifetime::Temporary } else { Lifetime::Lasting };
    if modifier("EXTERNAL") || modifier("FOREIGN") {
        reader.facts.push(Fact { relation: relation.clone(), kind: FactKind::Loaded });
    }
    if columns.is_empty() {
        return None;
    }
    let what = if temporary { "create temp table" } else { "create table" };
    Some(reader.effects(what, vec![Effect::Declare { relation, lifetime, columns, keeps_existing }]))
}

fn altered(mut reader: Reader) -> Option<Understood> {
    let lexed = reader.lexed;
    let dialect = reader.around.dialect;
    let mut first = if lexed.words(2, &["IF", "EXISTS"]) { 4 } else { 2 };
    first += usize::from(lexed.is_word(first, "ONLY"));
    let (parts, mut at) = name(lexed, first, dialect);
    let relation = Relation::new(parts, dialect);
    if relation.parts().is_empty() {
        return None;
    }
    if lexed.is_word(at, "WITH") && (lexed.is_word(at + 1, "CHECK") || lexed.is_word(at + 1, "NOCHECK")) {
        at += 2;
    }
    let word = lexed.word(at)?;
    let part = |at: usize| lexed.word(at).is_some_and(|word| PARTS.contains(&word.as_str()));
    let policy = lexed.words(at + 1, &["ROW", "ACCESS"]) || lexed.words(at + 1, &["ROW", "LEVEL"]);
    let column = |at: usize| at + usize::from(lexed.is_word(at, "COLUMN"));
    match word.as_str() {
        "ADD" | "DROP" if part(at + 1) || policy => {
            if word == "ADD"
                && let Some(Item::Key(key, _)) = item(&reader, at + 1..lexed.len())
            {
                reader.facts.push(Fact { relation, kind: FactKind::Key(key) });
            }
            Some(reader.done("alter table", Outcome::Dropped(STORAGE.to_owned())))
        }
        "ADD" => changed(reader, &relation, column(at + 1), Change::Add),
        "ALTER" | "MODIFY" if is_setting(&reader, column(at + 1)) => {
            Some(reader.done("alter table", Outcome::Dropped("a column's default or its NOT NULL".to_owned())))
        }
        "ALTER" | "MODIFY" => changed(reader, &relation, column(at + 1), Change::Retype),
        word if UNSEEN.contains(&word) => Some(reader.done("alter table", Outcome::Dropped(STORAGE.to_owned()))),
        _ => None,
    }
}

/// Whether a word stands behind the column at `at` that changes no type.
fn is_setting(reader: &Reader, at: usize) -> bool {
    let words = ["SET", "UNSET", "DROP", "ADD", "COMMENT", "NOT", "NULL", "DEFAULT", "ENABLE", "DISABLE", "INVISIBLE"];
    let (_, end) = name(reader.lexed, at, reader.around.dialect);
    words.iter().any(|word| reader.lexed.is_word(end, word)) && !reader.lexed.words(end, &["SET", "DATA"])
}

/// One change for each column from token number `first` on, in parentheses or not.
fn changed(reader: Reader, relation: &Relation, first: usize, change: fn(ColumnDef) -> Change) -> Option<Understood> {
    let lexed = reader.lexed;
    let whole = lexed.is(first, &Token::LParen) && lexed.closing(first) + 1 >= lexed.len();
    let (from, to) = if whole { (first + 1, lexed.closing(first)) } else { (first, lexed.len()) };
    let mut effects = Vec::new();
    for mut part in lexed.split(from, to) {
        for word in ["ADD", "MODIFY", "COLUMN"] {
            part.start += usize::from(lexed.is_word(part.start, word));
        }
        match item(&reader, part)? {
            Item::Column(column) => effects.push(Effect::Alter { relation: relation.clone(), change: change(*column) }),
            Item::Key(..) | Item::Nothing => {}
        }
    }
    if effects.is_empty() {
        return Some(reader.done("alter table", Outcome::Dropped(STORAGE.to_owned())));
    }
    Some(reader.effects("alter table", effects))
}
