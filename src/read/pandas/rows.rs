//! A pure table: every function and method of pandas that scripts call, and what becomes of it. `docs/pandas.md` is
//! checked against it.

use std::rc::Rc;

use super::cell;
use super::context::{Answer, Context, refuse};
use super::dataframe::DataFrame;
use super::group::{self, GroupBy};
use super::grouped;
use super::periods;
use super::query;
use super::series::Series;
use super::strings::{self, Accessor};
use super::windows::{self, Grouped};
use super::{
    across, characters, columns, combine, extract, extremes, lookup, membership, merge, padding, shape, sideways,
    times, values, wide, writing,
};
use crate::frame::{Aggregate, Function, Unary};
use crate::read::python::{Arguments, Value};

/// What becomes of a call.
#[derive(Clone, Copy)]
pub enum Handled<F: Copy + 'static> {
    /// SQL, where its arguments allow it.
    Sql(F),
    /// Nothing, for this reason: it has no effect on what is written.
    Dropped(&'static str),
    /// No SQL, for this reason: the step is left to a person.
    Refused(&'static str),
}

/// One row.
#[derive(Clone, Copy)]
pub struct Row<F: Copy + 'static> {
    /// The name.
    pub name: &'static str,
    /// What becomes of it.
    pub handled: Handled<F>,
}

/// A method of `T`.
pub type Method<T> = fn(&Rc<T>, &mut Context, &Arguments) -> Answer<Value>;

/// The row of that name.
pub fn find<F: Copy>(rows: &[Row<F>], name: &str) -> Option<Row<F>> {
    rows.iter().find(|row| row.name == name).copied()
}

const fn sql<F: Copy>(name: &'static str, run: F) -> Row<F> {
    Row { name, handled: Handled::Sql(run) }
}

/// A row whose function is told the name.
macro_rules! named {
    ($name:literal, $run:path) => {
        sql($name, |of, context, arguments| $run(of, context, arguments, $name))
    };
}

const fn dropped<F: Copy>(name: &'static str, reason: &'static str) -> Row<F> {
    Row { name, handled: Handled::Dropped(reason) }
}

const fn refused<F: Copy>(name: &'static str, reason: &'static str) -> Row<F> {
    Row { name, handled: Handled::Refused(reason) }
}

const SHOWN: &str = "it only shows something";
const BY_ROW: &str = "each row is worked on by a function of the script";
const FILLED: &str = "missing values are filled from neighbouring rows";
const LEVELS: &str = "the columns depend on the values of the rows";

/// Methods of a DataFrame.
pub static FRAME: &[Row<Method<DataFrame>>] = &[
    named!("abs", across::each),
    named!("add", across::each),
    sql("add_prefix", |frame, context, arguments| sideways::affix(frame, context, arguments, true)),
    sql("add_suffix", |frame, context, arguments| sideways::affix(frame, context, arguments, false)),
    sql("agg", shape::frame_agg),
    sql("aggregate", shape::frame_agg),
    named!("all", sideways::total),
    named!("any", sideways::total),
    sql("apply", cell::apply_rows),
    sql("applymap", cell::map_frame),
    sql("assign", values::assign),
    sql("astype", values::astype_frame),
    named!("bfill", across::each),
    named!("clip", across::each),
    sql("copy", columns::copy),
    named!("count", sideways::total),
    named!("cummax", across::each),
    named!("cummin", across::each),
    named!("cumsum", across::each),
    dropped("describe", SHOWN),
    named!("diff", across::each),
    named!("div", across::each),
    named!("divide", across::each),
    sql("drop", columns::drop),
    sql("drop_duplicates", shape::drop_duplicates),
    sql("dropna", shape::dropna),
    sql("duplicated", shape::duplicated),
    named!("eq", across::each),
    sql("eval", query::eval),
    sql("explode", shape::explode),
    named!("ffill", across::each),
    sql("fillna", values::fillna_frame),
    sql("filter", columns::filter),
    named!("floordiv", across::each),
    named!("ge", across::each),
    sql("get", values::get),
    sql("groupby", group::groupby),
    named!("gt", across::each),
    sql("head", shape::head),
    dropped("info", SHOWN),
    sql("insert", sideways::insert),
    refused("interpolate", FILLED),
    named!("isin", across::each),
    sql("isna", |frame, context, _| sideways::check(frame, context, Unary::IsNull)),
    sql("isnull", |frame, context, _| sideways::check(frame, context, Unary::IsNull)),
    refused("iterrows", BY_ROW),
    refused("itertuples", BY_ROW),
    sql("join", merge::join),
    named!("le", across::each),
    named!("lt", across::each),
    sql("map", cell::map_frame),
    named!("mask", across::each),
    named!("max", sideways::total),
    named!("mean", sideways::total),
    sql("melt", combine::melt),
    dropped("memory_usage", SHOWN),
    sql("merge", merge::merge),
    named!("min", sideways::total),
    named!("mod", across::each),
    named!("mul", across::each),
    named!("multiply", across::each),
    named!("ne", across::each),
    sql("nlargest", |frame, context, arguments| shape::largest(frame, context, arguments, true)),
    sql("notna", |frame, context, _| sideways::check(frame, context, Unary::IsNotNull)),
    sql("notnull", |frame, context, _| sideways::check(frame, context, Unary::IsNotNull)),
    sql("nsmallest", |frame, context, arguments| shape::largest(frame, context, arguments, false)),
    named!("pct_change", across::each),
    sql("pipe", values::pipe),
    sql("pivot", wide::pivot),
    sql("pivot_table", wide::pivot_table),
    dropped("plot", SHOWN),
    sql("pop", sideways::pop),
    named!("pow", across::each),
    sql("query", query::query),
    named!("radd", across::each),
    named!("rank", across::each),
    named!("rdiv", across::each),
    sql("reindex", values::reindex),
    sql("rename", columns::rename),
    sql("rename_axis", columns::rename_axis),
    sql("replace", sideways::replace),
    refused("resample", "rows are grouped by times that are filled up"),
    sql("reset_index", columns::reset_index),
    named!("rfloordiv", across::each),
    named!("rmod", across::each),
    named!("rmul", across::each),
    refused("rolling", "it works on all columns at once"),
    sql("round", values::round_frame),
    named!("rpow", across::each),
    named!("rsub", across::each),
    named!("rtruediv", across::each),
    refused("sample", "rows are chosen by chance"),
    sql("select_dtypes", sideways::by_type),
    sql("set_index", columns::set_index),
    named!("shift", across::each),
    sql("sort_index", shape::sort_index),
    sql("sort_values", shape::sort_values),
    refused("stack", LEVELS),
    named!("sub", across::each),
    named!("subtract", across::each),
    named!("sum", sideways::total),
    sql("tail", shape::tail),
    sql("to_csv", writing::to_file),
    refused("to_dict", "the rows become Python values"),
    sql("to_excel", writing::to_file),
    sql("to_feather", writing::to_file),
    sql("to_gbq", writing::to_gbq),
    dropped("to_html", SHOWN),
    sql("to_json", writing::to_file),
    dropped("to_markdown", SHOWN),
    sql("to_parquet", writing::to_file),
    sql("to_pickle", writing::to_file),
    sql("to_sql", writing::to_sql),
    dropped("to_string", SHOWN),
    refused("transpose", LEVELS),
    named!("truediv", across::each),
    refused("unstack", LEVELS),
    sql("value_counts", shape::value_counts_frame),
    named!("where", across::each),
];

/// Methods of a Series.
pub static SERIES: &[Row<Method<Series>>] = &[
    sql("abs", |series, _, _| values::call(series, Function::Abs)),
    named!("add", values::operator),
    sql("agg", values::series_agg),
    sql("all", |series, context, _| values::total(series, context, "all")),
    sql("any", |series, context, _| values::total(series, context, "any")),
    sql("apply", values::apply),
    sql("astype", values::astype),
    sql("between", values::between),
    sql("bfill", |series, context, arguments| windows::fill(&Grouped::whole(series), context, arguments, false)),
    sql("clip", values::clip),
    sql("combine_first", values::combine_first),
    sql("copy", |series, _, _| Ok(series.as_ref().clone().value())),
    sql("count", |series, context, _| values::total(series, context, "count")),
    sql("cummax", |series, context, _| windows::cumulated(&Grouped::whole(series), context, Aggregate::Max)),
    sql("cummin", |series, context, _| windows::cumulated(&Grouped::whole(series), context, Aggregate::Min)),
    sql("cumsum", |series, context, _| windows::cumulated(&Grouped::whole(series), context, Aggregate::Sum)),
    dropped("describe", SHOWN),
    sql("diff", |series, context, arguments| windows::diff(&Grouped::whole(series), context, arguments)),
    named!("div", values::operator),
    sql("divide", |series, context, arguments| values::operator(series, context, arguments, "div")),
    sql("drop_duplicates", shape::unique),
    sql("dropna", shape::series_dropna),
    sql("duplicated", shape::series_duplicated),
    named!("eq", values::operator),
    sql("expanding", |series, _, arguments| windows::moving(&Grouped::whole(series), arguments, true)),
    sql("ffill", |series, context, arguments| windows::fill(&Grouped::whole(series), context, arguments, true)),
    sql("fillna", values::fillna),
    named!("floordiv", values::operator),
    named!("ge", values::operator),
    sql("groupby", group::series_groupby),
    named!("gt", values::operator),
    sql("head", |series, context, arguments| shape::as_frame(series, context, arguments, shape::head)),
    sql("isin", membership::isin),
    sql("isna", |series, _, _| values::check(series, Unary::IsNull)),
    sql("isnull", |series, _, _| values::check(series, Unary::IsNull)),
    named!("le", values::operator),
    named!("lt", values::operator),
    sql("map", values::map),
    sql("mask", |series, context, arguments| values::choose(series, context, arguments, true)),
    sql("max", |series, context, _| values::total(series, context, "max")),
    sql("mean", |series, context, _| values::total(series, context, "mean")),
    sql("median", |series, context, _| values::total(series, context, "median")),
    sql("min", |series, context, _| values::total(series, context, "min")),
    named!("mod", values::operator),
    named!("mul", values::operator),
    sql("multiply", |series, context, arguments| values::operator(series, context, arguments, "mul")),
    named!("ne", values::operator),
    sql("nlargest", |series, context, arguments| shape::series_largest(series, context, arguments, true)),
    sql("notna", |series, _, _| values::check(series, Unary::IsNotNull)),
    sql("notnull", |series, _, _| values::check(series, Unary::IsNotNull)),
    sql("nsmallest", |series, context, arguments| shape::series_largest(series, context, arguments, false)),
    sql("nunique", |series, context, _| values::total(series, context, "nunique")),
    sql("pct_change", |series, context, arguments| windows::pct_change(&Grouped::whole(series), context, arguments)),
    named!("pow", values::operator),
    sql("quantile", values::quantile),
    named!("radd", values::operator),
    sql("rank", |series, context, arguments| windows::rank(&Grouped::whole(series), context, arguments)),
    named!("rdiv", values::operator),
    sql("rename", values::rename),
    sql("rename_axis", |series, context, arguments| shape::as_frame(series, context, arguments, columns::rename_axis)),
    sql("replace", values::replace),
    sql("reset_index", shape::series_reset_index),
    named!("rfloordiv", values::operator),
    named!("rmod", values::operator),
    named!("rmul", values::operator),
    sql("rolling", |series, _, arguments| windows::moving(&Grouped::whole(series), arguments, false)),
    sql("round", values::round),
    named!("rpow", values::operator),
    named!("rsub", values::operator),
    named!("rtruediv", values::operator),
    sql("shift", |series, context, arguments| windows::shift(&Grouped::whole(series), context, arguments)),
    sql("sort_index", |series, context, arguments| shape::as_frame(series, context, arguments, shape::sort_index)),
    sql("sort_values", shape::series_sort),
    sql("std", |series, context, arguments| values::spread(series, context, arguments, "std")),
    named!("sub", values::operator),
    sql("subtract", |series, context, arguments| values::operator(series, context, arguments, "sub")),
    sql("sum", |series, context, _| values::total(series, context, "sum")),
    sql("tail", |series, context, arguments| shape::as_frame(series, context, arguments, shape::tail)),
    sql("to_dict", |series, _, _| {
        lookup::Mapping::of_series(series).map_or_else(|| refuse("the rows become Python values"), Ok)
    }),
    sql("to_frame", shape::to_frame),
    sql("to_list", |series, _, _| Ok(series.unlabeled())),
    sql("to_numpy", |series, _, _| Ok(series.unlabeled())),
    sql("tolist", |series, _, _| Ok(series.unlabeled())),
    named!("truediv", values::operator),
    sql("unique", shape::unique),
    sql("unstack", wide::unstack),
    sql("value_counts", shape::value_counts),
    sql("var", |series, context, arguments| values::spread(series, context, arguments, "var")),
    sql("where", |series, context, arguments| values::choose(series, context, arguments, false)),
];

/// Methods of a group-by.
pub static GROUPED: &[Row<Method<GroupBy>>] = &[
    sql("agg", group::agg),
    sql("aggregate", group::agg),
    sql("all", |group, context, _| group::reduce(group, context, "all")),
    sql("any", |group, context, _| group::reduce(group, context, "any")),
    sql("apply", grouped::apply),
    sql("bfill", |group, context, arguments| grouped::windowed(group, context, arguments, "bfill")),
    sql("count", |group, context, _| group::reduce(group, context, "count")),
    sql("cumcount", grouped::cumcount),
    sql("cummax", |group, context, arguments| grouped::windowed(group, context, arguments, "cummax")),
    sql("cummin", |group, context, arguments| grouped::windowed(group, context, arguments, "cummin")),
    sql("cumsum", |group, context, arguments| grouped::windowed(group, context, arguments, "cumsum")),
    sql("diff", |group, context, arguments| grouped::windowed(group, context, arguments, "diff")),
    sql("expanding", |group, context, arguments| grouped::rolling(group, context, arguments, true)),
    sql("ffill", |group, context, arguments| grouped::windowed(group, context, arguments, "ffill")),
    sql("filter", grouped::filter),
    sql("first", |group, context, _| group::reduce(group, context, "first")),
    sql("head", grouped::head),
    sql("idxmax", |group, context, arguments| extremes::of_groups(group, context, arguments, true)),
    sql("idxmin", |group, context, arguments| extremes::of_groups(group, context, arguments, false)),
    sql("last", |group, context, _| group::reduce(group, context, "last")),
    sql("max", |group, context, _| group::reduce(group, context, "max")),
    sql("mean", |group, context, _| group::reduce(group, context, "mean")),
    sql("median", |group, context, _| group::reduce(group, context, "median")),
    sql("min", |group, context, _| group::reduce(group, context, "min")),
    sql("ngroup", grouped::ngroup),
    sql("nth", grouped::nth),
    sql("nunique", |group, context, _| group::reduce(group, context, "nunique")),
    sql("pct_change", |group, context, arguments| grouped::windowed(group, context, arguments, "pct_change")),
    sql("quantile", group::quantile),
    sql("rank", |group, context, arguments| grouped::windowed(group, context, arguments, "rank")),
    sql("rolling", |group, context, arguments| grouped::rolling(group, context, arguments, false)),
    sql("shift", |group, context, arguments| grouped::windowed(group, context, arguments, "shift")),
    sql("size", |group, context, _| group::reduce(group, context, "size")),
    sql("std", |group, context, arguments| group::spread(group, context, arguments, "std")),
    sql("sum", |group, context, _| group::reduce(group, context, "sum")),
    sql("tail", grouped::tail),
    sql("transform", grouped::transform),
    sql("value_counts", group::value_counts),
    sql("var", |group, context, arguments| group::spread(group, context, arguments, "var")),
];

/// Methods of `.str`.
pub static TEXT: &[Row<Method<Accessor>>] = &[
    sql("capitalize", |text, _, _| strings::plain(text, Function::Capitalize)),
    sql("cat", strings::cat),
    sql("center", characters::center),
    sql("contains", strings::contains),
    sql("count", strings::count),
    sql("endswith", |text, context, arguments| strings::edge(text, context, arguments, Function::EndsWith)),
    sql("extract", extract::extract),
    refused("extractall", "parts that match a pattern are taken"),
    sql("find", strings::find),
    sql("fullmatch", |text, context, arguments| strings::matches(text, context, arguments, true)),
    sql("get", strings::get),
    refused("isalpha", "the classes of characters of Unicode decide"),
    sql("isdecimal", |text, context, _| strings::is_all(text, context, "[0-9]")),
    sql("isdigit", |text, context, _| strings::is_all(text, context, "[0-9]")),
    sql("islower", |text, context, _| Ok(characters::is_cased(text, context, Function::Lower))),
    sql("isnumeric", |text, context, _| strings::is_all(text, context, "[0-9]")),
    sql("isspace", |text, context, _| Ok(characters::is_space(text, context))),
    sql("isupper", |text, context, _| Ok(characters::is_cased(text, context, Function::Upper))),
    sql("len", |text, _, _| strings::plain(text, Function::Length)),
    sql("ljust", |text, _, arguments| padding::pad(text, arguments, Function::PadEnd, " ")),
    sql("lower", |text, _, _| strings::plain(text, Function::Lower)),
    sql("lstrip", |text, _, arguments| strings::strip(text, arguments, Function::TrimStart)),
    sql("match", |text, context, arguments| strings::matches(text, context, arguments, false)),
    refused("normalize", "Unicode is normalized"),
    sql("pad", padding::pad_side),
    sql("removeprefix", |text, _, arguments| strings::without(text, arguments, true)),
    sql("removesuffix", |text, _, arguments| strings::without(text, arguments, false)),
    sql("repeat", padding::repeat),
    sql("replace", strings::replace),
    sql("rfind", characters::rfind),
    sql("rjust", |text, _, arguments| padding::pad(text, arguments, Function::PadStart, " ")),
    sql("rsplit", |text, _, arguments| strings::split(text, arguments, true)),
    sql("rstrip", |text, _, arguments| strings::strip(text, arguments, Function::TrimEnd)),
    sql("slice", strings::slice),
    sql("split", |text, _, arguments| strings::split(text, arguments, false)),
    sql("startswith", |text, context, arguments| strings::edge(text, context, arguments, Function::StartsWith)),
    sql("strip", |text, _, arguments| strings::strip(text, arguments, Function::Trim)),
    refused("title", "words begin with capital letters, which not every database can do"),
    sql("upper", |text, _, _| strings::plain(text, Function::Upper)),
    sql("zfill", padding::zfill),
];

/// Methods of `.dt`.
pub static TIME: &[Row<Method<Accessor>>] = &[
    sql("ceil", times::ceil),
    sql("day_name", |times, _, arguments| times::named(times, arguments, true)),
    sql("floor", times::floor),
    sql("isocalendar", times::isocalendar),
    sql("month_name", |times, _, arguments| times::named(times, arguments, false)),
    sql("normalize", times::normalize),
    sql("strftime", times::strftime),
    sql("to_period", periods::to_period),
    sql("total_seconds", times::total_seconds),
    refused("tz_convert", "time zones are converted"),
    refused("tz_localize", "time zones are set"),
];
