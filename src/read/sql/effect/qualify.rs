//! Unqualified names get the schema that `USE` or `SET search_path` named.
//!
//! In: an effect, a schema, and which names are temporary. Out: the same effect with those relations' full names. The
//! author's text stays: only what it means is noted.

use crate::dialect::Dialect;
use crate::name::{Ident, Relation};
use crate::steps::{Assignment, Body, ColumnUse, Conflict, Effect, Merge, MergeAction, Output, Query, Sql};

/// Puts `schema` before every name without one, unless `temporary` says that the name is the script's own.
pub fn qualify(effect: &mut Effect, schema: &str, dialect: Dialect, temporary: &dyn Fn(&Relation) -> bool) {
    let schema = Ident::new(schema.trim_matches(['"', '`', '[', ']']), schema.starts_with(['"', '`', '[']), dialect);
    let own = effect.made_temporary().cloned();
    let full = |relation: &Relation| {
        let bare = relation.parts().len() == 1 && !relation.name().starts_with(['#', '@']);
        if !bare || own.as_ref() == Some(relation) || temporary(relation) {
            return None;
        }
        let parts = std::iter::once(schema.clone()).chain(relation.parts().iter().cloned()).collect();
        Some(Relation::new(parts, dialect))
    };
    Qualify { full: &full }.effect(effect);
}

/// Gives the effect's relations the names that `full` has for them.
pub fn rename(effect: &mut Effect, full: &dyn Fn(&Relation) -> Option<Relation>) {
    Qualify { full }.effect(effect);
}

/// The same for a piece of SQL.
pub fn rename_sql(sql: &mut Sql, full: &dyn Fn(&Relation) -> Option<Relation>) {
    Qualify { full }.sql(sql);
}

struct Qualify<'f> {
    full: &'f dyn Fn(&Relation) -> Option<Relation>,
}

impl Qualify<'_> {
    fn relation(&self, relation: &mut Relation) {
        if let Some(full) = (self.full)(relation) {
            *relation = full;
        }
    }

    fn effect(&self, effect: &mut Effect) {
        match effect {
            Effect::Create { relation, body, .. } | Effect::Replace { relation, body, .. } => {
                self.body(body);
                self.relation(relation);
            }
            Effect::Append { relation, body, conflict, .. } => {
                self.body(body);
                self.relation(relation);
                if let Some(conflict) = conflict {
                    self.conflict(conflict);
                }
            }
            Effect::Declare { relation, .. }
            | Effect::Truncate { relation }
            | Effect::Drop { relation }
            | Effect::Alter { relation, .. } => self.relation(relation),
            Effect::Rename { from: left, to: right } | Effect::Swap { left, right } => {
                self.relation(left);
                self.relation(right);
            }
            Effect::Merge(merge) => self.merge(merge),
            Effect::Update(update) => {
                self.relation(&mut update.relation);
                self.assignments(&mut update.assignments);
                update.from.iter_mut().chain(&mut update.filter).for_each(|sql| self.sql(sql));
                self.uses(&mut update.deciding);
            }
            Effect::Delete(delete) => {
                self.relation(&mut delete.relation);
                delete.using.iter_mut().for_each(|sql| self.sql(sql));
                self.sql(&mut delete.filter);
                self.uses(&mut delete.deciding);
            }
            Effect::Bind { body, .. } => self.query(body),
            Effect::Read { body } => self.body(body),
            Effect::Call { .. } => {}
            Effect::Opaque(opaque) => {
                opaque.reads.iter_mut().chain(&mut opaque.writes).for_each(|relation| self.relation(relation));
            }
        }
    }

    fn body(&self, body: &mut Body) {
        match body {
            Body::Query(query) => self.query(query),
            Body::Frame(_) => {}
        }
    }

    fn query(&self, query: &mut Query) {
        self.sql(&mut query.sql);
        for output in query.outputs.iter_mut().chain(query.branches.iter_mut().flatten()) {
            match output {
                Output::Column { from, .. } => self.uses(from),
                Output::Star { relation, .. } => self.relation(relation),
            }
        }
        self.uses(&mut query.deciding);
    }

    fn uses(&self, uses: &mut [ColumnUse]) {
        uses.iter_mut().flat_map(|used| &mut used.relations).for_each(|relation| self.relation(relation));
    }

    fn sql(&self, sql: &mut Sql) {
        sql.mentions.iter_mut().for_each(|mention| self.relation(&mut mention.relation));
    }

    fn assignments(&self, list: &mut [Assignment]) {
        for assignment in list {
            self.sql(&mut assignment.value);
            self.uses(&mut assignment.from);
        }
    }

    fn conflict(&self, conflict: &mut Conflict) {
        self.assignments(&mut conflict.assignments);
        conflict.filter.iter_mut().for_each(|filter| self.sql(filter));
    }

    fn merge(&self, merge: &mut Merge) {
        self.relation(&mut merge.relation);
        self.sql(&mut merge.using);
        self.sql(&mut merge.on);
        self.uses(&mut merge.deciding);
        for arm in &mut merge.arms {
            arm.condition.iter_mut().for_each(|condition| self.sql(condition));
            match &mut arm.action {
                MergeAction::Update(list) | MergeAction::Insert(list) => self.assignments(list),
                MergeAction::UpdateAll | MergeAction::InsertAll | MergeAction::Delete | MergeAction::Nothing => {}
            }
        }
    }
}
