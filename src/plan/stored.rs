//! How the rows of a model are stored, where the warehouse of the scripts is that of the project.
//!
//! In: what the definitions of its table say. Out: settings of dbt's adapter for that warehouse: partitions, clusters,
//! distribution, sort keys. What an adapter has no setting for is left out: it changes no rows.

use super::Materialized;
use super::context::Context;
use super::drafts::Draft;
use crate::steps::{ColumnDef, FactKind, Storage};

/// A setting of dbt's adapter for one warehouse. The project runs on DuckDB, too, whose adapter takes the same names for something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The adapter, as dbt's `target.type` names it.
    pub adapter: &'static str,
    /// The setting.
    pub key: &'static str,
    /// Its value.
    pub value: Setting,
}

/// The value of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Texts in order.
    List(Vec<String>),
    /// Values by name.
    Map(Vec<(&'static str, Setting)>),
}

/// The setting of each adapter.
const SETTINGS: &[(&str, Storage, &str)] = &[
    ("bigquery", Storage::Partitioned, "partition_by"),
    ("bigquery", Storage::Clustered, "cluster_by"),
    ("snowflake", Storage::Clustered, "cluster_by"),
    ("databricks", Storage::Partitioned, "partition_by"),
    ("databricks", Storage::Clustered, "liquid_clustered_by"),
    ("spark", Storage::Partitioned, "partition_by"),
    ("redshift", Storage::Distributed, "dist"),
    ("redshift", Storage::Sorted, "sort"),
];

/// The settings of a draft's model.
pub(super) fn settings(context: &Context, draft: &Draft, materialized: &Materialized) -> Vec<Stored> {
    if draft.python || !matches!(materialized, Materialized::Table | Materialized::Incremental(_)) {
        return Vec::new();
    }
    let relations: Vec<_> =
        draft.versions.iter().filter_map(|id| context.version(*id)).map(|version| &version.relation).collect();
    let own = context.scripts.iter().filter(|script| script.dialect == context.target);
    let mut all: Vec<Stored> = Vec::new();
    for fact in own.flat_map(|script| &script.facts).filter(|fact| relations.contains(&&fact.relation)) {
        let FactKind::Stored { how, terms } = &fact.kind else { continue };
        // `DISTSTYLE KEY` says that a DISTKEY names the column.
        if *how == Storage::Distributed && terms.iter().any(|term| term.eq_ignore_ascii_case("key")) {
            continue;
        }
        let adapter = context.target.traits().adapter;
        let Some((.., key)) = SETTINGS.iter().find(|(of, what, _)| *of == adapter && what == how) else { continue };
        let columns = draft.last().and_then(|last| context.columns.get(last)).unwrap_or_default();
        let divided = adapter == "bigquery" && *how == Storage::Partitioned;
        let setting = if divided { partition(terms, columns) } else { Some(listed(*how, terms)) };
        if let Some(value) = setting {
            all.retain(|stored| stored.key != *key);
            all.push(Stored { adapter, key, value });
        }
    }
    all
}

fn listed(how: Storage, terms: &[String]) -> Setting {
    match (how, terms) {
        (Storage::Distributed, [one]) => Setting::Text(one.to_lowercase()),
        _ => Setting::List(terms.to_vec()),
    }
}

/// BigQuery's partitions: by a column, by a part of a time, by a range of numbers.
fn partition(terms: &[String], columns: &[ColumnDef]) -> Option<Setting> {
    let [term] = terms else { return None };
    let text = |text: &str| Setting::Text(text.to_owned());
    let of = |field: &str, data_type: &str, granularity: &str| {
        let mut pairs = vec![("field", text(field)), ("data_type", text(data_type))];
        if !granularity.is_empty() {
            pairs.push(("granularity", text(granularity)));
        }
        Some(Setting::Map(pairs))
    };
    let plain = |name: &str| name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.starts_with('_');
    if plain(term) {
        return of(term, "date", "");
    }
    let (function, rest) = term.split_once('(')?;
    let arguments: Vec<&str> = rest.strip_suffix(')')?.splitn(2, ',').map(str::trim).collect();
    let field = arguments.first().filter(|field| plain(field))?;
    let declared = columns.iter().find(|column| column.name.eq_ignore_ascii_case(field));
    let is_datetime = declared.is_some_and(|column| column.sql_type.eq_ignore_ascii_case("datetime"));
    let granularity = || arguments.get(1).filter(|part| plain(part)).map(|part| part.to_lowercase());
    match function.trim().to_lowercase().as_str() {
        "date" if arguments.len() == 1 => of(field, if is_datetime { "datetime" } else { "timestamp" }, "day"),
        "timestamp_trunc" => of(field, "timestamp", &granularity()?),
        "datetime_trunc" => of(field, "datetime", &granularity()?),
        "date_trunc" => of(field, "date", &granularity()?),
        "range_bucket" => {
            let list = arguments.get(1)?.to_lowercase();
            let numbers = list.strip_prefix("generate_array")?.trim().strip_prefix('(')?.strip_suffix(')')?;
            let numbers: Vec<i64> = numbers.split(',').map_while(|number| number.trim().parse().ok()).collect();
            let [start, end, interval] = numbers.as_slice() else { return None };
            let number = |number: &i64| Setting::Number(*number);
            let range = vec![("start", number(start)), ("end", number(end)), ("interval", number(interval))];
            let pairs = vec![("field", text(field)), ("data_type", text("int64")), ("range", Setting::Map(range))];
            Some(Setting::Map(pairs))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bigquery_is_told_what_it_divides_by() {
        let columns = [ColumnDef { name: "at".to_owned(), sql_type: "DATETIME".to_owned(), ..ColumnDef::default() }];
        let rows = [
            ("day", "field=day data_type=date"),
            ("DATE(ts)", "field=ts data_type=timestamp granularity=day"),
            ("DATE(at)", "field=at data_type=datetime granularity=day"),
            ("TIMESTAMP_TRUNC(ts, HOUR)", "field=ts data_type=timestamp granularity=hour"),
            ("DATE_TRUNC(day, MONTH)", "field=day data_type=date granularity=month"),
            ("RANGE_BUCKET(id, GENERATE_ARRAY(0, 100, 10))", "field=id data_type=int64 start=0 end=100 interval=10"),
            ("_PARTITIONDATE", ""),
            ("DATE(t.ts)", ""),
        ];
        for (term, expected) in rows {
            let found = partition(&[term.to_owned()], &columns).map_or(String::new(), |setting| shown(&setting));
            assert_eq!(found, expected, "{term}");
        }
    }

    fn shown(setting: &Setting) -> String {
        match setting {
            Setting::Text(text) => text.clone(),
            Setting::Number(number) => number.to_string(),
            Setting::List(list) => list.join(","),
            Setting::Map(pairs) => {
                let one = |(key, value): &(&str, Setting)| match value {
                    Setting::Map(_) => shown(value),
                    Setting::Text(_) | Setting::Number(_) | Setting::List(_) => format!("{key}={}", shown(value)),
                };
                pairs.iter().map(one).collect::<Vec<_>>().join(" ")
            }
        }
    }
}
