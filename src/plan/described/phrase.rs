//! An expression in words, where few words say it.
//!
//! In: an expression, and how its columns are shown. Out: a phrase such as ``Sum of `payments.amount` per `customer_id` ``;
//! none for what takes more than a line. Says what the query computes, never what it is for.

use crate::sql::shape::{Expr, ROW_NUMBER};

/// A column as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// The relation that it is of; none for the model's own rows of before.
    pub relation: Option<String>,
    /// Its name there.
    pub column: String,
}

impl Name {
    /// `` `orders.amount` ``.
    pub fn words(&self) -> String {
        match &self.relation {
            Some(relation) => format!("`{relation}.{}`", self.column),
            None => format!("`{}` of the run before", self.column),
        }
    }
}

/// How columns and variables are shown; none for one that is not known.
pub(super) struct Shown<'a> {
    /// A column, by qualifier and name.
    pub column: &'a dyn Fn(&str, &str) -> Option<Name>,
    /// A variable, by its place in the text.
    pub variable: &'a dyn Fn(usize) -> Option<String>,
    /// What stands behind an aggregate: `` per `customer_id` ``.
    pub per: &'a str,
}

/// Functions of one value: before the value, behind it, and whether they are computed of many rows.
const OF_ONE: &[(&str, &str, &str, bool)] = &[
    ("sum", "sum of ", "", true),
    ("avg", "average of ", "", true),
    ("min", "minimum of ", "", true),
    ("max", "maximum of ", "", true),
    ("count", "number of rows with ", "", true),
    ("upper", "", " in upper case", false),
    ("ucase", "", " in upper case", false),
    ("lower", "", " in lower case", false),
    ("lcase", "", " in lower case", false),
    ("trim", "", ", trimmed", false),
    ("btrim", "", ", trimmed", false),
    ("abs", "absolute value of ", "", false),
    ("round", "", ", rounded", false),
];
/// Functions that give the first value that is there.
const FIRST_THERE: &[&str] = &["coalesce", "ifnull", "nvl"];
/// What asks the clock for a point in time.
const CLOCK: &[&str] = &["now", "current_timestamp", "getdate", "sysdatetime", "sysdate", "localtimestamp"];
/// What asks the clock for the day.
const DAY: &[&str] = &["current_date", "curdate", "today"];
/// As many values of a CASE are listed.
const VALUES: usize = 5;
/// No longer phrase is of use.
const LONGEST: usize = 160;

/// The expression in words, or as it is computed where no words say it; with a capital.
pub(super) fn phrase(value: &Expr, shown: &Shown) -> Option<String> {
    let text = match value {
        Expr::Text(_) | Expr::Number(_) | Expr::Bool(_) | Expr::Null => Some(format!("always {}", literal(value)?)),
        Expr::Case(arms, otherwise) => {
            let otherwise = otherwise.as_deref();
            arms_of(arms, otherwise, shown).filter(|text| fits(text)).or_else(|| choice(arms, otherwise, shown))
        }
        Expr::Column(..)
        | Expr::Variable(_)
        | Expr::Call(..)
        | Expr::Operator(..)
        | Expr::Cast(..)
        | Expr::Other(_) => words(value, shown, 0).filter(|text| fits(text)).or_else(|| computed(value, shown)),
    };
    text.filter(|text| fits(text)).map(|text| capitalized(&text))
}

fn fits(text: &str) -> bool {
    text.len() <= LONGEST
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
        Expr::Column(qualifier, name) => Some((shown.column)(qualifier, name)?.words()),
        Expr::Variable(place) => Some(format!("the variable `{}`", (shown.variable)(*place)?)),
        Expr::Text(_) | Expr::Number(_) | Expr::Bool(_) | Expr::Null => literal(value),
        Expr::Cast(inner, _) => words(inner, shown, depth),
        Expr::Call(name, arguments) => call(name, arguments, shown, depth + 1),
        Expr::Operator(op, operands) => operator(op, operands, shown, depth + 1),
        Expr::Case(..) | Expr::Other(_) => None,
    }
}

fn call(name: &str, arguments: &[Expr], shown: &Shown, depth: usize) -> Option<String> {
    let name = name.to_lowercase();
    let rows = || Some(format!("number of rows{}", shown.per));
    if name == ROW_NUMBER {
        let order: Option<Vec<String>> = arguments.iter().map(|value| code(value, shown, false)).collect();
        return Some(format!("number of the row, ordered by `{}`", order?.join("`, `")));
    }
    match arguments {
        [] if CLOCK.contains(&name.as_str()) => Some("time of the run".to_owned()),
        [] if DAY.contains(&name.as_str()) => Some("day of the run".to_owned()),
        [Expr::Other(within)] if name == "count" && within.is_empty() => rows(),
        [Expr::Number(_)] if name == "count" => rows(),
        [only] | [only, Expr::Number(_)] if name == "round" || arguments.len() == 1 => {
            let (_, before, behind, many) = OF_ONE.iter().find(|(own, ..)| *own == name)?;
            let inner = words(only, shown, depth);
            let inner = if *many { inner.or_else(|| formula(only, shown)) } else { inner }?;
            Some(format!("{before}{inner}{behind}{}", if *many { shown.per } else { "" }))
        }
        [_, rest @ ..] if FIRST_THERE.contains(&name.as_str()) && !rest.is_empty() => {
            let all: Option<Vec<String>> = arguments.iter().map(|value| words(value, shown, depth)).collect();
            match all?.as_slice() {
                [value, instead] => Some(format!("{value}, or {instead} where that is null")),
                all => Some(format!("the first of {} that is not null", all.join(", "))),
            }
        }
        _ => None,
    }
}

fn operator(op: &str, operands: &[Expr], shown: &Shown, depth: usize) -> Option<String> {
    match (op, operands) {
        ("is null", [value]) => Some(format!("whether {} is null", words(value, shown, depth)?)),
        ("is not null", [value]) => Some(format!("whether {} is not null", words(value, shown, depth)?)),
        _ => None,
    }
}

fn literal(value: &Expr) -> Option<String> {
    match value {
        Expr::Text(text) if text.len() <= 40 && !text.contains(['\n', '\r']) => Some(format!("'{text}'")),
        Expr::Number(number) => Some(number.clone()),
        Expr::Bool(value) => Some(value.to_string()),
        Expr::Null => Some("null".to_owned()),
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

/// `` computed as `amount - discount` of `orders` ``.
fn computed(value: &Expr, shown: &Shown) -> Option<String> {
    let has_columns = value.all().into_iter().any(|part| matches!(part, Expr::Column(..)));
    if has_columns { Some(format!("computed as {}", formula(value, shown)?)) } else { None }
}

/// An expression between backticks, with the relation that its columns are of behind it where it is one.
pub(super) fn formula(value: &Expr, shown: &Shown) -> Option<String> {
    let text = code(value, shown, false)?;
    let mut relations: Vec<String> = Vec::new();
    for part in value.all() {
        if let Expr::Column(qualifier, name) = part {
            let relation = (shown.column)(qualifier, name)?.relation?;
            if !relations.contains(&relation) {
                relations.push(relation);
            }
        }
    }
    let [relation] = relations.as_slice() else { return Some(format!("`{text}`")) };
    Some(format!("`{}` of `{relation}`", text.replace(&format!("{relation}."), "")))
}

/// An expression as SQL writes it; none where a part of it is not known.
fn code(value: &Expr, shown: &Shown, nested: bool) -> Option<String> {
    let of = |value: &Expr| code(value, shown, true);
    let list = |values: &[Expr]| Some(values.iter().map(of).collect::<Option<Vec<_>>>()?.join(", "));
    let text = match value {
        Expr::Column(qualifier, name) => {
            let name = (shown.column)(qualifier, name)?;
            return Some(format!("{}.{}", name.relation?, name.column));
        }
        Expr::Variable(place) => return (shown.variable)(*place),
        Expr::Text(_) | Expr::Number(_) | Expr::Bool(_) | Expr::Null => return literal(value),
        Expr::Cast(inner, _) => return code(inner, shown, nested),
        Expr::Call(name, _) if name == ROW_NUMBER => return None,
        Expr::Call(name, arguments) => {
            let bare = arguments.iter().map(|value| code(value, shown, false)).collect::<Option<Vec<_>>>()?;
            return Some(format!("{name}({})", bare.join(", ")));
        }
        Expr::Operator(op, operands) => match (op.as_str(), operands.as_slice()) {
            (op, [value]) if op.starts_with("is ") => format!("{} {op}", of(value)?),
            (op, [value]) => format!("{op} {}", of(value)?),
            ("in" | "not in", [value, values @ ..]) => format!("{} {op} ({})", of(value)?, list(values)?),
            ("between" | "not between", [value, from, to]) => {
                format!("{} {op} {} and {}", of(value)?, of(from)?, of(to)?)
            }
            (op @ ("and" | "or" | "+" | "*" | "||"), all) => {
                all.iter().map(of).collect::<Option<Vec<_>>>()?.join(&format!(" {op} "))
            }
            (op, [left, right]) => format!("{} {op} {}", of(left)?, of(right)?),
            _ => return None,
        },
        Expr::Case(..) | Expr::Other(_) => return None,
    };
    Some(if nested { format!("({text})") } else { text })
}

/// `` 'high' where `amount > 100` of `orders`, else 'low' ``.
fn arms_of(arms: &[(Expr, Expr)], otherwise: Option<&Expr>, shown: &Shown) -> Option<String> {
    let mut said: Vec<String> = Vec::new();
    for (condition, result) in arms {
        said.push(format!("{} where {}", words(result, shown, DEEPEST)?, formula(condition, shown)?));
    }
    said.push(format!("else {}", words(otherwise.unwrap_or(&Expr::Null), shown, DEEPEST)?));
    // The relation is told once.
    let of: Vec<&str> = said.iter().filter_map(|one| one.rsplit_once("` of `")).map(|(_, of)| of).collect();
    let same = of.len() > 1 && of.windows(2).all(|two| matches!(two, [left, right] if left == right));
    let same = if same { of.first().map(|of| format!(" of `{of}")) } else { None };
    let text = said.join(", ");
    let Some(same) = same else { return Some(text) };
    let (before, last) = text.rsplit_once(&same)?;
    Some(format!("{}{same}{last}", before.replace(&same, "")))
}

/// `` 'high', 'low' or null, by `orders.amount` ``.
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
        let text = (shown.column)(qualifier, name)?.words();
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

    fn operator(op: &str, left: Expr, right: Expr) -> Expr {
        Expr::Operator(op.to_owned(), vec![left, right])
    }

    #[test]
    fn phrases() {
        let name = |name: &str| Name { relation: Some("t".to_owned()), column: name.to_owned() };
        let shown = Shown {
            column: &|_, own| (own != "lost").then(|| name(own)),
            variable: &|_| Some("day".to_owned()),
            per: " per `k`",
        };
        let high = operator(">", column("a"), Expr::Number("9".to_owned()));
        let rows = [
            (of("sum", vec![column("a")]), Some("Sum of `t.a` per `k`")),
            (of("sum", vec![operator("*", column("a"), column("b"))]), Some("Sum of `a * b` of `t` per `k`")),
            (of("sum", vec![column("lost")]), None),
            (of("count", vec![Expr::Other(Vec::new())]), Some("Number of rows per `k`")),
            (
                of("coalesce", vec![of("sum", vec![column("a")]), Expr::Number("0".to_owned())]),
                Some("Sum of `t.a` per `k`, or 0 where that is null"),
            ),
            (of("trim", vec![of("lower", vec![column("a")])]), Some("`t.a` in lower case, trimmed")),
            (of("getdate", Vec::new()), Some("Time of the run")),
            (of("md5", vec![column("a")]), Some("Computed as `md5(a)` of `t`")),
            (of("md5", vec![text("x")]), None),
            (Expr::Cast(Box::new(column("a")), "date".to_owned()), Some("`t.a`")),
            (text("web"), Some("Always 'web'")),
            (Expr::Variable(3), Some("The variable `day`")),
            (
                operator("-", column("a"), operator("*", column("b"), column("c"))),
                Some("Computed as `a - (b * c)` of `t`"),
            ),
            (Expr::Operator("is null".to_owned(), vec![column("a")]), Some("Whether `t.a` is null")),
            (
                Expr::Case(vec![(high.clone(), text("high"))], Some(Box::new(text("low")))),
                Some("'high' where `a > 9` of `t`, else 'low'"),
            ),
            (
                Expr::Case(vec![(high.clone(), text("p")), (high.clone(), text("q"))], None),
                Some("'p' where `a > 9`, 'q' where `a > 9` of `t`, else null"),
            ),
            (Expr::Case(vec![(high, column("b"))], None), Some("`t.b` where `a > 9` of `t`, else null")),
            (Expr::Other(vec![column("a")]), None),
        ];
        for (value, expected) in rows {
            assert_eq!(phrase(&value, &shown).as_deref(), expected, "{value:?}");
        }
    }
}
