use std::fmt::Write as _;

use super::*;
use crate::steps::parse;
use crate::versions::{bind, instances};

pub(in crate::plan) fn planned(text: &str) -> Project {
    let scripts = instances(parse(text).unwrap_or_else(|error| panic!("{error}")));
    plan(&scripts, &bind(&scripts), &PlanOptions { project: "p".to_owned(), ..PlanOptions::default() })
}

/// A model's text with `{ref}` and `{source}` in short.
pub(in crate::plan) fn text(pieces: &[Piece]) -> String {
    let one = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Ref(name) => format!("<{name}>"),
        Piece::Source { source, table } => format!("<{source}.{table}>"),
        Piece::Var { name, .. } => format!("<var {name}>"),
        Piece::This => "<this>".to_owned(),
        Piece::IfIncremental(inner) => format!("<if incremental {}>", text(inner)),
        Piece::If { condition, then, otherwise } => {
            format!("<if {condition}: {} else {}>", text(then), text(otherwise))
        }
        Piece::Each { columns, pieces } => format!("<each of {}: {}>", columns.join(", "), text(pieces)),
        Piece::Macro { name, .. } => format!("<{name}()>"),
    };
    pieces.iter().map(one).collect()
}

/// `layer/name (dependencies)` of every model.
pub(super) fn graph(project: &Project) -> String {
    let one = |model: &Model| {
        let mut out = format!("{}/{}", model.layer.name(), model.name);
        let names: Vec<String> = model.depends_on.iter().map(dependency).collect();
        let _ = write!(out, " ({})", names.join(", "));
        out
    };
    project.models.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn dependency(dependency: &Dependency) -> String {
    match dependency {
        Dependency::Model(name) | Dependency::Seed(name) | Dependency::Snapshot(name) => name.clone(),
        Dependency::Source(source, table) => format!("{source}.{table}"),
    }
}

pub(super) fn fates(project: &Project) -> String {
    let one = |row: &AccountRow| format!("{} {}", row.what, row.fate.name());
    project.account.rows.iter().map(one).collect::<Vec<_>>().join("; ")
}

const PROCEDURE: &str = "script build procedure\n\
    create temp tmp_customers <- raw.customers\n\
    create temp tmp_orders <- raw.orders\n\
    create temp tmp_payments <- raw.payments\n\
    create temp tmp_orders_with_payments <- tmp_orders, tmp_payments\n\
    create analytics.fct_customer_order_summary <- tmp_customers, tmp_orders_with_payments";

#[test]
fn layers_and_names() {
    let rows = [
        (
            "a procedure",
            PROCEDURE,
            "staging/stg_customers (raw.customers); staging/stg_orders (raw.orders); staging/stg_payments (raw.payments); \
             intermediate/int_orders_with_payments (stg_orders, stg_payments); \
             marts/fct_customer_order_summary (stg_customers, int_orders_with_payments)",
        ),
        (
            "a mart that reads a source directly",
            "create temp a <- raw.orders; create fct_x <- a, raw.items",
            "staging/stg_a (raw.orders); staging/stg_items (raw.items); marts/fct_x (stg_a, stg_items)",
        ),
        (
            "two steps read one source",
            "create temp orders <- raw.orders; create temp returns <- raw.orders; create t <- orders, returns",
            "staging/base_orders (raw.orders); staging/stg_orders (base_orders); staging/stg_returns (base_orders); \
             marts/t (stg_orders, stg_returns)",
        ),
        (
            "lasting and read on",
            "create staging.a <- raw.s; create b <- staging.a, raw.r; create c <- b",
            "staging/stg_a (raw.s); staging/stg_r (raw.r); intermediate/int_b (stg_a, stg_r); marts/c (int_b)",
        ),
        (
            "a temp name used twice",
            "create temp x <- a; create t <- x; drop x; create temp x <- b; create u <- x",
            "staging/stg_x (default.a); staging/stg_x_2 (default.b); marts/t (stg_x); marts/u (stg_x_2)",
        ),
        (
            "the same name after stripping",
            "create temp tmp_a <- s; create temp a_temp <- r; create t <- tmp_a, a_temp",
            "staging/stg_a (default.s); staging/stg_a_2 (default.r); marts/t (stg_a, stg_a_2)",
        ),
    ];
    for (what, steps, expected) in rows {
        assert_eq!(graph(&planned(steps)), expected, "{what}");
    }
}

#[test]
fn chains_become_ctes() {
    let rows = [
        ("one query", "create t <- s \"select a from s\"", "select a from <stg_s>"),
        ("emptied and filled", "empty t; append t <- s", "select * from <stg_s>"),
        (
            "two inserts",
            "empty t; append t <- a; append t <- b",
            "with added as (\n    select * from <stg_a>\n),\n\nadded_2 as (\n    select * from <stg_b>\n)\n\n\
             select * from added\n\nunion all\n\nselect * from added_2",
        ),
        (
            "columns by list, defaults",
            "declare temp t (a \"int\", b \"text\" = \"'x'\", c); append t (c, a) <- s \"select p, q from s\" {p, q}; create u <- t",
            "with added (c, a) as (\n    select p, q from <default.s>\n)\n\nselect\n    cast(a as int) as a,\n    \
             cast('x' as text) as b,\n    c\nfrom added",
        ),
        (
            "from itself",
            "create t <- s; append t <- t \"select * from t\"",
            "with created as (\n    select * from <stg_s>\n),\n\nadded as (\n    select * from created\n)\n\n\
             select * from created\n\nunion all\n\nselect * from added",
        ),
        (
            "a query that begins with WITH, and names the stage",
            "create t <- s \"with created as (select * from s) select * from created\"; append t <- r",
            "with created_2 as (\n    with created as (select * from <stg_s>) select * from created\n),\n\nadded as (\n    \
             select * from <stg_r>\n)\n\nselect * from created_2\n\nunion all\n\nselect * from added",
        ),
        ("renamed into place", "create t_new <- s; drop t; rename t_new to t", "select * from <stg_s>"),
    ];
    for (what, steps, expected) in rows {
        let project = planned(steps);
        let body =
            project.models.iter().find(|model| matches!(model.relation.as_str(), "t")).map(|model| text(&model.body));
        assert_eq!(body.as_deref(), Some(expected), "{what}");
    }
}

#[test]
fn every_statement_is_in_the_account() {
    let rows = [
        ("rebuild", "empty t; append t <- s", "empty model; append model"),
        ("temp", "create temp a <- s; create t <- a; drop a", "create model; create model; drop dropped"),
        ("dead", "create temp a <- s; create t <- s", "create dropped; create model"),
        ("overwritten", "create t <- a; create t <- b", "create dropped; create model"),
        ("declared", "declare t (a); append t <- s {a}", "declare config; append model"),
        ("unknown procedure", "call p; create t <- s", "call manual; create model"),
        ("a log", "append etl_log <- nothing \"select now()\"; create t <- s", "append dropped; create model"),
        (
            "called again, otherwise",
            "script p procedure; param x; create t <- s; script m; call p (\"1\"); call p (\"2\"); call p (\"1\")",
            "create model; call config; call config; call config",
        ),
        ("opaque", "opaque \"loops\" reads s writes t; create u <- t", "opaque manual; create model"),
    ];
    for (what, steps, expected) in rows {
        assert_eq!(fates(&planned(steps)), expected, "{what}");
    }
}

pub(super) fn findings(project: &Project) -> String {
    project
        .findings
        .iter()
        .map(|finding| format!("{} {}", finding.code, finding.message))
        .collect::<Vec<_>>()
        .join("; ")
}

#[test]
fn scripts_share_what_they_define_alike() {
    let rows = [
        (
            "the same, over the same",
            "script a; create temp x <- s \"select k from s\"; create t <- x, r; script b; create temp y <- s \"SELECT  k\nFROM s\"; create u <- y, r",
            "staging/stg_r (default.r); staging/stg_x (default.s); marts/t (stg_x, stg_r); marts/u (stg_x, stg_r)",
            "",
        ),
        (
            "the one that lasts gives the place",
            "script a; create temp x <- s \"select k from s\"; create t <- x; script b; create staging.y <- s \"select k from s\"; create u <- staging.y",
            "staging/stg_y (default.s); marts/t (stg_y); marts/u (stg_y)",
            "",
        ),
        (
            "drifted",
            "script a; create temp x <- s \"select k from s where a\" {k copied k of s}; create t <- x; script b; create temp x <- s \"select k from s where b\" {k copied k of s}; create u <- x",
            "staging/base_s (default.s); staging/stg_x (base_s); staging/stg_x_b (base_s); marts/t (stg_x); marts/u (stg_x_b)",
            "R307 x would have been the model stg_x as well; it is named stg_x_b; R302 x in a and x in b derive the same thing in different ways: `a` or `b`",
        ),
        (
            "two writers",
            "script a; create t <- s \"select 1 from s\"; script b; create t <- r \"select 2 from r\"; script c; create u <- t",
            "staging/stg_r (default.r); staging/stg_t (default.s); marts/t_b (stg_r); marts/u (stg_t)",
            "R303 t is written by a and, in another way, by b",
        ),
        (
            "two writers that say the same",
            "script a; create t <- s; script b; create t <- s",
            "staging/stg_s (default.s); marts/t (stg_s)",
            "",
        ),
    ];
    for (what, steps, expected, found) in rows {
        let project = planned(steps);
        assert_eq!(graph(&project), expected, "{what}");
        let mut said: Vec<String> = findings(&project).split("; ").map(str::to_owned).collect();
        let mut wanted: Vec<String> = found.split("; ").map(str::to_owned).collect();
        said.sort();
        wanted.sort();
        assert_eq!(said, wanted, "{what}");
        assert_eq!(project.account.count(Fate::Manual), 0, "{what}");
    }
}
