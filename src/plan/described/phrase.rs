//! An expression in words, where few words say it.
//!
//! In: an expression, and how its columns are shown. Out: a phrase such as `Sum of amount of raw.payments`; none for
//! what takes more than a line. Says what the query computes, never what it is for.

use crate::sql::shape::Expr;

/// How columns and variables are shown; none for one that is not known.
pub(super) struct Shown<'a> {
    /// A column, by qualifier and name.
    pub column: &'a dyn Fn(&str, &str) -> Option<String>,
    /// A variable, by its place in the text.
    pub variable: &'a dyn Fn(usize) -> Option<String>,
}

/// Functions of one value: before the value, behind it.
const OF_ONE: &[(&str, &str, &str)] = &[
    ("sum", "sum of ", ""),
    ("avg", "average of ", ""),
    ("min", "smallest ", ""),
    ("max", "largest ", ""),
    ("count", "number of rows that have ", ""),
    ("upper", "", " in capitals"),
    ("ucase", "", " in capitals"),
    ("lower", "", " in small letters"),
    ("lcase", "", " in small letters"),
    ("trim", "", " without blanks around it"),
    ("btrim", "", " without blanks around it"),
    ("ltrim", "", " without blanks before it"),
    ("rtrim", "", " without blanks behind it"),
    ("abs", "", " without its sign"),
    ("round", "", ", rounded"),
];
/// Functions that give the first value that is there.
const FIRST_THERE: &[&str] = &["coalesce", "ifnull", "nvl"];
/// What asks the clock for a point in time.
const CLOCK: &[&str] = &["now", "current_timestamp", "getdate", "sysdatetime", "sysdate", "localtimestamp"];
/// What asks the clock for the day.
const DAY: &[&str] = &["current_date", "curdate", "today"];
/// Operators in words.
const OPERATORS: &[(&str, &str)] = &[("+", "plus"), ("-", "minus"), ("*", "times"), ("/", "divided by")];
/// As many values of a CASE are listed.
const VALUES: usize = 5;
/// No longer phrase is of use.
const LONGEST: usize = 160;

/// The expression in words, with a capital.
pub(super) fn phrase(value: &Expr, shown: &Shown) -> Option<String> {
    let text = match value {
        Expr::Text(_) | Expr::Number(_) | Expr::Bool(_) | Expr::Null => format!("always {}", literal(value)?),
        Expr::Case(arms, otherwise) => choice(arms, otherwise.as_deref(), shown)?,
        Expr::Column(..)
        | Expr::Variable(_)
        | Expr::Call(..)
        | Expr::Operator(..)
        | Expr::Cast(..)
        | Expr::Other(_) => words(value, shown, 0)?,
    };
    let computed = matches!(value, Expr::Call(..) | Expr::Case(..) | Expr::Text(_) | Expr::Number(_) | Expr::Bool(_));
    let starts =
        ["always ", "sum ", "average ", "smallest ", "largest ", "number ", "whether ", "time ", "day ", "the "];
    let capital = (computed || matches!(value, Expr::Null | Expr::Operator(..) | Expr::Variable(_) | Expr::Cast(..)))
        && starts.iter().any(|start| text.starts_with(start));
    let text = if capital { capitalized(&text) } else { text };
    (text.len() <= LONGEST).then_some(text)
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// The deepest nesting that a person can read.
const DEEPEST: usize = 3;

fn words(value: &Expr, shown: &Shown, depth: usize) -> Option<String> {
    if depth > DEEPEST {
        return None;
    }
    match value {
        Expr::Column(qualifier, name) => (shown.column)(qualifier, name),
        Expr::Variable(place) => Some(format!("the variable {}", (shown.variable)(*place)?)),
        Expr::Text(_) | Expr::Number(_) | Expr::Bool(_) | Expr::Null => literal(value),
        Expr::Cast(inner, sql_type) => match inner.as_ref() {
            Expr::Column(..) if depth == 0 => Some(format!("{} as {sql_type}", words(inner, shown, depth)?)),
            Expr::Column(..)
            | Expr::Text(_)
            | Expr::Number(_)
            | Expr::Bool(_)
            | Expr::Null
            | Expr::Variable(_)
            | Expr::Call(..)
            | Expr::Operator(..)
            | Expr::Case(..)
            | Expr::Cast(..)
            | Expr::Other(_) => words(inner, shown, depth),
        },
        Expr::Call(name, arguments) => call(name, arguments, shown, depth + 1),
        Expr::Operator(op, operands) => operator(op, operands, shown, depth + 1),
        Expr::Case(..) | Expr::Other(_) => None,
    }
}

fn call(name: &str, arguments: &[Expr], shown: &Shown, depth: usize) -> Option<String> {
    let name = name.to_lowercase();
    match arguments {
        [] if CLOCK.contains(&name.as_str()) => Some("time of the run".to_owned()),
        [] if DAY.contains(&name.as_str()) => Some("day of the run".to_owned()),
        [Expr::Other(within)] if name == "count" && within.is_empty() => Some("number of rows".to_owned()),
        [Expr::Number(_)] if name == "count" => Some("number of rows".to_owned()),
        [only] | [only, Expr::Number(_)] if name == "round" || arguments.len() == 1 => {
            let (_, before, behind) = OF_ONE.iter().find(|(own, _, _)| *own == name)?;
            Some(format!("{before}{}{behind}", words(only, shown, depth)?))
        }
        [_, _, ..] if FIRST_THERE.contains(&name.as_str()) => {
            let all: Option<Vec<String>> = arguments.iter().map(|value| words(value, shown, depth)).collect();
            let all = all?.join(", or ");
            Some(if arguments.len() == 2 {
                format!("{all} where that is missing")
            } else {
                format!("{all}: the first that is there")
            })
        }
        _ => None,
    }
}

fn operator(op: &str, operands: &[Expr], shown: &Shown, depth: usize) -> Option<String> {
    let simple = |value: &Expr| matches!(value, Expr::Column(..) | Expr::Number(_) | Expr::Variable(_));
    match (op, operands) {
        ("is null", [value]) => Some(format!("whether {} is missing", words(value, shown, depth)?)),
        ("is not null", [value]) => Some(format!("whether {} is there", words(value, shown, depth)?)),
        (op, [left, right]) if simple(left) && simple(right) => {
            let (_, between) = OPERATORS.iter().find(|(own, _)| *own == op)?;
            Some(format!("{} {between} {}", words(left, shown, depth)?, words(right, shown, depth)?))
        }
        _ => None,
    }
}

fn literal(value: &Expr) -> Option<String> {
    match value {
        Expr::Text(text) if text.len() <= 40 && !text.contains(['\n', '\r']) => Some(format!("'{text}'")),
        Expr::Number(number) => Some(number.clone()),
        Expr::Bool(value) => Some(value.to_string()),
        Expr::Null => Some("NULL".to_owned()),
        Expr::Text(_)
        | Expr::Column(..)
        | Expr::Variable(_)
        | Expr::Call(..)
        | Expr::Operator(..)
        | Expr::Case(..)
        | Expr::Cast(..)
        | Expr::Other(_) => None,
    }
}

/// `'high', 'low' or NULL, by amount of raw.orders`.
fn choice(arms: &[(Expr, Expr)], otherwise: Option<&Expr>, shown: &Shown) -> Option<String> {
    let mut values: Vec<String> = Vec::new();
    for result in arms.iter().map(|(_, result)| result).chain(std::iter::once(otherwise.unwrap_or(&Expr::Null))) {
        let text = literal(result)?;
        if !values.contains(&text) {
            values.push(text);
        }
    }
    let mut by: Vec<String> = Vec::new();
    for part in arms.iter().flat_map(|(condition, _)| condition.all()) {
        let Expr::Column(qualifier, name) = part else { continue };
        let text = (shown.column)(qualifier, name)?;
        if !by.contains(&text) {
            by.push(text);
        }
    }
    let last = values.pop()?;
    if values.is_empty() || values.len() >= VALUES || by.is_empty() || by.len() > 2 {
        return None;
    }
    Some(format!("{} or {last}, by {}", values.join(", "), by.join(" and ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str) -> Expr {
        Expr::Column(String::new(), name.to_owned())
    }

    fn text(value: &str) -> Expr {
        Expr::Text(value.to_owned())
    }

    fn of(name: &str, arguments: Vec<Expr>) -> Expr {
        Expr::Call(name.to_owned(), arguments)
    }

    #[test]
    fn phrases() {
        let shown = Shown {
            column: &|_, name| (name != "lost").then(|| format!("{name} of t")),
            variable: &|_| Some("day".to_owned()),
        };
        let high = Expr::Operator(">".to_owned(), vec![column("a"), Expr::Number("9".to_owned())]);
        let rows = [
            (of("sum", vec![column("a")]), Some("Sum of a of t")),
            (of("sum", vec![column("lost")]), None),
            (of("count", vec![Expr::Other(Vec::new())]), Some("Number of rows")),
            (
                of("coalesce", vec![of("sum", vec![column("a")]), Expr::Number("0".to_owned())]),
                Some("Sum of a of t, or 0 where that is missing"),
            ),
            (
                of("trim", vec![of("lower", vec![column("a")])]),
                Some("a of t in small letters without blanks around it"),
            ),
            (of("getdate", Vec::new()), Some("Time of the run")),
            (of("md5", vec![column("a")]), None),
            (Expr::Cast(Box::new(column("a")), "date".to_owned()), Some("a of t as date")),
            (text("web"), Some("Always 'web'")),
            (Expr::Variable(3), Some("The variable day")),
            (Expr::Operator("*".to_owned(), vec![column("a"), column("b")]), Some("a of t times b of t")),
            (Expr::Operator("is null".to_owned(), vec![column("a")]), Some("Whether a of t is missing")),
            (
                Expr::Case(vec![(high.clone(), text("high"))], Some(Box::new(text("low")))),
                Some("'high' or 'low', by a of t"),
            ),
            (Expr::Case(vec![(high, column("b"))], None), None),
            (Expr::Other(vec![column("a")]), None),
        ];
        for (value, expected) in rows {
            assert_eq!(phrase(&value, &shown).as_deref(), expected, "{value:?}");
        }
    }
}
