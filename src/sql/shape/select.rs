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
            let name = reader.name()?;
            reader.word("as").then_some(())?;
            let Some(Item::Node(Node { what: What::Paren(inner), .. })) = reader.next() else { return None };
            let mut within = Reader { text, items: inner, at: 0, ctes: reader.ctes.clone() };
            let branches = within.branches()?;
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

    fn branches(&mut self) -> Option<Vec<Select>> {
        let mut branches = vec![self.select()?];
        while self.word("union") {
            let all = self.word("all");
            let mut next = self.select()?;
            next.distinct |= !all;
            branches.push(next);
        }
        self.peek().is_none().then_some(branches)
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

fn plain(name: &str) -> String {
    name.trim_matches(['"', '`', '[', ']']).to_lowercase()
}
