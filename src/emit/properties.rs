//! The YAML beside models, seeds, snapshots and sources: what they are, where they came from, what is tested.
//!
//! In: the plan. Out: one file a folder. Text of the inputs is escaped for Jinja here, because dbt renders most of what
//! these files hold; `yaml` escapes it for YAML.

use std::collections::BTreeMap;

use crate::dialect::Folding;
use crate::emit::places::Places;
use crate::emit::yaml::{self, Yaml};
use crate::emit::{Files, body, jinja, model, origin, paths, units};
use crate::plan::{
    DataTest, Dependency, Exposure, Model, ModelColumn, Project, Seed, SingularTest, Snapshot, SourceTable, TestKind,
    is_keyword,
};
use crate::steps::ColumnDef;
use crate::text::{Sources, Span};

/// All properties files of the project.
pub(super) fn write(project: &Project, places: &Places, sources: &Sources, files: &mut Files) {
    let mut folders: BTreeMap<String, Vec<Yaml>> = BTreeMap::new();
    for model in &project.models {
        folders.entry(paths::model_folder(model)).or_default().push(model_entry(model, project, sources));
    }
    let mut unit_tests: BTreeMap<String, Vec<Yaml>> = BTreeMap::new();
    for model in &project.models {
        let tests = model.unit_tests.iter().map(|test| units::entry(model, test));
        unit_tests.entry(paths::model_folder(model)).or_default().extend(tests);
    }
    for (folder, models) in folders {
        let mut root = vec![("models", Yaml::List(models))];
        root.extend(
            unit_tests.remove(&folder).filter(|tests| !tests.is_empty()).map(|tests| ("unit_tests", Yaml::List(tests))),
        );
        files.insert(paths::models_of(&folder), document(root));
    }
    let mut by_source: BTreeMap<&str, Vec<&SourceTable>> = BTreeMap::new();
    for table in &project.sources {
        by_source.entry(&table.source).or_default().push(table);
    }
    for (source, tables) in by_source {
        let entry = source_entry(source, &tables, (project, places), sources);
        files.insert(paths::sources(source), file("sources", vec![entry]));
    }
    let lists = [
        ("seeds", "seeds/_seeds.yml", list(&project.seeds, |seed| seed_entry(seed, (project, places), sources))),
        (
            "snapshots",
            "snapshots/_snapshots.yml",
            list(&project.snapshots, |snapshot| snapshot_entry(snapshot, sources)),
        ),
        ("exposures", "models/exposures.yml", list(&project.exposures, exposure_entry)),
        ("data_tests", "tests/_tests.yml", list(&project.tests, |test| singular_entry(test, sources))),
    ];
    for (key, path, entries) in lists {
        if !entries.is_empty() {
            files.insert(path.to_owned(), file(key, entries));
        }
    }
}

fn list<T>(items: &[T], entry: impl Fn(&T) -> Yaml) -> Vec<Yaml> {
    items.iter().map(entry).collect()
}

fn file(key: &str, entries: Vec<Yaml>) -> String {
    document(vec![(key, Yaml::List(entries))])
}

fn document(lists: Vec<(&str, Yaml)>) -> String {
    let mut root = Yaml::map([("version", Yaml::Plain("2".to_owned()))]);
    for (key, list) in lists {
        root.push(key, list);
    }
    yaml::document(&root)
}

/// Text of the inputs as a value that dbt renders.
pub(super) fn rendered(text: &str) -> Yaml {
    Yaml::text(jinja::escape(text))
}

fn model_entry(model: &Model, project: &Project, sources: &Sources) -> Yaml {
    let places = origin::places(&model.origin, sources);
    let description = described(model, &places, project, sources);
    let mut entry =
        Yaml::map([("name", Yaml::text(paths::name(&model.name))), ("description", rendered(&description))]);
    entry.push("config", meta(&model.relation, &places));
    push_tests(&mut entry, &model.tests, project);
    if !model.columns.is_empty() {
        let column = |column: &ModelColumn| {
            let told = if column.description.is_empty() { untold(model, &places) } else { column.description.clone() };
            column_entry(&ModelColumn { description: told, ..column.clone() }, project)
        };
        entry.push("columns", Yaml::List(list(&model.columns, column)));
    }
    entry
}

/// `` Paid orders only. One row per `order_id`, from `stg_orders`. Replaces `tmp_orders` of procedure.sql:9-12. ``: what the
/// author says, what the query does, and what came from where.
fn described(model: &Model, places: &[String], project: &Project, sources: &Sources) -> String {
    let said =
        if model.description.is_empty() { origin::remark(&model.origin, sources) } else { model.description.clone() };
    let mut sentences = vec![said, model.summary.clone()];
    if model.manual.is_some() {
        sentences.push("Its query is left to do".to_owned());
    }
    // A staging model of a source stands beside it.
    let replaces =
        !model.relation.is_empty() && !project.sources.iter().any(|source| source.relation == model.relation);
    match (replaces, places.is_empty()) {
        (true, false) => sentences.push(format!("Replaces `{}` of {}", model.relation, shown(places))),
        (true, true) => sentences.push(format!("Replaces `{}`", model.relation)),
        (false, _) => {}
    }
    let sentences = sentences.iter().map(|sentence| sentence.trim().trim_end_matches('.'));
    let text = sentences.filter(|sentence| !sentence.is_empty()).collect::<Vec<_>>().join(". ");
    if text.is_empty() { made_from(&model.relation, places) } else { format!("{text}.") }
}

/// Of a column of which nothing shorter than the query tells how it is made: where to look.
fn untold(model: &Model, places: &[String]) -> String {
    if model.manual.is_some() {
        return format!("Column of `{}`, whose query is left to do", model.relation);
    }
    let how = if model.python { "Computed in Python" } else { "Set" };
    if places.is_empty() { how.to_owned() } else { format!("{how} by {}", shown(places)) }
}

/// `tmp_orders, from procedure.sql:9-12`.
fn made_from(relation: &str, places: &[String]) -> String {
    match (relation.is_empty(), places.is_empty()) {
        (true, true) => String::new(),
        (false, true) => relation.to_owned(),
        (true, false) => format!("From {}", places.join(", ")),
        (false, false) => format!("{relation}, from {}", places.join(", ")),
    }
}

/// What came from where, for people and tools.
fn meta(relation: &str, places: &[String]) -> Yaml {
    let mut meta = Yaml::Map(Vec::new());
    if !relation.is_empty() {
        meta.push("relation", rendered(relation));
    }
    if !places.is_empty() {
        meta.push("origin", Yaml::List(places.iter().map(|place| rendered(place)).collect()));
    }
    Yaml::map([("meta", meta)])
}

fn column_entry(column: &ModelColumn, project: &Project) -> Yaml {
    let mut entry = Yaml::map([("name", rendered(&column.name))]);
    if needs_quotes(&column.name, project) {
        entry.push("quote", Yaml::Plain("true".to_owned()));
    }
    if !column.description.is_empty() {
        entry.push("description", rendered(&column.description));
    }
    if !column.sql_type.is_empty() {
        entry.push("data_type", rendered(&column.sql_type));
    }
    push_tests(&mut entry, &column.tests, project);
    entry
}

/// Whether a column's name must be quoted in the target. Where the target is the scripts' own dialect, a name that it
/// would fold otherwise stood in quotes there.
fn needs_quotes(name: &str, project: &Project) -> bool {
    let mixed =
        name.bytes().any(|byte| byte.is_ascii_uppercase()) && name.bytes().any(|byte| byte.is_ascii_lowercase());
    let own = !project.target_chosen || project.target_is_own && mixed;
    !is_plain(name) || is_keyword(name) || own && project.target.fold(name, false) != name
}

/// Whether a column's name needs no quotes anywhere.
fn is_plain(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|character| character.is_ascii_alphanumeric() || character == '_')
}

fn push_tests(entry: &mut Yaml, tests: &[DataTest], project: &Project) {
    if !tests.is_empty() {
        entry.push("data_tests", Yaml::List(list(tests, |test| test_entry(test, project))));
    }
}

/// A generic test, with its reason above it.
fn test_entry(test: &DataTest, project: &Project) -> Yaml {
    let texts = |texts: &[String]| Yaml::List(texts.iter().map(|text| rendered(text)).collect());
    let (name, arguments) = match &test.kind {
        TestKind::Unique => ("unique", None),
        TestKind::NotNull => ("not_null", None),
        TestKind::AcceptedValues(values) => {
            // dbt puts each value between quotes as it stands.
            let values: Vec<String> = values.iter().map(|value| value.replace('\'', "''")).collect();
            ("accepted_values", Some(Yaml::map([("values", texts(&values))])))
        }
        TestKind::Relationships { to, field } => {
            let arguments = [("to", Yaml::text(expression(to))), ("field", rendered(field))];
            ("relationships", Some(Yaml::map(arguments)))
        }
        TestKind::UniqueCombination(columns) => {
            let columns: Vec<String> = columns.iter().map(|column| quoted(column, project)).collect();
            ("unique_combination", Some(Yaml::map([("columns", texts(&columns))])))
        }
    };
    let mut settings = Yaml::Map(Vec::new());
    if let Some(arguments) = arguments {
        settings.push("arguments", arguments);
    }
    if test.warn {
        settings.push("config", Yaml::map([("severity", Yaml::text("warn"))]));
    }
    let empty = settings == Yaml::Map(Vec::new());
    let entry = if empty { Yaml::text(name) } else { Yaml::map([(name, settings)]) };
    entry.commented(&test.reason)
}

/// A column's name as an SQL identifier of the target.
fn quoted(column: &str, project: &Project) -> String {
    if !needs_quotes(column, project) {
        return column.to_owned();
    }
    let quotes = project.target.traits().identifier_quotes;
    let quote = if quotes.contains(&'"') { '"' } else { quotes.first().copied().unwrap_or('"') };
    format!("{quote}{}{quote}", column.replace(quote, &format!("{quote}{quote}")))
}

/// `ref('a')` or `source('a', 'b')`, without braces.
pub(super) fn expression(dependency: &Dependency) -> String {
    let text = model::dependency_reference(dependency);
    text.trim_start_matches("{{ ").trim_end_matches(" }}").to_owned()
}

fn source_entry(
    source: &str,
    tables: &[&SourceTable],
    (project, places): (&Project, &Places),
    sources: &Sources,
) -> Yaml {
    let schema = tables.iter().find_map(|table| table.schema.clone());
    let database = tables.iter().find_map(|table| table.database.clone());
    let described = schema.as_deref().map_or_else(
        || "Tables that the scripts name without a schema.".to_owned(),
        |schema| match &project.start {
            Some(start) if !start.from_scripts => format!("Tables of schema {schema}."),
            _ => format!("Tables that the scripts read from schema {schema}."),
        },
    );
    let mut entry = Yaml::map([("name", rendered(source)), ("description", rendered(&described))]);
    if let Some(database) = &database {
        entry.push("database", places.of_source(database).yaml());
    }
    let placed = |schema: String| places.schema(database.as_deref(), &schema).yaml();
    let schema = schema.map_or_else(|| Yaml::text("{{ target.schema }}"), placed);
    entry.push("schema", schema);
    let freshness = "To watch how fresh these tables are, name the column that tells when a row was loaded:\n\
                     config:\n  loaded_at_field: loaded_at\n  freshness:\n    warn_after: {count: 24, period: hour}";
    let entries = Yaml::List(tables.iter().map(|table| table_entry(table, project, sources)).collect());
    let all_known = tables.iter().all(|table| table.freshness.is_some());
    entry.push("tables", if all_known { entries } else { entries.commented(freshness) });
    entry
}

fn table_entry(table: &SourceTable, project: &Project, sources: &Sources) -> Yaml {
    let places = origin::places(&table.named_at, sources);
    let description = if table.description.is_empty() {
        format!("Table `{}`, read in {}", table.relation, shown(&places))
    } else {
        table.description.clone()
    };
    let mut entry = Yaml::map([("name", rendered(&table.table)), ("description", rendered(&description))]);
    if let Some(identifier) = &table.identifier {
        entry.push("identifier", rendered(identifier));
    }
    let identifier = table.identifier.as_deref().unwrap_or(&table.table);
    if project.target.traits().folding == Folding::Upper && !is_plain(identifier) {
        // dbt leaves names without quotes there, as it must for all others.
        entry.push("quoting", Yaml::map([("identifier", Yaml::Plain("true".to_owned()))]));
    }
    let mut config = Yaml::Map(Vec::new());
    if let Some(freshness) = &table.freshness {
        let period = [("count", Yaml::Plain("1".to_owned())), ("period", Yaml::text("day"))];
        config.push("loaded_at_field", rendered(&freshness.loaded_at).commented(&freshness.reason));
        config.push("freshness", Yaml::map([("warn_after", Yaml::map(period))]));
    }
    if let Some(location) = &table.external_location {
        // dbt-duckdb fills in names in braces.
        let location = location.replace('{', "{{").replace('}', "}}");
        config.push("meta", Yaml::map([("external_location", rendered(&location))]));
    }
    if !config.is_empty() {
        entry.push("config", config);
    }
    if !table.columns.is_empty() {
        entry.push("columns", Yaml::List(list(&table.columns, |column| declared_column(table, column, project))));
    }
    entry
}

/// The first few places, and how many more there are: `a.sql:3, 7-9, b.sql:1 and 2 more`.
fn shown(places: &[String]) -> String {
    const SHOWN: usize = 5;
    let mut first = String::new();
    let mut before = "";
    for place in places.iter().take(SHOWN) {
        let (file, lines) = place.rsplit_once(':').unwrap_or((place, place));
        let separator = if first.is_empty() { "" } else { ", " };
        first.push_str(separator);
        first.push_str(if file == before { lines } else { place });
        before = file;
    }
    match places.len() {
        0 => "no script".to_owned(),
        many if many > SHOWN => format!("{first} and {} more", many - SHOWN),
        _ => first,
    }
}

/// A column as the DDL declares it, with tests of what is declared.
fn declared_column(table: &SourceTable, column: &ColumnDef, project: &Project) -> Yaml {
    let test = |kind, reason: &str| DataTest { kind, reason: reason.to_owned(), warn: false };
    let mut tests = Vec::new();
    if column.unique {
        tests.push(test(TestKind::Unique, "a key by its declaration"));
    }
    if column.not_null {
        tests.push(test(TestKind::NotNull, "NOT NULL by its declaration"));
    }
    tests.extend(table.listed.iter().filter(|(name, _)| *name == column.name).map(|(_, test)| test.clone()));
    let column = ModelColumn {
        name: column.name.clone(),
        sql_type: column.sql_type.clone(),
        description: column.comment.clone(),
        tests,
    };
    column_entry(&column, project)
}

fn seed_entry(seed: &Seed, (project, around): (&Project, &Places), sources: &Sources) -> Yaml {
    let places = origin::places(&seed.origin, sources);
    let own = format!("Rows that the scripts list, from {}", shown(&places));
    let description = if seed.description.is_empty() { own } else { seed.description.clone() };
    let mut entry = Yaml::map([("name", Yaml::text(paths::name(&seed.name))), ("description", rendered(&description))]);
    let mut config = meta(&seed.relation, &places);
    let database = seed.database.as_deref();
    let names = [
        ("database", database.map(|name| around.database(name).yaml())),
        ("schema", seed.schema.as_deref().map(|name| around.schema(database, name).yaml())),
        ("alias", seed.alias.as_deref().map(rendered)),
    ];
    for (key, name) in names {
        if let Some(name) = name {
            config.push(key, name);
        }
    }
    if project.target.traits().folding == Folding::Upper {
        config.push("quote_columns", Yaml::Plain("false".to_owned()));
    }
    let typed = seed.columns.iter().filter(|column| !column.sql_type.is_empty());
    let typed: Vec<(String, Yaml)> = typed.map(|column| (column.name.clone(), rendered(&column.sql_type))).collect();
    if !typed.is_empty() {
        config.push("column_types", Yaml::Map(typed));
    }
    entry.push("config", config);
    push_tests(&mut entry, &seed.tests, project);
    entry.push("columns", Yaml::List(list(&seed.columns, |column| column_entry(column, project))));
    entry
}

fn snapshot_entry(snapshot: &Snapshot, sources: &Sources) -> Yaml {
    let texts = |texts: &[String]| match texts {
        [one] => rendered(one),
        many => Yaml::List(many.iter().map(|text| rendered(text)).collect()),
    };
    let mut config = Yaml::Map(Vec::new());
    if let Some(schema) = &snapshot.schema {
        config.push("schema", rendered(schema));
    }
    config.push("unique_key", texts(&snapshot.unique_key));
    if let Some(updated_at) = &snapshot.updated_at {
        config.push("strategy", Yaml::text("timestamp"));
        config.push("updated_at", rendered(updated_at));
    } else {
        config.push("strategy", Yaml::text("check"));
        let all = snapshot.check.is_empty();
        let columns = Yaml::List(snapshot.check.iter().map(|column| rendered(column)).collect());
        config.push("check_cols", if all { Yaml::text("all") } else { columns });
    }
    let places: &[Span] = &snapshot.origin;
    Yaml::map([
        ("name", Yaml::text(paths::name(&snapshot.name))),
        ("description", rendered(&format!("History of rows, from {}", shown(&origin::places(places, sources))))),
        ("relation", Yaml::text(expression(&snapshot.relation))),
        ("config", config),
    ])
}

fn exposure_entry(exposure: &Exposure) -> Yaml {
    let owner = if exposure.owner.is_empty() { "to be named" } else { &exposure.owner };
    Yaml::map([
        ("name", Yaml::text(paths::name(&exposure.name))),
        ("type", Yaml::text("application")),
        ("description", rendered(&exposure.description)),
        ("owner", Yaml::map([("name", rendered(owner))])),
        ("depends_on", Yaml::List(exposure.depends_on.iter().map(|used| Yaml::text(expression(used))).collect())),
    ])
}

fn singular_entry(test: &SingularTest, sources: &Sources) -> Yaml {
    let places = origin::places(&test.origin, sources);
    Yaml::map([
        ("name", Yaml::text(paths::name(&test.name))),
        ("description", rendered(&made_from(&test.description, &places))),
    ])
}

/// Whether the project's own test of several columns is used.
pub(super) fn uses_unique_combination(project: &Project) -> bool {
    let is_one = |test: &DataTest| matches!(test.kind, TestKind::UniqueCombination(_));
    let within = |tests: &[DataTest], columns: &[ModelColumn]| {
        tests.iter().any(is_one) || columns.iter().any(|column| column.tests.iter().any(is_one))
    };
    project.models.iter().any(|model| within(&model.tests, &model.columns))
        || project.seeds.iter().any(|seed| within(&seed.tests, &seed.columns))
}

/// Whether any model's text calls the macro `sql_value`.
pub(super) fn uses_sql_value(files: &Files) -> bool {
    files.values().any(|text| body::uses_sql_value(text))
}
