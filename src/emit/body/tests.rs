use super::*;

fn text(text: &str) -> Piece {
    Piece::Text(text.to_owned())
}

fn writer(vars: &[Var]) -> Writer<'_> {
    Writer { vars, dialect: Dialect::Postgres }
}

fn var(name: &str, default: Option<&str>, sql_type: &str) -> Var {
    Var {
        name: name.to_owned(),
        default: default.map(str::to_owned),
        sql_type: sql_type.to_owned(),
        computed: String::new(),
        description: String::new(),
    }
}

#[test]
fn pieces_become_jinja() {
    let source = Piece::Source { source: "raw".to_owned(), table: "order's".to_owned() };
    let rows = [
        (
            "a reference",
            vec![text("select *\n  from "), Piece::Ref("stg_a".to_owned())],
            "select *\nfrom {{ ref('stg_a') }}",
        ),
        ("a source", vec![text("from "), source], "from {{ source('raw', 'order\\'s') }}"),
        ("itself", vec![text("from "), Piece::This, text(" t ")], "from {{ this }} t"),
        (
            "a macro",
            vec![Piece::Macro { name: "m".to_owned(), arguments: vec!["'a'".to_owned(), "1".to_owned()] }],
            "{{ m('a', 1) }}",
        ),
        ("a brace before a reference", vec![text("'{"), Piece::Ref("a".to_owned())], "'{{ '{' }}{{ ref('a') }}"),
        (
            "incremental",
            vec![
                text("select *\n  from t\n  "),
                Piece::IfIncremental(vec![text("where a > b")]),
                text("\n  order by 1"),
            ],
            "select *\nfrom t\n{% if is_incremental() %}\nwhere a > b\n{% endif %}\norder by 1",
        ),
        (
            "two sides",
            vec![
                text("select 1 where "),
                Piece::If { condition: "var('x') == 1".to_owned(), then: vec![text("a")], otherwise: vec![text("b")] },
            ],
            "select 1 where\n{% if var('x') == 1 %}\na\n{% else %}\nb\n{% endif %}",
        ),
    ];
    for (what, body, expected) in rows {
        assert_eq!(writer(&[]).sql(&body, "  "), expected, "{what}");
    }
}

#[test]
fn variables_are_written_as_their_type_wants() {
    let vars = [
        var("n", Some("10"), "int"),
        var("d", Some("2024-01-01"), "date"),
        var("t", Some("x"), "varchar(10)"),
        var("r", None, "timestamp with time zone"),
        var("z", Some("null"), "numeric(10,2)"),
        var("b", Some("true"), "boolean"),
    ];
    let rows = [
        ("n", "{{ var('n') }}"),
        ("d", "{{ sql_value(var('d'), 'date') }}"),
        ("t", "{{ sql_value(var('t')) }}"),
        ("r", "{{ sql_value(var('r'), 'timestamp with time zone', required='r') }}"),
        ("z", "{{ sql_value(var('z'), 'numeric(10,2)') }}"),
        ("b", "{{ sql_value(var('b'), 'boolean') }}"),
    ];
    for (name, expected) in rows {
        let body = [Piece::Var { name: name.to_owned(), sql_type: String::new() }];
        assert_eq!(writer(&vars).sql(&body, ""), expected, "{name}");
    }
}

#[test]
fn numbers_are_told_from_text() {
    let rows =
        [("1", true), ("-1.5", true), ("007", false), ("1_000", false), ("1e3", false), ("", false), ("1.", false)];
    for (text, expected) in rows {
        assert_eq!(is_number(text), expected, "{text}");
    }
}
