//! Functions, classes and instances of the inputs.
//!
//! In: definitions, as the evaluator meets them. Out: values that can be called later. Holds copies of the syntax
//! trees, so that a function outlives the module that it was read from.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use ruff_python_ast::{Expr, Parameters, Stmt};

use super::arguments::Arguments;
use super::kinds::Kind;
use super::scope::ScopeRef;
use super::syntax::ModuleRef;
use super::value::Value;
use crate::text::Span;

/// A function or lambda.
#[derive(Debug)]
pub struct Function {
    /// Its name; `<lambda>` for a lambda.
    pub name: String,
    /// What it takes.
    pub parameters: Parameters,
    /// The values of the defaults, by parameter, as they were when the function was defined.
    pub defaults: BTreeMap<String, Value>,
    /// What it does.
    pub body: FunctionBody,
    /// The names that it sees.
    pub scope: ScopeRef,
    /// The module that its text stands in.
    pub module: ModuleRef,
    /// The whole definition, with decorators.
    pub span: Span,
    /// Whether it is a coroutine; a call of it gives what it returns.
    pub is_async: bool,
}

/// The body of a function.
#[derive(Debug)]
pub enum FunctionBody {
    /// Statements.
    Block(Vec<Stmt>),
    /// The expression of a lambda.
    Expression(Box<Expr>),
}

impl Function {
    /// The names of the parameters that can be given by position or keyword, in order.
    pub fn parameter_names(&self) -> Vec<&str> {
        self.parameters.iter_non_variadic_params().map(|parameter| parameter.name().as_str()).collect()
    }
}

/// A class.
#[derive(Debug)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// The bases, as values.
    pub bases: Vec<Value>,
    /// What its body defined.
    pub members: RefCell<BTreeMap<String, Value>>,
    /// The whole definition.
    pub span: Span,
    /// What it is beside its body: a record, a named tuple, an enumeration.
    pub kind: Kind,
}

impl Class {
    /// The member of that name, of the class itself or of one above it.
    pub fn member(&self, name: &str) -> Option<Value> {
        let own = self.members.borrow().get(name).cloned();
        own.or_else(|| member_of(self.above(), name).map(|(_, member)| member))
    }

    /// The member of that name with the class that defines it.
    pub fn owned(own: &Rc<Self>, name: &str) -> Option<(Rc<Self>, Value)> {
        member_of(Self::order(own), name)
    }

    /// The first base that is not a class of the inputs: an imported path.
    pub fn outer_base(&self) -> Option<String> {
        self.above().into_iter().find_map(|base| match base {
            Value::External(external) if external.imported => Some(external.path.clone()),
            _ => None,
        })
    }

    /// The class itself and all above it, in the order in which Python asks them.
    pub fn order(own: &Rc<Self>) -> Vec<Value> {
        std::iter::once(Value::Class(own.clone())).chain(own.above()).collect()
    }

    /// All above the class: left to right, and what several share behind all of them.
    fn above(&self) -> Vec<Value> {
        let mut found = Vec::new();
        collect(self, &mut found);
        let mut kept: Vec<Value> = Vec::new();
        for class in found.into_iter().rev() {
            let known = |other: &Value| match (other, &class) {
                (Value::Class(one), Value::Class(other)) => Rc::ptr_eq(one, other),
                (Value::External(one), Value::External(other)) => one.path == other.path,
                _ => false,
            };
            if !kept.iter().any(known) {
                kept.push(class);
            }
        }
        kept.reverse();
        kept
    }
}

fn member_of(classes: Vec<Value>, name: &str) -> Option<(Rc<Class>, Value)> {
    classes.into_iter().find_map(|class| match class {
        Value::Class(class) => {
            let member = class.members.borrow().get(name).cloned()?;
            Some((class, member))
        }
        _ => None,
    })
}

/// How many bases of bases are looked at: classes that share their bases many times over are nobody's.
const MOST_BASES: usize = 300;

/// The bases of a class, each followed by its own.
fn collect(class: &Class, found: &mut Vec<Value>) {
    for base in &class.bases {
        if found.len() >= MOST_BASES {
            return;
        }
        found.push(base.clone());
        if let Value::Class(base) = base {
            collect(base, found);
        }
    }
}

/// An instance of a class.
#[derive(Debug)]
pub struct Instance {
    /// Its class.
    pub class: Rc<Class>,
    /// Its attributes.
    pub fields: RefCell<BTreeMap<String, Value>>,
    /// Where it was made.
    pub span: Span,
    /// What its constructor gave that of a base outside the inputs.
    pub passed: RefCell<Option<Arguments>>,
}
