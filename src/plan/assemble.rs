//! From drafts with names to models.

use std::collections::{BTreeMap, BTreeSet};

use super::bodies::ident;
use super::context::Context;
use super::drafts::{Draft, Part};
use super::infer::{expect_unique, infer};
use super::names::{shown, snake};
use super::sources::{SourceNames, comment};
use super::{Dependency, Incremental, Layer, Manual, Materialized, Model, ModelColumn, Piece};
use crate::dialect::Dialect;
use crate::graph::order;
use crate::text::Span;
use crate::versions::{StepId, VersionId};

/// What the parts of a draft stand for in dbt.
pub(super) struct Namer<'a> {
    pub context: &'a Context<'a>,
    pub drafts: &'a [Draft],
    pub owners: BTreeMap<VersionId, usize>,
    pub sources: &'a SourceNames,
}

impl Namer<'_> {
    /// What a draft means by a version: a pass-through means the source itself.
    pub fn dependency(&self, draft: &Draft, id: VersionId) -> Option<Dependency> {
        let owner = self.owners.get(&id).and_then(|at| self.drafts.get(*at));
        match owner {
            Some(owner) if owner.name != draft.name => Some(Dependency::Model(owner.name.clone())),
            _ => {
                let (source, table) = self.sources.get(id)?;
                Some(Dependency::Source(source.to_owned(), table.to_owned()))
            }
        }
    }

    pub fn pieces(&self, draft: &Draft, parts: &[Part]) -> Vec<Piece> {
        parts.iter().map(|part| self.piece(draft, part)).collect()
    }

    fn piece(&self, draft: &Draft, part: &Part) -> Piece {
        match part {
            Part::Text(text) => Piece::Text(text.clone()),
            Part::Read(id) => match self.dependency(draft, *id) {
                Some(Dependency::Source(source, table)) => Piece::Source { source, table },
                Some(Dependency::Model(name) | Dependency::Seed(name) | Dependency::Snapshot(name)) => Piece::Ref(name),
                None => Piece::Text(self.context.version(*id).map_or(String::new(), |v| v.relation.to_string())),
            },
            Part::Var { name, sql_type } => Piece::Var { name: name.clone(), sql_type: sql_type.clone() },
            Part::This => Piece::This,
            Part::IfIncremental(parts) => Piece::IfIncremental(self.pieces(draft, parts)),
            Part::IfThere { version, then, otherwise } => Piece::If {
                condition: format!("load_relation({}) is not none", self.source_call(*version)),
                then: self.pieces(draft, then),
                otherwise: self.pieces(draft, otherwise),
            },
            Part::Each { columns, parts } => {
                Piece::Each { columns: columns.clone(), pieces: self.pieces(draft, parts) }
            }
            Part::Call { name, arguments } => Piece::Macro { name: (*name).to_owned(), arguments: arguments.clone() },
            Part::If { condition, then, otherwise } => Piece::If {
                condition: condition.clone(),
                then: self.pieces(draft, then),
                otherwise: self.pieces(draft, otherwise),
            },
        }
    }

    /// A source as a Jinja expression.
    fn source_call(&self, id: VersionId) -> String {
        let (source, table) = self.sources.get(id).unwrap_or_default();
        format!("source({}, {})", quoted_literal(source), quoted_literal(table))
    }

    fn depends_on(&self, draft: &Draft) -> Vec<Dependency> {
        let mut all: Vec<Dependency> = Vec::new();
        for id in &draft.reads {
            if let Some(dependency) = self.dependency(draft, *id)
                && !all.contains(&dependency)
            {
                all.push(dependency);
            }
        }
        all
    }

    /// All models, parents before children, then by name.
    pub fn models(&self) -> Vec<Model> {
        let mut models: Vec<Model> = Vec::new();
        for draft in self.drafts {
            let mut model = self.model(draft);
            infer(self.context, draft, &mut model);
            models.push(model);
        }
        for draft in self.drafts {
            for expected in &draft.expected {
                let Some(Dependency::Model(name)) = self.dependency(draft, expected.version) else { continue };
                if let Some(model) = models.iter_mut().find(|model| model.name == name) {
                    expect_unique(model, &expected.columns, &draft.name);
                }
            }
        }
        self.wait_for_rows_of_before(&mut models);
        settle_landings(&mut models);
        models.sort_by(|left, right| left.name.cmp(&right.name));
        let at: BTreeMap<&str, usize> =
            models.iter().enumerate().map(|(at, model)| (model.name.as_str(), at)).collect();
        let before = |model: &Model| {
            let names = model.depends_on.iter().filter_map(|dependency| match dependency {
                Dependency::Model(name) => at.get(name.as_str()).copied(),
                Dependency::Source(..) | Dependency::Seed(_) | Dependency::Snapshot(_) => None,
            });
            names.collect::<Vec<_>>()
        };
        let predecessors: Vec<Vec<usize>> = models.iter().map(before).collect();
        let order = order(&predecessors);
        let places: Vec<usize> = order.waves.into_iter().flatten().chain(order.circles.into_iter().flatten()).collect();
        let mut left: Vec<Option<Model>> = models.into_iter().map(Some).collect();
        places.into_iter().filter_map(|at| left.get_mut(at).and_then(Option::take)).collect()
    }

    /// A table whose rows of before are kept for others waits until they are.
    fn wait_for_rows_of_before(&self, models: &mut [Model]) {
        for draft in self.drafts {
            let Some(before) = draft.last().filter(|last| self.context.lasts(*last)) else { continue };
            let Some(before) = self.context.before(before) else { continue };
            let Some(kept) = self.owners.get(&before).and_then(|at| self.drafts.get(*at)) else { continue };
            if kept.name == draft.name || !kept.is_pass_through() || waits(models, &draft.name, &kept.name) {
                continue;
            }
            if let Some(model) = models.iter_mut().find(|model| model.name == draft.name) {
                model.depends_on.push(Dependency::Model(kept.name.clone()));
                let head = [Piece::Text("-- depends_on: ".to_owned()), Piece::Ref(kept.name.clone())];
                let body = std::mem::take(&mut model.body);
                if model.manual.is_none() {
                    let line = std::iter::once(Piece::Text("\n".to_owned()));
                    model.body = head.into_iter().chain(line).chain(body).collect();
                }
            }
        }
    }

    fn model(&self, draft: &Draft) -> Model {
        let last = draft.last();
        let landing = self.landing(draft);
        let materialized = spelled(&draft.materialized, self.context.target);
        Model {
            name: draft.name.clone(),
            layer: draft.layer,
            folder: self.folder(draft),
            storage: super::stored::settings(self.context, draft, &materialized),
            materialized,
            schema: landing.schema,
            database: landing.database,
            alias: landing.alias,
            relation: self.relation(draft),
            body: if draft.manual.is_some() { Vec::new() } else { self.pieces(draft, &draft.body) },
            python: draft.python,
            pre_hook: if draft.manual.is_some() { Vec::new() } else { self.pieces(draft, &draft.hook) },
            depends_on: self.depends_on(draft),
            columns: self.columns(last.or(draft.stands_for.first().copied())),
            tests: Vec::new(),
            unit_tests: Vec::new(),
            summary: String::new(),
            description: self.description(draft),
            origin: self.origin(draft),
            manual: self.manual(draft),
        }
    }

    /// What is left to do, with the name of what holds the rows of before.
    fn manual(&self, draft: &Draft) -> Option<Manual> {
        let base = draft.base.filter(|base| draft.reads.contains(base));
        let before = base.and_then(|base| self.dependency(draft, base));
        draft.manual.clone().map(|manual| Manual { before, ..manual })
    }

    fn relation(&self, draft: &Draft) -> String {
        let id = draft.last().or(draft.stands_for.first().copied());
        id.and_then(|id| self.context.version(id)).map_or(String::new(), |version| version.relation.to_string())
    }

    fn landing(&self, draft: &Draft) -> Landing {
        let lasting = draft.stands_for.iter().find(|id| self.context.lasts(**id));
        let lasting = lasting.and_then(|id| self.context.version(*id));
        let Some(version) = lasting else {
            let schema = match draft.layer {
                Layer::Staging => Some("staging".to_owned()),
                Layer::Intermediate => Some("intermediate".to_owned()),
                Layer::Marts => None,
            };
            return Landing { schema, database: None, alias: None };
        };
        let dialect = version.step.and_then(|step| self.context.script(step)).map(|script| script.dialect);
        let shown = |text: &str| dialect.map_or(text.to_owned(), |dialect| shown(text, dialect));
        let name = match &draft.rival {
            Some(script) => format!("{}_{script}", shown(version.relation.name())),
            None => shown(version.relation.name()),
        };
        Landing {
            schema: version.relation.schema().map(shown),
            database: version.relation.database().map(shown),
            alias: (name != draft.name).then_some(name),
        }
    }

    fn folder(&self, draft: &Draft) -> String {
        match draft.layer {
            Layer::Staging => {
                let source = draft.reads.iter().find_map(|id| self.source_behind(*id)).unwrap_or_default();
                // What only lies below other staging models stands apart.
                if draft.name.starts_with("base_") { format!("{source}/base") } else { source }
            }
            Layer::Intermediate => {
                let step = draft.last().and_then(|last| self.context.version(last)).and_then(|version| version.step);
                step.and_then(|step| self.context.script(step)).map_or(String::new(), |script| snake(&script.name))
            }
            Layer::Marts => self.landing(draft).schema.map_or(String::new(), |schema| snake(&schema)),
        }
    }

    /// The source that a version is, or passes through.
    fn source_behind(&self, id: VersionId) -> Option<String> {
        self.sources.get(id).map(|(source, _)| source.to_owned())
    }

    fn columns(&self, id: Option<VersionId>) -> Vec<ModelColumn> {
        let known = id.and_then(|id| self.context.columns.get(id)).unwrap_or_default();
        let one = |column: &crate::steps::ColumnDef| ModelColumn {
            name: column.name.clone(),
            sql_type: column.sql_type.clone(),
            description: column.comment.clone(),
            tests: Vec::new(),
        };
        known.iter().map(one).collect()
    }

    fn steps(&self, draft: &Draft) -> Vec<StepId> {
        let own = draft.versions.iter().filter_map(|id| self.context.version(*id).and_then(|version| version.step));
        let mut steps: Vec<StepId> = own.chain(draft.also.iter().copied()).collect();
        let mut seen = BTreeSet::new();
        steps.retain(|step| seen.insert(*step));
        steps
    }

    fn description(&self, draft: &Draft) -> String {
        let steps = self.steps(draft);
        let mut comments: Vec<String> = Vec::new();
        if let Some(version) = draft.last().and_then(|last| self.context.version(last)) {
            comments.push(comment(self.context, &version.relation));
        }
        comments.extend(steps.iter().filter_map(|step| self.context.step(*step)).map(|step| step.comment.clone()));
        comments.retain(|comment| !comment.trim().is_empty());
        comments.dedup();
        comments.join("\n")
    }

    fn origin(&self, draft: &Draft) -> Vec<Span> {
        let mut spans: Vec<Span> =
            self.steps(draft).iter().filter_map(|step| self.context.step(*step)).map(|step| step.span).collect();
        spans.sort();
        spans.dedup();
        spans
    }
}

/// How rows are kept, with the names of columns as dbt puts them into its statements: in quotes where they need them.
fn spelled(materialized: &Materialized, target: Dialect) -> Materialized {
    let Materialized::Incremental(kept) = materialized else { return materialized.clone() };
    let names = |names: &[String]| names.iter().map(|name| ident(name, target)).collect();
    // A merge without a key matches no row: it adds all of them.
    let is_known = target.traits().strategies.contains(&kept.strategy.as_str());
    let strategy = if is_known { kept.strategy.as_str() } else { "merge" };
    Materialized::Incremental(Incremental {
        strategy: strategy.to_owned(),
        unique_key: names(&kept.unique_key),
        update_columns: names(&kept.update_columns),
    })
}

struct Landing {
    schema: Option<String>,
    database: Option<String>,
    alias: Option<String>,
}

/// A text as a Jinja literal.
pub(super) fn quoted_literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Whether the model is made of the other, through any number of models.
fn waits(models: &[Model], name: &str, other: &str) -> bool {
    let mut open = vec![name];
    let mut seen = BTreeSet::new();
    while let Some(at) = open.pop() {
        let Some(model) = models.iter().find(|model| model.name == at && seen.insert(at)) else { continue };
        for dependency in &model.depends_on {
            if let Dependency::Model(name) = dependency {
                if name == other {
                    return true;
                }
                open.push(name);
            }
        }
    }
    false
}

/// Two models must not land in the same place: the later one lands under its own name.
fn settle_landings(models: &mut [Model]) {
    let mut taken: BTreeSet<(Option<String>, Option<String>, String)> = BTreeSet::new();
    let key = |model: &Model| {
        let name = model.alias.clone().unwrap_or_else(|| model.name.clone());
        (model.database.clone(), model.schema.clone(), name.to_lowercase())
    };
    for model in models {
        if !taken.insert(key(model)) {
            model.alias = None;
            if !taken.insert(key(model)) {
                model.alias = Some(format!("{}_{}", model.name, taken.len()));
                taken.insert(key(model));
            }
        }
    }
}
