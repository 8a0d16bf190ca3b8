use std::fmt::Write as _;

use super::*;
use crate::steps::parse;

/// Every version that is written, as `name#number <- what it is made from`.
fn shown(text: &str) -> String {
    let scripts = parse(text).unwrap();
    let versions = bind(&scripts);
    let name = |id: VersionId| {
        let version = versions.get(id).unwrap();
        let scope = version.scope.map_or(String::new(), |scope| format!("{scope}:"));
        format!("{scope}{}#{}", version.relation, version.number)
    };
    let mut out = Vec::new();
    for (at, version) in versions.list.iter().enumerate().filter(|(_, version)| version.step.is_some()) {
        let mut line = name(VersionId(at));
        let reads: Vec<String> = versions
            .flows
            .iter()
            .filter(|flow| flow.to == Some(VersionId(at)))
            .map(|flow| name(flow.from))
            .chain(version.previous.map(|previous| format!("+{}", name(previous))))
            .collect();
        let _ = write!(line, " <- {}", reads.join(" "));
        out.push(line.trim_end().to_owned());
    }
    out.join("; ")
}

#[test]
fn reads_see_the_write_that_reaches_them() {
    let rows = [
        ("a chain", "create temp a <- s; create t <- a", "0:a#1 <- s#0; t#1 <- 0:a#1"),
        ("self-insert", "create t <- s; append t <- t", "t#1 <- s#0; t#2 <- t#1 +t#1"),
        (
            "a temp name used twice is two relations",
            "create temp x <- a; create t <- x; drop x; create temp x <- b; create u <- x",
            "0:x#1 <- a#0; t#1 <- 0:x#1; 0:x#2 <- b#0; u#1 <- 0:x#2",
        ),
        ("truncate makes anew", "empty t; append t <- s", "t#1 <-; t#2 <- s#0 +t#1"),
        ("append to what was there", "append t <- s", "t#1 <- s#0 +t#0"),
        ("filled by a loader outside", "empty t; create u <- t", "u#1 <- t#0"),
        ("emptied after its rows were used", "create t <- s; create u <- t; empty t", "t#1 <- s#0; u#1 <- t#1"),
        ("rename into place", "create t_new <- s; drop t; rename t_new to t", "0:t_new#1 <- s#0; t#1 <- +0:t_new#1"),
        ("swap", "create b <- s; swap a with b", "0:b#1 <- s#0; a#1 <- +0:b#1; b#1 <- +a#0"),
        ("work table", "create w <- s; create t <- w; drop w", "0:w#1 <- s#0; t#1 <- 0:w#1"),
        ("a temp name hides a lasting one", "create temp s <- s; create t <- s", "0:s#1 <- s#0; t#1 <- 0:s#1"),
        ("overwritten", "create t <- a; create u <- t; create t <- b", "0:t#1 <- a#0; u#1 <- 0:t#1; t#1 <- b#0"),
        ("a handler is not the way", "handler \"others\": empty t; create u <- t", "u#1 <- t#0"),
        (
            "a variable carries its query",
            "bind v <- p; if \"x\": empty q; create t <- s \"select * from s\"",
            "t#1 <- s#0",
        ),
    ];
    for (what, steps, expected) in rows {
        assert_eq!(shown(steps), expected, "{what}");
    }
}

#[test]
fn scripts_read_each_other() {
    let rows = [
        (
            "whatever the order of the files",
            "script a; create u <- t; script b; create t <- s",
            "u#1 <- t#1; t#1 <- s#0",
        ),
        (
            "two scripts, one temp name",
            "script a; create temp x <- s; create t <- x; script b; create temp x <- r; create u <- x",
            "0:x#1 <- s#0; t#1 <- 0:x#1; 1:x#1 <- r#0; u#1 <- 1:x#1",
        ),
        (
            "changes come after the script that makes it",
            "script a; append t <- x; script b; create t <- y; script c; create u <- t",
            "t#1 <- x#0 +t#2; t#2 <- y#0; u#1 <- t#1",
        ),
        (
            "no circle of versions, though one of scripts",
            "script a; create t1 <- s; create t3 <- t2; script b; create t2 <- t1",
            "t1#1 <- s#0; t3#1 <- t2#1; t2#1 <- t1#1",
        ),
        (
            "DDL alone writes nothing",
            "script a; declare t (a); script b; create u <- t; append t <- s",
            "t#1 <-; u#1 <- t#0; t#2 <- s#0 +t#0",
        ),
        (
            "a call runs at its place",
            "script p procedure; create t <- s; script main; create s <- r; call p; create u <- t",
            "s#1 <- r#0; t#1 <- s#1; u#1 <- t#1",
        ),
        (
            "an own earlier state",
            "script a; create temp old <- t; create t <- old, s",
            "0:old#1 <- t#0; t#1 <- 0:old#1 s#0",
        ),
    ];
    for (what, steps, expected) in rows {
        assert_eq!(shown(steps), expected, "{what}");
    }
}

#[test]
fn a_circle_is_found_and_opened() {
    let scripts = parse("script a; create t <- u; script b; create u <- t").unwrap();
    let versions = bind(&scripts);
    let members: Vec<String> = versions.circles[0].members.iter().map(ToString::to_string).collect();
    assert_eq!(members, ["t", "u"]);
    assert_eq!(versions.circles[0].step, StepId { script: 1, step: 0 });
    assert_eq!(shown("script a; create t <- u; script b; create u <- t"), "t#1 <- u#1; u#1 <- t#0");
}

#[test]
fn tasks_are_ordered_by_data_then_by_arrows() {
    let head = "script d airflow; task a; task b; task c; ";
    let rows = [
        ("data order wins", "arrow a -> b; [a] create u <- t; [b] create t <- s", "t#1 <- s#0; u#1 <- t#1"),
        (
            "arrows order changes",
            "arrow b -> a; [a] append t <- x; [b] append t <- y",
            "t#1 <- y#0 +t#0; t#2 <- x#0 +t#1",
        ),
    ];
    for (what, steps, expected) in rows {
        assert_eq!(shown(&format!("{head}{steps}")), expected, "{what}");
    }
}
