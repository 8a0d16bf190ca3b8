//! Loops: over literals, over the rows of a query or cursor, over numbers and dates.
//!
//! In: a loop of a tree. Out: a loop over literals is read once for each of them; one over rows becomes statements over
//! all rows at once where no iteration needs another (`setwise`); for the rest, the variables that it carries along.

use std::collections::BTreeMap;
use std::ops::Range;

use super::assign::unwrapped;
use super::params::split;
use super::script::{Walk, bare_name};
use super::tokens::{Text, TokenKind};
use super::tree::{Loop, Node};
use crate::dialect::Series;
use crate::steps::{Effect, Query, StatementReading};
use crate::text::{Fragment, Span};

/// A loop over literals is read this often.
const MOST_LITERALS: usize = 100;

/// A counter whose numbers are written out has no more than these.
const MOST_VALUES: i64 = 400;

/// What a loop runs over, as something that a FROM can name.
#[derive(Debug, Clone)]
pub struct RowSource {
    /// The name by which the rows are called.
    pub alias: String,
    /// `(query) alias`.
    pub from: Fragment,
    /// Variables that are columns of the rows, each with its column: `v` is `alias.column`.
    pub columns: Vec<(String, String)>,
    /// Whether the row variable itself is the alias: `r.x` stands as it is.
    pub record: bool,
    /// Whether no two rows are the same: those of a counter.
    pub counter: bool,
    /// The statement of the body that only goes on to the next row.
    pub step: Option<Range<usize>>,
}

impl Walk<'_> {
    /// Reads the body once for each literal. Each statement still has one row.
    pub(super) fn unroll(&mut self, text: &Text, looped: &Loop, literals: &[Range<usize>]) {
        let Some(variable) = looped.variable.map(|at| bare_name(text.word(at)).to_lowercase()) else { return };
        self.variables.push(variable.clone());
        let rows = self.parts.statements.len();
        let mut length = None;
        for literal in literals {
            let Some(span) = text.span(literal.clone()) else { continue };
            let mut value = Fragment::empty();
            value.push("SELECT ", span, false);
            value.extend(&text.cut(literal.clone()));
            let body = self.query(&value);
            self.step(span, Effect::Bind { variables: vec![variable.clone()], body }, "");
            if let Some(known) = super::literal::content(text, literal.start, self.dialect()) {
                self.known.insert(variable.clone(), known);
            } else {
                self.known.insert(variable.clone(), text.cut(literal.clone()));
            }
            self.nodes(text, &looped.body);
            let count = *length.get_or_insert(self.parts.statements.len() - rows);
            let again = self.parts.statements.split_off((rows + count).min(self.parts.statements.len()));
            for (at, statement) in again.into_iter().enumerate() {
                if let Some(first) = self.parts.statements.get_mut(rows + at) {
                    join_readings(&mut first.reading, statement.reading);
                }
            }
        }
        self.known.remove(&variable);
    }

    /// What the loop runs over, where that is rows that do not depend on what the body does.
    ///
    /// `begun` holds what variables are known to be before the first iteration.
    pub(super) fn row_source(
        &self,
        text: &Text,
        looped: &Loop,
        cursor: Option<&Query>,
        begun: &BTreeMap<String, Fragment>,
    ) -> Option<RowSource> {
        let over = unwrapped(text, looped.over.clone());
        let span = text.span(looped.head.clone())?;
        let Some(at) = looped.variable else {
            return match cursor {
                Some(_) => self.fetched(text, looped, span),
                None => self.counted(text, looped, span, begun),
            };
        };
        let name = bare_name(text.word(at)).to_lowercase();
        if text.is_any(over.start, &["select", "with"]) {
            return Some(record(&name, &text.cut(over), span));
        }
        if let Some(query) = self.cursors.get(&bare_name(text.word(over.start)).to_lowercase())
            && over.len() == 1
        {
            return Some(record(&name, query, span));
        }
        let dots = over.clone().find(|at| text.is(*at, ".."))?;
        let reverse = text.is(over.start, "reverse");
        let by = over.clone().find(|at| text.is(*at, "by"));
        if reverse || by.is_some() {
            return None;
        }
        let column = format!("loop_{name}");
        let from = self.numbers(&column, &text.cut(over.start..dots), &text.cut(dots + 1..over.end), span)?;
        let alias = "loop_rows".to_owned();
        Some(RowSource { alias, from, columns: vec![(name, column)], record: false, counter: true, step: None })
    }

    /// Rows of the numbers from one to another.
    fn numbers(&self, column: &str, first: &Fragment, last: &Fragment, span: Span) -> Option<Fragment> {
        let mut from = Fragment::empty();
        let mut push = |text: &str| from.push(text, span, false);
        match self.dialect().traits().series {
            Series::Function => {
                push(&format!("(SELECT series.n AS {column} FROM generate_series("));
                from.extend(first);
                from.push(", ", span, false);
                from.extend(last);
                from.push(") AS series (n)) AS loop_rows", span, false);
            }
            Series::Array => {
                push(&format!("(SELECT {column} FROM unnest(generate_array("));
                from.extend(first);
                from.push(", ", span, false);
                from.extend(last);
                from.push(&format!(")) AS {column}) AS loop_rows"), span, false);
            }
            Series::Sequence => {
                push("(SELECT explode(sequence(");
                from.extend(first);
                from.push(", ", span, false);
                from.extend(last);
                from.push(&format!(")) AS {column}) AS loop_rows"), span, false);
            }
            Series::None => {
                let (first, last): (i64, i64) = (first.text().trim().parse().ok()?, last.text().trim().parse().ok()?);
                if first > last || last - first >= MOST_VALUES {
                    return None;
                }
                from = self.listed(column, &(first..=last).collect::<Vec<_>>(), span);
            }
        }
        Some(from)
    }

    /// `WHILE v <= end … v := v + step`: the values of the counter.
    fn counted(&self, text: &Text, looped: &Loop, span: Span, begun: &BTreeMap<String, Fragment>) -> Option<RowSource> {
        if !text.is(looped.head.start, "while") {
            return None;
        }
        let test = unwrapped(text, looped.over.clone());
        let sign = test.start + 1;
        let name = bare_name(text.word(test.start)).to_lowercase();
        if !text.is_any(sign, &["<=", "<"]) || !self.variables.contains(&name) {
            return None;
        }
        let (last, step) = self.increment(text, looped, &name)?;
        let sql_type = self.types.get(&name).map(|text| text.to_lowercase()).unwrap_or_default();
        if self.dialect().traits().series != Series::Function {
            let begun = begun.get(&name)?;
            let by = step.trim().parse::<i64>().ok()?;
            let values = self.counter_values(text, begun, sign..test.end, by).filter(|_| counts(&sql_type))?;
            let column = format!("loop_{name}");
            let from = self.listed(&column, &values, span);
            return Some(counter(name, column, from, last));
        }
        let is = |words: &[&str]| words.iter().any(|word| sql_type.starts_with(word));
        let (cast, each) = if is(&["int", "bigint", "smallint", "numeric"]) && step.trim().parse::<i64>().is_ok() {
            (None, step)
        } else if is(&["date"]) && !is(&["datetime"]) {
            let days = step.trim().parse::<i64>().ok().map(|days| format!("interval '{days} day'"));
            (Some("date"), days.unwrap_or(step))
        } else if is(&["timestamp"]) && step.to_lowercase().contains("interval") {
            (Some("timestamp"), step)
        } else {
            return None;
        };
        let column = format!("loop_{name}");
        let bound = text.cut(sign + 1..test.end);
        let mut from = Fragment::empty();
        let start = text.word(test.start);
        let value = cast.map_or("series.n".to_owned(), |cast| format!("CAST(series.n AS {cast})"));
        from.push(&format!("(SELECT {value} AS {column} FROM generate_series("), span, false);
        let wrap = |from: &mut Fragment, inner: &Fragment| {
            from.push(if cast.is_some() { "CAST(" } else { "" }, span, false);
            from.extend(inner);
            from.push(if cast.is_some() { " AS timestamp)" } else { "" }, span, false);
        };
        wrap(&mut from, &Fragment::made(start, span));
        from.push(", ", span, false);
        wrap(&mut from, &bound);
        from.push(&format!(", {each}) AS series (n) WHERE {value} {} ", text.word(sign)), span, false);
        from.extend(&bound);
        from.push(") AS loop_rows", span, false);
        Some(counter(name, column, from, last))
    }

    /// The values of a counter that begins and ends with numbers that the text tells; none where it never runs.
    fn counter_values(&self, text: &Text, begun: &Fragment, test: Range<usize>, by: i64) -> Option<Vec<i64>> {
        let bound = test.start + 1..test.end;
        let named = (bound.len() == 1).then(|| self.known.get(&bare_name(text.word(bound.start)).to_lowercase()));
        let last = match named.flatten() {
            Some(known) => known.text().trim().parse::<i64>().ok()?,
            None => text.slice(bound).trim().parse().ok()?,
        };
        let last = if text.is(test.start, "<") { last.checked_sub(1)? } else { last };
        let first = begun.text().trim().parse::<i64>().ok()?;
        if by < 1 || first > last || (last - first) / by >= MOST_VALUES {
            return None;
        }
        let by = usize::try_from(by).ok()?;
        Some((first..=last).step_by(by).collect())
    }

    /// Rows of these numbers.
    fn listed(&self, column: &str, values: &[i64], span: Span) -> Fragment {
        let dual = if self.dialect().traits().header_declares { " FROM dual" } else { "" };
        let rows: Vec<String> = values.iter().map(|value| format!("SELECT {value} AS {column}{dual}")).collect();
        Fragment::made(&format!("({}) loop_rows", rows.join(" UNION ALL ")), span)
    }

    /// The last statement of the body, when it is the only one that changes the counter, and by how much.
    fn increment(&self, text: &Text, looped: &Loop, name: &str) -> Option<(Range<usize>, String)> {
        let Some(Node::Leaf(last)) = flat_last(&looped.body) else { return None };
        let all = self.assignments(text, &last.tokens)?;
        let [one] = all.as_slice() else { return None };
        let own = |at: usize| bare_name(text.word(at)).eq_ignore_ascii_case(name);
        if !own(one.name.start) {
            return None;
        }
        let others = (looped.head.end..last.tokens.start).any(|at| own(at) && text.is_any(at + 1, &[":=", "+="]));
        let value = unwrapped(text, one.value.clone());
        let step = if one.adds {
            value
        } else if own(value.start) && text.is(value.start + 1, "+") {
            value.start + 2..value.end
        } else {
            return None;
        };
        let constant = !step.clone().any(|at| self.variables.contains(&bare_name(text.word(at)).to_lowercase()));
        (!others && constant && !step.is_empty()).then(|| (last.tokens.clone(), text.slice(step).to_owned()))
    }

    /// `FETCH c INTO a, b` in the loop: the columns of the cursor's rows.
    fn fetched(&self, text: &Text, looped: &Loop, span: Span) -> Option<RowSource> {
        let end = looped.body.last().map_or(looped.head.end, Node::end);
        let fetch = (looped.head.end..end).find(|at| text.is(*at, "fetch"))?;
        let into = (fetch..end).take(8).find(|at| text.is(*at, "into"))?;
        let cursor = bare_name(text.word(into - 1)).to_lowercase();
        let query = self.cursors.get(&cursor)?;
        let mut names = vec![bare_name(text.word(into + 1)).to_lowercase()];
        let mut at = into + 2;
        while text.is(at, ",") {
            names.push(bare_name(text.word(at + 1)).to_lowercase());
            at += 2;
        }
        let outputs = self.query(query).outputs;
        if outputs.len() != names.len() {
            return match names.as_slice() {
                [one] if text.is(into + 2, ";") => Some(record(one, query, span)),
                _ => None,
            };
        }
        let columns: Vec<String> = names.iter().map(|name| format!("loop_{name}")).collect();
        let mut from = Fragment::empty();
        from.push("(", span, false);
        from.extend(query);
        from.push(&format!("\n) AS loop_rows ({})", columns.join(", ")), span, false);
        let columns = names.into_iter().zip(columns).collect();
        Some(RowSource { alias: "loop_rows".to_owned(), from, columns, record: false, counter: false, step: None })
    }
}

/// The literals that a FOREACH runs over.
pub(super) fn literals_of(text: &Text, looped: &Loop) -> Option<Vec<Range<usize>>> {
    looped.variable?;
    let over = unwrapped(text, looped.over.clone());
    let array = text.is(over.start, "array") && text.is(over.start + 1, "[");
    let list = if array { over.start + 2..over.end.checked_sub(1)? } else { return None };
    let parts = split(text, list, ",");
    let literal = |part: &Range<usize>| {
        part.len() == 1 && matches!(text.kind(part.start), Some(TokenKind::String | TokenKind::Number))
    };
    (!parts.is_empty() && parts.len() <= MOST_LITERALS && parts.iter().all(literal)).then_some(parts)
}

/// Whether a variable of this type counts in whole numbers.
fn counts(sql_type: &str) -> bool {
    let whole = ["int", "bigint", "smallint", "tinyint", "mediumint", "numeric", "number", "pls_integer"];
    whole.iter().any(|word| sql_type.starts_with(word))
}

/// The rows of a counter, which a statement at the end of the body moves on.
fn counter(name: String, column: String, from: Fragment, step: Range<usize>) -> RowSource {
    let columns = vec![(name, column)];
    RowSource { alias: "loop_rows".to_owned(), from, columns, record: false, counter: true, step: Some(step) }
}

fn record(name: &str, query: &Fragment, span: Span) -> RowSource {
    let mut from = Fragment::empty();
    from.push("(", span, false);
    from.extend(query);
    from.push(&format!("\n) {name}"), span, false);
    RowSource { alias: name.to_owned(), from, columns: Vec::new(), record: true, counter: false, step: None }
}

/// The last node, within blocks.
fn flat_last(nodes: &[Node]) -> Option<&Node> {
    match nodes.last()? {
        Node::Block(body) => flat_last(body),
        last @ (Node::Leaf(_)
        | Node::If(_)
        | Node::Loop(_)
        | Node::Handler(_)
        | Node::Shell(_)
        | Node::Label(_)
        | Node::BatchEnd) => Some(last),
    }
}

/// One reading for a statement that was read twice.
fn join_readings(first: &mut StatementReading, again: StatementReading) {
    match (&mut *first, again) {
        (StatementReading::Steps(steps), StatementReading::Steps(more)) => steps.extend(more),
        (StatementReading::Config(_) | StatementReading::Dropped(_), again @ StatementReading::Steps(_))
        | (_, again @ StatementReading::Unread(_)) => *first = again,
        (_, StatementReading::Steps(_) | StatementReading::Config(_) | StatementReading::Dropped(_)) => {}
    }
}
