//! DELETE and UPDATE of a CTE: they change the rows of the table behind it.
//!
//! In: a statement with a WITH clause whose target is that CTE. Out: the table, and the steps that give its rows the
//! computed columns of the CTE before the change and take them away after it. Only a CTE that is all rows of one table is
//! taken: a window over some of them would not be the window over all.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::found::Found;
use super::joins::{factor, items};
use super::read::Reader;
use super::update::called;
use crate::name::{Ident, Relation};
use crate::steps::{Assignment, Change, ColumnDef, Effect, Update};

/// Words behind the FROM clause that make a CTE more than the rows of a table.
const MORE: &[&str] = &[
    "WHERE",
    "GROUP",
    "HAVING",
    "UNION",
    "EXCEPT",
    "INTERSECT",
    "ORDER",
    "LIMIT",
    "QUALIFY",
    "FETCH",
    "OFFSET",
    "TOP",
    "DISTINCT",
    "FOR",
];

/// A CTE that is changed.
pub struct Through {
    /// The table behind it.
    pub relation: Relation,
    /// The columns that it computes.
    computed: Vec<(String, Assignment)>,
    /// What its expressions call the table.
    alias: String,
}

impl Through {
    /// The steps of a change, with those around it.
    pub fn around(self, change: Effect) -> Vec<Effect> {
        let Self { relation, computed, alias } = self;
        let names: Vec<String> = computed.iter().map(|(name, _)| name.clone()).collect();
        let altered = |change: Change| Effect::Alter { relation: relation.clone(), change };
        let added = |name: &String| altered(Change::Add(ColumnDef { name: name.clone(), ..ColumnDef::default() }));
        let mut effects: Vec<Effect> = names.iter().map(added).collect();
        if !computed.is_empty() {
            effects.push(Effect::Update(Box::new(Update {
                relation: relation.clone(),
                alias,
                assignments: computed.into_iter().map(|(_, assignment)| assignment).collect(),
                from: None,
                filter: None,
                deciding: Vec::new(),
            })));
        }
        effects.push(change);
        effects.extend(names.into_iter().map(|name| altered(Change::Drop(name))));
        effects
    }
}

/// The CTE that a statement calls `target`; none where it has no such CTE.
pub fn through(reader: &Reader, found: &Found, target: &str) -> Option<Result<Through, &'static str>> {
    let with = reader.with?;
    let names = |name: &str| name.eq_ignore_ascii_case(target.trim_matches(['[', ']', '"', '`']));
    with.cte_tables.iter().find(|cte| names(&cte.alias.name.value))?;
    Some(table_behind(reader, found, with.cte_tables.len()))
}

fn table_behind(reader: &Reader, found: &Found, ctes: usize) -> Result<Through, &'static str> {
    let lexed = reader.lexed;
    let refused = "it changes rows through a query that is more than all rows of one table";
    let open = 3;
    let plain = ctes == 1 && lexed.is_word(0, "WITH") && lexed.is_word(2, "AS") && lexed.is(open, &Token::LParen);
    let from = lexed.find_word(open + 2, &["FROM"]).ok_or(refused)?;
    let end = lexed.closing(open);
    let more = lexed.find_word(open + 1, MORE).is_some_and(|at| at < end);
    if !plain || !lexed.is_word(open + 1, "SELECT") || from >= end || more {
        return Err(refused);
    }
    let tables = items(lexed, from + 1..end);
    let [table] = tables.as_slice() else { return Err(refused) };
    let table = factor(lexed, reader.text(), table.factor.clone(), reader.around.dialect);
    let alias = called(&table);
    let relation = table.relation.filter(|_| !table.columns).ok_or(refused)?;
    let mut computed = Vec::new();
    for item in lexed.split(open + 2, from) {
        computed.extend(one(reader, found, item).ok_or(refused)?);
    }
    Ok(Through { relation, computed, alias })
}

/// An item of the list: empty for columns of the table, else the name and the value of a computed one. None where it is
/// anything else.
fn one(reader: &Reader, found: &Found, item: Range<usize>) -> Option<Vec<(String, Assignment)>> {
    let lexed = reader.lexed;
    let is_word = |at: usize| matches!(lexed.get(at), Some(Token::Word(_)));
    let path = |part: Range<usize>| {
        part.clone().all(|at| is_word(at) || lexed.is(at, &Token::Period) || lexed.is(at, &Token::Mul))
    };
    if path(item.clone()) && (item.len() == 1 || lexed.is(item.end - 2, &Token::Period)) {
        return Some(Vec::new());
    }
    let (name, value) = if is_word(item.start) && lexed.is(item.start + 1, &Token::Eq) {
        (item.start, item.start + 2..item.end)
    } else {
        let last = item.end.checked_sub(1).filter(|last| is_word(*last))?;
        let before = if lexed.is_word(last - 1, "AS") { last - 1 } else { last };
        (last, item.start..before)
    };
    let renamed = path(value.clone());
    if renamed || value.is_empty() || !lexed.is(value.end - 1, &Token::RParen) {
        return None;
    }
    let Some(Token::Word(word)) = lexed.get(name) else { return None };
    let column = Ident::new(&word.value, word.quote_style.is_some(), reader.around.dialect).text;
    let value = reader.piece(found, value);
    Some(vec![(column.clone(), Assignment { column, value, from: Vec::new() })])
}
