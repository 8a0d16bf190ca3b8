//! A pure table: every function and method of pandas that scripts call, and what becomes of it. `docs/pandas.md` is
//! checked against it.

use std::rc::Rc;

use super::cell;
use super::context::{Answer, Context, refuse};
use super::dataframe::DataFrame;
use super::group::{self, GroupBy};
use super::grouped;
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
    sql("abs", |frame, context, arguments| across::each(frame, context, arguments, "abs")),
    sql("add", |frame, context, arguments| across::each(frame, context, arguments, "add")),
    sql("add_prefix", |frame, context, arguments| sideways::affix(frame, context, arguments, true)),
    sql("add_suffix", |frame, context, arguments| sideways::affix(frame, context, arguments, false)),
    sql("agg", shape::frame_agg),
    sql("aggregate", shape::frame_agg),
    sql("all", |frame, context, arguments| sideways::total(frame, context, arguments, "all")),
    sql("any", |frame, context, arguments| sideways::total(frame, context, arguments, "any")),
    sql("apply", cell::apply_rows),
    sql("applymap", cell::map_frame),
    sql("assign", values::assign),
    sql("astype", values::astype_frame),
    sql("bfill", |frame, context, arguments| across::each(frame, context, arguments, "bfill")),
    sql("clip", |frame, context, arguments| across::each(frame, context, arguments, "clip")),
    sql("copy", columns::copy),
    sql("count", |frame, context, arguments| sideways::total(frame, context, arguments, "count")),
    sql("cummax", |frame, context, arguments| across::each(frame, context, arguments, "cummax")),
    sql("cummin", |frame, context, arguments| across::each(frame, context, arguments, "cummin")),
    sql("cumsum", |frame, context, arguments| across::each(frame, context, arguments, "cumsum")),
    dropped("describe", SHOWN),
    sql("diff", |frame, context, arguments| across::each(frame, context, arguments, "diff")),
    sql("div", |frame, context, arguments| across::each(frame, context, arguments, "div")),
    sql("divide", |frame, context, arguments| across::each(frame, context, arguments, "divide")),
    sql("drop", columns::drop),
    sql("drop_duplicates", shape::drop_duplicates),
    sql("dropna", shape::dropna),
    sql("duplicated", shape::duplicated),
    sql("eq", |frame, context, arguments| across::each(frame, context, arguments, "eq")),
    sql("eval", query::eval),
    sql("explode", shape::explode),
    sql("ffill", |frame, context, arguments| across::each(frame, context, arguments, "ffill")),
    sql("fillna", values::fillna_frame),
    sql("filter", columns::filter),
    sql("floordiv", |frame, context, arguments| across::each(frame, context, arguments, "floordiv")),
    sql("ge", |frame, context, arguments| across::each(frame, context, arguments, "ge")),
    sql("get", values::get),
    sql("groupby", group::groupby),
    sql("gt", |frame, context, arguments| across::each(frame, context, arguments, "gt")),
    sql("head", shape::head),
    dropped("info", SHOWN),
    sql("insert", sideways::insert),
    refused("interpolate", FILLED),
    sql("isin", |frame, context, arguments| across::each(frame, context, arguments, "isin")),
    sql("isna", |frame, context, _| sideways::check(frame, context, Unary::IsNull)),
    sql("isnull", |frame, context, _| sideways::check(frame, context, Unary::IsNull)),
    refused("iterrows", BY_ROW),
    refused("itertuples", BY_ROW),
    sql("join", merge::join),
    sql("le", |frame, context, arguments| across::each(frame, context, arguments, "le")),
    sql("lt", |frame, context, arguments| across::each(frame, context, arguments, "lt")),
    sql("map", cell::map_frame),
    sql("mask", |frame, context, arguments| across::each(frame, context, arguments, "mask")),
    sql("max", |frame, context, arguments| sideways::total(frame, context, arguments, "max")),
    sql("mean", |frame, context, arguments| sideways::total(frame, context, arguments, "mean")),
    sql("melt", combine::melt),
    dropped("memory_usage", SHOWN),
    sql("merge", merge::merge),
    sql("min", |frame, context, arguments| sideways::total(frame, context, arguments, "min")),
    sql("mod", |frame, context, arguments| across::each(frame, context, arguments, "mod")),
    sql("mul", |frame, context, arguments| across::each(frame, context, arguments, "mul")),
    sql("multiply", |frame, context, arguments| across::each(frame, context, arguments, "multiply")),
    sql("ne", |frame, context, arguments| across::each(frame, context, arguments, "ne")),
    sql("nlargest", |frame, context, arguments| shape::largest(frame, context, arguments, true)),
    sql("notna", |frame, context, _| sideways::check(frame, context, Unary::IsNotNull)),
    sql("notnull", |frame, context, _| sideways::check(frame, context, Unary::IsNotNull)),
    sql("nsmallest", |frame, context, arguments| shape::largest(frame, context, arguments, false)),
    sql("pct_change", |frame, context, arguments| across::each(frame, context, arguments, "pct_change")),
    sql("pipe", values::pipe),
    sql("pivot", wide::pivot),
    sql("pivot_table", wide::pivot_table),
    dropped("plot", SHOWN),
    sql("pop", sideways::pop),
    sql("pow", |frame, context, arguments| across::each(frame, context, arguments, "pow")),
    sql("query", query::query),
    sql("radd", |frame, context, arguments| across::each(frame, context, arguments, "radd")),
    sql("rank", |frame, context, arguments| across::each(frame, context, arguments, "rank")),
    sql("rdiv", |frame, context, arguments| across::each(frame, context, arguments, "rdiv")),
    sql("reindex", values::reindex),
    sql("rename", columns::rename),
    sql("rename_axis", columns::rename_axis),
    sql("replace", sideways::replace),
    refused("resample", "rows are grouped by times that are filled up"),
    sql("reset_index", columns::reset_index),
    sql("rfloordiv", |frame, context, arguments| across::each(frame, context, arguments, "rfloordiv")),
    sql("rmod", |frame, context, arguments| across::each(frame, context, arguments, "rmod")),
    sql("rmul", |frame, context, arguments| across::each(frame, context, arguments, "rmul")),
    refused("rolling", "it works on all columns at once"),
    sql("round", values::round_frame),
    sql("rpow", |frame, context, arguments| across::each(frame, context, arguments, "rpow")),
    sql("rsub", |frame, context, arguments| across::each(frame, context, arguments, "rsub")),
    sql("rtruediv", |frame, context, arguments| across::each(frame, context, arguments, "rtruediv")),
    refused("sample", "rows are chosen by chance"),
    sql("select_dtypes", sideways::by_type),
    sql("set_index", columns::set_index),
    sql("shift", |frame, context, arguments| across::each(frame, context, arguments, "shift")),
    sql("sort_index", shape::sort_index),
    sql("sort_values", shape::sort_values),
    refused("stack", LEVELS),
    sql("sub", |frame, context, arguments| across::each(frame, context, arguments, "sub")),
    sql("subtract", |frame, context, arguments| across::each(frame, context, arguments, "subtract")),
    sql("sum", |frame, context, arguments| sideways::total(frame, context, arguments, "sum")),
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
    sql("truediv", |frame, context, arguments| across::each(frame, context, arguments, "truediv")),
    refused("unstack", LEVELS),
    sql("value_counts", shape::value_counts_frame),
    sql("where", |frame, context, arguments| across::each(frame, context, arguments, "where")),
];

/// Methods of a Series.
pub static SERIES: &[Row<Method<Series>>] = &[
    sql("abs", |series, _, _| values::call(series, Function::Abs)),
    sql("add", |series, context, arguments| values::operator(series, context, arguments, "add")),
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
    sql("div", |series, context, arguments| values::operator(series, context, arguments, "div")),
    sql("divide", |series, context, arguments| values::operator(series, context, arguments, "div")),
    sql("drop_duplicates", shape::unique),
    sql("dropna", shape::series_dropna),
    sql("duplicated", shape::series_duplicated),
    sql("eq", |series, context, arguments| values::operator(series, context, arguments, "eq")),
    sql("expanding", |series, _, arguments| windows::moving(&Grouped::whole(series), arguments, true)),
    sql("ffill", |series, context, arguments| windows::fill(&Grouped::whole(series), context, arguments, true)),
    sql("fillna", values::fillna),
    sql("floordiv", |series, context, arguments| values::operator(series, context, arguments, "floordiv")),
    sql("ge", |series, context, arguments| values::operator(series, context, arguments, "ge")),
    sql("groupby", group::series_groupby),
    sql("gt", |series, context, arguments| values::operator(series, context, arguments, "gt")),
    sql("head", |series, context, arguments| shape::as_frame(series, context, arguments, shape::head)),
    sql("isin", membership::isin),
    sql("isna", |series, _, _| values::check(series, Unary::IsNull)),
    sql("isnull", |series, _, _| values::check(series, Unary::IsNull)),
    sql("le", |series, context, arguments| values::operator(series, context, arguments, "le")),
    sql("lt", |series, context, arguments| values::operator(series, context, arguments, "lt")),
    sql("map", values::map),
    sql("mask", |series, context, arguments| values::choose(series, context, arguments, true)),
    sql("max", |series, context, _| values::total(series, context, "max")),
    sql("mean", |series, context, _| values::total(series, context, "mean")),
    sql("median", |series, context, _| values::total(series, context, "median")),
    sql("min", |series, context, _| values::total(series, context, "min")),
    sql("mod", |series, context, arguments| values::operator(series, context, arguments, "mod")),
    sql("mul", |series, context, arguments| values::operator(series, context, arguments, "mul")),
    sql("multiply", |series, context, arguments| values::operator(series, context, arguments, "mul")),
    sql("ne", |series, context, arguments| values::operator(series, context, arguments, "ne")),
    sql("nlargest", |series, context, arguments| shape::series_largest(series, context, arguments, true)),
    sql("notna", |series, _, _| values::check(series, Unary::IsNotNull)),
    sql("notnull", |series, _, _| values::check(series, Unary::IsNotNull)),
    sql("nsmallest", |series, context, arguments| shape::series_largest(series, context, arguments, false)),
    sql("nunique", |series, context, _| values::total(series, context, "nunique")),
    sql("pct_change", |series, context, arguments| windows::pct_change(&Grouped::whole(series), context, arguments)),
    sql("pow", |series, context, arguments| values::operator(series, context, arguments, "pow")),
    sql("quantile", values::quantile),
    sql("radd", |series, context, arguments| values::operator(series, context, arguments, "radd")),
    sql("rank", |series, context, arguments| windows::rank(&Grouped::whole(series), context, arguments)),
    sql("rdiv", |series, context, arguments| values::operator(series, context, arguments, "rdiv")),
    sql("rename", values::rename),
    sql("rename_axis", |series, context, arguments| shape::as_frame(series, context, arguments, columns::rename_axis)),
    sql("replace", values::replace),
    sql("reset_index", shape::series_reset_index),
    sql("rfloordiv", |series, context, arguments| values::operator(series, context, arguments, "rfloordiv")),
    sql("rmod", |series, context, arguments| values::operator(series, context, arguments, "rmod")),
    sql("rmul", |series, context, arguments| values::operator(series, context, arguments, "rmul")),
    sql("rolling", |series, _, arguments| windows::moving(&Grouped::whole(series), arguments, false)),
    sql("round", values::round),
    sql("rpow", |series, context, arguments| values::operator(series, context, arguments, "rpow")),
    sql("rsub", |series, context, arguments| values::operator(series, context, arguments, "rsub")),
    sql("rtruediv", |series, context, arguments| values::operator(series, context, arguments, "rtruediv")),
    sql("shift", |series, context, arguments| windows::shift(&Grouped::whole(series), context, arguments)),
    sql("sort_index", |series, context, arguments| shape::as_frame(series, context, arguments, shape::sort_index)),
    sql("sort_values", shape::series_sort),
    sql("std", |series, context, arguments| values::spread(series, context, arguments, "std")),
    sql("sub", |series, context, arguments| values::operator(series, context, arguments, "sub")),
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
    sql("truediv", |series, context, arguments| values::operator(series, context, arguments, "truediv")),
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
    sql("isdecimal", |text, _, _| strings::is_all(text, "[0-9]")),
    sql("isdigit", |text, _, _| strings::is_all(text, "[0-9]")),
    sql("islower", |text, _, _| Ok(characters::is_cased(text, Function::Lower))),
    sql("isnumeric", |text, _, _| strings::is_all(text, "[0-9]")),
    sql("isspace", |text, _, _| Ok(characters::is_space(text))),
    sql("isupper", |text, _, _| Ok(characters::is_cased(text, Function::Upper))),
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
    sql("to_period", times::to_period),
    sql("total_seconds", times::total_seconds),
    refused("tz_convert", "time zones are converted"),
    refused("tz_localize", "time zones are set"),
];
