//! A project with one of everything that is emitted.

use crate::dialect::Dialect;
use crate::plan::{
    Account, DataTest, Dependency, Exposure, Incremental, Layer, Manual, Materialized, Model, ModelColumn, Piece,
    Project, Seed, SingularTest, Snapshot, SourceTable, TestKind, Var,
};
use crate::steps::ColumnDef;
use crate::text::{SourceFile, SourceId, Sources, Span};

/// The script that everything claims to come from.
const SCRIPT: &str = "BEGIN\n  CREATE TEMP TABLE tmp_orders AS\n  SELECT order_id, '{{ x }} {# {%' AS note,\n         amount\n  FROM raw.orders;\nEND;\n";

/// One of everything.
pub(in crate::emit) fn sample() -> (Project, Sources) {
    let project = Project {
        name: "shop".to_owned(),
        target: Dialect::Postgres,
        target_chosen: false,
        target_is_own: true,
        models: vec![
            stg_orders(),
            fct_orders(),
            grown("fct_append", incremental("append", &[], &[])),
            grown("fct_merge", incremental("merge", &["order_id"], &["amount"])),
            grown("fct_delete", incremental("delete+insert", &["order_id", "amount"], &[])),
            fct_hard(),
            fct_python(),
        ],
        sources: vec![source("orders")],
        seeds: vec![seed()],
        snapshots: vec![
            snapshot("orders_history", None, Dependency::Model("stg_orders".to_owned())),
            snapshot(
                "raw_orders_history",
                Some("loaded_at"),
                Dependency::Source("raw".to_owned(), "orders".to_owned()),
            ),
        ],
        exposures: vec![Exposure {
            name: "orders_csv".to_owned(),
            description: "a file: 'orders.csv' {{ x }}".to_owned(),
            depends_on: vec![Dependency::Model("fct_orders".to_owned())],
            owner: String::new(),
        }],
        macros: Vec::new(),
        tests: vec![SingularTest {
            name: "no_negative_amounts".to_owned(),
            body: vec![text("select * from "), reference("stg_orders"), text(" where amount < 0")],
            description: "amounts are not negative".to_owned(),
            warn: true,
            origin: vec![place(0, 5)],
        }],
        vars: vec![var("low", Some("0"), "int"), var("since", Some("2000-01-01"), "date"), var("until", None, "date")],
        places: std::collections::BTreeMap::new(),
        stays: Vec::new(),
        orchestrations: Vec::new(),
        start: None,
        account: account(),
        findings: Vec::new(),
    };
    (project, Sources::new(vec![SourceFile::new("jobs/procedure.sql", SCRIPT)]))
}

fn account() -> Account {
    Account::default()
}

fn place(start: usize, end: usize) -> Span {
    Span::new(SourceId(0), start, end)
}

fn stg_orders() -> Model {
    let raw = Piece::Source { source: "raw".to_owned(), table: "orders".to_owned() };
    let select = "SELECT order_id, '{{ x }} {# {%' AS note,\n         amount, status, ordered_on\n  FROM ";
    let mut stg_orders = model("stg_orders", Layer::Staging, "raw", vec![text(select), raw]);
    let values = ["on", "it's", "1_000"].map(str::to_owned).to_vec();
    stg_orders.columns = vec![
        ModelColumn {
            name: "order_id".to_owned(),
            sql_type: "integer".to_owned(),
            description: "the {{ key }}: yes".to_owned(),
            tests: vec![test(TestKind::Unique, false), test(TestKind::NotNull, true)],
        },
        ModelColumn {
            name: "status".to_owned(),
            tests: vec![test(TestKind::AcceptedValues(values), true)],
            ..ModelColumn::default()
        },
    ];
    stg_orders.tests = vec![test(TestKind::UniqueCombination(vec!["order_id".to_owned(), "amount".to_owned()]), true)];
    stg_orders
}

fn fct_orders() -> Model {
    let body = vec![
        text("select * from "),
        reference("stg_orders"),
        text("\nwhere amount > "),
        variable("low"),
        text("\n  and ordered_on > "),
        variable("since"),
        text("\n  and (ordered_on < "),
        variable("until"),
        text(" or "),
        variable("until"),
        text(" is null)"),
    ];
    let mut fct = model("fct_orders", Layer::Marts, "analytics", body);
    fct.materialized = Materialized::Table;
    fct.alias = Some("FactOrders".to_owned());
    let to = Dependency::Model("stg_orders".to_owned());
    fct.columns = vec![ModelColumn {
        name: "order_id".to_owned(),
        tests: vec![test(TestKind::Relationships { to, field: "order_id".to_owned() }, false)],
        ..ModelColumn::default()
    }];
    fct
}

fn grown(name: &str, materialized: Materialized) -> Model {
    let newer = vec![text("where order_id > (select max(order_id) from "), Piece::This, text(")")];
    let body = vec![text("select order_id, amount\nfrom "), reference("stg_orders"), Piece::IfIncremental(newer)];
    let mut model = model(name, Layer::Marts, "analytics", body);
    model.materialized = materialized;
    model
}

fn incremental(strategy: &str, key: &[&str], update: &[&str]) -> Materialized {
    let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let (unique_key, update_columns) = (own(key), own(update));
    Materialized::Incremental(Incremental { strategy: strategy.to_owned(), unique_key, update_columns })
}

fn fct_hard() -> Model {
    let mut hard = model("fct_hard", Layer::Marts, "analytics", vec![]);
    hard.depends_on = vec![Dependency::Model("stg_orders".to_owned())];
    hard.manual = Some(Manual {
        reason: "a cursor carries state: \"it's\" {{ x }}".to_owned(),
        before: None,
        help: "write it as a window function".to_owned(),
        original: vec![("if p_full:\n".to_owned(), place(0, SCRIPT.len()))],
    });
    hard.columns = vec![ModelColumn { name: "a".to_owned(), sql_type: "integer".to_owned(), ..ModelColumn::default() }];
    hard
}

fn fct_python() -> Model {
    let body = vec![
        text("orders = "),
        reference("stg_orders"),
        text("\nnote = '''a\nb'''\nreturn orders.filter(\"amount > 1\")"),
    ];
    let mut python = model("fct_python", Layer::Marts, "analytics", body);
    python.python = true;
    python.materialized = Materialized::Table;
    python
}

fn source(table: &str) -> SourceTable {
    SourceTable {
        source: "raw".to_owned(),
        schema: Some("raw".to_owned()),
        database: None,
        table: table.to_owned(),
        identifier: None,
        columns: vec![ColumnDef { name: "order_id".to_owned(), not_null: true, unique: true, ..ColumnDef::default() }],
        description: String::new(),
        freshness: None,
        external_location: None,
        listed: Vec::new(),
        relation: format!("raw.{table}"),
        named_at: vec![place(110, 120)],
    }
}

fn seed() -> Seed {
    let column = |name: &str, sql_type: &str| ModelColumn {
        name: name.to_owned(),
        sql_type: sql_type.to_owned(),
        ..ModelColumn::default()
    };
    Seed {
        name: "regions".to_owned(),
        schema: Some("reference".to_owned()),
        database: None,
        alias: None,
        relation: "reference.regions".to_owned(),
        description: String::new(),
        tests: Vec::new(),
        columns: vec![column("id", "integer"), column("name", "varchar(20)")],
        rows: vec![vec![Some("1".to_owned()), Some("a, \"b\"".to_owned())], vec![Some("2".to_owned()), None]],
        origin: vec![place(0, 5)],
    }
}

fn snapshot(name: &str, updated_at: Option<&str>, relation: Dependency) -> Snapshot {
    Snapshot {
        name: name.to_owned(),
        schema: Some("history".to_owned()),
        relation,
        unique_key: vec!["order_id".to_owned()],
        updated_at: updated_at.map(str::to_owned),
        check: Vec::new(),
        origin: vec![place(0, 5)],
    }
}

fn var(name: &str, default: Option<&str>, sql_type: &str) -> Var {
    Var {
        name: name.to_owned(),
        default: default.map(str::to_owned),
        computed: String::new(),
        sql_type: sql_type.to_owned(),
        description: "parameter of build_orders".to_owned(),
    }
}

fn model(name: &str, layer: Layer, folder: &str, body: Vec<Piece>) -> Model {
    Model {
        name: name.to_owned(),
        layer,
        folder: folder.to_owned(),
        materialized: Materialized::View,
        schema: Some(if layer == Layer::Marts { "analytics".to_owned() } else { layer.name().to_owned() }),
        database: None,
        alias: None,
        relation: format!("tmp_{name}"),
        body,
        python: false,
        storage: Vec::new(),
        pre_hook: Vec::new(),
        depends_on: Vec::new(),
        columns: Vec::new(),
        tests: Vec::new(),
        unit_tests: Vec::new(),
        summary: String::new(),
        description: String::new(),
        origin: vec![place(8, 120)],
        manual: None,
    }
}

fn test(kind: TestKind, warn: bool) -> DataTest {
    DataTest { kind, reason: "group by".to_owned(), warn }
}

fn text(text: &str) -> Piece {
    Piece::Text(text.to_owned())
}

fn reference(name: &str) -> Piece {
    Piece::Ref(name.to_owned())
}

fn variable(name: &str) -> Piece {
    Piece::Var { name: name.to_owned(), sql_type: String::new() }
}
