//! ALTER, DROP, RENAME, TRUNCATE, COMMENT ON.
//!
//! In: the parsed statement. Out: Alter, Drop, Rename, Swap, Truncate; comments and keys as facts.

#![expect(clippy::wildcard_enum_match_arm, reason = "sqlparser's tree is another crate's, and large")]

use sqlparser::ast::{
    AlterColumnOperation, AlterTable, AlterTableOperation, CommentObject, ObjectName, ObjectType, RenameTable,
    RenameTableNameKind, Truncate,
};

use super::create::{constraint_fact, defined};
use super::found::ident;
use super::read::Reader;
use super::{Outcome, Understood};
use crate::name::Relation;
use crate::steps::{Change, ColumnDef, Effect, Fact, FactKind};

/// `ALTER TABLE t …`.
pub fn table(mut reader: Reader, alter: &AlterTable) -> Understood {
    let relation = reader.relation(&alter.name);
    let mut effects = Vec::new();
    let mut reasons = Vec::new();
    for operation in &alter.operations {
        match change(&mut reader, &relation, operation) {
            Changed::Effect(list) => effects.extend(list),
            Changed::Nothing(reason) => reasons.push(reason),
            Changed::Unknown => return reader.unread("alter table", "what it changes is not known"),
        }
    }
    if effects.is_empty() {
        let reason = reasons.first().copied().unwrap_or("it changes nothing that a query sees");
        return reader.done("alter table", Outcome::Dropped(reason.to_owned()));
    }
    reader.effects("alter table", effects)
}

enum Changed {
    Effect(Vec<Effect>),
    Nothing(&'static str),
    Unknown,
}

fn change(reader: &mut Reader, relation: &Relation, operation: &AlterTableOperation) -> Changed {
    let dialect = reader.around.dialect;
    let alter = |change| Changed::Effect(vec![Effect::Alter { relation: relation.clone(), change }]);
    let name = |column: &sqlparser::ast::Ident| ident(column, dialect).text;
    match operation {
        AlterTableOperation::AddColumn { column_def, .. } => alter(Change::Add(defined(reader, column_def))),
        AlterTableOperation::DropColumn { column_names, .. } => {
            let drop = |column| Effect::Alter { relation: relation.clone(), change: Change::Drop(name(column)) };
            Changed::Effect(column_names.iter().map(drop).collect())
        }
        AlterTableOperation::RenameColumn { old_column_name, new_column_name } => {
            alter(Change::Rename { from: name(old_column_name), to: name(new_column_name) })
        }
        AlterTableOperation::ChangeColumn { old_name, new_name, data_type, .. } => {
            let (from, to) = (name(old_name), name(new_name));
            let retyped = ColumnDef { name: to.clone(), sql_type: data_type.to_string(), ..ColumnDef::default() };
            let mut effects = Vec::new();
            if from != to {
                effects.push(Effect::Alter { relation: relation.clone(), change: Change::Rename { from, to } });
            }
            effects.push(Effect::Alter { relation: relation.clone(), change: Change::Retype(retyped) });
            Changed::Effect(effects)
        }
        AlterTableOperation::ModifyColumn { col_name, data_type, .. } => alter(Change::Retype(ColumnDef {
            name: name(col_name),
            sql_type: data_type.to_string(),
            ..ColumnDef::default()
        })),
        AlterTableOperation::AlterColumn { column_name, op: AlterColumnOperation::SetDataType { data_type, .. } } => {
            let sql_type = data_type.to_string();
            alter(Change::Retype(ColumnDef { name: name(column_name), sql_type, ..ColumnDef::default() }))
        }
        AlterTableOperation::RenameTable { table_name: RenameTableNameKind::To(to) | RenameTableNameKind::As(to) } => {
            let to = beside(relation, reader.relation(to), reader);
            Changed::Effect(vec![Effect::Rename { from: relation.clone(), to }])
        }
        AlterTableOperation::SwapWith { table_name } => {
            Changed::Effect(vec![Effect::Swap { left: relation.clone(), right: reader.relation(table_name) }])
        }
        other => upkeep(reader, relation, other),
    }
}

fn upkeep(reader: &mut Reader, relation: &Relation, operation: &AlterTableOperation) -> Changed {
    match operation {
        AlterTableOperation::AddConstraint { constraint, .. } => {
            constraint_fact(reader, relation, constraint);
            Changed::Nothing("a constraint: its keys are remembered")
        }
        AlterTableOperation::AttachPartition { .. }
        | AlterTableOperation::DetachPartition { .. }
        | AlterTableOperation::AddPartitions { .. }
        | AlterTableOperation::DropPartitions { .. }
        | AlterTableOperation::RenamePartitions { .. } => Changed::Unknown,
        AlterTableOperation::OwnerTo { .. } => Changed::Nothing("ownership"),
        AlterTableOperation::AlterColumn { .. } => Changed::Nothing("a column's default or its NOT NULL"),
        _ => Changed::Nothing("constraints, triggers or storage"),
    }
}

/// A new name without schema stays in the schema of the old one.
pub fn beside(old: &Relation, new: Relation, reader: &Reader) -> Relation {
    if new.parts().len() > 1 || old.parts().len() < 2 {
        return new;
    }
    let mut parts = old.parts().to_vec();
    parts.pop();
    parts.extend(new.parts().iter().cloned());
    Relation::new(parts, reader.around.dialect)
}

/// `RENAME TABLE a TO b, c TO d`. Two names that change places are a swap.
pub fn rename(reader: Reader, list: &[RenameTable]) -> Understood {
    let pairs: Vec<(Relation, Relation)> =
        list.iter().map(|one| (reader.relation(&one.old_name), reader.relation(&one.new_name))).collect();
    if let [(a, spare), (b, a_again), (spare_again, b_again)] = pairs.as_slice()
        && (a, spare, b) == (a_again, spare_again, b_again)
    {
        let effect = Effect::Swap { left: a.clone(), right: b.clone() };
        return reader.effects("rename table", vec![effect]);
    }
    let effects = pairs.into_iter().map(|(from, to)| Effect::Rename { from, to }).collect();
    reader.effects("rename table", effects)
}

/// `TRUNCATE [TABLE] t, u`.
pub fn truncate(reader: Reader, truncate: &Truncate) -> Understood {
    if truncate.partitions.is_some() {
        return reader.unread("truncate", "it empties partitions only");
    }
    let empty = |name: &ObjectName| Effect::Truncate { relation: reader.relation(name) };
    let effects = truncate.table_names.iter().map(|target| empty(&target.name)).collect();
    reader.effects("truncate", effects)
}

/// `DROP TABLE t, u`; other kinds of objects are not the scripts' data.
pub fn drop(reader: Reader, kind: ObjectType, names: &[ObjectName]) -> Understood {
    let what = format!("drop {}", kind.to_string().to_lowercase());
    match kind {
        ObjectType::Table | ObjectType::View | ObjectType::MaterializedView => {
            let effects = names.iter().map(|name| Effect::Drop { relation: reader.relation(name) }).collect();
            reader.effects(&what, effects)
        }
        _ => reader.done(&what, Outcome::Dropped("it removes an object that holds no rows".to_owned())),
    }
}

/// `COMMENT ON TABLE t IS '…'`.
pub fn comment(mut reader: Reader, kind: CommentObject, name: &ObjectName, text: Option<&str>) -> Understood {
    let text = text.unwrap_or("").to_owned();
    let relation = reader.relation(name);
    let config = Outcome::Config("a description".to_owned());
    match kind {
        CommentObject::Table | CommentObject::View | CommentObject::MaterializedView => {
            reader.facts.push(Fact { relation, kind: FactKind::Comment(text) });
            reader.done("comment on", config)
        }
        CommentObject::Column => {
            let mut parts = relation.parts().to_vec();
            let column = parts.pop().map_or_else(String::new, |part| part.text);
            let relation = Relation::new(parts, reader.around.dialect);
            reader.facts.push(Fact { relation, kind: FactKind::ColumnComment { column, text } });
            reader.done("comment on column", config)
        }
        _ => reader.done("comment on", Outcome::Dropped("it describes no relation".to_owned())),
    }
}
