//! A pure table: what moved or went away between Airflow 1.10 and 3, so that a successor loads in 2 and in 3.
//!
//! In: imports, names of arguments. Out: what stands for them. The paths of Airflow 2 still work in Airflow 3 for the
//! operators that come with Airflow; names that only one of the two has are imported by a `try`.

use crate::read::python::Import;
use crate::steps::CodeKind;

/// Modules of Airflow 1.10 and of the standard provider, with those of Airflow 2 that 3 still has.
const MODULES: &[(&str, &str)] = &[
    ("airflow.hooks.base_hook", "airflow.hooks.base"),
    ("airflow.operators.bash_operator", "airflow.operators.bash"),
    ("airflow.operators.branch_operator", "airflow.operators.branch"),
    ("airflow.operators.dagrun_operator", "airflow.operators.trigger_dagrun"),
    ("airflow.operators.email_operator", "airflow.operators.email"),
    ("airflow.operators.latest_only_operator", "airflow.operators.latest_only"),
    ("airflow.operators.postgres_operator", "airflow.providers.postgres.operators.postgres"),
    ("airflow.operators.python_operator", "airflow.operators.python"),
    ("airflow.operators.sensors", "airflow.sensors.base"),
    ("airflow.hooks.postgres_hook", "airflow.providers.postgres.hooks.postgres"),
    ("airflow.hooks.S3_hook", "airflow.providers.amazon.aws.hooks.s3"),
    ("airflow.hooks.mysql_hook", "airflow.providers.mysql.hooks.mysql"),
    ("airflow.hooks.http_hook", "airflow.providers.http.hooks.http"),
    ("airflow.contrib.hooks.aws_hook", "airflow.providers.amazon.aws.hooks.base_aws"),
    ("airflow.contrib.sensors.file_sensor", "airflow.sensors.filesystem"),
    ("airflow.contrib.sensors.python_sensor", "airflow.sensors.python"),
    ("airflow.contrib.operators.slack_webhook_operator", "airflow.providers.slack.operators.slack_webhook"),
    ("airflow.contrib.operators.ssh_operator", "airflow.providers.ssh.operators.ssh"),
    ("airflow.sensors.base_sensor_operator", "airflow.sensors.base"),
    ("airflow.sensors.bash_sensor", "airflow.sensors.bash"),
    ("airflow.sensors.date_time_sensor", "airflow.sensors.date_time"),
    ("airflow.sensors.external_task_sensor", "airflow.sensors.external_task"),
    ("airflow.sensors.http_sensor", "airflow.providers.http.sensors.http"),
    ("airflow.sensors.python_sensor", "airflow.sensors.python"),
    ("airflow.sensors.sql_sensor", "airflow.providers.common.sql.sensors.sql"),
    ("airflow.sensors.time_delta_sensor", "airflow.sensors.time_delta"),
    ("airflow.sensors.time_sensor", "airflow.sensors.time_sensor"),
    ("airflow.providers.standard.operators.bash", "airflow.operators.bash"),
    ("airflow.providers.standard.operators.branch", "airflow.operators.branch"),
    ("airflow.providers.standard.operators.empty", "airflow.operators.empty"),
    ("airflow.providers.standard.operators.latest_only", "airflow.operators.latest_only"),
    ("airflow.providers.standard.operators.python", "airflow.operators.python"),
    ("airflow.providers.standard.operators.trigger_dagrun", "airflow.operators.trigger_dagrun"),
    ("airflow.providers.standard.sensors.bash", "airflow.sensors.bash"),
    ("airflow.providers.standard.sensors.date_time", "airflow.sensors.date_time"),
    ("airflow.providers.standard.sensors.external_task", "airflow.sensors.external_task"),
    ("airflow.providers.standard.sensors.filesystem", "airflow.sensors.filesystem"),
    ("airflow.providers.standard.sensors.python", "airflow.sensors.python"),
    ("airflow.providers.standard.sensors.time", "airflow.sensors.time_sensor"),
    ("airflow.providers.standard.sensors.time_delta", "airflow.sensors.time_delta"),
];

/// Names of `airflow.sdk`, with the modules in which Airflow 2 has them, and 3 still.
const SDK: &[(&str, &str)] = &[
    ("BaseHook", "airflow.hooks.base"),
    ("BaseOperator", "airflow.models"),
    ("BaseSensorOperator", "airflow.sensors.base"),
    ("Connection", "airflow.models"),
    ("DAG", "airflow"),
    ("Label", "airflow.utils.edgemodifier"),
    ("Param", "airflow.models.param"),
    ("TaskGroup", "airflow.utils.task_group"),
    ("TriggerRule", "airflow.utils.trigger_rule"),
    ("Variable", "airflow.models"),
    ("chain", "airflow.models.baseoperator"),
    ("cross_downstream", "airflow.models.baseoperator"),
    ("dag", "airflow.decorators"),
    ("setup", "airflow.decorators"),
    ("task", "airflow.decorators"),
    ("task_group", "airflow.decorators"),
    ("teardown", "airflow.decorators"),
];

/// Names that 2 and 3 have in different modules, or under different names: (name, in 3, in 2).
const EITHER: &[(&str, &str, &str)] = &[
    ("Asset", "from airflow.sdk import Asset", "from airflow.datasets import Dataset as Asset"),
    ("AssetAlias", "from airflow.sdk import AssetAlias", "from airflow.datasets import DatasetAlias as AssetAlias"),
    ("Dataset", "from airflow.sdk import Asset as Dataset", "from airflow.datasets import Dataset"),
    ("DatasetAlias", "from airflow.sdk import AssetAlias as DatasetAlias", "from airflow.datasets import DatasetAlias"),
    (
        "get_current_context",
        "from airflow.sdk import get_current_context",
        "from airflow.operators.python import get_current_context",
    ),
];

/// What stands for `days_ago`, which Airflow 3 no longer has.
const DAYS_AGO: &str = "import pendulum\n\n\ndef days_ago(n, **_):\n    return pendulum.today(\"UTC\").add(days=-n)";
/// What stands for `apply_defaults`, which does nothing since Airflow 2.
const APPLY_DEFAULTS: &str = "def apply_defaults(function):\n    return function";

/// An import as a statement that works in Airflow 2 and 3.
pub fn import(import: &Import) -> (CodeKind, String) {
    let alias = import.alias.as_ref().map_or_else(String::new, |alias| format!(" as {alias}"));
    let Some(name) = &import.name else {
        return (CodeKind::Import, format!("import {}{alias}", import.module));
    };
    if import.module == "__future__" {
        return (CodeKind::Future, format!("from __future__ import {name}"));
    }
    let is_airflow = import.module == "airflow" || import.module.starts_with("airflow.");
    if is_airflow && name == "days_ago" && alias.is_empty() {
        return (CodeKind::Statement, DAYS_AGO.to_owned());
    }
    if is_airflow && name == "apply_defaults" {
        return (CodeKind::Statement, APPLY_DEFAULTS.to_owned());
    }
    if is_airflow && name == "DummyOperator" {
        let alias = if alias.is_empty() { " as DummyOperator" } else { &alias };
        return (CodeKind::Import, format!("from airflow.operators.empty import EmptyOperator{alias}"));
    }
    if let Some((_, three, two)) = EITHER.iter().find(|(known, ..)| is_airflow && known == name) {
        let again = if import.alias.is_some() {
            format!("\n{} = {name}", alias.trim_start_matches(" as "))
        } else {
            String::new()
        };
        return (CodeKind::Statement, format!("try:\n    {three}\nexcept ImportError:\n    {two}{again}"));
    }
    let module = match import.module.as_str() {
        "airflow.sdk" => SDK.iter().find(|(known, _)| known == name).map(|(_, module)| *module),
        module => MODULES.iter().find(|(old, _)| *old == module).map(|(_, new)| *new),
    };
    (CodeKind::Import, format!("from {} import {name}{alias}", module.unwrap_or(&import.module)))
}

/// The name of a DAG's argument in Airflow 2.4 and later.
pub fn setting(name: &str) -> &str {
    match name {
        "schedule_interval" | "timetable" => "schedule",
        "concurrency" => "max_active_tasks",
        other => other,
    }
}

/// The name of an operator's argument in Airflow 2 and later.
pub fn argument(name: &str) -> &str {
    match name {
        "task_concurrency" => "max_active_tis_per_dag",
        other => other,
    }
}
