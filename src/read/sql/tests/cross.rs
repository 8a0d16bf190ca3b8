//! Other parsers see the same: sqlparser's tokenizer the same tokens, PostgreSQL's own parser the same statements.

use std::collections::BTreeMap;

use super::*;
use crate::read::sql::cut::cut;
use crate::read::sql::effect::tokens_of;
use crate::read::sql::literal;
use crate::read::sql::tokens::{Text, TokenKind};
use crate::read::sql::tree::{Leaf, LeafKind, Node, ShellBody};

const TEXTS: [(Dialect, &str); 8] = [
    (Dialect::Postgres, include_str!("../../../../fixtures/lineage/postgres/script.sql")),
    (Dialect::Redshift, include_str!("../../../../fixtures/lineage/redshift/script.sql")),
    (Dialect::Snowflake, include_str!("../../../../fixtures/lineage/snowflake/script.sql")),
    (Dialect::BigQuery, include_str!("../../../../fixtures/lineage/bigquery/script.sql")),
    (Dialect::Tsql, include_str!("../../../../fixtures/lineage/tsql/script.sql")),
    (Dialect::MySql, include_str!("../../../../fixtures/lineage/mysql/script.sql")),
    (Dialect::Oracle, include_str!("../../../../fixtures/lineage/oracle/script.sql")),
    (Dialect::Databricks, include_str!("../../../../fixtures/lineage/databricks/script.sql")),
];

/// What stands in a text: its statements, and how many branches, loops and handlers there are.
#[derive(Default)]
struct Seen {
    statements: Vec<(String, Vec<String>)>,
    heads: BTreeMap<&'static str, usize>,
}

impl Seen {
    fn text(&mut self, dialect: Dialect, fragment: Fragment) {
        let text = Text::new(fragment, Lexing { dialect, templated: false });
        let nodes = cut(&text, dialect).nodes;
        self.nodes(dialect, &text, &nodes);
    }

    fn head(&mut self, what: &'static str) {
        *self.heads.entry(what).or_insert(0) += 1;
    }

    fn nodes(&mut self, dialect: Dialect, text: &Text, nodes: &[Node]) {
        for node in nodes {
            match node {
                Node::Leaf(leaf) => self.leaf(text, leaf),
                Node::Block(body) => self.nodes(dialect, text, body),
                Node::If(arms) => {
                    self.head("if");
                    for arm in arms {
                        self.nodes(dialect, text, &arm.body);
                    }
                }
                Node::Loop(looped) => {
                    self.head("loop");
                    self.nodes(dialect, text, &looped.body);
                }
                Node::Handler(handler) => {
                    self.head("handler");
                    self.nodes(dialect, text, &handler.body);
                }
                Node::Shell(shell) => match &shell.body {
                    ShellBody::Nodes(body) => self.nodes(dialect, text, body),
                    ShellBody::Quoted(at) => self.text(dialect, literal::content(text, *at, dialect).unwrap()),
                },
                Node::Label(_) | Node::BatchEnd => {}
            }
        }
    }

    fn leaf(&mut self, text: &Text, leaf: &Leaf) {
        if leaf.kind != LeafKind::Statement {
            return;
        }
        let word = |at: usize| text.word(at).trim_start_matches('@').to_owned();
        let kept = leaf.tokens.clone().filter(|at| {
            matches!(
                text.kind(*at),
                Some(TokenKind::Word | TokenKind::Quoted | TokenKind::String | TokenKind::Variable)
            )
        });
        self.statements.push((text.slice(leaf.tokens.clone()).to_owned(), kept.map(word).collect()));
    }
}

fn seen(dialect: Dialect, text: &str) -> Seen {
    let mut seen = Seen::default();
    seen.text(dialect, Fragment::exact(text, Span::new(SourceId(0), 0, text.len())));
    seen
}

#[test]
fn sqlparser_sees_the_same_tokens() {
    let mut compared = 0;
    for (dialect, text) in TEXTS {
        for (statement, own) in seen(dialect, text).statements {
            let Some(theirs) = tokens_of(&statement, dialect) else { continue };
            let theirs: Vec<String> = theirs.iter().map(|token| token.trim_start_matches('@').to_owned()).collect();
            assert_eq!(own, theirs, "{dialect}: {statement}");
            compared += 1;
        }
    }
    assert!(compared > 150, "{compared}");
}

/// Kinds of statements in PostgreSQL's tree, and the texts of its SQL statements.
fn walk(value: &serde_json::Value, kinds: &mut BTreeMap<String, usize>, texts: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                if let Some(kind) = key.strip_prefix("PLpgSQL_stmt_") {
                    *kinds.entry(kind.to_owned()).or_insert(0) += 1;
                    if kind == "execsql" && value.get("into").is_none() {
                        texts.push(value["sqlstmt"]["PLpgSQL_expr"]["query"].as_str().unwrap().to_owned());
                    }
                }
                walk(value, kinds, texts);
            }
        }
        serde_json::Value::Array(list) => {
            for value in list {
                walk(value, kinds, texts);
            }
        }
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => {}
    }
}

#[test]
fn postgres_sees_the_same_statements() {
    let (_, text) = TEXTS[0];
    // Types of tables are not known to the library.
    let text = text.replace("dw.etl_control.last_run%TYPE", "timestamptz");
    let tree = pg_query::parse_plpgsql(&text).unwrap();
    let (mut kinds, mut texts) = (BTreeMap::new(), Vec::new());
    walk(&tree, &mut kinds, &mut texts);
    let own = seen(Dialect::Postgres, &text);
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let starts =
        |word: &str| own.statements.iter().filter(|(text, _)| squeezed(text).to_lowercase().starts_with(word)).count();
    let count = |kind: &str| kinds.get(kind).copied().unwrap_or(0);
    for text in &texts {
        assert!(own.statements.iter().any(|(own, _)| squeezed(own) == squeezed(text)), "{text}");
    }
    let sql = ["insert", "update", "delete", "create temp", "create index", "drop", "with", "analyze"];
    assert_eq!(sql.iter().map(|word| starts(word)).sum::<usize>(), texts.len());
    assert_eq!(starts("raise"), count("raise"));
    assert_eq!(starts("execute"), count("dynexecute"));
    assert_eq!(starts("perform"), count("perform"));
    assert_eq!(starts("get diagnostics"), count("getdiag"));
    assert_eq!(own.heads.get("if").copied().unwrap_or(0), count("if"));
    assert_eq!(own.heads.get("loop").copied().unwrap_or(0), count("fors") + count("fori") + count("loop"));
}
