//! Date parts: words such as `day` that look like columns and are none.
//!
//! In: a function's name and arguments. Out: which argument is a date part. Never looks at a scope.

#![expect(clippy::wildcard_enum_match_arm, reason = "sqlparser's tree is another crate's, and large")]

use sqlparser::ast::{Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Value, ValueWithSpan};

/// Functions one of whose arguments is a date part: name, least number of arguments, whether the part comes last.
const DATE_FUNCTIONS: &[(&str, usize, bool)] = &[
    ("dateadd", 3, false),
    ("date_add", 3, false),
    ("datediff", 3, false),
    ("datediff_big", 3, false),
    ("date_diff", 3, true),
    ("timestampadd", 3, false),
    ("timestampdiff", 3, false),
    ("timestamp_diff", 3, true),
    ("datetime_diff", 3, true),
    ("time_diff", 3, true),
    ("timeadd", 3, false),
    ("timediff", 3, false),
    ("date_bucket", 3, false),
    ("datepart", 2, false),
    ("date_part", 2, false),
    ("datename", 2, false),
    ("datetrunc", 2, false),
    ("date_trunc", 2, true),
    ("timestamp_trunc", 2, true),
    ("datetime_trunc", 2, true),
    ("time_trunc", 2, true),
    ("last_day", 2, true),
    ("trunc", 2, true),
];

/// Date parts.
const DATE_PARTS: &[&str] = &[
    "year",
    "years",
    "yyyy",
    "yy",
    "y",
    "yr",
    "quarter",
    "quarters",
    "qq",
    "q",
    "qtr",
    "month",
    "months",
    "mm",
    "m",
    "mon",
    "week",
    "weeks",
    "ww",
    "wk",
    "w",
    "isoweek",
    "isowk",
    "day",
    "days",
    "dd",
    "d",
    "dayofyear",
    "dy",
    "doy",
    "weekday",
    "dw",
    "dow",
    "dayofweek",
    "dayofweekiso",
    "hour",
    "hours",
    "hh",
    "h",
    "minute",
    "minutes",
    "mi",
    "n",
    "min",
    "second",
    "seconds",
    "ss",
    "s",
    "sec",
    "millisecond",
    "milliseconds",
    "ms",
    "microsecond",
    "microseconds",
    "mcs",
    "us",
    "nanosecond",
    "nanoseconds",
    "ns",
    "epoch",
    "epoch_second",
    "decade",
    "century",
    "isoyear",
    "date",
    "tzoffset",
    "iso_week",
];

/// Which argument of a function is a date part; none when it has none.
pub(super) fn date_part(function: &str, args: &[FunctionArg]) -> Option<usize> {
    let (_, least, last) = DATE_FUNCTIONS.iter().find(|(name, ..)| *name == function)?;
    if args.len() < *least {
        return None;
    }
    let parts: Vec<usize> = args.iter().enumerate().filter(|(_, arg)| is_date_part(arg)).map(|(at, _)| at).collect();
    if function == "trunc" || function == "last_day" {
        return parts.last().copied().filter(|at| *at > 0);
    }
    if args.iter().any(is_string) && function != "datediff" && function != "dateadd" {
        return parts.first().copied().filter(|at| *at == 0 && !*last);
    }
    if *last { parts.last().copied() } else { parts.first().copied() }
}

fn is_string(arg: &FunctionArg) -> bool {
    matches!(
        arg,
        FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(ValueWithSpan {
            value: Value::SingleQuotedString(_),
            ..
        })))
    )
}

/// Whether an argument is a date part: `day`, or `week(monday)`.
fn is_date_part(arg: &FunctionArg) -> bool {
    let name = match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Identifier(name))) => &name.value,
        FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Function(function))) => {
            let parts = super::super::found::idents(&function.name);
            let week = parts.last().is_some_and(|part| part.value.eq_ignore_ascii_case("week"));
            return week
                && matches!(&function.args, FunctionArguments::List(list) if list.args.len() == 1 && has_weekday(&list.args));
        }
        _ => return false,
    };
    DATE_PARTS.contains(&name.to_lowercase().as_str())
}

fn has_weekday(args: &[FunctionArg]) -> bool {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    matches!(args.first(), Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Identifier(day)))) if days.contains(&day.value.to_lowercase().as_str()))
}
