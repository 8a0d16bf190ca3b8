//! Tokens to the shape that rules look at.
//!
//! In: the tokens of one statement, expression or FROM clause. Out: its parts. Tolerant: what it does not know is kept as
//! it stands, and a closing parenthesis too many ends nothing but its own level.

use std::ops::Range;

use super::lex::{Kind, Token};
use super::tree::{Call, Cast, Item, Literal, Node, Tail, What};

/// Words that open or join clauses. They are no names, no aliases and no operands.
const CLAUSES: &[&str] = &[
    "select",
    "distinct",
    "from",
    "where",
    "group",
    "by",
    "having",
    "order",
    "limit",
    "offset",
    "fetch",
    "union",
    "intersect",
    "except",
    "minus",
    "qualify",
    "window",
    "with",
    "recursive",
    "as",
    "on",
    "using",
    "join",
    "inner",
    "left",
    "right",
    "full",
    "outer",
    "cross",
    "natural",
    "lateral",
    "apply",
    "partition",
    "asc",
    "desc",
    "nulls",
    "top",
    "pivot",
    "unpivot",
    "connect",
    "start",
    "for",
    "values",
    "all",
    "ties",
    "percent",
    "when",
    "then",
    "else",
    "end",
    "tablesample",
    "straight_join",
    "option",
    "view",
    "separator",
    "both",
    "leading",
    "trailing",
    "set",
    "within",
    "over",
    "filter",
    "exclude",
    "replace",
    "rename",
    "semi",
    "anti",
    "asof",
    "match_recognize",
    "cluster",
    "distribute",
    "sort",
    "rollup",
    "cube",
];
/// Words of [`CLAUSES`] that are functions where a parenthesis follows at once.
const ALSO_FUNCTIONS: &[&str] = &["left", "right", "replace", "values", "rollup", "cube"];

/// The parts of a text.
pub(in crate::sql) fn parse(text: &str, tokens: &[Token], paths: bool) -> Vec<Item> {
    let mut parser = Parser { text, tokens, at: 0, paths };
    let mut items = parser.level("");
    while parser.at < tokens.len() {
        parser.at += 1;
        items.extend(parser.level(""));
    }
    items
}

pub(in crate::sql) struct Parser<'a> {
    pub text: &'a str,
    pub tokens: &'a [Token],
    pub at: usize,
    /// Whether `a:b` is a path into a value.
    paths: bool,
}

impl Parser<'_> {
    pub(super) fn token(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead)
    }

    pub(super) fn word(&self, ahead: usize) -> &str {
        self.token(ahead).map_or("", |token| token.word.as_str())
    }

    pub(super) fn is(&self, ahead: usize, words: &[&str]) -> bool {
        let word = self.word(ahead);
        !word.is_empty() && words.contains(&word)
    }

    /// The place of the present token, and on.
    pub(super) fn take(&mut self) -> Range<usize> {
        let range = self.token(0).map_or(self.text.len()..self.text.len(), |token| token.range.clone());
        self.at += 1;
        range
    }

    pub(super) fn end(&self) -> usize {
        let last = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        last.map_or(0, |token| token.range.end)
    }

    /// The parts up to the symbol that closes, or a stray closing one.
    fn level(&mut self, close: &str) -> Vec<Item> {
        let mut items = Vec::new();
        while let Some(token) = self.token(0) {
            if matches!(token.word.as_str(), ")" | "]") || !close.is_empty() && token.word == close {
                break;
            }
            let word = token.word.clone();
            let function = ALSO_FUNCTIONS.contains(&word.as_str()) && self.word(1) == "(";
            if word == "," {
                items.push(Item::Comma(self.take()));
            } else if matches!(word.as_str(), "rows" | "range" | "groups")
                && self.is(1, &["between", "unbounded", "current"])
            {
                items.push(Item::Word(word, self.frame()));
            } else if CLAUSES.contains(&word.as_str()) && !function || word == ";" {
                items.push(Item::Word(word, self.take()));
            } else {
                let before = self.at;
                let node = self.expression(0);
                if self.at == before {
                    self.at += 1;
                }
                items.push(Item::Node(node));
            }
        }
        items
    }

    /// `rows between … and …`, up to the end of the window.
    fn frame(&mut self) -> Range<usize> {
        let start = self.take().start;
        while self.token(0).is_some_and(|token| token.word != ")" && token.word != ",") {
            self.at += 1;
        }
        start..self.end()
    }

    pub(super) fn expression(&mut self, least: u8) -> Node {
        let mut left = self.operand();
        loop {
            left = self.behind(left);
            let Some((op, length, power)) = self.operator() else { break };
            if power < least {
                break;
            }
            left = self.joined(left, &op, length, power);
        }
        left
    }

    /// The operator that stands here: its name, how many tokens it has, how strongly it binds.
    fn operator(&self) -> Option<(String, usize, u8)> {
        let word = self.word(0);
        let negated = word == "not" && self.is(1, &["in", "like", "ilike", "rlike", "regexp", "between", "similar"]);
        let (at, lead) = if negated { (1, "not ") } else { (0, "") };
        let power = match self.word(at) {
            "or" => 10,
            "xor" => 12,
            "and" => 20,
            "=" | "<>" | "!=" | "^=" | "<" | ">" | "<=" | ">=" | "<=>" | "==" | "is" | "in" | "like" | "ilike"
            | "rlike" | "regexp" | "between" | "similar" | "~" | "~*" | "!~" | "!~*" => 30,
            "||" | "&" | "|" | "#" | "<<" | ">>" | "->" | "->>" | "#>" | "#>>" | "@>" | "<@" | "&&" | "?|" | "?&" => 40,
            "+" | "-" => 50,
            "*" | "/" | "%" | "//" | "div" | "mod" => 60,
            "^" | "**" => 65,
            "=>" | ":=" => 5,
            _ => return None,
        };
        Some((format!("{lead}{}", self.word(at)), at + 1, power))
    }

    fn joined(&mut self, left: Node, op: &str, length: usize, power: u8) -> Node {
        let start = left.range.start;
        let op_start = self.take().start;
        for _ in 1..length {
            self.take();
        }
        let mut op = op.to_owned();
        let mut operands = vec![left];
        if op == "is" {
            op = self.is_what(&mut operands);
        } else if op.ends_with("between") {
            operands.push(self.expression(21));
            if self.word(0) == "and" {
                self.take();
                operands.push(self.expression(31));
            }
        } else {
            if op.ends_with("similar") && self.word(0) == "to" {
                self.take();
            }
            operands.push(self.expression(power + 1));
            if self.word(0) == "escape" {
                self.take();
                operands.push(self.expression(41));
            }
        }
        let op_end = operands.get(1).map_or(self.end(), |right| right.range.start.min(self.end()));
        let text = self.text.get(op_start..op_end).unwrap_or("");
        let op_range = op_start..op_start + text.trim_end().len();
        Node { range: start..self.end(), what: What::Operator { op, op_range, operands } }
    }

    /// What follows IS: `is null`, `is not true`, `is distinct from`.
    fn is_what(&mut self, operands: &mut Vec<Node>) -> String {
        let mut op = "is".to_owned();
        if self.word(0) == "not" {
            self.take();
            op.push_str(" not");
        }
        op.push(' ');
        op.push_str(self.word(0));
        self.take();
        if op.ends_with("distinct") && self.word(0) == "from" {
            self.take();
            operands.push(self.expression(31));
        }
        op
    }

    fn operand(&mut self) -> Node {
        let Some(token) = self.token(0) else {
            return Node { range: self.text.len()..self.text.len(), what: What::Mixed(Vec::new()) };
        };
        let (kind, word) = (token.kind, token.word.clone());
        match kind {
            Kind::Text => self.leaf(What::Literal(Literal::Text)),
            Kind::Number => self.leaf(What::Literal(Literal::Number)),
            Kind::Variable => self.leaf(What::Variable),
            Kind::Relation(_) if self.word(1) != "." => self.leaf(What::Relation),
            Kind::Relation(_) | Kind::Quoted | Kind::Edited => self.name(),
            Kind::Symbol => self.symbol(&word),
            Kind::Word => self.word_operand(&word),
        }
    }

    fn leaf(&mut self, what: What) -> Node {
        Node { range: self.take(), what }
    }

    fn symbol(&mut self, word: &str) -> Node {
        match word {
            "(" | "[" => {
                let start = self.take().start;
                let items = self.level(if word == "(" { ")" } else { "]" });
                self.take();
                let range = start..self.end();
                if word == "(" {
                    return Node { range, what: What::Paren(items) };
                }
                let mut nodes = vec![Node { range: start..start + 1, what: What::Name(vec!["[".to_owned()]) }];
                nodes.extend(items.into_iter().filter_map(|item| item.node().cloned()));
                Node { range, what: What::Mixed(nodes) }
            }
            "-" | "+" | "~" => {
                let op_range = self.take();
                let operand = self.expression(70);
                let range = op_range.start..self.end();
                Node { range, what: What::Operator { op: word.to_owned(), op_range, operands: vec![operand] } }
            }
            "*" => self.leaf(What::Star),
            _ => self.leaf(What::Mixed(Vec::new())),
        }
    }

    fn word_operand(&mut self, word: &str) -> Node {
        let calls = self.word(1) == "(";
        let literal = self.token(1).is_some_and(|next| next.kind == Kind::Text);
        match word {
            "null" => self.leaf(What::Literal(Literal::Null)),
            "true" | "false" => self.leaf(What::Literal(Literal::Bool)),
            "not" => {
                let op_range = self.take();
                let operand = self.expression(25);
                let range = op_range.start..self.end();
                Node { range, what: What::Operator { op: "not".to_owned(), op_range, operands: vec![operand] } }
            }
            "case" => self.case(),
            "interval" if !calls || self.unit_behind_parenthesis() => self.interval(),
            "date" if literal => self.typed(Literal::Date),
            "timestamp" | "datetime" if literal => self.typed(Literal::Timestamp),
            "cast" | "try_cast" | "safe_cast" if calls => self.cast(word),
            "convert" | "try_convert" if calls => self.convert(word),
            _ => self.name(),
        }
    }

    fn unit_behind_parenthesis(&self) -> bool {
        let mut depth = 0;
        for (at, token) in self.tokens.iter().enumerate().skip(self.at + 1) {
            match token.word.as_str() {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return self.tokens.get(at + 1).is_some_and(|next| super::units::unit(&next.word).is_some());
            }
        }
        false
    }

    /// A name with its qualifiers; with parentheses a call.
    pub(super) fn name(&mut self) -> Node {
        let start = self.token(0).map_or(0, |token| token.range.start);
        // `AS rows (a, b)` names columns and calls nothing.
        let is_alias =
            self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).is_some_and(|token| token.word == "as");
        let mut parts = vec![self.part()];
        while self.word(0) == "." && self.token(1).is_some() {
            self.take();
            if self.word(0) == "*" {
                self.take();
                return Node { range: start..self.end(), what: What::Star };
            }
            parts.push(self.part());
        }
        if self.word(0) == "(" && !is_alias {
            return self.call(start, &parts);
        }
        Node { range: start..self.end(), what: What::Name(parts) }
    }

    fn part(&mut self) -> String {
        let range = self.take();
        let text = self.text.get(range).unwrap_or("");
        text.trim_matches(['"', '`', '[', ']']).to_lowercase()
    }

    fn call(&mut self, start: usize, parts: &[String]) -> Node {
        let name_range = start..self.end();
        let open = self.take().end;
        let items = self.level(")");
        let inner = open..self.token(0).map_or(self.end(), |token| token.range.start);
        self.take();
        let mut parts_of = items.split(|item| matches!(item, Item::Comma(_)));
        let words =
            parts_of.any(|part| part.len() != 1 || part.iter().any(|item| item.node().is_none())) && !items.is_empty();
        let name = parts.join(".");
        let call = Call { name, name_range, words, inner, items, tails: Vec::new() };
        Node { range: start..self.end(), what: What::Call(call) }
    }

    /// The operand with all that binds to it from behind.
    fn behind(&mut self, left: Node) -> Node {
        let mut node = left;
        loop {
            let before = self.at;
            node = self.next_behind(node);
            if self.at == before {
                return node;
            }
        }
    }

    fn next_behind(&mut self, left: Node) -> Node {
        let start = left.range.start;
        let operator = |op: &str, op_range, operands| What::Operator { op: op.to_owned(), op_range, operands };
        match self.word(0) {
            "::" => {
                self.take();
                let type_range = self.type_name();
                let cast = Cast { value: Box::new(left), type_range, form: "::".to_owned(), style: None };
                Node { range: start..self.end(), what: What::Cast(cast) }
            }
            "[" => {
                let op = self.token(0).map_or(0, |token| token.range.start);
                self.take();
                let items = self.level("]");
                self.take();
                let mut operands = vec![left];
                operands.extend(items.into_iter().filter_map(|item| item.node().cloned()));
                Node { range: start..self.end(), what: operator("[]", op..self.end(), operands) }
            }
            ":" if self.paths => {
                let op = self.take().start;
                while self.token(0).is_some_and(|token| matches!(token.kind, Kind::Word | Kind::Quoted)) {
                    self.take();
                    if !self.is(0, &[".", ":"]) {
                        break;
                    }
                    self.take();
                }
                Node { range: start..self.end(), what: operator(":", op..self.end(), vec![left]) }
            }
            "(+)" => {
                let op = self.take();
                Node { range: start..self.end(), what: operator("(+)", op, vec![left]) }
            }
            "at" if self.word(1) == "time" && self.word(2) == "zone" => {
                let op = self.take().start;
                self.at += 2;
                let zone = self.expression(70);
                Node { range: start..self.end(), what: operator("at time zone", op..self.end(), vec![left, zone]) }
            }
            "collate" => {
                let op = self.take().start;
                self.take();
                Node { range: start..self.end(), what: operator("collate", op..self.end(), vec![left]) }
            }
            "over" | "filter" | "within" | "ignore" | "respect" | "keep" => self.tail(left),
            _ => left,
        }
    }

    fn tail(&mut self, left: Node) -> Node {
        let Node { range, what: What::Call(mut call) } = left else { return left };
        let word = self.word(0).to_owned();
        let fits = match word.as_str() {
            "within" => self.word(1) == "group",
            "ignore" | "respect" => self.word(1) == "nulls",
            "over" => true,
            _ => self.word(1) == "(",
        };
        if !fits {
            return Node { range, what: What::Call(call) };
        }
        let start = self.take().start;
        if matches!(word.as_str(), "within" | "ignore" | "respect") {
            self.take();
        }
        let mut items = Vec::new();
        if self.word(0) == "(" {
            self.take();
            items = self.level(")");
            self.take();
        } else if word == "over" {
            self.take();
        }
        call.tails.push(Tail { word, range: start..self.end(), items });
        Node { range: range.start..self.end(), what: What::Call(call) }
    }
}
