//! Shell commands that run SQL: `psql -f`, `bq query`, `snowsql -q` and their kin.
//!
//! In: the text of a command. Out: the SQL in it, or the files that hold it. Never follows variables or loops of the
//! shell; every other command is one that no table shows.

use crate::dialect::Dialect;
use crate::read::python::Text;

/// One part of a command.
#[derive(Debug)]
pub enum Part {
    /// SQL that stands in the command.
    Text(Text, Dialect),
    /// A file of SQL.
    File(Text, Dialect),
    /// Something else.
    Other,
}

/// A client: its name, the flags before SQL, the flags before a file, whether SQL may stand alone, its dialect.
struct Client {
    name: &'static str,
    text: &'static [&'static str],
    file: &'static [&'static str],
    bare: bool,
    dialect: Dialect,
}

/// A pure table.
const CLIENTS: &[Client] = &[
    Client {
        name: "psql",
        text: &["-c", "--command"],
        file: &["-f", "--file"],
        bare: false,
        dialect: Dialect::Postgres,
    },
    Client {
        name: "snowsql",
        text: &["-q", "--query"],
        file: &["-f", "--filename"],
        bare: false,
        dialect: Dialect::Snowflake,
    },
    Client {
        name: "snow",
        text: &["-q", "--query"],
        file: &["-f", "--filename"],
        bare: false,
        dialect: Dialect::Snowflake,
    },
    Client { name: "bq", text: &[], file: &[], bare: true, dialect: Dialect::BigQuery },
    Client { name: "mysql", text: &["-e", "--execute"], file: &[], bare: false, dialect: Dialect::MySql },
    Client { name: "sqlcmd", text: &["-Q", "-q"], file: &["-i"], bare: false, dialect: Dialect::Tsql },
    Client { name: "sqlite3", text: &[], file: &[], bare: true, dialect: Dialect::Sqlite },
    Client { name: "duckdb", text: &["-c"], file: &["-f"], bare: true, dialect: Dialect::DuckDb },
    Client { name: "hive", text: &["-e"], file: &["-f"], bare: false, dialect: Dialect::Spark },
    Client { name: "beeline", text: &["-e"], file: &["-f"], bare: false, dialect: Dialect::Spark },
    Client { name: "spark-sql", text: &["-e"], file: &["-f"], bare: false, dialect: Dialect::Spark },
    Client { name: "trino", text: &["--execute"], file: &["-f", "--file"], bare: false, dialect: Dialect::Trino },
];

/// The parts of a command, in order.
pub fn sql_of(command: &Text) -> Vec<Part> {
    let mut parts = Vec::new();
    for words in commands(command) {
        let mut rest = words.iter().skip_while(|word| is_assignment(word.fragment().text()));
        let Some(first) = rest.next() else { continue };
        let name = first.fragment().text().rsplit('/').next().unwrap_or("");
        let Some(client) = CLIENTS.iter().find(|client| client.name == name) else {
            if !matches!(name, "set" | "cd" | "export" | "echo" | "exit" | "true") {
                parts.push(Part::Other);
            }
            continue;
        };
        let words: Vec<&Text> = rest.collect();
        let before = parts.len();
        parts_of(client, &words, &mut parts);
        if parts.len() == before {
            parts.push(Part::Other);
        }
    }
    parts
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=')
        .is_some_and(|(name, _)| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_'))
}

fn parts_of(client: &Client, words: &[&Text], parts: &mut Vec<Part>) {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let text = word.fragment().text();
        let (flag, inline) = match text.split_once('=').filter(|_| text.starts_with("--")) {
            Some((flag, _)) => (flag, Some((*word).slice(flag.len() + 1..text.len()))),
            None => (text, None),
        };
        let takes = client.text.contains(&flag) || client.file.contains(&flag) || flag == "<";
        let value = inline.or_else(|| words.get(at + 1).filter(|_| takes).map(|word| (*word).clone()));
        match value {
            Some(value) if client.text.contains(&flag) => parts.push(Part::Text(value, client.dialect)),
            Some(value) if client.file.contains(&flag) || flag == "<" => parts.push(Part::File(value, client.dialect)),
            _ if client.bare && crate::read::python::reads_like_sql(text) && text.contains(' ') => {
                parts.push(Part::Text((*word).clone(), client.dialect));
            }
            _ => {}
        }
        at += 1 + usize::from(takes);
    }
}

/// The words of each simple command, with quotes taken off.
fn commands(command: &Text) -> Vec<Vec<Text>> {
    let text = command.fragment().text();
    let mut all = vec![Vec::new()];
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().unwrap_or(' ');
        match first {
            '\n' | ';' | '|' | '&' => {
                all.push(Vec::new());
                at += 1;
            }
            '\\' if rest.starts_with("\\\n") => at += 2,
            c if c.is_whitespace() => at += c.len_utf8(),
            '#' => at += rest.find('\n').unwrap_or(rest.len()),
            '<' => {
                if let Some(words) = all.last_mut() {
                    words.push(command.slice(at..at + 1));
                }
                at += 1;
            }
            _ => {
                let (word, len) = word(command, at, rest);
                if let Some(words) = all.last_mut() {
                    words.push(word);
                }
                at += len.max(1);
            }
        }
    }
    all.retain(|words| !words.is_empty());
    all
}

/// One word, which may be put together of quoted and plain parts.
fn word(command: &Text, start: usize, rest: &str) -> (Text, usize) {
    let mut word = Text::of(crate::text::Fragment::empty());
    let mut at = 0;
    while let Some(here) = rest.get(at..).filter(|here| !here.is_empty()) {
        let first = here.chars().next().unwrap_or(' ');
        if matches!(first, '\'' | '"') {
            let inner = here.get(1..).unwrap_or("");
            let len = inner.find(first).unwrap_or(inner.len());
            word.push(&command.slice(start + at + 1..start + at + 1 + len));
            at += len + 1 + usize::from(len < inner.len());
        } else if here.starts_with("{{") {
            let len = here.find("}}").map_or(here.len(), |end| end + 2);
            word.push(&command.slice(start + at..start + at + len));
            at += len;
        } else if first.is_whitespace() || matches!(first, ';' | '|' | '&' | '<') {
            break;
        } else {
            let stop = |c: char| c.is_whitespace() || matches!(c, '\'' | '"' | ';' | '|' | '&' | '<');
            let brace = here.find("{{").filter(|brace| *brace > 0);
            let len = here.find(stop).unwrap_or(here.len()).min(brace.unwrap_or(here.len()));
            word.push(&command.slice(start + at..start + at + len));
            at += len.max(1);
        }
    }
    (word, at)
}
