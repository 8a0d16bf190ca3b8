//! How a library plugs into the evaluator.
//!
//! A library answers for what it exports ([`Library`]) and for its values ([`Object`]). The evaluator walks the
//! script; wherever an imported name is called, the libraries are asked in order, and wherever a library's own value
//! is used, the value is asked. Everything that is said about the script goes through [`Evaluator`]: steps
//! ([`Evaluator::step`]), findings ([`Evaluator::finding`]), and the account ([`Evaluator::credit`]).
//!
//! # A library in five lines
//! `import pandas as pd` makes `pd` a [`Value::External`] with the path `pandas`; `pd.read_sql` has the path
//! `pandas.read_sql`. When that is called, [`Library::call`] of each library gets the callee with its path, and the
//! arguments. It answers `Some(Value::Object(Rc::new(DataFrame { … })))`, or `None` when the path is not its own. An
//! answer `Some(Value::unknown(…))` says "mine, but not known". What no library answers stays an external value with
//! a longer path (`requests.get()`), so that a later method call on it can still be recognized.
//!
//! From then on `frame.merge(…)` is [`Object::method`], `frame["a"]` is [`Object::subscript`], `frame["a"] = x` is
//! [`Object::set_item`], `frame + 1` is [`Object::binary`], `frame.a = x` is [`Object::set_attribute`],
//! `for x in frame` is [`Object::iterate`], `with frame as f` is [`Object::enter`] and [`Object::exit`].
//! `frame.loc[mask, "c"] = v` is `attribute("loc")`, which gives an object of the library's own, and `set_item` on
//! that. Binding to a name (`df = …`) calls [`Object::bound`]. Functions of the script are called back with
//! [`Evaluator::call`].
//!
//! # State
//! An object is shared (`Rc`), so what changes in it stands in a `Cell` or `RefCell`. What a library has to remember
//! of the whole script it keeps in [`Evaluator::state`], one value a type. When the script has run to its end,
//! [`Library::finish`] is called once: this is where deferred work is done.
//!
//! # The account
//! Every statement of the file is one row. A library tells which statements gave a step: [`Evaluator::statement`] is
//! the number of the one that runs now; keep the numbers in the value (a frame remembers the statements that made
//! it), and pass them to [`Evaluator::credit`] with the step's index. Statements on the way to the current one (the
//! call of a function whose body runs) are credited by [`Evaluator::step`] itself.

use std::any::Any;
use std::fmt::Debug;
use std::rc::Rc;

use super::arguments::Arguments;
use super::evaluator::Evaluator;
use super::function::{Class, Instance};
use super::operator::Operation;
use super::value::{External, Value};
use crate::text::Span;

/// Tells a new evaluation of a script what an earlier one found out.
pub type Seed = Box<dyn FnOnce(&mut Evaluator)>;

/// A library that scripts import: a table of what its functions mean.
pub trait Library: Sync {
    /// What a call of `callee` gives; none when it is not this library's, or not known to it.
    ///
    /// `callee` may also be a value without import (`conn.execute`, where `conn` is an argument), to be recognized
    /// by the last name of its path and by the arguments.
    fn call(&self, evaluator: &mut Evaluator, callee: &Rc<External>, arguments: &Arguments) -> Option<Value>;

    /// What an imported name or attribute is when it is not called: `numpy.nan`.
    fn constant(&self, _evaluator: &mut Evaluator, _path: &str, _span: Span) -> Option<Value> {
        None
    }

    /// What `left operation right` gives for external values: `External >> External`.
    fn binary(
        &self,
        _evaluator: &mut Evaluator,
        _operation: Operation,
        _left: &Value,
        _right: &Value,
        _span: Span,
    ) -> Option<Value> {
        None
    }

    /// What `frame[key]`, `external[key]` gives for an external value.
    fn subscript(&self, _evaluator: &mut Evaluator, _of: &Rc<External>, _key: &Value, _span: Span) -> Option<Value> {
        None
    }

    /// What a call of `class` gives, a class of the inputs whose base `base` (an imported path) is not among them.
    fn construct(
        &self,
        _evaluator: &mut Evaluator,
        _class: &Rc<Class>,
        _base: &str,
        _arguments: &Arguments,
    ) -> Option<Value> {
        None
    }

    /// What `super().method(arguments)` gives where the method is that of `base`, an imported path.
    fn outer_method(
        &self,
        _evaluator: &mut Evaluator,
        _instance: &Rc<Instance>,
        _base: &str,
        _method: &str,
        _arguments: &Arguments,
    ) -> Option<Value> {
        None
    }

    /// Whether functions that nothing calls are this library's business: the callables of a DAG. Else they are run
    /// once with unknown arguments before `finish`.
    fn claims_functions(&self, _evaluator: &mut Evaluator) -> bool {
        false
    }

    /// A part begins that gives steps of its own, such as a DAG's task.
    fn begin_part(&self, _evaluator: &mut Evaluator) {}

    /// The part ends: what it recorded becomes steps of the script that is made now.
    fn end_part(&self, _evaluator: &mut Evaluator) {}

    /// Called once when the script has run to its end.
    fn finish(&self, _evaluator: &mut Evaluator) {}

    /// What the script must be evaluated once more with, because this time something was found out that changes what
    /// was said before (which columns a table has). None when nothing new was found out.
    fn again(&self, _evaluator: &mut Evaluator) -> Option<Seed> {
        None
    }
}

/// A value of a library.
///
/// Every method has an answer for "not known"; only what the library has a meaning for is written.
pub trait Object: Debug + 'static {
    /// Itself, for [`Value::object`].
    fn as_any(&self) -> &dyn Any;

    /// What it is, in the words of a message: `a DataFrame`.
    fn describe(&self) -> String;

    /// `self.name`, not called at once.
    fn attribute(self: Rc<Self>, _evaluator: &mut Evaluator, _name: &str, _span: Span) -> Option<Value> {
        None
    }

    /// `self.name(arguments)`. None means that `attribute` is asked, and its value called.
    fn method(self: Rc<Self>, _evaluator: &mut Evaluator, _name: &str, _arguments: &Arguments) -> Option<Value> {
        None
    }

    /// `self(arguments)`.
    fn call(self: Rc<Self>, _evaluator: &mut Evaluator, _arguments: &Arguments) -> Option<Value> {
        None
    }

    /// `self[key]`. A key of several parts is a tuple; slices are [`Value::Slice`].
    fn subscript(self: Rc<Self>, _evaluator: &mut Evaluator, _key: &Value, _span: Span) -> Option<Value> {
        None
    }

    /// `self[key] = value`; false when it has no meaning here.
    fn set_item(self: Rc<Self>, _evaluator: &mut Evaluator, _key: &Value, _value: &Value, _span: Span) -> bool {
        false
    }

    /// `del self[key]`; false when it has no meaning here.
    fn delete_item(self: Rc<Self>, _evaluator: &mut Evaluator, _key: &Value, _span: Span) -> bool {
        false
    }

    /// `self.name = value`; false when it has no meaning here.
    fn set_attribute(self: Rc<Self>, _evaluator: &mut Evaluator, _name: &str, _value: &Value, _span: Span) -> bool {
        false
    }

    /// `self operation other`, or `other operation self` when `reflected`. Comparisons are operations too.
    fn binary(
        self: Rc<Self>,
        _evaluator: &mut Evaluator,
        _operation: Operation,
        _other: &Value,
        _reflected: bool,
        _span: Span,
    ) -> Option<Value> {
        None
    }

    /// `-self`, `~self` (`not self` is asked of `truth`).
    fn unary(self: Rc<Self>, _evaluator: &mut Evaluator, _operation: Operation, _span: Span) -> Option<Value> {
        None
    }

    /// The items of `for x in self`; none when they are not known.
    fn iterate(self: Rc<Self>, _evaluator: &mut Evaluator, _span: Span) -> Option<Vec<Value>> {
        None
    }

    /// What stands for each item, row by row, in a comprehension over it; none when its items are something else.
    fn each(&self) -> Option<Value> {
        None
    }

    /// What a comprehension over it gives, of the element that was evaluated with [`Object::each`].
    fn gathered(&self, _element: &Value) -> Option<Value> {
        None
    }

    /// What `with self as x` binds. None binds the object itself.
    fn enter(self: Rc<Self>, _evaluator: &mut Evaluator, _span: Span) -> Option<Value> {
        None
    }

    /// The end of a `with`.
    fn exit(self: Rc<Self>, _evaluator: &mut Evaluator, _span: Span) {}

    /// The object was bound to a variable; called at each assignment to a plain name (also through `with … as`).
    fn bound(self: Rc<Self>, _evaluator: &mut Evaluator, _name: &str, _span: Span) {}

    /// Whether it counts as true.
    fn truth(&self) -> Option<bool> {
        None
    }

    /// Its text in an f-string, where it has one: an XCom reference, a path.
    fn formatted(&self) -> Option<super::words::Text> {
        None
    }

    /// Whether it holds rows that SQL gives: whoever gets it goes on with them.
    fn holds_rows(&self) -> bool {
        false
    }

    /// A loop over what is not known changes it: the loop at `span`, which goes through what stands there, is one step that gives
    /// `name`. `columns` are those that it sets; empty where that is not all. False where the loop has to be read.
    fn changed_in_loop(
        self: Rc<Self>,
        _evaluator: &mut Evaluator,
        _name: &str,
        _columns: &[String],
        _span: Span,
    ) -> bool {
        false
    }

    /// Whether it stands for a value of each row: a condition on it decides row by row, not for the whole script.
    fn is_symbolic(&self) -> bool {
        false
    }

    /// `then if self else otherwise`, row by row.
    fn choose(
        self: Rc<Self>,
        _evaluator: &mut Evaluator,
        _then: &Value,
        _otherwise: &Value,
        _span: Span,
    ) -> Option<Value> {
        None
    }

    /// A builtin function of it: `len(self)`, `round(self, 2)`. None where it has no meaning.
    fn builtin(self: Rc<Self>, _evaluator: &mut Evaluator, _name: &str, _arguments: &Arguments) -> Option<Value> {
        None
    }

    /// `entries[self]` of a dict, row by row; `default` where no key is equal.
    fn looked_up(
        self: Rc<Self>,
        _evaluator: &mut Evaluator,
        _entries: &[(Value, Value)],
        _default: &Value,
        _span: Span,
    ) -> Option<Value> {
        None
    }

    /// What a name is after an `if` on a condition that is not known, when one branch left it as `self` and the other
    /// as `other`. None makes it an unknown value with the reason.
    fn merge(self: Rc<Self>, _evaluator: &mut Evaluator, _other: &Value, _span: Span) -> Option<Value> {
        None
    }
}
