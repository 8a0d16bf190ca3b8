//! `dbt_project.yml` and `profiles.yml`.
//!
//! In: the project and its folders' settings. Out: two files. No secret stands in them: everything that differs
//! between machines comes from the environment.

use crate::dialect::Dialect;
use crate::emit::body::{ValueKind, is_number, value_kind};
use crate::emit::defaults::Defaults;
use crate::emit::paths;
use crate::emit::yaml::{self, Yaml};
use crate::plan::{Layer, Project, Var};

/// `dbt_project.yml`.
pub(super) fn dbt_project(project: &Project, defaults: &Defaults) -> String {
    let name = paths::name(&project.name);
    let list = |path: &str| Yaml::List(vec![Yaml::text(path)]);
    let mut root = Yaml::map([
        ("name", Yaml::text(&name)),
        ("version", Yaml::text("1.0.0")),
        ("config-version", Yaml::Plain("2".to_owned())),
        ("profile", Yaml::text(&name)),
        ("model-paths", list("models")),
        ("seed-paths", list("seeds")),
        ("snapshot-paths", list("snapshots")),
        ("test-paths", list("tests")),
        ("macro-paths", list("macros")),
        ("clean-targets", Yaml::List(vec![Yaml::text("target"), Yaml::text("dbt_packages")])),
        ("flags", Yaml::map([("send_anonymous_usage_stats", Yaml::Plain("false".to_owned()))])),
    ]);
    if project.start.as_ref().is_some_and(|start| !start.empty_tables.is_empty()) {
        root.push("on-run-start", Yaml::List(vec![Yaml::text("{{ create_missing_sources() }}")]));
    }
    let models = models(defaults, project);
    if !models.is_empty() {
        root.push("models", Yaml::Map(vec![(name.clone(), models)]));
    }
    if !project.vars.is_empty() {
        let vars = project.vars.iter().map(|var| (var.name.clone(), var_value(var))).collect();
        root.push("vars", Yaml::Map(vec![(name, Yaml::Map(vars))]));
    }
    let mut text = yaml::document(&root);
    text.push_str(&layers_to_come(project, &paths::name(&project.name)));
    text
}

/// Settings of the layers that hold no model yet, as a comment: dbt warns about settings that apply to nothing.
fn layers_to_come(project: &Project, name: &str) -> String {
    if project.start.is_none() && !project.models.is_empty() {
        return String::new();
    }
    let missing = |layer: &Layer| !project.models.iter().any(|model| model.layer == *layer);
    let layers: Vec<Layer> = [Layer::Staging, Layer::Intermediate, Layer::Marts].into_iter().filter(missing).collect();
    if layers.is_empty() {
        return String::new();
    }
    let mut text =
        "\n# Settings for the folders that hold no models yet, to be put under `models:` with the first of them:\n"
            .to_owned();
    text.push_str(&format!("# models:\n#   {}:\n", yaml::scalar(name)));
    for layer in layers {
        let materialized = if layer == Layer::Marts { "table" } else { "view" };
        text.push_str(&format!("#     {}:\n#       +materialized: {materialized}\n", layer.name()));
        if layer != Layer::Marts {
            text.push_str(&format!("#       +schema: {}\n", layer.name()));
        }
    }
    text
}

/// The settings of each layer, and of its folders.
fn models(defaults: &Defaults, project: &Project) -> Yaml {
    let mut layers = Vec::new();
    for layer in [Layer::Staging, Layer::Intermediate, Layer::Marts] {
        if !project.models.iter().any(|model| model.layer == layer) {
            continue;
        }
        let mut settings = Yaml::map([("+materialized", Yaml::text(defaults.materialized(layer)))]);
        let root = format!("models/{}", layer.name());
        for (folder, schema) in defaults.schemas() {
            let setting = Yaml::map([("+schema", Yaml::text(schema))]);
            if folder == root {
                settings.push("+schema", Yaml::text(schema));
            } else if let Some(inner) = folder.strip_prefix(&root).and_then(|inner| inner.strip_prefix('/')) {
                nest(&mut settings, inner, setting);
            }
        }
        layers.push((layer.name().to_owned(), settings));
    }
    Yaml::Map(layers)
}

/// Puts `setting` under the keys of `folder` (`a/b`).
fn nest(settings: &mut Yaml, folder: &str, setting: Yaml) {
    let (first, rest) = folder.split_once('/').map_or((folder, None), |(first, rest)| (first, Some(rest)));
    let Yaml::Map(pairs) = settings else { return };
    let known = pairs.iter().position(|(key, _)| key == first);
    let at = known.unwrap_or_else(|| {
        pairs.push((first.to_owned(), Yaml::Map(Vec::new())));
        pairs.len() - 1
    });
    let Some((_, inner)) = pairs.get_mut(at) else { return };
    if let Some(rest) = rest {
        nest(inner, rest, setting);
    } else if let (Yaml::Map(inner), Yaml::Map(setting)) = (inner, setting) {
        inner.extend(setting);
    }
}

/// A variable's default in YAML, with where it came from above it.
fn var_value(var: &Var) -> Yaml {
    let kind = value_kind(&var.sql_type);
    let value = match var.default.as_deref() {
        None => Yaml::Plain("null".to_owned()),
        Some(text) if text.eq_ignore_ascii_case("null") => Yaml::Plain("null".to_owned()),
        Some(text) if kind == ValueKind::Number && is_number(text) => Yaml::Plain(text.to_owned()),
        Some(text) if kind == ValueKind::Truth && matches!(text.to_ascii_lowercase().as_str(), "true" | "false") => {
            Yaml::Plain(text.to_ascii_lowercase())
        }
        Some(text) => Yaml::text(text),
    };
    let computed = format!("without a value, it is {}", var.computed);
    let needed = match (&var.default, var.computed.as_str()) {
        (Some(_), _) => "",
        (None, "") => "needed: give it with --vars",
        (None, _) => &computed,
    };
    let comment = [var.description.trim(), needed].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>();
    value.commented(&comment.join("; "))
}

/// The output that dbt takes where none is named: the target that was chosen, else DuckDB.
pub(super) fn default_output(project: &Project) -> &'static str {
    let adapter = project.target.traits().adapter;
    if project.target_chosen { adapter } else { DUCKDB }
}

/// Whether the models are in the SQL of a warehouse that DuckDB does not stand for.
pub(super) fn written_for_another(project: &Project) -> bool {
    let stands_for = matches!(project.target.traits().adapter, DUCKDB | "postgres");
    !project.target_chosen && project.start.is_none() && !stands_for
}

/// `profiles.yml`: DuckDB, which runs at once, and the target.
pub(super) fn profiles(project: &Project) -> String {
    let adapter = project.target.traits().adapter;
    let default = default_output(project);
    let mut outputs = vec![(DUCKDB.to_owned(), output(Dialect::DuckDb))];
    if adapter != DUCKDB {
        outputs.push((adapter.to_owned(), output(project.target)));
    }
    let profile = Yaml::map([("target", Yaml::text(default)), ("outputs", Yaml::Map(outputs))]);
    yaml::document(&Yaml::Map(vec![(paths::name(&project.name), profile)]))
}

const DUCKDB: &str = "duckdb";

/// One setting of a connection: key, environment variable, usual value.
type Setting = (&'static str, &'static str, &'static str);

const POSTGRES: &[Setting] = &[
    ("host", "PGHOST", "localhost"),
    ("port", "PGPORT", "5432"),
    ("user", "PGUSER", "postgres"),
    ("password", "PGPASSWORD", "postgres"),
    ("dbname", "PGDATABASE", "postgres"),
];
const REDSHIFT: &[Setting] = &[
    ("host", "REDSHIFT_HOST", "localhost"),
    ("port", "REDSHIFT_PORT", "5439"),
    ("user", "REDSHIFT_USER", "awsuser"),
    ("password", "REDSHIFT_PASSWORD", "password"),
    ("dbname", "REDSHIFT_DATABASE", "dev"),
];
const SNOWFLAKE: &[Setting] = &[
    ("account", "SNOWFLAKE_ACCOUNT", "account"),
    ("user", "SNOWFLAKE_USER", "user"),
    ("password", "SNOWFLAKE_PASSWORD", "password"),
    ("role", "SNOWFLAKE_ROLE", "PUBLIC"),
    ("warehouse", "SNOWFLAKE_WAREHOUSE", "COMPUTE_WH"),
    ("database", "SNOWFLAKE_DATABASE", "ANALYTICS"),
    ("schema", "SNOWFLAKE_SCHEMA", "PUBLIC"),
];
const BIGQUERY: &[Setting] = &[
    ("project", "GOOGLE_CLOUD_PROJECT", "project"),
    ("dataset", "BIGQUERY_DATASET", "analytics"),
    ("location", "BIGQUERY_LOCATION", "US"),
];
const DATABRICKS: &[Setting] = &[
    ("host", "DATABRICKS_HOST", "localhost"),
    ("http_path", "DATABRICKS_HTTP_PATH", "/sql/1.0/warehouses/id"),
    ("token", "DATABRICKS_TOKEN", "password"),
    ("catalog", "DATABRICKS_CATALOG", "main"),
    ("schema", "DATABRICKS_SCHEMA", "default"),
];
const SPARK: &[Setting] = &[
    ("host", "SPARK_HOST", "localhost"),
    ("port", "SPARK_PORT", "10000"),
    ("user", "SPARK_USER", "dbt"),
    ("schema", "SPARK_SCHEMA", "default"),
];
const SQLSERVER: &[Setting] = &[
    ("driver", "MSSQL_DRIVER", "ODBC Driver 18 for SQL Server"),
    ("server", "MSSQL_SERVER", "localhost"),
    ("port", "MSSQL_PORT", "1433"),
    ("user", "MSSQL_USER", "sa"),
    ("password", "MSSQL_PASSWORD", "password"),
    ("database", "MSSQL_DATABASE", "master"),
    ("schema", "MSSQL_SCHEMA", "dbo"),
];
const TRINO: &[Setting] = &[
    ("host", "TRINO_HOST", "localhost"),
    ("port", "TRINO_PORT", "8080"),
    ("user", "TRINO_USER", "dbt"),
    ("database", "TRINO_CATALOG", "hive"),
    ("schema", "TRINO_SCHEMA", "default"),
];
const MYSQL: &[Setting] = &[
    ("server", "MYSQL_HOST", "localhost"),
    ("port", "MYSQL_TCP_PORT", "3306"),
    ("username", "MYSQL_USER", "root"),
    ("password", "MYSQL_PWD", "password"),
    ("schema", "MYSQL_DATABASE", "analytics"),
];
const ORACLE: &[Setting] = &[
    ("host", "ORACLE_HOST", "localhost"),
    ("port", "ORACLE_PORT", "1521"),
    ("user", "ORACLE_USER", "system"),
    ("password", "ORACLE_PASSWORD", "password"),
    ("service", "ORACLE_SERVICE", "FREEPDB1"),
    ("database", "ORACLE_DATABASE", "FREEPDB1"),
    ("schema", "ORACLE_SCHEMA", "analytics"),
];

/// The settings of a dialect's adapter, and what is the same everywhere.
fn settings(dialect: Dialect) -> (&'static [Setting], &'static [(&'static str, &'static str)]) {
    match dialect {
        Dialect::Postgres => (POSTGRES, &[("schema", "public")]),
        Dialect::Redshift => (REDSHIFT, &[("schema", "public")]),
        Dialect::Snowflake => (SNOWFLAKE, &[]),
        Dialect::BigQuery => (BIGQUERY, &[("method", "oauth")]),
        Dialect::Tsql => (SQLSERVER, &[]),
        Dialect::MySql => (MYSQL, &[]),
        Dialect::Oracle => (ORACLE, &[]),
        Dialect::Databricks => (DATABRICKS, &[]),
        Dialect::Spark => (SPARK, &[("method", "thrift")]),
        Dialect::Trino => (TRINO, &[("method", "none")]),
        Dialect::DuckDb | Dialect::Ansi => (&[("path", "DUCKDB_PATH", "warehouse.duckdb")], &[("schema", "main")]),
        Dialect::Sqlite => (&[], &[("database", "database"), ("schema", "main"), ("schema_directory", ".")]),
    }
}

/// The environment variables that the connection of a dialect takes.
pub(super) fn variables(dialect: Dialect) -> impl Iterator<Item = &'static str> {
    settings(dialect).0.iter().map(|(_, variable, _)| *variable)
}

/// An output of the profile.
fn output(dialect: Dialect) -> Yaml {
    let (settings, fixed) = settings(dialect);
    let mut output = Yaml::map([("type", Yaml::text(dialect.traits().adapter))]);
    for (key, variable, usual) in settings {
        let filter = if *key == "port" { " | as_number" } else { "" };
        output.push(key, Yaml::text(format!("{{{{ env_var('{variable}', '{usual}'){filter} }}}}")));
    }
    for (key, value) in fixed {
        output.push(key, Yaml::text(*value));
    }
    output.push("threads", Yaml::Plain("4".to_owned()));
    output
}
