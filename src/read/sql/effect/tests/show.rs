//! The compact text form: `[relation]` marks a mention, `<name>` a variable, `{old|new}` an edit.

#![expect(clippy::wildcard_enum_match_arm, clippy::format_push_string, reason = "test code, read by people")]

use crate::read::sql::effect::{Outcome, Understood};
use crate::steps::{
    Assignment, Body, Change, ColumnDef, ColumnUse, Conflict, Effect, FactKind, Form, How, Lifetime, MergeAction,
    Output, Query, Sql,
};

/// Effects, facts and findings.
pub fn effects(understood: &Understood) -> String {
    let mut text = match &understood.outcome {
        Outcome::Effects(list) => list.iter().map(effect).collect::<Vec<_>>().join("; "),
        Outcome::Config(kind) => format!("config: {kind}"),
        Outcome::Dropped(reason) => format!("dropped: {reason}"),
        Outcome::Unread { reason, step } => {
            let step = step.as_ref().map_or(String::new(), |step| {
                let list =
                    |list: &[crate::name::Relation]| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
                format!(" reads {} writes {}", list(&step.reads), list(&step.writes))
            });
            format!("unread: {reason}{step}")
        }
    };
    for fact in &understood.facts {
        text.push_str(&format!(" | {} {}", fact.relation, fact_kind(&fact.kind)));
    }
    for finding in &understood.findings {
        text.push_str(&format!(" ! {} {}", finding.code, finding.message));
    }
    text
}

fn fact_kind(kind: &FactKind) -> String {
    match kind {
        FactKind::Key(columns) => format!("key ({})", columns.join(",")),
        FactKind::References { columns, other, other_columns } => {
            format!("({}) -> {other} ({})", columns.join(","), other_columns.join(","))
        }
        FactKind::Values { column, values } => format!("{column} in ({})", values.join(",")),
        FactKind::Comment(text) => format!("'{text}'"),
        FactKind::ColumnComment { column, text } => format!("{column} '{text}'"),
        FactKind::Stored { how, terms } => format!("{how:?} ({})", terms.join(",")),
        FactKind::Loaded => "loaded".to_owned(),
        FactKind::LoadedFrom(file) => format!("loaded from {file}"),
    }
}

/// Outputs of the first query: `name<-relation.column,=relation.column` (`=` copied, `~` computed), then
/// `| deciding` and `| key`.
pub fn columns(understood: &Understood) -> String {
    let Outcome::Effects(list) = &understood.outcome else { return effects(understood) };
    let query = list.iter().find_map(query_of);
    query.map_or_else(|| "no query".to_owned(), lineage)
}

fn query_of(effect: &Effect) -> Option<&Query> {
    match effect {
        Effect::Create { body: Body::Query(query), .. }
        | Effect::Replace { body: Body::Query(query), .. }
        | Effect::Append { body: Body::Query(query), .. }
        | Effect::Read { body: Body::Query(query) }
        | Effect::Bind { body: query, .. } => Some(query),
        _ => None,
    }
}

pub fn lineage(query: &Query) -> String {
    let mut text = query.outputs.iter().map(output).collect::<Vec<_>>().join(", ");
    for branch in &query.branches {
        text.push_str(&format!(" + {}", branch.iter().map(output).collect::<Vec<_>>().join(", ")));
    }
    if !query.deciding.is_empty() {
        let list: Vec<String> = query.deciding.iter().map(place).collect();
        text.push_str(&format!(" | {}", list.join(" ")));
    }
    if !query.key.is_empty() {
        text.push_str(&format!(" | key {}", query.key.join(",")));
    }
    text
}

fn output(output: &Output) -> String {
    match output {
        Output::Column { name, from } => {
            let uses: Vec<String> = from.iter().map(|used| format!("{}{}", sign(used.how), place(used))).collect();
            format!("{name}{}", uses.join(""))
        }
        Output::Star { relation, except, .. } if except.is_empty() => format!("{relation}.*"),
        Output::Star { relation, except, .. } => format!("{relation}.*-{}", except.join("-")),
    }
}

fn sign(how: How) -> char {
    match how {
        How::Copied => '=',
        How::Computed => '~',
        How::Filtering => '?',
    }
}

fn place(used: &ColumnUse) -> String {
    let relations: Vec<String> = used.relations.iter().map(ToString::to_string).collect();
    format!("{}.{}", relations.join("/"), used.column)
}

/// A piece of text with its marks.
pub fn sql(sql: &Sql) -> String {
    let mut marks: Vec<(usize, usize, String)> = Vec::new();
    for mention in &sql.mentions {
        let alias = mention.alias.as_ref().map_or(String::new(), |alias| format!(" as {alias}"));
        let text = &sql.text[mention.range.clone()];
        marks.push((mention.range.start, mention.range.end, format!("[{text}{alias}]")));
    }
    for variable in &sql.variables {
        marks.push((variable.range.start, variable.range.end, format!("<{}>", variable.name)));
    }
    for edit in &sql.edits {
        let old = &sql.text[edit.range.clone()];
        marks.push((edit.range.start, edit.range.end, format!("{{{old}|{}}}", edit.text)));
    }
    marks.sort();
    let mut text = String::new();
    let mut at = 0;
    for (start, end, mark) in marks {
        assert!(start >= at, "marks overlap in {}", sql.text);
        text.push_str(&sql.text[at..start]);
        text.push_str(&mark);
        at = end;
    }
    text.push_str(&sql.text[at..]);
    text
}

fn body(body: &Body) -> String {
    match body {
        Body::Query(query) => sql(&query.sql),
        Body::Frame(_) => "frame".to_owned(),
    }
}

fn listed(columns: &[String]) -> String {
    if columns.is_empty() { String::new() } else { format!(" ({})", columns.join(",")) }
}

pub fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Create { relation, lifetime, form, columns, body: rows } => {
            let temp = if *lifetime == Lifetime::Temporary { "temp " } else { "" };
            let form = if *form == Form::View { "view " } else { "" };
            format!("create {temp}{form}{relation}{} <- {}", listed(columns), body(rows))
        }
        Effect::Declare { relation, lifetime, columns, keeps_existing } => {
            let temp = if *lifetime == Lifetime::Temporary { "temp " } else { "" };
            let keeps = if *keeps_existing { "?" } else { "" };
            let columns: Vec<String> = columns.iter().map(column).collect();
            format!("declare{keeps} {temp}{relation} ({})", columns.join(", "))
        }
        Effect::Replace { relation, columns, body: rows } => {
            format!("replace {relation}{} <- {}", listed(columns), body(rows))
        }
        Effect::Append { relation, columns, body: rows, conflict } => {
            let conflict = conflict.as_ref().map_or(String::new(), on_conflict);
            format!("append {relation}{} <- {}{conflict}", listed(columns), body(rows))
        }
        Effect::Truncate { relation } => format!("empty {relation}"),
        Effect::Drop { relation } => format!("drop {relation}"),
        Effect::Rename { from, to } => format!("rename {from} {to}"),
        Effect::Swap { left, right } => format!("swap {left} {right}"),
        Effect::Alter { relation, change } => format!("alter {relation} {}", changed(change)),
        Effect::Call { procedure, arguments, file: _ } => {
            let list: Vec<String> = arguments
                .iter()
                .map(|(name, value)| if name.is_empty() { value.clone() } else { format!("{name}={value}") })
                .collect();
            format!("call {procedure}({})", list.join(", "))
        }
        Effect::Bind { variables, body } => format!("bind {} <- {}", variables.join(","), sql(&body.sql)),
        Effect::Read { body: rows } => format!("read {}", body(rows)),
        Effect::Opaque(opaque) => format!("opaque: {}", opaque.reason),
        Effect::Merge(_) | Effect::Update(_) | Effect::Delete(_) => changing(effect),
    }
}

fn changing(effect: &Effect) -> String {
    let optional = |word: &str, piece: &Option<Sql>| {
        piece.as_ref().map_or(String::new(), |piece| format!(" {word} {}", sql(piece)))
    };
    match effect {
        Effect::Update(update) => {
            format!(
                "update {} {} set {}{}{}",
                update.relation,
                update.alias,
                assigned(&update.assignments),
                optional("from", &update.from),
                optional("where", &update.filter)
            )
        }
        Effect::Delete(delete) => {
            let using = optional("using", &delete.using);
            format!("delete {} {}{using} where {}", delete.relation, delete.alias, sql(&delete.filter))
        }
        Effect::Merge(merge) => {
            let arms: Vec<String> = merge
                .arms
                .iter()
                .map(|arm| format!("{:?}{}: {}", arm.matched, optional("if", &arm.condition), action(&arm.action)))
                .collect();
            format!(
                "merge {} {} using {} {} on {} {}",
                merge.relation,
                merge.alias,
                sql(&merge.using),
                merge.using_alias,
                sql(&merge.on),
                arms.join(" / ")
            )
        }
        _ => unreachable!(),
    }
}

fn action(action: &MergeAction) -> String {
    match action {
        MergeAction::Update(list) => format!("set {}", assigned(list)),
        MergeAction::UpdateAll => "set *".to_owned(),
        MergeAction::Insert(list) => format!("insert {}", assigned(list)),
        MergeAction::InsertAll => "insert *".to_owned(),
        MergeAction::Delete => "delete".to_owned(),
        MergeAction::Nothing => "nothing".to_owned(),
    }
}

fn assigned(list: &[Assignment]) -> String {
    list.iter().map(|one| format!("{}={}", one.column, sql(&one.value))).collect::<Vec<_>>().join(", ")
}

fn on_conflict(conflict: &Conflict) -> String {
    let filter = conflict.filter.as_ref().map_or(String::new(), |filter| format!(" where {}", sql(filter)));
    let replaces = if conflict.replaces_row { " replace" } else { "" };
    format!(" conflict({}){replaces} {}{filter}", conflict.key.join(","), assigned(&conflict.assignments))
}

fn column(column: &ColumnDef) -> String {
    let mut text = format!("{} {}", column.name, column.sql_type);
    if column.not_null {
        text.push_str(" !");
    }
    if column.unique {
        text.push_str(" key");
    }
    if column.generated {
        text.push_str(" generated");
    }
    if let Some(default) = &column.default {
        text.push_str(&format!(" default {default}"));
    }
    if !column.comment.is_empty() {
        text.push_str(&format!(" '{}'", column.comment));
    }
    text
}

fn changed(change: &Change) -> String {
    match change {
        Change::Add(def) => format!("add {}", column(def)),
        Change::Drop(name) => format!("drop {name}"),
        Change::Rename { from, to } => format!("rename {from} {to}"),
        Change::Retype(def) => format!("retype {}", column(def)),
    }
}
