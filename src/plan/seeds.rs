//! Tables that hold nothing but what the script lists: seeds.
//!
//! In: drafts whose bodies are written. Out: the rows of those that are only declared, emptied and filled with literals, each
//! value as a CSV file holds it. A value that a CSV file cannot hold for sure (an empty text, which dbt reads as NULL; a
//! value of another type than its column) leaves the draft a model. Never computes a value.

use std::collections::{BTreeMap, BTreeSet};

use super::bodies::{ident, listed};
use super::context::Context;
use super::drafts::Draft;
use super::{DataTest, Dependency, Model, ModelColumn, Project, TestKind};
use crate::dialect::{Dialect, Folding};
use crate::sql::shape::{Column, Expr, shape};
use crate::sql::{Sense, sense};
use crate::steps::{ColumnDef, Effect, FactKind, Query};
use crate::text::Span;

/// Longer lists stay in the model: dbt reads seeds slowly.
const MOST_ROWS: usize = 5_000;

/// The rows of a seed; none is NULL.
pub(super) type SeedRows = Vec<Vec<Option<String>>>;

/// A table of literals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed {
    /// Its name.
    pub name: String,
    /// The schema in which it lands.
    pub schema: Option<String>,
    /// The database in which it lands; none for the target's own.
    pub database: Option<String>,
    /// The name under which it lands, where that is not the seed's.
    pub alias: Option<String>,
    /// The relation that it stands for, as the script names it.
    pub relation: String,
    /// One or two sentences, or empty.
    pub description: String,
    /// Its columns, in the order of the rows' values.
    pub columns: Vec<ModelColumn>,
    /// Tests over several columns.
    pub tests: Vec<DataTest>,
    /// Rows; none is NULL.
    pub rows: SeedRows,
    /// The statements that it was made from.
    pub origin: Vec<Span>,
}

/// A value that stands in the script.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Literal {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
}

/// The rows of a lasting table that is constant; none for every other.
pub(super) fn seed_rows(context: &Context, draft: &Draft) -> Option<SeedRows> {
    let last = draft.last()?;
    let lasting = context.lasts(last) && draft.manual.is_none() && !draft.python;
    let read_before = context.before(last).is_some_and(|before| !context.readers(before).is_empty());
    let columns = context.columns.get(last)?;
    let plain = |column: &ColumnDef| column.generated || !matches!(sense_of(column, context.target), Sense::Unknown);
    if !lasting || read_before || columns.is_empty() || !columns.iter().all(plain) || !plain_names(context, columns) {
        return None;
    }
    let mut rows = filled(context, draft, columns).filter(|rows| !rows.is_empty() && rows.len() <= MOST_ROWS)?;
    number(columns, &mut rows)?;
    // A line of a single empty field is no row.
    (columns.len() > 1 || rows.iter().flatten().all(Option::is_some)).then_some(rows)
}

/// What a chain of declarations, emptyings and literal rows leaves; none for a chain that does something else.
fn filled(context: &Context, draft: &Draft, columns: &[ColumnDef]) -> Option<SeedRows> {
    let mut rows: Option<SeedRows> = None;
    for id in &draft.versions {
        let version = context.version(*id)?;
        let step = context.step(version.step?)?;
        if !step.guards.is_empty() {
            return None;
        }
        match &step.effect {
            Effect::Declare { keeps_existing: false, .. } | Effect::Truncate { .. } => rows = Some(Vec::new()),
            // A second run of the script ends with an error where the table holds the keys already.
            Effect::Declare { .. } if rows.is_none() && has_key(context, draft) => rows = Some(Vec::new()),
            Effect::Declare { .. } => {}
            Effect::Append { columns: list, conflict: None, .. } => {
                let more = added(context, columns, list, context.query(version.step?)?)?;
                rows.as_mut()?.extend(more);
            }
            Effect::Append { .. }
            | Effect::Create { .. }
            | Effect::Replace { .. }
            | Effect::Merge(_)
            | Effect::Update(_)
            | Effect::Delete(_)
            | Effect::Drop { .. }
            | Effect::Rename { .. }
            | Effect::Swap { .. }
            | Effect::Alter { .. }
            | Effect::Call { .. }
            | Effect::Bind { .. }
            | Effect::Read { .. }
            | Effect::Opaque(_) => return None,
        }
    }
    rows
}

/// Whether no name needs quotes, where names in quotes would be others.
fn plain_names(context: &Context, columns: &[ColumnDef]) -> bool {
    let folds = context.target.traits().folding == Folding::Upper;
    !folds || columns.iter().all(|column| ident(&column.name, context.target) == column.name)
}

/// Whether rows that come a second time are an error.
fn has_key(context: &Context, draft: &Draft) -> bool {
    let Some(last) = draft.last() else { return false };
    let Some(version) = context.version(last) else { return false };
    let alone = context.columns.get(last).unwrap_or_default().iter().any(|column| column.unique && !column.generated);
    let mut facts = context.scripts.iter().flat_map(|script| &script.facts);
    alone || facts.any(|fact| fact.relation == version.relation && matches!(fact.kind, FactKind::Key(_)))
}

/// The rows that an INSERT brings, over all columns; a column that the database numbers is NULL.
fn added(context: &Context, columns: &[ColumnDef], list: &[String], query: &Query) -> Option<SeedRows> {
    if !query.sql.mentions.is_empty() || !query.sql.variables.is_empty() || !query.sql.edits.is_empty() {
        return None;
    }
    let rows = literals(&query.sql, context.target)?;
    let width = rows.first().map(Vec::len)?;
    let numbered = columns.iter().filter(|column| column.generated).count();
    let skips = numbered > 0 && width + numbered == columns.len();
    let names: Vec<&str> = match list {
        [] => columns.iter().filter(|one| !skips || !one.generated).map(|one| one.name.as_str()).take(width).collect(),
        list => list.iter().map(String::as_str).collect(),
    };
    let known = names.iter().all(|name| columns.iter().any(|column| column.name.eq_ignore_ascii_case(name)));
    if !known || rows.iter().any(|row| row.len() != names.len()) {
        return None;
    }
    let mut all = Vec::new();
    for row in rows {
        let mut values = Vec::new();
        for column in columns {
            let given = names.iter().position(|name| column.name.eq_ignore_ascii_case(name));
            let literal = match given.and_then(|at| row.get(at)) {
                Some(Some(literal)) => Some(literal.clone()),
                // `DEFAULT`, or no value at all.
                Some(None) | None => match column.default.as_deref() {
                    Some(default) if !column.generated => Some(literal(default, context.target)?),
                    _ => None,
                },
            };
            values.push(match literal {
                Some(literal) if column.generated && literal != Literal::Null => return None,
                Some(literal) => written(&literal, column, context.target)?,
                None => None,
            });
        }
        all.push(values);
    }
    Some(all)
}

/// The values of `VALUES …`, or of SELECTs of literals; within a row, none stands for `DEFAULT`.
fn literals(sql: &crate::steps::Sql, dialect: Dialect) -> Option<Vec<Vec<Option<Literal>>>> {
    if let Some(rows) = listed(&sql.text) {
        let one = |range: &std::ops::Range<usize>| {
            let text = sql.text.get(range.clone())?;
            if text.eq_ignore_ascii_case("default") { Some(None) } else { literal(text, dialect).map(Some) }
        };
        return rows.iter().map(|row| row.iter().map(one).collect()).collect();
    }
    let shape = shape(sql, dialect)?;
    let plain = |select: &crate::sql::shape::Select| {
        !select.distinct
            && select.tables.is_empty()
            && select.filter.is_none()
            && select.group.is_none()
            && !select.more
    };
    if !shape.ctes.is_empty() || !shape.branches.iter().all(plain) {
        return None;
    }
    let value = |column: &Column| match column {
        Column::Named(_, Expr::Null) => Some(Some(Literal::Null)),
        Column::Named(_, Expr::Bool(value)) => Some(Some(Literal::Bool(*value))),
        Column::Named(_, Expr::Number(text)) => Some(Some(Literal::Number(number_text(text)?))),
        Column::Named(_, Expr::Text(text)) => Some(Some(Literal::Text(text.clone()))),
        Column::Named(..) | Column::Star(_) => None,
    };
    shape.branches.iter().map(|select| select.columns.iter().map(value).collect()).collect()
}

/// The value of a literal; none for everything else.
fn literal(text: &str, dialect: Dialect) -> Option<Literal> {
    let text = text.trim();
    match text.to_lowercase().as_str() {
        "null" => return Some(Literal::Null),
        "true" => return Some(Literal::Bool(true)),
        "false" => return Some(Literal::Bool(false)),
        _ => {}
    }
    if let Some(number) = number_text(text) {
        return Some(Literal::Number(number));
    }
    let (before, rest) = text.split_at(text.find('\'')?);
    let word = before.trim().to_lowercase();
    if !["", "n", "date", "timestamp"].contains(&word.as_str()) {
        return None;
    }
    let (rest, cast) = rest.rsplit_once("::").filter(|(value, _)| value.ends_with('\'')).unwrap_or((rest, ""));
    if !["", "date", "timestamp", "text", "varchar"].contains(&cast.trim().to_lowercase().as_str()) {
        return None;
    }
    let inner = rest.strip_prefix('\'')?.strip_suffix('\'')?;
    let escapes = dialect.traits().backslash_escapes && inner.contains('\\');
    (!escapes && !inner.replace("''", "").contains('\'')).then(|| Literal::Text(inner.replace("''", "'")))
}

/// Digits with a sign and a point, without what the sign does not need.
fn number_text(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest.trim_start()),
        None => ("", text.strip_prefix('+').unwrap_or(text).trim_start()),
    };
    let points = digits.matches('.').count();
    let plain = digits.chars().all(|c| c.is_ascii_digit() || c == '.') && points <= 1;
    (plain && digits.starts_with(|c: char| c.is_ascii_digit()) && !digits.ends_with('.'))
        .then(|| format!("{sign}{digits}"))
}

fn sense_of(column: &ColumnDef, dialect: Dialect) -> Sense {
    sense(&column.sql_type, dialect)
}

/// The field of a value; none inside for NULL, none at all where the field would not surely be the value of that column.
#[expect(clippy::option_option, reason = "NULL is a field, and not every value has one")]
fn written(literal: &Literal, column: &ColumnDef, dialect: Dialect) -> Option<Option<String>> {
    let sense = sense_of(column, dialect);
    let whole = |text: &str| !text.contains('.');
    let text = match (literal, &sense) {
        (Literal::Null, _) => return Some(None),
        (Literal::Bool(value), Sense::Bool) => value.to_string(),
        (Literal::Number(text), Sense::Bool) if text == "0" || text == "1" => text.clone(),
        (Literal::Number(text), Sense::Integer | Sense::Big) if whole(text) => text.clone(),
        (Literal::Number(text), Sense::Decimal(_) | Sense::Number) => text.clone(),
        (Literal::Number(text), Sense::Text) if whole(text) && *text == canonical(text) => text.clone(),
        (Literal::Text(text), Sense::Text) if holds(text) => text.clone(),
        (Literal::Text(text), Sense::Integer | Sense::Big) if whole(text) => number_text(text)?,
        (Literal::Text(text), Sense::Bool) if matches!(text.as_str(), "true" | "false") => text.clone(),
        (Literal::Text(text), Sense::Date) => day(text)?,
        (Literal::Text(text), Sense::Timestamp) => moment(text)?,
        (Literal::Bool(_) | Literal::Number(_) | Literal::Text(_), _) => return None,
    };
    Some(Some(text))
}

/// Whether a CSV file gives the text back: dbt reads an empty field and the word null as NULL.
fn holds(text: &str) -> bool {
    let trimmed = text.trim();
    !trimmed.is_empty() && !trimmed.eq_ignore_ascii_case("null") && !text.contains(['\r', '\0'])
}

/// A whole number without zeros that it does not need.
fn canonical(text: &str) -> String {
    text.parse::<i64>().map_or(String::new(), |number| number.to_string())
}

/// A day as `2024-01-31`.
fn day(text: &str) -> Option<String> {
    let digits = |text: &str, count: usize| text.len() == count && text.chars().all(|c| c.is_ascii_digit());
    if digits(text, 8) {
        return Some(format!("{}-{}-{}", text.get(..4)?, text.get(4..6)?, text.get(6..)?));
    }
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return None };
    (digits(year, 4) && digits(month, 2) && digits(day, 2)).then(|| text.to_owned())
}

/// A point in time as `2024-01-31 10:20:30.5`.
fn moment(text: &str) -> Option<String> {
    let Some((date, time)) = text.split_once([' ', 'T']) else { return day(text) };
    let (whole, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let parts: Vec<&str> = whole.split(':').collect();
    let two = |part: &&str| part.len() == 2 && part.chars().all(|c| c.is_ascii_digit());
    let plain = (2..=3).contains(&parts.len()) && parts.iter().all(two);
    let fits = !fraction.is_empty() && fraction.len() <= 6 && fraction.chars().all(|c| c.is_ascii_digit());
    (plain && fits && date.contains('-')).then_some(format!("{} {time}", day(date)?))
}

/// Gives the rows the numbers that the database would have given them; nothing where some bring their own.
fn number(columns: &[ColumnDef], rows: &mut SeedRows) -> Option<()> {
    let numbered = columns.iter().enumerate().filter(|(_, column)| column.generated);
    for (at, column) in numbered {
        let (from, by) = column.numbers.unwrap_or((1, 1));
        for (place, row) in rows.iter_mut().enumerate() {
            let cell = row.get_mut(at)?;
            if cell.is_some() {
                return None;
            }
            let place = i64::try_from(place).ok()?;
            *cell = Some(place.checked_mul(by)?.checked_add(from)?.to_string());
        }
    }
    Some(())
}

/// Takes the models that are seeds out of the models, and makes those that read them say so.
pub(super) fn take(drafts: &[Draft], project: &mut Project) {
    let of_draft = |draft: &'_ Draft| Some((draft.name.clone(), draft.seed.clone()?));
    let mut rows: BTreeMap<String, SeedRows> = drafts.iter().filter_map(of_draft).collect();
    let names: BTreeSet<String> = rows.keys().cloned().collect();
    for model in std::mem::take(&mut project.models) {
        match rows.remove(&model.name) {
            Some(rows) => project.seeds.push(seed(model, rows)),
            None => project.models.push(model),
        }
    }
    project.seeds.sort_by(|left, right| left.name.cmp(&right.name));
    for model in &mut project.models {
        model.depends_on.iter_mut().for_each(|one| renamed(one, &names));
        model.tests.iter_mut().for_each(|test| tested(test, &names));
        model.columns.iter_mut().flat_map(|column| &mut column.tests).for_each(|test| tested(test, &names));
        let given = model.unit_tests.iter_mut().flat_map(|test| &mut test.given);
        given.for_each(|given| renamed(&mut given.input, &names));
    }
    project.exposures.iter_mut().flat_map(|of| &mut of.depends_on).for_each(|one| renamed(one, &names));
}

fn seed(mut model: Model, rows: SeedRows) -> Seed {
    for column in &mut model.columns {
        if column.description.is_empty() || column.description.starts_with("Always ") {
            column.description = format!("`{}` of `{}`, as the scripts list it", column.name, model.relation);
        }
    }
    Seed {
        name: model.name,
        schema: model.schema,
        database: model.database,
        alias: model.alias,
        relation: model.relation,
        description: model.description,
        columns: model.columns,
        tests: model.tests,
        rows,
        origin: model.origin,
    }
}

fn renamed(dependency: &mut Dependency, seeds: &BTreeSet<String>) {
    if let Dependency::Model(name) = dependency
        && seeds.contains(name)
    {
        *dependency = Dependency::Seed(name.clone());
    }
}

fn tested(test: &mut DataTest, seeds: &BTreeSet<String>) {
    if let TestKind::Relationships { to, .. } = &mut test.kind {
        renamed(to, seeds);
    }
}
