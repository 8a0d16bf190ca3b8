//! Rows that are changed in place, written as a query over the rows of before.
//!
//! In: UPDATE, DELETE, ALTER. Out: one stage each. A condition that is neither true nor false changes nothing, as in
//! the statement itself.

use super::builder::{Builder, typed};
use super::ident::ident;
use super::manual::Problem;
use super::matches::Joining;
use super::rows::{Branch, Rows, text};
use super::splice::extend;
use super::terms::same_column;
use super::values::both;
use crate::dialect::{Dialect, StarExcept};
use crate::plan::drafts::Part;
use crate::steps::{Assignment, Change, ColumnDef, Delete, Sql, Update};
use crate::versions::VersionId;

impl Builder<'_, '_> {
    pub(super) fn update(
        &mut self,
        id: VersionId,
        update: &Update,
        condition: Option<Vec<Part>>,
    ) -> Result<(), Problem> {
        if update.from.is_some() && update.filter.is_none() {
            let reason = "the UPDATE joins another table without a condition";
            return Err(Problem::new(reason, "add the condition that joins the two"));
        }
        self.has_columns(id, update.assignments.iter().map(|one| &one.column))?;
        let before = self.present();
        let joins = update.filter.as_ref().map(|sql| self.parts(sql));
        let filter = both(joins.clone(), condition);
        let new = self.grown(id);
        if filter.is_some() {
            self.say_left_out(&new.iter().map(|column| &column.name).collect::<Vec<_>>());
        }
        let from = match (&update.from, &update.filter, joins) {
            (Some(from), Some(sql), Some(on)) => match self.joining(update, from, sql) {
                Joining::Unique => Some((joined(self.parts(from)), on, None)),
                Joining::FirstOfKey { keys, own } => {
                    let (from, first) = self.first_of_key(from, sql, &keys, &own);
                    Some((from, on, Some(first)))
                }
                Joining::AnyMatch => {
                    return self.update_any(id, update, before, from, filter.unwrap_or_default());
                }
            },
            _ => None,
        };
        let values: Vec<(String, Vec<Part>)> =
            update.assignments.iter().map(|set| (set.column.clone(), self.assigned(id, set))).collect();
        let alias = &update.alias;
        let changed = |column: &str, name: &str| -> Option<Vec<Part>> {
            let (_, value) = values.iter().find(|(of, _)| same_column(of, column))?;
            let is_new = new.iter().any(|other| same_column(&other.name, column));
            let old = (!is_new).then(|| format!("{alias}.{name}"));
            Some(filter.as_ref().map_or_else(|| value.clone(), |filter| where_it_holds(filter, value, old.as_deref())))
        };
        let mut parts = self.projection(id, alias, &columns_set(&update.assignments), &changed)?;
        text(&mut parts, "\nfrom ");
        parts.push(before);
        text(&mut parts, format!(" as {alias}"));
        if let Some((from, on, first)) = from {
            text(&mut parts, "\nleft join ");
            extend(&mut parts, from);
            text(&mut parts, " on ");
            extend(&mut parts, on);
            text(&mut parts, first.map_or(String::new(), |first| format!(" and {first}")));
        }
        self.replace(&name_of_update(&update.assignments), parts);
        Ok(())
    }

    /// That the columns which a statement sets or fills are among those that the relation is known to have.
    pub(super) fn has_columns<'n>(
        &self,
        id: VersionId,
        names: impl IntoIterator<Item = &'n String>,
    ) -> Result<(), Problem> {
        let Some(known) = self.context.columns.get(id).filter(|_| !self.is_undeclared()) else { return Ok(()) };
        let is_unknown = |name: &&String| !known.iter().any(|column| same_column(&column.name, name));
        let Some(name) = names.into_iter().find(is_unknown) else { return Ok(()) };
        let relation = self.context.version(id).map(|version| version.relation.to_string()).unwrap_or_default();
        let reason = format!(
            "the statements name the column {name} of {relation}, and the inputs do not say what others it has"
        );
        Err(Problem { columns: true, ..Problem::new(reason, "give the DDL with --schema") })
    }

    /// `select` of all columns of `alias`, those that `changed` knows by what it says.
    pub(super) fn projection(
        &mut self,
        id: VersionId,
        alias: &str,
        set: &[String],
        changed: &dyn Fn(&str, &str) -> Option<Vec<Part>>,
    ) -> Result<Vec<Part>, Problem> {
        self.projection_of(id, alias, set, &[], changed)
    }

    /// The same where `alias` has `more` columns than the relation.
    pub(super) fn projection_of(
        &mut self,
        id: VersionId,
        alias: &str,
        set: &[String],
        more: &[String],
        changed: &dyn Fn(&str, &str) -> Option<Vec<Part>>,
    ) -> Result<Vec<Part>, Problem> {
        let dialect = self.context.target;
        let relation = self.context.version(id).map(|version| version.relation.to_string()).unwrap_or_default();
        let mut parts = Vec::new();
        text(&mut parts, "select");
        let known = self.context.columns.get(id).map(<[_]>::to_vec);
        if self.is_undeclared() {
            let value = |name: &String| {
                let mut value = vec![Part::Text("    ".to_owned())];
                extend(&mut value, changed(name, &ident(name, dialect))?);
                Some((name.clone(), value))
            };
            let values = set.iter().filter_map(value).collect();
            parts.push(Part::Text("\n".to_owned()));
            for name in more {
                parts.push(Part::Text(format!("    {alias}.{name},\n")));
            }
            parts.push(self.each_column(values, Self::column_of(alias)));
            return Ok(parts);
        }
        let columns: Vec<ColumnDef> = if let Some(columns) = known {
            columns
        } else {
            let names: Vec<String> = set.iter().map(|name| ident(name, dialect)).chain(more.iter().cloned()).collect();
            let word = star_word(dialect).ok_or_else(|| Problem::columns(relation))?;
            text(&mut parts, format!("\n    {alias}.* {word} ({}),", names.join(", ")));
            self.incomplete = true;
            set.iter().map(|name| ColumnDef { name: name.clone(), ..ColumnDef::default() }).collect()
        };
        for (at, column) in columns.iter().enumerate() {
            let name = ident(&column.name, dialect);
            text(&mut parts, if at == 0 { "\n    " } else { ",\n    " });
            match changed(&column.name, &name) {
                None => text(&mut parts, format!("{alias}.{name}")),
                Some(value) if column.sql_type.is_empty() => {
                    extend(&mut parts, value);
                    text(&mut parts, format!(" as {name}"));
                }
                Some(value) => {
                    text(&mut parts, "cast(");
                    extend(&mut parts, value);
                    text(&mut parts, format!(" as {}) as {name}", column.sql_type));
                }
            }
        }
        Ok(parts)
    }

    pub(super) fn delete(&mut self, delete: &Delete, condition: Option<Vec<Part>>) {
        let before = self.present();
        let filter = both(Some(self.parts(&delete.filter)), condition).unwrap_or_default();
        let using = delete.using.as_ref().map(|sql| self.parts(sql));
        let mut parts = vec![Part::Text("select *\nfrom ".to_owned()), before];
        text(&mut parts, format!(" as {}\nwhere ", delete.alias));
        match using {
            None => extend(&mut parts, not_true(filter, self.context.target)),
            Some(using) => {
                text(&mut parts, "not exists (select 1 from ");
                extend(&mut parts, using);
                text(&mut parts, " where ");
                extend(&mut parts, filter);
                text(&mut parts, ")");
            }
        }
        self.replace(&name_of_delete(&delete.filter), parts);
    }

    pub(super) fn alter(&mut self, id: VersionId, change: &Change) -> Result<(), Problem> {
        let dialect = self.context.target;
        let before = self.present();
        let alias = self.free("altered");
        let (name, mut parts) = match change {
            Change::Add(column) => {
                let name = ident(&column.name, dialect);
                let value = typed(column.default.as_deref().unwrap_or("null"), column, &name);
                (
                    format!("with_{}", plain_name(&column.name)),
                    vec![Part::Text(format!("select\n    {alias}.*,\n    {value}"))],
                )
            }
            Change::Drop(name) => {
                let without = format!("without_{}", plain_name(name));
                let parts = match self.context.columns.get(id) {
                    Some(_) => self.projection(id, &alias, &[], &|_, _| None)?,
                    None => self.star_without(id, &alias, name)?,
                };
                (without, parts)
            }
            Change::Rename { from, to } => {
                let old = ident(from, dialect);
                let changed =
                    |column: &str, _: &str| same_column(column, to).then(|| vec![Part::Text(format!("{alias}.{old}"))]);
                let parts = if self.context.columns.get(id).is_some() {
                    self.projection(id, &alias, &[], &changed)?
                } else {
                    let mut parts = self.star_without(id, &alias, from)?;
                    text(&mut parts, format!(",\n    {alias}.{old} as {}", ident(to, dialect)));
                    parts
                };
                ("renamed".to_owned(), parts)
            }
            Change::Retype(column) => {
                let set = vec![column.name.clone()];
                let changed = |of: &str, name: &str| {
                    let cast = format!("cast({alias}.{name} as {})", column.sql_type);
                    same_column(of, &column.name).then(|| vec![Part::Text(cast)])
                };
                (format!("with_{}", plain_name(&column.name)), self.projection(id, &alias, &set, &changed)?)
            }
        };
        text(&mut parts, "\nfrom ");
        parts.push(before);
        text(&mut parts, format!(" as {alias}"));
        self.replace(&name, parts);
        Ok(())
    }

    fn star_without(&mut self, id: VersionId, alias: &str, name: &str) -> Result<Vec<Part>, Problem> {
        let dialect = self.context.target;
        let relation = self.context.version(id).map(|version| version.relation.to_string()).unwrap_or_default();
        let word = star_word(dialect).ok_or_else(|| Problem::columns(relation))?;
        self.incomplete = true;
        Ok(vec![Part::Text(format!("select\n    {alias}.* {word} ({})", ident(name, dialect)))])
    }

    /// A stage that holds all rows from now on.
    pub(super) fn replace(&mut self, name: &str, parts: Vec<Part>) {
        let stage = self.stage_of(name, &[], parts);
        self.rows = Rows::In(vec![Branch { stage, columns: Vec::new() }]);
    }
}

/// A value where a condition holds, else the one of before; none where the column is new.
fn where_it_holds(condition: &[Part], value: &[Part], old: Option<&str>) -> Vec<Part> {
    let mut parts = vec![Part::Text("case when ".to_owned())];
    extend(&mut parts, condition.to_vec());
    text(&mut parts, " then ");
    extend(&mut parts, value.to_vec());
    text(&mut parts, old.map_or_else(|| " end".to_owned(), |old| format!(" else {old} end")));
    parts
}

fn star_word(dialect: Dialect) -> Option<&'static str> {
    match dialect.traits().star_except {
        StarExcept::Exclude => Some("exclude"),
        StarExcept::Except => Some("except"),
        StarExcept::None => None,
    }
}

/// That a condition is not true: NULL keeps the row. Where the target cannot ask so, a CASE does.
pub(super) fn not_true(condition: Vec<Part>, dialect: Dialect) -> Vec<Part> {
    let asked = dialect.traits().truth_tests;
    let (before, behind) = if asked { ("(", ") is not true") } else { ("case when ", " then 0 else 1 end = 1") };
    let mut parts = vec![Part::Text(before.to_owned())];
    extend(&mut parts, condition);
    text(&mut parts, behind);
    parts
}

pub(super) fn columns_set(assignments: &[Assignment]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for assignment in assignments {
        if !names.contains(&assignment.column) {
            names.push(assignment.column.clone());
        }
    }
    names
}

/// The text of a FROM clause as one operand of a join: in parentheses where it names several tables.
pub(super) fn joined(parts: Vec<Part>) -> Vec<Part> {
    let mut depth = 0_i32;
    let mut several = false;
    let mut out: Vec<Part> = Vec::new();
    for part in parts {
        let Part::Text(words) = part else {
            out.push(part);
            continue;
        };
        let mut rest = String::new();
        let mut outer = String::new();
        let mut quote: Option<char> = None;
        for c in words.chars() {
            match (quote, c) {
                (Some(open), c) if c == open => quote = None,
                (None, '\'' | '"' | '`') => quote = Some(c),
                (None, '(') => depth += 1,
                (None, ')') => depth -= 1,
                _ => {}
            }
            outer.push(if quote.is_none() && depth == 0 { c } else { ' ' });
            if quote.is_none() && c == ',' && depth == 0 {
                several = true;
                rest.push_str(" cross join");
            } else {
                rest.push(c);
            }
        }
        several |= outer.to_lowercase().split_whitespace().any(|word| word == "join");
        out.push(Part::Text(rest));
    }
    if several {
        out.insert(0, Part::Text("(".to_owned()));
        out.push(Part::Text(")".to_owned()));
    }
    out
}

fn plain_name(name: &str) -> String {
    crate::plan::names::snake(name)
}

pub(super) fn name_of_update(assignments: &[Assignment]) -> String {
    match columns_set(assignments).as_slice() {
        [one] => format!("with_{}", plain_name(one)),
        [one, other] => format!("with_{}_and_{}", plain_name(one), plain_name(other)),
        _ => "updated".to_owned(),
    }
}

/// `without_cancelled` for a condition that compares with one word; else `remaining`.
fn name_of_delete(filter: &Sql) -> String {
    let quoted: Vec<&str> = filter.text.split('\'').skip(1).step_by(2).collect();
    match quoted.as_slice() {
        [only] if !plain_name(only).is_empty() && only.len() < 25 && filter.mentions.is_empty() => {
            format!("without_{}", plain_name(only))
        }
        _ => "remaining".to_owned(),
    }
}
