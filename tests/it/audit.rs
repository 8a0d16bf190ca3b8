//! Each finding of the audit: the scripts that raise it, and twins that must not.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use refract::finding::{Finding, RULES};
use refract::read::ReadOptions;
use refract::text::SourceFile;
use refract::{Analysis, discover};

use crate::case;

/// Findings that have a case of their own, by the groups that the audit is about.
const AUDITED: &[&str] = &["R203", "R302", "R303", "R4", "R5"];

#[test]
fn each_finding_is_raised_and_its_twin_is_not() {
    let mut faults = Vec::new();
    for folder in folders() {
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        let code = name.split('_').next().expect("a code").to_owned();
        let raised = lines(&folder.join("raises"), &code);
        let expected = folder.join("expected.txt");
        if case::updating() {
            fs::write(&expected, &raised).expect("a file");
        } else if fs::read_to_string(&expected).unwrap_or_default() != raised {
            faults.push(format!("{name}: raises\n{raised}"));
        }
        if raised.is_empty() {
            faults.push(format!("{name}: nothing is raised"));
        }
        let twin = lines(&folder.join("clear"), &code);
        if !twin.is_empty() {
            faults.push(format!("{name}: the twin raises\n{twin}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_finding_of_the_audit_has_a_case() {
    let names: Vec<String> =
        folders().iter().map(|folder| folder.file_name().expect("a name").to_string_lossy().into_owned()).collect();
    let wanted =
        RULES.iter().map(|code| code.name()).filter(|code| AUDITED.iter().any(|start| code.starts_with(start)));
    let missing: Vec<&str> = wanted.filter(|code| !names.iter().any(|name| name.starts_with(code))).collect();
    assert!(missing.is_empty(), "no case for {missing:?}");
}

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/audit");
    let mut found: Vec<PathBuf> = case::entries(&root).into_iter().filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

/// The findings of one code, a line each.
fn lines(folder: &Path, code: &str) -> String {
    let analysis = analysed(folder);
    let found = refract::audit(&analysis);
    let mine = found.iter().filter(|finding| finding.code.name() == code);
    mine.map(|finding| format!("{} {}\n", place(&analysis, finding), finding.message)).collect()
}

fn analysed(folder: &Path) -> Analysis {
    let found = discover::discover(&[folder.to_path_buf()]).expect("scripts");
    let prefix = format!("{}/", folder.to_string_lossy());
    let files = found.files.into_iter().map(|file| SourceFile::new(file.path.replace(&prefix, ""), file.text));
    refract::analyse(files.collect(), &ReadOptions::default())
}

fn place(analysis: &Analysis, finding: &Finding) -> String {
    let Some(span) = finding.span else { return String::new() };
    let file = analysis.sources.get(span.source).expect("a file");
    let (line, column) = file.line_column(span.start);
    format!("{}:{line}:{column}:", file.path)
}

/// Two hundred DAGs and procedures are audited as one within a few seconds, without optimization.
#[test]
fn a_large_folder_is_audited_as_one() {
    let mut files = BTreeMap::new();
    for dag in 0..150 {
        files.insert(format!("dags/dag_{dag}.py"), generated_dag(dag));
    }
    for procedure in 0..50 {
        let text = format!(
            "create procedure load_{procedure}() language plpgsql as $$\nbegin\n  create temp table step as select id from \
             area_{procedure}.table_9;\n  insert into mart.sums_{procedure} select count(*) from step;\nend;\n$$;\n"
        );
        files.insert(format!("procedures/load_{procedure}.sql"), text);
    }
    let started = std::time::Instant::now();
    let files = files.into_iter().map(|(path, text)| SourceFile::new(path, text)).collect();
    let analysis = refract::analyse(files, &ReadOptions::default());
    let findings = refract::audit(&analysis);
    let taken = started.elapsed();
    let count = |code: &str| findings.iter().filter(|finding| finding.code.name() == code).count();
    assert_eq!(count("R505"), 149, "each DAG reads what the one before it writes");
    assert_eq!(count("R501"), 0, "the arrows of each DAG order its tasks");
    assert!(taken.as_secs() < 60, "200 files took {taken:?}");
}

fn generated_dag(dag: usize) -> String {
    let mut text = String::from(
        "from datetime import datetime\nfrom airflow import DAG\n\
         from airflow.providers.postgres.operators.postgres import PostgresOperator\n",
    );
    text.push_str(&format!("with DAG('dag_{dag}', start_date=datetime(2024, 1, 1), schedule='@daily'):\n"));
    for task in 0..10 {
        let from = match (dag, task) {
            (0, 0) => "raw.start".to_owned(),
            (_, 0) => format!("area_{}.table_9", dag - 1),
            (_, task) => format!("area_{dag}.table_{}", task - 1),
        };
        text.push_str(&format!(
            "    t{task} = PostgresOperator(task_id='t{task}', sql='create table area_{dag}.table_{task} as select id from {from}')\n"
        ));
    }
    text.push_str("    t0 >> t1 >> t2 >> t3 >> t4 >> t5 >> t6 >> t7 >> t8 >> t9\n");
    text
}
