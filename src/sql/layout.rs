//! SELECT statements as text, with the place of every relation.
//!
//! One column a line, trailing commas, four spaces, lower-case keywords: the layout that SQLFluff has by default.

use super::format::{Formatter, WIDTH};
use super::identifier;
use super::select::{Body, Condition, Item, Lowered, Select, Table};
use super::star;
use super::value;
use crate::dialect::{Dialect, StarExcept};
use crate::frame::{Expr, JoinKind, Literal, Named, Of, Type};
use crate::name::Relation;
use crate::steps::{Mention, Sql, VariableUse};
use crate::text::{SourceId, Span};

/// Writes one query.
pub struct Writer {
    text: String,
    mentions: Vec<Mention>,
    format: Formatter,
    stars: Stars,
}

/// Where values from outside stand, in order.
fn uses(text: &str, names: &[String]) -> Vec<VariableUse> {
    let mut found: Vec<VariableUse> = Vec::new();
    for name in names {
        let mark = value::mark(name);
        let places = text.match_indices(&mark).map(|(at, _)| at..at + mark.len());
        found.extend(places.map(|range| VariableUse { range, name: name.clone() }));
    }
    found.sort_by_key(|used| used.range.start);
    found
}

/// A list in brackets, one a line.
fn spread(before: &str, word: &str, list: &[String], indent: usize) -> String {
    let (outer, inner) = (" ".repeat(indent), " ".repeat(indent + 4));
    format!("{before} {word} (\n{inner}{}\n{outer})", list.join(&format!(",\n{inner}")))
}

/// What became of stars that the dialect cannot say as the script means them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stars {
    /// Columns that nobody names are lost.
    pub closes: bool,
    /// Columns that were changed or renamed stand behind the others.
    pub moves: bool,
}

impl Writer {
    /// Nothing written yet.
    pub fn new(dialect: Dialect) -> Self {
        let format = Formatter { dialect, qualified: false, unsure: Vec::new(), parameters: Vec::new() };
        Self { text: String::new(), mentions: Vec::new(), format, stars: Stars::default() }
    }

    /// The text, the constructs that the dialect may not know, and what became of stars.
    pub fn finish(self) -> (Sql, Vec<String>, Stars) {
        let mut sql = Sql::plain(self.text, Span::new(SourceId(0), 0, 0));
        sql.mentions = self.mentions;
        sql.variables = uses(&sql.text, &self.format.parameters);
        (sql, self.format.unsure, self.stars)
    }

    /// A whole query.
    pub fn query(&mut self, query: &Lowered) {
        for (at, (name, body)) in query.ctes.iter().enumerate() {
            self.push(if at == 0 { "with " } else { "),\n\n" });
            self.push(&identifier::column(name, self.format.dialect));
            self.push(" as (\n");
            self.body(body, 4);
            self.push("\n");
        }
        if !query.ctes.is_empty() {
            self.push(")\n\n");
        }
        self.body(&query.body, 0);
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn line(&mut self, indent: usize, text: &str) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(text);
    }

    fn body(&mut self, body: &Body, indent: usize) {
        match body {
            Body::Select(select) => self.select(select, indent),
            Body::Union(branches) => {
                for (at, branch) in branches.iter().enumerate() {
                    if at > 0 {
                        self.push("\n\n");
                        self.line(indent, "union all\n\n");
                    }
                    self.select(branch, indent);
                }
            }
        }
    }

    fn select(&mut self, select: &Select, indent: usize) {
        let exists = select.conditions.iter().any(|condition| matches!(condition, Condition::Exists { .. }));
        self.format.qualified = select.from.len() > 1 || exists;
        self.columns(select, indent);
        for item in &select.from {
            self.item(item, indent);
        }
        let conditions: Vec<String> =
            select.conditions.iter().filter_map(|condition| self.condition(condition, indent)).collect();
        self.where_clause(select, conditions, indent);
        self.group(select, indent);
        if !select.having.is_empty() {
            let having: Vec<String> = select.having.iter().map(|expr| self.conjunct(expr, indent)).collect();
            self.clause("having", &having, "and ", indent);
        }
        if !select.order.is_empty() {
            let keys: Vec<String> = select.order.iter().map(|key| self.format.sort_key(key)).collect();
            self.clause("order by", &keys, ",", indent);
        }
        if let Some((count, offset)) = select.limit {
            self.line(indent, &format!("limit {count}"));
            if offset > 0 {
                self.line(indent, &format!("offset {offset}"));
            }
        }
    }

    fn columns(&mut self, select: &Select, indent: usize) {
        let head = if select.distinct { "select distinct" } else { "select" };
        let mut items: Vec<String> = Vec::new();
        let parts = select.star.as_ref().map(|star| star::parts(select, star, self.format.dialect));
        let named: Vec<&Named> = match parts {
            Some(Some(parts)) => {
                self.stars.moves |= parts.is_moved;
                items.push(self.star(&parts, indent + 4));
                parts.added
            }
            Some(None) => {
                self.stars.closes = true;
                select.columns.iter().collect()
            }
            None => select.columns.iter().collect(),
        };
        for named in named {
            items.push(self.named(named, indent + 4));
        }
        match items.as_slice() {
            // A table without columns is still a query.
            [] => self.line(indent, &format!("{head} 1")),
            [one] if one.len() + indent + head.len() < WIDTH && !one.contains('\n') => {
                self.line(indent, &format!("{head} {one}"));
            }
            items => {
                self.line(indent, head);
                let separator = format!(",\n{}", " ".repeat(indent + 4));
                self.line(indent + 4, &items.join(&separator));
            }
        }
    }

    /// `* exclude (a) replace (b + 1 as b) rename (c as d)`.
    fn star(&mut self, parts: &star::Parts, indent: usize) -> String {
        let dialect = self.format.dialect;
        let name = |name: &str| identifier::column(name, dialect);
        let word = if dialect.traits().star_except == StarExcept::Except { "except" } else { "exclude" };
        let excluded: Vec<String> = parts.excluded.iter().map(|column| name(column)).collect();
        let renamed: Vec<String> =
            parts.renamed.iter().map(|(from, to)| format!("{} as {}", name(from), name(to))).collect();
        let replaced: Vec<String> = parts
            .replaced
            .iter()
            .map(|named| format!("{} as {}", self.format.pretty(&named.expr, indent + 4), name(&named.name)))
            .collect();
        let mut text = "*".to_owned();
        for (word, list) in [(word, excluded), ("replace", replaced), ("rename", renamed)] {
            if list.is_empty() {
                continue;
            }
            let line = format!("{text} {word} ({})", list.join(", "));
            let is_short = !line.contains('\n') && line.len() + indent < WIDTH;
            text = if is_short { line } else { spread(&text, word, &list, indent) };
        }
        text
    }

    fn named(&mut self, named: &Named, indent: usize) -> String {
        let text = self.format.pretty(&named.expr, indent);
        if matches!(&named.expr, Expr::Column(Of::Alias(_) | Of::Input, column) if *column == named.name) {
            return text;
        }
        format!("{text} as {}", identifier::column(&named.name, self.format.dialect))
    }

    fn item(&mut self, item: &Item, indent: usize) {
        let Some((kind, on)) = &item.join else {
            self.line(indent, "from ");
            self.table(item, indent);
            return;
        };
        self.line(indent, join_words(*kind));
        self.push(" ");
        self.table(item, indent);
        if *kind == JoinKind::Cross {
            return;
        }
        let conditions: Vec<String> = on.iter().map(|expr| self.conjunct(expr, indent + 4)).collect();
        match conditions.as_slice() {
            [one] => self.line(indent + 4, &format!("on {one}")),
            many => {
                self.line(indent + 4, "on");
                let separator = format!("\n{}and ", " ".repeat(indent + 8));
                self.line(indent + 8, &many.join(&separator));
            }
        }
    }

    fn table(&mut self, item: &Item, indent: usize) {
        match &item.table {
            Table::Relation(relation) => self.relation(relation, &item.alias),
            Table::Cte(name) => {
                let text = identifier::column(name, self.format.dialect);
                self.push(&text);
                if *name != item.alias {
                    let alias = identifier::column(&item.alias, self.format.dialect);
                    self.push(&format!(" as {alias}"));
                }
            }
            Table::Values { columns, rows } => self.values(columns, rows, &item.alias, indent),
        }
    }

    fn relation(&mut self, relation: &Relation, alias: &str) {
        let start = self.text.len();
        let text = identifier::relation(relation, self.format.dialect);
        self.push(&text);
        let mut mention = Mention { range: start..self.text.len(), relation: relation.clone(), alias: None };
        if alias != relation.name() {
            let alias = identifier::column(alias, self.format.dialect);
            self.push(&format!(" as {alias}"));
        } else if self.format.qualified {
            mention.alias = Some(identifier::column(alias, self.format.dialect));
        }
        self.mentions.push(mention);
    }

    fn values(&mut self, columns: &[(String, Type)], rows: &[Vec<Literal>], alias: &str, indent: usize) {
        self.push("(\n");
        self.line(indent + 4, "values\n");
        let mut lines = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            let cells = row.iter().zip(columns).map(|(cell, (_, ty))| self.cell(cell, *ty, at == 0));
            let cells: Vec<String> = cells.collect();
            lines.push(format!("{}({})", " ".repeat(indent + 4), cells.join(", ")));
        }
        self.push(&lines.join(",\n"));
        let names: Vec<String> =
            columns.iter().map(|(name, _)| identifier::column(name, self.format.dialect)).collect();
        let alias = identifier::column(alias, self.format.dialect);
        self.line(indent, &format!(") as {alias} ({})", names.join(", ")));
    }

    /// A literal of VALUES; the first row says the type where the literal does not.
    fn cell(&mut self, cell: &Literal, ty: Type, first: bool) -> String {
        let text = self.format.flat(&Expr::Literal(cell.clone()));
        let says_type = matches!(cell, Literal::Bool(_) | Literal::Integer(_) | Literal::Text(_)) && ty != Type::Float;
        if first && !says_type && ty != Type::Unknown {
            return format!("cast({text} as {})", value::type_name(ty, self.format.dialect));
        }
        text
    }

    /// None for a condition that is written by `where_clause` itself.
    fn condition(&mut self, condition: &Condition, indent: usize) -> Option<String> {
        match condition {
            Condition::Expr(expr) => Some(self.conjunct(expr, indent)),
            Condition::Exists { .. } => None,
        }
    }

    /// A condition that is joined with others by AND.
    fn conjunct(&mut self, expr: &Expr, indent: usize) -> String {
        let text = self.format.pretty(expr, indent + 8);
        if !matches!(expr, Expr::Binary(crate::frame::Binary::Or, ..)) {
            return text;
        }
        if text.contains('\n') {
            let text = self.format.pretty(expr, indent + 8);
            return format!("(\n{}{text}\n{})", " ".repeat(indent + 8), " ".repeat(indent + 4));
        }
        format!("({text})")
    }

    fn where_clause(&mut self, select: &Select, mut conditions: Vec<String>, indent: usize) {
        let exists = select.conditions.iter().filter_map(|condition| match condition {
            Condition::Exists { negated, item } => Some((*negated, item)),
            Condition::Expr(_) => None,
        });
        let exists: Vec<_> = exists.collect();
        if let ([only], true) = (conditions.as_slice(), exists.is_empty())
            && let [Condition::Expr(expr)] = select.conditions.as_slice()
        {
            // A single condition needs no parentheses.
            let text = if only.contains('\n') { only.clone() } else { self.format.flat(expr) };
            conditions = vec![text];
        }
        if !conditions.is_empty() || exists.is_empty() {
            self.clause("where", &conditions, "and ", indent);
        }
        for (at, (negated, item)) in exists.into_iter().enumerate() {
            let first =
                at == 0 && select.conditions.iter().all(|condition| matches!(condition, Condition::Exists { .. }));
            if first {
                self.line(indent, "where");
            }
            let lead = if first { "" } else { "and " };
            let not = if negated { "not " } else { "" };
            self.line(indent + 4, &format!("{lead}{not}exists ("));
            self.line(indent + 8, "select 1");
            self.line(indent + 8, "from ");
            self.table(item, indent + 8);
            let on = item.join.as_ref().map_or(&[] as &[Expr], |(_, on)| on);
            let on: Vec<String> = on.iter().map(|expr| self.conjunct(expr, indent + 8)).collect();
            self.clause("where", &on, "and ", indent + 8);
            self.line(indent + 4, ")");
        }
    }

    fn group(&mut self, select: &Select, indent: usize) {
        let Some(keys) = &select.group else { return };
        let keys: Vec<String> = keys.iter().map(|key| self.format.pretty(key, indent + 4)).collect();
        self.clause("group by", &keys, ",", indent);
    }

    /// `word item` on one line, or one item a line.
    fn clause(&mut self, word: &str, items: &[String], separator: &str, indent: usize) {
        match items {
            [] => {}
            [one] if !one.contains('\n') && one.len() + indent + word.len() < WIDTH => {
                self.line(indent, &format!("{word} {one}"));
            }
            items => {
                self.line(indent, word);
                let margin = " ".repeat(indent + 4);
                let separator =
                    if separator == "," { format!(",\n{margin}") } else { format!("\n{margin}{separator}") };
                self.line(indent + 4, &items.join(&separator));
            }
        }
    }
}

fn join_words(kind: JoinKind) -> &'static str {
    match kind {
        JoinKind::Inner | JoinKind::Semi | JoinKind::Anti => "inner join",
        JoinKind::Left => "left join",
        JoinKind::Right => "right join",
        JoinKind::Full => "full join",
        JoinKind::Cross => "cross join",
    }
}
