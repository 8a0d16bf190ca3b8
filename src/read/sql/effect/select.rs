//! A lone SELECT: rows for the caller, a new table, or values of variables.
//!
//! In: the parsed query, and its INTO clause. Out: Read, Create or Bind.

use sqlparser::ast::Query as ParsedQuery;

use super::Understood;
use super::grammar::grammar;
use super::joins::name;
use super::lex::lex_some;
use super::prepare::IntoClause;
use super::read::Reader;
use crate::dialect::Dialect;
use crate::name::Relation;
use crate::steps::{Body, Effect, Form, Lifetime};

/// `SELECT …`, `SELECT … INTO x`.
pub fn select(reader: Reader, query: &ParsedQuery) -> Understood {
    let Some(into) = reader.aside.into.clone() else {
        let body = Body::Query(reader.defining_query(query, &[]));
        return reader.effects("select", vec![Effect::Read { body }]);
    };
    let body = if into.table { reader.defining_query(query, &[]) } else { reader.query(query) };
    let names = into_names(&reader, &into);
    if into.table {
        let relation = named(names.first().map_or("", String::as_str), reader.around.dialect);
        let lifetime = if into.temporary { Lifetime::Temporary } else { Lifetime::Lasting };
        let effect =
            Effect::Create { relation, lifetime, form: Form::Table, columns: Vec::new(), body: Body::Query(body) };
        return reader.effects("select into", vec![effect]);
    }
    let variables = names.into_iter().map(|name| name.trim_start_matches([':', '@']).to_lowercase()).collect();
    reader.effects("select into", vec![Effect::Bind { variables, body }])
}

fn into_names(reader: &Reader, into: &IntoClause) -> Vec<String> {
    into.targets.iter().map(|place| reader.text().get(place.clone()).unwrap_or("").to_owned()).collect()
}

/// The relation that a name as written means, its quotes taken off.
fn named(text: &str, dialect: Dialect) -> Relation {
    let Some(parser) = grammar(dialect).parsers.first() else { return Relation::plain(text, dialect) };
    Relation::new(name(&lex_some(text, dialect, *parser), 0, dialect).0, dialect)
}
