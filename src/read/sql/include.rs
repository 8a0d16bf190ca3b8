//! Lines for the client program: files that they run, and what has no meaning in dbt.
//!
//! In: a client's line, and the files of the run. Out: a call of the file's script where the file is among the inputs,
//! and a row of the account. Never opens a file itself.

use super::script::Walk;
use super::tokens::Text;
use super::tree::Leaf;
use crate::dialect::Client;
use crate::finding::{Code, Finding};
use crate::name::Relation;
use crate::steps::{Effect, StatementReading};
use crate::text::{SourceFile, SourceId, Sources, Span, plain_path};

impl Walk<'_> {
    /// A line for the client program.
    pub(super) fn client_line(&mut self, text: &Text, leaf: &Leaf, span: Span) {
        let line = text.slice(leaf.tokens.clone()).to_owned();
        let client = self.dialect().traits().client;
        if client == Client::Psql && self.copied_by_client(text, leaf, span) {
            return;
        }
        let (what, reading) = match included(client, &line) {
            Some(path) => ("include", self.include(&path, span)),
            None if is_foreign_cell(client, &line) => {
                let reason = "a notebook cell in another language is not read";
                let help = "give the cell's statements as SQL, or write the model by hand";
                self.parts.findings.push(Finding::at(Code::R206, span, reason, help));
                ("notebook cell", StatementReading::Unread(reason.to_owned()))
            }
            None => ("client command", StatementReading::Dropped("a command of the client program".to_owned())),
        };
        self.row(span, what, reading);
    }

    /// `\copy`: the client does what COPY does on the server, with files of its own.
    fn copied_by_client(&mut self, text: &Text, leaf: &Leaf, span: Span) -> bool {
        let line = text.cut(leaf.tokens.clone());
        let words = line.text().get(..6).filter(|word| word.eq_ignore_ascii_case(r"\copy "));
        if words.is_none() {
            return false;
        }
        let end = line.text().trim_end().trim_end_matches(';').len();
        let understood = self.understand(&line.slice(1..end));
        self.record(understood, span, "", "");
        true
    }

    /// The file's statements run here, so it is called.
    fn include(&mut self, path: &str, span: Span) -> StatementReading {
        let found = self.sources.and_then(|sources| {
            let id = file_meant(sources, self.own_path, path)?;
            Some((id, sources.get(id)?.stem()))
        });
        let Some((id, stem)) = found else {
            let message = format!("the included file {path} is not among the inputs");
            let help = "give it too, so that its statements are read where they run";
            self.parts.findings.push(Finding::at(Code::R205, span, message, help));
            return StatementReading::Unread("the included file is not among the inputs".to_owned());
        };
        let procedure = Relation::plain(stem, self.dialect());
        let step = self.step(span, Effect::Call { procedure, arguments: Vec::new(), file: Some(id) }, "");
        StatementReading::Steps(vec![step])
    }
}

/// The file that the line runs.
fn included(client: Client, line: &str) -> Option<String> {
    let line = line.trim().trim_end_matches(';').trim();
    let commands: &[&str] = match client {
        Client::Psql => &[r"\i", r"\ir", r"\include", r"\include_relative"],
        Client::SqlPlus => &["start", "sta"],
        Client::Sqlcmd => &[":r"],
        Client::Mysql => &["source", r"\."],
        Client::Snowsql => &["!source", "!load"],
        Client::Notebook => &["-- MAGIC %run"],
        Client::None => &[],
    };
    if client == Client::SqlPlus && line.starts_with('@') {
        let path = line.trim_start_matches('@').split_whitespace().next()?;
        return Some(path.to_owned());
    }
    let found = commands.iter().filter_map(|command| {
        let rest = line.get(..command.len()).filter(|start| start.eq_ignore_ascii_case(command))?;
        let rest = line.get(rest.len()..)?;
        rest.starts_with(char::is_whitespace).then(|| rest.trim())
    });
    let path = found.map(|path| path.trim_matches(['"', '\''])).find(|path| !path.is_empty())?;
    Some(path.to_owned())
}

/// Whether the lines are code that is neither text nor SQL.
fn is_foreign_cell(client: Client, lines: &str) -> bool {
    let first = lines.lines().next().unwrap_or("").trim_start_matches("-- MAGIC").trim();
    client == Client::Notebook && lines.starts_with("-- MAGIC") && !first.starts_with("%md") && !first.is_empty()
}

/// The input file that `path` means, seen from the file `own`.
fn find<'a>(files: impl Iterator<Item = &'a SourceFile>, own: &str, path: &str) -> Option<&'a SourceFile> {
    let path = path.replace('\\', "/");
    let folder = own.rsplit_once('/').map_or("", |(folder, _)| folder);
    let beside = plain_path(&format!("{folder}/{path}"));
    let plain = plain_path(&path);
    let mut by_end = None;
    for file in files {
        let candidate = plain_path(&file.path);
        let bare = candidate.rsplit_once('.').map_or(candidate.as_str(), |(bare, _)| bare);
        let is = |wanted: &str| candidate == wanted || bare == wanted;
        if is(&beside) {
            return Some(file);
        }
        let ending = format!("/{plain}");
        if !plain.is_empty() && (is(&plain) || candidate.ends_with(&ending) || bare.ends_with(&ending)) {
            by_end = by_end.or(Some(file));
        }
    }
    by_end.filter(|file| file.path != own)
}

/// The input file that `path` means, seen from the file `own`.
pub fn file_meant(sources: &Sources, own: &str, path: &str) -> Option<SourceId> {
    let found = find(sources.iter().map(|(_, file)| file), own, path)?;
    sources.at_path(&found.path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_from_where_they_are_named() {
        let files = ["sql/a.sql", "sql/sub/b.sql", "c.sql"].map(|path| SourceFile::new(path, ""));
        let rows = [
            ("sql/a.sql", "sub/b.sql", Some("sql/sub/b.sql")),
            ("sql/sub/b.sql", "../a", Some("sql/a.sql")),
            ("sql/a.sql", r"sub\b.sql", Some("sql/sub/b.sql")),
            ("sql/a.sql", "/opt/x/c.sql", None),
            ("sql/a.sql", "c.sql", Some("c.sql")),
            ("sql/a.sql", "d.sql", None),
        ];
        for (own, path, expected) in rows {
            let found = find(files.iter(), own, path).map(|file| file.path.as_str());
            assert_eq!(found, expected, "{path} from {own}");
        }
    }
}
