//! Values that a file takes from outside: holes, the client's variables, parameters of SqlRender.
//!
//! In: a file's text and its scripts. Out: parameters of the scripts in which they stand, with the values that the file
//! itself gives them, and a finding for each schema that is filled in. Never changes a step.

use std::collections::BTreeMap;

use super::hole;
use super::lexer;
use super::render::Rendered;
use super::script::Walk;
use super::tokens::{Lexing, Token, TokenKind};
use crate::dialect::{Client, Dialect};
use crate::finding::{Code, Finding};
use crate::steps::{Param, Script, StatementReading};
use crate::text::{Fragment, SourceId, Span};

/// Names that templates give to things that are no values.
const NO_VALUES: [&str; 4] = ["this", "target", "model", "self"];

/// A value that is taken from outside: where it stands and its name.
struct Taken {
    start: usize,
    name: String,
}

/// Gives the scripts of a file the parameters that it takes from outside; what there is to say of them.
pub fn fill(
    scripts: &mut [Script],
    id: SourceId,
    text: &str,
    dialect: Dialect,
    rendered: &BTreeMap<String, String>,
) -> Vec<Finding> {
    let (tokens, _) = lexer::lex(text, Lexing { dialect, templated: false });
    let mut values = defined(text, &tokens, dialect);
    values.extend(rendered.iter().map(|(name, value)| (name.to_lowercase(), value.clone())));
    let mut taken: Vec<Taken> = hole::holes(text, dialect)
        .into_iter()
        .filter(|hole| !hole.block && hole.is_named() && !NO_VALUES.contains(&hole.name.to_lowercase().as_str()))
        .map(|hole| Taken { start: hole.range.start, name: hole.name })
        .collect();
    taken.extend(bound(text, &tokens, &values));
    taken.extend(render_parameters(text, &tokens));
    for script in scripts {
        let range = script.span.range();
        for one in taken.iter().filter(|one| range.contains(&one.start)) {
            let known = script.params.iter().any(|param| param.name.eq_ignore_ascii_case(&one.name));
            if !known {
                let default = values.get(&one.name.to_lowercase()).cloned();
                script.params.push(Param { name: one.name.clone(), sql_type: String::new(), default });
            }
        }
    }
    schemas(id, text, &tokens)
}

/// Variables that the file gives a value by a command of the client.
fn defined(text: &str, tokens: &[Token], dialect: Dialect) -> BTreeMap<String, String> {
    let command = match dialect.traits().client {
        Client::Psql => r"\set",
        Client::SqlPlus => "define",
        Client::Sqlcmd => ":setvar",
        Client::Snowsql => "!define",
        Client::None | Client::Mysql | Client::Notebook => return BTreeMap::new(),
    };
    let mut values = BTreeMap::new();
    for token in tokens.iter().filter(|token| token.kind == TokenKind::Client) {
        let line = text.get(token.start..token.end).unwrap_or("").trim().trim_end_matches(';');
        let rest = line.get(..command.len()).filter(|word| word.eq_ignore_ascii_case(command));
        let Some(rest) =
            rest.and_then(|word| line.get(word.len()..)).filter(|rest| rest.starts_with(char::is_whitespace))
        else {
            continue;
        };
        let rest = rest.trim_start();
        let len = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let (name, value) = rest.split_at(len);
        let value = value.trim_start().trim_start_matches('=').trim().trim_matches('"');
        if !name.is_empty() && !value.is_empty() {
            values.insert(name.to_lowercase(), value.to_owned());
        }
    }
    values
}

/// `:x` of variables that psql's `\set` defines.
fn bound(text: &str, tokens: &[Token], values: &BTreeMap<String, String>) -> Vec<Taken> {
    let word = |token: &Token| text.get(token.start..token.end).unwrap_or("");
    let pairs = tokens.windows(2).filter_map(|pair| match pair {
        [colon, name] if word(colon) == ":" && colon.end == name.start => Some(name),
        _ => None,
    });
    let named = pairs.filter(|name| values.contains_key(&word(name).to_lowercase()));
    named.map(|name| Taken { start: name.start, name: word(name).to_owned() }).collect()
}

/// `@x` of a text in which `@y.` stands before a table's name: SqlRender fills them.
fn render_parameters(text: &str, tokens: &[Token]) -> Vec<Taken> {
    let word = |token: &Token| text.get(token.start..token.end).unwrap_or("");
    let is_schema = |four: &[Token]| match four {
        [name, dot, table, next] => {
            name.kind == TokenKind::Variable
                && word(dot) == "."
                && matches!(table.kind, TokenKind::Word | TokenKind::Quoted)
                && word(next) != "("
        }
        _ => false,
    };
    let declares = tokens.iter().any(|token| word(token).eq_ignore_ascii_case("declare"));
    if declares || !tokens.windows(4).any(is_schema) {
        return Vec::new();
    }
    let variables = tokens.iter().filter(|token| token.kind == TokenKind::Variable);
    variables.map(|token| Taken { start: token.start, name: word(token).trim_start_matches('@').to_owned() }).collect()
}

/// One finding for each schema or database that is filled in.
fn schemas(id: SourceId, text: &str, tokens: &[Token]) -> Vec<Finding> {
    let word = |token: &Token| text.get(token.start..token.end).unwrap_or("");
    let mut seen = Vec::new();
    let mut findings = Vec::new();
    for pair in tokens.windows(2) {
        let [place, dot] = pair else { continue };
        let filled = place.kind == TokenKind::Hole;
        let written = word(place).trim_end_matches('.');
        if !filled || !(word(dot) == "." || word(place).ends_with('.')) || seen.contains(&written) {
            continue;
        }
        seen.push(written);
        let message = format!("the schema or database {written} is only known at run time; it goes by this name here");
        let help = "write its name into the scripts, or set it in the project's sources and schemas";
        findings.push(Finding::at(Code::R205, Span::new(id, place.start, place.end), message, help));
    }
    findings
}

impl Walk<'_> {
    /// Says which branches of a template are read, with a row for each that holds statements and does not stand.
    pub(super) fn rendered(&mut self, text: &Fragment, rendered: &Rendered, whole: Span) {
        let shown = |name: &String| format!("@{name} = {}", rendered.values.get(name).map_or("", String::as_str));
        if !rendered.chosen.is_empty() {
            let values: Vec<String> = rendered.chosen.iter().map(shown).collect();
            let message = format!("the template is read for {}", values.join(", "));
            let help = "fill the template for the values that are in use, and convert what comes out";
            let start = Span::new(whole.source, 0, 1.min(whole.range().len()));
            self.parts.findings.push(Finding::at(Code::R205, start, message, help));
        }
        for branch in &rendered.left_out {
            let inside = text.text().get(branch.clone()).unwrap_or("");
            let (start, end) = (inside.len() - inside.trim_start().len(), inside.trim_end().len());
            let Some(span) = text.span(branch.start + start..branch.start + end).filter(|_| inside.contains(';'))
            else {
                continue;
            };
            let reason = "a branch of the template that does not stand for the values it is read for";
            self.row(span, "template branch", StatementReading::Dropped(reason.to_owned()));
        }
    }
}
