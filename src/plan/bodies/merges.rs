//! MERGE and upserts, written out over a join of the rows of before and the rows that come.
//!
//! In: MERGE, INSERT with a conflict clause. Out: one stage of the rows of before as they are changed, and one stage a
//! kind of new row.

use super::builder::Builder;
use super::ident::ident;
use super::keys::Added;
use super::manual::Problem;
use super::matches::Joining;
use super::new_rows::conditions;
use super::rows::{Branch, Rows, text};
use super::splice::extend;
use super::terms::same_column;
use super::values::both;
use crate::plan::drafts::Part;
use crate::sql::{Sense, sense};
use crate::steps::{Assignment, ColumnDef, Conflict, Edit, Matched, Merge, MergeAction, Sql};
use crate::versions::VersionId;

/// What happens to which rows: a WHEN of a MERGE with its text cut at the relations.
pub(super) struct Arm {
    pub matched: Matched,
    pub condition: Option<Vec<Part>>,
    pub action: Action,
}

/// Columns and their values.
pub(super) type Values = Vec<(String, Vec<Part>)>;

pub(super) enum Action {
    Set(Values),
    Insert(Values),
    Delete,
    Nothing,
}

impl Action {
    /// The columns that it sets or fills.
    fn columns(&self) -> impl Iterator<Item = &String> {
        let values: &[(String, Vec<Part>)] = match self {
            Self::Set(values) | Self::Insert(values) => values,
            Self::Delete | Self::Nothing => &[],
        };
        values.iter().map(|(column, _)| column)
    }
}

/// A MERGE whose pieces are parts.
pub(super) struct Upsert {
    pub before: Part,
    pub alias: String,
    pub incoming: Vec<Part>,
    pub incoming_alias: String,
    pub on: Vec<Part>,
    pub arms: Vec<Arm>,
    /// Name of the column that marks a match.
    mark: String,
    /// How many rows may come for one of before.
    pub joining: Joining,
    /// The order in which new rows come, where the statement says one.
    pub order: Option<Vec<String>>,
}

impl Builder<'_, '_> {
    /// A MERGE; where its condition does not hold, no rows come. One that removes what has no match would remove all
    /// then, so there the condition is a part of each of its branches.
    pub(super) fn merge(&mut self, id: VersionId, merge: &Merge, condition: Option<Vec<Part>>) -> Result<(), Problem> {
        let before = self.present();
        let mut upsert = self.upsert_of_merge(id, merge, before)?;
        if merge.arms.iter().any(|arm| arm.matched == Matched::TargetOnly) {
            for arm in &mut upsert.arms {
                arm.condition = both(arm.condition.take(), condition.clone());
            }
        } else if let Some(condition) = condition {
            let mut parts = vec![Part::Text("select * from ".to_owned())];
            extend(&mut parts, upsert.incoming);
            text(&mut parts, "\n");
            extend(&mut parts, self.rows_where(condition, false));
            let stage = self.stage_of("incoming_if_wanted", &[], parts);
            upsert.incoming = vec![Part::Text(stage)];
        }
        self.upsert(id, &upsert)
    }

    /// A MERGE into the rows `before`.
    pub(super) fn upsert_of_merge(&mut self, id: VersionId, merge: &Merge, before: Part) -> Result<Upsert, Problem> {
        let joining = self.merging(merge);
        let incoming = self.incoming(&merge.using);
        let on = self.parts(&merge.on);
        let mut arms = Vec::new();
        for arm in &merge.arms {
            let condition = arm.condition.as_ref().map(|sql| self.parts(sql));
            let action = self.action(id, &arm.action, &merge.using_alias)?;
            arms.push(Arm { matched: arm.matched, condition, action });
        }
        let (alias, incoming_alias) = (merge.alias.clone(), merge.using_alias.clone());
        let mark = self.free("is_matched");
        Ok(Upsert { before, alias, incoming, incoming_alias, on, arms, mark, joining, order: None })
    }

    /// What a FROM can name for the rows that come: a query becomes a stage.
    fn incoming(&mut self, using: &Sql) -> Vec<Part> {
        let start = using.text.len() - using.text.trim_start().len();
        let end = using.text.trim_end().len();
        if !using.text.trim().starts_with('(') || !using.text.trim().ends_with(')') {
            return self.parts(using);
        }
        let mut inner = using.clone();
        inner.edits.push(Edit { range: start..start + 1, text: String::new() });
        inner.edits.push(Edit { range: end - 1..end, text: String::new() });
        let stage = self.stage("incoming", &[], &inner);
        vec![Part::Text(stage)]
    }

    fn action(&mut self, id: VersionId, action: &MergeAction, from: &str) -> Result<Action, Problem> {
        Ok(match action {
            MergeAction::Update(set) => Action::Set(self.values(id, set)),
            MergeAction::Insert(set) => Action::Insert(self.new_values(id, set)?),
            MergeAction::UpdateAll => Action::Set(self.all_from(id, from)?),
            MergeAction::InsertAll => Action::Insert(self.all_from(id, from)?),
            MergeAction::Delete => Action::Delete,
            MergeAction::Nothing => Action::Nothing,
        })
    }

    fn values(&mut self, id: VersionId, set: &[Assignment]) -> Vec<(String, Vec<Part>)> {
        set.iter().map(|set| (set.column.clone(), self.assigned(id, set))).collect()
    }

    /// The values of a new row. Those that no column is named for go to the columns in order; the next value of a sequence is
    /// left to the numbering of keys.
    fn new_values(&mut self, id: VersionId, set: &[Assignment]) -> Result<Vec<(String, Vec<Part>)>, Problem> {
        let mut set: Vec<Assignment> = set.to_vec();
        if set.iter().any(|one| one.column.is_empty()) {
            let known = self.known(id)?;
            let numbered = known.iter().filter(|column| column.generated).count();
            let skips = numbered > 0 && set.len() + numbered == known.len();
            let columns: Vec<&ColumnDef> = known.iter().filter(|column| !skips || !column.generated).collect();
            if columns.len() != set.len() {
                let reason = "an INSERT gives another number of values than the table has columns";
                return Err(Problem::new(reason, "name the columns of the INSERT"));
            }
            for (one, column) in set.iter_mut().zip(columns) {
                one.column.clone_from(&column.name);
            }
        }
        let drawn = |one: &&Assignment| super::items::drawn(&one.value.text) == Some(one.value.text.trim_end().len());
        self.drawn = set.iter().filter(drawn).map(|one| one.column.clone()).collect();
        set.retain(|one| !drawn(&one) && !super::new_rows::is_default(one));
        Ok(self.values(id, &set))
    }

    fn all_from(&self, id: VersionId, from: &str) -> Result<Vec<(String, Vec<Part>)>, Problem> {
        let columns = self.known(id)?;
        let one = |column: &ColumnDef| {
            let value = format!("{from}.{}", ident(&column.name, self.context.target));
            (column.name.clone(), vec![Part::Text(value)])
        };
        Ok(columns.iter().map(one).collect())
    }

    fn known(&self, id: VersionId) -> Result<Vec<ColumnDef>, Problem> {
        let relation = self.context.version(id).map(|version| version.relation.to_string()).unwrap_or_default();
        self.context.columns.get(id).map(<[_]>::to_vec).ok_or_else(|| Problem::columns(relation))
    }

    fn known_names(&self, id: VersionId) -> Result<Vec<String>, Problem> {
        Ok(self.known(id)?.into_iter().map(|column| column.name).collect())
    }

    /// `INSERT … ON CONFLICT` and its kin.
    pub(super) fn conflict(&mut self, id: VersionId, conflict: &Conflict, added: &Added) -> Result<(), Problem> {
        let before = self.present();
        let upsert = self.upsert_of_conflict(id, conflict, added, before)?;
        self.upsert(id, &upsert)
    }

    /// The same into the rows `before`.
    pub(super) fn upsert_of_conflict(
        &mut self,
        id: VersionId,
        conflict: &Conflict,
        added: &Added,
        before: Part,
    ) -> Result<Upsert, Problem> {
        let dialect = self.context.target;
        let relation = self.context.version(id).map(|version| version.relation.clone());
        let alias = relation.as_ref().map_or("existing".to_owned(), |relation| relation.name().to_owned());
        let key = if conflict.key.is_empty() { self.declared_key(id) } else { conflict.key.clone() };
        if key.is_empty() {
            let reason = "the key that rows conflict on is not known";
            return Err(Problem::new(reason, "give the DDL with --schema"));
        }
        self.drawn.clone_from(&added.drawn);
        let names: Vec<String> = match added.names.as_slice() {
            [] => self.known(id)?.into_iter().map(|column| column.name).collect(),
            names => names.iter().filter(|name| !added.drawn.contains(name)).cloned().collect(),
        };
        let keys: Vec<String> = key.iter().map(|name| ident(name, dialect)).collect();
        let on: Vec<String> = keys.iter().map(|name| format!("{alias}.{name} = excluded.{name}")).collect();
        let from_new = |name: &String| (name.clone(), vec![Part::Text(format!("excluded.{}", ident(name, dialect)))]);
        let mut arms = Vec::new();
        let condition = conflict.filter.as_ref().map(|sql| self.parts(sql));
        let skips = conflict.assignments.is_empty() && !conflict.replaces_row;
        if conflict.replaces_row {
            arms.push(Arm {
                matched: Matched::Both,
                condition,
                action: Action::Set(names.iter().map(from_new).collect()),
            });
        } else if !skips {
            let set = self.values(id, &conflict.assignments);
            arms.push(Arm { matched: Matched::Both, condition, action: Action::Set(set) });
        }
        let insert = names.iter().map(from_new).collect();
        arms.push(Arm { matched: Matched::SourceOnly, condition: None, action: Action::Insert(insert) });
        let one = skips || conflict.replaces_row;
        let order = added.order.clone().filter(|_| !one);
        let plain = |one: &Assignment| super::terms::column(&one.value.text).is_some();
        let asked = conflict.filter.is_some() || !conflict.assignments.iter().all(plain);
        let stored = asked.then(|| self.as_stored(id, added, &names)).flatten();
        let added = if let Some(stored) = stored {
            stored
        } else if one {
            self.first_of_each(&added.stage, &keys, &names)
        } else {
            added.stage.clone()
        };
        let incoming = vec![Part::Text(added)];
        let on = vec![Part::Text(on.join(" and "))];
        let mark = self.free("is_matched");
        let (incoming_alias, joining) = ("excluded".to_owned(), Joining::Unique);
        let order =
            order.map(|terms: Vec<String>| terms.iter().map(|term| format!("{incoming_alias}.{term}")).collect());
        Ok(Upsert { before, alias, incoming, incoming_alias, on, arms, mark, joining, order })
    }

    /// The new rows with the values that the table would hold, which is what `excluded` means; none where these are the same.
    fn as_stored(&mut self, id: VersionId, added: &Added, names: &[String]) -> Option<String> {
        let dialect = self.context.target;
        let known = self.context.columns.get(id)?;
        let given = |name: &str| {
            let at = added.names.iter().position(|of| same_column(of, name))?;
            Some(&added.outputs.as_ref()?.get(at)?.sql_type)
        };
        let changes = |column: &&ColumnDef| {
            let sense = sense(&column.sql_type, dialect);
            let rounded = matches!(sense, Sense::Decimal(_) | Sense::Integer | Sense::Big | Sense::Date);
            rounded && !given(&column.name).is_some_and(|of| of.eq_ignore_ascii_case(&column.sql_type))
        };
        let mut items = Vec::new();
        for name in names {
            let column = known.iter().find(|column| same_column(&column.name, name)).filter(changes);
            let name = ident(name, dialect);
            let stored = column.map(|column| format!("cast({name} as {}) as {name}", column.sql_type));
            items.push(stored.unwrap_or(name));
        }
        let query = format!("select\n    {}\nfrom {}", items.join(",\n    "), added.stage);
        items
            .iter()
            .any(|item| item.starts_with("cast("))
            .then(|| self.stage_of("as_stored", &[], vec![Part::Text(query)]))
    }

    /// Of new rows with the same key, the statement takes one; NULL is no key.
    fn first_of_each(&mut self, added: &str, keys: &[String], names: &[String]) -> String {
        let columns: Vec<String> = names.iter().map(|name| ident(name, self.context.target)).collect();
        let number = self.free("row_in_key");
        let nulls: Vec<String> = keys.iter().map(|key| format!("{key} is null")).collect();
        let (columns, keys, nulls) = (columns.join(",\n    "), keys.join(", "), nulls.join(" or "));
        let query = format!(
            "select\n    {columns}\nfrom (\n    select *, row_number() over (partition by {keys} order by {keys}) as \
             {number}\n    from {added}\n) as numbered\nwhere {number} = 1 or {nulls}"
        );
        self.stage_of("first_added", &[], vec![Part::Text(query)])
    }

    /// The columns that are declared to be unique.
    pub(super) fn declared_key(&self, id: VersionId) -> Vec<String> {
        let Some(relation) = self.context.version(id).map(|version| &version.relation) else { return Vec::new() };
        let key = self.context.declared_keys(relation).next().map(<[String]>::to_vec);
        let alone = || {
            let columns = self.context.columns.get(id).unwrap_or_default();
            columns.iter().find(|column| column.unique).map(|column| vec![column.name.clone()])
        };
        key.or_else(alone).unwrap_or_default()
    }

    fn upsert(&mut self, id: VersionId, upsert: &Upsert) -> Result<(), Problem> {
        self.has_columns(id, upsert.arms.iter().flat_map(|arm| arm.action.columns()))?;
        let mut branches = Vec::new();
        let kept = self.kept(id, upsert)?;
        branches.push(Branch { stage: kept, columns: Vec::new() });
        let mut earlier: Vec<Vec<Part>> = Vec::new();
        for arm in upsert.arms.iter().filter(|arm| arm.matched == Matched::SourceOnly) {
            if let Action::Insert(values) = &arm.action {
                let undeclared = self.is_undeclared();
                let plain = |(name, _): &(String, Vec<Part>)| ColumnDef { name: name.clone(), ..ColumnDef::default() };
                let columns = if undeclared { values.iter().map(plain).collect() } else { self.known(id)? };
                let parts = self.inserted(id, &columns, upsert, values, arm.condition.as_ref(), &earlier);
                let mut stage = self.stage_of("inserted", &[], parts);
                if undeclared {
                    let names: Vec<String> = columns.into_iter().map(|column| column.name).collect();
                    stage = self.in_order(&stage, &names);
                }
                branches.push(Branch { stage, columns: Vec::new() });
            }
            match &arm.condition {
                Some(condition) => earlier.push(condition.clone()),
                None => break,
            }
        }
        self.rows = Rows::In(branches);
        Ok(())
    }

    /// The rows of before, as they are changed; the name of their stage.
    fn kept(&mut self, id: VersionId, upsert: &Upsert) -> Result<String, Problem> {
        let (alias, from, mark) = (&upsert.alias, &upsert.incoming_alias, &upsert.mark);
        let arms: Vec<&Arm> = upsert.arms.iter().filter(|arm| arm.matched != Matched::SourceOnly).collect();
        if arms.iter().all(|arm| matches!(arm.action, Action::Nothing)) {
            if let Part::Text(stage) = &upsert.before {
                return Ok(stage.clone());
            }
            let parts = vec![Part::Text("select * from ".to_owned()), upsert.before.clone()];
            return Ok(self.stage_of("existing", &[], parts));
        }
        let set: Vec<String> = set_columns(&arms);
        let changed = |column: &str, name: &str| {
            set.iter()
                .any(|of| same_column(of, column))
                .then(|| case(&arms, column, upsert, &format!("{alias}.{name}")))
        };
        let name = if set.is_empty() { "remaining" } else { "updated" };
        let deletes = arms.iter().any(|arm| matches!(arm.action, Action::Delete));
        if matches!(upsert.joining, Joining::AnyMatch) {
            let parts = self.kept_of_any(id, upsert, &arms, &set, &changed)?;
            return Ok(self.stage_of(name, &[], parts));
        }
        let mut parts = self.projection(id, alias, &set, &changed)?;
        text(&mut parts, "\nfrom ");
        parts.push(upsert.before.clone());
        text(&mut parts, format!(" as {alias}\nleft join (select {from}.*, 1 as {mark}"));
        let first = match &upsert.joining {
            Joining::FirstOfKey { keys, .. } => {
                let number = self.free("match_number");
                let keys: Vec<String> =
                    keys.iter().map(|key| format!("{from}.{}", ident(key, self.context.target))).collect();
                let keys = keys.join(", ");
                text(&mut parts, format!(", row_number() over (partition by {keys} order by {keys}) as {number}"));
                format!(" and {from}.{number} = 1")
            }
            Joining::Unique | Joining::AnyMatch => String::new(),
        };
        text(&mut parts, " from ");
        extend(&mut parts, upsert.incoming.clone());
        text(&mut parts, format!(" as {from}) as {from} on "));
        extend(&mut parts, upsert.on.clone());
        text(&mut parts, first);
        if deletes {
            text(&mut parts, "\nwhere ");
            extend(&mut parts, stays(&arms, upsert));
            text(&mut parts, " = 1");
        }
        Ok(self.stage_of(name, &[], parts))
    }

    /// The same where any of several rows may match: each row of before is numbered, and of its matches one that some
    /// arm is for counts.
    fn kept_of_any(
        &mut self,
        id: VersionId,
        upsert: &Upsert,
        arms: &[&Arm],
        set: &[String],
        changed: &dyn Fn(&str, &str) -> Option<Vec<Part>>,
    ) -> Result<Vec<Part>, Problem> {
        let (alias, from, mark) = (&upsert.alias, &upsert.incoming_alias, &upsert.mark);
        let undeclared = self.is_undeclared();
        let columns = if undeclared { self.named_columns() } else { self.known_names(id)? };
        let names: Vec<String> = columns.iter().map(|column| ident(column, self.context.target)).collect();
        let by = names.first().cloned().unwrap_or_default();
        let (numbered, row) = self.numbered(upsert.before.clone(), alias, &by);
        let (number, stay) = (self.free("match_number"), self.free("stays"));
        let mut parts = self.projection_of(id, alias, set, std::slice::from_ref(&row), changed)?;
        text(&mut parts, ",\n    ");
        extend(&mut parts, stays(arms, upsert));
        text(&mut parts, format!(" as {stay},\n    row_number() over (partition by {alias}.{row} order by case"));
        for arm in arms {
            extend(&mut parts, when(arm, upsert));
            text(&mut parts, " then 0");
        }
        text(&mut parts, format!(" else 1 end) as {number}\nfrom "));
        parts.push(numbered);
        text(&mut parts, format!(" as {alias}\nleft join (select {from}.*, 1 as {mark} from "));
        extend(&mut parts, upsert.incoming.clone());
        text(&mut parts, format!(" as {from}) as {from} on "));
        extend(&mut parts, upsert.on.clone());
        let matched = self.stage_of("matched", &[], parts);
        let filter = format!("\nfrom {matched}\nwhere {number} = 1 and {stay} = 1");
        if undeclared {
            let each = self.each_column(Vec::new(), Self::column_of(&matched));
            return Ok(vec![Part::Text("select\n".to_owned()), each, Part::Text(filter)]);
        }
        Ok(vec![Part::Text(format!("select\n    {}{filter}", names.join(",\n    ")))])
    }

    /// New rows: those of `incoming` that match nothing.
    fn inserted(
        &mut self,
        id: VersionId,
        columns: &[ColumnDef],
        upsert: &Upsert,
        values: &[(String, Vec<Part>)],
        condition: Option<&Vec<Part>>,
        earlier: &[Vec<Part>],
    ) -> Vec<Part> {
        let mut parts = self.new_rows(id, columns, upsert, values, Some(&upsert.before));
        text(&mut parts, "\nwhere not exists (select 1 from ");
        parts.push(upsert.before.clone());
        text(&mut parts, format!(" as {} where ", upsert.alias));
        extend(&mut parts, upsert.on.clone());
        text(&mut parts, ")");
        for condition in conditions(condition, earlier, self.context.target) {
            text(&mut parts, "\n    and ");
            extend(&mut parts, condition);
        }
        parts
    }
}

fn set_columns(arms: &[&Arm]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for arm in arms {
        if let Action::Set(values) = &arm.action {
            names.extend(values.iter().map(|(name, _)| name.clone()));
        }
    }
    names.sort();
    names.dedup();
    names
}

/// ` when …` of an arm for the rows of before.
fn when(arm: &Arm, upsert: &Upsert) -> Vec<Part> {
    let (from, mark) = (&upsert.incoming_alias, &upsert.mark);
    let mut parts = Vec::new();
    let hit = match arm.matched {
        Matched::Both | Matched::SourceOnly => format!(" when {from}.{mark} = 1"),
        Matched::TargetOnly => format!(" when {from}.{mark} is null"),
    };
    text(&mut parts, hit);
    if let Some(condition) = &arm.condition {
        text(&mut parts, " and (");
        extend(&mut parts, condition.clone());
        text(&mut parts, ")");
    }
    parts
}

/// 1 for the rows of before that no arm removes.
fn stays(arms: &[&Arm], upsert: &Upsert) -> Vec<Part> {
    let mut parts = vec![Part::Text("case".to_owned())];
    for arm in arms {
        extend(&mut parts, when(arm, upsert));
        text(&mut parts, if matches!(arm.action, Action::Delete) { " then 0" } else { " then 1" });
    }
    text(&mut parts, " else 1 end");
    parts
}

/// The value of a column of the rows of before: the first arm that is for the row decides.
fn case(arms: &[&Arm], column: &str, upsert: &Upsert, old: &str) -> Vec<Part> {
    let value = |arm: &Arm| match &arm.action {
        Action::Set(values) => {
            values.iter().find(|(name, _)| same_column(name, column)).map(|(_, value)| value.clone())
        }
        Action::Insert(_) | Action::Delete | Action::Nothing => None,
    };
    let last = arms.iter().rposition(|arm| value(arm).is_some()).unwrap_or(0);
    let mut parts = vec![Part::Text("case".to_owned())];
    for arm in arms.iter().take(last + 1) {
        extend(&mut parts, when(arm, upsert));
        text(&mut parts, " then ");
        extend(&mut parts, value(arm).unwrap_or_else(|| vec![Part::Text(old.to_owned())]));
    }
    text(&mut parts, format!(" else {old} end"));
    parts
}
