//! CALL, EXEC, PERFORM and values of variables, told by tokens: they stand in every dialect, and in no parser.
//!
//! In: tokens. Out: Call, Bind, Rename of `sp_rename`. Text of dynamic SQL is not read here.

#![expect(clippy::wildcard_enum_match_arm, reason = "a call is the only effect that is asked about")]

use std::cell::RefCell;
use std::ops::Range;

use sqlparser::tokenizer::Token;

use super::joins::name;
use super::lex::Lexed;
use super::prepare::Aside;
use super::read::Reader;
use super::{Outcome, Surroundings, Understood, alter, expression, query};
use crate::dialect::Dialect;
use crate::finding::{Code, Finding};
use crate::name::{Ident, Relation};
use crate::steps::{Change, Effect, Query};
use crate::text::Fragment;

/// A reader of a statement that only has tokens.
pub fn reader<'a>(
    statement: &'a Fragment,
    around: &'a Surroundings<'a>,
    lexed: &'a Lexed,
    aside: &'a Aside,
) -> Reader<'a> {
    Reader {
        statement,
        around,
        lexed,
        aside,
        with: None,
        unknown: RefCell::default(),
        by_value: std::cell::Cell::default(),
        facts: Vec::new(),
        findings: Vec::new(),
    }
}

/// `CALL p(…)`, `EXEC [@rc =] p @a = 1, …`, `EXECUTE p …`.
pub fn call(reader: Reader) -> Understood {
    let lexed = reader.lexed;
    let mut at = 1;
    if let Some(Token::Word(word)) = lexed.get(at)
        && word.value.starts_with('@')
        && lexed.is(at + 1, &Token::Eq)
    {
        at += 2;
    }
    if lexed.is(at, &Token::LParen) || lexed.is_word(at, "IMMEDIATE") || !matches!(lexed.get(at), Some(Token::Word(_)))
    {
        return dynamic(reader);
    }
    let (parts, end) = name(lexed, at, reader.around.dialect);
    if lexed.get(at).is_some_and(|token| matches!(token, Token::Word(word) if word.value.starts_with('@'))) {
        return dynamic(reader);
    }
    let procedure = Relation::new(parts, reader.around.dialect);
    let list = if lexed.is(end, &Token::LParen) { end + 1..lexed.closing(end) } else { end..lexed.len() };
    let arguments = arguments(&reader, list);
    match procedure.name().to_lowercase().as_str() {
        "sp_executesql" => return dynamic(reader),
        "sp_rename" => return sp_rename(reader, &arguments),
        _ => {}
    }
    if is_system(&procedure, reader.around.dialect) {
        return reader.done("call", Outcome::Dropped("a procedure of the server itself".to_owned()));
    }
    reader.effects("call", vec![Effect::Call { procedure, arguments, file: None }])
}

/// Procedures of SQL Server that change no rows of tables; people call their own procedures `sp_…` as well.
const SERVER: &[&str] = &[
    "sp_add_job",
    "sp_add_jobstep",
    "sp_addextendedproperty",
    "sp_addlinkedserver",
    "sp_addmessage",
    "sp_addrolemember",
    "sp_autostats",
    "sp_changeobjectowner",
    "sp_columns",
    "sp_configure",
    "sp_createstats",
    "sp_cursorclose",
    "sp_databases",
    "sp_dbcmptlevel",
    "sp_depends",
    "sp_describe_first_result_set",
    "sp_detach_db",
    "sp_droprolemember",
    "sp_dropextendedproperty",
    "sp_estimate_data_compression_savings",
    "sp_fkeys",
    "sp_getapplock",
    "sp_grantdbaccess",
    "sp_help",
    "sp_helpdb",
    "sp_helpfile",
    "sp_helpindex",
    "sp_helptext",
    "sp_indexoption",
    "sp_invalidate_textptr",
    "sp_lock",
    "sp_monitor",
    "sp_msforeachdb",
    "sp_msforeachtable",
    "sp_oacreate",
    "sp_oadestroy",
    "sp_oamethod",
    "sp_pkeys",
    "sp_prepare",
    "sp_procoption",
    "sp_recompile",
    "sp_refreshsqlmodule",
    "sp_refreshview",
    "sp_releaseapplock",
    "sp_reset_connection",
    "sp_send_dbmail",
    "sp_sequence_get_range",
    "sp_serveroption",
    "sp_set_session_context",
    "sp_settriggerorder",
    "sp_spaceused",
    "sp_sproc_columns",
    "sp_start_job",
    "sp_stop_job",
    "sp_statistics",
    "sp_stored_procedures",
    "sp_tableoption",
    "sp_tables",
    "sp_testlinkedserver",
    "sp_unbindrule",
    "sp_update_job",
    "sp_updateextendedproperty",
    "sp_updatestats",
    "sp_who",
    "sp_who2",
    "sp_xml_preparedocument",
    "sp_xml_removedocument",
    "sp_add_jobschedule",
    "sp_add_jobserver",
    "sp_add_schedule",
    "sp_attach_schedule",
    "sp_delete_job",
    "sp_addrole",
    "sp_adduser",
    "sp_addlogin",
    "sp_defaultdb",
    "sp_bindefault",
    "sp_bindrule",
    "sp_addtype",
    "sp_droptype",
    "sp_fulltext_catalog",
    "sp_fulltext_column",
    "sp_fulltext_database",
    "sp_fulltext_table",
    "sp_cycle_errorlog",
    "sp_validname",
    "sp_control_plan_guide",
    "sp_create_plan_guide",
    "sp_trace_create",
    "sp_trace_setevent",
    "sp_trace_setstatus",
    "sp_addumpdevice",
    "sp_changedbowner",
    "sp_query_store_flush_db",
    "sp_cdc_enable_db",
    "sp_cdc_enable_table",
    "sp_rename_login",
    "sp_readerrorlog",
];

/// Procedures that come with the server and change no rows.
fn is_system(procedure: &Relation, dialect: Dialect) -> bool {
    let name = procedure.name().to_lowercase();
    let schema = procedure.schema().unwrap_or("").to_lowercase();
    let starts = ["pg_", "dbms_", "system$"];
    let server = dialect.traits().bare_statements && (SERVER.contains(&name.as_str()) || name.starts_with("xp_"));
    let known = ["set_config", "setval", "nextval", "sleep", "dblink_exec"];
    let schemas =
        ["sys", "pg_catalog", "dbms_stats", "dbms_output", "dbms_utility", "dbms_lock", "dbms_application_info"];
    server
        || starts.iter().any(|start| name.starts_with(start))
        || known.contains(&name.as_str())
        || schemas.contains(&schema.as_str())
}

/// SQL that stands in a string.
fn dynamic(mut reader: Reader) -> Understood {
    let reason = "its text is only known at run time";
    let finding = Finding::at(Code::R203, reader.span(), reason, "write the statement out");
    reader.findings.push(finding);
    reader.done("dynamic sql", Outcome::Unread { reason: reason.to_owned(), step: None })
}

/// Arguments as written: name and expression.
fn arguments(reader: &Reader, list: Range<usize>) -> Vec<(String, String)> {
    let lexed = reader.lexed;
    let one = |part: Range<usize>| {
        let assign = lexed.find(part.start, |lexed, at| {
            at >= part.end || [Token::Eq, Token::Assignment, Token::RArrow].iter().any(|sign| lexed.is(at, sign))
        });
        let assign = assign.filter(|at| *at == part.start + 1 && *at < part.end);
        let text = |part: Range<usize>| reader.text().get(lexed.bytes(part)).unwrap_or("").to_owned();
        match assign {
            Some(at) => (text(part.start..at).trim_start_matches('@').to_owned(), text(at + 1..part.end)),
            None => (String::new(), text(part)),
        }
    };
    lexed.split(list.start, list.end).into_iter().map(one).collect()
}

/// `sp_rename 'dbo.a', 'b'`, and of columns.
fn sp_rename(reader: Reader, arguments: &[(String, String)]) -> Understood {
    let dialect = reader.around.dialect;
    let bare = |text: &str| text.trim_start_matches(['N', 'n']).trim_matches('\'').replace(['[', ']'], "");
    let (Some((_, from)), Some((_, to))) = (arguments.first(), arguments.get(1)) else { return dynamic(reader) };
    if !from.contains('\'') || !to.contains('\'') {
        return dynamic(reader);
    }
    let from = Relation::plain(&bare(from), dialect);
    let to = bare(to);
    match arguments.get(2).map(|(_, kind)| bare(kind).to_uppercase()).as_deref() {
        None | Some("OBJECT") => {
            let to = alter::beside(&from, Relation::new(vec![Ident::new(&to, false, dialect)], dialect), &reader);
            reader.effects("rename", vec![Effect::Rename { from, to }])
        }
        Some("COLUMN") => {
            let mut parts = from.parts().to_vec();
            let column = parts.pop().map_or_else(String::new, |part| part.text);
            let relation = Relation::new(parts, dialect);
            let change = Change::Rename { from: column, to: Ident::new(&to, false, dialect).text };
            reader.effects("rename column", vec![Effect::Alter { relation, change }])
        }
        Some(_) => reader.done("rename", Outcome::Dropped("it renames an object that holds no rows".to_owned())),
    }
}

/// `SET v = e`, `v := e`, `LET v := e`: a value, from rows when it names relations.
pub fn assignment(statement: &Fragment, around: &Surroundings, lexed: &Lexed) -> Option<Understood> {
    let start = usize::from(lexed.is_word(0, "SET") || lexed.is_word(0, "LET") || lexed.is_word(0, "DECLARE"));
    let is_sign = |lexed: &Lexed, at: usize| lexed.is(at, &Token::Assignment) || lexed.is(at, &Token::Eq);
    let sign = lexed.find(start, is_sign).filter(|at| *at > start && *at <= start + 6)?;
    if start == 0 && !lexed.is(sign, &Token::Assignment) {
        return None;
    }
    let aside = Aside::default();
    let reader = reader(statement, around, lexed, &aside);
    let name = reader.text().get(lexed.bytes(start..start + 1)).unwrap_or("");
    let names = if lexed.is(start, &Token::LParen) {
        let list = lexed.split(start + 1, lexed.closing(start));
        list.into_iter().map(|part| reader.text().get(lexed.bytes(part)).unwrap_or("")).collect()
    } else {
        vec![name]
    };
    let variables = names.into_iter().map(|name| name.trim_start_matches(['@', ':', '$']).to_lowercase()).collect();
    let value = sign + 1..lexed.len();
    let body = value_query(&reader, value);
    if body.sql.mentions.is_empty() {
        return Some(reader.done("set", Outcome::Config("the value of a variable".to_owned())));
    }
    Some(reader.effects("set", vec![Effect::Bind { variables, body }]))
}

/// A value as a query: the query within its parentheses, or `select e`.
fn value_query(reader: &Reader, value: Range<usize>) -> Query {
    let lexed = reader.lexed;
    let whole = lexed.is(value.start, &Token::LParen) && lexed.closing(value.start) + 1 == value.end;
    if whole {
        let inside = reader.statement.slice(lexed.bytes(value.start + 1..value.end - 1));
        if let Some(query) = query(&inside, reader.around) {
            return query;
        }
    }
    let text = reader.statement.slice(lexed.bytes(value));
    let piece = expression(&text, reader.around);
    Query::new(reader.builder().text("select ").piece(&piece).done())
}

/// `PERFORM q`, `SELECT f(x)`: a call when it is one function without FROM.
pub fn performed(reader: &Reader) -> Option<Effect> {
    let lexed = reader.lexed;
    let (parts, end) = name(lexed, 1, reader.around.dialect);
    let alone = !parts.is_empty() && lexed.is(end, &Token::LParen) && lexed.closing(end) + 1 == lexed.len();
    if !alone {
        return None;
    }
    let procedure = Relation::new(parts, reader.around.dialect);
    let arguments = arguments(reader, end + 1..lexed.closing(end));
    Some(Effect::Call { procedure, arguments, file: None })
}

/// Whether a call is of a function of the server itself.
pub fn is_server(effect: &Effect, dialect: Dialect) -> bool {
    matches!(effect, Effect::Call { procedure, .. } if is_system(procedure, dialect))
}

/// Functions that a lone SELECT calls for their value.
const VALUES: &[&str] = &[
    "now",
    "version",
    "count",
    "max",
    "min",
    "sum",
    "avg",
    "coalesce",
    "current_setting",
    "txid_current",
    "upper",
    "lower",
    "length",
    "round",
    "abs",
    "concat",
    "to_char",
    "to_date",
    "date_trunc",
    "date_part",
    "extract",
    "random",
    "exists",
    "cast",
    "greatest",
    "least",
    "nullif",
    "string_agg",
    "array_agg",
    "generate_series",
    "unnest",
    "lastval",
    "current_date",
    "getdate",
    "row",
    "array",
    "replace",
    "substring",
    "trim",
    "md5",
    "clock_timestamp",
    "case",
];

/// Whether a call is of a function that changes no rows.
pub fn only_reads(effect: &Effect, dialect: Dialect) -> bool {
    match effect {
        Effect::Call { procedure, .. } => {
            is_system(procedure, dialect) || VALUES.contains(&procedure.name().to_lowercase().as_str())
        }
        _ => true,
    }
}
