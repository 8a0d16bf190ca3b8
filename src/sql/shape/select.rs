//! Clauses to queries.
//!
//! In: the parts of a text. Out: CTEs and branches, or nothing where a clause is not one of those that are known.

use super::super::transpile::tree::{Item, Node, What};
use super::expr::expr;
use super::{Column, Expr, Join, Select, Shape, Table, TableKind, Text};

/// Words that begin a clause which chooses among rows or orders them.
const MORE: &[&str] = &["having", "order", "limit", "offset", "fetch", "qualify", "window"];

/// A query with the named queries before it.
pub(super) fn query(text: &Text, items: &[Item]) -> Option<Shape> {
    let mut reader = Reader { text, items, at: 0, ctes: Vec::new() };
    if reader.word("with") {
        loop {
            let (name, columns) = reader.name_with_columns()?;
            reader.word("as").then_some(())?;
            let Some(Item::Node(Node { what: What::Paren(inner), .. })) = reader.next() else { return None };
            let branches = renamed(reader.within(inner)?, &columns)?;
            reader.ctes.push((name, branches));
            if !reader.comma() {
                break;
            }
        }
    }
    let branches = reader.branches()?;
    Some(Shape { ctes: reader.ctes, branches })
}

/// What stands behind a table.
enum Follows {
    Join(Join),
    Clause,
    Unknown,
}

struct Reader<'a, 'b> {
    text: &'b Text<'a>,
    items: &'b [Item],
    at: usize,
    ctes: Vec<(String, Vec<Select>)>,
}

impl<'b> Reader<'_, 'b> {
    fn peek(&self) -> Option<&'b Item> {
        self.items.get(self.at)
    }

    fn next(&mut self) -> Option<&'b Item> {
        self.at += 1;
        self.items.get(self.at - 1)
    }

    /// Whether the word stands here; then it is passed.
    fn word(&mut self, word: &str) -> bool {
        let there = self.peek().is_some_and(|item| item.is_word(word));
        self.at += usize::from(there);
        there
    }

    fn comma(&mut self) -> bool {
        let there = matches!(self.peek(), Some(Item::Comma(_)));
        self.at += usize::from(there);
        there
    }

    fn node(&mut self) -> Option<&'b Node> {
        let node = self.peek()?.node()?;
        self.at += 1;
        Some(node)
    }

    /// A name of one part.
    fn name(&mut self) -> Option<String> {
        let [name] = self.peek()?.node()?.name() else { return None };
        self.at += 1;
        Some(name.clone())
    }

    /// A name, and those of its columns where they stand behind it: `t`, `t (a, b)`.
    fn name_with_columns(&mut self) -> Option<(String, Vec<String>)> {
        if let Some(name) = self.name() {
            let Some(Item::Node(Node { what: What::Paren(items), .. })) = self.peek() else {
                return Some((name, Vec::new()));
            };
            let own = |item: &Item| item.node().and_then(|node| node.name().first().cloned());
            let columns =
                items.iter().filter(|item| !matches!(item, Item::Comma(_))).map(own).collect::<Option<_>>()?;
            self.at += 1;
            return Some((name, columns));
        }
        let What::Call(call) = &self.peek()?.node()?.what else { return None };
        let columns: Option<Vec<String>> = call.args().into_iter().map(|own| own.name().first().cloned()).collect();
        let columns = columns.filter(|columns| !columns.is_empty() && !call.words && call.tails.is_empty())?;
        self.at += 1;
        Some((call.name.clone(), columns))
    }

    /// The branches of a query in parentheses; the queries that stand within it are named ones of its own.
    fn within(&mut self, items: &'b [Item]) -> Option<Vec<Select>> {
        let mut within = Reader { text: self.text, items, at: 0, ctes: std::mem::take(&mut self.ctes) };
        let branches = within.branches();
        self.ctes = within.ctes;
        branches
    }

    fn branches(&mut self) -> Option<Vec<Select>> {
        let mut branches = self.branch()?;
        let names = names_of(branches.first()?);
        while self.word("union") {
            let all = self.word("all");
            // Columns of later branches go by position under the names of the first.
            for mut next in renamed(self.branch()?, &names)? {
                next.distinct |= !all;
                branches.push(next);
            }
        }
        self.peek().is_none().then_some(branches)
    }

    /// One SELECT, or the rows of VALUES: a SELECT each.
    fn branch(&mut self) -> Option<Vec<Select>> {
        let first = match self.peek()? {
            Item::Node(Node { what: What::Call(call), .. }) if call.name == "values" && call.tails.is_empty() => call,
            Item::Node(_) | Item::Word(..) | Item::Comma(_) => return Some(vec![self.select()?]),
        };
        let row = |text, values: Vec<&Node>| Select {
            columns: values.into_iter().map(|value| Column::Named(String::new(), expr(text, value))).collect(),
            ..Select::default()
        };
        let mut rows = vec![row(self.text, first.args())];
        self.at += 1;
        while self.comma() {
            let What::Paren(items) = &self.node()?.what else { return None };
            rows.push(row(self.text, items.iter().filter_map(Item::node).collect()));
        }
        Some(rows)
    }

    fn select(&mut self) -> Option<Select> {
        let mut select = Select::default();
        self.word("select").then_some(())?;
        select.distinct = self.word("distinct");
        loop {
            let column = self.column()?;
            select.columns.push(column);
            if !self.comma() {
                break;
            }
        }
        if self.word("from") {
            self.tables(&mut select)?;
        }
        if self.word("where") {
            select.filter = Some(self.expression()?);
        }
        if self.word("group") {
            self.word("by").then_some(())?;
            let mut keys = vec![self.expression()?];
            while self.comma() {
                keys.push(self.expression()?);
            }
            select.group = Some(keys);
        }
        if matches!(self.peek(), Some(Item::Word(word, _)) if MORE.contains(&word.as_str())) {
            select.more = true;
            while self.peek().is_some_and(|item| !item.is_word("union")) {
                self.at += 1;
            }
        }
        let ends = self.peek().is_none_or(|item| item.is_word("union") || item.is_word(";"));
        if self.word(";") && self.peek().is_some() {
            return None;
        }
        ends.then_some(select)
    }

    fn expression(&mut self) -> Option<Expr> {
        let node = self.node()?;
        Some(expr(self.text, node))
    }

    fn column(&mut self) -> Option<Column> {
        let node = self.node()?;
        if matches!(node.what, What::Star) {
            let written = self.text.slice(&node.range);
            let table = written.trim_end_matches('*').trim_end_matches('.');
            let follows = matches!(self.peek(), None | Some(Item::Comma(_)))
                || self.peek().is_some_and(|item| item.is_word("from"));
            return follows.then(|| Column::Star(plain(table)));
        }
        let value = expr(self.text, node);
        let named = self.word("as");
        let alias = self.name();
        if named && alias.is_none() {
            return None;
        }
        let own = if let Expr::Column(_, name) = &value { name.clone() } else { String::new() };
        Some(Column::Named(alias.unwrap_or(own), value))
    }

    fn tables(&mut self, select: &mut Select) -> Option<()> {
        let first = self.table(Join::Cross)?;
        select.tables.push(first);
        loop {
            let join = if self.comma() {
                Join::Cross
            } else {
                match self.join() {
                    Follows::Join(join) => join,
                    Follows::Clause => return Some(()),
                    Follows::Unknown => return None,
                }
            };
            let mut table = self.table(join)?;
            if self.word("on") {
                table.on = Some(self.expression()?);
            } else if self.word("using") {
                self.node()?;
                table.join = Join::Other;
            }
            select.tables.push(table);
        }
    }

    /// The words of a join.
    fn join(&mut self) -> Follows {
        let mut words = Vec::new();
        while let Some(Item::Word(word, _)) = self.peek() {
            if !["inner", "left", "right", "full", "outer", "cross", "join", "natural", "lateral"]
                .contains(&word.as_str())
            {
                break;
            }
            words.push(word.as_str());
            self.at += 1;
            if word == "join" {
                break;
            }
        }
        match words.as_slice() {
            [] => Follows::Clause,
            ["join"] | ["inner", "join"] => Follows::Join(Join::Inner),
            ["left", "join"] | ["left", "outer", "join"] => Follows::Join(Join::Left),
            ["cross", "join"] => Follows::Join(Join::Cross),
            [.., "join"] => Follows::Join(Join::Other),
            _ => Follows::Unknown,
        }
    }

    fn table(&mut self, join: Join) -> Option<Table> {
        let node = self.node()?;
        if let What::Paren(items) = &node.what
            && items.first().is_some_and(|item| item.is_word("select") || is_values(item))
        {
            let branches = self.within(items)?;
            self.word("as");
            let (alias, columns) = self.name_with_columns().unwrap_or_default();
            // No name of the text can be this one.
            let name = format!("({})", self.ctes.len());
            self.ctes.push((name.clone(), renamed(branches, &columns)?));
            return Some(Table { what: TableKind::Cte(name), alias, join, on: None });
        }
        let (what, own) = match &node.what {
            What::Relation => {
                let number = self.text.relation(&node.range)?;
                let own = self.text.sql.mentions.get(number)?.relation.name().to_lowercase();
                (TableKind::Relation(number), own)
            }
            What::Name(parts) => match parts.as_slice() {
                [name] if self.ctes.iter().any(|(known, _)| known == name) => {
                    (TableKind::Cte(name.clone()), name.clone())
                }
                _ => return None,
            },
            What::Paren(_) | What::Call(_) => (TableKind::Other, String::new()),
            What::Variable
            | What::Star
            | What::Literal(_)
            | What::Operator { .. }
            | What::Cast(_)
            | What::Case { .. }
            | What::Interval { .. }
            | What::Mixed(_) => return None,
        };
        let named = self.word("as");
        let alias = self.name();
        if named && alias.is_none() {
            return None;
        }
        Some(Table { what, alias: alias.unwrap_or(own), join, on: None })
    }
}

fn is_values(item: &Item) -> bool {
    matches!(item, Item::Node(Node { what: What::Call(call), .. }) if call.name == "values")
}

/// The names of a SELECT's columns; none where they are not all known.
fn names_of(select: &Select) -> Vec<String> {
    let name = |column: &Column| match column {
        Column::Named(name, _) if !name.is_empty() => Some(name.clone()),
        Column::Named(..) | Column::Star(_) => None,
    };
    select.columns.iter().map(name).collect::<Option<_>>().unwrap_or_default()
}

/// Branches with their columns under other names, by position; as they are where there are no others. None where they
/// cannot be counted, or are not as many.
fn renamed(mut branches: Vec<Select>, names: &[String]) -> Option<Vec<Select>> {
    if names.is_empty() {
        return Some(branches);
    }
    for select in &mut branches {
        if select.columns.len() != names.len() {
            return None;
        }
        for (column, name) in select.columns.iter_mut().zip(names) {
            let Column::Named(own, _) = column else { return None };
            own.clone_from(name);
        }
    }
    Some(branches)
}

fn plain(name: &str) -> String {
    name.trim_matches(['"', '`', '[', ']']).to_lowercase()
}
