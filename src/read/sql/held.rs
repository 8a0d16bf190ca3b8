//! What a variable can hold: a value is rounded or cut to the variable's declared type when it is given.
//!
//! In: a query that fills variables, and their types. Out: the same with casts, where the type may hold less than the
//! query gives: numbers with a fixed scale, and dates without a time. Never touches a query whose items cannot be told apart.

use std::ops::Range;

use super::params::split;
use super::script::Walk;
use super::tokens::{Lexing, Text, TokenKind};
use super::values::outside;
use crate::steps::{Edit, Effect};
use crate::text::{Fragment, Span};

impl Walk<'_> {
    /// A bind whose values are cast to what its variables were declared as.
    pub(super) fn as_declared(&self, effect: Effect, span: Span) -> Effect {
        let Effect::Bind { variables, mut body } = effect else { return effect };
        let types: Vec<Option<String>> = variables.iter().map(|name| self.narrow(name)).collect();
        if types.iter().any(Option::is_some) && !body.is_unknown() {
            let fragment = Fragment::made(&body.sql.text, span);
            let text = Text::new(fragment, Lexing { templated: true, ..self.lexing });
            body.sql.edits.extend(casts(&text, &types).unwrap_or_default());
        }
        Effect::Bind { variables, body }
    }

    /// The type of a variable, where giving it a value may change that.
    fn narrow(&self, variable: &str) -> Option<String> {
        let declared = self.types.get(&variable.to_lowercase())?.trim().to_lowercase();
        let (name, rest) =
            declared.split_at(declared.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(declared.len()));
        let scale = rest.trim().strip_prefix('(').and_then(|rest| rest.split_once(')')).map(|(scale, _)| scale.trim());
        match (name, scale) {
            ("numeric" | "decimal" | "dec" | "number", Some(scale)) => Some(format!("decimal({scale})")),
            ("date", None) if !self.dialect().traits().header_declares => Some("date".to_owned()),
            _ => None,
        }
    }
}

/// The edits that put casts round the items of a SELECT; none where they cannot be told for sure.
fn casts(text: &Text, types: &[Option<String>]) -> Option<Vec<Edit>> {
    let words: Vec<usize> = outside(text, 0..text.len()).collect();
    let many = ["union", "intersect", "except", "minus", "distinct", "top", "with", "all"];
    if !text.is(0, "select") || words.iter().any(|at| text.is_any(*at, &many)) {
        return None;
    }
    let stops =
        ["into", "bulk", "from", "where", "group", "having", "order", "limit", "fetch", "qualify", "window", ";"];
    let end = words.iter().copied().find(|at| *at > 0 && text.is_any(*at, &stops)).unwrap_or(text.len());
    let items = split(text, 1..end, ",");
    if items.len() != types.len() {
        return None;
    }
    let mut edits = Vec::new();
    for (item, sql_type) in items.iter().zip(types) {
        let Some(sql_type) = sql_type.as_ref().filter(|sql_type| !is_already(text, item, sql_type)) else { continue };
        if is_named(text, item) {
            return None;
        }
        let value = text.bytes(item.clone());
        // In front of the blank: what stands for a variable begins where the value does.
        let open = text.bytes(item.start - 1..item.start).end;
        let between = text.fragment.text().get(open..value.start).unwrap_or("");
        let is_blank = !between.is_empty() && between.chars().all(char::is_whitespace);
        let range = if is_blank { open..value.start } else { open..open };
        edits.push(Edit { range, text: " cast(".to_owned() });
        edits.push(Edit { range: value.end..value.end, text: format!(" as {sql_type})") });
    }
    Some(edits)
}

/// Whether the value is of such a type for sure, or has none: a whole number, NULL, a date, a cast to a date.
fn is_already(text: &Text, item: &Range<usize>, sql_type: &str) -> bool {
    let start = item.start + if text.is_any(item.start + 1, &["=", ":="]) { 2 } else { 0 };
    let last = item.end.saturating_sub(1);
    if start == last {
        let number = text.kind(start) == Some(TokenKind::Number) && !text.word(start).contains('.');
        return number || text.is_any(start, &["null", "current_date"]);
    }
    let call = text.closing(start + 1) == last;
    let counts = call && text.is_any(start, &["count", "count_big", "curdate", "current_date"]);
    let cast = call
        && (text.is_any(start, &["cast", "try_cast", "safe_cast"]) && text.is(last - 1, "date")
            || text.is_any(start, &["convert", "try_convert"]) && text.is(start + 2, "date"));
    counts || (sql_type == "date" && (cast || text.is(start, "date") || text.are(last - 1, &["::", "date"])))
}

/// Whether the item has a name of its own, behind which no cast can end.
fn is_named(text: &Text, item: &Range<usize>) -> bool {
    let last = item.end.saturating_sub(1);
    let value = |at: usize| {
        matches!(text.kind(at), Some(TokenKind::Word | TokenKind::Quoted | TokenKind::Number | TokenKind::String))
            || text.is(at, ")")
    };
    let words =
        ["end", "and", "or", "not", "in", "is", "like", "then", "else", "when", "between", "null", "interval", "day"];
    let name = matches!(text.kind(last), Some(TokenKind::Word | TokenKind::Quoted)) && !text.is_any(last, &words);
    let keyword = last > item.start && text.is_any(last - 1, &words);
    outside(text, item.clone()).any(|at| text.is(at, "as"))
        || (name && last > item.start && value(last - 1) && !keyword)
}
