//! Conditions on the project's variables alone, as Jinja: they are decided before the query runs.
//!
//! In: a condition as parts. Out: a Jinja expression that is true where the condition is true, and false where it is
//! false or NULL. None where anything but variables, literals, comparisons, IS NULL, IN, AND, OR and NOT stands in it.

use crate::plan::drafts::Part;

/// How a variable's value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Text,
    Truth,
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Var(String, Kind),
    /// A string without its quotes.
    Text(String),
    Number(String),
    /// A word in lower case, or a symbol.
    Word(String),
}

#[derive(Debug, Clone)]
enum Condition {
    /// Variable, operator, literal as Jinja.
    Compare(String, Kind, &'static str, String),
    Null(String),
    In(String, Kind, Vec<String>),
    Truth(String),
    Not(Box<Self>),
    NotTrue(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
}

/// The condition as a Jinja expression; `loose` where the scripts' database compares text without case, `plain` says
/// whether a variable holds its value as it stands.
pub(super) fn asked(parts: &[Part], loose: bool, plain: &dyn Fn(&str) -> bool) -> Option<String> {
    let tokens = tokens(parts, plain)?;
    let mut parser = Parser { tokens: &tokens, at: 0 };
    let condition = parser.either(0)?;
    (parser.at == tokens.len()).then(|| holds(&condition, loose))
}

/// A Jinja expression that is true where the other is not.
pub(super) fn negated(expression: &str) -> String {
    let inner = expression.strip_prefix("not (").and_then(|rest| rest.strip_suffix(')'));
    let whole = |inner: &str| {
        let depths = inner.chars().scan(0_i32, |depth, c| {
            *depth += i32::from(c == '(') - i32::from(c == ')');
            Some(*depth)
        });
        depths.min().unwrap_or(0) >= 0
    };
    match inner {
        Some(inner) if whole(inner) => inner.to_owned(),
        _ => format!("not ({expression})"),
    }
}

fn tokens(parts: &[Part], plain: &dyn Fn(&str) -> bool) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    for part in parts {
        match part {
            Part::Text(text) => cut(text, &mut tokens)?,
            Part::Var { name, sql_type } if plain(name) => tokens.push(Token::Var(name.clone(), kind(sql_type))),
            Part::Var { .. }
            | Part::Read(_)
            | Part::This
            | Part::IfIncremental(_)
            | Part::If { .. }
            | Part::IfThere { .. }
            | Part::Each { .. }
            | Part::Call { .. } => return None,
        }
    }
    Some(tokens)
}

fn cut(text: &str, tokens: &mut Vec<Token>) -> Option<()> {
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let len = if first == '\'' {
            let inner = rest.get(1..)?;
            let end = inner.find('\'')?;
            let text = inner.get(..end)?;
            let simple = !inner.get(end + 1..)?.starts_with('\'')
                && text.chars().all(|c| c.is_alphanumeric() || "_-. :/".contains(c));
            tokens.push(Token::Text(simple.then(|| text.to_owned())?));
            end + 2
        } else if first.is_alphanumeric() || first == '_' {
            let len = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
            let word = rest.get(..len)?;
            let number = first.is_ascii_digit() && word.chars().all(|c| c.is_ascii_digit() || c == '.');
            tokens.push(if number { Token::Number(word.to_owned()) } else { Token::Word(word.to_lowercase()) });
            len
        } else {
            let two = ["<>", "!=", "<=", ">="].into_iter().find(|sign| rest.starts_with(sign));
            let sign = two.map_or_else(|| first.to_string(), str::to_owned);
            if two.is_none() && !"()=<>,".contains(first) {
                return None;
            }
            tokens.push(Token::Word(sign.clone()));
            sign.len()
        };
        rest = rest.get(len..)?.trim_start();
    }
    Some(())
}

fn kind(sql_type: &str) -> Kind {
    let word: String = sql_type.chars().take_while(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let numbers = ["int", "integer", "bigint", "smallint", "tinyint", "bit", "int64", "numeric", "decimal", "number"];
    let texts = ["text", "char", "varchar", "varchar2", "nvarchar", "nvarchar2", "nchar", "character", "string"];
    match word.as_str() {
        "bool" | "boolean" => Kind::Truth,
        word if numbers.contains(&word) => Kind::Number,
        word if texts.contains(&word) => Kind::Text,
        _ => Kind::Other,
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
}

/// Deeper conditions stay SQL.
const DEEPEST: usize = 40;

impl Parser<'_> {
    fn is(&self, word: &str) -> bool {
        matches!(self.tokens.get(self.at), Some(Token::Word(found)) if found == word)
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.is(word);
        self.at += usize::from(found);
        found
    }

    fn take_all(&mut self, words: &[&str]) -> bool {
        let start = self.at;
        let all = words.iter().all(|word| self.take(word));
        if !all {
            self.at = start;
        }
        all
    }

    fn either(&mut self, depth: usize) -> Option<Condition> {
        let mut left = self.both(depth)?;
        while self.take("or") {
            left = Condition::Or(Box::new(left), Box::new(self.both(depth)?));
        }
        Some(left)
    }

    fn both(&mut self, depth: usize) -> Option<Condition> {
        let mut left = self.term(depth)?;
        while self.take("and") {
            left = Condition::And(Box::new(left), Box::new(self.term(depth)?));
        }
        Some(left)
    }

    fn term(&mut self, depth: usize) -> Option<Condition> {
        if depth > DEEPEST {
            return None;
        }
        if self.take("not") {
            return Some(Condition::Not(Box::new(self.term(depth + 1)?)));
        }
        let inner = if self.take("(") {
            let inner = self.either(depth + 1)?;
            self.take(")").then_some(inner)?
        } else if self.take_all(&["case", "when"]) {
            let inner = self.either(depth + 1)?;
            let (zero, one) = (Token::Number("0".to_owned()), Token::Number("1".to_owned()));
            let word = |word: &str| Token::Word(word.to_owned());
            let tail = [word("then"), zero, word("else"), one.clone(), word("end"), word("="), one];
            let found = self.tokens.get(self.at..self.at + tail.len()) == Some(&tail);
            self.at += tail.len();
            return found.then(|| Condition::NotTrue(Box::new(inner)));
        } else {
            self.comparison()?
        };
        if self.take_all(&["is", "not", "true"]) {
            return Some(Condition::NotTrue(Box::new(inner)));
        }
        Some(inner)
    }

    fn comparison(&mut self) -> Option<Condition> {
        let Some(Token::Var(name, kind)) = self.tokens.get(self.at).cloned() else { return None };
        self.at += 1;
        if self.take_all(&["is", "not", "null"]) {
            return Some(Condition::Not(Box::new(Condition::Null(name))));
        }
        if self.take_all(&["is", "null"]) {
            return Some(Condition::Null(name));
        }
        let negated = self.take("not");
        if self.take_all(&["in", "("]) {
            let mut list = vec![self.literal(kind)?];
            while self.take(",") {
                list.push(self.literal(kind)?);
            }
            let found = self.take(")").then_some(Condition::In(name, kind, list))?;
            return Some(if negated { Condition::Not(Box::new(found)) } else { found });
        }
        let signs = [("=", "=="), ("<>", "!="), ("!=", "!="), ("<=", "<="), (">=", ">="), ("<", "<"), (">", ">")];
        let sign = signs.into_iter().find(|(sign, _)| self.is(sign));
        match (sign, negated) {
            (Some((_, sign)), false) => {
                self.at += 1;
                let ordered = !matches!(sign, "==" | "!=") && kind != Kind::Number;
                let literal = self.literal(kind)?;
                (!ordered).then_some(Condition::Compare(name, kind, sign, literal))
            }
            (None, false) => (kind == Kind::Truth).then_some(Condition::Truth(name)),
            (_, true) => None,
        }
    }

    /// A literal of the variable's kind, as Jinja.
    fn literal(&mut self, kind: Kind) -> Option<String> {
        let literal = match (self.tokens.get(self.at)?, kind) {
            (Token::Number(number), Kind::Number) => number.clone(),
            (Token::Text(text), Kind::Text) => format!("'{text}'"),
            _ => return None,
        };
        self.at += 1;
        Some(literal)
    }
}

fn var(name: &str) -> String {
    format!("var('{name}')")
}

/// The variable as a value that can be compared.
fn value(name: &str, kind: Kind, loose: bool) -> String {
    match kind {
        Kind::Number => format!("{} | float", var(name)),
        Kind::Text | Kind::Truth | Kind::Other if loose => format!("{} | string | lower", var(name)),
        Kind::Text | Kind::Truth | Kind::Other => format!("{} | string", var(name)),
    }
}

fn literal(text: &str, loose: bool) -> String {
    if loose { text.to_lowercase() } else { text.to_owned() }
}

const TRUE: &str = "['true', 't', 'yes', 'on', '1']";

/// Where the condition is true.
fn holds(condition: &Condition, loose: bool) -> String {
    match condition {
        // Nothing is no such text.
        Condition::Compare(name, Kind::Text, "==", text) if text != "'None'" => {
            format!("{} == {}", value(name, Kind::Text, loose), literal(text, loose))
        }
        Condition::Compare(name, kind, sign, text) => {
            format!("{} is not none and {} {sign} {}", var(name), value(name, *kind, loose), literal(text, loose))
        }
        Condition::Null(name) => format!("{} is none", var(name)),
        Condition::In(name, kind, list) => {
            let list: Vec<String> = list.iter().map(|text| literal(text, loose)).collect();
            format!("{} is not none and {} in [{}]", var(name), value(name, *kind, loose), list.join(", "))
        }
        Condition::Truth(name) => format!("{} | string | lower in {TRUE}", var(name)),
        Condition::Not(inner) => fails(inner, loose),
        Condition::NotTrue(inner) => negated(&holds(inner, loose)),
        Condition::And(left, right) => format!("({}) and ({})", holds(left, loose), holds(right, loose)),
        Condition::Or(left, right) => format!("({}) or ({})", holds(left, loose), holds(right, loose)),
    }
}

/// Where the condition is false: not where it is NULL.
fn fails(condition: &Condition, loose: bool) -> String {
    match condition {
        Condition::Compare(name, ..) | Condition::In(name, ..) | Condition::Truth(name) => {
            format!("{} is not none and not ({})", var(name), holds(condition, loose))
        }
        Condition::Null(name) => format!("{} is not none", var(name)),
        Condition::Not(inner) | Condition::NotTrue(inner) => holds(inner, loose),
        Condition::And(left, right) => format!("({}) or ({})", fails(left, loose), fails(right, loose)),
        Condition::Or(left, right) => format!("({}) and ({})", fails(left, loose), fails(right, loose)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_on_variables() {
        let var = |name: &str, sql_type: &str| Part::Var { name: name.to_owned(), sql_type: sql_type.to_owned() };
        let text = |text: &str| Part::Text(text.to_owned());
        let rows = [
            (vec![text("(("), var("m", "text"), text(" = 'Full'))")], "var('m') | string == 'Full'"),
            (
                vec![text("("), var("n", "int"), text(" > 2) is not true")],
                "not (var('n') is not none and var('n') | float > 2)",
            ),
            (
                vec![text("not "), var("n", "int"), text(" = 2")],
                "var('n') is not none and not (var('n') is not none and var('n') | float == 2)",
            ),
            (
                vec![var("f", "boolean"), text(" and "), var("d", "date"), text(" is null")],
                "(var('f') | string | lower in ['true', 't', 'yes', 'on', '1']) and (var('d') is none)",
            ),
            (
                vec![var("m", "text"), text(" in ('a', 'b')")],
                "var('m') is not none and var('m') | string in ['a', 'b']",
            ),
            (
                vec![text("case when "), var("n", "int"), text(" = 1 then 0 else 1 end = 1")],
                "not (var('n') is not none and var('n') | float == 1)",
            ),
            (vec![var("d", "date"), text(" < '2024-01-01'")], ""),
            (vec![text("exists (select 1 from t)")], ""),
            (vec![var("m", "text"), text(" = upper('a')")], ""),
        ];
        for (parts, expected) in rows {
            assert_eq!(asked(&parts, false, &|_| true).unwrap_or_default(), expected, "{parts:?}");
        }
    }
}
