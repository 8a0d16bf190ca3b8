//! A pure table: how functions and aggregates are said. `{0}` is the first argument.
//!
//! The form is the one that PostgreSQL and DuckDB share and for which both give the same rows. A row that is not
//! `plain` may mean something else, or nothing, in the other dialects.

use crate::frame::{Aggregate, Function, Part};

/// How a function is said.
pub struct Form {
    /// The text, with its arguments' places.
    pub text: &'static str,
    /// Whether all dialects say it so.
    pub plain: bool,
}

const fn plain(text: &'static str) -> Form {
    Form { text, plain: true }
}

const fn own(text: &'static str) -> Form {
    Form { text, plain: false }
}

/// The form of a function with that many arguments. None where `format` writes it by hand.
pub fn function(function: Function, arguments: usize) -> Option<Form> {
    let form = match function {
        Function::Lower => plain("lower({0})"),
        Function::Upper => plain("upper({0})"),
        Function::Title => own("initcap({0})"),
        Function::Capitalize => plain("upper(substr({0}, 1, 1)) || lower(substr({0}, 2))"),
        Function::Trim => own("trim({0}, {1})"),
        Function::TrimStart => own("ltrim({0}, {1})"),
        Function::TrimEnd => own("rtrim({0}, {1})"),
        Function::Length => plain("length({0})"),
        Function::ContainsText => own("strpos({0}, {1}) > 0"),
        Function::StartsWith => own("starts_with({0}, {1})"),
        Function::EndsWith => own("right({0}, length({1})) = {1}"),
        Function::Matches => own("{0} ~ {1}"),
        Function::Replace => plain("replace({0}, {1}, {2})"),
        Function::ReplaceMatches => own("regexp_replace({0}, {1}, {2}, 'g')"),
        Function::Substring if arguments == 2 => plain("substr({0}, {1})"),
        Function::Substring => plain("substr({0}, {1}, {2})"),
        Function::Right => own("right({0}, {1})"),
        Function::Left => own("left({0}, {1})"),
        Function::SplitPart if arguments == 2 => own("split_part({0}, {1}, 1)"),
        Function::SplitPart => own("(string_to_array({0}, {1}))[{2}]"),
        Function::PadStart => own("lpad({0}, cast(greatest(length({0}), {1}) as integer), {2})"),
        Function::PadEnd => own("rpad({0}, cast(greatest(length({0}), {1}) as integer), {2})"),
        Function::Position => own("strpos({0}, {1})"),
        Function::SplitList => own("coalesce(string_to_array(nullif({0}, ''), {1}), array[{0}])"),
        Function::Unnest => own("unnest({0})"),
        Function::Array => own("array[{0}]"),
        Function::Coalesce => plain("coalesce({*})"),
        Function::NullIf => plain("nullif({0}, {1})"),
        Function::Greatest => own("greatest({*})"),
        Function::Least => own("least({*})"),
        Function::Abs => plain("abs({0})"),
        Function::Floor => plain("floor({0})"),
        Function::Ceil => plain("ceil({0})"),
        Function::Sqrt => plain("sqrt({0})"),
        Function::Ln => plain("ln({0})"),
        Function::Log10 => own("log10({0})"),
        Function::Exp => plain("exp({0})"),
        Function::Power => plain("power({0}, {1})"),
        Function::RowNumber => plain("row_number()"),
        Function::Rank => plain("rank()"),
        Function::DenseRank => plain("dense_rank()"),
        Function::Lag if arguments > 2 => plain("lag({0}, {1}, {2})"),
        Function::Lead if arguments > 2 => plain("lead({0}, {1}, {2})"),
        Function::Lag => plain("lag({0}, {1})"),
        Function::Lead => plain("lead({0}, {1})"),
        Function::FirstValue => plain("first_value({0})"),
        Function::Extract(part) => return Some(extract(part)),
        Function::Truncate(part) | Function::Period(part) => return Some(truncate(part)),
        Function::AddTime(part) => return Some(add_time(part)),
        Function::DaysBetween if arguments == 1 => own("cast(floor(extract(epoch from {0}) / 86400) as bigint)"),
        Function::SecondsBetween if arguments == 1 => own("cast(extract(epoch from {0}) as double precision)"),
        Function::DaysBetween => own("cast(floor(extract(epoch from {0} - {1}) / 86400) as bigint)"),
        Function::SecondsBetween => own("cast(extract(epoch from {0} - {1}) as double precision)"),
        Function::RoundEven | Function::FormatTime => return None,
    };
    Some(form)
}

fn extract(part: Part) -> Form {
    match part {
        Part::Year => plain("cast(extract(year from {0}) as integer)"),
        Part::Quarter => plain("cast(extract(quarter from {0}) as integer)"),
        Part::Month => plain("cast(extract(month from {0}) as integer)"),
        Part::Day => plain("cast(extract(day from {0}) as integer)"),
        Part::Hour => plain("cast(extract(hour from {0}) as integer)"),
        Part::Minute => plain("cast(extract(minute from {0}) as integer)"),
        Part::Second => own("cast(floor(extract(second from {0})) as integer)"),
        Part::Weekday => own("cast(extract(isodow from {0}) as integer) - 1"),
        Part::DayOfYear => own("cast(extract(doy from {0}) as integer)"),
        Part::Week => own("cast(extract(week from {0}) as integer)"),
    }
}

fn truncate(part: Part) -> Form {
    match part {
        Part::Year => own("date_trunc('year', {0})"),
        Part::Quarter => own("date_trunc('quarter', {0})"),
        Part::Month => own("date_trunc('month', {0})"),
        Part::Week => own("date_trunc('week', {0})"),
        Part::Hour => own("date_trunc('hour', {0})"),
        Part::Minute => own("date_trunc('minute', {0})"),
        Part::Second => own("date_trunc('second', {0})"),
        Part::Day | Part::Weekday | Part::DayOfYear => own("date_trunc('day', {0})"),
    }
}

fn add_time(part: Part) -> Form {
    match part {
        Part::Year => own("{0} + {1} * interval '1 year'"),
        Part::Quarter => own("{0} + {1} * interval '3 months'"),
        Part::Month => own("{0} + {1} * interval '1 month'"),
        Part::Week => own("{0} + {1} * interval '7 days'"),
        Part::Day | Part::Weekday | Part::DayOfYear => own("{0} + {1} * interval '1 day'"),
        Part::Hour => own("{0} + {1} * interval '1 hour'"),
        Part::Minute => own("{0} + {1} * interval '1 minute'"),
        Part::Second => own("{0} + {1} * interval '1 second'"),
    }
}

/// The form of an aggregate: `{o}` is ` order by …` or nothing, `{w}` is ` filter (where …)` or nothing, `{n}` the
/// condition that the argument is not NULL, joined with the filter.
pub fn aggregate(function: Aggregate, arguments: usize) -> Form {
    match function {
        Aggregate::Sum => plain("sum({0}){w}"),
        Aggregate::Average => plain("avg({0}){w}"),
        Aggregate::Min => plain("min({0}){w}"),
        Aggregate::Max | Aggregate::Any => plain("max({0}){w}"),
        Aggregate::Count if arguments == 0 => plain("count(*){w}"),
        Aggregate::Count => plain("count({0}){w}"),
        Aggregate::CountDistinct => plain("count(distinct {0}){w}"),
        Aggregate::StandardDeviation => plain("stddev_samp({0}){w}"),
        Aggregate::Variance => plain("var_samp({0}){w}"),
        Aggregate::DeviationOfAll => plain("stddev_pop({0}){w}"),
        Aggregate::VarianceOfAll => plain("var_pop({0}){w}"),
        Aggregate::Quantile(_) => own("percentile_cont({q}) within group (order by {0}){w}"),
        Aggregate::First | Aggregate::Last => own("(array_agg({0}{o}){n})[1]"),
        Aggregate::All => own("bool_and({0}){w}"),
        Aggregate::Exists => own("bool_or({0}){w}"),
        Aggregate::Join => own("string_agg({0}, {1}{o}){w}"),
        Aggregate::Product => own("product({0}){w}"),
    }
}
