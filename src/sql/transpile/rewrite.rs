//! One piece of SQL from its dialect to the target's.
//!
//! In: a piece of SQL and what is known of columns. Out: the same text with replaced places, what is not sure about it, and
//! why it cannot be kept, if so. Nothing is printed anew: what no rule changes stands byte for byte.

use std::ops::Range;

use super::catalog::Scope;
use super::kinds::{self, Columns, Kind};
use super::lex::{self, Token};
use super::tree::{Call, Item, Literal, Node, What};
use super::{formats, forms, parse, senses, types, units};
use crate::dialect::{Dialect, Dialects, Traits};
use crate::steps::{Edit, Sql};

/// A piece of the new text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Bytes of the author's text.
    Kept(Range<usize>),
    New(String),
}

/// A construct with no sure counterpart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unsure {
    pub range: Range<usize>,
    pub what: String,
    pub help: String,
}

pub(super) struct Rewriter<'a> {
    pub from: Dialect,
    pub to: Dialect,
    pub sql: &'a Sql,
    pub scope: &'a Scope,
    pub unsure: Vec<Unsure>,
    /// What would change rows without a word, and why.
    pub refused: Option<Unsure>,
    /// Whether an empty text is an argument that means itself.
    pub empty_is_text: bool,
}

/// The result for one piece of SQL.
pub(super) struct Rewritten {
    pub sql: Sql,
    pub unsure: Vec<Unsure>,
    pub refused: Option<Unsure>,
}

/// Rewrites `sql`.
pub(super) fn rewrite(sql: &Sql, from: Dialect, to: Dialect, scope: &Scope) -> Rewritten {
    let tokens = lex::lex(sql, from.traits());
    let items = parse::parse(&sql.text, &tokens, super::PATHS.has(from));
    let scope = scope.within(sql, &tokens, &items);
    let mut rewriter =
        Rewriter { from, to, sql, scope: &scope, unsure: Vec::new(), refused: None, empty_is_text: false };
    let pieces = rewriter.level(&(0..sql.text.len()), &items);
    let mut edited = sql.clone();
    edited.edits.extend(rewriter.spellings(&tokens));
    let Rewriter { unsure, refused, .. } = rewriter;
    Rewritten { sql: composed(&edited, &pieces), unsure, refused }
}

/// The text of the pieces, with what stood in them moved to where it stands now.
fn composed(sql: &Sql, pieces: &[Piece]) -> Sql {
    let mut new =
        Sql { text: String::new(), mentions: Vec::new(), variables: Vec::new(), edits: Vec::new(), ..sql.clone() };
    for piece in pieces {
        let Piece::Kept(range) = piece else {
            if let Piece::New(text) = piece {
                new.text.push_str(text);
            }
            continue;
        };
        let base = new.text.len();
        let holds = |inner: &Range<usize>| {
            inner.start >= range.start
                && inner.end <= range.end
                && (inner.start < range.end || range.end == sql.text.len())
        };
        let moved = |inner: &Range<usize>| inner.start - range.start + base..inner.end - range.start + base;
        new.text.push_str(sql.text.get(range.clone()).unwrap_or(""));
        for mention in sql.mentions.iter().filter(|mention| holds(&mention.range)) {
            new.mentions.push(crate::steps::Mention { range: moved(&mention.range), ..mention.clone() });
        }
        for used in sql.variables.iter().filter(|used| holds(&used.range)) {
            new.variables.push(crate::steps::VariableUse { range: moved(&used.range), ..used.clone() });
        }
        for edit in sql.edits.iter().filter(|edit| holds(&edit.range)) {
            new.edits.push(Edit { range: moved(&edit.range), text: edit.text.clone() });
        }
    }
    new
}

impl Rewriter<'_> {
    pub fn source(&self) -> &'static Traits {
        self.from.traits()
    }

    pub fn target(&self) -> &'static Traits {
        self.to.traits()
    }

    pub fn kind(&self, node: &Node) -> Kind {
        kinds::kind(node, self)
    }

    pub fn slice(&self, range: &Range<usize>) -> &str {
        self.sql.text.get(range.clone()).unwrap_or("")
    }

    /// Says that a construct has no sure counterpart; its text stays.
    pub fn unsure(&mut self, range: &Range<usize>, what: impl Into<String>, help: &str) {
        let found = Unsure { range: range.clone(), what: what.into(), help: help.to_owned() };
        if !self.unsure.contains(&found) {
            self.unsure.push(found);
        }
    }

    /// Says that the text would give other rows without a word.
    pub fn refuse(&mut self, range: &Range<usize>, what: impl Into<String>, help: &str) {
        let found = Unsure { range: range.clone(), what: what.into(), help: help.to_owned() };
        self.refused.get_or_insert(found);
    }

    /// The node in the target.
    pub fn node(&mut self, node: &Node) -> Vec<Piece> {
        match &node.what {
            What::Call(call) => self.call(node, call),
            What::Operator { op, op_range, operands } => self.operator(node, op, op_range, operands),
            What::Cast(cast) => self.cast(node, cast),
            What::Name(parts) => self.name(node, parts),
            What::Interval { amount, text, unit } => self.interval(node, amount.as_deref(), text, unit.as_deref()),
            What::Paren(items) => {
                let inner = node.range.start + 1..node.range.end.saturating_sub(1).max(node.range.start + 1);
                let mut pieces = vec![Piece::Kept(node.range.start..inner.start)];
                pieces.extend(self.level(&inner, items));
                pieces.push(Piece::Kept(inner.end..node.range.end));
                pieces
            }
            What::Literal(Literal::Text) if self.empty_is_null(node) => vec![Piece::New("null".to_owned())],
            What::Literal(_) | What::Relation | What::Variable | What::Star => {
                vec![Piece::Kept(node.range.clone())]
            }
            What::Case { .. } | What::Mixed(_) => self.children(node),
        }
    }

    /// Whether the node is Oracle's empty text, which is NULL.
    fn empty_is_null(&self, node: &Node) -> bool {
        let oracle = Dialects::ORACLE;
        oracle.has(self.from) && !oracle.has(self.to) && !self.empty_is_text && self.slice(&node.range) == "''"
    }

    /// The node as it stands, with its children in the target.
    pub fn children(&mut self, node: &Node) -> Vec<Piece> {
        let changes = node.children().into_iter().map(|child| (child.range.clone(), self.node(child))).collect();
        woven(&node.range, changes)
    }

    /// The node, in parentheses where it needs them beside an operator.
    pub fn closed(&mut self, node: &Node) -> Vec<Piece> {
        let mut pieces = self.node(node);
        if !node.is_closed() {
            pieces.insert(0, Piece::New("(".to_owned()));
            pieces.push(Piece::New(")".to_owned()));
        }
        pieces
    }

    fn call(&mut self, node: &Node, call: &Call) -> Vec<Piece> {
        let outer = self.empty_is_text;
        let takes_it = ["replace", "translate", "regexp_replace", "lpad", "rpad", "listagg"];
        self.empty_is_text = takes_it.contains(&call.name.as_str());
        let pieces = self.called(node, call);
        self.empty_is_text = outer;
        pieces
    }

    fn called(&mut self, node: &Node, call: &Call) -> Vec<Piece> {
        if let Some(pieces) = self.special(node, call) {
            return pieces;
        }
        let name = call.name.as_str();
        let count = if call.items.is_empty() { 0 } else { call.args().len() };
        let Some(sense) = senses::sense(self.from, name, count) else {
            let help = "write it with what the target has, or make the function there";
            self.unsure(&node.range, format!("the function {name}"), help);
            return self.children(node);
        };
        let args = ordered(sense, call);
        let (Some((full, unit)), Some(args)) = (self.with_unit(sense.means, call), args) else {
            self.unsure(&node.range, format!("the unit of {name}"), "write it with a unit of time that the target has");
            return self.children(node);
        };
        let kind = args.first().map_or(Kind::Unknown, |node| self.kind(node));
        let Some(text) = forms::form_of(&full, self.to, kind) else {
            self.unsure(
                &node.range,
                format!("{name} ({})", full.replace(':', " ")),
                "write it with what the target has",
            );
            return self.children(node);
        };
        let pieces = self.filled(node, call, &args, text, unit);
        pieces.unwrap_or_else(|| self.children(node))
    }

    /// The sense with its unit, and the unit as the target spells it.
    fn with_unit(&self, sense: &str, call: &Call) -> Option<(String, &'static str)> {
        let Some((plain, from)) = sense.split_once(':') else { return Some((sense.to_owned(), "")) };
        let (kind, at) = from.split_at(1);
        let word = match (kind, at.parse::<usize>()) {
            ("u", Ok(at)) => self.slice(&call.args().get(at)?.range).trim_matches(['\'', '"']).to_owned(),
            ("i", Ok(at)) => {
                let What::Interval { unit, .. } = &call.args().get(at)?.what else { return None };
                unit.clone()?
            }
            _ => return Some((sense.to_owned(), "")),
        };
        let unit = units::unit_in(&word, self.from)?;
        let words =
            ["year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond", "microsecond"];
        let spelled = words.into_iter().find(|word| *word == unit).unwrap_or("");
        Some((format!("{plain}:{unit}"), spelled))
    }

    /// The form with its places filled; none, with a finding, where a place cannot be.
    fn filled(&mut self, node: &Node, call: &Call, args: &[&Node], text: &str, unit: &str) -> Option<Vec<Piece>> {
        let only = text.strip_suffix("({*})").filter(|name| !name.contains(['(', '{']) || *name == "{name}");
        if let Some(name) = only.filter(|_| args.len() == call.args().len()) {
            return Some(self.renamed(node, call, name));
        }
        if call.words || text.contains("{unit}") && unit.is_empty() {
            let name = &call.name;
            self.unsure(&node.range, format!("{name} written so"), "write it with what the target has");
            return None;
        }
        let tails = self.tails(call);
        let mut pieces: Vec<Piece> = Vec::new();
        let mut rest = text;
        let mut tailed = false;
        while let Some(open) = rest.find('{') {
            let close = rest.get(open..)?.find('}')? + open;
            push(&mut pieces, Piece::New(rest.get(..open)?.to_owned()));
            let place = rest.get(open + 1..close)?;
            tailed |= place == "tails";
            let new = match place {
                "tails" => tails.clone(),
                "unit" => vec![Piece::New(unit.to_owned())],
                "name" => vec![Piece::New(call.name.clone())],
                "*" => self.list(args, ", "),
                "|| " => self.list(args, " || "),
                "any null" => self.any_null(args),
                "2 or blank" if args.len() < 3 => vec![Piece::New("' '".to_owned())],
                place => self.argument(args, place.trim_end_matches(" or blank"))?,
            };
            extend(&mut pieces, new);
            rest = rest.get(close + 1..)?;
        }
        push(&mut pieces, Piece::New(rest.to_owned()));
        if !tailed {
            extend(&mut pieces, tails);
        }
        Some(pieces)
    }

    /// Only the name changes, and that only where it is another word.
    fn renamed(&mut self, node: &Node, call: &Call, name: &str) -> Vec<Piece> {
        let mut changes = vec![(call.inner.clone(), self.level(&call.inner, &call.items))];
        if name != "{name}" && !name.eq_ignore_ascii_case(&call.name) {
            changes.push((call.name_range.clone(), vec![Piece::New(name.to_owned())]));
        }
        for tail in &call.tails {
            changes.push((tail.range.clone(), self.tail(tail)));
        }
        woven(&node.range, changes)
    }

    /// What follows the call, with a blank before.
    pub fn tails(&mut self, call: &Call) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for tail in &call.tails {
            pieces.push(Piece::New(" ".to_owned()));
            pieces.extend(self.tail(tail));
        }
        pieces
    }

    fn list(&mut self, args: &[&Node], between: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (at, arg) in args.iter().enumerate() {
            if at > 0 {
                pieces.push(Piece::New(between.to_owned()));
            }
            pieces.extend(if between == ", " { self.node(arg) } else { self.closed(arg) });
        }
        pieces
    }

    fn any_null(&mut self, args: &[&Node]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (at, arg) in args.iter().enumerate() {
            if at > 0 {
                pieces.push(Piece::New(" or ".to_owned()));
            }
            pieces.extend(self.closed(arg));
            pieces.push(Piece::New(" is null".to_owned()));
        }
        pieces
    }

    /// One place of a form: `0`, `(0)`, `d0`, `f1`, `cast int 1`.
    fn argument(&mut self, args: &[&Node], place: &str) -> Option<Vec<Piece>> {
        let at: usize = place.chars().find_map(|c| c.to_digit(10)).and_then(|at| usize::try_from(at).ok())?;
        let arg = args.get(at)?;
        let kind = self.kind(arg);
        if place.starts_with('(') {
            return Some(self.closed(arg));
        }
        if place.starts_with('f') {
            return self.format(arg);
        }
        let cast = match (place.chars().next(), kind) {
            (Some('d'), Kind::Text) => Some("timestamp"),
            (Some('d'), _) | (Some('c'), Kind::Integer) => return Some(self.closed(arg)),
            (Some('c'), _) => Some("integer"),
            _ => None,
        };
        let mut pieces = self.node(arg);
        if let Some(cast) = cast {
            pieces.insert(0, Piece::New("cast(".to_owned()));
            pieces.push(Piece::New(format!(" as {cast})")));
        }
        Some(pieces)
    }

    /// A format of times as the target spells it.
    fn format(&mut self, arg: &Node) -> Option<Vec<Piece>> {
        let text = self.slice(&arg.range).trim_start_matches(['N', 'n']).to_owned();
        let inner = text.strip_prefix(['\'', '"']).and_then(|text| text.strip_suffix(['\'', '"']));
        let converted = inner.and_then(|inner| formats::convert(inner, self.from, self.to));
        let Some(converted) = converted else {
            self.unsure(&arg.range, format!("the format {text}"), "write it with a format of the target");
            return None;
        };
        Some(vec![Piece::New(format!("'{converted}'"))])
    }

    /// Edits of single tokens: quotes of names and of texts.
    fn spellings(&mut self, tokens: &[Token]) -> Vec<Edit> {
        tokens.iter().filter_map(|token| self.spelling(token)).collect()
    }
}

impl Columns for Rewriter<'_> {
    fn column(&self, parts: &[String]) -> Kind {
        self.scope.kind(parts)
    }

    fn type_kind(&self, range: &Range<usize>) -> Kind {
        types::read(self.slice(range), self.from).map_or(Kind::Unknown, |of| of.kind())
    }

    fn text(&self, range: &Range<usize>) -> &str {
        self.slice(range)
    }

    fn whole_division(&self) -> bool {
        self.source().whole_division == Some("/")
    }
}

/// Adds a piece; empty ones are left out, and neighbours of the author's text are joined.
pub(super) fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    match (pieces.last_mut(), piece) {
        (_, Piece::New(text)) if text.is_empty() => {}
        (_, Piece::Kept(range)) if range.is_empty() => {}
        (Some(Piece::Kept(before)), Piece::Kept(range)) if before.end == range.start => before.end = range.end,
        (_, piece) => pieces.push(piece),
    }
}

/// The nodes among items, for rules that look at neighbours.
pub(super) fn node_at(items: &[Item], at: usize) -> Option<&Node> {
    items.get(at).and_then(Item::node)
}

/// The text of `range` with some places replaced.
pub(super) fn woven(range: &Range<usize>, mut changes: Vec<(Range<usize>, Vec<Piece>)>) -> Vec<Piece> {
    changes.sort_by_key(|(place, _)| (place.start, place.end));
    let mut pieces = Vec::new();
    let mut at = range.start;
    for (place, new) in changes {
        if place.start < at || place.end > range.end {
            continue;
        }
        push(&mut pieces, Piece::Kept(at..place.start));
        extend(&mut pieces, new);
        at = place.end;
    }
    push(&mut pieces, Piece::Kept(at..range.end));
    pieces
}

/// Adds pieces, as [`push`] does.
pub(super) fn extend(pieces: &mut Vec<Piece>, more: Vec<Piece>) {
    for piece in more {
        push(pieces, piece);
    }
}

/// The arguments in the order of the sense; none where an interval is wanted and there is none.
fn ordered<'a>(sense: &senses::Sense, call: &'a Call) -> Option<Vec<&'a Node>> {
    let interval = sense.means.split(':').nth(1).and_then(|unit| unit.strip_prefix('i')).and_then(|at| at.parse().ok());
    let given = call.args();
    let all: Vec<usize> = match sense.order {
        "*" => (0..given.len()).collect(),
        order => order.split_whitespace().filter_map(|at| at.parse().ok()).collect(),
    };
    let mut nodes = Vec::new();
    for at in all {
        let node = *given.get(at)?;
        match (&node.what, interval == Some(at)) {
            (What::Interval { amount: Some(amount), .. }, true) => nodes.push(amount.as_ref()),
            (_, true) => return None,
            _ => nodes.push(node),
        }
    }
    Some(nodes)
}
