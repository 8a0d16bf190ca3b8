use super::*;
use crate::steps::parse;
use crate::text::SourceFile;
use crate::versions;

/// The codes of the findings with the first words of their messages, but those of `without`.
fn audited(text: &str, without: &[&str]) -> Vec<String> {
    let scripts = parse(text).expect(text);
    let versions = versions::bind(&scripts);
    let sources = Sources::new(vec![SourceFile::new("script.sql", text)]);
    let findings = audit(&sources, &scripts, &versions);
    let shown = findings.iter().map(|finding| format!("{}: {}", finding.code, finding.message));
    shown.filter(|line| !without.iter().any(|code| line.starts_with(code))).collect()
}

/// Everything but what nearly every script raises.
fn told(text: &str) -> String {
    audited(text, &["R401", "R402", "R404", "R408", "R506"]).join("; ")
}

/// A DAG of the tasks a, b, c … with the given arrows and steps.
fn dag(arrows: &str, steps: &str) -> String {
    let tasks: String = ["a", "b", "c", "d"].iter().map(|task| format!("task {task} PythonOperator\n")).collect();
    let arrows: String =
        arrows.split_whitespace().map(|arrow| format!("arrow {}\n", arrow.replace('>', " -> "))).collect();
    format!("script d airflow\n{tasks}{arrows}{}", steps.replace("; ", "\n"))
}

#[test]
fn declared_against_implied() {
    let chain = "[a] create t <- s; [b] create u <- t; [c] create v <- u";
    let rows = [
        ("the arrows say what the data says", "a>b b>c", chain, ""),
        ("order by a longer way counts", "a>d d>b b>c", "[a] create t <- s; [b] create u <- t; [c] create v <- u", ""),
        ("missing", "a>b", chain, "R501: c reads u, which b writes, and no arrow orders the two"),
        ("reversed", "b>a b>c", chain, "R502: b reads t before a writes it"),
        ("needless", "a>b", "[a] create t <- s; [b] create u <- r", "R503: a >> b: b reads nothing that a writes"),
        ("not needless: a task that is not only data", "a>d d>b", "[a] create t <- s; [b] create u <- r", ""),
        ("redundant", "a>b b>c a>c", chain, "R504: a >> c says nothing new: other arrows already order the two"),
        ("an insert needs the table made", "a>b", "[a] create t <- s; [b] append t <- r", ""),
        (
            "and no arrow says so",
            "",
            "[a] create t <- s; [b] append t <- r",
            "R501: b changes t, which a writes, and no arrow orders the two",
        ),
    ];
    for (what, arrows, steps, expected) in rows {
        let found = audited(&dag(arrows, steps), &["R402", "R404", "R408", "R506", "R303", "R405"]).join("; ");
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn what_runs_today() {
    let rows = [
        ("insert only", "append t <- s", "R405: a second run of script inserts the same rows into t again"),
        ("emptied before", "empty t; append t <- s", ""),
        ("looks at its target", "append t <- s, t", ""),
        ("a temp table may be filled twice", "declare temp x (a); append x <- s; append x <- r; create t <- x", ""),
        ("two writers", "script a; create t <- s; script b; create t <- r", "R303: t is written by a and b"),
        ("one writer, twice", "create t <- s; append t <- r", ""),
        (
            "serial",
            "create a <- s; create b <- r; create c <- a, b",
            "R403: 3 steps run one after the other where 2 waves would do",
        ),
        ("a chain is serial by need", "create a <- s; create b <- a; create c <- b", ""),
    ];
    for (what, steps, expected) in rows {
        assert_eq!(told(&steps.replace("; ", "\n")), expected, "{what}");
    }
}

#[test]
fn one_finding_a_table_names_all_its_places() {
    let found = audited("create temp x <- raw.s\ncreate m.t <- x, raw.s\nempty plain", &["R403", "R408"]);
    let expected = [
        "R401: the temp table x is gone when script ends, whether it succeeds or fails",
        "R404: every run of script replaces all rows of m.t",
        "R402: raw.s is named outright in 2 places",
        "R402: m.t is named outright",
    ];
    assert_eq!(found, expected);
}
