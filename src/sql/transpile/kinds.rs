//! What kind of value an expression gives, as far as that is sure.
//!
//! In: a node, and the kinds of columns. Out: a kind; `Unknown` where two kinds are possible. Never guesses from a name.

use super::tree::{Literal, Node, What};

/// Kinds of values that rules tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Unknown,
    Integer,
    /// A number that is no whole one by its type.
    Number,
    Text,
    Date,
    Timestamp,
    Bool,
    Interval,
}

impl Kind {
    /// Whether a rule for this kind holds for a value of that one.
    pub fn holds(self, other: Self) -> bool {
        self == other
    }

    pub fn is_time(self) -> bool {
        matches!(self, Self::Date | Self::Timestamp)
    }

    pub fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Number)
    }

    /// The kind of a value that is one or the other.
    fn either(self, other: Self) -> Self {
        match (self, other) {
            (left, right) if left == right => left,
            (left, right) if left.is_number() && right.is_number() => Self::Number,
            (left, right) if left.is_time() && right.is_time() => Self::Timestamp,
            _ => Self::Unknown,
        }
    }
}

/// What the kinds of columns are asked of.
pub(super) trait Columns {
    /// The kind of a column, by the parts of its name.
    fn column(&self, parts: &[String]) -> Kind;
    /// The kind of a type as written.
    fn type_kind(&self, range: &std::ops::Range<usize>) -> Kind;
    /// The author's text.
    fn text(&self, range: &std::ops::Range<usize>) -> &str;
    /// Whether whole numbers divide to a whole number.
    fn whole_division(&self) -> bool;
}

/// The kind of a node's value.
pub(super) fn kind(node: &Node, columns: &impl Columns) -> Kind {
    match &node.what {
        What::Name(parts) => named(parts, columns),
        What::Literal(Literal::Text) => Kind::Text,
        What::Literal(Literal::Number) => {
            let whole = columns.text(&node.range).chars().all(|c| c.is_ascii_digit());
            if whole { Kind::Integer } else { Kind::Number }
        }
        What::Literal(Literal::Bool) => Kind::Bool,
        What::Literal(Literal::Date) => Kind::Date,
        What::Literal(Literal::Timestamp) => Kind::Timestamp,
        What::Interval { .. } => Kind::Interval,
        What::Cast(cast) => columns.type_kind(&cast.type_range),
        What::Paren(items) => match items.as_slice() {
            [item] => item.node().map_or(Kind::Unknown, |node| kind(node, columns)),
            _ => Kind::Unknown,
        },
        What::Case { children, results } => {
            let values = results.iter().filter_map(|at| children.get(*at));
            all_kinds(values, columns)
        }
        What::Call(call) => called(&call.name, &call.args(), columns),
        What::Operator { op, operands, .. } => computed(op, operands, columns),
        What::Literal(Literal::Null) | What::Relation | What::Variable | What::Star | What::Mixed(_) => Kind::Unknown,
    }
}

fn named(parts: &[String], columns: &impl Columns) -> Kind {
    match parts {
        [only] if only == "current_date" => Kind::Date,
        [only] if matches!(only.as_str(), "current_timestamp" | "localtimestamp" | "sysdate" | "systimestamp") => {
            Kind::Timestamp
        }
        parts => columns.column(parts),
    }
}

/// The kind that all values share, NULL aside.
fn all_kinds<'a>(nodes: impl Iterator<Item = &'a Node>, columns: &impl Columns) -> Kind {
    let known = nodes.filter(|node| !matches!(node.what, What::Literal(Literal::Null)));
    known.map(|node| kind(node, columns)).reduce(Kind::either).unwrap_or(Kind::Unknown)
}

/// Names of functions, kind of their value; the same in every dialect that has them.
const VALUES: &[(&str, Kind)] = &[
    (
        "lower upper trim ltrim rtrim replace substring substr left right concat concat_ws lpad rpad reverse repeat replicate \
         to_char to_varchar format date_format string_agg listagg group_concat initcap stuff format_date translate \
         split_part datename md5 char chr str",
        Kind::Text,
    ),
    (
        "count count_big row_number rank dense_rank ntile len length char_length charindex strpos instr position datediff \
         datepart year month day dayofweek dayofyear sign hour minute second quarter ascii datediff_big",
        Kind::Integer,
    ),
    ("stddev stddev_samp stddev_pop stdev sqrt exp ln log log10 percentile_cont", Kind::Number),
    (
        "current_date curdate try_to_date last_day eomonth date_from_parts datefromparts make_date parse_date \
         add_months",
        Kind::Date,
    ),
    (
        "getdate sysdatetime getutcdate sysutcdatetime now current_timestamp current_datetime to_timestamp \
         to_timestamp_ntz localtimestamp",
        Kind::Timestamp,
    ),
];

fn called(name: &str, args: &[&Node], columns: &impl Columns) -> Kind {
    if let Some((_, kind)) = VALUES.iter().find(|(names, _)| names.split(' ').any(|own| own == name)) {
        return *kind;
    }
    let of_first = || args.first().map_or(Kind::Unknown, |node| kind(node, columns));
    match name {
        "sum" | "min" | "max" | "abs" | "lag" | "lead" | "first_value" | "last_value" | "nullif" | "any_value"
        | "isnull" | "zeroifnull" | "floor" | "ceil" | "ceiling" | "round" | "trunc" => of_first(),
        "coalesce" | "nvl" | "ifnull" | "greatest" | "least" => all_kinds(args.iter().copied(), columns),
        "iif" | "iff" | "if" | "nvl2" => all_kinds(args.iter().copied().skip(1), columns),
        "dateadd" => match args.get(2).map(|node| kind(node, columns)) {
            Some(Kind::Text | Kind::Timestamp) => Kind::Timestamp,
            _ => Kind::Unknown,
        },
        _ => Kind::Unknown,
    }
}

fn computed(op: &str, operands: &[Node], columns: &impl Columns) -> Kind {
    let mut kinds = operands.iter().map(|node| kind(node, columns));
    let (first, second) = (kinds.next().unwrap_or(Kind::Unknown), kinds.next());
    match (op, second) {
        ("||", _) => Kind::Text,
        ("+" | "-", None) => first,
        ("+" | "-" | "*" | "%" | "mod", Some(second)) if first.is_number() && second.is_number() => {
            first.either(second)
        }
        ("*", Some(second)) if first == Kind::Number || second == Kind::Number => Kind::Number,
        ("+", Some(Kind::Text)) if first == Kind::Text => Kind::Text,
        ("+" | "-", Some(Kind::Interval)) if first == Kind::Timestamp => Kind::Timestamp,
        ("/", Some(second)) => {
            let whole = columns.whole_division() && first == Kind::Integer && second == Kind::Integer;
            match (whole, first == Kind::Number || second == Kind::Number || !columns.whole_division()) {
                (true, _) => Kind::Integer,
                (false, true) => Kind::Number,
                (false, false) => Kind::Unknown,
            }
        }
        ("=" | "<>" | "!=" | "<" | ">" | "<=" | ">=" | "and" | "or" | "not" | "in" | "like" | "between", _) => {
            Kind::Bool
        }
        _ => Kind::Unknown,
    }
}
