//! Which statements of a module a piece of it needs to stand elsewhere.
//!
//! In: a parsed module, and the places that must not be taken along. Out: imports and statements by the names that
//! they bind, with the names that they use. Never evaluates anything.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Comprehension, ExceptHandler, Expr, ExprContext, Parameter, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::evaluator::Evaluator;
use super::imports;
use super::known::BUILTINS;
use super::syntax::Module;
use crate::text::{SourceId, Sources, Span};

/// The statements of a module, by the names that they bind.
#[derive(Debug, Default)]
pub struct Outline {
    units: Vec<Unit>,
    bound: BTreeMap<String, Vec<usize>>,
    star: Vec<usize>,
    /// Bodies in which names are not those of the module: functions, loops, comprehensions.
    inner: Vec<Span>,
}

/// One statement, or one name of an import.
#[derive(Debug)]
pub struct Unit {
    /// Where it stands.
    pub span: Span,
    /// What it imports; none for any other statement.
    pub import: Option<Import>,
    /// Its text, without indentation.
    pub text: String,
    uses: BTreeSet<String>,
    is_usable: bool,
}

/// `from module import name as alias`, or `import module as alias`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The module, with a dot for each level of a relative import.
    pub module: String,
    /// The name; none for a whole module, `*` for all names.
    pub name: Option<String>,
    /// The name that it goes by, where that is another one.
    pub alias: Option<String>,
    /// Files of the inputs that it finds, with their paths from where Python looks.
    pub files: Vec<(String, SourceId)>,
}

impl Evaluator<'_> {
    /// The statements of the script's own file. What touches one of `forbidden` cannot be taken along.
    pub fn outline(&self, forbidden: &[Span]) -> Outline {
        let mut outline = Outline::default();
        let source = self.source();
        let collector = Collector { module: &self.module, sources: self.sources, source, forbidden };
        collector.suite(&self.module.body, 0, &mut outline);
        outline
    }
}

impl Outline {
    /// Adds what the names of an expression need; the error is the first name that the module does not give.
    pub fn needs_of(&self, expression: &str, needs: &mut BTreeSet<usize>) -> Result<(), String> {
        let wrapped = format!("(\n{expression}\n)");
        let Ok(parsed) = ruff_python_parser::parse_expression(&wrapped) else {
            return Err("its text is no expression".to_owned());
        };
        let mut names = Names::default();
        names.visit_expr(parsed.expr());
        let mut found = needs.clone();
        for name in names.loads.difference(&names.inner) {
            self.need(name, &mut found)?;
        }
        *needs = found;
        Ok(())
    }

    fn need(&self, name: &str, needs: &mut BTreeSet<usize>) -> Result<(), String> {
        let Some(units) = self.bound.get(name) else {
            if BUILTINS.contains(&name) {
                return Ok(());
            }
            if self.star.is_empty() {
                return Err(format!("`{name}` is not a name of the file"));
            }
            needs.extend(&self.star);
            return Ok(());
        };
        for at in units {
            let Some(unit) = self.units.get(*at) else { continue };
            if !unit.is_usable {
                return Err(format!("`{name}` is made together with tasks"));
            }
            if !needs.insert(*at) {
                continue;
            }
            for used in &unit.uses {
                if used != name {
                    self.need(used, needs)?;
                }
            }
        }
        Ok(())
    }

    /// The statement of that number.
    pub fn unit(&self, at: usize) -> Option<&Unit> {
        self.units.get(at)
    }

    /// Whether names at that place are those of the module.
    pub fn is_plain(&self, span: Span) -> bool {
        !self
            .inner
            .iter()
            .any(|inner| inner.source == span.source && inner.start <= span.start && span.end <= inner.end)
    }

    /// Whether an expression only uses what is imported or defined, so that no variable of a function is among it.
    pub fn is_fixed(&self, expression: &str) -> bool {
        let wrapped = format!("(\n{expression}\n)");
        let Ok(parsed) = ruff_python_parser::parse_expression(&wrapped) else { return false };
        let mut names = Names::default();
        names.visit_expr(parsed.expr());
        let is_definition = |at: &usize| {
            self.units.get(*at).is_some_and(|unit| {
                let text = unit.text.trim_start();
                unit.import.is_some() || ["def ", "class ", "@", "async "].iter().any(|start| text.starts_with(start))
            })
        };
        names.loads.difference(&names.inner).all(|name| match self.bound.get(name) {
            Some(units) => units.iter().all(is_definition),
            None => BUILTINS.contains(&name.as_str()),
        })
    }
}

struct Collector<'a> {
    module: &'a Module,
    sources: &'a Sources,
    source: SourceId,
    forbidden: &'a [Span],
}

impl Collector<'_> {
    fn suite(&self, body: &[Stmt], indent: usize, outline: &mut Outline) {
        for statement in body {
            match statement {
                Stmt::Import(import) => {
                    for alias in &import.names {
                        let module = alias.name.to_string();
                        let name = alias.asname.as_ref().map(ToString::to_string);
                        let bound = name
                            .clone()
                            .unwrap_or_else(|| module.split('.').next().map_or_else(String::new, str::to_owned));
                        let files = imports::files(self.sources, self.source, &module, 0);
                        let import = Import { module, name: None, alias: name, files };
                        self.import(statement.range(), import, &bound, outline);
                    }
                }
                Stmt::ImportFrom(from) => {
                    let path = from.module.as_ref().map_or("", |module| module.as_str());
                    let module = format!("{}{path}", ".".repeat(from.level as usize));
                    for alias in &from.names {
                        let mut files = imports::files(self.sources, self.source, path, from.level);
                        let inner = format!("{path}.{}", alias.name);
                        files.extend(imports::files(self.sources, self.source, &inner, from.level));
                        files.dedup();
                        let name = Some(alias.name.to_string());
                        let other = alias.asname.as_ref().map(ToString::to_string);
                        let bound = other.clone().unwrap_or_else(|| alias.name.to_string());
                        let import = Import { module: module.clone(), name, alias: other, files };
                        self.import(statement.range(), import, &bound, outline);
                    }
                }
                Stmt::With(with) if self.is_forbidden(statement.range()) => {
                    self.suite(&with.body, indent + 1, outline);
                }
                Stmt::FunctionDef(def) if is_container(def) => self.suite(&def.body, indent + 1, outline),
                other => self.statement(other, indent, outline),
            }
        }
    }

    fn import(&self, range: TextRange, import: Import, bound: &str, outline: &mut Outline) {
        if import.name.as_deref() == Some("*") {
            outline.star.push(outline.units.len());
        }
        outline.bound.entry(bound.to_owned()).or_default().push(outline.units.len());
        let span = self.module.span(range);
        let unit = Unit { span, import: Some(import), text: String::new(), uses: BTreeSet::new(), is_usable: true };
        outline.units.push(unit);
    }

    fn statement(&self, statement: &Stmt, indent: usize, outline: &mut Outline) {
        let range = statement.range();
        let mut names = Names::default();
        names.visit_stmt(statement);
        let span = self.module.span(range);
        match statement {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) | Stmt::For(_) | Stmt::While(_) => outline.inner.push(span),
            Stmt::If(test) if self.module.text(test.test.as_ref()).contains("__name__") => return,
            _ => outline.inner.extend(names.comprehensions.iter().map(|range| self.module.span(*range))),
        }
        let is_free = matches!(statement, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) || !self.is_forbidden(range);
        let is_usable =
            is_free && !(indent > 0 && matches!(statement, Stmt::For(_) | Stmt::While(_) | Stmt::Return(_)));
        let at = outline.units.len();
        for name in names.targets.iter().chain(&mutated(statement)) {
            let units = outline.bound.entry(name.clone()).or_default();
            if !units.contains(&at) {
                units.push(at);
            }
        }
        // A name that a function binds within may also be one of the module's: taking it along does no harm.
        let uses = names.loads.iter().filter(|name| !names.inner.contains(*name) || outline.bound.contains_key(*name));
        let uses = uses.filter(|name| !BUILTINS.contains(&name.as_str())).cloned().collect();
        outline.units.push(Unit { span, import: None, text: self.dedented(range), uses, is_usable });
    }

    fn is_forbidden(&self, range: TextRange) -> bool {
        let span = self.module.span(range);
        self.forbidden
            .iter()
            .any(|place| place.source == span.source && place.start < span.end && span.start < place.end)
    }

    /// The text of a statement without the indentation of its first line; lines within strings stay as they are.
    fn dedented(&self, range: TextRange) -> String {
        let text = self.module.code.text();
        let (start, end) = (range.start().to_usize(), range.end().to_usize());
        let before = text.get(..start).unwrap_or("");
        let indent = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
        let strings: Vec<TextRange> = self
            .module
            .tokens
            .iter()
            .filter(|(kind, token)| token.start() >= range.start() && token.end() <= range.end() && is_text(*kind))
            .map(|(_, token)| *token)
            .collect();
        let mut result = String::new();
        let mut at = start;
        for line in text.get(start..end).unwrap_or("").split_inclusive('\n') {
            let in_string = strings.iter().any(|token| token.start().to_usize() < at && at < token.end().to_usize());
            let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
            let cut = if at == start || in_string { 0 } else { blank.min(indent) };
            result.push_str(line.get(cut..).unwrap_or(line));
            at += line.len();
        }
        result
    }
}

fn is_text(kind: ruff_python_ast::token::TokenKind) -> bool {
    use ruff_python_ast::token::TokenKind;
    matches!(kind, TokenKind::String | TokenKind::FStringMiddle | TokenKind::TStringMiddle)
}

/// Whether the body of a function is that of a DAG or of a task group, which stands for itself.
fn is_container(def: &ruff_python_ast::StmtFunctionDef) -> bool {
    def.decorator_list.iter().any(|decorator| {
        let expression = match &decorator.expression {
            Expr::Call(call) => call.func.as_ref(),
            other => other,
        };
        match expression {
            Expr::Name(name) => matches!(name.id.as_str(), "dag" | "task_group"),
            Expr::Attribute(attribute) => matches!(attribute.attr.as_str(), "dag" | "task_group"),
            _ => false,
        }
    })
}

/// Names whose values a statement changes without binding them: `x.append(1)`, `x["a"] = 1`.
fn mutated(statement: &Stmt) -> Vec<String> {
    let targets: Vec<&Expr> = match statement {
        Stmt::Assign(assign) => assign.targets.iter().collect(),
        Stmt::AugAssign(assign) => vec![&assign.target],
        Stmt::Expr(expression) => match expression.value.as_ref() {
            Expr::Call(call) => vec![call.func.as_ref()],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    targets.into_iter().filter_map(root).collect()
}

fn root(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Attribute(attribute) => match attribute.value.as_ref() {
            Expr::Name(name) => Some(name.id.to_string()),
            inner => root(inner),
        },
        Expr::Subscript(subscript) => match subscript.value.as_ref() {
            Expr::Name(name) => Some(name.id.to_string()),
            inner => root(inner),
        },
        _ => None,
    }
}

/// The names of a piece of Python.
#[derive(Default)]
struct Names {
    loads: BTreeSet<String>,
    /// Names that it binds where it stands.
    targets: BTreeSet<String>,
    /// Names that functions and comprehensions in it bind.
    inner: BTreeSet<String>,
    comprehensions: Vec<TextRange>,
    depth: usize,
}

impl Names {
    fn bind(&mut self, name: &str) {
        let names = if self.depth == 0 { &mut self.targets } else { &mut self.inner };
        names.insert(name.to_owned());
    }
}

impl<'a> Visitor<'a> for Names {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(def) => self.bind(def.name.as_str()),
            Stmt::ClassDef(class) => self.bind(class.name.as_str()),
            Stmt::Import(import) => {
                for alias in &import.names {
                    let name = alias.asname.as_ref().map_or(alias.name.as_str(), |name| name.as_str());
                    self.bind(name.split('.').next().unwrap_or(name));
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    self.bind(alias.asname.as_ref().map_or(alias.name.as_str(), |name| name.as_str()));
                }
            }
            _ => {}
        }
        let is_scope = matches!(statement, Stmt::FunctionDef(_) | Stmt::ClassDef(_));
        self.depth += usize::from(is_scope);
        visitor::walk_stmt(self, statement);
        self.depth -= usize::from(is_scope);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Name(name) = expression {
            match name.ctx {
                ExprContext::Store => self.bind(name.id.as_str()),
                _ => {
                    self.loads.insert(name.id.to_string());
                }
            }
        }
        let is_scope = matches!(
            expression,
            Expr::Lambda(_) | Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_)
        );
        if is_scope {
            self.comprehensions.push(expression.range());
        }
        self.depth += usize::from(is_scope);
        visitor::walk_expr(self, expression);
        self.depth -= usize::from(is_scope);
    }

    fn visit_comprehension(&mut self, comprehension: &'a Comprehension) {
        visitor::walk_comprehension(self, comprehension);
    }

    fn visit_parameter(&mut self, parameter: &'a Parameter) {
        self.inner.insert(parameter.name.to_string());
        visitor::walk_parameter(self, parameter);
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(inner) = handler;
        if let Some(name) = &inner.name {
            self.bind(name.as_str());
        }
        visitor::walk_except_handler(self, handler);
    }
}
