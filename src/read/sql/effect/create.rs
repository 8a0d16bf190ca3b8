//! CREATE TABLE and CREATE VIEW.
//!
//! In: the parsed statement. Out: Create or Declare; keys, references and comments as facts.

#![expect(clippy::wildcard_enum_match_arm, reason = "sqlparser's tree is another crate's, and large")]

use sqlparser::ast::{
    ColumnDef as ParsedColumn, ColumnOption, CommentDef, CreateTable, CreateTableLikeKind, CreateTableOptions,
    CreateView, Ident, IndexColumn, ObjectName, Query as ParsedQuery, SqlOption, TableConstraint, TableVersion,
};

use super::found::{ident, name_range};
use super::listed;
use super::read::Reader;
use super::{Outcome, Understood};
use crate::name::Relation;
use crate::steps::{Body, ColumnDef, Effect, Fact, FactKind, Form, Lifetime, Mention, Output, Query};

/// Types by which PostgreSQL numbers rows itself, and the types that the columns have then.
const SERIAL: &[(&str, &str)] = &[
    ("serial", "integer"),
    ("bigserial", "bigint"),
    ("smallserial", "smallint"),
    ("serial2", "smallint"),
    ("serial4", "integer"),
    ("serial8", "bigint"),
];

/// `CREATE TABLE … AS q`, `CREATE TABLE t (…)`, `CREATE TABLE t LIKE u`, `CREATE TABLE t CLONE u`.
pub fn table(mut reader: Reader, create: &CreateTable) -> Understood {
    let relation = reader.relation(&create.name);
    if relation.parts().is_empty() {
        return reader.unread("create table", "the table's name is only known at run time");
    }
    let temporary = create.temporary || create.volatile || relation.name().starts_with(['#', '@']);
    let lifetime = if temporary { Lifetime::Temporary } else { Lifetime::Lasting };
    let mut columns: Vec<ColumnDef> = create.columns.iter().map(|column| defined(&reader, column)).collect();
    keyed(&reader, &mut columns, &create.constraints);
    declare_facts(&mut reader, &relation, create);
    for (how, terms) in reader.aside.stored.clone() {
        reader.facts.push(Fact { relation: relation.clone(), kind: FactKind::Stored { how, terms } });
    }
    let temp = if temporary { "temp " } else { "" };
    if let Some(query) = &create.query {
        let columns: Vec<String> = columns.into_iter().map(|column| column.name).collect();
        let body = Body::Query(reader.defining_query(query, &columns));
        let kind = if create.dynamic { "dynamic " } else { "" };
        let what = format!("create {temp}{kind}table as");
        return reader.effects(&what, vec![Effect::Create { relation, lifetime, form: Form::Table, columns, body }]);
    }
    if let Some(clone) = &create.clone {
        let Some(query) = copy_of(&reader, clone, create.version.as_ref()) else {
            return reader.unread("create table clone", "the table that it copies cannot be told");
        };
        let effect =
            Effect::Create { relation, lifetime, form: Form::Table, columns: Vec::new(), body: Body::Query(query) };
        return reader.effects(&format!("create {temp}table clone"), vec![effect]);
    }
    if let Some(CreateTableLikeKind::Plain(like) | CreateTableLikeKind::Parenthesized(like)) = &create.like {
        let Some(query) = empty_copy_of(&reader, &like.name) else {
            return reader.unread("create table like", "the table that it is like cannot be told");
        };
        let effect =
            Effect::Create { relation, lifetime, form: Form::Table, columns: Vec::new(), body: Body::Query(query) };
        return reader.effects(&format!("create {temp}table like"), vec![effect]);
    }
    if create.external || create.location.is_some() {
        return reader
            .done("create external table", Outcome::Config("its rows are files outside of the scripts".to_owned()));
    }
    let effect = Effect::Declare { relation, lifetime, columns, keeps_existing: create.if_not_exists };
    reader.effects(&format!("create {temp}table"), vec![effect])
}

/// `CREATE [MATERIALIZED] VIEW`.
pub fn view(mut reader: Reader, create: &CreateView) -> Understood {
    let relation = reader.relation(&create.name);
    let lifetime = if create.temporary { Lifetime::Temporary } else { Lifetime::Lasting };
    let form = if create.materialized { Form::Table } else { Form::View };
    let columns = reader.columns(create.columns.iter().map(|column| &column.name));
    if let Some(comment) = &create.comment {
        reader.facts.push(Fact { relation: relation.clone(), kind: FactKind::Comment(comment.clone()) });
    }
    let body = Body::Query(reader.defining_query(&create.query, &columns));
    let what = match (create.materialized, create.temporary) {
        (true, _) => "create materialized view",
        (false, true) => "create temp view",
        (false, false) => "create view",
    };
    reader.effects(what, vec![Effect::Create { relation, lifetime, form, columns, body }])
}

/// `ALTER VIEW v AS q`.
pub fn altered_view(reader: Reader, name: &ObjectName, columns: &[Ident], query: &ParsedQuery) -> Understood {
    let relation = reader.relation(name);
    let columns = reader.columns(columns);
    let body = Body::Query(reader.query(query));
    let effect = Effect::Create { relation, lifetime: Lifetime::Lasting, form: Form::View, columns, body };
    reader.effects("alter view", vec![effect])
}

/// `select * from u`, in our own words around the author's name.
fn copy_of(reader: &Reader, name: &ObjectName, version: Option<&TableVersion>) -> Option<Query> {
    if version.is_some() {
        return None;
    }
    let place = name_range(name)?;
    let relation = reader.relation(name);
    let mut walk = reader.walk();
    walk.found.mentions.push(Mention { range: place.clone(), relation: relation.clone(), alias: None });
    let named = walk.found.cut(reader.statement, place);
    let sql = reader.builder().text("select * from ").piece(&named).done();
    let outputs = vec![Output::Star { relation, except: Vec::new() }];
    Some(Query { outputs, ..Query::new(sql) })
}

/// Start and step of `IDENTITY(1000, 5)` or `AS IDENTITY (START WITH 10 INCREMENT BY 10)`; none for 1 and 1.
pub fn numbers(text: &str) -> Option<(i64, i64)> {
    let lower = text.to_lowercase();
    let inside = lower.split_once("identity").or(lower.split_once("increment")).map_or("", |(_, rest)| rest);
    let words: Vec<&str> = inside
        .split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'))
        .filter(|word| !word.is_empty())
        .take_while(|word| word.parse::<i64>().is_ok() || matches!(*word, "start" | "with" | "increment" | "by"))
        .collect();
    let number = |word: &&str| word.parse::<i64>().ok();
    let behind =
        |name: &str| words.iter().position(|word| *word == name).and_then(|at| words.iter().skip(at).find_map(number));
    let plain = words.iter().all(|word| number(word).is_some());
    let (start, step) = match words.as_slice() {
        [] => return None,
        [first, rest @ ..] if plain => (number(first), rest.first().and_then(number)),
        _ => (behind("start"), behind("increment")),
    };
    Some((start.unwrap_or(1), step.unwrap_or(1))).filter(|numbers| *numbers != (1, 1) && numbers.1 != 0)
}

/// `select * from u where 1 = 0`.
fn empty_copy_of(reader: &Reader, name: &ObjectName) -> Option<Query> {
    let query = copy_of(reader, name, None)?;
    let sql = reader.builder().piece(&query.sql).text(" where 1 = 0").done();
    Some(Query { outputs: query.outputs, ..Query::new(sql) })
}

/// A column of a definition.
pub fn defined(reader: &Reader, column: &ParsedColumn) -> ColumnDef {
    let written = column.data_type.to_string();
    let sql_type = unquoted(reader, type_text(reader, column).unwrap_or(written));
    let serial = SERIAL.iter().find(|(name, _)| sql_type.eq_ignore_ascii_case(name));
    let (sql_type, serial) = serial.map_or((sql_type, false), |(_, plain)| ((*plain).to_owned(), true));
    let mut def = ColumnDef { sql_type, generated: serial, not_null: serial, ..named(&column.name, reader) };
    for option in &column.options {
        option_of(&mut def, &option.option);
    }
    def
}

/// A column of that name, and nothing else known.
pub fn named(name: &Ident, reader: &Reader) -> ColumnDef {
    let folded = ident(name, reader.around.dialect).text;
    let written = if folded == name.value { String::new() } else { name.value.clone() };
    ColumnDef { name: folded, written, ..ColumnDef::default() }
}

/// A type without the brackets that its name may stand in.
pub fn unquoted(reader: &Reader, sql_type: String) -> String {
    let traits = reader.around.dialect.traits();
    if traits.sigils { sql_type.replace(['[', ']', '"'], "") } else { sql_type }
}

/// The type as the author wrote it: the tokens after the name that make it up.
fn type_text(reader: &Reader, column: &ParsedColumn) -> Option<String> {
    let lexed = reader.lexed;
    let name = super::lex::range(column.name.span)?;
    let first = lexed.at_byte(name.end);
    lexed.word(first)?;
    let printed = column.data_type.to_string();
    let squeezed = |text: &str| text.split_whitespace().collect::<String>().to_lowercase();
    let wanted = squeezed(&printed);
    let ends = (first + 1..=lexed.len()).take(40);
    let text = |end: usize| reader.text().get(lexed.bytes(first..end)).unwrap_or("");
    let found = ends.map(text).find(|text| squeezed(text) == wanted)?;
    Some(found.to_owned())
}

/// The columns of a primary key hold no NULL, and one that is a key by itself holds each value once.
fn keyed(reader: &Reader, columns: &mut [ColumnDef], constraints: &[TableConstraint]) {
    for constraint in constraints {
        let (key, primary) = match constraint {
            TableConstraint::PrimaryKey(key) => (&key.columns, true),
            TableConstraint::Unique(key) => (&key.columns, false),
            _ => continue,
        };
        let names = index_columns(reader, key);
        for column in columns.iter_mut().filter(|column| names.contains(&column.name)) {
            column.not_null |= primary;
            column.unique |= names.len() == 1;
        }
    }
}

fn option_of(def: &mut ColumnDef, option: &ColumnOption) {
    match option {
        ColumnOption::NotNull => def.not_null = true,
        ColumnOption::Default(expr) => {
            let text = expr.to_string();
            let lower = text.to_lowercase();
            def.generated |= lower.contains("nextval") || lower.contains("next value for");
            def.default = Some(text);
        }
        ColumnOption::PrimaryKey(_) => {
            def.unique = true;
            def.not_null = true;
        }
        ColumnOption::Unique(_) => def.unique = true,
        ColumnOption::Comment(text) => def.comment.clone_from(text),
        ColumnOption::Identity(_) | ColumnOption::Generated { generation_expr: None, .. } => {
            def.generated = true;
            def.numbers = numbers(&option.to_string());
        }
        ColumnOption::Generated { generation_expr: Some(expr), .. } => def.default = Some(expr.to_string()),
        ColumnOption::DialectSpecific(tokens) => {
            let text: Vec<String> = tokens.iter().map(|token| token.to_string().to_lowercase()).collect();
            def.generated |= text.iter().any(|word| word == "auto_increment" || word == "autoincrement");
        }
        ColumnOption::Options(options) => {
            def.comment = options.iter().find_map(description).unwrap_or_default();
        }
        _ => {}
    }
}

/// BigQuery's `OPTIONS (description = '…')`.
fn description(option: &SqlOption) -> Option<String> {
    match option {
        SqlOption::KeyValue { key, value } if key.value.eq_ignore_ascii_case("description") => {
            Some(value.to_string().trim_matches(['\'', '"']).to_owned())
        }
        _ => None,
    }
}

/// Keys, references and comments of a definition.
fn declare_facts(reader: &mut Reader, relation: &Relation, create: &CreateTable) {
    for constraint in &create.constraints {
        constraint_fact(reader, relation, constraint);
    }
    for column in &create.columns {
        let name = ident(&column.name, reader.around.dialect).text;
        let enumerated = listed::enumerated(&column.data_type).map(|values| (column.name.clone(), values));
        values_fact(reader, relation, enumerated);
        for option in &column.options {
            if let ColumnOption::Check(check) = &option.option {
                values_fact(reader, relation, listed::checked(&check.expr));
            }
            if let ColumnOption::ForeignKey(key) = &option.option {
                let other = reader.relation(&key.foreign_table);
                let other_columns = reader.columns(&key.referred_columns);
                let kind = FactKind::References { columns: vec![name.clone()], other, other_columns };
                reader.facts.push(Fact { relation: relation.clone(), kind });
            }
        }
    }
    if let Some(text) = comment(create) {
        reader.facts.push(Fact { relation: relation.clone(), kind: FactKind::Comment(text) });
    }
}

fn comment(create: &CreateTable) -> Option<String> {
    if let Some(CommentDef::WithEq(text) | CommentDef::WithoutEq(text)) = &create.comment {
        return Some(text.clone());
    }
    match &create.table_options {
        CreateTableOptions::Options(options)
        | CreateTableOptions::With(options)
        | CreateTableOptions::Plain(options)
        | CreateTableOptions::TableProperties(options) => options.iter().find_map(|option| match option {
            SqlOption::Comment(CommentDef::WithEq(text) | CommentDef::WithoutEq(text)) => Some(text.clone()),
            other => description(other),
        }),
        CreateTableOptions::None => None,
    }
}

fn values_fact(reader: &mut Reader, relation: &Relation, listed: Option<(Ident, Vec<String>)>) {
    if let Some((column, values)) = listed {
        let kind = FactKind::Values { column: ident(&column, reader.around.dialect).text, values };
        reader.facts.push(Fact { relation: relation.clone(), kind });
    }
}

/// What a table constraint says.
pub fn constraint_fact(reader: &mut Reader, relation: &Relation, constraint: &TableConstraint) {
    let kind = match constraint {
        TableConstraint::PrimaryKey(key) => FactKind::Key(index_columns(reader, &key.columns)),
        TableConstraint::Unique(key) => FactKind::Key(index_columns(reader, &key.columns)),
        TableConstraint::ForeignKey(key) => FactKind::References {
            columns: reader.columns(&key.columns),
            other: reader.relation(&key.foreign_table),
            other_columns: reader.columns(&key.referred_columns),
        },
        TableConstraint::Check(check) => return values_fact(reader, relation, listed::checked(&check.expr)),
        _ => return,
    };
    reader.facts.push(Fact { relation: relation.clone(), kind });
}

fn index_columns(reader: &Reader, columns: &[IndexColumn]) -> Vec<String> {
    let name = |column: &IndexColumn| match &column.column.expr {
        sqlparser::ast::Expr::Identifier(name) => Some(name.clone()),
        _ => None,
    };
    let names: Vec<Ident> = columns.iter().filter_map(name).collect();
    reader.columns(&names)
}
