//! Several rows that match one: an UPDATE or MERGE takes one of them, a join would give the row several times.
//!
//! In: the other table of the statement and its condition. Out: how the two are joined so that each row stays one row.
//! What is not sure to be unique is reduced to one row a key, or, where the condition is no plain comparison of
//! columns, to one match a row of the target.

use super::builder::Builder;
use super::changes::joined;
use super::manual::Problem;
use super::rows::text;
use super::splice::extend;
use super::terms::{column, conjunct_ranges, equalities, group_key, only_about, piece};
use crate::plan::drafts::{Expected, Part};
use crate::steps::{Effect, Matched, Mention, Merge, Sql, Update};
use crate::versions::VersionId;

/// How the other table is joined.
pub(super) enum Joining {
    /// At most one row matches: a key of the other table decides.
    Unique,
    /// By columns that may be there several times: one row of each is taken. `own` are the terms of the condition that
    /// are about the other table alone.
    FirstOfKey { keys: Vec<String>, own: Vec<std::ops::Range<usize>> },
    /// In another way.
    AnyMatch,
}

/// One table or subquery of a FROM clause.
pub(super) struct Factor<'s> {
    /// The name by which the statement calls it.
    pub alias: String,
    /// The relation, where it is one.
    mention: Option<&'s Mention>,
    /// The query, where it is one, without its parentheses.
    query: Option<&'s str>,
}

impl Builder<'_, '_> {
    /// How an UPDATE joins its other table; the rows that it takes for unique are to be tested.
    pub(super) fn joining(&mut self, update: &Update, from: &Sql, filter: &Sql) -> Joining {
        let Some(factor) = factor(from) else { return Joining::AnyMatch };
        let Some(terms) = conjunct_ranges(&filter.text) else { return Joining::AnyMatch };
        let mut keys: Vec<String> = Vec::new();
        let mut own = Vec::new();
        let mut mixed = false;
        for range in terms {
            let term = filter.text.get(range.clone()).unwrap_or("");
            if let Some(pairs) = equalities(term, &update.alias, &factor.alias) {
                keys.extend(pairs.into_iter().map(|(_, other)| other));
            } else if only_about(term, &factor.alias) {
                own.push(range);
            } else if !only_about(term, &update.alias) {
                mixed = true;
            }
        }
        self.choose(&factor, keys, own, mixed)
    }

    fn choose(&mut self, factor: &Factor, keys: Vec<String>, own: Vec<std::ops::Range<usize>>, mixed: bool) -> Joining {
        if keys.is_empty() {
            return Joining::AnyMatch;
        }
        if self.is_key(factor, &keys) {
            return Joining::Unique;
        }
        if own.is_empty() {
            self.expect(factor, &keys);
        }
        if mixed { Joining::AnyMatch } else { Joining::FirstOfKey { keys, own } }
    }

    /// How a MERGE joins its source. Conditions of its own may choose among several rows of a key.
    pub(super) fn merging(&mut self, merge: &Merge) -> Joining {
        let Some(pairs) = equalities(&merge.on.text, &merge.alias, &merge.using_alias) else {
            return Joining::AnyMatch;
        };
        let keys: Vec<String> = pairs.into_iter().map(|(_, other)| other).collect();
        let whole = merge.using.text.trim();
        let query = whole.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
        let mention = merge.using.mentions.first().filter(|_| query.is_none());
        let chosen = merge.arms.iter().any(|arm| arm.matched == Matched::Both && arm.condition.is_some());
        let factor = Factor { alias: merge.using_alias.clone(), mention, query };
        self.choose(&factor, keys, Vec::new(), chosen)
    }

    /// Whether the columns hold a key of what they are columns of.
    fn is_key(&self, factor: &Factor, columns: &[String]) -> bool {
        let holds = |key: &[String]| {
            !key.is_empty() && key.iter().all(|column| columns.iter().any(|of| super::terms::same_column(of, column)))
        };
        if let Some(query) = factor.query {
            return group_key(query).is_some_and(|key| holds(&key));
        }
        let seen = factor.mention.and_then(|mention| self.seen(&mention.relation));
        seen.is_some_and(|version| self.unique_columns(version).iter().any(|key| holds(key)))
    }

    /// What is known to be unique in a version: what DDL declares of a source, and what the query of a version groups by.
    fn unique_columns(&self, id: VersionId) -> Vec<Vec<String>> {
        let context = self.context;
        let Some(version) = context.version(id) else { return Vec::new() };
        if let Some(Effect::Create { columns, .. }) = context.maker(id).map(|step| &step.effect) {
            let key = version.step.and_then(|step| context.query(step)).map(|query| query.key.clone());
            return key.filter(|key| columns.is_empty() && !key.is_empty()).into_iter().collect();
        }
        if !context.is_source(id) {
            return Vec::new();
        }
        let mut keys: Vec<Vec<String>> = context.declared_keys(&version.relation).map(<[String]>::to_vec).collect();
        let columns = context.columns.get(id).unwrap_or_default();
        keys.extend(columns.iter().filter(|column| column.unique).map(|column| vec![column.name.clone()]));
        keys
    }

    fn expect(&mut self, factor: &Factor, keys: &[String]) {
        let Some(mention) = factor.mention else { return };
        let Some(version) = self.seen(&mention.relation) else { return };
        if !self.draft.versions.contains(&version) && self.this != Some(version) {
            self.expected.push(Expected { version, columns: keys.to_vec() });
        }
    }

    /// The other table, with one row for each key, and the condition that the join needs besides the statement's own.
    pub(super) fn first_of_key(
        &mut self,
        from: &Sql,
        filter: &Sql,
        keys: &[String],
        own: &[std::ops::Range<usize>],
    ) -> (Vec<Part>, String) {
        let alias = factor(from).map(|factor| factor.alias).unwrap_or_default();
        let number = self.free("match_number");
        let keys: Vec<String> =
            keys.iter().map(|key| format!("{alias}.{}", super::ident(key, self.context.target))).collect();
        let keys = keys.join(", ");
        let head = format!(
            "(\n    select {alias}.*, row_number() over (partition by {keys} order by {keys}) as {number}\n    from "
        );
        let mut parts = vec![Part::Text(head)];
        let inner = self.parts(from);
        extend(&mut parts, inner);
        for (at, range) in own.iter().enumerate() {
            text(&mut parts, if at == 0 { "\n    where " } else { " and " });
            let term = self.parts(&piece(filter, range.clone()));
            extend(&mut parts, term);
        }
        text(&mut parts, format!("\n) as {alias}"));
        (parts, format!("{alias}.{number} = 1"))
    }

    /// The rows of now with a number each; the stage and the name of the number.
    pub(super) fn numbered(&mut self, before: Part, alias: &str, by: &str) -> (Part, String) {
        let number = self.free("row_in_table");
        let head = format!("select {alias}.*, row_number() over (order by {alias}.{by}) as {number}\nfrom ");
        let mut parts = vec![Part::Text(head), before];
        text(&mut parts, format!(" as {alias}"));
        (Part::Text(self.stage_of("numbered", &[], parts)), number)
    }

    /// `UPDATE … FROM` whose condition may hold for several rows of the other tables: the values of one of them.
    pub(super) fn update_any(
        &mut self,
        id: VersionId,
        update: &Update,
        before: Part,
        from: &Sql,
        filter: Vec<Part>,
    ) -> Result<(), Problem> {
        let dialect = self.context.target;
        let alias = &update.alias;
        let set = super::changes::columns_set(&update.assignments);
        let by = set.first().map(|name| super::ident(name, dialect)).unwrap_or_default();
        let (numbered, row) = self.numbered(before, alias, &by);
        let number = self.free("match_number");
        let mut parts = vec![Part::Text(format!("select\n    {alias}.{row}"))];
        for one in &update.assignments {
            text(&mut parts, ",\n    ");
            let value = self.assigned(id, one);
            extend(&mut parts, value);
            text(&mut parts, format!(" as {}", super::ident(&one.column, dialect)));
        }
        let place = format!("{alias}.{row}");
        let count = format!(",\n    row_number() over (partition by {place} order by {place}) as {number}\nfrom ");
        text(&mut parts, count);
        parts.push(numbered.clone());
        text(&mut parts, format!(" as {alias}\ncross join "));
        let others = joined(self.parts(from));
        extend(&mut parts, others);
        text(&mut parts, "\nwhere ");
        extend(&mut parts, filter);
        let matched = self.stage_of("matched", &[], parts);
        let new = self.grown(id);
        let changed = |column: &str, name: &str| {
            let is_new = new.iter().any(|other| super::terms::same_column(&other.name, column));
            let otherwise = if is_new { String::new() } else { format!(" else {alias}.{name}") };
            let case = format!("case when {matched}.{number} = 1 then {matched}.{name}{otherwise} end");
            set.iter().any(|of| super::terms::same_column(of, column)).then(|| vec![Part::Text(case)])
        };
        let mut parts = self.projection_of(id, alias, &set, std::slice::from_ref(&row), &changed)?;
        text(&mut parts, "\nfrom ");
        parts.push(numbered);
        text(&mut parts, format!(" as {alias}\nleft join {matched} on {matched}.{row} = {alias}.{row}"));
        text(&mut parts, format!(" and {matched}.{number} = 1"));
        self.replace(&super::changes::name_of_update(&update.assignments), parts);
        Ok(())
    }
}

/// The one table or subquery that a FROM clause names; none where there are several.
pub(super) fn factor(from: &Sql) -> Option<Factor<'_>> {
    let mut plain = from.text.clone();
    for edit in from.edits.iter().filter(|edit| edit.text.trim().is_empty()) {
        let blanks = " ".repeat(edit.range.len());
        if plain.get(edit.range.clone()).is_some() {
            plain.replace_range(edit.range.clone(), &blanks);
        }
    }
    let start = from.text.len() - from.text.trim_start().len();
    if let [mention] = from.mentions.as_slice()
        && mention.range.start == start
    {
        let own = || mention.alias.clone().or_else(|| Some(mention.relation.name().to_owned()));
        let alias = match plain.get(mention.range.end..)?.trim() {
            "" => own()?,
            rest => alias(rest)?,
        };
        return Some(Factor { alias, mention: Some(mention), query: None });
    }
    let close = super::terms::closing(&plain, start)?;
    let alias = alias(plain.get(close + 1..)?.trim())?;
    Some(Factor { alias, mention: None, query: from.text.get(start + 1..close) })
}

/// `as name` or `name`.
fn alias(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let name = match words.as_slice() {
        [name] => name,
        [word, name] if word.eq_ignore_ascii_case("as") => name,
        _ => return None,
    };
    column(&format!("{name}.x")).map(|(alias, _)| alias)
}
