//! Names of tables that hold dashes without quotes: `my-project.sales.orders`.
//!
//! In: text and its tokens. Out: the same text, in which such a name is one word, and words that are called as the text
//! calls them. Never touches a dash that may be a minus sign: a name stands behind a word that a table follows.

#![expect(clippy::wildcard_enum_match_arm, reason = "sqlparser's tokens are another crate's, and many")]

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::lex::range;

/// Words behind which a table's name stands.
const BEFORE: &[&str] = &[
    "FROM",
    "JOIN",
    "INTO",
    "UPDATE",
    "TABLE",
    "VIEW",
    "EXISTS",
    "USING",
    "MERGE",
    "DELETE",
    "INSERT",
    "TRUNCATE",
    "LIKE",
    "CLONE",
    "COPY",
    "CALL",
    "PROCEDURE",
    "FUNCTION",
    "SCHEMA",
];

/// The text with `_` for the dashes of such names; none when there are none.
pub(super) fn undashed(text: &str, tokens: &[TokenWithSpan]) -> Option<String> {
    let mut changed: Option<Vec<u8>> = None;
    let mut expected = false;
    for token in tokens {
        match &token.token {
            Token::Whitespace(_) => {}
            Token::Word(word) if word.quote_style.is_none() => {
                let place = range(token.span).filter(|_| expected);
                for at in place.and_then(|place| dashes(text, place.start)).into_iter().flatten() {
                    if let Some(byte) = changed.get_or_insert_with(|| text.as_bytes().to_vec()).get_mut(at) {
                        *byte = b'_';
                    }
                }
                expected = BEFORE.iter().any(|one| word.value.eq_ignore_ascii_case(one));
            }
            _ => expected = false,
        }
    }
    changed.and_then(|bytes| String::from_utf8(bytes).ok())
}

/// Where the dashes of a name are that starts at `start`, when a dot follows what they join.
fn dashes(text: &str, start: usize) -> Option<Vec<usize>> {
    let rest = text.get(start..)?;
    let len = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')))?;
    let name = rest.get(..len)?;
    let is_name = rest.get(len..)?.starts_with('.') && !name.ends_with('-') && !name.contains("--");
    let places: Vec<usize> = name.match_indices('-').map(|(at, _)| start + at).collect();
    (is_name && !places.is_empty()).then_some(places)
}

/// A word that [`undashed`] joined is called as the text calls it.
pub(super) fn dash(token: &mut TokenWithSpan, text: &str, joined: &str) {
    let Token::Word(word) = &mut token.token else { return };
    let Some(place) = range(token.span) else { return };
    let (Some(own), Some(read)) = (text.get(place.clone()), joined.get(place)) else { return };
    if own != read && own.contains('-') && own.replace('-', "_") == read {
        own.clone_into(&mut word.value);
    }
}
