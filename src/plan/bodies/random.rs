//! Values that are drawn: a script draws one and uses it everywhere, a query draws one for each row.
//!
//! In: what a variable was given. Out: for the identifier of a run, dbt's own; else a query of one row, and a finding that
//! each model draws its own.

use super::builder::Builder;
use crate::finding::{Code, Finding};
use crate::plan::drafts::Part;
use crate::steps::{Effect, Query, Step};

/// Functions that draw another value at each call.
const DRAWING: &[&str] = &["rand", "random", "randn", "nextval", "uniform", "randstr", "sys_guid"];

/// Functions that draw an identifier that no other is like, and its type where that is not text.
const IDENTIFYING: &[(&str, &str)] = &[
    ("gen_random_uuid", "uuid"),
    ("uuid_generate_v4", "uuid"),
    ("newid", "uniqueidentifier"),
    ("newsequentialid", "uniqueidentifier"),
    ("uuid_string", ""),
    ("generate_uuid", ""),
    ("uuid", ""),
];

impl Builder<'_, '_> {
    /// What stands for a variable whose value is drawn: the identifier of the dbt run; none where the value is to be drawn by a
    /// query, which is said then.
    pub(super) fn drawn_once(&mut self, step: &Step, variable: &str, body: &Query) -> Option<Vec<Part>> {
        let identifiers = self.context.scripts.iter().flat_map(|script| &script.steps);
        let identifiers = identifiers.filter(|step| is_identifier(&step.effect)).count();
        if let Some(sql_type) = identifier(&body.sql.text).filter(|_| identifiers == 1) {
            let sql_type = (!sql_type.is_empty()).then(|| format!("'{sql_type}'"));
            let arguments = ["invocation_id".to_owned()].into_iter().chain(sql_type).collect();
            return Some(vec![Part::Call { name: "sql_value", arguments }]);
        }
        let message = format!("each model draws its own value for {variable}, of which the script draws one for all");
        let help = "put `{{ invocation_id }}`, which names the dbt run, or a variable in its place";
        let finding = Finding::at(Code::R314, step.span, message, help);
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
        None
    }
}

/// Whether another value comes out of the text at each call.
pub(super) fn is_drawn(text: &str) -> bool {
    identifier(text).is_some()
        || calls(text).any(|name| DRAWING.contains(&name.as_str()) || identifying(&name).is_some())
}

fn is_identifier(effect: &Effect) -> bool {
    let Effect::Bind { body, .. } = effect else { return false };
    identifier(&body.sql.text).is_some()
}

/// The type of `select f()` where that is an identifier and nothing else.
fn identifier(text: &str) -> Option<&'static str> {
    let (first, call) = text.trim().split_once(char::is_whitespace)?;
    let name = call.trim().strip_suffix(')')?.trim_end().strip_suffix('(')?.trim_end();
    first.eq_ignore_ascii_case("select").then(|| identifying(&name.to_lowercase())).flatten()
}

fn identifying(name: &str) -> Option<&'static str> {
    IDENTIFYING.iter().find(|(known, _)| *known == name).map(|(_, sql_type)| *sql_type)
}

/// Names before an opening parenthesis, in lower case, outside of texts.
fn calls(text: &str) -> impl Iterator<Item = String> + '_ {
    let outside = text.split('\'').step_by(2);
    outside.flat_map(|part| part.split('(')).filter_map(|before| {
        let name = before.trim_end().rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next()?;
        Some(name.to_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::{identifier, is_drawn};

    #[test]
    fn tells_what_is_drawn() {
        let rows = [
            ("select newid()", Some("uniqueidentifier"), true),
            ("SELECT uuid_string( )", Some(""), true),
            ("select cast(gen_random_uuid() as text)", None, true),
            ("select nextval('batch')", None, true),
            ("select floor(random() * 10)", None, true),
            ("select 'rand(1)'", None, false),
            ("select max(random) from t", None, false),
            ("select now()", None, false),
        ];
        for (text, sql_type, drawn) in rows {
            assert_eq!((identifier(text), is_drawn(text)), (sql_type, drawn), "{text}");
        }
    }
}
