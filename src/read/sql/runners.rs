//! Procedures that only run the string that they are given.
//!
//! In: all SQL files of the run. Out: the names of such procedures: a call of one, with a string that is known, is that
//! string's statements. Never looks at more than the head and the first lines of a body.

use std::collections::BTreeSet;

/// Names of procedures, in lower case.
pub type Runners = BTreeSet<String>;

/// Longer bodies do more than run a string.
const LONGEST: usize = 600;

/// The procedures of a text that run their first parameter.
pub fn runners(text: &str) -> Runners {
    let lower = text.to_lowercase();
    let heads = lower.match_indices("proc").filter_map(|(at, _)| {
        let rest = lower.get(at..)?;
        let rest = rest.strip_prefix("procedure").or_else(|| rest.strip_prefix("proc"))?;
        rest.starts_with(char::is_whitespace).then(|| rest.trim_start())
    });
    heads.filter_map(runner).collect()
}

/// The name of the procedure that begins here, where it runs its first parameter.
fn runner(head: &str) -> Option<String> {
    let name_end = head.find(|c: char| c.is_whitespace() || c == '(')?;
    let (name, rest) = head.split_at(name_end);
    let rest = rest.trim_start().trim_start_matches('(').trim_start();
    let parameter: String = rest.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '@')).collect();
    let body = rest.get(..rest.find("procedure").unwrap_or(rest.len()))?;
    let end = body.char_indices().map(|(at, _)| at).nth(LONGEST).unwrap_or(body.len());
    let body = body.get(..end)?;
    let squeezed = body.split_whitespace().collect::<Vec<_>>().join(" ");
    let forms = ["execute immediate ", "execute ", "exec(", "exec (", "sp_executesql "];
    let runs = |form: &str| {
        let called = format!("{form}{parameter}");
        let behind = squeezed.find(&called).and_then(|at| squeezed.get(at + called.len()..));
        behind.is_some_and(|behind| behind.starts_with([';', ')', ' ', '\n']))
    };
    let more =
        ["insert into", "update ", "delete from", "merge ", "create table"].iter().any(|word| squeezed.contains(word));
    let bare = crate::name::last_part(name);
    (!parameter.is_empty() && !bare.is_empty() && !more && forms.iter().any(|form| runs(form))).then(|| bare.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn procedures_that_run_a_string() {
        let rows = [
            ("create or replace PROCEDURE DROPSQL(s VARCHAR2) AS BEGIN EXECUTE IMMEDIATE s; END;", "dropsql"),
            ("create proc dbo.run_it @sql nvarchar(max) as begin exec(@sql) end", "run_it"),
            ("create procedure p(s text) language plpgsql as $$ begin execute s; end $$", "p"),
            ("create procedure p(s text) as begin execute s || x; end", "p"),
            ("create procedure p(a int) as begin insert into t select a; end", ""),
        ];
        for (text, expected) in rows {
            assert_eq!(runners(text).into_iter().collect::<Vec<_>>().join(" "), expected, "{text}");
        }
    }
}
