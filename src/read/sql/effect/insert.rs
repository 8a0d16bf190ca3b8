//! INSERT in all its forms.
//!
//! In: the parsed statement. Out: Append or Replace.

use sqlparser::ast::{Insert, TableObject};

use super::read::Reader;
use super::{Outcome, Understood};
use crate::steps::{Body, Effect};

/// `INSERT INTO t [(columns)] q`.
pub fn insert(reader: Reader, insert: &Insert) -> Understood {
    let unread = |reason: &str| Outcome::Unread { reason: reason.to_owned(), step: None };
    let TableObject::TableName(name) = &insert.table else {
        return reader.done("insert", unread("the target is no table"));
    };
    let relation = reader.relation(name);
    let Some(query) = &insert.source else {
        return reader.done("insert", unread("not yet read"));
    };
    let columns = reader.last_parts(&insert.columns);
    let body = Body::Query(reader.query(query));
    if insert.overwrite {
        return reader.effects("insert overwrite", vec![Effect::Replace { relation, columns, body }]);
    }
    reader.effects("insert", vec![Effect::Append { relation, columns, body, conflict: None }])
}
