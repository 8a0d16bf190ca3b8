//! Tables of whose columns the inputs say nothing, when their rows of before are changed.
//!
//! In: a chain that starts from such rows. Out: text that takes the columns from the table itself at the time of the run, in
//! the table's own order. Where the table is not there yet, the columns are those that the statements name. Never leaves
//! a column of the table out: one that an INSERT does not fill stops the run with a message.

use super::builder::Builder;
use super::ident::ident;
use super::items::selected;
use super::rows::text;
use super::splice::extend;
use super::terms::same_column;
use crate::finding::{Code, Finding};
use crate::plan::drafts::Part;
use crate::steps::{Assignment, Effect, How, Merge, MergeAction, Output, Sql};
use crate::versions::{StepId, VersionId};

impl Builder<'_, '_> {
    /// Whether the rows are those of a table that nothing declares.
    pub(super) fn is_undeclared(&self) -> bool {
        let unknown = |base| self.context.columns.get(base).is_none();
        let changes = |id: &VersionId| {
            let effect = self.context.maker(*id).map(|step| &step.effect);
            matches!(
                effect,
                Some(Effect::Append { conflict: None, .. } | Effect::Update(_) | Effect::Delete(_) | Effect::Merge(_))
            )
        };
        self.this.is_some()
            && self.draft.versions.iter().all(changes)
            && self.this == self.draft.base
            && !self.apart
            && self.this.is_some_and(unknown)
    }

    /// The columns that the chain names: those of its first INSERT, else those that it sets.
    pub(super) fn named_columns(&self) -> Vec<String> {
        let context = self.context;
        if let Some((id, columns)) = self.first_insert() {
            let outputs = || {
                let step = context.version(id)?.step?;
                context.columns.outputs(context.versions, step, context.query(step)?)
            };
            let shown = || outputs().unwrap_or_default().into_iter().map(|column| column.name).collect();
            return if columns.is_empty() { shown() } else { columns };
        }
        let steps = self.draft.versions.iter().filter_map(|id| context.maker(*id));
        let mut names: Vec<String> = Vec::new();
        for step in steps {
            if let Effect::Update(update) = &step.effect {
                names.extend(super::changes::columns_set(&update.assignments));
            }
        }
        names.sort();
        names.dedup();
        names
    }

    /// Every column that a step of the chain names.
    fn all_named(&self) -> Vec<String> {
        let mut names = self.named_columns();
        for step in self.draft.versions.iter().filter_map(|id| self.context.maker(*id)) {
            let more = named(&step.effect);
            for name in more {
                if !names.iter().any(|of| same_column(of, name)) {
                    names.push(name.clone());
                }
            }
        }
        names
    }

    /// That rows hold NULL in columns which nothing fills and nothing declares.
    pub(super) fn say_left_out(&mut self, left: &[&String]) {
        let Some(step) = self.context.step(self.step).filter(|_| !left.is_empty()) else { return };
        let names: Vec<&str> = left.iter().map(|name| name.as_str()).collect();
        let message = format!("new rows hold NULL in {}, whatever default the table has", names.join(", "));
        let help = "give the DDL with --schema";
        self.findings.push(Finding::at(Code::R305, step.span, message, help));
    }

    /// The first step of the chain that adds rows, and the columns that it names.
    fn first_insert(&self) -> Option<(VersionId, Vec<String>)> {
        self.draft.versions.iter().find_map(|id| Some((*id, filled(&self.context.maker(*id)?.effect)?)))
    }

    /// For each column of the table: what `values` say of it, else `otherwise`.
    pub(super) fn each_column(&self, values: Vec<(String, Vec<Part>)>, otherwise: Vec<Part>) -> Part {
        let name = || Part::Call { name: "adapter.quote", arguments: vec!["column".to_owned()] };
        let mut parts = otherwise;
        for (column, value) in values.into_iter().rev() {
            let literal = column.to_lowercase().replace('\\', "\\\\").replace('\'', "\\'");
            let condition = format!("column | lower == '{literal}'");
            parts = vec![Part::If { condition, then: value, otherwise: parts }];
        }
        text(&mut parts, " as ");
        parts.push(name());
        Part::Each { columns: self.named_columns(), parts }
    }

    /// A column of `alias`.
    pub(super) fn column_of(alias: &str) -> Vec<Part> {
        vec![
            Part::Text(format!("    {alias}.")),
            Part::Call { name: "adapter.quote", arguments: vec!["column".to_owned()] },
        ]
    }

    /// A stage of new rows in the order of the table's columns: `names` are those of the stage `from`.
    pub(super) fn in_order(&mut self, from: &str, names: &[String]) -> String {
        let dialect = self.context.target;
        let value = |name: &String, value: String| (name.clone(), vec![Part::Text(value)]);
        let nulls = if self.before.is_some() { self.null_items(names) } else { Vec::new() };
        let plain = names.iter().filter(|name| !nulls.contains(name));
        let given = plain.map(|name| value(name, format!("    {from}.{}", ident(name, dialect))));
        let mut values: Vec<(String, Vec<Part>)> = given.collect();
        let left: Vec<String> = self.all_named();
        let left: Vec<&String> = left.iter().filter(|name| !names.iter().any(|of| same_column(of, name))).collect();
        if let Some(before) = self.before.clone() {
            let null = |name: &str| format!("    (select {before}.{name} from {before} where 1 = 0)");
            values
                .extend(nulls.iter().chain(left.iter().copied()).map(|name| value(name, null(&ident(name, dialect)))));
            self.say_left_out(&left);
        }
        let relation = self.draft.last().and_then(|last| self.context.version(last));
        let relation = relation.map_or(String::new(), |version| version.relation.to_string());
        let message =
            format!("'the scripts do not fill the column ' ~ column ~ {}", quoted(&format!(" of {relation}")));
        let refusal = Part::Call { name: "exceptions.raise_compiler_error", arguments: vec![message] };
        let each = self.each_column(values, vec![refusal]);
        let parts = vec![Part::Text("select\n".to_owned()), each, Part::Text(format!("\nfrom {from}"))];
        self.stage_of("in_order", &[], parts)
    }

    /// The columns for which the query of the step says NULL, which has no type.
    fn null_items(&self, names: &[String]) -> Vec<String> {
        let Some(query) = self.context.query(self.step) else { return Vec::new() };
        let places = selected(&query.sql.text).filter(|places| places.len() == names.len()).unwrap_or_default();
        let is_null = |place: &std::ops::Range<usize>| {
            let item = query.sql.text.get(place.clone()).unwrap_or("");
            item.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case("null"))
        };
        names.iter().zip(&places).filter(|(_, place)| is_null(place)).map(|(name, _)| name.clone()).collect()
    }

    /// The rows of the run before, or no rows where the table is not there: with the columns of the first INSERT, each of
    /// the type that it gets there.
    pub(super) fn undeclared_rows(&mut self) -> Vec<Part> {
        let this = vec![Part::Text("select * from ".to_owned()), Part::This];
        let Some(empty) = self.empty_rows() else { return this };
        let condition =
            if self.apart || self.refreshes { "is_incremental()" } else { "load_relation(this) is not none" };
        vec![Part::If { condition: condition.to_owned(), then: this, otherwise: empty }]
    }

    fn empty_rows(&mut self) -> Option<Vec<Part>> {
        let context = self.context;
        let (id, _) = self.first_insert()?;
        let step = context.version(id)?.step?;
        if let Effect::Merge(merge) = &context.step(step)?.effect {
            return self.empty_rows_of(merge, step);
        }
        let query = context.query(step)?;
        let names = self.named_columns();
        if names.len() != query.outputs.len() {
            return None;
        }
        let written = &query.sql.text;
        let places = selected(written).filter(|places| places.len() == names.len()).unwrap_or_default();
        let mut parts = vec![Part::Text("select".to_owned())];
        for (at, (name, output)) in names.iter().zip(&query.outputs).enumerate() {
            text(&mut parts, if at == 0 { "\n    " } else { ",\n    " });
            let takes = |place: &&std::ops::Range<usize>| {
                query.sql.variables.iter().any(|variable| place.contains(&variable.range.start))
            };
            let item = places.get(at).filter(|place| !takes(place)).and_then(|place| written.get(place.clone()));
            let value = self.typed_null(step, output, item);
            extend(&mut parts, value);
            text(&mut parts, format!(" as {}", ident(name, context.target)));
        }
        text(&mut parts, format!("\n{}", context.target.traits().no_rows));
        Some(parts)
    }

    /// The same with the values of the INSERT of a MERGE, over no rows of its source.
    fn empty_rows_of(&mut self, merge: &Merge, step: StepId) -> Option<Vec<Part>> {
        let own = self.draft.last().and_then(|last| self.context.version(last)).map(|version| &version.relation);
        let values = inserted(merge)?;
        let pieces = values.iter().map(|one| &one.value).chain([&merge.using]);
        if pieces.flat_map(|sql| &sql.mentions).any(|mention| Some(&mention.relation) == own) {
            return None;
        }
        let outer = std::mem::replace(&mut self.step, step);
        let mut parts = vec![Part::Text("select".to_owned())];
        for (at, one) in values.iter().enumerate() {
            text(&mut parts, if at == 0 { "\n    " } else { ",\n    " });
            let value = self.parts(typed_value(merge, one));
            extend(&mut parts, value);
            text(&mut parts, format!(" as {}", ident(&one.column, self.context.target)));
        }
        text(&mut parts, "\nfrom ");
        let using = self.parts(&merge.using);
        extend(&mut parts, using);
        text(&mut parts, format!(" as {}\nwhere 1 = 0", merge.using_alias));
        self.step = outer;
        Some(parts)
    }

    /// A value of the type that the output has: a NULL of the column that is copied, or the constant itself.
    fn typed_null(&self, step: StepId, output: &Output, item: Option<&str>) -> Vec<Part> {
        let null = || vec![Part::Text("null".to_owned())];
        let Output::Column { name, from } = output else { return null() };
        match from.as_slice() {
            [] => {
                item.and_then(|item| constant(item, name)).map_or_else(null, |text| vec![Part::Text(text.to_owned())])
            }
            [only] if only.how == How::Copied => {
                let [relation] = only.relations.as_slice() else { return null() };
                let Some(seen) = self.seen_at(step, relation) else { return null() };
                if self.this == Some(seen) || self.draft.versions.contains(&seen) {
                    return null();
                }
                let head = format!("(select {} from ", ident(&only.column, self.context.target));
                vec![Part::Text(head), Part::Read(seen), Part::Text(" where 1 = 0)".to_owned())]
            }
            _ => null(),
        }
    }
}

/// The value of a new row, or where that is NULL, which has no type, the value of the source that an UPDATE gives the column.
fn typed_value<'m>(merge: &'m Merge, one: &'m Assignment) -> &'m Sql {
    if !one.value.text.trim().eq_ignore_ascii_case("null") {
        return &one.value;
    }
    let set = merge.arms.iter().filter_map(|arm| match &arm.action {
        MergeAction::Update(set) => Some(set),
        MergeAction::Insert(_)
        | MergeAction::InsertAll
        | MergeAction::UpdateAll
        | MergeAction::Delete
        | MergeAction::Nothing => None,
    });
    let of_source = |value: &Sql| {
        super::terms::column(&value.text).is_some_and(|(alias, _)| alias.eq_ignore_ascii_case(&merge.using_alias))
    };
    let mut others = set.flatten().filter(|set| same_column(&set.column, &one.column) && of_source(&set.value));
    others.next().map_or(&one.value, |set| &set.value)
}

/// The columns that a step names for the rows that it adds; none where it adds no rows.
fn filled(effect: &Effect) -> Option<Vec<String>> {
    if let Effect::Append { columns, conflict: None, .. } = effect {
        return Some(columns.clone());
    }
    let Effect::Merge(merge) = effect else { return None };
    Some(inserted(merge)?.iter().map(|one| one.column.clone()).collect())
}

/// The columns that a step names.
fn named(effect: &Effect) -> Vec<&String> {
    if let Effect::Append { columns, .. } = effect {
        return columns.iter().collect();
    }
    if let Effect::Update(update) = effect {
        return update.assignments.iter().map(|one| &one.column).collect();
    }
    let Effect::Merge(merge) = effect else { return Vec::new() };
    let set = merge.arms.iter().filter_map(|arm| match &arm.action {
        MergeAction::Update(set) | MergeAction::Insert(set) => Some(set),
        MergeAction::UpdateAll | MergeAction::InsertAll | MergeAction::Delete | MergeAction::Nothing => None,
    });
    set.flatten().map(|one| &one.column).filter(|name| !name.is_empty()).collect()
}

/// The values of the first INSERT of a MERGE that names its columns.
fn inserted(merge: &Merge) -> Option<&Vec<Assignment>> {
    merge.arms.iter().find_map(|arm| match &arm.action {
        MergeAction::Insert(values) if values.iter().all(|one| !one.column.is_empty()) => Some(values),
        MergeAction::Insert(_)
        | MergeAction::InsertAll
        | MergeAction::Update(_)
        | MergeAction::UpdateAll
        | MergeAction::Delete
        | MergeAction::Nothing => None,
    })
}

/// Functions of a constant item: each gives one value whatever rows there are.
const PLAIN_CALLS: &[&str] = &[
    "cast",
    "convert",
    "try_cast",
    "date",
    "timestamp",
    "to_date",
    "to_timestamp",
    "now",
    "getdate",
    "getutcdate",
    "sysdatetime",
    "current_date",
    "current_timestamp",
    "varchar",
    "nvarchar",
    "char",
    "numeric",
    "decimal",
];

/// The expression of an item without its alias, where it is a constant: no aggregate, subquery or variable stands in it.
fn constant<'t>(item: &'t str, name: &str) -> Option<&'t str> {
    let item = item.trim();
    let bare = item.trim_end_matches(['"', ']', '`']);
    let stripped = bare
        .len()
        .checked_sub(name.len())
        .filter(|at| !name.is_empty() && bare.get(*at..).is_some_and(|end| end.eq_ignore_ascii_case(name)) && *at > 0);
    let expression = match stripped.and_then(|at| item.get(..at)) {
        Some(head) => {
            let head = head.trim_end_matches(['"', '[', '`']);
            if !head.ends_with(char::is_whitespace) {
                return None;
            }
            let head = head.trim_end();
            let end = head.len().saturating_sub(2);
            let is_as = head.get(end..).is_some_and(|word| word.eq_ignore_ascii_case("as"));
            if is_as { head.get(..end).unwrap_or("").trim_end() } else { head }
        }
        None => item,
    };
    let opens = |at: usize| expression.get(at..).unwrap_or("").trim_start().starts_with('(');
    let mut words = expression.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
    let offset = |word: &str| word.as_ptr() as usize - expression.as_ptr() as usize + word.len();
    let calls = words.all(|word| !opens(offset(word)) || PLAIN_CALLS.iter().any(|one| word.eq_ignore_ascii_case(one)));
    let plain = calls && !expression.contains(['@', '{', '?']) && !expression.to_lowercase().contains("select");
    let null = expression.eq_ignore_ascii_case("null");
    (plain && !null && !expression.is_empty()).then_some(expression)
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
