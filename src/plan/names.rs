//! Names of models, sources and files.
//!
//! In: drafts with their layers. Out: a name for each, unique in the project and fit for a file on any system, and a
//! finding where two would have had the same. Never changes where rows land.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::drafts::Draft;
use super::sources::SourceNames;
use super::{Layer, Materialized, Naming};
use crate::dialect::{Dialect, Folding};
use crate::finding::{Code, Finding};
use crate::steps::ScriptKind;
use crate::versions::VersionId;

/// Longer names are cut: PostgreSQL keeps 63 bytes. What dbt adds for a moment, it makes room for itself.
const LONGEST: usize = 63;
const PREFIXES: &[&str] = &["tmp_", "temp_", "stg_", "stage_", "staging_", "wrk_", "work_", "int_", "t_tmp_"];
const SUFFIXES: &[&str] = &["_tmp", "_temp", "_stage", "_staging", "_stg", "_wrk", "_work"];
/// What authors of DataFrame scripts put before a name to say that it is a stage on the way.
const FRAME_PREFIXES: &[&str] = &["clean_", "cleaned_", "df_"];
const FRAME_SUFFIXES: &[&str] = &["_clean", "_cleaned", "_df"];

/// Letters, digits and underscores in lower case; words that only capitals part are parted. May be empty.
pub(super) fn snake(text: &str) -> String {
    let characters: Vec<char> = text.chars().flat_map(latin).collect();
    let mut out = String::new();
    for (at, c) in characters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| characters.get(at));
        let next = characters.get(at + 1);
        let after_lower = before.is_some_and(|before| before.is_ascii_lowercase() || before.is_ascii_digit());
        let ends_capitals = before.is_some_and(char::is_ascii_uppercase) && next.is_some_and(char::is_ascii_lowercase);
        if c.is_ascii_uppercase() && (after_lower || ends_capitals) {
            out.push('_');
        }
        out.push(if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' });
    }
    let parts: Vec<&str> = out.split('_').filter(|part| !part.is_empty()).collect();
    parts.join("_")
}

/// Letters with marks, and the plain ones that are written for them.
const LATIN: &[(&str, &str)] = &[
    ("ä", "ae"),
    ("ö", "oe"),
    ("ü", "ue"),
    ("æ", "ae"),
    ("œ", "oe"),
    ("ß", "ss"),
    ("Ä", "Ae"),
    ("Ö", "Oe"),
    ("Ü", "Ue"),
    ("Æ", "Ae"),
    ("àáâãåāăą", "a"),
    ("çćčĉ", "c"),
    ("ďđð", "d"),
    ("èéêëēėęě", "e"),
    ("ğģ", "g"),
    ("ìíîïīįı", "i"),
    ("łļľ", "l"),
    ("ñńňņ", "n"),
    ("òóôõøōő", "o"),
    ("řŕ", "r"),
    ("śšşș", "s"),
    ("ťţț", "t"),
    ("ùúûūůűų", "u"),
    ("ýÿ", "y"),
    ("źżž", "z"),
];

/// A letter as it is written without marks; capitals stay capitals.
fn latin(c: char) -> Vec<char> {
    let of = |c: char| LATIN.iter().find(|(marked, _)| marked.contains(c)).map(|(_, plain)| *plain);
    if c.is_ascii() {
        return vec![c];
    }
    let lower = c.to_lowercase().next().unwrap_or(c);
    match (of(c), of(lower)) {
        (Some(plain), _) => plain.chars().collect(),
        (None, Some(plain)) => plain.to_uppercase().chars().collect(),
        (None, None) => vec![c],
    }
}

/// The name without what only says that it is temporary or a stage. Never empty.
pub(super) fn stripped(name: &str, kind: ScriptKind) -> String {
    let mut rest = snake(name);
    let frames = kind == ScriptKind::Pandas;
    let (more_prefixes, more_suffixes) = if frames { (FRAME_PREFIXES, FRAME_SUFFIXES) } else { (&[][..], &[][..]) };
    loop {
        let prefixes = PREFIXES.iter().chain(more_prefixes);
        let suffixes = SUFFIXES.iter().chain(more_suffixes);
        let shorter = prefixes
            .filter_map(|prefix| rest.strip_prefix(prefix))
            .chain(suffixes.filter_map(|suffix| rest.strip_suffix(suffix)))
            .find(|shorter| !shorter.is_empty())
            .map(str::to_owned);
        let Some(shorter) = shorter else { break };
        rest = shorter;
    }
    if rest.is_empty() { "relation".to_owned() } else { rest }
}

/// Text as shown in the project: dialects that fold to upper case mean the lower-case name just as well.
pub(super) fn shown(text: &str, dialect: Dialect) -> String {
    let upper = dialect.traits().folding == Folding::Upper && !text.chars().any(|c| c.is_ascii_lowercase());
    if upper { text.to_lowercase() } else { text.to_owned() }
}

/// Gives every draft its name.
pub(super) fn assign(context: &Context, drafts: &mut [Draft], sources: &SourceNames) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    order.sort_by_key(|at| drafts.get(*at).map(|draft| (rank(context, draft), *at)));
    let staging = drafts.iter().filter(|draft| draft.layer == Layer::Staging && !draft.is_pass_through());
    let below: BTreeSet<VersionId> = staging.flat_map(|draft| &draft.reads).copied().collect();
    for at in order {
        let Some(draft) = drafts.get(at) else { continue };
        let mut choices = choices(context, draft, sources, &below);
        let rival = choices.first().and_then(|first| taken.get(first)).and_then(|other| drafts.get(*other));
        if rival.is_some_and(|rival| script(context, rival) == script(context, draft)) {
            choices.truncate(1);
        }
        let free = choices.iter().find(|name| !taken.contains_key(*name)).cloned();
        let name = free.unwrap_or_else(|| numbered(choices.last().map_or("relation", String::as_str), &taken));
        if let Some(first) = choices.first().filter(|first| **first != name)
            && let Some(finding) = renamed(context, draft, first, &name)
            && taken.get(first).and_then(|other| drafts.get(*other)).is_some_and(|other| !other.is_pass_through())
        {
            findings.push(finding);
        }
        taken.insert(name.clone(), at);
        if let Some(draft) = drafts.get_mut(at) {
            draft.name = name;
        }
    }
    findings
}

/// What lasts is named first, then what is on the way, then what only passes a source through.
fn rank(context: &Context, draft: &Draft) -> u8 {
    match draft.last() {
        Some(last) if context.lasts(last) => 0,
        Some(_) => 1,
        None => 2,
    }
}

fn script(context: &Context, draft: &Draft) -> Option<usize> {
    let version = draft.last().and_then(|last| context.version(last))?;
    version.step.map(|step| step.script)
}

/// Names for a draft, the best first. `below` is what staging models read.
fn choices(context: &Context, draft: &Draft, sources: &SourceNames, below: &BTreeSet<VersionId>) -> Vec<String> {
    let source = draft.reads.iter().find_map(|read| sources.get(*read));
    let Some(last) = draft.last() else {
        let Some((source, table)) = source else { return vec!["base_relation".to_owned()] };
        let (source, table) = (snake(source), stripped(table, ScriptKind::Sql));
        let before = if draft.materialized == Materialized::Table { "_before" } else { "" };
        let table = format!("{table}{before}");
        let own = match context.options.naming {
            Naming::Plain => table.clone(),
            Naming::Dbt => format!("{source}__{table}"),
        };
        // What a staging model reads lies below it.
        let is_base = draft.reads.iter().any(|read| below.contains(read));
        let first = (!is_base).then(|| cut(format!("stg_{own}")));
        let base = [cut(format!("base_{own}")), cut(format!("base_{source}__{table}"))];
        return first.into_iter().chain(base).collect();
    };
    let Some(version) = context.version(last) else { return Vec::new() };
    let Some(script) = version.step.and_then(|step| context.script(step)) else { return Vec::new() };
    let own = stripped(version.relation.name(), script.kind);
    let suffix = snake(&script.name);
    let first = match draft.layer {
        Layer::Staging => match (context.options.naming, source) {
            (Naming::Dbt, Some((source, table))) => {
                let (source, table) = (snake(source), stripped(table, ScriptKind::Sql));
                return vec![
                    cut(format!("stg_{source}__{table}")),
                    cut(format!("stg_{source}__{own}")),
                    cut(format!("stg_{source}__{own}_{suffix}")),
                ];
            }
            _ => format!("stg_{own}"),
        },
        Layer::Intermediate => format!("int_{own}"),
        Layer::Marts => mart(version.relation.name()),
    };
    match &draft.rival {
        Some(script) => vec![cut(format!("{first}_{script}"))],
        None => vec![cut(first.clone()), with_suffix(&first, &suffix)],
    }
}

fn mart(name: &str) -> String {
    let snake = snake(name);
    match snake.chars().next() {
        None => "relation".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("t_{snake}"),
        Some(_) => snake,
    }
}

pub(super) fn cut(name: String) -> String {
    let shorter: String = name.chars().take(LONGEST).collect();
    if shorter.len() == name.len() { name } else { shorter.trim_end_matches('_').to_owned() }
}

/// The name with a suffix that is not cut: it tells two names apart.
fn with_suffix(name: &str, suffix: &str) -> String {
    let room = LONGEST.saturating_sub(suffix.len() + 1).max(LONGEST / 3);
    let kept: String = name.chars().take(room).collect();
    cut(format!("{}_{suffix}", kept.trim_end_matches('_')))
}

fn numbered(name: &str, taken: &BTreeMap<String, usize>) -> String {
    (2..=taken.len() + 2)
        .map(|n| with_suffix(name, &n.to_string()))
        .find(|name| !taken.contains_key(name))
        .unwrap_or_default()
}

fn renamed(context: &Context, draft: &Draft, first: &str, name: &str) -> Option<Finding> {
    let last: VersionId = draft.last()?;
    let relation = &context.version(last)?.relation;
    let message = format!("{relation} would have been the model {first} as well; it is named {name}");
    Some(Finding::at(Code::R307, context.maker(last)?.span, message, "rename one of the two if they are the same"))
}

/// Whether SQL keeps a name for itself, so that a column of that name stands in quotes.
pub fn is_keyword(name: &str) -> bool {
    let lower = name.to_lowercase();
    crate::sql::ident(&lower, Dialect::DuckDb).starts_with('"')
        && lower.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_fit_for_files() {
        let rows = [
            ("tmp_orders", "orders"),
            ("#TmpOrders", "orders"),
            ("@OrderLines", "order_lines"),
            ("stg_orders_tmp", "orders"),
            ("wrk_CUSTOMER", "customer"),
            ("HTTPRequests2x", "http_requests2x"),
            ("order details", "order_details"),
            ("../../etc/passwd", "etc_passwd"),
            ("a\"b'c", "a_b_c"),
            ("tmp_", "tmp"),
            ("größe", "groesse"),
            ("Café Ñandú", "cafe_nandu"),
            ("ÜberÄnderung", "ueber_aenderung"),
            ("ÉCOLE", "ecole"),
            ("日本", "relation"),
            ("", "relation"),
        ];
        for (name, expected) in rows {
            assert_eq!(stripped(name, ScriptKind::Procedure), expected, "{name}");
        }
        assert_eq!(stripped("clean_orders", ScriptKind::Pandas), "orders");
        assert_eq!(stripped("clean_orders", ScriptKind::Sql), "clean_orders");
        assert_eq!(mart("2024 totals"), "t_2024_totals");
    }
}
