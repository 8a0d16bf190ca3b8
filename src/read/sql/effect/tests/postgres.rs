//! PostgreSQL's own parser names the same relations, at the same bytes.

use std::collections::BTreeMap;

use super::{read, rows};
use crate::dialect::Dialect;
use crate::read::sql::effect::Outcome;

/// Places and names of every relation that PostgreSQL's parser sees, CTEs too.
pub fn range_vars(text: &str) -> Option<BTreeMap<usize, String>> {
    let tree = format!("{:?}", pg_query::parse(text, pg_query::ParserOptions::default()).ok()?.protobuf);
    let mut found = BTreeMap::new();
    for part in tree.split("RangeVar {").skip(1) {
        let field = |name: &str| {
            let at = part.find(&format!("{name}: \"")).unwrap() + name.len() + 3;
            part[at..].split('"').next().unwrap().to_owned()
        };
        let location = location(part);
        let schema = field("schemaname");
        let name = if schema.is_empty() { field("relname") } else { format!("{schema}.{}", field("relname")) };
        found.insert(location, name);
    }
    Some(found)
}

/// The location of the RangeVar itself, not of its alias.
fn location(part: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    for (offset, letter) in part.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            'l' if depth == 0 && part[offset..].starts_with("location: ") => at = offset + 10,
            _ => {}
        }
    }
    part[at..].split(|letter: char| !letter.is_ascii_digit()).next().unwrap().parse().unwrap_or(usize::MAX)
}

/// What differs between PostgreSQL's relations and ours in a statement that only reads.
pub fn differences(text: &str) -> Option<Vec<String>> {
    let theirs = range_vars(text)?;
    let understood = read(Dialect::Postgres, text);
    let Outcome::Effects(effects) = &understood.outcome else { return Some(vec!["not read".to_owned()]) };
    let step = |effect: &crate::steps::Effect| crate::steps::Step {
        span: crate::text::Span::new(crate::text::SourceId(0), 100, 100 + text.len()),
        effect: effect.clone(),
        guards: Vec::new(),
        comment: String::new(),
        task: None,
        sent: None,
    };
    let mut ours = BTreeMap::new();
    for effect in effects {
        for sql in step(effect).sqls() {
            let start = sql.span.start as usize - 100;
            if text.get(start..start + sql.text.len()) != Some(sql.text.as_str()) {
                continue;
            }
            for mention in &sql.mentions {
                ours.insert(start + mention.range.start, mention.relation.to_string());
            }
        }
    }
    let lower = text.to_lowercase();
    let mut wrong = Vec::new();
    for (at, name) in &ours {
        if theirs.get(at) != Some(name) {
            wrong.push(format!("{name} at {at} is no table"));
        }
    }
    for (at, name) in &theirs {
        let cte = [" as (", " as materialized (", " as not materialized (", "\nas (", "\nas\n(", " as\n("]
            .iter()
            .any(|after| lower.contains(&format!("{name}{after}")))
            || lower.contains(&format!("{name} ("));
        if !ours.contains_key(at) && !cte && *at < text.len() {
            wrong.push(format!("{name} at {at} is missing"));
        }
    }
    Some(wrong)
}

#[test]
fn relations_equal_those_of_postgres() {
    let files = [include_str!("mentions.txt"), include_str!("scopes.txt"), include_str!("columns.txt")];
    let mut asked = 0;
    for (dialect, statement, _) in files.into_iter().flat_map(rows) {
        let reads = ["select", "with"].iter().any(|word| statement.starts_with(word));
        if dialect != Dialect::Postgres || !reads || statement.contains("into ") {
            continue;
        }
        if let Some(wrong) = differences(&statement) {
            assert!(wrong.is_empty(), "{statement}: {wrong:?}");
            asked += 1;
        }
    }
    assert!(asked > 20, "only {asked} statements were compared");
}
