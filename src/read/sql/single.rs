//! Queries that fill variables: how many rows they give, and what the variables hold when that is none or several.
//!
//! In: a query's tokens. Out: whether it surely gives one row; the change of its text where the first of several rows
//! counts.

use std::ops::Range;

use super::script::Walk;
use super::tokens::{Lexing, Text};
use super::values::outside;
use crate::dialect::ManyRows;
use crate::steps::{Edit, Effect, Guard, Mention, Query, Sql, VariableUse};
use crate::text::{Fragment, Span};

/// Functions of all rows.
const AGGREGATES: [&str; 22] = [
    "count",
    "sum",
    "min",
    "max",
    "avg",
    "string_agg",
    "array_agg",
    "listagg",
    "group_concat",
    "bool_or",
    "bool_and",
    "every",
    "stddev",
    "variance",
    "json_agg",
    "jsonb_agg",
    "count_big",
    "any_value",
    "countif",
    "count_if",
    "approx_count_distinct",
    "checksum_agg",
];

/// How many rows a query gives at most, and whether it gives one in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Always one.
    One,
    /// None or one.
    AtMostOne,
    /// Nobody knows.
    Any,
}

/// How many rows the query in `tokens` gives.
pub fn count(text: &Text, tokens: Range<usize>) -> Count {
    let words: Vec<usize> = outside(text, tokens.clone()).collect();
    let has = |list: &[&str]| words.iter().any(|at| text.is_any(*at, list));
    if has(&["union", "intersect", "except", "minus"]) {
        return Count::Any;
    }
    let Some(select) = words.iter().copied().find(|at| text.is(*at, "select")) else { return Count::Any };
    let from = words.iter().copied().find(|at| *at > select && text.is(*at, "from"));
    let Some(from) = from else {
        return if has(&["where", "limit"]) { Count::AtMostOne } else { Count::One };
    };
    let aggregates = |at: &usize| {
        let closing = text.closing(at + 1);
        text.is_any(*at, &AGGREGATES) && closing > at + 1 && !text.is(closing + 1, "over")
    };
    let inside = words.iter().copied().filter(|at| *at > select && *at < from);
    let grouped = has(&["group", "having"]);
    if !grouped && inside.clone().any(|at| aggregates(&at) || wraps_aggregate(text, at)) {
        return if has(&["limit", "offset", "fetch"]) { Count::AtMostOne } else { Count::One };
    }
    let limit = |at: usize| {
        let one = |at: usize| text.word(at) == "1" || (text.is(at, "(") && text.word(at + 1) == "1");
        (text.is_any(at, &["limit", "top"]) && one(at + 1) && !text.is(at + 2, ","))
            || (text.is(at, "fetch") && (text.is_any(at + 2, &["row", "rows"]) || text.word(at + 2) == "1"))
            || (text.is(at, "rownum") && text.is_any(at + 1, &["=", "<="]) && text.word(at + 2) == "1")
    };
    if words.into_iter().any(limit) { Count::AtMostOne } else { Count::Any }
}

/// `coalesce(max(x), 0)`: an aggregate within the arguments of a function.
fn wraps_aggregate(text: &Text, at: usize) -> bool {
    let closing = text.closing(at);
    let query = |at: usize| text.is_any(at + 1, &["select", "with"]);
    if closing <= at || query(at) {
        return false;
    }
    let mut inner = at + 1;
    while inner < closing {
        let end = text.closing(inner + 1);
        let call = end > inner + 1 && !query(inner + 1);
        if call && text.is_any(inner, &AGGREGATES) && !text.is(end + 1, "over") {
            return true;
        }
        let nested = text.closing(inner);
        if nested > inner && query(inner) {
            inner = nested;
        }
        inner += 1;
    }
    false
}

impl Walk<'_> {
    /// Makes of a query that fills variables one that gives a row: the first of several where the dialect takes that,
    /// and what the variables held before where it gives none and the dialect keeps it.
    pub(super) fn settle_bind(&mut self, effect: Effect, span: Span, written: &str) -> (Effect, Option<Guard>) {
        let Effect::Bind { variables, mut body } = effect else { return (effect, None) };
        let text = Text::new(Fragment::made(&body.sql.text, span), Lexing { templated: true, ..self.lexing });
        let count = count(&text, 0..text.len());
        let traits = self.dialect().traits();
        let mut guard = None;
        match (count, traits.many_rows) {
            (Count::Any, ManyRows::First) if !is_strict(written) => {
                let end = body.sql.text.trim_end().trim_end_matches(';').trim_end().len();
                let limited = (0..text.len()).any(|at| text.is_any(at, &["limit", "fetch"]));
                if !limited {
                    body.sql.edits.push(Edit { range: end..end, text: "\nlimit 1".to_owned() });
                }
            }
            (Count::Any | Count::AtMostOne, ManyRows::Last) if self.had_value(&variables) => {
                let condition = self.gives_rows(&body.sql, span);
                guard = Some(Guard::If { condition, negated: false });
            }
            (Count::Any | Count::One | Count::AtMostOne, _) => {}
        }
        (Effect::Bind { variables, body }, guard)
    }

    /// Whether one of the variables may hold something already.
    fn had_value(&self, variables: &[String]) -> bool {
        let param = |name: &String| self.parts.params.iter().any(|param| param.name.eq_ignore_ascii_case(name));
        variables.iter().any(|name| self.assigned.get(name).copied().unwrap_or(0) > 1 || param(name))
    }

    fn gives_rows(&mut self, sql: &Sql, span: Span) -> Sql {
        const HEAD: &str = "SELECT exists (";
        let move_range = |range: &Range<usize>| range.start + HEAD.len()..range.end + HEAD.len();
        let moved = Sql {
            text: format!("{HEAD}{})", sql.text.trim_end().trim_end_matches(';').trim_end()),
            span,
            mentions: sql.mentions.iter().map(|one| Mention { range: move_range(&one.range), ..one.clone() }).collect(),
            variables: sql
                .variables
                .iter()
                .map(|one| VariableUse { range: move_range(&one.range), name: one.name.clone() })
                .collect(),
            edits: sql.edits.iter().map(|one| Edit { range: move_range(&one.range), text: one.text.clone() }).collect(),
        };
        self.bind_condition(Query::new(moved), "the query gives a row".to_owned(), span)
    }
}

/// `SELECT … INTO STRICT v`: several rows are an error.
fn is_strict(written: &str) -> bool {
    let mut words = written.split_whitespace();
    words.any(|word| word.eq_ignore_ascii_case("into"))
        && words.next().is_some_and(|word| word.eq_ignore_ascii_case("strict"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;

    #[test]
    fn rows_that_a_query_gives() {
        let rows = [
            ("select 1", Count::One),
            ("select max(x) from t", Count::One),
            ("select coalesce(max(x), 0) + 1 from t", Count::One),
            ("select max(x) over () from t", Count::Any),
            ("select max(x) from t group by y", Count::Any),
            ("select (select max(x) from s) from t", Count::Any),
            ("select coalesce((select max(x) from s), 0) from t", Count::Any),
            ("select x from t order by y limit 1", Count::AtMostOne),
            ("select top 1 x from t", Count::AtMostOne),
            ("select x from t", Count::Any),
            ("select count(*) from t union all select 1", Count::Any),
        ];
        for (query, expected) in rows {
            let mut fragment = Fragment::empty();
            fragment.push(query, Span::new(crate::text::SourceId(0), 0, 0), false);
            let text = Text::new(fragment, Lexing { dialect: Dialect::Postgres, templated: false });
            assert_eq!(count(&text, 0..text.len()), expected, "{query}");
        }
    }
}
