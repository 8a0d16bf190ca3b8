use super::*;
use crate::name::Relation;
use crate::steps::Mention;
use crate::text::{SourceId, Span};

/// A text in which `@name` is a relation.
fn read(text: &str) -> Option<Shape> {
    let mut sql = Sql::plain("", Span::new(SourceId(0), 0, 0));
    for (at, part) in text.split('@').enumerate() {
        if at > 0 {
            let end = part.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(part.len());
            let start = sql.text.len();
            let relation = Relation::plain(&part[..end], Dialect::Postgres);
            sql.mentions.push(Mention { range: start..start + end, relation, alias: None });
        }
        sql.text.push_str(part);
    }
    shape(&sql, Dialect::Postgres)
}

#[test]
fn a_query_has_its_shape() {
    let shape = read(
        "with a as (select id, case when x > 1 then 'big' else 'small' end as size from @t where x is not null)\n\
         select a.*, o.y from a left join @u o on a.id = o.id and o.z in ('p', 'q') union all select 1, 2",
    );
    let shape = shape.expect("it is understood");
    let [(name, first)] = shape.ctes.as_slice() else { panic!("one CTE") };
    assert_eq!((name.as_str(), first[0].columns.len()), ("a", 2));
    assert!(
        matches!(&first[0].columns[1], Column::Named(name, Expr::Case(arms, Some(_))) if name == "size" && arms.len() == 1)
    );
    assert!(matches!(&first[0].filter, Some(Expr::Operator(op, _)) if op == "is not null"));
    let [last, other] = shape.branches.as_slice() else { panic!("two branches") };
    assert_eq!(last.tables[0].what, TableKind::Cte("a".to_owned()));
    assert_eq!((last.tables[1].alias.as_str(), last.tables[1].join), ("o", Join::Left));
    assert_eq!(last.tables[1].on.as_ref().map(|on| on.terms().len()), Some(2));
    assert!(other.tables.is_empty());
}

#[test]
fn what_is_not_understood_has_no_shape() {
    let rows = [
        "select 1 intersect select 2",
        "with recursive a as (select 1) select * from a",
        "select * from unknown_name",
        "select * except (a) from @t",
        "insert into t select 1",
        "select 1; select 2",
        "",
    ];
    for text in rows {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn a_case_over_a_value_compares_it() {
    let shape = read("select case a when 1 then 'x' when 2 then 'y' end as b from @t").expect("understood");
    let Column::Named(_, Expr::Case(arms, None)) = &shape.branches[0].columns[0] else { panic!("a case") };
    assert_eq!(arms.len(), 2);
    assert!(matches!(&arms[1].0, Expr::Operator(op, _) if op == "="));
}

#[test]
fn columns_have_the_names_that_stand_around_them() {
    let names = |select: &Select| {
        let name = |column: &Column| match column {
            Column::Named(name, _) => name.clone(),
            Column::Star(of) => format!("{of}*"),
        };
        select.columns.iter().map(name).collect::<Vec<_>>().join(" ")
    };
    let rows = [
        ("with a (x, y) as (select id, count(*) from @t group by id) select x from a", "a: x y; x"),
        ("with a (x, y) as (values (1, 'p'), (2, 'q')) select x from a", "a: x y, x y; x"),
        ("select x as p, y as q from @t union all select 1, 2", "p q, p q"),
        ("select d.x from (select x, y from @t) as d", "(0): x y; x"),
        ("select d.p from (values (1, 2)) as d (p, q)", "(0): p q; p"),
        ("with a as (select x from (select x from @t) i) select * from a", "(0): x; a: x; *"),
    ];
    for (text, expected) in rows {
        let shape = read(text).unwrap_or_else(|| panic!("understood: {text}"));
        let branches = |branches: &[Select]| branches.iter().map(names).collect::<Vec<_>>().join(", ");
        let ctes = shape.ctes.iter().map(|(name, own)| format!("{name}: {}", branches(own)));
        let all: Vec<String> = ctes.chain([branches(&shape.branches)]).collect();
        assert_eq!(all.join("; "), expected, "{text}");
    }
    for text in ["with a (x, y) as (select * from @t) select x from a", "with a (x) as (select 1, 2) select x from a"] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn rows_of_a_whole_select_are_numbered() {
    let rows = [
        ("select row_number() over (order by a nulls last, b) as n from @t", true),
        ("select row_number() over (partition by a order by b) as n from @t", false),
        ("select rank() over (order by a) as n from @t", false),
        ("select row_number() over w as n from @t window w as (partition by a order by b)", false),
    ];
    for (text, expected) in rows {
        let shape = read(text).unwrap_or_else(|| panic!("understood: {text}"));
        let numbered =
            matches!(&shape.branches[0].columns[0], Column::Named(_, Expr::Call(name, _)) if name == ROW_NUMBER);
        assert_eq!(numbered, expected, "{text}");
    }
}
