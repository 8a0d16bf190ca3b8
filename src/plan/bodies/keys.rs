//! Keys that the database numbers: identity, serial, AUTO_INCREMENT, and the next values of sequences.
//!
//! In: the rows that an INSERT brings, and where the rows of before are. Out: the same rows with their keys. They go on from the
//! highest key of before, so that a row keeps its key for ever; they follow the order in which the statement inserts, where it
//! says one, else that of the natural key. Never asks the database for a number: the same rows get the same keys.

use super::builder::Builder;
use super::ident::ident;
use super::items::{drawn, selected, sorted, values};
use super::rows::{Branch, Rows, text, union};
use super::splice::extend;
use super::terms::same_column;
use crate::finding::{Code, Finding};
use crate::plan::drafts::Part;
use crate::steps::{ColumnDef, Edit, Sql};
use crate::versions::VersionId;

/// Types whose values have no order.
const UNSORTED: &[&str] = &[
    "geography",
    "geometry",
    "hierarchyid",
    "xml",
    "json",
    "image",
    "ntext",
    "variant",
    "object",
    "blob",
    "bytea",
    "array",
    "map",
    "struct",
    "binary",
    "clob",
];

/// The rows that an INSERT brings.
pub(super) struct Added {
    pub stage: String,
    /// The columns of the relation that the stage fills, in the order of the stage.
    pub names: Vec<String>,
    /// What is known of them.
    pub outputs: Option<Vec<ColumnDef>>,
    /// Columns that the statement fills with the next value of a sequence.
    pub drawn: Vec<String>,
    /// The order in which the rows come, as terms over the columns of the stage; none where it says none.
    pub order: Option<Vec<String>>,
}

impl Builder<'_, '_> {
    /// A stage of the rows that an INSERT brings; `names` are the columns that they go to.
    pub(super) fn incoming_rows(&mut self, known: &[ColumnDef], names: Vec<String>) -> Option<Added> {
        let query = self.context.query(self.step)?.clone();
        let outputs = self.context.columns.outputs(self.context.versions, self.step, &query);
        let mut sql = query.sql.clone();
        if let Some(rows) = values(&sql.text) {
            return Some(self.literal_rows(known, sql, &rows, names, outputs));
        }
        let places = selected(&sql.text).filter(|places| places.len() == names.len()).unwrap_or_default();
        let mut taken = Vec::new();
        for (place, name) in places.into_iter().zip(&names) {
            if let Some(length) = sql.text.get(place.clone()).and_then(drawn) {
                replace(&mut sql, place.start..place.start + length, "0");
                taken.push(name.clone());
            }
        }
        let shown: Vec<String> = outputs.iter().flatten().map(|output| output.name.clone()).collect();
        let order = sorted(&sql.text, if shown.len() == names.len() { &shown } else { &names });
        let term = |(at, descends): (usize, bool)| {
            let name = ident(names.get(at)?, self.context.target);
            Some(if descends { format!("{name} desc") } else { name })
        };
        let order = order.and_then(|order| order.into_iter().map(term).collect::<Option<Vec<_>>>());
        let same = outputs.as_ref().is_some_and(|outputs| {
            outputs.len() == names.len() && outputs.iter().zip(&names).all(|(output, name)| output.name == *name)
        });
        let head: &[String] = if same && taken.is_empty() { &[] } else { &names };
        let stage = self.stage("added", head, &sql);
        Some(Added { stage, names, outputs, drawn: taken, order })
    }

    /// Rows of literals: `DEFAULT` becomes what it stands for. Where keys are numbered, the place of each row stands beside it.
    fn literal_rows(
        &mut self,
        known: &[ColumnDef],
        mut sql: Sql,
        rows: &[Vec<std::ops::Range<usize>>],
        names: Vec<String>,
        outputs: Option<Vec<ColumnDef>>,
    ) -> Added {
        let column = |name: &str| known.iter().find(|column| same_column(&column.name, name));
        let mut taken = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let generated = column(name).is_some_and(|column| column.generated);
            let items: Vec<_> = rows.iter().filter_map(|row| row.get(at).cloned()).collect();
            let text = |place: &std::ops::Range<usize>| sql.text.get(place.clone()).unwrap_or("").to_lowercase();
            let left = |place: &std::ops::Range<usize>| matches!(text(place).as_str(), "default" | "null");
            let numbered =
                generated && items.iter().all(left) || items.iter().all(|place| drawn(&text(place)).is_some());
            let defaults: Vec<_> = items.iter().filter(|place| text(place) == "default").cloned().collect();
            if numbered && !items.is_empty() {
                for place in items {
                    replace(&mut sql, place, "0");
                }
                taken.push(name.clone());
            } else {
                let value = column(name).and_then(|column| column.default.clone()).unwrap_or_else(|| "null".to_owned());
                for place in defaults {
                    replace(&mut sql, place, &value);
                }
            }
        }
        let is_left = |column: &ColumnDef| !names.iter().any(|name| same_column(name, &column.name));
        let numbers = !taken.is_empty() || known.iter().any(|column| column.generated && is_left(column));
        let mut head = names.clone();
        let mut order = None;
        if numbers && rows.len() > 1 {
            let place = self.free("place");
            for (number, row) in rows.iter().enumerate() {
                let Some(first) = row.first() else { continue };
                let number = format!("{}, ", number + 1);
                match sql.edits.iter_mut().find(|edit| edit.range.start == first.start) {
                    Some(edit) => edit.text.insert_str(0, &number),
                    None => sql.edits.push(Edit { range: first.start..first.start, text: number }),
                }
            }
            head.insert(0, place.clone());
            order = Some(vec![place]);
        }
        sql.edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
        let stage = self.stage("added", &head, &sql);
        Added { stage, names, outputs, drawn: taken, order }
    }

    /// The rows with the keys that the statement leaves to the database.
    pub(super) fn keyed(&mut self, id: VersionId, known: &[ColumnDef], added: Added) -> Added {
        let left_out =
            |column: &&ColumnDef| column.generated && !added.names.iter().any(|name| same_column(name, &column.name));
        let mut keys: Vec<String> = known.iter().filter(left_out).map(|column| column.name.clone()).collect();
        keys.extend(added.drawn.iter().cloned());
        if keys.is_empty() {
            return added;
        }
        let dialect = self.context.target;
        let names: Vec<String> = added.names.iter().filter(|name| !added.drawn.contains(name)).cloned().collect();
        let order = added.order.clone().unwrap_or_else(|| self.natural_order(id, known, &names));
        let mut parts = vec![Part::Text("select".to_owned())];
        for name in &names {
            text(&mut parts, format!("\n    {},", ident(name, dialect)));
        }
        for (at, key) in keys.iter().enumerate() {
            text(&mut parts, if at == 0 { "\n    " } else { ",\n    " });
            let numbers = known.iter().find(|column| same_column(&column.name, key)).and_then(|column| column.numbers);
            let highest = self.highest(key, numbers);
            extend(&mut parts, highest);
            text(&mut parts, format!("row_number() over (order by {}) as {}", order.join(", "), ident(key, dialect)));
        }
        text(&mut parts, format!("\nfrom {}", added.stage));
        let stage = self.stage_of("with_keys", &[], parts);
        self.say_numbered(id, &keys, &order);
        let unknown = ColumnDef::default;
        let outputs = added.outputs.map(|outputs| {
            let kept = outputs.into_iter().zip(&added.names).filter(|(_, name)| !added.drawn.contains(name));
            kept.map(|(output, _)| output).chain(keys.iter().map(|_| unknown())).collect()
        });
        Added { stage, names: names.into_iter().chain(keys).collect(), outputs, drawn: Vec::new(), order: None }
    }

    /// That the model numbers these columns.
    pub(super) fn say_numbered(&mut self, id: VersionId, keys: &[String], order: &[String]) {
        let (Some(version), Some(step)) = (self.context.version(id), self.context.step(self.step)) else { return };
        let by = if order.len() > 3 { "of the columns".to_owned() } else { format!("of {}", order.join(", ")) };
        let message = format!("new rows of {} get {} in the order {by}", version.relation, keys.join(", "));
        let help = "a key stays with its row; a number of rows that were deleted at the end may be given again";
        self.findings.push(Finding::at(Code::R319, step.span, message, help));
    }

    /// `highest key of before + `; nothing where there are no rows of before. `numbers` are start and step of the keys.
    fn highest(&mut self, key: &str, numbers: Option<(i64, i64)>) -> Vec<Part> {
        let key = ident(key, self.context.target);
        let of = |from: Vec<Part>| after(&key, numbers, from);
        match (self.rows.clone(), self.apart && self.this.is_some()) {
            (Rows::Empty, true) if numbers.is_some() => {
                let condition = "is_incremental()".to_owned();
                vec![Part::If { condition, then: of(vec![Part::This]), otherwise: from_the_start(numbers) }]
            }
            (Rows::Empty, true) => vec![Part::IfIncremental(of(vec![Part::This]))],
            (Rows::Empty, false) => from_the_start(numbers),
            (Rows::In(branches), true) => {
                let earlier = self.stage_of("earlier", &[], vec![Part::Text(union(&branches))]);
                self.rows = Rows::In(vec![Branch { stage: earlier.clone(), columns: Vec::new() }]);
                let mut from = vec![Part::Text(format!("(select {key} from {earlier}"))];
                let this = vec![Part::Text(format!(" union all select {key} from ")), Part::This];
                from.push(Part::IfIncremental(this));
                text(&mut from, ") as earlier_keys");
                of(from)
            }
            (Rows::In(_) | Rows::Elsewhere(_), _) => {
                let present = self.present();
                of(vec![present])
            }
        }
    }

    /// The key that a statement leaves to the database, for rows that are numbered where they stand: `before` are the rows of
    /// before, `order` what the new rows are numbered by.
    pub(super) fn next_key(&self, column: &ColumnDef, before: Option<&Part>, order: &[String]) -> Vec<Part> {
        let key = ident(&column.name, self.context.target);
        let mut parts = match before {
            Some(before) => after(&key, column.numbers, vec![before.clone()]),
            None => from_the_start(column.numbers),
        };
        text(&mut parts, format!("row_number() over (order by {})", order.join(", ")));
        parts
    }

    /// The natural key of the rows, else all their columns.
    pub(super) fn natural_order(&self, id: VersionId, known: &[ColumnDef], names: &[String]) -> Vec<String> {
        let natural = self.natural_key(id, known, names);
        let sorts = |name: &&String| known.iter().find(|column| same_column(&column.name, name)).is_none_or(has_order);
        let all: Vec<&String> =
            if natural.is_empty() { names.iter().filter(sorts).collect() } else { natural.iter().collect() };
        let all = if all.is_empty() { names.iter().collect() } else { all };
        all.into_iter().map(|name| ident(name, self.context.target)).collect()
    }

    /// A declared key that the rows bring themselves.
    fn natural_key(&self, id: VersionId, known: &[ColumnDef], names: &[String]) -> Vec<String> {
        let Some(relation) = self.context.version(id).map(|version| &version.relation) else { return Vec::new() };
        let brought = |name: &String| names.iter().any(|other| same_column(other, name));
        let mut declared = self.context.declared_keys(relation);
        let declared = declared.find(|key| !key.is_empty() && key.iter().all(brought)).map(<[String]>::to_vec);
        let alone = || {
            let column = known.iter().find(|column| column.unique && !column.generated && brought(&column.name));
            column.map(|column| vec![column.name.clone()])
        };
        declared.or_else(alone).unwrap_or_default()
    }
}

/// Whether values of the column's type can be sorted and compared.
pub(super) fn has_order(column: &ColumnDef) -> bool {
    let sql_type = column.sql_type.to_lowercase();
    !UNSORTED.iter().any(|one| sql_type.contains(one))
}

/// Puts `text` at a place, in the stead of what stood there.
fn replace(sql: &mut Sql, range: std::ops::Range<usize>, text: &str) {
    let within = |of: &std::ops::Range<usize>| of.start >= range.start && of.end <= range.end;
    sql.mentions.retain(|mention| !within(&mention.range));
    sql.variables.retain(|used| !within(&used.range));
    sql.edits.retain(|edit| !within(&edit.range));
    sql.edits.push(Edit { range, text: text.to_owned() });
}

/// `highest key of the rows in from + `, with the step of the keys where it is not 1.
fn after(key: &str, numbers: Option<(i64, i64)>, from: Vec<Part>) -> Vec<Part> {
    let (start, step) = numbers.unwrap_or((1, 1));
    let highest = if step < 0 { "min" } else { "max" };
    let mut parts = vec![Part::Text(format!("(select coalesce({highest}({key}), {}) from ", start - step))];
    extend(&mut parts, from);
    match numbers {
        Some(_) => text(&mut parts, format!(") + {step} * ")),
        None => text(&mut parts, format!(" where {key} > 0) + ")),
    }
    parts
}

/// What stands before the number of a row where no row is there yet.
fn from_the_start(numbers: Option<(i64, i64)>) -> Vec<Part> {
    numbers.map(|(start, step)| Part::Text(format!("{} + {step} * ", start - step))).into_iter().collect()
}
