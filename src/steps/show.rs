//! The text form of the intermediate representation, printed: what `refract steps` shows.
//!
//! In: scripts. Out: one step a line, below a header line a script, parameter, task and arrow. What it prints,
//! `parse.rs` reads back, as far as the text form goes: it leaves out spans, comments and frames' operations.

use std::fmt::Write as _;

use super::{
    Assignment, Body, Change, ColumnDef, ColumnUse, Conflict, Effect, Form, Guard, Lifetime, Matched, Merge,
    MergeAction, Output, Query, Script, Sql, Step,
};
use crate::name::Relation;

/// What is shown beside the relations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ShowOptions {
    /// The queries' text, in quotes.
    pub text: bool,
    /// The bytes of the file at the end of each line, as a comment.
    pub spans: bool,
    /// The lines about each script as a whole.
    pub headers: bool,
}

/// Scripts in the text form, a line each step.
pub fn show(scripts: &[Script], options: ShowOptions) -> String {
    let mut out = String::new();
    for script in scripts {
        if options.headers {
            header(&mut out, script);
        }
        for step in &script.steps {
            let task = step.task.and_then(|task| script.tasks.get(task));
            if let Some(task) = task {
                let _ = write!(out, "[{}] ", word(&task.id));
            }
            out.push_str(&show_step(step, options));
            if options.spans {
                let _ = write!(out, " -- {}..{}", step.span.start, step.span.end);
            }
            out.push('\n');
        }
    }
    out
}

/// One step, without its task.
pub fn show_step(step: &Step, options: ShowOptions) -> String {
    let shower = Shower { text: options.text };
    let mut out: String = step.guards.iter().map(|guard| shower.guard(guard)).collect();
    out.push_str(&shower.effect(&step.effect));
    out
}

fn header(out: &mut String, script: &Script) {
    let _ = writeln!(out, "script {} {} {}", word(&script.name), script.kind.name(), script.dialect);
    for param in &script.params {
        let default = param.default.as_ref().map_or(String::new(), |text| format!(" = {}", quote(text)));
        let _ = writeln!(out, "param {} {}{default}", word(&param.name), quote(&param.sql_type));
    }
    for task in &script.tasks {
        let _ = writeln!(out, "task {} {}", word(&task.id), word(&task.operator));
    }
    let task = |at: usize| script.tasks.get(at).map_or(String::new(), |task| word(&task.id));
    for arrow in &script.arrows {
        let perhaps = if arrow.perhaps { " perhaps" } else { "" };
        let _ = writeln!(out, "arrow {} -> {}{perhaps}", task(arrow.from), task(arrow.to));
    }
}

/// A name in backticks where it is not plain letters, digits and underscores.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '#' | '@' | '$');
    if !text.is_empty() && text.chars().all(plain) { text.to_owned() } else { format!("`{}`", text.replace('`', "``")) }
}

fn relation(relation: &Relation) -> String {
    relation.parts().iter().map(|part| word(&part.text)).collect::<Vec<_>>().join(".")
}

fn relations<'a>(all: impl IntoIterator<Item = &'a Relation>) -> String {
    let mut shown: Vec<String> = Vec::new();
    for text in all.into_iter().map(relation) {
        if !shown.contains(&text) {
            shown.push(text);
        }
    }
    shown.join(", ")
}

fn quote(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    format!(" ({})", names.iter().map(|name| word(name)).collect::<Vec<_>>().join(", "))
}

fn column(column: &ColumnDef) -> String {
    let mut out = word(&column.name);
    if !column.sql_type.is_empty() {
        let _ = write!(out, " {}", quote(&column.sql_type));
    }
    for (holds, mark) in [(column.not_null, " not_null"), (column.unique, " unique"), (column.generated, " generated")]
    {
        out.push_str(if holds { mark } else { "" });
    }
    if let Some((from, by)) = column.numbers {
        let _ = write!(out, " from {} {}", quote(&from.to_string()), quote(&by.to_string()));
    }
    if let Some(default) = &column.default {
        let _ = write!(out, " = {}", quote(default));
    }
    out
}

struct Shower {
    text: bool,
}

impl Shower {
    fn guard(&self, guard: &Guard) -> String {
        match guard {
            Guard::If { condition, negated } => {
                format!("{} {}: ", if *negated { "else" } else { "if" }, self.sql(condition, true))
            }
            Guard::Loop { head, query, carries, .. } => {
                let over = query.as_ref().map_or(String::new(), |query| format!(" over {}", self.query(query)));
                let names: Vec<String> = carries.iter().map(|name| word(name)).collect();
                let carrying = if names.is_empty() { String::new() } else { format!(" carrying {}", names.join(", ")) };
                format!("loop {}{over}{carrying}: ", quote(&head.text))
            }
            Guard::Handler { conditions } => format!("handler {}: ", quote(conditions)),
        }
    }

    fn effect(&self, effect: &Effect) -> String {
        match effect {
            Effect::Create { relation: to, lifetime, form, columns, body } => {
                format!("create {}{} <- {}", kind(*lifetime, *form), relation(to) + &list(columns), self.body(body))
            }
            Effect::Declare { relation: to, lifetime, columns, keeps_existing } => {
                let columns: Vec<String> = columns.iter().map(column).collect();
                let keeps = if *keeps_existing { "if_missing " } else { "" };
                format!("declare {}{keeps}{} ({})", kind(*lifetime, Form::Table), relation(to), columns.join(", "))
            }
            Effect::Replace { relation: to, columns, body } => {
                format!("replace {}{} <- {}", relation(to), list(columns), self.body(body))
            }
            Effect::Append { relation: to, columns, body, conflict } => {
                let conflict = conflict.as_ref().map_or(String::new(), |conflict| self.conflict(conflict));
                format!("append {}{} <- {}{conflict}", relation(to), list(columns), self.body(body))
            }
            Effect::Merge(merge) => self.merge(merge),
            Effect::Update(update) => {
                let mut out = format!("update {}", self.target(&update.relation, &update.alias));
                let _ = write!(out, " set {}", self.assignments(&update.assignments));
                self.clause(&mut out, "from", update.from.as_ref());
                self.clause(&mut out, "where", update.filter.as_ref());
                out.push_str(&self.uses(" deciding", &update.deciding));
                out
            }
            Effect::Delete(delete) => {
                let mut out = format!("delete {}", self.target(&delete.relation, &delete.alias));
                self.clause(&mut out, "using", delete.using.as_ref());
                self.clause(&mut out, "where", Some(&delete.filter));
                out.push_str(&self.uses(" deciding", &delete.deciding));
                out
            }
            Effect::Truncate { relation: to } => format!("empty {}", relation(to)),
            Effect::Drop { relation: to } => format!("drop {}", relation(to)),
            Effect::Rename { from, to } => format!("rename {} to {}", relation(from), relation(to)),
            Effect::Swap { left, right } => format!("swap {} with {}", relation(left), relation(right)),
            Effect::Alter { relation: to, change } => format!("alter {} {}", relation(to), alter(change)),
            Effect::Call { procedure, arguments, file: _ } => call(procedure, arguments),
            Effect::Bind { variables, body } => format!("bind {} <- {}", variables.join(", "), self.query(body)),
            Effect::Read { body } => format!("read {}", self.body(body)),
            Effect::Opaque(opaque) => {
                let mut out = format!("opaque {}", quote(&opaque.reason));
                for (what, names) in [("reads", &opaque.reads), ("writes", &opaque.writes)] {
                    if !names.is_empty() {
                        let _ = write!(out, " {what} {}", relations(names));
                    }
                }
                out
            }
        }
    }

    fn target(&self, to: &Relation, alias: &str) -> String {
        if alias.is_empty() || alias == to.name() || !self.text {
            return relation(to);
        }
        format!("{} as {}", relation(to), word(alias))
    }

    fn body(&self, body: &Body) -> String {
        match body {
            Body::Query(query) => self.query(query),
            Body::Frame(frame) => format!("frame {}", relations(&frame.relations())),
        }
    }

    fn query(&self, query: &Query) -> String {
        let mut out = self.sql(&query.sql, false);
        if self.text && !(query.outputs.is_empty() && query.deciding.is_empty()) {
            let mut items: Vec<String> = query.outputs.iter().map(output).collect();
            items.extend(query.deciding.iter().map(|used| column_use(used).trim_start().to_owned()));
            let _ = write!(out, " {{{}}}", items.join(", "));
        }
        if self.text && !query.key.is_empty() {
            let _ = write!(out, " key{}", list(&query.key));
        }
        out
    }

    /// The relations that are read, and the text where it is asked for or nothing else tells the piece apart.
    fn sql(&self, sql: &Sql, always: bool) -> String {
        let names = relations(sql.mentions.iter().map(|mention| &mention.relation));
        match (names.is_empty(), self.text || always) {
            (true, true) => quote(&sql.text),
            (true, false) => "nothing".to_owned(),
            (false, true) => format!("{names} {}", quote(&sql.text)),
            (false, false) => names,
        }
    }

    /// Uses of columns in braces behind a word; nothing where there are none.
    fn uses(&self, word: &str, uses: &[ColumnUse]) -> String {
        if uses.is_empty() || !self.text {
            return String::new();
        }
        let all: Vec<String> = uses.iter().map(|used| column_use(used).trim_start().to_owned()).collect();
        format!("{word} {{{}}}", all.join(", "))
    }

    fn clause(&self, out: &mut String, word: &str, sql: Option<&Sql>) {
        if let Some(sql) = sql {
            let _ = write!(out, " {word} {}", self.sql(sql, true));
        }
    }

    fn assignments(&self, all: &[Assignment]) -> String {
        let one = |assignment: &Assignment| {
            format!(
                "{} = {}{}",
                word(&assignment.column),
                self.sql(&assignment.value, true),
                self.uses("", &assignment.from)
            )
        };
        all.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    fn conflict(&self, conflict: &Conflict) -> String {
        let mut out = format!(" on_conflict{}", list(&conflict.key));
        if conflict.replaces_row {
            out.push_str(" replace");
        } else if conflict.assignments.is_empty() {
            out.push_str(" nothing");
        } else {
            let _ = write!(out, " set {}", self.assignments(&conflict.assignments));
        }
        self.clause(&mut out, "where", conflict.filter.as_ref());
        out
    }

    fn merge(&self, merge: &Merge) -> String {
        let mut out = format!("merge {}", self.target(&merge.relation, &merge.alias));
        let _ = write!(out, " using {} as {}", self.sql(&merge.using, true), word(&merge.using_alias));
        self.clause(&mut out, "on", Some(&merge.on));
        for arm in &merge.arms {
            out.push_str(match arm.matched {
                Matched::Both => " matched",
                Matched::SourceOnly => " source_only",
                Matched::TargetOnly => " target_only",
            });
            self.clause(&mut out, "and", arm.condition.as_ref());
            match &arm.action {
                MergeAction::Update(set) => {
                    let _ = write!(out, " update {}", self.assignments(set));
                }
                MergeAction::Insert(set) => {
                    let _ = write!(out, " insert {}", self.assignments(set));
                }
                MergeAction::UpdateAll => out.push_str(" update_all"),
                MergeAction::InsertAll => out.push_str(" insert_all"),
                MergeAction::Delete => out.push_str(" delete"),
                MergeAction::Nothing => out.push_str(" nothing"),
            }
        }
        if self.text && !merge.outputs.is_empty() {
            let outputs: Vec<String> = merge.outputs.iter().map(output).collect();
            let _ = write!(out, " giving {{{}}}", outputs.join(", "));
        }
        out.push_str(&self.uses(" deciding", &merge.deciding));
        out
    }
}

fn kind(lifetime: Lifetime, form: Form) -> &'static str {
    match (lifetime, form) {
        (Lifetime::Temporary, Form::Table) => "temp ",
        (Lifetime::Temporary, Form::View) => "temp view ",
        (Lifetime::Lasting, Form::View) => "view ",
        (Lifetime::Lasting, Form::Table) => "",
    }
}

fn alter(change: &Change) -> String {
    match change {
        Change::Add(def) => format!("add {}", column(def)),
        Change::Drop(name) => format!("drop {}", word(name)),
        Change::Rename { from, to } => format!("rename {} to {}", word(from), word(to)),
        Change::Retype(def) => format!("retype {}", column(def)),
    }
}

fn call(procedure: &Relation, arguments: &[(String, String)]) -> String {
    let one = |(name, value): &(String, String)| {
        if name.is_empty() { quote(value) } else { format!("{} = {}", word(name), quote(value)) }
    };
    let arguments: Vec<String> = arguments.iter().map(one).collect();
    format!("call {} ({})", relation(procedure), arguments.join(", "))
}

fn column_use(used: &ColumnUse) -> String {
    let names = used.relations.iter().map(relation).collect::<Vec<_>>().join(" or ");
    format!(" {} {} of {names}", used.how.name(), word(&used.column))
}

fn output(output: &Output) -> String {
    match output {
        Output::Column { name, from } => {
            format!("{}{}", word(name), from.iter().map(column_use).collect::<String>())
        }
        Output::Star { relation: of, except } => format!("* {}{}", relation(of), list(except)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn what_is_printed_reads_back_the_same() {
        let options = ShowOptions { text: true, spans: false, headers: true };
        let rows = [
            r#"create temp tmp_orders <- raw.orders "select * from raw.orders where a = \"x\"" {* raw.orders}"#,
            r#"create view v (a, b) <- s "select a, b from s" {a copied a of s, b computed b of s or t, filtering k of s}"#,
            r#"declare temp t (a "int" not_null unique, b "text" = "'x'")"#,
            r#"declare if_missing t (a "int" generated)"#,
            r#"declare t (a "int" generated from "1000" "5")"#,
            r#"append t (a) <- s "select a from s" {a} key (a) on_conflict (a) set a = "excluded.a" where "t.b > 1""#,
            r#"merge t using s "s" as s on "t.k = s.k" matched and "s.d" delete matched update a = "s.a" source_only insert_all"#,
            r#"update t set a = "1", b = s "(select max(b) from s)" from u "u" where "t.k = u.k""#,
            r#"delete t using s "s" where "t.k = s.k""#,
            r"empty t",
            r"rename a.b to `c d`.e",
            r"swap a with b",
            r#"alter t add a "int" = "1""#,
            r#"if "x > 1": call p ("1", y = "2")"#,
            r#"loop "for r in select * from s" over s "select * from s" {* s}: opaque "why" reads a, b writes c"#,
        ];
        for row in rows {
            let text = format!("script s sql postgres\n{row}\n");
            let scripts = parse(&text).unwrap_or_else(|error| panic!("{row}: {error}"));
            assert_eq!(show(&scripts, options), text);
        }
    }
}
