//! Expressions: the columns, variables and subqueries in them.
//!
//! In: an expression and the scope that it stands in. Out: its column uses; places of variables and of prefixes that
//! must go. Never takes a date part, a lambda's parameter or a function's name for a column.

#![expect(clippy::wildcard_enum_match_arm, reason = "sqlparser's tree is another crate's, and large")]

use std::ops::{ControlFlow, Range};

use sqlparser::ast::{
    AccessExpr, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident as ParsedIdent, LambdaFunction,
    Query, Subscript, Value, ValueWithSpan, Visit, Visitor,
};

use super::super::found::ident;
use super::super::lex::range;
use super::dates::date_part;
use super::{Scope, Uses, Walk};
use crate::name::Ident;
use crate::steps::{ColumnUse, Edit, How};

/// Words that stand for values although they look like columns.
const NILADIC: &[&str] = &[
    "current_date",
    "current_timestamp",
    "current_time",
    "localtime",
    "localtimestamp",
    "sysdate",
    "systimestamp",
    "current_user",
    "session_user",
    "user",
    "current_role",
    "current_schema",
    "current_catalog",
    "current_database",
    "current_warehouse",
    "rownum",
    "level",
    "rowid",
    "sysdatetime",
    "default",
    "true",
    "false",
    "null",
    "connect_by_isleaf",
    "maxvalue",
    "unknown",
    "system_user",
    "all",
];

impl Walk<'_> {
    /// The columns that an expression uses; unchanged when it is nothing but a column.
    pub fn expr(&mut self, expr: &Expr, scope: &Scope) -> Uses {
        let copied = is_column(expr);
        let mut visit = ExprVisit { walk: self, scope, uses: Vec::new(), skip: 0, locals: Vec::new() };
        let _ = expr.visit(&mut visit);
        settle(visit.uses, if copied { How::Copied } else { How::Computed })
    }

    /// The same for a list, all computed.
    pub fn exprs<'e>(&mut self, list: impl IntoIterator<Item = &'e Expr>, scope: &Scope) -> Uses {
        let mut uses = Vec::new();
        for expr in list {
            uses.extend(self.expr(expr, scope));
        }
        settle(uses, How::Computed)
    }

    /// Anything else that has expressions in it.
    pub fn visit(&mut self, part: &impl Visit, scope: &Scope) -> Uses {
        let mut visit = ExprVisit { walk: self, scope, uses: Vec::new(), skip: 0, locals: Vec::new() };
        let _ = part.visit(&mut visit);
        settle(visit.uses, How::Computed)
    }

    /// A name without qualifier.
    fn plain(&mut self, parsed: &ParsedIdent, scope: &Scope) -> Uses {
        let Some(place) = range(parsed.span) else { return Vec::new() };
        if let Some((hole, name)) = self.hole(&place) {
            self.variable(hole.clone(), name);
            return Vec::new();
        }
        let unquoted = parsed.quote_style.is_none();
        if unquoted && let Some(name) = parsed.value.strip_prefix('@') {
            if !name.starts_with('@') {
                self.variable(place, name.to_lowercase());
            }
            return Vec::new();
        }
        let name = ident(parsed, self.around.dialect);
        if let Some(uses) = scope.alias(&name) {
            return uses.clone();
        }
        if let Some(uses) = scope.sure(&name) {
            return uses;
        }
        let lower = parsed.value.to_lowercase();
        // Where variables have a sigil, a name without it is a column.
        let sigils = self.around.dialect.traits().sigils;
        if unquoted && !sigils && self.around.variables.contains(&lower) {
            self.variable(place, lower);
            return Vec::new();
        }
        if let Some(table) = scope.table(std::slice::from_ref(&name)) {
            let mention = table.mention;
            let whole = whole_row(table);
            self.qualified_by(mention, &[parsed], 1);
            if !whole.is_empty() {
                return whole;
            }
        }
        if unquoted && NILADIC.contains(&lower.as_str()) {
            return Vec::new();
        }
        scope.column(&name)
    }

    /// A name of several parts: table and column, column and field, record and field.
    pub(super) fn compound(&mut self, parts: &[ParsedIdent], scope: &Scope) -> Uses {
        let Some(place) = whole(parts) else { return Vec::new() };
        let last = parts.last().and_then(|last| range(last.span));
        if let Some((hole, name)) = last.and_then(|last| self.hole(&last)) {
            self.variable(hole.clone(), name);
            return Vec::new();
        }
        let names: Vec<Ident> = parts.iter().map(|part| ident(part, self.around.dialect)).collect();
        if let Some(found) = scope.qualified(&names) {
            let parts: Vec<&ParsedIdent> = parts.iter().collect();
            self.qualified_by(found.mention, &parts, found.qualifier);
            return found.uses;
        }
        let Some(first) = parts.first() else { return Vec::new() };
        let record = first.value.trim_start_matches([':', '@']).to_lowercase();
        let sigils = self.around.dialect.traits().sigils && !first.value.starts_with('@');
        if !sigils && self.around.variables.contains(&record) {
            let path: Vec<String> = parts.iter().map(|part| part.value.to_lowercase()).collect();
            self.variable(place, path.join("."));
            return Vec::new();
        }
        let last = parts.last().map(|part| part.value.to_lowercase()).unwrap_or_default();
        if matches!(last.as_str(), "nextval" | "currval") {
            return Vec::new();
        }
        self.plain(first, scope)
    }

    /// Notes that a table is called by its bare name, and that longer prefixes must go.
    pub(super) fn qualified_by(&mut self, mention: Option<usize>, parts: &[&ParsedIdent], qualifier: usize) {
        let Some(mention) = mention.and_then(|at| self.found.mentions.get_mut(at)) else { return };
        let Some(bare) = qualifier.checked_sub(1).and_then(|at| parts.get(at)).and_then(|part| range(part.span)) else {
            return;
        };
        let text = self.text.get(bare.clone()).unwrap_or("");
        let alias = mention.alias.get_or_insert_with(|| text.to_owned()).clone();
        let differs = alias != text;
        let Some(start) = parts.first().and_then(|part| range(part.span)).map(|first| first.start) else { return };
        if start < bare.start || differs {
            let edit = Edit { range: start..bare.end, text: alias };
            self.found.edits.push(edit);
        }
    }
}

/// The uses of a whole row of a table.
fn whole_row(table: &super::Table) -> Uses {
    match &table.source {
        super::Source::Base(_) => Vec::new(),
        super::Source::Derived(outs) => outs.iter().flat_map(super::Out::uses).collect(),
    }
}

fn whole(parts: &[ParsedIdent]) -> Option<Range<usize>> {
    let mut ranges = parts.iter().filter_map(|part| range(part.span));
    let first = ranges.next()?;
    Some(ranges.fold(first, |whole, part| whole.start.min(part.start)..whole.end.max(part.end)))
}

/// Whether an expression is nothing but a column.
fn is_column(expr: &Expr) -> bool {
    match expr {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => true,
        Expr::Nested(inner) => is_column(inner),
        _ => false,
    }
}

/// Each use once; `how` is the least that happens to it.
fn settle(uses: Uses, how: How) -> Uses {
    let mut list: Uses = Vec::with_capacity(uses.len());
    for used in uses {
        let used = ColumnUse { how: used.how.max(how), ..used };
        if !list.contains(&used) {
            list.push(used);
        }
    }
    list
}

struct ExprVisit<'w, 'a, 's> {
    walk: &'w mut Walk<'a>,
    scope: &'s Scope<'s>,
    uses: Uses,
    /// How many nodes deep a part is that was dealt with already.
    skip: usize,
    /// Parameters of lambdas.
    locals: Vec<Ident>,
}

impl Visitor for ExprVisit<'_, '_, '_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if self.skip > 0 || self.special(expr) {
            self.skip += 1;
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, _expr: &Expr) -> ControlFlow<()> {
        self.skip = self.skip.saturating_sub(1);
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if self.skip == 0 {
            let outs = self.walk.subquery(query, self.scope);
            self.uses.extend(outs.iter().flat_map(super::Out::uses));
        }
        self.skip += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _query: &Query) -> ControlFlow<()> {
        self.skip = self.skip.saturating_sub(1);
        ControlFlow::Continue(())
    }

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> ControlFlow<()> {
        if self.skip == 0 {
            self.value(value);
        }
        ControlFlow::Continue(())
    }
}

impl ExprVisit<'_, '_, '_> {
    /// Deals with an expression whose parts must not be visited one by one; says whether it did.
    fn special(&mut self, expr: &Expr) -> bool {
        match expr {
            Expr::Identifier(name) => self.name(name),
            Expr::CompoundIdentifier(parts) => self.path(parts),
            Expr::CompoundFieldAccess { root, access_chain } => {
                self.also(root.as_ref());
                for access in access_chain {
                    self.access(access);
                }
            }
            Expr::Function(function) => return self.function(function),
            Expr::Lambda(lambda) => self.lambda(lambda),
            Expr::QualifiedWildcard(name, _) => self.row_of(&super::super::found::idents(name)),
            _ => return false,
        }
        true
    }

    fn name(&mut self, name: &ParsedIdent) {
        let key = ident(name, self.walk.around.dialect);
        if !self.locals.contains(&key) {
            let uses = self.walk.plain(name, self.scope);
            self.uses.extend(uses);
        }
    }

    fn path(&mut self, parts: &[ParsedIdent]) {
        let local = parts.first().map(|first| ident(first, self.walk.around.dialect));
        if !local.is_some_and(|local| self.locals.contains(&local)) {
            let uses = self.walk.compound(parts, self.scope);
            self.uses.extend(uses);
        }
    }

    /// Visits a part of its own accord.
    fn also(&mut self, part: &impl Visit) {
        let uses = std::mem::take(&mut self.uses);
        let locals = std::mem::take(&mut self.locals);
        let mut inner = ExprVisit { walk: self.walk, scope: self.scope, uses, skip: 0, locals };
        let _ = part.visit(&mut inner);
        self.uses = inner.uses;
        self.locals = inner.locals;
    }

    fn access(&mut self, access: &AccessExpr) {
        match access {
            AccessExpr::Dot(Expr::Identifier(_)) => {}
            AccessExpr::Dot(expr) => self.also(expr),
            AccessExpr::Subscript(Subscript::Index { index }) => self.also(index),
            AccessExpr::Subscript(slice) => self.also(slice),
        }
    }

    fn lambda(&mut self, lambda: &LambdaFunction) {
        let before = self.locals.len();
        for parameter in &lambda.params {
            self.locals.push(ident(&parameter.name, self.walk.around.dialect));
        }
        self.also(lambda.body.as_ref());
        self.locals.truncate(before);
    }

    /// Functions with arguments that are no expressions; says whether it dealt with the whole.
    fn function(&mut self, function: &Function) -> bool {
        let FunctionArguments::List(list) = &function.args else { return false };
        let name = super::super::found::idents(&function.name).last().map(|part| part.value.to_lowercase());
        for arg in &list.args {
            if let FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(name)) = arg {
                self.row_of(&super::super::found::idents(name));
            }
        }
        let Some(part) = name.and_then(|name| date_part(&name, &list.args)) else { return false };
        for (_, arg) in list.args.iter().enumerate().filter(|(at, _)| *at != part) {
            self.also(arg);
        }
        self.also(&function.over);
        true
    }

    /// `t.*` within an expression.
    fn row_of(&mut self, parts: &[&ParsedIdent]) {
        let names: Vec<Ident> = parts.iter().map(|part| ident(part, self.walk.around.dialect)).collect();
        let Some(table) = self.scope.table(&names) else { return };
        let (mention, uses) = (table.mention, whole_row(table));
        self.walk.qualified_by(mention, parts, parts.len());
        self.uses.extend(uses);
    }

    fn value(&mut self, value: &ValueWithSpan) {
        let Some(place) = range(value.span) else { return };
        match &value.value {
            Value::Placeholder(text) if self.walk.grammar.positional_columns && is_position(text) => {}
            Value::Placeholder(text) => {
                let text = text.trim_start_matches([':', '@', '$', '?']);
                let written = self.walk.text.get(place.clone()).unwrap_or("");
                let place = if written.starts_with(['@', ':', '$', '?']) {
                    place
                } else {
                    place.start.saturating_sub(1)..place.end
                };
                self.walk.variable(place, text.to_lowercase());
            }
            _ => {
                let (templated, text) = (self.walk.around.templated, self.walk.text);
                let filled = |hole: &Range<usize>| {
                    templated || !text.get(hole.clone()).is_some_and(|hole| hole.starts_with("{{"))
                };
                let inside = |hole: &Range<usize>| place.start <= hole.start && hole.end <= place.end;
                let holes: Vec<_> = self.walk.holes.iter().filter(|(hole, _)| inside(hole) && filled(hole)).collect();
                for (hole, name) in holes {
                    self.walk.variable(hole.clone(), name);
                }
            }
        }
    }
}

/// `$1`: a column by its position.
fn is_position(text: &str) -> bool {
    text.strip_prefix('$').is_some_and(|number| number.chars().all(|digit| digit.is_ascii_digit()))
}
