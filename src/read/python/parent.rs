//! `super()`: an instance as the classes above one of its own see it.
//!
//! In: the class whose method runs, and the instance. Out: calls of the next class that has the method; what goes to a
//! base outside the inputs is kept (its constructor's arguments) or asked of the libraries.

use std::rc::Rc;

use super::arguments::Arguments;
use super::evaluator::Evaluator;
use super::function::{Class, Instance};
use super::library::Object;
use super::value::Value;

/// What `super()` and `super(Class, self)` give.
pub(super) fn parent(evaluator: &mut Evaluator, arguments: &Arguments) -> Option<Value> {
    let given = arguments.positional(0).zip(arguments.positional(1));
    let (own, receiver) = if let Some((class, receiver)) = given {
        (class.value.clone(), receiver.value.clone())
    } else {
        let frame = evaluator.frames.last()?;
        (Value::Class(frame.class.clone()?), frame.receiver.clone()?)
    };
    let (Value::Class(own), Value::Instance(instance)) = (own, receiver) else { return None };
    let order = Class::order(&instance.class);
    let at = order.iter().position(|class| matches!(class, Value::Class(class) if Rc::ptr_eq(class, &own)))?;
    let above = order.into_iter().skip(at + 1).collect();
    Some(Value::Object(Rc::new(Parent { above, instance })))
}

/// What `super()` gives.
#[derive(Debug)]
struct Parent {
    /// The classes above, in the order in which Python asks them.
    above: Vec<Value>,
    instance: Rc<Instance>,
}

impl Object for Parent {
    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn describe(&self) -> String {
        format!("a base of `{}`", self.instance.class.name)
    }

    fn method(self: Rc<Self>, evaluator: &mut Evaluator, name: &str, arguments: &Arguments) -> Option<Value> {
        let receiver = Value::Instance(self.instance.clone());
        for class in &self.above {
            if let Value::Class(class) = class {
                let member = class.members.borrow().get(name).cloned();
                if let Some(Value::Function(function)) = member {
                    return Some(evaluator.call_function(&function, arguments, Some(receiver), Some(class.clone())));
                }
            } else if let Value::External(external) = class
                && external.imported
            {
                return Some(outer(evaluator, &self.instance, &external.path, name, arguments));
            }
        }
        Some(Value::None)
    }
}

/// A method of a base outside the inputs.
pub(super) fn outer(
    evaluator: &mut Evaluator,
    instance: &Rc<Instance>,
    base: &str,
    name: &str,
    arguments: &Arguments,
) -> Value {
    if name == "__init__" {
        instance.passed.replace(Some(arguments.clone()));
        return Value::None;
    }
    let libraries = evaluator.libraries;
    let answer = libraries.iter().find_map(|library| library.outer_method(evaluator, instance, base, name, arguments));
    answer.unwrap_or_else(|| {
        evaluator.unknown_calls += 1;
        let reason = format!("`{name}` of {base} is not followed");
        evaluator.unknown(name, reason, arguments.span)
    })
}
