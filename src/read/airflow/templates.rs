//! What a template takes from a run: the day, variables, parameters; the name that stands for each, and its default.
//!
//! In: the expression of a `{{ … }}`, and the day on which a DAG starts. Out: a name for a variable of the project, and
//! a value that it has when nobody gives one. The default of a day is that of the DAG's first run, as if it ran daily.

use crate::read::python::{External, Value};

/// A day: year, month, day of the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day(pub i64, pub i64, pub i64);

impl Default for Day {
    fn default() -> Self {
        Self(2024, 1, 1)
    }
}

/// What stands for an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunValue {
    /// The variable's name.
    pub name: String,
    /// The value of the DAG's first run, where it can be told.
    pub default: Option<String>,
    /// A default that the template itself gives.
    pub given: Option<String>,
    /// Why it can only be known in a run; empty for what is meant to come from outside.
    pub reason: String,
}

/// The value of an expression.
pub fn run_value(expression: &str, day: Day) -> RunValue {
    let expression = expression.trim();
    let named = |name: &str| RunValue { name: identifier(name), default: None, given: None, reason: String::new() };
    if let Some(default) = moment(expression, day) {
        return RunValue { default: Some(default), ..named(expression) };
    }
    for prefix in ["var.value.get(", "dag_run.conf.get(", "params.get("] {
        if let Some(inner) = expression.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(')')) {
            let mut parts = inner.splitn(2, ',').map(unquoted);
            let name = parts.next().unwrap_or_default();
            return RunValue { given: parts.next(), ..named(&name) };
        }
    }
    for prefix in ["var.value.", "var.json.", "params.", "dag_run.conf."] {
        if let Some(rest) = expression.strip_prefix(prefix) {
            return named(rest);
        }
    }
    if let Some(rest) = expression.strip_prefix("params[").or_else(|| expression.strip_prefix("dag_run.conf[")) {
        return named(rest);
    }
    if matches!(expression, "run_id" | "dag.dag_id" | "task.task_id" | "ti.try_number") {
        return named(expression);
    }
    RunValue { reason: format!("`{expression}` is only known in a run"), ..named(expression) }
}

/// A point in time as text, of a run that starts on `day`.
fn moment(expression: &str, day: Day) -> Option<String> {
    let mut parts = expression.split('|').map(str::trim);
    let base = parts.next()?;
    let mut shown = Shown::of(base, day)?;
    for filter in parts {
        let format = match filter {
            "ds" => "%Y-%m-%d",
            "ds_nodash" => "%Y%m%d",
            "ts" => "%Y-%m-%dT%H:%M:%S+00:00",
            "ts_nodash" => "%Y%m%dT%H%M%S",
            _ => return None,
        };
        shown.text = format_day(shown.day, format)?;
    }
    Some(shown.text)
}

struct Shown {
    day: Day,
    text: String,
}

impl Shown {
    fn of(base: &str, day: Day) -> Option<Self> {
        let (name, call) = base.split_once('(').map_or((base, None), |(name, rest)| (name, rest.strip_suffix(')')));
        match (name, call) {
            ("macros.ds_add", Some(arguments)) => {
                let (first, by) = arguments.split_once(',')?;
                let inner = Self::of(first.trim(), day)?;
                let day = inner.day.plus(by.trim().parse().ok()?);
                return Some(Self { day, text: format_day(day, "%Y-%m-%d")? });
            }
            ("macros.ds_format", Some(arguments)) => {
                let mut parts = arguments.splitn(3, ',');
                let inner = Self::of(parts.next()?.trim(), day)?;
                let format = unquoted(parts.nth(1)?);
                return Some(Self { day: inner.day, text: format_day(inner.day, &format)? });
            }
            _ => {}
        }
        let (name, method) = match name.rsplit_once('.') {
            Some((of, method)) if call.is_some() => (of, Some(method)),
            _ => (name, None),
        };
        let name = name.strip_prefix("dag_run.").unwrap_or(name);
        let (offset, format) =
            MOMENTS.iter().find(|(known, ..)| *known == name).map(|(_, by, format)| (*by, *format))?;
        let day = day.plus(offset);
        let format = match method {
            None => format.to_owned(),
            Some("strftime") => unquoted(call?),
            Some("to_date_string" | "date") => "%Y-%m-%d".to_owned(),
            Some("to_datetime_string") => "%Y-%m-%d %H:%M:%S".to_owned(),
            Some("isoformat" | "to_iso8601_string") => STAMP.to_owned(),
            Some(_) => return None,
        };
        Some(Self { day, text: format_day(day, &format)? })
    }
}

const STAMP: &str = "%Y-%m-%dT%H:%M:%S+00:00";

/// Days of a run: name, days after its start, format.
const MOMENTS: &[(&str, i64, &str)] = &[
    ("ds", 0, "%Y-%m-%d"),
    ("ds_nodash", 0, "%Y%m%d"),
    ("ts", 0, STAMP),
    ("ts_nodash", 0, "%Y%m%dT%H%M%S"),
    ("ts_nodash_with_tz", 0, "%Y%m%dT%H%M%S+0000"),
    ("yesterday_ds", -1, "%Y-%m-%d"),
    ("yesterday_ds_nodash", -1, "%Y%m%d"),
    ("tomorrow_ds", 1, "%Y-%m-%d"),
    ("tomorrow_ds_nodash", 1, "%Y%m%d"),
    ("prev_ds", -1, "%Y-%m-%d"),
    ("prev_ds_nodash", -1, "%Y%m%d"),
    ("next_ds", 1, "%Y-%m-%d"),
    ("next_ds_nodash", 1, "%Y%m%d"),
    ("execution_date", 0, STAMP),
    ("logical_date", 0, STAMP),
    ("data_interval_start", 0, STAMP),
    ("data_interval_end", 1, STAMP),
    ("next_execution_date", 1, STAMP),
    ("prev_execution_date", -1, STAMP),
    ("prev_execution_date_success", -1, STAMP),
    ("prev_data_interval_start_success", -1, STAMP),
    ("prev_data_interval_end_success", 0, STAMP),
];

fn format_day(day: Day, format: &str) -> Option<String> {
    let mut shown = String::new();
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            shown.push(character);
            continue;
        }
        match characters.next()? {
            'Y' => shown.push_str(&format!("{:04}", day.0)),
            'y' => shown.push_str(&format!("{:02}", day.0 % 100)),
            'm' => shown.push_str(&format!("{:02}", day.1)),
            'd' => shown.push_str(&format!("{:02}", day.2)),
            'H' | 'M' | 'S' => shown.push_str("00"),
            'f' => shown.push_str("000000"),
            '%' => shown.push('%'),
            _ => return None,
        }
    }
    Some(shown)
}

impl Day {
    /// The day that many days later, by the proleptic Gregorian calendar (days counted from 1 March of year 0).
    fn plus(self, days: i64) -> Self {
        let (year, month) = if self.1 <= 2 { (self.0 - 1, self.1 + 9) } else { (self.0, self.1 - 3) };
        let of_year = (153 * month + 2) / 5 + self.2 - 1;
        let total = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year + days;
        let era = total.div_euclid(146_097);
        let of_era = total.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let (month, later) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        Self(year_of_era + era * 400 + later, month, day)
    }

    /// The day of `datetime(2024, 1, 31)`; none for anything else.
    pub fn of(value: &Value) -> Option<Self> {
        let Value::External(external) = value else { return None };
        let External { path, arguments, .. } = external.as_ref();
        let arguments = arguments.as_ref().filter(|_| path.ends_with("datetime()") || path.ends_with("date()"))?;
        let part = |name: &str, at: usize| match arguments.get(name, at) {
            Some(Value::Int(number)) => Some(*number),
            _ => None,
        };
        Some(Self(part("year", 0)?, part("month", 1)?, part("day", 2)?))
    }
}

fn unquoted(text: &str) -> String {
    text.trim().trim_matches(['\'', '"']).to_owned()
}

/// An expression's text made a name: `params['a'].b` → `params_a_b`.
fn identifier(text: &str) -> String {
    let mut name = String::new();
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            name.push(character.to_ascii_lowercase());
        } else if character == '-' && name.ends_with('_') {
            name.push_str("minus_");
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    let name: String = name.trim_matches('_').chars().take(48).collect();
    if name.chars().next().is_none_or(|first| first.is_ascii_digit()) { format!("value_{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_have_names_and_defaults() {
        let rows = [
            ("ds", "ds", Some("2024-03-01")),
            ("ds_nodash", "ds_nodash", Some("20240301")),
            ("yesterday_ds", "yesterday_ds", Some("2024-02-29")),
            ("data_interval_end | ds", "data_interval_end_ds", Some("2024-03-02")),
            ("macros.ds_add(ds, -1)", "macros_ds_add_ds_minus_1", Some("2024-02-29")),
            ("macros.ds_add(ds, 366)", "macros_ds_add_ds_366", Some("2025-03-02")),
            ("macros.ds_format(ds, '%Y-%m-%d', '%Y_%m')", "macros_ds_format_ds_y_m_d_y_m", Some("2024_03")),
            ("execution_date.strftime('%Y/%m')", "execution_date_strftime_y_m", Some("2024/03")),
            ("var.value.schema", "schema", None),
            ("var.json.app.schema", "app_schema", None),
            ("params['limit']", "limit", None),
            ("dag_run.conf['day']", "day", None),
        ];
        for (expression, name, default) in rows {
            let found = run_value(expression, Day(2024, 3, 1));
            assert_eq!((found.name.as_str(), found.default.as_deref()), (name, default), "{expression}");
            assert_eq!(found.reason, "", "{expression}");
        }
        let given = run_value("var.value.get('schema', 'mart')", Day::default());
        assert_eq!((given.name.as_str(), given.given.as_deref()), ("schema", Some("mart")));
        assert!(!run_value("ti.xcom_pull(task_ids='a')", Day::default()).reason.is_empty());
    }
}
