//! Bindings: assignment to names, tuples, attributes and items, and `del`.
//!
//! In: targets of the tree, values. Out: changed scopes, containers and instances; libraries are asked for their
//! objects.

use std::rc::Rc;

use ruff_python_ast::{Expr, ExprCall, Keyword};

use super::evaluator::Evaluator;
use super::operator::Operation;
use super::value::{External, Value};
use crate::text::Span;

/// Methods that change what they are called on. A pure table.
const CHANGES: &[&str] = &["append", "extend", "insert", "pop", "remove", "reverse", "sort", "update"];

/// Whether a method changes what it is called on.
pub(super) fn changes_in_place(call: &ExprCall) -> bool {
    let Expr::Attribute(method) = call.func.as_ref() else { return false };
    let in_place = |given: &Keyword| {
        given.arg.as_deref() == Some("inplace") && !matches!(&given.value, Expr::BooleanLiteral(no) if !no.value)
    };
    CHANGES.contains(&method.attr.as_str()) || call.arguments.keywords.iter().any(in_place)
}

impl Evaluator<'_> {
    pub(super) fn delete(&mut self, target: &Expr) {
        match target {
            Expr::Name(name) => self.scope.remove(name.id.as_str()),
            Expr::Subscript(item) => {
                let of = self.evaluate(&item.value);
                let key = self.evaluate(&item.slice);
                let span = self.module.span(target);
                self.changed(&item.value, &of, span);
                match &of {
                    Value::Object(object) => {
                        object.clone().delete_item(self, &key, span);
                    }
                    Value::Dict(entries) => {
                        entries.borrow_mut().retain(|(known, _)| known.equals(&key) != Some(true));
                    }
                    _ => {}
                }
            }
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|target| self.delete(target)),
            _ => {}
        }
    }

    pub(super) fn augment(&mut self, target: &Expr, operation: Operation, value: &Expr) {
        let current = self.evaluate(target);
        let value = self.evaluate(value);
        let span = self.module.span(target);
        if let (Value::List(items), Operation::Add, Some(more)) = (&current, operation, value.items()) {
            if items.borrow().len() + more.len() <= super::operate::REPEAT_LIMIT {
                items.borrow_mut().extend(more);
            }
            return;
        }
        let result = self.operate(operation, &current, &value, span);
        self.assign(target, result);
    }

    /// Binds a plain name.
    pub(super) fn assign_name(&mut self, name: &str, value: Value, span: Span) {
        if let Value::Object(object) = &value {
            object.clone().bound(self, name, span);
        }
        self.scope.set(name, value);
    }

    /// Binds a target: a name, a tuple of targets, an attribute, an item.
    pub(super) fn assign(&mut self, target: &Expr, value: Value) {
        let span = self.module.span(target);
        match target {
            Expr::Name(name) => self.assign_name(name.id.as_str(), value, span),
            Expr::Tuple(tuple) => self.unpack(&tuple.elts, &value, span),
            Expr::List(list) => self.unpack(&list.elts, &value, span),
            Expr::Starred(starred) => self.assign(&starred.value, value),
            Expr::Attribute(attribute) => {
                let of = self.evaluate(&attribute.value);
                self.changed(&attribute.value, &of, span);
                self.set_attribute(&of, attribute.attr.as_str(), value, span);
            }
            Expr::Subscript(item) => {
                let of = self.evaluate(&item.value);
                let key = self.evaluate(&item.slice);
                self.changed(&item.value, &of, span);
                self.set_item(&of, &key, value, span);
            }
            _ => {}
        }
    }

    /// A value that is not known is changed in place: from then on it is what the statement at `span` leaves.
    pub(super) fn changed(&mut self, target: &Expr, of: &Value, span: Span) {
        let Some(name) = of.external().and_then(|_| super::slice::base(target)) else { return };
        let Some(Value::External(known)) = self.named(&name) else { return };
        if known.is_result() {
            self.scope.set(&name, Value::External(Rc::new(External { span, ..known.as_ref().clone() })));
        }
    }

    /// `value.rename(…, inplace=True)`, `value.insert(…)`, `value.append(…)` of what is not known.
    pub(super) fn changed_by_call(&mut self, expression: &Expr) {
        let Expr::Call(call) = expression else { return };
        let Expr::Attribute(method) = call.func.as_ref() else { return };
        let Expr::Name(name) = method.value.as_ref() else { return };
        if let Some(of) = self.named(name.id.as_str()).filter(|_| changes_in_place(call)) {
            self.changed(&method.value, &of, self.module.span(expression));
        }
    }

    fn unpack(&mut self, targets: &[Expr], value: &Value, span: Span) {
        let star = targets.iter().position(Expr::is_starred_expr);
        let Some(items) = self.iterate(value, span) else {
            let reason = value
                .external()
                .map_or_else(|| "it is part of a value that is not known".to_owned(), |it| it.reason.clone());
            for target in targets {
                self.assign_unknown(target, &reason, span);
            }
            return;
        };
        let spare = (items.len() + 1).saturating_sub(targets.len());
        let mut items = items.into_iter();
        for (at, target) in targets.iter().enumerate() {
            if star == Some(at) {
                let taken = items.by_ref().take(spare).collect();
                self.assign(target, Value::list(taken));
                continue;
            }
            match items.next() {
                Some(item) => self.assign(target, item),
                None => self.assign_unknown(target, "there are fewer values than names", span),
            }
        }
    }

    /// Binds every name of a target to an unknown value.
    pub(super) fn assign_unknown(&mut self, target: &Expr, reason: &str, span: Span) {
        match target {
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|target| self.assign_unknown(target, reason, span)),
            Expr::List(list) => list.elts.iter().for_each(|target| self.assign_unknown(target, reason, span)),
            _ => {
                let name = self.module.text(target).to_owned();
                let unknown = self.unknown(&name, reason, span);
                self.assign(target, unknown);
            }
        }
    }

    pub(super) fn set_attribute(&mut self, of: &Value, name: &str, value: Value, span: Span) {
        match of {
            Value::Instance(instance) => {
                instance.fields.borrow_mut().insert(name.to_owned(), value);
            }
            Value::Class(class) => {
                class.members.borrow_mut().insert(name.to_owned(), value);
            }
            Value::Module(module) => module.scope.set(name, value),
            Value::Object(object) if !object.clone().set_attribute(self, name, &value, span) => {
                self.note(format!("`{name}` of {} has no meaning here", object.describe()));
            }
            _ => {}
        }
    }

    pub(super) fn set_item(&mut self, of: &Value, key: &Value, value: Value, span: Span) {
        match of {
            Value::Dict(entries) => {
                let mut entries = entries.borrow_mut();
                match entries.iter_mut().find(|(known, _)| known.equals(key) == Some(true)) {
                    Some((_, slot)) => *slot = value,
                    None => entries.push((key.clone(), value)),
                }
            }
            Value::List(items) => {
                let mut items = items.borrow_mut();
                let slot = key.integer().and_then(|at| super::sequence::index(at, items.len()));
                if let Some(slot) = slot.and_then(|at| items.get_mut(at)) {
                    *slot = value;
                }
            }
            Value::Object(object) if !Rc::clone(object).set_item(self, key, &value, span) => {
                self.note(format!("an item of {} is set, which has no meaning here", object.describe()));
            }
            _ => {}
        }
    }
}
