//! The code that one statement needs: itself, and the statements before it that made or changed what it uses.
//!
//! In: the place of a statement, and which names are inputs. Out: the code as text, what it takes, what it gives. A
//! statement within a loop is not cut out.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Comprehension, Expr, ExprContext, Stmt};
use ruff_text_size::Ranged;

use super::account::StatementId;
use super::evaluator::Evaluator;
use super::value::Value;
use crate::text::Span;

/// A statement with what it needs.
#[derive(Debug, Clone)]
pub struct Slice {
    /// The statements, one after the other, without indentation.
    pub code: String,
    /// The names that come from outside.
    pub inputs: Vec<String>,
    /// The name that the last statement gives or changes.
    pub result: String,
    /// Whether it goes through rows one after the other, or asks where in the order a row stands.
    pub is_ordered: bool,
    /// The names that the statements bind or may change.
    pub given: BTreeSet<String>,
    /// The statements, as the account knows them.
    pub statements: BTreeSet<StatementId>,
}

/// What is known of the labels of the rows and the columns that a statement gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Labels {
    /// The rows are numbered, and the columns have names of one level.
    Plain,
    /// Those of the frame that the statement changes.
    Kept,
    /// Nothing.
    Unknown,
}

impl Evaluator<'_> {
    /// The statement at `place` with what it needs; `is_input` says of a name that it comes from outside; `result` is
    /// the name that is asked for, where the statement does not tell (a loop, whose place is what it goes through). None where the
    /// statement gives no name, stands in a loop, or needs what reaches outside: a model that writes to the script's own
    /// database or reads the words of its command does that within dbt.
    pub fn slice(&self, place: Span, result: Option<&str>, is_input: &dyn Fn(&str) -> bool) -> Option<Slice> {
        let mut before: Vec<&Stmt> = Vec::new();
        let statement = self.descend(&self.module.body, place, &mut before)?;
        let written = written_expression(statement).filter(|_| result.is_none());
        let mut needed = written.map_or_else(|| used(statement), used_by);
        let unnamed = written.map(|_| free_name(&needed));
        let result = result.map(str::to_owned).or(unnamed).or_else(|| changed(statement))?;
        let mut kept: Vec<&Stmt> = vec![statement];
        let imported: BTreeSet<String> = before.iter().flat_map(|earlier| imports(earlier)).collect();
        for earlier in before.into_iter().rev() {
            let mut gives = given(earlier);
            if !matches!(earlier, Stmt::Import(_) | Stmt::ImportFrom(_)) {
                // `frame = pd.read_sql(…)` changes no module; `np.random.seed(1)` does.
                let called = called_for_itself(earlier);
                gives.retain(|name| !imported.contains(name) || called.as_ref() == Some(name));
            }
            if !matches!(earlier, Stmt::Import(_) | Stmt::ImportFrom(_) | Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
                // What is followed is not changed by `groups.sum()`; of what is not, nobody knows.
                let changed = super::loops::changed_by(earlier);
                let is_followed = |name: &String| matches!(self.named(name), Some(Value::Object(_)));
                gives.retain(|name| changed.contains(name) || !is_followed(name));
            }
            gives.retain(|name| !is_input(name));
            if gives.iter().any(|name| needed.contains(name)) {
                // What comes from outside is as the loop left it: it must not run again.
                let loops = matches!(earlier, Stmt::For(_) | Stmt::While(_));
                if loops && super::loops::changed_by(earlier).iter().any(|name| is_input(name)) {
                    return None;
                }
                needed.extend(used(earlier));
                kept.push(earlier);
            }
        }
        let own = written.map_or_else(|| names(statement), names_of);
        let kinds: Vec<Names> = kept.iter().skip(1).map(|statement| names(statement)).chain([own]).collect();
        if kinds.iter().any(|names| names.reaches_out) || kept.iter().any(|kept| self.imports_an_input(kept)) {
            return None;
        }
        let mut known = self.arguments_for(place, &needed, &kept, is_input)?;
        let is_ordered = kinds.iter().any(|names| names.is_ordered);
        kept.reverse();
        let inputs = needed.into_iter().filter(|name| is_input(name)).collect();
        let text = |kept: &&Stmt| match written.filter(|_| std::ptr::eq(*kept, statement)) {
            Some(expression) => {
                let text = self.dedented(expression);
                if text.contains('\n') { format!("{result} = ({text})") } else { format!("{result} = {text}") }
            }
            None => self.dedented(*kept),
        };
        known.extend(kept.iter().map(text));
        let code = known.join("\n");
        let statements = kept.iter().flat_map(|statement| self.rows_of(statement)).collect();
        let given = kept.iter().flat_map(|statement| given(statement)).collect();
        Some(Slice { code, inputs, result, is_ordered, given, statements })
    }

    /// The rows of the account that a statement is; of a loop, with what stands in it.
    fn rows_of(&self, statement: &Stmt) -> Vec<StatementId> {
        match statement {
            Stmt::For(_) | Stmt::While(_) => self.record.account.touched(self.module.span(statement)).collect(),
            _ => self.record.account.find(statement.range()).into_iter().collect(),
        }
    }

    /// What is known of the labels that the statement at `place` gives.
    pub fn labels(&self, place: Span) -> Labels {
        match self.descend(&self.module.body, place, &mut Vec::new()) {
            Some(Stmt::Assign(assign)) if assign.targets.iter().all(Expr::is_name_expr) => labels_of(&assign.value),
            Some(Stmt::Assign(assign)) => {
                let columns = |target: &Expr| matches!(target, Expr::Attribute(own) if matches!(own.attr.as_str(), "columns" | "index"));
                if assign.targets.iter().any(columns) { Labels::Unknown } else { Labels::Kept }
            }
            _ => Labels::Kept,
        }
    }

    /// The simple statement at `place`, and those that run before it, outermost first.
    fn descend<'s>(&self, body: &'s [Stmt], place: Span, before: &mut Vec<&'s Stmt>) -> Option<&'s Stmt> {
        for statement in body {
            let span = self.module.span(statement);
            if !(span.start <= place.start && place.end <= span.end) {
                before.push(statement);
                continue;
            }
            let inner: Vec<&'s [Stmt]> = match statement {
                Stmt::FunctionDef(def) => vec![&def.body],
                Stmt::With(with) => vec![&with.body],
                Stmt::Try(attempt) => vec![&attempt.body],
                Stmt::If(test) => {
                    let others = test.elif_else_clauses.iter().map(|clause| clause.body.as_slice());
                    std::iter::once(test.body.as_slice()).chain(others).collect()
                }
                Stmt::For(each) if self.module.span(each.iter.as_ref()) == place => return Some(statement),
                Stmt::Assign(_) | Stmt::AugAssign(_) | Stmt::AnnAssign(_) | Stmt::Expr(_) => return Some(statement),
                _ => return None,
            };
            return inner.into_iter().find_map(|body| {
                let mut own = before.clone();
                let found = self.descend(body, place, &mut own);
                if found.is_some() {
                    *before = own;
                }
                found
            });
        }
        None
    }

    /// The text of a statement or an expression, moved to the left margin.
    fn dedented(&self, node: impl Ranged + Copy) -> String {
        let text = self.module.text(node);
        let start = usize::from(node.range().start());
        let line = self
            .module
            .code
            .text()
            .get(..start)
            .map_or(0, |before| before.len() - before.rfind('\n').map_or(0, |at| at + 1));
        let margin = " ".repeat(line);
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default().to_owned();
        let rest = lines.map(|line| line.strip_prefix(margin.as_str()).unwrap_or(line).to_owned());
        std::iter::once(first).chain(rest).collect::<Vec<_>>().join("\n")
    }
}

/// What gives another result when the rows stand in another order. A pure table.
const ORDERED: &[&str] = &[
    "iterrows",
    "itertuples",
    "cumsum",
    "cummax",
    "cummin",
    "cumprod",
    "cumcount",
    "shift",
    "diff",
    "pct_change",
    "rolling",
    "expanding",
    "ewm",
    "ffill",
    "bfill",
    "interpolate",
    "head",
    "tail",
    "iloc",
    "iat",
    "first",
    "last",
    "nth",
    "drop_duplicates",
    "duplicated",
    "explode",
];

/// Values that rows take by where they stand. A pure table.
const BY_PLACE: &[&str] = &["Series", "arange", "linspace", "random"];

/// Calls whose result has its rows numbered anew. A pure table.
const NUMBERED: &[&str] =
    &["DataFrame", "merge", "melt", "read_csv", "read_excel", "read_json", "read_parquet", "json_normalize"];

/// Methods of which the columns can have names of two levels. A pure table.
const LEVELED: &[&str] = &["pivot", "pivot_table", "unstack", "stack", "agg", "aggregate", "describe", "concat"];

/// What is known of the labels of what an expression gives: its last call tells.
fn labels_of(expr: &Expr) -> Labels {
    let Expr::Call(call) = expr else { return Labels::Unknown };
    let name = match call.func.as_ref() {
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        Expr::Name(name) => name.id.as_str(),
        _ => "",
    };
    let names: Vec<&str> = call.arguments.keywords.iter().filter_map(|given| given.arg.as_deref()).collect();
    let by_label =
        names.iter().any(|name| matches!(*name, "index" | "level" | "left_index" | "right_index" | "ignore_index"));
    if name == "reset_index" && !by_label {
        let mut inner = Calls::default();
        inner.visit_expr(&call.func);
        return if inner.leveled { Labels::Unknown } else { Labels::Plain };
    }
    if NUMBERED.contains(&name) && !by_label { Labels::Plain } else { Labels::Unknown }
}

/// Which calls are made on the way.
#[derive(Default)]
struct Calls {
    leveled: bool,
}

impl<'a> Visitor<'a> for Calls {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr
            && let Expr::Attribute(attribute) = call.func.as_ref()
        {
            let lists = call.arguments.args.iter().chain(call.arguments.keywords.iter().map(|given| &given.value));
            let several = lists
                .into_iter()
                .any(|given| matches!(given, Expr::List(list) if list.len() > 1) || given.is_dict_expr());
            self.leveled |= several && LEVELED.contains(&attribute.attr.as_str());
        }
        walk_expr(self, expr);
    }
}

/// Calls that reach outside of a model: they write, connect, or read the words of a command.
pub(super) const OUTSIDE: &[&str] = &[
    "to_sql",
    "to_csv",
    "to_parquet",
    "to_excel",
    "to_feather",
    "to_pickle",
    "to_hdf",
    "to_gbq",
    "create_engine",
    "connect",
    "execute",
    "executemany",
    "parse_args",
    "parse_known_args",
];

/// Names, in the order in which they stand.
#[derive(Default)]
struct Names {
    is_ordered: bool,
    is_inside: bool,
    reaches_out: bool,
    used: BTreeSet<String>,
    given: BTreeSet<String>,
}

impl Names {
    /// The names of a target are bound where they stand: what stands outside does not give them.
    fn forget(&mut self, target: &Expr, known: &BTreeSet<String>) {
        for name in names_of(target).given {
            self.forget_name(&name, known);
        }
    }

    fn forget_name(&mut self, name: &str, known: &BTreeSet<String>) {
        if !known.contains(name) {
            self.used.remove(name);
        }
    }
}

/// The loops of a comprehension.
fn generators(expr: &Expr) -> &[Comprehension] {
    match expr {
        Expr::ListComp(all) => &all.generators,
        Expr::SetComp(all) => &all.generators,
        Expr::DictComp(all) => &all.generators,
        Expr::Generator(all) => &all.generators,
        _ => &[],
    }
}

impl<'a> Visitor<'a> for Names {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => {
                let set = if name.ctx == ExprContext::Load { &mut self.used } else { &mut self.given };
                set.insert(name.id.to_string());
            }
            // What a method of it does may change it: `rows.append(x)`, `model.fit(x)`.
            Expr::Call(call) => {
                let called = match call.func.as_ref() {
                    Expr::Attribute(attribute) => attribute.attr.as_str(),
                    Expr::Name(name) => name.id.as_str(),
                    _ => "",
                };
                self.reaches_out |= OUTSIDE.contains(&called);
                if let Expr::Attribute(attribute) = call.func.as_ref()
                    && let Expr::Name(name) = attribute.value.as_ref()
                {
                    self.given.insert(name.id.to_string());
                }
            }
            // What a function of a group or of a row makes belongs to those.
            Expr::Lambda(lambda) => {
                let outer = std::mem::replace(&mut self.is_inside, true);
                let known = self.used.clone();
                walk_expr(self, expr);
                for parameter in lambda.parameters.iter().flat_map(|parameters| parameters.iter()) {
                    self.forget_name(parameter.name().as_str(), &known);
                }
                self.is_inside = outer;
                return;
            }
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => {
                let known = self.used.clone();
                walk_expr(self, expr);
                for generator in generators(expr) {
                    self.forget(&generator.target, &known);
                }
                if let Some(first) = generators(expr).first() {
                    self.visit_expr(&first.iter);
                }
                return;
            }
            Expr::Attribute(attribute) if BY_PLACE.contains(&attribute.attr.as_str()) && !self.is_inside => {
                self.is_ordered = true;
            }
            Expr::Attribute(attribute) if ORDERED.contains(&attribute.attr.as_str()) => self.is_ordered = true,
            Expr::Attribute(attribute) if attribute.ctx != ExprContext::Load => self.given.extend(base(expr)),
            Expr::Subscript(item) if item.ctx != ExprContext::Load => self.given.extend(base(expr)),
            _ => {}
        }
        walk_expr(self, expr);
    }

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(def) => {
                self.given.insert(def.name.to_string());
                let outer = std::mem::replace(&mut self.is_inside, true);
                walk_stmt(self, statement);
                self.is_inside = outer;
                return;
            }
            Stmt::ClassDef(def) => {
                self.given.insert(def.name.to_string());
            }
            Stmt::Import(_) | Stmt::ImportFrom(_) => self.given.extend(imports(statement)),
            Stmt::For(each) => {
                // A loop over what is written out goes through no rows.
                self.is_ordered |= !matches!(each.iter.as_ref(), Expr::List(_) | Expr::Tuple(_));
                let known = self.used.clone();
                walk_stmt(self, statement);
                self.forget(&each.target, &known);
                self.visit_expr(&each.iter);
                return;
            }
            Stmt::AugAssign(assign) => {
                if let Expr::Name(name) = assign.target.as_ref() {
                    self.used.insert(name.id.to_string());
                }
            }
            _ => {}
        }
        walk_stmt(self, statement);
    }
}

/// The names that an import binds.
pub(super) fn imports(statement: &Stmt) -> Vec<String> {
    match statement {
        Stmt::Import(import) => {
            let first = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
            let bound = import.names.iter();
            bound.map(|alias| alias.asname.as_ref().map_or_else(|| first(&alias.name), ToString::to_string)).collect()
        }
        Stmt::ImportFrom(import) => {
            let bound = import.names.iter();
            bound.map(|alias| alias.asname.as_ref().unwrap_or(&alias.name).to_string()).collect()
        }
        _ => Vec::new(),
    }
}

fn names_of(expr: &Expr) -> Names {
    let mut names = Names::default();
    names.visit_expr(expr);
    names
}

fn used_by(expr: &Expr) -> BTreeSet<String> {
    names_of(expr).used
}

/// `pd.DataFrame(rows)` of `pd.DataFrame(rows).to_sql(…)`: rows without a name that are only written.
fn written_expression(statement: &Stmt) -> Option<&Expr> {
    let Stmt::Expr(expression) = statement else { return None };
    let Expr::Call(call) = expression.value.as_ref() else { return None };
    let Expr::Attribute(method) = call.func.as_ref() else { return None };
    let is_write = method.attr.starts_with("to_") && OUTSIDE.contains(&method.attr.as_str());
    (is_write && base(&method.value).is_none()).then_some(method.value.as_ref())
}

/// A name for rows that have none.
fn free_name(taken: &BTreeSet<String>) -> String {
    let numbered = (2..=99).map(|number| format!("rows_{number}"));
    let mut names = std::iter::once("rows".to_owned()).chain(numbered);
    names.find(|name| !taken.contains(name)).unwrap_or_default()
}

fn names(statement: &Stmt) -> Names {
    let mut names = Names::default();
    names.visit_stmt(statement);
    names
}

fn used(statement: &Stmt) -> BTreeSet<String> {
    names(statement).used
}

/// The names that a statement binds or may change. A plain call for its effect alone changes nothing that is needed.
fn given(statement: &Stmt) -> BTreeSet<String> {
    if let Stmt::FunctionDef(def) = statement {
        return std::iter::once(def.name.to_string()).collect();
    }
    if let Stmt::ClassDef(def) = statement {
        return std::iter::once(def.name.to_string()).collect();
    }
    let mut given = names(statement).given;
    given.extend(called_for_itself(statement));
    given
}

/// `np` of `np.random.seed(1)`, as a statement.
fn called_for_itself(statement: &Stmt) -> Option<String> {
    let Stmt::Expr(expression) = statement else { return None };
    let Expr::Call(call) = expression.value.as_ref() else { return None };
    base(&call.func).filter(|_| call.func.is_attribute_expr())
}

/// The name that a statement gives or changes.
fn changed(statement: &Stmt) -> Option<String> {
    let target = match statement {
        Stmt::Assign(assign) => match assign.targets.as_slice() {
            [only] => only,
            _ => return None,
        },
        Stmt::AugAssign(assign) => assign.target.as_ref(),
        Stmt::AnnAssign(assign) => assign.target.as_ref(),
        Stmt::Expr(expression) => match expression.value.as_ref() {
            Expr::Call(call) => call.func.as_ref(),
            _ => return None,
        },
        _ => return None,
    };
    base(target)
}

/// `frame` of `frame["a"]`, `frame.a`, `frame.loc[mask, "a"]`.
pub(super) fn base(target: &Expr) -> Option<String> {
    match target {
        Expr::Name(name) => Some(name.id.to_string()),
        Expr::Subscript(item) => base(&item.value),
        Expr::Attribute(attribute) => base(&attribute.value),
        _ => None,
    }
}
