//! Calls: functions and methods of the inputs, and everything that can stand before parentheses.
//!
//! In: a callee and evaluated arguments. Out: what the call gives. A function's body runs with its parameters bound;
//! what is not among the inputs is asked of the libraries.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use ruff_python_ast::{ExprLambda, Parameters, StmtClassDef, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::arguments::{Argument, Arguments};
use super::evaluator::{CALL_DEPTH, Evaluator, Frame};
use super::execute::Flow;
use super::function::{Class, Function, FunctionBody, Instance};
use super::kinds;
use super::scope::Scope;
use super::value::{External, Value};
use crate::finding::Code;
use crate::text::Span;

impl Evaluator<'_> {
    /// What a call of `callee` gives.
    pub fn call(&mut self, callee: &Value, arguments: &Arguments) -> Value {
        match callee {
            Value::Function(function) => self.call_function(function, arguments, None, None),
            Value::Method(method) => {
                let (of, name) = method.as_ref();
                self.call_method(of, name, arguments)
            }
            Value::Class(class) => self.construct(class, arguments),
            Value::Builtin(name) => super::builtins::call(self, name, arguments),
            Value::External(external) => self.call_external(external, arguments),
            Value::Object(object) => {
                let described = object.describe();
                let result = object.clone().call(self, arguments);
                result.unwrap_or_else(|| {
                    Value::unknown("…", format!("a call of {described} is not followed"), arguments.span)
                })
            }
            Value::Instance(_) => self.call_method(callee, "__call__", arguments),
            _ => self.unknown("…", "what is called is not a function", arguments.span),
        }
    }

    /// What `of.name(arguments)` gives.
    pub fn call_method(&mut self, of: &Value, name: &str, arguments: &Arguments) -> Value {
        let span = arguments.span;
        match of {
            Value::Object(object) => {
                if let Some(value) = object.clone().method(self, name, arguments) {
                    return value;
                }
                let described = object.describe();
                match object.clone().attribute(self, name, span) {
                    Some(attribute) => self.call(&attribute, arguments),
                    None => self.unknown(name, format!("`{name}` of {described} is not followed"), span),
                }
            }
            Value::Text(text) => super::text_methods::call(self, text, name, arguments),
            Value::List(_) | Value::Tuple(_) | Value::Dict(_) => {
                super::container_methods::call(self, of, name, arguments)
            }
            Value::Instance(instance) => self.call_instance(instance, of, name, arguments),
            // `str.lower(text)`.
            Value::Builtin("str") if arguments.items.first().is_some_and(|first| first.name.is_none()) => {
                let mut rest = arguments.clone();
                let text = rest.items.remove(0).value;
                self.call_method(&text, name, &rest)
            }
            Value::Class(class) => {
                if let Some(Value::Descriptor(descriptor)) = class.member(name) {
                    match descriptor.as_ref() {
                        ("classmethod", Value::Function(function)) => {
                            self.call_function(function, arguments, Some(of.clone()), Some(class.clone()))
                        }
                        (_, inner) => self.call(inner, arguments),
                    }
                } else {
                    let member = self.class_attribute(class, name, span);
                    self.call(&member, arguments)
                }
            }
            _ => {
                let callee = self.attribute(of, name, span);
                match &callee {
                    Value::Method(_) => self.unknown(name, format!("`{name}` is not followed"), span),
                    callee => self.call(callee, arguments),
                }
            }
        }
    }

    fn call_instance(&mut self, instance: &Rc<Instance>, of: &Value, name: &str, arguments: &Arguments) -> Value {
        if let Some(field) = instance.fields.borrow().get(name).cloned() {
            return self.call(&field, arguments);
        }
        if let Some((owner, Value::Function(function))) = Class::owned(&instance.class, name) {
            return self.call_function(&function, arguments, Some(of.clone()), Some(owner));
        }
        match instance.class.member(name) {
            Some(Value::Descriptor(descriptor)) => match descriptor.as_ref() {
                ("classmethod", Value::Function(function)) => {
                    let class = instance.class.clone();
                    self.call_function(function, arguments, Some(Value::Class(class.clone())), Some(class))
                }
                (_, inner) => self.call(inner, arguments),
            },
            Some(member) => self.call(&member, arguments),
            None => {
                let callee = self.instance_attribute(instance, name, arguments.span);
                self.call(&callee, arguments)
            }
        }
    }

    fn call_external(&mut self, external: &Rc<External>, arguments: &Arguments) -> Value {
        // `Base.__init__(self, …)`.
        if external.imported
            && let (Some(base), Some(first)) = (external.path.strip_suffix(".__init__"), arguments.positional(0))
            && let Value::Instance(instance) = &first.value
        {
            let mut rest = arguments.clone();
            rest.items.remove(0);
            return super::parent::outer(self, instance, base, "__init__", &rest);
        }
        let libraries = self.libraries;
        for library in libraries {
            if let Some(value) = library.call(self, external, arguments) {
                return value;
            }
        }
        if let Some(value) = super::standard::call(self, external, arguments) {
            return value;
        }
        if !super::senders::is_harmless(external) {
            self.unknown_calls += 1;
        }
        self.result_of(external, arguments)
    }

    /// What a call gives that nobody knows.
    pub fn result_of(&self, external: &Rc<External>, arguments: &Arguments) -> Value {
        let reason = if external.imported {
            format!("`{}` is only known when it runs", external.path)
        } else {
            external.reason.clone()
        };
        Value::External(Rc::new(External {
            path: super::access::longer(&external.path, "()"),
            reason,
            span: arguments.span,
            origin: Some(Value::External(external.clone())),
            arguments: Some(Rc::new(arguments.clone())),
            imported: external.imported,
        }))
    }

    /// Runs a function of the inputs. `receiver` is the first argument of a method.
    pub(super) fn call_function(
        &mut self,
        function: &Rc<Function>,
        arguments: &Arguments,
        receiver: Option<Value>,
        class: Option<Rc<Class>>,
    ) -> Value {
        self.called.insert(function.span);
        if self.frames.len() >= CALL_DEPTH {
            let message = format!("`{}` calls itself, or calls too deep to be followed", function.name);
            self.finding(Code::R205, arguments.span, message, "write the steps out");
            return self.unknown(&function.name, "the call is too deep to be followed", arguments.span);
        }
        let scope = Scope::function(&function.scope);
        let outer_scope = std::mem::replace(&mut self.scope, scope);
        let outer_module = std::mem::replace(&mut self.module, function.module.clone());
        self.frames.push(Frame { class, receiver: receiver.clone(), ..Frame::default() });
        self.bind(function, arguments, receiver);
        let flow = match &function.body {
            FunctionBody::Block(body) => self.run(body),
            FunctionBody::Expression(expression) => Flow::Return(self.evaluate(expression)),
        };
        let frame = self.frames.pop().unwrap_or_default();
        self.tell_early_ends(&frame.may_have_ended);
        self.scope = outer_scope;
        self.module = outer_module;
        self.returned(flow, frame, function, arguments.span)
    }

    fn returned(&mut self, flow: Flow, frame: Frame, function: &Rc<Function>, span: Span) -> Value {
        if !frame.yielded.is_empty() {
            return Value::list(frame.yielded);
        }
        let mut result = match flow {
            Flow::Return(value) => value,
            Flow::Next | Flow::Break | Flow::Continue => Value::None,
            Flow::Stop => match frame.early.last() {
                Some((_, value)) => value.clone(),
                None => Value::None,
            },
        };
        if frame.early.iter().any(|(condition, _)| condition.is_some()) {
            return frame.early.into_iter().rev().fold(result, |otherwise, (condition, value)| match condition {
                Some(condition) => self.choose(&condition, &value, &otherwise, span),
                None => self.join(&function.name, &value, &otherwise, span),
            });
        }
        for (_, early) in frame.early {
            if matches!(early, Value::None) || early.is_same(&result) {
                continue;
            }
            result = match &result {
                Value::None => early,
                _ => self.join(&function.name, &early, &result, span),
            };
        }
        result
    }

    /// Binds parameters as Python does; what is not given is unknown.
    fn bind(&mut self, function: &Rc<Function>, arguments: &Arguments, receiver: Option<Value>) {
        let mut positional: Vec<Argument> = Vec::new();
        positional.extend(receiver.map(|value| Argument { name: None, value, span: arguments.span }));
        positional.extend(arguments.items.iter().filter(|item| item.name.is_none()).cloned());
        let parameters = &function.parameters;
        let mut given = positional.into_iter();
        let mut used: Vec<&str> = Vec::new();
        for parameter in parameters.posonlyargs.iter().chain(&parameters.args) {
            let name = parameter.name().as_str();
            used.push(name);
            let value = given.next().map(|item| item.value);
            self.bind_one(function, arguments, name, value);
        }
        if let Some(rest) = &parameters.vararg {
            self.scope.set(rest.name.as_str(), Value::tuple(given.map(|item| item.value).collect()));
        }
        for parameter in &parameters.kwonlyargs {
            used.push(parameter.name().as_str());
            self.bind_one(function, arguments, parameter.name().as_str(), None);
        }
        if let Some(rest) = &parameters.kwarg {
            self.bind_rest(rest.name.as_str(), arguments, &used);
        }
    }

    fn bind_one(&mut self, function: &Rc<Function>, arguments: &Arguments, name: &str, given: Option<Value>) {
        let value = given.or_else(|| arguments.keyword(name).cloned());
        let value = value.or_else(|| function.defaults.get(name).cloned());
        let value = value.unwrap_or_else(|| {
            let reason = format!("`{name}` is an argument of `{}`, and no call gives it", function.name);
            self.unknown(name, reason, function.span)
        });
        self.assign_name(name, value, function.span);
    }

    fn bind_rest(&mut self, name: &str, arguments: &Arguments, used: &[&str]) {
        let rest = arguments.keywords().filter(|(key, _)| !used.contains(key));
        let entries: Vec<_> = rest.map(|(key, item)| (Value::text(key, item.span), item.value.clone())).collect();
        let value = if arguments.open && entries.is_empty() {
            self.unknown(name, "the arguments are only known when it runs", arguments.span)
        } else {
            Value::dict(entries)
        };
        self.scope.set(name, value);
    }

    /// A `def`, with its decorators applied.
    pub(super) fn define(&mut self, def: &StmtFunctionDef) -> Value {
        let function = Function {
            name: def.name.to_string(),
            parameters: def.parameters.as_ref().clone(),
            defaults: self.defaults(&def.parameters),
            body: FunctionBody::Block(def.body.iter().cloned().collect()),
            scope: self.scope.clone(),
            module: self.module.clone(),
            span: self.module.span(def),
            is_async: def.is_async,
        };
        let mut value = Value::Function(Rc::new(function));
        for decorator in def.decorator_list.iter().rev() {
            let span = self.module.span(decorator);
            let with = self.evaluate(&decorator.expression);
            value = self.decorate(&with, value, span);
        }
        value
    }

    fn decorate(&mut self, with: &Value, value: Value, span: Span) -> Value {
        if let Value::Builtin(kind @ ("staticmethod" | "classmethod" | "property")) = with {
            return Value::Descriptor(Rc::new((kind, value)));
        }
        let arguments = Arguments::positional_values(vec![value.clone()], span);
        let decorated = self.call(with, &arguments);
        match &decorated {
            // A decorator of which nothing is known (`@retry`, `@click.command()`) is taken to leave the function be.
            Value::External(_) | Value::None => value,
            _ => decorated,
        }
    }

    fn defaults(&mut self, parameters: &Parameters) -> BTreeMap<String, Value> {
        let mut defaults = BTreeMap::new();
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(default) = &parameter.default {
                let value = self.evaluate(default);
                defaults.insert(parameter.name().to_string(), value);
            }
        }
        defaults
    }

    pub(super) fn lambda(&mut self, lambda: &ExprLambda) -> Value {
        let parameters = lambda.parameters.as_deref().cloned().unwrap_or_default();
        let defaults = self.defaults(&parameters);
        Value::Function(Rc::new(Function {
            name: "<lambda>".to_owned(),
            parameters,
            defaults,
            body: FunctionBody::Expression(lambda.body.clone()),
            scope: self.scope.clone(),
            module: self.module.clone(),
            span: self.module.span(lambda.range()),
            is_async: false,
        }))
    }

    pub(super) fn define_class(&mut self, def: &StmtClassDef) -> Value {
        let arguments = def.arguments.as_deref();
        let bases =
            arguments.map_or_else(Vec::new, |given| given.args.iter().map(|base| self.evaluate(base)).collect());
        let outer = self.scope.clone();
        self.scope = Scope::class(&outer);
        self.run(&def.body);
        let members = self.scope.names();
        self.scope = outer;
        let kind = kinds::of_definition(self, def, &bases);
        let (name, span) = (def.name.to_string(), self.module.span(def));
        let class = Rc::new(Class { name, bases, members: RefCell::new(members), span, kind });
        kinds::enumerate(&class);
        Value::Class(class)
    }

    fn construct(&mut self, class: &Rc<Class>, arguments: &Arguments) -> Value {
        if let Some(member) = kinds::looked_up(class, arguments) {
            return member;
        }
        if let Some(base) = class.outer_base() {
            let libraries = self.libraries;
            for library in libraries {
                if let Some(value) = library.construct(self, class, &base, arguments) {
                    return value;
                }
            }
        }
        self.instantiate(class, arguments)
    }

    /// Whether an instance has that method.
    pub fn has_method(&self, value: &Value, name: &str) -> bool {
        match value {
            Value::Instance(instance) => instance.class.member(name).is_some(),
            _ => false,
        }
    }

    /// An instance of a class of the inputs, whatever libraries say of its bases.
    pub fn instantiate(&mut self, class: &Rc<Class>, arguments: &Arguments) -> Value {
        let fields = RefCell::default();
        let instance =
            Rc::new(Instance { class: class.clone(), fields, span: arguments.span, passed: RefCell::default() });
        let value = Value::Instance(instance.clone());
        if let Some((owner, Value::Function(init))) = Class::owned(class, "__init__") {
            self.call_function(&init, arguments, Some(value.clone()), Some(owner));
            return value;
        }
        for (at, name) in class.kind.fields().iter().enumerate() {
            let given = arguments.get(name, at).cloned();
            if let Some(given) = given.or_else(|| kinds::default(self, class, name, arguments.span)) {
                instance.fields.borrow_mut().insert(name.clone(), given);
            }
        }
        if let Some(Value::Function(after)) = class.member("__post_init__") {
            self.call_function(&after, &Arguments::none(arguments.span), Some(value.clone()), Some(class.clone()));
        }
        value
    }

    pub(super) fn class_attribute(&mut self, class: &Rc<Class>, name: &str, span: Span) -> Value {
        match class.member(name) {
            Some(Value::Descriptor(descriptor)) => match descriptor.as_ref() {
                ("classmethod", _) => Value::Method(Rc::new((Value::Class(class.clone()), name.to_owned()))),
                (_, inner) => inner.clone(),
            },
            Some(member) => member,
            None if name == "__name__" => Value::text(&class.name, span),
            None => match class.outer_base() {
                // What a base outside the inputs has is named as if the class stood beside it.
                Some(base) => {
                    let folder = base.rsplit_once('.').map_or("", |(folder, _)| folder);
                    let path = format!("{folder}.{}", class.name);
                    let origin = Self::imported(path.clone(), span, None);
                    Self::imported(format!("{path}.{name}"), span, Some(origin))
                }
                None => self.unknown(name, format!("`{name}` is not defined in `{}`", class.name), span),
            },
        }
    }

    pub(super) fn instance_attribute(&mut self, instance: &Rc<Instance>, name: &str, span: Span) -> Value {
        let of = Value::Instance(instance.clone());
        if let Some(field) = instance.fields.borrow().get(name) {
            return field.clone();
        }
        match instance.class.member(name) {
            Some(Value::Function(_)) => Value::Method(Rc::new((of, name.to_owned()))),
            Some(Value::Descriptor(descriptor)) => match descriptor.as_ref() {
                ("property", Value::Function(getter)) => {
                    self.call_function(getter, &Arguments::none(span), Some(of), Some(instance.class.clone()))
                }
                (_, inner) => inner.clone(),
            },
            Some(member) => member,
            None if name == "__class__" => Value::Class(instance.class.clone()),
            None => {
                let reason = format!("`{name}` is not defined in `{}`", instance.class.name);
                self.unknown(&format!("self.{name}"), reason, span)
            }
        }
    }
}
