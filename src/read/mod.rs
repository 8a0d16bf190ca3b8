//! Readers: from source files to scripts and findings. They never fail; odd input is a finding.
//!
//! In: all source files of the run (a Python file may import another, an SQL file include one). Out: scripts.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{self, AssertUnwindSafe};
use std::str::FromStr;

use rayon::prelude::*;

use crate::dialect::Dialect;
use crate::finding::{Code, Finding};
use crate::name::Relation;
use crate::steps::{ColumnDef, Effect, FilledPlace, Lifetime, Reading, Script, Step};
use crate::text::{SourceFile, SourceId, Sources, Span};

pub mod airflow;
pub mod catalog;
mod databases;
mod files;
pub mod pandas;
pub mod python;
mod results;
pub mod sql;

pub use databases::name_databases;
pub use files::{FileNames, Place};
pub use results::name_results;

/// What Python scripts may import that the evaluator knows, in the order in which it is asked.
const LIBRARIES: &[&dyn python::Library] = &[&airflow::Airflow, &pandas::Pandas, &python::Spark, &python::Senders];

/// The pandas that scripts are written for, where releases give different results.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum PandasVersion {
    /// Before 3: a column of texts holds any objects, and a column that is taken is the frame's own.
    #[default]
    Two,
    /// From 3 on: texts have a type of their own, and what is taken from a frame is a copy.
    Three,
}

impl FromStr for PandasVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split('.').next() {
            Some("2") => Ok(Self::Two),
            Some("3") => Ok(Self::Three),
            _ => Err(format!("unknown version of pandas `{text}`: one of 2, 3")),
        }
    }
}

/// What the user said about the inputs.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// The pandas that scripts are written for.
    pub pandas: PandasVersion,
    /// The dialect of all SQL; found out from the text when none.
    pub dialect: Option<Dialect>,
    /// The dialect of single files, by path: it counts before the one of all.
    pub dialects: BTreeMap<String, Dialect>,
    /// Findings that are not wanted of single files, by path.
    pub ignored: BTreeMap<String, Vec<Code>>,
    /// What is known of the columns of lasting tables: from the DDL among the inputs.
    pub tables: BTreeMap<Relation, Vec<ColumnDef>>,
    /// The dialects that the files tell, where none was named.
    pub told: sql::Dialects,
    /// The procedures of the files that only run the string that they are given.
    pub runners: sql::Runners,
    /// The Python files that define a class of each name, which an import may mean without naming the file.
    pub classes: BTreeMap<String, BTreeSet<SourceId>>,
    /// The files of rows that Python files name.
    pub files: FileNames,
}

impl ReadOptions {
    fn with_dialect(&self, dialect: Dialect) -> Self {
        Self { dialect: Some(dialect), ..self.clone() }
    }
}

/// Endings of files that scripts open but that are no scripts themselves.
const BESIDE: &[&str] = &["json", "yaml", "yml", "j2", "jinja", "tpl", "csv", "toml", "md"];

/// Reads every file, in parallel; the result is in the order of the files. SQL comes first, because what it declares
/// of tables tells Python scripts the columns of their frames.
pub fn read(sources: &Sources, options: &ReadOptions) -> Reading {
    let files: Vec<(SourceId, &SourceFile)> = sources.iter().collect();
    let (catalogs, files): (Vec<_>, Vec<_>) = files.into_iter().partition(|(_, file)| catalog::is_catalog(file));
    let (python, sql): (Vec<_>, Vec<_>) = files.into_iter().partition(|(_, file)| is_python(file));
    let read_all = |files: Vec<(SourceId, &SourceFile)>, options: &ReadOptions| -> Vec<(SourceId, Reading)> {
        files.into_par_iter().map(|(id, file)| (id, contained(sources, id, file, options))).collect()
    };
    let mut options = options.clone();
    if options.dialect.is_none() {
        options.told = told(&sql);
    }
    options.runners = sql.par_iter().flat_map_iter(|(_, file)| sql::runners(&file.text)).collect();
    options.classes = python::classes(sources);
    options.files = FileNames::of(sources);
    let mut readings = read_all(sql, &options);
    let dialect = options.dialect.unwrap_or_else(|| most_common(&readings));
    readings.extend(catalogs.into_iter().map(|(id, file)| (id, catalog::read(id, file, dialect))));
    for script in readings.iter().flat_map(|(_, reading)| &reading.scripts) {
        options.tables.extend(script.steps.iter().filter_map(declared));
    }
    readings.extend(read_all(python, &options));
    readings.sort_by_key(|(id, _)| *id);
    let mut all = Reading::default();
    let sent = sent_by_scripts(&readings);
    for (_, reading) in readings.into_iter().filter(|(id, _)| !sent.contains(id)) {
        all.scripts.extend(reading.scripts);
        all.findings.extend(reading.findings);
    }
    all.findings.extend(places(&all.scripts));
    files::forget_handed_over(&mut all);
    all
}

/// One finding for each schema or database that is filled in, at its first place.
fn places(scripts: &[Script]) -> Vec<Finding> {
    let mut all: BTreeMap<&str, (&FilledPlace, Span, usize)> = BTreeMap::new();
    for place in scripts.iter().flat_map(|script| &script.places) {
        if let Some(span) = place.span {
            all.entry(&place.written).or_insert((place, span, 0)).2 += 1;
        }
    }
    let finding = |(place, span, count): (&FilledPlace, Span, usize)| {
        let written = &place.written;
        let told = match &place.default {
            Some(default) => format!("the schema or database {written} is filled in; here it is {default}"),
            None => format!("the schema or database {written} is only known at run time"),
        };
        let message = if count > 1 { format!("{told} (in {count} scripts)") } else { told };
        let help = "the project takes it from a variable of that name: set it in dbt_project.yml or with --vars";
        Finding::at(Code::R205, span, message, help)
    };
    all.into_values().map(finding).collect()
}

/// The dialect that most scripts are in: names in a catalog are those of the same warehouse.
fn most_common(readings: &[(SourceId, Reading)]) -> Dialect {
    let mut counts: BTreeMap<&str, (usize, Dialect)> = BTreeMap::new();
    for script in readings.iter().flat_map(|(_, reading)| &reading.scripts) {
        if script.dialect != Dialect::Ansi {
            counts.entry(script.dialect.traits().name).or_insert((0, script.dialect)).0 += 1;
        }
    }
    counts.into_values().max_by_key(|(count, _)| *count).map_or(Dialect::Ansi, |(_, dialect)| dialect)
}

fn is_python(file: &SourceFile) -> bool {
    matches!(file.ending().as_str(), "py" | "ipynb")
}

/// The dialects that the SQL files tell.
fn told(files: &[(SourceId, &SourceFile)]) -> sql::Dialects {
    let scripts: Vec<(SourceId, &SourceFile)> = files.iter().filter(|(_, file)| !is_beside(file)).copied().collect();
    let told: Vec<sql::Told> = scripts.par_iter().map(|(_, file)| sql::Told::of(&file.text)).collect();
    sql::dialects(&scripts, &told)
}

fn is_beside(file: &SourceFile) -> bool {
    BESIDE.contains(&file.ending().as_str())
}

/// The columns of a lasting table that the step declares.
fn declared(step: &Step) -> Option<(Relation, Vec<ColumnDef>)> {
    let Effect::Declare { relation, lifetime: Lifetime::Lasting, columns, .. } = &step.effect else { return None };
    Some((relation.clone(), columns.clone()))
}

/// Files of SQL that a Python script sends as a whole: they are read there, in the script's order and dialect, and
/// their statements are rows of its account.
fn sent_by_scripts(readings: &[(SourceId, Reading)]) -> BTreeSet<SourceId> {
    let scripts = readings.iter().flat_map(|(_, reading)| &reading.scripts);
    let foreign = |script: &Script| {
        let own = script.source;
        let sources: Vec<SourceId> =
            script.statements.iter().map(|row| row.span.source).filter(|id| *id != own).collect();
        sources
    };
    scripts.flat_map(foreign).collect()
}

/// Reads one file; a panic of a parser loses that file only, and is said.
fn contained(sources: &Sources, id: SourceId, file: &SourceFile, options: &ReadOptions) -> Reading {
    let own = options.dialects.get(&file.path).map(|dialect| options.with_dialect(*dialect));
    let read = || read_file(sources, id, file, own.as_ref().unwrap_or(options));
    panic::catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        let place = Span::new(id, 0, file.text.len().min(1));
        let message = format!("refract failed on {}: none of it was read", file.path);
        let finding = Finding::at(Code::R299, place, message, "please report it with the file");
        Reading { scripts: Vec::new(), findings: vec![finding] }
    })
}

fn read_file(sources: &Sources, id: SourceId, file: &SourceFile, options: &ReadOptions) -> Reading {
    let ending = file.ending();
    if is_beside(file) {
        return Reading::default();
    }
    if file.text.trim().is_empty() {
        let place = Span::new(id, 0, 0);
        let finding = Finding::at(Code::R102, place, format!("{} is empty", file.path), "leave it out of the input");
        return Reading { scripts: Vec::new(), findings: vec![finding] };
    }
    match ending.as_str() {
        "py" | "ipynb" => python::read(sources, id, options, LIBRARIES),
        _ => sql::read(sources, id, options),
    }
}
