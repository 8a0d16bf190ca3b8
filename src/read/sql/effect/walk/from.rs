//! FROM clauses: tables, subqueries, functions and joins become the tables of a scope.
//!
//! In: table factors in order. Out: tables, and mentions of those that are relations. A later factor sees those before
//! it, as LATERAL, APPLY, UNNEST and walks into columns need.

#![expect(clippy::wildcard_enum_match_arm, reason = "sqlparser's tree is another crate's, and large")]

use sqlparser::ast::{
    Expr, ExprWithAlias, Join, JoinConstraint, JoinOperator, JsonTableColumn, LateralView, ObjectName,
    PivotValueSource, TableAlias, TableFactor, TableVersion, TableWithJoins,
};

use super::super::found::{ident, idents};
use super::{Out, Scope, Source, Table, Uses, Walk};
use crate::name::Ident;
use crate::steps::{ColumnUse, How};

/// Functions whose one column is called like the function, or like its alias.
const ONE_COLUMN: &[&str] = &[
    "generate_series",
    "unnest",
    "regexp_split_to_table",
    "jsonb_object_keys",
    "json_object_keys",
    "string_to_table",
    "generate_subscripts",
    "range",
];

/// Functions whose columns have names of their own.
const NAMED_COLUMNS: &[(&str, &[&str])] = &[
    ("string_split", &["value", "ordinal"]),
    ("openjson", &["key", "value", "type"]),
    ("flatten", &["SEQ", "KEY", "PATH", "INDEX", "VALUE", "THIS"]),
    ("split_to_table", &["SEQ", "INDEX", "VALUE"]),
    ("generator", &[]),
    ("jsonb_each", &["key", "value"]),
    ("json_each", &["key", "value"]),
    ("jsonb_each_text", &["key", "value"]),
    ("json_each_text", &["key", "value"]),
    ("jsonb_array_elements", &["value"]),
    ("json_array_elements", &["value"]),
    ("jsonb_array_elements_text", &["value"]),
    ("json_array_elements_text", &["value"]),
];

impl Walk<'_> {
    /// The tables of a FROM clause, within `parent`.
    pub fn from<'p>(&mut self, from: &[TableWithJoins], parent: &'p Scope<'p>) -> Scope<'p> {
        let mut scope = Scope::within(parent);
        for item in from {
            self.joined(item, &mut scope);
        }
        scope
    }

    /// Adds a table and what is joined to it.
    pub fn joined(&mut self, item: &TableWithJoins, scope: &mut Scope) {
        let tables = self.factor(&item.relation, scope);
        self.enter(tables, scope);
        for join in &item.joins {
            self.join(join, scope);
        }
    }

    /// Adds tables to a scope. A second table of the same bare name is given another one.
    fn enter(&mut self, tables: Vec<Table>, scope: &mut Scope) {
        for table in tables {
            let twice = scope.tables.iter().any(|other| other.name.last() == table.name.last());
            if let Some(mention) = table.mention.filter(|_| twice).and_then(|at| self.found.mentions.get_mut(at)) {
                let parts: Vec<&str> = table.name.iter().map(|part| part.text.as_str()).collect();
                mention.alias = Some(parts.join("_"));
            }
            scope.tables.push(table);
        }
    }

    fn join(&mut self, join: &Join, scope: &mut Scope) {
        let before = scope.tables.len();
        let tables = self.factor(&join.relation, scope);
        self.enter(tables, scope);
        let Some(constraint) = constraint(&join.join_operator) else { return };
        match constraint {
            JoinConstraint::On(condition) => {
                let uses = self.expr(condition, scope);
                self.decide(&uses);
            }
            JoinConstraint::Using(columns) => {
                for column in columns {
                    self.using(column, before, scope);
                }
            }
            JoinConstraint::Natural | JoinConstraint::None => {}
        }
        if let JoinOperator::AsOf { match_condition, .. } = &join.join_operator {
            let uses = self.expr(match_condition, scope);
            self.decide(&uses);
        }
    }

    /// A column of USING is one of each side.
    fn using(&mut self, column: &ObjectName, before: usize, scope: &mut Scope) {
        let Some(name) = idents(column).last().map(|part| ident(part, self.around.dialect)) else { return };
        let (left, right) = scope.tables.split_at(before.min(scope.tables.len()));
        let left = Scope { tables: left.to_vec(), merged: scope.merged.clone(), ..Scope::default() };
        let right = Scope { tables: right.to_vec(), ..Scope::default() };
        let mut uses = left.column(&name);
        uses.extend(right.column(&name));
        self.decide(&uses);
        scope.merged.push((name, uses));
    }

    fn factor(&mut self, factor: &TableFactor, scope: &Scope) -> Vec<Table> {
        match factor {
            TableFactor::Table { name, alias, args, version, .. } => {
                self.version(version.as_ref(), scope);
                match args {
                    Some(args) => {
                        self.named_by_call(name);
                        let uses = self.visit(&args.args, scope);
                        vec![self.function(name, uses, alias.as_ref())]
                    }
                    None => vec![self.table(name, alias.as_ref(), scope)],
                }
            }
            TableFactor::Derived { subquery, alias, .. } => {
                let outs = self.subquery(subquery, scope);
                vec![self.derived(outs, alias.as_ref())]
            }
            TableFactor::Function { name, args, alias, .. } => {
                let uses = self.visit(args, scope);
                vec![self.function(name, uses, alias.as_ref())]
            }
            TableFactor::TableFunction { expr, alias } => vec![self.table_function(expr, alias.as_ref(), scope)],
            TableFactor::UNNEST { array_exprs, alias, with_offset_alias, .. } => {
                let uses = self.exprs(array_exprs, scope);
                let mut tables = vec![self.unnested(uses, alias.as_ref())];
                if let Some(offset) = with_offset_alias {
                    let name = ident(offset, self.around.dialect);
                    let source = Source::Derived(vec![Out::Column { name: name.clone(), from: Vec::new() }]);
                    tables.push(Table { name: vec![name], mention: None, source });
                }
                tables
            }
            TableFactor::NestedJoin { table_with_joins, alias } => self.nested(table_with_joins, alias.as_ref(), scope),
            _ => self.shaped(factor, scope),
        }
    }

    /// Factors that reshape another one, or read a document.
    fn shaped(&mut self, factor: &TableFactor, scope: &Scope) -> Vec<Table> {
        match factor {
            TableFactor::Pivot { table, aggregate_functions, value_column, value_source, alias, .. } => {
                let outs = self.pivot(table, aggregate_functions, value_column, value_source, scope);
                vec![self.derived(outs, alias.as_ref())]
            }
            TableFactor::Unpivot { table, value, name, columns, alias, .. } => {
                let outs = self.unpivot(table, value, name, columns, scope);
                vec![self.derived(outs, alias.as_ref())]
            }
            TableFactor::MatchRecognize { table, partition_by, order_by, measures, symbols, alias, .. } => {
                let inner = self.inner_scope(table, scope);
                let mut uses = self.exprs(partition_by, &inner);
                uses.extend(self.visit(order_by, &inner));
                uses.extend(self.visit(symbols, &inner));
                self.decide(&uses);
                let mut outs = Vec::new();
                for measure in measures {
                    let from = self.expr(&measure.expr, &inner);
                    outs.push(Out::Column { name: ident(&measure.alias, self.around.dialect), from });
                }
                outs.push(Out::Open(uses));
                vec![self.derived(outs, alias.as_ref())]
            }
            TableFactor::JsonTable { json_expr, columns, alias, .. } => {
                let uses = self.computed(json_expr, scope);
                let outs = self.json_columns(columns, &uses);
                vec![self.derived(outs, alias.as_ref())]
            }
            TableFactor::OpenJsonTable { json_expr, columns, alias, .. } => {
                let uses = self.computed(json_expr, scope);
                let column = |name| Out::Column { name: ident(name, self.around.dialect), from: uses.clone() };
                let mut outs: Vec<Out> = columns.iter().map(|known| column(&known.name)).collect();
                if outs.is_empty() {
                    outs = self.named_columns("openjson", &uses).unwrap_or_default();
                }
                vec![self.derived(outs, alias.as_ref())]
            }
            other => {
                let uses = self.visit(other, scope);
                let alias = match other {
                    TableFactor::XmlTable { alias, .. } | TableFactor::SemanticView { alias, .. } => alias.as_ref(),
                    _ => None,
                };
                vec![self.derived(vec![Out::Open(uses)], alias)]
            }
        }
    }

    /// A table by name: a relation, a CTE, or a column of a table before it.
    fn table(&mut self, name: &ObjectName, alias: Option<&TableAlias>, scope: &Scope) -> Table {
        let parts = idents(name);
        if self.grammar.walks_columns && parts.len() > 1 {
            let names: Vec<Ident> = parts.iter().map(|part| ident(part, self.around.dialect)).collect();
            if names.first().is_some_and(|first| scope.table(std::slice::from_ref(first)).is_some()) {
                let parts: Vec<_> = parts.into_iter().cloned().collect();
                let uses = self.compound(&parts, scope);
                return self.unnested(uses, alias);
            }
        }
        let table = self.named_table(name, alias.is_some());
        let Some(alias) = alias else { return table };
        let source = match table.source {
            Source::Derived(outs) => Source::Derived(self.renamed(outs, alias)),
            Source::Base(relation) if alias.columns.is_empty() => Source::Base(relation),
            Source::Base(relation) => {
                Source::Derived(self.renamed(vec![Out::Star { relation, except: Vec::new() }], alias))
            }
        };
        Table { name: vec![ident(&alias.name, self.around.dialect)], mention: None, source }
    }

    /// A subquery's or function's table.
    fn derived(&mut self, outs: Vec<Out>, alias: Option<&TableAlias>) -> Table {
        let Some(alias) = alias else {
            return Table { name: Vec::new(), mention: None, source: Source::Derived(outs) };
        };
        let source = Source::Derived(self.renamed(outs, alias));
        Table { name: vec![ident(&alias.name, self.around.dialect)], mention: None, source }
    }

    /// Outputs under the names that an alias gives them: `AS a (x, y)`.
    pub(super) fn renamed(&self, outs: Vec<Out>, alias: &TableAlias) -> Vec<Out> {
        if alias.columns.is_empty() {
            return outs;
        }
        let known = outs.iter().all(|out| matches!(out, Out::Column { .. }));
        let everything = if known { Vec::new() } else { everything(&outs) };
        let mut list = Vec::new();
        let mut rest = outs.into_iter();
        for column in &alias.columns {
            let name = ident(&column.name, self.around.dialect);
            let from = match rest.next() {
                Some(Out::Column { from, .. }) if known => from,
                _ => everything.clone(),
            };
            list.push(Out::Column { name, from });
        }
        if known {
            list.extend(rest);
        }
        list
    }

    fn version(&mut self, version: Option<&TableVersion>, scope: &Scope) {
        if let Some(version) = version {
            let _ = self.visit(version, scope);
        }
    }

    fn computed(&mut self, expr: &Expr, scope: &Scope) -> Uses {
        self.exprs([expr], scope)
    }

    /// `TABLE(f(x))`, `LATERAL FLATTEN(…)`.
    fn table_function(&mut self, expr: &Expr, alias: Option<&TableAlias>, scope: &Scope) -> Table {
        let uses = self.computed(expr, scope);
        match expr {
            Expr::Function(function) => {
                if idents(&function.name).last().is_some_and(|name| name.value.eq_ignore_ascii_case("result_scan")) {
                    self.unknown_name(expr);
                }
                self.function(&function.name, uses, alias)
            }
            // The name of a table as a value, or a variable that holds rows: nothing else says which they are.
            Expr::Value(_) | Expr::Identifier(_) if uses.is_empty() => {
                self.unknown_name(expr);
                self.derived(vec![Out::Open(uses)], alias)
            }
            _ => self.derived(vec![Out::Open(uses)], alias),
        }
    }

    fn function(&mut self, name: &ObjectName, uses: Uses, alias: Option<&TableAlias>) -> Table {
        let called = idents(name).last().map(|part| part.value.to_lowercase()).unwrap_or_default();
        if ONE_COLUMN.contains(&called.as_str()) {
            let mut table = self.unnested(uses, alias);
            if alias.is_none() {
                let name = Ident::new(&called, false, self.around.dialect);
                table.source = Source::Derived(vec![Out::Column { name: name.clone(), from: everything_of(&table) }]);
                table.name = vec![name];
            }
            return table;
        }
        let outs = self.named_columns(&called, &uses).unwrap_or_else(|| vec![Out::Open(uses)]);
        let mut table = self.derived(outs, alias);
        if alias.is_none() {
            table.name = vec![Ident::new(&called, false, self.around.dialect)];
        }
        table
    }

    fn named_columns(&self, function: &str, uses: &Uses) -> Option<Vec<Out>> {
        let (_, names) = NAMED_COLUMNS.iter().find(|(known, _)| *known == function)?;
        let column =
            |name: &&str| Out::Column { name: Ident::new(name, false, self.around.dialect), from: uses.clone() };
        Some(names.iter().map(column).collect())
    }

    /// Elements of an array: a column of the alias's name, or an open row.
    fn unnested(&mut self, uses: Uses, alias: Option<&TableAlias>) -> Table {
        let Some(alias) = alias else { return self.derived(vec![Out::Open(uses)], None) };
        if !alias.columns.is_empty() {
            return self.derived(vec![Out::Open(uses)], Some(alias));
        }
        let name = ident(&alias.name, self.around.dialect);
        let outs = vec![Out::Column { name: name.clone(), from: uses.clone() }, Out::Open(uses)];
        let outs = if self.grammar.walks_columns { outs } else { outs.into_iter().take(1).collect() };
        Table { name: vec![name], mention: None, source: Source::Derived(outs) }
    }

    fn nested(&mut self, item: &TableWithJoins, alias: Option<&TableAlias>, scope: &Scope) -> Vec<Table> {
        let mut inner = Scope::within(scope);
        self.joined(item, &mut inner);
        let Some(alias) = alias else { return inner.tables };
        let outs = inner.tables.iter().flat_map(Table::star).collect();
        vec![self.derived(outs, Some(alias))]
    }

    /// A scope of one factor, for those that reshape it.
    fn inner_scope<'p>(&mut self, factor: &TableFactor, scope: &'p Scope<'p>) -> Scope<'p> {
        let mut inner = Scope::within(scope);
        let tables = self.factor(factor, scope);
        self.enter(tables, &mut inner);
        inner
    }

    /// Rows turned into columns: everything but the aggregated and the turned columns stays.
    fn pivot(
        &mut self,
        table: &TableFactor,
        aggregates: &[ExprWithAlias],
        turned: &[Expr],
        values: &PivotValueSource,
        scope: &Scope,
    ) -> Vec<Out> {
        let inner = self.inner_scope(table, scope);
        let aggregated = self.exprs(aggregates.iter().map(|aggregate| &aggregate.expr), &inner);
        let by = self.exprs(turned, &inner);
        self.decide(&by);
        let gone: Vec<String> = aggregated.iter().chain(&by).map(|used| used.column.clone()).collect();
        let mut outs = without(inner.tables.iter().flat_map(Table::star).collect(), &gone);
        let uses: Uses = aggregated.into_iter().chain(by).collect();
        let named = match values {
            PivotValueSource::List(list) if aggregates.len() == 1 => self.pivot_names(list),
            PivotValueSource::Subquery(query) => {
                let _ = self.subquery(query, scope);
                None
            }
            _ => None,
        };
        match named {
            Some(names) => outs.extend(names.into_iter().map(|name| Out::Column { name, from: uses.clone() })),
            None => outs.push(Out::Open(uses)),
        }
        outs
    }

    fn pivot_names(&self, list: &[ExprWithAlias]) -> Option<Vec<Ident>> {
        let dialect = self.around.dialect;
        let name = |item: &ExprWithAlias| match (&item.alias, &item.expr) {
            (Some(alias), _) => Some(ident(alias, dialect)),
            (None, Expr::Identifier(name)) => Some(ident(name, dialect)),
            _ => None,
        };
        list.iter().map(name).collect()
    }

    /// Columns turned into rows: a value, the name of the column, and everything else.
    fn unpivot(
        &mut self,
        table: &TableFactor,
        value: &Expr,
        name: &sqlparser::ast::Ident,
        columns: &[ExprWithAlias],
        scope: &Scope,
    ) -> Vec<Out> {
        let inner = self.inner_scope(table, scope);
        let uses = self.exprs(columns.iter().map(|column| &column.expr), &inner);
        let gone: Vec<String> = uses.iter().map(|used| used.column.clone()).collect();
        let mut outs = without(inner.tables.iter().flat_map(Table::star).collect(), &gone);
        if let Expr::Identifier(value) = value {
            outs.push(Out::Column { name: ident(value, self.around.dialect), from: uses });
        } else {
            outs.push(Out::Open(uses));
        }
        outs.push(Out::Column { name: ident(name, self.around.dialect), from: Vec::new() });
        outs
    }

    fn json_columns(&self, columns: &[JsonTableColumn], uses: &Uses) -> Vec<Out> {
        let mut outs = Vec::new();
        for column in columns {
            let name = match column {
                JsonTableColumn::Named(named) => &named.name,
                JsonTableColumn::ForOrdinality(name) => name,
                JsonTableColumn::Nested(nested) => {
                    outs.extend(self.json_columns(&nested.columns, uses));
                    continue;
                }
            };
            outs.push(Out::Column { name: ident(name, self.around.dialect), from: uses.clone() });
        }
        outs
    }

    /// `LATERAL VIEW explode(x) t AS a, b`.
    pub(super) fn lateral_view(&mut self, view: &LateralView, scope: &mut Scope) {
        let uses = self.computed(&view.lateral_view, scope);
        let dialect = self.around.dialect;
        let column = |name| Out::Column { name: ident(name, dialect), from: uses.clone() };
        let mut outs: Vec<Out> = view.lateral_col_alias.iter().map(column).collect();
        if outs.is_empty() {
            outs.push(Out::Open(uses.clone()));
        }
        let name = idents(&view.lateral_view_name).into_iter().map(|part| ident(part, dialect)).collect();
        scope.tables.push(Table { name, mention: None, source: Source::Derived(outs) });
    }
}

impl Table {
    /// Its columns, as a star names them.
    pub fn star(&self) -> Vec<Out> {
        match &self.source {
            Source::Base(relation) => vec![Out::Star { relation: relation.clone(), except: Vec::new() }],
            Source::Derived(outs) => outs.clone(),
        }
    }
}

/// Outputs without some columns.
pub fn without(outs: Vec<Out>, gone: &[String]) -> Vec<Out> {
    let mut list = Vec::with_capacity(outs.len());
    for out in outs {
        match out {
            Out::Column { ref name, .. } if gone.contains(&name.text) => {}
            Out::Star { relation, mut except } => {
                except.extend(gone.iter().filter(|name| !except.contains(name)).cloned().collect::<Vec<_>>());
                list.push(Out::Star { relation, except });
            }
            Out::Branches(branches) => {
                let branches = branches.into_iter().map(|branch| without(branch, gone)).collect();
                list.push(Out::Branches(branches));
            }
            other @ (Out::Column { .. } | Out::Open(_)) => list.push(other),
        }
    }
    list
}

/// All uses behind outputs of which not every column is known by name.
fn everything(outs: &[Out]) -> Uses {
    let mut uses = Uses::new();
    for out in outs {
        uses.extend(out.uses().into_iter().map(|used| ColumnUse { how: How::Computed, ..used }));
    }
    uses
}

fn everything_of(table: &Table) -> Uses {
    match &table.source {
        Source::Base(_) => Vec::new(),
        Source::Derived(outs) => everything(outs),
    }
}

fn constraint(operator: &JoinOperator) -> Option<&JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint)
        | JoinOperator::CrossJoin(constraint)
        | JoinOperator::Semi(constraint)
        | JoinOperator::LeftSemi(constraint)
        | JoinOperator::RightSemi(constraint)
        | JoinOperator::Anti(constraint)
        | JoinOperator::LeftAnti(constraint)
        | JoinOperator::RightAnti(constraint)
        | JoinOperator::AsOf { constraint, .. }
        | JoinOperator::StraightJoin(constraint) => Some(constraint),
        _ => None,
    }
}
