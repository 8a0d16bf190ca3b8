//! The body of a loop as statements over all rows at once.
//!
//! In: a loop over rows. Out: its statements, each over all rows, when no iteration needs what another did; else the
//! names that are carried from one to the next. Values that an iteration sets for itself are written into the
//! statements that use them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::effect::{Outcome, Understood};
use super::lines::{Line, lines};
use super::loops::RowSource;
use super::own_slices::{fills_slice, slice_column};
use super::script::{Walk, bare_name};
use super::single::{self, Count};
use super::tokens::{Text, TokenKind};
use super::tree::Loop;
use super::values::outside;
use crate::name::Relation;
use crate::steps::{Effect, Query};
use crate::text::{Fragment, Span};

/// A statement over all rows.
pub(super) struct Written {
    /// Where the statement of the body stands.
    pub tokens: Range<usize>,
    /// What it does.
    pub understood: Understood,
}

/// What a body came to.
pub(super) enum Body {
    /// Statements over all rows, and the variables that the body sets.
    Rows(Vec<Written>, BTreeSet<String>),
    /// What one iteration hands to the next; may be empty.
    Carried(Vec<String>),
}

/// Writes the statements of one body.
struct Writer<'a, 'b> {
    walk: &'a Walk<'b>,
    text: &'a Text,
    source: &'a RowSource,
    /// What variables stand for within an iteration.
    values: BTreeMap<String, Fragment>,
    /// The conditions that were asked, by place, with the values that variables had then.
    asked: BTreeMap<usize, Fragment>,
    /// All variables that the body sets.
    set: BTreeSet<String>,
    carried: Vec<String>,
    written: Vec<Written>,
}

impl Walk<'_> {
    /// The statements of a loop's body over all of its rows.
    pub(super) fn setwise(&self, text: &Text, looped: &Loop, source: &RowSource) -> Body {
        let Some(lines) = lines(text, looped, source) else { return Body::Carried(Vec::new()) };
        let mut writer = Writer {
            walk: self,
            text,
            source,
            values: BTreeMap::new(),
            asked: BTreeMap::new(),
            set: BTreeSet::new(),
            carried: Vec::new(),
            written: Vec::new(),
        };
        for (variable, column) in &source.columns {
            let mut value = Fragment::empty();
            if let Some(span) = text.span(looped.head.clone()) {
                value.push(&format!("{}.{column}", source.alias), span, false);
            }
            writer.values.insert(variable.clone(), value);
        }
        for line in &lines {
            writer.set.extend(writer.targets(line));
        }
        if lines.iter().any(|line| writer.line(line).is_none()) {
            return Body::Carried(writer.carried);
        }
        let written = std::mem::take(&mut writer.written);
        if let Some(relation) = clash(&written, self, source, text) {
            return Body::Carried(vec![format!("the rows of {relation}")]);
        }
        Body::Rows(written, writer.set)
    }
}

/// A relation that one iteration writes and another may read, or that two statements change.
fn clash(written: &[Written], walk: &Walk, source: &RowSource, text: &Text) -> Option<Relation> {
    let effects: Vec<(&Written, &Effect)> = written
        .iter()
        .flat_map(|one| match &one.understood.outcome {
            Outcome::Effects(effects) => effects.iter().map(|effect| (one, effect)).collect::<Vec<_>>(),
            Outcome::Config(_) | Outcome::Dropped(_) | Outcome::Unread { .. } => Vec::new(),
        })
        .collect();
    let mut rows = Fragment::empty();
    if let Some(span) = source.from.whole() {
        rows.push("SELECT * FROM ", span, false);
    }
    rows.extend(&source.from);
    let over: Vec<Relation> = walk.query(&rows).sql.mentions.into_iter().map(|mention| mention.relation).collect();
    for (at, (_, effect)) in effects.iter().enumerate() {
        for relation in effect.writes() {
            let own = over.contains(relation);
            let read = effects.iter().any(|(_, other)| other.reads().contains(relation));
            let changed = effects.iter().enumerate().any(|(other, (_, again))| {
                let both = matches!((effect, again), (Effect::Append { .. }, Effect::Append { .. }));
                other != at && !both && again.writes().contains(&relation)
            });
            if own || read || changed && !refills_its_slice(&effects, relation, source, text) {
                return Some(relation.clone());
            }
        }
    }
    None
}

/// Whether the first change of the relation deletes the rows of the counter's value, and all others bring rows of it.
fn refills_its_slice(effects: &[(&Written, &Effect)], relation: &Relation, source: &RowSource, text: &Text) -> bool {
    let [(counter, _)] = source.columns.as_slice() else { return false };
    if !source.counter {
        return false;
    }
    let mut changes = effects.iter().filter(|(_, effect)| effect.writes().contains(&relation));
    let Some((delete, Effect::Delete(_))) = changes.next() else { return false };
    let Some(column) = slice_column(text, &delete.tokens, counter) else { return false };
    changes
        .all(|(one, effect)| matches!(effect, Effect::Append { .. }) && fills_slice(text, &one.tokens, column, counter))
}

impl Writer<'_, '_> {
    /// The variables that a line sets.
    fn targets(&self, line: &Line) -> Vec<String> {
        let assigned = self.walk.assignments(self.text, &line.tokens).unwrap_or_default();
        let mut all: Vec<String> =
            assigned.iter().map(|one| bare_name(self.text.word(one.name.start)).to_lowercase()).collect();
        all.extend(self.filled(&line.tokens).map(|(_, name)| name));
        all
    }

    /// `SELECT x INTO v FROM …`: the place of INTO, and the one variable.
    fn filled(&self, tokens: &Range<usize>) -> Option<(usize, String)> {
        if !self.text.is(tokens.start, "select") {
            return None;
        }
        let into = outside(self.text, tokens.clone()).find(|at| self.text.is(*at, "into"))?;
        let name = bare_name(self.text.word(into + 1)).to_lowercase();
        (self.walk.variables.contains(&name) && !self.text.is(into + 2, ",")).then_some((into, name))
    }

    /// Writes a line over all rows, or keeps what it sets; none when it cannot be written.
    fn line(&mut self, line: &Line) -> Option<()> {
        let start = line.tokens.start;
        for condition in &line.conditions {
            if !self.asked.contains_key(&condition.at) {
                let asked = self.replaced(&condition.text)?;
                self.asked.insert(condition.at, asked);
            }
        }
        if let Some(all) = self.walk.assignments(self.text, &line.tokens) {
            for one in all {
                let name = bare_name(self.text.word(one.name.start)).to_lowercase();
                let mut value = self.value(one.value.clone())?;
                if one.adds {
                    let Some(before) = self.values.get(&name).cloned() else {
                        self.carry(&name);
                        return None;
                    };
                    value = self.join(&[before, value], " + ");
                }
                self.keep(name, &value, line)?;
            }
            return Some(());
        }
        if let Some((into, name)) = self.filled(&line.tokens) {
            if single::count(self.text, line.tokens.clone()) == Count::Any {
                return None;
            }
            let mut value = self.value(start..into)?;
            let span = self.span()?;
            value.push(" ", span, false);
            value.extend(&self.value(into + 2..line.tokens.end)?);
            self.keep(name, &value, line)?;
            return Some(());
        }
        let fragment = if self.text.is(start, "insert") {
            self.insert(line)?
        } else if self.text.is(start, "update") {
            self.update(line)?
        } else if self.text.are(start, &["delete", "from"]) {
            self.delete(line)?
        } else {
            return None;
        };
        let mut walk_variables = self.walk.variables.clone();
        walk_variables.retain(|name| !(self.source.record && *name == self.source.alias));
        let understood = self.walk.understand_with(&fragment, &walk_variables);
        let plain = |effect: &Effect| {
            matches!(effect, Effect::Append { conflict: None, .. } | Effect::Update(_) | Effect::Delete(_))
        };
        match &understood.outcome {
            Outcome::Effects(effects) if effects.iter().all(plain) => {}
            Outcome::Effects(_) | Outcome::Config(_) | Outcome::Dropped(_) | Outcome::Unread { .. } => return None,
        }
        self.written.push(Written { tokens: line.tokens.clone(), understood });
        Some(())
    }

    fn span(&self) -> Option<Span> {
        self.source.from.whole()
    }

    fn carry(&mut self, name: &str) -> Option<Fragment> {
        if !self.carried.iter().any(|known| known == name) {
            self.carried.push(name.to_owned());
        }
        None
    }

    /// What a variable stands for from here on.
    fn keep(&mut self, name: String, value: &Fragment, line: &Line) -> Option<()> {
        let span = self.span()?;
        let mut kept = Fragment::empty();
        if line.conditions.iter().all(|condition| condition.passes) {
            kept.push("(", span, false);
            kept.extend(value);
            kept.push(")", span, false);
        } else {
            let before = self.values.get(&name).cloned();
            let Some(before) = before else {
                self.carry(&name);
                return None;
            };
            kept.push("(CASE WHEN ", span, false);
            kept.extend(&self.condition(line, false)?);
            kept.push(" THEN ", span, false);
            kept.extend(value);
            kept.push(" ELSE ", span, false);
            kept.extend(&before);
            kept.push(" END)", span, false);
        }
        self.values.insert(name, kept);
        Some(())
    }

    /// A range with the values of the iteration's variables; none where one is used that an earlier iteration set.
    fn value(&mut self, range: Range<usize>) -> Option<Fragment> {
        let within = self.text.start_of(range.start)..self.text.start_of(range.end);
        let mut changes = Vec::new();
        for at in range {
            let sigils = self.walk.dialect().traits().sigils;
            let kind = self.text.kind(at);
            let variable = kind == Some(TokenKind::Variable) || (kind == Some(TokenKind::Word) && !sigils);
            if !variable || self.text.is(at.wrapping_sub(1), ".") || self.text.is(at + 1, "(") {
                continue;
            }
            let name = bare_name(self.text.word(at)).to_lowercase();
            let start = if is_bound(self.text, at) { at - 1 } else { at };
            let Some(value) = self.values.get(&name).cloned() else {
                if self.set.contains(&name) {
                    return self.carry(&name);
                }
                if self.source.record && name == self.source.alias {
                    if !self.text.is(at + 1, ".") {
                        return None;
                    }
                    changes.push((self.text.start_of(start)..self.text.start_of(at), Fragment::empty()));
                }
                continue;
            };
            changes.push((self.text.bytes(start..at + 1), value));
        }
        Some(self.text.fragment.changed(within, changes))
    }

    /// The text from one token up to the start of another, with the blanks before that.
    fn between(&self, from: usize, to: usize) -> Fragment {
        let end = if to < self.text.len() { self.text.start_of(to) } else { self.text.fragment.text().len() };
        let start = self.text.start_of(from);
        if start >= end { Fragment::empty() } else { self.text.fragment.slice(start..end) }
    }

    fn join(&self, parts: &[Fragment], mark: &str) -> Fragment {
        let mut out = Fragment::empty();
        for (at, part) in parts.iter().enumerate() {
            if at > 0
                && let Some(span) = self.span()
            {
                out.push(mark, span, false);
            }
            out.extend(part);
        }
        out
    }

    /// The conditions of a line as one; a negated one holds where the condition is not true.
    fn condition(&self, line: &Line, all: bool) -> Option<Fragment> {
        let span = self.span()?;
        let mut out = Fragment::empty();
        for condition in line.conditions.iter().filter(|condition| all || !condition.passes) {
            out.push(if out.text().is_empty() { "" } else { " AND " }, span, false);
            out.push(if condition.negated { "CASE WHEN " } else { "(" }, span, false);
            out.extend(self.asked.get(&condition.at)?);
            out.push(if condition.negated { " THEN 0 ELSE 1 END = 1" } else { ")" }, span, false);
        }
        Some(out)
    }

    /// A condition's text with the values of variables.
    fn replaced(&mut self, condition: &Fragment) -> Option<Fragment> {
        let text = Text::new(condition.clone(), self.walk.lexing);
        let mut inner = Writer {
            walk: self.walk,
            text: &text,
            source: self.source,
            values: self.values.clone(),
            asked: BTreeMap::new(),
            set: self.set.clone(),
            carried: Vec::new(),
            written: Vec::new(),
        };
        let value = inner.value(0..text.len());
        let carried = std::mem::take(&mut inner.carried);
        self.carried.extend(carried);
        value
    }

    /// The rows that the line is for.
    fn rows(&self, line: &Line) -> Option<Fragment> {
        if line.conditions.is_empty() {
            return Some(self.source.from.clone());
        }
        let span = self.span()?;
        let mut out = Fragment::empty();
        out.push("(SELECT * FROM ", span, false);
        out.extend(&self.source.from);
        out.push(" WHERE ", span, false);
        out.extend(&self.condition(line, true)?);
        out.push(&format!(") {}", self.source.alias), span, false);
        Some(out)
    }

    fn insert(&mut self, line: &Line) -> Option<Fragment> {
        let (text, span) = (self.text, self.span()?);
        let heads = ["select", "values", "with"];
        let body = outside(text, line.tokens.clone()).find(|at| text.is_any(*at, &heads))?;
        if outside(text, line.tokens.clone())
            .any(|at| text.is_any(at, &["returning", "output", "conflict", "duplicate"]))
        {
            return None;
        }
        let rows = self.rows(line)?;
        let mut out = self.between(line.tokens.start, body);
        if text.is(body, "values") {
            let tuple = body + 1;
            let end = text.closing(tuple);
            if end + 1 != line.tokens.end {
                return None;
            }
            out.push("SELECT ", span, false);
            out.extend(&self.value(tuple + 1..end)?);
            out.push(" FROM ", span, false);
            out.extend(&rows);
            return Some(out);
        }
        let words: Vec<usize> = outside(text, body..line.tokens.end).collect();
        let from = words.iter().any(|at| text.is(*at, "from"));
        if !from {
            let place = words.iter().copied().find(|at| text.is(*at, "where")).unwrap_or(line.tokens.end);
            out.extend(&self.value(body..place)?);
            out.push(" FROM ", span, false);
            out.extend(&rows);
            if place < line.tokens.end {
                out.push(" ", span, false);
                out.extend(&self.value(place..line.tokens.end)?);
            }
            return Some(out);
        }
        if !self.walk.dialect().traits().lateral_joins {
            return None;
        }
        let (apply, names) = if self.walk.dialect().traits().bare_statements {
            ("CROSS APPLY", format!(" {}", self.listed(line.tokens.start..body)))
        } else {
            ("CROSS JOIN LATERAL", String::new())
        };
        out.push("SELECT loop_body.* FROM ", span, false);
        out.extend(&rows);
        out.push(&format!("\n{apply} (\n"), span, false);
        out.extend(&self.value(body..line.tokens.end)?);
        out.push(format!("\n) loop_body{names}").trim_end(), span, false);
        Some(out)
    }

    /// The list of columns in the head of an INSERT, with its parentheses: a body that is joined must name them all.
    fn listed(&self, head: Range<usize>) -> &str {
        let Some(open) = outside(self.text, head.clone()).find(|at| self.text.is(*at, "(")) else { return "" };
        let close = self.text.closing(open);
        if close < head.end { self.text.slice(open..close + 1) } else { "" }
    }

    /// The rows under names that no table has, and what the author's names of their columns become.
    fn renamed(&mut self, line: &Line, range: Range<usize>) -> Option<(Fragment, Fragment)> {
        let span = self.span()?;
        let alias = self.source.alias.clone();
        let mut columns: Vec<String> = Vec::new();
        let value = self.value(range)?;
        let text = Text::new(value, self.walk.lexing);
        let mut changes = Vec::new();
        for at in 0..text.len() {
            if !(text.is(at, &alias) && text.is(at + 1, ".") && text.is_name(at + 2))
                || text.is(at.wrapping_sub(1), ".")
            {
                continue;
            }
            let column = text.word(at + 2).to_owned();
            let renamed = Fragment::made(&format!("loop_rows.loop_{}", bare_name(&column)), span);
            changes.push((text.bytes(at..at + 3), renamed));
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        let out = text.fragment.changed(0..text.fragment.text().len(), changes);
        let named: Vec<String> =
            columns.iter().map(|column| format!("{alias}.{column} AS loop_{}", bare_name(column))).collect();
        let mut rows = Fragment::empty();
        rows.push(
            &format!("(SELECT {} FROM ", if named.is_empty() { "1 AS loop_one".to_owned() } else { named.join(", ") }),
            span,
            false,
        );
        rows.extend(&self.rows(line)?);
        rows.push(") loop_rows", span, false);
        Some((rows, out))
    }

    fn update(&mut self, line: &Line) -> Option<Fragment> {
        let (text, span) = (self.text, self.span()?);
        let words: Vec<usize> = outside(text, line.tokens.clone()).collect();
        if words.iter().any(|at| text.is_any(*at, &["from", "join", "current", "returning", "output", "limit", "top"]))
        {
            return None;
        }
        let set = words.iter().copied().find(|at| text.is(*at, "set"))?;
        let (rows, whole) = self.renamed(line, set..line.tokens.end)?;
        let inner = Text::new(whole, self.walk.lexing);
        let filter_at = outside(&inner, 0..inner.len()).find(|at| inner.is(*at, "where"))?;
        let mut out = self.between(line.tokens.start, set);
        out.extend(&inner.fragment.slice(0..inner.start_of(filter_at)));
        out.push("FROM ", span, false);
        out.extend(&rows);
        out.push("\n", span, false);
        out.extend(&inner.fragment.slice(inner.start_of(filter_at)..inner.fragment.text().len()));
        Some(out)
    }

    fn delete(&mut self, line: &Line) -> Option<Fragment> {
        let (text, span) = (self.text, self.span()?);
        let words: Vec<usize> = outside(text, line.tokens.clone()).collect();
        if words.iter().any(|at| text.is_any(*at, &["using", "join", "current", "returning", "output", "limit", "top"]))
        {
            return None;
        }
        let filter = words.iter().copied().find(|at| text.is(*at, "where"))?;
        if let [(counter, value)] = self.source.columns.as_slice()
            && let Some(column) = slice_column(text, &line.tokens, counter)
        {
            let mut out = self.between(line.tokens.start, filter + 1);
            out.push(&format!("{column} IN (SELECT {}.{value} FROM ", self.source.alias), span, false);
            out.extend(&self.rows(line)?);
            out.push(")", span, false);
            return Some(out);
        }
        let (rows, condition) = self.renamed(line, filter + 1..line.tokens.end)?;
        let mut out = self.between(line.tokens.start, filter + 1);
        out.push("EXISTS (SELECT 1 FROM ", span, false);
        out.extend(&rows);
        out.push(" WHERE ", span, false);
        out.extend(&condition);
        out.push(")", span, false);
        Some(out)
    }
}

/// Whether a colon before the name marks it as a variable: `:i`, and not the path `column:field`.
fn is_bound(text: &Text, at: usize) -> bool {
    let Some(colon) = at.checked_sub(1).filter(|colon| text.is(*colon, ":")) else { return false };
    let touches = |left: usize| text.bytes(left..left + 1).end == text.start_of(left + 1);
    let path = colon
        .checked_sub(1)
        .is_some_and(|before| touches(before) && (text.is_name(before) || text.is_any(before, &[")", "]"])));
    touches(colon) && !path
}

/// A value that only the loop's last iteration tells.
pub(super) fn after_loop(name: &str, span: Span) -> Effect {
    Effect::Bind { variables: vec![name.to_owned()], body: Query::unknown(span) }
}
