//! Symbolic values: what is known of a Python value without running anything.
//!
//! In: nothing; these are types. Out: constants, containers, text with provenance, functions, classes, objects of
//! libraries, and *external* values, of which only the origin is known. Never holds a syntax tree's borrow: a value
//! can be kept for as long as the evaluator lives.

use std::cell::RefCell;
use std::rc::Rc;

use super::arguments::Arguments;
use super::function::{Class, Function, Instance};
use super::library::Object;
use super::scope::ModuleValue;
use super::words::Text;
use crate::text::Span;

/// A symbolic value. Cloning is cheap, and a clone of a list or dict is the same list or dict.
#[derive(Debug, Clone)]
pub enum Value {
    /// `None`.
    None,
    /// `True`, `False`.
    Bool(bool),
    /// An integer that fits.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string, with the place of each part and with holes for what is only known at run time.
    Text(Rc<Text>),
    /// A list, or a set in the order in which it was written.
    List(Rc<RefCell<Vec<Value>>>),
    /// A tuple.
    Tuple(Rc<Vec<Value>>),
    /// A dict, in the order of insertion.
    Dict(Rc<RefCell<Vec<(Value, Value)>>>),
    /// `start:stop:step`, each `None` where it is left out.
    Slice(Rc<[Value; 3]>),
    /// A function or lambda of the inputs.
    Function(Rc<Function>),
    /// A method together with the value that it was taken from: `rows.append`, `frame.merge`, `instance.run`.
    Method(Rc<(Value, String)>),
    /// A function under `staticmethod`, `classmethod` or `property`.
    Descriptor(Rc<(&'static str, Value)>),
    /// A class of the inputs.
    Class(Rc<Class>),
    /// An instance of a class of the inputs.
    Instance(Rc<Instance>),
    /// A module of the inputs.
    Module(Rc<ModuleValue>),
    /// A builtin function, by name.
    Builtin(&'static str),
    /// A library's own value: a DataFrame, a DAG.
    Object(Rc<dyn Object>),
    /// Something that the inputs do not hold.
    External(Rc<External>),
}

/// Something that the inputs do not hold: an imported name (`pandas.read_sql`), what a call of one gives
/// (`requests.get()`), or a value that is only known at run time.
#[derive(Debug, Clone)]
pub struct External {
    /// The full dotted path from the import, with `()` after what was called and `[]` after what was indexed:
    /// `sqlalchemy.create_engine().connect`. For a value without import, the name it goes by: `conn.execute`.
    pub path: String,
    /// Why it is not known, in words that follow "because": `it is an argument of a function that nothing calls`.
    pub reason: String,
    /// Where it comes from.
    pub span: Span,
    /// What the attribute was taken from, or what was called.
    pub origin: Option<Value>,
    /// The arguments, where it is the result of a call.
    pub arguments: Option<Rc<Arguments>>,
    /// Whether the path starts at an import, so that a library may go by it.
    pub imported: bool,
}

impl External {
    /// The last name of the path: `execute` of `conn.execute`.
    pub fn last(&self) -> &str {
        let path = self.path.trim_end_matches("()").trim_end_matches("[]");
        path.rsplit('.').next().unwrap_or(path)
    }

    /// Whether it is a value that the script made: no module, function or class that it imports.
    pub fn is_result(&self) -> bool {
        !self.imported || self.path.contains(['(', '['])
    }

    /// The values that this one was made from, nearest first: of `a.b().c` those of `a.b()`, `a.b`, `a`.
    pub fn origins(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |external| match &external.origin {
            Some(Value::External(origin)) => Some(origin.as_ref()),
            _ => None,
        })
        .take(64)
    }
}

impl Value {
    /// A value that is not known, by a name that tells the reader what it is.
    pub fn unknown(path: impl Into<String>, reason: impl Into<String>, span: Span) -> Self {
        Self::External(Rc::new(External {
            path: path.into(),
            reason: reason.into(),
            span,
            origin: None,
            arguments: None,
            imported: false,
        }))
    }

    /// A list.
    pub fn list(items: Vec<Self>) -> Self {
        Self::List(Rc::new(RefCell::new(items)))
    }

    /// A tuple.
    pub fn tuple(items: Vec<Self>) -> Self {
        Self::Tuple(Rc::new(items))
    }

    /// A dict.
    pub fn dict(items: Vec<(Self, Self)>) -> Self {
        Self::Dict(Rc::new(RefCell::new(items)))
    }

    /// A string that stands nowhere in the file as it is, made at `span`.
    pub fn text(text: &str, span: Span) -> Self {
        Self::Text(Rc::new(Text::made(text, span)))
    }

    /// The string, when all of it is known.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => text.known(),
            _ => None,
        }
    }

    /// The items of a list or tuple.
    pub fn items(&self) -> Option<Vec<Self>> {
        match self {
            Self::List(items) => Some(items.borrow().clone()),
            Self::Tuple(items) => Some(items.as_ref().clone()),
            _ => None,
        }
    }

    /// The entries of a dict.
    pub fn entries(&self) -> Option<Vec<(Self, Self)>> {
        match self {
            Self::Dict(entries) => Some(entries.borrow().clone()),
            _ => None,
        }
    }

    /// The strings of a list, tuple, or of one string alone; none when one of them is not known.
    pub fn texts(&self) -> Option<Vec<String>> {
        if let Some(text) = self.as_text() {
            return Some(vec![text.to_owned()]);
        }
        self.items()?.iter().map(|item| item.as_text().map(str::to_owned)).collect()
    }

    /// The library's object, when it is a `T`.
    pub fn object<T: Object>(&self) -> Option<&T> {
        match self {
            Self::Object(object) => object.as_any().downcast_ref::<T>(),
            _ => None,
        }
    }

    /// The object that stands for a value of each row, when it is one.
    pub fn symbol(&self) -> Option<Rc<dyn Object>> {
        match self {
            Self::Object(object) if object.is_symbolic() => Some(object.clone()),
            _ => None,
        }
    }

    /// The external value, when it is one.
    pub fn external(&self) -> Option<&External> {
        match self {
            Self::External(external) => Some(external),
            _ => None,
        }
    }

    /// Whether it counts as true; none when that is not known.
    pub fn truth(&self) -> Option<bool> {
        match self {
            Self::None => Some(false),
            Self::Bool(value) => Some(*value),
            Self::Int(value) => Some(*value != 0),
            Self::Float(value) => Some(*value != 0.0),
            Self::Text(text) => text.known().map(|text| !text.is_empty()),
            Self::List(items) => Some(!items.borrow().is_empty()),
            Self::Tuple(items) => Some(!items.is_empty()),
            Self::Dict(entries) => Some(!entries.borrow().is_empty()),
            Self::Object(object) => object.truth(),
            Self::External(_) => None,
            Self::Slice(_)
            | Self::Function(_)
            | Self::Method(_)
            | Self::Descriptor(_)
            | Self::Class(_)
            | Self::Instance(_)
            | Self::Module(_)
            | Self::Builtin(_) => Some(true),
        }
    }

    /// Whether the two are equal; none when that is not known.
    pub fn equals(&self, other: &Self) -> Option<bool> {
        self.equals_at(other, 0)
    }

    /// A list may hold itself, so the depth is limited.
    fn equals_at(&self, other: &Self, depth: usize) -> Option<bool> {
        if depth > 40 {
            return None;
        }
        match (self, other) {
            (Self::External(_) | Self::Object(_), _) | (_, Self::External(_) | Self::Object(_)) => {
                self.is_same(other).then_some(true)
            }
            (Self::Text(left), Self::Text(right)) => Some(left.known()? == right.known()?),
            (Self::List(_), Self::List(_)) | (Self::Tuple(_), Self::Tuple(_)) => {
                all_equal(&self.items()?, &other.items()?, depth + 1)
            }
            (Self::Dict(left), Self::Dict(right)) => {
                if left.borrow().len() != right.borrow().len() {
                    return Some(false);
                }
                self.is_same(other).then_some(true)
            }
            (Self::None, Self::None) => Some(true),
            _ => match (self.number(), other.number()) {
                #[expect(clippy::float_cmp, reason = "Python compares the same way")]
                (Some(left), Some(right)) => Some(left == right),
                _ => Some(self.is_same(other)),
            },
        }
    }

    /// Whether it is the very same object.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(left), Self::List(right)) => Rc::ptr_eq(left, right),
            (Self::Tuple(left), Self::Tuple(right)) => Rc::ptr_eq(left, right),
            (Self::Dict(left), Self::Dict(right)) => Rc::ptr_eq(left, right),
            (Self::Function(left), Self::Function(right)) => Rc::ptr_eq(left, right),
            (Self::Class(left), Self::Class(right)) => Rc::ptr_eq(left, right),
            (Self::Instance(left), Self::Instance(right)) => Rc::ptr_eq(left, right),
            (Self::Module(left), Self::Module(right)) => Rc::ptr_eq(left, right),
            (Self::Object(left), Self::Object(right)) => Rc::ptr_eq(left, right),
            (Self::External(left), Self::External(right)) => {
                Rc::ptr_eq(left, right) || (left.imported && left.path == right.path && !left.path.contains('('))
            }
            (Self::Text(left), Self::Text(right)) => {
                Rc::ptr_eq(left, right) || left.fragment().text() == right.fragment().text()
            }
            (Self::Builtin(left), Self::Builtin(right)) => left == right,
            (Self::Int(left), Self::Int(right)) => left == right,
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::Float(left), Self::Float(right)) => left.to_bits() == right.to_bits(),
            (Self::None, Self::None) => true,
            _ => false,
        }
    }

    /// The number, of an integer, float or bool.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Bool(value) => Some(f64::from(u8::from(*value))),
            #[expect(clippy::cast_precision_loss, reason = "scripts do not count past 2^53")]
            Self::Int(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            _ => None,
        }
    }

    /// The integer, of an integer or bool.
    pub fn integer(&self) -> Option<i64> {
        match self {
            Self::Bool(value) => Some(i64::from(*value)),
            Self::Int(value) => Some(*value),
            _ => None,
        }
    }
}

fn all_equal(left: &[Value], right: &[Value], depth: usize) -> Option<bool> {
    if left.len() != right.len() {
        return Some(false);
    }
    for (one, other) in left.iter().zip(right) {
        if !one.equals_at(other, depth)? {
            return Some(false);
        }
    }
    Some(true)
}
