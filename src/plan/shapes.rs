//! The shape of a model's text.
//!
//! In: a model. Out: its query's shape, with what each relation in it stands for; nothing for text that depends on a
//! condition, or that is no query which is understood. Says nothing of what the shape means.

use super::{Dependency, Model, Piece};
use crate::dialect::Dialect;
use crate::name::Relation;
use crate::sql::shape::{Expr, Join, Select, Shape, TableKind, shape};
use crate::steps::{Mention, Sql, VariableUse};
use crate::text::{SourceId, Span};

/// A model's query.
pub(super) struct Known {
    pub shape: Shape,
    /// What the relations of the shape stand for; none for the model's own rows of before.
    pub reads: Vec<Option<Dependency>>,
    /// The variables by their place in the text.
    pub vars: Vec<(usize, String)>,
}

/// The rows that a model's text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    /// Those of the first run.
    First,
    /// Those of every other.
    Later,
}

/// What is taken of a model's text.
#[derive(Debug, Clone, Copy)]
struct Taken {
    run: Run,
    /// Whether alternatives between the first run and the others are taken too.
    alternatives: bool,
}

/// The conditions that are false on the first run and true on every other.
const LATER: [&str; 2] = [IS_INCREMENTAL, "load_relation(this) is not none"];
/// The one of them that a test can set.
const IS_INCREMENTAL: &str = "is_incremental()";

/// The shape of a model's text in that run.
pub(super) fn of(model: &Model, dialect: Dialect, run: Run) -> Option<Known> {
    known(model, dialect, Taken { run, alternatives: false })
}

/// The shape of a model's text in that run, where the runs have texts of their own too. It is for telling what the
/// text does: a fact that must hold after every run needs both.
pub(super) fn alternative(model: &Model, dialect: Dialect, run: Run) -> Option<Known> {
    known(model, dialect, Taken { run, alternatives: true })
}

/// What the text does on the first run, as a test of dbt's own makes it run: where nothing but `is_incremental()` tells
/// that run from the others.
pub(super) fn first_run(model: &Model, dialect: Dialect) -> Option<Known> {
    let only = asked(&model.body).iter().all(|condition| *condition == IS_INCREMENTAL);
    if only { alternative(model, dialect, Run::First) } else { None }
}

/// The conditions of a text.
fn asked(body: &[Piece]) -> Vec<&str> {
    let mut all = Vec::new();
    for piece in body {
        if let Piece::If { condition, then, otherwise } = piece {
            all.push(condition.as_str());
            all.extend(asked(then));
            all.extend(asked(otherwise));
        }
    }
    all
}

fn known(model: &Model, dialect: Dialect, taken: Taken) -> Option<Known> {
    if model.manual.is_some() || model.python {
        return None;
    }
    let mut sql = Sql::plain("", Span::new(SourceId(0), 0, 0));
    let mut reads = Vec::new();
    let mut vars = Vec::new();
    pieces(&model.body, dialect, taken, &mut sql, &mut (&mut reads, &mut vars))?;
    Some(Known { shape: shape(&sql, dialect)?, reads, vars })
}

type Found<'a> = (&'a mut Vec<Option<Dependency>>, &'a mut Vec<(usize, String)>);

fn pieces(body: &[Piece], dialect: Dialect, taken: Taken, sql: &mut Sql, found: &mut Found) -> Option<()> {
    for piece in body {
        let mut mention = |name: &str, of: Option<Dependency>| {
            let start = sql.text.len();
            sql.text.push_str(name);
            let range = start..sql.text.len();
            sql.mentions.push(Mention { range, relation: Relation::plain(name, dialect), alias: None });
            found.0.push(of);
        };
        match piece {
            Piece::Text(text) => sql.text.push_str(text),
            Piece::Ref(name) => mention(name, Some(Dependency::Model(name.clone()))),
            Piece::Source { source, table } => {
                mention(&word(table), Some(Dependency::Source(source.clone(), table.clone())));
            }
            Piece::This => mention("this_model", None),
            Piece::Var { name, .. } => {
                let start = sql.text.len();
                found.1.push((start, name.clone()));
                sql.text.push_str("variable");
                sql.variables.push(VariableUse { range: start..sql.text.len(), name: name.clone() });
            }
            Piece::IfIncremental(inner) => {
                if taken.run == Run::Later {
                    pieces(inner, dialect, taken, sql, found)?;
                }
            }
            Piece::If { condition, then, otherwise } if taken.alternatives && LATER.contains(&condition.as_str()) => {
                let own = if taken.run == Run::Later { then } else { otherwise };
                pieces(own, dialect, taken, sql, found)?;
            }
            Piece::If { .. } | Piece::Each { .. } | Piece::Macro { .. } => return None,
        }
    }
    Some(())
}

/// A name of one word, by which columns can be qualified as dbt's own rendering allows.
fn word(table: &str) -> String {
    let fit: String = table.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if fit.starts_with(|c: char| c.is_ascii_digit()) { format!("t{fit}") } else { fit }
}

impl Known {
    /// The branches of a named query.
    pub fn cte(&self, name: &str) -> Option<&[Select]> {
        self.shape.ctes.iter().find(|(own, _)| own == name).map(|(_, branches)| branches.as_slice())
    }

    /// Every SELECT of it.
    pub fn selects(&self) -> impl Iterator<Item = &Select> {
        self.shape.ctes.iter().flat_map(|(_, branches)| branches).chain(&self.shape.branches)
    }

    /// The table of `select` that a column is of: by its qualifier, or because there is only one.
    pub fn table(select: &Select, qualifier: &str) -> Option<usize> {
        if qualifier.is_empty() {
            return (select.tables.len() == 1).then_some(0);
        }
        let mut found = select.tables.iter().enumerate().filter(|(_, table)| table.alias == qualifier);
        match (found.next(), found.next()) {
            (Some((at, _)), None) => Some(at),
            _ => None,
        }
    }

    /// The relation and its column that an expression of `select` takes unchanged, seen through named queries that
    /// neither group nor join.
    pub fn origin(&self, select: &Select, value: &Expr) -> Option<(&Dependency, String)> {
        self.origin_within(select, value, 0)
    }

    fn origin_within(&self, select: &Select, value: &Expr, depth: usize) -> Option<(&Dependency, String)> {
        let Expr::Column(qualifier, column) = value else { return None };
        let table = select.tables.get(Self::table(select, qualifier)?)?;
        match &table.what {
            TableKind::Relation(number) => Some((self.reads.get(*number)?.as_ref()?, column.clone())),
            TableKind::Cte(name) => {
                let [inner] = self.cte(name)? else { return None };
                let value = inner_value(inner, column)?;
                if depth > 40 { None } else { self.origin_within(inner, &value, depth + 1) }
            }
            TableKind::Other => None,
        }
    }
}

/// What a column of a query's rows is within it.
pub(super) fn inner_value(select: &Select, column: &str) -> Option<Expr> {
    use crate::sql::shape::Column;
    let mut named = select.columns.iter().filter_map(|own| match own {
        Column::Named(name, value) if name == column => Some(value.clone()),
        Column::Named(..) | Column::Star(_) => None,
    });
    if let Some(value) = named.next() {
        return Some(value);
    }
    let mut stars = select.columns.iter().filter_map(|own| match own {
        Column::Star(table) => Some(table.clone()),
        Column::Named(..) => None,
    });
    let star = stars.next()?;
    let alone = stars.next().is_none() && select.tables.len() == 1;
    alone.then(|| Expr::Column(star, column.to_owned()))
}

/// Whether every join of a SELECT is one whose rows are understood.
pub(super) fn plain_joins(select: &Select) -> bool {
    select.tables.iter().all(|table| table.join != Join::Other && table.what != TableKind::Other)
}
