//! What an effect reads and writes.
//!
//! In: an effect. Out: its pieces of SQL, and the relations in them. Never binds a name to a version.

use super::{
    Assignment, Body, ColumnUse, Conflict, Delete, Effect, Guard, Lifetime, Merge, MergeAction, Query, Sql, Step,
    Update,
};
use crate::name::Relation;

impl Effect {
    /// The pieces of SQL in it, in order. A [`Body::Frame`] has none.
    pub fn sqls(&self) -> Vec<&Sql> {
        match self {
            Self::Create { body, .. } | Self::Replace { body, .. } | Self::Read { body } => body_sqls(body),
            Self::Append { body, conflict, .. } => {
                let mut sqls = body_sqls(body);
                sqls.extend(conflict.iter().flat_map(conflict_sqls));
                sqls
            }
            Self::Merge(merge) => merge_sqls(merge),
            Self::Update(update) => update_sqls(update),
            Self::Delete(delete) => delete_sqls(delete),
            Self::Bind { body, .. } => vec![&body.sql],
            Self::Declare { .. }
            | Self::Truncate { .. }
            | Self::Drop { .. }
            | Self::Rename { .. }
            | Self::Swap { .. }
            | Self::Alter { .. }
            | Self::Call { .. }
            | Self::Opaque(_) => Vec::new(),
        }
    }

    /// The relations that its queries and conditions read, in order, each once. The earlier rows of its own
    /// target are only among them when a query names them.
    pub fn reads(&self) -> Vec<Relation> {
        let mut all: Vec<Relation> = Vec::new();
        let mut add = |relation: &Relation| {
            if !all.contains(relation) {
                all.push(relation.clone());
            }
        };
        match self {
            Self::Create { body: Body::Frame(frame), .. }
            | Self::Replace { body: Body::Frame(frame), .. }
            | Self::Append { body: Body::Frame(frame), .. }
            | Self::Read { body: Body::Frame(frame) } => frame.relations().iter().for_each(&mut add),
            Self::Opaque(opaque) => opaque.reads.iter().for_each(&mut add),
            Self::Create { .. }
            | Self::Replace { .. }
            | Self::Append { .. }
            | Self::Read { .. }
            | Self::Declare { .. }
            | Self::Merge(_)
            | Self::Update(_)
            | Self::Delete(_)
            | Self::Truncate { .. }
            | Self::Drop { .. }
            | Self::Rename { .. }
            | Self::Swap { .. }
            | Self::Alter { .. }
            | Self::Call { .. }
            | Self::Bind { .. } => {}
        }
        for sql in self.sqls() {
            sql.mentions.iter().for_each(|mention| add(&mention.relation));
        }
        all
    }

    /// The relations of which it reads rows: without one whose columns alone are copied.
    pub fn reads_rows(&self) -> Vec<Relation> {
        if self.is_hollow() { Vec::new() } else { self.reads() }
    }

    /// Whether its query gives columns and never a row.
    pub fn is_hollow(&self) -> bool {
        self.body().and_then(Body::query).is_some_and(Query::is_hollow)
    }

    /// Whether it puts rows into what it writes: it does more than to make, change, empty or drop it.
    pub fn puts_rows(&self) -> bool {
        match self {
            Self::Create { .. }
            | Self::Replace { .. }
            | Self::Append { .. }
            | Self::Rename { .. }
            | Self::Swap { .. }
            | Self::Opaque(_) => !self.is_hollow(),
            Self::Merge(merge) => {
                merge.arms.iter().any(|arm| matches!(arm.action, MergeAction::Insert(_) | MergeAction::InsertAll))
            }
            Self::Declare { .. }
            | Self::Update(_)
            | Self::Delete(_)
            | Self::Truncate { .. }
            | Self::Drop { .. }
            | Self::Alter { .. }
            | Self::Call { .. }
            | Self::Bind { .. }
            | Self::Read { .. } => false,
        }
    }

    /// The relations whose rows, columns or names it changes, in order.
    pub fn writes(&self) -> Vec<&Relation> {
        match self {
            Self::Create { relation, .. }
            | Self::Declare { relation, .. }
            | Self::Replace { relation, .. }
            | Self::Append { relation, .. }
            | Self::Truncate { relation }
            | Self::Drop { relation }
            | Self::Alter { relation, .. } => vec![relation],
            Self::Merge(merge) => vec![&merge.relation],
            Self::Update(update) => vec![&update.relation],
            Self::Delete(delete) => vec![&delete.relation],
            Self::Rename { from, to } => vec![from, to],
            Self::Swap { left, right } => vec![left, right],
            Self::Opaque(opaque) => opaque.writes.iter().collect(),
            Self::Call { .. } | Self::Bind { .. } | Self::Read { .. } => Vec::new(),
        }
    }

    /// The relation that it makes for the script alone.
    pub fn made_temporary(&self) -> Option<&Relation> {
        match self {
            Self::Create { relation, lifetime: Lifetime::Temporary, .. }
            | Self::Declare { relation, lifetime: Lifetime::Temporary, .. } => Some(relation),
            Self::Create { .. }
            | Self::Declare { .. }
            | Self::Replace { .. }
            | Self::Append { .. }
            | Self::Merge(_)
            | Self::Update(_)
            | Self::Delete(_)
            | Self::Truncate { .. }
            | Self::Drop { .. }
            | Self::Rename { .. }
            | Self::Swap { .. }
            | Self::Alter { .. }
            | Self::Call { .. }
            | Self::Bind { .. }
            | Self::Read { .. }
            | Self::Opaque(_) => None,
        }
    }

    /// The rows that it writes or reads as a whole, when it has such.
    pub fn body(&self) -> Option<&Body> {
        match self {
            Self::Create { body, .. }
            | Self::Replace { body, .. }
            | Self::Append { body, .. }
            | Self::Read { body } => Some(body),
            Self::Declare { .. }
            | Self::Merge(_)
            | Self::Update(_)
            | Self::Delete(_)
            | Self::Truncate { .. }
            | Self::Drop { .. }
            | Self::Rename { .. }
            | Self::Swap { .. }
            | Self::Alter { .. }
            | Self::Call { .. }
            | Self::Bind { .. }
            | Self::Opaque(_) => None,
        }
    }
}

impl Effect {
    /// The columns that it sets one by one, in order.
    pub fn assignments(&self) -> Vec<&Assignment> {
        match self {
            Self::Update(update) => update.assignments.iter().collect(),
            Self::Merge(merge) => {
                let sets = merge.arms.iter().map(|arm| match &arm.action {
                    MergeAction::Update(sets) | MergeAction::Insert(sets) => sets.as_slice(),
                    MergeAction::UpdateAll | MergeAction::InsertAll | MergeAction::Delete | MergeAction::Nothing => &[],
                });
                sets.flatten().collect()
            }
            Self::Append { conflict: Some(conflict), .. } => conflict.assignments.iter().collect(),
            Self::Create { .. }
            | Self::Declare { .. }
            | Self::Replace { .. }
            | Self::Append { .. }
            | Self::Delete(_)
            | Self::Truncate { .. }
            | Self::Drop { .. }
            | Self::Rename { .. }
            | Self::Swap { .. }
            | Self::Alter { .. }
            | Self::Call { .. }
            | Self::Bind { .. }
            | Self::Read { .. }
            | Self::Opaque(_) => Vec::new(),
        }
    }

    /// The columns that decide which rows it changes.
    pub fn deciding(&self) -> &[ColumnUse] {
        match self {
            Self::Update(update) => &update.deciding,
            Self::Delete(delete) => &delete.deciding,
            Self::Merge(merge) => &merge.deciding,
            Self::Create { .. }
            | Self::Declare { .. }
            | Self::Replace { .. }
            | Self::Append { .. }
            | Self::Truncate { .. }
            | Self::Drop { .. }
            | Self::Rename { .. }
            | Self::Swap { .. }
            | Self::Alter { .. }
            | Self::Call { .. }
            | Self::Bind { .. }
            | Self::Read { .. }
            | Self::Opaque(_) => &[],
        }
    }
}

impl Step {
    /// The pieces of SQL in its guards and its effect, in order.
    pub fn sqls(&self) -> Vec<&Sql> {
        let mut sqls: Vec<&Sql> = self.guards.iter().flat_map(guard_sqls).collect();
        sqls.extend(self.effect.sqls());
        sqls
    }

    /// The relations that its effect and its guards read, in order, each once.
    pub fn reads(&self) -> Vec<Relation> {
        self.with_guards(self.effect.reads())
    }

    /// The same, without tables of which only the columns are copied.
    pub fn reads_rows(&self) -> Vec<Relation> {
        self.with_guards(self.effect.reads_rows())
    }

    fn with_guards(&self, mut all: Vec<Relation>) -> Vec<Relation> {
        for sql in self.guards.iter().flat_map(guard_sqls) {
            for mention in &sql.mentions {
                if !all.contains(&mention.relation) {
                    all.push(mention.relation.clone());
                }
            }
        }
        all
    }
}

impl Body {
    /// The author's query; none for a frame.
    pub fn query(&self) -> Option<&Query> {
        match self {
            Self::Query(query) => Some(query),
            Self::Frame(_) => None,
        }
    }
}

fn body_sqls(body: &Body) -> Vec<&Sql> {
    body.query().map(|query| &query.sql).into_iter().collect()
}

fn conflict_sqls(conflict: &Conflict) -> Vec<&Sql> {
    let mut sqls: Vec<&Sql> = conflict.assignments.iter().map(|assignment| &assignment.value).collect();
    sqls.extend(&conflict.filter);
    sqls
}

fn merge_sqls(merge: &Merge) -> Vec<&Sql> {
    let mut sqls = vec![&merge.using, &merge.on];
    for arm in &merge.arms {
        sqls.extend(&arm.condition);
        match &arm.action {
            MergeAction::Update(assignments) | MergeAction::Insert(assignments) => {
                sqls.extend(assignments.iter().map(|assignment| &assignment.value));
            }
            MergeAction::UpdateAll | MergeAction::InsertAll | MergeAction::Delete | MergeAction::Nothing => {}
        }
    }
    sqls
}

fn update_sqls(update: &Update) -> Vec<&Sql> {
    let mut sqls: Vec<&Sql> = update.from.iter().collect();
    sqls.extend(update.assignments.iter().map(|assignment| &assignment.value));
    sqls.extend(&update.filter);
    sqls
}

fn delete_sqls(delete: &Delete) -> Vec<&Sql> {
    let mut sqls: Vec<&Sql> = delete.using.iter().collect();
    sqls.push(&delete.filter);
    sqls
}

fn guard_sqls(guard: &Guard) -> Vec<&Sql> {
    match guard {
        Guard::If { condition, .. } => vec![condition],
        Guard::Loop { head, query, .. } => match query {
            Some(query) => vec![&query.sql],
            None => vec![head],
        },
        Guard::Handler { .. } => Vec::new(),
    }
}
