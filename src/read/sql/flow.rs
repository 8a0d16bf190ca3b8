//! Branches, loops and handlers: what the steps within them are guarded by.
//!
//! In: a branch, loop or handler of a tree. Out: its steps with their guards; a row for each head.

use std::collections::BTreeSet;
use std::ops::Range;

use super::assign::unwrapped;
use super::effect;
use super::housekeeping::{alarm, asks_absence, asks_catalog, asks_error, leaves, raises};
use super::jumps::{Leaving, leads_away};
use super::loops::literals_of;
use super::script::{Walk, bare_name};
use super::setwise::{Body, Written, after_loop};
use super::tokens::{Text, TokenKind};
use super::tree::{Arm, Condition, Handler, Leaf, Loop, Node};
use super::values::{self, Assigned};
use crate::finding::{Code, Finding};
use crate::steps::{Check, Effect, Guard, Query, Sql, StatementReading, VariableUse};
use crate::text::{Fragment, Span};

/// What an arm asks.
#[derive(Clone)]
enum Asked {
    /// A condition.
    Condition(Sql),
    /// Whether the statement before failed: the arm is a handler.
    Error(Guard),
}

impl Asked {
    fn guard(&self, negated: bool) -> Guard {
        match self {
            Self::Condition(condition) => Guard::If { condition: condition.clone(), negated },
            Self::Error(guard) => guard.clone(),
        }
    }

    /// What holds for the arms that follow.
    fn otherwise(&self) -> Option<Guard> {
        match self {
            Self::Condition(_) => Some(self.guard(true)),
            Self::Error(_) => None,
        }
    }
}

/// The statements within nodes, in order.
pub(super) fn leaves_of(nodes: &[Node]) -> Vec<&Leaf> {
    nodes
        .iter()
        .flat_map(|node| match node {
            Node::Leaf(leaf) => vec![leaf],
            Node::Block(body) => leaves_of(body),
            Node::If(arms) => arms.iter().flat_map(|arm| leaves_of(&arm.body)).collect(),
            Node::Loop(_) | Node::Handler(_) | Node::Shell(_) | Node::Label(_) | Node::BatchEnd => Vec::new(),
        })
        .collect()
}

/// The heads of the branches within nodes.
pub(super) fn heads_of(nodes: &[Node]) -> Vec<Range<usize>> {
    nodes
        .iter()
        .flat_map(|node| match node {
            Node::Block(body) => heads_of(body),
            Node::If(arms) => arms
                .iter()
                .flat_map(|arm| std::iter::once(arm.head.clone()).chain(heads_of(&arm.body)))
                .filter(|head| !head.is_empty())
                .collect(),
            Node::Leaf(_) | Node::Loop(_) | Node::Handler(_) | Node::Shell(_) | Node::Label(_) | Node::BatchEnd => {
                Vec::new()
            }
        })
        .collect()
}

/// Whether the procedure is left anywhere within nodes.
pub(super) fn leaves_deep(text: &Text, nodes: &[Node]) -> bool {
    leaves(text, nodes)
        || nodes.iter().any(|node| match node {
            Node::Block(body) => leaves_deep(text, body),
            Node::If(arms) => arms.iter().any(|arm| leaves_deep(text, &arm.body)),
            Node::Loop(looped) => leaves_deep(text, &looped.body),
            Node::Leaf(_) | Node::Handler(_) | Node::Shell(_) | Node::Label(_) | Node::BatchEnd => false,
        })
}

/// Whether the arm runs only after an error.
fn failed(path: &[Guard]) -> bool {
    path.iter().any(|guard| matches!(guard, Guard::Handler { .. }))
}

/// `SELECT` before a condition.
fn prefixed(condition: Sql) -> Sql {
    const SELECT: &str = "SELECT ";
    let mut sql = Sql::plain(format!("{SELECT}{}", condition.text), condition.span);
    let moved = |used: VariableUse| VariableUse {
        range: used.range.start + SELECT.len()..used.range.end + SELECT.len(),
        name: used.name,
    };
    sql.variables = condition.variables.into_iter().map(moved).collect();
    sql
}

impl Walk<'_> {
    /// Each arm runs when its own condition is true and those before it are not. The conditions are asked before any
    /// arm runs, so each is a value of its own.
    pub(super) fn branches(&mut self, text: &Text, arms: &[Arm]) {
        let outer = self.guards.len();
        let known = self.known.clone();
        let asked = self.parts.steps.len();
        let conditions: Vec<Option<Asked>> = arms.iter().map(|arm| self.ask(text, arm)).collect();
        let bodies = self.parts.steps.len();
        let left_before = std::mem::take(&mut self.left);
        let mut left: Vec<Leaving> = Vec::new();
        let mut rows = Vec::new();
        self.depth += 1;
        for (arm, condition) in arms.iter().zip(conditions) {
            let row = self.head(text, &arm.head, "if");
            let first = self.parts.steps.len();
            self.guards.extend(condition.clone().map(|asked| asked.guard(false)));
            self.check(text, arm);
            self.nodes(text, &arm.body);
            self.known.clone_from(&known);
            self.tidy(text, arm, first, outer);
            let path = self.guards.get(outer..).unwrap_or_default().to_vec();
            let inner = std::mem::take(&mut self.left);
            let path = path.get(..path.len() - inner.len().min(path.len())).unwrap_or_default().to_vec();
            self.guards.truncate(outer + path.len());
            self.close_jumps();
            if !failed(&path) {
                left.extend(self.leaving(text, arm, &path, inner));
            }
            rows.push((row, first));
            if let Some(asked) = condition {
                self.guards.pop();
                self.guards.extend(asked.otherwise());
            }
        }
        self.depth -= 1;
        self.guards.truncate(outer);
        self.close_jumps();
        if self.parts.steps.len() == bodies && left.is_empty() {
            self.parts.steps.truncate(asked);
        }
        for (arm, (row, first)) in arms.iter().zip(rows) {
            self.close_branch(text, arm, row, first.min(self.parts.steps.len()), asked..bodies);
            self.forget(text, &arm.body);
        }
        self.left = left_before;
        let Some(span) = arms.first().and_then(|arm| text.span(arm.head.clone())) else { return };
        for path in left {
            self.leave(span, path);
        }
    }

    /// An arm that raises an error, or says that something is wrong, is a check.
    fn check(&mut self, text: &Text, arm: &Arm) {
        let Some((statement, warn)) = alarm(text, &arm.body) else { return };
        let catalog = arm.condition.as_ref().is_some_and(|condition| asks_catalog(text, condition.test.clone()));
        let conditional = self.guards.iter().all(|guard| matches!(guard, Guard::If { .. })) && !self.guards.is_empty();
        let Some(span) = text.span(arm.head.clone()).or_else(|| text.span(statement.clone())) else { return };
        if catalog || !conditional {
            return;
        }
        let said = statement.clone().find(|at| text.kind(*at) == Some(TokenKind::String));
        let said = said.and_then(|at| super::literal::content(text, at, self.dialect()));
        let message = said.map_or_else(|| "a check of the script fails".to_owned(), |said| said.text().to_owned());
        let body = Query::new(Sql::plain("select 1", span));
        let step = self.step(span, Effect::Read { body: crate::steps::Body::Query(body) }, "");
        self.parts.checks.push(Check { step, message, warn });
    }

    /// One condition for several: a value of its own.
    pub(super) fn all_of(&mut self, path: &[Guard], span: Span) -> Sql {
        let asked = self.dialect().traits().truth_tests;
        let (open, close) = if asked { ("(", ") is not true") } else { ("case when ", " then 0 else 1 end = 1") };
        let mut all = Sql::plain(String::new(), span);
        for guard in path {
            let Guard::If { condition, negated } = guard else { continue };
            if !all.text.is_empty() {
                all.text.push_str(" and ");
            }
            all.text.push_str(if *negated { open } else { "(" });
            let shift = all.text.len();
            all.text.push_str(&condition.text);
            let moved = |used: &VariableUse| VariableUse {
                range: used.range.start + shift..used.range.end + shift,
                name: used.name.clone(),
            };
            all.variables.extend(condition.variables.iter().map(moved));
            all.text.push_str(if *negated { close } else { ")" });
        }
        let shown = all.text.clone();
        self.bind_condition(Query::new(prefixed(all)), shown, span)
    }

    /// The condition of an arm, as a value that is taken here. A condition that only asks what exists stays as it is.
    fn ask(&mut self, text: &Text, arm: &Arm) -> Option<Asked> {
        let condition = arm.condition.as_ref()?;
        let test = condition.test.clone();
        if asks_error(text, test.clone()) {
            let conditions = text.slice(test).to_owned();
            return Some(Asked::Error(Guard::Handler { conditions }));
        }
        if asks_catalog(text, test.clone()) {
            return Some(Asked::Condition(self.condition(text, condition)));
        }
        let span = text.span(test.clone())?;
        let shown = self.condition(text, condition).text;
        if self.is_state(text, test) || shown.trim().is_empty() {
            return Some(Asked::Condition(self.bind_condition(Query::unknown(span), shown, span)));
        }
        let mut fragment = Fragment::empty();
        // `SELECT @a = 1` would set the variable.
        let sets = self.dialect().traits().sigils;
        fragment.push(if sets { "SELECT (" } else { "SELECT " }, span, false);
        fragment.extend(&condition_text(text, condition));
        fragment.push(if sets { ")" } else { "" }, span, false);
        let query = self.query(&fragment);
        Some(Asked::Condition(self.bind_condition(query, shown, span)))
    }

    /// Binds a condition to a name that no script uses, whatever branches stand around it: where they are not taken,
    /// nothing asks for it. What stands for it shows the author's text.
    pub(super) fn bind_condition(&mut self, body: Query, shown: String, span: Span) -> Sql {
        self.conditions += 1;
        let name = format!("if_{}_{}", span.source.0, self.conditions);
        let guards = std::mem::take(&mut self.guards);
        self.guards = guards.iter().filter(|guard| !matches!(guard, Guard::If { .. })).cloned().collect();
        self.step(span, Effect::Bind { variables: vec![name.clone()], body }, "");
        self.guards = guards;
        let mut sql = Sql::plain(shown, span);
        sql.variables.push(VariableUse { range: 0..sql.text.len(), name });
        sql
    }

    /// Variables that are set in `nodes` hold nothing that is known behind them.
    fn forget(&mut self, text: &Text, nodes: &[Node]) {
        let mut assigned = Assigned::new();
        values::count(text, nodes, 1, &mut assigned);
        self.known.retain(|name, _| !assigned.contains_key(name));
    }

    /// A branch that asks the catalog before it drops or declares is housekeeping: its steps happen anyway.
    fn tidy(&mut self, text: &Text, arm: &Arm, first: usize, outer: usize) {
        let Some(condition) = &arm.condition else { return };
        let tidies =
            |effect: &Effect| matches!(effect, Effect::Drop { .. } | Effect::Declare { .. } | Effect::Truncate { .. });
        let steps = self.parts.steps.get_mut(first..).unwrap_or_default();
        if !asks_catalog(text, condition.test.clone()) || !steps.iter().all(|step| tidies(&step.effect)) {
            return;
        }
        let absent = asks_absence(text, condition.test.clone());
        for step in steps {
            if step.guards.len() > outer {
                step.guards.remove(outer);
            }
            if let Effect::Declare { keeps_existing, .. } = &mut step.effect {
                *keeps_existing |= absent;
            }
        }
    }

    fn close_branch(&mut self, text: &Text, arm: &Arm, row: Option<usize>, first: usize, asked: Range<usize>) {
        let catalog = arm.condition.as_ref().is_some_and(|condition| asks_catalog(text, condition.test.clone()));
        let raised = raises(text, &arm.body);
        let guarded =
            self.parts.steps.get(first..).unwrap_or_default().iter().any(|step| step.guards.len() > self.kept_guards);
        let checked = self.parts.checks.iter().any(|check| check.step >= first);
        if raised
            && !checked
            && let Some(span) = text.span(arm.head.clone())
        {
            let help = "write it as a dbt test with the same condition";
            self.parts.findings.push(Finding::at(Code::R206, span, "a check that ends the script with an error", help));
        }
        let nothing = match (raised, catalog) {
            (true, _) => "a check that raises an error",
            (false, true) => "it asks whether something exists, which dbt does itself",
            (false, false) => "nothing in it touches rows",
        };
        let none = catalog && !guarded;
        self.close_head(row, if none { self.parts.steps.len() } else { first }, nothing);
        let asked = asked.filter(|step| *step < self.parts.steps.len());
        let decides = leads_away(text, &arm.body) && !raised && !catalog;
        if let Some(row) = row.and_then(|row| self.parts.statements.get_mut(row)).filter(|_| decides)
            && matches!(row.reading, StatementReading::Dropped(_))
        {
            row.reading = StatementReading::Steps(Vec::new());
        }
        if let Some(StatementReading::Steps(steps)) =
            row.and_then(|row| self.parts.statements.get_mut(row)).map(|row| &mut row.reading)
        {
            steps.extend(asked);
        }
    }

    fn condition(&self, text: &Text, condition: &Condition) -> Sql {
        effect::expression(&condition_text(text, condition), &self.around())
    }

    /// A row for a head, to be closed once it is known what it guards; none for an empty head (ELSE).
    pub(super) fn head(&mut self, text: &Text, head: &Range<usize>, what: &str) -> Option<usize> {
        if head.is_empty() {
            return None;
        }
        let span = text.span(head.clone())?;
        Some(self.row(span, what, StatementReading::Steps(Vec::new())))
    }

    pub(super) fn close_head(&mut self, row: Option<usize>, first: usize, nothing: &str) {
        let steps: Vec<usize> = (first..self.parts.steps.len()).collect();
        let Some(row) = row.and_then(|row| self.parts.statements.get_mut(row)) else { return };
        row.reading = match steps.as_slice() {
            [] => StatementReading::Dropped(nothing.to_owned()),
            _ => StatementReading::Steps(steps),
        };
    }

    pub(super) fn looped(&mut self, text: &Text, looped: &Loop) {
        if self.over_collection(text, looped) {
            return;
        }
        let row = self.head(text, &looped.head, "loop");
        let first = self.parts.steps.len();
        if self.collects_in_batches(text, looped) {
            return self.close_head(row, first, "nothing in it touches rows");
        }
        if let Some(literals) = literals_of(text, looped) {
            self.unroll(text, looped, &literals);
            self.close_head(row, first, "nothing in it touches rows");
            return;
        }
        let begun = self.known.clone();
        self.forget(text, &looped.body);
        if self.batches(text, looped) {
            self.close_head(row, first, "nothing in it touches rows");
            if let Some(until) = &looped.until {
                let row = self.head(text, until, "until");
                self.close_head(row, first, "nothing in the loop touches rows");
            }
            return;
        }
        let query = self.loop_query(text, looped);
        let cursor = query.as_ref().filter(|_| looped.variable.is_none());
        let collected = text.is(looped.head.start, "forall");
        let source = self.row_source(text, looped, cursor, &begun).filter(|_| !collected);
        let body = source.as_ref().map_or(Body::Carried(Vec::new()), |source| self.setwise(text, looped, source));
        let counted = source.filter(|_| cursor.is_none()).map(|source| source.columns).unwrap_or_default();
        match body {
            Body::Rows(written, mut set) => {
                set.extend(counted.into_iter().map(|(name, _)| name));
                self.over_all_rows(text, looped, written, set);
            }
            Body::Carried(carries) => self.repeated(text, looped, query, carries),
        }
        self.forget(text, &looped.body);
        self.close_head(row, first, "nothing in it touches rows");
        if let Some(until) = &looped.until {
            let row = self.head(text, until, "until");
            self.close_head(row, first, "nothing in the loop touches rows");
        }
        if let Some(span) = text.span(looped.head.clone()) {
            self.left_in_loop(text, &looped.body, span);
        }
    }

    /// A body whose statements were written over all rows: each statement of it still has its row.
    fn over_all_rows(&mut self, text: &Text, looped: &Loop, written: Vec<Written>, set: BTreeSet<String>) {
        let rows = self.parts.statements.len();
        let mut written = written.into_iter().peekable();
        for leaf in leaves_of(&looped.body) {
            let Some(span) = text.span(leaf.tokens.clone()) else { continue };
            if written.peek().is_some_and(|one| one.tokens == leaf.tokens)
                && let Some(one) = written.next()
            {
                let comment = super::comment::above(text, leaf.tokens.start);
                self.record(one.understood, span, &comment, "");
            } else {
                let why = "it belongs to the loop, whose statements run over all rows at once";
                self.row(span, "statement of a loop", StatementReading::Config(why.to_owned()));
            }
        }
        for head in heads_of(&looped.body) {
            if let Some(span) = text.span(head) {
                let why = "a condition of the loop's rows";
                self.row(span, "if", StatementReading::Config(why.to_owned()));
            }
        }
        self.parts.statements.get_mut(rows..).unwrap_or_default().sort_by_key(|row| row.span);
        let Some(span) = text.span(looped.head.clone()) else { return };
        for name in set {
            self.step(span, after_loop(&name, span), "");
        }
    }

    /// A body that is read once, under the loop.
    fn repeated(&mut self, text: &Text, looped: &Loop, query: Option<Query>, carries: Vec<String>) {
        let head = effect::expression(&text.cut(looped.head.clone()), &self.around());
        let variable = looped.variable.map(|at| bare_name(text.word(at)).to_lowercase());
        self.variables.extend(variable.clone());
        self.guards.push(Guard::Loop { head, variable, query: query.map(Box::new), carries });
        let outer = self.guards.len();
        let left = std::mem::take(&mut self.left);
        self.depth += 1;
        self.nodes(text, &looped.body);
        self.depth -= 1;
        self.left = left;
        self.guards.truncate(outer - 1);
        self.close_jumps();
    }

    /// The query that a loop runs over: written in its head, or that of the cursor that it names or fetches from.
    fn loop_query(&self, text: &Text, looped: &Loop) -> Option<Query> {
        let over = unwrapped(text, looped.over.clone());
        if looped.variable.is_some() {
            if text.is_any(over.start, &["select", "with"]) {
                return Some(self.query(&text.cut(over)));
            }
            return self.cursors.get(&bare_name(text.word(over.start)).to_lowercase()).map(|query| self.query(query));
        }
        let end = looped.body.last().map_or(looped.head.end, Node::end);
        let fetch = (looped.head.end..end).find(|at| text.is(*at, "fetch"))?;
        let name = (fetch + 1..fetch + 4).find(|at| !text.is_any(*at, &["next", "from", "first", "prior"]))?;
        self.cursors.get(&bare_name(text.word(name)).to_lowercase()).map(|query| self.query(query))
    }

    pub(super) fn handler(&mut self, text: &Text, handler: &Handler) {
        let row = self.head(text, &handler.head, "error handler");
        let first = self.parts.steps.len();
        let conditions = text.slice(handler.conditions.clone()).to_owned();
        let known = self.known.clone();
        self.guards.push(Guard::Handler { conditions });
        self.nodes(text, &handler.body);
        self.guards.pop();
        self.close_jumps();
        self.known = known;
        self.close_head(row, first, "it only reports the error");
    }
}

fn condition_text(text: &Text, condition: &Condition) -> Fragment {
    let mut fragment = Fragment::empty();
    if let Some(subject) = &condition.subject {
        fragment.extend(&text.cut(subject.clone()));
        if let Some(span) = text.span(condition.test.clone()) {
            fragment.push(" = ", span, false);
        }
    }
    fragment.extend(&text.cut(condition.test.clone()));
    fragment
}
