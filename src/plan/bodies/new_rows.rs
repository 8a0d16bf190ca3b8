//! The values of rows that a MERGE or an upsert adds.
//!
//! In: the values that an arm names, the columns of the table. Out: a SELECT of all its columns: values, defaults, keys.

use super::builder::Builder;
use super::changes::not_true;
use super::ident::ident;
use super::manual::Problem;
use super::merges::Upsert;
use super::rows::text;
use super::splice::extend;
use super::terms::same_column;
use crate::dialect::Dialect;
use crate::plan::drafts::Part;
use crate::steps::{Assignment, ColumnDef};
use crate::versions::VersionId;

impl Builder<'_, '_> {
    /// The value that a column of the version is set to; `DEFAULT` is what the column was declared with.
    pub(super) fn assigned(&mut self, id: VersionId, set: &Assignment) -> Vec<Part> {
        if !is_default(set) {
            return self.parts(&set.value);
        }
        let columns = self.context.columns.get(id).unwrap_or_default();
        match columns.iter().find(|column| same_column(&column.name, &set.column)) {
            Some(column) if !column.generated && !self.is_undeclared() => {
                vec![Part::Text(column.default.clone().unwrap_or_else(|| "null".to_owned()))]
            }
            _ => {
                let reason = format!("the default of the column {} is not known", set.column);
                self.problem = Some(Problem::new(reason, "write the value out, or give the DDL with --schema"));
                Vec::new()
            }
        }
    }

    /// `select … from incoming`: the values of new rows, where the rows of before are `before`.
    pub(super) fn new_rows(
        &mut self,
        id: VersionId,
        columns: &[ColumnDef],
        upsert: &Upsert,
        values: &[(String, Vec<Part>)],
        before: Option<&Part>,
    ) -> Vec<Part> {
        let dialect = self.context.target;
        let mut parts = vec![Part::Text("select".to_owned())];
        let mut numbered = Vec::new();
        let order: Vec<String> = upsert.order.clone().unwrap_or_else(|| self.order_of(id, columns, values));
        for (at, column) in columns.iter().enumerate() {
            let name = ident(&column.name, dialect);
            let given = values.iter().find(|(of, _)| same_column(of, &column.name)).map(|(_, value)| value.clone());
            let untyped = before.is_some() && column.sql_type.is_empty() && column.default.is_none();
            let given = given.filter(|value| !(untyped && is_null(value)));
            let drawn = column.generated || self.drawn.iter().any(|name| same_column(name, &column.name));
            let value = match given {
                Some(value) => value,
                None if drawn => {
                    numbered.push(column.name.clone());
                    self.next_key(column, before, &order)
                }
                None => missing_value(upsert, column, &name, before),
            };
            text(&mut parts, if at == 0 { "\n    " } else { ",\n    " });
            let cast = !column.sql_type.is_empty();
            text(&mut parts, if cast { "cast(" } else { "" });
            extend(&mut parts, value);
            text(&mut parts, if cast { format!(" as {}) as {name}", column.sql_type) } else { format!(" as {name}") });
        }
        if !numbered.is_empty() && before.is_some() {
            self.say_numbered(id, &numbered, &order);
        }
        text(&mut parts, "\nfrom ");
        extend(&mut parts, upsert.incoming.clone());
        text(&mut parts, format!(" as {}", upsert.incoming_alias));
        parts
    }

    /// What new rows are numbered by: the values of the natural key, else all values that are columns.
    fn order_of(&self, id: VersionId, columns: &[ColumnDef], values: &[(String, Vec<Part>)]) -> Vec<String> {
        let plain = |value: &[Part]| match value {
            [Part::Text(text)] => super::terms::column(text).map(|_| text.trim().to_owned()),
            _ => None,
        };
        let brought: Vec<String> =
            values.iter().filter(|(_, value)| plain(value).is_some()).map(|(name, _)| name.clone()).collect();
        let wanted = self.natural_order(id, columns, &brought);
        let target = self.context.target;
        let of = |name: &String| {
            values.iter().find(|(of, _)| ident(of, target) == *name).and_then(|(_, value)| plain(value))
        };
        let order: Vec<String> = wanted.iter().filter_map(of).collect();
        if order.is_empty() { vec!["(select null)".to_owned()] } else { order }
    }
}

/// Whether a column is set to its default.
pub(super) fn is_default(set: &Assignment) -> bool {
    set.value.text.trim().eq_ignore_ascii_case("default")
}

/// Whether a value is NULL, which has no type of its own.
fn is_null(value: &[Part]) -> bool {
    matches!(value, [Part::Text(text)] if text.trim().eq_ignore_ascii_case("null"))
}

/// The conditions under which an arm adds a row: its own, and that none of the earlier arms was for the row.
pub(super) fn conditions(own: Option<&Vec<Part>>, earlier: &[Vec<Part>], dialect: Dialect) -> Vec<Vec<Part>> {
    let own = own.map(|condition| {
        let mut parts = vec![Part::Text("(".to_owned())];
        extend(&mut parts, condition.clone());
        text(&mut parts, ")");
        parts
    });
    own.into_iter().chain(earlier.iter().map(|condition| not_true(condition.clone(), dialect))).collect()
}

/// The value of a column that is left out: a NULL of the column's own type.
fn missing_value(upsert: &Upsert, column: &ColumnDef, name: &str, before: Option<&Part>) -> Vec<Part> {
    let alias = &upsert.alias;
    match (&column.default, before.filter(|_| column.sql_type.is_empty())) {
        (Some(default), _) => vec![Part::Text(default.clone())],
        (None, None) => vec![Part::Text("null".to_owned())],
        (None, Some(before)) => {
            let mut parts = vec![Part::Text(format!("(select {alias}.{name} from ")), before.clone()];
            text(&mut parts, format!(" as {alias} where 1 = 0)"));
            parts
        }
    }
}
