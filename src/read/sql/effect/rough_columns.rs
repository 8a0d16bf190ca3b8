//! One column or constraint of a definition, read by its words.
//!
//! In: the tokens of one item between commas. Out: the column with its type as it is written, a key, or nothing that
//! queries see; none where the words do not tell. Never guesses a type.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::found::ident;
use super::lex::Lexed;
use super::read::Reader;
use crate::steps::ColumnDef;

/// What stands between two commas of a definition.
pub enum Item {
    /// A column.
    Column(Box<ColumnDef>),
    /// These columns are unique; whether they are the primary key.
    Key(Vec<String>, bool),
    /// A constraint or option that says nothing of the rows.
    Nothing,
}

/// First words of what is no column.
const CONSTRAINTS: &[&str] =
    &["CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE", "FULLTEXT", "SPATIAL", "SUPPLEMENTAL"];
/// The same, unless a type follows.
const PERHAPS: &[&str] = &["KEY", "INDEX", "PERIOD", "LIKE"];
/// Words that follow the first word of a type and belong to it.
const TYPE_WORDS: &[&str] =
    &["VARYING", "PRECISION", "UNSIGNED", "ZEROFILL", "RAW", "LARGE", "OBJECT", "LOCAL", "TIME", "ZONE"];
/// Words that end a type, or a default.
const OPTIONS: &[&str] = &[
    "NOT",
    "NULL",
    "DEFAULT",
    "CONSTRAINT",
    "PRIMARY",
    "UNIQUE",
    "REFERENCES",
    "CHECK",
    "COLLATE",
    "COMMENT",
    "ON",
    "ENCODE",
    "ENABLE",
    "DISABLE",
    "GENERATED",
    "IDENTITY",
    "WITH",
    "KEY",
    "SPARSE",
    "MASKED",
    "ENCRYPTED",
    "HIDDEN",
    "AUTO_INCREMENT",
    "AUTOINCREMENT",
    "INDEX",
    "FOREIGN",
    "AS",
    "PERSISTED",
    "CHARACTER",
    "CHARSET",
    "FOR",
    "TAG",
    "INVISIBLE",
    "VISIBLE",
    "ROWGUIDCOL",
    "OPTIONS",
    "FORMAT",
    "TITLE",
    "COMPRESS",
];

/// Reads the item.
pub fn item(reader: &Reader, part: Range<usize>) -> Option<Item> {
    let lexed = reader.lexed;
    let first = lexed.word(part.start).unwrap_or_default();
    let typed = lexed.word(part.start + 1).is_some_and(|word| is_type(&word));
    if CONSTRAINTS.contains(&first.as_str()) || (PERHAPS.contains(&first.as_str()) && !typed) {
        return Some(constraint(reader, part));
    }
    column(reader, part).map(|column| Item::Column(Box::new(column)))
}

fn is_type(word: &str) -> bool {
    let types = [
        "INT",
        "INTEGER",
        "BIGINT",
        "SMALLINT",
        "TINYINT",
        "VARCHAR",
        "NVARCHAR",
        "CHAR",
        "NCHAR",
        "TEXT",
        "STRING",
        "DATE",
        "DATETIME",
        "DATETIME2",
        "TIMESTAMP",
        "NUMBER",
        "NUMERIC",
        "DECIMAL",
        "FLOAT",
        "DOUBLE",
        "REAL",
        "BOOLEAN",
        "BIT",
        "VARCHAR2",
        "NVARCHAR2",
        "CLOB",
        "BLOB",
        "JSON",
        "JSONB",
        "UUID",
        "BYTEA",
    ];
    types.contains(&word)
}

fn constraint(reader: &Reader, part: Range<usize>) -> Item {
    let lexed = reader.lexed;
    let key = (part.start..part.end).take(4).find(|at| lexed.is_word(*at, "PRIMARY") || lexed.is_word(*at, "UNIQUE"));
    let open = key.and_then(|key| (key..part.end).find(|at| lexed.is(*at, &Token::LParen)));
    let Some(open) = open else { return Item::Nothing };
    let names: Vec<String> = lexed
        .split(open + 1, lexed.closing(open))
        .into_iter()
        .filter_map(|column| named(reader, column.start))
        .collect();
    let primary = key.is_some_and(|key| lexed.is_word(key, "PRIMARY"));
    if names.is_empty() { Item::Nothing } else { Item::Key(names, primary) }
}

/// The name at token number `at`, folded.
fn named(reader: &Reader, at: usize) -> Option<String> {
    let Token::Word(word) = reader.lexed.get(at)? else { return None };
    Some(ident(&word.to_ident(sqlparser::tokenizer::Span::empty()), reader.around.dialect).text)
}

fn column(reader: &Reader, part: Range<usize>) -> Option<ColumnDef> {
    let lexed = reader.lexed;
    let Token::Word(word) = lexed.get(part.start)? else { return None };
    let mut column = super::create::named(&word.to_ident(sqlparser::tokenizer::Span::empty()), reader);
    let first = part.start + 1;
    if lexed.is_word(first, "AS") && lexed.is(first + 1, &Token::LParen) {
        column.default = Some(written(reader, first + 1..lexed.closing(first + 1) + 1));
        return Some(column);
    }
    if !matches!(lexed.get(first), Some(Token::Word(_)))
        || lexed.word(first).is_some_and(|word| OPTIONS.contains(&word.as_str()))
    {
        return None;
    }
    let end = type_end(lexed, first, part.end);
    column.sql_type = super::create::unquoted(reader, written(reader, first..end));
    options(reader, &mut column, end..part.end);
    Some(column)
}

fn written(reader: &Reader, part: Range<usize>) -> String {
    reader.text().get(reader.lexed.bytes(part)).unwrap_or("").to_owned()
}

/// One past the last token of the type.
fn type_end(lexed: &Lexed, first: usize, limit: usize) -> usize {
    let mut at = first + 1;
    while at < limit {
        let word = lexed.word(at).unwrap_or_default();
        let zone =
            (word == "WITH" || word == "WITHOUT") && (lexed.is_word(at + 1, "TIME") || lexed.is_word(at + 1, "LOCAL"));
        if lexed.is(at, &Token::Period) {
            at += 2;
        } else if lexed.is(at, &Token::LParen) || lexed.is(at, &Token::LBracket) {
            at = lexed.closing(at) + 1;
        } else if zone || TYPE_WORDS.contains(&word.as_str()) {
            at += 1;
        } else {
            break;
        }
    }
    at.min(limit)
}

fn options(reader: &Reader, column: &mut ColumnDef, part: Range<usize>) {
    let lexed = reader.lexed;
    let mut at = part.start;
    while at < part.end {
        let word = lexed.word(at).unwrap_or_default();
        match word.as_str() {
            "NOT" if lexed.is_word(at + 1, "NULL") => column.not_null = true,
            "PRIMARY" => (column.not_null, column.unique) = (true, true),
            "UNIQUE" => column.unique = true,
            "IDENTITY" | "AUTO_INCREMENT" | "AUTOINCREMENT" => {
                column.generated = true;
                column.numbers = super::create::numbers(&written(reader, at..part.end));
            }
            "DEFAULT" => {
                let end = default_end(lexed, at + 1, part.end);
                let text = written(reader, at + 1..end);
                let lower = text.to_lowercase();
                column.generated |= lower.contains("next value for") || lower.contains("nextval");
                column.default = Some(text);
                at = end;
                continue;
            }
            "COMMENT" => {
                if let Some(Token::SingleQuotedString(text)) = lexed.get(at + 1) {
                    column.comment.clone_from(text);
                }
            }
            _ => {}
        }
        at = if lexed.is(at, &Token::LParen) { lexed.closing(at) + 1 } else { at + 1 };
    }
}

fn default_end(lexed: &Lexed, first: usize, limit: usize) -> usize {
    let mut at = first;
    loop {
        at = if lexed.is(at, &Token::LParen) { lexed.closing(at) + 1 } else { at + 1 };
        if at >= limit || lexed.word(at).is_some_and(|word| OPTIONS.contains(&word.as_str())) {
            return at.min(limit);
        }
    }
}
