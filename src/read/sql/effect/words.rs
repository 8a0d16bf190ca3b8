//! Statements that are told by their first words, before any parser is asked.
//!
//! In: tokens. Out: what the statement does, for those that parsers do not take or that have no meaning in dbt.

use sqlparser::tokenizer::Token;

use super::dropped::dropped;
use super::joins::name;
use super::lex::Lexed;
use super::prepare::Aside;
use super::read::Reader;
use super::sent;
use super::{Outcome, Surroundings, Understood, call};
use crate::finding::{Code, Finding};
use crate::name::Relation;
use crate::steps::{Body, Effect, Fact, FactKind, Form, Lifetime, Mention, Output, Query};
use crate::text::Fragment;

/// Reads a statement by its first words; none when they do not tell.
pub fn told(statement: &Fragment, around: &Surroundings, lexed: &Lexed) -> Option<Understood> {
    let aside = Aside::default();
    let reader = call::reader(statement, around, lexed, &aside);
    if lexed.len() == 0 {
        return Some(reader.done("nothing", Outcome::Dropped("it holds no statement".to_owned())));
    }
    if let Some((what, reason)) = dropped(lexed) {
        return Some(reader.done(what, Outcome::Dropped(reason.to_owned())));
    }
    if carries(lexed) {
        return Some(reader.unread(&super::fallback::first_words(lexed), "it sets a variable row by row"));
    }
    if let Some(sent) = sent::read(statement, around, lexed) {
        return Some(sent);
    }
    match lexed.word(0)?.as_str() {
        "CALL" | "EXEC" | "EXECUTE" => Some(call::call(reader)),
        "PERFORM" => performed(reader),
        "SELECT" if super::grammar::grammar(around.dialect).names_functions => {
            let call = call::performed(&reader).filter(|call| !call::only_reads(call, around.dialect))?;
            Some(reader.effects("select function", vec![call]))
        }
        "COPY" | "LOAD" | "BULK" => loaded(reader),
        "UNLOAD" | "EXPORT" | "PUT" => {
            Some(reader.done("unload", Outcome::Dropped("rows are written to files".to_owned())))
        }
        "GET" | "REMOVE" | "LIST" => Some(reader.done("stage", Outcome::Dropped("files of a stage".to_owned()))),
        "RETURN" => Some(returned(statement, around, lexed)),
        "SET" | "LET" => call::assignment(statement, around, lexed),
        "CREATE" if lexed.is_word(1, "SYNONYM") || lexed.words(1, &["OR", "REPLACE", "SYNONYM"]) => synonym(reader),
        "CREATE" => made(reader),
        "RENAME" if lexed.is_word(1, "OBJECT") => renamed_object(reader),
        "ALTER" => altered(reader),
        "INSERT" => inserted_from_call(reader),
        _ if lexed.is(1, &Token::Assignment) || lexed.is(3, &Token::Assignment) => {
            call::assignment(statement, around, lexed)
        }
        _ => None,
    }
}

/// `INSERT … SELECT @n := @n + 1`: a query whose rows depend on the order in which they are made.
fn carries(lexed: &Lexed) -> bool {
    let moves = ["INSERT", "REPLACE", "UPDATE", "DELETE", "CREATE"].iter().any(|word| lexed.is_word(0, word));
    let sets = |at: usize| {
        let named = at.checked_sub(1).and_then(|before| lexed.get(before));
        lexed.is(at, &Token::Assignment) && matches!(named, Some(Token::Word(word)) if word.value.starts_with('@'))
    };
    moves && (1..lexed.len()).any(sets)
}

/// `PERFORM f(x)`; a PERFORM of a query is read as a SELECT.
fn performed(reader: Reader) -> Option<Understood> {
    let call = call::performed(&reader)?;
    if call::is_server(&call, reader.around.dialect) {
        return Some(reader.done("perform", Outcome::Dropped("a function of the server itself".to_owned())));
    }
    Some(reader.effects("perform", vec![call]))
}

/// COPY, LOAD DATA, BULK INSERT: the table is filled from files, so it is a source.
fn loaded(mut reader: Reader) -> Option<Understood> {
    let lexed = reader.lexed;
    let mut at = match lexed.word(0)?.as_str() {
        "COPY" => 1,
        "BULK" => 2,
        _ => lexed.find_word(0, &["INTO"])?,
    };
    while lexed.is_word(at, "INTO") || lexed.is_word(at, "TABLE") {
        at += 1;
    }
    let (parts, _) = name(lexed, at, reader.around.dialect);
    let relation = Relation::new(parts, reader.around.dialect);
    if relation.parts().is_empty() {
        return None;
    }
    if let Some(file) = sent::file_read(reader.text(), lexed) {
        reader.facts.push(Fact { relation: relation.clone(), kind: FactKind::LoadedFrom(file) });
    }
    reader.facts.push(Fact { relation, kind: FactKind::Loaded });
    Some(reader.done("load", Outcome::Config("its table is loaded from outside: a source".to_owned())))
}

/// `RETURN QUERY q` gives rows; other returns end the procedure.
fn returned(statement: &Fragment, around: &Surroundings, lexed: &Lexed) -> Understood {
    let aside = Aside::default();
    let reader = call::reader(statement, around, lexed, &aside);
    let first = match lexed.word(1).as_deref() {
        Some("QUERY") => 2,
        Some("TABLE") | None if lexed.is(1, &Token::LParen) || lexed.is_word(1, "TABLE") => 1,
        _ => return reader.done("return", Outcome::Dropped("the procedure ends here".to_owned())),
    };
    let (mut from, mut to) = (first, lexed.len());
    if lexed.is_word(from, "TABLE") {
        from += 1;
    }
    while lexed.is(from, &Token::LParen) && lexed.closing(from) + 1 == to {
        from += 1;
        to -= 1;
    }
    let text = statement.slice(lexed.bytes(from..to));
    match super::query(&text, around) {
        Some(query) => reader.effects("return query", vec![Effect::Read { body: Body::Query(query) }]),
        None => reader.done("return", Outcome::Dropped("the procedure ends here".to_owned())),
    }
}

/// `CREATE SYNONYM s FOR t` is a view of `t`.
fn synonym(reader: Reader) -> Option<Understood> {
    let lexed = reader.lexed;
    let dialect = reader.around.dialect;
    let at = lexed.find_word(0, &["SYNONYM"])? + 1;
    let (parts, _) = name(lexed, at, dialect);
    let target = lexed.find_word(at, &["FOR"])? + 1;
    let (other, end) = name(lexed, target, dialect);
    let other = Relation::new(other, dialect);
    let range = lexed.bytes(target..end);
    let mut walk = reader.walk();
    walk.found.mentions.push(Mention { range, relation: other.clone(), alias: None });
    let named = reader.piece(&walk.found, target..end);
    let sql = reader.builder().text("select * from ").piece(&named).done();
    let query = Query { outputs: vec![Output::Star { relation: other, except: Vec::new() }], ..Query::new(sql) };
    let effect = Effect::Create {
        relation: Relation::new(parts, dialect),
        lifetime: Lifetime::Lasting,
        form: Form::View,
        columns: Vec::new(),
        body: Body::Query(query),
    };
    Some(reader.effects("create synonym", vec![effect]))
}

/// Objects that hold no rows, whatever words stand before their kind.
const KINDS: &[(&str, &str)] = &[
    ("FUNCTION", "a function: calls of it stay, and the project relies on it"),
    ("AGGREGATE", "a function: calls of it stay, and the project relies on it"),
    ("MACRO", "a function: calls of it stay, and the project relies on it"),
    ("STREAM", "it makes an object that holds no rows"),
    ("TASK", "a schedule: the orchestrator's"),
    ("PIPE", "it makes an object that holds no rows"),
    ("FILE", "it makes an object that holds no rows"),
    ("STAGE", "it makes an object that holds no rows"),
    ("SECRET", "it makes an object that holds no rows"),
    ("EVENT", "a schedule: the orchestrator's"),
    ("SEQUENCE", "it makes an object that holds no rows"),
    ("SCHEMA", "dbt makes the schemas that it needs"),
];

/// `CREATE [OR REPLACE] [TEMP] FUNCTION` and its like.
fn made(reader: Reader) -> Option<Understood> {
    let lexed = reader.lexed;
    let modifiers =
        ["OR", "REPLACE", "ALTER", "TEMP", "TEMPORARY", "SECURE", "EXTERNAL", "TRANSIENT", "SCALAR", "TABLE"];
    let mut at = 1;
    while modifiers.iter().any(|word| lexed.is_word(at, word)) {
        at += 1;
    }
    let (kind, reason) = KINDS.iter().find(|(kind, _)| lexed.is_word(at, kind))?;
    if lexed.is_word(at - 1, "TABLE") && *kind != "FUNCTION" {
        return None;
    }
    let what = format!("create {}", kind.to_lowercase());
    let lives_briefly = (1..at).any(|at| lexed.is_word(at, "TEMP") || lexed.is_word(at, "TEMPORARY"));
    if lives_briefly && ["FUNCTION", "AGGREGATE", "MACRO"].contains(kind) {
        return Some(of_the_session(reader, at + 1, &what));
    }
    Some(reader.done(&what, Outcome::Dropped((*reason).to_owned())))
}

/// A function that only the session of the script knows.
fn of_the_session(mut reader: Reader, first: usize, what: &str) -> Understood {
    let lexed = reader.lexed;
    let first = if lexed.words(first, &["IF", "NOT", "EXISTS"]) { first + 3 } else { first };
    let (parts, _) = name(lexed, first, reader.around.dialect);
    let shown = parts.last().map_or("it", |part| part.text.as_str());
    let message =
        format!("the function {shown} lives in the session of the script: the models that call it do not find it");
    let help =
        "make it a function that lasts and call it with its schema, or hand its text to those models as `sql_header`";
    let span = reader.span();
    reader.findings.push(Finding::at(Code::R301, span, message, help));
    reader.done(what, Outcome::Dropped("a function of the session: calls of it stay".to_owned()))
}

/// Synapse's `RENAME OBJECT a TO b`.
fn renamed_object(reader: Reader) -> Option<Understood> {
    let lexed = reader.lexed;
    let dialect = reader.around.dialect;
    let first = if lexed.is(2, &Token::Colon) { 4 } else { 2 };
    let (from, end) = name(lexed, first, dialect);
    let (to, _) = name(lexed, end + 1, dialect);
    if from.is_empty() || to.is_empty() {
        return None;
    }
    let from = Relation::new(from, dialect);
    let to = super::alter::beside(&from, Relation::new(to, dialect), &reader);
    Some(reader.effects("rename object", vec![Effect::Rename { from, to }]))
}

/// ALTERs that no parser takes: transfers between schemas, switched and exchanged partitions.
fn altered(reader: Reader) -> Option<Understood> {
    let lexed = reader.lexed;
    let dialect = reader.around.dialect;
    if lexed.is_word(1, "SCHEMA") {
        let (schema, _) = name(lexed, 2, dialect);
        let transfer = lexed.find_word(2, &["TRANSFER"])?;
        let (old, _) =
            name(lexed, if lexed.is_word(transfer + 1, "OBJECT") { transfer + 3 } else { transfer + 1 }, dialect);
        let new = schema.into_iter().chain(old.last().cloned()).collect();
        let effect = Effect::Rename { from: Relation::new(old, dialect), to: Relation::new(new, dialect) };
        return Some(reader.effects("alter schema transfer", vec![effect]));
    }
    if !lexed.is_word(1, "TABLE") {
        return None;
    }
    let first = if lexed.words(2, &["IF", "EXISTS"]) { 4 } else { 2 };
    let (parts, end) = name(lexed, if lexed.is_word(first, "ONLY") { first + 1 } else { first }, dialect);
    let relation = Relation::new(parts, dialect);
    if lexed.words(end, &["SET", "SCHEMA"]) {
        let (schema, _) = name(lexed, end + 2, dialect);
        let new = schema.into_iter().chain(relation.parts().last().cloned()).collect();
        let effect = Effect::Rename { from: relation, to: Relation::new(new, dialect) };
        return Some(reader.effects("alter table set schema", vec![effect]));
    }
    if lexed.words(end, &["SWITCH", "TO"]) {
        return Some(switched(reader, end, relation));
    }
    if lexed.words(end, &["APPEND", "FROM"]) {
        return Some(appended(reader, end, relation));
    }
    if super::dropped::only_stores(lexed, end) {
        let reason = "where rows lie and what is checked of them is the warehouse's upkeep";
        return Some(reader.done("alter table", Outcome::Dropped(reason.to_owned())));
    }
    let removes = lexed.words(end, &["TRUNCATE", "PARTITION"]) || lexed.words(end, &["DROP", "PARTITION"]);
    if removes && !lexed.is(end + 2, &Token::LParen) {
        let reason = "it removes the rows of a partition, and which those are is not said";
        let mut step = super::fallback::opaque(reader.statement, reader.around, lexed, reason);
        "delete them by a condition on the column that the table is divided by".clone_into(&mut step.help);
        step.reads.clear();
        step.writes = vec![relation];
        return Some(reader.effects("remove partition", vec![Effect::Opaque(step)]));
    }
    if lexed.is_word(end, "SWITCH") || lexed.is_word(end, "EXCHANGE") {
        let other = lexed.find_word(end, &["TO", "TABLE", "FROM"])?;
        let (parts, _) = name(lexed, other + 1, dialect);
        let mut step = super::fallback::opaque(
            reader.statement,
            reader.around,
            lexed,
            "it moves rows between tables by partition",
        );
        let other = Relation::new(parts, dialect);
        step.reads = vec![relation.clone(), other.clone()];
        step.writes = vec![relation, other];
        return Some(reader.effects("exchange partition", vec![Effect::Opaque(step)]));
    }
    None
}

/// Redshift's `ALTER TABLE t APPEND FROM s`: the rows of `s` move to `t`, by the names of the columns.
fn appended(reader: Reader, at: usize, relation: Relation) -> Understood {
    let dialect = reader.around.dialect;
    let (parts, _) = name(reader.lexed, at + 2, dialect);
    let from = Relation::new(parts, dialect);
    let reason = "it moves the rows of another table, by the names of the columns";
    let mut step = super::fallback::opaque(reader.statement, reader.around, reader.lexed, reason);
    step.reads = vec![from.clone()];
    step.writes = vec![relation];
    reader.effects("alter table append", vec![Effect::Opaque(step), Effect::Truncate { relation: from }])
}

/// `ALTER TABLE a SWITCH TO b`: the rows of `a` are then those of `b`, which was empty.
fn switched(reader: Reader, at: usize, from: Relation) -> Understood {
    let lexed = reader.lexed;
    let dialect = reader.around.dialect;
    let (parts, end) = name(lexed, at + 2, dialect);
    if end < lexed.len() {
        return reader.unread("switch partition", "it moves rows between tables by partition");
    }
    let to = Relation::new(parts, dialect);
    let mut walk = reader.walk();
    let place = lexed.bytes(2..at);
    walk.found.mentions.push(Mention { range: place, relation: from.clone(), alias: None });
    let named = reader.piece(&walk.found, 2..at);
    let sql = reader.builder().text("select * from ").piece(&named).done();
    let query = Query { outputs: vec![Output::Star { relation: from.clone(), except: Vec::new() }], ..Query::new(sql) };
    let append = Effect::Append { relation: to, columns: Vec::new(), body: Body::Query(query), conflict: None };
    reader.effects("switch", vec![append, Effect::Truncate { relation: from }])
}

/// `INSERT INTO t EXEC p`: the rows are a procedure's result.
fn inserted_from_call(reader: Reader) -> Option<Understood> {
    let lexed = reader.lexed;
    let exec = lexed.find_word(1, &["EXEC", "EXECUTE", "SELECT", "VALUES", "WITH", "CALL"])?;
    if !["EXEC", "EXECUTE", "CALL"].iter().any(|word| lexed.is_word(exec, word)) || lexed.is_word(exec - 1, "AS") {
        return None;
    }
    let tail = reader.statement.slice(lexed.bytes(exec..lexed.len()));
    let called = super::understand(&tail, reader.around);
    let mut effects = match called.outcome {
        Outcome::Effects(list) => list,
        Outcome::Config(_) | Outcome::Dropped(_) | Outcome::Unread { .. } => Vec::new(),
    };
    let reason = "the rows that it adds are the result of a procedure";
    effects.push(Effect::Opaque(super::fallback::opaque(reader.statement, reader.around, lexed, reason)));
    Some(reader.effects("insert exec", effects))
}
