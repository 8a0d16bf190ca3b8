use std::fmt::Write;
use std::path::Path;

use crate::dialect::Dialect;
use crate::read::{ReadOptions, read};
use crate::steps::{Body, Effect, Step};
use crate::text::{SourceFile, Sources};

/// What a step does, with its SQL, and what there is to say.
fn printed(text: &str, dialect: Dialect) -> String {
    let sources = Sources::new(vec![SourceFile::new("script.py", text)]);
    let reading = read(&sources, &ReadOptions { dialect: Some(dialect), ..ReadOptions::default() });
    let mut shown = String::new();
    for step in reading.scripts.iter().flat_map(|script| &script.steps) {
        let _ = writeln!(shown, "{}", show_step(step, dialect));
    }
    for finding in &reading.findings {
        let _ = writeln!(shown, "-- {} {}", finding.code, finding.message);
    }
    shown
}

fn show_step(step: &Step, dialect: Dialect) -> String {
    let (head, body) = match &step.effect {
        Effect::Create { relation, body, .. } => (format!("create {relation}"), body),
        Effect::Append { relation, body, .. } => (format!("append {relation}"), body),
        Effect::Opaque(opaque) => {
            return format!("--- opaque {:?} <- {:?}: {}", names(&opaque.writes), names(&opaque.reads), opaque.reason);
        }
        other => return format!("--- {other:?}"),
    };
    let text = match body {
        Body::Query(query) => query.sql.text.clone(),
        Body::Frame(frame) => {
            let (query, findings) = crate::sql::print(frame, step.span, dialect);
            assert!(findings.is_empty());
            assert!(!query.sql.text.lines().any(|line| line.ends_with(' ')), "{}", query.sql.text);
            query.sql.text
        }
    };
    format!("--- {head} -- {}\n{text}", step.comment)
}

fn names(relations: &[crate::name::Relation]) -> Vec<String> {
    relations.iter().map(ToString::to_string).collect()
}

/// Writes what each script of a folder becomes beside it, for the comparison with pandas itself.
#[test]
fn scripts_of_a_folder() {
    let Ok(folder) = std::env::var("REFRACT_PANDAS_SCRIPTS") else { return };
    let mut paths: Vec<_> = std::fs::read_dir(Path::new(&folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "py")) {
        let text = std::fs::read_to_string(path).unwrap();
        std::fs::write(path.with_extension("sql"), printed(&text, Dialect::Postgres)).unwrap();
    }
}

/// The page of what becomes of each function and method, from the tables that the reader goes by.
fn page() -> String {
    use super::functions;
    use super::rest;
    use super::rows::{FRAME, GROUPED, SERIES, TEXT, TIME};
    let mut page = String::from(
        "# What becomes of pandas\n\nFrom the tables that the reader itself goes by. *SQL* means: where its arguments \
         have a counterpart; if not, it is a step. *A step* is a dbt Python model where the target runs those and all that \
         the code needs is known, else a step for a person, with a finding.\n",
    );
    section(&mut page, "Functions of pandas", functions::PANDAS, rest::PANDAS);
    page.push_str(
        "\n## Queries of other libraries\n\nTheir rows are frames as those of `read_sql`, where the text of the query is \
         known.\n\n| call | gives |\n| --- | --- |\n",
    );
    for (path, name) in super::queries::ASKING {
        let _ = writeln!(page, "| `{}({name}, …)` | the frame of a query |", path.trim_start_matches('.'));
    }
    for method in super::queries::AS_FRAME {
        let _ = writeln!(page, "| `{method}()` of what sent a query | its frame |");
    }
    for method in super::queries::AS_ROWS {
        let _ = writeln!(page, "| `DataFrame(rows, columns=…)` over `{method}()` of what sent a query | its frame |");
    }
    section(&mut page, "Functions of NumPy", functions::NUMPY, &[]);
    section(&mut page, "DataFrame", FRAME, rest::FRAME);
    section(&mut page, "Series", SERIES, rest::SERIES);
    section(&mut page, "groupby", GROUPED, rest::GROUPED);
    section(&mut page, ".str", TEXT, rest::TEXT);
    section(&mut page, ".dt", TIME, rest::TIME);
    page
}

fn section<F: Copy>(page: &mut String, title: &str, rows: &[super::rows::Row<F>], others: &[super::rest::Rest]) {
    use super::rest::Becomes;
    use super::rows::Handled;
    let _ = write!(page, "\n## {title}\n\n| name | becomes | why |\n| --- | --- | --- |\n");
    let mut lines = std::collections::BTreeMap::new();
    for row in rows {
        let line = match row.handled {
            Handled::Sql(_) => ("SQL", ""),
            Handled::Dropped(why) => ("dropped", why),
            Handled::Refused(why) => ("a step", why),
        };
        lines.insert(row.name, line);
    }
    for rest in others {
        let becomes = match rest.becomes {
            Becomes::Sql => "SQL",
            Becomes::Dropped => "dropped",
            Becomes::Step => "a step",
        };
        for name in rest.names {
            assert!(lines.insert(name, (becomes, rest.reason)).is_none(), "{title}: {name} stands twice");
        }
    }
    for (name, (becomes, why)) in lines {
        let _ = writeln!(page, "| `{name}` | {becomes} | {why} |");
    }
}

#[test]
fn the_page_says_what_the_tables_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pandas.md");
    let wanted = page();
    if std::env::var_os("REFRACT_UPDATE").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "docs/pandas.md is not what the tables say; run the test with REFRACT_UPDATE=1");
}

#[test]
fn rows_are_sorted_and_each_name_stands_once() {
    use super::rows::{FRAME, GROUPED, SERIES, TEXT, TIME};
    fn names<F: Copy>(rows: &[super::rows::Row<F>]) -> Vec<&'static str> {
        rows.iter().map(|row| row.name).collect()
    }
    for names in [names(FRAME), names(SERIES), names(GROUPED), names(TEXT), names(TIME)] {
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted);
    }
}

/// A loop that changes the rows and also sends SQL is read statement by statement: what it sends must not be lost.
#[test]
fn loops_that_send_sql_are_read() {
    let script = |body: &str| {
        format!(
            "import pandas as pd\nimport psycopg2\nconn = psycopg2.connect(\"x\")\ncur = conn.cursor()\n\
             df = pd.read_sql(\"select * from raw.a\", conn)\n\
             def note(row):\n    cur.execute(\"insert into mart.notes select 1\")\n\
             def weight(row):\n    return len(row[\"a\"])\n\
             for i, row in df.iterrows():\n    {body}\n    df.at[i, \"b\"] = weight(row)\n\
             df.to_sql(\"t\", conn, index=False)\n"
        )
    };
    for sends in ["note(row)", "cur.execute(\"insert into mart.notes select 1\")"] {
        let shown = printed(&script(sends), Dialect::Postgres);
        assert!(shown.contains("append mart.notes"), "{shown}");
        assert!(shown.contains("-- R301"), "{shown}");
    }
    let shown = printed(&script("pass"), Dialect::Postgres);
    assert!(shown.contains("rows are changed one after the other, in a loop"), "{shown}");
    assert!(!shown.contains("-- R301"), "{shown}");
}
