//! A chain of versions as stages.
//!
//! In: the versions of a draft, one after the other. Out: stages, and where the rows are at the end.

use std::collections::{BTreeMap, BTreeSet};

use super::ident::ident;
use super::incremental::rows_of_before;
use super::keys::Added;
use super::manual::Problem;
use super::named::listed;
use super::rows::{Branch, Rows, Stage, body, text, union};
use super::splice::{Places, extend, splice};
use super::terms::same_column;
use super::values::always_runs;
use crate::finding::Finding;
use crate::name::Relation;
use crate::plan::context::Context;
use crate::plan::drafts::{Draft, Expected, Part};
use crate::steps::{ColumnDef, Effect, Mention, PythonBody, Query, Sql, Step, VariableUse};
use crate::versions::{StepId, VersionId};

pub(super) struct Builder<'a, 'b> {
    pub context: &'b Context<'a>,
    pub draft: &'b Draft,
    pub stages: Vec<Stage>,
    pub rows: Rows,
    /// The step that is being written.
    pub step: StepId,
    /// Names that a stage must not have: words of the author's own text, and stages that are there.
    taken: BTreeSet<String>,
    /// Whether columns of the relation could be missing because nothing declares it.
    pub incomplete: bool,
    /// What went wrong inside a piece of text.
    pub problem: Option<Problem>,
    /// The version that holds the rows of the run before, when the chain starts from them.
    pub this: Option<VersionId>,
    /// Whether only what the chain adds to those rows is written.
    pub apart: bool,
    /// The stage of the rows of the run before, once it is written.
    pub before: Option<String>,
    /// Whether the model is incremental although the chain is written over all rows of before.
    pub refreshes: bool,
    /// Columns of new rows that the statement at hand fills from a sequence.
    pub drawn: Vec<String>,
    /// Whether those rows are read through a stage, also where only what is added is written.
    pub staged: bool,
    /// Whether the text reads the rows of the run before.
    pub reads_this: bool,
    /// What there is to say.
    pub findings: Vec<Finding>,
    /// The steps whose queries became values.
    pub bound: Vec<StepId>,
    /// Stages that hold the values of a bind.
    pub(super) values: BTreeMap<StepId, String>,
    /// Whether values stand in the text itself, because stages would be lost.
    pub inline: bool,
    /// How many values were written in for the value at hand.
    pub(super) expanded: usize,
    /// The body of a Python model, where the step is one.
    pub python: Option<Vec<Part>>,
    /// What other relations must be for the rows to be right.
    pub expected: Vec<Expected>,
}

impl<'a, 'b> Builder<'a, 'b> {
    pub fn new(context: &'b Context<'a>, draft: &'b Draft) -> Self {
        let steps = draft.versions.iter().filter_map(|id| context.maker(*id));
        let taken = steps.flat_map(Step::sqls).flat_map(|sql| words(&sql.text)).collect();
        let rows = draft.base.map_or(Rows::Empty, Rows::Elsewhere);
        let step = StepId { script: 0, step: 0 };
        Self {
            context,
            draft,
            stages: Vec::new(),
            rows,
            step,
            taken,
            incomplete: false,
            problem: None,
            this: None,
            apart: false,
            before: None,
            refreshes: false,
            drawn: Vec::new(),
            staged: false,
            reads_this: false,
            findings: Vec::new(),
            bound: Vec::new(),
            values: BTreeMap::new(),
            inline: false,
            expanded: 0,
            python: None,
            expected: Vec::new(),
        }
    }

    /// Code over inputs, as the body of a Python model.
    fn python_parts(&self, step: StepId, python: &PythonBody) -> Result<Vec<Part>, Problem> {
        let mut parts = Vec::new();
        for (name, relation) in &python.inputs {
            let flows = self.context.versions.flows.iter().filter(|flow| flow.step == step);
            let read = flows
                .map(|flow| flow.from)
                .find(|from| self.context.version(*from).is_some_and(|version| version.relation == *relation));
            let Some(read) = read else { return Err(Problem::new(format!("{relation} is not known"), "")) };
            text(&mut parts, format!("{name} = "));
            parts.push(Part::Read(read));
            text(&mut parts, format!(".{}\n", self.context.target.traits().python_frame));
        }
        text(&mut parts, format!("{}\nreturn {}", python.code, python.result));
        Ok(parts)
    }

    /// Writes one version.
    pub fn version(&mut self, id: VersionId) -> Result<(), Problem> {
        let context = self.context;
        let Some(step_id) = context.version(id).and_then(|version| version.step) else { return Ok(()) };
        let Some(step) = context.step(step_id) else { return Ok(()) };
        self.step = step_id;
        let condition = self.condition(step)?;
        let changes = always_runs(&step.effect);
        if condition.is_some() && changes {
            return Err(Problem::new(
                "the statement runs only under a condition",
                "write the condition into the query",
            ));
        }
        match &step.effect {
            Effect::Create { columns, .. } => {
                let before = self.rows.clone();
                self.create(step_id, columns)?;
                if let Some(condition) = condition {
                    self.or_else(id, before, &condition);
                }
            }
            Effect::Replace { relation, columns, .. } => {
                let before = std::mem::replace(&mut self.rows, Rows::Empty);
                self.append(id, relation, columns, None)?;
                if let Some(condition) = condition {
                    self.or_else(id, before, &condition);
                }
            }
            Effect::Append { relation, columns, conflict: None, .. } => {
                self.append(id, relation, columns, condition)?;
            }
            Effect::Truncate { .. } => self.empty(condition),
            Effect::Declare { keeps_existing: false, .. } if condition.is_none() => self.rows = Rows::Empty,
            Effect::Append { columns, conflict: Some(conflict), .. } => {
                let added = self.added_if(id, columns, condition)?;
                self.conflict(id, conflict, &added)?;
            }
            Effect::Merge(merge) => self.merge(id, merge, condition)?,
            Effect::Update(update) => self.update(id, update, condition)?,
            Effect::Delete(delete) => self.delete(delete, condition),
            Effect::Alter { change, .. } => self.alter(id, change)?,
            Effect::Opaque(opaque) => match &opaque.python {
                Some(python) if context.runs_python() && self.draft.versions.len() == 1 => {
                    self.python = Some(self.python_parts(step_id, python)?);
                }
                Some(_) | None => return Err(Problem::new(opaque.reason.clone(), opaque.help.clone())),
            },
            Effect::Declare { .. }
            | Effect::Rename { .. }
            | Effect::Swap { .. }
            | Effect::Drop { .. }
            | Effect::Call { .. }
            | Effect::Bind { .. }
            | Effect::Read { .. } => {}
        }
        self.problem.take().map_or(Ok(()), Err)
    }

    fn create(&mut self, step: StepId, columns: &[String]) -> Result<(), Problem> {
        let query = self.query(step)?.clone();
        let outputs = self.context.columns.outputs(self.context.versions, step, &query);
        let head = if columns.is_empty() || same_names(outputs.as_deref(), columns) { &[] } else { columns };
        let stage = self.stage("created", head, &query.sql);
        self.rows = Rows::In(vec![Branch { stage, columns: Vec::new() }]);
        Ok(())
    }

    fn query(&self, step: StepId) -> Result<&'b Query, Problem> {
        self.context.query(step).ok_or_else(|| Problem::new("the query could not be read", "write it by hand"))
    }

    /// A stage of the rows that an INSERT brings.
    pub(super) fn added(&mut self, id: VersionId, list: &[String]) -> Result<Added, Problem> {
        let context = self.context;
        let query = self.query(self.step)?;
        let outputs = context.columns.outputs(context.versions, self.step, query);
        let known = context.columns.get(id);
        let names: Vec<String> = match (list, known) {
            ([], Some(known)) => {
                let count = outputs.as_ref().map_or(known.len(), Vec::len);
                let numbered = known.iter().filter(|column| column.generated).count();
                let skips = numbered > 0 && count + numbered == known.len();
                let taken = known.iter().filter(|column| !skips || !column.generated).take(count);
                taken.map(|column| column.name.clone()).collect()
            }
            (list, _) => list.to_vec(),
        };
        let added = self.incoming_rows(known.unwrap_or_default(), names);
        added.ok_or_else(|| Problem::new("the query could not be read", "write it by hand"))
    }

    /// No rows are left, or those of before where the condition does not hold.
    fn empty(&mut self, condition: Option<Vec<Part>>) {
        let Some(condition) = condition else {
            self.rows = Rows::Empty;
            return;
        };
        let mut parts = vec![Part::Text("select * from ".to_owned()), self.present()];
        text(&mut parts, "\n");
        extend(&mut parts, self.rows_where(condition, true));
        self.replace("otherwise", parts);
    }

    pub(super) fn append(
        &mut self,
        id: VersionId,
        relation: &Relation,
        list: &[String],
        condition: Option<Vec<Part>>,
    ) -> Result<(), Problem> {
        if self.is_undeclared() {
            self.present();
        }
        let added = self.added_if(id, list, condition)?;
        let known = self.context.columns.get(id);
        let Added { stage, names, outputs, .. } = self.keyed(id, known.unwrap_or_default(), added);
        if self.is_undeclared() && !names.is_empty() {
            let stage = self.in_order(&stage, &names);
            self.add(Branch { stage, columns: Vec::new() });
            return Ok(());
        }
        self.widen(id);
        let columns = match known {
            Some(known) => self.selected(known, &names, outputs.as_deref()),
            None if list.is_empty() => Vec::new(),
            None if matches!(self.rows, Rows::Empty) => {
                self.incomplete = true;
                Vec::new()
            }
            None => return Err(Problem::columns(relation)),
        };
        self.add(Branch { stage, columns });
        Ok(())
    }

    /// The columns that a version has and the one before it has not.
    pub(super) fn grown(&self, id: VersionId) -> Vec<ColumnDef> {
        let context = self.context;
        let (Some(now), Some(before)) = (context.columns.get(id), self.columns_before(id)) else { return Vec::new() };
        let is_new = |column: &&ColumnDef| !before.iter().any(|other| same_column(&other.name, &column.name));
        now.iter().filter(is_new).cloned().collect()
    }

    /// The columns of the version before.
    fn columns_before(&self, id: VersionId) -> Option<&[ColumnDef]> {
        let previous = self.context.version(id)?.previous?;
        self.context.columns.get(previous)
    }

    /// Gives the rows of now the columns that the version adds.
    fn widen(&mut self, id: VersionId) {
        let new = self.grown(id);
        let Some(before) = self.columns_before(id).filter(|_| !new.is_empty()) else { return };
        let dialect = self.context.target;
        let plain: Vec<String> = before.iter().map(|column| ident(&column.name, dialect)).collect();
        let names: Vec<&String> = new.iter().map(|column| &column.name).collect();
        self.say_left_out(&names);
        let nulls: Vec<String> = new.iter().map(|column| missing(column, &ident(&column.name, dialect))).collect();
        if let Rows::In(branches) = &mut self.rows {
            for branch in branches {
                let own = if branch.columns.is_empty() { plain.clone() } else { std::mem::take(&mut branch.columns) };
                branch.columns = own.into_iter().chain(nulls.iter().cloned()).collect();
            }
        }
    }

    /// Rows besides those of now.
    fn add(&mut self, branch: Branch) {
        let mut branches = match std::mem::replace(&mut self.rows, Rows::Empty) {
            Rows::Empty => Vec::new(),
            Rows::In(branches) => branches,
            Rows::Elsewhere(version) => vec![self.elsewhere(version)],
        };
        branches.push(branch);
        self.rows = Rows::In(branches);
    }

    /// What to select from a stage of columns `names`, so that it has all of the relation's columns; nothing when
    /// it has them already.
    fn selected(&self, known: &[ColumnDef], names: &[String], outputs: Option<&[ColumnDef]>) -> Vec<String> {
        let dialect = self.context.target;
        let mut all = Vec::new();
        let mut plain = known.len() == names.len();
        for (at, column) in known.iter().enumerate() {
            let name = ident(&column.name, dialect);
            let Some(from) = names.iter().position(|other| same_column(other, &column.name)) else {
                plain = false;
                all.push(missing(column, &name));
                continue;
            };
            let same_type = outputs.and_then(|outputs| outputs.get(from)).is_some_and(|output| {
                !output.sql_type.is_empty() && output.sql_type.eq_ignore_ascii_case(&column.sql_type)
            });
            let cast = !column.sql_type.is_empty() && !same_type;
            plain &= !cast && from == at;
            all.push(if cast { typed(&name, column, &name) } else { name });
        }
        if plain { Vec::new() } else { all }
    }

    /// Adds a stage; gives its name.
    pub fn stage(&mut self, name: &str, columns: &[String], sql: &Sql) -> String {
        let parts = self.parts(sql);
        self.stage_of(name, columns, parts)
    }

    pub fn stage_of(&mut self, name: &str, columns: &[String], parts: Vec<Part>) -> String {
        let name = self.free(name);
        let columns: Vec<String> = columns.iter().map(|column| ident(column, self.context.target)).collect();
        let (columns, parts) = listed(self.context.target, columns, parts);
        self.stages.push(Stage { name: name.clone(), columns, parts });
        name
    }

    /// The name, with a number where it is taken.
    pub(super) fn free(&mut self, name: &str) -> String {
        let numbered = (1..=self.taken.len() + 1).map(|n| if n == 1 { name.to_owned() } else { format!("{name}_{n}") });
        let free = numbered.into_iter().find(|name| !self.taken.contains(name)).unwrap_or_default();
        self.taken.insert(free.clone());
        free
    }

    /// A piece of SQL of the present step as parts.
    pub fn parts(&mut self, sql: &Sql) -> Vec<Part> {
        splice(sql, self)
    }

    fn elsewhere(&mut self, version: VersionId) -> Branch {
        if self.this == Some(version) {
            return Branch { stage: self.existing(version), columns: Vec::new() };
        }
        let parts = vec![Part::Text("select * from ".to_owned()), Part::Read(version)];
        Branch { stage: self.stage_of("existing", &[], parts), columns: Vec::new() }
    }

    /// The stage of the rows of the run before.
    fn existing(&mut self, version: VersionId) -> String {
        self.reads_this = true;
        if let Some(stage) = &self.before {
            return stage.clone();
        }
        let parts = match self.context.columns.get(version) {
            Some(_) => rows_of_before(self.context, version, self.apart || self.refreshes),
            None => self.undeclared_rows(),
        };
        let stage = self.stage_of("existing", &[], parts);
        self.before = Some(stage.clone());
        stage
    }

    /// The rows of now as one relation that a FROM can name.
    pub fn present(&mut self) -> Part {
        let branches = match std::mem::replace(&mut self.rows, Rows::Empty) {
            Rows::Elsewhere(version) if self.this == Some(version) => vec![self.elsewhere(version)],
            Rows::Elsewhere(version) => {
                self.rows = Rows::Elsewhere(version);
                return Part::Read(version);
            }
            Rows::Empty => {
                let stage = self.no_rows();
                vec![Branch { stage, columns: Vec::new() }]
            }
            Rows::In(branches) => branches,
        };
        let stage = match branches.as_slice() {
            [Branch { stage, columns }] if columns.is_empty() => stage.clone(),
            branches => {
                let union = union(branches);
                self.stage_of("all_rows", &[], vec![Part::Text(union)])
            }
        };
        self.rows = Rows::In(vec![Branch { stage: stage.clone(), columns: Vec::new() }]);
        Part::Text(stage)
    }

    /// The version of a relation that the present step sees.
    pub(super) fn seen(&self, relation: &Relation) -> Option<VersionId> {
        self.seen_at(self.step, relation)
    }

    /// The version of a relation that a step sees.
    pub(super) fn seen_at(&self, step: StepId, relation: &Relation) -> Option<VersionId> {
        let seen = self.context.seen(step, relation)?;
        if self.draft.instead.contains(&seen) { self.draft.base } else { Some(seen) }
    }

    /// A stage of the relation's columns without rows.
    fn no_rows(&mut self) -> String {
        let made = self.context.made_by(self.step).first().copied();
        let known = made.and_then(|id| self.context.columns.get(id)).map(<[_]>::to_vec);
        let Some(columns) = known else {
            self.problem = Some(Problem::columns("a relation that is read while it is empty"));
            return "no_rows".to_owned();
        };
        let text = empty_query(&columns, self.context.target);
        self.stage_of("no_rows", &[], vec![Part::Text(text)])
    }

    /// The whole body.
    pub fn finish(mut self) -> Result<Vec<Part>, Problem> {
        let rows = std::mem::replace(&mut self.rows, Rows::Empty);
        let branches = match rows {
            Rows::Elsewhere(version) => vec![self.elsewhere(version)],
            Rows::Empty => vec![Branch { stage: self.no_rows(), columns: Vec::new() }],
            Rows::In(branches) => branches,
        };
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let plain = match (branches.as_slice(), self.stages.as_slice()) {
            ([Branch { columns, .. }], [only]) => columns.is_empty() && only.columns.is_empty(),
            _ => false,
        };
        let mut last = Vec::new();
        text(&mut last, union(&branches));
        Ok(body(self.stages, last, plain))
    }
}

impl Places for Builder<'_, '_> {
    fn relation(&mut self, mention: &Mention) -> Vec<Part> {
        match self.seen(&mention.relation) {
            Some(seen) if self.this == Some(seen) && self.apart && !self.staged => {
                self.reads_this = true;
                vec![Part::This]
            }
            Some(seen) if self.this == Some(seen) => vec![Part::Text(self.existing(seen))],
            Some(seen) if self.apart && self.draft.versions.contains(&seen) => {
                self.reads_this = true;
                let help = "write the model by hand";
                self.problem = Some(Problem::new("rows are added to the table and read again", help));
                vec![Part::This]
            }
            Some(seen) if self.draft.versions.contains(&seen) => vec![self.present()],
            Some(seen) => vec![Part::Read(seen)],
            None => vec![Part::Text(mention.relation.to_string())],
        }
    }

    fn variable(&mut self, used: &VariableUse) -> Option<Vec<Part>> {
        let value = self.value(&used.name);
        if value.is_none() && self.problem.is_none() {
            let reason = format!("the value of {} is not known", used.name);
            self.problem = Some(Problem::new(reason, "write the value into the query"));
        }
        value
    }

    fn unwritable(&mut self, used: &VariableUse) {
        let reason = format!("the value of {} stands within a string", used.name);
        self.problem = Some(Problem::new(reason, "write the string as an expression"));
    }
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

fn same_names(outputs: Option<&[ColumnDef]>, names: &[String]) -> bool {
    outputs.is_some_and(|outputs| {
        outputs.len() == names.len() && outputs.iter().zip(names).all(|(output, name)| output.name == *name)
    })
}

/// `cast(value as type) as name`, or without the cast where no type is declared.
pub(super) fn typed(value: &str, column: &ColumnDef, name: &str) -> String {
    match column.sql_type.as_str() {
        "" if value == name => name.to_owned(),
        "" => format!("{value} as {name}"),
        sql_type => format!("cast({value} as {sql_type}) as {name}"),
    }
}

/// The value of a column that an INSERT leaves out.
fn missing(column: &ColumnDef, name: &str) -> String {
    typed(column.default.as_deref().unwrap_or("null"), column, name)
}

/// The columns, without rows.
pub(in crate::plan) fn empty_query(columns: &[ColumnDef], dialect: crate::dialect::Dialect) -> String {
    let columns: Vec<String> =
        columns.iter().map(|column| typed("null", column, &ident(&column.name, dialect))).collect();
    format!("select\n    {}\n{}", columns.join(",\n    "), dialect.traits().no_rows)
}
