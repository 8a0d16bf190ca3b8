//! Clauses: what stands between expressions.
//!
//! In: the items of one level of parentheses. Out: its pieces in the target. A clause that is not known is kept, with a
//! finding.

use std::ops::Range;

use super::rewrite::{Piece, Rewriter, node_at, woven};
use super::tree::{Item, Literal, Node, Tail, What};
use crate::dialect::{Dialects as D, NullOrder};

type Changes = Vec<(Range<usize>, Vec<Piece>)>;

const TWO: D = D::POSTGRES.or(D::DUCKDB);
/// Words that have no sure counterpart, where they have one, what to do.
const CLAUSES: &[(&str, D, &str)] = &[
    (
        "qualify",
        D::SNOWFLAKE.or(D::BIGQUERY).or(D::SPARK).or(D::DUCKDB).or(D::REDSHIFT),
        "filter in a query around this one",
    ),
    ("pivot", D::ALL.without(D::ALL), "write one aggregate with CASE for each column"),
    ("unpivot", D::ALL.without(D::ALL), "write it as a UNION ALL of the columns"),
    ("connect", D::ORACLE, "write it as WITH RECURSIVE"),
    ("start", D::ORACLE, "write it as WITH RECURSIVE"),
    ("tablesample", D::ALL.without(D::ALL), "write it with what the target has"),
    ("match_recognize", D::SNOWFLAKE.or(D::ORACLE).or(D::TRINO), "write it with window functions"),
    ("view", D::SPARK, "write it as a join with the elements"),
    ("cluster", D::SPARK, "leave it out"),
    ("distribute", D::SPARK, "leave it out"),
    ("sort", D::SPARK, "leave it out"),
    ("option", D::TSQL, "leave it out"),
    ("asof", D::DUCKDB.or(D::SNOWFLAKE), "write it with a window function"),
];

/// Words that may follow the last table of a FROM.
const AFTER_FROM: [&str; 9] = ["where", "union", "except", "minus", "intersect", "group", "order", "connect", "start"];

impl Rewriter<'_> {
    /// The items of one level, which fill `range`.
    pub(super) fn level(&mut self, range: &Range<usize>, items: &[Item]) -> Vec<Piece> {
        let mut changes: Changes = Vec::new();
        let mut tail: Vec<Piece> = Vec::new();
        for (at, item) in items.iter().enumerate() {
            match item {
                Item::Node(node) => {
                    let pieces = self.item(items, at, node);
                    changes.push((node.range.clone(), pieces));
                }
                Item::Word(word, place) => self.word(items, at, word, place, &mut changes, &mut tail),
                Item::Comma(_) => {}
            }
        }
        self.order(items, &mut changes);
        if !tail.is_empty() {
            let end = items.last().map_or(range.end, |item| item.range().end).min(range.end);
            let end = if items.last().is_some_and(|item| item.is_word(";")) { end - 1 } else { end };
            changes.push((end..end, tail));
        }
        let mut changes: Changes = changes;
        // A place that is taken out stands before what is written there.
        changes.sort_by_key(|(place, _)| (place.start, place.end));
        drop_covered(&mut changes);
        woven(range, changes)
    }

    fn item(&mut self, items: &[Item], at: usize, node: &Node) -> Vec<Piece> {
        if let Some(pieces) = self.assigned_alias(items, at, node).or_else(|| self.cte(items, at, node)) {
            return pieces;
        }
        if !D::TSQL.has(self.from) || !matches!(node.what, What::Paren(_)) {
            let behind = |back: usize| at.checked_sub(back).and_then(|at| node_at(items, at)).is_some();
            let before = items.get(..at).unwrap_or_default();
            let clause = before.iter().rfind(|item| matches!(item, Item::Word(..)));
            let counts = clause.is_some_and(|item| item.is_word("fetch") || item.is_word("offset"));
            if behind(1) && behind(2) && !counts && matches!(node.what, What::Name(_)) {
                let word = self.slice(&node.range).to_owned();
                self.unsure(&node.range, format!("the words {word} …"), "write it with what the target has");
            }
        }
        self.node(node)
    }

    /// `a (n, s) as (…)` of a WITH clause: where the target takes no such list, a SELECT without rows above the query
    /// names its columns.
    fn cte(&mut self, items: &[Item], at: usize, node: &Node) -> Option<Vec<Piece>> {
        let traits = self.to.traits();
        if cte_list(items, at).is_some() {
            if traits.cte_columns {
                return Some(vec![Piece::Kept(node.range.clone())]);
            }
            if items.iter().any(|item| item.is_word("recursive")) {
                let help = "name the columns in the query's first SELECT";
                self.unsure(&node.range, "a list of columns behind the name of a recursive CTE", help);
                return Some(vec![Piece::Kept(node.range.clone())]);
            }
            let What::Call(call) = &node.what else { return None };
            return Some(vec![Piece::Kept(call.name_range.clone())]);
        }
        let What::Paren(inner) = &node.what else { return None };
        let as_word = items.get(..at)?.iter().rposition(|item| item.is_word("as"))?;
        let columns = cte_list(items, as_word.checked_sub(1)?).filter(|_| !traits.cte_columns && at <= as_word + 3)?;
        if items.iter().any(|item| item.is_word("recursive")) {
            return None;
        }
        let nulls: Vec<String> =
            self.slice(&columns).split(',').map(|column| format!("null as {}", column.trim())).collect();
        let query = node.range.start + 1..node.range.end.saturating_sub(1).max(node.range.start + 1);
        let above = format!("((select {} {})\nunion all\n(", nulls.join(", "), traits.no_rows);
        let mut pieces = vec![Piece::New(above)];
        pieces.extend(self.level(&query, inner));
        pieces.push(Piece::New("))".to_owned()));
        Some(pieces)
    }

    /// T-SQL's `select name = value`.
    fn assigned_alias(&mut self, items: &[Item], at: usize, node: &Node) -> Option<Vec<Piece>> {
        let (sides, _) = node.sides("=").filter(|_| D::TSQL.has(self.from))?;
        let [left, value] = sides else { return None };
        if left.name().len() != 1 || !in_select(items, at) {
            return None;
        }
        let mut pieces = self.node(value);
        pieces.push(Piece::New(" as ".to_owned()));
        pieces.push(Piece::Kept(left.range.clone()));
        Some(pieces)
    }

    fn word(
        &mut self,
        items: &[Item],
        at: usize,
        word: &str,
        place: &Range<usize>,
        changes: &mut Changes,
        tail: &mut Vec<Piece>,
    ) {
        let next = |ahead: usize| items.get(at + ahead);
        match word {
            "top" if D::TSQL.has(self.from) && !D::TSQL.has(self.to) => self.top(items, at, place, changes, tail),
            "minus" if !D::ORACLE.or(D::SNOWFLAKE).or(D::SPARK).has(self.to) => {
                changes.push((place.clone(), vec![Piece::New("except".to_owned())]));
            }
            "apply" if !D::TSQL.or(D::ORACLE).has(self.to) => Self::apply(items, at, place, changes),
            "limit" if D::TSQL.or(D::ORACLE).has(self.to) => {
                self.unsure(place, "LIMIT", "write TOP, or FETCH FIRST … ROWS ONLY");
            }
            "limit" => {
                if let (Some(first), Some(Item::Comma(comma)), Some(count)) =
                    (node_at(items, at + 1), next(2), node_at(items, at + 3))
                {
                    let whole = first.range.start..count.range.end;
                    let _ = comma;
                    let pieces = vec![
                        Piece::Kept(count.range.clone()),
                        Piece::New(" offset ".to_owned()),
                        Piece::Kept(first.range.clone()),
                    ];
                    changes.push((whole, pieces));
                }
            }
            "fetch" => self.fetch(items, at, place, changes),
            "values" if at == 0 && D::BIGQUERY.or(D::ORACLE).has(self.to) => {
                self.unsure(place, "VALUES as a query", "write the rows as SELECTs with UNION ALL");
            }
            "from" | "join" if next(1).is_some_and(|item| self.is_dual(item)) => self.dual(items, at, place, changes),
            "except" | "exclude" | "replace" | "rename" if is_star_list(items, at) => {
                self.star_list(word, place, changes);
            }
            "for" => self.unsure(place, "FOR …", "write it with what the target has"),
            "distinct" if next(1).is_some_and(|item| item.is_word("on")) && !TWO.has(self.to) => {
                self.unsure(place, "DISTINCT ON", "number the rows with row_number() and keep the first");
            }
            word => {
                if let Some((_, fits, help)) = CLAUSES.iter().find(|(own, ..)| *own == word)
                    && !(fits.has(self.from) && fits.has(self.to))
                {
                    self.unsure(place, word.to_uppercase(), help);
                }
            }
        }
    }

    /// `FROM dual` is nothing where a SELECT needs no table; beside other tables it is one row.
    fn dual(&self, items: &[Item], at: usize, place: &Range<usize>, changes: &mut Changes) {
        let Some(dual) = items.get(at + 1).map(Item::range).filter(|_| !D::ORACLE.or(D::MYSQL).has(self.to)) else {
            return;
        };
        let ends = |item: &Item| AFTER_FROM.iter().any(|word| item.is_word(word));
        let alone = items.get(at).is_some_and(|item| item.is_word("from")) && items.get(at + 2).is_none_or(ends);
        let change = if alone {
            (place.start..dual.end, Vec::new())
        } else {
            (dual.clone(), vec![Piece::New("(select 'X' as dummy)".to_owned())])
        };
        changes.push(change);
    }

    fn is_dual(&self, item: &Item) -> bool {
        let relation = item.node().is_some_and(|node| matches!(node.what, What::Relation | What::Name(_)));
        relation
            && self
                .slice(item.range())
                .trim_start_matches("sys.")
                .trim_start_matches("SYS.")
                .eq_ignore_ascii_case("dual")
    }

    /// `top n` becomes `limit n` at the end.
    fn top(&mut self, items: &[Item], at: usize, place: &Range<usize>, changes: &mut Changes, tail: &mut Vec<Piece>) {
        let counts = node_at(items, at + 1);
        let rest = items.get(at + 1..).unwrap_or_default();
        let joined = items.iter().any(
            |item| matches!(item, Item::Word(word, _) if matches!(word.as_str(), "union" | "except" | "intersect")),
        );
        let more = rest.get(1).is_some_and(|item| item.is_word("percent") || item.is_word("with"));
        let Some(count) = counts.filter(|_| !joined && !more) else {
            self.refuse(
                place,
                "TOP with PERCENT or TIES, or within a set operation",
                "number the rows with row_number() and filter",
            );
            return;
        };
        // `top (5) a.b` and `top 5 *` are told apart from `5 * x` by the parser's first operand.
        let number = count.sides("*").and_then(|(sides, _)| sides.first()).unwrap_or(count).range.clone();
        let text = self.slice(&number).to_owned();
        let blank = self.sql.text.get(number.end..).map_or(0, |rest| rest.len() - rest.trim_start().len());
        changes.push((place.start..number.end + blank, Vec::new()));
        let end = items.last().map_or(number.end, |item| item.range().start);
        let line = self.slice(&(0..end)).rsplit('\n').next().unwrap_or("");
        let indent = line.len() - line.trim_start().len();
        tail.push(Piece::New(format!("\n{}limit ", line.get(..indent).unwrap_or(""))));
        if matches!(count.what, What::Variable) || text.contains('@') {
            tail.push(Piece::Kept(number));
        } else {
            tail.push(Piece::New(text.trim_start_matches('(').trim_end_matches(')').trim().to_owned()));
        }
    }

    /// `cross apply x` and `outer apply x`.
    fn apply(items: &[Item], at: usize, place: &Range<usize>, changes: &mut Changes) {
        let Some(before) = at.checked_sub(1).and_then(|at| items.get(at)) else { return };
        let whole = before.range().start..place.end;
        if before.is_word("cross") {
            changes.push((whole, vec![Piece::New("cross join lateral".to_owned())]));
            return;
        }
        changes.push((whole, vec![Piece::New("left join lateral".to_owned())]));
        let mut end = at + 1;
        while items.get(end + 1).is_some_and(|item| item.is_word("as") || item.node().is_some()) {
            end += 1;
        }
        if let Some(last) = items.get(end) {
            let end = last.range().end;
            changes.push((end..end, vec![Piece::New(" on true".to_owned())]));
        }
    }

    /// `[offset n rows] fetch first m rows only`.
    fn fetch(&mut self, items: &[Item], at: usize, place: &Range<usize>, changes: &mut Changes) {
        if D::TSQL.or(D::ORACLE).or(D::POSTGRES).has(self.to) {
            return;
        }
        let count = items
            .iter()
            .skip(at + 1)
            .filter_map(Item::node)
            .find(|node| matches!(node.what, What::Literal(Literal::Number) | What::Variable | What::Paren(_)));
        let end = items.last().map_or(place.end, |item| item.range().end);
        let Some(count) = count else { return };
        let ties = items.iter().skip(at).any(|item| item.is_word("ties") || item.is_word("percent"));
        if ties {
            self.unsure(place, "FETCH with PERCENT or TIES", "number the rows with rank() and filter");
            return;
        }
        changes.push((place.start..end, vec![Piece::New("limit ".to_owned()), Piece::Kept(count.range.clone())]));
        let offset = items.iter().position(|item| item.is_word("offset"));
        if let Some(rows) =
            offset.and_then(|offset| node_at(items, offset + 2)).filter(|node| node.range.end <= place.start)
        {
            changes.push((rows.range.clone(), Vec::new()));
        }
    }

    fn star_list(&mut self, word: &str, place: &Range<usize>, changes: &mut Changes) {
        use crate::dialect::StarExcept;
        match (word, self.target().star_except) {
            ("except" | "exclude", StarExcept::Exclude) => {
                changes.push((place.clone(), vec![Piece::New("exclude".to_owned())]));
            }
            ("except" | "exclude", StarExcept::Except) => {
                changes.push((place.clone(), vec![Piece::New("except".to_owned())]));
            }
            ("replace", StarExcept::Exclude | StarExcept::Except) => {}
            _ => self.unsure(place, format!("* {}", word.to_uppercase()), "name the columns"),
        }
    }

    /// What stands behind a call.
    pub(super) fn tail(&mut self, tail: &Tail) -> Vec<Piece> {
        if matches!(tail.word.as_str(), "ignore" | "respect") && D::POSTGRES.has(self.to) && tail.word == "ignore" {
            self.unsure(&tail.range, "IGNORE NULLS", "write it with a count of the values so far");
        }
        if tail.word == "keep" {
            self.unsure(&tail.range, "KEEP (DENSE_RANK …)", "write it with row_number()");
        }
        if tail.word == "filter" && !(TWO.or(D::SPARK).or(D::TRINO).or(D::SQLITE)).has(self.to) {
            self.unsure(&tail.range, "FILTER", "write the condition as CASE within the aggregate");
        }
        let (Some(first), Some(last)) = (tail.items.first(), tail.items.last()) else {
            return vec![Piece::Kept(tail.range.clone())];
        };
        let inner = first.range().start..last.range().end;
        let pieces = self.ordered_level(&inner, &tail.items);
        woven(&tail.range, vec![(inner, pieces)])
    }

    /// A level whose order always matters.
    fn ordered_level(&mut self, range: &Range<usize>, items: &[Item]) -> Vec<Piece> {
        self.level(range, items)
    }

    /// Says where NULL stands in an order that decides which rows there are, where the target would have it elsewhere.
    fn order(&mut self, items: &[Item], changes: &mut Changes) {
        let query = items.iter().any(|item| item.is_word("select"));
        let cuts = ["top", "limit", "fetch", "offset"];
        let on = items.iter().any(|item| item.is_word("distinct")) && items.iter().any(|item| item.is_word("on"));
        if query
            && !on
            && !items.iter().any(|item| matches!(item, Item::Word(word, _) if cuts.contains(&word.as_str())))
        {
            return;
        }
        let (source, target) = (self.source().null_order, self.target().null_order);
        let Some(start) = items.iter().rposition(|item| item.is_word("order")) else { return };
        for part in items.get(start + 2..).unwrap_or_default().split(|item| matches!(item, Item::Comma(_))) {
            let Some(node) = part.first().and_then(Item::node) else { break };
            let descending = part.iter().any(|item| item.is_word("desc"));
            let said = part.iter().any(|item| item.is_word("nulls"));
            let constant = matches!(node.what, What::Literal(_)) && !query;
            let sure = constant || self.scope.not_null(node.name());
            let first = nulls_first(source, descending);
            if !said && !sure && first != nulls_first(target, descending) {
                let direction = part.iter().rfind(|item| item.is_word("desc") || item.is_word("asc"));
                let end = direction.map_or(node.range.end, |item| item.range().end);
                if D::TSQL.or(D::MYSQL).has(self.to) {
                    self.unsure(&node.range, "the place of NULL in this order", "order by a CASE on NULL first");
                } else {
                    let words = if first { " nulls first" } else { " nulls last" };
                    changes.push((end..end, vec![Piece::New(words.to_owned())]));
                }
            }
            if part
                .iter()
                .skip(1)
                .any(|item| matches!(item, Item::Word(word, _) if !matches!(word.as_str(), "asc" | "desc" | "nulls")))
            {
                break;
            }
        }
    }
}

fn nulls_first(order: NullOrder, descending: bool) -> bool {
    match order {
        NullOrder::Largest => descending,
        NullOrder::Smallest => !descending,
        NullOrder::Last => false,
    }
}

/// Whether the item is an output of a SELECT.
fn in_select(items: &[Item], at: usize) -> bool {
    let before = items.get(..at).unwrap_or_default();
    let last = before.iter().rev().find_map(|item| match item {
        Item::Word(word, _) if !matches!(word.as_str(), "as" | "distinct" | "all" | "top") => Some(word.as_str()),
        Item::Word(..) | Item::Comma(_) | Item::Node(_) => None,
    });
    let opens = before.last().is_some_and(|item| matches!(item, Item::Comma(_) | Item::Word(..)) || top_count(before));
    last == Some("select") && opens
}

/// Whether the last item is the number of a TOP.
fn top_count(before: &[Item]) -> bool {
    before.len().checked_sub(2).and_then(|at| before.get(at)).is_some_and(|item| item.is_word("top"))
}

/// Whether `except (…)` stands behind a star and holds names.
fn is_star_list(items: &[Item], at: usize) -> bool {
    let star = at.checked_sub(1).and_then(|at| node_at(items, at)).is_some_and(|node| matches!(node.what, What::Star));
    let names = node_at(items, at + 1).is_some_and(|node| {
        let list = matches!(node.what, What::Paren(_)) && !node.inner().iter().any(|item| item.is_word("select"));
        list || !node.name().is_empty()
    });
    star && names
}

/// Leaves out changes that lie within a wider one. They are sorted by their places.
fn drop_covered(changes: &mut Changes) {
    let mut wide: Vec<Range<usize>> =
        changes.iter().filter(|(place, _)| !place.is_empty()).map(|(place, _)| place.clone()).collect();
    wide.sort_by_key(|place| (place.start, std::cmp::Reverse(place.end)));
    let mut outer: Vec<Range<usize>> = Vec::new();
    for place in wide {
        if outer.last().is_none_or(|last| place.end > last.end) {
            outer.push(place);
        }
    }
    changes.retain(|(place, _)| {
        let at = outer.partition_point(|other| other.start <= place.start);
        let holder = at.checked_sub(1).and_then(|at| outer.get(at));
        let edge = |other: &Range<usize>| place.is_empty() && (place.start == other.start || place.start == other.end);
        !holder.is_some_and(|other| other.end >= place.end && other.len() > place.len() && !edge(other))
    });
}

/// The columns in `with a (n, s) as`, where item number `at` is `a (n, s)`.
fn cte_list(items: &[Item], at: usize) -> Option<Range<usize>> {
    let Some(What::Call(call)) = node_at(items, at).map(|node| &node.what) else { return None };
    let before = at.checked_sub(1).and_then(|before| items.get(before))?;
    let opens = before.is_word("with") || before.is_word("recursive") || matches!(before, Item::Comma(_));
    let starts = items.iter().position(|item| item.is_word("with")).is_some_and(|with| with < at);
    let head = items.get(..at)?.iter().all(|item| !item.is_word("select"));
    (opens && starts && head && items.get(at + 1)?.is_word("as")).then(|| call.inner.clone())
}
