use super::*;
use crate::text::SourceFile;

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Null => "null".to_owned(),
        Cell::Integer(number) => number.to_string(),
        Cell::Bool(truth) => truth.to_string(),
        Cell::Text(text) => format!("'{text}'"),
    }
}

fn rows(rows: &[Vec<(String, Cell)>]) -> String {
    let row = |row: &Vec<(String, Cell)>| {
        row.iter().map(|(name, value)| format!("{name} {}", cell(value))).collect::<Vec<_>>().join(", ")
    };
    rows.iter().map(row).collect::<Vec<_>>().join("; ")
}

/// The unit test of what a query makes of `raw.orders`.
fn test_of(query: &str) -> Option<String> {
    let text = format!(
        "create table raw.orders (id int, status varchar(10), amount numeric(10, 2), paid boolean, day date);\ncreate table shop.t as {query};"
    );
    let files = vec![SourceFile::new("a.sql".to_owned(), text)];
    let mut options = crate::Options::default();
    options.read.dialect = Some(Dialect::Postgres);
    let project = crate::convert(files, &options).project;
    let model = project.models.iter().find(|model| model.name == "t")?;
    let test = model.unit_tests.first()?;
    let given: Vec<String> = test.given.iter().map(|given| rows(&given.rows)).collect();
    Some(format!("{} => {}", given.join(" | "), rows(&test.expected)))
}

#[test]
fn rows_stand_on_both_sides_of_what_is_asked() {
    let rows = [
        (
            "select status, day from raw.orders where status = 'new'",
            "status 'new'; status 'another'; status null => status 'new'",
        ),
        (
            "select coalesce(amount, 0) as amount from raw.orders",
            "amount 0; amount 1; amount -1; amount 2; amount null => amount 0; amount 1; amount -1; amount 2; amount 0",
        ),
        (
            "select case when paid then 'yes' else 'no' end as paid from raw.orders",
            "paid true; paid false; paid null => paid 'yes'; paid 'no'; paid 'no'",
        ),
        (
            "select status, count(*) as n, coalesce(sum(id), 0) as total from raw.orders group by 1",
            "id 1, status 'another'; id 2, status 'another'; id null, status 'another'; id 1, status null => \
             status 'another', n 3, total 3; status null, n 1, total 1",
        ),
        ("with a (kind, id) as (values ('x', 1), ('y', 2)) select kind from a where id <> 1", ""),
        (
            "select distinct case when status = 'new' then 'new' else 'old' end as age from raw.orders",
            "status 'new'; status 'another'; status null => age 'new'; age 'old'",
        ),
        (
            "select id, amount from raw.orders where not (status in ('void', 'lost'))",
            "status 'another'; status 'lost'; status 'void'; status null => ",
        ),
    ];
    for (query, expected) in rows {
        let got = test_of(query).unwrap_or_default();
        assert!(got.starts_with(expected) || expected.ends_with("=> ") && got.is_empty(), "{query}: {got}");
    }
}

#[test]
fn what_is_not_understood_has_no_test() {
    let rows = [
        "select id from raw.orders where day > current_date - 7",
        "select id from raw.orders where status like 'n%'",
        "select id from raw.orders where status < 'm'",
        "select status, avg(id) as n from raw.orders where day > current_date group by status",
        "select status, count(*) as n from raw.orders where status = 'new' group by rollup (status)",
        "select status, count(*) as n from raw.orders where status = 'new' group by status having count(*) > 1",
        "select id, status from raw.orders",
        "select case when amount / 3 > 1 then 'big' end as size from raw.orders",
        "select case when row_number() over (order by id) = 1 then 'first' end as place from raw.orders",
    ];
    for query in rows {
        assert_eq!(test_of(query), None, "{query}");
    }
}
