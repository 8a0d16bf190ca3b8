//! One SELECT: its outputs, what decides which rows there are, its key.
//!
//! In: a SELECT and the scope around it. Out: outputs in order, stars over subqueries expanded; edits for variables that are
//! columns or keys of groups, since their values will stand in their places.

#![expect(clippy::wildcard_enum_match_arm, reason = "sqlparser's tree is another crate's, and large")]

use std::ops::Range;

use sqlparser::ast::{
    Distinct, ExcludeSelectItem, Expr, GroupByExpr, Ident as ParsedIdent, ObjectName, OrderBy, RenameSelectItem,
    Select, SelectItem, SelectItemQualifiedWildcardKind, Spanned as _, WildcardAdditionalOptions,
};

use super::super::found::{ident, idents};
use super::from::without;
use super::query::{Walked, names};
use super::{Out, Scope, Uses, Walk, range};
use crate::name::Ident;
use crate::steps::{ColumnUse, Edit, How};

impl Walk<'_> {
    /// A SELECT with the ORDER BY behind it.
    pub(super) fn select(&mut self, select: &Select, around: &Scope, order: Option<&OrderBy>) -> Walked {
        let mut scope = self.from(&select.from, around);
        for view in &select.lateral_views {
            self.lateral_view(view, &mut scope);
        }
        let mut outs = Vec::new();
        for item in &select.projection {
            let more = self.item(item, &scope);
            // A value without a table is what a variable is given: it has no name.
            if (!select.from.is_empty() || select.projection.len() > 1)
                && let (SelectItem::UnnamedExpr(expr), [Out::Column { name, .. }]) = (item, more.as_slice())
            {
                self.keep_name(expr, &name.text);
            }
            if self.grammar.lateral_aliases {
                scope.aliases.extend(more.iter().filter_map(named));
            }
            outs.extend(more);
        }
        scope.aliases.clear();
        if select.projection.is_empty() {
            outs = scope.tables.iter().flat_map(super::Table::star).collect();
        }
        if let Some(exclude) = &select.exclude {
            outs = without(outs, &self.excluded(exclude));
        }
        self.filters(select, &mut scope, &outs);
        self.order_of(order, &mut scope, &outs);
        let key = self.key_of(select, &outs, &scope);
        Walked { outs, key }
    }

    /// WHERE, GROUP BY, HAVING and their like.
    fn filters(&mut self, select: &Select, scope: &mut Scope, outs: &[Out]) {
        let mut uses = self.exprs(select.prewhere.iter().chain(&select.selection), scope);
        uses.extend(self.visit(&select.connect_by, scope));
        let _ = self.visit(&select.top, scope);
        // Aliases are known from GROUP BY on; a column of the same name comes before them there, yet both are made of it.
        scope.aliases = outs.iter().filter_map(named).collect();
        scope.aliases.retain(|(name, _)| !self.names_variable(select, &name.text));
        uses.extend(self.grouping(select, scope));
        uses.extend(self.exprs(select.having.iter().chain(&select.qualify), scope));
        uses.extend(self.exprs(select.cluster_by.iter().chain(&select.distribute_by), scope));
        uses.extend(self.visit(&select.sort_by, scope));
        uses.extend(self.visit(&select.named_window, scope));
        if let Some(Distinct::On(list)) = &select.distinct {
            uses.extend(self.exprs(list, scope));
        }
        self.decide(&uses);
    }

    fn grouping(&mut self, select: &Select, scope: &Scope) -> Uses {
        match &select.group_by {
            GroupByExpr::All(modifiers) => self.visit(modifiers, scope),
            GroupByExpr::Expressions(list, modifiers) => {
                let mut uses = self.exprs(list.iter().filter(|expr| position(expr).is_none()), scope);
                if modifiers.is_empty() {
                    self.ungroup_variables(select, list);
                }
                for at in list.iter().filter_map(position) {
                    uses.extend(
                        select
                            .projection
                            .get(at)
                            .map(|item| self.item(item, scope))
                            .into_iter()
                            .flatten()
                            .flat_map(|out| out.uses()),
                    );
                }
                uses.extend(self.visit(modifiers, scope));
                uses
            }
        }
    }

    /// Takes variables out of the keys of groups: they part no rows, and what stands in their place could be the number of a
    /// column, or a constant that no key may be. Without another key the group is that of the column which is the variable.
    fn ungroup_variables(&mut self, select: &Select, list: &[Expr]) {
        let column = |key: &Expr| select.projection.iter().find_map(|item| column_of(item, key));
        let other = list.iter().rposition(|key| self.variable_place(key).is_none());
        let own = list.iter().position(|key| column(key).is_some()).filter(|_| other.is_none());
        let Some(kept) = other.or(own) else { return };
        let edit = |(at, key): (usize, &Expr)| {
            let place = self.variable_place(key)?;
            let (range, text) = match own {
                Some(own) if own == at => (place.clone(), column(key)?),
                _ => (self.with_comma(&place, at < kept)?, String::new()),
            };
            Some((place, Edit { range, text }))
        };
        let edits: Vec<(Range<usize>, Edit)> = list.iter().enumerate().filter_map(edit).collect();
        for (place, edit) in edits {
            self.found.variables.retain(|used| used.range != place);
            self.found.edits.push(edit);
        }
    }

    /// The place of an item of a list with the comma behind it, or before it; none where something else stands there.
    fn with_comma(&self, place: &Range<usize>, behind: bool) -> Option<Range<usize>> {
        if behind {
            let rest = self.text.get(place.end..)?.trim_start().strip_prefix(',')?.trim_start();
            return Some(place.start..self.text.len() - rest.len());
        }
        let rest = self.text.get(..place.start)?.trim_end().strip_suffix(',')?.trim_end();
        Some(rest.len()..place.end)
    }

    /// Where an expression stands that is a variable and nothing else: spans of calls, casts and parentheses are those of
    /// what is within.
    fn variable_place(&self, expr: &Expr) -> Option<Range<usize>> {
        let (Expr::Identifier(_) | Expr::CompoundIdentifier(_)) = expr else { return None };
        range(expr.span()).filter(|place| self.found.variables.iter().any(|used| used.range == *place))
    }

    /// Whether a column that comes out has its name of a variable: behind WHERE that name is the variable.
    fn names_variable(&self, select: &Select, name: &str) -> bool {
        let is = |item: &SelectItem| match item {
            SelectItem::UnnamedExpr(own) => {
                let within = uncast(own);
                matches!(within, Expr::Identifier(written) if written.value.eq_ignore_ascii_case(name))
                    && self.variable_place(within).is_some()
            }
            _ => false,
        };
        select.projection.iter().any(is)
    }

    fn order_of(&mut self, order: Option<&OrderBy>, scope: &mut Scope, outs: &[Out]) {
        let Some(order) = order else { return };
        scope.aliases = outs.iter().filter_map(named).collect();
        let uses = self.visit(order, scope);
        self.decide(&uses);
    }

    fn item(&mut self, item: &SelectItem, scope: &Scope) -> Vec<Out> {
        match item {
            SelectItem::UnnamedExpr(expr) => {
                let from = self.expr(expr, scope);
                vec![Out::Column { name: self.default_name(expr), from }]
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                let from = self.expr(expr, scope);
                vec![Out::Column { name: ident(alias, self.around.dialect), from }]
            }
            SelectItem::ExprWithAliases { expr, aliases } => {
                let from = self.expr(expr, scope);
                let column = |alias| Out::Column { name: ident(alias, self.around.dialect), from: from.clone() };
                aliases.iter().map(column).collect()
            }
            SelectItem::Wildcard(options) => {
                let outs = scope.tables.iter().flat_map(super::Table::star).collect();
                self.star_with(outs, options, scope)
            }
            SelectItem::QualifiedWildcard(kind, options) => {
                let outs = self.qualified_star(kind, scope);
                self.star_with(outs, options, scope)
            }
        }
    }

    /// A column that is nothing but a variable is called as the variable is, which will not stand there any more.
    fn keep_name(&mut self, expr: &Expr, name: &str) {
        if let Some(place) = self.variable_place(expr).filter(|_| is_word(name)) {
            self.found.edits.push(Edit { range: place.end..place.end, text: format!(" as {name}") });
        }
    }

    fn qualified_star(&mut self, kind: &SelectItemQualifiedWildcardKind, scope: &Scope) -> Vec<Out> {
        let name = match kind {
            SelectItemQualifiedWildcardKind::ObjectName(name) => name,
            SelectItemQualifiedWildcardKind::Expr(expr) => return vec![Out::Open(self.exprs([expr], scope))],
        };
        let parts = idents(name);
        let names: Vec<Ident> = parts.iter().map(|part| ident(part, self.around.dialect)).collect();
        if let Some(table) = scope.table(&names) {
            let (mention, outs) = (table.mention, table.star());
            self.qualified_by(mention, &parts, parts.len());
            return outs;
        }
        let parts: Vec<ParsedIdent> = parts.into_iter().cloned().collect();
        vec![Out::Open(self.compound(&parts, scope))]
    }

    /// `* EXCLUDE (a) REPLACE (b + 1 AS b) RENAME (c AS d)`.
    fn star_with(&mut self, outs: Vec<Out>, options: &WildcardAdditionalOptions, scope: &Scope) -> Vec<Out> {
        let dialect = self.around.dialect;
        let mut gone: Vec<String> = options.opt_exclude.iter().flat_map(|exclude| self.excluded(exclude)).collect();
        if let Some(except) = &options.opt_except {
            let all = std::iter::once(&except.first_element).chain(&except.additional_elements);
            gone.extend(all.map(|name| ident(name, dialect).text));
        }
        let mut added = Vec::new();
        for item in options.opt_replace.iter().flat_map(|replace| &replace.items) {
            let name = ident(&item.column_name, dialect);
            let from = self.expr(&item.expr, scope);
            gone.push(name.text.clone());
            added.push(Out::Column { name, from });
        }
        for (old, new) in options.opt_rename.iter().flat_map(renames) {
            let old = ident(old, dialect);
            let from = scope.column(&old);
            gone.push(old.text);
            added.push(Out::Column { name: ident(new, dialect), from });
        }
        if options.opt_ilike.is_some() {
            return vec![Out::Open(outs.iter().flat_map(Out::uses).collect())];
        }
        replaced(outs, &gone, added)
    }

    fn excluded(&self, exclude: &ExcludeSelectItem) -> Vec<String> {
        let list: &[ObjectName] = match exclude {
            ExcludeSelectItem::Single(name) => std::slice::from_ref(name),
            ExcludeSelectItem::Multiple(list) => list,
        };
        list.iter().filter_map(|name| idents(name).last().map(|part| ident(part, self.around.dialect).text)).collect()
    }

    /// The name of a select item without alias; empty when the database makes one up.
    fn default_name(&self, expr: &Expr) -> Ident {
        let dialect = self.around.dialect;
        match expr {
            Expr::Identifier(name) => ident(name, dialect),
            Expr::CompoundIdentifier(parts) => {
                parts.last().map_or_else(|| Ident::new("", true, dialect), |last| ident(last, dialect))
            }
            Expr::Nested(inner) => self.default_name(inner),
            Expr::Function(function) if self.grammar.names_functions => {
                let name = idents(&function.name).last().map(|last| last.value.to_lowercase()).unwrap_or_default();
                Ident::new(&name, true, dialect)
            }
            Expr::Cast { expr, .. } if self.grammar.names_functions => self.default_name(expr),
            Expr::Case { .. } if self.grammar.names_functions => Ident::new("case", true, dialect),
            _ => Ident::new("", true, dialect),
        }
    }

    /// What GROUP BY or DISTINCT make unique, when all of it is among the outputs.
    fn key_of(&mut self, select: &Select, outs: &[Out], scope: &Scope) -> Vec<String> {
        if matches!(&select.distinct, Some(Distinct::Distinct)) {
            return names(outs);
        }
        if let Some(Distinct::On(list)) = &select.distinct {
            return self.outputs_of(list, select, outs, scope);
        }
        match &select.group_by {
            GroupByExpr::Expressions(list, modifiers) if modifiers.is_empty() && !list.is_empty() => {
                self.outputs_of(list, select, outs, scope)
            }
            _ => Vec::new(),
        }
    }

    /// The output names of grouping expressions; empty when one of them is not an output.
    fn outputs_of(&mut self, list: &[Expr], select: &Select, outs: &[Out], scope: &Scope) -> Vec<String> {
        if select.projection.iter().any(is_star) {
            return self.outputs_by_column(list, outs, scope);
        }
        let found = |expr: &Expr| {
            let at = position(expr).or_else(|| select.projection.iter().position(|item| stands_for(item, expr)))?;
            match outs.get(at)? {
                Out::Column { name, .. } if !name.text.is_empty() => Some(name.text.clone()),
                _ => None,
            }
        };
        list.iter().map(found).collect::<Option<Vec<_>>>().unwrap_or_default()
    }

    /// The same where a star hides the positions: by what the columns are copied from.
    fn outputs_by_column(&mut self, list: &[Expr], outs: &[Out], scope: &Scope) -> Vec<String> {
        let mut key = Vec::new();
        for expr in list {
            let (Expr::Identifier(_) | Expr::CompoundIdentifier(_)) = expr else { return Vec::new() };
            let uses = self.expr(expr, scope);
            let Some(used) = uses.first().filter(|used| used.how == How::Copied) else { return Vec::new() };
            let Some(name) = outs.iter().find_map(|out| copy_of(out, used)) else { return Vec::new() };
            key.push(name);
        }
        key
    }
}

fn is_star(item: &SelectItem) -> bool {
    matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) | SelectItem::ExprWithAliases { .. })
}

/// The name under which an output holds a copy of a column.
fn copy_of(out: &Out, used: &ColumnUse) -> Option<String> {
    match out {
        Out::Column { name, from } if from.as_slice() == std::slice::from_ref(used) => Some(name.text.clone()),
        Out::Star { relation, except } if used.relations.as_slice() == std::slice::from_ref(relation) => {
            (!except.contains(&used.column)).then(|| used.column.clone())
        }
        _ => None,
    }
}

/// What a column of a cast or in parentheses is called after.
fn uncast(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => uncast(inner),
        _ => expr,
    }
}

/// Whether a variable's name can be that of a column: not `@a`.
fn is_word(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The name of the column that an item is which is this variable.
fn column_of(item: &SelectItem, variable: &Expr) -> Option<String> {
    match item {
        SelectItem::ExprWithAlias { expr, alias } if same(expr, variable) => Some(alias.to_string()),
        SelectItem::UnnamedExpr(own @ Expr::Identifier(name)) if same(own, variable) && is_word(&name.value) => {
            Some(name.to_string())
        }
        _ => None,
    }
}

/// Whether a select item is what a grouping expression says.
fn stands_for(item: &SelectItem, grouped: &Expr) -> bool {
    match item {
        SelectItem::UnnamedExpr(expr) => same(expr, grouped),
        SelectItem::ExprWithAlias { expr, alias } => {
            same(expr, grouped)
                || matches!(grouped, Expr::Identifier(name) if name.value.eq_ignore_ascii_case(&alias.value))
        }
        _ => false,
    }
}

/// Whether two expressions are the same, or the same column with and without its table.
fn same(left: &Expr, right: &Expr) -> bool {
    match (left, right) {
        (Expr::CompoundIdentifier(parts), Expr::Identifier(name))
        | (Expr::Identifier(name), Expr::CompoundIdentifier(parts)) => {
            parts.last().is_some_and(|last| last.value.eq_ignore_ascii_case(&name.value))
        }
        _ => left == right,
    }
}

/// `GROUP BY 1`: the number of the select item, from zero.
fn position(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Value(value) => match &value.value {
            sqlparser::ast::Value::Number(number, _) => number.parse::<usize>().ok()?.checked_sub(1),
            _ => None,
        },
        _ => None,
    }
}

fn named(out: &Out) -> Option<(Ident, Uses)> {
    match out {
        Out::Column { name, from } if !name.text.is_empty() => Some((name.clone(), from.clone())),
        _ => None,
    }
}

fn renames(rename: &RenameSelectItem) -> Vec<(&ParsedIdent, &ParsedIdent)> {
    match rename {
        RenameSelectItem::Single(one) => vec![(&one.ident, &one.alias)],
        RenameSelectItem::Multiple(list) => list.iter().map(|one| (&one.ident, &one.alias)).collect(),
    }
}

/// Outputs with some columns replaced in their place where it is known, else at the end.
fn replaced(outs: Vec<Out>, gone: &[String], added: Vec<Out>) -> Vec<Out> {
    let mut added = added;
    let mut list = Vec::new();
    for out in outs {
        let name = named(&out).map(|(name, _)| name);
        let place = name.and_then(|name| added.iter().position(|new| named(new).is_some_and(|(new, _)| new == name)));
        match place {
            Some(place) => list.push(added.remove(place)),
            None => list.extend(without(vec![out], gone)),
        }
    }
    list.extend(added);
    list
}
