//! A text that is equal for queries that say the same.
//!
//! In: a query's tree and the places of its mentions. Out: a canonical text: no layout, no comments, keywords in one
//! case, table aliases numbered, AND-ed terms and operands of commutative operators sorted, `\u{1}n\u{1}` for mention
//! number `n`. Never shown to anybody, and never run.

#![expect(clippy::wildcard_enum_match_arm, reason = "sqlparser's tree is another crate's, and large")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Expr, Ident as ParsedIdent, JoinOperator, ObjectName, ObjectNamePart, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, TableAlias, TableFactor, Value, Visit, VisitMut, Visitor, VisitorMut,
};

use super::found::{ident, name_range};
use crate::dialect::Dialect;

/// Chains longer than this keep the author's order.
const LONGEST: usize = 100;

/// The canonical text of a query; `mentions` are the first bytes of its mentions, in order.
pub fn fingerprint(query: &Query, mentions: &[usize], dialect: Dialect) -> String {
    if matches!(query.body.as_ref(), SetExpr::Values(_)) {
        return String::new();
    }
    let mut names = Names { list: Vec::new(), dialect };
    let _ = query.visit(&mut names);
    let only = names.list.len() == 1;
    let mut aliases: BTreeMap<String, Option<String>> = BTreeMap::new();
    for (at, name) in names.list.iter().enumerate() {
        // A name that is used twice keeps its meaning only where it stands, so it is left as it is.
        aliases.entry(name.clone()).and_modify(|known| *known = None).or_insert(Some(format!("t{at}")));
    }
    let mut query = query.clone();
    let mut rename = Rename { aliases, only, mentions, dialect };
    let _ = VisitMut::visit(&mut query, &mut rename);
    let _ = VisitMut::visit(&mut query, &mut Fold { dialect });
    let _ = VisitMut::visit(&mut query, &mut Sort);
    query.to_string()
}

/// The names by which columns can call the tables, in order.
struct Names {
    list: Vec<String>,
    dialect: Dialect,
}

impl Visitor for Names {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        self.list.extend(exposed(factor, self.dialect));
        ControlFlow::Continue(())
    }
}

/// The name by which columns call a table.
fn exposed(factor: &TableFactor, dialect: Dialect) -> Option<String> {
    let key = |name: &ParsedIdent| ident(name, dialect).key;
    match factor {
        TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. } => {
            Some(key(&alias.name))
        }
        TableFactor::Table { name, alias: None, .. } => name.0.last().and_then(ObjectNamePart::as_ident).map(key),
        _ => None,
    }
}

/// Gives tables their numbers and mentions their marks.
struct Rename<'m> {
    aliases: BTreeMap<String, Option<String>>,
    /// Whether the query names one table, so that qualifiers say nothing.
    only: bool,
    mentions: &'m [usize],
    dialect: Dialect,
}

impl Rename<'_> {
    fn number(&self, name: &ParsedIdent) -> Option<ParsedIdent> {
        let number = self.aliases.get(&ident(name, self.dialect).key)?.as_ref()?;
        Some(ParsedIdent::new(number))
    }

    fn qualifier(&self, parts: &mut Vec<ParsedIdent>) {
        for length in (1..parts.len()).rev() {
            let Some(number) = parts.get(length - 1).and_then(|name| self.number(name)) else { continue };
            let kept = if self.only { None } else { Some(number) };
            parts.splice(..length, kept);
            return;
        }
    }

    fn star(&self, name: &mut ObjectName) {
        let Some(number) = name.0.last().and_then(ObjectNamePart::as_ident).and_then(|last| self.number(last)) else {
            return;
        };
        name.0 = vec![ObjectNamePart::Identifier(number)];
    }
}

impl VisitorMut for Rename<'_> {
    type Break = ();

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        let number = exposed(factor, self.dialect).and_then(|name| self.aliases.get(&name).cloned().flatten());
        if let TableFactor::Table { name, alias, args: None, .. } = factor {
            let start = name_range(name).map(|place| place.start);
            let mention = start.and_then(|start| self.mentions.iter().position(|mention| *mention == start));
            if let Some(number) = number {
                set_alias(alias, &number);
            }
            if let Some(mention) = mention {
                *name = ObjectName(vec![ObjectNamePart::Identifier(ParsedIdent::new(format!("\u{1}{mention}\u{1}")))]);
            }
        } else if let TableFactor::Derived { alias, .. } = factor
            && let Some(number) = number
        {
            set_alias(alias, &number);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        for item in &mut select.projection {
            if let SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) = item {
                self.star(name);
            }
        }
        for join in select.from.iter_mut().flat_map(|item| &mut item.joins) {
            join.join_operator = plain(&join.join_operator);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::CompoundIdentifier(parts) = expr {
            self.qualifier(parts);
            if let [only] = parts.as_slice() {
                *expr = Expr::Identifier(only.clone());
            }
        }
        ControlFlow::Continue(())
    }
}

fn set_alias(alias: &mut Option<TableAlias>, number: &str) {
    match alias {
        Some(alias) => {
            alias.name = ParsedIdent::new(number);
            alias.explicit = true;
        }
        None => {
            *alias = Some(TableAlias { explicit: true, name: ParsedIdent::new(number), columns: Vec::new(), at: None });
        }
    }
}

/// The same join in its shortest words.
fn plain(operator: &JoinOperator) -> JoinOperator {
    match operator {
        JoinOperator::Inner(constraint) => JoinOperator::Join(constraint.clone()),
        JoinOperator::LeftOuter(constraint) => JoinOperator::Left(constraint.clone()),
        JoinOperator::RightOuter(constraint) => JoinOperator::Right(constraint.clone()),
        other => other.clone(),
    }
}

/// Writes identifiers as they are compared.
struct Fold {
    dialect: Dialect,
}

impl VisitorMut for Fold {
    type Break = ();

    fn pre_visit_ident(&mut self, name: &mut ParsedIdent) -> ControlFlow<()> {
        let key = ident(name, self.dialect).key;
        let plain = key.chars().all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '\u{1}');
        name.value = if name.quote_style.is_none() { key.to_lowercase() } else { key };
        if plain && name.value == ident(&ParsedIdent::new(name.value.clone()), self.dialect).key {
            name.quote_style = None;
        }
        ControlFlow::Continue(())
    }
}

/// Puts terms and operands in one order.
struct Sort;

impl VisitorMut for Sort {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::BinaryOp { op: BinaryOperator::And, .. } => sort_chain(expr, &BinaryOperator::And),
            Expr::BinaryOp { op: BinaryOperator::Or, .. } => sort_chain(expr, &BinaryOperator::Or),
            Expr::BinaryOp { left, op, right } if commutes(op, left, right) && left.to_string() > right.to_string() => {
                std::mem::swap(left, right);
            }
            Expr::BinaryOp { left, op, right } => {
                let turned = turned(op).filter(|_| left.to_string() > right.to_string());
                if let Some(turned) = turned {
                    std::mem::swap(left, right);
                    *op = turned;
                }
            }
            Expr::InList { list, .. } if list.len() <= LONGEST => list.sort_by_key(ToString::to_string),
            Expr::Nested(inner) if is_simple(inner) => *expr = inner.as_ref().clone(),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// Whether parentheses around an expression say nothing.
fn is_simple(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Value(_) | Expr::Function(_) | Expr::Nested(_)
    )
}

fn commutes(op: &BinaryOperator, left: &Expr, right: &Expr) -> bool {
    match op {
        BinaryOperator::Eq | BinaryOperator::NotEq | BinaryOperator::Multiply => true,
        // `+` joins strings in some dialects, where order counts.
        BinaryOperator::Plus => !is_text(left) && !is_text(right),
        _ => false,
    }
}

fn is_text(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if !matches!(value.value, Value::Number(..)))
}

/// The operator that says the same with its operands turned round.
fn turned(op: &BinaryOperator) -> Option<BinaryOperator> {
    match op {
        BinaryOperator::Lt => Some(BinaryOperator::Gt),
        BinaryOperator::Gt => Some(BinaryOperator::Lt),
        BinaryOperator::LtEq => Some(BinaryOperator::GtEq),
        BinaryOperator::GtEq => Some(BinaryOperator::LtEq),
        _ => None,
    }
}

/// Sorts the terms of a chain of ANDs or ORs.
fn sort_chain(expr: &mut Expr, operator: &BinaryOperator) {
    let mut terms = Vec::new();
    flatten(expr, operator, &mut terms);
    if terms.len() > LONGEST {
        return;
    }
    terms.sort_by_key(ToString::to_string);
    let mut rest = terms.into_iter();
    let Some(first) = rest.next() else { return };
    *expr = rest.fold(first, |left, right| Expr::BinaryOp {
        left: Box::new(left),
        op: operator.clone(),
        right: Box::new(right),
    });
}

fn flatten(expr: &Expr, operator: &BinaryOperator, terms: &mut Vec<Expr>) {
    match expr {
        Expr::BinaryOp { left, op, right } if op == operator => {
            flatten(left, operator, terms);
            flatten(right, operator, terms);
        }
        Expr::Nested(inner) if matches!(inner.as_ref(), Expr::BinaryOp { op, .. } if op == operator) => {
            flatten(inner, operator, terms);
        }
        other => terms.push(other.clone()),
    }
}
