//! A pure table: the functions and methods of pandas that have no SQL, by the reason, and its attributes. `docs/pandas.md` is
//! checked against it.

use super::rows::Handled;

/// What becomes of some names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Becomes {
    /// An attribute that is read, so that SQL is made of it.
    Sql,
    /// Nothing: it has no effect on what is written.
    Dropped,
    /// A step without SQL.
    Step,
}

/// Names with one reason.
#[derive(Debug, Clone, Copy)]
pub struct Rest {
    /// What becomes of them.
    pub becomes: Becomes,
    /// Why.
    pub reason: &'static str,
    /// The names.
    pub names: &'static [&'static str],
}

/// What becomes of the method of that name; none for an attribute or a name that is not in the table.
pub fn find<F: Copy>(table: &[Rest], name: &str) -> Option<Handled<F>> {
    let rest = table.iter().find(|rest| rest.names.contains(&name))?;
    match rest.becomes {
        Becomes::Sql => None,
        Becomes::Dropped => Some(Handled::Dropped(rest.reason)),
        Becomes::Step => Some(Handled::Refused(rest.reason)),
    }
}

/// Methods that give no frame, but something that the script works on.
pub const GIVES_VALUES: &[&str] =
    &["iterrows", "itertuples", "to_dict", "to_records", "items", "to_numpy", "keys", "equals", "bool"];

/// Methods that change the frame itself.
pub const CHANGES: &[&str] = &["update", "isetitem", "insert", "pop"];

/// Methods that call a function of the script, which may do anything.
pub const CALLS: &[&str] = &["apply", "applymap", "map", "pipe", "transform", "agg", "aggregate", "filter"];

const fn read(names: &'static [&'static str]) -> Rest {
    Rest { becomes: Becomes::Sql, reason: "an attribute", names }
}

const fn dropped(reason: &'static str, names: &'static [&'static str]) -> Rest {
    Rest { becomes: Becomes::Dropped, reason, names }
}

const fn step(reason: &'static str, names: &'static [&'static str]) -> Rest {
    Rest { becomes: Becomes::Step, reason, names }
}

const SHOWN: &str = "it only shows something";
const LABELS: &str = "it goes by the labels of the index";
const BY_COLUMN: &str = "it gives one value for each column";
const ALL: &str = "it works on all columns at once";
const STATISTICS: &str = "a statistic that databases do not have";
const NEIGHBOURS: &str = "it weighs neighbouring rows";
const ZONES: &str = "time zones are set or converted";
const PERIODS: &str = "times become periods";
const TYPES: &str = "types are chosen by the values";
const OUTSIDE: &str = "the rows go somewhere that is no table";
const ONE: &str = "it gives one value that is only known when the script runs";
const POSITION: &str = "it goes by the place of a row";

/// DataFrame.
pub const FRAME: &[Rest] = &[
    read(&["at", "columns", "iat", "iloc", "loc", "shape", "values"]),
    dropped(SHOWN, &["boxplot", "flags", "hist", "set_flags", "style", "to_clipboard", "to_latex"]),
    step("it is only known when the script runs", &["T", "attrs", "axes", "dtypes", "empty", "index", "ndim", "size"]),
    step(
        LABELS,
        &[
            "align",
            "asfreq",
            "asof",
            "at_time",
            "between_time",
            "combine",
            "combine_first",
            "compare",
            "droplevel",
            "first",
            "first_valid_index",
            "get_loc",
            "last",
            "last_valid_index",
            "reindex_like",
            "reorder_levels",
            "set_axis",
            "squeeze",
            "swapaxes",
            "swaplevel",
            "truncate",
            "update",
            "xs",
        ],
    ),
    step(
        BY_COLUMN,
        &[
            "corrwith", "idxmax", "idxmin", "kurt", "kurtosis", "median", "mode", "nunique", "prod", "product",
            "quantile", "sem", "skew", "std", "var",
        ],
    ),
    step(ALL, &["cumprod", "dot", "ewm", "expanding", "select", "transform"]),
    step(STATISTICS, &["corr", "cov"]),
    step(TYPES, &["convert_dtypes", "infer_objects", "sparse"]),
    step(ZONES, &["tz_convert", "tz_localize"]),
    step(PERIODS, &["to_period", "to_timestamp"]),
    step(POSITION, &["isetitem", "take"]),
    step("the other name of a method in older releases", &["backfill", "pad"]),
    step(ONE, &["bool", "equals"]),
    step("the columns become Python values", &["items", "keys", "to_numpy", "to_records"]),
    step("a frame is made of what is no table", &["from_arrow", "from_dict", "from_records"]),
    step(OUTSIDE, &["to_hdf", "to_iceberg", "to_orc", "to_stata", "to_xarray", "to_xml"]),
];

/// Series.
pub const SERIES: &[Rest] = &[
    read(&["array", "dt", "iloc", "loc", "name", "str", "values"]),
    dropped(
        SHOWN,
        &[
            "flags",
            "hist",
            "info",
            "memory_usage",
            "nbytes",
            "plot",
            "set_flags",
            "to_clipboard",
            "to_latex",
            "to_markdown",
        ],
    ),
    step(
        "it is only known when the script runs",
        &[
            "T",
            "attrs",
            "axes",
            "dtype",
            "dtypes",
            "empty",
            "hasnans",
            "index",
            "is_monotonic_decreasing",
            "is_monotonic_increasing",
            "is_unique",
            "ndim",
            "shape",
            "size",
        ],
    ),
    step(
        LABELS,
        &[
            "align",
            "asfreq",
            "asof",
            "at",
            "at_time",
            "between_time",
            "combine",
            "compare",
            "drop",
            "droplevel",
            "filter",
            "first",
            "first_valid_index",
            "get",
            "idxmax",
            "idxmin",
            "keys",
            "last",
            "last_valid_index",
            "pop",
            "reindex",
            "reindex_like",
            "reorder_levels",
            "resample",
            "set_axis",
            "squeeze",
            "swapaxes",
            "swaplevel",
            "truncate",
            "update",
            "xs",
        ],
    ),
    step(POSITION, &["argmax", "argmin", "argsort", "iat", "searchsorted", "take"]),
    step(
        STATISTICS,
        &["autocorr", "corr", "cov", "dot", "factorize", "kurt", "kurtosis", "mode", "prod", "product", "sem", "skew"],
    ),
    step(NEIGHBOURS, &["cumprod", "ewm", "interpolate"]),
    step(ZONES, &["tz_convert", "tz_localize"]),
    step(PERIODS, &["to_period", "to_timestamp"]),
    step(TYPES, &["cat", "convert_dtypes", "infer_objects", "list", "sparse", "struct", "view"]),
    step("lists are taken apart", &["explode"]),
    step("rows are chosen by chance", &["sample"]),
    step("each value is repeated", &["repeat"]),
    step(ONE, &["bool", "equals", "item", "items", "ravel"]),
    step("several conditions are tried in turn", &["case_when"]),
    step("it gives two columns", &["divmod", "rdivmod"]),
    step("a function gets the whole column", &["aggregate", "pipe", "transform", "transpose"]),
    step("the other name of a method in older releases", &["backfill", "pad"]),
    step("the labels of the index get other names", &["add_prefix", "add_suffix"]),
    step("a column is made of what is no table", &["from_arrow"]),
    step(OUTSIDE, &["to_csv", "to_excel", "to_hdf", "to_json", "to_pickle", "to_sql", "to_string", "to_xarray"]),
];

/// groupby.
pub const GROUPED: &[Rest] = &[
    dropped(SHOWN, &["boxplot", "describe", "hist", "plot"]),
    step(
        "it is only known when the script runs",
        &[
            "dtype",
            "dtypes",
            "groups",
            "grouper",
            "indices",
            "is_monotonic_decreasing",
            "is_monotonic_increasing",
            "keys",
            "level",
            "ndim",
            "ngroups",
        ],
    ),
    step(POSITION, &["get_group", "nlargest", "nsmallest", "take"]),
    step(STATISTICS, &["corr", "corrwith", "cov", "kurt", "ohlc", "prod", "sem", "skew"]),
    step(NEIGHBOURS, &["cumprod", "ewm"]),
    step("rows are grouped by times that are filled up", &["resample"]),
    step("rows are chosen by chance", &["sample"]),
    step("missing values are filled", &["fillna"]),
    step("a function gets the groups", &["pipe"]),
    step("each group gives several rows", &["unique"]),
];

/// `.str`.
pub const TEXT: &[Rest] = &[
    step("the classes of characters of Unicode decide", &["isalnum", "isascii", "istitle"]),
    step("the place of a text is looked for", &["index", "rindex"]),
    step("the text is taken apart from the end", &["rpartition"]),
    step("the text is taken apart", &["findall", "partition"]),
    step("characters are exchanged", &["casefold", "slice_replace", "swapcase", "translate", "wrap"]),
    step("texts become bytes, or bytes texts", &["decode", "encode"]),
    step("lists of texts are joined", &["join"]),
    step("the columns depend on the values of the rows", &["get_dummies"]),
];

/// `.dt`.
pub const TIME: &[Rest] = &[
    read(&[
        "date",
        "day",
        "day_of_week",
        "day_of_year",
        "dayofweek",
        "dayofyear",
        "days",
        "days_in_month",
        "daysinmonth",
        "hour",
        "is_leap_year",
        "is_month_end",
        "is_month_start",
        "is_quarter_end",
        "is_quarter_start",
        "is_year_end",
        "is_year_start",
        "minute",
        "month",
        "quarter",
        "second",
        "start_time",
        "to_timestamp",
        "weekday",
        "year",
    ]),
    step("periods have parts of their own", &["asfreq", "end_time", "qyear", "week", "weekofyear"]),
    step("parts of a second are taken", &["microsecond", "microseconds", "nanosecond", "nanoseconds"]),
    step("a difference is taken apart", &["components", "seconds"]),
    step("times are rounded", &["as_unit", "round"]),
    step("times without days are taken", &["time", "timetz"]),
    step("they become objects of Python", &["to_pydatetime", "to_pytimedelta"]),
    step("it is only known when the script runs", &["freq", "tz", "unit"]),
];

/// Functions of pandas.
pub const PANDAS: &[Rest] = &[
    dropped(
        "it only changes how frames are shown",
        &["describe_option", "get_option", "reset_option", "set_eng_float_format", "show_versions", "test"],
    ),
    step(
        "types are named for their own sake",
        &[
            "ArrowDtype",
            "BooleanDtype",
            "CategoricalDtype",
            "DatetimeTZDtype",
            "Flags",
            "Float32Dtype",
            "Float64Dtype",
            "Int16Dtype",
            "Int32Dtype",
            "Int64Dtype",
            "Int8Dtype",
            "IntervalDtype",
            "PeriodDtype",
            "SparseDtype",
            "StringDtype",
            "UInt16Dtype",
            "UInt32Dtype",
            "UInt64Dtype",
            "UInt8Dtype",
        ],
    ),
    step(
        "an index is made for its own sake",
        &[
            "Categorical",
            "CategoricalIndex",
            "DatetimeIndex",
            "Index",
            "Interval",
            "IntervalIndex",
            "MultiIndex",
            "Period",
            "PeriodIndex",
            "RangeIndex",
            "TimedeltaIndex",
            "array",
        ],
    ),
    step(
        "rows are made, one for each time or number",
        &["bdate_range", "interval_range", "period_range", "timedelta_range"],
    ),
    step(
        "rows come from what is no table",
        &[
            "ExcelFile",
            "HDFStore",
            "json_normalize",
            "read_clipboard",
            "read_fwf",
            "read_hdf",
            "read_html",
            "read_iceberg",
            "read_orc",
            "read_pickle",
            "read_sas",
            "read_spss",
            "read_stata",
            "read_xml",
        ],
    ),
    step(OUTSIDE, &["ExcelWriter", "to_pickle"]),
    step("rows are merged by the nearest value, or in order", &["merge_asof", "merge_ordered"]),
    step("columns become rows by the pattern of their names", &["lreshape", "wide_to_long"]),
    step(
        "a function of a column that is not one of a frame",
        &["NamedFunc", "col", "eval", "factorize", "from_dummies", "infer_freq", "pivot", "unique", "value_counts"],
    ),
];
