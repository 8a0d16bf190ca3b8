//! Rule R405 for rows that are others at each run: the time, random numbers, the next of a sequence.

use super::Inputs;
use crate::finding::{Code, Finding};
use crate::steps::{Lifetime, Script, Step};
use crate::versions::StepId;

/// Words whose value differs from run to run, with whether brackets follow.
const WORDS: &[(&str, bool)] = &[
    ("clock_timestamp", true),
    ("current_date", false),
    ("current_datetime", true),
    ("current_time", false),
    ("current_timestamp", false),
    ("gen_random_uuid", true),
    ("generate_uuid", true),
    ("getdate", true),
    ("getutcdate", true),
    ("localtimestamp", false),
    ("newid", true),
    ("nextval", false),
    ("now", true),
    ("rand", true),
    ("random", true),
    ("sysdate", false),
    ("sysdatetime", true),
    ("systimestamp", false),
    ("unix_timestamp", true),
    ("uuid_generate_v4", true),
    ("uuid_string", true),
];

/// R405: a step puts values into a lasting table that no second run gives again.
pub fn volatile_rows(inputs: &Inputs, number: usize, script: &Script) -> Vec<Finding> {
    let steps = script.steps.iter().enumerate();
    steps.filter_map(|(at, step)| of_step(inputs, StepId { script: number, step: at }, script, step)).collect()
}

fn of_step(inputs: &Inputs, id: StepId, script: &Script, step: &Step) -> Option<Finding> {
    let made = inputs.versions.list.iter().find(|version| version.step == Some(id))?;
    if made.lifetime == Lifetime::Temporary {
        return None;
    }
    let word = step.effect.sqls().into_iter().find_map(|sql| volatile(&sql.text))?;
    let message = format!("a second run of {} gives other rows in {}: `{word}` changes", script.name, made.relation);
    Some(Finding::at(Code::R405, step.span, message, "take the time or the day from a parameter of the run"))
}

/// The first word outside of strings and comments whose value changes.
fn volatile(text: &str) -> Option<&'static str> {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skip = |open: usize, close: &str| {
            let inner = rest.get(open..).unwrap_or("");
            open + inner.find(close).map_or(inner.len(), |at| at + close.len())
        };
        let len = if matches!(first, '\'' | '"' | '`') {
            skip(1, rest.get(..1).unwrap_or("'"))
        } else if rest.starts_with("--") {
            skip(2, "\n")
        } else if rest.starts_with("/*") {
            skip(2, "*/")
        } else if first.is_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            let word = rest.get(..end).unwrap_or("").to_lowercase();
            let called = rest.get(end..).is_some_and(|after| after.trim_start().starts_with('('));
            let found = WORDS.iter().find(|(known, brackets)| *known == word && (called || !brackets));
            if let Some((known, _)) = found {
                return Some(known);
            }
            end
        } else {
            first.len_utf8()
        };
        rest = rest.get(len.max(1)..).unwrap_or("");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::volatile;

    #[test]
    fn words_that_change() {
        let rows = [
            ("select now() as at", Some("now")),
            ("select 'now()' as at -- now()", None),
            ("select now as at", None),
            ("select CURRENT_TIMESTAMP", Some("current_timestamp")),
            ("select seq.nextval", Some("nextval")),
            ("select nowhere() /* random() */", None),
        ];
        for (text, expected) in rows {
            assert_eq!(volatile(text), expected, "{text}");
        }
    }
}
