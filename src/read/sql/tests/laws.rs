//! What holds for every text.

use super::*;
use crate::read::sql::tokens::{Lexing, Text, TokenKind};

const SAMPLES: [(Dialect, &str); 6] = [
    (
        Dialect::Postgres,
        "-- c\ncreate procedure p(a int) as $$ declare v int := 1; begin if a > v then insert into t select 'ä;'; else delete \
         from t; end if; for r in select 1 loop execute format('drop table %I', r.x); end loop; exception when others then \
         raise; end; $$ language plpgsql; select 1;",
    ),
    (
        Dialect::Tsql,
        "create proc p @a int = 1 as begin try if @a = 1 begin update t set a = 2 end else select 1 while @a < 3 set @a += 1 \
         end try begin catch throw end catch\ngo\nexec p",
    ),
    (
        Dialect::Snowflake,
        "create procedure p() returns int language sql as $$ declare x int; begin let y := 1; for r in c do select 1; end for; \
         return :y; exception when other then return 2; end $$;",
    ),
    (
        Dialect::MySql,
        "delimiter //\ncreate procedure p() begin declare exit handler for sqlexception begin end; l: loop leave l; end loop; \
         end//\ndelimiter ;",
    ),
    (
        Dialect::Oracle,
        "create package body k as procedure p is v number; begin execute immediate 'delete from t'; for r in (select 1 from \
         dual) loop null; end loop; end; end k;\n/",
    ),
    (
        Dialect::BigQuery,
        "declare x int64 default 1; begin if x = 1 then select 1; end if; exception when error then select 2; end; repeat set x \
         = 2; until x > 1 end repeat;",
    ),
];

/// Words that join statements and belong to none.
const JOINTS: [&str; 27] = [
    "begin",
    "catch",
    "end",
    "else",
    "declare",
    "try",
    "if",
    "loop",
    "while",
    "for",
    "case",
    "repeat",
    "go",
    "language",
    "plpgsql",
    "sql",
    "as",
    "l",
    "p",
    "k",
    "$$",
    "/",
    "//",
    ";",
    "exception",
    "'",
    "atomic",
];

#[test]
fn a_text_that_is_cut_off_anywhere_is_still_read() {
    for (dialect, text) in SAMPLES {
        for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
            for dialect in [dialect, Dialect::Ansi] {
                let (_, reading) = reading(Some(dialect), &text[..end]);
                drop(reading);
            }
        }
    }
}

#[test]
fn every_dialect_reads_every_sample() {
    for (_, text) in SAMPLES {
        for dialect in Dialect::ALL {
            let (sources, reading) = reading(Some(dialect), text);
            rows_do_not_overlap(&sources, &reading);
        }
    }
}

#[test]
fn nothing_lies_outside_the_statements() {
    for (dialect, text) in SAMPLES {
        let (sources, reading) = reading(Some(dialect), text);
        rows_do_not_overlap(&sources, &reading);
        let mut rest = text.to_owned().into_bytes();
        for row in reading.scripts.iter().flat_map(|script| &script.statements) {
            rest[row.span.range()].fill(b' ');
        }
        let rest = String::from_utf8(rest).unwrap();
        let whole = Span::new(SourceId(0), 0, rest.len());
        let tokens = Text::new(Fragment::exact(&rest, whole), Lexing { dialect: Dialect::Ansi, templated: false });
        for at in 0..tokens.len() {
            let word = tokens.word(at);
            let body = tokens.kind(at) == Some(TokenKind::Dollar);
            let inner = word.trim_matches('$').to_lowercase();
            let words = if body { inner.split_whitespace().collect() } else { vec![word] };
            for word in words {
                let word = word.trim_end_matches(';').to_lowercase();
                assert!(
                    word.is_empty() || JOINTS.contains(&word.as_str()) || word == ":",
                    "`{word}` is in no statement: {rest}"
                );
            }
        }
    }
}

fn rows_do_not_overlap(sources: &Sources, reading: &Reading) {
    let mut spans: Vec<Span> =
        reading.scripts.iter().flat_map(|script| &script.statements).map(|row| row.span).collect();
    spans.sort();
    for pair in spans.windows(2) {
        let (left, right) = (sources.slice(pair[0]), sources.slice(pair[1]));
        assert!(pair[0].end <= pair[1].start, "`{left}` and `{right}` overlap");
    }
}

#[test]
fn deep_nesting_is_cut() {
    let thread = std::thread::Builder::new().stack_size(256 << 20);
    let deep = |open: &str, close: &str| format!("{}select 1;{}", open.repeat(5000), close.repeat(5000));
    let work = move || {
        for (dialect, text) in [
            (Dialect::Snowflake, deep("begin ", "end; ")),
            (Dialect::Snowflake, deep("if (a) then ", "end if; ")),
            (Dialect::Snowflake, deep("case ", "end ")),
            (Dialect::Tsql, deep("begin ", "end ")),
            (Dialect::Tsql, deep("if 1 = 1 ", "")),
            (Dialect::Postgres, format!("select {}1{}", "(".repeat(5000), ")".repeat(5000))),
        ] {
            let whole = Span::new(SourceId(0), 0, text.len());
            let tokens = Text::new(Fragment::exact(&text, whole), Lexing { dialect, templated: false });
            assert!(!cut::cut(&tokens, dialect).nodes.is_empty());
        }
    };
    thread.spawn(work).unwrap().join().unwrap();
}

#[test]
fn step_indices_are_within_the_script() {
    for (dialect, text) in SAMPLES {
        for script in reading(Some(dialect), text).1.scripts {
            for row in &script.statements {
                if let StatementReading::Steps(steps) = &row.reading {
                    assert!(steps.iter().all(|step| *step < script.steps.len()), "{}", row.what);
                }
            }
        }
    }
}
