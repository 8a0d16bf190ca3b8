//! The dialect of each file, told from its own text and from the files around it.
//!
//! In: all SQL files of the run, with what each says of itself. Out: per SQL file a dialect and what speaks for it. A file that says little (a CREATE TABLE
//! of plain types) is in the dialect of its folder; what a file says itself weighs more.

use std::collections::BTreeMap;

use super::detect::{Detected, Told};
use crate::dialect::Dialect;
use crate::text::{SourceFile, SourceId};

/// What is told of the files of a run.
pub type Dialects = BTreeMap<SourceId, Detected>;

/// A file whose own text says less than this says nothing of its folder.
const FIRM: u32 = 4;
/// What a folder in which all firm files agree counts.
const FOLDER: u32 = 5;
/// What a folder's name counts.
const NAME: u32 = 4;

/// Names of folders that say a dialect.
const NAMES: [(&str, Dialect); 24] = [
    ("postgres", Dialect::Postgres),
    ("postgresql", Dialect::Postgres),
    ("pgsql", Dialect::Postgres),
    ("plpgsql", Dialect::Postgres),
    ("redshift", Dialect::Redshift),
    ("snowflake", Dialect::Snowflake),
    ("bigquery", Dialect::BigQuery),
    ("bq", Dialect::BigQuery),
    ("sql_server", Dialect::Tsql),
    ("sqlserver", Dialect::Tsql),
    ("mssql", Dialect::Tsql),
    ("tsql", Dialect::Tsql),
    ("synapse", Dialect::Tsql),
    ("mysql", Dialect::MySql),
    ("mariadb", Dialect::MySql),
    ("oracle", Dialect::Oracle),
    ("plsql", Dialect::Oracle),
    ("databricks", Dialect::Databricks),
    ("spark", Dialect::Spark),
    ("hive", Dialect::Spark),
    ("duckdb", Dialect::DuckDb),
    ("trino", Dialect::Trino),
    ("presto", Dialect::Trino),
    ("sqlite", Dialect::Sqlite),
];

/// How many firm files of a folder, and of those below it, are in which dialect.
type Tally = BTreeMap<Dialect, u32>;

/// The dialects of all SQL files; `told` is what each of them says itself.
pub fn dialects(files: &[(SourceId, &SourceFile)], told: &[Told]) -> Dialects {
    let firm: Vec<Option<Dialect>> = told.iter().map(|told| told.best(FIRM)).collect();
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    for ((_, file), dialect) in files.iter().zip(&firm) {
        for (folder, dialect) in folders(&file.path).zip(dialect.iter().cycle()) {
            *tallies.entry(folder).or_default().entry(*dialect).or_insert(0) += 1;
        }
    }
    let detected = files.iter().zip(told).zip(firm).map(|(((id, file), told), own)| {
        let around = around(&file.path, &tallies, own);
        (*id, told.with(&around))
    });
    detected.collect()
}

/// What the place of a file says: dialects, what they count, and why.
fn around(path: &str, tallies: &BTreeMap<&str, Tally>, own: Option<Dialect>) -> Vec<(Dialect, u32, String)> {
    let mut found = Vec::new();
    let others = folders(path).find_map(|folder| {
        let mut tally = tallies.get(folder)?.clone();
        if let Some(count) = own.and_then(|own| tally.get_mut(&own)) {
            *count -= 1;
        }
        tally.retain(|_, count| *count > 0);
        (!tally.is_empty()).then_some(tally)
    });
    let others = others.unwrap_or_default();
    let all: u32 = others.values().sum();
    for (dialect, count) in others.into_iter().filter(|(_, count)| count * 2 > all) {
        found.push((dialect, FOLDER * count / all.max(1), "the other files of its folder".to_owned()));
    }
    let named = folders(path).find_map(|folder| {
        let name = folder.rsplit('/').next().unwrap_or("").to_lowercase();
        NAMES.iter().find(|(known, _)| *known == name)
    });
    if let Some((name, dialect)) = named {
        found.push((*dialect, NAME, format!("its folder's name, {name}")));
    }
    found
}

/// The folders of a file that have names, the nearest first; for a file in no folder the one without a name.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    let first = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    std::iter::successors(Some(first), |folder| {
        folder.rsplit_once('/').map(|(above, _)| above).filter(|above| !above.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_say_little_follow_their_folder() {
        let files = [
            ("a/one.sql", "set nocount on; select top 1 x from dbo.t"),
            ("a/two.sql", "create table t (a int)"),
            ("a/b/three.sql", "create table u (a int)"),
            ("c/four.sql", "create table v (a int)"),
            ("mysql/five.sql", "create table w (a int)"),
            ("d/six.sql", "create function f() returns int as $$ begin return 1; end $$ language plpgsql"),
        ];
        let files: Vec<SourceFile> = files.iter().map(|(path, text)| SourceFile::new(*path, *text)).collect();
        let files: Vec<(SourceId, &SourceFile)> = (0..).map(SourceId).zip(&files).collect();
        let said: Vec<Told> = files.iter().map(|(_, file)| Told::of(&file.text)).collect();
        let told = dialects(&files, &said);
        let found: Vec<&str> = told.values().map(|one| one.dialect.traits().name).collect();
        assert_eq!(found, ["tsql", "tsql", "tsql", "ansi", "mysql", "postgres"]);
    }
}
