//! Values that a file takes from outside: holes, the client's variables, parameters of SqlRender.
//!
//! In: a file's text and its scripts. Out: parameters of the scripts in which they stand, with the values that the file
//! itself gives them, and the schemas and databases that are filled in. Never changes a step.

use std::collections::BTreeMap;
use std::ops::Range;

use super::hole::{self, Hole};
use super::lexer;
use super::outside_names;
use super::render::Rendered;
use super::script::Walk;
use super::tokens::{Lexing, Token, TokenKind};
use crate::dialect::{Client, Dialect};
use crate::finding::{Code, Finding};
use crate::steps::{FilledPlace, Param, Script, StatementReading, literal_value};
use crate::text::{Fragment, SourceId, Span};

/// Names that templates give to things that are no values.
const NO_VALUES: [&str; 4] = ["this", "target", "model", "self"];

/// A value that is taken from outside: where it stands and its name.
struct Taken {
    start: usize,
    name: String,
}

fn word<'a>(text: &'a str, token: &Token) -> &'a str {
    text.get(token.start..token.end).unwrap_or("")
}

/// Gives the scripts of a file what it takes from outside; what there is to say of the names of tables among that.
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
    let holes = hole::holes(text, dialect);
    let mut taken: Vec<Taken> = holes
        .iter()
        .filter(|hole| !hole.block && hole.is_named() && !NO_VALUES.contains(&hole.name.to_lowercase().as_str()))
        .map(|hole| Taken { start: hole.range.start, name: hole.name.clone() })
        .collect();
    taken.extend(bound(text, &tokens, &values));
    // Where `@` marks a stage, it marks no parameter.
    let by_render = dialect.traits().client != Client::Snowsql && is_rendered(text, &tokens);
    if by_render {
        taken.extend(render_parameters(text, &tokens));
    }
    for script in scripts.iter_mut() {
        let range = script.span.range();
        for one in taken.iter().filter(|one| range.contains(&one.start)) {
            let known = script.params.iter().any(|param| param.name.eq_ignore_ascii_case(&one.name));
            if !known {
                let default = values.get(&one.name.to_lowercase()).cloned();
                script.params.push(Param { name: one.name.clone(), sql_type: String::new(), default });
            }
        }
    }
    fill_places(scripts, id, qualifiers(text, &tokens, &holes, by_render), &values);
    outside_names::told(id, text, &tokens, &holes, by_render)
}

/// Variables that the file gives a value by a command of the client.
fn defined(text: &str, tokens: &[Token], dialect: Dialect) -> BTreeMap<String, String> {
    let command = match dialect.traits().client {
        Client::Psql => r"\set",
        Client::SqlPlus => "define",
        Client::Sqlcmd => ":setvar",
        Client::Snowsql => "!define",
        Client::Notebook => return widgets(text, tokens),
        Client::None | Client::Mysql => return BTreeMap::new(),
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

/// `CREATE WIDGET TEXT x DEFAULT 'v'`.
fn widgets(text: &str, tokens: &[Token]) -> BTreeMap<String, String> {
    let is = |token: &Token, expected: &str| word(text, token).eq_ignore_ascii_case(expected);
    let mut values = BTreeMap::new();
    for six in tokens.windows(6) {
        let [create, widget, _, name, default, value] = six else { continue };
        if is(create, "create") && is(widget, "widget") && is(default, "default") {
            values.insert(word(text, name).trim_matches('`').to_lowercase(), word(text, value).to_owned());
        }
    }
    values
}

/// `:x` of variables that psql's `\set` defines.
fn bound(text: &str, tokens: &[Token], values: &BTreeMap<String, String>) -> Vec<Taken> {
    let pairs = tokens.windows(2).filter_map(|pair| match pair {
        [colon, name] if word(text, colon) == ":" && colon.end == name.start => Some(name),
        _ => None,
    });
    let named = pairs.filter(|name| values.contains_key(&word(text, name).to_lowercase()));
    named.map(|name| Taken { start: name.start, name: word(text, name).to_owned() }).collect()
}

/// Whether SqlRender fills the text: `@y.` stands before a table's name, and nothing is declared.
fn is_rendered(text: &str, tokens: &[Token]) -> bool {
    let is_schema = |four: &[Token]| match four {
        [name, dot, table, next] => {
            name.kind == TokenKind::Variable
                && word(text, dot) == "."
                && matches!(table.kind, TokenKind::Word | TokenKind::Quoted)
                && word(text, next) != "("
        }
        _ => false,
    };
    let declares = tokens.iter().any(|token| word(text, token).eq_ignore_ascii_case("declare"));
    !declares && tokens.windows(4).any(is_schema)
}

/// `@x` of a text that SqlRender fills.
fn render_parameters(text: &str, tokens: &[Token]) -> Vec<Taken> {
    let variables = tokens.iter().filter(|token| token.kind == TokenKind::Variable);
    variables
        .map(|token| Taken { start: token.start, name: word(text, token).trim_start_matches('@').to_owned() })
        .collect()
}

/// A schema or database that is filled in, and where it stands.
struct Qualifier {
    place: FilledPlace,
    range: Range<usize>,
}

/// The schemas and databases of a text that are filled in: `${raw}.orders`, `[$(Raw)].dbo.orders`, `@raw.orders`.
fn qualifiers(text: &str, tokens: &[Token], holes: &[Hole], by_render: bool) -> Vec<Qualifier> {
    let mut found = Vec::new();
    for pair in tokens.windows(2) {
        let [place, next] = pair else { continue };
        let inner = match place.kind {
            TokenKind::Hole => place.start..place.end,
            TokenKind::Quoted => place.start + 1..place.end.saturating_sub(1),
            TokenKind::Variable if by_render && word(text, next) == "." => {
                let (name, written) = (word(text, place).to_owned(), word(text, place).to_owned());
                found.push(Qualifier {
                    place: FilledPlace { name, written, default: None, span: None },
                    range: place.start..place.end,
                });
                continue;
            }
            TokenKind::Variable
            | TokenKind::Word
            | TokenKind::String
            | TokenKind::Dollar
            | TokenKind::Number
            | TokenKind::Symbol
            | TokenKind::Client
            | TokenKind::Separator => continue,
        };
        let found_at = holes.binary_search_by_key(&inner.start, |hole| hole.range.start).ok();
        let hole = found_at.and_then(|at| holes.get(at)).filter(|hole| hole.range == inner && !hole.block);
        let Some(hole) = hole else { continue };
        if word(text, next) == "." || word(text, place).ends_with('.') {
            let written = text.get(inner).unwrap_or("").trim_end_matches('.').to_owned();
            let place = FilledPlace { name: hole.word(), written, default: None, span: None };
            found.push(Qualifier { place, range: hole.range.clone() });
        }
    }
    found
}

/// The schemas and databases that are filled in within SQL of another language.
pub fn places(text: &str, dialect: Dialect) -> Vec<FilledPlace> {
    let holes = hole::holes(text, dialect);
    if holes.is_empty() {
        return Vec::new();
    }
    let (tokens, _) = lexer::lex(text, Lexing { dialect, templated: true });
    qualifiers(text, &tokens, &holes, false).into_iter().map(|qualifier| qualifier.place).collect()
}

/// Tells the scripts of a file which schemas and databases are filled in, each once.
fn fill_places(scripts: &mut [Script], id: SourceId, qualifiers: Vec<Qualifier>, values: &BTreeMap<String, String>) {
    for Qualifier { mut place, range } in qualifiers {
        let name = place.name.trim_start_matches('@').to_lowercase();
        place.default = values.get(&name).map(|value| literal_value(value));
        place.span = Some(Span::new(id, range.start, range.end));
        for script in scripts.iter_mut().filter(|script| script.span.range().contains(&range.start)) {
            if script.places.iter().all(|known| known.written != place.written) {
                script.places.push(place.clone());
            }
        }
    }
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
