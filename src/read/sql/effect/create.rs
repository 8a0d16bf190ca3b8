//! CREATE TABLE and CREATE VIEW.
//!
//! In: the parsed statement. Out: Create or Declare, with keys and references as facts.

use sqlparser::ast::{CreateTable, CreateView};

use super::read::Reader;
use super::{Outcome, Understood};
use crate::steps::{Body, Effect, Form, Lifetime};

/// `CREATE TABLE … AS q`, `CREATE TABLE t (…)`.
pub fn table(reader: Reader, create: &CreateTable) -> Understood {
    let relation = reader.relation(&create.name);
    let temporary = create.temporary || create.volatile || relation.name().starts_with('#');
    let lifetime = if temporary { Lifetime::Temporary } else { Lifetime::Lasting };
    let Some(query) = &create.query else {
        return reader.done("create table", Outcome::Unread { reason: "not yet read".to_owned(), step: None });
    };
    let columns = reader.columns(create.columns.iter().map(|column| &column.name));
    let body = Body::Query(reader.query(query));
    let what = if temporary { "create temp table as" } else { "create table as" };
    reader.effects(what, vec![Effect::Create { relation, lifetime, form: Form::Table, columns, body }])
}

/// `CREATE [MATERIALIZED] VIEW`.
pub fn view(reader: Reader, create: &CreateView) -> Understood {
    let relation = reader.relation(&create.name);
    let lifetime = if create.temporary { Lifetime::Temporary } else { Lifetime::Lasting };
    let form = if create.materialized { Form::Table } else { Form::View };
    let columns = reader.columns(create.columns.iter().map(|column| &column.name));
    let body = Body::Query(reader.query(&create.query));
    let what = if create.materialized { "create materialized view" } else { "create view" };
    reader.effects(what, vec![Effect::Create { relation, lifetime, form, columns, body }])
}
