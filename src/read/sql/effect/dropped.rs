//! A pure table: statements that no query stands for, told by their first words, with the reason.
//!
//! In: the first words. Out: what the account says. Never looks at a statement that reads or writes rows.

use super::lex::Lexed;

/// A row: first words, the statement's name for the account, why it has no meaning in dbt.
type Row = (&'static [&'static str], &'static str, &'static str);

const TRANSACTION: &str = "transaction control: dbt has its own";
const RIGHTS: &str = "rights: dbt sets them with its grants config";
const INDEX: &str = "indexes and statistics are the warehouse's upkeep";
const MESSAGE: &str = "a message";
const FAILURE: &str = "it stops the script with an error";
const SESSION: &str = "a setting of the session";
const OBJECT: &str = "it makes or changes an object that holds no rows";
const FLOW: &str = "the flow of the procedure ends or goes on here";
const CURSOR: &str = "a cursor";
const LOOK: &str = "it only shows something";
const UPKEEP: &str = "upkeep of storage";

const ROWS: &[Row] = &[
    (&["BEGIN", "TRAN"], "begin transaction", TRANSACTION),
    (&["BEGIN", "TRANSACTION"], "begin transaction", TRANSACTION),
    (&["BEGIN", "WORK"], "begin transaction", TRANSACTION),
    (&["START", "TRANSACTION"], "begin transaction", TRANSACTION),
    (&["COMMIT"], "commit", TRANSACTION),
    (&["END", "TRANSACTION"], "commit", TRANSACTION),
    (&["END", "WORK"], "commit", TRANSACTION),
    (&["ROLLBACK"], "rollback", TRANSACTION),
    (&["SAVEPOINT"], "savepoint", TRANSACTION),
    (&["SAVE", "TRAN"], "savepoint", TRANSACTION),
    (&["SAVE", "TRANSACTION"], "savepoint", TRANSACTION),
    (&["RELEASE", "SAVEPOINT"], "savepoint", TRANSACTION),
    (&["LOCK"], "lock", TRANSACTION),
    (&["UNLOCK"], "unlock", TRANSACTION),
    (&["GRANT"], "grant", RIGHTS),
    (&["REVOKE"], "revoke", RIGHTS),
    (&["DENY"], "deny", RIGHTS),
    (&["CREATE", "INDEX"], "create index", INDEX),
    (&["CREATE", "UNIQUE"], "create index", INDEX),
    (&["CREATE", "CLUSTERED"], "create index", INDEX),
    (&["CREATE", "NONCLUSTERED"], "create index", INDEX),
    (&["CREATE", "BITMAP"], "create index", INDEX),
    (&["CREATE", "FULLTEXT"], "create index", INDEX),
    (&["CREATE", "COLUMNSTORE"], "create index", INDEX),
    (&["CREATE", "STATISTICS"], "create statistics", INDEX),
    (&["DROP", "INDEX"], "drop index", INDEX),
    (&["DROP", "STATISTICS"], "drop statistics", INDEX),
    (&["ALTER", "INDEX"], "alter index", INDEX),
    (&["REINDEX"], "reindex", INDEX),
    (&["CLUSTER"], "cluster", INDEX),
    (&["UPDATE", "STATISTICS"], "update statistics", INDEX),
    (&["ANALYZE"], "analyze", INDEX),
    (&["ANALYSE"], "analyze", INDEX),
    (&["VACUUM"], "vacuum", UPKEEP),
    (&["OPTIMIZE"], "optimize", UPKEEP),
    (&["CHECKPOINT"], "checkpoint", UPKEEP),
    (&["MSCK"], "repair table", UPKEEP),
    (&["REFRESH"], "refresh", UPKEEP),
    (&["CACHE"], "cache table", UPKEEP),
    (&["UNCACHE"], "uncache table", UPKEEP),
    (&["DBCC"], "dbcc", UPKEEP),
    (&["PURGE"], "purge", UPKEEP),
    (&["PRINT"], "print", MESSAGE),
    (&["RAISE", "NOTICE"], "raise notice", MESSAGE),
    (&["RAISE", "INFO"], "raise info", MESSAGE),
    (&["RAISE", "LOG"], "raise log", MESSAGE),
    (&["RAISE", "DEBUG"], "raise debug", MESSAGE),
    (&["RAISE", "WARNING"], "raise warning", MESSAGE),
    (&["RAISE"], "raise", FAILURE),
    (&["RAISERROR"], "raiserror", FAILURE),
    (&["THROW"], "throw", FAILURE),
    (&["SIGNAL"], "signal", FAILURE),
    (&["RESIGNAL"], "resignal", FAILURE),
    (&["RAISE_APPLICATION_ERROR"], "raise", FAILURE),
    (&["DBMS_OUTPUT"], "dbms_output", MESSAGE),
    (&["EXIT"], "exit", FLOW),
    (&["LEAVE"], "leave", FLOW),
    (&["ITERATE"], "iterate", FLOW),
    (&["CONTINUE"], "continue", FLOW),
    (&["BREAK"], "break", FLOW),
    (&["GOTO"], "goto", FLOW),
    (&["NULL"], "null", "it does nothing"),
    (&["WAITFOR"], "waitfor", FLOW),
    (&["GET", "DIAGNOSTICS"], "get diagnostics", MESSAGE),
    (&["GET", "STACKED"], "get diagnostics", MESSAGE),
    (&["GET", "CURRENT"], "get diagnostics", MESSAGE),
    (&["OPEN"], "open", CURSOR),
    (&["FETCH"], "fetch", CURSOR),
    (&["CLOSE"], "close", CURSOR),
    (&["DEALLOCATE"], "deallocate", CURSOR),
    (&["SHOW"], "show", LOOK),
    (&["DESCRIBE"], "describe", LOOK),
    (&["DESC"], "describe", LOOK),
    (&["EXPLAIN"], "explain", LOOK),
    (&["USE"], "use", SESSION),
    (&["RESET"], "reset", SESSION),
    (&["DISCARD"], "discard", SESSION),
    (&["ALTER", "SESSION"], "alter session", SESSION),
    (&["ALTER", "SYSTEM"], "alter system", SESSION),
    (&["PRAGMA"], "pragma", SESSION),
    (&["DO"], "do", "it computes a value that nothing keeps"),
    (&["HANDLER"], "handler", LOOK),
    (&["LISTEN"], "listen", MESSAGE),
    (&["NOTIFY"], "notify", MESSAGE),
    (&["UNLISTEN"], "unlisten", MESSAGE),
    (&["KILL"], "kill", SESSION),
    (&["CREATE", "SCHEMA"], "create schema", "dbt makes the schemas that it needs"),
    (&["CREATE", "DATABASE"], "create database", OBJECT),
    (&["CREATE", "ROLE"], "create role", OBJECT),
    (&["CREATE", "USER"], "create user", OBJECT),
    (&["CREATE", "LOGIN"], "create login", OBJECT),
    (&["CREATE", "SEQUENCE"], "create sequence", OBJECT),
    (&["CREATE", "EXTENSION"], "create extension", OBJECT),
    (&["CREATE", "TYPE"], "create type", OBJECT),
    (&["CREATE", "DOMAIN"], "create domain", OBJECT),
    (&["CREATE", "TRIGGER"], "create trigger", OBJECT),
    (&["CREATE", "RULE"], "create rule", OBJECT),
    (&["CREATE", "POLICY"], "create policy", OBJECT),
    (&["CREATE", "STAGE"], "create stage", OBJECT),
    (&["CREATE", "WAREHOUSE"], "create warehouse", OBJECT),
    (&["CREATE", "PARTITION"], "create partition function", OBJECT),
    (&["DROP", "SCHEMA"], "drop schema", OBJECT),
    (&["DROP", "DATABASE"], "drop database", OBJECT),
    (&["DROP", "SEQUENCE"], "drop sequence", OBJECT),
    (&["DROP", "TYPE"], "drop type", OBJECT),
    (&["DROP", "PROCEDURE"], "drop procedure", OBJECT),
    (&["DROP", "PROC"], "drop procedure", OBJECT),
    (&["DROP", "FUNCTION"], "drop function", OBJECT),
    (&["DROP", "TRIGGER"], "drop trigger", OBJECT),
    (&["DROP", "ROLE"], "drop role", OBJECT),
    (&["DROP", "USER"], "drop user", OBJECT),
    (&["DROP", "EXTENSION"], "drop extension", OBJECT),
    (&["DROP", "SYNONYM"], "drop synonym", OBJECT),
    (&["DROP", "STAGE"], "drop stage", OBJECT),
    (&["DROP", "STREAM"], "drop stream", OBJECT),
    (&["DROP", "TASK"], "drop task", OBJECT),
    (&["ALTER", "SEQUENCE"], "alter sequence", OBJECT),
    (&["ALTER", "DATABASE"], "alter database", OBJECT),
    (&["ALTER", "ROLE"], "alter role", OBJECT),
    (&["ALTER", "USER"], "alter user", OBJECT),
    (&["ALTER", "WAREHOUSE"], "alter warehouse", OBJECT),
    (&["ALTER", "TASK"], "alter task", OBJECT),
    (&["ALTER", "DEFAULT"], "alter default privileges", RIGHTS),
    (&["ALTER", "TRIGGER"], "alter trigger", OBJECT),
    (&["ENABLE", "TRIGGER"], "enable trigger", OBJECT),
    (&["DISABLE", "TRIGGER"], "disable trigger", OBJECT),
    (&["ALTER", "FUNCTION"], "alter function", OBJECT),
    (&["ALTER", "PROCEDURE"], "alter procedure", OBJECT),
];

/// Settings that a bare SET changes, where it sets no variable.
const SETTINGS: &[&str] = &[
    "NOCOUNT",
    "XACT_ABORT",
    "ANSI_NULLS",
    "QUOTED_IDENTIFIER",
    "ANSI_PADDING",
    "ANSI_WARNINGS",
    "ARITHABORT",
    "CONCAT_NULL_YIELDS_NULL",
    "NUMERIC_ROUNDABORT",
    "DATEFIRST",
    "DATEFORMAT",
    "IDENTITY_INSERT",
    "ROWCOUNT",
    "TRANSACTION",
    "LOCK_TIMEOUT",
    "DEADLOCK_PRIORITY",
    "LANGUAGE",
    "STATISTICS",
    "FMTONLY",
    "NOEXEC",
    "PARSEONLY",
    "SEARCH_PATH",
    "WORK_MEM",
    "ROLE",
    "SESSION",
    "LOCAL",
    "NAMES",
    "AUTOCOMMIT",
    "SQL_MODE",
    "TIME",
    "TIMEZONE",
    "STATEMENT_TIMEOUT",
    "CLIENT_MIN_MESSAGES",
    "FOREIGN_KEY_CHECKS",
    "UNIQUE_CHECKS",
    "GLOBAL",
    "CONSTRAINTS",
    "SCHEMA",
    "SQL_SAFE_UPDATES",
    "QUERY_GROUP",
    "ENABLE_SEQSCAN",
    "WLM_QUERY_SLOT_COUNT",
    "SERVEROUTPUT",
    "DEFINE",
    "ECHO",
    "FEEDBACK",
    "TIMING",
    "VERIFY",
    "LINESIZE",
    "PAGESIZE",
];

/// What ALTER TABLE does to where rows lie, or to what is checked of them, behind the table's name.
const STORAGE: &[&[&str]] = &[
    &["ADD", "PARTITION"],
    &["COALESCE", "PARTITION"],
    &["MERGE", "PARTITIONS"],
    &["MODIFY", "PARTITION"],
    &["MOVE"],
    &["REBUILD"],
    &["RENAME", "PARTITION"],
    &["REORGANIZE", "PARTITION"],
    &["SPLIT", "PARTITION"],
    &["SHRINK", "SPACE"],
    &["ENABLE"],
    &["DISABLE"],
    &["NOLOGGING"],
    &["LOGGING"],
    &["PARALLEL"],
    &["NOPARALLEL"],
    &["COMPRESS"],
    &["NOCOMPRESS"],
    &["CACHE"],
    &["NOCACHE"],
];

/// Whether an ALTER TABLE, from the words behind the table's name on, leaves all rows as they are.
pub fn only_stores(lexed: &Lexed, at: usize) -> bool {
    let from_files = lexed.is(at + 2, &sqlparser::tokenizer::Token::LParen) && lexed.is_word(at, "ADD");
    !from_files && STORAGE.iter().any(|words| lexed.words(at, words))
}

/// The name of a statement without meaning in dbt, and the reason.
pub fn dropped(lexed: &Lexed) -> Option<(&'static str, &'static str)> {
    if lexed.is_word(0, "SET") {
        let word = lexed.word(1)?;
        let spark = lexed.is(2, &sqlparser::tokenizer::Token::Period);
        return (spark || SETTINGS.contains(&word.as_str())).then_some(("set", SESSION));
    }
    if (lexed.is_word(0, "BEGIN") || lexed.is_word(0, "END")) && lexed.len() == 1 {
        return Some(("begin transaction", TRANSACTION));
    }
    ROWS.iter().find(|(words, ..)| lexed.words(0, words)).map(|(_, what, reason)| (*what, *reason))
}
