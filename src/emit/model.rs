//! The file of a model: its settings where they differ from the folder's, then its text.
//!
//! In: a model. Out: SQL with Jinja, or a Python model. What came from where stands in the YAML beside it, so that the
//! text here is the author's.

use crate::emit::body::{self, Writer};
use crate::emit::defaults::Defaults;
use crate::emit::places::{Place, Places};
use crate::emit::{jinja, origin, template};
use crate::plan::{Dependency, Incremental, Manual, Materialized, Model, Setting, SingularTest};
use crate::text::Sources;

/// The text of a model's file.
pub(super) fn model(model: &Model, writer: &Writer, places: (&Defaults, &Places), sources: &Sources) -> String {
    let mut settings = settings(model, places);
    if !model.pre_hook.is_empty() {
        let hook = format!("{{% if is_incremental() %}}{}{{% endif %}}", writer.sql(&model.pre_hook, ""));
        settings.push(("pre_hook", jinja::literal(&hook)));
    }
    if let Some(manual) = &model.manual {
        return manual_model(model, manual, &config(&settings), sources);
    }
    if model.python {
        return python_model(model, &settings);
    }
    let indent = origin::indent(&model.origin, sources);
    let mut out = config(&settings);
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str(&writer.sql(&model.body, &indent));
    out.push('\n');
    out
}

/// The text of a test that is a query.
pub(super) fn singular_test(test: &SingularTest, writer: &Writer, sources: &Sources) -> String {
    let indent = origin::indent(&test.origin, sources);
    let settings = if test.warn { vec![("severity", jinja::literal("warn"))] } else { Vec::new() };
    let mut out = config(&settings);
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str(&writer.sql(&test.body, &indent));
    out.push('\n');
    out
}

/// Settings that the folder does not give, as Jinja expressions.
fn settings(model: &Model, (defaults, places): (&Defaults, &Places)) -> Vec<(&'static str, String)> {
    let mut settings = Vec::new();
    if let Some(database) = &model.database {
        let database = if model.python { Place::Name(database.clone()) } else { places.database(database) };
        settings.push(("database", database.jinja()));
    }
    let place = places.landing(model);
    let by_default = place.as_ref().is_none_or(|place| matches!(place, Place::Name(_)));
    if !by_default || model.schema.as_deref() != defaults.schema(model) {
        settings.push(("schema", place.map_or_else(|| "none".to_owned(), |place| place.jinja())));
    }
    if let Some(alias) = &model.alias {
        settings.push(("alias", jinja::literal(alias)));
    }
    if model.python || model.materialized.name() != defaults.materialized(model.layer) {
        settings.push(("materialized", jinja::literal(model.materialized.name())));
    }
    if let Materialized::Incremental(incremental) = &model.materialized {
        incremental_settings(incremental, &mut settings);
    }
    settings.extend(model.storage.iter().map(|stored| {
        let only_there = format!("{} if target.type == '{}' else none", setting(&stored.value), stored.adapter);
        (stored.key, only_there)
    }));
    settings
}

fn setting(value: &Setting) -> String {
    match value {
        Setting::Text(text) => jinja::literal(text),
        Setting::Number(number) => number.to_string(),
        Setting::List(texts) => {
            let texts: Vec<String> = texts.iter().map(|text| jinja::literal(text)).collect();
            format!("[{}]", texts.join(", "))
        }
        Setting::Map(pairs) => {
            let pair = |(key, value): &(&str, Setting)| format!("{}: {}", jinja::literal(key), setting(value));
            format!("{{{}}}", pairs.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
    }
}

fn incremental_settings(incremental: &Incremental, settings: &mut Vec<(&'static str, String)>) {
    if !incremental.strategy.is_empty() {
        settings.push(("incremental_strategy", jinja::literal(&incremental.strategy)));
    }
    if !incremental.unique_key.is_empty() {
        settings.push(("unique_key", jinja::one_or_list(&incremental.unique_key)));
    }
    if !incremental.update_columns.is_empty() {
        let columns: Vec<String> = incremental.update_columns.iter().map(|column| jinja::literal(column)).collect();
        settings.push(("merge_update_columns", format!("[{}]", columns.join(", "))));
    }
}

/// The config block with its newline; nothing where there is nothing to set.
fn config(settings: &[(&'static str, String)]) -> String {
    let pairs: Vec<String> = settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
    match pairs.as_slice() {
        [] => String::new(),
        [one] => format!("{{{{ config({one}) }}}}\n"),
        many => format!("{{{{ config(\n    {}\n) }}}}\n", many.join(",\n    ")),
    }
}

/// A model that a person must finish: it stands in the graph, parses, and stops with a message when it is run.
fn manual_model(model: &Model, manual: &Manual, config: &str, sources: &Sources) -> String {
    let mut notes = vec![sentence(&manual.reason)];
    if !manual.help.is_empty() {
        notes.push(sentence(&manual.help));
    }
    if let Some(before) = &manual.before {
        let name = dependency_name(before);
        notes.push(jinja::comment(&format!("The rows that these statements change are those of {name}.")));
    }
    let places = origin::places(&model.origin, sources);
    if !places.is_empty() {
        notes.push(jinja::comment(&format!("From {}.", places.join(", "))));
    }
    let depends = |dependency| format!("-- depends_on: {}", dependency_reference(dependency));
    let depends: Vec<String> = model.depends_on.iter().map(depends).collect();
    let message = format!("{} is left for a person to finish: {}", model.name, manual.reason);
    template::render(
        "manual.sql",
        minijinja::context! {
            config => config,
            notes => notes.join("\n"),
            original => jinja::comment(&original(manual, sources)),
            depends => depends.join("\n"),
            message => jinja::literal(&message),
            query => empty_query(model),
        },
    )
}

/// The author's text of the statements, each with what stands around it; once for neighbours in the same loop.
fn original(manual: &Manual, sources: &Sources) -> String {
    let mut out = String::new();
    let mut last: Option<&str> = None;
    for (around, place) in &manual.original {
        let indent = origin::indent(&[*place], sources);
        let text = sources.slice(*place).trim_end().replace(&format!("\n{indent}"), "\n");
        let same = last == Some(around.as_str());
        if last.is_some() {
            out.push_str(if same && !around.is_empty() { "\n" } else { "\n\n" });
        }
        if !same {
            out.push_str(around);
        }
        out.push_str(&text);
        last = Some(around);
    }
    out
}

/// A line of a Jinja comment: a message with its full stop.
fn sentence(message: &str) -> String {
    let message = message.trim().trim_end_matches('.');
    let mut characters = message.chars();
    let first: String = characters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    jinja::comment(&format!("{first}{}.", characters.as_str()))
}

/// A query of the model's columns and no rows.
fn empty_query(model: &Model) -> String {
    let typed = |sql_type: &str, name: &str| {
        let value = if sql_type.is_empty() { "null".to_owned() } else { format!("cast(null as {sql_type})") };
        jinja::escape(&format!("    {value} as {name}"))
    };
    let columns: Vec<String> = model.columns.iter().map(|column| typed(&column.sql_type, &column.name)).collect();
    let columns = if columns.is_empty() { vec!["    null as to_do".to_owned()] } else { columns };
    format!("select\n{}\nwhere 1 = 0", columns.join(",\n"))
}

/// A dbt Python model. A body without its own `def model` becomes that function's body.
fn python_model(model: &Model, settings: &[(&'static str, String)]) -> String {
    let text = Writer::python(&model.body);
    if text.starts_with("def model(") || text.contains("\ndef model(") {
        return format!("{text}\n");
    }
    let arguments: Vec<String> = settings.iter().map(|(key, value)| format!("{key}={}", python_value(value))).collect();
    let mut head = String::new();
    let mut out = format!("def model(dbt, session):\n    dbt.config({})\n\n", arguments.join(", "));
    let mut in_text = false;
    for line in text.lines() {
        if !in_text && is_whole_import(line) {
            if !head.lines().any(|known| known == line) {
                head.push_str(line);
                head.push('\n');
            }
            continue;
        }
        if !line.is_empty() && !in_text {
            out.push_str("    ");
        }
        out.push_str(line);
        out.push('\n');
        in_text ^= (line.matches("\"\"\"").count() + line.matches("'''").count()) % 2 == 1;
    }
    if head.is_empty() { out } else { format!("{head}\n\n{out}") }
}

/// An import of the script itself that ends on its line: it stands at the top of the model's file.
fn is_whole_import(line: &str) -> bool {
    let imports = line.starts_with("import ") || line.starts_with("from ") && line.contains(" import ");
    imports && !line.contains('(') && !line.ends_with('\\')
}

/// A Jinja expression of a setting in Python: the literals are the same but for `none`.
fn python_value(jinja: &str) -> &str {
    if jinja == "none" { "None" } else { jinja }
}

/// A dependency as a reader knows it.
fn dependency_name(dependency: &Dependency) -> String {
    match dependency {
        Dependency::Model(name) | Dependency::Seed(name) | Dependency::Snapshot(name) => name.clone(),
        Dependency::Source(source, table) => format!("{source}.{table}"),
    }
}

/// A dependency as a Jinja expression.
pub(super) fn dependency_reference(dependency: &Dependency) -> String {
    match dependency {
        Dependency::Model(name) | Dependency::Seed(name) | Dependency::Snapshot(name) => body::reference(name),
        Dependency::Source(source, table) => body::source_reference(source, table),
    }
}
