//! `docs/transpile.md`, from the tables.
//!
//! In: the tables. Out: a page in Markdown that says what is known, and thereby what is not.

use std::fmt::Write as _;

use super::formats::PARTS;
use super::forms;
use super::kinds::Kind;
use super::senses::SENSES;
use super::types::{MEANINGS, NAMES};
use crate::dialect::{Dialect, Dialects};

const HEAD: &str = "# What is transpiled

With `--target` unlike a script's dialect, its SQL is edited at the places that the target writes otherwise; everything else stands
as the author wrote it. A function, operator, type or clause that no rule knows keeps its text and gives finding R314. A step
whose text the target would take and give **other rows** for is `manual`: it raises an error when it runs, and says why.

DuckDB and PostgreSQL are run in the tests (`tests/engines/transpile`); the other targets are not.

## Refused

| construct | of | why |
| --- | --- | --- |
| `a.x = b.x(+)` | oracle | an outer join that would become an inner one |
| `rownum`, `rowid`, `level`, `prior` | oracle | order and hierarchy of rows that no expression has |
| `a \\|\\| b` | mysql | it means OR |
| `a ^ b` (but for DuckDB) | tsql, mysql, bigquery | it means a bitwise XOR, and a power elsewhere |
| `like` with `[…]` | tsql | a set of characters, and plain text elsewhere |
| `like` with a backslash | postgres, redshift, mysql, spark, bigquery | it escapes, and is plain text elsewhere |
| `top … percent`, `top … with ties`, `top` within a set operation | tsql | no LIMIT means that |
| a time cast to text without a style | tsql | its text has a format of its own |
| `a / b` of columns whose type is not known (but for DuckDB and PostgreSQL) | postgres, redshift, tsql, trino, sqlite | whole numbers divide to whole numbers there |

## Operators and clauses

| construct | becomes |
| --- | --- |
| `a + b` of text (tsql) | `a \\|\\| b`; where no operand's type is known, it stays with a finding |
| `a / b` where whole numbers divide to whole numbers | `a // b` in DuckDB, unless an operand has a fraction by its type |
| `a / b` where they divide to fractions | `a * 1.0 / b` in PostgreSQL |
| `a / b` where zero gives NULL (mysql, spark, sqlite) | `a / nullif(b, 0)` |
| `a \\|\\| b` where NULL is the empty text (oracle) | `concat(a, b)`, NULL again where nothing is left |
| `a <=> b` | `a is not distinct from b` |
| `a rlike b`, `a ~ b` | the target's search for a regular expression |
| ORDER BY in windows, lists and under LIMIT | `nulls first` or `nulls last` where the target's default differs and the column may be NULL |
| `top n`, `limit a, b`, `fetch first n rows only` | `limit` |
| `cross apply`, `outer apply` | `cross join lateral`, `left join lateral … on true` |
| `select name = value` (tsql) | `value as name` |
| `from dual`, `minus` | nothing, `except` |
| `* except (a)`, `* exclude (a)` | the target's word |
| `[a]`, `` `a` ``, `N'a'`, `\"a\"` as text | quotes of the target |
| `cast(a as varchar(3))` where that cuts the text | `left(cast(a as varchar(3)), 3)` where it would not |
| `cast(a as int)` where that cuts the fraction (tsql, spark) | `cast(trunc(a) as int)` where it would round |
| `convert(varchar, a, 112)` | the format that the style means |
";

/// The page.
pub(super) fn page() -> String {
    let mut page = String::from(HEAD);
    page.push_str("\n## Functions\n\nA function that is not here is not known. `{0}` is the first argument, `{*}` all of them.\n\n");
    page.push_str("| of | function | DuckDB | PostgreSQL | also known in |\n| --- | --- | --- | --- | --- |\n");
    for row in SENSES {
        let of = |target| forms::form_of(unit_less(row.means), target, Kind::Unknown);
        let shown = |target| of(target).map_or_else(|| "-".to_owned(), code);
        let others =
            Dialect::ALL.into_iter().filter(|to| !matches!(to, Dialect::DuckDb | Dialect::Postgres | Dialect::Ansi));
        let others: Vec<&str> = others.filter(|to| of(*to).is_some()).map(|to| to.traits().name).collect();
        let names: Vec<String> = row.names.split(' ').map(code).collect();
        let (duckdb, postgres) = (shown(Dialect::DuckDb), shown(Dialect::Postgres));
        let _ = writeln!(
            page,
            "| {} | {} | {duckdb} | {postgres} | {} |",
            dialects(row.from),
            names.join(", "),
            if others.len() == 10 { "all".to_owned() } else { others.join(", ") }
        );
    }
    page.push_str("\n## Types\n\n| of | type | DuckDB | PostgreSQL |\n| --- | --- | --- | --- |\n");
    for (from, names, meaning) in NAMES {
        let of = |target: Dialect| {
            let row = MEANINGS.iter().find(|(own, _, to, _)| own.split(' ').next() == Some(*meaning) && to.has(target));
            row.map_or_else(|| "-".to_owned(), |row| code(row.3))
        };
        let names: Vec<String> = names.split(' ').map(code).collect();
        let (duckdb, postgres) = (of(Dialect::DuckDb), of(Dialect::Postgres));
        let _ = writeln!(page, "| {} | {} | {duckdb} | {postgres} |", dialects(*from), names.join(", "));
    }
    page.push_str("\n## Formats of times\n\nA format with any other part is not known.\n\n");
    page.push_str(
        "| part | PostgreSQL, Redshift, Snowflake, Oracle | T-SQL, Spark | DuckDB, BigQuery, SQLite | MySQL |\n",
    );
    page.push_str("| --- | --- | --- | --- | --- |\n");
    for [name, spelled @ ..] in PARTS {
        let spelled: Vec<String> = spelled.iter().map(|one| code(one)).collect();
        let _ = writeln!(page, "| {name} | {} |", spelled.join(" | "));
    }
    page
}

/// A sense whose unit is only known from the call is shown for days.
fn unit_less(means: &str) -> &str {
    match means {
        "date_diff:u0" | "date_diff:u2" => "date_diff:day",
        "date_whole:u0" | "date_whole:u2" => "date_whole:day",
        "part:u0" => "part:day",
        "name:u0" => "name:month",
        means => means,
    }
}

fn code(text: &str) -> String {
    if text == "-" { text.to_owned() } else { format!("`{}`", text.replace('|', "\\|")) }
}

fn dialects(of: Dialects) -> String {
    let known = Dialect::ALL.into_iter().filter(|dialect| *dialect != Dialect::Ansi && of.has(*dialect));
    let names: Vec<&str> = known.map(|dialect| dialect.traits().name).collect();
    let all = Dialect::ALL.len() - 1;
    let missing: Vec<&str> = Dialect::ALL
        .into_iter()
        .filter(|dialect| *dialect != Dialect::Ansi && !of.has(*dialect))
        .map(|dialect| dialect.traits().name)
        .collect();
    match names.len() {
        count if count == all => "all".to_owned(),
        count if count > all / 2 + 2 => format!("all but {}", missing.join(", ")),
        _ => names.join(", "),
    }
}
