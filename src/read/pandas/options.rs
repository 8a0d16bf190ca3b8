//! What a call that reads rows is asked for besides: an index, fewer rows, other names, how the values of a file are read.
//!
//! In: the table that is read, and the call's arguments. Out: the table as pandas has it, or the words for who loads the file. Never
//! passes over an option that chooses rows or columns.

use std::rc::Rc;

use super::columns;
use super::context::{Answer, Context, refuse};
use super::table::Table;
use crate::finding::Code;
use crate::frame::{Named, Op};
use crate::read::python::{Arguments, Value};

/// Options that say how the values of a file are read: the load has to follow them. A pure table.
const OF_THE_LOAD: &[&str] = &[
    "comment",
    "converters",
    "date_format",
    "date_parser",
    "dayfirst",
    "decimal",
    "delimiter",
    "dtype",
    "encoding",
    "escapechar",
    "false_values",
    "header",
    "keep_default_na",
    "lineterminator",
    "na_filter",
    "na_values",
    "names",
    "on_bad_lines",
    "parse_dates",
    "quotechar",
    "sep",
    "sheet_name",
    "skip_blank_lines",
    "skipfooter",
    "skipinitialspace",
    "skiprows",
    "thousands",
    "true_values",
];

/// The options of a file that its load has to follow, as they are written; empty where there are none.
pub fn of_the_load(context: &Context, arguments: &Arguments) -> String {
    let asked = arguments
        .keywords()
        .filter(|(name, argument)| OF_THE_LOAD.contains(name) && !matches!(argument.value, Value::None));
    let written = asked.map(|(name, argument)| {
        let text = context.evaluator.source_text(argument.span);
        let value = text.strip_prefix(name).map_or(text, |rest| rest.trim_start().trim_start_matches('=').trim_start());
        format!("`{name}={value}`")
    });
    let written: Vec<String> = written.collect();
    if written.is_empty() { String::new() } else { format!(", as {} say", written.join(", ")) }
}

/// An option that is given, and is not None.
fn given<'a>(arguments: &'a Arguments, name: &str) -> Option<&'a Value> {
    arguments.keyword(name).filter(|value| !matches!(value, Value::None))
}

/// The table with the index, the names and the number of rows that are asked for.
pub fn honoured(context: &mut Context, mut table: Table, arguments: &Arguments) -> Answer<Table> {
    let asked = |name: &str| given(arguments, name);
    if asked("usecols").is_none()
        && let Some(names) = asked("names")
    {
        let Some(names) = names.texts() else { return refuse("the names of the columns are not known") };
        let mut named = Vec::new();
        for name in &names {
            named.push(Named::new(name, table.column(context, name)?));
        }
        table = Table { columns: named, rest: false, ..table };
    }
    if let Some(count) = asked("nrows") {
        let Some(count) = count.integer().and_then(|count| u64::try_from(count).ok()) else {
            return refuse("how many rows are read is not known");
        };
        context.order_matters("reading the first rows");
        let sealed = table.sealed();
        let op = Op::Limit { input: sealed.base.clone(), order: Vec::new(), count, offset: 0 };
        table = Table { numbered: true, ..sealed.rebased(context, op) };
    }
    indexed(context, table, arguments)
}

/// The table with the columns of `index_col` as its index.
fn indexed(context: &mut Context, mut table: Table, arguments: &Arguments) -> Answer<Table> {
    let chosen = |given: &&Value| given.truth() != Some(false) || given.integer().is_some();
    if let Some(given) = given(arguments, "index_col").filter(chosen) {
        let names = match (given.texts(), given.integer()) {
            (Some(names), _) => names,
            (None, Some(place)) => {
                let Some(name) = place_of(&table, place) else {
                    let message = format!(
                        "the column at place {place} becomes the index, and which one it is is not known: the rows are numbered instead"
                    );
                    let help = "leave the column out of the table, and give the table's definition with --schema";
                    context.finding(Code::R305, message, help);
                    return Ok(table);
                };
                vec![name]
            }
            _ => return refuse("which columns become the index is not known"),
        };
        let mut index = Vec::new();
        for name in &names {
            index.push(Named::new(name, table.column(context, name)?));
        }
        table = columns::without(&table, &names);
        table = Table { index, numbered: false, labels: Rc::new(()), ..table };
    }
    Ok(table)
}

/// The name of the column at that place, where all columns are known.
fn place_of(table: &Table, place: i64) -> Option<String> {
    let named = usize::try_from(place).ok().and_then(|place| table.columns.get(place));
    named.filter(|_| !table.rest).map(|named| named.name.clone())
}
