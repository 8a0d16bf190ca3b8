//! Operators, names, literals and intervals.
//!
//! In: one node. Out: its pieces in the target. An operator that is not here means the same everywhere.

use std::ops::Range;

use super::forms;
use super::kinds::Kind;
use super::lex::{Kind as Lexed, Token};
use super::rewrite::{Piece, Rewriter, woven};
use super::tree::{Literal, Node, What};
use crate::dialect::Dialects as D;
use crate::sql::identifier;
use crate::steps::Edit;

const TWO: D = D::POSTGRES.or(D::DUCKDB);
const SAME_OPERATORS: &[&str] = &[
    "or",
    "and",
    "not",
    "=",
    "<>",
    "!=",
    "<",
    ">",
    "<=",
    ">=",
    "in",
    "not in",
    "between",
    "not between",
    "is null",
    "is not null",
    "*",
];
/// Operators, where they mean the same.
const SHARED: &[(&str, D)] = &[
    ("is true", TWO.or(D::REDSHIFT).or(D::BIGQUERY).or(D::MYSQL).or(D::SPARK)),
    ("is not true", TWO.or(D::REDSHIFT).or(D::BIGQUERY).or(D::MYSQL).or(D::SPARK)),
    ("is false", TWO.or(D::REDSHIFT).or(D::BIGQUERY).or(D::MYSQL).or(D::SPARK)),
    ("is not false", TWO.or(D::REDSHIFT).or(D::BIGQUERY).or(D::MYSQL).or(D::SPARK)),
    ("is distinct", TWO.or(D::SNOWFLAKE).or(D::BIGQUERY).or(D::TSQL).or(D::SPARK).or(D::TRINO)),
    ("is not distinct", TWO.or(D::SNOWFLAKE).or(D::BIGQUERY).or(D::TSQL).or(D::SPARK).or(D::TRINO)),
    ("%", TWO.or(D::REDSHIFT).or(D::SNOWFLAKE).or(D::TSQL).or(D::MYSQL).or(D::SPARK).or(D::TRINO)),
    ("&", TWO.or(D::REDSHIFT).or(D::TSQL).or(D::SPARK)),
    ("|", TWO.or(D::REDSHIFT).or(D::TSQL).or(D::SPARK)),
    ("<<", TWO.or(D::SPARK)),
    (">>", TWO.or(D::SPARK)),
    ("~", D::POSTGRES.or(D::REDSHIFT)),
    ("ilike", TWO.or(D::REDSHIFT).or(D::SNOWFLAKE).or(D::SPARK)),
    ("not ilike", TWO.or(D::REDSHIFT).or(D::SNOWFLAKE).or(D::SPARK)),
    ("similar", TWO.or(D::REDSHIFT)),
    ("not similar", TWO.or(D::REDSHIFT)),
    ("^", TWO.or(D::REDSHIFT)),
    ("**", D::DUCKDB),
    ("at time zone", TWO.or(D::REDSHIFT)),
    ("->>", TWO),
    ("->", TWO),
    ("[]", TWO),
    (":", D::SNOWFLAKE),
    ("||", D::ALL.without(D::MYSQL).without(D::TSQL).without(D::ORACLE)),
];

impl Rewriter<'_> {
    pub(super) fn operator(&mut self, node: &Node, op: &str, at: &Range<usize>, operands: &[Node]) -> Vec<Piece> {
        match op {
            "/" => return self.division(node, at, operands),
            "%" | "mod" if self.source().null_on_zero && !self.target().null_on_zero => {
                return self.guarded(node, at, operands, "%");
            }
            "+" | "-" => return self.sum(node, op, at, operands),
            "like" | "not like" => return self.like(node, operands),
            "div" if TWO.has(self.to) => return self.template(node, operands, "trunc({0} / nullif({1}, 0))"),
            "//" if self.target().whole_division.is_some() => {
                return self.replaced(node, at, operands, self.target().whole_division.unwrap_or("/"));
            }
            "==" => return self.replaced(node, at, operands, "="),
            "^=" => return self.replaced(node, at, operands, "<>"),
            "<=>" if TWO.has(self.to) => return self.replaced(node, at, operands, "is not distinct from"),
            "rlike" | "regexp" => return self.matches(node, operands, ""),
            "not rlike" | "not regexp" => return self.matches(node, operands, "not "),
            "~" | "~*" | "!~" | "!~*" if operands.len() == 2 && self.to != self.from => {
                return self.regular(node, op, operands);
            }
            "||" if D::ORACLE.has(self.from) && TWO.has(self.to) => return self.oracle_join(node),
            "||" if D::MYSQL.has(self.from) => {
                self.refuse(
                    &node.range,
                    "|| means OR in this dialect",
                    "write OR, or concat() if text is to be joined",
                );
            }
            "||" if D::TSQL.has(self.to) => return self.replaced(node, at, operands, "+"),
            "(+)" => {
                let help = "write it as LEFT JOIN or RIGHT JOIN";
                self.refuse(&node.range, "the outer join (+)", help);
            }
            "^" if D::TSQL.has(self.from) || D::MYSQL.has(self.from) || D::BIGQUERY.has(self.from) => {
                if D::DUCKDB.has(self.to) {
                    return self.template(node, operands, "xor({0}, {1})");
                }
                self.refuse(&node.range, "^ is a bitwise XOR in this dialect", "write it with what the target has");
            }
            op => self.same_or_unsure(node, op, operands),
        }
        self.children(node)
    }

    fn same_or_unsure(&mut self, node: &Node, op: &str, operands: &[Node]) {
        let same = SAME_OPERATORS.contains(&op) || op == "~" && operands.len() == 1;
        let shared = SHARED.iter().any(|(own, of)| *own == op && of.has(self.from) && of.has(self.to));
        if !same && !shared {
            let what = match op {
                "[]" => "an element of an array by its number".to_owned(),
                ":" => "a path into a value".to_owned(),
                op => format!("the operator {op}"),
            };
            self.unsure(&node.range, what, "write it with what the target has");
        }
    }

    /// The node with another operator.
    pub(super) fn replaced(&mut self, node: &Node, at: &Range<usize>, operands: &[Node], op: &str) -> Vec<Piece> {
        let mut changes: Vec<_> = operands.iter().map(|node| (node.range.clone(), self.node(node))).collect();
        changes.push((at.clone(), vec![Piece::New(op.to_owned())]));
        woven(&node.range, changes)
    }

    /// `{0}` and `{1}` of a form are the operands.
    fn template(&mut self, node: &Node, operands: &[Node], form: &str) -> Vec<Piece> {
        let (Some(left), Some(right)) = (operands.first(), operands.get(1)) else { return self.children(node) };
        let mut pieces = Vec::new();
        for part in form.split_inclusive('}') {
            let (text, place) = part.split_once('{').unwrap_or((part, ""));
            pieces.push(Piece::New(text.to_owned()));
            match place {
                "0}" => pieces.extend(self.closed(left)),
                "1}" => pieces.extend(self.closed(right)),
                _ => {}
            }
        }
        pieces
    }

    fn division(&mut self, node: &Node, at: &Range<usize>, operands: &[Node]) -> Vec<Piece> {
        let (Some(left), Some(right)) = (operands.first(), operands.get(1)) else { return self.children(node) };
        let (source, target) = (self.source(), self.target());
        let kinds = [self.kind(left), self.kind(right)];
        let fraction = kinds.contains(&Kind::Number);
        let whole = kinds == [Kind::Integer, Kind::Integer];
        let guard = source.null_on_zero && !target.null_on_zero;
        match (source.whole_division, target.whole_division) {
            _ if fraction && !guard => self.children(node),
            (Some("/"), Some("/")) => self.children(node),
            (Some("/"), Some(op)) => self.replaced(node, at, operands, op),
            (Some("/"), None) if whole => self.template(node, operands, "trunc({0} / {1})"),
            (Some("/"), None) => {
                let help = "cast to decimal, or cut the fraction off, as the script means it";
                self.refuse(&node.range, "a division whose result depends on the types of its columns", help);
                self.children(node)
            }
            (_, Some("/")) if guard && fraction => self.template(node, operands, "{0} / nullif({1}, 0)"),
            (_, Some("/")) if guard => self.template(node, operands, "{0} * 1.0 / nullif({1}, 0)"),
            (_, Some("/")) => self.template(node, operands, "{0} * 1.0 / {1}"),
            _ if guard => self.guarded(node, at, operands, "/"),
            _ => self.children(node),
        }
    }

    /// The right side becomes NULL where it is zero.
    fn guarded(&mut self, node: &Node, at: &Range<usize>, operands: &[Node], op: &str) -> Vec<Piece> {
        let (Some(left), Some(right)) = (operands.first(), operands.get(1)) else { return self.children(node) };
        let sure = matches!(right.what, What::Literal(Literal::Number))
            && self.slice(&right.range).contains(|c| matches!(c, '1'..='9'));
        let mut divisor = self.node(right);
        if !sure {
            divisor.insert(0, Piece::New("nullif(".to_owned()));
            divisor.push(Piece::New(", 0)".to_owned()));
        }
        let changes = vec![
            (left.range.clone(), self.node(left)),
            (at.clone(), vec![Piece::New(op.to_owned())]),
            (right.range.clone(), divisor),
        ];
        woven(&node.range, changes)
    }

    fn sum(&mut self, node: &Node, op: &str, at: &Range<usize>, operands: &[Node]) -> Vec<Piece> {
        let (Some(left), Some(right)) = (operands.first(), operands.get(1)) else { return self.children(node) };
        let kinds = (self.kind(left), self.kind(right));
        if op == "+" && D::TSQL.has(self.from) {
            if self.joins_text(node) {
                return self.text_chain(node, at, operands);
            }
            if kinds == (Kind::Unknown, Kind::Unknown) && !self.adds_known(node) {
                let help = "cast one side to the type that is meant, or give the DDL with --schema";
                self.unsure(&node.range, "+ of values whose type is not known: a sum, or joined text", help);
            }
        }
        let days = D::ORACLE.or(D::TSQL).has(self.from) && TWO.has(self.to);
        match kinds {
            (Kind::Timestamp, Kind::Integer | Kind::Number) if days => {
                self.template(node, operands, &format!("({{0}} {op} {{1}} * interval '1 day')"))
            }
            (Kind::Timestamp, Kind::Timestamp) if op == "-" && D::ORACLE.has(self.from) && TWO.has(self.to) => {
                self.template(node, operands, "(extract(epoch from ({0} - {1})) / 86400)")
            }
            (Kind::Timestamp, Kind::Unknown) if D::ORACLE.has(self.from) => {
                self.unsure(
                    &node.range,
                    "date arithmetic with a value whose type is not known",
                    "give the DDL with --schema",
                );
                self.children(node)
            }
            (Kind::Timestamp, Kind::Timestamp) if op == "-" && self.to != self.from => {
                self.unsure(&node.range, "the difference of two times", "write it with what the target has");
                self.children(node)
            }
            _ => self.children(node),
        }
    }

    /// Whether a `+` joins text: an operand of the chain is text that is no number.
    fn joins_text(&self, node: &Node) -> bool {
        if let Some((sides, _)) = node.sides("+") {
            return sides.iter().any(|side| self.joins_text(side));
        }
        if matches!(node.what, What::Literal(Literal::Text)) {
            let text = self.slice(&node.range).trim_start_matches(['N', 'n']).trim_matches('\'');
            return text.trim().parse::<f64>().is_err();
        }
        self.kind(node) == Kind::Text
    }

    /// Whether the kind of an operand of the chain is known.
    fn adds_known(&self, node: &Node) -> bool {
        match node.sides("+") {
            Some((sides, _)) => sides.iter().any(|side| self.adds_known(side)),
            None => self.kind(node) != Kind::Unknown,
        }
    }

    /// Every `+` of the chain joins text.
    fn text_chain(&mut self, node: &Node, at: &Range<usize>, operands: &[Node]) -> Vec<Piece> {
        let mut changes = vec![(at.clone(), vec![Piece::New("||".to_owned())])];
        for operand in operands {
            let pieces = match operand.sides("+") {
                Some((sides, at)) => self.text_chain(operand, at, sides),
                None => self.node(operand),
            };
            changes.push((operand.range.clone(), pieces));
        }
        woven(&node.range, changes)
    }

    fn like(&mut self, node: &Node, operands: &[Node]) -> Vec<Piece> {
        let pattern = operands.get(1).map_or("", |pattern| self.slice(&pattern.range)).to_owned();
        let backslash = D::POSTGRES.or(D::REDSHIFT).or(D::MYSQL).or(D::SPARK).or(D::BIGQUERY);
        if D::TSQL.has(self.from) && pattern.contains('[') {
            self.refuse(&node.range, "LIKE with a set of characters in brackets", "write it as a regular expression");
        } else if backslash.has(self.from) && !backslash.has(self.to) && pattern.contains('\\') && operands.len() == 2 {
            self.refuse(&node.range, "LIKE with a backslash that escapes", "name the escape: LIKE … ESCAPE '\\'");
        }
        self.children(node)
    }

    fn matches(&mut self, node: &Node, operands: &[Node], not: &str) -> Vec<Piece> {
        if D::SNOWFLAKE.has(self.from) {
            let form =
                if D::DUCKDB.has(self.to) { "regexp_full_match({0}, {1})" } else { "({0} ~ ('^(' || {1} || ')$'))" };
            return self.template(node, operands, &format!("{not}{form}"));
        }
        if D::DUCKDB.has(self.to) {
            return self.template(node, operands, &format!("{not}regexp_matches({{0}}, {{1}})"));
        }
        if D::POSTGRES.has(self.to) {
            return self.template(node, operands, &format!("{not}({{0}} ~ {{1}})"));
        }
        self.unsure(&node.range, "a regular expression", "write it with what the target has");
        self.children(node)
    }

    /// PostgreSQL's operators of regular expressions.
    fn regular(&mut self, node: &Node, op: &str, operands: &[Node]) -> Vec<Piece> {
        if !D::DUCKDB.has(self.to) {
            self.same_or_unsure(node, op, operands);
            return self.children(node);
        }
        let not = if op.starts_with('!') { "not " } else { "" };
        let options = if op.ends_with('*') { ", 'i'" } else { "" };
        self.template(node, operands, &format!("{not}regexp_matches({{0}}, {{1}}{options})"))
    }

    /// `a || b`, where NULL is the empty text and the empty text is NULL.
    fn oracle_join(&mut self, node: &Node) -> Vec<Piece> {
        let mut parts = Vec::new();
        chain(node, &mut parts);
        let sure = parts.iter().any(|part| matches!(part.what, What::Literal(Literal::Text)) && part.range.len() > 2);
        let mut pieces = vec![Piece::New(if sure { "concat(" } else { "nullif(concat(" }.to_owned())];
        for (at, part) in parts.into_iter().enumerate() {
            if at > 0 {
                pieces.push(Piece::New(", ".to_owned()));
            }
            pieces.extend(self.node(part));
        }
        pieces.push(Piece::New(if sure { ")" } else { "), '')" }.to_owned()));
        pieces
    }

    /// A column, or a word that is a function without parentheses.
    pub(super) fn name(&mut self, node: &Node, parts: &[String]) -> Vec<Piece> {
        let kept = vec![Piece::Kept(node.range.clone())];
        let [name] = parts else { return kept };
        let written = self.slice(&node.range);
        if written.starts_with(['"', '[', '`']) {
            return kept;
        }
        match name.as_str() {
            "rownum" | "rowid" | "level" | "connect_by_root" | "prior" if D::ORACLE.has(self.from) => {
                let help = "write it with row_number() over (…) or a recursive query";
                self.refuse(&node.range, format!("Oracle's {name}"), help);
                kept
            }
            "sysdate" | "systimestamp" | "current_timestamp" | "current_date" | "localtimestamp" => {
                let zoned = D::POSTGRES.or(D::DUCKDB).or(D::SNOWFLAKE).or(D::BIGQUERY).or(D::TRINO).or(D::ORACLE);
                let sense = match name.as_str() {
                    "current_date" => "today",
                    "systimestamp" => "now_zoned",
                    "current_timestamp" if zoned.has(self.from) => "now_zoned",
                    _ => "now",
                };
                match forms::form_of(sense, self.to, Kind::Unknown) {
                    Some(form) if !form.eq_ignore_ascii_case(name) => vec![Piece::New(form.to_owned())],
                    Some(_) => kept,
                    None => {
                        self.unsure(&node.range, name.to_uppercase(), "write it with what the target has");
                        kept
                    }
                }
            }
            "current_user" | "session_user" | "user" | "current_time" | "localtime" => {
                self.unsure(&node.range, name.to_uppercase(), "write it with what the target has");
                kept
            }
            name if name.starts_with("@@") => {
                self.unsure(&node.range, name.to_owned(), "it has no meaning in a query of its own");
                kept
            }
            _ => kept,
        }
    }

    pub(super) fn interval(
        &mut self,
        node: &Node,
        amount: Option<&Node>,
        text: &str,
        unit: Option<&str>,
    ) -> Vec<Piece> {
        let text_units = D::POSTGRES.or(D::DUCKDB).or(D::REDSHIFT).or(D::SNOWFLAKE);
        let apart = D::BIGQUERY.or(D::MYSQL).or(D::SPARK).or(D::DUCKDB);
        let (from, to) = (self.from, self.to);
        match (amount, unit) {
            (None, None) if text_units.has(to) => {}
            (None, Some(unit)) if text_units.has(to) => return vec![Piece::New(format!("interval '{text} {unit}'"))],
            (Some(amount), Some(unit)) if D::POSTGRES.or(D::DUCKDB).has(to) && !(D::DUCKDB.has(from)) => {
                if matches!(amount.what, What::Literal(Literal::Number)) {
                    return vec![Piece::New(format!("interval '{text} {unit}'"))];
                }
                let mut pieces = vec![Piece::New("(".to_owned())];
                pieces.extend(self.closed(amount));
                pieces.push(Piece::New(format!(" * interval '1 {unit}')")));
                return pieces;
            }
            (Some(_), Some(_)) if apart.has(to) => {}
            (None, _) if apart.has(to) => {
                let whole = unit.map_or_else(|| text.to_owned(), |unit| format!("{text} {unit}"));
                if let Some((count, word)) = whole.split_once(' ')
                    && let (Ok(count), Some(unit)) = (count.parse::<i64>(), super::units::unit(word))
                {
                    return vec![Piece::New(format!("interval {count} {unit}"))];
                }
                self.unsure(&node.range, "an interval of several units", "write it with what the target has");
            }
            _ => self.unsure(&node.range, "an interval", "write it with what the target has"),
        }
        self.children(node)
    }

    /// The change of one token: the quotes of a name, of a text.
    pub(super) fn spelling(&mut self, token: &Token) -> Option<Edit> {
        let text = self.slice(&token.range);
        let edit = |new: String| (new != text).then(|| Edit { range: token.range.clone(), text: new });
        match token.kind {
            Lexed::Quoted => {
                let quote = text.chars().next()?;
                let same = self.target().identifier_quotes.first() == Some(&quote);
                let inner = text
                    .get(1..text.len().checked_sub(1)?)?
                    .replace("]]", "]")
                    .replace("``", "`")
                    .replace("\"\"", "\"");
                (!same).then(|| edit(identifier::requoted(&inner, self.to))).flatten()
            }
            Lexed::Text => edit(self.literal(text)?),
            Lexed::Word if text.starts_with('#') && !self.target().sigils => edit(identifier::requoted(text, self.to)),
            Lexed::Word | Lexed::Number | Lexed::Symbol | Lexed::Relation(_) | Lexed::Variable | Lexed::Edited => None,
        }
    }

    /// A text literal as the target writes it; none where it may stay.
    fn literal(&self, text: &str) -> Option<String> {
        let at = text.find(['\'', '"'])?;
        let (prefix, body) = text.split_at(at);
        let quote = body.chars().next()?;
        let inner = body.get(1..body.len().checked_sub(1)?)?;
        let escapes = self.source().backslash_escapes && prefix.is_empty() && inner.contains('\\');
        let national = prefix.eq_ignore_ascii_case("n") && !D::TSQL.or(D::ORACLE).has(self.to);
        let doubled = quote == '"' && !self.target().double_quoted_strings;
        let raw = prefix.eq_ignore_ascii_case("r");
        if !(national || doubled || raw || escapes && !self.target().backslash_escapes)
            || inner.starts_with("''")
            || inner.starts_with("\"\"") && inner.len() > 2
        {
            return None;
        }
        let mut plain = if escapes { unescaped(inner) } else { inner.to_owned() };
        if quote == '"' {
            plain = plain.replace("\"\"", "\"").replace('\'', "''");
        }
        Some(format!("'{plain}'"))
    }
}

/// The meaning of backslashes in a literal, with its quotes doubled.
fn unescaped(inner: &str) -> String {
    let mut out = String::new();
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match characters.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('0') | None => {}
            Some('\'') => out.push_str("''"),
            Some(other @ ('%' | '_')) => {
                out.push('\\');
                out.push(other);
            }
            Some(other) => out.push(other),
        }
    }
    out
}

/// The operands of a chain of `||`.
fn chain<'a>(node: &'a Node, parts: &mut Vec<&'a Node>) {
    match node.sides("||") {
        Some((sides, _)) => sides.iter().for_each(|side| chain(side, parts)),
        None => parts.push(node),
    }
}
