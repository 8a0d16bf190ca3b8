//! Names and what they are bound to.
//!
//! In: bindings. Out: look-ups as Python does them: the function's own names, those of the functions around it, the
//! module's. A class body's names are not seen from its methods.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::syntax::ModuleRef;
use super::value::Value;

/// A shared scope.
pub type ScopeRef = Rc<Scope>;

/// The names of one function call, class body or module.
#[derive(Debug)]
pub struct Scope {
    names: RefCell<BTreeMap<String, Value>>,
    /// Names that belong to the module (`global`) or to a function around (`nonlocal`).
    outer: RefCell<BTreeSet<String>>,
    parent: Option<ScopeRef>,
    /// Whether scopes within do not see these names.
    is_class: bool,
}

impl Scope {
    /// A module's scope.
    pub fn module() -> ScopeRef {
        Self::make(None, false)
    }

    /// The scope of a call of a function that was defined in `parent`.
    pub fn function(parent: &ScopeRef) -> ScopeRef {
        let mut parent = parent;
        while parent.is_class {
            let Some(next) = &parent.parent else { break };
            parent = next;
        }
        Self::make(Some(parent.clone()), false)
    }

    /// The scope of a class body.
    pub fn class(parent: &ScopeRef) -> ScopeRef {
        Self::make(Some(parent.clone()), true)
    }

    fn make(parent: Option<ScopeRef>, is_class: bool) -> ScopeRef {
        let (names, outer) = (RefCell::default(), RefCell::default());
        Rc::new(Self { names, outer, parent, is_class })
    }

    /// What `name` is bound to.
    pub fn get(&self, name: &str) -> Option<Value> {
        if let Some(value) = self.names.borrow().get(name) {
            return Some(value.clone());
        }
        let mut next = self.parent.as_ref();
        while let Some(scope) = next {
            if !scope.is_class
                && let Some(value) = scope.names.borrow().get(name)
            {
                return Some(value.clone());
            }
            next = scope.parent.as_ref();
        }
        None
    }

    /// Binds `name`, here or where `global` and `nonlocal` said.
    pub fn set(&self, name: &str, value: Value) {
        if self.outer.borrow().contains(name)
            && let Some(owner) = self.owner(name)
        {
            owner.names.borrow_mut().insert(name.to_owned(), value);
            return;
        }
        self.names.borrow_mut().insert(name.to_owned(), value);
    }

    /// The scope around that has the name; the module's when none has.
    fn owner(&self, name: &str) -> Option<ScopeRef> {
        let mut next = self.parent.as_ref();
        while let Some(scope) = next {
            if scope.parent.is_none() || scope.names.borrow().contains_key(name) {
                return Some(scope.clone());
            }
            next = scope.parent.as_ref();
        }
        None
    }

    /// `del name`.
    pub fn remove(&self, name: &str) {
        self.names.borrow_mut().remove(name);
    }

    /// `global name`, `nonlocal name`.
    pub fn declare_outer(&self, name: &str) {
        if self.parent.is_some() {
            self.outer.borrow_mut().insert(name.to_owned());
        }
    }

    /// All names of this scope alone.
    pub fn names(&self) -> BTreeMap<String, Value> {
        self.names.borrow().clone()
    }

    /// Puts the names back to what [`Scope::names`] gave before.
    pub fn restore(&self, names: BTreeMap<String, Value>) {
        *self.names.borrow_mut() = names;
    }
}

/// A module of the inputs, as a value.
#[derive(Debug)]
pub struct ModuleValue {
    /// Its dotted path, as imported.
    pub path: String,
    /// Its text; none for a folder without `__init__.py`.
    pub module: Option<ModuleRef>,
    /// Its names.
    pub scope: ScopeRef,
}
